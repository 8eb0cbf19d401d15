package public_test

import (
	"bytes"
	"encoding/json"
	"html"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/web/webtest"
)

// A number of the statistics is that of the list that its row leads to, also
// where periods overlap.
func TestStatisticsLeadToWhatTheyCount(t *testing.T) {
	site := webtest.Empty(t)
	content, err := os.ReadFile("../../testdata/register/made_up_nhs_digital_2016.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	imported(t, site, -9, release.EditionFile{Name: "ReleaseRegister-sep-nov-2017.xlsx", Content: content})
	uses := dataUses(1, [3]string{"U1", "One", "No"}, [3]string{"U2", "Two", "Yes"}, [3]string{"U3", "Three", "No"})
	uses.Content = bytes.Replace(bytes.ReplaceAll(uses.Content, []byte("2024-02-01"), []byte("2017-10-05")), []byte("2017-10-05"), []byte("2017-11-20"), 1)
	imported(t, site, -8, uses)
	page := get(t, site.URL+"/statistics")
	rows := regexp.MustCompile(`href="(/register\?[^"]+)">([^<]*)</a></span></th>\s*<td[^>]*><span[^>]*>[^<]*</span><span>([0-9,]+)`).FindAllStringSubmatch(page, -1)
	for _, row := range rows {
		address := strings.Replace(html.UnescapeString(row[1]), "/register?", "/register.json?", 1)
		var file struct{ Entries []struct{ Number int } }
		if err := json.Unmarshal([]byte(get(t, site.URL+address)), &file); err != nil {
			t.Fatal(err)
		}
		if want, err := strconv.Atoi(strings.ReplaceAll(row[3], ",", "")); err != nil || len(file.Entries) != want {
			t.Errorf("%s: %s, and %d entries at %s", row[2], row[3], len(file.Entries), address)
		}
	}
	for _, want := range []string{`within=yes">Oct 2017</a>`, `within=yes">Nov 2017</a>`, "<span>Sep to Nov 2017</span>", "power=", "frequency="} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if len(rows) < 9 {
		t.Errorf("only %d rows lead anywhere", len(rows))
	}
	for _, want := range []string{"nothing is published here of requests", "nothing is published here of decisions", "nothing is published here of waivers by month"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}
