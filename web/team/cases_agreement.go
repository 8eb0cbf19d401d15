package team

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// AgreementsView is the search of all agreements.
type AgreementsView struct {
	Filters    []*page.Field
	Rows       []AgreementRow
	Total      int
	CSV        string
	Pagination page.Pagination
}

// AgreementRow is an agreement that was found.
type AgreementRow struct {
	page.Link
	Title, Applicant, Latest, State, Term string
	Versions, Holds                       int
}

var agreementsPage = page.Parse[AgreementsView]("team/agreements.html")

func (s *server) agreements(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	q, err := agreementQuery(r.URL.Query())
	if err != nil {
		return err
	}
	found, err := s.Service.SearchAgreements(r.Context(), actor, q)
	if err != nil {
		return err
	}
	states := []page.Option{{Label: "Any state"}}
	for _, value := range terms.VersionState("").Values() {
		states = append(states, page.Option{Value: value, Label: terms.VersionState(value).Label()})
	}
	view := AgreementsView{Total: found.Total, CSV: at(Home+"/agreements.csv", agreementValues(q, 0)),
		Filters: []*page.Field{
			{Name: "q", Label: "Words", Hint: "A reference, or words of a title, applicant, party or dataset", Kind: "text", Value: q.Text},
			{Name: "state", Label: "With a version that is", Kind: "select", Value: stateWords(q.States), Options: states},
		},
		Pagination: page.Paginate(found.Page, found.Pages, func(n int) string { return at(Home+"/agreements", agreementValues(q, n)) })}
	for _, row := range found.Rows {
		view.Rows = append(view.Rows, AgreementRow{Link: page.Link{Text: row.Stem, Href: agreementHref(row.Stem)}, Title: row.Title, Applicant: row.Applicant,
			Latest: row.Number, State: row.State.Label(), Term: term(row.Starts, row.Ends), Versions: row.Versions, Holds: row.Holds})
	}
	return agreementsPage.Render(s.pages, w, r, page.Page{Title: "Agreements", Private: true, Trail: s.trail(actor)}, view)
}

func (s *server) agreementsCSV(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	q, err := agreementQuery(r.URL.Query())
	if err != nil {
		return err
	}
	return table(w, "agreements.csv", func(out io.Writer) error { return s.Service.WriteAgreements(r.Context(), actor, q, out) })
}

func agreementQuery(values url.Values) (release.AgreementQuery, error) {
	q := release.AgreementQuery{Text: values.Get("q")}
	for _, state := range strings.Fields(strings.Join(values["state"], " ")) {
		q.States = append(q.States, terms.VersionState(state))
	}
	if raw := values.Get("page"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil {
			return q, fault.New(fault.Invalid, "The search cannot be made as its address has it.").
				With(fault.Reason{Code: "query", Field: "page", Message: fmt.Sprintf("%q is no page", raw)})
		}
		q.Page = n
	}
	return q, nil
}

func agreementValues(q release.AgreementQuery, page int) url.Values {
	return queueValues(release.QueueQuery{Text: q.Text, States: q.States}, page)
}

func agreementHref(stem string) string { return Home + "/agreements/" + url.PathEscape(stem) }

// term is a term in words; dates that are not recorded are said to be.
func term(starts, ends terms.Date) string {
	if starts.IsZero() && ends.IsZero() {
		return "not recorded"
	}
	return starts.Words() + " to " + ends.Words()
}

// AgreementView is an agreement with its versions.
type AgreementView struct {
	Facts    []Fact
	Links    []page.Link
	Holds    []HoldRow
	Versions []VersionRow
	Gaps     []string
}

// published are the states whose versions the public register may have.
var published = []terms.VersionState{terms.Signed, terms.Terminated, terms.Closed, terms.Recorded}

// HoldRow is a hold that stands.
type HoldRow struct{ Reason, What, Href string }

// VersionRow is a version of an agreement.
type VersionRow struct {
	page.Link
	Kind, State, Term, Title string
	InForce                  bool
	Parties                  []string
	Diff, Flows              page.Link
}

