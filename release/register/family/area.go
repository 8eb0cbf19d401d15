package family

import (
	"slices"
	"strings"
)

// localKinds are words of types of organisation, as registers have them, whose
// data are as a rule about people of one part of the country. Commissioning
// support units are not: they work for bodies of many areas, whatever their names.
var localKinds = []string{
	"ccg", "clinical commissioning group", "local authority", "icb", "integrated care board", "area team", "geographic region",
}

// localNames are words of names that say so where no type is recorded.
var localNames = []string{"ccg", "icb", "council", "borough", "clinical commissioning group", "integrated care board", "local authority"}

// Local says whether an organisation is of one part of the country, by its type
// as published or, where none is, by its name.
func Local(kind, name string) bool {
	key, known := words(kind), localKinds
	if strings.TrimSpace(key) == "" {
		key, known = words(name), localNames
	}
	return slices.ContainsFunc(known, func(word string) bool { return strings.Contains(key, " "+word+" ") })
}

// In says whether a name has every word of a place, whatever their order and
// spelling of case and dashes. A place without a word is in every name.
func In(name, place string) bool {
	key := words(name)
	for word := range strings.FieldsSeq(words(place)) {
		if !strings.Contains(key, " "+word+" ") {
			return false
		}
	}
	return true
}
