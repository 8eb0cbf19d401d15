package registertest

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
)

var small = Size{Agreements: 20, Versions: 3, Releases: 500, Words: 50}

// The made tables are those that the use cases would have written: gapless,
// with every entry's own leaf under one tree.
func TestAMadeRegisterIsOne(t *testing.T) {
	db := migrationstest.New(t)
	ctx := t.Context()
	if err := Make(ctx, db.Pool, small); err != nil {
		t.Fatal(err)
	}
	if made, err := Is(ctx, db.Pool, small); err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	size, err := ledger.Register.Size(ctx, db.DB)
	if err != nil || size != 560 {
		t.Fatalf("%d leaves, %v", size, err)
	}
	var entries, same, texts, indexes int
	err = db.Pool.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE e.leaf = l.leaf),
		(SELECT count(*) FROM entry_texts), (SELECT count(*) FROM pg_indexes WHERE tablename IN ('entries', 'entry_texts'))
		FROM entries e JOIN ledger_leaf l ON l.index = e.id - 1`).Scan(&entries, &same, &texts, &indexes)
	if err != nil || entries != 560 || same != 560 || texts != 500*4+60*8 || indexes < 8 {
		t.Errorf("%d entries, %d with their leaf, %d texts, %d indexes, %v", entries, same, texts, indexes, err)
	}
	var leaf, hash []byte
	if err := db.Pool.QueryRow(ctx, `SELECT leaf, (SELECT hash FROM ledger_hash WHERE log = 'register' AND id = 0) FROM entries WHERE id = 1`).Scan(&leaf, &hash); err != nil {
		t.Fatal(err)
	}
	if want := tlog.RecordHash(leaf); !bytes.Equal(hash, want[:]) {
		t.Error("the first hash is not that of the first leaf")
	}
}

func TestTheSameSizeGivesTheSameRegister(t *testing.T) {
	first, second := slices.Collect(newGenerator(small).all()), slices.Collect(newGenerator(small).all())
	if !reflect.DeepEqual(first, second) {
		t.Error("two registers of one size differ")
	}
	keys, organisations := map[string]bool{}, map[string]bool{}
	for i, e := range first {
		if e.Number != int64(i)+1 || i > 0 && e.RecordedAt.Before(first[i-1].RecordedAt) {
			t.Fatalf("entry %d at %s follows %s", e.Number, e.RecordedAt, first[i-1].RecordedAt)
		}
		if keys[e.RowKey] {
			t.Fatalf("the row key %s comes twice", e.RowKey)
		}
		keys[e.RowKey], organisations[e.Get(register.OrganisationID)] = true, true
	}
	if len(organisations) < 10 {
		t.Errorf("%d organisations", len(organisations))
	}
}
