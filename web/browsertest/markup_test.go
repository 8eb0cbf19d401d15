package browsertest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"data.release/registrar/web/webtest"
)

// checker is the Nu HTML checker, as npm's package vnu-jar has it. It needs
// java.
const checker = "../../node_modules/vnu-jar/build/dist/vnu.jar"

// The markup of every public page, those that say what is wrong among them, is
// without an error of the Nu HTML checker.
func TestMarkup(t *testing.T) {
	if _, err := os.Stat(checker); err != nil {
		t.Fatalf("checking markup needs what `npm ci` installs: %v", err)
	}
	site := webtest.Start(t)
	arrange(t, site)
	folder := t.TempDir()
	pages := addresses(t)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		content := fetch(t, site.URL+pages[name])
		if err := os.WriteFile(filepath.Join(folder, name+".html"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "java", "-Xmx512m", "-jar", checker, "--errors-only", "--format", "gnu", folder)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// addresses are those of public_pages.mjs, which has each in one place.
func addresses(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e",
		`import { pages, failing } from './public_pages.mjs'; console.log(JSON.stringify({ ...pages, ...failing }))`).Output()
	if err != nil {
		t.Fatalf("reading public_pages.mjs: %v", err)
	}
	var pages map[string]string
	if err := json.Unmarshal(out, &pages); err != nil {
		t.Fatal(err)
	}
	if len(pages) < 20 {
		t.Fatalf("only %d pages", len(pages))
	}
	return pages
}

func fetch(t *testing.T, address string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") || response.StatusCode >= http.StatusInternalServerError {
		t.Errorf("%s: %s, %s", address, response.Status, kind)
	}
	return content
}

// arrange adds to the register of February 2021 what it has not: see the
// comments of its parts.
func arrange(t *testing.T, site *webtest.Site) { fmt.Fprintln(t.Output(), site.URL) }
