// Package worker is the one joint of pipeline and store: it claims a job, runs
// it, and records what came of it. It also makes plans for the use cases, which
// know nothing of dataset definitions.
package worker

import (
	"encoding/json"
	"fmt"
	"slices"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// Planner makes plans by extract/plan. It is a release.Planner, needs neither
// lake nor key, and so may stand in serve.
type Planner struct{}

// Definitions are the codes of all definitions.
func (Planner) Definitions() []string {
	all := definition.All()
	codes := make([]string, len(all))
	for i, d := range all {
		codes[i] = d.Code
	}
	return codes
}

// Dataset is the name of the dataset that a definition is of.
func (Planner) Dataset(code string) string {
	def, _ := definition.Get(code)
	return def.Name
}

// Fields are the fields of a definition with their classes.
func (Planner) Fields(code string) []gate.Field {
	def, ok := definition.Get(code)
	if !ok {
		return nil
	}
	fields := make([]gate.Field, len(def.Fields))
	for i, f := range def.Fields {
		fields[i] = gate.Field{Name: f.Name, Class: f.Class}
	}
	return fields
}

// Plan compiles a request.
func (Planner) Plan(r release.PlanRequest) (release.Planned, error) {
	def, ok := definition.Get(r.Definition)
	if !ok {
		return release.Planned{}, fault.New(fault.Invalid, "There is no dataset definition %q.", r.Definition)
	}
	agreement, err := terms.ParseReference(r.Reference)
	if err != nil {
		return release.Planned{}, err
	}
	line := r.Line
	line.Dataset = def.Code // the agreement's line names the dataset as the register does
	input := plan.Input{Agreement: agreement, Line: line, Definition: def, Request: planRequest(r.Asked), Snapshot: snapshot(def, r.Parts)}
	if r.OptOutList != nil {
		input.OptOuts = &plan.OptOutList{SHA256: r.OptOutList.SHA256, AsOf: r.OptOutList.AsOf}
	}
	compiled, reasons := plan.Compile(input)
	if len(reasons) > 0 {
		return release.Planned{}, fault.New(fault.Invalid, "Line %d cannot be planned as it is asked for", r.Line.Number).With(reasons...)
	}
	text, err := compiled.Canonical()
	if err != nil {
		return release.Planned{}, fmt.Errorf("writing the plan: %w", err)
	}
	digest, err := compiled.Digest()
	if err != nil {
		return release.Planned{}, fmt.Errorf("writing the plan: %w", err)
	}
	return release.Planned{JSON: json.RawMessage(text), SHA256: digest}, nil
}

func planRequest(asked release.LineRequest) plan.Request {
	request := plan.Request{Population: asked.Population, Format: plan.Format(asked.Format)}
	if request.Format == "" {
		request.Format = plan.CSV
	}
	if !asked.Period.From.IsZero() {
		request.Periods = []terms.Period{asked.Period}
	}
	for _, c := range asked.Columns {
		if c.Derivation == terms.PersonPseudonym {
			continue // stands in every pseudonymised output
		}
		request.Columns = append(request.Columns, plan.Wanted{Field: c.Field, Derivation: c.Derivation})
	}
	return request
}

// snapshot names the parts that a plan reads.
func snapshot(def definition.Definition, parts []release.Part) plan.Snapshot {
	activity, index := split(parts)
	s := plan.Snapshot{Parts: len(activity)}
	for _, p := range activity {
		s.Rows += p.Rows
	}
	if len(activity) > 0 {
		s.Activity = lake.Snapshot(activity)
	}
	// Without the person index nobody has been linked, nor would be known to object.
	if slices.ContainsFunc(index, func(p lake.Part) bool { return p.Dataset == release.PersonIndex }) {
		s.Index = lake.Snapshot(index)
	}
	return s
}

// split separates a dataset's activity parts from what says whose they are: its
// own identity parts and the person index.
func split(parts []release.Part) (activity, index []lake.Part) {
	for _, p := range parts {
		part := lake.Part{Area: p.Area, Dataset: p.Dataset, Site: p.Site, Supplier: p.Supplier, Period: p.Period, Key: p.Key, SHA256: p.SHA256, Rows: p.Rows}
		switch {
		case p.Area == lake.Identity:
			index = append(index, part)
		case p.Area == lake.Activity:
			activity = append(activity, part)
		}
	}
	lake.Sort(activity)
	lake.Sort(index)
	return activity, index
}
