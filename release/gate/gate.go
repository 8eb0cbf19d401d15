// Package gate decides whether data may leave. [Evaluate] is pure and total:
// every rule that runs at the moment is evaluated, every finding is returned,
// and what cannot be decided refuses.
//
// The law and policy that the rules rest on are named with each rule.
package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Class says who can waive a rule.
type Class string

// The classes.
const (
	Law    Class = "law"    // never waived
	Policy Class = "policy" // waived by the SIRO only, recorded and counted publicly
	Advice Class = "advice" // warns; accepted by name
)

// Outcome is what a rule found.
type Outcome string

// The outcomes. CannotTell is for history only: over a new case what cannot be
// told refuses.
const (
	Pass          Outcome = "pass"
	Refuse        Outcome = "refuse"
	Warn          Outcome = "warn"
	NotApplicable Outcome = "not_applicable"
	CannotTell    Outcome = "cannot_tell"
	Waived        Outcome = "waived" // refuses, and the SIRO has waived the policy rule
)

// Label is the outcome in words.
func (o Outcome) Label() string { return strings.ReplaceAll(string(o), "_", " ") }

// Finding is what one rule says of a case.
type Finding struct {
	Rule      string  `json:"rule"`
	Title     string  `json:"title"`
	Class     Class   `json:"class"`
	Outcome   Outcome `json:"outcome"`
	Evidence  string  `json:"evidence"`  // in words, with the facts it rests on
	Authority string  `json:"authority"` // the Act, regulation or policy
	Field     string  `json:"field,omitempty"`
	// Remedy is what would have to change, of a finding that stops or warns.
	// Findings stored before it was added have none.
	Remedy string `json:"remedy,omitempty"`
}

// Same says that two findings say the same: the words of help that go with
// them may have been bettered since.
func (f Finding) Same(other Finding) bool {
	f.Remedy, other.Remedy = "", ""
	return f == other
}

// Decision is every finding over a case.
type Decision struct {
	Moment       Moment    `json:"moment"`
	At           time.Time `json:"at"`
	Allowed      bool      `json:"allowed"`
	Historical   bool      `json:"historical,omitempty"` // over a published row: its cells, not its lawfulness
	Findings     []Finding `json:"findings"`
	PolicyDigest string    `json:"policy_sha256"` // of the rule table that decided
}

// Rule is one rule of the table.
type Rule struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Class     Class      `json:"class"`
	From      terms.Date `json:"from"` // dates of validity; replay uses the rules of the row's month
	To        terms.Date `json:"to"`
	Moments   []Moment   `json:"moments"`
	History   bool       `json:"history"` // also asked of rows of published registers
	Authority string     `json:"authority"`
	Remedy    string     `json:"remedy"` // what would have to change
	check     func(Case) finding
	over      func(Case, []Finding) finding // of a rule about what the others found
}

// finding is what a check returns.
type finding struct {
	outcome  Outcome
	evidence string
	field    string
}

func pass(format string, args ...any) finding { return finding{Pass, fmt.Sprintf(format, args...), ""} }
func warn(format string, args ...any) finding { return finding{Warn, fmt.Sprintf(format, args...), ""} }
func refuse(field, format string, args ...any) finding {
	return finding{Refuse, fmt.Sprintf(format, args...), field}
}

func notApplicable(format string, args ...any) finding {
	return finding{NotApplicable, fmt.Sprintf(format, args...), ""}
}

// unknown refuses a new case and leaves a historical one undecided.
func unknown(c Case, field, format string, args ...any) finding {
	if c.Historical {
		return finding{CannotTell, fmt.Sprintf(format, args...), field}
	}
	return refuse(field, format, args...)
}

// Evaluate asks every rule that holds on the case's day and runs at its
// moment. It is total: a rule that panics refuses, and a case to which no rule
// applies is refused. A refusal of a policy rule that the SIRO has waived is
// shown as waived; law is never waived.
func Evaluate(c Case) Decision {
	d := Decision{Moment: c.Moment, At: c.At, Historical: c.Historical, PolicyDigest: policyDigest}
	day := terms.Today(c.At)
	refused := false
	for _, rule := range rules {
		if !rule.runs(c, day) {
			continue
		}
		f := rule.ask(c, d.Findings)
		if f.outcome == Refuse {
			f = waived(c, rule, f, day)
		}
		found := Finding{Rule: rule.ID, Title: rule.Title, Class: rule.Class,
			Outcome: f.outcome, Evidence: f.evidence, Authority: rule.Authority, Field: f.field}
		if f.outcome != Pass && f.outcome != NotApplicable {
			found.Remedy = rule.Remedy
		}
		d.Findings = append(d.Findings, found)
		refused = refused || f.outcome == Refuse
	}
	if len(d.Findings) == 0 {
		d.Findings = []Finding{noRule(c)}
		return d
	}
	d.Allowed = !refused
	return d
}

