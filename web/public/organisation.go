package public

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// OrganisationView is a body under all its names, and all that it received.
type OrganisationView struct {
	AsOf          *AsOfBanner
	Name          string
	Withheld      bool // its name is
	Facts         []NamedTerms
	Names         []NameLine
	Joined        []SuccessionLine
	Before, After []SuccessionLine
	Flags         FlagLines
	Shares        []ShareTable
	Releases      int
	Datasets      Tally
	Projects      []Project
	Agreements    int
	Listed        []page.Link // the agreements by their references
	ListedMore    int         // how many more there are
	Scope         string
	Pagination    page.Pagination
	Downloads     []page.Link
}

// NameLine is a name as published.
type NameLine struct {
	Name, When string
	Entries    int
	Href       string
}

// SuccessionLine is how one name follows another.
type SuccessionLine struct {
	Words     string
	From, To  page.Link
	When      string
	Agreement *page.Link // for which alone it is so
	Reason    string
	Entry     page.Link
}

// Project is an agreement with what an organisation received under it.
type Project struct {
	Anchor, Title string
	Agreement     page.Link
	Facts         []NamedTerms
	Terms         []TermsLine
	Texts         []Text
	Missing       []string
	Entry         *page.Link
}

// TermsLine is the datasets that were released on the same terms.
type TermsLine struct {
	DatasetLine // without its dataset
	Datasets    []DatasetCount
	When        string
	Count       int
}

// DatasetCount counts the releases of a dataset on such terms.
type DatasetCount struct {
	Dataset page.Link
	Count   int
	Href    string
}

var organisationPage = page.Parse[OrganisationView]("public/organisation.html", "public/asof.html", "public/parts.html")

// projectsPerPage is how many agreements with all their texts a page shows.
const projectsPerPage = 5

// mostListed is how many references an organisation's page lists by name.
const mostListed = 200

func (s *server) organisation(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	number, err := pageNumber(r)
	if err != nil {
		return err
	}
	raw := r.PathValue("id")
	found, err := s.release.PublishedOrganisation(r.Context(), at.Size, strings.TrimSpace(raw), (number-1)*projectsPerPage, projectsPerPage)
	if err != nil {
		return err
	}
	// A former name, or one otherwise spelled, has the page of the newest.
	if raw != found.ID {
		http.Redirect(w, r, at.Keep(pageOf(organisationHref(found.ID), number)), http.StatusMovedPermanently)
		return nil
	}
	pages := max((found.All+projectsPerPage-1)/projectsPerPage, 1)
	if number > pages {
		return fault.New(fault.NotFound, "The agreements of this organisation are on %d pages; page %d is none of them.", pages, number)
	}
	flags, err := s.flagLines(w, r, at, flag.OfOrganisation, "organisation", found.ID)
	if err != nil {
		return err
	}
	view := organisationView(found, number, pages)
	view.AsOf, view.Flags = at.Banner(), flags
	title := view.Name
	if number > 1 {
		title = fmt.Sprintf("%s (page %d of %d)", title, number, pages)
	}
	p := page.Page{
		Title: title, Section: "/organisations", Trail: trail("Organisations", "/organisations"), Canonical: organisationHref(found.ID), NoIndex: number > 1,
		Description: fmt.Sprintf("What %s received from the register: %s under %s.", view.Name, page.Plural(found.Releases, "release", "releases"), page.Plural(found.All, "agreement", "agreements")),
		Metadata:    partOf(s.address, organisationHref(found.ID), "Releases to "+view.Name, "What the register says of "+view.Name+": agreements, purposes, datasets and releases.", "organisation="+url.QueryEscape(found.ID)),
	}
	return organisationPage.Render(s.pages, w, r, at.page(p), view)
}

// pageNumber reads ?page=, which begins with 1; fault.Invalid if it is none.
func pageNumber(r *http.Request) (int, error) {
	raw := r.URL.Query().Get("page")
	if raw == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, fault.New(fault.Invalid, "%q is no page; pages are numbered from 1.", raw).With(fault.Reason{Code: "query", Field: "page", Message: "pages are numbered from 1"})
	}
	return n, nil
}

// pageOf is the address of a page of a list.
func pageOf(path string, number int) string {
	if number == 1 {
		return path
	}
	return fmt.Sprintf("%s?page=%d", path, number)
}

