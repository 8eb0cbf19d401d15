// Package page renders what people see: one layout, every page into a buffer
// before a byte is sent, and every error mapped once.
//
// A page is a [Template] bound to its view, a struct:
//
//	var filesPage = page.Parse[FilesView]("recipient/files.html")
//
//	func (s *server) files(w http.ResponseWriter, r *http.Request) error {
//		…
//		return filesPage.Render(s.pages, w, r, page.Page{Title: "Your files", Private: true}, view)
//	}
//
// and a handler is mounted as pages.Handle(s.files).
package page

import (
	"context"
	"log/slog"
	"net/http"
)

// Link is one address with the words for it.
type Link struct{ Text, Href string }

// Viewer is who looks at a page, as far as the layout must know.
type Viewer struct {
	Name    string // empty: nobody is signed in
	Links   []Link // theirs, in order; "Sign in" for nobody
	SignOut string // address that ends the session by POST; empty: none to end
}

// Page is what the layout needs beside the view.
type Page struct {
	Title   string // without the service's name
	Section string // the Href of the navigation link under which the page stands
	Trail   []Link // breadcrumb: the pages above this one
	Status  int    // HTTP status; 0 is 200
	Private bool   // of one person: kept by no cache

	// What others are told of a public page.
	Description string // in one or two sentences, for lists of links
	Canonical   string // path of the page's one address; empty: none
	NoIndex     bool   // kept out of search engines: a state of a page, not the page
	Feed        string // address of an Atom feed of what the page shows; empty: none
	Metadata    any    // schema.org terms, written as JSON-LD; nil: none

	// Keep gives the address that a link of the page leads to in the place of
	// the one in its template: a page of a past day leads to pages of that day,
	// whoever wrote the link. It is asked for addresses of this site alone; nil
	// leaves them.
	Keep func(href string) string
}

// Config wires a Renderer.
type Config struct {
	Service string                     // name of the service: "Registrar"
	Owner   string                     // whose register it is, in the header and footer; may be empty
	Address string                     // where the public finds the site, for canonical links; may be empty
	Asset   func(name string) string   // address of a built asset
	Menu    []Link                     // main navigation
	Footer  []Link                     // links in the footer
	Viewer  func(*http.Request) Viewer // nil: nobody ever signs in
	SignIn  string                     // address where one signs in; empty: none
	Log     *slog.Logger
}

// Renderer renders templates in the layout. It is safe for concurrent use.
type Renderer struct{ config Config }

// New returns a Renderer. Service, Asset and Log are needed.
func New(config Config) *Renderer {
	if config.Viewer == nil {
		config.Viewer = func(*http.Request) Viewer { return Viewer{} }
	}
	return &Renderer{config: config}
}

// Anonymous says whether the request's reader is signed in to nothing: what they
// get, everyone like them gets.
func (pages *Renderer) Anonymous(r *http.Request) bool { return pages.config.Viewer(r).Name == "" }

type markKey struct{}

type mark struct{ reference, route string }

// WithReference marks a request with the reference under which it is logged.
func WithReference(ctx context.Context, reference string) context.Context {
	return context.WithValue(ctx, markKey{}, &mark{reference: reference})
}

// Reference is the mark that WithReference left, or "".
func Reference(ctx context.Context) string {
	if m, ok := ctx.Value(markKey{}).(*mark); ok {
		return m.reference
	}
	return ""
}

// Route is the pattern that took the request, as Unrouted noted it, or "".
func Route(ctx context.Context) string {
	if m, ok := ctx.Value(markKey{}).(*mark); ok {
		return m.route
	}
	return ""
}
