package release

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/person"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Owner is a person who may own cases.
type Owner struct {
	ID   uuid.UUID
	Name string
}

// CaseOwners are the access officers of this moment, by name.
func (s *Service) CaseOwners(ctx context.Context, actor access.Actor) ([]Owner, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	return officers(seeAll(ctx), s.Read(), terms.Today(s.clock()))
}

func officers(ctx context.Context, c *ent.Client, today terms.Date) ([]Owner, error) {
	people, err := c.Person.Query().Where(person.HasMembershipsWith(membership.RoleEQ(access.AccessOfficer), membership.EndedAtIsNil())).
		WithMemberships(func(q *ent.MembershipQuery) { q.Where(membership.RoleEQ(access.AccessOfficer)) }).
		Order(person.ByName(), person.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the access officers: %w", err)
	}
	var owners []Owner
	for _, p := range people {
		for _, m := range p.Edges.Memberships {
			if currentMembership(m, today) {
				owners = append(owners, Owner{ID: p.ID, Name: p.Name})
				break
			}
		}
	}
	return owners, nil
}

// ClaimVersion makes the actor the owner of a case that nobody owns. Of two at
// once, the second sees fault.Conflict.
func (s *Service) ClaimVersion(ctx context.Context, actor access.Actor, version uuid.UUID) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, version)
		if err != nil {
			return err
		}
		if v.OwnerID != nil && *v.OwnerID != actor.PersonID {
			owner, err := w.Person.Get(ctx, *v.OwnerID)
			if err != nil {
				return err
			}
			return fault.New(fault.Conflict, "%s has the case; it can be handed over.", owner.Name)
		}
		if err := v.Update().SetOwnerID(actor.PersonID).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "case claimed", v.ID.String(), "", nil)
	})
}

// HandOver gives a case to another access officer, with the reason. Any access
// officer may hand any case over: its owner may be away.
func (s *Service) HandOver(ctx context.Context, actor access.Actor, version, to uuid.UUID, reason string) error {
	return s.handOver(ctx, actor, to, reason, func(ctx context.Context, w *work) ([]*ent.AgreementVersion, error) {
		v, err := w.version(ctx, version)
		if err != nil {
			return nil, err
		}
		if v.OwnerID != nil && *v.OwnerID == to {
			return nil, fault.New(fault.Conflict, "They have the case already.")
		}
		return []*ent.AgreementVersion{v}, nil
	})
}

// HandOverAll gives every case that a person has, and that is not over, to
// another: for an absence. It returns how many there were.
func (s *Service) HandOverAll(ctx context.Context, actor access.Actor, from, to uuid.UUID, reason string) (cases int, err error) {
	err = s.handOver(ctx, actor, to, reason, func(ctx context.Context, w *work) ([]*ent.AgreementVersion, error) {
		if from == to {
			return nil, fault.New(fault.Invalid, "Name two persons.").With(fault.Reason{Code: "same", Field: "to", Message: "is the person who hands over"})
		}
		versions, err := w.AgreementVersion.Query().Where(agreementversion.OwnerID(from),
			agreementversion.StateNotIn(terms.Declined, terms.Withdrawn, terms.Closed)).Order(agreementversion.ByID()).ForUpdate().All(ctx)
		cases = len(versions)
		if err == nil && cases == 0 {
			err = fault.New(fault.Conflict, "They have no case to hand over.")
		}
		return versions, err
	})
	return cases, err
}

func (s *Service) handOver(ctx context.Context, actor access.Actor, to uuid.UUID, reason string, find func(context.Context, *work) ([]*ent.AgreementVersion, error)) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	if err := because(reason, "Say why the case is handed over."); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		owners, err := officers(ctx, w.Client, terms.Today(w.now))
		if err != nil {
			return err
		}
		known := false
		for _, o := range owners {
			known = known || o.ID == to
		}
		if !known {
			return fault.New(fault.Invalid, "The case cannot be handed over").With(fault.Reason{Code: "owner", Field: "to", Message: "is no access officer now"})
		}
		versions, err := find(ctx, w)
		if err != nil {
			return err
		}
		for _, v := range versions {
			from := idText(v.OwnerID)
			if err := v.Update().SetOwnerID(to).Exec(ctx); err != nil {
				return err
			}
			if err := w.event(ctx, "case handed over", v.ID.String(), reason, map[string]any{"from": from, "to": to}); err != nil {
				return err
			}
		}
		return nil
	})
}
