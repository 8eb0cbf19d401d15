package team

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"data.release/registrar/extract/worker"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient/recipienttest"
)

// visit is the site, with forms: it asks as a person and reads the answer.
type visit struct {
	t        *testing.T
	arranged *recipienttest.Arranged
	service  *release.Service
	url      string
	client   *http.Client
}

func newVisit(t *testing.T) *visit {
	t.Helper()
	db := migrationstest.New(t)
	clock := func() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }
	v := &visit{t: t, arranged: recipienttest.Arrange(t, recipienttest.Config{DB: db.DB, Files: recipienttest.Store(t), Issuer: "test", Clock: clock, Planner: worker.Planner{}})}
	v.service = release.New(release.Config{DB: db.As(t, migrations.Serve).DB, Clock: clock})
	for name, role := range map[string]access.Role{"Olga Operator": access.Operator, "Cal Guardian": access.CaldicottGuardian} {
		if _, err := v.service.GrantRole(t.Context(), recipienttest.System, release.Grant{Email: recipienttest.Email(name), Name: name, Role: role, Organisation: "the-body"}); err != nil {
			t.Fatal(err)
		}
	}
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	mux := http.NewServeMux()
	Mount(mux, pages, Config{Service: v.service})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// As the session does it: who somebody is is read at every request.
		if name := r.Header.Get("Who"); name != "" {
			actor, err := v.service.ActorOf(r.Context(), release.Identity{Issuer: "test", Subject: recipienttest.Subject(name), Email: recipienttest.Email(name), EmailVerified: true, LoggedInAt: clock()})
			if err == nil {
				r = r.WithContext(access.WithActor(r.Context(), actor))
			}
		}
		pages.Unrouted(mux).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	v.url, v.client = server.URL, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return v
}

func (v *visit) do(who string, r *http.Request) (status int, body, location string) {
	v.t.Helper()
	r.Header.Set("Who", who)
	answer, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer.StatusCode, string(content), answer.Header.Get("Location")
}

func (v *visit) get(who, path string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.url+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	status, body, _ := v.do(who, r)
	return status, body
}

func (v *visit) post(who, path string, form url.Values) (status int, body, location string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(who, r)
}

// says makes sure that a page answers with the status and says all parts.
func (v *visit) says(status int, body string, want int, parts ...string) {
	v.t.Helper()
	if status != want {
		v.t.Fatalf("%d, want %d: %s", status, want, body)
	}
	for _, part := range parts {
		if !strings.Contains(body, part) {
			v.t.Errorf("does not say %q: %s", part, body)
		}
	}
}

const (
	officer  = "Olu Officer"
	operator = "Olga Operator"
	guardian = "Cal Guardian"
	auditor  = "Rita Reviewer" // reads, and runs nothing
)

