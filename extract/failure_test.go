package extract_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"data.release/registrar/extract"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// meddler is an engine that does something of its own at a moment.
type meddler struct {
	engine.Engine
	count func(last *engine.Counts)
	write func(n int, ctx context.Context, w io.Writer) error // after writing
}

type meddling struct {
	engine.Session
	m     *meddler
	wrote int
}

func (m *meddler) Open(ctx context.Context, t engine.Task) (engine.Session, error) {
	s, err := m.Engine.Open(ctx, t)
	return &meddling{Session: s, m: m}, err
}

func (s *meddling) Count(ctx context.Context, inputs []engine.Input) ([]engine.Counts, error) {
	c, err := s.Session.Count(ctx, inputs)
	if err == nil && s.m.count != nil {
		s.m.count(&c[len(c)-1])
	}
	return c, err
}

func (s *meddling) Write(ctx context.Context, inputs []engine.Input, w io.Writer) (int64, error) {
	rows, err := s.Session.Write(ctx, inputs, w)
	if err == nil && s.m.write != nil {
		s.wrote++
		err = s.m.write(s.wrote, ctx, w)
	}
	return rows, err
}

// Whatever goes wrong, nothing is left to fetch, and nothing of what was
// spilled either.
func TestAFailureLeavesNothing(t *testing.T) {
	w := small(t)
	p := w.plan(nil)
	p.FileRows = 8
	h, err := extract.Population(t.Context(), w.populationJob(p))
	if err != nil {
		t.Fatal(err)
	}
	var cancel context.CancelFunc
	for _, c := range []struct {
		name string
		with func(*extract.Job)
		want error
	}{
		{"progress says stop", func(j *extract.Job) { j.Progress = func(int, int) error { return errStop } }, errStop},
		{"cancelled after the first file", func(j *extract.Job) { j.Progress = func(int, int) error { cancel(); return nil } }, context.Canceled},
		{"the engine fails in the second file", func(j *extract.Job) {
			j.Engine = &meddler{Engine: w.engine, write: func(n int, _ context.Context, w io.Writer) error {
				_, _ = w.Write([]byte("half"))
				if n == 2 {
					return errStop
				}
				return nil
			}}
		}, errStop},
		{"a row is lost in counting", func(j *extract.Job) {
			j.Engine = &meddler{Engine: w.engine, count: func(c *engine.Counts) { c.Removed[plan.OutsidePeriod]-- }}
		}, fault.Refused},
		{"fewer rows are written than counted", func(j *extract.Job) {
			j.Engine = &meddler{Engine: w.engine, count: func(c *engine.Counts) { c.Written++; c.Removed[plan.OutsidePeriod]-- }}
		}, fault.Refused},
		{"the catalogue has another number of rows", func(j *extract.Job) {
			j.Plan.Snapshot.Rows++
			again := w.populationJob(j.Plan)
			again.File += "2"
			if _, err := extract.Population(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			j.Handover, j.HandoverSHA256 = again.File, ""
		}, fault.Refused},
		{"a person is not in the map", func(j *extract.Job) {
			j.Engine = &meddler{Engine: w.engine, count: func(c *engine.Counts) { c.Written--; c.Unknown++ }}
		}, fault.Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ctx context.Context
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			job := w.runJob(p, h)
			c.with(&job)
			result, err := extract.Run(ctx, job)
			if !errors.Is(err, c.want) || len(result.Outputs) != 0 {
				t.Errorf("%v, %+v; want %v", err, result, c.want)
			}
			if left := w.delivered(); len(left) != 0 {
				t.Errorf("left in delivery: %q", left)
			}
			if left, _ := os.ReadDir(filepath.Join(w.dir, "engine")); len(left) != 0 {
				t.Errorf("left by the engine: %v", left)
			}
		})
	}
	if result, err := extract.Run(t.Context(), w.runJob(p, h)); err != nil || len(result.Outputs) != 2 {
		t.Errorf("and then: %v, %+v", err, result)
	}
}

