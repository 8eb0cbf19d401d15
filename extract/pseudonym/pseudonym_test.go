package pseudonym

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
)

// The vectors were computed with OpenSSL by testdata/vectors.sh.
func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Root, Use, Domain, Key, Kind, Canonical, Pseudonym string }
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 28 {
		t.Fatalf("%d vectors, want 28", len(vectors))
	}
	seen := map[string]bool{}
	for _, v := range vectors {
		bytes, err := hex.DecodeString(v.Root)
		if err != nil {
			t.Fatal(err)
		}
		root, err := RootFromBytes(bytes)
		if err != nil {
			t.Fatal(err)
		}
		key := root.Persons(v.Domain)
		if v.Use == "rid" {
			key = root.Records(v.Domain)
		}
		if got := hex.EncodeToString(key.Reveal()); got != v.Key {
			t.Errorf("key of %s/v1/%s is %s, want %s", v.Use, v.Domain, got, v.Key)
		}
		if got, err := key.Hasher().Pseudonym(v.Kind, v.Canonical); err != nil || got != v.Pseudonym {
			t.Errorf("%s %q in %s: got %s (%v), want %s", v.Kind, v.Canonical, v.Domain, got, err, v.Pseudonym)
		}
		if seen[v.Pseudonym] {
			t.Errorf("pseudonym %s is given twice", v.Pseudonym)
		}
		seen[v.Pseudonym] = true
	}
}

func TestReusedStateIsAFreshOne(t *testing.T) {
	root := testRoot(t)
	rapid.Check(t, func(t *rapid.T) {
		key := root.Persons(rapid.String().Draw(t, "domain"))
		reused := key.Hasher()
		kinds := rapid.SampledFrom([]string{NHS, Local("RTA"), Record("EPIKEY")})
		for range 5 {
			kind, id := kinds.Draw(t, "kind"), rapid.String().Draw(t, "id")
			want, _ := key.Hasher().Pseudonym(kind, id)
			got, err := reused.Pseudonym(kind, id)
			if err != nil || got != want || len(got) != Size || strings.Trim(got, "0123456789abcdef") != "" {
				t.Fatalf("%q %q: reused %q (%v), fresh %q", kind, id, got, err, want)
			}
		}
	})
}

// Two different (domain, kind, identifier) never give one pseudonym: a move of
// characters from one part to the next must not.
func TestPartsDoNotRunTogether(t *testing.T) {
	root := testRoot(t)
	text := rapid.StringMatching(`[a/:01\x00]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (string, string) {
			domain, provider, id := text.Draw(t, name+" domain"), text.Draw(t, name+" provider"), text.Draw(t, name+" id")
			p, err := root.Persons(domain).Hasher().Pseudonym(Local(provider), id)
			if strings.Contains(provider, "\x00") {
				if !errors.Is(err, ErrKind) {
					t.Fatalf("kind with a zero byte: %v", err)
				}
				return "", ""
			}
			return p, fmt.Sprintf("%q %q %q", domain, provider, id)
		}
		p1, in1 := draw("one")
		p2, in2 := draw("two")
		if (p1 == p2) != (in1 == in2) {
			t.Fatalf("%s gives %s, %s gives %s", in1, p1, in2, p2)
		}
	})
	if _, err := root.Persons("d").Hasher().Pseudonym("", "1"); !errors.Is(err, ErrKind) {
		t.Errorf("empty kind: %v", err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	root := testRoot(t)
	key := root.Persons("d")
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		for _, v := range []any{key, &key, root, *root, struct{ K Key }{key}, []Key{key}} {
			out := fmt.Sprintf(format, v)
			if strings.Contains(out, "1f") || strings.Contains(out, hex.EncodeToString(key.Reveal())[:8]) || !strings.Contains(out, "key]") {
				t.Errorf("%s of %T prints %q", format, v, out)
			}
		}
	}
	if out, err := json.Marshal(map[string]any{"k": key}); err == nil {
		t.Errorf("JSON of a key: %s", out)
	}
	if out, err := json.Marshal(map[string]any{"r": root}); err == nil {
		t.Errorf("JSON of a root: %s", out)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", key, "root", root)
	if strings.Contains(log.String(), hex.EncodeToString(key.Reveal())[:8]) {
		t.Errorf("logged %s", log.String())
	}
}

func TestRootFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "root.key")
	made, err := CreateRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadRoot(path)
	if err != nil || *read != *made {
		t.Fatalf("read back another root: %v", err)
	}
	if _, err := CreateRoot(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second root over the first: %v", err)
	}
	for _, c := range []struct {
		name string
		mode os.FileMode
		size int
		want string
	}{
		{"group may read", 0o640, 32, "mode 0640"},
		{"others may read", 0o604, 32, "mode 0604"},
		{"short", 0o600, 31, "has 31"},
		{"long", 0o600, 33, "has 33"},
		{"as hexadecimal", 0o600, 64, "has 33"},
		{"empty", 0o600, 0, "has 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "k")
			if err := os.WriteFile(p, make([]byte, c.size), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(p, c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadRoot(p); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := ReadRoot(dir); !errors.Is(err, fault.Invalid) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := ReadRoot(filepath.Join(dir, "none")); !errors.Is(err, fault.Invalid) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func testRoot(t *testing.T) *Root {
	t.Helper()
	b := make([]byte, KeySize)
	for i := range b {
		b[i] = byte(i)
	}
	root, err := RootFromBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func BenchmarkReusedState(b *testing.B) {
	r, _ := RootFromBytes(make([]byte, KeySize))
	h := r.Persons("d").Hasher()
	dst := make([]byte, 0, Size)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = h.Append(dst[:0], NHS, "9990000018")
	}
}
