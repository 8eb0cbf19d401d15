package browsertest

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/extract/worker"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/attachment"
	"data.release/registrar/web"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient/recipienttest"
	"data.release/registrar/web/team"
	"data.release/registrar/web/webtest"
)

// as gives a site in which the header Who says as whom a request is made.
func as(t *testing.T, people map[string]access.Actor) *webtest.Site {
	t.Helper()
	documents, err := attachment.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { documents.Close() })
	return webtest.Start(t, func(c *web.Config) {
		service := release.New(release.Config{DB: c.Service.DB(), Attachments: documents, Clock: func() time.Time { return webtest.Moment }})
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
}

// TestPrivacy drives the pages about withheld texts of the real register, and
// about a version whose text names somebody, as whom the header Who names.
func TestPrivacy(t *testing.T) {
	people := map[string]access.Actor{
		"Cal Guardian": {PersonID: uuid.New(), Name: "Cal Guardian", Memberships: []access.Membership{{Role: access.CaldicottGuardian}}},
	}
	site := as(t, people)
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
	application := recipienttest.Application()
	application.Title, application.Objective = "A study that names somebody", "To study what Dr Jane Doe (made up) asks for; write to jane.doe@example.org."
	id, err := s.LogApplication(ctx, people["Ann Applicant"], application)
	must(err)
	must(s.SubmitVersion(ctx, people["Ann Applicant"], id))
	must(s.TakeUp(ctx, people["Olu Officer"], id))
	must(s.ReviewVersion(ctx, people["Rita Reviewer"], id, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."}))
	site.Sign(t)
	run(t, "privacy.test.mjs", "REGISTRAR_URL="+site.URL, "VERSION="+id.String())
}
