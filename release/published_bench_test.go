package release_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"io"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/xuri/excelize/v2"

	"data.release/registrar/release"
	"data.release/registrar/release/registertest"
	"data.release/registrar/release/terms"
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

// BenchmarkExportOfALargeRegister writes 650,000 entries as CSV beside
// PostgreSQL's own COPY of the same rows.
func BenchmarkExportOfALargeRegister(b *testing.B) {
	db := registertest.Database(b, registertest.Large)
	s := release.New(release.Config{DB: db.DB})
	size := int64(registertest.Large.Releases + registertest.Large.Agreements*registertest.Large.Versions)
	if err := s.WarmRegister(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			copyOut(b, db.DB)
		}
		b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("csv", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := s.ExportRegister(b.Context(), release.CSV, release.RegisterQuery{}, false, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkWorkbook writes the first 60,000 entries of a large register as a
// workbook, beside excelize's own stream of the same cells, which are at hand.
func BenchmarkWorkbook(b *testing.B) {
	const size = 60_000
	db := registertest.Database(b, registertest.Large)
	s := release.New(release.Config{DB: db.DB})
	write := func(format release.ExportFormat, out io.Writer) {
		if err := s.ExportRegister(b.Context(), format, release.RegisterQuery{AsOf: size}, false, out); err != nil {
			b.Fatal(err)
		}
	}
	var file bytes.Buffer
	write(release.CSV, &file)
	lines, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(lines) != size+1 {
		b.Fatal(len(lines), err)
	}
	rows := make([][]any, len(lines))
	for i, line := range lines {
		rows[i] = make([]any, len(line))
		for j, cell := range line {
			rows[i][j] = cell
		}
	}
	lines = nil
	b.Run("workbook", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			write(release.XLSX, io.Discard)
		}
		b.ReportMetric(size*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			book := excelize.NewFile()
			stream, err := book.NewStreamWriter("Sheet1")
			if err != nil {
				b.Fatal(err)
			}
			for i, row := range rows {
				if err := stream.SetRow("A"+strconv.Itoa(i+1), row); err != nil {
					b.Fatal(err)
				}
			}
			if err := stream.Flush(); err != nil {
				b.Fatal(err)
			}
			if err := book.Write(io.Discard); err != nil {
				b.Fatal(err)
			}
			if err := book.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(size*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func BenchmarkSearch(b *testing.B) {
	s, _, _ := imported(b)
	for name, q := range map[string]release.RegisterQuery{"all": {}, "words": {Text: "diabetes research"}, "facets": {Types: []terms.TypeOfData{terms.Identifiable}}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				search(b, s, q)
			}
		})
	}
}

// copied is PostgreSQL's own way to write what the register's CSV is made of:
// the entries with their texts, beside which exports are measured.
const copied = `COPY (SELECT e.*, t.fields, t.texts FROM entries e LEFT JOIN (
	SELECT entry_texts, array_agg(field::text) AS fields, array_agg(text) AS texts FROM entry_texts GROUP BY entry_texts) t ON t.entry_texts = e.id ORDER BY e.id) TO STDOUT (FORMAT csv)`

func copyOut(b *testing.B, db *sql.DB) {
	b.Helper()
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().PgConn().CopyTo(b.Context(), io.Discard, copied)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkExport(b *testing.B) {
	s, db, _ := imported(b)
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			copyOut(b, db.DB)
		}
		b.ReportMetric(5664*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	for _, format := range []release.ExportFormat{release.CSV, release.JSON, release.XLSX} {
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.ExportRegister(b.Context(), format, release.RegisterQuery{}, false, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(5664*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
