package plan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

func apc(t interface{ Fatal(...any) }) definition.Definition {
	def, ok := definition.Get("hes_apc")
	if !ok {
		t.Fatal("no definition of hes_apc")
	}
	return def
}

func nic(t interface{ Fatal(...any) }) terms.Reference {
	ref, err := terms.ParseReference("DARS-NIC-69431-K1K8R-v1.2")
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

var fieldNames = []string{"EPIKEY", "AEKEY", "PSEUDO_HESID", "EPISTART", "ADMIDATE", "STARTAGE", "SEX", "RESGOR", "GPPRAC", "NHS_NUMBER", "BIRTH_DATE", "POSTCODE", "NOSUCH"}

// somePeriod begins from days after New Year 2001 or at most days later, and
// ends by from + days, if it ends; with back, it may be the wrong way round.
func somePeriod(t *rapid.T, name string, from, days, back int) terms.Period {
	first := from + rapid.IntRange(0, days).Draw(t, name+" from")
	p := terms.Period{From: terms.NewDate(2001, 1, 1).AddDays(first)}
	if back == 0 || rapid.IntRange(0, 9).Draw(t, name+" open") > 0 {
		p.To = p.From.AddDays(rapid.IntRange(-back, from+days-first).Draw(t, name+" length"))
	}
	return p
}

func someFilter(t *rapid.T, name string, fields, values []string) terms.Filter {
	return terms.NewFilter(rapid.SampledFrom(fields).Draw(t, name+" field"),
		rapid.SliceOfN(rapid.SampledFrom(values), 1, 3).Draw(t, name+" in")...)
}

func someOf[T any](t *rapid.T, name string, most int, one func(name string) T) []T {
	out := make([]T, rapid.IntRange(0, most).Draw(t, name))
	for i := range out {
		out[i] = one(fmt.Sprintf("%s %d", name, i))
	}
	return out
}

func someLine(t *rapid.T) terms.DatasetLine {
	return terms.DatasetLine{
		Number: 1, Dataset: "hes_apc", Site: "national", Channel: terms.ChannelFile,
		Type:        rapid.SampledFrom([]terms.TypeOfData{terms.Identifiable, terms.Pseudonymised}).Draw(t, "type"),
		Sensitivity: terms.NonSensitive,
		OptOut:      rapid.SampledFrom([]terms.OptOut{terms.OptOutApplied, terms.OptOutNotIdentifiable, terms.OptOutConsent}).Draw(t, "opt-out"),
		Unchecked:   rapid.SampledFrom([]terms.UncheckedRows{terms.KeepUnchecked, terms.DropUnchecked}).Draw(t, "unchecked"),
		Segment:     "s",
	}
}

func input(t *rapid.T, line terms.DatasetLine, request plan.Request) plan.Input {
	return plan.Input{Agreement: nic(t), Definition: apc(t), Line: line, Request: request,
		Snapshot: plan.Snapshot{Activity: "a", Index: "b", Parts: 1, Rows: 1},
		OptOuts:  &plan.OptOutList{SHA256: "c", AsOf: terms.NewDate(2002, 1, 1)}}
}

// anyInput is a line and a request that may be anything.
func anyInput(t *rapid.T) plan.Input {
	line, fields, values := someLine(t), []string{"SEX", "RESGOR", "GPPRAC", "EPIKEY"}, []string{"1", "2", "3"}
	period := func(n string) terms.Period { return somePeriod(t, n, -20, 140, 1) }
	filter := func(n string) terms.Filter { return someFilter(t, n, fields, values) }
	line.Periods, line.Population = someOf(t, "line periods", 2, period), someOf(t, "line population", 2, filter)
	line.Fields = rapid.SliceOfNDistinct(rapid.SampledFrom(fieldNames), 0, len(fieldNames), rapid.ID[string]).Draw(t, "line fields")
	forms := []terms.Derivation{"", "", "", terms.NoDerivation, terms.Month, terms.AgeBand, terms.PostcodeDistrict, terms.PersonPseudonym, terms.RecordPseudonym, "rot13"}
	return input(t, line, plan.Request{Format: plan.CSV, Periods: someOf(t, "periods", 2, period), Population: someOf(t, "population", 2, filter),
		Columns: someOf(t, "columns", 3, func(n string) plan.Wanted {
			return plan.Wanted{Field: rapid.SampledFrom(fieldNames).Draw(t, n), Derivation: rapid.SampledFrom(forms).Draw(t, n+" form")}
		})})
}

// likelyInput is a line and a request that has a good chance under it.
func likelyInput(t *rapid.T) plan.Input {
	line := someLine(t)
	line.Periods = append(someOf(t, "line periods", 2, func(n string) terms.Period { return somePeriod(t, n, 0, 100, 0) }),
		terms.Period{From: terms.NewDate(2001, 1, 21), To: terms.NewDate(2001, 3, 2)})
	line.Fields = []string{"EPIKEY", "AEKEY", "EPISTART", "STARTAGE", "SEX", "RESGOR", "POSTCODE"}
	line.Population = someOf(t, "line population", 1, func(n string) terms.Filter {
		return someFilter(t, n, []string{"SEX", "RESGOR"}, []string{"1", "2", "3"})
	})
	fields, values := []string{"SEX", "RESGOR"}, []string{"1", "2"}
	if len(line.Population) > 0 {
		values = line.Population[0].In
	}
	request := plan.Request{Format: plan.CSV,
		Periods:    someOf(t, "periods", 2, func(n string) terms.Period { return somePeriod(t, n, 20, 40, 0) }),
		Population: someOf(t, "population", 2, func(n string) terms.Filter { return someFilter(t, n, fields, values) })}
	for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(line.Fields), 1, 4, rapid.ID[string]).Draw(t, "columns") {
		request.Columns = append(request.Columns, plan.Wanted{Field: f})
	}
	return input(t, line, request)
}

