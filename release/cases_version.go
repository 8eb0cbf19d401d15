package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/derogation"
	"data.release/registrar/ent/incident"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/person"
	"data.release/registrar/release/access"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// gateFacts is what the gate is shown of a version whatever the line, read once in
// a command.
type gateFacts struct {
	version   gate.Version
	parties   []gate.Party
	waivers   []*ent.Derogation
	holds     []*ent.Hold
	incidents []*ent.Incident
	later     *ent.AgreementVersion           // that has taken its place, whole; nil: none
	followed  map[uuid.UUID]*ent.Organisation // who stands in the place of a party
	everybody []uuid.UUID                     // parties, applicant and those who follow them
	earlier   map[uuid.UUID][]*ent.Extract    // by version: every extract of the same controllers
	names     map[uuid.UUID]string            // of their recipients
	overdue   []gate.Overdue
	looked    bool // for extracts and overdue destruction
}

// know reads what is known of a version; a command asks about each line of it.
func (w *work) know(ctx context.Context, v *ent.AgreementVersion) (*gateFacts, error) {
	if k, ok := w.cases[v.ID]; ok {
		return k, nil
	}
	k := &gateFacts{followed: map[uuid.UUID]*ent.Organisation{}}
	k.version = versionFacts(v)
	if err := w.knowTerms(ctx, v, k); err != nil {
		return nil, err
	}
	if err := w.knowParties(ctx, v, k); err != nil {
		return nil, err
	}
	if err := w.knowStops(ctx, v, k); err != nil {
		return nil, err
	}
	if w.cases == nil {
		w.cases = map[uuid.UUID]*gateFacts{}
	}
	w.cases[v.ID] = k
	return k, nil
}

func versionFacts(v *ent.AgreementVersion) gate.Version {
	f := gate.Version{Reference: reference(v), State: v.State, Kind: v.Kind, Starts: dateOf(v.Starts), Ends: dateOf(v.Ends),
		WrittenBy: idText(v.WrittenBy), SubmittedBy: idText(v.SubmittedBy), Directorate: v.Directorate,
		Territory: v.Territory, Controllership: v.Controllership, Article26: v.Article26 != "", Interest: v.LegitimateInterest != "",
		Commercial: v.Commercial, Sublicensing: v.Sublicensing, SublicenceTerms: v.SublicensingTerms != "", Ethics: v.EthicsReference,
		AgainstAdvice: v.AgainstAdvice != ""}
	if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
		f.Applicant = applicant.Slug
	}
	if v.IssuedAt != nil {
		f.Issued = terms.Today(*v.IssuedAt)
	}
	for _, need := range signatories(v) {
		f.Needed = append(f.Needed, gate.Signatory{Organisation: need.slug, Capacity: need.capacity})
	}
	for _, have := range signed(v) {
		f.Signed = append(f.Signed, gate.Signatory{Organisation: have.slug, Capacity: have.capacity})
	}
	for _, s := range v.Edges.SubLicences {
		f.SubLicences = append(f.SubLicences, gate.SubLicence{To: s.SubLicensee, Starts: s.Starts, Ends: s.Ends})
	}
	reviews := slices.Clone(v.Edges.Reviews)
	slices.SortStableFunc(reviews, func(a, b *ent.Review) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for _, r := range reviews {
		f.Reviews = append(f.Reviews, gate.Review{Route: r.Route, Outcome: string(r.Outcome), Precedent: r.Precedent, Checked: len(r.Checklist),
			ReviewDue: dateOf(r.ReviewDue), Reviewer: r.ReviewerID.String()})
	}
	return f
}

// knowTerms reads the versions before and after.
func (w *work) knowTerms(ctx context.Context, v *ent.AgreementVersion, k *gateFacts) error {
	if v.PredecessorID != nil {
		before, err := w.fullVersion(ctx, *v.PredecessorID)
		if err != nil {
			return fmt.Errorf("reading the version before: %w", err)
		}
		k.version.Previous = &gate.Previous{Reference: reference(before), Ends: dateOf(before.Ends),
			Ended: before.State == terms.Terminated || before.State == terms.Closed}
	}
	later, err := w.supersededBy(ctx, v)
	if err != nil || later == nil {
		return err
	}
	k.version.Superseded = true
	k.later, err = w.fullVersion(ctx, later.ID)
	return err
}

// successor is what the gate is shown of the version that took the place of
// this one, for a line.
func (k *gateFacts) successor(line terms.DatasetLine) *gate.Successor {
	if k.later == nil {
		return nil
	}
	next := &gate.Successor{Reference: reference(k.later), Starts: dateOf(k.later.Starts), Ends: dateOf(k.later.Ends)}
	next.HasLine = k.later.State == terms.Signed && slices.ContainsFunc(k.later.Edges.Lines, func(l *ent.DatasetLine) bool {
		return l.Dataset == line.Dataset && l.TypeOfData == line.Type
	})
	return next
}

