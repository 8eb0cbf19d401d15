package index

import (
	"cmp"
	"slices"
	"sync"

	"data.release/registrar/release/terms"
)

// facts are what follows at one size from entries about others: what stands,
// what agreements say of their releases, which names are of one body. They are
// computed once for a view, when first asked for.
type facts struct {
	once      sync.Once
	stands    *Bits
	endedBy   map[uint32]int64
	inherited map[Facet]valued

	agreement []int32 // by key: place in columns.agreements plus one, of the statement that counts

	organisations, datasets bodies

	orders [6]struct {
		once sync.Once
		rows []uint32
	}
	whole struct {
		once   sync.Once
		counts map[Facet][]Count
	}
}

// valued is the values of a facet with their entries.
type valued struct {
	values []string
	bits   []*Bits
}

func (v *View) known() *facts {
	f := &v.facts
	f.once.Do(func() {
		f.stands, f.endedBy = all(v.size), map[uint32]int64{}
		for _, e := range v.columns.ended {
			if int(e.at) > v.size {
				break
			}
			f.stands.clear(int(e.row))
			f.endedBy[e.row] = int64(e.at)
		}
		ended := all(v.size)
		ended.Without(f.stands)
		f.inherited = map[Facet]valued{Stands: {[]string{"yes", "no"}, []*Bits{f.stands, ended}}}
		v.inherit(f)
		f.organisations = v.join(v.columns.organisations, v.names.organisations, func(o other) (from, to string) {
			return v.names.organisations[v.columns.organisation[o.row]], o.successor
		})
		f.datasets = v.join(v.columns.datasets, v.names.datasets, func(o other) (from, to string) {
			return v.names.datasets[v.columns.dataset[o.row]], o.successorDataset
		})
	})
	return f
}

// inherit finds what agreements say of their releases. Of several statements of
// one version the newest that says anything counts: ours before imported ones,
// then that of the latest edition, then the last recorded.
func (v *View) inherit(f *facts) {
	c := &v.columns
	newer := func(a, b uint32) bool {
		rank := func(row uint32) int32 {
			if c.edition[row] == 0 {
				return 1<<31 - 1
			}
			return c.editionFrom[c.edition[row]]
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) > 0
	}
	f.agreement = make([]int32, v.names.keys)
	sources := []struct {
		facet Facet
		value func(a agreement) string
	}{
		{Commercial, func(a agreement) string { return recorded(a.commercial) }},
		{SubLicensing, func(a agreement) string { return recorded(a.subLicensing) }},
		{OrganisationKind, func(a agreement) string { return v.names.kinds[c.kind[a.row]] }},
	}
	said := make([][]int32, len(sources)) // by key: place of the statement plus one
	for i := range said {
		said[i] = make([]int32, v.names.keys)
	}
	better := func(best []int32, key uint32, place int) {
		if known := best[key]; known == 0 || newer(c.agreements[place].row, c.agreements[known-1].row) {
			best[key] = int32(place + 1)
		}
	}
	end := 0
	for place, a := range c.agreements {
		if int(a.row) >= v.size {
			break
		}
		end = place + 1
		key := c.key[a.row]
		if key == 0 || !f.stands.Has(int64(a.row)+1) {
			continue
		}
		better(f.agreement, key, place)
		for i, s := range sources {
			if s.value(a) != "" {
				better(said[i], key, place)
			}
		}
	}
	for i, s := range sources {
		f.inherited[s.facet] = v.spread(said[i], c.agreements[:end], s.value)
	}
}

// recorded is an answer, or "" where there is none.
func recorded(a terms.Answer) string {
	if a == terms.AnswerNotRecorded {
		return ""
	}
	return string(a)
}

