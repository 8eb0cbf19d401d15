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
	send := func(content string, fields map[string]string) (int, string, string) {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for name, value := range fields {
			_ = form.WriteField(name, value)
		}
		if content != "" {
			part, err := form.CreateFormFile("file", "uses.csv")
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
	if status, _, body := send("", map[string]string{"from": "May"}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "choose a file") || !strings.Contains(body, "is no period") || !strings.Contains(body, `value="May"`) {
		t.Fatalf("nothing sent: %d", status)
	}
	if status, _, body := send("a,b\n1,2\n", nil); status != http.StatusUnprocessableEntity || !strings.Contains(body, "layout") {
		t.Fatalf("a file of no layout: %d %s", status, errorsOf(body))
	}
	edition := "Lead applicant organisation name,Project ID,Project title,Dataset(s) name,Release/Access date\nMade-up University,17/LO/1,One,Made-up Episodes,2024-02-01\n"
	status, at, body := send(edition, map[string]string{"from": "2024-01-01", "to": "2024-01-31", "publisher": "Made-up Custodian"})
	if status != http.StatusSeeOther {
		t.Fatalf("tried: %d %s", status, errorsOf(body))
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
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, address+importsHome, nil); status != http.StatusOK || !strings.Contains(body, "No file waits") {
		t.Errorf("the list: %d", status)
	}
	if status, _, _ := ask(t, "Olu Officer", http.MethodGet, address+matchesHome, nil); status != http.StatusOK {
		t.Errorf("the review list: %d", status)
	}
}
