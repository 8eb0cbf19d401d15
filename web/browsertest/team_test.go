package browsertest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"data.release/registrar/extract/worker"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient/recipienttest"
	"data.release/registrar/web/team"
	"data.release/registrar/web/webtest"
)

// TestTeam drives a case by forms in a browser, as the person whom the header
// Who names.
func TestTeam(t *testing.T) {
	people := map[string]access.Actor{}
	site := webtest.Empty(t, func(c *web.Config) {
		service := c.Service
		c.Session = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if who, known := people[r.Header.Get("Who")]; known {
					r = r.WithContext(access.WithActor(r.Context(), who))
				}
				next.ServeHTTP(w, r)
			})
		}
		c.Viewer = func(r *http.Request) page.Viewer {
			who, _ := access.From(r.Context())
			return page.Viewer{Name: who.Name, Links: []page.Link{{Text: "Team", Href: team.Home}}}
		}
		c.Members = func(mux *http.ServeMux, pages *page.Renderer) { team.Mount(mux, pages, team.Config{Service: service}) }
	})
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: site.DB.DB, Files: recipienttest.Store(t), Issuer: "test",
		Clock: func() time.Time { return webtest.Moment }, Planner: worker.Planner{}})
	for name, actor := range arranged.People {
		people[name] = actor
	}
	ctx, s := t.Context(), arranged.Service
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	recorded := recipienttest.Application()
	recorded.Reference, recorded.FromRecord, recorded.Provenance, recorded.Title = "NIC-69431-K1K8R", true, "the text of an issue", "Commissioning by seven DSCROs"
	_, err := s.LogApplication(ctx, people["Olu Officer"], recorded)
	must(err)
	log := func(ctx context.Context, title string) {
		application := recipienttest.Application()
		application.Title = title
		application.Conditions = []release.ConditionInput{
			{Kind: "action", Number: 1, Page: "10", Owners: []string{"Head of information governance", "System manager"}, DueWords: "as soon as is practical", Text: "Work through arrangements so that patient anonymity can be upheld (made up)."},
			{Kind: "precedent", Text: "Show the ethics approval (made up).", Due: &terms.Date{Year: 2026, Month: 9, Day: 30}}}
		id, err := s.LogApplication(ctx, people["Ann Applicant"], application)
		must(err)
		must(s.SubmitVersion(ctx, people["Ann Applicant"], id))
	}
	log(ctx, "Waiting times of outpatients by region")
	log(ctx, "A longer title, of a study about how people who live alone come to hospital and leave it again, with others who do not")
	site.Sign(t)
	run(t, "team.test.mjs", "REGISTRAR_URL="+site.URL)
}
