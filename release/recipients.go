package release

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
)

// RecipientAgreement is a version under which an organisation of the actor's
// receives data.
type RecipientAgreement struct {
	ID           uuid.UUID
	Reference    string
	Stem         string
	Title        string
	Organisation string
	State        terms.VersionState
	Starts, Ends *terms.Date // the end included; nil: not recorded
}

// AgreementsOf are the agreements under which the actor's organisations
// receive data, from signature on, by reference.
func (s *Service) AgreementsOf(ctx context.Context, actor access.Actor) ([]RecipientAgreement, error) {
	if err := access.Check(actor, access.DownloadFiles); err != nil {
		return nil, err
	}
	mine := organisation.IDIn(recipientOf(actor)...)
	rows, err := s.Read().AgreementVersion.Query().
		Where(agreementversion.StateIn(terms.Signed, terms.Terminated),
			agreementversion.HasPartiesWith(party.RoleEQ(terms.Recipient), party.HasOrganisationWith(mine))).
		WithAgreement().
		WithParties(func(q *ent.PartyQuery) {
			q.Where(party.RoleEQ(terms.Recipient), party.HasOrganisationWith(mine)).WithOrganisation()
		}).
		Order(agreementversion.ByAgreementField("stem"), agreementversion.ByMajor(), agreementversion.ByMinor()).All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading the recipient's agreements: %w", err)
	}
	var out []RecipientAgreement
	for _, v := range rows {
		for _, p := range v.Edges.Parties {
			out = append(out, RecipientAgreement{ID: v.ID, Reference: reference(v), Stem: v.Edges.Agreement.Stem, Title: v.Title,
				Organisation: p.Edges.Organisation.Name, State: v.State, Starts: v.Starts, Ends: v.Ends})
		}
	}
	return out, nil
}

// Named is an organisation by slug and name.
type Named struct{ Slug, Name string }

// RecipientOrganisations are those for which the actor is a recipient, by name.
func (s *Service) RecipientOrganisations(ctx context.Context, actor access.Actor) ([]Named, error) {
	if err := access.Check(actor, access.ManageKeys); err != nil {
		return nil, err
	}
	rows, err := s.Read().Organisation.Query().Where(organisation.IDIn(recipientOf(actor)...)).Order(organisation.ByName()).All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading the recipient's organisations: %w", err)
	}
	out := make([]Named, len(rows))
	for i, o := range rows {
		out[i] = Named{o.Slug, o.Name}
	}
	return out, nil
}
