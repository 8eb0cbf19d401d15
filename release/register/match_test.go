package register_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"data.release/registrar/release/register"
)

func alike(subject register.Subject, recorded, fresh string) string {
	var out []string
	for _, a := range register.LookAlikes(subject, []register.Named{{ID: register.Slug(recorded), Name: recorded}}, []register.Named{{ID: register.Slug(fresh) + "'", Name: fresh}}) {
		out = append(out, a.Why)
	}
	return strings.Join(out, "|")
}

func TestLookAlikes(t *testing.T) {
	cases := []struct {
		subject         register.Subject
		recorded, fresh string
		want            string // a beginning of the reason; empty: not alike
	}{
		// Organisations: real spellings of the registers (domain.md §1-2), and of the field.
		{register.OrganisationNames, "UNIVERSITY OF BRISTOL", "Bristol University", "the same words"},
		{register.OrganisationNames, "NHS Leeds CCG", "NHS Leeds Clinical Commissioning Group", "the same words"},
		{register.OrganisationNames, "Lancashire & South Cumbria Cancer Alliance", "Lancashire and South Cumbria Cancer Alliance", "the same words"},
		{register.OrganisationNames, "Isle of Man Department of Health & Social Care", "Isle of Man Dept of Health and Social Care", "the same words"},
		{register.OrganisationNames, "Office for National Statistics", "Office for National Statistics (ONS)", "the same words"},
		{register.OrganisationNames, "London School of Economics and Political Science (LSE)", "London School of Economics and Political Science", "the same words"},
		{register.OrganisationNames, "NHS ENGLAND (QUARRY HOUSE)", "NHS ENGLAND - X26", "the same but for a code"},
		{register.OrganisationNames, "NHS England", "NHS England (Skipton House)", "the same but for a code"},
		{register.OrganisationNames, "NHS Digital - X26", "NHS ENGLAND - X26", "both carry the same code"},
		{register.OrganisationNames, "NHS SURREY HEARTLANDS ICB - 92A", "NHS Surrey Heartlands Integrated Care Board", "the same but for a code"},
		{register.OrganisationNames, "IQVIA Ltd", "IQVIA Limited", "the same words"},
		{register.OrganisationNames, "Harvey Walsh Ltd", "Harvey Walsh", "the same but for words of its legal form"},
		{register.OrganisationNames, "London Borough of Bexley Council", "London Borough of Bexley", "the same but for words"},
		{register.OrganisationNames, "Stockport Metropolitan Borough Council", "Stockport MBC", "the same words"},
		{register.OrganisationNames, "Barts Health NHS Trust", "Barts Health NHSFT", "the same but for words"},
		{register.OrganisationNames, "Care Quality Commission (CQC)", "CQC", "one is the initials"},
		{register.OrganisationNames, "Public Health England", "PHE", "one is the initials"},
		{register.OrganisationNames, "Regional Drug & Therapeutic Centre", "Regional Drug and Therapeutics Centre", "one letter"},
		{register.OrganisationNames, "Royal College of Psychiatrists", "Royal College of Pyschiatrists", "one letter"},
		{register.OrganisationNames, "Southend on Sea Borough Council", "South end on Sea Borough Council", "the same letters"},
		{register.OrganisationNames, "NHS Leeds CCG", "NHS Leeds ICB", ""}, // a statutory transfer, never a spelling
		{register.OrganisationNames, "NHS BEDFORDSHIRE, LUTON AND MILTON KEYNES ICB - M1J4Y", "NHS Bedfordshire, Luton and Milton Keynes ICB - 06F", ""},
		{register.OrganisationNames, "NHS North Hampshire CCG", "NHS West Hampshire CCG", ""},
		{register.OrganisationNames, "Derby City Council", "Derbyshire County Council", ""},
		{register.OrganisationNames, "University of Oxford", "University of Oxford, Department of Paediatrics", ""},
		{register.OrganisationNames, "The University of Manchester", "Manchester University NHS Foundation Trust", ""},
		{register.OrganisationNames, "NHS Herefordshire CCG", "NHS Hertfordshire CCG", ""},
		{register.OrganisationNames, "London Borough of Harrow", "London Borough of Barrow", ""},
		{register.OrganisationNames, "Wessex Cancer Alliance", "Northern Cancer Alliance", ""},
		{register.OrganisationNames, "", "", ""},
		{register.OrganisationNames, "()", "-", ""},

		{register.DatasetNamesOf, "Local Provider Data - Public Health & Screening services", "Public Health and Screening Services-Local Provider Flows", "the same words"},
		{register.DatasetNamesOf, "Acute-Local Provider Flows", "Local Provider Data - Acute", "the same words"},
		{register.DatasetNamesOf, "Hospital Episode Statistics Admitted Patient Care", "HES APC", "the same words"},
		{register.DatasetNamesOf, "Hospital Episode Statistics Accident and Emergency", "HES A&E", "the same words"},
		{register.DatasetNamesOf, "Maternity Services Data Set", "MSDS (Maternity Services Data Set)", "the same words"},
		{register.DatasetNamesOf, "Emergency Care Data Set (ECDS)", "Emergency Care Dataset", "the same words"},
		{register.DatasetNamesOf, "Personal Demographic Service", "Personal Demographics Service", "the same words"},
		{register.DatasetNamesOf, "Civil Registration - Deaths", "Civil Registrations of Death", "the same words"},
		{register.DatasetNamesOf, "COVID-19 Hospitalization in England Surveillance System", "COVID-19 Hospitalisation in England Surveillance System", "one letter"},
		{register.DatasetNamesOf, "Civil Registration - Deaths", "Civil Registration - Births", ""},
		{register.DatasetNamesOf, "Assuring Transformation (Identifiable)", "Assuring Transformation (Pseudo)", ""},
		{register.DatasetNamesOf, "Patient Reported Outcome Measures", "Patient Reported Outcome Measures (Linkable to HES)", ""},
		{register.DatasetNamesOf, "Mental Health Minimum Data Set", "Mental Health Services Data Set", ""}, // a forerunner, which is recorded
		{register.DatasetNamesOf, "Covid-19 UK Non-hospital Antigen Testing Results (pillar 1)", "Covid-19 UK Non-hospital Antigen Testing Results (pillar 2)", ""},
		{register.DatasetNamesOf, "Bespoke Monthly Extract : SUS PbR OP", "SUS PbR OP", ""},
		{register.DatasetNamesOf, "Data Set", "Data Flow", ""},

		{register.ReferencesOf, "NIC-69431-K1K8R", "NIC-69431-K1K8B", "one character"},
		{register.ReferencesOf, "NIC-69431-K1K8R", "NIC-69413-K1K8R", "one character"},
		{register.ReferencesOf, "NIC-69431-K1K8R", "NIC-6943-K1K8R", "one character"},
		{register.ReferencesOf, "CASEMIX_MONITOR", "Casemix Monitor", "the same but for case"},
		{register.ReferencesOf, "NIC-69431-K1K8R", "No filters applied", "reads like a note"},
		{register.ReferencesOf, "NIC-69431-K1K8R", "NIC-69431-X7K1V", ""},
		{register.ReferencesOf, "NIC-69431-K1K8R", "NIC-17875-K1K8R", ""},
		{register.ReferencesOf, "NWIS", "GPCENSUS", ""},
		// What differs in digits alone is a series; NIC numbers above are none.
		{register.ReferencesOf, "ODR1700_0", "ODR1700_1", ""},
		{register.ReferencesOf, "ODR1617_009", "ODR1617_0099", ""},
		{register.ReferencesOf, "ODR1617_012", "ODR1617_021", ""},
		{register.ReferencesOf, "ODR1617_012", "ODR_1617-012", "the same but for case"},
		{register.ReferencesOf, "ODR1617_012", "ODX1617_012", "one character"},
		{register.OrganisationNames, "Made-up Surgery (Site 1)", "Made-up Surgery (Site 2)", ""},
		{register.DatasetNamesOf, "Wave 1 of cohort 2", "Wave 2 of cohort 1", ""},
	}
	for _, c := range cases {
		for _, pair := range [][2]string{{c.recorded, c.fresh}, {c.fresh, c.recorded}} {
			if c.want == aNoteBegins && pair[1] != c.fresh {
				continue // only what is new is doubted by itself
			}
			got := alike(c.subject, pair[0], pair[1])
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %q, then %q: %q, want %q", c.subject, pair[0], pair[1], got, c.want)
			}
		}
	}
}