func organisationView(o *release.PublishedOrganisation, number, pages int) OrganisationView {
	base := url.Values{"organisation": {o.ID}}
	view := OrganisationView{
		Name: nameOf(o.Name), Withheld: unnamed.MatchString(o.ID), Releases: o.Releases, Agreements: o.All,
		Joined: successionLines(o.Joined, organisationEnds), Before: successionLines(o.Before, organisationEnds), After: successionLines(o.After, organisationEnds),
		Shares:     sharesOf(bare(o.Lines), base),
		Datasets:   datasetTally(o.Lines, base),
		Pagination: page.Paginate(number, pages, func(n int) string { return pageOf(organisationHref(o.ID), n) + "#agreements" }),
		Names:      nameLines(o.Spellings),
		Facts:      organisationFacts(o, base),
	}
	view.Downloads = downloads(base)
	for i, p := range o.Agreements {
		view.Projects = append(view.Projects, project(p, fmt.Sprintf("agreement-%d", o.First+i+1), base))
	}
	if len(o.Agreements) < o.All {
		view.Scope = fmt.Sprintf("Those with the latest releases first: %d to %d of %d.", o.First+1, o.First+len(o.Agreements), o.All)
		for _, stem := range o.Stems[:min(len(o.Stems), mostListed)] {
			view.Listed = append(view.Listed, page.Link{Text: stem, Href: agreementHref(stem)})
		}
		view.ListedMore = len(o.Stems) - len(view.Listed)
	}
	return view
}

func organisationFacts(o *release.PublishedOrganisation, base url.Values) []NamedTerms {
	kinds := NamedTerms{Name: "Organisation type"}
	for _, kind := range o.Kinds {
		kinds.Values = append(kinds.Values, Term{Label: kind})
	}
	if len(kinds.Values) == 0 {
		kinds.Values = []Term{{Label: "Not recorded"}}
	}
	href := func(kind register.Kind) string { return standing(kind, base) }
	entries := NamedTerms{Name: "In this register", Values: []Term{
		{Label: page.Plural(o.Releases, "release", "releases"), Href: href(register.Release), Note: "rows of a register: a file, or a dataset that was accessed"},
		{Label: page.Plural(o.All, "agreement", "agreements"), Note: "by reference, all versions together"},
	}}
	if o.Statements > 0 {
		entries.Values = append(entries.Values, Term{Label: page.Plural(o.Statements, "statement of purposes", "statements of purposes"), Href: href(register.Agreement), Note: "one for each version that was published"})
	}
	return []NamedTerms{kinds, entries}
}

// nameLines are the names as published, those of one id that differ in typing
// alone in one line.
func nameLines(list []release.Spelling) []NameLine {
	var out []NameLine
	var keys []string
	for _, s := range list {
		name := strings.TrimSpace(s.Name)
		if name == "" {
			continue
		}
		key := s.ID + "\x00" + register.NameKey(name)
		if i := slices.Index(keys, key); i >= 0 {
			out[i].Entries += s.Entries
			continue
		}
		keys = append(keys, key)
		out = append(out, NameLine{Name: name, When: span(s.From, s.To), Entries: s.Entries})
	}
	return out
}

// ends are what a succession leads from and to.
type ends func(register.Entry) (from, to page.Link)

func organisationEnds(e register.Entry) (from, to page.Link) {
	from, to = organisationLink(e), page.Link{Text: strings.TrimSpace(e.Get(register.Successor))}
	if id := e.Get(register.SuccessorID); id != "" {
		to.Href = organisationHref(id)
	}
	return from, to
}

func successionLines(list []register.Entry, of ends) []SuccessionLine {
	var out []SuccessionLine
	for _, e := range list {
		line := SuccessionLine{Words: e.Relation.Label(), Reason: strings.TrimSpace(e.Get(register.Reason)), Entry: page.Link{Text: "Entry " + page.Count(e.Number), Href: entryHref(e.Number)}}
		line.From, line.To = of(e)
		if !e.EventFrom.IsZero() {
			line.When = e.EventFrom.Words()
		}
		if e.Stem != "" {
			line.Agreement = &page.Link{Text: e.Stem, Href: agreementHref(e.Stem)}
		}
		out = append(out, line)
	}
	return out
}

func bare(lines []release.PublishedLine) []summary.Line {
	out := make([]summary.Line, len(lines))
	for i, l := range lines {
		out[i] = l.Line
	}
	return out
}

