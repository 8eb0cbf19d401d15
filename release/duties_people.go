package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/derogation"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/predicate"
	"data.release/registrar/release/access"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/terms"
)

// roster is who holds which role on a day, as far as duties go to them.
type roster struct {
	day      terms.Date
	people   map[uuid.UUID]duty.Person
	officers []uuid.UUID               // of the body; they have what nobody owns
	sides    map[uuid.UUID][]uuid.UUID // by organisation: who applies or signs for it
	holders  map[uuid.UUID][]uuid.UUID // by organisation: who receives its data
	honorary []*ent.Membership
}

func readRoster(ctx context.Context, read *ent.Client, day terms.Date) (*roster, error) {
	memberships, err := read.Membership.Query().Where(membership.EndedAtIsNil()).WithPerson().WithOrganisation().Order(membership.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading memberships: %w", err)
	}
	r := &roster{day: day, people: map[uuid.UUID]duty.Person{}, sides: map[uuid.UUID][]uuid.UUID{}, holders: map[uuid.UUID][]uuid.UUID{}}
	for _, m := range memberships {
		if !currentMembership(m, day) {
			continue
		}
		p, o := m.Edges.Person, m.Edges.Organisation.ID
		r.people[p.ID] = duty.Person{ID: p.ID, Name: p.Name, Email: p.Email}
		switch m.Role {
		case access.AccessOfficer:
			r.officers = append(r.officers, p.ID)
		case access.Applicant, access.Signatory:
			r.sides[o] = append(r.sides[o], p.ID)
		case access.Recipient:
			r.holders[o] = append(r.holders[o], p.ID)
		}
		if m.Basis == terms.Honorary && m.ContractTo != nil {
			r.honorary = append(r.honorary, m)
		}
	}
	return r, nil
}

// of limits what is read to the agreements that can have a duty for the actor.
func (r *roster) of(actor access.Actor) predicate.AgreementVersion {
	var organisations []uuid.UUID
	for _, m := range actor.Memberships {
		if m.Role == access.Applicant || m.Role == access.Signatory || m.Role == access.Recipient {
			organisations = append(organisations, m.OrganisationID)
		}
	}
	theirs := []predicate.AgreementVersion{
		agreementversion.OwnerID(actor.PersonID),
		agreementversion.HasAgreementWith(agreement.HasApplicantWith(organisation.IDIn(organisations...))),
		agreementversion.HasAgreementWith(agreement.HasDerogationsWith(derogation.GivenBy(actor.PersonID))),
		agreementversion.HasPartiesWith(party.HasOrganisationWith(organisation.IDIn(organisations...))),
	}
	if slices.Contains(r.officers, actor.PersonID) {
		current := make([]uuid.UUID, 0, len(r.people))
		for id := range r.people {
			current = append(current, id)
		}
		theirs = append(theirs, agreementversion.OwnerIDIsNil(), agreementversion.OwnerIDNotIn(current...))
	}
	return agreementversion.Or(theirs...)
}

// staff is the owner of a case; where there is none (any more), every officer.
func (r *roster) staff(v *ent.AgreementVersion) []uuid.UUID {
	if v.OwnerID != nil {
		if _, here := r.people[*v.OwnerID]; here {
			return []uuid.UUID{*v.OwnerID}
		}
	}
	return r.officers
}

// both are the people of a version on both sides: its staff, and who applies or
// signs for the applicant and the controllers.
func (r *roster) both(v *ent.AgreementVersion) []uuid.UUID {
	people := slices.Clone(r.staff(v))
	if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
		people = append(people, r.sides[applicant.ID]...)
	}
	for _, p := range v.Edges.Parties {
		if p.Role == terms.Controller {
			people = append(people, r.sides[p.Edges.Organisation.ID]...)
		}
	}
	return people
}

// receivers are who receives a version's data.
func (r *roster) receivers(v *ent.AgreementVersion) (people []uuid.UUID) {
	for _, p := range v.Edges.Parties {
		if p.Role == terms.Recipient {
			people = append(people, r.holders[p.Edges.Organisation.ID]...)
		}
	}
	return people
}
