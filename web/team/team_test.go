package team

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/attachment"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
	"data.release/registrar/web/page/pagetest"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

func TestPages(t *testing.T) { pagetest.Check(t) }

// site serves the pages as the person that the header Who names, and gets one.
func site(t *testing.T) (*recipienttest.Arranged, func(who, path string) (int, string)) {
	t.Helper()
	arranged, address := serve(t)
	return arranged, func(who, path string) (int, string) {
		t.Helper()
		status, _, body := ask(t, who, http.MethodGet, address+path, nil)
		return status, body
	}
}

// serve serves the pages as the person that the header Who names.
func serve(t *testing.T) (*recipienttest.Arranged, string) {
	t.Helper()
	db := migrationstest.New(t)
	clock := func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	documents, err := attachment.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { documents.Close() })
	service := release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Clock: clock, Planner: worker.Planner{}, Attachments: documents})
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{Service: service})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, ok := arranged.People[r.Header.Get("Who")]; ok {
			r = r.WithContext(access.WithActor(r.Context(), who))
		}
		pages.Unrouted(mux).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return arranged, server.URL
}

// ask sends a request as somebody and follows no redirect; a form that is not
// nil is sent with it.
func ask(t *testing.T, who, method, address string, form url.Values) (status int, location, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return sendAs(t, who, r)
}

// sendAs sends a request as somebody.
func sendAs(t *testing.T, who string, r *http.Request) (status int, location, body string) {
	t.Helper()
	r.Header.Set("Who", who)
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Location"), string(read)
}

func TestARefusalIsExplained(t *testing.T) {
	arranged, get := site(t)
	ctx := t.Context()
	version, err := arranged.Service.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed)).OnlyID(privacy.DecisionContext(ctx, privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	refused, err := arranged.Service.RequestExtract(ctx, arranged.People["Ann Applicant"], release.ExtractRequest{Version: version, Recipient: "example-university", Lines: []release.LineRequest{{
		Line: 1, Period: terms.Period{From: terms.NewDate(2003, 4, 1), To: terms.NewDate(2009, 12, 31)}, Columns: []release.ColumnInput{{Field: "NHS_NUMBER"}},
	}}})
	if err == nil {
		t.Fatal("the gate let it pass")
	}
	address := Home + "/extracts/" + refused.String()
	status, queue := get("Olu Officer", Home+"/extracts?state=all")
	for _, part := range []string{address, "Example University", terms.Released.Label(), terms.ExtractRefused.Label()} {
		if status != http.StatusOK || !strings.Contains(queue, part) {
			t.Errorf("the list, %d, does not say %q: %s", status, part, queue)
		}
	}
	status, page := get("Olu Officer", address)
	for _, part := range []string{"at the request: refused for", "Refuses", "Passes", "NHS_NUMBER", "Evidence", "Authority", "rules of digest"} {
		if status != http.StatusOK || !strings.Contains(page, part) {
			t.Errorf("the extract, %d, does not say %q: %s", status, part, page)
		}
	}
	if strings.Count(page, "Refuses") < 2 {
		t.Error("not every reason is there")
	}
}

func TestOnlyTheTeamLooks(t *testing.T) {
	_, get := site(t)
	for who, want := range map[string]int{"": http.StatusUnauthorized, "Rob Recipient": http.StatusForbidden, "Ann Applicant": http.StatusForbidden, "Rita Reviewer": http.StatusOK} {
		if status, _ := get(who, Home); status != want {
			t.Errorf("%q: %d", who, status)
		}
	}
	for _, path := range []string{"/extracts/x", "/extracts/00000000-0000-0000-0000-000000000000"} {
		if status, _ := get("Olu Officer", Home+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		if status, _ := get("Rob Recipient", Home+path); status != http.StatusForbidden {
			t.Errorf("%s for a recipient: %d", path, status)
		}
	}
}
