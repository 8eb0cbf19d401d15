// Package ledger keeps append-only transparency logs in PostgreSQL: leaves and
// the hashes over them are rows, so that a leaf is written in the transaction
// of what it records, or not at all.
//
// A log is published as C2SP tlog-tiles (RFC 6962 hashes, SHA-256): package
// web/log serves checkpoint, tiles and entry bundles from these tables.
// Nothing that no checkpoint covers is ever served. Checkpoints are C2SP
// signed notes; only the process that holds the key can make them.
//
// Three tables, made by migrations and never updated or deleted from, by
// trigger: ledger_leaf, ledger_hash (in the order of tlog.StoredHashIndex) and
// ledger_checkpoint.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"

	"filippo.io/torchwood"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
)

// MaxLeaf is the size of the largest leaf in bytes: an entry bundle gives each
// leaf's length in two bytes (C2SP tlog-tiles, "Log entries").
const MaxLeaf = 65535

// Log is the name of a log within the database. Its public name, the origin,
// is the name of the key that signs its checkpoints.
type Log string

// Register is the log of the public register: the leaf at index i is entry
// number i+1.
const Register Log = "register"

// Queryer is what reading needs: a *sql.DB, *sql.Conn or *sql.Tx.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Append adds leaves to the register's log; see [Log.Append].
func Append(ctx context.Context, tx *sql.Tx, leaves [][]byte) (first int64, err error) {
	return Register.Append(ctx, tx, leaves)
}

// Append adds leaves in order, within the caller's transaction, and returns
// the index of the first. They and their hashes become part of the log when
// the caller commits; a rollback leaves nothing.
//
// Until then the transaction holds the log's lock, so that indexes have no
// gaps: other appenders wait, readers do not. Append as late in the
// transaction as can be.
//
// A leaf larger than [MaxLeaf] is [fault.TooLarge], an empty one
// [fault.Invalid]; every such leaf is named and nothing is written. A
// transaction that reads from a snapshot older than the log's last leaf
// (repeatable read) gets [fault.Conflict].
func (l Log) Append(ctx context.Context, tx *sql.Tx, leaves [][]byte) (first int64, err error) {
	if err := checkLeaves(leaves); err != nil {
		return 0, err
	}
	first, err = l.Next(ctx, tx)
	if err != nil || len(leaves) == 0 {
		return first, err
	}
	hashes, err := l.grow(ctx, tx, first, leaves)
	if err != nil {
		return 0, fmt.Errorf("hashing %d leaves of log %s: %w", len(leaves), l, err)
	}
	if err := l.insertLeaves(ctx, tx, first, leaves); err != nil {
		return 0, appendError(err)
	}
	if err := l.insertHashes(ctx, tx, tlog.StoredHashCount(first), hashes); err != nil {
		return 0, appendError(err)
	}
	return first, nil
}

// Next takes the log's lock, which the transaction then holds until it ends,
// and returns the index that its next [Log.Append] will begin with: for what
// must name its own number before it is a leaf.
func (l Log) Next(ctx context.Context, tx *sql.Tx) (int64, error) {
	if err := l.lock(ctx, tx, "append"); err != nil {
		return 0, err
	}
	return l.Size(ctx, tx)
}

func checkLeaves(leaves [][]byte) error {
	kind, reasons := fault.Invalid, []fault.Reason(nil)
	for i, leaf := range leaves {
		field := fmt.Sprintf("leaves[%d]", i)
		switch {
		case len(leaf) == 0:
			reasons = append(reasons, fault.Reason{Code: "leaf-empty", Field: field, Message: "a leaf cannot be empty"})
		case len(leaf) > MaxLeaf:
			kind = fault.TooLarge
			reasons = append(reasons, fault.Reason{Code: "leaf-size", Field: field,
				Message: fmt.Sprintf("has %d bytes; a leaf holds at most %d", len(leaf), MaxLeaf)})
		}
	}
	if reasons == nil {
		return nil
	}
	return fault.New(kind, "%d of %d leaves cannot go into the log", len(reasons), len(leaves)).With(reasons...)
}

