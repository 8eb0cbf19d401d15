package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
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
	known, err := w.know(ctx, v)
	if err != nil {
		return gate.Case{}, err
	}
	c := gate.Case{Moment: moment, At: w.now, Policy: gate.PolicyVersion, Line: line, Granted: granted(v, line.Number), OptOutFresh: s.fresh,
		Version: known.version, Parties: known.parties, Approvals: approvalsOf(v), Conditions: conditionsOf(v),
		Flows: flowsOf(v), Licences: licencesOf(v), Waivers: known.waiversOn(line)}
	c.Version.Successor = known.successor(line)
	c.Holds, c.Incidents = known.holdsOn(line), known.incidentsOn(line)
	if moment == gate.MomentApproval {
		if err := w.independence(ctx, v, &c); err != nil {
			return c, err
		}
	}
	if moment != gate.MomentDownload { // a download is no new use: what was done before is not asked again
		if err := w.earlier(ctx, v, known, &c); err != nil {
			return c, err
		}
	}
	if line.DependsOn != "" {
		if c.DependsOn, err = w.dependence(ctx, line.DependsOn); err != nil {
			return c, err
		}
	}
	if line.Route == terms.RouteConsent {
		if c.Consent, err = w.consent(ctx, v, line.Cohort, w.now); err != nil {
			return c, err
		}
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
	definition, err := w.definition(ctx, line.Dataset)
	if err != nil {
		return c, err
	}
	if s.planner != nil {
		c.Fields = s.planner.Fields(definition)
	}
	if definition != "" && moment != gate.MomentApproval && moment != gate.MomentDownload {
		c.Submissions, err = w.landed(ctx, definition, line.Site)
	}
	return c, err
}

// granted says whether the version has a line of that number.
func granted(v *ent.AgreementVersion, number int) bool {
	return slices.ContainsFunc(v.Edges.Lines, func(l *ent.DatasetLine) bool { return l.Number == number })
}

// recipient is what the gate is shown of the organisation that receives. A
// party that another follows is named by who follows.
func (w *work) recipient(ctx context.Context, v *ent.AgreementVersion, o *ent.Organisation) (*gate.Recipient, error) {
	keys, err := w.RecipientKey.Query().Where(recipientkey.HasOrganisationWith(organisation.ID(o.ID)), recipientkey.RevokedAtIsNil()).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting keys: %w", err)
	}
	known, err := w.know(ctx, v)
	if err != nil {
		return nil, err
	}
	return &gate.Recipient{Organisation: known.nameOf(o), Keys: keys, Named: known.receives(v, o.ID)}, nil
}

// revokedKeys counts the keys that files were encrypted to and that are revoked
// now.
func (w *work) revokedKeys(ctx context.Context, used []string) (int, error) {
	if len(used) == 0 {
		return 0, nil
	}
	n, err := w.RecipientKey.Query().Where(recipientkey.PublicKeyIn(used...), recipientkey.RevokedAtNotNil()).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the keys that were used: %w", err)
	}
	return n, nil
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
