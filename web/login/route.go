package login

import (
	"net/http"

	"data.release/registrar/release/access"
	"data.release/registrar/web/page"
)

// Route is a page or form of people who are signed in, with what one must be
// allowed to do to see or send it. The tables of routes are walked by a test
// as every role and as nobody.
type Route struct {
	Pattern    string // method and path, as http.ServeMux has them
	Permission access.Permission
	Handle     func(http.ResponseWriter, *http.Request, access.Actor) error
}

// Mount adds the routes. The permission is asked before the handler runs; a
// command asks it again.
func Mount(mux *http.ServeMux, pages *page.Renderer, routes []Route) {
	for _, route := range routes {
		mux.Handle(route.Pattern, Required(pages, func(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
			if err := access.Check(actor, route.Permission); err != nil {
				return err
			}
			return route.Handle(w, r, actor)
		}))
	}
}
