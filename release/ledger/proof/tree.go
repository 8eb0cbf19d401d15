package proof

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is a log's hashes held in memory, in the order of
// [tlog.StoredHashIndex]: 64 bytes a leaf, near enough. It is for whoever has
// all leaves at hand and derives the rest from them.
type Tree struct {
	size   int64
	hashes []tlog.Hash
}

// Append adds the next leaf, given by its record hash.
func (t *Tree) Append(leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return err
	}
	t.hashes = append(t.hashes, hashes...)
	t.size++
	return nil
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root is the tree's hash when it had size leaves.
func (t *Tree) Root(size int64) (tlog.Hash, error) {
	if size < 0 || size > t.size {
		return tlog.Hash{}, fmt.Errorf("a tree of %d leaves has no root at %d", t.size, size)
	}
	return tlog.TreeHash(size, t)
}

// ReadHashes makes Tree a [tlog.HashReader].
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("hash %d is not in a tree of %d leaves", x, t.size)
		}
		out[i] = t.hashes[x]
	}
	return out, nil
}
