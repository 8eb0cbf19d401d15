package team

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"data.release/registrar/release/workbook"
)

// An edition is tried by form, its report read, and then imported.
func TestAnEditionIsTriedAndImported(t *testing.T) {
	_, address := serve(t)
	fileName := "uses.csv"
	send := func(content string, fields map[string]string) (int, string, string) {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for name, value := range fields {
			_ = form.WriteField(name, value)
		}
		if content != "" {
			part, err := form.CreateFormFile("file", fileName)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(part, content)
		}
		_ = form.Close()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+importsHome+"/try", &body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", form.FormDataContentType())
		return sendAs(t, "Olu Officer", request)
	}
	if status, _, body := send("", map[string]string{"from": "May"}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "choose a file") || !strings.Contains(body, "First day that it covers: is no date") ||
		!strings.Contains(body, "Last day, included: give both days") || !strings.Contains(body, `value="May"`) {
		t.Fatalf("nothing sent: %d %s", status, errorsOf(body))
	}
	if status, _, body := send("a,b\n1,2\n", nil); status != http.StatusUnprocessableEntity || !strings.Contains(body, "layout") {
		t.Fatalf("a file of no layout: %d %s", status, errorsOf(body))
	}
	edition := "Lead applicant organisation name,Project ID,Project title,Dataset(s) name,Release/Access date\nMade-up University,17/LO/1,One,Made-up Episodes,2024-02-01\n"
	for name, c := range map[string]struct {
		fields map[string]string
		want   []string
	}{
		"no period":         {map[string]string{"publisher": "P"}, []string{"First day that it covers: neither a title sheet", "Last day, included: neither a title sheet"}},
		"a day that is not": {map[string]string{"publisher": "P", "from": "1900-01-01", "to": "9999-12-31"}, []string{"First day that it covers: the first day, 1900-01-01", "Last day, included: the last day, 9999-12-31"}},
		"reversed":          {map[string]string{"publisher": "P", "from": "2024-02-01", "to": "2024-01-01"}, []string{"Last day, included: the last day, 2024-01-01, is before the first"}},
		"no publisher":      {map[string]string{"from": "2024-01-01", "to": "2024-01-31"}, []string{"Whose register it is: "}},
	} {
		status, _, body := send(edition, c.fields)
		for _, want := range c.want {
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, want) {
				t.Errorf("%s: %d %s, want %q", name, status, errorsOf(body), want)
			}
		}
	}
	fileName = strings.Repeat("x", 197) + ".csv"
	if status, _, body := send(edition, map[string]string{"from": "2024-01-01", "to": "2024-01-31", "publisher": "Made-up Custodian"}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "File: its name has 201 characters") {
		t.Errorf("a long name: %d %s", status, errorsOf(body))
	}
	fileName = "uses.csv"
	status, at, body := send(edition, map[string]string{"from": "2024-01-01", "to": "2024-01-31", "publisher": "Made-up Custodian"})
	if status != http.StatusSeeOther {
		t.Fatalf("tried: %d %s", status, errorsOf(body))
	}
	if status, again, body := send(edition, map[string]string{"from": "2024-01-01", "to": "2024-01-31", "publisher": "Made-up Custodian"}); status != http.StatusSeeOther || again != at {
		t.Errorf("the same file again: %d, at %s and not %s: %s", status, again, at, errorsOf(body))
	}
	status, other, _ := send(edition, map[string]string{"from": "2024-01-01", "to": "2024-01-31", "publisher": "Another Custodian"})
	if status != http.StatusSeeOther || other == at {
		t.Errorf("the same file of another publisher: %d, at %s", status, other)
	}
	for _, do := range []url.Values{{"do": {"bogus"}}, {}} {
		if status, _, body := ask(t, "Olu Officer", http.MethodPost, address+at, do); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Say what to do with the file") {
			t.Errorf("do %v: %d %s", do, status, errorsOf(body))
		}
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+at, nil); status != http.StatusOK || !strings.Contains(body, "What an import would do") || !strings.Contains(body, "Made-up Custodian") {
		t.Fatalf("the report: %d", status)
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+at+"/report.xlsx", nil); status != http.StatusOK {
		t.Errorf("the report as a workbook: %d", status)
	} else if sheets, err := workbook.Read([]byte(body)); err != nil || len(sheets) != 6 || sheets[0].Cell(4, 2) != "Made-up Custodian" || sheets[3].Cell(2, 2) != "17/LO/1" {
		t.Errorf("the report as a workbook: %v, %+v", err, sheets)
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+at+"/report.json", nil); status != http.StatusOK || !strings.Contains(body, `"publisher": "Made-up Custodian"`) {
		t.Errorf("the report as JSON: %d", status)
	}
	if status, _, _ := ask(t, "Rita Reviewer", http.MethodPost, address+at, url.Values{"do": {"import"}}); status != http.StatusForbidden {
		t.Errorf("a reviewer imports: %d", status)
	}
	if status, to, body := ask(t, "Olu Officer", http.MethodPost, address+at, url.Values{"do": {"import"}}); status != http.StatusSeeOther || !strings.HasPrefix(to, "/editions/") {
		t.Fatalf("imported: %d %s", status, errorsOf(body))
	}
	if status, _, _ := ask(t, "Olu Officer", http.MethodPost, address+at, url.Values{"do": {"import"}}); status != http.StatusConflict && status != http.StatusUnprocessableEntity {
		t.Errorf("imported twice: %d", status)
	}
	// Another's draft of the same file, and the file tried once more, have nothing to import.
	status, late, body := send(edition, map[string]string{"from": "2024-01-01", "to": "2024-01-31", "publisher": "Made-up Custodian"})
	if status != http.StatusSeeOther {
		t.Fatalf("tried after the import: %d %s", status, errorsOf(body))
	}
	for _, draft := range []string{other, late} {
		if _, _, body := ask(t, "Olu Officer", http.MethodGet, address+draft, nil); !strings.Contains(body, "would make 0 entries") || strings.Contains(body, "New here") || strings.Contains(body, "Import it") || !strings.Contains(body, "Drop the file") {
			t.Errorf("the report of a file that is imported:\n%s", body)
		}
		if status, _, _ := ask(t, "Olu Officer", http.MethodPost, address+draft, url.Values{"do": {"import"}}); status != http.StatusConflict {
			t.Errorf("imported once more: %d", status)
		}
		if status, to, _ := ask(t, "Olu Officer", http.MethodPost, address+draft, url.Values{"do": {"drop"}}); status != http.StatusSeeOther || to != importsHome {
			t.Errorf("dropped: %d", status)
		}
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+importsHome, nil); status != http.StatusOK || !strings.Contains(body, "No file waits") {
		t.Errorf("the list: %d", status)
	}
	if status, _, _ := ask(t, "Olu Officer", http.MethodGet, address+matchesHome, nil); status != http.StatusOK {
		t.Errorf("the review list: %d", status)
	}
}
