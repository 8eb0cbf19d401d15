package enginetest

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/terms"
)

// columns of the parts that the suite makes: some of hes_apc's.
var columns = []string{"person_id", "EPIKEY", "AEKEY", "EPISTART", "ADMIDATE", "STARTAGE", "SEX", "RESGOR"}

var granted = []string{"EPIKEY", "AEKEY", "EPISTART", "ADMIDATE", "STARTAGE", "SEX", "RESGOR", "NHS_NUMBER", "BIRTH_DATE", "POSTCODE"}

type failer interface {
	Helper()
	Fatal(args ...any)
}

// compile makes a plan of a request under a pseudonymised line with opt-outs
// that grants everything, changed by with.
func compile(t failer, request plan.Request, with func(*terms.DatasetLine)) plan.Plan {
	t.Helper()
	def, ok := definition.Get("hes_apc")
	ref, err := terms.ParseReference("DARS-NIC-69431-K1K8R-v1.2")
	if !ok || err != nil {
		t.Fatal("no hes_apc or no reference", err)
	}
	line := terms.DatasetLine{Number: 1, Dataset: "hes_apc", Site: "national", Type: terms.Pseudonymised, Sensitivity: terms.NonSensitive,
		OptOut: terms.OptOutApplied, Unchecked: terms.DropUnchecked, Channel: terms.ChannelFile, Fields: granted,
		Periods: []terms.Period{{From: terms.NewDate(2001, 4, 1), To: terms.NewDate(2002, 3, 31)}}}
	with(&line)
	p, reasons := plan.Compile(plan.Input{Agreement: ref, Line: line, Definition: def, Request: request,
		Snapshot: plan.Snapshot{Activity: "a", Index: "b", Parts: 1}, OptOuts: &plan.OptOutList{SHA256: "c", AsOf: terms.NewDate(2002, 5, 1)}})
	if len(reasons) > 0 {
		t.Fatal(reasons)
	}
	return p
}

var forms = map[string][]terms.Derivation{
	"EPISTART": {"", terms.Month}, "ADMIDATE": {"", terms.Month}, "STARTAGE": {"", terms.AgeBand},
	"BIRTH_DATE": {terms.AgeBand, terms.Month}, "POSTCODE": {terms.PostcodeDistrict},
}

func somePlan(t *rapid.T, format plan.Format) plan.Plan {
	kind := rapid.SampledFrom([]terms.TypeOfData{terms.Identifiable, terms.Pseudonymised}).Draw(t, "type")
	request := plan.Request{Format: format}
	for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(granted), 1, len(granted), rapid.ID[string]).Draw(t, "columns") {
		ways := slices.Clone(forms[f])
		switch {
		case f == "NHS_NUMBER" && kind == terms.Pseudonymised:
			continue
		case kind == terms.Identifiable:
			ways = append(ways, "")
		}
		w := plan.Wanted{Field: f}
		if len(ways) > 0 {
			w.Derivation = rapid.SampledFrom(ways).Draw(t, "form of "+f)
		}
		request.Columns = append(request.Columns, w)
	}
	if len(request.Columns) == 0 {
		request.Columns = []plan.Wanted{{Field: "SEX"}}
	}
	return compile(t, request, func(l *terms.DatasetLine) {
		l.Type = kind
		l.OptOut = rapid.SampledFrom([]terms.OptOut{terms.OptOutApplied, terms.OptOutApplied, terms.OptOutConsent}).Draw(t, "opt-out")
		l.Unchecked = rapid.SampledFrom([]terms.UncheckedRows{terms.KeepUnchecked, terms.DropUnchecked}).Draw(t, "unchecked")
		if rapid.Bool().Draw(t, "open period") {
			l.Periods = []terms.Period{{From: terms.NewDate(2001, 4, 1), To: terms.NewDate(2001, 6, 30)}, {From: terms.NewDate(2001, 10, 1)}}
		}
		if rapid.Bool().Draw(t, "population") {
			l.Population = []terms.Filter{terms.NewFilter("SEX", rapid.SliceOfN(rapid.SampledFrom(sexes), 1, 2).Draw(t, "sexes")...)}
			if rapid.Bool().Draw(t, "region too") {
				l.Population = append(l.Population, terms.NewFilter("RESGOR", "H", "J"))
			}
		}
	})
}

var (
	sexes     = []string{"1", "2", "9", ""}
	postcodes = []string{"", "LS1 4AP", "s10 2tn", "EC1A1BB", "ZZ99 3WZ", "no", "M1 1AA", "W1A  0AX"}
	births    = []string{"", "1960-02-29", "2001-05-01", "1911-01-01", "1801-01-01", "2004-12-31", "1985-05-17", "1960-13-01"}
	ages      = []string{"", "0", "4", "5", "34", "34.0", "89", "90", "120", "121", "-1", "7001", "7007", "7008", "abc"}
	days      = []string{"", "2001-04-01", "2001-03-31", "2001-06-30", "2001-07-01", "2002-02-28", "2002-03-31", "2002-04-01", "2011-11-11", "1800-01-01", "1801-01-01",
		"2001-02-30", "infinity", "-infinity", "epoch", "20010501", "notknown10"}
)

