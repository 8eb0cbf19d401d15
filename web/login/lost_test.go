package login

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"data.release/registrar/release/access"
	"data.release/registrar/web/page"

	"log/slog"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// TestALostSessionLosesNoTyping: what was posted comes back whole, can be sent
// again, and does nothing else.
func TestALostSessionLosesNoTyping(t *testing.T) {
	s, _ := start(t, nil)
	b := s.browser()
	long := strings.Repeat("Some 40,000 characters of an objective. ", 1000)
	form := url.Values{"objective": {long}, "parties[0].organisation": {`"><script>alert(1)</script>`}, "x": {"", "two\r\nlines", "ünï & ©"}, `"odd">`: {"name"}}
	a := b.do(http.MethodPost, s.url+"/whoami?then=%22%3E%3Cb%3E", form)
	if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d, %q, cookie %q", a.StatusCode, a.Header.Get("Cache-Control"), a.Header.Get("Set-Cookie"))
	}
	got := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(a.body, -1) {
		name := html.UnescapeString(field[1])
		got[name] = append(got[name], html.UnescapeString(field[2]))
	}
	if got.Encode() != form.Encode() {
		t.Errorf("kept %.300q", got)
	}
	for _, bad := range []string{"<script>alert", `"odd">"`, "<b>"} {
		if strings.Contains(a.body, bad) {
			t.Errorf("the page holds %s unescaped", bad)
		}
	}
	for _, want := range []string{`action="/whoami?then=%22%3E%3Cb%3E"`, `target="_blank" rel="noopener"`, "Send it again"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(s.log.String(), "characters of an objective") {
		t.Error("the log holds what was typed")
	}
	// A program is told as ever, and somebody signed in goes through.
	if a := b.do(http.MethodPost, s.url+"/whoami", form, "Accept", "application/json"); a.StatusCode != http.StatusUnauthorized || strings.Contains(a.body, "objective") {
		t.Errorf("a program: %d %.200s", a.StatusCode, a.body)
	}
	if a := s.signIn("bea").do(http.MethodPost, s.url+"/whoami", form); a.StatusCode != http.StatusOK {
		t.Errorf("signed in: %d %.200s", a.StatusCode, a.body)
	}
}

func TestALostFileIsAskedForAgain(t *testing.T) {
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.DiscardHandler)})
	handler := Required(pages, func(http.ResponseWriter, *http.Request, access.Actor) error {
		t.Error("nobody came through")
		return nil
	})
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("step", "support")
	file, err := form.CreateFormFile("file", "letter.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, "the letter's content")
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, "/applications/x/documents", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	got := w.Body.String()
	if w.Code != http.StatusUnauthorized || strings.Contains(got, "the letter's content") {
		t.Errorf("%d", w.Code)
	}
	for _, want := range []string{`name="step" value="support"`, `enctype="multipart/form-data"`, `name="file" type="file"`, "Choose it again"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}
