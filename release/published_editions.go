package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"regexp"
	"time"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/tally"
	"data.release/registrar/release/terms"
)

// Edition is a published edition that was imported, or a month of this register
// that was closed.
type Edition struct {
	Title, Publisher, Layout string
	Period                   terms.Period
	FileName, SHA256         string // of the file as published; the digest is an imported edition's id
	RecordedAt               time.Time
	Ours                     bool
	Form                     register.Form // of an imported file
	First, Last              int64         // of a closed month: its entries' numbers
	Entries                  int
	Report                   register.Report // of an import
	Checkpoint               string          // of a closed month: the log's signed note
	Figures                  *tally.Figures  // of a closed month
}

// ID is what the edition is known by in addresses: the digest of an imported
// one's file, the month (2026-10) of one of ours.
func (e Edition) ID() string {
	if e.Ours {
		return e.Period.From.String()[:len("2026-10")]
	}
	return e.SHA256
}

// PublishedEditionPage is an edition with its neighbours among those of its
// publisher and layout, without their reports.
type PublishedEditionPage struct {
	Edition
	Before, After *Edition
}

var monthID = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)

// wasThere is the condition that an edition was there at a size of the register.
const wasThere = `(NOT EXISTS (SELECT 1 FROM entries WHERE id > $1 ORDER BY id LIMIT 1) OR created_at < (SELECT recorded_at FROM entries WHERE id = $1 + 1))`

// PublishedEditions lists the editions, the latest period first.
func (s *Service) PublishedEditions(ctx context.Context) ([]Edition, error) {
	return readFullEditions(ctx, s.db, `ORDER BY period_from DESC, publisher, id`)
}

// PublishedEditionsAt is PublishedEditions at a size of the register; 0 is as it
// is.
func (s *Service) PublishedEditionsAt(ctx context.Context, asOf int64) ([]Edition, error) {
	if asOf == 0 {
		return s.PublishedEditions(ctx)
	}
	return readFullEditions(ctx, s.db, `WHERE `+wasThere+` ORDER BY period_from DESC, publisher, id`, asOf)
}

// EditionNames lists the editions without reports, counts and figures.
func (s *Service) EditionNames(ctx context.Context) ([]Edition, error) {
	return readEditions(ctx, s.db, `ORDER BY period_from DESC, publisher, id`)
}

// PublishedEdition finds an edition by its ID, at a size of the register;
// fault.NotFound if none was there.
func (s *Service) PublishedEdition(ctx context.Context, asOf int64, id string) (*PublishedEditionPage, error) {
	list, err := s.PublishedEditionsAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	var out *PublishedEditionPage
	for _, e := range list {
		if e.ID() == id {
			out = &PublishedEditionPage{Edition: e}
		}
	}
	if out == nil {
		if monthID.MatchString(id) {
			return nil, fault.New(fault.NotFound, "The month %s of this register is not closed.", id)
		}
		return nil, fault.New(fault.NotFound, "No edition with the digest %s was imported.", id)
	}
	for i := range list {
		e := &list[i]
		if e.ID() == out.ID() || e.Publisher != out.Publisher || e.Ours != out.Ours {
			continue
		}
		switch order := e.Period.From.Compare(out.Period.From); {
		case order < 0 && (out.Before == nil || out.Before.Period.From.Compare(e.Period.From) < 0):
			out.Before = e
		case order > 0: // they come with the latest first, so that the last is the nearest
			out.After = e
		}
	}
	return out, nil
}

// readEditions reads editions without their reports and counts: the report of a
// large one is longer than all else on a page.
func readEditions(ctx context.Context, q queryer, rest string, args ...any) ([]Edition, error) {
	return scanEditions(ctx, q, `NULL, NULL, 0`, rest, args...)
}

// readFullEditions reads editions with their reports, and their entries counted.
func readFullEditions(ctx context.Context, q queryer, rest string, args ...any) ([]Edition, error) {
	return scanEditions(ctx, q, `report, figures, CASE WHEN ours THEN coalesce(last_entry - first_entry + 1, 0) ELSE (SELECT count(*) FROM entries WHERE edition_entries = editions.id) END`, rest, args...)
}

func scanEditions(ctx context.Context, q queryer, full, rest string, args ...any) ([]Edition, error) {
	return collect(ctx, q, func(rows *sql.Rows) (Edition, error) {
		var e Edition
		var report, figures, form []byte
		var first, last sql.NullInt64
		err := rows.Scan(&e.Title, &e.Publisher, &e.Layout, &e.Period.From, &e.Period.To, &e.FileName, &e.SHA256, &e.RecordedAt, &e.Ours, &first, &last, &e.Checkpoint, &form, &report, &figures, &e.Entries)
		e.RecordedAt, e.First, e.Last = e.RecordedAt.UTC(), first.Int64, last.Int64
		if err == nil && len(form) > 0 {
			err = json.Unmarshal(form, &e.Form)
		}
		if err == nil && len(report) > 0 {
			err = json.Unmarshal(report, &e.Report)
		}
		if err == nil && e.Ours && len(figures) > 0 {
			e.Figures = &tally.Figures{}
			err = json.Unmarshal(figures, e.Figures)
		}
		return e, err
	}, `SELECT title, publisher, layout, period_from, period_to, file_name, file_sha256, created_at, ours, first_entry, last_entry, checkpoint, form, `+full+` FROM editions `+rest, args...)
}

func editionNames(ctx context.Context, q queryer, digests []string) (map[string]string, error) {
	out := map[string]string{}
	if len(digests) == 0 {
		return out, nil
	}
	list, err := readEditions(ctx, q, `WHERE file_sha256 = ANY($1)`, digests)
	for _, e := range list {
		out[e.SHA256] = e.Publisher + ", " + e.Period.String()
	}
	return out, err
}
