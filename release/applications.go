package release

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/site"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// LogApplication writes an application down, whole or not at all, and returns
// its version. Everything that is wrong comes back at once as fault.Invalid.
// It may be incomplete, as a draft may; it needs a title.
func (s *Service) LogApplication(ctx context.Context, actor access.Actor, application Application) (version uuid.UUID, err error) {
	permission := access.WriteApplication
	if application.FromRecord {
		permission = access.RunAgreements
	}
	if err := access.Check(actor, permission); err != nil {
		return uuid.Nil, err
	}
	if err := titled(application.Title, valid(application)); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		c := w.checking(ctx, s, "The application cannot be logged as it is")
		begin := beginning{reference: application.Reference, kind: terms.VersionNew, state: terms.Draft, provenance: application.Provenance}
		if application.FromRecord {
			begin.state, begin.kind = terms.Recorded, terms.VersionImported
		}
		begin.applicant = c.organisation(application.Applicant, "applicant")
		for _, section := range application.Sections() {
			section.check(c)
		}
		if application.Reference != "" {
			if _, err := terms.ParseReference(application.Reference); err != nil {
				c.wrong("reference", "reference", "%s", err)
			}
		}
		if err := c.result(); err != nil {
			return err
		}
		if err := mayApply(actor, begin); err != nil {
			return err
		}
		v, err := w.begin(ctx, begin)
		if err != nil {
			return err
		}
		version = v.ID
		if err := w.writeSections(ctx, v, c, application.Sections()...); err != nil {
			return err
		}
		if err := w.writeConditions(ctx, v, application.Conditions); err != nil {
			return err
		}
		return w.event(ctx, "application logged", v.ID.String(), application.Provenance, map[string]any{"stem": v.Edges.Agreement.Stem})
	})
	return version, err
}

// titled adds to what is wrong that there is no title, if there is none.
func titled(title string, wrong error) error {
	if strings.TrimSpace(title) != "" {
		return wrong
	}
	missing := fault.Reason{Code: "required", Field: "title", Message: "is missing"}
	var told *fault.Error
	if errors.As(wrong, &told) {
		return told.With(missing)
	}
	return fault.New(fault.Invalid, "The application has no title").With(missing)
}

// beginning is what a first version begins with.
type beginning struct {
	reference  string // empty: the next NIC number
	applicant  *ent.Organisation
	kind       terms.VersionKind
	state      terms.VersionState
	title      string
	provenance string
}

// mayApply refuses who is no applicant of the organisation; access officers
// write for anyone.
func mayApply(actor access.Actor, b beginning) error {
	if b.state == terms.Recorded || actor.Has(access.AccessOfficer) || actor.HasFor(access.Applicant, b.applicant.ID) {
		return nil
	}
	return fault.New(fault.Forbidden, "You are no applicant of %s.", b.applicant.Name)
}

// begin makes an empty version, and its agreement where there is none.
func (w *work) begin(ctx context.Context, b beginning) (*ent.AgreementVersion, error) {
	var reference terms.Reference
	var err error
	if b.reference == "" {
		reference, err = w.nextReference(ctx)
	} else {
		reference, err = terms.ParseReference(b.reference)
	}
	if err != nil {
		return nil, err
	}
	if b.reference != "" && b.state != terms.Recorded && w.actor.System == "" && !w.actor.Has(access.AccessOfficer) {
		return nil, wrongAnswer("reference", "reference", "is given when the application is logged; a new version of an agreement is begun from the one before")
	}
	root, err := w.Agreement.Query().Where(agreement.Stem(reference.Stem())).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		root, err = w.Agreement.Create().SetCreatedAt(w.now).SetStem(reference.Stem()).
			SetLocal(!reference.IsNIC()).SetApplicant(b.applicant).Save(ctx)
	} else if err == nil {
		err = w.sameApplicant(ctx, root, b)
	}
	if err != nil {
		return nil, err
	}
	create := w.AgreementVersion.Create().SetCreatedAt(w.now).SetAgreement(root).
		SetNumber(reference.Version()).SetMajor(reference.Major).SetMinor(reference.Minor).
		SetKind(b.kind).SetState(b.state).SetTitle(b.title).SetProvenance(b.provenance).
		SetControllership(terms.ControllershipNotRecorded).SetTerritory(terms.TerritoryNotRecorded).SetRevisions(map[string]int{})
	if w.actor.PersonID != uuid.Nil {
		create.SetWrittenBy(w.actor.PersonID)
	}
	v, err := create.Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, fault.New(fault.Conflict, "%s is recorded already.", reference).Because(err)
	} else if err != nil {
		return nil, err
	}
	v.Edges.Agreement = root
	return v, w.stage(ctx, v.ID, b.state, "")
}

