package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// textWidth is the width of texts for a terminal.
const textWidth = 100

// gateCmd looks at the gate.
type gateCmd struct {
	Check   gateCheckCmd   `cmd:"" default:"withargs" help:"Say what the gate says of an agreement's dataset, and what would have to change. Also: registrar gate NIC-… --dataset …"`
	Policy  gatePolicyCmd  `cmd:"" help:"Print the whole policy for a reader who is no programmer."`
	Rules   gateRulesCmd   `cmd:"" help:"Print the table of rules, a line each."`
	Replay  gateReplayCmd  `cmd:"" help:"Decide a stored decision's case again, or hold the imported register against the rules."`
	Changed gateChangedCmd `cmd:"" help:"List the live agreements whose stored answer changes under today's policy."`
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
	fmt.Fprintf(k.Stdout, "policy %s %s\n", gate.PolicyVersion, gate.PolicyDigest())
	return nil
}

type gatePolicyCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// Run prints the policy.
func (c *gatePolicyCmd) Run(k *kong.Context) error {
	policy := gate.WholePolicy()
	if c.JSON {
		encoder := json.NewEncoder(k.Stdout)
		encoder.SetIndent("", " ")
		return encoder.Encode(policy)
	}
	fmt.Fprint(k.Stdout, policy.Text(textWidth))
	return nil
}

type gateCheckCmd struct {
	Reference string `arg:"" help:"NIC number, with its version or without: the latest."`
	Dataset   string `help:"Code or name of the dataset; every line if not given."`
	Line      int    `help:"Number of the line, where several are of one dataset."`
	AsOf      string `name:"as-of" placeholder:"DATE" help:"Day at whose noon the gate is asked; now if not given."`
	Moment    string `default:"request" enum:"approval,request,start,release,download" help:"Moment: ${enum}."`
	Recipient string `help:"Organisation that receives; the version's first recipient if not given."`
	All       bool   `help:"Show also what passes and what does not apply."`
	JSON      bool   `name:"json" help:"As JSON."`
}

// Run asks.
func (c *gateCheckCmd) Run(k *kong.Context, s *Settings) error {
	ctx := context.Background()
	question := release.GateQuestion{Line: c.Line, Moment: gate.Moment(c.Moment), Recipient: c.Recipient}
	if c.AsOf != "" {
		day, err := terms.ParseDate(c.AsOf)
		if err != nil || day.IsZero() {
			return fault.New(fault.Invalid, "--as-of %q is no date; write it as 2026-11-25.", c.AsOf)
		}
		question.At = time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, terms.London)
	}
	opened, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer opened.close()
	name, answers, err := opened.service.AskGateOfReference(ctx, c.Reference, c.Dataset, question)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(k.Stdout).Encode(map[string]any{"reference": name, "policy": gate.PolicyVersion, "answers": answers})
	}
	printAnswers(k.Stdout, name, question, answers, c.All)
	return nil
}

// printAnswers writes what the gate said in plain words: what stops first, each
// with what would have to change.
func printAnswers(out io.Writer, name string, q release.GateQuestion, answers []release.GateAnswer, all bool) {
	when := "now"
	if !q.At.IsZero() {
		when = "as of " + terms.Today(q.At).Words() + " at noon"
	}
	fmt.Fprint(out, indented(fmt.Sprintf("%s, at the moment %q, %s, by policy %s.", name, q.Moment, when, gate.PolicyVersion), ""))
	fmt.Fprint(out, indented("This looks at the records as they stand now. Each line is supposed to be asked for whole, by one person and approved by another. Nothing is kept.", ""))
	for _, a := range answers {
		verdict := "The gate would let it."
		if !a.Decision.Allowed {
			verdict = fmt.Sprintf("The gate would refuse it, for %s.", counted(len(a.Decision.Refusals()), "reason"))
		}
		to := ""
		if a.Recipient != "" && q.Moment != gate.MomentApproval {
			to = ", to " + a.Recipient
		}
		fmt.Fprintf(out, "\nLine %d, %s%s\n%s\n", a.Line, a.Dataset, to, verdict)
		for _, o := range []gate.Outcome{gate.Refuse, gate.Waived, gate.Warn, gate.Pass, gate.NotApplicable} {
			for _, f := range a.Decision.Findings {
				if f.Outcome != o || (!all && (o == gate.Pass || o == gate.NotApplicable)) {
					continue
				}
				fmt.Fprintf(out, "\n  %s: %s (%s, %s)\n", outcomeWord(o), f.Title, f.Rule, f.Class)
				fmt.Fprint(out, indented(f.Evidence+".", "    "))
				fmt.Fprint(out, indented("Rests on: "+f.Authority+".", "    "))
				if f.Remedy != "" {
					fmt.Fprint(out, indented("What would have to change: "+f.Remedy+".", "    "))
				}
			}
		}
	}
}

func outcomeWord(o gate.Outcome) string {
	label := o.Label()
	if o == gate.Refuse {
		label = "refused"
	}
	return strings.ToUpper(label[:1]) + label[1:]
}

func counted(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// indented breaks a text into lines for a terminal.
func indented(text, indent string) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > textWidth {
			b.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}
