package migrations_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/drift"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/fault"
)

func TestApplyFromSeveralProcessesAtOnce(t *testing.T) {
	d := migrationstest.Empty(t)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			own, err := sql.Open("pgx", d.DSN)
			if err != nil {
				t.Error(err)
				return
			}
			defer own.Close()
			if err := migrations.Apply(t.Context(), own); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	list, err := migrations.Status(t.Context(), d.DB)
	if err != nil || len(list) < 6 {
		t.Fatalf("status: %v, %v", list, err)
	}
	for i, m := range list {
		if m.Applied.IsZero() || m.Version != int64(i+1) {
			t.Errorf("migration %d is %+v", i+1, m)
		}
	}
	var times int
	if err := d.DB.QueryRow(`SELECT count(*) FROM goose_db_version WHERE version_id > 0`).Scan(&times); err != nil || times != len(list) {
		t.Errorf("%d files applied %d times: %v", len(list), times, err)
	}
}

func TestCheckSaysWhatToRun(t *testing.T) {
	d := migrationstest.Empty(t)
	if err := migrations.Check(t.Context(), d.DB); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "registrar migrate") {
		t.Errorf("empty database: %v", err)
	}
	if err := migrations.Apply(t.Context(), d.DB); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"", migrations.Serve, migrations.Linking, migrations.Extracting} {
		if err := migrations.Check(t.Context(), d.As(t, role).DB); err != nil {
			t.Errorf("migrated database, as %q: %v", role, err)
		}
	}
	if _, err := d.DB.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context, *sql.DB) error{"Check": migrations.Check, "Apply": migrations.Apply} {
		if err := ask(t.Context(), d.DB); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "newer") {
			t.Errorf("%s of a database of a newer program: %v", name, err)
		}
	}
}

// The words of ent's enumerations are those that the database checks.
func TestEnumerationsAgree(t *testing.T) {
	missing, err := drift.Words(t.Context(), migrationstest.New(t).DB)
	if err != nil {
		t.Fatal(err)
	}
	if missing != "" {
		t.Errorf("run `go run ./tools/migration NAME`; the migrations lack:\n%s", missing)
	}
}

// The schema of ent and the migrations agree: there is no next migration.
func TestEntAndMigrationsAgree(t *testing.T) {
	missing, err := drift.Missing(t.Context(), migrationstest.Empty(t).DSN, migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	if missing != "" {
		t.Errorf("run `go run ./tools/migration NAME`; the migrations lack:\n%s", missing)
	}
}

// One log-in has the rights of its group and cannot take another's.
func TestLogin(t *testing.T) {
	d := migrationstest.New(t)
	name := "login_of_a_test"
	t.Cleanup(func() { d.DB.Exec(`DROP ROLE IF EXISTS login_of_a_test`) })
	for range 2 {
		if err := migrations.Login(t.Context(), d.DB, name, migrations.Linking); err != nil {
			t.Fatal(err)
		}
	}
	if err := migrations.Login(t.Context(), d.DB, "other", "postgres"); err == nil {
		t.Error("a log-in of any group was made")
	}
	var linking, serve, super bool
	err := d.DB.QueryRow(`SELECT pg_has_role($1, 'registrar_linking', 'usage'), pg_has_role($1, 'registrar_serve', 'member'), rolsuper
		FROM pg_roles WHERE rolname = $1 AND rolcanlogin`, name).Scan(&linking, &serve, &super)
	if err != nil || !linking || serve || super {
		t.Errorf("linking %v, serve %v, superuser %v: %v", linking, serve, super, err)
	}
}

func TestNames(t *testing.T) {
	next, err := migrations.Next(migrations.Files)
	if err != nil || next < 7 {
		t.Errorf("next is %d: %v", next, err)
	}
	if len(migrations.Digest()) != 64 {
		t.Error("digest")
	}
}
