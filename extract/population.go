// Package extract runs an extract in its two stages, which two workers do that
// may not see each other's data. Population, at the linking worker, turns the
// identity area, the opt-out list and the root key into the person map of one
// plan. Run, at the extracting worker, turns that map and the activity area
// into encrypted files and counts; it never holds the root key.
package extract

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/engine/pipe"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/fault"
)

// PopulationJob is what the linking worker makes a person map from.
type PopulationJob struct {
	Plan plan.Plan
	// Index is the parts of the identity area that the plan's snapshot names:
	// the person index, and the dataset's own, by which it is known whose rows
	// the activity parts have.
	Index    []lake.Part
	OptOuts  string // key of the opt-out list's part; empty where the plan applies none
	Identity *lake.Store
	Root     *pseudonym.Root
	To       age.Recipient // the extracting worker
	File     string        // where the handover is written
	// Work is a private directory for what DuckDB spills, encrypted; Memory and
	// Threads bound it ("1GB", 2).
	Work    string
	Memory  string
	Threads int
}

// populationDirs are the directories of linkings under Work.
const populationDirs = "population-"

// SweepPopulations removes what killed linkings left in their work directory.
// Call it once, before the first.
func SweepPopulations(work string) error { return removeAll(filepath.Join(work, populationDirs+"*")) }

// Population makes the person map of a plan: for every person id of the
// dataset's rows the pseudonym in the plan's key domain (none on an
// identifiable plan), whether the person objects, whether that could be asked,
// and the values that the plan's columns need. It goes to the file under
// encryption to the extracting worker as it is made; nothing of it stands on
// disk in plain. An objector's pseudonym and values stay behind.
//
// Parts that are not those of the plan are fault.Conflict.
func Population(ctx context.Context, job PopulationJob) (h Handover, err error) {
	digest, err := job.check()
	if err != nil {
		return Handover{}, err
	}
	if err := os.MkdirAll(job.Work, 0o700); err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", err)
	}
	dir, err := os.MkdirTemp(job.Work, populationDirs)
	if err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", err)
	}
	return job.link(ctx, dir, digest)
}

// check makes sure that the parts are those that the plan names.
func (job PopulationJob) check() (digest string, err error) {
	if reasons := job.Plan.Check(); len(reasons) > 0 {
		return "", fault.New(fault.Invalid, "The plan breaks the rules of plans").With(reasons...)
	}
	if digest, err = job.Plan.Digest(); err != nil {
		return "", fmt.Errorf("making the person map: %w", err)
	}
	moved := fault.New(fault.Conflict, "The data have moved on since the plan was made. Ask for the extract again")
	if got := lake.Snapshot(job.Index); got != job.Plan.Snapshot.Index {
		moved.With(fault.Reason{Code: "snapshot.index", Message: "the person index is not the plan's"})
	}
	if !slices.ContainsFunc(job.Index, func(p lake.Part) bool { return p.Dataset == lake.PersonIndex }) {
		// Without it nobody would be known to object.
		moved.With(fault.Reason{Code: "snapshot.no_index", Message: "there is no person index"})
	}
	switch list := job.Plan.OptOuts; {
	case list == nil && job.OptOuts != "":
		// A list that is not asked for is not opened either.
		moved.With(fault.Reason{Code: "opt_outs.list", Message: "the plan applies no opt-outs, and a list is given"})
	case list != nil && !strings.Contains(job.OptOuts, list.List.SHA256):
		// The key of a part ends in its digest, which the store checks.
		moved.With(fault.Reason{Code: "opt_outs.list", Message: "the opt-out list is not the plan's"})
	}
	if len(moved.Reasons) > 0 {
		return "", moved
	}
	return digest, nil
}

