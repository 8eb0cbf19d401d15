package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
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
	inputs := chunks(job.Parts, job.Plan.FileRows, in.local)
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
	bundles, err := job.count(ctx, session, inputs, &result.Counts)
	if err != nil {
		return Result{}, err
	}
	result.Outputs, err = job.outputs(ctx, session, bundles)
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

// chunks are the parts' rows, in the one order of the lake, some at a time.
func chunks(parts []lake.Part, fileRows int64, local func(key string) string) []engine.Input {
	sorted := slices.Clone(parts)
	lake.Sort(sorted)
	step := max(1, fileRows/4)
	var out []engine.Input
	for _, p := range sorted {
		path := local(p.Key)
		from := int64(0)
		for ; from+step < p.Rows; from += step {
			out = append(out, engine.Input{Path: path, From: from, To: from + step})
		}
		// To the file's end: more rows than the catalogue has are found.
		out = append(out, engine.Input{Path: path, From: from, To: math.MaxInt64})
	}
	return out
}

// A bundle is inputs that become one output.
type bundle struct {
	inputs []engine.Input
	rows   int64 // that leave
}

// countAtOnce bounds how many inputs one query counts.
const countAtOnce = 64

// count counts all rows by what becomes of them, makes sure that they are all
// there and all accounted for, and bundles the inputs that have rows to write.
func (job Job) count(ctx context.Context, session engine.Session, inputs []engine.Input, total *engine.Counts) ([]bundle, error) {
	counts := make([]engine.Counts, 0, len(inputs))
	for some := range slices.Chunk(inputs, countAtOnce) {
		c, err := session.Count(ctx, some)
		if err != nil {
			return nil, err
		}
		counts = append(counts, c...)
	}
	for _, c := range counts {
		total.Add(c)
	}
	if err := total.Check(); err != nil {
		return nil, miscounted("%v", err)
	}
	if total.Read != job.Plan.Snapshot.Rows {
		return nil, miscounted("the snapshot has %d rows and %d were read", job.Plan.Snapshot.Rows, total.Read)
	}
	return bundles(inputs, counts, job.Plan.FileRows), nil
}

// bundles puts inputs together until each bundle writes enough rows. What is
// left over makes a file of its own, or, if it is less than half of one, goes
// with the last: a small one would put its few rows at known places. If nothing
// leaves, there is one bundle of nothing: its recipient then has the columns,
// and knows.
func bundles(inputs []engine.Input, counts []engine.Counts, fileRows int64) []bundle {
	var out []bundle
	var open bundle
	for i, in := range inputs {
		if counts[i].Written == 0 {
			continue
		}
		open.inputs, open.rows = append(open.inputs, in), open.rows+counts[i].Written
		if open.rows >= fileRows {
			out, open = append(out, open), bundle{}
		}
	}
	switch last := len(out) - 1; {
	case open.rows > 0 && (last < 0 || open.rows >= fileRows/2):
		out = append(out, open)
	case open.rows > 0:
		out[last] = bundle{append(out[last].inputs, open.inputs...), out[last].rows + open.rows}
	case last < 0 && len(inputs) > 0:
		out = append(out, bundle{inputs: inputs[:1]})
	}
	return out
}

// outputs makes a file of each bundle.
func (job Job) outputs(ctx context.Context, session engine.Session, bundles []bundle) ([]Output, error) {
	outputs := make([]Output, len(bundles))
	for i, b := range bundles {
		var err error
		if outputs[i], err = job.output(ctx, session, b, i+1); err != nil {
			return nil, err
		}
		if job.Progress != nil {
			if err := job.Progress(i+1, len(bundles)); err != nil {
				return nil, err
			}
		}
	}
	return outputs, nil
}

func miscounted(format string, args ...any) error {
	return fault.New(fault.Refused, "The rows of the run do not add up, so it made nothing").With(
		fault.Reason{Code: "run.counts", Message: fmt.Sprintf(format, args...)})
}

// output streams one file: the engine's bytes into a digest and age, age's
// into a digest and the delivery store.
func (job Job) output(ctx context.Context, session engine.Session, b bundle, number int) (Output, error) {
	file, err := job.Delivery.Create(ctx, job.RunID)
	if err != nil {
		return Output{}, err
	}
	plain, sealed, err := job.encrypt(ctx, session, b, file)
	if err != nil {
		file.Abort()
		return Output{}, err
	}
	if err := file.Close(); err != nil {
		return Output{}, err
	}
	o := Output{Name: fmt.Sprintf("line-%d-%s-%03d.%s.age", job.Plan.Line, job.Plan.Dataset, number, job.Plan.Format), Key: file.Key, Rows: b.rows,
		Size: sealed.n, PlaintextSize: plain.n, SHA256: sealed.digest(), PlaintextSHA256: plain.digest()}
	for _, c := range job.Plan.Columns {
		o.Columns = append(o.Columns, c.Name)
	}
	return o, nil
}

func (job Job) encrypt(ctx context.Context, session engine.Session, b bundle, file io.Writer) (plain, sealed *summing, err error) {
	sealed = newSumming(file)
	encrypted, err := age.Encrypt(sealed, job.Recipients...)
	if err != nil {
		return nil, nil, fmt.Errorf("encrypting to the recipient: %w", err)
	}
	plain = newSumming(encrypted)
	written, err := session.Write(ctx, b.inputs, plain)
	if err != nil {
		return nil, nil, err
	}
	if written != b.rows {
		return nil, nil, miscounted("%d rows were counted to leave and %d were written", b.rows, written)
	}
	if err := encrypted.Close(); err != nil {
		return nil, nil, fmt.Errorf("encrypting to the recipient: %w", err)
	}
	return plain, sealed, nil
}
