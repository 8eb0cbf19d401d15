package release_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/event"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/succession"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/evidence"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

// history is a body that has imported the register of February 2021, with an
// access officer.
func history(t *testing.T) (*bench, access.Actor) {
	t.Helper()
	d := migrationstest.New(t)
	b := &bench{t: t, ctx: t.Context(), now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC), db: d.As(t, migrations.Serve).DB}
	b.Service = release.New(release.Config{DB: b.db, Clock: func() time.Time { return b.now }})
	_, err := b.ImportEdition(b.ctx, importer, february(t))
	b.must(err)
	_, err = b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: "The Body", Kind: "Discloser"})
	b.must(err)
	return b, b.as("Olu Officer", "the-body", access.AccessOfficer)
}

func (b *bench) all() context.Context { return privacy.DecisionContext(b.ctx, privacy.Allow) }

// TestTakeOnOfFebruary2021 takes the whole register on, class by class.
func TestTakeOnOfFebruary2021(t *testing.T) {
	b, officer := history(t)
	list := func(f release.TakeOnFilter) release.TakeOnWorklist {
		t.Helper()
		l, err := b.TakeOnWorklist(b.ctx, officer, f)
		b.must(err)
		return l
	}
	read := time.Now()
	whole := list(release.TakeOnFilter{})
	t.Logf("the worklist in %s", time.Since(read).Round(time.Millisecond))
	if len(whole.Rows) != 585 || whole.All != 585 || whole.ByLack[release.LacksLines] != 585 || whole.ByState[terms.Recorded] != 585 {
		t.Fatalf("%d rows, %v", len(whole.Rows), whole.ByLack)
	}
	releases := 0
	for _, row := range whole.Rows {
		releases += row.Releases
	}
	if releases == 0 || releases > 5079 {
		t.Errorf("%d releases under the references", releases)
	}
	ccgs := list(release.TakeOnFilter{Search: "ccg"})
	if len(ccgs.Rows) < 200 {
		t.Fatalf("%d agreements of CCGs", len(ccgs.Rows))
	}
	var versions []uuid.UUID
	for _, row := range ccgs.Rows {
		versions = append(versions, row.Version)
	}

	template := release.TemplateInput{Name: "CCG commissioning", Description: "Made up for this test", Answers: release.TemplateAnswers{
		Title: "Commissioning data for {organisation}", Controllership: terms.SoleController, Territory: terms.EnglandWales, Starts: day(2026, 12, 1), Ends: day(2027, 11, 30),
		Lines: []release.LineTemplate{{Discloser: "the-body", Periods: []terms.Period{{From: *day(2015, 4, 1), To: *day(2027, 3, 31)}},
			Purposes: []terms.Purpose{terms.PurposeCommissioning}, Article6: []string{"6(1)(e)"}, Article9: []string{"9(2)(h)"}}}}}
	_, err := b.RecordTemplate(b.ctx, officer, template)
	b.must(err)
	apply := release.ApplyTemplateInput{Template: template.Name, Versions: versions, Reason: "class of CCG agreements", DryRun: true}
	_, err = b.ApplyTemplate(b.ctx, officer, apply)
	b.refusedFor(err, fault.Invalid, "state") // not taken on yet

	// Two officers at once: one takes them on, the other is told.
	errs := make([]error, 2)
	var wait sync.WaitGroup
	begun := time.Now()
	for i := range errs {
		wait.Go(func() {
			errs[i] = b.TakeOn(b.ctx, officer, release.TakeOnInput{Versions: versions, Reason: "class of CCG agreements"})
		})
	}
	wait.Wait()
	t.Logf("%d versions in %s", len(versions), time.Since(begun).Round(time.Millisecond))
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v and %v", errs[0], errs[1])
	}
	b.refusedFor(errors.Join(errs...), fault.Conflict, "state")
	b.refusedFor(b.TakeOn(b.ctx, officer, release.TakeOnInput{Versions: versions[:1], Reason: "again"}), fault.Conflict, "state")
	taken := list(release.TakeOnFilter{Search: "ccg", State: terms.Draft})
	if len(taken.Rows) != len(versions) {
		t.Fatalf("%d taken on of %d", len(taken.Rows), len(versions))
	}
	for _, row := range taken.Rows {
		if row.Releases > 0 && (row.Lines == 0 || slices.Contains(row.Lacks, release.LacksLines)) || slices.Contains(row.Lacks, release.LacksController) {
			t.Errorf("%s %s has %d lines of %d releases and lacks %v", row.Stem, row.Number, row.Lines, row.Releases, row.Lacks)
		}
	}
	v, err := b.Read().AgreementVersion.Query().Where(agreementversion.ID(versions[0])).WithStages().Only(b.all())
	b.must(err)
	if stages := v.Edges.Stages; v.Kind != terms.VersionImported || len(stages) == 0 || stages[len(stages)-1].State != terms.Draft {
		t.Errorf("%s with stages %v", v.Kind, stages)
	}

	would, err := b.ApplyTemplate(b.ctx, officer, apply)
	b.must(err)
	if len(would) < 3*len(versions) || would[0].Reference == "" || would[0].To == "" {
		t.Fatalf("%d changes for %d versions", len(would), len(versions))
	}
	if n := list(release.TakeOnFilter{Search: "ccg", Lack: release.LacksTerm}); len(n.Rows) != len(versions) {
		t.Error("the dry run changed something")
	}
	apply.DryRun = false
	begun = time.Now()
	did, err := b.ApplyTemplate(b.ctx, officer, apply)
	b.must(err)
	t.Logf("a template over %d versions in %s", len(versions), time.Since(begun).Round(time.Millisecond))
	if len(did) != len(would) {
		t.Errorf("%d changes, foreseen %d", len(did), len(would))
	}
	after := list(release.TakeOnFilter{Search: "ccg"})
	for _, lack := range []release.Lack{release.LacksTerm, release.LacksTitle, release.LacksDiscloser, release.LacksPeriods, release.LacksPurposes, release.LacksArticle6} {
		if after.ByLack[lack] != 0 {
			t.Errorf("%d still lack %s", after.ByLack[lack], lack)
		}
	}
	if again, err := b.ApplyTemplate(b.ctx, officer, apply); err != nil || len(again) != 0 {
		t.Errorf("a second time: %d changes, %v", len(again), err)
	}
	events, err := b.Read().Event.Query().Where(event.Command("template applied")).Count(b.all())
	if b.must(err); events != len(versions) {
		t.Errorf("%d events for %d versions", events, len(versions))
	}
}

