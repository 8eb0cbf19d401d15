package public

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/words"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// RegisterView is a search of the register.
type RegisterView struct {
	AsOf            *AsOfBanner
	Day             string // that is shown, 2006-01-02; empty: as it is
	Problems        []page.Link
	Text, Agreement string
	Example         string // a reference that the register has
	Facets, More    []Facet
	MoreOpen        bool // something in More is chosen
	From, To        string
	Typed           bool // From or To is no day: the boxes take any text, to show it
	Late, Within    bool
	Sorts           []Choice
	Chosen          []page.Link // filters in force; each leads to the search without it
	Clear           string
	Hits            []Hit
	Total           int
	All             int64  // the whole register, as of the day
	Scope           string // which of them are shown, in which order
	Previous, Next  string
	First           string // leads to the first page, where this one is empty
	Downloads       []page.Link
	Feed            string
	Notes           []string // what the search could not look at yet
}

// Facet is a filter with the number of entries under each value.
type Facet struct {
	Name, Title, Hint string
	Select            bool // one value of many, in a list to drop down
	Any               string
	Choices           []Choice
}

// Choice is one value of a filter.
type Choice struct {
	Value, Label, Note string
	Count              int
	Chosen             bool
}

// Hit is a row of the register with where it was found.
type Hit struct {
	Row
	Organisation, Dataset, Agreement Marked
	EndedBy                          *page.Link // the entry because of which it no longer stands
	Snippets                         []Snippet
}

// Marked is a link whose words are marked where they were searched for.
type Marked struct {
	Href  string
	Parts []words.Part
}

// Snippet is a piece of one of the entry's texts.
type Snippet struct {
	Title         string
	Parts         []words.Part
	Before, After bool
}

var registerPage = page.Parse[RegisterView]("public/register.html", "public/asof.html")

// perPage is how many entries a page of results has.
const perPage = 25

// filter is a facet that the page offers.
type filter struct {
	name, title, hint string
	any               string // of a list to drop down; empty: boxes to tick
	more              bool   // among those that are folded away at first
	label             func(release.FacetValue) (label, note string)
}

// filters are the facets that the page offers, in order.
var filters = []filter{
	{name: "kind", title: "Kind of entry", label: func(v release.FacetValue) (string, string) { return kinds[register.Kind(v.Value)].Label, "" }},
	{name: "type", title: "Type of data", label: func(v release.FacetValue) (string, string) {
		term := short(terms.TypeOfData(v.Value))
		return term.Label, term.Note
	}},
	{name: "opt_outs", title: "Opt-outs applied"},
	{name: "organisation", title: "Organisation", any: "Any organisation", hint: "Former names of the same body are found too."},
	{name: "organisation_kind", title: "Kind of organisation", any: "Any kind", hint: "As its agreements say it."},
	{name: "dataset", title: "Dataset", any: "Any dataset"},
	{name: "power", title: "Legal power", any: "Any power"},
	{name: "route", title: "Confidentiality route", any: "Any route"},
	{name: "flag", title: "Flagged", any: "Flagged or not", hint: "What stands out by an open rule. A flag is a question, not a finding."},
	{name: "sensitivity", title: "Sensitive", more: true},
	{name: "frequency", title: "How often", more: true},
	{name: "channel", title: "How the data reach the recipient", more: true},
	{name: "commercial", title: "For commercial purposes", more: true, hint: "Said by agreements, for their releases too."},
	{name: "sub_licensing", title: "Sub-licensing allowed", more: true, hint: "Said by agreements, for their releases too."},
	{name: "stands", title: "Whether it stands", more: true, hint: "An entry is never removed. A later one may correct it, withdraw it, or be a newer reading of the same row."},
	{name: "edition", title: "Published in", any: "Any edition, or here", more: true},
}

// sorts are the orders of entries in words.
var sorts = []struct {
	order index.Order
	label string
	scope string
}{
	{index.Newest, "Newest entries first", "newest entries first"},
	{index.Oldest, "Oldest entries first", "oldest entries first"},
	{index.EventNewest, "When it happened, latest first", "by when it happened, latest first"},
	{index.EventOldest, "When it happened, earliest first", "by when it happened, earliest first"},
	{index.ByOrganisation, "Organisation, A to Z", "by organisation"},
	{index.ByDataset, "Dataset, A to Z", "by dataset"},
}

