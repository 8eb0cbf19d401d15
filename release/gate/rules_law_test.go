package gate_test

import (
	"slices"
	"testing"
	"time"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// lawChanges are about approvals, consent, data protection law and purposes.
func lawChanges() []change {
	p, i := pseudonymisedCase, identifiableCase
	approval, start, release, download := gate.MomentApproval, gate.MomentStart, gate.MomentRelease, gate.MomentDownload
	support := func(edit func(*gate.Approval)) func(*gate.Case) { return func(c *gate.Case) { edit(&c.Approvals[0]) } }
	consent := func(edit func(*gate.Case)) func(*gate.Case) { return func(c *gate.Case) { consented(c); edit(c) } }
	return []change{
		// the approval's scope
		{"names this controller", i, start, support(func(a *gate.Approval) { a.Controllers = []string{"university"} }), "approval-scope", gate.Pass},
		{"names another controller", i, start, support(func(a *gate.Approval) { a.Controllers = []string{"other"} }), "approval-scope", gate.Refuse},
		{"names another processor", i, start, support(func(a *gate.Approval) { a.Processors = []string{"other"} }), "approval-scope", gate.Refuse},
		{"names other identifiers", i, start, support(func(a *gate.Approval) { a.Identifiers = []string{"NHS number"} }), "approval-scope", gate.Refuse},
		{"the line's identifiers, at approval", i, approval, func(c *gate.Case) { c.Request = nil; c.Approvals[0].Identifiers = nil }, "approval-scope", gate.Refuse},
		{"no regulation", i, start, support(func(a *gate.Approval) { a.Regulation = "" }), "approval-scope", gate.Refuse},
		{"research without a REC", i, start, support(func(a *gate.Approval) { a.Ethics = "" }), "approval-scope", gate.Refuse},
		{"the REC is on the version", i, start, func(c *gate.Case) { c.Approvals[0].Ethics, c.Version.Ethics = "", "25/LO/0001" }, "approval-scope", gate.Pass},
		{"regulation 2 needs no REC", i, start, support(func(a *gate.Approval) { a.Regulation, a.Ethics = "COPI reg 2", "" }), "approval-scope", gate.Pass},
		{"annual review due today", i, start, support(func(a *gate.Approval) { a.AnnualReview = date("2026-11-24") }), "approval-scope", gate.Pass},
		{"annual review overdue", i, start, support(func(a *gate.Approval) { a.AnnualReview = date("2026-11-23") }), "approval-scope", gate.Refuse},
		{"no annual review in its second year", i, start, support(func(a *gate.Approval) { a.Starts = date("2025-11-01") }), "approval-scope", gate.Refuse},
		{"CAG 7-04(a) for social care", i, start, func(c *gate.Case) {
			c.Approvals[0].Reference, c.Line.DatasetName = "CAG 7-04(a)/2013", "Adult Social Care"
		}, "approval-scope", gate.Refuse},
		{"CAG 7-04(a) for SUS", i, start, support(func(a *gate.Approval) { a.Reference = "CAG 7-04(a)/2013" }), "approval-scope", gate.Pass},
		{"a COVID notice, whatever its end says", i, start, func(c *gate.Case) {
			c.Approvals[0].Reference, c.Line.Route = "COVID-19 COPI notice", terms.RouteCOPI3
		}, "approval-scope", gate.Refuse},
		{"invoice validation without opt-outs", i, start, invoiced("2026-11-24"), "M4", gate.Pass},
		{"invoice validation, the waiver over", i, start, func(c *gate.Case) {
			invoiced("2028-11-24")(c)
			c.At = time.Date(2027, 10, 1, 12, 0, 0, 0, terms.London)
		}, "M4", gate.Refuse},
		{"no support asked for", p, start, func(*gate.Case) {}, "approval-scope", gate.NotApplicable},
		// consent
		{"nobody has withdrawn", p, start, consent(func(*gate.Case) {}), "consent", gate.Pass},
		{"withdrawn before the list", p, start, consent(func(c *gate.Case) { c.Consent.Withdrawals = []gate.Withdrawal{{On: date("2026-10-31"), People: 1}} }), "consent", gate.Pass},
		{"one withdrawal since", p, release, consent(func(c *gate.Case) { c.Consent.Withdrawals = []gate.Withdrawal{{On: date("2026-11-20"), People: 1}} }), "consent", gate.Refuse},
		{"a withdrawal stops the download", p, download, consent(func(c *gate.Case) { c.Consent.Withdrawals = []gate.Withdrawal{{On: date("2026-11-20"), People: 1}} }), "consent", gate.Refuse},
		{"a newer list, run again", p, release, consent(func(c *gate.Case) {
			c.Consent.Withdrawals = []gate.Withdrawal{{On: date("2026-11-20"), People: 1}}
			c.Consent.Cohort.Number, c.Consent.Cohort.AsOf = 2, date("2026-11-21")
		}), "consent", gate.Pass},
		{"forms not compatible", p, approval, consent(func(c *gate.Case) { c.Consent.Materials[0].Outcome = "not_compatible" }), "consent", gate.Refuse},
		{"forms not reviewed", p, approval, consent(func(c *gate.Case) { c.Consent.Materials[0].Outcome = "not_reviewed" }), "consent", gate.Refuse},
		{"no forms", p, approval, consent(func(c *gate.Case) { c.Consent = nil }), "consent", gate.Refuse},
		{"no list yet, at approval", p, approval, consent(func(c *gate.Case) { c.Consent.Cohort = nil }), "consent", gate.Pass},
		{"no list", p, start, consent(func(c *gate.Case) { c.Consent.Cohort = nil }), "consent", gate.Refuse},
		{"no cohort named", p, start, consent(func(c *gate.Case) { c.Line.Cohort = "" }), "consent", gate.Refuse},
		{"a list of tomorrow", p, start, consent(func(c *gate.Case) { c.Consent.Cohort.AsOf = date("2026-11-25") }), "consent", gate.Refuse},
		{"a list to be destroyed", p, start, consent(func(c *gate.Case) { c.Consent.Cohort.DestroyBy = date("2026-11-23") }), "consent", gate.Refuse},
		{"no consent asked for", p, start, func(*gate.Case) {}, "consent", gate.NotApplicable},
		// sub-licences
		{"not recorded", p, approval, func(c *gate.Case) { c.Version.Sublicensing = nil }, "sub-licence", gate.Refuse},
		{"not passed on", p, approval, func(*gate.Case) {}, "sub-licence", gate.NotApplicable},
		{"no terms", p, approval, func(c *gate.Case) { c.Version.Sublicensing = yes() }, "sub-licence", gate.Refuse},
		{"none allowed, one listed", p, approval, func(c *gate.Case) { c.Version.SubLicences = []gate.SubLicence{{To: "X"}} }, "sub-licence", gate.Refuse},
		{"within the term", p, start, sublicensed("2026-11-24"), "sub-licence", gate.Pass},
		{"beyond the term", p, start, sublicensed("2026-11-25"), "sub-licence", gate.Refuse},
		{"no dates", p, start, func(c *gate.Case) { sublicensed("2026-11-24")(c); c.Version.SubLicences[0].Ends = terms.Date{} }, "sub-licence", gate.Refuse},
		{"a sub-licensee out of its dates", p, start, func(c *gate.Case) {
			sublicensed("2026-11-23")(c)
			c.Recipient.Organisation, c.Recipient.Named = "Sub-licensee", false
		}, "sub-licence", gate.Refuse},
		// UK GDPR
		{"no Article 6", p, approval, func(c *gate.Case) { c.Line.Article6 = nil }, "article-6", gate.Refuse},
		{"an Article 6 that is none", p, approval, func(c *gate.Case) { c.Line.Article6 = []string{"6(1)(g)"} }, "article-6", gate.Refuse},
		{"written out", p, approval, func(c *gate.Case) { c.Line.Article6 = []string{"Article 6 (1)(e)"} }, "article-6", gate.Pass},
		{"recognised legitimate interest, now", p, approval, func(c *gate.Case) { c.Line.Article6 = []string{"6(1)(ea)"} }, "article-6", gate.Pass},
		{"legitimate interest, not explained", p, approval, func(c *gate.Case) { c.Line.Article6 = []string{"6(1)(f)"} }, "article-6", gate.Refuse},
		{"legitimate interest, explained", p, approval, func(c *gate.Case) { c.Line.Article6, c.Version.Interest = []string{"6(1)(f)"}, true }, "article-6", gate.Pass},
		{"consent of the GDPR alone", p, approval, func(c *gate.Case) { c.Line.Article6 = []string{"6(1)(a)"} }, "article-6", gate.Warn},
		{"the dead", p, approval, func(c *gate.Case) { c.Line.DatasetName, c.Line.Article6 = "Civil Registration - Deaths", nil }, "article-6", gate.NotApplicable},
		{"the dead, Article 9", p, approval, func(c *gate.Case) { c.Line.DatasetName, c.Line.Article9 = "Civil Registration - Deaths", nil }, "article-9", gate.NotApplicable},
		{"suppressed tables", p, approval, func(c *gate.Case) { c.Line.Type, c.Line.Article9 = terms.AggregateSuppressed, nil }, "article-9", gate.NotApplicable},
		{"a list of GPs", p, approval, func(c *gate.Case) { c.Line.DatasetName, c.Line.Article9 = "List of GPs", nil }, "article-9", gate.NotApplicable},
		{"no Article 9", p, approval, func(c *gate.Case) { c.Line.Article9 = nil }, "article-9", gate.Refuse},
		{"an Article 9 that is none", p, approval, func(c *gate.Case) { c.Line.Article9 = []string{"9(2)(z)"} }, "article-9", gate.Refuse},
		// function
		{"no function", i, approval, func(c *gate.Case) { c.Line.Power = terms.S261_5d }, "function", gate.Refuse},
		{"a function", i, approval, func(c *gate.Case) { c.Line.Power, c.Line.Function = terms.S261_5d, "NHS Act 2006 s2B" }, "function", gate.Pass},
		{"another power", i, approval, func(*gate.Case) {}, "function", gate.NotApplicable},
		// purposes
		{"no purpose coded", p, approval, func(c *gate.Case) { c.Line.Purposes = nil }, "purpose-test", gate.Refuse},
		{"marketing", p, approval, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeMarketing} }, "purpose-test", gate.Refuse},
		{"another purpose", p, approval, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeOther} }, "purpose-test", gate.Warn},
		{"a power that has no purpose test", i, approval, func(c *gate.Case) { c.Line.Purposes = nil }, "purpose-test", gate.NotApplicable},
		{"marketing is policy, too", p, approval, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeMarketing} }, "commercial", gate.Refuse},
		{"solely commercial", p, approval, func(c *gate.Case) { c.Line.Commercial = "solely" }, "commercial", gate.Refuse},
		{"commercial, not solely", p, approval, func(c *gate.Case) { c.Line.Commercial = "yes" }, "commercial", gate.Pass},
		{"commercial or not is not recorded", p, approval, func(c *gate.Case) { c.Version.Commercial = nil }, "commercial", gate.Refuse},
		{"marketing under another power", i, approval, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeMarketing} }, "commercial", gate.Warn},
		{"solely commercial under another power", i, approval, func(c *gate.Case) { c.Line.Commercial = "solely" }, "commercial", gate.NotApplicable},
		{"invoices, pseudonymised", p, approval, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeInvoiceValidation} }, "invoice-validation", gate.NotApplicable},
		{"invoices, identifiable, to the university", i, start, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeInvoiceValidation} }, "invoice-validation", gate.Refuse},
		{"invoices, to nobody", i, start, func(c *gate.Case) {
			c.Line.Purposes, c.Recipient = []terms.Purpose{terms.PurposeInvoiceValidation}, &gate.Recipient{Organisation: "Nobody"}
		}, "invoice-validation", gate.Refuse},
		{"invoices, to the environment", i, start, func(c *gate.Case) {
			c.Line.Purposes = []terms.Purpose{terms.PurposeInvoiceValidation}
			c.Parties[0].Accreditations = standing(terms.AccreditedInvoiceValidation, "2027-09-30")
		}, "invoice-validation", gate.Pass},
		{"risk, by nobody on the list", p, approval, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeRiskStratification} }, "risk-stratification", gate.Refuse},
		{"risk, by a processor on the list", p, approval, func(c *gate.Case) {
			c.Line.Purposes = []terms.Purpose{terms.PurposeRiskStratification}
			c.Parties[1].Accreditations = standing(terms.AccreditedRiskStratification, "2026-12-31")
		}, "risk-stratification", gate.Pass},
		{"risk, identifiable, to the university", i, start, func(c *gate.Case) { c.Line.Purposes = []terms.Purpose{terms.PurposeRiskStratification} }, "risk-stratification", gate.Refuse},
		{"risk, known again by the GP", i, start, func(c *gate.Case) {
			c.Line.Purposes = []terms.Purpose{terms.PurposeRiskStratification}
			c.Parties[0].Accreditations = standing(terms.AccreditedGP, "2026-12-31")
		}, "risk-stratification", gate.Pass},
		{"risk, by one that was on the list", i, start, func(c *gate.Case) {
			c.Line.Purposes = []terms.Purpose{terms.PurposeRiskCommissioning}
			c.Parties[0].Accreditations = standing(terms.AccreditedRiskStratification, "2026-11-23")
		}, "risk-stratification", gate.Refuse},
		{"not for risk stratification", i, start, func(*gate.Case) {}, "risk-stratification", gate.NotApplicable},
	}
}

