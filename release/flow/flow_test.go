package flow

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"data.release/registrar/release/terms"
)

// -update rewrites the goldens under testdata.
var update = flag.Bool("update", false, "rewrite the golden files")

// TestPictures compares the picture and the words of each testdata/*.txtar:
// its file flows.json is drawn, picture.svg and words.txt are what must come.
func TestPictures(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var flows []terms.Flow
			if err := json.Unmarshal(archive.Files[0].Data, &flows); err != nil {
				t.Fatal(err)
			}
			for i := range flows {
				if problems := flows[i].Problems(); len(problems) > 0 {
					t.Errorf("flow %d: %v", i+1, problems)
				}
			}
			golden(t, path, archive, archive.Files[0], flows)
		})
	}
}

func golden(t *testing.T, path string, archive *txtar.Archive, source txtar.File, flows []terms.Flow) {
	t.Helper()
	want := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{source,
		{Name: "words.txt", Data: []byte(words(flows))}, {Name: "picture.svg", Data: Draw("Data flows", flows)}}}
	if *update {
		if err := os.WriteFile(path, txtar.Format(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(txtar.Format(want), txtar.Format(archive)) {
		t.Errorf("%s has drifted: run go test ./release/flow -update and look at the picture", path)
	}
}

func words(flows []terms.Flow) string {
	var b strings.Builder
	for _, told := range Tell(flows) {
		fmt.Fprintf(&b, "%d. %s\n", told.Number, told.Text)
		for _, note := range told.Notes {
			fmt.Fprintf(&b, "   %s\n", note)
		}
	}
	return b.String()
}

// texts are the texts of an SVG in its order; an error says that it is no
// well-formed XML.
func texts(svg []byte) (all []string, _ error) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	d.Strict = true
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			switch token.Name.Local {
			case "svg", "title", "desc", "rect", "g", "path", "text":
			default:
				return nil, fmt.Errorf("a <%s> in the picture", token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || a.Name.Local == "href" || a.Name.Local == "style" {
					return nil, fmt.Errorf("an attribute %s in the picture", a.Name.Local)
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				all = append(all, text)
			}
		}
	}
}

func anyFlows(t *rapid.T) []terms.Flow {
	name := rapid.OneOf(rapid.SampledFrom([]string{"A", "B", "C", "D", "E", "F & G <b>", "", "A very long name of a place of care in the north of England"}), rapid.String())
	one := rapid.Custom(func(t *rapid.T) terms.Flow {
		f := terms.Flow{
			State: terms.FlowState(rapid.SampledFrom(terms.FlowState("").Values()).Draw(t, "state")), Number: rapid.IntRange(0, 30).Draw(t, "number"),
			From: name.Draw(t, "from"), FromNode: terms.FlowNode(rapid.SampledFrom(terms.FlowNode("").Values()).Draw(t, "from node")),
			To: name.Draw(t, "to"), ToNode: terms.FlowNode(rapid.SampledFrom(terms.FlowNode("").Values()).Draw(t, "to node")),
			Description: rapid.String().Draw(t, "description"), Type: terms.TypeOfData(rapid.SampledFrom(terms.TypeOfData("").Values()).Draw(t, "type")),
			OptOuts: rapid.Bool().Draw(t, "opt-outs"), Pseudonymised: rapid.Bool().Draw(t, "pseudonymised"),
		}
		if rapid.Bool().Draw(t, "has through") {
			f.Through, f.ThroughNode = name.Draw(t, "through"), terms.NodeProcessor
		}
		return f
	})
	return rapid.SliceOfN(one, 0, 18).Draw(t, "flows")
}

// TestEveryFlowIsInPictureAndWords, with all that a label says, and nothing in
// the picture lies over anything else.
func TestEveryFlowIsInPictureAndWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flows := anyFlows(t)
		svg := Draw("Flows <of> data", flows)
		if !bytes.Equal(svg, Draw("Flows <of> data", flows)) {
			t.Fatal("two pictures of the same flows")
		}
		said, err := texts(svg)
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		told := Tell(flows)
		if len(told) != len(flows) {
			t.Fatalf("%d of %d flows told", len(told), len(flows))
		}
		g := build(flows)
		for i, f := range flows {
			if !strings.Contains(told[i].Text, typeWords(f.Type)) || !strings.Contains(told[i].Text, "From "+place(f.From, f.FromNode)) {
				t.Errorf("flow %d in words: %s", i, told[i].Text)
			}
			if f.Pseudonymised != strings.Contains(told[i].Text, "Pseudonymised in this step.") || f.OptOuts != strings.Contains(told[i].Text, "Opt-outs are applied in this step.") {
				t.Errorf("flow %d does not say what is done in it: %s", i, told[i].Text)
			}
			for _, name := range []string{f.From, f.To} {
				if !slices.ContainsFunc(g.boxes, func(b *node) bool { return same(b.name) == same(named(plain(name))) && contains(said, b.name) }) {
					t.Errorf("%q is not in the picture", name)
				}
			}
		}
		numbered(t, g, flows)
		g = build(flows)
		g.size()
		g.arrange()
		width, height := g.set()
		apart(t, g, width, height)
	})
}

