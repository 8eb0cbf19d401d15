package applicant

import (
	"cmp"
	"fmt"
	"strconv"

	"data.release/registrar/release"
	"data.release/registrar/release/completeness"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// step is one page of the form.
type step struct{ Name, Title, Lead string }

var steps = []step{
	{release.StepPurpose, "Purpose", "What the data are for, what is done with them, and who gains."},
	{release.StepParties, "Organisations", "Who decides, who works for them, who receives the data, and where."},
	{release.StepLines, "Datasets", "Which data, how identifying, and on what basis. One line for each dataset and each way of using it."},
	{release.StepSupport, "What it rests on", "Decisions of other bodies, consent, ethics, transparency, and passing data on."},
	{release.StepFlows, "Data flows", "How the data travel, step by step, and who has licences of which system."},
	{release.StepTerm, "Term and territory", "From when to when, where, and what happens afterwards."},
}

func stepOf(name string) (step, bool) {
	for _, s := range steps {
		if s.Name == name {
			return s, true
		}
	}
	return step{}, false
}

// formOf is the form of a step of an application.
func formOf(name string, d *release.Draft) form {
	switch name {
	case release.StepPurpose:
		return purposeForm
	case release.StepParties:
		return partiesForm
	case release.StepSupport:
		return supportForm(d)
	case release.StepFlows:
		return flowsForm(d)
	}
	return termForm
}

var purposeForm = form{answers: []answer{
	line("title", "Title", "A few words by which readers of the register know it.", completeness.Objective),
	prose("objective", "Objective for processing", "What question the data answer, for whom, and why these data and no fewer. It is published.", completeness.Objective, 10),
	prose("processing", "Processing activities", "What is done with the data, by whom and where, from the first copy to the last.", completeness.Processing, 10),
	prose("outputs", "Expected outputs", "What comes out of it, in what form, for whom and when.", completeness.Outcomes, 6),
	prose("benefits", "Expected measurable benefits", "Who in health or care gains, how much, by when, and how one will know.", completeness.Benefits, 6),
	prose("yieldedBenefits", "Benefits yielded so far", "For a renewal or an extension: what has come of it, or why nothing yet.", completeness.Benefits, 4),
	either("commercial", "Is there a commercial purpose?", "Also where a company pays for it or gains by it.", completeness.Commercial),
	prose("commercialPurpose", "The commercial purpose", "If yes: what it is, and how health or care gains by it.", completeness.Commercial, 4),
	line("funder", "Funder", "Who pays for the work.", ""),
	line("directorate", "Applying directorate", "Only where the applicant is the discloser itself.", ""),
}}

var partiesForm = form{
	answers: []answer{
		{Field: page.Field{Name: "controllership", Label: "How the controllers stand to each other", Standard: completeness.Controllers, Kind: "radios", Options: vocabulary[terms.Controllership]()}},
		prose("article26", "Arrangement between joint controllers", "Where it is written, and who answers to the people concerned (UK GDPR Article 26).", completeness.Controllers, 4),
		listed("sites", "Regional centres of the discloser", "One a line, such as North West DSCRO. None if there are none.", ""),
	},
	groups: []group{{path: "parties", title: "Organisations", row: "Organisation",
		lead: "An organisation that is controller and recipient stands here twice.",
		form: form{
			answers: []answer{
				line("organisation", "Organisation", "Its name as the register has it.", completeness.Controllers),
				pick("role", "Role", "", completeness.Controllers, vocabulary[terms.PartyRole]()),
				line("processingContract", "Contract with the controller", "Of a processor: its number or date (UK GDPR Article 28).", completeness.Processors),
				prose("holdsIdentifiers", "What it holds that makes people known again", "Such as its own case files, or a cohort's identifiers. Nothing if it holds none.", completeness.DataMinimisation, 2),
			},
			groups: []group{{path: "places", title: "Places", row: "Place", lead: "Where it stores or processes the data. Name also who only supplies the building or the computers.", form: form{answers: []answer{
				pick("use", "Use", "", completeness.Territory, options("both", "Storage and processing", "storage", "Storage", "processing", "Processing")),
				line("address", "Address", "", completeness.Territory),
				pick("territory", "Territory", "", completeness.Territory, vocabulary[terms.Territory]()),
				line("provider", "Run by", "If that is somebody else.", completeness.Processors),
			}}}},
		}}},
}

var termForm = form{answers: []answer{
	day("starts", "First day", "Not before it is issued for signature, and not more than twelve months after.", completeness.Term),
	day("ends", "Last day", "At most three years for most purposes, one for commercial ones; not after the support that it rests on.", completeness.Term),
	{Field: page.Field{Name: "territory", Label: "Territory of use", Hint: "It must match the places of storage and processing.", Standard: completeness.Territory, Kind: "radios", Options: vocabulary[terms.Territory]()}},
	prose("retention", "Afterwards", "What is kept, how long and why; or that everything is destroyed and certified.", completeness.Term, 4),
}}

// parties are the application's organisations in a role.
func parties(d *release.Draft, role terms.PartyRole) []page.Option {
	var out []page.Option
	for _, p := range d.Application.Parties {
		if p.Role == role {
			out = append(out, page.Option{Value: p.Organisation, Label: cmp.Or(d.Names[p.Organisation], p.Organisation)})
		}
	}
	return out
}

// datasets are those of the application's lines.
func datasets(d *release.Draft) []page.Option {
	var out []page.Option
	seen := map[string]bool{}
	for _, l := range d.Application.Lines {
		if code := register.Slug(l.DatasetName); !seen[code] {
			seen[code] = true
			out = append(out, page.Option{Value: code, Label: l.DatasetName})
		}
	}
	for _, a := range d.Application.Approvals { // of lines that have gone since
		for _, code := range a.Datasets {
			if !seen[code] {
				seen[code] = true
				out = append(out, page.Option{Value: code, Label: code + " (no line of this application)"})
			}
		}
	}
	return out
}

func supportForm(d *release.Draft) form {
	return form{
		answers: []answer{
			prose("legitimateInterest", "Legitimate interest", "Where a line names Article 6(1)(f): the interest, and how the benefits meet it.", completeness.Controllers, 4),
			line("ethicsReference", "Ethics committee's reference", "For research; or say why no opinion is needed.", completeness.Ethics),
			line("dpiaReference", "Data protection impact assessment", "Its reference, for identifiable data.", completeness.Controllers),
			line("privacyNotice", "Privacy notice", "The address at which the public finds it.", completeness.Transparency),
			either("sublicensing", "Are the data passed on to others?", "", completeness.SubLicensing),
			prose("sublicensingTerms", "Terms of the sub-licence", "If yes: on what terms, by whose approval, and what that adds.", completeness.SubLicensing, 4),
		},
		groups: []group{
			{path: "approvals", title: "Decisions of other bodies", row: "Decision", lead: "Such as section 251 support on the advice of the Confidentiality Advisory Group.", form: form{answers: []answer{
				line("reference", "Reference", "Such as CAG 7-07(a)/2013.", completeness.Confidentiality),
				line("decisionMaker", "Who decided", "", completeness.Confidentiality),
				line("regulation", "Under which regulation", "Such as COPI Regulations 2002, regulation 5.", completeness.Confidentiality),
				ticks("datasets", "Datasets that it covers", "", completeness.Confidentiality, datasets(d)),
				ticks("flows", "What it covers", "", completeness.Confidentiality, options("in", "Data coming in", "out", "Data going out", "hold", "Holding data")),
				listed("identifiers", "Identifiers that it allows", "One a line.", completeness.DataMinimisation),
				tick("optOutsApply", "Opt-outs", "Patient opt-outs apply under it", completeness.Objections),
				day("starts", "From", "", completeness.Term), day("ends", "To", "", completeness.Term),
				day("annualReview", "Next annual review", "", ""),
				prose("scope", "Scope", "In the words of the letter.", "", 3),
				prose("conditions", "Conditions", "", completeness.Conditions, 3),
				ticks("controllers", "Only these controllers", "None ticked: all of them.", "", parties(d, terms.Controller)),
				ticks("processors", "Only these processors", "None ticked: all of them.", "", parties(d, terms.Processor)),
				line("ethicsReference", "Ethics reference in the letter", "", completeness.Ethics),
				pick("territory", "Territory", "", completeness.Territory, vocabulary[terms.Territory]()),
			}}},
			{path: "consentMaterials", title: "Consent", row: "Form or leaflet", lead: "By which the people of a cohort consented.", form: form{answers: []answer{
				line("title", "Title", "", completeness.Consent), line("formVersion", "Version", "", completeness.Consent),
				line("cohort", "Cohort", "Its name, as the dataset line has it.", completeness.Consent),
				day("usedFrom", "Used from", "", completeness.Consent), day("usedTo", "Used to", "", completeness.Consent),
				pick("outcome", "Review", "", completeness.Consent, options("not_reviewed", "Not reviewed yet", "compatible", "Compatible", "compatible_with_notice", "Compatible, with a notice", "not_compatible", "Not compatible")),
				day("reviewedOn", "Reviewed on", "", completeness.Consent), prose("finding", "Finding", "", completeness.Consent, 3),
			}}},
			{path: "subLicences", title: "To whom data are passed on", row: "Sub-licence", form: form{answers: []answer{
				line("subLicensee", "To whom", "", completeness.SubLicensing), prose("purpose", "What for", "", completeness.SubLicensing, 2),
				day("starts", "From", "", completeness.SubLicensing), day("ends", "To", "", completeness.SubLicensing),
			}}},
		},
	}
}

func flowsForm(d *release.Draft) form {
	lines := make([]page.Option, len(d.Application.Lines))
	for i, l := range d.Application.Lines {
		lines[i] = page.Option{Value: strconv.Itoa(i + 1), Label: fmt.Sprintf("Line %d: %s", i+1, l.DatasetName)}
	}
	onLines := ticks("lines", "Dataset lines that travel", "", completeness.Processing, lines)
	onLines.as = numbers
	return form{groups: []group{
		{path: "flows", title: "Steps", row: "Step", lead: "From, through and to, in the order in which the data travel. The picture is drawn from these.", form: form{answers: []answer{
			count("number", "Number", "Its place in the list if empty."),
			pick("state", "State", "", completeness.Processing, vocabulary[terms.FlowState]()),
			line("from", "From", "", completeness.Processing), pick("fromNode", "From is a", "", "", vocabulary[terms.FlowNode]()),
			line("through", "Through", "If it passes somewhere on the way.", ""), pick("throughNode", "Through is a", "", "", vocabulary[terms.FlowNode]()),
			line("to", "To", "", completeness.Processing), pick("toNode", "To is a", "", "", vocabulary[terms.FlowNode]()),
			prose("description", "What travels, and why", "", completeness.Processing, 3),
			pick("type", "Type of data", "", completeness.DataMinimisation, vocabulary[terms.TypeOfData]()),
			ticks("identifiers", "Identifiers", "", completeness.DataMinimisation, vocabulary[terms.Identifier]()),
			pick("identifiersAs", "The identifiers are", "", completeness.DataMinimisation, options("listed", "Those ticked above", "none", "None", "to_be_confirmed", "To be confirmed")),
			prose("basis", "Legal basis, in words", "", completeness.Confidentiality, 2),
			pick("route", "Confidentiality", "", completeness.Confidentiality, vocabulary[terms.Route]()),
			onLines, listed("datasets", "Other datasets that travel", "One a line; without a line of their own.", ""),
			tick("optOuts", "Opt-outs", "Applied in this step", completeness.Objections),
			tick("pseudonymised", "Pseudonyms", "Made in this step", completeness.DataMinimisation),
			day("stoppedOn", "Stopped on", "", ""), prose("why", "Why", "It stopped, or is proposed.", "", 2),
			listed("footnotes", "Footnotes", "One a line.", ""),
		}}},
		{path: "licences", title: "Licences of systems", row: "Licence", lead: "Who sees the data through a system, how many people, and what else they can see.", form: form{answers: []answer{
			line("system", "System", "", completeness.DataMinimisation), line("holder", "Holder", "", completeness.DataMinimisation),
			pick("kind", "Kind", "", completeness.DataMinimisation, vocabulary[terms.LicenceKind]()),
			count("used", "Used", ""), count("planned", "Planned", ""), line("plannedWords", "Planned, in words", "Where no number can be given.", ""),
			prose("otherAccess", "What else the holders can see", "That makes people known again.", completeness.DataMinimisation, 2),
		}}},
	}}
}
