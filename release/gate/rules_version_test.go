package gate_test

import (
	"slices"
	"testing"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

func yes() *bool { b := true; return &b }

// versionChanges are about the version, its review and its request.
func versionChanges() []change {
	p, i := pseudonymisedCase, identifiableCase
	approval, request, start, release, download := gate.MomentApproval, gate.MomentRequest, gate.MomentStart, gate.MomentRelease, gate.MomentDownload
	review := func(edit func(*gate.Review)) func(*gate.Case) {
		return func(c *gate.Case) { edit(&c.Version.Reviews[0]) }
	}
	return []change{
		// superseded
		{"v2 has the line", p, download, supersededBy(true, "2027-01-01"), "in-force", gate.Pass},
		{"v2 has the line, and v1's term is over", p, download, func(c *gate.Case) { supersededBy(true, "2027-01-01")(c); c.Version.Ends = date("2026-10-31") }, "in-force", gate.Pass},
		{"v2 dropped the line", p, download, supersededBy(false, "2027-01-01"), "in-force", gate.Refuse},
		{"v2 has ended too", p, download, supersededBy(true, "2026-11-23"), "in-force", gate.Refuse},
		{"v1 was terminated", p, download, func(c *gate.Case) { supersededBy(true, "2027-01-01")(c); c.Version.State = terms.Terminated }, "in-force", gate.Refuse},
		{"nothing new under v1", p, release, supersededBy(true, "2027-01-01"), "in-force", gate.Refuse},
		// term
		{"three years to the day", p, approval, func(c *gate.Case) { c.Version.Ends = date("2028-12-31") }, "term", gate.Pass},
		{"three years and a day", p, approval, func(c *gate.Case) { c.Version.Ends = date("2029-01-01") }, "term", gate.Refuse},
		{"commercial for more than a year", p, approval, func(c *gate.Case) { c.Version.Commercial, c.Version.Ends = yes(), date("2027-01-01") }, "term", gate.Refuse},
		{"a commercial line for a year", p, approval, func(c *gate.Case) { c.Line.Commercial, c.Version.Ends = "yes", date("2026-12-31") }, "term", gate.Pass},
		{"sub-licences for more than a year", p, approval, func(c *gate.Case) { c.Version.Sublicensing, c.Version.Ends = yes(), date("2027-01-01") }, "term", gate.Refuse},
		{"an archive for five years", p, approval, archived("2030-12-31", terms.RouteNone), "term", gate.Pass},
		{"an archive for six", p, approval, archived("2031-12-31", terms.RouteNone), "term", gate.Refuse},
		{"an archive with consent for fifteen", p, approval, archived("2040-12-31", terms.RouteConsent), "term", gate.Pass},
		{"beyond the support", i, approval, func(c *gate.Case) { c.Version.Ends = date("2026-11-25") }, "term", gate.Refuse},
		{"beyond the support, once approved", i, start, func(c *gate.Case) { c.Version.Ends = date("2026-11-25") }, "term", gate.Pass},
		{"twelve months after issue", p, request, func(c *gate.Case) { c.Version.Issued = date("2025-01-01") }, "term", gate.Pass},
		{"more than twelve months after issue", p, request, func(c *gate.Case) { c.Version.Issued = date("2024-12-31") }, "term", gate.Refuse},
		{"a start in two years", p, approval, func(c *gate.Case) {
			c.Version.Issued, c.Version.Starts, c.Version.Ends = terms.Date{}, date("2028-11-24"), date("2029-11-23")
		}, "term", gate.Refuse},
		{"a renewal the day after", p, approval, follows(terms.VersionRenewal, "2025-12-31", false), "term", gate.Pass},
		{"a renewal after a gap", p, approval, follows(terms.VersionRenewal, "2025-12-30", false), "term", gate.Refuse},
		{"after one that was terminated", p, approval, follows(terms.VersionRenewal, "2025-12-30", true), "term", gate.Pass},
		// holds and dependence
		{"a hold on the line", p, download, func(c *gate.Case) { c.Holds = []gate.Hold{{Reason: "found on a share", On: "line 1"}} }, "hold", gate.Refuse},
		{"a suspicion without a hold", p, start, func(c *gate.Case) { c.Incidents = []gate.Incident{{Scope: "University"}} }, "hold", gate.Refuse},
		{"a suspicion whose hold was lifted", p, start, func(c *gate.Case) { c.Incidents = []gate.Incident{{Scope: "University", HoldLifted: true}} }, "hold", gate.Warn},
		{"lives with a live agreement", p, start, lives("NIC-2000-BBBBB-v1.0", ""), "dependence", gate.Pass},
		{"the other lapsed", p, download, lives("", "2026-11-23"), "dependence", gate.Refuse},
		{"the other was never in force", p, start, lives("", ""), "dependence", gate.Refuse},
		{"the other is unknown", p, start, func(c *gate.Case) { c.Line.DependsOn = "NIC-2000-BBBBB" }, "dependence", gate.Refuse},
		{"lives by itself", p, start, func(*gate.Case) {}, "dependence", gate.NotApplicable},
		// review
		{"no review", p, approval, func(c *gate.Case) { c.Version.Reviews = nil }, "review-route", gate.Refuse},
		{"deferred", p, approval, review(func(r *gate.Review) { r.Outcome = "deferred" }), "review-route", gate.Refuse},
		{"a precedent not named", p, approval, review(func(r *gate.Review) { r.Route, r.Checked = terms.PrecedentReview, 5 }), "review-route", gate.Refuse},
		{"a precedent not checked", p, approval, review(func(r *gate.Review) { r.Route, r.Precedent = terms.PrecedentReview, "NIC-1" }), "review-route", gate.Refuse},
		{"a precedent followed", p, approval, review(func(r *gate.Review) { r.Route, r.Precedent, r.Checked = terms.PrecedentReview, "NIC-1", 5 }), "review-route", gate.Pass},
		{"an extension route for a new one", p, approval, review(func(r *gate.Review) { r.Route = terms.ExtensionReview }), "review-route", gate.Refuse},
		{"an extension", p, approval, func(c *gate.Case) {
			c.Version.Kind = terms.VersionExtension
			c.Version.Reviews[0].Route = terms.ExtensionReview
		}, "review-route", gate.Pass},
		{"urgent, no date", p, approval, review(func(r *gate.Review) { r.Route = terms.UrgentReview }), "review-route", gate.Refuse},
		{"urgent, not by the SIRO", p, approval, review(func(r *gate.Review) { r.Route, r.ReviewDue = terms.UrgentReview, date("2026-12-31") }), "review-route", gate.Refuse},
		{"urgent, by the SIRO", p, approval, func(c *gate.Case) {
			c.Acting.SIRO, c.Version.Reviews[0].Route, c.Version.Reviews[0].ReviewDue = true, terms.UrgentReview, date("2026-12-31")
		}, "review-route", gate.Pass},
		{"urgent, its review overdue", p, start, review(func(r *gate.Review) { r.Route, r.ReviewDue = terms.UrgentReview, date("2026-11-23") }), "review-route", gate.Refuse},
		{"a route that is none", p, approval, review(func(r *gate.Review) { r.Route = "" }), "review-route", gate.Refuse},
		{"with the advice", p, approval, func(*gate.Case) {}, "against-advice", gate.NotApplicable},
		{"against advice, no reason", p, approval, review(func(r *gate.Review) { r.Outcome = "not_recommended" }), "against-advice", gate.Refuse},
		{"against advice, not by the SIRO", p, approval, func(c *gate.Case) {
			c.Version.Reviews[0].Outcome, c.Version.AgainstAdvice = "not_recommended", true
		}, "against-advice", gate.Refuse},
		{"against advice, by the SIRO", p, approval, func(c *gate.Case) {
			c.Version.Reviews[0].Outcome, c.Version.AgainstAdvice, c.Acting.SIRO = "not_recommended", true, true
		}, "against-advice", gate.Pass},
		// independence
		{"the discloser's own, directorates apart", p, approval, ownOf("Analysis"), "independence", gate.Pass},
		{"reviewed by the applying directorate", p, approval, ownOf("Advice"), "independence", gate.Refuse},
		{"approved by the applying directorate", p, approval, ownOf("Risk"), "independence", gate.Refuse},
		{"the discloser's own, directorate not recorded", p, approval, ownOf(""), "independence", gate.Refuse},
		{"who approves is not known", p, approval, func(c *gate.Case) { ownOf("Analysis")(c); c.Acting = nil }, "independence", gate.Refuse},
		{"another applicant", p, approval, func(*gate.Case) {}, "independence", gate.NotApplicable},
		{"no applicant known", p, approval, func(c *gate.Case) { c.Version.Applicant = "" }, "independence", gate.Refuse},
		// flows, restricted rows, output
		{"a flow of the line", p, approval, flowing(terms.Flow{Number: 1, State: terms.FlowProposed, Lines: []int{1}}), "flows-have-lines", gate.Pass},
		{"DIDS without a line", p, approval, flowing(terms.Flow{Number: 1, State: terms.FlowCurrent, Lines: []int{1}, Datasets: []string{"DIDS"}}), "flows-have-lines", gate.Refuse},
		{"a line that is none", p, request, flowing(terms.Flow{Number: 1, State: terms.FlowCurrent, Lines: []int{7}}), "flows-have-lines", gate.Refuse},
		{"a flow that stopped", p, approval, flowing(terms.Flow{Number: 1, State: terms.FlowStopped, Datasets: []string{"DIDS"}}), "flows-have-lines", gate.NotApplicable},
		{"diagnoses beside identifiers", i, start, func(c *gate.Case) { c.Line.Fields = append(c.Line.Fields, "DIAG_4_01") }, "restricted-rows", gate.Refuse},
		{"the same, withheld at the supplier", i, start, func(c *gate.Case) {
			c.Line.Fields = append(c.Line.Fields, "DIAG_4_01")
			c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "restricted_rows", Text: "Withheld by providers"})
		}, "restricted-rows", gate.Pass},
		{"no field listed", i, approval, func(c *gate.Case) { c.Line.Fields = nil }, "restricted-rows", gate.Refuse},
		{"no clinical code", i, start, func(*gate.Case) {}, "restricted-rows", gate.NotApplicable},
		{"tables without a rule", p, approval, func(c *gate.Case) { c.Line.Type = terms.AggregateSuppressed }, "output-rule", gate.Refuse},
		{"tables with a rule", p, approval, func(c *gate.Case) { c.Line.Type, c.Line.OutputRule = terms.AggregateUnsuppressed, "hes-2018" }, "output-rule", gate.Pass},
		{"no tables", p, approval, func(*gate.Case) {}, "output-rule", gate.NotApplicable},
	}
}

