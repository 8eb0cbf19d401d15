package release_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/sheets"
	"data.release/registrar/release/terms"
)

// use is a row of a made-up edition in the layout of HDR UK's data use standard.
type use struct{ id, organisation, title, optOut string }

func uses(month int, rows ...use) release.EditionFile {
	out := &strings.Builder{}
	out.WriteString("Lead applicant organisation name,Project ID,Project title,Applicant names,Dataset(s) name,Data sensitivity level,National data opt-out applied?,Release/Access date,Access type,Latest approval date,A column of no layout\n")
	for _, u := range rows {
		fmt.Fprintf(out, "%s,%s,%s,A. Nobody,Made-up Episodes,De-Personalised,%s,2024-02-01,Release,2023-12-15,%s \n", u.organisation, u.id, u.title, u.optOut, "kept")
	}
	return release.EditionFile{Name: fmt.Sprintf("uses-%d.csv", month), Content: []byte(out.String()), Publisher: "Made-up Custodian",
		Period: terms.Period{From: terms.NewDate(2024, time.Month(month), 1), To: terms.NewDate(2024, time.Month(month), 28)}}
}

// The same editions, in whatever order they are imported, give the same
// register of what stands, but for numbers; a row that is changed and changed
// back stands as the latest edition has it.
func TestEditionsInAnyOrderGiveTheSameRegister(t *testing.T) {
	a, b, other := use{"17/LO/1", "Made-up University", "One", "No"}, use{"17/LO/1", "Made-up University", "One, renamed", "Yes"}, use{"17/LO/2", "Made-up Ltd", "Two", "No"}
	b.title = "One renamed"
	editions := []release.EditionFile{uses(1, a, other), uses(2, b, other), uses(3, a)}
	var first []string
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		s, _ := newService(t)
		for i, at := range order {
			planned, err := s.PlanEdition(t.Context(), importer, editions[at])
			if err != nil {
				t.Fatal(err)
			}
			if size, err := s.Statistics(t.Context(), 0); err != nil || i == 0 && size.Size != 0 {
				t.Fatalf("a plan left %d entries, %v", size.Size, err)
			}
			done, err := s.ImportEdition(t.Context(), importer, editions[at])
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(*planned.Readings, planned.New, planned.Withheld, planned.Unknown) != fmt.Sprint(*done.Readings, done.New, done.Withheld, done.Unknown) || planned.Entries.First != 0 || done.Entries.First == 0 {
				t.Errorf("planned %+v, done %+v", planned, done)
			}
			if len(done.Unknown) != 1 || len(done.Withheld) == 0 {
				t.Errorf("unknown %+v, withheld %+v", done.Unknown, done.Withheld)
			}
		}
		var standing []string
		results, err := s.SearchRegister(t.Context(), release.RegisterQuery{Stands: []terms.Answer{terms.Yes}, Size: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range results.Entries {
			found, err := s.PublishedEntry(t.Context(), e.Number)
			if err != nil {
				t.Fatal(err)
			}
			said := found.Entry
			parts := []string{string(said.Kind), said.RowKey, said.Reference, said.EventFrom.String(), said.EventTo.String(), string(said.OptOut), string(said.TypeOfData), said.Dataset, said.EditionFrom.String()}
			for _, text := range said.Texts {
				parts = append(parts, string(text.Field)+"="+text.Text)
			}
			slices.Sort(parts[9:])
			standing = append(standing, strings.Join(parts, "|"))
		}
		slices.Sort(standing)
		if len(standing) != 4 {
			t.Fatalf("%d stand: %q", len(standing), standing)
		}
		if first == nil {
			first = standing
		} else if !slices.Equal(first, standing) {
			t.Errorf("in the order %v\n%q\nwant\n%q", order, standing, first)
		}
	}
}

// An edition comes back in its own form, cell by cell; of what names persons
// nothing but an empty cell.
func TestAnEditionComesBackInItsOwnForm(t *testing.T) {
	s, _ := newService(t)
	file := uses(1, use{"17/LO/1", "Made-up University", "One", "No"})
	report, err := s.ImportEdition(t.Context(), importer, file)
	if err != nil {
		t.Fatal(err)
	}
	want, form, err := sheets.Open(file.Name, file.Content)
	if err != nil || form.Kind != sheets.CSV {
		t.Fatal(form, err)
	}
	var out bytes.Buffer
	if err := s.ExportEdition(t.Context(), report.SHA256, &out); err != nil {
		t.Fatal(err)
	}
	got, again, err := sheets.Open(file.Name, out.Bytes())
	if err != nil || fmt.Sprint(again) != fmt.Sprint(form) {
		t.Fatalf("%v as %+v, was %+v", err, again, form)
	}
	for line := 1; line <= 2; line++ {
		for column := 1; column <= 11; column++ {
			text := want[0].Cell(line, column)
			if column == 4 && line == 2 {
				text = ""
			}
			if got[0].Cell(line, column) != text {
				t.Errorf("line %d, column %d: %q, want %q", line, column, got[0].Cell(line, column), text)
			}
		}
	}
	if held := withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting}); len(held) != 1 {
		t.Errorf("%d are withheld", len(held))
	}
	if _, err := s.PlanEdition(t.Context(), access.Actor{}, file); err == nil {
		t.Error("nobody may plan")
	}
}

