package public

import (
	"encoding/csv"
	"encoding/json"
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
	"data.release/registrar/release/register/tally"
	"data.release/registrar/web/page"
)

// FlagsView lists the rules, each with what it found.
type FlagsView struct {
	AsOf          *AsOfBanner
	Contradicting int    // entries whose cells contradict each other by M1 to M4
	Day           string // as of which what is overdue is so
	Sorts         []FlagSort
}

// FlagSort is the rules of one kind.
type FlagSort struct {
	Title, Anchor string
	Rules         []RuleLine
}

// RuleLine is a rule with its counts.
type RuleLine struct {
	Link   page.Link
	Words  string
	Counts string // flags, and what one is
	Notes  []string
}

// RuleView is one rule with its flags.
type RuleView struct {
	AsOf                       *AsOfBanner
	Title, ID, Words           string
	Facts                      []NamedTerms
	Filters                    RuleFilters
	Scope                      string
	Flags                      []FlagGroup
	Grouped                    bool
	Entries                    []Row // of a rule of single entries
	Reasons                    []RuleReason
	Pagination                 page.Pagination
	Downloads                  []page.Link
	Register                   page.Link
	Nothing                    string
	CannotTell, NoColumn, Note string
}

// RuleFilters is what was asked for.
type RuleFilters struct {
	Action, AsOf                             string
	Organisation, Dataset, Agreement         string
	OrganisationName, DatasetName, Explained string
	Clear                                    string
}

// FlagGroup is one flag of several entries.
type FlagGroup struct {
	Title, When, Counts, Words, Explanation string
	Links                                   []page.Link
	Entries                                 []Row
	More                                    string
}

// RuleReason is why the rule flags an entry.
type RuleReason struct {
	Entry              page.Link
	Words, Explanation string
}

var (
	flagsPage = page.Parse[FlagsView]("public/flags.html", "public/asof.html")
	rulePage  = page.Parse[RuleView]("public/rule.html", "public/asof.html")
)

func (s *server) flags(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	results, err := s.release.Flags(r.Context(), at.Size)
	if err != nil {
		return err
	}
	view := FlagsView{AsOf: at.Banner(), Contradicting: results.Contradicting(), Day: results.Day.Words()}
	for i, sort := range flag.Sorts() {
		group := FlagSort{Title: string(sort), Anchor: fmt.Sprintf("sort-%d", i+1)}
		for _, found := range results.All() {
			if found.Rule.Sort == sort {
				group.Rules = append(group.Rules, ruleLine(found))
			}
		}
		view.Sorts = append(view.Sorts, group)
	}
	return flagsPage.Render(s.pages, w, r, at.page(page.Page{Title: "Flags", Section: "/flags", Trail: trail(), Canonical: "/flags",
		Description: "What contradicts itself in the register, or is missing: each rule with its words, its authority and every entry that it flags."}), view)
}

func ruleLine(f flag.Found) RuleLine {
	line := RuleLine{Link: page.Link{Text: f.Rule.Title, Href: flagHref(f.Rule.ID)}, Words: f.Rule.Words, Counts: page.Plural(f.Flags(), f.Rule.Counts, f.Rule.CountsMany)}
	if f.Explained > 0 {
		line.Notes = append(line.Notes, "for "+page.Count(f.Explained)+" of them something is known that may explain it")
	}
	if f.Rule.Grouped && len(f.Entries) > 0 && f.Rule.Counts != "agreement" {
		line.Notes = append(line.Notes, "with "+page.Plural(len(f.Entries), "release", "releases"))
	}
	if f.CannotTell > 0 {
		line.Notes = append(line.Notes, "cannot be told of "+page.Count(f.CannotTell)+": "+f.Rule.CannotTell)
	}
	if f.NoColumn > 0 {
		line.Notes = append(line.Notes, "not asked of "+page.Count(f.NoColumn)+": "+f.Rule.NoColumn)
	}
	return line
}

// ruleParameters are what the address of a rule's flags may have.
var ruleParameters = []string{"organisation", "dataset", "agreement", "explained", "page", "as-of"}

