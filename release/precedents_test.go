package release

import (
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/terms"
)

func TestWhatASearchIsRecognisedAs(t *testing.T) {
	datasets := []string{"hospital-episode-statistics-outpatients", "hospital-episode-statistics-admitted-patient-care", "emergency-care-data-set", "sus-outpatient-data",
		"mental-health-services-data-set", "civil-registration-deaths"}
	for text, want := range map[string]struct {
		words   string
		powers  []terms.Power
		routes  []terms.Route
		types   []terms.TypeOfData
		sets    []int
		optOuts int
	}{
		"HES diabetes s261(2)(b)(ii)":            {words: "diabetes", powers: []terms.Power{terms.S261_1_2bii}, sets: []int{2}},
		"s261(7) s251 stroke registry":           {words: "stroke registry", powers: []terms.Power{terms.S261_7}, routes: []terms.Route{terms.RouteSection251}},
		"hes, ECDS sus":                          {sets: []int{2, 1, 1}},
		"s261(1)":                                {powers: []terms.Power{terms.S261_1_2a, terms.S261_1_2bii}},
		"s42(4) deaths":                          {words: "deaths", powers: []terms.Power{terms.SRSA42_4}},
		"MHSDS identifiable consent":             {sets: []int{1}, types: []terms.TypeOfData{terms.Identifiable}, routes: []terms.Route{terms.RouteConsent}},
		"asthma opt-outs pseudonymised":          {words: "asthma", types: []terms.TypeOfData{terms.Pseudonymised}, optOuts: 1},
		"XYZ s999(1) a ( s26 ) sudden emergency": {words: "XYZ s999(1) a ( s26 ) sudden emergency"},
		"":                                       {},
	} {
		q := recognise(text, datasets)
		var sizes []int
		for _, set := range q.sets {
			sizes = append(sizes, len(set))
		}
		if strings.Join(q.words, " ") != want.words || !slices.Equal(q.powers, want.powers) || !slices.Equal(q.routes, want.routes) ||
			!slices.Equal(q.types, want.types) || !slices.Equal(sizes, want.sets) || len(q.optOuts) != want.optOuts {
			t.Errorf("%q: %+v", text, q)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("HES diabetes s261(2)(b)(ii)")
	f.Add("s((((  , ; S251. ÄÖÜ")
	f.Fuzz(func(t *testing.T, text string) {
		q := recognise(text, []string{"hospital-episode-statistics-outpatients", "", "-"})
		if len(q.words)+len(q.filters) == 0 && strings.TrimSpace(text) != "" {
			t.Errorf("nothing is made of %q", text)
		}
	})
}

func TestSnippets(t *testing.T) {
	for text, want := range map[string][]SnippetPart{
		"": nil, "plain": {{Text: "plain"}}, "a \x02hit\x03 b": {{Text: "a "}, {"hit", true}, {Text: " b"}},
		"\x02hit\x03\x02again\x03": {{"hit", true}, {"again", true}}, "stray \x03 end \x02open": {{Text: "stray  end "}, {Text: "open"}},
	} {
		if got := snippetParts(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v", text, got)
		}
	}
}
