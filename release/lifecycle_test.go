package release_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/stage"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

// whole is a version with its stages, conditions and reviews.
func (b *bench) whole(id uuid.UUID) *ent.AgreementVersion {
	b.t.Helper()
	v, err := b.Read().AgreementVersion.Query().Where(agreementversion.ID(id)).WithAgreement().WithReviews().
		WithLines().WithParties().WithFlows().WithApprovals().WithAttachments().
		WithConditions(func(q *ent.ConditionQuery) { q.Order(condition.ByNumber(), condition.ByID()) }).
		WithStages(func(q *ent.StageQuery) { q.Order(stage.ByAt(), stage.ByID()) }).Only(privacy.DecisionContext(b.ctx, privacy.Allow))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// inReview takes an application to its reviewer.
func (b *bench) inReview(p people, a release.Application) uuid.UUID {
	b.t.Helper()
	id, err := b.LogApplication(b.ctx, p.applicant, a)
	b.must(err)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	return id
}

func advice(outcome string) release.ReviewInput {
	return release.ReviewInput{Route: terms.FullReview, Outcome: outcome, Advice: "As written."}
}

// later moves the service's clock by days.
func (b *bench) later(days int) { b.now = b.now.AddDate(0, 0, days) }

// TestEveryMoveWritesAStage, with who moved it; the clock reads them.
func TestEveryMoveWritesAStage(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	b.later(1)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.later(1)
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.later(1)
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("returned")))
	if v := b.version(id); v.Number != "v0.2" || v.Minor != 2 {
		t.Errorf("a return makes %s", v.Number)
	}
	b.later(7)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("deferred")))
	b.later(1)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	if v := b.version(id); v.Number != "v0.3" {
		t.Errorf("submitted again after it was deferred: %s", v.Number)
	}
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("recommended")))
	b.must(b.ApproveVersion(b.ctx, p.approver, id, "as advised"))
	b.must(b.IssueVersion(b.ctx, p.officer, id))
	digest := b.version(id).TermsSha256
	p.signatory.LoggedInAt, p.discloser.LoggedInAt = b.now, b.now
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	v := b.whole(id)
	var states []string
	for _, s := range v.Edges.Stages {
		states = append(states, string(s.State))
		if s.PersonID == nil {
			t.Errorf("nobody moved it to %s", s.State)
		}
	}
	want := "draft submitted in_review returned submitted in_review deferred submitted in_review recommended approved issued signed"
	if got := strings.Join(states, " "); got != want {
		t.Errorf("stages %s,\nwant   %s", got, want)
	}
	clock := b.ClockOf(v)
	// Tuesday 24 November: submitted on the 25th, returned on the 27th.
	if clock.ToDecision != 2 || !clock.Decided || clock.Applicant != 6 {
		t.Errorf("the clock: %+v", clock)
	}
	if v.Number != "v0.3" || v.OwnerID == nil || *v.OwnerID != p.officer.PersonID {
		t.Errorf("approval keeps the number and who took it up owns it: %s, %v", v.Number, v.OwnerID)
	}
}

func TestEndsNeedAReasonAndAreKept(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.inReview(p, application())
	b.refusedFor(b.WithdrawVersion(b.ctx, p.applicant, id, "  "), fault.Invalid, "required")
	stranger := b.as("Stan Stranger", "other-trust", access.Applicant)
	b.refusedFor(b.WithdrawVersion(b.ctx, stranger, id, "not mine"), fault.Forbidden)
	b.must(b.WithdrawVersion(b.ctx, p.applicant, id, "the study is off"))
	if v := b.version(id); v.State != terms.Withdrawn || v.EndReason != "the study is off" || v.EndedBy == nil || *v.EndedBy != p.applicant.PersonID {
		t.Errorf("withdrawn: %+v", v)
	}
	b.refusedFor(b.SubmitVersion(b.ctx, p.applicant, id), fault.Conflict)

	id = b.inReview(p, application())
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("not_recommended")))
	b.refusedFor(b.DeclineVersion(b.ctx, p.approver, id, ""), fault.Invalid, "required")
	b.refusedFor(b.DeclineVersion(b.ctx, p.officer, id, "no"), fault.Forbidden)
	b.must(b.DeclineVersion(b.ctx, p.approver, id, "no benefit to health"))
	if v := b.version(id); v.State != terms.Declined || v.EndReason != "no benefit to health" || v.EndedAt == nil {
		t.Errorf("declined: %+v", v)
	}

	signed := b.signed(p, application())
	b.refusedFor(b.WithdrawVersion(b.ctx, p.applicant, signed, "too late"), fault.Conflict)
	b.refusedFor(b.CloseVersion(b.ctx, p.officer, signed, "CoD-1"), fault.Conflict)
	b.now = b.now.AddDate(1, 0, 0)
	b.must(b.CloseVersion(b.ctx, p.officer, signed, "CoD-1"))
	if v := b.version(signed); v.State != terms.Closed || v.EndReason != "CoD-1" {
		t.Errorf("closed: %+v", v)
	}
}