// TestCCGsChangeController: 230 agreements in one transaction, on one day, with
// one reason and an event each.
func TestCCGsChangeController(t *testing.T) {
	b, officer := history(t)
	_, err := b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: "Made-up ICB"})
	b.must(err)
	list, err := b.TakeOnWorklist(b.ctx, officer, release.TakeOnFilter{Search: "ccg"})
	b.must(err)
	var stems []string
	var drafts []uuid.UUID
	for _, row := range list.Rows {
		if len(stems) == 0 || stems[len(stems)-1] != row.Stem {
			stems = append(stems, row.Stem)
		}
		if len(drafts) < 3 {
			drafts = append(drafts, row.Version)
		}
	}
	stems = stems[:230]
	b.must(b.TakeOn(b.ctx, officer, release.TakeOnInput{Versions: drafts, Reason: "first"}))
	in := release.TransferInput{Kind: terms.StatutoryTransfer, To: "made-up-icb", On: *day(2022, 7, 1), Instrument: "Health and Care Act 2022", Reason: "CCGs were abolished", Agreements: stems}
	begun := time.Now()
	n, err := b.BulkTransfer(b.ctx, officer, in)
	b.must(err)
	t.Logf("%d agreements in %s", n, time.Since(begun).Round(time.Millisecond))
	rows, err := b.Read().Succession.Query().Where(succession.HasToWith(organisation.Slug("made-up-icb"))).Count(b.all())
	b.must(err)
	events, err := b.Read().Event.Query().Where(event.Command("controller changed"), event.Reason("CCGs were abolished")).Count(b.all())
	b.must(err)
	if n != 230 || rows != 230 || events != 230 {
		t.Errorf("%d transferred, %d successions, %d events", n, rows, events)
	}
	for _, v := range drafts {
		parties, err := b.Read().AgreementVersion.Query().Where(agreementversion.ID(v)).QueryParties().WithOrganisation().All(b.all())
		b.must(err)
		for _, p := range parties {
			if p.Edges.Organisation.Slug != "made-up-icb" {
				t.Errorf("a draft still names %s as %s", p.Edges.Organisation.Name, p.Role)
			}
		}
	}
	_, err = b.BulkTransfer(b.ctx, officer, in)
	b.refusedFor(err, fault.Invalid, "circle")
	for name, c := range map[string]struct {
		in   release.TransferInput
		code string
	}{
		"unknown": {release.TransferInput{Kind: terms.Merger, To: "nobody", On: *day(2026, 1, 1), Instrument: "x", Reason: "x", Agreements: stems[:1]}, "organisation-unknown"},
		"rename":  {release.TransferInput{Kind: terms.Rename, To: "made-up-icb", On: *day(2026, 1, 1), Instrument: "x", Reason: "x", Agreements: stems[:1]}, "oneof"},
		"nothing": {release.TransferInput{Kind: terms.Merger, From: "the-body", To: "made-up-icb", On: *day(2026, 1, 1), Instrument: "x", Reason: "x"}, "none"},
	} {
		_, err := b.BulkTransfer(b.ctx, officer, c.in)
		t.Run(name, func(*testing.T) { b.refusedFor(err, fault.Invalid, c.code) })
	}
}

