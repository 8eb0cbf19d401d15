package completeness_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/completeness"
	"data.release/registrar/release/terms"
)

// whole is a complete application, made up.
func whole() completeness.Facts {
	no := false
	place := []terms.Place{{Use: "both", Address: "1 Example Street (made up)", Territory: terms.EnglandWales}}
	return completeness.Facts{
		Organisations: map[string]completeness.Organisation{"u": {Name: "University", Assurance: "DSPT"}, "p": {Name: "Processor", Assurance: "ISO 27001"}},
		Terms: terms.Version{
			Kind: terms.VersionNew, Title: "A study", Objective: "To study.", Processing: "DPA 2018 Schedule 1, paragraph 4.", Outputs: "Papers.", Benefits: "Care.", Commercial: &no,
			Controllership: terms.SoleController,
			Parties: []terms.VersionParty{{Organisation: "u", Name: "University", Role: terms.Controller, Places: place}, {Organisation: "u", Name: "University", Role: terms.Recipient},
				{Organisation: "p", Name: "Processor", Role: terms.Processor, Places: place, ProcessingContract: "C-1 (made up)"}},
			Lines: []terms.DatasetLine{{Number: 1, Dataset: "hes", DatasetName: "HES", Discloser: "d", Type: terms.Identifiable, Sensitivity: terms.Sensitive, Power: terms.S261_7,
				Route: terms.RouteSection251, OptOut: terms.OptOutApplied, Frequency: terms.OneOff, Purposes: []terms.Purpose{terms.PurposeResearch},
				Periods: []terms.Period{{From: terms.NewDate(2020, 1, 1)}}, Fields: []string{"SEX"}, Article6: []string{"6(1)(e)"}, Article9: []string{"9(2)(j)"}}},
			Approvals:    []terms.VersionApproval{{Reference: "CAG", Datasets: []string{"hes"}}},
			Sublicensing: &no, EthicsReference: "REC", DPIAReference: "DPIA", PrivacyNotice: "https://example.org",
			Starts: terms.NewDate(2026, 1, 1), Ends: terms.NewDate(2027, 1, 1), Territory: terms.EnglandWales, Retention: "Destroyed.",
		},
	}
}

// aFlow is a step whose identifiers nobody has listed yet.
func aFlow(state terms.FlowState) terms.Flow {
	return terms.Flow{Number: 7, State: state, From: "A hospital", FromNode: terms.NodeProvider, To: "A trust", ToNode: terms.NodeController, Description: "Admissions",
		Type: terms.Identifiable, IdentifiersAs: terms.IdentifiersToBeConfirmed, Route: terms.RouteConsent}
}

