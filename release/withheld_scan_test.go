package release

import (
	"strings"
	"testing"
	"time"

	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
)

// The names are made up.
func TestHoldAsksEachTextAsItsFieldSays(t *testing.T) {
	const person, call = "Led by Dr Jane Doe.", "Ask 020 7946 0018."
	for _, c := range []struct {
		field register.Field
		text  string
		held  bool
	}{
		{register.Objective, person, true}, {register.Title, person, true}, {register.Reason, call, true}, {register.LaySummary, person, true},
		{register.AsPublished, `{"purpose":"x\nDr Jane Doe"}`, true}, {register.Flows, `[{"description":"x\nDr Jane Doe"}]`, true},
		{register.OrganisationName, "Dr Jane Doe Surgery, 12 High Street", false}, {register.OrganisationName, "Surgery " + call, true},
		{register.Controllers, "Dr Doe and Partners; Other", false}, {register.Controllers, call, true},
		{register.Parties, `[{"places":[{"address":"12 High Street, LS1 6AE"}]}]`, false}, {register.DatasetName, "3 Patients Survey", false},
		{register.Objective, "To study.", false},
	} {
		e := &register.Entry{}
		e.With(c.field, c.text)
		w := &work{}
		held := w.hold([]*register.Entry{e})
		if (len(held) == 1) != c.held || e.Texts[0].Withheld != c.held {
			t.Errorf("%s %q: held %v, want %v", c.field, c.text, len(held) == 1, c.held)
		}
		if again := w.hold([]*register.Entry{e}); len(again) != len(held) {
			t.Errorf("%s %q: asked again it holds %d", c.field, c.text, len(again))
		}
		cleared := &register.Entry{}
		cleared.With(c.field, c.text)
		w = &work{cleared: map[clearance]bool{{c.field, digestOf(c.text)}: true}}
		if held := w.hold([]*register.Entry{cleared}); len(held) != 0 || cleared.Texts[0].Withheld {
			t.Errorf("%s %q: held although it was cleared", c.field, c.text)
		}
	}
}

// What stands in a column as well is never withheld, for the column would have
// it all the same.
func TestHoldKeepsWhatIsFoundOutOfColumns(t *testing.T) {
	if id := nameID("Surgery 020 7946 0018"); strings.Contains(id, "7946") || id == nameID("Surgery 020 7946 0018") {
		t.Errorf("the id %s is made of the number", id)
	}
	if id := nameID("Dr Foster Limited"); id != register.Slug("Dr Foster Limited") {
		t.Errorf("the id of an ordinary name is %s", id)
	}
	e := &register.Entry{}
	e.With(register.OrganisationType, "Surgery, jane@example.org")
	e.With(register.Title, "A study")
	if held := (&work{}).hold([]*register.Entry{e}); len(held) != 0 || e.Get(register.OrganisationType) != "" || e.Get(register.Title) == "" {
		t.Errorf("held %d, type %q", len(held), e.Get(register.OrganisationType))
	}
}

// A withheld text is committed to like every other.
func TestWithheldTextsAreInTheLeaf(t *testing.T) {
	leaf := func(withheld bool) string {
		e := register.Entry{Number: 1, Kind: register.Agreement, Stem: "NIC-1", RecordedAt: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
		e.Texts = []register.Text{{Field: register.Objective, Text: "Led by Dr Jane Doe.", Salt: make([]byte, 32), Withheld: withheld}}
		out, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if leaf(true) != leaf(false) || !strings.Contains(leaf(true), `"objective"`) {
		t.Errorf("%s and %s", leaf(true), leaf(false))
	}
}

func TestScanCell(t *testing.T) {
	for _, c := range []struct {
		cell    register.Cell
		text    string
		persons bool
		kinds   []privacy.Kind
	}{
		{register.CellOrganisation, "Dr Jane Doe Surgery", false, nil},
		{register.CellObjective, "Dr Jane Doe", false, []privacy.Kind{privacy.TitledName}},
		{"", "jane@example.org", false, []privacy.Kind{privacy.Email}},
		{register.CellApplicants, "Jane Doe", true, []privacy.Kind{privacy.PersonColumn}},
		{register.CellApplicants, "", true, nil},
	} {
		got := privacy.KindsOf(scanCell(c.cell, c.text, c.persons))
		if len(got) != len(c.kinds) || len(got) > 0 && got[0] != c.kinds[0] {
			t.Errorf("%s %q: %v", c.cell, c.text, got)
		}
	}
	counted := countHeld([]heldText{{findings: privacy.Scan("Dr Doe, a@b.org")}}, []heldCell{{findings: privacy.Scan("Dr Doe")}})
	if len(counted) != 2 || counted[0] != (register.Withheld{Kind: privacy.Email, Texts: 1}) || counted[1] != (register.Withheld{Kind: privacy.TitledName, Texts: 1, Cells: 1}) {
		t.Errorf("%+v", counted)
	}
}
