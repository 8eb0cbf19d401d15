package flow

import (
	"slices"

	"data.release/registrar/release/terms"
)

// strand is every leg between two places that has the same label.
type strand struct {
	from, to *node
	label    label
	numbers  []int
	back     bool
}

func strands(legs []leg, back map[[2]*node]bool) []*strand {
	type key struct {
		from, to *node
		label    label
	}
	found := map[key]*strand{}
	var all []*strand
	for _, l := range legs {
		k := key{l.from, l.to, l.label}
		if found[k] == nil {
			found[k] = &strand{from: l.from, to: l.to, label: l.label, back: back[[2]*node{l.from, l.to}]}
			all = append(all, found[k])
		}
		found[k].numbers = append(found[k].numbers, l.number)
	}
	for _, s := range all {
		slices.Sort(s.numbers)
	}
	return all
}

// bundle is strands that share one label: all from one place, or all to one.
type bundle struct {
	strands []*strand
	in      bool // all to one place
}

// bundles joins strands, the largest bundles first, so that ten places that
// send the same to one need one label.
func bundles(left []*strand) []bundle {
	type side struct {
		at    *node
		in    bool
		label label
	}
	var made []bundle
	for len(left) > 0 {
		counts := map[side]int{}
		best, most := side{}, 1
		for _, s := range left {
			if s.back {
				continue
			}
			for _, k := range []side{{s.from, false, s.label}, {s.to, true, s.label}} {
				counts[k]++
			}
		}
		for _, s := range left { // in their order: a map has none
			for _, k := range []side{{s.from, false, s.label}, {s.to, true, s.label}} {
				if !s.back && counts[k] > most {
					best, most = k, counts[k]
				}
			}
		}
		if best.at == nil {
			break
		}
		b := bundle{in: best.in}
		left = slices.DeleteFunc(left, func(s *strand) bool {
			at := s.from
			if best.in {
				at = s.to
			}
			if s.back || at != best.at || s.label != best.label {
				return false
			}
			b.strands = append(b.strands, s)
			return true
		})
		made = append(made, b)
	}
	for _, s := range left {
		made = append(made, bundle{strands: []*strand{s}})
	}
	return made
}

// thread gives a bundle its label and the bends of its lines.
func (g *graph) thread(b bundle) {
	first := b.strands[0]
	left, right := first.from, first.to
	if first.back {
		left, right = right, left
	}
	column := left.column + 1
	if b.in {
		column = right.column - 1
	}
	c := g.add(chip, column)
	c.label, c.words = first.label, first.label.said()
	g.put(c)
	over := first.label.state == terms.FlowStopped || first.label.state == terms.FlowPrevious
	if len(b.strands) == 1 {
		c.numbers = ranges(first.numbers)
		g.join(left, c, first, "", over)
		g.join(c, right, first, "", false)
		return
	}
	if b.in {
		g.join(c, right, first, "", over)
	} else {
		g.join(left, c, first, "", over)
	}
	for _, s := range b.strands {
		if b.in {
			g.join(s.from, c, s, ranges(s.numbers), false)
		} else {
			g.join(c, s.to, s, ranges(s.numbers), false)
		}
	}
}

// join links two nodes by a bend in each column between them.
func (g *graph) join(from, to *node, s *strand, number string, crossed bool) {
	for from.column+1 < to.column {
		n := g.add(bend, from.column+1)
		g.put(n)
		g.connect(from, n, s, number, crossed)
		from, crossed = n, false
		if number != "" && to.kind == chip { // it stands beside the box that it leaves
			number = ""
		}
	}
	g.connect(from, to, s, number, crossed)
}

func (g *graph) connect(from, to *node, s *strand, number string, crossed bool) {
	if number != "" && from.kind != box && to.kind != box {
		number = ""
	}
	l := &link{from: from, to: to, label: s.label, number: number, back: s.back, crossed: crossed}
	from.out, to.in = append(from.out, l), append(to.in, l)
}