func somePersons(t *rapid.T, p plan.Plan) []engine.Person {
	h := Key("persons of " + p.KeyDomain).Hasher()
	out := make([]engine.Person, rapid.IntRange(1, 6).Draw(t, "persons"))
	for i := range out {
		id := fmt.Sprintf("person%d", i)
		out[i] = engine.Person{ID: id, OptedOut: rapid.IntRange(0, 3).Draw(t, id+" opted out") == 0,
			Checked: rapid.SampledFrom([]string{plan.CheckedValid, plan.CheckedValid, plan.CheckedNone, plan.CheckedInvalid}).Draw(t, id+" checked"),
			Values: Values(p, map[string]string{"NHS_NUMBER": fmt.Sprintf("99900000%02d", i),
				"BIRTH_DATE": rapid.SampledFrom(births).Draw(t, id+" birth"), "POSTCODE": rapid.SampledFrom(postcodes).Draw(t, id+" postcode")})}
		if p.Type == terms.Pseudonymised {
			out[i].Pseudonym, _ = h.Pseudonym(pseudonym.NHS, id)
		}
	}
	return out
}

func someParts(t *rapid.T, parts *Parts, persons []engine.Person) (data [][]Row, files []string) {
	for n := range rapid.IntRange(1, 3).Draw(t, "parts") {
		rows := make([]Row, rapid.IntRange(0, 12).Draw(t, "rows"))
		for i := range rows {
			r := Row{}
			set := func(column string, values []string) {
				if k := rapid.IntRange(-1, len(values)-1).Draw(t, column); k >= 0 {
					r[column] = values[k]
				}
			}
			if k := rapid.IntRange(-1, len(persons)-1).Draw(t, "person"); k >= 0 {
				r["person_id"] = persons[k].ID
			}
			set("EPIKEY", []string{"1", "2", "3", "", "513700125763"})
			set("AEKEY", []string{"1", "9", ""})
			set("EPISTART", days)
			set("ADMIDATE", days)
			set("STARTAGE", ages)
			set("SEX", sexes)
			set("RESGOR", []string{"H", "J", "K", ""})
			rows[i] = r
		}
		file, err := parts.Write(columns, rows)
		if err != nil {
			t.Fatalf("part %d: %v", n, err)
		}
		data, files = append(data, rows), append(files, file)
	}
	return data, files
}

// sample is a plan with every row's record key among its columns, and rows of
// distinct record keys in two parts.
func sample(t *testing.T, parts *Parts, rows int, format plan.Format) (plan.Plan, []engine.Person, []string, [][]Row) {
	t.Helper()
	p := compile(t, plan.Request{Format: format, Columns: []plan.Wanted{{Field: "EPIKEY"}, {Field: "EPISTART"}, {Field: "STARTAGE", Derivation: terms.AgeBand},
		{Field: "POSTCODE"}, {Field: "BIRTH_DATE", Derivation: terms.AgeBand}}}, func(*terms.DatasetLine) {})
	var persons []engine.Person
	for i := range 40 {
		persons = append(persons, engine.Person{ID: fmt.Sprintf("person%d", i), OptedOut: i%10 == 3, Checked: plan.CheckedValid,
			Values: Values(p, map[string]string{"BIRTH_DATE": births[i%len(births)], "POSTCODE": postcodes[i%len(postcodes)]})})
	}
	persons = repseudonymise(persons, p.KeyDomain)
	data := make([][]Row, 2)
	for i := range rows {
		data[i%2] = append(data[i%2], Row{"person_id": persons[i*7%40].ID, "EPIKEY": fmt.Sprint(5000 + i), "EPISTART": fmt.Sprintf("2001-%02d-11", 3+i%8), "STARTAGE": ages[i%len(ages)]})
	}
	var files []string
	for _, d := range data {
		file, err := parts.Write(columns, d)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return p, persons, files, data
}

// big is many rows in three parts, with many ties in all but the place.
func big(t *testing.T, parts *Parts, rows int, format plan.Format) (plan.Plan, []engine.Person, []string) {
	t.Helper()
	p := compile(t, plan.Request{Format: format, Columns: []plan.Wanted{{Field: "EPIKEY"}, {Field: "EPISTART"}, {Field: "ADMIDATE"},
		{Field: "STARTAGE", Derivation: terms.AgeBand}, {Field: "SEX"}, {Field: "RESGOR"}, {Field: "AEKEY"}}}, func(*terms.DatasetLine) {})
	var persons []engine.Person
	for i := range 20_000 {
		persons = append(persons, engine.Person{ID: fmt.Sprintf("person%d", i), OptedOut: i%50 == 3, Checked: plan.CheckedValid})
	}
	persons = repseudonymise(persons, p.KeyDomain)
	var files []string
	for part := range 3 {
		files = append(files, parts.Generate(t, fmt.Sprintf(`SELECT 'person' || (hash(i + %[2]d) %% 20000) AS person_id, (hash(i * 3) %% %[1]d)::VARCHAR AS "EPIKEY", md5(i::VARCHAR) AS "AEKEY",
			(DATE '2001-04-01' + (hash(i * 5) %% 400)::INT)::VARCHAR AS "EPISTART", (DATE '2001-04-01' + (hash(i * 11) %% 400)::INT)::VARCHAR AS "ADMIDATE",
			(hash(i * 7) %% 100)::VARCHAR AS "STARTAGE", (i %% 2 + 1)::VARCHAR AS "SEX", chr(65 + (hash(i) %% 9)::INT) AS "RESGOR" FROM range(%[1]d) r(i)`, rows/3, part)))
	}
	return p, persons, files
}
