package register

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The doubts that an import can have.
const (
	DoubtRepeats          = "repeats-earlier-row"
	DoubtBlank            = "cell-blank"
	DoubtCellCut          = "cell-at-limit"
	DoubtPowerNotRecorded = "power-not-recorded"
	DoubtUnrecognised     = "word-unrecognised"
	DoubtLocalReference   = "reference-local"
	DoubtVersionUnknown   = "version-unknown"
	DoubtSeveralVersions  = "several-versions"
	DoubtNoStatement      = "release-without-statement"
	DoubtNoRelease        = "statement-without-release"
	DoubtOrganisation     = "organisation-differs"
	DoubtKept             = "rows-not-entered"
	DoubtDate             = "date-unreadable"
	DoubtDay              = "day-impossible"
	DoubtHidden           = "hidden"
	DoubtTermReversed     = "term-reversed"
	DoubtIDRepeated       = "id-repeated"
	DoubtNoLine           = "release-without-line"
	DoubtLineDiffers      = "release-differs-from-line"
	DoubtLineAlone        = "line-without-agreement"
	DoubtReference        = "reference-unreadable"
	DoubtSaid             = "said-already"
)

// doubtTitles also gives the order of the report.
var doubtTitles = []struct{ code, title string }{
	{DoubtRepeats, "rows that repeat an earlier row in everything but their id"},
	{DoubtBlank, "rows with a blank cell in a column of codes"},
	{DoubtCellCut, "texts of just 32,767 characters, where a spreadsheet program cuts"},
	{DoubtPowerNotRecorded, "rows whose legal basis names no power, only how confidence is met"},
	{DoubtUnrecognised, "rows with a word that no code list has; the word is kept"},
	{DoubtLocalReference, "rows and statements under a local name that is no NIC number"},
	{DoubtVersionUnknown, "rows and statements under a NIC number without a version"},
	{DoubtSeveralVersions, "agreements in this edition under more than one version"},
	{DoubtNoStatement, "references with releases and no purpose statement"},
	{DoubtNoRelease, "references with a purpose statement and no release"},
	{DoubtOrganisation, "references with rows of more than one organisation"},
	{DoubtDate, "rows with a day or month that cannot be read; it is kept as published"},
	{DoubtDay, "rows dated after the import or before the NHS began; the day is kept as published and not taken"},
	{DoubtTermReversed, "agreements that end before they start"},
	{DoubtIDRepeated, "rows with the id of an earlier row"},
	{DoubtReference, "projects whose id can name no agreement; it is kept as published"},
	{DoubtNoLine, "releases of a dataset that their agreement does not list"},
	{DoubtLineDiffers, "releases that differ from all lines of their agreement for the dataset"},
	{DoubtLineAlone, "datasets of agreements that are not in this edition; the rows are kept and became no entry"},
	{DoubtKept, "rows that are kept and became no entry"},
	{DoubtSaid, "rows that say of the same days what an entry says already; the register would have them twice"},
	{DoubtHidden, "sheets and rows that are hidden in the file; they are read as all others are"},
}

// DoubtTitle says what is doubted, in words.
func DoubtTitle(code string) string {
	for _, d := range doubtTitles {
		if d.code == code {
			return d.title
		}
	}
	return code
}

func (n *normaliser) change(cell Cell, from, to string) {
	key := [3]string{string(cell), from, to}
	c := n.changes[key]
	if c == nil {
		c = &Change{Column: cell, From: from, To: to}
		n.changes[key] = c
	}
	c.Rows++
}

// doubt files an id under what it shares with others.
func (n *normaliser) doubt(code, what, id string) {
	d := n.doubts[code]
	if d == nil {
		d = &Doubt{Code: code}
		n.doubts[code] = d
	}
	d.Rows++
	i, known := n.cases[[2]string{code, what}]
	if !known {
		i = len(d.Cases)
		n.cases[[2]string{code, what}] = i
		d.Cases = append(d.Cases, Case{What: what})
	}
	d.Cases[i].IDs = append(d.Cases[i].IDs, id)
}

// repeats finds rows that are the same as an earlier one but for their id. Each
// of them may be a file of its own (one line per file), or a mistake: the
// register does not say which. A register whose ids hold through its editions
// has a row for each file, and leaves nothing to ask.
func (n *normaliser) repeats() {
	t := n.source.Releases
	if n.source.Identity.Register != "" {
		return
	}
	var sheet Sheet
	for _, s := range n.source.Sheets {
		if s.Name == t.Sheet {
			sheet = s
		}
	}
	first := map[string]*Case{}
	var groups []*Case
	rows := 0
	for _, row := range t.Rows {
		k := n.sameness(t, row, sheet)
		id := strings.TrimSpace(row.Cells[CellSourceID])
		if n.source.Identity.Numbered {
			id = fmt.Sprintf("row %d", row.Line)
		}
		group := first[k]
		if group == nil {
			first[k] = &Case{What: "as " + id}
			continue
		}
		if len(group.IDs) == 0 {
			groups = append(groups, group)
		}
		group.IDs = append(group.IDs, id)
		rows++
	}
	if rows == 0 {
		return
	}
	d := &Doubt{Code: DoubtRepeats, Rows: rows}
	for _, group := range groups {
		d.Cases = append(d.Cases, *group)
	}
	n.doubts[DoubtRepeats] = d
}

// sameness is equal for rows that are equal in everything but their id, columns
// that the layout does not have among it.
func (n *normaliser) sameness(t Table, row Row, sheet Sheet) string {
	var key strings.Builder
	if row.Line <= len(sheet.Rows) {
		for i, value := range sheet.Rows[row.Line-1] {
			if i+1 != t.Columns[CellSourceID] {
				fmt.Fprintf(&key, "%d\x00%s\x00", i, value)
			}
		}
		return key.String()
	}
	for _, cell := range slices.Sorted(maps.Keys(row.Cells)) {
		if cell != CellSourceID {
			fmt.Fprintf(&key, "%s\x00%s\x00", cell, row.Cells[cell])
		}
	}
	return key.String()
}

// relations compares the sheets with each other.
func (n *normaliser) relations() {
	released := map[string]bool{}
	organisations := map[string]map[string]bool{}
	for _, e := range n.entries {
		ref := e.Entry.Reference
		if e.Entry.Kind == Release {
			released[ref] = true
		}
		if organisations[ref] == nil {
			organisations[ref] = map[string]bool{}
		}
		if e.Organisation != "" {
			organisations[ref][e.Organisation] = true
		}
	}
	for _, stem := range slices.Sorted(maps.Keys(n.agreements)) {
		a := n.agreements[stem]
		for _, v := range a.Versions {
			ref := v.Reference.String()
			switch {
			case !v.Statement && n.source.Statements.Sheet != "":
				n.doubt(DoubtNoStatement, "no purpose statement", ref)
			case v.Statement && !released[ref] && n.source.Releases.Sheet != "":
				n.doubt(DoubtNoRelease, "no release", ref)
			}
			if keys := organisations[ref]; len(keys) > 1 {
				n.doubt(DoubtOrganisation, strings.Join(slices.Sorted(maps.Keys(keys)), "; "), ref)
			}
			if len(a.Versions) > 1 {
				n.doubt(DoubtSeveralVersions, stem, ref)
			}
		}
	}
	// Counted in agreements, as the title says.
	if d := n.doubts[DoubtSeveralVersions]; d != nil {
		d.Rows = len(d.Cases)
	}
	for _, t := range n.source.Kept {
		for _, row := range t.Rows {
			n.doubt(DoubtKept, "sheet "+t.Sheet, fmt.Sprintf("row %d", row.Line))
		}
	}
}
