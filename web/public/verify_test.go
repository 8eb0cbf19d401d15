package public_test

import (
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"data.release/registrar/web/webtest"
)

// The commands of the page on verifying work as they are copied, one after the
// other in one folder, with the real program.
func TestTheCommandsOfVerifyWork(t *testing.T) {
	site := webtest.Start(t)
	folder := t.TempDir()
	program := filepath.Join(folder, "registrar")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "data.release/registrar/cmd/registrar").CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	commands := regexp.MustCompile(`(?s)<pre class="app-command"[^>]*>(.*?)</pre>`).FindAllStringSubmatch(get(t, site.URL+"/verify"), -1)
	if len(commands) < 4 {
		t.Fatalf("the page has %d commands", len(commands))
	}
	for _, found := range commands {
		script := html.UnescapeString(found[1])
		command := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
		command.Dir = folder
		command.Env = append(command.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s\n%v\n%s", script, err, out)
		}
	}
}
