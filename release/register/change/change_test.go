package change_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/terms"
)

// release is a row of a release, as an edition since July 2021 has it.
func releaseRow(change func(*register.Entry)) register.Entry {
	e := register.Entry{
		Kind: register.Release, Reference: "DARS-NIC-1234-A1B2C-v1.2", Stem: "NIC-1234-A1B2C", Version: "v1.2", SourceID: "F1", RowKey: "F1",
		EventFrom: terms.NewDate(2022, 7, 1), EventTo: terms.NewDate(2022, 7, 31), Dataset: "hes-apc",
		TypeOfData: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteNone},
		OptOut: terms.OptOutNoReason, Frequency: terms.Ongoing,
	}
	e.With(register.OrganisationName, "NHS ENGLAND (QUARRY HOUSE)")
	e.With(register.OrganisationID, "nhs-england-quarry-house")
	e.With(register.DatasetName, "HES APC")
	if change != nil {
		change(&e)
	}
	return e
}

func agreementRow(change func(*register.Entry)) register.Entry {
	e := register.Entry{
		Kind: register.Agreement, Reference: "DARS-NIC-1234-A1B2C-v1.2", Stem: "NIC-1234-A1B2C", Version: "v1.2", RowKey: "DARS-NIC-1234-A1B2C-v1.2",
		EventFrom: terms.NewDate(2022, 7, 1), EventTo: terms.NewDate(2022, 7, 31),
		Starts: terms.NewDate(2021, 1, 1), Ends: terms.NewDate(2023, 12, 31), Controllership: terms.SoleController, SubLicensing: terms.No, Commercial: terms.No,
		Lines: []register.Line{{Dataset: "hes-apc", TypeOfData: terms.Pseudonymised, Routes: []terms.Route{terms.RouteNone}}, {Dataset: "hes-apc", TypeOfData: terms.Identifiable}},
	}
	e.With(register.OrganisationName, "University of Bristol")
	e.With(register.OrganisationID, "university-of-bristol")
	e.With(register.Objective, "• To study “care”\n• 2019–20")
	e.With(register.Controllers, "NHS ENGLAND (QUARRY HOUSE); CITY, UNIVERSITY OF LONDON")
	if change != nil {
		change(&e)
	}
	return e
}

func set(field register.Field, text string) func(*register.Entry) {
	return func(e *register.Entry) {
		e.Texts = slices.DeleteFunc(slices.Clone(e.Texts), func(t register.Text) bool { return t.Field == field })
		e.With(field, text)
	}
}

func all(changes ...func(*register.Entry)) func(*register.Entry) {
	return func(e *register.Entry) {
		for _, c := range changes {
			c(e)
		}
	}
}

func cells(pairs ...string) func(*register.Entry) {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	text, _ := json.Marshal(m)
	return set(register.AsPublished, string(text))
}

// known are successions: a rename, a statutory transfer, one for an agreement
// alone, and two of datasets.
func known() *change.Names {
	organisation := func(number int64, relation terms.Relation, stem, from, to string) register.Entry {
		e := register.Entry{Number: number, Kind: register.Succession, Relation: relation, Stem: stem}
		e.With(register.OrganisationName, from)
		e.With(register.OrganisationID, register.Slug(from))
		e.With(register.Successor, to)
		e.With(register.SuccessorID, register.Slug(to))
		return e
	}
	dataset := func(number int64, relation terms.Relation, from, to string) register.Entry {
		e := register.Entry{Number: number, Kind: register.Succession, Relation: relation, Dataset: register.Slug(from), SuccessorDataset: register.Slug(to)}
		e.With(register.DatasetName, from)
		e.With(register.Successor, to)
		return e
	}
	return change.NewNames([]register.Entry{
		organisation(12, terms.RenamedTo, "", "NHS ENGLAND (QUARRY HOUSE)", "NHS ENGLAND - X26"),
		organisation(13, terms.TransferredTo, "", "NHS SURREY HEARTLANDS CCG", "NHS SURREY HEARTLANDS ICB - 92A"),
		organisation(14, terms.NovatedTo, "NIC-1234-A1B2C", "PHE", "UKHSA"),
		organisation(15, terms.SameAs, "", "CITY, UNIVERSITY OF LONDON", "City St George's, University of London"),
		dataset(16, terms.RenamedTo, "HES APC", "Hospital Episode Statistics Admitted Patient Care (HES APC)"),
		dataset(17, terms.FollowedByDataset, "MHLDDS", "MHSDS"),
		releaseRow(nil), // none, and passed over
	})
}