func contains(said []string, name string) bool {
	for _, text := range said {
		if strings.HasPrefix(text, name) {
			return true
		}
	}
	return false
}

// numbered makes sure that every stretch of every flow has its number at its
// label, beside a box of it, or in the box that it stays in.
func numbered(t *rapid.T, g *graph, flows []terms.Flow) {
	seen := map[int]int{}
	count := func(text string) {
		for _, part := range strings.Split(text, ", ") {
			from, to, isRange := strings.Cut(part, "-")
			first, err := strconv.Atoi(from)
			if err != nil {
				t.Fatalf("%q is no number", part)
			}
			last := first
			if isRange {
				last, _ = strconv.Atoi(to)
			}
			for n := first; n <= last; n++ {
				seen[n]++
			}
		}
	}
	for _, column := range g.columns {
		for _, n := range column {
			if n.numbers != "" {
				count(n.numbers)
			}
			for _, l := range n.out {
				if l.number != "" {
					count(l.number)
				}
			}
			for _, w := range n.within {
				number, _, _ := strings.Cut(w, ",")
				count(number)
			}
		}
	}
	for i, n := range number(flows) {
		want := 1
		if strings.TrimSpace(flows[i].Through) != "" {
			want = 2
		}
		if seen[n] < want {
			t.Errorf("flow %d stands %d times in the picture, want %d", n, seen[n], want)
		}
	}
}

// apart makes sure that no two boxes, labels or lines' bends of a column
// overlap, that columns follow each other, that lines stay between columns, and
// that all is in the picture.
func apart(t *rapid.T, g *graph, width, height float64) {
	right := 0.0
	for c, column := range g.columns {
		for i, n := range column {
			if i > 0 && column[i-1].y+column[i-1].height/2 > n.y-n.height/2 {
				t.Errorf("column %d: %d and %d overlap", c, i-1, i)
			}
			if n.x < right || n.y-n.height/2 < 0 || n.y+n.height/2 > height || n.x+n.width > width || math.IsNaN(n.y) {
				t.Errorf("column %d: node %d lies outside: %+v", c, i, n)
			}
			for _, l := range n.out {
				if l.to.column != n.column+1 || l.to.x <= n.x+n.width {
					t.Errorf("a line leaps from column %d to %d", n.column, l.to.column)
				}
				if l.fromY < n.y-n.height/2 || l.fromY > n.y+n.height/2 || l.toY < l.to.y-l.to.height/2 || l.toY > l.to.y+l.to.height/2 {
					t.Error("a line ends beside its box")
				}
			}
			for _, line := range append(n.lines, n.words...) {
				if size := wordSize; breadth(line, size) > n.width && len([]rune(line)) > 1 {
					t.Errorf("%q is wider than its box", line)
				}
			}
		}
		for _, n := range column {
			right = max(right, n.x+n.width)
		}
	}
}

// FuzzNames: whatever a place is called, the picture is well-formed and has
// nothing of it but text.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"", "A & B", `<script>alert(1)</script>`, "]]>", "\x00\xff", strings.Repeat("long ", 2000), strings.Repeat("W", 5000), "\u202e", "病院", "&#0;", `" onload="x`} {
		f.Add(seed, seed, "x")
	}
	f.Fuzz(func(t *testing.T, from, through, to string) {
		flows := []terms.Flow{{From: from, FromNode: terms.NodeProvider, Through: through, To: to, ToNode: terms.FlowNode(to), Type: terms.TypeOfData(from), State: terms.FlowState(through)}}
		svg := Draw(from, flows)
		said, err := texts(svg)
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if !contains(said, named(plain(from))) {
			t.Errorf("%q is not in the picture", from)
		}
		Tell(flows)
	})
}

func TestNumbersAreTheirsOrNew(t *testing.T) {
	for _, c := range []struct{ have, want []int }{
		{[]int{3, 1}, []int{3, 1}}, {[]int{1, 1}, []int{1, 2}}, {[]int{0, 5}, []int{1, 2}}, {nil, []int{}},
	} {
		flows := make([]terms.Flow, len(c.have))
		for i, n := range c.have {
			flows[i].Number = n
		}
		if got := number(flows); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v: %v, want %v", c.have, got, c.want)
		}
	}
	if got := ranges([]int{1, 2, 3, 5, 7, 8}); got != "1-3, 5, 7, 8" {
		t.Error(got)
	}
}

// Texts have room in the widest of the fonts that stand in the place of Arial:
// widths in DejaVu Sans and its bold, in parts of the size.
func TestTextsAreNotWiderThanTheyAreTaken(t *testing.T) {
	for text, wide := range map[string][2]float64{
		"Demonstration Trust (made up)": {15.87, 17.87}, "University (made up)": {10.57, 11.91}, "Discloser (made up)": {10.08, 11.31},
		"NHS ENGLAND, LEEDS": {11.23, 12.44}, "Identifiers: NHS number": {12.04, 13.69}, "HES Admitted Patient Care": {13.44, 15.19},
	} {
		if got := [2]float64{breadth(text, 1), breadth(text, bold)}; got[0] < wide[0] || got[1] < wide[1] {
			t.Errorf("%q is taken for %.2f wide, %.2f in bold; it is %.2f and %.2f", text, got[0], got[1], wide[0], wide[1])
		}
	}
}
