package page

import (
	"regexp"
	"strings"
	"unicode"
)

// Block is a part of a long text: a paragraph, a short line in capitals that
// leads what follows, or a list.
type Block struct {
	Paragraph string
	Lead      string
	Items     []Item
}

// Item is one entry of a list. Marker is as typed ("1)", "a."), since texts
// point to each other by it, or empty where a bullet stood.
type Item struct {
	Marker string
	Depth  int // 0 or 1: how far it stood from the margin
	Text   string
}

// A bullet of a word processor, with what fonts made of it in a spreadsheet:
// U+F0A7, U+F0B7 and U+F0D8 are Symbol's and Wingdings', "§" a square of the
// latter, "o" the circle of a second level (3,314 lines of February 2021). A
// sign that also means something else (a footnote's asterisk, a dash) is a
// bullet only before a space.
var bullet = regexp.MustCompile(`^(?:[•●▪◦‣\x{f0a7}\x{f0b7}\x{f0d8}]|(?:[·§~*–—o-]|--)[ \t])\s*`)

// "1.", "1)", "(a)", "iv.", "2.1": a number or letters, then a mark or, for
// the dotted form, a space.
var numbered = regexp.MustCompile(`^(\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-zA-Z]|[ivx]{2,4})[.)]|\d{1,2}\.\d{1,2})[ \t]+`)

// Prose divides a published text into blocks. Every word stays, in its order;
// only blank lines, indents and bullet signs become form.
func Prose(text string) []Block {
	var blocks []Block
	list := func(item Item) {
		if n := len(blocks); n > 0 && blocks[n-1].Items != nil {
			blocks[n-1].Items = append(blocks[n-1].Items, item)
			return
		}
		blocks = append(blocks, Block{Items: []Item{item}})
	}
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u200b", "").Replace(text)) {
		trimmed := strings.TrimSpace(line)
		depth := 0
		if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "  ") {
			depth = 1
		}
		if trimmed == "" {
			continue
		}
		if found := bullet.FindString(trimmed); found != "" && found != trimmed {
			if found[0] == 'o' {
				depth = 1
			}
			list(Item{Depth: depth, Text: trimmed[len(found):]})
		} else if found := numbered.FindStringSubmatch(trimmed); found != nil {
			list(Item{Depth: depth, Marker: found[1], Text: trimmed[len(found[0]):]})
		} else if leads(trimmed) {
			blocks = append(blocks, Block{Lead: trimmed})
		} else {
			blocks = append(blocks, Block{Paragraph: trimmed})
		}
	}
	return blocks
}

// leads tells a line that heads what follows: short, in capitals, no full stop.
func leads(line string) bool {
	letters := 0
	for _, r := range line {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters >= 4 && len(line) <= 90 && !strings.HasSuffix(line, ".")
}
