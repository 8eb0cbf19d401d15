package family_test

import (
	"testing"

	"data.release/registrar/release/register/family"
)

func TestLocal(t *testing.T) {
	for _, c := range []struct {
		kind, name string
		want       bool
	}{
		{"CCG", "NHS Stockport CCG", true},
		{"Clinical Commissioning Group (CCG)", "NHS Stockport CCG", true},
		{"Sub ICB Location", "NHS Surrey Heartlands ICB - 92A", true},
		{"ICB - Integrated Care Board", "NHS Surrey Heartlands", true},
		{"Local Authority", "Leeds City Council", true},
		{"Academic", "University of Leeds", false},
		{"Academic", "Council for Research", false}, // its type says what it is
		{"", "Blackburn with Darwen Borough Council", true},
		{"", "Monitor", false},
		{"Commissioning Support Unit (CSU)", "NHS Arden and Greater East Midlands CSU", false}, // it works for bodies of many areas
		{"", "NHS North and East London CSU", false},
	} {
		if got := family.Local(c.kind, c.name); got != c.want {
			t.Errorf("%q %q: %v", c.kind, c.name, got)
		}
	}
	for _, c := range []struct {
		name, place string
		want        bool
	}{
		{"NHS Stockport CCG", "stockport", true},
		{"NHS Stockport CCG", "Stock", false},
		{"NHS Bath and North East Somerset CCG", "north-east somerset", true},
		{"Leeds City Council", "", true},
	} {
		if got := family.In(c.name, c.place); got != c.want {
			t.Errorf("%q in %q: %v", c.name, c.place, got)
		}
	}
}
