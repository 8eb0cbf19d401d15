package terms_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
)

// -update writes docs/lifecycles.md anew.
var update = flag.Bool("update", false, "write the documents printed from the tables")

const lifecyclesDoc = "../../docs/lifecycles.md"

// TestLifecyclesDoc keeps the diagrams those of the tables.
func TestLifecyclesDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Lifecycles\n\nPrinted from the tables in `release/terms/lifecycle.go` by `go test ./release/terms -run Doc -update`; do not edit.\n" +
		"States that follow from dates (in force, expired, overdue) are computed and never stored. Each arrow names its command and who may give it.\n" +
		"`gate` and `worker` are no persons: the gate decides, the machine runs.\n")
	b.WriteString("\n## A version of an agreement\n\n")
	diagram(&b, terms.VersionTransitions, terms.Draft, terms.Recorded)
	b.WriteString("\n`recorded` is a version imported from a published register, read-only until it is taken on. That a later version has taken the place of a signed one is computed from their terms and signatures, and so is no state.\n")
	b.WriteString("\n## An extract\n\n")
	diagram(&b, terms.ExtractTransitions, terms.Requested)
	if *update {
		if err := os.WriteFile(lifecyclesDoc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(lifecyclesDoc)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s has drifted from the tables: run go test ./release/terms -run Doc -update", lifecyclesDoc)
	}
}

func diagram[S ~string](b *strings.Builder, table []terms.Transition[S], first ...S) {
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, s := range first {
		fmt.Fprintf(b, "    [*] --> %s\n", s)
	}
	for _, tr := range table {
		fmt.Fprintf(b, "    %s --> %s: %s (%s)\n", tr.From, tr.To, tr.Command, strings.ReplaceAll(tr.Role, "_", " "))
	}
	b.WriteString("```\n")
}

func TestVersionLifecycle(t *testing.T) {
	checkTable(t, terms.VersionTransitions, terms.VersionState("").Values(), terms.Draft,
		[]terms.VersionState{terms.Declined, terms.Withdrawn, terms.Closed}, terms.Recorded)
	for _, c := range []struct {
		from    terms.VersionState
		command string
		to      terms.VersionState
	}{{terms.Draft, "submit", terms.Submitted}, {terms.NotRecommended, "submit", terms.Submitted}, {terms.Issued, "sign", terms.Signed}} {
		if to, ok := c.from.Can(c.command); !ok || to != c.to {
			t.Errorf("%s %s: %s %v", c.from, c.command, to, ok)
		}
	}
	// Approval freezes: nothing withdraws, returns or resubmits what was
	// approved, and nothing is signed before it is issued.
	for _, s := range []terms.VersionState{terms.VersionApproved, terms.Issued, terms.Signed} {
		for _, command := range []string{"withdraw", "return", "submit"} {
			if to, ok := s.Can(command); ok || to != s {
				t.Errorf("%s may %s to %s", s, command, to)
			}
		}
	}
	for _, s := range (terms.VersionState("")).Values() {
		if _, ok := terms.VersionState(s).Can("sign"); ok && s != "issued" {
			t.Errorf("%s may be signed", s)
		}
		if _, ok := terms.VersionState(s).Can("approve"); ok && s != "recommended" {
			t.Errorf("%s may be approved", s)
		}
	}
}

func TestExtractLifecycle(t *testing.T) {
	checkTable(t, terms.ExtractTransitions, terms.ExtractState("").Values(), terms.Requested,
		[]terms.ExtractState{terms.ExtractRefused, terms.Failed, terms.Cancelled, terms.ExtractWithdrawn})
	for _, s := range (terms.ExtractState("")).Values() {
		if _, ok := terms.ExtractState(s).Can("release"); ok && s != "produced" {
			t.Errorf("%s may be released", s)
		}
		if _, ok := terms.ExtractState(s).Can("start"); ok && s != "queued" && s != "running" {
			t.Errorf("%s may start", s)
		}
	}
}

// checkTable: one answer per state and command, known states and roles, every
// state reached but the exceptions, and only the named ones end.
func checkTable[S ~string](t *testing.T, table []terms.Transition[S], values []string, first S, ends []S, unreached ...S) {
	t.Helper()
	roles := append(access.Role("").Values(), "gate", "worker")
	answers := map[string]bool{}
	leaves := map[S]bool{}
	reached := map[S]bool{first: true}
	for range table {
		for _, tr := range table {
			reached[tr.To] = reached[tr.To] || reached[tr.From]
		}
	}
	for _, tr := range table {
		key := string(tr.From) + " " + tr.Command
		if answers[key] {
			t.Errorf("%s has two answers", key)
		}
		answers[key] = true
		leaves[tr.From] = leaves[tr.From] || tr.From != tr.To
		if !slices.Contains(values, string(tr.From)) || !slices.Contains(values, string(tr.To)) || !slices.Contains(roles, tr.Role) {
			t.Errorf("%+v names something unknown", tr)
		}
	}
	for _, value := range values {
		s := S(value)
		if reached[s] == slices.Contains(unreached, s) {
			t.Errorf("%s reached: %v", s, reached[s])
		}
		if leaves[s] == slices.Contains(ends, s) {
			t.Errorf("%s can be left: %v", s, leaves[s])
		}
	}
}
