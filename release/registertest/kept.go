package registertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
)

// ServerVariable names the environment variable with a server on which made
// registers are kept: the address of a superuser, as a URL. tools/benchpg runs
// one. Without it a register is made anew on the server of the tests.
const ServerVariable = "REGISTRAR_BENCH_PG"

// form changes when Make makes another register of the same size.
const form = "1"

// Database gives a database with a register of the size. A kept one is shared
// by all benchmarks that ask for the size: they read it and write nothing.
func Database(t testing.TB, size Size) *migrationstest.DB {
	t.Helper()
	server := os.Getenv(ServerVariable)
	if server == "" {
		db := migrationstest.New(t)
		if err := Make(t.Context(), db.Pool, size); err != nil {
			t.Fatal(err)
		}
		return db
	}
	dsn, err := keep(t.Context(), server, size)
	if err != nil {
		t.Fatalf("the kept register: %v", err)
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.RuntimeParams["timezone"] = migrationstest.TimeZone
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db := &migrationstest.DB{Pool: pool, DB: stdlib.OpenDBFromPool(pool), DSN: dsn}
	t.Cleanup(func() { db.DB.Close() })
	return db
}

// keep makes the register on the server unless it is there, and gives the
// address of its database.
func keep(ctx context.Context, server string, size Size) (string, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %+v %s", form, size, migrations.Digest()))
	name := "registrar_large_" + hex.EncodeToString(sum[:8])
	address, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	address.Path = "/" + name
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer admin.Close(context.WithoutCancel(ctx))
	// Others who want it wait until it is made.
	if _, err := admin.Exec(ctx, `SELECT pg_advisory_lock(hashtext($1))`, name); err != nil {
		return "", err
	}
	var there bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		return "", err
	}
	if there {
		if made, err := open(ctx, address.String(), func(pool *pgxpool.Pool) (bool, error) { return Is(ctx, pool, size) }); err != nil || made {
			return address.String(), err
		}
		if _, err := admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return "", err
		}
	}
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0"); err != nil {
		return "", err
	}
	_, err = open(ctx, address.String(), func(pool *pgxpool.Pool) (bool, error) {
		db := stdlib.OpenDBFromPool(pool)
		defer db.Close()
		if err := migrations.Apply(ctx, db); err != nil {
			return false, err
		}
		return true, Make(ctx, pool, size)
	})
	return address.String(), err
}

func open(ctx context.Context, dsn string, use func(*pgxpool.Pool) (bool, error)) (bool, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return false, err
	}
	defer pool.Close()
	return use(pool)
}
