package gate

import (
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

	Version  Version           `json:"version"`
	Line     terms.DatasetLine `json:"line"`
	Granted  bool              `json:"granted"`            // the version has this line
	Fields   []Field           `json:"fields,omitempty"`   // the line's fields with their classes
	History  *History          `json:"history,omitempty"`  // of a historical case
	Siblings []Sibling         `json:"siblings,omitempty"` // the agreement's other lines

	Request   *Request   `json:"request,omitempty"`
	Approver  string     `json:"approver,omitempty"` // person id of who approves now or did
	Recipient *Recipient `json:"recipient,omitempty"`

	Parties    []Party     `json:"parties,omitempty"`
	Approvals  []Approval  `json:"approvals,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	Holds      []Hold      `json:"holds,omitempty"` // those not lifted

	OptOutList    *OptOutList   `json:"opt_out_list,omitempty"` // the list used, or about to be
	OptOutFresh   time.Duration `json:"opt_out_fresh,omitempty"`
	FirstDownload bool          `json:"first_download,omitempty"`
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

// Sibling is another line of the agreement, with the organisations that have
// received it or asked for it.
type Sibling struct {
	Number     int              `json:"number"`
	Type       terms.TypeOfData `json:"type"`
	OptOut     terms.OptOut     `json:"opt_out"`
	Segment    string           `json:"segment"`
	Recipients []string         `json:"recipients,omitempty"`
}

// Request is what is asked for of the line.
type Request struct {
	Columns    []Column       `json:"columns"`
	Period     terms.Period   `json:"period"`
	Population []terms.Filter `json:"population,omitempty"` // narrower than the line's
	Requester  string         `json:"requester"`            // person id
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
	Named        bool   `json:"named"`          // a recipient or controller in the version
	PersonID     string `json:"person_id"`      // at download
	Member       bool   `json:"member"`         // of the organisation, in the role recipient, now
	Keys         int    `json:"keys"`           // public keys on file, not revoked
	Acknowledged bool   `json:"acknowledged"`   // the purpose, at download
	FileExpired  bool   `json:"file_expired"`   // at download
	FileWithdraw bool   `json:"file_withdrawn"` // at download
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
}

// OptOutList is the list of objections used.
type OptOutList struct {
	AsOf   terms.Date `json:"as_of"`
	SHA256 string     `json:"sha256"`
}
