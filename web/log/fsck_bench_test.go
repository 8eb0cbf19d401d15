package log

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"log/slog"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release/ledger"
)

// BenchmarkFsckOfAWholeLog has Tessera check a log of 600,000 leaves of the
// usual size over HTTP, and tells how long it took and how much memory its
// process had; then how fast single tiles are served.
func BenchmarkFsckOfAWholeLog(b *testing.B) {
	const leaves, batch = 600_000, 10_000
	db := migrationstest.New(b)
	path := filepath.Join(b.TempDir(), "log.key")
	key, err := ledger.CreateKey(path, "register.example/log")
	if err != nil {
		b.Fatal(err)
	}
	padding := strings.Repeat("x", 700)
	for from := 0; from < leaves; from += batch {
		part := make([][]byte, batch)
		for i := range part {
			part[i] = fmt.Appendf(nil, `{"kind":"release","number":%d,"padding":%q}`, from+i+1, padding)
		}
		tx, err := db.DB.Begin()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ledger.Append(b.Context(), tx, part); err != nil {
			b.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := ledger.Register.Checkpoint(b.Context(), db.DB, key, time.Now()); err != nil {
		b.Fatal(err)
	}
	handler, err := New(ledger.Register, db.DB, key.VerifierKey(), slog.Default())
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	binary := filepath.Join(b.TempDir(), "fsck")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Dir = "../../tools/fsck"
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.Run("fsck", func(b *testing.B) {
		var memory int64
		for b.Loop() {
			cmd := exec.Command(binary, "-url", server.URL+"/log/", "-key", path+".pub")
			cmd.Stderr = os.Stderr
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
			memory = max(memory, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
		}
		b.ReportMetric(float64(memory)/1024, "MiB")
		b.ReportMetric(leaves*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
	})
	for name, path := range map[string]string{"tile": "/log/tile/0/x001/234", "entries": "/log/tile/entries/x001/234", "partial": "/log/tile/1/009.p/39"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
				if answer.Code != 200 {
					b.Fatal(answer.Code, answer.Body)
				}
			}
		})
	}
}
