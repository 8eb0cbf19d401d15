package terms_test

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// TestOtherEditions reads strings that only other editions than February 2021
// have: 2016-17, and the three-sheet layout since July 2021.
func TestOtherEditions(t *testing.T) {
	types := map[string]terms.TypeOfData{
		"Anonymised - ICO Code Compliant": terms.Pseudonymised, "Anonymised -ICO Code Compliant": terms.Pseudonymised,
		"Aggregated-Small Numbers Suppressed": terms.AggregateSuppressed, "Aggregated – Small Numbers Not Suppressed": terms.AggregateUnsuppressed,
		"": terms.TypeNotRecorded,
	}
	for raw, want := range types {
		if got, ok := terms.ParseTypeOfData(raw); !ok || got != want {
			t.Errorf("type %q: %s %v", raw, got, ok)
		}
	}
	for raw, want := range map[string]terms.OptOut{"Y": terms.OptOutApplied, "N": terms.OptOutNoReason, "Yes": terms.OptOutApplied, "No": terms.OptOutNoReason,
		"No - not applicable for this dataset": terms.OptOutNotApplicable, "Yes – patient objections upheld": terms.OptOutApplied} {
		if got, ok := terms.ParseOptOut(raw); !ok || got != want {
			t.Errorf("opt-out %q: %s %v", raw, got, ok)
		}
	}
	if got, ok := terms.ParseSensitivity("Non-Sensitive"); !ok || got != terms.NonSensitive {
		t.Errorf("sensitivity: %s %v", got, ok)
	}
	if got, ok := terms.ParseFrequency("Frequent Adhoc Flow"); !ok || got != terms.FrequentAdHoc {
		t.Errorf("frequency: %s %v", got, ok)
	}
}

func TestParseBasis(t *testing.T) {
	const act = "Health and Social Care Act 2012"
	for _, c := range []struct {
		raw    string
		power  terms.Power
		routes []terms.Route
		ok     bool
	}{
		{act, terms.HSCA2012, nil, true},
		{act + " ", terms.HSCA2012, nil, true},
		{act + " – s261(1) and s261(2)(b)(ii)", terms.S261_1_2bii, nil, true},
		{act + " - s261(1) and s261(2)(b)(ii)", terms.S261_1_2bii, nil, true},
		{act + " - s261 - Other dissemination", terms.S261Other, nil, true},
		{"Section 42(4) of the Statistics and Registration Service Act (2007) as amended by section 287 of the Health and Social Care Act (2012)", terms.SRSA42_4, nil, true},
		{"Approved researcher accreditation under section 39(4)(i) and 39(5) of the Statistical Registration Service Act 2007 ", terms.SRSA39_4, nil, true},
		{"Other-National Audit Act 1983", terms.PowerOther, nil, true},
		{"Other-Health and Social Care Act 2012 Schedule 12, Part 9, subsection 11", terms.PowerOther, nil, true},
		{"Other - COPI Notice - Regulation 3(3) and 3(1)", terms.PowerNotRecorded, []terms.Route{terms.RouteCOPI3}, true},
		{"Informed Patient consent to permit the receipt, processing and release of data by the HSCIC", terms.PowerNotRecorded, []terms.Route{terms.RouteConsent}, true},
		{act + " – s261(2)(b)(ii); " + act + " – s261(2)(a)", terms.S261_1_2bii, nil, true},
		{act + " – s261(2)(a); " + act + " – s261(7)", terms.S261_7, nil, true},
		{act + " – s261(7); " + act + " – s261(2)(c)", terms.PowerOther, nil, true},
		{act + " – s261(5)(d); Consent (Reasonable Expectation)", terms.S261_5d, []terms.Route{terms.RouteConsent}, true},
		{"", terms.PowerNotRecorded, nil, true},
		{"because we can", terms.PowerNotRecorded, nil, false},
		{act + "; because we can", terms.PowerNotRecorded, nil, false},
	} {
		power, routes, ok := terms.ParseBasis(c.raw)
		if power != c.power || !slices.Equal(routes, c.routes) || ok != c.ok {
			t.Errorf("%q: %s %v %v, want %s %v %v", c.raw, power, routes, ok, c.power, c.routes, c.ok)
		}
	}
}

// TestSpellings: case, dashes and spaces change nothing, another word does.
func TestSpellings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SampledFrom([]string{"No - data flow is not identifiable", "No - consent provided by participants of research study"}).Draw(t, "raw")
		want, _ := terms.ParseOptOut(raw)
		dash := rapid.SampledFrom([]string{"-", " - ", " – ", "— ", " ‑"}).Draw(t, "dash")
		varied := strings.ReplaceAll(raw, " - ", dash)
		varied = strings.ReplaceAll(varied, " of ", rapid.SampledFrom([]string{" of ", "  of\u00a0", "\tof\n"}).Draw(t, "space"))
		if rapid.Bool().Draw(t, "upper") {
			varied = strings.ToUpper(varied)
		}
		if got, ok := terms.ParseOptOut(" " + varied + ". "); !ok || got != want {
			t.Fatalf("%q: %s %v", varied, got, ok)
		}
		if got, ok := terms.ParseOptOut(varied + " x"); ok {
			t.Fatalf("%q x: %s", varied, got)
		}
		if once := terms.Fold(varied); terms.Fold(once) != once {
			t.Fatalf("folding %q again gives %q", once, terms.Fold(once))
		}
	})
}

