package migrations_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
)

// The queue's tables are those that River's own migrations make.
func TestJobQueueIsRivers(t *testing.T) {
	theirs := migrationstest.Empty(t)
	migrator, err := rivermigrate.New(riverpgxv5.New(theirs.Pool), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	ours := migrationstest.New(t)
	if got, want := queueCatalogue(t, ours.DB), queueCatalogue(t, theirs.DB); !slices.Equal(got, want) {
		t.Errorf("00002_job_queue.sql makes\n%s\nand River makes\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	checked, err := rivermigrate.New(riverpgxv5.New(ours.Pool), nil)
	if err != nil {
		t.Fatal(err)
	}
	if result, err := checked.Validate(t.Context(), nil); err != nil || !result.OK {
		t.Errorf("River says: %+v, %v", result, err)
	}
}

// queueCatalogue describes columns, constraints, indexes, functions and types of
// River's.
func queueCatalogue(t *testing.T, db *sql.DB) []string {
	t.Helper()
	found := column(t, db, `
		SELECT format('column %s.%s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
		FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE relname LIKE 'river\_%' AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
		UNION ALL
		SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
		WHERE conrelid::regclass::text LIKE 'river\_%'
		UNION ALL
		SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'river\_%'
		UNION ALL
		SELECT format('table %s %s', relname, relpersistence) FROM pg_class WHERE relname LIKE 'river\_%' AND relkind = 'r'
		UNION ALL
		SELECT format('function %s %s', proname, regexp_replace(prosrc, '\s+', ' ', 'g')) FROM pg_proc WHERE proname LIKE 'river\_%'
		UNION ALL
		SELECT format('type %s %s', typname, string_agg(enumlabel, ' ' ORDER BY enumsortorder))
		FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid WHERE typname LIKE 'river\_%' GROUP BY typname
		ORDER BY 1`)
	if len(found) < 40 {
		t.Fatalf("only %d things of River's", len(found))
	}
	return found
}

type nothing struct{}

func (nothing) Kind() string { return "nothing" }

// serve may put a job in, and put it in again where one is waiting.
func TestServeMayQueueAJob(t *testing.T) {
	as := migrationstest.New(t).As(t, migrations.Serve)
	client, err := river.NewClient(riverdatabasesql.New(as.DB), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := client.Insert(t.Context(), nothing{}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByQueue: true}}); err != nil {
			t.Fatal(err)
		}
	}
}
