package terms

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
)

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

// What IdentifiersAs may say.
const (
	IdentifiersListed        = "listed"
	IdentifiersNone          = "none"
	IdentifiersToBeConfirmed = "to_be_confirmed"
)

// Problems is everything that is wrong with the step as it is written, with
// fields as the JSON has them ("from", "identifiers[0]").
func (f Flow) Problems() []fault.Reason {
	var wrong []fault.Reason
	add := func(code, field, format string, args ...any) {
		wrong = append(wrong, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(f.From) == "" {
		add("flow-from", "from", "say where the data come from")
	}
	if strings.TrimSpace(f.To) == "" {
		add("flow-to", "to", "say where the data go")
	}
	if strings.TrimSpace(f.Description) == "" {
		add("flow-description", "description", "say in words what travels")
	}
	for _, c := range []struct {
		field, value string
		known        bool
	}{
		{"state", string(f.State), f.State.Known()}, {"from_node", string(f.FromNode), f.FromNode.Known()},
		{"to_node", string(f.ToNode), f.ToNode.Known()}, {"type", string(f.Type), f.Type.Known()}, {"route", string(f.Route), f.Route.Known()},
	} {
		if !c.known {
			add("code-unknown", c.field, "%q is not in the list", c.value)
		}
	}
	switch named := strings.TrimSpace(f.Through) != ""; {
	case named && !f.ThroughNode.Known():
		add("code-unknown", "through_node", "%q is not in the list", f.ThroughNode)
	case !named && f.ThroughNode != "":
		add("flow-through", "through", "name the place that the data go through, or leave its kind out")
	}
	wrong = append(wrong, f.identifierProblems()...)
	if f.StoppedOn != (Date{}) && f.State != FlowStopped && f.State != FlowPrevious {
		add("flow-stopped", "stopped_on", "a flow that is %s has not stopped", strings.ToLower(f.State.Label()))
	}
	if f.State == FlowStopped && strings.TrimSpace(f.Why) == "" {
		add("flow-why", "why", "say why it stopped")
	}
	if f.State == FlowCurrent && f.Route == RouteNotRecorded && f.Type == Identifiable && strings.TrimSpace(f.Basis) == "" {
		add("flow-basis", "basis", "identifiable data flow here: say on what basis")
	}
	if f.Pseudonymised && f.Type == Identifiable {
		add("flow-pseudonymised", "type", "data that are pseudonymised in this step do not leave it identifiable")
	}
	seen := map[int]bool{}
	for i, line := range f.Lines {
		if line < 1 || seen[line] {
			add("flow-line", fmt.Sprintf("lines[%d]", i), "%d is no number of a dataset line, or stands here twice", line)
		}
		seen[line] = true
	}
	return wrong
}

func (f Flow) identifierProblems() []fault.Reason {
	var wrong []fault.Reason
	add := func(field, format string, args ...any) {
		wrong = append(wrong, fault.Reason{Code: "flow-identifiers", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case f.IdentifiersAs != IdentifiersListed && f.IdentifiersAs != IdentifiersNone && f.IdentifiersAs != IdentifiersToBeConfirmed:
		add("identifiers_as", "say whether the identifiers are listed, none, or still to be confirmed")
	case f.IdentifiersAs == IdentifiersListed && len(f.Identifiers) == 0:
		add("identifiers", "list the identifiers, or say that there are none")
	case f.IdentifiersAs == IdentifiersNone && len(f.Identifiers) > 0:
		add("identifiers_as", "identifiers are listed, so it is not none")
	case f.IdentifiersAs == IdentifiersNone && f.Type == Identifiable:
		add("identifiers_as", "identifiable data have identifiers")
	}
	for i, c := range f.Identifiers {
		switch {
		case !c.Known():
			add(fmt.Sprintf("identifiers[%d]", i), "%q is not in the list", c)
		case slices.Contains(f.Identifiers[:i], c):
			add(fmt.Sprintf("identifiers[%d]", i), "%s stands here twice", c.Label())
		}
	}
	return wrong
}

// Problems is everything that is wrong with the allocation as it is written.
func (l Licence) Problems() []fault.Reason {
	var wrong []fault.Reason
	add := func(code, field, format string, args ...any) {
		wrong = append(wrong, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(l.System) == "" {
		add("licence-system", "system", "name the system")
	}
	if strings.TrimSpace(l.Holder) == "" {
		add("licence-holder", "holder", "name who holds the licences")
	}
	if !l.Kind.Known() {
		add("code-unknown", "kind", "%q is not in the list", l.Kind)
	}
	for _, n := range []struct {
		field string
		count *int
	}{{"used", l.Used}, {"planned", l.Planned}} {
		if n.count != nil && *n.count < 0 {
			add("licence-count", n.field, "cannot be less than none")
		}
	}
	return wrong
}
