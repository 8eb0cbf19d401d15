package layout_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/terms"
)

// editions are the fixtures of the layouts, one each.
func editions(t testing.TB) map[string]fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/entries/*.txtar")
	if err != nil || len(paths) < 6 {
		t.Fatal("no editions", err)
	}
	out := map[string]fixture{}
	for _, path := range paths {
		out[strings.TrimSuffix(filepath.Base(path), ".txtar")] = readFixture(t, path)
	}
	return out
}

func clone(sheets []register.Sheet) []register.Sheet {
	out := make([]register.Sheet, len(sheets))
	for i, s := range sheets {
		out[i] = register.Sheet{Name: s.Name, Words: s.Words}
		for _, row := range s.Rows {
			out[i].Rows = append(out[i].Rows, slices.Clone(row))
		}
	}
	return out
}

// without is a sheet without one of its columns, counted from 0.
func without(s register.Sheet, column int) register.Sheet {
	for i, row := range s.Rows {
		if column < len(row) {
			s.Rows[i] = slices.Delete(row, column, column+1)
		}
	}
	s.Rows = register.Trim(s.Rows)
	return s
}

// Each column of each layout, taken away: refused by its name, or read without.
// The golden is the table of what every layout needs.
func TestEveryColumn(t *testing.T) {
	var out strings.Builder
	all := editions(t)
	for _, name := range slices.Sorted(mapKeys(all)) {
		f := all[name]
		for i, s := range f.sheets {
			if len(s.Rows) == 0 || len(s.Rows[0]) < 3 {
				continue
			}
			for column, header := range s.Rows[0] {
				sheets := clone(f.sheets)
				sheets[i] = without(sheets[i], column)
				_, err := layout.Read(sheets, f.options)
				verdict := "may be missing"
				if err != nil {
					if verdict = "needed"; !strings.Contains(describe(register.Source{}, err), "column-missing: sheet "+s.Name) {
						t.Errorf("%s, %s without %q: %s", name, s.Name, header, describe(register.Source{}, err))
					}
				}
				fmt.Fprintf(&out, "%-16s %-28s %-14s %s\n", name, s.Name, verdict, oneSpaced(header))
			}
		}
	}
	golden(t, "testdata/columns.txt", out.String())
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it); got\n%s", path, got)
	}
}

// A needed column that holds nothing is not one that is missing; but a row
// without what an entry cannot do without is refused by the cell's place.
func TestEmptyCellsAreRefusedByPlace(t *testing.T) {
	all := editions(t)
	for name, headers := range map[string][]string{
		"nhs_digital_2016": {"RowID", "Organisation Name", "us", "NIC Number"},
		"nhs_digital_2018": {"Row-ID", "Organisation  name", "type of data provided", "NIC NUMBER"},
		"data_uses_2021":   {"File Reference", "Reference Number", "Dataset"},
		"phe_2014":         {"Row ID", "ODR reference", "Data recipient", "Data source"},
		"phe_2017":         {"ODR reference", "Applicant's organisation", "Data source"},
		"hdruk_2":          {"Lead applicant organisation name", "Project title"},
	} {
		f := all[name]
		i := slices.IndexFunc(f.sheets, func(s register.Sheet) bool {
			return len(s.Rows) > 0 && slices.Contains(s.Rows[0], headers[len(headers)-1])
		})
		if name == "data_uses_2021" {
			i = slices.IndexFunc(f.sheets, func(s register.Sheet) bool { return s.Name == "DataReleases" })
		}
		for _, header := range headers {
			sheets := clone(f.sheets)
			column := slices.Index(sheets[i].Rows[0], header)
			sheets[i].Rows[1][column] = " \n"
			source, err := layout.Read(sheets, f.options)
			if err == nil {
				_, err = register.Normalise(source)
			}
			want := "cell-empty: " + register.Place(sheets[i].Name, 2, oneSpaced(header))
			if err == nil || !strings.Contains(describe(source, err), want) {
				t.Errorf("%s without %q: %v, want %q", name, header, err, want)
			}
		}
	}
}

// dressed writes a header as another editor would.
func dressed(t *rapid.T, header string) string {
	var out strings.Builder
	for _, r := range header {
		switch {
		case r == ' ' || r == '-' || r == '–':
			out.WriteString(rapid.SampledFrom([]string{" ", "  ", "\n", "-", " - ", "–", "\u00a0"}).Draw(t, "space"))
		case unicode.IsLetter(r) && rapid.Bool().Draw(t, "upper"):
			out.WriteRune(unicode.ToUpper(r))
		case unicode.IsLetter(r):
			out.WriteRune(unicode.ToLower(r))
		default:
			out.WriteRune(r)
		}
	}
	return rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "before") + out.String() + rapid.SampledFrom([]string{"", " ", "*", "\r\n"}).Draw(t, "after")
}

// However headers are written, in whatever order columns and sheets stand: the
// entries are the same. Columns without headers are known by their place, so
// those sheets keep their order.
func TestOrderAndTypeOfHeadersMakeNoDifference(t *testing.T) {
	for name, f := range editions(t) {
		source, err := layout.Read(f.sheets, f.options)
		if err != nil {
			t.Fatal(err)
		}
		book, err := register.Normalise(source)
		if err != nil {
			t.Fatal(err)
		}
		want := entries(t, book, false)
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				sheets := clone(f.sheets)
				for i := range sheets {
					s := &sheets[i]
					if len(s.Rows) < 2 {
						continue
					}
					width := 0
					for _, row := range s.Rows {
						width = max(width, len(row))
					}
					for j, row := range s.Rows {
						s.Rows[j] = append(row, make([]string, width-len(row))...)
					}
					headers := slices.Clone(s.Rows[0])
					for j, header := range headers {
						s.Rows[0][j] = dressed(r, header)
						if strings.TrimSpace(header) == "" {
							s.Rows[0][j] = header
						}
					}
					if !slices.Contains(headers, "") {
						order := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
							for j := range width {
								if !yield(j) {
									return
								}
							}
						})).Draw(r, "columns")
						for j, row := range s.Rows {
							moved := make([]string, width)
							for to, from := range order {
								moved[to] = row[from]
							}
							s.Rows[j] = moved
						}
					}
					s.Rows = register.Trim(s.Rows)
				}
				sheets = rapid.Permutation(sheets).Draw(r, "sheets")
				source, err := layout.Read(sheets, f.options)
				if err != nil {
					r.Fatal(describe(source, err))
				}
				book, err := register.Normalise(source)
				if err != nil {
					r.Fatal(describe(source, err))
				}
				if got := entries(t, book, false); got != want {
					r.Fatalf("got\n%s\nwant\n%s", got, want)
				}
			})
		})
	}
}

// Sheets may be called anything where their headers tell what they are.
func TestSheetsUnderOtherNames(t *testing.T) {
	for name, f := range editions(t) {
		sheets := clone(f.sheets)
		for i := range sheets {
			if n := sheets[i].Name; n == "DataReleases" || n == "PurposeStatements" || n == "Agreements" || n == "Datasets" {
				sheets[i].Name = fmt.Sprintf("Sheet%d", i+1)
			}
		}
		source, err := layout.Read(sheets, f.options)
		if err != nil {
			t.Errorf("%s: %s", name, describe(source, err))
			continue
		}
		before, err := layout.Read(f.sheets, f.options)
		if err != nil {
			t.Fatal(err)
		}
		if source.Layout != before.Layout || len(source.Releases.Rows) != len(before.Releases.Rows) || len(source.Statements.Rows) != len(before.Statements.Rows) ||
			len(source.Lines.Rows) != len(before.Lines.Rows) || len(source.Unknown) != len(before.Unknown) {
			t.Errorf("%s: read as %s with %d and %d rows", name, source.Layout, len(source.Releases.Rows), len(source.Statements.Rows))
		}
	}
}

// A row that the next edition repeats is the same entry, so that the register
// can tell that nothing changed.
func TestRepeatedRowsAreTheSameEntries(t *testing.T) {
	all := editions(t)
	for name, next := range map[string]string{"data_uses_2021": "datausesregister_April2022.xlsx", "hdruk_2": "data-uses-july-2024.csv"} {
		f := all[name]
		read := func(file string) register.Book {
			options := f.options
			options.FileName = file
			source, err := layout.Read(f.sheets, options)
			if err != nil {
				t.Fatal(err)
			}
			book, err := register.Normalise(source)
			if err != nil {
				t.Fatal(err)
			}
			return book
		}
		first, second := read(f.options.FileName), read(next)
		if entries(t, first, true) != entries(t, second, true) {
			t.Errorf("%s: a repeated row is another entry", name)
		}
		keys := map[string]bool{}
		for _, e := range second.Entries {
			if e.Entry.RowKey == "" || keys[e.Entry.RowKey] {
				t.Errorf("%s: %s has the key %q", name, register.Place(e.Sheet, e.Line, ""), e.Entry.RowKey)
			}
			keys[e.Entry.RowKey] = true
		}
	}
	// Another publisher's projects are others, whatever their ids.
	f := all["hdruk_2"]
	var keys, stems [2]string
	for i, publisher := range []string{"Made-up Custodian", "Another custodian"} {
		f.options.Publisher = publisher
		source, err := layout.Read(f.sheets, f.options)
		if err != nil {
			t.Fatal(err)
		}
		book, err := register.Normalise(source)
		if err != nil {
			t.Fatal(err)
		}
		keys[i], stems[i] = book.Entries[0].Entry.RowKey, book.Entries[0].Entry.Stem
	}
	if keys[0] == keys[1] || stems[0] == stems[1] {
		t.Errorf("projects of two publishers have keys %q and stems %q", keys, stems)
	}
	f.options.Publisher = ""
	if _, err := layout.Read(f.sheets, f.options); err == nil || !strings.Contains(describe(register.Source{}, err), "publisher-unknown") {
		t.Errorf("of nobody: %v", err)
	}
}

// accounted counts rows of the tables that no entry and no doubt accounts for.
func accounted(source register.Source, book register.Book) (left []string) {
	seen := map[string]bool{}
	for _, e := range book.Entries {
		seen[register.Place(e.Sheet, e.Line, "")] = true
		for _, at := range e.Also {
			seen[register.Place(at.Sheet, at.Line, "")] = true
		}
	}
	for _, code := range []string{register.DoubtKept, register.DoubtLineAlone} {
		for _, c := range book.Report.Doubt(code).Cases {
			for _, id := range c.IDs {
				seen[c.What+", "+id] = true
			}
		}
	}
	for _, table := range source.Tables() {
		for _, row := range table.Rows {
			if place := register.Place(table.Sheet, row.Line, ""); !seen[place] {
				left = append(left, place)
			}
		}
	}
	return left
}

func TestEveryRowIsAnEntryOrSaidToBeNone(t *testing.T) {
	for name, f := range editions(t) {
		source, err := layout.Read(f.sheets, f.options)
		if err != nil {
			t.Fatal(err)
		}
		book, err := register.Normalise(source)
		if err != nil {
			t.Fatal(err)
		}
		if left := accounted(source, book); len(left) > 0 {
			t.Errorf("%s: %q", name, left)
		}
	}
}

// Whatever is read, every row of it becomes an entry or is said to be none, or
// the whole is refused with reasons.
func FuzzRead(f *testing.F) {
	for _, edition := range editions(f) {
		var text strings.Builder
		for _, s := range edition.sheets {
			fmt.Fprintf(&text, "# %s\n", s.Name)
			for _, row := range s.Rows {
				fmt.Fprintln(&text, strings.ReplaceAll(strings.Join(row, "|"), "\n", `\n`))
			}
		}
		f.Add(text.String(), edition.options.FileName)
	}
	f.Fuzz(func(t *testing.T, text, file string) {
		var sheets []register.Sheet
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if name, is := strings.CutPrefix(line, "# "); is || len(sheets) == 0 {
				if slices.ContainsFunc(sheets, func(s register.Sheet) bool { return s.Name == name }) {
					return // no workbook has two sheets of one name
				}
				sheets = append(sheets, register.Sheet{Name: name})
				continue
			}
			s := &sheets[len(sheets)-1]
			s.Rows = append(s.Rows, strings.Split(strings.ReplaceAll(line, `\n`, "\n"), "|"))
		}
		for i := range sheets {
			sheets[i].Rows = register.Trim(sheets[i].Rows)
		}
		before := clone(sheets)
		source, err := layout.Read(sheets, layout.Options{FileName: file})
		if err != nil && strings.Contains(describe(source, err), "publisher-unknown") {
			source, err = layout.Read(sheets, layout.Options{FileName: file, Publisher: "Somebody"})
		}
		if err == nil {
			var book register.Book
			if book, err = register.Normalise(source); err == nil {
				if left := accounted(source, book); len(left) > 0 {
					t.Errorf("nothing is said of %q", left)
				}
				entries(t, book, false)
			}
		}
		if err != nil && strings.HasPrefix(describe(source, err), "not a fault") {
			t.Error(err)
		}
		if !slices.EqualFunc(before, sheets, func(a, b register.Sheet) bool { return slices.EqualFunc(a.Rows, b.Rows, slices.Equal) }) {
			t.Error("reading changed a cell")
		}
	})
}

// What others transcribed from the Data Uses Register.
func TestTranscribedSample(t *testing.T) {
	var sheets []register.Sheet
	for _, name := range []string{"Agreements", "Datasets", "DataReleases"} {
		file, err := os.Open(filepath.Join("../../../testdata/register", "modern_sample_"+name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		_ = file.Close()
		if err != nil {
			t.Fatal(err)
		}
		sheets = append(sheets, register.Sheet{Name: name, Rows: rows})
	}
	source, err := layout.Read(sheets, layout.Options{FileName: "datausesregister_sept2026.xlsx"})
	if err != nil {
		t.Fatal(describe(source, err))
	}
	book, err := register.Normalise(source)
	if err != nil {
		t.Fatal(describe(source, err))
	}
	if source.Layout != layout.DataUses2021 || source.Period.String() != "2026-09-01 to 2026-09-30" || len(source.Unknown) != 0 {
		t.Errorf("read as %s of %s, unknown %v", source.Layout, source.Period, source.Unknown)
	}
	if want := (register.Entries{Statements: 1, Releases: 64}); book.Report.Entries != want {
		t.Errorf("entries %+v, want %+v", book.Report.Entries, want)
	}
	a := book.Entries[0].Entry
	if a.Reference != "DARS-NIC-144568-D7G6V-v1.7" || a.Starts.String() != "2019-10-15" || a.Ends.String() != "2020-10-14" ||
		a.Controllership != terms.SoleController || a.SubLicensing != terms.No || a.Commercial != terms.No || len(a.Lines) != 3 {
		t.Errorf("the agreement is %+v", a)
	}
	for _, e := range book.Entries[1:] {
		if e.Entry.EventFrom.IsZero() || e.Entry.TypeOfData == terms.TypeNotRecorded || e.Entry.Power == terms.PowerNotRecorded ||
			e.Entry.OptOut == terms.OptOutNotRecorded || e.Entry.Channel == "" {
			t.Errorf("%s: %+v", register.Place(e.Sheet, e.Line, ""), e.Entry)
		}
	}
	for _, none := range []string{register.DoubtUnrecognised, register.DoubtDate, register.DoubtNoLine, register.DoubtBlank} {
		if d := book.Report.Doubt(none); d.Rows != 0 {
			t.Errorf("%s: %+v", none, d)
		}
	}
	if left := accounted(source, book); len(left) > 0 {
		t.Errorf("nothing is said of %q", left)
	}
}
