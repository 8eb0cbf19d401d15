package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// The parties: contract, assurance, fee, controllership and who follows whom.

var partyRules = []Rule{
	{ID: "framework-contract", Title: "Every controller has a framework contract", Class: Law, From: dawn, Moments: always,
		Authority: "DARS standard 1b: a contract for exactly the same entity", Remedy: "have the controller sign a framework contract (Crown bodies: a memorandum), and record it", check: checkContract},
	{ID: "succession", Title: "Who follows a party has taken over its contract", Class: Law, From: dawn, Moments: always,
		Authority: "DARS standard 1b: exactly the same legal entity; the instrument of the succession", Remedy: "have who follows sign a contract of its own; after a merger or novation also a new version of the agreement",
		check: checkSuccession},
	{ID: "processor-contract", Title: "Every processor works under a contract with the controller", Class: Law, From: ukGDPR, Moments: always,
		Authority: "UK GDPR Article 28(3)", Remedy: "record the processor's contract with its controller", check: checkProcessors},
	{ID: "security-assurance", Title: "Controllers and processors have security assurance", Class: Policy, From: terms.NewDate(2018, 4, 1), Moments: always,
		Authority: "DARS standard 2a, Security Assurance", Remedy: "complete the toolkit (or certificate or policy), have it reviewed, or set a special condition with a date", check: checkAssurance},
	{ID: "ico-fee", Title: "Every controller has paid the data protection fee", Class: Policy, From: ukGDPR, Moments: always,
		Authority: "Data Protection (Charges and Information) Regulations 2018 (SI 2018/480); DARS standard, Data Protection Act Registration", Remedy: "record the registration and its end, or why no fee is due", check: checkFee},
	{ID: "parties-named", Title: "Every party is named", Class: Policy, From: dawn, Moments: always,
		Authority: "DARS standard 1b", Remedy: "name the organisation that the placeholder stands for", check: checkPartiesNamed},
	{ID: "controllership", Title: "How the controllers stand to each other is settled", Class: Law, From: dawn, Moments: always,
		Authority: "UK GDPR Articles 4(7), 24 and 26 (before: DPA 1998 s1); DARS standard 1b, Controllers", Remedy: "settle who is controller, alone or jointly; joint controllers record their arrangement", check: checkControllership},
}

func (c Case) controllers() (found []Party) {
	for _, p := range c.Parties {
		if p.Role == terms.Controller {
			found = append(found, p)
		}
	}
	return found
}

// crown are folded parts of kinds of organisation that have a memorandum of
// understanding in the place of a contract.
var crown = []string{"ministerial department", "agency", "devolved administration"}

func checkContract(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no contract")
	}
	var bad []string
	controllers := c.controllers()
	for _, p := range controllers {
		memorandum := strings.HasPrefix(terms.Fold(p.Contract), "mou") && containsAny(terms.Fold(p.Kind), crown)
		switch {
		case p.Contract == "":
			bad = append(bad, p.Organisation+" has none on record")
		case p.ContractTerm.From.IsZero() || (p.ContractTerm.To.IsZero() && !memorandum):
			bad = append(bad, fmt.Sprintf("%s of %s has no term on record", p.Contract, p.Organisation))
		case !p.ContractTerm.Contains(terms.Today(c.At)):
			bad = append(bad, fmt.Sprintf("%s of %s held %s", p.Contract, p.Organisation, p.ContractTerm))
		}
	}
	if len(controllers) == 0 {
		return refuse("parties", "the version names no controller")
	}
	if len(bad) > 0 {
		return refuse("parties", "%s", strings.Join(bad, "; "))
	}
	return pass("%d controllers under contract", len(controllers))
}

// checkSuccession lets a contract carry over on a rename or statutory transfer,
// with a warning, and never on a merger or novation (governance §3).
func checkSuccession(c Case) finding {
	var bad, due []string
	followed := 0
	for _, p := range c.Parties {
		s := p.Succeeded
		if s == nil {
			continue
		}
		followed++
		words := fmt.Sprintf("%s to %s on %s (%s)", s.Organisation, p.Organisation, s.On.Words(), strings.ToLower(s.Kind.Label()))
		switch {
		case s.Nobody:
			bad = append(bad, fmt.Sprintf("%s ended on %s, and nobody follows it", s.Organisation, s.On.Words()))
		case s.Kind == terms.StatutoryTransfer && s.Instrument == "":
			bad = append(bad, words+": the instrument is not on record")
		case s.Kind != terms.Rename && s.Kind != terms.StatutoryTransfer:
			bad = append(bad, words+": nothing carries over")
		case s.CarriedOver && p.Role == terms.Controller:
			due = append(due, words+": a new contract is due")
		}
	}
	switch {
	case len(bad) > 0:
		return refuse("parties", "%s", strings.Join(bad, "; "))
	case len(due) > 0:
		return warn("%s", strings.Join(due, "; "))
	case followed == 0:
		return notApplicable("no party has been followed by another")
	}
	return pass("%d parties followed, each with what carries over", followed)
}

