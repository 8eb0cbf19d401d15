package diff

import (
	"strings"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Op says what became of a stretch of a text.
type Op string

// The operations. LeftOut stands for words that both have and nobody needs to
// read again.
const (
	Kept    Op = "kept"
	Gone    Op = "removed"
	New     Op = "added"
	LeftOut Op = "left_out"
)

// Span is a stretch of a text; that of LeftOut is empty.
type Span struct {
	Op   Op
	Text string
}

const (
	context = 14     // words that are shown before and after a change
	mostOwn = 20_000 // words, or lines, of both texts that are compared one by one
	// firstSymbol is in Unicode's private planes, which hold so many.
	firstSymbol = 0xF0000
)

// Spans is how the words of one text become those of another; equal words are
// given as the second has them. Long texts are compared by lines, and lines
// that changed by words; of lines too many for that, the one is gone and the
// other new.
func Spans(before, after string) []Span {
	a, b := words(before), words(after)
	if len(a)+len(b) <= mostOwn {
		return both(before > after, a, b)
	}
	a, b = lines(a), lines(b)
	if len(a)+len(b) > mostOwn {
		return assemble([]run{{Gone, len(a)}, {New, len(b)}}, a, b)
	}
	var out []Span
	for _, s := range both(before > after, a, b) {
		last := len(out) - 1
		if s.Op != New || last < 0 || out[last].Op != Gone {
			out = append(out, s)
			continue
		}
		x, y := words(out[last].Text), words(s.Text)
		if len(x)+len(y) > mostOwn {
			out = append(out, s)
			continue
		}
		out = append(out[:last], both(out[last].Text > s.Text, x, y)...)
	}
	return merge(out)
}

// both compares one way only, so that the other is its mirror.
func both(turned bool, a, b []word) []Span {
	if turned {
		return assemble(mirror(compare(b, a)), a, b)
	}
	return assemble(compare(a, b), a, b)
}

// merge joins kept stretches that follow each other.
func merge(spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		if last := len(out) - 1; s.Op == Kept && last >= 0 && out[last].Op == Kept {
			out[last].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

// lines joins the words of each line.
func lines(all []word) []word {
	var joined []word
	open := false
	for _, w := range all {
		if !open {
			joined = append(joined, word{})
		}
		last := &joined[len(joined)-1]
		last.text, last.key = last.text+w.text, last.key+" "+w.key
		open = !strings.ContainsAny(w.text, "\n\r")
	}
	return joined
}

// run is so many words that are kept, gone or new.
type run struct {
	op Op
	n  int
}

func compare(a, b []word) []run {
	symbols := map[string]rune{}
	coded := func(all []word) []rune {
		runes := make([]rune, len(all))
		for i, w := range all {
			if _, ok := symbols[w.key]; !ok {
				symbols[w.key] = firstSymbol + rune(len(symbols))
			}
			runes[i] = symbols[w.key]
		}
		return runes
	}
	engine := diffmatchpatch.New()
	engine.DiffTimeout = 0 // always the same answer, however slow the machine
	var runs []run
	for _, d := range engine.DiffMainRunes(coded(a), coded(b), false) {
		op := Kept
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			op = Gone
		case diffmatchpatch.DiffInsert:
			op = New
		}
		runs = append(runs, run{op, utf8.RuneCountInString(d.Text)})
	}
	return runs
}

// mirror turns what leads from b to a into what leads from a to b.
func mirror(runs []run) []run {
	for i, r := range runs {
		switch r.op {
		case Gone:
			runs[i].op = New
		case New:
			runs[i].op = Gone
		}
	}
	return runs
}

// assemble gives runs their words; what is gone stands before what is new.
func assemble(runs []run, a, b []word) []Span {
	var out []Span
	var gone, fresh strings.Builder
	flush := func() {
		if gone.Len() > 0 {
			out = append(out, Span{Gone, gone.String()})
		}
		if fresh.Len() > 0 {
			out = append(out, Span{New, fresh.String()})
		}
		gone.Reset()
		fresh.Reset()
	}
	for _, r := range runs {
		switch r.op {
		case Kept:
			flush()
			out = append(out, Span{Kept, join(b[:r.n])})
			a, b = a[r.n:], b[r.n:]
		case Gone:
			gone.WriteString(join(a[:r.n]))
			a = a[r.n:]
		case New:
			fresh.WriteString(join(b[:r.n]))
			b = b[r.n:]
		}
	}
	flush()
	return out
}

func join(all []word) string {
	var text strings.Builder
	for _, w := range all {
		text.WriteString(w.text)
	}
	return text.String()
}

// Shorten leaves out the words that are kept far from any change.
func Shorten(spans []Span) []Span {
	var out []Span
	for i, s := range spans {
		if s.Op != Kept {
			out = append(out, s)
			continue
		}
		all := words(s.Text)
		before, after := context, context
		if i == 0 {
			before = 0
		}
		if i == len(spans)-1 {
			after = 0
		}
		if len(all) <= before+after+context {
			out = append(out, s)
			continue
		}
		if before > 0 {
			out = append(out, Span{Kept, join(all[:before])})
		}
		out = append(out, Span{Op: LeftOut})
		if after > 0 {
			out = append(out, Span{Kept, join(all[len(all)-after:])})
		}
	}
	return out
}
