package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/optoutlist"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/recipientkey"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// lineTerms is a line as the gate and a plan see it.
func lineTerms(l *ent.DatasetLine) terms.DatasetLine {
	return terms.DatasetLine{
		Number: l.Number, Dataset: l.Dataset, DatasetName: l.DatasetName, Discloser: l.Discloser, Site: l.Site,
		Type: l.TypeOfData, Sensitivity: l.Sensitivity, Power: l.Power, Route: l.Route, OptOut: l.OptOut, Unchecked: l.Unchecked,
		Frequency: l.Frequency, Channel: l.Channel, Periods: l.Periods, Fields: l.Fields, Population: l.Population,
		Purposes: l.Purposes, Article6: l.Article6, Article9: l.Article9, Segment: l.Segment, OutputRule: l.OutputRule,
		Linkage: l.Linkage, LinkedWith: l.LinkedWith, DependsOn: l.DependsOn, Cohort: l.Cohort, StudyID: l.StudyID,
		FinalData: l.FinalData, Function: l.RecipientFunction, Commercial: l.Commercial,
	}
}

// reference of a version, in its canonical spelling.
func reference(v *ent.AgreementVersion) string {
	r, err := terms.ParseReference(v.Edges.Agreement.Stem)
	if err != nil || !r.IsNIC() || v.Number == "" {
		return r.String()
	}
	r.Major, r.Minor, r.Versioned = v.Major, v.Minor, true
	return r.String()
}

// facts gathers what the gate is shown of a version and one of its lines. The
// caller adds the request, recipient and approver where there are any.
func (w *work) facts(ctx context.Context, s *Service, v *ent.AgreementVersion, line terms.DatasetLine, moment gate.Moment) (gate.Case, error) {
	c := gate.Case{Moment: moment, At: w.now, Line: line, Granted: granted(v, line.Number), OptOutFresh: s.fresh}
	c.Version = gate.Version{Reference: reference(v), State: v.State, Starts: dateOf(v.Starts), Ends: dateOf(v.Ends),
		WrittenBy: idText(v.WrittenBy), SubmittedBy: idText(v.SubmittedBy)}
	for _, need := range signatories(v) {
		c.Version.Needed = append(c.Version.Needed, gate.Signatory{Organisation: need.slug, Capacity: need.capacity})
	}
	for _, have := range signed(v) {
		c.Version.Signed = append(c.Version.Signed, gate.Signatory{Organisation: have.slug, Capacity: have.capacity})
	}
	for _, p := range v.Edges.Parties {
		o := p.Edges.Organisation
		c.Parties = append(c.Parties, gate.Party{
			Organisation: o.Name, Role: p.Role, Kind: o.Kind, Placeholder: o.Placeholder, Contract: o.ContractNumber,
			ContractTerm: terms.Period{From: dateOf(o.ContractFrom), To: dateOf(o.ContractTo)},
			Assurance:    gate.Assurance{Kind: o.AssuranceKind, Status: o.AssuranceStatus, To: dateOf(o.AssuranceTo), Reviewed: o.AssuranceReviewed},
		})
	}
	for _, a := range v.Edges.Approvals {
		c.Approvals = append(c.Approvals, gate.Approval{Reference: a.Reference, Datasets: a.Datasets, Flows: a.Flows,
			OptOutsApply: a.OptOutsApply, Starts: a.Starts, Ends: a.Ends})
	}
	for _, k := range v.Edges.Conditions {
		c.Conditions = append(c.Conditions, gate.Condition{Kind: string(k.Kind), Code: k.Code, Text: k.Text, Met: k.MetAt != nil, Due: dateOf(k.Due)})
	}
	holds, err := v.Edges.Agreement.QueryHolds().Where(hold.LiftedAtIsNil()).All(ctx)
	if err != nil {
		return c, fmt.Errorf("reading holds: %w", err)
	}
	for _, h := range holds {
		c.Holds = append(c.Holds, gate.Hold{Reason: h.Reason})
	}
	if c.Siblings, err = w.siblings(ctx, v); err != nil {
		return c, err
	}
	if c.Line.OptOut.Applied() {
		list, err := w.OptOutList.Query().Order(ent.Desc(optoutlist.FieldAsOf, optoutlist.FieldID)).First(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return c, fmt.Errorf("reading the opt-out lists: %w", err)
		}
		if list != nil {
			c.OptOutList = &gate.OptOutList{AsOf: list.AsOf, SHA256: list.Sha256}
		}
	}
	if s.planner != nil {
		definition, err := w.definition(ctx, line.Dataset)
		if err != nil {
			return c, err
		}
		c.Fields = s.planner.Fields(definition)
	}
	return c, nil
}

