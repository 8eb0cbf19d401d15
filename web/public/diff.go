package public

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/compare"
	"data.release/registrar/web/page"
)

// DiffView is how one published version of an agreement becomes another.
type DiffView struct {
	AsOf          *AsOfBanner
	Stem, Heading string
	Changes       compare.View
	CSV           page.Link
}

var diffPage = page.Parse[DiffView]("public/diff.html", "public/asof.html")

// diff answers /agreements/{stem}/diff/{a}/{b}, and with .csv after it every
// difference as a file.
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
	b, isCSV := strings.CutSuffix(r.PathValue("b"), ".csv")
	found, err := s.release.PublicDiffAt(r.Context(), at.Size, stem, r.PathValue("a"), b)
	if err != nil {
		return err
	}
	if isCSV {
		return diffCSV(w, found)
	}
	before, after := "version "+versionNumber(found.Before), "version "+versionNumber(found.After)
	view := DiffView{AsOf: at.Banner(), Stem: stem, Heading: "What changed from " + before + " to " + after,
		Changes: compare.New(before, after, found.Changes, r.URL.EscapedPath(), compare.Cosmetic(r.URL.Query()))}
	if len(found.Changes) > 0 {
		view.CSV = page.Link{Text: "Every difference as CSV", Href: r.URL.EscapedPath() + ".csv"}
	}
	return diffPage.Render(s.pages, w, r, at.page(page.Page{Title: "Agreement " + stem + ": " + terms.Lower(view.Heading), Section: "/register",
		Trail: append(trail("The register", "/register"), page.Link{Text: "Agreement " + stem, Href: agreementHref(stem)})}), view)
}

// diffCSV is what differs, a line for each field; of a line of the agreement
// that came or went, one for each of its answers.
func diffCSV(w http.ResponseWriter, found *release.PublicDiff) error {
	asFile(w, "text/csv; charset=utf-8", fmt.Sprintf("%s-%s-to-%s.csv", found.Stem, found.Before.Version, found.After.Version))
	out := csv.NewWriter(w)
	lines := [][]string{{"section", "row", "field", "change", "before", "after", "cosmetic", "why"}}
	line := func(c diff.Change, field, before, after string) {
		lines = append(lines, []string{c.Section, c.Row, field, string(c.Kind), before, after, strconv.FormatBool(c.Kind == diff.Retyped), c.Note})
	}
	for _, c := range found.Changes {
		for _, f := range c.Fields {
			value := f.Value
			if f.Kind == diff.List {
				value = strings.Join(f.Values, "; ")
			}
			if c.Kind == diff.Added {
				line(c, f.Label, "", value)
			} else {
				line(c, f.Label, value, "")
			}
		}
		switch {
		case len(c.Fields) > 0:
		case len(c.Came)+len(c.Went) > 0:
			line(c, c.Label, strings.Join(c.Went, "; "), strings.Join(c.Came, "; "))
		default:
			line(c, c.Label, c.Before, c.After)
		}
	}
	for _, cells := range lines {
		for i := range cells {
			cells[i] = register.SafeCell(cells[i])
		}
	}
	return out.WriteAll(lines)
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