// TestEvidenceIsLoadedOnce loads real rows of the Organisation Data Service:
// the dry run says all and changes nothing, the load does it, the second load
// nothing.
func TestEvidenceIsLoadedOnce(t *testing.T) {
	b, officer := history(t)
	content, err := os.ReadFile(filepath.Join("..", "testdata", "evidence", "ods-ccg.csv"))
	b.must(err)
	load := func(file release.EvidenceFile) (release.EvidenceReport, error) {
		return b.LoadEvidence(b.ctx, officer, file)
	}
	file := release.EvidenceFile{Kind: evidence.ODS, Name: "somewhere/ods-ccg.csv", Source: "ODS, file eccg", Content: content}
	dry, err := load(file)
	b.must(err)
	if dry.Rows != 24 || dry.Matched < 20 || len(dry.Changes) != 3*dry.Matched || dry.Applied {
		t.Fatalf("%d rows, %d matched, %d changes", dry.Rows, dry.Matched, len(dry.Changes))
	}
	if o := b.recorded(dry.Changes[0].Subject); o.OdsCode != nil {
		t.Error("the dry run changed something")
	}
	file.Apply = true
	reports, errs := make([]release.EvidenceReport, 2), make([]error, 2)
	var wait sync.WaitGroup
	for i := range reports { // two at once are as one after the other
		wait.Go(func() { reports[i], errs[i] = load(file) })
	}
	wait.Wait()
	b.must(errors.Join(errs...))
	done := reports[0]
	if len(done.Changes) == 0 {
		done = reports[1]
	}
	if len(reports[0].Changes)+len(reports[1].Changes) != len(dry.Changes) {
		t.Errorf("two loads at once: %d and %d changes", len(reports[0].Changes), len(reports[1].Changes))
	}
	if len(done.Changes) != len(dry.Changes) || !done.Applied {
		t.Errorf("%d changes", len(done.Changes))
	}
	if o := b.recorded(done.Changes[0].Subject); o.OdsCode == nil || o.Closed == nil || !strings.Contains(o.Provenance, "ods-ccg.csv (ODS, file eccg)") {
		t.Errorf("%+v", o)
	}
	before, err := b.Read().Event.Query().Count(b.all())
	b.must(err)
	again, err := load(file)
	b.must(err)
	after, err := b.Read().Event.Query().Count(b.all())
	b.must(err)
	if len(again.Changes) != 0 || before != after {
		t.Errorf("a second load: %d changes, %d events", len(again.Changes), after-before)
	}

	code := *b.recorded(done.Changes[0].Subject).OdsCode
	dspt := release.EvidenceFile{Kind: evidence.DSPT, Name: "dspt.csv", Source: "made up", Apply: true,
		Content: []byte("code,name,status,year,published,expires\n" + code + ",whoever,Standards Met,2025-26,2026-06-20,2027-06-30\nZZZ9,Nobody,Standards Met,2025-26,2026-06-20,2027-06-30\n")}
	report, err := load(dspt)
	b.must(err)
	o := b.recorded(done.Changes[0].Subject)
	if report.Matched != 1 || len(report.Notes) != 1 || o.AssuranceKind != "DSPT" || o.AssuranceStatus != "Standards Met" || o.AssuranceReviewed || dateText(o.AssuranceTo) != "2027-06-30" {
		t.Errorf("%+v: %+v", report, o)
	}
	b.must(b.AmendOrganisation(b.ctx, officer, o.Slug, release.OrganisationAmendment{Assurance: &release.SecurityAssurance{Kind: "DSPT", Status: "Standards Met", To: day(2027, 6, 30), Reviewed: true}}))
	if report, err = load(dspt); err != nil || len(report.Changes) != 0 {
		t.Errorf("a load after the review: %+v, %v", report.Changes, err)
	}
	older := dspt
	older.Content = []byte("code,name,status,expires\n" + code + ",whoever,Standards Met,2026-06-30\n")
	if report, err = load(older); err != nil || len(report.Changes) != 0 || len(report.Notes) != 2 {
		t.Errorf("an older list: %+v, %v", report, err)
	}
	b.must(b.AmendOrganisation(b.ctx, officer, o.Slug, release.OrganisationAmendment{Assurance: &release.SecurityAssurance{Kind: "ISO 27001", Status: "Certified", To: day(2027, 6, 30)}}))
	if report, err = load(dspt); err != nil || len(report.Changes) != 0 || len(report.Notes) != 2 {
		t.Errorf("beside another assurance: %+v, %v", report, err)
	}
	dspt.Content = []byte("code,name,status,year,published,expires\n" + code + ",whoever,Standards Met,2026-27,2027-06-20,2028-06-30\nX-X,,,,32/13/2020,\n")
	_, err = load(dspt)
	b.refusedFor(err, fault.Invalid, "cell", "missing")
	if o := b.recorded(o.Slug); dateText(o.AssuranceTo) != "2027-06-30" {
		t.Error("a file with mistakes changed something")
	}
	_, err = load(release.EvidenceFile{Kind: "x", Content: []byte("x")})
	b.refusedFor(err, fault.Invalid, "oneof", "required")
}

