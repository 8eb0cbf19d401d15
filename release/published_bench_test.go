package release_test

import (
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/registertest"
)

// BenchmarkWarmRegister is how long a process takes at its start to bring a
// register of 650,000 entries into memory.
//
//	REGISTRAR_BENCH_PG=… go test ./release -run '^$' -bench WarmRegister -benchtime 1x
func BenchmarkWarmRegister(b *testing.B) {
	db := registertest.Database(b, registertest.Large)
	for b.Loop() {
		if err := release.New(release.Config{DB: db.DB}).WarmRegister(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRowsOfASearch is the rows of a page alone, without counts and
// without HTML.
func BenchmarkRowsOfASearch(b *testing.B) {
	db := registertest.Database(b, registertest.Large)
	s := release.New(release.Config{DB: db.DB})
	for name, q := range map[string]release.RegisterQuery{
		"everything": {}, "of an organisation": {Organisations: []string{"university-of-derwent"}}, "a later page": {After: 300_000},
	} {
		q.Size, q.Uncounted = 25, true
		search(b, s, q)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				search(b, s, q)
			}
		})
	}
}

// BenchmarkDerived is what every rule flags, and the statistics, of 650,000
// entries: what a process computes once after each new entry, beside its
// readers.
func BenchmarkDerived(b *testing.B) {
	db := registertest.Database(b, registertest.Large)
	for name, compute := range map[string]func(*release.Service) error{
		"flags":      func(s *release.Service) error { _, err := s.Flags(b.Context(), 0); return err },
		"statistics": func(s *release.Service) error { _, err := s.Statistics(b.Context(), 0); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := release.New(release.Config{DB: db.DB})
				if _, err := s.PublishedState(b.Context()); err != nil {
					b.Fatal(err)
				}
				if _, err := s.ExampleReference(b.Context(), 0); err != nil { // has the index made
					b.Fatal(err)
				}
				b.StartTimer()
				if err := compute(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
