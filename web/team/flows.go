package team

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/flow"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/compare"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// flowRoutes are the pages about what a version says and how it came to say
// it. Applicants and signatories read those of their own organisations.
func (s *server) flowRoutes() []login.Route {
	return []login.Route{
		{Pattern: "GET " + Home + "/versions/{id}/flows", Permission: access.ReadApplications, Handle: s.flows},
		{Pattern: "GET " + Home + "/versions/{id}/flows.svg", Permission: access.ReadApplications, Handle: s.flowsPicture},
		{Pattern: "GET " + Home + "/versions/{id}/flows.csv", Permission: access.ReadApplications, Handle: s.flowsTable},
		{Pattern: "GET " + Home + "/versions/{a}/diff/{b}", Permission: access.ReadApplications, Handle: s.diff},
	}
}

// FlowsView is how a version's data travel.
type FlowsView struct {
	Reference, Name string
	Picture         template.HTML // flow.Draw's SVG, which escapes what it shows
	SVG, CSV        string
	Told            []ToldRow
	Notes           []Note
	Flows           []FlowRow
	Licences        []LicenceRow
}

// ToldRow is a flow in words, with the notes that it cites.
type ToldRow struct {
	Number int
	Text   string
	Notes  []Note
}

// Note is a footnote of the source; flows that share one cite the same.
type Note struct {
	Number int
	Text   string
}

// FlowRow is a flow in the table.
type FlowRow struct {
	Number                                 int
	From, Through, To, Description         string
	Type, Identifiers, Basis, Route, State string
	Marks                                  []string
}

// LicenceRow is an allocation in the table.
type LicenceRow struct{ System, Holder, Kind, Used, Planned, PlannedWords, OtherAccess string }

var flowsPage = page.Parse[FlowsView]("team/flows.html")

func versionID(r *http.Request, name string) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue(name))
	if err != nil {
		return uuid.Nil, fault.New(fault.NotFound, "There is no such agreement version.")
	}
	return id, nil
}

func (s *server) readFlows(r *http.Request, actor access.Actor) (*release.VersionFlows, error) {
	id, err := versionID(r, "id")
	if err != nil {
		return nil, err
	}
	return s.Service.Flows(r.Context(), actor, id)
}

func (s *server) flows(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	v, err := s.readFlows(r, actor)
	if err != nil {
		return err
	}
	base := Home + "/versions/" + v.ID.String() + "/flows"
	view := FlowsView{Reference: v.Reference, Name: v.Title, SVG: base + ".svg", CSV: base + ".csv",
		Picture: template.HTML(flow.Draw("Data flows of "+v.Reference, v.Flows))}
	view.tell(v.Flows)
	for i, f := range v.Flows {
		f.Why = "" // it stands in the words
		row := FlowRow{Number: view.Told[i].Number, From: f.From, Through: f.Through, To: f.To, Description: f.Description, Type: f.Type.Label(),
			Identifiers: flow.Identifiers(f), Basis: orNotRecorded(f.Basis), Route: f.Route.Label(), State: flow.State(f)}
		if f.Pseudonymised {
			row.Marks = append(row.Marks, "pseudonymised in this step")
		}
		if f.OptOuts {
			row.Marks = append(row.Marks, "opt-outs applied in this step")
		}
		view.Flows = append(view.Flows, row)
	}
	for _, l := range v.Licences {
		view.Licences = append(view.Licences, licenceRow(l))
	}
	return flowsPage.Render(s.pages, w, r, page.Page{Title: "Data flows and licences", Private: true, Trail: s.trail(actor)}, view)
}

func (view *FlowsView) tell(flows []terms.Flow) {
	cited := map[string]Note{}
	for _, told := range flow.Tell(flows) {
		row := ToldRow{Number: told.Number, Text: told.Text}
		for _, text := range told.Notes {
			note, known := cited[text]
			if !known {
				note = Note{len(cited) + 1, text}
				cited[text], view.Notes = note, append(view.Notes, note)
			}
			row.Notes = append(row.Notes, note)
		}
		view.Told = append(view.Told, row)
	}
}

// trail leads the team back to the queue, and others to their applications.
func (s *server) trail(actor access.Actor) []page.Link {
	if access.Check(actor, access.ReadAgreements) != nil {
		return []page.Link{{Text: "Applications", Href: "/applications"}}
	}
	return []page.Link{{Text: "Team", Href: Home}}
}

func licenceRow(l terms.Licence) LicenceRow {
	count := func(n *int) string {
		if n == nil {
			return "not recorded"
		}
		return strconv.Itoa(*n)
	}
	row := LicenceRow{System: l.System, Holder: l.Holder, Kind: l.Kind.Label(), Used: count(l.Used), Planned: count(l.Planned), OtherAccess: l.OtherAccess}
	switch {
	case l.PlannedWords == "":
	case l.Planned == nil:
		row.Planned = "“" + l.PlannedWords + "”"
	default:
		row.PlannedWords = l.PlannedWords
	}
	return row
}

func orNotRecorded(text string) string {
	if text == "" {
		return "Not recorded"
	}
	return text
}

func (s *server) flowsPicture(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	v, err := s.readFlows(r, actor)
	if err != nil {
		return err
	}
	return send(w, "image/svg+xml", flow.Draw("Data flows of "+v.Reference, v.Flows))
}

func (s *server) flowsTable(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := s.Service.WriteFlows(r.Context(), actor, id, &out); err != nil {
		return err
	}
	return send(w, "text/csv; charset=utf-8", out.Bytes())
}

// send answers with what only its reader may keep.
func send(w http.ResponseWriter, kind string, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a reader who left is no fault
	return nil
}

// DiffView is how the terms of one version become those of another.
type DiffView struct {
	Turned  string
	Flows   []page.Link
	Changes compare.View
}

var diffPage = page.Parse[DiffView]("team/diff.html")

func (s *server) diff(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	a, err := versionID(r, "a")
	if err != nil {
		return err
	}
	b, err := versionID(r, "b")
	if err != nil {
		return err
	}
	found, err := s.Service.DiffVersions(r.Context(), actor, a, b)
	if err != nil {
		return err
	}
	before, after := naming(found.Before), naming(found.After)
	view := DiffView{Turned: Home + "/versions/" + b.String() + "/diff/" + a.String(),
		Changes: compare.New(before, after, found.Changes, r.URL.Path, compare.Cosmetic(r.URL.Query()))}
	for _, v := range []release.VersionNamed{found.Before, found.After} {
		view.Flows = append(view.Flows, page.Link{Text: "data flows of " + naming(v), Href: Home + "/versions/" + v.ID.String() + "/flows"})
	}
	return diffPage.Render(s.pages, w, r, page.Page{Title: "What changed from " + before + " to " + after, Private: true, Trail: s.trail(actor)}, view)
}

// naming tells versions of one agreement apart that have no number yet.
func naming(v release.VersionNamed) string {
	return v.Reference + " (" + v.Kind.Label() + ", " + v.State.Label() + ")"
}
