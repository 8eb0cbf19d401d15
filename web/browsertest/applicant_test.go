package browsertest

import (
	"net"
	"net/http"
	"testing"
	"time"

	"data.release/registrar/extract/worker"
	"data.release/registrar/release"
	"data.release/registrar/release/attachment"
	"data.release/registrar/web"
	"data.release/registrar/web/applicant"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient/recipienttest"
	"data.release/registrar/web/webtest"
)

// TestApplicant drives the form: begun and filled in by keyboard, two editors
// at once, a session that ends over unsaved typing, documents, the check,
// submission, precedents and signing.
func TestApplicant(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	issuerURL := "http://" + listener.Addr().String()
	clock := func() time.Time { return webtest.Moment }
	documents, err := attachment.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { documents.Close() })
	site := webtest.Empty(t, func(c *web.Config) {
		in, err := login.New(login.Config{Issuer: issuerURL, ClientID: "browsertest", PublicURL: c.Address, Directory: c.Service, DB: c.Service.DB(), Log: c.Log})
		if err != nil {
			t.Fatal(err)
		}
		service := release.New(release.Config{DB: c.Service.DB(), Planner: worker.Planner{}, Attachments: documents, Clock: clock})
		c.Session, c.Viewer, c.SignIn = in.Session, in.Viewer, login.SignIn
		c.Members = func(mux *http.ServeMux, pages *page.Renderer) {
			in.Routes(mux, pages)
			applicant.Mount(mux, pages, applicant.Config{Service: service, Clock: clock})
		}
	})
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: site.DB.DB, Files: recipienttest.Store(t), Issuer: issuerURL, Clock: clock, Planner: worker.Planner{}})
	id, err := arranged.Service.LogApplication(t.Context(), arranged.People["Ann Applicant"], recipienttest.Application())
	if err == nil {
		err = arranged.Service.SubmitVersion(t.Context(), arranged.People["Ann Applicant"], id)
	}
	if err == nil {
		err = arranged.Service.TakeUp(t.Context(), arranged.People["Olu Officer"], id)
	}
	if err == nil {
		err = arranged.Service.ReviewVersion(t.Context(), arranged.People["Rita Reviewer"], id, release.ReviewInput{Route: "full", Outcome: "recommended", Advice: "Sound."})
	}
	if err == nil {
		err = arranged.Service.ApproveVersion(t.Context(), arranged.People["Abel Approver"], id, "as advised")
	}
	if err == nil {
		err = arranged.Service.IssueVersion(t.Context(), arranged.People["Olu Officer"], id)
	}
	if err != nil {
		t.Fatal(err)
	}
	serveIssuer(t, listener, site.URL)
	run(t, "applicant.test.mjs", "REGISTRAR_URL="+site.URL, "REGISTRAR_ISSUER="+issuerURL, "REGISTRAR_ISSUED=/applications/"+id.String())
}
