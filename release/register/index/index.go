package index

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Index is the codes of a register. It is safe for concurrent use.
type Index struct {
	mu       sync.Mutex // held by who adds
	standing *register.Standing
	columns  columns
	latest   atomic.Pointer[View]
	earlier  earlier

	lines, support interned
}

// columns are what is known of every entry, each in the order of numbers. They
// are appended to and never written to, so that a copy of the struct is a
// snapshot.
type columns struct {
	size int

	sets     [9]*sets    // of the facets own, in their order
	own      [9][]uint32 // codes of lists in sets
	class    []class
	recorded []int64  // microseconds
	from, to []int32  // days of the event
	starts   []uint32 // where each source id begins in ids
	ids      []byte   // source ids in lower case, each ended by a line feed
	sourced  []byte   // as they were, likewise

	organisations, kinds, datasets, editions, references, stems, versions *dictionary

	organisation, kind, dataset, edition, reference, stem, version []uint32
	// editionFrom is the first day of an edition, by the edition's code.
	editionFrom []int32

	// key is the agreement's version that an entry belongs to, by stem and
	// version; 0 for none.
	key  []uint32
	keys *dictionary

	agreements []agreement
	others     []other
	// also are the further organisations and datasets of entries that have more
	// than one, in the order of entries.
	alsoOrganisation, alsoDataset []pair
	ended                         []ending
}

// class says what of the terms of data an entry has.
type class uint8

const (
	classOther class = iota
	classRelease
	classAgreement
)

// pair is an entry and a code.
type pair struct{ row, code uint32 }

// ending says that an entry no longer stands from a size on.
type ending struct{ at, row uint32 }

// agreement is what an agreement's entry has beside the rest.
type agreement struct {
	row                      uint32
	starts, ends             int32
	controllership           terms.Controllership
	subLicensing, commercial terms.Answer
	lines                    []register.Line
	support                  []register.Support
}

// other is what entries of the rarer kinds have.
type other struct {
	row                         uint32
	about                       int64
	corrects                    register.Kind
	relation                    terms.Relation
	successor, successorDataset string
	fields                      []register.Field
}

// New is the index of a register without entries.
func New() *Index {
	ix := &Index{standing: register.NewStanding()}
	c := &ix.columns
	for i := range c.sets {
		c.sets[i] = newSets()
	}
	c.organisations, c.kinds, c.datasets, c.editions = newDictionary(), newDictionary(), newDictionary(), newDictionary()
	c.references, c.stems, c.versions, c.keys = newDictionary(), newDictionary(), newDictionary(), newDictionary()
	c.editionFrom = []int32{0}
	ix.latest.Store(newView(*c, nil))
	return ix
}

// maxSize is how many entries fit the columns.
const maxSize = 1 << 31

