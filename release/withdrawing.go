package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/file"
	"data.release/registrar/ent/organisationalias"
	entrelease "data.release/registrar/ent/release"
	"data.release/registrar/ent/succession"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// EntryWithdrawal says of which entry it no longer holds that it stands.
type EntryWithdrawal struct {
	About  int64  `json:"about" validate:"min=1"`
	Reason string `json:"reason" validate:"required,max=4000"`
}

// WithdrawEntry enters a withdrawal: the entry that it is about no longer
// stands, with its corrections, and why. It gives the withdrawal's number.
// fault.Invalid where the entry is of a kind that is not withdrawn,
// fault.Conflict where it was withdrawn already, fault.Refused where it is of what
// was signed or released here (see WithdrawExtract), or tells of a rename that
// cannot be taken back.
func (s *Service) WithdrawEntry(ctx context.Context, actor access.Actor, input EntryWithdrawal) (int64, error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.Reason = strings.TrimSpace(input.Reason)
	if err := valid(input); err != nil {
		return 0, err
	}
	var number int64
	err := s.write(ctx, actor, func(ctx context.Context, w *work) (err error) {
		if err := w.refuseMadeHere(ctx, input.About); err != nil {
			return err
		}
		if number, err = w.withdraw(ctx, input); err != nil {
			return err
		}
		if err := w.takeBackSuccession(ctx, input.About, number); err != nil {
			return err
		}
		return w.event(ctx, "entry withdrawn", fmt.Sprint(input.About), input.Reason, map[string]any{"withdrawal": number})
	})
	return number, err
}

func (w *work) withdraw(ctx context.Context, input EntryWithdrawal) (int64, error) {
	standing, err := w.standing(ctx, input.About)
	if err != nil {
		return 0, err
	}
	kind := standing.Kind
	if kind == register.Correction && standing.Number != input.About {
		kind = standing.Corrects // of the entry that was asked about
	}
	if !kind.Withdrawable() {
		return 0, wrongAnswer("kind", "about", "a %s is not withdrawn: it says something of another entry, and stays", kind)
	}
	e := register.Entry{Kind: register.Withdrawal, About: input.About, Reference: standing.Reference, Stem: standing.Stem, Version: standing.Version,
		Dataset: standing.Dataset, EventFrom: terms.Today(w.now), EventTo: terms.Today(w.now)}
	for _, field := range []register.Field{register.OrganisationID, register.OrganisationName, register.DatasetName} {
		if t, ok := textAt(standing, field); ok {
			e.With(field, t)
		}
	}
	e.With(register.Reason, input.Reason)
	return w.enter(ctx, e)
}

// takeBackSuccession has a succession of organisations hold no longer once the
// entry that tells of it is withdrawn, so that the gate and the register say the
// same. An organisation that kept its record has its former name again. A rename
// that joined two records has moved names from one to the other, and is not taken
// back.
func (w *work) takeBackSuccession(ctx context.Context, entry, withdrawal int64) error {
	if err := w.lockSuccessions(ctx); err != nil {
		return err
	}
	r, err := w.Succession.Query().Where(succession.Entry(entry)).WithFrom().WithTo().Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("looking for the succession of entry %d: %w", entry, err)
	}
	if r.Kind == terms.Rename {
		if r.Edges.To == nil || r.Edges.To.ID != r.Edges.From.ID {
			return fault.New(fault.Refused, "This rename joined two records, and their names cannot be told apart again. Record what is right at the organisation: who follows whom, and from which day on.")
		}
		if err := w.renameBack(ctx, r.Edges.From, entry); err != nil {
			return err
		}
	}
	if err := w.SuccessionWithdrawal.Create().SetCreatedAt(w.now).SetEntry(withdrawal).SetSuccession(r).Exec(ctx); err != nil {
		return fmt.Errorf("taking a succession back: %w", err)
	}
	return nil
}

