package public

import (
	"fmt"
	"net/http"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

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
	AsOf        *AsOfBanner
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

// IndexLine is one body or dataset.
type IndexLine struct {
	Link     page.Link
	Also     string // its other names
	Releases int
}

var indexPage = page.Parse[IndexView]("public/index.html", "public/asof.html")

// add counts a line's releases.
func (t *TallyLine) add(l summary.Line) {
	t.Releases += l.Releases
	if l.TypeOfData == terms.Identifiable {
		t.Identifiable += l.Releases
	}
	if l.OptOut == terms.OptOutApplied {
		t.OptOuts += l.Releases
	}
}

func (s *server) organisations(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	list, err := s.release.PublishedOrganisations(r.Context(), at.Size)
	if err != nil {
		return err
	}
	return indexPage.Render(s.pages, w, r, at.page(page.Page{Title: "Organisations", Section: "/organisations", Trail: trail(), Canonical: "/organisations",
		Description: "Every organisation that the register names, with its releases counted."}), IndexView{
		AsOf: at.Banner(), Title: "Organisations", Heading: "Organisation", Groups: letters(list, organisationHref),
		Lead:  fmt.Sprintf("%s, each under all the names that are known to be its own: names that differ in case, spaces or dashes, and those that a succession joins. A body that took over from another is another. Where a name is withheld until a person has looked at it, a number stands in its place.", page.Plural(len(list), "organisation", "organisations")),
		Empty: "The register names no organisation yet.",
	})
}

func (s *server) datasets(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	list, err := s.release.PublishedDatasets(r.Context(), at.Size)
	if err != nil {
		return err
	}
	return indexPage.Render(s.pages, w, r, at.page(page.Page{Title: "Datasets", Section: "/datasets", Trail: trail(), Canonical: "/datasets",
		Description: "Every dataset that the register names, with its releases counted."}), IndexView{
		AsOf: at.Banner(), Title: "Datasets", Heading: "Dataset", Groups: letters(list, datasetHref),
		Lead:  fmt.Sprintf("%s, each under all the names that are known to be its own.", page.Plural(len(list), "dataset", "datasets")),
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
		group.Lines = append(group.Lines, IndexLine{Link: page.Link{Text: called(name), Href: href(n.ID)}, Also: called(strings.Join(n.Also, "; ")), Releases: n.Releases})
	}
	return out
}
