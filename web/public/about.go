package public

import (
	"net/http"
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
	"data.release/registrar/web/public/glossary"
)

// AboutView explains how to read and check the register.
type AboutView struct {
	Kinds, Types, OptOuts []Term
	Waivers               release.WaiverCount
	Address               string
	Publishers            string // of the editions that were imported
}

var aboutPage = page.Parse[AboutView]("public/about.html")

func (s *server) about(w http.ResponseWriter, r *http.Request) error {
	waivers, err := s.release.CountWaivers(r.Context())
	if err != nil {
		return err
	}
	editions, err := s.release.EditionNames(r.Context())
	if err != nil {
		return err
	}
	view := AboutView{Address: s.address, Waivers: waivers, Publishers: publishers(editions)}
	for _, kind := range values[register.Kind](register.Kind("")) {
		view.Kinds = append(view.Kinds, kinds[kind])
	}
	for _, value := range values[terms.TypeOfData](terms.TypeOfData("")) {
		view.Types = append(view.Types, long(value))
	}
	for _, value := range values[terms.OptOut](terms.OptOut("")) {
		view.OptOuts = append(view.OptOuts, Term{Label: value.Label(), Note: glossary.Meaning(glossary.OptOuts, value)})
	}
	return aboutPage.Render(s.pages, w, r, page.Page{Title: "How to read and check the register", Section: "/about", Trail: trail(), Canonical: "/about",
		Description: "What an entry of the register is, what its numbers count, what its words mean, and what it does not hold."}, view)
}

// publishers names those of the imported editions, each once: A, B and C.
func publishers(editions []release.Edition) string {
	var names []string
	for _, e := range editions {
		if !e.Ours {
			names = append(names, e.Publisher)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
