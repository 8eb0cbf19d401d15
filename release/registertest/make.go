package registertest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
)

// Make writes a register of the size into a migrated database without entries,
// as a superuser: triggers are passed over and the tables' indexes are made at
// the end, which is what makes it quick. The same size gives the same register.
// It is not signed.
func Make(ctx context.Context, pool *pgxpool.Pool, size Size) error {
	indexes, err := dropIndexes(ctx, pool)
	if err != nil {
		return fmt.Errorf("taking indexes away: %w", err)
	}
	g := newGenerator(size)
	editions, err := g.writeEditions(ctx, pool)
	if err != nil {
		return fmt.Errorf("writing editions: %w", err)
	}
	if err := g.writeEntries(ctx, pool, editions); err != nil {
		return err
	}
	for _, index := range indexes {
		if _, err := pool.Exec(ctx, index); err != nil {
			return fmt.Errorf("making an index: %w", err)
		}
	}
	_, err = pool.Exec(ctx, "VACUUM (ANALYZE) entries, entry_texts, ledger_leaf, ledger_hash")
	return err
}

// filled are the tables whose indexes wait.
var filled = []string{"entries", "entry_texts"}

func dropIndexes(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
		WHERE indrelid::regclass::text = ANY($1) AND NOT indisprimary
			AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1`, filled)
	if err != nil {
		return nil, err
	}
	type found struct{ Name, Definition string }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[found])
	if err != nil {
		return nil, err
	}
	var out []string
	for _, index := range list {
		if _, err := pool.Exec(ctx, "DROP INDEX "+index.Name); err != nil {
			return nil, err
		}
		out = append(out, index.Definition)
	}
	return out, nil
}

// writeEditions gives the id of each edition by its digest.
func (g *generator) writeEditions(ctx context.Context, pool *pgxpool.Pool) (map[string]uuid.UUID, error) {
	ids := map[string]uuid.UUID{}
	for _, e := range g.editions {
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(e.sha256))
		_, err := pool.Exec(ctx, `INSERT INTO editions (id, created_at, title, publisher, layout, period_from, period_to, file_name, file_sha256)
			VALUES ($1, $2, $3, 'Invented publisher', 'nhsd-2021', $4, $5, $6, $7)`,
			id, Began, "Invented register of "+e.period.From.String()[:7], e.period.From.String(), e.period.To.String(), "invented_"+e.period.From.String()+".xlsx", e.sha256)
		if err != nil {
			return nil, err
		}
		ids[e.sha256] = id
	}
	return ids, nil
}

// batch is entries with their leaves.
type batch struct {
	entries []register.Entry
	leaves  [][]byte
}

// perBatch entries are written at a time.
const perBatch = 10_000

func (g *generator) writeEntries(ctx context.Context, pool *pgxpool.Pool, editions map[string]uuid.UUID) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	var part []register.Entry
	write := func() error {
		b, err := leaved(part)
		if err != nil {
			return err
		}
		part = part[:0]
		errs := make(chan error, 3)
		go func() { errs <- copyEntries(ctx, pool, b, editions) }()
		go func() { errs <- copyTexts(ctx, pool, b) }()
		go func() { errs <- appendLeaves(ctx, db, b) }()
		return errors.Join(<-errs, <-errs, <-errs)
	}
	for e := range g.all() {
		salted(&e)
		if part = append(part, e); len(part) == perBatch {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if len(part) == 0 {
		return nil
	}
	return write()
}

// leaved makes the leaves of entries, on all processors.
func leaved(entries []register.Entry) (batch, error) {
	b := batch{entries, make([][]byte, len(entries))}
	workers := runtime.GOMAXPROCS(0)
	errs := make(chan error, workers)
	for w := range workers {
		go func() {
			for i := w; i < len(entries); i += workers {
				leaf, err := entries[i].Leaf()
				if err != nil {
					errs <- err
					return
				}
				b.leaves[i] = leaf
			}
			errs <- nil
		}()
	}
	var failed error
	for range workers {
		failed = errors.Join(failed, <-errs)
	}
	return b, failed
}

func appendLeaves(ctx context.Context, db *sql.DB, b batch) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := ledger.Append(ctx, tx, b.leaves); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// copyIn copies rows into a table past its triggers.
func copyIn(ctx context.Context, pool *pgxpool.Pool, table string, columns []string, rows pgx.CopyFromSource) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, setting := range []string{"SET LOCAL session_replication_role = replica", "SET LOCAL synchronous_commit = off"} {
			if _, err := tx.Exec(ctx, setting); err != nil {
				return err
			}
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, rows)
		return err
	})
}

var entryColumns = []string{"id", "kind", "recorded_at", "late", "event_from", "event_to", "source_id", "reference", "stem", "version", "organisation",
	"dataset", "type_of_data", "sensitivity", "power", "routes", "opt_out", "frequency", "organisation_type", "row_key", "channel", "starts", "ends",
	"controllership", "sub_licensing", "commercial", "lines", "leaf", "edition_entries"}

func copyEntries(ctx context.Context, pool *pgxpool.Pool, b batch, editions map[string]uuid.UUID) error {
	return copyIn(ctx, pool, "entries", entryColumns, pgx.CopyFromSlice(len(b.entries), func(i int) ([]any, error) {
		e := b.entries[i]
		return []any{e.Number, string(e.Kind), e.RecordedAt, e.Late, e.EventFrom.Midday(), e.EventTo.Midday(), e.SourceID, e.Reference, e.Stem, e.Version,
			e.Get(register.OrganisationID), e.Dataset, or(e.TypeOfData), or(e.Sensitivity), or(e.Power), list(e.Routes), or(e.OptOut), or(e.Frequency),
			e.Get(register.OrganisationType), e.RowKey, string(e.Channel), day(e), last(e), or(e.Controllership), or(e.SubLicensing), or(e.Commercial),
			list(e.Lines), b.leaves[i], [16]byte(editions[e.Edition])}, nil
	}))
}

func day(e register.Entry) *time.Time {
	if e.Starts.IsZero() {
		return nil
	}
	at := e.Starts.Midday()
	return &at
}

func last(e register.Entry) *time.Time {
	if e.Ends.IsZero() {
		return nil
	}
	at := e.Ends.Midday()
	return &at
}

func or[T ~string](code T) string {
	if code == "" {
		return "not_recorded"
	}
	return string(code)
}

// list is a list as jsonb, and NULL for none.
func list[T any](values []T) any {
	if len(values) == 0 {
		return nil
	}
	return json.RawMessage(must(json.Marshal(values)))
}

func must(out []byte, err error) []byte {
	if err != nil { // lists of strings always marshal
		panic(err)
	}
	return out
}

func copyTexts(ctx context.Context, pool *pgxpool.Pool, b batch) error {
	i, t := 0, -1
	next := func() ([]any, error) {
		for t++; i < len(b.entries) && t >= len(b.entries[i].Texts); i, t = i+1, 0 {
		}
		if i == len(b.entries) {
			return nil, nil
		}
		text := b.entries[i].Texts[t]
		return []any{b.entries[i].Number, string(text.Field), text.Text, text.Salt}, nil
	}
	return copyIn(ctx, pool, "entry_texts", []string{"entry_texts", "field", "text", "salt"}, pgx.CopyFromFunc(next))
}

// Is says whether the database has a register that Make finished. Its indexes
// are made last.
func Is(ctx context.Context, pool *pgxpool.Pool, size Size) (bool, error) {
	var entries int
	var indexed bool
	err := pool.QueryRow(ctx, `SELECT coalesce(max(id), 0), to_regclass('entry_stem') IS NOT NULL FROM entries`).Scan(&entries, &indexed)
	var missing *pgconn.PgError
	if errors.As(err, &missing) && slices.Contains([]string{"42P01", "3D000"}, missing.Code) {
		return false, nil
	}
	return indexed && entries == size.Agreements*size.Versions+size.Releases, err
}
