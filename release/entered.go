package release

import (
	"context"
	"database/sql"
	"fmt"

	"data.release/registrar/release/access"
)

// EnteredBy names who had entries of the register made: the person whose command
// it was, from the record of events. It is for the body's own people: the
// register names nobody. An entry that the system made, or that was imported
// before events were kept, has none.
func (s *Service) EnteredBy(ctx context.Context, actor access.Actor, numbers []int64) (map[int64]string, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	out := map[int64]string{}
	_, err := collect(ctx, s.db, func(rows *sql.Rows) (struct{}, error) {
		var number int64
		var name string
		err := rows.Scan(&number, &name)
		out[number] = name
		return struct{}{}, err
	}, `SELECT e.id, p.name FROM entries e JOIN events v ON v.at = e.recorded_at JOIN persons p ON p.id = v.person_id WHERE e.id = ANY($1)`, numbers)
	if err != nil {
		return nil, fmt.Errorf("reading who made entries: %w", err)
	}
	return out, nil
}
