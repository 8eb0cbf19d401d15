package family

import "strings"

// local are types of organisation as registers have them whose data are, as a
// rule, about people of one part of the country.
var local = map[string]bool{
	"ccg": true, "local authority": true, "sub icb location": true, "icb integrated care board": true, "integrated care board": true, "area team": true,
	"commissioning support unit csu": true, "csu": true,
}

// localNames are words of names that say so where no type is recorded.
var localNames = []string{"ccg", "icb", "council", "borough", "clinical commissioning group", "integrated care board", "local authority"}

// Local says whether an organisation is of one part of the country, by its type
// as published or, where none is, by its name.
func Local(kind, name string) bool {
	if kind != "" {
		return local[strings.TrimSpace(words(kind))]
	}
	key := words(name)
	for _, word := range localNames {
		if strings.Contains(key, " "+word+" ") {
			return true
		}
	}
	return false
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
