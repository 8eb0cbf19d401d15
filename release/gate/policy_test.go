package gate_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"data.release/registrar/release/gate"
)

const policies = "testdata/policies.txt"

// TestPolicyVersionIsRaised: a table or list that changed has another digest,
// and then the version must be another, too; else two policies would go by one
// name in stored decisions. With -update a new version is added to the list.
func TestPolicyVersionIsRaised(t *testing.T) {
	text, err := os.ReadFile(policies)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, line := range strings.Fields(strings.ReplaceAll(string(text), " ", "=")) {
		version, digest, _ := strings.Cut(line, "=")
		known[version] = digest
	}
	switch digest := known[gate.PolicyVersion]; {
	case digest == gate.PolicyDigest():
	case digest != "":
		t.Errorf("the rules have changed since policy %s: raise PolicyVersion", gate.PolicyVersion)
	case *update:
		text = fmt.Appendf(text, "%s %s\n", gate.PolicyVersion, gate.PolicyDigest())
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(policies, text, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not in %s: run go test ./release/gate -run Policy -update", gate.PolicyVersion, policies)
	}
}
