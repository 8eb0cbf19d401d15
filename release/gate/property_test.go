package gate_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// withouts each take away a fact that a rule needs.
var withouts = map[string]func(*gate.Case){
	"state":              func(c *gate.Case) { c.Version.State = "" },
	"start":              func(c *gate.Case) { c.Version.Starts = terms.Date{} },
	"end":                func(c *gate.Case) { c.Version.Ends = terms.Date{} },
	"signatories needed": func(c *gate.Case) { c.Version.Needed = nil },
	"signatures":         func(c *gate.Case) { c.Version.Signed = nil },
	"one signature":      func(c *gate.Case) { c.Version.Signed = c.Version.Signed[:max(0, len(c.Version.Signed)-1)] },
	"author":             func(c *gate.Case) { c.Version.WrittenBy = "" },
	"submitter":          func(c *gate.Case) { c.Version.SubmittedBy = "" },
	"grant":              func(c *gate.Case) { c.Granted = false },
	"field classes":      func(c *gate.Case) { c.Fields = nil },
	"granted fields":     func(c *gate.Case) { c.Line.Fields = nil },
	"granted periods":    func(c *gate.Case) { c.Line.Periods = nil },
	"siblings":           func(c *gate.Case) { c.Siblings = nil },
	"request":            func(c *gate.Case) { c.Request = nil },
	"requester": func(c *gate.Case) {
		if c.Request != nil {
			r := *c.Request
			r.Requester, c.Request = "", &r
		}
	},
	"approver":       func(c *gate.Case) { c.Approver = "" },
	"recipient":      func(c *gate.Case) { c.Recipient = nil },
	"parties":        func(c *gate.Case) { c.Parties = nil },
	"contract":       func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Contract = "" }) },
	"contract term":  func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.ContractTerm = terms.Period{} }) },
	"contract end":   func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.ContractTerm.To = terms.Date{} }) },
	"assurance":      func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Assurance = gate.Assurance{} }) },
	"assurance end":  func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Assurance.To = terms.Date{} }) },
	"review":         func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Assurance.Reviewed = false }) },
	"approvals":      func(c *gate.Case) { c.Approvals = nil },
	"approval start": func(c *gate.Case) { editApprovals(c, func(a *gate.Approval) { a.Starts = terms.Date{} }) },
	"approval end":   func(c *gate.Case) { editApprovals(c, func(a *gate.Approval) { a.Ends = terms.Date{} }) },
	"approval flows": func(c *gate.Case) { editApprovals(c, func(a *gate.Approval) { a.Flows = nil }) },
	"approval sets":  func(c *gate.Case) { editApprovals(c, func(a *gate.Approval) { a.Datasets = nil }) },
	"opt-out list":   func(c *gate.Case) { c.OptOutList = nil },
	"opt-out limit":  func(c *gate.Case) { c.OptOutFresh = 0 },
	"approval names": func(c *gate.Case) { editApprovals(c, func(a *gate.Approval) { a.Identifiers = nil }) },
	"regulation":     func(c *gate.Case) { editApprovals(c, func(a *gate.Approval) { a.Regulation = "" }) },
	"ethics":         func(c *gate.Case) { c.Version.Ethics = ""; editApprovals(c, func(a *gate.Approval) { a.Ethics = "" }) },
	"reviews":        func(c *gate.Case) { c.Version.Reviews = nil },
	"applicant":      func(c *gate.Case) { c.Version.Applicant = "" },
	"territory":      func(c *gate.Case) { c.Version.Territory = "" },
	"controllership": func(c *gate.Case) { c.Version.Controllership = "" },
	"sublicensing":   func(c *gate.Case) { c.Version.Sublicensing = nil },
	"commercial":     func(c *gate.Case) { c.Version.Commercial, c.Line.Commercial = nil, "" },
	"places":         func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Places = nil }) },
	"article 28":     func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.ProcessingContract = "" }) },
	"fee":            func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.ICO = gate.ICO{} }) },
	"fee end":        func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.ICO.To = terms.Date{} }) },
	"purposes":       func(c *gate.Case) { c.Line.Purposes = nil },
	"article 6":      func(c *gate.Case) { c.Line.Article6 = nil },
	"article 9":      func(c *gate.Case) { c.Line.Article9 = nil },
	"what landed":    func(c *gate.Case) { c.Submissions = nil },
	"history":        func(c *gate.Case) { c.HistoryKnown, c.Deliveries, c.Overdue = false, nil, nil },
	"basis": func(c *gate.Case) {
		if c.Recipient != nil {
			r := *c.Recipient
			r.Basis, c.Recipient = "", &r
		}
	},
	"waivers": func(c *gate.Case) { c.Waivers = nil },
	"power":   func(c *gate.Case) { c.Line.Power = terms.PowerNotRecorded },
	"route":   func(c *gate.Case) { c.Line.Route = terms.RouteNotRecorded },
}

