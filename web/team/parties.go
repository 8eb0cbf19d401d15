package team

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// partyRoutes are the pages about who takes part: organisations, people, their
// incidents, and the agreements of old registers that are taken on.
func (s *server) partyRoutes() []login.Route {
	read, run, hold, grant := access.ReadAgreements, access.RunAgreements, access.SetHold, access.GrantRoles
	return []login.Route{
		{Pattern: "GET " + organisationsHome, Permission: read, Handle: s.organisations},
		{Pattern: "GET " + organisationsHome + ".csv", Permission: read, Handle: s.organisations},
		{Pattern: "GET " + organisationsHome + "/new", Permission: run, Handle: s.newOrganisation},
		{Pattern: "POST " + organisationsHome + "/new", Permission: run, Handle: s.newOrganisation},
		{Pattern: "GET " + organisationsHome + "/{slug}", Permission: read, Handle: s.organisation},
		{Pattern: "GET " + organisationsHome + "/{slug}/{part}", Permission: run, Handle: s.editOrganisation},
		{Pattern: "POST " + organisationsHome + "/{slug}/{part}", Permission: run, Handle: s.editOrganisation},

		{Pattern: "GET " + peopleHome, Permission: grant, Handle: s.people},
		{Pattern: "GET " + peopleHome + ".csv", Permission: grant, Handle: s.people},
		{Pattern: "GET " + peopleHome + "/new", Permission: grant, Handle: s.grantRole},
		{Pattern: "POST " + peopleHome + "/new", Permission: grant, Handle: s.grantRole},
		{Pattern: "GET " + peopleHome + "/leave", Permission: grant, Handle: s.leave},
		{Pattern: "POST " + peopleHome + "/leave", Permission: grant, Handle: s.leave},

		{Pattern: "GET " + incidentsHome, Permission: read, Handle: s.incidents},
		{Pattern: "GET " + incidentsHome + ".csv", Permission: read, Handle: s.incidents},
		{Pattern: "GET " + incidentsHome + "/new", Permission: hold, Handle: s.openIncident},
		{Pattern: "POST " + incidentsHome + "/new", Permission: hold, Handle: s.openIncident},
		{Pattern: "GET " + incidentsHome + "/{id}", Permission: read, Handle: s.incident},
		{Pattern: "GET " + incidentsHome + "/{id}/{act}", Permission: hold, Handle: s.actOnIncident},
		{Pattern: "POST " + incidentsHome + "/{id}/{act}", Permission: hold, Handle: s.actOnIncident},
		{Pattern: "GET " + holdsHome + "/new", Permission: hold, Handle: s.setHold},
		{Pattern: "POST " + holdsHome + "/new", Permission: hold, Handle: s.setHold},
		{Pattern: "GET " + holdsHome + "/{id}", Permission: read, Handle: s.liftHold},
		{Pattern: "POST " + holdsHome + "/{id}", Permission: hold, Handle: s.liftHold},

		{Pattern: "GET " + cohortsHome + "/{stem}", Permission: read, Handle: s.cohorts},
		{Pattern: "GET " + cohortsHome + "/{stem}/{act}", Permission: run, Handle: s.recordCohort},
		{Pattern: "POST " + cohortsHome + "/{stem}/{act}", Permission: run, Handle: s.recordCohort},

		{Pattern: "GET " + takeOnHome, Permission: read, Handle: s.takeOn},
		{Pattern: "GET " + takeOnHome + ".csv", Permission: read, Handle: s.takeOn},
		{Pattern: "POST " + takeOnHome, Permission: run, Handle: s.takeOnChosen},
		{Pattern: "POST " + takeOnHome + "/{act}", Permission: run, Handle: s.takeOnDo},
		{Pattern: "GET " + templatesHome, Permission: read, Handle: s.templates},
		{Pattern: "GET " + templatesHome + ".csv", Permission: read, Handle: s.templates},
		{Pattern: "GET " + templatesHome + "/new", Permission: run, Handle: s.recordTemplate},
		{Pattern: "POST " + templatesHome + "/new", Permission: run, Handle: s.recordTemplate},
		{Pattern: "GET " + evidenceHome, Permission: run, Handle: s.evidence},
		{Pattern: "POST " + evidenceHome, Permission: run, Handle: s.evidence},
	}
}

