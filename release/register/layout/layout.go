// Package layout knows how registers were published: which sheets and columns
// an edition has and what each means. A layout is data; reading is one
// function for all of them.
//
// Reading changes no cell and drops none. A sheet or column that the layout
// does not know is refused with its place, for what cannot be named cannot be
// kept beside its meaning; so is everything else that is wrong, at once.
package layout

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Layout is one way in which a register was published.
type Layout struct {
	Name      string // stable; stored with the edition
	Title     string
	Publisher string
	sheets    []sheet
}

// role says what a sheet's rows are.
type role int

const (
	words      role = iota // prose for readers: kept, no columns
	releases               // one row per file, or per dataset accessed
	statements             // one row per agreement version
	kept                   // rows with columns that become no entries
)

type sheet struct {
	name     string
	role     role
	required bool
	columns  []column
}

type column struct {
	cell    register.Cell
	headers []string // as published, the first one being the usual
}

// Layouts lists the layouts that can be read.
func Layouts() []Layout { return slices.Clone(all) }

// Options are what a file does not say, or not surely.
type Options struct {
	FileName string       // as it was published; its dates are believed where no title sheet has any
	Period   terms.Period // the month of the edition, given by whoever imports; zero: as the file says
}

// Read recognises the layout of a workbook and reads it. What is wrong with it
// is one fault.Invalid with every reason, each naming sheet, row and column.
func Read(sheets []register.Sheet, options Options) (register.Source, error) {
	chosen, err := recognise(sheets)
	if err != nil {
		return register.Source{}, err
	}
	source := register.Source{Layout: chosen.Name, Publisher: chosen.Publisher, Title: chosen.Title, Sheets: sheets}
	var reasons []fault.Reason
	for _, known := range chosen.sheets {
		if known.required && find(sheets, known.name) < 0 {
			reasons = append(reasons, fault.Reason{Code: "sheet-missing", Field: register.Place(known.name, 0, ""),
				Message: "is missing; the layout " + chosen.Name + " has it"})
		}
	}
	seen := map[string]bool{}
	for _, s := range sheets {
		known := chosen.sheet(s.Name)
		switch {
		case known == nil:
			reasons = append(reasons, fault.Reason{Code: "sheet-unknown", Field: register.Place(s.Name, 0, ""),
				Message: fmt.Sprintf("is no sheet of the layout %s; its sheets are %s", chosen.Name, strings.Join(chosen.names(), ", "))})
			continue
		case seen[known.name]:
			reasons = append(reasons, fault.Reason{Code: "sheet-repeated", Field: register.Place(s.Name, 0, ""),
				Message: "is there twice but for spaces or case"})
			continue
		}
		seen[known.name] = true
		if known.role == words {
			continue
		}
		table, wrong := known.table(s, chosen.Name)
		reasons = append(reasons, wrong...)
		switch known.role {
		case releases:
			source.Releases = table
		case statements:
			source.Statements = table
		case kept:
			source.Kept = append(source.Kept, table)
		}
	}
	period, wrong := periodOf(sheets, options)
	source.Period = period
	reasons = append(reasons, wrong...)
	if len(reasons) > 0 {
		return register.Source{}, fault.New(fault.Invalid, "this workbook differs from the layout %s (%s) in %s; nothing of it was taken",
			chosen.Name, chosen.Title, count(len(reasons), "place")).With(reasons...)
	}
	return source, nil
}

// recognise picks the layout most of whose required sheets are there.
func recognise(sheets []register.Sheet) (Layout, error) {
	best, most := -1, 0
	for i, l := range all {
		matched := 0
		for _, known := range l.sheets {
			if known.required && find(sheets, known.name) >= 0 {
				matched++
			}
		}
		if matched > most {
			best, most = i, matched
		}
	}
	if best >= 0 {
		return all[best], nil
	}
	refused := fault.New(fault.Invalid, "this workbook is in no layout of a register that is known here; nothing of it was taken")
	for _, s := range sheets {
		refused.With(fault.Reason{Code: "sheet-unknown", Field: register.Place(s.Name, 0, ""), Message: "belongs to no known layout"})
	}
	for _, l := range all {
		refused.With(fault.Reason{Code: "layout-known", Message: fmt.Sprintf("the layout %s (%s) has the sheets %s", l.Name, l.Title, strings.Join(l.names(), ", "))})
	}
	return Layout{}, refused
}

