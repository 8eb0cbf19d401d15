package diff

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"data.release/registrar/release/terms"
)

// Of is a version's terms for comparing. Its reference and the kind of version
// it is are no terms: they always differ.
func Of(v terms.Version) Terms {
	return Terms{
		{ID: "purpose", Label: "Purpose", Fields: []Field{
			value("applicant", "Applicant", v.Applicant), value("directorate", "Directorate", v.Directorate), value("title", "Title", v.Title),
			prose("objective", "Objective for processing", v.Objective), prose("processing", "Processing activities", v.Processing),
			prose("outputs", "Expected outputs", v.Outputs), prose("benefits", "Expected benefits", v.Benefits),
			prose("yielded_benefits", "Yielded benefits", v.YieldedBenefits), value("commercial", "Commercial", yes(v.Commercial)),
			prose("commercial_purpose", "Commercial purpose", v.CommercialPurpose), value("funder", "Funder", v.Funder),
		}},
		{ID: "parties", Label: "Parties", Fields: []Field{
			value("controllership", "Controllership", label(v.Controllership)), prose("article26", "Arrangement between joint controllers", v.Article26),
			list("sites", "Regional centres", v.Sites),
		}, Rows: rows(v.Parties, party)},
		{ID: "lines", Label: "Dataset lines", Rows: rows(v.Lines, line)},
		{ID: "support", Label: "Approvals, consent and sub-licensing", Fields: []Field{
			value("sublicensing", "Sub-licensing", yes(v.Sublicensing)), prose("sublicensing_terms", "Terms of sub-licensing", v.SublicensingTerms),
			prose("legitimate_interest", "Legitimate interest", v.LegitimateInterest), value("dpia_reference", "Data protection impact assessment", v.DPIAReference),
			value("ethics_reference", "Ethics approval", v.EthicsReference), value("privacy_notice", "Privacy notice", v.PrivacyNotice),
		}, Rows: append(append(rows(v.Approvals, approval), rows(v.ConsentMaterials, consent)...), rows(v.SubLicences, subLicence)...)},
		{ID: "flows", Label: "Data flows and licences", Rows: append(rows(v.Flows, dataFlow), rows(v.Licences, licence)...)},
		{ID: "term", Label: "Term and territory", Fields: []Field{
			value("starts", "Starts", date(v.Starts)), value("ends", "Ends", date(v.Ends)), value("territory", "Territory of use", label(v.Territory)),
			prose("retention", "Retention", v.Retention),
		}},
		{ID: "conditions", Label: "Special conditions", Rows: rows(v.Conditions, condition)},
	}
}

func rows[T any](all []T, row func(T) Row) []Row {
	out := make([]Row, len(all))
	for i, t := range all {
		out[i] = row(t)
	}
	return out
}

// line is matched by its dataset, segregated purpose and site, else by its number.
func line(l terms.DatasetLine) Row {
	var population []string
	for _, f := range l.Population {
		population = append(population, f.Field+": "+strings.Join(f.In, ", "))
	}
	var periods []string
	for _, p := range l.Periods {
		periods = append(periods, span(p.From, p.To))
	}
	return Row{
		Label: fmt.Sprintf("Line %d, %s", l.Number, l.DatasetName),
		Keys:  []string{key("line", l.Dataset, l.Segment, l.Site), key("line number", strconv.Itoa(l.Number))},
		Fields: []Field{
			value("number", "Number", strconv.Itoa(l.Number)), value("dataset", "Dataset", l.DatasetName), value("discloser", "Discloser", l.Discloser),
			value("site", "Site", l.Site), value("type", "Type of data", label(l.Type)), value("sensitivity", "Sensitivity", label(l.Sensitivity)),
			value("power", "Power to disseminate", label(l.Power)), value("route", "Duty of confidence", label(l.Route)),
			value("opt_out", "Patient opt-outs", label(l.OptOut)), value("unchecked", "Rows that cannot be checked", label(l.Unchecked)),
			value("frequency", "Frequency", label(l.Frequency)), value("channel", "Channel", label(l.Channel)), list("periods", "Periods of the data", periods),
			list("fields", "Fields", l.Fields), list("population", "Population", population), list("purposes", "Purposes", labels(l.Purposes)),
			list("article6", "UK GDPR Article 6", l.Article6), list("article9", "UK GDPR Article 9", l.Article9),
			value("segment", "Segregated purpose", l.Segment), value("output_rule", "Output rule", l.OutputRule), prose("linkage", "Linkage", l.Linkage),
			list("linked_with", "May be linked with", l.LinkedWith), value("depends_on", "Depends on", l.DependsOn), value("cohort", "Cohort", l.Cohort),
			value("study_id", "Study id", flag(l.StudyID)), value("final_data", "Final data only", flag(l.FinalData)),
			value("function", "Recipient's function", l.Function), value("line_commercial", "Commercial use", l.Commercial),
		},
	}
}

