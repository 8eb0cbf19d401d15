package release_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/google/uuid"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

const februaryFile = "releaseregister_20210201_20210228.xlsx"

var (
	importer = access.Actor{System: "import"}
	moment   = time.Date(2026, 7, 1, 9, 30, 0, 123456789, time.UTC)
)

func february(t testing.TB) release.EditionFile {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../testdata/register", februaryFile))
	if err != nil {
		t.Fatal(err)
	}
	return release.EditionFile{Name: "/somewhere/" + februaryFile, Content: content}
}

func newService(t testing.TB) (*release.Service, *migrationstest.DB) {
	t.Helper()
	db := migrationstest.New(t)
	return release.New(release.Config{DB: db.DB, Clock: func() time.Time { return moment }}), db
}

func imported(t testing.TB) (*release.Service, *migrationstest.DB, register.Report) {
	t.Helper()
	s, db := newService(t)
	report, err := s.ImportEdition(t.Context(), importer, february(t))
	if err != nil {
		t.Fatal(err)
	}
	return s, db, report
}

// counts is the number of rows of every table that an import writes.
func counts(t testing.TB, db *migrationstest.DB) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, table := range []string{"editions", "entries", "entry_texts", "source_rows", "organisations", "organisation_alias", "datasets",
		"dataset_alias", "agreements", "agreement_versions", "events", "ledger_leaf", "ledger_hash", "history"} {
		var n int
		if err := db.DB.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[table] = n
	}
	return out
}

func one[T any](t testing.TB, db *migrationstest.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.DB.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// One import, looked at from every side; the last part adds to it.
func TestImportOfFebruary2021(t *testing.T) {
	s, db, report := imported(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *release.Service, *migrationstest.DB, register.Report)
	}{
		{"known numbers", knownNumbers},
		{"entries stand against their leaves", entriesStandAgainstTheirLeaves},
		{"raw cells round trip", rawCellsRoundTrip},
		{"rows replay as known", replaysAsKnown},
		{"second import changes nothing", secondImportChangesNothing},
		{"another file of the month is refused", anotherFileOfTheMonthIsRefused},
		{"later edition builds on the first", laterEditionBuildsOnTheFirst},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s, db, report) })
	}
}

