package terms

import (
	"io"
	"strings"
)

// The vocabularies of the field. Each is a string type with one list that
// gives, in order, the code that is stored, the words for readers, and the
// strings under which the published registers have it (domain: R17, R21, MC).

// TypeOfData says how identifying a line's data are. "Anonymised - ICO code
// compliant" of the registers is pseudonymised, record-level data, and so are
// the "de-personalised" data of Public Health England and HDR UK.
type TypeOfData string

// The codes of TypeOfData.
const (
	Identifiable          TypeOfData = "identifiable"
	Pseudonymised         TypeOfData = "pseudonymised"
	AggregateSuppressed   TypeOfData = "aggregate_suppressed"
	AggregateUnsuppressed TypeOfData = "aggregate_unsuppressed"
	Anonymised            TypeOfData = "anonymised"    // published only: as Public Health England and HDR UK say it
	AnonymisedK3          TypeOfData = "anonymised_k3" // published only: as Public Health England says it
	TypeNotRecorded       TypeOfData = "not_recorded"
)

var typeOfDataList = newVocabulary("type of data",
	code(Identifiable, "Identifiable", "Identifiable", "Personally identifiable"),
	code(Pseudonymised, "Anonymised - ICO code compliant (pseudonymised, record level)", "Anonymised - ICO code compliant", "Anonymised -ICO Code Compliant", "Anonymised - ICO Code Compliant", "De-personalised"),
	code(AggregateSuppressed, "Aggregated, small numbers suppressed", "Aggregated-Small Numbers Suppressed", "Aggregated - Small Numbers Suppressed"),
	code(AggregateUnsuppressed, "Aggregated, small numbers not suppressed", "Aggregated - Small Numbers Not Suppressed", "Aggregated-Small Numbers Not Suppressed"),
	code(Anonymised, "Anonymised (its publisher's word)", "Anonymised", "Anonymous", "Anonymous (controlled under time-limited licence)"),
	code(AnonymisedK3, "Anonymised, k3 (its publisher's words)", "Anonymised (k3)", "Anonymised k3"),
	code(TypeNotRecorded, "Not recorded", ""),
)

// PublishedOnly says that the code is a word of published registers which no
// agreement of ours may have.
func (c TypeOfData) PublishedOnly() bool { return c == Anonymised || c == AnonymisedK3 }

// Values lists the codes.
func (TypeOfData) Values() []string { return typeOfDataList.values }

// Label is the code in words for readers.
func (c TypeOfData) Label() string { return typeOfDataList.label(c) }

// Spelling is the code as the published registers write it.
func (c TypeOfData) Spelling() string { return typeOfDataList.spelling(c) }

// Known says whether the code is in the list.
func (c TypeOfData) Known() bool { return typeOfDataList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c TypeOfData) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *TypeOfData) UnmarshalGQL(v any) error { return typeOfDataList.unmarshalGQL(c, v) }

// ParseTypeOfData reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash. What stands in brackets after "De-personalised" says
// only which code of practice was followed.
func ParseTypeOfData(raw string) (TypeOfData, bool) {
	if strings.HasPrefix(Fold(raw), "de-personalised (") {
		return Pseudonymised, true
	}
	return typeOfDataList.parse(raw)
}

// Sensitivity is the register's column of that name: whether fields such as
// consultant or GP codes are included. It is not the list of legally
// restricted codes.
type Sensitivity string

// The codes of Sensitivity.
const (
	Sensitive              Sensitivity = "sensitive"
	NonSensitive           Sensitivity = "non_sensitive"
	SensitivityNotRecorded Sensitivity = "not_recorded"
)

var sensitivityList = newVocabulary("sensitivity",
	code(Sensitive, "Sensitive", "Sensitive"),
	code(NonSensitive, "Non-sensitive", "Non Sensitive", "Non-Sensitive"),
	code(SensitivityNotRecorded, "Not recorded", ""),
)

// Values lists the codes.
func (Sensitivity) Values() []string { return sensitivityList.values }

// Label is the code in words for readers.
func (c Sensitivity) Label() string { return sensitivityList.label(c) }

// Spelling is the code as the published registers write it.
func (c Sensitivity) Spelling() string { return sensitivityList.spelling(c) }

// Known says whether the code is in the list.
func (c Sensitivity) Known() bool { return sensitivityList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Sensitivity) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Sensitivity) UnmarshalGQL(v any) error { return sensitivityList.unmarshalGQL(c, v) }

// ParseSensitivity reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseSensitivity(raw string) (Sensitivity, bool) { return sensitivityList.parse(raw) }

// Power is what lets the discloser disseminate (HSCA 2012 s261 and its like).
// It is not the confidentiality route: two code lists.
type Power string

