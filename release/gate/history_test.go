package gate_test

import (
	"fmt"
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
	for _, id := range []string{"DSfC0173", "DSfC0544", "DSfC2033", "DSfC2378", "DSfC2531"} {
		if !contradicting[id] {
			t.Errorf("%s does not contradict itself", id)
		}
	}
	if got := found["M2 warn"]; len(got) != 2 {
		t.Errorf("consented deaths without a confidential flow: %v", got)
	}
}