func knownNumbers(t *testing.T, s *release.Service, db *migrationstest.DB, report register.Report) {
	if report.Already || report.File != februaryFile || report.SHA256 != "77554e3f476e1d223ec5c2455b661ca9bd482b5602e5bea272afc7ba36d13611" {
		t.Errorf("report of %s %s", report.File, report.SHA256)
	}
	if want := (register.Entries{Statements: 585, Releases: 5079, First: 1, Last: 5664}); report.Entries != want {
		t.Errorf("entries %+v, want %+v", report.Entries, want)
	}
	if want := (register.New{Organisations: 337, Datasets: 79, Agreements: 582, Versions: 585}); report.New != want {
		t.Errorf("new %+v, want %+v", report.New, want)
	}
	got := counts(t, db)
	for table, n := range map[string]int{"editions": 1, "entries": 5664, "source_rows": 3 + 5080 + 586 + 19 + 1, "organisations": 337, "organisation_alias": 337,
		"datasets": 79, "dataset_alias": 79, "agreements": 582, "agreement_versions": 585, "events": 1, "ledger_leaf": 5664, "history": 0} {
		if got[table] != n {
			t.Errorf("%s has %d rows, want %d", table, got[table], n)
		}
	}
	for what, n := range map[string]int{
		`SELECT count(*) FROM entries WHERE kind = 'agreement' AND id <= 585`:                                                                                   585,
		`SELECT count(*) FROM entries WHERE kind = 'release' AND id > 585`:                                                                                      5079,
		`SELECT count(*) FROM entries WHERE event_from = '2021-02-01' AND event_to = '2021-02-28' AND recorded_at = '2026-07-01T09:30:00.123456Z'`:              5664,
		`SELECT count(*) FROM entries e JOIN ledger_leaf l ON l.log = 'register' AND l.index = e.id - 1 AND l.leaf = e.leaf`:                                    5664,
		`SELECT count(*) FROM entries e JOIN organisations o ON o.slug = e.organisation`:                                                                        5664,
		`SELECT count(*) FROM entries e JOIN datasets d ON d.code = e.dataset WHERE e.kind = 'release'`:                                                         5079,
		`SELECT count(*) FROM entries e JOIN agreements a ON a.stem = e.stem JOIN agreement_versions v ON v.agreement_versions = a.id AND v.number = e.version`: 5664,
		`SELECT count(*) FROM source_rows WHERE entry_number IS NOT NULL`:                                                                                       5664,
		`SELECT count(*) FROM agreements WHERE local`:                                                                                                           6,
		`SELECT count(*) FROM agreements WHERE stem LIKE 'NIC-%' AND NOT local`:                                                                                 576,
		`SELECT count(*) FROM agreements WHERE agreement_applicant IS NOT NULL`:                                                                                 582,
		`SELECT count(*) FROM (SELECT agreement_versions FROM agreement_versions GROUP BY 1 HAVING count(*) > 1) AS several`:                                    3,
		`SELECT count(*) FROM agreement_versions WHERE state = 'recorded' AND kind = 'imported'`:                                                                585,
		`SELECT count(*) FROM agreement_versions WHERE number = ''`:                                                                                             7, // six local names, one without a version
		`SELECT count(*) FROM entries WHERE type_of_data = 'identifiable'`:                                                                                      671,
		`SELECT max(length(leaf)) FROM entries`:                                                                                                                 one[int](t, db, `SELECT max(length(leaf)) FROM ledger_leaf`),
		`SELECT max(length(text)) FROM entry_texts WHERE field = 'objective'`:                                                                                   32767,
		`SELECT count(*) FROM (SELECT DISTINCT salt FROM entry_texts) AS salts`:                                                                                 got["entry_texts"],
	} {
		if got := one[int](t, db, what); got != n {
			t.Errorf("%s = %d, want %d", what, got, n)
		}
	}
	if n := one[int](t, db, `SELECT max(length(leaf)) FROM entries`); n > 2000 {
		t.Errorf("the longest leaf has %d bytes", n)
	}
	for _, name := range []string{"Stockport", "stockport", "University", "PHE)"} {
		if n := one[int](t, db, `SELECT count(*) FROM ledger_leaf WHERE position($1::bytea in leaf) > 0`, []byte(name)); n != 0 {
			t.Errorf("%d leaves hold the name %q", n, name)
		}
	}
	editions, err := s.PublishedEditions(t.Context())
	if err != nil || len(editions) != 1 {
		t.Fatalf("%d editions, error %v", len(editions), err)
	}
	want, got1 := mustJSON(t, report), mustJSON(t, editions[0].Report)
	if want != got1 || editions[0].Entries != 5664 {
		t.Errorf("the stored report differs from the one given; %d entries", editions[0].Entries)
	}
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What the public gets is what was logged, entry by entry.
func entriesStandAgainstTheirLeaves(t *testing.T, s *release.Service, db *migrationstest.DB, _ register.Report) {
	var out bytes.Buffer
	if err := s.ExportRegister(t.Context(), release.JSON, release.RegisterQuery{}, false, &out); err != nil {
		t.Fatal(err)
	}
	var document struct{ Entries []json.RawMessage }
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	rows, err := db.DB.QueryContext(t.Context(), `SELECT index, leaf FROM ledger_leaf WHERE log = 'register' ORDER BY index`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	texts := 0
	for rows.Next() {
		var index int64
		var leaf []byte
		if err := rows.Scan(&index, &leaf); err != nil {
			t.Fatal(err)
		}
		check := proof.CheckEntry(index, leaf, document.Entries[index])
		if len(check.Reasons) > 0 || len(check.Erased) > 0 {
			t.Fatalf("entry %d: %+v", index+1, check)
		}
		texts += check.Checked
	}
	if err := rows.Err(); err != nil || len(document.Entries) != 5664 {
		t.Fatalf("%d entries, error %v", len(document.Entries), err)
	}
	if n := one[int](t, db, `SELECT count(*) FROM entry_texts`); texts != n || n < 20000 {
		t.Errorf("%d texts checked of %d", texts, n)
	}
}

// Every cell comes back: from the rows kept, through a workbook of our own,
// against the published file.
func rawCellsRoundTrip(t *testing.T, s *release.Service, _ *migrationstest.DB, report register.Report) {
	want, err := workbook.Read(february(t).Content)
	if err != nil {
		t.Fatal(err)
	}
	// What waits for a person is empty until somebody has decided to publish it.
	var ids []uuid.UUID
	for _, held := range withheldTexts(t, s, release.WithheldFilter{State: release.WithheldWaiting}) {
		ids = append(ids, held.ID)
	}
	if _, err := s.DecideWithheld(t.Context(), guardian, release.DecideInput{IDs: ids, Decision: release.PublishWithheld, Reason: "It was published in 2021."}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.ExportEdition(t.Context(), report.SHA256, &out); err != nil {
		t.Fatal(err)
	}
	got, err := workbook.Read(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d sheets, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Name != want[i].Name || !slices.EqualFunc(got[i].Rows, want[i].Rows, slices.Equal[[]string]) {
			t.Errorf("sheet %s differs", want[i].Name)
		}
	}
	if err := s.ExportEdition(t.Context(), strings.Repeat("0", 64), &out); !errors.Is(err, fault.NotFound) {
		t.Errorf("an edition that is none: %v", err)
	}
}

func secondImportChangesNothing(t *testing.T, s *release.Service, db *migrationstest.DB, first register.Report) {
	before := counts(t, db)
	second, err := s.ImportEdition(t.Context(), importer, february(t))
	if err != nil || !second.Already {
		t.Fatalf("already %v, error %v", second.Already, err)
	}
	second.Already = false
	if mustJSON(t, first) != mustJSON(t, second) {
		t.Error("the second report is not the first one's")
	}
	planned, err := s.PlanEdition(t.Context(), importer, february(t))
	if err != nil || !planned.Already || planned.Entries != (register.Entries{}) || planned.New != (register.New{}) || planned.Matches != 0 ||
		slices.ContainsFunc(planned.Sheets, func(s register.SheetReport) bool { return s.Entries > 0 }) {
		t.Errorf("a plan of it would make %+v, new %+v; error %v", planned.Entries, planned.New, err)
	}
	var told strings.Builder
	if err := planned.WriteText(&told); err != nil || !strings.Contains(told.String(), "recorded already: 0 entries would be made") || strings.Contains(told.String(), "5664") {
		t.Errorf("it says %.400s; error %v", told.String(), err)
	}
	// The same cells in another file: saved again by a spreadsheet program.
	var saved bytes.Buffer
	if err := s.ExportEdition(t.Context(), first.SHA256, &saved); err != nil {
		t.Fatal(err)
	}
	third, err := s.ImportEdition(t.Context(), importer, release.EditionFile{Name: februaryFile, Content: saved.Bytes()})
	if err != nil || !third.Already || third.SHA256 != first.SHA256 {
		t.Errorf("the same cells again: already %v, error %v", third.Already, err)
	}
	if after := counts(t, db); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

// edit changes cells of the real workbook with the library itself.
func edit(t testing.TB, change func(f *excelize.File)) release.EditionFile {
	t.Helper()
	file := february(t)
	f, err := excelize.OpenReader(bytes.NewReader(file.Content))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	file.Content = out.Bytes()
	return file
}

func set(t testing.TB, f *excelize.File, sheet, cell, value string) {
	t.Helper()
	if err := f.SetCellStr(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

func anotherFileOfTheMonthIsRefused(t *testing.T, s *release.Service, db *migrationstest.DB, _ register.Report) {
	before := counts(t, db)
	_, err := s.ImportEdition(t.Context(), importer, edit(t, func(f *excelize.File) {
		set(t, f, "DataReleases", "B7", "Somebody Else")
		set(t, f, "DataReleases", "A5081", "NEW1")
		for column, value := range map[string]string{"B": "X", "C": "Y", "I": "NWIS"} {
			set(t, f, "DataReleases", column+"5081", value)
		}
	}))
	var known *fault.Error
	if !errors.Is(err, fault.Conflict) || !errors.As(err, &known) {
		t.Fatalf("error %v", err)
	}
	var fields []string
	for _, r := range known.Reasons {
		fields = append(fields, r.Field)
	}
	if want := []string{"sheet DataReleases, row 7", "sheet DataReleases, row 5081"}; !slices.Equal(fields, want) {
		t.Errorf("reasons at %q, want %q", fields, want)
	}
	if after := counts(t, db); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("rows before %v, after %v", before, after)
	}
}

func TestBadEditionsLeaveNothing(t *testing.T) {
	s, db := newService(t)
	empty := counts(t, db)
	cases := map[string]struct {
		file   release.EditionFile
		fields []string
	}{
		"a column without its header": {edit(t, func(f *excelize.File) {
			set(t, f, "DataReleases", "B1", "Colour")
		}), []string{"sheet DataReleases, row 1"}},
		"bad cells": {edit(t, func(f *excelize.File) {
			set(t, f, "DataReleases", "I7", "NIC-1-X")
			set(t, f, "DataReleases", "A8", "DSfC0001")
			set(t, f, "PurposeStatements", "B9", " ")
		}), []string{"sheet PurposeStatements, row 9, column Organisation", "sheet DataReleases, row 7, column NIC Number", "sheet DataReleases, row 8, column RowID"}},
		"no workbook":     {release.EditionFile{Name: februaryFile, Content: []byte("a\x00b")}, []string{""}},
		"a day to come":   {release.EditionFile{Name: "x.csv", Content: uses(1, use{"U1", "Made-up Ltd", "One", "No"}).Content, Publisher: "P", Period: terms.Period{From: terms.NewDate(2026, 7, 1), To: terms.NewDate(2026, 7, 2)}}, []string{"to"}},
		"half a period":   {release.EditionFile{Name: "x.csv", Content: uses(1, use{"U1", "Made-up Ltd", "One", "No"}).Content, Publisher: "P", Period: terms.Period{To: terms.NewDate(2026, 1, 2)}}, []string{"from"}},
		"no rows":         {uses(1), []string{"sheet uses-1"}},
		"too long a name": {release.EditionFile{Name: "/x/" + strings.Repeat("é", 197) + ".csv", Content: uses(1).Content}, []string{"file"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := s.ImportEdition(t.Context(), importer, c.file)
			var known *fault.Error
			if !errors.Is(err, fault.Invalid) || !errors.As(err, &known) {
				t.Fatalf("error %v", err)
			}
			var fields []string
			for _, r := range known.Reasons {
				fields = append(fields, r.Field)
			}
			if !slices.Equal(fields, c.fields) {
				t.Errorf("reasons at %q, want %q", fields, c.fields)
			}
			if after := counts(t, db); fmt.Sprint(after) != fmt.Sprint(empty) {
				t.Errorf("it left %v", after)
			}
		})
	}
	for name, c := range cases {
		if _, err := s.PlanEdition(t.Context(), importer, c.file); !errors.Is(err, fault.Invalid) {
			t.Errorf("a plan of %s: %v", name, err)
		}
	}
	if _, err := s.ImportEdition(t.Context(), access.Actor{}, february(t)); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody imported: %v", err)
	}
}

// A failure at the very end takes everything with it.
func TestFailureInTheLastStatementLeavesNothing(t *testing.T) {
	s, db := newService(t)
	empty := counts(t, db)
	if _, err := db.DB.ExecContext(t.Context(), `
		CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'out of luck'; END $$;
		CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail()`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportEdition(t.Context(), importer, february(t)); err == nil || fault.Code(err) != "internal" {
		t.Fatalf("error %v", err)
	}
	if after := counts(t, db); fmt.Sprint(after) != fmt.Sprint(empty) {
		t.Errorf("it left %v", after)
	}
	if _, err := db.DB.ExecContext(t.Context(), `DROP TRIGGER fail ON events`); err != nil {
		t.Fatal(err)
	}
	report, err := s.ImportEdition(t.Context(), importer, february(t))
	if err != nil || report.Entries.First != 1 {
		t.Errorf("after the failure: entries from %d, error %v", report.Entries.First, err)
	}
}

func TestTwoImportsRace(t *testing.T) {
	s, db := newService(t)
	file := february(t)
	var wait sync.WaitGroup
	reports, errs := make([]register.Report, 3), make([]error, 3)
	for i := range reports {
		wait.Go(func() { reports[i], errs[i] = s.ImportEdition(context.WithoutCancel(t.Context()), importer, file) })
	}
	wait.Wait()
	already := 0
	for i, err := range errs {
		if err != nil {
			t.Errorf("import %d: %v", i, err)
		}
		if reports[i].Already {
			already++
		}
		if reports[i].Entries.Last != 5664 {
			t.Errorf("import %d reports entries to %d", i, reports[i].Entries.Last)
		}
	}
	if already != 2 {
		t.Errorf("%d of 3 found it done, want 2", already)
	}
	if got := counts(t, db); got["entries"] != 5664 || got["editions"] != 1 || got["ledger_leaf"] != 5664 {
		t.Errorf("rows %v", got)
	}
}

// A later edition finds what the first recorded, and records only what is new.
func laterEditionBuildsOnTheFirst(t *testing.T, s *release.Service, db *migrationstest.DB, _ register.Report) {
	march := edit(t, func(f *excelize.File) {
		set(t, f, "DataReleases", "B2", "nhs stockport ccg")
		set(t, f, "DataReleases", "B3", "A Wholly New Body")
		set(t, f, "DataReleases", "C3", "Acute - Local Provider flows")
		set(t, f, "PurposeStatements", "C2", "Another objective")
	})
	march = retitle(t, march)
	report, err := s.ImportEdition(t.Context(), importer, march)
	if err != nil {
		t.Fatal(err)
	}
	if want := (register.New{Organisations: 1}); report.New != want || report.Entries.First != 5665 {
		t.Errorf("new %+v from entry %d", report.New, report.Entries.First)
	}
	if n := one[int](t, db, `SELECT count(DISTINCT organisation) FROM entries WHERE stem = 'NIC-110660-G9W6M' AND id IN (SELECT entry_number FROM source_rows WHERE line = 2 AND sheet = 'DataReleases')`); n != 1 {
		t.Errorf("another spelling made another organisation")
	}
	if got := one[string](t, db, `SELECT objective FROM agreement_versions v JOIN agreements a ON a.id = v.agreement_versions WHERE stem = 'CASEMIX_MONITOR'`); got == "Another objective" {
		t.Error("a recorded version was overwritten")
	}
}

// retitle makes the file one of March: the text box of its title, and its name.
func retitle(t testing.TB, file release.EditionFile) release.EditionFile {
	t.Helper()
	file.Content = replaceInZip(t, file.Content, "01 February 2021 to 28 February 2021", "01 March 2021 to 31 March 2021")
	file.Name = "releaseregister_20210301_20210331.xlsx"
	return file
}

// The ratio is the measure: the second is a bare reading of the same file.
func BenchmarkImport(b *testing.B) {
	file := february(b)
	const rows = 5079 + 585
	b.Run("import", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			s, _ := newService(b)
			b.StartTimer()
			if _, err := s.ImportEdition(b.Context(), importer, file); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := excelize.OpenReader(bytes.NewReader(file.Content), excelize.Options{RawCellValue: true})
			if err != nil {
				b.Fatal(err)
			}
			for _, sheet := range f.GetSheetList() {
				iterator, err := f.Rows(sheet)
				if err != nil {
					b.Fatal(err)
				}
				for iterator.Next() {
					if _, err := iterator.Columns(excelize.Options{RawCellValue: true}); err != nil {
						b.Fatal(err)
					}
				}
			}
			f.Close()
		}
		b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// The name of a file is published with its edition: it names nobody.
func TestAFileIsNameable(t *testing.T) {
	s, _ := newService(t)
	file := february(t)
	for name, want := range map[string]string{
		strings.Repeat("x", 201) + ".xlsx": "file-name-long", "register of Mrs Jane Smith.xlsx": "file-name-person", "releases_999-000-0018.xlsx": "file-name-person",
	} {
		file.Name = name
		_, err := s.PlanEdition(t.Context(), importer, file)
		var refused *fault.Error
		if !errors.As(err, &refused) || len(refused.Reasons) != 1 || refused.Reasons[0].Code != want {
			t.Errorf("%.30s: %v", name, err)
		}
	}
}