// consented makes the line rest on the consent of a cohort.
func consented(c *gate.Case) {
	if c.Line.Route = terms.RouteConsent; c.Line.Cohort == "" {
		c.Line.Cohort = "the participants"
	}
	c.Consent = &gate.Consent{Materials: []gate.ConsentMaterial{{Title: "Consent form v3", Outcome: "compatible"}},
		Cohort: &gate.CohortList{Name: "the participants", Number: 1, AsOf: date("2026-11-01")}}
}

func invoiced(ends string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Line.Purposes, c.Line.OptOut = []terms.Purpose{terms.PurposeInvoiceValidation}, terms.OptOutCAGExemption
		c.Approvals[0].OptOutsApply, c.Approvals[0].Ends = false, date(ends)
	}
}

func sublicensed(ends string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Version.Sublicensing, c.Version.SublicenceTerms = yes(), true
		c.Version.SubLicences = []gate.SubLicence{{To: "Sub-licensee", Starts: date("2026-02-01"), Ends: date(ends)}}
	}
}

func standing(code, to string) []terms.Accreditation {
	return []terms.Accreditation{{Code: code, Authority: "made up", Term: period("2020-01-01", to)}}
}

// TestControlledEnvironmentForFinance: identifiable invoice validation passes
// to an accredited environment, without opt-outs; the same line to a CSU is
// refused (governance §2).
func TestControlledEnvironmentForFinance(t *testing.T) {
	line := func(accreditations []terms.Accreditation) gate.Case {
		c := identifiableCase(gate.MomentStart)
		c.Line.Purposes, c.Line.OptOut = []terms.Purpose{terms.PurposeInvoiceValidation}, terms.OptOutCAGExemption
		c.Siblings[0].OptOut, c.OptOutList = c.Line.OptOut, nil
		c.Approvals[0].Reference, c.Approvals[0].OptOutsApply = "CAG 7-07(a-c)/2013", false
		c.Parties[0].Kind, c.Parties[0].Accreditations = "CSU", accreditations
		return c
	}
	if d := gate.Evaluate(line(standing(terms.AccreditedInvoiceValidation, "2027-09-30"))); !d.Allowed {
		t.Errorf("to the environment: %v", d.Explain()[0])
	}
	for name, accreditations := range map[string][]terms.Accreditation{"none": nil, "ended": standing(terms.AccreditedInvoiceValidation, "2026-11-23"), "another": standing(terms.AccreditedRiskStratification, "2027-09-30")} {
		if d := gate.Evaluate(line(accreditations)); outcome(d, "invoice-validation") != gate.Refuse || d.Allowed {
			t.Errorf("to the CSU (%s): allowed %v", name, d.Allowed)
		}
	}
}

