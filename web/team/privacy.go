package team

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/edition"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// privacyHome is the list of texts that the public does not see yet.
const privacyHome = Home + "/privacy"

// privacyRoutes are the pages about texts in which the privacy scan found
// something.
func (s *server) privacyRoutes() []login.Route {
	read, decide := access.ReadAgreements, access.DecidePrivacy
	return []login.Route{
		{Pattern: "GET " + privacyHome, Permission: read, Handle: s.withheld},
		{Pattern: "GET " + privacyHome + ".csv", Permission: read, Handle: s.withheldCSV},
		{Pattern: "GET " + privacyHome + "/decide", Permission: decide, Handle: func(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
			http.Redirect(w, r, privacyHome, http.StatusSeeOther) // of a form that was sent and is asked for again
			return nil
		}},
		{Pattern: "POST " + privacyHome + "/decide", Permission: decide, Handle: s.decideWithheld},
		{Pattern: "GET " + privacyHome + "/class", Permission: decide, Handle: s.decideClass},
		{Pattern: "POST " + privacyHome + "/class", Permission: decide, Handle: s.decideClass},
		{Pattern: "POST " + Home + "/versions/{id}/clear/{field}", Permission: decide, Handle: s.clearText},
	}
}

// WithheldView is the list of withheld texts.
type WithheldView struct {
	Here, CSV string
	Filters   []*page.Field
	Classes   []ClassRow
	Rows      []WithheldRow
	Total     int
	Waiting   int
	MayDecide bool
	Pages     page.Pagination
}

// ClassRow is a class of undecided texts, with a link to decide about all.
type ClassRow struct {
	page.Link   // empty Href: nothing can be decided together, or the viewer may not
	Edition     string
	Texts, Only int
}

// WithheldRow is one withheld text.
type WithheldRow struct {
	ID, Title, Href string // Href: the public page of its entry
	Place           string
	Since           string
	Kinds           string
	Windows         []privacy.Window
	State           string
	Waits           bool
	Decision        string // by whom, when and why
	Tombstone       string // the public page of the entry that tells of its erasure
}

var withheldPage = page.Parse[WithheldView]("team/privacy.html")

func withheldFilter(query url.Values) release.WithheldFilter {
	f := release.WithheldFilter{State: query.Get("state"), Kind: privacy.Kind(query.Get("kind")), Field: register.Field(query.Get("field")), Edition: query.Get("edition")}
	if !query.Has("state") {
		f.State = release.WithheldWaiting
	}
	if asked := strings.ReplaceAll(strings.TrimSpace(query.Get("entry")), ",", ""); asked != "" {
		n, err := strconv.ParseInt(asked, 10, 64)
		if err != nil || n < 1 {
			n = -1 // which no entry has
		}
		f.Entry = n
	}
	return f
}

func (s *server) withheld(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	f := withheldFilter(query)
	texts, total, err := s.Service.WithheldTexts(r.Context(), actor, f, (pageOf(r)-1)*perPage, perPage)
	if err != nil {
		return err
	}
	classes, err := s.Service.WithheldClasses(r.Context(), actor)
	if err != nil {
		return err
	}
	waiting, err := s.Service.WithheldCount(r.Context())
	if err != nil {
		return err
	}
	query.Del("page")
	view := WithheldView{Here: privacyHome, CSV: at(privacyHome+".csv", query), Total: total, Waiting: waiting, Pages: pagesOf(r, total),
		MayDecide: access.Check(actor, access.DecidePrivacy) == nil}
	if view.Filters, err = s.withheldFilters(r, f); err != nil {
		return err
	}
	for _, c := range classes {
		row := ClassRow{Link: page.Link{Text: c.Kind.Label()}, Edition: editionTitle(c.Edition, c.Title), Texts: c.Texts, Only: c.Only}
		if view.MayDecide && c.Only > 0 {
			row.Href = at(privacyHome+"/class", url.Values{"edition": {c.Edition}, "kind": {string(c.Kind)}})
		}
		view.Classes = append(view.Classes, row)
	}
	for _, t := range texts {
		view.Rows = append(view.Rows, withheldRow(t))
	}
	return withheldPage.Render(s.pages, w, r, page.Page{Title: "Withheld texts", Private: true, Trail: teamTrail}, view)
}

