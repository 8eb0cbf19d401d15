package index

import (
	"cmp"
	"slices"

	"data.release/registrar/release/terms"
)

// Order is that in which entries are listed.
type Order string

// The orders. Entries without what they are ordered by come last; equal ones
// follow each other with the newest entry first.
const (
	Newest         Order = ""             // by number, the last recorded first
	Oldest         Order = "oldest"       // by number
	EventNewest    Order = "event"        // by the first day of the event, the last first
	EventOldest    Order = "event_oldest" // by the first day of the event
	ByOrganisation Order = "organisation" // by id, which is made of the name
	ByDataset      Order = "dataset"      // by code
)

// Orders lists every order.
func Orders() []Order {
	return []Order{Newest, Oldest, EventNewest, EventOldest, ByOrganisation, ByDataset}
}

// Query is a search. Of several values of one member any may hold; all members
// that ask something must.
type Query struct {
	// Chosen are the wanted values of facets. Of Organisation and Dataset the
	// entries under all names of the same body are found.
	Chosen   map[Facet][]string
	Stems    []string
	From, To terms.Date // entries whose event lies in these days, or partly
	Within   bool       // in these days altogether
	// Only are sets in each of which an entry must be, such as those that a text
	// was found in.
	Only []*Bits
	// Extra are facets that the index does not know itself.
	Extra []Extra

	Order Order
	// After and Before are numbers of entries, of which one at most is asked:
	// the page begins after the one, or ends before the other, in the query's
	// order. The entry need not be among those that are found. So a page stays
	// as it is while entries are added before or behind it.
	After, Before int64
	Skip          int // entries that are found and left out before the page; where neither is asked
	Size          int // entries of the page; 0: none, for counts alone

	// Count are the facets to be counted.
	Count []Facet
}

// Extra is a facet whose entries someone else knows.
type Extra struct {
	Name   Facet
	Values []ExtraValue
	Chosen []string
}

// ExtraValue is one value with its entries.
type ExtraValue struct {
	Value   string
	Entries *Bits
}

// Count is one value of a facet with the number of its entries.
type Count struct {
	Value string
	Count int
}

// Page is what a search finds.
type Page struct {
	Numbers []int64 // of the page, in the query's order
	Total   int
	First   int  // place of the page's first entry among all that are found, from 1; 0 of an empty page
	More    bool // more entries follow the page
	// Facets count, for each facet, the entries that there would be under each
	// of its values if the query asked nothing of it; the most frequent first.
	// Values without entries are left out.
	Facets map[Facet][]Count
	// Found is all that was found.
	Found *Bits
}

// filter is one facet that the query asks something of.
type filter struct {
	facet Facet
	bits  *Bits
}

// Search finds entries and counts them. The query is not checked: an unknown
// value finds nothing.
func (v *View) Search(q Query) Page {
	base := v.base(q)
	filters := v.filters(q)
	found := base.clone()
	for _, f := range filters {
		found.And(f.bits)
	}
	p := Page{Total: found.Count(), Found: found}
	v.page(&p, q)
	if len(q.Count) == 0 && len(q.Extra) == 0 {
		return p
	}
	p.Facets = map[Facet][]Count{}
	if p.Total == v.size {
		for _, facet := range q.Count {
			p.Facets[facet] = v.whole()[facet]
		}
	}
	for _, facet := range q.Count {
		if _, counted := p.Facets[facet]; !counted {
			p.Facets[facet] = v.count(facet, less(base, found, filters, facet))
		}
	}
	for _, e := range q.Extra {
		among := less(base, found, filters, e.Name)
		var counts []Count
		for _, value := range e.Values {
			counts = append(counts, Count{value.Value, common(among, value.Entries)})
		}
		p.Facets[e.Name] = ordered(counts)
	}
	return p
}

// less is what is found if nothing is asked of one facet.
func less(base, found *Bits, filters []filter, facet Facet) *Bits {
	if !slices.ContainsFunc(filters, func(f filter) bool { return f.facet == facet }) {
		return found
	}
	out := base.clone()
	for _, f := range filters {
		if f.facet != facet {
			out.And(f.bits)
		}
	}
	return out
}

// whole counts every facet over the whole register, once: it is what the page
// without a search shows.
func (v *View) whole() map[Facet][]Count {
	w := &v.facts.whole
	w.once.Do(func() {
		w.counts = map[Facet][]Count{}
		everything := all(v.size)
		for _, facet := range Facets() {
			w.counts[facet] = v.count(facet, everything)
		}
	})
	return w.counts
}

