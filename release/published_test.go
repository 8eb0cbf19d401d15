package release_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// -update rewrites the goldens of testdata.
var update = flag.Bool("update", false, "rewrite the golden files")

// The public reads over the real edition.
func TestPublished(t *testing.T) {
	s, db, report := imported(t)
	if _, err := s.IndexTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		run  func(*testing.T, *release.Service, *migrationstest.DB, register.Report)
	}{
		{"search finds what the register holds", searchFinds},
		{"facets say what searches find", facetsAgree},
		{"pages divide the whole", pagesDivide},
		{"searches over the limits are refused", searchesRefused},
		{"entry with its row", entryWithRow},
		{"agreement with its versions", agreementWithVersions},
		{"names and editions", namesAndEditions},
		{"exports hold every entry", exportsHoldEveryEntry},
		{"exports of a search", exportOfSearch},
		{"only published tables are read", onlyPublishedTables},
		{"erased texts are said to be so", erasedTexts},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s, db, report) })
	}
}

func search(t testing.TB, s *release.Service, q release.RegisterQuery) *release.RegisterResults {
	t.Helper()
	results, err := s.SearchRegister(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func searchFinds(t *testing.T, s *release.Service, db *migrationstest.DB, report register.Report) {
	feb, mar := terms.NewDate(2021, 2, 28), terms.NewDate(2021, 3, 1)
	for name, c := range map[string]struct {
		query release.RegisterQuery
		total int
	}{
		"all":               {release.RegisterQuery{}, 5664},
		"releases":          {release.RegisterQuery{Kinds: []register.Kind{register.Release}}, 5079},
		"two kinds":         {release.RegisterQuery{Kinds: []register.Kind{register.Release, register.Agreement}}, 5664},
		"type":              {release.RegisterQuery{Types: []terms.TypeOfData{terms.Identifiable}}, 671},
		"opt-outs applied":  {release.RegisterQuery{OptOuts: []terms.OptOut{terms.OptOutApplied}}, 271},
		"frequency":         {release.RegisterQuery{Frequencies: []terms.Frequency{terms.SystemAccess, terms.Ongoing}}, 1503},
		"power":             {release.RegisterQuery{Powers: []terms.Power{terms.S261_5d}}, 207},
		"route, any of":     {release.RegisterQuery{Routes: []terms.Route{terms.RouteConsent, terms.RouteStatutory}}, 107 + 82 + 5 + 318},
		"type and opt-outs": {release.RegisterQuery{Types: []terms.TypeOfData{terms.Pseudonymised}, OptOuts: []terms.OptOut{terms.OptOutApplied}}, 16}, // governance M6
		"stem":              {release.RegisterQuery{Stems: []string{"NIC-386685-K2B6G"}, Kinds: []register.Kind{register.Agreement}}, 2},
		"edition":           {release.RegisterQuery{Editions: []string{report.SHA256}}, 5664},
		"no such edition":   {release.RegisterQuery{Editions: []string{"x"}}, 0},
		"in the month":      {release.RegisterQuery{From: feb, To: feb}, 5664},
		"after the month":   {release.RegisterQuery{From: mar}, 0},
		"row id":            {release.RegisterQuery{Text: "DSfC0001"}, 1},
		"local name":        {release.RegisterQuery{Text: "phecancerreg"}, 2},
		"wildcards":         {release.RegisterQuery{Text: "_onitor"}, 0},
		"a word that tells": {release.RegisterQuery{Text: "% of phecancerreg"}, 2},
		"two words":         {release.RegisterQuery{Text: "deaths stockport", Kinds: []register.Kind{register.Release}}, 1},
	} {
		if got := search(t, s, c.query).Total; got != c.total {
			t.Errorf("%s: %d entries, want %d", name, got, c.total)
		}
	}
	for _, text := range []string{"% of", "&", "<zzz>", "-the"} {
		if _, err := s.SearchRegister(t.Context(), release.RegisterQuery{Text: text}); !errors.Is(err, fault.Invalid) {
			t.Errorf("a search for %q, which asks nothing: %v", text, err)
		}
	}
	for _, e := range search(t, s, release.RegisterQuery{Text: "nhs stockport", Kinds: []register.Kind{register.Release}, Size: 100}).Entries {
		if !strings.Contains(e.Get(register.OrganisationName)+e.Get(register.DatasetName), "Stockport") {
			t.Errorf("entry %d of %s", e.Number, e.Get(register.OrganisationName))
		}
	}
	for _, forms := range [][2]string{{"diabetes", "DIABETES"}, {"hospitals", "hospital"}} {
		agreements := []register.Kind{register.Agreement}
		one, other := search(t, s, release.RegisterQuery{Text: forms[0], Kinds: agreements}).Total, search(t, s, release.RegisterQuery{Text: forms[1], Kinds: agreements}).Total
		if one != other || one < 10 || one > 584 {
			t.Errorf("%q is found %d times, %q %d times", forms[0], one, forms[1], other)
		}
	}
	releases := []register.Kind{register.Release}
	part, whole := search(t, s, release.RegisterQuery{Text: "TOCKPOR", Kinds: releases}).Total, search(t, s, release.RegisterQuery{Text: "Stockport", Kinds: releases}).Total
	if part != whole || part == 0 {
		t.Errorf("part of a name finds %d releases, all of it %d", part, whole)
	}
	// Codes are searched by their facets, not by the words they were read from.
	if got := search(t, s, release.RegisterQuery{Text: "mixture non-confidential", Kinds: releases}).Total; got != 0 {
		t.Errorf("%d releases found by the words of a code", got)
	}
}

// For any search: the count of each facet's value is what the search finds
// with that value alone.
func facetsAgree(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(values []string) []string {
		return []string{values[random.IntN(len(values))]}
	}
	apply := func(q *release.RegisterQuery, facet string, values []string) {
		switch facet {
		case "kind":
			q.Kinds = cast[register.Kind](values)
		case "type":
			q.Types = cast[terms.TypeOfData](values)
		case "opt_outs":
			q.OptOuts = cast[terms.OptOut](values)
		case "power":
			q.Powers = cast[terms.Power](values)
		case "route":
			q.Routes = cast[terms.Route](values)
		case "sensitivity":
			q.Sensitivities = cast[terms.Sensitivity](values)
		case "frequency":
			q.Frequencies = cast[terms.Frequency](values)
		case "organisation":
			q.Organisations = values
		case "organisation_kind":
			q.OrganisationKinds = values
		case "channel":
			q.Channels = cast[terms.Channel](values)
		case "commercial":
			q.Commercial = cast[terms.Answer](values)
		case "sub_licensing":
			q.SubLicensing = cast[terms.Answer](values)
		case "stands":
			q.Stands = cast[terms.Answer](values)
		case "flag":
			q.Flags = values
		case "dataset":
			q.Datasets = values
		case "edition":
			q.Editions = values
		default:
			t.Fatalf("an unknown facet %s", facet)
		}
	}
	checked := 0
	for range 12 {
		q := release.RegisterQuery{Kinds: []register.Kind{register.Release}}
		if random.IntN(2) == 0 {
			q.Text = "nhs"
		}
		for _, f := range search(t, s, q).Facets {
			if random.IntN(3) == 0 && len(f.Values) > 0 && f.Name != "kind" {
				var values []string
				for _, v := range f.Values {
					values = append(values, v.Value)
				}
				apply(&q, f.Name, pick(values))
			}
		}
		for _, f := range search(t, s, q).Facets {
			if len(f.Values) == 0 {
				continue
			}
			v := f.Values[random.IntN(len(f.Values))]
			narrowed := q
			apply(&narrowed, f.Name, []string{v.Value})
			if got := search(t, s, narrowed).Total; got != v.Count {
				t.Fatalf("%+v: facet %s says %d of %s, the search finds %d", q, f.Name, v.Count, v.Value, got)
			}
			checked++
		}
	}
	if checked < 60 {
		t.Errorf("only %d facets were checked", checked)
	}
	labels := map[string]string{}
	for _, f := range search(t, s, release.RegisterQuery{Organisations: []string{"monitor", "nobody"}}).Facets {
		for _, v := range f.Values {
			labels[f.Name+" "+v.Value] = fmt.Sprint(v.Label, v.Chosen)
		}
	}
	for key, want := range map[string]string{"organisation monitor": "MONITORtrue", "organisation nobody": "nobodytrue",
		"dataset episode-and-spell-level-grouper-results-underlying-patient-level-data": "Episode and Spell level grouper results; underlying patient level data.false"} {
		if !strings.EqualFold(labels[key], want) {
			t.Errorf("%s is labelled %q, want %q", key, labels[key], want)
		}
	}
}

func cast[T ~string](values []string) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = T(v)
	}
	return out
}