func editionTitle(id, title string) string {
	if id == release.OwnEntries {
		return "Our own entries"
	}
	return title
}

func withheldRow(t release.WithheldText) WithheldRow {
	row := WithheldRow{ID: t.ID.String(), Title: withheldTitle(t), Place: withheldPlace(t), Since: page.Moment(t.Since), Kinds: kindWords(t.Findings),
		Windows: t.Windows, State: withheldStates[t.State], Waits: t.State == release.WithheldWaiting}
	if t.Entry > 0 {
		row.Href = "/register/" + strconv.FormatInt(t.Entry, 10)
	}
	if t.DecidedAt != nil {
		row.Decision = fmt.Sprintf("%s, %s: %s", t.DecidedBy, page.Moment(*t.DecidedAt), t.Reason)
	}
	if t.Tombstone > 0 {
		row.Tombstone = "/register/" + strconv.FormatInt(t.Tombstone, 10)
	}
	return row
}

var withheldStates = map[string]string{release.WithheldWaiting: "Waits for a decision", release.WithheldPublished: "Published", release.WithheldErased: "Erased"}

func withheldTitle(t release.WithheldText) string {
	if t.Entry == 0 {
		return register.Place(t.Sheet, t.Line, register.ColumnLetters(t.Column))
	}
	return fmt.Sprintf("Entry %s: %s", page.Count(t.Entry), fieldWords(t.Field))
}

func withheldPlace(t release.WithheldText) string {
	place := "Our own entry"
	if t.EditionID.Valid {
		place = t.EditionTitle
	}
	if t.Reference != "" {
		place += "; " + t.Reference
	}
	return place
}

// fieldWords is a text of an entry as people call it.
func fieldWords(f register.Field) string {
	if words, known := fieldNames[f]; known {
		return words
	}
	return string(f)
}

var fieldNames = map[register.Field]string{
	register.OrganisationName: "name of the organisation", register.OrganisationID: "id of the organisation", register.OrganisationType: "type of the organisation",
	register.DatasetName: "name of the dataset", register.DatasetNames: "names of the datasets", register.Title: "title", register.Objective: "objective",
	register.Processing: "processing", register.Outputs: "outputs", register.Benefits: "benefits", register.YieldedBenefits: "benefits yielded",
	register.Reason: "reason", register.Controllers: "controllers", register.Parties: "parties", register.Flows: "data flows",
	register.LaySummary: "lay summary", register.TechnicalSummary: "technical summary", register.Funders: "funders",
	register.Successor: "name of the successor", register.SuccessorID: "id of the successor", register.AsPublished: "other cells of the published row",
}

func kindWords(findings []privacy.Finding) string {
	words := ""
	for i, k := range privacy.KindsOf(findings) {
		if i > 0 {
			words += ", "
		}
		words += k.Label()
	}
	return words
}

func (s *server) withheldFilters(r *http.Request, f release.WithheldFilter) ([]*page.Field, error) {
	states := []page.Option{{Label: "Any state"}}
	for _, state := range []string{release.WithheldWaiting, release.WithheldPublished, release.WithheldErased} {
		states = append(states, page.Option{Value: state, Label: withheldStates[state]})
	}
	fields := []page.Option{{Label: "Any text"}, {Value: string(release.CellField), Label: "cells of imported rows"}}
	for _, field := range []register.Field{register.Title, register.Objective, register.Processing, register.Outputs, register.Benefits, register.YieldedBenefits,
		register.Reason, register.Flows, register.AsPublished} {
		fields = append(fields, page.Option{Value: string(field), Label: fieldWords(field)})
	}
	editions, err := s.editionOptions(r)
	if err != nil {
		return nil, err
	}
	entry := ""
	if f.Entry > 0 {
		entry = strconv.FormatInt(f.Entry, 10)
	}
	return []*page.Field{
		{Name: "state", Label: "State", Kind: "select", Value: f.State, Options: states},
		{Name: "kind", Label: "What was found", Kind: "select", Value: string(f.Kind), Options: options[privacy.Kind]("Anything", privacy.Kind("").Values())},
		{Name: "field", Label: "Text", Kind: "select", Value: string(f.Field), Options: fields},
		{Name: "edition", Label: "Edition", Kind: "select", Value: f.Edition, Options: editions},
		{Name: "entry", Label: "Entry", Kind: "number", Value: entry},
	}, nil
}