func someInput(t *rapid.T) plan.Input {
	if rapid.Bool().Draw(t, "likely") {
		return likelyInput(t)
	}
	return anyInput(t)
}

func inPeriods(ps []terms.Period, d terms.Date) bool {
	return slices.ContainsFunc(ps, func(p terms.Period) bool { return p.Contains(d) })
}

func passes(fs []terms.Filter, row map[string]string) bool {
	for _, f := range fs {
		if !slices.Contains(f.In, row[f.Field]) {
			return false
		}
	}
	return true
}

// Whatever is asked, no row and no column leaves that the line does not grant;
// and what the request grants itself is not what leaves, but both together.
func TestOnlyNarrowerThanItsLine(t *testing.T) {
	compiled := 0
	rapid.Check(t, func(t *rapid.T) {
		in := someInput(t)
		p, reasons := plan.Compile(in)
		if len(reasons) > 0 {
			if p.Version != "" {
				t.Fatal("a refused request has a plan")
			}
			for _, r := range reasons {
				if r.Code == "" || r.Message == "" {
					t.Fatalf("a reason without words: %+v", r)
				}
			}
			return
		}
		compiled++
		def := in.Definition
		for _, c := range p.Columns {
			field, known := def.Field(c.Field)
			if c.Name == plan.PseudonymColumn {
				if in.Line.Type != terms.Pseudonymised || known {
					t.Fatalf("pseudonym on %s", in.Line.Type)
				}
				continue
			}
			switch {
			case !slices.Contains(in.Line.Fields, c.Field):
				t.Fatalf("column %s was not granted", c.Field)
			case c.Field == def.PersonKey:
				t.Fatal("the local person id leaves")
			case !field.Allows(c.Derivation):
				t.Fatalf("%s does not allow %s", c.Field, c.Derivation)
			case field.Class == terms.RecordID && c.Derivation != terms.RecordPseudonym:
				t.Fatalf("%s is not re-keyed", c.Field)
			case field.Class == terms.DirectIdentifier && c.Derivation == terms.NoDerivation && in.Line.Type != terms.Identifiable:
				t.Fatalf("%s on a %s line", c.Field, in.Line.Type)
			}
		}
		row := map[string]string{}
		for _, f := range []string{"SEX", "RESGOR", "GPPRAC"} {
			row[f] = rapid.SampledFrom([]string{"1", "2", "3", "4", ""}).Draw(t, f)
		}
		day := terms.NewDate(2000, 12, 15).AddDays(rapid.IntRange(0, 300).Draw(t, "day"))
		periods := in.Request.Periods
		if len(periods) == 0 {
			periods = in.Line.Periods
		}
		if want := inPeriods(in.Line.Periods, day) && inPeriods(periods, day); inPeriods(p.Periods, day) != want {
			t.Fatalf("%s: line %v, asked %v, plan %v", day, in.Line.Periods, in.Request.Periods, p.Periods)
		}
		if want := passes(in.Line.Population, row) && passes(in.Request.Population, row); passes(p.Population, row) != want {
			t.Fatalf("%v: line %v, asked %v, plan %v", row, in.Line.Population, in.Request.Population, p.Population)
		}
		if (p.OptOuts != nil) != in.Line.OptOut.Applied() || p.OptOuts != nil && p.OptOuts.Unchecked != in.Line.Unchecked {
			t.Fatalf("opt-outs %+v on a line with %s", p.OptOuts, in.Line.OptOut)
		}
	})
	if compiled < 10 {
		t.Fatalf("%d generated requests were allowed: the property was hardly tried", compiled)
	}
	t.Logf("%d requests were allowed", compiled)
}

