package recipient

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/extract"
	"data.release/registrar/extract/delivery"
	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"

	"entgo.io/ent/privacy"
)

// bench is the recipient's pages over a real database, in the role that serves,
// with a file that went the whole way from an application to a release. The
// file is encrypted by age; only the run that would write it is left out.
type bench struct {
	t        *testing.T
	service  *release.Service // as the owner
	files    *delivery.Store
	url      string
	now      time.Time
	identity *age.X25519Identity
	file     uuid.UUID
	plain    []byte
	sealed   []byte
	key      string // of the file in the store
	who      map[string]access.Actor
}

var system = access.Actor{System: "test"}

func date(year int, month time.Month, d int) *terms.Date {
	day := terms.NewDate(year, month, d)
	return &day
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := migrationstest.New(t)
	jobs, err := river.NewClient(riverdatabasesql.New(db.DB), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC), who: map[string]access.Actor{}}
	clock := func() time.Time { return b.now }
	b.service = release.New(release.Config{DB: db.DB, Jobs: jobs, Planner: worker.Planner{}, Clock: clock})
	b.files, err = delivery.Open(t.Context(), "file://"+t.TempDir())
	b.must(err)
	t.Cleanup(func() { b.files.Close() })
	for _, name := range []string{"The Body", "Example University", "Other Trust"} {
		_, err := b.service.RecordOrganisation(t.Context(), system, release.OrganisationFacts{Name: name, ContractNumber: "CON-1",
			ContractFrom: date(2026, 1, 1), ContractTo: date(2028, 12, 31), AssuranceKind: "DSPT", AssuranceStatus: "Standards Met", AssuranceTo: date(2027, 6, 30), AssuranceReviewed: true})
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
		email := strings.ReplaceAll(name, " ", ".") + "@example.org"
		_, err := b.service.GrantRole(t.Context(), system, release.Grant{Email: email, Name: name, Role: in.role, Organisation: in.organisation})
		b.must(err)
		b.who[name], err = b.service.ActorOf(t.Context(), release.Identity{Issuer: "test", Subject: name, Email: email, EmailVerified: true, LoggedInAt: b.now})
		b.must(err)
	}
	b.release()
	b.serve(release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Planner: worker.Planner{}, Clock: clock}), clock)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// release goes from an application to a released file.