func (s *server) editionOptions(r *http.Request) ([]page.Option, error) {
	found, err := s.Service.Read().Edition.Query().Where(edition.Ours(false)).Order(edition.ByPeriodFrom(), edition.ByID()).
		Select(edition.FieldTitle, edition.FieldPeriodFrom, edition.FieldPeriodTo).All(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading editions: %w", err)
	}
	all := []page.Option{{Label: "All"}, {Value: release.OwnEntries, Label: "Our own entries"}}
	for _, e := range found {
		all = append(all, page.Option{Value: e.ID.String(), Label: editionName(e)})
	}
	return all, nil
}

func editionName(e *ent.Edition) string {
	return fmt.Sprintf("%s, %s", e.Title, terms.Period{From: e.PeriodFrom, To: e.PeriodTo})
}

// withheldCSV sends the list without any words of the texts.
func (s *server) withheldCSV(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	texts, _, err := s.Service.WithheldTexts(r.Context(), actor, withheldFilter(r.URL.Query()), 0, 0)
	if err != nil {
		return err
	}
	grid := page.Grid{Columns: page.Columns("Id", "Entry", "Text", "Reference", "Edition", "Sheet", "Row", "Column", "Found", "Places", "Since", "State", "Decided", "By", "Reason", "Tombstone")}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	for _, t := range texts {
		decided := ""
		if t.DecidedAt != nil {
			decided = page.Moment(*t.DecidedAt)
		}
		row := []page.GridCell{}
		for _, text := range []string{t.ID.String(), number(t.Entry), string(t.Field), t.Reference, t.EditionTitle, t.Sheet, number(int64(t.Line)), register.ColumnLetters(t.Column),
			kindWords(t.Findings), strconv.Itoa(len(t.Findings)), page.Moment(t.Since), withheldStates[t.State], decided, t.DecidedBy, t.Reason, number(t.Tombstone)} {
			row = append(row, page.GridCell{Text: text})
		}
		grid.Rows = append(grid.Rows, row)
	}
	return grid.WriteCSV(w, "withheld")
}

var privacyTrail = []page.Link{teamTrail[0], {Text: "Withheld texts", Href: privacyHome}}

// decisionFields ask what is decided, and why.
func decisionFields(hidden ...*page.Field) []*page.Field {
	return append(hidden,
		&page.Field{Name: "decision", Label: "What is decided", Kind: "radios", Options: []page.Option{
			{Value: release.PublishWithheld, Label: "Publish", Hint: "as it was entered, word for word"},
			{Value: release.EraseWithheld, Label: "Erase", Hint: "for good; a tombstone in the register says so"}}},
		&page.Field{Name: "reason", Label: "Why", Kind: "textarea", Rows: 3, Wide: true,
			Hint: "Kept with the decision. Of an erasure it is published in the tombstone: name nobody"},
		&page.Field{Name: "law", Label: "Law", Kind: "text", Wide: true, Hint: "For an erasure: what it rests on, such as UK GDPR Article 17(1)(d), or the common-law duty of confidentiality"})
}