const aNoteBegins = "reads like a note"

// Names within one list are compared too, and the likeliest come first.
func TestLookAlikesAmongThemselves(t *testing.T) {
	var fresh []register.Named
	for i, name := range []string{"University of York", "York University", "The University, York", "NHS England - X26"} {
		fresh = append(fresh, register.Named{ID: fmt.Sprint(i), Name: name})
	}
	var got []string
	for _, a := range register.LookAlikes(register.OrganisationNames, nil, fresh) {
		got = append(got, a.Name.ID+" as "+a.Candidate.ID)
	}
	if want := []string{"1 as 0", "2 as 0", "2 as 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var many []register.Named
	for i := range 20 {
		many = append(many, register.Named{ID: fmt.Sprint(i), Name: fmt.Sprintf("NHS Thing - %dAA", 10+i)})
	}
	for _, a := range register.LookAlikes(register.OrganisationNames, many, []register.Named{{ID: "x", Name: "NHS Thing"}}) {
		got = append(got, a.Candidate.ID)
	}
	if len(got) != 3+5 {
		t.Errorf("%d candidates", len(got)-3)
	}
}

// A register of 30,000 references in series asks nothing, and so does one of
// names with a code each; neither takes longer per name than a small one.
func TestLookAlikesOfASeries(t *testing.T) {
	for subject, pattern := range map[register.Subject]string{register.ReferencesOf: "ODR1700_%d", register.OrganisationNames: "Made-up Health Board - %dAA"} {
		per := func(n int) time.Duration {
			fresh := make([]register.Named, n)
			for i := range fresh {
				fresh[i] = register.Named{ID: fmt.Sprint(i), Name: fmt.Sprintf(pattern, i)}
			}
			begun := time.Now()
			if found := register.LookAlikes(subject, nil, fresh); len(found) > 0 {
				t.Errorf("%d of %d %ss are asked about, such as %+v", len(found), n, subject, found[0])
			}
			return time.Since(begun) / time.Duration(n)
		}
		// The machine is shared: ten times is no tight bound, and quadratic work is thirty.
		if small, large := per(1_000), per(30_000); large > 10*max(small, 5*time.Microsecond) {
			t.Errorf("%s: %s a name of 1,000 and %s of 30,000", subject, small, large)
		}
	}
}

// Whatever is compared, nothing is alike to itself, and no name breaks it.
func FuzzLookAlikes(f *testing.F) {
	f.Add("NHS Leeds CCG", "NHS LEEDS CCG ()")
	f.Add("a-1b2", "(((1a2")
	f.Add("É", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, subject := range []register.Subject{register.OrganisationNames, register.DatasetNamesOf, register.ReferencesOf} {
			n := register.Named{ID: "one", Name: a}
			for _, found := range register.LookAlikes(subject, []register.Named{n, {ID: "two", Name: b}}, []register.Named{n}) {
				if found.Candidate.ID == "one" || found.Likeness <= 0 || found.Likeness > 1 || found.Why == "" {
					t.Errorf("%+v", found)
				}
			}
		}
	})
}

