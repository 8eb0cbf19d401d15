package public_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/webtest"
)

// imported imports an edition so many days from webtest.Moment; before it, for
// the site knows no later day.
func imported(t *testing.T, site *webtest.Site, day int, file release.EditionFile) string {
	t.Helper()
	s := release.New(release.Config{DB: site.DB.DB, Clock: func() time.Time { return webtest.Moment.AddDate(0, 0, day) }})
	report, err := s.ImportEdition(t.Context(), access.Actor{System: "import"}, file)
	if err != nil {
		t.Fatal(err)
	}
	return report.SHA256
}

// dataUses is an edition in the layout of the data use standard.
func dataUses(month int, rows ...[3]string) release.EditionFile {
	out := &strings.Builder{}
	out.WriteString("Lead applicant organisation name,Project ID,Project title,Dataset(s) name,Data sensitivity level,National data opt-out applied?,Release/Access date,Access type,Latest approval date\n")
	for _, r := range rows {
		fmt.Fprintf(out, "Made-up University,%s,%s,Made-up Episodes,De-Personalised,%s,2024-02-01,Release,2023-12-15\n", r[0], r[1], r[2])
	}
	return release.EditionFile{Name: fmt.Sprintf("uses-%d.csv", month), Content: []byte(out.String()), Publisher: "Made-up Custodian",
		Period: terms.Period{From: terms.NewDate(2024, time.Month(month), 1), To: terms.NewDate(2024, time.Month(month), 28)}}
}

// What became of each row from one edition to the next, as a page, by kind, and
// as a file; on a day before the later one was imported there is no such page.
func TestChangesBetweenEditions(t *testing.T) {
	site := webtest.Empty(t)
	rows := [][3]string{{"U1", "One", "No"}, {"U2", "Two", "No"}, {"U3", `"The nation's third"`, "No"}, {"U4", "Four", "No"}, {"U5", "Five", "No"}}
	a := imported(t, site, -10, dataUses(1, rows...))
	b := imported(t, site, -3, dataUses(2, [3]string{"U1", "One and more", "No"}, [3]string{"U2", "Two", "Yes"}, [3]string{"U3", `"The  nation’s third"`, "No"}, rows[4], [3]string{"U6", "Six", "No"}))
	path := "/editions/" + a + "/changes/" + b
	shown := get(t, site.URL+path)
	for _, want := range []string{
		"U1", "<ins>", "One", "more", "Not in the later edition", "Added",
		`<a href="` + path + `?kind=retyped">Only typed, spelled or named otherwise</a>`, path + ".csv",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	titles := func(query string) (out []string) {
		shown := get(t, site.URL+path+query)
		for _, part := range strings.Split(shown, `<section class="app-flag">`)[1:] {
			for _, id := range []string{"U1", "U2", "U3", "U4", "U5", "U6"} {
				if strings.Contains(part, id) {
					out = append(out, id)
					break
				}
			}
		}
		return out
	}
	_, body := ask(t, site.URL+path+".csv", map[string]string{"Accept-Encoding": "identity"})
	lines, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, l := range lines[1:] {
		told = append(told, strings.Join([]string{l[0], l[1], l[2], l[5], l[6], l[7], l[8]}, "|"))
	}
	want := []string{
		"made-up-custodian_U1|agreement|changed|title|One|One and more|false",
		"made-up-custodian_U2|agreement|changed|line/made-up-episodes/opt_out|No: reason not recorded|Yes: patient objections upheld|false",
		"made-up-custodian_U3|agreement|retyped|title|The nation's third|The  nation’s third|true",
		"made-up-custodian_U4|agreement|not_in_later||||",
		"made-up-custodian_U6|agreement|added||||",
	}
	for _, w := range want {
		if !slices.ContainsFunc(told, func(s string) bool { return s == w }) {
			t.Errorf("the file lacks %s", w)
		}
	}
	if len(told) != len(want) {
		t.Errorf("the file says %q", told)
	}
	for query, want := range map[string]string{"?kind=changed": "[U1 U2]", "?kind=retyped": "[U3]", "?kind=added&of=agreement": "[U6]", "?kind=not_in_later&of=agreement": "[U4]", "?of=release": "[]"} {
		if got := fmt.Sprint(titles(query)); got != want {
			t.Errorf("%s shows %s, want %s", query, got, want)
		}
	}
	for _, refused := range []struct {
		path   string
		status int
	}{{"?kind=lost", 400}, {"?page=2", 404}, {"?of=x&kind=y", 400}, {"?as-of=2026-06-25", 404}, {".csv?as-of=2026-06-25", 404}, {"?as-of=2026-06-30", 200}} {
		if response, _ := ask(t, site.URL+path+refused.path, nil); response.StatusCode != refused.status {
			t.Errorf("%s: %s, want %d", refused.path, response.Status, refused.status)
		}
	}
}

// Rows of a layout without ids are counted, by what they say.
func TestChangesOfRowsWithoutAnID(t *testing.T) {
	site := webtest.Empty(t)
	content, err := os.ReadFile("../../testdata/register/made_up_nhs_digital_2018.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	period := func(month time.Month) terms.Period {
		return terms.Period{From: terms.NewDate(2019, month, 1), To: terms.NewDate(2019, month, 28)}
	}
	a := imported(t, site, -2, release.EditionFile{Name: "a.xlsx", Content: content, Period: period(1)})
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	const sheet = "DataReleases"
	rows, err := book.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.DuplicateRow(sheet, len(rows)); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellStr(sheet, fmt.Sprintf("B%d", len(rows)+1), "DSfC9999"); err != nil {
		t.Fatal(err)
	}
	var changed bytes.Buffer
	if err := book.Write(&changed); err != nil {
		t.Fatal(err)
	}
	b := imported(t, site, -1, release.EditionFile{Name: "b.xlsx", Content: changed.Bytes(), Period: period(2)})
	shown := get(t, site.URL+"/editions/"+a+"/changes/"+b)
	_, counted, found := strings.Cut(shown, `id="counted"`)
	if !found || strings.Count(counted, `<a href="/datasets/`) != 1 {
		t.Errorf("one count differs: %s", counted)
	}
}
