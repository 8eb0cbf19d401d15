package index

import (
	"math/bits"
	"slices"
	"sort"
)

func trailing(w uint64) int { return bits.TrailingZeros64(w) }

// page picks the entries of the page from what was found.
func (v *View) page(p *Page, q Query) {
	if q.Size <= 0 {
		return
	}
	l := v.listed(q.Order)
	// The entries found are walked in order: those before the page are counted.
	start, skip := 0, 0
	switch {
	case q.After > 0:
		start = l.place(v, q.After) + 1
	case q.Before > 0:
		start = l.back(p.Found, l.place(v, q.Before), q.Size)
	default:
		skip = max(q.Skip, 0)
	}
	before := l.count(p.Found, start) + skip
	for i := start; i < l.size; i++ {
		row := l.at(i)
		if !p.Found.Has(int64(row) + 1) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(p.Numbers) == q.Size {
			p.More = true
			break
		}
		p.Numbers = append(p.Numbers, int64(row)+1)
	}
	if len(p.Numbers) > 0 {
		p.First = before + 1
	}
}

// listing is all entries in an order.
type listing struct {
	size    int
	rows    []uint32 // nil: by number
	reverse bool     // of the numbers
	less    func(a, b int) bool
}

func (l listing) at(i int) int {
	switch {
	case l.rows != nil:
		return int(l.rows[i])
	case l.reverse:
		return l.size - 1 - i
	}
	return i
}

// place is where an entry stands in the order. One that is not in the view
// stands before all where the newest are first, and behind all otherwise.
func (l listing) place(v *View, number int64) int {
	row := int(number - 1)
	switch {
	case row >= l.size:
		if l.reverse {
			return -1
		}
		return l.size
	case l.rows == nil && l.reverse:
		return l.size - 1 - row
	case l.rows == nil:
		return row
	}
	return sort.Search(l.size, func(i int) bool { return !l.less(int(l.rows[i]), row) })
}

// back is where a page of some entries begins that ends before a place.
func (l listing) back(found *Bits, place, size int) int {
	start := min(max(place, 0), l.size)
	for n := 0; start > 0 && n < size; {
		start--
		if found.Has(int64(l.at(start)) + 1) {
			n++
		}
	}
	return start
}

// count is how many of the entries before a place were found.
func (l listing) count(found *Bits, place int) int {
	n := 0
	if l.rows == nil {
		low, high := 0, min(max(place, 0), l.size)
		if l.reverse {
			low, high = l.size-high, l.size
		}
		for row := low; row < high; {
			if row%64 == 0 && row+64 <= high {
				n += bits.OnesCount64(found.words[row/64])
				row += 64
				continue
			}
			if found.Has(int64(row) + 1) {
				n++
			}
			row++
		}
		return n
	}
	for _, row := range l.rows[:min(max(place, 0), l.size)] {
		n += int(found.words[row/64] >> (row % 64) & 1)
	}
	return n
}

// listed is all entries in an order; sorted once for a view.
func (v *View) listed(order Order) listing {
	i := slices.Index(Orders(), order)
	switch order {
	case Newest, Oldest:
		return listing{size: v.size, reverse: order == Newest}
	case EventNewest, EventOldest, ByOrganisation, ByDataset:
	default: // unknown ones are as the first
		return listing{size: v.size, reverse: true}
	}
	rank := v.rank(order)
	less := func(a, b int) bool {
		x, y := rank(a), rank(b)
		return x < y || x == y && a > b
	}
	o := &v.facts.orders[i]
	o.once.Do(func() { o.rows = byRank(v.size, rank) })
	return listing{size: v.size, rows: o.rows, less: less}
}

// rank is by what the entries are ordered: small numbers first.
func (v *View) rank(order Order) func(row int) int32 {
	const last = 1<<31 - 1
	c := &v.columns
	switch order {
	case EventNewest:
		return func(row int) int32 {
			if c.from[row] == 0 {
				return last
			}
			return -c.from[row]
		}
	case EventOldest:
		return func(row int) int32 {
			if c.from[row] == 0 {
				return last
			}
			return c.from[row]
		}
	}
	column, values := c.organisation, v.names.organisations
	if order == ByDataset {
		column, values = c.dataset, v.names.datasets
	}
	codes := make([]uint32, len(values))
	for code := range codes {
		codes[code] = uint32(code)
	}
	slices.SortFunc(codes[1:], func(a, b uint32) int {
		if values[a] < values[b] {
			return -1
		}
		return 1
	})
	ranks := make([]int32, len(values))
	ranks[0] = last
	for place, code := range codes[1:] {
		ranks[code] = int32(place)
	}
	return func(row int) int32 { return ranks[column[row]] }
}

// byRank sorts entries by rank, those of one rank with the newest first, in two
// passes: there are few ranks beside the entries.
func byRank(size int, rank func(int) int32) []uint32 {
	counts := map[int32]uint32{}
	ranks := make([]int32, size)
	for row := range size {
		ranks[row] = rank(row)
		counts[ranks[row]]++
	}
	known := make([]int32, 0, len(counts))
	for r := range counts {
		known = append(known, r)
	}
	slices.Sort(known)
	next := uint32(0)
	for _, r := range known {
		next, counts[r] = next+counts[r], next
	}
	out := make([]uint32, size)
	for row := size - 1; row >= 0; row-- {
		r := ranks[row]
		out[counts[r]] = uint32(row)
		counts[r]++
	}
	return out
}
