package web

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// policy lets a page load our stylesheet and images and post to us, and nothing
// else: there is no script on any page.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// The most that a request may carry, in bytes: 1 MiB, but 4 MiB for the forms
// of applications, whose texts have any length, and a document with its form.
// Feeds come in by `registrar ingest`, registers by a form or `registrar import`.
const (
	maxBody     = 1 << 20
	maxForm     = 4 << 20
	maxDocument = release.MaxAttachment + 64<<10
	maxEvidence = 24 << 20 // a list of other bodies, also as it travels in the form of its second step
	maxEdition  = release.MaxEditionFile + 64<<10
)

// limit is the most that a request may carry.
func limit(r *http.Request) int64 {
	rest, ok := strings.CutPrefix(r.URL.Path, "/applications")
	switch {
	case r.URL.Path == "/team/evidence":
		return maxEvidence
	case r.URL.Path == "/team/register/try":
		return maxEdition
	case !ok:
		return maxBody
	case strings.HasSuffix(rest, "/documents"):
		return maxDocument
	}
	return maxForm
}

// wrap puts around the routes what every answer needs. Compression is
// outermost, so that bytes are counted and cut before it.
func wrap(secure bool, log *slog.Logger, pages *page.Renderer, routes http.Handler) (http.Handler, error) {
	return compressed(protect(secure, observe(log, pages, sameOrigin(pages, routes))))
}

// protect sets the headers that every answer has.
func protect(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "browsing-topics=(), camera=(), geolocation=(), microphone=()")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		if secure {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit(r))
		next.ServeHTTP(w, r)
	})
}

// observe gives a request its reference, logs it, and answers a panic. The log
// has the route's pattern, never the path, the query, an address or a name: a
// search tells what someone wants to know, and a path can hold a secret.
func observe(log *slog.Logger, pages *page.Renderer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		reference := rand.Text()[:12]
		r = r.WithContext(page.WithReference(r.Context(), reference))
		answer := &page.Response{ResponseWriter: w}
		defer func() {
			broken := recover()
			if broken != nil && broken != http.ErrAbortHandler {
				broken = fail(pages, answer, r, fmt.Errorf("panic: %v\n%s", broken, debug.Stack()))
			}
			log.InfoContext(r.Context(), "request", "method", r.Method, "route", cmp.Or(page.Route(r.Context()), r.Pattern), "status", answer.Status(),
				"bytes", answer.Bytes(), "duration", time.Since(begun), "reference", reference)
			if broken != nil {
				panic(broken) // net/http cuts the connection
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// fail answers an error and returns the panic by which an answer that had
// begun is cut off, or nil.
func fail(pages *page.Renderer, w http.ResponseWriter, r *http.Request, err error) (broken any) {
	defer func() { broken = recover() }()
	pages.Fail(w, r, err)
	return nil
}

// sameOrigin refuses what another site makes a browser send.
func sameOrigin(pages *page.Renderer, next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(pages.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "This was sent by another site. Start from a page of this one.")
	}))
	return protection.Handler(next)
}

// compressed sends text compressed; files that are so already, and encrypted
// ones, which answer ranges, stay as they are.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.ContentTypes([]string{"text/html", "text/plain", "text/csv", "application/json", "application/problem+json", "application/atom+xml", "application/feed+json"}),
		gzhttp.MinSize(1024),
		// A page can show a secret of its reader beside words of an attacker's
		// address (BREACH): random padding hides how well they compress together.
		gzhttp.RandomJitter(32, 0, false),
	)
	if err != nil {
		return nil, fmt.Errorf("setting up compression: %w", err)
	}
	return wrap(next), nil
}
