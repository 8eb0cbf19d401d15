package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/incident"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// ReportWithin is how long there is to report a personal data breach to the
// Information Commissioner, from when the body is aware of it (UK GDPR, Article
// 33(1)).
const ReportWithin = 72 * time.Hour

// IncidentInput opens an incident.
type IncidentInput struct {
	Kind         terms.IncidentKind `json:"kind" validate:"required"`
	Stem         string             `json:"stem" validate:"max=100"` // of the agreement; or else the organisation
	Line         int                `json:"line" validate:"min=0"`   // number of a dataset line of the agreement; 0: every line
	Organisation string             `json:"organisation"`            // slug
	AwareAt      time.Time          `json:"awareAt"`                 // when the body came to know
	Description  string             `json:"description" validate:"required,max=20000"`
}

// OpenIncident records a suspicion and puts a hold on what it concerns, in one
// transaction. While it is only suspected, nothing public says so.
func (s *Service) OpenIncident(ctx context.Context, actor access.Actor, input IncidentInput) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return uuid.Nil, err
	}
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		refused := fault.New(fault.Invalid, "The incident cannot be opened as it is")
		if !input.Kind.Known() {
			refused.With(fault.Reason{Code: "code-unknown", Field: "kind", Message: "is neither a breach of the agreement nor of personal data"})
		}
		if input.AwareAt.IsZero() || input.AwareAt.After(w.now) {
			refused.With(fault.Reason{Code: "aware-at", Field: "awareAt", Message: "say since when the body is aware of it; that cannot be later than now"})
		}
		scope := Scope{input.Stem, input.Line, input.Organisation}
		on, err := w.scope(ctx, scope)
		var said *fault.Error
		if errors.As(err, &said) {
			refused.With(said.Reasons...)
		} else if err != nil {
			return err
		}
		if len(refused.Reasons) > 0 {
			return refused
		}
		datasets, err := w.lineDatasets(ctx, on.agreement, input.Line)
		if err != nil {
			return err
		}
		create := w.Incident.Create().SetCreatedAt(w.now).SetDatasets(datasets).SetKind(input.Kind).SetStatus(terms.Suspected).SetLine(input.Line).
			SetDescription(input.Description).SetAwareAt(input.AwareAt).SetOpenedBy(actor.PersonID)
		if on.agreement != nil {
			create.SetAgreement(on.agreement)
		} else {
			create.SetOrganisation(on.organisation)
		}
		opened, err := create.Save(ctx)
		if err != nil {
			return fmt.Errorf("opening the incident: %w", err)
		}
		id = opened.ID
		if _, err := w.setHold(ctx, scope, "Suspected "+strings.ToLower(input.Kind.Label()), opened); err != nil {
			return err
		}
		return w.event(ctx, "incident opened", id.String(), "", map[string]any{"kind": input.Kind, "on": scope.Label(), "aware_at": input.AwareAt})
	})
	return id, err
}

// IncidentFinding is what an investigation came to.
type IncidentFinding struct {
	Status     terms.IncidentStatus `json:"status" validate:"required,oneof=confirmed not_a_breach"`
	Finding    string               `json:"finding" validate:"required,max=20000"`
	ReportedAt *time.Time           `json:"reportedAt"` // to the Information Commissioner
}

// SetIncidentStatus records what a suspicion came to: confirmed, or not a
// breach. Neither lifts the hold: two persons do (LiftHold).
func (s *Service) SetIncidentStatus(ctx context.Context, actor access.Actor, id uuid.UUID, input IncidentFinding) error {
	if err := access.Check(actor, access.SetHold); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		i, err := w.incident(ctx, id)
		if err != nil {
			return err
		}
		if i.Status != terms.Suspected {
			return fault.New(fault.Conflict, "The finding on the incident is recorded already: %s.", strings.ToLower(i.Status.Label()))
		}
		update := i.Update().SetStatus(input.Status).SetFinding(input.Finding)
		if input.ReportedAt != nil {
			if err := w.reportable(i, *input.ReportedAt); err != nil {
				return err
			}
			update.SetReportedAt(*input.ReportedAt)
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "incident "+strings.ToLower(input.Status.Label()), id.String(), input.Finding, nil)
	})
}

// ReportIncident records when an incident was reported to the Information
// Commissioner.
func (s *Service) ReportIncident(ctx context.Context, actor access.Actor, id uuid.UUID, at time.Time, reason string) error {
	if err := access.Check(actor, access.SetHold); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		i, err := w.incident(ctx, id)
		if err != nil {
			return err
		}
		if err := w.reportable(i, at); err != nil {
			return err
		}
		if err := i.Update().SetReportedAt(at).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "incident reported", id.String(), reason, map[string]any{"reported_at": at})
	})
}

// reportable refuses a second report, and one from before the body knew.
func (w *work) reportable(i *ent.Incident, at time.Time) error {
	if i.ReportedAt != nil {
		return fault.New(fault.Conflict, "The report of the incident is recorded already.")
	}
	if at.Before(i.AwareAt) || at.After(w.now) {
		return wrongAnswer("reported-at", "reportedAt", "must be after the body came to know, and not later than now")
	}
	return nil
}

func (w *work) incident(ctx context.Context, id uuid.UUID) (*ent.Incident, error) {
	i, err := w.Incident.Query().Where(incident.ID(id)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such incident.")
	}
	return i, err
}

// ReportBy is until when the incident must be reported, and whether that is
// still to be done.
func ReportBy(i *ent.Incident) (by time.Time, open bool) {
	if i.Kind != terms.PersonalDataBreach || i.Status == terms.NotABreach {
		return time.Time{}, false
	}
	return i.AwareAt.Add(ReportWithin), i.ReportedAt == nil
}
