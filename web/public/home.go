package public

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// HomeView is the start page.
type HomeView struct {
	Figures           []Figure
	Shares            []ShareTable
	Latest            []Row
	Entries, Releases int
}

// Figure is a number with what it counts.
type Figure struct {
	Label, Note, Href string
	Count             int
}

// ShareTable is a table of counts with bars.
type ShareTable struct {
	Title, Heading, Counted string
	Lines                   []ShareLine
}

// ShareLine is one count; PerMille is its part of the whole.
type ShareLine struct {
	Term            Term
	Href            string
	Count, PerMille int
}

var homePage = page.Parse[HomeView]("public/home.html")

// latest is how many entries the start page shows.
const latest = 6

func (s *server) home(w http.ResponseWriter, r *http.Request) error {
	figures, err := s.release.PublishedFigures(r.Context())
	if err != nil {
		return err
	}
	newest, err := s.release.SearchRegister(r.Context(), release.RegisterQuery{Size: latest})
	if err != nil {
		return err
	}
	shares, err := s.release.SearchRegister(r.Context(), release.RegisterQuery{Kinds: []register.Kind{register.Release}, Size: 1})
	if err != nil {
		return err
	}
	view := HomeView{
		Entries: figures.Entries, Releases: figures.Releases,
		Figures: []Figure{
			{Label: "releases", Count: figures.Releases, Href: "/register?kind=release", Note: "rows of a register: a file, or a dataset that was accessed"},
			{Label: "agreements", Count: figures.Agreements, Href: "/register?kind=agreement", Note: fmt.Sprintf("by reference, all versions together; %s published", page.Plural(figures.Statements, "statement of purposes is", "statements of purposes are"))},
			{Label: "organisations", Count: figures.Organisations, Href: "/organisations", Note: "by name as published, so one may count twice"},
			{Label: "datasets", Count: figures.Datasets, Href: "/datasets", Note: "by name as published"},
		},
		Shares: sharesOf(shares, url.Values{"kind": {"release"}}),
		Latest: rows(newest.Entries),
	}
	return homePage.Render(s.pages, w, r, page.Page{Section: "/"}, view)
}

func rows(entries []register.Entry) []Row {
	out := make([]Row, len(entries))
	for i, e := range entries {
		out[i] = row(e)
	}
	return out
}

// sharesOf are the releases of a search by type of data and by opt-outs, each
// line leading to its releases. base is the search's query.
func sharesOf(results *release.RegisterResults, base url.Values) []ShareTable {
	if results.Total == 0 {
		return nil
	}
	href := func(name string, values ...string) string {
		query := url.Values{}
		for key, given := range base {
			query[key] = slices.Clone(given)
		}
		query[name] = values
		return "/register?" + query.Encode()
	}
	types := ShareTable{Title: "By type of data", Heading: "Type of data", Counted: "Releases"}
	for _, value := range facet(results, "type") {
		types.Lines = append(types.Lines, ShareLine{Term: short(terms.TypeOfData(value.Value)), Href: href("type", value.Value), Count: value.Count})
	}
	return []ShareTable{part(types, results.Total), part(optOutShare(facet(results, "opt_outs"), href), results.Total)}
}

// optOutShare gathers the answers: yes, no because the data are not
// identifiable, no for one of the other reasons, not recorded.
func optOutShare(values []release.FacetValue, href func(name string, values ...string) string) ShareTable {
	share := ShareTable{Title: "By whether opt-outs were applied", Heading: "Opt-outs applied", Counted: "Releases"}
	var others []string
	other := 0
	counts := map[terms.OptOut]int{}
	for _, value := range values {
		switch o := terms.OptOut(value.Value); o {
		case terms.OptOutApplied, terms.OptOutNotIdentifiable, terms.OptOutNoReason, terms.OptOutNotRecorded:
			counts[o] = value.Count
		default:
			others, other = append(others, value.Value), other+value.Count
		}
	}
	add := func(term Term, count int, codes ...string) {
		if count > 0 {
			share.Lines = append(share.Lines, ShareLine{Term: term, Href: href("opt_outs", codes...), Count: count})
		}
	}
	one := func(o terms.OptOut) { add(optOut(o), counts[o], string(o)) }
	one(terms.OptOutApplied)
	one(terms.OptOutNotIdentifiable)
	if len(others) == 1 {
		add(optOut(terms.OptOut(others[0])), other, others[0])
	} else {
		slices.Sort(others)
		add(Term{Label: "No", Note: "for one of the other reasons"}, other, others...)
	}
	one(terms.OptOutNoReason)
	one(terms.OptOutNotRecorded)
	return share
}

// part gives each line its part of the whole.
func part(share ShareTable, whole int) ShareTable {
	for i := range share.Lines {
		share.Lines[i].PerMille = share.Lines[i].Count * 1000 / whole
	}
	return share
}

func facet(results *release.RegisterResults, name string) []release.FacetValue {
	for _, f := range results.Facets {
		if f.Name == name {
			return f.Values
		}
	}
	return nil
}
