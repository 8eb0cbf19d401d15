package terms

// Version is the whole of one version's terms: what the completeness check
// reads, what two versions are compared by, and what approval freezes and
// signatories sign. Its canonical JSON is kept, so it never loses a member.
type Version struct {
	Reference   string      `json:"reference"`
	Applicant   string      `json:"applicant"` // slug
	Kind        VersionKind `json:"kind"`
	Directorate string      `json:"directorate,omitempty"`

	Title             string `json:"title"`
	Objective         string `json:"objective"`
	Processing        string `json:"processing"`
	Outputs           string `json:"outputs"`
	Benefits          string `json:"benefits"`
	YieldedBenefits   string `json:"yielded_benefits"`
	Commercial        *bool  `json:"commercial"`
	CommercialPurpose string `json:"commercial_purpose,omitempty"`
	Funder            string `json:"funder,omitempty"`

	Controllership Controllership `json:"controllership"`
	Article26      string         `json:"article26,omitempty"`
	Sites          []string       `json:"sites"`
	Parties        []VersionParty `json:"parties"`

	Lines []DatasetLine `json:"lines"`

	Approvals          []VersionApproval `json:"approvals"`
	ConsentMaterials   []ConsentMaterial `json:"consent_materials,omitempty"`
	Sublicensing       *bool             `json:"sublicensing"`
	SublicensingTerms  string            `json:"sublicensing_terms,omitempty"`
	SubLicences        []SubLicence      `json:"sub_licences,omitempty"`
	LegitimateInterest string            `json:"legitimate_interest,omitempty"`
	DPIAReference      string            `json:"dpia_reference,omitempty"`
	EthicsReference    string            `json:"ethics_reference,omitempty"`
	PrivacyNotice      string            `json:"privacy_notice,omitempty"`

	Flows    []Flow    `json:"flows,omitempty"`
	Licences []Licence `json:"licences,omitempty"`

	Starts    Date      `json:"starts"`
	Ends      Date      `json:"ends"`
	Territory Territory `json:"territory"`
	Retention string    `json:"retention,omitempty"`

	Conditions []VersionCondition `json:"conditions"`
}

// VersionParty is an organisation in a version.
type VersionParty struct {
	Organisation string    `json:"organisation"` // slug
	Name         string    `json:"name"`
	Role         PartyRole `json:"role"`
	Places       []Place   `json:"places"`

	ProcessingContract string `json:"processing_contract,omitempty"`
	HoldsIdentifiers   string `json:"holds_identifiers,omitempty"`
}

// VersionApproval is another body's decision.
type VersionApproval struct {
	Reference     string   `json:"reference"`
	DecisionMaker string   `json:"decision_maker"`
	Regulation    string   `json:"regulation"`
	Datasets      []string `json:"datasets"`
	Flows         []string `json:"flows"`
	Identifiers   []string `json:"identifiers"`
	OptOutsApply  bool     `json:"opt_outs_apply"`
	Starts        Date     `json:"starts"`
	Ends          Date     `json:"ends"`

	Scope           string    `json:"scope,omitempty"`
	Conditions      string    `json:"conditions,omitempty"`
	Controllers     []string  `json:"controllers,omitempty"`
	Processors      []string  `json:"processors,omitempty"`
	EthicsReference string    `json:"ethics_reference,omitempty"`
	AnnualReview    Date      `json:"annual_review"`
	Territory       Territory `json:"territory"`
}

// ConsentMaterial is a form or leaflet by which a cohort consented.
type ConsentMaterial struct {
	Title       string `json:"title"`
	FormVersion string `json:"form_version"`
	Cohort      string `json:"cohort"`
	UsedFrom    Date   `json:"used_from"`
	UsedTo      Date   `json:"used_to"`
	Outcome     string `json:"outcome"`
	ReviewedOn  Date   `json:"reviewed_on"`
	Finding     string `json:"finding"`
}

// SubLicence is somebody to whom the recipient passes data on.
type SubLicence struct {
	SubLicensee string `json:"sub_licensee"`
	Purpose     string `json:"purpose"`
	Starts      Date   `json:"starts"`
	Ends        Date   `json:"ends"`
}

// VersionCondition is a special condition.
type VersionCondition struct {
	Kind     string   `json:"kind"`
	Code     string   `json:"code"`
	Text     string   `json:"text"`
	Due      Date     `json:"due"`
	DueWords string   `json:"due_words,omitempty"`
	Owners   []string `json:"owners,omitempty"`
}
