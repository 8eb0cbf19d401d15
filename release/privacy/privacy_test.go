package privacy_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/privacy"
	"data.release/registrar/release/workbook"
)

// The names, numbers and addresses here are made up: the telephone numbers are
// those that Ofcom keeps for fiction, the NHS numbers of the range 999 that is
// never given out.
func TestScan(t *testing.T) {
	cases := []struct {
		text string
		want []string // "kind: found"
	}{
		{"", nil},
		{"The data are pseudonymised.", nil},

		{"NHS number 9990000018.", []string{"nhs_number: 9990000018"}},
		{"999 000 0018 and 999-000-0026", []string{"nhs_number: 999 000 0018", "nhs_number: 999-000-0026"}},
		{"999\u00a0000\u00a00018", []string{"nhs_number: 999\u00a0000\u00a00018"}},
		{"999–000–0018", []string{"nhs_number: 999–000–0018"}},
		{"(9990000018,9990000026)", []string{"nhs_number: 9990000018", "nhs_number: 9990000026"}},
		{"NHS9990000018", []string{"nhs_number: 9990000018"}},
		{"9990000019", nil},            // wrong check digit
		{"99900000180", nil},           // a longer number
		{"19990000018", nil},           //
		{"0.9990000018", nil},          // a decimal
		{"9990000018.5", nil},          //
		{"999  000 0018", nil},         // two spaces
		{"9999999999 0000000000", nil}, // stand for none

		{"Write to jane.doe+dars@example.nhs.uk.", []string{"email: jane.doe+dars@example.nhs.uk"}},
		{"<o'brien@example.org>", []string{"email: o'brien@example.org"}},
		{"9990000018@example.org", []string{"nhs_number: 9990000018", "email: 9990000018@example.org"}},
		{"follow @registrar, or a@b, or x@10.0.0.1", nil},
		{"cost @ 5 pounds. @. a@.com a@-", nil},

		{"Call 020 7946 0018.", []string{"telephone: 020 7946 0018"}},
		{"(0113) 496 0018 or 0113-496-0018", []string{"telephone: (0113) 496 0018", "telephone: 0113-496-0018"}},
		{"+44 (0)20 7946 0018 ext. 123", []string{"telephone: +44 (0)20 7946 0018 ext. 123"}},
		{"+442079460018x12, 00447700900118", []string{"telephone: +442079460018x12", "telephone: 00447700900118"}},
		{"07700 900118 2019 data", []string{"telephone: 07700 900118"}},
		{"tel:01632 96018", []string{"telephone: 01632 96018"}},
		{"+1 (202) 555-0118", []string{"telephone: +1 (202) 555-0118"}},
		{"from 01/04/2019 to 31-03-2020, 01 04 2019 12 30", nil},
		{"DARS-NIC-01234-A1B2C, NIC-012345-A1B2C", nil},
		{"CAG 7-07(a)/2013, 15/CAG/0139 and 08/H0606/43", nil},
		{"NCT04499677 EGAS00001001012 E08000030 E08000025", nil},
		{"doi:10.1007/s00198-017-4238-2, bmjopen-2018-028676 (20", nil},
		{"£0123456780, £01,234,567,890; 8,054 (4.3", nil},
		{"company 01234567 10 pages", nil},
		{"0161 27", nil},
		{"0000000000000", nil},

		{"It was led by Dr Jane Doe.", []string{"titled_name: Dr Jane Doe"}},
		{"Dr. J. Doe and Prof A B Doe-Smith", []string{"titled_name: Dr. J. Doe", "titled_name: Prof A B Doe-Smith"}},
		{"Mr and Mrs O'Neill", []string{"titled_name: Mrs O'Neill"}},
		{"Professor Sir John Doe KBE", []string{"titled_name: Professor Sir John Doe KBE"}},
		{"Ms Müller, Mx Özil, Mr de la Cruz", []string{"titled_name: Ms Müller", "titled_name: Mx Özil", "titled_name: Mr de la Cruz"}},
		{"MR DOE; mr Doe", []string{"titled_name: MR DOE", "titled_name: mr Doe"}},
		{"Lady Doe's report", []string{"titled_name: Lady Doe's"}},
		{"Mr Doe\nThe Trust", []string{"titled_name: Mr Doe"}},
		{"Professor of Medicine; MR imaging; MR NUMBER; DR. This is; the dr who", nil},
		{"MS Excel and MS SQL Server; House of Lords; Sirius; Missing", nil},
		{"Dr Foster, Dr. Foster Limited, Dr Foster’s ISO 27001 and Dr Foster Intelligence", nil},
		{"Dr Foster Doe", []string{"titled_name: Dr Foster Doe"}},
		{"Dr Fosters", []string{"titled_name: Dr Fosters"}},
		{"the Lord Chancellor", nil},

		{"at 12 High Street, Town", []string{"address: 12 High Street"}},
		{"12a-14 St. John's Road", []string{"address: 12a-14 St. John's Road"}},
		{"3, Queen of the South Way", []string{"address: 3, Queen of the South Way"}},
		{"ZZ99 3VZ is a code; LS1 6AE and SW1A 2NS are places; M11AA", []string{"address: LS1 6AE", "address: SW1A 2NS", "address: M11AA"}},
		{"postcode sector LS1 6, district LS1, ICD-10 I21, K1K8R, V2 5AA", nil},
		{"The 2016 Five Year Forward View; in 2019 High Quality care; page 4 Way", nil},
		{"version 1.2 High Street", nil},

		{"with 3 patients in the area", []string{"small_count: 3 patients"}},
		{"fewer than five people", []string{"small_count: fewer than five people"}},
		{"One participant withdrew", []string{"small_count: One participant"}},
		{"less than 10 individuals; <5 patients", []string{"small_count: less than 10 individuals", "small_count: <5 patients"}},
		{"three (3) deceased patients", []string{"small_count: three (3) deceased patients"}},
		{"two of the children", []string{"small_count: two of the children"}},
		{"between 3-5 patients", []string{"small_count: 5 patients"}},
		{"up to four women", []string{"small_count: up to four women"}},
		{"one patient's record", []string{"small_count: one patient"}},
		{"two NHS Trusts; one of the patients; one of the", nil},
		{"10 patients, 13 patients, 1,003 patients, 0.3 people, 3 million people, 0 patients", nil},
		{"no fewer than ten individuals, at least 1 patient, more than one person", nil},
		{"one in five people, 1 in 4 patients", nil},
		{"phase 2 participants, type 1 patients, year 6 children, COVID-9 patients, 2019-5 patients", nil},
		{"one patient record, one patient-level file, two patient groups", nil},
		{"two analysts, three users and 2 named members of staff", nil},
	}
	for _, c := range cases {
		var got []string
		for _, f := range privacy.Scan(c.text) {
			got = append(got, string(f.Kind)+": "+c.text[f.From:f.To])
			if f.Why == "" {
				t.Errorf("%q: a finding without a reason", c.text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q\n found %q\n want  %q", c.text, got, c.want)
		}
	}
}

func TestScanNameLooksOnlyForWhatNoNameHas(t *testing.T) {
	for text, want := range map[string][]privacy.Kind{
		"Dr Doe, 12 High Street Surgery, LS1 6AE": nil,
		"3 patients Limited":                      nil,
		"Trust 9990000018":                        {privacy.NHSNumber},
		"Trust (jane@example.org, 020 7946 0018)": {privacy.Email, privacy.Telephone},
	} {
		if got := privacy.KindsOf(privacy.ScanName(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestScanJSONGivesPlacesInTheJSON(t *testing.T) {
	text := `{"a":"led by\nDr Jane Doe\u0026 \"x\"","b":"\\ 12 High Street","c":"\`
	var got []string
	for _, f := range privacy.ScanJSON(text) {
		got = append(got, text[f.From:f.To])
	}
	if want := []string{"Dr Jane Doe", "12 High Street"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if len(privacy.ScanJSON(`{"a":"Mr Doe"}`)) != 1 {
		t.Error("without an escape")
	}
}

func TestEveryKindHasWords(t *testing.T) {
	for _, k := range privacy.Kinds() {
		if k.Label() == "" || strings.Contains(k.Label(), "_") {
			t.Errorf("%s is called %q", k, k.Label())
		}
	}
	if values := privacy.Kind("").Values(); len(values) != len(privacy.Kinds()) {
		t.Errorf("%v", values)
	}
	for _, b := range privacy.Bodies {
		if b.Reason == "" || len(privacy.Scan("by "+b.Name+".")) > 0 {
			t.Errorf("%s is known, with the reason %q, and held", b.Name, b.Reason)
		}
	}
}

// number is a drawn NHS number with its right check digit, or nothing where
// there is none.
func number(t *rapid.T) []byte {
	digits := make([]byte, 10)
	sum := 0
	for i := range 9 {
		d := rapid.IntRange(0, 9).Draw(t, "digit")
		digits[i] = byte('0' + d)
		sum += d * (10 - i)
	}
	check := (11 - sum%11) % 11
	if check == 10 {
		t.Skip("no NHS number has a check of 10")
	}
	digits[9] = byte('0' + check)
	if strings.Count(string(digits), string(digits[:1])) == 10 {
		t.Skip("ten equal digits are nobody's")
	}
	return digits
}

// written is the number as people write it.
func written(t *rapid.T, digits []byte) string {
	joint := rapid.SampledFrom([]string{"", " ", "-", "\u00a0", "–"})
	return string(digits[:3]) + joint.Draw(t, "first joint") + string(digits[3:6]) + joint.Draw(t, "second joint") + string(digits[6:])
}

func TestAnyNHSNumberAnywhereIsFound(t *testing.T) {
	// Whatever stands around it, but what would make it a part of a longer number.
	around := rapid.StringMatching(`(?s).{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		text := written(t, number(t))
		before, after := around.Draw(t, "before"), around.Draw(t, "after")
		if before != "" && strings.ContainsAny(before[len(before)-1:], "0123456789.") || after != "" && strings.ContainsAny(after[:1], "0123456789.") {
			t.Skip("a longer number")
		}
		whole := before + text + after
		if !slices.ContainsFunc(privacy.Scan(whole), func(f privacy.Finding) bool {
			return f.Kind == privacy.NHSNumber && whole[f.From:f.To] == text
		}) {
			t.Fatalf("%q is not found in %q", text, whole)
		}
		if len(privacy.ScanName(whole)) == 0 {
			t.Fatalf("%q is not found in the name %q", text, whole)
		}
	})
}

func TestWrongCheckDigitIsNoNHSNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := number(t)
		digits[9] = '0' + (digits[9]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "off")))%10
		text := "number " + written(t, digits) + "."
		for _, f := range privacy.Scan(text) {
			if f.Kind == privacy.NHSNumber {
				t.Fatalf("%q is found in %q", text[f.From:f.To], text)
			}
		}
	})
}