// The addresses of these pages.
const (
	organisationsHome = Home + "/organisations"
	peopleHome        = Home + "/people"
	incidentsHome     = Home + "/incidents"
	holdsHome         = Home + "/holds"
	takeOnHome        = Home + "/take-on"
	templatesHome     = Home + "/templates"
	evidenceHome      = Home + "/evidence"
)

// ListView is a list with its filters, which stand in its address.
type ListView struct {
	Intro   []string
	Actions []page.Link
	Here    string
	Filters []*page.Field
	Count   string
	CSV     string
	Grid    page.Grid
	Pages   page.Pagination
	Also    []ListSection
}

// ListSection is another table of a page.
type ListSection struct {
	Title string
	Grid  page.Grid
}

var listPage = page.Parse[ListView]("team/list.html")

// FormView is a form by itself.
type FormView struct {
	About, Heading string
	Intro          []string
	Problems       []page.Problem
	Fields         []*page.Field
	Action         string
	Multipart      bool
	Buttons        []FormButton
	Cancel         string
	Also           []ListSection
}

// FormButton sends a form; Value says what to do where there are several.
type FormButton struct {
	Text, Value        string
	Secondary, Warning bool
}

var formPage = page.Parse[FormView]("team/form.html")

// form shows a form and, where it was sent, saves it: then the reader is sent
// on to where save says. What is refused stands beside what was typed.
func (s *server) form(w http.ResponseWriter, r *http.Request, view FormView, trail []page.Link, save func(value func(string) string) (next string, err error)) error {
	p := page.Page{Title: view.Heading, Private: true, Trail: trail}
	if view.Action == "" {
		view.Action = r.URL.RequestURI()
	}
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return unreadable(err)
		}
		typed(r, view.Fields)
		next, err := save(func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) })
		if err == nil {
			http.Redirect(w, r, next, http.StatusSeeOther)
			return nil
		}
		if view.Problems, p.Status, err = page.Refused(err, view.Fields); err != nil {
			return err
		}
		p.Title = "Error: " + p.Title
	}
	return formPage.Render(s.pages, w, r, p, view)
}

// unreadable is a form that cannot be read.
func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.TooLarge, "That is more than a form may carry, %s bytes.", page.Count(large.Limit))
	}
	return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
}

// typed keeps in the fields what was typed.
func typed(r *http.Request, fields []*page.Field) {
	for _, f := range fields {
		if f.Kind == "hidden" {
			continue // several may share a name; what they carry was put there
		}
		if f.Kind == "checkboxes" {
			f.Values = r.PostForm[f.Name]
		} else if values, sent := r.PostForm[f.Name]; sent {
			f.Value = values[0]
		}
	}
}

// dayField reads a day that was typed; empty is none. The wrong one is said
// with the others by the caller's command, so it is kept in problems.
func dayField(value func(string) string, name string, problems *fault.Error) *terms.Date {
	raw := value(name)
	if raw == "" {
		return nil
	}
	d, err := terms.ParseDate(raw)
	if err != nil {
		problems.With(fault.Reason{Code: "date", Field: name, Message: "is no date; write it as 2026-11-25"})
		return nil
	}
	return &d
}

// momentField reads a moment that was typed, in London's time.
func momentField(value func(string) string, name string, problems *fault.Error) time.Time {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, value(name), terms.London); err == nil {
			return at
		}
	}
	problems.With(fault.Reason{Code: "moment", Field: name, Message: "is no moment; write it as 2026-11-25 14:30"})
	return time.Time{}
}

