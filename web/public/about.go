package public

import (
	"net/http"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// AboutView explains how to read and check the register.
type AboutView struct {
	Kinds, Types, OptOuts []Term
	Editions              []EditionLine
	Waivers               release.WaiverCount
	Address               string
}

// EditionLine is an imported edition.
type EditionLine struct {
	Title, Publisher, Period string
	Entries                  int
}

var aboutPage = page.Parse[AboutView]("public/about.html")

func (s *server) about(w http.ResponseWriter, r *http.Request) error {
	editions, err := s.release.PublishedEditions(r.Context())
	if err != nil {
		return err
	}
	waivers, err := s.release.CountWaivers(r.Context())
	if err != nil {
		return err
	}
	view := AboutView{Address: s.address, Waivers: waivers}
	for _, kind := range values[register.Kind](register.Kind("")) {
		view.Kinds = append(view.Kinds, kinds[kind])
	}
	for _, value := range values[terms.TypeOfData](terms.TypeOfData("")) {
		view.Types = append(view.Types, long(value))
	}
	for _, value := range values[terms.OptOut](terms.OptOut("")) {
		view.OptOuts = append(view.OptOuts, Term{Label: value.Label(), Note: optOutNotes[value]})
	}
	for _, edition := range editions {
		view.Editions = append(view.Editions, EditionLine{Title: edition.Title, Publisher: edition.Publisher, Period: span(edition.Period.From, edition.Period.To), Entries: edition.Entries})
	}
	return aboutPage.Render(s.pages, w, r, page.Page{Title: "How to read and check the register", Section: "/about", Trail: trail()}, view)
}
