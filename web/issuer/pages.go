package issuer

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	loginPath     = "/login"
	signedOutPath = "/signed-out"
)

//go:embed pages.html pages.css
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages.html"))

// view is what pages.html shows.
type view struct {
	Title   string
	Message string
	Request string
	Users   []User
	Site    string // of the client, to go back to
}

// routes has the protocol's endpoints that the one client needs, and no other
// of op's.
func (i *Issuer) routes() http.Handler {
	mux := http.NewServeMux()
	end := i.provider.Endpoints()
	mux.Handle("GET "+oidc.DiscoveryEndpoint, i.provider)
	mux.Handle("GET "+end.JwksURI.Relative(), i.provider)
	mux.Handle("GET "+end.Authorization.Relative(), i.provider)
	mux.Handle("GET "+end.Authorization.Relative()+"/callback", i.provider)
	mux.Handle("POST "+end.Token.Relative(), i.provider)
	mux.Handle("GET "+end.Userinfo.Relative(), i.provider)
	mux.Handle("GET "+end.EndSession.Relative(), i.provider)
	mux.HandleFunc("GET "+loginPath, i.showUsers)
	mux.HandleFunc("POST "+loginPath, i.chooseUser)
	mux.HandleFunc("GET "+signedOutPath, func(w http.ResponseWriter, _ *http.Request) {
		i.show(w, http.StatusOK, view{Title: "Signed out", Message: "The demonstration's log-in keeps nobody signed in."})
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		i.show(w, http.StatusOK, view{Title: "Demonstration log-in", Message: "Registrar sends you here to choose who you are. Start there."})
	})
	mux.HandleFunc("GET /pages.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "pages.css") })
	return i.guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard refuses what does not ask for this machine by its address: a page of
// another site whose name was pointed here (DNS rebinding) would pass for us.
func (i *Issuer) guard(next http.Handler) http.Handler {
	clients := []string{"'self'"}
	for _, raw := range i.config.RedirectURIs {
		if u, err := url.Parse(raw); err == nil {
			clients = append(clients, u.Scheme+"://"+u.Host) // browsers hold redirects of a form to it too
		}
	}
	policy := "default-src 'none'; img-src data:; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + strings.Join(clients, " ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != i.at.Host {
			http.Error(w, "This is the demonstration's log-in at "+i.config.URL+".", http.StatusMisdirectedRequest)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Cache-Control", "no-store")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

func (i *Issuer) showUsers(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("request")
	if _, err := i.storage.AuthRequestByID(r.Context(), id); err != nil {
		i.lost(w)
		return
	}
	i.show(w, http.StatusOK, view{Title: "Demonstration log-in", Request: id, Users: i.config.Users})
}

func (i *Issuer) chooseUser(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("request")
	if err := i.storage.choose(id, r.PostFormValue("user")); err != nil {
		i.lost(w)
		return
	}
	ctx := op.ContextWithIssuer(r.Context(), i.config.URL)
	http.Redirect(w, r, op.AuthCallbackURL(i.provider)(ctx, id), http.StatusSeeOther)
}

func (i *Issuer) lost(w http.ResponseWriter) {
	i.show(w, http.StatusBadRequest, view{Title: "This log-in is not under way", Message: "It was finished, or took longer than ten minutes. Go back to Registrar and sign in again."})
}

func (i *Issuer) show(w http.ResponseWriter, status int, v view) {
	if len(i.config.RedirectURIs) > 0 {
		if u, err := url.Parse(i.config.RedirectURIs[0]); err == nil {
			v.Site = u.Scheme + "://" + u.Host + "/"
		}
	}
	var page bytes.Buffer
	if err := pages.Execute(&page, v); err != nil {
		i.config.Log.Error("the demonstration log-in page failed", "error", err)
		http.Error(w, "something went wrong here", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}
