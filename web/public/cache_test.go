package public_test

import (
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"data.release/registrar/web"
	"data.release/registrar/web/page"
	"data.release/registrar/web/webtest"
)

// ask asks for an address as a browser does, compressed.
func ask(t testing.TB, address string, headers map[string]string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Accept-Encoding", "gzip")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

// What a cache keeps of a page, and when it must ask again.
func TestPagesAreKeptByCaches(t *testing.T) {
	site := webtest.Start(t)
	get(t, site.URL+"/register?flag=M6") // flags are computed from here on
	tag := func(path string) string {
		t.Helper()
		response, _ := ask(t, site.URL+path, nil)
		if response.StatusCode != http.StatusOK || response.Header.Get("ETag") == "" {
			t.Fatalf("%s: %s with the tag %q", path, response.Status, response.Header.Get("ETag"))
		}
		return response.Header.Get("ETag")
	}
	const search = "/register?kind=release&type=identifiable"
	first := tag(search)
	response, _ := ask(t, site.URL+search, nil)
	if got := response.Header.Get("Cache-Control"); got != "public, max-age=60, stale-while-revalidate=600" {
		t.Errorf("Cache-Control: %s", got)
	}
	if !strings.Contains(strings.Join(response.Header.Values("Vary"), ","), "Cookie") {
		t.Errorf("a page that differs for who is signed in varies by %v", response.Header.Values("Vary"))
	}
	if response, body := ask(t, site.URL+search, map[string]string{"If-None-Match": first}); response.StatusCode != http.StatusNotModified || len(body) > 0 {
		t.Errorf("who has the page gets %s and %d bytes", response.Status, len(body))
	}
	if again := tag("/register?type=identifiable&kind=release"); again != first {
		t.Error("the same search in another order is another page")
	}
	for _, other := range []string{"/register", "/register?kind=release", "/register.atom?kind=release&type=identifiable", search + "&as-of=2026-07-01"} {
		if tag(other) == first {
			t.Errorf("%s has the tag of another page", other)
		}
	}
	if response, _ := ask(t, site.URL+"/register?type=secret", nil); response.Header.Get("ETag") != "" || response.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a refusal is kept: %v", response.Header)
	}
	if response, _ := ask(t, site.URL+"/register?after=9999", nil); response.Header.Get("ETag") != "" || response.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a missing page is kept: %v", response.Header)
	}
	past := tag(search + "&as-of=2026-07-01")
	for _, change := range []struct{ name, statement string }{
		{"a text is published", `INSERT INTO entry_texts (entry_texts, field, text, salt) VALUES (1, 'reason', 'x', '\x00')`},
		{"an entry is made", `INSERT INTO entries (id, kind, recorded_at, about, leaf) VALUES (5665, 'withdrawal', now() + interval '1 day', 1, '{}')`},
	} {
		before := tag(search)
		if _, err := site.DB.DB.Exec(change.statement); err != nil {
			t.Fatal(err)
		}
		get(t, site.URL+"/register?flag=M6") // which waits for flags
		if tag(search) == before {
			t.Errorf("%s, and pages stay as they were", change.name)
		}
	}
	if tag(search+"&as-of=2026-07-01") == past {
		t.Error("a page of a past day would outlive the erasure of a text")
	}
}

// Who is signed in has their name in the page's head.
func TestPagesOfWhoIsSignedInAreKeptByNobody(t *testing.T) {
	site := webtest.Empty(t, func(c *web.Config) { c.Viewer = func(*http.Request) page.Viewer { return page.Viewer{Name: "Ada"} } })
	response, body := ask(t, site.URL+"/register", nil)
	if response.Header.Get("ETag") != "" || response.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("headers %v", response.Header)
	}
	if response.StatusCode != http.StatusOK || len(body) == 0 {
		t.Error(response.Status)
	}
}

// The largest pages of the real register with their stylesheet are under
// 100,000 bytes as they are sent.
func TestPagesAreLight(t *testing.T) {
	site := webtest.Start(t)
	home, body := ask(t, site.URL+"/", nil)
	if home.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("pages are not compressed")
	}
	plain, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `<link rel="stylesheet" href="`)
	address, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("no stylesheet")
	}
	_, style := ask(t, site.URL+address, nil)
	for _, path := range []string{"/", "/register", "/register?q=diabetes+research&kind=agreement", "/register?q=%22heart+failure%22", "/register?kind=release&sort=organisation",
		"/organisations", "/datasets", "/register/1", "/flags", "/flags/mixed-opt-outs", "/flags/M9", "/statistics"} {
		response, body := ask(t, site.URL+path, nil)
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, response.Status)
		}
		t.Logf("%s: %d bytes, %d with the stylesheet", path, len(body), len(body)+len(style))
		if len(body)+len(style) > 100_000 {
			t.Errorf("%s has %d bytes, %d with its stylesheet", path, len(body), len(body)+len(style))
		}
	}
}

// A feed is Atom: what RFC 4287 asks of a feed and of each entry is there, pages
// follow each other, and an entry keeps its id whichever search it is found by.
func TestEverySearchIsAFeed(t *testing.T) {
	site := webtest.Start(t)
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	type feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Author  string   `xml:"author>name"`
		Links   []link   `xml:"link"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Summary string `xml:"summary"`
			Content struct {
				Type string `xml:"type,attr"`
				Text string `xml:",chardata"`
			} `xml:"content"`
			Links []link `xml:"link"`
		} `xml:"entry"`
	}
	read := func(address string) (f feed) {
		t.Helper()
		if err := xml.Unmarshal([]byte(get(t, address)), &f); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		return f
	}
	seen := map[string]bool{}
	address := site.URL + "/register.atom?opt_outs=applied&type=identifiable"
	for pages := 0; address != ""; pages++ {
		f := read(address)
		if f.ID != site.URL+"/register.atom?opt_outs=applied&type=identifiable" || f.Title == "" || f.Author == "" || pages > 11 {
			t.Fatalf("page %d: %+v", pages, f)
		}
		if _, err := time.Parse(time.RFC3339, f.Updated); err != nil {
			t.Error(err)
		}
		address = ""
		for _, l := range f.Links {
			if l.Rel == "next" {
				address = l.Href
			}
		}
		for _, e := range f.Entries {
			if _, err := time.Parse(time.RFC3339, e.Updated); err != nil || seen[e.ID] || e.Title == "" || e.Summary == "" || e.Content.Type != "html" ||
				!strings.Contains(e.Content.Text, "<dt>Legal power</dt>") || len(e.Links) == 0 || e.Links[0].Href != e.ID {
				t.Fatalf("%+v, %v", e, err)
			}
			seen[e.ID] = true
		}
	}
	if len(seen) != 255 {
		t.Errorf("%d entries on all pages", len(seen))
	}
	var news struct {
		Version string
		Next    string `json:"next_url"`
		Items   []struct{ ID, Content_html string }
	}
	if err := json.Unmarshal([]byte(get(t, site.URL+"/register.feed.json?type=identifiable")), &news); err != nil || len(news.Items) != 25 ||
		news.Next == "" || news.Version != "https://jsonfeed.org/version/1.1" || !strings.Contains(news.Items[0].Content_html, "<dl>") {
		t.Errorf("as JSON: %+v, %v", news, err)
	}
	if one := read(site.URL + "/register.atom?q=DSfC0001"); len(one.Entries) != 1 || !strings.HasPrefix(one.Entries[0].ID, site.URL+"/register/") {
		t.Errorf("%+v", one)
	}
}
