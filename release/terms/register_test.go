package terms_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"data.release/registrar/release/terms"
)

// february2021 is the real workbook's two sheets, header rows first.
var february2021 = sync.OnceValues(func() (map[string][][]string, error) {
	f, err := excelize.OpenFile("../../testdata/register/releaseregister_20210201_20210228.xlsx", excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sheets := map[string][][]string{}
	for _, name := range []string{"DataReleases", "PurposeStatements"} {
		if sheets[name], err = f.GetRows(name); err != nil {
			return nil, err
		}
	}
	return sheets, nil
})

// column is every cell of a sheet's column, blank cells included.
func column(t *testing.T, sheet string, index int) []string {
	t.Helper()
	sheets, err := february2021()
	if err != nil {
		t.Fatal(err)
	}
	var cells []string
	for _, row := range sheets[sheet][1:] {
		cell := ""
		if index < len(row) {
			cell = row[index]
		}
		cells = append(cells, cell)
	}
	return cells
}

// TestReferencesOfTheRegister holds the figures of the February 2021 register:
// 585 references, six of them local names, one with a space at its end and no
// version; 576 stems of agreements, three of them under two versions.
func TestReferencesOfTheRegister(t *testing.T) {
	raws := slices.Concat(column(t, "DataReleases", 8), column(t, "PurposeStatements", 0))
	slices.Sort(raws)
	raws = slices.Compact(raws)
	var local, spaced, unversioned []string
	versions := map[string][]string{}
	for _, raw := range raws {
		r, err := terms.ParseReference(raw)
		if err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		if raw != strings.TrimSpace(raw) {
			spaced = append(spaced, raw)
		}
		if !r.IsNIC() {
			local = append(local, r.String())
			continue
		}
		if !r.Versioned {
			unversioned = append(unversioned, r.String())
		}
		versions[r.Stem()] = append(versions[r.Stem()], r.Version())
	}
	if len(raws) != 585 {
		t.Errorf("%d references, want 585", len(raws))
	}
	if want := []string{"CASEMIX_MONITOR", "CASEMIX_NHSE", "GPCENSUS", "NWIS", "PHECancerReg", "SHMI_trusts"}; !slices.Equal(local, want) {
		t.Errorf("local names %v, want %v", local, want)
	}
	if want := []string{"NIC-154590-YG6QH "}; !slices.Equal(spaced, want) {
		t.Errorf("with spaces %q, want %q", spaced, want)
	}
	if want := []string{"DARS-NIC-154590-YG6QH"}; !slices.Equal(unversioned, want) {
		t.Errorf("unversioned %v, want %v", unversioned, want)
	}
	twice := 0
	for _, v := range versions {
		if len(v) == 2 {
			twice++
		} else if len(v) != 1 {
			t.Errorf("versions %v of one stem", v)
		}
	}
	if len(versions) != 576 || twice != 3 {
		t.Errorf("%d stems, %d under two versions; want 576 and 3", len(versions), twice)
	}
}

func tally[T ~string](t *testing.T, parse func(string) (T, bool), cells []string) map[T]int {
	t.Helper()
	counts := map[T]int{}
	for _, cell := range cells {
		c, ok := parse(cell)
		if !ok {
			t.Errorf("%q is not known", cell)
		}
		counts[c]++
	}
	return counts
}

func expect[T ~string](t *testing.T, what string, got, want map[T]int) {
	t.Helper()
	for c, n := range want {
		if got[c] != n {
			t.Errorf("%s %s: %d rows, want %d", what, c, got[c], n)
		}
	}
	for c, n := range got {
		if _, expected := want[c]; !expected {
			t.Errorf("%s %s: %d rows, want none", what, c, n)
		}
	}
}

// TestVocabulariesOfTheRegister reads every coded cell of the February 2021
// register; the counts are those of a separate count of the raw strings.
func TestVocabulariesOfTheRegister(t *testing.T) {
	expect(t, "type", tally(t, terms.ParseTypeOfData, column(t, "DataReleases", 3)),
		map[terms.TypeOfData]int{terms.Pseudonymised: 4408, terms.Identifiable: 671})
	expect(t, "sensitivity", tally(t, terms.ParseSensitivity, column(t, "DataReleases", 4)),
		map[terms.Sensitivity]int{terms.Sensitive: 4013, terms.NonSensitive: 1066})
	expect(t, "frequency", tally(t, terms.ParseFrequency, column(t, "DataReleases", 7)),
		map[terms.Frequency]int{terms.OneOff: 3576, terms.Ongoing: 1031, terms.SystemAccess: 472})
	expect(t, "opt-out", tally(t, terms.ParseOptOut, column(t, "DataReleases", 10)), map[terms.OptOut]int{
		terms.OptOutNotIdentifiable: 4310, terms.OptOutStatutory: 300, terms.OptOutApplied: 271, terms.OptOutDeathsLocalAuthority: 118,
		terms.OptOutConsent: 69, terms.OptOutPHEExemption: 7, terms.OptOutBirths: 1, terms.OptOutStaffList: 1,
		terms.OptOutPHEMemorandum: 1, terms.OptOutCAGExemption: 1})

	powers, basisRoutes := map[terms.Power]int{}, map[terms.Route]int{}
	for _, cell := range column(t, "DataReleases", 5) {
		power, routes, ok := terms.ParseBasis(cell)
		if !ok {
			t.Errorf("basis %q is not known", cell)
		}
		powers[power]++
		for _, r := range routes {
			basisRoutes[r]++
		}
	}
	expect(t, "power", powers, map[terms.Power]int{terms.S261_1_2bii: 2516, terms.S261Other: 1575, terms.PowerNotRecorded: 563,
		terms.S261_5d: 207, terms.S261_7: 131, terms.S261_2c: 84, terms.SRSA45C: 2, terms.HealthAct36: 1})
	expect(t, "route in the basis cell", basisRoutes,
		map[terms.Route]int{terms.RouteSection251: 287 + 6, terms.RouteCOPI3: 247 + 1, terms.RouteConsent: 21 + 1})

	routes := map[string]int{}
	for _, cell := range column(t, "DataReleases", 11) {
		named, ok := terms.ParseRoutes(cell)
		if !ok {
			t.Errorf("route %q is not known", cell)
		}
		words := make([]string, len(named))
		for i, r := range named {
			words[i] = string(r)
		}
		routes[strings.Join(words, "+")]++
	}
	expect(t, "routes", routes, map[string]int{"none": 2300, "section_251+none": 1823, "section_251": 431 + 6,
		"statutory_exemption": 318, "consent": 107, "consent+section_251": 82, "not_recorded": 7, "consent+none": 5})
}
