package register

import (
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// The register's agreements in the fields of HDR UK's data use register
// standard, version 2 (19 January 2022): one project a row, with all of its
// datasets. What the register does not record is empty; persons are never named.

// DataUseField is a field of that standard.
type DataUseField struct {
	Header string // of its table
	Member string // of the Health Data Research Gateway's JSON
	value  func(Entry) string
}

// Value is what an agreement has in the field.
func (f DataUseField) Value(e Entry) string { return f.value(e) }

// DataUseFields are the fields, in the standard's order.
func DataUseFields() []DataUseField { return slices.Clone(dataUseFields) }

var dataUseFields = []DataUseField{
	{"Lead applicant organisation name", "organisation_name", own(OrganisationName)},
	{"Organisation ID", "organisation_id", own(OrganisationID)},
	{"Organisation sector", "organisation_sector", own(OrganisationType)},
	{"Funders/Sponsors", "funders_and_sponsors", own(Funders)},
	{"Sub-licence arrangements (if any)?", "sublicence_arrangements", func(e Entry) string {
		switch e.SubLicensing {
		case terms.Yes:
			return "Yes"
		case terms.No:
			return "No"
		}
		return ""
	}},
	{"Project ID", "project_id_text", func(e Entry) string { return e.Reference }},
	{"Project title", "project_title", own(Title)},
	{"Lay summary", "lay_summary", func(e Entry) string { return first(e, LaySummary, Objective) }},
	{"Public benefit statement", "public_benefit_statement", own(Benefits)},
	{"Technical summary", "technical_summary", func(e Entry) string { return first(e, TechnicalSummary, Processing) }},
	{"Other approval committees", "other_approval_committees", func(e Entry) string {
		var names []string
		for _, s := range e.Support {
			if s.Reference != "" {
				names = append(names, s.Reference)
			}
		}
		return distinct(names)
	}},
	{"Project start date", "project_start_date", func(e Entry) string { return e.Starts.String() }},
	{"Project end date", "project_end_date", func(e Entry) string { return e.Ends.String() }},
	{"Latest approval date", "latest_approval_date", approved},
	{"Dataset(s) name", "non_gateway_datasets", eachLine(func(e Entry, l Line) string { return e.DatasetNamed(l.Dataset) })},
	{"Data sensitivity level", "data_sensitivity_level", eachLine(func(_ Entry, l Line) string { return dataUseTypes[l.TypeOfData] })},
	{"Legal basis for provision of data under Article 6", "legal_basis_for_data_article6", eachLine(func(_ Entry, l Line) string { return strings.Join(l.Article6, ", ") })},
	{"Lawful conditions for provision of data under Article 9", "legal_basis_for_data_article9", eachLine(func(_ Entry, l Line) string { return strings.Join(l.Article9, ", ") })},
	{"Common Law Duty of Confidentiality", "duty_of_confidentiality", eachLine(func(_ Entry, l Line) string {
		var words []string
		for _, r := range l.Routes {
			words = append(words, dataUseRoutes[r])
		}
		return distinct(words)
	})},
	{"National data opt-out applied?", "national_data_optout", eachLine(func(_ Entry, l Line) string {
		switch {
		case l.OptOut.Applied():
			return "Yes"
		case l.OptOut == terms.OptOutNotRecorded || l.OptOut == "":
			return ""
		case slices.Contains(l.Routes, terms.RouteNone):
			return "Not applicable"
		}
		return "No"
	})},
	{"Request frequency", "request_frequency", eachLine(func(_ Entry, l Line) string {
		switch l.Frequency {
		case terms.OneOff:
			return "One-off"
		case terms.FrequencyNotRecorded, "":
			return ""
		}
		return "Recurring"
	})},
	{"Access type", "access_type", eachLine(func(_ Entry, l Line) string {
		return map[terms.Channel]string{terms.ChannelFile: "Release", terms.ChannelSystemAccess: "TRE"}[l.Channel]
	})},
}

// The standard's words for our codes; what it has no word for is empty.
var (
	dataUseTypes = map[terms.TypeOfData]string{terms.Identifiable: "Personally Identifiable", terms.Pseudonymised: "De-Personalised",
		terms.AggregateSuppressed: "Anonymous", terms.Anonymised: "Anonymous"}
	dataUseRoutes = map[terms.Route]string{terms.RouteNone: "Not applicable", terms.RouteConsent: "Consent", terms.RouteSection251: "Section 251 support",
		terms.RouteStatutory: "Statutory exemption to flow confidential data without consent", terms.RouteCOPI3: "COPI regulation 3", terms.RouteCourtOrder: "Court order", terms.RoutePublicInterest: "Public interest"}
)

// approved is the day on which the agreement was approved, where one was
// published or it was made here: the days of most imported entries are those of
// their edition.
func approved(e Entry) string {
	made := e.Edition == "" && e.EventFrom == e.EventTo // a correction has the days of what it corrects
	if told, ok := terms.ParseDays(e.Published()[CellApproved]); !made && (!ok || told.From != e.EventFrom) {
		return ""
	}
	return e.EventFrom.String()
}

func own(field Field) func(Entry) string { return func(e Entry) string { return e.Get(field) } }

// first is the first text that the entry has.
func first(e Entry, fields ...Field) string {
	for _, f := range fields {
		if text := e.Get(f); text != "" {
			return text
		}
	}
	return ""
}

// eachLine is what the lines say, each once.
func eachLine(of func(Entry, Line) string) func(Entry) string {
	return func(e Entry) string {
		words := make([]string, len(e.Lines))
		for i, l := range e.Lines {
			words[i] = of(e, l)
		}
		return distinct(words)
	}
}

func distinct(words []string) string {
	var out []string
	for _, w := range words {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, "; ")
}
