package release

import (
	"context"
	"fmt"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/cohortversion"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// CohortInput is a new list of the people of an agreement's cohort.
type CohortInput struct {
	Stem      string      `json:"stem" validate:"required,max=100"`
	Name      string      `json:"name" validate:"required,max=200"` // as the lines name it
	Supplier  string      `json:"supplier" validate:"required,max=300"`
	AsOf      terms.Date  `json:"asOf"`
	People    int         `json:"people" validate:"min=0"`
	DestroyBy *terms.Date `json:"destroyBy"`
}

// RecordCohort records the next version of a cohort's list: from then on it is
// the one that counts. It is never changed, and a list is not older than the
// one before it.
func (s *Service) RecordCohort(ctx context.Context, actor access.Actor, input CohortInput) (number int, err error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return 0, err
	}
	if err := valid(input); err != nil {
		return 0, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		a, err := w.agreement(ctx, input.Stem)
		if err != nil {
			return err
		}
		refused := fault.New(fault.Invalid, "The list cannot be recorded as it is")
		wrong := func(field, message string) {
			refused.With(fault.Reason{Code: "cohort", Field: field, Message: message})
		}
		if input.AsOf.IsZero() || input.AsOf.Compare(terms.Today(w.now)) > 0 {
			wrong("asOf", "say from which day the list is; not from one to come")
		}
		if input.DestroyBy != nil && input.DestroyBy.Compare(input.AsOf) < 0 {
			wrong("destroyBy", "comes before the day of the list")
		}
		last, err := w.lastCohort(ctx, a, input.Name)
		if err != nil {
			return err
		}
		number = 1
		if last != nil {
			number = last.Number + 1
			if input.AsOf.Compare(last.AsOf) < 0 {
				wrong("asOf", fmt.Sprintf("version %d is of %s; a later list is not older", last.Number, last.AsOf.Words()))
			}
		}
		if len(refused.Reasons) > 0 {
			return refused
		}
		err = w.CohortVersion.Create().SetCreatedAt(w.now).SetAgreement(a).SetName(input.Name).SetNumber(number).SetSupplier(input.Supplier).
			SetAsOf(input.AsOf).SetPeople(input.People).SetNillableDestroyBy(input.DestroyBy).Exec(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "cohort recorded", a.Stem, "", map[string]any{"cohort": input.Name, "number": number})
	})
	return number, err
}

// WithdrawalInput says that people of a cohort took their consent back. Who
// they are is only in the cohort's own files.
type WithdrawalInput struct {
	Stem   string     `json:"stem" validate:"required,max=100"`
	Name   string     `json:"name" validate:"required,max=200"` // of the cohort
	On     terms.Date `json:"on"`
	People int        `json:"people" validate:"required,min=1"`
}

// RecordWithdrawal records a withdrawal. Until a newer list of the cohort is
// used, the gate refuses its lines (governance §2, rule 2).
func (s *Service) RecordWithdrawal(ctx context.Context, actor access.Actor, input WithdrawalInput) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		a, err := w.agreement(ctx, input.Stem)
		if err != nil {
			return err
		}
		if input.On.IsZero() || input.On.Compare(terms.Today(w.now)) > 0 {
			return wrongAnswer("withdrawal", "on", "say on which day; not on one to come")
		}
		last, err := w.lastCohort(ctx, a, input.Name)
		if err != nil {
			return err
		}
		if last == nil {
			return wrongAnswer("withdrawal", "name", "%s has no cohort of that name", a.Stem)
		}
		err = w.CohortWithdrawal.Create().SetCreatedAt(w.now).SetAgreement(a).SetName(input.Name).SetOn(input.On).SetPeople(input.People).Exec(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "withdrawal recorded", a.Stem, "", map[string]any{"cohort": input.Name, "people": input.People, "on": input.On.String()})
	})
}

// lastCohort is the newest list of a cohort, or nil.
func (w *work) lastCohort(ctx context.Context, a *ent.Agreement, name string) (*ent.CohortVersion, error) {
	last, err := w.CohortVersion.Query().Where(cohortversion.HasAgreementWith(agreement.ID(a.ID)), cohortversion.Name(name)).
		Order(ent.Desc(cohortversion.FieldNumber)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return last, err
}

// agreement finds an agreement by its stem and locks it for the command.
func (w *work) agreement(ctx context.Context, stem string) (*ent.Agreement, error) {
	a, err := w.Agreement.Query().Where(agreement.Stem(stem)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no agreement %q.", stem)
	}
	return a, err
}
