package release_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/privacy"
	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/review"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// dated is a version whose parts all have dates, made in the records directly:
// what leads to them has tests of its own.
type dated struct {
	stem, number   string
	state          terms.VersionState
	starts, ends   *terms.Date
	owner          *uuid.UUID
	bare           bool // without parts
	issued, ended  *time.Time
	agreement      *ent.Agreement // of an earlier version
	major          int
	signedAt       time.Time
	applicantSlug  string
	controllerSlug string
}

func (b *bench) see() context.Context { return privacy.DecisionContext(b.ctx, privacy.Allow) }

func (b *bench) organisation(slug string) *ent.Organisation {
	b.t.Helper()
	o, err := b.Read().Organisation.Query().Where(organisation.Slug(slug)).Only(b.see())
	b.must(err)
	return o
}

func (b *bench) dated(d dated) (*ent.Agreement, *ent.AgreementVersion) {
	b.t.Helper()
	ctx, c := b.see(), b.Read()
	a := d.agreement
	if a == nil {
		var err error
		a, err = c.Agreement.Create().SetCreatedAt(b.now).SetStem(d.stem).SetApplicant(b.organisation(d.applicantSlug)).Save(ctx)
		b.must(err)
	}
	v, err := c.AgreementVersion.Create().SetCreatedAt(b.now).SetAgreement(a).SetNumber(d.number).SetMajor(d.major).SetKind(terms.VersionNew).SetState(terms.Draft).
		SetControllership(terms.SoleController).SetNillableStarts(d.starts).SetNillableEnds(d.ends).SetNillableOwnerID(d.owner).SetNillableIssuedAt(d.issued).SetNillableEndedAt(d.ended).Save(ctx)
	b.must(err)
	for _, role := range []terms.PartyRole{terms.Controller, terms.Recipient} {
		b.must(c.Party.Create().SetCreatedAt(b.now).SetVersion(v).SetRole(role).SetOrganisation(b.organisation(d.controllerSlug)).Exec(ctx))
	}
	if !d.bare {
		b.must(c.Approval.Create().SetCreatedAt(b.now).SetVersion(v).SetReference("CAG made up").SetDecisionMaker("CAG").SetRegulation("5").SetDatasets([]string{}).SetFlows([]string{"out"}).
			SetOptOutsApply(true).SetStarts(terms.NewDate(2026, 1, 1)).SetEnds(terms.NewDate(2027, 3, 1)).SetAnnualReview(terms.NewDate(2027, 3, 2)).Exec(ctx))
		b.must(c.Condition.Create().SetCreatedAt(b.now).SetVersion(v).SetText("Free text of a condition.").SetKind(condition.KindAction).SetNumber(3).SetDue(terms.NewDate(2027, 3, 3)).Exec(ctx))
		b.must(c.Condition.Create().SetCreatedAt(b.now).SetVersion(v).SetText("A condition that was met.").SetKind(condition.KindPrecedent).SetDue(terms.NewDate(2027, 3, 3)).SetMetAt(b.now).Exec(ctx))
		b.must(c.Review.Create().SetCreatedAt(b.now).SetVersion(v).SetRoute(terms.UrgentReview).SetOutcome(review.OutcomeRecommended).SetReviewDue(terms.NewDate(2027, 3, 4)).SetReviewerID(uuid.New()).Exec(ctx))
	}
	if !d.signedAt.IsZero() {
		b.must(c.Stage.Create().SetCreatedAt(b.now).SetVersion(v).SetState(terms.Signed).SetAt(d.signedAt).Exec(ctx))
	}
	v, err = v.Update().SetState(d.state).Save(ctx)
	b.must(err)
	return a, v
}

// duties are the kinds of a person's duties on a day, with their dates.
func duties(all []duty.Duty) map[terms.DutyKind]string {
	kinds := map[terms.DutyKind]string{}
	for _, d := range all {
		kinds[d.Kind] = strings.TrimSpace(kinds[d.Kind] + " " + d.Due.String())
	}
	return kinds
}

