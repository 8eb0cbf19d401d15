package register_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// -update rewrites the golden files under testdata.
var update = flag.Bool("update", false, "rewrite the golden files")

const februaryFile = "releaseregister_20210201_20210228.xlsx"

var february = sync.OnceValues(func() (register.Source, error) {
	content, err := os.ReadFile(filepath.Join("../../testdata/register", februaryFile))
	if err != nil {
		return register.Source{}, err
	}
	sheets, err := workbook.Read(content)
	if err != nil {
		return register.Source{}, err
	}
	return layout.Read(sheets, layout.Options{FileName: februaryFile})
})

func normalised(t testing.TB) register.Book {
	t.Helper()
	source, err := february()
	if err != nil {
		t.Fatal(err)
	}
	book, err := register.Normalise(source)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// The known answers of the edition (domain §1.2, issue 2), counted with other
// tools.
func TestFebruary2021HasItsKnownNumbers(t *testing.T) {
	book := normalised(t)
	r := book.Report
	if want := (register.Entries{Statements: 585, Releases: 5079}); r.Entries != want {
		t.Errorf("entries %+v, want %+v", r.Entries, want)
	}
	want := register.Found{Organisations: 337, Datasets: 79, References: 585, Stems: 576, LocalNames: 6, Versions: 585, VersionUnknown: 1, SeveralVersions: 3}
	if r.Found != want {
		t.Errorf("found %+v, want %+v", r.Found, want)
	}
	doubts := map[string][2]int{
		register.DoubtRepeats:          {715, 161},
		register.DoubtBlank:            {7, 1},
		register.DoubtCellCut:          {4, 1},
		register.DoubtPowerNotRecorded: {563, 6},
		register.DoubtSeveralVersions:  {3, 3},
	}
	for code, n := range doubts {
		d := r.Doubt(code)
		if d.Rows != n[0] || len(d.Cases) != n[1] {
			t.Errorf("%s: %d rows in %d cases, want %d in %d", code, d.Rows, len(d.Cases), n[0], n[1])
		}
	}
	for _, none := range []string{register.DoubtUnrecognised, register.DoubtNoStatement, register.DoubtNoRelease, register.DoubtOrganisation, register.DoubtKept} {
		if d := r.Doubt(none); d.Rows != 0 {
			t.Errorf("%s: %+v", none, d)
		}
	}
	var locals, several []string
	for _, c := range r.Doubt(register.DoubtLocalReference).Cases {
		locals = append(locals, c.What)
	}
	slices.Sort(locals)
	if want := []string{"CASEMIX_MONITOR", "CASEMIX_NHSE", "GPCENSUS", "NWIS", "PHECancerReg", "SHMI_trusts"}; !slices.Equal(locals, want) {
		t.Errorf("local names %q, want %q", locals, want)
	}
	for _, c := range r.Doubt(register.DoubtSeveralVersions).Cases {
		several = append(several, c.IDs...)
	}
	if want := []string{"DARS-NIC-386685-K2B6G-v0.4", "DARS-NIC-386685-K2B6G-v1.2", "DARS-NIC-392201-S6C3W-v0.4", "DARS-NIC-392201-S6C3W-v1.3",
		"DARS-NIC-420105-M8Y5X-v0.3", "DARS-NIC-420105-M8Y5X-v1.1"}; !slices.Equal(several, want) {
		t.Errorf("versions %q, want %q", several, want)
	}
	blank := r.Doubt(register.DoubtBlank).Cases[0]
	if want := []string{"OTHER0001", "OTHER0002", "OTHER0003", "OTHER0004", "OTHER0005", "OTHER0006", "Product0056"}; blank.What != "Common law duty of confidentiality" || !slices.Equal(blank.IDs, want) {
		t.Errorf("blank cells %+v", blank)
	}
	unversioned := r.Doubt(register.DoubtVersionUnknown).Cases
	if len(unversioned) != 1 || unversioned[0].What != "DARS-NIC-154590-YG6QH" {
		t.Errorf("without a version: %+v", unversioned)
	}
}

// The codes of every row must count up to what the columns count.
func TestFebruary2021CodesAsItsColumns(t *testing.T) {
	counts := map[string]int{}
	applied := 0
	for _, e := range normalised(t).Entries {
		if e.Entry.Kind != register.Release {
			continue
		}
		counts["type "+string(e.Entry.TypeOfData)]++
		counts["sensitivity "+string(e.Entry.Sensitivity)]++
		counts["frequency "+string(e.Entry.Frequency)]++
		counts["power "+string(e.Entry.Power)]++
		for _, route := range e.Entry.Routes {
			counts["route "+string(route)]++
		}
		for _, route := range e.Entry.BasisRoutes() {
			counts["basis route "+string(route)]++
		}
		if e.Entry.OptOut.Applied() {
			applied++
		}
		if e.Entry.EventFrom.String() != "2021-02-01" || e.Entry.EventTo.String() != "2021-02-28" {
			t.Fatalf("%s is dated %s to %s", e.Entry.SourceID, e.Entry.EventFrom, e.Entry.EventTo)
		}
	}
	for what, n := range map[string]int{
		"type pseudonymised": 4408, "type identifiable": 671,
		"sensitivity sensitive": 4013, "sensitivity non_sensitive": 1066,
		"frequency one_off": 3576, "frequency ongoing": 1031, "frequency system_access": 472,
		"power " + string(terms.S261_1_2bii): 2516, "power " + string(terms.S261Other): 1575, "power " + string(terms.S261_5d): 207,
		"power " + string(terms.S261_7): 131, "power " + string(terms.S261_2c): 84, "power " + string(terms.SRSA45C): 2,
		"power " + string(terms.HealthAct36): 1, "power " + string(terms.PowerNotRecorded): 563,
		"route not_recorded": 7, "route none": 2300 + 1823 + 5, "route section_251": 1823 + 431 + 82 + 6,
		"route statutory_exemption": 318, "route consent": 107 + 82 + 5,
		"basis route section_251": 287 + 6, "basis route copi_3": 247 + 1, "basis route consent": 21 + 1,
	} {
		if counts[what] != n {
			t.Errorf("%s: %d rows, want %d", what, counts[what], n)
		}
		delete(counts, what)
	}
	if len(counts) > 0 {
		t.Errorf("more codes: %v", counts)
	}
	if applied != 271 {
		t.Errorf("opt-outs applied in %d rows, want 271", applied)
	}
}

func TestNamesAreJoinedBySpellingOnly(t *testing.T) {
	book := normalised(t)
	joined := map[string][]string{}
	for _, o := range book.Organisations {
		if len(o.Spellings) > 1 {
			joined[o.Name] = o.Spellings
		}
	}
	if len(joined) != 3 || !slices.Equal(joined["Public Health England (PHE)"], []string{"PUBLIC HEALTH ENGLAND (PHE)", "Public Health England (PHE)"}) {
		t.Errorf("spellings joined: %q", joined)
	}
	slugs := map[string]string{}
	for _, list := range [][]register.Name{book.Organisations, book.Datasets} {
		for _, n := range list {
			slug := register.Slug(n.Name)
			if other, taken := slugs[slug]; taken {
				t.Errorf("%q and %q share the slug %s", n.Name, other, slug)
			}
			slugs[slug] = n.Name
		}
		clear(slugs)
	}
	for _, d := range book.Datasets {
		if d.Name == "Cancer Registry linked to Diagnostic Imaging Dataset" && !slices.Equal(d.Spellings, []string{"Cancer Registry linked to  Diagnostic Imaging Dataset"}) {
			t.Errorf("spellings %q", d.Spellings)
		}
	}
}

// Nothing is dropped: from each entry its row can be told again, cell by cell.
func TestEntriesKeepTheirCells(t *testing.T) {
	source, err := february()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]register.Row{}
	for _, table := range []register.Table{source.Releases, source.Statements} {
		for _, row := range table.Rows {
			rows[register.Place(table.Sheet, row.Line, "")] = row
		}
	}
	asText := map[register.Cell]register.Field{register.CellObjective: register.Objective, register.CellProcessing: register.Processing,
		register.CellOutputs: register.Outputs, register.CellBenefits: register.Benefits, register.CellYieldedBenefits: register.YieldedBenefits}
	book := normalised(t)
	for _, e := range book.Entries {
		published := e.Entry.Published()
		for cell, value := range rows[register.Place(e.Sheet, e.Line, "")].Cells {
			got := published[cell]
			if field, ok := asText[cell]; ok {
				got = e.Entry.Get(field)
			}
			if got != value {
				t.Fatalf("%s, %s: %q, in the file %q", e.Entry.SourceID, cell, got, value)
			}
		}
		delete(rows, register.Place(e.Sheet, e.Line, ""))
	}
	if len(rows) > 0 {
		t.Errorf("%d rows made no entry", len(rows))
	}
}

