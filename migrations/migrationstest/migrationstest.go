// Package migrationstest gives each test a database of its own on a real
// PostgreSQL, at this program's version: a copy of a template that is migrated
// once. A PostgreSQL that cannot be had fails the test.
//
// The server is the one that REGISTRAR_TEST_PG names (a connection string of a
// superuser; `make test` starts one for all packages through tools/withpg), or
// one of this process, started when the first test asks and ended with it.
// Its time zone is Asia/Kolkata, half an hour off the full hours, so that a
// mistake about zones shows.
package migrationstest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/localpg"
)

// TimeZone is that of every test's session.
const TimeZone = "Asia/Kolkata"

// ServerVariable names the environment variable with a running server.
const ServerVariable = "REGISTRAR_TEST_PG"

// ServerConfig is how a server for tests runs.
func ServerConfig() localpg.Config {
	return localpg.Config{Mode: localpg.Fast, TimeZone: TimeZone, MaxConnections: 500}
}

// DB is one test's database. The connections are its owner's; As gives those of
// another role.
type DB struct {
	Pool *pgxpool.Pool
	DB   *sql.DB // over Pool
	DSN  string
}

// poolSize leaves room for tests that race a handful of writers.
const poolSize = 10

// New makes a migrated database for the test and drops it afterwards.
func New(t testing.TB) *DB {
	t.Helper()
	return create(t, "TEMPLATE "+quote(template(t)))
}

// Empty makes a database without a table, for tests of the migrations
// themselves.
func Empty(t testing.TB) *DB {
	t.Helper()
	return create(t, "TEMPLATE template0")
}

func create(t testing.TB, options string) *DB {
	t.Helper()
	var random [8]byte
	rand.Read(random[:])
	name := "registrar_test_" + hex.EncodeToString(random[:])
	admin := admin(t)
	if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+quote(name)+" "+options); err != nil {
		t.Fatalf("making a test database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	d := &DB{DSN: dsnOf(t, admin, name)}
	d.Pool = open(t, d.DSN, "")
	d.DB = stdlib.OpenDBFromPool(d.Pool)
	t.Cleanup(func() { d.DB.Close() })
	return d
}

// As opens the test's database with the rights of a role, such as
// migrations.Serve.
func (d *DB) As(t testing.TB, role string) *DB {
	t.Helper()
	pool := open(t, d.DSN, role)
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { db.Close() })
	return &DB{Pool: pool, DB: db, DSN: d.DSN}
}

func open(t testing.TB, dsn, role string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("reading the test database's address: %v", err)
	}
	config.MaxConns = poolSize
	config.ConnConfig.RuntimeParams["timezone"] = TimeZone
	if role != "" {
		config.ConnConfig.RuntimeParams["role"] = role
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatalf("opening the test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// server is what the tests of this process share.
var server struct {
	once  sync.Once
	admin *pgxpool.Pool
	err   error

	templateOnce sync.Once
	template     string
	templateErr  error
}

func admin(t testing.TB) *pgxpool.Pool {
	t.Helper()
	server.once.Do(func() {
		dsn := os.Getenv(ServerVariable)
		if dsn == "" {
			// It ends with this process; the next one sweeps up its files.
			s, err := localpg.Start(context.Background(), ServerConfig())
			if err != nil {
				server.err = err
				return
			}
			dsn = s.DSN("postgres", localpg.Superuser)
		}
		server.admin, server.err = pgxpool.New(context.Background(), dsn)
	})
	if server.err != nil {
		t.Fatalf("PostgreSQL for tests: %v", server.err)
	}
	return server.admin
}

// template is the migrated database that tests copy. Processes that share a
// server make it once between them.
func template(t testing.TB) string {
	t.Helper()
	pool := admin(t)
	server.templateOnce.Do(func() {
		server.template = "registrar_template_" + migrations.Digest()[:16]
		server.templateErr = makeTemplate(context.Background(), pool, server.template, dsnOf(t, pool, server.template))
	})
	if server.templateErr != nil {
		t.Fatalf("making the template of test databases: %v", server.templateErr)
	}
	return server.template
}

func makeTemplate(ctx context.Context, pool *pgxpool.Pool, name, dsn string) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// The lock is the server's: all processes ask in the database of admin.
	const key = 0x74656d706c617465
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(key)); err != nil {
		return err
	}
	defer conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(key))
	var ready bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)`, name).Scan(&ready); err != nil || ready {
		return err
	}
	// One that is there and no template was left half made.
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE template0"); err != nil {
		return err
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	if err := migrations.Apply(ctx, db); err != nil {
		db.Close()
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+quote(name)+" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
	return err
}

// dsnOf is the address of another database of the same server.
func dsnOf(t testing.TB, pool *pgxpool.Pool, database string) string {
	t.Helper()
	c := pool.Config().ConnConfig
	return fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s sslmode=disable",
		value(c.Host), c.Port, value(c.User), value(c.Password), value(database))
}

// value quotes a word of a connection string.
func value(word string) string {
	quoted := []byte{'\''}
	for i := range len(word) {
		if word[i] == '\'' || word[i] == '\\' {
			quoted = append(quoted, '\\')
		}
		quoted = append(quoted, word[i])
	}
	return string(append(quoted, '\''))
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
