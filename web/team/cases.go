package team

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// caseRoutes are the queue, agreements, versions and the forms of their
// commands.
func (s *server) caseRoutes() []login.Route {
	routes := []login.Route{
		{Pattern: "GET " + Home, Permission: access.ReadAgreements, Handle: s.queue},
		{Pattern: "GET " + Home + ".csv", Permission: access.ReadAgreements, Handle: s.queueCSV},
		{Pattern: "POST " + Home + "/hand-over", Permission: access.RunAgreements, Handle: s.handOverAll},
		{Pattern: "GET " + Home + "/extracts", Permission: access.ReadAgreements, Handle: s.extracts},
		{Pattern: "GET " + Home + "/extracts.csv", Permission: access.ReadAgreements, Handle: s.extractsCSV},
		{Pattern: "GET " + Home + "/agreements", Permission: access.ReadAgreements, Handle: s.agreements},
		{Pattern: "GET " + Home + "/agreements.csv", Permission: access.ReadAgreements, Handle: s.agreementsCSV},
		{Pattern: "GET " + Home + "/agreements/{stem}", Permission: access.ReadAgreements, Handle: s.agreement},
		{Pattern: "GET " + Home + "/versions/{id}", Permission: access.ReadAgreements, Handle: s.version},
		{Pattern: "POST " + Home + "/versions/{id}/conditions/{condition}/meet", Permission: access.RunAgreements, Handle: s.meetCondition},
	}
	for _, c := range commands {
		routes = append(routes, login.Route{Pattern: "POST " + Home + "/versions/{id}/" + c.path, Permission: c.permission,
			Handle: func(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
				return s.command(w, r, actor, c)
			}})
	}
	return routes
}

func reference(v *ent.AgreementVersion) string {
	if v.Number == "" {
		return v.Edges.Agreement.Stem + ", version unknown"
	}
	return v.Edges.Agreement.Stem + " " + v.Number
}

// QueueView is the queue.
type QueueView struct {
	Links      []page.Link // the team's other pages
	Shortcuts  []Shortcut
	Filters    []*page.Field
	Rows       []CaseRow
	Total      int
	CSV        string
	Pagination page.Pagination
	HandOver   *Form // nil: the viewer may not
	Problems   []page.Problem
}

// Shortcut is a link to the queue under common filters.
type Shortcut struct {
	page.Link
	Current bool
}

// CaseRow is a version in the queue.
type CaseRow struct {
	page.Link
	Title, Applicant, Kind, State, Owner string
	Since                                time.Time
	Days                                 int    // working days in its state
	Clock                                string // who has the clock
	ToDecision                           int
	Step, Who                            string
	Lapsed                               bool
}

var queuePage = page.Parse[QueueView]("team/queue.html")

func (s *server) queue(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	return s.showQueue(w, r, actor, nil)
}

// showQueue shows the queue; refused is what came of the form to hand cases
// over.
func (s *server) showQueue(w http.ResponseWriter, r *http.Request, actor access.Actor, refused error) error {
	q, err := queueQuery(r.URL.Query())
	if err != nil {
		return err
	}
	found, err := s.Service.Queue(r.Context(), actor, q)
	if err != nil {
		return err
	}
	owners, err := s.Service.CaseOwners(r.Context(), actor)
	if err != nil {
		return err
	}
	withheld, err := s.Service.WithheldCount(r.Context())
	if err != nil {
		return err
	}
	view := QueueView{Links: teamLinks(actor, withheld), Shortcuts: shortcuts(q), Filters: queueFilters(q, owners), Total: found.Total, CSV: at(Home+".csv", queueValues(q, 0)),
		Pagination: page.Paginate(found.Page, found.Pages, func(n int) string { return at(Home, queueValues(q, n)) })}
	for _, row := range found.Rows {
		view.Rows = append(view.Rows, caseRow(row))
	}
	p := page.Page{Title: "Team", Private: true}
	if access.Check(actor, access.RunAgreements) == nil {
		view.HandOver = handOverAllForm(r, owners)
		if refused != nil {
			if view.Problems, p.Status, err = view.HandOver.refused(refused); err != nil {
				return err
			}
			p.Title = "Error: " + p.Title
		}
	}
	return queuePage.Render(s.pages, w, r, p, view)
}

