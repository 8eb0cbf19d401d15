package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// tamper changes a log's tables as someone with every right on the database
// could.
func tamper(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, table := range []string{"ledger_leaf", "ledger_hash", "ledger_checkpoint"} {
		statements = slices.Insert(statements, 0, "ALTER TABLE "+table+" DISABLE TRIGGER ALL")
		statements = append(statements, "ALTER TABLE "+table+" ENABLE TRIGGER ALL")
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// rehash is the careful forger: it changes a leaf and every hash above it.
func rehash(t testing.TB, db *sql.DB, index int64, leaf string) {
	t.Helper()
	tamper(t, db, fmt.Sprintf(`UPDATE ledger_leaf SET leaf = '%s' WHERE index = %d`, leaf, index), `DELETE FROM ledger_hash`)
	size, err := Register.Size(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	leaves := map[int64][]byte{}
	if err := Register.readLeaves(t.Context(), db, 0, size, leaves); err != nil {
		t.Fatal(err)
	}
	ordered := make([][]byte, size)
	for i := range ordered {
		ordered[i] = leaves[int64(i)]
	}
	hashes, err := Register.grow(t.Context(), db, 0, ordered)
	if err != nil {
		t.Fatal(err)
	}
	tx := begin(t, db)
	if err := Register.insertHashes(t.Context(), tx, 0, hashes); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestCheckFindsAndNamesWhateverWasChanged(t *testing.T) {
	// 1,300 leaves cross the batches in which they are read; signed at 500 and 1,300.
	hash := func(level int, n int64) int64 { return tlog.StoredHashIndex(level, n) }
	other := strings.Repeat("00", 32)
	cases := []struct {
		name   string
		change func(t *testing.T, db *sql.DB)
		want   []string // code and field of each finding
	}{
		{"nothing", func(*testing.T, *sql.DB) {}, nil},
		{"a leaf", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `UPDATE ledger_leaf SET leaf = '{"number":42}' WHERE index = 41`)
		}, []string{"leaf-changed leaf 41 (entry 42)"}},
		{"the hash of a leaf", func(t *testing.T, db *sql.DB) {
			tamper(t, db, fmt.Sprintf(`UPDATE ledger_hash SET hash = '\x%s' WHERE id = %d`, other, hash(0, 1100)))
		}, []string{"leaf-changed leaf 1100 (entry 1101)"}},
		{"a hash inside", func(t *testing.T, db *sql.DB) {
			tamper(t, db, fmt.Sprintf(`UPDATE ledger_hash SET hash = '\x%s' WHERE id = %d`, other, hash(3, 5)))
		}, []string{"hash-changed leaf 47 (entry 48)"}},
		{"a hash on the edge of what was signed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, fmt.Sprintf(`UPDATE ledger_hash SET hash = '\x%s' WHERE id = %d`, other, hash(8, 0)))
		}, []string{"hash-changed leaf 255 (entry 256)", "root checkpoint at 500 leaves"}},
		{"a leaf removed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `DELETE FROM ledger_leaf WHERE index = 600`)
		}, []string{"leaf-missing leaf 600 (entry 601)"}},
		{"a hash removed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, fmt.Sprintf(`DELETE FROM ledger_hash WHERE id IN (%d, %d)`, hash(0, 3), hash(1, 1)))
		}, []string{"hash-missing leaf 3 (entry 4)", "hash-missing leaf 3 (entry 4)"}},
		{"the last leaves removed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `DELETE FROM ledger_leaf WHERE index >= 1290`)
		}, []string{"hash-surplus ledger_hash", "rollback checkpoint at 1300 leaves"}},
		{"a leaf and every hash above it", func(t *testing.T, db *sql.DB) {
			rehash(t, db, 700, `{"number":701}`)
		}, []string{"root checkpoint at 1300 leaves"}},
		{"a checkpoint", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `UPDATE ledger_checkpoint SET note = replace(note, '500', '501') WHERE size = 500`)
		}, []string{"checkpoint-signature checkpoint at 500 leaves"}},
		{"a checkpoint's size", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `UPDATE ledger_checkpoint SET size = 501 WHERE size = 500`)
		}, []string{"checkpoint-size checkpoint at 501 leaves"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := migrationstest.New(t)
			key := testKey(t)
			for _, n := range []int{500, 800} {
				size, _ := Register.Size(t.Context(), d.DB)
				appendLeaves(t, d.DB, Register, leavesOf(int(size), n))
				if _, err := Register.Checkpoint(t.Context(), d.DB, key, moment); err != nil {
					t.Fatal(err)
				}
			}
			c.change(t, d.DB)
			r, err := Register.Check(t.Context(), d.DB, key.Verifier())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Findings {
				got = append(got, f.Code+" "+f.Field)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if c.want == nil && (r.Signed != 1300 || r.Leaves != 1300 || r.Hashes != tlog.StoredHashCount(1300) || r.Checkpoints != 2) {
				t.Errorf("report %+v", r)
			}
		})
	}
}

