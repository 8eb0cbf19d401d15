package page

import (
	"reflect"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestProse(t *testing.T) {
	text := "INVOICE VALIDATION \r\nInvoices are sent.\n\n•\tdiagnoses\n\uf0a7 tests\n\n a) incidence; \nb) demand\n  - inner\no\tcircle\n*a footnote\n1. one\nAs per 2.5 million"
	want := []Block{
		{Lead: "INVOICE VALIDATION"},
		{Paragraph: "Invoices are sent."},
		{Items: []Item{{Text: "diagnoses"}, {Text: "tests"}, {Marker: "a)", Text: "incidence;"}, {Marker: "b)", Text: "demand"}, {Depth: 1, Text: "inner"}, {Depth: 1, Text: "circle"}}},
		{Paragraph: "*a footnote"},
		{Items: []Item{{Marker: "1.", Text: "one"}}},
		{Paragraph: "As per 2.5 million"},
	}
	if got := Prose(text); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if got := Prose(" \n\t\n"); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

// Whatever the text, its letters and digits come out in their order, no
// word is dropped. ("o" alone is left out of account: it may be a bullet.)
func TestProseKeepsEveryWord(t *testing.T) {
	kept := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r != 'o' && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				return r
			}
			return -1
		}, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \t]{0,3}(•|-|\*|o|a\)|12\.|\(iv\))?[ \t]?[A-Za-z .,;]{0,20}`))).Draw(t, "lines")
		text := strings.Join(lines, "\n")
		var out strings.Builder
		for _, block := range Prose(text) {
			out.WriteString(block.Lead + block.Paragraph)
			for _, item := range block.Items {
				out.WriteString(item.Marker + item.Text)
			}
		}
		if kept(out.String()) != kept(text) {
			t.Fatalf("%q became %q", text, out.String())
		}
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 5079: "5,079", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := Count(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	if Plural(1, "file", "files") != "1 file" || Plural(0, "file", "files") != "0 files" {
		t.Error("plural")
	}
}
