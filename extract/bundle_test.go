package extract

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/plan"
)

// However the rows lie in parts: every row is in one input, every input with
// something to write in one bundle, in order, and no file but an only one is
// smaller than half of what a file should have.
func TestBundles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fileRows := rapid.Int64Range(1, 40).Draw(t, "file rows")
		var parts []lake.Part
		for i := range rapid.IntRange(1, 6).Draw(t, "parts") {
			parts = append(parts, lake.Part{Key: fmt.Sprintf("%d", i), Rows: rapid.Int64Range(0, 90).Draw(t, "rows")})
		}
		inputs := chunks(parts, fileRows, func(key string) string { return key })
		at := 0
		for _, p := range parts {
			for next := int64(0); ; at++ {
				in := inputs[at]
				if in.Path != p.Key || in.From != next || in.To <= in.From {
					t.Fatalf("part %+v: input %+v after row %d", p, in, next)
				}
				if next = in.To; next == math.MaxInt64 {
					at++
					break
				}
			}
		}
		if at != len(inputs) {
			t.Fatalf("%d inputs, %d of parts", len(inputs), at)
		}
		counts := make([]engine.Counts, len(inputs))
		var want []engine.Input
		var rows int64
		for i, in := range inputs {
			most := max(1, fileRows/4)
			if counts[i].Written = rapid.Int64Range(0, most).Draw(t, "written"); counts[i].Written > 0 {
				want = append(want, in)
			}
			rows += counts[i].Written
			counts[i].Removed = map[string]int64{plan.OutsidePeriod: most - counts[i].Written}
		}
		var got []engine.Input
		made := bundles(inputs, counts, fileRows)
		for _, b := range made {
			if len(made) > 1 && b.rows < fileRows/2 || b.rows > 2*fileRows {
				t.Fatalf("a file of %d rows, of %d files, where %d are wanted", b.rows, len(made), fileRows)
			}
			got = append(got, b.inputs...)
			rows -= b.rows
		}
		if len(want) == 0 {
			want = inputs[:1]
		}
		if rows != 0 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("bundled %v, want %v; %d rows lost", got, want, rows)
		}
	})
}
