// Package engine runs plans. The contract is small, so that another engine can
// stand in DuckDB's place: it gets a plan, the persons and the key for record
// ids, and for any set of input parts it counts the rows by what becomes of
// them and writes those that leave. enginetest has the suite that every engine
// must pass.
package engine

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
)

// Engine runs plans.
type Engine interface {
	// Name of the engine with its version, as manifests have it.
	Name() string
	// Open prepares to run one plan: it reads the persons, all of them, and
	// keeps no plaintext of them on disk. An error of the persons' sequence is
	// given back as it is.
	Open(ctx context.Context, t Task) (Session, error)
}

// Task is one plan to run, with what it needs.
type Task struct {
	Plan plan.Plan
	// Persons is the person map, each person once. It is read once.
	Persons iter.Seq2[Person, error]
	// Records is the key of record ids in the plan's domain.
	Records pseudonym.Key
	// Readable are the directories in which the input files lie, absolute and
	// free of symbolic links.
	Readable []string
}

// Person is one row of the person map.
type Person struct {
	ID        string
	Pseudonym string // empty on identifiable plans
	OptedOut  bool
	Checked   string   // one of the plan's Checked constants
	Values    []string // of the plan's PersonColumns, in order; empty is no value
}

// Input is rows of a Parquet file: those whose place in it, from 0, is at least
// From and less than To.
type Input struct {
	Path     string
	From, To int64
}

// Session is a plan being run. Its methods are for one goroutine at a time.
type Session interface {
	// Count says for each input how many rows are written and how many are
	// removed for each reason.
	Count(ctx context.Context, inputs []Input) ([]Counts, error)
	// Write writes the rows of the inputs that leave to w as one whole file of
	// the plan's format, in the plan's order, and says how many they were. The
	// same rows of the same files in the same order make the same bytes,
	// whatever threads and memory there are. An error of w ends the work and is
	// given back as it is; so does the context's. What was written then is
	// worth nothing.
	Write(ctx context.Context, inputs []Input, w io.Writer) (rows int64, err error)
	// Close frees everything and removes what was spilled.
	Close() error
}

// Counts says what became of the rows of an input.
type Counts struct {
	Read    int64            `json:"read"`
	Written int64            `json:"written"`
	Removed map[string]int64 `json:"removed"` // by reason, every one of plan.Removals that the plan asks
	// Unknown rows are of persons who are not in the person map, which then is
	// not that of the data. They are neither written nor removed.
	Unknown int64 `json:"unknown,omitempty"`
}

// Add adds the counts of another input.
func (c *Counts) Add(other Counts) {
	c.Read += other.Read
	c.Written += other.Written
	c.Unknown += other.Unknown
	for reason, rows := range other.Removed {
		if c.Removed == nil {
			c.Removed = map[string]int64{}
		}
		c.Removed[reason] += rows
	}
}

// Check makes sure that every row that was read is accounted for.
func (c Counts) Check() error {
	sum := c.Written
	for reason, rows := range c.Removed {
		if !slices.Contains(plan.Removals, reason) || rows < 0 {
			return fmt.Errorf("the counts do not add up: %d rows removed for %q", rows, reason)
		}
		sum += rows
	}
	if c.Unknown != 0 {
		return fmt.Errorf("%d of %d rows are of persons who are not in the person map: it was made of other data", c.Unknown, c.Read)
	}
	if sum != c.Read || c.Written < 0 {
		return fmt.Errorf("the counts do not add up: %d rows read, %d written, removed %v", c.Read, c.Written, c.sorted())
	}
	return nil
}

func (c Counts) sorted() []string {
	out := make([]string, 0, len(c.Removed))
	for _, reason := range slices.Sorted(maps.Keys(c.Removed)) {
		out = append(out, fmt.Sprintf("%s %d", reason, c.Removed[reason]))
	}
	return out
}
