package release

import (
	"testing"

	"data.release/registrar/release/terms"
)

// TestEveryCommandHasAParticiple so that no refusal has a hole in it.
func TestEveryCommandHasAParticiple(t *testing.T) {
	for _, x := range terms.VersionTransitions {
		if participles[x.Command] == "" {
			t.Errorf("%s has none", x.Command)
		}
	}
}
