package applicant

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// ListView is a person's applications.
type ListView struct {
	Rows            []ListRow
	Total           int
	MayWrite        bool
	Filters         []*page.Field
	CSV             string
	ToSign, ToWrite int
}

// ListRow is an application with what is next.
type ListRow struct {
	Href, Reference, Title, Applicant, Kind, State, Next string
	Since                                                time.Time
}

var listPage = page.Parse[ListView]("applicant/list.html")

// next says whose turn it is and what they do.
func next(row release.DraftRow) string {
	if row.ToSign {
		return "Read and sign it"
	}
	switch row.State {
	case terms.Draft:
		if row.Kind == terms.VersionEnquiry {
			return "Make it an application when it is ready"
		}
		return "Complete and submit it"
	case terms.Returned, terms.Deferred, terms.NotRecommended:
		return "Answer the reviewer and submit it again"
	case terms.Submitted, terms.InReview, terms.Recommended, terms.VersionApproved:
		return "The access team has it"
	case terms.Issued:
		return "Others sign it"
	case terms.Signed:
		return "In force in its term"
	}
	return "Nothing"
}

// found are a person's applications under the filters of the address.
func (s *server) found(r *http.Request, actor access.Actor) (rows []release.DraftRow, total int, err error) {
	all, err := s.Service.ApplicationsOf(r.Context(), actor)
	if err != nil {
		return nil, 0, err
	}
	words, state := strings.Fields(terms.Fold(r.URL.Query().Get("q"))), r.URL.Query().Get("state")
	for _, row := range all {
		text := terms.Fold(row.Reference + " " + row.Title + " " + row.Applicant)
		if state != "" && string(row.State) != state || slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		rows = append(rows, row)
	}
	return rows, len(all), nil
}

func (s *server) list(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	rows, total, err := s.found(r, actor)
	if err != nil {
		return err
	}
	view := ListView{Total: total, MayWrite: access.Check(actor, access.WriteApplication) == nil, CSV: Home + ".csv"}
	if r.URL.RawQuery != "" {
		view.CSV += "?" + r.URL.RawQuery
	}
	states := []page.Option{{Label: "All"}}
	for _, v := range terms.VersionState("").Values() {
		states = append(states, page.Option{Value: v, Label: terms.VersionState(v).Label()})
	}
	view.Filters = []*page.Field{
		{Name: "q", Label: "Words", Hint: "Of reference, title or organisation.", Kind: "text", Value: r.URL.Query().Get("q")},
		{Name: "state", Label: "State", Kind: "select", Options: states, Value: r.URL.Query().Get("state")},
	}
	for _, row := range rows {
		view.Rows = append(view.Rows, listRow(row))
		if row.ToSign {
			view.ToSign++
		}
		if slices.Contains([]terms.VersionState{terms.Draft, terms.Returned, terms.Deferred, terms.NotRecommended}, row.State) {
			view.ToWrite++
		}
	}
	return listPage.Render(s.pages, w, r, page.Page{Title: "Applications", Private: true}, view)
}

func listRow(row release.DraftRow) ListRow {
	out := ListRow{Href: Home + "/" + row.ID.String(), Reference: row.Reference, Title: row.Title, Applicant: row.Applicant,
		Kind: row.Kind.Label(), State: row.State.Label(), Next: next(row), Since: row.Since}
	if row.ToSign {
		out.Href += "/sign"
	}
	return out
}

func (s *server) listCSV(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	rows, _, err := s.found(r, actor)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="applications.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	out := csv.NewWriter(w)
	_ = out.Write([]string{"reference", "title", "applicant", "kind", "state", "next", "begun"})
	for _, row := range rows {
		l := listRow(row)
		line := []string{l.Reference, l.Title, l.Applicant, l.Kind, l.State, l.Next, l.Since.UTC().Format(time.RFC3339)}
		for i, cell := range line {
			line[i] = register.SafeCell(cell)
		}
		_ = out.Write(line)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}

// BeginView is the form that begins an application.
type BeginView struct {
	Problems []page.Problem
	Fields   []*page.Field
}

var beginPage = page.Parse[BeginView]("applicant/begin.html")

func beginFields(actor access.Actor, values map[string]string) []*page.Field {
	applicant := &page.Field{Name: "applicant", Label: "Applicant", Hint: "The organisation that applies.", Kind: "text", Value: values["applicant"]}
	if !actor.Has(access.AccessOfficer) {
		applicant.Kind, applicant.Hint = "select", "You can apply for these organisations."
		for _, m := range actor.Memberships {
			if m.Role == access.Applicant {
				applicant.Options = append(applicant.Options, page.Option{Value: m.OrganisationName, Label: m.OrganisationName})
			}
		}
	}
	return []*page.Field{applicant,
		{Name: "title", Label: "Title", Hint: "A few words by which readers of the register know it. It can be changed later.", Kind: "text", Wide: true, Value: values["title"]},
		{Name: "kind", Label: "What is it?", Kind: "radios", Value: values["kind"], Options: []page.Option{
			{Value: "application", Label: "An application"},
			{Value: "enquiry", Label: "An enquiry", Hint: "A question first. It can be made an application later, with all its answers."}}},
	}
}

func (s *server) begin(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	view := BeginView{Fields: beginFields(actor, map[string]string{"kind": "application"})}
	return beginPage.Render(s.pages, w, r, page.Page{Title: "Begin an application", Private: true, Trail: []page.Link{{Text: "Applications", Href: Home}}}, view)
}

func (s *server) start(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	form, err := posted(r)
	if err != nil {
		return err
	}
	id, err := s.Service.StartApplication(r.Context(), actor, release.StartInput{Applicant: form.Get("applicant"), Title: form.Get("title"), Enquiry: form.Get("kind") == "enquiry"})
	if err == nil {
		http.Redirect(w, r, Home+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
	view := BeginView{Fields: beginFields(actor, map[string]string{"applicant": form.Get("applicant"), "title": form.Get("title"), "kind": form.Get("kind")})}
	var status int
	if view.Problems, status, err = page.Refused(err, view.Fields); err != nil {
		return err
	}
	return beginPage.Render(s.pages, w, r, page.Page{Title: "Error: Begin an application", Status: status, Private: true, Trail: []page.Link{{Text: "Applications", Href: Home}}}, view)
}
