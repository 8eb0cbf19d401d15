package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// Bundle makes the proof file of the register's entry at index (its number
// less one): leaf, inclusion in the last checkpoint, and the entry's texts
// with the salts of their commitments. It reads one snapshot and checks
// nothing; whoever has the file does.
//
// An index with no entry is [fault.NotFound]; one whose entry no checkpoint
// covers yet is [fault.Unavailable], and will be covered at the next beat.
func Bundle(ctx context.Context, db *sql.DB, index int64) (proof.Bundle, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return proof.Bundle{}, fmt.Errorf("proving entry %d: %w", index+1, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	leaf, err := Register.Leaf(ctx, tx, index)
	if errors.Is(err, fault.NotFound) {
		return proof.Bundle{}, fault.New(fault.NotFound, "there is no entry %d", index+1)
	}
	if err != nil {
		return proof.Bundle{}, err
	}
	last, err := Register.Latest(ctx, tx)
	if errors.Is(err, fault.NotFound) || (err == nil && index >= last.Size) {
		return proof.Bundle{}, fault.New(fault.Unavailable, "entry %d is in the log, but no checkpoint covers it yet; try again in a minute", index+1)
	}
	if err != nil {
		return proof.Bundle{}, err
	}
	inclusion, err := Register.ProveInclusion(ctx, tx, last.Size, index)
	if err != nil {
		return proof.Bundle{}, err
	}
	texts, err := entryTexts(ctx, tx, index+1)
	if err != nil {
		return proof.Bundle{}, fmt.Errorf("reading the texts of entry %d: %w", index+1, err)
	}
	return proof.NewBundle(index, leaf, inclusion, last.Note, texts)
}

// entryTexts reads the texts that stand beside an entry. The table is ent's
// (schema EntryText); its column entry_texts is the entry's number.
func entryTexts(ctx context.Context, q Queryer, number int64) ([]proof.Text, error) {
	rows, err := q.QueryContext(ctx, `SELECT field, text, salt FROM entry_texts WHERE entry_texts = $1`, number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var texts []proof.Text
	for rows.Next() {
		var t proof.Text
		var salt []byte
		if err := rows.Scan(&t.Field, &t.Text, &salt); err != nil {
			return nil, err
		}
		t.Salt = hex.EncodeToString(salt)
		texts = append(texts, t)
	}
	return texts, rows.Err()
}
