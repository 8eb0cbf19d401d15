package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

// inRows reads a workbook row by row, as Read gives it at once.
func inRows(t testing.TB, content []byte) []register.Sheet {
	t.Helper()
	book, err := workbook.Open(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	var out []register.Sheet
	for _, name := range book.Sheets() {
		rows, err := book.Rows(name)
		must(t, err)
		sheet := register.Sheet{Name: name, Rows: [][]string{}}
		for {
			cells, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			for len(sheet.Rows) < rows.Line()-1 {
				sheet.Rows = append(sheet.Rows, nil)
			}
			row := make([]string, len(cells))
			for i, c := range cells {
				row[i] = c.Text
			}
			sheet.Rows = append(sheet.Rows, row)
		}
		must(t, rows.Close())
		sheet.Rows = register.Trim(sheet.Rows)
		out = append(out, sheet)
	}
	return out
}

func sameSheets(t testing.TB, got, want []register.Sheet) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d sheets, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Name != want[i].Name || len(got[i].Rows) != len(want[i].Rows) {
			t.Fatalf("sheet %s with %d rows, want %s with %d", got[i].Name, len(got[i].Rows), want[i].Name, len(want[i].Rows))
		}
		for line := 1; line <= len(want[i].Rows); line++ {
			for column := 1; column <= max(len(want[i].Rows[line-1]), len(got[i].Rows[line-1])); column++ {
				if g, w := got[i].Cell(line, column), want[i].Cell(line, column); g != w {
					t.Fatalf("sheet %s, line %d, column %d: %q, want %q", want[i].Name, line, column, g, w)
				}
			}
		}
	}
}

// Whatever is written, reading by rows gives what reading at once does.
func TestRowsAreWhatReadGives(t *testing.T) {
	sameSheets(t, inRows(t, sample(t)), read(t, sample(t)))
	rapid.Check(t, func(rt *rapid.T) {
		awkward := rapid.SampledFrom([]string{"", "_x000D_", "_x005F_x0041_", "__x0041_", "_x00zz_", "\r\n", " lead", "=1", "<&>\"'", "𝄞"})
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.OneOf(rapid.String(), awkward), 1, 4), 1, 4).Draw(rt, "rows")
		content := write(t, func(w *workbook.Writer) {
			s, err := w.Plain("S")
			must(t, err)
			for _, row := range rows {
				must(t, s.Strings(row))
			}
		})
		sameSheets(t, inRows(t, content), read(t, content))
	})
}

func read(t testing.TB, content []byte) []register.Sheet {
	t.Helper()
	sheets, err := workbook.Read(content)
	must(t, err)
	return sheets
}

// The real register was written by another program, with shared texts.
func TestRowsOfTheRealRegister(t *testing.T) {
	content, err := os.ReadFile("../../testdata/register/releaseregister_20210201_20210228.xlsx")
	must(t, err)
	sameSheets(t, inRows(t, content), read(t, content))
}

// Sheets written side by side hold what each was given.
func TestSheetsSideBySide(t *testing.T) {
	content := write(t, func(w *workbook.Writer) {
		a, err := w.Sheet("A", []workbook.Column{{Title: "a"}})
		must(t, err)
		b, err := w.Sheet("B", []workbook.Column{{Title: "b"}})
		must(t, err)
		for range 3 {
			must(t, a.Row("in a", strings.Repeat("long", 10000)))
			must(t, b.Row("in b"))
		}
	})
	sheets := read(t, content)
	if len(sheets) != 3 || sheets[2].Name != workbook.OverflowSheet || len(sheets[0].Rows) != 4 || len(sheets[1].Rows) != 4 || sheets[1].Cell(4, 1) != "in b" {
		t.Fatalf("%d sheets: %.200v", len(sheets), sheets)
	}
	if got := assemble(t, sheets, sheets[0].Cell(4, 2)); got != strings.Repeat("long", 10000) {
		t.Errorf("the third long text came back with %d characters", len(got))
	}
}

// A workbook too large for memory is the same file.
func TestLargeWorkbookGoesThroughATemporaryFile(t *testing.T) {
	var words strings.Builder
	seed := uint32(1)
	for words.Len() < 30000 { // what hardly compresses
		seed = seed*1664525 + 1013904223
		words.WriteByte(byte(' ' + seed>>24%90))
	}
	fill := func(w *workbook.Writer) {
		s, err := w.Plain("S")
		must(t, err)
		for i := range 600 {
			must(t, s.Row(words.String()[i:], strings.Repeat(words.String()[i:i+26], 1000)))
		}
	}
	content := write(t, fill)
	if len(content) < 9<<20 {
		t.Fatalf("%d bytes do not leave memory", len(content))
	}
	if !bytes.Equal(content, write(t, fill)) {
		t.Error("the same rows gave other bytes")
	}
	if rows := inRows(t, content)[0].Rows; len(rows) != 600 || rows[599][0] != words.String()[599:] {
		t.Errorf("%d rows came back", len(rows))
	}
}

func TestRowsRefuseWhatIsNoWorkbook(t *testing.T) {
	var empty bytes.Buffer
	must(t, zip.NewWriter(&empty).Close())
	for _, content := range [][]byte{[]byte("x"), empty.Bytes()} {
		if _, err := workbook.Open(bytes.NewReader(content), int64(len(content))); !errors.Is(err, fault.Invalid) {
			t.Errorf("%d bytes: %v", len(content), err)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`)
	f.Add(`<row><c><v>1</v></c><c r="ZZZZ1"/></row>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for name, content := range map[string]string{
			"_rels/.rels":                `<Relationships><Relationship Id="1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
			"xl/workbook.xml":            `<workbook><sheets><sheet name="S" id="1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="1" Type="x/worksheet" Target="worksheets/s.xml"/></Relationships>`,
			"xl/worksheets/s.xml":        sheet,
		} {
			w, err := z.Create(name)
			must(t, err)
			_, err = io.WriteString(w, content)
			must(t, err)
		}
		must(t, z.Close())
		book, err := workbook.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
		must(t, err)
		rows, err := book.Rows("S")
		must(t, err)
		for range len(sheet) + 1 {
			if _, err := rows.Next(); err != nil {
				return
			}
		}
		t.Error("more rows than bytes")
	})
}
