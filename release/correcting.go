package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
)

// CorrectionInput is what an entry should have said.
type CorrectionInput struct {
	About  int64             `json:"about" validate:"min=1"`
	Reason string            `json:"reason" validate:"required,max=4000"`
	Values map[string]string `json:"values" validate:"max=100"` // by the register's columns; see register.Amend
}

// CorrectEntry enters a correction of a release or an agreement: what it should
// have said, and why. The entry itself stays as it is, for ever. A correction
// of a correction is one of the entry that it is about. It gives the
// correction's number.
//
// fault.Invalid has everything that is wrong, by column; fault.NotFound where
// there is no such entry; fault.Conflict where it was withdrawn.
func (s *Service) CorrectEntry(ctx context.Context, actor access.Actor, input CorrectionInput) (int64, error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.Reason = strings.TrimSpace(input.Reason)
	if err := valid(input); err != nil {
		return 0, err
	}
	var number int64
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		standing, err := w.toCorrect(ctx, input.About)
		if err != nil {
			return err
		}
		e, wrong := register.Amend(standing, input.Values)
		if err := w.known(ctx, &e, input.Values, &wrong); err != nil {
			return err
		}
		if len(wrong) > 0 {
			refused := fault.New(fault.Invalid, "%d answers need attention", len(wrong)).With(wrong...)
			if len(wrong) == 1 {
				refused.Message = "1 answer needs attention"
			}
			return refused
		}
		e.With(register.Reason, input.Reason)
		if number, err = w.enter(ctx, e); err != nil {
			return err
		}
		return w.event(ctx, "entry corrected", fmt.Sprint(input.About), input.Reason, map[string]any{"correction": number, "values": changedColumns(standing, e)})
	})
	return number, err
}

// changedColumns names what a correction says otherwise.
func changedColumns(before, after register.Entry) (names []string) {
	for _, c := range register.Amendable(after.Corrects) {
		if c.Text(before) != c.Text(after) {
			names = append(names, c.Name)
		}
	}
	return names
}

// lockRegister makes those who enter wait for each other, so that what is read
// of the register from here on stays so until the command's entry stands in it.
func (w *work) lockRegister(ctx context.Context) error {
	if _, err := ledger.Register.Next(ctx, w.tx); err != nil {
		return fmt.Errorf("waiting for the register: %w", err)
	}
	return nil
}

// toCorrect is the reading of an entry that stands: itself, or the newest
// correction of it.
func (w *work) toCorrect(ctx context.Context, number int64) (register.Entry, error) {
	e, err := w.standing(ctx, number)
	if err != nil || e.Kind != register.Correction {
		return e, err
	}
	return w.standing(ctx, e.About)
}

// standing locks the register and reads an entry as it stands: the newest
// correction where there is one.
func (w *work) standing(ctx context.Context, number int64) (register.Entry, error) {
	if err := w.lockRegister(ctx); err != nil {
		return register.Entry{}, err
	}
	return readStanding(ctx, w.tx, number)
}

func readStanding(ctx context.Context, tx queryer, number int64) (register.Entry, error) {
	var withdrawn, correction sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT (SELECT max(id) FROM entries WHERE about = $1 AND kind = 'withdrawal'),
		(SELECT max(id) FROM entries WHERE about = $1 AND kind = 'correction')`, number).Scan(&withdrawn, &correction)
	if err != nil {
		return register.Entry{}, fmt.Errorf("reading what is about entry %d: %w", number, err)
	}
	if withdrawn.Valid {
		return register.Entry{}, fault.New(fault.Conflict, "Entry %d was withdrawn by entry %d; it stands no longer.", number, withdrawn.Int64)
	}
	read := number
	if correction.Valid {
		read = correction.Int64
	}
	found, err := readEntries(ctx, tx, nil, `WHERE e.id = $1`, read)
	if err != nil {
		return register.Entry{}, fmt.Errorf("reading entry %d: %w", read, err)
	}
	if len(found) == 0 {
		return register.Entry{}, fault.New(fault.NotFound, "The register has no entry %d.", number)
	}
	return found[0], nil
}

// known says what the records do not have: an organisation or a dataset that a
// correction names by an id must be one. Where its name is not given, it is the
// record's.
func (w *work) known(ctx context.Context, e *register.Entry, values map[string]string, wrong *[]fault.Reason) error {
	if slug, given := values["organisation_id"]; given && slug != "" {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).First(ctx)
		switch {
		case ent.IsNotFound(err):
			*wrong = append(*wrong, fault.Reason{Code: "organisation-unknown", Field: "organisation_id", Message: fmt.Sprintf("there is no organisation %q", slug)})
		case err != nil:
			return err
		case strings.TrimSpace(values["organisation"]) == "" || values["organisation"] == e.Get(register.OrganisationName) && register.Slug(values["organisation"]) != slug:
			e.Texts = slices.DeleteFunc(e.Texts, func(t register.Text) bool { return t.Field == register.OrganisationName })
			e.With(register.OrganisationName, o.Name)
		}
	}
	if code, given := values["dataset"]; given && code != "" {
		d, err := w.Dataset.Query().Where(dataset.Code(code)).First(ctx)
		switch {
		case ent.IsNotFound(err):
			*wrong = append(*wrong, fault.Reason{Code: "dataset-unknown", Field: "dataset", Message: fmt.Sprintf("there is no dataset %q", code)})
		case err != nil:
			return err
		case strings.TrimSpace(values["dataset_name"]) == "":
			e.Texts = slices.DeleteFunc(e.Texts, func(t register.Text) bool { return t.Field == register.DatasetName })
			e.With(register.DatasetName, d.Name)
		}
	}
	return nil
}

// StandingEntry is the reading of an entry that stands, for who would correct
// it: itself, or the newest correction of it. fault.Conflict where it was
// withdrawn.
func (s *Service) StandingEntry(ctx context.Context, number int64) (e register.Entry, err error) {
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		e, err = readStanding(ctx, tx, number)
		if err == nil && e.Kind == register.Correction && e.Number == number {
			e, err = readStanding(ctx, tx, e.About)
		}
		return err
	})
	return e, err
}
