package release_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/incident"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

func (b *bench) holdOf(id uuid.UUID) *ent.Hold {
	b.t.Helper()
	h, err := b.Read().Hold.Query().Where(hold.HasIncidentWith(incident.ID(id))).Only(privacy.DecisionContext(b.ctx, privacy.Allow))
	b.must(err)
	return h
}

func TestAnIncidentHolds(t *testing.T) {
	b := newBench(t)
	officer, guardian := b.as("Olu Officer", "the-body", access.AccessOfficer), b.as("Cal Guardian", "the-body", access.CaldicottGuardian)
	id, err := b.LogApplication(b.ctx, officer, application())
	b.must(err)
	stem := b.version(id).Edges.Agreement.Stem
	open := release.IncidentInput{Kind: terms.PersonalDataBreach, Stem: stem, Line: 1, AwareAt: b.now.Add(-time.Hour), Description: "A file was seen elsewhere."}
	opened, err := b.OpenIncident(b.ctx, officer, open)
	b.must(err)
	h := b.holdOf(opened)
	if h.Line != 1 || h.LiftedAt != nil {
		t.Errorf("hold %+v", h)
	}
	if on, err := b.HoldsOn(b.ctx, stem); err != nil || len(on) != 1 {
		t.Errorf("holds %v, %v", on, err)
	}

	b.refusedFor(b.SetIncidentStatus(b.ctx, officer, opened, release.IncidentFinding{Status: terms.Suspected, Finding: "x"}), fault.Invalid, "oneof")
	b.refusedFor(b.SetIncidentStatus(b.ctx, officer, opened, release.IncidentFinding{Status: terms.NotABreach}), fault.Invalid, "required")
	b.refusedFor(b.SetIncidentStatus(b.ctx, officer, opened, release.IncidentFinding{Status: terms.Confirmed, Finding: "x", ReportedAt: to(b.now.Add(time.Hour))}), fault.Invalid, "reported-at")
	b.must(b.SetIncidentStatus(b.ctx, officer, opened, release.IncidentFinding{Status: terms.NotABreach, Finding: "It was another file."}))
	b.refusedFor(b.SetIncidentStatus(b.ctx, officer, opened, release.IncidentFinding{Status: terms.Confirmed, Finding: "x"}), fault.Conflict)
	if b.holdOf(opened).LiftedAt != nil {
		t.Error("not a breach lifted the hold by itself")
	}
	_, err = b.LiftHold(b.ctx, officer, h.ID, "")
	b.refusedFor(err, fault.Invalid, "required")
	if lifted, err := b.LiftHold(b.ctx, officer, h.ID, "nothing found"); lifted || err != nil {
		t.Fatalf("%v %v", lifted, err)
	}
	_, err = b.LiftHold(b.ctx, officer, h.ID, "again")
	b.refusedFor(err, fault.Conflict)
	if lifted, err := b.LiftHold(b.ctx, guardian, h.ID, "agreed"); !lifted || err != nil {
		t.Fatalf("%v %v", lifted, err)
	}
	_, err = b.LiftHold(b.ctx, guardian, h.ID, "agreed")
	b.refusedFor(err, fault.Conflict)
	if on, err := b.HoldsOn(b.ctx, stem); err != nil || len(on) != 0 {
		t.Errorf("holds %v, %v", on, err)
	}

	for _, spelling := range []string{strings.ToLower(stem), "DARS-" + stem + "-v0.1", " " + stem + " "} {
		if _, err := b.SetHold(b.ctx, officer, release.HoldInput{Stem: spelling, Line: 1, Reason: "in haste"}); err != nil {
			t.Errorf("a hold on %q: %v", spelling, err)
		}
	}

	bad := release.IncidentInput{Kind: "bad luck", Stem: stem, Line: 9, AwareAt: b.now.Add(time.Hour), Description: "x"}
	_, err = b.OpenIncident(b.ctx, officer, bad)
	b.refusedFor(err, fault.Invalid, "code-unknown", "aware-at", "line")
	for name, in := range map[string]release.IncidentInput{
		"both":    {Kind: terms.AgreementBreach, Stem: stem, Organisation: "other-trust", AwareAt: b.now, Description: "x"},
		"neither": {Kind: terms.AgreementBreach, AwareAt: b.now, Description: "x"},
	} {
		_, err := b.OpenIncident(b.ctx, officer, in)
		t.Run(name, func(*testing.T) { b.refusedFor(err, fault.Invalid, "scope") })
	}
	_, err = b.OpenIncident(b.ctx, b.as("Ann Applicant", "example-university", access.Applicant), open)
	b.refusedFor(err, fault.Forbidden)
}