func party(p terms.VersionParty) Row {
	var places []string
	for _, place := range p.Places {
		where := fmt.Sprintf("%s, %s (%s)", place.Address, place.Territory.Label(), place.Use)
		if place.Provider != "" {
			where += ", run by " + place.Provider
		}
		places = append(places, where)
	}
	return Row{
		Label: fmt.Sprintf("%s, %s", p.Name, strings.ToLower(p.Role.Label())), Keys: []string{key("party", p.Organisation, string(p.Role))},
		Fields: []Field{value("organisation", "Organisation", p.Name), value("role", "Role", label(p.Role)), list("places", "Places of storage and processing", places),
			value("processing_contract", "Processing contract", p.ProcessingContract), prose("holds_identifiers", "Holds identifiers", p.HoldsIdentifiers)},
	}
}

func approval(a terms.VersionApproval) Row {
	return Row{Label: "Approval " + a.Reference, Keys: []string{key("approval", a.Reference)}, Fields: []Field{
		value("reference", "Reference", a.Reference), value("decision_maker", "Decision-maker", a.DecisionMaker), value("regulation", "Regulation", a.Regulation),
		list("datasets", "Datasets", a.Datasets), list("flows", "Flows", a.Flows), list("identifiers", "Identifiers", a.Identifiers),
		value("opt_outs_apply", "Opt-outs apply", flag(a.OptOutsApply)), value("starts", "Starts", date(a.Starts)), value("ends", "Ends", date(a.Ends)),
		prose("scope", "Scope", a.Scope), prose("conditions", "Conditions", a.Conditions), list("controllers", "Controllers", a.Controllers),
		list("processors", "Processors", a.Processors), value("ethics_reference", "Ethics approval", a.EthicsReference),
		value("annual_review", "Annual review", date(a.AnnualReview)), value("territory", "Territory", label(a.Territory)),
	}}
}

func consent(c terms.ConsentMaterial) Row {
	return Row{Label: "Consent material " + c.Title, Keys: []string{key("consent", c.Title, c.FormVersion, c.Cohort), key("consent title", c.Title)}, Fields: []Field{
		value("title", "Title", c.Title), value("form_version", "Version of the form", c.FormVersion), value("cohort", "Cohort", c.Cohort),
		value("used", "Used", span(c.UsedFrom, c.UsedTo)), value("outcome", "Outcome of the review", strings.ReplaceAll(c.Outcome, "_", " ")),
		value("reviewed_on", "Reviewed on", date(c.ReviewedOn)), prose("finding", "Finding", c.Finding),
	}}
}

func subLicence(l terms.SubLicence) Row {
	return Row{Label: "Sub-licence of " + l.SubLicensee, Keys: []string{key("sub-licence", l.SubLicensee, l.Purpose), key("sub-licensee", l.SubLicensee)}, Fields: []Field{
		value("sub_licensee", "Sub-licensee", l.SubLicensee), prose("purpose", "Purpose", l.Purpose), value("term", "Term", span(l.Starts, l.Ends)),
	}}
}

