package issuer

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	requestLife = 10 * time.Minute // from asking to choosing a user
	codeLife    = time.Minute      // from choosing to the client's exchange
)

// storage is what op asks: the client, the users, and the log-ins under way.
type storage struct {
	key    *signingKey
	client *client
	users  []User

	mu       sync.Mutex
	requests map[string]*request // by id
	codes    map[string]issued   // by code
}

// issued is a code's request, taken out of requests so that neither can be used
// again.
type issued struct {
	request *request
	at      time.Time
}

func newStorage(config Config, key *signingKey) *storage {
	return &storage{
		key: key, users: config.Users,
		client:   &client{id: config.ClientID, redirects: config.RedirectURIs, signedOut: config.SignedOutURIs},
		requests: map[string]*request{}, codes: map[string]issued{},
	}
}

var (
	errUser    = errors.New("no such user")
	errRequest = errors.New("this log-in is not under way; start again")
)

func (s *storage) user(subject string) (User, error) {
	for _, u := range s.users {
		if u.Subject == subject {
			return u, nil
		}
	}
	return User{}, errUser
}

// CreateAuthRequest takes a request whose client and addresses op has checked.
// One without PKCE by SHA-256 is refused.
func (s *storage) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if asked.CodeChallenge == "" || asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	if len(asked.Prompt) == 1 && asked.Prompt[0] == oidc.PromptNone {
		return nil, oidc.ErrLoginRequired()
	}
	r := &request{
		id: rand.Text(), client: asked.ClientID, redirect: asked.RedirectURI, state: asked.State, nonce: asked.Nonce,
		scopes: asked.Scopes, challenge: asked.CodeChallenge, asked: time.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.requests {
		if time.Since(old.asked) > requestLife {
			delete(s.requests, id)
		}
	}
	s.requests[r.id] = r
	return r, nil
}

// AuthRequestByID finds a request that has no code yet.
func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok || time.Since(r.asked) > requestLife {
		return nil, errRequest
	}
	return r, nil
}

// choose answers a request with a user, once.
func (s *storage) choose(id, user string) error {
	if _, err := s.user(user); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok || r.Done() || time.Since(r.asked) > requestLife {
		return errRequest
	}
	// Others may be reading the old value: it is replaced, not changed.
	chosen := *r
	chosen.subject, chosen.at = user, time.Now()
	s.requests[id] = &chosen
	return nil
}

// SaveAuthCode gives a request its one code.
func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok || !r.Done() {
		return errRequest
	}
	delete(s.requests, id)
	for old, i := range s.codes {
		if time.Since(i.at) > codeLife {
			delete(s.codes, old)
		}
	}
	s.codes[code] = issued{r, time.Now()}
	return nil
}

// AuthRequestByCode uses a code up, whatever becomes of the exchange.
func (s *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.codes[code]
	delete(s.codes, code)
	if !ok || time.Since(i.at) > codeLife {
		return nil, errRequest
	}
	return i.request, nil
}

// DeleteAuthRequest has nothing left to delete: the code took the request along.
func (s *storage) DeleteAuthRequest(context.Context, string) error { return nil }

// CreateAccessToken names an access token; it is a JWT and needs no record.
func (s *storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(tokenLife), nil
}

// SetUserinfoFromScopes puts name and address into an ID token.
func (s *storage) SetUserinfoFromScopes(ctx context.Context, info *oidc.UserInfo, user, _ string, _ []string) error {
	return s.SetUserinfoFromToken(ctx, info, "", user, "")
}

// SetUserinfoFromToken answers /userinfo.
func (s *storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, user, _ string) error {
	u, err := s.user(user)
	if err != nil {
		return err
	}
	info.Subject, info.Name, info.Email, info.EmailVerified = u.Subject, u.Name, u.Email, true
	return nil
}

// GetClientByClientID knows the one client.
func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != s.client.id {
		return nil, errors.New("no such client")
	}
	return s.client, nil
}

// SigningKey, SignatureAlgorithms and KeySet are of the one key.
func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

func (s *storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.key}}, nil }

// TerminateSession ends nothing: the issuer keeps no sessions.
func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

// Health is op's.
func (s *storage) Health(context.Context) error { return nil }

// The rest of op.Storage serves grants that the client does not have and
// endpoints that are not routed.
var errNotOffered = errors.New("the demonstration issuer does not offer this")

func (s *storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNotOffered
}

func (s *storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, errNotOffered
}

func (s *storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrInvalidRequest().WithParent(errNotOffered)
}

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) AuthorizeClientIDSecret(context.Context, string, string) error {
	return errNotOffered
}

func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}

func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
