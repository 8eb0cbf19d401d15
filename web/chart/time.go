package chart

import "fmt"

const (
	plotHeight = 220
	plotTop    = 28 // room for the topmost number
	axisHeight = 34
	// fewLabels is how many labels stand under the axis: as many as fit on the
	// narrowest screen.
	fewLabels = 3
)

// plot draws the scale: three lines with their numbers, and labels under the
// axis. Labels are in order of time.
func (c Chart) plot(stacked bool, swatch func(*canvas) func(i, y int)) (out *canvas, top int, scale int64) {
	height := plotTop + plotHeight + axisHeight
	if len(c.Series) > 1 {
		height += 24*len(c.Series) + 12
	}
	out, scale = c.open(height), round(c.most(stacked))
	if len(c.Series) > 1 {
		top = out.legend(c.Series, 0, swatch(out)) + 12
	}
	top += plotTop
	steps := []int64{0, scale / 2, scale}
	if scale == 1 {
		steps = []int64{0, 1}
	}
	for _, step := range steps {
		y := at(top, step, scale)
		out.add(`<line x1="0" x2="100%%" y1="%s" y2="%[1]s" stroke="%s"/>`, y, rule)
		out.add(`<text x="0" y="%s" dy="-4">%s</text>`, y, count(step))
	}
	n := len(c.Labels)
	shown := min(n, fewLabels)
	for i := range shown {
		at, anchor := 0, "middle"
		if shown > 1 {
			at = i * (n - 1) / (shown - 1)
		}
		switch {
		case i == 0:
			anchor = "start"
		case i == shown-1:
			anchor = "end"
		}
		out.add(`<text x="%s" y="%d" text-anchor="%s">%s</text>`, c.middle(at, anchor), top+plotHeight+22, anchor, text(c.Labels[at]))
	}
	return out, top, scale
}

// middle is where a label stands: at the edges of the first and the last.
func (c Chart) middle(i int, anchor string) string {
	switch anchor {
	case "start":
		return "0%"
	case "end":
		return "100%"
	}
	return share(float64(i)+0.5, float64(len(c.Labels)))
}

// at is the height of a value.
func at(top int, value, scale int64) string {
	return fmt.Sprintf("%.2f", float64(top+plotHeight)-float64(value)/float64(scale)*plotHeight)
}

// Columns draws a column for each label, such as a month, made of a part for
// each series.
func Columns(c Chart) string {
	out, top, scale := c.plot(true, func(out *canvas) func(i, y int) { return out.boxes(len(c.Series)) })
	n := float64(len(c.Labels))
	for i := range c.Labels {
		sum := int64(0)
		for k, s := range c.Series {
			v := s.at(i)
			if v == 0 {
				continue
			}
			y := float64(top+plotHeight) - float64(sum+v)/float64(scale)*plotHeight
			out.add(`<rect x="%s" y="%.2f" width="%s" height="%.2f" fill="%s"/>`, share(float64(i)+0.08, n), y, share(0.84, n), float64(v)/float64(scale)*plotHeight, out.fill(k, len(c.Series)))
			sum += v
		}
	}
	return out.close()
}

// Line draws a line for each series through its values in order of time. Each
// has a dash and a mark of its own.
func Line(c Chart) string {
	swatch := func(out *canvas) func(i, y int) {
		return func(i, y int) {
			out.add(`<line x1="0" x2="20" y1="%d" y2="%[1]d" stroke="%s" stroke-width="3"%s/>`, y+8, colour(i), dash(i))
			out.mark(i, "10", fmt.Sprint(y+8))
		}
	}
	out, top, scale := c.plot(false, swatch)
	n := float64(len(c.Labels))
	for k, s := range c.Series {
		for i := range c.Labels {
			x, y := share(float64(i)+0.5, n), at(top, s.at(i), scale)
			if i > 0 {
				out.add(`<line x1="%s" y1="%s" x2="%s" y2="%s" stroke="%s" stroke-width="3"%s/>`, share(float64(i)-0.5, n), at(top, s.at(i-1), scale), x, y, colour(k), dash(k))
			}
			if len(c.Labels) <= 60 {
				out.mark(k, x, y)
			}
		}
	}
	return out.close()
}

func dash(i int) string {
	return []string{``, ` stroke-dasharray="8 4"`, ` stroke-dasharray="2 4"`, ` stroke-dasharray="12 4 2 4"`}[i%4]
}

// mark is a series' own shape at a place: a disc, a ring, a square's upright
// line, a level line.
func (c *canvas) mark(i int, x, y string) {
	switch i % 4 {
	case 0:
		c.add(`<circle cx="%s" cy="%s" r="4" fill="%s"/>`, x, y, colour(i))
	case 1:
		c.add(`<circle cx="%s" cy="%s" r="4" fill="%s" stroke="%s" stroke-width="2"/>`, x, y, Paper, colour(i))
	case 2:
		c.add(`<circle cx="%s" cy="%s" r="2" fill="%s"/>`, x, y, colour(i))
	default:
		c.add(`<circle cx="%s" cy="%s" r="6" fill="none" stroke="%s" stroke-width="2"/>`, x, y, colour(i))
	}
}