func TestCheckpointSignsWhatIsNewAndNothingElse(t *testing.T) {
	d := migrationstest.New(t)
	key := testKey(t)
	sign := func() (Checkpoint, error) { return Register.Checkpoint(t.Context(), d.DB, key, moment) }

	empty, err := sign()
	if err != nil || empty.Size != 0 {
		t.Fatalf("of the empty log: %+v, %v", empty, err)
	}
	appendLeaves(t, d.DB, Register, leavesOf(0, 1500))
	first, err := sign()
	if err != nil || first.Size != 1500 {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := sign()
	if err != nil || again.Note != first.Note {
		t.Fatalf("signed twice: %+v, %v", again, err)
	}
	opened, err := proof.OpenCheckpoint(first.Note, key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	var tree proof.Tree
	for _, leaf := range leavesOf(0, 1500) {
		tree.Append(tlog.RecordHash(leaf)) //nolint:errcheck // the root would differ
	}
	if root, _ := tree.Root(1500); opened.Hash != root || opened.N != 1500 {
		t.Errorf("signed %v, want %v", opened.Tree, root)
	}
	var stored int
	if err := d.DB.QueryRow(`SELECT count(*) FROM ledger_checkpoint`).Scan(&stored); err != nil || stored != 2 {
		t.Errorf("%d checkpoints, %v", stored, err)
	}
}

// A tree that does not continue what was signed is never signed.
func TestCheckpointRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, db *sql.DB)
		want   string
	}{
		{"a new leaf changed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `UPDATE ledger_leaf SET leaf = 'x' WHERE index = 350`)
		}, "the hash of leaf 350 does not follow from the leaves"},
		{"a new hash changed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, fmt.Sprintf(`UPDATE ledger_hash SET hash = '\x%064d' WHERE id = %d`, 0, tlog.StoredHashIndex(2, 80)))
		}, "the hash over leaves 320 to 323"},
		{"a new leaf removed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `DELETE FROM ledger_leaf WHERE index = 350`)
		}, "leaf 350 is missing"},
		{"a signed leaf changed, with its hashes", func(t *testing.T, db *sql.DB) { rehash(t, db, 100, "x") },
			"do not give the root that was signed at 300 leaves"},
		{"signed leaves removed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `DELETE FROM ledger_leaf WHERE index >= 299`)
		}, "it has 299 leaves and was signed with 300"},
		{"the last checkpoint changed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `UPDATE ledger_checkpoint SET note = replace(note, '300', '290')`)
		}, "its last checkpoint is not by the key"},
		{"the last checkpoint's size changed", func(t *testing.T, db *sql.DB) {
			tamper(t, db, `UPDATE ledger_checkpoint SET size = 299`)
		}, "do not give the root that was signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := migrationstest.New(t)
			key := testKey(t)
			appendLeaves(t, d.DB, Register, leavesOf(0, 300))
			if _, err := Register.Checkpoint(t.Context(), d.DB, key, moment); err != nil {
				t.Fatal(err)
			}
			appendLeaves(t, d.DB, Register, leavesOf(300, 100))
			c.change(t, d.DB)
			_, err := Register.Checkpoint(t.Context(), d.DB, key, moment)
			if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckpointByAnotherKeyIsRefused(t *testing.T) {
	d := migrationstest.New(t)
	appendLeaves(t, d.DB, Register, leavesOf(0, 3))
	if _, err := Register.Checkpoint(t.Context(), d.DB, testKey(t), moment); err != nil {
		t.Fatal(err)
	}
	appendLeaves(t, d.DB, Register, leavesOf(3, 3))
	if _, err := Register.Checkpoint(t.Context(), d.DB, testKey(t), moment); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
}

// The database's roles say the same as the code: who serves appends and cannot
// sign, who works signs and cannot append, and all can read.
func TestEachRoleDoesItsPart(t *testing.T) {
	d := migrationstest.New(t)
	key := testKey(t)
	serving := d.As(t, migrations.Serve)
	appendLeaves(t, serving.DB, Register, leavesOf(0, 300))
	if _, err := Register.Checkpoint(t.Context(), serving.DB, key, moment); err == nil {
		t.Error("who serves stored a checkpoint")
	}
	working := d.As(t, migrations.Extracting)
	if _, err := Register.Checkpoint(t.Context(), working.DB, key, moment); err != nil {
		t.Error(err)
	}
	tx := begin(t, working.DB)
	defer tx.Rollback() //nolint:errcheck // a test
	if _, err := Append(t.Context(), tx, leavesOf(300, 1)); err == nil {
		t.Error("who works appended a leaf")
	}
	if r, err := Register.Check(t.Context(), serving.DB, key.Verifier()); err != nil || r.Signed != 300 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTwoSignersAtOnceMakeOneCheckpoint(t *testing.T) {
	d := migrationstest.New(t)
	key := testKey(t)
	appendLeaves(t, d.DB, Register, leavesOf(0, 300))
	type outcome struct {
		c   Checkpoint
		err error
	}
	results := make(chan outcome)
	for range 2 {
		go func() {
			c, err := Register.Checkpoint(t.Context(), d.DB, key, moment)
			results <- outcome{c, err}
		}()
	}
	a, b := <-results, <-results
	if a.err != nil || b.err != nil || a.c.Note != b.c.Note {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestBundleOfAnEntry(t *testing.T) {
	d := migrationstest.New(t)
	key := testKey(t)
	salt := []byte(strings.Repeat("s", proof.SaltSize))
	leaves := leavesOf(0, 5)
	leaves[3] = fmt.Appendf(nil, `{"commitments":{"objective":%q,"title":%q},"kind":"agreement","number":4}`,
		proof.Commit(salt, "objective", "Reduce deaths"), proof.Commit(salt, "title", "Gone"))
	appendLeaves(t, d.DB, Register, leaves)
	insertEntry(t, d.DB, 4, leaves[3], "objective", "Reduce deaths", salt)

	if _, err := Bundle(t.Context(), d.DB, 3); !errors.Is(err, fault.Unavailable) {
		t.Errorf("before the checkpoint: %v", err)
	}
	if _, err := Bundle(t.Context(), d.DB, 5); !errors.Is(err, fault.NotFound) {
		t.Errorf("beyond the last entry: %v", err)
	}
	if _, err := Register.Checkpoint(t.Context(), d.DB, key, moment); err != nil {
		t.Fatal(err)
	}
	verify := func(v note.Verifier) (proof.Result, error) {
		b, err := Bundle(t.Context(), d.DB, 3)
		if err != nil {
			t.Fatal(err)
		}
		return b.Verify(v)
	}
	result, err := verify(key.Verifier())
	if err != nil || !slices.Equal(result.Checked, []string{"objective"}) || !slices.Equal(result.Erased, []string{"title"}) {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := verify(testKey(t).Verifier()); err == nil {
		t.Error("verified by another key of the same name")
	}
	if _, err := d.DB.Exec(`ALTER TABLE entry_texts DISABLE TRIGGER ALL; UPDATE entry_texts SET text = 'Raise deaths'`); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(key.Verifier()); err == nil || !strings.Contains(err.Error(), "objective: the text does not fit the commitment") {
		t.Errorf("a changed text: %v", err)
	}
}

// insertEntry puts an entry and one text of it into the tables of the register.
func insertEntry(t testing.TB, db *sql.DB, number int64, leaf []byte, field, text string, salt []byte) {
	t.Helper()
	if _, err := db.Exec(`INSERT INTO entries (id, kind, recorded_at, leaf) VALUES ($1, 'agreement', $2, $3)`, number, moment, leaf); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO entry_texts (field, text, salt, entry_texts) VALUES ($1, $2, $3, $4)`,
		field, text, salt, number); err != nil {
		t.Fatal(err)
	}
}
