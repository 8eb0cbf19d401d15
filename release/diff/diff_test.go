package diff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/terms"
)

// TestTypingIsNoChange: what vanished from a month's "amendments" once the
// typing was taken away (domain §2.8), and what must not vanish.
func TestTypingIsNoChange(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"", "", true}, {"", " \n", true}, {"", "a", false}, {"A study", "A  study\n", true}, {"A study", "a study", false},
		{"“Care” isn’t", `"Care" isn't`, true}, {"2019-20", "2019–20", true}, {"2019 – 20", "2019-20", true}, {"s261(2)(a)", "s261(2)(b)", false},
		{"• one\n• two", "~ one\n~ two", true}, {"- one\n- two", "• one • two", true}, {"*\tone", "one", true}, {"o one\no two", "one\ntwo", true},
		{"1) one", "2) one", false}, {"-5 degrees", "5 degrees", false}, {"not used", "used", false}, {"ﬁles", "files", true}, {"caf\u00e9", "cafe\u0301", true},
		{"one\u00a0two", "one two", true}, {"one\u200btwo", "onetwo", true}, {"10²", "102", true}, {"a\r\n\r\nb", "a b", true}, {"A-B", "AB", false},
		{"one, two", "one two", false}, {"data\ufeff", "data", true},
	} {
		if got := Same(c.a, c.b); got != c.same || Same(c.b, c.a) != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// retype is the same words typed in another way.
func retype(t *rapid.T, words []string) string {
	space := rapid.SampledFrom([]string{" ", "  ", "\n", "\r\n", "\u00a0", "\t", "\n• ", "\n~ ", "\n- ", " \u200b"})
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(space.Draw(t, "space"))
		}
		for _, swap := range [][]string{{"'", "’", "‘", `"`}, {"-", "–", "—", "‑", " - "}, {"ﬁ", "fi"}, {"é", "e\u0301"}} {
			w = strings.ReplaceAll(w, swap[0], rapid.SampledFrom(swap).Draw(t, "typed"))
		}
		b.WriteString(w)
	}
	return b.String()
}

func someWords(t *rapid.T, label string) []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"care", "the", "ﬁle's", "2019-20", "café", "and", "data", "(b)", "s261,", "Health"}), 1, 60).Draw(t, label)
}

func TestCosmeticEditsAreNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := someWords(t, "words")
		a, b := retype(t, words), retype(t, words)
		if !Same(a, b) {
			t.Fatalf("%q and %q", a, b)
		}
		v := terms.Version{Objective: a, Flows: []terms.Flow{{From: "A", To: "B", Description: a}}, Conditions: []terms.VersionCondition{{Text: a}}}
		w := terms.Version{Objective: b, Flows: []terms.Flow{{From: "A", To: "B", Description: b}}, Conditions: []terms.VersionCondition{{Text: b}}}
		for _, c := range Compare(Of(v), Of(w)) {
			if c.Kind != Retyped {
				t.Errorf("%s: %s is %s", c.Section, c.Label, c.Kind)
			}
		}
	})
}

// TestWordsBecomeWords: what is kept and gone is the one text, what is kept and
// new the other; what is not said to change does not; the way back is the
// mirror.
func TestWordsBecomeWords(t *testing.T) {
	key := func(spans []Span, ops ...Op) string {
		var b strings.Builder
		for _, s := range spans {
			if slices.Contains(ops, s.Op) {
				b.WriteString(s.Text + " ")
			}
		}
		return normal(b.String())
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := strings.Join(someWords(t, "a"), " "), strings.Join(someWords(t, "b"), " ")
		there, back := Spans(a, b), Spans(b, a)
		if key(there, Kept, Gone) != normal(a) || key(there, Kept, New) != normal(b) {
			t.Fatalf("%q to %q: %q", a, b, there)
		}
		if key(there, Gone) != key(back, New) || key(there, New) != key(back, Gone) {
			t.Fatalf("%q there and %q back", there, back)
		}
		if changed := key(there, Gone, New) != ""; changed == Same(a, b) {
			t.Fatalf("%q and %q are the same: %v", a, b, Same(a, b))
		}
		for i, s := range there {
			if s.Text == "" || i > 0 && there[i-1].Op == s.Op || i > 0 && there[i-1].Op == New && s.Op == Gone {
				t.Fatalf("not in order: %q", there)
			}
		}
		short := Shorten(there)
		if key(short, Gone) != key(there, Gone) || key(short, New) != key(there, New) {
			t.Fatal("shortening lost a change")
		}
	})
}

