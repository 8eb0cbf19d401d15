package registertest

import "testing"

// BenchmarkMake is how long the large register takes to make; where it is kept
// already, how long to find it.
func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		Database(b, Large)
	}
}
