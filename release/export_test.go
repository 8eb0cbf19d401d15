package release

import (
	"context"

	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"

	"github.com/google/uuid"
)

// SuccessorOf is successor for tests, by names; the kind is empty where nobody
// follows.
func (s *Service) SuccessorOf(ctx context.Context, slug, stem string, day terms.Date) (to string, kind terms.SuccessionKind, err error) {
	err = s.write(ctx, access.Actor{System: "test"}, func(ctx context.Context, w *work) error {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).Only(ctx)
		if err != nil {
			return err
		}
		id := uuid.Nil
		if stem != "" {
			if id, err = w.Agreement.Query().Where(agreement.Stem(stem)).OnlyID(ctx); err != nil {
				return err
			}
		}
		last, step, err := w.successor(ctx, o, id, day)
		if err != nil {
			return err
		}
		to = last.Slug
		if step != nil {
			kind = step.Kind
		}
		return nil
	})
	return to, kind, err
}

// HoldsOn are the reasons of the holds that stand on an agreement and on
// organisations.
func (s *Service) HoldsOn(ctx context.Context, stem string, slugs ...string) (reasons []string, err error) {
	err = s.write(ctx, access.Actor{System: "test"}, func(ctx context.Context, w *work) error {
		id, err := w.Agreement.Query().Where(agreement.Stem(stem)).OnlyID(ctx)
		if err != nil {
			return err
		}
		parties, err := w.Organisation.Query().Where(organisation.SlugIn(slugs...)).IDs(ctx)
		if err != nil {
			return err
		}
		holds, err := w.openHolds(ctx, id, parties...)
		for _, h := range holds {
			reasons = append(reasons, h.Reason)
		}
		return err
	})
	return reasons, err
}

// Enter writes entries for tests of what is read, in one command for each.
func (s *Service) Enter(ctx context.Context, entries ...register.Entry) error {
	for _, e := range entries {
		err := s.write(ctx, access.Actor{System: "test"}, func(ctx context.Context, w *work) error {
			return w.enterAll(ctx, uuid.NullUUID{}, []*register.Entry{&e})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
