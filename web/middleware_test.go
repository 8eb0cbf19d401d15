package web

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"data.release/registrar/web/page"
)

// wrapped is what New wraps its routes in, around routes of the test.
func wrapped(t *testing.T, log io.Writer, routes func(*http.ServeMux)) http.Handler {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: logger})
	mux := http.NewServeMux()
	routes(mux)
	handler, err := wrap(true, logger, pages, pages.Unrouted(mux))
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func TestEveryAnswerIsProtected(t *testing.T) {
	handler := wrapped(t, io.Discard, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /fine", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
		mux.HandleFunc("GET /broken", func(http.ResponseWriter, *http.Request) { panic("a secret") })
	})
	for path, status := range map[string]int{"/fine": 200, "/none": 404, "/broken": 500} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		if recorder.Code != status {
			t.Errorf("%s: %d", path, recorder.Code)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Strict-Transport-Security": "max-age=31536000", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := recorder.Header().Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		for _, loose := range []string{"unsafe-inline", "unsafe-eval", "script-src", "http:", "*"} {
			if strings.Contains(recorder.Header().Get("Content-Security-Policy"), loose) {
				t.Errorf("%s: the policy has %s", path, loose)
			}
		}
	}
}

func TestTheRequestLogTellsNothingOfPeople(t *testing.T) {
	var log strings.Builder
	handler := wrapped(t, &log, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /files/{secret}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	})
	request := httptest.NewRequest(http.MethodGet, "/files/tok3n?q=abortion", nil)
	request.Header.Set("User-Agent", "agent-of-someone")
	request.Header.Set("Cookie", "session=s3ss10n")
	request.RemoteAddr = "198.51.100.7:4711"
	handler.ServeHTTP(httptest.NewRecorder(), request)
	line := log.String()
	for _, private := range []string{"tok3n", "abortion", "agent-of-someone", "s3ss10n", "198.51.100.7"} {
		if strings.Contains(line, private) {
			t.Errorf("%q is in the log: %s", private, line)
		}
	}
	for _, public := range []string{`route="GET /files/{secret}"`, "status=200", "method=GET", "bytes=4", "reference="} {
		if !strings.Contains(line, public) {
			t.Errorf("%q is not in the log: %s", public, line)
		}
	}
}

func TestAPanicIsAReferenceForTheReaderAndAStackForUs(t *testing.T) {
	var log strings.Builder
	handler := wrapped(t, &log, func(mux *http.ServeMux) {
		mux.HandleFunc("GET /broken", func(http.ResponseWriter, *http.Request) { panic("the cause") })
	})
	request := httptest.NewRequest(http.MethodGet, "/broken", nil)
	request.Header.Set("Accept", "text/html")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if strings.Contains(recorder.Body.String(), "the cause") {
		t.Error("the cause is shown")
	}
	_, rest, found := strings.Cut(recorder.Body.String(), `<code class="app-code">`)
	reference, _, _ := strings.Cut(rest, "<")
	if !found || len(reference) != 12 {
		t.Fatalf("no reference on the page:\n%s", recorder.Body)
	}
	if !strings.Contains(log.String(), reference) || !strings.Contains(log.String(), "the cause") || !strings.Contains(log.String(), "middleware_test.go") {
		t.Errorf("the log lacks the reference, the cause or the stack:\n%s", log.String())
	}
}

// A server and a client that read to the end: a cut answer must be an error.
func TestAFailureHalfwayCutsTheConnection(t *testing.T) {
	for _, encoding := range []string{"identity", "gzip"} {
		server := httptest.NewServer(wrapped(t, io.Discard, func(mux *http.ServeMux) {
			mux.HandleFunc("GET /export", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/csv")
				io.WriteString(w, strings.Repeat("a,b\n", 10_000))
				panic("the database went away")
			})
		}))
		request, _ := http.NewRequest(http.MethodGet, server.URL+"/export", nil)
		request.Header.Set("Accept-Encoding", encoding)
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			if _, err = io.ReadAll(response.Body); err == nil {
				t.Errorf("%s: half an answer was read without an error", encoding)
			}
			response.Body.Close()
		}
		server.Close()
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	posted := 0
	handler := wrapped(t, io.Discard, func(mux *http.ServeMux) {
		mux.HandleFunc("POST /act", func(http.ResponseWriter, *http.Request) { posted++ })
	})
	for _, test := range []struct {
		site   string
		status int
	}{{"cross-site", 403}, {"same-site", 403}, {"same-origin", 200}, {"none", 200}} {
		request := httptest.NewRequest(http.MethodPost, "/act", nil)
		request.Header.Set("Sec-Fetch-Site", test.site)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code != test.status {
			t.Errorf("%s: %d", test.site, recorder.Code)
		}
	}
	if posted != 2 {
		t.Errorf("%d posts came through", posted)
	}
}

func TestABodyHasALimit(t *testing.T) {
	handler := wrapped(t, io.Discard, func(mux *http.ServeMux) {
		pages := page.New(page.Config{Service: "Registrar", Asset: func(string) string { return "" }, Log: slog.New(slog.DiscardHandler)})
		mux.Handle("POST /", pages.Handle(func(_ http.ResponseWriter, r *http.Request) error {
			_, err := io.ReadAll(r.Body)
			return err
		}))
	})
	for path, most := range map[string]int{"/act": maxBody, "/applications": maxForm, "/applications/x/purpose": maxForm, "/applications/x/documents": maxDocument, "/team/evidence": maxEvidence} {
		for size, status := range map[int]int{most: 200, most + 1: 413} {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", size))))
			if recorder.Code != status {
				t.Errorf("%s, %d bytes: %d", path, size, recorder.Code)
			}
		}
	}
}

func TestTextIsCompressedAndFilesAreNot(t *testing.T) {
	long := strings.Repeat("words ", 1000)
	handler := wrapped(t, io.Discard, func(mux *http.ServeMux) {
		for path, kind := range map[string]string{"/page": "text/html; charset=utf-8", "/file": "application/octet-stream", "/book": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
			mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				io.WriteString(w, long)
			})
		}
	})
	for path, want := range map[string]string{"/page": "gzip", "/file": "", "/book": ""} {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.Header.Set("Accept-Encoding", "gzip")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if got := recorder.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%s: %q", path, got)
		}
		if want != "gzip" {
			continue
		}
		reader, err := gzip.NewReader(recorder.Body)
		if err != nil {
			t.Fatal(err)
		}
		if content, _ := io.ReadAll(reader); string(content) != long {
			t.Error("the compressed page is another")
		}
	}
}
