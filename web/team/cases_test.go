package team

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/recipient/recipienttest"

	"entgo.io/ent/privacy"
)

// desk is the pages with a case in them.
type desk struct {
	*recipienttest.Arranged
	t       *testing.T
	address string
	siro    access.Actor
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	arranged, address := serve(t)
	d := &desk{Arranged: arranged, t: t, address: address}
	_, err := arranged.Service.GrantRole(t.Context(), recipienttest.System, release.Grant{Email: "sia.siro@example.org", Name: "Sia Siro", Role: access.SIRO, Organisation: "the-body"})
	d.must(err)
	d.siro, err = arranged.Service.ActorOf(t.Context(), release.Identity{Issuer: "test", Subject: "sia.siro", Email: "sia.siro@example.org", EmailVerified: true})
	d.must(err)
	arranged.People["Sia Siro"] = d.siro
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) submitted() uuid.UUID {
	d.t.Helper()
	id, err := d.Service.LogApplication(d.t.Context(), d.People["Ann Applicant"], recipienttest.Application())
	d.must(err)
	d.must(d.Service.SubmitVersion(d.t.Context(), d.People["Ann Applicant"], id))
	return id
}

// get wants a page that says all the parts, and none that begins with an exclamation mark.
func (d *desk) get(who, path string, parts ...string) string {
	d.t.Helper()
	status, _, body := ask(d.t, who, http.MethodGet, d.address+path, nil)
	if status != http.StatusOK {
		d.t.Errorf("%s for %s: %d", path, who, status)
	}
	d.says(body, parts...)
	return body
}

func (d *desk) says(body string, parts ...string) {
	d.t.Helper()
	for _, part := range parts {
		if absent, not := strings.CutPrefix(part, "!"); not {
			if strings.Contains(body, absent) {
				d.t.Errorf("the page says %q", absent)
			}
		} else if !strings.Contains(body, part) {
			d.t.Errorf("the page does not say %q: %s", part, between(body, "There is a problem", "</ul>"))
		}
	}
}

// post sends a form; one that succeeds leads on.
func (d *desk) post(who, path string, form url.Values, want int, parts ...string) string {
	d.t.Helper()
	status, location, body := ask(d.t, who, http.MethodPost, d.address+path, form)
	if status != want {
		d.t.Errorf("%s by %s: %d, want %d: %s", path, who, status, want, between(body, "There is a problem", "</ul>"))
	}
	d.says(body, parts...)
	return location
}

func (d *desk) state(id uuid.UUID) terms.VersionState {
	d.t.Helper()
	v, err := d.Service.Read().AgreementVersion.Query().Where(agreementversion.ID(id)).Only(privacy.DecisionContext(d.t.Context(), privacy.Allow))
	d.must(err)
	return v.State
}