func (b *bench) release() {
	b.t.Helper()
	ctx, s := b.t.Context(), b.service
	b.must(s.RecordPersonIndex(ctx, system, []release.Part{
		{Area: "activity", Dataset: "hes_op", Site: "centre", Supplier: "hes", Period: "2003", Key: "hes_op/a", SHA256: strings.Repeat("a", 64), Rows: 1000},
		{Area: "identity", Dataset: release.PersonIndex, Site: "centre", Supplier: "index", Period: "all", Key: "person_index/b", SHA256: strings.Repeat("b", 64), Rows: 900},
	}))
	var err error
	b.identity, err = age.GenerateX25519Identity()
	b.must(err)
	_, err = s.AddRecipientKey(ctx, b.who["Rob Recipient"], "example-university", b.identity.Recipient().String())
	b.must(err)
	version, err := s.LogApplication(ctx, b.who["Ann Applicant"], release.Application{
		Applicant: "example-university", Title: "A study", Objective: "To study waiting times.\n• by region", Processing: "Analysis.", Outputs: "Papers.", Benefits: "Better care.",
		Controllership: terms.SoleController, Territory: "England", Starts: date(2026, 11, 1), Ends: date(2027, 10, 31),
		Parties: []release.PartyInput{{Organisation: "example-university", Role: terms.Controller}, {Organisation: "example-university", Role: terms.Recipient}},
		Lines: []release.LineInput{{
			DatasetName: "Hospital Episode Statistics Outpatients", Definition: "hes_op", Discloser: "the-body", Site: "centre",
			Type: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Route: terms.RouteNone, OptOut: terms.OptOutNotIdentifiable,
			Frequency: terms.OneOff, Periods: []terms.Period{{From: *date(2003, 4, 1), To: *date(2004, 3, 31)}},
			Fields: []string{"APPTDATE", "SEX", "RESGOR", "ATTENDKEY"}, Population: []terms.Filter{{Field: "RESGOR", In: []string{"H"}}}, Segment: "analysis",
		}},
	})
	b.must(err)
	b.must(s.SubmitVersion(ctx, b.who["Ann Applicant"], version))
	b.must(s.TakeUp(ctx, b.who["Olu Officer"], version))
	b.must(s.ReviewVersion(ctx, b.who["Rita Reviewer"], version, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}))
	b.must(s.ApproveVersion(ctx, b.who["Abel Approver"], version, "as advised"))
	b.must(s.IssueVersion(ctx, b.who["Olu Officer"], version))
	see := privacy.DecisionContext(ctx, privacy.Allow)
	v, err := s.Read().AgreementVersion.Query().Where(agreementversion.ID(version)).Only(see)
	b.must(err)
	b.must(s.SignVersion(ctx, b.who["Sam Signatory"], version, "example-university", "controller", v.TermsSha256))
	b.must(s.SignVersion(ctx, b.who["Dee Discloser"], version, "the-body", "discloser", v.TermsSha256))
	asked, err := s.RequestExtract(ctx, b.who["Ann Applicant"], release.ExtractRequest{Version: version, Recipient: "example-university", Lines: []release.LineRequest{{
		Line: 1, Period: terms.Period{From: *date(2003, 4, 1), To: *date(2003, 12, 31)}, Format: "csv",
		Columns: []release.ColumnInput{{Field: "APPTDATE"}, {Field: "ATTENDKEY", Derivation: terms.RecordPseudonym}},
	}}})
	b.must(err)
	e, err := s.Read().Extract.Query().Where(extract.ID(asked)).Only(see)
	b.must(err)
	b.must(s.ApproveExtract(ctx, b.who["Abel Approver"], asked, e.PlanSha256, "as planned"))
	_, err = s.StartRun(ctx, asked)
	b.must(err)
	b.must(s.HandedOver(ctx, asked))
	b.seal(asked)
	b.must(s.Produced(ctx, asked, []release.RunResult{{Line: 1, Read: 3, Written: 3, Removed: map[string]int64{}, Outputs: []release.Output{
		{Name: "NIC line 1.csv.age", Key: b.key, Rows: 3, Size: int64(len(b.sealed)), SHA256: digest(b.sealed), PlaintextSHA256: digest(b.plain)}}}}))
	_, err = s.ReleaseExtract(ctx, b.who["Ruth Releaser"], asked, "checked")
	b.must(err)
	files, err := s.FilesOf(ctx, b.who["Rob Recipient"])
	b.must(err)
	b.file = files[0].ID
}

// seal writes the encrypted file as a run does.
func (b *bench) seal(run uuid.UUID) {
	b.t.Helper()
	b.plain = []byte("APPTDATE,ATTENDKEY\n" + strings.Repeat("2003-04-01,0123456789abcdef0123456789abcdef\n", 4000))
	var sealed strings.Builder
	to, err := age.Encrypt(&sealed, b.identity.Recipient())
	b.must(err)
	_, err = to.Write(b.plain)
	b.must(errors.Join(err, to.Close()))
	b.sealed = []byte(sealed.String())
	w, err := b.files.Create(b.t.Context(), run.String())
	b.must(err)
	_, err = w.Write(b.sealed)
	b.must(errors.Join(err, w.Close()))
	b.key = w.Key
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// serve answers as the person that the header Who names; package login tests
// how that is found out.
func (b *bench) serve(service *release.Service, clock func() time.Time) {
	b.t.Helper()
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, SignIn: "/login",
		Log: slog.New(slog.NewTextHandler(b.t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{Service: service, Files: b.files, Clock: clock})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get("Who"); name != "" {
			actor, err := service.ActorOf(r.Context(), release.Identity{Issuer: "test", Subject: name, LoggedInAt: b.now})
			if err != nil {
				pages.Fail(w, r, err)
				return
			}
			r = r.WithContext(access.WithActor(r.Context(), actor))
		}
		pages.Unrouted(mux).ServeHTTP(w, r)
	}))
	b.t.Cleanup(server.Close)
	b.url = server.URL
}

type answer struct {
	*http.Response
	body string
}

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask sends a request as somebody; form is posted if there is one.
func (b *bench) ask(who, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	b.must(err)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Who", who)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	response, err := client.Do(r)
	b.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	b.must(err)
	return answer{response, string(body)}
}

func (b *bench) downloads() []*ent.Download {
	b.t.Helper()
	rows, err := b.service.Read().Download.Query().Order(ent.Asc("created_at")).All(privacy.DecisionContext(b.t.Context(), privacy.Allow))
	b.must(err)
	return rows
}
