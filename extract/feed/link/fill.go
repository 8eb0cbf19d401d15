package link

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"
)

// fill appends n rows to a table.
func fill(ctx context.Context, db *sql.DB, table string, n int, row func(i int) []any) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(raw any) error {
		appender, err := duckdb.NewAppenderFromConn(raw.(driver.Conn), "", table)
		if err != nil {
			return fmt.Errorf("filling %s: %w", table, err)
		}
		for i := range n {
			values := row(i)
			cells := make([]driver.Value, len(values))
			for j, v := range values {
				cells[j] = v
			}
			if err := appender.AppendRow(cells...); err != nil {
				return errors.Join(fmt.Errorf("filling %s: %w", table, err), appender.Close())
			}
		}
		return appender.Close()
	})
}
