package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/download"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/file"
	"data.release/registrar/ent/membership"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/person"
	entrelease "data.release/registrar/ent/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// WaitingFile is a file as its recipient sees it.
type WaitingFile struct {
	ID              uuid.UUID
	Reference       string
	Name            string
	Organisation    string // that it was released to
	Agreement       string // reference
	Stem            string
	Title           string // of the agreement
	Purpose         string // its objective, in full
	Dataset         string
	Type            terms.TypeOfData
	Line            int
	Entry           int64 // number in the register
	Size            int64
	SHA256          string // of the encrypted file
	PlaintextSHA256 string
	Manifest        string // signed note with small numbers suppressed
	ReleasedAt      time.Time
	Expires         time.Time
	Withdrawn       bool
	Acknowledged    bool // by this person
	Keys            []string
}

// FilesOf are the files released to the actor's organisations, newest first.
func (s *Service) FilesOf(ctx context.Context, actor access.Actor) ([]WaitingFile, error) {
	if err := access.Check(actor, access.DownloadFiles); err != nil {
		return nil, err
	}
	return s.files(ctx, actor, nil)
}

// FileOf is one of them. A file of others is fault.NotFound, like one that
// does not exist.
func (s *Service) FileOf(ctx context.Context, actor access.Actor, id uuid.UUID) (WaitingFile, error) {
	if err := access.Check(actor, access.DownloadFiles); err != nil {
		if actor.PersonID != uuid.Nil {
			return WaitingFile{}, noFile()
		}
		return WaitingFile{}, err
	}
	found, err := s.files(ctx, actor, &id)
	if err != nil {
		return WaitingFile{}, err
	}
	if len(found) == 0 {
		return WaitingFile{}, noFile()
	}
	return found[0], nil
}

func noFile() error { return fault.New(fault.NotFound, "There is no such file for you.") }

