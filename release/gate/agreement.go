package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// The version: its state, term and signatures, and what stands against it.

var versionRules = []Rule{
	{ID: "in-force", Title: "The version is in force at this moment", Class: Law, From: dawn, Moments: onward,
		Authority: "HSCA 2012 s261; DARS standard 1", Remedy: "ask under a version that is signed and whose term has this day in it; renew or extend one that has ended",
		check: checkInForce},
	{ID: "signed", Title: "All signatories have signed the present terms", Class: Law, From: dawn, Moments: onward,
		Authority: "DARS standard 1 (v2.1): not effective until all named parties have signed", Remedy: "have every controller and the discloser sign the terms as approved",
		check: checkSigned},
	{ID: "term", Title: "The term is within its limits", Class: Policy, From: dawn, Moments: granting,
		Authority: "DARS standard 1, Term of DSA and Length of DSA (longest terms, start within twelve months of issue, no gap, not beyond section 251 support)",
		Remedy:    "shorten the term, or begin it where the last version ends; a longer one needs longer support or another version later",
		check:     checkTerm},
	{ID: "conditions", Title: "Precedent conditions are met", Class: Policy, From: dawn, Moments: onward,
		Authority: "DARS standard 6, special conditions", Remedy: "meet the condition and have an access officer record the evidence", check: checkConditions},
	{ID: "hold", Title: "No hold stands", Class: Law, From: dawn, Moments: onward,
		Authority: "the discloser's incident procedure", Remedy: "two persons lift the hold once its reason is gone, and the incident is decided", check: checkHold},
	{ID: "dependence", Title: "The agreement that this one lives with is live", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement: linkage is allowed whilst both are live", Remedy: "renew the other agreement first", check: checkDependence},
}

func checkInForce(c Case) finding {
	v, today := c.Version, terms.Today(c.At)
	switch {
	case v.State == terms.Recorded:
		return refuse("version", "%s is a record taken from another source, and was never taken on: it lacks what an extract needs", v.Reference)
	case v.Superseded:
		return superseded(c, today)
	case v.State == terms.Terminated || v.State == terms.Closed:
		return refuse("version", "%s is %s", v.Reference, v.State.Label())
	case v.State != terms.Signed:
		return refuse("version", "%s is %s, not signed", v.Reference, v.State.Label())
	case v.Starts.IsZero() || v.Ends.IsZero():
		return refuse("version", "the term of %s is not recorded", v.Reference)
	case today.Compare(v.Starts) < 0:
		return refuse("version", "%s starts on %s", v.Reference, v.Starts.Words())
	case today.Compare(v.Ends) > 0:
		return refuse("version", "%s expired at the end of %s", v.Reference, v.Ends.Words())
	}
	return pass("in force from %s to %s", v.Starts.Words(), v.Ends.Words())
}

// superseded lets a file that was released under an earlier version be fetched
// only if the version that took its place still has the line (governance §2,
// rule 13). Nothing new is made under the earlier one.
func superseded(c Case, today terms.Date) finding {
	v, next := c.Version, c.Version.Successor
	switch {
	case next == nil:
		return refuse("version", "a later version has taken the place of %s", v.Reference)
	case c.Moment != MomentDownload:
		return refuse("version", "%s has taken the place of %s: ask under it", next.Reference, v.Reference)
	case v.State != terms.Signed:
		return refuse("version", "%s is %s", v.Reference, v.State.Label())
	case !next.HasLine:
		return refuse("version", "%s has taken the place of %s, and no longer has this line", next.Reference, v.Reference)
	case !inTerm(terms.Period{From: next.Starts, To: next.Ends}, today):
		return refuse("version", "%s has taken the place of %s, and is in force from %s to %s only", next.Reference, v.Reference, next.Starts.Words(), next.Ends.Words())
	}
	return pass("%s has taken the place of %s and still has this line; it is in force to %s", next.Reference, v.Reference, next.Ends.Words())
}

func checkSigned(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no signatures")
	}
	if len(c.Version.Needed) == 0 {
		return refuse("version.signatures", "no signatory is known: the version has no controller or no discloser")
	}
	var missing []string
	for _, s := range c.Version.Needed {
		if !slices.Contains(c.Version.Signed, s) {
			missing = append(missing, s.Organisation+" as "+s.Capacity)
		}
	}
	if len(missing) > 0 {
		return refuse("version.signatures", "not signed by %s", strings.Join(missing, ", "))
	}
	if !slices.ContainsFunc(c.Version.Needed, func(s Signatory) bool { return s.Capacity == "controller" }) {
		return refuse("version.signatures", "the version has no controller")
	}
	return pass("signed by %d of %d", len(c.Version.Needed), len(c.Version.Needed))
}

func checkConditions(c Case) finding {
	var open []string
	for _, k := range c.Conditions {
		if k.Kind == "precedent" && !k.Met {
			open = append(open, k.Text)
		}
	}
	if len(open) > 0 {
		return refuse("version.conditions", "not met: %s", strings.Join(open, "; "))
	}
	return pass("no precedent condition is open")
}

// checkHold refuses under a hold of the agreement, the line or a party, and
// under a suspicion that nobody has decided. Where two persons lifted the hold
// that a suspicion set, it only warns.
func checkHold(c Case) finding {
	var reasons, suspicions []string
	for _, h := range c.Holds {
		reason := h.Reason
		if h.On != "" {
			reason = h.On + ": " + reason
		}
		reasons = append(reasons, reason)
	}
	for _, i := range c.Incidents {
		if i.HoldLifted {
			suspicions = append(suspicions, i.Scope)
		} else {
			reasons = append(reasons, "a suspicion about "+i.Scope+" has not been decided")
		}
	}
	if len(reasons) > 0 {
		return refuse("agreement", "on hold: %s", strings.Join(reasons, "; "))
	}
	if len(suspicions) > 0 {
		return warn("a suspicion is open, though its hold was lifted: %s", strings.Join(suspicions, "; "))
	}
	return pass("no hold stands")
}

