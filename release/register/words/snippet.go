package words

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Snippet is a piece of a long text around words that were searched for.
type Snippet struct {
	Parts         []Part
	Before, After bool // there is text before, or after
}

// around is how much of a text a snippet shows, in bytes, about half of it on
// each side of the word.
const around = 180

// Words lists the different words of a text in lower case, as far as they may
// be one of the stems: those that share its beginning. Who knows the language
// says then which of them are.
func Words(text string, stems []string) []string {
	var out []string
	each(text, func(word string, _ span) {
		word = strings.ToLower(word)
		if likely(word, stems) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	})
	return out
}

// likely says whether a word may have one of the stems. Stems keep a word's
// beginning but for its last letter or two ("studi" of "study").
func likely(word string, stems []string) bool {
	for _, stem := range stems {
		n := min(len(stem), max(len(stem)-2, 3))
		if len(stem) <= 3 {
			n = min(len(stem), 2)
		}
		if strings.HasPrefix(word, stem[:n]) {
			return true
		}
	}
	return false
}

// Place is where a word stands among the terms of a search: which of them, at
// which step of its words, from 0, and how many words after the step before it
// (1: the next).
type Place struct{ Term, Step, After int }

// Snippets shows where terms stand in a text, at most so many pieces: first
// one for each term that was searched for, and then others, in the order of
// the text. steps are how many words each term has; those of a phrase count
// only one after the other, as far apart as in the phrase. places says which
// places a word in lower case has. Without a word there is no snippet.
func Snippets(text string, most int, steps []int, places func(word string) []Place) []Snippet {
	var found []place
	begun := make([][]span, len(steps)) // the words of each phrase as far as they were found
	at := make([]int, len(steps))       // and the place of the last of them
	n := 0
	each(text, func(word string, s span) {
		n++
		for _, p := range places(strings.ToLower(word)) {
			switch {
			case steps[p.Term] == 1:
				found = append(found, place{s, p.Term})
			case p.Step == 0:
				begun[p.Term], at[p.Term] = []span{s}, n
			case p.Step == len(begun[p.Term]) && n-at[p.Term] == p.After:
				begun[p.Term], at[p.Term] = append(begun[p.Term], s), n
				if len(begun[p.Term]) == steps[p.Term] {
					for _, s := range begun[p.Term] {
						found = append(found, place{s, p.Term})
					}
					begun[p.Term] = nil
				}
			}
		}
	})
	slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	if len(found) == 0 {
		return nil
	}
	// Pieces are begun at the first place of each term; what is near is part of
	// them.
	chosen := firsts(found)
	for _, p := range found {
		if len(chosen) >= most {
			break
		}
		if !slices.ContainsFunc(chosen, func(c place) bool { return p.from >= c.from-around && p.from <= c.to+around }) {
			chosen = append(chosen, p)
		}
	}
	chosen = chosen[:min(len(chosen), most)]
	slices.SortFunc(chosen, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	var spans []span
	for _, p := range found {
		spans = append(spans, p.span)
	}
	var out []Snippet
	for i := 0; i < len(chosen); {
		from, to := open(text, chosen[i].from), shut(text, chosen[i].to)
		for i++; i < len(chosen) && chosen[i].from <= to+around/2; i++ {
			to = shut(text, chosen[i].to)
		}
		out = append(out, Snippet{divide(text, from, to, slices.Clone(spans)), from > 0, to < len(text)})
	}
	return out
}

type place struct {
	span
	term int
}

func firsts(found []place) []place {
	var out []place
	for _, p := range found {
		if !slices.ContainsFunc(out, func(c place) bool { return c.term == p.term }) {
			out = append(out, p)
		}
	}
	return out
}

// open moves back from a word to where its snippet begins, at a word's
// beginning.
func open(text string, at int) int {
	from := max(at-around/2, 0)
	if from == 0 {
		return 0
	}
	if space := strings.IndexAny(text[from:at], " \n\t"); space >= 0 {
		return from + space + 1
	}
	for from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	return from
}

// shut moves on from a word to where its snippet ends, at a word's end.
func shut(text string, at int) int {
	to := min(at+around/2, len(text))
	if to == len(text) {
		return to
	}
	if space := strings.LastIndexAny(text[at:to], " \n\t"); space >= 0 {
		return at + space
	}
	for to > at && !utf8.RuneStart(text[to]) {
		to--
	}
	return to
}

// each visits the words of a text: letters and digits that stand together.
func each(text string, visit func(word string, s span)) {
	from := -1
	for i, r := range text {
		switch {
		case lettered(r):
			if from < 0 {
				from = i
			}
		case from >= 0:
			visit(text[from:i], span{from, i})
			from = -1
		}
	}
	if from >= 0 {
		visit(text[from:], span{from, len(text)})
	}
}
