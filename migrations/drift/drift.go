// Package drift compares ent/schema with the migrations, for the tool that
// writes the next one and the test that there is none to write.
package drift

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsqlschema "entgo.io/ent/dialect/entsql"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver behind pgx addresses

	entmigrate "data.release/registrar/ent/migrate"
)

// Missing replays the migrations in the database at dsn, which must be empty,
// and returns the SQL that would bring it to ent/schema; empty if nothing is
// missing. What ent/schema lacks (triggers, grants, tables and columns by hand)
// is left alone.
func Missing(ctx context.Context, dsn string, files fs.FS) (_ string, err error) {
	work, err := os.MkdirTemp("", "registrar-migrations-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	dir, err := sqltool.NewGooseDir(work)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		if err := dir.WriteFile(name, content); err != nil {
			return "", err
		}
	}
	sum, err := dir.Checksum()
	if err != nil {
		return "", err
	}
	if err := migrate.WriteSumFile(dir, sum); err != nil {
		return "", err
	}
	const result = "missing.txt"
	formatter, err := format(result)
	if err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	atlas, err := schema.NewMigrate(entsql.OpenDB(dialect.Postgres, db),
		schema.WithDir(dir), schema.WithFormatter(formatter), schema.WithDialect(dialect.Postgres),
		schema.WithMigrationMode(schema.ModeReplay), schema.WithErrNoPlan(true), schema.WithIndent("    "))
	if err != nil {
		return "", err
	}
	err = atlas.NamedDiff(ctx, "missing", tables()...)
	if errors.Is(err, migrate.ErrNoPlan) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("comparing ent/schema with the migrations: %w", err)
	}
	missing, err := fs.ReadFile(dir, result)
	return readable(string(missing)), err
}

// PostgreSQL spells "x in ('a', 'b')" at length when asked what a CHECK says.
var (
	spelledIn   = regexp.MustCompile(`\((\w+)\)::text = ANY \(\(ARRAY\[(.*?)\]\)::text\[\]\)`)
	spelledText = regexp.MustCompile(`('(?:[^']|'')*')::character varying`)
)

func readable(sql string) string {
	return spelledText.ReplaceAllString(spelledIn.ReplaceAllString(sql, "$1 IN ($2)"), "$1")
}

// format writes the statements, each under its comment. There is no way down:
// migrations only go forward.
func format(name string) (migrate.Formatter, error) {
	file, err := template.New("name").Parse(name)
	if err != nil {
		return nil, err
	}
	content, err := template.New("content").Parse("{{ range .Changes }}{{ with .Comment }}-- {{ . }}\n{{ end }}{{ .Cmd }};\n{{ end }}")
	if err != nil {
		return nil, err
	}
	return migrate.NewTemplateFormatter(file, content)
}

// tables are those of ent/schema with one CHECK more for each column of an
// enumeration: ent keeps such a column as plain text.
func tables() []*schema.Table {
	list := make([]*schema.Table, len(entmigrate.Tables))
	for i, original := range entmigrate.Tables {
		table := *original
		annotation := entsqlschema.Annotation{}
		if original.Annotation != nil {
			annotation = *original.Annotation
		}
		checks := maps.Clone(annotation.Checks)
		for _, column := range table.Columns {
			if len(column.Enums) == 0 {
				continue
			}
			if checks == nil {
				checks = map[string]string{}
			}
			checks[table.Name+"_"+column.Name] = fmt.Sprintf("%q in ('%s')", column.Name, strings.Join(column.Enums, "', '"))
		}
		annotation.Checks = checks
		table.Annotation = &annotation
		list[i] = &table
	}
	// A foreign key names its table: the copy, not the original.
	for _, table := range list {
		keys := make([]*schema.ForeignKey, len(table.ForeignKeys))
		for i, original := range table.ForeignKeys {
			key := *original
			at := slices.Index(entmigrate.Tables, original.RefTable)
			key.RefTable = list[at]
			keys[i] = &key
		}
		table.ForeignKeys = keys
	}
	return list
}
