// Package team has the pages of the people who run agreements and extracts: the
// queue of cases, agreements and their versions with the forms for what may be
// done to them, and for each extract what the gate found and on what authority.
// Reads are the service's or go through ent's policies, as the person who
// looks; every form is one command of the service.
package team

import (
	"net/http"
	"slices"

	"data.release/registrar/release"
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
	return slices.Concat(s.caseRoutes(), s.gateRoutes(), s.partyRoutes(), s.flowRoutes())
}
