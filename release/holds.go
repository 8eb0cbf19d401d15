package release

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/person"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Scope is what a hold or an incident concerns: one agreement, a dataset line
// of it, or every agreement of an organisation.
type Scope struct {
	Stem         string
	Line         int    // number of a line of the agreement; 0: every line
	Organisation string // slug
}

// Label is the scope in words.
func (s Scope) Label() string {
	switch {
	case s.Organisation != "":
		return "every agreement of " + s.Organisation
	case s.Line > 0:
		return fmt.Sprintf("%s, line %d", s.Stem, s.Line)
	}
	return s.Stem
}

// scoped is what a scope's names stand for; one of the two is nil.
type scoped struct {
	agreement    *ent.Agreement
	organisation *ent.Organisation
}

// scope finds what a scope names, which is one of the two.
func (w *work) scope(ctx context.Context, s Scope) (found scoped, err error) {
	if (s.Stem == "") == (s.Organisation == "") {
		return found, wrongAnswer("scope", "stem", "name an agreement or an organisation, and not both")
	}
	if s.Organisation != "" {
		found.organisation, err = w.Organisation.Query().Where(organisation.Slug(s.Organisation)).Only(ctx)
		if ent.IsNotFound(err) {
			return found, wrongAnswer("organisation-unknown", "organisation", "there is no organisation %q", s.Organisation)
		}
		if err == nil && s.Line > 0 {
			return found, wrongAnswer("line", "line", "a line belongs to an agreement; name the agreement instead of the organisation")
		}
		return found, err
	}
	found.agreement, err = w.Agreement.Query().Where(agreement.StemIn(spellings(s.Stem)...)).Only(ctx)
	if ent.IsNotFound(err) {
		return found, wrongAnswer("agreement-unknown", "stem", "there is no agreement %q", s.Stem)
	}
	if err != nil || s.Line == 0 {
		return found, err
	}
	exists, err := w.DatasetLine.Query().Where(datasetline.Number(s.Line),
		datasetline.HasVersionWith(agreementversion.HasAgreementWith(agreement.ID(found.agreement.ID)))).Exist(ctx)
	if err == nil && !exists {
		err = wrongAnswer("line", "line", "%s has no line %d", s.Stem, s.Line)
	}
	return found, err
}

// lineDatasets are the datasets that a line of an agreement has, or had, under
// its number: an amendment may number its lines anew, and what is said of a line
// goes along with its dataset.
func (w *work) lineDatasets(ctx context.Context, a *ent.Agreement, line int) (codes []string, err error) {
	if a == nil || line == 0 {
		return nil, nil
	}
	codes, err = w.DatasetLine.Query().Where(datasetline.Number(line), datasetline.DatasetNEQ(""),
		datasetline.HasVersionWith(agreementversion.HasAgreementWith(agreement.ID(a.ID)))).Unique(true).Order(ent.Asc(datasetline.FieldDataset)).
		Select(datasetline.FieldDataset).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the datasets of line %d: %w", line, err)
	}
	return codes, nil
}

// spellings are the stems that a reference may stand for: a hold is set in
// haste, from a mail or a file that has the version, too, or in small letters.
func spellings(raw string) []string {
	found := []string{strings.TrimSpace(raw)}
	if r, err := terms.ParseReference(strings.ReplaceAll(strings.ToUpper(raw), "-V", "-v")); err == nil && r.IsNIC() {
		found = append(found, r.Stem())
	}
	return found
}

// wrongAnswer is fault.Invalid about one field.
func wrongAnswer(code, field, format string, args ...any) error {
	return fault.New(fault.Invalid, "1 answer needs attention").With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
}

// HoldInput is a hold to be set.
type HoldInput struct {
	Stem         string `json:"stem" validate:"max=100"` // of the agreement; or else the organisation
	Line         int    `json:"line" validate:"min=0"`   // number of a dataset line of the agreement; 0: every line
	Organisation string `json:"organisation"`            // slug
	Reason       string `json:"reason" validate:"required,max=4000"`
}

// SetHold stops every extract, release and download in its scope at once. One
// person sets it (governance §3).
func (s *Service) SetHold(ctx context.Context, actor access.Actor, input HoldInput) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return uuid.Nil, err
	}
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		h, err := w.setHold(ctx, Scope{input.Stem, input.Line, input.Organisation}, input.Reason, nil)
		if err != nil {
			return err
		}
		id = h.ID
		return nil
	})
	return id, err
}

