package public

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

func query(t testing.TB, raw string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestASearchIsReadAsPeopleGiveIt(t *testing.T) {
	for raw, want := range map[string]search{
		"":                             {page: 1},
		"q=&type=&organisation=&page=": {page: 1},
		"q=+heart+&page=3":             {text: "heart", page: 3},
		"type=pseudonymised&type=identifiable&type=identifiable":       {types: []terms.TypeOfData{terms.Identifiable, terms.Pseudonymised}, page: 1},
		"kind=release&opt_outs=applied&frequency=one_off":              {kinds: []register.Kind{register.Release}, optOuts: []terms.OptOut{terms.OptOutApplied}, frequencies: []terms.Frequency{terms.OneOff}, page: 1},
		"agreement=dars-nic-69431-k1k8r-V1.2%20":                       {agreement: "NIC-69431-K1K8R", page: 1},
		"agreement=CASEMIX_NHSE&utm_source=x":                          {agreement: "CASEMIX_NHSE", page: 1},
		"organisation=&organisation=nhs-stockport-ccg&dataset=hes-apc": {organisation: "nhs-stockport-ccg", dataset: "hes-apc", page: 1},
	} {
		got, err := parseSearch(query(t, raw))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", raw, got, err)
		}
	}
}

func TestEveryMistakeOfASearchIsNamed(t *testing.T) {
	_, err := parseSearch(query(t, "type=secret&kind=x&page=0&agreement=NIC-1&q="+strings.Repeat("a", 201)+"&organisation=a&organisation=b"))
	var told *fault.Error
	if !errors.As(err, &told) || !errors.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	fields := map[string]bool{}
	for _, reason := range told.Reasons {
		fields[reason.Field] = true
	}
	if want := map[string]bool{"type": true, "kind": true, "page": true, "agreement": true, "q": true, "organisation": true}; !reflect.DeepEqual(fields, want) {
		t.Errorf("reasons for %v: %v", fields, err)
	}
}

// The address written for a search is read as that search.
func TestASearchSurvivesItsAddress(t *testing.T) {
	subset := func(t *rapid.T, values []string) []string {
		return rapid.SliceOfDistinct(rapid.SampledFrom(values), rapid.ID).Draw(t, "values")
	}
	rapid.Check(t, func(t *rapid.T) {
		raw := url.Values{
			"q":            {rapid.StringMatching(`[^\x00 ]{0,20}`).Draw(t, "q")},
			"type":         subset(t, terms.TypeOfData("").Values()),
			"opt_outs":     subset(t, terms.OptOut("").Values()),
			"frequency":    subset(t, terms.Frequency("").Values()),
			"kind":         subset(t, register.Kind("").Values()),
			"organisation": {rapid.StringMatching(`[a-z-]{0,9}`).Draw(t, "organisation")},
			"agreement":    {rapid.SampledFrom([]string{"", "NIC-05934-M7V9K", "NWIS"}).Draw(t, "agreement")},
			"page":         {rapid.StringMatching(`[1-9][0-9]{0,3}`).Draw(t, "page")},
		}
		first, err := parseSearch(raw)
		if err != nil {
			t.Fatal(err)
		}
		_, written, _ := strings.Cut(first.href("/register"), "?")
		again, err := url.ParseQuery(written)
		if err != nil {
			t.Fatal(err)
		}
		second, err := parseSearch(again)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%+v became %+v, %v", first, second, err)
		}
	})
}

func TestEveryCodeHasItsWords(t *testing.T) {
	for _, value := range values[terms.TypeOfData](terms.TypeOfData("")) {
		if short(value).Label == "" || long(value).Note == "" {
			t.Errorf("type %s", value)
		}
	}
	for _, value := range values[terms.OptOut](terms.OptOut("")) {
		if term := optOut(value); term.Label == "" || strings.Contains(term.Label, ":") || optOutNotes[value] == "" {
			t.Errorf("opt-out %s: %+v", value, term)
		}
	}
	for _, value := range values[register.Kind](register.Kind("")) {
		if kinds[value].Label == "" || kinds[value].Note == "" {
			t.Errorf("kind %s", value)
		}
	}
	if got := short(terms.Pseudonymised); !strings.Contains(got.Note, "pseudonymised") || !strings.Contains(got.Note, "record level") {
		t.Errorf("what the registers call anonymised is shown as %+v", got)
	}
}
