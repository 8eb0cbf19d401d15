package family_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/register/family"
	"data.release/registrar/release/terms"
)

func TestOf(t *testing.T) {
	for name, want := range map[string][]string{
		"Hospital Episode Statistics Admitted Patient Care":           {"hospital-stays"},
		"HOSPITAL EPISODE STATISTICS OUTPATIENTS":                     {"hospital-appointments"},
		"Bespoke Monthly Extract : SUS PbR A&E":                       {"emergency"},
		"SUS for Commissioners":                                       {"hospital-stays", "hospital-appointments", "emergency"},
		"Emergency Care-Local Provider Flows":                         {"emergency"},
		"Local Provider Data - Public Health & Screening services":    {"screening"},
		"Public Health and Screening Services-Local Provider Flows":   {"screening"},
		"Mental Health and Learning Disabilities Data Set":            {"mental-health"},
		"Covid-19 UK Non-hospital Antigen Testing Results (pillar 2)": {"tests", "covid"},
		"Acute-Local Provider Flows":                                  {"hospital-stays", "hospital-appointments", "emergency"},
		"National Diabetes Audit":                                     {"audits"},
		"Cancer Registry linked to  Diagnostic Imaging Dataset":       {"cancer", "tests", "audits"},
		"Other Not Elsewhere Classified (NEC)-Local Provider Flows":   {"other"},
		"Adult Psychiatric Morbidity Survey":                          {"mental-health", "surveys"},
		"GP Census data at individual level for all 4 Countries":      {"staff"},
		"e-Referral Service for Commissioning":                        {"referrals"},
		"Chess":                                                       {"other"}, // no "hes" within a word
		"":                                                            {"other"},
	} {
		if got := family.Of(name); !slices.Equal(got, want) {
			t.Errorf("%q is of %q, want %q", name, got, want)
		}
	}
}

// Every example stands in its own family, and each family says when.
func TestFamiliesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range family.Families() {
		if f.Name == "" || f.When == "" || len(f.Examples) == 0 || seen[f.ID] || !family.Known(f.ID) {
			t.Errorf("%+v", f)
		}
		seen[f.ID] = true
		for _, example := range f.Examples {
			if !slices.Contains(family.Of(example), f.ID) {
				t.Errorf("%s: its example %q is of %q", f.ID, example, family.Of(example))
			}
		}
	}
	if family.Known("nowhere") || !seen[family.Other] {
		t.Error("families are known that are none")
	}
}

func TestCollected(t *testing.T) {
	none := terms.Date{}
	for name, want := range map[string][2]terms.Date{
		"Mental Health Minimum Data Set":                                             {{Year: 2006, Month: 4, Day: 1}, {Year: 2014, Month: 8, Day: 31}},
		"MHSDS (Mental Health Services Data Set)":                                    {none, none}, // named twice: nothing is concluded
		"Mental Health Services Data Set":                                            {{Year: 2016, Month: 1, Day: 1}, none},
		"Bridge file: Hospital Episode Statistics to Mental Health Minimum Data Set": {none, none},
		"SUS for Commissioners":                                                      {none, none},
	} {
		from, to := family.Collected(name)
		if from != want[0] || to != want[1] {
			t.Errorf("%q: %s to %s", name, from, to)
		}
	}
}

// Any name is of one family at least, each known, and spelling counts not.
func TestAnyNameHasAFamily(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		got := family.Of(name)
		if len(got) == 0 || slices.ContainsFunc(got, func(id string) bool { return !family.Known(id) }) {
			t.Fatalf("%q is of %q", name, got)
		}
		if again := family.Of("  " + name + " "); !slices.Equal(got, again) {
			t.Fatalf("%q with spaces is of %q, not %q", name, again, got)
		}
	})
}