func TestFarWordsAreLeftOut(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("word ", 200))
	short := Shorten(Spans(long+" old "+long, long+" new "+long))
	var ops []Op
	n := 0
	for _, s := range short {
		ops = append(ops, s.Op)
		n += len(strings.Fields(s.Text))
	}
	if want := []Op{LeftOut, Kept, Gone, New, Kept, LeftOut}; !slices.Equal(ops, want) || n != 2*context+2 {
		t.Errorf("%v with %d words", ops, n)
	}
	// Texts too long for words are compared by lines, and by nothing at last.
	lines := strings.Repeat("a line of six short words\n", 3000)
	if spans := Spans(lines, lines+"one more\n"); len(spans) != 2 || spans[1].Text != "one more\n" {
		t.Errorf("%d spans of many lines", len(spans))
	}
	// … where the lines that changed are compared by words.
	if spans := Spans(lines+"the last word is old\n"+lines, lines+"the last word is new\n"+lines); len(spans) != 4 || spans[1].Text != "old\n" || spans[2].Text != "new\n" {
		t.Errorf("%d spans around one word", len(spans))
	}
	if spans := Spans(strings.Repeat("a\n", mostOwn), strings.Repeat("b\n", 3)); len(spans) != 2 || spans[0].Op != Gone {
		t.Errorf("%d spans of too many lines", len(spans))
	}
}

