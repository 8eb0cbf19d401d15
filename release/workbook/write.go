package workbook

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"data.release/registrar/release/register"
)

// CellLimit is the most characters, in UTF-16 units, that a spreadsheet
// program keeps in one cell; programs cut the rest without a word.
const CellLimit = 32767

// OverflowSheet holds the texts that no cell can.
const OverflowSheet = "Overflow"

// OverflowMark begins a cell whose text stands on the overflow sheet. A text
// that begins so by itself goes there too, so that the mark says one thing.
const OverflowMark = "See sheet " + OverflowSheet + ", text "

// Column is one column of a sheet that is written.
type Column struct {
	Title string
	Width float64 // in characters of the standard font; 0 leaves the program's width
}

// Writer writes a workbook row by row, in bounded memory, with the same bytes
// for the same rows. Several sheets may be written side by side. Every text is written as text: no cell can become a
// formula. A text over [CellLimit], or with characters that XML cannot carry,
// is never cut: it goes to the overflow sheet in parts, and its cell says which
// text to look for.
type Writer struct {
	out      io.Writer
	book     *excelize.File
	header   int // style ids
	date     int
	moment   int
	wrapped  int
	open     []*SheetWriter // in the order of their tabs
	overflow *SheetWriter   // nil until a text needs it
	texts    int            // on the overflow sheet
}

// NewWriter starts a workbook that [Writer.Close] writes to out.
func NewWriter(out io.Writer) (*Writer, error) {
	book := excelize.NewFile()
	book.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return &sortedZip{out: w} })
	w := &Writer{out: out, book: book}
	day, second := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	for _, style := range []struct {
		id    *int
		style excelize.Style
	}{
		{&w.header, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&w.date, excelize.Style{CustomNumFmt: &day}},
		{&w.moment, excelize.Style{CustomNumFmt: &second}},
		{&w.wrapped, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
	} {
		id, err := book.NewStyle(&style.style)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("making a workbook: %w", err), book.Close())
		}
		*style.id = id
	}
	return w, nil
}

// SheetWriter writes the rows of one sheet.
type SheetWriter struct {
	w      *Writer
	name   string
	stream *excelize.StreamWriter
	line   int
	values []any
}

// Sheet begins a sheet, whose first row is the columns' titles, kept in view
// while the rest scrolls. Tabs stand in the order in which sheets were begun,
// and the overflow sheet where the first text needed it: begin all others
// before such a row.
func (w *Writer) Sheet(name string, columns []Column) (*SheetWriter, error) {
	s, err := w.begin(name)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		if c.Width > 0 {
			if err := s.stream.SetColWidth(i+1, i+1, c.Width); err != nil {
				return nil, fmt.Errorf("laying out sheet %s: %w", name, err)
			}
		}
	}
	err = s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err != nil {
		return nil, fmt.Errorf("laying out sheet %s: %w", name, err)
	}
	titles := make([]any, len(columns))
	for i, c := range columns {
		titles[i] = excelize.Cell{StyleID: w.header, Value: c.Title}
	}
	return s, s.write(titles)
}

// Plain begins a sheet without titles or layout.
func (w *Writer) Plain(name string) (*SheetWriter, error) { return w.begin(name) }

func (w *Writer) begin(name string) (*SheetWriter, error) {
	var err error
	if len(w.open) == 0 { // a new workbook has one sheet already
		err = w.book.SetSheetName("Sheet1", name)
	} else {
		_, err = w.book.NewSheet(name)
	}
	if err != nil {
		return nil, fmt.Errorf("adding sheet %s: %w", name, err)
	}
	// How large the sheet will be is not known yet, and programs believe what is
	// said of it: openpyxl would read a single cell.
	if err := w.book.SetSheetDimension(name, ""); err != nil {
		return nil, fmt.Errorf("adding sheet %s: %w", name, err)
	}
	stream, err := w.book.NewStreamWriter(name)
	if err != nil {
		return nil, fmt.Errorf("adding sheet %s: %w", name, err)
	}
	s := &SheetWriter{w: w, name: name, stream: stream}
	w.open = append(w.open, s)
	return s, nil
}

