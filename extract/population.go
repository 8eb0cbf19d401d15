package extract

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
)

// PopulationJob is what the linking worker makes a person map from.
type PopulationJob struct {
	Plan     plan.Plan
	Index    []lake.Part // the person index
	OptOuts  string      // key of the opt-out list's part; empty where the plan upholds none
	Identity *lake.Store
	Root     *pseudonym.Root
	To       age.Recipient // the extracting worker
	File     string        // where the handover is written
	Work     string        // private directory
}

// header begins a handover. RecordsKey is the derived key of record ids: all
// that the extracting worker ever holds of keys, for this plan alone.
type header struct {
	Version    string `json:"version"`
	PlanSHA256 string `json:"plan_sha256"`
	RecordsKey string `json:"records_key"`
}

const handoverVersion = "registrar/handover/v1"

// mapped is one person of a handover.
type mapped struct {
	ID        string   `json:"i"`
	Pseudonym string   `json:"p,omitempty"`
	OptedOut  bool     `json:"o,omitempty"`
	Checked   string   `json:"c"`
	Values    []string `json:"v,omitempty"`
}

// Population writes the person map of a plan: for every id of the dataset's
// feed the pseudonym in the plan's key domain, whether the person objects, and
// of identity no more than the plan's columns need. It goes to the file
// encrypted to the extracting worker as it is written; nothing of it stands on
// disk in plain. It returns the number of ids.
func Population(ctx context.Context, job PopulationJob) (ids int, err error) {
	digest, err := job.Plan.Digest()
	if err != nil {
		return 0, err
	}
	db, query, release, err := job.open(ctx)
	if err != nil {
		return 0, fmt.Errorf("opening the person index: %w", err)
	}
	defer release()
	defer db.Close()
	temporary := job.File + ".part"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("writing the handover: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(temporary))
		}
	}()
	sealed, err := age.Encrypt(f, job.To)
	if err != nil {
		return 0, fmt.Errorf("encrypting the handover: %w", err)
	}
	buffered := bufio.NewWriterSize(sealed, 1<<16)
	lines := json.NewEncoder(buffered)
	records := job.Root.Records(job.Plan.KeyDomain)
	if err := lines.Encode(header{handoverVersion, digest, hex.EncodeToString(records.Reveal())}); err != nil {
		return 0, fmt.Errorf("writing the handover: %w", err)
	}
	if ids, err = job.persons(ctx, db, query, lines); err != nil {
		return 0, err
	}
	if err := errors.Join(buffered.Flush(), sealed.Close(), f.Sync(), f.Close()); err != nil {
		return 0, fmt.Errorf("writing the handover: %w", err)
	}
	return ids, os.Rename(temporary, job.File)
}

// open opens the parts in DuckDB, and gives the query over them.
func (job PopulationJob) open(ctx context.Context) (db *sql.DB, query string, release func(), err error) {
	var held []func()
	release = func() {
		for _, r := range held {
			r()
		}
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	local := func(key string) (string, error) {
		path, done, err := job.Identity.Local(ctx, key)
		if err != nil {
			return "", err
		}
		held = append(held, done)
		return filepath.EvalSymlinks(path)
	}
	var paths, readers []string
	for _, part := range job.Index {
		path, err := local(part.Key)
		if err != nil {
			return nil, "", nil, err
		}
		paths, readers = append(paths, path), append(readers, duck.Literal(path))
	}
	objects := "(SELECT NULL::VARCHAR AS nhs_number WHERE false)"
	if job.OptOuts != "" {
		path, err := local(job.OptOuts)
		if err != nil {
			return nil, "", nil, err
		}
		paths, objects = append(paths, path), "read_parquet("+duck.Literal(path)+")"
	}
	if len(readers) == 0 {
		return nil, "", nil, errors.New("there is no person index")
	}
	db, err = duck.Open(ctx, duck.Options{Dir: filepath.Join(job.Work, "spill"), AllowedPaths: paths})
	if err != nil {
		return nil, "", nil, err
	}
	columns := []string{"p.person_id", "p.provider", "p.local_id", "p.nhs_number", "p.nhs_valid", "o.nhs_number IS NOT NULL"}
	for _, c := range job.Plan.PersonColumns() {
		columns = append(columns, "coalesce(CAST("+plan.Derive(indexColumns[c.Field], c.Derivation)+" AS VARCHAR), '')")
	}
	query = "SELECT " + strings.Join(columns, ", ") + " FROM read_parquet([" + strings.Join(readers, ", ") + "]) AS p LEFT JOIN " + objects +
		" AS o ON p.nhs_valid AND o.nhs_number = p.nhs_number WHERE p.feed = " + duck.Literal(job.Plan.Dataset) + " ORDER BY p.person_id"
	return db, query, release, nil
}

// indexColumns are the person's fields in the index. An NHS number that is not
// valid is nobody's, and leaves in no file.
var indexColumns = map[string]string{
	"NHS_NUMBER": "CASE WHEN p.nhs_valid THEN p.nhs_number END",
	"BIRTH_DATE": "p.birth_date",
	"POSTCODE":   "p.postcode",
}

func (job PopulationJob) persons(ctx context.Context, db *sql.DB, query string, lines *json.Encoder) (n int, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, fmt.Errorf("reading the person index: %w", err)
	}
	defer rows.Close()
	hasher := job.Root.Persons(job.Plan.KeyDomain).Hasher()
	values := make([]string, len(job.Plan.PersonColumns()))
	for rows.Next() {
		var m mapped
		var provider, local, number string
		var valid bool
		into := []any{&m.ID, &provider, &local, &number, &valid, &m.OptedOut}
		for i := range values {
			into = append(into, &values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return 0, fmt.Errorf("reading the person index: %w", err)
		}
		m.Values = values
		kind, canonical := pseudonym.Local(provider), local
		switch {
		case valid:
			m.Checked, kind, canonical = plan.CheckedValid, "nhs", number
		case number != "":
			m.Checked = plan.CheckedInvalid
		default:
			m.Checked = plan.CheckedNone
		}
		if job.Plan.Pseudonymous() {
			if m.Pseudonym, err = hasher.Pseudonym(kind, canonical); err != nil {
				return 0, fmt.Errorf("making a pseudonym: %w", err)
			}
		}
		if err := lines.Encode(m); err != nil {
			return 0, fmt.Errorf("writing the handover: %w", err)
		}
		n++
	}
	return n, rows.Err()
}
