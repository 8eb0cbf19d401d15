package release_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// signNext takes a draft that follows another to its signatures.
func (b *bench) signNext(p people, id uuid.UUID) {
	b.t.Helper()
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("recommended")))
	b.must(b.ApproveVersion(b.ctx, p.approver, id, ""))
	b.must(b.IssueVersion(b.ctx, p.officer, id))
	digest := b.version(id).TermsSha256
	p.signatory.LoggedInAt, p.discloser.LoggedInAt = b.now, b.now
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
}

// members are the frozen terms of a version.
func (b *bench) members(id uuid.UUID) map[string]json.RawMessage {
	b.t.Helper()
	var out map[string]json.RawMessage
	b.must(json.Unmarshal(b.version(id).Terms, &out))
	return out
}

// TestTheNextVersionIsTheWholeOfTheLast: an amendment that changes nothing
// freezes to the same terms but for its number, kind and start.
func TestTheNextVersionIsTheWholeOfTheLast(t *testing.T) {
	b := newBench(t)
	p := b.people()
	a := application()
	a.Conditions = []release.ConditionInput{{Kind: "continuing", Text: "Keep the two teams apart.", Code: "separate_holders", Due: day(2027, 1, 31), Number: 3, Owners: []string{"Head of analysis"}, Page: "7"}}
	first := b.signed(p, a)
	b.must(b.MeetCondition(b.ctx, p.officer, b.whole(first).Edges.Conditions[0].ID, "letter of 1 December (made up)"))
	_, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionNew, Reason: "x"})
	b.refusedFor(err, fault.Invalid, "oneof")
	_, err = b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionTransfer})
	b.refusedFor(err, fault.Invalid, "required", "required_if")
	stranger := b.as("Stan Stranger", "other-trust", access.Applicant)
	_, err = b.NextVersion(b.ctx, stranger, first, release.NextInput{Kind: terms.VersionAmendment, Reason: "x"})
	b.refusedFor(err, fault.Forbidden)

	second, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionAmendment, Reason: "another dataset"})
	b.must(err)
	v := b.whole(second)
	if v.Number != "v1.0" || v.Kind != terms.VersionAmendment || v.State != terms.Draft || v.PredecessorID == nil || *v.PredecessorID != first || v.ChangeReason != "another dataset" {
		t.Errorf("the next version: %+v", v)
	}
	if c := v.Edges.Conditions; len(c) != 1 || c[0].MetAt == nil || c[0].Evidence != "letter of 1 December (made up)" {
		t.Errorf("its conditions: %+v", c)
	}
	if len(v.Edges.Stages) != 1 || v.Edges.Stages[0].State != terms.Draft {
		t.Errorf("its stages: %+v", v.Edges.Stages)
	}
	b.signNext(p, second)
	before, after := b.members(first), b.members(second)
	for name := range before {
		same := string(before[name]) == string(after[name])
		if differs := name == "reference" || name == "kind" || name == "starts"; same == differs {
			t.Errorf("%s: %s, then %s", name, before[name], after[name])
		}
	}
	third, err := b.NextVersion(b.ctx, p.applicant, second, release.NextInput{Kind: terms.VersionAmendment, Reason: "again"})
	b.must(err)
	if v := b.version(third); v.Number != "v2.0" {
		t.Errorf("v1.0 is followed by %s", v.Number)
	}
	_, err = b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionAmendment, Reason: "of the old one"})
	b.refusedFor(err, fault.Conflict)
	b.must(b.WithdrawVersion(b.ctx, p.applicant, third, "not needed"))
	_, err = b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionAmendment, Reason: "of the old one"})
	b.refusedFor(err, fault.Conflict)
	fourth, err := b.NextVersion(b.ctx, p.applicant, second, release.NextInput{Kind: terms.VersionAmendment, Reason: "again"})
	b.must(err)
	if v := b.version(fourth); v.Number != "v3.0" {
		t.Errorf("no number is given twice: %s", v.Number)
	}
}

func TestOneOpenNextVersionAtATime(t *testing.T) {
	b := newBench(t)
	p := b.people()
	first := b.signed(p, application())
	next := func() error {
		_, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionAmendment, Reason: "race"})
		return err
	}
	b.one(fault.Conflict, next, next, next)
}

