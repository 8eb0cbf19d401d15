package index_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// draw draws a query of the register of these tests.
func draw(t *rapid.T, v *index.View) index.Query {
	some := func(name string, values ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 2, rapid.ID).Draw(t, name)
	}
	q := index.Query{
		Chosen: map[index.Facet][]string{}, Order: pick(t, "order", index.Orders()...), Size: rapid.IntRange(1, 7).Draw(t, "size"), Count: index.Facets(),
	}
	for _, facet := range rapid.SliceOfNDistinct(rapid.SampledFrom(index.Facets()), 0, 3, rapid.ID).Draw(t, "facets") {
		switch facet {
		case index.Kind:
			q.Chosen[facet] = some("kinds", "release", "agreement", "succession")
		case index.Type:
			q.Chosen[facet] = some("types", "identifiable", "pseudonymised")
		case index.Stands, index.Late, index.Commercial, index.SubLicensing:
			q.Chosen[facet] = some("answers", "yes", "no", index.NotRecorded)
		case index.OrganisationKind:
			q.Chosen[facet] = some("kinds of organisation", "CCG", index.NotRecorded)
		case index.Organisation:
			q.Chosen[facet] = some("organisations", "alpha", "beta", "nobody")
		case index.Dataset:
			q.Chosen[facet] = some("datasets", "hes", "deaths")
		case index.Edition:
			q.Chosen[facet] = some("editions", "e1", "e2")
		case index.Route:
			q.Chosen[facet] = some("routes", "consent", "section_251")
		}
	}
	if rapid.Bool().Draw(t, "by stem") {
		q.Stems = some("stems", "NIC-1", "NIC-3")
	}
	if rapid.Bool().Draw(t, "from") {
		q.From = terms.NewDate(2021, 1, rapid.IntRange(1, 5).Draw(t, "first day"))
	}
	if rapid.Bool().Draw(t, "to") {
		q.To = terms.NewDate(2021, 1, rapid.IntRange(1, 5).Draw(t, "last day"))
	}
	q.Within = rapid.Bool().Draw(t, "within")
	if rapid.Bool().Draw(t, "only some") {
		q.Only = []*index.Bits{v.Tagged(rapid.SliceOf(rapid.Int64Range(-1, 160)).Draw(t, "numbers"))}
	}
	return q
}

// A search at any size of a register that came in parts finds, orders, pages
// and counts what looking at every entry does.
func TestASearchIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rows(t)
		ix := index.New()
		for rest := entries; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "part")
			if err := ix.Add(rest[:n]...); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			ix.View().Search(index.Query{Count: index.Facets()}) // what is made now is extended later
		}
		size := rapid.IntRange(0, len(entries)).Draw(t, "as of")
		v, m := ix.At(int64(size)), newModel(entries[:size])
		if v.Size() != int64(size) {
			t.Fatalf("a view of %d entries, not %d", v.Size(), size)
		}
		q := draw(t, v)
		want := m.search(q)
		page := v.Search(q)
		if page.Total != len(want) {
			t.Fatalf("found %d, want %d: %+v", page.Total, len(want), q)
		}
		var forward []int64
		var firsts []int64
		for {
			if page.First != len(forward)+1 && len(page.Numbers) > 0 {
				t.Fatalf("a page after %d entries begins at %d", len(forward), page.First)
			}
			forward = append(forward, page.Numbers...)
			if len(page.Numbers) > 0 {
				firsts = append(firsts, page.Numbers[0])
			}
			if !page.More {
				break
			}
			next := q
			next.After = page.Numbers[len(page.Numbers)-1]
			page = v.Search(next)
		}
		if !slices.Equal(forward, want) {
			t.Fatalf("pages hold\n%v, want\n%v", forward, want)
		}
		if len(firsts) > 1 {
			i := rapid.IntRange(1, len(firsts)-1).Draw(t, "page")
			back := q
			back.Before = firsts[i]
			if got := v.Search(back); len(got.Numbers) != q.Size || got.Numbers[0] != firsts[i-1] || got.First != (i-1)*q.Size+1 {
				t.Fatalf("the page before %d begins %v at %d, want %d", firsts[i], got.Numbers, got.First, firsts[i-1])
			}
		}
		for _, facet := range index.Facets() {
			got := map[string]int{}
			for _, c := range v.Search(q).Facets[facet] {
				names := []string{c.Value}
				switch facet {
				case index.Organisation:
					names = v.Body(c.Value)
				case index.Dataset:
					names = v.DatasetBody(c.Value)
				}
				if names[0] != c.Value {
					t.Fatalf("%s is counted under %s, not under the newest name of %v", facet, c.Value, names)
				}
				got[slices.Min(names)] = c.Count
			}
			if want := m.count(q, facet); !maps.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", facet, got, want)
			}
		}
	})
}

