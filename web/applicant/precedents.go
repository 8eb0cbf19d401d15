package applicant

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/page"
)

// PrecedentsView is a search for agreements like one's own.
type PrecedentsView struct {
	Field     *page.Field
	Problems  []page.Problem
	Searched  bool
	Words     string
	Filters   []string
	Total     int
	Rows      []PrecedentRow
	Page      int
	Pages     int
	Back, Far string // addresses of the pages before and after; empty: none
}

// PrecedentRow is an agreement of the register.
type PrecedentRow struct {
	Href, Stem, Version, Title, Organisation string
	Snippet                                  []release.SnippetPart
	Datasets, Types, Powers, Routes          string
}

var precedentsPage = page.Parse[PrecedentsView]("applicant/precedents.html")

func (s *server) precedents(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	q := r.URL.Query().Get("q")
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	view := PrecedentsView{Searched: strings.TrimSpace(q) != "", Field: &page.Field{Name: "q", Label: "Words, datasets and bases", Kind: "text", Wide: true, Value: q,
		Hint: "For example HES diabetes s261(2)(b)(ii), or s251 stroke registry. Powers, section 251, consent, types of data and abbreviations of datasets are recognised."}}
	title := "Precedents"
	found, err := s.Service.SearchPrecedents(r.Context(), actor, q, number)
	status := http.StatusOK
	if err != nil {
		if view.Problems, status, err = page.Refused(err, []*page.Field{view.Field}); err != nil {
			return err
		}
		title, found = "Error: "+title, &release.Precedents{}
	}
	view.Words, view.Filters, view.Total, view.Page, view.Pages = found.Words, found.Filters, found.Total, found.Page, found.Pages
	to := func(n int) string {
		return Home + "/precedents?" + url.Values{"q": {q}, "page": {strconv.Itoa(n)}}.Encode()
	}
	if found.Page > 1 {
		view.Back = to(found.Page - 1)
	}
	if found.Page < found.Pages {
		view.Far = to(found.Page + 1)
	}
	for _, row := range found.Rows {
		view.Rows = append(view.Rows, PrecedentRow{Href: "/agreements/" + url.PathEscape(row.Stem), Stem: row.Stem, Version: row.Version, Title: row.Title, Organisation: row.Organisation,
			Snippet: row.Snippet, Datasets: strings.Join(row.Datasets, "; "), Types: strings.Join(row.Types, "; "), Powers: strings.Join(row.Powers, "; "), Routes: strings.Join(row.Routes, "; ")})
	}
	return precedentsPage.Render(s.pages, w, r, page.Page{Title: title, Status: status, Private: true, Trail: []page.Link{{Text: "Applications", Href: Home}}}, view)
}
