// Command migration writes the next migration: what ent/schema has and the
// files in migrations do not.
//
//	go generate ./ent && go run ./tools/migration name_of_the_change
//
// The name is the author's. Read the file before committing it, and give each
// new table its rule and its grants by hand (append_only or keep_history; see
// migrations/00001_roles_and_rules.sql): a test fails for a table without.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/drift"
	"data.release/registrar/migrations/localpg"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "migration:", err)
		os.Exit(1)
	}
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{2,60}$`)

func run(args []string) (err error) {
	if len(args) != 1 || !nameForm.MatchString(args[0]) {
		return errors.New("usage: go run ./tools/migration name_of_the_change (lower case, digits, underscores)")
	}
	server, err := localpg.Start(context.Background(), localpg.Config{Mode: localpg.Fast})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	missing, err := drift.Missing(context.Background(), server.DSN("postgres", localpg.Superuser), os.DirFS("migrations"))
	if err != nil {
		return err
	}
	words, err := missingWords(context.Background(), server)
	if err != nil {
		return err
	}
	if missing += words; missing == "" {
		fmt.Println("ent/schema and the migrations agree: nothing to write")
		return nil
	}
	next, err := migrations.Next(os.DirFS("migrations"))
	if err != nil {
		return err
	}
	file := filepath.Join("migrations", fmt.Sprintf("%05d_%s.sql", next, args[0]))
	if err := os.WriteFile(file, []byte("-- +goose Up\n\n"+missing), 0o644); err != nil {
		return err
	}
	fmt.Println("wrote", file)
	return nil
}

// missingWords asks a migrated database of the server.
func missingWords(ctx context.Context, server *localpg.Server) (_ string, err error) {
	const name = "migrated"
	first, err := sql.Open("pgx", server.DSN("postgres", localpg.Superuser))
	if err != nil {
		return "", err
	}
	_, err = first.ExecContext(ctx, "create database "+name)
	if err := errors.Join(err, first.Close()); err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", server.DSN(name, localpg.Superuser))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrations.Apply(ctx, db); err != nil {
		return "", err
	}
	return drift.Words(ctx, db)
}