// dataFlow is matched by from, to and description, else by its number.
func dataFlow(f terms.Flow) Row {
	var numbers []string
	for _, n := range f.Lines {
		numbers = append(numbers, strconv.Itoa(n))
	}
	identifiers := strings.ReplaceAll(f.IdentifiersAs, "_", " ")
	through := f.Through
	if through != "" {
		through += " (" + f.ThroughNode.Label() + ")"
	}
	return Row{
		Label: fmt.Sprintf("Flow %d, from %s to %s", f.Number, f.From, f.To),
		Keys:  []string{key("flow", normal(f.From), normal(f.To), normal(f.Description)), key("flow number", strconv.Itoa(f.Number))},
		Fields: []Field{
			value("number", "Number", strconv.Itoa(f.Number)), value("from", "From", f.From+" ("+f.FromNode.Label()+")"), value("through", "Through", through),
			value("to", "To", f.To+" ("+f.ToNode.Label()+")"), prose("description", "Description", f.Description), value("state", "State", label(f.State)),
			value("type", "Type of data", label(f.Type)), value("identifiers_as", "Identifiers are", identifiers), list("identifiers", "Identifiers", labels(f.Identifiers)),
			value("basis", "Basis", f.Basis), value("route", "Duty of confidence", label(f.Route)), list("lines", "Dataset lines", numbers),
			list("datasets", "Datasets without a line", f.Datasets), value("opt_outs", "Opt-outs applied", flag(f.OptOuts)),
			value("pseudonymised", "Pseudonymised", flag(f.Pseudonymised)), value("stopped_on", "Stopped on", date(f.StoppedOn)), prose("why", "Why", f.Why),
			list("footnotes", "Footnotes", f.Footnotes),
		},
	}
}

func licence(l terms.Licence) Row {
	return Row{
		Label: fmt.Sprintf("Licences of %s for %s, %s", l.System, l.Holder, strings.ToLower(l.Kind.Label())), Keys: []string{key("licence", l.System, l.Holder, string(l.Kind))},
		Fields: []Field{value("used", "Used", count(l.Used)), value("planned", "Planned", count(l.Planned)), value("planned_words", "Planned, in words", l.PlannedWords),
			prose("other_access", "Other access", l.OtherAccess)},
	}
}

// condition is matched by what the gate reads it as, by its words, or by its
// kind.
func condition(c terms.VersionCondition) Row {
	kind := map[string]string{"precedent": "before the agreement", "continuing": "while it runs", "action": "an action"}[c.Kind]
	row := Row{Label: "Condition", Keys: []string{"", key("condition", normal(c.Text)), key("condition kind", c.Kind)}, Fields: []Field{
		value("kind", "Kind", cmp.Or(kind, c.Kind)), prose("text", "Text", c.Text), value("code", "Read by the gate as", c.Code), value("due", "Due", date(c.Due)),
		value("due_words", "Due, in words", c.DueWords), list("owners", "Owners", c.Owners),
	}}
	if c.Code != "" {
		row.Keys[0] = key("condition code", c.Code)
	}
	return row
}

func key(parts ...string) string { return strings.Join(parts, "\x00") }

func value(id, name, text string) Field { return Field{ID: id, Label: name, Value: text} }
func prose(id, name, text string) Field { return Field{ID: id, Label: name, Kind: Prose, Value: text} }
func list(id, name string, values []string) Field {
	return Field{ID: id, Label: name, Kind: List, Values: values}
}

type coded interface {
	~string
	Label() string
}

func label[T coded](c T) string {
	if c == "" {
		return ""
	}
	return c.Label()
}

func labels[T coded](codes []T) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = c.Label()
	}
	return out
}

func yes(b *bool) string {
	if b == nil {
		return ""
	}
	return flag(*b)
}

func flag(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func count(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func date(d terms.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Words()
}

func span(from, to terms.Date) string {
	switch {
	case from.IsZero() && to.IsZero():
		return ""
	case to.IsZero():
		return "from " + from.Words()
	case from.IsZero():
		return "to " + to.Words()
	}
	return from.Words() + " to " + to.Words()
}
