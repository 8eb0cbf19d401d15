package public

import (
	"net/http"

	"data.release/registrar/web/page"
)

// VerifyView says how to check the register, with commands to copy.
type VerifyView struct {
	Address string // of this site, for the commands
	Example int64  // an entry that is there; 0 of an empty register
}

var verifyPage = page.Parse[VerifyView]("public/verify.html")

func (s *server) verify(w http.ResponseWriter, r *http.Request) error {
	figures, err := s.release.PublishedFigures(r.Context(), 0)
	if err != nil {
		return err
	}
	return verifyPage.Render(s.pages, w, r, page.Page{
		Title: "How to verify the register", Section: "/about", Trail: trail("How to read and check the register", "/about"), Canonical: "/verify",
		Description: "Commands to check one entry, a page, a file or the whole register against its signed public log, without trusting this site.",
	}, VerifyView{Address: s.address, Example: min(figures.Size, 1)})
}