func checkProcessors(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations are not personal data")
	}
	processors := 0
	var bad []string
	for _, p := range c.Parties {
		if p.Role != terms.Processor {
			continue
		}
		processors++
		if p.ProcessingContract == "" {
			bad = append(bad, p.Organisation)
		}
	}
	if len(bad) > 0 {
		return refuse("parties", "no contract with the controller on record: %s", strings.Join(bad, ", "))
	}
	if processors == 0 {
		if len(c.Parties) == 0 {
			return refuse("parties", "the version names no party")
		}
		return notApplicable("the version names no processor")
	}
	return pass("%d processors under contract", processors)
}

func checkAssurance(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no assurance")
	}
	var bad, cautions []string
	for _, p := range c.Parties {
		if p.Role != terms.Controller && p.Role != terms.Processor {
			continue
		}
		wrong, caution := p.assured(c)
		bad, cautions = append(bad, wrong...), append(cautions, caution...)
	}
	switch {
	case len(bad) > 0:
		return refuse("parties", "%s", strings.Join(bad, "; "))
	case len(cautions) > 0:
		return warn("%s", strings.Join(cautions, "; "))
	case len(c.Parties) == 0:
		return refuse("parties", "the version names no party")
	}
	return pass("all in date and reviewed")
}

// assured says what is wrong with a party's assurance, and what to be careful
// of.
func (p Party) assured(c Case) (bad, cautions []string) {
	a := p.Assurance
	switch {
	case a.Kind == "":
		bad = append(bad, p.Organisation+" has none on record")
	case a.To.IsZero() || terms.Today(c.At).Compare(a.To) > 0:
		bad = append(bad, fmt.Sprintf("%s of %s ended on %s", a.Kind, p.Organisation, a.To.Words()))
	case dspt(a.Kind) && a.Status == "Approaching Standards":
		// The plan is one thing, the review another: neither stands for the other.
		if !slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "assurance_plan" && terms.Today(c.At).Compare(k.Due) <= 0 }) {
			bad = append(bad, p.Organisation+" approaches the standards, and no condition whose date is still to come holds it to its plan")
		}
		if !a.Reviewed && identifiable(c) {
			bad = append(bad, p.Organisation+" approaches the standards and has not been reviewed")
		}
	case dspt(a.Kind) && a.Status != "Standards Met" && a.Status != "Standards Exceeded":
		bad = append(bad, fmt.Sprintf("%s: %q", p.Organisation, a.Status))
	case !a.Reviewed && hasCondition(c, "assurance_review"):
		cautions = append(cautions, p.Organisation+" is to be reviewed, by a special condition")
	case !a.Reviewed && !identifiable(c):
		cautions = append(cautions, p.Organisation+"'s has not been reviewed, and no special condition asks for it")
	case !a.Reviewed:
		bad = append(bad, p.Organisation+"'s has not been reviewed, and no special condition asks for it")
	}
	return bad, cautions
}

// dspt says whether an assurance is the Data Security and Protection Toolkit,
// however it is written.
func dspt(kind string) bool {
	switch terms.Fold(kind) {
	case "dspt", "dsp toolkit", "data security and protection toolkit":
		return true
	}
	return false
}

func checkFee(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations are not personal data")
	}
	var bad []string
	controllers := c.controllers()
	for _, p := range controllers {
		switch {
		case p.ICO.Exemption != "":
		case p.ICO.Number == "":
			bad = append(bad, p.Organisation+" has no registration on record")
		case p.ICO.To.IsZero():
			bad = append(bad, p.Organisation+"'s registration has no end on record")
		case terms.Today(c.At).Compare(p.ICO.To) > 0:
			bad = append(bad, fmt.Sprintf("%s's registration ended on %s", p.Organisation, p.ICO.To.Words()))
		}
	}
	if len(controllers) == 0 {
		return refuse("parties", "the version names no controller")
	}
	if len(bad) > 0 {
		return refuse("parties", "%s", strings.Join(bad, "; "))
	}
	return pass("%d controllers registered, or exempt", len(controllers))
}

func checkPartiesNamed(c Case) finding {
	var unnamed []string
	for _, p := range c.Parties {
		if p.Placeholder {
			unnamed = append(unnamed, p.Organisation)
		}
	}
	if len(unnamed) > 0 {
		return refuse("parties", "the source does not name: %s", strings.Join(unnamed, ", "))
	}
	return pass("every party is named")
}

func checkControllership(c Case) finding {
	controllers := len(c.controllers())
	switch c.Version.Controllership {
	case terms.ControllershipUnresolved:
		return refuse("version.controllership", "who controls the data is unresolved")
	case terms.SoleController:
		if controllers > 1 {
			return refuse("version.controllership", "a sole controller, and the version names %d", controllers)
		}
		return pass("a sole controller")
	case terms.JointControllers:
		if terms.Today(c.At).Compare(ukGDPR) >= 0 && !c.Version.Article26 {
			return refuse("version.article26", "joint controllers, and their arrangement is not on record")
		}
		return pass("joint controllers, with their arrangement")
	case terms.ControllersInCommon:
		return pass("controllers in common")
	}
	return refuse("version.controllership", "how the controllers stand to each other is not recorded")
}
