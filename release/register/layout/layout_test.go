package layout_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// -update rewrites the goldens of testdata/*.txtar.
var update = flag.Bool("update", false, "rewrite the golden files")

const februaryFile = "releaseregister_20210201_20210228.xlsx"

func february(t *testing.T) []register.Sheet {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../../testdata/register", februaryFile))
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := workbook.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	return sheets
}

func TestFebruary2021IsReadInFull(t *testing.T) {
	sheets := february(t)
	// The title sheet says the period where the file has another name.
	for _, name := range []string{februaryFile, "copy of the register.xlsx", ""} {
		source, err := layout.Read(sheets, layout.Options{FileName: name})
		if err != nil {
			t.Fatal(err)
		}
		if source.Layout != layout.NHSDigital2018 || source.Period.String() != "2021-02-01 to 2021-02-28" || source.Publisher != "NHS Digital" {
			t.Errorf("read as %s of %s by %s", source.Layout, source.Period, source.Publisher)
		}
		if len(source.Releases.Rows) != 5079 || len(source.Statements.Rows) != 585 || source.Amendments.Sheet == "" || len(source.Amendments.Rows) != 0 || len(source.Kept) != 0 {
			t.Errorf("%d releases, %d statements, %d other tables", len(source.Releases.Rows), len(source.Statements.Rows), len(source.Kept))
		}
		if len(source.Releases.Columns) != 12 || len(source.Statements.Columns) != 8 {
			t.Errorf("%d and %d columns", len(source.Releases.Columns), len(source.Statements.Columns))
		}
		// Every cell of both tables, by its meaning.
		for _, table := range []register.Table{source.Releases, source.Statements} {
			i := slices.IndexFunc(sheets, func(s register.Sheet) bool { return s.Name == table.Sheet })
			for _, row := range table.Rows {
				for cell, column := range table.Columns {
					if got, want := row.Cells[cell], sheets[i].Cell(row.Line, column); got != want {
						t.Fatalf("%s: %q, in the file %q", table.Place(row.Line, cell), got, want)
					}
				}
			}
		}
	}
}

func TestPeriodAsGiven(t *testing.T) {
	period, err := terms.ParsePeriod("2021-02-01", "2021-02-28")
	if err != nil {
		t.Fatal(err)
	}
	sheets := february(t)
	for i := range sheets {
		sheets[i].Words = nil
	}
	source, err := layout.Read(sheets, layout.Options{FileName: "x.xlsx", Period: period})
	if err != nil || source.Period != period {
		t.Errorf("period %s, error %v", source.Period, err)
	}
}

// The days that are given are refused each under its own name, which is that of
// the form's fields.
func TestImpossiblePeriods(t *testing.T) {
	sheets := february(t)
	day := terms.NewDate
	for _, c := range []struct {
		from, to terms.Date
		want     []string
	}{
		{day(2021, 2, 1), terms.Date{}, []string{"to: is missing"}},
		{terms.Date{}, day(2021, 2, 28), []string{"from: is missing"}},
		{day(1948, 7, 4), day(2021, 2, 28), []string{"from: the first day, 1948-07-04, is before the NHS"}},
		{day(2021, 2, 1), day(2026, 7, 2), []string{"to: the last day, 2026-07-02, has not been yet"}},
		{day(2021, 2, 28), day(2021, 2, 1), []string{"to: the last day, 2021-02-01, is before the first"}},
		{day(1900, 1, 1), day(9999, 1, 1), []string{"from: ", "to: "}},
	} {
		_, err := layout.Read(sheets, layout.Options{Period: terms.Period{From: c.from, To: c.to}, Today: day(2026, 7, 1)})
		var told *fault.Error
		if !errors.As(err, &told) || len(told.Reasons) != len(c.want) {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
			continue
		}
		for i, r := range told.Reasons {
			if !strings.HasPrefix(r.Field+": "+r.Message, c.want[i]) {
				t.Errorf("%s to %s: %+v, want %q", c.from, c.to, r, c.want[i])
			}
		}
	}
}

// fixture is one workbook of testdata: a file per sheet, a line per row, cells
// divided by "|", "\n" for a line end; a name ending in ".words" has the
// sheet's drawing. Its comment names the file and may give its publisher and the
// day of the import.
// "want" is what reading says.
type fixture struct {
	archive *txtar.Archive
	options layout.Options
	sheets  []register.Sheet
	want    int
}

