package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"data.release/registrar/extract/delivery"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/fault"
)

// Job is one plan to run.
type Job struct {
	Plan     plan.Plan
	Parts    []lake.Part // the dataset's activity parts, as the plan's snapshot names them
	Activity *lake.Store
	Handover string // file that Population wrote
	// HandoverSHA256 is the digest that Population told, where the caller keeps
	// it: anybody can encrypt to the worker's public key, and an objector would
	// be dropped from no other list.
	HandoverSHA256 string
	Identity       age.Identity // of this worker
	Recipients     []age.Recipient
	Delivery       *delivery.Store
	RunID          string // begins the files' names in the delivery store
	Engine         engine.Engine
	Progress       func(done, of int) error // after each file; an error stops the run
}

// Output is one encrypted file in the delivery store.
type Output struct {
	Name            string   `json:"name"`
	Key             string   `json:"-"` // in the delivery store; whoever knows it finds the file
	Rows            int64    `json:"rows"`
	Size            int64    `json:"size"`           // bytes as encrypted
	PlaintextSize   int64    `json:"plaintext_size"` // bytes
	PlaintextSHA256 string   `json:"plaintext_sha256"`
	SHA256          string   `json:"sha256"` // as encrypted
	Columns         []string `json:"columns"`
}

// Result is what a run made.
type Result struct {
	Outputs []Output
	Counts  engine.Counts
	Engine  string
}

// Run runs a plan. Every row of the snapshot is written or counted under the
// reason for which it was not, or the run fails; a run that fails leaves no
// file. The same plan over the same parts gives the same bytes before
// encryption. Running again begins anew: what an earlier try left under the run
// id is deleted, so an id whose files were handed over must not be run again.
//
// Parts or a person map that are not the plan's are fault.Conflict, counts that
// do not add up fault.Refused.
func Run(ctx context.Context, job Job) (result Result, err error) {
	if err := job.check(); err != nil {
		return Result{}, err
	}
	if _, err := job.Delivery.Discard(ctx, job.RunID); err != nil {
		return Result{}, err
	}
	defer func() {
		if err != nil {
			_, discarded := job.Delivery.Discard(context.WithoutCancel(ctx), job.RunID)
			result, err = Result{}, errors.Join(err, discarded)
		}
	}()
	handed, err := openHandover(job.Handover, job.HandoverSHA256, job.Plan, job.Identity)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, handed.close()) }()
	in := inputs{ctx: ctx, store: job.Activity}
	defer in.release()
	bundles := bundle(job.Parts, job.Plan.FileRows, in.local)
	if in.err != nil {
		return Result{}, fmt.Errorf("reading the lake: %w", in.err)
	}
	task := engine.Task{Plan: job.Plan, Persons: handed.persons(), Records: handed.records}
	for _, path := range in.paths {
		task.Readable = append(task.Readable, filepath.Dir(path))
	}
	slices.Sort(task.Readable)
	task.Readable = slices.Compact(task.Readable)
	session, err := job.Engine.Open(ctx, task)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	result.Engine = job.Engine.Name()
	err = job.outputs(ctx, session, bundles, &result)
	return result, err
}

// check makes sure that the run is of what the plan says.
func (job Job) check() error {
	if reasons := job.Plan.Check(); len(reasons) > 0 {
		return fault.New(fault.Invalid, "The plan breaks the rules of plans").With(reasons...)
	}
	if len(job.Recipients) == 0 {
		return fault.New(fault.Refused, "There is no key to encrypt to.")
	}
	strange := slices.ContainsFunc(job.Parts, func(p lake.Part) bool { return p.Area != lake.Activity || p.Dataset != job.Plan.Dataset })
	if strange || lake.Snapshot(job.Parts) != job.Plan.Snapshot.Activity {
		return fault.New(fault.Conflict, "The data have moved on since the plan was made. Ask for the extract again").With(
			fault.Reason{Code: "snapshot.activity", Message: "the parts are not those of the plan's snapshot"})
	}
	return nil
}

// part is an input file with the rows that the catalogue says it has.
type part struct {
	path string
	rows int64
}

