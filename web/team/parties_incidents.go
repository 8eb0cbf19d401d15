package team

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/incident"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// incidents lists incidents and the holds that stand.
func (s *server) incidents(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	ctx, query := r.Context(), r.URL.Query()
	find := s.Service.Read().Incident.Query().WithAgreement().WithOrganisation().WithHolds().Order(ent.Desc(incident.FieldAwareAt, incident.FieldID))
	if status := terms.IncidentStatus(query.Get("status")); status.Known() {
		find.Where(incident.StatusEQ(status))
	}
	if kind := terms.IncidentKind(query.Get("kind")); kind.Known() {
		find.Where(incident.KindEQ(kind))
	}
	found, err := find.All(ctx)
	if err != nil {
		return fmt.Errorf("reading incidents: %w", err)
	}
	holds, err := s.Service.Read().Hold.Query().Where(hold.LiftedAtIsNil()).WithAgreement().WithOrganisation().WithIncident().Order(hold.ByCreatedAt()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading holds: %w", err)
	}
	view := ListView{
		Intro: []string{"An incident puts a hold on what it concerns at once; two persons lift it. While it is only suspected, nothing public says so."},
		Filters: []*page.Field{filter(query, "select", "status", "Status", options[terms.IncidentStatus]("Every status", terms.IncidentStatus("").Values())...),
			filter(query, "select", "kind", "Kind", options[terms.IncidentKind]("Every kind", terms.IncidentKind("").Values())...)},
		Count: page.Plural(len(found), "incident", "incidents"), Grid: incidentsGrid(found, "No incident is recorded."),
		Also: []ListSection{{"Holds that stand now", holdsGrid(holds)}},
	}
	if access.Check(actor, access.SetHold) == nil {
		view.Actions = []page.Link{{Text: "Open an incident", Href: incidentsHome + "/new"}, {Text: "Set a hold", Href: holdsHome + "/new"}}
	}
	return s.list(w, r, "Incidents and holds", view, teamTrail)
}

func incidentsGrid(found []*ent.Incident, empty string) page.Grid {
	grid := page.Grid{Caption: "Incidents", Columns: page.Columns("Incident", "Status", "Concerns", "Known since", "Report to the ICO"), Empty: empty}
	for _, i := range found {
		about := concerned(i.Edges.Agreement, i.Edges.Organisation, i.Line)
		if i.Edges.Agreement == nil && i.Edges.Organisation == nil {
			about.Text = "This organisation"
		}
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: i.Kind.Label(), Href: incidentsHome + "/" + i.ID.String()}, incidentStatus(i), about,
			{Text: page.Moment(i.AwareAt)}, report(i)})
	}
	return grid
}

func incidentStatus(i *ent.Incident) page.GridCell {
	tags := map[terms.IncidentStatus]string{terms.Suspected: "yellow", terms.Confirmed: "red", terms.NotABreach: "grey"}
	return page.GridCell{Text: i.Status.Label(), Tag: tags[i.Status]}
}

// report says when an incident was or must be reported.
func report(i *ent.Incident) page.GridCell {
	by, open := release.ReportBy(i)
	switch {
	case i.ReportedAt != nil:
		return page.GridCell{Text: "Reported", Note: page.Moment(*i.ReportedAt)}
	case open && i.Status == terms.Confirmed:
		return page.GridCell{Text: "Due", Tag: "red", Note: page.Moment(by)}
	case open:
		return page.GridCell{Text: "If confirmed", Note: "by " + page.Moment(by)}
	}
	return page.GridCell{Text: "None due"}
}

// concerned is what an incident or hold is about.
func concerned(a *ent.Agreement, o *ent.Organisation, line int) page.GridCell {
	switch {
	case a != nil && line > 0:
		return page.GridCell{Text: a.Stem, Note: "line " + strconv.Itoa(line), Href: agreementHref(a.Stem)}
	case a != nil:
		return page.GridCell{Text: a.Stem, Href: agreementHref(a.Stem)}
	case o != nil:
		return page.GridCell{Text: o.Name, Note: "every agreement of it", Href: organisationsHome + "/" + o.Slug}
	}
	return page.GridCell{}
}

