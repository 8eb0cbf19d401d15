package browsertest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/extract/worker"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/recipient/recipienttest"
	"data.release/registrar/web/webtest"
)

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
