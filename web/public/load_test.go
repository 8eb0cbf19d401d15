package public_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/registertest"
	"data.release/registrar/web/webtest"
)

// asked is what people ask of the large register, as a page and as the bare
// SQL that finds the same page of rows, without a count of anything.
var asked = []struct {
	name, query, where, order string
	args                      []any
}{
	{"everything", "", "true", "e.id DESC", nil},
	{"a type and opt-outs", "type=identifiable&opt_outs=applied", "type_of_data = 'identifiable' AND opt_out = 'applied'", "e.id DESC", nil},
	{"releases of an organisation", "kind=release&organisation=university-of-derwent", "kind = 'release' AND organisation = 'university-of-derwent'", "e.id DESC", nil},
	{"a dataset, by organisation", "dataset=civil-registration-deaths&sort=organisation", "(dataset = 'civil-registration-deaths' OR lines @> '[{\"dataset\":\"civil-registration-deaths\"}]')", "organisation, e.id DESC", nil},
	{"two years, latest first", "from=2022-01-01&to=2023-12-31&sort=event", "event_to >= '2022-01-01' AND event_from <= '2023-12-31'", "event_from DESC, e.id DESC", nil},
	{"for commercial purposes", "commercial=yes&kind=release",
		"kind = 'release' AND (SELECT commercial FROM entries a WHERE a.kind = 'agreement' AND a.stem = e.stem AND a.version = e.version LIMIT 1) = 'yes'", "e.id DESC", nil},
	{"a later page", "kind=release&type=pseudonymised&after=300000", "kind = 'release' AND type_of_data = 'pseudonymised' AND e.id < 300000", "e.id DESC", nil},
	{"a reference", "q=nic-47000-", "", "", nil},
	{"a name", "q=eastmere", "e.id IN (SELECT entry_texts FROM entry_texts WHERE field IN ('organisation', 'dataset') AND text ILIKE '%eastmere%')", "e.id DESC", nil},
	{"words of purposes", "q=diabetes+stratification", "e.id IN (SELECT entry FROM text_words WHERE words @@ plainto_tsquery('english', 'diabetes') INTERSECT SELECT entry FROM text_words WHERE words @@ plainto_tsquery('english', 'stratification'))", "e.id DESC", nil},
	{"a phrase", "q=%22heart+failure%22&kind=agreement", "kind = 'agreement' AND e.id IN (SELECT entry FROM text_words WHERE words @@ phraseto_tsquery('english', 'heart failure'))", "e.id DESC", nil},
	{"as of a day", "as-of=2025-09-01&type=identifiable", "type_of_data = 'identifiable' AND e.id <= 300000", "e.id DESC", nil},
}

