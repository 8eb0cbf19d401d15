package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// Report is what [Log.Check] read and found. No findings: the tables hold what
// was appended and what was signed.
type Report struct {
	Log         string         `json:"log"`
	Leaves      int64          `json:"leaves"`
	Hashes      int64          `json:"hashes"`
	Checkpoints int            `json:"checkpoints"`
	Signed      int64          `json:"signed"` // size of the last checkpoint that holds
	Findings    []fault.Reason `json:"findings"`
}

// MaxFindings bounds a report: a table damaged throughout is one fact, not a
// million.
const MaxFindings = 100

func (r *Report) find(code, field, format string, args ...any) {
	if len(r.Findings) < MaxFindings {
		r.Findings = append(r.Findings, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// Check computes every hash again from the leaves, in one snapshot, and opens
// every checkpoint with the verifier key. It names what disagrees: a leaf
// with its hash, a hash with the two below it, a missing or surplus row, a
// checkpoint with its signature or with the tree. Each change is named where it
// was made, not again in every hash above. The error is for what could not
// be read; disagreement is in the report.
func (l Log) Check(ctx context.Context, db *sql.DB, key note.Verifier) (Report, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Report{}, fmt.Errorf("checking log %s: %w", l, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	r := Report{Log: string(l), Findings: []fault.Reason{}}
	if r.Leaves, err = l.Size(ctx, tx); err != nil {
		return Report{}, err
	}
	if err := l.checkHashes(ctx, tx, &r); err != nil {
		return Report{}, fmt.Errorf("checking the hashes of log %s: %w", l, err)
	}
	if err := l.checkCheckpoints(ctx, tx, key, &r); err != nil {
		return Report{}, fmt.Errorf("checking the checkpoints of log %s: %w", l, err)
	}
	return r, nil
}

// node is a hash as stored, and as what stands below it gives it.
type node struct{ stored, derived tlog.Hash }

func (l Log) checkHashes(ctx context.Context, q Queryer, r *Report) error {
	const batch = 1024
	var left []node // roots of the complete subtrees so far, as a binary counter has ones
	for from := int64(0); from < r.Leaves; from += batch {
		to := min(from+batch, r.Leaves)
		leaves := make(map[int64][]byte, batch)
		if err := l.readLeaves(ctx, q, from, to, leaves); err != nil {
			return err
		}
		hashes := make(map[int64]tlog.Hash, 2*batch)
		if err := l.hashesIn(ctx, q, tlog.StoredHashCount(from), tlog.StoredHashCount(to), hashes); err != nil {
			return err
		}
		r.Hashes += int64(len(hashes))
		for n := from; n < to; n++ {
			left = checkLeaf(n, leaves, hashes, left, r)
		}
	}
	var surplus int64
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM ledger_hash WHERE log = $1 AND (id < 0 OR id >= $2)`,
		string(l), tlog.StoredHashCount(r.Leaves)).Scan(&surplus); err != nil {
		return err
	}
	if surplus > 0 {
		r.find("hash-surplus", "ledger_hash", "%d hashes stand over no leaf: leaves were removed from the end, or hashes added", surplus)
	}
	return nil
}

// checkLeaf compares the hashes stored with leaf n to what they stand over,
// and returns the roots to its left for the next one.
func checkLeaf(n int64, leaves map[int64][]byte, hashes map[int64]tlog.Hash, left []node, r *Report) []node {
	id := tlog.StoredHashIndex(0, n)
	stored, found := hashes[id]
	leaf, present := leaves[n]
	current := node{stored, tlog.RecordHash(leaf)}
	switch {
	case !present:
		r.find("leaf-missing", leafField(n), "the leaf is missing")
		current.derived = stored
	case !found:
		r.find("hash-missing", leafField(n), "%s", describe(id, "is missing"))
		current.stored = current.derived
	case stored != current.derived:
		r.find("leaf-changed", leafField(n), "the leaf and its stored hash do not fit: one of them was changed")
	}
	for level := 1; level <= bits.TrailingZeros64(uint64(n+1)); level++ {
		sibling := left[len(left)-1]
		left = left[:len(left)-1]
		stored, found := hashes[id+int64(level)]
		next := node{stored, tlog.NodeHash(sibling.derived, current.derived)}
		switch {
		case !found:
			r.find("hash-missing", leafField(n), "%s", describe(id+int64(level), "is missing"))
			next.stored = next.derived
		case follows(stored, sibling, current):
			next.derived = stored // what is wrong below has been named
		default:
			r.find("hash-changed", leafField(n), "%s", describe(id+int64(level), "does not follow from the hashes below it"))
		}
		current = next
	}
	return append(left, current)
}

// follows says whether a hash stands over two others, taking each of them as
// stored or as derived: a change below is then not reported again above.
func follows(hash tlog.Hash, left, right node) bool {
	for _, a := range []tlog.Hash{left.stored, left.derived} {
		for _, b := range []tlog.Hash{right.stored, right.derived} {
			if tlog.NodeHash(a, b) == hash {
				return true
			}
		}
	}
	return false
}

// leafField names a leaf by its index and the number that its entry has.
func leafField(n int64) string { return fmt.Sprintf("leaf %d (entry %d)", n, n+1) }

func (l Log) hashesIn(ctx context.Context, q Queryer, from, to int64, into map[int64]tlog.Hash) error {
	rows, err := q.QueryContext(ctx, `SELECT id, hash FROM ledger_hash WHERE log = $1 AND id >= $2 AND id < $3`,
		string(l), from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var hash []byte
		if err := rows.Scan(&id, &hash); err != nil {
			return err
		}
		if len(hash) == tlog.HashSize {
			into[id] = tlog.Hash(hash)
		}
	}
	return rows.Err()
}

func (l Log) checkCheckpoints(ctx context.Context, q Queryer, key note.Verifier, r *Report) error {
	rows, err := q.QueryContext(ctx, `SELECT size, note FROM ledger_checkpoint WHERE log = $1 ORDER BY size`, string(l))
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []Checkpoint
	for rows.Next() {
		var c Checkpoint
		if err := rows.Scan(&c.Size, &c.Note); err != nil {
			return err
		}
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	r.Checkpoints = len(all)
	broken := false // once the tree has left what was signed, every later root differs too
	for _, c := range all {
		field := fmt.Sprintf("checkpoint at %d leaves", c.Size)
		opened, err := proof.OpenCheckpoint(c.Note, key)
		switch {
		case err != nil:
			for _, reason := range proof.Reasons(err) {
				r.find(reason.Code, field, "%s", reason.Message)
			}
			continue
		case opened.N != c.Size:
			r.find("checkpoint-size", field, "was signed for %d leaves", opened.N)
			continue
		case opened.N > r.Leaves:
			r.find("rollback", field, "the log has only %d leaves: it lost some that were signed", r.Leaves)
			broken = true
			continue
		case broken:
			continue
		}
		if root, err := tlog.TreeHash(opened.N, l.hashes(ctx, q)); err != nil || root != opened.Hash {
			r.find("root", field, "the leaves from %d to %d do not give the root that was signed", r.Signed, c.Size-1)
			broken = true
			continue
		}
		r.Signed = c.Size
	}
	return nil
}
