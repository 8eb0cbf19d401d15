package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/edition"
	"data.release/registrar/ent/editiondraft"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// MaxEditionFile is the largest file of an edition that is uploaded, in bytes.
const MaxEditionFile = 64 << 20

// DraftEdition tries an edition and keeps its file until somebody has read the
// report: nothing of it is imported. What ImportEdition refuses is refused here,
// with every reason, and nothing is kept. The same file, tried again by the same
// person for the same days while it waits, is the one that waits, with the
// report of now.
func (s *Service) DraftEdition(ctx context.Context, actor access.Actor, file EditionFile) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.ImportRegister); err != nil {
		return uuid.Nil, err
	}
	if s.attachments == nil {
		return uuid.Nil, fault.New(fault.Unavailable, "Files cannot be kept here: no attachment store is set. Use registrar import --dry-run.")
	}
	report, err := s.PlanEdition(ctx, actor, file)
	if err != nil {
		return uuid.Nil, err
	}
	digest, size, err := s.attachments.Put(ctx, bytes.NewReader(file.Content), MaxEditionFile)
	if err != nil {
		return uuid.Nil, fmt.Errorf("keeping the file: %w", err)
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		known, err := w.waitingDraft(ctx, digest, report)
		if err != nil {
			return err
		}
		if known != nil {
			id = known.ID
			return known.Update().SetReport(report).Exec(ctx)
		}
		create := w.EditionDraft.Create().SetCreatedAt(w.now).SetFileName(path.Base(file.Name)).SetFileSha256(digest).SetSize(size).SetReport(report)
		if !file.Period.From.IsZero() {
			create.SetPeriodFrom(file.Period.From).SetPeriodTo(file.Period.To)
		}
		if actor.PersonID != uuid.Nil {
			create.SetUploadedBy(actor.PersonID)
		}
		draft, err := create.Save(ctx)
		if err != nil {
			return err
		}
		id = draft.ID
		return w.event(ctx, "edition tried", id.String(), "", map[string]any{"file": draft.FileName, "sha256": digest})
	})
	return id, err
}

