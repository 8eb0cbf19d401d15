package web_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"data.release/registrar/web/webtest"
)

// TestURLs holds the public addresses to testdata/script, where each is
// written down with its answer. The command there is
//
//	[!] http [-header Name:value]... METHOD PATH
//
// which fails, or with ! must fail, on a status of 400 and over, does not
// follow redirects, and puts the answer into stdout: status, headers sorted,
// an empty line, body.
func TestURLs(t *testing.T) {
	full, empty := webtest.Start(t), webtest.Empty(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("FULL", full.URL)
			env.Setenv("EMPTY", empty.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"http": ask},
	})
}

func ask(ts *testscript.TestScript, negated bool, args []string) {
	headers := http.Header{"Accept": {"text/html"}, "Accept-Encoding": {"identity"}}
	for len(args) > 1 && args[0] == "-header" {
		name, value, _ := strings.Cut(args[1], ":")
		headers.Set(name, strings.TrimSpace(value))
		args = args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: http [-header Name:value]... METHOD PATH")
	}
	site := ts.Getenv("SITE")
	request, err := http.NewRequest(args[0], site+args[1], nil)
	ts.Check(err)
	request.Header = headers
	response, err := http.DefaultTransport.RoundTrip(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", response.Status)
	var names []string
	for name := range response.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&out, "%s: %s\n", name, strings.ReplaceAll(strings.Join(response.Header[name], ", "), site, "$SITE"))
	}
	fmt.Fprintf(&out, "\n%s", body)
	fmt.Fprint(ts.Stdout(), out.String())
	if failed := response.StatusCode >= 400; failed != negated {
		ts.Fatalf("%s %s: %s", args[0], args[1], response.Status)
	}
}
