package team

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
)

func TestTakeOnPages(t *testing.T) {
	v := newVisit(t)
	content, err := os.ReadFile(filepath.Join("..", "..", "testdata", "register", "releaseregister_20210201_20210228.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.arranged.Service.ImportEdition(t.Context(), access.Actor{System: "import"}, release.EditionFile{Name: "releaseregister_20210201_20210228.xlsx", Content: content}); err != nil {
		t.Fatal(err)
	}
	status, body := v.get(officer, takeOnHome+"?q=ccg&lack=lines")
	v.says(status, body, 200, "585 versions of imported registers", "dataset lines", "Dataset lines (", `name="version"`, "All 2")
	status, body = v.get(auditor, takeOnHome+"?q=ccg")
	if v.says(status, body, 200, "dataset lines"); strings.Contains(body, `name="version"`) {
		t.Error("who only reads may tick")
	}
	status, body = v.get(officer, takeOnHome+".csv?q=ccg")
	if v.says(status, body, 200, "Agreement,Organisation,State,Releases,Lines,Lacks"); strings.Count(body, "\r\n") < 200 {
		t.Error("the CSV is not whole")
	}
	status, body, _ = v.post(officer, takeOnHome, url.Values{"do": {"draft"}, "query": {"q=ccg"}})
	v.says(status, body, 422, "Nothing is chosen")

	status, body, _ = v.post(officer, takeOnHome, url.Values{"do": {"draft"}, "scope": {"all"}, "query": {"q=NHS Darlington"}})
	versions := regexp.MustCompile(`name="version" value="([0-9a-f-]{36})"`).FindAllStringSubmatch(body, -1)
	if status != 200 || len(versions) != 0 {
		t.Logf("%d versions of one organisation", len(versions))
	}
	_, body = v.get(officer, takeOnHome+"?q=ccg")
	ticked := url.Values{"reason": {"class of CCG agreements"}}
	for _, m := range regexp.MustCompile(`name="version" value="([0-9a-f-]{36})"`).FindAllStringSubmatch(body, 3) {
		ticked.Add("version", m[1])
	}
	with := func(more url.Values) url.Values {
		all := url.Values{}
		for _, values := range []url.Values{ticked, more} {
			for k, list := range values {
				all[k] = list
			}
		}
		return all
	}
	status, body, _ = v.post(officer, takeOnHome, with(url.Values{"do": {"draft"}}))
	v.says(status, body, 200, "3 versions", "Chosen versions", "Take on")
	status, body, _ = v.post(officer, takeOnHome+"/draft", with(url.Values{"reason": {""}}))
	v.says(status, body, 422, "is missing", `name="version"`)
	status, body, _ = v.post(officer, takeOnHome+"/draft", ticked)
	v.says(status, body, 303)
	status, body = v.get(officer, takeOnHome+"?state=draft")
	v.says(status, body, 200, "3 versions")

	status, body, _ = v.post(officer, templatesHome+"/new", url.Values{"name": {"CCGs"}, "answers.starts": {"2027-01-01"}, "answers.ends": {"2026-01-01"}, "answers.lines[0].purposes": {"commissioning"}})
	v.says(status, body, 422, "the term ends before it starts", `value="commissioning" checked`)
	status, body, _ = v.post(officer, templatesHome+"/new", url.Values{"name": {"CCGs"}, "description": {"made up"}, "answers.title": {"Commissioning data for {organisation}"}, "answers.starts": {"2027-01-01"}, "answers.ends": {"2027-12-31"},
		"answers.lines[0].discloser": {"the-body"}, "answers.lines[0].purposes": {"commissioning"}, "article6": {"6(1)(e)"}})
	v.says(status, body, 303)
	status, body = v.get(officer, templatesHome)
	v.says(status, body, 200, "CCGs", "made up")
	status, body = v.get(officer, templatesHome+"/new?template=CCGs")
	v.says(status, body, 200, `value="2027-01-01"`, "6(1)(e)")
	status, body, _ = v.post(officer, takeOnHome+"/template", with(url.Values{"template": {"CCGs"}, "overwrite": {"no"}, "do": {"try"}}))
	v.says(status, body, 200, "answers would change", "Commissioning data for NHS", "lines[0].discloser")
	status, body, _ = v.post(officer, takeOnHome+"/template", with(url.Values{"template": {""}, "do": {"try"}}))
	v.says(status, body, 422, "is missing")
	status, body, _ = v.post(officer, takeOnHome+"/template", with(url.Values{"template": {"CCGs"}, "overwrite": {"no"}, "do": {"apply"}}))
	v.says(status, body, 303)
	status, body = v.get(officer, takeOnHome+"?state=draft&lack=term")
	v.says(status, body, 200, "0 versions")

	status, body, _ = v.post(officer, takeOnHome+"/transfer", with(url.Values{"kind": {"statutory_transfer"}, "to": {""}}))
	v.says(status, body, 422, "is missing")
	status, body, location := v.post(officer, takeOnHome+"/transfer", with(url.Values{"kind": {"statutory_transfer"}, "to": {"the-body"}, "on": {"2022-07-01"}, "instrument": {"Health and Care Act 2022"}}))
	v.says(status, body, 303)
	status, body = v.get(officer, location)
	v.says(status, body, 200, "Whom it follows", "Statutory transfer", "Health and Care Act 2022")
	status, body, _ = v.post(officer, takeOnHome+"/eat", ticked)
	v.says(status, body, 404)

	ods, err := os.ReadFile(filepath.Join("..", "..", "testdata", "evidence", "ods-ccg.csv"))
	if err != nil {
		t.Fatal(err)
	}
	status, body = v.upload(officer, "ods", "", ods)
	v.says(status, body, 422, "is missing")
	status, body = v.upload(officer, "dspt", "DSPT", []byte("code,name,status,expires\nR1-,X,Standards Met,\n"))
	v.says(status, body, 422, "row 2, ods code", "row 2, expires")
	status, body = v.upload(officer, "ods", "ODS, file eccg", ods)
	v.says(status, body, 200, "facts would change", "NHS Brent CCG", "Make these changes", "24 rows were read")
	kept := url.Values{"do": {"apply"}}
	for _, name := range []string{"kind", "source", "name", "content"} {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("the second step does not carry %s", name)
		}
		kept.Set(name, strings.ReplaceAll(m[1], "&#43;", "+"))
	}
	status, body, _ = v.post(officer, evidenceHome, kept)
	v.says(status, body, 200, "facts were changed")
	status, body, _ = v.post(officer, evidenceHome, kept)
	v.says(status, body, 200, "0 facts were changed")
	status, body, _ = v.post(auditor, evidenceHome, kept)
	v.says(status, body, 403)
}

func (v *visit) upload(who, kind, source string, content []byte) (int, string) {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{"kind": kind, "source": source} {
		if err := form.WriteField(name, value); err != nil {
			v.t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", "list.csv")
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		v.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+evidenceHome, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	status, page, _ := v.do(who, r)
	return status, page
}
