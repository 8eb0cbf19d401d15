// Package public is the register for everyone: search, entries, agreements,
// organisations, datasets and files, readable without script and without
// signing in. It reads the published register and nothing else.
package public

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
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
	Owner   string // whose register it is; may be empty
}

type server struct {
	release *release.Service
	address string
	owner   string
	pages   *page.Renderer
	exports chan struct{} // one for each export under way
}

// Mount adds the public addresses to mux.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	s := &server{release: config.Service, address: config.Address, owner: config.Owner, pages: pages, exports: make(chan struct{}, exportsAtOnce)}
	for _, routes := range []map[string]handler{s.searchRoutes(), s.pageRoutes(), s.flagRoutes(), s.exportRoutes()} {
		for pattern, handler := range routes {
			mux.Handle(pattern, pages.Handle(wellAsked(timed(handler))))
		}
	}
	for format := range contentTypes {
		mux.Handle("GET /register."+string(format), pages.Handle(wellAsked(s.export(format))))
	}
}

// handler answers a request, or says why not.
type handler func(http.ResponseWriter, *http.Request) error

// patience is how long a page may take before its reader is told so.
const patience = 20 * time.Second

func timed(handler handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		return handler(w, r.WithContext(ctx))
	}
}

// several are the members of a query whose values are alternatives; any other is
// given once.
var several = []string{"kind", "type", "opt_outs", "frequency", "channel", "power", "route", "sensitivity", "commercial", "sub_licensing", "stands", "flag", "late", "within", "family"}

// wellAsked refuses an address whose query cannot be read, or says one thing
// twice: what is dropped of it in silence, nobody would miss in the answer.
func wellAsked(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		refused := fault.New(fault.Invalid, "The address cannot be read as it is written.")
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			refused.With(fault.Reason{Code: "query", Field: "query", Message: "has a % without two digits of sixteen behind it, or a semicolon; write a percent sign as %25, a semicolon as %3B, and put & between filters"})
		}
		for _, name := range slices.Sorted(maps.Keys(query)) {
			given := slices.DeleteFunc(slices.Clone(query[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
			if len(given) > 1 && !slices.Contains(several, name) {
				refused.With(fault.Reason{Code: "query", Field: name, Message: fmt.Sprintf("is given %d times; once is the most", len(given))})
			}
		}
		if len(refused.Reasons) > 0 {
			return refused
		}
		return next(w, r)
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