func checkDependence(c Case) finding {
	if c.Line.DependsOn == "" {
		return notApplicable("the line lives by itself")
	}
	switch d := c.DependsOn; {
	case d == nil:
		return refuse("line.dependsOn", "nothing is known of %s", c.Line.DependsOn)
	case d.Live == "" && !d.Ended.IsZero():
		return refuse("line.dependsOn", "%s lapsed at the end of %s", c.Line.DependsOn, d.Ended.Words())
	case d.Live == "":
		return refuse("line.dependsOn", "no version of %s is in force", c.Line.DependsOn)
	default:
		return pass("%s is in force", d.Live)
	}
}

// termLimit is a dated reference datum: the longest term of agreements of one
// sort (domain §2.3). The first that fits counts.
type termLimit struct {
	Sort      string       `json:"sort"`
	Years     int          `json:"years"`
	Term      terms.Period `json:"term"`
	Authority string       `json:"authority"`
	fits      func(Case) bool
}

// termLimits are those of the DARS standards. A version is an archive of
// academic research by a condition with that code.
var termLimits = []termLimit{
	{"with sub-licences", 1, terms.Period{From: dawn}, "DARS standard, Length of DSA", func(c Case) bool { return isTrue(c.Version.Sublicensing) }},
	{"with a commercial purpose", 1, terms.Period{From: dawn}, "DARS standard, Length of DSA",
		func(c Case) bool {
			return isTrue(c.Version.Commercial) || c.Line.Commercial == "yes" || c.Line.Commercial == "solely"
		}},
	{"archive after academic research, with consent", 15, terms.Period{From: terms.NewDate(2022, 8, 9)}, "DARS standard 1, Term of DSA v2.1",
		func(c Case) bool { return hasCondition(c, "research_archive") && c.Line.Route == terms.RouteConsent }},
	{"archive after academic research", 5, terms.Period{From: dawn}, "DARS standard, Length of DSA", func(c Case) bool { return hasCondition(c, "research_archive") }},
	{"any other", 3, terms.Period{From: dawn}, "DARS standard, Length of DSA", func(Case) bool { return true }},
}

func isTrue(b *bool) bool { return b != nil && *b }

func hasCondition(c Case, code string) bool {
	return slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == code })
}

func checkTerm(c Case) finding {
	v := c.Version
	if v.Starts.IsZero() || v.Ends.IsZero() {
		return refuse("version.ends", "the term is not recorded")
	}
	var bad []string
	today := terms.Today(c.At)
	for _, limit := range termLimits {
		if !limit.Term.Contains(today) || !limit.fits(c) {
			continue
		}
		if last := addYears(v.Starts, limit.Years); v.Ends.Compare(last) > 0 {
			bad = append(bad, fmt.Sprintf("an agreement of this sort (%s) lasts %d years at most, to %s, and this one ends on %s", limit.Sort, limit.Years, last.Words(), v.Ends.Words()))
		}
		break
	}
	if !v.Issued.IsZero() && v.Starts.Compare(addYears(v.Issued, 1).AddDays(1)) > 0 {
		bad = append(bad, fmt.Sprintf("it starts on %s, more than twelve months after its issue on %s", v.Starts.Words(), v.Issued.Words()))
	}
	if v.Issued.IsZero() && v.Starts.Compare(addYears(today, 1).AddDays(1)) > 0 {
		bad = append(bad, fmt.Sprintf("it starts on %s, more than twelve months from now", v.Starts.Words()))
	}
	if gap := gapBefore(v); gap != "" {
		bad = append(bad, gap)
	}
	if c.Moment == MomentApproval {
		if beyond := beyondSupport(c); beyond != "" {
			bad = append(bad, beyond)
		}
	}
	if len(bad) > 0 {
		return refuse("version.ends", "%s", strings.Join(bad, "; "))
	}
	return pass("from %s to %s", v.Starts.Words(), v.Ends.Words())
}

// addYears is the last day of a term of so many years.
func addYears(from terms.Date, years int) terms.Date {
	return terms.Date{Year: from.Year + years, Month: from.Month, Day: from.Day}.AddDays(-1)
}

// gapBefore says how a renewal, extension or amendment leaves a gap after the
// version that it follows. What was terminated leaves none.
func gapBefore(v Version) string {
	p := v.Previous
	if p == nil || p.Ended || (v.Kind != terms.VersionRenewal && v.Kind != terms.VersionExtension && v.Kind != terms.VersionAmendment) {
		return ""
	}
	if p.Ends.IsZero() || v.Starts.Compare(p.Ends.AddDays(1)) <= 0 {
		return ""
	}
	return fmt.Sprintf("there is a gap: %s ends on %s, and this one starts on %s", p.Reference, p.Ends.Words(), v.Starts.Words())
}

// beyondSupport says that the term outlasts every approval that the line rests
// on. It binds when the term is approved; later the support may be renewed.
func beyondSupport(c Case) string {
	if c.Line.Route != terms.RouteSection251 {
		return ""
	}
	var last terms.Date
	for _, a := range c.Approvals {
		if slices.Contains(a.Datasets, c.Line.Dataset) && a.Ends.Compare(last) > 0 {
			last = a.Ends
		}
	}
	if last.IsZero() || c.Version.Ends.Compare(last) <= 0 {
		return ""
	}
	return fmt.Sprintf("section 251 support ends on %s, before the term does on %s", last.Words(), c.Version.Ends.Words())
}
