package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// headerLines is how far down a sheet its row of headers is looked for: some
// editions have a title above it.
const headerLines = 10

// recognised is a layout with the sheets of a file that are its own.
type recognised struct {
	Layout
	sheets map[int]place // by their index in the layout
}

// place is a sheet of the file and the line of its headers.
type place struct{ sheet, header int }

// fit says how well a row of headers is that of a sheet: the columns it has,
// those it needs and lacks, and headers that are no columns of it.
type fit struct{ matched, needed, missing, unknown int }

// half says whether most of the columns that the sheet needs are there.
func (f fit) half() bool { return f.needed > 0 && 2*(f.needed-f.missing) >= f.needed }

func (f fit) add(g fit) fit {
	return fit{f.matched + g.matched, f.needed + g.needed, f.missing + g.missing, f.unknown + g.unknown}
}

// share is the columns in common out of those of either side.
func (f fit) share() float64 {
	if f.matched == 0 {
		return 0
	}
	return float64(f.matched) / float64(f.matched+f.missing+f.unknown)
}

// headerKey is the form in which two headers are equal: letters and digits
// alone, so that case, spaces, line ends, dashes and stars make no difference.
func headerKey(header string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(header))
}

func sheetKey(name string) string { return headerKey(name) }

// longestHeader is the most bytes of a cell that may be a header: more is
// prose, and is not read letter by letter.
const longestHeader = 400

// heading is a line of headers with their keys.
type heading struct{ raw, keys []string }

func headingOf(raw []string) heading {
	h := heading{raw, make([]string, len(raw))}
	for i, header := range raw {
		if len(header) <= longestHeader {
			h.keys[i] = headerKey(header)
		}
	}
	return h
}

// matches compares a header's key. The columns' own keys are made once, by
// keyed.
func (c column) matches(key string) bool {
	return slices.Contains(c.keys, key) || slices.ContainsFunc(c.starts, func(start string) bool { return strings.HasPrefix(key, start) })
}

// keyed gives the columns of the layouts the keys of their headers.
func keyed(layouts ...Layout) []Layout {
	for _, l := range layouts {
		for _, s := range l.sheets {
			for i := range s.columns {
				c := &s.columns[i]
				c.keys, c.starts, c.broken = nil, nil, nil
				for _, h := range c.headers {
					if start, ok := strings.CutSuffix(h, "…"); ok {
						c.starts = append(c.starts, headerKey(start))
					} else {
						c.keys = append(c.keys, headerKey(h))
					}
				}
				for _, d := range c.damaged {
					c.broken = append(c.broken, headerKey(d))
				}
			}
		}
	}
	return layouts
}

// match finds the column of each header; -1 where it is none. A column is
// found once: further headers that mean it are in repeated.
func (known sheet) match(headers heading) (meaning []int, repeated map[int]int) {
	meaning = make([]int, len(headers.keys))
	repeated = map[int]int{}
	at := map[int]int{}
	for i, key := range headers.keys {
		meaning[i] = -1
		if key == "" {
			continue
		}
		c := slices.IndexFunc(known.columns, func(c column) bool { return c.matches(key) })
		switch first, twice := at[c]; {
		case c < 0:
		case twice:
			repeated[i] = first
		default:
			meaning[i], at[c] = c, i
		}
	}
	for c, damaged := range known.columns {
		if _, found := at[c]; found || damaged.at == 0 {
			continue
		}
		others := true
		for other, needed := range known.columns {
			_, found := at[other]
			others = others && (found || needed.optional || needed.at != 0)
		}
		if i := damaged.find(headers.keys, meaning, repeated); others && i >= 0 {
			meaning[i], at[c] = c, i
		}
	}
	return meaning, repeated
}

// find looks for a column whose header is damaged: at its place, else by the
// damaged header.
func (c column) find(keys []string, meaning []int, repeated map[int]int) int {
	free := func(i int) bool {
		_, twice := repeated[i]
		return i >= 0 && i < len(keys) && meaning[i] < 0 && !twice
	}
	at := c.at - 1
	if c.at < 0 {
		at = len(keys) + c.at
	}
	if free(at) {
		return at
	}
	for i, key := range keys {
		if free(i) && slices.Contains(c.broken, key) {
			return i
		}
	}
	return -1
}

func (known sheet) fit(headers heading) fit {
	meaning, _ := known.match(headers)
	var f fit
	for c, col := range known.columns {
		found := slices.Contains(meaning, c)
		if found {
			f.matched++
		}
		if !col.optional {
			f.needed++
			if !found {
				f.missing++
			}
		}
	}
	for i, c := range meaning {
		if c < 0 && strings.TrimSpace(headers.raw[i]) != "" {
			f.unknown++
		}
	}
	return f
}

// headings are the lines of a sheet where its headers may stand, as wide as the
// sheet is: a column without a header may stand at the end.
func headings(s register.Sheet) []heading {
	width := 0
	for _, row := range s.Rows {
		width = max(width, len(row))
	}
	out := make([]heading, min(len(s.Rows), headerLines))
	for i := range out {
		raw := make([]string, width)
		copy(raw, s.Rows[i])
		out[i] = headingOf(raw)
	}
	return out
}

// best is the line, from 1, that is most like the sheet's headers.
func (known sheet) best(lines []heading) (line int, f fit) {
	line = 1
	for i, headers := range lines {
		if g := known.fit(headers); i == 0 || cmp.Or(cmp.Compare(g.matched, f.matched), cmp.Compare(g.share(), f.share())) > 0 {
			line, f = i+1, g
		}
	}
	return line, f
}

// candidate is a sheet of the file that may be one of the layout.
type candidate struct {
	known, sheet, header int
	fit                  fit
	score                float64
}