func (job PopulationJob) link(ctx context.Context, dir, digest string) (h Handover, err error) {
	in := inputs{ctx: ctx, store: job.Identity}
	defer in.release()
	var index, dataset []string
	for _, p := range job.Index {
		if p.Dataset == lake.PersonIndex {
			index = append(index, p.Key)
		} else {
			dataset = append(dataset, p.Key)
		}
	}
	tables := map[string]string{"person_index": in.table(index...)}
	if len(dataset) > 0 {
		tables["identity"] = in.table(dataset...)
	} else {
		tables["identity"] = "(SELECT person_id, local_id FROM person_index WHERE feed = " + duck.Literal(job.Plan.Dataset) + ")"
	}
	if job.OptOuts != "" {
		tables["opt_outs"] = in.table(job.OptOuts)
	}
	if in.err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", in.err)
	}
	path := filepath.Join(dir, "pipe")
	db, err := duck.Open(ctx, duck.Options{Dir: filepath.Join(dir, "spill"), AllowedPaths: append(in.paths, path),
		Memory: job.Memory, Threads: job.Threads, Unordered: true})
	if err != nil {
		return Handover{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := job.prepare(ctx, conn, tables); err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", cancelledOr(ctx, err))
	}
	return job.write(ctx, conn, path, digest)
}

// prepare makes the tables that the map is selected from.
func (job PopulationJob) prepare(ctx context.Context, conn *sql.Conn, tables map[string]string) error {
	if err := engine.RegisterPseudonyms(conn, pseudonymFunction, job.Root.Persons(job.Plan.KeyDomain)); err != nil {
		return err
	}
	for _, name := range []string{"person_index", "identity", "opt_outs"} {
		if source, ok := tables[name]; ok {
			if _, err := conn.ExecContext(ctx, "CREATE TEMP VIEW "+name+" AS SELECT * FROM "+source); err != nil {
				return fmt.Errorf("the table %s: %w", name, err)
			}
		}
	}
	var ids, distinct int64
	if err := conn.QueryRowContext(ctx, "SELECT count(*), count(DISTINCT person_id) FROM person_index").Scan(&ids, &distinct); err != nil {
		return err
	}
	if ids != distinct {
		return fault.New(fault.Conflict, "The person index names %d ids more than once. Link the feeds again.", ids-distinct)
	}
	return nil
}

