package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
	"data.release/registrar/web/page/pagetest"
)

func renderer(log io.Writer, viewer page.Viewer) *page.Renderer {
	return page.New(page.Config{
		Service: "Registrar", Owner: "Example body",
		Asset:  func(name string) string { return "/static/0/" + name },
		Menu:   []page.Link{{Text: "Register", Href: "/register"}},
		Viewer: func(*http.Request) page.Viewer { return viewer },
		SignIn: "/login",
		Log:    slog.New(slog.NewTextHandler(log, nil)),
	})
}

func TestEveryPageFitsItsView(t *testing.T) { pagetest.Check(t) }

func TestAPageThatNamesWhatItsViewHasNotIsFound(t *testing.T) {
	wrong := template.Must(template.New("x").Parse(`{{.View.Nothing}}`))
	if err := templatecheck.CheckHTML(wrong, page.Document[page.ErrorView]{}); err == nil {
		t.Error("the check found nothing")
	}
}

// ask sends a request through Handle as the middleware does.
func ask(t *testing.T, pages *page.Renderer, accept string, handler func(http.ResponseWriter, *http.Request) error) *http.Response {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/there", nil)
	request.Header.Set("Accept", accept)
	request = request.WithContext(page.WithReference(request.Context(), "R-1"))
	recorder := httptest.NewRecorder()
	pages.Handle(handler).ServeHTTP(&page.Response{ResponseWriter: recorder}, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestEachKindOfErrorHasItsStatus(t *testing.T) {
	secret := errors.New("password of the database")
	for _, test := range []struct {
		err    error
		status int
		shown  string
	}{
		{fault.New(fault.Invalid, "two filters are wrong").With(fault.Reason{Field: "type", Message: "no such type"}), 400, "no such type"},
		{fmt.Errorf("reading: %w", fault.New(fault.NotFound, "there is no entry 7")), 404, "there is no entry 7"},
		{fault.New(fault.Unauthenticated, "this is for recipients"), 401, `href="/login"`},
		{fault.New(fault.Forbidden, "the role release officer is needed"), 403, "release officer"},
		{fault.New(fault.Refused, "the gate refused").With(fault.Reason{Code: "in-force", Message: "the version has ended"}), 403, "the version has ended"},
		{fault.New(fault.Conflict, "read it again"), 409, "read it again"},
		{fault.New(fault.TooLarge, "at most 10 rows"), 413, "at most 10 rows"},
		{&http.MaxBytesError{Limit: 1 << 20}, 413, "1,048,576 bytes"},
		{fault.New(fault.Unavailable, "no checkpoint yet").Because(secret), 503, "no checkpoint yet"},
		{context.DeadlineExceeded, 503, "Ask for less"},
		{fmt.Errorf("connecting: %w", secret), 500, "R-1"},
	} {
		t.Run(fmt.Sprint(test.status, " ", test.err), func(t *testing.T) {
			for _, accept := range []string{"text/html,*/*", "application/json", "*/*"} {
				var log strings.Builder
				response := ask(t, renderer(&log, page.Viewer{}), accept, func(http.ResponseWriter, *http.Request) error { return test.err })
				shown := body(t, response)
				if response.StatusCode != test.status {
					t.Errorf("%s: status %d", accept, response.StatusCode)
				}
				if !strings.Contains(shown, test.shown) && (accept == "text/html,*/*" || test.status != 401) {
					t.Errorf("%s: %q is not in\n%s", accept, test.shown, shown)
				}
				if strings.Contains(shown, "password") {
					t.Errorf("%s: the cause is shown:\n%s", accept, shown)
				}
				if test.status >= 500 && !strings.Contains(log.String(), "R-1") {
					t.Errorf("%s: not in the log: %q", accept, log.String())
				}
				if got := response.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
					t.Errorf("%s: Cache-Control %q", accept, got)
				}
			}
		})
	}
}

func TestProblemDetailsCarryEveryReason(t *testing.T) {
	response := ask(t, renderer(io.Discard, page.Viewer{}), "application/json", func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Invalid, "two are wrong").With(fault.Reason{Code: "a", Message: "one"}, fault.Reason{Code: "b", Field: "x", Message: "two"})
	})
	if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	var problem struct {
		Status  int
		Detail  string
		Reasons []fault.Reason
	}
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil {
		t.Fatal(err)
	}
	if problem.Status != 400 || problem.Detail != "two are wrong" || len(problem.Reasons) != 2 || problem.Reasons[1].Field != "x" {
		t.Errorf("%+v", problem)
	}
}

