package plan_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

// go test ./extract/plan -update rewrites what is expected.
var update = flag.Bool("update", false, "rewrite testdata/*.txtar")

type scenario struct {
	Agreement string            `json:"agreement"`
	Dataset   string            `json:"dataset"` // of the definition
	Line      terms.DatasetLine `json:"line"`
	Request   plan.Request      `json:"request"`
	Snapshot  plan.Snapshot     `json:"snapshot"`
	OptOuts   *plan.OptOutList  `json:"opt_outs"`
}

// One scenario a file: input.json, and either explain.txt or reasons.txt.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	raw, err := os.ReadFile("testdata/episodes.json")
	if err != nil {
		t.Fatal(err)
	}
	episodes, err := definition.Load("episodes", raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s scenario
			d := json.NewDecoder(bytes.NewReader(archive.Files[0].Data))
			d.DisallowUnknownFields()
			if err := d.Decode(&s); err != nil {
				t.Fatal(err)
			}
			def := episodes
			def.Code = s.Dataset
			ref, err := terms.ParseReference(s.Agreement)
			if err != nil {
				t.Fatal(err)
			}
			p, reasons := plan.Compile(plan.Input{Agreement: ref, Line: s.Line, Definition: def, Request: s.Request, Snapshot: s.Snapshot, OptOuts: s.OptOuts})
			var got bytes.Buffer
			name := "explain.txt"
			if len(reasons) > 0 {
				name = "reasons.txt"
				for _, r := range reasons {
					fmt.Fprintf(&got, "%s | %s | %s\n", r.Code, r.Field, r.Message)
				}
			} else if err := plan.Explain(&got, p); err != nil {
				t.Fatal(err)
			}
			if *update {
				archive.Files = append(archive.Files[:1], txtar.File{Name: name, Data: got.Bytes()})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(archive.Files) != 2 || archive.Files[1].Name != name || !bytes.Equal(archive.Files[1].Data, got.Bytes()) {
				t.Errorf("%s is now:\n%s", name, got.Bytes())
			}
		})
	}
}
