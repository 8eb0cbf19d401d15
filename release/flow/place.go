package flow

import (
	"cmp"
	"math"
	"slices"
)

// Measures of the picture, in pixels.
const (
	margin    = 16.0
	boxWidth  = 186.0
	chipWidth = 156.0
	channel   = 38.0
	gap       = 14.0
	port      = 17.0 // between two lines at one box
	nameSize  = 14.0
	wordSize  = 12.5
	nameLine  = 18.0
	wordLine  = 16.0
	padding   = 9.0
	bold      = 1.13
	mostLines = 5 // of a name; the whole stands in its title
)

// size gives every node its lines and its extent.
func (g *graph) size() {
	g.channels = make([]float64, len(g.columns))
	for c, column := range g.columns {
		g.channels[c] = channel
		width := boxWidth
		if c%2 == 1 {
			width = chipWidth
		}
		for _, n := range column {
			n.width = width
			room := width - 2*padding
			switch n.kind {
			case box:
				n.lines = wrap(n.name, nameSize*bold, room, mostLines)
				var within []string
				for _, w := range n.within {
					within = append(within, wrap(w, wordSize, room, mostLines)...)
				}
				n.within = within
				n.words = wrap(n.about, wordSize, room, 2)
				tall := 2*padding + nameLine*float64(len(n.lines)) + wordLine*float64(len(n.words)+len(within))
				n.height = max(tall, port*float64(1+max(len(n.in), len(n.out))))
			case chip:
				var lines []string
				for _, w := range n.words {
					lines = append(lines, wrap(w, wordSize, room, mostLines)...)
				}
				n.words = lines
				n.lines = wrap(n.numbers, wordSize*bold, room, mostLines)
				n.height = 2*padding + wordLine*float64(len(n.lines)+len(n.words))
			case bend:
				n.height = port
			}
			for _, l := range n.out {
				if l.number != "" {
					g.channels[c] = max(g.channels[c], breadth(l.number, wordSize*bold)+28)
				}
			}
		}
	}
}

// arrange orders each column so that few lines cross.
func (g *graph) arrange() {
	number := func() {
		for _, column := range g.columns {
			for i, n := range column {
				n.order = float64(i)
			}
		}
	}
	number()
	keep := func() [][]*node {
		kept := make([][]*node, len(g.columns))
		for i, column := range g.columns {
			kept[i] = slices.Clone(column)
		}
		return kept
	}
	best, fewest := keep(), g.crossings()
	for sweep := range 12 {
		for i := range g.columns {
			c := i
			if sweep%2 == 1 {
				c = len(g.columns) - 1 - i
			}
			means := map[*node]float64{}
			for _, n := range g.columns[c] {
				means[n] = mean(n, sweep%2 == 0, func(m *node) float64 { return m.order })
			}
			slices.SortStableFunc(g.columns[c], func(a, b *node) int { return cmp.Compare(means[a], means[b]) })
			for j, n := range g.columns[c] {
				n.order = float64(j)
			}
		}
		if crossings := g.crossings(); crossings < fewest {
			best, fewest = keep(), crossings
		}
	}
	g.columns = best
	number()
}

// mean is that of the neighbours on one side; where there are none, the node's own.
func mean(n *node, left bool, of func(*node) float64) float64 {
	sum, count := 0.0, 0
	if left {
		for _, l := range n.in {
			sum, count = sum+of(l.from), count+1
		}
	} else {
		for _, l := range n.out {
			sum, count = sum+of(l.to), count+1
		}
	}
	if count == 0 {
		return of(n)
	}
	return sum / float64(count)
}

func (g *graph) crossings() int {
	crossings := 0
	for _, column := range g.columns {
		var links []*link
		for _, n := range column {
			links = append(links, n.out...)
		}
		for i, a := range links {
			for _, b := range links[:i] {
				if (a.from.order-b.from.order)*(a.to.order-b.to.order) < 0 {
					crossings++
				}
			}
		}
	}
	return crossings
}

// set gives every node its place: heights near those of its neighbours, in
// order, without overlap.
func (g *graph) set() (width, height float64) {
	for _, column := range g.columns {
		y := 0.0
		for _, n := range column {
			n.y = y + n.height/2
			y += n.height + gap
		}
	}
	for sweep := range 16 {
		for i := range g.columns {
			c := i
			if sweep%2 == 1 {
				c = len(g.columns) - 1 - i
			}
			settle(g.columns[c])
		}
	}
	top, bottom := math.Inf(1), 0.0
	x := margin
	for c, column := range g.columns {
		wide := boxWidth
		if c%2 == 1 {
			wide = chipWidth
		}
		for _, n := range column {
			n.x = x
			top = min(top, n.y-n.height/2)
		}
		x += wide + g.channels[c]
		if c == len(g.columns)-1 {
			x += margin - g.channels[c]
		}
	}
	for _, column := range g.columns {
		for _, n := range column {
			n.y = math.Round(n.y - top + margin)
			bottom = max(bottom, n.y+n.height/2)
		}
	}
	g.ports()
	return math.Ceil(x), math.Ceil(bottom + margin)
}

// settle moves the nodes of a column to where their neighbours' middle is, as
// near as order and room allow (isotonic least squares: pool what violates).
func settle(column []*node) {
	type pool struct{ sum, weight float64 }
	var pools []pool
	var sizes []int
	offsets := make([]float64, len(column))
	for i, n := range column {
		if i > 0 {
			offsets[i] = offsets[i-1] + column[i-1].height/2 + gap + 1 + n.height/2
		}
		want, weight := n.y, 0.5
		if count := float64(len(n.in) + len(n.out)); count > 0 {
			sum := 0.0
			for _, l := range n.in {
				sum += l.from.y
			}
			for _, l := range n.out {
				sum += l.to.y
			}
			want, weight = sum/count, count
		}
		pools, sizes = append(pools, pool{(want - offsets[i]) * weight, weight}), append(sizes, 1)
		for k := len(pools) - 1; k > 0 && pools[k-1].sum/pools[k-1].weight > pools[k].sum/pools[k].weight; k-- {
			pools[k-1] = pool{pools[k-1].sum + pools[k].sum, pools[k-1].weight + pools[k].weight}
			sizes[k-1] += sizes[k]
			pools, sizes = pools[:k], sizes[:k]
		}
	}
	i := 0
	for k, p := range pools {
		for range sizes[k] {
			column[i].y = p.sum/p.weight + offsets[i]
			i++
		}
	}
}

// ports spreads the ends of lines along the sides of boxes; at labels and
// bends they meet in the middle.
func (g *graph) ports() {
	for _, column := range g.columns {
		for _, n := range column {
			spread(n, n.in, func(l *link) float64 { return l.from.y }, func(l *link, y float64) { l.toY = y })
			spread(n, n.out, func(l *link) float64 { return l.to.y }, func(l *link, y float64) { l.fromY = y })
		}
	}
}

func spread(n *node, links []*link, other func(*link) float64, put func(*link, float64)) {
	sorted := slices.Clone(links)
	slices.SortStableFunc(sorted, func(a, b *link) int { return cmp.Compare(other(a), other(b)) })
	for i, l := range sorted {
		y := n.y
		if n.kind == box {
			y += port * (float64(i) - float64(len(sorted)-1)/2)
		}
		put(l, y)
	}
}
