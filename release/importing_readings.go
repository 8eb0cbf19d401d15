package release

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
)

// ownMembers are those of a leaf that are the entry's own, and say nothing of
// the row that it is a reading of.
var ownMembers = []string{"number", "recorded_at", "edition", "source_id", "commitments"}

// recordedReading is what the register has of a row: its leaf, and the salts of
// its texts, of those that were not erased.
type recordedReading struct {
	leaf  map[string]json.RawMessage
	salts map[register.Field][]byte
}

// readings compares rows that keep an id with the latest reading of each that
// the register has; nil where no row keeps one. Texts are compared by the log's
// commitments, so that one that is withheld counts as what it is; one that was
// erased is not compared.
func (w *work) readings(ctx context.Context, entries []*register.Entry) (*register.Readings, error) {
	keys := map[string]bool{}
	for _, e := range entries {
		if e.RowKey != "" {
			keys[e.RowKey] = true
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	recorded, err := w.recordedReadings(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("reading what is recorded of the edition's rows: %w", err)
	}
	out := &register.Readings{}
	for _, e := range entries {
		if e.RowKey == "" {
			continue
		}
		known, found := recorded[e.RowKey]
		if !found {
			out.New++
			continue
		}
		same, err := known.says(*e)
		if err != nil {
			return nil, err
		}
		if same {
			out.Unchanged++
		} else {
			out.Changed++
		}
	}
	return out, nil
}

func (w *work) recordedReadings(ctx context.Context, keys map[string]bool) (map[string]recordedReading, error) {
	out := map[string]recordedReading{}
	all := make([]string, 0, len(keys))
	for key := range keys {
		all = append(all, key)
	}
	slices.Sort(all)
	for part := range slices.Chunk(all, 5_000) {
		rows, err := w.tx.QueryContext(ctx, `
			SELECT r.row_key, r.leaf,
				(SELECT jsonb_object_agg(t.field, encode(t.salt, 'hex')) FROM (
					SELECT field, salt FROM entry_texts WHERE entry_texts = r.id
					UNION ALL SELECT w.field, c.salt FROM withheld_texts w JOIN withheld_contents c ON c.withheld_text_content = w.id WHERE w.entry_number = r.id) AS t)
			FROM (SELECT DISTINCT ON (e.row_key) e.row_key, e.id, e.leaf FROM entries e JOIN editions d ON d.id = e.edition_entries
				WHERE e.row_key = ANY($1) ORDER BY e.row_key, d.period_from DESC, e.id DESC) AS r`, part)
		if err != nil {
			return nil, err
		}
		if err := scanReadings(rows, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scanReadings(rows *sql.Rows, out map[string]recordedReading) error {
	defer rows.Close()
	for rows.Next() {
		var key string
		var leaf, salts []byte
		if err := rows.Scan(&key, &leaf, &salts); err != nil {
			return err
		}
		var r recordedReading
		if err := json.Unmarshal(leaf, &r.leaf); err != nil {
			return err
		}
		coded := map[register.Field]hexBytes{}
		if len(salts) > 0 {
			if err := json.Unmarshal(salts, &coded); err != nil {
				return err
			}
		}
		r.salts = make(map[register.Field][]byte, len(coded))
		for field, salt := range coded {
			r.salts[field] = salt
		}
		out[key] = r
	}
	return rows.Err()
}

// says whether an entry that is about to be made says what the recorded reading
// says.
func (r recordedReading) says(e register.Entry) (bool, error) {
	var commitments map[register.Field]string
	if text, has := r.leaf["commitments"]; has {
		if err := json.Unmarshal(text, &commitments); err != nil {
			return false, err
		}
	}
	seen := 0
	for _, t := range e.Texts {
		committed, has := commitments[t.Field]
		if !has {
			return false, nil
		}
		seen++
		if salt, kept := r.salts[t.Field]; kept && proof.Commit(salt, string(t.Field), t.Text) != committed {
			return false, nil
		}
	}
	if seen != len(commitments) {
		return false, nil
	}
	// The leaf that the entry would have, but for what is its own.
	bare := e
	bare.Number, bare.Texts = 1, nil
	if bare.RecordedAt.IsZero() {
		bare.RecordedAt = anyMoment
	}
	leaf, err := bare.Leaf()
	if err != nil {
		return false, fmt.Errorf("making a leaf to compare: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(leaf, &members); err != nil {
		return false, err
	}
	count := 0
	for name, value := range members {
		if slices.Contains(ownMembers, name) {
			continue
		}
		count++
		if !bytes.Equal(r.leaf[name], value) {
			return false, nil
		}
	}
	for name := range r.leaf {
		if !slices.Contains(ownMembers, name) {
			count--
		}
	}
	return count == 0, nil
}

// anyMoment stands in a leaf that is only compared.
var anyMoment = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// hexBytes are bytes in hexadecimal.
type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}
