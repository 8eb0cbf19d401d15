// Package workbook reads and writes spreadsheet files (Office Open XML,
// ECMA-376). It is the one place that knows the library that does it.
package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// What is read at most. The largest published register, of 2026, has about
// 30 MB and 110,000 rows.
const (
	MaxFile     = 128 << 20 // bytes of the file
	maxUnzipped = 2 << 30   // bytes of all parts together
	maxInMemory = 512 << 20 // bytes of one part; a larger one goes through a temporary file

	// A part over both of these is no table: sheets and texts of registers
	// unpack to less than 40 times their size in the file.
	maxRatio   = 200
	alwaysRead = 64 << 20
)

// Read gives every sheet of a workbook in the order of its tabs, hidden ones
// too, each cell as the file holds it: text with its spaces and line ends,
// numbers and dates as the number stored, a formula as its last value.
//
// A file that is no workbook, or is damaged, is [fault.Invalid] with every
// reason found; one over the limits is [fault.TooLarge].
func Read(content []byte) ([]register.Sheet, error) {
	p, parts, err := inspect(content)
	if err != nil {
		return nil, err
	}
	// The two look at the same parts; neither needs the other, and what the
	// first finds is said first.
	type checked struct {
		reasons []fault.Reason
		hidden  [][]int
	}
	damage := make(chan checked, 1)
	go func() {
		reasons, hidden := p.check(parts)
		damage <- checked{reasons, hidden}
	}()
	sheets, err := readSheets(content, parts)
	found := <-damage
	if len(found.reasons) > 0 {
		return nil, fault.New(fault.Invalid, "this workbook cannot be read whole; nothing of it was taken").With(found.reasons...)
	}
	for i := range sheets {
		sheets[i].HiddenLines = found.hidden[i]
	}
	return sheets, err
}

func readSheets(content []byte, parts []sheetPart) ([]register.Sheet, error) {
	book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxInMemory,
	})
	if err != nil {
		return nil, unreadable("it cannot be opened as a workbook", err)
	}
	defer book.Close() //nolint:errcheck // only temporary files of the library are behind it
	sheets := make([]register.Sheet, 0, len(parts))
	for _, part := range parts {
		rows, err := readRows(book, part.name)
		if err != nil {
			return nil, unreadable(fmt.Sprintf("sheet %s cannot be read", part.name), err)
		}
		sheets = append(sheets, register.Sheet{Name: part.name, Rows: rows, Words: part.words, Hidden: part.hidden})
	}
	return sheets, nil
}

func readRows(book *excelize.File, sheet string) ([][]string, error) {
	iterator, err := book.Rows(sheet)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for iterator.Next() {
		cells, err := iterator.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, errors.Join(err, iterator.Close())
		}
		rows = append(rows, cells)
	}
	if err := iterator.Close(); err != nil {
		return nil, err
	}
	return register.Trim(rows), nil
}

func unreadable(what string, cause error) error {
	return fault.New(fault.Invalid, "this file cannot be read: %s", what).
		With(fault.Reason{Code: "workbook-unreadable", Message: "open it in a spreadsheet program and save it again as .xlsx"}).Because(cause)
}

// sheetPart is what the package's own structure says of one sheet.
type sheetPart struct {
	name   string
	path   string
	words  []string
	hidden bool
}

// inspect finds the sheets in the file itself.
func inspect(content []byte) (opc, []sheetPart, error) {
	if len(content) > MaxFile {
		return opc{}, nil, fault.New(fault.TooLarge, "a workbook may have at most %d MB, this one has %d", MaxFile>>20, len(content)>>20)
	}
	if bytes.HasPrefix(content, []byte{0xD0, 0xCF, 0x11, 0xE0}) {
		return opc{}, nil, fault.New(fault.Invalid, "this file is no .xlsx workbook").With(fault.Reason{Code: "workbook-old-or-locked",
			Message: "it is an .xls file of before 2007, or it is protected by a password; save it as an unprotected .xlsx"})
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return opc{}, nil, fault.New(fault.Invalid, "this file is no .xlsx workbook").With(fault.Reason{Code: "workbook-not-zip",
			Message: "an .xlsx file is a ZIP archive, and this is none or is cut short"}).Because(err)
	}
	p := opc{files: map[string]*zip.File{}}
	var total uint64
	var bombs []fault.Reason
	for _, f := range archive.File {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		p.files[name] = f
		total += f.UncompressedSize64
		// archive/zip ends a part that is longer than it says here.
		if f.UncompressedSize64 > alwaysRead && f.UncompressedSize64/maxRatio > f.CompressedSize64 {
			bombs = append(bombs, fault.Reason{Code: "workbook-bomb", Field: "part " + fault.Quoted(name), Message: fmt.Sprintf(
				"unpacks from %d kB to %d MB, which no sheet of a register does; save the file again in a spreadsheet program", f.CompressedSize64>>10, f.UncompressedSize64>>20)})
		}
	}
	if total > maxUnzipped {
		return opc{}, nil, fault.New(fault.TooLarge, "a workbook may unpack to at most %d MB, this one to %d", maxUnzipped>>20, total>>20)
	}
	if len(bombs) > 0 {
		return opc{}, nil, fault.New(fault.TooLarge, "this workbook was not unpacked").With(bombs...)
	}
	sheets, err := p.sheets()
	if err != nil {
		return opc{}, nil, fault.New(fault.Invalid, "this file is no .xlsx workbook").With(fault.Reason{Code: "workbook-parts",
			Message: "the archive does not hold the parts of a workbook, or they are damaged"}).Because(err)
	}
	for i, s := range sheets {
		sheets[i].words = p.words(s.path)
	}
	return p, sheets, nil
}

