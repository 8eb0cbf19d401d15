package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"data.release/registrar/ent"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// The published register as the public reads it. Everything in the files
// published*.go reads four tables, editions, entries, entry_texts and
// source_rows, and no other: what is not in them is not public.

// Edition is a published edition that was imported.
type Edition struct {
	Title, Publisher, Layout string
	Period                   terms.Period
	FileName, SHA256         string // of the file as published; the digest is the edition's id
	RecordedAt               time.Time
	Entries                  int
	Report                   register.Report
}

// queryer is what reading needs: a *sql.DB or a *sql.Tx.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// snapshot runs reads that must agree with each other on one state of the
// register.
func (s *Service) snapshot(ctx context.Context, read func(*sql.Tx) error) (err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("reading the register: %w", err)
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	err = translate(read(tx))
	var known *fault.Error
	if err != nil && !errors.As(err, &known) {
		return fmt.Errorf("reading the register: %w", err)
	}
	return err
}

// entryColumns are those that scanEntry reads.
const entryColumns = `e.id, e.kind, e.recorded_at, e.about, e.late, e.event_from, e.event_to, e.source_id, e.reference, e.stem,
	e.version, e.organisation, e.dataset, e.type_of_data, e.sensitivity, e.power, e.routes, e.opt_out, e.frequency,
	e.organisation_type, e.rows_band, e.files, e.leaf, coalesce((SELECT file_sha256 FROM editions WHERE id = e.edition_entries), '')`

// entryRow is an entry as it is being read.
type entryRow struct {
	register.Entry
	organisation, organisationType string
	leaf                           []byte
}

func scanEntry(rows *sql.Rows) (*entryRow, error) {
	var e entryRow
	var about sql.NullInt64
	var routes, files []byte
	err := rows.Scan(&e.Number, &e.Kind, &e.RecordedAt, &about, &e.Late, &e.EventFrom, &e.EventTo, &e.SourceID, &e.Reference, &e.Stem,
		&e.Version, &e.organisation, &e.Dataset, &e.TypeOfData, &e.Sensitivity, &e.Power, &routes, &e.OptOut, &e.Frequency,
		&e.organisationType, &e.RowsBand, &files, &e.leaf, &e.Edition)
	if err != nil {
		return nil, err
	}
	e.About, e.RecordedAt = about.Int64, e.RecordedAt.UTC()
	if len(routes) > 0 {
		if err := json.Unmarshal(routes, &e.Routes); err != nil {
			return nil, fmt.Errorf("the routes of entry %d: %w", e.Number, err)
		}
	}
	if len(files) > 0 {
		if err := json.Unmarshal(files, &e.Files); err != nil {
			return nil, fmt.Errorf("the files of entry %d: %w", e.Number, err)
		}
	}
	return &e, nil
}

// listTexts are the texts that a list of entries shows.
var listTexts = []register.Field{register.OrganisationName, register.OrganisationID, register.OrganisationType, register.DatasetName, register.Title, register.Reason}