// The questions that the real edition of February 2021 asks of an empty
// register, looked at one by one: each is worth a person's look.
func TestLookAlikesOfFebruary2021(t *testing.T) {
	book := normalised(t)
	named := func(list []register.Name) []register.Named {
		var out []register.Named
		for _, n := range list {
			out = append(out, register.Named{ID: register.Slug(n.Name), Name: n.Name})
		}
		return out
	}
	var stems []register.Named
	for _, a := range book.Agreements {
		stems = append(stems, register.Named{ID: a.Stem, Name: a.Stem})
	}
	got := map[register.Subject][]string{}
	for subject, fresh := range map[register.Subject][]register.Named{register.OrganisationNames: named(book.Organisations), register.DatasetNamesOf: named(book.Datasets), register.ReferencesOf: stems} {
		for _, a := range register.LookAlikes(subject, nil, fresh) {
			got[subject] = append(got[subject], a.Name.Name+" | "+a.Candidate.Name)
		}
	}
	want := map[register.Subject][]string{
		register.OrganisationNames: {"NHS England (Skipton House) | NHS England (Quarry House)", "Office for National Statistics (ONS) | Office for National Statistics"},
		register.DatasetNamesOf:    {"MSDS (Maternity Services Data Set) | Maternity Services Data Set"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