// TestArticle6IsDated: recognised legitimate interest came on 5 February 2026;
// the conditions themselves with the GDPR on 25 May 2018.
func TestArticle6IsDated(t *testing.T) {
	for day, want := range map[string]gate.Outcome{"2018-05-24": "", "2018-05-25": gate.Refuse, "2026-02-04": gate.Refuse, "2026-02-05": gate.Pass} {
		c := pseudonymisedCase(gate.MomentApproval)
		c.At, _ = time.ParseInLocation(time.DateOnly+" 15:04", day+" 12:00", terms.London)
		c.Line.Article6 = []string{"6(1)(ea)"}
		if got := outcome(gate.Evaluate(c), "article-6"); got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
}

// TestWaivers: the SIRO waives policy, never law, for a line or all, and only
// within the term; what is waived stays in sight.
func TestWaivers(t *testing.T) {
	broken := func() gate.Case {
		c := pseudonymisedCase(gate.MomentRequest)
		c.Parties[0].ICO, c.Conditions[0].Met = gate.ICO{}, false
		return c
	}
	waiver := func(rule string, line int, to string) gate.Waiver {
		return gate.Waiver{Rule: rule, Line: line, Term: period("2026-11-01", to), Reason: "renewal is under way"}
	}
	for _, tc := range []struct {
		name    string
		waivers []gate.Waiver
		fee     gate.Outcome
		allowed bool
	}{
		{"none", nil, gate.Refuse, false},
		{"one of two", []gate.Waiver{waiver("ico-fee", 0, "2026-12-31")}, gate.Waived, false},
		{"both", []gate.Waiver{waiver("ico-fee", 1, "2026-11-24"), waiver("conditions", 0, "2026-12-31")}, gate.Waived, true},
		{"of another line", []gate.Waiver{waiver("ico-fee", 2, "2026-12-31"), waiver("conditions", 0, "2026-12-31")}, gate.Refuse, false},
		{"ended", []gate.Waiver{waiver("ico-fee", 0, "2026-11-23"), waiver("conditions", 0, "2026-12-31")}, gate.Refuse, false},
		{"without an end", []gate.Waiver{{Rule: "ico-fee", Term: terms.Period{From: date("2026-11-01")}}, waiver("conditions", 0, "2026-12-31")}, gate.Refuse, false},
	} {
		c := broken()
		c.Waivers = tc.waivers
		d := gate.Evaluate(c)
		if outcome(d, "ico-fee") != tc.fee || d.Allowed != tc.allowed {
			t.Errorf("%s: %s, allowed %v", tc.name, outcome(d, "ico-fee"), d.Allowed)
		}
	}
	law := pseudonymisedCase(gate.MomentRequest)
	law.Version.Signed = nil
	for _, r := range gate.Rules() {
		law.Waivers = append(law.Waivers, waiver(r.ID, 0, "2026-12-31"))
	}
	if d := gate.Evaluate(law); d.Allowed || outcome(d, "signed") != gate.Refuse {
		t.Error("law was waived")
	}
	c := broken()
	c.Waivers = []gate.Waiver{waiver("ico-fee", 0, "2026-12-31"), waiver("conditions", 0, "2026-12-31")}
	if lines := gate.Evaluate(c).Explain(); !slices.ContainsFunc(lines, func(l string) bool { return l[:6] == "Waived" }) {
		t.Errorf("what is waived is not shown: %v", lines)
	}
}

// TestWarningsAreAccepted: nothing is released on a warning that nobody
// answers for; another evidence asks for another word.
func TestWarningsAreAccepted(t *testing.T) {
	c := pseudonymisedCase(gate.MomentRelease)
	c.Line.OptOut, c.Siblings[0].OptOut = terms.OptOutApplied, terms.OptOutApplied
	c.OptOutList = &gate.OptOutList{AsOf: date("2026-11-20")}
	d := gate.Evaluate(c)
	if outcome(d, "M6") != gate.Warn || outcome(d, "warnings-accepted") != gate.Refuse || d.Allowed {
		t.Fatalf("not accepted: %v", d.Explain())
	}
	for _, w := range d.Warnings() {
		c.Accepted = append(c.Accepted, gate.Acceptance{Rule: w.Rule, Line: 1, Evidence: w.Evidence, Person: "ruth"})
	}
	if d := gate.Evaluate(c); outcome(d, "warnings-accepted") != gate.Pass || !d.Allowed {
		t.Errorf("accepted: %v", d.Explain())
	}
	for name, spoil := range map[string]func(*gate.Acceptance){
		"another line": func(a *gate.Acceptance) { a.Line = 2 }, "other evidence": func(a *gate.Acceptance) { a.Evidence += "." },
		"another rule": func(a *gate.Acceptance) { a.Rule = "M5" },
	} {
		spoilt := c
		spoilt.Accepted = slices.Clone(c.Accepted)
		spoil(&spoilt.Accepted[0])
		if gate.Evaluate(spoilt).Allowed {
			t.Errorf("%s was taken for the word", name)
		}
	}
	c.Moment = gate.MomentRequest
	if got := outcome(gate.Evaluate(c), "warnings-accepted"); got != "" {
		t.Errorf("at a request: %s", got)
	}
}
