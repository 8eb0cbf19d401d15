package proof

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Walk derives the root of a tree from some of its leaves, taken in order, and
// from the hashes of all that lies between them. However many leaves there
// are, it holds no more than a hash for each level of the tree, so that files of
// any length can be verified as they are read.
//
// One hash stands for each of the largest complete subtrees between two leaves
// (see [Between]), so that leaves which lie together share what leads to the
// root: a file of the whole log has no hashes at all, and a file of one leaf
// has its inclusion proof.
type Walk struct {
	size, next int64
	edge       []subtree // complete subtrees of what was walked, largest first
}

type subtree struct {
	level int
	hash  tlog.Hash
}

// NewWalk begins a walk through a tree of size leaves.
func NewWalk(size int64) *Walk { return &Walk{size: size} }

// Next is the index of the leaf that the walk has come to.
func (w *Walk) Next() int64 { return w.next }

// Leaf walks over one leaf, given by its record hash. Hashes of what lies
// before it are those that [Between] tells, from the left; their number must be
// right, and the leaf must not lie before one that was walked over.
func (w *Walk) Leaf(index int64, before []tlog.Hash, leaf tlog.Hash) error {
	if index < w.next || index >= w.size {
		return fmt.Errorf("leaf %d does not come after leaf %d in a tree of %d", index, w.next-1, w.size)
	}
	if err := w.skip(index, before); err != nil {
		return err
	}
	w.push(0, leaf)
	w.next++
	return nil
}

// Root walks over all that is left and gives the root of the tree.
func (w *Walk) Root(after []tlog.Hash) (tlog.Hash, error) {
	if err := w.skip(w.size, after); err != nil {
		return tlog.Hash{}, err
	}
	if len(w.edge) == 0 {
		return tlog.TreeHash(0, nil)
	}
	root := w.edge[len(w.edge)-1].hash
	for i := len(w.edge) - 2; i >= 0; i-- {
		root = tlog.NodeHash(w.edge[i].hash, root)
	}
	return root, nil
}

func (w *Walk) skip(to int64, hashes []tlog.Hash) error {
	levels := between(w.next, to)
	if len(levels) != len(hashes) {
		return fmt.Errorf("%d hashes stand for leaves %d to %d, and %d are given", len(levels), w.next, to-1, len(hashes))
	}
	for i, level := range levels {
		w.push(level, hashes[i])
	}
	w.next = to
	return nil
}

func (w *Walk) push(level int, hash tlog.Hash) {
	for n := len(w.edge); n > 0 && w.edge[n-1].level == level; n-- {
		hash = tlog.NodeHash(w.edge[n-1].hash, hash)
		w.edge = w.edge[:n-1]
		level++
	}
	w.edge = append(w.edge, subtree{level, hash})
}

// Between gives the indexes, in the order of [tlog.StoredHashIndex], of the
// hashes that stand for the leaves from one index up to another, that one not
// included: one for each of the largest complete subtrees, from the left.
func Between(from, to int64) []int64 {
	levels := between(from, to)
	ids := make([]int64, len(levels))
	for i, level := range levels {
		ids[i] = tlog.StoredHashIndex(level, from>>level)
		from += 1 << level
	}
	return ids
}

// between gives the levels of those subtrees.
func between(from, to int64) []int {
	var levels []int
	for from < to {
		level := bits.Len64(uint64(to-from)) - 1
		if from > 0 {
			level = min(level, bits.TrailingZeros64(uint64(from)))
		}
		levels = append(levels, level)
		from += 1 << level
	}
	return levels
}
