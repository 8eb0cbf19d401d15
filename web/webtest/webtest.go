// Package webtest has the whole site running for tests: the real handler, over
// HTTP, on a real database into which the real register of February 2021 was
// imported, with its log signed. It is served in the database role that serves
// in production, so that a grant that is missing shows.
package webtest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/ledger"
	"data.release/registrar/web"
	weblog "data.release/registrar/web/log"
)

// Edition is the register that is imported: 585 purposes, 5,079 releases.
const Edition = "releaseregister_20210201_20210228.xlsx"

// Moment is when it was imported, in London's summer.
var Moment = time.Date(2026, time.July, 1, 9, 30, 0, 0, time.UTC)

// Site is the site running.
type Site struct {
	URL     string
	DB      *migrationstest.DB // as its owner
	Service *release.Service   // as the owner, for what a test arranges
	KeyFile string             // private key of the log
}

// Option changes what the site is made of, before it is.
type Option func(*web.Config)

// Start starts a site for the test, with the register imported.
func Start(t testing.TB, options ...Option) *Site {
	t.Helper()
	site := Empty(t, options...)
	content, err := os.ReadFile(filepath.Join(root(), "testdata/register", Edition))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.Service.ImportEdition(t.Context(), access.Actor{System: "import"}, release.EditionFile{Name: Edition, Content: content}); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Service.IndexTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	site.Sign(t)
	return site
}

// Empty starts a site whose register has no entry yet.
func Empty(t testing.TB, options ...Option) *Site {
	t.Helper()
	return Over(t, migrationstest.New(t), options...)
}

// Over starts a site over a database that is there. Its log is not signed.
func Over(t testing.TB, db *migrationstest.DB, options ...Option) *Site {
	t.Helper()
	site := &Site{DB: db, KeyFile: filepath.Join(t.TempDir(), "log.key")}
	site.Service = release.New(release.Config{DB: db.DB, Clock: func() time.Time { return Moment }})
	key, err := ledger.CreateKey(site.KeyFile, "register.test/log")
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	serving := db.As(t, migrations.Serve)
	tiles, err := weblog.New(ledger.Register, serving.DB, key.VerifierKey(), logger)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	site.URL = "http://" + server.Listener.Addr().String()
	config := web.Config{
		Service: release.New(release.Config{DB: serving.DB, Clock: func() time.Time { return Moment }}),
		Owner:   "Example body", Address: site.URL, Log: logger, Ledger: tiles, Ready: serving.DB.PingContext,
	}
	for _, option := range options {
		option(&config)
	}
	handler, err := web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server.Config = &http.Server{Handler: handler, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelError)}
	server.Start()
	t.Cleanup(server.Close)
	return site
}

// Sign signs the log as it stands.
func (s *Site) Sign(t testing.TB) {
	t.Helper()
	key, err := ledger.ReadKey(s.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Register.Checkpoint(t.Context(), s.DB.DB, key, Moment); err != nil {
		t.Fatal(err)
	}
}

// root is the folder of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../..")
}
