package public

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"data.release/registrar/web/page"
)

// How long a copy of a public page may be used without asking, and for how much
// longer while a new one is fetched. Pages of a past day change only when a text
// is erased by law, which must not take long to be seen.
const (
	freshFor = "public, max-age=60, stale-while-revalidate=600"
	pastFor  = "public, max-age=600, stale-while-revalidate=3600"
)

// cached answers a reader or a cache that has the page already without making it
// again: a public page follows from what is published, from its address, from
// the day (what is overdue) and from this program. It is for pages that anybody
// gets alike: who is signed in has a page with their name in its head, which is
// kept by no cache.
func (s *server) cached(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Cookie, Accept")
		if r.Method != http.MethodGet && r.Method != http.MethodHead || !s.pages.Anonymous(r) {
			return next(w, r)
		}
		state, err := s.release.PublishedState(r.Context())
		if err != nil {
			return err
		}
		tag := s.tag(r, state)
		header := w.Header()
		header.Set("ETag", tag)
		header.Set("Cache-Control", freshFor)
		if day := strings.TrimSpace(r.URL.Query().Get("as-of")); day != "" && day != s.release.Today().String() {
			header.Set("Cache-Control", pastFor)
		}
		if page.Matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		return next(w, r)
	}
}

// incomplete keeps a page out of caches: it will be another, though nothing is
// published until then.
func incomplete(w http.ResponseWriter) {
	w.Header().Del("ETag")
	w.Header().Del("Cache-Control")
}

// tag names what the page at an address is made of.
func (s *server) tag(r *http.Request, state string) string {
	today := s.release.Today().String()
	// The order of a query's members is that of whoever wrote it.
	sum := sha256.Sum256([]byte(strings.Join([]string{program, state, today, accepted(r), r.URL.Path, r.URL.Query().Encode()}, "\x00")))
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// accepted tells apart the forms in which a refusal is written.
func accepted(r *http.Request) string {
	if strings.Contains(r.Header.Get("Accept"), "html") {
		return "html"
	}
	return ""
}

// program names the program that makes the pages.
var program = build()

// build names this program: pages of one that was built otherwise may differ.
// Where the build has no name each run is one of its own.
func build() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		var revision, modified string
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				revision = setting.Value
			case "vcs.modified":
				modified = setting.Value
			}
		}
		if revision != "" && modified == "false" {
			return revision
		}
	}
	return time.Now().UTC().Format(time.RFC3339Nano)
}
