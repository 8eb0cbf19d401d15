package drift

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var quoted = regexp.MustCompile(`'((?:[^']|'')*)'`)

// Words returns the SQL that gives each column of an enumeration the CHECK over
// its words in ent/schema, where the one in the migrated database has others;
// empty if none has. Missing does not see these: it compares CHECKs by name.
func Words(ctx context.Context, db *sql.DB) (string, error) {
	rows, err := db.QueryContext(ctx, `select conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'c'`)
	if err != nil {
		return "", fmt.Errorf("reading constraints: %w", err)
	}
	defer rows.Close()
	have := map[string]string{}
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return "", fmt.Errorf("reading constraints: %w", err)
		}
		have[name] = definition
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("reading constraints: %w", err)
	}
	var missing strings.Builder
	for _, table := range tables() {
		for _, column := range table.Columns {
			if len(column.Enums) == 0 {
				continue
			}
			name := table.Name + "_" + column.Name
			var words []string
			for _, match := range quoted.FindAllStringSubmatch(have[table.Name+"."+name], -1) {
				words = append(words, match[1])
			}
			want := slices.Clone(column.Enums)
			slices.Sort(want)
			slices.Sort(words)
			if !slices.Equal(want, words) {
				fmt.Fprintf(&missing, "ALTER TABLE %q DROP CONSTRAINT %q, ADD CONSTRAINT %q CHECK (%s IN ('%s'));\n",
					table.Name, name, name, column.Name, strings.Join(column.Enums, "', '"))
			}
		}
	}
	return missing.String(), nil
}
