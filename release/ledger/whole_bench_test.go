package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/ledger/proof"
)

// BenchmarkCheckOfAWholeLog compares checking 600,000 leaves of the usual size
// with no more than reading and hashing them into a tree: its ratio may be 2 at
// the most.
func BenchmarkCheckOfAWholeLog(b *testing.B) {
	const leaves, batch = 600_000, 10_000
	d := migrationstest.New(b)
	key := testKey(b)
	padding := strings.Repeat("x", 700)
	for from := 0; from < leaves; from += batch {
		part := make([][]byte, batch)
		for i := range part {
			part[i] = fmt.Appendf(nil, `{"kind":"release","number":%d,"padding":%q}`, from+i+1, padding)
		}
		appendLeaves(b, d.DB, Register, part)
		if from%(10*batch) == 0 {
			if _, err := Register.Checkpoint(b.Context(), d.DB, key, moment); err != nil {
				b.Fatal(err)
			}
		}
	}
	if _, err := Register.Checkpoint(b.Context(), d.DB, key, moment); err != nil {
		b.Fatal(err)
	}
	hash := func() {
		rows, err := d.DB.QueryContext(b.Context(), `SELECT leaf FROM ledger_leaf WHERE log = $1 ORDER BY index`, string(Register))
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		var tree proof.Tree
		for rows.Next() {
			var leaf []byte
			if err := rows.Scan(&leaf); err != nil {
				b.Fatal(err)
			}
			if err := tree.Append(tlog.RecordHash(leaf)); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := tree.Root(leaves); err != nil || rows.Err() != nil {
			b.Fatal(err, rows.Err())
		}
	}
	check := func() {
		r, err := Register.Check(b.Context(), d.DB, key.Verifier())
		if err != nil || len(r.Findings) > 0 || r.Leaves != leaves || r.Signed != leaves {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	hash() // both then find the tables in memory
	b.Run("ratio", func(b *testing.B) {
		var hashed, checked time.Duration
		for b.Loop() {
			start := time.Now()
			hash()
			between := time.Now()
			check()
			hashed, checked = hashed+between.Sub(start), checked+time.Since(between)
		}
		b.ReportMetric(checked.Seconds()/hashed.Seconds(), "check/hash")
		b.ReportMetric(hashed.Seconds()/float64(b.N), "s/hash")
		b.ReportMetric(checked.Seconds()/float64(b.N), "s/check")
	})
}