// candidates are the sheets that have most of a table's columns. Headers
// decide; the name tells apart sheets with the same columns, and rows that
// become no entries are taken for such only where their sheet is named so.
func (l Layout) candidates(sheets []register.Sheet, lines [][]heading) []candidate {
	var out []candidate
	for k, known := range l.sheets {
		if known.role == words {
			continue
		}
		for i, s := range sheets {
			line, f := known.best(lines[i])
			named := l.named(s.Name)
			if !f.half() || (known.role == kept || known.role == amendments) && named != k {
				continue
			}
			score := f.share()
			if named == k {
				score += 0.25
			} else if named >= 0 {
				score -= 0.25
			}
			out = append(out, candidate{k, i, line, f, score})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return out
}

// named is the layout's sheet of that name; -1 if there is none.
func (l Layout) named(name string) int {
	return slices.IndexFunc(l.sheets, func(s sheet) bool { return sheetKey(s.name) == sheetKey(name) })
}

// assign gives each sheet of the layout its sheet of the file: by headers, then
// by name what is left, so that a sheet with most headers missing is refused
// for those.
func (l Layout) assign(sheets []register.Sheet, lines [][]heading) (r recognised, total fit, byHeader bool) {
	r = recognised{Layout: l, sheets: map[int]place{}}
	taken := map[int]bool{}
	for _, c := range l.candidates(sheets, lines) {
		if _, found := r.sheets[c.known]; found || taken[c.sheet] {
			continue
		}
		r.sheets[c.known], taken[c.sheet] = place{c.sheet, c.header}, true
		total = total.add(c.fit)
		byHeader = byHeader || l.sheets[c.known].required
	}
	for i, s := range sheets {
		k := l.named(s.Name)
		if k < 0 || taken[i] {
			continue
		}
		if _, found := r.sheets[k]; found {
			continue
		}
		r.sheets[k], taken[i] = place{i, 1}, true
		if l.sheets[k].role != words && len(s.Rows) > 0 {
			total = total.add(l.sheets[k].fit(lines[i][0]))
		}
	}
	for k, known := range l.sheets {
		if _, found := r.sheets[k]; !found && known.required {
			total = total.add(known.fit(heading{}))
		}
	}
	return r, total, byHeader
}

// again finds the layout's sheet that a sheet of the file would be if another
// were not it already.
func (r recognised) again(s register.Sheet) (known int, twice bool) {
	if k := r.named(s.Name); k >= 0 {
		return k, true // named as one that is assigned: else it were it
	}
	for _, c := range r.candidates([]register.Sheet{s}, [][]heading{headings(s)}) {
		if _, found := r.sheets[c.known]; found && r.Layout.sheets[c.known].required {
			return c.known, true
		}
	}
	return 0, false
}

// recognise picks the layout that has most of its columns in the file, and
// the fewest others.
func recognise(sheets []register.Sheet) (recognised, error) {
	var best recognised
	most := 0.0
	lines := make([][]heading, len(sheets))
	for i, s := range sheets {
		lines[i] = headings(s)
	}
	for _, l := range all {
		if r, f, byHeader := l.assign(sheets, lines); byHeader && f.share() > most {
			best, most = r, f.share()
		}
	}
	if most > 0 {
		return best, nil
	}
	return recognised{}, unrecognised(sheets, lines)
}

// unrecognised names the layout that has most of its needed columns in the
// file, with those that are not there, and the others by their titles.
func unrecognised(sheets []register.Sheet, lines [][]heading) error {
	nearest, there := -1, 0
	var lacks []fault.Reason
	for i, l := range all {
		found, missing := 0, []fault.Reason{}
		for _, known := range l.sheets {
			if !known.required {
				continue
			}
			n, lack := known.nearest(sheets, lines)
			found += n
			if lack.Message != "" {
				lack.Message = fmt.Sprintf("the nearest layout is %s (%s), of whose sheet %s %s", l.Title, l.Name, known.name, lack.Message)
				missing = append(missing, lack)
			}
		}
		if found > there {
			nearest, there, lacks = i, found, missing
		}
	}
	refused := fault.New(fault.Invalid, "this file is in no layout of a register that is known here; nothing of it was taken")
	if nearest < 0 {
		for _, s := range sheets {
			refused = refused.With(fault.Reason{Code: "sheet-unknown", Field: register.Place(s.Name, 0, ""), Message: "has no heading of a known layout"})
		}
	}
	refused = refused.With(lacks...)
	var titles []string
	for i, l := range all {
		if i != nearest {
			titles = append(titles, l.Title)
		}
	}
	words := "the layouts known here are: "
	if nearest >= 0 {
		words = "the other layouts known here are: "
	}
	return refused.With(fault.Reason{Code: "layouts-known", Message: words + strings.Join(titles, "; ")})
}

// nearest counts the needed columns that the best line of a file has for a
// sheet, and says which that line lacks.
func (known sheet) nearest(sheets []register.Sheet, lines [][]heading) (there int, lack fault.Reason) {
	var has []int
	place := ""
	for i, s := range sheets {
		if len(lines[i]) == 0 {
			continue
		}
		line, f := known.best(lines[i])
		if n := f.needed - f.missing; n > there || place == "" {
			there, place = n, register.Place(s.Name, line, "")
			has, _ = known.match(lines[i][line-1])
		}
	}
	if there == 0 {
		place = ""
	}
	var missing []string
	for c, col := range known.columns {
		if !col.optional && (there == 0 || !slices.Contains(has, c)) {
			missing = append(missing, fmt.Sprintf("%q", oneLine(col.headers[0])))
		}
	}
	if len(missing) == 0 {
		return there, fault.Reason{}
	}
	return there, fault.Reason{Code: "layout-nearest", Field: place, Message: "it lacks the columns " + strings.Join(missing, ", ")}
}
