package login

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"data.release/registrar/web/issuer"
)

// hostile is an issuer that answers whatever a test wants: the demonstration's
// cannot be made to lie.
type hostile struct {
	url    string
	key    *rsa.PrivateKey
	claims func(asked url.Values) map[string]any // of the ID token, given the request to log in
	info   map[string]any                        // at /userinfo
	sign   func(claims map[string]any) string    // by key, if nil
	asked  url.Values
}

func newHostile(t *testing.T) (*hostile, *site) {
	t.Helper()
	listener, address := listen(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{url: address, key: key}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"issuer": address, "authorization_endpoint": address + "/authorize", "token_endpoint": address + "/token",
			"jwks_uri": address + "/keys", "userinfo_endpoint": address + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) { reply(w, h.info) })
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		answer := map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60}
		if claims := h.claims(h.asked); claims != nil {
			sign := h.sign
			if sign == nil {
				sign = func(claims map[string]any) string { return signed(t, h.key, claims) }
			}
			answer["id_token"] = sign(claims)
		}
		reply(w, answer)
	})
	serve(t, listener, mux)
	ours, _ := listen(t)
	return h, newSite(t, address, ours, nil)
}

func signed(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// unsigned puts a token together by hand.
func unsigned(t *testing.T, header string, claims map[string]any, mac func(string) []byte) string {
	t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(text)
	return input + "." + base64.RawURLEncoding.EncodeToString(mac(input))
}

// honest are the claims of a right answer.
func (h *hostile) honest(asked url.Values) map[string]any {
	return map[string]any{"iss": h.url, "sub": "amina-1", "aud": "registrar", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		"nonce": asked.Get("nonce"), "auth_time": time.Now().Unix(), "email": "amina@ccg.example", "email_verified": true}
}

func with(claims map[string]any, change ...any) map[string]any {
	claims = maps.Clone(claims)
	for n := 0; n < len(change); n += 2 {
		if change[n+1] == nil {
			delete(claims, change[n].(string))
		} else {
			claims[change[n].(string)] = change[n+1]
		}
	}
	return claims
}

// try goes through a log-in whose answer is the claims of answer.
func (h *hostile) try(s *site, signIn, more string, claims func(url.Values) map[string]any) (answer, browser) {
	b := s.browser()
	asked, _ := url.Parse(b.get(s.url + signIn).location())
	h.asked, h.claims = asked.Query(), claims
	return b.get(s.url + Callback + "?code=c&state=" + h.asked.Get("state") + more), b
}

func TestWhatTheIssuerSaysIsChecked(t *testing.T) {
	h, s := newHostile(t)
	if a, b := h.try(s, SignIn, "", h.honest); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("the honest answer: %d: %s", a.StatusCode, a.body)
	} else if status, name, _ := s.whoami(b); status != http.StatusOK || name != "Amina Recipient" {
		t.Fatalf("the honest answer: %d, %q", status, name)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][]any{
		"another nonce":        {"nonce", "n0nce"},
		"no nonce":             {"nonce", nil},
		"another issuer":       {"iss", "https://issuer.example"},
		"another audience":     {"aud", "other"},
		"no audience":          {"aud", nil},
		"over":                 {"exp", time.Now().Add(-time.Minute).Unix()},
		"never over":           {"exp", nil},
		"nobody":               {"sub", nil},
		"not yet":              {"nbf", time.Now().Add(time.Hour).Unix()},
		"several, no party":    {"aud", []string{"registrar", "other"}},
		"another party":        {"aud", []string{"registrar", "other"}, "azp", "other"},
		"another party alone":  {"azp", "other"},
		"another access token": {"at_hash", "AAAAAAAAAAAAAAAAAAAAAA"},
		"a logout token":       {"events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}},
	} {
		a, b := h.try(s, SignIn, "", func(asked url.Values) map[string]any { return with(h.honest(asked), change...) })
		if status, _, _ := s.whoami(b); a.StatusCode != http.StatusUnauthorized || status != http.StatusUnauthorized {
			t.Errorf("%s: %d, then %d", name, a.StatusCode, status)
		}
	}
	if a, _ := h.try(s, SignIn, "", func(url.Values) map[string]any { return nil }); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("no ID token: %d", a.StatusCode)
	}
	if a, _ := h.try(s, SignIn, "&iss=https%3A%2F%2Fissuer.example", h.honest); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("another issuer's answer: %d", a.StatusCode)
	}
	h.sign = func(claims map[string]any) string { return signed(t, other, claims) }
	if a, _ := h.try(s, SignIn, "", h.honest); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("another key: %d", a.StatusCode)
	}
}

