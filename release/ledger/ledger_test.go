package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

var moment = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// leavesOf makes leaves of the size that an entry's usually has.
func leavesOf(from, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, `{"kind":"release","number":%d,"padding":%q}`, from+i+1, strings.Repeat("x", 500))
	}
	return out
}

func begin(t testing.TB, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func appendLeaves(t testing.TB, db *sql.DB, log Log, leaves [][]byte) int64 {
	t.Helper()
	tx := begin(t, db)
	first, err := log.Append(t.Context(), tx, leaves)
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func testKey(t testing.TB) Key {
	t.Helper()
	key, err := CreateKey(filepath.Join(t.TempDir(), "log.key"), "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func counts(t testing.TB, db *sql.DB) (leaves, hashes int64) {
	t.Helper()
	if err := db.QueryRow(`SELECT (SELECT count(*) FROM ledger_leaf), (SELECT count(*) FROM ledger_hash)`).Scan(&leaves, &hashes); err != nil {
		t.Fatal(err)
	}
	return leaves, hashes
}

// Whatever the batches, the stored hashes are those of a tree built in memory,
// and every proof that the tables give holds against its roots.
func TestAnyBatchesGiveTheSameTreeAndProofs(t *testing.T) {
	d := migrationstest.New(t)
	logs := 0
	rapid.Check(t, func(t *rapid.T) {
		logs++
		log := Log(fmt.Sprintf("log%d", logs))
		var tree proof.Tree
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 300), 1, 4).Draw(t, "batches") {
			leaves := leavesOf(int(tree.Size()), n)
			tx, err := d.DB.Begin()
			if err != nil {
				t.Fatal(err)
			}
			first, err := log.Append(context.Background(), tx, leaves)
			if err != nil || first != tree.Size() {
				tx.Rollback() //nolint:errcheck // the test has failed; the next try must not wait for the lock
				t.Fatalf("first %d at size %d, %v", first, tree.Size(), err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			for _, leaf := range leaves {
				if err := tree.Append(tlog.RecordHash(leaf)); err != nil {
					t.Fatal(err)
				}
			}
		}
		size := tree.Size()
		root, _ := tree.Root(size)
		stored, err := tlog.TreeHash(size, log.hashes(context.Background(), d.DB))
		if err != nil || stored != root {
			t.Fatalf("stored root %v, want %v (%v)", stored, root, err)
		}
		old := rapid.Int64Range(0, size).Draw(t, "old")
		consistency, err := log.ProveConsistency(context.Background(), d.DB, size, old)
		if err != nil {
			t.Fatal(err)
		}
		oldRoot, _ := tree.Root(old)
		if old > 0 && tlog.CheckTree(consistency, size, root, old, oldRoot) != nil {
			t.Fatalf("consistency of %d in %d does not hold", old, size)
		}
		if size == 0 {
			return
		}
		index := rapid.Int64Range(0, size-1).Draw(t, "index")
		inclusion, err := log.ProveInclusion(context.Background(), d.DB, size, index)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := log.Leaf(context.Background(), d.DB, index)
		if err != nil || tlog.CheckRecord(inclusion, size, root, index, tlog.RecordHash(leaf)) != nil {
			t.Fatalf("inclusion of %d in %d does not hold (%v)", index, size, err)
		}
	})
}

func TestLeavesThatCannotGoInAreAllNamed(t *testing.T) {
	d := migrationstest.New(t)
	tx := begin(t, d.DB)
	defer tx.Rollback() //nolint:errcheck // a test
	leaves := [][]byte{[]byte("a"), nil, make([]byte, MaxLeaf), make([]byte, MaxLeaf+1)}
	_, err := Append(t.Context(), tx, leaves)
	if !errors.Is(err, fault.TooLarge) || !strings.Contains(err.Error(), "leaves[1]") || !strings.Contains(err.Error(), "leaves[3]") || strings.Contains(err.Error(), "leaves[2]") {
		t.Errorf("got %v", err)
	}
	if _, err := Append(t.Context(), tx, leaves[1:2]); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	// The largest is taken, and nothing of the refused calls stands before it.
	if first, err := Append(t.Context(), tx, leaves[2:3]); err != nil || first != 0 {
		t.Errorf("first %d, %v", first, err)
	}
}

func TestARollbackLeavesNothing(t *testing.T) {
	d := migrationstest.New(t)
	appendLeaves(t, d.DB, Register, leavesOf(0, 10))
	leaves, hashes := counts(t, d.DB)
	tx := begin(t, d.DB)
	if _, err := Append(t.Context(), tx, leavesOf(10, 300)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if l, h := counts(t, d.DB); l != leaves || h != hashes {
		t.Errorf("%d leaves and %d hashes, were %d and %d", l, h, leaves, hashes)
	}
	if first := appendLeaves(t, d.DB, Register, leavesOf(10, 1)); first != 10 {
		t.Errorf("the next index is %d", first)
	}
}

// The server process behind the transaction is ended while it holds the lock
// and has written: nothing stays, and nobody waits for the lock any longer.
func TestAKillInTheMiddleLeavesNothing(t *testing.T) {
	d := migrationstest.New(t)
	tx := begin(t, d.DB)
	var pid int
	if err := tx.QueryRow(`SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if _, err := Append(t.Context(), tx, leavesOf(0, 300)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DB.Exec(`SELECT pg_terminate_backend($1)`, pid); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err == nil {
		t.Fatal("committed on a connection that was ended")
	}
	if l, h := counts(t, d.DB); l != 0 || h != 0 {
		t.Errorf("%d leaves and %d hashes stayed", l, h)
	}
	if first := appendLeaves(t, d.DB, Register, leavesOf(0, 3)); first != 0 {
		t.Errorf("the next index is %d", first)
	}
}

func TestRacingAppendersShareOneOrder(t *testing.T) {
	d := migrationstest.New(t)
	const writers, each = 4, 25
	var wait sync.WaitGroup
	firsts := make(chan int64, writers*each)
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				tx, err := d.DB.Begin()
				if err != nil {
					t.Error(err)
					return
				}
				first, err := Append(t.Context(), tx, [][]byte{fmt.Appendf(nil, "%d/%d/a", w, i), fmt.Appendf(nil, "%d/%d/b", w, i)})
				if err == nil {
					err = tx.Commit()
				}
				if err != nil {
					t.Error(err)
					return
				}
				firsts <- first
			}
		})
	}
	wait.Wait()
	close(firsts)
	got := slices.Sorted(chanSeq(firsts))
	for i, first := range got {
		if first != int64(2*i) {
			t.Fatalf("indexes %v", got)
		}
	}
	if len(got) != writers*each {
		t.Fatalf("%d appends", len(got))
	}
	if r, err := Register.Check(t.Context(), d.DB, testKey(t).Verifier()); err != nil || len(r.Findings) > 0 {
		t.Errorf("%v, %v", r.Findings, err)
	}
}

func chanSeq(c <-chan int64) func(func(int64) bool) {
	return func(yield func(int64) bool) {
		for v := range c {
			if !yield(v) {
				return
			}
		}
	}
}

func TestATransactionBlindToTheLogsEndConflicts(t *testing.T) {
	d := migrationstest.New(t)
	tx, err := d.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()                                       //nolint:errcheck // a test
	if _, err := Register.Size(t.Context(), tx); err != nil { // takes the snapshot
		t.Fatal(err)
	}
	appendLeaves(t, d.DB, Register, leavesOf(0, 3))
	if _, err := Append(t.Context(), tx, leavesOf(0, 2)); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestNextIsWhatAppendBeginsWith(t *testing.T) {
	d := migrationstest.New(t)
	appendLeaves(t, d.DB, Register, leavesOf(0, 7))
	appendLeaves(t, d.DB, "audit", leavesOf(0, 2))
	tx := begin(t, d.DB)
	defer tx.Rollback() //nolint:errcheck // a test
	next, err := Register.Next(t.Context(), tx)
	if err != nil || next != 7 {
		t.Fatalf("next %d, %v", next, err)
	}
	if first, err := Append(t.Context(), tx, leavesOf(7, 1)); err != nil || first != next {
		t.Errorf("first %d, next %d, %v", first, next, err)
	}
	if first, err := Log("audit").Append(t.Context(), tx, leavesOf(2, 1)); err != nil || first != 2 {
		t.Errorf("the other log begins at %d, %v", first, err)
	}
}

// The database refuses, whatever Go does.
func TestTheTablesAreAppendOnly(t *testing.T) {
	d := migrationstest.New(t)
	appendLeaves(t, d.DB, Register, leavesOf(0, 3))
	if _, err := Register.Checkpoint(t.Context(), d.DB, testKey(t), moment); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE ledger_leaf SET leaf = 'x' WHERE index = 1`,
		`DELETE FROM ledger_leaf WHERE index = 2`,
		`TRUNCATE ledger_leaf`,
		`UPDATE ledger_hash SET hash = hash`,
		`DELETE FROM ledger_hash`,
		`UPDATE ledger_checkpoint SET note = 'x'`,
		`DELETE FROM ledger_checkpoint`,
		`INSERT INTO ledger_leaf (log, index, leaf) VALUES ('register', 4, 'x')`,
		`INSERT INTO ledger_leaf (log, index, leaf) VALUES ('register', 3, 'x'), ('register', 5, 'x')`,
		`INSERT INTO ledger_leaf (log, index, leaf) VALUES ('other', 1, 'x')`,
		`INSERT INTO ledger_leaf (log, index, leaf) VALUES ('register', 3, '')`,
		`INSERT INTO ledger_leaf (log, index, leaf) VALUES ('register', -1, 'x')`,
		`INSERT INTO ledger_hash (log, id, hash) VALUES ('register', 9, 'short')`,
	} {
		if _, err := d.DB.Exec(statement); err == nil {
			t.Errorf("%s was not refused", statement)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.key")
	key, err := CreateKey(path, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadKey(path)
	if err != nil || read.VerifierKey() != key.VerifierKey() || read.Origin() != "register.example/log" {
		t.Errorf("read %q, %v", read.VerifierKey(), err)
	}
	public, err := os.ReadFile(path + ".pub")
	if err != nil || strings.TrimSpace(string(public)) != key.VerifierKey() {
		t.Errorf("public half %q, %v", public, err)
	}
	if _, err := CreateKey(path, "register.example/log"); !errors.Is(err, fault.Conflict) {
		t.Errorf("a second key over the first: %v", err)
	}
	if _, err := CreateKey(path+"2", "two words"); !errors.Is(err, fault.Invalid) {
		t.Errorf("an origin with a space: %v", err)
	}
	if _, err := ReadKey(path + "3"); !errors.Is(err, fault.NotFound) {
		t.Errorf("no file: %v", err)
	}
	secret, _ := os.ReadFile(path)
	os.WriteFile(path+"4", secret[:len(secret)-9], 0o600) //nolint:errcheck // read next
	if _, err := ReadKey(path + "4"); !errors.Is(err, fault.Invalid) || strings.Contains(err.Error(), string(secret[20:40])) {
		t.Errorf("a broken key: %v", err)
	}
	os.Chmod(path, 0o644) //nolint:errcheck // read next
	if _, err := ReadKey(path); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a key that others may read: %v", err)
	}
}

// What an import of the February 2021 register appends at once.
func BenchmarkAppend6000(b *testing.B) {
	d := migrationstest.New(b)
	leaves := leavesOf(0, 6000)
	for i := 0; b.Loop(); i++ {
		tx := begin(b, d.DB)
		if _, err := Log(fmt.Sprintf("bench%d", i)).Append(b.Context(), tx, leaves); err != nil {
			b.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(6000*b.N)/b.Elapsed().Seconds(), "leaves/s")
}