// waitingDraft is the actor's own draft of a file that waits and was tried as
// the same edition; nil if there is none. Until the end of the transaction
// nobody else looks for one of the file, so that a form sent twice makes one.
func (w *work) waitingDraft(ctx context.Context, digest string, report register.Report) (*ent.EditionDraft, error) {
	if _, err := w.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('registrar draft ' || $1, 0))`, digest); err != nil {
		return nil, fmt.Errorf("waiting for others who try the file: %w", err)
	}
	mine := editiondraft.UploadedByIsNil()
	if w.actor.PersonID != uuid.Nil {
		mine = editiondraft.UploadedBy(w.actor.PersonID)
	}
	found, err := w.EditionDraft.Query().Where(editiondraft.FileSha256(digest), mine, editiondraft.ImportedAtIsNil(), editiondraft.DroppedAtIsNil()).
		Order(ent.Asc(editiondraft.FieldCreatedAt)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for the file among those that wait: %w", err)
	}
	for _, d := range found {
		if d.Report.Publisher == report.Publisher && d.Report.Period == report.Period {
			return d, nil
		}
	}
	return nil, nil
}

// EditionDrafts are the files that were tried and neither imported nor dropped,
// the newest first.
func (s *Service) EditionDrafts(ctx context.Context, actor access.Actor) ([]*ent.EditionDraft, error) {
	if err := access.Check(actor, access.ReadImports); err != nil {
		return nil, err
	}
	found, err := s.Read().EditionDraft.Query().Where(editiondraft.ImportedAtIsNil(), editiondraft.DroppedAtIsNil()).
		Order(ent.Desc(editiondraft.FieldCreatedAt, editiondraft.FieldID)).All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading the editions that were tried: %w", err)
	}
	return found, s.importedSince(ctx, found...)
}

// importedSince gives drafts that wait, and whose file has been imported since
// they were tried, the report of that: an import would do nothing.
func (s *Service) importedSince(ctx context.Context, drafts ...*ent.EditionDraft) error {
	waiting := map[string][]*ent.EditionDraft{}
	for _, d := range drafts {
		if d.ImportedAt == nil && d.DroppedAt == nil && !d.Report.Already {
			waiting[d.FileSha256] = append(waiting[d.FileSha256], d)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	found, err := s.Read().Edition.Query().Where(edition.FileSha256In(slices.Collect(maps.Keys(waiting))...)).All(seeAll(ctx))
	if err != nil {
		return fmt.Errorf("reading the editions of the files that wait: %w", err)
	}
	for _, e := range found {
		for _, d := range waiting[e.FileSha256] {
			d.Report = reportOf(e).Nothing()
		}
	}
	return nil
}

// EditionDraft is one of them; fault.NotFound if there is none.
func (s *Service) EditionDraft(ctx context.Context, actor access.Actor, id uuid.UUID) (*ent.EditionDraft, error) {
	if err := access.Check(actor, access.ReadImports); err != nil {
		return nil, err
	}
	draft, err := s.Read().EditionDraft.Get(seeAll(ctx), id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such file.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading an edition that was tried: %w", err)
	}
	return draft, s.importedSince(ctx, draft)
}

// ImportDraft imports an edition that was tried: exactly the file whose report
// was read, all or nothing. What has been recorded since the report counts too.
func (s *Service) ImportDraft(ctx context.Context, actor access.Actor, id uuid.UUID) (register.Report, error) {
	draft, err := s.EditionDraft(ctx, actor, id)
	if err != nil {
		return register.Report{}, err
	}
	if draft.ImportedAt != nil || draft.DroppedAt != nil {
		return register.Report{}, fault.New(fault.Conflict, "This file was imported or dropped already.")
	}
	if draft.Report.Already {
		return register.Report{}, fault.New(fault.Conflict, "This edition is recorded already, and an import would change nothing: drop the file.")
	}
	content, err := s.draftContent(ctx, draft)
	if err != nil {
		return register.Report{}, err
	}
	file := EditionFile{Name: draft.FileName, Content: content, Publisher: draft.Report.Publisher}
	if draft.PeriodFrom != nil && draft.PeriodTo != nil {
		file.Period = terms.Period{From: *draft.PeriodFrom, To: *draft.PeriodTo}
	}
	report, err := s.ImportEdition(ctx, actor, file)
	if err != nil {
		return register.Report{}, err
	}
	return report, s.endDraft(ctx, actor, id, func(u *ent.EditionDraftUpdateOne, w *work) { u.SetImportedAt(w.now) }, "edition of the draft imported")
}

// DropDraft puts a file that was tried away.
func (s *Service) DropDraft(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	if _, err := s.EditionDraft(ctx, actor, id); err != nil {
		return err
	}
	return s.endDraft(ctx, actor, id, func(u *ent.EditionDraftUpdateOne, w *work) { u.SetDroppedAt(w.now) }, "edition dropped")
}

func (s *Service) endDraft(ctx context.Context, actor access.Actor, id uuid.UUID, set func(*ent.EditionDraftUpdateOne, *work), command string) error {
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		draft, err := w.EditionDraft.Query().Where(editiondraft.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if draft.ImportedAt != nil || draft.DroppedAt != nil {
			return fault.New(fault.Conflict, "This file was imported or dropped already.")
		}
		update := draft.Update()
		set(update, w)
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, command, id.String(), "", nil)
	})
}

func (s *Service) draftContent(ctx context.Context, draft *ent.EditionDraft) (content []byte, err error) {
	file, err := s.attachments.Open(ctx, draft.FileSha256)
	if err != nil {
		return nil, fmt.Errorf("opening the file %s: %w", draft.FileSha256, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if content, err = io.ReadAll(io.LimitReader(file, MaxEditionFile+1)); err != nil {
		return nil, fmt.Errorf("reading the file %s: %w", draft.FileSha256, err)
	}
	return content, nil
}
