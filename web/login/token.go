package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
)

// retry is how long the issuer is left alone after it did not answer, so that
// requests do not queue for their turn to wait.
const retry = 2 * time.Second

// connect reads the issuer's discovery document, until it has once.
func (l *Login) connect(ctx context.Context) (*oidc.Provider, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.provider != nil {
		return l.provider, nil
	}
	if time.Since(l.failed) < retry {
		return nil, unavailable(errors.New("it did not answer a moment ago"))
	}
	// The provider keeps the context's client for fetching keys.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), l.http), l.config.Issuer)
	if err != nil {
		l.failed = time.Now()
		return nil, unavailable(err)
	}
	l.provider = provider
	return provider, nil
}

func unavailable(cause error) error {
	return fault.New(fault.Unavailable, "The log-in service does not answer. Try again in a minute; the public register needs no log-in.").Because(cause)
}

func (l *Login) verifier(provider *oidc.Provider, config *oidc.Config) *oidc.IDTokenVerifier {
	config.Now = l.config.Clock
	return provider.Verifier(config)
}

// bearer is the request's bearer token (RFC 6750); false if it has none.
func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// verifyBearer checks a token that a program shows: signature, issuer, expiry,
// and that it is meant for this service.
func (l *Login) verifyBearer(ctx context.Context, raw string) (release.Identity, error) {
	provider, err := l.connect(ctx)
	if err != nil {
		return release.Identity{}, err
	}
	refused := fault.New(fault.Unauthenticated, "The bearer token is not valid here, or no longer. Get a new one from the log-in service.")
	token, err := l.verifier(provider, &oidc.Config{SkipClientIDCheck: true}).Verify(ctx, raw)
	if err != nil {
		return release.Identity{}, refused.Because(err)
	}
	ours := func(audience string) bool {
		return audience == l.config.ClientID || slices.Contains(l.config.Audiences, audience)
	}
	if !slices.ContainsFunc(token.Audience, ours) {
		return release.Identity{}, refused.Because(errors.New("for another audience"))
	}
	identity, err := l.identity(token)
	if err != nil {
		return release.Identity{}, refused.Because(err)
	}
	return identity, nil
}

// identity reads who a verified token is about.
func (l *Login) identity(token *oidc.IDToken) (release.Identity, error) {
	var claims struct {
		Name              string          `json:"name"`
		Email             string          `json:"email"`
		EmailVerified     truth           `json:"email_verified"`
		AuthTime          float64         `json:"auth_time"` // seconds; some issuers write 1.7e9
		Events            json.RawMessage `json:"events"`
		PreferredUsername string          `json:"preferred_username"`
	}
	if err := token.Claims(&claims); err != nil {
		return release.Identity{}, errors.New("its claims cannot be read")
	}
	switch {
	case token.Subject == "":
		return release.Identity{}, errors.New("it names nobody")
	case claims.Events != nil:
		return release.Identity{}, errors.New("it is a security event, such as a logout token")
	}
	identity := release.Identity{Issuer: token.Issuer, Subject: token.Subject, Name: claims.Name, Email: claims.Email, EmailVerified: bool(claims.EmailVerified)}
	if identity.Name == "" {
		identity.Name = claims.PreferredUsername
	}
	if claims.AuthTime > 0 {
		identity.LoggedInAt = time.Unix(int64(claims.AuthTime), 0).UTC()
	}
	return identity, nil
}

// truth is a boolean that some issuers write as text.
type truth bool

func (t *truth) UnmarshalJSON(text []byte) error {
	*t = string(text) == "true" || string(text) == `"true"`
	return nil
}
