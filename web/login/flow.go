package login

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// pending is a log-in that was begun by this browser. All of it stays on this
// side but the state, the nonce and the challenge of the verifier.
type pending struct {
	State, Nonce, Verifier string
	Next                   string
	Fresh                  bool
	Begun                  time.Time
}

// pendingLife is how long a log-in may take at the issuer.
const pendingLife = 15 * time.Minute

// begin sends the browser to the issuer.
func (l *Login) begin(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	provider, err := l.connect(ctx)
	if err != nil {
		return err
	}
	p := pending{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Next: local(r.URL.Query().Get("next")), Fresh: r.URL.Query().Has("fresh"), Begun: l.config.Clock(),
	}
	if err := l.put(ctx, keyPending, p); err != nil {
		return err
	}
	if !l.sessions.Exists(ctx, keyPerson) {
		l.sessions.SetDeadline(ctx, time.Now().Add(pendingLife).UTC())
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)}
	if p.Fresh {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, l.client(provider).AuthCodeURL(p.State, options...), http.StatusSeeOther)
	return nil
}

func (l *Login) client(provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: l.config.ClientID, ClientSecret: l.config.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: l.config.PublicURL + Callback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
}

// finish takes the issuer's answer. A log-in is finished once: whatever the
// answer, what was begun is over.
func (l *Login) finish(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var p pending
	begun, err := l.get(ctx, keyPending, &p)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	if !begun || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(p.State)) != 1 {
		// What another page made this browser ask does not end a log-in.
		return l.refuse(ctx, "state", nil)
	}
	l.sessions.Remove(ctx, keyPending)
	if l.config.Clock().Sub(p.Begun) > pendingLife {
		return l.refuse(ctx, "late", nil)
	}
	if code := query.Get("error"); code != "" {
		return l.refuse(ctx, "issuer", errors.New("the issuer refused: "+known(code)))
	}
	if issuer := query.Get("iss"); issuer != "" && issuer != l.config.Issuer {
		return l.refuse(ctx, "issuer", errors.New("another issuer answered")) // RFC 9207
	}
	identity, err := l.exchange(ctx, query.Get("code"), p)
	if err != nil {
		return err
	}
	actor, err := l.config.Directory.ActorOf(ctx, identity)
	if err != nil {
		return err // somebody unknown gets no session
	}
	// A new token, so that one that somebody else planted here is worth nothing.
	if err := l.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("renewing the session: %w", err)
	}
	if err := l.put(ctx, keyPerson, person{identity.Issuer, identity.Subject, identity.Name, identity.LoggedInAt}); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, home(p.Next, actor), http.StatusSeeOther)
	return nil
}

// home is where somebody goes on to: where they came from, or their own page.
func home(next string, actor access.Actor) string {
	switch {
	case next != "":
		return next
	case access.Check(actor, access.DownloadFiles) == nil:
		return "/recipient"
	case access.Check(actor, access.ReadAgreements) == nil:
		return "/team"
	}
	return "/"
}

// exchange gets the tokens of a code and checks who they say has logged in.
func (l *Login) exchange(ctx context.Context, code string, p pending) (release.Identity, error) {
	provider, err := l.connect(ctx)
	if err != nil {
		return release.Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, l.http)
	tokens, err := l.client(provider).Exchange(ctx, code, oauth2.VerifierOption(p.Verifier))
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered):
		// Its text holds the answer's body, which is not ours to log.
		return release.Identity{}, l.refuse(ctx, "code", errors.New("the issuer's answer to the code: "+known(answered.ErrorCode)))
	case err != nil:
		return release.Identity{}, unavailable(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return release.Identity{}, l.refuse(ctx, "token", errors.New("no ID token came"))
	}
	token, err := l.verifier(provider, &oidc.Config{ClientID: l.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return release.Identity{}, l.refuse(ctx, "token", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(p.Nonce)) != 1 {
		return release.Identity{}, l.refuse(ctx, "nonce", nil)
	}
	if !l.party(token) {
		return release.Identity{}, l.refuse(ctx, "token", errors.New("it was made for another client"))
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return release.Identity{}, l.refuse(ctx, "token", err)
		}
	}
	identity, err := l.identity(token)
	if err != nil {
		return release.Identity{}, l.refuse(ctx, "token", err)
	}
	if p.Fresh && identity.LoggedInAt.Before(p.Begun.Add(-clockSkew)) {
		return release.Identity{}, l.refuse(ctx, "fresh", nil)
	}
	if identity.Email == "" && provider.UserInfoEndpoint() != "" {
		return l.userInfo(ctx, provider, tokens, identity)
	}
	return identity, nil
}