// Add takes the next entries, in the order of their numbers. A number that does
// not follow is an error, and then nothing more of rows was added. Readers see
// all of what was added at once.
func (ix *Index) Add(rows ...Row) error {
	if len(rows) == 0 {
		return nil
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	defer func() { ix.latest.Store(newView(ix.columns, ix.latest.Load())) }()
	for _, r := range rows {
		if next := int64(ix.columns.size) + 1; r.Number != next || next > maxSize {
			return fmt.Errorf("index: entry %d does not follow entry %d", r.Number, next-1)
		}
		ix.add(r)
	}
	return nil
}

func (ix *Index) add(r Row) {
	c := &ix.columns
	row := uint32(c.size)
	c.recorded = append(c.recorded, r.RecordedAt.UnixMicro())
	c.from, c.to = append(c.from, day(r.EventFrom)), append(c.to, day(r.EventTo))
	c.starts = append(c.starts, uint32(len(c.ids)))
	c.sourced = append(append(c.sourced, r.SourceID...), '\n')
	c.ids = append(append(c.ids, lower(r.SourceID)...), '\n')
	c.organisation = append(c.organisation, c.organisations.code(r.Organisation))
	c.kind = append(c.kind, c.kinds.code(r.OrganisationKind))
	c.dataset = append(c.dataset, c.datasets.code(r.Dataset))
	c.reference = append(c.reference, c.references.code(r.Reference))
	c.stem = append(c.stem, c.stems.code(r.Stem))
	c.version = append(c.version, c.versions.code(r.Version))
	edition := c.editions.code(r.Edition)
	c.edition = append(c.edition, edition)
	if int(edition) == len(c.editionFrom) {
		c.editionFrom = append(c.editionFrom, day(r.EditionFrom))
	}
	key := uint32(0)
	if r.Stem != "" {
		key = c.keys.code(versionKey(r.Stem, r.Version))
	}
	c.key = append(c.key, key)
	ix.addOwn(r)
	ix.addParts(r, row)
	c.size++
	mark := register.Mark{Number: r.Number, Kind: r.Kind, About: r.About, RowKey: r.RowKey, EditionFrom: r.EditionFrom}
	for _, number := range ix.standing.Add(mark) {
		c.ended = append(c.ended, ending{at: uint32(r.Number), row: uint32(number - 1)})
	}
}

func versionKey(stem, version string) string { return stem + "\x00" + version }

// lower is bytes.ToLower of ASCII, which keeps lengths.
func lower(s string) []byte {
	out := bytes.ReplaceAll([]byte(s), []byte{'\n'}, []byte{' '})
	for i, b := range out {
		if b >= 'A' && b <= 'Z' {
			out[i] = b + 'a' - 'A'
		}
	}
	return out
}

// addOwn takes the facets that are the entry's own.
func (ix *Index) addOwn(r Row) {
	c := &ix.columns
	put := func(facet int, values ...string) { c.own[facet] = append(c.own[facet], c.sets[facet].code(values...)) }
	put(0, string(r.Kind), string(r.Corrects))
	switch {
	case r.AsRelease():
		c.class = append(c.class, classRelease)
		put(1, string(r.TypeOfData))
		put(2, string(r.OptOut))
		put(3, string(r.Power))
		put(4, plain(r.Routes)...)
		put(5, string(r.Sensitivity))
		put(6, string(r.Frequency))
		put(7, string(r.Channel))
	case r.AsAgreement():
		c.class = append(c.class, classAgreement)
		put(1, each(r.Lines, func(l register.Line) string { return string(l.TypeOfData) })...)
		put(2, each(r.Lines, func(l register.Line) string { return string(l.OptOut) })...)
		put(3, each(r.Lines, func(l register.Line) string { return string(l.Power) })...)
		var routes []string
		for _, l := range r.Lines {
			routes = append(routes, plain(l.Routes)...)
		}
		put(4, routes...)
		put(5, each(r.Lines, func(l register.Line) string { return string(l.Sensitivity) })...)
		put(6, each(r.Lines, func(l register.Line) string { return string(l.Frequency) })...)
		put(7, each(r.Lines, func(l register.Line) string { return string(l.Channel) })...)
	default:
		c.class = append(c.class, classOther)
		for facet := 1; facet < 8; facet++ {
			put(facet)
		}
	}
	if r.Late {
		put(8, "yes")
	} else {
		put(8)
	}
}

// addParts takes what only some kinds of entry have.
func (ix *Index) addParts(r Row, row uint32) {
	c := &ix.columns
	if r.AsAgreement() {
		c.agreements = append(c.agreements, agreement{
			row: row, starts: day(r.Starts), ends: day(r.Ends), controllership: r.Controllership,
			subLicensing: r.SubLicensing, commercial: r.Commercial,
			lines: intern(&ix.lines, r.Lines), support: intern(&ix.support, r.Support),
		})
		seen := map[string]bool{"": true, r.Dataset: true}
		for _, l := range r.Lines {
			if !seen[l.Dataset] {
				seen[l.Dataset] = true
				c.alsoDataset = append(c.alsoDataset, pair{row, c.datasets.code(l.Dataset)})
			}
		}
	}
	if r.Successor != "" && r.Successor != r.Organisation {
		c.alsoOrganisation = append(c.alsoOrganisation, pair{row, c.organisations.code(r.Successor)})
	}
	if r.SuccessorDataset != "" && r.SuccessorDataset != r.Dataset {
		c.alsoDataset = append(c.alsoDataset, pair{row, c.datasets.code(r.SuccessorDataset)})
	}
	if r.About != 0 || r.Corrects != "" || r.Relation != "" || r.Successor != "" || r.SuccessorDataset != "" || len(r.Fields) > 0 {
		c.others = append(c.others, other{row, r.About, r.Corrects, r.Relation, r.Successor, r.SuccessorDataset, r.Fields})
	}
}

// interned keeps one copy of equal lists: versions of an agreement repeat its
// lines.
type interned struct{ lists map[string]any }

func intern[T any](known *interned, list []T) []T {
	if len(list) == 0 {
		return nil
	}
	key, err := json.Marshal(list)
	if err != nil { // lists of strings always marshal
		panic(err)
	}
	if same, found := known.lists[string(key)]; found {
		return same.([]T)
	}
	if known.lists == nil {
		known.lists = map[string]any{}
	}
	known.lists[string(key)] = list
	return list
}

func plain[T ~string](list []T) []string {
	return each(list, func(v T) string { return string(v) })
}

func each[T any](list []T, value func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = value(v)
	}
	return out
}

// View is the register as it is.
func (ix *Index) View() *View { return ix.latest.Load() }

// Size is how many entries there are.
func (ix *Index) Size() int64 { return ix.View().Size() }

// At is the register at a size: its first entries and what stood then. A size
// beyond the register's is the register as it is.
func (ix *Index) At(size int64) *View {
	latest := ix.View()
	if size >= latest.Size() {
		return latest
	}
	return ix.earlier.view(latest, int(max(size, 0)))
}

// SizeAt is the size of the register at a moment: the number of the last entry
// recorded before it.
func (v *View) SizeAt(moment time.Time) int64 {
	// Entries are numbered in the order in which they are recorded.
	at, low, high := moment.UnixMicro(), 0, v.size
	for low < high {
		if middle := (low + high) / 2; v.columns.recorded[middle] < at {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return int64(low)
}
