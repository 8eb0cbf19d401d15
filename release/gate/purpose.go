package gate

import (
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// What the data are for. Codes of purpose stand on the line.

var purposeRules = []Rule{
	{ID: "purpose-test", Title: "The purposes are those for which s261(1) lets data go", Class: Law, From: terms.NewDate(2014, 7, 15), Moments: always,
		Authority: "HSCA 2012 s261(1A), inserted by the Care Act 2014 s122 (in force 15 July 2014), amended 2022: health care, adult social care, promotion of health",
		Remedy:    "name what the data are for on the line; a purpose outside health and care needs another power", check: checkPurposeTest},
	{ID: "commercial", Title: "Not solely commercial, and no marketing", Class: Policy, From: dawn, Moments: always,
		Authority: "DARS standard 5e, Commercial Purpose", Remedy: "take the purpose out of the line, or say what benefit to health and care it has", check: checkCommercial},
	{ID: "invoice-validation", Title: "Identifiable invoice validation only in a Controlled Environment for Finance", Class: Law, From: dawn, Moments: always,
		Authority: "CAG 7-07(a-c)/2013 under COPI Regulations 2002 reg 5", Remedy: "send the data to an accredited Controlled Environment for Finance, and record its accreditation", check: checkInvoices},
	{ID: "risk-stratification", Title: "Risk stratification only by a listed supplier, and known again only by the GP", Class: Law, From: dawn, Moments: always,
		Authority: "CAG 7-04(a)/2013 under COPI Regulations 2002 reg 5", Remedy: "send the data to a supplier on the list, or back to the general practice; record its accreditation", check: checkRisk},
}

// underSection1 says that the power is s261(1), which the purpose test binds.
func underSection1(p terms.Power) bool {
	return p == terms.S261_1_2a || p == terms.S261_1_2bii || p == terms.S261_2c || p == terms.S261Other
}

// healthPurposes are the purposes connected with health care, adult social care
// or the promotion of health.
var healthPurposes = []terms.Purpose{
	terms.PurposeCommissioning, terms.PurposeInvoiceValidation, terms.PurposeRiskStratification, terms.PurposeRiskCommissioning,
	terms.PurposePublicHealth, terms.PurposeResearch, terms.PurposeClinicalAudit, terms.PurposeServiceEvaluation, terms.PurposeStatistics,
	terms.PurposeValidation, terms.PurposePlanning, terms.PurposeDirectCare,
}

func checkPurposeTest(c Case) finding {
	if !underSection1(c.Line.Power) {
		return notApplicable("the purpose test of s261(1A) binds s261(1) only")
	}
	if len(c.Line.Purposes) == 0 {
		return refuse("line.purposes", "what the data are for is not coded on the line")
	}
	var outside, open []string
	for _, p := range c.Line.Purposes {
		switch {
		case slices.Contains(healthPurposes, p):
		case p == terms.PurposeOther:
			open = append(open, strings.ToLower(p.Label()))
		default:
			outside = append(outside, strings.ToLower(p.Label()))
		}
	}
	switch {
	case len(outside) > 0:
		return refuse("line.purposes", "not for health care, adult social care or the promotion of health: %s", strings.Join(outside, ", "))
	case len(open) > 0:
		return warn("whether the purpose is one of health or care stands in the objective only: %s", strings.Join(open, ", "))
	}
	return pass("%s", purposeWords(c.Line.Purposes))
}

func purposeWords(purposes []terms.Purpose) string {
	words := make([]string, len(purposes))
	for i, p := range purposes {
		words[i] = strings.ToLower(p.Label())
	}
	return strings.Join(words, ", ")
}

// checkCommercial is policy for s261(1) (governance §1.4). Under other powers
// the standard does not bind, but marketing is shown to whoever decides.
func checkCommercial(c Case) finding {
	marketing := slices.Contains(c.Line.Purposes, terms.PurposeMarketing)
	if !underSection1(c.Line.Power) {
		if marketing {
			return warn("the line is for marketing; the standard binds s261(1) only, and the power is another")
		}
		return notApplicable("the standard binds s261(1) only")
	}
	switch {
	case marketing:
		return refuse("line.purposes", "the line is for marketing")
	case c.Line.Commercial == "solely":
		return refuse("line.commercial", "the line is solely commercial")
	case c.Version.Commercial == nil && c.Line.Commercial == "":
		return refuse("version.commercial", "whether the purpose is commercial is not recorded")
	case isTrue(c.Version.Commercial) || c.Line.Commercial == "yes":
		return pass("commercial, and not solely")
	}
	return pass("not commercial")
}

func hasPurpose(c Case, purposes ...terms.Purpose) bool {
	return slices.ContainsFunc(c.Line.Purposes, func(p terms.Purpose) bool { return slices.Contains(purposes, p) })
}

// accredited says that a party has a standing today.
func (p Party) accredited(day terms.Date, codes ...string) bool {
	return slices.ContainsFunc(p.Accreditations, func(a terms.Accreditation) bool {
		return slices.Contains(codes, a.Code) && !a.Term.From.IsZero() && a.Term.Contains(day)
	})
}

// without are the receivers of the data that have none of the standings.
func without(c Case, codes ...string) (names []string, receiving int) {
	for _, p := range receivers(c) {
		receiving++
		if !p.accredited(terms.Today(c.At), codes...) && !slices.Contains(names, p.Organisation) {
			names = append(names, p.Organisation)
		}
	}
	return names, receiving
}

func checkInvoices(c Case) finding {
	if !identifiable(c) || !hasPurpose(c, terms.PurposeInvoiceValidation) {
		return notApplicable("not identifiable data for invoice validation")
	}
	names, receiving := without(c, terms.AccreditedInvoiceValidation)
	switch {
	case receiving == 0:
		return refuse("recipient", "who receives the data is not known")
	case len(names) > 0:
		return refuse("recipient", "no Controlled Environment for Finance on record, in date: %s", strings.Join(names, ", "))
	}
	return pass("to an accredited Controlled Environment for Finance")
}

// checkRisk: identifiable data for risk stratification go to a listed supplier
// or, known again, to the general practice. Pseudonymised data need a listed
// supplier among the processors or recipients.
func checkRisk(c Case) finding {
	if !hasPurpose(c, terms.PurposeRiskStratification, terms.PurposeRiskCommissioning) || !c.Line.RecordLevel() {
		return notApplicable("not record-level data for risk stratification")
	}
	if !identifiable(c) {
		for _, p := range c.Parties {
			if p.accredited(terms.Today(c.At), terms.AccreditedRiskStratification) {
				return pass("by %s, which is on the list", p.Organisation)
			}
		}
		return refuse("parties", "no party is a listed supplier of risk stratification, in date")
	}
	names, receiving := without(c, terms.AccreditedRiskStratification, terms.AccreditedGP)
	switch {
	case receiving == 0:
		return refuse("recipient", "who receives the data is not known")
	case len(names) > 0:
		return refuse("recipient", "neither a listed supplier nor a general practice on record, in date: %s", strings.Join(names, ", "))
	}
	return pass("to a listed supplier or the general practice")
}
