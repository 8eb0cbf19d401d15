package release_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Months are closed in order, once, when they are over and their entries are
// signed; what is found later is entered late, today.
func TestMonthsAreClosed(t *testing.T) {
	b := newBench(t)
	p := b.people()
	number := b.releasedOnce(p)
	november := release.ClosingInput{Month: terms.NewDate(2026, 11, 7), Publisher: "The Body"}
	closing := func(input release.ClosingInput) error {
		_, err := b.CloseEdition(b.ctx, p.officer, input)
		return err
	}
	_, err := b.CloseEdition(b.ctx, p.approver, november)
	b.refusedFor(err, fault.Forbidden)
	b.refusedFor(closing(november), fault.Conflict) // it is not over
	b.now = time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)
	p = b.people() // who logged in a month ago is not asked again here
	b.refusedFor(closing(release.ClosingInput{Month: terms.NewDate(2026, 10, 1), Publisher: "The Body"}), fault.Conflict)
	b.refusedFor(closing(november), fault.Conflict) // nobody has signed the log
	key, err := ledger.CreateKey(filepath.Join(t.TempDir(), "log.key"), "register.example/log")
	b.must(err)
	_, err = ledger.Register.Checkpoint(b.ctx, b.extracting.DB(), key, b.now)
	b.must(err)

	late := release.LateInput{Reason: "Found in a file of letters.", Values: map[string]string{"event_from": "2026-11-03", "event_to": "2026-11-03", "organisation_id": "example-university",
		"reference": b.published(number).Entry.Reference, "dataset": b.published(number).Entry.Dataset, "type_of_data": "pseudonymised", "opt_out": "not_identifiable",
		"sensitivity": "non_sensitive", "power": "s261_1_2a", "routes": "not_recorded", "frequency": "one_off"}}
	early, err := b.EnterLate(b.ctx, p.officer, late)
	b.must(err)
	if !b.published(early).Entry.Late {
		t.Error("found later, and not marked so")
	}
	_, err = b.EnterLate(b.ctx, p.officer, late)
	b.refusedFor(err, fault.Conflict, "repeated")
	late.Another = early // there were two
	var wait sync.WaitGroup
	errs := make([]error, 3)
	var closed *release.Edition
	for i := range errs {
		wait.Go(func() {
			e, err := b.CloseEdition(b.ctx, p.officer, november)
			if errs[i] = err; err == nil {
				closed = e
			}
		})
	}
	wait.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			b.refusedFor(err, fault.Conflict)
		}
	}
	if done != 1 || closed.First != 1 || closed.Last != number || closed.ID() != "2026-11" || closed.Checkpoint == "" || closed.Figures == nil {
		t.Fatalf("%d closed it: %+v", done, closed)
	}
	var file bytes.Buffer
	b.must(b.WriteEdition(b.ctx, *closed, &file))
	if sum := sha256.Sum256(file.Bytes()); hex.EncodeToString(sum[:]) != closed.SHA256 || bytes.Count(file.Bytes(), []byte("\n")) != int(number) {
		t.Errorf("the file has not the digest %s", closed.SHA256)
	}
	found, err := b.EnterLate(b.ctx, p.officer, late)
	b.must(err)
	if e := b.published(found).Entry; !e.Late || e.Kind != register.Release || e.EventFrom != terms.NewDate(2026, 11, 3) || e.Get(register.Reason) == "" {
		t.Errorf("%+v", e)
	}
	if _, findings, err := b.CheckEntries(b.ctx); err != nil || len(findings) > 0 {
		t.Errorf("what is not recorded of a late release is not as it was logged: %v, %v", findings, err)
	}
	_, err = b.EnterLate(b.ctx, p.officer, release.LateInput{Reason: "x", Values: map[string]string{"event_from": "2099-01-01", "event_to": "2099-01-01", "organisation_id": "nobody"}})
	b.refusedFor(err, fault.Invalid, "required", "future", "organisation-unknown")
	b.refusedFor(closing(release.ClosingInput{Month: terms.NewDate(2026, 12, 1), Publisher: "The Body"}), fault.Conflict)
	if next, over, err := b.NextToClose(b.ctx); err != nil || over || next.From != terms.NewDate(2026, 12, 1) {
		t.Errorf("next is %s, over %v, %v", next, over, err)
	}
}