// knowParties reads the parties as they stand today: one that another follows
// has the facts of who follows, and its own contract where that carries over.
func (w *work) knowParties(ctx context.Context, v *ent.AgreementVersion, k *gateFacts) error {
	a := v.Edges.Agreement
	if a.Edges.Applicant != nil {
		k.everybody = append(k.everybody, a.Edges.Applicant.ID)
	}
	today := terms.Today(w.now)
	followed, err := w.anyFollowed(ctx, v)
	if err != nil {
		return err
	}
	for _, p := range v.Edges.Parties {
		o := p.Edges.Organisation
		now, step := o, (*ent.Succession)(nil)
		if followed[o.ID] {
			if now, step, err = w.successor(ctx, o, a.ID, today); err != nil {
				return err
			}
		}
		k.followed[o.ID] = now
		k.everybody = append(k.everybody, o.ID, now.ID)
		facts := partyFacts(p, now)
		if step != nil && (now.ID != o.ID || step.Edges.To == nil) {
			s := &gate.Succeeded{Organisation: o.Name, Kind: step.Kind, On: step.On, Instrument: step.Instrument, Nobody: step.Edges.To == nil}
			carries := step.Kind == terms.Rename || step.Kind == terms.StatutoryTransfer
			if carries && now.ContractNumber == "" && o.ContractNumber != "" {
				s.CarriedOver = true
				facts.Contract, facts.ContractTerm = o.ContractNumber, terms.Period{From: dateOf(o.ContractFrom), To: dateOf(o.ContractTo)}
			}
			facts.Succeeded = s
		}
		k.parties = append(k.parties, facts)
	}
	slices.SortFunc(k.everybody, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	k.everybody = slices.Compact(k.everybody)
	return nil
}

// anyFollowed are the parties with a succession on record: few have one, and
// each is then followed by itself.
func (w *work) anyFollowed(ctx context.Context, v *ent.AgreementVersion) (map[uuid.UUID]bool, error) {
	var parties []uuid.UUID
	for _, p := range v.Edges.Parties {
		parties = append(parties, p.Edges.Organisation.ID)
	}
	ids, err := w.Organisation.Query().Where(organisation.IDIn(parties...), organisation.HasSuccessors()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for successions: %w", err)
	}
	found := map[uuid.UUID]bool{}
	for _, id := range ids {
		found[id] = true
	}
	return found, nil
}

func partyFacts(p *ent.Party, o *ent.Organisation) gate.Party {
	return gate.Party{
		Organisation: o.Name, Slug: o.Slug, Role: p.Role, Kind: o.Kind, Placeholder: o.Placeholder, Contract: o.ContractNumber,
		ContractTerm: terms.Period{From: dateOf(o.ContractFrom), To: dateOf(o.ContractTo)},
		Assurance:    gate.Assurance{Kind: o.AssuranceKind, Status: o.AssuranceStatus, To: dateOf(o.AssuranceTo), Reviewed: o.AssuranceReviewed},
		Places:       p.Places, ProcessingContract: p.ProcessingContract, HoldsIdentifiers: p.HoldsIdentifiers,
		ICO: gate.ICO{Number: o.IcoNumber, To: dateOf(o.IcoTo), Exemption: o.IcoExemption}, Accreditations: o.Accreditations,
	}
}

// nameOf is the name by which the gate knows an organisation: that of who
// follows it.
func (k *gateFacts) nameOf(o *ent.Organisation) string {
	if now, ok := k.followed[o.ID]; ok {
		return now.Name
	}
	return o.Name
}

// receives says that an organisation, or one that it follows, is a recipient
// or controller of the version.
func (k *gateFacts) receives(v *ent.AgreementVersion, id uuid.UUID) bool {
	return slices.ContainsFunc(v.Edges.Parties, func(p *ent.Party) bool {
		now := k.followed[p.Edges.Organisation.ID]
		return (p.Role == terms.Recipient || p.Role == terms.Controller) && (p.Edges.Organisation.ID == id || (now != nil && now.ID == id))
	})
}

// knowStops reads holds, suspicions and waivers.
func (w *work) knowStops(ctx context.Context, v *ent.AgreementVersion, k *gateFacts) (err error) {
	a := v.Edges.Agreement
	if k.holds, err = w.openHolds(ctx, a.ID, k.everybody...); err != nil {
		return err
	}
	k.incidents, err = w.Incident.Query().Where(incident.StatusEQ(terms.Suspected), incident.Or(incident.HasAgreementWith(agreement.ID(a.ID)),
		incident.HasOrganisationWith(organisation.IDIn(k.everybody...)))).WithAgreement().WithOrganisation().WithHolds().Order(incident.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading incidents: %w", err)
	}
	waivers, err := w.Derogation.Query().Where(derogation.HasAgreementWith(agreement.ID(a.ID)), derogation.ConfirmedByNotNil(), derogation.RevokedAtIsNil()).
		Order(derogation.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading waivers: %w", err)
	}
	k.waivers = append(k.waivers, waivers...)
	return nil
}

// waiversOn are the waivers that may hold for a line: one that was given for a
// line is for what that line was.
func (k *gateFacts) waiversOn(line terms.DatasetLine) (waivers []gate.Waiver) {
	for _, d := range k.waivers {
		if d.Line == line.Number && len(d.Datasets) > 0 && !slices.Contains(d.Datasets, line.Dataset) {
			continue
		}
		waivers = append(waivers, gate.Waiver{Rule: d.Rule, Line: d.Line, Term: terms.Period{From: d.Starts, To: d.Ends}, Reason: d.Reason})
	}
	return waivers
}

// holdsOn are the holds on a line: by its number, and by its dataset where an
// amendment has numbered it anew.
func (k *gateFacts) holdsOn(line terms.DatasetLine) (holds []gate.Hold) {
	for _, h := range k.holds {
		switch {
		case h.Edges.Organisation != nil:
			holds = append(holds, gate.Hold{Reason: h.Reason, On: h.Edges.Organisation.Name})
		case h.Line == 0:
			holds = append(holds, gate.Hold{Reason: h.Reason})
		case h.Line == line.Number, slices.Contains(h.Datasets, line.Dataset):
			holds = append(holds, gate.Hold{Reason: h.Reason, On: fmt.Sprintf("line %d", line.Number)})
		}
	}
	return holds
}

func (k *gateFacts) incidentsOn(line terms.DatasetLine) (open []gate.Incident) {
	for _, i := range k.incidents {
		scope := "the agreement"
		switch {
		case i.Edges.Organisation != nil:
			scope = i.Edges.Organisation.Name
		case i.Line > 0 && (i.Line == line.Number || slices.Contains(i.Datasets, line.Dataset)):
			scope = fmt.Sprintf("line %d", line.Number)
		case i.Line != 0:
			continue
		}
		lifted := len(i.Edges.Holds) > 0 && !slices.ContainsFunc(i.Edges.Holds, func(h *ent.Hold) bool { return h.LiftedAt == nil })
		open = append(open, gate.Incident{Scope: scope, HoldLifted: lifted})
	}
	return open
}

// independence adds in which directorates reviewers and approver are, and
// whether the approver is the SIRO.
func (w *work) independence(ctx context.Context, v *ent.AgreementVersion, c *gate.Case) error {
	c.Acting = &gate.Acting{SIRO: w.actor.Has(access.SIRO)}
	for _, m := range w.actor.Memberships {
		if m.Directorate != "" && !slices.Contains(c.Acting.Directorates, m.Directorate) {
			c.Acting.Directorates = append(c.Acting.Directorates, m.Directorate)
		}
	}
	if v.Directorate == "" {
		return nil
	}
	c.Version.Reviews = slices.Clone(c.Version.Reviews)
	for i, r := range c.Version.Reviews {
		id, err := uuid.Parse(r.Reviewer)
		if err != nil {
			return fmt.Errorf("reading a reviewer: %w", err)
		}
		err = w.Membership.Query().Where(membership.HasPersonWith(person.ID(id)), membership.DirectorateNEQ("")).
			Unique(true).Select(membership.FieldDirectorate).Scan(ctx, &c.Version.Reviews[i].Directorates)
		if err != nil {
			return fmt.Errorf("reading directorates: %w", err)
		}
		slices.Sort(c.Version.Reviews[i].Directorates)
	}
	return nil
}

func approvalsOf(v *ent.AgreementVersion) (out []gate.Approval) {
	for _, a := range v.Edges.Approvals {
		out = append(out, gate.Approval{Reference: a.Reference, Datasets: a.Datasets, Flows: a.Flows, OptOutsApply: a.OptOutsApply, Starts: a.Starts,
			Ends: a.Ends, Regulation: a.Regulation, Controllers: a.Controllers, Processors: a.Processors, Identifiers: a.Identifiers,
			Ethics: a.EthicsReference, AnnualReview: dateOf(a.AnnualReview), Territory: a.Territory})
	}
	return out
}

func conditionsOf(v *ent.AgreementVersion) (out []gate.Condition) {
	for _, k := range v.Edges.Conditions {
		out = append(out, gate.Condition{Kind: string(k.Kind), Code: k.Code, Text: k.Text, Met: k.MetAt != nil, Due: dateOf(k.Due)})
	}
	return out
}

func flowsOf(v *ent.AgreementVersion) (out []terms.Flow) {
	for _, f := range v.Edges.Flows {
		out = append(out, f.Flow)
	}
	return out
}

func licencesOf(v *ent.AgreementVersion) (out []terms.Licence) {
	for _, l := range v.Edges.Licences {
		out = append(out, terms.Licence{System: l.System, Holder: l.Holder, Kind: l.Kind, Used: l.Used, Planned: l.Planned,
			PlannedWords: l.PlannedWords, OtherAccess: l.OtherAccess})
	}
	return out
}
