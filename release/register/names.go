package register

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// names gathers the spellings of organisations or datasets by their key.
type names map[string]*spelled

type spelled struct {
	rows map[string]int
	kind string
}

// add counts a spelling and returns its key.
func (n names) add(raw, kind string) string {
	key := NameKey(raw)
	s := n[key]
	if s == nil {
		s = &spelled{rows: map[string]int{}}
		n[key] = s
	}
	s.rows[raw]++
	if s.kind == "" {
		s.kind = strings.TrimSpace(kind)
	}
	return key
}

func (n names) sorted() []Name {
	out := make([]Name, 0, len(n))
	for key, s := range n {
		spellings := slices.Sorted(maps.Keys(s.rows))
		best := slices.MaxFunc(spellings, func(a, b string) int {
			return cmp.Or(cmp.Compare(s.rows[a], s.rows[b]), cmp.Compare(b, a))
		})
		out = append(out, Name{Key: key, Name: oneSpaced(best), Spellings: spellings, Kind: s.kind})
	}
	slices.SortFunc(out, func(a, b Name) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// oneSpaced is a name without spaces around it and with single ones within.
func oneSpaced(name string) string { return strings.Join(strings.Fields(name), " ") }

// asPublished is the row's cells before they were normalised, but for those
// that are texts of the entry as they stand and those that name persons.
func asPublished(row Row) string {
	cells := make(map[Cell]string, len(row.Cells))
	for cell, value := range row.Cells {
		if !prose(cell) && !slices.Contains(persons, cell) {
			cells[cell] = value
		}
	}
	out, err := json.Marshal(cells) // keys come out sorted
	if err != nil {                 // a map of strings always marshals
		panic(err)
	}
	return string(out)
}

// Published reads what the row of an imported entry said, by column, before it
// was normalised; empty for entries made here.
func (e Entry) Published() map[Cell]string {
	var cells map[Cell]string
	if text := e.Get(AsPublished); text != "" {
		// A text that does not parse was changed, which its commitment tells;
		// readers then get none of it.
		_ = json.Unmarshal([]byte(text), &cells)
	}
	return cells
}

// BasisRoutes are the routes that an imported row's legal basis names in the
// place of a power. They need not agree with Routes: that is for readers, and
// the gate's history, to see.
func (e Entry) BasisRoutes() []terms.Route {
	_, routes, _ := terms.ParseBasis(e.Published()[CellBasis])
	return routes
}

// cellLimit is where spreadsheet programs cut a text, in UTF-16 units: a cell
// of just that length has lost its end, or all but certainly.
const cellLimit = 32767

// Units is a text's length as spreadsheet programs count it, in UTF-16 units.
func Units(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