// TestACaseGoesItsWayByForms from the queue to signatures, and each refusal
// comes back with all its reasons and what was typed.
func TestACaseGoesItsWayByForms(t *testing.T) {
	d := newDesk(t)
	id := d.submitted()
	version := Home + "/versions/" + id.String()
	d.get("Olu Officer", Home, version, "Take it up for review", "Example University", "1 case", "Nobody")
	d.get("Olu Officer", version, "Take it up for review", "Take up</button>", "Claim the case", "!Record the review", "!Approve these terms", "Objective", "To study waiting times.")
	d.get("Rita Reviewer", version, "!Take up</button>", "Nothing waits for you here")
	d.post("Rita Reviewer", version+"/take-up", url.Values{}, http.StatusForbidden)
	if at := d.post("Olu Officer", version+"/take-up", url.Values{}, http.StatusSeeOther); at != version {
		t.Errorf("led to %s", at)
	}
	d.post("Olu Officer", version+"/take-up", url.Values{}, http.StatusConflict, "There is a problem", "The version is in review")

	d.get("Rita Reviewer", version, "Record the review", "Record the urgent review")
	d.get("Sia Siro", version, "Record the urgent review", "!id=\"review\"")
	form := url.Values{"review.route": {"precedent"}, "review.outcome": {"recommended"}, "review.advice": {"Sound & typed whole."}, "review.precedent": {"NIC-1-X"},
		"review.conditions[0].text": {"Keep apart"}, "review.conditions[0].kind": {"precedent"}, "review.conditions[0].due": {"soon"}}
	d.post("Rita Reviewer", version+"/review", form, http.StatusUnprocessableEntity, "is no date", "Sound &amp; typed whole.", "Keep apart", `value="NIC-1-X"`, "<details class=\"nhsuk-details nhsuk-expander app-command-form\" id=\"review\" open>")
	form.Set("review.conditions[0].due", "2027-01-31")
	d.post("Rita Reviewer", version+"/review", form, http.StatusUnprocessableEntity, "Precedent: ", "not met: The purpose is that of the precedent", "not met: Special conditions")
	form.Set("review.route", "full")
	d.post("Rita Reviewer", version+"/review", form, http.StatusSeeOther)
	page := d.get("Abel Approver", version, "Approve these terms", "Digest of the terms", "Keep apart", "Sound &amp; typed whole.", version+"/gate", "Full review: recommended", "31 January 2027")
	digest := between(page, `name="approve.termsSha256" value="`, `"`)
	d.post("Abel Approver", version+"/approve", url.Values{"approve.termsSha256": {strings.Repeat("0", 64)}, "approve.reason": {"as typed"}}, http.StatusConflict, "The terms have changed since they were shown", "as typed")
	d.post("Olu Officer", version+"/add-condition", url.Values{"add-condition.text": {""}, "add-condition.kind": {"action"}, "add-condition.number": {"x"}}, http.StatusUnprocessableEntity, "is no number")
	d.post("Abel Approver", version+"/decline", url.Values{"decline.reason": {" "}}, http.StatusUnprocessableEntity, "Say why it is declined.")
	d.post("Abel Approver", version+"/approve", url.Values{"approve.termsSha256": {digest}, "approve.reason": {""}}, http.StatusSeeOther)
	d.get("Abel Approver", version, "Over the terms of digest", digest, "not signed", "as controller", "as discloser")
	d.post("Olu Officer", version+"/issue", url.Values{}, http.StatusSeeOther)
	body := d.get("Olu Officer", version, "issued", "Record that it is met")
	meet := between(body, `<form action="`+version+`/conditions/`, `/meet"`)
	d.post("Olu Officer", version+"/conditions/"+meet+"/meet", url.Values{"meet-" + meet + ".evidence": {""}}, http.StatusUnprocessableEntity, "Say by what evidence")
	d.post("Olu Officer", version+"/conditions/"+meet+"/meet", url.Values{"meet-" + meet + ".evidence": {"letter (made up)"}}, http.StatusSeeOther)
	d.get("Olu Officer", version, "Met on 24 November 2026, recorded by Olu Officer: letter (made up)", "!Record that it is met")
	for who, in := range map[string][2]string{"Sam Signatory": {"example-university", "controller"}, "Dee Discloser": {"the-body", "discloser"}} {
		d.must(d.Service.SignVersion(t.Context(), d.People[who], id, in[0], in[1], digest))
	}
	d.get("Olu Officer", version, "signed by Sam Signatory", "Terminate now", "Make the next version", "State and clock")
	d.post("Olu Officer", version+"/next", url.Values{"next.kind": {"extension"}, "next.reason": {"late"}}, http.StatusUnprocessableEntity, "New end of the term: is missing")
	next := d.post("Olu Officer", version+"/next", url.Values{"next.kind": {"extension"}, "next.reason": {"late"}, "next.ends": {"2028-01-31"}}, http.StatusSeeOther)
	d.get("Olu Officer", next, "v1.0", "Extension", "What changed since v0.1", "/applications/")
	stem := between(page, Home+"/agreements/", `"`)
	d.get("Olu Officer", Home+"/agreements/"+stem, "v0.1", "v1.0", "In force", "Example University: controller, recipient", version+"/diff/")
	d.post("Olu Officer", version+"/terminate", url.Values{"terminate.reason": {"breach"}}, http.StatusSeeOther)
	d.get("Olu Officer", version, "Ended as terminated on 24 November 2026 by Olu Officer: breach")
	if d.state(id) != terms.Terminated {
		t.Errorf("it is %s", d.state(id))
	}
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

func TestTheQueueKeepsItsFilters(t *testing.T) {
	d := newDesk(t)
	id := d.submitted()
	d.must(d.Service.ClaimVersion(t.Context(), d.People["Olu Officer"], id))
	row := Home + "/versions/" + id.String()
	for query, there := range map[string]bool{
		"": true, "?owner=me": true, "?owner=none": false, "?state=submitted": true, "?state=draft+submitted": true, "?state=in_review": false,
		"?q=waiting": false, "?q=example+university": true, "?waiting=1": false, "?kind=renewal": false, "?sort=reference": true,
	} {
		body := d.get("Olu Officer", Home+query)
		if strings.Contains(body, row) != there {
			t.Errorf("%q shows it: %v", query, !there)
		}
	}
	d.get("Olu Officer", Home+"?owner=me&state=submitted&q=study", `value="study"`, `value="submitted" selected`, `value="me" selected`, "/team.csv?owner=me&amp;q=study&amp;state=submitted")
	d.get("Rita Reviewer", Home, "!Hand all cases")
	for _, bad := range []string{"?state=x", "?owner=x", "?waiting=x", "?page=0x", "?sort=x", "?kind=x"} {
		if status, _, _ := ask(t, "Olu Officer", http.MethodGet, d.address+Home+bad, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, status)
		}
	}
	if status, _, body := ask(t, "Olu Officer", http.MethodGet, d.address+Home+".csv?owner=me", nil); status != http.StatusOK || strings.Count(body, "\n") != 2 || !strings.HasPrefix(body, "reference,") {
		t.Errorf("as CSV, %d: %q", status, body)
	}
	olu := d.People["Olu Officer"].PersonID.String()
	d.post("Olu Officer", Home+"/hand-over", url.Values{"hand-over.from": {olu}, "hand-over.reason": {"on leave"}}, http.StatusUnprocessableEntity, "To: is missing", `value="on leave"`)
	d.post("Olu Officer", Home+"/hand-over", url.Values{"hand-over.from": {olu}, "hand-over.to": {olu}, "hand-over.reason": {"on leave"}}, http.StatusUnprocessableEntity, "is the person who hands over")
}

