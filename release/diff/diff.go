// Package diff compares the terms of two versions of an agreement for readers:
// by field and by line, codes by their labels, lists by what came and went, and
// prose by words, where re-typing is told apart from change. Pure.
package diff

import (
	"cmp"
	"slices"
)

// Terms is what is compared: sections in the order of the form.
type Terms []Section

// Section is a part of the terms: fields of its own, rows (such as dataset
// lines), or both.
type Section struct {
	ID, Label string
	Fields    []Field
	Rows      []Row
}

// Row is one of several of a kind. Rows of two versions are matched by the
// first of their keys that is equal, in the order of the keys.
type Row struct {
	Label  string
	Keys   []string
	Fields []Field
}

// Field is one answer in words: a value, a prose or a list.
type Field struct {
	ID, Label string
	Kind      FieldKind
	Value     string
	Values    []string
}

// FieldKind says how a field is compared.
type FieldKind int

// The kinds. A prose is compared as words, a list as a set.
const (
	Value FieldKind = iota
	Prose
	List
)

// Kind says what a change is.
type Kind string

// The kinds of change. Retyped is one of typing alone: quotes, dashes, bullets,
// spaces, or forms of the same character; or, with a Note that says so, of
// spelling or of a name that the register knows to be the same.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	Retyped Kind = "retyped"
)

// Change is one difference. Of a row that came or went, Fields are its answers;
// else Label names the field.
type Change struct {
	Kind               Kind
	Section            string // label
	Row                string // label; empty for a field of the section
	Label              string // of the field; empty for a whole row
	Before, After      string // of a value or prose
	Spans              []Span // of a prose that changed
	Came, Went         []string
	Fields             []Field
	SectionID, FieldID string
	// Note is what else is known of the change: why it is cosmetic, or what
	// joins the two.
	Note string
}

// Compare lists how a becomes b, in the order of the sections: first fields,
// then rows as a has them, then those that came.
func Compare(a, b Terms) []Change {
	var changes []Change
	for _, pair := range match(a, b, func(s Section) []string { return []string{s.ID} }) {
		before, after := pair.of()
		label, id := cmp.Or(after.Label, before.Label), cmp.Or(after.ID, before.ID)
		var found []Change
		found = append(found, fields(before.Fields, after.Fields)...)
		for _, rows := range match(before.Rows, after.Rows, func(r Row) []string { return r.Keys }) {
			switch {
			case rows.b == nil:
				found = append(found, Change{Kind: Removed, Row: rows.a.Label, Fields: told(rows.a.Fields)})
			case rows.a == nil:
				found = append(found, Change{Kind: Added, Row: rows.b.Label, Fields: told(rows.b.Fields)})
			default:
				for _, c := range fields(rows.a.Fields, rows.b.Fields) {
					c.Row = rows.b.Label
					found = append(found, c)
				}
			}
		}
		for _, c := range found {
			c.Section, c.SectionID = label, id
			changes = append(changes, c)
		}
	}
	return changes
}

// told are the fields that say something.
func told(all []Field) []Field {
	return slices.DeleteFunc(slices.Clone(all), func(f Field) bool { return f.Value == "" && len(f.Values) == 0 })
}

func fields(a, b []Field) []Change {
	var changes []Change
	for _, pair := range match(a, b, func(f Field) []string { return []string{f.ID} }) {
		before, after := pair.of()
		c := Change{Label: cmp.Or(after.Label, before.Label), FieldID: cmp.Or(after.ID, before.ID), Kind: Changed, Before: before.Value, After: after.Value}
		kind := after.Kind
		if pair.b == nil {
			kind = before.Kind
		}
		switch kind {
		case List:
			c.Came, c.Went = missing(after.Values, before.Values), missing(before.Values, after.Values)
			c.Before, c.After = "", ""
			if len(c.Came)+len(c.Went) == 0 {
				continue
			}
		case Prose:
			switch {
			case before.Value == after.Value:
				continue
			case Same(before.Value, after.Value):
				c.Kind = Retyped
			default:
				c.Spans = Spans(before.Value, after.Value)
			}
		default:
			switch {
			case before.Value == after.Value:
				continue
			case Same(before.Value, after.Value):
				c.Kind = Retyped
			}
		}
		changes = append(changes, c)
	}
	return changes
}

// missing are the values of a that b has not, in a's order, each once.
func missing(a, b []string) []string {
	have := map[string]bool{}
	for _, v := range b {
		have[normal(v)] = true
	}
	var out []string
	for _, v := range a {
		if key := normal(v); !have[key] {
			have[key] = true
			out = append(out, v)
		}
	}
	return out
}

// pair is a thing of a and what it is in b; one of them may be nil.
type pair[T any] struct{ a, b *T }

func (p pair[T]) of() (a, b T) {
	if p.a != nil {
		a = *p.a
	}
	if p.b != nil {
		b = *p.b
	}
	return a, b
}

// match pairs things by their first keys, then what is left by their second,
// and so on; of several with one key the first goes with the first. The pairs
// come in a's order, then what only b has.
func match[T any](a, b []T, keys func(T) []string) []pair[T] {
	most := 0
	for _, t := range slices.Concat(a, b) {
		most = max(most, len(keys(t)))
	}
	with := make([]int, len(a))
	for i := range with {
		with[i] = -1
	}
	taken := make([]bool, len(b))
	for k := range most {
		open := map[string][]int{}
		for j, t := range b {
			if have := keys(t); !taken[j] && k < len(have) && have[k] != "" {
				open[have[k]] = append(open[have[k]], j)
			}
		}
		for i, t := range a {
			have := keys(t)
			if with[i] >= 0 || k >= len(have) || have[k] == "" || len(open[have[k]]) == 0 {
				continue
			}
			j := open[have[k]][0]
			open[have[k]] = open[have[k]][1:]
			with[i], taken[j] = j, true
		}
	}
	var pairs []pair[T]
	for i := range a {
		if with[i] >= 0 {
			pairs = append(pairs, pair[T]{&a[i], &b[with[i]]})
		} else {
			pairs = append(pairs, pair[T]{&a[i], nil})
		}
	}
	for j := range b {
		if !taken[j] {
			pairs = append(pairs, pair[T]{nil, &b[j]})
		}
	}
	return pairs
}

// Tally counts changes by kind.
type Tally struct{ Added, Removed, Changed, Retyped int }

// Count tallies changes.
func Count(changes []Change) (t Tally) {
	for _, c := range changes {
		switch c.Kind {
		case Added:
			t.Added++
		case Removed:
			t.Removed++
		case Changed:
			t.Changed++
		case Retyped:
			t.Retyped++
		}
	}
	return t
}
