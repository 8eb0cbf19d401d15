package login

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// What a session holds: under keyPending a log-in that was begun, under
// keyPerson who has finished one.
const (
	keyPending = "pending"
	keyPerson  = "person"
)

// person is who has logged in, as the issuer says. An address is not kept: it
// serves the first log-in alone.
type person struct {
	Issuer, Subject, Name string
	LoggedInAt            time.Time
}

func (p person) identity() release.Identity {
	return release.Identity{Issuer: p.Issuer, Subject: p.Subject, Name: p.Name, LoggedInAt: p.LoggedInAt}
}

func (l *Login) manager() *scs.SessionManager {
	m := scs.New()
	m.Store = store{l.config.DB}
	m.HashTokenInStore = true // who reads the table cannot use what they read
	m.Lifetime, m.IdleTimeout = l.config.Lifetime, l.config.Idle
	m.Cookie.Persist = false // ends with the browser
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Path = true, http.SameSiteLaxMode, "/"
	m.Cookie.Name = "registrar"
	if strings.HasPrefix(l.config.PublicURL, "https://") {
		m.Cookie.Secure = true
		m.Cookie.Name = "__Host-registrar" // another host of the domain cannot set it
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		l.pages.Fail(w, r, fmt.Errorf("the session: %w", err))
	}
	return m
}

// Session puts who asks into the context of every request: by its bearer
// token, or else by its session's cookie.
func (l *Login) Session(next http.Handler) http.Handler {
	browsers := l.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p person
		in, err := l.get(r.Context(), keyPerson, &p)
		if err == nil && in {
			r, err = l.identify(r, p.identity())
		}
		if err != nil {
			l.pages.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, given := bearer(r)
		if !given {
			browsers.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), loadedKey{}, &loaded{})))
			return
		}
		w.Header().Add("Vary", "Authorization")
		// A program has no session; what a route does to this one is not kept.
		ctx, err := l.sessions.Load(r.Context(), "")
		if err != nil {
			l.pages.Fail(w, r, err)
			return
		}
		r = r.WithContext(ctx)
		identity, err := l.verifyBearer(r.Context(), raw)
		if err == nil {
			r, err = l.identify(r, identity)
		}
		if err != nil {
			if errors.Is(err, fault.Unauthenticated) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="registrar", error="invalid_token"`)
			}
			l.pages.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// strangerKey marks a request of somebody who is logged in and nobody here.
type strangerKey struct{}

// identify looks the person up. Somebody unknown goes on as nobody: the
// public's pages are theirs too.
func (l *Login) identify(r *http.Request, identity release.Identity) (*http.Request, error) {
	actor, err := l.config.Directory.ActorOf(r.Context(), identity)
	switch {
	case err == nil:
		return r.WithContext(access.WithActor(r.Context(), actor)), nil
	case errors.Is(err, fault.Forbidden):
		return r.WithContext(context.WithValue(r.Context(), strangerKey{}, err)), nil
	}
	return r, fmt.Errorf("finding the person: %w", err)
}

// Actor is who asks: fault.Unauthenticated for nobody, fault.Forbidden for
// somebody who is logged in but unknown here.
func Actor(ctx context.Context) (access.Actor, error) {
	if actor, ok := access.From(ctx); ok {
		return actor, nil
	}
	if err, ok := ctx.Value(strangerKey{}).(error); ok {
		return access.Actor{}, err
	}
	return access.Actor{}, fault.New(fault.Unauthenticated, "This page is for people who have signed in.")
}

// Viewer is who looks at a page, for the layout.
func (l *Login) Viewer(r *http.Request) page.Viewer {
	actor, err := Actor(r.Context())
	switch {
	case errors.Is(err, fault.Unauthenticated):
		return page.Viewer{Links: []page.Link{{Text: "Sign in", Href: signInFor(r)}}}
	case err != nil:
		return page.Viewer{Name: "No role here", SignOut: SignOut}
	}
	viewer := page.Viewer{Name: actor.Name, SignOut: SignOut}
	if access.Check(actor, access.ReadAgreements) == nil {
		viewer.Links = append(viewer.Links, page.Link{Text: "Team", Href: "/team"})
	}
	if access.Check(actor, access.WriteApplication) == nil || access.Check(actor, access.SignVersion) == nil {
		viewer.Links = append(viewer.Links, page.Link{Text: "Applications", Href: "/applications"})
	}
	if access.Check(actor, access.DownloadFiles) == nil {
		viewer.Links = append(viewer.Links, page.Link{Text: "Your files", Href: "/recipient"})
	}
	if access.Check(actor, access.ReadDuties) == nil {
		viewer.Links = append(viewer.Links, page.Link{Text: "Duties", Href: "/duties"})
	}
	return viewer
}

// get reads a value of the session; false if it has none.
func (l *Login) get(ctx context.Context, key string, value any) (bool, error) {
	text := l.sessions.GetBytes(ctx, key)
	if text == nil {
		return false, nil
	}
	if err := json.Unmarshal(text, value); err != nil {
		return false, fmt.Errorf("reading the session: %w", err)
	}
	return true, nil
}

func (l *Login) put(ctx context.Context, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing the session: %w", err)
	}
	l.sessions.Put(ctx, key, text)
	return nil
}

// store keeps sessions in PostgreSQL, in the table of scs's pgxstore. It
// differs from that in one thing: a session is only written back if it is still
// there. Otherwise a slow request that began before signing out, or before the
// token was renewed, would bring the ended session back to life.
type store struct{ db *sql.DB }

// loaded is what a request's session was loaded from.
type loaded struct{ token string }

type loadedKey struct{}

// storeLimit is how long a statement of the store may take; the answer waits.
const storeLimit = 5 * time.Second

func (s store) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	err = s.db.QueryRowContext(ctx, `SELECT data FROM sessions WHERE token = $1 AND expiry > current_timestamp`, token).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	if l, ok := ctx.Value(loadedKey{}).(*loaded); ok {
		l.token = token
	}
	return data, true, nil
}

func (s store) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	// A reader who has gone has still asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	statement := `UPDATE sessions SET data = $2, expiry = $3 WHERE token = $1 AND expiry > current_timestamp`
	if l, ok := ctx.Value(loadedKey{}).(*loaded); !ok || l.token != token {
		// Those that are over go when another begins.
		statement = `WITH over AS (DELETE FROM sessions WHERE expiry <= current_timestamp)
			INSERT INTO sessions (token, data, expiry) VALUES ($1, $2, $3)`
	}
	if _, err := s.db.ExecContext(ctx, statement, token, data, expiry); err != nil {
		return fmt.Errorf("writing a session: %w", err)
	}
	return nil
}

func (s store) DeleteCtx(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	if _, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, token); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// Find, Commit and Delete complete scs.Store; scs calls those with a context.
func (s store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}
func (s store) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}
func (s store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
