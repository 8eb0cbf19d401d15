package gate_test

import (
	"slices"
	"testing"
	"time"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

type change struct {
	name   string
	from   func(gate.Moment) gate.Case
	moment gate.Moment
	edit   func(*gate.Case)
	rule   string
	want   gate.Outcome
}

// TestRules changes one thing in a sound case: the named rule says so, and
// nothing is allowed that it refuses. Every rule of the table is refused or,
// where it only advises, warns at least once.
func TestRules(t *testing.T) {
	changes := []change{
		// the version
		{"imported", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Version.State = terms.Recorded }, "in-force", gate.Refuse},
		{"issued only", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Version.State = terms.Issued }, "in-force", gate.Refuse},
		{"superseded", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Version.Superseded = true }, "in-force", gate.Refuse},
		{"terminated", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Version.State = terms.Terminated }, "in-force", gate.Refuse},
		{"not begun", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Version.Starts = date("2026-11-25") }, "in-force", gate.Refuse},
		{"expired yesterday", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Version.Ends = date("2026-11-23") }, "in-force", gate.Refuse},
		{"no term (NIC-69431)", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Version.Ends = terms.Date{} }, "in-force", gate.Refuse},
		{"the last minute in London", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.At = time.Date(2026, 11, 24, 23, 59, 59, 0, time.UTC) }, "in-force", gate.Pass},
		{"midnight after the last day", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.At = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) }, "in-force", gate.Refuse},
		{"the discloser has not signed", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Version.Signed = c.Version.Signed[:1] }, "signed", gate.Refuse},
		{"signed in another capacity", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Version.Signed[0].Capacity = "recipient" }, "signed", gate.Refuse},
		{"no controller to sign", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Version.Needed = c.Version.Needed[1:] }, "signed", gate.Refuse},
		{"suppressed tables need none", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Line.Type = terms.AggregateSuppressed; c.Version.Signed = nil }, "signed", gate.NotApplicable},
		{"unsuppressed tables do", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Line.Type = terms.AggregateUnsuppressed; c.Version.Signed = nil }, "signed", gate.Refuse},
		{"a dataset in a flow without a line", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Granted = false }, "line-granted", gate.Refuse},
		// the request
		{"a field beyond", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Columns[1].Field = "DIAG_01" }, "fields", gate.Refuse},
		{"no columns", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Columns = nil }, "fields", gate.Refuse},
		{"nothing asked", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Request = nil }, "fields", gate.Refuse},
		{"a day before", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Period.From = date("1997-03-31") }, "period", gate.Refuse},
		{"a day after", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Period.To = date("1999-04-01") }, "period", gate.Refuse},
		{"a gap between the years", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Line.Periods[1].From = date("1998-04-02") }, "period", gate.Refuse},
		{"years granted in any order", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { slices.Reverse(c.Line.Periods) }, "period", gate.Pass},
		{"backwards", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Period = terms.Period{From: date("1998-06-01"), To: date("1997-06-01")} }, "period", gate.Refuse},
		{"another region", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Population[0] = terms.NewFilter("RESGOR", "H", "Y") }, "population", gate.Refuse},
		{"everybody, of a line for a cohort", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Line.Cohort = "the participants" }, "population", gate.Refuse},
		{"a cohort's list", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Line.Cohort, c.Request.CohortList = "the participants", 2 }, "population", gate.Pass},
		{"a filter of its own", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Population[0] = terms.NewFilter("SEX", "1") }, "population", gate.Pass},
		{"a postcode as it is", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Request.Columns[2].Derivation = terms.NoDerivation }, "identifiers", gate.Refuse},
		{"a field of unknown class", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Fields = c.Fields[1:] }, "identifiers", gate.Refuse},
		{"a pseudonym beside identifiers", identifiableCase, gate.MomentRequest, func(c *gate.Case) {
			c.Request.Columns = append(c.Request.Columns, gate.Column{Name: "person", Derivation: terms.PersonPseudonym})
		}, "identifiers", gate.Refuse},
		// the matrix, on new lines
		{"a power for pseudonymised data", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Power = terms.S261Other }, "M1", gate.Refuse},
		{"no route", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Route = terms.RouteNone }, "M2", gate.Refuse},
		{"support without its route", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Route = terms.RouteConsent }, "M3", gate.Refuse},
		{"no opt-outs under support", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutConsent }, "M4", gate.Refuse},
		{"no reason for none under support", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutNoReason }, "M4", gate.Refuse},
		{"a CAG exemption that no approval bears out", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutCAGExemption }, "M4", gate.Refuse},
		{"a CAG exemption on record", identifiableCase, gate.MomentApproval, func(c *gate.Case) {
			c.Line.OptOut = terms.OptOutCAGExemption
			c.Approvals[0].OptOutsApply = false
		}, "M4", gate.Pass},
		{"the exemption of PHE has ended with it", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutPHEExemption }, "M4", gate.Refuse},
		{"opt-outs though consented", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Route = terms.RouteConsent }, "M5", gate.Warn},
		{"opt-outs on pseudonymised data", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutApplied }, "M6", gate.Warn},
		{"another reason for none", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutConsent }, "M8", gate.Warn},
		{"no reason for none", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.OptOut = terms.OptOutNoReason }, "M8", gate.Refuse},
		{"a stronger power", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Power = terms.S261_2c }, "M7", gate.Pass},
		{"the Act alone", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Power = terms.HSCA2012 }, "M9", gate.Refuse},
		{"no power", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Power = "" }, "M9", gate.Refuse},
		{"route not recorded", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Line.Route = terms.RouteNotRecorded }, "M10", gate.Refuse},
		// approvals and opt-outs
		{"no support on record", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Approvals = nil }, "approval-scope", gate.Refuse},
		{"support lapsed yesterday", identifiableCase, gate.MomentDownload, func(c *gate.Case) { c.Approvals[0].Ends = date("2026-11-23") }, "approval-scope", gate.Refuse},
		{"support without an end", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Approvals[0].Ends = terms.Date{} }, "approval-scope", gate.Refuse},
		{"support for another dataset", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Approvals[0].Datasets = []string{"hes-op"} }, "approval-scope", gate.Refuse},
		{"support for the way in only", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Approvals[0].Flows = []string{"in"} }, "approval-scope", gate.Refuse},
		{"the list is 22 days old", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.OptOutList.AsOf = date("2026-11-02") }, "opt-out-list", gate.Refuse},
		{"the same, at a first download", identifiableCase, gate.MomentDownload, func(c *gate.Case) { c.OptOutList.AsOf = date("2026-11-02") }, "opt-out-list", gate.Refuse},
		{"a resumed download", identifiableCase, gate.MomentDownload, func(c *gate.Case) { c.OptOutList.AsOf, c.FirstDownload = date("2026-11-02"), false }, "opt-out-list", gate.NotApplicable},
		{"no list", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.OptOutList = nil }, "opt-out-list", gate.Refuse},
		{"a list of tomorrow", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.OptOutList.AsOf = date("2026-11-25") }, "opt-out-list", gate.Refuse},
		{"no limit set", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.OptOutFresh = 0 }, "opt-out-list", gate.Refuse},
		// parties
		{"a controller without a contract", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[0].Contract = "" }, "framework-contract", gate.Refuse},
		{"a contract without an end", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[0].ContractTerm.To = terms.Date{} }, "framework-contract", gate.Refuse},
		{"a contract that has ended", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Parties[0].ContractTerm.To = date("2026-11-23") }, "framework-contract", gate.Refuse},
		{"no controller", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties = c.Parties[1:] }, "framework-contract", gate.Refuse},
		{"a processor without assurance", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[1].Assurance = gate.Assurance{} }, "security-assurance", gate.Refuse},
		{"assurance that has ended", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Parties[1].Assurance.To = date("2026-11-23") }, "security-assurance", gate.Refuse},
		{"standards not met", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[0].Assurance.Status = "Standards Not Met" }, "security-assurance", gate.Refuse},
		{"approaching, no plan", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[0].Assurance.Status = "Approaching Standards" }, "security-assurance", gate.Refuse},
		{"approaching, with a dated plan", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) {
			c.Parties[0].Assurance.Status = "Approaching Standards"
			c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "assurance_plan", Due: date("2027-03-31")})
		}, "security-assurance", gate.Pass},
		{"approaching, and the plan's date has passed", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) {
			c.Parties[0].Assurance.Status = "Approaching Standards"
			c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "assurance_plan", Due: date("2020-01-01")})
		}, "security-assurance", gate.Refuse},
		{"approaching with a plan, identifiable and not reviewed", identifiableCase, gate.MomentApproval, func(c *gate.Case) {
			c.Parties[0].Assurance.Status, c.Parties[0].Assurance.Reviewed = "Approaching Standards", false
			c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "assurance_plan", Due: date("2027-03-31")})
		}, "security-assurance", gate.Refuse},
		{"standards not met, by another name of the toolkit", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) {
			c.Parties[0].Assurance.Kind, c.Parties[0].Assurance.Status = "DSP Toolkit ", "Standards Not Met"
		}, "security-assurance", gate.Refuse},
		{"section 251 support does not carry regulation 3", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Line.Route = terms.RouteCOPI3 }, "approval-scope", gate.Refuse},
		{"a notice does not carry section 251", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Approvals[0].Regulation = "COPI notice, regulation 3(4)" }, "approval-scope", gate.Refuse},
		{"a regulation that is none", identifiableCase, gate.MomentStart, func(c *gate.Case) { c.Approvals[0].Regulation = "GDPR" }, "approval-scope", gate.Refuse},
		{"to a party that the flows do not send it to", identifiableCase, gate.MomentRequest, func(c *gate.Case) {
			other := c.Parties[0]
			other.Organisation, other.Slug = "Some Trust", "some-trust"
			c.Parties = append(c.Parties, other)
			c.Flows = []terms.Flow{{Number: 1, State: terms.FlowCurrent, To: "some trust", Lines: []int{c.Line.Number}}}
		}, "recipient", gate.Refuse},
		{"to whom the flows send it", identifiableCase, gate.MomentRequest, func(c *gate.Case) {
			c.Flows = []terms.Flow{{Number: 1, State: terms.FlowCurrent, To: c.Recipient.Organisation, Lines: []int{c.Line.Number}}}
		}, "recipient", gate.Pass},
		{"flows that name no party", identifiableCase, gate.MomentRequest, func(c *gate.Case) {
			c.Flows = []terms.Flow{{Number: 1, State: terms.FlowCurrent, To: "the analysts", Lines: []int{c.Line.Number}}}
		}, "recipient", gate.Pass},
		{"identifiable, not reviewed", identifiableCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[0].Assurance.Reviewed = false }, "security-assurance", gate.Refuse},
		{"pseudonymised, not reviewed", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[0].Assurance.Reviewed = false }, "security-assurance", gate.Warn},
		{"the respective CSU", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Parties[1].Placeholder = true }, "parties-named", gate.Refuse},
		{"an open precedent condition", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Conditions[0].Met = false }, "conditions", gate.Refuse},
		{"an open continuing condition", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Conditions[0].Kind, c.Conditions[0].Met = "continuing", false }, "conditions", gate.Pass},
		{"a hold", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Holds = []gate.Hold{{Reason: "suspected breach"}} }, "hold", gate.Refuse},
		// people
		{"another organisation", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Recipient.Named = false }, "recipient", gate.Refuse},
		{"one person for two organisations", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Recipient.AlsoFor = "Some Trust" }, "recipient-person", gate.Refuse},
		{"a leaver", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Recipient.Member = false }, "recipient-person", gate.Refuse},
		{"no key", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Recipient.Keys = 0 }, "recipient-key", gate.Refuse},
		{"no key yet", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Recipient.Keys = 0 }, "recipient-key", ""},
		{"withdrawn", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Recipient.FileWithdraw = true }, "file-available", gate.Refuse},
		{"expired file", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Recipient.FileExpired = true }, "file-available", gate.Refuse},
		{"purpose not read", pseudonymisedCase, gate.MomentDownload, func(c *gate.Case) { c.Recipient.Acknowledged = false }, "purpose-acknowledged", gate.Refuse},
		{"approved by its author", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Approver = "ann" }, "two-persons", gate.Refuse},
		{"approved by who submitted it", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Version.SubmittedBy = "abel" }, "two-persons", gate.Refuse},
		{"author unknown", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { c.Version.WrittenBy = "" }, "two-persons", gate.Refuse},
		{"approved by who asked", pseudonymisedCase, gate.MomentStart, func(c *gate.Case) { c.Approver = "ann" }, "two-persons", gate.Refuse},
		{"approved by nobody", pseudonymisedCase, gate.MomentRelease, func(c *gate.Case) { c.Approver = "" }, "two-persons", gate.Refuse},
		// segregation
		{"identifiable in the same segment", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) {
			c.Siblings = append(c.Siblings, gate.Sibling{Number: 2, Type: terms.Identifiable, OptOut: terms.OptOutApplied, Segment: "analysis"})
		}, "segregation", gate.Refuse},
		{"another segment, no condition", pseudonymisedCase, gate.MomentApproval, func(c *gate.Case) { beside(c, false, "") }, "segregation", gate.Refuse},
		{"another segment, separate holders", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { beside(c, true, "Trust") }, "segregation", gate.Pass},
		{"another segment, the same recipient", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { beside(c, true, "University") }, "segregation", gate.Refuse},
		{"lines not known", pseudonymisedCase, gate.MomentRequest, func(c *gate.Case) { c.Siblings = nil }, "segregation", gate.Refuse},
	}
	changes = slices.Concat(changes, versionChanges(), partyChanges(), lawChanges(), recordChanges())
	seen := map[string]map[gate.Outcome]bool{}
	for _, ch := range changes {
		c := ch.from(ch.moment)
		ch.edit(&c)
		d := gate.Evaluate(c)
		if got := outcome(d, ch.rule); got != ch.want {
			t.Errorf("%s: %s says %q, want %q\n%v", ch.name, ch.rule, got, ch.want, d.Explain())
		}
		if ch.want == gate.Refuse && d.Allowed {
			t.Errorf("%s: allowed", ch.name)
		}
		for _, f := range d.Findings {
			if seen[f.Rule] == nil {
				seen[f.Rule] = map[gate.Outcome]bool{}
			}
			seen[f.Rule][f.Outcome] = true
			if stops := f.Outcome != gate.Pass && f.Outcome != gate.NotApplicable; stops != (f.Remedy != "") {
				t.Errorf("%s: %s %s, and the remedy is %q", ch.name, f.Rule, f.Outcome, f.Remedy)
			}
		}
	}
	for _, r := range gate.Rules() {
		if !seen[r.ID][gate.Refuse] && !seen[r.ID][gate.Warn] && r.ID != "M7" { // M7 only ever lets pass
			t.Errorf("no case here is stopped by %s", r.ID)
		}
		if !seen[r.ID][gate.Pass] {
			t.Errorf("no case here passes %s", r.ID)
		}
	}
}

