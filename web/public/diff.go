package public

import (
	"net/http"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/compare"
	"data.release/registrar/web/page"
)

// DiffView is how one published version of an agreement becomes another.
type DiffView struct {
	AsOf          *AsOfBanner
	Stem, Heading string
	Changes       compare.View
}

var diffPage = page.Parse[DiffView]("public/diff.html", "public/asof.html")

func (s *server) diff(w http.ResponseWriter, r *http.Request) error {
	raw := r.PathValue("stem")
	stem, err := stemOf(raw)
	if err != nil {
		return fault.New(fault.NotFound, "%q is no reference of an agreement. One looks like NIC-69431-K1K8R.", strings.TrimSpace(raw))
	}
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	found, err := s.release.PublicDiffAt(r.Context(), at.Size, stem, r.PathValue("a"), r.PathValue("b"))
	if err != nil {
		return err
	}
	before, after := "version "+versionNumber(found.Before), "version "+versionNumber(found.After)
	view := DiffView{AsOf: at.Banner(), Stem: stem, Heading: "What changed from " + before + " to " + after,
		Changes: compare.New(before, after, found.Changes, r.URL.EscapedPath(), compare.Cosmetic(r.URL.Query()))}
	return diffPage.Render(s.pages, w, r, at.page(page.Page{Title: "Agreement " + stem + ": " + strings.ToLower(view.Heading[:1]) + view.Heading[1:], Section: "/register",
		Trail: append(trail("The register", "/register"), page.Link{Text: "Agreement " + stem, Href: agreementHref(stem)})}), view)
}

func versionNumber(v release.PublishedVersion) string { return strings.TrimPrefix(v.Version, "v") }

func (s *server) flagRoutes() map[string]handler {
	return map[string]handler{
		"GET /agreements/{stem}/diff/{a}/{b}": s.cached(s.diff),
		"GET /editions/{a}/changes/{b}":       s.cached(s.changes),
		"GET /statistics":                     s.cached(s.statistics),
		"GET /statistics/{table}":             s.cached(s.statisticsTable),
		"GET /flags":                          s.cached(s.flags),
		"GET /flags/{rule}":                   s.cached(s.flagsOf),
	}
}
