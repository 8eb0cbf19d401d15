package terms_test

import (
	"testing"

	"data.release/registrar/release/terms"
)

// TestNextStepsAreOfTheTable: what a queue says comes next is a command that
// the state knows, and every open state has one.
func TestNextStepsAreOfTheTable(t *testing.T) {
	for _, value := range terms.VersionState("").Values() {
		state := terms.VersionState(value)
		step := state.NextStep()
		if step.Command == "" {
			if state.Open() {
				t.Errorf("%s is open and waits for nothing", state)
			}
			continue
		}
		if _, ok := state.Can(step.Command); !ok {
			t.Errorf("%s waits for %s, which cannot be done", state, step.Command)
		}
		if step.Words == "" || step.Who == "" {
			t.Errorf("%s does not say what or who", state)
		}
	}
	for _, value := range terms.VersionState("").Values() {
		state := terms.VersionState(value)
		if _, can := state.Can("submit"); can != state.Editable() {
			t.Errorf("%s: editable %v, can be submitted %v", state, state.Editable(), can)
		}
	}
}
