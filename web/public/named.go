package public

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

// NameView is an organisation or a dataset: its releases, and what they were
// of, or to whom.
type NameView struct {
	Caption, Name string
	Facts         []NamedTerms
	Shares        []ShareTable
	Tallies       []Tally
}

// Tally counts releases by one thing.
type Tally struct {
	Anchor, Title, Heading string
	Lines                  []TallyLine
	Note, Empty            string
}

// TallyLine is one count; Href leads to the releases counted.
type TallyLine struct {
	Link                            page.Link
	Note, Href                      string
	Releases, Identifiable, OptOuts int
}

// IndexView lists all organisations, or all datasets.
type IndexView struct {
	Title, Lead string
	Heading     string
	Groups      []IndexGroup
	Empty       string
}

// IndexGroup is the names under one letter.
type IndexGroup struct {
	Letter, Anchor string
	Lines          []IndexLine
}

// IndexLine is one name.
type IndexLine struct {
	Link     page.Link
	Releases int
}

var (
	namePage  = page.Parse[NameView]("public/name.html")
	indexPage = page.Parse[IndexView]("public/index.html")
)

func (s *server) organisation(w http.ResponseWriter, r *http.Request) error {
	raw := r.PathValue("id")
	id := strings.TrimSpace(raw)
	if wanted(w, r, "/organisations/", raw, id) {
		return nil
	}
	found, _, err := s.release.PublishedOrganisation(r.Context(), id)
	if err != nil {
		return err
	}
	view, results, err := s.named(r, "organisation", id, *found)
	if err != nil {
		return err
	}
	view.Caption = "Organisation"
	view.Facts = append([]NamedTerms{organisationTypes(results)}, view.Facts...)
	datasets, err := s.tally(r, release.ByDataset, release.ByOrganisation, id, "dataset", datasetHref)
	if err != nil {
		return err
	}
	datasets.Anchor, datasets.Title, datasets.Heading, datasets.Empty = "datasets", "Datasets", "Dataset", "No release to this organisation is recorded."
	if slices.ContainsFunc(datasets.Lines, func(l TallyLine) bool { return l.OptOuts > 0 && l.OptOuts < l.Releases }) {
		datasets.Note = "Some datasets have releases with opt-outs applied and releases without. The entries give the type of data, the legal power and the reason of each."
	}
	agreements, err := s.tally(r, release.ByAgreement, release.ByOrganisation, id, "agreement", agreementHref)
	if err != nil {
		return err
	}
	agreements.Anchor, agreements.Title, agreements.Heading, agreements.Empty = "agreements", "Agreements", "Agreement", "No agreement is recorded."
	view.Tallies = []Tally{datasets, agreements}
	return namePage.Render(s.pages, w, r, page.Page{Title: view.Name, Section: "/organisations", Trail: trail("Organisations", "/organisations")}, view)
}

func (s *server) dataset(w http.ResponseWriter, r *http.Request) error {
	raw := r.PathValue("code")
	code := strings.TrimSpace(raw)
	if wanted(w, r, "/datasets/", raw, code) {
		return nil
	}
	found, _, err := s.release.PublishedDataset(r.Context(), code)
	if err != nil {
		return err
	}
	view, _, err := s.named(r, "dataset", code, *found)
	if err != nil {
		return err
	}
	view.Caption = "Dataset"
	organisations, err := s.tally(r, release.ByOrganisation, release.ByDataset, code, "organisation", organisationHref)
	if err != nil {
		return err
	}
	organisations.Anchor, organisations.Title, organisations.Heading, organisations.Empty = "organisations", "Organisations that received it", "Organisation", "No release of this dataset is recorded."
	view.Tallies = []Tally{organisations}
	return namePage.Render(s.pages, w, r, page.Page{Title: view.Name, Section: "/datasets", Trail: trail("Datasets", "/datasets")}, view)
}

