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
	"data.release/registrar/ent/approval"
	"data.release/registrar/ent/attachment"
	"data.release/registrar/ent/cohortversion"
	"data.release/registrar/ent/cohortwithdrawal"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/consentmaterial"
	"data.release/registrar/ent/dataflow"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/datasetalias"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/decision"
	"data.release/registrar/ent/derogation"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/holdlift"
	"data.release/registrar/ent/incident"
	"data.release/registrar/ent/licence"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/review"
	"data.release/registrar/ent/signature"
	"data.release/registrar/ent/site"
	"data.release/registrar/ent/stage"
	"data.release/registrar/ent/sublicence"
	"data.release/registrar/ent/succession"
	"data.release/registrar/ent/template"
	"data.release/registrar/ent/warningacceptance"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// nodeTables are the records that can be asked for by their id alone: those
// that are nodes of the API.
var nodeTables = []string{
	agreement.Table, agreementversion.Table, approval.Table, attachment.Table, cohortversion.Table, cohortwithdrawal.Table,
	condition.Table, consentmaterial.Table, dataflow.Table, dataset.Table, datasetalias.Table, datasetline.Table,
	decision.Table, derogation.Table, extract.Table, hold.Table, holdlift.Table, incident.Table,
	licence.Table, organisation.Table, organisationalias.Table, party.Table, review.Table, signature.Table,
	site.Table, stage.Table, sublicence.Table, succession.Table, template.Table, warningacceptance.Table,
}

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