func (s *Service) files(ctx context.Context, actor access.Actor, id *uuid.UUID) ([]WaitingFile, error) {
	see := seeAll(ctx)
	query := s.Read().File.Query().Where(file.HasReleaseWith(entrelease.HasExtractWith(extract.RecipientIDIn(recipientOf(actor)...)))).
		WithRelease(func(q *ent.ReleaseQuery) {
			q.WithExtract(func(q *ent.ExtractQuery) { q.WithPlans() })
		}).Order(ent.Desc(file.FieldID))
	if id != nil {
		query.Where(file.ID(*id))
	}
	rows, err := query.All(see)
	if err != nil {
		return nil, fmt.Errorf("reading files: %w", err)
	}
	out := make([]WaitingFile, len(rows))
	for i, f := range rows {
		if out[i], err = s.waiting(see, actor, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) waiting(ctx context.Context, actor access.Actor, f *ent.File) (WaitingFile, error) {
	r := f.Edges.Release
	e := r.Edges.Extract
	versionID, err := e.QueryVersion().OnlyID(ctx)
	if err != nil {
		return WaitingFile{}, err
	}
	v, err := fullVersion(ctx, s.Read(), versionID)
	if err != nil {
		return WaitingFile{}, err
	}
	o, err := s.Read().Organisation.Get(ctx, e.RecipientID)
	if err != nil {
		return WaitingFile{}, err
	}
	line := lineOf(v, r.Line)
	acknowledged, err := f.QueryDownloads().Where(download.PersonID(actor.PersonID), download.OutcomeEQ(download.OutcomeAcknowledged),
		download.Purpose(v.TermsSha256)).Exist(ctx)
	if err != nil {
		return WaitingFile{}, err
	}
	out := WaitingFile{
		ID: f.ID, Reference: f.Reference, Name: f.Name, Organisation: o.Name, Agreement: reference(v), Stem: v.Edges.Agreement.Stem,
		Title: v.Title, Purpose: v.Objective, Dataset: line.DatasetName, Type: line.Type, Line: r.Line, Entry: r.EntryNumber,
		Size: f.Size, SHA256: f.Sha256, PlaintextSHA256: f.PlaintextSha256, ReleasedAt: r.CreatedAt, Expires: f.ExpiresAt,
		Withdrawn: f.WithdrawnAt != nil, Acknowledged: acknowledged, Keys: f.RecipientKeys,
	}
	for _, p := range e.Edges.Plans {
		if p.Line == r.Line {
			out.Manifest = p.RecipientManifest
		}
	}
	return out, nil
}

// AcknowledgePurpose records that the person has read what the data are for.
// It holds for the present terms.
func (s *Service) AcknowledgePurpose(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	f, err := s.FileOf(ctx, actor, id)
	if err != nil {
		return err
	}
	if f.Acknowledged {
		return nil
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		row, v, err := w.fileVersion(ctx, id)
		if err != nil {
			return err
		}
		err = w.Download.Create().SetCreatedAt(w.now).SetFile(row).SetPersonID(actor.PersonID).SetPurpose(v.TermsSha256).
			SetOutcome(download.OutcomeAcknowledged).Exec(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "purpose acknowledged", f.Reference, "", map[string]any{"file": id})
	})
}

func (w *work) fileVersion(ctx context.Context, id uuid.UUID) (*ent.File, *ent.AgreementVersion, error) {
	row, err := w.File.Query().Where(file.ID(id)).WithRelease(func(q *ent.ReleaseQuery) { q.WithExtract() }).Only(ctx)
	if err != nil {
		return nil, nil, err
	}
	versionID, err := row.Edges.Release.Edges.Extract.QueryVersion().OnlyID(ctx)
	if err != nil {
		return nil, nil, err
	}
	v, err := w.fullVersion(ctx, versionID)
	return row, v, err
}

// Opened is a file whose content may be sent now.
type Opened struct {
	Key    string // in the delivery store
	Name   string
	Size   int64
	SHA256 string
	At     time.Time // when it was released
}

// OpenDownload decides, at this moment, whether the person may have the file's
// content; every request is decided and recorded, also a refused one, and also
// one for a range. A refusal is fault.Refused with every finding; a stranger's
// is fault.NotFound.
func (s *Service) OpenDownload(ctx context.Context, actor access.Actor, id uuid.UUID, byteRange string) (opened Opened, err error) {
	f, err := s.FileOf(ctx, actor, id)
	if err != nil {
		return Opened{}, err
	}
	var refused error
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		row, v, err := w.fileVersion(ctx, id)
		if err != nil {
			return err
		}
		decision, decisionID, err := w.decideDownload(ctx, s, row, v, f)
		if err != nil {
			return err
		}
		outcome := download.OutcomeOpened
		if refused = refusal("The file cannot be downloaded now", decision); refused != nil {
			outcome = download.OutcomeRefused
		}
		err = w.Download.Create().SetCreatedAt(w.now).SetFile(row).SetPersonID(actor.PersonID).SetPurpose(v.TermsSha256).
			SetOutcome(outcome).SetDecisionID(decisionID).SetRange(byteRange).Exec(ctx)
		if err != nil {
			return err
		}
		opened = Opened{Key: row.Key, Name: row.Name, Size: row.Size, SHA256: row.Sha256, At: row.CreatedAt}
		return w.event(ctx, "download "+string(outcome), f.Reference, "", map[string]any{"file": id})
	})
	if err != nil {
		return Opened{}, err
	}
	if refused != nil {
		return Opened{}, refused
	}
	return opened, nil
}