// named is what organisations and datasets have in common. The results are the
// newest statements of purposes under the name.
func (s *server) named(r *http.Request, filter, id string, found release.PublishedName) (NameView, *release.RegisterResults, error) {
	view := NameView{Name: strings.TrimSpace(found.Name)}
	query := search{kinds: []register.Kind{register.Release}}
	if filter == "organisation" {
		query.organisation = id
	} else {
		query.dataset = id
	}
	releases, err := s.release.SearchRegister(r.Context(), query.query(1))
	if err != nil {
		return view, nil, err
	}
	view.Shares = sharesOf(releases, query.values())
	purposes := query
	purposes.kinds = []register.Kind{register.Agreement}
	statements, err := s.release.SearchRegister(r.Context(), purposes.query(perPage))
	if err != nil {
		return view, nil, err
	}
	spellings := NamedTerms{Name: "Published as"}
	for _, spelling := range found.Spellings {
		spellings.Values = append(spellings.Values, Term{Label: strings.TrimSpace(spelling)})
	}
	if len(spellings.Values) == 0 {
		spellings.Values = []Term{{Label: "Not recorded"}}
	}
	if len(spellings.Values) > 1 {
		spellings.Values[len(spellings.Values)-1].Note = "Spellings that differ in case, spaces or dashes only are taken as one."
	}
	entries := NamedTerms{Name: "Entries", Values: []Term{{Label: page.Plural(releases.Total, "release", "releases"), Href: query.href("/register")}}}
	if found.Statements > 0 {
		entries.Values = append(entries.Values, Term{Label: page.Plural(found.Statements, "statement of purposes", "statements of purposes"), Href: purposes.href("/register")})
	}
	view.Facts = []NamedTerms{spellings, entries}
	return view, statements, nil
}

func organisationTypes(results *release.RegisterResults) NamedTerms {
	out := NamedTerms{Name: "Organisation type"}
	seen := map[string]bool{}
	for _, e := range results.Entries {
		if text := strings.TrimSpace(e.Get(register.OrganisationType)); text != "" && !seen[text] {
			seen[text] = true
			out.Values = append(out.Values, Term{Label: text})
		}
	}
	if len(out.Values) == 0 {
		out.Values = []Term{{Label: "Not recorded"}}
	}
	return out
}

func (s *server) tally(r *http.Request, by, of release.Grouping, id, filter string, href func(string) string) (Tally, error) {
	found, err := s.release.PublishedTallies(r.Context(), by, of, id)
	if err != nil {
		return Tally{}, err
	}
	parameter := map[release.Grouping]string{release.ByOrganisation: "organisation", release.ByDataset: "dataset"}[of]
	var out Tally
	for _, t := range found {
		line := TallyLine{
			Link:     page.Link{Text: strings.TrimSpace(t.Name), Href: href(t.ID)},
			Releases: t.Releases, Identifiable: t.Identifiable, OptOuts: t.OptOutsApplied,
		}
		if t.Releases > 0 {
			query := url.Values{parameter: {id}, filter: {t.ID}, "kind": {"release"}}
			line.Href = "/register?" + query.Encode()
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func (s *server) organisations(w http.ResponseWriter, r *http.Request) error {
	list, err := s.release.PublishedOrganisations(r.Context())
	if err != nil {
		return err
	}
	return indexPage.Render(s.pages, w, r, page.Page{Title: "Organisations", Section: "/organisations", Trail: trail()}, IndexView{
		Title: "Organisations", Heading: "Organisation", Groups: letters(list, organisationHref),
		Lead:  fmt.Sprintf("%s, by name as published. One body may stand under several names: names are joined only where they differ in case, spaces or dashes.", page.Plural(len(list), "organisation", "organisations")),
		Empty: "The register names no organisation yet.",
	})
}

func (s *server) datasets(w http.ResponseWriter, r *http.Request) error {
	list, err := s.release.PublishedDatasets(r.Context())
	if err != nil {
		return err
	}
	return indexPage.Render(s.pages, w, r, page.Page{Title: "Datasets", Section: "/datasets", Trail: trail()}, IndexView{
		Title: "Datasets", Heading: "Dataset", Groups: letters(list, datasetHref),
		Lead:  fmt.Sprintf("%s, by name as published.", page.Plural(len(list), "dataset", "datasets")),
		Empty: "The register names no dataset yet.",
	})
}

// many is from how many names on they are found by their letter.
const many = 100

// letters groups names, which come sorted, by the letter at their beginning;
// few names are one group without.
func letters(list []release.PublishedName, href func(string) string) []IndexGroup {
	var out []IndexGroup
	for _, n := range list {
		name := strings.TrimSpace(n.Name)
		letter := "0-9"
		if first := strings.ToUpper(register.NameKey(name)); first != "" && first[0] >= 'A' && first[0] <= 'Z' {
			letter = first[:1]
		}
		if len(list) < many {
			letter = ""
		}
		if len(out) == 0 || out[len(out)-1].Letter != letter {
			out = append(out, IndexGroup{Letter: letter, Anchor: "letter-" + strings.ToLower(letter)})
		}
		group := &out[len(out)-1]
		group.Lines = append(group.Lines, IndexLine{Link: page.Link{Text: name, Href: href(n.ID)}, Releases: n.Releases})
	}
	return out
}
