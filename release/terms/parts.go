package terms

import "io"

// The vocabularies of what an agreement consists of beside its lines' law:
// purposes, places, data flows, licences, reviews and incidents.

// Purpose is what a line's data may be used for. Codes stand on the line, not
// on the agreement (governance §2, rule 10).
type Purpose string

// The codes of Purpose.
const (
	PurposeCommissioning      Purpose = "commissioning"
	PurposeInvoiceValidation  Purpose = "invoice_validation"
	PurposeRiskStratification Purpose = "risk_stratification"
	PurposeRiskCommissioning  Purpose = "risk_stratification_commissioning"
	PurposePublicHealth       Purpose = "public_health"
	PurposeResearch           Purpose = "research"
	PurposeClinicalAudit      Purpose = "clinical_audit"
	PurposeServiceEvaluation  Purpose = "service_evaluation"
	PurposeStatistics         Purpose = "statistics"
	PurposeValidation         Purpose = "validation"
	PurposePlanning           Purpose = "planning"
	PurposeDirectCare         Purpose = "direct_care"
	PurposeMarketing          Purpose = "marketing"
	PurposeOther              Purpose = "other"
)

var purposeList = newVocabulary("purpose",
	code(PurposeCommissioning, "Commissioning", "Commissioning", "Direct commissioning"),
	code(PurposeInvoiceValidation, "Invoice validation", "Invoice validation"),
	code(PurposeRiskStratification, "Risk stratification for case finding", "Risk stratification for case finding", "Risk stratification"),
	code(PurposeRiskCommissioning, "Risk stratification for commissioning", "Risk stratification for commissioning"),
	code(PurposePublicHealth, "Public health", "Public health"),
	code(PurposeResearch, "Research", "Research"),
	code(PurposeClinicalAudit, "Clinical audit", "Clinical audit"),
	code(PurposeServiceEvaluation, "Service evaluation", "Service evaluation", "Service review"),
	code(PurposeStatistics, "Official statistics", "Official statistics"),
	code(PurposeValidation, "Validation of a provider's own records", "Validation of a provider's own records"),
	code(PurposePlanning, "Planning and population health", "Planning and population health", "Emergency planning"),
	code(PurposeDirectCare, "Direct care", "Direct care"),
	code(PurposeMarketing, "Marketing", "Marketing"),
	code(PurposeOther, "Other, as the objective says", "Other, as the objective says"),
)

// Values lists the codes.
func (Purpose) Values() []string { return purposeList.values }

// Label is the code in words for readers.
func (c Purpose) Label() string { return purposeList.label(c) }

// Known says whether the code is in the list.
func (c Purpose) Known() bool { return purposeList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Purpose) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Purpose) UnmarshalGQL(v any) error { return purposeList.unmarshalGQL(c, v) }

// ParsePurpose reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParsePurpose(raw string) (Purpose, bool) { return purposeList.parse(raw) }

// Territory is where data may be stored and used. Each reaches further than the
// one before.
type Territory string

// The codes of Territory.
const (
	EnglandWales         Territory = "england_wales"
	UnitedKingdom        Territory = "uk"
	EEA                  Territory = "eea"
	Worldwide            Territory = "worldwide"
	TerritoryNotRecorded Territory = "not_recorded"
)

var territoryList = newVocabulary("territory",
	code(EnglandWales, "England and Wales", "England and Wales", "England", "England & Wales"),
	code(UnitedKingdom, "United Kingdom", "United Kingdom", "UK"),
	code(EEA, "European Economic Area", "European Economic Area", "UK and EEA"),
	code(Worldwide, "Worldwide", "Worldwide"),
	code(TerritoryNotRecorded, "Not recorded", "Not recorded", ""),
)

// Values lists the codes.
func (Territory) Values() []string { return territoryList.values }

// Label is the code in words for readers.
func (c Territory) Label() string { return territoryList.label(c) }

// Known says whether the code is in the list.
func (c Territory) Known() bool { return territoryList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Territory) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Territory) UnmarshalGQL(v any) error { return territoryList.unmarshalGQL(c, v) }

