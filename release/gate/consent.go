package gate

import (
	"strings"

	"data.release/registrar/release/terms"
)

// What the people of a cohort agreed to, and sub-licences.

var consentRules = []Rule{
	{ID: "consent", Title: "What the cohort consented to covers this, and nobody who withdrew is in it", Class: Law, From: dawn, Moments: always,
		Authority: "common law duty of confidentiality (consent, reasonable expectation); HSCA 2012 s261(2)(c)",
		Remedy:    "have the forms reviewed, and load a list of the cohort made after the last withdrawal; then run the extract again",
		check:     checkConsent},
	{ID: "sub-licence", Title: "Sub-licences are as agreed", Class: Policy, From: dawn, Moments: granting,
		Authority: "DARS standard 10, Sub-licensing and Onward Sharing", Remedy: "say whether data may be passed on, on what terms, to whom and until when", check: checkSubLicence},
}

// checkConsent applies to lines whose route is consent, as declared. The forms
// are reviewed before approval; the cohort's list comes after it.
func checkConsent(c Case) finding {
	if c.Line.Route != terms.RouteConsent {
		return notApplicable("the route is not consent")
	}
	if c.Line.Cohort == "" {
		return refuse("line.cohort", "the route is consent, and the line names no cohort that consented")
	}
	if c.Consent == nil || len(c.Consent.Materials) == 0 {
		return refuse("version.consentMaterials", "no form or leaflet is on record by which %s consented", c.Line.Cohort)
	}
	var bad []string
	for _, m := range c.Consent.Materials {
		switch m.Outcome {
		case "compatible", "compatible_with_notice":
		case "not_compatible":
			bad = append(bad, m.Title+" is not compatible")
		default:
			bad = append(bad, m.Title+" has not been reviewed")
		}
	}
	if len(bad) > 0 {
		return refuse("version.consentMaterials", "%s", strings.Join(bad, "; "))
	}
	if c.Moment == MomentApproval {
		return pass("%d consent materials reviewed as compatible", len(c.Consent.Materials))
	}
	return checkCohort(c)
}

// checkCohort refuses a list that a withdrawal is newer than.
func checkCohort(c Case) finding {
	list := c.Consent.Cohort
	if list == nil || list.AsOf.IsZero() {
		return refuse("line.cohort", "no list of %s is on record", c.Line.Cohort)
	}
	today := terms.Today(c.At)
	switch {
	case list.AsOf.Compare(today) > 0:
		return refuse("line.cohort", "list %d of %s is dated %s, in the future", list.Number, list.Name, list.AsOf.Words())
	case !list.DestroyBy.IsZero() && today.Compare(list.DestroyBy) > 0:
		return refuse("line.cohort", "list %d of %s was to be destroyed by %s", list.Number, list.Name, list.DestroyBy.Words())
	}
	people := 0
	var last terms.Date
	for _, w := range c.Consent.Withdrawals {
		if w.On.Compare(list.AsOf) >= 0 {
			people += w.People
			if w.On.Compare(last) > 0 {
				last = w.On
			}
		}
	}
	if people > 0 {
		return refuse("line.cohort", "people of %s have withdrawn since list %d of %s, the last on %s", list.Name, list.Number, list.AsOf.Words(), last.Words())
	}
	return pass("list %d of %s, of %s, and nobody has withdrawn since", list.Number, list.Name, list.AsOf.Words())
}

func checkSubLicence(c Case) finding {
	v := c.Version
	switch {
	case v.Sublicensing == nil:
		return refuse("version.sublicensing", "whether the data may be passed on is not recorded")
	case !*v.Sublicensing && len(v.SubLicences) > 0:
		return refuse("version.subLicences", "the version allows no sub-licences, and has %d", len(v.SubLicences))
	case !*v.Sublicensing:
		return notApplicable("the data are not passed on")
	case !v.SublicenceTerms:
		return refuse("version.sublicensingTerms", "the data may be passed on, and the terms (added value, template, criteria, route) are not recorded")
	}
	var bad []string
	for _, s := range v.SubLicences {
		term := terms.Period{From: s.Starts, To: s.Ends}
		switch {
		case s.Starts.IsZero() || s.Ends.IsZero():
			bad = append(bad, s.To+"'s has no dates")
		case !v.Ends.IsZero() && s.Ends.Compare(v.Ends) > 0:
			bad = append(bad, s.To+"'s ends after the agreement, on "+s.Ends.Words())
		case c.Recipient != nil && c.Recipient.Organisation == s.To && !c.Recipient.Named && !inTerm(term, terms.Today(c.At)):
			bad = append(bad, s.To+"'s holds "+term.String())
		}
	}
	if len(bad) > 0 {
		return refuse("version.subLicences", "%s", strings.Join(bad, "; "))
	}
	return pass("%d sub-licences, within the agreement's term", len(v.SubLicences))
}
