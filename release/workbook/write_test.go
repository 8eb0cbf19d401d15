package workbook_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

type day struct{ y, m, d int }

func (d day) Civil() (int, int, int) { return d.y, d.m, d.d }

func write(t testing.TB, fill func(w *workbook.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := workbook.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sample(t testing.TB) []byte {
	return write(t, func(w *workbook.Writer) {
		s, err := w.Sheet("Register", []workbook.Column{{Title: "Number", Width: 10}, {Title: "Text", Width: 40}, {Title: "Day"}, {Title: "Moment"}, {Title: "Yes"}})
		must(t, err)
		must(t, s.Row(int64(7), "=1+1", day{2021, 2, 28}, time.Date(2026, 7, 1, 12, 30, 0, 0, time.FixedZone("", 3600)), true))
		must(t, s.Row(nil, "+44 @home", day{1, 1, 1}, nil, false))
		second, err := w.Sheet("Second", []workbook.Column{{Title: "A"}})
		must(t, err)
		must(t, second.Row(strings.Repeat("é𝄞", 30000)))
	})
}

func TestWriterTypesItsCells(t *testing.T) {
	book, err := excelize.OpenReader(bytes.NewReader(sample(t)))
	must(t, err)
	defer book.Close()
	for cell, want := range map[string]struct {
		kind  excelize.CellType
		shown string
	}{
		"A2": {excelize.CellTypeUnset, "7"},
		"B2": {excelize.CellTypeInlineString, "=1+1"}, // a text, never a formula
		"C2": {excelize.CellTypeUnset, "2021-02-28"},
		"C3": {excelize.CellTypeInlineString, "0001-01-01"},   // before spreadsheets have days
		"D2": {excelize.CellTypeUnset, "2026-07-01 11:30:00"}, // UTC
		"E2": {excelize.CellTypeBool, "TRUE"},
		"B3": {excelize.CellTypeInlineString, "+44 @home"},
		"A3": {excelize.CellTypeUnset, ""},
	} {
		kind, err := book.GetCellType("Register", cell)
		must(t, err)
		shown, err := book.GetCellValue("Register", cell)
		must(t, err)
		if kind != want.kind || shown != want.shown {
			t.Errorf("%s is %v %q, want %v %q", cell, kind, shown, want.kind, want.shown)
		}
	}
	if formula, _ := book.GetCellFormula("Register", "B2"); formula != "" {
		t.Errorf("B2 became the formula %q", formula)
	}
	panes, err := book.GetPanes("Register")
	must(t, err)
	if !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not kept in view: %+v", panes)
	}
}

func TestWriterIsDeterministic(t *testing.T) {
	first := sample(t)
	for range 5 { // the library's own order is that of a map
		if !bytes.Equal(first, sample(t)) {
			t.Fatal("the same rows gave other bytes")
		}
	}
}

// assemble reads a cell back as the overflow sheet's head says.
func assemble(t testing.TB, sheets []register.Sheet, cell string) string {
	t.Helper()
	number, ok := strings.CutPrefix(cell, "See sheet Overflow, text ")
	if !ok {
		return cell
	}
	var content, form string
	for _, s := range sheets {
		if s.Name != workbook.OverflowSheet {
			continue
		}
		for line := 2; line <= len(s.Rows); line++ {
			if s.Cell(line, 1) == number {
				form = s.Cell(line, 6)
				content += s.Cell(line, 7)
			}
		}
	}
	if form == "json" {
		text, err := strconv.Unquote(strings.ReplaceAll(content, `\/`, "/"))
		must(t, err)
		return text
	}
	return content
}

func TestNoTextIsCut(t *testing.T) {
	sheets, err := workbook.Read(sample(t))
	must(t, err)
	if got := assemble(t, sheets, sheets[1].Cell(2, 1)); got != strings.Repeat("é𝄞", 30000) {
		t.Errorf("the long text came back with %d characters", len([]rune(got)))
	}
	for _, s := range sheets {
		for _, row := range s.Rows {
			for _, cell := range row {
				if units(cell) > workbook.CellLimit {
					t.Errorf("a cell of %s has %d units", s.Name, units(cell))
				}
			}
		}
	}
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

func TestTextsRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		awkward := rapid.SampledFrom([]string{"_x000D_", "_x005F_x0041_", "See sheet Overflow, text 1", "\x01\x1f", "\ufffe", "\r\n", " lead", "tail ", "=cmd|' /C calc'!A0", "<&>\"'", "\t", strings.Repeat("a𝄞", 16384)})
		cell := rapid.OneOf(rapid.String(), awkward, rapid.Map(rapid.SliceOfN(awkward, 1, 3), func(s []string) string { return strings.Join(s, "") }))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 1, 4), 1, 4).Draw(rt, "rows")
		content := write(t, func(w *workbook.Writer) {
			s, err := w.Plain("S")
			must(t, err)
			for _, row := range rows {
				must(t, s.Strings(row))
			}
		})
		sheets, err := workbook.Read(content)
		must(t, err)
		want := register.Trim(slices.Clone(rows))
		if len(sheets[0].Rows) != len(want) {
			rt.Fatalf("%d rows came back of %d", len(sheets[0].Rows), len(want))
		}
		for i, row := range want {
			for j, text := range row {
				if got := assemble(t, sheets, sheets[0].Cell(i+1, j+1)); got != text {
					rt.Fatalf("line %d column %d: %q came back as %q", i+1, j+1, text, got)
				}
			}
		}
	})
}

func TestWriterRefusesOtherValues(t *testing.T) {
	var out bytes.Buffer
	w, err := workbook.NewWriter(&out)
	must(t, err)
	defer w.Abort() //nolint:errcheck
	s, err := w.Plain("S")
	must(t, err)
	if err := s.Row("a", 1.5); err == nil || !strings.Contains(err.Error(), "line 1, column B") {
		t.Errorf("error %v", err)
	}
	if out.Len() != 0 {
		t.Error("an abandoned workbook was written")
	}
}

// A spreadsheet program other than the one that wrote it opens the file and
// sees the same text.
func TestLibreOfficeOpensIt(t *testing.T) {
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Fatal("LibreOffice (soffice) is not installed; make test installs libreoffice-calc-nogui")
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "book.xlsx"), write(t, func(w *workbook.Writer) {
		s, err := w.Sheet("Register", []workbook.Column{{Title: "Number"}, {Title: "Text"}, {Title: "Day"}})
		must(t, err)
		must(t, s.Row(1, "=1+1", day{2021, 2, 1}))
		must(t, s.Row(2, "_x0041_ – ‘quoted’,\nnext line ", day{1997, 4, 1}))
	}), 0o600))
	convert := exec.Command(soffice, "--headless", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", dir, filepath.Join(dir, "book.xlsx"))
	if message, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, message)
	}
	got, err := os.ReadFile(filepath.Join(dir, "book.csv"))
	must(t, err)
	want := "Number,Text,Day\n1,=1+1,2021-02-01\n2,\"_x0041_ – ‘quoted’,\nnext line \",1997-04-01\n"
	if string(got) != want {
		t.Errorf("LibreOffice reads\n%q\nwant\n%q", got, want)
	}
}
