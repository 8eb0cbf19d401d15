package public

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

// AgreementView is an agreement in all its versions.
type AgreementView struct {
	Stem, Title  string
	Facts        []NamedTerms
	Releases     []Line
	ReleaseCount int
	Versions     []Version
	Comparisons  []page.Link // of each version with the one before it
}

// NamedTerms is a name with its values.
type NamedTerms struct {
	Name   string
	Values []Term
}

// Line counts releases that agree in what was released and on what terms.
type Line struct {
	Dataset      page.Link
	Type, OptOut Term
	Frequency    string
	Count        int
	Href         string
}

// Version is one published statement of an agreement's purposes, or a version
// of which there is none.
type Version struct {
	Anchor, Title, Origin string
	Entry                 *page.Link
	Purposes              []Text
	Missing               []string
}

var agreementPage = page.Parse[AgreementView]("public/agreement.html")

func (s *server) agreement(w http.ResponseWriter, r *http.Request) error {
	raw := r.PathValue("stem")
	stem, err := stemOf(raw)
	if err != nil {
		return fault.New(fault.NotFound, "%q is no reference of an agreement. One looks like NIC-69431-K1K8R.", strings.TrimSpace(raw))
	}
	if wanted(w, r, "/agreements/", raw, stem) {
		return nil
	}
	found, err := s.release.PublishedAgreement(r.Context(), stem)
	if err != nil {
		return err
	}
	lines, err := s.release.PublishedLines(r.Context(), stem)
	if err != nil {
		return err
	}
	editions, err := s.editions(r)
	if err != nil {
		return err
	}
	return agreementPage.Render(s.pages, w, r, page.Page{Title: "Agreement " + stem, Section: "/register", Trail: trail("The register", "/register")}, agreementView(found, lines, editions))
}

// editions are the imported editions by the digest of their file.
func (s *server) editions(r *http.Request) (map[string]release.Edition, error) {
	list, err := s.release.PublishedEditions(r.Context())
	if err != nil {
		return nil, err
	}
	out := make(map[string]release.Edition, len(list))
	for _, edition := range list {
		out[edition.SHA256] = edition
	}
	return out, nil
}

func agreementView(a *release.PublishedAgreement, lines []release.PublishedLine, editions map[string]release.Edition) AgreementView {
	view := AgreementView{
		Stem: a.Stem, Title: firstTitle(a), Facts: agreementFacts(a), ReleaseCount: a.Releases, Comparisons: comparisons(a),
	}
	for _, line := range lines {
		query := url.Values{
			"agreement": {a.Stem}, "dataset": {line.Dataset}, "kind": {"release"},
			"type": {string(line.Type)}, "opt_outs": {string(line.OptOut)}, "frequency": {string(line.Frequency)},
		}
		view.Releases = append(view.Releases, Line{
			Dataset: linked(strings.TrimSpace(line.DatasetName), line.Dataset, datasetHref(line.Dataset)),
			Type:    short(line.Type), OptOut: optOut(line.OptOut), Frequency: line.Frequency.Label(), Count: line.Releases,
			Href: "/register?" + query.Encode(),
		})
	}
	// The newest version first: it is what people look for.
	for i := len(a.Versions) - 1; i >= 0; i-- {
		view.Versions = append(view.Versions, versions(a.Versions[i], len(view.Versions), editions)...)
	}
	return view
}

// firstTitle is the title of the newest version that has one.
func firstTitle(a *release.PublishedAgreement) string {
	for i := len(a.Versions) - 1; i >= 0; i-- {
		for _, e := range a.Versions[i].Statements {
			if title := strings.TrimSpace(e.Get(register.Title)); title != "" {
				return title
			}
		}
	}
	return ""
}

func agreementFacts(a *release.PublishedAgreement) []NamedTerms {
	organisations := NamedTerms{Name: "Organisation"}
	for _, o := range a.Organisations {
		organisations.Values = append(organisations.Values, Term{Label: strings.TrimSpace(o.Name), Href: organisationHref(o.ID)})
	}
	if len(a.Organisations) > 1 {
		organisations.Name = "Organisations"
		organisations.Values[len(organisations.Values)-1].Note = "The register has this reference under more than one name."
	}
	references := NamedTerms{Name: "References"}
	for _, v := range a.Versions {
		note := fmt.Sprintf("%d releases", v.Releases)
		if v.Releases == 1 {
			note = "1 release"
		}
		if v.Version == "" {
			note = "version not recorded; " + note
		}
		references.Values = append(references.Values, Term{Label: v.Reference, Note: note})
	}
	kind := NamedTerms{Name: "Organisation type"}
	seen := map[string]bool{}
	for _, v := range a.Versions {
		for _, e := range v.Statements {
			if text := strings.TrimSpace(e.Get(register.OrganisationType)); text != "" && !seen[text] {
				seen[text] = true
				kind.Values = append(kind.Values, Term{Label: text})
			}
		}
	}
	facts := []NamedTerms{organisations, kind, references}
	if a.Local {
		facts = append(facts, NamedTerms{Name: "Kind of reference", Values: []Term{{Label: "A local name", Note: "not a NIC number: used where an agreement predates the system that issues them"}}})
	}
	facts = append(facts, NamedTerms{Name: "Start and end", Values: []Term{{Label: "Not recorded", Note: "Entries of the register do not give the term of an agreement."}}})
	for i := range facts {
		if len(facts[i].Values) == 0 {
			facts[i].Values = []Term{{Label: "Not recorded"}}
		}
	}
	return facts
}

func versions(v release.PublishedVersion, before int, editions map[string]release.Edition) []Version {
	title := "Purposes, version not recorded"
	if v.Version != "" {
		title = "Purposes, version " + strings.TrimPrefix(v.Version, "v")
	}
	if len(v.Statements) == 0 {
		return []Version{{Anchor: fmt.Sprintf("version-%d", before+1), Title: title, Origin: fmt.Sprintf("%s has releases in the register.", v.Reference)}}
	}
	var out []Version
	for _, e := range v.Statements {
		anchor := fmt.Sprintf("version-%d", before+len(out)+1)
		one := Version{
			Anchor: anchor, Title: title, Purposes: present(purposes(e, anchor+"-")),
			Missing: missing(purposes(e, "")),
			Entry:   &page.Link{Text: fmt.Sprintf("entry %d", e.Number), Href: entryHref(e.Number)},
		}
		one.Origin = fmt.Sprintf("%s, as it was signed by the last of its signatories on %s.", v.Reference, span(e.EventFrom, e.EventTo))
		if edition, ok := editions[e.Edition]; ok {
			when := span(edition.Period.From, edition.Period.To)
			one.Origin = fmt.Sprintf("%s, as published by %s in its register for %s. The words are unchanged; only bullets and spacing are redrawn.", v.Reference, edition.Publisher, when)
			if len(v.Statements) > 1 {
				one.Title += ", in the register for " + when
			}
		}
		out = append(out, one)
	}
	return out
}