func TestHalfAnAnswerIsCutOff(t *testing.T) {
	defer func() {
		if recovered := recover(); recovered != http.ErrAbortHandler {
			t.Errorf("recovered %v", recovered)
		}
	}()
	ask(t, renderer(io.Discard, page.Viewer{}), "text/html", func(w http.ResponseWriter, _ *http.Request) error {
		io.WriteString(w, "half of")
		return errors.New("the database went away")
	})
	t.Error("the answer passes for a whole one")
}

var sample = page.Parse[page.ErrorView]("error.html")

func show(pages *page.Renderer, p page.Page, etag string) *http.Response {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header.Set("If-None-Match", etag)
	recorder := httptest.NewRecorder()
	if err := sample.Render(pages, recorder, request, p, page.ErrorView{Status: 200, Message: "<b>&"}); err != nil {
		panic(err)
	}
	return recorder.Result()
}

func TestPublicPagesAreRevalidatedAndPrivateOnesKeptNowhere(t *testing.T) {
	pages := renderer(io.Discard, page.Viewer{})
	first := show(pages, page.Page{Title: "One"}, "")
	tag := first.Header.Get("ETag")
	if tag == "" || first.StatusCode != 200 {
		t.Fatalf("%d, ETag %q", first.StatusCode, tag)
	}
	if again := show(pages, page.Page{Title: "One"}, tag); again.StatusCode != http.StatusNotModified || body(t, again) != "" {
		t.Errorf("the same page again: %d", again.StatusCode)
	}
	if other := show(pages, page.Page{Title: "Two"}, tag); other.StatusCode != 200 {
		t.Errorf("a changed page: %d", other.StatusCode)
	}
	for name, response := range map[string]*http.Response{
		"private": show(pages, page.Page{Private: true}, ""),
		"named":   show(renderer(io.Discard, page.Viewer{Name: "Ada Example"}), page.Page{}, ""),
	} {
		if got := response.Header.Get("Cache-Control"); got != "private, no-store" || response.Header.Get("ETag") != "" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
	}
}

func TestTheLayoutShowsWhoLooksAndWhere(t *testing.T) {
	pages := renderer(io.Discard, page.Viewer{Name: "Ada Example", Links: []page.Link{{Text: "Your files", Href: "/files"}}, SignOut: "/logout"})
	html := body(t, show(pages, page.Page{Title: "Entry", Section: "/register", Trail: []page.Link{{Text: "Start", Href: "/"}}}, ""))
	for _, part := range []string{
		"<title>Entry - Registrar</title>", "Ada Example", `href="/files"`, `action="/logout" method="post"`,
		`href="/register" aria-current="true"`, "nhsuk-breadcrumb", "Example body", "&lt;b&gt;&amp;",
	} {
		if !strings.Contains(html, part) {
			t.Errorf("%q is not on the page", part)
		}
	}
	if strings.Contains(html, "<script") || strings.Contains(html, "style=") {
		t.Error("script or inline style on the page")
	}
	nobody := body(t, show(renderer(io.Discard, page.Viewer{}), page.Page{}, ""))
	if strings.Contains(nobody, `aria-label="Account"`) {
		t.Error("an account without anyone")
	}
}

func TestUnroutedTellsNotFoundFromNotPossible(t *testing.T) {
	pages := renderer(io.Discard, page.Viewer{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "start") })
	mux.HandleFunc("GET /here", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") })
	for _, test := range []struct {
		method, path string
		status       int
	}{{"GET", "/here", 200}, {"GET", "/there", 404}, {"POST", "/here", 405}, {"GET", "/here/?a=b", 301}, {"GET", "/there/", 404}, {"GET", "//", 307}, {"GET", "//other.test/", 404}} {
		recorder := httptest.NewRecorder()
		pages.Unrouted(mux).ServeHTTP(recorder, httptest.NewRequest(test.method, test.path, nil))
		if recorder.Code != test.status {
			t.Errorf("%s %s: %d", test.method, test.path, recorder.Code)
		}
		if test.status == 405 && recorder.Header().Get("Allow") == "" {
			t.Error("405 without Allow")
		}
		if location := recorder.Header().Get("Location"); strings.HasPrefix(location, "//") {
			t.Errorf("%s leads to another host: %s", test.path, location)
		}
		if test.status == 301 && recorder.Header().Get("Location") != "/here?a=b" {
			t.Errorf("leads to %s", recorder.Header().Get("Location"))
		}
	}
}