// The codes of Power.
const (
	S261_1_2a        Power = "s261_1_2a"
	S261_1_2bii      Power = "s261_1_2b_ii"
	S261Other        Power = "s261_other"
	S261_2c          Power = "s261_2c"
	S261_4           Power = "s261_4"
	S261_5d          Power = "s261_5d"
	S261_7           Power = "s261_7"
	SRSA42_4         Power = "srsa_42_4"
	SRSA45C          Power = "srsa_45c"
	SRSA39_4         Power = "srsa_39_4"
	HealthAct36      Power = "health_act_36"
	HSCA2012         Power = "hsca_2012"
	PowerOther       Power = "other"
	PowerNotRecorded Power = "not_recorded"
)

var powerList = newVocabulary("power",
	code(S261_1_2a, "Health and Social Care Act 2012, s261(1) and s261(2)(a)", "Health and Social Care Act 2012 - s261(1) and s261(2)(a)", "Health and Social Care Act 2012 - s261(2)(a)"),
	code(S261_1_2bii, "Health and Social Care Act 2012, s261(1) and s261(2)(b)(ii)", "Health and Social Care Act 2012 - s261(1) and s261(2)(b)(ii)", "Health and Social Care Act 2012 - s261(2)(b)(ii)"),
	code(S261Other, "Health and Social Care Act 2012, s261, other dissemination of information", "Health and Social Care Act 2012 - s261 - 'Other dissemination of information'", "Health and Social Care Act 2012 - s261 - Other dissemination"),
	code(S261_2c, "Health and Social Care Act 2012, s261(2)(c)", "Health and Social Care Act 2012 - s261(2)(c)"),
	code(S261_4, "Health and Social Care Act 2012, s261(4)", "Health and Social Care Act 2012 - s261(4)"),
	code(S261_5d, "Health and Social Care Act 2012, s261(5)(d)", "Health and Social Care Act 2012 - s261(5)(d)"),
	code(S261_7, "Health and Social Care Act 2012, s261(7)", "Health and Social Care Act 2012 - s261(7)"),
	code(SRSA42_4, "Statistics and Registration Service Act 2007, s42(4)", "Section 42(4) of the Statistics and Registration Service Act (2007) as amended by section 287 of the Health and Social Care Act (2012)"),
	code(SRSA45C, "Statistics and Registration Service Act 2007, s45C", "Other - Data dissemination is mandated under section 45c of the Statistics and Registration Service Act (2007) as amended by the Digital Economy Act 2017"),
	code(SRSA39_4, "Statistics and Registration Service Act 2007, s39(4)(i) and s39(5)", "Approved researcher accreditation under section 39(4)(i) and 39(5) of the Statistical Registration Service Act 2007"),
	code(HealthAct36, "Health Act 2009, s36", "Section 36, Health Act 2009"),
	code(HSCA2012, "Health and Social Care Act 2012 (section not stated)", "Health and Social Care Act 2012"),
	code(PowerOther, "Other power", "Other"),
	code(PowerNotRecorded, "Not recorded", ""),
)

// Values lists the codes.
func (Power) Values() []string { return powerList.values }

// Label is the code in words for readers.
func (c Power) Label() string { return powerList.label(c) }

// Spelling is the code as the published registers write it.
func (c Power) Spelling() string { return powerList.spelling(c) }

// Known says whether the code is in the list.
func (c Power) Known() bool { return powerList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Power) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Power) UnmarshalGQL(v any) error { return powerList.unmarshalGQL(c, v) }

// ParsePower reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParsePower(raw string) (Power, bool) { return powerList.parse(raw) }

// Route is how the common-law duty of confidentiality is met. A register cell
// ("Mixture of …") can name several, see [ParseRoutes]; a line picks one.
type Route string

// The codes of Route.
const (
	RouteNone           Route = "none"
	RouteConsent        Route = "consent"
	RouteSection251     Route = "section_251"
	RouteStatutory      Route = "statutory_exemption"
	RouteCOPI3          Route = "copi_3"
	RouteCourtOrder     Route = "court_order"
	RoutePublicInterest Route = "public_interest"
	RouteDirectCare     Route = "direct_care" // published only: Public Health England's
	RouteNotRecorded    Route = "not_recorded"
)

var routeList = newVocabulary("confidentiality route",
	code(RouteNone, "No confidential flow", "Does not include the flow of confidential data", "No legal gateway required", "Not applicable"),
	code(RouteConsent, "Consent", "Consent (Reasonable Expectation)", "The individual to whom the information relates has consented"),
	code(RouteSection251, "Section 251 support (NHS Act 2006; COPI regulation 2 or 5)", "Section 251 NHS Act 2006", "Section 251 approval is in place for the flow of identifiable data", "Section 251 support", "Regulation 2 (s251)", "Regulation 5 (s251)", "Regulation 2", "Regulation 5"),
	code(RouteStatutory, "Statutory exemption", "Statutory exemption to flow confidential data without consent"),
	code(RouteCOPI3, "COPI Regulations 2002, regulation 3", "Regulation 3 (s251)", "Regulation 3"),
	code(RouteCourtOrder, "Court order"),
	code(RoutePublicInterest, "Overriding public interest"),
	code(RouteDirectCare, "Direct care", "Direct care"),
	code(RouteNotRecorded, "Not recorded", ""),
)