// A finding is a place: where a text is, and not what stands around it, decides
// whether it is found.
func TestFindingsMoveWithTheirText(t *testing.T) {
	finds := rapid.SampledFrom([]string{"jane@example.org", "020 7946 0018", "Dr Jane Doe", "12 High Street", "LS1 6AE", "fewer than five people"})
	words := rapid.StringMatching(`([a-z]{2,9} ){0,20}`)
	rapid.Check(t, func(t *rapid.T) {
		find := finds.Draw(t, "find")
		before := "as " + words.Draw(t, "before") + ": "
		text := before + find + ". " + words.Draw(t, "after")
		if !slices.ContainsFunc(privacy.Scan(text), func(f privacy.Finding) bool {
			return f.From == len(before) && f.To == len(before)+len(find)
		}) {
			t.Fatalf("%q is not found in %q: %+v", find, text, privacy.Scan(text))
		}
	})
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{"Dr J. Doe 999 000 0018", "+44 (0)20 7946 0018x", "<5 patients", "12a-14 St. John's Road LS1 6AE", "a@b.c\xff", "three (3) \xc2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, found := range privacy.Scan(text) {
			if found.From < last || found.From >= found.To || found.To > len(text) || found.Why == "" {
				t.Fatalf("%+v in %q", found, text)
			}
			last = found.From
		}
		for _, found := range privacy.ScanJSON(text) {
			if found.From >= found.To || found.To > len(text) {
				t.Fatalf("%+v in the JSON %q", found, text)
			}
		}
		for _, found := range privacy.ScanName(text) {
			if !slices.Contains(privacy.Scan(text), found) {
				t.Fatalf("a name has %+v and a text has not: %q", found, text)
			}
		}
	})
}