// waivedCase is allowed by a waiver alone.
func waivedCase(moment gate.Moment) gate.Case {
	c := pseudonymisedCase(moment)
	c.Parties[0].ICO = gate.ICO{}
	c.Waivers = []gate.Waiver{{Rule: "ico-fee", Term: period("2026-11-01", "2026-12-31"), Reason: "the fee is being paid"}}
	return c
}

func editParties(c *gate.Case, edit func(*gate.Party)) {
	c.Parties = slices.Clone(c.Parties)
	for i := range c.Parties {
		edit(&c.Parties[i])
	}
}

func editApprovals(c *gate.Case, edit func(*gate.Approval)) {
	c.Approvals = slices.Clone(c.Approvals)
	for i := range c.Approvals {
		edit(&c.Approvals[i])
	}
}

var (
	day       = rapid.Custom(func(t *rapid.T) terms.Date { return date("2026-11-24").AddDays(rapid.IntRange(-40, 40).Draw(t, "day")) })
	types     = rapid.SampledFrom([]terms.TypeOfData{terms.Identifiable, terms.Pseudonymised, terms.AggregateUnsuppressed, terms.AggregateSuppressed})
	powers    = rapid.SampledFrom([]terms.Power{terms.S261_1_2bii, terms.S261_2c, terms.S261_5d, terms.S261_7, terms.HSCA2012, terms.PowerNotRecorded})
	routeList = rapid.SampledFrom([]terms.Route{terms.RouteNone, terms.RouteConsent, terms.RouteSection251, terms.RouteCOPI3, terms.RouteNotRecorded})
	optOuts   = rapid.SampledFrom([]terms.OptOut{terms.OptOutApplied, terms.OptOutNotIdentifiable, terms.OptOutConsent, terms.OptOutCAGExemption, terms.OptOutNoReason})
)

// someCase is a sound case changed in a few ways, so that about a third are
// still allowed.
var someCase = rapid.Custom(func(t *rapid.T) gate.Case {
	moment := rapid.SampledFrom(moments).Draw(t, "moment")
	from := rapid.SampledFrom([]func(gate.Moment) gate.Case{pseudonymisedCase, identifiableCase}).Draw(t, "from")
	c := from(moment)
	edits := []func(){
		func() { c.Line.Type = types.Draw(t, "type") },
		func() { c.Line.Power = powers.Draw(t, "power") },
		func() { c.Line.Route = routeList.Draw(t, "route") },
		func() { c.Line.OptOut = optOuts.Draw(t, "opt-out") },
		func() { c.Version.Ends = day.Draw(t, "ends") },
		func() { c.Parties[0].ContractTerm.To = day.Draw(t, "contract") },
		func() { c.Parties[1].Assurance.To = day.Draw(t, "assurance") },
		func() {
			c.Approvals = []gate.Approval{{Reference: "A", Datasets: []string{"hes-apc"}, Flows: []string{"in", "out"}, OptOutsApply: rapid.Bool().Draw(t, "opt-outs apply"),
				Regulation: "COPI reg 5", Ethics: "25/LO/1", Identifiers: []string{"Postcode"}, Territory: terms.EnglandWales, Starts: date("2026-01-01"), Ends: day.Draw(t, "support")}}
		},
		func() { c.OptOutList = &gate.OptOutList{AsOf: day.Draw(t, "list")} },
		func() { consented(&c) },
		func() {
			if consented(&c); rapid.Bool().Draw(t, "withdrawn") {
				c.Consent.Withdrawals = []gate.Withdrawal{{On: day.Draw(t, "withdrawal"), People: 1}}
			}
		},
		func() { c.Parties[0].ICO.To = day.Draw(t, "fee") },
		func() {
			c.Waivers = []gate.Waiver{{Rule: "ico-fee", Term: terms.Period{From: date("2026-11-01"), To: day.Draw(t, "waiver")}, Reason: "r"}}
		},
		func() { c.Parties[1].HoldsIdentifiers = rapid.SampledFrom([]string{"", "case files"}).Draw(t, "holds") },
		func() { supersededBy(rapid.Bool().Draw(t, "has line"), "2027-01-01")(&c) },
		func() { lives(rapid.SampledFrom([]string{"", "NIC-2"}).Draw(t, "live"), "")(&c) },
		func() {
			succeeded(rapid.SampledFrom([]terms.SuccessionKind{terms.Rename, terms.StatutoryTransfer, terms.Merger}).Draw(t, "succession"), rapid.Bool().Draw(t, "carried"), "Act")(&c)
		},
		func() {
			elsewhere("v1.0", rapid.SampledFrom([]string{"", "NIC-9"}).Draw(t, "stem"), "hes-apc", "University")(&c)
		},
		func() { overdue(gate.Overdue{SameStem: rapid.Bool().Draw(t, "same stem"), Holder: "University"})(&c) },
		func() { c.Submissions = landed("1997-04-01", "1998-03-31") },
		func() { c.Line.FinalData = rapid.Bool().Draw(t, "final") },
		func() {
			for _, f := range gate.Evaluate(c).Warnings() { // every warning so far is accepted
				c.Accepted = append(c.Accepted, gate.Acceptance{Rule: f.Rule, Line: c.Line.Number, Evidence: f.Evidence})
			}
		},
		func() {
			c.Request.Period.From = date("1997-04-01").AddDays(rapid.IntRange(-10, 40).Draw(t, "from day"))
		},
		func() {
			beside(&c, rapid.Bool().Draw(t, "condition"), rapid.SampledFrom([]string{"", "University", "Trust"}).Draw(t, "holder"))
		},
	}
	for range rapid.IntRange(0, 3).Draw(t, "edits") {
		edits[rapid.IntRange(0, len(edits)-1).Draw(t, "edit")]()
	}
	return c
})

