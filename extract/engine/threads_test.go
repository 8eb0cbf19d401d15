package engine

import "testing"

func TestThreadsHaveTheirMemory(t *testing.T) {
	for _, c := range []struct {
		threads, columns int
		memory           string
		want             int
	}{
		{0, 36, "1GB", 2},
		{2, 36, "1GB", 2},
		{2, 36, "500MB", 1},
		{2, 192, "1GB", 1},
		{2, 192, "4GB", 2},
		{8, 36, "2GB", 6},
		{1, 1000, "200MB", 1},
	} {
		memory, err := bytes(c.memory)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&DuckDB{Threads: c.threads}).threads(c.columns, memory); got != c.want {
			t.Errorf("%d threads, %d columns, %s: %d, want %d", c.threads, c.columns, c.memory, got, c.want)
		}
	}
}

func TestMemory(t *testing.T) {
	for text, want := range map[string]int64{"1GB": 1e9, "500 MB": 5e8, "1.5GiB": 3 << 29, "10kb": 10_000, " 7B ": 7} {
		if got, err := bytes(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "1", "GB", "-1GB", "0GB", "1XB", "1..2GB", "80%"} {
		if got, err := bytes(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}
