package release

import (
	"cmp"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// The steps of an application. Each is one page of the form and is saved by
// itself.
const (
	StepPurpose = "purpose"
	StepParties = "parties"
	StepLines   = "lines"
	StepSupport = "support"
	StepFlows   = "flows"
	StepTerm    = "term"
)

// Steps lists the steps in the order of the form.
func Steps() []string {
	return []string{StepPurpose, StepParties, StepLines, StepSupport, StepFlows, StepTerm}
}

// Section is what one step of an application holds, whole: what is left out is
// removed. A section may be incomplete; what it lacks is said by the
// completeness check.
type Section interface {
	// Step is one of the steps above.
	Step() string
	check(*checking)
}

// PurposeSection says what for: DARS standards 5a to 5e.
type PurposeSection struct {
	Title             string `json:"title" validate:"max=500"`
	Directorate       string `json:"directorate" validate:"max=200"` // the applying one, where the applicant is the discloser
	Objective         string `json:"objective"`
	Processing        string `json:"processing"`
	Outputs           string `json:"outputs"`
	Benefits          string `json:"benefits"`
	YieldedBenefits   string `json:"yieldedBenefits"`
	Commercial        *bool  `json:"commercial"`
	CommercialPurpose string `json:"commercialPurpose"`
	Funder            string `json:"funder" validate:"max=500"`
}

// PartiesSection says who: DARS standards 1b, 2a, processors and territory.
type PartiesSection struct {
	Controllership terms.Controllership `json:"controllership"`
	Article26      string               `json:"article26"`               // arrangement between joint controllers
	Sites          []string             `json:"sites" validate:"unique"` // names of the discloser's regional centres
	Parties        []PartyInput         `json:"parties" validate:"max=500,dive"`
}

// PartyInput is an organisation in a version.
type PartyInput struct {
	Organisation       string          `json:"organisation" validate:"required"` // slug, or a name that is recorded
	Role               terms.PartyRole `json:"role" validate:"required"`
	Places             []terms.Place   `json:"places" validate:"max=50,dive"`
	ProcessingContract string          `json:"processingContract" validate:"max=200"` // of a processor: UK GDPR Article 28
	HoldsIdentifiers   string          `json:"holdsIdentifiers" validate:"max=2000"`  // what it holds that makes persons known again
}

// LinesSection says which data.
type LinesSection struct {
	Lines []LineInput `json:"lines" validate:"max=500,dive"`
}

// LineInput is one dataset line. A code that is left out is not recorded.
type LineInput struct {
	DatasetName string              `json:"datasetName" validate:"required,max=300"`
	Definition  string              `json:"definition" validate:"max=60"` // code of the definition that extracts are made with
	Discloser   string              `json:"discloser"`                    // slug, or a name that is recorded
	Site        string              `json:"site"`
	Type        terms.TypeOfData    `json:"type"`
	Sensitivity terms.Sensitivity   `json:"sensitivity"`
	Power       terms.Power         `json:"power"`
	Route       terms.Route         `json:"route"`
	OptOut      terms.OptOut        `json:"optOut"`
	Unchecked   terms.UncheckedRows `json:"unchecked"`
	Frequency   terms.Frequency     `json:"frequency"`
	Channel     terms.Channel       `json:"channel"`
	Periods     []terms.Period      `json:"periods"`
	Fields      []string            `json:"fields" validate:"unique"`
	Population  []terms.Filter      `json:"population"`
	Purposes    []terms.Purpose     `json:"purposes" validate:"unique"`
	Article6    []string            `json:"article6"`
	Article9    []string            `json:"article9"`
	Segment     string              `json:"segment" validate:"max=60"`
	OutputRule  string              `json:"outputRule" validate:"max=60"`
	Linkage     string              `json:"linkage"`
	LinkedWith  []string            `json:"linkedWith" validate:"unique"` // codes of datasets
	DependsOn   string              `json:"dependsOn" validate:"max=60"`  // stem
	Cohort      string              `json:"cohort" validate:"max=200"`
	StudyID     bool                `json:"studyId"`
	FinalData   bool                `json:"finalData"`
	Function    string              `json:"function" validate:"max=300"` // the recipient's, under s261(5)(d)
	Commercial  string              `json:"commercial" validate:"omitempty,oneof=no yes solely"`
}

// SupportSection is what the lines rest on: approvals of other bodies, consent,
// sub-licensing (DARS standard 10), ethics and transparency.
type SupportSection struct {
	Approvals          []ApprovalInput        `json:"approvals" validate:"max=100,dive"`
	ConsentMaterials   []ConsentMaterialInput `json:"consentMaterials" validate:"max=200,dive"`
	Sublicensing       *bool                  `json:"sublicensing"`
	SublicensingTerms  string                 `json:"sublicensingTerms"`
	SubLicences        []SubLicenceInput      `json:"subLicences" validate:"max=1000,dive"`
	LegitimateInterest string                 `json:"legitimateInterest"` // where Article 6(1)(f) is named
	DPIAReference      string                 `json:"dpiaReference" validate:"max=200"`
	EthicsReference    string                 `json:"ethicsReference" validate:"max=200"`
	PrivacyNotice      string                 `json:"privacyNotice" validate:"max=1000"` // where the public finds it
}

// ApprovalInput is another body's decision, such as section 251 support.
type ApprovalInput struct {
	Reference       string          `json:"reference" validate:"required,max=60"`
	DecisionMaker   string          `json:"decisionMaker" validate:"required,max=200"`
	Regulation      string          `json:"regulation" validate:"required,max=200"`
	Datasets        []string        `json:"datasets" validate:"required,min=1"` // codes
	Flows           []string        `json:"flows" validate:"required,min=1,dive,oneof=in out hold"`
	Identifiers     []string        `json:"identifiers"`
	OptOutsApply    bool            `json:"optOutsApply"`
	Starts          terms.Date      `json:"starts"`
	Ends            terms.Date      `json:"ends"`
	Scope           string          `json:"scope"` // in words, as the letter has it
	Conditions      string          `json:"conditions"`
	Controllers     []string        `json:"controllers" validate:"unique"` // slugs; none: all of the version
	Processors      []string        `json:"processors" validate:"unique"`  // slugs; none: all of the version
	EthicsReference string          `json:"ethicsReference" validate:"max=200"`
	AnnualReview    *terms.Date     `json:"annualReview"`
	Territory       terms.Territory `json:"territory"` // England and Wales if empty
}

// ConsentMaterialInput is a form or leaflet by which a cohort consented.
type ConsentMaterialInput struct {
	Title       string      `json:"title" validate:"required,max=300"`
	FormVersion string      `json:"formVersion" validate:"max=100"`
	Cohort      string      `json:"cohort" validate:"required,max=200"`
	UsedFrom    *terms.Date `json:"usedFrom"`
	UsedTo      *terms.Date `json:"usedTo"`
	Outcome     string      `json:"outcome" validate:"omitempty,oneof=not_reviewed compatible compatible_with_notice not_compatible"`
	ReviewedOn  *terms.Date `json:"reviewedOn"`
	Finding     string      `json:"finding"`
}

// SubLicenceInput is somebody to whom the recipient passes data on.
type SubLicenceInput struct {
	SubLicensee string     `json:"subLicensee" validate:"required,max=300"`
	Purpose     string     `json:"purpose"`
	Starts      terms.Date `json:"starts"`
	Ends        terms.Date `json:"ends"`
}

// FlowsSection says how the data travel, and who has licences of which system.
type FlowsSection struct {
	Flows    []FlowInput    `json:"flows" validate:"max=500,dive"`
	Licences []LicenceInput `json:"licences" validate:"max=500,dive"`
}

// FlowInput is one step of the data flows: terms.Flow as it is sent.
type FlowInput struct {
	Number        int                `json:"number" validate:"min=0,max=10000"` // 0: its place in the list
	State         terms.FlowState    `json:"state" validate:"required"`
	From          string             `json:"from" validate:"required,max=300"`
	FromNode      terms.FlowNode     `json:"fromNode" validate:"required"`
	Through       string             `json:"through" validate:"max=300"`
	ThroughNode   terms.FlowNode     `json:"throughNode"`
	To            string             `json:"to" validate:"required,max=300"`
	ToNode        terms.FlowNode     `json:"toNode" validate:"required"`
	Description   string             `json:"description"`
	Type          terms.TypeOfData   `json:"type"`
	Identifiers   []terms.Identifier `json:"identifiers" validate:"unique"`
	IdentifiersAs string             `json:"identifiersAs" validate:"omitempty,oneof=listed none to_be_confirmed"`
	Basis         string             `json:"basis"`
	Route         terms.Route        `json:"route"`
	Lines         []int              `json:"lines" validate:"unique"`
	Datasets      []string           `json:"datasets" validate:"unique"`
	OptOuts       bool               `json:"optOuts"`
	Pseudonymised bool               `json:"pseudonymised"`
	StoppedOn     *terms.Date        `json:"stoppedOn"`
	Why           string             `json:"why"`
	Footnotes     []string           `json:"footnotes"`
}

// LicenceInput is terms.Licence as it is sent.
type LicenceInput struct {
	System       string            `json:"system" validate:"required,max=300"`
	Holder       string            `json:"holder" validate:"required,max=300"`
	Kind         terms.LicenceKind `json:"kind" validate:"required"`
	Used         *int              `json:"used" validate:"omitempty,min=0"`
	Planned      *int              `json:"planned" validate:"omitempty,min=0"`
	PlannedWords string            `json:"plannedWords" validate:"max=300"`
	OtherAccess  string            `json:"otherAccess"`
}

// TermSection says how long and where: DARS standard 1 and territory of use.
type TermSection struct {
	Starts    *terms.Date     `json:"starts"`
	Ends      *terms.Date     `json:"ends"`
	Territory terms.Territory `json:"territory"`
	Retention string          `json:"retention"` // what is kept after the term, how long and why
}

// ConditionInput is a special condition.
type ConditionInput struct {
	Text string      `json:"text" validate:"required"`
	Kind string      `json:"kind" validate:"required,oneof=precedent continuing action"`
	Code string      `json:"code" validate:"max=60"`
	Due  *terms.Date `json:"due"`

	Number   int      `json:"number" validate:"min=0"` // as the source counts it
	Owners   []string `json:"owners"`
	DueWords string   `json:"dueWords" validate:"max=200"`
	Page     string   `json:"page" validate:"max=60"`
}

// Step names the section's step.
func (PurposeSection) Step() string { return StepPurpose }

// Step names the section's step.
func (PartiesSection) Step() string { return StepParties }

// Step names the section's step.
func (LinesSection) Step() string { return StepLines }

// Step names the section's step.
func (SupportSection) Step() string { return StepSupport }

// Step names the section's step.
func (FlowsSection) Step() string { return StepFlows }

// Step names the section's step.
func (TermSection) Step() string { return StepTerm }

// Application is one version of an agreement's terms as they are written down,
// all sections at once.
type Application struct {
	// Reference is the NIC number of an agreement that has one already;
	// Registrar issues the next number if it is empty.
	Reference string `json:"reference" validate:"max=60"`
	// FromRecord says that this is history taken from a source, not an
	// application: it is kept as recorded, and what the source does not say
	// stays not recorded.
	FromRecord bool   `json:"fromRecord"`
	Provenance string `json:"provenance" validate:"required_if=FromRecord true,max=2000"`
	Applicant  string `json:"applicant" validate:"required"` // slug

	PurposeSection
	PartiesSection
	LinesSection
	SupportSection
	FlowsSection
	TermSection
	Conditions []ConditionInput `json:"conditions" validate:"dive"`
}

// Sections are the sections in the order of the form.
func (a Application) Sections() []Section {
	return []Section{a.PurposeSection, a.PartiesSection, a.LinesSection, a.SupportSection, a.FlowsSection, a.TermSection}
}

// Section is the section of a step, or fault.NotFound.
func (a Application) Section(step string) (Section, error) {
	for _, section := range a.Sections() {
		if section.Step() == step {
			return section, nil
		}
	}
	return nil, fault.New(fault.NotFound, "An application has no step %q.", step)
}

// flow is the step of the data flows that an input says.
func (f FlowInput) flow(place int) terms.Flow {
	return terms.Flow{Number: cmp.Or(f.Number, place), State: f.State, From: f.From, FromNode: f.FromNode, Through: f.Through,
		ThroughNode: f.ThroughNode, To: f.To, ToNode: f.ToNode, Description: f.Description, Type: or(f.Type, terms.TypeNotRecorded),
		Identifiers: f.Identifiers, IdentifiersAs: f.IdentifiersAs, Basis: f.Basis, Route: or(f.Route, terms.RouteNotRecorded),
		Lines: f.Lines, Datasets: f.Datasets, OptOuts: f.OptOuts, Pseudonymised: f.Pseudonymised, StoppedOn: dateOf(f.StoppedOn),
		Why: f.Why, Footnotes: f.Footnotes}
}

// flowInput is a kept step as it would be sent.
func flowInput(f terms.Flow) FlowInput {
	return FlowInput{Number: f.Number, State: f.State, From: f.From, FromNode: f.FromNode, Through: f.Through,
		ThroughNode: f.ThroughNode, To: f.To, ToNode: f.ToNode, Description: f.Description, Type: f.Type,
		Identifiers: f.Identifiers, IdentifiersAs: f.IdentifiersAs, Basis: f.Basis, Route: f.Route,
		Lines: f.Lines, Datasets: f.Datasets, OptOuts: f.OptOuts, Pseudonymised: f.Pseudonymised, StoppedOn: dateOrNil(f.StoppedOn),
		Why: f.Why, Footnotes: f.Footnotes}
}

func dateOrNil(d terms.Date) *terms.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}
