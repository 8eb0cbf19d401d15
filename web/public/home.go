package public

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// HomeView is the start page.
type HomeView struct {
	AsOf              *AsOfBanner
	AsOfDay           string // kept by the search form
	Example           string // a reference that a search finds
	Figures           []Figure
	Shares            []ShareTable
	Latest            []Row
	Entries, Releases int
	From, To          string // of the releases
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

var homePage = page.Parse[HomeView]("public/home.html", "public/asof.html")

// latest is how many entries the start page shows.
const latest = 6

func (s *server) home(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	figures, err := s.release.PublishedFigures(r.Context(), at.Size)
	if err != nil {
		return err
	}
	lines, err := s.release.PublishedTerms(r.Context(), at.Size)
	if err != nil {
		return err
	}
	newest, err := s.release.LatestEntries(r.Context(), at.Size, latest)
	if err != nil {
		return err
	}
	view := HomeView{
		AsOf: at.Banner(), Entries: figures.Entries, Releases: figures.Releases,
		Figures: []Figure{
			{Label: "releases", Count: figures.Releases, Href: standing(register.Release, nil), Note: "rows of a register that stand: a file, or a dataset that was accessed"},
			{Label: "agreements", Count: figures.Agreements, Href: standing(register.Agreement, nil), Note: fmt.Sprintf("by reference, all versions together; %s published", page.Plural(figures.Statements, "statement of purposes is", "statements of purposes are"))},
			{Label: "organisations", Count: figures.Organisations, Href: "/organisations", Note: "each under all the names that are known to be its own"},
			{Label: "datasets", Count: figures.Datasets, Href: "/datasets", Note: "each under all the names that are known to be its own"},
		},
		Shares: sharesOf(lines, url.Values{}),
		Latest: rows(newest),
	}
	if view.Example, err = s.release.ExampleReference(r.Context(), at.Size); err != nil {
		return err
	}
	if at.Past() {
		view.AsOfDay = at.Day.String()
	}
	return homePage.Render(s.pages, w, r, at.page(page.Page{
		Section: "/", Canonical: "/", Metadata: catalogOf(s.address, s.owner), Feed: "/register.atom",
		Description: "Who was given health and care data, for which published purposes, on which legal basis, and whether opt-outs were applied: every release, in a public log that anyone can check.",
	}), view)
}

func rows(entries []register.Entry) []Row {
	out := make([]Row, len(entries))
	for i, e := range entries {
		out[i] = row(e)
	}
	return out
}

// sharesOf are releases by type of data and by opt-outs, each line leading to
// its releases. base is the search for all of them.
func sharesOf(lines []summary.Line, base url.Values) []ShareTable {
	total := 0
	types, answers := map[terms.TypeOfData]int{}, map[terms.OptOut]int{}
	for _, l := range lines {
		total += l.Releases
		types[l.TypeOfData] += l.Releases
		answers[l.OptOut] += l.Releases
	}
	if total == 0 {
		return nil
	}
	href := func(name string, values ...string) string {
		query := url.Values{}
		for key, given := range base {
			query[key] = slices.Clone(given)
		}
		query[name] = values
		return standing(register.Release, query)
	}
	share := ShareTable{Title: "By type of data", Heading: "Type of data", Counted: "Releases"}
	for _, value := range values[terms.TypeOfData](terms.TypeOfData("")) {
		if types[value] > 0 {
			share.Lines = append(share.Lines, ShareLine{Term: short(value), Href: href("type", string(value)), Count: types[value]})
		}
	}
	slices.SortStableFunc(share.Lines, func(a, b ShareLine) int { return b.Count - a.Count })
	return []ShareTable{part(share, total), part(optOutShare(answers, href), total)}
}

// optOutShare gathers the answers: yes, no because the data are not
// identifiable, no for one of the other reasons, not recorded.
func optOutShare(counts map[terms.OptOut]int, href func(name string, values ...string) string) ShareTable {
	share := ShareTable{Title: "By whether opt-outs were applied", Heading: "Opt-outs applied", Counted: "Releases"}
	var others []string
	other := 0
	for o, count := range counts {
		switch o {
		case terms.OptOutApplied, terms.OptOutNotIdentifiable, terms.OptOutNoReason, terms.OptOutNotRecorded:
		default:
			others, other = append(others, string(o)), other+count
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

func (s *server) pageRoutes() map[string]handler {
	return map[string]handler{
		"GET /{$}":                s.cached(s.home),
		"GET /register/{number}":  s.cached(s.entry),
		"GET /agreements/{stem}":  s.cached(s.agreement),
		"GET /organisations":      s.cached(s.organisations),
		"GET /organisations/{id}": s.cached(s.organisation),
		"GET /datasets":           s.cached(s.datasets),
		"GET /datasets/{code}":    s.cached(s.dataset),
		"GET /editions":           s.cached(s.editionList),
		"GET /editions/{id}":      s.cached(s.edition),
		"GET /editions/{id}/file": s.editionFile,

		"GET /editions/{id}/report.json": s.cached(s.editionReport),
		"GET /editions/{id}/report.xlsx": s.cached(s.editionReport),
		"GET /my-record":                 s.mine,
		"GET /my-record.csv":             s.mineTable,
		"GET /about":                     s.about,
		"GET /glossary":                  s.cached(s.glossary),
		"GET /verify":                    s.cached(s.verify),
		"GET /accessibility":             s.cached(s.accessibility),
	}
}

func facet(results *release.RegisterResults, name string) []release.FacetValue {
	for _, f := range results.Facets {
		if f.Name == name {
			return f.Values
		}
	}
	return nil
}