// renameBack gives an organisation the name that the entry of its rename says it
// had.
func (w *work) renameBack(ctx context.Context, o *ent.Organisation, entry int64) error {
	found, err := readEntries(ctx, w.tx, []register.Field{register.OrganisationName, register.Successor}, `WHERE e.id = $1`, entry)
	if err != nil || len(found) == 0 {
		return fmt.Errorf("reading entry %d: %w", entry, cmp.Or(err, errors.New("it is not there")))
	}
	former, ok := textAt(found[0], register.OrganisationName)
	if name, told := textAt(found[0], register.Successor); !ok || !told || register.NameKey(name) != register.NameKey(o.Name) {
		return fault.New(fault.Refused, "%s has another name by now, or the name is withheld. Record the right name at the organisation.", o.Name)
	}
	if err := o.Update().SetName(former).Exec(ctx); err != nil {
		return fmt.Errorf("naming an organisation as before: %w", err)
	}
	if err := w.OrganisationAlias.Update().Where(organisationalias.Key(register.NameKey(former))).SetReason("its name").ClearTo().Exec(ctx); err != nil {
		return fmt.Errorf("taking back that a name is a former one: %w", err)
	}
	return nil
}

// textAt is a text of an entry that the public can read.
func textAt(e register.Entry, field register.Field) (string, bool) {
	for _, t := range e.Texts {
		if t.Field == field && !t.Erased && !t.Withheld {
			return t.Text, true
		}
	}
	return "", false
}

// WithdrawExtract takes the files of a released extract back: from now on
// nobody can download them. Nothing that left comes back, and the register says
// so: a release of which no file was downloaded is withdrawn; of one that was,
// a correction tells on which day its files were withdrawn, and that they had
// been downloaded before. It gives the numbers of these entries.
func (s *Service) WithdrawExtract(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) (entries []int64, err error) {
	if err := access.Check(actor, access.ReleaseExtract); err != nil {
		return nil, err
	}
	if err := because(reason, "Say why the files are withdrawn; the register publishes it."); err != nil {
		return nil, err
	}
	reason = strings.TrimSpace(reason)
	if err := valid(EntryWithdrawal{About: 1, Reason: reason}); err != nil {
		return nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		update, err := moveExtract(e, "withdraw")
		if err != nil {
			return err
		}
		// Downloads that began before are counted: they wait for these rows, or
		// these for them.
		releases, err := w.Release.Query().Where(entrelease.HasExtractWith(extract.ID(id))).Order(ent.Asc(entrelease.FieldEntryNumber)).All(ctx)
		if err != nil {
			return err
		}
		if _, err := w.File.Update().Where(file.HasReleaseWith(entrelease.HasExtractWith(extract.ID(id))), file.WithdrawnAtIsNil()).
			SetWithdrawnAt(w.now).Save(ctx); err != nil {
			return err
		}
		for _, r := range releases {
			number, err := w.tellWithdrawn(ctx, r, reason)
			if err != nil {
				return err
			}
			entries = append(entries, number)
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "extract withdrawn", id.String(), reason, map[string]any{"entries": entries})
	})
	return entries, err
}

// tellWithdrawn enters what the public reads of a release whose files were
// taken back.
func (w *work) tellWithdrawn(ctx context.Context, r *ent.Release, reason string) (int64, error) {
	downloads, err := r.QueryFiles().QueryDownloads().Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting the downloads of entry %d: %w", r.EntryNumber, err)
	}
	if downloads == 0 {
		return w.withdraw(ctx, EntryWithdrawal{About: r.EntryNumber, Reason: "The files were withdrawn before anybody downloaded them. " + reason})
	}
	standing, err := w.standing(ctx, r.EntryNumber)
	if err != nil {
		return 0, err
	}
	e := register.Again(standing)
	e.With(register.Reason, fmt.Sprintf("The files were withdrawn on %s; they had been downloaded before. %s", terms.Today(w.now).Words(), reason))
	return w.enter(ctx, e)
}
