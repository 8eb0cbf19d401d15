package gate

import (
	"slices"
	"time"

	"data.release/registrar/release/terms"
)

// Moment is when the gate is asked.
type Moment string

// The moments, in the order in which an extract meets them.
const (
	MomentApproval Moment = "approval" // of a version: its terms are about to be frozen
	MomentRequest  Moment = "request"  // an extract is asked for
	MomentStart    Moment = "start"    // its run is about to begin
	MomentRelease  Moment = "release"  // its files are about to be handed over
	MomentDownload Moment = "download" // a person asks for a file's content
)

// Moments lists them.
func Moments() []Moment { return slices.Clone(always) }

// Case is everything that a decision rests on, as values: it is stored with
// the decision as canonical JSON, and the decision can be replayed from it.
// What a Case leaves out is unknown, and an unknown fact that a rule needs
// refuses.
type Case struct {
	Moment Moment    `json:"moment"`
	At     time.Time `json:"at"`
	// Historical cases are rows of published registers: what they do not
	// record cannot be told, which is no violation.
	Historical bool `json:"historical,omitempty"`

	// Policy is the version of the rules under which it was first decided.
	Policy string `json:"policy,omitempty"`

	Version  Version           `json:"version"`
	Line     terms.DatasetLine `json:"line"`
	Granted  bool              `json:"granted"`            // the version has this line
	Fields   []Field           `json:"fields,omitempty"`   // the line's fields with their classes
	History  *History          `json:"history,omitempty"`  // of a historical case
	Siblings []Sibling         `json:"siblings,omitempty"` // the agreement's other lines

	Request   *Request   `json:"request,omitempty"`
	Approver  string     `json:"approver,omitempty"` // person id of who approves now or did
	Acting    *Acting    `json:"acting,omitempty"`   // what that person is
	Recipient *Recipient `json:"recipient,omitempty"`

	Parties    []Party     `json:"parties,omitempty"`
	Approvals  []Approval  `json:"approvals,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	Holds      []Hold      `json:"holds,omitempty"` // those not lifted

	OptOutList    *OptOutList   `json:"opt_out_list,omitempty"` // the list used, or about to be
	OptOutFresh   time.Duration `json:"opt_out_fresh,omitempty"`
	FirstDownload bool          `json:"first_download,omitempty"`

	Consent     *Consent        `json:"consent,omitempty"`    // what the line's cohort consented to
	DependsOn   *Dependence     `json:"depends_on,omitempty"` // the agreement that the line's lives with
	Flows       []terms.Flow    `json:"flows,omitempty"`
	Licences    []terms.Licence `json:"licences,omitempty"`
	Deliveries  []Delivery      `json:"deliveries,omitempty"` // of this line, made before
	Submissions *Submissions    `json:"submissions,omitempty"`
	Overdue     []Overdue       `json:"overdue,omitempty"` // destruction
	Incidents   []Incident      `json:"incidents,omitempty"`
	// HistoryKnown says that earlier deliveries, overdue destruction and
	// incidents were looked for: none found is not the same as not looked for.
	HistoryKnown bool `json:"history_known,omitempty"`

	Waivers  []Waiver     `json:"waivers,omitempty"`  // those confirmed and not revoked
	Accepted []Acceptance `json:"accepted,omitempty"` // warnings of this extract
}

// Version is what the gate sees of an agreement version.
type Version struct {
	Reference   string             `json:"reference"`
	State       terms.VersionState `json:"state"`
	Starts      terms.Date         `json:"starts"`
	Ends        terms.Date         `json:"ends"`
	Superseded  bool               `json:"superseded,omitempty"`
	Needed      []Signatory        `json:"needed,omitempty"` // who must sign
	Signed      []Signatory        `json:"signed,omitempty"` // who has, over the present terms
	WrittenBy   string             `json:"written_by,omitempty"`
	SubmittedBy string             `json:"submitted_by,omitempty"`

	Kind            terms.VersionKind    `json:"kind,omitempty"`
	Applicant       string               `json:"applicant,omitempty"`   // slug
	Directorate     string               `json:"directorate,omitempty"` // the applying one, of the discloser
	Territory       terms.Territory      `json:"territory,omitempty"`
	Controllership  terms.Controllership `json:"controllership,omitempty"`
	Article26       bool                 `json:"article26,omitempty"` // the joint controllers' arrangement is on record
	Interest        bool                 `json:"legitimate_interest,omitempty"`
	Commercial      *bool                `json:"commercial,omitempty"`
	Sublicensing    *bool                `json:"sublicensing,omitempty"`
	SublicenceTerms bool                 `json:"sublicence_terms,omitempty"`
	SubLicences     []SubLicence         `json:"sub_licences,omitempty"`
	Ethics          string               `json:"ethics,omitempty"`
	Issued          terms.Date           `json:"issued,omitzero"`
	Previous        *Previous            `json:"previous,omitempty"`       // the version that it follows
	Successor       *Successor           `json:"successor,omitempty"`      // the version that took its place
	Reviews         []Review             `json:"reviews,omitempty"`        // oldest first
	AgainstAdvice   bool                 `json:"against_advice,omitempty"` // the SIRO's reason is on record
}

// Signatory is an organisation in the capacity in which it signs.
type Signatory struct {
	Organisation string `json:"organisation"`
	Capacity     string `json:"capacity"` // controller or discloser
}

// Field is a field of the dataset with its class.
type Field struct {
	Name  string           `json:"name"`
	Class terms.FieldClass `json:"class"`
}

// History is what a row of a published register says beside its line.
type History struct {
	BasisRoutes  []terms.Route `json:"basis_routes,omitempty"` // routes that stand in the legal-basis cell
	Routes       []terms.Route `json:"routes,omitempty"`       // the agreement's, from the common-law cell
	Organisation string        `json:"organisation"`
}

// Sibling is another line of the agreement, or of another live agreement of the
// same controller, with the organisations that have
// received it or asked for it.
type Sibling struct {
	Number     int              `json:"number"`
	Type       terms.TypeOfData `json:"type"`
	OptOut     terms.OptOut     `json:"opt_out"`
	Segment    string           `json:"segment"`
	Recipients []string         `json:"recipients,omitempty"`

	Reference string `json:"reference,omitempty"` // of its version, where that is another
	Stem      string `json:"stem,omitempty"`      // of its agreement, where that is another
	Dataset   string `json:"dataset,omitempty"`
}

// Request is what is asked for of the line.
type Request struct {
	Columns    []Column       `json:"columns"`
	Period     terms.Period   `json:"period"`
	Population []terms.Filter `json:"population,omitempty"`  // narrower than the line's
	CohortList int            `json:"cohort_list,omitempty"` // number of the list of the line's cohort that the plan limits rows to; 0: none
	Requester  string         `json:"requester"`             // person id
}

// Column is a column asked for, with the field that it is made from.
type Column struct {
	Name       string           `json:"name"`
	Field      string           `json:"field"`
	Derivation terms.Derivation `json:"derivation"`
}

// Recipient is who gets the files.
type Recipient struct {
	Organisation string `json:"organisation"`
	Named        bool   `json:"named"`                  // a recipient or controller in the version
	PersonID     string `json:"person_id"`              // at download
	Member       bool   `json:"member"`                 // of the organisation, in the role recipient, now
	Keys         int    `json:"keys"`                   // public keys on file, not revoked
	RevokedKeys  int    `json:"revoked_keys,omitempty"` // keys that the files were encrypted to and that are revoked, at release and download
	// AlsoFor is another organisation as whose recipient the person has downloaded
	// files of this agreement, where its lines are identifiable and not, at download.
	AlsoFor      string `json:"also_for,omitempty"`
	Acknowledged bool   `json:"acknowledged"`   // the purpose, at download
	FileExpired  bool   `json:"file_expired"`   // at download
	FileWithdraw bool   `json:"file_withdrawn"` // at download

	Basis        terms.EmploymentBasis `json:"basis,omitempty"` // on which the person belongs, at download
	Contract     string                `json:"contract,omitempty"`
	ContractEnds terms.Date            `json:"contract_ends,omitzero"`
}

// Party is a controller or processor of the version.
type Party struct {
	Organisation string          `json:"organisation"`
	Role         terms.PartyRole `json:"role"`
	Kind         string          `json:"kind,omitempty"`
	Placeholder  bool            `json:"placeholder,omitempty"`
	Contract     string          `json:"contract,omitempty"`
	ContractTerm terms.Period    `json:"contract_term"`
	Assurance    Assurance       `json:"assurance"`

	Slug               string                `json:"slug,omitempty"`
	Places             []terms.Place         `json:"places,omitempty"`
	ProcessingContract string                `json:"processing_contract,omitempty"`
	HoldsIdentifiers   string                `json:"holds_identifiers,omitempty"`
	ICO                ICO                   `json:"ico,omitzero"`
	Accreditations     []terms.Accreditation `json:"accreditations,omitempty"`
	Succeeded          *Succeeded            `json:"succeeded,omitempty"` // the party that the version names, where another follows it
}

// Assurance is a party's security assurance.
type Assurance struct {
	Kind     string     `json:"kind,omitempty"`   // DSPT, ISO 27001, SLSP
	Status   string     `json:"status,omitempty"` // Standards Met, Standards Exceeded, Approaching Standards
	To       terms.Date `json:"to"`
	Reviewed bool       `json:"reviewed,omitempty"`
}

// Approval is another body's decision, such as section 251 support.
type Approval struct {
	Reference    string     `json:"reference"`
	Datasets     []string   `json:"datasets"`
	Flows        []string   `json:"flows"`
	OptOutsApply bool       `json:"opt_outs_apply"`
	Starts       terms.Date `json:"starts"`
	Ends         terms.Date `json:"ends"`

	Regulation   string          `json:"regulation,omitempty"`
	Controllers  []string        `json:"controllers,omitempty"` // slugs; none: all of the version
	Processors   []string        `json:"processors,omitempty"`
	Identifiers  []string        `json:"identifiers,omitempty"`
	Ethics       string          `json:"ethics,omitempty"`
	AnnualReview terms.Date      `json:"annual_review,omitzero"` // due
	Territory    terms.Territory `json:"territory,omitempty"`
}

// Condition is a special condition of the version.
type Condition struct {
	Kind string     `json:"kind"` // precedent or continuing
	Code string     `json:"code,omitempty"`
	Text string     `json:"text"`
	Met  bool       `json:"met"`
	Due  terms.Date `json:"due"`
}

// Hold is a hold that has not been lifted.
type Hold struct {
	Reason string `json:"reason"`
	On     string `json:"on,omitempty"` // what it is on, in words
}

// OptOutList is the list of objections used.
type OptOutList struct {
	AsOf   terms.Date `json:"as_of"`
	SHA256 string     `json:"sha256"`
}
