package login

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/issuer"
	"data.release/registrar/web/page"
)

var system = access.Actor{System: "test"}

// site is Registrar's log-in on a port of this machine, over a real database
// and use cases, with one page that says who asks.
type site struct {
	t       *testing.T
	url     string
	issuer  string
	login   *Login
	service *release.Service
	db      *migrationstest.DB
	log     *journal
	slow    chan struct{} // /slow answers when told to
	begun   chan struct{} // and says when it has begun
}

// journal is a log that tests read.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.String()
}

// listen opens a port before its address is needed.
func listen(t *testing.T) (net.Listener, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener, "http://" + listener.Addr().String()
}

func serve(t *testing.T, listener net.Listener, handler http.Handler) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
}

func newSite(t *testing.T, issuer string, listener net.Listener, change func(*Config)) *site {
	t.Helper()
	s := &site{t: t, url: "http://" + listener.Addr().String(), issuer: issuer, db: migrationstest.New(t), log: &journal{},
		slow: make(chan struct{}), begun: make(chan struct{}, 1)}
	s.service = release.New(release.Config{DB: s.db.DB})
	for _, name := range []string{"The Body", "Example University"} {
		if _, err := s.service.RecordOrganisation(t.Context(), system, release.OrganisationFacts{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	s.grant("amina@ccg.example", "Amina Recipient", access.Recipient, "example-university")
	s.grant("bea@discloser.example", "Bea Officer", access.AccessOfficer, "the-body")
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := Config{Issuer: issuer, ClientID: "registrar", PublicURL: s.url, Directory: s.service, DB: s.db.DB, Log: logger}
	if change != nil {
		change(&config)
	}
	var err error
	if s.login, err = New(config); err != nil {
		t.Fatal(err)
	}
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Viewer: s.login.Viewer, SignIn: SignIn, Log: logger})
	mux := http.NewServeMux()
	s.login.Routes(mux, pages)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		actor, err := Actor(r.Context())
		fmt.Fprintf(w, "public page for %q, %v; links %v", actor.Name, err != nil, s.login.Viewer(r).Links)
	})
	mux.Handle("/whoami", Required(pages, func(w http.ResponseWriter, _ *http.Request, actor access.Actor) error {
		roles := []string{}
		for _, m := range actor.Memberships {
			roles = append(roles, string(m.Role))
		}
		return json.NewEncoder(w).Encode(map[string]any{"name": actor.Name, "roles": roles, "at": actor.LoggedInAt})
	}))
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		s.begun <- struct{}{}
		<-s.slow
		io.WriteString(w, "done")
	})
	serve(t, listener, s.login.Session(pages.Unrouted(mux)))
	return s
}

func (s *site) grant(email, name string, role access.Role, organisation string) {
	s.t.Helper()
	if _, err := s.service.GrantRole(s.t.Context(), system, release.Grant{Email: email, Name: name, Role: role, Organisation: organisation}); err != nil {
		s.t.Fatal(err)
	}
}

// start is a site with the demonstration's issuer.
func start(t *testing.T, change func(*Config)) (*site, *issuer.Issuer) {
	t.Helper()
	ours, address := listen(t)
	theirs, issuerURL := listen(t)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	i, err := issuer.New(issuer.Config{
		URL: issuerURL, KeyFile: filepath.Join(t.TempDir(), "key.pem"), ClientID: "registrar", Log: log,
		RedirectURIs: []string{address + Callback}, SignedOutURIs: []string{address + SignedOut},
		Users: []issuer.User{
			{Subject: "amina", Name: "Amina Recipient", Email: "amina@ccg.example", Says: "downloads"},
			{Subject: "bea", Name: "Bea Officer", Email: "bea@discloser.example", Says: "runs agreements"},
			{Subject: "stan", Name: "Stan Stranger", Email: "stan@elsewhere.example", Says: "has no role here"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, theirs, i.Handler())
	return newSite(t, issuerURL, ours, change), i
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	t *testing.T
	*http.Client
}

func (s *site) browser() browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return browser{s.t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is a response whose body has been read.
type answer struct {
	*http.Response
	body string
}

func (a answer) location() string { return a.Header.Get("Location") }

func (b browser) do(method, address string, form url.Values, headers ...string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for n := 0; n < len(headers); n += 2 {
		request.Header.Set(headers[n], headers[n+1])
	}
	response, err := b.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response, string(body)}
}

func (b browser) get(address string, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, address, nil, headers...)
}

// cookie is the session's cookie, or "".
func (b browser) cookie(address string) string {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == "registrar" {
			return c.Value
		}
	}
	return ""
}

var buttonsRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)

// choose goes to the issuer and presses a user's button; the answer is the
// address that the issuer sends the browser back to.
func (s *site) choose(b browser, signIn, user string) string {
	s.t.Helper()
	asked := b.get(s.url + signIn)
	if asked.StatusCode != http.StatusSeeOther || !strings.HasPrefix(asked.location(), s.issuer+"/") {
		s.t.Fatalf("signing in: %d, to %q: %s", asked.StatusCode, asked.location(), asked.body)
	}
	buttons := b.get(s.issuer + b.get(asked.location()).location())
	found := buttonsRequest.FindStringSubmatch(buttons.body)
	if found == nil {
		s.t.Fatalf("no buttons: %d, %s", buttons.StatusCode, buttons.body)
	}
	pressed := b.do(http.MethodPost, s.issuer+"/login", url.Values{"request": {found[1]}, "user": {user}})
	return b.get(pressed.location()).location()
}

// signIn is the whole way.
func (s *site) signIn(user string) browser {
	s.t.Helper()
	b := s.browser()
	if back := b.get(s.choose(b, SignIn, user)); back.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("coming back: %d: %s", back.StatusCode, back.body)
	}
	return b
}

func (s *site) whoami(b browser, headers ...string) (status int, name string, roles []string) {
	s.t.Helper()
	a := b.get(s.url+"/whoami", append([]string{"Accept", "application/json"}, headers...)...)
	var who struct {
		Name  string
		Roles []string
	}
	if a.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(a.body), &who); err != nil {
			s.t.Fatal(err)
		}
	}
	return a.StatusCode, who.Name, who.Roles
}
