package layout_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/sheets"
)

// forms are the files of testdata/register that are made up after the fixtures
// of this package, as each layout was published.
var forms = map[string]register.Form{
	"nhs_digital_2016": {Kind: sheets.XLSX}, "nhs_digital_2018": {Kind: sheets.XLSX}, "data_uses_2021": {Kind: sheets.XLSX},
	"phe_2014": {Kind: sheets.CSV, Comma: ",", CRLF: true}, "phe_2017": {Kind: sheets.CSV, Comma: ",", CRLF: true},
	"hdruk_2": {Kind: sheets.CSV, Comma: ","}, "hdruk_2_members": {Kind: sheets.JSON, Member: "dataUses",
		Raw: []string{"non_gateway_applicants", "funders_and_sponsors", "other_approval_committees", "non_gateway_datasets", "non_gateway_outputs"}},
}

// A CSV file has no other place to say that it is made up than above its
// headers, where some editions have a title.
const madeUp = "This edition is made up after the headers of its layout; no real edition"

// From the file to the entries, and back to the file: every cell's text comes
// back. -update writes the files anew.
func TestFilesComeBack(t *testing.T) {
	for name, f := range editions(t) {
		t.Run(name, func(t *testing.T) {
			form, known := forms[name]
			if !known {
				t.Fatal("has no form")
			}
			ending := map[string]string{sheets.XLSX: ".xlsx", sheets.CSV: ".csv", sheets.JSON: ".json"}[form.Kind]
			path := filepath.Join("../../../testdata/register", "made_up_"+name+ending)
			given := clone(f.sheets)
			if form.Kind == sheets.CSV {
				given[0].Rows = slices.Insert(given[0].Rows, 0, []string{madeUp})
			}
			if *update {
				var content bytes.Buffer
				if err := sheets.Write(&content, form, given); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, content.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			read, found, err := sheets.Open(path, content)
			if err != nil {
				t.Fatal(err)
			}
			if len(given) == 1 {
				given[0].Name = read[0].Name // a file of one sheet names it
			}
			same(t, "from the file", read, given)
			options := f.options
			options.Form = found
			source, err := layout.Read(read, options)
			if err != nil {
				t.Fatal(describe(source, err))
			}
			book, err := register.Normalise(source)
			if err != nil {
				t.Fatal(describe(source, err))
			}
			if left := accounted(source, book); len(left) > 0 {
				t.Errorf("nothing is said of %q", left)
			}
			before, err := layout.Read(given, f.options)
			if err != nil {
				t.Fatal(describe(before, err))
			}
			want, err := register.Normalise(before)
			if err != nil {
				t.Fatal(err)
			}
			if entries(t, book, false) != entries(t, want, false) {
				t.Error("the file gives other entries than its cells")
			}
			var again bytes.Buffer
			if err := sheets.Write(&again, source.Form, source.Sheets); err != nil {
				t.Fatal(err)
			}
			back, _, err := sheets.Open(path, again.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			same(t, "written again", back, given)
			if form.Kind != sheets.XLSX && !bytes.Equal(again.Bytes(), content) {
				t.Error("the file is written otherwise")
			}
		})
	}
}

func same(t *testing.T, when string, got, want []register.Sheet) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d sheets, want %d", when, len(got), len(want))
	}
	for i, s := range want {
		if len(want) > 1 && got[i].Name != s.Name {
			t.Errorf("%s: sheet %q, want %q", when, got[i].Name, s.Name)
		}
		for line := 1; line <= max(len(s.Rows), len(got[i].Rows)); line++ {
			for column := 1; column <= 40; column++ {
				if a, b := got[i].Cell(line, column), s.Cell(line, column); a != b {
					t.Errorf("%s: %s is %q, want %q", when, register.Place(s.Name, line, register.ColumnLetters(column)), a, strings.TrimSpace(b))
				}
			}
		}
	}
}
