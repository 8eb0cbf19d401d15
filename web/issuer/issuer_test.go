package issuer

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"data.release/registrar/release/fault"
)

const callback = "http://127.0.0.1:8080/login/callback"

var users = []User{
	{Subject: "amina", Name: "Amina Recipient", Email: "amina@ccg.example", Says: "downloads"},
	{Subject: "bea", Name: "Bea Officer", Email: "bea@discloser.example", Says: "runs agreements"},
}

// start serves an issuer on a free port of this machine.
func start(t *testing.T, keyFile string) *Issuer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i, err := New(Config{
		URL: "http://" + listener.Addr().String(), KeyFile: keyFile, ClientID: "registrar",
		RedirectURIs: []string{callback}, SignedOutURIs: []string{"http://127.0.0.1:8080/"},
		Users: users, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- i.Serve(t.Context(), listener) }()
	t.Cleanup(func() {
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return i
}

// noRedirect shows every answer as it is.
var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func do(t *testing.T, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := noRedirect.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, request)
}

func post(t *testing.T, address string, form url.Values, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for n := 0; n < len(headers); n += 2 {
		request.Header.Set(headers[n], headers[n+1])
	}
	return do(t, request)
}

const verifier = "a-verifier-of-at-least-forty-three-characters-00"

func asked(change ...string) url.Values {
	form := url.Values{
		"client_id": {"registrar"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email"},
		"state": {"the-state"}, "nonce": {"the-nonce"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	for n := 0; n < len(change); n += 2 {
		form.Set(change[n], change[n+1])
		if change[n+1] == "" {
			form.Del(change[n])
		}
	}
	return form
}

// code goes from the request to the code, as a browser does.
func code(t *testing.T, i *Issuer, user string) string {
	t.Helper()
	response, _ := get(t, i.config.URL+"/authorize?"+asked().Encode())
	login := response.Header.Get("Location")
	if response.StatusCode != http.StatusFound || !strings.HasPrefix(login, "/login?request=") {
		t.Fatalf("asking: %d, to %q", response.StatusCode, login)
	}
	response, page := get(t, i.config.URL+login)
	if response.StatusCode != http.StatusOK || !strings.Contains(page, "Demonstration log-in") || !strings.Contains(page, "Amina Recipient") {
		t.Fatalf("the page to choose on: %d\n%s", response.StatusCode, page)
	}
	parsed, _ := url.Parse(login)
	response, _ = post(t, i.config.URL+"/login", url.Values{"request": {parsed.Query().Get("request")}, "user": {user}})
	response, _ = get(t, response.Header.Get("Location"))
	back, err := url.Parse(response.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") || back.Query().Get("state") != "the-state" {
		t.Fatalf("the way back: %d, to %q", response.StatusCode, back)
	}
	return back.Query().Get("code")
}

func exchange(t *testing.T, i *Issuer, code, verifier string) (*http.Response, string) {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "client_id": {"registrar"}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	return post(t, i.config.URL+"/oauth/token", form)
}

func TestOneButtonLeadsToATokenOfThatUser(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	before := time.Now().Add(-time.Second)
	response, body := exchange(t, i, code(t, i, "amina"), verifier)
	var tokens struct {
		IDToken      string `json:"id_token"`
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(body), &tokens); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v: %s", response.StatusCode, err, body)
	}
	provider, err := oidc.NewProvider(t.Context(), i.config.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{tokens.IDToken, tokens.AccessToken} {
		token, err := provider.Verifier(&oidc.Config{ClientID: "registrar"}).Verify(t.Context(), raw)
		if err != nil || token.Subject != "amina" {
			t.Fatalf("%+v, %v", token, err)
		}
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: "registrar"}).Verify(t.Context(), tokens.IDToken)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Name     string `json:"name"`
		AuthTime int64  `json:"auth_time"`
	}
	if err := token.Claims(&claims); err != nil || claims.Email != "amina@ccg.example" || !claims.Verified || claims.Name != "Amina Recipient" || token.Nonce != "the-nonce" {
		t.Errorf("%+v, %v", claims, err)
	}
	if at := time.Unix(claims.AuthTime, 0); at.Before(before.Truncate(time.Second)) || at.After(time.Now().Add(time.Second)) {
		t.Errorf("auth_time is %v", at)
	}
	if tokens.RefreshToken != "" {
		t.Error("a refresh token was given")
	}
	info, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: tokens.AccessToken, TokenType: "Bearer"}))
	if err != nil || info.Subject != "amina" || info.Email != "amina@ccg.example" {
		t.Errorf("userinfo: %+v, %v", info, err)
	}
}