func dateText(d *terms.Date) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// TestCAGListDatesApprovals of versions that are written; what was signed is
// only noted.
func TestCAGListDatesApprovals(t *testing.T) {
	b := newBench(t)
	p := b.people()
	a := application()
	a.Approvals = []release.ApprovalInput{{Reference: "CAG 7-07 (a)/2013", DecisionMaker: "Secretary of State", Regulation: "Regulation 5", Datasets: []string{"hospital-episode-statistics-outpatients"},
		Flows: []string{"out"}, Starts: *day(2013, 1, 1), Ends: *day(2026, 9, 30)}}
	id, err := b.LogApplication(b.ctx, p.officer, a)
	b.must(err)
	file := release.EvidenceFile{Kind: evidence.CAG, Name: "cag.csv", Source: "made up", Apply: true,
		Content: []byte("reference,title,applicant,regulation,decision date,expiry\nCAG 7-07(A)/2013,Invoice validation,,Regulation 5,2013-11-01,2027-09-30\n")}
	report, err := b.LoadEvidence(b.ctx, p.officer, file)
	b.must(err)
	if report.Matched != 1 || len(report.Changes) != 2 {
		t.Fatalf("%+v", report)
	}
	approvals, err := b.version(id).QueryApprovals().All(b.all())
	b.must(err)
	if approvals[0].Ends.String() != "2027-09-30" || approvals[0].Starts.String() != "2013-11-01" {
		t.Errorf("%+v", approvals[0])
	}
	if report, err = b.LoadEvidence(b.ctx, p.officer, file); err != nil || len(report.Changes) != 0 {
		t.Errorf("%+v %v", report, err)
	}
}

// TestTemplatesOnlyFillWhatIsEmpty, unless they may overwrite; a second
// application never changes anything.
func TestTemplatesOnlyFillWhatIsEmpty(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		title := rapid.SampledFrom([]string{"", "Template's title"}).Draw(r, "title")
		territory := rapid.SampledFrom([]terms.Territory{"", terms.UnitedKingdom}).Draw(r, "territory")
		overwrite := rapid.Bool().Draw(r, "overwrite")
		name := "Template of run " + uuid.NewString()
		if _, err := b.RecordTemplate(b.ctx, officer, release.TemplateInput{Name: name, Answers: release.TemplateAnswers{Title: title, Territory: territory, Article26: "None is needed."}}); err != nil {
			r.Fatal(err)
		}
		id, err := b.LogApplication(b.ctx, officer, application())
		if err != nil {
			r.Fatal(err)
		}
		in := release.ApplyTemplateInput{Template: name, Versions: []uuid.UUID{id}, Reason: "test", Overwrite: overwrite}
		changes, err := b.ApplyTemplate(b.ctx, officer, in)
		if err != nil {
			r.Fatal(err)
		}
		want := 1 // article 26
		if overwrite && title != "" {
			want++
		}
		if overwrite && territory != "" {
			want++
		}
		if len(changes) != want {
			r.Fatalf("%+v, want %d changes", changes, want)
		}
		if again, err := b.ApplyTemplate(b.ctx, officer, in); err != nil || len(again) != 0 {
			r.Fatalf("again: %+v %v", again, err)
		}
		v := b.version(id)
		if (v.Title == "A study") == (overwrite && title != "") {
			r.Fatalf("title %q", v.Title)
		}
	})
	_, err := b.RecordTemplate(b.ctx, officer, release.TemplateInput{Name: "bad", Answers: release.TemplateAnswers{Controllership: "king", Starts: day(2026, 1, 1), Ends: day(2025, 1, 1),
		Lines: []release.LineTemplate{{Discloser: "nobody", Power: "magic"}}}})
	b.refusedFor(err, fault.Invalid, "code-unknown", "term", "organisation-unknown")
}
