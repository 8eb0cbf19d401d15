package release

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/decision"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// nodeTables are the records that can be asked for by their id alone.
var nodeTables = []string{agreement.Table, agreementversion.Table, dataset.Table, datasetline.Table, decision.Table, extract.Table, hold.Table, organisation.Table}

var nodeQuery = func() string {
	parts := make([]string, len(nodeTables))
	for i, table := range nodeTables {
		parts[i] = fmt.Sprintf("select '%[1]s' from %[1]s where id = $1", table)
	}
	return strings.Join(parts, " union all ")
}()

// TableOf is the table that has a record of this id, for reads by id alone.
// Who may read none of them does not learn which ids there are.
func (s *Service) TableOf(ctx context.Context, id uuid.UUID) (table string, err error) {
	reader, _ := access.From(ctx)
	if err := access.Check(reader, access.ReadAgreements); err != nil {
		return "", err
	}
	err = s.db.QueryRowContext(ctx, nodeQuery, id).Scan(&table)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "There is no record %s.", id)
	}
	return table, err
}