// sameApplicant refuses a version of an agreement that somebody else's
// organisation has; its history may have had another applicant.
func (w *work) sameApplicant(ctx context.Context, root *ent.Agreement, b beginning) error {
	applicant, err := root.QueryApplicant().Only(ctx)
	if ent.IsNotFound(err) || (err == nil && (b.state == terms.Recorded || applicant.ID == b.applicant.ID)) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "%s is an agreement of another organisation.", root.Stem)
}

// suffixAlphabet is A-Z and 0-9 without I and O (design §4).
const suffixAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"

// NIC numbers have six digits; ones with seven are issued when those are used
// up, so that a single odd number from a list cannot end the numbering.
const firstOfSeven, lastNumber = 1_000_000, 9_999_999

// nextReference issues the next NIC number: one more than the highest, and
// five characters that cannot be guessed.
func (w *work) nextReference(ctx context.Context) (terms.Reference, error) {
	if _, err := w.tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext('registrar.nic'))`); err != nil {
		return terms.Reference{}, fmt.Errorf("locking the NIC numbers: %w", err)
	}
	var number, highest int64
	err := w.tx.QueryRowContext(ctx,
		`select coalesce(max(number) filter (where number < $1), 0) + 1, coalesce(max(number), 0) + 1
			from (select (regexp_match(stem, '^NIC-(\d{3,7})-'))[1]::bigint as number from agreements where not local) as numbers`, firstOfSeven).Scan(&number, &highest)
	if err != nil {
		return terms.Reference{}, fmt.Errorf("finding the next NIC number: %w", err)
	}
	if number >= firstOfSeven {
		number = highest
	}
	if number > lastNumber {
		return terms.Reference{}, fault.New(fault.Conflict, "No NIC number is left: %d is the last.", lastNumber)
	}
	suffix := make([]byte, 5)
	for i := range suffix {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(suffixAlphabet))))
		if err != nil {
			return terms.Reference{}, fmt.Errorf("drawing a suffix: %w", err)
		}
		suffix[i] = suffixAlphabet[n.Int64()]
	}
	return terms.Reference{Number: fmt.Sprintf("%05d", number), Suffix: string(suffix), Minor: 1, Versioned: true}, nil
}

// datasetCode finds the dataset of a name, or records it under its slug.
func (w *work) datasetCode(ctx context.Context, name, definition string) (string, error) {
	code := register.Slug(name)
	d, err := w.Dataset.Query().Where(dataset.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		d, err = w.Dataset.Create().SetCreatedAt(w.now).SetCode(code).SetName(name).Save(ctx)
	}
	if err != nil {
		return "", err
	}
	if definition != "" && d.Definition != definition {
		if d.Definition != "" {
			return "", fault.New(fault.Conflict, "Extracts of %s are made with the definition %s, not %s.", name, d.Definition, definition)
		}
		if err := d.Update().SetDefinition(definition).Exec(ctx); err != nil {
			return "", err
		}
	}
	return code, nil
}

func (w *work) site(ctx context.Context, name string) (*ent.Site, error) {
	code := register.Slug(name)
	found, err := w.Site.Query().Where(site.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		return w.Site.Create().SetCreatedAt(w.now).SetCode(code).SetName(strings.TrimSpace(name)).Save(ctx)
	}
	return found, err
}

// version finds a version and locks it for the command.
func (w *work) version(ctx context.Context, id uuid.UUID) (*ent.AgreementVersion, error) {
	v, err := w.AgreementVersion.Query().Where(agreementversion.ID(id)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no agreement version %s.", id)
	} else if err != nil {
		return nil, err
	}
	return v, nil
}