// base is the query without its facets.
func (v *View) base(q Query) *Bits {
	out := all(v.size)
	for _, b := range q.Only {
		out.And(b)
	}
	if len(q.Stems) > 0 {
		wanted := make([]bool, len(v.names.stems))
		for _, stem := range q.Stems {
			if code, found := v.columns.stems.find(stem); found && int(code) < len(wanted) && code > 0 {
				wanted[code] = true
			}
		}
		out.And(v.holding(v.columns.stem, nil, wanted))
	}
	if from, to := day(q.From), day(q.To); from != 0 || to != 0 {
		for i := range out.words {
			for rest := out.words[i]; rest != 0; rest &= rest - 1 {
				row := i*64 + trailing(rest)
				// An event without days has none in the span; one without an
				// end is its first day.
				first, last := v.columns.from[row], v.columns.to[row]
				first, last = cmp.Or(first, last), cmp.Or(last, first)
				outside := last < from || to != 0 && first > to
				partly := first < from || to != 0 && last > to
				if first == 0 || outside || q.Within && partly {
					out.words[i] &^= rest & -rest
				}
			}
		}
	}
	return out
}

func (v *View) filters(q Query) []filter {
	var out []filter
	for _, facet := range Facets() { // in one order, whatever the map's
		if chosen := q.Chosen[facet]; len(chosen) > 0 {
			out = append(out, filter{facet, v.chosen(facet, chosen)})
		}
	}
	for _, e := range q.Extra {
		if len(e.Chosen) == 0 {
			continue
		}
		bits := newBits(v.size)
		for _, value := range e.Values {
			if slices.Contains(e.Chosen, value.Value) {
				bits.Or(value.Entries)
			}
		}
		out = append(out, filter{e.Name, bits})
	}
	return out
}

// chosen is the set of entries that have one of the values.
func (v *View) chosen(facet Facet, chosen []string) *Bits {
	c, f := &v.columns, v.known()
	switch facet {
	case Organisation:
		return v.holding(c.organisation, c.alsoOrganisation, wanted(f.organisations, c.organisations, len(v.names.organisations), chosen))
	case Dataset:
		return v.holding(c.dataset, c.alsoDataset, wanted(f.datasets, c.datasets, len(v.names.datasets), chosen))
	case Edition:
		return v.holding(c.edition, nil, wanted(bodies{}, c.editions, len(v.names.editions), chosen))
	}
	out := newBits(v.size)
	values := v.narrow(facet)
	for i, value := range values.values {
		if value != "" && slices.Contains(chosen, value) {
			out.Or(values.bits[i])
		}
	}
	// The sets of the facets own may be those of a larger register.
	out.And(all(v.size))
	return out
}

// wanted are the codes of the bodies of values.
func wanted(b bodies, d *dictionary, size int, values []string) []bool {
	out := make([]bool, size)
	for _, value := range values {
		code, found := d.find(value)
		if !found || code == 0 || int(code) >= size {
			continue
		}
		out[code] = true
		for _, same := range b.names[b.of(code)] {
			out[same] = true
		}
	}
	return out
}

// narrow is a facet of few values with its sets.
func (v *View) narrow(facet Facet) valued {
	if i := slices.Index(own, facet); i >= 0 {
		bits := v.ownBits().values[i]
		return valued{v.names.sets[i][:min(len(bits), len(v.names.sets[i]))], bits}
	}
	return v.known().inherited[facet]
}

// count counts the values of a facet among entries.
func (v *View) count(facet Facet, among *Bits) []Count {
	c, f := &v.columns, v.known()
	switch facet {
	case Organisation:
		return v.countWide(among, c.organisation, c.alsoOrganisation, v.names.organisations, f.organisations)
	case Dataset:
		return v.countWide(among, c.dataset, c.alsoDataset, v.names.datasets, f.datasets)
	case Edition:
		return v.countWide(among, c.edition, nil, v.names.editions, bodies{})
	}
	values := v.narrow(facet)
	var out []Count
	for i, value := range values.values {
		if value != "" {
			out = append(out, Count{value, common(among, values.bits[i])})
		}
	}
	return ordered(out)
}

// countWide counts entries by their codes, each once for a body.
func (v *View) countWide(among *Bits, column []uint32, also []pair, values []string, b bodies) []Count {
	counts := make([]int, len(values))
	for i, w := range among.words {
		for ; w != 0; w &= w - 1 {
			counts[column[i*64+trailing(w)]]++
		}
	}
	var seen []uint32
	for from, to := 0, 0; from < len(also); from = to {
		row := also[from].row
		for to = from; to < len(also) && also[to].row == row; to++ {
		}
		if !among.Has(int64(row) + 1) {
			continue
		}
		seen = append(seen[:0], b.of(column[row]))
		for _, p := range also[from:to] {
			if body := b.of(p.code); int(p.code) < len(values) && !slices.Contains(seen, body) {
				seen = append(seen, body)
				counts[p.code]++
			}
		}
	}
	for code := range counts {
		if body := b.of(uint32(code)); body != uint32(code) {
			counts[body] += counts[code]
			counts[code] = 0
		}
	}
	var out []Count
	for code, n := range counts {
		if code > 0 && n > 0 {
			out = append(out, Count{values[code], n})
		}
	}
	return ordered(out)
}

// ordered puts the most frequent values first, equal ones by value.
func ordered(counts []Count) []Count {
	counts = slices.DeleteFunc(counts, func(c Count) bool { return c.Count == 0 })
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	return counts
}
