package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets this test program be registrar, so that the demonstration and
// its children run as they do from the real binary.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_REGISTRAR") == "1" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// registrar runs the program with a data directory and addresses of its own.
func registrar(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, self, args...)
	command.Env = append(append(os.Environ(), "RUN_AS_REGISTRAR=1"), env...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	out, err := command.CombinedOutput()
	return string(out), err
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestDemo does the whole main job as its users would: the real register
// imported, feeds landed, an application taken to a released, downloaded and
// registered extract by separate processes with their own database roles, and
// the register verified from outside. A second run goes on with the same data.
func TestDemo(t *testing.T) {
	dir, err := os.MkdirTemp("", "demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	testdata, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"REGISTRAR_DATA=" + filepath.Join(dir, "data"), "REGISTRAR_ADDR=" + free(t), "REGISTRAR_DEMO_ISSUER_ADDR=" + free(t), "DATABASE_URL="}
	first, err := registrar(t, env, "demo", "--once", "--testdata", testdata)
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	for _, want := range []string{
		"5,079 releases", "585", "94 of whom opted out", "hes_apc: accept", "NIC-69431-K1K8R is logged",
		"an extract before anyone has signed", "- signed:", "fields and a period outside the line", "- fields:", "- period:", "- identifiers:",
		"register entries [5666 5667]", "register entries [5668]", "opened it with their key", "A stranger who knows the file's address is refused",
		"15 flows, 10 licences, 13 actions", "An amendment of", "two persons lifted the hold",
		"signed at 5668 entries", "Everything holds.",
	} {
		if !strings.Contains(first, want) && !strings.Contains(strings.ReplaceAll(first, "5079", "5,079"), want) {
			t.Errorf("the demonstration does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(first)
	}
	plain, err := os.ReadFile(filepath.Join(dir, "data", "demo", "downloaded.csv"))
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(plain), "\n")
	if !strings.HasPrefix(header, "PERSON_PSEUDONYM,") || strings.Contains(header, "NHS_NUMBER") || strings.Contains(header, "person_id") {
		t.Errorf("columns of the downloaded file: %s", header)
	}
	second, err := registrar(t, env, "demo", "--once", "--testdata", testdata)
	if err != nil {
		t.Fatalf("%v\n%s", err, second)
	}
	for _, want := range []string{"importing it again changed nothing", "The main job was done before", "signed at 5668 entries"} {
		if !strings.Contains(second, want) {
			t.Errorf("the second run does not say %q: %s", want, second)
		}
	}
}

func TestSettingsAreStrict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registrar.toml")
	if err := os.WriteFile(path, []byte("addr = \"127.0.0.1:1\"\nadress = \"x\"\ndatabase-password = \"y\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := registrar(t, []string{"REGISTRAR_CONFIG=" + path}, "gate", "rules")
	if err == nil || !strings.Contains(out, "adress") || !strings.Contains(out, "database-password") {
		t.Errorf("unknown settings are let by: %v\n%s", err, out)
	}
	out, err = registrar(t, []string{"DATABASE_URL="}, "serve")
	if err == nil || !strings.Contains(out, "--delivery-store") || !strings.Contains(out, "--verifier-key-file") {
		t.Errorf("serve without settings: %v\n%s", err, out)
	}
	secret := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(secret, []byte("postgres://u:topsecret@/x"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err = registrar(t, []string{"DATABASE_URL="}, "--database-url-file", secret, "migrate")
	if err == nil || !strings.Contains(out, "0600") || strings.Contains(out, "topsecret") {
		t.Errorf("a secret that others can read: %v\n%s", err, fmt.Sprint(out))
	}
}
