package change

import (
	"cmp"
	"slices"

	"data.release/registrar/release/register"
)

// Kind says what became of a row between two editions.
type Kind string

// The kinds. NotInLater says no more than that: a row that a later edition
// lacks was not thereby withdrawn.
const (
	Added      Kind = "added"
	NotInLater Kind = "not_in_later"
	Changed    Kind = "changed"
	Retyped    Kind = "retyped" // all that differs is cosmetic
)

// Label is the kind in words.
func (k Kind) Label() string {
	switch k {
	case NotInLater:
		return "Not in the later edition"
	case Retyped:
		return "Only typed, spelled or named otherwise"
	case Changed:
		return "Changed"
	}
	return "Added"
}

// Row is a row that differs; Before is nil of one that was added, After of one
// that is not in the later edition.
type Row struct {
	Kind          Kind
	Key           string
	Before, After *register.Entry
	Fields        []Field
}

// Tally counts the rows of two editions by what became of them.
type Tally struct{ Added, NotInLater, Changed, Retyped, Unchanged int }

// Compare says what two readings of a row come to; ok is false where they say
// the same.
func Compare(key string, before, after *register.Entry, names *Names) (row Row, ok bool) {
	row = Row{Key: key, Before: before, After: after}
	switch {
	case before == nil && after == nil:
		return row, false
	case before == nil:
		row.Kind = Added
		return row, true
	case after == nil:
		row.Kind = NotInLater
		return row, true
	}
	row.Fields = Readings(*before, *after, names)
	row.Kind = Retyped
	if slices.ContainsFunc(row.Fields, func(f Field) bool { return !f.Cosmetic }) {
		row.Kind = Changed
	}
	return row, len(row.Fields) > 0
}

// Rows compares two lists of rows by their keys, and counts what is the same
// too. The rows that differ come in the order of their keys. Of several rows
// with one key the first goes with the first.
func Rows(before, after []register.Entry, key func(register.Entry) string, names *Names) ([]Row, Tally) {
	type pair struct{ before, after *register.Entry }
	type place struct {
		key string
		nth int
	}
	pairs := map[place]*pair{}
	put := func(entries []register.Entry, set func(*pair, *register.Entry)) {
		seen := map[string]int{}
		for i := range entries {
			k := key(entries[i])
			at := place{k, seen[k]}
			seen[k]++
			if pairs[at] == nil {
				pairs[at] = &pair{}
			}
			set(pairs[at], &entries[i])
		}
	}
	put(before, func(p *pair, e *register.Entry) { p.before = e })
	put(after, func(p *pair, e *register.Entry) { p.after = e })
	places := make([]place, 0, len(pairs))
	for at := range pairs {
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.nth, b.nth)) })
	var rows []Row
	var tally Tally
	for _, at := range places {
		row, differs := Compare(at.key, pairs[at].before, pairs[at].after, names)
		if !differs {
			tally.Unchanged++
			continue
		}
		tally.Count(row.Kind)
		rows = append(rows, row)
	}
	return rows, tally
}

// Count counts one row.
func (t *Tally) Count(kind Kind) {
	switch kind {
	case Added:
		t.Added++
	case NotInLater:
		t.NotInLater++
	case Changed:
		t.Changed++
	case Retyped:
		t.Retyped++
	}
}
