package release_test

import (
	"slices"
	"testing"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// TestAFileOutlivesItsVersionOnlyWithItsLine: once a later version is in
// force, a file of the earlier one may be fetched only if the later still has
// the line; nothing new is made under the earlier.
func TestAFileOutlivesItsVersionOnlyWithItsLine(t *testing.T) {
	for name, keep := range map[string]bool{"keeps the line": true, "drops the line": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			p := b.people()
			b.key(p)
			first := b.signed(p, application())
			_, err := b.ReleaseExtract(b.ctx, p.releaser, b.produced(p, first), "checked")
			b.must(err)
			files, err := b.FilesOf(b.ctx, p.recipient)
			b.must(err)
			b.must(b.AcknowledgePurpose(b.ctx, p.recipient, files[0].ID))
			next, err := b.NextVersion(b.ctx, p.applicant, first, release.NextInput{Kind: terms.VersionAmendment, Reason: "another dataset"})
			b.must(err)
			if !keep {
				lines := application().LinesSection
				lines.Lines[0].DatasetName, lines.Lines[0].Definition = "Hospital Episode Statistics Accident and Emergency", "hes_ae"
				lines.Lines[0].Fields, lines.Lines[0].Population = []string{"ARRIVALDATE", "SEX"}, nil
				lines.Lines[0].Periods = []terms.Period{{From: *day(2007, 4, 1), To: *day(2008, 3, 31)}}
				d, err := b.ReadApplication(b.ctx, p.applicant, next)
				b.must(err)
				_, err = b.SaveSection(b.ctx, p.applicant, next, d.Revisions[release.StepLines], lines)
				b.must(err)
			}
			b.signNext(p, next)
			_, err = b.RequestExtract(b.ctx, p.applicant, request(first))
			b.refusedFor(err, fault.Refused, "in-force")
			_, err = b.OpenDownload(b.ctx, p.recipient, files[0].ID, "")
			if keep {
				b.must(err)
				return
			}
			b.refusedFor(err, fault.Refused, "in-force")
		})
	}
}

// TestOtherAgreementsOfAController: who has asked for identifiable records of a
// dataset under one agreement gets them pseudonymised under another only where
// a condition separates the holders.
func TestOtherAgreementsOfAController(t *testing.T) {
	b := newBench(t)
	p := b.people()
	identifiable := withOptOuts()
	identifiable.Lines[0].Fields = []string{"NHS_NUMBER", "EPISTART"}
	b.put(activity("hes_apc", "centre", "f"))
	b.list(*day(2026, 11, 20), "9")
	one := b.signed(p, identifiable)
	_, err := b.RequestExtract(b.ctx, p.applicant, admissions(one))
	b.must(err)
	pseudonymised := application()
	line := &pseudonymised.Lines[0]
	line.DatasetName, line.Definition, line.Fields, line.Population = identifiable.Lines[0].DatasetName, "hes_apc", []string{"EPISTART", "SEX"}, nil
	line.Periods = []terms.Period{{From: *day(2001, 4, 1), To: *day(2002, 3, 31)}}
	two := b.signed(p, pseudonymised)
	b.expect(b.ask(p, two, gate.MomentRequest), "segregation", gate.Refuse)
	pseudonymised.Conditions = []release.ConditionInput{{Kind: "continuing", Text: "Separate teams hold them (made up).", Code: "separate_holders"}}
	three := b.signed(p, pseudonymised)
	b.expect(b.ask(p, three, gate.MomentRequest), "segregation", gate.Pass)
}

// replaysAsKnown holds the register of February 2021, as it was imported,
// against the rules of its month: the known answers of governance §2.
func replaysAsKnown(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	replay, err := s.ReplayRegister(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if replay.Rows != 5079 || replay.Contradicting != 16 {
		t.Errorf("%d rows, %d contradict themselves; want 5079 and 16", replay.Rows, replay.Contradicting)
	}
	want := map[string]release.RuleTotal{"M1": {Contradict: 12}, "M2": {Contradict: 5, Warn: 2, CannotTell: 4}, "M3": {Contradict: 4}, "M4": {}, "M5": {Warn: 4}, "M6": {Warn: 16},
		"M7": {Pass: 298}, "M8": {Warn: 82}, "M9": {CannotTell: 563}, "M10": {CannotTell: 7}}
	for _, total := range replay.Totals {
		known, ok := want[total.Rule]
		if !ok {
			t.Errorf("%s is asked of history", total.Rule)
		}
		if total.Contradict != known.Contradict || total.Warn != known.Warn || total.CannotTell != known.CannotTell || (total.Rule == "M7" && total.Pass != known.Pass) {
			t.Errorf("%+v, want %+v", total, known)
		}
	}
	var rows []string
	for _, row := range replay.Found {
		for _, f := range row.Findings {
			if f.Rule == "M3" && f.Outcome == gate.Refuse {
				rows = append(rows, row.SourceID)
			}
		}
		if row.Organisation == "" || row.Dataset == "" || row.Reference == "" {
			t.Errorf("%+v leaves out whose row it is", row)
		}
	}
	slices.Sort(rows)
	if !slices.Equal(rows, []string{"DSfC2033", "DSfC2283", "DSfC2378", "DSfC2531"}) {
		t.Errorf("M3 contradicts in %v", rows)
	}
}
