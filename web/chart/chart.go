// Package chart draws counts as SVG to stand in a page: bars, stacked bars,
// columns over time and lines. Pure and deterministic: the same counts give the
// same bytes.
//
// A chart is a picture of a table that stands beneath it on the page. It has a
// title and a description for those who do not see it, tells series apart by
// pattern, shape and name as well as by colour, and keeps its text at its size
// on any screen: places are per cent of the width, so nothing is scaled. It
// needs no script and no style.
package chart

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Chart is what is drawn.
type Chart struct {
	ID          string // of the element, unique on its page: letters, digits and hyphens
	Title       string // what is counted
	Description string // what the picture shows, in a sentence: the largest, the first and last
	Labels      []string
	Series      []Series
}

// Series is a value for each label. A value below zero is drawn as zero, and
// one that is missing too.
type Series struct {
	Name   string
	Values []int64
}

func (s Series) at(i int) int64 {
	if i >= len(s.Values) {
		return 0
	}
	return max(s.Values[i], 0)
}

// Ink is the colour of text, and Paper what it stands on. Fills are those of
// the series, in order; what is beyond them begins again with another pattern.
const (
	Ink   = "#212b32"
	Paper = "#ffffff"
	rule  = "#aeb7bd"
	track = "#e8edee"
)

// Fills are the series' colours: each is told from Paper by more than 3:1.
var Fills = []string{"#005eb8", "#7c2855", "#006747", "#ae2573", "#425563", "#b45309"}

const fontSize = 16

// canvas gathers elements.
type canvas struct {
	strings.Builder
	id string
}

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.Builder, format+"\n", args...) }

// text is safe in an element or an attribute.
func text(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < 0x20 || r >= 0x7F && r <= 0x9F || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// id keeps what an id may have.
func id(s string) string {
	kept := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, s)
	if kept == "" {
		return "chart"
	}
	return kept
}

func (c Chart) open(height int) *canvas {
	out := &canvas{id: id(c.ID)}
	out.add(`<svg class="app-chart" id="%s" role="img" aria-labelledby="%[1]s-title %[1]s-desc" width="100%%" height="%d" font-size="%d" fill="%s" xmlns="http://www.w3.org/2000/svg">`, out.id, height, fontSize, Ink)
	out.add(`<title id="%s-title">%s</title>`, out.id, text(c.Title))
	out.add(`<desc id="%s-desc">%s</desc>`, out.id, text(c.Description))
	if len(c.Series) > 1 {
		out.add(`<defs>`)
		for i := range c.Series {
			out.pattern(i)
		}
		out.add(`</defs>`)
	}
	return out
}

func (c *canvas) close() string {
	c.add(`</svg>`)
	return c.String()
}

// pattern is what a series is filled with beside its colour: the first is
// plain, then stripes, dots, crossed lines and more.
func (c *canvas) pattern(i int) {
	marks := []string{
		``,
		`<path d="M0 8 8 0" stroke="#fff" stroke-width="2"/>`,
		`<circle cx="4" cy="4" r="1.6" fill="#fff"/>`,
		`<path d="M0 4h8M4 0v8" stroke="#fff" stroke-width="1.4"/>`,
		`<path d="M0 0 8 8" stroke="#fff" stroke-width="3"/>`,
		`<path d="M0 4h8" stroke="#fff" stroke-width="2.4"/>`,
		`<path d="M4 0v8" stroke="#fff" stroke-width="2.4"/>`,
	}
	c.add(`<pattern id="%s-p%d" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M0 0h8v8H0z" fill="%s"/>%s</pattern>`, c.id, i, colour(i), marks[i%len(marks)])
}

func colour(i int) string { return Fills[i%len(Fills)] }

// fill is how series i of n is filled.
func (c *canvas) fill(i, n int) string {
	if n == 1 {
		return colour(0)
	}
	return fmt.Sprintf("url(#%s-p%d)", c.id, i)
}

// legend names the series, a line each, from y down; it returns where it ends.
func (c *canvas) legend(series []Series, y int, swatch func(i, y int)) int {
	for i, s := range series {
		swatch(i, y)
		c.add(`<text x="28" y="%d">%s</text>`, y+14, text(s.Name))
		y += 24
	}
	return y
}

func (c *canvas) boxes(n int) func(i, y int) {
	return func(i, y int) { c.add(`<rect x="0" y="%d" width="20" height="16" fill="%s"/>`, y, c.fill(i, n)) }
}

// percent is a share of the width, to a thousandth.
func percent(part, whole int64) string { return share(float64(part), float64(whole)) }

func share(part, whole float64) string {
	if whole <= 0 {
		return "0%"
	}
	return strconv.FormatFloat(part/whole*100, 'f', 3, 64) + "%"
}

// count writes a number with commas between thousands.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// most is the largest sum of the values at one label, and at least 1.
func (c Chart) most(stacked bool) int64 {
	largest := int64(1)
	for i := range c.Labels {
		sum := int64(0)
		for _, s := range c.Series {
			v := s.at(i)
			if stacked {
				sum += v
			} else {
				sum = max(sum, v)
			}
		}
		largest = max(largest, sum)
	}
	return largest
}

// round is the next number that is easily read, as is its half: 1, 2, 4, 6 or 8
// with noughts.
func round(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, step := range []int64{1, 2, 4, 6, 8} {
			if step*unit >= n || step*unit == 8e18 {
				return step * unit
			}
		}
	}
}
