package public

import (
	"strings"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/public/glossary"
)

// Term is a coded value for readers: the words for it and, where they are not
// enough, what it means here. Href is set where the value has its own page.
type Term struct{ Label, Note, Href string }

// short gives a type of data in the words of a table's cell. What the registers
// call anonymised is pseudonymised, record-level data, and it says so wherever
// it stands (governance §1.16).
func short(t terms.TypeOfData) Term {
	switch t {
	case terms.Pseudonymised:
		return Term{Label: "Anonymised - ICO code compliant", Note: "pseudonymised, record level"}
	case terms.Identifiable:
		return Term{Label: "Identifiable", Note: "record level"}
	case terms.AggregateSuppressed:
		return Term{Label: "Aggregated", Note: "small numbers suppressed"}
	case terms.AggregateUnsuppressed:
		return Term{Label: "Aggregated", Note: "small numbers not suppressed"}
	}
	return Term{Label: t.Label()}
}

// long says what a type of data means.
func long(t terms.TypeOfData) Term {
	term := Term{Label: short(t).Label, Note: glossary.Meaning(glossary.Types, t)}
	switch t {
	case terms.AggregateSuppressed:
		term.Label = "Aggregated, small numbers suppressed"
	case terms.AggregateUnsuppressed:
		term.Label = "Aggregated, small numbers not suppressed"
	}
	return term
}

// optOut is the answer, yes or no, with its reason.
func optOut(o terms.OptOut) Term {
	answer, reason, found := strings.Cut(o.Label(), ": ")
	if !found {
		return Term{Label: answer}
	}
	return Term{Label: answer, Note: reason}
}

// frequency is how often, with what a row then stands for.
func frequency(f terms.Frequency) Term {
	term := Term{Label: f.Label()}
	switch f {
	case terms.SystemAccess:
		term.Note = "one row for each dataset and agreement, not for each use"
	case terms.FrequentAdHoc:
		term.Note = "one row for each dataset and agreement, not for each file"
	case terms.OneOff, terms.Ongoing:
		term.Note = "one row for each file"
	}
	return term
}

// kinds are the kinds of entry in words.
var kinds = kindTerms()

func kindTerms() map[register.Kind]Term {
	out := map[register.Kind]Term{}
	for _, kind := range values[register.Kind](register.Kind("")) {
		term, _ := glossary.Find(glossary.Kinds, string(kind))
		out[kind] = Term{Label: term.Label, Note: term.Meaning}
	}
	return out
}

// values lists a vocabulary in its own order.
func values[C ~string](vocabulary interface{ Values() []string }) []C {
	var list []C
	for _, value := range vocabulary.Values() {
		list = append(list, C(value))
	}
	return list
}
