package browsertest

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"data.release/registrar/web/webtest"
)

// The data package of the whole real register is read by npm's frictionless.js,
// which knows nothing of us.
func TestDataPackage(t *testing.T) {
	site := webtest.Start(t)
	content := taken(t, site.URL+"/register.zip")
	packed, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, f := range packed.File {
		opened, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(f.Name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "node", "--test", "package.test.mjs")
	command.Env = append(os.Environ(), "PACKAGE="+filepath.Join(folder, "datapackage.json"), "ENTRIES=5664")
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if described, listed := taken(t, site.URL+"/datapackage.json"), taken(t, site.URL+"/register.csv"); !bytes.Contains(described, []byte(`"path": "register.csv"`)) || len(listed) < 1<<20 {
		t.Error("the description at the register's address is of another file")
	}
}

// taken is the file at an address.
func taken(t *testing.T, address string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, response.Status, err)
	}
	return content
}
