package release_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/registertest"
	"data.release/registrar/release/terms"
)

// made is a service over a small made register, in the role that serves, with
// the words of its texts read.
func made(t *testing.T) (*release.Service, *migrationstest.DB) {
	t.Helper()
	db := migrationstest.New(t)
	size := registertest.Size{Agreements: 30, Versions: 3, Releases: 900, Words: 60}
	if err := registertest.Make(t.Context(), db.Pool, size); err != nil {
		t.Fatal(err)
	}
	s := release.New(release.Config{DB: db.As(t, migrations.Serve).DB})
	if n, err := s.IndexTexts(t.Context()); err != nil || n == 0 {
		t.Fatalf("%d texts read, %v", n, err)
	}
	if again, err := s.IndexTexts(t.Context()); err != nil || again != 0 {
		t.Fatalf("%d texts were read twice, %v", again, err)
	}
	return s, db
}

// What is counted in memory is what the tables hold.
func TestCountsAreThoseOfTheTables(t *testing.T) {
	s, db := made(t)
	found := search(t, s, release.RegisterQuery{Size: 100})
	for name, column := range map[index.Facet]string{
		index.Kind: "kind", index.Organisation: "organisation", index.Edition: "(SELECT file_sha256 FROM editions WHERE id = edition_entries)",
	} {
		for _, v := range facetOf(t, found, string(name)).Values {
			var count int
			if err := db.DB.QueryRow(`SELECT count(*) FROM entries WHERE `+column+` = $1`, v.Value).Scan(&count); err != nil || count != v.Count {
				t.Errorf("%s %s: %d, the table has %d, %v", name, v.Value, v.Count, count, err)
			}
		}
	}
	for _, v := range facetOf(t, found, "commercial").Values {
		var count int
		err := db.DB.QueryRow(`SELECT count(*) FROM entries e WHERE (SELECT commercial FROM entries a WHERE a.kind = 'agreement' AND a.reference = e.reference) = $1`, v.Value).Scan(&count)
		if err != nil || count != v.Count {
			t.Errorf("commercial %s: %d, the table has %d, %v", v.Value, v.Count, count, err)
		}
	}
	for _, v := range facetOf(t, found, "dataset").Values {
		var count int
		err := db.DB.QueryRow(`SELECT count(*) FROM entries WHERE dataset = $1 OR lines @> jsonb_build_array(jsonb_build_object('dataset', $1::text))`, v.Value).Scan(&count)
		if err != nil || count != v.Count {
			t.Errorf("dataset %s: %d, the table has %d, %v", v.Value, v.Count, count, err)
		}
	}
}

func facetOf(t *testing.T, found *release.RegisterResults, name string) release.Facet {
	t.Helper()
	i := slices.IndexFunc(found.Facets, func(f release.Facet) bool { return f.Name == name })
	if i < 0 || len(found.Facets[i].Values) == 0 {
		t.Fatalf("no facet %s", name)
	}
	return found.Facets[i]
}

// A page begins after an entry, and stays what it was when others are added.
func TestPagesByKey(t *testing.T) {
	s, _ := made(t)
	for _, order := range index.Orders() {
		q := release.RegisterQuery{Order: order, Size: 40, Kinds: []register.Kind{register.Release}}
		var all []int64
		for {
			page := search(t, s, q)
			for _, e := range page.Entries {
				all = append(all, e.Number)
			}
			if !page.More {
				break
			}
			q.After = page.Entries[len(page.Entries)-1].Number
		}
		unique := slices.Clone(all)
		slices.Sort(unique)
		if len(all) != 900 || len(slices.Compact(unique)) != 900 {
			t.Errorf("%q: %d entries in pages", order, len(all))
		}
		q.After, q.Before = 0, all[80]
		if back := search(t, s, q); back.Entries[0].Number != all[40] || back.First != 41 {
			t.Errorf("%q: the page before begins with %d at %d, not %d", order, back.Entries[0].Number, back.First, all[40])
		}
	}
}

// The register of a day is what was entered by its end.
func TestTheRegisterOfADay(t *testing.T) {
	s, db := made(t)
	for _, day := range []terms.Date{terms.NewDate(2025, 1, 5), terms.NewDate(2025, 1, 6), terms.NewDate(2025, 6, 1), terms.NewDate(2026, 11, 1)} {
		size, err := s.SizeAsOf(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		var want int64
		if err := db.DB.QueryRow(`SELECT count(*) FROM entries WHERE recorded_at < $1`, day.End()).Scan(&want); err != nil || size != want {
			t.Errorf("%s: %d, want %d, %v", day, size, want, err)
		}
		if size == 0 {
			size = release.EmptyRegister
		}
		if found := search(t, s, release.RegisterQuery{AsOf: size}); int64(found.Total) != want || found.Register != want {
			t.Errorf("%s: %d found in a register of %d", day, found.Total, found.Register)
		}
	}
	if _, err := s.SizeAsOf(t.Context(), s.Today().AddDays(1)); err == nil {
		t.Error("a day to come has a register")
	}
}

// A database that was restored to an earlier state, or to another one of the
// same size, is read anew.
func TestARestoredDatabaseIsReadAnew(t *testing.T) {
	s, db := made(t)
	if got := search(t, s, release.RegisterQuery{}).Total; got != 990 {
		t.Fatalf("%d entries", got)
	}
	for _, statement := range []string{
		`ALTER TABLE entries DISABLE TRIGGER ALL`, `ALTER TABLE entry_texts DISABLE TRIGGER ALL`,
		`DELETE FROM text_words WHERE entry > 500`, `DELETE FROM entry_texts WHERE entry_texts > 500`, `DELETE FROM entries WHERE id > 500`,
	} {
		if _, err := db.DB.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if got := search(t, s, release.RegisterQuery{}).Total; got != 500 {
		t.Errorf("%d entries after they were taken back to 500", got)
	}
	if _, err := db.DB.Exec(`UPDATE entries SET leaf = leaf || '\x20', organisation = 'another' WHERE id = 500`); err != nil {
		t.Fatal(err)
	}
	if got := search(t, s, release.RegisterQuery{Organisations: []string{"another"}}).Total; got != 1 {
		t.Errorf("another entry 500 is found %d times", got)
	}
}

// Readers ask while entries are added: totals never go back, and each answer
// adds up.
func TestReadersWhileEntriesAreAdded(t *testing.T) {
	s, db := made(t)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			last := 0
			for last < 1040 {
				found, err := s.SearchRegister(ctx, release.RegisterQuery{Size: 1})
				if err != nil {
					t.Error(err)
					return
				}
				sum := 0
				for _, f := range found.Facets {
					if f.Name == "kind" {
						for _, v := range f.Values {
							sum += v.Count
						}
					}
				}
				if found.Total < last || sum != found.Total || found.Entries[0].Number != int64(found.Total) {
					t.Errorf("%d after %d, %d by kind, newest %d", found.Total, last, sum, found.Entries[0].Number)
					return
				}
				last = found.Total
			}
		})
	}
	for n := 991; n <= 1040; n++ {
		_, err := db.DB.Exec(fmt.Sprintf(`INSERT INTO entries (id, kind, recorded_at, about, organisation, leaf)
			VALUES (%d, 'withdrawal', now(), 1, 'x', '{"commitments":{}}')`, n))
		if err != nil {
			t.Fatal(err)
		}
	}
	readers.Wait()
}
