package release

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/condition"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// AddCondition adds a special condition (DARS standard 6) or an action to a
// version, until its approval: from then on the terms are frozen.
func (s *Service) AddCondition(ctx context.Context, actor access.Actor, version uuid.UUID, input ConditionInput) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return uuid.Nil, err
	}
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, version)
		if err != nil {
			return err
		}
		if v.TermsSha256 != "" || !v.State.Open() {
			return fault.New(fault.Conflict, "The version is %s; conditions are added before approval.", v.State.Label())
		}
		created, err := w.addCondition(ctx, v, input)
		if err != nil {
			return err
		}
		id = created.ID
		return w.event(ctx, "condition added", v.ID.String(), "", map[string]any{"condition": id, "kind": input.Kind})
	})
	return id, err
}

func (w *work) addCondition(ctx context.Context, v *ent.AgreementVersion, input ConditionInput) (*ent.Condition, error) {
	return w.Condition.Create().SetCreatedAt(w.now).SetVersion(v).SetText(input.Text).SetCode(input.Code).SetKind(condition.Kind(input.Kind)).
		SetNillableDue(input.Due).SetNumber(input.Number).SetOwners(input.Owners).SetDueWords(input.DueWords).SetPage(input.Page).Save(ctx)
}

func (w *work) writeConditions(ctx context.Context, v *ent.AgreementVersion, conditions []ConditionInput) error {
	for _, c := range conditions {
		if _, err := w.addCondition(ctx, v, c); err != nil {
			return err
		}
	}
	return nil
}

// MeetCondition records that a condition is met, by what evidence and by whom.
// It is said once.
func (s *Service) MeetCondition(ctx context.Context, actor access.Actor, id uuid.UUID, evidence string) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	if strings.TrimSpace(evidence) == "" {
		return fault.New(fault.Invalid, "Say by what evidence the condition is met.").
			With(fault.Reason{Code: "required", Field: "evidence", Message: "is missing"})
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		c, err := w.Condition.Query().Where(condition.ID(id)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no such condition.")
		} else if err != nil {
			return err
		}
		if c.MetAt != nil {
			return fault.New(fault.Conflict, "The condition was met on %s already.", terms.Today(*c.MetAt).Words())
		}
		if err := c.Update().SetMetAt(w.now).SetMetBy(w.actor.PersonID).SetEvidence(evidence).Exec(ctx); err != nil {
			return err
		}
		version, err := c.QueryVersion().OnlyID(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "condition met", version.String(), evidence, map[string]any{"condition": id})
	})
}
