package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/person"
	"data.release/registrar/ent/predicate"
	"data.release/registrar/ent/recipientkey"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
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

// currentMembership says whether a role counts today: it has begun, has not
// ended, and the honorary contract that it rests on has not (DARS standard 12).
func currentMembership(m *ent.Membership, today terms.Date) bool {
	period := terms.Period{From: m.From}
	for _, last := range []*terms.Date{m.To, m.ContractTo} {
		if last != nil && (period.To.IsZero() || last.Compare(period.To) < 0) {
			period.To = *last
		}
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
	// Basis is on what the person belongs to the organisation; employee if
	// empty. An honorary contract needs its reference and its end.
	Basis             terms.EmploymentBasis `json:"basis"`
	ContractReference string                `json:"contractReference" validate:"max=120"`
	ContractTo        *terms.Date           `json:"contractTo"`
	To                *terms.Date           `json:"to"` // the last day of the role
}

// check says what is wrong with the basis.
func (g Grant) check(today terms.Date) error {
	refused := fault.New(fault.Invalid, "The role cannot be given as it is")
	wrong := func(code, field, message string) {
		refused.With(fault.Reason{Code: code, Field: field, Message: message})
	}
	if !slices.Contains(g.Role.Values(), string(g.Role)) {
		wrong("role-unknown", "role", "is no role")
	}
	if !g.Basis.Known() {
		wrong("code-unknown", "basis", "is neither employee nor honorary nor contractor")
	}
	if g.Basis == terms.Honorary && g.ContractReference == "" {
		wrong("required", "contractReference", "an honorary contract needs its reference")
	}
	if g.Basis == terms.Honorary && g.ContractTo == nil {
		wrong("required", "contractTo", "an honorary contract needs its end")
	}
	if g.ContractTo != nil && g.ContractTo.Compare(today) < 0 {
		wrong("past", "contractTo", "the contract has ended")
	}
	if g.To != nil && g.To.Compare(today) < 0 {
		wrong("past", "to", "the role would have ended")
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// GrantRole gives the role from today on. The person need not have logged in
// yet. Granting what they hold already changes nothing but the basis, the
// contract and the end, where those are others.
func (s *Service) GrantRole(ctx context.Context, actor access.Actor, grant Grant) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.GrantRoles); err != nil {
		return uuid.Nil, err
	}
	grant.Email = address(grant.Email)
	if err := valid(grant); err != nil {
		return uuid.Nil, err
	}
	if grant.Basis == "" {
		grant.Basis = terms.Employee
	}
	if err := grant.check(terms.Today(s.clock())); err != nil {
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
		if actor.System != "" && grant.Role.Staff() {
			if err := w.inTheBody(ctx, in, grant.Role); err != nil {
				return err
			}
		}
		p, err := w.Person.Query().Where(person.Email(grant.Email)).Only(ctx)
		if ent.IsNotFound(err) {
			p, err = w.Person.Create().SetCreatedAt(w.now).SetEmail(grant.Email).SetName(grant.Name).Save(ctx)
		}
		if err != nil {
			return err
		}
		id = p.ID
		return w.grant(ctx, p, in, grant)
	})
	return id, err
}

// inTheBody refuses a role of the body's staff in another organisation: the
// command line could give it by one wrong argument, and it counts everywhere.
// The body is where there are operators; before the first, it may be any.
func (w *work) inTheBody(ctx context.Context, in *ent.Organisation, role access.Role) error {
	operators := w.Membership.Query().Where(membership.RoleEQ(access.Operator), membership.EndedAtIsNil())
	here, err := operators.Clone().Where(membership.HasOrganisationWith(organisation.ID(in.ID))).Exist(ctx)
	if err != nil || here {
		return err
	}
	anywhere, err := operators.Exist(ctx)
	if err != nil || !anywhere {
		return err
	}
	return fault.New(fault.Refused, "The role %s is one of the body's staff; it cannot be given in %s, which has no operator.", role.Label(), in.Name)
}

// grant gives the role, or amends the one that the person holds.
func (w *work) grant(ctx context.Context, p *ent.Person, in *ent.Organisation, grant Grant) error {
	held, err := w.Membership.Query().Where(membership.HasPersonWith(person.ID(p.ID)), membership.RoleEQ(grant.Role),
		membership.HasOrganisationWith(organisation.ID(in.ID)), membership.EndedAtIsNil()).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	detail := map[string]any{"person": p.ID, "role": grant.Role, "organisation": in.Slug, "basis": grant.Basis}
	if held != nil {
		if held.Basis == grant.Basis && held.ContractReference == grant.ContractReference &&
			dateOf(held.ContractTo) == dateOf(grant.ContractTo) && dateOf(held.To) == dateOf(grant.To) {
			return nil
		}
		update := held.Update().SetBasis(grant.Basis).SetContractReference(grant.ContractReference)
		orClear(grant.ContractTo, update.SetContractTo, update.ClearContractTo)
		orClear(grant.To, update.SetTo, update.ClearTo)
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "role amended", held.ID.String(), "", detail)
	}
	m, err := w.Membership.Create().SetCreatedAt(w.now).SetPerson(p).SetOrganisation(in).SetRole(grant.Role).
		SetDirectorate(grant.Directorate).SetFrom(terms.Today(w.now)).SetBasis(grant.Basis).
		SetContractReference(grant.ContractReference).SetNillableContractTo(grant.ContractTo).SetNillableTo(grant.To).Save(ctx)
	if err != nil {
		return err
	}
	return w.event(ctx, "role granted", m.ID.String(), "", detail)
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
		who, err := w.Person.Query().Where(person.Email(address(email))).Only(ctx)
		if err != nil {
			return err
		}
		keys, err := w.revokeLeaversKeys(ctx, who.ID, organisation.Slug(slug))
		if err != nil {
			return err
		}
		return w.event(ctx, "memberships ended", slug, reason, map[string]any{"count": n, "keys_revoked": keys})
	})
}

