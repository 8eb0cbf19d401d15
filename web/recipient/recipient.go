// Package recipient has the pages of those who receive data: their agreements,
// the files that wait for them, what a file is for, the way to fetch and open
// it, and their public keys. Every request for a file's content is decided
// anew.
package recipient

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/extract/delivery"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// Config is what the pages stand on.
type Config struct {
	Service *release.Service
	Files   *delivery.Store
	Clock   func() time.Time // time.Now if nil
}

type server struct {
	Config
	pages *page.Renderer
}

// Home is the address of the recipient's own page.
const Home = "/recipient"

// Mount adds the pages.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	login.Mount(mux, pages, (&server{config, pages}).routes())
}

// routes is every page and form of recipients, with what each asks for.
func (s *server) routes() []login.Route {
	return []login.Route{
		{Pattern: "GET " + Home, Permission: access.DownloadFiles, Handle: s.home},
		{Pattern: "GET " + Home + "/files/{id}", Permission: access.DownloadFiles, Handle: s.file},
		{Pattern: "POST " + Home + "/files/{id}/purpose", Permission: access.DownloadFiles, Handle: s.acknowledge},
		{Pattern: "GET " + Home + "/files/{id}/content", Permission: access.DownloadFiles, Handle: s.content},
		{Pattern: "GET " + Home + "/keys", Permission: access.ManageKeys, Handle: s.keys},
		{Pattern: "POST " + Home + "/keys", Permission: access.ManageKeys, Handle: s.addKey},
		{Pattern: "POST " + Home + "/keys/{id}/revoke", Permission: access.ManageKeys, Handle: s.revokeKey},
	}
}

// HomeView is a recipient's own page.
type HomeView struct {
	Files      []FileRow
	Agreements []AgreementRow
}

// FileRow is a file in the list.
type FileRow struct {
	Href, Name, Dataset, Organisation string
	Agreement                         page.Link
	Expires                           time.Time
	State                             string
}

// AgreementRow is an agreement in the list.
type AgreementRow struct {
	Link                page.Link
	Title, Organisation string
	State, Until        string
}

var homePage = page.Parse[HomeView]("recipient/home.html")

func (s *server) home(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	files, err := s.Service.FilesOf(r.Context(), actor)
	if err != nil {
		return err
	}
	agreements, err := s.Service.AgreementsOf(r.Context(), actor)
	if err != nil {
		return err
	}
	now := s.Clock()
	view := HomeView{}
	for _, f := range files {
		view.Files = append(view.Files, FileRow{
			Href: fileAddress(f.ID), Name: f.Name, Dataset: f.Dataset, Organisation: f.Organisation,
			Agreement: page.Link{Text: f.Agreement, Href: "/agreements/" + f.Stem}, Expires: f.Expires, State: state(f, now),
		})
	}
	for _, a := range agreements {
		view.Agreements = append(view.Agreements, AgreementRow{
			Link: page.Link{Text: a.Reference, Href: "/agreements/" + a.Stem}, Title: a.Title, Organisation: a.Organisation,
			State: a.State.Label(), Until: until(a, terms.Today(now)),
		})
	}
	return homePage.Render(s.pages, w, r, page.Page{Title: "Your files", Private: true}, view)
}

// state is a file's, in a word or two.
func state(f release.WaitingFile, now time.Time) string {
	switch {
	case f.Withdrawn:
		return "Withdrawn"
	case !now.Before(f.Expires):
		return "No longer available"
	case f.Acknowledged:
		return "Ready to download"
	}
	return "Waiting: confirm its purpose first"
}

func until(a release.RecipientAgreement, today terms.Date) string {
	switch {
	case a.Ends == nil:
		return "its end is not recorded"
	case a.Ends.Compare(today) < 0:
		return "ended on " + day(*a.Ends)
	}
	return "until the end of " + day(*a.Ends)
}

// day writes a civil date: 31 October 2027.
func day(d terms.Date) string { return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year) }

func fileAddress(id uuid.UUID) string { return Home + "/files/" + id.String() }

// id is the record that an address names. One that is none is as unknown as any.
func id(r *http.Request, unknown string) (uuid.UUID, error) {
	found, err := uuid.Parse(r.PathValue("id"))
	if err != nil || found.String() != r.PathValue("id") {
		return uuid.Nil, fault.New(fault.NotFound, "%s", unknown)
	}
	return found, nil
}