// Even where an issuer takes a code twice.
func TestAnAnswerIsUsedUp(t *testing.T) {
	h, s := newHostile(t)
	a, b := h.try(s, SignIn, "", h.honest)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first time: %d", a.StatusCode)
	}
	if again := b.get(a.Request.URL.String()); again.StatusCode != http.StatusUnauthorized {
		t.Errorf("the second time: %d", again.StatusCode)
	}
}

// An address opens the door to a granted role once, and only if the issuer has
// verified it.
func TestOnlyAVerifiedAddressIsBelieved(t *testing.T) {
	h, s := newHostile(t)
	for name, change := range map[string][]any{
		"unverified":  {"email_verified", false},
		"unspoken":    {"email_verified", nil},
		"no address":  {"email", nil},
		"odd address": {"email", "someone@elsewhere.example"},
	} {
		h.info = map[string]any{"sub": "amina-1"}
		a, _ := h.try(s, SignIn, "", func(asked url.Values) map[string]any { return with(h.honest(asked), change...) })
		if a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	// It may come from /userinfo, if that speaks of the same person.
	without := func(asked url.Values) map[string]any {
		return with(h.honest(asked), "email", nil, "email_verified", nil)
	}
	h.info = map[string]any{"sub": "bea-1", "email": "amina@ccg.example", "email_verified": true}
	if a, _ := h.try(s, SignIn, "", without); a.StatusCode == http.StatusSeeOther {
		t.Error("another person's address was believed")
	}
	h.info = map[string]any{"sub": "amina-1", "email": "amina@ccg.example", "email_verified": "true"}
	if a, _ := h.try(s, SignIn, "", without); a.StatusCode != http.StatusSeeOther {
		t.Errorf("her own: %d: %s", a.StatusCode, a.body)
	}
	// From now on it is the subject that counts.
	if a, _ := h.try(s, SignIn, "", func(asked url.Values) map[string]any { return with(h.honest(asked), "sub", "mallory") }); a.StatusCode != http.StatusForbidden {
		t.Errorf("another subject with her address: %d", a.StatusCode)
	}
}

func TestAFreshLogInIsAskedForAndChecked(t *testing.T) {
	h, s := newHostile(t)
	if a, _ := h.try(s, "/login?fresh=1&next=/whoami", "", h.honest); a.StatusCode != http.StatusSeeOther || a.location() != "/whoami" {
		t.Errorf("fresh: %d: %s", a.StatusCode, a.body)
	}
	if h.asked.Get("prompt") != "login" || h.asked.Get("max_age") != "0" {
		t.Errorf("asked: %v", h.asked)
	}
	old := func(asked url.Values) map[string]any {
		return with(h.honest(asked), "auth_time", time.Now().Add(-time.Hour).Unix())
	}
	if a, _ := h.try(s, "/login?fresh=1", "", old); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("an old log-in passed for a fresh one: %d", a.StatusCode)
	}
	if a, _ := h.try(s, "/login?fresh=1", "", func(asked url.Values) map[string]any { return with(h.honest(asked), "auth_time", nil) }); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a log-in of no time passed for a fresh one: %d", a.StatusCode)
	}
	a, b := h.try(s, SignIn, "", old)
	if a.StatusCode != http.StatusSeeOther || h.asked.Has("prompt") {
		t.Errorf("without need: %d, %v", a.StatusCode, h.asked)
	}
	who := b.get(s.url+"/whoami", "Accept", "application/json")
	var moment struct{ At time.Time }
	if err := json.Unmarshal([]byte(who.body), &moment); err != nil || time.Since(moment.At) < 59*time.Minute || time.Since(moment.At) > 61*time.Minute {
		t.Errorf("the moment of log-in: %v, %v", moment.At, err)
	}
}

