package migrations_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
)

var update = flag.Bool("update", false, "write testdata/grants.txt anew")

// infrastructure are the tables that hold no record.
var infrastructure = []string{
	"goose_db_version", "river_job", "river_leader", "river_migration", "river_notification", "river_queue", "sessions",
	"text_words",        // follows from entry_texts
	"withheld_contents", // words that wait for a decision, and that no history may keep
}

// tablesWith are the tables of which a trigger named table‖suffix is always on.
func tablesWith(t *testing.T, db *sql.DB, suffix string) []string {
	t.Helper()
	return column(t, db, `SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
		WHERE tgname = relname || $1 AND tgenabled = 'A' ORDER BY 1`, suffix)
}

func column(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestEveryTableHasARule(t *testing.T) {
	db := migrationstest.New(t).DB
	appendOnly, mutable := tablesWith(t, db, "_append_only"), tablesWith(t, db, "_history")
	for _, table := range column(t, db, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`) {
		ruled := 0
		for _, list := range [][]string{appendOnly, mutable, infrastructure} {
			if slices.Contains(list, table) {
				ruled++
			}
		}
		if ruled != 1 {
			t.Errorf("table %s stands in %d of: append_only, keep_history, infrastructure", table, ruled)
		}
	}
	for _, table := range []string{
		"decisions", "downloads", "editions", "entries", "entry_texts", "events", "history",
		"ledger_checkpoint", "ledger_hash", "ledger_leaf", "signatures", "source_rows",
	} {
		if !slices.Contains(appendOnly, table) {
			t.Errorf("%s is not append-only", table)
		}
	}
	if got, want := tablesWith(t, db, "_no_truncate"), mutable; !slices.Equal(got, want) {
		t.Errorf("no truncation of %v, want %v", got, want)
	}
}

// attempts are statements that no table of records allows, tried without a row
// in it: the rule is the table's, not the row's.
func attempts(table, column string) []string {
	return []string{
		fmt.Sprintf(`UPDATE %s SET %s = %s`, table, column, column),
		"DELETE FROM " + table,
		"TRUNCATE " + table + " CASCADE",
	}
}

func TestAppendOnlyTablesRefuseChangeByAnyone(t *testing.T) {
	d := migrationstest.New(t)
	tables := tablesWith(t, d.DB, "_append_only")
	for _, role := range []string{"", migrations.Serve, migrations.Linking, migrations.Extracting} {
		as := d.As(t, role)
		for _, table := range tables {
			first := column(t, d.DB, `SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0
				AND attidentity <> 'a' ORDER BY attnum LIMIT 1`, table)[0]
			for _, statement := range attempts(table, first) {
				if slices.Contains([]string{"entry_texts", "source_cells"}, table) && strings.HasPrefix(statement, "DELETE") {
					continue // by a tombstone alone: TestATextGoesByATombstoneAlone
				}
				_, err := as.DB.Exec(statement)
				var refused *pgconn.PgError
				switch {
				case !errors.As(err, &refused):
					t.Errorf("as %q: %s: %v", role, statement, err)
				// Without CASCADE's reach the owner meets the rule itself, by its
				// name; the others have not even the right.
				case role == "" && !(refused.Code == "23001" && strings.HasSuffix(refused.ConstraintName, "_append_only")):
					t.Errorf("as the owner: %s: %s %s %s", statement, refused.Code, refused.ConstraintName, refused.Message)
				case role != "" && refused.Code != "42501":
					t.Errorf("as %s: %s: %s %s", role, statement, refused.Code, refused.Message)
				}
			}
		}
	}
	// A replica's session skips ordinary triggers, not these.
	conn, err := d.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), `DELETE FROM events`); err == nil {
		t.Error("a replica's session may delete events")
	}
}

func TestNobodyButTheOwnerMayChangeTheRules(t *testing.T) {
	d := migrationstest.New(t)
	for _, role := range []string{migrations.Serve, migrations.Linking, migrations.Extracting} {
		as := d.As(t, role)
		for _, statement := range []string{
			`ALTER TABLE entries DISABLE TRIGGER ALL`, `DROP TRIGGER entries_append_only ON entries`, `DROP TABLE events`,
			`TRUNCATE agreements CASCADE`, `ALTER TABLE agreements DISABLE TRIGGER agreements_history`,
			`CREATE TABLE mine (x int)`, `SET session_replication_role = replica`, `SELECT append_only('agreements')`,
			`CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
			`INSERT INTO history (table_name, row_id, valid, row, ended_by, actor) VALUES ('x', 'x', '[2020-01-01,2021-01-01)', '{}', 'UPDATE', 'x')`,
			`DELETE FROM agreements`, `DELETE FROM extracts`, `UPDATE goose_db_version SET is_applied = false`,
		} {
			var refused *pgconn.PgError
			if _, err := as.DB.Exec(statement); !errors.As(err, &refused) || (refused.Code != "42501" && refused.Code != "42P16") {
				t.Errorf("as %s: %s: %v", role, statement, err)
			}
		}
	}
	if err := d.As(t, migrations.Serve).DB.QueryRow(`SELECT FROM river_leader`).Scan(); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("serve reads the workers' leader: %v", err)
	}
}

