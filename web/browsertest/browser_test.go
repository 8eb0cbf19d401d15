// Package browsertest drives the site with a real browser. The tests are
// *.test.mjs, for node's own runner; this one starts the site for them, over a
// real database with the real register imported. It needs node, what `npm ci`
// installs, and Debian's chromium; without them it fails.
//
// Screenshots of every page go to the directory that REGISTRAR_SCREENSHOTS
// names, or else to one of the test's own that the log names.
package browsertest

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/attachment"
	"data.release/registrar/web"
	"data.release/registrar/web/page"
	"data.release/registrar/web/team"
	"data.release/registrar/web/webtest"
)

func TestPublic(t *testing.T) {
	site := webtest.Start(t)
	run(t, "public.test.mjs", "REGISTRAR_URL="+site.URL)
}

// as gives a site in which the header Who says as whom a request is made.
func as(t *testing.T, people map[string]access.Actor) *webtest.Site {
	t.Helper()
	documents, err := attachment.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { documents.Close() })
	return webtest.Start(t, func(c *web.Config) {
		service := release.New(release.Config{DB: c.Service.DB(), Attachments: documents, Clock: func() time.Time { return webtest.Moment }})
		c.Session = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if who, known := people[r.Header.Get("Who")]; known {
					r = r.WithContext(access.WithActor(r.Context(), who))
				}
				next.ServeHTTP(w, r)
			})
		}
		c.Viewer = func(r *http.Request) page.Viewer {
			who, _ := access.From(r.Context())
			return page.Viewer{Name: who.Name, Links: []page.Link{{Text: "Team", Href: team.Home}}}
		}
		c.Members = func(mux *http.ServeMux, pages *page.Renderer) { team.Mount(mux, pages, team.Config{Service: service}) }
	})
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
