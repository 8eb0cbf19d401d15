package release_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// TestThreeSheets: the register in the layout of the Data Uses Register reads
// back as it was: what stands, each release and statement once, code by code.
func TestThreeSheets(t *testing.T) {
	s, _ := newService(t)
	for file, as := range map[string]string{"made_up_nhs_digital_2016.xlsx": "ReleaseRegister-sep-nov-2017.xlsx", "made_up_data_uses_2021.xlsx": "datausesregister_March2022.xlsx",
		"made_up_phe_2017.csv": "PHE_Data_Release_Register_April_17_to_September2020_2.4.csv"} {
		content, err := os.ReadFile("../testdata/register/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ImportEdition(t.Context(), importer, release.EditionFile{Name: as, Content: content}); err != nil {
			t.Fatal(file, err)
		}
	}
	if _, err := s.ImportEdition(t.Context(), importer, february(t)); err != nil {
		t.Fatal(err)
	}
	book, sheets := threeSheets(t, s, release.RegisterQuery{})
	var want, got []string
	statements := map[string]bool{}
	standing := release.RegisterQuery{Kinds: []register.Kind{register.Release, register.Agreement}, Stands: []terms.Answer{terms.Yes}, Size: 100}
	for {
		found, err := s.SearchRegister(t.Context(), standing)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found.Entries {
			full, err := s.PublishedEntry(t.Context(), e.Number)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == register.Agreement {
				statements[e.Reference] = true
				continue
			}
			// The layout has months, and common law with the agreement's lines.
			want = append(want, told(fmt.Sprint(e.Number), full.Entry))
		}
		if len(found.Entries) < standing.Size {
			break
		}
		standing.After = found.Entries[len(found.Entries)-1].Number
	}
	stated, references := map[string]bool{}, map[string]bool{}
	for _, imported := range book.Entries {
		e := imported.Entry
		if e.Kind == register.Release {
			got = append(got, told(e.SourceID, e))
			references[e.Reference] = references[e.Reference] || e.Get(register.OrganisationName) != ""
		} else {
			stated[e.Reference] = true
			if e.Get(register.OrganisationName) == "" {
				t.Errorf("%s has no organisation", e.Reference)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) < 5000 || !slices.Equal(got, want) {
		t.Errorf("%d releases came back of %d", len(got), len(want))
		for i := range want {
			if i < len(got) && got[i] != want[i] {
				t.Fatalf("\n got %s\nwant %s", got[i], want[i])
			}
		}
	}
	for reference := range statements {
		if !stated[reference] {
			t.Errorf("the statement of %s is missing", reference)
		}
	}
	for reference, known := range references {
		if stated[reference] != known {
			t.Errorf("%s has releases, and a row: %t", reference, stated[reference])
		}
	}
	if extra := len(stated) - len(statements); extra <= 0 {
		t.Errorf("no row for versions that only releases tell of: %d", extra)
	}
	if lines := len(sheets[1].Rows); lines != 3 {
		t.Errorf("%d rows of lines, titles among them", lines)
	}
	// A search takes the statements of what it finds along.
	found, sheets := threeSheets(t, s, release.RegisterQuery{Stems: []string{"NIC-386685-K2B6G"}, Types: []terms.TypeOfData{terms.Identifiable}})
	versions := map[string]bool{}
	for _, e := range found.Entries {
		versions[e.Entry.Reference] = true
		if e.Entry.Kind == register.Release && e.Entry.TypeOfData != terms.Identifiable {
			t.Errorf("found %s", e.Entry.TypeOfData)
		}
	}
	if len(sheets[0].Rows) < 2 || len(sheets[2].Rows) < 2 || len(versions) != len(sheets[0].Rows)-1 {
		t.Errorf("%d versions, %d rows of agreements, %d of releases", len(versions), len(sheets[0].Rows), len(sheets[2].Rows))
	}
}

// An import of what the register says already is doubted before it is done.
func TestADryRunSaysWhatTheRegisterSaysAlready(t *testing.T) {
	s, _ := newService(t)
	content, err := os.ReadFile("../testdata/register/made_up_phe_2017.csv")
	if err != nil {
		t.Fatal(err)
	}
	file := release.EditionFile{Name: "PHE_Data_Release_Register_April_17_to_September2020_2.4.csv", Content: content}
	doubted := func() int {
		t.Helper()
		report, err := s.PlanEdition(t.Context(), importer, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range report.Doubts {
			if d.Code == register.DoubtSaid {
				return d.Rows
			}
		}
		return 0
	}
	if n := doubted(); n != 0 {
		t.Errorf("%d rows are said already by an empty register", n)
	}
	if _, err := s.ImportEdition(t.Context(), importer, file); err != nil {
		t.Fatal(err)
	}
	file.Name = "again.csv"
	file.Content = bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
	file.Period = terms.Period{From: terms.NewDate(2017, 5, 1), To: terms.NewDate(2020, 8, 1)}
	if n := doubted(); n == 0 {
		t.Error("the same rows under other days are not doubted")
	}
}

func told(id string, e register.Entry) string {
	month := ""
	if e.EventFrom.Year == e.EventTo.Year && e.EventFrom.Month == e.EventTo.Month && !e.EventFrom.IsZero() {
		month = e.EventFrom.String()[:7]
	}
	return strings.Join([]string{id, e.Reference, e.Get(register.DatasetName), string(e.TypeOfData), string(e.Sensitivity), string(e.OptOut), string(e.Power), string(e.Frequency), month}, " / ")
}

func threeSheets(t *testing.T, s *release.Service, q release.RegisterQuery) (register.Book, []register.Sheet) {
	t.Helper()
	var first, again bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &again} {
		if err := s.ExportRegister(t.Context(), release.ThreeSheets, q, false, out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("not the same bytes again")
	}
	sheets, err := workbook.Read(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	source, err := layout.Read(sheets, layout.Options{Period: terms.Period{From: terms.NewDate(2026, 11, 1), To: terms.NewDate(2026, 11, 30)}})
	if err != nil {
		t.Fatal(err)
	}
	if source.Layout != layout.DataUses2021 {
		t.Fatalf("read as %s", source.Layout)
	}
	book, err := register.Normalise(source)
	if err != nil {
		t.Fatal(err)
	}
	return book, sheets
}
