package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"data.release/registrar/ent"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// The published register as the public reads it. Everything in the files
// published*.go reads four tables, editions, entries, entry_texts and
// source_rows, and no other: what is not in them is not public.

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
	e.organisation_type, e.rows_band, e.files, e.leaf, coalesce(d.file_sha256, ''), d.period_from, e.row_key, e.sheet, e.line, e.channel,
	e.starts, e.ends, e.controllership, e.sub_licensing, e.commercial, e.lines, e.support, e.corrects, e.relation, e.successor,
	e.successor_dataset, e.fields`

// entryRow is an entry as it is being read.
type entryRow struct {
	register.Entry
	organisation, organisationType, successor string
	leaf                                      []byte
}

func scanEntry(rows *sql.Rows) (*entryRow, error) {
	var e entryRow
	var about, sheet, line sql.NullInt64
	var relation sql.NullString
	var routes, files, lines, support, fields []byte
	err := rows.Scan(&e.Number, &e.Kind, &e.RecordedAt, &about, &e.Late, &e.EventFrom, &e.EventTo, &e.SourceID, &e.Reference, &e.Stem,
		&e.Version, &e.organisation, &e.Dataset, &e.TypeOfData, &e.Sensitivity, &e.Power, &routes, &e.OptOut, &e.Frequency,
		&e.organisationType, &e.RowsBand, &files, &e.leaf, &e.Edition, &e.EditionFrom, &e.RowKey, &sheet, &line, &e.Channel,
		&e.Starts, &e.Ends, &e.Controllership, &e.SubLicensing, &e.Commercial, &lines, &support, &e.Corrects, &relation, &e.successor,
		&e.SuccessorDataset, &fields)
	if err != nil {
		return nil, err
	}
	e.About, e.RecordedAt = about.Int64, e.RecordedAt.UTC()
	e.Sheet, e.Line, e.Relation = int(sheet.Int64), int(line.Int64), terms.Relation(relation.String)
	for _, list := range []struct {
		name   string
		stored []byte
		into   any
	}{{"routes", routes, &e.Routes}, {"files", files, &e.Files}, {"lines", lines, &e.Lines}, {"support", support, &e.Support}, {"fields", fields, &e.Fields}} {
		if len(list.stored) == 0 {
			continue
		}
		if err := json.Unmarshal(list.stored, list.into); err != nil {
			return nil, fmt.Errorf("the %s of entry %d: %w", list.name, e.Number, err)
		}
	}
	return &e, nil
}

// listTexts are the texts that a list of entries shows.
var listTexts = []register.Field{register.OrganisationName, register.OrganisationID, register.OrganisationType, register.DatasetName,
	register.Title, register.Reason, register.Successor, register.SuccessorID}

// readEntries reads entries with their texts: those of only, or all if it is
// nil. rest is the SQL after FROM entries e.
func readEntries(ctx context.Context, q queryer, only []register.Field, rest string, args ...any) ([]register.Entry, error) {
	found, err := collect(ctx, q, scanEntry, `SELECT `+entryColumns+` FROM entries e LEFT JOIN editions d ON d.id = e.edition_entries `+rest, args...)
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
	var gaps []int64
	for _, e := range found {
		if err := e.complete(only); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(e.Texts, func(t register.Text) bool { return t.Withheld }) {
			gaps = append(gaps, e.Number)
		}
	}
	if err := markErased(ctx, q, byNumber, gaps); err != nil {
		return nil, err
	}
	out := make([]register.Entry, len(found))
	for i, e := range found {
		out[i] = e.Entry
	}
	return out, nil
}

// markErased tells the texts that a tombstone says were erased from those that
// are withheld.
func markErased(ctx context.Context, q queryer, byNumber map[int64]*entryRow, gaps []int64) error {
	if len(gaps) == 0 {
		return nil
	}
	type erased struct {
		about int64
		field register.Field
	}
	list, err := collect(ctx, q, func(rows *sql.Rows) (e erased, err error) { return e, rows.Scan(&e.about, &e.field) }, `
		SELECT about, jsonb_array_elements_text(fields) FROM entries WHERE kind = 'tombstone' AND about = ANY($1)`, gaps)
	if err != nil {
		return err
	}
	for _, gone := range list {
		for i := range byNumber[gone.about].Texts {
			if t := &byNumber[gone.about].Texts[i]; t.Field == gone.field && t.Withheld {
				t.Erased, t.Withheld = true, false
			}
		}
	}
	return nil
}

// complete marks the texts that the leaf commits to and that are not at hand as
// withheld, sorts them, and takes what columns say too from the columns: pages
// and searches go by these, so a reader who checks an entry against the log
// must see them.
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
			e.Texts = append(e.Texts, register.Text{Field: field, Withheld: true})
		}
	}
	for i := range e.Texts {
		switch t := &e.Texts[i]; {
		case t.Withheld:
		case t.Field == register.OrganisationID:
			t.Text = e.organisation
		case t.Field == register.SuccessorID:
			t.Text = e.successor
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

// SourceRow is one row of an imported file as it stood.
type SourceRow struct {
	Sheet   string
	Line    int // from 1
	Headers []string
	Columns map[register.Cell]int // from 1: what each column of its layout is
	Cells   []string              // as many as there are headers, or more
	// Gone are the cells, by their place from 0, that are not at hand: erased by
	// law, or else withheld until a person has looked at them.
	Gone map[int]Gone
}

// Gone says why a cell is not at hand.
type Gone string

// Why a cell is not at hand.
const (
	GoneErased   Gone = "erased"
	GoneWithheld Gone = "withheld"
)

// wholeCells are a source row's cells with those put in that stand as texts of
// its entry or among the cells published later; what is withheld or was erased
// is empty. keptCells are what is withheld too, and null where it was erased.
const (
	publishedCell = `(SELECT text FROM source_cells WHERE edition_id = r.edition_source_rows AND sheet = r.sheet_index AND line = r.line AND "column" = place),
		(SELECT text FROM entry_texts WHERE entry_texts = r.entry_number AND field = r.texts ->> place::text)`
	eachCell = ` ORDER BY place)
	FROM (SELECT nullif(cell, 'null'::jsonb) AS cell, place FROM jsonb_array_elements(r.cells) WITH ORDINALITY AS c (cell, place)) AS c)`
	wholeCells = `(SELECT jsonb_agg(coalesce(cell, to_jsonb(coalesce(` + publishedCell + `, '')))` + eachCell
	keptCells  = `(SELECT jsonb_agg(coalesce(cell, to_jsonb(coalesce(` + publishedCell + `,
		(SELECT c.text FROM withheld_texts t JOIN withheld_contents c ON c.withheld_text_content = t.id
			WHERE t.entry_number = r.entry_number AND t.field = r.texts ->> place::text),
		(SELECT c.text FROM withheld_texts t JOIN withheld_contents c ON c.withheld_text_content = t.id
			WHERE t.edition_id = r.edition_source_rows AND t.sheet = r.sheet_index AND t.line = r.line AND t."column" = place))))` + eachCell
)

// sourceRow reads the row that became an entry, and the headers of its sheet.
func sourceRow(ctx context.Context, q queryer, e register.Entry) (*SourceRow, error) {
	var out SourceRow
	var cells, headers, stored, texts, columns []byte
	err := q.QueryRowContext(ctx, `
		SELECT r.sheet, r.line, `+wholeCells+`, h.cells, r.cells, r.texts, coalesce(s.report->'columns', '{}') FROM entries e
		JOIN source_rows r ON r.edition_source_rows = e.edition_entries AND r.sheet_index = e.sheet AND r.line = e.line
		CROSS JOIN LATERAL (SELECT report->'sheets'->r.sheet_index::int AS report FROM editions WHERE id = r.edition_source_rows) AS s
		JOIN source_rows h ON h.edition_source_rows = r.edition_source_rows AND h.sheet_index = r.sheet_index AND h.line = coalesce((s.report->>'header')::bigint, 1)
		WHERE e.id = $1`, e.Number).Scan(&out.Sheet, &out.Line, &cells, &headers, &stored, &texts, &columns)
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
	if err := json.Unmarshal(columns, &out.Columns); err != nil {
		return nil, err
	}
	for len(out.Cells) < len(out.Headers) {
		out.Cells = append(out.Cells, "")
	}
	return &out, out.markGone(e, stored, texts)
}

// markGone says which cells are not at hand: those that are stored as nothing
// and that no text of the entry, and no cell published later, stands in for.
func (r *SourceRow) markGone(e register.Entry, stored, texts []byte) error {
	var cells []*string
	if err := json.Unmarshal(stored, &cells); err != nil {
		return err
	}
	fields := map[int]register.Field{} // by column, from 1
	if len(texts) > 0 {
		if err := json.Unmarshal(texts, &fields); err != nil {
			return err
		}
	}
	r.Gone = map[int]Gone{}
	for i, cell := range cells {
		if cell != nil || i >= len(r.Cells) || r.Cells[i] != "" {
			continue
		}
		r.Gone[i] = GoneWithheld
		for _, t := range e.Texts {
			// A cell that is no text of the entry goes with all that the row said.
			if t.Erased && (t.Field == fields[i+1] || fields[i+1] == "" && t.Field == register.AsPublished) {
				r.Gone[i] = GoneErased
			}
		}
	}
	return nil
}

// sheetsOf gives an imported edition's sheets as they stood in its file.
func sheetsOf(ctx context.Context, q queryer, edition *ent.Edition) ([]register.Sheet, error) {
	return sheetsWith(ctx, q, edition, wholeCells)
}

// erasedCell stands for a cell that is not at hand any more; no cell holds it.
const erasedCell = "\x00erased"

// sheetsWith reads the cells as one of wholeCells and keptCells has them.
func sheetsWith(ctx context.Context, q queryer, edition *ent.Edition, cellsOf string) ([]register.Sheet, error) {
	report := reportOf(edition)
	sheets := make([]register.Sheet, len(report.Sheets))
	for i, s := range report.Sheets {
		sheets[i] = register.Sheet{Name: s.Name, Words: s.Words}
	}
	rows, err := q.QueryContext(ctx, `SELECT sheet_index, line, `+cellsOf+` FROM source_rows r WHERE edition_source_rows = $1 ORDER BY sheet_index, line`, edition.ID)
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
		var found []*string
		if err := json.Unmarshal(stored, &found); err != nil {
			return nil, err
		}
		cells := make([]string, len(found))
		for i, cell := range found {
			if cells[i] = erasedCell; cell != nil {
				cells[i] = *cell
			}
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

// SizeAsOf is the number of entries that the register had at the end of a day
// in London: entries are recorded in the order of their numbers. A day that is
// yet to come is fault.Invalid.
func (s *Service) SizeAsOf(ctx context.Context, day terms.Date) (int64, error) {
	if day.Compare(s.Today()) > 0 {
		return 0, fault.New(fault.Invalid, "%s is yet to come; the register is kept up to %s.", day.Words(), s.Today().Words())
	}
	now, err := s.registerNow(ctx)
	if err != nil {
		return 0, err
	}
	return now.View().SizeAt(day.End()), nil
}