func (s *server) register(w http.ResponseWriter, r *http.Request) error {
	day, err := s.asOf(r)
	if err != nil {
		return err
	}
	search, reasons := readSearch(r.URL.Query())
	if len(reasons) > 0 {
		return s.misread(w, r, search, day, reasons)
	}
	query := search.query(perPage)
	query.AsOf = day.Size
	results, err := s.release.SearchRegister(r.Context(), query)
	var refused *fault.Error
	if errors.As(err, &refused) && errors.Is(err, fault.Invalid) {
		return s.misread(w, r, search, day, refused.Reasons)
	}
	if err != nil {
		return err
	}
	view, err := s.registerView(r, search, day, results)
	if err != nil {
		return err
	}
	for _, e := range results.Entries {
		view.Hits = append(view.Hits, hit(e, results))
	}
	if n := len(results.Entries); n > 0 {
		if results.First > 1 {
			view.Previous = search.preceding(results.Entries[0].Number).href("/register")
			if results.First <= perPage+1 {
				view.Previous = search.whole().href("/register")
			}
		}
		if results.More {
			view.Next = search.following(results.Entries[n-1].Number).href("/register")
		}
		view.Scope = fmt.Sprintf("%s to %s of %s, %s.", page.Count(results.First), page.Count(results.First+n-1), page.Count(results.Total), scope(search.order))
	} else if results.Total > 0 {
		view.First = search.whole().href("/register")
	}
	if len(view.Notes) > 0 {
		incomplete(w)
	}
	head := s.registerHead(search, results)
	day.On(&head)
	return registerPage.Render(s.pages, w, r, head, view)
}

// misread shows the form again with what was typed, and what is wrong with it.
func (s *server) misread(w http.ResponseWriter, r *http.Request, search search, day asOf, reasons []fault.Reason) error {
	if !strings.Contains(r.Header.Get("Accept"), "html") {
		return misasked(reasons)
	}
	// What could be read tells which boxes are ticked; nothing is searched.
	known := search.whole()
	known.text, known.from, known.to = "", terms.Date{}, terms.Date{}
	query := known.query(1)
	query.AsOf = day.Size
	results, err := s.release.SearchRegister(r.Context(), query)
	if err != nil {
		return err
	}
	view, err := s.registerView(r, search, day, results)
	if err != nil {
		return err
	}
	view.Text, view.From, view.To = r.URL.Query().Get("q"), r.URL.Query().Get("from"), r.URL.Query().Get("to")
	for _, raw := range []string{view.From, view.To} {
		if _, err := terms.ParseDate(raw); raw != "" && err != nil {
			view.Typed = true
		}
	}
	anchors := []string{"q", "from", "to", "sort"}
	for _, reason := range reasons {
		problem := page.Link{Text: reason.Field + ": " + reason.Message}
		if slices.Contains(anchors, reason.Field) {
			problem.Href = "#" + reason.Field
		}
		view.Problems = append(view.Problems, problem)
	}
	head := page.Page{Title: "There is a problem - The register", Section: "/register", Status: http.StatusBadRequest}
	day.On(&head)
	return registerPage.Render(s.pages, w, r, head, view)
}

func scope(order index.Order) string {
	for _, s := range sorts {
		if s.order == order {
			return s.scope
		}
	}
	return ""
}

func (s *server) registerHead(search search, results *release.RegisterResults) page.Page {
	head := page.Page{
		Title: "The register", Section: "/register", Canonical: search.whole().href("/register"), Feed: search.whole().href("/register.atom"),
		Description: "Every agreement and every release of health data that this register records, with its legal basis and whether opt-outs were applied.",
		NoIndex:     search.filtered() || search.after > 0 || search.before > 0,
	}
	if search.text != "" {
		head.Title = search.text + " - The register"
	}
	if results.First > 1 {
		head.Title = fmt.Sprintf("%s (from entry %s of %s)", head.Title, page.Count(results.First), page.Count(results.Total))
	}
	return head
}