func TestAConfirmedBreachIsReported(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	aware := b.now.Add(-2 * time.Hour)
	id, err := b.OpenIncident(b.ctx, officer, release.IncidentInput{Kind: terms.PersonalDataBreach, Organisation: "other-trust", AwareAt: aware, Description: "x"})
	b.must(err)
	read := func() *ent.Incident {
		i, err := b.Read().Incident.Query().Where(incident.ID(id)).Only(privacy.DecisionContext(b.ctx, privacy.Allow))
		b.must(err)
		return i
	}
	if by, open := release.ReportBy(read()); !open || !by.Equal(aware.Add(72*time.Hour)) {
		t.Errorf("by %s, %v", by, open)
	}
	b.must(b.SetIncidentStatus(b.ctx, officer, id, release.IncidentFinding{Status: terms.Confirmed, Finding: "It was."}))
	b.refusedFor(b.ReportIncident(b.ctx, officer, id, aware.Add(-time.Minute), ""), fault.Invalid, "reported-at")
	b.must(b.ReportIncident(b.ctx, officer, id, b.now, ""))
	b.refusedFor(b.ReportIncident(b.ctx, officer, id, b.now, ""), fault.Conflict)
	if _, open := release.ReportBy(read()); open {
		t.Error("still to be reported")
	}
}

// TestHoldsOfAnOrganisationReachItsAgreements and no others.
func TestHoldsOfAnOrganisationReachItsAgreements(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	id, err := b.LogApplication(b.ctx, officer, application())
	b.must(err)
	stem := b.version(id).Edges.Agreement.Stem
	_, err = b.SetHold(b.ctx, officer, release.HoldInput{Organisation: "other-trust", Reason: "theirs"})
	b.must(err)
	_, err = b.SetHold(b.ctx, officer, release.HoldInput{Organisation: "example-university", Reason: "ours"})
	b.must(err)
	if on, err := b.HoldsOn(b.ctx, stem, "example-university", "the-body"); err != nil || !slices.Equal(on, []string{"ours"}) {
		t.Errorf("%v %v", on, err)
	}
	_, err = b.SetHold(b.ctx, officer, release.HoldInput{Organisation: "other-trust", Line: 1, Reason: "x"})
	b.refusedFor(err, fault.Invalid, "line")
	_, err = b.SetHold(b.ctx, officer, release.HoldInput{Stem: "NIC-1-AAAAA", Reason: "x"})
	b.refusedFor(err, fault.Invalid, "agreement-unknown")
}

// TestTwoLiftAtOnce: two words at the same moment lift the hold exactly once,
// and one person's two words do not.
func TestTwoLiftAtOnce(t *testing.T) {
	b := newBench(t)
	officer, guardian := b.as("Olu Officer", "the-body", access.AccessOfficer), b.as("Cal Guardian", "the-body", access.CaldicottGuardian)
	race := func(who ...access.Actor) (lifted, failed int) {
		id, err := b.SetHold(b.ctx, officer, release.HoldInput{Organisation: "other-trust", Reason: "x"})
		b.must(err)
		outcomes, errs := make([]bool, len(who)), make([]error, len(who))
		var wait sync.WaitGroup
		for i, actor := range who {
			wait.Go(func() { outcomes[i], errs[i] = b.LiftHold(b.ctx, actor, id, "agreed") })
		}
		wait.Wait()
		for i := range who {
			if outcomes[i] {
				lifted++
			}
			if errs[i] != nil {
				failed++
				if !errors.Is(errs[i], fault.Conflict) {
					t.Errorf("%v", errs[i])
				}
			}
		}
		return lifted, failed
	}
	if lifted, failed := race(officer, guardian); lifted != 1 || failed != 0 {
		t.Errorf("two persons: lifted %d, failed %d", lifted, failed)
	}
	if lifted, failed := race(officer, officer); lifted != 0 || failed != 1 {
		t.Errorf("one person: lifted %d, failed %d", lifted, failed)
	}
}

