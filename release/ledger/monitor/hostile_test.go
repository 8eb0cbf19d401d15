package monitor_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/monitor"
	"data.release/registrar/release/ledger/proof"
)

// signer is one log's key.
type signer struct {
	note.Signer
	public string
}

func newSigner(t *testing.T) signer {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return signer{s, public}
}

// files is a whole site as answers by path: n entries, signed at size. The text
// of entry 7 is erased, under the tombstone that is entry 8; that of entry 9 waits
// for a person's decision.
func files(t *testing.T, s signer, n, size int, word string) map[string]string {
	t.Helper()
	out := map[string]string{"/log/key": s.public + "\n"}
	var tree proof.Tree
	var leaves [][]byte
	var entries []string
	for i := range n {
		number, field := i+1, "objective"
		salt, text := []byte(strings.Repeat("s", proof.SaltSize)), fmt.Sprintf("%s %d", word, number)
		commitment := proof.Commit(salt, field, text)
		kind, about, texts := "release", "", fmt.Sprintf(`[{"field":"objective","text":%q,"salt":"%x"}]`, text, salt)
		switch number {
		case 7:
			texts = `[{"field":"objective","erased":true}]`
		case 8:
			kind, about = "tombstone", `"about":7,`
		case 9:
			texts = `[{"field":"objective","withheld":true}]`
		}
		leaf := fmt.Appendf(nil, `{%s"commitments":{%q:%q},"kind":%q,"number":%d}`, about, field, commitment, kind, number)
		if number <= size {
			leaves = append(leaves, leaf)
			if err := tree.Append(tlog.RecordHash(leaf)); err != nil {
				t.Fatal(err)
			}
		}
		entries = append(entries, fmt.Sprintf(`{%s"kind":%q,"number":%d,"late":false,"texts":%s}`, about, kind, number, texts))
	}
	for first := 0; first < size; first += torchwood.TileWidth {
		var bundle []byte
		part := leaves[first:min(first+torchwood.TileWidth, size)]
		for _, leaf := range part {
			var err error
			if bundle, err = torchwood.AppendTileEntry(bundle, leaf); err != nil {
				t.Fatal(err)
			}
		}
		path := torchwood.TilePath(tlog.Tile{H: torchwood.TileHeight, L: -1, N: int64(first / torchwood.TileWidth), W: len(part)})
		out["/log/"+path] = string(bundle)
	}
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, int64(size)) {
		data, err := tlog.ReadTileData(tile, &tree)
		if err != nil {
			t.Fatal(err)
		}
		out["/log/"+torchwood.TilePath(tile)] = string(data)
	}
	root, err := tree.Root(int64(size))
	if err != nil {
		t.Fatal(err)
	}
	out["/log/checkpoint"] = s.sign(t, torchwood.Checkpoint{Origin: s.Name(), Tree: tlog.Tree{N: int64(size), Hash: root}}.String())
	out["/register.json"] = `{"title":"x","entries":[` + strings.Join(entries, ",\n") + `],"more":{}}`
	return out
}

