package release_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/sheets"
	"data.release/registrar/release/terms"
)

// An edition of every layout, made up (testdata/register), is entered and comes
// back in its own form, cell by cell but for what names persons.
func TestEditionsOfEveryLayoutAreEntered(t *testing.T) {
	s, _ := newService(t)
	for _, c := range []struct {
		file, as, layout     string
		statements, releases int
		withheld             []string // headers
	}{
		{"made_up_nhs_digital_2016.xlsx", "ReleaseRegister-sep-nov-2017.xlsx", layout.NHSDigital2016, 1, 7, nil},
		{"made_up_nhs_digital_2018.xlsx", "releaseregister_20190301_20190331.xlsx", layout.NHSDigital2018, 1, 3, nil},
		{"made_up_data_uses_2021.xlsx", "datausesregister_March2022.xlsx", layout.DataUses2021, 2, 3, nil},
		{"made_up_phe_2014.csv", "PHE.csv", layout.PHE2014, 0, 7, nil},
		{"made_up_phe_2017.csv", "PHE_Data_Release_Register_April_17_to_September2020_2.4.csv", layout.PHE2017, 0, 4, nil},
		{"made_up_hdruk_2.csv", "data-uses-june-2024.csv", layout.HDRUK2, 4, 4, []string{"Applicant names", "Applicant ID"}},
		{"made_up_hdruk_2_members.json", "data-uses-july-2024.json", layout.HDRUK2, 1, 1, []string{"non_gateway_applicants", "applicant_id"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("../testdata/register", c.file))
			if err != nil {
				t.Fatal(err)
			}
			file := release.EditionFile{Name: c.as, Content: content}
			if c.layout == layout.HDRUK2 {
				file.Publisher = "Made-up Custodian of " + c.file
			}
			report, err := s.ImportEdition(t.Context(), importer, file)
			if err != nil {
				t.Fatal(err)
			}
			if report.Layout != c.layout || report.Entries.Statements != c.statements || report.Entries.Releases != c.releases ||
				report.Entries.Last-report.Entries.First+1 != int64(c.statements+c.releases) {
				t.Errorf("read as %s with %+v", report.Layout, report.Entries)
			}
			if again, err := s.ImportEdition(t.Context(), importer, file); err != nil || !again.Already {
				t.Errorf("again: %+v, %v", again.Entries, err)
			}
			for number := report.Entries.First; number <= report.Entries.Last; number++ {
				e, err := s.PublishedEntry(t.Context(), number)
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == register.Release && e.Dataset == "" || slices.ContainsFunc(e.Lines, func(l register.Line) bool { return l.Dataset == "" }) {
					t.Errorf("entry %d is of no dataset: %+v", number, e.Entry)
				}
				for cell, column := range e.Source.Columns { // a line of title above them has none
					if cell != register.CellReason && (column > len(e.Source.Headers) || e.Source.Headers[column-1] == "") {
						t.Errorf("entry %d has no header over its column %s, %d", number, cell, column)
					}
				}
				if len(e.Source.Columns) == 0 {
					t.Errorf("entry %d is of a row without columns", number)
				}
			}
			want, form, err := sheets.Open(c.as, content)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := s.ExportEdition(t.Context(), report.SHA256, &out); err != nil {
				t.Fatal(err)
			}
			got, again, err := sheets.Open(c.as, out.Bytes())
			if err != nil || again.Kind != form.Kind || len(got) != len(want) {
				t.Fatalf("%d sheets as %+v, %v", len(got), again, err)
			}
			for i, w := range want {
				headers := slices.IndexFunc(w.Rows, func(row []string) bool { return len(c.withheld) > 0 && slices.Contains(row, c.withheld[0]) })
				for line := 1; line <= max(len(w.Rows), len(got[i].Rows)); line++ {
					for column := 1; column <= 40; column++ {
						text, at := w.Cell(line, column), column
						if headers >= 0 {
							header := w.Cell(headers+1, column)
							if slices.Contains(c.withheld, header) && line > headers+1 {
								text = ""
							}
							if form.Kind == sheets.JSON && column <= len(w.Rows[0]) {
								// A member that nobody has left is in no object.
								if at = slices.Index(got[i].Rows[0], header) + 1; at == 0 && slices.Contains(c.withheld, header) {
									continue
								}
							}
						}
						if back := got[i].Cell(line, at); back != text {
							t.Errorf("%s: %q, in the file %q", register.Place(w.Name, line, register.ColumnLetters(column)), back, text)
						}
					}
				}
			}
		})
	}
}

// The next edition of the Data Uses Register repeats its rows: each stands once,
// and the report says which row reads otherwise now.
func TestNextEditionOfTheDataUsesRegister(t *testing.T) {
	s, _ := newService(t)
	content, err := os.ReadFile("../testdata/register/made_up_data_uses_2021.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.ImportEdition(t.Context(), importer, release.EditionFile{Name: "datausesregister_March2022.xlsx", Content: content})
	if err != nil {
		t.Fatal(err)
	}
	read, form, err := sheets.Open("x.xlsx", content)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(read, func(s register.Sheet) bool { return s.Name == "DataReleases" })
	column := slices.Index(read[i].Rows[0], "Patient Opt-Outs Applied")
	read[i].Rows[1][column] = "No"
	var next bytes.Buffer
	if err := sheets.Write(&next, form, read); err != nil {
		t.Fatal(err)
	}
	second, err := s.ImportEdition(t.Context(), importer, release.EditionFile{Name: "datausesregister_April2022.xlsx", Content: next.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	if r := second.Readings; r == nil || r.New != 0 || r.Changed != 1 || r.Unchanged != 4 || second.Entries.First != first.Entries.Last+1 {
		t.Errorf("the next edition has the readings %+v", r)
	}
	e, err := s.PublishedEntry(t.Context(), second.Entries.First+2)
	if err != nil {
		t.Fatal(err)
	}
	if e.SourceID != "FILE0000001" || e.OptOut != terms.OptOutNoReason || e.EventFrom.String() != "2019-07-01" {
		t.Errorf("the new reading is %+v", e.Entry)
	}
	results, err := s.SearchRegister(t.Context(), release.RegisterQuery{Stands: []terms.Answer{terms.Yes}, Size: 100})
	if err != nil || len(results.Entries) != 5 {
		t.Errorf("%d entries stand, %v", len(results.Entries), err)
	}
}