// TestAHoldStopsWhatItConcerns, from the moment it is set until two have
// lifted it, and nothing else.
func TestAHoldStopsWhatItConcerns(t *testing.T) {
	b := newBench(t)
	p := b.people()
	version := b.signed(p, application())
	stem := b.version(version).Edges.Agreement.Stem
	second := application()
	second.Lines[0].Segment = "another"
	other := b.version(b.signed(p, second)).Edges.Agreement.Stem
	for name, c := range map[string]struct {
		hold  release.HoldInput
		stops bool
	}{
		"the agreement":      {release.HoldInput{Stem: stem}, true},
		"its line":           {release.HoldInput{Stem: stem, Line: 1}, true},
		"its controller":     {release.HoldInput{Organisation: "example-university"}, true},
		"another agreement":  {release.HoldInput{Stem: other}, false},
		"another controller": {release.HoldInput{Organisation: "other-trust"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.hold.Reason = "made up"
			hold, err := b.SetHold(b.ctx, p.officer, c.hold)
			b.must(err)
			_, err = b.RequestExtract(b.ctx, p.applicant, request(version))
			if c.stops {
				b.refusedFor(err, fault.Refused, "hold")
			} else {
				b.must(err)
			}
			for _, who := range []access.Actor{p.officer, p.releaser} {
				_, err = b.LiftHold(b.ctx, who, hold, "nothing found")
				b.must(err)
			}
			_, err = b.RequestExtract(b.ctx, p.applicant, request(version))
			b.must(err)
		})
	}
}

// TestHoldsGoByTwoPersonsOnly, whatever else happens to their incident, and a
// finding stands once it is made.
func TestHoldsGoByTwoPersonsOnly(t *testing.T) {
	b := newBench(t)
	persons := []access.Actor{b.as("Olu Officer", "the-body", access.AccessOfficer), b.as("Cal Guardian", "the-body", access.CaldicottGuardian), b.as("Ruth Releaser", "the-body", access.ReleaseOfficer)}
	rapid.Check(t, func(r *rapid.T) {
		id, err := b.OpenIncident(b.ctx, persons[0], release.IncidentInput{Kind: terms.AgreementBreach, Organisation: "other-trust", AwareAt: b.now, Description: "made up"})
		if err != nil {
			r.Fatal(err)
		}
		h := b.holdOf(id).ID
		said, status := map[int]bool{}, terms.Suspected
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			who := rapid.IntRange(0, len(persons)-1).Draw(r, "who")
			if rapid.Bool().Draw(r, "finds") {
				want := rapid.SampledFrom([]terms.IncidentStatus{terms.Confirmed, terms.NotABreach}).Draw(r, "finding")
				err := b.SetIncidentStatus(b.ctx, persons[who], id, release.IncidentFinding{Status: want, Finding: "made up"})
				if (err == nil) != (status == terms.Suspected) {
					r.Fatalf("found %s while %s: %v", want, status, err)
				}
				if err == nil {
					status = want
				}
				continue
			}
			lifted, err := b.LiftHold(b.ctx, persons[who], h, "made up")
			if again := said[who] || len(said) >= 2; again != (err != nil) {
				r.Fatalf("person %d after %v: %v", who, said, err)
			}
			if err == nil {
				said[who] = true
			}
			if lifted != (err == nil && len(said) == 2) {
				r.Fatalf("lifted %v after words of %v", lifted, said)
			}
		}
		if gone := b.holdOf(id).LiftedAt != nil; gone != (len(said) >= 2) {
			r.Fatalf("the hold is gone: %v, after words of %v", gone, said)
		}
	})
}
