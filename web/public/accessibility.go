package public

import (
	"net/http"

	"data.release/registrar/web/page"
)

// AccessibilityView is the accessibility statement.
type AccessibilityView struct{ Owner, Address string }

var accessibilityPage = page.Parse[AccessibilityView]("public/accessibility.html")

func (s *server) accessibility(w http.ResponseWriter, r *http.Request) error {
	return accessibilityPage.Render(s.pages, w, r, page.Page{
		Title: "Accessibility statement", Section: "/about", Trail: trail("How to read and check the register", "/about"), Canonical: "/accessibility",
		Description: "How far the pages of the register meet WCAG 2.2 AA, what was tested and how, and what is known to be missing.",
	}, AccessibilityView{Owner: s.owner, Address: s.address})
}
