package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"

	"data.release/registrar/extract/engine/pipe"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/plan"
)

// DuckDB runs plans in this process, in bounded memory, spilling to encrypted
// files whose key dies with the run.
type DuckDB struct {
	// Dir is a private directory for what is spilled and for pipes. No other
	// engine uses it at the same time as Sweep.
	Dir string
	// Memory is the most that DuckDB uses, "1GB" if empty. Go's own comes on
	// top: some ten megabytes, whatever the size of the extract.
	Memory string
	// Threads that DuckDB uses, 2 if zero.
	Threads int
}

// Name is "duckdb" and the version of the library.
func (d *DuckDB) Name() string { return "duckdb " + mapping.LibraryVersion() }

// runDirs are the directories of runs under Dir.
const runDirs = "run-"

// Sweep removes what runs left in Dir that were killed. Call it once, before
// the first run.
func (d *DuckDB) Sweep() error {
	left, err := filepath.Glob(filepath.Join(d.Dir, runDirs+"*"))
	if err != nil {
		return fmt.Errorf("sweeping the engine's directory: %w", err)
	}
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// Open starts a DuckDB instance for the task.
func (d *DuckDB) Open(ctx context.Context, t Task) (Session, error) {
	if reasons := t.Plan.Check(); len(reasons) > 0 {
		return nil, fmt.Errorf("opening the engine: the plan breaks a rule: %s", reasons[0].Message)
	}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the engine: %w", err)
	}
	dir, err := os.MkdirTemp(d.Dir, runDirs)
	if err != nil {
		return nil, fmt.Errorf("opening the engine: %w", err)
	}
	s := &duckSession{plan: t.Plan, statement: t.Plan.SQL(), dir: dir}
	if err := s.open(ctx, d, t); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

type duckSession struct {
	plan      plan.Plan
	statement plan.Statement
	dir       string
	db        *sql.DB
	conn      *sql.Conn
}

func (s *duckSession) open(ctx context.Context, d *DuckDB, t Task) error {
	// DuckDB compares paths after following links.
	dir, err := filepath.EvalSymlinks(s.dir)
	if err != nil {
		return fmt.Errorf("opening the engine: %w", err)
	}
	s.dir = dir
	s.db, err = duck.Open(ctx, duck.Options{
		Dir: filepath.Join(dir, "spill"), Memory: d.Memory, Threads: d.Threads,
		AllowedDirs: t.Readable, AllowedPaths: []string{s.pipePath()},
	})
	if err != nil {
		return fmt.Errorf("opening the engine: %w", err)
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return fmt.Errorf("opening the engine: %w", err)
	}
	if err := RegisterPseudonyms(s.conn, plan.RekeyFunction, t.Records); err != nil {
		return fmt.Errorf("opening the engine: %w", err)
	}
	return s.load(ctx, t)
}

func (s *duckSession) pipePath() string { return filepath.Join(s.dir, "pipe") }

// load fills the person map.
func (s *duckSession) load(ctx context.Context, t Task) error {
	columns := []string{plan.PersonID + " VARCHAR", "pseudonym VARCHAR", "opted_out BOOLEAN", "checked VARCHAR"}
	extra := s.plan.PersonColumns()
	for _, c := range extra {
		columns = append(columns, duck.Ident(c.Name)+" VARCHAR")
	}
	if _, err := s.conn.ExecContext(ctx, "CREATE TABLE "+plan.PersonTable+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return fmt.Errorf("making the person map: %w", err)
	}
	return s.conn.Raw(func(c any) error {
		appender, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", plan.PersonTable)
		if err != nil {
			return fmt.Errorf("making the person map: %w", err)
		}
		row := make([]driver.Value, len(columns))
		n := 0
		for p, err := range t.Persons {
			if err == nil && len(p.Values) != len(extra) {
				err = fmt.Errorf("a person has %d values for %d columns", len(p.Values), len(extra))
			}
			if n++; err == nil && n%10_000 == 0 {
				err = ctx.Err()
			}
			if err == nil {
				row[0], row[1], row[2], row[3] = p.ID, orNull(p.Pseudonym), p.OptedOut, p.Checked
				for i, v := range p.Values {
					row[4+i] = orNull(v)
				}
				err = appender.AppendRow(row...)
			}
			if err != nil {
				return errors.Join(err, appender.Close())
			}
		}
		if err := appender.Close(); err != nil {
			return fmt.Errorf("making the person map: %w", err)
		}
		return nil
	})
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// input makes the files the table that the plan's SQL reads. The place of a
// row is its file's place in the list and its own in the file.
func (s *duckSession) input(ctx context.Context, files []string) error {
	if len(files) == 0 {
		return errors.New("no input files")
	}
	parts := make([]string, len(files))
	for i, f := range files {
		parts[i] = fmt.Sprintf("SELECT %d AS %s, file_row_number AS %s, * FROM read_parquet(%s, file_row_number = true)",
			i, plan.PartColumn, plan.RowColumn, duck.Literal(f))
	}
	_, err := s.conn.ExecContext(ctx, "CREATE OR REPLACE TEMP VIEW "+plan.ActivityTable+" AS "+strings.Join(parts, " UNION ALL BY NAME "))
	return err
}

func (s *duckSession) Count(ctx context.Context, files []string) (Counts, error) {
	c, err := s.count(ctx, files)
	if err != nil {
		return Counts{}, fmt.Errorf("counting rows: %w", orCancelled(ctx, err))
	}
	return c, nil
}

func (s *duckSession) count(ctx context.Context, files []string) (Counts, error) {
	if err := s.input(ctx, files); err != nil {
		return Counts{}, err
	}
	rows, err := s.conn.QueryContext(ctx, s.statement.Count)
	if err != nil {
		return Counts{}, err
	}
	defer rows.Close()
	c := Counts{Removed: map[string]int64{}}
	for _, reason := range s.plan.Reasons() {
		c.Removed[reason] = 0
	}
	for rows.Next() {
		var verdict string
		var n int64
		if err := rows.Scan(&verdict, &n); err != nil {
			return Counts{}, err
		}
		c.Read += n
		switch verdict {
		case plan.Written:
			c.Written = n
		case plan.Unknown:
			c.Unknown = n
		default:
			c.Removed[verdict] = n
		}
	}
	return c, rows.Err()
}

// The forms of files: what a reader may rely on, and nothing that depends on
// the machine.
var copyOptions = map[plan.Format]string{
	plan.CSV:     `FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR ''`,
	plan.Parquet: `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880`,
}

func (s *duckSession) Write(ctx context.Context, files []string, w io.Writer) (int64, error) {
	if err := s.input(ctx, files); err != nil {
		return 0, fmt.Errorf("writing rows: %w", orCancelled(ctx, err))
	}
	p, err := pipe.Open(s.pipePath())
	if err != nil {
		return 0, fmt.Errorf("writing rows: %w", err)
	}
	var rows int64
	err = p.Through(ctx, w, func(ctx context.Context) error {
		result, err := s.conn.ExecContext(ctx, fmt.Sprintf("COPY (\n%s\n) TO %s (%s)", s.statement.Select, duck.Literal(s.pipePath()), copyOptions[s.plan.Format]))
		if err == nil {
			rows, err = result.RowsAffected()
		}
		return err
	})
	if err = errors.Join(orCancelled(ctx, err), p.Close()); err != nil {
		return 0, fmt.Errorf("writing rows: %w", err)
	}
	return rows, nil
}

// orCancelled names the context's error where that is why SQL was interrupted.
func orCancelled(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}

func (s *duckSession) Close() error {
	var err error
	if s.conn != nil {
		err = s.conn.Close()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
