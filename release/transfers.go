package release

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// TransferInput says that many agreements change controller on one day.
type TransferInput struct {
	Kind terms.SuccessionKind `json:"kind" validate:"required,oneof=statutory_transfer merger novation"`
	// From is the slug of the controller that goes. It may be empty where
	// Agreements are named: then it is each agreement's one controller, or its
	// applicant where none is recorded.
	From       string     `json:"from"`
	To         string     `json:"to" validate:"required"` // slug
	On         terms.Date `json:"on"`
	Instrument string     `json:"instrument" validate:"required,max=500"`
	Reason     string     `json:"reason" validate:"required,max=4000"`
	Agreements []string   `json:"agreements" validate:"required_without=From,max=2000,unique"` // stems; none: all of From
}

// BulkTransfer records for each agreement that To follows its controller from
// the day on, all or nothing, with one reason and an event each. What was
// signed stays as it was signed, and the gate follows the succession; a version
// that is still written names the new controller at once, if the day has come,
// for the old one cannot sign it.
func (s *Service) BulkTransfer(ctx context.Context, actor access.Actor, input TransferInput) (transferred int, err error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return 0, err
	}
	if err := valid(input); err != nil {
		return 0, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.lockSuccessions(ctx); err != nil {
			return err
		}
		agreements, to, err := w.checkTransfer(ctx, input)
		if err != nil {
			return err
		}
		in := SuccessionInput{Kind: input.Kind, To: input.To, On: input.On, Instrument: input.Instrument, Reason: input.Reason}
		byController := map[uuid.UUID]*checkedSuccession{}
		for _, a := range agreements {
			from := a.from
			if byController[from.ID] == nil {
				byController[from.ID] = &checkedSuccession{from: []*ent.Organisation{from}, to: to}
			}
			byController[from.ID].agreements = append(byController[from.ID].agreements, a.Agreement)
		}
		refused := fault.New(fault.Invalid, "The agreements cannot be transferred as they are")
		wrong := func(code, field, format string, args ...any) {
			refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
		}
		order := slices.SortedFunc(maps.Values(byController), func(a, b *checkedSuccession) int { return slices.Compare(a.from[0].ID[:], b.from[0].ID[:]) })
		for _, checked := range order {
			if err := w.checkFollowed(ctx, *checked, checked.from[0], in, wrong); err != nil {
				return err
			}
		}
		if len(refused.Reasons) > 0 {
			return refused
		}
		for _, checked := range order {
			if _, err := w.writeSuccession(ctx, in, *checked, checked.from[0]); err != nil {
				return err
			}
			if input.On.Compare(terms.Today(w.now)) <= 0 {
				if err := w.nameController(ctx, *checked); err != nil {
					return err
				}
			}
			for _, a := range checked.agreements {
				if err := w.event(ctx, "controller changed", a.Stem, input.Reason, map[string]any{"kind": input.Kind, "from": checked.from[0].Slug,
					"to": to.Slug, "on": input.On.String(), "instrument": input.Instrument}); err != nil {
					return err
				}
			}
		}
		transferred = len(agreements)
		return nil
	})
	return transferred, err
}

// transferring is an agreement with the controller that goes.
type transferring struct {
	*ent.Agreement
	from *ent.Organisation
}

