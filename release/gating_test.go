package release_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent/decision"
	"data.release/registrar/ent/warningacceptance"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// finding is what a rule last said about a subject.
func (b *bench) ask(p people, version uuid.UUID, moment gate.Moment) map[string]gate.Finding {
	b.t.Helper()
	answers, err := b.AskGate(b.ctx, p.officer, release.GateQuestion{Version: version, Moment: moment, Line: 1})
	b.must(err)
	if len(answers) != 1 {
		b.t.Fatalf("%d answers", len(answers))
	}
	found := map[string]gate.Finding{}
	for _, f := range answers[0].Decision.Findings {
		found[f.Rule] = f
	}
	return found
}

// expect makes sure that a rule says what is wanted.
func (b *bench) expect(found map[string]gate.Finding, rule string, want gate.Outcome) {
	b.t.Helper()
	if f := found[rule]; f.Outcome != want {
		b.t.Errorf("%s: %q, want %q: %s", rule, f.Outcome, want, f.Evidence)
	}
}

// TestWaivers: the SIRO waives policy for a year at most, another person puts
// it in force, and what is waived lets an extract go on until it is revoked.
func TestWaivers(t *testing.T) {
	b := newBench(t)
	p := b.people()
	siro := b.as("Sira Siro", "the-body", access.SIRO)
	version := b.signed(p, application())
	stem := b.version(version).Edges.Agreement.Stem
	b.must(b.AmendOrganisation(b.ctx, p.officer, "example-university", release.OrganisationAmendment{Fee: &release.ProtectionFee{Number: "Z1", To: day(2026, 11, 1)}, Reason: "it ended"}))
	_, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.refusedFor(err, fault.Refused, "ico-fee")

	input := release.WaiverInput{Stem: stem, Rule: "ico-fee", Reason: "the renewal is being paid", Starts: *day(2026, 11, 24), Ends: *day(2027, 11, 23)}
	wrong := input
	wrong.Rule, wrong.Ends, wrong.Line, wrong.Starts = "signed", *day(2028, 1, 1), 9, *day(2026, 11, 23)
	_, err = b.WaiveRule(b.ctx, siro, wrong)
	b.refusedFor(err, fault.Invalid, "rule-law", "waiver-term", "line")
	wrong.Rule, wrong.Stem = "M6", "NIC-0-AAAAA"
	_, err = b.WaiveRule(b.ctx, siro, wrong)
	b.refusedFor(err, fault.Invalid, "rule-advice", "agreement-unknown")
	_, err = b.WaiveRule(b.ctx, p.approver, input)
	b.refusedFor(err, fault.Forbidden)
	waiver, err := b.WaiveRule(b.ctx, siro, input)
	b.must(err)
	b.refusedFor(b.ConfirmWaiver(b.ctx, siro, waiver, ""), fault.Refused, "two-persons")
	_, err = b.RequestExtract(b.ctx, p.applicant, request(version))
	b.refusedFor(err, fault.Refused, "ico-fee") // not confirmed
	b.must(b.ConfirmWaiver(b.ctx, p.approver, waiver, "seen"))
	b.refusedFor(b.ConfirmWaiver(b.ctx, p.approver, waiver, "again"), fault.Conflict)
	extract, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.must(err)
	decisions, err := b.DecisionsOn(b.ctx, p.officer, extract)
	b.must(err)
	again, same, err := b.ReplayDecision(b.ctx, decisions[0].ID)
	if err != nil || !same || !slices.ContainsFunc(again.Findings, func(f gate.Finding) bool { return f.Rule == "ico-fee" && f.Outcome == gate.Waived }) {
		t.Errorf("replayed: same %v, %v", same, err)
	}
	count, err := b.CountWaivers(b.ctx)
	if err != nil || count.Given != 1 || count.InForce != 1 || count.Revoked != 0 {
		t.Errorf("counted %+v, %v", count, err)
	}
	b.refusedFor(b.RevokeWaiver(b.ctx, siro, waiver, ""), fault.Invalid)
	b.must(b.RevokeWaiver(b.ctx, siro, waiver, "paid"))
	b.refusedFor(b.RevokeWaiver(b.ctx, siro, waiver, "paid"), fault.Conflict)
	_, err = b.RequestExtract(b.ctx, p.applicant, request(version))
	b.refusedFor(err, fault.Refused, "ico-fee")
	rows, err := b.WaiversOf(b.ctx, p.officer, stem)
	if err != nil || len(rows) != 1 || rows[0].RevokedAt == nil {
		t.Errorf("waivers %v, %v", rows, err)
	}
}

