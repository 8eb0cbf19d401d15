package public

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/web/page"
)

// ChangesView is what changed between two editions.
type ChangesView struct {
	AsOf          *AsOfBanner
	Before, After page.Link
	Counts        page.Grid
	Filters       []page.Link // ways to show fewer rows; the present one has no address
	Rows          []ChangedView
	Total         string
	Nothing       string
	Pagination    page.Pagination
	CSV           page.Link
	Without       string
	Counted       page.Grid
}

// ChangedView is one row that differs.
type ChangedView struct {
	Title       string
	Link, Other page.Link // the later reading, and the earlier one
	Tag, Colour string
	Fields      []ChangedField
}

// ChangedField is what of it differs.
type ChangedField struct {
	Label, Why    string
	Cosmetic      bool
	Before, After string
	Prose         []diff.Span
	Unknown       bool
}

var changesPage = page.Parse[ChangesView]("public/changes.html", "public/asof.html")

// changeKinds are the filter ?kind= of what became of rows.
var changeKinds = []change.Kind{change.Changed, change.Added, change.NotInLater, change.Retyped}

func (s *server) changesQuery(r *http.Request, at asOf) (release.ChangesQuery, error) {
	q := release.ChangesQuery{Before: strings.TrimSpace(r.PathValue("a")), After: strings.TrimSpace(r.PathValue("b")), AsOf: at.Size}
	query := r.URL.Query()
	refused := fault.New(fault.Invalid, "The changes cannot be shown as the address has it.")
	for name, values := range query {
		if len(values) > 1 || !slices.Contains([]string{"kind", "of", "page", "as-of"}, name) {
			refused.With(fault.Reason{Code: "query", Field: name, Message: "there are kind, of, page and as-of, each once"})
		}
	}
	if given := query.Get("kind"); given != "" {
		if !slices.Contains(changeKinds, change.Kind(given)) {
			refused.With(fault.Reason{Code: "query", Field: "kind", Message: fmt.Sprintf("%q is none of changed, added, not_in_later, retyped", given)})
		}
		q.Kinds = []change.Kind{change.Kind(given)}
	}
	switch given := query.Get("of"); given {
	case "", string(register.Agreement), string(register.Release):
		q.Of = register.Kind(given)
	default:
		refused.With(fault.Reason{Code: "query", Field: "of", Message: fmt.Sprintf("%q is none of agreement, release", given)})
	}
	number, err := pageNumber(r)
	if err != nil {
		refused.With(fault.Reason{Code: "query", Field: "page", Message: "pages are numbered from 1"})
	}
	q.Page = number
	if len(refused.Reasons) > 0 {
		slices.SortFunc(refused.Reasons, func(a, b fault.Reason) int { return strings.Compare(a.Field, b.Field) })
		return q, refused
	}
	return q, nil
}

// changes answers /editions/{a}/changes/{b}, and with .csv after it every row
// and field that differs as a file.
func (s *server) changes(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	q, err := s.changesQuery(r, at)
	if err != nil {
		return err
	}
	name, isCSV := strings.CutSuffix(q.After, ".csv")
	q.After = name
	if isCSV {
		return s.changesCSV(w, r, q)
	}
	found, err := s.release.EditionChanges(r.Context(), q)
	if err != nil {
		return err
	}
	if q.Page > max(found.Pages, 1) {
		return fault.New(fault.NotFound, "These changes are on %d pages; page %d is none of them.", found.Pages, q.Page)
	}
	view := changesView(found, q)
	view.AsOf = at.Banner()
	title := "What changed from " + found.Before.Title + " to " + found.After.Title
	return changesPage.Render(s.pages, w, r, at.page(page.Page{Title: title, Section: "/editions", NoIndex: true,
		Trail: append(trail("Editions", "/editions"), page.Link{Text: found.After.Title, Href: editionHref(found.After)})}), view)
}

