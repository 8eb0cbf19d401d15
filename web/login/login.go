// Package login lets people in: OpenID Connect's code flow with PKCE, state and
// nonce for browsers, who then hold a session kept in PostgreSQL; ID or access
// tokens of the same issuer for programs. Whoever asks is looked up again at
// every request, so that a leaver stops at once.
//
// No token is kept, and none stands in an address, a page or a log line.
package login

import (
	"context"
	"database/sql"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/coreos/go-oidc/v3/oidc"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// The addresses of signing in and out. SignIn takes next, a path of this site
// to go on to, and fresh, for a log-in that the issuer must ask for again (a
// signature needs one).
const (
	SignIn    = "/login"
	SignOut   = "/logout"
	Callback  = "/login/callback"
	SignedOut = "/signed-out"
)

// Directory says who somebody is here.
type Directory interface {
	// ActorOf finds the person with the memberships current now. Somebody
	// unknown is fault.Forbidden.
	ActorOf(context.Context, release.Identity) (access.Actor, error)
}

// Config wires a Login.
type Config struct {
	Issuer       string   // as its discovery document and tokens name it
	ClientID     string   // at the issuer
	ClientSecret string   // empty for a public client
	Audiences    []string // that a bearer token may be for, beside the client
	PublicURL    string   // where browsers find this site, such as https://register.example.org
	Directory    Directory
	DB           *sql.DB // has the table sessions
	Log          *slog.Logger

	// A session ends this long after the log-in, and this long after its last
	// request: 8 hours and 30 minutes if zero.
	Lifetime, Idle time.Duration
	Clock          func() time.Time // time.Now if nil
}

// Login is the relying party. It is safe for concurrent use.
type Login struct {
	config   Config
	sessions *scs.SessionManager
	http     *http.Client
	pages    *page.Renderer // from Routes on

	mu       sync.Mutex
	provider *oidc.Provider // once the issuer has answered
	failed   time.Time      // when it last did not
}

// New makes a Login. The issuer need not answer yet, for the public's pages do
// not wait for it; but its address must be right, or fault.Invalid.
func New(config Config) (*Login, error) {
	if config.Lifetime == 0 {
		config.Lifetime = 8 * time.Hour
	}
	if config.Idle == 0 {
		config.Idle = 30 * time.Minute
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	config.PublicURL = strings.TrimRight(config.PublicURL, "/")
	refused := fault.New(fault.Invalid, "People cannot log in with these settings")
	if !private(config.Issuer) {
		refused.With(fault.Reason{Code: "issuer", Field: "--oidc-issuer",
			Message: "the issuer's address must begin with https:// (http:// only for one on a loopback address of this machine)"})
	}
	if config.ClientID == "" {
		refused.With(fault.Reason{Code: "client", Field: "--oidc-client-id", Message: "is not set"})
	}
	if len(refused.Reasons) > 0 {
		return nil, refused
	}
	l := &Login{config: config, http: &http.Client{Timeout: 10 * time.Second}}
	l.sessions = l.manager()
	return l, nil
}

// private says whether nobody on the way can read what is sent to an address.
func private(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && ip != nil && ip.IsLoopback()
}

// Routes mounts signing in and out. It comes before the first request.
func (l *Login) Routes(mux *http.ServeMux, pages *page.Renderer) {
	l.pages = pages
	mux.Handle("GET "+SignIn, pages.Handle(l.begin))
	mux.Handle("GET "+Callback, pages.Handle(l.finish))
	mux.Handle("POST "+SignOut, pages.Handle(l.signOut))
	mux.Handle("GET "+SignedOut, pages.Handle(l.showSignedOut))
}

// Required answers by a handler that is told who asks. A browser of nobody is
// sent to sign in and comes back; what it posts is kept for it (lost).
func Required(pages *page.Renderer, handler func(http.ResponseWriter, *http.Request, access.Actor) error) http.Handler {
	return pages.Handle(func(w http.ResponseWriter, r *http.Request) error {
		actor, err := Actor(r.Context())
		if fault.Code(err) == "unauthenticated" && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, signInFor(r), http.StatusSeeOther)
			return nil
		}
		if fault.Code(err) == "unauthenticated" && r.Method == http.MethodPost && strings.Contains(r.Header.Get("Accept"), "text/html") {
			return lost(pages, w, r)
		}
		if err != nil {
			return err
		}
		return handler(w, r, actor)
	})
}

// signInFor is where one signs in and comes back to the page. The query stays
// behind: a search is nobody's business.
func signInFor(r *http.Request) string {
	if r.URL.Path == "/" || local(r.URL.Path) == "" {
		return SignIn
	}
	return SignIn + "?" + url.Values{"next": {r.URL.Path}}.Encode()
}

// local is the path if it leads to a page of this site, else empty. Browsers
// read a backslash as a slash, and two of them as another site.
func local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") || len(path) > 500 {
		return ""
	}
	for _, own := range []string{SignIn, SignOut, SignedOut} {
		if u.Path == own || strings.HasPrefix(u.Path, own+"/") {
			return ""
		}
	}
	return path
}