func (w *work) checkTransfer(ctx context.Context, in TransferInput) ([]transferring, *ent.Organisation, error) {
	refused := fault.New(fault.Invalid, "The agreements cannot be transferred as they are")
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if in.On.IsZero() {
		wrong("required", "on", "say from which day on")
	}
	find := func(slug, field string) *ent.Organisation {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).Only(ctx)
		if err != nil {
			wrong("organisation-unknown", field, "there is no organisation %q", slug)
			return nil
		}
		return o
	}
	to := find(in.To, "to")
	var from *ent.Organisation
	if in.From != "" {
		if from = find(in.From, "from"); in.From == in.To {
			wrong("circle", "to", "no organisation follows itself")
		}
	}
	query := w.Agreement.Query().WithApplicant().Order(agreement.ByStem()).WithVersions(func(q *ent.AgreementVersionQuery) {
		q.Select(agreementversion.FieldID, agreementversion.FieldMajor, agreementversion.FieldMinor).
			WithParties(func(q *ent.PartyQuery) { q.Where(party.RoleEQ(terms.Controller)).WithOrganisation() })
	})
	if len(in.Agreements) > 0 {
		if _, err := w.checkStems(ctx, in.Agreements, "agreements", wrong); err != nil {
			return nil, nil, err
		}
		query.Where(agreement.StemIn(in.Agreements...))
	} else if from != nil {
		query.Where(agreement.Or(agreement.HasApplicantWith(organisation.ID(from.ID)),
			agreement.HasVersionsWith(agreementversion.HasPartiesWith(party.RoleEQ(terms.Controller), party.HasOrganisationWith(organisation.ID(from.ID))))))
	}
	if len(refused.Reasons) > 0 {
		return nil, nil, refused
	}
	found, err := query.All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the agreements: %w", err)
	}
	var out []transferring
	for _, a := range found {
		goes := from
		if goes == nil {
			controllers := controllersOf(a)
			if len(controllers) != 1 {
				wrong("controllers", "agreements", "%s has %d controllers; say which one goes", a.Stem, len(controllers))
				continue
			}
			goes = controllers[0]
			if goes.ID == to.ID {
				wrong("circle", "agreements", "%s is %s's already", a.Stem, to.Name)
				continue
			}
		}
		out = append(out, transferring{a, goes})
	}
	if len(out) == 0 && len(refused.Reasons) == 0 {
		wrong("none", "from", "there is no agreement to transfer")
	}
	if len(refused.Reasons) > 0 {
		return nil, nil, refused
	}
	return out, to, nil
}

// controllersOf are the controllers of an agreement's newest version that names
// any, else the applicant.
func controllersOf(a *ent.Agreement) []*ent.Organisation {
	versions := slices.SortedFunc(slices.Values(a.Edges.Versions), func(x, y *ent.AgreementVersion) int {
		return slices.Compare([]int{y.Major, y.Minor}, []int{x.Major, x.Minor})
	})
	for _, v := range versions {
		var controllers []*ent.Organisation
		for _, p := range v.Edges.Parties {
			controllers = append(controllers, p.Edges.Organisation)
		}
		if len(controllers) > 0 {
			return controllers
		}
	}
	if a.Edges.Applicant == nil {
		return nil
	}
	return []*ent.Organisation{a.Edges.Applicant}
}

// nameController puts the new controller into versions that are still written,
// and makes it the applicant where the old one was.
func (w *work) nameController(ctx context.Context, checked checkedSuccession) error {
	from, ids := checked.from[0], make([]uuid.UUID, len(checked.agreements))
	for i, a := range checked.agreements {
		ids[i] = a.ID
	}
	err := w.Agreement.Update().Where(agreement.IDIn(ids...), agreement.HasApplicantWith(organisation.ID(from.ID))).SetApplicant(checked.to).Exec(ctx)
	if err != nil {
		return fmt.Errorf("naming the new applicant: %w", err)
	}
	written, err := w.AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.IDIn(ids...)), agreementversion.StateIn(takingOn...),
		agreementversion.TermsSha256(""), agreementversion.HasPartiesWith(party.HasOrganisationWith(organisation.ID(from.ID)))).ForUpdate().All(ctx)
	if err != nil {
		return fmt.Errorf("reading the versions that are written: %w", err)
	}
	for _, v := range written {
		if err := w.replaceParty(ctx, v, from, checked.to); err != nil {
			return fmt.Errorf("naming the new controller: %w", err)
		}
		if err := w.revise(ctx, v, StepParties); err != nil {
			return err
		}
	}
	return nil
}

// replaceParty puts one organisation in the place of another as controller and
// recipient of a version; where it is one already, the other only goes.
func (w *work) replaceParty(ctx context.Context, v *ent.AgreementVersion, from, to *ent.Organisation) error {
	for _, role := range []terms.PartyRole{terms.Controller, terms.Recipient} {
		of := func(o *ent.Organisation) *ent.PartyQuery {
			return w.Party.Query().Where(party.HasVersionWith(agreementversion.ID(v.ID)), party.RoleEQ(role), party.HasOrganisationWith(organisation.ID(o.ID)))
		}
		there, err := of(to).Exist(ctx)
		if err != nil {
			return err
		}
		old, err := of(from).All(ctx)
		if err != nil {
			return err
		}
		for _, p := range old {
			if there {
				err = w.Party.DeleteOne(p).Exec(ctx)
			} else {
				err = p.Update().SetOrganisation(to).Exec(ctx)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
