package release

import (
	"errors"
	"fmt"
	"io"

	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

// WriteReport writes the report of an import as a workbook: what it found, the
// sheets of the file, every doubt with the id of every row that it concerns,
// what was spelled otherwise, what the layout does not have, and what is
// withheld.
func WriteReport(out io.Writer, r register.Report) (err error) {
	w, err := workbook.NewWriter(out)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	for _, sheet := range []struct {
		name    string
		columns []workbook.Column
		rows    func(row func(...any) error) error
	}{
		{"Report", []workbook.Column{{Title: "What", Width: 50}, {Title: "Is", Width: 80}}, func(row func(...any) error) error { return reportFacts(r, row) }},
		{"Sheets", []workbook.Column{{Title: "Sheet", Width: 30}, {Title: "Rows that hold anything", Width: 24}, {Title: "Entries made of them", Width: 24}}, func(row func(...any) error) error {
			return each(r.Sheets, func(s register.SheetReport) error { return row(s.Name, s.Rows, s.Entries) })
		}},
		{"Doubts", []workbook.Column{{Title: "Doubt", Width: 26}, {Title: "What is doubted", Width: 60}, {Title: "Value or group", Width: 50}, {Title: "Row, reference or agreement", Width: 34}}, func(row func(...any) error) error {
			return each(r.Doubts, func(d register.Doubt) error {
				return each(d.Cases, func(c register.Case) error {
					return each(c.IDs, func(id string) error { return row(d.Code, d.Title, c.What, id) })
				})
			})
		}},
		{"Spelled otherwise", []workbook.Column{{Title: "Column", Width: 24}, {Title: "In the file", Width: 60}, {Title: "Read as", Width: 60}, {Title: "Rows", Width: 10}}, func(row func(...any) error) error {
			return each(r.Normalised, func(c register.Change) error { return row(string(c.Column), c.From, c.To, c.Rows) })
		}},
		{"Not in the layout", []workbook.Column{{Title: "Sheet", Width: 30}, {Title: "Column", Width: 10}, {Title: "Header", Width: 50}, {Title: "Rows", Width: 10}}, func(row func(...any) error) error {
			return each(r.Unknown, func(u register.Unknown) error { return row(u.Sheet, u.Column, u.Header, u.Rows) })
		}},
		{"Withheld", []workbook.Column{{Title: "What was found", Width: 40}, {Title: "Texts of entries", Width: 20}, {Title: "Other cells", Width: 20}}, func(row func(...any) error) error {
			return each(r.Withheld, func(h register.Withheld) error { return row(h.Kind.Label(), h.Texts, h.Cells) })
		}},
	} {
		s, err := w.Sheet(sheet.name, sheet.columns)
		if err != nil {
			return err
		}
		if err := sheet.rows(s.Row); err != nil {
			return fmt.Errorf("writing the report's sheet %s: %w", sheet.name, err)
		}
	}
	return w.Close()
}

func reportFacts(r register.Report, row func(...any) error) error {
	facts := [][]any{
		{"File", r.File}, {"SHA-256 of the file", r.SHA256}, {"Publisher", r.Publisher}, {"First day", r.Period.From.String()}, {"Last day", r.Period.To.String()}, {"Layout", r.Layout},
		{"Recorded before; nothing was changed", r.Already},
		{"Statements of purposes", r.Entries.Statements}, {"Releases", r.Entries.Releases}, {"First entry", numberOrNone(r, r.Entries.First)}, {"Last entry", numberOrNone(r, r.Entries.Last)},
		{"Organisations named", r.Found.Organisations}, {"Organisations new here", r.New.Organisations}, {"Datasets named", r.Found.Datasets}, {"Datasets new here", r.New.Datasets},
		{"Agreements with a NIC number", r.Found.Stems}, {"Agreements under a local name", r.Found.LocalNames}, {"Agreements new here", r.New.Agreements},
		{"Versions named", r.Found.Versions}, {"Versions new here", r.New.Versions}, {"NIC numbers without a version", r.Found.VersionUnknown},
		{"Names that look like others, for the review list", r.Matches},
	}
	if r.Readings != nil {
		facts = append(facts, []any{"Rows that keep an id: new here", r.Readings.New}, []any{"Rows that keep an id: changed", r.Readings.Changed}, []any{"Rows that keep an id: unchanged", r.Readings.Unchanged})
	}
	return each(facts, func(fact []any) error { return row(fact...) })
}

// numberOrNone is an entry's number; a dry run gives none, and a file that is
// recorded already never gets any.
func numberOrNone(r register.Report, n int64) any {
	switch {
	case n != 0:
		return n
	case r.Already:
		return "None"
	}
	return "Not given yet"
}

func each[T any](list []T, visit func(T) error) error {
	for _, one := range list {
		if err := visit(one); err != nil {
			return err
		}
	}
	return nil
}
