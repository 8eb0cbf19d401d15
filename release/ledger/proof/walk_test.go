package proof

import (
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// Any leaves of any tree, in order, and the hashes between them give its root;
// with anything changed they do not.
func TestWalkGivesTheRootAndNothingElseDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(0, 300).Draw(t, "size")
		var tree Tree
		leaves := make([]tlog.Hash, size)
		for i := range leaves {
			leaves[i] = tlog.RecordHash([]byte{byte(i), byte(i >> 8)})
			if err := tree.Append(leaves[i]); err != nil {
				t.Fatal(err)
			}
		}
		root, err := tree.Root(size)
		if err != nil {
			t.Fatal(err)
		}
		chosen := []int64{}
		if size > 0 {
			chosen = rapid.SliceOfDistinct(rapid.Int64Range(0, size-1), rapid.ID[int64]).Draw(t, "chosen")
		}
		slices.Sort(chosen)
		hashes := 0
		between := func(from, to int64) []tlog.Hash {
			out, err := tree.ReadHashes(Between(from, to))
			if err != nil {
				t.Fatal(err)
			}
			hashes += len(out)
			return out
		}
		// walk changes hash number wrong, counting those of leaves too.
		walk := func(wrong int) tlog.Hash {
			w, n := NewWalk(size), 0
			change := func(given []tlog.Hash) []tlog.Hash {
				out := slices.Clone(given)
				for i := range out {
					if n == wrong {
						out[i][0] ^= 1
					}
					n++
				}
				return out
			}
			for _, index := range chosen {
				if err := w.Leaf(index, change(between(w.Next(), index)), change(leaves[index : index+1])[0]); err != nil {
					t.Fatal(err)
				}
			}
			got, err := w.Root(change(between(w.Next(), size)))
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := walk(-1); got != root {
			t.Fatalf("leaves %v of %d give %v, want %v", chosen, size, got, root)
		}
		if most := 2 * 9 * (len(chosen) + 1); hashes > most {
			t.Errorf("%d hashes for %d leaves of %d", hashes, len(chosen), size)
		}
		if all := hashes + len(chosen); all > 0 {
			if wrong := rapid.IntRange(0, all-1).Draw(t, "wrong"); walk(wrong) == root {
				t.Errorf("hash %d was changed and the root is the same", wrong)
			}
		}
		if len(chosen) == 1 { // then the hashes are those of the inclusion proof, in another order
			inclusion, err := tlog.ProveRecord(size, chosen[0], &tree)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Concat(between(0, chosen[0]), between(chosen[0]+1, size))
			if len(got) < len(inclusion) {
				t.Errorf("%d hashes, the inclusion proof has %d", len(got), len(inclusion))
			}
		}
	})
}

func TestWalkRefusesWhatIsOutOfPlace(t *testing.T) {
	hash := tlog.RecordHash([]byte("x"))
	for name, walk := range map[string]func(*Walk) error{
		"twice": func(w *Walk) error {
			if err := w.Leaf(0, nil, hash); err != nil {
				return nil
			}
			return w.Leaf(0, nil, hash)
		},
		"beyond":       func(w *Walk) error { return w.Leaf(4, make([]tlog.Hash, 1), hash) },
		"without hash": func(w *Walk) error { return w.Leaf(1, nil, hash) },
		"hash to spare": func(w *Walk) error {
			return w.Leaf(0, []tlog.Hash{hash}, hash)
		},
		"unfinished": func(w *Walk) error { _, err := w.Root(nil); return err },
	} {
		if err := walk(NewWalk(4)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
