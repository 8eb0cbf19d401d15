// Package web is what a browser and other programs reach over HTTP: the public
// pages and files, the log, the API, and the pages of those who sign in. It
// mounts what its sub-packages answer and wraps it once in what every answer
// needs.
package web

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/web/page"
	"data.release/registrar/web/public"
	"data.release/registrar/web/static"
)

// Config wires the handler.
type Config struct {
	Service *release.Service
	Owner   string // whose register it is, as readers know it; may be empty
	Address string // where the public finds it, such as https://register.example.org
	Log     *slog.Logger

	Ledger http.Handler // answers /log/…
	Graph  http.Handler // answers /graphql

	// Viewer says who looks at a page, SignIn where one becomes somebody, and
	// Session wraps every request (but those for assets, log and health) in what
	// they need. Members adds the routes of those who sign in.
	Viewer  func(*http.Request) page.Viewer
	SignIn  string
	Session func(http.Handler) http.Handler
	Members func(mux *http.ServeMux, pages *page.Renderer)

	// Ready says whether requests can be answered; it is asked by /readyz.
	Ready func(context.Context) error
}

// New returns the handler of everything. The error is static.ErrNotBuilt where
// the binary was built without its assets.
func New(config Config) (http.Handler, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	pages := page.New(page.Config{
		Service: "Registrar", Owner: config.Owner, Address: config.Address, Asset: assets.URL,
		Menu: []page.Link{
			{Text: "Register", Href: "/register"},
			{Text: "Organisations", Href: "/organisations"},
			{Text: "Datasets", Href: "/datasets"},
			{Text: "Editions", Href: "/editions"},
			{Text: "Flags", Href: "/flags"},
			{Text: "Statistics", Href: "/statistics"},
			{Text: "Could my record be in it?", Href: "/my-record"},
			{Text: "How to read and check it", Href: "/about"},
		},
		Footer: []page.Link{
			{Text: "How to read and check the register", Href: "/about"},
			{Text: "Glossary", Href: "/glossary"},
			{Text: "How to verify", Href: "/verify"},
			{Text: "Accessibility", Href: "/accessibility"},
			{Text: "Whole register as CSV", Href: "/register.csv"},
			{Text: "Excel", Href: "/register.xlsx"},
			{Text: "JSON", Href: "/register.json"},
			{Text: "Latest signature of the log", Href: "/log/checkpoint"},
		},
		Viewer: config.Viewer, SignIn: config.SignIn, Log: config.Log,
	})

	// People's pages know who looks at them.
	people := http.NewServeMux()
	public.Mount(people, pages, public.Config{Service: config.Service, Address: config.Address, Owner: config.Owner})
	if config.Members != nil {
		config.Members(people, pages)
	}
	if config.Graph != nil {
		people.Handle("/graphql", config.Graph)
	}
	visited := pages.Unrouted(people)
	if config.Session != nil {
		visited = config.Session(visited)
	}

	mux := http.NewServeMux()
	mux.Handle("GET "+static.Prefix+"{digest}/{name...}", assets.Handler())
	if config.Ledger != nil {
		mux.Handle("/log/", shared(config.Ledger))
		mux.Handle("GET /log/{$}", http.RedirectHandler("/verify", http.StatusSeeOther)) // whose words say what stands beneath
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", ready(config))
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, robots+"Sitemap: "+config.Address+"/sitemap.xml\n")
	})
	mux.HandleFunc("GET /sitemap.xml", sitemap(config.Address))
	mux.Handle("/", visited)

	secure := strings.HasPrefix(config.Address, "https://")
	return wrap(secure, config.Log, pages, mux)
}

// robots leaves every page to search engines but the countless searches.
const robots = "User-agent: *\nDisallow: /register?\nDisallow: /register.\n"

// sitemap lists the pages that lead to all others.
func sitemap(address string) http.HandlerFunc {
	var out strings.Builder
	out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	for _, path := range []string{"/", "/register", "/organisations", "/datasets", "/editions", "/flags", "/statistics", "/my-record", "/about", "/glossary", "/verify", "/accessibility"} {
		fmt.Fprintf(&out, "<url><loc>%s%s</loc></url>\n", html.EscapeString(strings.TrimSuffix(address, "/")), path)
	}
	out.WriteString("</urlset>\n")
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		_, _ = w.Write([]byte(out.String()))
	}
}

func ready(config Config) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if config.Ready != nil {
			if err := config.Ready(ctx); err != nil {
				config.Log.WarnContext(r.Context(), "not ready", "error", err)
				answer(w, http.StatusServiceUnavailable, "not ready\n")
				return
			}
		}
		answer(w, http.StatusOK, "ready\n")
	}
}

// shared lets pages of other sites read a public file.
func shared(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		public.Share(w)
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// Serve answers on a listener until ctx ends, then lets what is under way
// finish for ten seconds.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute, // page.Stream moves it on
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err := server.Shutdown(grace)
		if err != nil {
			err = server.Close()
		}
		stopped <- err
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return <-stopped
}
