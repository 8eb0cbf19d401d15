package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/extract"
	"data.release/registrar/extract/delivery"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/extract/worker"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
)

// workCmd runs jobs as one of two workers, which see different things. The
// extracting one also signs the log's checkpoints, on a beat.
type workCmd struct {
	As string `required:"" enum:"linking,extracting" help:"linking (identity area, root key) or extracting (activity area, derived keys, signing keys)."`
}

// beat is how often a checkpoint is signed, if there is anything new.
const beat = 2 * time.Second

// Run works until it is told to stop.
func (c *workCmd) Run(s *Settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := s.logger()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	workers := river.NewWorkers()
	queue := release.LinkingQueue
	if c.As == "linking" {
		err = addLinking(ctx, s, opened, workers)
	} else {
		queue = release.ExtractingQueue
		err = addExtracting(ctx, s, opened, workers, log)
	}
	if err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(opened.pool), &river.Config{
		Queues: map[string]river.QueueConfig{queue: {MaxWorkers: 1}}, Workers: workers, Logger: log, FetchPollInterval: 500 * time.Millisecond,
		ReindexerSchedule: river.NeverSchedule(), // a worker does not own the queue's indexes
	})
	if err != nil {
		return fmt.Errorf("opening the queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("starting the worker: %w", err)
	}
	log.Info("working", "as", c.As)
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.StopAndCancel(ending); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stopping the worker: %w", err)
	}
	return nil
}

func addLinking(ctx context.Context, s *Settings, opened *store, workers *river.Workers) error {
	if err := s.need("work --as linking", map[string]string{"identity-store": s.IdentityStore, "root-key-file": s.RootKeyFile,
		"worker-key-file": s.WorkerKeyFile, "handover-dir": s.HandoverDir, "spill-dir": s.SpillDir}); err != nil {
		return err
	}
	identity, err := lake.Open(ctx, s.IdentityStore)
	if err != nil {
		return err
	}
	root, err := pseudonym.ReadRoot(s.RootKeyFile)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(s.WorkerKeyFile + ".pub")
	if err != nil {
		return fault.New(fault.Invalid, "The extracting worker's public key %s.pub cannot be read.", s.WorkerKeyFile).Because(err)
	}
	to, err := age.ParseX25519Recipient(trimmed(string(text)))
	if err != nil {
		return fault.New(fault.Invalid, "%s.pub holds no age public key.", s.WorkerKeyFile)
	}
	if err := errors.Join(extract.SweepHandovers(s.HandoverDir), extract.SweepPopulations(filepath.Join(s.SpillDir, "population"))); err != nil {
		return err
	}
	return river.AddWorkerSafely(workers, &worker.Linking{Service: opened.service, Identity: identity, Root: root, To: to, Handover: s.HandoverDir, Spill: s.SpillDir, Memory: s.Memory, Threads: s.Threads})
}

func addExtracting(ctx context.Context, s *Settings, opened *store, workers *river.Workers, log *slog.Logger) error {
	if err := s.need("work --as extracting", map[string]string{"activity-store": s.ActivityStore, "delivery-store": s.DeliveryStore, "worker-key-file": s.WorkerKeyFile,
		"handover-dir": s.HandoverDir, "spill-dir": s.SpillDir, "log-key-file": s.LogKeyFile, "manifest-key-file": s.ManifestKeyFile}); err != nil {
		return err
	}
	activity, err := lake.Open(ctx, s.ActivityStore)
	if err != nil {
		return err
	}
	files, err := delivery.Open(ctx, s.DeliveryStore)
	if err != nil {
		return err
	}
	identity, err := readWorkerKey(s.WorkerKeyFile)
	if err != nil {
		return err
	}
	key, err := ledger.ReadKey(s.LogKeyFile)
	if err != nil {
		return err
	}
	secret, err := readSecret(s.ManifestKeyFile, "manifests' key")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(secret))
	if err != nil {
		return fault.New(fault.Invalid, "%s holds no signing key.", s.ManifestKeyFile)
	}
	machine := &engine.DuckDB{Dir: filepath.Join(s.SpillDir, "engine"), Memory: s.Memory, Threads: s.Threads}
	if err := machine.Sweep(); err != nil {
		return err
	}
	go signCheckpoints(ctx, opened, key, log)
	return river.AddWorkerSafely(workers, &worker.Extracting{Service: opened.service, Activity: activity, Delivery: files, Identity: identity,
		Signer: signer, Handover: s.HandoverDir, Engine: machine, Clock: time.Now, Program: version()})
}

// signCheckpoints signs the log on a beat, until ctx ends.
func signCheckpoints(ctx context.Context, opened *store, key ledger.Key, log *slog.Logger) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		if _, err := ledger.Register.Checkpoint(ctx, opened.db, key, time.Now()); err != nil && ctx.Err() == nil {
			log.Error("signing a checkpoint", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// version of this program as it was built: the module's, with the revision
// where the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			out += " " + setting.Value
		}
	}
	return out
}
