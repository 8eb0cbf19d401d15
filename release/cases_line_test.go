package release

import (
	"testing"

	"data.release/registrar/ent"
	"data.release/registrar/release/terms"
)

// What was said of a line follows its dataset when an amendment numbers lines
// anew: a hold stops it under any number, and a waiver for it waives nothing of
// another.
func TestWhatIsSaidOfALineFollowsIt(t *testing.T) {
	k := &gateFacts{
		holds:     []*ent.Hold{{Line: 1, Datasets: []string{"op"}}},
		incidents: []*ent.Incident{{Line: 1, Datasets: []string{"op"}}},
		waivers:   []*ent.Derogation{{Rule: "x", Line: 1, Datasets: []string{"op"}}, {Rule: "y"}},
	}
	for _, c := range []struct {
		line                      terms.DatasetLine
		holds, incidents, waivers int
	}{
		{terms.DatasetLine{Number: 1, Dataset: "op"}, 1, 1, 2},
		{terms.DatasetLine{Number: 2, Dataset: "op"}, 1, 1, 2},
		{terms.DatasetLine{Number: 1, Dataset: "ae"}, 1, 1, 1},
		{terms.DatasetLine{Number: 2, Dataset: "ae"}, 0, 0, 2},
	} {
		if holds, incidents, waivers := len(k.holdsOn(c.line)), len(k.incidentsOn(c.line)), len(k.waiversOn(c.line)); holds != c.holds || incidents != c.incidents || waivers != c.waivers {
			t.Errorf("line %d of %s: %d holds, %d incidents, %d waivers; want %d, %d, %d", c.line.Number, c.line.Dataset, holds, incidents, waivers, c.holds, c.incidents, c.waivers)
		}
	}
}
