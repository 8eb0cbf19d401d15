package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
)

type gateReplayCmd struct {
	Decision string `arg:"" optional:"" help:"Id of the decision."`
	Register bool   `help:"Hold every row of the imported register against the rules of its month."`
	JSON     bool   `name:"json" help:"As JSON."`
}

// Run replays.
func (c *gateReplayCmd) Run(k *kong.Context, s *Settings) error {
	if c.Register == (c.Decision != "") {
		return fault.New(fault.Invalid, "Name a decision, or say --register.")
	}
	ctx := context.Background()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	if c.Register {
		replay, err := opened.service.ReplayRegister(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(k.Stdout).Encode(replay)
		}
		printRegisterReplay(k.Stdout, replay)
		return nil
	}
	id, err := uuid.Parse(c.Decision)
	if err != nil {
		return fault.New(fault.Invalid, "%q is no id of a decision.", c.Decision)
	}
	again, same, err := opened.service.ReplayDecision(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(again)
	}
	for _, line := range again.Findings {
		fmt.Fprintf(k.Stdout, "%-14s %-20s %s: %s\n", line.Outcome.Label(), line.Rule, line.Title, line.Evidence)
	}
	if same {
		fmt.Fprintln(k.Stdout, "The stored decision says the same.")
	} else {
		fmt.Fprintln(k.Stdout, "The stored decision differs: the rules have changed since.")
	}
	return nil
}

// printRegisterReplay accuses nobody: it says which cells of a row contradict
// each other, and what a row does not tell.
func printRegisterReplay(out io.Writer, replay release.RegisterReplay) {
	fmt.Fprint(out, indented(fmt.Sprintf("%d rows of imported editions, each held against the rules of its month, by policy %s. "+
		"A row is what was published. Where its cells contradict each other, one of them may have been written down wrongly; nothing here says that anything unlawful was done.", replay.Rows, gate.PolicyVersion), ""))
	for _, o := range []struct {
		outcome gate.Outcome
		heading string
	}{{gate.Refuse, "Rows whose cells contradict each other"}, {gate.Warn, "Rows with something to explain"}} {
		fmt.Fprintf(out, "\n%s\n", o.heading)
		none := true
		for _, row := range replay.Found {
			for _, f := range row.Findings {
				if f.Outcome != o.outcome {
					continue
				}
				none = false
				fmt.Fprintf(out, "\n  %s  %s  %s\n", row.SourceID, row.Reference, row.Organisation)
				fmt.Fprint(out, indented(row.Dataset+". "+f.Rule+", "+lowerFirst(f.Title)+": "+f.Evidence+".", "    "))
			}
		}
		if none {
			fmt.Fprintln(out, "  none")
		}
	}
	fmt.Fprintf(out, "\nTotals, in rows\n\n  %-5s %10s %7s %11s  %s\n", "rule", "contradict", "warn", "cannot tell", "what holds")
	for _, t := range replay.Totals {
		fmt.Fprintf(out, "  %-5s %10d %7d %11d  %s\n", t.Rule, t.Contradict, t.Warn, t.CannotTell, t.Title)
	}
	fmt.Fprintf(out, "\n%d distinct rows have cells that contradict each other.\n", replay.Contradicting)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

type gateChangedCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// Run lists.
func (c *gateChangedCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	changed, err := opened.service.ChangedDecisions(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(map[string]any{"policy": gate.PolicyVersion, "changed": changed})
	}
	if len(changed) == 0 {
		fmt.Fprintf(k.Stdout, "No stored answer about a live agreement changes under policy %s.\n", gate.PolicyVersion)
		return nil
	}
	for _, d := range changed {
		fmt.Fprintf(k.Stdout, "%s line %d, decided at %s on %s: %s then, %s by today's rules. Differing: %s.", d.Reference, d.Line, d.Moment, d.At[:10],
			allowedWord(d.Allowed), allowedWord(d.Today), strings.Join(d.Rules, ", "))
		if len(d.New) > 0 {
			fmt.Fprintf(k.Stdout, " Not asked then, so that the evidence may not have been gathered: %s.", strings.Join(d.New, ", "))
		}
		fmt.Fprintln(k.Stdout)
	}
	return nil
}

func allowedWord(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}
