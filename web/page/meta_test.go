package page_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"data.release/registrar/web/page"
)

// What others are told of a page, over the page of errors, whose view is at
// hand: a text that would end the data block does not, and each link of this
// site is given to Keep once, decoded.
func TestWhatAPageTellsOthers(t *testing.T) {
	pages := page.New(page.Config{
		Service: "Registrar", Address: "https://register.example.org/",
		Asset: func(name string) string { return "/static/0/" + name },
		Menu:  []page.Link{{Text: "Register", Href: "/register?a=1&b=2"}, {Text: "Elsewhere", Href: "https://example.org/register"}},
		Log:   nil,
	})
	var asked []string
	about := page.Page{
		Title: "Entry 1", Description: "A <release>", Canonical: "/register/1", Feed: "/register.atom", NoIndex: true,
		Metadata: map[string]string{"name": "</script><script>alert(1)</script>"},
		Keep: func(href string) string {
			asked = append(asked, href)
			if strings.HasPrefix(href, "/register") {
				return href + "&as-of=2026-11-01"
			}
			return href
		},
	}
	recorder := httptest.NewRecorder()
	template := page.Parse[page.ErrorView]("error.html")
	err := template.Render(pages, recorder, httptest.NewRequest(http.MethodGet, "/", nil), about, page.ErrorView{Message: `say <a href="/register">`})
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := string(content)
	for _, part := range []string{
		`<meta name="description" content="A &lt;release&gt;">`, `<meta name="robots" content="noindex">`,
		`<link rel="canonical" href="https://register.example.org/register/1">`, `<meta property="og:title" content="Entry 1">`,
		`href="/register.atom"`, `{"name":"\u003c/script\u003e\u003cscript\u003ealert(1)\u003c/script\u003e"}`,
		`href="/register?a=1&amp;b=2&amp;as-of=2026-11-01"`, `href="https://example.org/register"`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in\n%s", part, got)
		}
	}
	if len(asked) != 3 || asked[0] != "/" || asked[1] != "/register?a=1&b=2" || asked[2] != "/" {
		t.Errorf("asked for %q", asked)
	}
}