func supersededBy(hasLine bool, ends string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Version.Superseded = true
		c.Version.Successor = &gate.Successor{Reference: "DARS-NIC-1000-AAAAA-v2.0", Starts: date("2026-11-01"), Ends: date(ends), HasLine: hasLine}
	}
}

func archived(ends string, route terms.Route) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Version.Ends, c.Line.Route = date(ends), route
		c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "research_archive", Text: "Kept as an archive"})
		if route == terms.RouteConsent {
			consented(c)
		}
	}
}

func follows(kind terms.VersionKind, ends string, ended bool) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Version.Kind, c.Version.Previous = kind, &gate.Previous{Reference: "DARS-NIC-1000-AAAAA-v0.1", Ends: date(ends), Ended: ended}
	}
}

func lives(live, ended string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Line.DependsOn, c.DependsOn = "NIC-2000-BBBBB", &gate.Dependence{Stem: "NIC-2000-BBBBB", Live: live}
		if ended != "" {
			c.DependsOn.Ended = date(ended)
		}
	}
}

// ownOf makes the discloser itself apply, for a directorate.
func ownOf(directorate string) func(*gate.Case) {
	return func(c *gate.Case) { c.Version.Applicant, c.Version.Directorate = "the-body", directorate }
}

func flowing(f terms.Flow) func(*gate.Case) {
	return func(c *gate.Case) { c.Flows = []terms.Flow{f} }
}