// check looks for what the library reads past in silence: a part whose XML
// breaks off gives fewer rows there, a cell that points outside the table of
// strings gives none, and so does a formula whose value was never saved. It
// also finds the hidden lines of each sheet.
func (p opc) check(sheets []sheetPart) (reasons []fault.Reason, hidden [][]int) {
	texts, reasons := p.countStrings()
	for _, s := range sheets {
		found := p.checkSheet(s, texts)
		hidden = append(hidden, found.hidden)
		if found.damage != "" {
			reasons = append(reasons, fault.Reason{Code: "workbook-damaged", Field: "sheet " + s.name, Message: found.damage})
		}
		if n := len(found.formulas); n > 0 {
			cells := strings.Join(found.formulas[:min(n, formulasNamed)], ", ")
			if n > formulasNamed {
				cells += fmt.Sprintf(" and %d more", n-formulasNamed)
			}
			reasons = append(reasons, fault.Reason{Code: "workbook-formula", Field: "sheet " + s.name,
				Message: "has formulas without a saved value in " + cells + "; open the file in a spreadsheet program and save it again, or save it with values for formulas"})
		}
	}
	return reasons, hidden
}

// formulasNamed is how many of a sheet's cells a refusal names.
const formulasNamed = 10

// countStrings is the number of entries in the table of shared strings, which
// must be whole.
func (p opc) countStrings() (int, []fault.Reason) {
	const path = "xl/sharedStrings.xml"
	if p.files[path] == nil {
		return 0, nil
	}
	count := 0
	err := p.eachElement(path, func(e xml.StartElement) error {
		if e.Name.Local == "si" {
			count++
		}
		return nil
	})
	if err != nil {
		return 0, []fault.Reason{{Code: "workbook-damaged", Field: "table of strings", Message: broken(err)}}
	}
	return count, nil
}

// sheetCheck is what was found in a sheet's part.
type sheetCheck struct {
	damage   string   // empty: it is whole
	formulas []string // cells with a formula and no saved value
	hidden   []int    // lines
}

func (p opc) checkSheet(s sheetPart, texts int) (found sheetCheck) {
	var cell, kind, value string
	var formula, inValue bool
	line, outside := 0, ""
	err := p.eachToken(s.path, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			switch inValue = t.Name.Local == "v"; t.Name.Local {
			case "row":
				line++
				if n, err := strconv.Atoi(attribute(t, "r")); err == nil {
					line = n
				}
				if is := attribute(t, "hidden"); is == "1" || is == "true" {
					found.hidden = append(found.hidden, line)
				}
			case "c":
				cell, kind, value, formula = attribute(t, "r"), attribute(t, "t"), "", false
			case "f":
				formula = true
			}
		case xml.CharData:
			if inValue {
				value += string(t)
			}
		case xml.EndElement:
			if inValue = false; t.Name.Local != "c" {
				break
			}
			if kind == "s" && value != "" && outside == "" {
				if n, err := strconv.Atoi(strings.TrimSpace(value)); err != nil || n < 0 || n >= texts {
					outside = cell
				}
			}
			// Of a text that a formula gives, nothing is a value.
			if formula && value == "" && kind != "str" {
				found.formulas = append(found.formulas, cell)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		found.damage = broken(err)
	case outside != "":
		found.damage = fmt.Sprintf("cell %s points to a text that the file does not hold", outside)
	}
	return found
}

func broken(err error) string {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("its XML is broken at line %d", syntax.Line)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it breaks off"
	}
	return "it cannot be unpacked"
}
