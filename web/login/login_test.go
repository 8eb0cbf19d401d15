package login

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page/pagetest"
)

func TestPages(t *testing.T) { pagetest.Check(t) }

func TestSomebodySignsInComesBackAndSignsOut(t *testing.T) {
	s, _ := start(t, nil)
	b := s.browser()
	if public := b.get(s.url + "/"); public.StatusCode != http.StatusOK || b.cookie(s.url) != "" {
		t.Fatalf("the public page: %d, cookie %q", public.StatusCode, b.cookie(s.url))
	}
	asked := b.get(s.url + "/whoami")
	if asked.StatusCode != http.StatusSeeOther || asked.location() != "/login?next=%2Fwhoami" {
		t.Fatalf("a page of one's own: %d, to %q", asked.StatusCode, asked.location())
	}
	back := b.get(s.choose(b, asked.location(), "amina"))
	if back.StatusCode != http.StatusSeeOther || back.location() != "/whoami" {
		t.Fatalf("coming back: %d, to %q: %s", back.StatusCode, back.location(), back.body)
	}
	if status, name, roles := s.whoami(b); status != http.StatusOK || name != "Amina Recipient" || !slices.Equal(roles, []string{"recipient"}) {
		t.Errorf("signed in: %d, %q, %v", status, name, roles)
	}
	if public := b.get(s.url + "/"); !strings.Contains(public.body, "Your files") {
		t.Errorf("the public page now: %s", public.body)
	}
	before := b.cookie(s.url)
	out := b.do(http.MethodPost, s.url+SignOut, url.Values{})
	if out.StatusCode != http.StatusSeeOther || out.location() != SignedOut || b.cookie(s.url) != "" {
		t.Fatalf("signing out: %d, to %q, cookie %q", out.StatusCode, out.location(), b.cookie(s.url))
	}
	farewell := b.get(s.url + SignedOut)
	if !strings.Contains(farewell.body, "You have signed out") || !strings.Contains(farewell.body, s.issuer+"/end_session?client_id=registrar&amp;post_logout_redirect_uri=") {
		t.Errorf("after signing out: %s", farewell.body)
	}
	if status, _, _ := s.whoami(s.browser(), "Cookie", "registrar="+before); status != http.StatusUnauthorized {
		t.Errorf("the cookie of before: %d", status)
	}
	if get := b.get(s.url + SignOut); get.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("signing out by a link: %d", get.StatusCode)
	}
}

func TestWhereOneBelongs(t *testing.T) {
	s, _ := start(t, nil)
	for user, want := range map[string]string{"amina": "/recipient", "bea": "/team"} {
		b := s.browser()
		if back := b.get(s.choose(b, SignIn, user)); back.location() != want {
			t.Errorf("%s goes to %q", user, back.location())
		}
	}
}

func TestTheCookieIsKeptFromOthers(t *testing.T) {
	s, _ := start(t, nil)
	b := s.browser()
	back := b.get(s.choose(b, SignIn, "amina"))
	cookie := back.Header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("%s is missing: %s", part, cookie)
		}
	}
	for _, part := range []string{"Domain=", "Expires=", "Max-Age="} {
		if strings.Contains(cookie, part) {
			t.Errorf("%s: %s", part, cookie)
		}
	}
	var stored string
	if err := s.db.DB.QueryRowContext(t.Context(), `SELECT string_agg(token, ' ') FROM sessions`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, b.cookie(s.url)) {
		t.Error("who reads the table can use the session")
	}

	listener, _ := listen(t)
	https := newSite(t, "https://issuer.example", listener, func(c *Config) { c.PublicURL = "https://register.example/" })
	m := https.login.sessions.Cookie
	if !m.Secure || m.Name != "__Host-registrar" || m.Path != "/" || m.Domain != "" {
		t.Errorf("on https: %+v", m)
	}
}

