// Package sheets reads published files as sheets of cells, whatever their form,
// and writes them again: workbooks, CSV and JSON. Every cell's text comes back
// as it stood; nothing is trimmed, rounded or translated on the way.
package sheets

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

// The forms of published files.
const (
	XLSX = "xlsx"
	CSV  = "csv"
	JSON = "json"
)

// Limits of CSV and JSON; workbooks have their own.
const (
	maxBytes   = 256 << 20
	maxColumns = 2_000
)

// maxCell is the most bytes of a cell, in every form: thirty times what a
// spreadsheet program takes.
const maxCell = 1 << 20

// Open reads a file by its content: a workbook, JSON, or CSV. A CSV or JSON file
// is one sheet, named as the file without its ending. What is none of these,
// breaks off, or is named as a workbook and is none, is fault.Invalid with the
// place where.
func Open(name string, content []byte) ([]register.Sheet, register.Form, error) {
	read, form, err := open(name, content)
	if err == nil {
		err = tooLong(read)
	}
	if err != nil {
		return nil, register.Form{}, err
	}
	return read, form, nil
}

// tooLong names every cell that no register could have.
func tooLong(sheets []register.Sheet) error {
	refused := fault.New(fault.Invalid, "this file has cells that are longer than any may be; nothing of it was taken")
	for _, s := range sheets {
		for i, row := range s.Rows {
			for j, cell := range row {
				if len(cell) > maxCell {
					refused = refused.With(fault.Reason{Code: "cell-long", Field: register.Place(s.Name, i+1, register.ColumnLetters(j+1)),
						Message: fmt.Sprintf("holds %d kB of text; a cell may hold %d", len(cell)>>10, maxCell>>10)})
				}
			}
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// workbooks are the endings of spreadsheet programs' own files.
var workbooks = []string{".xlsx", ".xlsm", ".xls"}

func open(name string, content []byte) ([]register.Sheet, register.Form, error) {
	if bytes.HasPrefix(content, []byte("PK")) || slices.Contains(workbooks, strings.ToLower(path.Ext(name))) {
		sheets, err := workbook.Read(content)
		return sheets, register.Form{Kind: XLSX}, err
	}
	if len(content) > maxBytes {
		return nil, register.Form{}, fault.New(fault.TooLarge, "A file may have at most %d bytes, and this has %d.", maxBytes, len(content))
	}
	sheet := strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), path.Ext(name))
	form := register.Form{}
	text := content
	if rest, has := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); has {
		text, form.BOM = rest, true
	}
	if !utf8.Valid(text) {
		// What spreadsheet programs of the west wrote before UTF-8.
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(text)
		if err != nil {
			return nil, form, fault.New(fault.Invalid, "%s is neither UTF-8 nor Windows-1252.", fault.Quoted(name)).Because(err)
		}
		text, form.Encoding = decoded, "windows-1252"
	}
	var rows [][]string
	var err error
	switch first := bytes.TrimLeft(text, " \t\r\n"); {
	case len(first) == 0:
		return nil, form, fault.New(fault.Invalid, "%s is empty.", fault.Quoted(name))
	case first[0] == '[' || first[0] == '{':
		form.Kind = JSON
		rows, err = readJSON(text, &form)
	default:
		form.Kind = CSV
		rows, err = readCSV(string(text), &form)
	}
	return []register.Sheet{{Name: sheet, Rows: register.Trim(rows)}}, form, err
}

// Write writes sheets in a form: what Open read comes back cell by cell. Only a
// workbook has more than one sheet.
func Write(out io.Writer, form register.Form, sheets []register.Sheet) error {
	if form.Kind == "" || form.Kind == XLSX {
		return writeWorkbook(out, sheets)
	}
	if len(sheets) != 1 {
		return fault.New(fault.Invalid, "A file of the form %s has one sheet, not %d.", form.Kind, len(sheets))
	}
	var text bytes.Buffer
	if form.BOM {
		text.WriteString("\xef\xbb\xbf")
	}
	switch form.Kind {
	case JSON:
		if err := writeJSON(&text, form, sheets[0].Rows); err != nil {
			return err
		}
	case CSV:
		writeCSV(&text, form, sheets[0].Rows)
	default:
		return fault.New(fault.Invalid, "%q is no form of a published file.", form.Kind)
	}
	content := text.Bytes()
	if form.Encoding != "" {
		// A text that was put in since may have what the encoding has not.
		if encoded, err := charmap.Windows1252.NewEncoder().Bytes(content); err == nil {
			content = encoded
		}
	}
	_, err := out.Write(content)
	return err
}

func writeWorkbook(out io.Writer, sheets []register.Sheet) error {
	w, err := workbook.NewWriter(out)
	if err != nil {
		return err
	}
	for _, s := range sheets {
		sheet, err := w.Plain(s.Name)
		for i := 0; err == nil && i < len(s.Rows); i++ {
			err = sheet.Strings(s.Rows[i])
		}
		if err != nil {
			if aborted := w.Abort(); aborted != nil {
				return aborted
			}
			return err
		}
	}
	return w.Close()
}
