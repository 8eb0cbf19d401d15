package public

import (
	"fmt"
	"net/http"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// RegisterView is a search of the register.
type RegisterView struct {
	Text, Agreement string
	Facets          []Facet
	Chosen          []page.Link // filters in force; each leads to the search without it
	Rows            []Row
	Total, All      int    // All is the whole register, where nothing was found
	Scope           string // which of them are shown, in which order
	Pagination      page.Pagination
	Downloads       []page.Link
}

// Facet is a filter with the number of entries under each value.
type Facet struct {
	Name, Title string
	Select      bool // one value of many, in a list to drop down
	Any         string
	Choices     []Choice
}

// Choice is one value of a filter.
type Choice struct {
	Value, Label, Note string
	Count              int
	Chosen             bool
}

var registerPage = page.Parse[RegisterView]("public/register.html")

// perPage is how many entries a page of results has.
const perPage = 25

// filters are the facets that the page offers, in order.
var filters = []struct {
	name, title string
	drop        bool
	any         string
	label       func(release.FacetValue) (label, note string)
}{
	{name: "kind", title: "Kind of entry", label: func(v release.FacetValue) (string, string) { return kinds[register.Kind(v.Value)].Label, "" }},
	{name: "type", title: "Type of data", label: func(v release.FacetValue) (string, string) {
		term := short(terms.TypeOfData(v.Value))
		return term.Label, term.Note
	}},
	{name: "opt_outs", title: "Opt-outs applied"},
	{name: "frequency", title: "How often"},
	{name: "organisation", title: "Organisation", drop: true, any: "Any organisation"},
	{name: "dataset", title: "Dataset", drop: true, any: "Any dataset"},
	{name: "power", title: "Legal power", drop: true, any: "Any power"},
	{name: "route", title: "Confidentiality route", drop: true, any: "Any route"},
}

func (s *server) register(w http.ResponseWriter, r *http.Request) error {
	search, err := parseSearch(r.URL.Query())
	if err != nil {
		return err
	}
	results, err := s.release.SearchRegister(r.Context(), search.query(perPage))
	if err != nil {
		return err
	}
	if search.page > max(results.Pages, 1) {
		return fault.New(fault.NotFound, "This search has %d pages of results; page %d is none of them.", results.Pages, search.page)
	}
	view := RegisterView{
		Text: search.text, Agreement: search.agreement, Rows: rows(results.Entries), Total: results.Total,
		Facets: facets(results), Chosen: chosen(search, results),
		Pagination: page.Paginate(search.page, results.Pages, func(page int) string { return search.at(page).href("/register") }),
	}
	if results.Total == 0 {
		figures, err := s.release.PublishedFigures(r.Context())
		if err != nil {
			return err
		}
		view.All = figures.Entries
	} else {
		first := (search.page-1)*perPage + 1
		view.Scope = fmt.Sprintf("Newest entries first: %s to %s of %s.", page.Count(first), page.Count(first+len(results.Entries)-1), page.Count(results.Total))
	}
	for _, format := range []struct{ text, path string }{{"CSV", "/register.csv"}, {"Excel", "/register.xlsx"}, {"JSON", "/register.json"}} {
		view.Downloads = append(view.Downloads, page.Link{Text: format.text, Href: search.at(1).href(format.path)})
	}
	title := "The register"
	if search.text != "" {
		title = search.text + " - The register"
	}
	if search.page > 1 {
		title = fmt.Sprintf("%s (page %d of %d)", title, search.page, results.Pages)
	}
	return registerPage.Render(s.pages, w, r, page.Page{Title: title, Section: "/register"}, view)
}

func facets(results *release.RegisterResults) []Facet {
	var out []Facet
	for _, filter := range filters {
		f := Facet{Name: filter.name, Title: filter.title, Select: filter.drop, Any: filter.any}
		for _, v := range facet(results, filter.name) {
			choice := Choice{Value: v.Value, Label: v.Label, Count: v.Count, Chosen: v.Chosen}
			if filter.label != nil {
				choice.Label, choice.Note = filter.label(v)
			}
			f.Choices = append(f.Choices, choice)
		}
		out = append(out, f)
	}
	return out
}

// chosen lists the filters in force in words. The text is not among them: it
// stands in its box.
func chosen(s search, results *release.RegisterResults) []page.Link {
	var out []page.Link
	if s.agreement != "" {
		out = append(out, page.Link{Text: "Agreement: " + s.agreement, Href: s.without("agreement", s.agreement).href("/register")})
	}
	for _, known := range append(facets(results), sensitivityFacet(results)) {
		for _, choice := range known.Choices {
			if choice.Chosen {
				text := known.Title + ": " + choice.Label
				if choice.Note != "" {
					text += ", " + choice.Note
				}
				out = append(out, page.Link{Text: text, Href: s.without(known.Name, choice.Value).href("/register")})
			}
		}
	}
	return out
}

// sensitivityFacet can be asked for by address, though the page does not offer
// it.
func sensitivityFacet(results *release.RegisterResults) Facet {
	f := Facet{Name: "sensitivity", Title: "Sensitive"}
	for _, v := range facet(results, "sensitivity") {
		f.Choices = append(f.Choices, Choice{Value: v.Value, Label: v.Label, Count: v.Count, Chosen: v.Chosen})
	}
	return f
}
