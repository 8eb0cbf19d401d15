package register

// RowsBand is how the register tells the number of rows of a release. Exact
// counts, month by month, tell who joined or left a small group (governance
// §4.3), so only the power of ten is public.
func RowsBand(rows int64) string {
	bands := []struct {
		below int64
		words string
	}{
		{1, "none"}, {1_000, "under 1,000"}, {10_000, "1,000 to 9,999"}, {100_000, "10,000 to 99,999"},
		{1_000_000, "100,000 to 999,999"}, {10_000_000, "1 million to 9,999,999"}, {100_000_000, "10 million to 99,999,999"},
	}
	for _, b := range bands {
		if rows < b.below {
			return b.words
		}
	}
	return "100 million or more"
}