func changesView(c *release.EditionChanges, q release.ChangesQuery) ChangesView {
	path := editionHref(c.Before) + "/changes/" + url.PathEscape(c.After.ID())
	href := func(of register.Kind, kind change.Kind, number int) string {
		query := url.Values{}
		for name, value := range map[string]string{"of": string(of), "kind": string(kind)} {
			if value != "" {
				query.Set(name, value)
			}
		}
		if number > 1 {
			query.Set("page", strconv.Itoa(number))
		}
		if len(query) == 0 {
			return path
		}
		return path + "?" + query.Encode()
	}
	var asked change.Kind
	if len(q.Kinds) > 0 {
		asked = q.Kinds[0]
	}
	view := ChangesView{
		Before: page.Link{Text: c.Before.Title, Href: editionHref(c.Before)}, After: page.Link{Text: c.After.Title, Href: editionHref(c.After)},
		Total: page.Plural(c.Total, "row differs", "rows differ"), CSV: page.Link{Text: "Every row and field as CSV", Href: strings.Replace(href(q.Of, asked, 1), path, path+".csv", 1)},
		Pagination: page.Paginate(c.Page, c.Pages, func(n int) string { return href(q.Of, asked, n) }),
		Counts:     page.Grid{Caption: "Rows by what became of them", Columns: page.Columns("Rows", "#Agreements", "#Releases with an id of their own")},
	}
	for _, line := range []struct {
		words string
		kind  change.Kind
		a, r  int
	}{
		{"Changed", change.Changed, c.Agreements.Changed, c.Releases.Changed},
		{"Added", change.Added, c.Agreements.Added, c.Releases.Added},
		{"Not in the later edition", change.NotInLater, c.Agreements.NotInLater, c.Releases.NotInLater},
		{"Only typed, spelled or named otherwise", change.Retyped, c.Agreements.Retyped, c.Releases.Retyped},
		{"The same", "", c.Agreements.Unchanged, c.Releases.Unchanged},
	} {
		first := page.GridCell{Text: line.words}
		if line.kind != "" {
			first.Href = href("", line.kind, 1)
		}
		view.Counts.Rows = append(view.Counts.Rows, []page.GridCell{first, counting(line.a), counting(line.r)})
	}
	if asked != "" || q.Of != "" {
		view.Filters = append(view.Filters, page.Link{Text: "Show every row that differs", Href: path})
	}
	if c.Total == 0 {
		view.Nothing = "No row differs."
		if asked != "" || q.Of != "" {
			view.Nothing = "No such row differs."
		}
	}
	for _, row := range c.Rows {
		view.Rows = append(view.Rows, changedView(row))
	}
	if c.Without > 0 {
		view.Without = fmt.Sprintf("%s in the earlier edition and %s in the later one have no id that stays from edition to edition. They are counted by version of the agreement, dataset, type of data and opt-outs; listed are the counts that differ.",
			page.Plural(c.WithoutBefore, "release", "releases"), page.Count(c.WithoutAfter))
		view.Counted = page.Grid{Caption: "Releases without an id of their own, where their number differs", Columns: page.Columns("Agreement", "Dataset", "Type of data and opt-outs", "#Before", "#After"), Empty: "No number differs."}
		for _, n := range c.Counted[:min(len(c.Counted), mostCounted)] {
			view.Counted.Rows = append(view.Counted.Rows, []page.GridCell{{Text: n.Reference}, {Text: n.Dataset.Name, Href: datasetHref(n.Dataset.ID)}, {Text: n.Terms}, counting(n.Before), counting(n.After)})
		}
		if more := len(c.Counted) - len(view.Counted.Rows); more > 0 {
			view.Without += " The first " + page.Count(mostCounted) + " of " + page.Count(len(c.Counted)) + " are shown."
		}
	}
	return view
}

// mostCounted is how many differing counts a page lists.
const mostCounted = 200

func changedView(row release.ChangedRow) ChangedView {
	out := ChangedView{Title: title(row.Entry), Link: page.Link{Text: "Entry " + page.Count(row.Entry.Number), Href: entryHref(row.Entry.Number)}, Tag: row.Kind.Label(),
		Colour: map[change.Kind]string{change.Added: "green", change.NotInLater: "yellow", change.Changed: "blue", change.Retyped: "grey"}[row.Kind]}
	if row.Before != nil && row.After != nil {
		out.Other = page.Link{Text: "entry " + page.Count(row.Before.Number), Href: entryHref(row.Before.Number)}
	}
	for _, f := range row.Fields {
		field := ChangedField{Label: f.Label, Why: f.Why, Cosmetic: f.Cosmetic, Before: f.Before, After: f.After, Unknown: f.Unknown}
		if f.Prose && !f.Cosmetic && !f.Unknown {
			field.Prose = diff.Shorten(f.Words())
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}

// changesCSV streams what differs: a line for each field, or for a row that is
// in one edition alone.
func (s *server) changesCSV(w http.ResponseWriter, r *http.Request, q release.ChangesQuery) error {
	if _, err := s.release.PublishedEdition(r.Context(), q.AsOf, q.Before); err != nil {
		return err
	}
	if _, err := s.release.PublishedEdition(r.Context(), q.AsOf, q.After); err != nil {
		return err
	}
	asFile(w, "text/csv; charset=utf-8", "changes.csv")
	out := csv.NewWriter(page.Stream(w))
	if err := out.Write([]string{"row", "kind", "what", "entry_before", "entry_after", "field", "before", "after", "cosmetic", "why"}); err != nil {
		return err
	}
	err := s.release.EachEditionChange(r.Context(), q, func(row release.ChangedRow) error {
		entry := func(e *register.Entry) string {
			if e == nil {
				return ""
			}
			return strconv.FormatInt(e.Number, 10)
		}
		start := []string{row.Key, string(row.Entry.Kind), string(row.Kind), entry(row.Before), entry(row.After)}
		fields := row.Fields
		if len(fields) == 0 {
			fields = []change.Field{{}}
		}
		for _, f := range fields {
			cosmetic := ""
			if f.ID != "" {
				cosmetic = strconv.FormatBool(f.Cosmetic)
			}
			record := append(slices.Clone(start), f.ID, f.Before, f.After, cosmetic, f.Why)
			for i := range record {
				record[i] = register.SafeCell(record[i])
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