func TestEveryDateBecomesADuty(t *testing.T) {
	b := newBench(t)
	p := b.people()
	siro := b.as("Sita Siro", "the-body", access.SIRO)
	honorary := b.as("Hon Orary", "example-university", access.Recipient)
	other := b.as("Otto Other", "the-body", access.AccessOfficer)
	stranger := b.as("Stan Stranger", "other-trust", access.Applicant)
	ctx, c := b.see(), b.Read()

	a, v := b.dated(dated{stem: "NIC-000001-AAAAA", number: "v1.0", major: 1, state: terms.Signed, starts: day(2026, 3, 5), ends: day(2027, 3, 6), owner: &p.officer.PersonID,
		signedAt: b.now, applicantSlug: "example-university", controllerSlug: "example-university"})
	_, issued := b.dated(dated{stem: "NIC-000002-BBBBB", number: "v0.1", state: terms.Issued, issued: &[]time.Time{time.Date(2026, 3, 7, 9, 0, 0, 0, time.UTC)}[0], bare: true,
		applicantSlug: "example-university", controllerSlug: "example-university"})
	b.must(c.Derogation.Create().SetCreatedAt(b.now).SetAgreement(a).SetRule("segregation").SetReason("Made up.").SetStarts(terms.NewDate(2026, 1, 1)).SetEnds(terms.NewDate(2027, 3, 8)).
		SetGivenBy(siro.PersonID).SetConfirmedBy(p.approver.PersonID).SetConfirmedAt(b.now).Exec(ctx))
	b.must(c.Derogation.Create().SetCreatedAt(b.now).SetAgreement(a).SetRule("segregation").SetReason("Nobody confirmed it.").SetStarts(terms.NewDate(2026, 1, 1)).SetEnds(terms.NewDate(2027, 2, 8)).
		SetGivenBy(siro.PersonID).Exec(ctx))
	for number, until := range []*terms.Date{day(2027, 2, 1), day(2027, 3, 9)} {
		b.must(c.CohortVersion.Create().SetCreatedAt(b.now).SetAgreement(a).SetName("A cohort").SetNumber(number + 1).SetSupplier("Example University").SetAsOf(terms.NewDate(2026, 1, 1)).
			SetPeople(10).SetDestroyBy(*until).Exec(ctx))
	}
	b.must(c.Organisation.UpdateOne(b.organisation("example-university")).SetContractTo(terms.NewDate(2027, 3, 10)).SetAssuranceTo(terms.NewDate(2027, 3, 11)).SetIcoTo(terms.NewDate(2027, 3, 12)).Exec(ctx))
	_, err := b.db.ExecContext(ctx, `update memberships set basis = 'honorary', contract_to = '2027-03-13' where person_memberships = $1`, honorary.PersonID)
	b.must(err)
	b.released(a, v)

	on := terms.NewDate(2027, 2, 28)
	everything := map[terms.DutyKind]string{
		terms.DutyApprovalEnd: "2027-03-01", terms.DutyApprovalReview: "2027-03-02", terms.DutyCondition: "2027-03-03", terms.DutyUrgentReview: "2027-03-04",
		terms.DutyYieldedBenefits: "2027-03-05", terms.DutyAgreementEnd: "2027-03-06", terms.DutyDestruction: "2027-03-06", terms.DutyDerogationEnd: "2027-03-08",
		terms.DutyCohortDestruction: "2027-03-09", terms.DutyContractEnd: "2027-03-10", terms.DutyAssuranceEnd: "2027-03-11", terms.DutyFeeEnd: "2027-03-12",
		terms.DutyHonoraryContract: "2027-03-13",
	}
	without := func(kinds ...terms.DutyKind) map[terms.DutyKind]string {
		rest := maps.Clone(everything)
		for _, kind := range kinds {
			delete(rest, kind)
		}
		return rest
	}
	lapse := func(m map[terms.DutyKind]string) map[terms.DutyKind]string {
		m = maps.Clone(m)
		m[terms.DutyIssueLapse] = "2027-03-07"
		return m
	}
	for name, c := range map[string]struct {
		actor access.Actor
		want  map[terms.DutyKind]string
	}{
		// Nobody owns the version that is issued, so that every officer has it.
		"owner":     {p.officer, everything},
		"officer":   {other, map[terms.DutyKind]string{terms.DutyIssueLapse: "2027-03-07", terms.DutyContractEnd: "2027-03-10", terms.DutyAssuranceEnd: "2027-03-11", terms.DutyFeeEnd: "2027-03-12", terms.DutyHonoraryContract: "2027-03-13"}},
		"applicant": {p.applicant, lapse(without(terms.DutyUrgentReview))},
		"signatory": {p.signatory, lapse(without(terms.DutyUrgentReview))},
		"SIRO":      {siro, map[terms.DutyKind]string{terms.DutyDerogationEnd: "2027-03-08"}},
		"recipient": {p.recipient, map[terms.DutyKind]string{terms.DutyDestruction: "2027-03-06"}},
		"honorary":  {honorary, map[terms.DutyKind]string{terms.DutyDestruction: "2027-03-06", terms.DutyHonoraryContract: "2027-03-13"}},
		"stranger":  {stranger, map[terms.DutyKind]string{}},
		"reviewer":  {p.reviewer, map[terms.DutyKind]string{}},
	} {
		got, err := b.Duties(b.ctx, c.actor, on)
		b.must(err)
		want := c.want
		if name == "owner" {
			want = lapse(everything)
		}
		if !maps.Equal(duties(got), want) {
			t.Errorf("%s has %v, not %v", name, duties(got), want)
		}
	}
	if _, err := b.Duties(b.ctx, access.Actor{}, on); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody's duties: %v", err)
	}
	if _, err := b.DutiesOn(b.ctx, p.officer, on); !errors.Is(err, fault.Forbidden) {
		t.Errorf("everybody's duties, to an officer: %v", err)
	}

	// What a person sees is what they would be told, of everybody.
	digests, err := b.DutiesOn(b.ctx, system, on)
	b.must(err)
	for _, who := range []access.Actor{p.officer, other, p.applicant, p.signatory, siro, p.recipient, honorary, stranger, p.reviewer} {
		own, err := b.Duties(b.ctx, who, on)
		b.must(err)
		i := slices.IndexFunc(digests, func(d duty.Digest) bool { return d.Person.ID == who.PersonID })
		if i < 0 {
			if len(own) > 0 {
				t.Errorf("%s is not told", who.Name)
			}
			continue
		}
		if !slices.Equal(digests[i].Duties, own) {
			t.Errorf("%s sees %v and is told %v", who.Name, own, digests[i].Duties)
		}
		if text := digests[i].Body("x"); strings.Contains(text, "Free text") || strings.Contains(text, "A cohort") {
			t.Errorf("free text of an agreement is in a mail: %s", text)
		}
	}

	// A leaver's cases fall to every officer.
	b.must(b.EndMemberships(b.ctx, system, p.officer.Email, "the-body", "left"))
	got, err := b.Duties(b.ctx, other, on)
	b.must(err)
	if !maps.Equal(duties(got), lapse(everything)) {
		t.Errorf("after the owner left, an officer has %v", duties(got))
	}
	_ = issued
}

