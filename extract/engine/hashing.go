package engine

import (
	"context"
	"database/sql"
	"sync"

	"github.com/duckdb/duckdb-go/v2"

	"data.release/registrar/extract/pseudonym"
)

// hashing is the function by which SQL turns identifiers into pseudonyms: the
// key stays in Go, out of SQL text, plans and logs. DuckDB calls it from
// several threads, a chunk of 2,048 rows at a time.
type hashing struct {
	varchar duckdb.TypeInfo
	hashers sync.Pool
}

// RegisterPseudonyms gives a DuckDB instance the function name(kind, canonical)
// that makes pseudonyms under a key, and null of null. Once for an instance.
func RegisterPseudonyms(conn *sql.Conn, name string, key pseudonym.Key) error {
	varchar, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	if err != nil {
		return err
	}
	return duckdb.RegisterScalarUDF(conn, name,
		&hashing{varchar: varchar, hashers: sync.Pool{New: func() any { return key.Hasher() }}})
}

func (r *hashing) Config() duckdb.ScalarFuncConfig {
	return duckdb.ScalarFuncConfig{InputTypeInfos: []duckdb.TypeInfo{r.varchar, r.varchar}, ResultTypeInfo: r.varchar}
}

func (r *hashing) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{ChunkContextExecutor: r.run}
}

func (r *hashing) run(_ context.Context, chunk *duckdb.ChunkIteratorState) error {
	hasher := r.hashers.Get().(*pseudonym.Hasher)
	defer r.hashers.Put(hasher)
	input := chunk.GetInputChunk()
	kinds, err := view(input, 0)
	if err != nil {
		return err
	}
	ids, err := view(input, 1)
	if err != nil {
		return err
	}
	out, err := duckdb.GetVectorWriter[string](chunk.GetResultVector())
	if err != nil {
		return err
	}
	buffer := make([]byte, 0, pseudonym.Size)
	for row := range ids.Len() {
		kind, _, err := kinds.GetValueBorrowed(row)
		if err != nil {
			return err
		}
		id, given, err := ids.GetValueBorrowed(row)
		if err != nil {
			return err
		}
		if !given {
			if err := out.SetNull(row); err != nil {
				return err
			}
			continue
		}
		if buffer, err = hasher.Append(buffer[:0], kind, id); err != nil {
			return err
		}
		if err := out.Set(row, string(buffer)); err != nil {
			return err
		}
	}
	return nil
}

func view(chunk *duckdb.DataChunk, column int) (duckdb.VectorView[string], error) {
	vector, err := chunk.GetVector(column)
	if err != nil {
		return duckdb.VectorView[string]{}, err
	}
	return duckdb.GetVectorView[string](vector)
}
