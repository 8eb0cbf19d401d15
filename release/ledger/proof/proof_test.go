package proof

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
)

// A value made by openssl, as the documentation of Commit says.
func TestCommitIsWhatOpensslComputes(t *testing.T) {
	salt, _ := hex.DecodeString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	if got := Commit(salt, "objective", "To reduce deaths – café"); got != "599719f4f71b88c848b94fba5d5b77be3010a039964efa9710b51e5344640902" {
		t.Errorf("got %s", got)
	}
	if Commit(salt, "objective", "x") == Commit(salt, "outputs", "x") {
		t.Error("a commitment must not serve for another field")
	}
}

// testLog is a log of n entries with one text each, signed by a fixed key.
type testLog struct {
	tree   Tree
	leaves [][]byte
	texts  [][]Text
	note   string
	key    note.Verifier
}

func testKey(seed int64, origin string) (note.Signer, note.Verifier) {
	secret, public, err := note.GenerateKey(rand.New(rand.NewSource(seed)), origin)
	if err != nil {
		panic(err)
	}
	signer, err1 := note.NewSigner(secret)
	verifier, err2 := note.NewVerifier(public)
	if err := errors.Join(err1, err2); err != nil {
		panic(err)
	}
	return signer, verifier
}

func newTestLog(n int) *testLog {
	l := &testLog{}
	for i := range n {
		salt := fmt.Sprintf("%064x", i+1)
		raw, _ := hex.DecodeString(salt)
		text := fmt.Sprintf("Objective of entry %d", i+1)
		l.texts = append(l.texts, []Text{{Field: "objective", Text: text, Salt: salt}})
		l.leaves = append(l.leaves, fmt.Appendf(nil, `{"commitments":{"objective":%q},"kind":"release","number":%d}`,
			Commit(raw, "objective", text), i+1))
		if err := l.tree.Append(tlog.RecordHash(l.leaves[i])); err != nil {
			panic(err)
		}
	}
	signer, verifier := testKey(1, "register.example/log")
	l.key = verifier
	root, err := l.tree.Root(int64(n))
	if err != nil {
		panic(err)
	}
	l.note = signed(signer, torchwood.Checkpoint{Origin: signer.Name(), Tree: tlog.Tree{N: int64(n), Hash: root}}.String())
	return l
}

func signed(signer note.Signer, text string) string {
	out, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func (l *testLog) bundle(t require, index int64) Bundle {
	inclusion, err := tlog.ProveRecord(int64(len(l.leaves)), index, &l.tree)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBundle(index, l.leaves[index], inclusion, l.note, l.texts[index])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// require is what *testing.T and *rapid.T have in common here.
type require interface{ Fatal(...any) }

// roundTrip writes a bundle and reads it as a stranger would.
func roundTrip(t require, b Bundle) Bundle {
	data, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseBundle(data)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestEveryEntryOfAnyLogIsProved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 700).Draw(t, "size")
		index := rapid.Int64Range(0, int64(n)-1).Draw(t, "index")
		l := newTestLog(n)
		result, err := roundTrip(t, l.bundle(t, index)).Verify(l.key)
		if err != nil {
			t.Fatal(err)
		}
		if result.Entry != index+1 || result.Size != int64(n) || !slices.Equal(result.Checked, []string{"objective"}) {
			t.Fatal("result", result)
		}
	})
}

