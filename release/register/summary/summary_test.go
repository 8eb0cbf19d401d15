package summary_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
)

func on(month time.Month, day int) terms.Date { return terms.Date{Year: 2026, Month: month, Day: day} }

func TestLinesAddUp(t *testing.T) {
	release := func(number int64, organisation, dataset string, optOut terms.OptOut, from, to terms.Date) index.Row {
		return index.Row{Number: number, Kind: register.Release, Stem: "NIC-00001-AAAAA", Organisation: organisation, Dataset: dataset,
			TypeOfData: terms.Identifiable, OptOut: optOut, Routes: []terms.Route{terms.RouteConsent, terms.RouteSection251}, EventFrom: from, EventTo: to}
	}
	s := summary.Of(9, slices.Values([]index.Row{
		{Number: 1, Kind: register.Agreement, Stem: "NIC-00001-AAAAA", Organisation: "a"},
		release(2, "a", "hes", terms.OptOutApplied, on(1, 1), on(1, 31)),
		release(3, "a", "hes", terms.OptOutApplied, on(3, 1), on(3, 31)),
		release(4, "a", "hes", terms.OptOutConsent, terms.Date{}, terms.Date{}),
		release(5, "b", "ecds", terms.OptOutApplied, on(2, 1), on(2, 28)),
		{Number: 6, Kind: register.Destruction, Stem: "NIC-00001-AAAAA", Organisation: "a"},
		{Number: 7, Kind: register.Succession, Organisation: "a", Successor: "c", Relation: terms.MergedInto},
	}))
	lines := s.OfOrganisations("a")
	if len(lines) != 2 || lines[0].OptOut != terms.OptOutApplied || lines[0].Releases != 2 || lines[0].From != on(1, 1) || lines[0].To != on(3, 31) || lines[0].Newest != 3 {
		t.Errorf("%+v", lines)
	}
	if !lines[1].From.IsZero() || !slices.Equal(lines[1].RouteList(), []terms.Route{terms.RouteConsent, terms.RouteSection251}) {
		t.Errorf("%+v", lines[1])
	}
	agreement := s.Agreement("NIC-00001-AAAAA")
	if agreement.Releases != 4 || !slices.Equal(agreement.Organisations, []string{"a", "b"}) || !slices.Equal(agreement.Statements, []int64{1}) ||
		!slices.Equal(agreement.Endings, []int64{6}) || agreement.To != on(3, 31) {
		t.Errorf("%+v", agreement)
	}
	if s.Agreement("NIC-00002-AAAAA") != nil || len(s.Successions) != 1 {
		t.Errorf("%+v", s.Successions)
	}
	if got := s.AgreementsOf("a", "b"); len(got) != 1 {
		t.Errorf("%d agreements", len(got))
	}
	months := s.Months("hes", "ecds")
	if len(months) != 4 || months[0].From != on(3, 1) || months[3].Releases != 1 || !months[3].From.IsZero() {
		t.Errorf("%+v", months)
	}
	merged := summary.Merge(s.OfAgreement("NIC-00001-AAAAA"), func(l summary.Line) string { return l.Dataset })
	if len(merged) != 2 || merged[0].Dataset != "ecds" || merged[1].Releases != 3 {
		t.Errorf("%+v", merged)
	}
}

// Every release is in exactly one line, whichever way one asks.
func TestNothingIsCountedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "n")
		var rows []index.Row
		want := map[string]int{}
		releases := 0
		for i := range n {
			r := index.Row{
				Number: int64(i + 1), Kind: rapid.SampledFrom([]register.Kind{register.Release, register.Agreement, register.Correction}).Draw(t, "kind"),
				Stem:         fmt.Sprint("s", rapid.IntRange(0, 3).Draw(t, "stem")),
				Organisation: fmt.Sprint("o", rapid.IntRange(0, 3).Draw(t, "organisation")),
				Dataset:      fmt.Sprint("d", rapid.IntRange(0, 3).Draw(t, "dataset")),
				OptOut:       terms.OptOut(rapid.SampledFrom(terms.OptOut("").Values()).Draw(t, "opt-out")),
			}
			if r.Kind == register.Correction {
				r.Corrects = register.Release
			}
			if r.AsRelease() {
				releases++
				want[r.Organisation]++
				want[r.Dataset]++
				want[r.Stem]++
			}
			rows = append(rows, r)
		}
		s := summary.Of(int64(n), slices.Values(rows))
		total := func(lines []summary.Line) (sum int) {
			for _, l := range lines {
				sum += l.Releases
			}
			return sum
		}
		if total(s.Lines()) != releases || s.Figures.Releases != releases {
			t.Fatalf("%d in lines, %d in the figures, %d releases", total(s.Lines()), s.Figures.Releases, releases)
		}
		for i := range 4 {
			for id, got := range map[string]int{
				fmt.Sprint("o", i): total(s.OfOrganisations(fmt.Sprint("o", i))),
				fmt.Sprint("d", i): total(s.OfDatasets(fmt.Sprint("d", i))),
				fmt.Sprint("s", i): total(s.OfAgreement(fmt.Sprint("s", i))),
			} {
				if got != want[id] {
					t.Fatalf("%s has %d in its lines, %d releases", id, got, want[id])
				}
			}
		}
	})
}
