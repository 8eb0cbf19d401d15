package gate

import "data.release/registrar/release/terms"

// The parts of a Case that came with agreements in full. Each may be absent in
// a case stored before; what is absent is unknown.

// ICO is a controller's data protection fee, or why none is due.
type ICO struct {
	Number    string     `json:"number,omitempty"`
	To        terms.Date `json:"to,omitzero"`
	Exemption string     `json:"exemption,omitempty"` // exempt or overseas, in words
}

// Succeeded is the party that the version names, where another organisation
// follows it at this moment. The party itself then has the facts of who follows.
type Succeeded struct {
	Organisation string               `json:"organisation"`
	Kind         terms.SuccessionKind `json:"kind"`
	On           terms.Date           `json:"on"`
	Instrument   string               `json:"instrument,omitempty"`
	Nobody       bool                 `json:"nobody,omitempty"`       // dissolved: nobody follows
	CarriedOver  bool                 `json:"carried_over,omitempty"` // the contract is still the predecessor's
}

// Previous is the version that this one follows.
type Previous struct {
	Reference string     `json:"reference"`
	Ends      terms.Date `json:"ends"`
	Ended     bool       `json:"ended,omitempty"` // terminated or closed
}

// Successor is the later version of the same agreement that took the place of
// this one.
type Successor struct {
	Reference string     `json:"reference"`
	Starts    terms.Date `json:"starts"`
	Ends      terms.Date `json:"ends"`
	HasLine   bool       `json:"has_line"` // the same dataset and type of data, to the same recipient
}

// Review is one review of the version.
type Review struct {
	Route        terms.ReviewRoute `json:"route"`
	Outcome      string            `json:"outcome"` // recommended, deferred, not_recommended or returned
	Precedent    string            `json:"precedent,omitempty"`
	Checked      int               `json:"checked,omitempty"` // points of the precedent's checklist that were met
	ReviewDue    terms.Date        `json:"review_due,omitzero"`
	Reviewer     string            `json:"reviewer"`
	Directorates []string          `json:"directorates,omitempty"`
}

// Acting is who approves, as far as independence asks.
type Acting struct {
	SIRO         bool     `json:"siro,omitempty"`
	Directorates []string `json:"directorates,omitempty"`
}

// SubLicence is somebody to whom the recipient passes data on.
type SubLicence struct {
	To     string     `json:"to"`
	Starts terms.Date `json:"starts"`
	Ends   terms.Date `json:"ends"`
}

// Consent is what the people of the line's cohort agreed to, and which list of
// them is used.
type Consent struct {
	Materials   []ConsentMaterial `json:"materials,omitempty"`
	Cohort      *CohortList       `json:"cohort,omitempty"` // the list that the extract uses
	Withdrawals []Withdrawal      `json:"withdrawals,omitempty"`
}

// ConsentMaterial is a form or leaflet with the outcome of its review.
type ConsentMaterial struct {
	Title   string `json:"title"`
	Outcome string `json:"outcome"` // not_reviewed, compatible, compatible_with_notice, not_compatible
}

// CohortList is one version of the list of a cohort.
type CohortList struct {
	Name      string     `json:"name"`
	Number    int        `json:"number"`
	AsOf      terms.Date `json:"as_of"`
	DestroyBy terms.Date `json:"destroy_by,omitzero"`
}

// Withdrawal says that people took their consent back on a day.
type Withdrawal struct {
	On     terms.Date `json:"on"`
	People int        `json:"people"`
}

// Dependence is the agreement that must be live as long as this one's line is
// used.
type Dependence struct {
	Stem  string     `json:"stem"`
	Live  string     `json:"live,omitempty"` // reference of its version that is in force; empty: none is
	Ended terms.Date `json:"ended,omitzero"` // when the last one did
}

// Delivery is an earlier delivery of the line.
type Delivery struct {
	Extract string     `json:"extract"`
	On      terms.Date `json:"on"`
	To      string     `json:"to"`
}

// Submissions is what has been landed of the dataset that the line reads.
type Submissions struct {
	Landed []Landed `json:"landed,omitempty"`
}

// Landed is one supplier's feed for one period, as it stands.
type Landed struct {
	Supplier string       `json:"supplier"`
	Period   terms.Period `json:"period"`
}

// Overdue is data held after their agreement ended, with no destruction
// certified.
type Overdue struct {
	Reference string     `json:"reference"`
	Ended     terms.Date `json:"ended"`
	SameStem  bool       `json:"same_stem,omitempty"`
	OnHold    bool       `json:"on_hold,omitempty"`
	Holder    string     `json:"holder,omitempty"` // the controller in common
}

// Incident is one that has not been decided.
type Incident struct {
	Scope      string `json:"scope"`       // what it is about, in words
	HoldLifted bool   `json:"hold_lifted"` // two persons lifted the hold that it set
}

// Waiver is the SIRO's, of a policy rule, confirmed by a second person.
type Waiver struct {
	Rule   string       `json:"rule"`
	Line   int          `json:"line,omitempty"` // 0: every line
	Term   terms.Period `json:"term"`
	Reason string       `json:"reason"`
}

// Acceptance is one person's word that a warning is accepted as it stood.
type Acceptance struct {
	Rule     string `json:"rule"`
	Line     int    `json:"line"`
	Evidence string `json:"evidence"`
	Person   string `json:"person"`
}
