package tally_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/tally"
	"data.release/registrar/release/terms"
)

func same(organisation string) string { return organisation }

func compute(rows []index.Row) *tally.Statistics { return tally.Compute(slices.Values(rows), same) }

func byCode(t *testing.T, counts []tally.Count, code string) tally.Count {
	t.Helper()
	i := slices.IndexFunc(counts, func(c tally.Count) bool { return c.Code == code })
	if i < 0 {
		t.Fatalf("no count of %q", code)
	}
	return counts[i]
}

// TestFebruary2021 holds the counts of domain §1.2 over the real workbook.
func TestFebruary2021(t *testing.T) {
	f, err := excelize.OpenFile("../../../testdata/register/releaseregister_20210201_20210228.xlsx", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	statements, err := f.GetRows("PurposeStatements")
	if err != nil {
		t.Fatal(err)
	}
	releases, err := f.GetRows("DataReleases")
	if err != nil {
		t.Fatal(err)
	}
	var rows []index.Row
	add := func(r index.Row) {
		r.Number, r.Edition, r.EventFrom, r.EventTo = int64(len(rows)+1), "e", terms.NewDate(2021, 2, 1), terms.NewDate(2021, 2, 28)
		rows = append(rows, r)
	}
	kind := slices.Index(statements[0], "Organisation Type")
	organisation := slices.IndexFunc(statements[0], func(h string) bool { return strings.HasPrefix(h, "Organisation") })
	for _, cells := range statements[1:] {
		r := index.Row{Kind: register.Agreement, Organisation: register.Slug(cells[organisation])}
		if kind < len(cells) {
			r.OrganisationKind = strings.TrimSpace(cells[kind])
		}
		add(r)
	}
	for _, cells := range releases[1:] {
		for len(cells) < 12 {
			cells = append(cells, "")
		}
		r := index.Row{Kind: register.Release, Organisation: register.Slug(cells[1]), Dataset: register.Slug(cells[2]), Stem: cells[8]}
		r.TypeOfData, _ = terms.ParseTypeOfData(cells[3])
		r.Sensitivity, _ = terms.ParseSensitivity(cells[4])
		r.Power, _, _ = terms.ParseBasis(cells[5])
		r.Frequency, _ = terms.ParseFrequency(cells[7])
		r.OptOut, _ = terms.ParseOptOut(cells[10])
		add(r)
	}
	s := compute(rows)
	if s.Releases != 5079 || s.With != 271 || s.Access != 472 || s.Files != 4607 || s.Frequent != 0 || s.Size != 5664 {
		t.Errorf("%d releases, %d with opt-outs, %d access, %d files, size %d", s.Releases, s.With, s.Access, s.Files, s.Size)
	}
	for code, want := range map[string]int{"pseudonymised": 4408, "identifiable": 671} {
		if got := byCode(t, s.Types, code).Releases; got != want {
			t.Errorf("%s: %d", code, got)
		}
	}
	for code, want := range map[string]int{"not_identifiable": 4310, "statutory_exemption": 300, "applied": 271, "deaths_local_authority": 118, "consent": 69, "phe_exemption": 7, "births": 1} {
		if got := byCode(t, s.OptOuts, code).Releases; got != want {
			t.Errorf("%s: %d", code, got)
		}
	}
	for code, want := range map[string]int{"one_off": 3576, "ongoing": 1031, "system_access": 472} {
		if got := byCode(t, s.Frequencies, code).Releases; got != want {
			t.Errorf("%s: %d", code, got)
		}
	}
	if len(s.Months) != 1 || s.Months[0].Label() != "Feb 2021" || s.Months[0].Releases != 5079 || s.Months[0].Share() != "5.3" || s.Months[0].Access != 472 {
		t.Errorf("%+v", s.Months)
	}
	accessed := 0
	for _, a := range s.Accesses {
		accessed += a.Rows
	}
	if accessed != 472 {
		t.Errorf("%d rows of access", accessed)
	}
	if got := byCode(t, s.Kinds, "Clinical Commissioning Group (CCG)"); got.Organisations != 131 || got.Releases != 3249 {
		t.Errorf("CCGs: %+v", got)
	}
}

// TestWhatStands: what no longer stands is not counted as released, and every
// entry is counted as one.
func TestWhatStands(t *testing.T) {
	day := terms.NewDate(2026, 3, 5)
	release := index.Row{Kind: register.Release, Organisation: "o", Dataset: "d", Stem: "s", TypeOfData: terms.Identifiable, OptOut: terms.OptOutApplied, Frequency: terms.SystemAccess, EventFrom: day, EventTo: day, RecordedAt: time.Unix(0, 0)}
	rows := []index.Row{release, release, {Kind: register.Correction, Corrects: register.Release, About: 2, Organisation: "o", OptOut: terms.OptOutNoReason, EventFrom: day, EventTo: day, Channel: terms.ChannelFile, Late: true}, {Kind: register.Withdrawal, About: 1}}
	rows[0].Ended, rows[1].Ended = 4, 3
	for i := range rows {
		rows[i].Number = int64(i + 1)
	}
	s := compute(rows)
	if s.Releases != 1 || s.With != 0 || s.Files != 1 || s.Access != 0 || s.Late != 1 || s.Corrections != 1 || len(s.Accesses) != 0 {
		t.Errorf("%+v", s)
	}
	want := []tally.EntryCount{{Kind: register.Release, All: 2, Stand: 0}, {Kind: register.Correction, All: 1, Stand: 1}, {Kind: register.Withdrawal, All: 1, Stand: 1}}
	if !slices.Equal(s.Entries, want) {
		t.Errorf("%+v", s.Entries)
	}
	if m := s.Months[0]; m.From != terms.NewDate(2026, 3, 1) || m.To != terms.NewDate(2026, 3, 31) || m.NoReason != 1 || m.Share() != "0.0" {
		t.Errorf("%+v", m)
	}
	if empty := compute(nil); empty.Size != 0 || len(empty.Months) != 0 {
		t.Errorf("%+v", empty)
	}
	if (tally.Counted{Releases: 1, NotRecorded: 1}).Share() != "" {
		t.Error("a share of no answer")
	}
}

// TestEveryTableCountsTheSame: each table, added up, is all releases.
func TestEveryTableCountsTheSame(t *testing.T) {
	anyRow := rapid.Custom(func(t *rapid.T) index.Row {
		pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
		from := terms.NewDate(2021, time.Month(rapid.IntRange(1, 14).Draw(t, "month")), 1)
		return index.Row{
			Kind: register.Kind(pick("kind", "release", "agreement")), Organisation: pick("organisation", "", "a", "b"), OrganisationKind: pick("sort", "", "CCG", "Charity"),
			TypeOfData: terms.TypeOfData(pick("type", terms.TypeOfData("").Values()...)), Power: terms.Power(pick("power", "s261_7", "other")), Frequency: terms.Frequency(pick("frequency", terms.Frequency("").Values()...)),
			OptOut: terms.OptOut(pick("opt-out", terms.OptOut("").Values()...)), Channel: terms.Channel(pick("channel", "", "file", "system_access")),
			EventFrom: from, EventTo: from.AddDays(rapid.IntRange(0, 90).Draw(t, "days")), Ended: int64(rapid.IntRange(0, 1).Draw(t, "ended")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(anyRow, 0, 40).Draw(t, "rows")
		for i := range rows {
			rows[i].Number = int64(i + 1)
		}
		s := compute(rows)
		if s.Files+s.Access+s.Frequent != s.Releases {
			t.Fatalf("%+v", s)
		}
		for _, table := range [][]tally.Count{s.Types, s.Powers, s.OptOuts, s.Kinds, s.Frequencies, s.Channels} {
			sum, with := 0, 0
			for _, c := range table {
				sum, with = sum+c.Releases, with+c.With
				if c.With+c.Without+c.NoReason+c.NotRecorded != c.Releases {
					t.Fatalf("%+v", c)
				}
			}
			if sum != s.Releases || with != s.With {
				t.Fatalf("%d of %d releases in %+v", sum, s.Releases, table)
			}
		}
		sum, access, lines := 0, 0, 0
		for _, m := range s.Months {
			sum, access = sum+m.Releases, access+m.Access
		}
		for _, a := range s.Accesses {
			lines += a.Rows
		}
		if sum != s.Releases || access != s.Access || lines != s.Access {
			t.Fatalf("%d releases, %d access, %d lines of access", sum, access, lines)
		}
	})
}

func TestMonths(t *testing.T) {
	d := terms.NewDate
	for want, span := range map[string][2]terms.Date{
		"Feb 2021": {d(2021, 2, 1), d(2021, 2, 28)}, "Sep to Nov 2017": {d(2017, 9, 1), d(2017, 11, 30)}, "Dec 2017 to Feb 2018": {d(2017, 12, 1), d(2018, 2, 28)}, "Not recorded": {},
	} {
		if got := tally.Months(span[0], span[1]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestFigures: no single request can be told from the figures.
func TestFigures(t *testing.T) {
	for n, want := range map[int]string{-1: "none", 0: "none", 1: "1 to 4", 4: "1 to 4", 5: "5", 120: "120"} {
		if got := tally.Band(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for _, c := range []struct {
		days []int
		want tally.Turnaround
	}{
		{nil, tally.Turnaround{Request: "application", Count: "none"}},
		{[]int{3, 1, 2, 9}, tally.Turnaround{Request: "application", Count: "1 to 4"}},
		{[]int{40, 3, 1, 2, 9}, tally.Turnaround{Request: "application", Count: "5", Median: "3", Most: "40"}},
		{[]int{1, 2, 3, 4, 5, 6}, tally.Turnaround{Request: "application", Count: "6", Median: "3.5", Most: "6"}},
	} {
		if got := tally.Turned("application", c.days); got != c.want {
			t.Errorf("%v: %+v", c.days, got)
		}
	}
	got := tally.Outcomes(map[[3]string]int{{"extract", "refused", "b"}: 7, {"application", "withdrawn", "a"}: 2, {"extract", "refused", "a"}: 1})
	want := []tally.Outcome{{"application", "withdrawn", "a", "1 to 4"}, {"extract", "refused", "a", "1 to 4"}, {"extract", "refused", "b", "7"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
