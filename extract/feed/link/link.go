// Package link says which ids of which feeds are one person. Here it goes by
// the key that demographics give, (feed, local id) to NHS number; an id is of
// its own person where there is no usable number.
package link

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/feed/source"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/fault"
)

// optOuts is the dataset code of the parts of opt-out lists.
const optOuts = "opt_outs"

// Person gives the lake's key of somebody: kind is "nhs" with a number, or
// "local:" and a feed or provider with a local id.
type Person func(kind, canonical string) (string, error)

// Job is files to make an index of.
type Job struct {
	Demographics string // a file of the dataset demographics
	Site         string
	Identity     *lake.Store
	Person       Person
	Work         string // private directory
}

// Report counts, and names no one.
type Report struct {
	IDs       int64 `json:"ids"`
	People    int64 `json:"people"`
	Several   int64 `json:"several"`    // people with ids in several feeds
	NoNumber  int64 `json:"no_number"`  // ids without an NHS number
	Invalid   int64 `json:"invalid"`    // ids with one that is not valid or stands for no one
	Repeated  int64 `json:"repeated"`   // rows that say again what another says
	BirthDate int64 `json:"birth_date"` // numbers with more than one birth date: reported, linked by the number
}

// Index writes the person index: one row for each id, all text but nhs_valid,
// in the order of person id, so that the same file makes the same bytes. One
// id with two numbers is fault.Invalid: it is never guessed who it is.
func Index(ctx context.Context, job Job) (lake.Part, source.File, Report, error) {
	d, _ := definition.Get("demographics")
	db, file, err := open(ctx, job.Work, job.Demographics, d)
	if err != nil {
		return lake.Part{}, source.File{}, Report{}, err
	}
	defer db.Close()
	report, err := load(ctx, db, file, d, job.Person)
	if err != nil {
		return lake.Part{}, file, report, err
	}
	part, err := store(ctx, db, job, "SELECT * FROM person_index ORDER BY person_id", lake.PersonIndex, "demographics", report.IDs)
	return part, file, report, err
}

// OptOuts writes a list of objections as a part: usable NHS numbers, each
// once, in order. A number that is not usable is fault.Invalid by its line: a
// list that cannot be read whole upholds nobody's objection.
func OptOuts(ctx context.Context, job Job, list string) (lake.Part, source.File, error) {
	d, _ := definition.Get("opt_outs")
	db, file, err := open(ctx, job.Work, list, d)
	if err != nil {
		return lake.Part{}, source.File{}, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, `SELECT "record number", "NHS_NUMBER" FROM `+file.SQL(d, true)+` AS f`)
	if err != nil {
		return lake.Part{}, file, fmt.Errorf("reading the opt-out list: %w", err)
	}
	defer rows.Close()
	refused := fault.New(fault.Invalid, "The opt-out list cannot be used as it is")
	if _, err := db.ExecContext(ctx, `CREATE TABLE numbers (nhs_number VARCHAR)`); err != nil {
		return lake.Part{}, file, err
	}
	var numbers []string
	for rows.Next() {
		var record int64
		var raw sql.NullString
		if err := rows.Scan(&record, &raw); err != nil {
			return lake.Part{}, file, fmt.Errorf("reading the opt-out list: %w", err)
		}
		number, _, usable := rule.NHSNumber(raw.String)
		if !usable {
			if len(refused.Reasons) < 50 {
				refused.With(fault.Reason{Code: "nhs-number", Field: fmt.Sprintf("line %d", file.Line(record)), Message: "is no NHS number that can name a person"})
			}
			continue
		}
		numbers = append(numbers, number)
	}
	if err := rows.Err(); err != nil {
		return lake.Part{}, file, fmt.Errorf("reading the opt-out list: %w", err)
	}
	if len(refused.Reasons) > 0 {
		return lake.Part{}, file, refused
	}
	if err := fill(ctx, db, "numbers", len(numbers), func(i int) []any { return []any{numbers[i]} }); err != nil {
		return lake.Part{}, file, err
	}
	var count int64
	if err := db.QueryRowContext(ctx, `SELECT count(DISTINCT nhs_number) FROM numbers`).Scan(&count); err != nil {
		return lake.Part{}, file, err
	}
	part, err := store(ctx, db, job, "SELECT DISTINCT nhs_number FROM numbers ORDER BY nhs_number", optOuts, "opt_outs", count)
	return part, file, err
}

func open(ctx context.Context, work, path string, d definition.Definition) (*sql.DB, source.File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, source.File{}, err
	}
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, source.File{}, fmt.Errorf("making the working directory: %w", err)
	}
	work, err = filepath.EvalSymlinks(work)
	if err != nil {
		return nil, source.File{}, err
	}
	db, err := duck.Open(ctx, duck.Options{Dir: filepath.Join(work, "spill"), AllowedDirs: []string{work}, AllowedPaths: []string{path}})
	if err != nil {
		return nil, source.File{}, err
	}
	file, err := source.Inspect(ctx, db, path, d)
	if err != nil {
		return nil, source.File{}, errors.Join(err, db.Close())
	}
	return db, file, nil
}

// row is one id of the index.
type row struct {
	id, person, feed, local, provider, number string
	valid                                     bool
	birth, postcode, sex                      string
}

