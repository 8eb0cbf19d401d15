package completeness_test

import (
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/completeness"
	"data.release/registrar/release/terms"
)

// The names are made up.
func TestAdviseNamesTheTextsThatWillBePublic(t *testing.T) {
	if advice := completeness.Advise(whole().Terms); len(advice) != 0 {
		t.Errorf("an ordinary application: %+v", advice)
	}
	v := whole().Terms
	v.Objective = "Led by Dr Jane Doe, jane@example.org."
	flow := aFlow(terms.FlowProposed)
	flow.Footnotes = []string{"Fewer than five people", "Ask Mr Doe"}
	v.Flows = []terms.Flow{aFlow(terms.FlowProposed), flow}
	var fields []string
	for _, g := range completeness.Advise(v) {
		fields = append(fields, g.Step+" "+g.Field)
		if g.Code != "privacy" || g.Standard == "" || strings.Contains(g.Message, "Doe") {
			t.Errorf("%+v", g)
		}
	}
	if want := []string{"purpose objective", "flows flows[1].footnotes"}; !slices.Equal(fields, want) {
		t.Errorf("advice about %q, want %q", fields, want)
	}
	if !strings.Contains(completeness.Advise(v)[0].Message, "e-mail address, name with a title") {
		t.Errorf("%s", completeness.Advise(v)[0].Message)
	}
}
