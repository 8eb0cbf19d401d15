package terms_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/terms"
)

func goodFlow() terms.Flow {
	return terms.Flow{Number: 1, State: terms.FlowCurrent, From: "A hospital", FromNode: terms.NodeProvider, To: "A trust", ToNode: terms.NodeController,
		Description: "Admissions", Type: terms.Identifiable, Identifiers: []terms.Identifier{terms.IdentifierNHSNumber}, IdentifiersAs: terms.IdentifiersListed,
		Route: terms.RouteConsent, Basis: "Consent"}
}

// TestAFlowSaysAllThatIsWrong: each rule alone, with the code and the field.
func TestAFlowSaysAllThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*terms.Flow)
		want   []string // "code field"
	}{
		"nothing":               {func(*terms.Flow) {}, nil},
		"no beginning":          {func(f *terms.Flow) { f.From = " " }, []string{"flow-from from"}},
		"no end":                {func(f *terms.Flow) { f.To = "" }, []string{"flow-to to"}},
		"not described":         {func(f *terms.Flow) { f.Description = "" }, []string{"flow-description description"}},
		"no state":              {func(f *terms.Flow) { f.State = "" }, []string{"code-unknown state"}},
		"no kinds":              {func(f *terms.Flow) { f.FromNode, f.ToNode = "x", "" }, []string{"code-unknown from_node", "code-unknown to_node"}},
		"no type, no route":     {func(f *terms.Flow) { f.Type, f.Route = "", "y" }, []string{"code-unknown type", "code-unknown route"}},
		"through":               {func(f *terms.Flow) { f.Through, f.ThroughNode = "A centre", terms.NodeDSCRO }, nil},
		"through what":          {func(f *terms.Flow) { f.Through = "A centre" }, []string{"code-unknown through_node"}},
		"through nobody":        {func(f *terms.Flow) { f.ThroughNode = terms.NodeDSCRO }, []string{"flow-through through"}},
		"identifiers unsaid":    {func(f *terms.Flow) { f.IdentifiersAs = "" }, []string{"flow-identifiers identifiers_as"}},
		"listed and none":       {func(f *terms.Flow) { f.Identifiers = nil }, []string{"flow-identifiers identifiers"}},
		"none and listed":       {func(f *terms.Flow) { f.IdentifiersAs, f.Type = terms.IdentifiersNone, terms.Pseudonymised }, []string{"flow-identifiers identifiers_as"}},
		"identifiable by none":  {func(f *terms.Flow) { f.IdentifiersAs, f.Identifiers = terms.IdentifiersNone, nil }, []string{"flow-identifiers identifiers_as"}},
		"to be confirmed":       {func(f *terms.Flow) { f.IdentifiersAs, f.Identifiers = terms.IdentifiersToBeConfirmed, nil }, nil},
		"an identifier twice":   {func(f *terms.Flow) { f.Identifiers = append(f.Identifiers, f.Identifiers[0]) }, []string{"flow-identifiers identifiers[1]"}},
		"no identifier":         {func(f *terms.Flow) { f.Identifiers = []terms.Identifier{"shoe_size"} }, []string{"flow-identifiers identifiers[0]"}},
		"runs and stopped":      {func(f *terms.Flow) { f.StoppedOn = terms.NewDate(2014, 1, 9) }, []string{"flow-stopped stopped_on"}},
		"stopped":               {func(f *terms.Flow) { f.State, f.Why = terms.FlowStopped, "No basis." }, nil},
		"stopped for nothing":   {func(f *terms.Flow) { f.State = terms.FlowStopped }, []string{"flow-why why"}},
		"on no basis":           {func(f *terms.Flow) { f.Route, f.Basis = terms.RouteNotRecorded, "" }, []string{"flow-basis basis"}},
		"on a basis in words":   {func(f *terms.Flow) { f.Route = terms.RouteNotRecorded }, nil},
		"pseudonymised, not so": {func(f *terms.Flow) { f.Pseudonymised = true }, []string{"flow-pseudonymised type"}},
		"lines":                 {func(f *terms.Flow) { f.Lines = []int{1, 2, 2, 0} }, []string{"flow-line lines[2]", "flow-line lines[3]"}},
		"all at once":           {func(f *terms.Flow) { *f = terms.Flow{} }, []string{"flow-from from", "flow-to to", "flow-description description", "code-unknown state", "code-unknown from_node", "code-unknown to_node", "code-unknown type", "code-unknown route", "flow-identifiers identifiers_as"}},
	} {
		f := goodFlow()
		c.change(&f)
		var got []string
		for _, p := range f.Problems() {
			got = append(got, p.Code+" "+p.Field)
			if p.Message == "" {
				t.Errorf("%s: %s says nothing", name, p.Code)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestALicenceSaysAllThatIsWrong(t *testing.T) {
	less, none := -1, 0
	good := terms.Licence{System: "A system", Holder: "A trust", Kind: terms.SuperUser, Used: &none, PlannedWords: "TBC"}
	if problems := good.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
	if problems := (terms.Licence{Used: &less, Planned: &less}).Problems(); len(problems) != 5 {
		t.Errorf("%d problems: %v", len(problems), problems)
	}
}

// TestFlowsAreKeptWhole: what is written as JSON reads back the same, as the
// record keeps it.
func TestFlowsAreKeptWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := goodFlow()
		f.From, f.Description, f.Why = rapid.String().Draw(t, "from"), rapid.String().Draw(t, "description"), rapid.String().Draw(t, "why")
		f.State = terms.FlowState(rapid.SampledFrom(terms.FlowState("").Values()).Draw(t, "state"))
		if rapid.Bool().Draw(t, "dated") {
			f.StoppedOn = terms.NewDate(rapid.IntRange(1990, 2100).Draw(t, "year"), 2, rapid.IntRange(1, 28).Draw(t, "day"))
		}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back terms.Flow
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(text) {
			t.Errorf("%s became %s", text, again)
		}
	})
}
