package release

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"

	"data.release/registrar/ent"
	"data.release/registrar/ent/edition"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// ExportFormat is a form in which the register can be taken away.
type ExportFormat string

// The formats.
const (
	CSV  ExportFormat = "csv"
	JSON ExportFormat = "json"
	XLSX ExportFormat = "xlsx"
)

// ExportRegister writes the entries that a query finds, oldest first, all of
// one state of the register; the query's page is not asked. The same register
// gives the same bytes. CSV and JSON are written as they are read; a workbook
// is put together first. Nothing is written before the query was found to be
// one.
//
// CSV is UTF-8 without a mark, a header line, lines ended by LF, texts made
// harmless by register.SafeCell. JSON is one object whose "entries" are as
// register.Entry.Public gives them. The workbook has the register, its columns
// explained, and texts that no cell can hold on a sheet of their own.
func (s *Service) ExportRegister(ctx context.Context, format ExportFormat, q RegisterQuery, out io.Writer) error {
	q.Page, q.Size = 0, 0
	if err := q.limit(); err != nil {
		return err
	}
	write := map[ExportFormat]func(io.Writer, func(func(register.Entry) error) error) error{
		CSV: writeCSV, JSON: writeJSON, XLSX: writeXLSX,
	}[format]
	if write == nil {
		return fault.New(fault.NotFound, "The register can be had as csv, json or xlsx, not as %q.", format)
	}
	numbers, err := s.registerNumbers(ctx, q)
	if err != nil {
		return err
	}
	return s.snapshot(ctx, func(tx *sql.Tx) error {
		return write(out, func(visit func(register.Entry) error) error { return eachEntry(ctx, tx, numbers, visit) })
	})
}

// exportBatch entries are in memory at a time.
const exportBatch = 500

func eachEntry(ctx context.Context, tx queryer, numbers []int64, visit func(register.Entry) error) error {
	for part := range slices.Chunk(numbers, exportBatch) {
		entries, err := readEntries(ctx, tx, nil, `WHERE e.id = ANY($1) ORDER BY e.id`, part)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := visit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeCSV(out io.Writer, each func(func(register.Entry) error) error) error {
	w := csv.NewWriter(out)
	columns := register.Columns()
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.Name
	}
	if err := w.Write(record); err != nil {
		return err
	}
	err := each(func(e register.Entry) error {
		for i, c := range columns {
			record[i] = register.SafeCell(c.Text(e))
		}
		return w.Write(record)
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

// writeJSON writes an object that begins with what it is, so that a reader who
// streams knows it before the first entry.
func writeJSON(out io.Writer, each func(func(register.Entry) error) error) error {
	w := bufio.NewWriter(out)
	if _, err := w.WriteString("{\"format\":\"registrar-register/1\",\"entries\":["); err != nil {
		return err
	}
	comma := ""
	err := each(func(e register.Entry) error {
		public, err := e.Public()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n%s", comma, public)
		comma = ","
		return err
	})
	if err != nil {
		// The object stays open, so that nobody takes a part for the whole.
		return errors.Join(err, w.Flush())
	}
	if _, err := w.WriteString("\n]}\n"); err != nil {
		return err
	}
	return w.Flush()
}

// civil is a date as the workbook takes it.
type civil terms.Date

func (d civil) Civil() (year, month, day int) { return d.Year, int(d.Month), d.Day }

func writeXLSX(out io.Writer, each func(func(register.Entry) error) error) (err error) {
	w, err := workbook.NewWriter(out)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			err = errors.Join(err, w.Abort())
		}
	}()
	columns := register.Columns()
	layout := make([]workbook.Column, len(columns))
	for i, c := range columns {
		layout[i] = workbook.Column{Title: c.Name, Width: c.Width}
	}
	sheet, err := w.Sheet("Register", layout)
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	err = each(func(e register.Entry) error {
		for i, c := range columns {
			values[i] = c.Value(e)
			if d, ok := values[i].(terms.Date); ok {
				values[i] = civil(d)
			}
		}
		return sheet.Row(values...)
	})
	if err != nil {
		return err
	}
	if err := explainColumns(w, columns); err != nil {
		return err
	}
	done = true
	return w.Close()
}

func explainColumns(w *workbook.Writer, columns []register.Column) error {
	sheet, err := w.Sheet("Columns", []workbook.Column{{Title: "Column", Width: 30}, {Title: "Type", Width: 10}, {Title: "In register.json", Width: 26}, {Title: "What it says", Width: 120}})
	if err != nil {
		return err
	}
	for _, c := range columns {
		if err := sheet.Row(c.Name, c.Type, c.Source, c.About); err != nil {
			return err
		}
	}
	return nil
}

// ExportEdition writes an imported edition as it was published: its sheets in
// their order with every cell as it stood, as text. What is not a cell, such
// as colours and text boxes, is not in it. fault.NotFound if no edition has the
// digest.
func (s *Service) ExportEdition(ctx context.Context, sha256 string, out io.Writer) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error {
		found, err := client(tx).Edition.Query().Where(edition.FileSha256(sha256)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "No edition with the digest %s was imported.", sha256)
		} else if err != nil {
			return err
		}
		sheets, err := sheetsOf(ctx, tx, found)
		if err != nil {
			return err
		}
		return writeSheets(out, sheets)
	})
}

func writeSheets(out io.Writer, sheets []register.Sheet) (err error) {
	w, err := workbook.NewWriter(out)
	if err != nil {
		return err
	}
	for _, s := range sheets {
		sheet, err := w.Plain(s.Name)
		if err != nil {
			return errors.Join(err, w.Abort())
		}
		for _, row := range s.Rows {
			if err := sheet.Strings(row); err != nil {
				return errors.Join(err, w.Abort())
			}
		}
	}
	return w.Close()
}
