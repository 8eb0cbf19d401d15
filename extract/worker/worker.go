package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/extract"
	"data.release/registrar/extract/delivery"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
)

// Linking makes person maps. It opens the identity area and the root key, and
// never the activity area.
type Linking struct {
	river.WorkerDefaults[release.PopulationArgs]

	Service  *release.Service
	Identity *lake.Store
	Root     *pseudonym.Root
	To       age.Recipient // the extracting worker
	Handover string        // directory
	Spill    string
	Memory   string // of DuckDB
	Threads  int
}

// Timeout of a population; a national one takes minutes.
func (*Linking) Timeout(*river.Job[release.PopulationArgs]) time.Duration { return time.Hour }

// Work starts an approved extract: the gate once more, then a person map for
// every line, then the run is queued. Doing it twice makes the same map.
func (l *Linking) Work(ctx context.Context, job *river.Job[release.PopulationArgs]) error {
	id := job.Args.Extract
	run, err := l.Service.StartRun(ctx, id)
	if errors.Is(err, fault.Refused) || errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) {
		slog.InfoContext(ctx, "extract not started", "extract", id, "reason", fault.Code(err))
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	handovers := make([]release.Handover, len(run.Lines))
	for i, line := range run.Lines {
		// A name for each try: a map that waits for its run is never replaced.
		handovers[i] = release.Handover{Line: line.Line, File: fmt.Sprintf("%s-%d-%d.%d.age", id, line.Line, job.ID, job.Attempt)}
		if handovers[i].SHA256, err = l.hand(ctx, line, handovers[i].File); err != nil {
			return l.failed(ctx, job, err)
		}
	}
	return l.Service.HandedOver(ctx, id, handovers)
}

// hand writes the person map of a line and gives its digest.
func (l *Linking) hand(ctx context.Context, line release.RunLine, file string) (sha256 string, err error) {
	p, err := plan.Parse(line.PlanJSON, line.PlanSHA256)
	if err != nil {
		return "", err
	}
	_, index := split(line.Parts)
	if got := lake.Snapshot(index); got != p.Snapshot.Index {
		return "", fault.New(fault.Conflict, "The person index is not the one that the plan of line %d names: ask again.", line.Line)
	}
	population := extract.PopulationJob{Plan: p, Index: index, Identity: l.Identity, Root: l.Root, To: l.To,
		File: filepath.Join(l.Handover, file), Work: filepath.Join(l.Spill, "population"), Memory: l.Memory, Threads: l.Threads}
	if p.OptOuts != nil {
		if line.OptOutList == nil || line.OptOutList.SHA256 != p.OptOuts.List.SHA256 {
			return "", fault.New(fault.Conflict, "The opt-out list of line %d is not the one that its plan names.", line.Line)
		}
		population.OptOuts = line.OptOutList.Key
	}
	handed, err := extract.Population(ctx, population)
	return handed.SHA256, err
}

func (l *Linking) failed(ctx context.Context, job *river.Job[release.PopulationArgs], cause error) error {
	if !last(job.Attempt, job.MaxAttempts, cause) {
		return cause
	}
	forget(ctx, l.Handover, job.Args.Extract)
	return errors.Join(river.JobCancel(cause), l.Service.FailRun(ctx, job.Args.Extract, told(cause)))
}

// Extracting runs plans. It opens the activity area and the delivery store,
// gets derived keys only, and signs manifests.
type Extracting struct {
	river.WorkerDefaults[release.RunArgs]

	Service  *release.Service
	Activity *lake.Store
	Delivery *delivery.Store
	Identity age.Identity // to which person maps are encrypted
	Signer   note.Signer
	Handover string
	Engine   engine.Engine
	Clock    func() time.Time
	Program  string // version of Registrar, for manifests
}

// Timeout of a run.
func (*Extracting) Timeout(*river.Job[release.RunArgs]) time.Duration { return 12 * time.Hour }

// Work runs an extract's plans and records what they made. Running again after
// a crash begins anew and makes the same.
func (e *Extracting) Work(ctx context.Context, job *river.Job[release.RunArgs]) error {
	run, err := e.Service.RunOf(ctx, job.Args.Extract)
	if errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) {
		forget(ctx, e.Handover, job.Args.Extract)
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	results := make([]release.RunResult, len(run.Lines))
	for i := range run.Lines {
		if results[i], err = e.line(ctx, job, run, i); err != nil {
			if !last(job.Attempt, job.MaxAttempts, err) {
				return err
			}
			forget(ctx, e.Handover, run.Extract)
			return errors.Join(river.JobCancel(err), e.Service.FailRun(ctx, run.Extract, told(err)))
		}
	}
	if err := e.Service.Produced(ctx, run.Extract, results); err != nil {
		return e.dropped(ctx, job, run, err)
	}
	forget(ctx, e.Handover, run.Extract)
	return nil
}

