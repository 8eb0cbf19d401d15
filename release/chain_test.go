package release_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/entry"
	entextract "data.release/registrar/ent/extract"
	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/attachment"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

// bench is a body with its people, an organisation that applies, and data in
// the lake's catalogue. Each process has its own database role, so that a right
// that a command lacks shows here.
type bench struct {
	*release.Service    // as serve
	linking, extracting *release.Service
	t                   *testing.T
	ctx                 context.Context
	now                 time.Time
	db                  *sql.DB
}

var system = access.Actor{System: "test"}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := migrationstest.New(t)
	b := &bench{t: t, ctx: t.Context(), now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC), db: d.As(t, migrations.Serve).DB}
	documents, err := attachment.Open(b.ctx, "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { documents.Close() })
	as := func(role string) *release.Service {
		db := d.As(t, role).DB
		jobs, err := river.NewClient(riverdatabasesql.New(db), &river.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return release.New(release.Config{DB: db, Jobs: jobs, Planner: worker.Planner{}, Attachments: documents, Clock: func() time.Time { return b.now }})
	}
	b.Service, b.linking, b.extracting = as(migrations.Serve), as(migrations.Linking), as(migrations.Extracting)
	reviewed := func(name, kind string) release.OrganisationFacts {
		return release.OrganisationFacts{Name: name, Kind: kind, ContractNumber: "CON-1", ContractFrom: day(2026, 1, 1), ContractTo: day(2028, 12, 31),
			AssuranceKind: "DSPT", AssuranceStatus: "Standards Met", AssuranceTo: day(2027, 6, 30), AssuranceReviewed: true,
			ICONumber: "Z0000000 (made up)", ICOTo: day(2028, 3, 31)}
	}
	for _, facts := range []release.OrganisationFacts{reviewed("The Body", "Discloser"), reviewed("Example University", "Academic"), reviewed("Other Trust", "NHS Trust")} {
		if _, err := b.RecordOrganisation(b.ctx, system, facts); err != nil {
			t.Fatal(err)
		}
	}
	land := []release.Part{
		{Area: "activity", Dataset: "hes_op", Site: "centre", Supplier: "hes", Period: "2003", Key: "hes_op/a", SHA256: strings.Repeat("a", 64), Rows: 1000},
		{Area: "identity", Dataset: release.PersonIndex, Site: "centre", Supplier: "index", Period: "all", Key: "person_index/b", SHA256: strings.Repeat("b", 64), Rows: 900},
	}
	if err := b.linking.RecordPersonIndex(b.ctx, system, land); err != nil {
		t.Fatal(err)
	}
	return b
}

func day(year int, month time.Month, d int) *terms.Date {
	date := terms.NewDate(year, month, d)
	return &date
}

// as makes a person with roles in an organisation, logged in a minute ago.
func (b *bench) as(name, organisation string, roles ...access.Role) access.Actor {
	b.t.Helper()
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org"
	for _, role := range roles {
		if _, err := b.GrantRole(b.ctx, system, release.Grant{Email: email, Name: name, Role: role, Organisation: organisation}); err != nil {
			b.t.Fatal(err)
		}
	}
	actor, err := b.ActorOf(b.ctx, release.Identity{Issuer: "test", Subject: name, Email: email, EmailVerified: true, LoggedInAt: b.now.Add(-time.Minute)})
	if err != nil {
		b.t.Fatal(err)
	}
	return actor
}

// application is a complete one, made up, for a pseudonymised line of HES
// outpatients.
func application() release.Application {
	no := false
	place := []terms.Place{{Use: "both", Address: "1 Example Street, Exampleton (made up)", Territory: terms.EnglandWales}}
	return release.Application{
		Applicant: "example-university",
		PurposeSection: release.PurposeSection{Title: "A study", Objective: "To study.", Processing: "Analysis. The condition of DPA 2018 Schedule 1 is research, paragraph 4 (made up).", Outputs: "Papers.", Benefits: "Better care.",
			Commercial: &no},
		PartiesSection: release.PartiesSection{Controllership: terms.SoleController, Parties: []release.PartyInput{
			{Organisation: "example-university", Role: terms.Controller, Places: place}, {Organisation: "example-university", Role: terms.Recipient, Places: place}}},
		LinesSection: release.LinesSection{Lines: []release.LineInput{{
			DatasetName: "Hospital Episode Statistics Outpatients", Definition: "hes_op", Discloser: "the-body", Site: "centre",
			Type: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Route: terms.RouteNone, OptOut: terms.OptOutNotIdentifiable,
			Frequency: terms.OneOff, Periods: []terms.Period{{From: *day(2003, 4, 1), To: *day(2004, 3, 31)}},
			Fields: []string{"APPTDATE", "SEX", "RESGOR", "ATTENDKEY"}, Population: []terms.Filter{{Field: "RESGOR", In: []string{"H", "J"}}}, Segment: "analysis",
			Purposes: []terms.Purpose{terms.PurposeResearch}, Article6: []string{"6(1)(e)"}, Article9: []string{"9(2)(j)"}, Commercial: "no",
		}}},
		SupportSection: release.SupportSection{Sublicensing: &no, EthicsReference: "REC 00/MADE/UP", DPIAReference: "DPIA-1 (made up)", PrivacyNotice: "https://example.org/privacy"},
		FlowsSection: release.FlowsSection{Flows: []release.FlowInput{{State: terms.FlowProposed, From: "The Body", FromNode: terms.NodeNational, To: "Example University",
			ToNode: terms.NodeController, Description: "Pseudonymised outpatient records (made up).", Type: terms.Pseudonymised, IdentifiersAs: "none",
			Route: terms.RouteNone, Lines: []int{1}, Pseudonymised: true}}},
		TermSection: release.TermSection{Territory: terms.EnglandWales, Starts: day(2026, 11, 1), Ends: day(2027, 10, 31), Retention: "Destroyed at the end of the term."},
	}
}

func (b *bench) version(id uuid.UUID) *ent.AgreementVersion {
	b.t.Helper()
	v, err := b.Read().AgreementVersion.Query().Where(agreementversion.ID(id)).WithAgreement().Only(privacy.DecisionContext(b.ctx, privacy.Allow))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// refusedFor makes sure that an error is of the kind and names the codes.
func (b *bench) refusedFor(err, kind error, codes ...string) {
	b.t.Helper()
	if !errors.Is(err, kind) {
		b.t.Fatalf("got %v, want %v", err, kind)
	}
	var known *fault.Error
	errors.As(err, &known)
	for _, code := range codes {
		if !slices.ContainsFunc(known.Reasons, func(r fault.Reason) bool { return r.Code == code }) {
			b.t.Errorf("%v does not name %s", err, code)
		}
	}
}

type people struct{ applicant, officer, reviewer, approver, signatory, discloser, releaser, recipient access.Actor }

func (b *bench) people() people {
	return people{
		applicant: b.as("Ann Applicant", "example-university", access.Applicant),
		officer:   b.as("Olu Officer", "the-body", access.AccessOfficer),
		reviewer:  b.as("Rita Reviewer", "the-body", access.Reviewer),
		approver:  b.as("Abel Approver", "the-body", access.Approver),
		signatory: b.as("Sam Signatory", "example-university", access.Signatory),
		discloser: b.as("Dee Discloser", "the-body", access.Signatory),
		releaser:  b.as("Ruth Releaser", "the-body", access.ReleaseOfficer),
		recipient: b.as("Rob Recipient", "example-university", access.Recipient),
	}
}

// issued takes an application to where it waits for signatures.
func (b *bench) issued(p people, a release.Application) uuid.UUID {
	b.t.Helper()
	id, err := b.LogApplication(b.ctx, p.applicant, a)
	b.must(err)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}))
	b.must(b.ApproveVersion(b.ctx, p.approver, id, "as advised"))
	b.must(b.IssueVersion(b.ctx, p.officer, id))
	return id
}