func (job PopulationJob) write(ctx context.Context, conn *sql.Conn, path, digest string) (h Handover, err error) {
	p, err := pipe.Open(path)
	if err != nil {
		return Handover{}, fmt.Errorf("making the person map: %w", err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	w, err := newHandoverWriter(job.File, job.To, newHeader(job.Plan, digest, job.Root.Records(job.Plan.KeyDomain)))
	if err != nil {
		return Handover{}, err
	}
	var persons int64
	err = p.Through(ctx, w, func(ctx context.Context) error {
		result, err := conn.ExecContext(ctx, "COPY (\n"+populationSQL(job.Plan)+"\n) TO "+duck.Literal(path)+" (FORMAT csv, HEADER false, NULLSTR '')")
		if err == nil {
			persons, err = result.RowsAffected()
		}
		return err
	})
	if err != nil {
		return Handover{}, errors.Join(fmt.Errorf("making the person map: %w", cancelledOr(ctx, err)), w.abort())
	}
	return w.finish(persons)
}

// pseudonymFunction is the name of the pseudonym in the linking worker's SQL.
const pseudonymFunction = "registrar_person"

// populationSQL selects the person map. What is known of a person is known of
// all ids that the index links to them:
//
//   - one verified NHS number is their identifier; else the first of their
//     local ids, with the provider that gave it or the feed;
//   - they object if any number of theirs is on the list;
//   - they can be asked about with a valid number, cannot with an invalid one,
//     which may be another's, and have none if none was ever given.
//
// An id that is in no index stands for itself, and a row that names nobody (no
// local id) has no pseudonym.
func populationSQL(p plan.Plan) string {
	pseudonyms := "NULL"
	if p.Pseudonymous() {
		pseudonyms = fmt.Sprintf(`CASE
    WHEN n.valid = 1 THEN %[1]s('nhs', n.number)
    WHEN x.person_id IS NOT NULL THEN %[1]s('local:' || n.first.giver, n.first.local_id)
    ELSE %[1]s(%[2]s, i.local_id)
  END`, pseudonymFunction, duck.Literal(pseudonym.Local(p.Dataset)))
	}
	objectors, objects := "SELECT NULL AS person WHERE false", "false"
	if p.OptOuts != nil {
		objectors = "SELECT DISTINCT person FROM indexed WHERE number IN (SELECT nhs_number FROM opt_outs)"
		objects = "o.person IS NOT NULL"
	}
	// Of an objector nothing goes over but that.
	kept := []string{"person_id", "CASE WHEN NOT opted_out THEN pseudonym END", "opted_out", "checked"}
	values := ""
	for i, c := range p.PersonColumns() {
		values += fmt.Sprintf(",\n  %s AS value_%d", plan.Derive(personFields[c.Field], c.Derivation), i+1)
		kept = append(kept, fmt.Sprintf("CASE WHEN NOT opted_out THEN value_%d END", i+1))
	}
	return fmt.Sprintf(`WITH ids AS (
SELECT DISTINCT person_id, nullif(local_id, '') AS local_id FROM identity
), indexed AS (
SELECT person_id, person, coalesce(nullif(provider, ''), feed) AS giver, local_id, nullif(nhs_number, '') AS number,
  nhs_valid AS valid, nullif(birth_date, '') AS birth_date, nullif(postcode, '') AS postcode
FROM person_index
), numbers AS (
SELECT person, count(DISTINCT number) FILTER (valid) AS valid, min(number) FILTER (valid) AS number,
  count(number) AS given, min({'giver': giver, 'local_id': local_id}) AS first
FROM indexed GROUP BY person
), objectors AS (
%s
), population AS (
SELECT
  i.person_id,
  %s AS pseudonym,
  %s AS opted_out,
  CASE WHEN n.valid > 0 THEN %s WHEN n.given > 0 THEN %s ELSE %s END AS checked%s
FROM ids AS i
LEFT JOIN indexed AS x ON x.person_id = i.person_id
LEFT JOIN numbers AS n ON n.person = x.person
LEFT JOIN objectors AS o ON o.person = x.person
)
SELECT %s FROM population`, objectors, pseudonyms, objects,
		duck.Literal(plan.CheckedValid), duck.Literal(plan.CheckedInvalid), duck.Literal(plan.CheckedNone), values, strings.Join(kept, ", "))
}

// personFields are the values of a person, by the name of the definition's
// field. A number that is not verified may be another's: it does not leave.
var personFields = map[string]string{
	"NHS_NUMBER": "CASE WHEN n.valid = 1 THEN n.number END",
	"BIRTH_DATE": "x.birth_date",
	"POSTCODE":   "x.postcode",
}

// inputs makes local files of parts, and keeps the first error.
type inputs struct {
	ctx      context.Context //nolint:containedctx // lives as long as one call
	store    *lake.Store
	paths    []string
	releases []func()
	err      error
}

// table is parts as a table of DuckDB.
func (in *inputs) table(keys ...string) string {
	list := make([]string, len(keys))
	for i, k := range slices.Sorted(slices.Values(keys)) {
		list[i] = duck.Literal(in.local(k))
	}
	return "read_parquet([" + strings.Join(list, ", ") + "], union_by_name = true)"
}

// local is the path of a part's local file, without links: DuckDB compares
// paths after following them.
func (in *inputs) local(key string) string {
	if in.err != nil {
		return ""
	}
	path, release, err := in.store.Local(in.ctx, key)
	if err != nil {
		in.err = err
		return ""
	}
	in.releases = append(in.releases, release)
	if path, err = filepath.EvalSymlinks(path); err != nil {
		in.err = err
		return ""
	}
	in.paths = append(in.paths, path)
	return path
}

func (in *inputs) release() {
	for _, r := range in.releases {
		r()
	}
	in.releases = nil
}

// cancelledOr names the context's error where that is why SQL was interrupted.
func cancelledOr(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}