// spread gives every release the value of the statement that counts for it, and
// every statement its own.
func (v *View) spread(said []int32, agreements []agreement, value func(agreement) string) valued {
	c := &v.columns
	out := valued{values: []string{NotRecorded}, bits: []*Bits{newBits(v.size)}}
	codes := map[string]uint16{"": 0}
	code := func(a agreement) uint16 {
		text := value(a)
		n, known := codes[text]
		if !known {
			n = uint16(len(out.values))
			codes[text], out.values, out.bits = n, append(out.values, text), append(out.bits, newBits(v.size))
		}
		return n
	}
	byKey := make([]uint16, len(said))
	for key, place := range said {
		if place > 0 {
			byKey[key] = code(c.agreements[place-1])
		}
	}
	for row, class := range c.class[:v.size] {
		if class == classRelease {
			n := uint16(0)
			if key := c.key[row]; int(key) < len(byKey) {
				n = byKey[key]
			}
			out.bits[n].words[row/64] |= 1 << (row % 64)
		}
	}
	for _, a := range agreements {
		out.bits[code(a)].set(int(a.row))
	}
	return out
}

// bodies joins names of one body: by its code each name has that of the newest.
type bodies struct {
	newest []uint32
	names  map[uint32][]uint32 // all codes of a body of several names, the newest first
}

// of is the code that stands for a code's body.
func (b bodies) of(code uint32) uint32 {
	if int(code) < len(b.newest) {
		return b.newest[code]
	}
	return code
}

// join gathers names that standing successions say are of one body: renames and
// other spellings. What holds for one agreement alone joins nothing. The newest
// name is one that nothing follows; where a circle leaves none, that of the
// last entry.
func (v *View) join(d *dictionary, values []string, names func(other) (from, to string)) bodies {
	b := bodies{newest: make([]uint32, len(values)), names: map[uint32][]uint32{}}
	for code := range b.newest {
		b.newest[code] = uint32(code)
	}
	var find func(code uint32) uint32
	find = func(code uint32) uint32 {
		if b.newest[code] != code {
			b.newest[code] = find(b.newest[code])
		}
		return b.newest[code]
	}
	followed, last, joined := map[uint32]bool{}, map[uint32]int{}, map[uint32]bool{}
	for i, o := range v.columns.others {
		if int(o.row) >= v.size {
			break
		}
		from, to := names(o)
		if !o.relation.Joins() || from == "" || to == "" || from == to || v.columns.stem[o.row] != 0 || !v.facts.stands.Has(int64(o.row)+1) {
			continue
		}
		a, known1 := d.find(from)
		z, known2 := d.find(to)
		if !known1 || !known2 || int(max(a, z)) >= len(b.newest) {
			continue
		}
		followed[a], last[z] = true, i+1
		joined[a], joined[z] = true, true
		b.newest[find(a)] = find(z)
	}
	groups := map[uint32][]uint32{}
	for code := range joined {
		root := find(code)
		groups[root] = append(groups[root], code)
	}
	for _, codes := range groups {
		slices.SortFunc(codes, func(x, y uint32) int {
			// Not followed first, then what the last entry leads to, then by name.
			return cmp.Or(cmp.Compare(truth(followed[x]), truth(followed[y])), cmp.Compare(last[y], last[x]), cmp.Compare(values[x], values[y]))
		})
		for _, code := range codes {
			b.newest[code] = codes[0]
		}
		b.names[codes[0]] = codes
	}
	return b
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Body lists the ids of an organisation under all its names, the newest first:
// those that successions join by a rename or as another spelling. An id without
// others is a body of its own.
func (v *View) Body(organisation string) []string {
	return body(v.known().organisations, v.columns.organisations, v.names.organisations, organisation)
}

// DatasetBody is Body of the code of a dataset.
func (v *View) DatasetBody(dataset string) []string {
	return body(v.known().datasets, v.columns.datasets, v.names.datasets, dataset)
}

func body(b bodies, d *dictionary, values []string, id string) []string {
	code, found := d.find(id)
	if !found {
		return []string{id}
	}
	codes := b.names[b.of(code)]
	if len(codes) == 0 {
		return []string{id}
	}
	out := make([]string, len(codes))
	for i, code := range codes {
		out[i] = values[code]
	}
	return out
}

// Agreement is the statement that counts for the releases of a version; false
// if none stands.
func (v *View) Agreement(stem, version string) (Row, bool) {
	key, found := v.columns.keys.find(versionKey(stem, version))
	if best := v.known().agreement; found && int(key) < len(best) && best[key] > 0 {
		return v.row(int(v.columns.agreements[best[key]-1].row)), true
	}
	return Row{}, false
}