func TestRefusals(t *testing.T) {
	w := small(t)
	p := w.plan(nil)
	other := w.plan(func(l *terms.DatasetLine, _ *plan.Request) { l.Segment = "other" })
	h, err := extract.Population(t.Context(), w.populationJob(p))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		with func(*extract.Job)
		want error
		says string
	}{
		{"no recipient", func(j *extract.Job) { j.Recipients = nil }, fault.Refused, "no key"},
		{"a part is missing", func(j *extract.Job) { j.Parts = j.Parts[:1] }, fault.Conflict, "snapshot"},
		{"another dataset's part", func(j *extract.Job) {
			j.Parts = append(j.Parts[:0:0], j.Parts...)
			j.Parts[0].Dataset = "hes_op"
		}, fault.Conflict, "snapshot"},
		{"another plan's handover", func(j *extract.Job) { j.Plan = other }, fault.Conflict, "another plan"},
		{"another worker", func(j *extract.Job) { j.Identity = stranger }, fault.Conflict, "not for this worker"},
		{"another handover than was recorded", func(j *extract.Job) { j.HandoverSHA256 = strings.Repeat("0", 64) }, fault.Conflict, "recorded"},
		{"no handover", func(j *extract.Job) { j.Handover += "x" }, fault.Unavailable, "not been handed over"},
		{"a plan that breaks the rules", func(j *extract.Job) { j.Plan.Type = terms.Identifiable }, fault.Invalid, "pseudonym"},
	} {
		t.Run(c.name, func(t *testing.T) {
			job := w.runJob(p, h)
			c.with(&job)
			if _, err := extract.Run(t.Context(), job); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, c := range []struct {
		name string
		with func(*extract.PopulationJob)
		says string
	}{
		{"another index", func(j *extract.PopulationJob) { j.Index = j.Index[:1] }, "not the plan's"},
		{"no index", func(j *extract.PopulationJob) { j.Index = j.Index[:1] }, "no person index"},
		{"no list", func(j *extract.PopulationJob) { j.OptOuts = "" }, "opt-out list"},
		{"another list", func(j *extract.PopulationJob) { j.OptOuts = w.index[0].Key }, "opt-out list"},
		{"a list that is not asked for", func(j *extract.PopulationJob) { j.Plan.OptOuts = nil }, "applies no opt-outs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			job := w.populationJob(p)
			job.File += "2"
			c.with(&job)
			if _, err := extract.Population(t.Context(), job); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if left, _ := filepath.Glob(job.File + "*"); len(left) != 0 {
				t.Errorf("left %q", left)
			}
		})
	}
}

// An index that names an id twice would double its rows.
func TestAnIndexThatRepeatsItself(t *testing.T) {
	w := small(t)
	again := w.ids[0]
	again.person = "z"
	w.ids = append(w.ids, again)
	w.land(t)
	if _, err := extract.Population(t.Context(), w.populationJob(w.plan(nil))); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "1 ids more than once") {
		t.Errorf("got %v", err)
	}
}

// A handover is believed whole or not at all, wherever it is cut or changed.
func TestADamagedHandover(t *testing.T) {
	w := small(t)
	p := w.plan(nil)
	h, err := extract.Population(t.Context(), w.populationJob(p))
	if err != nil {
		t.Fatal(err)
	}
	job := w.runJob(p, h)
	job.HandoverSHA256 = "" // age alone must see it
	sound, err := os.ReadFile(job.Handover)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		bytes []byte
	}{
		{"empty", nil},
		{"cut in the header", sound[:20]},
		{"cut at the end", sound[:len(sound)-1]},
		{"longer", append(append([]byte{}, sound...), 'x')},
		{"one bit", func() []byte { b := append([]byte{}, sound...); b[len(b)-40] ^= 1; return b }()},
		{"text", []byte("person_id,pseudonym\n")},
	} {
		if err := os.WriteFile(job.Handover, c.bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := extract.Run(t.Context(), job); !errors.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", c.name, err)
		}
		if left := w.delivered(); len(left) != 0 {
			t.Errorf("%s left %q", c.name, left)
		}
	}
}

// A worker that is killed in the middle: the next try begins anew and leaves
// only its own files; what was spilled or half-written is swept.
func TestKilledInTheMiddle(t *testing.T) {
	if os.Getenv("EXTRACT_TEST_KILLED") != "" {
		killed(t)
		return
	}
	w := small(t)
	p := w.plan(nil)
	p.FileRows = 8
	h, err := extract.Population(t.Context(), w.populationJob(p))
	if err != nil {
		t.Fatal(err)
	}
	job := w.runJob(p, h)
	told, err := json.Marshal(map[string]any{"dir": w.dir, "plan": p, "parts": job.Parts, "worker": w.worker.String(), "recipient": w.recipient.Recipient().String(), "sha256": h.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilledInTheMiddle$")
	cmd.Env = append(os.Environ(), "EXTRACT_TEST_KILLED="+string(told))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	if left := w.delivered(); len(left) == 0 {
		t.Fatal("the child was killed before it wrote anything: nothing is tried")
	}
	if left, _ := os.ReadDir(filepath.Join(w.dir, "engine")); len(left) != 1 {
		t.Fatalf("the child's engine left %v", left)
	}
	if err := w.engine.(*engine.DuckDB).Sweep(); err != nil {
		t.Fatal(err)
	}
	result, err := extract.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	if left := w.delivered(); len(left) != 2 || len(result.Outputs) != 2 {
		t.Errorf("delivered %q, %d outputs", left, len(result.Outputs))
	}
	if left, _ := os.ReadDir(filepath.Join(w.dir, "engine")); len(left) != 0 {
		t.Errorf("the engine's directory has %v", left)
	}
}

func killed(t *testing.T) {
	var told struct {
		Dir, Worker, Recipient, SHA256 string
		Plan                           plan.Plan
		Parts                          json.RawMessage
	}
	if err := json.Unmarshal([]byte(os.Getenv("EXTRACT_TEST_KILLED")), &told); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.dir = told.Dir
	w.reopen(t)
	if err := json.Unmarshal(told.Parts, &w.activityParts); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.worker, err = age.ParseX25519Identity(told.Worker); err != nil {
		t.Fatal(err)
	}
	job := w.runJob(told.Plan, extract.Handover{SHA256: told.SHA256})
	job.Engine = &meddler{Engine: w.engine, write: func(n int, _ context.Context, out io.Writer) error {
		if n == 2 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
		}
		return nil
	}}
	_, err = extract.Run(t.Context(), job)
	t.Fatalf("not killed: %v", err)
}

func TestSweeps(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.age.part", "b.age"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "population-1", "spill"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(extract.SweepHandovers(dir), extract.SweepPopulations(dir)); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "b.age" {
		t.Errorf("left %v", left)
	}
}