func holdsGrid(holds []*ent.Hold) page.Grid {
	grid := page.Grid{Caption: "Holds that stand now", Columns: page.Columns("Hold", "Concerns", "Since", "Because of"), Empty: "Nothing is on hold."}
	for _, h := range holds {
		why := page.GridCell{Text: "No incident"}
		if h.Edges.Incident != nil {
			why = page.GridCell{Text: "An incident", Href: incidentsHome + "/" + h.Edges.Incident.ID.String(), Note: h.Edges.Incident.Status.Label()}
		}
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: h.Reason, Href: holdsHome + "/" + h.ID.String()}, concerned(h.Edges.Agreement, h.Edges.Organisation, h.Line),
			{Text: page.Moment(h.CreatedAt)}, why})
	}
	return grid
}

// scopeFields ask what a hold or incident concerns.
func (s *server) scopeFields(r *http.Request) ([]*page.Field, error) {
	names, err := s.organisationOptions(r, "None: the agreement above")
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	return []*page.Field{
		{Name: "stem", Label: "Agreement", Value: query.Get("agreement"), Hint: "Its reference, such as NIC-69431-K1K8R"},
		{Name: "line", Label: "Line of the agreement", Kind: "number", Value: query.Get("line"), Hint: "Its number; empty: every line"},
		{Name: "organisation", Label: "Or every agreement of an organisation", Kind: "select", Options: names, Value: query.Get("organisation")},
	}, nil
}

// lineField reads the number of a line; empty is every line.
func lineField(value func(string) string, problems *fault.Error) int {
	if value("line") == "" {
		return 0
	}
	n, err := strconv.Atoi(value("line"))
	if err != nil || n < 1 {
		problems.With(fault.Reason{Code: "number", Field: "line", Message: "is no number of a line"})
	}
	return n
}

var incidentsTrail = []page.Link{teamTrail[0], {Text: "Incidents and holds", Href: incidentsHome}}

func (s *server) openIncident(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	scope, err := s.scopeFields(r)
	if err != nil {
		return err
	}
	view := FormView{Heading: "Open an incident", Buttons: []FormButton{{Text: "Open it and set the hold", Warning: true}}, Cancel: incidentsHome,
		Intro: []string{"What it concerns is on hold from this moment on: no extract runs, nothing is released or downloaded."},
		Fields: append([]*page.Field{{Name: "kind", Label: "What kind of breach is suspected?", Kind: "radios", Options: options[terms.IncidentKind]("", terms.IncidentKind("").Values())}},
			append(scope, &page.Field{Name: "awareAt", Label: "Since when the body knows", Hint: "Day and time, such as 2026-11-25 14:30; 72 hours to report a personal data breach count from then", Standard: "UK GDPR, Article 33"},
				&page.Field{Name: "description", Label: "What is known", Kind: "textarea", Rows: 6, Hint: "No names of patients"})...)}
	return s.form(w, r, view, incidentsTrail, func(value func(string) string) (string, error) {
		problems := wrongForm()
		input := release.IncidentInput{Kind: terms.IncidentKind(value("kind")), Stem: value("stem"), Line: lineField(value, problems), Organisation: value("organisation"),
			AwareAt: momentField(value, "awareAt", problems), Description: value("description")}
		if err := orNil(problems); err != nil {
			return "", err
		}
		id, err := s.Service.OpenIncident(r.Context(), actor, input)
		return incidentsHome + "/" + id.String(), err
	})
}

func (s *server) setHold(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	scope, err := s.scopeFields(r)
	if err != nil {
		return err
	}
	view := FormView{Heading: "Set a hold", Buttons: []FormButton{{Text: "Set the hold", Warning: true}}, Cancel: incidentsHome,
		Intro:  []string{"One person sets a hold, and it works at once. Two persons lift it."},
		Fields: append(scope, &page.Field{Name: "reason", Label: "Reason", Kind: "textarea", Rows: 3})}
	return s.form(w, r, view, incidentsTrail, func(value func(string) string) (string, error) {
		problems := wrongForm()
		input := release.HoldInput{Stem: value("stem"), Line: lineField(value, problems), Organisation: value("organisation"), Reason: value("reason")}
		if err := orNil(problems); err != nil {
			return "", err
		}
		id, err := s.Service.SetHold(r.Context(), actor, input)
		return holdsHome + "/" + id.String(), err
	})
}

