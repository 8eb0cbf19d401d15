package register_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

func TestColumnsOfAnEntry(t *testing.T) {
	e := sampleEntry()
	e.About, e.Late = 3, true
	e.Texts = append(e.Texts,
		register.Text{Field: register.AsPublished, Text: `{"legal_basis":"Because ","opt_outs":"No"}`, Salt: make([]byte, proof.SaltSize)},
		register.Text{Field: register.Title, Erased: true}, register.Text{Field: register.Benefits, Erased: true})
	want := map[string]any{
		"number": int64(7), "kind": "release", "recorded_at": time.Date(2026, 7, 1, 7, 0, 0, 5000, time.UTC), "event_from": terms.NewDate(2021, 2, 1),
		"event_to": terms.NewDate(2021, 2, 28), "late": true, "about": int64(3), "organisation": "NHS Stockport CCG",
		"reference": "DARS-NIC-110660-G9W6M-v2.2", "stem": "NIC-110660-G9W6M", "version": "v2.2", "dataset": "acute",
		"type_of_data": "pseudonymised", "sensitivity": "sensitive", "power": "s261_1_2b_ii", "routes": "section_251 | none",
		"opt_out": "not_identifiable", "frequency": "one_off", "files": "F1 " + strings.Repeat("cd", 32), "edition": strings.Repeat("ab", 32),
		"source_id": "DSfC0001", "legal_basis_as_published": "Because ", "opt_outs_as_published": "No",
		"objective": "Line one\nline “two” ", "erased": "title | benefits",
	}
	for _, c := range register.Columns() {
		got := c.Value(e)
		if moment, ok := got.(time.Time); ok {
			got = moment.UTC()
		}
		if got != want[c.Name] {
			t.Errorf("%s = %#v, want %#v", c.Name, got, want[c.Name])
		}
		delete(want, c.Name)
	}
	if len(want) > 0 {
		t.Errorf("no columns for %v", want)
	}
	// An agreement as a whole has no codes, whatever its columns hold.
	e.Kind, e.About = register.Agreement, 0
	for _, c := range register.Columns() {
		switch c.Name {
		case "type_of_data", "sensitivity", "power", "opt_out", "frequency", "about":
			if got := c.Value(e); got != nil {
				t.Errorf("%s of an agreement = %v", c.Name, got)
			}
		}
	}
}

// The columns as documented; -update rewrites the page.
func TestColumnsAreDocumented(t *testing.T) {
	var page strings.Builder
	page.WriteString(`# The register as tables

Printed from release/register/columns.go by a test.

/register.csv and /register.xlsx have these columns. /register.json has each entry as the log holds it, with its texts in the place of the commitments; the third column says where a value stands there.

CSV is UTF-8 without a byte order mark, with a header line and lines ended by LF. So that no spreadsheet program takes a text for a formula, a cell that begins with = + - @, a tab, a line end or an apostrophe (or the full-width form of one) has an apostrophe before it; take one apostrophe from the beginning of any cell that has one, and you have the text. In the workbook every text is a text; one that no cell can hold stands in parts on the sheet Overflow, and its cell says which.

| column | type | in /register.json | what it says |
| --- | --- | --- | --- |
`)
	seen := map[string]bool{}
	for _, c := range register.Columns() {
		if seen[c.Name] {
			t.Errorf("two columns are called %s", c.Name)
		}
		seen[c.Name] = true
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", c.Name, c.Type, c.Source, c.About)
	}
	golden(t, "../../docs/register-columns.md", page.String())
}

// Nothing that a spreadsheet program could take for a formula comes out, and
// what went in can be had again.
func FuzzSafeCell(f *testing.F) {
	for _, seed := range []string{"", "=1+1", "'=1+1", "''", "-", "+44", "@x", "\t=1", "\r\n", "＝1", "plain", "a=b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		safe := register.SafeCell(text)
		if register.PlainCell(safe) != text {
			t.Errorf("%q became %q, and %q again", text, safe, register.PlainCell(safe))
		}
		if first, size := utf8.DecodeRuneInString(safe); size > 0 && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
			t.Errorf("%q begins with %q", safe, first)
		}
	})
}

// CSV's own quoting and the apostrophe do not get in each other's way.
func TestSafeCellsSurviveCSV(t *testing.T) {
	in := []string{"=1,\"2\"", "'\"", "\n-", " =1", "@\r"}
	var out strings.Builder
	w := csv.NewWriter(&out)
	safe := make([]string, len(in))
	for i, cell := range in {
		safe[i] = register.SafeCell(cell)
	}
	if err := w.Write(safe); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	back, err := csv.NewReader(strings.NewReader(out.String())).Read()
	if err != nil {
		t.Fatal(err)
	}
	for i, cell := range back {
		if register.PlainCell(cell) != in[i] {
			t.Errorf("%q came back as %q", in[i], register.PlainCell(cell))
		}
	}
}