// Somebody plants a session that they know in another's browser and waits.
func TestAPlantedSessionIsWorthNothing(t *testing.T) {
	s, _ := start(t, nil)
	attacker := s.browser()
	attacker.get(s.url + SignIn)
	planted := attacker.cookie(s.url)
	if planted == "" {
		t.Fatal("nothing to plant")
	}
	victim := s.browser()
	u, _ := url.Parse(s.url)
	victim.Jar.SetCookies(u, []*http.Cookie{{Name: "registrar", Value: planted, Path: "/"}})
	victim.get(s.choose(victim, SignIn, "amina"))
	if status, name, _ := s.whoami(victim); status != http.StatusOK || name != "Amina Recipient" {
		t.Fatalf("the victim: %d, %q", status, name)
	}
	if victim.cookie(s.url) == planted {
		t.Error("the session kept its token through the log-in")
	}
	if status, _, _ := s.whoami(attacker); status != http.StatusUnauthorized {
		t.Errorf("the attacker: %d", status)
	}
	// A token of one's own making begins no session either.
	invented := s.browser()
	invented.Jar.SetCookies(u, []*http.Cookie{{Name: "registrar", Value: "invented", Path: "/"}})
	invented.get(s.url + SignIn)
	if got := invented.cookie(s.url); got == "invented" || got == "" {
		t.Errorf("an invented token became %q", got)
	}
}

func TestALogInIsFinishedOnceAndWhereItWasBegun(t *testing.T) {
	s, _ := start(t, nil)
	b := s.browser()
	callback := s.choose(b, SignIn, "amina")

	if other := s.browser().get(callback); other.StatusCode != http.StatusUnauthorized {
		t.Errorf("in another browser: %d", other.StatusCode)
	}
	wrong, _ := url.Parse(callback)
	query := wrong.Query()
	query.Set("state", "X"+query.Get("state")[1:])
	wrong.RawQuery = query.Encode()
	if forged := b.get(wrong.String()); forged.StatusCode != http.StatusUnauthorized || !strings.Contains(forged.body, "not begun in this browser") {
		t.Errorf("with another state: %d: %s", forged.StatusCode, forged.body)
	}
	if first := b.get(callback); first.StatusCode != http.StatusSeeOther {
		t.Errorf("a forged answer ended the log-in: %d: %s", first.StatusCode, first.body)
	}
	if again := b.get(callback); again.StatusCode != http.StatusUnauthorized {
		t.Errorf("a second time: %d", again.StatusCode)
	}
	if status, name, _ := s.whoami(b); status != http.StatusOK || name != "Amina Recipient" {
		t.Errorf("the session after all that: %d, %q", status, name)
	}
}

// An attacker's code put into the victim's own log-in would sign the victim in
// as the attacker; the verifier is another.
func TestACodeOfAnotherLogInIsRefused(t *testing.T) {
	s, _ := start(t, nil)
	attacker, victim := s.browser(), s.browser()
	stolen, _ := url.Parse(s.choose(attacker, SignIn, "bea"))
	mine, _ := url.Parse(s.choose(victim, SignIn, "amina"))
	query := mine.Query()
	query.Set("code", stolen.Query().Get("code"))
	mine.RawQuery = query.Encode()
	if injected := victim.get(mine.String()); injected.StatusCode != http.StatusUnauthorized || !strings.Contains(injected.body, "did not confirm") {
		t.Errorf("%d: %s", injected.StatusCode, injected.body)
	}
	if status, name, _ := s.whoami(victim); status != http.StatusUnauthorized {
		t.Errorf("signed in all the same: %d, %q", status, name)
	}
}

func TestTheIssuersNoIsShown(t *testing.T) {
	s, _ := start(t, nil)
	b := s.browser()
	asked, _ := url.Parse(b.get(s.url + SignIn).location())
	state := asked.Query().Get("state")
	answer := b.get(s.url + Callback + "?error=access_denied&error_description=%3Cb%3EMALLORY&state=" + state)
	if answer.StatusCode != http.StatusUnauthorized || !strings.Contains(answer.body, "did not let you in") || strings.Contains(answer.body, "MALLORY") {
		t.Errorf("%d: %s", answer.StatusCode, answer.body)
	}
	if !strings.Contains(s.log.String(), "access_denied") || strings.Contains(s.log.String(), "MALLORY") {
		t.Errorf("logged: %s", s.log)
	}
}

