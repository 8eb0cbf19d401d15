package workbook

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Book reads a workbook row by row, so that one of any length takes no more
// memory than its longest row; only texts that a program has gathered in a
// table of shared strings are held at once. Workbooks of [Writer] have none.
type Book struct {
	parts  opc
	sheets []sheetPart
	shared []string
}

// Open opens a workbook. What is none is [fault.Invalid].
func Open(r io.ReaderAt, size int64) (*Book, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, unreadable("it is no zip archive", err)
	}
	b := &Book{parts: opc{files: map[string]*zip.File{}}}
	for _, file := range archive.File {
		b.parts.files[strings.TrimPrefix(file.Name, "/")] = file
	}
	if b.sheets, err = b.parts.sheets(); err != nil {
		return nil, unreadable("its sheets cannot be found", err)
	}
	if main, ok := b.parts.related("", "")[relationOfficeDocument]; ok {
		if err := b.readShared(main); err != nil {
			return nil, unreadable("its texts cannot be read", err)
		}
	}
	return b, nil
}

// readShared reads the texts that cells name by their place in a table.
func (b *Book) readShared(main string) error {
	dir, name := "", main
	if at := strings.LastIndexByte(main, '/'); at >= 0 {
		dir, name = main[:at], main[at+1:]
	}
	table, ok := b.parts.related(dir, name)["/sharedStrings"]
	if !ok || b.parts.files[table] == nil {
		return nil
	}
	body, err := b.parts.files[table].Open()
	if err != nil {
		return err
	}
	defer body.Close()
	d := xml.NewDecoder(io.LimitReader(body, maxInMemory))
	var text cellText
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := text.token(token); err != nil {
			return err
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == "si" {
			b.shared = append(b.shared, text.take())
		}
	}
}

// Sheets are the names of the sheets, in the order of their tabs.
func (b *Book) Sheets() []string {
	out := make([]string, len(b.sheets))
	for i, s := range b.sheets {
		out[i] = s.name
	}
	return out
}

// Rows begins to read a sheet; nil if there is none of that name.
func (b *Book) Rows(name string) (*Rows, error) {
	for _, s := range b.sheets {
		if s.name != name {
			continue
		}
		body, err := b.parts.files[s.path].Open()
		if err != nil {
			return nil, unreadable("its sheet "+name+" cannot be opened", err)
		}
		return &Rows{book: b, name: name, body: body, xml: xml.NewDecoder(body)}, nil
	}
	return nil, nil
}

// Rows is a sheet being read. Close it.
type Rows struct {
	book  *Book
	name  string
	body  io.ReadCloser
	xml   *xml.Decoder
	line  int
	cells []Cell
}

// Cell is one cell as the file holds it.
type Cell struct {
	Text   string // of a number, a date or a moment the digits stored; of a boolean 0 or 1
	Number bool   // whether it is a number
}

// Close ends the reading.
func (r *Rows) Close() error { return r.body.Close() }

// Line is the number of the row that Next gave last.
func (r *Rows) Line() int { return r.line }

// Next gives the next row that holds anything, its cells from the first column
// on; io.EOF after the last. The cells are good until the next call.
func (r *Rows) Next() ([]Cell, error) {
	wrong := func(err error) error {
		return unreadable(fmt.Sprintf("its sheet %s breaks off after line %d", r.name, r.line), err)
	}
	var cell cellText
	var kind, reference string
	inRow, inCell := false, false
	for {
		token, err := r.xml.RawToken()
		if errors.Is(err, io.EOF) && !inRow {
			return nil, io.EOF
		}
		if err != nil {
			return nil, wrong(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				inRow, r.cells = true, r.cells[:0]
				r.line++
				if n, err := strconv.Atoi(attribute(t, "r")); err == nil {
					r.line = n
				}
			case "c":
				inCell, kind, reference = inRow, attribute(t, "t"), attribute(t, "r")
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "row":
				if inRow && len(r.cells) > 0 {
					return r.cells, nil
				}
				inRow = false
			case "c":
				if !inCell {
					break
				}
				inCell = false
				c, err := r.book.cell(kind, cell.take())
				if err != nil {
					return nil, wrong(err)
				}
				if err := r.put(reference, c); err != nil {
					return nil, wrong(err)
				}
			}
		}
		if inCell {
			if err := cell.token(token); err != nil {
				return nil, wrong(err)
			}
		}
	}
}

// maxColumns is a sheet's (ECMA-376, and every spreadsheet program).
const maxColumns = 16384

// put places a cell under its column, which its reference names or the cell
// before it.
func (r *Rows) put(reference string, c Cell) error {
	column := len(r.cells)
	if reference != "" {
		column = -1
		for i := 0; i < len(reference) && reference[i] >= 'A' && reference[i] <= 'Z' && column < maxColumns; i++ {
			column = (column+1)*26 + int(reference[i]-'A')
		}
	}
	if column < 0 || column >= maxColumns {
		return fmt.Errorf("%q is no place of a cell", reference)
	}
	for len(r.cells) <= column {
		r.cells = append(r.cells, Cell{})
	}
	r.cells[column] = c
	return nil
}

func (b *Book) cell(kind, content string) (Cell, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(content)
		if err != nil || n < 0 || n >= len(b.shared) {
			return Cell{}, fmt.Errorf("there is no shared text %q", content)
		}
		return Cell{Text: b.shared[n]}, nil
	case "inlineStr", "str", "b", "e":
		return Cell{Text: content}, nil
	}
	return Cell{Text: content, Number: content != ""}, nil
}

// cellText gathers what a cell or a shared text says: its value, or its runs of
// text without their phonetic spellings.
type cellText struct {
	text     strings.Builder
	in       bool
	escaped  bool // the text may hold _xHHHH_
	phonetic int
}

// maxCell is more than any cell may hold, in bytes.
const maxCell = 1 << 20

func (c *cellText) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "rPh":
			c.phonetic++
		case "t":
			c.in, c.escaped = c.phonetic == 0, true
		case "v":
			c.in = true
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "rPh":
			c.phonetic--
		case "t", "v":
			c.in = false
		}
	case xml.CharData:
		if c.in {
			c.text.Write(t)
		}
		if c.text.Len() > maxCell {
			return errors.New("a cell is larger than any may be")
		}
	}
	return nil
}

func (c *cellText) take() string {
	out := c.text.String()
	if c.escaped && strings.Contains(out, "_x") {
		out = unescape(out)
	}
	*c = cellText{}
	return out
}

// unescape reads the _xHHHH_ by which a workbook writes characters that XML
// has no place for, and the underscore of a text that looks like one
// (ECMA-376 part 1, 22.9.2.19).
func unescape(s string) string {
	var out strings.Builder
	for {
		at := strings.Index(s, "_x")
		if at < 0 {
			out.WriteString(s)
			return out.String()
		}
		code, ok := escape(s[at:])
		if !ok {
			out.WriteString(s[:at+1])
			s = s[at+1:]
			continue
		}
		out.WriteString(s[:at])
		s = s[at+7:]
		if utf16.IsSurrogate(code) {
			if low, ok := escape(s); ok && utf16.DecodeRune(code, low) != utf8.RuneError {
				code, s = utf16.DecodeRune(code, low), s[7:]
			}
		}
		out.WriteRune(code)
	}
}

func escape(s string) (rune, bool) {
	if len(s) < 7 || s[:2] != "_x" || s[6] != '_' {
		return 0, false
	}
	code, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(code), err == nil
}
