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
	"data.release/registrar/release/register/index"
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
		"":                              {},
		"q=&type=&organisation=&after=": {},
		"q=+heart+&after=3":             {text: "heart", after: 3},
		"type=pseudonymised&type=identifiable&type=identifiable":       {types: []terms.TypeOfData{terms.Identifiable, terms.Pseudonymised}},
		"kind=release&opt_outs=applied&frequency=one_off":              {kinds: []register.Kind{register.Release}, optOuts: []terms.OptOut{terms.OptOutApplied}, frequencies: []terms.Frequency{terms.OneOff}},
		"agreement=dars-nic-69431-k1k8r-V1.2%20":                       {agreement: "NIC-69431-K1K8R"},
		"agreement=nic+69431+k1k8r":                                    {agreement: "NIC-69431-K1K8R"},
		"agreement=CASEMIX_NHSE&as-of=2026-01-01":                      {agreement: "CASEMIX_NHSE"},
		"organisation=&organisation=nhs-stockport-ccg&dataset=hes-apc": {organisation: "nhs-stockport-ccg", dataset: "hes-apc"},
		"commercial=yes&sub_licensing=not_recorded&stands=no&late=yes": {commercial: []terms.Answer{terms.Yes}, subLicensing: []terms.Answer{terms.AnswerNotRecorded}, stands: []terms.Answer{terms.No}, late: true},
		"channel=system_access&organisation_kind=CCG&edition=ab":       {channels: []terms.Channel{terms.ChannelSystemAccess}, organisationKind: "CCG", edition: "ab"},
		"from=2021-02-01&to=2021-02-28&sort=event&before=9&flag=M1":    {from: terms.NewDate(2021, 2, 1), to: terms.NewDate(2021, 2, 28), order: index.EventNewest, before: 9, flags: []string{"M1"}},
	} {
		got, err := parseSearch(query(t, raw))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", raw, got, err)
		}
	}
}

func TestEveryMistakeOfASearchIsNamed(t *testing.T) {
	raw := "type=secret&kind=x&after=0&agreement=NIC-1&q=" + strings.Repeat("a", 201) +
		"&organisation=a&organisation=b&utm_source=x&from=1+May&sort=price&stands=maybe&flag=unlawful&before=x"
	_, err := parseSearch(query(t, raw))
	var told *fault.Error
	if !errors.As(err, &told) || !errors.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	fields := map[string]bool{}
	for _, reason := range told.Reasons {
		fields[reason.Field] = true
	}
	want := map[string]bool{"type": true, "kind": true, "after": true, "agreement": true, "q": true, "organisation": true, "utm_source": true, "from": true,
		"sort": true, "stands": true, "flag": true, "before": true}
	if !reflect.DeepEqual(fields, want) {
		t.Errorf("reasons for %v: %v", fields, err)
	}
	for _, pair := range []string{"from=2021-02-02&to=2021-02-01", "after=1&before=2"} {
		if _, err := parseSearch(query(t, pair)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s is taken: %v", pair, err)
		}
	}
	if _, err := parseSearch(query(t, "proofs=no"), "proofs"); err != nil {
		t.Errorf("what an address may have beside a search: %v", err)
	}
}

// The address written for a search is read as that search.
func TestASearchSurvivesItsAddress(t *testing.T) {
	subset := func(t *rapid.T, values []string) []string {
		return rapid.SliceOfDistinct(rapid.SampledFrom(values), rapid.ID).Draw(t, "values")
	}
	rapid.Check(t, func(t *rapid.T) {
		raw := url.Values{
			"q":             {rapid.StringMatching(`[^\x00 ]{0,20}`).Draw(t, "q")},
			"type":          subset(t, terms.TypeOfData("").Values()),
			"opt_outs":      subset(t, terms.OptOut("").Values()),
			"frequency":     subset(t, terms.Frequency("").Values()),
			"kind":          subset(t, register.Kind("").Values()),
			"sub_licensing": subset(t, terms.Answer("").Values()),
			"stands":        subset(t, []string{"yes", "no"}),
			"sort":          subset(t, []string{"event"}),
			"organisation":  {rapid.StringMatching(`[a-z-]{0,9}`).Draw(t, "organisation")},
			"agreement":     {rapid.SampledFrom([]string{"", "NIC-05934-M7V9K", "NWIS"}).Draw(t, "agreement")},
			"from":          {rapid.SampledFrom([]string{"", "2021-02-28"}).Draw(t, "from")},
			"after":         {rapid.StringMatching(`[1-9][0-9]{0,3}`).Draw(t, "after")},
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
		if term := optOut(value); term.Label == "" || strings.Contains(term.Label, ":") {
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