func TestABearerTokenIsChecked(t *testing.T) {
	h, s := newHostile(t)
	s.login.config.Audiences = []string{"registrar-api"}
	honest := with(h.honest(nil), "nonce", nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKey{Key: &h.key.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"an ID token":           signed(t, h.key, honest),
		"an access token":       signed(t, h.key, with(honest, "aud", "registrar-api", "azp", "some-program")),
		"of several, one is us": signed(t, h.key, with(honest, "aud", []string{"other", "registrar-api"})),
	} {
		for _, scheme := range []string{"Bearer ", "bearer "} {
			if status, who, _ := s.whoami(s.browser(), "Authorization", scheme+token); status != http.StatusOK || who != "Amina Recipient" {
				t.Errorf("%s: %d, %q", name, status, who)
			}
		}
	}
	// A browser's session must not stand in for a token that is refused.
	_, in := h.try(s, SignIn, "", h.honest)
	forged := signed(t, h.key, honest)
	forged = forged[:len(forged)-10] + "AAAAAAAAAA"
	for name, token := range map[string]string{
		"nothing":             "",
		"no token":            "x.y.z",
		"two parts":           strings.Join(strings.Split(signed(t, h.key, honest), ".")[:2], "."),
		"another key":         signed(t, other, honest),
		"a changed signature": forged,
		"over":                signed(t, h.key, with(honest, "exp", time.Now().Add(-time.Second).Unix())),
		"never over":          signed(t, h.key, with(honest, "exp", nil)),
		"another audience":    signed(t, h.key, with(honest, "aud", "other")),
		"no audience":         signed(t, h.key, with(honest, "aud", nil)),
		"another issuer":      signed(t, h.key, with(honest, "iss", "https://issuer.example")),
		"nobody":              signed(t, h.key, with(honest, "sub", nil)),
		"a logout token":      signed(t, h.key, with(honest, "events", map[string]any{"x": 1})),
		"unsigned":            unsigned(t, `{"alg":"none"}`, honest, func(string) []byte { return nil }),
		"signed by the public": unsigned(t, `{"alg":"HS256","kid":"1"}`, honest, func(input string) []byte {
			m := hmac.New(sha256.New, public)
			m.Write([]byte(input))
			return m.Sum(nil)
		}),
		"by an alg not agreed": unsigned(t, `{"alg":"RS512","kid":"1"}`, honest, func(input string) []byte { return sign512(t, h.key, input) }),
	} {
		a := in.get(s.url+"/whoami", "Authorization", "Bearer "+token, "Accept", "application/json")
		if a.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d, %q", name, a.StatusCode, a.Header.Get("WWW-Authenticate"))
		}
		if token != "" && strings.Contains(a.body, token) {
			t.Errorf("%s: the answer repeats the token", name)
		}
		if public := in.get(s.url+"/", "Authorization", "Bearer "+token); public.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s passes as the public: %d", name, public.StatusCode)
		}
	}
	// Sign-in is for browsers; a program that asks for it breaks nothing.
	if a := s.browser().get(s.url+SignIn, "Authorization", "Bearer "+signed(t, h.key, honest)); a.StatusCode != http.StatusSeeOther || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("a program signing in: %d, cookie %q", a.StatusCode, a.Header.Get("Set-Cookie"))
	}
	if a := s.browser().get(s.url+"/", "Authorization", "Basic dXNlcjpwYXNz"); a.StatusCode != http.StatusOK {
		t.Errorf("another scheme: %d", a.StatusCode)
	}
}

func sign512(t *testing.T, key *rsa.PrivateKey, input string) []byte {
	t.Helper()
	sum := sha512.Sum512([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA512, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// Only what the issuer publishes counts, not what calls itself by its name.
func TestAnImpostorOfTheIssuerIsRefused(t *testing.T) {
	s, i := start(t, nil)
	s.signIn("amina")
	token, err := i.Token("amina")
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := s.whoami(s.browser(), "Authorization", "Bearer "+token); status != http.StatusOK {
		t.Fatalf("by the first key: %d", status)
	}
	// Another issuer at the same address that this one does not publish.
	impostor, err := issuer.New(issuer.Config{URL: s.issuer, KeyFile: filepath.Join(t.TempDir(), "key.pem"), ClientID: "registrar",
		Users: []issuer.User{{Subject: "amina"}}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if token, err = impostor.Token("amina"); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := s.whoami(s.browser(), "Authorization", "Bearer "+token); status != http.StatusUnauthorized {
		t.Errorf("by a key that is not published: %d", status)
	}
}
