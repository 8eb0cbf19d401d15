// Package routetest walks tables of routes as every role, as a person without
// one, and as nobody.
package routetest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// Pages are a renderer for a test.
func Pages(t *testing.T) *page.Renderer {
	return page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
}

// Walk asks for every route of a table, over records that do not exist: the
// answer is forbidden, or asks for a log-in, exactly where the one table of
// permissions says so, and nothing breaks. The handlers are the real ones, so
// that a page and its command agree about who may.
func Walk(t *testing.T, pages *page.Renderer, routes []login.Route) {
	t.Helper()
	if len(routes) == 0 {
		t.Fatal("there are no routes")
	}
	mux := http.NewServeMux()
	login.Mount(mux, pages, routes)
	people := map[string]access.Actor{"nobody": {}, "a person without a role": somebody()}
	for _, role := range access.Role("").Values() {
		people[role] = somebody(access.Role(role))
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = wildcard.ReplaceAllString(path, "01a20fb5-44e6-7892-ac04-93fae5103582")
		for name, actor := range people {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(""))
			if method == http.MethodPost {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			if actor.PersonID != uuid.Nil {
				r = r.WithContext(access.WithActor(r.Context(), actor))
			}
			answer := httptest.NewRecorder()
			pages.Unrouted(mux).ServeHTTP(answer, r)
			denied := access.Check(actor, route.Permission)
			switch status := answer.Code; {
			case denied == nil && (status == http.StatusUnauthorized || status == http.StatusForbidden || status >= http.StatusInternalServerError):
				t.Errorf("%s may %s, and %s answers %d", name, route.Permission, route.Pattern, status)
			case denied != nil && actor.PersonID == uuid.Nil && status != http.StatusUnauthorized:
				t.Errorf("nobody asks %s: %d", route.Pattern, status)
			case denied != nil && actor.PersonID != uuid.Nil && status != http.StatusForbidden:
				t.Errorf("%s may not %s, and %s answers %d", name, route.Permission, route.Pattern, status)
			}
		}
	}
}

// somebody holds roles in an organisation of which nothing is recorded.
func somebody(roles ...access.Role) access.Actor {
	actor := access.Actor{PersonID: uuid.New(), Name: "Somebody"}
	in := uuid.New()
	for _, role := range roles {
		actor.Memberships = append(actor.Memberships, access.Membership{OrganisationID: in, OrganisationName: "An organisation", Role: role})
	}
	return actor
}