// A row comes back as it went in, with what stands at the view's size.
func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rows(t)
		ix := index.New()
		if err := ix.Add(entries...); err != nil {
			t.Fatal(err)
		}
		size := rapid.IntRange(0, len(entries)).Draw(t, "as of")
		v, m := ix.At(int64(size)), newModel(entries[:size])
		standing := 0
		got := slices.Collect(v.Rows())
		if len(got) != size {
			t.Fatalf("%d rows of %d", len(got), size)
		}
		for i, r := range got {
			if r.Stands() != m.stands(r.Number) || !r.Stands() && (r.Ended < r.Number || r.Ended > int64(size)) {
				t.Fatalf("entry %d ended by %d, stands %v", r.Number, r.Ended, m.stands(r.Number))
			}
			if r.Stands() {
				standing++
			} else if !slices.Contains(v.Endings(r.Ended), r.Number) {
				t.Fatalf("entry %d ended %v, not entry %d", r.Ended, v.Endings(r.Ended), r.Number)
			}
			r.Ended, r.RowKey = 0, entries[i].RowKey
			if !reflect.DeepEqual(r, entries[i]) {
				t.Fatalf("got\n%+v, want\n%+v", r, entries[i])
			}
		}
		if got := len(slices.Collect(v.Standing())); got != standing {
			t.Fatalf("%d stand, want %d", got, standing)
		}
		if _, found := v.Row(int64(size) + 1); found {
			t.Fatal("an entry beyond the size is found")
		}
		part := rapid.SampledFrom([]string{"file", "FILE1", "x1", "nothing"}).Draw(t, "part")
		var want []int64
		for _, r := range entries[:size] {
			if strings.Contains(strings.ToLower(r.SourceID), strings.ToLower(part)) {
				want = append(want, r.Number)
			}
		}
		if got := v.WithSourceID(part).Numbers(); !slices.Equal(got, want) {
			t.Fatalf("row ids with %q: %v, want %v", part, got, want)
		}
	})
}

func TestNumbersFollow(t *testing.T) {
	ix := index.New()
	if err := ix.Add(index.Row{Number: 2, Kind: register.Release}); err == nil {
		t.Error("a register began with entry 2")
	}
	if err := ix.Add(index.Row{Number: 1, Kind: register.Release}); err != nil {
		t.Fatal(err)
	}
	if err := ix.Add(index.Row{Number: 1, Kind: register.Release}); err == nil || ix.Size() != 1 {
		t.Errorf("entry 1 was taken twice: %v", err)
	}
}

func TestTheSizeAtAMoment(t *testing.T) {
	ix := index.New()
	for i := range 10 {
		if err := ix.Add(index.Row{Number: int64(i) + 1, Kind: register.Release, RecordedAt: began.Add(time.Duration(i/2) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	for moment, want := range map[time.Time]int64{began: 0, began.Add(time.Microsecond): 2, began.Add(time.Hour): 2, began.Add(4*time.Hour + 1): 8, began.AddDate(1, 0, 0): 10} {
		if got := ix.View().SizeAt(moment); got != want {
			t.Errorf("%s: %d, want %d", moment, got, want)
		}
	}
}

// A body is joined by renames and spellings only, and never by what was said of
// one agreement or was withdrawn.
func TestNamesOfOneBody(t *testing.T) {
	ix := index.New()
	succession := func(n int64, from, to, stem string, relation terms.Relation) index.Row {
		return index.Row{Number: n, Kind: register.Succession, Organisation: from, Successor: to, Stem: stem, Relation: relation}
	}
	err := ix.Add(succession(1, "b", "c", "", terms.RenamedTo), succession(2, "a", "b", "", terms.RenamedTo), succession(3, "c", "d", "", terms.TransferredTo),
		succession(4, "x", "c", "NIC-1", terms.RenamedTo), succession(5, "C", "c", "", terms.SameAs), succession(6, "e", "c", "", terms.SameAs),
		index.Row{Number: 7, Kind: register.Withdrawal, About: 6})
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int64]map[string]string{
		7: {"a": "c b C a", "c": "c b C a", "d": "d", "x": "x", "e": "e", "new": "new"},
		6: {"e": "c b C a e"}, 1: {"b": "c b", "a": "a"}, 0: {"b": "b"},
	} {
		for id, names := range want {
			if got := strings.Join(ix.At(size).Body(id), " "); got != names {
				t.Errorf("at %d, %s: %s, want %s", size, id, got, names)
			}
		}
	}
}

// Readers search while entries are added, and each sees a register that adds
// up.
func TestReadersAndAWriter(t *testing.T) {
	ix := index.New()
	var done sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := ix.At(ix.Size() * 3 / 4)
				for _, v := range []*index.View{v, ix.View()} {
					page := v.Search(index.Query{Size: 5, Count: index.Facets(), Chosen: map[index.Facet][]string{index.Commercial: {"yes", "no", index.NotRecorded}}})
					sum := 0
					for _, c := range page.Facets[index.Kind] {
						sum += c.Count
					}
					if sum != page.Total {
						t.Errorf("%d entries by kind, %d in all", sum, page.Total)
						return
					}
					v.Search(index.Query{Chosen: map[index.Facet][]string{index.Organisation: {"o1"}}, Order: index.ByOrganisation, Size: 5})
					v.Row(v.Size())
					v.WithSourceID("7")
				}
			}
		})
	}
	for n := int64(1); n <= 2000; {
		var batch []index.Row
		for range 20 {
			r := index.Row{Number: n, Kind: register.Release, Organisation: "o" + string(rune('0'+n%50)), Stem: "NIC-1", SourceID: "F7", TypeOfData: terms.Identifiable}
			switch n % 20 {
			case 3:
				r.Kind, r.Commercial, r.Lines = register.Agreement, terms.Yes, []register.Line{{Dataset: "hes"}}
			case 7:
				r = index.Row{Number: n, Kind: register.Withdrawal, About: n - 6}
			case 9:
				r = index.Row{Number: n, Kind: register.Succession, Relation: terms.SameAs, Organisation: "o1", Successor: "o" + string(rune('0'+n%50))}
			}
			batch, n = append(batch, r), n+1
		}
		if err := ix.Add(batch...); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	done.Wait()
}
