package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/succession"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// SuccessionInput says who follows whom from a day on. Several that become one
// stand in From; one that becomes several is one command for each, with the
// agreements that go to it.
type SuccessionInput struct {
	Kind terms.SuccessionKind `json:"kind" validate:"required"`
	From []string             `json:"from" validate:"required,min=1,max=500,unique,dive,required"` // slugs
	// To is the slug of who follows; none of a dissolution. A rename names
	// either an organisation that is recorded under the new name already, or
	// the NewName of the one that keeps its record.
	To         string     `json:"to"`
	NewName    string     `json:"newName" validate:"max=300"`
	On         terms.Date `json:"on"`
	Instrument string     `json:"instrument" validate:"max=500"` // such as the Act, order or deed
	Reason     string     `json:"reason" validate:"required,max=4000"`
	Agreements []string   `json:"agreements" validate:"max=2000,unique"` // stems; none: all
}

// RecordSuccession records who follows whom; it is never changed afterwards, and
// what was recorded wrongly is taken back by withdrawing the register's entry.
// The records of agreements stay as they were written: from that day on the
// gate looks at who follows (successor). A rename makes the old name an alias
// with its end, and is never a transfer.
//
// Refused as fault.Invalid with every reason: names that stand for nothing, a
// transfer without its instrument, a circle, an agreement of which From is no
// party, and a second successor for the same agreement.
func (s *Service) RecordSuccession(ctx context.Context, actor access.Actor, input SuccessionInput) (ids []uuid.UUID, err error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return nil, err
	}
	if err := valid(input); err != nil {
		return nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.lockSuccessions(ctx); err != nil {
			return err
		}
		checked, err := w.checkSuccession(ctx, input)
		if err != nil {
			return err
		}
		for _, from := range checked.from {
			made, err := w.writeSuccession(ctx, input, checked, from)
			if err != nil {
				return err
			}
			ids = append(ids, made...)
			err = w.event(ctx, "succession recorded", from.Slug, input.Reason, map[string]any{"kind": input.Kind, "to": input.To,
				"new_name": input.NewName, "on": input.On.String(), "agreements": input.Agreements})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

// lockSuccessions makes those who record successions wait for each other, so
// that two together make no circle and no second successor.
func (w *work) lockSuccessions(ctx context.Context) error {
	if _, err := w.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('registrar successions', 0))`); err != nil {
		return fmt.Errorf("waiting for other successions: %w", err)
	}
	return nil
}

type checkedSuccession struct {
	from       []*ent.Organisation
	to         *ent.Organisation // nil: nobody follows
	agreements []*ent.Agreement
}

func (w *work) checkSuccession(ctx context.Context, in SuccessionInput) (checkedSuccession, error) {
	var checked checkedSuccession
	refused := fault.New(fault.Invalid, "The succession cannot be recorded as it is")
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	wrongShape(in, terms.Today(w.now), wrong)
	for i, slug := range in.From {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			wrong("organisation-unknown", fmt.Sprintf("from[%d]", i), "there is no organisation %q", slug)
			continue
		} else if err != nil {
			return checked, err
		}
		checked.from = append(checked.from, o)
	}
	if in.To != "" {
		o, err := w.Organisation.Query().Where(organisation.Slug(in.To)).Only(ctx)
		if ent.IsNotFound(err) {
			wrong("organisation-unknown", "to", "there is no organisation %q", in.To)
		} else if err != nil {
			return checked, err
		}
		checked.to = o
		for _, from := range checked.from {
			if in.Kind != terms.Rename {
				break
			}
			if err := w.checkRenamed(ctx, from, o, wrong); err != nil {
				return checked, err
			}
		}
	}
	var err error
	if checked.agreements, err = w.checkStems(ctx, in.Agreements, "agreements", wrong); err != nil {
		return checked, err
	}
	for _, from := range checked.from {
		if err := w.checkFollowed(ctx, checked, from, in, wrong); err != nil {
			return checked, err
		}
	}
	if len(refused.Reasons) > 0 {
		return checked, refused
	}
	return checked, nil
}

// wrongShape says what no look at the records is needed for.
func wrongShape(in SuccessionInput, today terms.Date, wrong func(code, field, format string, args ...any)) {
	switch {
	case !in.Kind.Known():
		wrong("code-unknown", "kind", "%q is no kind of succession", in.Kind)
	case in.Kind == terms.Rename && (in.To == "") == (in.NewName == ""):
		wrong("new-name", "newName", "a rename needs the new name, or the organisation that is recorded under it")
	case in.Kind == terms.Rename && (len(in.From) > 1 || len(in.Agreements) > 0):
		wrong("rename", "kind", "a rename is of one organisation and holds for all of its agreements")
	case in.Kind == terms.Dissolution && in.To != "":
		wrong("dissolution", "to", "nobody follows after a dissolution; record a transfer or merger instead")
	case in.Kind != terms.Rename && in.Kind != terms.Dissolution && in.To == "":
		wrong("required", "to", "say who follows")
	}
	if in.Kind != terms.Rename && in.NewName != "" {
		wrong("new-name", "newName", "only a rename gives a new name")
	}
	if in.Instrument == "" && (in.Kind == terms.StatutoryTransfer || in.Kind == terms.Novation) {
		wrong("required", "instrument", "a %s needs its instrument", in.Kind.Label())
	}
	switch {
	case in.On.IsZero():
		wrong("required", "on", "say from which day on")
	case in.On.Compare(register.NHSBegan) < 0:
		wrong("before", "on", "is before %s, when the National Health Service began", register.NHSBegan.Words())
	case in.Kind == terms.Rename && in.On.Compare(today) > 0:
		wrong("future", "on", "is a day to come; a new name is recorded when it holds")
	}
	if slices.Contains(in.From, in.To) {
		wrong("circle", "to", "no organisation follows itself")
	}
}

// checkStems finds agreements by their stems.
func (w *work) checkStems(ctx context.Context, stems []string, field string, wrong func(code, field, format string, args ...any)) ([]*ent.Agreement, error) {
	if len(stems) == 0 {
		return nil, nil
	}
	found, err := w.Agreement.Query().Where(agreement.StemIn(stems...)).Order(agreement.ByStem()).All(ctx)
	if err != nil {
		return nil, err
	}
	for i, stem := range stems {
		if !slices.ContainsFunc(found, func(a *ent.Agreement) bool { return a.Stem == stem }) {
			wrong("agreement-unknown", fmt.Sprintf("%s[%d]", field, i), "there is no agreement %q", stem)
		}
	}
	return found, nil
}

// checkRenamed refuses a rename that joins two organisations that are each one
// for themselves: whoever has a contract, a code, agreements or people of its
// own does not become another by a name. Nothing carries over to the other but
// by a statutory transfer, or by a merger or novation, which is signed again.
func (w *work) checkRenamed(ctx context.Context, from, to *ent.Organisation, wrong func(code, field, format string, args ...any)) error {
	old, err := w.ownThings(ctx, from)
	if err != nil || len(old) == 0 {
		return err
	}
	own, err := w.ownThings(ctx, to)
	if err != nil || len(own) == 0 {
		return err
	}
	wrong("rename-other", "to", "%s has %s of its own, and %s has %s: they are two. Record a merger, novation or statutory transfer",
		to.Name, strings.Join(own, ", "), from.Name, strings.Join(old, ", "))
	return nil
}

// ownThings are what makes a record that of an organisation, and not of one
// name of it.
func (w *work) ownThings(ctx context.Context, o *ent.Organisation) (own []string, err error) {
	if o.OdsCode != nil && *o.OdsCode != "" {
		own = append(own, "a code")
	}
	if o.ContractNumber != "" {
		own = append(own, "a framework contract")
	}
	parties, err := w.Party.Query().Where(party.HasOrganisationWith(organisation.ID(o.ID))).Exist(ctx)
	if err != nil {
		return nil, err
	}
	if parties {
		own = append(own, "agreements")
	}
	people, err := w.Membership.Query().Where(membership.HasOrganisationWith(organisation.ID(o.ID))).Exist(ctx)
	if err != nil {
		return nil, err
	}
	if people {
		own = append(own, "people")
	}
	return own, nil
}

// checkFollowed says what speaks against somebody following an organisation.
func (w *work) checkFollowed(ctx context.Context, checked checkedSuccession, from *ent.Organisation, in SuccessionInput, wrong func(code, field, format string, args ...any)) error {
	rows, err := w.Succession.Query().Where(succession.HasFromWith(organisation.ID(from.ID)), succession.Not(succession.HasWithdrawal())).WithTo().All(ctx)
	if err != nil {
		return err
	}
	followed := func(a *uuid.UUID) bool {
		return slices.ContainsFunc(rows, func(r *ent.Succession) bool {
			inPlace := r.Edges.To != nil && r.Edges.To.ID == from.ID
			return !inPlace && (r.AgreementID == nil) == (a == nil) && (a == nil || *r.AgreementID == *a)
		})
	}
	for _, r := range rows {
		if in.Kind == terms.Rename && r.Kind == terms.Rename && r.On.Compare(in.On) > 0 {
			wrong("order", "on", "is before %s, when %s was renamed: take that back first if it is wrong", r.On.Words(), from.Name)
		}
	}
	if len(checked.agreements) == 0 && followed(nil) {
		wrong("followed", "from", "who follows %s for all of its agreements is recorded already", from.Name)
	}
	for _, a := range checked.agreements {
		if followed(&a.ID) {
			wrong("followed", "agreements", "who follows %s in %s is recorded already", from.Name, a.Stem)
		}
		concerned, err := w.concerned(ctx, a, from.ID)
		if err != nil {
			return err
		}
		if !concerned {
			wrong("no-party", "agreements", "%s is no party of %s", from.Name, a.Stem)
		}
	}
	if checked.to == nil || checked.to.ID == from.ID {
		return nil
	}
	scopes := []uuid.UUID{uuid.Nil}
	for _, a := range checked.agreements {
		scopes = append(scopes, a.ID)
	}
	for _, scope := range scopes {
		last, _, err := w.successor(ctx, checked.to, scope, forEver)
		if err != nil {
			return err
		}
		if last.ID == from.ID {
			wrong("circle", "to", "%s is followed by %s already", checked.to.Name, from.Name)
			break
		}
	}
	return nil
}

// forEver is after every day of a succession.
var forEver = terms.NewDate(9999, 12, 31)

// concerned says whether the organisation applies for or is a party of any
// version of the agreement.
func (w *work) concerned(ctx context.Context, a *ent.Agreement, organisationID uuid.UUID) (bool, error) {
	return w.Agreement.Query().Where(agreement.ID(a.ID), agreement.Or(
		agreement.HasApplicantWith(organisation.ID(organisationID)),
		agreement.HasVersionsWith(agreementversion.HasPartiesWith(party.HasOrganisationWith(organisation.ID(organisationID)))),
	)).Exist(ctx)
}

func (w *work) writeSuccession(ctx context.Context, in SuccessionInput, checked checkedSuccession, from *ent.Organisation) (ids []uuid.UUID, err error) {
	to, named := checked.to, *from // a rename gives from another name
	if in.Kind == terms.Rename {
		if to, err = w.renamed(ctx, in, from, to); err != nil {
			return nil, err
		}
	}
	scopes := []*uuid.UUID{nil}
	if len(checked.agreements) > 0 {
		scopes = scopes[:0]
		for _, a := range checked.agreements {
			scopes = append(scopes, &a.ID)
		}
	}
	entries, err := w.tellSuccession(ctx, in, checked.agreements, named, to)
	if err != nil {
		return nil, err
	}
	rows := make([]*ent.SuccessionCreate, len(scopes))
	for i, scope := range scopes {
		id := uuid.Must(uuid.NewV7())
		ids = append(ids, id)
		rows[i] = w.Succession.Create().SetID(id).SetCreatedAt(w.now).SetKind(in.Kind).SetOn(in.On).SetInstrument(in.Instrument).
			SetReason(in.Reason).SetNillableAgreementID(scope).SetFrom(from).SetEntry(entries[i])
		if to != nil {
			rows[i].SetTo(to)
		}
	}
	for part := range slices.Chunk(rows, recordBatch) {
		if err := w.Succession.CreateBulk(part...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("recording the succession: %w", err)
		}
	}
	return ids, nil
}

// renamed gives the organisation of a rename, and makes the old name an alias
// that ends the day before. Where the new name has a record of its own, the
// old record's names become aliases of that one, so that a later edition that
// still has the old name finds the same legal entity.
func (w *work) renamed(ctx context.Context, in SuccessionInput, from, to *ent.Organisation) (*ent.Organisation, error) {
	last := in.On.AddDays(-1)
	if to == nil {
		if err := from.Update().SetName(in.NewName).Exec(ctx); err != nil {
			return nil, err
		}
		to = from
	} else if err := w.OrganisationAlias.Update().Where(organisationalias.HasOrganisationWith(organisation.ID(from.ID)),
		organisationalias.KeyNEQ(register.NameKey(from.Name))).SetOrganisation(to).Exec(ctx); err != nil {
		return nil, err
	}
	old, err := w.OrganisationAlias.Query().Where(organisationalias.Key(register.NameKey(from.Name))).Only(ctx)
	if ent.IsNotFound(err) {
		return to, w.OrganisationAlias.Create().SetCreatedAt(w.now).SetName(from.Name).SetKey(register.NameKey(from.Name)).
			SetReason("former name").SetTo(last).SetOrganisation(to).Exec(ctx)
	} else if err != nil {
		return nil, err
	}
	return to, old.Update().SetReason("former name").SetTo(last).SetOrganisation(to).Exec(ctx)
}
