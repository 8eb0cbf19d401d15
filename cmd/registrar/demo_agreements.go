package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent/hold"
	"data.release/registrar/migrations"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
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

// desk is where the demonstration's people use the service without the API,
// with their own rights.
type desk struct {
	*store
	d *demo
}

func (d *demo) desk(ctx context.Context) (*desk, error) {
	opened, err := connect(ctx, d.urls[migrations.Serve])
	return &desk{opened, d}, err
}

// person is a demonstration user as they are when they have just logged in.
func (k *desk) person(ctx context.Context, subject string) (access.Actor, error) {
	at := slices.IndexFunc(demoUsers, func(u demoUser) bool { return u.Subject == subject })
	if at < 0 {
		return access.Actor{}, fmt.Errorf("the demonstration has no %s", subject)
	}
	return k.service.ActorOf(ctx, release.Identity{Issuer: "http://" + k.d.IssuerAddr, Subject: subject, Email: demoUsers[at].Email, EmailVerified: true, LoggedInAt: time.Now()})
}

// section reads flows and licences from testdata.
func (d *demo) section(seed string) (release.FlowsSection, error) {
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

// runCases adds what the team has on its desks beside the main job: an enquiry,
// an amendment in draft, and an incident that turned out to be none.
func (d *demo) runCases(ctx context.Context) error {
	k, err := d.desk(ctx)
	if err != nil {
		return err
	}
	defer k.close()
	for _, step := range []func(context.Context) error{k.enquire, k.amend, k.suspect} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.chain.Cases = true
	return d.keep()
}

// enquire writes the Southend report down as an enquiry, with its two tables of
// flows, its licences and its actions as they stand.
func (k *desk) enquire(ctx context.Context) error {
	ada, err := k.person(ctx, "ada")
	if err != nil {
		return err
	}
	const named = "named by a draft report of January 2014; contract and assurance not recorded"
	for _, o := range []struct{ name, kind string }{{council, "Local Authority"}, {southCCG, "CCG"}, {essexCSU, "CSU"}, {processor, "Supplier (IT)"}} {
		if _, err := k.service.RecordOrganisation(ctx, ada, release.OrganisationFacts{Name: o.name, Kind: o.kind, Provenance: named}); err != nil {
			return err
		}
	}
	var purpose release.PurposeSection
	if err := json.Unmarshal(southend, &purpose); err != nil {
		return fmt.Errorf("reading the scenario: %w", err)
	}
	parties := release.PartiesSection{Controllership: terms.ControllershipUnresolved}
	for _, name := range []string{council, southCCG, essexCSU} {
		parties.Parties = append(parties.Parties, release.PartyInput{Organisation: register.Slug(name), Role: terms.Controller})
	}
	parties.Parties = append(parties.Parties, release.PartyInput{Organisation: register.Slug(processor), Role: terms.Processor})
	flows, err := k.d.section("seeds-003")
	if err != nil {
		return err
	}
	id, err := k.service.StartApplication(ctx, ada, release.StartInput{Applicant: register.Slug(council), Title: purpose.Title, Enquiry: true})
	if err != nil {
		return err
	}
	if err := k.save(ctx, ada, id, purpose, parties, flows); err != nil {
		return err
	}
	var table struct {
		Actions []release.ConditionInput `json:"actions"`
	}
	if err := k.d.testdata(&table, "seeds-003", "actions.json"); err != nil {
		return err
	}
	for _, action := range table.Actions {
		if _, err := k.service.AddCondition(ctx, ada, id, action); err != nil {
			return err
		}
	}
	k.d.chain.Enquiry = id.String()
	k.d.say("The Southend report of 2014 (a draft) is an enquiry: %d flows, %d licences, %d actions.", len(flows.Flows), len(flows.Licences), len(table.Actions))
	return nil
}

// save saves steps as whoever edits alone.
func (k *desk) save(ctx context.Context, actor access.Actor, version uuid.UUID, sections ...release.Section) error {
	draft, err := k.service.ReadApplication(ctx, actor, version)
	if err != nil {
		return err
	}
	for _, section := range sections {
		if _, err := k.service.SaveSection(ctx, actor, version, draft.Revisions[section.Step()], section); err != nil {
			return err
		}
	}
	return nil
}

// amend makes the next version of the demonstration agreement, a draft, so that
// there is something to compare.
func (k *desk) amend(ctx context.Context) error {
	una, err := k.person(ctx, "una")
	if err != nil {
		return err
	}
	signed, err := uuid.Parse(k.d.chain.Version)
	if err != nil {
		return fmt.Errorf("reading the demonstration's state: %w", err)
	}
	id, err := k.service.NextVersion(ctx, una, signed, release.NextInput{Kind: terms.VersionAmendment, Reason: "A second year of outpatients, and tables for anyone (made up)."})
	if err != nil {
		return err
	}
	draft, err := k.service.ReadApplication(ctx, una, id)
	if err != nil {
		return err
	}
	purpose, lines, flows := draft.Application.PurposeSection, draft.Application.LinesSection, draft.Application.FlowsSection
	purpose.Objective += "\n\nA second year of outpatient records is needed to see how many people come back (made up)."
	purpose.Outputs = "•  Tables with small numbers suppressed,  and a paper."
	for i, l := range lines.Lines {
		if l.Definition == "hes_op" {
			lines.Lines[i].Periods = append(l.Periods, terms.Period{From: terms.NewDate(2004, 4, 1), To: terms.NewDate(2005, 3, 31)})
			lines.Lines[i].Fields = slices.DeleteFunc(slices.Clone(l.Fields), func(field string) bool { return field == "ETHNOS" })
		}
	}
	flows.Flows = append(flows.Flows, release.FlowInput{Number: len(flows.Flows) + 1, State: terms.FlowProposed, From: university, FromNode: terms.NodeRecipient,
		To: "Anyone", ToNode: terms.NodePublic, Description: "Tables with small numbers suppressed (made up).", Type: terms.AggregateSuppressed, IdentifiersAs: terms.IdentifiersNone,
		Route: terms.RouteNone, Why: "When the paper is out (made up)."})
	if err := k.save(ctx, una, id, purpose, lines, flows); err != nil {
		return err
	}
	k.d.chain.Amendment = id.String()
	k.d.say("An amendment of %s is being written; what changes shows beside the version in force.", k.d.chain.Stem)
	return nil
}

// suspect opens an incident, whose hold one person sets and two lift.
func (k *desk) suspect(ctx context.Context) error {
	people := map[string]access.Actor{}
	for _, subject := range []string{"remy", "ada", "iris"} {
		actor, err := k.person(ctx, subject)
		if err != nil {
			return err
		}
		people[subject] = actor
	}
	id, err := k.service.OpenIncident(ctx, people["remy"], release.IncidentInput{Kind: terms.AgreementBreach, Stem: k.d.chain.Stem, AwareAt: time.Now(),
		Description: "Made up: somebody thought that a file had been opened by people of the other team."})
	if err != nil {
		return err
	}
	err = k.service.SetIncidentStatus(ctx, people["ada"], id, release.IncidentFinding{Status: terms.NotABreach, Finding: "Made up: the two teams' logs show that nobody had."})
	if err != nil {
		return err
	}
	holds, err := k.service.Read().Hold.Query().Where(hold.LiftedAtIsNil()).IDs(access.WithActor(ctx, people["ada"]))
	if err != nil {
		return fmt.Errorf("finding the hold: %w", err)
	}
	for _, held := range holds {
		for _, subject := range []string{"ada", "iris"} {
			if _, err := k.service.LiftHold(ctx, people[subject], held, "not a breach (made up)"); err != nil {
				return err
			}
		}
	}
	k.d.say("A suspected breach of %s put a hold on it; it was none, and two persons lifted the hold.", k.d.chain.Stem)
	return nil
}
