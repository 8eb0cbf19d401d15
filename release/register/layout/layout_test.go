package layout_test

import (
	"errors"
	"flag"
	"fmt"
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
		if len(source.Releases.Rows) != 5079 || len(source.Statements.Rows) != 585 || len(source.Kept) != 1 || len(source.Kept[0].Rows) != 0 {
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

// Each file of testdata is one workbook: a file per sheet, a line per row,
// cells divided by "|", "\n" for a line end; a name ending in ".words" has the
// sheet's drawing. Its comment names the file and may give a period. "want" is
// what reading says.
func TestGoldens(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			options := layout.Options{}
			for line := range strings.Lines(string(a.Comment)) {
				if name, ok := strings.CutPrefix(strings.TrimSpace(line), "file: "); ok {
					options.FileName = name
				}
			}
			var sheets []register.Sheet
			want := -1
			for i, f := range a.Files {
				text := strings.TrimSuffix(string(f.Data), "\n")
				if f.Name == "want" {
					want = i
				} else if name, ok := strings.CutSuffix(f.Name, ".words"); ok {
					at := slices.IndexFunc(sheets, func(s register.Sheet) bool { return s.Name == name })
					sheets[at].Words = strings.Split(text, "\n")
				} else {
					s := register.Sheet{Name: f.Name}
					for _, line := range strings.Split(text, "\n") {
						s.Rows = append(s.Rows, strings.Split(strings.ReplaceAll(line, `\n`, "\n"), "|"))
					}
					s.Rows = register.Trim(s.Rows)
					sheets = append(sheets, s)
				}
			}
			got := describe(layout.Read(sheets, options))
			if *update {
				a.Files[want].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want < 0 || got != string(a.Files[want].Data) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

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
	for _, table := range append([]register.Table{source.Releases, source.Statements}, source.Kept...) {
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
