package feed

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/age"
)

type writtenRejects struct {
	path     string
	failures int64
	left     int64
}

// rejects writes the failing values, encrypted as they come: they are never on
// disk in the clear. It returns nil if nothing failed.
func (v *validation) rejects(ctx context.Context, work string, report Report) (*writtenRejects, error) {
	if len(report.Failures) == 0 {
		return nil, nil
	}
	w := &writtenRejects{path: filepath.Join(work, "rejects.csv.age")}
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	sealed, err := age.Encrypt(f, v.l.Rejects...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("encrypting the rejects: %w", err), f.Close())
	}
	err = v.failing(ctx, sealed, w)
	if err = errors.Join(err, sealed.Close(), f.Close()); err != nil {
		return nil, fmt.Errorf("writing the rejects: %w", err)
	}
	return w, nil
}

// failing reads the failing records in the order of the file and writes a line
// for each rule that each failed.
func (v *validation) failing(ctx context.Context, to io.Writer, w *writtenRejects) error {
	var failed []test
	columns := []string{`"record number"`}
	for _, t := range v.tests {
		if t.failed > 0 {
			columns = append(columns, v.fails(t), valueOf(t.column.Name))
			failed = append(failed, t)
			w.left += t.failed
		}
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + v.prepared(true) + " WHERE " + v.any(func(t test) bool { return t.failed > 0 })
	rows, err := v.conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	out := csv.NewWriter(to)
	out.UseCRLF = true
	if err := out.Write([]string{"line", "record", "column", "value", "rule", "severity", "message"}); err != nil {
		return err
	}
	var record int64
	fails := make([]bool, len(failed))
	values := make([]sql.NullString, len(failed))
	into := []any{&record}
	for i := range failed {
		into = append(into, &fails[i], &values[i])
	}
	kept := make([]int64, len(failed))
	for full := 0; full < len(failed) && rows.Next(); {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, t := range failed {
			if !fails[i] || kept[i] == RejectsPerRule {
				continue
			}
			if kept[i]++; kept[i] == min(RejectsPerRule, t.failed) {
				full++
			}
			w.failures++
			if err := out.Write([]string{strconv.FormatInt(v.file.Line(record), 10), strconv.FormatInt(record, 10), t.column.Name, values[i].String, t.rule.ID, string(t.rule.Severity), t.rule.Message}); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	w.left -= w.failures
	out.Flush()
	return out.Error()
}
