// Package family sorts the datasets of registers into families that people can
// choose from without knowing a dataset's name: what happened to a person for a
// record of theirs to be in it. Pure. Which dataset is of which family is read
// from its name, which is all that registers give: so it can be wrong for a
// name that nobody has seen yet, and a name that fits none is of the family
// [Other], never of none.
package family

import (
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/terms"
)

// Family is a kind of care or of record.
type Family struct {
	ID       string
	Name     string
	When     string   // when a record of a person is in it, in plain words
	Examples []string // names of datasets as registers have them
	phrases  []string // of a folded name; one is enough
}

// Families that are known by more than names.
const (
	Other = "other" // of datasets whose names fit no other
	Staff = "staff" // of which patients are in none
)

// Families are all families, in the order in which they are offered.
func Families() []Family { return families }

// Known says whether there is a family of that id.
func Known(id string) bool {
	return slices.ContainsFunc(families, func(f Family) bool { return f.ID == id })
}

// Of lists the families of a dataset by its name, whatever its spelling; at
// least one.
func Of(name string) []string {
	key := words(name)
	has := func(phrase string) bool { return strings.Contains(key, " "+phrase+" ") }
	named := map[string]bool{}
	for _, f := range families {
		named[f.ID] = slices.ContainsFunc(f.phrases, has)
	}
	part := slices.ContainsFunc(hospital, func(id string) bool { return named[id] })
	if !part && slices.ContainsFunc(wholes, has) {
		for _, id := range hospital {
			named[id] = true
		}
	}
	var out []string
	for _, f := range families {
		if named[f.ID] {
			out = append(out, f.ID)
		}
	}
	if len(out) == 0 {
		return []string{Other}
	}
	return out
}

// words is a name as words of letters and digits with single spaces around
// each, so that a phrase is found in whole words only.
func words(name string) string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, r := range strings.ReplaceAll(terms.Fold(name), "&", " and ") {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return " " + strings.Join(strings.Fields(b.String()), " ") + " "
}

// collected are collections whose first and last day are known: what was
// recorded of a person outside them cannot be in them.
var collected = []struct {
	phrase   string
	from, to terms.Date
}{
	{"mental health minimum data set", day(2006, 4, 1), day(2014, 8, 31)},
	{"mhmds", day(2006, 4, 1), day(2014, 8, 31)},
	{"mental health and learning disabilities data set", day(2014, 9, 1), day(2015, 12, 31)},
	{"mhldds", day(2014, 9, 1), day(2015, 12, 31)},
	{"mental health services data set", day(2016, 1, 1), terms.Date{}},
	{"mhsds", day(2016, 1, 1), terms.Date{}},
	{"diagnostic imaging dataset", day(2012, 4, 1), terms.Date{}},
}

func day(year int, month time.Month, d int) terms.Date {
	return terms.Date{Year: year, Month: month, Day: d}
}

// Collected is the first and the last day on which what a dataset holds was
// recorded, as far as it is known; a zero date is not. A name that joins two
// collections has no such days.
func Collected(name string) (from, to terms.Date) {
	key, found := words(name), 0
	for _, c := range collected {
		if strings.Contains(key, " "+c.phrase+" ") {
			from, to, found = c.from, c.to, found+1
		}
	}
	if found != 1 || strings.Contains(key, " bridge ") {
		return terms.Date{}, terms.Date{}
	}
	return from, to
}
