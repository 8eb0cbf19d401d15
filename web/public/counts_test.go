package public_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/webtest"
)

// rowsOf counts the rows of a search's CSV.
func rowsOf(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	rows, err := csv.NewReader(response.Body).ReadAll()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, response.Status, err)
	}
	return len(rows) - 1
}

var (
	countedLink = regexp.MustCompile(`<a href="(/register\?[^"]*)">([0-9,]+)(?: [a-z]+[^<]*)?</a>`)
	countedRow  = regexp.MustCompile(`(?s)<tr[^>]*>.{0,400}?<a href="(/register\?[^"]*)".*?numeric">(?:<span class="nhsuk-table__heading"[^>]*>[^<]*</span><span>)?([0-9,]+)<.*?</tr>`)
)

// Every count that leads to a list leads to one of as many, also once entries
// were corrected, withdrawn and entered late.
func TestCountsLeadToWhatTheyCount(t *testing.T) {
	site := webtest.Start(t)
	officer := access.Actor{PersonID: uuid.New(), Memberships: []access.Membership{{Role: access.AccessOfficer}}}
	first, err := site.Service.PublishedEntry(t.Context(), 5000)
	if err != nil {
		t.Fatal(err)
	}
	correct := func(about int64, values map[string]string) {
		t.Helper()
		if _, err := site.Service.CorrectEntry(t.Context(), officer, release.CorrectionInput{About: about, Reason: "read wrongly", Values: values}); err != nil {
			t.Fatal(err)
		}
	}
	correct(5000, map[string]string{"sensitivity": "non_sensitive"})
	correct(5000, map[string]string{"opt_out": "applied", "type_of_data": "identifiable"})
	correct(5001, map[string]string{"event_from": "2021-01-01"})
	correct(10, map[string]string{"commercial": "yes"}) // an agreement
	if _, err := site.Service.WithdrawEntry(t.Context(), officer, release.EntryWithdrawal{About: 5003, Reason: "it never left"}); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"event_from": "2021-03-01", "event_to": "2021-03-31", "type_of_data": "identifiable", "sensitivity": "sensitive", "power": "s261_7", "routes": "consent",
		"opt_out": "consent", "frequency": "one_off", "organisation_id": first.Get("organisation_id"), "dataset": first.Dataset, "reference": first.Reference}
	if _, err := site.Service.EnterLate(t.Context(), officer, release.LateInput{Reason: "found in a drawer", Values: values}); err != nil {
		t.Fatal(err)
	}
	counted, counts := 0, map[string]int{}
	for _, path := range []string{"/", "/statistics", "/organisations/" + first.Get("organisation_id"), "/datasets/" + first.Dataset, "/agreements/" + first.Stem} {
		shown := get(t, site.URL+path)
		for _, found := range append(countedLink.FindAllStringSubmatch(shown, -1), countedRow.FindAllStringSubmatch(shown, -1)...) {
			href, count := html.UnescapeString(found[1]), found[2]
			if strings.Contains(href, "kind=agreement") && path == "/" {
				continue // agreements are counted by their references, as is said beside them
			}
			want, err := strconv.Atoi(strings.ReplaceAll(count, ",", ""))
			if err != nil {
				t.Fatal(err)
			}
			if _, known := counts[href]; !known {
				counts[href] = rowsOf(t, site.URL+strings.Replace(href, "/register?", "/register.csv?", 1))
			}
			if counted++; counts[href] != want && !strings.Contains(found[0], "Kind ") {
				t.Errorf("%s counts %d, and %s has %d", path, want, href, counts[href])
			}
		}
	}
	if counted < 40 {
		t.Errorf("only %d counts were found", counted)
	}
	fmt.Fprintf(t.Output(), "%d counts\n", counted)
}