// bundle puts parts together, in the one order of the lake, until each bundle
// has so many rows; the last takes what is left over, since a small one would
// put its few rows at known places.
func bundle(parts []lake.Part, fileRows int64, local func(key string) string) [][]part {
	sorted := slices.Clone(parts)
	lake.Sort(sorted)
	var out [][]part
	var open []part
	var rows int64
	for _, p := range sorted {
		open, rows = append(open, part{local(p.Key), p.Rows}), rows+p.Rows
		if rows >= fileRows {
			out, open, rows = append(out, open), nil, 0
		}
	}
	switch {
	case len(open) == 0:
	case len(out) == 0:
		out = append(out, open)
	default:
		out[len(out)-1] = append(out[len(out)-1], open...)
	}
	return out
}

// outputs makes a file of each bundle that has any row to write. If none has,
// the first makes an empty one: its recipient then has the columns, and knows.
func (job Job) outputs(ctx context.Context, session engine.Session, bundles [][]part, result *Result) error {
	for i, b := range bundles {
		counts, err := count(ctx, session, b)
		if err != nil {
			return err
		}
		result.Counts.Add(counts)
		if counts.Written > 0 {
			if err := job.output(ctx, session, b, counts.Written, result); err != nil {
				return err
			}
		}
		if job.Progress != nil {
			if err := job.Progress(i+1, len(bundles)); err != nil {
				return err
			}
		}
	}
	if len(result.Outputs) == 0 && len(bundles) > 0 {
		return job.output(ctx, session, bundles[0], 0, result)
	}
	return nil
}

// count counts a bundle's rows by what becomes of them, and makes sure that
// they are all there and all accounted for.
func count(ctx context.Context, session engine.Session, b []part) (engine.Counts, error) {
	counts, err := session.Count(ctx, paths(b))
	if err != nil {
		return counts, err
	}
	var rows int64
	for _, p := range b {
		rows += p.rows
	}
	if err := counts.Check(); err != nil {
		return counts, miscounted("%v", err)
	}
	if counts.Read != rows {
		return counts, miscounted("the catalogue has %d rows and %d were read", rows, counts.Read)
	}
	return counts, nil
}

func miscounted(format string, args ...any) error {
	return fault.New(fault.Refused, "The rows of the run do not add up, so it made nothing").With(
		fault.Reason{Code: "run.counts", Message: fmt.Sprintf(format, args...)})
}

func paths(b []part) []string {
	out := make([]string, len(b))
	for i, p := range b {
		out[i] = p.path
	}
	return out
}

// output streams one file: the engine's bytes into a digest and age, age's
// into a digest and the delivery store.
func (job Job) output(ctx context.Context, session engine.Session, b []part, rows int64, result *Result) error {
	file, err := job.Delivery.Create(ctx, job.RunID)
	if err != nil {
		return err
	}
	plain, sealed, err := job.encrypt(ctx, session, b, rows, file)
	if err != nil {
		file.Abort()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	o := Output{Name: fmt.Sprintf("line-%d-%s-%03d.%s.age", job.Plan.Line, job.Plan.Dataset, len(result.Outputs)+1, job.Plan.Format), Key: file.Key, Rows: rows,
		Size: sealed.n, PlaintextSize: plain.n, SHA256: sealed.digest(), PlaintextSHA256: plain.digest()}
	for _, c := range job.Plan.Columns {
		o.Columns = append(o.Columns, c.Name)
	}
	result.Outputs = append(result.Outputs, o)
	return nil
}

func (job Job) encrypt(ctx context.Context, session engine.Session, b []part, rows int64, file io.Writer) (plain, sealed *summing, err error) {
	sealed = newSumming(file)
	encrypted, err := age.Encrypt(sealed, job.Recipients...)
	if err != nil {
		return nil, nil, fmt.Errorf("encrypting to the recipient: %w", err)
	}
	plain = newSumming(encrypted)
	written, err := session.Write(ctx, paths(b), plain)
	if err != nil {
		return nil, nil, err
	}
	if written != rows {
		return nil, nil, miscounted("%d rows were counted to leave and %d were written", rows, written)
	}
	if err := encrypted.Close(); err != nil {
		return nil, nil, fmt.Errorf("encrypting to the recipient: %w", err)
	}
	return plain, sealed, nil
}
