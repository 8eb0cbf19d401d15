package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/decision"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/extractplan"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
)

// ReplayDecision decides a stored case again, and says whether the stored
// decision found the same.
func (s *Service) ReplayDecision(ctx context.Context, id uuid.UUID) (again gate.Decision, same bool, err error) {
	row, err := s.Read().Decision.Get(seeAll(ctx), id)
	if ent.IsNotFound(err) {
		return gate.Decision{}, false, fault.New(fault.NotFound, "There is no decision %s.", id)
	} else if err != nil {
		return gate.Decision{}, false, fmt.Errorf("reading the decision: %w", err)
	}
	return replay(row)
}

func replay(row *ent.Decision) (again gate.Decision, same bool, err error) {
	if again, err = gate.Replay(row.Facts); err != nil {
		return gate.Decision{}, false, err
	}
	var stored []gate.Finding
	if err := json.Unmarshal(row.Findings, &stored); err != nil {
		return gate.Decision{}, false, fmt.Errorf("reading the stored findings: %w", err)
	}
	return again, again.Allowed == row.Allowed && slices.EqualFunc(again.Findings, stored, gate.Finding.Same), nil
}

// CheckDecisions replays every decision that today's table of rules made, and
// names those that do not come out as they are stored.
func (s *Service) CheckDecisions(ctx context.Context) (checked int, differing []uuid.UUID, err error) {
	rows, err := s.Read().Decision.Query().Where(decision.PolicySha256(gate.PolicyDigest())).Order(decision.ByID()).All(seeAll(ctx))
	if err != nil {
		return 0, nil, fmt.Errorf("reading decisions: %w", err)
	}
	for _, row := range rows {
		_, same, err := replay(row)
		if err != nil {
			return 0, nil, err
		}
		if !same {
			differing = append(differing, row.ID)
		}
	}
	return len(rows), differing, nil
}

// DecisionsOn are the decisions about a version, extract or file, oldest first.
func (s *Service) DecisionsOn(ctx context.Context, actor access.Actor, subject uuid.UUID) ([]*ent.Decision, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	return s.Read().Decision.Query().Where(decision.Subject(subject.String())).Order(decision.ByAt(), decision.ByLine()).All(seeAll(ctx))
}

// PlansOf are the plans of an extract by line.
func (s *Service) PlansOf(ctx context.Context, actor access.Actor, id uuid.UUID) ([]*ent.ExtractPlan, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	return s.Read().ExtractPlan.Query().Where(extractplan.HasExtractWith(extract.ID(id))).Order(extractplan.ByLine()).All(seeAll(ctx))
}

// PlansForOperator are the plans of an extract, for whoever holds the
// database's log-in anyway.
func (s *Service) PlansForOperator(ctx context.Context, id uuid.UUID) ([]*ent.ExtractPlan, error) {
	plans, err := s.Read().ExtractPlan.Query().Where(extractplan.HasExtractWith(extract.ID(id)), extractplan.Sha256NEQ("")).Order(extractplan.ByLine()).All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	if len(plans) == 0 {
		return nil, fault.New(fault.NotFound, "There is no extract %s with plans.", id)
	}
	return plans, nil
}