func pagesDivide(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	q := release.RegisterQuery{Types: []terms.TypeOfData{terms.Identifiable}, Size: 100}
	var numbers []int64
	for q.Page = 1; ; q.Page++ {
		results := search(t, s, q)
		if results.Pages != 7 || results.Total != 671 || results.Page != q.Page {
			t.Fatalf("page %d of %d, %d entries", results.Page, results.Pages, results.Total)
		}
		for _, e := range results.Entries {
			numbers = append(numbers, e.Number)
			if e.TypeOfData != terms.Identifiable {
				t.Errorf("entry %d is %s", e.Number, e.TypeOfData)
			}
		}
		if q.Page == 8 {
			if len(results.Entries) > 0 {
				t.Error("there is a page after the last")
			}
			break
		}
	}
	if len(numbers) != 671 || !slices.IsSortedFunc(numbers, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("%d entries on all pages, or not newest first", len(numbers))
	}
	oldest := search(t, s, release.RegisterQuery{Oldest: true, Size: 1})
	if oldest.Entries[0].Number != 1 || oldest.Entries[0].Kind != register.Agreement {
		t.Errorf("the oldest entry is %d", oldest.Entries[0].Number)
	}
}

func searchesRefused(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	_, err := s.SearchRegister(t.Context(), release.RegisterQuery{Page: -1, Size: 101, Text: strings.Repeat("word ", 50) + "\x00",
		Organisations: make([]string, 101), From: terms.NewDate(2021, 2, 2), To: terms.NewDate(2021, 2, 1)})
	var known *fault.Error
	if !errors.Is(err, fault.Invalid) || !errors.As(err, &known) {
		t.Fatalf("error %v", err)
	}
	var fields []string
	for _, r := range known.Reasons {
		fields = append(fields, r.Field)
	}
	if want := []string{"page", "size", "text", "text", "text", "to", "organisation"}; !slices.Equal(fields, want) {
		t.Errorf("reasons at %q, want %q", fields, want)
	}
}

