package release

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/person"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Identity is what an OIDC issuer says of a person who has logged in.
type Identity struct {
	Issuer, Subject string
	Name, Email     string
	EmailVerified   bool
	LoggedInAt      time.Time // auth_time
}

// ActorOf finds the person of an identity with the memberships current now,
// at every request, so that a leaver stops at once. Someone granted a role by
// e-mail is bound to their subject at the first log-in with that verified
// address. A person unknown here is fault.Forbidden.
func (s *Service) ActorOf(ctx context.Context, identity Identity) (access.Actor, error) {
	read := s.Read()
	see := seeAll(ctx)
	found, err := read.Person.Query().Where(person.Issuer(identity.Issuer), person.Subject(identity.Subject)).Only(see)
	if ent.IsNotFound(err) && identity.Email != "" && identity.EmailVerified {
		found, err = s.bind(ctx, identity)
	}
	if ent.IsNotFound(err) {
		return access.Actor{}, fault.New(fault.Forbidden,
			"You are logged in, but nobody has given you a role here. Ask your organisation's administrator or an operator.")
	}
	if err != nil {
		return access.Actor{}, fmt.Errorf("finding the person: %w", err)
	}
	return s.actor(ctx, found, identity.LoggedInAt)
}

// bind gives a person who was granted roles by e-mail their issuer and subject.
func (s *Service) bind(ctx context.Context, identity Identity) (found *ent.Person, err error) {
	err = s.write(ctx, access.Actor{System: "login"}, func(ctx context.Context, w *work) error {
		found, err = w.Person.Query().Where(person.Email(address(identity.Email)), person.Subject("")).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		found, err = found.Update().SetIssuer(identity.Issuer).SetSubject(identity.Subject).Save(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "person bound", found.ID.String(), "first log-in with the granted e-mail address", nil)
	})
	return found, err
}

func (s *Service) actor(ctx context.Context, p *ent.Person, loggedIn time.Time) (access.Actor, error) {
	now := s.clock()
	today := terms.Today(now)
	memberships, err := s.Read().Membership.Query().
		Where(membership.HasPersonWith(person.ID(p.ID)), membership.EndedAtIsNil()).
		WithOrganisation().Order(membership.ByRole()).All(seeAll(ctx))
	if err != nil {
		return access.Actor{}, fmt.Errorf("reading memberships: %w", err)
	}
	actor := access.Actor{PersonID: p.ID, Name: p.Name, Email: p.Email, LoggedInAt: loggedIn}
	for _, m := range memberships {
		if !currentMembership(m, today) {
			continue
		}
		actor.Memberships = append(actor.Memberships, access.Membership{
			OrganisationID: m.Edges.Organisation.ID, OrganisationName: m.Edges.Organisation.Name,
			Directorate: m.Directorate, Role: m.Role,
		})
	}
	return actor, nil
}

func currentMembership(m *ent.Membership, today terms.Date) bool {
	period := terms.Period{From: m.From}
	if m.To != nil {
		period.To = *m.To
	}
	return m.EndedAt == nil && period.Contains(today)
}

// address is an e-mail address as it is kept and compared: however somebody
// spells it, it is one person's.
func address(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Grant gives a person a role in an organisation.
type Grant struct {
	Email        string      `json:"email" validate:"required,email,max=254"`
	Name         string      `json:"name" validate:"required,max=200"`
	Role         access.Role `json:"role" validate:"required"`
	Organisation string      `json:"organisation" validate:"required"` // slug
	Directorate  string      `json:"directorate" validate:"max=200"`
}

// GrantRole gives the role from today on. The person need not have logged in
// yet. Granting what they hold already changes nothing.
func (s *Service) GrantRole(ctx context.Context, actor access.Actor, grant Grant) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.GrantRoles); err != nil {
		return uuid.Nil, err
	}
	grant.Email = address(grant.Email)
	if err := valid(grant); err != nil {
		return uuid.Nil, err
	}
	if actor.PersonID != uuid.Nil && grant.Email == actor.Email {
		return uuid.Nil, fault.New(fault.Refused, "Nobody gives roles to themselves; another operator must.")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		in, err := w.Organisation.Query().Where(organisation.Slug(grant.Organisation)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no organisation %q; record it first.", grant.Organisation)
		} else if err != nil {
			return err
		}
		// A role of the body's own staff counts everywhere, so it is given only in
		// the body: where the giver is operator. The first is made from the command
		// line.
		if actor.System == "" && grant.Role.Staff() && !actor.HasFor(access.Operator, in.ID) {
			return fault.New(fault.Refused, "The role %s is one of the body's staff; it cannot be given in %s.", grant.Role.Label(), in.Name)
		}
		p, err := w.Person.Query().Where(person.Email(grant.Email)).Only(ctx)
		if ent.IsNotFound(err) {
			p, err = w.Person.Create().SetCreatedAt(w.now).SetEmail(grant.Email).SetName(grant.Name).Save(ctx)
		}
		if err != nil {
			return err
		}
		id = p.ID
		held, err := w.Membership.Query().Where(membership.HasPersonWith(person.ID(p.ID)), membership.RoleEQ(grant.Role),
			membership.HasOrganisationWith(organisation.ID(in.ID)), membership.EndedAtIsNil()).Exist(ctx)
		if err != nil || held {
			return err
		}
		m, err := w.Membership.Create().SetCreatedAt(w.now).SetPerson(p).SetOrganisation(in).SetRole(grant.Role).
			SetDirectorate(grant.Directorate).SetFrom(terms.Today(w.now)).Save(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "role granted", m.ID.String(), "", map[string]any{"person": p.ID, "role": grant.Role, "organisation": in.Slug})
	})
	return id, err
}