// dropped deletes what a run made that nobody waits for: another run of the
// same extract was quicker, or the extract was cancelled meanwhile.
func (e *Extracting) dropped(ctx context.Context, job *river.Job[release.RunArgs], run release.Run, cause error) error {
	if !errors.Is(cause, fault.Conflict) {
		return cause
	}
	forget(ctx, e.Handover, run.Extract)
	for _, line := range run.Lines {
		if _, err := e.Delivery.Discard(ctx, runID(job, line)); err != nil {
			return errors.Join(cause, err)
		}
	}
	return river.JobCancel(cause)
}

// runID begins the names of a run's files: of this job alone, so that no other
// run of the same extract can delete them.
func runID(job *river.Job[release.RunArgs], line release.RunLine) string {
	return fmt.Sprintf("%s-%d-%d", job.Args.Extract, line.Line, job.ID)
}

// forget removes the person maps of an extract whose run is over, however it
// ended; those of other tries too.
func forget(ctx context.Context, dir string, extract uuid.UUID) {
	maps, err := filepath.Glob(filepath.Join(dir, extract.String()+"-*.age"))
	for _, path := range maps {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		slog.WarnContext(ctx, "removing person maps", "extract", extract, "error", err)
	}
}

func (e *Extracting) line(ctx context.Context, claimed *river.Job[release.RunArgs], run release.Run, at int) (release.RunResult, error) {
	line := run.Lines[at]
	p, err := plan.Parse(line.PlanJSON, line.PlanSHA256)
	if err != nil {
		return release.RunResult{}, err
	}
	handed, ok := claimed.Args.Of(line.Line)
	if !ok || handed.SHA256 == "" || filepath.Base(handed.File) != handed.File {
		return release.RunResult{}, fault.New(fault.Conflict, "No person map was handed over for line %d.", line.Line)
	}
	activity, _ := split(line.Parts)
	job := extract.Job{Plan: p, Parts: activity, Activity: e.Activity, Handover: filepath.Join(e.Handover, handed.File), HandoverSHA256: handed.SHA256, Identity: e.Identity,
		Delivery: e.Delivery, RunID: runID(claimed, line), Engine: e.Engine,
		Progress: func(done, of int) error {
			return e.Service.Progress(ctx, run.Extract, (100*at+100*done/of)/len(run.Lines))
		}}
	for _, key := range run.RecipientKeys {
		recipient, err := age.ParseX25519Recipient(key)
		if err != nil {
			return release.RunResult{}, fmt.Errorf("reading a recipient's key: %w", err)
		}
		job.Recipients = append(job.Recipients, recipient)
	}
	result, err := extract.Run(ctx, job)
	if err != nil {
		return release.RunResult{}, err
	}
	return e.describe(run, line, p, result)
}

func (e *Extracting) describe(run release.Run, line release.RunLine, p plan.Plan, result extract.Result) (release.RunResult, error) {
	manifest, err := extract.NewManifest(run.Extract.String(), p, result, run.RecipientKeys, e.Clock())
	if err != nil {
		return release.RunResult{}, err
	}
	manifest.Program, manifest.Policy = e.Program, gate.PolicyDigest()
	manifest.People = []extract.Person{{Role: "requester", ID: run.RequestedBy.String()}, {Role: "approver", ID: run.ApprovedBy.String()}}
	shown, err := manifest.ForRecipient()
	if err != nil {
		return release.RunResult{}, err
	}
	out := release.RunResult{Line: line.Line, Read: result.Counts.Read, Written: result.Counts.Written, Removed: result.Counts.Removed, RecipientKeys: run.RecipientKeys}
	if out.Manifest, err = manifest.Sign(e.Signer); err != nil {
		return release.RunResult{}, err
	}
	if out.RecipientManifest, err = shown.Sign(e.Signer); err != nil {
		return release.RunResult{}, err
	}
	for _, o := range result.Outputs {
		out.Outputs = append(out.Outputs, release.Output{Name: o.Name, Key: o.Key, Rows: o.Rows, Size: o.Size, SHA256: o.SHA256, PlaintextSHA256: o.PlaintextSHA256})
	}
	return out, nil
}

// last says that a failure is not worth another try: what a person must put
// right, or the last of the tries.
func last(attempt, most int, cause error) bool {
	return attempt >= most || errors.Is(cause, fault.Conflict) || errors.Is(cause, fault.Invalid) || errors.Is(cause, fault.Refused)
}

// told is a failure in words for the team: a fault's own, or that it is in the
// log.
func told(cause error) string {
	var known *fault.Error
	if errors.As(cause, &known) {
		return known.Error()
	}
	return "The run failed for an internal reason, which the worker's log has."
}
