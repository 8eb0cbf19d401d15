package duties

import (
	"encoding/csv"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
	"data.release/registrar/web/page/pagetest"
	"data.release/registrar/web/recipient/recipienttest"
)

func TestPages(t *testing.T) { pagetest.Check(t) }

// TestTheListIsTheReadersOwn: the officer and the applicant of an agreement see
// its dates, with filters that a download keeps; a reviewer sees none.
func TestTheListIsTheReadersOwn(t *testing.T) {
	db := migrationstest.New(t)
	now := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	service := release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Clock: clock})
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{service})
	get := func(who, path string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if actor, ok := arranged.People[who]; ok {
			r = r.WithContext(access.WithActor(r.Context(), actor))
		}
		answer := httptest.NewRecorder()
		pages.Unrouted(mux).ServeHTTP(answer, r)
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Code, string(body)
	}
	if status, _ := get("", Home); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d", status)
	}
	if status, body := get("Rita Reviewer", Home); status != http.StatusOK || !strings.Contains(body, "You have nothing to do.") {
		t.Errorf("a reviewer, %d: %s", status, body)
	}
	now = time.Date(2028, 12, 1, 9, 0, 0, 0, time.UTC) // the agreement has ended, with data held
	for _, who := range []string{"Olu Officer", "Ann Applicant"} {
		status, body := get(who, Home)
		for _, part := range []string{terms.DutyAgreementEnd.Label(), terms.DutyDestruction.Label(), "overdue by", terms.DutyDestruction.Action(), `href="/duties.csv"`} {
			if status != http.StatusOK || !strings.Contains(body, part) {
				t.Errorf("%s, %d: the page does not say %q: %s", who, status, part, body)
			}
		}
		if linked := strings.Contains(body, "/team/versions/"); linked != (who == "Olu Officer") {
			t.Errorf("%s: the version is linked: %v", who, linked)
		}
	}
	status, body := get("Olu Officer", Home+"?kind=destruction&overdue=yes")
	if status != http.StatusOK || strings.Contains(body, terms.DutyAgreementEnd.Action()) || !strings.Contains(body, terms.DutyDestruction.Action()) || !strings.Contains(body, `href="/duties.csv?kind=destruction&amp;overdue=yes"`) {
		t.Errorf("filtered, %d: %s", status, body)
	}
	status, body = get("Olu Officer", Home+".csv?kind=destruction")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if status != http.StatusOK || err != nil || len(rows) != 2 || rows[1][2] != "destruction" || !strings.HasPrefix(rows[1][1], "-") {
		t.Errorf("the download, %d: %v, %v", status, rows, err)
	}
	if status, _ := get("Olu Officer", Home+"?kind=surprise"); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown kind: %d (%v)", status, fault.Invalid)
	}
}
