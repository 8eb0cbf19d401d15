package public

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

// EditionsView lists the editions: months of registers that were imported, and
// months of this one that were closed.
type EditionsView struct {
	AsOf  *AsOfBanner
	Lines []EditionLine
}

// EditionLine is an edition.
type EditionLine struct {
	Link              page.Link
	Publisher, Period string
	Entries           int
	Ours              bool
	Recorded          string
}

// EditionView is one edition, with what its import found.
type EditionView struct {
	AsOf      *AsOfBanner
	Title     string
	Summary   string
	Facts     []Fact
	Found     []Figure
	Sheets    []SheetLine
	Changes   []ChangeLine // what was normalised
	More      int          // how many more there are
	Doubts    []DoubtLine
	Unknown   []UnknownLine
	Withheld  []Figure
	Figures   []Fact // of one of ours: requests that did not become a release, and how long decisions took
	Neighbour []page.Link
	Entries   string
	Downloads []page.Link
	OwnForm   bool   // among them, which has another digest than the file
	Note      string // the log's signed note when the month was closed
}

// SheetLine is a sheet of the file.
type SheetLine struct {
	Name          string
	Rows, Entries int
}

// ChangeLine is a spelling that was read as another, or as a code.
type ChangeLine struct {
	Column, From, To string
	Rows             int
}

// DoubtLine is something that looks wrong at the source.
type DoubtLine struct {
	Title string
	Rows  int
	Cases []DoubtCase
	More  int
}

// DoubtCase is one value that is doubted, with some of its rows.
type DoubtCase struct {
	What, IDs string
	Count     int
}

// UnknownLine is a column or sheet that no layout has.
type UnknownLine struct {
	Sheet, Column, Header string
	Rows                  int
}

var (
	editionsPage = page.Parse[EditionsView]("public/editions.html", "public/asof.html")
	editionPage  = page.Parse[EditionView]("public/edition.html", "public/asof.html")
)

func editionHref(e release.Edition) string { return "/editions/" + url.PathEscape(e.ID()) }

func (s *server) editionList(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	list, err := s.release.PublishedEditionsAt(r.Context(), at.Size)
	if err != nil {
		return err
	}
	view := EditionsView{AsOf: at.Banner()}
	for _, e := range list {
		view.Lines = append(view.Lines, EditionLine{
			Link: page.Link{Text: e.Title, Href: editionHref(e)}, Publisher: e.Publisher, Period: span(e.Period.From, e.Period.To), Entries: e.Entries, Ours: e.Ours, Recorded: page.Moment(e.RecordedAt),
		})
	}
	return editionsPage.Render(s.pages, w, r, at.page(page.Page{
		Title: "Editions", Section: "/editions", Trail: trail(), Canonical: "/editions",
		Description: "Every month of a register that was imported here, and every month of this register that was closed, with its file and its digest.",
	}), view)
}

func (s *server) edition(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	raw := r.PathValue("id")
	id := strings.ToLower(strings.TrimSpace(raw))
	if wanted(w, r, "/editions/", raw, id) {
		return nil
	}
	found, err := s.release.PublishedEdition(r.Context(), at.Size, id)
	if err != nil {
		return err
	}
	view := editionView(found)
	view.AsOf = at.Banner()
	set := partOf(s.address, editionHref(found.Edition), found.Title, "One edition of the register, by "+found.Publisher+".", "edition="+url.QueryEscape(found.SHA256))
	set.TemporalCoverage = found.Period.From.String() + "/" + found.Period.To.String()
	set.Creator = &thing{Type: "Organization", Name: found.Publisher}
	return editionPage.Render(s.pages, w, r, at.page(page.Page{
		Title: found.Title, Section: "/editions", Trail: trail("Editions", "/editions"), Canonical: editionHref(found.Edition),
		Description: view.Summary, Metadata: set,
	}), view)
}