// party says whether an ID token was made for this client (OpenID Connect Core
// 3.1.3.7, steps 4 and 5).
func (l *Login) party(token *oidc.IDToken) bool {
	var claims struct {
		Party string `json:"azp"`
	}
	if err := token.Claims(&claims); err != nil {
		return false
	}
	return claims.Party == l.config.ClientID || claims.Party == "" && len(token.Audience) == 1
}

// clockSkew is how far apart the issuer's clock and ours may be.
const clockSkew = time.Minute

// userInfo asks for the address that an issuer leaves out of ID tokens.
func (l *Login) userInfo(ctx context.Context, provider *oidc.Provider, tokens *oauth2.Token, identity release.Identity) (release.Identity, error) {
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return release.Identity{}, unavailable(err)
	}
	if info.Subject != identity.Subject {
		return release.Identity{}, l.refuse(ctx, "token", errors.New("the issuer told of somebody else"))
	}
	identity.Email, identity.EmailVerified = info.Email, info.EmailVerified
	if identity.Name == "" {
		var claims struct {
			Name string `json:"name"`
		}
		if err := info.Claims(&claims); err == nil {
			identity.Name = claims.Name
		}
	}
	return identity, nil
}

// refusals are what a person is told of a log-in that fails, by reason.
var refusals = map[string]string{
	"state":  "This log-in was not begun in this browser, or has been finished already. Sign in again.",
	"late":   "This log-in took longer than 15 minutes. Sign in again.",
	"issuer": "The log-in service did not let you in. Sign in again, or ask those who run it.",
	"code":   "The log-in service did not confirm this log-in. Sign in again.",
	"token":  "The log-in service's word cannot be verified. Sign in again; if it goes on, tell those who run this service.",
	"nonce":  "The log-in service answered for another log-in. Sign in again.",
	"fresh":  "The log-in service did not ask you again who you are, which a signature needs. Sign out there, and sign in again.",
}

// refuse logs why a log-in failed and says so to the person.
func (l *Login) refuse(ctx context.Context, reason string, cause error) error {
	attributes := []any{"reason", reason, "reference", page.Reference(ctx)}
	if cause != nil {
		attributes = append(attributes, "error", cause)
	}
	l.config.Log.WarnContext(ctx, "log-in refused", attributes...)
	return fault.New(fault.Unauthenticated, "%s", refusals[reason]).Because(cause)
}

// known is an error code of OAuth if it looks like one: others choose it.
func known(code string) string {
	for _, c := range code {
		if (c < 'a' || c > 'z') && c != '_' {
			return "(no code)"
		}
	}
	return fmt.Sprintf("%.40s", code)
}

// signOut ends the session. At the issuer one may still be signed in.
func (l *Login) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := l.sessions.Destroy(r.Context()); err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, SignedOut, http.StatusSeeOther)
	return nil
}

// SignedOutView is the page after signing out.
type SignedOutView struct {
	Issuer string // where one signs out of the log-in service; empty if it says nothing of that
}

var signedOutPage = page.Parse[SignedOutView]("login/signed_out.html")

func (l *Login) showSignedOut(w http.ResponseWriter, r *http.Request) error {
	return signedOutPage.Render(l.pages, w, r, page.Page{Title: "You have signed out", Private: true}, SignedOutView{Issuer: l.issuerSignOut()})
}

// issuerSignOut is the issuer's own address for signing out, as far as it is
// known by now. It names the client, not the person: a token does not belong
// into an address.
func (l *Login) issuerSignOut() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if l.provider == nil || l.provider.Claims(&metadata) != nil || !private(metadata.EndSession) {
		return ""
	}
	u, err := url.Parse(metadata.EndSession)
	if err != nil {
		return ""
	}
	query := u.Query()
	query.Set("client_id", l.config.ClientID)
	query.Set("post_logout_redirect_uri", l.config.PublicURL+SignedOut)
	u.RawQuery = query.Encode()
	return u.String()
}
