package change

import (
	"cmp"
	"slices"
	"strings"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// release compares what a release has of its own.
func (c *comparison) release(before, after register.Entry) {
	c.spoken(register.CellDataset)
	a, b := c.before[register.DatasetName], c.after[register.DatasetName]
	if gone(a) || gone(b) {
		c.text(register.DatasetName, "Dataset", false)
	} else {
		c.named("dataset", "Dataset", before.Dataset, after.Dataset, a.Text, b.Text, c.names.Dataset, c.names.DatasetFollowed)
	}
	if x, y := days(before), days(after); x != y {
		c.add(Field{ID: "event", Label: "When it was released", Before: x, After: y})
	}
	c.coded("type_of_data", "Type of data", string(before.TypeOfData), string(after.TypeOfData), label[terms.TypeOfData], register.CellType)
	c.coded("sensitivity", "Sensitivity", string(before.Sensitivity), string(after.Sensitivity), label[terms.Sensitivity], register.CellSensitivity)
	c.coded("power", "Legal basis", string(before.Power), string(after.Power), label[terms.Power], register.CellBasis)
	c.coded("routes", "Duty of confidence", routes(before.Routes), routes(after.Routes), routeWords, register.CellCommonLaw)
	c.coded("opt_out", "Patient opt-outs", string(before.OptOut), string(after.OptOut), label[terms.OptOut], register.CellOptOut)
	c.coded("frequency", "Frequency", string(before.Frequency), string(after.Frequency), label[terms.Frequency], register.CellFrequency)
	c.value("channel", "Channel", words(before.Channel), words(after.Channel))
	c.value("rows_band", "Rows", before.RowsBand, after.RowsBand)
}

// terms compares what an agreement has of its own. The days of its event are
// those of the edition it was read from, and no part of what it says.
func (c *comparison) terms(before, after register.Entry) {
	day := func(s string) string { return s }
	c.coded("starts", "Starts", before.Starts.String(), after.Starts.String(), day, register.CellStarts)
	c.coded("ends", "Ends", before.Ends.String(), after.Ends.String(), day, register.CellEnds)
	c.coded("controllership", "Sole or joint controllers", string(before.Controllership), string(after.Controllership), label[terms.Controllership], register.CellControllership)
	c.coded("sub_licensing", "Sub-licensing", string(before.SubLicensing), string(after.SubLicensing), label[terms.Answer], register.CellSubLicensing)
	c.coded("commercial", "Commercial purposes", string(before.Commercial), string(after.Commercial), label[terms.Answer], register.CellCommercial)
	c.lines(before, after)
	c.lineCells(before.Lines, after.Lines)
	c.value("support", "What its confidentiality routes rest on", support(before.Support), support(after.Support))
}

func (c *comparison) value(id, label, a, b string) {
	if a != b {
		c.add(Field{ID: id, Label: label, Before: a, After: b})
	}
}

func days(e register.Entry) string {
	if e.EventFrom == e.EventTo {
		return e.EventFrom.String()
	}
	return e.EventFrom.String() + " to " + e.EventTo.String()
}

// labelled is a vocabulary of package terms.
type labelled interface {
	~string
	Label() string
}

func label[T labelled](code string) string { return words(T(code)) }

// words are a code's label; no code is no words.
func words[T labelled](code T) string {
	if code == "" {
		return ""
	}
	return code.Label()
}

// routes joins a set of routes, sorted, as a key; routeWords reads it.
func routes(all []terms.Route) string {
	keys := make([]string, len(all))
	for i, r := range all {
		keys[i] = string(r)
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), "+")
}

func routeWords(key string) string {
	if key == "" {
		return ""
	}
	parts := strings.Split(key, "+")
	for i, part := range parts {
		parts[i] = terms.Route(part).Label()
	}
	return strings.Join(parts, "; ")
}