// wrongForm gathers what a form itself cannot read.
func wrongForm() *fault.Error { return fault.New(fault.Invalid, "Some answers cannot be read") }

func orNil(problems *fault.Error) error {
	if len(problems.Reasons) == 0 {
		return nil
	}
	return problems
}

// perPage is how many rows a page of a list shows.
const perPage = 50

// pageOf is the number of the page that is asked for.
func pageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// pagesOf are the links between the pages of a list.
func pagesOf(r *http.Request, total int) page.Pagination {
	return page.Paginate(pageOf(r), (total+perPage-1)/perPage, func(n int) string {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(n))
		return r.URL.Path + "?" + query.Encode()
	})
}

// onPage cuts the rows that the page shows out of all.
func onPage[T any](r *http.Request, rows []T) []T {
	from := min((pageOf(r)-1)*perPage, len(rows))
	return rows[from:min(from+perPage, len(rows))]
}

// list shows a list, or sends it whole as CSV where its address says so.
func (s *server) list(w http.ResponseWriter, r *http.Request, title string, view ListView, trail []page.Link) error {
	if name, csv := strings.CutSuffix(r.URL.Path, ".csv"); csv {
		return view.Grid.WriteCSV(w, name[strings.LastIndex(name, "/")+1:])
	}
	query := r.URL.Query()
	query.Del("page")
	view.Here, view.CSV = r.URL.Path, r.URL.Path+".csv"
	if len(query) > 0 {
		view.CSV += "?" + query.Encode()
	}
	view.Pages = pagesOf(r, len(view.Grid.Rows))
	view.Grid.Keys = onPage(r, view.Grid.Keys)
	view.Grid.Rows = onPage(r, view.Grid.Rows)
	return listPage.Render(s.pages, w, r, page.Page{Title: title, Private: true, Trail: trail}, view)
}

var teamTrail = []page.Link{{Text: "Team", Href: Home}}

// options makes the choices of a code list; any says what the first one, of no
// choice, is called.
func options[T interface {
	~string
	Label() string
}](any string, values []string) []page.Option {
	var all []page.Option
	if any != "" {
		all = append(all, page.Option{Label: any})
	}
	for _, v := range values {
		all = append(all, page.Option{Value: v, Label: T(v).Label()})
	}
	return all
}

// filter makes a field of a list's filters with what the address has.
func filter(query url.Values, kind, name, label string, choices ...page.Option) *page.Field {
	return &page.Field{Name: name, Label: label, Kind: kind, Value: query.Get(name), Options: choices}
}

// dayWords is a day in words, or that none is recorded.
func dayWords(d *terms.Date) string {
	if d == nil || d.IsZero() {
		return ""
	}
	return d.Words()
}

// dayValue is a day as a form has it.
func dayValue(d *terms.Date) string {
	if d == nil || d.IsZero() {
		return ""
	}
	return d.String()
}

// span is a time in words.
func span(from, to *terms.Date) string {
	switch {
	case dayWords(from) == "" && dayWords(to) == "":
		return "Not recorded"
	case dayWords(from) == "":
		return "To " + dayWords(to)
	case dayWords(to) == "":
		return "From " + dayWords(from) + ", end not recorded"
	}
	return fmt.Sprintf("%s to %s", dayWords(from), dayWords(to))
}

// needed refuses a form whose answers of these names are missing.
func needed(value func(string) string, names ...string) error {
	problems := wrongForm()
	for _, name := range names {
		if value(name) == "" {
			problems.With(fault.Reason{Code: "required", Field: name, Message: "is missing"})
		}
	}
	return orNil(problems)
}

// told says beside a field that what it names is not there.
func told(err error, field string) error {
	var known *fault.Error
	if errors.Is(err, fault.NotFound) && errors.As(err, &known) {
		return fault.New(fault.Invalid, "1 answer needs attention").With(fault.Reason{Code: "unknown", Field: field, Message: known.Message})
	}
	return err
}