func fixtures(t *testing.T, pattern string, each func(*testing.T, fixture) string) {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			f := readFixture(t, path)
			got := each(t, f)
			if *update && f.want >= 0 {
				f.archive.Files[f.want].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(f.archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if f.want < 0 || got != string(f.archive.Files[f.want].Data) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func readFixture(t testing.TB, path string) fixture {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{archive: a, want: -1}
	for line := range strings.Lines(string(a.Comment)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "file: "); ok {
			f.options.FileName = name
		}
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "publisher: "); ok {
			f.options.Publisher = name
		}
		if day, ok := strings.CutPrefix(strings.TrimSpace(line), "today: "); ok {
			if f.options.Today, err = terms.ParseDate(day); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, file := range a.Files {
		text := strings.TrimSuffix(string(file.Data), "\n")
		if file.Name == "want" {
			f.want = i
		} else if name, ok := strings.CutSuffix(file.Name, ".words"); ok {
			at := slices.IndexFunc(f.sheets, func(s register.Sheet) bool { return s.Name == name })
			f.sheets[at].Words = strings.Split(text, "\n")
		} else {
			s := register.Sheet{Name: file.Name}
			for _, line := range strings.Split(text, "\n") {
				s.Rows = append(s.Rows, strings.Split(strings.ReplaceAll(line, `\n`, "\n"), "|"))
			}
			s.Rows = register.Trim(s.Rows)
			f.sheets = append(f.sheets, s)
		}
	}
	return f
}

func TestGoldens(t *testing.T) {
	fixtures(t, "testdata/*.txtar", func(_ *testing.T, f fixture) string { return describe(layout.Read(f.sheets, f.options)) })
}

// What an edition of each layout becomes: entries, and what is doubted.
func TestEntries(t *testing.T) { fixtures(t, "testdata/entries/*.txtar", becomes) }

// Days on which nothing can have happened stretch no edition.
func TestImpossibleDays(t *testing.T) { fixtures(t, "testdata/days/*.txtar", becomes) }

func becomes(t *testing.T, f fixture) string {
	source, err := layout.Read(f.sheets, f.options)
	if err != nil {
		return describe(source, err)
	}
	book, err := register.Normalise(source)
	if err != nil {
		return describe(source, err)
	}
	return entered(t, source, book)
}

// entered gives every entry as readers of the log see it, without what the
// writing adds.
func entered(t testing.TB, source register.Source, book register.Book) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s, %s, %s, %s\n", source.Layout, source.Publisher, source.Period, source.Title)
	for _, u := range source.Unknown {
		fmt.Fprintf(&out, "unknown: %s: %d rows\n", u.Words(), u.Rows)
	}
	out.WriteString(entries(t, book, true))
	fmt.Fprintln(&out)
	for _, d := range book.Report.Doubts {
		for _, c := range d.Cases {
			fmt.Fprintf(&out, "doubt %s: %s: %s\n", d.Code, oneSpaced(c.What), strings.Join(c.IDs, ", "))
		}
	}
	return out.String()
}

// entries are those of a book; places are where they stood.
func entries(t testing.TB, book register.Book, places bool) string {
	var out strings.Builder
	for i, e := range book.Entries {
		e.Entry.Lines = slices.Clone(e.Entry.Lines) // Identify writes in them
		e.Identify("", func(key string) string { return strings.ReplaceAll(key, " ", "-") })
		e.Entry.Number = int64(i + 1)
		public, err := e.Entry.Public()
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(public, &members); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "\n%s, by %q", register.Place(e.Sheet, e.Line, ""), e.Organisation)
		for _, at := range e.Also {
			if places {
				fmt.Fprintf(&out, ", and %s", register.Place(at.Sheet, at.Line, ""))
			}
		}
		fmt.Fprintln(&out)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			switch value := members[name].(type) {
			case string:
				if name != "recorded_at" && value != "not_recorded" {
					fmt.Fprintf(&out, "  %s: %s\n", name, value)
				}
			case []any:
				for _, item := range value {
					if text, ok := item.(map[string]any); ok && name == "texts" {
						fmt.Fprintf(&out, "  “%s”: %s\n", text["field"], text["text"])
						continue
					}
					line, err := json.Marshal(item)
					if err != nil {
						t.Fatal(err)
					}
					fmt.Fprintf(&out, "  %s: %s\n", name, line)
				}
			}
		}
	}
	return out.String()
}

func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func describe(source register.Source, err error) string {
	var out strings.Builder
	if err != nil {
		var f *fault.Error
		if !errors.As(err, &f) || !errors.Is(err, fault.Invalid) {
			return fmt.Sprintf("not a fault for the user: %v\n", err)
		}
		fmt.Fprintln(&out, f.Message)
		for _, r := range f.Reasons {
			fmt.Fprintf(&out, "%s: %s: %s\n", r.Code, r.Field, r.Message)
		}
		return out.String()
	}
	fmt.Fprintf(&out, "%s, %s\n", source.Layout, source.Period)
	for _, table := range source.Tables() {
		for _, row := range table.Rows {
			var cells []string
			for cell := range row.Cells {
				cells = append(cells, fmt.Sprintf("%s=%q", cell, row.Cells[cell]))
			}
			slices.Sort(cells)
			fmt.Fprintf(&out, "%s: %s\n", register.Place(table.Sheet, row.Line, ""), strings.Join(cells, " "))
		}
	}
	return out.String()
}
