// Package glossary says in plain English what every term of the public register
// means: each code of each vocabulary that an entry can have, and the words
// that its pages use. It is what pages link to, and where they take their notes
// from, so that a term means the same wherever it stands.
package glossary

import "strings"

// Term is one term.
type Term struct {
	Code    string // of its vocabulary, or the word's own id
	Label   string
	Meaning string // in plain English, one paragraph
}

// Section is a vocabulary, or the words of one subject.
type Section struct {
	ID    string // of its anchors
	Title string
	About string // what the vocabulary answers
	Terms []Term
}

// Anchor is the id of a term on the glossary's page.
func (s Section) Anchor(t Term) string { return s.ID + "-" + t.Code }

// The sections' ids. Those of vocabularies are the names by which a search of
// the register knows them, where it does.
const (
	Kinds           = "kind"
	Types           = "type"
	OptOuts         = "opt-outs"
	Powers          = "power"
	Routes          = "route"
	Sensitivities   = "sensitivity"
	Frequencies     = "frequency"
	Channels        = "channel"
	Controllerships = "controllership"
	Answers         = "answer"
	Relations       = "relation"
	Words           = "word"
)

// Sections are all terms, in the order in which the page shows them.
func Sections() []Section {
	return []Section{words, kinds, types, optOuts, powers, routes, sensitivities, frequencies, channels, controllerships, answers, relations}
}

// Find is a term of a section; false if there is none.
func Find(section, code string) (Term, bool) {
	for _, s := range Sections() {
		if s.ID != section {
			continue
		}
		for _, t := range s.Terms {
			if t.Code == code {
				return t, true
			}
		}
	}
	return Term{}, false
}

// Meaning is what a code means; empty where the glossary has it not.
func Meaning[C ~string](section string, code C) string {
	t, _ := Find(section, string(code))
	return t.Meaning
}

// Href is the address of a term; the glossary's own where there is no such
// term.
func Href[C ~string](section string, code C) string {
	if _, ok := Find(section, string(code)); !ok {
		return "/glossary"
	}
	return "/glossary#" + section + "-" + string(code)
}

// coded makes a section of a vocabulary: each code with its label and its
// meaning. A code without a meaning keeps an empty one, which a test refuses.
func coded[C interface {
	~string
	Values() []string
	Label() string
}](id, title, about string, meanings map[C]string) Section {
	s := Section{ID: id, Title: title, About: about}
	for _, value := range C("").Values() {
		label := C(value).Label()
		s.Terms = append(s.Terms, Term{Code: value, Label: strings.ToUpper(label[:1]) + label[1:], Meaning: meanings[C(value)]})
	}
	return s
}