// IncidentView is one incident.
type IncidentView struct {
	Facts               []FactRow
	Description         string
	Finding             string
	Holds               page.Grid
	Find, Report, About page.Link // empty where there is nothing to do, or not by this reader
}

var incidentPage = page.Parse[IncidentView]("team/incident.html")

func (s *server) readIncident(r *http.Request) (*ent.Incident, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "There is no such incident.")
	}
	i, err := s.Service.Read().Incident.Query().Where(incident.ID(id)).WithAgreement().WithOrganisation().
		WithHolds(func(q *ent.HoldQuery) {
			q.WithAgreement().WithOrganisation().WithIncident().WithLifts().Order(hold.ByCreatedAt())
		}).Only(r.Context())
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such incident.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the incident: %w", err)
	}
	return i, nil
}

func (s *server) incident(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	i, err := s.readIncident(r)
	if err != nil {
		return err
	}
	status, due, about := incidentStatus(i), report(i), concerned(i.Edges.Agreement, i.Edges.Organisation, i.Line)
	view := IncidentView{Description: i.Description, Finding: i.Finding, Holds: page.Grid{Caption: "Holds", Columns: page.Columns("Hold", "Set", "Lifted"), Empty: "None."},
		About: page.Link{Text: about.Text, Href: about.Href},
		Facts: []FactRow{{Name: "Status", Value: status.Text, Tag: status.Tag}, {Name: "Concerns", Value: about.Text, Note: about.Note},
			{Name: "Known since", Value: page.Moment(i.AwareAt)}, {Name: "Opened", Value: page.Moment(i.CreatedAt)}, {Name: "Report to the Information Commissioner", Value: due.Text, Note: due.Note, Tag: due.Tag}}}
	for _, h := range i.Edges.Holds {
		lifted := page.GridCell{Text: "No", Note: page.Plural(len(h.Edges.Lifts), "word of two", "words of two")}
		if h.LiftedAt != nil {
			lifted = page.GridCell{Text: page.Moment(*h.LiftedAt)}
		}
		view.Holds.Rows = append(view.Holds.Rows, []page.GridCell{{Text: h.Reason, Href: holdsHome + "/" + h.ID.String()}, {Text: page.Moment(h.CreatedAt)}, lifted})
	}
	if access.Check(actor, access.SetHold) == nil {
		here := incidentsHome + "/" + i.ID.String()
		if i.Status == terms.Suspected {
			view.Find = page.Link{Text: "Record what it came to", Href: here + "/finding"}
		}
		if i.ReportedAt == nil && i.Status != terms.NotABreach {
			view.Report = page.Link{Text: "Record the report to the Information Commissioner", Href: here + "/report"}
		}
	}
	return incidentPage.Render(s.pages, w, r, page.Page{Title: i.Kind.Label(), Private: true, Trail: incidentsTrail}, view)
}