func (b *bench) signed(p people, a release.Application) uuid.UUID {
	b.t.Helper()
	id := b.issued(p, a)
	digest := b.version(id).TermsSha256
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	return id
}

func request(version uuid.UUID) release.ExtractRequest {
	return release.ExtractRequest{Version: version, Recipient: "example-university", Lines: []release.LineRequest{{
		Line: 1, Period: terms.Period{From: *day(2003, 4, 1), To: *day(2003, 12, 31)}, Format: "csv",
		Columns: []release.ColumnInput{{Field: "APPTDATE"}, {Field: "SEX"}, {Field: "ATTENDKEY", Derivation: terms.RecordPseudonym}},
	}}}
}

func (b *bench) key(p people) {
	b.t.Helper()
	identity, err := age.GenerateX25519Identity()
	b.must(err)
	_, err = b.AddRecipientKey(b.ctx, p.recipient, "example-university", identity.Recipient().String())
	b.must(err)
}

func TestTwoPersonsApprove(t *testing.T) {
	b := newBench(t)
	p := b.people()
	both := b.as("Bo Both", "the-body", access.AccessOfficer, access.Reviewer, access.Approver)
	id, err := b.LogApplication(b.ctx, both, application())
	b.must(err)
	b.must(b.SubmitVersion(b.ctx, both, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	review := release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}
	b.refusedFor(b.ReviewVersion(b.ctx, both, id, review), fault.Refused, "two-persons")
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, review))
	b.refusedFor(b.ApproveVersion(b.ctx, both, id, ""), fault.Refused, "two-persons")
	b.refusedFor(b.ApproveVersion(b.ctx, p.reviewer, id, ""), fault.Forbidden)
	b.must(b.ApproveVersion(b.ctx, p.approver, id, ""))
	v := b.version(id)
	if v.State != terms.VersionApproved || len(v.TermsSha256) != 64 || len(v.Terms) == 0 {
		t.Errorf("state %s, digest %q", v.State, v.TermsSha256)
	}
	b.refusedFor(b.ApproveVersion(b.ctx, p.approver, id, ""), fault.Conflict)
}

