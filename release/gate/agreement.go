package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// The version, its parties, conditions and holds.

func checkInForce(c Case) finding {
	v, today := c.Version, terms.Today(c.At)
	switch {
	case v.State == terms.Recorded:
		return refuse("version", "%s is a record taken from another source, and was never taken on: it lacks what an extract needs", v.Reference)
	case v.Superseded:
		return refuse("version", "a later version has taken the place of %s", v.Reference)
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

func checkContract(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no contract")
	}
	var bad []string
	controllers := 0
	for _, p := range c.Parties {
		if p.Role != terms.Controller {
			continue
		}
		controllers++
		switch {
		case p.Contract == "":
			bad = append(bad, p.Organisation+" has none on record")
		case p.ContractTerm.From.IsZero() || p.ContractTerm.To.IsZero():
			bad = append(bad, fmt.Sprintf("%s of %s has no term on record", p.Contract, p.Organisation))
		case !p.ContractTerm.Contains(terms.Today(c.At)):
			bad = append(bad, fmt.Sprintf("%s of %s held %s", p.Contract, p.Organisation, p.ContractTerm))
		}
	}
	if controllers == 0 {
		return refuse("parties", "the version names no controller")
	}
	if len(bad) > 0 {
		return refuse("parties", "%s", strings.Join(bad, "; "))
	}
	return pass("%d controllers under contract", controllers)
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
		a := p.Assurance
		switch {
		case a.Kind == "":
			bad = append(bad, p.Organisation+" has none on record")
		case a.To.IsZero() || terms.Today(c.At).Compare(a.To) > 0:
			bad = append(bad, fmt.Sprintf("%s of %s ended on %s", a.Kind, p.Organisation, a.To.Words()))
		case a.Kind == "DSPT" && a.Status == "Approaching Standards":
			if !slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "assurance_plan" && !k.Due.IsZero() }) {
				bad = append(bad, p.Organisation+" approaches the standards, and no dated condition holds it to its plan")
			}
		case a.Kind == "DSPT" && a.Status != "Standards Met" && a.Status != "Standards Exceeded":
			bad = append(bad, fmt.Sprintf("%s: %q", p.Organisation, a.Status))
		case !a.Reviewed && slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "assurance_review" }):
			cautions = append(cautions, p.Organisation+" is to be reviewed, by a special condition")
		case !a.Reviewed && !identifiable(c):
			cautions = append(cautions, p.Organisation+"'s has not been reviewed, and no special condition asks for it")
		case !a.Reviewed:
			bad = append(bad, p.Organisation+"'s has not been reviewed, and no special condition asks for it")
		}
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

func checkHold(c Case) finding {
	var reasons []string
	for _, h := range c.Holds {
		reasons = append(reasons, h.Reason)
	}
	if len(reasons) > 0 {
		return refuse("agreement", "on hold: %s", strings.Join(reasons, "; "))
	}
	return pass("no hold stands")
}
