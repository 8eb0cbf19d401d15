package register_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

func month(n int) terms.Date { return terms.NewDate(2021, time.Month(1+n), 1) }

func TestStanding(t *testing.T) {
	read := func(number int64, key string, edition int) register.Mark {
		return register.Mark{Number: number, Kind: register.Release, RowKey: key, EditionFrom: month(edition)}
	}
	about := func(number int64, kind register.Kind, about int64) register.Mark {
		return register.Mark{Number: number, Kind: kind, About: about}
	}
	for name, c := range map[string]struct {
		marks []register.Mark
		want  map[int64][]int64 // size -> what stands
	}{
		"a row without a key stands beside its like": {[]register.Mark{read(1, "", 0), read(2, "", 1)}, map[int64][]int64{1: {1}, 2: {1, 2}}},
		"the reading of the later edition stands":    {[]register.Mark{read(1, "a", 0), read(2, "a", 1)}, map[int64][]int64{1: {1}, 2: {2}}},
		"an older reading imported later never did":  {[]register.Mark{read(1, "a", 1), read(2, "a", 0)}, map[int64][]int64{1: {1}, 2: {1}}},
		"of one edition the later number":            {[]register.Mark{read(1, "a", 1), read(2, "a", 1)}, map[int64][]int64{2: {2}}},
		"a correction takes the place":               {[]register.Mark{read(1, "", 0), about(2, register.Correction, 1)}, map[int64][]int64{1: {1}, 2: {2}}},
		"the newest correction counts": {[]register.Mark{read(1, "", 0), about(2, register.Correction, 1), about(3, register.Correction, 1)},
			map[int64][]int64{2: {2}, 3: {3}}},
		"a withdrawal ends the corrections too": {[]register.Mark{read(1, "", 0), about(2, register.Correction, 1), about(3, register.Withdrawal, 1)},
			map[int64][]int64{2: {2}, 3: {3}}},
		"what was withdrawn is not corrected": {[]register.Mark{read(1, "", 0), about(2, register.Withdrawal, 1), about(3, register.Correction, 1)},
			map[int64][]int64{3: {2}}},
		"a later reading ends a correction": {[]register.Mark{read(1, "a", 0), about(2, register.Correction, 1), read(3, "a", 1)},
			map[int64][]int64{2: {2}, 3: {3}}},
		"a tombstone ends nothing": {[]register.Mark{read(1, "", 0), about(2, register.Tombstone, 1)}, map[int64][]int64{2: {1, 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := register.NewStanding()
			for _, m := range c.marks {
				s.Add(m)
			}
			for size, want := range c.want {
				var got []int64
				for _, m := range c.marks {
					if s.Stands(m.Number, size) {
						got = append(got, m.Number)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("at %d entries %v stand, want %v", size, got, want)
				}
			}
		})
	}
}

// Editions imported in any order leave the same readings standing.
func TestStandingInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type reading struct {
			key     string
			edition int
		}
		editions := rapid.SliceOfNDistinct(rapid.IntRange(0, 20), 1, 6, rapid.ID[int]).Draw(t, "editions")
		rows := map[int][]string{}
		for _, e := range editions {
			rows[e] = rapid.SliceOfNDistinct(rapid.StringMatching("[a-d]"), 0, 4, rapid.ID[string]).Draw(t, "rows")
		}
		standing := func(order []int) map[reading]bool {
			s, out := register.NewStanding(), map[reading]bool{}
			var made []reading
			for _, e := range order {
				for _, key := range rows[e] {
					made = append(made, reading{key, e})
					s.Add(register.Mark{Number: int64(len(made)), Kind: register.Release, RowKey: key, EditionFrom: month(e)})
				}
			}
			for i, r := range made {
				if s.Stands(int64(i+1), int64(len(made))) {
					out[r] = true
				}
			}
			return out
		}
		one, other := standing(editions), standing(rapid.Permutation(editions).Draw(t, "order"))
		if !maps.Equal(one, other) {
			t.Fatalf("%v stand, in another order %v", one, other)
		}
	})
}

// What an entry adds never brings back what had stopped standing, and the past
// stays as it was.
func TestStandingOfThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := register.NewStanding()
		var seen []map[int64]bool
		for n := int64(1); n <= 12; n++ {
			m := register.Mark{Number: n, Kind: register.Release, RowKey: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key"), EditionFrom: month(rapid.IntRange(0, 3).Draw(t, "edition"))}
			if n > 1 && rapid.Bool().Draw(t, "later") {
				m = register.Mark{Number: n, Kind: rapid.SampledFrom([]register.Kind{register.Correction, register.Withdrawal, register.Tombstone}).Draw(t, "kind"), About: rapid.Int64Range(1, n-1).Draw(t, "about")}
			}
			s.Add(m)
			now := map[int64]bool{}
			for x := int64(1); x <= n; x++ {
				now[x] = s.Stands(x, n)
			}
			seen = append(seen, now)
			for size, then := range seen {
				for x, stood := range then {
					if s.Stands(x, int64(size+1)) != stood {
						t.Fatalf("at %d entries, entry %d stood: %v; after entry %d: %v", size+1, x, stood, n, !stood)
					}
					if !stood && now[x] {
						t.Fatalf("entry %d stands again after entry %d", x, n)
					}
				}
			}
		}
	})
}