// released says in the records that a file of a version was released.
func (b *bench) released(a *ent.Agreement, v *ent.AgreementVersion) {
	b.t.Helper()
	ctx, c := b.see(), b.Read()
	e, err := c.Extract.Create().SetCreatedAt(b.now).SetState(terms.Released).SetVersion(v).SetRequestedBy(uuid.New()).SetRecipientID(uuid.New()).Save(ctx)
	b.must(err)
	r, err := c.Release.Create().SetCreatedAt(b.now).SetExtract(e).SetLine(1).SetEntryNumber(1).SetReleasedBy(uuid.New()).SetDecisionID(uuid.New()).Save(ctx)
	b.must(err)
	b.must(c.File.Create().SetCreatedAt(b.now).SetRelease(r).SetReference(a.Stem).SetName("made-up.csv.age").SetKey("k").SetSha256("x").SetPlaintextSha256("y").SetSize(1).SetRows(1).
		SetRecipientKeys([]string{}).SetExpiresAt(b.now).Exec(ctx))
}

// TestALaterVersionHasTheDuties: a renewal that is signed ends the duty to
// renew at once, and takes over the rest when it begins.
func TestALaterVersionHasTheDuties(t *testing.T) {
	b := newBench(t)
	p := b.people()
	a, v1 := b.dated(dated{stem: "NIC-000001-AAAAA", number: "v1.0", major: 1, state: terms.Signed, starts: day(2026, 1, 1), ends: day(2027, 1, 31), signedAt: b.now,
		applicantSlug: "example-university", controllerSlug: "example-university"})
	b.released(a, v1)
	before, err := b.Duties(b.ctx, p.officer, terms.NewDate(2027, 1, 20))
	b.must(err)
	for _, kind := range []terms.DutyKind{terms.DutyAgreementEnd, terms.DutyDestruction, terms.DutyApprovalEnd} {
		if duties(before)[kind] == "" {
			t.Errorf("before: no %s", kind)
		}
	}
	b.dated(dated{agreement: a, number: "v2.0", major: 2, state: terms.Signed, starts: day(2027, 2, 1), ends: day(2028, 1, 31), signedAt: b.now, bare: true,
		controllerSlug: "example-university"})
	signed, err := b.Duties(b.ctx, p.officer, terms.NewDate(2027, 1, 20))
	b.must(err)
	if got := duties(signed); got[terms.DutyAgreementEnd] != "" || got[terms.DutyDestruction] != "" || got[terms.DutyApprovalEnd] != "2027-03-01" {
		t.Errorf("signed, not begun: %v", got)
	}
	begun, err := b.Duties(b.ctx, p.officer, terms.NewDate(2027, 2, 1))
	b.must(err)
	if got := duties(begun); got[terms.DutyApprovalEnd] != "" || got[terms.DutyCondition] != "" {
		t.Errorf("begun: %v", got)
	}
	end, err := b.Duties(b.ctx, p.officer, terms.NewDate(2028, 3, 1))
	b.must(err)
	if got := duties(end); got[terms.DutyAgreementEnd] != "2028-01-31" || got[terms.DutyDestruction] != "2028-01-31" {
		t.Errorf("after the last end: %v", got)
	}
	for _, d := range end {
		if d.Kind == terms.DutyDestruction && !d.Overdue() {
			t.Error("destruction is not overdue")
		}
	}
}