// teamLinks are the team's pages beside the queue, as far as the person may
// see them.
func teamLinks(actor access.Actor, withheld int) []page.Link {
	links := []page.Link{{Text: "All agreements", Href: Home + "/agreements"}, {Text: "Extracts", Href: Home + "/extracts"},
		{Text: "Take-on", Href: takeOnHome}, {Text: "Organisations", Href: organisationsHome}, {Text: "Incidents and holds", Href: incidentsHome},
		{Text: withheldLink(withheld), Href: privacyHome}, {Text: "The register: put right, close a month", Href: entriesHome}}
	if access.Check(actor, access.ReadImports) == nil {
		links = append(links, page.Link{Text: "Imports", Href: importsHome})
	}
	if access.Check(actor, access.RunAgreements) == nil {
		links = append(links, page.Link{Text: "Evidence", Href: evidenceHome}, page.Link{Text: "Templates", Href: templatesHome})
	}
	if access.Check(actor, access.GrantRoles) == nil {
		links = append(links, page.Link{Text: "People and roles", Href: peopleHome})
	}
	return links
}

// withheldLink says how many texts wait for a person's decision.
func withheldLink(n int) string {
	if n == 0 {
		return "Withheld texts"
	}
	return "Withheld texts (" + page.Count(int64(n)) + ")"
}

func caseRow(r release.QueueRow) CaseRow {
	row := CaseRow{Link: page.Link{Text: strings.TrimSpace(r.Stem + " " + r.Number), Href: Home + "/versions/" + r.Version.String()},
		Title: r.Title, Applicant: r.Applicant, Kind: r.Kind.Label(), State: r.State.Label(), Owner: r.Owner, Since: r.Since,
		Days: r.Clock.Current().Days, ToDecision: r.Clock.ToDecision, Step: r.Step.Words, Who: r.Step.Who, Lapsed: r.Lapsed}
	row.Clock = turns[r.Clock.Current().Turn]
	return row
}

func handOverAllForm(r *http.Request, owners []release.Owner) *Form {
	f := &Form{Title: "Hand all cases of a person over", Href: Home + "/hand-over", Button: "Hand over", ID: "hand-over",
		Intro: "For an absence: every case of the one, that is not over, becomes the other's."}
	f.Fields = []*page.Field{
		{Name: "from", Label: "From", Kind: "select", Options: ownerOptions(owners, "Choose")},
		{Name: "to", Label: "To", Kind: "select", Options: ownerOptions(owners, "Choose")},
		{Name: "reason", Label: "Why", Kind: "text"},
	}
	f.named().fill(r)
	return f
}

func ownerOptions(owners []release.Owner, none string) []page.Option {
	options := []page.Option{{Label: none}}
	for _, o := range owners {
		options = append(options, page.Option{Value: o.ID.String(), Label: o.Name})
	}
	return options
}

func (s *server) handOverAll(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	sent := &answers{r: r, id: "hand-over"}
	from, to, err := twoPersons(sent)
	if err == nil {
		_, err = s.Service.HandOverAll(r.Context(), actor, from, to, sent.text("reason"))
	}
	if err != nil {
		return s.showQueue(w, r, actor, err)
	}
	http.Redirect(w, r, at(Home, url.Values{"owner": {to.String()}}), http.StatusSeeOther)
	return nil
}

// twoPersons reads from and to, and says both that are missing.
func twoPersons(sent *answers) (from, to uuid.UUID, _ error) {
	refused := fault.New(fault.Invalid, "Name two persons.")
	read := func(name string) uuid.UUID {
		id, err := uuid.Parse(sent.text(name))
		if err != nil {
			refused.With(fault.Reason{Code: "required", Field: name, Message: "is missing"})
		}
		return id
	}
	if from, to = read("from"), read("to"); len(refused.Reasons) > 0 {
		return from, to, refused
	}
	return from, to, nil
}

// queueQuery reads the address of the queue; empty filters, as a form sends
// them, are none. What is no filter's value the service refuses.
func queueQuery(values url.Values) (release.QueueQuery, error) {
	q := release.QueueQuery{Owner: values.Get("owner"), Text: values.Get("q"), Sort: release.QueueSort(values.Get("sort"))}
	for _, state := range strings.Fields(strings.Join(values["state"], " ")) { // one value may name several
		q.States = append(q.States, terms.VersionState(state))
	}
	for _, kind := range values["kind"] {
		if kind != "" {
			q.Kinds = append(q.Kinds, terms.VersionKind(kind))
		}
	}
	refused := fault.New(fault.Invalid, "The queue cannot be read as its address has it.")
	number := func(name string) int {
		raw := strings.TrimSpace(values.Get(name))
		n, err := strconv.Atoi(raw)
		if raw != "" && err != nil {
			refused.With(fault.Reason{Code: "query", Field: name, Message: fmt.Sprintf("%q is no number", raw)})
		}
		return n
	}
	q.Waiting, q.Page = number("waiting"), number("page")
	if len(refused.Reasons) > 0 {
		return q, refused
	}
	return q, nil
}