// Names that look alike are asked about, and joined by a person alone.
func TestNamesThatLookAlikeAreAskedAbout(t *testing.T) {
	s, _ := newService(t)
	if _, err := s.ImportEdition(t.Context(), importer, uses(1, use{"17/LO/1", "University of Nowhere", "One", "No"})); err != nil {
		t.Fatal(err)
	}
	report, err := s.ImportEdition(t.Context(), importer, uses(2, use{"17/LO/2", "Nowhere University of", "Two", "No"}))
	if err != nil || report.Matches == 0 {
		t.Fatalf("%d pairs, %v", report.Matches, err)
	}
	officer := access.Actor{PersonID: uuid.New(), Memberships: []access.Membership{{Role: access.AccessOfficer}}}
	waiting, err := s.Matches(t.Context(), officer, release.MatchFilter{Kind: release.MatchOrganisation})
	if err != nil || len(waiting) != 1 || waiting[0].NameID != "nowhere-university-of" || waiting[0].Candidate != "university-of-nowhere" {
		t.Fatalf("%+v, %v", waiting, err)
	}
	two, err := s.PublishedOrganisations(t.Context(), 0)
	if err != nil || len(two) != 2 {
		t.Fatalf("%d organisations before anybody decided, %v", len(two), err)
	}
	if _, err := s.DecideMatch(t.Context(), officer, release.MatchDecision{ID: waiting[0].ID, Decision: "perhaps", Reason: "x"}); !isKind(err, fault.Invalid) {
		t.Error(err)
	}
	entry, err := s.DecideMatch(t.Context(), officer, release.MatchDecision{ID: waiting[0].ID, Decision: release.SameName, Reason: "The same letterhead."})
	if err != nil || entry == 0 {
		t.Fatal(entry, err)
	}
	if _, err := s.DecideMatch(t.Context(), officer, release.MatchDecision{ID: waiting[0].ID, Decision: release.DifferentName, Reason: "x"}); !isKind(err, fault.Conflict) {
		t.Error(err)
	}
	if one, err := s.PublishedOrganisations(t.Context(), 0); err != nil || len(one) != 1 {
		t.Errorf("%d organisations, %v", len(one), err)
	}
	if _, err := s.WithdrawEntry(t.Context(), officer, release.EntryWithdrawal{About: entry, Reason: "They are two."}); err != nil {
		t.Fatal(err)
	}
	if again, err := s.PublishedOrganisations(t.Context(), 0); err != nil || len(again) != 2 {
		t.Errorf("%d organisations once the succession is withdrawn, %v", len(again), err)
	}
}

// An import's report is public, and repeats no words that are withheld.
func TestAReportRepeatsNothingThatIsWithheld(t *testing.T) {
	s, _ := newService(t)
	name := "Trust of jane@example.org"
	report, err := s.ImportEdition(t.Context(), importer, uses(1, use{"17/LO/1", name, "One", "Perhaps jane@example.org"}, use{"17/LO/2", strings.ToUpper(name), "Two", "No"}))
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(mustJSON(t, report)); strings.Contains(text, "jane@") {
		t.Errorf("the report has the address: %s", text)
	}
	editions, err := s.PublishedEditions(t.Context())
	if err != nil || strings.Contains(strings.ToLower(mustJSON(t, editions)), "jane@") {
		t.Errorf("the edition's report has it, %v", err)
	}
	results, err := s.SearchRegister(t.Context(), release.RegisterQuery{Size: 100})
	if err != nil || strings.Contains(strings.ToLower(mustJSON(t, results)), "jane@") {
		t.Errorf("a search has it, %v", err)
	}
	for _, format := range release.ExportFormats() {
		var out bytes.Buffer
		if err := s.ExportRegister(t.Context(), format, release.RegisterQuery{}, true, &out); err != nil {
			t.Fatal(format, err)
		}
		if format != release.XLSX && format != release.ThreeSheets && format != release.Package && strings.Contains(strings.ToLower(out.String()), "jane@") {
			t.Errorf("%s has it", format)
		}
	}
}