// grow computes the hashes to store for leaves that follow the first `first`
// ones. Only the right edge is read; all else is in memory.
func (l Log) grow(ctx context.Context, q Queryer, first int64, leaves [][]byte) ([]tlog.Hash, error) {
	edge := torchwood.RightEdge(first)
	stored, err := l.readHashes(ctx, q, edge)
	if err != nil {
		return nil, err
	}
	old := make(map[int64]tlog.Hash, len(edge))
	for i, id := range edge {
		old[id] = stored[i]
	}
	base := tlog.StoredHashCount(first)
	hashes := make([]tlog.Hash, 0, 2*len(leaves))
	known := tlog.HashReaderFunc(func(ids []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(ids))
		for i, id := range ids {
			if id >= base {
				out[i] = hashes[id-base]
				continue
			}
			hash, ok := old[id]
			if !ok {
				return nil, fmt.Errorf("hash %d is not on the right edge of %d leaves", id, first)
			}
			out[i] = hash
		}
		return out, nil
	})
	for i, leaf := range leaves {
		more, err := tlog.StoredHashes(first+int64(i), leaf, known)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, more...)
	}
	return hashes, nil
}

// batchBytes bounds one insert statement's arrays; PostgreSQL takes at most
// 1 GiB in a value, and a batch is held twice in memory while it is sent.
const batchBytes = 8 << 20

func (l Log) insertLeaves(ctx context.Context, tx *sql.Tx, first int64, leaves [][]byte) error {
	for from := 0; from < len(leaves); {
		to, size := from, 0
		for to < len(leaves) && (to == from || size+len(leaves[to]) <= batchBytes) {
			size += len(leaves[to])
			to++
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO ledger_leaf (log, index, leaf)
			SELECT $1, $2::bigint + ordinality - 1, leaf
			FROM unnest($3::bytea[]) WITH ORDINALITY AS new (leaf, ordinality)`,
			string(l), first+int64(from), leaves[from:to])
		if err != nil {
			return fmt.Errorf("inserting leaves %d to %d of log %s: %w", first+int64(from), first+int64(to)-1, l, err)
		}
		from = to
	}
	return nil
}

func (l Log) insertHashes(ctx context.Context, tx *sql.Tx, first int64, hashes []tlog.Hash) error {
	const batch = batchBytes / tlog.HashSize
	for from := 0; from < len(hashes); from += batch {
		part := hashes[from:min(from+batch, len(hashes))]
		values := make([][]byte, len(part))
		for i := range part {
			values[i] = part[i][:]
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO ledger_hash (log, id, hash)
			SELECT $1, $2::bigint + ordinality - 1, hash
			FROM unnest($3::bytea[]) WITH ORDINALITY AS new (hash, ordinality)`,
			string(l), first+int64(from), values)
		if err != nil {
			return fmt.Errorf("inserting hashes of log %s: %w", l, err)
		}
	}
	return nil
}

// appendError turns a collision of indexes into a conflict: the lock admits one
// appender at a time, so it means that this transaction cannot see what the
// one before it committed.
func appendError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case pg.Code == "23505" && (pg.ConstraintName == "ledger_leaf_pkey" || pg.ConstraintName == "ledger_hash_pkey"), pg.Code == "40001":
			return fault.New(fault.Conflict, "the log has grown since this transaction began; run it again").Because(err)
		}
	}
	return err
}

// lock takes a lock of the log until the transaction ends.
func (l Log) lock(ctx context.Context, tx *sql.Tx, purpose string) error {
	key := fnv.New64a()
	fmt.Fprintf(key, "registrar ledger\x00%s\x00%s", l, purpose)
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(key.Sum64())); err != nil {
		return fmt.Errorf("locking log %s: %w", l, err)
	}
	return nil
}

// Size is the number of leaves that q sees, signed or not.
func (l Log) Size(ctx context.Context, q Queryer) (int64, error) {
	var size int64
	err := q.QueryRowContext(ctx, `SELECT coalesce(max(index) + 1, 0) FROM ledger_leaf WHERE log = $1`, string(l)).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("reading the size of log %s: %w", l, err)
	}
	return size, nil
}
