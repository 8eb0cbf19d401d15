package release

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/lakepart"
	"data.release/registrar/ent/optoutlist"
	"data.release/registrar/ent/submission"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Landed is a feed file that has been landed: what the pipeline found, and the
// parts that it stored.
type Landed struct {
	Dataset, Site, Supplier, Period string
	FileName, SHA256                string
	Outcome                         string // accepted, accepted_with_warnings, refused
	Accepted, Rejected, Warned      int64
	Report                          json.RawMessage
	Parts                           []Part
}

// FindSubmission is the submission of a file with this digest, if there is
// one: the same file twice is one submission.
func (s *Service) FindSubmission(ctx context.Context, sha256 string) (id uuid.UUID, found bool, err error) {
	id, err = s.Read().Submission.Query().Where(submission.Sha256(sha256)).OnlyID(seeAll(ctx))
	if ent.IsNotFound(err) {
		return uuid.Nil, false, nil
	}
	return id, err == nil, err
}

// RecordSubmission enters a landed file and its parts in the catalogue. Parts
// of the same dataset, site, supplier and period are superseded, never
// overwritten. Recording it twice changes nothing.
func (s *Service) RecordSubmission(ctx context.Context, actor access.Actor, landed Landed) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.LandFeeds); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if id, err = w.Submission.Query().Where(submission.Sha256(landed.SHA256)).OnlyID(ctx); !ent.IsNotFound(err) {
			return err
		}
		row, err := w.Submission.Create().SetCreatedAt(w.now).SetDataset(landed.Dataset).SetSite(landed.Site).SetSupplier(landed.Supplier).
			SetPeriod(landed.Period).SetFileName(landed.FileName).SetSha256(landed.SHA256).SetOutcome(submission.Outcome(landed.Outcome)).
			SetRowsAccepted(landed.Accepted).SetRowsRejected(landed.Rejected).SetRowsWarned(landed.Warned).SetReport(landed.Report).Save(ctx)
		if err != nil {
			return err
		}
		id = row.ID
		if err := w.catalogue(ctx, landed.Parts, row); err != nil {
			return err
		}
		return w.event(ctx, "feed landed", id.String(), "", map[string]any{"dataset": landed.Dataset, "outcome": landed.Outcome})
	})
	return id, err
}

// RecordPersonIndex makes these parts the person index.
func (s *Service) RecordPersonIndex(ctx context.Context, actor access.Actor, parts []Part) error {
	if err := access.Check(actor, access.LandFeeds); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.catalogue(ctx, parts, nil); err != nil {
			return err
		}
		return w.event(ctx, "persons linked", PersonIndex, "", map[string]any{"parts": len(parts)})
	})
}

// catalogue supersedes what the parts replace, and lists them. The parts of
// one landing stand beside each other.
func (w *work) catalogue(ctx context.Context, parts []Part, of *ent.Submission) error {
	keys := make([]string, len(parts))
	for i, p := range parts {
		keys[i] = p.Key
	}
	for _, p := range parts {
		err := w.LakePart.Update().Where(lakepart.AreaEQ(lakepart.Area(p.Area)), lakepart.Dataset(p.Dataset), lakepart.Site(p.Site),
			lakepart.Supplier(p.Supplier), lakepart.Period(p.Period), lakepart.SupersededAtIsNil(), lakepart.KeyNotIn(keys...)).
			SetSupersededAt(w.now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("superseding parts: %w", err)
		}
		listed, err := w.LakePart.Query().Where(lakepart.Key(p.Key), lakepart.AreaEQ(lakepart.Area(p.Area)), lakepart.SupersededAtIsNil()).Exist(ctx)
		if err != nil {
			return err
		}
		if listed {
			continue
		}
		create := w.LakePart.Create().SetCreatedAt(w.now).SetArea(lakepart.Area(p.Area)).SetDataset(p.Dataset).SetSite(p.Site).
			SetSupplier(p.Supplier).SetPeriod(p.Period).SetKey(p.Key).SetSha256(p.SHA256).SetRows(p.Rows)
		if of != nil {
			create.SetSubmission(of)
		}
		if err := create.Exec(ctx); err != nil {
			return fmt.Errorf("listing parts: %w", err)
		}
	}
	return nil
}

// Parts are the present parts of a dataset, of all sites.
func (s *Service) Parts(ctx context.Context, definition string) (parts []Part, err error) {
	err = s.write(ctx, linking, func(ctx context.Context, w *work) error {
		parts, err = w.parts(ctx, definition, "")
		return err
	})
	return parts, err
}

// RecordOptOutList enters a landed list of objections. Its numbers are in the
// identity area alone.
func (s *Service) RecordOptOutList(ctx context.Context, actor access.Actor, fileName, fileSHA256 string, list OptOutListFile) error {
	if err := access.Check(actor, access.LandFeeds); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if list.AsOf.IsZero() || list.AsOf.Compare(terms.Today(w.now)) > 0 {
			return fault.New(fault.Invalid, "The list must be dated, and not in the future.")
		}
		known, err := w.OptOutList.Query().Where(optoutlist.FileSha256(fileSHA256)).Exist(ctx)
		if err != nil || known {
			return err
		}
		err = w.OptOutList.Create().SetCreatedAt(w.now).SetAsOf(list.AsOf).SetKey(list.Key).SetSha256(list.SHA256).SetRows(list.Rows).
			SetFileName(fileName).SetFileSha256(fileSHA256).Exec(ctx)
		if err != nil {
			return err
		}
		return w.event(ctx, "opt-out list landed", list.SHA256, "", map[string]any{"as_of": list.AsOf.String()})
	})
}

func (w *work) optOutListBy(ctx context.Context, sha256 string) (*OptOutListFile, error) {
	list, err := w.OptOutList.Query().Where(optoutlist.Sha256(sha256)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the opt-out list: %w", err)
	}
	return &OptOutListFile{AsOf: list.AsOf, Key: list.Key, SHA256: list.Sha256, Rows: list.Rows}, nil
}
