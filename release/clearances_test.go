package release_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// named is an application, made up, whose objective names somebody made up.
func named() release.Application {
	a := application()
	a.Objective = "To study what Dr Jane Doe (made up) asks for; write to jane.doe@example.org."
	return a
}

// recommended takes an application to its approver.
func (b *bench) recommended(p people, a release.Application) uuid.UUID {
	b.t.Helper()
	id := b.inReview(p, a)
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("recommended")))
	return id
}

func (b *bench) onlyPublicText(p people, id uuid.UUID) release.PublicText {
	b.t.Helper()
	texts, err := b.PublicTexts(b.ctx, p.officer, id)
	b.must(err)
	if len(texts) != 1 {
		b.t.Fatalf("%d texts with a finding", len(texts))
	}
	return texts[0]
}

func TestApprovalWaitsForClearance(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.recommended(p, named())
	b.refusedFor(b.ApproveVersion(b.ctx, p.approver, id, ""), fault.Refused, "privacy")
	if v := b.version(id); v.State != terms.Recommended || v.TermsSha256 != "" {
		t.Fatalf("it is %s", v.State)
	}
	found := b.onlyPublicText(p, id)
	clearing := release.ClearInput{Version: id, Field: found.Field, SHA256: found.SHA256, Reason: "She asked to be named (made up)."}
	b.refusedFor(b.ClearText(b.ctx, p.approver, clearing), fault.Forbidden)
	stale := clearing
	stale.SHA256 = strings.Repeat("0", 64)
	b.refusedFor(b.ClearText(b.ctx, p.officer, stale), fault.Conflict)
	other := clearing
	other.Field = register.Outputs
	b.refusedFor(b.ClearText(b.ctx, p.officer, other), fault.NotFound)
	silent := clearing
	silent.Reason = " "
	b.refusedFor(b.ClearText(b.ctx, p.officer, silent), fault.Invalid, "required")
	b.one(fault.Conflict, func() error { return b.ClearText(b.ctx, p.officer, clearing) }, func() error { return b.ClearText(b.ctx, p.officer, clearing) })
	if found = b.onlyPublicText(p, id); found.Cleared == nil || found.Cleared.Name != "Olu Officer" || found.Cleared.Reason != clearing.Reason {
		t.Errorf("cleared: %+v", found.Cleared)
	}
	b.must(b.ApproveVersion(b.ctx, p.approver, id, ""))

	// At the last signature the cleared text is published with its entry.
	b.must(b.IssueVersion(b.ctx, p.officer, id))
	digest := b.version(id).TermsSha256
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	entry, err := b.PublishedEntry(b.ctx, 1)
	b.must(err)
	if got := entry.Entry.Get(register.Objective); got != named().Objective {
		t.Errorf("the entry's objective: %q", got)
	}
	if n, err := b.WithheldCount(b.ctx); err != nil || n != 0 {
		t.Errorf("%d withheld, %v", n, err)
	}

	// The same words in the next version need no second look; others do.
	next, err := b.NextVersion(b.ctx, p.applicant, id, release.NextInput{Kind: terms.VersionAmendment, Reason: "more"})
	b.must(err)
	if found = b.onlyPublicText(p, next); found.Cleared == nil {
		t.Error("the same words are asked about again")
	}
	b.edit(next, "objective", "To study what Dr Jack Doe (made up) asks for.")
	if found = b.onlyPublicText(p, next); found.Cleared != nil {
		t.Error("a clearance holds for other words")
	}
}

// The SIRO's reason is published; who gives it says in the same command why it
// may name what it names.
func TestReasonAgainstAdviceIsCleared(t *testing.T) {
	b := newBench(t)
	p := b.people()
	siro := b.as("Sia Siro", "the-body", access.SIRO)
	id := b.inReview(p, application())
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("not_recommended")))
	input := release.ApproveInput{Version: id, TermsSHA256: b.wholeDigest(siro, id), AgainstAdvice: true, Reason: "Mr John Doe (made up), the coroner, needs it."}
	b.refusedFor(b.ApproveTerms(b.ctx, siro, input), fault.Refused, "privacy")
	input.Clearing = "The coroner is named in public anyway (made up)."
	b.must(b.ApproveTerms(b.ctx, siro, input))
	if found := b.onlyPublicText(p, id); found.Field != register.Reason || found.Cleared == nil || found.Cleared.Name != "Sia Siro" {
		t.Errorf("%+v", found)
	}
}

func (b *bench) wholeDigest(actor access.Actor, id uuid.UUID) string {
	b.t.Helper()
	v, err := b.WholeVersion(b.ctx, actor, id)
	b.must(err)
	return v.TermsSHA256
}