// actOnIncident records what an incident came to, or its report.
func (s *server) actOnIncident(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	i, err := s.readIncident(r)
	if err != nil {
		return err
	}
	here := incidentsHome + "/" + i.ID.String()
	trail := append(append([]page.Link{}, incidentsTrail...), page.Link{Text: i.Kind.Label(), Href: here})
	reported := &page.Field{Name: "reportedAt", Label: "When it was reported to the Information Commissioner", Hint: "Day and time, such as 2026-11-25 14:30"}
	switch r.PathValue("act") {
	case "finding":
		reported.Hint += "; empty: it was not, or not yet"
		view := FormView{About: i.Kind.Label(), Heading: "Record what it came to", Buttons: []FormButton{{Text: "Record"}}, Cancel: here,
			Intro: []string{"Neither answer lifts the hold: two persons do."},
			Fields: []*page.Field{{Name: "status", Label: "What did it come to?", Kind: "radios", Options: options[terms.IncidentStatus]("", []string{string(terms.Confirmed), string(terms.NotABreach)})},
				{Name: "finding", Label: "Finding", Kind: "textarea", Rows: 6}, reported}}
		return s.form(w, r, view, trail, func(value func(string) string) (string, error) {
			problems := wrongForm()
			input := release.IncidentFinding{Status: terms.IncidentStatus(value("status")), Finding: value("finding")}
			if value("reportedAt") != "" {
				at := momentField(value, "reportedAt", problems)
				input.ReportedAt = &at
			}
			if err := orNil(problems); err != nil {
				return "", err
			}
			return here, s.Service.SetIncidentStatus(r.Context(), actor, i.ID, input)
		})
	case "report":
		view := FormView{About: i.Kind.Label(), Heading: "Record the report", Buttons: []FormButton{{Text: "Record"}}, Cancel: here,
			Fields: []*page.Field{reported, {Name: "reason", Label: "Reference or remark"}}}
		return s.form(w, r, view, trail, func(value func(string) string) (string, error) {
			problems := wrongForm()
			at := momentField(value, "reportedAt", problems)
			if err := orNil(problems); err != nil {
				return "", err
			}
			return here, s.Service.ReportIncident(r.Context(), actor, i.ID, at, value("reason"))
		})
	}
	return fault.New(fault.NotFound, "There is no such page.")
}

// liftHold shows a hold, and takes a person's word that it may go.
func (s *server) liftHold(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such hold.")
	}
	h, err := s.Service.Read().Hold.Query().Where(hold.ID(id)).WithAgreement().WithOrganisation().WithIncident().WithLifts().Only(r.Context())
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "There is no such hold.")
	} else if err != nil {
		return fmt.Errorf("reading the hold: %w", err)
	}
	names, err := s.Service.HoldNames(r.Context(), actor, h.ID)
	if err != nil {
		return err
	}
	about, here := concerned(h.Edges.Agreement, h.Edges.Organisation, h.Line), holdsHome+"/"+h.ID.String()
	view := FormView{About: strings.TrimSuffix(about.Text+", "+about.Note, ", "), Heading: "Hold: " + h.Reason, Cancel: incidentsHome, Intro: []string{"Set " + page.Moment(h.CreatedAt) + ", by " + mine(h.SetBy == actor.PersonID, "you", names[h.SetBy]) + "."}}
	words := page.Grid{Caption: "Words that it may go", Columns: page.Columns("Given", "By", "Because"), Empty: "Nobody has said yet that it may go; two persons must."}
	said := false
	for _, word := range h.Edges.Lifts {
		said = said || word.PersonID == actor.PersonID
		words.Rows = append(words.Rows, []page.GridCell{{Text: page.Moment(word.CreatedAt)}, {Text: mine(word.PersonID == actor.PersonID, "you", names[word.PersonID])}, {Text: word.Reason}})
	}
	view.Also = []ListSection{{"Words that it may go", words}}
	switch {
	case h.LiftedAt != nil:
		view.Intro = append(view.Intro, "It was lifted "+page.Moment(*h.LiftedAt)+".")
	case access.Check(actor, access.SetHold) != nil: // reads it, and has no say
	case said:
		view.Intro = append(view.Intro, "You have said that it may go. A second person must, too.")
	default:
		view.Fields = []*page.Field{{Name: "reason", Label: "Why may it go?", Kind: "textarea", Rows: 3}}
		view.Buttons = []FormButton{{Text: "It may go", Warning: true}}
	}
	return s.form(w, r, view, incidentsTrail, func(value func(string) string) (string, error) {
		_, err := s.Service.LiftHold(r.Context(), actor, h.ID, value("reason"))
		return here, err
	})
}

// mine picks words by whose something is.
func mine(yes bool, words ...string) string {
	if yes {
		return words[0]
	}
	if len(words) > 1 {
		return words[1]
	}
	return ""
}
