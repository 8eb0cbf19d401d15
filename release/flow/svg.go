package flow

import (
	"bytes"
	"fmt"
	"math"

	"data.release/registrar/release/terms"
)

const (
	ink   = "#212b32"
	paper = "#ffffff"
	faint = "#f0f4f5"
	edge  = "#4c6272"
)

// colour is that of a type of data; each has 4.5:1 on white, and none is the
// only sign: the label says the type.
func colour(l label) string {
	switch {
	case l.state == terms.FlowStopped || l.state == terms.FlowPrevious:
		return edge
	case l.kind == terms.Identifiable:
		return "#b3261e"
	case l.kind == terms.Pseudonymised:
		return "#005eb8"
	case l.kind == terms.AggregateSuppressed, l.kind == terms.AggregateUnsuppressed:
		return "#00652f"
	}
	return edge
}

// dashes tell states apart: proposed ones are dashed, those that are over
// dotted.
func dashes(l label) string {
	switch l.state {
	case terms.FlowProposed:
		return ` stroke-dasharray="9 6"`
	case terms.FlowStopped, terms.FlowPrevious:
		return ` stroke-dasharray="2 5"`
	}
	return ""
}

// Draw is the flows as an SVG of its own or for a page: places as boxes, and
// on each way the type of data, whether it runs, and where opt-outs are applied
// and persons pseudonymised. Numbers are those of Tell. It has no script, style
// sheet, font or id of its own.
func Draw(title string, flows []terms.Flow) []byte {
	g := build(flows)
	g.size()
	g.arrange()
	width, height := g.set()
	if len(flows) == 0 {
		width, height = 2*margin+boxWidth, 2*margin
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %s %s" width="%[1]s" height="%[2]s" font-family="Arial, Helvetica, sans-serif" fill="%[3]s">`+"\n", px(width), px(height), ink)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", escape(title), escape(describe(g, flows)))
	fmt.Fprintf(&b, `<rect width="%s" height="%s" fill="%s"/>`+"\n", px(width), px(height), paper)
	for _, column := range g.columns {
		for _, n := range column {
			for _, l := range n.out {
				l.draw(&b)
			}
		}
	}
	for _, column := range g.columns {
		for _, n := range column {
			n.draw(&b)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func describe(g *graph, flows []terms.Flow) string {
	return fmt.Sprintf("A picture of %d flows of data between %d places, from where they come from on the left to who has them on the right. The numbered list of flows says the same in words.", len(flows), len(g.boxes))
}

// px writes a length short and always alike.
func px(v float64) string { return fmt.Sprintf("%g", math.Round(v*10)/10) }

func (n *node) draw(b *bytes.Buffer) {
	left, top := n.x, n.y-n.height/2
	switch n.kind {
	case bend:
		for _, l := range n.out {
			fmt.Fprintf(b, `<path d="M%s %sh%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", px(left), px(n.y), px(n.width), colour(l.label), dashes(l.label))
		}
		return
	case box:
		fmt.Fprintf(b, `<g><title>%s</title><rect x="%s" y="%s" width="%s" height="%s" rx="3" fill="%s" stroke="%s" stroke-width="1.5"/>`+"\n",
			escape(n.name+", "+n.about), px(left), px(top), px(n.width), px(n.height), faint, ink)
	case chip:
		fmt.Fprintf(b, `<g><rect x="%s" y="%s" width="%s" height="%s" rx="12" fill="%s" stroke="%s" stroke-width="2"%s/>`+"\n",
			px(left), px(top), px(n.width), px(n.height), paper, colour(n.label), dashes(n.label))
	}
	tall := nameLine*float64(len(n.lines)) + wordLine*float64(len(n.words)+len(n.within))
	if n.kind == chip {
		tall = wordLine * float64(len(n.lines)+len(n.words))
	}
	y := n.y - tall/2
	write := func(lines []string, size, step float64, weight, fill string) {
		for _, line := range lines {
			fmt.Fprintf(b, `<text x="%s" y="%s" font-size="%s"%s fill="%s">%s</text>`+"\n", px(left+padding), px(y+step-4.5), px(size), weight, fill, escape(line))
			y += step
		}
	}
	heavy := ` font-weight="bold"`
	if n.kind == box {
		write(n.lines, nameSize, nameLine, heavy, ink)
		write(n.words, wordSize, wordLine, "", edge)
		write(n.within, wordSize, wordLine, "", ink)
	} else {
		write(n.lines, wordSize, wordLine, heavy, ink)
		write(n.words, wordSize, wordLine, "", colour(n.label))
	}
	b.WriteString("</g>\n")
}

func (l *link) draw(b *bytes.Buffer) {
	x1, y1, x2, y2 := l.from.x+l.from.width, l.fromY, l.to.x, l.toY
	// An arrow stands where the data come to a place.
	if l.to.kind == box && !l.back {
		l.arrow(b, x2, y2, -1)
		x2 -= 8
	}
	if l.from.kind == box && l.back {
		l.arrow(b, x1, y1, 1)
		x1 += 8
	}
	bow := (x2 - x1) / 2
	fmt.Fprintf(b, `<path d="M%s %sC%s %[2]s %[3]s %[4]s %[5]s %[4]s" fill="none" stroke="%[6]s" stroke-width="2"%[7]s/>`+"\n",
		px(x1), px(y1), px(x1+bow), px(y2), px(x2), colour(l.label), dashes(l.label))
	if l.crossed {
		x, y := (x1+x2)/2, (y1+y2)/2
		fmt.Fprintf(b, `<path d="M%s %sl12 12m0 -12l-12 12" fill="none" stroke="%s" stroke-width="3"/>`+"\n", px(x-6), px(y-6), ink)
	}
	if l.number == "" {
		return
	}
	x, y, anchor := x1+5, y1-4, "start"
	if l.to.kind == box {
		x, y, anchor = l.to.x-10, y2-4, "end"
	}
	fmt.Fprintf(b, `<text x="%s" y="%s" font-size="%s" font-weight="bold" text-anchor="%s" stroke="%s" stroke-width="3" paint-order="stroke">%s</text>`+"\n",
		px(x), px(y), px(wordSize-1), anchor, paper, escape(l.number))
}

func (l *link) arrow(b *bytes.Buffer, x, y, way float64) {
	fmt.Fprintf(b, `<path d="M%s %sl%s -5v10z" fill="%s"/>`+"\n", px(x), px(y), px(9*way), colour(l.label))
}