// A request that is granted stays granted when its line grants more, and its
// plan differs in the line's digest alone.
func TestAWiderLineRefusesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := likelyInput(t)
		if len(in.Request.Periods) == 0 || len(in.Request.Population) == 0 {
			t.Skip("takes the line's own")
		}
		p, reasons := plan.Compile(in)
		if len(reasons) > 0 {
			t.Skip("refused")
		}
		in.Line.Fields = append(slices.Clone(in.Line.Fields), "DIAG_4_01")
		in.Line.Periods = append(slices.Clone(in.Line.Periods), terms.Period{From: terms.NewDate(1990, 1, 1)})
		wider, reasons := plan.Compile(in)
		if len(reasons) > 0 {
			t.Fatalf("the wider line refuses: %v", reasons)
		}
		wider.LineSHA256 = p.LineSHA256
		a, _ := p.Digest()
		b, _ := wider.Digest()
		if a != b {
			t.Fatalf("the plan changed: %+v, %+v", p, wider)
		}
	})
}

// A line for a cohort has no plan: it would let everybody through.
func TestALineForACohortHasNoPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := likelyInput(t)
		in.Line.Cohort = "the participants"
		if _, reasons := plan.Compile(in); !slices.ContainsFunc(reasons, func(r fault.Reason) bool { return r.Code == "line.cohort" }) {
			t.Fatalf("a plan of everybody: %v", reasons)
		}
	})
}

// Equal requests in another order are one plan; another request is another.
func TestDigestNamesThePlan(t *testing.T) {
	in := plan.Input{Agreement: nic(t), Definition: apc(t),
		Line: terms.DatasetLine{Number: 1, Dataset: "hes_apc", Site: "n", Type: terms.Pseudonymised, OptOut: terms.OptOutNotIdentifiable, Channel: terms.ChannelFile,
			Periods: []terms.Period{{From: terms.NewDate(2001, 4, 1), To: terms.NewDate(2002, 3, 31)}}, Fields: []string{"SEX", "RESGOR", "EPISTART"}},
		Request: plan.Request{Columns: []plan.Wanted{{Field: "SEX"}, {Field: "RESGOR"}}, Format: plan.CSV,
			Periods:    []terms.Period{{From: terms.NewDate(2001, 4, 1), To: terms.NewDate(2001, 4, 30)}, {From: terms.NewDate(2001, 5, 1), To: terms.NewDate(2001, 5, 31)}},
			Population: []terms.Filter{terms.NewFilter("SEX", "1"), terms.NewFilter("RESGOR", "H")}},
		Snapshot: plan.Snapshot{Activity: "a", Index: "b", Parts: 1, Rows: 1}}
	first, reasons := plan.Compile(in)
	if len(reasons) > 0 {
		t.Fatal(reasons)
	}
	want, _ := first.Digest()
	slices.Reverse(in.Request.Periods)
	slices.Reverse(in.Request.Population)
	same, _ := plan.Compile(in)
	if got, _ := same.Digest(); got != want {
		t.Error("the order of periods or filters makes another plan")
	}
	for name, change := range map[string]func(*plan.Input){
		"format":     func(in *plan.Input) { in.Request.Format = plan.Parquet },
		"column":     func(in *plan.Input) { in.Request.Columns = in.Request.Columns[:1] },
		"period":     func(in *plan.Input) { in.Request.Periods = in.Request.Periods[:1] },
		"population": func(in *plan.Input) { in.Request.Population = in.Request.Population[:1] },
		"snapshot":   func(in *plan.Input) { in.Snapshot.Activity = "x" },
		"index":      func(in *plan.Input) { in.Snapshot.Index = "x" },
		"segment":    func(in *plan.Input) { in.Line.Segment = "other" },
		"definition": func(in *plan.Input) { in.Definition.Version = "2" },
		"site":       func(in *plan.Input) { in.Line.Site = "other" },
	} {
		changed := in
		change(&changed)
		p, reasons := plan.Compile(changed)
		if len(reasons) > 0 {
			t.Errorf("%s: %v", name, reasons)
		}
		if got, _ := p.Digest(); got == want {
			t.Errorf("another %s, the same digest", name)
		}
	}

	stored, err := first.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := plan.Parse(stored, want); err != nil || back.SQL() != first.SQL() {
		t.Errorf("read back: %v", err)
	}
	if _, err := plan.Parse(stored, strings.Repeat("0", 64)); !errors.Is(err, fault.Conflict) {
		t.Errorf("another digest: %v", err)
	}
	first.Columns[1].Class = terms.DirectIdentifier
	stored, _ = first.Canonical()
	digest, _ := first.Digest()
	if _, err := plan.Parse(stored, digest); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "direct identifier") {
		t.Errorf("an identifier on a pseudonymised plan: %v", err)
	}
}