var agreementPage = page.Parse[AgreementView]("team/agreement.html")

func (s *server) agreement(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	file, err := s.Service.AgreementFile(r.Context(), actor, r.PathValue("stem"))
	if err != nil {
		return err
	}
	view := AgreementView{}
	if file.Edges.Applicant != nil {
		view.Facts = append(view.Facts, fact("Applicant", file.Edges.Applicant.Name))
	} else {
		view.Facts = append(view.Facts, fact("Applicant", "not recorded"))
	}
	if slices.ContainsFunc(file.Versions, func(v *ent.AgreementVersion) bool { return slices.Contains(published, v.State) }) {
		view.Facts = append(view.Facts, Fact{Name: "In the public register", Values: []Value{{Label: file.Stem, Href: "/agreements/" + url.PathEscape(file.Stem)}}})
	}
	if access.Check(actor, access.SetHold) == nil {
		view.Links = append(view.Links, page.Link{Text: "Set a hold", Href: at(holdsHome+"/new", url.Values{"agreement": {file.Stem}})},
			page.Link{Text: "Open an incident", Href: at(incidentsHome+"/new", url.Values{"agreement": {file.Stem}})})
	}
	for _, h := range file.Holds {
		view.Holds = append(view.Holds, HoldRow{Reason: h.Reason, What: holdWords(h), Href: holdsHome + "/" + h.ID.String()})
	}
	for i, v := range file.Versions {
		row := VersionRow{Link: page.Link{Text: versionWords(v.Number), Href: Home + "/versions/" + v.ID.String()}, Kind: v.Kind.Label(), State: v.State.Label(),
			Term: term(dateOf(v.Starts), dateOf(v.Ends)), Title: v.Title, InForce: file.InForce[v.ID],
			Flows: page.Link{Text: "Data flows", Href: Home + "/versions/" + v.ID.String() + "/flows"}}
		at := map[string]int{}
		for _, p := range v.Edges.Parties {
			name := p.Edges.Organisation.Name
			if i, known := at[name]; known {
				row.Parties[i] += ", " + strings.ToLower(p.Role.Label())
				continue
			}
			at[name] = len(row.Parties)
			row.Parties = append(row.Parties, name+": "+strings.ToLower(p.Role.Label()))
		}
		if i > 0 {
			before := file.Versions[i-1]
			row.Diff = page.Link{Text: "What changed since " + versionWords(before.Number), Href: Home + "/versions/" + before.ID.String() + "/diff/" + v.ID.String()}
		}
		view.Versions = append(view.Versions, row)
	}
	for _, g := range file.Gaps {
		view.Gaps = append(view.Gaps, gapWords(g))
	}
	return agreementPage.Render(s.pages, w, r, page.Page{Title: file.Stem, Private: true,
		Trail: append(s.trail(actor), page.Link{Text: "Agreements", Href: Home + "/agreements"})}, view)
}

func holdWords(h *ent.Hold) string {
	switch {
	case h.Edges.Organisation != nil:
		return "every agreement of " + h.Edges.Organisation.Name
	case h.Line == 0:
		return "the whole agreement"
	}
	return "line " + strconv.Itoa(h.Line)
}

func versionWords(number string) string {
	if number == "" {
		return "version unknown"
	}
	return number
}

func gapWords(g terms.TermGap) string {
	switch g.Kind {
	case terms.Gap:
		return fmt.Sprintf("Nothing was agreed for %s: %s to %s lie between %s and %s.", page.Plural(g.Days, "day", "days"), g.From.Words(), g.To.Words(), g.Before, g.After)
	case terms.Overlap:
		return fmt.Sprintf("%s and %s both cover %s: %s to %s.", g.Before, g.After, page.Plural(g.Days, "day", "days"), g.From.Words(), g.To.Words())
	}
	return fmt.Sprintf("Whether %s follows %s without a gap cannot be told: a date is not recorded.", g.After, g.Before)
}
