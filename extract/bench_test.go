package extract_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"data.release/registrar/extract"
	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

// The size of the benchmark: two million rows of 36 columns, half a million
// people, all made up.
const (
	benchRows    = 2_000_000
	benchPersons = 500_000
)

var benchDiagnoses = func() (names []string) {
	for i := 1; i <= 20; i++ {
		names = append(names, fmt.Sprintf("DIAG_4_%02d", i))
	}
	for i := 1; i <= 10; i++ {
		names = append(names, fmt.Sprintf("OPERTN_4_%02d", i))
	}
	return names
}()

// BenchmarkExtract measures the two stages beside a bare ordered DuckDB COPY
// (threads=2, default order) of the same rows and columns to a plain file, one
// after the other in each round:
//
//	go test ./extract -run '^$' -bench Extract -benchtime 5x
//
// Mrows/s are rows read; ratio is bare time over ours (1 would be as fast as
// doing none of the work); peak-MB is the process's largest resident set while
// extracting.
func BenchmarkExtract(b *testing.B) {
	w := benchWorld(b)
	for _, format := range []plan.Format{plan.CSV, plan.Parquet} {
		b.Run(string(format), func(b *testing.B) { benchmark(b, w, format) })
	}
}

func benchmark(b *testing.B, w *world, format plan.Format) {
	w.t = b
	p := w.plan(func(l *terms.DatasetLine, r *plan.Request) {
		l.Fields = append([]string{"EPIKEY", "EPISTART", "STARTAGE", "RESGOR", "PROCODE3"}, benchDiagnoses...)
		l.Unchecked = terms.DropUnchecked
		r.Format, r.Columns = format, nil
		for _, f := range l.Fields {
			wanted := plan.Wanted{Field: f}
			if f == "STARTAGE" {
				wanted.Derivation = terms.AgeBand
			}
			r.Columns = append(r.Columns, wanted)
		}
	})
	var linking, running, bare time.Duration
	var files int
	var peak, rows int64
	rounds := 0
	for b.Loop() {
		rounds++
		begun := time.Now()
		bareRows := w.bareCopy(b, format)
		bare += time.Since(begun)

		begun = time.Now()
		h, err := extract.Population(b.Context(), w.populationJob(p))
		if err != nil {
			b.Fatal(err)
		}
		linking += time.Since(begun)

		resetPeak(b)
		begun = time.Now()
		result, err := extract.Run(b.Context(), w.runJob(p, h))
		if err != nil {
			b.Fatal(err)
		}
		running += time.Since(begun)
		peak = max(peak, peakResident(b))
		files = len(result.Outputs)
		if rows = result.Counts.Written; rows != bareRows {
			b.Fatalf("%d rows leave, the bare copy has %d", rows, bareRows)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(rounds)/running.Seconds()/1e6, "Mrows/s")
	b.ReportMetric(float64(benchRows)*float64(rounds)/bare.Seconds()/1e6, "bare-Mrows/s")
	b.ReportMetric(bare.Seconds()/running.Seconds(), "ratio")
	b.ReportMetric(float64(benchPersons)*float64(rounds)/linking.Seconds()/1e6, "Mpersons/s")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
	b.ReportMetric(float64(rows)/1e6, "Mrows-out")
	b.ReportMetric(float64(files), "files")
}

// bareCopy copies the rows that leave, as they are stored, to a file.
func (w *world) bareCopy(b *testing.B, format plan.Format) int64 {
	db, err := duck.Open(b.Context(), duck.Options{Dir: filepath.Join(w.dir, "bare"), AllowedDirs: []string{w.dir}, Memory: "2GB", Threads: 2})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var files []string
	for _, part := range w.activityParts {
		files = append(files, duck.Literal(filepath.Join(w.activity.Root(), filepath.FromSlash(part.Key))))
	}
	out := filepath.Join(w.dir, "bare.out")
	result, err := db.ExecContext(b.Context(), fmt.Sprintf("COPY (SELECT person_id, EPIKEY, EPISTART, STARTAGE, RESGOR, PROCODE3, %s FROM read_parquet([%s]) WHERE LEAVES = '1') TO %s (FORMAT %s%s)",
		strings.Join(benchDiagnoses, ", "), strings.Join(files, ", "), duck.Literal(out), format, map[plan.Format]string{plan.Parquet: ", COMPRESSION zstd"}[format]))
	if err != nil {
		b.Fatal(err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

// benchWorld makes the parts. LEAVES says of each row whether it will leave:
// its person, by number, is no objector (one in fifty is), and its day is
// within the plan's year.
func benchWorld(b *testing.B) *world {
	w := newWorld(b)
	w.engine = &engine.DuckDB{Dir: filepath.Join(w.dir, "engine"), Memory: "2GB", Threads: 2}
	var codes []string
	for i, name := range benchDiagnoses {
		codes = append(codes, fmt.Sprintf("CASE WHEN hash(i * %d) %% 3 = 0 THEN '' ELSE upper(substr(md5((i * %d)::VARCHAR), 1, 4)) END AS %s", i+7, i+3, name))
	}
	for part := range 2 {
		half := benchRows / 2
		path := w.parts.Generate(b, fmt.Sprintf(`SELECT *, CASE WHEN n %% 50 <> 0 AND EPISTART BETWEEN '2001-04-01' AND '2002-03-31' THEN '1' ELSE '0' END AS LEAVES FROM (
			SELECT (hash(i) %% %d)::BIGINT AS n, md5(n::VARCHAR) AS person_id, (513700000000 + i)::VARCHAR AS EPIKEY,
			(DATE '2001-04-01' + (hash(i * 5) %% 400)::INT)::VARCHAR AS EPISTART, (hash(i * 3) %% 100)::VARCHAR AS STARTAGE,
			chr(65 + (hash(i * 7) %% 9)::INT) AS RESGOR, 'R' || (hash(i) %% 100) AS PROCODE3, '1' AS SEX, %s FROM range(%d, %d) r(i))`,
			benchPersons, strings.Join(codes, ", "), part*half, (part+1)*half))
		w.activityParts = append(w.activityParts, w.put(b, w.activity, lake.Activity, "hes_apc", path, half))
	}
	number := "(9990000000 + n)::VARCHAR"
	index := w.parts.Generate(b, fmt.Sprintf(`SELECT md5(n::VARCHAR) AS person_id, md5('p' || n) AS person, 'hes_apc' AS feed, 'L' || n AS local_id, '' AS provider,
		%s AS nhs_number, true AS nhs_valid, '1960-01-01' AS birth_date, 'LS1 4AP' AS postcode, '1' AS sex, 'key' AS pass FROM range(%d) r(n)`, number, benchPersons))
	owners := w.parts.Generate(b, fmt.Sprintf("SELECT md5(n::VARCHAR) AS person_id, 'L' || n AS local_id FROM range(%d) r(n)", benchPersons))
	objects := w.parts.Generate(b, fmt.Sprintf("SELECT %s AS nhs_number FROM range(0, %d, 50) r(n)", number, benchPersons))
	w.index = []lake.Part{w.put(b, w.identity, lake.Identity, "hes_apc", owners, benchPersons),
		w.put(b, w.identity, lake.Identity, lake.PersonIndex, index, benchPersons)}
	w.optOuts = w.put(b, w.identity, lake.Identity, "opt_outs", objects, benchPersons/50)
	return w
}

// resetPeak makes the kernel measure the peak anew.
func resetPeak(b *testing.B) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Fatal(err)
	}
}

// peakResident is the largest resident set since then, in bytes.
func peakResident(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb * 1024
		}
	}
	b.Fatal("no VmHWM")
	return 0
}
