package team

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/extract"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

func signedVersion(t *testing.T, arranged *recipienttest.Arranged) uuid.UUID {
	t.Helper()
	id, err := arranged.Service.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed)).OnlyID(privacy.DecisionContext(t.Context(), privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// staff adds a person of the body with a role.
func staff(t *testing.T, arranged *recipienttest.Arranged, name string, role access.Role) {
	t.Helper()
	if _, err := arranged.Service.GrantRole(t.Context(), recipienttest.System, release.Grant{Email: recipienttest.Email(name), Name: name, Role: role, Organisation: "the-body"}); err != nil {
		t.Fatal(err)
	}
	actor, err := arranged.Service.ActorOf(t.Context(), release.Identity{Issuer: "test", Subject: recipienttest.Subject(name), Email: recipienttest.Email(name), EmailVerified: true, LoggedInAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	arranged.People[name] = actor
}

// TestTheGateExplains: every moment and day can be chosen, what stops stands
// first with what would have to change, and it can be downloaded.
func TestTheGateExplains(t *testing.T) {
	arranged, address := serve(t)
	at := Home + "/versions/" + signedVersion(t, arranged).String() + "/gate"
	for _, moment := range gate.Moments() {
		status, _, body := ask(t, "Rita Reviewer", http.MethodGet, address+at+"?moment="+string(moment), nil)
		if status != http.StatusOK || !strings.Contains(body, "What would have to change") || !strings.Contains(body, gate.PolicyVersion) || strings.Contains(body, "Waive a policy rule") {
			t.Errorf("at %s: %d %s", moment, status, body)
		}
	}
	status, _, body := ask(t, "Rita Reviewer", http.MethodGet, address+at+"?as-of=2028-01-01", nil)
	refuses, passes := strings.Index(body, "Refuses"), strings.Index(body, "Passes")
	if status != http.StatusOK || refuses < 0 || refuses > passes || !strings.Contains(body, "expired at the end of 31 October 2027") || !strings.Contains(body, "renew or extend one that has ended") {
		t.Errorf("after its term: %d, refuses at %d, passes at %d", status, refuses, passes)
	}
	for query, want := range map[string]int{"?as-of=soon": http.StatusUnprocessableEntity, "?moment=never": http.StatusUnprocessableEntity, "?recipient=nobody": http.StatusUnprocessableEntity} {
		if status, _, _ := ask(t, "Rita Reviewer", http.MethodGet, address+at+query, nil); status != want {
			t.Errorf("%s: %d", query, status)
		}
	}
	status, _, body = ask(t, "Rita Reviewer", http.MethodGet, address+at+".csv?moment=release", nil)
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || status != http.StatusOK || len(rows) < 20 || rows[1][3] != "release" {
		t.Errorf("as CSV: %d, %d rows, %v", status, len(rows), err)
	}
	if status, _, _ := ask(t, "Rob Recipient", http.MethodGet, address+at, nil); status != http.StatusForbidden {
		t.Errorf("a recipient: %d", status)
	}
}

// TestWaiversByForm: the SIRO gives one, another person confirms it, the SIRO
// revokes it; what is refused comes back with every reason and what was typed.
func TestWaiversByForm(t *testing.T) {
	arranged, address := serve(t)
	staff(t, arranged, "Sira Siro", access.SIRO)
	version := Home + "/versions/" + signedVersion(t, arranged).String()
	form := url.Values{"waive.rule": {"signed"}, "waive.line": {"0"}, "waive.reason": {"The fee is being paid"}, "waive.starts": {"2026-11-24"}, "waive.ends": {"2028-11-24"}}
	status, _, body := ask(t, "Sira Siro", http.MethodPost, address+version+"/waivers", form)
	for _, part := range []string{"never waived", "a year at most", "The fee is being paid", "2028-11-24"} {
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, part) {
			t.Errorf("%d: the refused form does not say %q", status, part)
		}
	}
	if status, _, _ := ask(t, "Abel Approver", http.MethodPost, address+version+"/waivers", form); status != http.StatusForbidden {
		t.Errorf("an approver waives: %d", status)
	}
	form.Set("waive.rule", "ico-fee")
	form.Set("waive.ends", "2026-12-31")
	if status, location, body := ask(t, "Sira Siro", http.MethodPost, address+version+"/waivers", form); status != http.StatusSeeOther || location != version+"/gate#waivers" {
		t.Fatalf("%d to %s: %s", status, location, body)
	}
	rows, err := arranged.Service.WaiversOf(t.Context(), arranged.People["Olu Officer"], "")
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	waiver := version + "/waivers/" + rows[0].ID.String()
	_, _, body = ask(t, "Sira Siro", http.MethodGet, address+version+"/gate", nil)
	if !strings.Contains(body, "Waits for a second person") || !strings.Contains(body, "you gave it yourself") {
		t.Errorf("not confirmed: %s", body)
	}
	if status, _, body := ask(t, "Sira Siro", http.MethodPost, address+waiver+"/confirm", url.Values{}); status != http.StatusConflict || !strings.Contains(body, "someone else must confirm") {
		t.Errorf("confirmed by who gave it: %d", status)
	}
	if status, _, _ := ask(t, "Abel Approver", http.MethodPost, address+waiver+"/confirm", url.Values{}); status != http.StatusSeeOther {
		t.Errorf("confirmed: %d", status)
	}
	if _, _, body := ask(t, "Rita Reviewer", http.MethodGet, address+version+"/gate", nil); !strings.Contains(body, "In force") {
		t.Error("not in force")
	}
	if status, _, _ := ask(t, "Sira Siro", http.MethodPost, address+waiver+"/revoke", url.Values{}); status != http.StatusUnprocessableEntity {
		t.Errorf("revoked without a reason: %d", status)
	}
	revoke := url.Values{"revoke-" + rows[0].ID.String() + ".reason": {"paid"}}
	if status, _, _ := ask(t, "Sira Siro", http.MethodPost, address+waiver+"/revoke", revoke); status != http.StatusSeeOther {
		t.Errorf("revoked: %d", status)
	}
	if _, _, body := ask(t, "Rita Reviewer", http.MethodGet, address+version+"/gate", nil); !strings.Contains(body, "Revoked on 24 November 2026") {
		t.Error("not revoked")
	}
}

// TestAnExtractByForm goes from a warning that nobody accepted to a release.
func TestAnExtractByForm(t *testing.T) {
	arranged, address := serve(t)
	ctx, s := t.Context(), arranged.Service
	asked, err := s.RequestExtract(ctx, arranged.People["Ann Applicant"], release.ExtractRequest{Version: signedVersion(t, arranged), Recipient: "example-university", Lines: []release.LineRequest{{
		Line: 1, Period: terms.Period{From: terms.NewDate(2003, 4, 1), To: terms.NewDate(2003, 12, 31)}, Columns: []release.ColumnInput{{Field: "APPTDATE"}}, Format: "csv"}}})
	if err != nil {
		t.Fatal(err)
	}
	at := Home + "/extracts/" + asked.String()
	_, _, body := ask(t, "Abel Approver", http.MethodGet, address+at, nil)
	for _, part := range []string{"Approve these plans", "What would warn if it were released now", "one-off", "Accept warnings", "delivered before"} {
		if !strings.Contains(body, part) {
			t.Errorf("the extract does not say %q: %s", part, body)
		}
	}
	if strings.Contains(body, "Cancel the extract") {
		t.Error("an approver may cancel")
	}
	if status, _, body := ask(t, "Abel Approver", http.MethodPost, address+at+"/approve", url.Values{"approve.planSha256": {strings.Repeat("0", 64)}}); status != http.StatusConflict || !strings.Contains(body, "read the plan again") {
		t.Errorf("approved by another digest: %d", status)
	}
	e, err := s.Read().Extract.Query().Where(extract.ID(asked)).Only(privacy.DecisionContext(ctx, privacy.Allow))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return s.ApproveExtract(ctx, arranged.People["Abel Approver"], asked, e.PlanSha256, "") },
		func() error { _, err := s.StartRun(ctx, asked); return err },
		func() error { return s.HandedOver(ctx, asked, nil) },
		func() error {
			return s.Produced(ctx, asked, []release.RunResult{{Line: 1, Read: 3, Written: 3, Removed: map[string]int64{}, Outputs: []release.Output{{Name: "a.csv.age", Key: "k/" + asked.String(), Rows: 3,
				SHA256: strings.Repeat("e", 64), PlaintextSHA256: strings.Repeat("f", 64)}}}})
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, body := ask(t, "Ruth Releaser", http.MethodPost, address+at+"/release", url.Values{}); status != http.StatusConflict || !strings.Contains(body, "not accepted: A one-off line is delivered once (one-off)") {
		t.Errorf("released on a warning: %d", status)
	}
	if status, _, body := ask(t, "Ruth Releaser", http.MethodPost, address+at+"/accept", url.Values{}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Say why you accept a warning") {
		t.Errorf("accepted without a reason: %d", status)
	}
	if status, _, _ := ask(t, "Rita Reviewer", http.MethodPost, address+at+"/accept", url.Values{"accept.warning0": {"r"}}); status != http.StatusForbidden {
		t.Errorf("a reviewer accepts: %d", status)
	}
	if status, _, body := ask(t, "Ruth Releaser", http.MethodPost, address+at+"/accept", url.Values{"accept.warning0": {"a correction of the first"}}); status != http.StatusSeeOther {
		t.Fatalf("accepted: %d %s", status, body)
	}
	if status, location, body := ask(t, "Ruth Releaser", http.MethodPost, address+at+"/release", url.Values{"release.reason": {"checked"}}); status != http.StatusSeeOther || location != at {
		t.Fatalf("released: %d %s", status, body)
	}
	if _, _, body := ask(t, "Ruth Releaser", http.MethodGet, address+at, nil); !strings.Contains(body, "Withdraw the files") || !strings.Contains(body, "at the release: allowed") {
		t.Errorf("after the release: %s", body)
	}
	if status, _, body := ask(t, "Ruth Releaser", http.MethodPost, address+at+"/withdraw", url.Values{}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Say why the files are withdrawn") {
		t.Errorf("withdrawn without a reason: %d", status)
	}
	if status, location, body := ask(t, "Ruth Releaser", http.MethodPost, address+at+"/withdraw", url.Values{"withdraw.reason": {"made for another line"}}); status != http.StatusSeeOther || location != at {
		t.Fatalf("withdrawn: %d %s", status, body)
	}
	if _, _, body := ask(t, "Ruth Releaser", http.MethodGet, address+at, nil); !strings.Contains(body, "Nothing waits for you here") {
		t.Errorf("after the withdrawal: %s", body)
	}
}
