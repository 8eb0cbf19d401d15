package register_test

import (
	"testing"

	"data.release/registrar/release/register"
)

func TestRowsBand(t *testing.T) {
	for rows, want := range map[int64]string{
		0: "none", 1: "under 1,000", 999: "under 1,000", 1000: "1,000 to 9,999", 99_999: "10,000 to 99,999",
		1_000_000: "1 million to 9,999,999", 99_999_999: "10 million to 99,999,999", 100_000_000: "100 million or more", 1 << 40: "100 million or more",
	} {
		if got := register.RowsBand(rows); got != want {
			t.Errorf("RowsBand(%d) = %q, want %q", rows, got, want)
		}
	}
}
