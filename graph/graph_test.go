package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/graph"
	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
)

type answer struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// ask sends a query as an actor to the API over an empty database, in the
// role that serves.
func ask(t *testing.T, handler http.Handler, actor access.Actor, query string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if actor.PersonID != uuid.Nil {
		request = request.WithContext(access.WithActor(request.Context(), actor))
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	var a answer
	if err := json.Unmarshal(recorder.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s: %s", err, recorder.Body)
	}
	return a
}

func handler(t *testing.T) http.Handler {
	t.Helper()
	return graph.Handler(release.New(release.Config{DB: migrationstest.New(t).As(t, migrations.Serve).DB}))
}

func with(role access.Role) access.Actor {
	return access.Actor{PersonID: uuid.New(), Name: "Somebody", Memberships: []access.Membership{{OrganisationID: uuid.New(), OrganisationName: "An organisation", Role: role}}}
}

// TestWhoReadsWhat: anyone reads the register; agreements, extracts and
// decisions only people of the body. A recipient or applicant gets none of
// them, not even a count or whether an id exists.
func TestWhoReadsWhat(t *testing.T) {
	h := handler(t)
	if a := ask(t, h, access.Actor{}, `{ entries { total } me { name } }`); len(a.Errors) > 0 || a.Data["me"] != nil {
		t.Errorf("the public's query: %+v", a)
	}
	queries := []string{`{ agreements { totalCount } }`, `{ agreementVersions { totalCount } }`, `{ extracts { totalCount } }`, `{ organisations { totalCount } }`,
		`{ decisions(subject: "01a20fb5-44e6-7892-ac04-93fae5103582") { id } }`, `{ extractPlans(extract: "01a20fb5-44e6-7892-ac04-93fae5103582") { line } }`,
		`{ node(id: "01a20fb5-44e6-7892-ac04-93fae5103582") { id } }`}
	for _, role := range access.Role("").Values() {
		for _, query := range queries {
			a := ask(t, h, with(access.Role(role)), query)
			denied := len(a.Errors) > 0 && a.Errors[0].Extensions["code"] == "forbidden"
			if staff := access.Role(role).Staff(); staff == denied {
				t.Errorf("%s asks %s: %+v", role, query, a)
			}
		}
	}
	for _, query := range queries {
		if a := ask(t, h, access.Actor{}, query); len(a.Errors) == 0 || a.Errors[0].Extensions["code"] != "unauthenticated" {
			t.Errorf("nobody asks %s: %+v", query, a)
		}
	}
}

// TestLimits: depth, aliases and cost, each with its code.
func TestLimits(t *testing.T) {
	h := handler(t)
	nested := "id"
	for range 8 {
		nested = "agreement { versions { " + nested + " } }"
	}
	aliases := ""
	for i := range graph.MaxAlias + 1 {
		aliases += fmt.Sprintf(" a%d: me { name }", i)
	}
	for name, c := range map[string]struct{ query, code, about string }{
		"depth":   {`{ agreementVersions(first: 1) { edges { node { ` + nested + ` } } } }`, "too_large", "depth"},
		"aliases": {`{` + aliases + ` }`, "too_large", "aliases"},
		"cost":    {`{ agreements(first: 200) { edges { node { id stem local versions { id number title objective processing outputs benefits lines { id number dataset fields } } } } } a: agreements(first: 5000) { edges { node { id stem } } } }`, "COMPLEXITY_LIMIT_EXCEEDED", ""},
	} {
		a := ask(t, h, with(access.Auditor), c.query)
		if len(a.Errors) == 0 || a.Errors[0].Extensions["code"] != c.code {
			t.Errorf("%s: %+v", name, a.Errors)
			continue
		}
		if c.about != "" && !strings.Contains(fmt.Sprint(a.Errors[0].Extensions["reasons"]), c.about) {
			t.Errorf("%s: %+v", name, a.Errors)
		}
	}
}

// TestErrorsSayWhatIsWrong: every reason at once, a stable code, nothing of
// the inside.
func TestErrorsSayWhatIsWrong(t *testing.T) {
	h := handler(t)
	line := `{datasetName: "", type: identifiable, sensitivity: sensitive, power: other, route: none, optOut: applied, frequency: one_off}`
	a := ask(t, h, with(access.AccessOfficer), `mutation { logApplication(input: {applicant: "", title: "", objective: "x", processing: "x", outputs: "x", benefits: "x", lines: [`+line+`]}) }`)
	if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "invalid" {
		t.Fatalf("%+v", a)
	}
	reasons := fmt.Sprint(a.Errors[0].Extensions["reasons"])
	for _, want := range []string{"applicant", "title", "lines[0].datasetName"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("%s does not name %s", reasons, want)
		}
	}
	for _, query := range []string{`{ entry(number: "943 476 5919 jane@example.org") { number } }`, `mutation { takeUp(version: "jane@example.org") }`} {
		a = ask(t, h, with(access.AccessOfficer), query)
		if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] == "internal" || strings.Contains(a.Errors[0].Message, "943 476") {
			t.Errorf("%s: %+v", query, a)
		}
	}
	a = ask(t, h, access.Actor{}, `{ entries(filter: {dataset: "a\u0000"}) { total } }`)
	if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "invalid" || strings.Contains(a.Errors[0].Message, "SQLSTATE") {
		t.Errorf("%+v", a)
	}
}