// Every rule that Check has is one that it can refuse by.
func TestCheckRefuses(t *testing.T) {
	good := func() plan.Plan {
		return plan.Plan{Version: plan.Version, Type: terms.Pseudonymised, KeyDomain: "d", PeriodField: "EPISTART", RecordKeys: []string{"EPIKEY"},
			Periods: []terms.Period{{From: terms.NewDate(2001, 1, 1)}}, Format: plan.CSV, FileRows: 1,
			Columns: []plan.Column{{Name: plan.PseudonymColumn, Origin: definition.FromPerson, Class: terms.Indirect, Derivation: terms.PersonPseudonym},
				{Name: "SEX", Field: "SEX", Origin: definition.FromFeed, Class: terms.PlainField, Derivation: terms.NoDerivation}}}
	}
	if r := good().Check(); len(r) > 0 {
		t.Fatal(r)
	}
	for code, breakIt := range map[string]func(*plan.Plan){
		"plan.version":      func(p *plan.Plan) { p.Version = "registrar/plan/v2" },
		"plan.type":         func(p *plan.Plan) { p.Type = terms.AggregateSuppressed },
		"plan.key_domain":   func(p *plan.Plan) { p.KeyDomain = "" },
		"plan.columns":      func(p *plan.Plan) { p.Columns = nil },
		"plan.column":       func(p *plan.Plan) { p.Columns[1].Origin = "elsewhere" },
		"plan.column_twice": func(p *plan.Plan) { p.Columns = append(p.Columns, p.Columns[1]) },
		"plan.pseudonym":    func(p *plan.Plan) { p.Type = terms.Identifiable },
		"plan.no_pseudonym": func(p *plan.Plan) { p.Columns = p.Columns[1:] },
		"plan.derivation":   func(p *plan.Plan) { p.Columns[1].Derivation = "rot13" },
		"plan.record_id":    func(p *plan.Plan) { p.Columns[1].Class = terms.RecordID },
		"plan.identifier":   func(p *plan.Plan) { p.Columns[1].Class = terms.DirectIdentifier },
		"plan.period":       func(p *plan.Plan) { p.Periods = nil },
		"plan.record_keys":  func(p *plan.Plan) { p.RecordKeys = nil },
		"plan.opt_outs":     func(p *plan.Plan) { p.OptOuts = &plan.OptOuts{} },
		"plan.format":       func(p *plan.Plan) { p.Format = "xlsx" },
		"plan.file_rows":    func(p *plan.Plan) { p.FileRows = 0 },
	} {
		p := good()
		breakIt(&p)
		if !slices.ContainsFunc(p.Check(), func(r fault.Reason) bool { return r.Code == code }) {
			t.Errorf("%s is not given; given is %v", code, p.Check())
		}
	}
}

func TestPersonColumnsAreDerivedBeforeTheHandover(t *testing.T) {
	p := plan.Plan{Columns: []plan.Column{
		{Name: plan.PseudonymColumn, Origin: definition.FromPerson, Derivation: terms.PersonPseudonym},
		{Name: "POSTCODE_DISTRICT", Field: "POSTCODE", Origin: definition.FromPerson, Derivation: terms.PostcodeDistrict},
		{Name: "BIRTH_DATE_AGE_BAND", Field: "BIRTH_DATE", Origin: definition.FromPerson, Derivation: terms.AgeBand},
		{Name: "BIRTH_DATE", Field: "BIRTH_DATE", Origin: definition.FromPerson, Derivation: terms.NoDerivation},
		{Name: "SEX", Field: "SEX", Origin: definition.FromFeed, Derivation: terms.NoDerivation},
	}}
	want := []plan.PersonColumn{{"POSTCODE_DISTRICT", "POSTCODE", terms.PostcodeDistrict}, {"BIRTH_DATE", "BIRTH_DATE", terms.NoDerivation}}
	if got := p.PersonColumns(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Parse takes bytes of a database: it never panics, and what it accepts passes
// Check and can be written as SQL.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":"registrar/plan/v1","columns":[{"name":"X"}]}`))
	f.Add([]byte(`{"periods":[{"from":"2001-02-30","to":""}]}`))
	f.Add([]byte(`{"version":"registrar/plan/v1","type":"identifiable","key_domain":"d","period_field":"P","periods":[{"from":"2001-02-03","to":""}],"record_keys":["K"],"format":"csv","file_rows":1,"columns":[{"name":"X","field":"X","origin":"feed","class":"plain","type":"text","derivation":"none"}]}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		var p plan.Plan
		_ = json.Unmarshal(stored, &p)
		digest, _ := p.Digest()
		p, err := plan.Parse(stored, digest)
		if err == nil && (len(p.Check()) > 0 || p.SQL().Select == "") {
			t.Fatalf("accepted %+v", p)
		}
	})
}
