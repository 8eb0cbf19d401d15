package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
)

// Tile returns one tile of a log as C2SP tlog-tiles has it: 32 bytes a hash,
// or, at level -1, the entry bundle, each leaf after its length in two bytes.
//
// size is a signed size: whatever reaches beyond it is [fault.NotFound], even
// when the leaves are in the table, for nothing unsigned is served. A partial
// tile is also served when the full one exists, which the same bytes begin.
func (l Log) Tile(ctx context.Context, q Queryer, tile tlog.Tile, size int64) ([]byte, error) {
	if !within(tile, size) {
		return nil, fault.New(fault.NotFound, "the signed log of %d leaves has no such tile", size)
	}
	if tile.L == -1 {
		return l.entries(ctx, q, tile.N*torchwood.TileWidth, tile.W)
	}
	data, err := tlog.ReadTileData(tile, l.hashes(ctx, q))
	if err != nil {
		return nil, fmt.Errorf("reading tile %s of log %s: %w", torchwood.TilePath(tile), l, err)
	}
	return data, nil
}

// within says whether a tree of size leaves has every hash (or leaf) of the
// tile, without overflow for any tile that a path can name.
func within(tile tlog.Tile, size int64) bool {
	level := max(tile.L, 0)
	if tile.H != torchwood.TileHeight || tile.L < -1 || tile.N < 0 || tile.W < 1 || tile.W > torchwood.TileWidth ||
		level*torchwood.TileHeight > 62 {
		return false
	}
	hashes := size >> (level * torchwood.TileHeight)
	return tile.N <= hashes/torchwood.TileWidth && tile.N*torchwood.TileWidth+int64(tile.W) <= hashes
}

func (l Log) entries(ctx context.Context, q Queryer, first int64, width int) ([]byte, error) {
	leaves := make(map[int64][]byte, width)
	err := l.readLeaves(ctx, q, first, first+int64(width), leaves)
	var bundle []byte
	for index := first; err == nil && index < first+int64(width); index++ {
		leaf, ok := leaves[index]
		if !ok {
			err = fmt.Errorf("leaf %d is missing", index)
			break
		}
		bundle, err = torchwood.AppendTileEntry(bundle, leaf)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the entry bundle at %d of log %s: %w", first, l, err)
	}
	return bundle, nil
}

// readLeaves puts the leaves of [from, to) that there are into a map.
func (l Log) readLeaves(ctx context.Context, q Queryer, from, to int64, into map[int64][]byte) error {
	rows, err := q.QueryContext(ctx, `SELECT index, leaf FROM ledger_leaf WHERE log = $1 AND index >= $2 AND index < $3`,
		string(l), from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var index int64
		var leaf []byte
		if err := rows.Scan(&index, &leaf); err != nil {
			return err
		}
		into[index] = leaf
	}
	return rows.Err()
}

// Leaf returns one leaf; [fault.NotFound] if there is none.
func (l Log) Leaf(ctx context.Context, q Queryer, index int64) ([]byte, error) {
	var leaf []byte
	err := q.QueryRowContext(ctx, `SELECT leaf FROM ledger_leaf WHERE log = $1 AND index = $2`, string(l), index).Scan(&leaf)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "the log has no leaf %d", index)
	}
	if err != nil {
		return nil, fmt.Errorf("reading leaf %d of log %s: %w", index, l, err)
	}
	return leaf, nil
}

// ProveInclusion returns the proof that the tree of size leaves has the leaf
// at index, hashes from the leaf upwards (RFC 6962 §2.1.1).
func (l Log) ProveInclusion(ctx context.Context, q Queryer, size, index int64) (tlog.RecordProof, error) {
	if index < 0 || index >= size {
		return nil, fault.New(fault.NotFound, "the tree of %d leaves has no leaf %d", size, index)
	}
	proof, err := tlog.ProveRecord(size, index, l.hashes(ctx, q))
	if err != nil {
		return nil, fmt.Errorf("proving leaf %d in %d of log %s: %w", index, size, l, err)
	}
	return proof, nil
}

// ProveConsistency returns the proof that the tree of size leaves begins with
// the one of old leaves (RFC 6962 §2.1.2). Any tree continues the empty one,
// with an empty proof.
func (l Log) ProveConsistency(ctx context.Context, q Queryer, size, old int64) (tlog.TreeProof, error) {
	if old < 0 || old > size {
		return nil, fault.New(fault.NotFound, "a tree of %d leaves cannot continue one of %d", size, old)
	}
	if old == 0 {
		return tlog.TreeProof{}, nil
	}
	proof, err := tlog.ProveTree(size, old, l.hashes(ctx, q))
	if err != nil {
		return nil, fmt.Errorf("proving %d in %d of log %s: %w", old, size, l, err)
	}
	return proof, nil
}

// Hashes returns stored hashes by their indexes, in the order of
// [tlog.StoredHashIndex], such as [proof.Between] gives them.
func (l Log) Hashes(ctx context.Context, q Queryer, ids []int64) ([]tlog.Hash, error) {
	return l.readHashes(ctx, q, ids)
}

// hashes reads stored hashes through q.
func (l Log) hashes(ctx context.Context, q Queryer) tlog.HashReader {
	return tlog.HashReaderFunc(func(ids []int64) ([]tlog.Hash, error) { return l.readHashes(ctx, q, ids) })
}

func (l Log) readHashes(ctx context.Context, q Queryer, ids []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := q.QueryContext(ctx, `
		SELECT wanted.ordinality, stored.hash
		FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (id, ordinality)
		JOIN ledger_hash stored ON stored.log = $1 AND stored.id = wanted.id`, string(l), ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var position int64
		var hash []byte
		if err := rows.Scan(&position, &hash); err != nil {
			return nil, err
		}
		if len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("stored hash %d has %d bytes", ids[position-1], len(hash))
		}
		copy(out[position-1][:], hash)
		found++
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if found != len(ids) {
		return nil, fmt.Errorf("%d of %d hashes are missing", len(ids)-found, len(ids))
	}
	return out, nil
}