func (w *work) decideDownload(ctx context.Context, s *Service, row *ent.File, v *ent.AgreementVersion, f WaitingFile) (gate.Decision, uuid.UUID, error) {
	r := row.Edges.Release
	e := r.Edges.Extract
	c, err := w.facts(ctx, s, v, lineOf(v, r.Line), gate.MomentDownload)
	if err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	o, err := w.Organisation.Get(ctx, e.RecipientID)
	if err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	if c.Recipient, err = w.recipient(ctx, v, o); err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	if c.Recipient.RevokedKeys, err = w.revokedKeys(ctx, row.RecipientKeys); err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	if c.Recipient.AlsoFor, err = w.downloadedFor(ctx, v, o); err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	c.Recipient.PersonID = w.actor.PersonID.String()
	c.Recipient.Member = w.actor.HasFor(access.Recipient, o.ID)
	if err := w.belongs(ctx, c.Recipient, o.ID); err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	if next := c.Version.Successor; next != nil {
		later := w.cases[v.ID].later
		known, err := w.know(ctx, later)
		if err != nil {
			return gate.Decision{}, uuid.Nil, err
		}
		next.HasLine = next.HasLine && known.receives(later, o.ID)
	}
	if c.Line.Route == terms.RouteConsent {
		if c.Consent, err = w.consent(ctx, v, c.Line.Cohort, e.CreatedAt); err != nil {
			return gate.Decision{}, uuid.Nil, err
		}
	}
	c.Recipient.Acknowledged = f.Acknowledged
	c.Recipient.FileExpired = !w.now.Before(row.ExpiresAt)
	c.Recipient.FileWithdraw = row.WithdrawnAt != nil
	c.Approver = idText(e.ApprovedBy)
	opened, err := row.QueryDownloads().Where(download.OutcomeEQ(download.OutcomeOpened)).Exist(ctx)
	if err != nil {
		return gate.Decision{}, uuid.Nil, err
	}
	c.FirstDownload = !opened
	if c.Line.OptOut.Applied() {
		p, err := e.QueryPlans().Where(linePlan(r.Line)).Only(ctx)
		if err != nil {
			return gate.Decision{}, uuid.Nil, err
		}
		if c.OptOutList, err = w.usedOptOutList(ctx, p); err != nil {
			return gate.Decision{}, uuid.Nil, err
		}
	}
	return w.decide(ctx, c, row.ID.String(), e)
}

// downloadedFor names another organisation as whose recipient the person has
// downloaded files of an agreement that has identifiable lines and others; empty
// where there is none.
func (w *work) downloadedFor(ctx context.Context, v *ent.AgreementVersion, o *ent.Organisation) (string, error) {
	identifiable := func(l *ent.DatasetLine) bool { return l.TypeOfData == terms.Identifiable }
	if !slices.ContainsFunc(v.Edges.Lines, identifiable) || !slices.ContainsFunc(v.Edges.Lines, func(l *ent.DatasetLine) bool { return !identifiable(l) }) {
		return "", nil
	}
	other, err := w.Extract.Query().Where(extract.RecipientIDNEQ(o.ID), extract.HasVersionWith(agreementversion.HasAgreementWith(agreement.ID(v.Edges.Agreement.ID))),
		extract.HasReleasesWith(entrelease.HasFilesWith(file.HasDownloadsWith(download.PersonID(w.actor.PersonID), download.OutcomeEQ(download.OutcomeOpened))))).
		Order(ent.Asc(extract.FieldID)).First(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("reading what the person has downloaded: %w", err)
	}
	to, err := w.Organisation.Get(ctx, other.RecipientID)
	if err != nil {
		return "", fmt.Errorf("reading for whom the person has downloaded: %w", err)
	}
	return to.Name, nil
}

// belongs adds on what basis the person belongs to the organisation that
// receives (DARS standard 12).
func (w *work) belongs(ctx context.Context, to *gate.Recipient, organisationID uuid.UUID) error {
	today := terms.Today(w.now)
	m, err := w.Membership.Query().Where(membership.HasPersonWith(person.ID(w.actor.PersonID)), membership.HasOrganisationWith(organisation.ID(organisationID)),
		membership.RoleEQ(access.Recipient), membership.EndedAtIsNil(), membership.FromLTE(today), membership.Or(membership.ToIsNil(), membership.ToGTE(today))).
		Order(membership.ByFrom(), membership.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil // no recipient: another rule says so
	} else if err != nil {
		return fmt.Errorf("reading the recipient's role: %w", err)
	}
	to.Basis, to.Contract, to.ContractEnds = m.Basis, m.ContractReference, dateOf(m.ContractTo)
	return nil
}
