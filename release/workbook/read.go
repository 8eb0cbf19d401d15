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
	damage := make(chan []fault.Reason, 1)
	go func() { damage <- p.damage(parts) }()
	sheets, err := readSheets(content, parts)
	if reasons := <-damage; len(reasons) > 0 {
		return nil, fault.New(fault.Invalid, "this workbook is damaged; nothing of it was taken").With(reasons...)
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
		sheets = append(sheets, register.Sheet{Name: part.name, Rows: rows, Words: part.words})
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
	name  string
	path  string
	words []string
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
	for _, f := range archive.File {
		p.files[strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")] = f
		total += f.UncompressedSize64
	}
	if total > maxUnzipped {
		return opc{}, nil, fault.New(fault.TooLarge, "a workbook may unpack to at most %d MB, this one to %d", maxUnzipped>>20, total>>20)
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

// damage looks for what the library reads past in silence: a part whose XML
// breaks off gives fewer rows there, and a cell that points outside the table
// of strings gives none.
func (p opc) damage(sheets []sheetPart) []fault.Reason {
	texts, reasons := p.countStrings()
	for _, s := range sheets {
		if why := p.checkSheet(s, texts); why != "" {
			reasons = append(reasons, fault.Reason{Code: "workbook-damaged", Field: "sheet " + s.name, Message: why})
		}
	}
	return reasons
}

// countStrings is the number of entries in the table of shared strings, which
// must be whole.
func (p opc) countStrings() (int, []fault.Reason) {
	const path = "xl/sharedStrings.xml"
	if p.files[path] == nil {
		return 0, nil
	}
	count := 0
	err := p.eachElement(path, func(e xml.StartElement, _ *xml.Decoder) error {
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

// checkSheet says what is wrong with a sheet's part, or nothing.
func (p opc) checkSheet(s sheetPart, texts int) string {
	cell, shared := "", false
	outside := ""
	err := p.eachElement(s.path, func(e xml.StartElement, d *xml.Decoder) error {
		switch e.Name.Local {
		case "c":
			cell, shared = attribute(e, "r"), attribute(e, "t") == "s"
		case "v":
			if !shared {
				return nil
			}
			token, err := d.RawToken()
			if err != nil {
				return err
			}
			index, ok := token.(xml.CharData)
			if !ok {
				return nil
			}
			if n, err := strconv.Atoi(strings.TrimSpace(string(index))); (err != nil || n < 0 || n >= texts) && outside == "" {
				outside = cell
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return broken(err)
	case outside != "":
		return fmt.Sprintf("cell %s points to a text that the file does not hold", outside)
	}
	return ""
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
