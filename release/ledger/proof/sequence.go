package proof

import (
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
)

// Place says where an entry's leaf stands in the log. Every entry of a file that
// can be verified has one, as its member "proof", unless it is newer than the
// file's checkpoint.
type Place struct {
	Leaf string `json:"leaf"` // the leaf's bytes, which are canonical JSON
	// Before are the hashes of all that lies between the leaf of the entry before
	// it in the file (or the log's beginning) and this one; see [Between].
	Before []tlog.Hash `json:"before,omitempty"`
}

// Head begins a bundle, and its members begin the register's JSON too.
type Head struct {
	Format     string `json:"format"`
	Log        string `json:"log,omitempty"` // its origin
	Size       int64  `json:"size"`          // entries that the checkpoint covers
	Checkpoint string `json:"checkpoint"`    // the signed note; empty before the first
}

// End ends a bundle, and its members end the register's JSON too.
type End struct {
	Entries int64       `json:"count"` // of the file, those without a proof too
	After   []tlog.Hash `json:"after"` // of all that lies after the last entry; see [Between]
}

// Sequence verifies the entries of a file, one after another in the order of
// their numbers, against the file's checkpoint. It holds a hash for each level
// of the tree and the numbers of entries with erased texts, and nothing else of
// what it has seen.
type Sequence struct {
	walk       *Walk
	root       tlog.Hash
	signed     bool // the checkpoint holds, so that there is a root to come to
	lost       bool // something was out of place: the root cannot come right, and that has been said
	last       int64
	erased     []missing
	tombstones Tombstones
	report     SequenceReport
}

type missing struct {
	entry int64
	field string
}

// SequenceReport is what a file was found to hold. No findings: every entry
// that the checkpoint covers is as it was logged.
type SequenceReport struct {
	Log      string         `json:"log"`      // by the name of its key
	Size     int64          `json:"size"`     // entries that the checkpoint covers
	Root     string         `json:"root"`     // of the checkpoint's tree, base64
	Entries  int64          `json:"entries"`  // entries that stand in the signed log as the file has them
	Texts    int64          `json:"texts"`    // texts that fit their commitments
	Erased   int64          `json:"erased"`   // texts said to be erased by law
	Withheld int64          `json:"withheld"` // texts that await a person's decision
	Missing  []string       `json:"missing"`  // erased and withheld texts by name, the first MaxReported
	Unsigned int64          `json:"unsigned"` // entries newer than the checkpoint, of which nothing is proven
	Whole    bool           `json:"whole"`    // the file has every entry that the checkpoint covers
	Findings []fault.Reason `json:"findings"` // the first MaxReported
	Found    int            `json:"found"`    // how many there are in all
}

// MaxReported bounds what a report repeats.
const MaxReported = 100

func (r *SequenceReport) find(reasons ...fault.Reason) {
	r.Found += len(reasons)
	r.Findings = append(r.Findings, reasons[:min(len(reasons), MaxReported-len(r.Findings))]...)
}

// NewSequence begins with the file's checkpoint. One that does not hold is a
// finding; entries are still held against their leaves.
func NewSequence(key note.Verifier, checkpoint string) *Sequence {
	s := &Sequence{tombstones: Tombstones{}, report: SequenceReport{Log: key.Name(), Missing: []string{}, Findings: []fault.Reason{}}}
	opened, err := OpenCheckpoint(checkpoint, key)
	if err != nil {
		s.report.find(Reasons(err)...)
		s.lost = true
		return s
	}
	s.signed, s.root, s.walk = true, opened.Hash, NewWalk(opened.N)
	s.report.Size, s.report.Root = opened.N, opened.Hash.String()
	return s
}

// Find adds what the reader of the file found by itself.
func (s *Sequence) Find(reasons ...fault.Reason) { s.report.find(reasons...) }

