// Package public is the register for everyone: search, entries, agreements,
// organisations, datasets and files, readable without script and without
// signing in. It reads the published register and nothing else.
package public

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// Config is what the public pages stand on.
type Config struct {
	Service *release.Service
	Address string // where the public finds the register, for commands to copy
}

type server struct {
	release *release.Service
	address string
	pages   *page.Renderer
	exports chan struct{} // one for each export under way
}

// Mount adds the public addresses to mux.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	s := &server{release: config.Service, address: config.Address, pages: pages, exports: make(chan struct{}, exportsAtOnce)}
	for pattern, handler := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":                            s.home,
		"GET /register":                       s.register,
		"GET /register/{number}":              s.entry,
		"GET /register/{number}/proof":        s.proof,
		"GET /agreements/{stem}":              s.agreement,
		"GET /agreements/{stem}/diff/{a}/{b}": s.diff,
		"GET /organisations":                  s.organisations,
		"GET /organisations/{id}":             s.organisation,
		"GET /datasets":                       s.datasets,
		"GET /datasets/{code}":                s.dataset,
		"GET /about":                          s.about,
	} {
		mux.Handle(pattern, pages.Handle(timed(handler)))
	}
	for format := range contentTypes {
		mux.Handle("GET /register."+string(format), pages.Handle(s.export(format)))
	}
}

// patience is how long a page may take before its reader is told so.
const patience = 20 * time.Second

func timed(handler func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		return handler(w, r.WithContext(ctx))
	}
}

// Share lets pages of other sites read an answer: it is public.
func Share(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// wanted reads a part of the path as it is canonically written. Where the
// address has it otherwise, such as with spaces at its end, it leads to the
// right one, below prefix, and done is true.
func wanted(w http.ResponseWriter, r *http.Request, prefix, raw, canonical string) (done bool) {
	if raw == canonical {
		return false
	}
	http.Redirect(w, r, prefix+url.PathEscape(canonical), http.StatusMovedPermanently)
	return true
}

// number reads an entry's number; fault.NotFound if it is none.
func number(raw string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(raw), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "Entries of the register are numbered from 1; %q is no number of one.", raw)
	}
	return n, nil
}