func entryWithRow(t *testing.T, s *release.Service, _ *migrationstest.DB, report register.Report) {
	found := search(t, s, release.RegisterQuery{Text: "DSfC0001"}).Entries[0]
	p, err := s.PublishedEntry(t.Context(), found.Number)
	if err != nil {
		t.Fatal(err)
	}
	if p.SourceID != "DSfC0001" || p.Reference != "DARS-NIC-110660-G9W6M-v2.2" || p.Dataset != "acute-local-provider-flows" ||
		p.Get(register.OrganisationID) != "nhs-stockport-ccg" || p.Get(register.OrganisationName) != "NHS Stockport CCG" ||
		p.Published()[register.CellBasis] != "Health and Social Care Act 2012 – s261(1) and s261(2)(b)(ii)" || !p.RecordedAt.Equal(moment.Truncate(time.Microsecond)) {
		t.Errorf("entry %+v", p.Entry)
	}
	if p.Edition == nil || p.Edition.SHA256 != report.SHA256 || p.Edition.Publisher != "NHS Digital" || p.Later != nil || p.About != nil {
		t.Errorf("edition %+v, later %v", p.Edition, p.Later)
	}
	if p.Source == nil || p.Source.Sheet != "DataReleases" || p.Source.Line != 2 || len(p.Source.Cells) != 12 || len(p.Source.Headers) != 12 ||
		p.Source.Headers[2] != "Type of Data Provided" || p.Source.Cells[2] != "Acute-Local Provider Flows" {
		t.Errorf("source %+v", p.Source)
	}
	if _, err := s.PublishedEntry(t.Context(), 999999); !errors.Is(err, fault.NotFound) || strings.Contains(err.Error(), "reading") {
		t.Errorf("no entry: %v", err)
	}
}

func agreementWithVersions(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	a, err := s.PublishedAgreement(t.Context(), 0, "NIC-386685-K2B6G")
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	releases := 0
	for _, v := range a.Versions {
		versions = append(versions, v.Version)
		releases += v.Releases
		if len(v.Statements) != 1 || v.Statements[0].Get(register.Objective) == "" {
			t.Errorf("%s has %d statements", v.Reference, len(v.Statements))
		}
	}
	if !slices.Equal(versions, []string{"v0.4", "v1.2"}) || releases != a.Releases || releases == 0 || a.Local || len(a.Organisations) != 1 {
		t.Errorf("versions %q, %d releases, organisations %+v", versions, releases, a.Organisations)
	}
	if local, err := s.PublishedAgreement(t.Context(), 0, "PHECancerReg"); err != nil || !local.Local || local.Releases != 1 {
		t.Errorf("a local name: %+v, error %v", local, err)
	}
	if _, err := s.PublishedAgreement(t.Context(), 0, "NIC-00000-XXXXX"); !errors.Is(err, fault.NotFound) {
		t.Errorf("no agreement: %v", err)
	}
}