func TestEveryGap(t *testing.T) {
	yes := true
	line := func(change func(*terms.DatasetLine)) func(*completeness.Facts) {
		return func(f *completeness.Facts) { change(&f.Terms.Lines[0]) }
	}
	organisation := func(slug string, o completeness.Organisation) func(*completeness.Facts) {
		return func(f *completeness.Facts) { f.Organisations[slug] = o }
	}
	for name, c := range map[string]struct {
		change   func(*completeness.Facts)
		gaps     []string // step field code
		standard string
	}{
		"whole":         {func(*completeness.Facts) {}, nil, ""},
		"no title":      {func(f *completeness.Facts) { f.Terms.Title = " " }, []string{"purpose title missing"}, completeness.Objective},
		"no objective":  {func(f *completeness.Facts) { f.Terms.Objective = "" }, []string{"purpose objective missing"}, completeness.Objective},
		"no processing": {func(f *completeness.Facts) { f.Terms.Processing, f.Terms.Objective = "", "To meet Schedule 1." }, []string{"purpose processing missing"}, completeness.Processing},
		"no outputs":    {func(f *completeness.Facts) { f.Terms.Outputs = "" }, []string{"purpose outputs missing"}, completeness.Outcomes},
		"no benefits":   {func(f *completeness.Facts) { f.Terms.Benefits = "" }, []string{"purpose benefits missing"}, completeness.Benefits},
		"renewal":       {func(f *completeness.Facts) { f.Terms.Kind = terms.VersionRenewal }, []string{"purpose yieldedBenefits missing"}, completeness.Benefits},
		"extension":     {func(f *completeness.Facts) { f.Terms.Kind = terms.VersionExtension }, []string{"purpose yieldedBenefits missing"}, completeness.Benefits},
		"renewal, told": {func(f *completeness.Facts) {
			f.Terms.Kind, f.Terms.YieldedBenefits = terms.VersionRenewal, "None yet: data came late."
		}, nil, ""},
		"commerce?":  {func(f *completeness.Facts) { f.Terms.Commercial = nil }, []string{"purpose commercial missing"}, completeness.Commercial},
		"commerce":   {func(f *completeness.Facts) { f.Terms.Commercial = &yes }, []string{"purpose commercialPurpose missing"}, completeness.Commercial},
		"schedule 1": {func(f *completeness.Facts) { f.Terms.Processing = "Analysis." }, []string{"purpose objective schedule-1"}, completeness.Objective},
		"no schedule": {func(f *completeness.Facts) {
			f.Terms.Processing, f.Terms.Lines[0].Article9 = "Analysis.", []string{"9(2)(a)"}
		}, nil, ""},
		"unresolved":     {func(f *completeness.Facts) { f.Terms.Controllership = terms.ControllershipUnresolved }, []string{"parties controllership missing"}, completeness.Controllers},
		"joint, one":     {func(f *completeness.Facts) { f.Terms.Controllership = terms.JointControllers }, []string{"parties controllership controllership", "parties article26 missing"}, completeness.Controllers},
		"sole, two":      {func(f *completeness.Facts) { f.Terms.Parties[1].Role = terms.Controller }, []string{"parties controllership controllership", "parties parties recipient"}, ""},
		"no controller":  {func(f *completeness.Facts) { f.Terms.Parties[0].Role = terms.Recipient }, []string{"parties parties controller"}, completeness.Controllers},
		"nowhere":        {func(f *completeness.Facts) { f.Terms.Parties[0].Places, f.Terms.Parties[2].Places = nil, nil }, []string{"parties parties[2].places places", "parties parties storage", "parties parties processing"}, ""},
		"stored only":    {func(f *completeness.Facts) { f.Terms.Parties[0].Places[0].Use = "storage" }, []string{"parties parties processing"}, completeness.Territory},
		"some land":      {func(f *completeness.Facts) { f.Terms.Parties[2].Places[0].Territory = "" }, []string{"parties parties[0].places[0].territory missing", "parties parties[2].places[0].territory missing"}, completeness.Territory},
		"Article 28":     {func(f *completeness.Facts) { f.Terms.Parties[2].ProcessingContract = "" }, []string{"parties parties[2].processingContract missing"}, completeness.Processors},
		"placeholder":    {organisation("p", completeness.Organisation{Name: "The CSU", Placeholder: true}), []string{"parties parties[2].organisation placeholder"}, completeness.Controllers},
		"no assurance":   {organisation("p", completeness.Organisation{Name: "Processor"}), []string{"parties parties[2].organisation assurance"}, completeness.Assurance},
		"honorary":       {organisation("p", completeness.Organisation{Name: "Processor", Assurance: "DSPT", Unproven: 2}), []string{"parties parties[2].organisation honorary"}, completeness.Honorary},
		"no lines":       {func(f *completeness.Facts) { f.Terms.Lines = nil }, []string{"lines lines lines"}, completeness.DataMinimisation},
		"no discloser":   {line(func(l *terms.DatasetLine) { l.Discloser = "" }), []string{"lines lines[0].discloser missing"}, completeness.Controllers},
		"no type":        {line(func(l *terms.DatasetLine) { l.Type = terms.TypeNotRecorded }), []string{"lines lines[0].type missing"}, completeness.DataMinimisation},
		"no sensitivity": {line(func(l *terms.DatasetLine) { l.Sensitivity = "" }), []string{"lines lines[0].sensitivity missing"}, completeness.DataMinimisation},
		"no power":       {line(func(l *terms.DatasetLine) { l.Power = terms.PowerNotRecorded }), []string{"lines lines[0].power missing"}, completeness.Confidentiality},
		"no route":       {line(func(l *terms.DatasetLine) { l.Route = "" }), []string{"lines lines[0].route missing"}, completeness.Confidentiality},
		"no opt-out":     {line(func(l *terms.DatasetLine) { l.OptOut = terms.OptOutNoReason }), []string{"lines lines[0].optOut missing"}, completeness.Objections},
		"no frequency":   {line(func(l *terms.DatasetLine) { l.Frequency = "" }), []string{"lines lines[0].frequency missing"}, completeness.DataMinimisation},
		"no purposes":    {line(func(l *terms.DatasetLine) { l.Purposes = nil }), []string{"lines lines[0].purposes missing"}, completeness.Objective},
		"no periods":     {line(func(l *terms.DatasetLine) { l.Periods = nil }), []string{"lines lines[0].periods missing"}, completeness.DataMinimisation},
		"no fields":      {line(func(l *terms.DatasetLine) { l.Fields = nil }), []string{"lines lines[0].fields missing"}, completeness.DataMinimisation},
		"system access":  {line(func(l *terms.DatasetLine) { l.Fields, l.Channel = nil, terms.ChannelSystemAccess }), nil, ""},
		"no articles":    {line(func(l *terms.DatasetLine) { l.Article6, l.Article9 = nil, nil }), []string{"lines lines[0].article6 missing", "lines lines[0].article9 missing"}, completeness.Controllers},
		"the dead": {line(func(l *terms.DatasetLine) {
			l.Article6, l.Article9, l.DatasetName = nil, nil, "Civil Registration - Deaths"
		}), nil, ""},
		"no function": {line(func(l *terms.DatasetLine) { l.Power = terms.S261_5d }), []string{"lines lines[0].function missing"}, completeness.Confidentiality},
		"tables": {line(func(l *terms.DatasetLine) {
			*l = terms.DatasetLine{Discloser: "d", Type: terms.AggregateSuppressed, Power: terms.S261_1_2a, Frequency: terms.OneOff, Purposes: l.Purposes, Periods: l.Periods}
		}), []string{"lines lines[0].outputRule missing"}, completeness.DataMinimisation},
		"section 251": {func(f *completeness.Facts) { f.Terms.Approvals[0].Datasets = []string{"other"} }, []string{"support approvals approval"}, completeness.Confidentiality},
		"consent":     {line(func(l *terms.DatasetLine) { l.Route = terms.RouteConsent }), []string{"support consentMaterials consent"}, completeness.Consent},
		"interest":    {line(func(l *terms.DatasetLine) { l.Article6 = []string{"Article 6 (1) (f)"} }), []string{"support legitimateInterest missing"}, completeness.Controllers},
		"no ethics":   {func(f *completeness.Facts) { f.Terms.EthicsReference = "" }, []string{"support ethicsReference missing"}, completeness.Ethics},
		"no DPIA":     {func(f *completeness.Facts) { f.Terms.DPIAReference = "" }, []string{"support dpiaReference missing"}, completeness.Controllers},
		"no notice":   {func(f *completeness.Facts) { f.Terms.PrivacyNotice = "" }, []string{"support privacyNotice missing"}, completeness.Transparency},
		"passed on?":  {func(f *completeness.Facts) { f.Terms.Sublicensing = nil }, []string{"support sublicensing missing"}, completeness.SubLicensing},
		"passed on":   {func(f *completeness.Facts) { f.Terms.Sublicensing = &yes }, []string{"support sublicensingTerms missing", "support subLicences missing"}, completeness.SubLicensing},
		"flow, to be": {func(f *completeness.Facts) {
			f.Terms.Flows = []terms.Flow{aFlow(terms.FlowProposed)}
			f.Terms.Flows[0].Lines = []int{2}
		}, []string{"flows flows[0].identifiersAs identifiers", "flows flows[0].lines line"}, ""},
		"flow, before": {func(f *completeness.Facts) {
			f.Terms.Flows = []terms.Flow{aFlow(terms.FlowPrevious)}
		}, nil, ""},
		"flow, wrong": {func(f *completeness.Facts) {
			f.Terms.Flows = []terms.Flow{aFlow(terms.FlowStopped)}
			f.Terms.Flows[0].From, f.Terms.Flows[0].FromNode = "", ""
		}, []string{"flows flows[0].from flow-from", "flows flows[0].fromNode code-unknown", "flows flows[0].why flow-why"}, completeness.Processing},
		"no term": {func(f *completeness.Facts) {
			f.Terms.Starts, f.Terms.Ends, f.Terms.Retention = terms.Date{}, terms.Date{}, ""
		},
			[]string{"term starts missing", "term ends missing", "term retention missing"}, completeness.Term},
		"no territory": {func(f *completeness.Facts) { f.Terms.Territory = terms.TerritoryNotRecorded }, []string{"term territory missing"}, completeness.Territory},
	} {
		f := whole()
		c.change(&f)
		var got []string
		for _, g := range completeness.Check(f) {
			got = append(got, g.Step+" "+g.Field+" "+g.Code)
			if c.standard != "" && g.Standard != c.standard {
				t.Errorf("%s: %s, not %s", name, g.Standard, c.standard)
			}
			if r := g.Reason(); !strings.Contains(r.Message, g.Standard) || r.Field != g.Field {
				t.Errorf("%s: the reason %+v", name, r)
			}
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(c.gaps))) {
			t.Errorf("%s: %q, not %q", name, got, c.gaps)
		}
	}
}

