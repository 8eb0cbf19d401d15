// Package browsertest drives the site with a real browser. The tests are
// *.test.mjs, for node's own runner; this one starts the site for them, over a
// real database with the real register imported. It needs node, what `npm ci`
// installs, and Debian's chromium; without them it fails.
//
// Screenshots of every page go to the directory that REGISTRAR_SCREENSHOTS
// names, or else to one of the test's own that the log names.
package browsertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"data.release/registrar/web/webtest"
)

func TestPublic(t *testing.T) {
	site := webtest.Start(t)
	run(t, "public.test.mjs", "REGISTRAR_URL="+site.URL)
}

// run runs one file of tests by node, with more environment.
func run(t *testing.T, file string, environment ...string) {
	t.Helper()
	if _, err := os.Stat("../../node_modules/playwright-core"); err != nil {
		t.Fatalf("the browser tests need what `npm ci` installs: %v", err)
	}
	command := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", file)
	command.Env = append(os.Environ(), environment...)
	if os.Getenv("REGISTRAR_SCREENSHOTS") == "" {
		command.Env = append(command.Env, "REGISTRAR_SCREENSHOTS="+filepath.Join(t.ArtifactDir(), "screenshots"))
	}
	out, err := command.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("%s: %v", file, err)
	}
}