// queueValues writes the query as an address has it; page 0 or 1 is unsaid.
func queueValues(q release.QueueQuery, page int) url.Values {
	out := url.Values{}
	set := func(name, value string) {
		if value != "" {
			out.Set(name, value)
		}
	}
	set("q", q.Text)
	set("owner", q.Owner)
	set("sort", string(q.Sort))
	set("state", stateWords(q.States))
	for _, kind := range q.Kinds {
		out.Add("kind", string(kind))
	}
	if q.Waiting > 0 {
		set("waiting", strconv.Itoa(q.Waiting))
	}
	if page > 1 {
		set("page", strconv.Itoa(page))
	}
	return out
}

func stateWords(states []terms.VersionState) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

func at(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// shortcuts are what each role looks at first.
func shortcuts(q release.QueueQuery) []Shortcut {
	current := queueValues(q, 0).Encode()
	state := func(states ...terms.VersionState) url.Values {
		return queueValues(release.QueueQuery{States: states}, 0)
	}
	var out []Shortcut
	for _, s := range []struct {
		text   string
		values url.Values
	}{
		{"Everything open", nil},
		{"Mine", url.Values{"owner": {release.OwnedByMe}}},
		{"Nobody's", url.Values{"owner": {release.OwnedByNobody}}},
		{"To take up", state(terms.Submitted)},
		{"To review", state(terms.InReview)},
		{"To approve", state(terms.Recommended, terms.NotRecommended)},
		{"To issue", state(terms.VersionApproved)},
		{"Waits for signatures", state(terms.Issued)},
		{"With the applicant", state(terms.Draft, terms.Returned, terms.Deferred)},
	} {
		out = append(out, Shortcut{page.Link{Text: s.text, Href: at(Home, s.values)}, s.values.Encode() == current})
	}
	return out
}

func queueFilters(q release.QueueQuery, owners []release.Owner) []*page.Field {
	states := []page.Option{{Label: "Any open state"}}
	for _, value := range terms.VersionState("").Values() {
		states = append(states, page.Option{Value: value, Label: terms.VersionState(value).Label()})
	}
	kinds := []page.Option{{Label: "Any kind"}}
	for _, value := range terms.VersionKind("").Values() {
		kinds = append(kinds, page.Option{Value: value, Label: terms.VersionKind(value).Label()})
	}
	whose := slices.Insert(ownerOptions(owners, "Anyone"), 1, page.Option{Value: release.OwnedByMe, Label: "Me"}, page.Option{Value: release.OwnedByNobody, Label: "Nobody"})
	days := ""
	if q.Waiting > 0 {
		days = strconv.Itoa(q.Waiting)
	}
	if len(q.States) > 1 {
		var labels []string
		for _, state := range q.States {
			labels = append(labels, state.Label())
		}
		states = append(states, page.Option{Value: stateWords(q.States), Label: strings.Join(labels, " or ")})
	}
	kind := ""
	if len(q.Kinds) == 1 {
		kind = string(q.Kinds[0])
	}
	return []*page.Field{
		{Name: "q", Label: "Words", Hint: "Reference, title or applicant", Kind: "text", Value: q.Text},
		{Name: "state", Label: "State", Kind: "select", Value: stateWords(q.States), Options: states},
		{Name: "owner", Label: "Owner", Kind: "select", Value: q.Owner, Options: whose},
		{Name: "kind", Label: "Kind", Kind: "select", Value: kind, Options: kinds},
		{Name: "waiting", Label: "Waits for days", Hint: "At least so many working days", Kind: "number", Value: days},
		{Name: "sort", Label: "Order", Kind: "select", Value: string(q.Sort), Options: []page.Option{
			{Label: "Longest in its state"}, {Value: string(release.ByNewest), Label: "Newest in its state"},
			{Value: string(release.ByReference), Label: "Reference"}, {Value: string(release.ByTitle), Label: "Title"}}},
	}
}

func (s *server) queueCSV(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	q, err := queueQuery(r.URL.Query())
	if err != nil {
		return err
	}
	return table(w, "queue.csv", func(out io.Writer) error { return s.Service.WriteQueue(r.Context(), actor, q, out) })
}

// table sends a list as CSV, whole or not at all.
func table(w http.ResponseWriter, name string, write func(io.Writer) error) error {
	var body bytes.Buffer
	if err := write(&body); err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	return send(w, "text/csv; charset=utf-8", body.Bytes())
}