func load(ctx context.Context, db *sql.DB, file source.File, d definition.Definition, person Person) (Report, error) {
	var report Report
	found, err := db.QueryContext(ctx, `SELECT "record number", coalesce("FEED", ''), coalesce("LOCAL_ID", ''), coalesce("PROVIDER", ''),
		coalesce("NHS_NUMBER", ''), coalesce("BIRTH_DATE", ''), coalesce("POSTCODE", ''), coalesce("SEX", '') FROM `+file.SQL(d, true)+` AS f`)
	if err != nil {
		return report, fmt.Errorf("reading demographics: %w", err)
	}
	defer found.Close()
	refused := fault.New(fault.Invalid, "The demographics cannot be linked as they are")
	wrong := func(record int64, code, message string) {
		if len(refused.Reasons) < 50 {
			refused.With(fault.Reason{Code: code, Field: fmt.Sprintf("line %d", file.Line(record)), Message: message})
		}
	}
	rows, at := []row{}, map[string]int{}
	births, feeds := map[string]map[string]bool{}, map[string]map[string]bool{}
	for found.Next() {
		var record int64
		var r row
		var raw string
		if err := found.Scan(&record, &r.feed, &r.local, &r.provider, &raw, &r.birth, &r.postcode, &r.sex); err != nil {
			return report, fmt.Errorf("reading demographics: %w", err)
		}
		if known, ok := definition.Get(r.feed); !ok || known.Kind != definition.Activity {
			wrong(record, "feed", "names no dataset in the column FEED")
			continue
		}
		if r.local == "" {
			wrong(record, "local-id", "has no LOCAL_ID")
			continue
		}
		if r.number, _, r.valid = rule.NHSNumber(raw); !r.valid {
			r.number = ""
		}
		switch {
		case raw == "":
			report.NoNumber++
		case !r.valid:
			report.Invalid++
			r.number = raw
		}
		if r.id, r.person, err = keys(person, r); err != nil {
			return report, err
		}
		if i, again := at[r.id]; again {
			if rows[i] != r {
				wrong(record, "clash", "says of an id something else than an earlier line does")
			}
			report.Repeated++
			continue
		}
		at[r.id] = len(rows)
		rows = append(rows, r)
		note(births, r.person, r.birth)
		note(feeds, r.person, r.feed)
	}
	if err := found.Err(); err != nil {
		return report, fmt.Errorf("reading demographics: %w", err)
	}
	if len(refused.Reasons) > 0 {
		return report, refused
	}
	report.IDs, report.People = int64(len(rows)), int64(len(feeds))
	report.Several, report.BirthDate = more(feeds), more(births)
	if _, err := db.ExecContext(ctx, `CREATE TABLE person_index (person_id VARCHAR, person VARCHAR, feed VARCHAR, local_id VARCHAR, provider VARCHAR,
		nhs_number VARCHAR, nhs_valid BOOLEAN, birth_date VARCHAR, postcode VARCHAR, sex VARCHAR, pass VARCHAR)`); err != nil {
		return report, err
	}
	return report, fill(ctx, db, "person_index", len(rows), func(i int) []any {
		r := rows[i]
		return []any{r.id, r.person, r.feed, r.local, r.provider, r.number, r.valid, r.birth, r.postcode, r.sex, "key"}
	})
}

// keys are the key of the id, as activity rows carry it, and of the person that
// it is linked to. The first is of feed and local id alone, so that a file can
// land before its people are known, and a new link rewrites no part.
func keys(person Person, r row) (id, linked string, err error) {
	if id, err = person(pseudonym.Local(r.feed), r.local); err != nil {
		return "", "", fmt.Errorf("keying an id: %w", err)
	}
	if !r.valid {
		return id, id, nil
	}
	linked, err = person("nhs", r.number)
	if err != nil {
		return "", "", fmt.Errorf("keying a person: %w", err)
	}
	return id, linked, nil
}

func note(of map[string]map[string]bool, person, value string) {
	if of[person] == nil {
		of[person] = map[string]bool{}
	}
	of[person][value] = true
}

func more(of map[string]map[string]bool) (n int64) {
	for _, values := range of {
		if len(values) > 1 {
			n++
		}
	}
	return n
}

// store copies a query's rows into a Parquet part of the identity area. The
// file in between stands in the private working directory, and goes.
func store(ctx context.Context, db *sql.DB, job Job, query, dataset, supplier string, rows int64) (lake.Part, error) {
	work, err := filepath.EvalSymlinks(job.Work)
	if err != nil {
		return lake.Part{}, err
	}
	temporary := filepath.Join(work, dataset+".parquet")
	defer os.Remove(temporary)
	if _, err := db.ExecContext(ctx, `COPY (`+query+`) TO `+duck.Literal(temporary)+` (FORMAT parquet, COMPRESSION zstd)`); err != nil {
		return lake.Part{}, fmt.Errorf("writing %s: %w", dataset, err)
	}
	object, err := job.Identity.Put(ctx, lake.Place{Dataset: dataset, Site: job.Site, Period: "all"}, temporary, "parquet")
	if err != nil {
		return lake.Part{}, err
	}
	return lake.Part{Area: lake.Identity, Dataset: dataset, Site: job.Site, Supplier: supplier, Period: "all", Key: object.Key, SHA256: object.SHA256, Rows: rows, Bytes: object.Bytes}, nil
}
