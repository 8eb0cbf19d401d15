package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
)

// ConsistencyFormat is the first member of every file of a consistency proof.
const ConsistencyFormat = "registrar-consistency/1"

// Consistency is a file that proves, beside the log's verifier key and a
// checkpoint that was kept, that the log still begins with what it held then.
type Consistency struct {
	Format     string         `json:"format"`
	From       int64          `json:"from"`       // size of the earlier tree
	To         int64          `json:"to"`         // size of the checkpoint's tree
	Proof      tlog.TreeProof `json:"proof"`      // RFC 6962 §2.1.2, base64
	Checkpoint string         `json:"checkpoint"` // the signed note
}

// ParseConsistency reads such a file strictly; what is none is [fault.Invalid].
func ParseConsistency(data []byte) (Consistency, error) {
	var c Consistency
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Consistency{}, fault.New(fault.Invalid, "this is no consistency proof: %s", explain(err)).Because(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || c.Format != ConsistencyFormat || c.Proof == nil || c.Checkpoint == "" {
		return Consistency{}, fault.New(fault.Invalid, "this is no complete consistency proof")
	}
	return c, nil
}

// Verify holds the proof against the earlier checkpoint. The error is a
// [fault.Invalid] with every reason.
func (c Consistency) Verify(key note.Verifier, earlier string) error {
	var reasons []fault.Reason
	now, err := OpenCheckpoint(c.Checkpoint, key)
	if err != nil {
		reasons = append(reasons, Reasons(err)...)
	}
	before, err := OpenCheckpoint(earlier, key)
	if err != nil {
		for _, reason := range Reasons(err) {
			reason.Field = "earlier checkpoint"
			reasons = append(reasons, reason)
		}
	}
	if len(reasons) == 0 {
		reasons = Continues(now.Tree, before.Tree, c.Proof)
		if c.From != before.N || c.To != now.N {
			reasons = append(reasons, fault.Reason{Code: "consistency", Field: "proof",
				Message: fmt.Sprintf("leads from %d entries to %d; the checkpoints are of %d and %d", c.From, c.To, before.N, now.N)})
		}
	}
	if len(reasons) > 0 {
		return fault.New(fault.Invalid, "the log does not continue the earlier checkpoint").With(reasons...)
	}
	return nil
}

// Continues gives the reasons why a tree does not begin with an earlier one;
// none where the proof shows that it does. Every tree begins with the empty one.
func Continues(now, before tlog.Tree, consistency tlog.TreeProof) []fault.Reason {
	switch {
	case before.N > now.N:
		return []fault.Reason{{Code: "rollback", Field: "log", Message: fmt.Sprintf(
			"had %d leaves when it was seen before and has %d now: leaves were taken back", before.N, now.N)}}
	case before.N == 0 && len(consistency) == 0:
		return nil
	case tlog.CheckTree(consistency, now.N, now.Hash, before.N, before.Hash) != nil:
		return []fault.Reason{{Code: "rewritten", Field: "log", Message: fmt.Sprintf(
			"does not continue what was seen before at %d leaves: it was rewritten, or shows different readers different logs, or the proof was changed", before.N)}}
	}
	return nil
}
