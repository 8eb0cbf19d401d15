package recipient

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"data.release/registrar/ent"
	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

// bench is the recipient's pages over a released file, in the database role
// that serves.
type bench struct {
	*recipienttest.Arranged
	t   *testing.T
	url string
	now time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := migrationstest.New(t)
	b := &bench{t: t, now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	b.Arranged = recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	b.serve(release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Clock: clock}), clock)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// serve answers as the person that the header Who names; package login tests
// how that is found out.
func (b *bench) serve(service *release.Service, clock func() time.Time) {
	b.t.Helper()
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, SignIn: "/login",
		Log: slog.New(slog.NewTextHandler(b.t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{Service: service, Files: b.Files, Clock: clock})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get("Who"); name != "" {
			actor, err := service.ActorOf(r.Context(), release.Identity{Issuer: "test", Subject: recipienttest.Subject(name), LoggedInAt: b.now})
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
	rows, err := b.Service.Read().Download.Query().Order(ent.Asc("created_at")).All(privacy.DecisionContext(b.t.Context(), privacy.Allow))
	b.must(err)
	return rows
}
