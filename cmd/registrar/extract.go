package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"data.release/registrar/extract/plan"
	"data.release/registrar/release/fault"
)

// extractCmd looks at extracts.
type extractCmd struct {
	Plan extractPlanCmd `cmd:"" help:"Print an extract's plans: what leaves, in which form, and the SQL; without running them."`
}

type extractPlanCmd struct {
	Extract string `arg:"" help:"Id of the extract."`
}

// Run prints.
func (c *extractPlanCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	id, err := uuid.Parse(c.Extract)
	if err != nil {
		return fault.New(fault.Invalid, "%q is no id of an extract.", c.Extract)
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	plans, err := opened.service.PlansForOperator(ctx, id)
	if err != nil {
		return err
	}
	for _, row := range plans {
		p, err := plan.Parse(row.Plan, row.Sha256)
		if err != nil {
			return err
		}
		if err := plan.Explain(k.Stdout, p); err != nil {
			return fmt.Errorf("printing the plan: %w", err)
		}
	}
	return nil
}