// No rule looks far: texts made of what makes a rule look furthest take no
// longer than others. A rule that looked to the end each time would need hours.
func TestScanIsLinear(t *testing.T) {
	for _, unit := range []string{"@", "a@", "a.", "0", "01 ", "0123-", "+4", "+44(", "(0", "Dr ", "Dr A. ", "Dr de ", "Aa", "1 Aa ", "1 A", "1-", "one ", "one of the ",
		"fewer than ", "1 (", "LS1 ", "é", "-", " ", "Dr Foster ", "9a@"} {
		text := strings.Repeat(unit, 4<<20/len(unit))
		started := time.Now()
		privacy.Scan(text)
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("4 MB of %q took %s", unit, took)
		}
	}
}

// february is every cell of the register of February 2021.
func february(t testing.TB) (cells []string) {
	t.Helper()
	content, err := os.ReadFile("../../testdata/register/releaseregister_20210201_20210228.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	sheets, err := workbook.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, sheet := range sheets {
		for _, row := range sheet.Rows {
			cells = append(cells, row...)
		}
	}
	return cells
}

// What the scan finds in a real register. The counts are known answers: a rule
// that changes them was looked at, place by place, by who changed it. No place
// is written here, for some name people.
func TestFebruary2021(t *testing.T) {
	places, held := map[privacy.Kind]int{}, 0
	for _, cell := range february(t) {
		findings := privacy.Scan(cell)
		for _, f := range findings {
			places[f.Kind]++
		}
		if len(findings) > 0 {
			held++
		}
	}
	want := map[privacy.Kind]int{privacy.Email: 2, privacy.TitledName: 15, privacy.SmallCount: 15}
	for _, k := range privacy.Kinds() {
		if places[k] != want[k] {
			t.Errorf("%d places with %s, want %d", places[k], k, want[k])
		}
	}
	if held != 27 {
		t.Errorf("%d cells held", held)
	}
}

func BenchmarkScan(b *testing.B) {
	cells := february(b)
	size := 0
	for _, cell := range cells {
		size += len(cell)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, cell := range cells {
			privacy.Scan(cell)
		}
	}
}
