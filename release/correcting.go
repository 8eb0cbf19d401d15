package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// CorrectionInput is what an entry should have said.
type CorrectionInput struct {
	About  int64             `json:"about" validate:"min=1"`
	Reason string            `json:"reason" validate:"required,max=4000"`
	Values map[string]string `json:"values" validate:"max=100"` // by the register's columns; see register.Amend
	// BasedOn is the number of the reading that the values were written over: the
	// entry, or the correction that stood for it. What they have as that had it is
	// not meant; see register.Meant. 0: everything is meant.
	BasedOn int64 `json:"basedOn" validate:"min=0"`
}

// CorrectEntry enters a correction of a release or an agreement: what it should
// have said, and why. The entry itself stays as it is, for ever. A correction
// of a correction is one of the entry that it is about. It gives the
// correction's number.
//
// fault.Invalid has everything that is wrong, by column, also what somebody else
// has changed since the reading that it is based on; fault.NotFound where there
// is no such entry; fault.Conflict where it was withdrawn; fault.Refused where it
// is of what was signed or released here.
func (s *Service) CorrectEntry(ctx context.Context, actor access.Actor, input CorrectionInput) (int64, error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.Reason = strings.TrimSpace(input.Reason)
	shapeless, err := misshapen(input)
	if err != nil {
		return 0, err
	}
	var number int64
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		wrong := slices.Clone(shapeless)
		standing, err := w.toCorrect(ctx, input.About)
		if err != nil {
			return err
		}
		entry := standing.Number
		if standing.Kind == register.Correction {
			entry = standing.About
		}
		if err := w.refuseMadeHere(ctx, entry); err != nil {
			return err
		}
		values := input.Values
		if input.BasedOn > 0 {
			shown, err := w.reading(ctx, entry, input.BasedOn)
			if err != nil {
				return err
			}
			var since []fault.Reason
			values, since = register.Meant(shown, standing, values)
			wrong = append(wrong, since...)
		}
		e, against := register.Amend(standing, values, terms.Today(w.now))
		wrong = append(wrong, against...)
		if err := w.known(ctx, standing, &e, values, &wrong); err != nil {
			return err
		}
		if err := needAttention(wrong); err != nil {
			return err
		}
		e.With(register.Reason, input.Reason)
		if number, err = w.enter(ctx, e); err != nil {
			return err
		}
		return w.event(ctx, "entry corrected", fmt.Sprint(input.About), input.Reason, map[string]any{"correction": number, "values": changedColumns(standing, e)})
	})
	return number, err
}

// MadeHere says whether an entry is of a release of an extract of ours, or of an
// agreement that was signed here. Of these the gate's decision, the files and the
// signatures say what they are, and nobody corrects or withdraws them by words.
func (s *Service) MadeHere(ctx context.Context, number int64) (bool, error) {
	return madeHere(ctx, s.db, number)
}

func madeHere(ctx context.Context, q queryer, number int64) (made bool, err error) {
	if err := q.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM releases WHERE entry_number = $1)
		OR EXISTS (SELECT FROM entries WHERE id = $1 AND kind = 'agreement' AND edition_entries IS NULL)`, number).Scan(&made); err != nil {
		return false, fmt.Errorf("looking for what entry %d is of: %w", number, err)
	}
	return made, nil
}

// refuseMadeHere is why such an entry stays as it is.
func (w *work) refuseMadeHere(ctx context.Context, number int64) error {
	made, err := madeHere(ctx, w.tx, number)
	if err != nil || !made {
		return err
	}
	return fault.New(fault.Refused, "Entry %s is of what was signed or released here, and the record says what it does. Amend or end the agreement, or have the release officer withdraw the extract: the register tells of it.", terms.Count(number))
}

// reading is one that an entry has had: itself, or a correction of it.
func (w *work) reading(ctx context.Context, entry, number int64) (register.Entry, error) {
	found, err := readEntries(ctx, w.tx, nil, `WHERE e.id = $1 AND (e.id = $2 OR e.about = $2 AND e.kind = 'correction')`, number, entry)
	if err != nil {
		return register.Entry{}, fmt.Errorf("reading entry %d: %w", number, err)
	}
	if len(found) == 0 {
		return register.Entry{}, wrongAnswer("reading", "basedOn", "entry %d is no reading of entry %d", number, entry)
	}
	return found[0], nil
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

// known says what the records do not have: an organisation, a dataset or an
// agreement that a correction names must be one. The name of an organisation or
// a dataset follows its id.
func (w *work) known(ctx context.Context, standing register.Entry, e *register.Entry, values map[string]string, wrong *[]fault.Reason) error {
	refuse := func(code, field, format string, args ...any) {
		*wrong = append(*wrong, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	name := func(field register.Field, name string) {
		e.Texts = slices.DeleteFunc(e.Texts, func(t register.Text) bool { return t.Field == field })
		e.With(field, name)
	}
	if slug := strings.TrimSpace(values["organisation_id"]); slug != "" && slug != standing.Get(register.OrganisationID) {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).First(ctx)
		switch {
		case ent.IsNotFound(err):
			refuse("organisation-unknown", "organisation_id", "there is no organisation %q", slug)
		case err != nil:
			return fmt.Errorf("looking for an organisation: %w", err)
		default:
			name(register.OrganisationName, o.Name)
		}
	}
	if code := strings.TrimSpace(values["dataset"]); code != "" && code != standing.Dataset {
		d, err := w.Dataset.Query().Where(dataset.Code(code)).First(ctx)
		switch {
		case ent.IsNotFound(err):
			refuse("dataset-unknown", "dataset", "there is no dataset %q", code)
		case err != nil:
			return fmt.Errorf("looking for a dataset: %w", err)
		default:
			name(register.DatasetName, d.Name)
		}
	}
	if _, given := values["organisation_type"]; given && len(privacy.ScanName(e.Get(register.OrganisationType))) > 0 {
		refuse("person", "organisation_type", "names a person, or holds a number of one")
	}
	// A reference stands in the log as it is, for ever: it is one of a record.
	if _, given := values["reference"]; given && e.Stem != "" && e.Stem != standing.Stem {
		recorded, err := w.Agreement.Query().Where(agreement.Stem(e.Stem)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("looking for an agreement: %w", err)
		}
		if !recorded {
			refuse("agreement-unknown", "reference", "no such agreement is recorded: log it or take it on first")
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