func TestEndedEarlyDestroysEarly(t *testing.T) {
	b := newBench(t)
	p := b.people()
	ended := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	a, v := b.dated(dated{stem: "NIC-000001-AAAAA", number: "v1.0", major: 1, state: terms.Terminated, starts: day(2026, 1, 1), ends: day(2028, 1, 31), ended: &ended, bare: true,
		applicantSlug: "example-university", controllerSlug: "example-university"})
	b.released(a, v)
	got, err := b.Duties(b.ctx, p.officer, terms.NewDate(2026, 12, 2))
	b.must(err)
	if duties(got)[terms.DutyDestruction] != "2026-12-01" || duties(got)[terms.DutyAgreementEnd] != "" {
		t.Errorf("after a termination: %v", duties(got))
	}
	b.must(v.Update().SetState(terms.Closed).Exec(b.see()))
	got, err = b.Duties(b.ctx, p.officer, terms.NewDate(2026, 12, 2))
	b.must(err)
	if len(got) > 0 {
		t.Errorf("after its destruction was certified: %v", duties(got))
	}
}

// post keeps what is sent, or fails.
type post struct {
	mu    sync.Mutex
	to    []string
	fails error
}

func (p *post) send(_ context.Context, d duty.Digest) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	p.to = append(p.to, d.Person.Email)
	return nil
}

// TestDigestsGoOutOnce, though two processes send them at the same moment; a
// send that fails is tried again; a missed day is made up for.
func TestDigestsGoOutOnce(t *testing.T) {
	b := newBench(t)
	b.people()
	b.dated(dated{stem: "NIC-000001-AAAAA", number: "v1.0", major: 1, state: terms.Signed, starts: day(2026, 1, 1), ends: day(2027, 1, 31), signedAt: b.now.AddDate(-1, 0, 0), bare: true,
		applicantSlug: "example-university", controllerSlug: "example-university"})
	b.must(b.Read().Organisation.UpdateOne(b.organisation("example-university")).ClearAssuranceTo().ClearContractTo().Exec(b.see()))
	everybody := []string{"ann.applicant@example.org", "olu.officer@example.org", "sam.signatory@example.org"}

	b.now = time.Date(2026, 12, 2, 7, 0, 0, 0, time.UTC) // sixty days before the end
	failing := &post{fails: fault.New(fault.Unavailable, "The mail server is down.")}
	done, err := b.SendDuties(b.ctx, system, failing.send)
	if !errors.Is(err, fault.Unavailable) || done.Failed != 3 || done.Sent != 0 {
		t.Fatalf("a server that is down: %+v, %v", done, err)
	}
	office := &post{}
	results := make([]release.DutiesSent, 4)
	var wait sync.WaitGroup
	for i := range results {
		wait.Go(func() {
			var err error
			if results[i], err = b.SendDuties(b.ctx, system, office.send); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	slices.Sort(office.to)
	if !slices.Equal(office.to, everybody) {
		t.Fatalf("four processes sent to %v", office.to)
	}
	sent, already := 0, 0
	for _, r := range results {
		sent, already = sent+r.Sent, already+r.Already
	}
	if sent != 3 || already != 9 {
		t.Errorf("they say: %+v", results)
	}

	b.now = b.now.AddDate(0, 0, 1)
	if done, err = b.SendDuties(b.ctx, system, office.send); err != nil || done.Nothing != 3 || len(office.to) != 3 {
		t.Errorf("the day after: %+v, %v", done, err)
	}
	b.now = b.now.AddDate(0, 0, 32) // 27 days before the end: the thirtieth was missed
	if done, err = b.SendDuties(b.ctx, system, office.send); err != nil || done.Sent != 3 {
		t.Errorf("after a step that was missed: %+v, %v", done, err)
	}
	b.now = b.now.AddDate(0, 0, 1)
	if done, err = b.SendDuties(b.ctx, system, office.send); err != nil || done.Nothing != 3 {
		t.Errorf("the day after that: %+v, %v", done, err)
	}
	preview, err := b.DutiesOn(b.ctx, system, terms.NewDate(2027, 1, 24))
	b.must(err)
	if len(preview) != 3 || len(preview[0].Told()) != 1 || preview[0].Duties[0].Days != 7 {
		t.Errorf("what would go out seven days before: %+v", preview)
	}
	_, err = b.SendDuties(b.ctx, access.Actor{}, office.send)
	b.refusedFor(err, fault.Unauthenticated)
}