func namesAndEditions(t *testing.T, s *release.Service, _ *migrationstest.DB, report register.Report) {
	organisations, err := s.PublishedOrganisations(t.Context(), 0)
	if err != nil || len(organisations) != 337 {
		t.Fatalf("%d organisations, error %v", len(organisations), err)
	}
	datasets, err := s.PublishedDatasets(t.Context(), 0)
	if err != nil || len(datasets) != 79 {
		t.Fatalf("%d datasets, error %v", len(datasets), err)
	}
	for list, want := range map[string][2]int{"organisations": {585, 5079}, "datasets": {0, 5079}} {
		statements, releases := 0, 0
		for _, n := range map[string][]release.PublishedName{"organisations": organisations, "datasets": datasets}[list] {
			statements, releases = statements+n.Statements, releases+n.Releases
		}
		if [2]int{statements, releases} != want {
			t.Errorf("%s: %d statements, %d releases, want %v", list, statements, releases, want)
		}
	}
	phe, err := s.PublishedOrganisation(t.Context(), 0, "public-health-england-phe", 0, 3)
	if err != nil || phe.Name != "Public Health England (PHE)" || len(phe.Spellings) != 2 || len(phe.Agreements) != 3 || phe.All <= 3 || phe.Releases == 0 {
		t.Fatalf("%+v, error %v", phe, err)
	}
	releases := 0
	for _, l := range phe.Lines {
		releases += l.Releases
	}
	if releases != phe.Releases || len(phe.Stems) != phe.All {
		t.Errorf("%d releases in lines, %d counted; %d of %d agreements", releases, phe.Releases, len(phe.Stems), phe.All)
	}
	for _, p := range phe.Agreements {
		if p.Statement == nil || p.Statement.Stem != p.Stem || p.Statement.Get(register.Objective) == "" {
			t.Errorf("%s has no objective", p.Stem)
		}
	}
	deaths, err := s.PublishedDataset(t.Context(), 0, "civil-registration-deaths")
	received := 0
	for _, r := range deaths.Recipients {
		received += r.Releases
	}
	if err != nil || deaths.Releases != 149 || received != deaths.Releases || len(deaths.Months) != 1 || deaths.Months[0].Releases != 149 {
		t.Errorf("%+v, error %v", deaths, err)
	}
	for _, err := range []error{
		func() error { _, err := s.PublishedOrganisation(t.Context(), 0, "nobody", 0, 1); return err }(),
		func() error { _, err := s.PublishedDataset(t.Context(), 0, "nothing"); return err }(),
		func() error { _, err := s.PublishedEdition(t.Context(), 0, "none"); return err }(),
		func() error { _, err := s.PublishedEdition(t.Context(), 0, "2026-06"); return err }(),
		func() error {
			_, err := s.PublishedOrganisation(t.Context(), release.EmptyRegister, "monitor", 0, 1)
			return err
		}(),
	} {
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("error %v", err)
		}
	}
	if e, err := s.PublishedEdition(t.Context(), 0, report.SHA256); err != nil || e.Entries != 5664 || e.Report.Found.Stems != 576 {
		t.Errorf("edition %+v, error %v", e, err)
	}
}

