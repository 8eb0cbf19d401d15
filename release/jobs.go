package release

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
)

// The queues: one for each right. A linking worker opens the identity area,
// an extracting worker the activity area and derived keys alone.
const (
	LinkingQueue    = "linking"
	ExtractingQueue = "extracting"
)

// PopulationArgs asks a linking worker for the person maps of an extract.
type PopulationArgs struct {
	Extract uuid.UUID `json:"extract" river:"unique"`
}

// Kind names the job.
func (PopulationArgs) Kind() string { return "population" }

// InsertOpts puts it into the linking queue; a repeat while one waits is the
// same job.
func (PopulationArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: LinkingQueue, MaxAttempts: 5}
}

// RunArgs asks an extracting worker to run an extract's plans, over the person
// maps that the linking worker says it wrote.
type RunArgs struct {
	Extract   uuid.UUID  `json:"extract" river:"unique"`
	Handovers []Handover `json:"handovers"`
}

// Handover is a line's person map. Its digest goes by way of the database:
// anybody could write a map encrypted to the worker's public key.
type Handover struct {
	Line   int    `json:"line"`
	File   string `json:"file"` // name in the directory of handovers
	SHA256 string `json:"sha256"`
}

// Of is the map of a line; false if none was handed over.
func (a RunArgs) Of(line int) (Handover, bool) {
	for _, h := range a.Handovers {
		if h.Line == line {
			return h, true
		}
	}
	return Handover{}, false
}

// Kind names the job.
func (RunArgs) Kind() string { return "run" }

// InsertOpts puts it into the extracting queue.
func (RunArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: ExtractingQueue, MaxAttempts: 5}
}

func (w *work) queue(ctx context.Context, s *Service, args river.JobArgs) error {
	if s.jobs == nil {
		return fmt.Errorf("this process queues no jobs (%s)", args.Kind())
	}
	if _, err := s.jobs.InsertTx(ctx, w.tx, args, nil); err != nil {
		return fmt.Errorf("queueing %s: %w", args.Kind(), err)
	}
	return nil
}