func TestOrganisationsAreFoundAndAmended(t *testing.T) {
	v := newVisit(t)
	status, body := v.get(officer, organisationsHome+"?q=example")
	v.says(status, body, 200, "Example University", "CON-1", "This list as CSV", "organisations.csv?q=example")
	if strings.Contains(body, ">The Body<") {
		t.Error("the search leaves others in")
	}
	status, body = v.get(officer, organisationsHome+".csv?q=example")
	v.says(status, body, 200, "Organisation,ODS code,Framework contract,Security assurance,Data protection fee\r\n", "Example University")

	here := organisationsHome + "/example-university"
	for part := range parts {
		status, body = v.get(officer, here+"/"+part)
		v.says(status, body, 200, "<h1", "Cancel")
		status, _ = v.get(auditor, here+"/"+part)
		v.says(status, "", 403)
	}
	status, body, _ = v.post(officer, here+"/contract", url.Values{"contract.number": {"CON-2"}, "contract.from": {"2027-01-01"}, "contract.to": {"2026-01-01"}, "reason": {"renewed"}})
	v.says(status, body, 422, "There is a problem", "ends before it begins", `value="CON-2"`, `value="2027-01-01"`, `href="#contract-to"`)
	status, body, _ = v.post(officer, here+"/contract", url.Values{"contract.number": {"CON-2"}, "contract.from": {"tomorrow"}})
	v.says(status, body, 422, "is no date", `value="tomorrow"`)
	status, body, location := v.post(officer, here+"/contract", url.Values{"contract.number": {"CON-2"}, "contract.from": {"2026-01-01"}, "contract.to": {"2027-01-10"}, "reason": {"renewed"}})
	v.says(status, body, 303)
	status, body = v.get(officer, location)
	v.says(status, body, 200, "CON-2", "1 January 2026 to 10 January 2027", "Standards Met", "Whom it follows", "NIC-")
	status, body = v.get(officer, organisationsHome+"?show=contract-soon")
	v.says(status, body, 200, "Example University", "ends 10 January 2027", `<option value="contract-soon" selected>`)

	for part, form := range map[string]url.Values{
		"identity":       {"name": {"Example University"}, "kind": {"Academic"}, "odsCode": {"x26"}, "opened": {"1990-01-01"}, "placeholder": {"no"}},
		"assurance":      {"assurance.kind": {"DSPT"}, "assurance.status": {"Standards Met"}, "assurance.to": {"2027-06-30"}, "assurance.reviewed": {"yes"}},
		"fee":            {"fee.number": {"Z7654321"}, "fee.to": {"2027-02-01"}},
		"accreditations": {"accreditations[0].code": {"invoice_validation"}, "accreditations[0].authority": {"CAG 7-07(a)/2013"}, "accreditations[0].from": {"2025-01-01"}},
		"alias":          {"name": {"Ex Uni"}, "reason": {"as the registers spell it"}},
	} {
		status, body, _ := v.post(officer, here+"/"+part, form)
		v.says(status, body, 303)
	}
	status, body = v.get(officer, here)
	v.says(status, body, 200, "X26", "Z7654321", "Controlled Environment for Finance", "CAG 7-07(a)/2013", "Ex Uni", "reviewed")
	status, body = v.get(auditor, here)
	if v.says(status, body, 200, "X26"); strings.Contains(body, ">Change<") || strings.Contains(body, "rob.recipient@example.org") {
		t.Error("who only reads may change it, or sees its people")
	}
	status, body = v.get(officer, organisationsHome+"/nobody")
	v.says(status, body, 404)

	status, body, location = v.post(officer, organisationsHome+"/new", url.Values{"name": {"Made-up Trust"}, "kind": {"NHS Trust"}, "placeholder": {"no"}})
	v.says(status, body+location, 303, "/made-up-trust")
	status, body, location = v.post(officer, organisationsHome+"/new", url.Values{"name": {"Made-up Trust"}, "kind": {"NHS Trust"}, "placeholder": {"no"}})
	v.says(status, body+location, 303, "/made-up-trust")
	status, body, _ = v.post(officer, organisationsHome+"/new", url.Values{"name": {"made-up TRUST"}, "provenance": {"a letter"}})
	v.says(status, body, 409, "Made-up Trust is recorded already", `value="a letter"`)
	status, body, _ = v.post(officer, organisationsHome+"/new", url.Values{})
	v.says(status, body, 422, "is missing")
	status, body, _ = v.post(officer, here+"/succession", url.Values{"kind": {"statutory_transfer"}, "to": {"made-up-trust"}, "on": {"2026-12-01"}, "agreements": {"NIC-1-AAAAA"}, "reason": {"x"}})
	v.says(status, body, 422, "needs its instrument", "there is no agreement", "NIC-1-AAAAA</textarea>")
	status, body, _ = v.post(officer, here+"/succession", url.Values{"kind": {"rename"}, "newName": {"University of Examples"}, "on": {"2026-10-01"}, "reason": {"royal charter"}})
	v.says(status, body, 303)
	status, body = v.get(officer, here)
	v.says(status, body, 200, "<h1", "University of Examples", "Rename", "former name", "The same organisation, under another name")
	if strings.Contains(body, "ransfer") {
		t.Error("a rename is called a transfer")
	}
}

