package flow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// plain is a text that XML can hold: no bytes that are no text, no control
// characters or others that turn its direction, one space for any run of spaces.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, r == 0xFFFE, r == 0xFFFF:
			return '\uFFFD'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == '\ufeff', r == '\u200b', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escape is a text as it stands in XML, in content and in attributes.
func escape(text string) string { return entities.Replace(plain(text)) }

// breadth is how wide a text is at a size, rather too wide than too narrow:
// nobody knows the reader's font. The widest that commonly stands in the place
// of Arial is DejaVu Sans; its bold is wider by the factor bold.
func breadth(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("fijlrt.,:;'|!()[] ", r):
			sum += 0.4
		case strings.ContainsRune("mwMW@%", r):
			sum += 1
		case unicode.Is(unicode.Mn, r):
		case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth, r >= 0x1F000:
			sum += 1.05
		case unicode.IsUpper(r):
			sum += 0.76
		default:
			sum += 0.64
		}
	}
	return sum * size
}

// wrap breaks a text into at most so many lines that fit; a word that does not
// fit is broken, and what has no room ends in "…".
func wrap(text string, size, room float64, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for word != "" {
			joined := word
			if line != "" {
				joined = line + " " + word
			}
			if breadth(joined, size) <= room {
				line = joined
				break
			}
			if line != "" {
				lines, line = append(lines, line), ""
			} else {
				head := fits(word, size, room)
				lines, word = append(lines, head), word[len(head):]
			}
			if len(lines) > most {
				break
			}
		}
		if len(lines) > most {
			break
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > most {
		lines = lines[:most]
		last := lines[most-1]
		for last != "" && breadth(last+"…", size) > room {
			_, n := utf8.DecodeLastRuneInString(last)
			last = last[:len(last)-n]
		}
		lines[most-1] = last + "…"
	}
	return lines
}

// fits is the longest beginning of a word that fits, at least one character.
func fits(word string, size, room float64) string {
	end := 0
	for i, r := range word {
		next := i + utf8.RuneLen(r)
		if end > 0 && breadth(word[:next], size) > room {
			break
		}
		end = next
	}
	return word[:end]
}