func TestACodeIsGoodOnceAndWithItsVerifierOnly(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	first := code(t, i, "amina")
	if response, body := exchange(t, i, first, verifier); response.StatusCode != http.StatusOK {
		t.Fatalf("%d: %s", response.StatusCode, body)
	}
	if response, body := exchange(t, i, first, verifier); response.StatusCode != http.StatusBadRequest || !strings.Contains(body, "invalid_grant") {
		t.Errorf("the same code again: %d: %s", response.StatusCode, body)
	}
	for _, wrong := range []string{"", verifier + "1"} {
		guessed := code(t, i, "amina")
		if response, body := exchange(t, i, guessed, wrong); response.StatusCode != http.StatusBadRequest {
			t.Errorf("verifier %q: %d: %s", wrong, response.StatusCode, body)
		}
		if response, _ := exchange(t, i, guessed, verifier); response.StatusCode != http.StatusBadRequest {
			t.Errorf("a code outlived a wrong verifier %q", wrong)
		}
	}
}

func TestOfTwoWhoUseACodeOneHasIt(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	once := code(t, i, "amina")
	var group sync.WaitGroup
	won := make(chan int, 8)
	for range 8 {
		group.Go(func() {
			if response, _ := exchange(t, i, once, verifier); response.StatusCode == http.StatusOK {
				won <- 1
			}
		})
	}
	group.Wait()
	if len(won) != 1 {
		t.Errorf("%d exchanges of one code succeeded", len(won))
	}
}

func TestWhatIsAskedWronglyIsRefused(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	for name, test := range map[string]struct {
		change []string
		back   bool // told to the client; else only to the browser, whose address may not be the client's
	}{
		"no PKCE":               {[]string{"code_challenge", "", "code_challenge_method", ""}, true},
		"plain PKCE":            {[]string{"code_challenge", verifier, "code_challenge_method", "plain"}, true},
		"PKCE of no method":     {[]string{"code_challenge_method", ""}, true},
		"implicit flow":         {[]string{"response_type", "id_token"}, true},
		"silent":                {[]string{"prompt", "none"}, true},
		"other client":          {[]string{"client_id", "other"}, false},
		"other address":         {[]string{"redirect_uri", "http://127.0.0.1:9999/login/callback"}, false},
		"longer address":        {[]string{"redirect_uri", callback + "/x"}, false},
		"address with a query":  {[]string{"redirect_uri", callback + "?x=1"}, false},
		"address by other name": {[]string{"redirect_uri", "http://localhost:8080/login/callback"}, false},
	} {
		response, body := get(t, i.config.URL+"/authorize?"+asked(test.change...).Encode())
		location := response.Header.Get("Location")
		if test.back {
			if !strings.HasPrefix(location, callback) || !strings.Contains(location, "error=") || strings.Contains(location, "code=") {
				t.Errorf("%s: %d, to %q", name, response.StatusCode, location)
			}
		} else if response.StatusCode != http.StatusBadRequest || location != "" {
			t.Errorf("%s: %d, to %q: %s", name, response.StatusCode, location, body)
		}
	}
}

