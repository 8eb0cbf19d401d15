// Package issuer is the demonstration's OpenID Connect issuer. It lets whoever
// sits at this machine choose which demonstration user to be, without a
// password, and so answers on a loopback address only, to its own name only.
// The protocol is zitadel/oidc's; this package has the users, one client and
// the page to choose on.
//
// It is no log-in service: for anything but a demonstration, point Registrar at
// a real one.
package issuer

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"data.release/registrar/release/fault"
)

// User is a made-up person.
type User struct {
	Subject, Name, Email string
	Says                 string // who this is in the demonstration, for the page to choose on
}

// Config is what the issuer answers with.
type Config struct {
	URL           string   // http://127.0.0.1:8081: where it listens, and the tokens' iss
	KeyFile       string   // of the signing key, made if it is missing
	ClientID      string   // of the one client, public and with PKCE
	RedirectURIs  []string // exactly these
	SignedOutURIs []string // exactly these, after signing out
	Users         []User
	Log           *slog.Logger
}

// Issuer answers the protocol and the page to choose on. It holds what it is
// asked for in memory: a log-in under way ends with it.
type Issuer struct {
	config   Config
	at       *url.URL
	provider *op.Provider
	storage  *storage
	handler  http.Handler
}

// New makes an issuer. A URL that is not plain HTTP at a loopback address is
// fault.Invalid.
func New(config Config) (*Issuer, error) {
	at, err := url.Parse(config.URL)
	if err != nil || at.Scheme != "http" || !loopback(at.Hostname()) || at.Port() == "" || at.Path != "" || at.RawQuery != "" {
		return nil, fault.New(fault.Invalid,
			"The demonstration issuer lets anyone be anyone, so it answers on a loopback address only, such as http://127.0.0.1:8081, and not on %q.", config.URL)
	}
	key, err := loadKey(config.KeyFile)
	if err != nil {
		return nil, err
	}
	i := &Issuer{config: config, at: at, storage: newStorage(config, key)}
	// Codes are the encrypted ids of requests, and both end with this process.
	var codes [32]byte
	rand.Read(codes[:])
	i.provider, err = op.NewProvider(&op.Config{
		CryptoKey: codes, CryptoKeyId: "process",
		DefaultLogoutRedirectURI: config.URL + signedOutPath,
		CodeMethodS256:           true,
		SupportedScopes:          []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail},
	}, i.storage, op.StaticIssuer(config.URL), op.WithAllowInsecure(), op.WithCORSOptions(nil))
	if err != nil {
		return nil, fmt.Errorf("setting up the demonstration issuer: %w", err)
	}
	i.handler = i.routes()
	return i, nil
}

// Handler answers requests. It is for the loopback interface alone: use Serve.
func (i *Issuer) Handler() http.Handler { return i.handler }

// Listen opens the issuer's address.
func (i *Issuer) Listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", i.at.Host)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The demonstration issuer cannot listen on %s; is another demonstration running?", i.at.Host).Because(err)
	}
	return listener, nil
}

// Serve answers on a listener until ctx ends. A listener that others than this
// machine can reach is refused.
func (i *Issuer) Serve(ctx context.Context, listener net.Listener) error {
	if address, ok := listener.Addr().(*net.TCPAddr); !ok || !address.IP.IsLoopback() {
		return fault.New(fault.Invalid, "The demonstration issuer does not answer on %s: others than this machine could reach it.", listener.Addr())
	}
	server := &http.Server{
		Handler: i.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(i.config.Log.Handler(), slog.LevelWarn),
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// tokenLife is how long a token may be used.
const tokenLife = 10 * time.Minute

// Token is an ID token of a user, just logged in, for the demonstration's own
// calls. It is good for ten minutes.
func (i *Issuer) Token(subject string) (string, error) {
	if _, err := i.storage.user(subject); err != nil {
		return "", fault.New(fault.NotFound, "The demonstration has no user %q.", subject)
	}
	ctx := op.ContextWithIssuer(context.Background(), i.config.URL)
	request := &request{client: i.config.ClientID, subject: subject, at: time.Now(),
		scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}}
	token, err := op.CreateIDToken(ctx, i.config.URL, request, tokenLife, "", "", i.storage, i.storage.client)
	if err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return token, nil
}

// loopback says whether a host is a literal loopback address. A name is none:
// it could lead elsewhere.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