// TestEveryReasonAtOnce spoils a sound case in every way that the tables know:
// each rule that refuses alone refuses among the others.
func TestEveryReasonAtOnce(t *testing.T) {
	for _, moment := range moments {
		c := identifiableCase(moment)
		c.Version.State, c.Version.Signed, c.Version.Reviews, c.Version.Ends = terms.Terminated, nil, nil, date("2036-01-01")
		c.Conditions[0].Met, c.Holds = false, []gate.Hold{{Reason: "breach"}}
		c.Approvals, c.OptOutList, c.Line.Article6, c.Line.Article9 = nil, nil, nil, []string{"9(9)"}
		c.Parties[0].ICO, c.Parties[1].Placeholder, c.Parties[1].Places, c.Parties[1].ProcessingContract = gate.ICO{}, true, nil, ""
		c.Version.Controllership, c.Version.Territory = terms.ControllershipUnresolved, terms.TerritoryNotRecorded
		alone := map[string]bool{}
		d := gate.Evaluate(c)
		for _, f := range d.Refusals() {
			alone[f.Rule] = true
		}
		want := []string{"approval-scope", "article-6", "article-9", "ico-fee", "parties-named", "places-declared", "processor-contract", "controllership", "territory"}
		if moment != gate.MomentApproval {
			want = append(want, "in-force", "signed", "conditions", "hold")
		}
		for _, rule := range want {
			if !alone[rule] {
				t.Errorf("at %s, %s is not among %d refusals", moment, rule, len(alone))
			}
		}
		if d.Allowed || len(d.Reasons()) != len(d.Refusals()) {
			t.Errorf("at %s: allowed %v, %d reasons of %d refusals", moment, d.Allowed, len(d.Reasons()), len(d.Refusals()))
		}
		if !slices.IsSortedFunc(d.Findings, func(a, b gate.Finding) int { return place(a.Rule) - place(b.Rule) }) {
			t.Error("findings are not in the table's order")
		}
	}
}

func place(rule string) int {
	return slices.IndexFunc(gate.Rules(), func(r gate.Rule) bool { return r.ID == rule })
}
