package applicant

import (
	"bytes"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/attachment"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient/recipienttest"
)

// bench is the pages over the people of recipienttest, in the database role
// that serves.
type bench struct {
	*recipienttest.Arranged
	t        *testing.T
	url      string
	now      time.Time
	loggedIn time.Time
	service  *release.Service
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := migrationstest.New(t)
	b := &bench{t: t, now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
	b.loggedIn = b.now
	clock := func() time.Time { return b.now }
	b.Arranged = recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})
	documents, err := attachment.Open(t.Context(), "file://"+t.TempDir())
	b.must(err)
	t.Cleanup(func() { documents.Close() })
	b.service = release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Planner: worker.Planner{}, Attachments: documents, Clock: clock})
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, SignIn: "/login",
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{Service: b.service, Clock: clock})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get("Who"); name != "" {
			actor, err := b.service.ActorOf(r.Context(), release.Identity{Issuer: "test", Subject: recipienttest.Subject(name), LoggedInAt: b.loggedIn})
			if err != nil {
				pages.Fail(w, r, err)
				return
			}
			r = r.WithContext(access.WithActor(r.Context(), actor))
		}
		pages.Unrouted(mux).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

type reply struct {
	*http.Response
	body string
}

func (a reply) location() string { return a.Header.Get("Location") }

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *bench) send(who, method, path, kind string, body io.Reader) reply {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, body)
	b.must(err)
	r.Header.Set("Accept", "text/html")
	if who != "" {
		r.Header.Set("Who", who)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	response, err := client.Do(r)
	b.must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	b.must(err)
	return reply{response, string(text)}
}

func (b *bench) get(who, path string) reply {
	b.t.Helper()
	return b.send(who, http.MethodGet, path, "", nil)
}

func (b *bench) post(who, path string, form url.Values) reply {
	b.t.Helper()
	return b.send(who, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// upload sends a document as a browser does.
func (b *bench) upload(who, path, name, content string, fields ...string) reply {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		b.must(form.WriteField(fields[i], fields[i+1]))
	}
	file, err := form.CreateFormFile("file", name)
	b.must(err)
	_, err = io.WriteString(file, content)
	b.must(err)
	b.must(form.Close())
	return b.send(who, http.MethodPost, path, form.FormDataContentType(), &body)
}

// begun is the address of an application that was begun.
func (b *bench) begun(who string) string {
	b.t.Helper()
	a := b.post(who, Home, url.Values{"applicant": {"Example University"}, "title": {"Waiting times (made up)"}, "kind": {"application"}})
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.location(), Home+"/") {
		b.t.Fatalf("beginning: %d %.600s", a.StatusCode, a.body)
	}
	return a.location()
}

var input = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"`)

// shows makes sure of a status and of words of the page.
func (a reply) shows(t *testing.T, status int, words ...string) {
	t.Helper()
	text := html.UnescapeString(a.body)
	if a.StatusCode != status {
		t.Errorf("status %d, not %d: %.600s", a.StatusCode, status, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}
