package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"data.release/registrar/release/gate"
)

// gateCmd looks at the gate.
type gateCmd struct {
	Rules  gateRulesCmd  `cmd:"" help:"Print the table of rules."`
	Replay gateReplayCmd `cmd:"" help:"Decide a stored decision's case again, and say what differs."`
}

type gateRulesCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// Run prints the table.
func (c *gateRulesCmd) Run(k *kong.Context) error {
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(gate.Rules())
	}
	for _, r := range gate.Rules() {
		fmt.Fprintf(k.Stdout, "%-20s %-7s %s (%s)\n", r.ID, r.Class, r.Title, r.Authority)
	}
	fmt.Fprintf(k.Stdout, "policy %s\n", gate.PolicyDigest())
	return nil
}

type gateReplayCmd struct {
	Decision string `arg:"" help:"Id of the decision."`
	JSON     bool   `name:"json" help:"As JSON."`
}

// Run replays.
func (c *gateReplayCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	id, err := uuid.Parse(c.Decision)
	if err != nil {
		return fmt.Errorf("%q is no id of a decision", c.Decision)
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	again, same, err := opened.service.ReplayDecision(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(again)
	}
	for _, line := range again.Findings {
		fmt.Fprintf(k.Stdout, "%-14s %-20s %s: %s\n", line.Outcome, line.Rule, line.Title, line.Evidence)
	}
	if same {
		fmt.Fprintln(k.Stdout, "The stored decision says the same.")
	} else {
		fmt.Fprintln(k.Stdout, "The stored decision differs: the rules have changed since.")
	}
	return nil
}