// beside gives the agreement an identifiable line in a segment of its own.
func beside(c *gate.Case, condition bool, recipient string) {
	s := gate.Sibling{Number: 2, Type: terms.Identifiable, OptOut: terms.OptOutApplied, Segment: "direct-care"}
	if recipient != "" {
		s.Recipients = []string{recipient}
	}
	c.Siblings = append(c.Siblings, s)
	if condition {
		c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "separate_holders", Text: "Held by separate teams"})
	}
}

// TestLapsedInboundSupport: what was linked may be downloaded with a warning,
// nothing new is linked.
func TestLapsedInboundSupport(t *testing.T) {
	for moment, want := range map[gate.Moment]gate.Outcome{gate.MomentStart: gate.Refuse, gate.MomentDownload: gate.Warn} {
		c := pseudonymisedCase(moment)
		c.Line.Power, c.Line.Route = terms.S261_7, terms.RouteSection251
		c.Approvals = []gate.Approval{{Reference: "20/CAG/1", Datasets: []string{"hes-apc"}, Flows: []string{"in"}, Regulation: "COPI Regulations 2002, regulation 5",
			Ethics: "20/LO/1", Territory: terms.EnglandWales, Starts: date("2020-01-01"), Ends: date("2025-12-31")}}
		d := gate.Evaluate(c)
		if outcome(d, "approval-scope") != want || d.Allowed != (want == gate.Warn) {
			t.Errorf("at %s: %v", moment, d.Explain())
		}
		renewed := c
		renewed.Approvals = append(slices.Clone(c.Approvals), gate.Approval{Reference: "25/CAG/2", Datasets: []string{"hes-apc"}, Flows: []string{"in"},
			Regulation: "COPI Regulations 2002, regulation 5", Ethics: "25/LO/2", Territory: terms.EnglandWales, Starts: date("2026-01-01"), Ends: date("2027-12-31")})
		if got := outcome(gate.Evaluate(renewed), "approval-scope"); got != gate.Pass {
			t.Errorf("at %s, renewed: %s", moment, got)
		}
	}
}

