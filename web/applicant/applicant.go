// Package applicant has the pages of those who apply for data and those who
// sign: their applications, the form in steps, the check of what is missing,
// documents, precedents, and signing. Every page works without script, and
// shows only what the organisations of the person who looks are concerned in.
package applicant

import (
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// Home is the address of the list of applications.
const Home = "/applications"

// Config is what the pages stand on.
type Config struct {
	Service *release.Service
	Clock   func() time.Time // time.Now if nil
}

type server struct {
	Config
	pages *page.Renderer
}

// Mount adds the pages.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	login.Mount(mux, pages, (&server{config, pages}).routes())
}

// Routes is every page and form with what each asks for, for a test that walks
// them as every role.
func Routes() []login.Route { return (&server{}).routes() }

func (s *server) routes() []login.Route {
	const version = Home + "/{version}"
	return []login.Route{
		{Pattern: "GET " + Home, Permission: access.ReadApplications, Handle: s.list},
		{Pattern: "GET " + Home + ".csv", Permission: access.ReadApplications, Handle: s.listCSV},
		{Pattern: "GET " + Home + "/new", Permission: access.WriteApplication, Handle: s.begin},
		{Pattern: "POST " + Home, Permission: access.WriteApplication, Handle: s.start},
		{Pattern: "GET " + Home + "/precedents", Permission: access.ReadApplications, Handle: s.precedents},
		{Pattern: "GET " + version, Permission: access.ReadApplications, Handle: s.tasks},
		{Pattern: "POST " + version + "/apply", Permission: access.WriteApplication, Handle: s.apply},
		{Pattern: "GET " + version + "/check", Permission: access.ReadApplications, Handle: s.check},
		{Pattern: "POST " + version + "/submit", Permission: access.SubmitVersion, Handle: s.submit},
		{Pattern: "POST " + version + "/withdraw", Permission: access.SubmitVersion, Handle: s.withdraw},
		{Pattern: "GET " + version + "/sign", Permission: access.ReadApplications, Handle: s.terms},
		{Pattern: "POST " + version + "/sign", Permission: access.SignVersion, Handle: s.sign},
		{Pattern: "GET " + version + "/terms.json", Permission: access.ReadApplications, Handle: s.frozen},
		{Pattern: "GET " + version + "/lines", Permission: access.ReadApplications, Handle: s.lines},
		{Pattern: "POST " + version + "/lines", Permission: access.WriteApplication, Handle: s.addLine},
		{Pattern: "GET " + version + "/lines/{line}", Permission: access.ReadApplications, Handle: s.line},
		{Pattern: "POST " + version + "/lines/{line}", Permission: access.WriteApplication, Handle: s.saveLine},
		{Pattern: "POST " + version + "/documents", Permission: access.WriteApplication, Handle: s.addDocument},
		{Pattern: "GET " + version + "/documents/{document}", Permission: access.ReadApplications, Handle: s.document},
		{Pattern: "POST " + version + "/documents/{document}/withdraw", Permission: access.WriteApplication, Handle: s.withdrawDocument},
		{Pattern: "GET " + version + "/{step}", Permission: access.ReadApplications, Handle: s.step},
		{Pattern: "POST " + version + "/{step}", Permission: access.WriteApplication, Handle: s.saveStep},
	}
}

// draft reads the application of the address; there is none where the person
// may not see it.
func (s *server) draft(r *http.Request, actor access.Actor) (*release.Draft, error) {
	id, err := uuid.Parse(r.PathValue("version"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "There is no such application.")
	}
	return s.Service.ReadApplication(r.Context(), actor, id)
}

// address of an application's page.
func address(d *release.Draft, parts ...string) string {
	path, _ := url.JoinPath(Home, append([]string{d.ID.String()}, parts...)...)
	return path
}

// posted is what a form sends, or fault.Invalid.
func posted(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return r.PostForm, nil
}

func trail(d *release.Draft) []page.Link {
	return []page.Link{{Text: "Applications", Href: Home}, {Text: d.Reference, Href: address(d)}}
}
