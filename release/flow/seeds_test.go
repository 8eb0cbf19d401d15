package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"data.release/registrar/release/terms"
)

// section is the step "flows" of an application, with where it is from.
type section struct {
	Source   string          `json:"source"`
	Flows    []terms.Flow    `json:"flows"`
	Licences []terms.Licence `json:"licences"`
}

func read[T any](t *testing.T, path ...string) (out T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"../../testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// row is a flow as a table of the Southend report has it: from, through, to,
// description, and the marks of its footnotes.
type row struct{ from, through, to, description, marks string }

func (r row) of(f terms.Flow) row {
	var marks []string
	for _, note := range f.Footnotes {
		mark := []rune(strings.TrimPrefix(note, "TBC"))[0]
		marks = append(marks, string(mark))
	}
	slices.Sort(marks)
	return row{f.From, f.Through, f.To, f.Description, strings.Join(marks, "")}
}

// TestSouthendsTablesReadBack: the two tables of flows of the report of January
// 2014, row for row, with which footnotes stand at each.
func TestSouthendsTablesReadBack(t *testing.T) {
	const social = "Case Management file data of adults and children receiving social care involving events, activity, social care data and financial assessments"
	want := []row{
		{"Community Provider [SEPT]", "", "Care Trak", "Community Events and activity inc. clinical data", "¹⁵"},
		{"Mental Health Provider [SEPT]", "", "Care Trak", "Mental Health Events and activity inc. clinical data", "¹⁵"},
		{"Acute Hospital Provider", "", "Care Trak", "Hospital activity data inc clinical data that does not flow to the HSCIC", "¹"},
		{"HSCIC", "PCT", "Care Trak", "Data from the secondary uses service [SUS]", "²¹"},
		{"GP Practice", "", "Care Trak", "Prescribing data and some clinical data", "³¹"},
		{"Southend Borough Council Care First IT system", "", "Care Trak", social, "¹⁴"},
		{"Continuing Health Care IT System in CSU", "", "Care Trak", "Assessment data on those receiving CHC", "²¹"},
		{"SBC commissioned providers", "National Treatment Authority", "Care Trak", "Drug and Alcohol event, activity and clinical data", "²³¹"},
		{"NHS 111", "CSU", "Care Trak", "Event and activity data inc. clinical data from NHS 111 not onward flow services", "²¹"},
		{"Out of Hours [OOH]", "CSU", "Care Trak", "Event and activity data inc. clinical data from OOH", "²¹"},
		{"Ambulance and Paramedic provider", "CSU", "Care Trak", "Event and activity data inc. clinical data from OOH", "²¹"},
		{"GP", "CSU", "Care Trak", "Event and activity data inc. clinical data in excess of care.data", "²³¹"},
		{"Hospital Provider", "CSU", "Care Trak", "Event and activity data inc. clinical data in excess of SUS/care.data", "²³¹"},
		{"Any other qualified provider [health] commissioned locally", "CSU", "Care Trak", "Event and activity data inc. clinical data", "²¹"},
		{"Any other qualified provider [social care] commissioned locally", "CSU", "Care Trak", "Event and activity data inc. confidential data", "²³¹"},
	}
	got := read[section](t, "seeds-003", "flows.json")
	if len(got.Flows) != len(want) || !strings.Contains(got.Source, "January 2014") || !strings.Contains(got.Source, "draft") {
		t.Fatalf("%d flows from %q", len(got.Flows), got.Source)
	}
	for i, f := range got.Flows {
		if r := (row{}).of(f); r != want[i] {
			t.Errorf("row %d: %q, want %q", i+1, r, want[i])
		}
		if problems := f.Problems(); len(problems) > 0 {
			t.Errorf("row %d: %v", i+1, problems)
		}
		if f.Number != i+1 || f.IdentifiersAs != terms.IdentifiersToBeConfirmed || !f.StoppedOn.IsZero() {
			t.Errorf("row %d: the report gives no list of identifiers and no date: %+v", i+1, f)
		}
		state, route := terms.FlowStopped, terms.RouteNotRecorded
		switch {
		case i == 5: // "the social care flows continue as they are supported by the legal basis of consent"
			state, route = terms.FlowCurrent, terms.RouteConsent
		case i > 5:
			state = terms.FlowProposed
		case !strings.Contains(f.Why, "legal basis"):
			t.Errorf("row %d stopped, and nobody knows why", i+1)
		}
		if f.State != state || f.Route != route {
			t.Errorf("row %d: %s by %s, want %s by %s", i+1, f.State, f.Route, state, route)
		}
	}
}

// TestSouthendsLicencesReadBack: the table of licences, now and future.
func TestSouthendsLicencesReadBack(t *testing.T) {
	type allocation struct{ ordinary, ordinaryPlanned, super, superPlanned string }
	want := map[string]allocation{
		"CCG": {"0", "TBC", "2", "TBC"}, "SBC": {"0", "12 {panel Members]", "4", "TBC"}, "CSU": {"0", "TBC", "2", "TBC"},
		"SEPP": {"4", "3", "3", "TBC"}, "GP Practice": {"0", "1 per practice =37", "0", "0"},
	}
	got := map[string]allocation{}
	say := func(n *int, words string) string {
		switch {
		case words != "":
			return words
		case n == nil:
			return "not recorded"
		}
		return ranges([]int{*n})
	}
	for _, l := range read[section](t, "seeds-003", "flows.json").Licences {
		if problems := l.Problems(); len(problems) > 0 || l.System != "Care Trak" {
			t.Errorf("%s: %v", l.Holder, problems)
		}
		a := got[l.Holder]
		if l.Kind == terms.SuperUser {
			a.super, a.superPlanned = say(l.Used, ""), say(l.Planned, l.PlannedWords)
		} else {
			a.ordinary, a.ordinaryPlanned = say(l.Used, ""), say(l.Planned, l.PlannedWords)
		}
		got[l.Holder] = a
		if (l.Holder == "SBC") != strings.Contains(l.OtherAccess, "Care First") {
			t.Errorf("%s: other access is %q", l.Holder, l.OtherAccess)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d holders, want %d", len(got), len(want))
	}
	for holder, a := range want {
		if got[holder] != a {
			t.Errorf("%s: %q, want %q", holder, got[holder], a)
		}
	}
	counts := map[string]int{}
	for _, l := range read[section](t, "seeds-003", "flows.json").Licences {
		if l.Planned != nil && l.Kind == terms.OrdinaryUser {
			counts[l.Holder] = *l.Planned
		}
	}
	if counts["SBC"] != 12 || counts["GP Practice"] != 37 || counts["SEPP"] != 3 || len(counts) != 3 {
		t.Errorf("counts that are planned: %v", counts)
	}
}

// TestSouthendsActionsReadBack: thirteen actions, their pages and who owes
// them, by roles.
func TestSouthendsActionsReadBack(t *testing.T) {
	type action struct {
		Number   int      `json:"number"`
		Page     string   `json:"page"`
		Text     string   `json:"text"`
		Owners   []string `json:"owners"`
		DueWords string   `json:"dueWords"`
		Kind     string   `json:"kind"`
	}
	got := read[struct {
		Source  string   `json:"source"`
		Actions []action `json:"actions"`
	}](t, "seeds-003", "actions.json").Actions
	pages := []string{"5", "8", "9", "9", "10", "10", "11", "14", "N/A", "N/A", "N/A", "N/A", "N/A"}
	if len(got) != len(pages) {
		t.Fatalf("%d actions", len(got))
	}
	for i, a := range got {
		owners := 1
		if i == 12 { // "DS & PW"
			owners = 2
		}
		pioneer := i < 7
		if a.Number != i+1 || a.Page != pages[i] || len(a.Owners) != owners || a.Kind != "action" || pioneer != (a.Owners[0] == "Southend Integrated Care Pioneer") {
			t.Errorf("action %d: %+v", i+1, a)
		}
	}
	if got[7].DueWords != "ideally before the end of February" {
		t.Errorf("the workshop is due %q", got[7].DueWords)
	}
}

// TestDirectCommissioningsStepsReadBack: processing steps 1 to 5 of
// NIC-69431-K1K8R. Identifiable data come to seven DSCROs from a national feed
// and from providers; nothing identifiable leaves them; only suppressed
// aggregates leave NHS England.
func TestDirectCommissioningsStepsReadBack(t *testing.T) {
	flows := read[section](t, "seeds-004", "flows.json").Flows
	centres := []string{"North of England DSCRO", "North West DSCRO", "Greater East Midlands (GEM) DSCRO", "North & East of London DSCRO", "South DSCRO", "Central Southern DSCRO", "South West DSCRO"}
	if len(flows) != 23 {
		t.Fatalf("%d flows", len(flows))
	}
	for i, f := range flows {
		if problems := f.Problems(); len(problems) > 0 {
			t.Errorf("flow %d: %v", i+1, problems)
		}
		var want terms.Flow
		switch {
		case i < 7:
			want = terms.Flow{From: "National feed of SUS, Mental Health and DIDS", To: centres[i], Type: terms.Identifiable}
		case i < 14:
			want = terms.Flow{From: "Providers", To: centres[i-7], Type: terms.Identifiable}
		case i < 21:
			want = terms.Flow{From: centres[i-14], To: "The respective CSU", Type: terms.Pseudonymised, Pseudonymised: true}
		case i == 21:
			want = terms.Flow{From: "The respective CSU", To: "NHS England", Type: terms.Pseudonymised}
		default:
			want = terms.Flow{From: "NHS England", To: "Others, where contractual arrangements are in place", Type: terms.AggregateSuppressed}
		}
		if f.From != want.From || f.To != want.To || f.Type != want.Type || f.Pseudonymised != want.Pseudonymised || f.OptOuts || f.State != terms.FlowCurrent {
			t.Errorf("flow %d: %+v", i+1, f)
		}
	}
	if !slices.Contains(flows[0].Datasets, "DIDS") || len(flows[7].Datasets) != 4 {
		t.Error("what travels without a line is not said")
	}
}

// TestSeedsPictures keeps the pictures of both in goldens, one scenario each.
func TestSeedsPictures(t *testing.T) {
	for _, seed := range []string{"seeds-003", "seeds-004"} {
		flows := read[section](t, seed, "flows.json").Flows
		path := "testdata/pictures/" + seed + ".txtar"
		archive := &txtar.Archive{Comment: []byte("The picture and words of testdata/" + seed + "/flows.json; -update rewrites them.\n")}
		want := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
			{Name: "words.txt", Data: []byte(words(flows))}, {Name: "picture.svg", Data: Draw("Data flows", flows)}}})
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s has drifted (%v): run go test ./release/flow -update and look at the picture", path, err)
		}
	}
}