// EndMemberships makes a person a leaver of an organisation, at once.
func (s *Service) EndMemberships(ctx context.Context, actor access.Actor, email, slug, reason string) error {
	if err := access.Check(actor, access.GrantRoles); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		n, err := w.Membership.Update().Where(membership.HasPersonWith(person.Email(address(email))),
			membership.HasOrganisationWith(organisation.Slug(slug)), membership.EndedAtIsNil()).SetEndedAt(w.now).Save(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "That person has no current role in %q.", slug)
		}
		return w.event(ctx, "memberships ended", slug, reason, map[string]any{"count": n})
	})
}

// OrganisationFacts is what the gate asks of an organisation.
type OrganisationFacts struct {
	Slug              string      `json:"slug"`
	Name              string      `json:"name" validate:"required,max=300"`
	Kind              string      `json:"kind" validate:"max=200"`
	ODSCode           string      `json:"odsCode" validate:"max=8"`
	Placeholder       bool        `json:"placeholder"`
	ContractNumber    string      `json:"contractNumber" validate:"max=60"`
	ContractFrom      *terms.Date `json:"contractFrom"`
	ContractTo        *terms.Date `json:"contractTo"`
	AssuranceKind     string      `json:"assuranceKind" validate:"max=60"`
	AssuranceStatus   string      `json:"assuranceStatus" validate:"max=60"`
	AssuranceTo       *terms.Date `json:"assuranceTo"`
	AssuranceReviewed bool        `json:"assuranceReviewed"`
	Provenance        string      `json:"provenance" validate:"max=500"`
}

// RecordOrganisation records an organisation, or what is now known of one that
// is recorded (found by slug, or by its name as the register normalises it):
// all of it, so that a date that is left out is not recorded any more.
func (s *Service) RecordOrganisation(ctx context.Context, actor access.Actor, facts OrganisationFacts) (slug string, err error) {
	if actor.System == "" {
		err = access.Check(actor, access.RunAgreements)
	} else {
		err = access.Check(actor, access.GrantRoles)
	}
	if err != nil {
		return "", err
	}
	if err := valid(facts); err != nil {
		return "", err
	}
	slug = facts.Slug
	if slug == "" {
		slug = register.Slug(facts.Name)
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			o, err = w.Organisation.Create().SetCreatedAt(w.now).SetSlug(slug).SetName(facts.Name).Save(ctx)
		}
		if err != nil {
			return err
		}
		update := o.Update().SetName(facts.Name).SetKind(facts.Kind).SetPlaceholder(facts.Placeholder).
			SetContractNumber(facts.ContractNumber).SetAssuranceKind(facts.AssuranceKind).SetAssuranceStatus(facts.AssuranceStatus).
			SetAssuranceReviewed(facts.AssuranceReviewed).SetProvenance(facts.Provenance)
		if facts.ODSCode != "" {
			update.SetOdsCode(facts.ODSCode)
		}
		orClear(facts.ContractFrom, update.SetContractFrom, update.ClearContractFrom)
		orClear(facts.ContractTo, update.SetContractTo, update.ClearContractTo)
		orClear(facts.AssuranceTo, update.SetAssuranceTo, update.ClearAssuranceTo)
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "organisation recorded", slug, facts.Provenance, nil)
	})
	return slug, err
}

// orClear sets a date, or clears it where there is none.
func orClear[U any](d *terms.Date, set func(terms.Date) U, clear func() U) {
	if d == nil {
		clear()
		return
	}
	set(*d)
}

// EnsureOrganisation is the slug of the organisation of that name, recorded
// now if it was not.
func (s *Service) EnsureOrganisation(ctx context.Context, actor access.Actor, name string) (string, error) {
	slug := register.Slug(name)
	found, err := s.Read().Organisation.Query().Where(organisation.Slug(slug)).Exist(seeAll(ctx))
	if err != nil {
		return "", fmt.Errorf("finding the organisation: %w", err)
	}
	if found {
		return slug, nil
	}
	return s.RecordOrganisation(ctx, actor, OrganisationFacts{Name: name})
}
