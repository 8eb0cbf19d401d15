package index

import "math/bits"

// Bits is a set of entries: entry n is bit n-1.
type Bits struct{ words []uint64 }

func newBits(size int) *Bits { return &Bits{make([]uint64, (size+63)/64)} }

// all is the set of the first entries.
func all(size int) *Bits {
	b := newBits(size)
	for i := range b.words {
		b.words[i] = ^uint64(0)
	}
	if over := size % 64; over != 0 {
		b.words[len(b.words)-1] = 1<<over - 1
	}
	return b
}

func (b *Bits) set(row int) { b.words[row/64] |= 1 << (row % 64) }

func (b *Bits) clear(row int) { b.words[row/64] &^= 1 << (row % 64) }

func (b *Bits) clone() *Bits { return &Bits{append([]uint64(nil), b.words...)} }

// Has says whether an entry is in the set.
func (b *Bits) Has(number int64) bool {
	row := number - 1
	return row >= 0 && row/64 < int64(len(b.words)) && b.words[row/64]&(1<<(row%64)) != 0
}

// Count is how many entries the set has.
func (b *Bits) Count() int {
	n := 0
	for _, w := range b.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// Numbers lists the entries of the set, ascending.
func (b *Bits) Numbers() []int64 {
	out := make([]int64, 0, b.Count())
	for row := range b.rows() {
		out = append(out, int64(row)+1)
	}
	return out
}

// Or adds the entries of another set of the same view, or of a smaller one.
func (b *Bits) Or(other *Bits) {
	for i, w := range other.words[:min(len(b.words), len(other.words))] {
		b.words[i] |= w
	}
}

// And keeps what is in the other set too.
func (b *Bits) And(other *Bits) {
	n := min(len(b.words), len(other.words))
	for i, w := range other.words[:n] {
		b.words[i] &= w
	}
	clear(b.words[n:])
}

// Without takes the entries of another set away.
func (b *Bits) Without(other *Bits) {
	for i, w := range other.words[:min(len(b.words), len(other.words))] {
		b.words[i] &^= w
	}
}

// common counts what two sets have in common.
func common(a, b *Bits) int {
	n := 0
	other := b.words[:min(len(a.words), len(b.words))]
	for i, w := range a.words[:len(other)] {
		n += bits.OnesCount64(w & other[i])
	}
	return n
}

// rows gives the places of the set's entries, ascending.
func (b *Bits) rows() func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i, w := range b.words {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}
