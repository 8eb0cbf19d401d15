package team

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entgo.io/ent/privacy"

	"data.release/registrar/web/recipient/recipienttest"
)

// The register is put right by forms: what is wrong comes back beside what was
// typed, and what was entered leads to its page.
func TestTheRegisterIsPutRightByForms(t *testing.T) {
	arranged, address := serve(t)
	late := url.Values{"event_from": {"1 May"}, "organisation_id": {"nobody"}, "opt_out": {"applied"}, "reason": {"found in a drawer"}}
	status, _, body := ask(t, "Olu Officer", http.MethodPost, address+entriesHome+"/late", late)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "is no day; write it as 2026-11-01") || !strings.Contains(body, "there is no organisation") ||
		!strings.Contains(body, "found in a drawer") || !strings.Contains(body, `value="1 May"`) {
		t.Fatalf("what is wrong: %d", status)
	}
	for name, value := range map[string]string{"event_from": "2026-10-01", "event_to": "2026-10-02", "organisation_id": "example-university", "reference": referenceOf(t, arranged),
		"type_of_data": "identifiable", "sensitivity": "sensitive", "power": "s261_7", "routes": "consent", "frequency": "one_off"} {
		late.Set(name, value)
	}
	late.Set("dataset", datasetOf(t, arranged))
	status, at, body := ask(t, "Olu Officer", http.MethodPost, address+entriesHome+"/late", late)
	if status != http.StatusSeeOther || !regexp.MustCompile(`^/register/[0-9]+$`).MatchString(at) {
		t.Fatalf("entered late: %d %s", status, errorsOf(body))
	}
	one := entriesHome + strings.TrimPrefix(at, "/register")
	if status, _, _ := ask(t, "Rita Reviewer", http.MethodGet, address+one+"/correct", nil); status != http.StatusForbidden {
		t.Errorf("a reviewer corrects: %d", status)
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+one+"/correct", nil); status != http.StatusOK || !strings.Contains(body, `value="2026-10-02"`) || !strings.Contains(body, "Withdraw it") {
		t.Fatalf("the form has not what stands: %d", status)
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodPost, address+entriesHome+"/late", late); status != http.StatusConflict || !strings.Contains(body, "says just this already") || !strings.Contains(body, `type="checkbox"`) {
		t.Errorf("the same again: %d %s", status, errorsOf(body))
	}
	number := strings.TrimPrefix(at, "/register/")
	first := url.Values{"opt_out": {"consent"}, "routes": {"consent"}, "reason": {"read wrongly"}, "based_on": {number}}
	if status, at, body := ask(t, "Olu Officer", http.MethodPost, address+one+"/correct", first); status != http.StatusSeeOther || at == "/register/0" {
		t.Fatalf("corrected: %d %s", status, errorsOf(body))
	}
	// Another had the form open meanwhile: the days are hers, the answer is told.
	second := url.Values{"opt_out": {"no_reason"}, "routes": {"consent"}, "event_to": {"2026-10-03"}, "sensitivity": {"sensitive"}, "reason": {"the courier’s list"}, "based_on": {number}}
	status, _, body = ask(t, "Olu Officer", http.MethodPost, address+one+"/correct", second)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "since this was opened") || !strings.Contains(body, `value="2026-10-03"`) || !strings.Contains(body, "courier") {
		t.Errorf("over another's correction: %d %s", status, errorsOf(body))
	}
	basedOn := regexp.MustCompile(`name="based_on" value="([0-9]+)"`).FindStringSubmatch(body)
	if basedOn == nil || basedOn[1] == number {
		t.Fatalf("the form is based on %v still", basedOn)
	}
	second.Set("based_on", basedOn[1])
	if status, at, body := ask(t, "Olu Officer", http.MethodPost, address+one+"/correct", second); status != http.StatusSeeOther {
		t.Fatalf("corrected again: %d %s %s", status, at, errorsOf(body))
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodPost, address+one+"/withdraw", url.Values{"reason": {""}}); status != http.StatusUnprocessableEntity {
		t.Errorf("withdrawn without a reason: %d %s", status, errorsOf(body))
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodPost, address+one+"/withdraw", url.Values{"reason": {"it never left"}}); status != http.StatusSeeOther {
		t.Errorf("withdrawn: %d %s", status, errorsOf(body))
	}
	if status, _, _ := ask(t, "Olu Officer", http.MethodGet, address+one+"/correct", nil); status != http.StatusConflict {
		t.Errorf("what was withdrawn is corrected: %d", status)
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodPost, address+entriesHome+"/close", url.Values{"publisher": {"The Body"}}); status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		t.Errorf("a month that is not over: %d %s", status, errorsOf(body))
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+entriesHome+"?about="+strings.TrimPrefix(at, "/register/"), nil); status != http.StatusOK || !strings.Contains(body, "1 entry") || !strings.Contains(body, "Olu Officer") {
		t.Errorf("the list: %d", status)
	}
}

// What is wrong with a succession of datasets is told all at once, a day that
// cannot be read with the rest, and what was typed stays.
func TestDatasetsAreJoinedByForm(t *testing.T) {
	_, address := serve(t)
	status, _, body := ask(t, "Olu Officer", http.MethodPost, address+entriesHome+"/datasets", url.Values{"on": {"1 May"}, "relation": {"rename"}, "reason": {"its publisher says so"}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "is no date; write it as") || strings.Contains(body, "say from which day on") ||
		strings.Count(errorsOf(body), `href="#from"`) != 1 || strings.Count(errorsOf(body), `href="#to"`) != 1 || !strings.Contains(body, `value="1 May"`) || !strings.Contains(body, "its publisher says so") {
		t.Errorf("%d %s", status, errorsOf(body))
	}
	if status, _, _ := ask(t, "Rita Reviewer", http.MethodPost, address+entriesHome+"/datasets", url.Values{}); status != http.StatusForbidden {
		t.Errorf("a reviewer joins datasets: %d", status)
	}
}

// errorsOf are the problems that a page tells.
func errorsOf(body string) string {
	return strings.Join(regexp.MustCompile(`(?s)nhsuk-error-(?:summary|message).{0,400}`).FindAllString(body, -1), "\n")
}

// referenceOf is an agreement that is recorded.
func referenceOf(t *testing.T, arranged *recipienttest.Arranged) string {
	t.Helper()
	a, err := arranged.Service.Read().Agreement.Query().First(privacy.DecisionContext(t.Context(), privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	return a.Stem
}

// datasetOf is the code of a dataset that is recorded.
func datasetOf(t *testing.T, arranged *recipienttest.Arranged) string {
	t.Helper()
	d, err := arranged.Service.Read().Dataset.Query().First(privacy.DecisionContext(t.Context(), privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	return d.Code
}
