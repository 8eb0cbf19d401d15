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

// Snippets shows where words stand in a text, at most so many pieces: first
// one for each word that was searched for, and then others, in the order of
// the text. term says which of the terms a word in lower case is, or none by a
// negative number. Without a word there is no snippet.
func Snippets(text string, most int, term func(word string) int) []Snippet {
	var found []place
	each(text, func(word string, s span) {
		if which := term(strings.ToLower(word)); which >= 0 {
			found = append(found, place{s, which})
		}
	})
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