// TestMissingEvidenceNeverHelps: taking a fact away turns no refusal into
// leave to go on (governance §2). The record of siblings and requests is in
// the list because its absence must refuse, too.
func TestMissingEvidenceNeverHelps(t *testing.T) {
	names := make([]string, 0, len(withouts))
	for name := range withouts {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		c := someCase.Draw(t, "case")
		before := gate.Evaluate(c)
		for range rapid.IntRange(1, 3).Draw(t, "facts") {
			withouts[rapid.SampledFrom(names).Draw(t, "without")](&c)
		}
		if after := gate.Evaluate(c); after.Allowed && !before.Allowed {
			t.Fatalf("refused before:\n%v", before.Explain())
		}
	})
}

// TestApplicabilityComesFromWhatIsDeclared: whether a rule about approvals,
// consent or a standing applies is said by the line's route, type and purposes,
// never by whether the approval, forms or standing exist (governance §2).
func TestApplicabilityComesFromWhatIsDeclared(t *testing.T) {
	about := map[string]func(*gate.Case){
		"approval-scope":      func(c *gate.Case) { c.Approvals = nil },
		"consent":             func(c *gate.Case) { c.Consent = nil },
		"dependence":          func(c *gate.Case) { c.DependsOn = nil },
		"invoice-validation":  func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Accreditations = nil }) },
		"risk-stratification": func(c *gate.Case) { editParties(c, func(p *gate.Party) { p.Accreditations = nil }) },
		"opt-out-list":        func(c *gate.Case) { c.OptOutList = nil },
	}
	rapid.Check(t, func(t *rapid.T) {
		c := someCase.Draw(t, "case")
		c.Line.Purposes = []terms.Purpose{rapid.SampledFrom([]terms.Purpose{terms.PurposeResearch, terms.PurposeInvoiceValidation, terms.PurposeRiskStratification}).Draw(t, "purpose")}
		c.Parties[0].Accreditations = standing(rapid.SampledFrom([]string{terms.AccreditedGP, terms.AccreditedInvoiceValidation}).Draw(t, "standing"), "2026-12-31")
		for rule, without := range about {
			before := outcome(gate.Evaluate(c), rule)
			bare := c
			without(&bare)
			after := outcome(gate.Evaluate(bare), rule)
			if (before == gate.NotApplicable) != (after == gate.NotApplicable) {
				t.Fatalf("%s: %s with the evidence, %s without", rule, before, after)
			}
		}
	})
}

