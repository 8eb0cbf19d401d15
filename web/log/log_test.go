package log

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/ledger"
)

type served struct {
	db  *migrationstest.DB
	key ledger.Key
	pub string // file of the verifier key
	url string
}

func serve(t *testing.T) *served {
	t.Helper()
	s := &served{db: migrationstest.New(t)}
	path := filepath.Join(t.TempDir(), "log.key")
	var err error
	if s.key, err = ledger.CreateKey(path, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	s.pub = path + ".pub"
	handler, err := New(ledger.Register, s.db.DB, s.key.VerifierKey(), slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *served) append(t *testing.T, n int) {
	t.Helper()
	size, err := ledger.Register.Size(t.Context(), s.db.DB)
	if err != nil {
		t.Fatal(err)
	}
	leaves := make([][]byte, n)
	for i := range leaves {
		leaves[i] = fmt.Appendf(nil, `{"kind":"release","number":%d}`, size+int64(i)+1)
	}
	tx, err := s.db.DB.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Append(t.Context(), tx, leaves); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (s *served) sign(t *testing.T) {
	t.Helper()
	if _, err := ledger.Register.Checkpoint(t.Context(), s.db.DB, s.key, time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
}

func (s *served) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	answer, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

// Tessera is another implementation by other people: it derives root and tiles
// from the entry bundles. go fetches its module once.
func (s *served) fsck(t *testing.T) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", "-url", s.url+"/log/", "-key", s.pub)
	cmd.Dir = "../../tools/fsck"
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTesseraChecksTheLogOverHTTP(t *testing.T) {
	s := serve(t)
	for _, n := range []int{700, 76, 1} { // partial tiles, then three full ones and no more, then one of a single hash
		s.append(t, n)
		s.sign(t)
		if out, err := s.fsck(t); err != nil {
			t.Fatalf("after %d more leaves: %v\n%s", n, err, out)
		}
	}
	if _, err := s.db.DB.Exec(`ALTER TABLE ledger_leaf DISABLE TRIGGER ALL; UPDATE ledger_leaf SET leaf = 'x' WHERE index = 300`); err != nil {
		t.Fatal(err)
	}
	if out, err := s.fsck(t); err == nil {
		t.Errorf("a changed leaf passed:\n%s", out)
	}
}

func TestOnlyWhatIsSignedIsServed(t *testing.T) {
	s := serve(t)
	if answer, _ := s.get(t, "/log/checkpoint"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a checkpoint before the first: %s", answer.Status)
	}
	s.append(t, 300)
	if answer, _ := s.get(t, "/log/tile/0/000"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a tile before the first checkpoint: %s", answer.Status)
	}
	s.sign(t)
	s.append(t, 300) // unsigned

	for _, c := range []struct {
		path   string
		status int
		length int // of the body; -1: any
		cache  string
	}{
		{"/log/checkpoint", 200, -1, momentary},
		{"/log/key", 200, len(s.key.VerifierKey()) + 1, briefly},
		{"/log/tile/0/000", 200, 256 * 32, forever},
		{"/log/tile/0/001.p/44", 200, 44 * 32, briefly},
		{"/log/tile/0/001.p/1", 200, 32, briefly},
		{"/log/tile/0/000.p/255", 200, 255 * 32, briefly},
		{"/log/tile/1/000.p/1", 200, 32, briefly},
		{"/log/tile/entries/000", 200, -1, forever},
		{"/log/tile/entries/001.p/44", 200, -1, briefly},
		{"/log/tile/0/001.p/45", 404, -1, "no-store"}, // the leaf is there, and not signed
		{"/log/tile/0/001", 404, -1, "no-store"},
		{"/log/tile/entries/001.p/45", 404, -1, "no-store"},
		{"/log/tile/entries/001", 404, -1, "no-store"},
		{"/log/tile/1/000.p/2", 404, -1, "no-store"},
		{"/log/tile/2/000.p/1", 404, -1, "no-store"},
		{"/log/tile/63/000.p/1", 404, -1, "no-store"},
		{"/log/tile/8/000", 404, -1, "no-store"},
		{"/log/tile/0/x999/x999/x999/x999/x999/x999/999", 404, -1, "no-store"},
		{"/log/tile/0/000.p/0", 404, -1, "no-store"},
		{"/log/tile/0/000.p/256", 404, -1, "no-store"},
		{"/log/tile/0/0", 404, -1, "no-store"},
		{"/log/tile/-1/000", 404, -1, "no-store"},
		{"/log/tile/data/000.p/1", 404, -1, "no-store"},
		{"/log/tile/", 404, -1, "no-store"},
		{"/log/elsewhere", 404, -1, ""},
	} {
		answer, body := s.get(t, c.path)
		if answer.StatusCode != c.status || (c.length >= 0 && len(body) != c.length) || answer.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %s, %d bytes, %q", c.path, answer.Status, len(body), answer.Header.Get("Cache-Control"))
		}
	}
	answer, err := http.Post(s.url+"/log/checkpoint", "text/plain", strings.NewReader("x"))
	if err != nil || answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST: %v, %v", answer, err)
	}
	answer.Body.Close()
}

// A database that is away is no empty log.
func TestAnUnreadableLogSaysSo(t *testing.T) {
	s := serve(t)
	s.append(t, 1)
	s.sign(t)
	if err := s.db.DB.Close(); err != nil {
		t.Fatal(err)
	}
	answer, body := s.get(t, "/log/checkpoint")
	if answer.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "sql") || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %s", answer.Status, body)
	}
}

func TestNoHandlerWithoutAKey(t *testing.T) {
	if _, err := New(ledger.Register, nil, "no key", slog.Default()); err == nil {
		t.Error("served without a verifier key")
	}
}