// TestStrangeAddressesAreNotOurFault: they are refused before the database is
// asked.
func TestStrangeAddressesAreNotOurFault(t *testing.T) {
	v := newVisit(t)
	for path, want := range map[string]int{
		organisationsHome + "?q=%00": 400, organisationsHome + "?kind=%ff": 400, organisationsHome + "/%00": 404, organisationsHome + "/%ff": 404,
		Home + "/agreements/%00": 404, cohortsHome + "/%00": 404, takeOnHome + "?q=%00": 400,
	} {
		if status, _ := v.get(officer, path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if status, _ := v.get("Olga Operator", peopleHome+"?q=%00"); status != 400 {
		t.Errorf("people: %d", status)
	}
}

// TestALeaverStopsAtOnce, also on a page that is open: its form is refused.
func TestALeaverStopsAtOnce(t *testing.T) {
	v := newVisit(t)
	status, body := v.get(officer, incidentsHome+"/new")
	v.says(status, body, 200, "Open an incident")
	status, body = v.get(operator, peopleHome+"?q=olu")
	v.says(status, body, 200, recipienttest.Email(officer), "access officer")
	status, _ = v.get(officer, peopleHome)
	v.says(status, "", 403)
	status, body, _ = v.post(operator, peopleHome+"/leave", url.Values{"email": {"nobody@example.org"}, "organisation": {"the-body"}, "reason": {"left"}})
	v.says(status, body, 422, "has no current role")
	status, body, location := v.post(operator, peopleHome+"/leave", url.Values{"email": {recipienttest.Email(officer)}, "organisation": {"the-body"}, "reason": {"left"}})
	v.says(status, body, 303)
	status, body, _ = v.post(officer, incidentsHome+"/new", url.Values{"kind": {"agreement_breach"}, "organisation": {"example-university"}, "awareAt": {"2026-11-24"}, "description": {"x"}})
	v.says(status, body, 403)
	_, people := v.get(operator, peopleHome+"?q=cal")
	one := strings.ReplaceAll(regexp.MustCompile(`/team/people/leave\?[^"]*`).FindString(people), "&amp;", "&")
	status, body = v.get(operator, one)
	v.says(status, body, 200, "Only the role of caldicott guardian in The Body")
	status, body, _ = v.post(operator, one, url.Values{"which": {"one"}, "reason": {""}})
	v.says(status, body, 422, "say why the role ends")
	status, body, _ = v.post(operator, one, url.Values{"which": {"one"}, "reason": {"a new guardian"}})
	v.says(status, body, 303)
	status, _ = v.get(guardian, incidentsHome)
	v.says(status, "", 403)
	status, body = v.get(operator, location)
	v.says(status, body, 200, "Ended")

	status, body, _ = v.post(operator, peopleHome+"/new", url.Values{"email": {"vera@example.org"}, "name": {"Vera Visitor"}, "organisation": {"example-university"}, "role": {"recipient"}, "basis": {"honorary"}})
	v.says(status, body, 422, "an honorary contract needs its reference", "an honorary contract needs its end", `value="vera@example.org"`)
	status, body, _ = v.post(operator, peopleHome+"/new", url.Values{"email": {"vera@example.org"}, "name": {"Vera Visitor"}, "organisation": {"example-university"}, "role": {"recipient"},
		"basis": {"honorary"}, "contractReference": {"HC-7"}, "contractTo": {"2027-01-31"}})
	v.says(status, body, 303)
	status, body = v.get(operator, organisationsHome+"/example-university")
	v.says(status, body, 200, "Vera Visitor", "HC-7 to 31 January 2027", "has not logged in yet")
	status, body = v.get(operator, peopleHome+".csv?role=recipient")
	v.says(status, body, 200, "Vera Visitor", "Person,Role,Organisation")
}

// TestAnIncidentFromOpenToLifted: the recipient's download stops with the
// incident, and goes on only once two persons have said so.
func TestAnIncidentFromOpenToLifted(t *testing.T) {
	v := newVisit(t)
	ctx, rob := t.Context(), v.arranged.People["Rob Recipient"]
	if err := v.arranged.Service.AcknowledgePurpose(ctx, rob, v.arranged.File); err != nil {
		t.Fatal(err)
	}
	downloads := func(want bool) {
		t.Helper()
		if _, err := v.arranged.Service.OpenDownload(ctx, rob, v.arranged.File, ""); (err == nil) != want || (err != nil && !errors.Is(err, fault.Refused)) {
			t.Errorf("the recipient downloads: %v, want %v", err, want)
		}
	}
	downloads(true)
	status, body, _ := v.post(officer, incidentsHome+"/new", url.Values{"kind": {"personal_data_breach"}, "stem": {"NIC-1-AAAAA"}, "awareAt": {"soon"}, "description": {"A file was seen elsewhere."}})
	v.says(status, body, 422, "is no moment", "A file was seen elsewhere.", `value="NIC-1-AAAAA"`)
	status, body, _ = v.post(officer, incidentsHome+"/new", url.Values{"kind": {"personal_data_breach"}, "stem": {"NIC-1-AAAAA"}, "awareAt": {"2027-01-01"}, "description": {"x"}})
	v.says(status, body, 422, "there is no agreement", "cannot be later than now")
	status, body, incident := v.post(officer, incidentsHome+"/new", url.Values{"kind": {"personal_data_breach"}, "organisation": {"example-university"}, "awareAt": {"2026-11-23 10:00"}, "description": {"A file was seen elsewhere."}})
	v.says(status, body, 303)
	downloads(false)
	status, body = v.get(auditor, incident)
	v.says(status, body, 200, "Suspected", "A file was seen elsewhere.", "If confirmed", "26 November 2026, 10am", "0 words of two")
	status, body = v.get(auditor, organisationsHome+"/example-university")
	v.says(status, body, 200, "On hold.")
	status, body = v.get(auditor, incidentsHome)
	v.says(status, body, 200, "Suspected personal data breach", "every agreement of it")
	if strings.Contains(body, "Set a hold") {
		t.Error("who only reads is offered to set a hold")
	}
	status, _, _ = v.post(auditor, incident+"/finding", url.Values{})
	v.says(status, "", 403)
	status, body, _ = v.post(officer, incident+"/finding", url.Values{"finding": {"x"}})
	v.says(status, body, 422, "is missing")
	status, body, _ = v.post(officer, incident+"/finding", url.Values{"status": {"confirmed"}, "finding": {"It was."}})
	v.says(status, body, 303)
	status, body, _ = v.post(officer, incident+"/finding", url.Values{"status": {"confirmed"}, "finding": {"It was."}})
	v.says(status, body, 409, "is recorded already")
	status, body = v.get(officer, incident)
	v.says(status, body, 200, "Confirmed", "Due", "It was.")
	status, body, _ = v.post(officer, incident+"/report", url.Values{"reportedAt": {"2026-11-24 08:00"}})
	v.says(status, body, 303)
	status, body = v.get(officer, incident)
	v.says(status, body, 200, "Reported")

	hold := regexp.MustCompile(`/team/holds/[0-9a-f-]{36}`).FindString(body)
	status, body, _ = v.post(officer, hold, url.Values{"reason": {""}})
	v.says(status, body, 422, "say why the hold may be lifted")
	status, body, _ = v.post(officer, hold, url.Values{"reason": {"contained"}})
	v.says(status, body, 303)
	downloads(false)
	status, body = v.get(officer, hold)
	v.says(status, body, 200, "A second person must, too", "contained")
	status, body, _ = v.post(officer, hold, url.Values{"reason": {"contained"}})
	v.says(status, body, 409, "You have said so already")
	status, body, _ = v.post(guardian, hold, url.Values{"reason": {"agreed"}})
	v.says(status, body, 303)
	downloads(true)
	status, body = v.get(guardian, hold)
	v.says(status, body, 200, "It was lifted", officer)
	status, body = v.get(auditor, hold)
	v.says(status, body, 200, "It was lifted", officer)
	status, body = v.get(auditor, incidentsHome)
	v.says(status, body, 200, "Nothing is on hold.")
	status, body = v.get(auditor, incidentsHome+".csv?status=confirmed")
	v.says(status, body, 200, "Personal data breach,Confirmed")
	status, body, _ = v.post(officer, holdsHome+"/new", url.Values{"organisation": {"the-body"}, "line": {"x"}, "reason": {"asked by its guardian"}})
	v.says(status, body, 422, "is no number of a line")
	status, body, _ = v.post(officer, holdsHome+"/new", url.Values{"organisation": {"the-body"}, "reason": {"asked by its guardian"}})
	v.says(status, body, 303)
	for _, path := range []string{incidentsHome + "/x", incidentsHome + "/00000000-0000-0000-0000-000000000000", holdsHome + "/x", incident + "/eat"} {
		status, body = v.get(officer, path)
		v.says(status, body, 404)
	}
}

func TestCohortPages(t *testing.T) {
	v := newVisit(t)
	_, body := v.get(officer, organisationsHome+"/example-university")
	stem := regexp.MustCompile(`NIC-\d+-[A-Z0-9]{5}`).FindString(body)
	here := cohortsHome + "/" + stem
	status, body := v.get(officer, here)
	v.says(status, body, 200, "No list is recorded.", here+".csv")
	status, body, _ = v.post(officer, here+"/withdrawal", url.Values{"name": {"Births of 1958"}, "on": {"2026-11-01"}, "people": {"one"}})
	v.says(status, body, 422, "is no count of people", `value="Births of 1958"`)
	status, body, _ = v.post(officer, here+"/list", url.Values{"name": {"Births of 1958"}, "supplier": {"Example University"}, "asOf": {"2027-11-01"}, "people": {"9000"}})
	v.says(status, body, 422, "not from one to come")
	status, body, _ = v.post(officer, here+"/list", url.Values{"name": {"Births of 1958"}, "supplier": {"Example University"}, "asOf": {"2026-11-01"}, "people": {"9000"}})
	v.says(status, body, 303)
	status, body, _ = v.post(officer, here+"/withdrawal", url.Values{"name": {"Births of 1958"}, "on": {"2026-11-02"}, "people": {"1"}})
	v.says(status, body, 303)
	status, body = v.get(auditor, here)
	if v.says(status, body, 200, "9,000", "2 November 2026"); strings.Contains(body, "Record a list") {
		t.Error("who only reads may record")
	}
	status, body = v.get(auditor, here+".csv")
	v.says(status, body, 200, "Births of 1958,1,1 November 2026")
	for _, path := range []string{cohortsHome + "/NIC-1-AAAAA", here + "/eat"} {
		status, body = v.get(officer, path)
		v.says(status, body, 404)
	}
}