// TestCheckIsTotalAndPure: whatever the facts, there is an answer, the same
// twice; and filling an answer in never makes a gap in another text.
func TestCheckIsTotalAndPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := whole()
		word := rapid.SampledFrom([]string{"", " ", "x", "not_recorded", "6(1)(f)", "9(2)(j)"})
		f.Terms.Kind = terms.VersionKind(word.Draw(t, "kind"))
		f.Terms.Objective, f.Terms.Processing = word.Draw(t, "objective"), word.Draw(t, "processing")
		f.Terms.Controllership = terms.Controllership(word.Draw(t, "controllership"))
		n := rapid.IntRange(0, 3).Draw(t, "lines")
		f.Terms.Lines = nil
		for range n {
			f.Terms.Lines = append(f.Terms.Lines, terms.DatasetLine{Type: terms.TypeOfData(word.Draw(t, "type")), Route: rapid.SampledFrom([]terms.Route{"", terms.RouteConsent, terms.RouteSection251}).Draw(t, "route"),
				Article6: []string{word.Draw(t, "article 6")}, Article9: []string{word.Draw(t, "article 9")}, Cohort: word.Draw(t, "cohort")})
		}
		f.Terms.Parties = f.Terms.Parties[:rapid.IntRange(0, 3).Draw(t, "parties")]
		gaps := completeness.Check(f)
		if !reflect.DeepEqual(gaps, completeness.Check(f)) {
			t.Fatal("two answers to the same facts")
		}
		filled := f
		filled.Terms.Objective = "To study, under Schedule 1."
		if len(completeness.Check(filled)) > len(gaps) {
			t.Fatal("an answer made a gap")
		}
		for _, g := range gaps {
			if g.Step == "" || g.Field == "" || g.Code == "" || g.Message == "" || g.Standard == "" {
				t.Fatalf("%+v says too little", g)
			}
		}
	})
}
