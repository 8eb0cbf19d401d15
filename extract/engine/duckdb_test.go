package engine_test

import (
	"testing"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/engine/enginetest"
)

func TestDuckDB(t *testing.T) {
	enginetest.Run(t, func(t testing.TB, threads int, memory string) engine.Engine {
		return &engine.DuckDB{Dir: t.TempDir(), Threads: threads, Memory: memory}
	})
}
