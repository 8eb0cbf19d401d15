package public_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/family"
	"data.release/registrar/web/webtest"
)

func get(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%s", address, response.Status, body)
	}
	return string(body)
}

// The site over the whole real register.
func TestTheRegisterOfFebruary2021(t *testing.T) {
	site := webtest.Start(t)

	t.Run("an entry shows every cell of its row", func(t *testing.T) {
		for number := 1; number <= 5664; number += 71 {
			page := get(t, fmt.Sprintf("%s/register/%d", site.URL, number))
			entry, err := site.Service.PublishedEntry(t.Context(), int64(number))
			if err != nil {
				t.Fatal(err)
			}
			all := words(visible(page))
			if len(entry.Source.Cells) < 8 {
				t.Fatalf("entry %d has %d cells", number, len(entry.Source.Cells))
			}
			for i, cell := range entry.Source.Cells {
				if !strings.Contains(page, html.EscapeString(cell)) && !strings.Contains(all, words(cell)) {
					t.Errorf("entry %d: the cell %.80q of column %d is not on its page", number, cell, i+1)
				}
			}
		}
	})

	t.Run("versions are compared", func(t *testing.T) {
		agreement := get(t, site.URL+"/agreements/NIC-386685-K2B6G")
		link := regexp.MustCompile(`href="(/agreements/NIC-386685-K2B6G/diff/[0-9.]+/[0-9.]+)"`).FindStringSubmatch(agreement)
		if link == nil {
			t.Fatal("no link to what changed")
		}
		for _, part := range []string{"What changed from version", "Changes from <strong>version", `<section class="app-changes"`} {
			if page := get(t, site.URL+link[1]); !strings.Contains(page, part) {
				t.Errorf("%s does not say %q", link[1], part)
			}
		}
		if strings.Contains(get(t, site.URL+"/agreements/NIC-110660-G9W6M"), "/diff/") {
			t.Error("an agreement of one version is compared")
		}
		for _, path := range []string{"/agreements/NIC-386685-K2B6G/diff/1.0/99.9", "/agreements/x/diff/1/2"} {
			response, err := http.Get(site.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
	})

	t.Run("the purposes of an agreement are all there", func(t *testing.T) {
		var stem string
		var length int
		// The longest statement: its cells were cut by the spreadsheet already.
		err := site.DB.DB.QueryRowContext(t.Context(), `SELECT stem, sum(length(text)) FROM entries JOIN entry_texts ON entry_texts = entries.id
			WHERE kind = 'agreement' GROUP BY 1 ORDER BY 2 DESC LIMIT 1`).Scan(&stem, &length)
		if err != nil {
			t.Fatal(err)
		}
		agreement, err := site.Service.PublishedAgreement(t.Context(), 0, stem)
		if err != nil {
			t.Fatal(err)
		}
		page := words(visible(get(t, site.URL+"/agreements/"+stem)))
		checked := 0
		for _, version := range agreement.Versions {
			for _, statement := range version.Statements {
				for _, text := range statement.Texts {
					if text.Field == "objective" || text.Field == "processing" || text.Field == "outputs" || text.Field == "benefits" || text.Field == "yielded_benefits" {
						for line := range strings.Lines(text.Text) {
							if want := words(line); !strings.Contains(page, want) {
								t.Errorf("%s: %q is not on the page", text.Field, line)
							}
							checked++
						}
					}
				}
			}
		}
		if checked < 100 {
			t.Errorf("only %d lines checked of %s", checked, stem)
		}
	})

	t.Run("every agreement, organisation and dataset has its page", func(t *testing.T) {
		for _, index := range []string{"/organisations", "/datasets"} {
			links := regexp.MustCompile(`href="(`+index+`/[^"]+)"`).FindAllStringSubmatch(get(t, site.URL+index), -1)
			if len(links) < 79 {
				t.Fatalf("%s has %d links", index, len(links))
			}
			for i := 0; i < len(links); i += 9 {
				get(t, site.URL+html.UnescapeString(links[i][1]))
			}
		}
		var stems []string
		rows, err := site.DB.DB.QueryContext(t.Context(), `SELECT DISTINCT stem FROM entries WHERE NOT stem LIKE 'NIC-%' OR stem IN (SELECT stem FROM entries GROUP BY 1 HAVING count(DISTINCT version) > 1)`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var stem string
			if err := rows.Scan(&stem); err != nil {
				t.Fatal(err)
			}
			stems = append(stems, stem)
		}
		if rows.Err() != nil || len(stems) < 9 {
			t.Fatalf("%d local names and agreements of two versions, %v", len(stems), rows.Err())
		}
		for _, stem := range stems {
			get(t, site.URL+"/agreements/"+stem)
		}
	})

	t.Run("what is downloaded as proof proves", func(t *testing.T) {
		key, err := ledger.ReadKey(site.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		content := get(t, site.URL+"/register/5664/proof")
		bundle, err := proof.ParseBundle([]byte(content))
		if err != nil {
			t.Fatal(err)
		}
		if result, err := bundle.Verify(key.Verifier()); err != nil || result.Entry != 5664 {
			t.Errorf("%+v, %v", result, err)
		}
	})

	t.Run("former names, past days and editions", func(t *testing.T) {
		response, err := http.Get(site.URL + "/organisations/%20nhs-stockport-ccg")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := response.Request.URL.Path; got != "/organisations/nhs-stockport-ccg" || response.StatusCode != http.StatusOK {
			t.Errorf("led to %s, %s", got, response.Status)
		}
		past := get(t, site.URL+"/organisations/nhs-stockport-ccg?as-of="+webtest.Moment.Format("2006-01-02"))
		for _, part := range []string{"The register as it stands so far on 1 July 2026", `href="/datasets?as-of=2026-07-01"`, `name="robots" content="noindex"`} {
			if !strings.Contains(past, part) {
				t.Errorf("a page of a past day has no %s", part)
			}
		}
		editions := get(t, site.URL+"/editions")
		link := regexp.MustCompile(`href="(/editions/[0-9a-f]{64})"`).FindStringSubmatch(editions)
		if link == nil {
			t.Fatal("no edition is listed")
		}
		for _, part := range []string{"What was read as something else", "What is doubtful at the source", "5,079"} {
			if !strings.Contains(get(t, site.URL+link[1]), part) {
				t.Errorf("the edition's page has no %q", part)
			}
		}
		if content := get(t, site.URL+link[1]+"/file"); !strings.HasPrefix(content, "PK") {
			t.Error("the edition's file is no workbook")
		}
	})
	t.Run("pages say what they are to machines", func(t *testing.T) {
		for path, kind := range map[string]string{"/": "DataCatalog", "/organisations/nhs-stockport-ccg": "Dataset", "/agreements/NIC-110660-G9W6M": "Dataset", "/glossary": "DefinedTermSet", "/register/700": "CreativeWork"} {
			content := get(t, site.URL+path)
			found := regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`).FindStringSubmatch(content)
			if found == nil {
				t.Errorf("%s has no metadata", path)
				continue
			}
			var said struct {
				Type string `json:"@type"`
				ID   string `json:"@id"`
			}
			if err := json.Unmarshal([]byte(found[1]), &said); err != nil || said.Type != kind || said.ID != site.URL+path {
				t.Errorf("%s says %+v, %v", path, said, err)
			}
			if !strings.Contains(content, `<link rel="canonical" href="`+site.URL+path+`">`) {
				t.Errorf("%s has no canonical address", path)
			}
		}
	})
	t.Run("files hold what the search found", func(t *testing.T) {
		var file struct{ Entries []struct{ Number int } }
		if err := json.Unmarshal([]byte(get(t, site.URL+"/register.json?type=identifiable&opt_outs=applied&after=3000")), &file); err != nil {
			t.Fatal(err)
		}
		if len(file.Entries) != 255 {
			t.Errorf("%d entries", len(file.Entries))
		}
	})

	t.Run("each family finds the agreements that had its examples", func(t *testing.T) {
		for _, f := range family.Families() {
			found, _, err := site.Service.HoldingAgreements(t.Context(), release.RecordQuery{Families: []string{f.ID}})
			if err != nil {
				t.Fatal(err)
			}
			had := map[string]bool{}
			for _, h := range found {
				for _, d := range h.Datasets {
					had[d.ID] = true
				}
			}
			for _, example := range f.Examples {
				all, err := site.Service.SearchRegister(t.Context(), release.RegisterQuery{Datasets: []string{register.Slug(example)}, Size: 1})
				if err != nil {
					t.Fatal(err)
				}
				if all.Total > 0 && !had[register.Slug(example)] {
					t.Errorf("%s does not find %q, of which the register has %d releases", f.ID, example, all.Total)
				}
			}
		}
		page := get(t, site.URL+"/my-record?family=staff")
		if !strings.Contains(page, "GPCENSUS") {
			t.Error("the list of general practitioners is not found for staff")
		}
		if !strings.Contains(page, "<title>1 agreement - Could my record be in it?") {
			t.Error("the title does not say what was found")
		}
		if answer, form := strings.Index(page, `href="#answer"`), strings.Index(page, "<form action=\"/my-record\""); answer < 0 || form < answer {
			t.Errorf("what was found stands at %d, behind the form at %d", answer, form)
		}
	})

	t.Run("one of a thing is not called many", func(t *testing.T) {
		many := regexp.MustCompile(`>1(?: |<span class="nhsuk-u-visually-hidden"> )(?:releases|entries|agreements|files)\b`)
		for _, path := range []string{"/register?flag=blank-cell", "/register?organisation=monitor", "/agreements/GPCENSUS", "/organisations/nhs-stockport-ccg", "/my-record?family=staff", "/datasets/mental-health-services-data-set"} {
			if found := many.FindString(get(t, site.URL+path)); found != "" {
				t.Errorf("%s says %q", path, found)
			}
		}
	})

	t.Run("pages name the file that was imported", func(t *testing.T) {
		if _, err := os.Stat(filepath.Join("../../testdata/register", webtest.Edition)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(get(t, site.URL+"/register/700"), webtest.Edition) {
			t.Error("the file is not named")
		}
	})
}

var (
	tag    = regexp.MustCompile(`<[^>]*>`)
	others = regexp.MustCompile(`[^\p{L}\p{N}]+`)
)

// visible is a page without its markup.
func visible(page string) string { return html.UnescapeString(tag.ReplaceAllString(page, " ")) }

// words are the letters and digits of a text, run together: what of it cannot
// be lost by redrawing bullets and spaces. "o" is left out: it stands for a
// bullet at the beginning of 3,314 lines.
func words(text string) string {
	return strings.ReplaceAll(others.ReplaceAllString(text, ""), "o", "")
}

// Every entry has a page, also where a text of it is withheld or was erased; it
// says so, and shows the leaf that the log has.
func TestEntriesWithoutAllTextsHaveTheirPages(t *testing.T) {
	site := webtest.Start(t)
	waiting, _, err := site.Service.WithheldTexts(t.Context(), access.Actor{Memberships: []access.Membership{{Role: access.CaldicottGuardian}}, PersonID: uuid.New()}, release.WithheldFilter{State: release.WithheldWaiting}, 0, 0)
	if err != nil || len(waiting) == 0 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	for _, held := range waiting {
		if held.Entry == 0 {
			continue
		}
		if page := get(t, fmt.Sprintf("%s/register/%d", site.URL, held.Entry)); !strings.Contains(strings.ToLower(page), "withheld") || !strings.Contains(page, "commitments") {
			t.Errorf("entry %d does not say what is withheld", held.Entry)
		}
	}
	_, _, err = site.Service.EraseText(t.Context(), access.Actor{Memberships: []access.Membership{{Role: access.CaldicottGuardian}}, PersonID: uuid.New()},
		release.ErasureInput{Entry: 1, Fields: []register.Field{register.Objective}, Reason: "It named someone.", Law: "UK GDPR, Article 17(1)(d)"})
	if err != nil {
		t.Fatal(err)
	}
	if page := get(t, site.URL+"/register/1"); !strings.Contains(page, "erased") || !strings.Contains(page, "commitments") {
		t.Error("entry 1 does not say what was erased")
	}
	if page := get(t, site.URL+"/register/5665"); !strings.Contains(page, "Article 17(1)(d)") {
		t.Error("the tombstone does not say by which law")
	}
}