// produced takes an extract to where its files wait for their release, with a
// made-up result in the place of the run.
func (b *bench) produced(p people, version uuid.UUID) uuid.UUID {
	b.t.Helper()
	extract, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.must(err)
	b.must(b.ApproveExtract(b.ctx, p.approver, extract, b.extract(extract).PlanSha256, "as planned"))
	_, err = b.linking.StartRun(b.ctx, extract)
	b.must(err)
	b.must(b.linking.HandedOver(b.ctx, extract, nil))
	var keys []string
	rows, err := b.db.QueryContext(b.ctx, `SELECT public_key FROM recipient_keys WHERE revoked_at IS NULL`)
	b.must(err)
	defer rows.Close()
	for rows.Next() {
		var key string
		b.must(rows.Scan(&key))
		keys = append(keys, key)
	}
	b.must(rows.Err())
	b.must(b.extracting.Produced(b.ctx, extract, []release.RunResult{{RecipientKeys: keys, Line: 1, Read: 1000, Written: 700, Removed: map[string]int64{"outside period": 300},
		Outputs: []release.Output{{Name: "line-1.csv.age", Key: "key/" + extract.String(), Rows: 700, Size: 10, SHA256: strings.Repeat("c", 64),
			PlaintextSHA256: strings.Repeat("d", 64)}}}}))
	return extract
}

// TestTerminationStopsAtOnce the release and the download that would have
// passed a moment before.
func TestTerminationStopsAtOnce(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	id := b.signed(p, application())
	released := b.produced(p, id)
	_, err := b.ReleaseExtract(b.ctx, p.releaser, released, "checked")
	b.must(err)
	files, err := b.FilesOf(b.ctx, p.recipient)
	b.must(err)
	b.must(b.AcknowledgePurpose(b.ctx, p.recipient, files[0].ID))
	_, err = b.OpenDownload(b.ctx, p.recipient, files[0].ID, "")
	b.must(err)
	waits := b.produced(p, id)

	b.refusedFor(b.TerminateVersion(b.ctx, p.approver, id, "breach"), fault.Forbidden)
	b.must(b.TerminateVersion(b.ctx, p.officer, id, "breach of the terms"))
	v := b.version(id)
	if v.State != terms.Terminated || v.EndedBy == nil || *v.EndedBy != p.officer.PersonID || v.EndReason != "breach of the terms" {
		t.Errorf("terminated: %+v", v)
	}
	_, err = b.ReleaseExtract(b.ctx, p.releaser, waits, "checked")
	b.refusedFor(err, fault.Refused, "in-force")
	_, err = b.OpenDownload(b.ctx, p.recipient, files[0].ID, "")
	b.refusedFor(err, fault.Refused, "in-force")
	_, err = b.RequestExtract(b.ctx, p.applicant, request(id))
	b.refusedFor(err, fault.Refused, "in-force")
	_, err = b.NextVersion(b.ctx, p.applicant, id, release.NextInput{Kind: terms.VersionRenewal, Reason: "go on"})
	b.refusedFor(err, fault.Conflict)
	b.must(b.CloseVersion(b.ctx, p.officer, id, "CoD-2"))
	if v := b.version(id); v.EndReason != "breach of the terms" {
		t.Errorf("closing forgot why it was terminated: %q", v.EndReason)
	}
}

func TestIssuedAgainAfterALapse(t *testing.T) {
	b := newBench(t)
	p := b.people()
	a := application()
	a.Ends = day(2028, 10, 31)
	id := b.issued(p, a)
	digest := b.version(id).TermsSha256
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.refusedFor(b.IssueAgain(b.ctx, p.officer, id), fault.Conflict)
	b.now = b.now.AddDate(1, 0, 1)
	p.discloser.LoggedInAt = b.now
	b.refusedFor(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest), fault.Refused, "issue-lapsed")
	b.must(b.IssueAgain(b.ctx, p.officer, id))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	if v := b.version(id); v.State != terms.Signed {
		t.Errorf("signed on the second issue, with the first signature: %s", v.State)
	}
}