// registerView is all of the page but its entries.
func (s *server) registerView(r *http.Request, search search, day asOf, results *release.RegisterResults) (RegisterView, error) {
	whole := search.whole()
	view := RegisterView{
		AsOf: day.Banner(), Text: search.text, Agreement: search.agreement, From: search.from.String(), To: search.to.String(), Late: search.late, Within: search.within,
		Total: results.Total, All: results.Register, Chosen: chosen(search, results), Clear: "/register", Feed: whole.href("/register.atom"),
	}
	if day.Past() {
		view.Day = day.Day.String()
	}
	for _, f := range filters {
		shown := facetOf(f, results)
		if len(shown.Choices) == 0 {
			continue
		}
		if !f.more {
			view.Facets = append(view.Facets, shown)
			continue
		}
		view.More = append(view.More, shown)
		view.MoreOpen = view.MoreOpen || slices.ContainsFunc(shown.Choices, func(c Choice) bool { return c.Chosen })
	}
	view.MoreOpen = view.MoreOpen || search.late
	for _, known := range sorts {
		view.Sorts = append(view.Sorts, Choice{Value: string(known.order), Label: known.label, Chosen: known.order == search.order})
	}
	view.Downloads = downloads(whole.values())
	if results.Unread {
		view.Notes = append(view.Notes, "Texts that were entered a moment ago are still being read; words in them are not found yet.")
	}
	if results.Unflagged {
		view.Notes = append(view.Notes, "Flags are still being computed; the filter for them comes with the next search.")
	}
	var err error
	view.Example, err = s.release.ExampleReference(r.Context(), day.Size)
	return view, err
}

func facetOf(f filter, results *release.RegisterResults) Facet {
	out := Facet{Name: f.name, Title: f.title, Hint: f.hint, Select: f.any != "", Any: f.any}
	for _, known := range results.Facets {
		if known.Name == f.name && known.Left > 0 {
			out.Hint = strings.TrimSpace(fmt.Sprintf("%s The %d with most entries are listed; words find the other %s.", f.hint, len(known.Values), page.Count(known.Left)))
		}
	}
	for _, v := range facet(results, f.name) {
		choice := Choice{Value: v.Value, Label: called(v.Label), Count: v.Count, Chosen: v.Chosen}
		if f.label != nil {
			if label, note := f.label(v); label != "" {
				choice.Label, choice.Note = label, note
			}
		}
		out.Choices = append(out.Choices, choice)
	}
	return out
}

// chosen lists the filters in force in words. The text is not among them: it
// stands in its box.
func chosen(s search, results *release.RegisterResults) []page.Link {
	var out []page.Link
	add := func(text, name, value string) {
		out = append(out, page.Link{Text: text, Href: s.without(name, value).href("/register")})
	}
	if s.agreement != "" {
		add("Agreement: "+s.agreement, "agreement", s.agreement)
	}
	for _, f := range filters {
		for _, choice := range facetOf(f, results).Choices {
			if !choice.Chosen {
				continue
			}
			text, value := f.title+": "+choice.Label, choice.Value
			if choice.Note != "" {
				text += ", " + choice.Note
			}
			// A former name is shown as the present one, and was asked by its own.
			switch f.name {
			case "organisation":
				value = s.organisation
			case "dataset":
				value = s.dataset
			}
			add(text, f.name, value)
		}
	}
	if !s.from.IsZero() {
		add("From "+s.from.Words(), "from", s.from.String())
	}
	if !s.to.IsZero() {
		add("To "+s.to.Words(), "to", s.to.String())
	}
	if s.within {
		add("Wholly within these days", "within", "yes")
	}
	if s.late {
		add("Entered late", "late", "yes")
	}
	return out
}

// hit is an entry with where it was found.
func hit(e register.Entry, results *release.RegisterResults) Hit {
	h := Hit{Row: row(e)}
	marked := func(link page.Link) Marked { return Marked{link.Href, words.Mark(link.Text, results.Terms)} }
	h.Organisation, h.Dataset, h.Agreement = marked(h.Row.Organisation), marked(h.Row.Dataset), marked(h.Row.Agreement)
	if by := results.Ended[e.Number]; by == e.Number {
		h.EndedBy = &page.Link{Text: "never stood: a later reading of the same row was recorded before it"}
	} else if by > 0 {
		h.EndedBy = &page.Link{Text: "entry " + page.Count(by), Href: entryHref(by)}
	}
	for _, found := range results.Snippets[e.Number] {
		h.Snippets = append(h.Snippets, Snippet{textTitles[found.Field], found.Parts, found.Before, found.After})
	}
	return h
}

// textTitles name the texts that are searched.
var textTitles = map[register.Field]string{
	register.Title: "Title", register.LaySummary: "Lay summary", register.TechnicalSummary: "Technical summary",
	register.Objective: "Objective for processing", register.Processing: "Processing activities", register.Outputs: "Expected output",
	register.Benefits: "Expected measurable benefits", register.YieldedBenefits: "Yielded benefits", register.Reason: "Reason",
}