func export(t testing.TB, s *release.Service, format release.ExportFormat, q release.RegisterQuery) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.ExportRegister(t.Context(), format, q, false, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readCSV(t testing.TB, content []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// CSV and workbook say the same of every entry, cell by cell, and both say
// what the register says.
func exportsHoldEveryEntry(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	rows := readCSV(t, export(t, s, release.CSV, release.RegisterQuery{}))
	content := export(t, s, release.XLSX, release.RegisterQuery{})
	sheets, err := workbook.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	columns := register.Columns()
	if len(rows) != 5665 || len(sheets) != 2 || len(sheets[0].Rows) != 5665 || sheets[0].Name != "Register" || len(sheets[1].Rows) != len(columns)+1 {
		t.Fatalf("%d lines of CSV, %d sheets, %d rows", len(rows), len(sheets), len(sheets[0].Rows))
	}
	for i, row := range rows {
		for j, text := range row {
			got, want := normal(sheets[0].Cell(i+1, j+1)), register.PlainCell(text)
			if i > 0 && want != "" {
				switch columns[j].Type {
				case "date", "moment": // numbers there
					continue
				case "boolean":
					want = map[string]string{"true": "1", "false": "0"}[want]
				}
			}
			if got != want {
				t.Fatalf("line %d, column %s: %q in the workbook, %q in CSV", i+1, columns[j].Name, got, want)
			}
		}
	}
	for number := int64(1); number <= 5664; number += 37 {
		p, err := s.PublishedEntry(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		for j, c := range columns {
			if got := register.PlainCell(rows[number][j]); normal(c.Text(p.Entry)) != got {
				t.Fatalf("entry %d, column %s: %q, want %q", number, c.Name, got, c.Text(p.Entry))
			}
		}
	}
	for _, format := range []release.ExportFormat{release.CSV, release.JSON} {
		if !bytes.Equal(export(t, s, format, release.RegisterQuery{}), export(t, s, format, release.RegisterQuery{})) {
			t.Errorf("%s: the same register gave other bytes", format)
		}
	}
	if !bytes.Equal(content, export(t, s, release.XLSX, release.RegisterQuery{})) {
		t.Error("xlsx: the same register gave other bytes")
	}
	if err := s.ExportRegister(t.Context(), "pdf", release.RegisterQuery{}, false, io.Discard); !errors.Is(err, fault.NotFound) {
		t.Errorf("a format that is none: %v", err)
	}
}

// normal is a text as a reader of CSV in Go gets it, who takes CR LF within a
// text for LF.
func normal(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func exportOfSearch(t *testing.T, s *release.Service, _ *migrationstest.DB, _ register.Report) {
	q := release.RegisterQuery{OptOuts: []terms.OptOut{terms.OptOutApplied}, Text: "nhs", Page: 2, Size: 5}
	total := search(t, s, q).Total
	rows := readCSV(t, export(t, s, release.CSV, q))
	if len(rows) != total+1 || total == 0 || total > 271 {
		t.Errorf("%d lines for %d entries", len(rows), total)
	}
	if empty := readCSV(t, export(t, s, release.CSV, release.RegisterQuery{Stems: []string{"none"}})); len(empty) != 1 {
		t.Errorf("%d lines for no entry", len(empty))
	}
}

// The role of someone who may read the published tables alone can do all of it.
func onlyPublishedTables(t *testing.T, _ *release.Service, db *migrationstest.DB, report register.Report) {
	for _, statement := range []string{
		`DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'registrar_test_reader') THEN CREATE ROLE registrar_test_reader; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
		`GRANT USAGE ON SCHEMA public TO registrar_test_reader`,
		`GRANT SELECT ON editions, entries, entry_texts, source_rows, source_cells, text_words TO registrar_test_reader`,
	} {
		if _, err := db.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if _, err := db.DB.Exec(`DROP OWNED BY registrar_test_reader`); err != nil {
			t.Error(err)
		}
	})
	reader := release.New(release.Config{DB: db.As(t, "registrar_test_reader").DB})
	ctx := t.Context()
	search(t, reader, release.RegisterQuery{Text: "nhs"})
	for name, read := range map[string]func() error{
		"entry":         func() error { _, err := reader.PublishedEntry(ctx, 600); return err },
		"agreement":     func() error { _, err := reader.PublishedAgreement(ctx, 0, "NIC-386685-K2B6G"); return err },
		"organisation":  func() error { _, err := reader.PublishedOrganisation(ctx, 0, "monitor", 0, 5); return err },
		"dataset":       func() error { _, err := reader.PublishedDataset(ctx, 0, "civil-registration-deaths"); return err },
		"organisations": func() error { _, err := reader.PublishedOrganisations(ctx, 0); return err },
		"datasets":      func() error { _, err := reader.PublishedDatasets(ctx, 0); return err },
		"editions":      func() error { _, err := reader.PublishedEditions(ctx); return err },
		"csv": func() error {
			return reader.ExportRegister(ctx, release.CSV, release.RegisterQuery{Kinds: []register.Kind{register.Agreement}}, false, io.Discard)
		},
		"edition": func() error { return reader.ExportEdition(ctx, report.SHA256, io.Discard) },
	} {
		if err := read(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A text that was erased by law leaves the word that it was, by its tombstone;
// nothing else of the entry changes.
func erasedTexts(t *testing.T, s *release.Service, db *migrationstest.DB, _ register.Report) {
	for _, statement := range []string{`ALTER TABLE entry_texts DISABLE TRIGGER ALL`, `DELETE FROM entry_texts WHERE entry_texts = 1 AND field = 'objective'`,
		`ALTER TABLE entry_texts ENABLE TRIGGER ALL`} {
		if _, err := db.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := s.PublishedEntry(t.Context(), 1); err != nil || !slices.ContainsFunc(p.Texts, func(x register.Text) bool { return x.Field == register.Objective && x.Withheld }) {
		t.Errorf("a text that is not at hand, and of which no tombstone says that it was erased, is told as %+v, %v", p.Texts, err)
	}
	if err := s.Enter(t.Context(), with(register.Entry{Kind: register.Tombstone, About: 1, Fields: []register.Field{register.Objective}}, "reason", "By law")); err != nil {
		t.Fatal(err)
	}
	p, err := s.PublishedEntry(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(p.Texts, func(x register.Text) bool { return x.Field == register.Objective })
	if i < 0 || !p.Texts[i].Erased || p.Texts[i].Text != "" || p.Get(register.OrganisationName) == "" {
		t.Errorf("texts %+v", p.Texts)
	}
	rows := readCSV(t, export(t, s, release.CSV, release.RegisterQuery{Stems: []string{p.Stem}, Kinds: []register.Kind{register.Agreement}}))
	erased := slices.IndexFunc(register.Columns(), func(c register.Column) bool { return c.Name == "erased" })
	if len(rows) != 2 || rows[1][erased] != "objective" {
		t.Errorf("erased: %q", rows[1][erased])
	}
	if list := search(t, s, release.RegisterQuery{Stems: []string{p.Stem}, Oldest: true}).Entries[0]; slices.ContainsFunc(list.Texts, func(x register.Text) bool { return x.Erased }) {
		t.Errorf("a list says that a text it does not show was erased: %+v", list.Texts)
	}
}

func TestExportGolden(t *testing.T) {
	s, _ := newService(t)
	file := release.EditionFile{Name: "releaseregister_20200101_20200131.xlsx", Content: smallEdition(t)}
	if _, err := s.ImportEdition(t.Context(), importer, file); err != nil {
		t.Fatal(err)
	}
	got := export(t, s, release.CSV, release.RegisterQuery{})
	sum := sha256.Sum256(file.Content) // depends on the library that writes workbooks
	got = bytes.ReplaceAll(got, []byte(hex.EncodeToString(sum[:])), []byte("SHA-256 of the file"))
	const path = "testdata/register_export.csv"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update rewrites it); got\n%s", path, got)
	}
}

// smallEdition is an edition whose texts are all awkward.
func smallEdition(t testing.TB) []byte {
	var out bytes.Buffer
	w, err := workbook.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, sheet := range []struct {
		name string
		rows [][]string
	}{
		{"DataReleases", [][]string{
			{"RowID", "Organisation Name", "Type of Data Provided", "Data provided to customer: Identifiable, Anonymised - ICO code compliant, Aggregated - anonymised", "Sensitive or Non-Sensitive", "Legal Basis for Provision of Data", "Purpose", "Frequency", "NIC Number", "MR Number (where relevant)", "Patient Opt-Outs applied", "Common law duty of confidentiality"},
			{"FILE1", "=cmd|' /C calc'!A0", "@Dataset, \"quoted\"", "Identifiable", "Non Sensitive", "Because we may", "", "One-Off", "DARS-NIC-12345-ABCDE-v1.10", "", "Yes - patient objections upheld", "Section 251 NHS Act 2006"},
			{"-FILE2", "'Apostrophe Trust", "HES", "", "", "Section 36, Health Act 2009", "", "Ongoing", "CASEMIX", "", "", ""},
		}},
		{"PurposeStatements", [][]string{
			{"Reference Number", "Organisation", "Objective for Processing", "Processing Activities", "Expected Output", "Expected Measurable Benefits", "Yielded Benefits", "Organisation Type"},
			{"NIC-12345-ABCDE-v1.10 ", "=cmd|' /C calc'!A0", "+44 lines\nof text ", "\ttab", "−minus, ＝full width", "", "", "SME"},
		}},
	} {
		s, err := w.Plain(sheet.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range sheet.rows {
			if err := s.Strings(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