// ruleQuery reads what was asked for; what is wrong is told all at once.
func (s *server) ruleQuery(r *http.Request, at asOf, id string) (release.FlagQuery, error) {
	q := release.FlagQuery{AsOf: at.Size, Rule: flag.RuleID(id)}
	if _, known := flag.Of(q.Rule); !known {
		return q, fault.New(fault.NotFound, "%q is no rule of flags. The page of flags lists them all.", id)
	}
	refused := fault.New(fault.Invalid, "The flags cannot be shown as the address has it.")
	refuse := func(field, format string, args ...any) {
		refused.With(fault.Reason{Code: "query", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	query := r.URL.Query()
	for name, values := range query {
		switch {
		case !slices.Contains(ruleParameters, name):
			refuse(name, "is no filter of flags; there are %s", strings.Join(ruleParameters, ", "))
		case len(values) > 1:
			refuse(name, "is given more than once")
		}
	}
	one := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	q.Organisation, q.Dataset = one("organisation"), one("dataset")
	if given := one("agreement"); given != "" {
		stem, err := stemOf(given)
		if err != nil {
			refuse("agreement", "%q is no reference of an agreement", given)
		}
		q.Stem = stem
	}
	switch given := one("explained"); given {
	case "":
	case "yes", "no":
		explained := given == "yes"
		q.Explained = &explained
	default:
		refuse("explained", "%q is none of yes, no", given)
	}
	number, err := pageNumber(r)
	if err != nil {
		refuse("page", "pages are numbered from 1")
	}
	q.Page = number
	if len(refused.Reasons) > 0 {
		slices.SortFunc(refused.Reasons, func(a, b fault.Reason) int { return strings.Compare(a.Field, b.Field) })
		return q, refused
	}
	return q, nil
}

// flagsOf answers /flags/{rule}, and with .csv or .json after it its lines as a
// file.
func (s *server) flagsOf(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	raw := strings.TrimSpace(r.PathValue("rule"))
	id, form := raw, ""
	for _, ending := range []string{".csv", ".json"} {
		if name, has := strings.CutSuffix(raw, ending); has {
			id, form = name, ending
		}
	}
	q, err := s.ruleQuery(r, at, id)
	if err != nil {
		return err
	}
	switch form {
	case ".csv":
		return s.flagsCSV(w, r, q)
	case ".json":
		return s.flagsJSON(w, r, q)
	}
	found, err := s.release.FlagPage(r.Context(), q)
	if err != nil {
		return err
	}
	if q.Page > max(found.Pages, 1) {
		return fault.New(fault.NotFound, "These flags are on %d pages; page %d is none of them.", found.Pages, q.Page)
	}
	view := ruleView(found, q, r.URL.Query())
	view.AsOf = at.Banner()
	if at.Past() {
		view.Filters.AsOf = at.Day.String()
	}
	title := found.Found.Rule.Title
	if q.Page > 1 {
		title = fmt.Sprintf("%s (page %d of %d)", title, q.Page, found.Pages)
	}
	return rulePage.Render(s.pages, w, r, at.page(page.Page{Title: title, Section: "/flags", Trail: trail("Flags", "/flags"), Canonical: flagHref(q.Rule),
		Description: found.Found.Rule.Words, NoIndex: len(r.URL.Query()) > 0}), view)
}

func ruleView(p *release.FlagPage, q release.FlagQuery, query url.Values) RuleView {
	rule := p.Found.Rule
	href := flagHref(rule.ID)
	query.Del("page")
	query.Del("as-of") // kept by every link of a page of a past day
	with := func(path string) string {
		if len(query) == 0 {
			return path
		}
		return path + "?" + query.Encode()
	}
	view := RuleView{
		Title: rule.Title, ID: string(rule.ID), Words: rule.Words, Grouped: rule.Grouped,
		Filters: RuleFilters{Action: href, Organisation: q.Organisation, Dataset: q.Dataset, Agreement: query.Get("agreement"), Explained: query.Get("explained")},
		Pagination: page.Paginate(p.Page, p.Pages, func(n int) string {
			numbered := url.Values{}
			for name, values := range query {
				numbered[name] = values
			}
			if n > 1 {
				numbered.Set("page", strconv.Itoa(n))
			}
			if len(numbered) == 0 {
				return href
			}
			return href + "?" + numbered.Encode()
		}),
		Downloads: []page.Link{{Text: "CSV", Href: with(href + ".csv")}, {Text: "JSON", Href: with(href + ".json")}},
		Register:  page.Link{Text: "All entries that this rule flags, in the search of the register", Href: "/register?flag=" + url.QueryEscape(string(rule.ID))},
		Facts: []NamedTerms{
			{Name: "Found", Values: []Term{{Label: page.Plural(p.Found.Flags(), rule.Counts, rule.CountsMany)}}},
			{Name: "Rests on", Values: []Term{{Label: rule.Authority}}},
		},
	}
	if len(query) > 0 {
		view.Filters.Clear = href
	}
	if rule.Known != "" {
		view.Facts = append(view.Facts, NamedTerms{Name: "What is known", Values: []Term{{Label: rule.Known, Note: explained(p.Found)}}})
	}
	if p.Found.CannotTell > 0 {
		view.Facts = append(view.Facts, NamedTerms{Name: "Cannot be told", Values: []Term{{Label: "of " + page.Count(p.Found.CannotTell) + ": " + rule.CannotTell}}})
	}
	if p.Found.NoColumn > 0 {
		view.Facts = append(view.Facts, NamedTerms{Name: "Not asked", Values: []Term{{Label: "of " + page.Count(p.Found.NoColumn) + ": " + rule.NoColumn}}})
	}
	view.Scope = "These are " + page.Plural(p.Total, "flag", "flags")
	if p.Total == 1 {
		view.Scope = "This is 1 flag"
	}
	if len(query) > 0 {
		view.Scope += " of " + page.Count(p.Found.Flags())
	}
	if p.Total == 0 {
		view.Nothing = "Nothing is flagged by this rule."
		if len(query) > 0 {
			view.Nothing = "Nothing that was asked for is flagged by this rule."
		}
	}
	for _, f := range p.Flags {
		if f.Group == nil {
			view.Entries = append(view.Entries, rows(f.Entries)...)
			for _, e := range f.Entries {
				view.Reasons = append(view.Reasons, RuleReason{page.Link{Text: "Entry " + page.Count(e.Number), Href: entryHref(e.Number)}, f.Reason.Words, f.Reason.Explanation})
			}
			continue
		}
		view.Flags = append(view.Flags, flagGroup(f, rule))
	}
	return view
}

func explained(f flag.Found) string {
	if f.Explained == 0 {
		return "explains none of them"
	}
	return "explains " + page.Count(f.Explained) + " of " + page.Count(f.Flags())
}

func flagGroup(f release.Flagged, rule flag.Rule) FlagGroup {
	g := f.Group
	out := FlagGroup{When: tally.Months(g.From, g.To), Words: f.Reason.Words, Explanation: f.Reason.Explanation, Entries: rows(f.Entries)}
	var title []string
	for _, part := range []struct{ text, href string }{{f.Organisation.Name, organisationHref(f.Organisation.ID)}, {f.Dataset.Name, datasetHref(f.Dataset.ID)}} {
		if part.text != "" {
			title = append(title, strings.TrimSpace(part.text))
			out.Links = append(out.Links, page.Link{Text: called(part.text), Href: part.href})
		}
	}
	if f.Stem != "" {
		out.When = "ended " + g.To.Words()
		title = append(title, "agreement "+f.Stem)
		out.Links = append(out.Links, page.Link{Text: "Agreement " + f.Stem, Href: agreementHref(f.Stem)})
	}
	out.Title = strings.Join(title, ", ")
	if rule.ID == flag.MixedOptOuts {
		out.Counts = page.Plural(g.With, "release", "releases") + " with opt-outs applied, " + page.Count(g.Without) + " without"
	}
	if f.More > 0 {
		out.More = page.Plural(f.More, "more entry is", "more entries are") + " in the CSV."
	}
	return out
}

// flagColumns are those of a rule's lines as a file.
var flagColumns = []string{"rule", "title", "flag", "reason", "explanation"}

// lineOf is one line of a rule, by flagColumns.
func lineOf(l release.FlagLine) []string {
	return []string{string(l.Rule.ID), l.Rule.Title, strconv.Itoa(l.Flag), l.Reason.Words, l.Reason.Explanation}
}

// flagsCSV streams the lines of a rule: why, and then the entry by the
// register's own columns.
func (s *server) flagsCSV(w http.ResponseWriter, r *http.Request, q release.FlagQuery) error {
	columns := register.Columns()
	asFile(w, "text/csv; charset=utf-8", "flags-"+string(q.Rule)+".csv")
	out := csv.NewWriter(page.Stream(w))
	record := slices.Clone(flagColumns)
	for _, c := range columns {
		record = append(record, c.Name)
	}
	if err := out.Write(record); err != nil {
		return err
	}
	err := s.release.EachFlagLine(r.Context(), q, func(l release.FlagLine) error {
		record = append(record[:0], lineOf(l)...)
		for _, c := range columns {
			record = append(record, c.Text(l.Entry))
		}
		for i := range record {
			record[i] = register.SafeCell(record[i])
		}
		return out.Write(record)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// flagsJSON streams the same: one object whose lines have their entry as
// /register.json has it.
func (s *server) flagsJSON(w http.ResponseWriter, r *http.Request, q release.FlagQuery) error {
	asFile(w, "application/json", "flags-"+string(q.Rule)+".json")
	out := page.Stream(w)
	rule, _ := flag.Of(q.Rule)
	head, err := json.Marshal(map[string]string{"rule": string(rule.ID), "title": rule.Title, "words": rule.Words, "authority": rule.Authority})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s,\"lines\":[", head[:len(head)-1]); err != nil {
		return err
	}
	comma := "\n"
	err = s.release.EachFlagLine(r.Context(), q, func(l release.FlagLine) error {
		entry, err := l.Entry.Public()
		if err != nil {
			return err
		}
		line, err := json.Marshal(struct {
			Flag        int             `json:"flag"`
			Reason      string          `json:"reason"`
			Explanation string          `json:"explanation,omitempty"`
			Entry       json.RawMessage `json:"entry"`
		}{l.Flag, l.Reason.Words, l.Reason.Explanation, entry})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s%s", comma, line)
		comma = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, "\n]}\n")
	return err
}

// asFile says that a public file follows.
func asFile(w http.ResponseWriter, kind, name string) {
	Share(w)
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
}