// TestCOPINotice: the COVID-19 notices under regulation 3(4) ended with
// 30 June 2022.
func TestCOPINotice(t *testing.T) {
	for day, want := range map[string]gate.Outcome{"2022-06-30": gate.Pass, "2022-07-01": gate.Refuse} {
		c := identifiableCase(gate.MomentStart)
		at, _ := time.ParseInLocation(time.DateOnly+" 15:04", day+" 12:00", terms.London)
		c.At = at
		c.Line.Power, c.Line.Route, c.Line.OptOut = terms.S261_5d, terms.RouteCOPI3, terms.OptOutStatutory
		c.Approvals = []gate.Approval{{Reference: "COVID-19 COPI notice", Regulation: "COPI Regulations 2002, regulation 3(4)", Datasets: []string{"hes-apc"}, Flows: []string{"in", "out"}, Starts: date("2020-03-20"), Ends: date("2022-06-30")}}
		d := gate.Evaluate(c)
		if got := outcome(d, "approval-scope"); got != want {
			t.Errorf("on %s: %s\n%v", day, got, d.Explain())
		}
	}
}

// TestUnconfidentialDatasets: Primary Care Mortality Data go without a route
// to local authorities and NHS bodies, by their kind and not by their name.
func TestUnconfidentialDatasets(t *testing.T) {
	for kind, want := range map[string]gate.Outcome{"Local Authority": gate.Pass, "NHS Trust": gate.Pass, "Commercial": gate.Refuse, "": gate.Refuse} {
		for _, moment := range []gate.Moment{gate.MomentApproval, gate.MomentStart} {
			c := identifiableCase(moment)
			c.Line.DatasetName, c.Line.Power, c.Line.Route, c.Line.OptOut = "Primary Care Mortality Data", terms.SRSA42_4, terms.RouteNone, terms.OptOutDeathsLocalAuthority
			c.Parties[0].Organisation, c.Parties[0].Kind = "Medical Research Council of the City of NHS", kind
			c.Recipient.Organisation = c.Parties[0].Organisation
			if got := outcome(gate.Evaluate(c), "M2"); got != want {
				t.Errorf("to %q at %s: %s", kind, moment, got)
			}
		}
	}
}

// TestSilenceRefuses: no moment, no time, a time before the table began.
func TestSilenceRefuses(t *testing.T) {
	for name, c := range map[string]gate.Case{"empty": {}, "no moment": {At: noon}, "before": func() gate.Case {
		c := pseudonymisedCase(gate.MomentStart)
		c.At = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
		return c
	}()} {
		d := gate.Evaluate(c)
		if d.Allowed || len(d.Refusals()) == 0 || len(d.Reasons()) == 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