func TestOnlyTheSIROApprovesAgainstAdvice(t *testing.T) {
	b := newBench(t)
	p := b.people()
	siro := b.as("Sia Siro", "the-body", access.SIRO)
	id := b.inReview(p, application())
	b.refusedFor(b.ApproveAgainstAdvice(b.ctx, siro, id, "needed"), fault.Conflict)
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("not_recommended")))
	b.refusedFor(b.ApproveVersion(b.ctx, siro, id, "needed"), fault.Conflict)
	b.refusedFor(b.ApproveAgainstAdvice(b.ctx, p.approver, id, "needed"), fault.Forbidden)
	b.refusedFor(b.ApproveAgainstAdvice(b.ctx, siro, id, ""), fault.Invalid, "required")
	b.must(b.ApproveAgainstAdvice(b.ctx, siro, id, "the need outweighs the advice"))
	if v := b.version(id); v.State != terms.VersionApproved || v.AgainstAdvice != "the need outweighs the advice" || v.TermsSha256 == "" {
		t.Errorf("approved against advice: %+v", v)
	}
	b.must(b.IssueVersion(b.ctx, p.officer, id))
	digest := b.version(id).TermsSha256
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	found, err := b.SearchRegister(b.ctx, release.RegisterQuery{Stems: []string{b.version(id).Edges.Agreement.Stem}})
	b.must(err)
	if len(found.Entries) != 1 || found.Entries[0].Get(register.Reason) != "A new agreement.\nApproved by the SIRO against the advice of its review: the need outweighs the advice" {
		t.Errorf("the public reads %+v", found.Entries)
	}
}

// TestRacesHaveOneWinner: two approvals at once, two claims at once.
func TestRacesHaveOneWinner(t *testing.T) {
	b := newBench(t)
	p := b.people()
	second := b.as("Ada Approver", "the-body", access.Approver)
	other := b.as("Otis Officer", "the-body", access.AccessOfficer)
	id := b.inReview(p, application())
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("recommended")))
	b.one(fault.Conflict,
		func() error { return b.ApproveVersion(b.ctx, p.approver, id, "one") },
		func() error { return b.ApproveVersion(b.ctx, second, id, "two") })
	approvals := 0
	for _, s := range b.whole(id).Edges.Stages {
		if s.State == terms.VersionApproved {
			approvals++
		}
	}
	if approvals != 1 {
		t.Errorf("%d stages of approval", approvals)
	}
	unowned, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	b.one(fault.Conflict,
		func() error { return b.ClaimVersion(b.ctx, p.officer, unowned) },
		func() error { return b.ClaimVersion(b.ctx, other, unowned) })
}

// one runs all at once; exactly one of them may succeed, the others are of the
// kind.
func (b *bench) one(kind error, all ...func() error) {
	b.t.Helper()
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, run := range all {
		wait.Go(func() { errs[i] = run() })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, kind):
			b.t.Errorf("the loser sees %v", err)
		}
	}
	if won != 1 {
		b.t.Errorf("%d of %d won: %v", won, len(all), errs)
	}
}

func TestCasesAreHandedOver(t *testing.T) {
	b := newBench(t)
	p := b.people()
	other := b.as("Otis Officer", "the-body", access.AccessOfficer)
	id := b.inReview(p, application())
	b.refusedFor(b.ClaimVersion(b.ctx, other, id), fault.Conflict)
	b.refusedFor(b.HandOver(b.ctx, other, id, other.PersonID, ""), fault.Invalid, "required")
	b.refusedFor(b.HandOver(b.ctx, other, id, p.reviewer.PersonID, "knows it"), fault.Invalid, "owner")
	b.must(b.HandOver(b.ctx, p.officer, id, other.PersonID, "knows the field"))
	b.refusedFor(b.HandOver(b.ctx, p.officer, id, other.PersonID, "again"), fault.Conflict)
	second := b.inReview(p, application())
	b.must(b.HandOver(b.ctx, p.officer, second, other.PersonID, "with the other"))
	n, err := b.HandOverAll(b.ctx, p.officer, other.PersonID, p.officer.PersonID, "on leave")
	b.must(err)
	if n != 2 || *b.version(id).OwnerID != p.officer.PersonID || *b.version(second).OwnerID != p.officer.PersonID {
		t.Errorf("%d cases were handed over", n)
	}
	_, err = b.HandOverAll(b.ctx, p.officer, other.PersonID, p.officer.PersonID, "on leave")
	b.refusedFor(err, fault.Conflict)
	b.must(b.EndMemberships(b.ctx, system, "otis.officer@example.org", "the-body", "left"))
	b.refusedFor(b.HandOver(b.ctx, p.officer, id, other.PersonID, "back"), fault.Invalid, "owner")
	owners, err := b.CaseOwners(b.ctx, p.reviewer)
	b.must(err)
	if len(owners) != 1 || owners[0].ID != p.officer.PersonID {
		t.Errorf("owners now: %v", owners)
	}
}