// ParseTerritory reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseTerritory(raw string) (Territory, bool) { return territoryList.parse(raw) }

// ReviewRoute is how a version is reviewed (governance §2, rule 12).
type ReviewRoute string

// The codes of ReviewRoute.
const (
	FullReview      ReviewRoute = "full"
	PrecedentReview ReviewRoute = "precedent"
	ExtensionReview ReviewRoute = "extension"
	UrgentReview    ReviewRoute = "urgent"
)

var reviewRouteList = newVocabulary("review route",
	code(FullReview, "Full review", "Full review"),
	code(PrecedentReview, "By precedent", "By precedent", "Precedent"),
	code(ExtensionReview, "Extension only", "Extension only"),
	code(UrgentReview, "Urgent, by the SIRO", "Urgent, by the SIRO", "Urgent"),
)

// Values lists the codes.
func (ReviewRoute) Values() []string { return reviewRouteList.values }

// Label is the code in words for readers.
func (c ReviewRoute) Label() string { return reviewRouteList.label(c) }

// Known says whether the code is in the list.
func (c ReviewRoute) Known() bool { return reviewRouteList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c ReviewRoute) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *ReviewRoute) UnmarshalGQL(v any) error { return reviewRouteList.unmarshalGQL(c, v) }

// ParseReviewRoute reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseReviewRoute(raw string) (ReviewRoute, bool) { return reviewRouteList.parse(raw) }

// FlowState says whether a data flow runs.
type FlowState string

// The codes of FlowState.
const (
	FlowPrevious FlowState = "previous"
	FlowStopped  FlowState = "stopped"
	FlowCurrent  FlowState = "current"
	FlowProposed FlowState = "proposed"
)

var flowStateList = newVocabulary("state of a data flow",
	code(FlowPrevious, "Previous", "Previous", "Ran before"),
	code(FlowStopped, "Stopped", "Stopped"),
	code(FlowCurrent, "Current", "Current"),
	code(FlowProposed, "Proposed", "Proposed", "Aspirational"),
)

// Values lists the codes.
func (FlowState) Values() []string { return flowStateList.values }

// Label is the code in words for readers.
func (c FlowState) Label() string { return flowStateList.label(c) }

// Known says whether the code is in the list.
func (c FlowState) Known() bool { return flowStateList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c FlowState) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *FlowState) UnmarshalGQL(v any) error { return flowStateList.unmarshalGQL(c, v) }

// ParseFlowState reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseFlowState(raw string) (FlowState, bool) { return flowStateList.parse(raw) }

// FlowNode is what stands at the end of a data flow.
type FlowNode string

// The codes of FlowNode.
const (
	NodeProvider   FlowNode = "provider"
	NodeNational   FlowNode = "national"
	NodeDSCRO      FlowNode = "dscro"
	NodeProcessor  FlowNode = "processor"
	NodeController FlowNode = "controller"
	NodeRecipient  FlowNode = "recipient"
	NodeSystem     FlowNode = "system"
	NodePublic     FlowNode = "public"
	NodeOther      FlowNode = "other"
)

var flowNodeList = newVocabulary("kind of place in a data flow",
	code(NodeProvider, "Provider of care", "Provider of care"),
	code(NodeNational, "National collection", "National collection"),
	code(NodeDSCRO, "Regional centre of the discloser (DSCRO)", "Regional centre of the discloser (DSCRO)", "DSCRO"),
	code(NodeProcessor, "Processor", "Processor", "CSU"),
	code(NodeController, "Controller", "Controller"),
	code(NodeRecipient, "Recipient", "Recipient"),
	code(NodeSystem, "Information system", "Information system"),
	code(NodePublic, "Anyone", "Anyone", "The public"),
	code(NodeOther, "Other", "Other"),
)

// Values lists the codes.
func (FlowNode) Values() []string { return flowNodeList.values }

// Label is the code in words for readers.
func (c FlowNode) Label() string { return flowNodeList.label(c) }

// Known says whether the code is in the list.
func (c FlowNode) Known() bool { return flowNodeList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c FlowNode) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *FlowNode) UnmarshalGQL(v any) error { return flowNodeList.unmarshalGQL(c, v) }

