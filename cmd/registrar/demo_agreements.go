package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// southend is what the draft report of January 2014 says in prose; its tables
// stand in testdata/seeds-003.
//
//go:embed scenario/southend.json
var southend []byte

// The organisations that the draft report names, beside NHS Digital.
const (
	council   = "Southend-on-Sea Borough Council"
	southCCG  = "NHS Southend CCG"
	essexCSU  = "NHS Central Eastern CSU"
	processor = "PI Benchmark"
)

// runCases adds what the team has on its desks beside the main job: an enquiry,
// an amendment in draft, and an incident that turned out to be none.
func (d *demo) runCases(ctx context.Context) error {
	for _, step := range []func(context.Context) error{d.enquire, d.amend, d.suspect} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.chain.Cases = true
	return d.keep()
}

// flowsOf reads flows and licences from testdata.
func (d *demo) flowsOf(seed string) (release.FlowsSection, error) {
	var read struct {
		Flows    []terms.Flow    `json:"flows"`
		Licences []terms.Licence `json:"licences"`
	}
	err := d.testdata(&read, seed, "flows.json")
	return release.FlowsSectionOf(read.Flows, read.Licences), err
}

func (d *demo) testdata(out any, path ...string) error {
	name := filepath.Join(append([]string{d.TestData}, path...)...)
	text, err := os.ReadFile(name)
	if err != nil {
		return fault.New(fault.Invalid, "%s cannot be read; run the demonstration in the repository, or give --testdata.", name).Because(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// variables is an input as the API takes it: what is empty is left out.
func variables(input any) (map[string]any, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("writing an input: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("writing an input: %w", err)
	}
	strip(out)
	return out, nil
}

func strip(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if list, ok := inner.([]any); inner == nil || inner == "" || ok && len(list) == 0 {
				delete(value, key)
			}
			strip(inner)
		}
	case []any:
		for _, inner := range value {
			strip(inner)
		}
	}
}

// save saves steps of a draft that nobody has saved before.
func (d *demo) save(ctx context.Context, user, version string, sections ...release.Section) error {
	for _, section := range sections {
		input, err := variables(section)
		if err != nil {
			return err
		}
		step := strings.ToUpper(section.Step()[:1]) + section.Step()[1:]
		_, err = do[int](ctx, d.caller, user, "mutation($v: UUID!, $s: "+step+"Input!) { save"+step+"(version: $v, revision: 0, section: $s) }",
			map[string]any{"v": version, "s": input})
		if err != nil {
			return err
		}
	}
	return nil
}

// enquire writes the Southend report down as an enquiry, with its two tables of
// flows, its licences and its actions as they stand.
func (d *demo) enquire(ctx context.Context) error {
	const named = "named by a draft report of January 2014; contract and assurance not recorded"
	for _, o := range [][2]string{{council, "Local Authority"}, {southCCG, "CCG"}, {essexCSU, "CSU"}, {processor, "Supplier (IT)"}} {
		if err := d.recordOrganisation(ctx, release.OrganisationFacts{Name: o[0], Kind: o[1], Provenance: named}); err != nil {
			return err
		}
	}
	var purpose release.PurposeSection
	if err := json.Unmarshal(southend, &purpose); err != nil {
		return fmt.Errorf("reading the scenario: %w", err)
	}
	parties := release.PartiesSection{Controllership: terms.ControllershipUnresolved, Parties: []release.PartyInput{
		{Organisation: register.Slug(council), Role: terms.Controller}, {Organisation: register.Slug(southCCG), Role: terms.Controller},
		{Organisation: register.Slug(essexCSU), Role: terms.Controller}, {Organisation: register.Slug(processor), Role: terms.Processor}}}
	flows, err := d.flowsOf("seeds-003")
	if err != nil {
		return err
	}
	id, err := do[string](ctx, d.caller, "ada", `mutation($input: StartInput!) { startApplication(input: $input) }`,
		map[string]any{"input": map[string]any{"applicant": register.Slug(council), "title": purpose.Title, "enquiry": true}})
	if err != nil {
		return err
	}
	if err := d.save(ctx, "ada", id, purpose, parties, flows); err != nil {
		return err
	}
	var table struct {
		Actions []map[string]any `json:"actions"`
	}
	if err := d.testdata(&table, "seeds-003", "actions.json"); err != nil {
		return err
	}
	for _, action := range table.Actions {
		_, err := do[string](ctx, d.caller, "ada", `mutation($v: UUID!, $input: ConditionInput!) { addCondition(version: $v, input: $input) }`,
			map[string]any{"v": id, "input": action})
		if err != nil {
			return err
		}
	}
	d.chain.Enquiry = id
	d.say("The Southend report of 2014 (a draft) is an enquiry: %d flows, %d licences, %d actions.", len(flows.Flows), len(flows.Licences), len(table.Actions))
	return nil
}

// amend makes the next version of the demonstration agreement, a draft, so that
// there is something to compare.
func (d *demo) amend(ctx context.Context) error {
	var now release.Application
	if err := json.Unmarshal(demonstration, &now); err != nil {
		return fmt.Errorf("reading the scenario: %w", err)
	}
	id, err := do[string](ctx, d.caller, "una", `mutation($v: UUID!, $input: NextInput!) { nextVersion(version: $v, input: $input) }`,
		map[string]any{"v": d.chain.Version, "input": map[string]any{"kind": "amendment", "reason": "A second year of outpatients, and tables for anyone (made up)."}})
	if err != nil {
		return err
	}
	now.Objective += "\n\nA second year of outpatient records is needed to see how many people come back (made up)."
	now.Outputs = "•  Tables with small numbers suppressed,  and a paper."
	for i, l := range now.Lines {
		if l.Definition == "hes_op" {
			now.Lines[i].Periods = append(l.Periods, terms.Period{From: terms.NewDate(2004, 4, 1), To: terms.NewDate(2005, 3, 31)})
			now.Lines[i].Fields = slices.DeleteFunc(slices.Clone(l.Fields), func(field string) bool { return field == "ETHNOS" })
		}
	}
	now.Flows = append(now.Flows, release.FlowInput{Number: len(now.Flows) + 1, State: terms.FlowProposed, From: university, FromNode: terms.NodeRecipient,
		To: "Anyone", ToNode: terms.NodePublic, Description: "Tables with small numbers suppressed (made up).", Type: terms.AggregateSuppressed, IdentifiersAs: terms.IdentifiersNone,
		Route: terms.RouteNone, Why: "When the paper is out (made up)."})
	if err := d.save(ctx, "una", id, now.PurposeSection, now.LinesSection, now.FlowsSection); err != nil {
		return err
	}
	d.chain.Amendment = id
	d.say("An amendment of %s is being written; what changes shows beside the version in force.", d.chain.Stem)
	return nil
}

// suspect opens an incident, whose hold one person sets and two lift.
func (d *demo) suspect(ctx context.Context) error {
	id, err := do[string](ctx, d.caller, "remy", `mutation($input: IncidentInput!) { openIncident(input: $input) }`,
		map[string]any{"input": map[string]any{"kind": terms.AgreementBreach, "stem": d.chain.Stem, "awareAt": time.Now(),
			"description": "Made up: somebody thought that a file had been opened by people of the other team."}})
	if err != nil {
		return err
	}
	_, err = do[bool](ctx, d.caller, "ada", `mutation($i: UUID!, $input: IncidentFindingInput!) { setIncidentStatus(incident: $i, input: $input) }`,
		map[string]any{"i": id, "input": map[string]any{"status": terms.NotABreach, "finding": "Made up: the two teams' logs show that nobody had."}})
	if err != nil {
		return err
	}
	var incident struct {
		Node struct{ Holds []struct{ ID string } }
	}
	if err := d.caller.as(ctx, "ada", `query($i: ID!) { node(id: $i) { ... on Incident { holds { id } } } }`, map[string]any{"i": id}, &incident); err != nil {
		return err
	}
	for _, hold := range incident.Node.Holds {
		for i, user := range []string{"ada", "iris"} {
			lifted, err := do[bool](ctx, d.caller, user, `mutation($h: UUID!) { liftHold(hold: $h, reason: "not a breach (made up)") }`, map[string]any{"h": hold.ID})
			if err != nil {
				return err
			}
			if second := i == 1; lifted != second {
				return fmt.Errorf("the hold was lifted by %d person(s): %v", i+1, lifted)
			}
		}
	}
	d.say("A suspected breach of %s put a hold on it; it was none, and two persons lifted the hold.", d.chain.Stem)
	return nil
}
