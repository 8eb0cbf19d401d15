package public

import (
	"net/http"

	"data.release/registrar/web/page"
	"data.release/registrar/web/public/glossary"
)

// GlossaryView is every term with what it means.
type GlossaryView struct{ Sections []glossary.Section }

var glossaryPage = page.Parse[GlossaryView]("public/glossary.html")

func (s *server) glossary(w http.ResponseWriter, r *http.Request) error {
	view := GlossaryView{Sections: glossary.Sections()}
	return glossaryPage.Render(s.pages, w, r, page.Page{
		Title: "Glossary", Section: "/about", Trail: trail("How to read and check the register", "/about"), Canonical: "/glossary",
		Description: "What every code and word of the register of data releases means, in plain English.",
		Metadata:    termSet(view.Sections, s.address),
	}, view)
}
