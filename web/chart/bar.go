package chart

import (
	"strings"
	"unicode/utf8"
)

const (
	barHeight = 20
	lineUp    = 22 // from one line of a label to the next
	barGap    = 14
	// wrapAt is how many characters of a label fit beside a count on the
	// narrowest screen.
	wrapAt = 26
)

// Bar draws a bar for each label, of its first series, with its count written.
func Bar(c Chart) string {
	if len(c.Series) > 1 {
		c.Series = c.Series[:1]
	}
	return Stacked(c)
}

// Stacked draws a bar for each label, made of a part for each series, with the
// sum written; the bars are to one scale.
func Stacked(c Chart) string {
	most := c.most(true)
	labels := make([][]string, len(c.Labels))
	height := 0
	for i, label := range c.Labels {
		labels[i] = wrap(label)
		height += len(labels[i])*lineUp + barHeight + barGap
	}
	if len(c.Series) > 1 {
		height += 24*len(c.Series) + 12
	}
	out := c.open(height)
	y := 0
	if len(c.Series) > 1 {
		y = out.legend(c.Series, 0, out.boxes(len(c.Series))) + 12
	}
	for i := range c.Labels {
		sum := int64(0)
		for _, s := range c.Series {
			sum += s.at(i)
		}
		for n, line := range labels[i] {
			out.add(`<text x="0" y="%d">%s</text>`, y+n*lineUp+16, text(line))
		}
		y += len(labels[i]) * lineUp
		out.add(`<text x="100%%" y="%d" text-anchor="end" font-weight="600">%s</text>`, y-lineUp+16, count(sum))
		out.add(`<rect x="0" y="%d" width="100%%" height="%d" fill="%s"/>`, y, barHeight, track)
		x := int64(0)
		for n, s := range c.Series {
			if v := s.at(i); v > 0 {
				out.add(`<rect x="%s" y="%d" width="%s" height="%d" fill="%s"%s/>`, percent(x, most), y, percent(v, most), barHeight, out.fill(n, len(c.Series)), edge(len(c.Series)))
				x += v
			}
		}
		y += barHeight + barGap
	}
	return out.close()
}

// edge parts the pieces of a bar.
func edge(series int) string {
	if series < 2 {
		return ""
	}
	return ` stroke="` + Paper + `"`
}

// wrap divides a label into lines; a word too long for a line is cut.
func wrap(label string) []string {
	var lines []string
	for _, word := range strings.Fields(label) {
		for utf8.RuneCountInString(word) > wrapAt {
			runes := []rune(word)
			lines, word = append(lines, string(runes[:wrapAt])), string(runes[wrapAt:])
		}
		if n := len(lines); n > 0 && utf8.RuneCountInString(lines[n-1])+1+utf8.RuneCountInString(word) <= wrapAt {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	if len(lines) == 0 {
		return []string{"Not recorded"}
	}
	return lines
}
