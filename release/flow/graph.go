package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// leg is one stretch of one flow: from a place to the next.
type leg struct {
	flow     int // index
	number   int
	from, to *node
	label    label
}

// label is what is said of data on their way. Legs with equal labels share one.
type label struct {
	kind          terms.TypeOfData
	typeWords     string
	state         terms.FlowState
	stateWords    string
	optOuts       bool
	pseudonymised bool
}

type nodeKind int

const (
	box  nodeKind = iota // a place
	chip                 // a label
	bend                 // where a line crosses a column
)

// node is something that has a place in a column.
type node struct {
	kind   nodeKind
	column int
	seq    int // of making: what decides where nothing else does

	place       terms.FlowNode
	name, about string   // of a box
	lines       []string // of a box: its name
	within      []string // of a box: flows that stay in it
	label       label    // of a chip
	numbers     string   // of a chip for one leg
	words       []string // of a chip

	x, y, width, height float64 // y is the middle
	in, out             []*link
	order               float64
}

// link joins two nodes of neighbouring columns.
type link struct {
	from, to   *node
	label      label
	number     string // beside the box, where a label is shared
	back       bool   // the data go from right to left
	crossed    bool   // no longer flows: has the cross
	fromY, toY float64
}

type graph struct {
	columns  [][]*node // even: boxes; odd: labels; both with bends
	boxes    []*node
	channels []float64 // room to the right of each column
	seq      int
}

func (g *graph) add(kind nodeKind, column int) *node {
	n := &node{kind: kind, column: column, seq: g.seq}
	g.seq++
	return n
}

// build makes places, labels and bends of flows.
func build(flows []terms.Flow) *graph {
	g := &graph{}
	legs := g.legs(flows)
	var apart []leg
	for _, l := range legs {
		if l.from == l.to {
			l.from.within = append(l.from.within, fmt.Sprintf("%d, within this place: %s", l.number, strings.Join(l.label.said(), "; ")))
			continue
		}
		apart = append(apart, l)
	}
	back := g.layer(apart)
	for _, b := range g.boxes {
		g.put(b)
	}
	for _, b := range bundles(strands(apart, back)) {
		g.thread(b)
	}
	return g
}

// legs finds the places that flows name, each once by name and kind.
func (g *graph) legs(flows []terms.Flow) []leg {
	numbers := number(flows)
	places := map[[2]string]*node{}
	find := func(name string, kind terms.FlowNode) *node {
		key := [2]string{same(name), string(kind)}
		if n, ok := places[key]; ok {
			return n
		}
		n := g.add(box, 0)
		n.place = kind
		n.name, n.about = named(plain(name)), kindWords(kind)
		places[key], g.boxes = n, append(g.boxes, n)
		return n
	}
	var legs []leg
	for i, f := range flows {
		from := find(f.From, f.FromNode)
		said := label{kind: f.Type, typeWords: typeWords(f.Type), state: f.State, optOuts: f.OptOuts, pseudonymised: f.Pseudonymised}
		if f.State != terms.FlowCurrent {
			short := f
			short.Why = ""
			said.stateWords = State(short)
		}
		if strings.TrimSpace(f.Through) != "" {
			through, first := find(f.Through, f.ThroughNode), said
			if f.Pseudonymised {
				first.pseudonymised, first.kind, first.typeWords = false, terms.TypeNotRecorded, "Not yet pseudonymised"
			}
			if f.OptOuts {
				first.optOuts = false
			}
			legs = append(legs, leg{i, numbers[i], from, through, first})
			from = through
		}
		legs = append(legs, leg{i, numbers[i], from, find(f.To, f.ToNode), said})
	}
	return legs
}

// same is what two spellings of one place have in common.
func same(name string) string {
	name = plain(name)
	return cmp.Or(terms.Fold(name), name)
}

// said is a label in words.
func (l label) said() []string {
	words := []string{l.typeWords}
	if l.pseudonymised {
		words = append(words, "Pseudonymised in this step")
	}
	if l.optOuts {
		words = append(words, "Opt-outs applied in this step")
	}
	if l.stateWords != "" {
		words = append(words, l.stateWords)
	}
	return words
}

// preferred is the column of a kind of place, -1 where its flows decide.
func preferred(kind terms.FlowNode) int {
	switch kind {
	case terms.NodeProvider, terms.NodeNational:
		return 0
	case terms.NodeDSCRO:
		return 1
	case terms.NodeProcessor:
		return 2
	case terms.NodeController, terms.NodeRecipient:
		return 3
	case terms.NodePublic:
		return 4
	}
	return -1
}

// layer gives each box a column: its kind's, or one after the last that sends
// to it. It returns which pairs of places go backwards, so that no circle
// keeps it from ending.
func (g *graph) layer(legs []leg) map[[2]*node]bool {
	next := map[*node][]*node{}
	for _, l := range legs {
		if !slices.Contains(next[l.from], l.to) {
			next[l.from] = append(next[l.from], l.to)
		}
	}
	back, state := map[[2]*node]bool{}, map[*node]int{}
	var sorted []*node
	var visit func(*node)
	visit = func(n *node) {
		state[n] = 1
		for _, to := range next[n] {
			switch state[to] {
			case 0:
				visit(to)
			case 1:
				back[[2]*node{n, to}] = true
			}
		}
		state[n] = 2
		sorted = append(sorted, n)
	}
	starts := slices.Clone(g.boxes)
	slices.SortStableFunc(starts, func(a, b *node) int { return cmp.Compare(rank(a), rank(b)) })
	for _, n := range starts {
		if state[n] == 0 {
			visit(n)
		}
	}
	slices.Reverse(sorted)
	// Kinds that no place is of take no room.
	var ranks []int
	for _, n := range g.boxes {
		if p := preferred(n.place); p >= 0 && !slices.Contains(ranks, p) {
			ranks = append(ranks, p)
		}
	}
	slices.Sort(ranks)
	for _, n := range g.boxes {
		n.column = max(0, slices.Index(ranks, preferred(n.place)))
	}
	// Turned round, what goes backwards comes from a place that is sorted before.
	for _, n := range sorted {
		for _, to := range next[n] {
			if back[[2]*node{n, to}] {
				n.column = max(n.column, to.column+1)
			}
		}
		for _, to := range next[n] {
			if !back[[2]*node{n, to}] {
				to.column = max(to.column, n.column+1)
			}
		}
	}
	g.compact()
	return back
}

func rank(n *node) int {
	if p := preferred(n.place); p >= 0 {
		return p
	}
	return 5
}

// compact leaves no column empty, and an odd one between each two for labels.
func (g *graph) compact() {
	used := map[int]bool{}
	for _, n := range g.boxes {
		used[n.column] = true
	}
	at, to := map[int]int{}, 0
	columns := make([]int, 0, len(used))
	for c := range used {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	for _, c := range columns {
		at[c], to = to, to+2
	}
	for _, n := range g.boxes {
		n.column = at[n.column]
	}
	g.columns = make([][]*node, max(1, to-1))
}

func (g *graph) put(n *node) { g.columns[n.column] = append(g.columns[n.column], n) }
