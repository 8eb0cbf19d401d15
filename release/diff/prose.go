package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is a stretch of a text with what is compared of it. What follows it, up
// to the next word, belongs to it.
type word struct {
	text string
	key  string
}

// words splits a text. Keys are what remains of a word when typing is taken
// away: NFKC, one kind of quote and of dash, no bullets, no characters without
// width. Spaces do not count, also not around dashes, nor do line ends. (Of the
// "amendments" of a month's register, 86% vanish so: domain §2.8.)
func words(text string) []word {
	var all []word
	lead := "" // bullets and spaces before the first word
	start := true
	for text != "" {
		n := stretch(text)
		piece := text[:n]
		text = text[n:]
		key := ""
		r, _ := utf8.DecodeRuneInString(piece)
		switch {
		case unicode.IsSpace(r):
			if strings.ContainsAny(piece, "\n\r\v\f\u0085\u2028\u2029") {
				start = true
			}
		case isDash(r):
			if !start || !bullets(text) {
				key = "-"
			}
		case start && bulletWord(piece) && bullets(text):
		default:
			key = keyOf(piece)
		}
		if key != "" {
			all = append(all, word{lead + piece, key})
			lead, start = "", false
		} else if len(all) > 0 && unicode.IsSpace(r) && lead == "" {
			all[len(all)-1].text += piece
		} else {
			lead += piece
		}
	}
	if lead != "" && len(all) > 0 {
		all[len(all)-1].text += lead
	}
	return all
}

// stretch is the length of the run of spaces, the dash or the word that a text
// begins with.
func stretch(text string) int {
	var first rune
	for i, r := range text {
		if i == 0 {
			first = r
			if isDash(r) {
				return len(string(r))
			}
			continue
		}
		if unicode.IsSpace(first) != unicode.IsSpace(r) || isDash(r) {
			return i
		}
	}
	return len(text)
}

// bullets says whether a mark at the beginning of a line is one of a list: what
// follows it is a space or a letter.
func bullets(rest string) bool {
	for _, r := range rest {
		return unicode.IsSpace(r) || unicode.IsLetter(r)
	}
	return true
}

func bulletWord(piece string) bool { return piece == "o" || piece == "*" || piece == "~" }

func isDash(r rune) bool {
	return r == '-' || unicode.Is(unicode.Pd, r) || r == '−'
}

func keyOf(piece string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '‘', '’', '‚', '‛', '“', '”', '„', '‟', '"', '`', '´', '′', '″', '«', '»':
			return '\''
		case '•', '·', '∙', '▪', '▫', '■', '□', '●', '○', '◦', '‣', '⁃', '◆', '➢', '✓', '~', '\uf0b7', '\uf0a7':
			return -1
		}
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ReplaceAll(norm.NFKC.String(strings.ToValidUTF8(piece, "\uFFFD")), "''", "'"))
}

// Same says whether two texts say the same in the same words: they differ at
// most in how they were typed.
func Same(a, b string) bool {
	x, y := words(a), words(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].key != y[i].key {
			return false
		}
	}
	return true
}

// normal is what is compared of a text, for keys of rows.
func normal(text string) string {
	all := words(text)
	keys := make([]string, len(all))
	for i, w := range all {
		keys[i] = w.key
	}
	return strings.Join(keys, " ")
}