// FuzzFold: folding twice is folding once.
func FuzzFold(f *testing.F) {
	for _, seed := range []string{"A – b", "x -- y", ". .", "'.'", "ﬁ — ﬂ", " - ", "a.-. "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once := terms.Fold(raw)
		if again := terms.Fold(once); again != once {
			t.Fatalf("%q folds to %q and then to %q", raw, once, again)
		}
	})
}

// TestCodesOverGraphQL: every code goes out as it comes in, has words, and no
// other text is taken for one.
func TestCodesOverGraphQL(t *testing.T) {
	check := func(name string, values []string, read func(any) error, write func(string) (label, out string)) {
		if len(values) < 2 {
			t.Errorf("%s has %v", name, values)
		}
		for _, value := range values {
			label, out := write(value)
			if label == "" || strings.Contains(label, "_") {
				t.Errorf("%s %s has the label %q", name, value, label)
			}
			text, err := strconv.Unquote(out)
			if err != nil || text != value || read(text) != nil {
				t.Errorf("%s %s went out as %s", name, value, out)
			}
		}
		for _, other := range []any{"", "nonsense", 7, nil, true} {
			if err := read(other); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s read %v: %v", name, other, err)
			}
		}
	}
	var typ terms.TypeOfData
	check("type", typ.Values(), typ.UnmarshalGQL, func(v string) (string, string) {
		var b bytes.Buffer
		terms.TypeOfData(v).MarshalGQL(&b)
		return terms.TypeOfData(v).Label(), b.String()
	})
	var power terms.Power
	check("power", power.Values(), power.UnmarshalGQL, func(v string) (string, string) {
		var b bytes.Buffer
		terms.Power(v).MarshalGQL(&b)
		return terms.Power(v).Label(), b.String()
	})
	var route terms.Route
	check("route", route.Values(), route.UnmarshalGQL, func(v string) (string, string) {
		var b bytes.Buffer
		terms.Route(v).MarshalGQL(&b)
		return terms.Route(v).Label(), b.String()
	})
	var optOut terms.OptOut
	check("opt-out", optOut.Values(), optOut.UnmarshalGQL, func(v string) (string, string) {
		var b bytes.Buffer
		terms.OptOut(v).MarshalGQL(&b)
		return terms.OptOut(v).Label(), b.String()
	})
	var version terms.VersionState
	check("version state", version.Values(), version.UnmarshalGQL, func(v string) (string, string) {
		var b bytes.Buffer
		terms.VersionState(v).MarshalGQL(&b)
		return terms.VersionState(v).Label(), b.String()
	})
	var extract terms.ExtractState
	check("extract state", extract.Values(), extract.UnmarshalGQL, func(v string) (string, string) {
		var b bytes.Buffer
		terms.ExtractState(v).MarshalGQL(&b)
		return terms.ExtractState(v).Label(), b.String()
	})
}

// TestSpellingsReadBack: every code of a published column is written so that it reads
// back, and so are the routes of a line.
func TestSpellingsReadBack(t *testing.T) {
	basis := func(raw string) (terms.Power, bool) {
		power, routes, ok := terms.ParseBasis(raw)
		return power, ok && routes == nil
	}
	spell(t, terms.ParseTypeOfData, terms.TypeOfData.Spelling)
	spell(t, terms.ParseSensitivity, terms.Sensitivity.Spelling)
	spell(t, basis, terms.Power.Spelling)
	spell(t, terms.ParseRoute, terms.Route.Spelling)
	spell(t, terms.ParseOptOut, terms.OptOut.Spelling)
	spell(t, terms.ParseFrequency, terms.Frequency.Spelling)
	spell(t, terms.ParseControllership, terms.Controllership.Spelling)
	spell(t, terms.ParseAnswer, terms.Answer.Spelling)
	for _, routes := range [][]terms.Route{{terms.RouteConsent}, {terms.RouteStatutory, terms.RouteConsent, terms.RouteNone}, {terms.RouteNotRecorded}} {
		if back, ok := terms.ParseRoutes(terms.SpellRoutes(routes)); !ok || !slices.Equal(back, routes) {
			t.Errorf("%v came back as %v", routes, back)
		}
	}
	if routes, ok := terms.ParseRoutes("Consent (Reasonable Expectation); perhaps"); ok {
		t.Errorf("a part that no list has was read: %v", routes)
	}
}

func spell[T interface {
	~string
	Values() []string
}](t *testing.T, parse func(string) (T, bool), spelling func(T) string) {
	t.Helper()
	var none T
	for _, code := range none.Values() {
		written := spelling(T(code))
		if back, ok := parse(written); !ok || string(back) != code || (written == "") != strings.HasSuffix(code, "not_recorded") || written == code {
			t.Errorf("%s is written %q, which reads as %q", code, written, back)
		}
	}
}

func TestLabelsWithinASentence(t *testing.T) {
	for label, want := range map[string]string{
		"Statutory exemption": "statutory exemption", "COPI Regulations 2002, regulation 3": "COPI Regulations 2002, regulation 3", "GP and other primary care": "GP and other primary care",
		"Anonymised - ICO code compliant": "anonymised - ICO code compliant", "A list": "a list", "X": "x", "": "",
	} {
		if got := terms.Lower(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}