// setHold sets a hold, for an incident or without one.
func (w *work) setHold(ctx context.Context, scope Scope, reason string, of *ent.Incident) (*ent.Hold, error) {
	on, err := w.scope(ctx, scope)
	if err != nil {
		return nil, err
	}
	datasets, err := w.lineDatasets(ctx, on.agreement, scope.Line)
	if err != nil {
		return nil, err
	}
	create := w.Hold.Create().SetCreatedAt(w.now).SetLine(scope.Line).SetDatasets(datasets).SetReason(reason).SetSetBy(w.actor.PersonID)
	subject := scope.Organisation
	if on.agreement != nil {
		create.SetAgreement(on.agreement)
		subject = on.agreement.Stem
	} else {
		create.SetOrganisation(on.organisation)
	}
	if of != nil {
		create.SetIncident(of)
	}
	h, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("setting the hold: %w", err)
	}
	return h, w.event(ctx, "hold set", subject, reason, map[string]any{"hold": h.ID, "line": scope.Line})
}

// HoldNames are the names of those who set and lifted a hold, for people of the
// body: who comes second wants to know whom to ask, and an auditor who did it.
func (s *Service) HoldNames(ctx context.Context, actor access.Actor, id uuid.UUID) (map[uuid.UUID]string, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	ctx = seeAll(ctx)
	h, err := s.Read().Hold.Query().Where(hold.ID(id)).WithLifts().Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the hold: %w", err)
	}
	ids := []uuid.UUID{h.SetBy}
	for _, word := range h.Edges.Lifts {
		ids = append(ids, word.PersonID)
	}
	people, err := s.Read().Person.Query().Where(person.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading names: %w", err)
	}
	names := map[uuid.UUID]string{}
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, nil
}

// PlaceHold sets a hold on a whole agreement.
func (s *Service) PlaceHold(ctx context.Context, actor access.Actor, stem, reason string) (id uuid.UUID, err error) {
	return s.SetHold(ctx, actor, HoldInput{Stem: stem, Reason: reason})
}

// LiftHold is one person's word that a hold may go; the second person's word
// lifts it. Who set the hold may be one of the two, for a hold harms nobody's
// data: what is asked for is that no one person lets data flow again. A word
// cannot be given twice.
func (s *Service) LiftHold(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) (lifted bool, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return false, err
	}
	if reason == "" {
		return false, wrongAnswer("required", "reason", "say why the hold may be lifted")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		h, err := w.Hold.Query().Where(hold.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if h.LiftedAt != nil {
			return fault.New(fault.Conflict, "The hold was lifted already.")
		}
		given, err := h.QueryLifts().All(ctx)
		if err != nil {
			return err
		}
		for _, word := range given {
			if word.PersonID == actor.PersonID {
				return fault.New(fault.Conflict, "You have said so already; a second person must, too.")
			}
		}
		if err := w.HoldLift.Create().SetCreatedAt(w.now).SetHold(h).SetPersonID(actor.PersonID).SetReason(reason).Exec(ctx); err != nil {
			return err
		}
		if lifted = len(given)+1 >= 2; lifted {
			if err := h.Update().SetLiftedAt(w.now).Exec(ctx); err != nil {
				return err
			}
		}
		return w.event(ctx, "hold lift", h.ID.String(), reason, map[string]any{"lifted": lifted})
	})
	return lifted, err
}

// openHolds are the holds that stand at this moment on the agreement or any
// line of it (Line says which; 0 is all) and on the organisations, which are
// the parties, the applicant, who receives, and those whom they follow. Each
// has its incident, agreement and organisation.
func (w *work) openHolds(ctx context.Context, agreementID uuid.UUID, parties ...uuid.UUID) ([]*ent.Hold, error) {
	found, err := w.Hold.Query().Where(hold.LiftedAtIsNil(), hold.Or(
		hold.HasAgreementWith(agreement.ID(agreementID)),
		hold.HasOrganisationWith(organisation.IDIn(parties...)),
	)).WithAgreement().WithOrganisation().WithIncident().Order(hold.ByCreatedAt(), hold.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading holds: %w", err)
	}
	return found, nil
}
