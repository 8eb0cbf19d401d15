package offline

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
)

// The sheets of a workbook that can be verified. The first has an entry on each
// row, its columns those of register.Columns; the second has the proof of the
// same entry on the row after: its first row after the titles holds the
// checkpoint, its last the hashes after the last entry.
const (
	EntriesSheet = "Register"
	ProofsSheet  = "Proofs"
)

// ProofColumns are those of the sheet of proofs.
var ProofColumns = []string{"Part", "Entry", "Leaf or checkpoint", "Hashes", "Salts", "Other texts"}

// The parts that rows of the sheet of proofs hold.
const (
	partCheckpoint = "checkpoint"
	partEntry      = "entry"
	partUnsigned   = "newer" // an entry that the checkpoint does not cover
	partEnd        = "end"
)

// CheckpointRow is the sheet's first row after the titles.
func CheckpointRow(checkpoint string) []any { return []any{partCheckpoint, nil, checkpoint} }

// EntryRow is the row of an entry: nil where the checkpoint does not cover it.
func EntryRow(e register.Entry, place *proof.Place) ([]any, error) {
	if place == nil {
		return []any{partUnsigned, e.Number}, nil
	}
	salts, others := map[register.Field]string{}, map[register.Field]string{}
	for _, t := range e.Texts {
		if t.Erased || t.Withheld {
			continue
		}
		salts[t.Field] = hex.EncodeToString(t.Salt)
		if !inCell[t.Field] {
			others[t.Field] = t.Text
		}
	}
	out := []any{partEntry, e.Number, place.Leaf, joinHashes(place.Before), "", ""}
	for i, texts := range []map[register.Field]string{salts, others} {
		if len(texts) == 0 {
			continue
		}
		object, err := json.Marshal(texts)
		if err != nil {
			return nil, err
		}
		out[4+i] = string(object)
	}
	return out, nil
}

// EndRow is the sheet's last row.
func EndRow(end proof.End) []any { return []any{partEnd, end.Entries, nil, joinHashes(end.After)} }

// inCell are the fields whose text is a cell by itself.
var inCell = func() map[register.Field]bool {
	out := map[register.Field]bool{}
	for _, c := range register.Columns() {
		if field, ok := c.Field(); ok {
			out[field] = true
		}
	}
	return out
}()

func joinHashes(hashes []tlog.Hash) string {
	parts := make([]string, len(hashes))
	for i, h := range hashes {
		parts[i] = h.String()
	}
	return strings.Join(parts, " ")
}

func splitHashes(text string) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, part := range strings.Fields(text) {
		raw, err := base64.StdEncoding.DecodeString(part)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, errors.New("a hash is not 32 bytes in base64")
		}
		out = append(out, tlog.Hash(raw))
	}
	return out, nil
}

// proofRow is a row of the sheet of proofs as read.
type proofRow struct {
	part   string
	number int64
	leaf   string
	hashes []tlog.Hash
	salts  map[register.Field]string
	others map[register.Field]string
}

func readProofRow(cells []string) (proofRow, error) {
	at := func(i int) string {
		if i < len(cells) {
			return cells[i]
		}
		return ""
	}
	row := proofRow{part: at(0), leaf: at(2)}
	if at(1) != "" {
		if _, err := fmt.Sscan(at(1), &row.number); err != nil {
			return row, fmt.Errorf("%q is no number of an entry", at(1))
		}
	}
	var err error
	if row.hashes, err = splitHashes(at(3)); err != nil {
		return row, err
	}
	for i, into := range []*map[register.Field]string{&row.salts, &row.others} {
		if text := at(4 + i); text != "" {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				return row, fmt.Errorf("its %s are no JSON object", strings.ToLower(ProofColumns[4+i]))
			}
		}
	}
	return row, nil
}