// readEntries reads entries with their texts: those of only, or all if it is
// nil. rest is the SQL after FROM entries e.
func readEntries(ctx context.Context, q queryer, only []register.Field, rest string, args ...any) ([]register.Entry, error) {
	found, err := collect(ctx, q, scanEntry, `SELECT `+entryColumns+` FROM entries e `+rest, args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	numbers := make([]int64, len(found))
	byNumber := make(map[int64]*entryRow, len(found))
	for i, e := range found {
		numbers[i], byNumber[e.Number] = e.Number, e
	}
	query, arguments := `SELECT entry_texts, field, text, salt FROM entry_texts WHERE entry_texts = ANY($1)`, []any{numbers}
	if only != nil {
		query, arguments = query+` AND field = ANY($2)`, append(arguments, names(only))
	}
	rows, err := q.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var t register.Text
		if err := rows.Scan(&number, &t.Field, &t.Text, &t.Salt); err != nil {
			return nil, err
		}
		e := byNumber[number]
		e.Texts = append(e.Texts, t)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make([]register.Entry, len(found))
	for i, e := range found {
		if err := e.complete(only); err != nil {
			return nil, err
		}
		out[i] = e.Entry
	}
	return out, nil
}

// complete marks the texts that the leaf commits to and that are gone, sorts
// them, and takes what columns say too from the columns: pages and searches go
// by these, so a reader who checks an entry against the log must see them.
func (e *entryRow) complete(only []register.Field) error {
	committed, err := register.Committed(e.leaf)
	if err != nil {
		return fmt.Errorf("entry %d: %w", e.Number, err)
	}
	for _, field := range committed {
		if only != nil && !slices.Contains(only, field) {
			continue
		}
		if !slices.ContainsFunc(e.Texts, func(t register.Text) bool { return t.Field == field }) {
			e.Texts = append(e.Texts, register.Text{Field: field, Erased: true})
		}
	}
	for i := range e.Texts {
		switch t := &e.Texts[i]; {
		case t.Erased:
		case t.Field == register.OrganisationID:
			t.Text = e.organisation
		case t.Field == register.OrganisationType:
			t.Text = e.organisationType
		}
	}
	slices.SortFunc(e.Texts, func(a, b register.Text) int { return compareText(a.Field, b.Field) })
	return nil
}

func compareText[T ~string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q queryer, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// PublishedEntry is one entry with what a reader needs beside it.
type PublishedEntry struct {
	register.Entry
	Edition *Edition         // that it was imported from, without report and count; nil for an entry made here
	Later   []register.Entry // corrections, withdrawals and tombstones about it, oldest first
	About   *register.Entry  // the entry that it is about
	// Source is the row that it was imported from, every cell under its header
	// as published; nil for an entry made here.
	Source *SourceRow
}

// SourceRow is one row of an imported file as it stood.
type SourceRow struct {
	Sheet   string
	Line    int // from 1
	Headers []string
	Cells   []string // as many as there are headers, or more
}

// PublishedEntry finds an entry by its number; fault.NotFound if there is none.
func (s *Service) PublishedEntry(ctx context.Context, number int64) (*PublishedEntry, error) {
	var out *PublishedEntry
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		found, err := readEntries(ctx, tx, nil, `WHERE e.id = $1`, number)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "There is no entry %d in the register.", number)
		}
		p := &PublishedEntry{Entry: found[0]}
		if p.Later, err = readEntries(ctx, tx, nil, `WHERE e.about = $1 ORDER BY e.id`, number); err != nil {
			return err
		}
		if p.Entry.About > 0 {
			about, err := readEntries(ctx, tx, listTexts, `WHERE e.id = $1`, p.Entry.About)
			if err != nil {
				return err
			}
			if len(about) > 0 {
				p.About = &about[0]
			}
		}
		if p.Entry.Edition != "" {
			editions, err := readEditions(ctx, tx, `WHERE file_sha256 = $1`, p.Entry.Edition)
			if err != nil {
				return err
			}
			if len(editions) > 0 {
				p.Edition = &editions[0]
			}
			if p.Source, err = sourceRow(ctx, tx, number); err != nil {
				return err
			}
		}
		out = p
		return nil
	})
	return out, err
}

// sourceRow reads the row that became an entry, and the header of its sheet,
// which is the first row of the sheet.
func sourceRow(ctx context.Context, q queryer, number int64) (*SourceRow, error) {
	var out SourceRow
	var cells, headers []byte
	err := q.QueryRowContext(ctx, `
		SELECT r.sheet, r.line, r.cells, h.cells FROM source_rows r
		JOIN source_rows h ON h.edition_source_rows = r.edition_source_rows AND h.sheet = r.sheet AND h.line = 1
		WHERE r.entry_number = $1`, number).Scan(&out.Sheet, &out.Line, &cells, &headers)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(cells, &out.Cells); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(headers, &out.Headers); err != nil {
		return nil, err
	}
	for len(out.Cells) < len(out.Headers) {
		out.Cells = append(out.Cells, "")
	}
	return &out, nil
}

// sheetsOf gives an imported edition's sheets as they stood in its file.
func sheetsOf(ctx context.Context, q queryer, edition *ent.Edition) ([]register.Sheet, error) {
	report := reportOf(edition)
	sheets := make([]register.Sheet, len(report.Sheets))
	for i, s := range report.Sheets {
		sheets[i] = register.Sheet{Name: s.Name, Words: s.Words}
	}
	rows, err := q.QueryContext(ctx, `SELECT sheet_index, line, cells FROM source_rows WHERE edition_source_rows = $1 ORDER BY sheet_index, line`, edition.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var index, line int
		var stored []byte
		if err := rows.Scan(&index, &line, &stored); err != nil {
			return nil, err
		}
		var cells []string
		if err := json.Unmarshal(stored, &cells); err != nil {
			return nil, err
		}
		if index >= len(sheets) || line <= len(sheets[index].Rows) {
			return nil, fmt.Errorf("edition %s has a row %d of sheet %d out of order", edition.ID, line, index)
		}
		for len(sheets[index].Rows) < line-1 {
			sheets[index].Rows = append(sheets[index].Rows, nil)
		}
		sheets[index].Rows = append(sheets[index].Rows, cells)
	}
	return sheets, rows.Err()
}
