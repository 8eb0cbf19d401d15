package register_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

func aRelease() register.Entry {
	e := sampleEntry()
	e.Number, e.Kind, e.RowKey, e.Line = 7, register.Release, "row", 3
	return e
}

var today = terms.NewDate(2026, 11, 25)

func TestAmend(t *testing.T) {
	for name, c := range map[string]struct {
		entry  func(*register.Entry)
		values map[string]string
		wrong  []string // code field, sorted by field
	}{
		"a code":                    {nil, map[string]string{"opt_out": "applied"}, nil},
		"a code to not recorded":    {nil, map[string]string{"type_of_data": ""}, nil},
		"a list":                    {nil, map[string]string{"routes": "consent | section_251"}, nil},
		"a day":                     {nil, map[string]string{"event_to": "2021-03-31"}, nil},
		"a text":                    {nil, map[string]string{"title": "Another"}, nil},
		"a name without its id":     {nil, map[string]string{"organisation": "Another", "dataset_name": "Another"}, []string{"column-unknown dataset_name", "column-unknown organisation"}},
		"a title of two lines":      {nil, map[string]string{"title": "a\nb"}, []string{"value title"}},
		"a title too long":          {nil, map[string]string{"title": strings.Repeat("é", register.MaxLine+1)}, []string{"value title"}},
		"a title just long enough":  {nil, map[string]string{"title": strings.Repeat("é", register.MaxLine)}, nil},
		"days before the NHS":       {nil, map[string]string{"event_from": "1948-07-04"}, []string{"before event_from"}},
		"today":                     {nil, map[string]string{"event_to": "2026-11-25"}, nil},
		"days to come":              {nil, map[string]string{"event_to": "2026-11-26"}, []string{"future event_to"}},
		"the same":                  {nil, map[string]string{"type_of_data": string(aRelease().TypeOfData)}, []string{"unchanged "}},
		"nothing":                   {nil, nil, []string{"unchanged "}},
		"everything wrong at once":  {nil, map[string]string{"opt_out": "perhaps", "event_from": "1 May", "rows_band": "none", "starts": "2021-01-01"}, []string{"value event_from", "value opt_out", "column-unknown rows_band", "column-unknown starts"}},
		"days the wrong way round":  {nil, map[string]string{"event_from": "2021-04-01", "event_to": "2021-03-01"}, []string{"period event_to"}},
		"no reference":              {nil, map[string]string{"reference": ""}, []string{"value reference"}},
		"what is no release":        {func(e *register.Entry) { e.Kind = register.Destruction }, map[string]string{"opt_out": "applied"}, []string{"kind about"}},
		"a text that waits":         {func(e *register.Entry) { e.Texts[0].Withheld = true }, map[string]string{"opt_out": "applied"}, []string{"withheld about"}},
		"a text that was erased":    {func(e *register.Entry) { e.Texts[0].Erased = true }, map[string]string{"opt_out": "applied"}, nil},
		"a release has no purposes": {nil, map[string]string{"objective": "x"}, []string{"column-unknown objective"}},
	} {
		e := aRelease()
		if c.entry != nil {
			c.entry(&e)
		}
		got, wrong := register.Amend(e, c.values, today)
		var codes []string
		for _, r := range wrong {
			codes = append(codes, r.Code+" "+r.Field)
		}
		if !slices.Equal(codes, c.wrong) {
			t.Errorf("%s: %q, want %q", name, codes, c.wrong)
		}
		if len(wrong) > 0 {
			continue
		}
		if got.Kind != register.Correction || got.About != 7 || got.Corrects != register.Release || got.RowKey != "" || got.Line != 0 || got.Edition != "" {
			t.Errorf("%s: %+v", name, got)
		}
		for column, value := range c.values {
			at := slices.IndexFunc(register.Columns(), func(r register.Column) bool { return r.Name == column })
			if text := register.Columns()[at].Text(got); value != "" && text != value {
				t.Errorf("%s: %s is %q", name, column, text)
			}
		}
	}
}

// A correction says of everything that it does not change what was said before,
// a correction of a correction is about the entry itself, and what is withheld
// or erased is in none.
func TestAmendChangesWhatItNamesAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := aRelease()
		values := map[string]string{}
		for _, c := range register.Amendable(register.Release) {
			if rapid.Bool().Draw(t, c.Name) {
				switch c.Name {
				case "opt_out":
					values[c.Name] = rapid.SampledFrom(terms.OptOut("").Values()).Draw(t, "opt-out")
				case "organisation_type", "title":
					values[c.Name] = rapid.StringMatching(`[A-Za-z][a-z ]{0,20}[a-z]`).Draw(t, "text")
				}
			}
		}
		first, wrong := register.Amend(e, values, today)
		if len(wrong) > 0 {
			return
		}
		first.Number = 9
		second, wrong := register.Amend(first, map[string]string{"frequency": string(terms.FrequentAdHoc)}, today)
		if len(wrong) > 0 {
			return
		}
		if second.About != 7 || second.Corrects != register.Release {
			t.Fatalf("a correction of a correction is about entry %d", second.About)
		}
		for _, c := range register.Amendable(register.Release) {
			want, named := values[c.Name]
			if !named {
				want = c.Text(e)
			}
			if c.Name == "frequency" {
				want = string(terms.FrequentAdHoc)
			}
			if got := c.Text(second); got != want {
				t.Fatalf("%s is %q, want %q (%v)", c.Name, got, want, slices.Sorted(maps.Keys(values)))
			}
		}
	})
}

func TestWhatIsNotAtHandIsNotRepeated(t *testing.T) {
	e := aRelease()
	e.Texts[0].Withheld, e.Texts[1].Erased = true, true
	again := register.Again(e)
	if len(again.Texts) != 0 {
		t.Errorf("%+v", again.Texts)
	}
}

// A form says all columns, also those that nobody touched: only what was
// changed on it is meant, and what somebody else has changed meanwhile is told.
func TestMeant(t *testing.T) {
	shown := aRelease()
	standing, wrong := register.Amend(shown, map[string]string{"event_to": "2021-04-30", "sensitivity": string(terms.Sensitive)}, today)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	standing.Number = 12
	form := map[string]string{}
	for _, c := range register.Amendable(register.Release) {
		form[c.Name] = c.Text(shown)
	}
	form["opt_out"] = string(terms.OptOutConsent)
	meant, wrong := register.Meant(shown, standing, form)
	if len(wrong) > 0 || !maps.Equal(meant, map[string]string{"opt_out": string(terms.OptOutConsent)}) {
		t.Errorf("%v, %+v", meant, wrong)
	}
	form["event_to"], form["sensitivity"] = "2021-05-31", string(terms.Sensitive)
	meant, wrong = register.Meant(shown, standing, form)
	if len(wrong) != 1 || wrong[0].Field != "event_to" || !strings.Contains(wrong[0].Message, "entry 12") || !strings.Contains(wrong[0].Message, "2021-04-30") {
		t.Errorf("%v, %+v", meant, wrong)
	}
}
