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
	policy := gate.WholePolicy()
	var b strings.Builder
	fmt.Fprintf(&b, "# The gate's rules\n\nPolicy version %s. Printed from the tables in `release/gate` by `go test ./release/gate -run Doc -update`; do not edit.\n\n"+
		"Every rule that holds on the day and runs at the moment is asked, and every finding is kept with the case it rests on. What a rule cannot decide refuses.\n"+
		"History: also asked of rows of published registers, as of their month, where it can only say that cells contradict each other or that it cannot be told.\n", policy.Version)
	for _, class := range gate.Classes() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| rule | what holds | moments | history | valid | authority | what would have to change |\n|---|---|---|---|---|---|---|\n",
			strings.ToUpper(string(class[:1]))+string(class[1:]), class.Words())
		for _, r := range policy.Rules {
			if r.Class != class {
				continue
			}
			history := ""
			if r.History {
				history = "yes"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", r.ID, r.Title, r.MomentWords(), history, r.Validity(), r.Authority, r.Remedy)
		}
	}
	b.WriteString("\n## Reference lists\n\n| list | entry | valid | authority |\n|---|---|---|---|\n")
	for _, l := range policy.References.Lines() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", l.List, l.Entry, l.Valid, l.Authority)
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
		if r.Title == "" || r.Authority == "" || r.Remedy == "" || len(r.Moments) == 0 || r.From.IsZero() {
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

// TestPolicyText: the whole policy can be read by somebody who is no
// programmer, within its width, and leaves no rule and no list out.
func TestPolicyText(t *testing.T) {
	policy := gate.WholePolicy()
	text := policy.Text(100)
	for _, line := range strings.Split(text, "\n") {
		if len([]rune(line)) > 100 {
			t.Errorf("a line of %d: %q", len([]rune(line)), line)
		}
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, r := range policy.Rules {
		for _, want := range []string{r.Title + " (" + r.ID + ")", r.Authority, r.Remedy, r.MomentWords()} {
			if !strings.Contains(flat, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("the text leaves out %q of %s", want, r.ID)
			}
		}
	}
	for _, want := range []string{policy.Version, policy.SHA256, "6(1)(ea) (from 5 February 2026", "primary care mortality", "any other: 3 years"} {
		if !strings.Contains(flat, want) {
			t.Errorf("the text leaves out %q", want)
		}
	}
}