// TestAgreementsAreFound whatever became of them, also one that is only known
// from a text.
func TestAgreementsAreFound(t *testing.T) {
	d := newDesk(t)
	recorded := recipienttest.Application()
	recorded.Reference, recorded.FromRecord, recorded.Provenance, recorded.Title = "NIC-69431-K1K8R", true, "the text of an issue", "Commissioning"
	id, err := d.Service.LogApplication(t.Context(), d.People["Olu Officer"], recorded)
	d.must(err)
	href := Home + "/agreements/NIC-69431-K1K8R"
	d.get("Rita Reviewer", Home+"/agreements?q=69431", href, "Commissioning", "recorded", "1 agreement")
	d.get("Rita Reviewer", Home+"/agreements?q=nothing+like+it", "None found")
	d.get("Rita Reviewer", Home+"/agreements?state=signed", "!"+href)
	d.get("Rita Reviewer", href, "version unknown", "Imported from a published register")
	d.get("Olu Officer", Home+"/versions/"+id.String(), "Take it on", takeOnHome+"?q=NIC-69431-K1K8R", "not taken on")
	if status, _, _ := ask(t, "Rita Reviewer", http.MethodGet, d.address+Home+"/agreements/NIC-1-AAAAA", nil); status != http.StatusNotFound {
		t.Errorf("no agreement: %d", status)
	}
	if status, _, body := ask(t, "Rita Reviewer", http.MethodGet, d.address+Home+"/agreements.csv?q=69431", nil); status != http.StatusOK || !strings.Contains(body, "NIC-69431-K1K8R,Example University,Commissioning,1,") {
		t.Errorf("as CSV, %d: %q", status, body)
	}
	for _, path := range []string{"/versions/x", "/versions/" + uuid.NewString()} {
		if status, _, _ := ask(t, "Rita Reviewer", http.MethodGet, d.address+Home+path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestExtractsAreFiltered(t *testing.T) {
	d := newDesk(t) // with one that was released
	d.get("Ruth Releaser", Home+"/extracts", "No extract")
	d.get("Ruth Releaser", Home+"/extracts?state=all", "1 extract", "Example University", "/team/extracts.csv?state=all")
	d.get("Ruth Releaser", Home+"/extracts?state=released", "1 extract", `value="released" selected`)
	d.get("Ruth Releaser", Home+"/extracts?state=released&agreement=nowhere", "No extract", `value="nowhere"`)
	if status, _, body := ask(t, "Ruth Releaser", http.MethodGet, d.address+Home+"/extracts.csv?state=all", nil); status != http.StatusOK || strings.Count(body, "\n") != 2 || !strings.HasPrefix(body, "extract,agreement,") {
		t.Errorf("as CSV, %d: %q", status, body)
	}
	if status, _, _ := ask(t, "Ruth Releaser", http.MethodGet, d.address+Home+"/extracts?state=x", nil); status != http.StatusBadRequest {
		t.Errorf("no state: %d", status)
	}
}

// TestFormsSayWhyNot to who wrote or reviewed it themselves.
func TestFormsSayWhyNot(t *testing.T) {
	d := newDesk(t)
	_, err := d.Service.GrantRole(t.Context(), recipienttest.System, release.Grant{Email: "olu.officer@example.org", Name: "Olu Officer", Role: access.Reviewer, Organisation: "the-body"})
	d.must(err)
	olu, err := d.Service.ActorOf(t.Context(), release.Identity{Issuer: "test", Subject: recipienttest.Subject("Olu Officer"), Email: "olu.officer@example.org", EmailVerified: true})
	d.must(err)
	d.People["Olu Officer"] = olu
	id, err := d.Service.LogApplication(t.Context(), olu, recipienttest.Application())
	d.must(err)
	d.must(d.Service.SubmitVersion(t.Context(), d.People["Ann Applicant"], id))
	d.must(d.Service.TakeUp(t.Context(), olu, id))
	d.get("Olu Officer", Home+"/versions/"+id.String(), "You may not do this yourself", "you wrote it; someone else must", "!Record the review</button>")
	d.post("Olu Officer", Home+"/versions/"+id.String()+"/review", url.Values{"review.route": {"full"}, "review.outcome": {"recommended"}, "review.advice": {"mine"}},
		http.StatusConflict, "you wrote it; someone else must")
}

// TestEveryCommandHasAFormOfItsOwn: ids and names are one of the page.
func TestEveryCommandHasAFormOfItsOwn(t *testing.T) {
	d := newDesk(t)
	id := d.submitted()
	d.must(d.Service.TakeUp(t.Context(), d.People["Olu Officer"], id))
	v, err := d.Service.WholeVersion(t.Context(), d.People["Olu Officer"], id)
	d.must(err)
	seen := map[string]bool{}
	for _, c := range commands {
		for _, f := range c.form(v, nil, d.People["Olu Officer"]).Fields {
			if seen[f.ID()] {
				t.Errorf("the id %s stands twice", f.ID())
			}
			seen[f.ID()] = true
		}
	}
	if len(seen) < 20 {
		t.Error(fmt.Sprint("fields: ", len(seen)))
	}
}