// BenchmarkPagesUnderLoad asks the site for pages of the large register at 20
// requests a second, whether or not the last was answered, and reports how long
// they took; then the same rows from the database alone, one after the other,
// for it does not keep that pace.
//
//	REGISTRAR_BENCH_PG=… go test ./web/public -run '^$' -bench PagesUnderLoad -benchtime 1x
func BenchmarkPagesUnderLoad(b *testing.B) {
	db := registertest.Database(b, registertest.Large)
	site := webtest.Over(b, db)
	begun := time.Now()
	if _, err := site.Service.IndexTexts(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(begun).Seconds(), "s-to-read-texts")
	begun = time.Now()
	fetch(b, site.URL+"/register")
	b.ReportMetric(time.Since(begun).Seconds(), "s-to-first-page")
	for i, a := range asked { // what a reader shares with those before is made now
		begun := time.Now()
		fetch(b, site.URL+"/register?"+a.query)
		first := time.Since(begun)
		begun = time.Now()
		fetch(b, site.URL+"/register?"+a.query)
		again := time.Since(begun)
		begun = time.Now()
		bare(b, db, i)
		b.Logf("%-28s alone: first %6.1f ms, again %6.1f ms; by SQL %6.1f ms", a.name, float64(first.Microseconds())/1000, float64(again.Microseconds())/1000, float64(time.Since(begun).Microseconds())/1000)
	}
	begun = time.Now()
	fetch(b, site.URL+"/register?flag=no-reason")
	b.ReportMetric(time.Since(begun).Seconds(), "s-to-flags")
	if testing.Short() {
		return
	}
	for b.Loop() {
		pages := paced(func(i int) { fetch(b, site.URL+"/register?"+asked[i].query) })
		rows := alone(func(i int) { bare(b, db, i) })
		for i, a := range asked {
			b.Logf("%-28s page %6.1f ms, 95%% %6.1f ms; rows by SQL alone %6.1f ms, 95%% %6.1f ms", a.name, at(pages[i], 50), at(pages[i], 95), at(rows[i], 50), at(rows[i], 95))
		}
		all, bareRows := slices.Concat(pages...), slices.Concat(rows...)
		b.ReportMetric(at(all, 50), "ms-page-p50")
		b.ReportMetric(at(all, 95), "ms-page-p95")
		b.ReportMetric(at(all, 100), "ms-page-max")
		b.ReportMetric(at(bareRows, 50), "ms-sql-p50")
		b.ReportMetric(at(bareRows, 95), "ms-sql-p95")
	}
}

// paced runs each of the queries 30 times, 20 a second.
func paced(ask func(i int)) [][]time.Duration {
	took := make([][]time.Duration, len(asked))
	var mu sync.Mutex
	var done sync.WaitGroup
	tick := time.NewTicker(time.Second / 20)
	defer tick.Stop()
	for n := range 30 * len(asked) {
		<-tick.C
		done.Go(func() {
			i := n % len(asked)
			begun := time.Now()
			ask(i)
			mu.Lock()
			defer mu.Unlock()
			took[i] = append(took[i], time.Since(begun))
		})
	}
	done.Wait()
	return took
}

// alone runs each of the queries some times, one after the other.
func alone(ask func(i int)) [][]time.Duration {
	took := make([][]time.Duration, len(asked))
	for range 10 {
		for i := range asked {
			begun := time.Now()
			ask(i)
			took[i] = append(took[i], time.Since(begun))
		}
	}
	return took
}

// at is a percentile in milliseconds.
func at(took []time.Duration, percent int) float64 {
	sorted := slices.Sorted(slices.Values(took))
	return float64(sorted[min(len(sorted)*percent/100, len(sorted)-1)].Microseconds()) / 1000
}

func fetch(b *testing.B, address string) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(b.Context()), http.MethodGet, address, nil)
	if err != nil {
		b.Error(err)
		return
	}
	request.Header.Set("Accept", "text/html")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		b.Errorf("%s: %s, %v", address, response.Status, err)
	}
}

// bare reads the rows of a page as plainly as can be, with their texts.
func bare(b *testing.B, db *migrationstest.DB, i int) {
	where, order := asked[i].where, asked[i].order
	if where == "" { // a reference
		part, _ := url.QueryUnescape(strings.TrimPrefix(asked[i].query, "q="))
		where, order = "reference ILIKE '%"+part+"%'", "e.id DESC"
	}
	rows, err := db.DB.QueryContext(context.WithoutCancel(b.Context()), fmt.Sprintf(`SELECT e.*, t.field, t.text FROM
		(SELECT id FROM entries e WHERE %s ORDER BY %s LIMIT 25) AS page JOIN entries e ON e.id = page.id
		LEFT JOIN entry_texts t ON t.entry_texts = e.id AND t.field IN ('organisation', 'dataset', 'title', 'reason')`, where, order))
	if err != nil {
		b.Error(err)
		return
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		b.Error(err)
		return
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(sql.RawBytes)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.Error(err)
			return
		}
	}
	if err := rows.Err(); err != nil {
		b.Error(err)
	}
}