func anyVersion(t *rapid.T) terms.Version {
	dataset := rapid.SampledFrom([]string{"hes_apc", "hes_op", "deaths"})
	name := rapid.SampledFrom([]string{"A", "B", "C"})
	v := terms.Version{
		Title: name.Draw(t, "title"), Objective: strings.Join(someWords(t, "objective"), " "),
		Controllership: terms.Controllership(rapid.SampledFrom(terms.Controllership("").Values()).Draw(t, "controllership")),
		Sites:          rapid.SliceOfDistinct(name, rapid.ID).Draw(t, "sites"), Starts: terms.NewDate(2026, 1, rapid.IntRange(1, 28).Draw(t, "day")),
	}
	if rapid.Bool().Draw(t, "commercial said") {
		yes := rapid.Bool().Draw(t, "commercial")
		v.Commercial = &yes
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "lines") {
		d := dataset.Draw(t, "dataset")
		v.Lines = append(v.Lines, terms.DatasetLine{Number: i + 1, Dataset: d, DatasetName: d, Segment: name.Draw(t, "segment"),
			Type: terms.TypeOfData(rapid.SampledFrom(terms.TypeOfData("").Values()).Draw(t, "type")), Fields: rapid.SliceOfDistinct(name, rapid.ID).Draw(t, "fields")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "parties") {
		v.Parties = append(v.Parties, terms.VersionParty{Organisation: name.Draw(t, "party"), Name: "An organisation", Role: terms.Controller})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "flows") {
		v.Flows = append(v.Flows, terms.Flow{Number: i + 1, From: name.Draw(t, "from"), To: name.Draw(t, "to"), Description: name.Draw(t, "description"), OptOuts: rapid.Bool().Draw(t, "opt-outs")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		v.Conditions = append(v.Conditions, terms.VersionCondition{Kind: "continuing", Text: name.Draw(t, "condition"), Code: rapid.SampledFrom([]string{"", "separate_holders"}).Draw(t, "code")})
	}
	return v
}

// TestNothingDiffersFromItself, and what leads back is the mirror.
func TestNothingDiffersFromItself(t *testing.T) {
	turn := map[Kind]Kind{Added: Removed, Removed: Added, Changed: Changed, Retyped: Retyped}
	tell := func(c Change) string {
		return fmt.Sprintf("%s %s/%s before %q after %q came %q went %q fields %d", c.Kind, c.SectionID, c.FieldID, c.Before, c.After, c.Came, c.Went, len(c.Fields))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyVersion(t), anyVersion(t)
		for _, v := range []terms.Version{a, b} {
			if changes := Compare(Of(v), Of(v)); len(changes) > 0 {
				t.Fatalf("a version differs from itself: %+v", changes)
			}
		}
		var there, back []string
		for _, c := range Compare(Of(a), Of(b)) {
			there = append(there, tell(c))
		}
		for _, c := range Compare(Of(b), Of(a)) {
			c.Kind, c.Before, c.After, c.Came, c.Went = turn[c.Kind], c.After, c.Before, c.Went, c.Came
			back = append(back, tell(c))
		}
		slices.Sort(there)
		slices.Sort(back)
		if !slices.Equal(there, back) {
			t.Fatalf("there %q, back %q", there, back)
		}
		if equal := reflect.DeepEqual(a, b); equal && len(there) > 0 {
			t.Fatal("equal versions differ")
		}
		if sameTerms(a, b) != (len(there) == 0) {
			t.Fatalf("%d changes between %+v and %+v", len(there), a, b)
		}
	})
}

// sameTerms compares without this package: the JSON of the versions, with lists
// that are sets and rows that have no order of their own sorted.
func sameTerms(a, b terms.Version) bool {
	flat := func(v terms.Version) string {
		v.Sites = slices.Sorted(slices.Values(v.Sites))
		v.Lines = slices.Clone(v.Lines)
		for i := range v.Lines {
			v.Lines[i].Fields = slices.Sorted(slices.Values(v.Lines[i].Fields))
		}
		byText := func(a, b any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return cmp.Compare(string(x), string(y))
		}
		v.Parties = slices.SortedFunc(slices.Values(v.Parties), func(a, b terms.VersionParty) int { return byText(a, b) })
		v.Conditions = slices.SortedFunc(slices.Values(v.Conditions), func(a, b terms.VersionCondition) int { return byText(a, b) })
		text, _ := json.Marshal(v)
		return strings.ReplaceAll(string(text), "null", "[]")
	}
	return flat(a) == flat(b)
}

// TestRowsAreMatched: lines by dataset, purpose and site before number, parties
// by organisation and role, flows by from, to and description.
func TestRowsAreMatched(t *testing.T) {
	a := terms.Version{
		Lines:   []terms.DatasetLine{{Number: 1, Dataset: "op", DatasetName: "Outpatients", Type: terms.Pseudonymised, Fields: []string{"SEX", "AGE"}}, {Number: 2, Dataset: "apc", DatasetName: "Admissions"}},
		Parties: []terms.VersionParty{{Organisation: "u", Name: "University", Role: terms.Controller}},
		Flows:   []terms.Flow{{Number: 1, From: "A", To: "B", Description: "records"}},
	}
	b := terms.Version{
		Lines: []terms.DatasetLine{{Number: 1, Dataset: "apc", DatasetName: "Admissions"}, {Number: 2, Dataset: "op", DatasetName: "Outpatients", Type: terms.Identifiable, Fields: []string{"SEX", "NHS_NUMBER"}},
			{Number: 3, Dataset: "ae", DatasetName: "Emergency", Type: terms.Pseudonymised}},
		Parties: []terms.VersionParty{{Organisation: "u", Name: "University", Role: terms.Recipient}},
		Flows:   []terms.Flow{{Number: 1, From: "A", To: "B", Description: "• records", OptOuts: true}},
	}
	var got []string
	for _, c := range Compare(Of(a), Of(b)) {
		line := fmt.Sprintf("%s: %s %s", c.Kind, c.Row, c.Label)
		if c.Label == "" {
			line += fmt.Sprintf("%d fields", len(c.Fields))
		}
		if c.Before+c.After != "" && c.Kind == Changed {
			line += fmt.Sprintf(": %s -> %s", c.Before, c.After)
		}
		if len(c.Came)+len(c.Went) > 0 {
			line += fmt.Sprintf(": +%v -%v", c.Came, c.Went)
		}
		got = append(got, line)
	}
	want := []string{
		"removed: University, controller 2 fields",
		"added: University, recipient 2 fields",
		"changed: Line 2, Outpatients Number: 1 -> 2",
		"changed: Line 2, Outpatients Type of data: Anonymised - ICO code compliant (pseudonymised, record level) -> Identifiable",
		"changed: Line 2, Outpatients Fields: +[NHS_NUMBER] -[AGE]",
		"changed: Line 1, Admissions Number: 2 -> 1",
		"added: Line 3, Emergency 5 fields",
		"retyped: Flow 1, from A to B Description",
		"changed: Flow 1, from A to B Opt-outs applied: No -> Yes",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if tally := Count(Compare(Of(a), Of(b))); tally != (Tally{Added: 2, Removed: 1, Changed: 5, Retyped: 1}) {
		t.Errorf("%+v", tally)
	}
}

// TestEveryTermIsCompared: a change of any member of a version's terms shows,
// but for those that are no terms.
func TestEveryTermIsCompared(t *testing.T) {
	var full terms.Version
	fill(reflect.ValueOf(&full).Elem())
	if changes := Compare(Of(full), Of(full)); len(changes) > 0 {
		t.Fatal(changes)
	}
	var walk func(v reflect.Value, path string)
	seen := 0
	walk = func(v reflect.Value, path string) {
		switch {
		case path == ".Reference" || path == ".Kind":
		case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[terms.Date]():
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		case v.Kind() == reflect.Slice:
			walk(v.Index(0), path+"[0]")
		default:
			if strings.HasSuffix(path, ".Organisation") || strings.HasSuffix(path, ".Dataset") || path == ".Lines[0].Population[0].In" {
				return // shown by their names
			}
			before := clone(t, full)
			kept := reflect.New(v.Type()).Elem()
			kept.Set(v)
			other(v)
			seen++
			if len(Compare(Of(before), Of(full))) == 0 {
				t.Errorf("a change of %s does not show", path)
			}
			v.Set(kept)
		}
	}
	walk(reflect.ValueOf(&full).Elem(), "")
	if seen < 100 {
		t.Errorf("only %d members were tried", seen)
	}
}

func clone(t *testing.T, v terms.Version) (out terms.Version) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func fill(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[terms.Date]():
		v.Set(reflect.ValueOf(terms.NewDate(2026, 5, 1)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case v.Kind() == reflect.String:
		v.SetString("one")
	case v.Kind() == reflect.Int:
		v.SetInt(1)
	}
}

func other(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[terms.Date]():
		v.Set(reflect.ValueOf(terms.NewDate(2027, 5, 1)))
	case v.Kind() == reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		other(fresh.Elem())
		v.Set(fresh)
	case v.Kind() == reflect.String:
		v.SetString("two")
	case v.Kind() == reflect.Int:
		v.SetInt(2)
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	}
}

// FuzzProse: any two texts can be compared, and only texts that are the same
// have no change.
func FuzzProse(f *testing.F) {
	f.Add("", "\xff")
	f.Add("- • ~ *", "–\u200b\x00")
	f.Add("“a” - b\n- c", `"a"–b c`)
	f.Fuzz(func(t *testing.T, a, b string) {
		spans := Spans(a, b)
		changed := slices.ContainsFunc(spans, func(s Span) bool { return s.Op != Kept })
		if changed == Same(a, b) {
			t.Fatalf("%q and %q: same is %v, spans %q", a, b, Same(a, b), spans)
		}
		Shorten(spans)
		if !Same(a, a) {
			t.Fatalf("%q is not itself", a)
		}
	})
}