// TestWarningsAreAccepted: a one-off line delivered again warns; nothing is
// released until somebody other than who asked accepts that, with a reason.
func TestWarningsAreAccepted(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	version := b.signed(p, application())
	first := b.produced(p, version)
	_, err := b.ReleaseExtract(b.ctx, p.releaser, first, "checked")
	b.must(err)
	second := b.produced(p, version)
	_, err = b.ReleaseExtract(b.ctx, p.releaser, second, "checked")
	b.refusedFor(err, fault.Refused, "warnings-accepted")
	warnings, err := b.ExtractWarnings(b.ctx, p.releaser, second)
	b.must(err)
	if len(warnings) != 1 || warnings[0].Finding.Rule != "one-off" || warnings[0].Accepted {
		t.Fatalf("warnings %+v", warnings)
	}
	b.refusedFor(b.AcceptWarnings(b.ctx, p.releaser, second, nil), fault.Invalid)
	b.refusedFor(b.AcceptWarnings(b.ctx, p.applicant, second, []release.Acceptance{{Rule: "one-off", Line: 1, Reason: "r"}}), fault.Forbidden)
	b.refusedFor(b.AcceptWarnings(b.ctx, p.releaser, second, []release.Acceptance{{Rule: "one-off", Line: 1, Reason: "r"}, {Rule: "M6", Line: 1, Reason: "r"}}), fault.Invalid, "no-warning")
	if n := b.acceptances(); n != 0 {
		t.Fatalf("%d acceptances of a refused form", n)
	}
	var wait sync.WaitGroup
	for _, who := range []access.Actor{p.releaser, p.approver} { // both may; each word stands by itself
		wait.Go(func() {
			if err := b.AcceptWarnings(b.ctx, who, second, []release.Acceptance{{Rule: "one-off", Line: 1, Reason: "a correction of the first"}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := b.acceptances(); n != 1 {
		t.Errorf("%d words for one warning", n)
	}
	_, err = b.ReleaseExtract(b.ctx, p.releaser, second, "checked")
	b.must(err)
	b.refusedFor(b.AcceptWarnings(b.ctx, p.releaser, second, []release.Acceptance{{Rule: "one-off", Line: 1, Reason: "r"}}), fault.Conflict)
}

func (b *bench) acceptances() int {
	b.t.Helper()
	n, err := b.Read().WarningAcceptance.Query().Where(warningacceptance.Rule("one-off")).Count(b.see())
	b.must(err)
	return n
}

// TestTheGateSeesWhatStops: holds of organisation and line, a suspicion, who
// follows a party, and the lines of other agreements.
func TestTheGateSeesWhatStops(t *testing.T) {
	b := newBench(t)
	p := b.people()
	version := b.signed(p, application())
	stem := b.version(version).Edges.Agreement.Stem
	found := b.ask(p, version, gate.MomentRequest)
	for rule, f := range found {
		if f.Outcome == gate.Refuse || f.Outcome == gate.Warn {
			t.Errorf("at first %s: %s", rule, f.Evidence)
		}
	}
	for name, input := range map[string]release.HoldInput{
		"organisation": {Organisation: "example-university", Reason: "r"}, "line": {Stem: stem, Line: 1, Reason: "r"},
	} {
		hold, err := b.SetHold(b.ctx, p.officer, input)
		b.must(err)
		b.expect(b.ask(p, version, gate.MomentDownload), "hold", gate.Refuse)
		for _, who := range []access.Actor{p.officer, p.releaser} {
			_, err := b.LiftHold(b.ctx, who, hold, "nothing found "+name)
			b.must(err)
		}
		b.expect(b.ask(p, version, gate.MomentDownload), "hold", gate.Pass)
	}
	incident, err := b.OpenIncident(b.ctx, p.officer, release.IncidentInput{Kind: terms.AgreementBreach, Stem: stem, AwareAt: b.now.Add(-time.Hour), Description: "a file on a share (made up)"})
	b.must(err)
	b.expect(b.ask(p, version, gate.MomentRequest), "hold", gate.Refuse)
	hold := b.holdOf(incident)
	for _, who := range []access.Actor{p.officer, p.releaser} {
		_, err := b.LiftHold(b.ctx, who, hold.ID, "it was another file")
		b.must(err)
	}
	b.expect(b.ask(p, version, gate.MomentRequest), "hold", gate.Warn)
}

// TestWhoFollowsIsLookedAt: the contract carries over on a statutory transfer
// with a warning, not on a merger; the recipient may be who follows.
func TestWhoFollowsIsLookedAt(t *testing.T) {
	for kind, want := range map[terms.SuccessionKind]gate.Outcome{terms.StatutoryTransfer: gate.Warn, terms.Merger: gate.Refuse} {
		b := newBench(t)
		p := b.people()
		version := b.signed(p, application())
		_, err := b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: "New University", Kind: "Academic", AssuranceKind: "DSPT",
			AssuranceStatus: "Standards Met", AssuranceTo: day(2027, 6, 30), AssuranceReviewed: true, ICONumber: "Z2 (made up)", ICOTo: day(2028, 3, 31)})
		b.must(err)
		_, err = b.RecordSuccession(b.ctx, p.officer, release.SuccessionInput{Kind: kind, From: []string{"example-university"}, To: "new-university", On: *day(2026, 11, 20),
			Instrument: "an order (made up)", Reason: "as the order says"})
		b.must(err)
		found := b.ask(p, version, gate.MomentRequest)
		b.expect(found, "succession", want)
		answers, err := b.AskGate(b.ctx, p.officer, release.GateQuestion{Version: version, Recipient: "new-university"})
		b.must(err)
		if !slices.ContainsFunc(answers[0].Decision.Findings, func(f gate.Finding) bool { return f.Rule == "recipient" && f.Outcome == gate.Pass }) {
			t.Errorf("%s: who follows is no recipient: %v", kind, answers[0].Decision.Explain())
		}
	}
}

// TestConsentAndDependence: a withdrawal stops an extract until it is asked for
// again with a newer list; a line that lives with another agreement stops when
// that one lapses.
func TestConsentAndDependence(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	other := b.signed(p, application())
	otherStem := b.version(other).Edges.Agreement.Stem
	a := application()
	line := &a.Lines[0]
	line.Route, line.Cohort, line.DependsOn = terms.RouteConsent, "participants", otherStem
	line.Power, line.OptOut = terms.S261_2c, terms.OptOutNotIdentifiable
	a.Flows = nil
	a.ConsentMaterials = []release.ConsentMaterialInput{{Title: "Consent form (made up)", Cohort: "participants", Outcome: "compatible", ReviewedOn: day(2026, 10, 1)}}
	version := b.signed(p, a)
	stem := b.version(version).Edges.Agreement.Stem
	_, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.refusedFor(err, fault.Refused, "consent")
	list := release.CohortInput{Stem: stem, Name: "participants", Supplier: "trial unit (made up)", AsOf: *day(2026, 11, 20), People: 900}
	_, err = b.RecordCohort(b.ctx, p.officer, list)
	b.must(err)
	b.expect(b.ask(p, version, gate.MomentStart), "consent", gate.Pass)
	// No plan reads the list yet, so that everybody's rows would leave.
	_, err = b.RequestExtract(b.ctx, p.applicant, request(version))
	b.refusedFor(err, fault.Refused, "population")
	b.must(b.RecordWithdrawal(b.ctx, p.officer, release.WithdrawalInput{Stem: stem, Name: "participants", On: *day(2026, 11, 23), People: 1}))
	b.expect(b.ask(p, version, gate.MomentStart), "consent", gate.Refuse)
	list.AsOf = *day(2026, 11, 24)
	_, err = b.RecordCohort(b.ctx, p.officer, list)
	b.must(err)
	b.expect(b.ask(p, version, gate.MomentStart), "consent", gate.Pass)
	b.expect(b.ask(p, version, gate.MomentDownload), "dependence", gate.Pass)
	b.must(b.TerminateVersion(b.ctx, p.officer, other, "the other study ended"))
	b.expect(b.ask(p, version, gate.MomentDownload), "dependence", gate.Refuse)
}

// TestOverdueDestruction: data held after the end of an agreement refuse on the
// same stem, and warn on other agreements of the controller.
func TestOverdueDestruction(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	old := b.signed(p, application())
	_, err := b.ReleaseExtract(b.ctx, p.releaser, b.produced(p, old), "checked")
	b.must(err)
	other := b.signed(p, application())
	b.expect(b.ask(p, other, gate.MomentRequest), "destruction", gate.Pass)
	b.must(b.TerminateVersion(b.ctx, p.officer, old, "the study ended"))
	b.expect(b.ask(p, other, gate.MomentRequest), "destruction", gate.Warn)
	b.expect(b.ask(p, old, gate.MomentRequest), "destruction", gate.Refuse)
	_, err = b.PlaceHold(b.ctx, p.officer, b.version(old).Edges.Agreement.Stem, "suspected breach")
	b.must(err)
	b.expect(b.ask(p, other, gate.MomentRequest), "destruction", gate.Refuse)
	b.must(b.CloseVersion(b.ctx, p.officer, old, "certificate 1 (made up)"))
	b.expect(b.ask(p, other, gate.MomentRequest), "destruction", gate.Pass)
}

// TestAskingKeepsNothing, and looks at another day: before its term an
// agreement refuses.
func TestAskingKeepsNothing(t *testing.T) {
	b := newBench(t)
	p := b.people()
	version := b.signed(p, application())
	before, err := b.Read().Decision.Query().Count(b.see())
	b.must(err)
	for _, moment := range gate.Moments() {
		if _, err := b.AskGate(b.ctx, p.officer, release.GateQuestion{Version: version, Moment: moment}); err != nil {
			t.Fatal(err)
		}
	}
	answers, err := b.AskGate(b.ctx, p.officer, release.GateQuestion{Version: version, At: time.Date(2026, 10, 31, 12, 0, 0, 0, terms.London)})
	b.must(err)
	if answers[0].Decision.Allowed || answers[0].Decision.Refusals()[0].Rule != "in-force" {
		t.Errorf("before its term: %v", answers[0].Decision.Explain())
	}
	after, err := b.Read().Decision.Query().Count(b.see())
	if err != nil || after != before {
		t.Errorf("%d decisions, and %d before: %v", after, before, err)
	}
	reference := b.version(version).Edges.Agreement.Stem
	// An amendment that is being written is not what is in force.
	_, err = b.NextVersion(b.ctx, p.officer, version, release.NextInput{Kind: terms.VersionAmendment, Reason: "another outcome (made up)"})
	b.must(err)
	for dataset, want := range map[string]int{"": 1, "Hospital Episode Statistics Outpatients": 1, "hospital-episode-statistics-outpatients": 1} {
		_, answers, err := b.AskGateOfReference(b.ctx, reference, dataset, release.GateQuestion{})
		if err != nil || len(answers) != want || !answers[0].Decision.Allowed {
			t.Errorf("%q: %d answers, %v", dataset, len(answers), err)
		}
	}
	for name, ask := range map[string]func() error{
		"no dataset": func() error {
			_, _, err := b.AskGateOfReference(b.ctx, reference, "none", release.GateQuestion{})
			return err
		},
		"no agreement": func() error {
			_, _, err := b.AskGateOfReference(b.ctx, "NIC-99999-ZZZZZ", "", release.GateQuestion{})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = b.AskGate(b.ctx, p.officer, release.GateQuestion{Version: version, Recipient: "nobody"})
	b.refusedFor(err, fault.Invalid, "organisation-unknown")
	if _, err := b.AskGate(b.ctx, p.recipient, release.GateQuestion{Version: version}); !errors.Is(err, fault.Forbidden) {
		t.Errorf("a recipient asks: %v", err)
	}
}

// TestChangedDecisions: an answer that was stored otherwise is listed with the
// rules that differ; one that stands is not.
func TestChangedDecisions(t *testing.T) {
	b := newBench(t)
	p := b.people()
	version := b.signed(p, application())
	changed, err := b.ChangedDecisions(b.ctx)
	if err != nil || len(changed) != 0 {
		t.Fatalf("nothing has changed, and %+v is listed: %v", changed, err)
	}
	row, err := b.Read().Decision.Query().Where(decision.Subject(version.String())).First(b.see())
	b.must(err)
	b.now = b.now.Add(time.Minute)
	_, err = b.db.ExecContext(b.ctx, `INSERT INTO decisions (id, created_at, moment, at, line, allowed, facts, findings, policy_sha256, subject)
		SELECT $1, $2, moment, $2, line, false, facts, '[{"rule":"signed","outcome":"refuse"}]', 'old', subject FROM decisions WHERE id = $3`, uuid.New(), b.now, row.ID)
	b.must(err)
	changed, err = b.ChangedDecisions(b.ctx)
	b.must(err)
	if len(changed) != 1 || changed[0].Allowed || !changed[0].Today || !slices.Equal(changed[0].Rules, []string{"signed"}) || changed[0].Policy != gate.PolicyVersion {
		t.Errorf("changed %+v", changed)
	}
}