func TestReportAsText(t *testing.T) {
	r := normalised(t).Report
	r.File, r.SHA256, r.Entries.First, r.Entries.Last = februaryFile, strings.Repeat("0", 64), 1, 5664
	var out strings.Builder
	if err := r.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/report_2021_02.txt", out.String())
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

func table(rows ...map[register.Cell]string) register.Table {
	t := register.Table{Sheet: "S", Headers: map[register.Cell]string{register.CellReference: "NIC Number", register.CellSourceID: "RowID"}, Columns: map[register.Cell]int{}}
	for i, cell := range []register.Cell{register.CellSourceID, register.CellOrganisation, register.CellDataset, register.CellType, register.CellSensitivity,
		register.CellBasis, register.CellFrequency, register.CellReference, register.CellOptOut, register.CellCommonLaw} {
		t.Columns[cell] = i + 1
	}
	for i, cells := range rows {
		t.Rows = append(t.Rows, register.Row{Line: i + 2, Cells: cells})
	}
	return t
}

func release(id, reference string, more ...string) map[register.Cell]string {
	row := map[register.Cell]string{register.CellSourceID: id, register.CellReference: reference, register.CellOrganisation: "O", register.CellDataset: "D"}
	for i := 0; i < len(more); i += 2 {
		row[register.Cell(more[i])] = more[i+1]
	}
	return row
}

func TestNormaliseRefusesEveryReasonAtOnce(t *testing.T) {
	source := register.Source{
		Sheets: []register.Sheet{{Name: "README", Rows: [][]string{{}, {"", "a\x00b"}}}},
		Releases: table(
			release("", "NIC-12345-ABCDE"),
			release("R1", "NIC-12-ABCDE-v1"),
			release("R1", "LOCAL"),
			release(" R1 ", " "),
			release("R2", "LOCAL", "organisation", " ", "dataset", ""),
			release(strings.Repeat("x", 201), "LOCAL"),
		),
		Statements: table(release("", "LOCAL"), release("", "LOCAL ")),
	}
	_, err := register.Normalise(source)
	var f *fault.Error
	if !errors.Is(err, fault.Invalid) || !errors.As(err, &f) {
		t.Fatalf("error %v", err)
	}
	var got []string
	for _, r := range f.Reasons {
		got = append(got, r.Code+" @ "+r.Field)
	}
	want := []string{
		"cell-nul @ sheet README, row 2, column B",
		"statement-repeated @ sheet S, row 3, column NIC Number",
		"cell-empty @ sheet S, row 2, column RowID",
		"reference-invalid @ sheet S, row 3, column NIC Number",
		"id-repeated @ sheet S, row 4, column RowID",
		"id-repeated @ sheet S, row 5, column RowID",
		"cell-empty @ sheet S, row 5, column NIC Number",
		"cell-empty @ sheet S, row 6, column organisation",
		"cell-empty @ sheet S, row 6, column dataset",
		"id-long @ sheet S, row 7, column RowID",
	}
	if !slices.Equal(got, want) {
		t.Errorf("reasons\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What names a row or an agreement stands in the log for ever, and so says
// nothing of a single person; what it said is not repeated.
func TestNormaliseRefusesNamesOfPersons(t *testing.T) {
	project := func(id string) map[register.Cell]string {
		return map[register.Cell]string{register.CellReference: id, register.CellOrganisation: "O", register.CellTitle: "T", register.CellDataset: "D"}
	}
	personal := []string{"9434765919", "study 943 476 5919", "a.nobody@example.org", "Dr Alice Nobody", "07700 900123", "ODR1617_9434765919"}
	var rows, projects []map[register.Cell]string
	want := 0
	for _, name := range personal {
		rows = append(rows, release("R"+strconv.Itoa(want), name), release(name, "LOCAL"))
		projects = append(projects, project(name))
		want += 3
	}
	rows = append(rows, release("R", "NIC-12345-ABCDE"), release("0123456789012", "DrugStudy_2"))
	projects = append(projects, project("17/LO/0001"))
	_, err := register.Normalise(register.Source{Releases: table(rows...), Projects: table(projects...), Lines: table(release("", personal[0]))})
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Reasons) != want+1 {
		t.Fatalf("want %d reasons: %v", want+1, err)
	}
	for _, r := range f.Reasons {
		if r.Code != "reference-personal" || !strings.HasPrefix(r.Field, "sheet S, row ") || !strings.Contains(r.Message, "give the row another reference") {
			t.Errorf("%+v", r)
		}
	}
	for _, name := range personal {
		if strings.Contains(err.Error(), name) {
			t.Errorf("%q is repeated", name)
		}
	}
}

// Whatever a cell holds, a refusal repeats only its beginning.
func TestRefusedValuesAreCut(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	_, err := register.Normalise(register.Source{Releases: table(release("R1", long), release("R2", "NIC-"+long), release(strings.Repeat("é", 90), "A"))})
	if err == nil || len(err.Error()) > 2_000 || !strings.Contains(err.Error(), strings.Repeat("é", 200)+"…") {
		t.Errorf("%.2500v", err)
	}
}

func TestNormaliseRefusesAnEditionOfNothing(t *testing.T) {
	_, err := register.Normalise(register.Source{Releases: table(map[register.Cell]string{register.CellSourceID: "No filters applied"})})
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "sheet S: has no rows that an entry can be made of") {
		t.Errorf("%v", err)
	}
}

// What February 2021 happens not to have.
func TestDoubtsOfOtherEditions(t *testing.T) {
	source := register.Source{
		Releases: table(
			release("R1", "NIC-12345-ABCDE", "type_of_data", "Mostly anonymous", "legal_basis", "Because", "common_law_duty", "None, we think", "opt_outs", "Maybe"),
			release("R2", "NIC-12345-ABCDE", "organisation", "P"),
		),
		Statements: table(release("", "OTHERS")),
		Kept:       []register.Table{table(map[register.Cell]string{register.CellDataset: "x"})},
		Sheets:     []register.Sheet{{Name: "Out of sight", Rows: [][]string{{"a"}}, Hidden: true}, {Name: "Shown", Rows: [][]string{{"a"}, {"b"}, {}}, HiddenLines: []int{2, 3, 9}}},
	}
	book, err := register.Normalise(source)
	if err != nil {
		t.Fatal(err)
	}
	for code, rows := range map[string]int{register.DoubtUnrecognised: 4, register.DoubtBlank: 2 + 6, register.DoubtNoStatement: 1,
		register.DoubtNoRelease: 1, register.DoubtOrganisation: 1, register.DoubtKept: 1, register.DoubtVersionUnknown: 2, register.DoubtRepeats: 0, register.DoubtHidden: 2} {
		if d := book.Report.Doubt(code); d.Rows != rows {
			t.Errorf("%s: %+v, want %d rows", code, d, rows)
		}
	}
	first := book.Entries[1].Entry
	if first.TypeOfData != terms.TypeNotRecorded || first.Power != terms.PowerNotRecorded || first.Published()[register.CellBasis] != "Because" {
		t.Errorf("an unknown word: %+v", first)
	}
}

// A row that nothing else shares its doubt with costs what another does: the
// time per row must not grow with the rows.
func BenchmarkNormaliseDoubts(b *testing.B) {
	for _, rows := range []int{2_000, 20_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			var list []map[register.Cell]string
			for i := range rows {
				list = append(list, release("R"+strconv.Itoa(i), "NIC-12345-ABCDE", "legal_basis", "Because of "+strconv.Itoa(i)))
			}
			source := register.Source{Releases: table(list...)}
			for b.Loop() {
				if _, err := register.Normalise(source); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}
