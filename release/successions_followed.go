package release

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/succession"
	"data.release/registrar/release/terms"
)

// successor is who stands in the place of an organisation on a day: for the
// agreement, where a succession names it, else for all. It follows the whole
// chain. With it comes the step that says least is carried over (a merger,
// novation or dissolution before a statutory transfer, that before a rename;
// of equals the last), or nil where nobody follows. After a dissolution the
// organisation itself comes back.
func (w *work) successor(ctx context.Context, org *ent.Organisation, agreementID uuid.UUID, day terms.Date) (*ent.Organisation, *ent.Succession, error) {
	var gravest *ent.Succession
	seen := map[uuid.UUID]bool{}
	for !seen[org.ID] {
		seen[org.ID] = true
		rows, err := w.Succession.Query().Where(succession.HasFromWith(organisation.ID(org.ID)), succession.OnLTE(day), succession.Not(succession.HasWithdrawal()),
			succession.Or(succession.AgreementIDIsNil(), succession.AgreementID(agreementID))).
			WithTo().Order(succession.ByOn(), succession.ByID()).All(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("reading who follows %s: %w", org.Slug, err)
		}
		next := org
		for _, step := range followed(rows, org.ID) {
			if gravest == nil || gravity(step.Kind) >= gravity(gravest.Kind) {
				gravest = step
			}
			if step.Edges.To != nil {
				next = step.Edges.To
			}
		}
		org = next
	}
	return org, gravest, nil
}

// followed are the steps that count of an organisation's: its renames in
// place, and the one by which another follows, for the agreement before that
// for all.
func followed(rows []*ent.Succession, self uuid.UUID) []*ent.Succession {
	var steps []*ent.Succession
	var away *ent.Succession
	for _, r := range rows {
		if r.Edges.To != nil && r.Edges.To.ID == self {
			steps = append(steps, r)
		} else if away == nil || (away.AgreementID == nil && r.AgreementID != nil) {
			away = r
		}
	}
	if away != nil {
		steps = append(steps, away)
	}
	return steps
}

// gravity orders successions by how little carries over.
func gravity(k terms.SuccessionKind) int {
	switch k {
	case terms.Rename:
		return 0
	case terms.StatutoryTransfer:
		return 1
	case terms.Dissolution:
		return 3
	}
	return 2
}