func TestSignaturesAreOverTheTerms(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.issued(p, application())
	digest := b.version(id).TermsSha256
	b.refusedFor(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", strings.Repeat("0", 64)), fault.Refused, "terms-digest")
	b.refusedFor(b.SignVersion(b.ctx, p.signatory, id, "the-body", "discloser", digest), fault.Refused, "not-signatory")
	stale := p.signatory
	stale.LoggedInAt = b.now.Add(-time.Hour)
	b.refusedFor(b.SignVersion(b.ctx, stale, id, "example-university", "controller", digest), fault.Refused, "log-in-stale")
	b.must(b.SignVersion(b.ctx, p.signatory, id, "example-university", "controller", digest))
	if b.version(id).State != terms.Issued {
		t.Fatal("one signature of two made it signed")
	}
	_, err := b.RequestExtract(b.ctx, p.applicant, request(id))
	b.refusedFor(err, fault.Refused, "signed", "in-force")
	b.must(b.SignVersion(b.ctx, p.discloser, id, "the-body", "discloser", digest))
	if b.version(id).State != terms.Signed {
		t.Fatal("two signatures of two did not make it signed")
	}
	entries, err := b.Read().Entry.Query().Where(entry.Stem(b.version(id).Edges.Agreement.Stem)).All(b.ctx)
	b.must(err)
	if len(entries) != 1 || entries[0].ID != 1 || entries[0].Kind != "agreement" {
		t.Errorf("entries of the agreement: %v", entries)
	}
}

func TestRefusalsAreKeptWithEveryReason(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.signed(p, application())
	wide := request(id)
	wide.Lines[0].Columns = append(wide.Lines[0].Columns, release.ColumnInput{Field: "ETHNOS"}, release.ColumnInput{Field: "NHS_NUMBER"})
	wide.Lines[0].Period.To = *day(2005, 1, 1)
	wide.Lines[0].Population = []terms.Filter{{Field: "RESGOR", In: []string{"A"}}}
	extract, err := b.RequestExtract(b.ctx, p.applicant, wide)
	b.refusedFor(err, fault.Refused, "fields", "period", "population", "identifiers")
	decisions, err := b.DecisionsOn(b.ctx, p.officer, extract)
	b.must(err)
	if len(decisions) != 1 || decisions[0].Allowed {
		t.Fatalf("decisions: %v", decisions)
	}
	if _, same, err := b.ReplayDecision(b.ctx, decisions[0].ID); err != nil || !same {
		t.Errorf("replayed: same %v, %v", same, err)
	}
	b.now = b.now.AddDate(1, 0, 0)
	_, err = b.RequestExtract(b.ctx, p.applicant, request(id))
	b.refusedFor(err, fault.Refused, "in-force")
}

// TestReleaseToDownload goes from an allowed request to bytes, with a made-up
// result in the place of the run, which extract/worker tests for real.
func TestReleaseToDownload(t *testing.T) {
	b := newBench(t)
	p := b.people()
	version := b.signed(p, application())
	extract, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.must(err)
	e := b.extract(extract)
	if e.State != terms.Allowed {
		t.Fatalf("state %s", e.State)
	}
	b.refusedFor(b.ApproveExtract(b.ctx, p.approver, extract, strings.Repeat("0", 64), ""), fault.Conflict)
	b.must(b.ApproveExtract(b.ctx, p.approver, extract, e.PlanSha256, "as planned"))
	_, err = b.linking.StartRun(b.ctx, extract)
	b.refusedFor(err, fault.Refused, "recipient-key")
	if b.extract(extract).State != terms.ExtractRefused {
		t.Fatal("a refused start goes on")
	}

	b.key(p)
	extract, err = b.RequestExtract(b.ctx, p.applicant, request(version))
	b.must(err)
	b.must(b.ApproveExtract(b.ctx, p.approver, extract, b.extract(extract).PlanSha256, "as planned"))
	run, err := b.linking.StartRun(b.ctx, extract)
	b.must(err)
	if len(run.Lines) != 1 || len(run.Lines[0].Parts) != 2 || len(run.RecipientKeys) != 1 {
		t.Fatalf("run: %+v", run)
	}
	b.must(b.linking.HandedOver(b.ctx, extract, nil))
	result := release.RunResult{Line: 1, Read: 1000, Written: 700, Removed: map[string]int64{"outside period": 299}, Outputs: []release.Output{
		{Name: "line-1.csv.age", Key: "x/y", Rows: 700, Size: 10, SHA256: strings.Repeat("c", 64), PlaintextSHA256: strings.Repeat("d", 64)}}}
	b.refusedFor(b.extracting.Produced(b.ctx, extract, []release.RunResult{result}), fault.Invalid)
	result.Removed["outside period"] = 300
	again, err := b.extracting.RunOf(b.ctx, extract)
	if err != nil || again.Reference != run.Reference {
		t.Fatalf("the extracting worker reads %+v: %v", again, err)
	}
	b.must(b.extracting.Progress(b.ctx, extract, 50))
	b.must(b.extracting.Produced(b.ctx, extract, []release.RunResult{result}))

	hold, err := b.PlaceHold(b.ctx, p.officer, b.version(version).Edges.Agreement.Stem, "suspected breach")
	b.must(err)
	_, err = b.ReleaseExtract(b.ctx, p.releaser, extract, "")
	b.refusedFor(err, fault.Refused, "hold")
	lifted, err := b.LiftHold(b.ctx, p.officer, hold, "nothing found")
	if err != nil || lifted {
		t.Fatalf("one person lifted a hold: %v, %v", lifted, err)
	}
	_, err = b.LiftHold(b.ctx, p.officer, hold, "nothing found")
	b.refusedFor(err, fault.Conflict)
	if lifted, err = b.LiftHold(b.ctx, p.releaser, hold, "agreed"); err != nil || !lifted {
		t.Fatalf("two persons did not lift it: %v", err)
	}

	numbers, err := b.ReleaseExtract(b.ctx, p.releaser, extract, "checked")
	b.must(err)
	if !slices.Equal(numbers, []int64{2}) {
		t.Fatalf("entries %v", numbers)
	}
	_, err = b.ReleaseExtract(b.ctx, p.releaser, extract, "again")
	b.refusedFor(err, fault.Conflict)

	files, err := b.FilesOf(b.ctx, p.recipient)
	b.must(err)
	if len(files) != 1 || files[0].Entry != 2 || files[0].Purpose != "To study." {
		t.Fatalf("files %+v", files)
	}
	file := files[0].ID
	_, err = b.OpenDownload(b.ctx, p.recipient, file, "")
	b.refusedFor(err, fault.Refused, "purpose-acknowledged")
	b.must(b.AcknowledgePurpose(b.ctx, p.recipient, file))
	opened, err := b.OpenDownload(b.ctx, p.recipient, file, "")
	b.must(err)
	if opened.Key != "x/y" {
		t.Errorf("opened %+v", opened)
	}
	stranger := b.as("Stan Stranger", "other-trust", access.Recipient)
	_, err = b.OpenDownload(b.ctx, stranger, file, "")
	b.refusedFor(err, fault.NotFound)
	_, err = b.FileOf(b.ctx, stranger, uuid.New())
	b.refusedFor(err, fault.NotFound)
	b.must(b.EndMemberships(b.ctx, system, "rob.recipient@example.org", "example-university", "left"))
	_, err = b.ActorOf(b.ctx, release.Identity{Issuer: "test", Subject: "Rob Recipient"})
	b.must(err)
	left, _ := b.ActorOf(b.ctx, release.Identity{Issuer: "test", Subject: "Rob Recipient"})
	_, err = b.OpenDownload(b.ctx, left, file, "")
	b.refusedFor(err, fault.NotFound)
	b.now = time.Date(2027, 11, 1, 0, 0, 1, 0, terms.London)
	_, err = b.OpenDownload(b.ctx, p.recipient, file, "")
	b.refusedFor(err, fault.Refused, "in-force", "file-available")
}

func (b *bench) extract(id uuid.UUID) *ent.Extract {
	b.t.Helper()
	e, err := b.Read().Extract.Query().Where(entextract.ID(id)).Only(privacy.DecisionContext(b.ctx, privacy.Allow))
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// TestStaffRolesStayInTheBody: who gives roles cannot make themselves or a
// stranger's person one of the body's staff, and one person is one whatever
// the spelling of their address.
func TestStaffRolesStayInTheBody(t *testing.T) {
	b := newBench(t)
	operator := b.as("Olga Operator", "the-body", access.Operator)
	grant := func(email string, role access.Role, organisation string) error {
		_, err := b.GrantRole(b.ctx, operator, release.Grant{Email: email, Name: "Somebody", Role: role, Organisation: organisation})
		return err
	}
	b.refusedFor(grant("sam@example.org", access.Approver, "other-trust"), fault.Refused)
	b.refusedFor(grant("OLGA.Operator@example.org", access.Approver, "the-body"), fault.Refused)
	b.must(grant("sam@example.org", access.Recipient, "other-trust"))
	b.must(grant("SAM@example.org", access.Reviewer, "the-body"))
	sam, err := b.ActorOf(b.ctx, release.Identity{Issuer: "test", Subject: "sam", Email: "Sam@Example.org", EmailVerified: true})
	b.must(err)
	if !sam.Has(access.Recipient) || !sam.Has(access.Reviewer) {
		t.Errorf("two spellings are two persons: %+v", sam)
	}
	b.must(b.EndMemberships(b.ctx, operator, "Sam@example.ORG", "the-body", "left"))
}

// TestWhoAdvisesDoesNotApprove, and nothing is approved under a hold.
func TestWhoAdvisesDoesNotApprove(t *testing.T) {
	b := newBench(t)
	p := b.people()
	both := b.as("Rea Both", "the-body", access.Reviewer, access.Approver)
	id, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	b.must(b.SubmitVersion(b.ctx, p.applicant, id))
	b.must(b.TakeUp(b.ctx, p.officer, id))
	b.must(b.ReviewVersion(b.ctx, both, id, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}))
	b.refusedFor(b.ApproveVersion(b.ctx, both, id, ""), fault.Refused, "two-persons")

	b.key(p)
	version := b.signed(p, application())
	extract, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.must(err)
	_, err = b.PlaceHold(b.ctx, p.officer, b.version(version).Edges.Agreement.Stem, "suspected breach")
	b.must(err)
	b.refusedFor(b.ApproveExtract(b.ctx, p.approver, extract, b.extract(extract).PlanSha256, ""), fault.Refused, "hold")
	if b.extract(extract).State != terms.Allowed {
		t.Error("a hold at approval ended the extract")
	}
	_, err = b.SearchRegister(b.ctx, release.RegisterQuery{Datasets: []string{"a\x00"}})
	b.refusedFor(err, fault.Invalid)
}

// TestPartsOfOneLandingStandBesideEachOther, and a later landing of the same
// period supersedes them all.
func TestPartsOfOneLandingStandBesideEachOther(t *testing.T) {
	b := newBench(t)
	part := func(key string) release.Part {
		return release.Part{Area: "activity", Dataset: "hes_ae", Site: "centre", Supplier: "hes", Period: "2007", Key: "hes_ae/" + key, SHA256: strings.Repeat(key, 64), Rows: 10}
	}
	land := func(sha string, parts ...release.Part) {
		_, err := b.linking.RecordSubmission(b.ctx, system, release.Landed{Dataset: "hes_ae", Site: "centre", Supplier: "hes", Period: "2007", FileName: "f.csv",
			SHA256: sha, Outcome: "accepted", Accepted: 10, Report: []byte("{}"), Parts: parts})
		b.must(err)
	}
	keys := func() (out []string) {
		parts, err := b.linking.Parts(b.ctx, "hes_ae")
		b.must(err)
		for _, p := range parts {
			if p.Dataset == "hes_ae" {
				out = append(out, p.Key)
			}
		}
		return out
	}
	land("first", part("c"), part("d"))
	if got := keys(); !slices.Equal(got, []string{"hes_ae/c", "hes_ae/d"}) {
		t.Fatalf("after one landing: %v", got)
	}
	land("correction", part("d"), part("e"))
	if got := keys(); !slices.Equal(got, []string{"hes_ae/d", "hes_ae/e"}) {
		t.Errorf("after its correction: %v", got)
	}
}