func TestWhateverIsChangedIsFound(t *testing.T) {
	l := newTestLog(300)
	other := newTestLog(299)
	stranger, _ := testKey(2, "register.example/log")
	elsewhere, _ := testKey(1, "elsewhere.example/log")
	root, _ := l.tree.Root(300)
	head := func(origin string) string {
		return torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: 300, Hash: root}}.String()
	}
	cases := []struct {
		name   string
		change func(b *Bundle)
		want   []string // codes
	}{
		{"leaf", func(b *Bundle) { b.Leaf = strings.Replace(b.Leaf, "release", "unlease", 1) }, []string{"inclusion"}},
		{"number", func(b *Bundle) { b.Leaf = strings.Replace(b.Leaf, "42}", "43}", 1) }, []string{"inclusion", "leaf-number"}},
		{"another entry's leaf", func(b *Bundle) { *b = l.bundle(t, 42); b.Index = 41 }, []string{"inclusion", "leaf-number"}},
		{"index beyond", func(b *Bundle) { b.Index = 300 }, []string{"inclusion", "leaf-number"}},
		{"proof hash", func(b *Bundle) { b.Proof[3][7] ^= 1 }, []string{"inclusion"}},
		{"proof too short", func(b *Bundle) { b.Proof = b.Proof[1:] }, []string{"inclusion"}},
		{"proof too long", func(b *Bundle) { b.Proof = append(b.Proof, tlog.Hash{}) }, []string{"inclusion"}},
		{"another checkpoint", func(b *Bundle) { b.Checkpoint = other.note }, []string{"inclusion"}},
		{"checkpoint text", func(b *Bundle) { b.Checkpoint = strings.Replace(b.Checkpoint, "\n300\n", "\n301\n", 1) }, []string{"checkpoint-signature"}},
		{"checkpoint by a stranger", func(b *Bundle) { b.Checkpoint = signed(stranger, head("register.example/log")) }, []string{"checkpoint-signature"}},
		{"checkpoint of another log", func(b *Bundle) { b.Checkpoint = signed(elsewhere, head("elsewhere.example/log")) }, []string{"checkpoint-signature"}},
		{"checkpoint of no form", func(b *Bundle) { s, _ := testKey(1, l.key.Name()); b.Checkpoint = signed(s, "hello\n") }, []string{"checkpoint-form"}},
		{"origin beside the key", func(b *Bundle) {
			s, _ := testKey(1, l.key.Name())
			b.Checkpoint = signed(s, head("elsewhere.example/log"))
		}, []string{"checkpoint-origin"}},
		{"text", func(b *Bundle) { b.Texts[0].Text += "." }, []string{"commitment"}},
		{"salt", func(b *Bundle) { b.Texts[0].Salt = strings.Repeat("ab", SaltSize) }, []string{"commitment"}},
		{"salt too short", func(b *Bundle) { b.Texts[0].Salt = "abcd" }, []string{"commitment"}},
		{"text added", func(b *Bundle) {
			b.Texts = append(b.Texts, Text{Field: "title", Text: "x", Salt: strings.Repeat("ab", SaltSize)})
		}, []string{"text-uncommitted"}},
		{"text twice", func(b *Bundle) { b.Texts = append(b.Texts, b.Texts[0]) }, []string{"text-repeated"}},
		{"text left out", func(b *Bundle) { b.Texts = nil }, []string{"text-missing"}},
		{"erased and given", func(b *Bundle) { b.Texts[0].Erased = true }, []string{"commitment"}},
		{"leaf of no form", func(b *Bundle) { b.Leaf = "x" }, []string{"inclusion", "leaf-form"}},
		{"several at once", func(b *Bundle) { b.Proof = b.Proof[1:]; b.Texts[0].Text = "" }, []string{"inclusion", "commitment"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := roundTrip(t, l.bundle(t, 41))
			c.change(&b)
			_, err := b.Verify(l.key)
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("verified, or failed otherwise: %v", err)
			}
			var codes []string
			for _, r := range Reasons(err) {
				codes = append(codes, r.Code)
			}
			if !slices.Equal(codes, c.want) {
				t.Errorf("codes %v, want %v", codes, c.want)
			}
		})
	}
}

func TestErasedTextLeavesTheEntryProved(t *testing.T) {
	l := newTestLog(5)
	l.texts[2] = nil
	result, err := roundTrip(t, l.bundle(t, 2)).Verify(l.key)
	if err != nil || !slices.Equal(result.Erased, []string{"objective"}) || len(result.Checked) != 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestParseBundleRefuses(t *testing.T) {
	whole, _ := json.Marshal(newTestLog(3).bundle(t, 1))
	with := func(old, new string) string { return strings.Replace(string(whole), old, new, 1) }
	for _, c := range []struct{ name, data, want string }{
		{"nothing", "", "breaks off"},
		{"cut", string(whole[:len(whole)/2]), "breaks off"},
		{"not JSON", "checkpoint", "broken at byte 1"},
		{"followed by more", string(whole) + "{}", "something follows"},
		{"unknown member", with(`"index"`, `"more":1,"index"`), `unknown member "more"`},
		{"wrong type", with(`"index":1`, `"index":"1"`), `"index" has the wrong type`},
		{"other version", with("proof/1", "proof/2"), `this version reads`},
		{"hash too short", with(`"proof":["`, `"proof":["AAAA`), "cannot be read"},
		{"no leaf and no checkpoint", `{"format":"registrar-proof/1","index":0,"proof":[],"texts":[]}`, "leaf: is missing; checkpoint: is missing"},
		{"negative", with(`"index":1`, `"index":-1`), "is negative"},
		{"too large", strings.Repeat(" ", MaxBundle+1), "at most"},
	} {
		_, err := ParseBundle([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// Whatever is read is either refused or written and read again as itself; and
// without the key's signature nothing verifies.
func FuzzParseBundle(f *testing.F) {
	for n := 1; n < 5; n++ {
		data, _ := json.Marshal(newTestLog(n).bundle(f, int64(n-1)))
		f.Add(data)
	}
	f.Add([]byte(`{"format":"registrar-proof/1","index":0,"leaf":"{\"number\":1}","proof":[],"checkpoint":"a\n1\nAAAA\n\n— a b\n","texts":null}`))
	_, stranger := testKey(99, "register.example/log")
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBundle(data)
		if err != nil {
			if !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
				t.Fatal(err)
			}
			return
		}
		again := roundTrip(t, b)
		if fmt.Sprint(again) != fmt.Sprint(b) {
			t.Fatalf("%v became %v", b, again)
		}
		if _, err := b.Verify(stranger); err == nil {
			t.Fatal("verified without the key")
		}
	})
}

func TestParseVerifier(t *testing.T) {
	for _, bad := range []string{"", "name", "PRIVATE+KEY+x+1+A", "a+b+c"} {
		if _, err := ParseVerifier(bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTreeHasNoRootBeyondItsSize(t *testing.T) {
	l := newTestLog(3)
	if _, err := l.tree.Root(4); err == nil {
		t.Error("a root at 4 of 3 leaves")
	}
	if _, err := l.tree.ReadHashes([]int64{99}); err == nil {
		t.Error("hash 99 of 3 leaves")
	}
}
