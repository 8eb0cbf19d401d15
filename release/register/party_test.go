package register_test

import (
	"reflect"
	"testing"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

func TestPartiesFlowsAndNames(t *testing.T) {
	e := register.Entry{Number: 7}
	if list, err := e.PartyList(); list != nil || err != nil {
		t.Errorf("%v, %v", list, err)
	}
	e.With(register.Parties, `[{"name":"Example NHS Trust","organisation":"example-nhs-trust","role":"controller","places":[{"use":"storage","territory":"uk"}]}]`)
	e.With(register.Flows, `[{"number":1,"from":"A","to":"B"}]`)
	e.With(register.DatasetNames, `{"hes-apc":"Hospital Episode Statistics Admitted Patient Care"}`)
	list, err := e.PartyList()
	if want := []register.Party{{Name: "Example NHS Trust", Organisation: "example-nhs-trust", Role: terms.Controller, Places: []register.PartyPlace{{Use: "storage", Territory: terms.UnitedKingdom}}}}; err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, %v", list, err)
	}
	flows, err := e.FlowList()
	if err != nil || len(flows) != 1 || flows[0].To != "B" {
		t.Errorf("%+v, %v", flows, err)
	}
	if got := e.DatasetNamed("hes-apc"); got != "Hospital Episode Statistics Admitted Patient Care" {
		t.Error(got)
	}
	if got := e.DatasetNamed("ecds"); got != "ecds" {
		t.Error(got)
	}
	broken := register.Entry{Number: 8, Texts: []register.Text{{Field: register.Parties, Text: "{"}}}
	if _, err := broken.PartyList(); err == nil {
		t.Error("no list was read as one")
	}
}
