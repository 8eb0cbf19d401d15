package page

import (
	"encoding/csv"
	"net/http"
	"strings"

	"data.release/registrar/release/register"
)

// Grid is a table of records, as the template "grid" shows it and as CSV has
// it. The first cell of a row is its heading.
type Grid struct {
	Caption string
	Columns []GridColumn
	Rows    [][]GridCell
	Empty   string // what to say where there is no row
	Choose  string // name of a checkbox on every row that has a Key; empty: none
	Keys    []string
	Chosen  map[string]bool
}

// GridColumn is a heading.
type GridColumn struct {
	Title   string
	Numeric bool
}

// GridCell is one value, with the words beside it.
type GridCell struct {
	Text, Note string
	Href       string
	About      string // what the link is about, for those who hear it by itself
	Tag        string // colour of a tag around the text: red, yellow, green, blue or grey; empty: no tag
}

// Columns makes headings; one that begins with # is of numbers.
func Columns(titles ...string) []GridColumn {
	columns := make([]GridColumn, len(titles))
	for i, title := range titles {
		columns[i].Title, columns[i].Numeric = strings.CutPrefix(title, "#")
	}
	return columns
}

// Key is what the checkbox of a row stands for, or empty.
func (g Grid) Key(row int) string {
	if g.Choose == "" || row >= len(g.Keys) {
		return ""
	}
	return g.Keys[row]
}

// WriteCSV sends the table as a file. Cells that a spreadsheet would take for
// formulas are made safe, as in the register's own files.
func (g Grid) WriteCSV(w http.ResponseWriter, name string) error {
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	header.Set("Cache-Control", "private, no-store")
	out := csv.NewWriter(w)
	out.UseCRLF = true
	titles := make([]string, len(g.Columns))
	for i, c := range g.Columns {
		titles[i] = c.Title
	}
	if err := out.Write(titles); err != nil {
		return err
	}
	for _, row := range g.Rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = c.Text
			if c.About != "" { // something to do is no value
				cells[i] = ""
			}
			if i < len(g.Columns) && g.Columns[i].Numeric { // written for readers: 5,079
				cells[i] = strings.ReplaceAll(cells[i], ",", "")
			}
			if c.Note != "" {
				cells[i] = strings.TrimSpace(c.Text + "; " + c.Note)
			}
			cells[i] = register.SafeCell(strings.TrimPrefix(cells[i], "; "))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