// TestNobodyShadowsTheTables: what stands in front of the tables of a session
// changes nothing of what the rules look at.
func TestNobodyShadowsTheTables(t *testing.T) {
	d := migrationstest.New(t)
	version := agreement(t, d.DB, "NIC-1-AAAAA")
	exec(t, d.DB, `INSERT INTO conditions (id, created_at, code, text, kind, agreement_version_conditions)
		VALUES (gen_random_uuid(), now(), 'other', 'x', 'continuing', $1)`, version)
	exec(t, d.DB, `UPDATE agreement_versions SET terms_sha256 = 'x' WHERE id = $1`, version)
	exec(t, d.DB, `INSERT INTO ledger_leaf (log, index, leaf) VALUES ('register', 0, 'x')`)
	// Also where the database lets sessions have tables of their own.
	exec(t, d.DB, `DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$`)
	conn, err := d.As(t, migrations.Serve).DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range []string{
		`CREATE TEMP TABLE asked (who text)`,
		`CREATE FUNCTION pg_temp.digest() RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO pg_temp.asked VALUES (current_user); RETURN ''; END $$`,
		`CREATE TEMP VIEW agreement_versions AS SELECT id, pg_temp.digest() AS terms_sha256 FROM public.agreement_versions`,
		`CREATE TEMP TABLE ledger_leaf (log text, index bigint, leaf bytea)`,
		`INSERT INTO pg_temp.ledger_leaf VALUES ('register', 98, 'x')`,
		`GRANT ALL ON agreement_versions, ledger_leaf, asked TO PUBLIC`,
	} {
		exec(t, conn, statement)
	}
	for _, statement := range []string{
		`UPDATE public.conditions SET text = 'y'`, `DELETE FROM public.conditions`,
		`INSERT INTO public.ledger_leaf (log, index, leaf) VALUES ('register', 99, 'x')`,
	} {
		var refused *pgconn.PgError
		if _, err := conn.ExecContext(t.Context(), statement); !errors.As(err, &refused) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	var asked int
	if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_temp.asked`).Scan(&asked); err != nil || asked > 0 {
		t.Errorf("a function of the session was asked %d times (%v)", asked, err)
	}
	for _, ours := range column(t, d.DB, `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		AND (prosecdef OR prorettype = 'trigger'::regtype)
		AND NOT coalesce('search_path=pg_catalog, public, pg_temp' = ANY (proconfig), false)`) {
		t.Errorf("%s looks tables up where the session has them", ours)
	}
	for _, open := range column(t, d.DB, `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		AND prosecdef AND has_function_privilege('registrar_serve', oid, 'EXECUTE')`) {
		t.Errorf("serve may call %s, which has its owner's rights", open)
	}
}

// TestGrants compares every right with testdata/grants.txt; run with -update to
// write it anew, and read the difference.
func TestGrants(t *testing.T) {
	db := migrationstest.New(t).DB
	lines := column(t, db, `
		WITH things AS (
			SELECT oid, relname AS thing, relacl AS acl, NULL AS attname FROM pg_class WHERE relnamespace = 'public'::regnamespace
			UNION ALL
			SELECT attrelid, relname, attacl, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
			WHERE relnamespace = 'public'::regnamespace AND attacl IS NOT NULL
			UNION ALL
			SELECT oid, proname, coalesce(proacl, acldefault('f', proowner)), NULL FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		), rights AS (
			SELECT coalesce(rolname, 'PUBLIC') AS who, thing, privilege_type || coalesce('(' || string_agg(attname, ' ' ORDER BY attname) || ')', '') AS what
			FROM things CROSS JOIN aclexplode(acl) LEFT JOIN pg_roles ON pg_roles.oid = grantee
			WHERE NOT coalesce(rolsuper, false) GROUP BY rolname, thing, privilege_type
		)
		SELECT format('%s %s: %s', who, thing, string_agg(what, ', ' ORDER BY what)) FROM rights GROUP BY who, thing ORDER BY 1`)
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/grants.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("rights differ from %s (go test ./migrations -run Grants -update, then read the difference):\n%s", golden, got)
	}
}

// agreement inserts an agreement with a version and returns the version's id.
func agreement(t *testing.T, db *sql.DB, stem string) (version string) {
	t.Helper()
	err := db.QueryRow(`
		WITH a AS (INSERT INTO agreements (id, created_at, stem) VALUES (gen_random_uuid(), now(), $1) RETURNING id)
		INSERT INTO agreement_versions (id, created_at, kind, state, objective, processing, outputs, benefits, yielded_benefits,
			controllership, agreement_versions)
		SELECT gen_random_uuid(), now(), 'new', 'draft', '', '', '', '', '', 'sole', id FROM a RETURNING id`, stem).Scan(&version)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func exec(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestATextGoesByATombstoneAlone(t *testing.T) {
	d := migrationstest.New(t)
	exec(t, d.DB, `INSERT INTO entries (id, kind, recorded_at, leaf) VALUES (1, 'agreement', now(), ''), (2, 'agreement', now(), '')`)
	exec(t, d.DB, `INSERT INTO entry_texts (field, text, salt, entry_texts) SELECT field, 'x', '', entry
		FROM unnest(ARRAY['title', 'objective']) AS field CROSS JOIN generate_series(1, 2) AS entry`)
	refused := func(statement string) {
		t.Helper()
		var refusal *pgconn.PgError
		if _, err := d.DB.Exec(statement); !errors.As(err, &refusal) || refusal.Code != "23001" {
			t.Errorf("%s: %v", statement, err)
		}
	}
	refused(`DELETE FROM entry_texts`)
	exec(t, d.DB, `INSERT INTO entries (id, kind, recorded_at, leaf, about, fields) VALUES (3, 'tombstone', now(), '', 1, '["title"]')`)
	refused(`DELETE FROM entry_texts WHERE entry_texts = 1 AND field = 'objective'`)
	refused(`DELETE FROM entry_texts WHERE entry_texts = 2`)
	refused(`UPDATE entry_texts SET text = 'y' WHERE entry_texts = 1 AND field = 'title'`)
	exec(t, d.DB, `DELETE FROM entry_texts WHERE entry_texts = 1 AND field = 'title'`)
	refused(`INSERT INTO entries (id, kind, recorded_at, leaf) VALUES (4, 'agreement', now() - interval '1 second', '')`)
	refused(`INSERT INTO entries (id, kind, recorded_at, leaf) VALUES (4, 'agreement', now(), ''), (5, 'agreement', now() - interval '1 second', '')`)
}

func TestHistoryKeepsEveryOldRow(t *testing.T) {
	d := migrationstest.New(t)
	db := d.As(t, migrations.Serve).DB
	version := agreement(t, db, "NIC-1-AAAAA")
	var begun time.Time
	if err := db.QueryRow(`SELECT valid_from FROM agreement_versions`).Scan(&begun); err != nil {
		t.Fatal(err)
	}
	// Two changes in one transaction by a named actor, then one by hand.
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `SELECT set_config('registrar.actor', 'person 7', true)`)
	exec(t, tx, `UPDATE agreement_versions SET title = 'first' WHERE id = $1`, version)
	exec(t, tx, `UPDATE agreement_versions SET title = 'second' WHERE id = $1`, version)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `UPDATE agreement_versions SET title = 'third', valid_from = 'epoch' WHERE id = $1`, version)
	exec(t, db, `UPDATE agreement_versions SET title = title`) // changes nothing, leaves nothing
	rows, err := db.Query(`SELECT row ->> 'title', lower(valid), upper(valid), actor, ended_by, row ? 'valid_from' FROM history
		WHERE table_name = 'agreement_versions' AND row_id = $1 ORDER BY id`, version)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var titles []string
	end := begun
	for rows.Next() {
		var title, actor, by string
		var from, to time.Time
		var inside bool
		if err := rows.Scan(&title, &from, &to, &actor, &by, &inside); err != nil {
			t.Fatal(err)
		}
		titles = append(titles, title+" until "+actor)
		if !from.Equal(end) || !to.After(from) || by != "UPDATE" || inside {
			t.Errorf("%q stood from %v to %v, the one before until %v", title, from, to, end)
		}
		end = to
	}
	want := []string{" until person 7", "first until person 7", "second until database:registrar_owner"}
	if !slices.Equal(titles, want) {
		t.Errorf("old rows %q, want %q", titles, want)
	}
	var title string
	var from time.Time
	if err := db.QueryRow(`SELECT title, valid_from FROM agreement_versions`).Scan(&title, &from); err != nil || title != "third" || !from.Equal(end) {
		t.Errorf("present row %q from %v, the one before stood until %v: %v", title, from, end, err)
	}
}

// A table without an id is kept by its key, and a row that the owner deletes
// is kept too.
func TestHistoryOfAJoinAndOfADeletion(t *testing.T) {
	db := migrationstest.New(t).DB
	version := agreement(t, db, "NIC-1-AAAAA")
	var site string
	if err := db.QueryRow(`INSERT INTO sites (id, created_at, code, name) VALUES (gen_random_uuid(), now(), 'north', 'North') RETURNING id`).Scan(&site); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `INSERT INTO agreement_version_sites (agreement_version_id, site_id) VALUES ($1, $2)`, version, site)
	exec(t, db, `DELETE FROM agreement_version_sites`)
	var key, by string
	err := db.QueryRow(`SELECT row_id, ended_by FROM history WHERE table_name = 'agreement_version_sites'`).Scan(&key, &by)
	if err != nil || key != version+","+site || by != "DELETE" {
		t.Errorf("key %q ended by %q: %v", key, by, err)
	}
}

// A transaction that began before another changed the row must not end a span
// before it began.
func TestHistoryOfRacingTransactions(t *testing.T) {
	db := migrationstest.New(t).DB
	version := agreement(t, db, "NIC-1-AAAAA")
	early, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, early, `SELECT 1`)
	exec(t, db, `UPDATE agreement_versions SET title = 'late begun, first done' WHERE id = $1`, version)
	exec(t, early, `UPDATE agreement_versions SET title = 'early begun, last done' WHERE id = $1`, version)
	if err := early.Commit(); err != nil {
		t.Fatal(err)
	}
	var spans, joined int
	err = db.QueryRow(`SELECT count(*), count(*) FILTER (WHERE upper(valid) = next) FROM (
			SELECT valid, lead(lower(valid), 1, (SELECT valid_from FROM agreement_versions)) OVER (ORDER BY id) AS next FROM history
		) AS spans`).Scan(&spans, &joined)
	if err != nil || spans != 2 || joined != 2 {
		t.Errorf("%d spans, %d of them joined to the next: %v", spans, joined, err)
	}
}

func TestApprovalFreezesTheTerms(t *testing.T) {
	db := migrationstest.New(t).As(t, migrations.Serve).DB
	version, other := agreement(t, db, "NIC-1-AAAAA"), agreement(t, db, "NIC-2-BBBBB")
	line := `INSERT INTO dataset_lines (id, created_at, number, dataset, dataset_name, type_of_data, sensitivity, power, route, opt_out,
		unchecked, frequency, channel, agreement_version_lines)
		VALUES (gen_random_uuid(), now(), $2, 'hes', 'HES', 'pseudonymised', 'non_sensitive', 'not_recorded', 'none', 'applied', 'drop', 'one_off', 'file', $1)`
	condition := `INSERT INTO conditions (id, created_at, text, kind, evidence, agreement_version_conditions) VALUES (gen_random_uuid(), now(), 'do', 'precedent', '', $1)`
	exec(t, db, line, version, 1)
	exec(t, db, line, other, 1)
	exec(t, db, condition, version)
	exec(t, db, `UPDATE agreement_versions SET state = 'approved', terms_sha256 = repeat('a', 64) WHERE id = $1`, version)
	exec(t, db, `UPDATE agreement_versions SET state = 'issued', issued_at = now() WHERE id = $1`, version)
	exec(t, db, `UPDATE conditions SET met_at = now(), evidence = 'seen'`)
	exec(t, db, line, other, 2)
	for _, c := range []struct{ statement, rule string }{
		{`UPDATE agreement_versions SET title = 'x' WHERE id = $1`, "agreement_versions_frozen"},
		{`UPDATE agreement_versions SET terms_sha256 = '' WHERE id = $1`, "agreement_versions_frozen"},
		{strings.ReplaceAll(line, "$2", "2"), "dataset_lines_frozen"},
		{`UPDATE dataset_lines SET fields = '["*"]' WHERE agreement_version_lines = $1`, "dataset_lines_frozen"},
		{`UPDATE dataset_lines SET agreement_version_lines = $1, number = 9 WHERE agreement_version_lines <> $1 AND number = 2`, "dataset_lines_frozen"},
		{`UPDATE conditions SET text = 'do not' WHERE agreement_version_conditions = $1`, "conditions_frozen"},
		{condition, "conditions_frozen"},
		{`INSERT INTO agreement_version_sites (agreement_version_id, site_id) VALUES ($1, gen_random_uuid())`, "agreement_version_sites_frozen"},
	} {
		var refused *pgconn.PgError
		if _, err := db.Exec(c.statement, version); !errors.As(err, &refused) || refused.Code != "23001" || refused.ConstraintName != c.rule {
			t.Errorf("%s: %v", c.statement, err)
		}
	}
}

func TestAnEnumerationsWordsAreChecked(t *testing.T) {
	db := migrationstest.New(t).DB
	agreement(t, db, "NIC-1-AAAAA")
	var refused *pgconn.PgError
	_, err := db.Exec(`UPDATE agreement_versions SET state = 'signd'`)
	if !errors.As(err, &refused) || refused.Code != "23514" || refused.ConstraintName != "agreement_versions_state" {
		t.Errorf("an unknown state: %v", err)
	}
}
