package terms

// Place is where a party stores or processes data (DARS standard: every
// address is declared, also of one who only supplies a building or machines).
type Place struct {
	Use       string    `json:"use"` // storage, processing, or both
	Address   string    `json:"address"`
	Territory Territory `json:"territory"`
	Provider  string    `json:"provider,omitempty"` // who runs it, where that is not the party
}

// Accreditation is a dated standing of an organisation that a rule asks for.
type Accreditation struct {
	Code      string `json:"code"` // invoice_validation (Controlled Environment for Finance), risk_stratification, …
	Authority string `json:"authority"`
	Term      Period `json:"term"`
}

// The accreditations that rules ask for (governance §2, rule 10).
const (
	AccreditedInvoiceValidation  = "invoice_validation"
	AccreditedRiskStratification = "risk_stratification"
	AccreditedGP                 = "general_practice"
)

// Flow is one step of the data flows of a version: from, through, to.
type Flow struct {
	Number      int          `json:"number"`
	State       FlowState    `json:"state"`
	From        string       `json:"from"`
	FromNode    FlowNode     `json:"from_node"`
	Through     string       `json:"through,omitempty"`
	ThroughNode FlowNode     `json:"through_node,omitempty"`
	To          string       `json:"to"`
	ToNode      FlowNode     `json:"to_node"`
	Description string       `json:"description"`
	Type        TypeOfData   `json:"type"`
	Identifiers []Identifier `json:"identifiers"`
	// IdentifiersAs is listed, none, or to_be_confirmed: a source that says
	// "TBC" has not said "none".
	IdentifiersAs string   `json:"identifiers_as"`
	Basis         string   `json:"basis,omitempty"` // in words, as the source has it
	Route         Route    `json:"route"`
	Lines         []int    `json:"lines,omitempty"`    // dataset lines that travel here
	Datasets      []string `json:"datasets,omitempty"` // names of what travels without a line of its own
	OptOuts       bool     `json:"opt_outs"`           // applied in this step
	Pseudonymised bool     `json:"pseudonymised"`      // in this step
	StoppedOn     Date     `json:"stopped_on"`
	Why           string   `json:"why,omitempty"` // it stopped, or is proposed
	Footnotes     []string `json:"footnotes,omitempty"`
}

// Licence is an allocation of a system's licences to one holder, as planned
// and as used. Absent counts are "not recorded"; Words keeps what a source
// says instead of a number ("TBC", "1 per practice = 37").
type Licence struct {
	System       string      `json:"system"`
	Holder       string      `json:"holder"`
	Kind         LicenceKind `json:"kind"`
	Used         *int        `json:"used"`
	Planned      *int        `json:"planned"`
	PlannedWords string      `json:"planned_words,omitempty"`
	// OtherAccess names what else the holders can see that makes persons known
	// again, such as a council's own case files.
	OtherAccess string `json:"other_access,omitempty"`
}