func TestALeaverStopsAtOnce(t *testing.T) {
	s, i := start(t, nil)
	b := s.signIn("amina")
	token, err := i.Token("amina")
	if err != nil {
		t.Fatal(err)
	}
	ask := func() [2][]string {
		t.Helper()
		_, _, session := s.whoami(b)
		_, _, program := s.whoami(s.browser(), "Authorization", "Bearer "+token)
		return [2][]string{session, program}
	}
	if got := ask(); len(got[0]) != 1 || len(got[1]) != 1 {
		t.Fatalf("before: %v", got)
	}
	if err := s.service.EndMemberships(t.Context(), system, "amina@ccg.example", "example-university", "left"); err != nil {
		t.Fatal(err)
	}
	if got := ask(); len(got[0]) != 0 || len(got[1]) != 0 {
		t.Errorf("after: %v", got)
	}
	if public := b.get(s.url + "/"); strings.Contains(public.body, "Your files") {
		t.Errorf("still offered: %s", public.body)
	}
	s.grant("amina@ccg.example", "Amina Recipient", access.Recipient, "the-body")
	if got := ask(); len(got[0]) != 1 || len(got[1]) != 1 {
		t.Errorf("back again: %v", got)
	}
}

func TestSomebodyWithoutARoleGetsNoSession(t *testing.T) {
	s, i := start(t, nil)
	b := s.browser()
	back := b.get(s.choose(b, SignIn, "stan"))
	if back.StatusCode != http.StatusForbidden || !strings.Contains(back.body, "nobody has given you a role") {
		t.Errorf("%d: %s", back.StatusCode, back.body)
	}
	if status, _, _ := s.whoami(b); status != http.StatusUnauthorized {
		t.Errorf("afterwards: %d", status)
	}
	token, err := i.Token("stan")
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := s.whoami(s.browser(), "Authorization", "Bearer "+token); status != http.StatusForbidden {
		t.Errorf("by token: %d", status)
	}
	if public := s.browser().get(s.url+"/", "Authorization", "Bearer "+token); public.StatusCode != http.StatusOK {
		t.Errorf("the public page: %d", public.StatusCode)
	}
}

