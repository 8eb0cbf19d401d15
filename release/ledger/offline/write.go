package offline

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// Entries visits the entries of a file in the order of their numbers, each with
// its place in the log, nil where the checkpoint does not cover it, and gives
// what ends the file.
type Entries func(visit func(register.Entry, *proof.Place) error) (proof.End, error)

// WriteBundle writes a bundle: JSON Lines, so that it can be written and
// verified as it comes.
func WriteBundle(out io.Writer, head proof.Head, entries Entries) error {
	head.Format = proof.BundleFormat
	w := bufio.NewWriterSize(out, 1<<16)
	if err := line(w, head); err != nil {
		return err
	}
	end, err := entries(func(e register.Entry, place *proof.Place) error {
		object, err := published(e, place)
		if err != nil {
			return err
		}
		w.Write(object) //nolint:errcheck // Flush tells
		return w.WriteByte('\n')
	})
	if err == nil {
		if end.After == nil {
			end.After = noHashes
		}
		err = line(w, end)
	}
	// Without its end nobody takes a part for the whole.
	return errors.Join(err, w.Flush())
}

var noHashes = []tlog.Hash{}

// WriteJSON writes /register.json: one object that begins with what it is, so
// that a reader who streams knows it before the first entry. Without proofs its
// entries have no place, and it has neither checkpoint nor end.
func WriteJSON(out io.Writer, head proof.Head, proofs bool, entries Entries) error {
	head.Format = proof.RegisterFormat
	w := bufio.NewWriterSize(out, 1<<16)
	var begin any = head
	if !proofs {
		begin = struct {
			Format string `json:"format"`
		}{head.Format}
	}
	object, err := json.Marshal(begin)
	if err != nil {
		return err
	}
	w.Write(object[:len(object)-1])     //nolint:errcheck // Flush tells
	w.WriteString(",\n\"entries\":[\n") //nolint:errcheck
	comma := ""
	end, err := entries(func(e register.Entry, place *proof.Place) error {
		if !proofs {
			place = nil
		}
		object, err := published(e, place)
		if err != nil {
			return err
		}
		w.WriteString(comma) //nolint:errcheck
		comma = ",\n"
		_, err = w.Write(object)
		return err
	})
	if err != nil {
		// The object stays open, so that nobody takes a part for the whole.
		return errors.Join(err, w.Flush())
	}
	w.WriteString("\n]") //nolint:errcheck
	if proofs {
		if end.After == nil {
			end.After = noHashes
		}
		if object, err = json.Marshal(end); err != nil {
			return err
		}
		w.WriteString(",\n") //nolint:errcheck
		w.Write(object[1:])  //nolint:errcheck
	} else {
		w.WriteByte('}') //nolint:errcheck
	}
	w.WriteByte('\n') //nolint:errcheck
	return w.Flush()
}

// WriteLines writes each entry as one line of JSON, without proofs.
func WriteLines(out io.Writer, entries Entries) error {
	w := bufio.NewWriterSize(out, 1<<16)
	_, err := entries(func(e register.Entry, _ *proof.Place) error {
		object, err := published(e, nil)
		if err != nil {
			return err
		}
		w.Write(object) //nolint:errcheck // Flush tells
		return w.WriteByte('\n')
	})
	return errors.Join(err, w.Flush())
}

func line(w *bufio.Writer, v any) error {
	object, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Write(object) //nolint:errcheck // Flush tells
	return w.WriteByte('\n')
}

// published is an entry's public JSON with its place as the member "proof".
func published(e register.Entry, place *proof.Place) ([]byte, error) {
	object, err := e.Public()
	if err != nil || place == nil {
		return object, err
	}
	added, err := json.Marshal(place)
	if err != nil {
		return nil, err
	}
	object = append(object[:len(object)-1], `,"proof":`...)
	return append(append(object, added...), '}'), nil
}

// MaxRows is the most entries that a workbook's sheet can show, beside its
// titles and the two more rows of the sheet of proofs.
const MaxRows = 1<<20 - 3

// civil is a date as a workbook takes it.
type civil terms.Date

func (d civil) Civil() (year, month, day int) { return d.Year, int(d.Month), d.Day }

// WriteWorkbook writes the register's workbook: the entries, their columns
// explained, with proofs their sheet, and texts that no cell can hold on a sheet
// of their own.
func WriteWorkbook(out io.Writer, head proof.Head, proofs bool, entries Entries) (err error) {
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
	sheet, err := w.Sheet(EntriesSheet, layout)
	if err != nil {
		return err
	}
	if err := explainColumns(w, columns); err != nil {
		return err
	}
	var proven *workbook.SheetWriter
	if proofs {
		titles := make([]workbook.Column, len(ProofColumns))
		for i, title := range ProofColumns {
			titles[i] = workbook.Column{Title: title, Width: []float64{12, 10, 60, 30, 30, 30}[i]}
		}
		if proven, err = w.Sheet(ProofsSheet, titles); err != nil {
			return err
		}
		if err := proven.Row(CheckpointRow(head.Checkpoint)...); err != nil {
			return err
		}
	}
	values := make([]any, len(columns))
	end, err := entries(func(e register.Entry, place *proof.Place) error {
		register.Values(&e, values)
		for i, v := range values {
			if d, ok := v.(terms.Date); ok {
				values[i] = civil(d)
			}
		}
		if err := sheet.Row(values...); err != nil || !proofs {
			return err
		}
		row, err := EntryRow(e, place)
		if err != nil {
			return err
		}
		return proven.Row(row...)
	})
	if err != nil {
		return err
	}
	if proofs {
		if err := proven.Row(EndRow(end)...); err != nil {
			return err
		}
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
