package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The names are made up.
func TestPrivacyScanSaysPlacesAndNotWhatWasFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text.txt")
	text := "Nothing here.\nLed by Dr Jane Doe, jane@example.org.\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	scan := func(args ...string) string {
		t.Helper()
		out, err := registrar(t, nil, append([]string{"privacy", "scan"}, args...)...)
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return out
	}
	said := scan(file)
	for _, part := range []string{"line 2, bytes 7 to 18: name with a title", "e-mail address", "1 of 2 texts would be withheld"} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q: %s", part, said)
		}
	}
	if strings.Contains(said, "Doe") || strings.Contains(said, "jane") {
		t.Errorf("it prints what was found: %s", said)
	}
	if shown := scan("--show", file); !strings.Contains(shown, "[Dr Jane Doe]") {
		t.Errorf("--show: %s", shown)
	}
	for line := range bytes.Lines([]byte(scan("--json", file))) {
		var found struct {
			Place, Kind, Why string
			From, To         int
		}
		if err := json.Unmarshal(line, &found); err != nil || found.Place != "line 2" || found.Kind == "" || found.To <= found.From {
			t.Errorf("%s: %v", line, err)
		}
	}
	if said := scan("../../testdata/register/releaseregister_20210201_20210228.xlsx"); !strings.Contains(said, "27 of ") ||
		!strings.Contains(said, "sheet PurposeStatements, row ") {
		t.Errorf("the real register: %.300s", said)
	}
}
