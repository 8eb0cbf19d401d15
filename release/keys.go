package release

import (
	"context"

	"github.com/google/uuid"

	"filippo.io/age"

	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/recipientkey"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// Key is a recipient's public key.
type Key struct {
	ID           uuid.UUID
	Organisation string
	PublicKey    string
	Revoked      bool
}

// AddRecipientKey puts an age public key of the actor's organisation on file.
// A private key is refused and not kept.
func (s *Service) AddRecipientKey(ctx context.Context, actor access.Actor, slug, publicKey string) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.ManageKeys); err != nil {
		return uuid.Nil, err
	}
	if _, err := age.ParseX25519Identity(publicKey); err == nil {
		return uuid.Nil, fault.New(fault.Invalid, "That is a private key. It has not been kept, but make a new pair, and give only the line that begins with age1.")
	}
	if _, err := age.ParseX25519Recipient(publicKey); err != nil {
		return uuid.Nil, fault.New(fault.Invalid, "That is no age public key: expected one line that begins with age1 (age-keygen prints it).")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).Only(ctx)
		if err != nil {
			return err
		}
		if !actor.HasFor(access.Recipient, o.ID) {
			return fault.New(fault.Forbidden, "You are no recipient of %s.", o.Name)
		}
		key, err := w.RecipientKey.Create().SetCreatedAt(w.now).SetOrganisation(o).SetPublicKey(publicKey).SetPersonID(actor.PersonID).Save(ctx)
		if err != nil {
			return err
		}
		id = key.ID
		return w.event(ctx, "recipient key added", slug, "", map[string]any{"key": id})
	})
	return id, err
}

// RevokeRecipientKey takes a key off; files encrypted to it stay as they are.
func (s *Service) RevokeRecipientKey(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	if err := access.Check(actor, access.ManageKeys); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		key, err := w.RecipientKey.Query().Where(recipientkey.ID(id)).WithOrganisation().ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if !actor.HasFor(access.Recipient, key.Edges.Organisation.ID) {
			return fault.New(fault.NotFound, "There is no such key.")
		}
		if key.RevokedAt != nil {
			return nil
		}
		if err := key.Update().SetRevokedAt(w.now).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "recipient key revoked", key.Edges.Organisation.Slug, reason, map[string]any{"key": id})
	})
}

// RecipientKeys are the keys of the actor's organisations.
func (s *Service) RecipientKeys(ctx context.Context, actor access.Actor) ([]Key, error) {
	if err := access.Check(actor, access.ManageKeys); err != nil {
		return nil, err
	}
	rows, err := s.Read().RecipientKey.Query().Where(recipientkey.HasOrganisationWith(organisation.IDIn(recipientOf(actor)...))).
		WithOrganisation().Order(recipientkey.ByCreatedAt()).All(seeAll(ctx))
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = Key{ID: r.ID, Organisation: r.Edges.Organisation.Name, PublicKey: r.PublicKey, Revoked: r.RevokedAt != nil}
	}
	return keys, nil
}

// recipientOf are the organisations in which the actor is a recipient.
func recipientOf(actor access.Actor) []uuid.UUID {
	var ids []uuid.UUID
	for _, m := range actor.Memberships {
		if m.Role == access.Recipient {
			ids = append(ids, m.OrganisationID)
		}
	}
	return ids
}