// revokeLeaversKeys revokes the keys that a person added for an organisation:
// who is no recipient any more must not be the one who can open its files.
func (w *work) revokeLeaversKeys(ctx context.Context, who uuid.UUID, of predicate.Organisation) (int, error) {
	n, err := w.RecipientKey.Update().Where(recipientkey.PersonID(who), recipientkey.RevokedAtIsNil(), recipientkey.HasOrganisationWith(of)).
		SetRevokedAt(w.now).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("revoking the keys of who leaves: %w", err)
	}
	return n, nil
}

// EndRole ends one role of a person, at once.
func (s *Service) EndRole(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	if err := access.Check(actor, access.GrantRoles); err != nil {
		return err
	}
	if reason == "" {
		return wrongAnswer("required", "reason", "say why the role ends")
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		m, err := w.Membership.Query().Where(membership.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if m.EndedAt != nil {
			return fault.New(fault.Conflict, "The role has ended already.")
		}
		if err := m.Update().SetEndedAt(w.now).Exec(ctx); err != nil {
			return err
		}
		keys := 0
		if m.Role == access.Recipient {
			who, err := m.QueryPerson().OnlyID(ctx)
			if err != nil {
				return err
			}
			of, err := m.QueryOrganisation().OnlyID(ctx)
			if err != nil {
				return err
			}
			if keys, err = w.revokeLeaversKeys(ctx, who, organisation.ID(of)); err != nil {
				return err
			}
		}
		return w.event(ctx, "role ended", m.ID.String(), reason, map[string]any{"role": m.Role, "keys_revoked": keys})
	})
}

// PersonFilter narrows a list of persons and roles; what is empty narrows
// nothing.
type PersonFilter struct {
	Organisation string      // slug
	Role         access.Role // only this one
	Search       string      // part of a name or address
	Former       bool        // roles that do not count any more, too
}

// PersonRole is a role that a person has or had.
type PersonRole struct {
	ID                uuid.UUID // of the role
	Person            uuid.UUID
	Name, Email       string
	OrganisationName  string
	OrganisationSlug  string
	Role              access.Role
	Directorate       string
	Basis             terms.EmploymentBasis
	ContractReference string
	ContractTo        *terms.Date
	From              terms.Date
	To                *terms.Date
	EndedAt           *time.Time
	Current           bool
	LoggedIn          bool // has ever logged in
}

// Persons lists persons with their roles, by name; for who gives roles.
func (s *Service) Persons(ctx context.Context, actor access.Actor, filter PersonFilter) ([]PersonRole, error) {
	if err := access.Check(actor, access.GrantRoles); err != nil {
		return nil, err
	}
	query := s.Read().Membership.Query().WithPerson().WithOrganisation()
	if filter.Organisation != "" {
		query.Where(membership.HasOrganisationWith(organisation.Slug(filter.Organisation)))
	}
	if filter.Role != "" {
		query.Where(membership.RoleEQ(filter.Role))
	}
	if filter.Search != "" {
		query.Where(membership.HasPersonWith(person.Or(person.NameContainsFold(filter.Search), person.EmailContainsFold(filter.Search))))
	}
	if !filter.Former {
		query.Where(membership.EndedAtIsNil())
	}
	found, err := query.All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading persons and roles: %w", err)
	}
	today := terms.Today(s.clock())
	var roles []PersonRole
	for _, m := range found {
		role := PersonRole{ID: m.ID, Person: m.Edges.Person.ID, Name: m.Edges.Person.Name, Email: m.Edges.Person.Email,
			OrganisationName: m.Edges.Organisation.Name, OrganisationSlug: m.Edges.Organisation.Slug, Role: m.Role, Directorate: m.Directorate,
			Basis: m.Basis, ContractReference: m.ContractReference, ContractTo: m.ContractTo, From: m.From, To: m.To, EndedAt: m.EndedAt,
			Current: currentMembership(m, today), LoggedIn: m.Edges.Person.Subject != ""}
		if role.Current || filter.Former {
			roles = append(roles, role)
		}
	}
	slices.SortFunc(roles, func(a, b PersonRole) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Email, b.Email),
			strings.Compare(a.OrganisationName, b.OrganisationName), strings.Compare(string(a.Role), string(b.Role)), a.From.Compare(b.From))
	})
	return roles, nil
}