func (s signer) sign(t *testing.T, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func serve(t *testing.T, files map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhateverASiteChangesIsFound(t *testing.T) {
	s := newSigner(t)
	key, err := proof.ParseVerifier(s.public)
	if err != nil {
		t.Fatal(err)
	}
	whole := files(t, s, 303, 300, "Objective")
	older, longer, other := files(t, s, 303, 200, "Objective"), files(t, s, 400, 400, "Objective"), files(t, s, 303, 300, "Another")
	replace := func(path, old, new string) func(map[string]string) {
		return func(f map[string]string) {
			if !strings.Contains(f[path], old) {
				t.Fatalf("%s holds no %q", path, old)
			}
			f[path] = strings.Replace(f[path], old, new, 1)
		}
	}
	const bundle = "/log/tile/entries/000"
	for _, c := range []struct {
		name   string
		change func(f map[string]string)
		seen   string
		want   []string
	}{
		{"nothing", func(map[string]string) {}, "", []string{}},
		{"withheld and given all the same", replace("/register.json", `"withheld":true`, `"withheld":true,"text":"x"`), "", []string{"commitment: entry 9, objective"}},
		{"erased, of which the tombstone says nothing", replace("/register.json", `"withheld":true`, `"erased":true`), "", []string{"text-missing: entry 9, objective"}},
		{"nothing, and an older checkpoint was seen", func(map[string]string) {}, older["/log/checkpoint"], []string{}},
		{"rolled back", func(map[string]string) {}, longer["/log/checkpoint"], []string{"rollback: log"}},
		{"rewritten and signed again", func(f map[string]string) { maps.Copy(f, other) }, whole["/log/checkpoint"], []string{"rewritten: log"}},
		{"something else is remembered", func(map[string]string) {}, "x", []string{"checkpoint-signature: the checkpoint seen before"}},
		{"a checkpoint's size", replace("/log/checkpoint", "\n300\n", "\n299\n"), "", []string{"checkpoint-signature: checkpoint"}},
		{"a leaf", replace(bundle, `"kind":"release","number":42}`, `"kind":"secrets","number":42}`), "",
			[]string{"root: log", "tile: /log/tile/0/000", "tile: /log/tile/1/000.p/1", "entry-changed: entry 42, kind"}},
		{"a leaf and its entry", func(f map[string]string) {
			replace(bundle, `"kind":"release","number":42}`, `"kind":"secrets","number":42}`)(f)
			replace("/register.json", `"kind":"release","number":42,`, `"kind":"secrets","number":42,`)(f)
		}, "", []string{"root: log", "tile: /log/tile/0/000", "tile: /log/tile/1/000.p/1"}},
		{"a bundle cut", func(f map[string]string) { f[bundle] = f[bundle][:1000] }, "", nil},
		{"a bundle longer", func(f map[string]string) { f[bundle] += "\x00\x01x" }, "", nil},
		{"a tile", func(f map[string]string) { f["/log/tile/0/000"] = strings.Repeat("x", 256*32) }, "", []string{"tile: /log/tile/0/000"}},
		{"a text", replace("/register.json", `"Objective 42"`, `"objective 42"`), "", []string{"commitment: entry 42, objective"}},
		{"a member added", replace("/register.json", `"number":42,`, `"number":42,"power":"other",`), "", []string{"entry-changed: entry 42, power"}},
		{"a member removed", replace("/register.json", `"kind":"release","number":42,`, `"number":42,`), "", []string{"entry-changed: entry 42, kind"}},
		{"an entry twice", replace("/register.json", `"number":42,`, `"number":43,`), "",
			[]string{"commitment: entry 43, objective", "entry-repeated: entry 43", "entry-missing: entry 42"}},
		{"an entry without a number", replace("/register.json", `"number":42,`, ``), "", []string{"entry-form: /register.json", "entry-missing: entry 42"}},
		{"a tombstone about another", func(f map[string]string) { maps.Copy(f, withoutTombstone(t, s)) }, "", []string{"text-missing: entry 7, objective"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := maps.Clone(whole)
			c.change(f)
			r, err := monitor.Verify(t.Context(), monitor.Config{URL: serve(t, f) + "/", Key: key, Seen: c.seen, Client: http.DefaultClient})
			if err != nil {
				t.Fatal(err)
			}
			got := found(r)
			if c.want == nil { // a bundle that cannot be read ends the comparison of entries; it must be named first
				if len(got) == 0 || got[0] != "bundle: "+bundle {
					t.Errorf("found %q", got)
				}
				return
			}
			if !slices.Equal(got, c.want) || r.Found != len(c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if c.name == "nothing" && (r.Entries != 300 || r.Unsigned != 3 || r.Erased != 1 || r.Withheld != 1 || !slices.Equal(r.Waiting, []string{"entry 9, objective"}) || r.Texts != 298 || r.Tiles != 3) {
				t.Errorf("report %+v", r)
			}
		})
	}
}

// withoutTombstone is the site whose entry 8 is of another kind, signed so.
func withoutTombstone(t *testing.T, s signer) map[string]string {
	f := files(t, s, 303, 300, "Objective")
	var tree proof.Tree
	for _, path := range []string{"/log/tile/entries/000", "/log/tile/entries/001.p/44"} {
		f[path] = strings.Replace(f[path], `"kind":"tombstone"`, `"kind":"tombstane"`, 1)
		rest := []byte(f[path])
		for len(rest) > 0 {
			var leaf []byte
			var err error
			if leaf, rest, err = torchwood.ReadTileEntry(rest); err == nil {
				err = tree.Append(tlog.RecordHash(leaf))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, 300) {
		data, err := tlog.ReadTileData(tile, &tree)
		if err != nil {
			t.Fatal(err)
		}
		f["/log/"+torchwood.TilePath(tile)] = string(data)
	}
	root, _ := tree.Root(300)
	f["/log/checkpoint"] = s.sign(t, torchwood.Checkpoint{Origin: s.Name(), Tree: tlog.Tree{N: 300, Hash: root}}.String())
	f["/register.json"] = strings.Replace(f["/register.json"], `"kind":"tombstone"`, `"kind":"tombstane"`, 1)
	return f
}

// Any checkpoints that were kept, from whenever, must be continued.
func TestEarlierCheckpointsAreContinued(t *testing.T) {
	s := newSigner(t)
	key, err := proof.ParseVerifier(s.public)
	if err != nil {
		t.Fatal(err)
	}
	whole := files(t, s, 303, 300, "Objective")
	note := func(size int, word string) string { return files(t, s, 303, size, word)["/log/checkpoint"] }
	r, err := monitor.Verify(t.Context(), monitor.Config{URL: serve(t, whole), Key: key, Client: http.DefaultClient,
		Earlier: []string{note(1, "Objective"), note(256, "Objective"), note(100, "Another"), note(303, "Objective"), "x", note(300, "Objective")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"rewritten: log", "rollback: log", "checkpoint-signature: earlier checkpoint 5"}
	if got := found(r); !slices.Equal(got, want) || !slices.Equal(r.Earlier, []int64{1, 256, 300}) {
		t.Errorf("found %q, continued %v", got, r.Earlier)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	s := newSigner(t)
	whole := files(t, s, 303, 300, "Objective")
	without := func(path string) map[string]string {
		f := maps.Clone(whole)
		delete(f, path)
		return f
	}
	with := func(path, body string) map[string]string {
		f := maps.Clone(whole)
		f[path] = body
		return f
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		kind  error
		want  string
	}{
		{"no checkpoint", without("/log/checkpoint"), fault.Unavailable, "/log/checkpoint could not be read"},
		{"no key", without("/log/key"), fault.Unavailable, "/log/key could not be read"},
		{"no bundle", without("/log/tile/entries/001.p/44"), fault.Unavailable, "001.p/44"},
		{"no tile", without("/log/tile/1/000.p/1"), fault.Unavailable, "/log/tile/1/000.p/1"},
		{"no register", without("/register.json"), fault.Unavailable, "/register.json"},
		{"an endless tile", with("/log/tile/0/000", strings.Repeat("x", 1<<20)), fault.TooLarge, "longer than the 8192 bytes"},
		{"a register cut", with("/register.json", whole["/register.json"][:5000]), fault.Unavailable, "to its end"},
		{"a register of no form", with("/register.json", `[]`), fault.Unavailable, "no JSON object"},
		{"a register without entries", with("/register.json", `{"a":1}`), fault.Unavailable, `no "entries"`},
		{"entries of no form", with("/register.json", `{"entries":{}}`), fault.Unavailable, "no list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The key is asked of the site here, which the report must say.
			r, err := monitor.Verify(t.Context(), monitor.Config{URL: serve(t, c.files), Client: http.DefaultClient})
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if r.Key != "taken from the site" {
				t.Errorf("key %q", r.Key)
			}
		})
	}
	for _, address := range []string{"", "register.example.org", "ftp://register.example.org", "http://127.0.0.1:1"} {
		if _, err := monitor.Verify(t.Context(), monitor.Config{URL: address, Client: http.DefaultClient}); err == nil {
			t.Errorf("%q was verified", address)
		}
	}
}

// A report of a register that is wrong throughout stays readable.
func TestFindingsAreBounded(t *testing.T) {
	s := newSigner(t)
	f := files(t, s, 300, 300, "Objective")
	f["/register.json"] = strings.ReplaceAll(f["/register.json"], "Objective", "Objection")
	r, err := monitor.Verify(t.Context(), monitor.Config{URL: serve(t, f), Client: http.DefaultClient})
	if err != nil || len(r.Findings) != monitor.MaxFindings || r.Found != 298 {
		t.Errorf("%d of %d findings, %v", len(r.Findings), r.Found, err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