// noRule is the one finding where the table is silent: before its rules
// began, or at a moment that is none.
func noRule(c Case) Finding {
	f := unknown(c, "", "no rule holds on %s at the moment %q", terms.Today(c.At).Words(), c.Moment)
	return Finding{Rule: "no-rule", Title: "A rule allows it", Class: Law, Outcome: f.outcome, Evidence: f.evidence, Authority: "default refuse"}
}

func (r Rule) runs(c Case, day terms.Date) bool {
	if !(terms.Period{From: r.From, To: r.To}).Contains(day) {
		return false
	}
	if c.Historical {
		return r.History
	}
	return slices.Contains(r.Moments, c.Moment)
}

func (r Rule) ask(c Case, before []Finding) (f finding) {
	defer func() {
		if problem := recover(); problem != nil {
			f = refuse("", "the rule could not be decided; tell the operator (rule %s)", r.ID)
		}
	}()
	if r.over != nil {
		return r.over(c, before)
	}
	return r.check(c)
}

// waived turns the refusal of a policy rule into what it is under a waiver of
// the SIRO.
func waived(c Case, rule Rule, f finding, day terms.Date) finding {
	if rule.Class != Policy || c.Historical {
		return f
	}
	for _, w := range c.Waivers {
		if w.Rule == rule.ID && (w.Line == 0 || w.Line == c.Line.Number) && inTerm(w.Term, day) {
			f.outcome = Waived
			f.evidence += fmt.Sprintf("; waived by the SIRO from %s to %s: %s", w.Term.From.Words(), w.Term.To.Words(), w.Reason)
			return f
		}
	}
	return f
}

// inTerm says that a term with both its dates contains the day: without both
// nobody can tell that it does.
func inTerm(p terms.Period, day terms.Date) bool {
	return !p.From.IsZero() && !p.To.IsZero() && p.Contains(day)
}

// Refusals are the findings that refuse.
func (d Decision) Refusals() []Finding { return d.with(Refuse) }

// Warnings are the findings that warn.
func (d Decision) Warnings() []Finding { return d.with(Warn) }

func (d Decision) with(outcome Outcome) []Finding {
	var found []Finding
	for _, f := range d.Findings {
		if f.Outcome == outcome {
			found = append(found, f)
		}
	}
	return found
}

// Explain is the decision in words, a line per finding: what refuses first,
// then what is waived, warns or cannot be told, then what passes. Rules that do not apply
// are left out. Over history a refusal only says that cells contradict each
// other.
func (d Decision) Explain() []string {
	refused := "Refused"
	if d.Historical {
		refused = "These cells contradict each other"
	}
	words := []struct {
		outcome Outcome
		word    string
	}{{Refuse, refused}, {Waived, "Waived"}, {Warn, "Warning"}, {CannotTell, "Cannot tell"}, {Pass, "Passed"}}
	var lines []string
	for _, w := range words {
		for _, f := range d.with(w.outcome) {
			line := fmt.Sprintf("%s: %s (%s, %s): %s. Authority: %s.", w.word, f.Title, f.Rule, f.Class, f.Evidence, f.Authority)
			if f.Remedy != "" && !d.Historical {
				line += " What would have to change: " + f.Remedy + "."
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// Reasons are the refusals as reasons of an error.
func (d Decision) Reasons() []fault.Reason {
	var reasons []fault.Reason
	for _, f := range d.Refusals() {
		reasons = append(reasons, fault.Reason{Code: f.Rule, Field: f.Field, Message: f.Title + ": " + f.Evidence})
	}
	return reasons
}

// Replay decides a stored case again, by the rules of today's table that held
// on its day.
func Replay(stored []byte) (Decision, error) {
	var c Case
	if err := json.Unmarshal(stored, &c); err != nil {
		return Decision{}, fmt.Errorf("reading a stored case: %w", err)
	}
	return Evaluate(c), nil
}

// Rules is the table, for documentation and audit.
func Rules() []Rule { return slices.Clone(rules) }
