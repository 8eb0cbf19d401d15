package monitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/monitor"
	"data.release/registrar/web/webtest"
)

// verifier verifies one site as a stranger with its key would.
type verifier struct {
	url string
	key note.Verifier
}

func of(t *testing.T, site *webtest.Site) verifier {
	t.Helper()
	key, err := ledger.ReadKey(site.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return verifier{site.URL, key.Verifier()}
}

func (v verifier) verify(t *testing.T, seen string) monitor.Report {
	t.Helper()
	r, err := monitor.Verify(t.Context(), monitor.Config{URL: v.url, Key: v.key, Seen: seen, Client: http.DefaultClient})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func found(r monitor.Report) []string {
	out := []string{}
	for _, f := range r.Findings {
		out = append(out, f.Code+": "+f.Field)
	}
	return out
}

// The real register of February 2021, over HTTP: it holds; then each change
// that someone with every right on the database could make is found and named,
// and undone again.
func TestAChangedRowOfTheRealRegisterIsFoundAndNamed(t *testing.T) {
	site := webtest.Start(t)
	v := of(t, site)
	r := v.verify(t, "")
	if len(r.Findings) > 0 || r.Size != 5664 || r.Entries != 5664 || r.Texts < 5664 || r.Tiles != 24 || r.Unsigned != 0 || r.Key != "given" {
		t.Fatalf("%+v", r)
	}
	again := v.verify(t, r.Checkpoint)
	if again.Seen != 5664 || again.Found != 0 {
		t.Errorf("beside its own checkpoint: %+v", again)
	}

	var id int64
	var was string
	if err := site.DB.DB.QueryRow(`SELECT id, opt_out FROM entries WHERE kind = 'release' AND opt_out <> 'applied' ORDER BY id LIMIT 1`).Scan(&id, &was); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, change, undo, want, waiting string }{
		{"a column of an entry",
			fmt.Sprintf(`UPDATE entries SET opt_out = 'applied' WHERE id = %d`, id),
			fmt.Sprintf(`UPDATE entries SET opt_out = '%s' WHERE id = %d`, was, id),
			fmt.Sprintf("entry-changed: entry %d, opt_out", id), ""},
		{"a text of an entry",
			`UPDATE entry_texts SET text = text || ' (sold)' WHERE entry_texts = 1 AND field = 'organisation'`,
			`UPDATE entry_texts SET text = replace(text, ' (sold)', '') WHERE entry_texts = 1 AND field = 'organisation'`,
			"commitment: entry 1, organisation", ""},
		{"a text taken away",
			`CREATE TABLE kept AS SELECT * FROM entry_texts WHERE entry_texts = 2 AND field = 'organisation'; DELETE FROM entry_texts WHERE entry_texts = 2 AND field = 'organisation'`,
			`INSERT INTO entry_texts SELECT * FROM kept; DROP TABLE kept`,
			// Without a tombstone it can only be one that waits for a decision, and is named as such.
			"", "entry 2, organisation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			change(t, site, c.change)
			defer change(t, site, c.undo)
			r := v.verify(t, "")
			r.Waiting = slices.DeleteFunc(r.Waiting, func(w string) bool { return slices.Contains(again.Waiting, w) })
			if got := strings.Join(found(r), "; "); got != c.want || strings.Join(r.Waiting, "; ") != c.waiting {
				t.Errorf("found %q, want %q; waiting %q, want %q", got, c.want, r.Waiting, c.waiting)
			}
		})
	}
	t.Run("an entry that is not published", func(t *testing.T) {
		// The last one, in the answer: in the tables others point at it.
		proxied := through(t, site, "/register.json", func(body []byte) []byte {
			var document struct {
				Entries []json.RawMessage `json:"entries"`
			}
			if err := json.Unmarshal(body, &document); err != nil {
				t.Error(err)
				return body
			}
			document.Entries = document.Entries[:len(document.Entries)-1]
			shorter, err := json.Marshal(document)
			if err != nil {
				t.Error(err)
			}
			return shorter
		})
		if got := found(verifier{proxied, v.key}.verify(t, "")); !slices.Equal(got, []string{"entry-missing: entry 5664"}) {
			t.Errorf("found %q", got)
		}
	})
	t.Run("everything is undone", func(t *testing.T) {
		if r := v.verify(t, ""); r.Found != 0 {
			t.Errorf("found %q", found(r))
		}
	})
}

// change runs a statement as the tables' owner, who may put their triggers
// aside.
func change(t *testing.T, site *webtest.Site, statement string) {
	t.Helper()
	if _, err := site.DB.Pool.Exec(context.Background(),
		`ALTER TABLE entries DISABLE TRIGGER USER; ALTER TABLE entry_texts DISABLE TRIGGER USER; `+statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// through serves a site with the answers of one path changed.
func through(t *testing.T, site *webtest.Site, path string, change func([]byte) []byte) string {
	t.Helper()
	target, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Accept-Encoding") // so that the answer comes as plain text
	}}
	proxy.ModifyResponse = func(answer *http.Response) error {
		if answer.Request.URL.Path != path {
			return nil
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return err
		}
		body = change(body)
		answer.Body = io.NopCloser(bytes.NewReader(body))
		answer.ContentLength = int64(len(body))
		answer.Header.Del("Content-Length")
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}
