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
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"

	"data.release/registrar/extract/engine/pipe"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/fault"
)

// DuckDB runs plans in this process, in bounded memory, spilling to encrypted
// files whose key dies with the run.
type DuckDB struct {
	// Dir is a private directory for what is spilled and for pipes. No other
	// engine uses it at the same time as Sweep.
	Dir string
	// Memory is DuckDB's limit, "1GB" if empty, which is enough for 192 columns
	// and any number of rows and people; less may not be, and the run then fails
	// with fault.Unavailable. The process takes up to 0.8 GB more.
	Memory string
	// Threads that DuckDB uses, 2 if zero; fewer on wide plans in little memory.
	Threads int
}

// threads are as many as have the memory for so many columns: several threads
// on one file share its last step, for which DuckDB 1.5.6 takes 4 MiB for each
// column and thread at once, whatever the limit leaves. Two threads on 192
// columns in 1 GB ended the process; one needs none of it.
func (d *DuckDB) threads(columns int, memory int64) int {
	const each = 4 << 20
	n := d.Threads
	if n == 0 {
		n = 2
	}
	for n > 1 && int64(n)*int64(columns)*each > memory/2 {
		n--
	}
	return n
}

// defaultMemory is duck's.
const defaultMemory = "1GB"

// bytes reads a memory limit as DuckDB writes them: "500MB", "1.5 GiB".
func bytes(limit string) (int64, error) {
	text := strings.TrimSpace(limit)
	unit := strings.TrimLeft(text, "0123456789.")
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, unit), 64)
	scale, known := map[string]float64{
		"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
	}[strings.ToUpper(strings.TrimSpace(unit))]
	if err != nil || !known || n <= 0 {
		return 0, fmt.Errorf("%q is no amount of memory; write it as 1GB", limit)
	}
	return int64(n * scale), nil
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
	memory    string // DuckDB's limit
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
	if s.memory = d.Memory; s.memory == "" {
		s.memory = defaultMemory
	}
	memory, err := bytes(s.memory)
	if err != nil {
		return fmt.Errorf("opening the engine: %w", err)
	}
	s.db, err = duck.Open(ctx, duck.Options{
		Dir: filepath.Join(dir, "spill"), Memory: s.memory, Threads: d.threads(len(t.Plan.Columns), memory),
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

// input makes the inputs the table that the plan's SQL reads. The place of a row
// is its input's in the list and its own in the file.
func (s *duckSession) input(ctx context.Context, inputs []Input) error {
	if len(inputs) == 0 {
		return errors.New("no input")
	}
	parts := make([]string, len(inputs))
	for i, in := range inputs {
		parts[i] = fmt.Sprintf("SELECT %d AS %s, file_row_number AS %s, * FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d",
			i, plan.PartColumn, plan.RowColumn, duck.Literal(in.Path), in.From, in.To)
	}
	_, err := s.conn.ExecContext(ctx, "CREATE OR REPLACE TEMP VIEW "+plan.ActivityTable+" AS "+strings.Join(parts, " UNION ALL BY NAME "))
	return err
}

func (s *duckSession) Count(ctx context.Context, inputs []Input) ([]Counts, error) {
	c, err := s.count(ctx, inputs)
	if err != nil {
		return nil, fmt.Errorf("counting rows: %w", s.told(ctx, err))
	}
	return c, nil
}

func (s *duckSession) count(ctx context.Context, inputs []Input) ([]Counts, error) {
	if err := s.input(ctx, inputs); err != nil {
		return nil, err
	}
	rows, err := s.conn.QueryContext(ctx, s.statement.Count)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make([]Counts, len(inputs))
	for i := range all {
		all[i].Removed = map[string]int64{}
		for _, reason := range s.plan.Reasons() {
			all[i].Removed[reason] = 0
		}
	}
	for rows.Next() {
		var input int
		var verdict string
		var n int64
		if err := rows.Scan(&input, &verdict, &n); err != nil {
			return nil, err
		}
		c := &all[input]
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
	return all, rows.Err()
}

// copyOptions is the form of files: what a reader may rely on, and nothing that
// depends on the machine.
func copyOptions(p plan.Plan) string {
	if p.Format == plan.CSV {
		return `FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR ''`
	}
	return fmt.Sprintf(`FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d`, rowGroup(len(p.Columns)))
}

// rowGroup is how many rows of so many columns are written at once: DuckDB
// holds several groups in memory, 16 bytes for each value even where there is
// none. A multiple of its 2,048.
func rowGroup(columns int) int {
	const values = 6_000_000
	rows := 122_880
	for rows > 15_360 && rows*columns > values {
		rows /= 2
	}
	return rows
}

func (s *duckSession) Write(ctx context.Context, inputs []Input, w io.Writer) (int64, error) {
	rows, err := s.write(ctx, inputs, w)
	if err != nil {
		return 0, fmt.Errorf("writing rows: %w", s.told(ctx, err))
	}
	return rows, nil
}

func (s *duckSession) write(ctx context.Context, inputs []Input, w io.Writer) (rows int64, err error) {
	if err := s.input(ctx, inputs); err != nil {
		return 0, err
	}
	p, err := pipe.Open(s.pipePath())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	err = p.Through(ctx, w, func(ctx context.Context) error {
		result, err := s.conn.ExecContext(ctx, fmt.Sprintf("COPY (\n%s\n) TO %s (%s)", s.statement.Select, duck.Literal(s.pipePath()), copyOptions(s.plan)))
		if err == nil {
			rows, err = result.RowsAffected()
		}
		return err
	})
	return rows, err
}

// told names the context's error where that is why SQL was interrupted, and
// says what can be done about too little memory.
func (s *duckSession) told(ctx context.Context, err error) error {
	var failed *duckdb.Error
	switch {
	case err != nil && ctx.Err() != nil:
		return errors.Join(context.Cause(ctx), err)
	case errors.As(err, &failed) && failed.Type == duckdb.ErrorTypeOutOfMemory:
		return fault.New(fault.Unavailable, "The extract of %d columns needs more memory than the %s that the worker may use. Raise the worker's memory.",
			len(s.plan.Columns), s.memory).Because(err)
	default:
		return err
	}
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
