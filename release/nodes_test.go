package release

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryNodeOfTheAPIIsFound: a record that the API calls a node can be asked
// for by its id.
func TestEveryNodeOfTheAPIIsFound(t *testing.T) {
	schema, err := os.ReadFile("../graph/schema/ent.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	if nodes := strings.Count(string(schema), " implements Node {"); nodes != len(nodeTables) {
		t.Errorf("the API has %d kinds of node, and %d tables are looked in", nodes, len(nodeTables))
	}
	if sorted := slices.Sorted(slices.Values(nodeTables)); len(slices.Compact(sorted)) != len(nodeTables) {
		t.Error("a table is looked in twice")
	}
}
