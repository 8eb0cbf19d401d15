package localpg

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"data.release/registrar/release/fault"
)

// shortDir is a directory that the server's user can reach; t.TempDir is under
// a parent of mode 0700 owned by root.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "localpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, config Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask runs one query that gives one text.
func ask(t *testing.T, s *Server, query string) string {
	t.Helper()
	db, err := sql.Open("pgx", s.DSN("postgres", Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answer string
	if err := db.QueryRow(query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func keepWord(t *testing.T, s *Server) {
	t.Helper()
	db, err := sql.Open("pgx", s.DSN("postgres", Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE kept AS SELECT 'still here' AS word`); err != nil {
		t.Fatal(err)
	}
}

func TestDurableServerKeepsItsDataAndItsSettings(t *testing.T) {
	config := Config{Dir: filepath.Join(shortDir(t), "new", "postgres"), Mode: Durable, TimeZone: "Asia/Kolkata"}
	first := start(t, config)
	keepWord(t, first)
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"listen_addresses": "", "timezone": "Asia/Kolkata", "server_encoding": "UTF8",
	} {
		if got := ask(t, first, `SELECT current_setting('`+setting+`')`); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, first, `SELECT lower('ÉCOLE') || string_agg(w, '' ORDER BY w) FROM unnest(ARRAY['b','A','a','B']) w`); got != "écoleABab" {
		t.Errorf("letters and their order: %q", got)
	}
	if info, err := os.Stat(config.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory is open to others: %v %v", info.Mode(), err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(first.place.data(), "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("the server did not end cleanly: %v", err)
	}
	if got := ask(t, start(t, config), `SELECT word FROM kept`); got != "still here" {
		t.Errorf("second start: %q", got)
	}
}

func TestFastServerLeavesNothing(t *testing.T) {
	s := start(t, Config{Mode: Fast})
	if got := ask(t, s, `SELECT current_setting('fsync')`); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", s.Dir(), err)
	}
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Stop")
	}
}

func TestTwoServersOnOneDirectoryConflict(t *testing.T) {
	config := Config{Dir: filepath.Join(shortDir(t), "postgres")}
	start(t, config)
	if _, err := Start(t.Context(), config); !errors.Is(err, fault.Conflict) {
		t.Fatalf("second start: %v", err)
	}
}

// A postmaster.pid whose number belongs to another process by now, as after a
// machine's crash.
func TestStalePidFile(t *testing.T) {
	config := Config{Dir: filepath.Join(shortDir(t), "postgres")}
	s := start(t, config)
	pidFile := filepath.Join(s.place.data(), "postmaster.pid")
	before, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	// The number of a live process of the server's own user: the case that
	// PostgreSQL by itself refuses.
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Credential: s.place.owner, Pdeathsig: syscall.SIGKILL}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { other.Process.Kill(); other.Wait() }()
	_, rest, _ := strings.Cut(string(before), "\n")
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(other.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.place.give(pidFile); err != nil {
		t.Fatal(err)
	}
	ask(t, start(t, config), `SELECT 'up'`)
}

func TestUnreachableDirectoryMovesAndStaysMoved(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as another user")
	}
	defer func(old string) { farHome = old }(farHome)
	farHome = filepath.Join(shortDir(t), "far")
	closed := filepath.Join(shortDir(t), "home")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	config := Config{Dir: filepath.Join(closed, "checkout", ".registrar", "postgres")}
	s := start(t, config)
	if !strings.HasPrefix(s.Dir(), farHome) {
		t.Fatalf("cluster is in %s", s.Dir())
	}
	keepWord(t, s)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, config)
	if again.Dir() != s.Dir() || ask(t, again, `SELECT word FROM kept`) != "still here" {
		t.Errorf("second start is in %s, the first was in %s", again.Dir(), s.Dir())
	}
	if err := again.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(config.Dir); err != nil {
		t.Fatal(err)
	}
	if fresh := start(t, config); fresh.Dir() == s.Dir() {
		t.Error("after its directory was removed the old cluster came back")
	}
}

func TestLongPaths(t *testing.T) {
	deep := filepath.Join(shortDir(t), strings.Repeat("deep/", 20), "postgres")
	s := start(t, Config{Dir: deep})
	if s.place.socket == s.Dir() || ask(t, s, `SELECT 'up'`) != "up" {
		t.Errorf("socket in %s", s.place.socket)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.place.socket); !os.IsNotExist(err) {
		t.Errorf("the socket's directory is left: %v", err)
	}
	_, err := Start(t.Context(), Config{Dir: filepath.Join(shortDir(t), "postgres"), SocketDir: deep})
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "107 bytes") {
		t.Errorf("a socket directory that is too long: %v", err)
	}
}

// TestMain lets the test binary play a parent that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("LOCALPG_PARENT") == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Config{Mode: Fast, Dir: os.Getenv("LOCALPG_PARENT")})
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(s.Dir() + "\n")
	<-s.Done()
}

func TestServerDiesWithItsParentAndIsSweptUp(t *testing.T) {
	home := shortDir(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "LOCALPG_PARENT="+home)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var buffer [200]byte
	n, err := out.Read(buffer[:])
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(string(buffer[:n]))
	pid, ok := readPid(filepath.Join(dir, "data"))
	if !ok || !serves(pid, filepath.Join(dir, "data")) {
		t.Fatalf("no server in %s", dir)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, out)
	parent.Wait()
	for limit := time.Now().Add(10 * time.Second); serves(pid, filepath.Join(dir, "data")); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the server outlives its parent")
		}
	}
	start(t, Config{Mode: Fast, Dir: home})
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the dead parent's cluster is left: %v", err)
	}
}

func TestFindPrograms(t *testing.T) {
	fake := func(home, version string) {
		bin := filepath.Join(home, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		for _, name := range []string{"postgres", "initdb"} {
			if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	home := t.TempDir()
	_, err := findProgramsIn(home, "")
	if !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "sudo apt-get install -y postgresql`") {
		t.Errorf("none installed: %v", err)
	}
	fake(filepath.Join(home, "13"), "13.9 (Debian)")
	if _, err := findProgramsIn(home, ""); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "only version 13") {
		t.Errorf("too old: %v", err)
	}
	fake(filepath.Join(home, "15"), "15.18 (Debian 15.18-0+deb12u1)")
	elsewhere := t.TempDir()
	fake(elsewhere, "18beta2")
	found, err := findProgramsIn(home, "/nowhere:"+filepath.Join(elsewhere, "bin"))
	if err != nil || len(found) != 2 || found[0].major != 18 || found[1].major != 15 {
		t.Errorf("found %v, %v", found, err)
	}
}