// ParseFlowNode reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseFlowNode(raw string) (FlowNode, bool) { return flowNodeList.parse(raw) }

// Identifier is something by which a flow or an approval names a person.
type Identifier string

// The codes of Identifier.
const (
	IdentifierNHSNumber  Identifier = "nhs_number"
	IdentifierLocalID    Identifier = "local_id"
	IdentifierName       Identifier = "name"
	IdentifierAddress    Identifier = "address"
	IdentifierPostcode   Identifier = "postcode"
	IdentifierBirthDate  Identifier = "birth_date"
	IdentifierDeathDate  Identifier = "death_date"
	IdentifierAge        Identifier = "age"
	IdentifierGender     Identifier = "gender"
	IdentifierEthnicity  Identifier = "ethnicity"
	IdentifierClientType Identifier = "client_type"
	IdentifierPseudonym  Identifier = "pseudonym"
)

var identifierList = newVocabulary("identifier",
	code(IdentifierNHSNumber, "NHS number", "NHS number"),
	code(IdentifierLocalID, "Local identifier", "Local identifier", "Care First unique ID", "Unique number"),
	code(IdentifierName, "Name", "Name"),
	code(IdentifierAddress, "Address", "Address"),
	code(IdentifierPostcode, "Postcode", "Postcode", "some component of post code"),
	code(IdentifierBirthDate, "Date of birth", "Date of birth"),
	code(IdentifierDeathDate, "Date of death", "Date of death"),
	code(IdentifierAge, "Age", "Age", "some component of age"),
	code(IdentifierGender, "Gender", "Gender", "Sex"),
	code(IdentifierEthnicity, "Ethnic category", "Ethnic category", "equality data"),
	code(IdentifierClientType, "Client type", "Client type"),
	code(IdentifierPseudonym, "Pseudonym", "Pseudonym"),
)

// Values lists the codes.
func (Identifier) Values() []string { return identifierList.values }

// Label is the code in words for readers.
func (c Identifier) Label() string { return identifierList.label(c) }

// Known says whether the code is in the list.
func (c Identifier) Known() bool { return identifierList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c Identifier) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *Identifier) UnmarshalGQL(v any) error { return identifierList.unmarshalGQL(c, v) }

// ParseIdentifier reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseIdentifier(raw string) (Identifier, bool) { return identifierList.parse(raw) }

// LicenceKind tells the users of a system apart.
type LicenceKind string

// The codes of LicenceKind.
const (
	OrdinaryUser LicenceKind = "ordinary"
	SuperUser    LicenceKind = "super_user"
)

var licenceKindList = newVocabulary("kind of licence",
	code(OrdinaryUser, "Ordinary user: sees, cannot change", "Ordinary user: sees, cannot change", "Ordinary", "Ordinary user"),
	code(SuperUser, "Super-user: all tools, makes dashboards", "Super-user: all tools, makes dashboards", "Super-user", "Super user"),
)

// Values lists the codes.
func (LicenceKind) Values() []string { return licenceKindList.values }

// Label is the code in words for readers.
func (c LicenceKind) Label() string { return licenceKindList.label(c) }

// Known says whether the code is in the list.
func (c LicenceKind) Known() bool { return licenceKindList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c LicenceKind) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *LicenceKind) UnmarshalGQL(v any) error { return licenceKindList.unmarshalGQL(c, v) }

// ParseLicenceKind reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseLicenceKind(raw string) (LicenceKind, bool) { return licenceKindList.parse(raw) }

// SuccessionKind is how one organisation follows another. A rename is never
// shown as a transfer.
type SuccessionKind string

// The codes of SuccessionKind.
const (
	Rename            SuccessionKind = "rename"
	StatutoryTransfer SuccessionKind = "statutory_transfer"
	Merger            SuccessionKind = "merger"
	Novation          SuccessionKind = "novation"
	Dissolution       SuccessionKind = "dissolution"
)

var successionKindList = newVocabulary("kind of succession",
	code(Rename, "Rename", "Rename"),
	code(StatutoryTransfer, "Statutory transfer", "Statutory transfer"),
	code(Merger, "Merger", "Merger"),
	code(Novation, "Novation", "Novation"),
	code(Dissolution, "Dissolution", "Dissolution"),
)

