// Package directions keeps who may import whom (docs/architecture.md): the
// rules stay pure, the pipeline knows no store, and only the use cases write.
package directions

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "data.release/registrar/"

// pkg is what `go list -deps -json` says of a package.
type pkg struct {
	ImportPath string
	Imports    []string // its own, without those of its tests
	Standard   bool
}

// list gives every package of the module's programs and what they stand on.
func list(t *testing.T) map[string]pkg {
	t.Helper()
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	command.Dir = "../.."
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, said.Bytes())
	}
	packages := map[string]pkg{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	return packages
}

// reach is everything that a package stands on, with a way to each: the chain
// of imports. It ends where it leaves the module: that an identifier's library
// knows network cards is not our doing.
func reach(packages map[string]pkg, from string) map[string][]string {
	ways := map[string][]string{}
	queue := [][]string{{from}}
	for len(queue) > 0 {
		way := queue[0]
		queue = queue[1:]
		for _, imported := range packages[way[len(way)-1]].Imports {
			if _, seen := ways[imported]; seen || imported == from {
				continue
			}
			ways[imported] = append(slices.Clone(way), imported)
			if strings.HasPrefix(imported, module) {
				queue = append(queue, ways[imported])
			}
		}
	}
	return ways
}

// rule says what the packages matching of must not stand on, directly or by
// way of others. Patterns are those of matches.
type rule struct {
	name   string
	of     []string
	except []string // packages matching of that the rule does not hold for
	never  []string
	but    []string // what matches never and is allowed
	direct bool     // only the packages' own imports count
}

var (
	stores     = []string{"database/sql", "github.com/jackc/...", "entgo.io/...", "github.com/riverqueue/...", "gocloud.dev/...", "github.com/duckdb/...", module + "ent/...", module + "ent", module + "migrations/...", module + "migrations"}
	transports = []string{"net/http", "net/rpc", "github.com/99designs/...", module + "graph/...", module + "graph", module + "web/...", module + "web"}
	pure       = []string{
		module + "release/terms", module + "release/access", module + "release/gate", module + "release/register",
		module + "release/register/...", module + "release/fault", module + "release/working", module + "release/flow", module + "release/diff", module + "release/ledger/proof", module + "release/duty", module + "release/completeness", module + "release/evidence", module + "release/privacy", module + "web/chart",
		module + "extract/plan", module + "extract/disclosure", module + "extract/feed/definition", module + "extract/feed/strict",
	}
)

var rules = []rule{
	{
		name: "pure packages have no store, transport, logger or process",
		of:   pure, except: []string{module + "release/register/layout"},
		never: slices.Concat(stores, transports, []string{"log", "log/slog", "os/exec", "net"}),
		// A civil date is a column: its type implements database/sql's interfaces.
		but: []string{"database/sql/driver"},
	},
	{
		name: "pure packages stand on pure packages",
		of:   pure, never: []string{module + "..."}, but: append(slices.Clone(pure), module+"release/workbook"), direct: true,
	},
	{
		name: "the pipeline knows of release only its words and its errors, and neither records nor transports",
		of:   []string{module + "extract/...", module + "extract"}, except: []string{module + "extract/worker"},
		never: []string{module + "release", module + "release/...", module + "ent", module + "ent/...", module + "graph/...", module + "graph", module + "web/...", module + "web"},
		but:   []string{module + "release/terms", module + "release/fault"},
	},
	{
		name: "records take only types of pure packages",
		of:   []string{module + "ent/schema"}, never: []string{module + "..."}, but: append(slices.Clone(pure), module+"ent/privacy"),
	},
	{
		name: "the use cases know no transport, no pipeline and no command",
		of:   []string{module + "release", module + "release/..."},
		never: []string{
			module + "web", module + "web/...", module + "graph", module + "graph/...", module + "cmd/...",
			module + "extract", module + "extract/...",
		},
	},
	{
		name:   "transports reach records by the use cases",
		of:     []string{module + "web", module + "web/...", module + "graph", module + "graph/..."},
		except: []string{module + "web/webtest", module + "web/browsertest"},
		never:  []string{module + "migrations", module + "migrations/...", module + "extract/lake/...", module + "extract/lake", module + "extract/engine", module + "extract/pseudonym", "github.com/duckdb/..."},
	},
	{
		name: "nobody but a command imports a command",
		of:   []string{module + "..."}, never: []string{module + "cmd/..."},
		except: []string{module + "cmd/..."},
	},
	{
		name: "one place knows spreadsheets",
		of:   []string{module + "..."}, except: []string{module + "release/workbook"},
		never: []string{"github.com/xuri/excelize/..."}, direct: true,
	},
	{
		name: "one place knows DuckDB's settings",
		of:   []string{module + "..."}, except: []string{module + "extract/lake/duck"},
		never: []string{"github.com/duckdb/duckdb-go-bindings/..."}, direct: true,
	},
}

// matches tells whether one of the patterns names the package; "x/..." is every
// package under x.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if under, ok := strings.CutSuffix(pattern, "/..."); ok {
			return strings.HasPrefix(name, under+"/")
		}
		return path.Clean(pattern) == name
	})
}

// broken lists each breach as the chain of imports that makes it.
func broken(packages map[string]pkg, r rule) []string {
	var found []string
	for name := range packages {
		if !matches(r.of, name) || matches(r.except, name) {
			continue
		}
		ways := reach(packages, name)
		for imported, way := range ways {
			if r.direct && len(way) > 2 || !matches(r.never, imported) || matches(r.but, imported) {
				continue
			}
			found = append(found, strings.Join(way, " -> "))
		}
	}
	slices.Sort(found)
	return found
}

func TestDirections(t *testing.T) {
	packages := list(t)
	for _, must := range []string{module + "release", module + "release/gate", module + "extract/plan", module + "ent/schema"} {
		if _, ok := packages[must]; !ok {
			t.Fatalf("go list does not know %s", must)
		}
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, way := range broken(packages, r) {
				t.Error(way)
			}
		})
	}
}

func TestABreachIsFoundWithItsWay(t *testing.T) {
	packages := map[string]pkg{
		module + "release/gate":  {Imports: []string{module + "release/terms", "fmt"}},
		module + "release/terms": {Imports: []string{"strings", "net/http"}},
		"net/http":               {Imports: []string{"net"}, Standard: true},
	}
	got := broken(packages, rule{of: pure, never: transports})
	want := []string{
		module + "release/gate -> " + module + "release/terms -> net/http",
		module + "release/terms -> net/http",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if left := broken(packages, rule{of: pure, never: transports, but: []string{"net/http"}}); len(left) != 0 {
		t.Errorf("allowed, but found: %q", left)
	}
	if left := broken(packages, rule{of: pure, never: transports, direct: true}); len(left) != 1 {
		t.Errorf("own imports alone: %q", left)
	}
}
