package index_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// large is a register of 600,000 releases under 10,000 agreements of five
// versions each, whose codes are spread as those of February 2021 are.
var large = sync.OnceValue(func() *index.Index {
	ix := index.New()
	var batch []index.Row
	number := int64(0)
	add := func(r index.Row) {
		number++
		r.Number, r.RecordedAt = number, began.Add(time.Duration(number/5000)*time.Hour)
		if batch = append(batch, r); len(batch) == 10_000 {
			if err := ix.Add(batch...); err != nil {
				panic(err)
			}
			batch = batch[:0]
		}
	}
	types := []terms.TypeOfData{terms.Pseudonymised, terms.Pseudonymised, terms.Pseudonymised, terms.Identifiable}
	powers := terms.Power("").Values()
	optOuts := terms.OptOut("").Values()
	routes := [][]terms.Route{{"consent"}, {"section_251"}, {"none", "section_251"}, {"none"}}
	for i := range 50_000 {
		a := i / 5
		stem, version := fmt.Sprintf("NIC-%06d-A1B2C", a), fmt.Sprintf("v%d.0", i%5)
		organisation := fmt.Sprintf("organisation-%03d", a%640)
		lines := make([]register.Line, 4)
		for k := range lines {
			lines[k] = register.Line{Dataset: fmt.Sprintf("dataset-%03d", (a+k*7)%210), TypeOfData: types[k], Power: terms.Power(powers[k]), OptOut: terms.OptOut(optOuts[k]), Routes: routes[k]}
		}
		add(index.Row{Kind: register.Agreement, Stem: stem, Version: version, Reference: "DARS-" + stem + "-" + version, Organisation: organisation,
			OrganisationKind: fmt.Sprintf("Kind %d", a%29), Commercial: terms.No, SubLicensing: terms.No, Lines: lines})
		for k := range 12 {
			month := terms.NewDate(2019, time.Month(1+(i+k)%80), 1)
			add(index.Row{
				Kind: register.Release, Stem: stem, Version: version, Reference: "DARS-" + stem + "-" + version, Organisation: organisation,
				Dataset: fmt.Sprintf("dataset-%03d", (a+k)%210), SourceID: fmt.Sprintf("FILE%07d", number), RowKey: fmt.Sprintf("FILE%07d", number),
				EventFrom: month, EventTo: month.AddDays(27), Edition: fmt.Sprintf("edition-%d", i/800), EditionFrom: month,
				TypeOfData: types[k%4], Power: terms.Power(powers[k%len(powers)]), OptOut: terms.OptOut(optOuts[k%len(optOuts)]),
				Routes: routes[k%4], Sensitivity: terms.SensitivityNotRecorded, Frequency: terms.OneOff, Channel: terms.ChannelFile,
			})
		}
	}
	if err := ix.Add(batch...); err != nil {
		panic(err)
	}
	return ix
})

func BenchmarkSearch(b *testing.B) {
	ix := large()
	v := ix.View()
	for name, q := range map[string]index.Query{
		"everything":             {},
		"one facet":              {Chosen: map[index.Facet][]string{index.Type: {"identifiable"}}},
		"three facets":           {Chosen: map[index.Facet][]string{index.Type: {"identifiable"}, index.Commercial: {"no"}, index.Kind: {"release"}}},
		"an organisation":        {Chosen: map[index.Facet][]string{index.Organisation: {"organisation-007"}}},
		"two years, by name":     {From: terms.NewDate(2020, 1, 1), To: terms.NewDate(2021, 12, 31), Order: index.ByOrganisation},
		"by event, halfway":      {Order: index.EventNewest, After: 300_000},
		"what stands, by number": {Chosen: map[index.Facet][]string{index.Stands: {"yes"}}, Order: index.Oldest, After: 400_000},
	} {
		q.Size, q.Count = 25, index.Facets()
		v.Search(q)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Search(q)
			}
		})
	}
	b.Run("row id", func(b *testing.B) {
		for b.Loop() {
			v.WithSourceID("file0412345")
		}
	})
	b.Run("every row", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for r := range v.Standing() {
				n += len(r.Routes)
			}
		}
	})
	b.Run("first search of an earlier size", func(b *testing.B) {
		size := int64(300_000)
		for b.Loop() {
			size++
			ix.At(size).Search(index.Query{Size: 25, Count: index.Facets(), Order: index.ByOrganisation})
		}
	})
}

// BenchmarkAdd makes the index of 650,000 entries and says what it holds in
// memory, once every facet and order was asked for.
func BenchmarkAdd(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		ix := large()
		for _, order := range index.Orders() {
			ix.View().Search(index.Query{Size: 25, Count: index.Facets(), Order: order})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		runtime.KeepAlive(ix)
	}
}
