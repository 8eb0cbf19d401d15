package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// Checkpoint is a signed tree head as stored.
type Checkpoint struct {
	Size int64
	Note string // the C2SP signed note, as served
	At   time.Time
}

// Latest returns the last checkpoint; [fault.NotFound] before the first.
func (l Log) Latest(ctx context.Context, q Queryer) (Checkpoint, error) {
	var c Checkpoint
	err := q.QueryRowContext(ctx, `
		SELECT size, note, at FROM ledger_checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1`,
		string(l)).Scan(&c.Size, &c.Note, &c.At)
	if errors.Is(err, sql.ErrNoRows) {
		return Checkpoint{}, fault.New(fault.NotFound, "the log has no checkpoint yet")
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("reading the last checkpoint of log %s: %w", l, err)
	}
	return c, nil
}

// Covering returns the first checkpoint of at least size leaves, which stays
// the same for ever, or the last one where none has as many yet;
// [fault.NotFound] before the first.
func (l Log) Covering(ctx context.Context, q Queryer, size int64) (Checkpoint, error) {
	var c Checkpoint
	err := q.QueryRowContext(ctx, `
		SELECT size, note, at FROM ledger_checkpoint WHERE log = $1 AND size >= $2 ORDER BY size LIMIT 1`,
		string(l), size).Scan(&c.Size, &c.Note, &c.At)
	if errors.Is(err, sql.ErrNoRows) {
		return l.Latest(ctx, q)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("reading a checkpoint of log %s: %w", l, err)
	}
	return c, nil
}

// Checkpoint signs the log's present size, unless the last checkpoint has that
// size already, and returns the last checkpoint either way. It is called on a
// beat by the process that holds the key; two at once wait for each other.
//
// Before it signs, it opens the last checkpoint with the key, derives the new
// root from that one and the leaves since, and compares every stored hash on
// the way: it never signs a tree that does not continue what it signed before
// (the error is then [fault.Conflict] and says where the tables disagree).
// An empty log gets a checkpoint too, so that verifiers can pin its beginning.
func (l Log) Checkpoint(ctx context.Context, db *sql.DB, key Key, at time.Time) (Checkpoint, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signing log %s: %w", l, err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing

	if err := l.lock(ctx, tx, "sign"); err != nil {
		return Checkpoint{}, err
	}
	size, err := l.Size(ctx, tx)
	if err != nil {
		return Checkpoint{}, err
	}
	last, signed, err := l.lastSigned(ctx, tx, key)
	if err != nil {
		return Checkpoint{}, err
	}
	if signed && last.Size == size {
		return last, nil
	}
	root, err := l.verifiedRoot(ctx, tx, last, size, key)
	if err != nil {
		return Checkpoint{}, err
	}
	text := torchwood.Checkpoint{Origin: key.Origin(), Tree: tlog.Tree{N: size, Hash: root}}.String()
	signature, err := note.Sign(&note.Note{Text: text}, key.signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signing log %s: %w", l, err)
	}
	next := Checkpoint{Size: size, Note: string(signature), At: at}
	if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_checkpoint (log, size, note, at) VALUES ($1, $2, $3, $4)`,
		string(l), next.Size, next.Note, next.At); err != nil {
		return Checkpoint{}, fmt.Errorf("storing the checkpoint of log %s: %w", l, err)
	}
	if err := tx.Commit(); err != nil {
		return Checkpoint{}, fmt.Errorf("storing the checkpoint of log %s: %w", l, err)
	}
	return next, nil
}

// lastSigned returns the last checkpoint and whether there is one; without one
// it is the empty tree.
func (l Log) lastSigned(ctx context.Context, q Queryer, key Key) (Checkpoint, bool, error) {
	last, err := l.Latest(ctx, q)
	if errors.Is(err, fault.NotFound) {
		return Checkpoint{}, false, nil
	}
	return last, err == nil, err
}

// verifiedRoot derives the root at size from the last checkpoint's tree and
// the leaves since, and holds the stored hashes against what it derives.
func (l Log) verifiedRoot(ctx context.Context, q Queryer, last Checkpoint, size int64, key Key) (tlog.Hash, error) {
	refuse := func(format string, args ...any) error {
		return fault.New(fault.Conflict, "log %s was not signed: %s", l, fmt.Sprintf(format, args...))
	}
	if size < last.Size {
		return tlog.Hash{}, refuse("it has %d leaves and was signed with %d", size, last.Size)
	}
	hashes := l.hashes(ctx, q)
	var old torchwood.Checkpoint
	if last.Note != "" {
		var err error
		if old, err = proof.OpenCheckpoint(last.Note, key.verifier); err != nil {
			return tlog.Hash{}, refuse("its last checkpoint is not by the key of %s, or was changed", key.Origin())
		}
		if root, err := tlog.TreeHash(old.N, hashes); err != nil || root != old.Hash || old.N != last.Size {
			return tlog.Hash{}, refuse("the stored hashes do not give the root that was signed at %d leaves", old.N)
		}
	}
	if err := l.compareSince(ctx, q, old.N, size); err != nil {
		return tlog.Hash{}, err
	}
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("reading the root of log %s: %w", l, err)
	}
	if old.N > 0 {
		consistency, err := l.ProveConsistency(ctx, q, size, old.N)
		if err != nil {
			return tlog.Hash{}, err
		}
		if tlog.CheckTree(consistency, size, root, old.N, old.Hash) != nil {
			return tlog.Hash{}, refuse("its tree of %d leaves does not continue the one signed at %d", size, old.N)
		}
	}
	return root, nil
}

// compareSince derives the hashes of the leaves [from, size) again and
// compares them with the stored ones.
func (l Log) compareSince(ctx context.Context, q Queryer, from, size int64) error {
	const batch = 1024 // leaves held at once: 64 MiB at the most
	for ; from < size; from += batch {
		to := min(from+batch, size)
		found := make(map[int64][]byte, to-from)
		if err := l.readLeaves(ctx, q, from, to, found); err != nil {
			return fmt.Errorf("reading leaves of log %s: %w", l, err)
		}
		leaves := make([][]byte, to-from)
		for i := range leaves {
			leaf, ok := found[from+int64(i)]
			if !ok {
				return fault.New(fault.Conflict, "log %s was not signed: leaf %d is missing", l, from+int64(i))
			}
			leaves[i] = leaf
		}
		derived, err := l.grow(ctx, q, from, leaves)
		if err != nil {
			return fmt.Errorf("hashing leaves of log %s: %w", l, err)
		}
		ids := make([]int64, len(derived))
		for i := range ids {
			ids[i] = tlog.StoredHashCount(from) + int64(i)
		}
		stored, err := l.readHashes(ctx, q, ids)
		if err != nil {
			return fmt.Errorf("reading hashes of log %s: %w", l, err)
		}
		for i := range ids {
			if stored[i] != derived[i] {
				return fault.New(fault.Conflict, "log %s was not signed: %s", l, describe(ids[i], "does not follow from the leaves"))
			}
		}
	}
	return nil
}

// describe names a stored hash by the leaves it stands over.
func describe(id int64, what string) string {
	level, n := tlog.SplitStoredHashIndex(id)
	if level == 0 {
		return fmt.Sprintf("the hash of leaf %d %s", n, what)
	}
	return fmt.Sprintf("the hash over leaves %d to %d %s", n<<level, (n+1)<<level-1, what)
}