// granted says whether the version has a line of that number.
func granted(v *ent.AgreementVersion, number int) bool {
	return slices.ContainsFunc(v.Edges.Lines, func(l *ent.DatasetLine) bool { return l.Number == number })
}

// siblings are the version's lines with every organisation that has asked for
// or received them in extracts that were not refused.
func (w *work) siblings(ctx context.Context, v *ent.AgreementVersion) ([]gate.Sibling, error) {
	extracts, err := w.Extract.Query().Where(extract.HasVersionWith(agreementversion.ID(v.ID)),
		extract.StateNotIn(terms.ExtractRefused, terms.Failed, terms.Cancelled)).WithPlans().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading earlier extracts: %w", err)
	}
	recipients := map[int][]string{}
	for _, e := range extracts {
		o, err := w.Organisation.Get(ctx, e.RecipientID)
		if err != nil {
			return nil, fmt.Errorf("reading a recipient: %w", err)
		}
		for _, p := range e.Edges.Plans {
			recipients[p.Line] = append(recipients[p.Line], o.Name)
		}
	}
	siblings := make([]gate.Sibling, len(v.Edges.Lines))
	for i, l := range v.Edges.Lines {
		siblings[i] = gate.Sibling{Number: l.Number, Type: l.TypeOfData, OptOut: l.OptOut, Segment: l.Segment, Recipients: recipients[l.Number]}
	}
	return siblings, nil
}

// recipient is what the gate is shown of the organisation that receives.
func (w *work) recipient(ctx context.Context, v *ent.AgreementVersion, o *ent.Organisation) (*gate.Recipient, error) {
	keys, err := w.RecipientKey.Query().Where(recipientkey.HasOrganisationWith(organisation.ID(o.ID)), recipientkey.RevokedAtIsNil()).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting keys: %w", err)
	}
	r := &gate.Recipient{Organisation: o.Name, Keys: keys}
	for _, p := range v.Edges.Parties {
		if p.Edges.Organisation.ID == o.ID && (p.Role == terms.Recipient || p.Role == terms.Controller) {
			r.Named = true
		}
	}
	return r, nil
}

// decide asks the gate and keeps the case with its decision, also a refusal.
func (w *work) decide(ctx context.Context, c gate.Case, subject string, of *ent.Extract) (gate.Decision, uuid.UUID, error) {
	decision := gate.Evaluate(c)
	stored, err := terms.Canonical(c)
	if err != nil {
		return decision, uuid.Nil, err
	}
	findings, err := json.Marshal(decision.Findings)
	if err != nil {
		return decision, uuid.Nil, fmt.Errorf("writing findings: %w", err)
	}
	create := w.Decision.Create().SetCreatedAt(w.now).SetMoment(string(c.Moment)).SetAt(w.now).SetLine(c.Line.Number).
		SetAllowed(decision.Allowed).SetFacts(stored).SetFindings(findings).SetPolicySha256(decision.PolicyDigest).SetSubject(subject)
	if of != nil {
		create.SetExtract(of)
	}
	saved, err := create.Save(ctx)
	if err != nil {
		return decision, uuid.Nil, fmt.Errorf("keeping the decision: %w", err)
	}
	return decision, saved.ID, nil
}

// refusal is nil if every decision allows; else fault.Refused with every
// reason of each.
func refusal(message string, decisions ...gate.Decision) error {
	refused := fault.New(fault.Refused, "%s", message)
	seen := map[fault.Reason]bool{}
	for _, d := range decisions {
		for _, reason := range d.Reasons() {
			if !seen[reason] {
				seen[reason] = true
				refused.With(reason)
			}
		}
	}
	if len(refused.Reasons) == 0 {
		for _, d := range decisions {
			if !d.Allowed {
				return refused
			}
		}
		return nil
	}
	return refused
}

func dateOf(d *terms.Date) terms.Date {
	if d == nil {
		return terms.Date{}
	}
	return *d
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}
