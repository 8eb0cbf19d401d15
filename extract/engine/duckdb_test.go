package engine_test

import (
	"errors"
	"strings"
	"testing"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/engine/enginetest"
	"data.release/registrar/release/fault"
)

func TestDuckDB(t *testing.T) {
	enginetest.Run(t, func(t testing.TB, threads int, memory string) engine.Engine {
		return &engine.DuckDB{Dir: t.TempDir(), Threads: threads, Memory: memory}
	})
}

// Too little memory is said, with what to do, and does not end the process.
func TestTooLittleMemory(t *testing.T) {
	err := enginetest.Big(t, &engine.DuckDB{Dir: t.TempDir(), Threads: 2, Memory: "20MB"})
	if !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "20MB") {
		t.Errorf("got %v", err)
	}
}

func TestMemoryThatIsNone(t *testing.T) {
	if err := enginetest.Big(t, &engine.DuckDB{Dir: t.TempDir(), Memory: "much"}); err == nil || !strings.Contains(err.Error(), "write it as 1GB") {
		t.Errorf("got %v", err)
	}
}