// TestReadings holds the cases of domain §2.8: what vanishes once typing and
// renames are taken away, and what must not.
func TestReadings(t *testing.T) {
	long := "Hospital Episode Statistics Admitted Patient Care (HES APC)"
	for name, c := range map[string]struct {
		before, after register.Entry
		want          []string // "id: cosmetic: why" or "id: substantive[: why]"
	}{
		"nothing":                  {releaseRow(nil), releaseRow(nil), nil},
		"a rename is no new owner": {releaseRow(nil), releaseRow(all(set(register.OrganisationName, "NHS ENGLAND - X26"), set(register.OrganisationID, "nhs-england-x26"))), []string{"organisation: cosmetic: renamed (entry 12)"}},
		"and back":                 {releaseRow(all(set(register.OrganisationName, "NHS ENGLAND - X26"), set(register.OrganisationID, "nhs-england-x26"))), releaseRow(nil), []string{"organisation: cosmetic: renamed (entry 12)"}},
		"a transfer is": {releaseRow(all(set(register.OrganisationName, "NHS SURREY HEARTLANDS CCG"), set(register.OrganisationID, "nhs-surrey-heartlands-ccg"))),
			releaseRow(all(set(register.OrganisationName, "NHS SURREY HEARTLANDS ICB - 92A"), set(register.OrganisationID, "nhs-surrey-heartlands-icb-92a"))), []string{"organisation: substantive: transferred by statute (entry 13)"}},
		"no way back from a transfer": {releaseRow(all(set(register.OrganisationName, "NHS SURREY HEARTLANDS ICB - 92A"), set(register.OrganisationID, "nhs-surrey-heartlands-icb-92a"))),
			releaseRow(all(set(register.OrganisationName, "NHS SURREY HEARTLANDS CCG"), set(register.OrganisationID, "nhs-surrey-heartlands-ccg"))), []string{"organisation: substantive"}},
		"for this agreement alone": {releaseRow(all(set(register.OrganisationName, "PHE"), set(register.OrganisationID, "phe"))),
			releaseRow(all(set(register.OrganisationName, "UKHSA"), set(register.OrganisationID, "ukhsa"))), []string{"organisation: substantive: novated (entry 14)"}},
		"another organisation":      {releaseRow(nil), releaseRow(all(set(register.OrganisationName, "A company"), set(register.OrganisationID, "a-company"))), []string{"organisation: substantive"}},
		"case and spaces of a name": {releaseRow(nil), releaseRow(set(register.OrganisationName, "NHS England  (Quarry House) ")), []string{"organisation: cosmetic: only typed otherwise"}},
		"a relabelled dataset":      {releaseRow(nil), releaseRow(all(set(register.DatasetName, long), func(e *register.Entry) { e.Dataset = register.Slug(long) })), []string{"dataset: cosmetic: renamed (entry 16)"}},
		"a collection that follows": {releaseRow(all(set(register.DatasetName, "MHLDDS"), func(e *register.Entry) { e.Dataset = "mhldds" })),
			releaseRow(all(set(register.DatasetName, "MHSDS"), func(e *register.Entry) { e.Dataset = "mhsds" })), []string{"dataset: substantive: followed by another collection (entry 17)"}},
		"a code":                        {releaseRow(nil), releaseRow(func(e *register.Entry) { e.OptOut = terms.OptOutApplied }), []string{"opt_out: substantive"}},
		"a code in another spelling":    {releaseRow(cells("type_of_data", "Anonymised - ICO code compliant")), releaseRow(cells("type_of_data", "Anonymised -ICO Code Compliant")), []string{"type_of_data: cosmetic: another spelling of the same"}},
		"a dash":                        {releaseRow(cells("legal_basis", "s261(1) - x")), releaseRow(cells("legal_basis", "s261(1) – x")), []string{"power: cosmetic: only typed otherwise"}},
		"words that no list has":        {releaseRow(all(cells("opt_outs", "Maybe"), func(e *register.Entry) { e.OptOut = terms.OptOutNotRecorded })), releaseRow(all(cells("opt_outs", "Perhaps"), func(e *register.Entry) { e.OptOut = terms.OptOutNotRecorded })), []string{"opt_out: substantive"}},
		"a cell without a code":         {releaseRow(cells("purpose", "a")), releaseRow(cells("purpose", "b")), []string{"cell/purpose: substantive"}},
		"the same cell typed otherwise": {releaseRow(cells("purpose", "a “b”")), releaseRow(cells("purpose", "a  \"b\"")), []string{"cell/purpose: cosmetic: only typed otherwise"}},
		"cells of one side only":        {releaseRow(cells("purpose", "a")), releaseRow(nil), nil},
		"the month": {releaseRow(nil), releaseRow(func(e *register.Entry) {
			e.EventFrom, e.EventTo = terms.NewDate(2022, 8, 1), terms.NewDate(2022, 8, 31)
		}), []string{"event: substantive"}},
		"the order of routes": {releaseRow(func(e *register.Entry) { e.Routes = []terms.Route{terms.RouteConsent, terms.RouteNone} }), releaseRow(func(e *register.Entry) { e.Routes = []terms.Route{terms.RouteNone, terms.RouteConsent} }), nil},
		"the edition's days": {agreementRow(nil), agreementRow(func(e *register.Entry) {
			e.EventFrom, e.EventTo = terms.NewDate(2022, 8, 1), terms.NewDate(2022, 8, 31)
		}), nil},
		"bullets, quotes and dashes":    {agreementRow(nil), agreementRow(set(register.Objective, "~ To study \"care\"\r\n~ 2019-20")), []string{"objective: cosmetic: only typed otherwise"}},
		"words":                         {agreementRow(nil), agreementRow(set(register.Objective, "• To study “death”\n• 2019–20")), []string{"objective: substantive"}},
		"controllers renamed":           {agreementRow(nil), agreementRow(set(register.Controllers, "NHS ENGLAND - X26; CITY, UNIVERSITY OF LONDON")), []string{"controllers: cosmetic: renamed (entry 12)"}},
		"controllers divided by commas": {agreementRow(nil), agreementRow(set(register.Controllers, "CITY, UNIVERSITY OF LONDON,NHS ENGLAND (QUARRY HOUSE)")), []string{"controllers: cosmetic: the same in another order"}},
		"controllers typed otherwise":   {agreementRow(nil), agreementRow(set(register.Controllers, "NHS England (Quarry House)\nCity, University of London")), []string{"controllers: cosmetic: only typed otherwise"}},
		"a controller more":             {agreementRow(nil), agreementRow(set(register.Controllers, "NHS ENGLAND (QUARRY HOUSE); CITY, UNIVERSITY OF LONDON; A company")), []string{"controllers: substantive"}},
		"a controller twice":            {agreementRow(set(register.Controllers, "A; B")), agreementRow(set(register.Controllers, "A; B; B")), []string{"controllers: substantive"}},
		"a controller followed":         {agreementRow(set(register.Controllers, "NHS SURREY HEARTLANDS CCG")), agreementRow(set(register.Controllers, "NHS SURREY HEARTLANDS ICB - 92A")), []string{"controllers: substantive: transferred by statute (entry 13)"}},
		"the end":                       {agreementRow(nil), agreementRow(func(e *register.Entry) { e.Ends = terms.NewDate(2024, 12, 31) }), []string{"ends: substantive"}},
		"lines in another order":        {agreementRow(nil), agreementRow(func(e *register.Entry) { e.Lines = []register.Line{e.Lines[1], e.Lines[0]} }), nil},
		"a line's answer": {agreementRow(nil), agreementRow(func(e *register.Entry) {
			e.Lines = []register.Line{e.Lines[0], {Dataset: "hes-apc", TypeOfData: terms.Identifiable, Power: terms.S261_7}}
		}), []string{"line/hes-apc/power: substantive"}},
		"a line more":              {agreementRow(nil), agreementRow(func(e *register.Entry) { e.Lines = append(slices.Clone(e.Lines), register.Line{Dataset: "ecds"}) }), []string{"line/ecds: substantive"}},
		"a line that is not there": {agreementRow(nil), agreementRow(func(e *register.Entry) { e.Lines = e.Lines[:1] }), []string{"line/hes-apc: substantive"}},
		"a line's dataset renamed": {agreementRow(func(e *register.Entry) { e.Lines = e.Lines[:1] }), agreementRow(func(e *register.Entry) {
			e.Lines = []register.Line{e.Lines[0]}
			e.Lines[0].Dataset = register.Slug(long)
		}), []string{"line/" + register.Slug(long) + "/dataset: cosmetic: renamed (entry 16)"}},
		"an answer is told once":      {agreementRow(cells("sub_licensing", "No")), agreementRow(all(cells("sub_licensing", "Yes"), func(e *register.Entry) { e.SubLicensing = terms.Yes })), []string{"sub_licensing: substantive"}},
		"an answer spelled otherwise": {agreementRow(cells("commercial", "N")), agreementRow(cells("commercial", "No")), []string{"commercial: cosmetic: another spelling of the same"}},
		"days that cannot be read":    {agreementRow(all(cells("starts", "soon"), func(e *register.Entry) { e.Starts = terms.Date{} })), agreementRow(all(cells("starts", "later"), func(e *register.Entry) { e.Starts = terms.Date{} })), []string{"starts: substantive"}},
		"a cell of all lines": {agreementRow(all(cells("opt_outs", "Y"), func(e *register.Entry) { e.Lines = []register.Line{{Dataset: "hes-apc", OptOut: terms.OptOutApplied}} })),
			agreementRow(all(cells("opt_outs", "No"), func(e *register.Entry) { e.Lines = []register.Line{{Dataset: "hes-apc", OptOut: terms.OptOutNoReason}} })), []string{"line/hes-apc/opt_out: substantive"}},
		"a cell of all lines, spelled otherwise": {agreementRow(all(cells("opt_outs", "Y"), func(e *register.Entry) { e.Lines = []register.Line{{Dataset: "hes-apc", OptOut: terms.OptOutApplied}} })),
			agreementRow(all(cells("opt_outs", "Yes"), func(e *register.Entry) { e.Lines = []register.Line{{Dataset: "hes-apc", OptOut: terms.OptOutApplied}} })), []string{"cell/opt_outs: cosmetic: another spelling of the same"}},
		"support": {agreementRow(nil), agreementRow(func(e *register.Entry) {
			e.Support = []register.Support{{Route: terms.RouteSection251, Reference: "CAG 1-01/2020", Ends: "2023-01-01"}}
		}), []string{"support: substantive"}},
		"a text erased on one side": {agreementRow(nil), agreementRow(func(e *register.Entry) {
			all(set(register.Objective, ""))(e)
			e.Texts = append(e.Texts, register.Text{Field: register.Objective, Erased: true})
		}), []string{"objective: unknown"}},
		"withheld, but at hand": {agreementRow(nil), agreementRow(func(e *register.Entry) {
			for i := range e.Texts {
				e.Texts[i].Withheld = true
			}
		}), nil},
	} {
		var got []string
		for _, f := range change.Readings(c.before, c.after, known()) {
			word := "substantive"
			switch {
			case f.Unknown:
				got = append(got, f.ID+": unknown")
				continue
			case f.Cosmetic:
				word = "cosmetic"
			}
			got = append(got, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", f.ID, word, f.Why), ": "))
			if f.Label == "" || f.Before == f.After {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
	// Two versions have two references, which is no change and no typing.
	next := func(e *register.Entry) {
		e.Reference, e.Version, e.Ends = "DARS-NIC-1234-A1B2C-v2.0", "v2.0", terms.NewDate(2025, 1, 1)
	}
	if got := change.Versions(agreementRow(cells("reference", "DARS-NIC-1234-A1B2C-v1.2")), agreementRow(all(next, cells("reference", "DARS-NIC-1234-A1B2C-v2.0"))), known()); len(got) != 1 || got[0].ID != "ends" {
		t.Errorf("versions: %+v", got)
	}
	// Without successions a rename cannot be told from a change.
	if got := change.Readings(releaseRow(nil), releaseRow(all(set(register.OrganisationName, "NHS ENGLAND - X26"), set(register.OrganisationID, "nhs-england-x26"))), nil); len(got) != 1 || got[0].Cosmetic {
		t.Errorf("%+v", got)
	}
}

// anyRow draws rows of few values, so that they often agree.
func anyRow(t *rapid.T) register.Entry {
	pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	base := releaseRow(nil)
	if rapid.Bool().Draw(t, "agreement") {
		base = agreementRow(nil)
		base.Lines = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) register.Line {
			return register.Line{Dataset: pick2(t, "line", "hes-apc", "ecds"), TypeOfData: terms.TypeOfData(pick2(t, "type", "identifiable", "pseudonymised"))}
		}), 0, 4).Draw(t, "lines")
		set(register.Controllers, pick("controllers", "A; B", "B, A", "a", "NHS ENGLAND (QUARRY HOUSE)", "NHS ENGLAND - X26"))(&base)
		set(register.Objective, pick("objective", "x", "“x”", "\"x\"", "y"))(&base)
	}
	base.SourceID = pick("key", "1", "2", "3", "4")
	base.OptOut = terms.OptOut(pick("opt-out", "applied", "no_reason"))
	set(register.OrganisationName, pick("name", "NHS ENGLAND (QUARRY HOUSE)", "NHS ENGLAND - X26", "nhs england - x26", "A company"))(&base)
	set(register.OrganisationID, register.Slug(base.Get(register.OrganisationName)))(&base)
	return base
}

func pick2(t *rapid.T, label string, values ...string) string {
	return rapid.SampledFrom(values).Draw(t, label)
}

// TestRows: nothing differs from itself, every row is counted once, and what
// leads back is the mirror.
func TestRows(t *testing.T) {
	turn := map[change.Kind]change.Kind{change.Added: change.NotInLater, change.NotInLater: change.Added, change.Changed: change.Changed, change.Retyped: change.Retyped}
	key := func(e register.Entry) string { return e.SourceID + string(e.Kind) }
	names := known()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(rapid.Custom(anyRow), 0, 6).Draw(t, "a"), rapid.SliceOfN(rapid.Custom(anyRow), 0, 6).Draw(t, "b")
		if rows, tally := change.Rows(a, a, key, names); len(rows) > 0 || tally.Unchanged != len(a) {
			t.Fatalf("%+v differ from themselves: %+v", tally, rows)
		}
		there, tally := change.Rows(a, b, key, names)
		back, mirrored := change.Rows(b, a, key, names)
		if n := tally.NotInLater + tally.Changed + tally.Retyped + tally.Unchanged; n != len(a) {
			t.Fatalf("%d of %d rows counted", n, len(a))
		}
		if n := tally.Added + tally.Changed + tally.Retyped + tally.Unchanged; n != len(b) {
			t.Fatalf("%d of %d rows counted", n, len(b))
		}
		if tally.Added != mirrored.NotInLater || tally.Changed != mirrored.Changed || tally.Retyped != mirrored.Retyped {
			t.Fatalf("%+v there, %+v back", tally, mirrored)
		}
		if len(there) != len(back) {
			t.Fatalf("%d there, %d back", len(there), len(back))
		}
		for i := range there {
			if there[i].Kind != turn[back[i].Kind] || there[i].Key != back[i].Key || len(there[i].Fields) != len(back[i].Fields) {
				t.Fatalf("%+v there, %+v back", there[i], back[i])
			}
			if there[i].Kind == change.Retyped && change.Substantive(there[i].Fields) > 0 || there[i].Kind == change.Changed && change.Substantive(there[i].Fields) == 0 {
				t.Fatalf("%s of %+v", there[i].Kind, there[i].Fields)
			}
			if strings.Contains(strings.ToLower(there[i].Kind.Label()), "withdraw") {
				t.Fatal("a row that is not there was not withdrawn")
			}
		}
	})
}

func TestWords(t *testing.T) {
	f := change.Field{Before: "one two", After: "one three", Prose: true}
	if spans := f.Words(); len(spans) != 3 || spans[1].Text != "two" && strings.TrimSpace(spans[1].Text) != "two" {
		t.Errorf("%+v", spans)
	}
}

// BenchmarkReadings measures rows that are as they were, which most are.
func BenchmarkReadings(b *testing.B) {
	x, y, names := agreementRow(nil), agreementRow(nil), known()
	for b.Loop() {
		if change.Readings(x, y, names) != nil {
			b.Fatal("differ")
		}
	}
}
