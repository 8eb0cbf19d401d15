package duck_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"data.release/registrar/extract/lake/duck"
)

func TestHardening(t *testing.T) {
	ctx := context.Background()
	allowed, other := t.TempDir(), t.TempDir()
	secret := filepath.Join(other, "secret.csv")
	single := filepath.Join(other, "single.csv")
	for _, path := range []string{secret, single} {
		if err := os.WriteFile(path, []byte("a\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := duck.Open(ctx, duck.Options{Dir: filepath.Join(t.TempDir(), "spill"), AllowedDirs: []string{allowed}, AllowedPaths: []string{single}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// A second connection runs the init function again and must not fail on
	// the locked settings.
	first, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()

	for _, tc := range []struct {
		name, sql string
		ok        bool
	}{
		{"writes into the allowed directory", "COPY (SELECT 1 AS a) TO " + duck.Literal(filepath.Join(allowed, "o'ne.csv")), true},
		{"reads from the allowed directory", "SELECT * FROM read_csv(" + duck.Literal(filepath.Join(allowed, "o'ne.csv")) + ")", true},
		{"reads the allowed file", "SELECT * FROM read_csv(" + duck.Literal(single) + ")", true},
		{"reads beside the allowed file", "SELECT * FROM read_csv(" + duck.Literal(secret) + ")", false},
		{"reads through a parent", "SELECT * FROM read_csv(" + duck.Literal(allowed+"/../"+filepath.Base(other)+"/secret.csv") + ")", false},
		{"reads /etc/passwd", "SELECT * FROM read_text('/etc/passwd')", false},
		{"writes elsewhere", "COPY (SELECT 1) TO " + duck.Literal(filepath.Join(other, "out.csv")), false},
		{"opens a database file", "ATTACH " + duck.Literal(filepath.Join(other, "x.db")), false},
		{"installs an extension", "INSTALL httpfs", false},
		{"reads from the network", "SELECT * FROM read_csv('https://example.org/x.csv')", false},
		{"loosens a setting", "SET enable_external_access = true", false},
		{"changes the threads", "SET threads = 8", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := second.ExecContext(ctx, tc.sql)
			if (err == nil) != tc.ok {
				t.Errorf("%s: error %v", tc.sql, err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, o := range map[string]duck.Options{
		"no directory":       {},
		"a relative path":    {Dir: t.TempDir(), AllowedDirs: []string{"lake"}},
		"a wrong memory":     {Dir: t.TempDir(), Memory: "much"},
		"a relative file":    {Dir: t.TempDir(), AllowedPaths: []string{"x.csv"}},
		"a file as its home": {Dir: "/dev/null/spill"},
	} {
		if db, err := duck.Open(context.Background(), o); err == nil {
			db.Close()
			t.Errorf("%s was accepted", name)
		}
	}
}

// A query larger than the memory limit spills, into its own directory and
// under encryption, and nothing of it stays.
func TestSpillIsEncryptedAndRemoved(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "spill")
	db, err := duck.Open(ctx, duck.Options{Dir: dir, Memory: "80MB", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	const mark = "PLAINTEXT-MARK-"
	if _, err := db.ExecContext(ctx, "CREATE TABLE t AS SELECT '"+mark+"' || range AS v FROM range(8000000)"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing was spilled: %v %v", files, err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), mark) {
			t.Errorf("%s holds plaintext", f)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestCancelInterrupts(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	db, err := duck.Open(context.Background(), duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	began := time.Now()
	_, err = db.ExecContext(ctx, "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
	if err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

func TestQuoting(t *testing.T) {
	db, err := duck.Open(context.Background(), duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{"", "plain", "it's", `say "x"`, "a;b--c", `back\slash`, "naïve\t\n"} {
		var got string
		query := "SELECT " + duck.Literal(text) + " AS " + duck.Ident("c"+text)
		if err := db.QueryRow(query).Scan(&got); err != nil || got != text {
			t.Errorf("%s: %q %v", query, got, err)
		}
	}
}