// PublishedOnly says that the code is a word of published registers which no
// agreement of ours may have.
func (c Route) PublishedOnly() bool { return c == RouteDirectCare }

// Values lists the codes.
func (Route) Values() []string { return routeList.values }

// Label is the code in words for readers.
func (c Route) Label() string { return routeList.label(c) }

// Spelling is the code as the published registers write it.
func (c Route) Spelling() string { return routeList.spelling(c) }

// Known says whether the code is in the list.
func (c Route) Known() bool { return routeList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Route) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Route) UnmarshalGQL(v any) error { return routeList.unmarshalGQL(c, v) }

// ParseRoute reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseRoute(raw string) (Route, bool) { return routeList.parse(raw) }

// OptOut is whether patient opt-outs were applied, and the coded reason if
// not: the vocabulary of the register of 2018-21.
type OptOut string

// The codes of OptOut.
const (
	OptOutApplied              OptOut = "applied"
	OptOutNotIdentifiable      OptOut = "not_identifiable"
	OptOutStatutory            OptOut = "statutory_exemption"
	OptOutDeathsLocalAuthority OptOut = "deaths_local_authority"
	OptOutConsent              OptOut = "consent"
	OptOutPHEExemption         OptOut = "phe_exemption"
	OptOutBirths               OptOut = "births"
	OptOutStaffList            OptOut = "staff_list"
	OptOutPHEMemorandum        OptOut = "phe_memorandum"
	OptOutCAGExemption         OptOut = "cag_exemption"
	OptOutNotApplicable        OptOut = "not_applicable_dataset"
	OptOutOutOfScope           OptOut = "not_applicable" // published only: "Not applicable", and no more
	OptOutNoReason             OptOut = "no_reason"
	OptOutNotRecorded          OptOut = "not_recorded"
)

var optOutList = newVocabulary("opt-out answer",
	code(OptOutApplied, "Yes: patient objections upheld", "Yes - patient objections upheld", "Y", "Yes"),
	code(OptOutNotIdentifiable, "No: data flow is not identifiable", "No - data flow is not identifiable"),
	code(OptOutStatutory, "No: statutory exemption to flow confidential data without consent", "No - Statutory exemption to flow confidential data without consent"),
	code(OptOutDeathsLocalAuthority, "No: deaths data flowing to local authorities", "No - deaths data flowing to Local Authorities does not require the application of patient opt outs"),
	code(OptOutConsent, "No: consent of the participants", "No - consent provided by participants of research study"),
	code(OptOutPHEExemption, "No: exemption granted to Public Health England by the Secretary of State", "No - PHE has been granted specific exemptions from national data opt outs by the Secretary of State in recognition of its national role in protecting and improving public health."),
	code(OptOutBirths, "No: birth data is not patient confidential information", "No - Birth data is not considered as personal confidential information - however when handling applications for the data we treat these data as identifiable, even though patient opt outs do not apply"),
	code(OptOutStaffList, "No: a list of GPs, not of patients", "No - data set is list of GPs and not a list of patients"),
	code(OptOutPHEMemorandum, "No: flow to Public Health England under a memorandum of understanding", "No - flow to PHE under a memorandum of understanding"),
	code(OptOutCAGExemption, "No: exempted by the Confidentiality Advisory Group's approval", "No - Assuring Transformation is disclosed under the following approval: Enhanced Quality Assurance Process Data flow - CAG 8-02 a-c/2014"),
	code(OptOutNotApplicable, "No: not applicable for this dataset", "No - not applicable for this dataset"),
	code(OptOutOutOfScope, "Not applicable: no reason is recorded", "Not applicable"),
	code(OptOutNoReason, "No: reason not recorded", "No", "N"),
	code(OptOutNotRecorded, "Not recorded", ""),
)

// PublishedOnly says that the code is a word of published registers which no
// agreement of ours may have.
func (c OptOut) PublishedOnly() bool { return c == OptOutOutOfScope }

// Values lists the codes.
func (OptOut) Values() []string { return optOutList.values }

// Label is the code in words for readers.
func (c OptOut) Label() string { return optOutList.label(c) }

// Spelling is the code as the published registers write it.
func (c OptOut) Spelling() string { return optOutList.spelling(c) }

// Known says whether the code is in the list.
func (c OptOut) Known() bool { return optOutList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c OptOut) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *OptOut) UnmarshalGQL(v any) error { return optOutList.unmarshalGQL(c, v) }

// ParseOptOut reads a code or any spelling of the registers, whatever its case,
// spaces or kind of dash.
func ParseOptOut(raw string) (OptOut, bool) { return optOutList.parse(raw) }
