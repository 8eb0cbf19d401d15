package team

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"entgo.io/ent/privacy"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/release"
	"data.release/registrar/release/terms"
)

func TestFlowsAreShownInPictureWordsAndTable(t *testing.T) {
	arranged, get := site(t)
	ctx := t.Context()
	id, err := arranged.Service.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed)).OnlyID(privacy.DecisionContext(ctx, privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	base := Home + "/versions/" + id.String()
	for _, who := range []string{"Olu Officer", "Ann Applicant"} {
		status, page := get(who, base+"/flows")
		for _, part := range []string{`<svg xmlns="http://www.w3.org/2000/svg" role="img"`, "<title>Data flows of ", `<li value="1" id="flow-1">From The Body (national collection) to Example University (controller)`,
			"pseudonymised in this step", base + "/flows.svg", base + "/flows.csv", "None are written down."} {
			if status != http.StatusOK || !strings.Contains(page, part) {
				t.Errorf("%s: the flows, %d, do not say %q", who, status, part)
			}
		}
		if status, svg := get(who, base+"/flows.svg"); status != http.StatusOK || !strings.HasPrefix(svg, "<svg ") {
			t.Errorf("%s: the picture is %d: %.60s", who, status, svg)
		}
		status, table := get(who, base+"/flows.csv")
		if rows, err := csv.NewReader(strings.NewReader(table)).ReadAll(); status != http.StatusOK || err != nil || len(rows) != 2 {
			t.Errorf("%s: the table is %d with %d rows, %v", who, status, len(rows), err)
		}
	}
	for who, want := range map[string]int{"": http.StatusUnauthorized, "Rob Recipient": http.StatusForbidden, "Stan Stranger": http.StatusForbidden} {
		for _, path := range []string{"/flows", "/flows.svg", "/flows.csv", "/diff/" + id.String()} {
			if status, _ := get(who, base+path); status != want {
				t.Errorf("%q: %s is %d, want %d", who, path, status, want)
			}
		}
	}
	for _, path := range []string{"/versions/x/flows", "/versions/x/flows.csv", "/versions/" + id.String() + "/diff/x", "/versions/x/diff/" + id.String(), "/versions/00000000-0000-0000-0000-000000000000/flows.svg"} {
		if status, _ := get("Olu Officer", Home+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestWhatChangedIsReadable(t *testing.T) {
	arranged, get := site(t)
	ctx := t.Context()
	before, err := arranged.Service.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed)).OnlyID(privacy.DecisionContext(ctx, privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	ann := arranged.People["Ann Applicant"]
	after, err := arranged.Service.NextVersion(ctx, ann, before, release.NextInput{Kind: terms.VersionAmendment, Reason: "More to study <b>."})
	if err != nil {
		t.Fatal(err)
	}
	address := Home + "/versions/" + before.String() + "/diff/" + after.String()
	if _, page := get("Ann Applicant", address); !strings.Contains(page, "They do not differ") && !strings.Contains(page, "Term and territory") {
		t.Errorf("an amendment that nobody has written yet: %s", page)
	}
	draft, err := arranged.Service.ReadApplication(ctx, ann, after)
	if err != nil {
		t.Fatal(err)
	}
	purpose := draft.Application.PurposeSection
	purpose.Objective = "To study “waiting” times & <b>delays</b>."
	purpose.Outputs = strings.ReplaceAll(purpose.Outputs, " ", "  ") + "\n"
	if _, err := arranged.Service.SaveSection(ctx, ann, after, draft.Revisions[release.StepPurpose], purpose); err != nil {
		t.Fatal(err)
	}
	status, page := get("Olu Officer", address)
	for _, part := range []string{"Objective for processing", "<ins>", "&amp; &lt;b&gt;delays&lt;/b&gt;", "?cosmetic=show", "1 only re-typed", "Compare the other way round"} {
		if status != http.StatusOK || !strings.Contains(page, part) {
			t.Errorf("the differences, %d, do not say %q: %s", status, part, page)
		}
	}
	if strings.Contains(page, "Expected outputs") {
		t.Error("re-typing is shown unasked")
	}
	if _, page = get("Olu Officer", address+"?cosmetic=show"); !strings.Contains(page, "Expected outputs") || !strings.Contains(page, "?cosmetic=hide") {
		t.Error("re-typing cannot be shown")
	}
}
