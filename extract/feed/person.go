package feed

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"
)

// personFunction is the name of PersonID in SQL. The key behind it stays in
// Go, out of SQL text, query plans and logs.
const personFunction = "lake_person_id"

func registerPersonID(conn *sql.Conn, id PersonID) error {
	varchar, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	if err != nil {
		return err
	}
	if err := duckdb.RegisterScalarUDF(conn, personFunction, personUDF{id: id, varchar: varchar}); err != nil {
		return fmt.Errorf("registering the person ids: %w", err)
	}
	return nil
}

type personUDF struct {
	id      PersonID
	varchar duckdb.TypeInfo
}

func (p personUDF) Config() duckdb.ScalarFuncConfig {
	return duckdb.ScalarFuncConfig{InputTypeInfos: []duckdb.TypeInfo{p.varchar, p.varchar}, ResultTypeInfo: p.varchar}
}

func (p personUDF) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{ChunkContextExecutor: p.chunk}
}

// chunk makes the ids of up to 2,048 rows; NULL for NULL.
func (p personUDF) chunk(_ context.Context, state *duckdb.ChunkIteratorState) error {
	var in [2]duckdb.VectorView[string]
	for i := range in {
		vector, err := state.GetInputChunk().GetVector(i)
		if err != nil {
			return err
		}
		if in[i], err = duckdb.GetVectorView[string](vector); err != nil {
			return err
		}
	}
	out, err := duckdb.GetVectorWriter[string](state.GetResultVector())
	if err != nil {
		return err
	}
	for row := range in[1].Len() {
		kind, _, err := in[0].GetValueBorrowed(row)
		if err != nil {
			return err
		}
		canonical, given, err := in[1].GetValueBorrowed(row)
		if err != nil {
			return err
		}
		if !given {
			err = out.SetNull(row)
		} else {
			err = out.Set(row, p.id(kind, canonical))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
