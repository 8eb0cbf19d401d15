package release

import (
	"context"

	"github.com/google/uuid"

	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/hold"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// PlaceHold stops every release and download under an agreement at once.
func (s *Service) PlaceHold(ctx context.Context, actor access.Actor, stem, reason string) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return uuid.Nil, err
	}
	if reason == "" {
		return uuid.Nil, fault.New(fault.Invalid, "Say why the agreement is put on hold.")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		a, err := w.Agreement.Query().Where(agreement.Stem(stem)).Only(ctx)
		if err != nil {
			return err
		}
		h, err := w.Hold.Create().SetCreatedAt(w.now).SetAgreement(a).SetReason(reason).SetSetBy(actor.PersonID).Save(ctx)
		if err != nil {
			return err
		}
		id = h.ID
		return w.event(ctx, "hold set", stem, reason, map[string]any{"hold": id})
	})
	return id, err
}

// LiftHold is one person's word that a hold may go; the second person's word
// lifts it.
func (s *Service) LiftHold(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) (lifted bool, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return false, err
	}
	if reason == "" {
		return false, fault.New(fault.Invalid, "Say why the hold may be lifted.")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		h, err := w.Hold.Query().Where(hold.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if h.LiftedAt != nil {
			return fault.New(fault.Conflict, "The hold was lifted already.")
		}
		if err := w.HoldLift.Create().SetCreatedAt(w.now).SetHold(h).SetPersonID(actor.PersonID).SetReason(reason).Exec(ctx); err != nil {
			return err
		}
		words, err := h.QueryLifts().Count(ctx)
		if err != nil {
			return err
		}
		if lifted = words >= 2; lifted {
			if err := h.Update().SetLiftedAt(w.now).Exec(ctx); err != nil {
				return err
			}
		}
		return w.event(ctx, "hold lift", h.ID.String(), reason, map[string]any{"lifted": lifted})
	})
	return lifted, err
}
