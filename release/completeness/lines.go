package completeness

import (
	"fmt"
	"strings"

	"data.release/registrar/release/terms"
)

func (c *check) line(i int) {
	l := c.v.Lines[i]
	need := func(field string, given bool, standard, format string, args ...any) {
		if !given {
			c.gap("lines", fmt.Sprintf("lines[%d].%s", i, field), "missing", standard, "line %d: %s", i+1, fmt.Sprintf(format, args...))
		}
	}
	need("discloser", l.Discloser != "", Controllers, "say who discloses it")
	need("type", l.Type != "" && l.Type != terms.TypeNotRecorded && !l.Type.PublishedOnly(), DataMinimisation, "say how identifying the data are")
	need("power", l.Power != "" && l.Power != terms.PowerNotRecorded, Confidentiality, "name the power under which it is disclosed")
	need("frequency", l.Frequency != "" && l.Frequency != terms.FrequencyNotRecorded, DataMinimisation, "say how often it is released")
	need("purposes", len(l.Purposes) > 0, Objective, "tick what it is for")
	need("periods", len(l.Periods) > 0, DataMinimisation, "say which period the data cover")
	if l.Type == terms.AggregateSuppressed || l.Type == terms.AggregateUnsuppressed {
		need("outputRule", l.OutputRule != "", DataMinimisation, "name the disclosure rule that the tables follow")
	}
	if l.Power == terms.S261_5d {
		need("function", strings.TrimSpace(l.Function) != "", Confidentiality, "name the Act and section that give the recipient the function (s261(5)(d))")
	}
	if !l.RecordLevel() {
		return
	}
	need("sensitivity", l.Sensitivity != "" && l.Sensitivity != terms.SensitivityNotRecorded, DataMinimisation, "say whether it has sensitive fields")
	need("route", l.Route != "" && l.Route != terms.RouteNotRecorded && !l.Route.PublishedOnly(), Confidentiality, "say how the duty of confidentiality is met")
	need("optOut", l.OptOut != "" && l.OptOut != terms.OptOutNotRecorded && l.OptOut != terms.OptOutNoReason && !l.OptOut.PublishedOnly(), Objections, "say whether opt-outs are applied, and if not why")
	if l.Channel != terms.ChannelSystemAccess {
		need("fields", len(l.Fields) > 0, DataMinimisation, "pick the fields that are needed")
	}
	if !aboutTheDead(l) {
		need("article6", len(l.Article6) > 0, Controllers, "name the condition of UK GDPR Article 6")
		need("article9", len(l.Article9) > 0, Controllers, "name the condition of UK GDPR Article 9")
	}
}

// aboutTheDead says that data protection law does not reach a line: it is
// about living people (UK GDPR recital 27).
func aboutTheDead(l terms.DatasetLine) bool {
	name := terms.Fold(l.DatasetName)
	return strings.Contains(name, "death") || strings.Contains(name, "mortality")
}

func (c *check) support() {
	const step = "support"
	v := c.v
	identifiable, research, interest := false, false, false
	for i, l := range v.Lines {
		identifiable = identifiable || l.Type == terms.Identifiable
		interest = interest || names(l.Article6, "6(1)(f)")
		for _, p := range l.Purposes {
			research = research || (p == terms.PurposeResearch && l.RecordLevel())
		}
		c.lineSupport(i, l)
	}
	if interest {
		c.need(step, "legitimateInterest", v.LegitimateInterest, Controllers, "Article 6(1)(f) is named: say what the interest is and how the benefits meet it")
	}
	if research {
		c.need(step, "ethicsReference", v.EthicsReference, Ethics, "give the reference of the ethics committee's opinion, or say why none is needed")
	}
	if identifiable {
		c.need(step, "dpiaReference", v.DPIAReference, Controllers, "identifiable data: give the reference of the data protection impact assessment (UK GDPR Article 35)")
	}
	if c.recordLevel() {
		c.need(step, "privacyNotice", v.PrivacyNotice, Transparency, "say where people find the privacy notice")
	}
	switch {
	case v.Sublicensing == nil:
		c.gap(step, "sublicensing", "missing", SubLicensing, "say whether the data are passed on")
	case *v.Sublicensing:
		c.need(step, "sublicensingTerms", v.SublicensingTerms, SubLicensing, "give the terms of the sub-licence, and what it adds")
		if len(v.SubLicences) == 0 {
			c.gap(step, "subLicences", "missing", SubLicensing, "list to whom the data are passed on, for what and how long")
		}
	}
}

// lineSupport asks for what a line's confidentiality route rests on.
func (c *check) lineSupport(i int, l terms.DatasetLine) {
	switch l.Route {
	case terms.RouteSection251:
		for _, a := range c.v.Approvals {
			for _, covered := range a.Datasets {
				if covered == l.Dataset {
					return
				}
			}
		}
		c.gap("support", "approvals", "approval", Confidentiality, "line %d rests on section 251 support: add the approval that covers %s", i+1, l.DatasetName)
	case terms.RouteConsent:
		for _, m := range c.v.ConsentMaterials {
			if l.Cohort == "" || terms.Fold(m.Cohort) == terms.Fold(l.Cohort) {
				return
			}
		}
		c.gap("support", "consentMaterials", "consent", Consent, "line %d rests on consent: add the form by which people consented", i+1)
	}
}