// Entry takes the next entry as /register.json has it, with its member "proof".
func (s *Sequence) Entry(raw json.RawMessage) {
	var head struct {
		Number int64  `json:"number"`
		Proof  *Place `json:"proof"`
	}
	if err := json.Unmarshal(raw, &head); err != nil || head.Number < 1 {
		s.report.find(fault.Reason{Code: "entry-form", Field: "entry " + after(s.last), Message: "is no entry with a number and a proof"})
		s.lost = true
		return
	}
	if s.Place(head.Number, head.Proof) {
		s.Checked(CheckEntry(head.Number-1, []byte(head.Proof.Leaf), raw))
	}
}

func after(number int64) string {
	if number == 0 {
		return "at the beginning"
	}
	return fmt.Sprintf("after entry %d", number)
}

// Place takes the place of the next entry, nil where it has none. It tells
// whether there is a leaf to hold the entry against; the result of doing so goes
// to Checked.
func (s *Sequence) Place(number int64, place *Place) bool {
	lose := func(code, format string, args ...any) bool {
		s.report.find(named(number, fault.Reason{Code: code, Message: fmt.Sprintf(format, args...)})...)
		s.lost = true
		return false
	}
	if number <= s.last {
		return lose("entry-order", "comes after entry %d: it was put elsewhere, or is there twice", s.last)
	}
	s.last = number
	switch {
	case place == nil && s.signed && number > s.report.Size:
		s.report.Unsigned++
		return false
	case place == nil:
		return lose("proof-missing", "has no proof")
	case s.signed && number > s.report.Size:
		return lose("inclusion", "is beyond the checkpoint's %d entries and has a proof all the same", s.report.Size)
	}
	if s.signed && !s.lost {
		if err := s.walk.Leaf(number-1, place.Before, tlog.RecordHash([]byte(place.Leaf))); err != nil {
			lose("inclusion", "its proof is not the one of its place: %s", err)
		}
	}
	return true
}

// Checked takes what holding the entry against its leaf gave.
func (s *Sequence) Checked(e Entry) {
	s.report.find(named(e.Number, e.Reasons...)...)
	s.report.Entries++
	s.report.Texts += int64(e.Checked)
	s.tombstones.Add(e)
	for _, field := range e.Erased {
		s.report.Erased++
		s.report.miss(e.Number, field, "erased")
		s.erased = append(s.erased, missing{e.Number, field})
	}
	for _, field := range e.Withheld {
		s.report.Withheld++
		s.report.miss(e.Number, field, "withheld")
	}
}

func (r *SequenceReport) miss(number int64, field, what string) {
	if len(r.Missing) < MaxReported {
		r.Missing = append(r.Missing, fmt.Sprintf("entry %d, %s: %s", number, field, what))
	}
}

// Close walks to the end of the log and gives the report. Of a file that has
// the whole log, each erased text must have a tombstone, which a part may lack.
func (s *Sequence) Close(rest []tlog.Hash) SequenceReport {
	s.report.Whole = s.signed && !s.lost && s.report.Entries == s.report.Size
	if s.signed && !s.lost {
		root, err := s.walk.Root(rest)
		switch {
		case err != nil:
			s.report.find(fault.Reason{Code: "inclusion", Field: "end of the file", Message: "the proof does not lead to the end of the log: " + err.Error()})
		case root != s.root:
			s.report.find(fault.Reason{Code: "root", Field: "checkpoint", Message: "the leaves of these entries do not give the root that was signed: a leaf or a hash was changed, or leaves were exchanged"})
		}
	}
	if s.report.Whole {
		for _, m := range s.erased {
			if !s.tombstones.Cover(m.entry, m.field) {
				s.report.find(named(m.entry, fault.Reason{Code: "text-missing", Field: m.field,
					Message: "the text is said to be erased, but the log holds no tombstone for it"})...)
			}
		}
	}
	return s.report
}

// named puts the entry's number before each reason's field.
func named(number int64, reasons ...fault.Reason) []fault.Reason {
	out := slices.Clone(reasons)
	for i, reason := range out {
		out[i].Field = fmt.Sprintf("entry %d", number)
		if reason.Field != "" {
			out[i].Field += ", " + reason.Field
		}
	}
	return out
}

// Lose says that the file's order or proofs are lost from here on, which its
// reader has named or returned: the root is not asked for.
func (s *Sequence) Lose() { s.lost = true }