func TestEachKindHasItsNeeds(t *testing.T) {
	b := newBench(t)
	p := b.people()
	first := b.signed(p, application()) // to 31 October 2027

	_, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionExtension, Reason: "late"})
	b.refusedFor(err, fault.Invalid, "required_if")
	_, err = b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionExtension, Reason: "late", Ends: day(2027, 10, 31)})
	b.refusedFor(err, fault.Invalid, "term")
	extension, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionExtension, Reason: "late", Ends: day(2028, 4, 30)})
	b.must(err)
	if v := b.version(extension); *v.Starts != *day(2026, 11, 1) || *v.Ends != *day(2028, 4, 30) {
		t.Errorf("the extension runs from %s to %s", v.Starts, v.Ends)
	}
	b.edit(extension, "objective", "To study more.")
	b.refusedFor(b.SubmitVersion(b.ctx, p.applicant, extension), fault.Invalid, "extension")
	b.edit(extension, "objective", "To study.")
	b.edit(extension, "yielded_benefits", "One paper (made up).")
	b.signNext(p, extension)

	renewal, err := b.NextVersion(b.ctx, p.applicant, extension, release.NextInput{Kind: terms.VersionRenewal, Reason: "goes on", Ends: day(2029, 4, 30)})
	b.must(err)
	if v := b.version(renewal); *v.Starts != *day(2028, 5, 1) {
		t.Errorf("the renewal starts on %s", v.Starts)
	}
	b.refusedFor(b.SubmitVersion(b.ctx, p.applicant, renewal), fault.Invalid, "yielded-benefits") // those of the extension
	b.edit(renewal, "yielded_benefits", "")
	b.refusedFor(b.SubmitVersion(b.ctx, p.applicant, renewal), fault.Invalid, "yielded-benefits")
	b.edit(renewal, "yielded_benefits", "None more yet: the papers are in review.")
	b.must(b.SubmitVersion(b.ctx, p.applicant, renewal))
	b.must(b.WithdrawVersion(b.ctx, p.applicant, renewal, "a transfer instead"))

	transfer, err := b.NextVersion(b.ctx, p.applicant, extension, release.NextInput{Kind: terms.VersionTransfer, Reason: "merged", Instrument: "SI 2026/0000 (made up)"})
	b.must(err)
	if v := b.version(transfer); v.Instrument != "SI 2026/0000 (made up)" {
		t.Errorf("the transfer's instrument: %q", v.Instrument)
	}
	b.must(b.SubmitVersion(b.ctx, p.applicant, transfer))
}

// edit changes a column of a draft as the form would.
func (b *bench) edit(id uuid.UUID, column, text string) {
	b.t.Helper()
	_, err := b.db.ExecContext(b.ctx, `update agreement_versions set `+column+` = $1 where id = $2`, text, id)
	b.must(err)
}

// TestAVersionIsSupersededByASignedOneThatHasStarted, and by no other.
func TestAVersionIsSupersededByASignedOneThatHasStarted(t *testing.T) {
	b := newBench(t)
	p := b.people()
	first := b.signed(p, application()) // to 31 October 2027
	superseded := func() bool {
		page, err := b.SupersededBy(b.ctx, p.officer, first)
		b.must(err)
		return page != nil
	}
	if superseded() {
		t.Error("superseded by nothing")
	}
	b.now = time.Date(2027, 9, 1, 9, 0, 0, 0, time.UTC)
	renewal, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionRenewal, Reason: "goes on", Ends: day(2028, 10, 31)})
	b.must(err)
	b.edit(renewal, "yielded_benefits", "Two papers (made up).")
	b.must(b.SubmitVersion(b.ctx, p.applicant, renewal))
	b.must(b.TakeUp(b.ctx, p.officer, renewal))
	b.must(b.ReviewVersion(b.ctx, p.reviewer, renewal, advice("recommended")))
	if superseded() {
		t.Error("superseded by a draft")
	}
	_, err = b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: "Example University", Kind: "Academic", ContractNumber: "CON-1", ContractFrom: day(2026, 1, 1),
		ContractTo: day(2028, 12, 31), AssuranceKind: "DSPT", AssuranceStatus: "Standards Met", AssuranceTo: day(2028, 6, 30), AssuranceReviewed: true})
	b.must(err)
	b.must(b.ApproveVersion(b.ctx, p.approver, renewal, ""))
	b.must(b.IssueVersion(b.ctx, p.officer, renewal))
	digest := b.version(renewal).TermsSha256
	p.signatory.LoggedInAt, p.discloser.LoggedInAt = b.now, b.now
	b.must(b.SignVersion(b.ctx, p.signatory, renewal, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, renewal, "the-body", "discloser", digest))
	if superseded() {
		t.Error("superseded before the renewal starts")
	}
	b.now = time.Date(2027, 11, 1, 0, 0, 1, 0, time.UTC)
	if !superseded() {
		t.Error("not superseded by the renewal that has started")
	}
	b.must(b.TerminateVersion(b.ctx, p.officer, renewal, "breach"))
	if !superseded() {
		t.Error("the end of the renewal brought the first version back")
	}
}
