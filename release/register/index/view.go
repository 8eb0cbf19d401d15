package index

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// View is the register at one size. It never changes and is safe for
// concurrent use.
type View struct {
	size    int
	columns columns
	lists   [len(columns{}.own)][][]uint32 // of columns.sets, as far as they are needed
	names   names
	own     *ownBits
	facts   facts
}

// names are the values of the dictionaries by their codes.
type names struct {
	sets                                                                  [len(columns{}.own)][]string
	organisations, kinds, datasets, editions, references, stems, versions []string
	keys                                                                  int
}

func newView(c columns, before *View) *View {
	v := &View{size: c.size, columns: c, own: &ownBits{}}
	for i, s := range c.sets {
		v.lists[i], v.names.sets[i] = s.lists, s.values.list()
	}
	n := &v.names
	n.organisations, n.kinds, n.datasets, n.editions = c.organisations.list(), c.kinds.list(), c.datasets.list(), c.editions.list()
	n.references, n.stems, n.versions, n.keys = c.references.list(), c.stems.list(), c.versions.list(), len(c.keys.list())
	if before != nil {
		v.own.before.Store(before.own)
	}
	return v
}

// Size is the number of entries.
func (v *View) Size() int64 { return int64(v.size) }

// earlier keeps the views of sizes that were asked for last, for what is
// computed about them.
type earlier struct {
	mu    sync.Mutex
	views []*View // the last asked for first
}

// kept is how many earlier sizes are kept.
const kept = 8

func (e *earlier) view(latest *View, size int) *View {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.views, func(v *View) bool { return v.size == size })
	if i < 0 {
		v := &View{size: size, columns: latest.columns, lists: latest.lists, names: latest.names, own: latest.own}
		e.views = slices.Insert(e.views, 0, v)
		e.views = e.views[:min(len(e.views), kept)]
		return v
	}
	v := e.views[i]
	e.views = slices.Insert(slices.Delete(e.views, i, i+1), 0, v)
	return v
}

// ownBits has a set of entries for each value of the facets own. That of a
// larger register serves a smaller one too: what it has beyond is never asked.
type ownBits struct {
	once   sync.Once
	before atomic.Pointer[ownBits] // to extend, if it was ever made
	made   atomic.Bool
	size   int
	values [len(columns{}.own)][]*Bits // by the code of the value
}

func (v *View) ownBits() *ownBits {
	o := v.own
	o.once.Do(func() {
		// A view of an earlier size may be the first to ask: the columns are
		// those of the larger register in any case.
		o.size = v.columns.size
		before := o.before.Swap(nil)
		if before != nil && !before.made.Load() {
			before = nil
		}
		for facet, lists := range v.lists {
			o.values[facet] = extend(before, facet, lists, v.columns.own[facet], o.size)
		}
		o.made.Store(true)
	})
	return o
}

func extend(before *ownBits, facet int, lists [][]uint32, column []uint32, size int) []*Bits {
	most := uint32(0)
	for _, list := range lists {
		for _, code := range list {
			most = max(most, code)
		}
	}
	out := make([]*Bits, most+1)
	first := 0
	for code := range out {
		out[code] = newBits(size)
		if before != nil && code < len(before.values[facet]) {
			copy(out[code].words, before.values[facet][code].words)
		}
	}
	if before != nil {
		first = before.size
	}
	for row := first; row < size; row++ {
		for _, code := range lists[column[row]] {
			out[code].set(row)
		}
	}
	return out
}

// Row is an entry; false if there is none of the number.
func (v *View) Row(number int64) (Row, bool) {
	if number < 1 || number > int64(v.size) {
		return Row{}, false
	}
	return v.row(int(number - 1)), true
}

// Rows gives every entry, in the order of numbers.
func (v *View) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for row := range v.size {
			if !yield(v.row(row)) {
				return
			}
		}
	}
}

// Standing gives the entries that stand, in the order of numbers.
func (v *View) Standing() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for row := range v.known().stands.rows() {
			if !yield(v.row(row)) {
				return
			}
		}
	}
}

func (v *View) row(i int) Row {
	c, n := &v.columns, &v.names
	r := Row{
		Number: int64(i) + 1, Kind: register.Kind(v.first(0, i)), RecordedAt: time.UnixMicro(c.recorded[i]).UTC(),
		EventFrom: date(c.from[i]), EventTo: date(c.to[i]), Late: c.own[8][i] != 0,
		Edition: n.editions[c.edition[i]], EditionFrom: date(c.editionFrom[c.edition[i]]), SourceID: v.sourceID(i),
		Reference: n.references[c.reference[i]], Stem: n.stems[c.stem[i]], Version: n.versions[c.version[i]],
		Organisation: n.organisations[c.organisation[i]], OrganisationKind: n.kinds[c.kind[i]], Dataset: n.datasets[c.dataset[i]],
		Ended: v.Ended(int64(i) + 1),
	}
	switch c.class[i] {
	case classRelease:
		r.TypeOfData, r.OptOut, r.Power = terms.TypeOfData(v.first(1, i)), terms.OptOut(v.first(2, i)), terms.Power(v.first(3, i))
		for _, code := range v.lists[4][c.own[4][i]] {
			r.Routes = append(r.Routes, terms.Route(n.sets[4][code]))
		}
		r.Sensitivity, r.Frequency, r.Channel = terms.Sensitivity(v.first(5, i)), terms.Frequency(v.first(6, i)), terms.Channel(v.first(7, i))
	case classAgreement:
		if at, found := slices.BinarySearchFunc(c.agreements, uint32(i), func(a agreement, row uint32) int { return cmp.Compare(a.row, row) }); found {
			a := c.agreements[at]
			r.Starts, r.Ends, r.Controllership, r.SubLicensing, r.Commercial = date(a.starts), date(a.ends), a.controllership, a.subLicensing, a.commercial
			r.Lines, r.Support = a.lines, a.support
		}
	}
	if at, found := slices.BinarySearchFunc(c.others, uint32(i), func(o other, row uint32) int { return cmp.Compare(o.row, row) }); found {
		o := c.others[at]
		r.About, r.Corrects, r.Relation, r.Successor, r.SuccessorDataset, r.Fields = o.about, o.corrects, o.relation, o.successor, o.successorDataset, o.fields
	}
	return r
}