// TestNeededEvidenceIsNeeded: each fact, taken from a sound case, refuses at
// some moment; a list of facts that nothing needs would prove nothing.
func TestNeededEvidenceIsNeeded(t *testing.T) {
	for name, without := range withouts {
		refused := false
		for _, moment := range moments {
			for _, from := range []func(gate.Moment) gate.Case{pseudonymisedCase, identifiableCase, waivedCase} {
				c := from(moment)
				without(&c)
				refused = refused || !gate.Evaluate(c).Allowed
			}
		}
		if !refused {
			t.Errorf("nothing needs %s", name)
		}
	}
}

// TestNarrowingNeverHarms: asking for fewer columns, a shorter period or fewer
// rows of record-level data turns no leave into a refusal. (For aggregates it
// may: narrowing is how differencing works.)
func TestNarrowingNeverHarms(t *testing.T) {
	allowed := 0
	rapid.Check(t, func(t *rapid.T) {
		c := someCase.Filter(func(c gate.Case) bool { return c.Line.Type == terms.Identifiable || c.Line.Type == terms.Pseudonymised }).Draw(t, "case")
		before := gate.Evaluate(c)
		if before.Allowed {
			allowed++
		}
		r := *c.Request
		r.Columns = r.Columns[:rapid.IntRange(1, len(r.Columns)).Draw(t, "columns")]
		span := 0
		for d := r.Period.From; d.Compare(r.Period.To) < 0; d = d.AddDays(30) {
			span += 30
		}
		r.Period.From = r.Period.From.AddDays(rapid.IntRange(0, max(0, span-30)).Draw(t, "later"))
		if rapid.Bool().Draw(t, "one day") {
			r.Period.To = r.Period.From
		}
		r.Population = append(slices.Clone(r.Population), terms.NewFilter("SEX", "1"))
		for i, f := range r.Population {
			r.Population[i] = terms.NewFilter(f.Field, f.In[:rapid.IntRange(0, len(f.In)).Draw(t, "values")]...)
		}
		c.Request = &r
		if after := gate.Evaluate(c); before.Allowed && !after.Allowed {
			t.Fatalf("refused when narrowed to %+v:\n%v", r, after.Explain())
		}
	})
	if allowed < 10 {
		t.Errorf("only %d cases were allowed at first: the property was hardly tried", allowed)
	}
}

// TestReplay: a case stored as canonical JSON gives the same decision.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := someCase.Draw(t, "case")
		stored, err := terms.Canonical(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := gate.Replay(stored)
		if err != nil {
			t.Fatal(err)
		}
		if first := gate.Evaluate(c); !reflect.DeepEqual(first, again) {
			t.Fatalf("first %+v\nreplayed %+v", first, again)
		}
	})
	if _, err := gate.Replay([]byte("{")); err == nil {
		t.Error("half a case was replayed")
	}
}

// FuzzEvaluate: any JSON that is a case gets a decision, with a reason for
// every refusal, and no rule panics its way through.
func FuzzEvaluate(f *testing.F) {
	for _, moment := range moments {
		for _, c := range []gate.Case{pseudonymisedCase(moment), identifiableCase(moment)} {
			seed, err := json.Marshal(c)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(seed)
		}
	}
	f.Add([]byte(`{"moment":"start","at":"2026-11-24T12:00:00Z","line":{"type":"identifiable"},"history":{}}`))
	f.Add([]byte(`{"historical":true,"at":"2021-02-15T12:00:00Z"}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		d, err := gate.Replay(stored)
		if err != nil {
			return
		}
		if d.Allowed == (len(d.Refusals()) > 0) && !d.Historical {
			t.Fatalf("allowed %v with refusals %v", d.Allowed, d.Refusals())
		}
		for _, finding := range d.Findings {
			if finding.Evidence == "" || finding.Authority == "" || finding.Evidence[:1] == "%" {
				t.Fatalf("%+v says nothing", finding)
			}
			if finding.Outcome == gate.CannotTell && !d.Historical {
				t.Fatalf("%+v over a new case", finding)
			}
			if strings.Contains(finding.Evidence, "could not be decided; tell the operator") {
				t.Fatalf("%s panicked", finding.Rule)
			}
		}
		if len(d.Findings) == 0 || len(d.Reasons()) != len(d.Refusals()) {
			t.Fatalf("%d findings, %d reasons", len(d.Findings), len(d.Reasons()))
		}
	})
}
