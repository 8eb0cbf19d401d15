// Package words reads what people type to search the register, and marks where
// it was found.
package words

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"data.release/registrar/release/terms"
)

// Term is one thing that is asked for. An entry is found if all terms are found
// in it but those marked Not, and none of these.
type Term struct {
	Text   string // as it was typed, without quotes and minus
	Phrase bool   // words in their order, as they stood in quotes
	Not    bool
	// Reference is set where the term is an agreement's number, however it was
	// spelled.
	Reference terms.Reference
}

// Parse reads a search: words, "a phrase" in straight or curly quotes, -word or
// -"a phrase" for what must not be there, and agreements' references in any
// spelling, also with spaces in them where the reference is all there is. What
// has neither letter nor digit asks nothing. A quote that is never closed ends
// with the text.
func Parse(text string) []Term {
	if r, ok := Reference(text); ok {
		return []Term{{Text: strings.TrimSpace(text), Reference: r}}
	}
	var out []Term
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		var t Term
		if after, minus := strings.CutPrefix(rest, "-"); minus && after != "" && !unicode.IsSpace(first(after)) {
			t.Not, rest = true, after
		}
		if quote := first(rest); strings.ContainsRune(`"“”`, quote) {
			t.Phrase, rest = true, rest[utf8.RuneLen(quote):]
			end := strings.IndexAny(rest, `"“”`)
			if end < 0 {
				t.Text, rest = rest, ""
			} else {
				t.Text, rest = rest[:end], rest[end+utf8.RuneLen(first(rest[end:])):]
			}
		} else {
			end := strings.IndexFunc(rest, unicode.IsSpace)
			if end < 0 {
				end = len(rest)
			}
			t.Text, rest = rest[:end], rest[end:]
		}
		t.Text = strings.TrimSpace(t.Text)
		if strings.IndexFunc(t.Text, lettered) < 0 {
			continue
		}
		t.Reference, _ = Reference(t.Text)
		out = append(out, t)
	}
	return out
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lettered(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

var loose = regexp.MustCompile(`^(?:DARS[ -]*)?NIC[ -]*(\d{3,7})[ -]*([A-Z0-9]{5,6})(?:[ -]*V[ .]?(\d{1,6}(?:\.\d{1,6})?))?$`)

// Reference reads an agreement's number as people paste it: with or without
// DARS- and the version, in any case, with other dashes or spaces.
func Reference(text string) (terms.Reference, bool) {
	folded := strings.ToUpper(terms.Fold(text))
	m := loose.FindStringSubmatch(folded)
	if m == nil {
		return terms.Reference{}, false
	}
	canonical := "NIC-" + m[1] + "-" + m[2]
	if m[3] != "" {
		canonical += "-v" + m[3]
	}
	r, err := terms.ParseReference(canonical)
	return r, err == nil && r.IsNIC()
}

// Part is a piece of a text, marked where it is what was searched for.
type Part struct {
	Text string
	Mark bool
}

// Mark divides a name or an id where the terms stand in it, whatever the case.
// The parts make up the text.
func Mark(text string, list []Term) []Part {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // some letters change their length: they are compared as they stand
		lower = text
	}
	var spans []span
	for _, t := range list {
		wanted := strings.ToLower(t.Text)
		if t.Reference.IsNIC() {
			wanted = strings.ToLower(t.Reference.Stem())
		}
		if t.Not || wanted == "" {
			continue
		}
		for at := 0; ; {
			next := strings.Index(lower[at:], wanted)
			if next < 0 {
				break
			}
			spans = append(spans, span{at + next, at + next + len(wanted)})
			at += next + len(wanted)
		}
	}
	return divide(text, 0, len(text), spans)
}

// span is some bytes of a text.
type span struct{ from, to int }

// divide cuts a part of a text at the spans, which may overlap.
func divide(text string, from, to int, spans []span) []Part {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var out []Part
	add := func(end int, mark bool) {
		if end > from {
			out = append(out, Part{text[from:end], mark})
			from = end
		}
	}
	for _, s := range spans {
		if s.to <= from || s.from >= to {
			continue
		}
		add(min(s.from, to), false)
		add(min(s.to, to), true)
	}
	add(to, false)
	return out
}
