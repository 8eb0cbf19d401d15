// Package duties has the page of what everybody who is signed in has to do by
// when, on whichever side of an agreement they are.
package duties

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// Home is the address of a person's duties.
const Home = "/duties"

// Config is what the page stands on.
type Config struct{ Service *release.Service }

type server struct {
	Config
	pages *page.Renderer
}

// Mount adds the page.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	login.Mount(mux, pages, Routes(pages, config))
}

// Routes is the page and its download, with what each asks for.
func Routes(pages *page.Renderer, config Config) []login.Route {
	s := &server{config, pages}
	return []login.Route{
		{Pattern: "GET " + Home, Permission: access.ReadDuties, Handle: s.list},
		{Pattern: "GET " + Home + ".csv", Permission: access.ReadDuties, Handle: s.table},
	}
}

// View is a person's duties.
type View struct {
	Rows    []Row
	Total   int // before the filters
	Overdue int // of all
	Filters []page.Field
	CSV     string
	Horizon int
}

// Row is a duty in the list.
type Row struct {
	What, Action, When string
	About              page.Link
	Due                terms.Date
	Overdue            bool
}

var listPage = page.Parse[View]("duties/duties.html")

func (s *server) list(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	all, f, err := s.read(r, actor)
	if err != nil {
		return err
	}
	view := View{Total: len(all), Horizon: duty.Horizon, Filters: f.fields()}
	if view.CSV = Home + ".csv"; r.URL.RawQuery != "" {
		view.CSV += "?" + f.query().Encode()
	}
	staff := access.Check(actor, access.ReadAgreements) == nil
	for _, d := range all {
		if d.Overdue() {
			view.Overdue++
		}
		if f.takes(d) {
			view.Rows = append(view.Rows, Row{What: d.Kind.Label(), Action: d.Kind.Action(), When: d.When(), About: about(d, staff), Due: d.Due, Overdue: d.Overdue()})
		}
	}
	return listPage.Render(s.pages, w, r, page.Page{Title: "Your duties", Private: true}, view)
}

// about links to the version, for the team; others find it on their own pages.
func about(d duty.Duty, staff bool) page.Link {
	link := page.Link{Text: d.About.String()}
	if staff && d.About.Version != uuid.Nil {
		link.Href = "/team/versions/" + d.About.Version.String()
	}
	return link
}

func (s *server) table(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	all, f, err := s.read(r, actor)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="duties.csv"`)
	w.Header().Set("Cache-Control", "private, no-store")
	out := csv.NewWriter(w)
	rows := [][]string{{"due", "days", "kind", "what", "agreement", "organisation", "detail", "action"}}
	for _, d := range all {
		if f.takes(d) {
			rows = append(rows, []string{d.Due.String(), strconv.Itoa(d.Days), string(d.Kind), d.Kind.Label(), d.About.Reference, d.About.Organisation, d.About.Detail, d.Kind.Action()})
		}
	}
	for i, row := range rows {
		for j, cell := range row {
			if i > 0 && j != 1 { // the days may be negative, and are a number
				row[j] = register.SafeCell(cell)
			}
		}
	}
	_ = out.WriteAll(rows) // a reader who left is no fault
	return nil
}

// filters are those of the address.
type filters struct {
	kind    terms.DutyKind
	overdue bool
}

func (s *server) read(r *http.Request, actor access.Actor) ([]duty.Duty, filters, error) {
	q := r.URL.Query()
	f := filters{kind: terms.DutyKind(q.Get("kind")), overdue: q.Get("overdue") == "yes"}
	if f.kind != "" && !f.kind.Known() {
		return nil, f, fault.New(fault.Invalid, "There is no kind of duty %q.", q.Get("kind"))
	}
	all, err := s.Service.Duties(r.Context(), actor, terms.Date{})
	return all, f, err
}

func (f filters) takes(d duty.Duty) bool {
	return (f.kind == "" || d.Kind == f.kind) && (!f.overdue || d.Overdue())
}

func (f filters) query() url.Values {
	q := url.Values{}
	if f.kind != "" {
		q.Set("kind", string(f.kind))
	}
	if f.overdue {
		q.Set("overdue", "yes")
	}
	return q
}

func (f filters) fields() []page.Field {
	kinds := []page.Option{{Label: "Every kind"}}
	for _, value := range terms.DutyKind("").Values() {
		kinds = append(kinds, page.Option{Value: value, Label: terms.DutyKind(value).Label()})
	}
	overdue := page.Field{Name: "overdue", Label: "Overdue", Kind: "checkboxes", Options: []page.Option{{Value: "yes", Label: "Only what is overdue"}}}
	if f.overdue {
		overdue.Values = []string{"yes"}
	}
	return []page.Field{{Name: "kind", Label: "Kind", Kind: "select", Value: string(f.kind), Options: kinds}, overdue}
}
