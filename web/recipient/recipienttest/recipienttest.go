// Package recipienttest arranges a release for tests of those who receive it: a
// file that went the whole way from an application to the register, over a real
// database. Only the run that would write the file is left out; the file is
// encrypted by age and stands in a real delivery store.
package recipienttest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/extract"
	"data.release/registrar/extract/delivery"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

// System is the actor of what a test arranges.
var System = access.Actor{System: "test"}

// Arranged is a release with everybody who took part in it.
type Arranged struct {
	t        testing.TB
	Service  *release.Service // as the database's owner
	Files    *delivery.Store
	Identity *age.X25519Identity // of the recipient
	File     uuid.UUID
	Key      string // of the file in the store
	Plain    []byte // the file's content
	Sealed   []byte // and as it was encrypted
	People   map[string]access.Actor
}

// Subject is a person's name at the issuer.
func Subject(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", ".")) }

// Email is a person's address.
func Email(name string) string { return Subject(name) + "@example.org" }

// Store is a delivery store in a directory of the test's.
func Store(t testing.TB) *delivery.Store {
	t.Helper()
	files, err := delivery.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	return files
}

// Config is what a release is arranged over.
type Config struct {
	DB      *sql.DB // of its owner
	Files   *delivery.Store
	Issuer  string
	Clock   func() time.Time
	Planner release.Planner // that of extract/worker
}

// Arrange goes from an application to a released file. The agreement is in
// force from June 2026 to the end of October 2027, and the clock must be in it.
// Rob Recipient may have the file; Stan Stranger receives for another body.
// Everybody is known at the issuer by Subject.
func Arrange(t testing.TB, c Config) *Arranged {
	t.Helper()
	jobs, err := river.NewClient(riverdatabasesql.New(c.DB), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := &Arranged{t: t, Files: c.Files, People: map[string]access.Actor{}}
	b.Service = release.New(release.Config{DB: c.DB, Jobs: jobs, Planner: c.Planner, Clock: c.Clock})
	for _, name := range []string{"The Body", "Example University", "Other Trust"} {
		_, err := b.Service.RecordOrganisation(t.Context(), System, release.OrganisationFacts{Name: name, ContractNumber: "CON-1",
			ContractFrom: date(2026, 1, 1), ContractTo: date(2028, 12, 31), AssuranceKind: "DSPT", AssuranceStatus: "Standards Met", AssuranceTo: date(2027, 6, 30), AssuranceReviewed: true,
			ICONumber: "Z0000000 (made up)", ICOTo: date(2028, 3, 31)})
		b.must(err)
	}
	for name, in := range map[string]struct {
		organisation string
		role         access.Role
	}{
		"Ann Applicant": {"example-university", access.Applicant}, "Olu Officer": {"the-body", access.AccessOfficer},
		"Rita Reviewer": {"the-body", access.Reviewer}, "Abel Approver": {"the-body", access.Approver},
		"Sam Signatory": {"example-university", access.Signatory}, "Dee Discloser": {"the-body", access.Signatory},
		"Ruth Releaser": {"the-body", access.ReleaseOfficer}, "Rob Recipient": {"example-university", access.Recipient},
		"Stan Stranger": {"other-trust", access.Recipient},
	} {
		_, err := b.Service.GrantRole(t.Context(), System, release.Grant{Email: Email(name), Name: name, Role: in.role, Organisation: in.organisation})
		b.must(err)
		b.People[name], err = b.Service.ActorOf(t.Context(), release.Identity{Issuer: c.Issuer, Subject: Subject(name), Email: Email(name), EmailVerified: true, LoggedInAt: c.Clock()})
		b.must(err)
	}
	b.release()
	_, err = b.Service.IndexTexts(t.Context()) // as the site does beside its readers
	b.must(err)
	return b
}

func (b *Arranged) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func date(year int, month time.Month, d int) *terms.Date {
	day := terms.NewDate(year, month, d)
	return &day
}

// Application is a complete one, made up.
func Application() release.Application {
	no := false
	place := []terms.Place{{Use: "both", Address: "1 Example Street, Exampleton (made up)", Territory: terms.EnglandWales}}
	return release.Application{
		Applicant: "example-university",
		PurposeSection: release.PurposeSection{Title: "A study", Objective: "To study waiting times.\n• by region", Processing: "Analysis. The condition of DPA 2018 Schedule 1 is research, paragraph 4 (made up).", Outputs: "Papers.",
			Benefits: "Better care.", Commercial: &no},
		PartiesSection: release.PartiesSection{Controllership: terms.SoleController, Parties: []release.PartyInput{
			{Organisation: "example-university", Role: terms.Controller, Places: place}, {Organisation: "example-university", Role: terms.Recipient, Places: place}}},
		LinesSection: release.LinesSection{Lines: []release.LineInput{{
			DatasetName: "Hospital Episode Statistics Outpatients", Definition: "hes_op", Discloser: "the-body", Site: "centre",
			Type: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Route: terms.RouteNone, OptOut: terms.OptOutNotIdentifiable,
			Frequency: terms.OneOff, Periods: []terms.Period{{From: *date(2003, 4, 1), To: *date(2004, 3, 31)}},
			Fields: []string{"APPTDATE", "SEX", "RESGOR", "ATTENDKEY"}, Population: []terms.Filter{{Field: "RESGOR", In: []string{"H"}}}, Segment: "analysis",
			Purposes: []terms.Purpose{terms.PurposeResearch}, Article6: []string{"6(1)(e)"}, Article9: []string{"9(2)(j)"}, Commercial: "no",
		}}},
		SupportSection: release.SupportSection{Sublicensing: &no, EthicsReference: "REC 00/MADE/UP", DPIAReference: "DPIA-1 (made up)", PrivacyNotice: "https://example.org/privacy"},
		FlowsSection: release.FlowsSection{Flows: []release.FlowInput{{State: terms.FlowProposed, From: "The Body", FromNode: terms.NodeNational, To: "Example University",
			ToNode: terms.NodeController, Description: "Pseudonymised outpatient records (made up).", Type: terms.Pseudonymised, IdentifiersAs: "none",
			Route: terms.RouteNone, Lines: []int{1}, Pseudonymised: true}}},
		TermSection: release.TermSection{Territory: terms.EnglandWales, Starts: date(2026, 6, 1), Ends: date(2027, 10, 31), Retention: "Destroyed at the end of the term."},
	}
}

// release goes from an application to a released file.
func (b *Arranged) release() {
	b.t.Helper()
	ctx, s := b.t.Context(), b.Service
	b.must(s.RecordPersonIndex(ctx, System, []release.Part{
		{Area: "activity", Dataset: "hes_op", Site: "centre", Supplier: "hes", Period: "2003", Key: "hes_op/a", SHA256: strings.Repeat("a", 64), Rows: 1000},
		{Area: "identity", Dataset: release.PersonIndex, Site: "centre", Supplier: "index", Period: "all", Key: "person_index/b", SHA256: strings.Repeat("b", 64), Rows: 900},
	}))
	var err error
	b.Identity, err = age.GenerateX25519Identity()
	b.must(err)
	_, err = s.AddRecipientKey(ctx, b.People["Rob Recipient"], "example-university", b.Identity.Recipient().String())
	b.must(err)
	version, err := s.LogApplication(ctx, b.People["Ann Applicant"], Application())
	b.must(err)
	b.must(s.SubmitVersion(ctx, b.People["Ann Applicant"], version))
	b.must(s.TakeUp(ctx, b.People["Olu Officer"], version))
	b.must(s.ReviewVersion(ctx, b.People["Rita Reviewer"], version, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}))
	b.must(s.ApproveVersion(ctx, b.People["Abel Approver"], version, "as advised"))
	b.must(s.IssueVersion(ctx, b.People["Olu Officer"], version))
	see := privacy.DecisionContext(ctx, privacy.Allow)
	v, err := s.Read().AgreementVersion.Query().Where(agreementversion.ID(version)).Only(see)
	b.must(err)
	b.must(s.SignVersion(ctx, b.People["Sam Signatory"], version, "example-university", "controller", v.TermsSha256))
	b.must(s.SignVersion(ctx, b.People["Dee Discloser"], version, "the-body", "discloser", v.TermsSha256))
	asked, err := s.RequestExtract(ctx, b.People["Ann Applicant"], release.ExtractRequest{Version: version, Recipient: "example-university", Lines: []release.LineRequest{{
		Line: 1, Period: terms.Period{From: *date(2003, 4, 1), To: *date(2003, 12, 31)}, Format: "csv",
		Columns: []release.ColumnInput{{Field: "APPTDATE"}, {Field: "ATTENDKEY", Derivation: terms.RecordPseudonym}},
	}}})
	b.must(err)
	e, err := s.Read().Extract.Query().Where(extract.ID(asked)).Only(see)
	b.must(err)
	b.must(s.ApproveExtract(ctx, b.People["Abel Approver"], asked, e.PlanSha256, "as planned"))
	_, err = s.StartRun(ctx, asked)
	b.must(err)
	b.must(s.HandedOver(ctx, asked, nil))
	b.seal(asked)
	b.must(s.Produced(ctx, asked, []release.RunResult{{Line: 1, Read: 3, Written: 3, Removed: map[string]int64{}, RecipientKeys: []string{b.Identity.Recipient().String()}, Outputs: []release.Output{
		{Name: "NIC line 1.csv.age", Key: b.Key, Rows: 3, Size: int64(len(b.Sealed)), SHA256: Digest(b.Sealed), PlaintextSHA256: Digest(b.Plain)}}}}))
	_, err = s.ReleaseExtract(ctx, b.People["Ruth Releaser"], asked, "checked")
	b.must(err)
	files, err := s.FilesOf(ctx, b.People["Rob Recipient"])
	b.must(err)
	b.File = files[0].ID
}

// seal writes the encrypted file as a run does.
func (b *Arranged) seal(run uuid.UUID) {
	b.t.Helper()
	b.Plain = []byte("APPTDATE,ATTENDKEY\n" + strings.Repeat("2003-04-01,0123456789abcdef0123456789abcdef\n", 4000))
	var sealed strings.Builder
	to, err := age.Encrypt(&sealed, b.Identity.Recipient())
	b.must(err)
	_, err = to.Write(b.Plain)
	b.must(errors.Join(err, to.Close()))
	b.Sealed = []byte(sealed.String())
	w, err := b.Files.Create(b.t.Context(), run.String())
	b.must(err)
	_, err = w.Write(b.Sealed)
	b.must(errors.Join(err, w.Close()))
	b.Key = w.Key
}

// Digest is the SHA-256 of content in hex.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
