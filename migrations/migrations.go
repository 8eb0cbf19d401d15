// Package migrations makes the database: numbered SQL files, each named for its
// change, only ever forward. Tables of records come from ent/schema (go run
// ./tools/migration NAME writes the next file); triggers, roles and grants are
// by hand. A test proves that both agree.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"data.release/registrar/release/fault"
)

// Files are the migrations, in goose's form.
//
//go:embed *.sql
var Files embed.FS

// The groups of log-ins, by what each may see (00001_roles_and_rules.sql).
const (
	Serve      = "registrar_serve"      // web and API: no lake, no keys
	Linking    = "registrar_linking"    // worker of the identity area
	Extracting = "registrar_extracting" // worker of the activity area
)

// Migration is one file and when this database got it.
type Migration struct {
	Version int64
	Name    string    // file name
	Applied time.Time // zero: not yet
}

// Apply brings the database to this program's version, each file in its own
// transaction. Callers at the same time wait for each other; db needs room for
// two connections. The role must own the database and, the first time in a
// cluster, may CREATE ROLE.
func Apply(ctx context.Context, db *sql.DB) error {
	return applyFrom(ctx, db, Files)
}

func applyFrom(ctx context.Context, db *sql.DB, files fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(advisoryLock{}))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return newerThan(ctx, db, provider)
}

// Status lists the migrations of this program, oldest first.
func Status(ctx context.Context, db *sql.DB) ([]Migration, error) {
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	states, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the database's migrations: %w", err)
	}
	list := make([]Migration, len(states))
	for i, state := range states {
		list[i] = Migration{Version: state.Source.Version, Name: state.Source.Path, Applied: state.AppliedAt}
	}
	return list, nil
}

// Check is nil when the database is at this program's version, and otherwise a
// fault.Unavailable that says what to run. It needs only SELECT.
func Check(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	sources := provider.ListSources()
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&there); err != nil {
		return fmt.Errorf("looking for the database's version: %w", err)
	}
	var version int64
	if there {
		if version, err = databaseVersion(ctx, db); err != nil {
			return err
		}
	}
	if last := sources[len(sources)-1].Version; version < last {
		return fault.New(fault.Unavailable, "the database is at migration %d and this program needs %d: run `registrar migrate`", version, last)
	}
	return newerThan(ctx, db, provider)
}

// newerThan refuses a database that a later program has migrated.
func newerThan(ctx context.Context, db *sql.DB, provider *goose.Provider) error {
	sources := provider.ListSources()
	last := sources[len(sources)-1].Version
	version, err := databaseVersion(ctx, db)
	if err != nil {
		return err
	}
	if version > last {
		return fault.New(fault.Unavailable, "the database is at migration %d, newer than this program's %d: run the newer program", version, last)
	}
	return nil
}

func databaseVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var version int64
	err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("reading the database's version: %w", err)
	}
	return version, nil
}

// Login makes the role name, which may log in and has the rights of group
// (Serve, Linking or Extracting) and no others. It is for databases whose
// connections need no password, as in the demo; elsewhere the administrator
// makes log-ins. A role that is there already stays as it is.
func Login(ctx context.Context, db *sql.DB, name, group string) error {
	if group != Serve && group != Linking && group != Extracting {
		return fmt.Errorf("making the log-in %s: no group %s", name, group)
	}
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, name).Scan(&there); err != nil {
		return fmt.Errorf("looking for the log-in %s: %w", name, err)
	}
	if there {
		return nil
	}
	statement := fmt.Sprintf(`CREATE ROLE %s LOGIN IN ROLE %s`, pgx.Identifier{name}.Sanitize(), group)
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("making the log-in %s: %w", name, err)
	}
	return nil
}

// Digest names this set of files: hex SHA-256 over their names and contents.
func Digest() string {
	names, err := fs.Glob(Files, "*.sql")
	if err != nil {
		panic(err) // the pattern is constant
	}
	sum := sha256.New()
	for _, name := range names {
		content, err := Files.ReadFile(name)
		if err != nil {
			panic(err) // the files are embedded
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Next is the version that the next file in a directory of migrations gets.
func Next(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var last int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("the name of %s: %w", name, err)
		}
		last = max(last, version)
	}
	return last + 1, nil
}

// advisoryLock makes callers of Apply wait for each other, in goose's session.
type advisoryLock struct{}

// lockKey is "registra" in ASCII: any number that nothing else in the database
// locks.
const lockKey = 0x7265676973747261

func (advisoryLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(lockKey))
	return err
}

func (advisoryLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, int64(lockKey))
	return err
}