func find(sheets []register.Sheet, name string) int {
	return slices.IndexFunc(sheets, func(s register.Sheet) bool { return sameName(s.Name, name) })
}

// sameName compares names of sheets, which editors have spaced in their own
// ways ("Title sheet", "TitleSheet").
func sameName(a, b string) bool {
	squeeze := func(s string) string { return strings.ReplaceAll(terms.Fold(s), " ", "") }
	return squeeze(a) == squeeze(b)
}

func (l Layout) sheet(name string) *sheet {
	for i := range l.sheets {
		if sameName(l.sheets[i].name, name) {
			return &l.sheets[i]
		}
	}
	return nil
}

func (l Layout) names() []string {
	names := make([]string, len(l.sheets))
	for i, s := range l.sheets {
		names[i] = s.name
	}
	return names
}

// table reads the header, then takes each row that holds anything. Columns may
// stand in any order, and headers may differ in case, spaces, line ends and
// kind of dash.
func (known sheet) table(s register.Sheet, layout string) (register.Table, []fault.Reason) {
	t := register.Table{Sheet: s.Name, Columns: map[register.Cell]int{}, Headers: map[register.Cell]string{}}
	var reasons []fault.Reason
	if len(s.Rows) == 0 {
		return t, []fault.Reason{{Code: "header-missing", Field: register.Place(s.Name, 1, ""), Message: "is empty; the headers of the columns stand there"}}
	}
	meaning := make([]register.Cell, len(s.Rows[0]))
	for i, header := range s.Rows[0] {
		at := register.Place(s.Name, 1, register.ColumnLetters(i+1))
		c := known.column(header)
		switch {
		case header == "" && emptyColumn(s, i):
		case header == "":
			reasons = append(reasons, fault.Reason{Code: "column-unknown", Field: at, Message: "holds values and has no header"})
		case c == nil:
			reasons = append(reasons, fault.Reason{Code: "column-unknown", Field: at,
				Message: fmt.Sprintf("has the header %q, which the layout %s does not know; it has %s", oneLine(header), layout, strings.Join(known.headers(), ", "))})
		case t.Columns[c.cell] > 0:
			reasons = append(reasons, fault.Reason{Code: "column-repeated", Field: at,
				Message: fmt.Sprintf("has the header %q, as column %s has", oneLine(header), register.ColumnLetters(t.Columns[c.cell]))})
		default:
			t.Columns[c.cell], t.Headers[c.cell], meaning[i] = i+1, oneLine(header), c.cell
		}
	}
	for _, c := range known.columns {
		if t.Columns[c.cell] == 0 {
			reasons = append(reasons, fault.Reason{Code: "column-missing", Field: register.Place(s.Name, 1, ""),
				Message: fmt.Sprintf("lacks the column %q", oneLine(c.headers[0]))})
		}
	}
	t.Rows = make([]register.Row, 0, len(s.Rows))
	for i, cells := range s.Rows[1:] {
		line := i + 2
		if len(cells) == 0 {
			continue
		}
		row := register.Row{Line: line, Cells: make(map[register.Cell]string, len(t.Columns))}
		for j, value := range cells {
			switch {
			case value == "":
			case j >= len(meaning):
				reasons = append(reasons, fault.Reason{Code: "cell-outside", Field: register.Place(s.Name, line, register.ColumnLetters(j+1)),
					Message: "holds a value beyond the last column that has a header"})
			case meaning[j] != "":
				row.Cells[meaning[j]] = value
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, reasons
}

func (known sheet) column(header string) *column {
	for i, c := range known.columns {
		if slices.ContainsFunc(c.headers, func(h string) bool { return sameHeader(h, header) }) {
			return &known.columns[i]
		}
	}
	return nil
}

// sameHeader takes a dash for a space as well: "Opt-Outs", "Opt Outs".
func sameHeader(a, b string) bool {
	plain := func(s string) string { return strings.ReplaceAll(terms.Fold(s), "-", " ") }
	return plain(a) == plain(b)
}

func (known sheet) headers() []string {
	out := make([]string, len(known.columns))
	for i, c := range known.columns {
		out[i] = fmt.Sprintf("%q", oneLine(c.headers[0]))
	}
	return out
}

// emptyColumn reports whether a column, counted from 0, holds nothing.
func emptyColumn(s register.Sheet, column int) bool {
	return !slices.ContainsFunc(s.Rows, func(row []string) bool { return column < len(row) && row[column] != "" })
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
