package chart_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"data.release/registrar/web/chart"
)

// -update rewrites the pictures under testdata.
var update = flag.Bool("update", false, "rewrite the golden files")

var kinds = map[string]func(chart.Chart) string{"bar": chart.Bar, "stacked": chart.Stacked, "columns": chart.Columns, "line": chart.Line}

func sample() chart.Chart {
	return chart.Chart{
		ID: "sample", Title: "Releases by <month> & type", Description: `From 3 in "January" to 9 in March.`,
		Labels: []string{"Jan 2021", "Feb 2021", "Health and Social Care Act 2012, s261(1) and s261(2)(b)(ii)", "Apr 2021", "May 2021", "Jun 2021"},
		Series: []chart.Series{{Name: "Identifiable", Values: []int64{3, 0, 9, 1000, 12}}, {Name: "Pseudonymised <b>", Values: []int64{1, 2, 3, 4, 5, -6}}},
	}
}

func TestGoldens(t *testing.T) {
	for name, draw := range kinds {
		got := draw(sample())
		file := "testdata/" + name + ".svg"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is drawn otherwise than %s; -update rewrites it if that is right", name, file)
		}
	}
}

// picture is what a reader that takes SVG strictly makes of one.
type picture struct {
	texts       []string
	title, desc string
	labelled    string
	ids         map[string]bool
	elements    int
}

func read(t *testing.T, svg string) picture {
	t.Helper()
	p := picture{ids: map[string]bool{}}
	var path []string
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			p.elements++
			path = append(path, token.Name.Local)
			switch token.Name.Local {
			case "svg", "title", "desc", "defs", "pattern", "path", "circle", "rect", "text", "line":
			default:
				t.Fatalf("an element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				switch {
				case a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on"):
					t.Fatalf("an attribute %s", a.Name.Local)
				case a.Name.Local == "aria-labelledby":
					p.labelled = a.Value
				case a.Name.Local == "id":
					if p.ids[a.Value] {
						t.Fatalf("the id %s twice", a.Value)
					}
					p.ids[a.Value] = true
				case a.Name.Local == "x" || a.Name.Local == "y" || a.Name.Local == "width" || a.Name.Local == "height":
					v, err := strconv.ParseFloat(strings.TrimSuffix(a.Value, "%"), 64)
					if err != nil || v < 0 || math.IsInf(v, 0) || math.IsNaN(v) || strings.HasSuffix(a.Value, "%") && v > 100.001 {
						t.Fatalf("%s=%q", a.Name.Local, a.Value)
					}
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) == 0 {
				continue
			}
			switch path[len(path)-1] {
			case "title":
				p.title += string(token)
			case "desc":
				p.desc += string(token)
			case "text":
				p.texts = append(p.texts, string(token))
			}
		}
	}
}

// TestPicturesAreRead: every chart has its names, and every label and series
// stands in it as text.
func TestPicturesAreRead(t *testing.T) {
	for name, draw := range kinds {
		p := read(t, draw(sample()))
		if p.title != "Releases by <month> & type" || p.desc != `From 3 in "January" to 9 in March.` || p.labelled != "sample-title sample-desc" || !p.ids["sample-title"] || !p.ids["sample-desc"] {
			t.Errorf("%s: %+v", name, p)
		}
		all := strings.Join(p.texts, "|")
		for _, want := range []string{"Jan 2021", "Jun 2021", "1,0"} {
			if name != "columns" && name != "line" && !strings.Contains(all, want) {
				t.Errorf("%s has no %q: %s", name, want, all)
			}
		}
		if name != "bar" && !strings.Contains(all, "Pseudonymised <b>") {
			t.Errorf("%s names no series: %s", name, all)
		}
	}
}

// TestNothing: charts of nothing, of noughts and of the largest numbers are
// drawn too.
func TestNothing(t *testing.T) {
	for _, c := range []chart.Chart{
		{}, {Labels: []string{"a"}}, {Labels: []string{"a"}, Series: []chart.Series{{Name: "x"}}}, {Series: []chart.Series{{Name: "x", Values: []int64{1}}}},
		{Labels: []string{"", "b"}, Series: []chart.Series{{Name: "x", Values: []int64{0, 0}}, {Name: "y", Values: []int64{math.MaxInt64 / 4, 1}}}},
	} {
		for _, draw := range kinds {
			read(t, draw(c))
		}
	}
}

// contrast is that of WCAG 2.2 between two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) float64 {
		n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
		if err != nil || len(hex) != 7 {
			t.Fatalf("%q is no colour", hex)
		}
		part := func(v uint64) float64 {
			s := float64(v&0xFF) / 255
			if s <= 0.04045 {
				return s / 12.92
			}
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	if got := contrast(t, chart.Ink, chart.Paper); got < 4.5 {
		t.Errorf("text has %.2f", got)
	}
	for _, fill := range chart.Fills {
		if got := contrast(t, fill, chart.Paper); got < 4.5 {
			t.Errorf("%s has %.2f", fill, got)
		}
	}
	if got := contrast(t, "#000000", "#ffffff"); math.Abs(got-21) > 0.01 {
		t.Fatalf("black on white has %.2f", got)
	}
}

// FuzzChart: whatever words and numbers, the picture is well formed, has no
// element or attribute that it should not, and is the same twice.
func FuzzChart(f *testing.F) {
	f.Add("id", `<script>alert("1")</script>`, "label", int64(7), int64(-1))
	f.Add("\"'><", "]]>", "a\x00b\xff\u2028", int64(math.MaxInt64), int64(0))
	f.Fuzz(func(t *testing.T, id, title, label string, a, b int64) {
		a, b = min(a, 1<<60), min(b, 1<<60)
		c := chart.Chart{ID: id, Title: title, Description: label, Labels: []string{label, title}, Series: []chart.Series{{Name: title, Values: []int64{a, b}}, {Name: label, Values: []int64{b}}}}
		for _, draw := range kinds {
			svg := draw(c)
			read(t, svg)
			if draw(c) != svg {
				t.Fatal("drawn otherwise the second time")
			}
		}
	})
}