func support(all []register.Support) string {
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = strings.Join(slices.DeleteFunc([]string{s.Route.Label(), s.Reference, until(s.Ends)}, func(p string) bool { return p == "" }), ", ")
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func until(ends string) string {
	if ends == "" {
		return ""
	}
	return "to " + ends
}

// lineField is one answer of a dataset line in words.
type lineField struct{ id, label, value string }

func lineFields(l register.Line) []lineField {
	return []lineField{
		{"type_of_data", "Type of data", words(l.TypeOfData)}, {"sensitivity", "Sensitivity", words(l.Sensitivity)},
		{"power", "Legal basis", words(l.Power)}, {"routes", "Duty of confidence", routeWords(routes(l.Routes))},
		{"opt_out", "Patient opt-outs", words(l.OptOut)}, {"frequency", "Frequency", words(l.Frequency)}, {"channel", "Channel", words(l.Channel)},
		{"article_6", "Article 6 conditions", strings.Join(l.Article6, "; ")}, {"article_9", "Article 9 conditions", strings.Join(l.Article9, "; ")},
	}
}

func lineWords(l register.Line) string {
	var parts []string
	for _, f := range lineFields(l) {
		if f.value != "" {
			parts = append(parts, terms.Lower(f.label)+": "+f.value)
		}
	}
	return strings.Join(parts, "; ")
}

// told is a whole line in words.
func told(name string, l register.Line) string {
	if words := lineWords(l); words != "" {
		return name + ": " + words
	}
	return name
}

// lineCells compares the cells that all dataset lines of a project were read
// from. Where the lines differ in it they have told it already.
func (c *comparison) lineCells(before, after []register.Line) {
	for _, of := range []struct {
		cell register.Cell
		code func(register.Line) string
	}{
		{register.CellType, func(l register.Line) string { return string(l.TypeOfData) }},
		{register.CellSensitivity, func(l register.Line) string { return string(l.Sensitivity) }},
		{register.CellBasis, func(l register.Line) string { return string(l.Power) }},
		{register.CellCommonLaw, func(l register.Line) string { return routes(l.Routes) }},
		{register.CellOptOut, func(l register.Line) string { return string(l.OptOut) }},
		{register.CellFrequency, func(l register.Line) string { return string(l.Frequency) }},
		{register.CellAccessType, func(l register.Line) string { return string(l.Channel) }},
		{register.CellArticle6, func(l register.Line) string { return strings.Join(l.Article6, "; ") }},
		{register.CellArticle9, func(l register.Line) string { return strings.Join(l.Article9, "; ") }},
	} {
		a, b := codes(before, of.code), codes(after, of.code)
		if slices.Equal(a, b) {
			code := ""
			if len(a) == 1 {
				code = a[0]
			}
			c.coded(cellID(of.cell), cellLabel(of.cell), code, code, nil, of.cell)
		}
		c.spoken(of.cell)
	}
}

// codes are those of lines, sorted, each once.
func codes(lines []register.Line, code func(register.Line) string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = code(l)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lines compares dataset lines: each with the one that is most like it. A line
// whose dataset was renamed is the same line.
func (c *comparison) lines(before, after register.Entry) {
	a, b := slices.Clone(before.Lines), slices.Clone(after.Lines)
	named := [2]map[string]string{datasetNames(c.before[register.DatasetNames]), datasetNames(c.after[register.DatasetNames])}
	name := func(side int, l register.Line) string {
		return cmp.Or(strings.TrimSpace(named[side][l.Dataset]), l.Dataset)
	}
	same := func(x, y register.Line) bool {
		_, joined := c.names.Dataset(c.stem, x.Dataset, y.Dataset)
		return x.Dataset == y.Dataset || joined
	}
	pair := func(x, y register.Line) {
		if x.Dataset != y.Dataset || named[0][x.Dataset] != named[1][y.Dataset] {
			c.named("line/"+y.Dataset+"/dataset", "Dataset line "+name(1, y)+": dataset", x.Dataset, y.Dataset, name(0, x), name(1, y), c.names.Dataset, c.names.DatasetFollowed)
		}
		after := lineFields(y)
		for i, f := range lineFields(x) {
			c.value("line/"+y.Dataset+"/"+f.id, "Dataset line "+name(1, y)+": "+terms.Lower(f.label), f.value, after[i].value)
		}
	}
	// Equal lines first, then those of one type, then those of one dataset.
	for _, alike := range []func(x, y register.Line) bool{
		func(x, y register.Line) bool { return same(x, y) && lineWords(x) == lineWords(y) },
		func(x, y register.Line) bool { return same(x, y) && x.TypeOfData == y.TypeOfData },
		same,
	} {
		for i := 0; i < len(a); i++ {
			j := slices.IndexFunc(b, func(y register.Line) bool { return alike(a[i], y) })
			if j < 0 {
				continue
			}
			pair(a[i], b[j])
			a, b = slices.Delete(a, i, i+1), slices.Delete(b, j, j+1)
			i--
		}
	}
	for _, l := range a {
		c.add(Field{ID: "line/" + l.Dataset, Label: "Dataset line " + name(0, l), Before: told(name(0, l), l)})
	}
	for _, l := range b {
		c.add(Field{ID: "line/" + l.Dataset, Label: "Dataset line " + name(1, l), After: told(name(1, l), l)})
	}
}