// Values lists the codes.
func (SuccessionKind) Values() []string { return successionKindList.values }

// Label is the code in words for readers.
func (c SuccessionKind) Label() string { return successionKindList.label(c) }

// Known says whether the code is in the list.
func (c SuccessionKind) Known() bool { return successionKindList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c SuccessionKind) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *SuccessionKind) UnmarshalGQL(v any) error { return successionKindList.unmarshalGQL(c, v) }

// ParseSuccessionKind reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseSuccessionKind(raw string) (SuccessionKind, bool) { return successionKindList.parse(raw) }

// IncidentKind tells a breach of the agreement from one of personal data.
type IncidentKind string

// The codes of IncidentKind.
const (
	AgreementBreach    IncidentKind = "agreement_breach"
	PersonalDataBreach IncidentKind = "personal_data_breach"
)

var incidentKindList = newVocabulary("kind of incident",
	code(AgreementBreach, "Breach of the agreement", "Breach of the agreement"),
	code(PersonalDataBreach, "Personal data breach", "Personal data breach"),
)

// Values lists the codes.
func (IncidentKind) Values() []string { return incidentKindList.values }

// Label is the code in words for readers.
func (c IncidentKind) Label() string { return incidentKindList.label(c) }

// Known says whether the code is in the list.
func (c IncidentKind) Known() bool { return incidentKindList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c IncidentKind) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *IncidentKind) UnmarshalGQL(v any) error { return incidentKindList.unmarshalGQL(c, v) }

// ParseIncidentKind reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseIncidentKind(raw string) (IncidentKind, bool) { return incidentKindList.parse(raw) }

// IncidentStatus is how far an incident is known.
type IncidentStatus string

// The codes of IncidentStatus.
const (
	Suspected  IncidentStatus = "suspected"
	Confirmed  IncidentStatus = "confirmed"
	NotABreach IncidentStatus = "not_a_breach"
)

var incidentStatusList = newVocabulary("status of an incident",
	code(Suspected, "Suspected", "Suspected"),
	code(Confirmed, "Confirmed", "Confirmed"),
	code(NotABreach, "Not a breach", "Not a breach"),
)

// Values lists the codes.
func (IncidentStatus) Values() []string { return incidentStatusList.values }

// Label is the code in words for readers.
func (c IncidentStatus) Label() string { return incidentStatusList.label(c) }

// Known says whether the code is in the list.
func (c IncidentStatus) Known() bool { return incidentStatusList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c IncidentStatus) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *IncidentStatus) UnmarshalGQL(v any) error { return incidentStatusList.unmarshalGQL(c, v) }

// ParseIncidentStatus reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseIncidentStatus(raw string) (IncidentStatus, bool) { return incidentStatusList.parse(raw) }

// EmploymentBasis is on what a person belongs to an organisation (DARS standard
// 12).
type EmploymentBasis string

// The codes of EmploymentBasis.
const (
	Employee   EmploymentBasis = "employee"
	Honorary   EmploymentBasis = "honorary"
	Contractor EmploymentBasis = "contractor"
)

var employmentBasisList = newVocabulary("basis of employment",
	code(Employee, "Employee", "Employee"),
	code(Honorary, "Honorary contract", "Honorary contract"),
	code(Contractor, "Contractor", "Contractor"),
)

// Values lists the codes.
func (EmploymentBasis) Values() []string { return employmentBasisList.values }

// Label is the code in words for readers.
func (c EmploymentBasis) Label() string { return employmentBasisList.label(c) }

// Known says whether the code is in the list.
func (c EmploymentBasis) Known() bool { return employmentBasisList.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c EmploymentBasis) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *EmploymentBasis) UnmarshalGQL(v any) error { return employmentBasisList.unmarshalGQL(c, v) }

// ParseEmploymentBasis reads a code or any other spelling, whatever its case, spaces or
// kind of dash.
func ParseEmploymentBasis(raw string) (EmploymentBasis, bool) { return employmentBasisList.parse(raw) }
