// Package completeness says what an application lacks before it can be
// submitted: every gap at once, each with the step of the form, the path of
// the answer, and the DARS standard that asks for it. What an answer allows is
// the gate's to say; here it is only whether it was given.
package completeness

import (
	"fmt"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Gap is one answer that is missing, or that another answer asks for.
type Gap struct {
	Step     string `json:"step"`
	Field    string `json:"field"` // path, such as lines[0].power
	Code     string `json:"code"`
	Message  string `json:"message"`
	Standard string `json:"standard"`
}

// Reason is the gap as a reason of a refusal.
func (g Gap) Reason() fault.Reason {
	return fault.Reason{Code: g.Code, Field: g.Field, Message: g.Message + " (" + g.Standard + ")"}
}

// Organisation is what is recorded of a party beside the terms.
type Organisation struct {
	Name        string
	Placeholder bool   // stands for somebody whom a source does not name
	Assurance   string // DSPT, ISO 27001 or SLSP; empty: none recorded
	// Unproven are people with an honorary contract of which no reference or
	// end is recorded.
	Unproven int
}

// Facts is what completeness is judged by.
type Facts struct {
	Terms         terms.Version
	Organisations map[string]Organisation // by slug
}

// Check gives every gap, in the order of the form; none means that the
// application can be submitted. It is a pure function: the same facts have the
// same gaps.
func Check(f Facts) []Gap {
	c := &check{facts: f, v: f.Terms}
	c.purpose()
	c.parties()
	for i := range c.v.Lines {
		c.line(i)
	}
	if len(c.v.Lines) == 0 {
		c.gap("lines", "lines", "lines", DataMinimisation, "name at least one dataset")
	}
	c.support()
	c.flows()
	c.term()
	return c.gaps
}

type check struct {
	facts Facts
	v     terms.Version
	gaps  []Gap
}

func (c *check) gap(step, field, code, standard, format string, args ...any) {
	c.gaps = append(c.gaps, Gap{Step: step, Field: field, Code: code, Standard: standard, Message: fmt.Sprintf(format, args...)})
}

// need asks for a text.
func (c *check) need(step, field, text, standard, message string) {
	if strings.TrimSpace(text) == "" {
		c.gap(step, field, "missing", standard, "%s", message)
	}
}

// recordLevel says that some line has a row per event or person.
func (c *check) recordLevel() bool {
	for _, l := range c.v.Lines {
		if l.RecordLevel() {
			return true
		}
	}
	return false
}

func (c *check) purpose() {
	const step = "purpose"
	v := c.v
	c.need(step, "title", v.Title, Objective, "give it a title")
	c.need(step, "objective", v.Objective, Objective, "say what the data are for")
	c.need(step, "processing", v.Processing, Processing, "say what is done with the data, by whom and where")
	c.need(step, "outputs", v.Outputs, Outcomes, "say what comes out of it, and when")
	c.need(step, "benefits", v.Benefits, Benefits, "say who benefits, how much and by when")
	if v.Kind == terms.VersionRenewal || v.Kind == terms.VersionExtension {
		c.need(step, "yieldedBenefits", v.YieldedBenefits, Benefits, "say what it has yielded so far, or why nothing yet")
	}
	switch {
	case v.Commercial == nil:
		c.gap(step, "commercial", "missing", Commercial, "say whether there is a commercial purpose")
	case *v.Commercial:
		c.need(step, "commercialPurpose", v.CommercialPurpose, Commercial, "say what the commercial purpose is, and how health or care gains by it")
	}
	if named := c.scheduled(); len(named) > 0 && !strings.Contains(terms.Fold(v.Objective+" "+v.Processing), "schedule 1") {
		c.gap(step, "objective", "schedule-1", Objective, "a line names Article %s: say in the objective or the processing which condition of DPA 2018 Schedule 1 is met",
			strings.Join(named, " and "))
	}
}

// scheduled are the named conditions of Article 9 that need one of DPA 2018
// Schedule 1 too (s10 and s11 of the Act).
func (c *check) scheduled() (named []string) {
	for _, condition := range []string{"9(2)(b)", "9(2)(g)", "9(2)(h)", "9(2)(i)", "9(2)(j)"} {
		for _, l := range c.v.Lines {
			if names(l.Article9, condition) {
				named = append(named, condition)
				break
			}
		}
	}
	return named
}

// names says whether a list names a condition, however it spells it.
func names(list []string, condition string) bool {
	for _, raw := range list {
		if strings.Contains(strings.ReplaceAll(terms.Fold(raw), " ", ""), condition) {
			return true
		}
	}
	return false
}

func (c *check) flows() {
	for i, f := range c.v.Flows {
		field := fmt.Sprintf("flows[%d]", i)
		if f.IdentifiersAs == "to_be_confirmed" && f.State != terms.FlowPrevious && f.State != terms.FlowStopped {
			c.gap("flows", field+".identifiersAs", "identifiers", DataMinimisation, "say which identifiers travel in step %d", f.Number)
		}
		for _, problem := range f.Problems() {
			c.gap("flows", field+"."+asSent(problem.Field), problem.Code, Processing, "step %d: %s", f.Number, problem.Message)
		}
		for _, line := range f.Lines {
			if line > len(c.v.Lines) {
				c.gap("flows", field+".lines", "line", Processing, "step %d names line %d, and there is none", f.Number, line)
			}
		}
	}
}

// asSent is a field of the kept terms as the form names it: stopped_on is
// stoppedOn.
func asSent(field string) string {
	parts := strings.Split(field, "_")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, "")
}

func (c *check) term() {
	const step = "term"
	if c.v.Starts.IsZero() {
		c.gap(step, "starts", "missing", Term, "say when it starts")
	}
	if c.v.Ends.IsZero() {
		c.gap(step, "ends", "missing", Term, "say when it ends")
	}
	if c.v.Territory == "" || c.v.Territory == terms.TerritoryNotRecorded {
		c.gap(step, "territory", "missing", Territory, "say in which territory the data are used")
	}
	c.need(step, "retention", c.v.Retention, Term, "say what is kept after the term and why, or that all is destroyed")
}