// decide runs a decision that a form sent.
func (s *server) decide(r *http.Request, actor access.Actor, input release.DecideInput, value func(string) string) (string, error) {
	input.Decision, input.Reason, input.Law = value("decision"), value("reason"), value("law")
	if err := needed(value, "decision", "reason"); err != nil {
		return "", err
	}
	_, err := s.Service.DecideWithheld(r.Context(), actor, input)
	return privacyHome, err
}

// decideWithheld goes from the ticked texts to the form of the decision, and
// from there to the command.
func (s *server) decideWithheld(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	var ids []uuid.UUID
	var hidden []*page.Field
	for _, raw := range r.PostForm["text"] {
		id, err := uuid.Parse(raw)
		if err != nil {
			return fault.New(fault.NotFound, "One of the texts chosen is none that is withheld; nothing was decided. Choose them again.")
		}
		ids = append(ids, id)
		hidden = append(hidden, &page.Field{Name: "text", Kind: "hidden", Value: raw})
	}
	if len(ids) == 0 {
		return formPage.Render(s.pages, w, r, page.Page{Title: "Error: nothing is chosen", Private: true, Status: http.StatusUnprocessableEntity, Trail: privacyTrail},
			FormView{Heading: "Nothing is chosen", Intro: []string{"Tick the texts first."}, Cancel: privacyHome, Problems: []page.Problem{{Text: "No text is ticked"}}, Action: privacyHome})
	}
	view := FormView{About: page.Plural(len(ids), "text", "texts"), Heading: "Decide about withheld texts", Action: privacyHome + "/decide", Cancel: privacyHome,
		Fields: decisionFields(hidden...), Buttons: []FormButton{{Text: "Decide", Value: "decide", Warning: true}}}
	if r.PostForm.Get("do") != "decide" {
		return formPage.Render(s.pages, w, r, page.Page{Title: view.Heading, Private: true, Trail: privacyTrail}, view)
	}
	return s.form(w, r, view, privacyTrail, func(value func(string) string) (string, error) {
		return s.decide(r, actor, release.DecideInput{IDs: ids}, value)
	})
}

// decideClass decides about all undecided texts of an edition in which one kind
// of finding was made and no other, after showing how many they are.
func (s *server) decideClass(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	class := release.WithheldFilter{State: release.WithheldWaiting, Kind: privacy.Kind(query.Get("kind")), Only: true, Edition: query.Get("edition")}
	if !slices.Contains(privacy.Kinds(), class.Kind) {
		return fault.New(fault.NotFound, "There is no such class of withheld texts; choose one from the list.")
	}
	texts, total, err := s.Service.WithheldTexts(r.Context(), actor, class, 0, perPage)
	if err != nil {
		return err
	}
	grid := page.Grid{Caption: "Texts of this class", Columns: page.Columns("Text", "Where", "In its sentence"), Empty: "None waits for a decision."}
	for _, t := range texts {
		words := ""
		for _, window := range t.Windows {
			words += fmt.Sprintf("…%s%s%s… ", window.Before, window.Found, window.After)
		}
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: withheldTitle(t)}, {Text: withheldPlace(t)}, {Text: words}})
	}
	title := page.Plural(total, "text", "texts")
	if total > len(texts) {
		title += fmt.Sprintf("; the first %d are", len(texts))
	}
	view := FormView{About: class.Kind.Label() + ": " + page.Plural(total, "text", "texts"), Heading: "Decide about a class of texts", Cancel: privacyHome,
		Intro:   []string{"One decision for all of them, with one reason. Texts in which something of another kind was found too are not among them."},
		Fields:  decisionFields(&page.Field{Name: "expect", Kind: "hidden", Value: strconv.Itoa(total)}),
		Buttons: []FormButton{{Text: "Decide about all " + page.Count(int64(total)), Warning: true}}, Also: []ListSection{{title, grid}}}
	return s.form(w, r, view, privacyTrail, func(value func(string) string) (string, error) {
		expect, err := strconv.Atoi(value("expect"))
		if err != nil {
			expect = -1
		}
		return s.decide(r, actor, release.DecideInput{Class: &class, Expect: expect}, value)
	})
}
