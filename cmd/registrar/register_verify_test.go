package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"github.com/alecthomas/kong"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/ledger/proof"
)

// oneEntry is a log of one entry: its site, its proof file and its key.
type oneEntry struct {
	files         map[string]string // of the site, by path
	url, dir, key string
}

func newOneEntry(t *testing.T) *oneEntry {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	salt := []byte(strings.Repeat("s", proof.SaltSize))
	leaf := fmt.Appendf(nil, `{"commitments":{"title":%q},"kind":"agreement","number":1}`, proof.Commit(salt, "title", "Hearts"))
	root := tlog.RecordHash(leaf)
	checkpoint, err := note.Sign(&note.Note{Text: torchwood.Checkpoint{Origin: signer.Name(), Tree: tlog.Tree{N: 1, Hash: root}}.String()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := torchwood.AppendTileEntry(nil, leaf)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"field":"title","text":"Hearts","salt":"%x"}`, salt)
	o := &oneEntry{key: public, dir: t.TempDir(), files: map[string]string{
		"/log/key":                  public,
		"/log/checkpoint":           string(checkpoint),
		"/log/tile/entries/000.p/1": string(bundle),
		"/log/tile/0/000.p/1":       string(root[:]),
		"/register.json":            `{"entries":[{"kind":"agreement","number":1,"texts":[` + text + `]}]}`,
	}}
	file, err := proof.NewBundle(0, leaf, nil, string(checkpoint), []proof.Text{{Field: "title", Text: "Hearts", Salt: fmt.Sprintf("%x", salt)}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	o.write(t, "proof.json", string(data))
	o.write(t, "changed.json", strings.Replace(string(data), "Hearts", "Clubs", 1))
	o.write(t, "broken.json", string(data[:40]))
	o.write(t, "key", public+"\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := o.files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

func (o *oneEntry) path(name string) string { return filepath.Join(o.dir, name) }

func (o *oneEntry) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(o.path(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// verify runs the command as the command line would.
func verify(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var command struct {
		Verify RegisterVerifyCmd `cmd:""`
	}
	var out bytes.Buffer
	parser, err := kong.New(&command, kong.Writers(&out, &out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := parser.Parse(append([]string{"verify"}, args...))
	if err == nil {
		err = ctx.Run()
	}
	return out.String(), err
}

func TestVerifyAProofFileOffline(t *testing.T) {
	o := newOneEntry(t)
	for _, key := range []string{o.key, o.path("key")} {
		out, err := verify(t, o.path("proof.json"), "--key", key)
		if err != nil || !strings.Contains(out, "Entry 1 stands in the log register.example/log, as signed at 1 entry.") || !strings.Contains(out, "title") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	other := newOneEntry(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{o.path("changed.json"), "--key", o.key}, "title: the text does not fit the commitment"},
		{[]string{o.path("broken.json"), "--key", o.key}, "breaks off"},
		{[]string{o.path("proof.json"), "--key", other.key}, "no signature by the key"},
		{[]string{o.path("proof.json"), "--key", "nonsense"}, "no verifier key"},
		{[]string{o.path("proof.json")}, "give it as --key"},
		{[]string{o.path("proof.json"), "--url", o.url}, "either a file or --url"},
		{[]string{o.path("proof.json"), "--key", o.key, "--remember", o.path("seen")}, "goes with --url"},
		{nil, "either a file or --url"},
		{[]string{o.path("none.json")}, "no such file"},
	} {
		if out, err := verify(t, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q\n%s", c.args, err, c.want, out)
		}
	}
}

func TestVerifyARegisterAndRememberIt(t *testing.T) {
	o := newOneEntry(t)
	seen := o.path("seen")
	out, err := verify(t, "--url", o.url, "--key", o.key, "--remember", seen)
	if err != nil || !strings.Contains(out, "compared: 1 tile, 1 entry, 1 text\n") || !strings.Contains(out, "Everything holds.") {
		t.Fatalf("%v\n%s", err, out)
	}
	if kept, err := os.ReadFile(seen); err != nil || string(kept) != o.files["/log/checkpoint"] {
		t.Errorf("remembered %q, %v", kept, err)
	}
	if out, err := verify(t, "--url", o.url, "--remember", seen); err != nil || !strings.Contains(out, "continues what was seen before at 1") || !strings.Contains(out, "key taken from the site") {
		t.Errorf("the second time: %v\n%s", err, out)
	}

	o.files["/register.json"] = strings.Replace(o.files["/register.json"], "Hearts", "Clubs", 1)
	out, err = verify(t, "--url", o.url, "--key", o.key)
	if err == nil || !strings.Contains(err.Error(), "does not hold: 1 finding") || !strings.Contains(out, "! entry 1, title: the text does not fit") {
		t.Errorf("a changed text: %v\n%s", err, out)
	}
	// A log of another beginning, signed by the key that was asked of the site.
	o.files = newOneEntry(t).files
	if _, err := verify(t, "--url", o.url, "--remember", seen); err == nil {
		t.Error("another log continued the one seen before")
	}
	if kept, _ := os.ReadFile(seen); string(kept) == o.files["/log/checkpoint"] {
		t.Error("what did not hold was remembered")
	}
}

func TestVerifyReportsAsJSON(t *testing.T) {
	o := newOneEntry(t)
	type report struct {
		OK       bool
		Findings []struct{ Code, Field string }
		Entry    int64
		Size     int64
		Error    string
	}
	read := func(args ...string) (r report, err error) {
		out, failure := verify(t, append(args, "--json")...)
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return r, failure
	}
	if r, err := read(o.path("proof.json"), "--key", o.key); err != nil || !r.OK || r.Entry != 1 || r.Size != 1 || len(r.Findings) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := read(o.path("changed.json"), "--key", o.key); err == nil || r.OK || len(r.Findings) != 1 || r.Findings[0].Code != "commitment" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := read(o.path("broken.json"), "--key", o.key); err == nil || r.OK || len(r.Findings) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := read("--url", o.url, "--key", o.key); err != nil || !r.OK || r.Size != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	delete(o.files, "/register.json")
	if r, err := read("--url", o.url, "--key", o.key); err == nil || r.OK || !strings.Contains(r.Error, "/register.json") {
		t.Errorf("%+v, %v", r, err)
	}
}