func TestSessionsEnd(t *testing.T) {
	s, _ := start(t, func(c *Config) { c.Idle, c.Lifetime = time.Hour, 90*time.Minute })
	b := s.signIn("amina")
	left := func() time.Duration {
		t.Helper()
		var at time.Time
		if err := s.db.DB.QueryRowContext(t.Context(), `SELECT expiry FROM sessions`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		return time.Until(at).Round(time.Minute)
	}
	if got := left(); got != time.Hour {
		t.Errorf("idle, a session lasts %v", got)
	}
	// A request moves the idle end on, the absolute one stays.
	if _, err := s.db.DB.ExecContext(t.Context(), `UPDATE sessions SET expiry = current_timestamp + interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	s.whoami(b)
	if got := left(); got != time.Hour {
		t.Errorf("after a request it lasts %v", got)
	}
	if _, err := s.db.DB.ExecContext(t.Context(), `UPDATE sessions SET expiry = current_timestamp`); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := s.whoami(b); status != http.StatusUnauthorized {
		t.Errorf("when it is over: %d", status)
	}
	s.signIn("bea")
	if got := left(); got != time.Hour {
		t.Errorf("one row should be left, lasting an hour, not %v", got)
	}

	short, _ := start(t, func(c *Config) { c.Idle, c.Lifetime = time.Hour, 20*time.Minute })
	b = short.signIn("amina")
	short.whoami(b)
	s = short
	if got := left(); got != 20*time.Minute {
		t.Errorf("busy, a session lasts %v", got)
	}
}

// A slow answer that began before signing out must not write the session back.
func TestASlowAnswerDoesNotReviveASession(t *testing.T) {
	s, _ := start(t, nil)
	b := s.signIn("amina")
	cookie := "registrar=" + b.cookie(s.url)
	slow := make(chan answer)
	go func() { slow <- s.browser().get(s.url+"/slow", "Cookie", cookie) }()
	<-s.begun
	b.do(http.MethodPost, s.url+SignOut, url.Values{})
	s.slow <- struct{}{}
	if got := <-slow; got.StatusCode != http.StatusOK {
		t.Fatalf("the slow answer: %d", got.StatusCode)
	}
	if status, _, _ := s.whoami(s.browser(), "Cookie", cookie); status != http.StatusUnauthorized {
		t.Errorf("the session lives again: %d", status)
	}
	var rows int
	if err := s.db.DB.QueryRowContext(t.Context(), `SELECT count(*) FROM sessions`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	s, i := start(t, nil)
	b := s.browser()
	callback, _ := url.Parse(s.choose(b, "/login?next=/whoami", "amina"))
	b.get(callback.String())
	b.get(callback.String()) // refused, and logged
	token, err := i.Token("amina")
	if err != nil {
		t.Fatal(err)
	}
	s.whoami(s.browser(), "Authorization", "Bearer "+token)
	s.whoami(s.browser(), "Authorization", "Bearer "+token+"x")
	log := s.log.String()
	if !strings.Contains(log, "log-in refused") {
		t.Fatalf("nothing was logged: %s", log)
	}
	for name, secret := range map[string]string{"code": callback.Query().Get("code"), "state": callback.Query().Get("state"), "cookie": b.cookie(s.url), "token": token, "name": "Amina", "address": "amina@"} {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the %s %q stands in the log", name, secret)
		}
	}
}

func TestAnIssuerThatIsAwayCostsThePublicNothing(t *testing.T) {
	listener, _ := listen(t)
	gone, address := listen(t)
	gone.Close()
	s := newSite(t, address, listener, nil)
	if public := s.browser().get(s.url + "/"); public.StatusCode != http.StatusOK {
		t.Errorf("the public page: %d", public.StatusCode)
	}
	if signIn := s.browser().get(s.url + SignIn); signIn.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("signing in: %d", signIn.StatusCode)
	}
	if status, _, _ := s.whoami(s.browser(), "Authorization", "Bearer x.y.z"); status != http.StatusServiceUnavailable {
		t.Errorf("a token: %d", status)
	}
	if farewell := s.browser().get(s.url + SignedOut); farewell.StatusCode != http.StatusOK || strings.Contains(farewell.body, "end_session") {
		t.Errorf("signed out: %d", farewell.StatusCode)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, issuer := range []string{"http://issuer.example", "http://localhost:8081", "issuer.example", "", "ftp://issuer.example"} {
		if _, err := New(Config{Issuer: issuer, ClientID: "registrar"}); !errors.Is(err, fault.Invalid) {
			t.Errorf("issuer %q: %v", issuer, err)
		}
	}
	_, err := New(Config{})
	var told *fault.Error
	if !errors.As(err, &told) || len(told.Reasons) != 2 {
		t.Errorf("nothing set: %v", err)
	}
}

func TestALogInLeadsToThisSiteOnly(t *testing.T) {
	for path, want := range map[string]string{
		"/recipient/files/7b": "/recipient/files/7b", "/register/12": "/register/12", "": "", "recipient": "",
		"//evil.example": "", "/\\evil.example": "", "\\\\evil.example": "", "https://evil.example": "", "/\tevil": "", "/a\r\nSet-Cookie: x": "",
		"javascript:alert(1)": "", "///evil.example": "", "/login": "", "/login/callback": "", "/logout": "", "/signed-out": "", "/loginish": "/loginish",
		"/" + strings.Repeat("a", 600): "",
	} {
		if got := local(path); got != want {
			t.Errorf("%q leads to %q", path, got)
		}
	}
	s, _ := start(t, nil)
	b := s.browser()
	if back := b.get(s.choose(b, "/login?next=//evil.example", "amina")); back.location() != "/recipient" {
		t.Errorf("led to %q", back.location())
	}
}