// datasetTally counts releases by dataset, most first.
func datasetTally(lines []release.PublishedLine, base url.Values) Tally {
	out := Tally{Anchor: "datasets", Title: "Datasets", Heading: "Dataset", Empty: "No release to this organisation is recorded. That does not mean that no data were shared."}
	places := map[string]int{}
	for _, l := range lines {
		i, known := places[l.Dataset]
		if !known {
			i = len(out.Lines)
			places[l.Dataset] = i
			query := url.Values{"dataset": {l.Dataset}}
			for name, values := range base {
				query[name] = values
			}
			out.Lines = append(out.Lines, TallyLine{Link: linked(strings.TrimSpace(l.DatasetName), l.Dataset, datasetHref(l.Dataset)), Href: standing(register.Release, query)})
		}
		out.Lines[i].add(l.Line)
	}
	slices.SortStableFunc(out.Lines, func(a, b TallyLine) int { return b.Releases - a.Releases })
	if slices.ContainsFunc(out.Lines, func(l TallyLine) bool { return l.OptOuts > 0 && l.OptOuts < l.Releases }) {
		out.Note = "Some datasets have releases with opt-outs applied and releases without. The entries give the type of data, the legal power and the reason of each."
	}
	return out
}

// project is an agreement as an organisation's page shows it: what for, how,
// and what was received.
func project(p release.PublishedProject, anchor string, base url.Values) Project {
	out := Project{Anchor: anchor, Title: "Title not recorded", Agreement: page.Link{Text: p.Stem, Href: agreementHref(p.Stem)}}
	query := url.Values{"agreement": {p.Stem}}
	for name, values := range base {
		query[name] = values
	}
	out.Terms = termsLines(p.Lines, query)
	controllers := controllersOf(p.Statement)
	facts := []NamedTerms{controllers,
		answerFact("For a commercial purpose", p.Statement, func(e register.Entry) terms.Answer { return e.Commercial }, "what the agreement says, not a judgement on the organisation"),
		answerFact("Sub-licensing allowed", p.Statement, func(e register.Entry) terms.Answer { return e.SubLicensing }, "what is passed on so is not in this register"),
		termOf(p.Statement),
		{Name: "Released", Values: []Term{{Label: page.Plural(p.Releases, "release", "releases"), Note: released(p)}}},
	}
	for _, e := range p.Endings {
		facts = append(facts, NamedTerms{Name: kinds[e.Kind].Label, Values: []Term{{Label: span(e.EventFrom, e.EventTo), Note: orAbsent(e, register.Reason), Href: entryHref(e.Number)}}})
	}
	for i := range facts {
		if len(facts[i].Values) == 0 {
			facts[i].Values = []Term{{Label: "Not recorded"}}
		}
	}
	out.Facts = facts
	if p.Statement == nil {
		out.Missing = []string{"No purposes were published for this agreement."}
		return out
	}
	if title := strings.TrimSpace(p.Statement.Get(register.Title)); title != "" {
		out.Title = title
	}
	out.Texts, out.Missing = present(purposes(*p.Statement, anchor+"-")), missing(purposes(*p.Statement, ""))
	out.Entry = &page.Link{Text: fmt.Sprintf("%s, entry %s", versionWords(*p.Statement), page.Count(p.Statement.Number)), Href: entryHref(p.Statement.Number)}
	return out
}

func released(p release.PublishedProject) string {
	if p.Releases == 0 {
		return "none is recorded, which is not “no data were shared”"
	}
	return span(p.From, p.To)
}

// termsLines gathers lines by their terms, so that what is the same of many
// datasets is said once.
func termsLines(lines []release.PublishedLine, base url.Values) []TermsLine {
	var out []TermsLine
	var spans []summary.Line
	places := map[summary.Codes]int{}
	for _, l := range lines {
		one := releaseLine(l, base)
		i, known := places[l.Codes]
		if !known {
			i = len(out)
			places[l.Codes] = i
			out, spans = append(out, TermsLine{DatasetLine: one.DatasetLine}), append(spans, summary.Line{From: l.From, To: l.To})
		}
		out[i].Datasets = append(out[i].Datasets, DatasetCount{one.Dataset, l.Releases, one.Href})
		out[i].Count += l.Releases
		spans[i].From, spans[i].To = summary.Widen(spans[i].From, spans[i].To, l.From, l.To)
		out[i].When = span(spans[i].From, spans[i].To)
	}
	return out
}