// Row writes the next row. A value is nil (an empty cell), string, int, int64,
// bool, a civil date or a moment: a date is anything with a method
// Civil() (year, month, day int), a moment is a time.Time and is written in
// UTC. Spreadsheets agree on no day before 1 March 1900: such a date is written as
// text, 1899-12-31. An empty string is an empty cell.
func (s *SheetWriter) Row(values ...any) error {
	s.values = s.values[:0]
	for i, v := range values {
		cell, err := s.cell(i+1, v)
		if err != nil {
			return err
		}
		s.values = append(s.values, cell)
	}
	return s.write(s.values)
}

// Strings writes the next row of texts.
func (s *SheetWriter) Strings(cells []string) error {
	s.values = s.values[:0]
	for i, text := range cells {
		cell, err := s.cell(i+1, text)
		if err != nil {
			return err
		}
		s.values = append(s.values, cell)
	}
	return s.write(s.values)
}

func (s *SheetWriter) write(values []any) error {
	s.line++
	if err := s.stream.SetRow("A"+strconv.Itoa(s.line), values); err != nil {
		return fmt.Errorf("writing sheet %s, line %d: %w", s.name, s.line, err)
	}
	return nil
}

func (s *SheetWriter) cell(column int, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return s.text(column, v)
	case int, int64, bool:
		return v, nil
	case time.Time:
		return excelize.Cell{StyleID: s.w.moment, Value: v.UTC()}, nil
	case interface{ Civil() (year, month, day int) }:
		year, month, day := v.Civil()
		if year < 1900 || year == 1900 && month < 3 {
			return fmt.Sprintf("%04d-%02d-%02d", year, month, day), nil
		}
		return excelize.Cell{StyleID: s.w.date, Value: time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)}, nil
	}
	return nil, fmt.Errorf("sheet %s, line %d, column %s: a %T is no value of a cell", s.name, s.line+1, register.ColumnLetters(column), v)
}

// text is the cell for a text: the text, or where to find it.
func (s *SheetWriter) text(column int, text string) (any, error) {
	form := "text"
	content := text
	if !carried(text) {
		form, content = "json", asJSON(text)
	}
	if form == "text" && register.Units(text) <= CellLimit && !strings.HasPrefix(text, OverflowMark) {
		return text, nil
	}
	w := s.w
	if w.overflow == nil {
		var err error
		w.overflow, err = w.Sheet(OverflowSheet, []Column{{"Text", 8}, {"Sheet", 20}, {"Cell", 10}, {"Part", 8}, {"Of", 8}, {"Form", 8}, {"Content", 80}})
		if err != nil {
			return nil, err
		}
	}
	w.texts++
	cell := register.ColumnLetters(column) + strconv.Itoa(s.line+1)
	pieces := split(content, CellLimit)
	for i, piece := range pieces {
		if err := w.overflow.write([]any{w.texts, s.name, cell, i + 1, len(pieces), form, piece}); err != nil {
			return nil, err
		}
	}
	return OverflowMark + strconv.Itoa(w.texts), nil
}

// Close adds the overflow sheet where it is needed and writes the file.
func (w *Writer) Close() error {
	err := w.close()
	return errors.Join(err, w.book.Close())
}

func (w *Writer) close() error {
	for _, s := range w.open {
		if err := s.stream.Flush(); err != nil {
			return fmt.Errorf("finishing sheet %s: %w", s.name, err)
		}
	}
	if err := w.book.SetDocProps(&excelize.DocProperties{Creator: "Registrar", Created: fixedTime, Modified: fixedTime}); err != nil {
		return fmt.Errorf("finishing a workbook: %w", err)
	}
	if err := w.book.Write(w.out); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

// fixedTime stands for the time of writing, so that the same rows give the
// same bytes.
const fixedTime = "2000-01-01T00:00:00Z"

// Abort gives back what a workbook holds that is not to be written.
func (w *Writer) Abort() error { return w.book.Close() }

// carried reports whether XML 1.0 can carry every character of a text.
func carried(text string) bool {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return false
			}
		}
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// split cuts a text into pieces of at most limit UTF-16 units, between
// characters.
func split(text string, limit int) []string {
	var out []string
	start, units := 0, 0
	for i, r := range text {
		width := 1
		if r > 0xFFFF {
			width = 2
		}
		if units+width > limit {
			out = append(out, text[start:i])
			start, units = i, 0
		}
		units += width
	}
	return append(out, text[start:])
}