func TestReviewsByRoute(t *testing.T) {
	b := newBench(t)
	p := b.people()
	siro := b.as("Sia Siro", "the-body", access.SIRO)
	precedent := b.signed(p, application())
	stem := b.version(precedent).Edges.Agreement.Stem
	id := b.inReview(p, application())

	input := advice("recommended")
	input.Route = terms.ExtensionReview
	b.refusedFor(b.ReviewVersion(b.ctx, p.reviewer, id, input), fault.Invalid, "route")
	input.Route = terms.PrecedentReview
	b.refusedFor(b.ReviewVersion(b.ctx, p.reviewer, id, input), fault.Invalid, "required", "checklist")
	input.Precedent, input.Checklist = "NIC-99999-ZZZZZ", release.PrecedentChecklist[1:]
	b.refusedFor(b.ReviewVersion(b.ctx, p.reviewer, id, input), fault.Invalid, "precedent", "checklist")
	input.Precedent, input.Checklist = b.version(id).Edges.Agreement.Stem, release.PrecedentChecklist
	b.refusedFor(b.ReviewVersion(b.ctx, p.reviewer, id, input), fault.Invalid, "precedent")
	input.Precedent = stem
	input.Conditions = []release.ConditionInput{{Kind: "precedent", Text: "Show the ethics approval."}, {Kind: "continuing", Text: ""}}
	b.refusedFor(b.ReviewVersion(b.ctx, p.reviewer, id, input), fault.Invalid, "required")
	input.Conditions = input.Conditions[:1]
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, input))
	v := b.whole(id)
	if len(v.Edges.Conditions) != 1 || len(v.Edges.Reviews) != 1 || v.Edges.Reviews[0].Precedent != stem || v.ReviewRoute == nil || *v.ReviewRoute != terms.PrecedentReview {
		t.Errorf("reviewed by precedent: %+v", v)
	}
	b.must(b.ApproveVersion(b.ctx, p.approver, id, ""))
	if terms := string(b.version(id).Terms); !strings.Contains(terms, "Show the ethics approval.") {
		t.Error("the condition of the review is not in the terms that were frozen")
	}

	id = b.inReview(p, application())
	urgent := advice("recommended")
	urgent.Route = terms.UrgentReview
	b.refusedFor(b.ReviewVersion(b.ctx, p.approver, id, urgent), fault.Forbidden)
	b.refusedFor(b.ReviewVersion(b.ctx, siro, id, urgent), fault.Invalid, "required")
	urgent.ReviewDue = day(2026, 11, 24)
	b.refusedFor(b.ReviewVersion(b.ctx, siro, id, urgent), fault.Invalid, "review-due")
	urgent.ReviewDue = day(2027, 2, 1)
	b.must(b.ReviewVersion(b.ctx, siro, id, urgent))
	b.refusedFor(b.ApproveVersion(b.ctx, siro, id, ""), fault.Refused, "two-persons")
	id = b.inReview(p, application())
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, urgent))
	b.refusedFor(b.ApproveVersion(b.ctx, p.approver, id, ""), fault.Refused, "review-route")
	b.must(b.ApproveVersion(b.ctx, siro, id, ""))
	b.must(b.IssueVersion(b.ctx, p.officer, id))
	digest := b.version(id).TermsSha256
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	found, err := b.SearchRegister(b.ctx, release.RegisterQuery{Stems: []string{b.version(id).Edges.Agreement.Stem}})
	b.must(err)
	if len(found.Entries) != 1 || found.Entries[0].Get(register.Reason) != "A new agreement.\nApproved urgently by the SIRO; it is reviewed in full by 1 February 2027." {
		t.Errorf("the public reads %+v", found.Entries)
	}
}

// TestAnApplyingDirectorateNeitherReviewsNorDecides on its own application.
func TestAnApplyingDirectorateNeitherReviewsNorDecides(t *testing.T) {
	b := newBench(t)
	p := b.people()
	member := func(name string, role access.Role) access.Actor {
		email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org"
		_, err := b.GrantRole(b.ctx, system, release.Grant{Email: email, Name: name, Role: role, Organisation: "the-body", Directorate: "Analysis"})
		b.must(err)
		actor, err := b.ActorOf(b.ctx, release.Identity{Issuer: "test", Subject: name, Email: email, EmailVerified: true, LoggedInAt: b.now.Add(-time.Minute)})
		b.must(err)
		return actor
	}
	reviewer, approver := member("Rex Reviewer", access.Reviewer), member("Ava Approver", access.Approver)
	a := application()
	a.Directorate = "Analysis"
	id := b.inReview(p, a)
	b.refusedFor(b.ReviewVersion(b.ctx, reviewer, id, advice("recommended")), fault.Refused, "independence")
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("recommended")))
	b.refusedFor(b.ApproveVersion(b.ctx, approver, id, ""), fault.Refused, "independence")
	b.refusedFor(b.DeclineVersion(b.ctx, approver, id, "no"), fault.Refused, "independence")
	b.must(b.ApproveVersion(b.ctx, p.approver, id, ""))
}