// first is the only value that an entry has of an own facet, or "".
func (v *View) first(facet, row int) string {
	list := v.lists[facet][v.columns.own[facet][row]]
	if len(list) == 0 {
		return ""
	}
	return v.names.sets[facet][list[0]]
}

func (v *View) sourceID(row int) string {
	c := &v.columns
	end := len(c.sourced)
	if row+1 < len(c.starts) {
		end = int(c.starts[row+1])
	}
	return string(c.sourced[c.starts[row] : end-1])
}

// Ended is the number of the entry because of which another no longer stands at
// the view's size; 0 while it stands.
func (v *View) Ended(number int64) int64 { return v.known().endedBy[uint32(number-1)] }

// Endings are the entries that an entry ended, at any size: what a correction or
// a later reading stands in the place of, what a withdrawal took away. An entry
// that never stood ended itself.
func (v *View) Endings(number int64) []int64 {
	list := v.columns.ended
	at, _ := slices.BinarySearchFunc(list, uint32(number), func(e ending, at uint32) int { return cmp.Compare(e.at, at) })
	var out []int64
	for ; at < len(list) && list[at].at == uint32(number); at++ {
		out = append(out, int64(list[at].row)+1)
	}
	return out
}

// Tagged is the set of the entries of some numbers.
func (v *View) Tagged(numbers []int64) *Bits {
	out := newBits(v.size)
	for _, n := range numbers {
		if n >= 1 && n <= int64(v.size) {
			out.set(int(n - 1))
		}
	}
	return out
}

// Everything is the set of all entries.
func (v *View) Everything() *Bits { return all(v.size) }

// WithSourceID is the set of entries in whose row's id a text stands, whatever
// its case.
func (v *View) WithSourceID(part string) *Bits {
	out := newBits(v.size)
	c, wanted := &v.columns, lower(part)
	if len(wanted) == 0 {
		return out
	}
	for at := 0; ; {
		next := bytes.Index(c.ids[at:], wanted)
		if next < 0 {
			return out
		}
		at += next
		row, exact := slices.BinarySearch(c.starts, uint32(at))
		if !exact {
			row--
		}
		// Empty ids begin where their neighbour does not; of the entries that
		// begin here it is the last that has the text.
		if row >= v.size {
			return out
		}
		out.set(row)
		if row+1 >= len(c.starts) {
			return out
		}
		at = int(c.starts[row+1])
	}
}

// WithReference is the set of entries whose agreement's reference fits; each
// reference is asked once.
func (v *View) WithReference(fits func(reference string) bool) *Bits {
	return v.holding(v.columns.reference, nil, fitting(v.names.references, fits))
}

// WithName is the set of entries whose organisations (or datasets, by the
// facet) have an id that fits; each is asked once.
func (v *View) WithName(facet Facet, fits func(id string) bool) *Bits {
	column, also, values := v.columns.organisation, v.columns.alsoOrganisation, v.names.organisations
	if facet == Dataset {
		column, also, values = v.columns.dataset, v.columns.alsoDataset, v.names.datasets
	}
	return v.holding(column, also, fitting(values, fits))
}

func fitting(values []string, fits func(string) bool) []bool {
	out := make([]bool, len(values))
	for code, value := range values {
		out[code] = code > 0 && fits(value)
	}
	return out
}

// holding is the set of entries one of whose codes is wanted. Codes that came
// after the list of wanted ones are none of them.
func (v *View) holding(column []uint32, also []pair, wanted []bool) *Bits {
	out := newBits(v.size)
	for row, code := range column[:v.size] {
		if int(code) < len(wanted) && wanted[code] {
			out.words[row/64] |= 1 << (row % 64)
		}
	}
	for _, p := range also {
		if int(p.row) < v.size && int(p.code) < len(wanted) && wanted[p.code] {
			out.set(int(p.row))
		}
	}
	return out
}

// Values lists the ids of the organisations or the codes of the datasets of the
// register; a view of an earlier size may give some that came later.
func (v *View) Values(facet Facet) []string {
	switch facet {
	case Organisation:
		return v.names.organisations[1:]
	case Dataset:
		return v.names.datasets[1:]
	}
	return nil
}
