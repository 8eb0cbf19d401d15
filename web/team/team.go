// Package team has the pages of the people who run agreements and extracts: the
// queue of cases, agreements and their versions with the forms for what may be
// done to them, and for each extract what the gate found and on what authority.
// Reads are the service's or go through ent's policies, as the person who
// looks; every form is one command of the service.
package team

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// Home is the address of the queue.
const Home = "/team"

// Config is what the pages stand on.
type Config struct{ Service *release.Service }

type server struct {
	Config
	pages *page.Renderer
}

// Mount adds the pages.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	login.Mount(mux, pages, (&server{config, pages}).routes())
}

// routes is every page and form of the team, with what each asks for.
func (s *server) routes() []login.Route {
	routes := slices.Concat(s.caseRoutes(), s.gateRoutes(), s.partyRoutes(), s.flowRoutes(), s.privacyRoutes(), s.entryRoutes(), s.importRoutes())
	for i := range routes {
		routes[i].Handle = readable(routes[i].Handle)
	}
	return routes
}

// readable refuses an address that no text of the database can equal: one that
// is no UTF-8, or has the character that PostgreSQL does not store.
func readable(handle func(http.ResponseWriter, *http.Request, access.Actor) error) func(http.ResponseWriter, *http.Request, access.Actor) error {
	strange := func(text string) bool { return strings.ContainsRune(text, 0) || !utf8.ValidString(text) }
	return func(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
		if strange(r.URL.Path) {
			return fault.New(fault.NotFound, "There is no such page.")
		}
		for _, values := range r.URL.Query() {
			if slices.ContainsFunc(values, strange) {
				return fault.New(fault.Invalid, "The address holds a character that no text may.")
			}
		}
		return handle(w, r, actor)
	}
}
