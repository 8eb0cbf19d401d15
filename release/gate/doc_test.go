package gate_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/release/gate"
)

// -update writes docs/gate.md anew.
var update = flag.Bool("update", false, "write the document printed from the table")

const gateDoc = "../../docs/gate.md"

// TestGateDoc keeps the list of rules that of the table.
func TestGateDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("# The gate's rules\n\nPrinted from the table in `release/gate/rules.go` by `go test ./release/gate -run Doc -update`; do not edit.\n\n" +
		"Every rule that holds on the day and runs at the moment is asked, and every finding is kept with the case it rests on. What a rule cannot decide refuses.\n" +
		"Class: *law* is never waived; *policy* by the SIRO only; *advice* warns. History: also asked of rows of published registers, as of their month, where it can only say that cells contradict each other or that it cannot be told.\n\n" +
		"| rule | what holds | class | moments | history | valid | authority |\n|---|---|---|---|---|---|---|\n")
	for _, r := range gate.Rules() {
		moments := make([]string, len(r.Moments))
		for i, m := range r.Moments {
			moments[i] = string(m)
		}
		history, valid := "", "from "+r.From.String()
		if r.History {
			history = "yes"
		}
		if !r.To.IsZero() {
			valid += " to " + r.To.String()
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", r.ID, r.Title, r.Class, strings.Join(moments, ", "), history, valid, r.Authority)
	}
	if *update {
		if err := os.WriteFile(gateDoc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(gateDoc)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s has drifted from the table: run go test ./release/gate -run Doc -update", gateDoc)
	}
}

// TestTable: ids are unique, and every rule says what it rests on and when it
// runs.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range gate.Rules() {
		if seen[r.ID] {
			t.Errorf("two rules %s", r.ID)
		}
		seen[r.ID] = true
		if r.Title == "" || r.Authority == "" || len(r.Moments) == 0 || r.From.IsZero() {
			t.Errorf("%+v leaves something out", r)
		}
		if !slices.Contains([]gate.Class{gate.Law, gate.Policy, gate.Advice}, r.Class) {
			t.Errorf("%s has class %q", r.ID, r.Class)
		}
		for _, m := range r.Moments {
			if !slices.Contains(moments, m) {
				t.Errorf("%s runs at %q", r.ID, m)
			}
		}
	}
	if len(gate.PolicyDigest()) != 64 {
		t.Errorf("policy digest %q", gate.PolicyDigest())
	}
}
