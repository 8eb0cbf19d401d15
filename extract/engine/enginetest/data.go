// Package enginetest is the suite that every engine must pass: what a plan
// means, written once more in plain Go without SQL, and compared.
package enginetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/plan"
)

// Row of an activity part, by column; a column that is left out is null.
type Row map[string]string

// Parts writes parts as the lake has them.
type Parts struct {
	Dir string // where they are, canonical
	db  *sql.DB
	n   int
}

// NewParts makes a directory for parts that goes when the test ends.
func NewParts(t testing.TB) *Parts {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db, err := duck.Open(context.Background(), duck.Options{Dir: filepath.Join(t.TempDir(), "spill"), AllowedDirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &Parts{Dir: dir, db: db}
}

// Write writes rows as one Parquet part of text columns and returns its path.
func (p *Parts) Write(columns []string, rows []Row) (string, error) {
	p.n++
	path := filepath.Join(p.Dir, fmt.Sprintf("part-%d.parquet", p.n))
	conn, err := p.db.Conn(context.Background())
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = duck.Ident(c) + " VARCHAR"
	}
	if _, err := conn.ExecContext(context.Background(), "CREATE OR REPLACE TABLE t ("+strings.Join(list, ", ")+")"); err != nil {
		return "", err
	}
	err = conn.Raw(func(c any) error {
		a, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", "t")
		if err != nil {
			return err
		}
		for _, r := range rows {
			values := make([]driver.Value, len(columns))
			for i, column := range columns {
				if v, ok := r[column]; ok {
					values[i] = v
				}
			}
			if err := a.AppendRow(values...); err != nil {
				return err
			}
		}
		return a.Close()
	})
	if err == nil {
		_, err = conn.ExecContext(context.Background(), "COPY t TO "+duck.Literal(path)+" (FORMAT parquet, COMPRESSION zstd)")
	}
	return path, err
}

// Generate writes a part by a SELECT over range, for big ones.
func (p *Parts) Generate(t testing.TB, query string) string {
	t.Helper()
	p.n++
	path := filepath.Join(p.Dir, fmt.Sprintf("part-%d.parquet", p.n))
	if _, err := p.db.Exec("COPY (" + query + ") TO " + duck.Literal(path) + " (FORMAT parquet, COMPRESSION zstd)"); err != nil {
		t.Fatal(err)
	}
	return path
}

// Read reads the cells of a Parquet file back as text, nulls as "".
func (p *Parts) Read(t testing.TB, content []byte) (columns []string, cells [][]string) {
	t.Helper()
	p.n++
	path := filepath.Join(p.Dir, fmt.Sprintf("read-%d.parquet", p.n))
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := p.db.Query("SELECT * FROM read_parquet(" + duck.Literal(path) + ")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		texts := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(columns))
		for i := range texts {
			line[i] = texts[i].String
		}
		cells = append(cells, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, cells
}

// Whole is all rows of files.
func Whole(files []string) []engine.Input {
	out := make([]engine.Input, len(files))
	for i, f := range files {
		out[i] = engine.Input{Path: f, To: math.MaxInt64}
	}
	return out
}

// Sequence gives persons as an engine reads them.
func Sequence(persons []engine.Person) iter.Seq2[engine.Person, error] {
	return func(yield func(engine.Person, error) bool) {
		for _, p := range persons {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// Values gives a person's values for a plan from a field by name.
func Values(p plan.Plan, of map[string]string) []string {
	var out []string
	for _, c := range p.PersonColumns() {
		out = append(out, derive(of[c.Field], c.Derivation))
	}
	return out
}
