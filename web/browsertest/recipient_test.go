package browsertest

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"

	"data.release/registrar/extract/worker"
	"data.release/registrar/web"
	"data.release/registrar/web/issuer"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
	"data.release/registrar/web/recipient"
	"data.release/registrar/web/recipient/recipienttest"
	"data.release/registrar/web/team"
	"data.release/registrar/web/webtest"
)

// members starts a site with a log-in and a released file.
func members(t *testing.T) (site *webtest.Site, issuerURL string, arranged *recipienttest.Arranged) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	issuerURL = "http://" + listener.Addr().String()
	files := recipienttest.Store(t)
	clock := func() time.Time { return webtest.Moment }
	site = webtest.Empty(t, func(c *web.Config) {
		in, err := login.New(login.Config{Issuer: issuerURL, ClientID: "browsertest", PublicURL: c.Address, Directory: c.Service, DB: c.Service.DB(), Log: c.Log})
		if err != nil {
			t.Fatal(err)
		}
		service := c.Service
		c.Session, c.Viewer, c.SignIn = in.Session, in.Viewer, login.SignIn
		c.Members = func(mux *http.ServeMux, pages *page.Renderer) {
			in.Routes(mux, pages)
			recipient.Mount(mux, pages, recipient.Config{Service: service, Files: files, Clock: clock})
			team.Mount(mux, pages, team.Config{Service: service})
		}
	})
	arranged = recipienttest.Arrange(t, recipienttest.Config{DB: site.DB.DB, Files: files, Issuer: issuerURL, Clock: clock, Planner: worker.Planner{}})
	site.Sign(t)
	serveIssuer(t, listener, site.URL)
	return site, issuerURL, arranged
}

// TestRecipient drives the way of a recipient, a stranger and the team, through
// the demonstration's log-in, over a released file. What the browser downloads
// is then opened with the recipient's key.
func TestRecipient(t *testing.T) {
	site, issuerURL, arranged := members(t)

	saved := filepath.Join(t.TempDir(), "downloaded.age")
	run(t, "recipient.test.mjs", "REGISTRAR_URL="+site.URL, "REGISTRAR_ISSUER="+issuerURL, "REGISTRAR_FILE=/recipient/files/"+arranged.File.String(),
		"REGISTRAR_SAVED="+saved, "REGISTRAR_DIGEST="+recipienttest.Digest(arranged.Sealed))
	sealed, err := os.Open(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	opened, err := age.Decrypt(sealed, arranged.Identity)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(opened); err != nil || !bytes.Equal(plain, arranged.Plain) {
		t.Errorf("what the browser saved opens to %d bytes of %d, %v", len(plain), len(arranged.Plain), err)
	}
}

func user(name, says string) issuer.User {
	return issuer.User{Subject: recipienttest.Subject(name), Name: name, Email: recipienttest.Email(name), Says: says}
}

// serveIssuer runs the demonstration's log-in for the people of package
// recipienttest, who are known by their addresses.
func serveIssuer(t *testing.T, listener net.Listener, site string) {
	t.Helper()
	i, err := issuer.New(issuer.Config{
		URL: "http://" + listener.Addr().String(), KeyFile: filepath.Join(t.TempDir(), "issuer.pem"), ClientID: "browsertest",
		RedirectURIs: []string{site + login.Callback}, SignedOutURIs: []string{site + login.SignedOut},
		Users: []issuer.User{
			user("Rob Recipient", "downloads for Example University"), user("Stan Stranger", "downloads for another body"),
			user("Ann Applicant", "applies for Example University"), user("Sam Signatory", "signs for Example University"),
			user("Olu Officer", "runs agreements"), user("Nora Nobody", "has no role"),
		},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: i.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
}
