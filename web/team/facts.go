package team

import (
	"data.release/registrar/release/terms"
)

// Fact is a name with its values, as the template "facts" shows them.
type Fact struct {
	Name   string
	Values []Value
}

// Value is one value of a fact.
type Value struct{ Label, Href, Note string }

// fact is a fact of plain values; none is "not recorded".
func fact(name string, values ...string) Fact {
	f := Fact{Name: name}
	for _, v := range values {
		if v != "" {
			f.Values = append(f.Values, Value{Label: v})
		}
	}
	if len(f.Values) == 0 {
		f.Values = []Value{{Label: "Not recorded"}}
	}
	return f
}

// stated is a fact that stands only where it says something.
func stated(name string, values ...string) []Fact {
	for _, v := range values {
		if v != "" {
			return []Fact{fact(name, values...)}
		}
	}
	return nil
}

// answer is yes, no, or not recorded.
func answer(yes *bool) string {
	switch {
	case yes == nil:
		return ""
	case *yes:
		return "Yes"
	}
	return "No"
}

func dateOf(d *terms.Date) terms.Date {
	if d == nil {
		return terms.Date{}
	}
	return *d
}
