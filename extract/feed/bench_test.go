package feed_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"data.release/registrar/extract/feed"
)

// BenchmarkLand lands 41,500 records of 193 columns: scan, 204 rules, rejects,
// parts of both areas.
func BenchmarkLand(b *testing.B) {
	in, err := os.Open(files[0].file)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "apc.csv")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := csv.NewWriter(out)
	_ = w.Write(rows[0]) // an error stays with the writer
	key, records := slices.Index(rows[0], "EPIKEY"), 0
	for range 20 {
		for _, row := range rows[1:] {
			row[key] = strconv.Itoa(500_000_000_000 + records)
			records++
			_ = w.Write(row)
		}
	}
	w.Flush()
	if w.Error() != nil || out.Close() != nil {
		b.Fatal("the file was not written")
	}
	for b.Loop() {
		report, err := feed.Land(b.Context(), landing(b, "hes_apc", path, files[0].from, files[0].to))
		if err != nil || report.Rows != int64(records) || report.Outcome == feed.Refuse {
			b.Fatalf("%+v, %v", report.Outcome, err)
		}
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