// editionFile is an imported edition in its own form, every cell as it was
// published but for what is withheld or was erased; of a month that was closed
// here, the leaves of its entries, whose SHA-256 is the edition's.
func (s *server) editionFile(w http.ResponseWriter, r *http.Request) error {
	found, err := s.release.PublishedEdition(r.Context(), 0, r.PathValue("id"))
	if err != nil {
		return err
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return fault.New(fault.Unavailable, "Too many files are being made at the moment. Try again in a minute.")
	}
	// A large file takes longer than a page may; a reader who left ends it by
	// not reading.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), exportTime)
	defer cancel()
	Share(w)
	header := w.Header()
	kind, name := contentTypes[release.XLSX], "edition.xlsx"
	switch {
	case found.Ours: // its leaves, of which the edition has the digest
		kind, name = contentTypes[release.JSONLines], found.FileName
	case found.Form.Kind == string(release.CSV):
		kind, name = contentTypes[release.CSV], "edition.csv"
	case found.Form.Kind == string(release.JSON):
		kind, name = contentTypes[release.JSON], "edition.json"
	}
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	header.Set("Cache-Control", "no-cache")
	if r.Method == http.MethodHead {
		return nil
	}
	out := bufio.NewWriterSize(page.Stream(w), 64<<10)
	if found.Ours {
		err = s.release.WriteEdition(ctx, found.Edition, out)
	} else {
		err = s.release.ExportEdition(ctx, found.SHA256, out)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// editionReport is what the import of an edition found, whole, as JSON or as a
// workbook.
func (s *server) editionReport(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	found, err := s.release.PublishedEdition(r.Context(), at.Size, r.PathValue("id"))
	if err != nil {
		return err
	}
	if found.Ours {
		return fault.New(fault.NotFound, "The month %s was closed here: no import has a report of it.", found.ID())
	}
	if strings.HasSuffix(r.URL.Path, ".json") {
		asFile(w, contentTypes[release.JSON], "import-report.json")
		encode := json.NewEncoder(w)
		encode.SetIndent("", "  ")
		return encode.Encode(found.Report)
	}
	asFile(w, contentTypes[release.XLSX], "import-report.xlsx")
	return release.WriteReport(w, found.Report)
}

// mostChanges and mostCases are how much of a report a page shows; all of it is
// in the edition's file and rows.
const (
	mostChanges = 100
	mostCases   = 8
	mostIDs     = 12
)

func editionView(e *release.PublishedEditionPage) EditionView {
	period := span(e.Period.From, e.Period.To)
	view := EditionView{
		Title: e.Title, Note: e.Checkpoint, Entries: "/register?edition=" + url.QueryEscape(e.SHA256),
		Summary: fmt.Sprintf("The register of %s for %s, imported on %s: %s.", e.Publisher, period, page.Moment(e.RecordedAt), page.Plural(e.Entries, "entry", "entries")),
		Facts: []Fact{
			{Name: "Published by", Value: e.Publisher}, {Name: "Period", Value: period}, {Name: "Layout", Value: e.Layout},
			{Name: "File", Value: e.FileName}, {Name: "SHA-256 of the file", Value: e.SHA256, Digest: true},
			{Name: "Recorded here", Value: page.Moment(e.RecordedAt)},
		},
	}
	if !e.Ours {
		address := "/editions/" + url.PathEscape(e.ID())
		view.OwnForm = true
		view.Downloads = []page.Link{{Text: "The edition in its own form", Href: address + "/file"},
			{Text: "What its import found, as a workbook", Href: address + "/report.xlsx"}, {Text: "as JSON", Href: address + "/report.json"}}
	} else {
		view.Downloads = []page.Link{{Text: "The leaves of its entries, as the log has them; their SHA-256 is the edition's", Href: "/editions/" + url.PathEscape(e.ID()) + "/file"}}
		view.Summary = fmt.Sprintf("%s of this register, closed on %s with %s.", period, page.Moment(e.RecordedAt), page.Plural(e.Entries, "entry", "entries"))
		view.Entries = "/register?" + url.Values{"from": {e.Period.From.String()}, "to": {e.Period.To.String()}}.Encode()
		view.Figures = closingFigures(e)
	}
	if e.First > 0 {
		view.Facts = append(view.Facts, Fact{Name: "Numbers", Value: fmt.Sprintf("entries %s to %s", page.Count(e.First), page.Count(e.Last))})
	}
	view.report(e.Report)
	for _, u := range e.Report.Unknown {
		view.Unknown = append(view.Unknown, UnknownLine{Sheet: u.Sheet, Column: u.Column, Header: u.Header, Rows: u.Rows})
	}
	if e.Before != nil {
		view.Neighbour = append(view.Neighbour, page.Link{Text: "What changed since " + span(e.Before.Period.From, e.Before.Period.To), Href: editionHref(*e.Before) + "/changes/" + url.PathEscape(e.ID())},
			page.Link{Text: "The edition before: " + e.Before.Title, Href: editionHref(*e.Before)})
	}
	if e.After != nil {
		view.Neighbour = append(view.Neighbour, page.Link{Text: "The edition after: " + e.After.Title, Href: editionHref(*e.After)})
	}
	return view
}

// report is what the import found, normalised and doubted.
func (view *EditionView) report(r register.Report) {
	if len(r.Sheets) == 0 {
		return
	}
	view.Found = []Figure{
		{Label: "releases", Count: r.Entries.Releases, Note: "entries made of rows of files or of system access"},
		{Label: "statements of purposes", Count: r.Entries.Statements, Note: "entries made of versions of agreements"},
		{Label: "organisations", Count: r.Found.Organisations, Note: fmt.Sprintf("by name as published; %s new to this register", page.Count(r.New.Organisations))},
		{Label: "datasets", Count: r.Found.Datasets, Note: fmt.Sprintf("by name as published; %s new to this register", page.Count(r.New.Datasets))},
		{Label: "agreements", Count: r.Found.Stems + r.Found.LocalNames, Note: fmt.Sprintf("all versions together; %s new to this register", page.Count(r.New.Agreements))},
	}
	for _, sheet := range r.Sheets {
		view.Sheets = append(view.Sheets, SheetLine{sheet.Name, sheet.Rows, sheet.Entries})
	}
	for i, c := range r.Normalised {
		if i == mostChanges {
			view.More = len(r.Normalised) - i
			break
		}
		view.Changes = append(view.Changes, ChangeLine{columnName(c.Column), c.From, c.To, c.Rows})
	}
	for _, d := range r.Doubts {
		line := DoubtLine{Title: d.Title, Rows: d.Rows}
		for i, c := range d.Cases {
			if i == mostCases {
				line.More = len(d.Cases) - i
				break
			}
			ids := c.IDs[:min(len(c.IDs), mostIDs)]
			one := DoubtCase{What: c.What, IDs: strings.Join(ids, ", "), Count: len(c.IDs)}
			if len(c.IDs) > len(ids) {
				one.IDs += ", …"
			}
			line.Cases = append(line.Cases, one)
		}
		view.Doubts = append(view.Doubts, line)
	}
	for _, held := range r.Withheld {
		view.Withheld = append(view.Withheld, Figure{Label: string(held.Kind), Count: held.Texts})
	}
}

// closingFigures are what a closed month says of requests: counts in which
// nobody is named, banded where they are small.
func closingFigures(e *release.PublishedEditionPage) []Fact {
	if e.Figures == nil {
		return nil
	}
	var out []Fact
	for _, o := range e.Figures.Requests {
		out = append(out, Fact{Name: upper(o.Request) + "s " + strings.ReplaceAll(o.Outcome, "_", " "), Value: o.Count + ": " + o.Reason})
	}
	for _, t := range e.Figures.Turnarounds {
		value := t.Count + " decided"
		if t.Median != "" {
			value += fmt.Sprintf("; working days from submission to decision: %s in the middle, %s at most", t.Median, t.Most)
		}
		out = append(out, Fact{Name: upper(t.Request) + "s", Value: value})
	}
	for _, w := range e.Figures.Waivers {
		out = append(out, Fact{Name: "Waivers of a rule", Value: w.Count + ": " + w.Title})
	}
	return out
}

func upper(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
