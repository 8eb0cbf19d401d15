// Package extract makes extracts: the linking worker's [Population] hands the
// extracting worker's [Run] an encrypted person map, and Run reads, counts,
// protects, encrypts and delivers.
package extract

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"

	"filippo.io/age"

	"data.release/registrar/extract/delivery"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/fault"
)

// Job is one plan to run.
type Job struct {
	Plan       plan.Plan
	Parts      []lake.Part // the dataset's activity parts, as the plan's snapshot names them
	Activity   *lake.Store
	Handover   string       // file that Population wrote
	Identity   age.Identity // of this worker
	Recipients []age.Recipient
	Delivery   *delivery.Store
	RunID      string // begins the files' names in the delivery store
	Engine     engine.Engine
	Progress   func(done, of int) error // after each file; an error stops the run
}

// Output is one encrypted file in the delivery store.
type Output struct {
	Name            string   `json:"name"`
	Key             string   `json:"-"`
	Rows            int64    `json:"rows"`
	Size            int64    `json:"size"` // bytes as encrypted
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

// Run runs a plan. Every row that was read is written or counted under the
// reason for which it was not, or the run fails; a run that fails leaves no
// file. The same plan over the same parts gives the same bytes before
// encryption. Running again begins anew.
func Run(ctx context.Context, job Job) (result Result, err error) {
	if len(job.Recipients) == 0 {
		return Result{}, fault.New(fault.Refused, "There is no key to encrypt to.")
	}
	if got := lake.Snapshot(job.Parts); got != job.Plan.Snapshot.Activity {
		return Result{}, fault.New(fault.Conflict, "The parts are not those of the plan's snapshot.")
	}
	if _, err := job.Delivery.Discard(ctx, job.RunID); err != nil {
		return Result{}, err
	}
	defer func() {
		if err != nil {
			_, discarded := job.Delivery.Discard(context.WithoutCancel(ctx), job.RunID)
			err = errors.Join(err, discarded)
		}
	}()
	handed, err := job.open()
	if err != nil {
		return Result{}, err
	}
	defer handed.close()
	files, release, err := job.local(ctx)
	if err != nil {
		return Result{}, err
	}
	defer release()
	task := engine.Task{Plan: job.Plan, Persons: handed.persons(), Records: handed.records}
	for _, file := range files {
		task.Readable = append(task.Readable, filepath.Dir(file.path))
	}
	session, err := job.Engine.Open(ctx, task)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	result.Engine = job.Engine.Name()
	groups := group(files, job.Plan.FileRows)
	for i, paths := range groups {
		output, counts, err := job.write(ctx, session, paths, i+1)
		if err != nil {
			return Result{}, err
		}
		result.Outputs = append(result.Outputs, output)
		result.Counts.Add(counts)
		if job.Progress != nil {
			if err := job.Progress(i+1, len(groups)); err != nil {
				return Result{}, err
			}
		}
	}
	return result, result.Counts.Check()
}

type localFile struct {
	path string
	rows int64
}

// local has the parts as files, in the plan's order.
func (job Job) local(ctx context.Context) (files []localFile, release func(), err error) {
	var held []func()
	release = func() {
		for _, r := range held {
			r()
		}
	}
	parts := append([]lake.Part(nil), job.Parts...)
	lake.Sort(parts)
	for _, part := range parts {
		path, done, err := job.Activity.Local(ctx, part.Key)
		if err != nil {
			release()
			return nil, nil, err
		}
		held = append(held, done)
		if path, err = filepath.EvalSymlinks(path); err != nil {
			release()
			return nil, nil, err
		}
		files = append(files, localFile{path, part.Rows})
	}
	return files, release, nil
}

// group puts small parts together into files of at least that many rows of
// input.
func group(files []localFile, rows int64) (groups [][]string) {
	var paths []string
	var sum int64
	for _, f := range files {
		paths, sum = append(paths, f.path), sum+f.rows
		if sum >= rows {
			groups, paths, sum = append(groups, paths), nil, 0
		}
	}
	if len(paths) > 0 {
		groups = append(groups, paths)
	}
	return groups
}

// write streams one output: the engine's bytes into a digest and age, age's
// into a digest and the delivery store.
func (job Job) write(ctx context.Context, session engine.Session, paths []string, number int) (Output, engine.Counts, error) {
	counts, err := session.Count(ctx, paths)
	if err != nil {
		return Output{}, counts, err
	}
	if err := counts.Check(); err != nil {
		return Output{}, counts, err
	}
	file, err := job.Delivery.Create(ctx, job.RunID)
	if err != nil {
		return Output{}, counts, err
	}
	encrypted, plain := sha256.New(), sha256.New()
	sized := &counter{w: io.MultiWriter(file, encrypted)}
	sealed, err := age.Encrypt(sized, job.Recipients...)
	if err != nil {
		file.Abort()
		return Output{}, counts, fmt.Errorf("encrypting to the recipient: %w", err)
	}
	rows, err := session.Write(ctx, paths, io.MultiWriter(sealed, plain))
	if err == nil {
		err = sealed.Close()
	}
	if err == nil && rows != counts.Written {
		err = fmt.Errorf("%d rows were counted, and %d written", counts.Written, rows)
	}
	if err != nil {
		file.Abort()
		return Output{}, counts, err
	}
	if err := file.Close(); err != nil {
		return Output{}, counts, err
	}
	output := Output{Name: fmt.Sprintf("line-%d-%s-%03d.%s.age", job.Plan.Line, job.Plan.Dataset, number, job.Plan.Format),
		Key: file.Key, Rows: rows, Size: sized.n, PlaintextSHA256: sum(plain), SHA256: sum(encrypted)}
	for _, c := range job.Plan.Columns {
		output.Columns = append(output.Columns, c.Name)
	}
	return output, counts, nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// handed is an open handover.
type handed struct {
	file    *os.File
	lines   *json.Decoder
	records pseudonym.Key
}

// open decrypts a handover and makes sure that it is this plan's.
func (job Job) open() (h *handed, err error) {
	f, err := os.Open(job.Handover)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The person map has not been handed over.").Because(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	plain, err := age.Decrypt(bufio.NewReader(f), job.Identity)
	if err != nil {
		return nil, fmt.Errorf("opening the handover: %w", err)
	}
	lines := json.NewDecoder(plain)
	var head header
	if err := lines.Decode(&head); err != nil {
		return nil, errors.New("the handover has no header")
	}
	digest, err := job.Plan.Digest()
	if err != nil {
		return nil, err
	}
	if head.Version != handoverVersion || head.PlanSHA256 != digest {
		return nil, fault.New(fault.Conflict, "The handover is of another plan.")
	}
	secret, err := hex.DecodeString(head.RecordsKey)
	if err != nil {
		return nil, errors.New("the handover has no key")
	}
	records, err := pseudonym.KeyFromBytes(secret)
	if err != nil {
		return nil, err
	}
	return &handed{f, lines, records}, nil
}

func (h *handed) close() { _ = h.file.Close() } // it was only read

// persons reads the map to its end; age tells if it was cut.
func (h *handed) persons() iter.Seq2[engine.Person, error] {
	return func(yield func(engine.Person, error) bool) {
		for {
			var m mapped
			err := h.lines.Decode(&m)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(engine.Person{}, errors.New("the handover is damaged"))
				return
			}
			if !yield(engine.Person{ID: m.ID, Pseudonym: m.Pseudonym, OptedOut: m.OptedOut, Checked: m.Checked, Values: m.Values}, nil) {
				return
			}
		}
	}
}
