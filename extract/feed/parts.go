package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/pseudonym"
)

// The columns that the lake adds to those of a feed. Names of feeds are upper
// case, so they cannot meet.
const (
	PersonColumn  = "person_id" // the lake's internal id; never in an output
	LocalIDColumn = "local_id"  // the feed's own person id, identity area only
)

// written is a finished part, not yet stored.
type written struct {
	area string
	path string
	rows int64
}

// rowsPerPart keeps parts to a size of which several can be run at once.
const rowsPerPart = 2_457_600

// rowGroup is how many rows of so many columns are written at once. DuckDB
// holds a row group in memory, 16 bytes for each value even where there is
// none, and slows to a standstill if it has to spill it: the 193 columns of
// admitted care would want half a gigabyte at its own 122,880 rows. A divisor
// of rowsPerPart and a multiple of DuckDB's 2,048.
func rowGroup(columns int) int {
	const values = 6_000_000
	rows := 122_880
	for rows > 15_360 && rows*columns > values {
		rows /= 2
	}
	return rows
}

// parts writes the accepted records, in the order of the file, as parts of
// each area.
func (v *validation) parts(ctx context.Context, work string, accepted int64) ([]written, error) {
	// One thread: with more, the bytes would depend on how many. One thread
	// also keeps the order of the file by itself, and asking DuckDB to keep it
	// makes COPY (1.5.6) wait for ever where memory is short.
	db, err := duck.Open(ctx, duck.Options{Dir: filepath.Join(work, "spill-parts"), AllowedDirs: []string{work}, AllowedPaths: []string{v.l.File}, Memory: v.l.Memory, Threads: 1, Unordered: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if v.l.PersonID != nil {
		if err := registerPersonID(conn, v.l.PersonID); err != nil {
			return nil, err
		}
	}
	for column := range v.again {
		if err := v.findAgain(ctx, conn, column); err != nil {
			return nil, err
		}
	}
	var all []written
	for _, part := range v.selections() {
		parts, err := copyParts(ctx, conn, part, work)
		if err != nil {
			return nil, fmt.Errorf("writing %s parts: %w", part.area, err)
		}
		var rows int64
		for _, p := range parts {
			rows += p.rows
		}
		if rows != accepted && !part.distinct {
			return nil, fmt.Errorf("writing %s parts: %w: %d records accepted, %d written", part.area, errCounts, accepted, rows)
		}
		all = append(all, parts...)
	}
	return all, nil
}

// selection is what one kind of part holds.
type selection struct {
	area     string
	columns  int
	query    string
	distinct bool // has fewer rows than were accepted
}

func (v *validation) selections() []selection {
	d := v.l.Definition
	from := " FROM " + v.prepared(false) + " WHERE NOT " + v.any(rejects)
	switch d.Kind {
	case definition.OptOuts:
		return []selection{{area: lake.Identity, distinct: true, columns: 1, query: "SELECT DISTINCT " + rule.Digits(valueOf("NHS_NUMBER")) + " AS nhs_number" + from + " ORDER BY nhs_number"}}
	case definition.Demographics:
		return []selection{{area: lake.Identity, columns: len(d.FeedFields()), query: "SELECT " + identifiers(d.FeedFields()) + from}}
	default:
		person := v.personSQL()
		keys := make([]definition.Field, 0, len(d.RecordKeys))
		for _, k := range d.RecordKeys {
			f, _ := d.Field(k)
			keys = append(keys, f)
		}
		return []selection{
			{area: lake.Activity, columns: len(d.ActivityFields()) + 1, query: "SELECT " + identifiers(d.ActivityFields()) + ", " + person + " AS " + PersonColumn + from},
			{area: lake.Identity, columns: len(keys) + 2, query: "SELECT " + identifiers(keys) + ", trim(" + valueOf(d.PersonKey) + ", ' ') AS " + LocalIDColumn + ", " + person + " AS " + PersonColumn + from},
		}
	}
}

// personSQL is the internal person id of an activity record: that of its local
// id in the feed, or of the record itself where it names nobody. Which local
// ids are one person is the person index's business, so that a correction of
// demographics changes no activity part.
func (v *validation) personSQL() string {
	d := v.l.Definition
	local := "trim(" + valueOf(d.PersonKey) + ", ' ')"
	record := make([]string, len(d.RecordKeys))
	for i, k := range d.RecordKeys {
		record[i] = valueOf(k)
	}
	return fmt.Sprintf("CASE WHEN %[1]s IS NOT NULL THEN %[2]s(%[3]s, %[1]s) ELSE %[2]s(%[4]s, concat_ws('/', %[5]s)) END",
		local, personFunction, duck.Literal(pseudonym.Local(d.Code)), duck.Literal(pseudonym.Record(strings.Join(d.RecordKeys, "/"))), strings.Join(record, ", "))
}

func identifiers(fields []definition.Field) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = duck.Ident(f.Name)
	}
	return strings.Join(out, ", ")
}

// copyParts runs a query into as many Parquet files as its rows need.
func copyParts(ctx context.Context, conn *sql.Conn, s selection, work string) ([]written, error) {
	dir, err := os.MkdirTemp(work, "parts-")
	if err != nil {
		return nil, err
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d, ROW_GROUPS_PER_FILE %d, FILENAME_PATTERN 'part_{i}', OVERWRITE_OR_IGNORE)",
		s.query, duck.Literal(dir), rowGroup(s.columns), rowsPerPart/rowGroup(s.columns)))
	if err != nil {
		return nil, err
	}
	var parts []written
	for i := 0; ; i++ {
		path := filepath.Join(dir, fmt.Sprintf("part_%d.parquet", i))
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return nil, err
		}
		w := written{area: s.area, path: path}
		if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM read_parquet("+duck.Literal(path)+")").Scan(&w.rows); err != nil {
			return nil, err
		}
		parts = append(parts, w)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != len(parts) || len(parts) == 0 {
		return nil, fmt.Errorf("%d files where %d parts are known: %w", len(entries), len(parts), errors.Join(err, errCounts))
	}
	return parts, nil
}
