package rule_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/release/fault"
)

func TestNHSNumberVectors(t *testing.T) {
	f, err := os.Open("../../../testdata/hes/nhs_number.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	valid := 0
	for _, r := range rows[1:] {
		number, ok, usable := rule.NHSNumber(r[0])
		if want := r[1] == "true"; ok != want || (ok && number != r[2]) {
			t.Errorf("%q: %q %v, want %q %s (%s)", r[0], number, ok, r[2], r[1], r[4])
		}
		if sentinel := strings.HasPrefix(r[3], "sentinel") || slices.Contains(rule.Sentinels, r[2]); usable != (ok && !sentinel) {
			t.Errorf("%q: usable %v", r[0], usable)
		}
		if ok {
			valid++
		}
	}
	if len(rows) != 113 || valid != 40 {
		t.Errorf("%d vectors, %d valid", len(rows)-1, valid)
	}
}

func TestBuiltInSets(t *testing.T) {
	for _, d := range definition.All() {
		s, ok := rule.Get(d.Code)
		if !ok || len(s.Rules) == 0 || len(s.Digest()) != 64 {
			t.Errorf("%s has no rules", d.Code)
		}
	}
	if _, ok := rule.Get("nothing"); ok {
		t.Error("rules for nothing")
	}
}

// Every rule of the source about a column of the artificial files is stood
// for by one of ours, so that grouping the alternatives lost none.
func TestNoRuleOfTheSourceWasLost(t *testing.T) {
	for code, file := range map[string]string{"hes_apc": "rules_apc.json", "hes_op": "rules_op.json", "hes_ae": "rules_ae.json"} {
		data, err := os.ReadFile("../../../testdata/hes/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var source struct {
			Rules []struct{ Name, Field string }
		}
		if err := json.Unmarshal(data, &source); err != nil {
			t.Fatal(err)
		}
		d, _ := definition.Get(code)
		set, _ := rule.Get(code)
		stood := map[string]map[string]bool{} // column → names of source rules
		for _, r := range set.Rules {
			for _, c := range r.Columns() {
				if stood[c.Name] == nil {
					stood[c.Name] = map[string]bool{}
				}
				for _, name := range r.FromRules {
					stood[c.Name][name] = true
				}
			}
		}
		numbered := regexp.MustCompile(`_(n|nn|NN)$`)
		found := 0
		for _, r := range source.Rules {
			for _, f := range d.FeedFields() {
				family := numbered.MatchString(r.Field) && regexp.MustCompile("^"+numbered.ReplaceAllString(regexp.QuoteMeta(r.Field), `_\d\d`)+"$").MatchString(f.Name)
				if f.Name != r.Field && !family {
					continue
				}
				found++
				if !stood[f.Name][strings.TrimSpace(r.Name)] {
					t.Errorf("%s: nothing stands for %q on %s", code, r.Name, f.Name)
				}
			}
		}
		if found < 300 {
			t.Errorf("%s: only %d source rules were looked for", code, found)
		}
	}
}

const good = `{"dataset":"hes_apc","version":"1","source":"s","refuse_over_percent":5,"rules":[
	{"id":"a.b","field":"EPIKEY","severity":"reject","message":"m","any_of":[{"kind":"required"}]},
	{"id":"a.c","field":"DIAG_4_{02-04}","severity":"warn","message":"m","any_of":[{"kind":"length","max":4},{"kind":"values","values":["x"],"valid_to":"2009-03-31"}]}]}`

func TestLoad(t *testing.T) {
	apc, _ := definition.Get("hes_apc")
	s, err := rule.Load(apc, []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range s.Rules[1].Columns() {
		names = append(names, c.Name)
	}
	if !reflect.DeepEqual(names, []string{"DIAG_4_02", "DIAG_4_03", "DIAG_4_04"}) {
		t.Errorf("columns %v", names)
	}
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"unknown names", replace(`"any_of"`, `"anyof"`), []string{"rules[0].anyof unknown", "rules[1].anyof unknown"}},
		{"another dataset, no source, no version", replace(`hes_apc`, `hes_op`, `"source":"s"`, `"source":""`, `"version":"1"`, `"version":""`), []string{"dataset dataset", "version required", "source required"}},
		{"no percentage", replace(`:5,`, `:101,`), []string{"refuse_over_percent range"}},
		{"a bad and a repeated id", replace(`"a.b"`, `"A"`), []string{"rules[0].id id"}},
		{"a repeated id", replace(`"a.c"`, `"a.b"`), []string{"rules.a.b.id repeated"}},
		{"an unknown column", replace(`EPIKEY`, `NOKEY`, `{02-04}`, `{91-92}`), []string{"rules.a.b.field unknown", "rules.a.c.field unknown"}},
		{"severity and message", replace(`"warn"`, `"shout"`, `"m"`, `""`), []string{"rules.a.b.message required", "rules.a.c.severity severity", "rules.a.c.message required"}},
		{"an unknown kind", replace(`"kind":"required"`, `"kind":"lua"`), []string{"rules.a.b.any_of[0].kind kind"}},
		{"no check", replace(`[{"kind":"required"}]`, `[]`), []string{"rules.a.b.any_of required"}},
		{"arguments missing and too many", replace(`{"kind":"required"}`, `{"kind":"required","max":3}`, `"max":4`, `"min":4`), []string{"rules.a.b.any_of[0].max unknown", "rules.a.c.any_of[0].max required", "rules.a.c.any_of[0].max range"}},
		{"required as an alternative", replace(`{"kind":"required"}`, `{"kind":"required"},{"kind":"integer"}`), []string{"rules.a.b.any_of[0] alone"}},
		{"a period of another field", replace(`{"kind":"required"}`, `{"kind":"in_period"}`), []string{"rules.a.b.any_of[0] kind"}},
		{"patterns", replace(`{"kind":"required"}`, `{"kind":"regex","pattern":"a"},{"kind":"regex","pattern":"^(?=a)$"}`), []string{"rules.a.b.any_of[0].pattern pattern", "rules.a.b.any_of[1].pattern pattern"}},
		{"values no value can have", replace(`["x"]`, `["x","","y ","x"]`), []string{"rules.a.c.any_of[1].values[1] value", "rules.a.c.any_of[1].values[2] value", "rules.a.c.any_of[1].values[3] repeated"}},
		{"ranges", replace(`{"kind":"required"}`, `{"kind":"code_range","from":"B1","to":"A1"}`), []string{"rules.a.b.any_of[0].to range"}},
		{"years", replace(`"2009-03-31"`, `"2009"`, `{"kind":"length"`, `{"valid_from":"2010-01-01","valid_to":"2009-01-01","kind":"length"`), []string{"rules.a.c.any_of[0].valid_to range", "rules.a.c.any_of[1].valid_to date"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := rule.Load(apc, []byte(tc.in))
			var f *fault.Error
			if !errors.Is(err, fault.Invalid) || !errors.As(err, &f) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, r := range f.Reasons {
				got = append(got, r.Field+" "+r.Code)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
