package team

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/page"
)

// imported serves the pages over the real register of February 2021, as the
// role that the header Who names.
func imported(t *testing.T) (*release.Service, string) {
	t.Helper()
	db := migrationstest.New(t)
	const name = "releaseregister_20210201_20210228.xlsx"
	content, err := os.ReadFile("../../testdata/register/" + name)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }
	owner := release.New(release.Config{DB: db.DB, Clock: clock})
	if _, err := owner.ImportEdition(t.Context(), access.Actor{System: "import"}, release.EditionFile{Name: name, Content: content}); err != nil {
		t.Fatal(err)
	}
	service := release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Clock: clock})
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{Service: service})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if role := r.Header.Get("Who"); role != "" {
			actor := access.Actor{PersonID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(role)), Name: role, Memberships: []access.Membership{{Role: access.Role(role)}}}
			r = r.WithContext(access.WithActor(r.Context(), actor))
		}
		pages.Unrouted(mux).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return service, server.URL
}

var (
	tick      = regexp.MustCompile(`name="text" value="([^"]+)"`)
	classLink = regexp.MustCompile(`href="(/team/privacy/class[^"]+)"`)
	expected  = regexp.MustCompile(`name="expect" value="(\d+)"`)
)

func TestWithheldTextsAreDecidedAbout(t *testing.T) {
	service, site := imported(t)
	officer, auditor := string(access.AccessOfficer), string(access.Auditor)
	waiting := func() int {
		t.Helper()
		n, err := service.WithheldCount(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := waiting()

	status, _, list := ask(t, officer, http.MethodGet, site+privacyHome, nil)
	for _, part := range []string{"<mark>", "small count of persons", "Waits for a decision", "withheld since", "Decide about those chosen", page.Plural(before, "text", "texts")} {
		if status != http.StatusOK || !strings.Contains(list, part) {
			t.Errorf("the list, %d, does not say %q", status, part)
		}
	}
	if _, _, queue := ask(t, officer, http.MethodGet, site+Home, nil); !strings.Contains(queue, withheldLink(before)) {
		t.Error("the team's page does not count them")
	}
	// Who only reads sees places and no words.
	status, _, list = ask(t, auditor, http.MethodGet, site+privacyHome, nil)
	if status != http.StatusOK || strings.Contains(list, "<mark>") || tick.MatchString(list) || classLink.MatchString(list) {
		t.Errorf("an auditor, %d, reads words or may decide", status)
	}
	if status, _, _ := ask(t, auditor, http.MethodPost, site+privacyHome+"/decide", url.Values{"text": {"x"}}); status != http.StatusForbidden {
		t.Errorf("an auditor decides: %d", status)
	}
	status, _, csv := ask(t, auditor, http.MethodGet, site+privacyHome+".csv?state=", nil)
	if status != http.StatusOK || strings.Count(csv, "\r\n") != before+1 || strings.Contains(csv, "Lord Carter") {
		t.Errorf("the CSV, %d, has %d lines or words", status, strings.Count(csv, "\r\n"))
	}

	// One by one.
	_, _, list = ask(t, officer, http.MethodGet, site+privacyHome+"?state=waiting&kind=titled_name&field=outputs", nil)
	ticked := tick.FindStringSubmatch(list)
	if ticked == nil {
		t.Fatalf("nothing to tick: %s", list)
	}
	if status, _, said := ask(t, officer, http.MethodPost, site+privacyHome+"/decide", url.Values{}); status != http.StatusUnprocessableEntity || !strings.Contains(said, "Nothing is chosen") {
		t.Errorf("nothing chosen: %d", status)
	}
	form := url.Values{"text": {ticked[1]}}
	if status, _, said := ask(t, officer, http.MethodPost, site+privacyHome+"/decide", form); status != http.StatusOK || !strings.Contains(said, ticked[1]) || waiting() != before {
		t.Errorf("the form: %d", status)
	}
	form.Set("do", "decide")
	if status, _, said := ask(t, officer, http.MethodPost, site+privacyHome+"/decide", form); status != http.StatusUnprocessableEntity || !strings.Contains(said, "is missing") {
		t.Errorf("an empty form: %d", status)
	}
	form.Set("decision", "erase")
	form.Set("reason", "Not needed (made up).")
	if status, _, said := ask(t, officer, http.MethodPost, site+privacyHome+"/decide", form); status != http.StatusUnprocessableEntity || !strings.Contains(said, "Not needed (made up).") {
		t.Errorf("an erasure without a law: %d", status)
	}
	form.Set("law", "UK GDPR Article 17")
	if status, to, said := ask(t, officer, http.MethodPost, site+privacyHome+"/decide", form); status != http.StatusSeeOther || to != privacyHome || waiting() != before-1 {
		t.Errorf("an erasure: %d %s", status, said)
	}
	if status, _, said := ask(t, officer, http.MethodPost, site+privacyHome+"/decide", form); status != http.StatusConflict || !strings.Contains(said, "already") {
		t.Errorf("a second decision: %d", status)
	}
	if _, _, erased := ask(t, officer, http.MethodGet, site+privacyHome+"?state=erased", nil); !strings.Contains(erased, "The tombstone") || !strings.Contains(erased, "Erased under") {
		t.Error("the list of erased texts does not say how")
	}

	// A class, after its count was shown.
	_, _, list = ask(t, officer, http.MethodGet, site+privacyHome, nil)
	var class string
	for _, link := range classLink.FindAllStringSubmatch(list, -1) {
		if strings.Contains(link[1], "small_count") {
			class = strings.ReplaceAll(link[1], "&amp;", "&")
		}
	}
	_, _, preview := ask(t, officer, http.MethodGet, site+class, nil)
	shown := expected.FindStringSubmatch(preview)
	if shown == nil {
		t.Fatalf("no preview: %s", preview)
	}
	answer := url.Values{"expect": {"1"}, "decision": {"publish"}, "reason": {"Published by NHS Digital (made up)."}}
	if status, _, _ := ask(t, officer, http.MethodPost, site+class, answer); status != http.StatusConflict {
		t.Errorf("another count: %d", status)
	}
	answer.Set("expect", shown[1])
	if status, _, said := ask(t, officer, http.MethodPost, site+class, answer); status != http.StatusSeeOther {
		t.Errorf("a class: %d %s", status, said)
	}
	if _, _, rest := ask(t, officer, http.MethodGet, site+class, nil); !strings.Contains(rest, "None waits") {
		t.Error("the class still waits")
	}
}