func TestNobodyElseChooses(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	response, _ := get(t, i.config.URL+"/authorize?"+asked().Encode())
	login, _ := url.Parse(response.Header.Get("Location"))
	choice := url.Values{"request": {login.Query().Get("request")}, "user": {"amina"}}
	if response, _ := post(t, i.config.URL+"/login", choice, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); response.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", response.StatusCode)
	}
	stranger := url.Values{"request": choice["request"], "user": {"mallory"}}
	if response, _ := post(t, i.config.URL+"/login", stranger); response.StatusCode != http.StatusBadRequest {
		t.Errorf("as nobody known: %d", response.StatusCode)
	}
	// Before a choice there is no code.
	response, _ = get(t, i.config.URL+"/authorize/callback?id="+choice.Get("request"))
	if strings.Contains(response.Header.Get("Location"), "code=") {
		t.Error("a code without a choice")
	}
	if response, _ := post(t, i.config.URL+"/login", choice); response.StatusCode != http.StatusSeeOther {
		t.Errorf("by its own page: %d", response.StatusCode)
	}
	if response, _ := post(t, i.config.URL+"/login", url.Values{"request": choice["request"], "user": {"bea"}}); response.StatusCode != http.StatusBadRequest {
		t.Errorf("a second choice: %d", response.StatusCode)
	}
}

func TestOnlyThisMachineByItsAddress(t *testing.T) {
	for _, address := range []string{
		"http://0.0.0.0:8081", "http://192.0.2.7:8081", "http://localhost:8081", "https://127.0.0.1:8081", "http://127.0.0.1",
		"http://[::]:8081", "http://example.org:80", "http://127.0.0.1:8081/path", "127.0.0.1:8081", "",
	} {
		if _, err := New(Config{URL: address, KeyFile: filepath.Join(t.TempDir(), "key.pem")}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", address, err)
		}
	}
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	everywhere, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer everywhere.Close()
	if err := i.Serve(t.Context(), everywhere); !errors.Is(err, fault.Invalid) {
		t.Errorf("on every interface: %v", err)
	}
	for _, name := range []string{"rebound.example", "localhost", "127.0.0.1:1"} {
		request := httptest.NewRequest(http.MethodGet, "/login", nil)
		request.Host = name
		recorder := httptest.NewRecorder()
		i.Handler().ServeHTTP(recorder, request)
		if recorder.Code != http.StatusMisdirectedRequest {
			t.Errorf("asked as %s: %d", name, recorder.Code)
		}
	}
	for _, path := range []string{"/healthz", "/revoke", "/oauth/introspect", "/device_authorization"} {
		if response, _ := get(t, i.config.URL+path); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s is answered: %d", path, response.StatusCode)
		}
	}
	if response, _ := get(t, i.config.URL+"/keys"); response.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other sites may read")
	}
}

func TestTokensOfTheScriptSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "issuer.pem")
	i := start(t, path)
	provider, err := oidc.NewProvider(t.Context(), i.config.URL)
	if err != nil {
		t.Fatal(err)
	}
	again, err := New(i.config)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := again.Token("bea")
	if err != nil {
		t.Fatal(err)
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: "registrar"}).Verify(t.Context(), raw)
	if err != nil || token.Subject != "bea" || token.Expiry.After(time.Now().Add(tokenLife+time.Second)) {
		t.Errorf("%+v, %v", token, err)
	}
	var claims struct {
		Email    string `json:"email"`
		AuthTime int64  `json:"auth_time"`
	}
	if err := token.Claims(&claims); err != nil || claims.Email != "bea@discloser.example" || time.Since(time.Unix(claims.AuthTime, 0)) > time.Minute {
		t.Errorf("%+v, %v", claims, err)
	}
	if _, err := again.Token("mallory"); !errors.Is(err, fault.NotFound) {
		t.Errorf("of nobody: %v", err)
	}

	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(i.config); !errors.Is(err, fault.Invalid) {
		t.Errorf("a damaged key: %v", err)
	}
}

func TestSigningOutLeadsOnlyWhereAgreed(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "key.pem"))
	for target, want := range map[string]string{
		"http://127.0.0.1:8080/":    "http://127.0.0.1:8080/",
		"":                          i.config.URL + "/signed-out",
		"https://elsewhere.example": "",
	} {
		query := url.Values{"client_id": {"registrar"}}
		if target != "" {
			query.Set("post_logout_redirect_uri", target)
		}
		if response, _ := get(t, i.config.URL+"/end_session?"+query.Encode()); response.Header.Get("Location") != want {
			t.Errorf("to %q: %d, to %q", target, response.StatusCode, response.Header.Get("Location"))
		}
	}
}
