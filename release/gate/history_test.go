package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// february2021 reads the cases of the real register: what each row says.
func february2021(t *testing.T) map[string]gate.Case {
	t.Helper()
	f, err := excelize.OpenFile("../../testdata/register/releaseregister_20210201_20210228.xlsx", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("DataReleases")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]gate.Case{}
	for _, row := range rows[1:] {
		for len(row) < 12 {
			row = append(row, "")
		}
		typ, ok1 := terms.ParseTypeOfData(row[3])
		power, basisRoutes, ok2 := terms.ParseBasis(row[5])
		optOut, ok3 := terms.ParseOptOut(row[10])
		routes, ok4 := terms.ParseRoutes(row[11])
		if !ok1 || !ok2 || !ok3 || !ok4 {
			t.Fatalf("%s has an unknown string: %q", row[0], row)
		}
		cases[row[0]] = gate.Case{
			At: time.Date(2021, 2, 15, 12, 0, 0, 0, time.UTC), Historical: true,
			Line:    terms.DatasetLine{DatasetName: row[2], Type: typ, Power: power, OptOut: optOut},
			History: &gate.History{BasisRoutes: basisRoutes, Routes: routes, Organisation: row[1]},
		}
	}
	if len(cases) != 5079 {
		t.Fatalf("%d rows", len(cases))
	}
	return cases
}

// TestHistory holds the known answers of governance §2 over the register of
// February 2021.
func TestHistory(t *testing.T) {
	counts := map[string]int{}
	contradicting := map[string]bool{}
	found := map[string][]string{}
	for id, c := range february2021(t) {
		for _, f := range gate.Evaluate(c).Findings {
			key := fmt.Sprintf("%s %s", f.Rule, f.Outcome)
			counts[key]++
			found[key] = append(found[key], id)
			if f.Outcome == gate.Refuse {
				contradicting[id] = true
			}
		}
	}
	want := map[string]int{
		"M1 refuse": 12, "M2 refuse": 5, "M2 warn": 2, "M3 refuse": 4, "M4 refuse": 0, "M5 warn": 4, "M6 warn": 16,
		"M7 pass": 298, "M8 warn": 82, "M9 cannot_tell": 563, "M10 cannot_tell": 7,
	}
	for key, n := range want {
		if counts[key] != n {
			t.Errorf("%s: %d rows, want %d: %.10v", key, counts[key], n, found[key])
		}
	}
	if len(contradicting) != 16 {
		t.Errorf("%d rows contradict themselves, want 16", len(contradicting))
	}
	exempted := 0
	for _, c := range february2021(t) {
		for _, f := range gate.Evaluate(c).Findings {
			if f.Rule == "M4" && f.Outcome == gate.Pass && !c.Line.OptOut.Applied() {
				exempted++
			}
		}
	}
	if exempted != 8 {
		t.Errorf("%d rows pass by a listed exemption, want 8", exempted)
	}
	for key, want := range map[string][]string{
		"M2 refuse": {"DSfC0173", "DSfC0544", "DSfC2033", "DSfC2378", "DSfC2531"},
		"M2 warn":   {"FILE0118312", "FILE0118319"}, // consented deaths, "no confidential flow"
		"M3 refuse": {"DSfC2033", "DSfC2283", "DSfC2378", "DSfC2531"},
	} {
		if got := slices.Sorted(slices.Values(found[key])); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
}

// TestHistorySpeaksOfCells: over published rows no word says that anything was
// refused or unlawful, and what is not recorded is no contradiction.
func TestHistorySpeaksOfCells(t *testing.T) {
	for id, c := range february2021(t) {
		d := gate.Evaluate(c)
		for _, line := range d.Explain() {
			if strings.Contains(line, "unlawful") || strings.HasPrefix(line, "Refused") {
				t.Fatalf("%s: %s", id, line)
			}
		}
		for _, f := range d.Findings {
			if f.Outcome == gate.Refuse && (f.Rule == "M9" || f.Rule == "M10") {
				t.Fatalf("%s: %+v", id, f)
			}
		}
	}
}

// TestHistoryUsesTheRulesOfItsMonth: before the Type 2 directions of 29 April
// 2016 nobody was bound to apply opt-outs under section 251.
func TestHistoryUsesTheRulesOfItsMonth(t *testing.T) {
	c := gate.Case{Historical: true, Line: terms.DatasetLine{Type: terms.Identifiable, Power: terms.S261_7, OptOut: terms.OptOutNotIdentifiable},
		History: &gate.History{Routes: []terms.Route{terms.RouteSection251}}}
	for day, want := range map[string]gate.Outcome{"2016-04-28": "", "2016-04-29": gate.Refuse} {
		at := date(day)
		c.At = time.Date(at.Year, at.Month, at.Day, 12, 0, 0, 0, terms.London)
		if got := outcome(gate.Evaluate(c), "M4"); got != want {
			t.Errorf("on %s M4 says %q, want %q", day, got, want)
		}
	}
	c.At = time.Date(2017, 9, 15, 12, 0, 0, 0, terms.London)
	// Editions that have only Y and N leave the reason out.
	c.Line.OptOut = terms.OptOutNoReason
	if got := outcome(gate.Evaluate(c), "M4"); got != gate.CannotTell {
		t.Errorf("a bare No, in history: %s", got)
	}
	// "Health and Social Care Act 2012", as all of 2016-17 has it, tells no
	// power: history cannot be told, a new line is refused.
	c.Line.Power = terms.HSCA2012
	if got := outcome(gate.Evaluate(c), "M9"); got != gate.CannotTell {
		t.Errorf("the Act alone, in history: %s", got)
	}
}
