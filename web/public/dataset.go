package public

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/family"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// DatasetView is a dataset under all its names, and who received it.
type DatasetView struct {
	AsOf          *AsOfBanner
	Name          string
	Facts         []NamedTerms
	Names         []NameLine
	Joined        []SuccessionLine
	Before, After []SuccessionLine
	Flags         FlagLines
	Shares        []ShareTable
	Releases      int
	Recipients    []RecipientLine
	Scope         string
	Pagination    page.Pagination
	Months        []MonthCount
	MonthsMore    int
	Downloads     []page.Link
}

// RecipientLine is an organisation that received a dataset.
type RecipientLine struct {
	TallyLine
	Agreements int
	Parts      []RecipientPart
}

// RecipientPart are its releases of one type and one answer on opt-outs.
type RecipientPart struct {
	Type, OptOut Term
	Count        int
	When, Href   string
}

// MonthCount counts the releases of a period.
type MonthCount struct {
	When  string
	Count int
}

var datasetPage = page.Parse[DatasetView]("public/dataset.html", "public/asof.html", "public/parts.html")

// recipientsPerPage is how many organisations a page of a dataset lists.
const recipientsPerPage = 50

// mostPeriods is how many months a dataset's page lists.
const mostPeriods = 120

func (s *server) dataset(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	number, err := pageNumber(r)
	if err != nil {
		return err
	}
	raw := r.PathValue("code")
	found, err := s.release.PublishedDataset(r.Context(), at.Size, strings.TrimSpace(raw))
	if err != nil {
		return err
	}
	if raw != found.Code {
		http.Redirect(w, r, at.Keep(pageOf(datasetHref(found.Code), number)), http.StatusMovedPermanently)
		return nil
	}
	pages := max((len(found.Recipients)+recipientsPerPage-1)/recipientsPerPage, 1)
	if number > pages {
		return fault.New(fault.NotFound, "The organisations that received this dataset are on %d pages; page %d is none of them.", pages, number)
	}
	flags, err := s.flagLines(w, r, at, flag.OfDataset, "dataset", found.Code)
	if err != nil {
		return err
	}
	view := datasetView(found, number, pages)
	view.AsOf, view.Flags = at.Banner(), flags
	title := view.Name
	if number > 1 {
		title = fmt.Sprintf("%s (page %d of %d)", title, number, pages)
	}
	p := page.Page{
		Title: title, Section: "/datasets", Trail: trail("Datasets", "/datasets"), Canonical: datasetHref(found.Code), NoIndex: number > 1,
		Description: fmt.Sprintf("Who received %s: %s to %s.", view.Name, page.Plural(found.Releases, "release", "releases"), page.Plural(len(found.Recipients), "organisation", "organisations")),
		Metadata:    partOf(s.address, datasetHref(found.Code), "Releases of "+view.Name, "What the register says of releases of "+view.Name+". It holds no data of the dataset itself.", "dataset="+url.QueryEscape(found.Code)),
	}
	return datasetPage.Render(s.pages, w, r, at.page(p), view)
}

func datasetView(d *release.PublishedDataset, number, pages int) DatasetView {
	base := url.Values{"dataset": {d.Code}}
	view := DatasetView{
		Name: strings.TrimSpace(d.Name), Releases: d.Releases, Names: nameLines(d.Spellings),
		Joined: successionLines(d.Joined, datasetEnds), Before: successionLines(d.Before, datasetEnds), After: successionLines(d.After, datasetEnds),
		Shares:     sharesOf(bare(d.Lines), base),
		Pagination: page.Paginate(number, pages, func(n int) string { return pageOf(datasetHref(d.Code), n) + "#organisations" }),
		Facts:      datasetFacts(d, base),
	}
	view.Downloads = downloads(base)
	first := (number - 1) * recipientsPerPage
	last := min(first+recipientsPerPage, len(d.Recipients))
	for _, recipient := range d.Recipients[first:last] {
		view.Recipients = append(view.Recipients, recipientLine(recipient, d.Code))
	}
	if pages > 1 {
		view.Scope = fmt.Sprintf("Those with the most releases first: %d to %d of %s.", first+1, last, page.Plural(len(d.Recipients), "organisation", "organisations"))
	}
	for _, m := range d.Months[:min(len(d.Months), mostPeriods)] {
		view.Months = append(view.Months, MonthCount{span(m.From, m.To), m.Releases})
	}
	view.MonthsMore = len(d.Months) - len(view.Months)
	return view
}

func datasetFacts(d *release.PublishedDataset, base url.Values) []NamedTerms {
	facts := []NamedTerms{{Name: "In this register", Values: []Term{
		{Label: page.Plural(d.Releases, "release", "releases"), Href: standing(register.Release, base), Note: "rows of a register: a file, or a dataset that was accessed"},
		{Label: page.Plural(len(d.Recipients), "organisation", "organisations"), Note: "that received it, each under all its names"},
	}}}
	if d.Statements > 0 {
		facts[0].Values = append(facts[0].Values, Term{Label: page.Plural(d.Statements, "version of an agreement", "versions of agreements"), Note: "list it among their datasets"})
	}
	kinds := NamedTerms{Name: "Kind of record"}
	for _, f := range family.Families() {
		for _, id := range family.Of(d.Name) {
			if id == f.ID {
				kinds.Values = append(kinds.Values, Term{Label: f.Name, Note: f.When})
			}
		}
	}
	facts = append(facts, kinds)
	if from, to := family.Collected(d.Name); !from.IsZero() || !to.IsZero() {
		facts = append(facts, NamedTerms{Name: "Collected", Values: []Term{{Label: spanDays(from, to), Note: "as far as is known"}}})
	}
	return facts
}

// spanDays writes a period whose end may be to come.
func spanDays(from, to terms.Date) string {
	if to.IsZero() {
		return "since " + from.Words()
	}
	return from.Words() + " to " + to.Words()
}

func datasetEnds(e register.Entry) (from, to page.Link) {
	from, to = datasetLink(e), page.Link{Text: strings.TrimSpace(e.Get(register.Successor))}
	if e.SuccessorDataset != "" {
		to.Href = datasetHref(e.SuccessorDataset)
		if to.Text == "" {
			to.Text = e.SuccessorDataset
		}
	}
	return from, to
}

func recipientLine(p release.PublishedRecipient, code string) RecipientLine {
	href := func(l *summary.Line) string {
		query := url.Values{"organisation": {p.ID}, "dataset": {code}}
		if l != nil {
			query.Set("type", string(l.TypeOfData))
			query.Set("opt_outs", string(l.OptOut))
		}
		return standing(register.Release, query)
	}
	out := RecipientLine{Agreements: p.Agreements, TallyLine: TallyLine{Link: page.Link{Text: called(p.Name), Href: organisationHref(p.ID)}, Href: href(nil)}}
	for _, l := range p.Lines {
		out.add(l)
		out.Parts = append(out.Parts, RecipientPart{Type: short(l.TypeOfData), OptOut: optOut(l.OptOut), Count: l.Releases, When: span(l.From, l.To), Href: href(&l)})
	}
	return out
}
