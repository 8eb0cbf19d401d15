// Package team has the pages of the people who run agreements and extracts: the
// queue, and for each extract what the gate found and on what authority. It
// reads through ent's policies, as the person who looks, and changes nothing.
package team

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// Home is the address of the queue.
const Home = "/team"

// Config is what the pages stand on.
type Config struct{ Service *release.Service }

type server struct {
	Config
	pages *page.Renderer
}

// Mount adds the pages.
func Mount(mux *http.ServeMux, pages *page.Renderer, config Config) {
	login.Mount(mux, pages, (&server{config, pages}).routes())
}

// routes is every page and form of the team, with what each asks for.
func (s *server) routes() []login.Route {
	return slices.Concat(s.caseRoutes(), s.gateRoutes(), s.partyRoutes(), s.flowRoutes(), s.dutyRoutes())
}

func (s *server) caseRoutes() []login.Route {
	return []login.Route{
		{Pattern: "GET " + Home, Permission: access.ReadAgreements, Handle: s.queue},
		{Pattern: "GET " + Home + "/extracts/{id}", Permission: access.ReadAgreements, Handle: s.extract},
	}
}

func (s *server) gateRoutes() []login.Route { return nil }
func (s *server) dutyRoutes() []login.Route { return nil }

// limit is how many rows of each list the queue shows, newest first.
const limit = 100

// QueueView is the queue.
type QueueView struct {
	Extracts []ExtractRow
	Versions []VersionRow
	Limit    int
}

// ExtractRow is an extract in the queue.
type ExtractRow struct {
	Href, Reference, Recipient, State string
	Asked                             time.Time
	Progress                          int // per cent; shown while it runs
	Running                           bool
}

// VersionRow is a version that somebody has to do something about.
type VersionRow struct {
	Reference, Title, State string
	Since                   time.Time
}

var queuePage = page.Parse[QueueView]("team/queue.html")

// waiting are the states in which a version waits for somebody.
var waiting = []terms.VersionState{terms.Draft, terms.Submitted, terms.InReview, terms.Returned, terms.Recommended,
	terms.Deferred, terms.NotRecommended, terms.VersionApproved, terms.Issued}

func (s *server) queue(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	ctx, read := r.Context(), s.Service.Read()
	extracts, err := read.Extract.Query().WithVersion(func(q *ent.AgreementVersionQuery) { q.WithAgreement() }).
		Order(ent.Desc(extract.FieldCreatedAt)).Limit(limit).All(ctx)
	if err != nil {
		return fmt.Errorf("reading extracts: %w", err)
	}
	versions, err := read.AgreementVersion.Query().Where(agreementversion.StateIn(waiting...)).WithAgreement().
		Order(ent.Desc(agreementversion.FieldCreatedAt)).Limit(limit).All(ctx)
	if err != nil {
		return fmt.Errorf("reading versions: %w", err)
	}
	names, err := s.names(r, extracts...)
	if err != nil {
		return err
	}
	view := QueueView{Limit: limit}
	for _, e := range extracts {
		view.Extracts = append(view.Extracts, row(e, names))
	}
	for _, v := range versions {
		view.Versions = append(view.Versions, VersionRow{Reference: reference(v), Title: v.Title, State: v.State.Label(), Since: v.CreatedAt})
	}
	return queuePage.Render(s.pages, w, r, page.Page{Title: "Team", Private: true}, view)
}

func row(e *ent.Extract, names map[uuid.UUID]string) ExtractRow {
	return ExtractRow{Href: Home + "/extracts/" + e.ID.String(), Reference: reference(e.Edges.Version), Recipient: names[e.RecipientID],
		State: e.State.Label(), Asked: e.CreatedAt, Progress: e.Progress, Running: e.State == terms.Running}
}

// names are those of the extracts' recipients.
func (s *server) names(r *http.Request, extracts ...*ent.Extract) (map[uuid.UUID]string, error) {
	ids := make([]uuid.UUID, len(extracts))
	for i, e := range extracts {
		ids[i] = e.RecipientID
	}
	rows, err := s.Service.Read().Organisation.Query().Where(organisation.IDIn(ids...)).All(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading recipients: %w", err)
	}
	names := map[uuid.UUID]string{}
	for _, o := range rows {
		names[o.ID] = o.Name
	}
	return names, nil
}

func reference(v *ent.AgreementVersion) string {
	if v.Number == "" {
		return v.Edges.Agreement.Stem + ", version unknown"
	}
	return v.Edges.Agreement.Stem + " " + v.Number
}

// ExtractView is an extract with what the gate found.
type ExtractView struct {
	ExtractRow
	Agreement  page.Link
	PlanSHA256 string
	Failure    string
	Decisions  []DecisionView
}

// DecisionView is one decision of the gate.
type DecisionView struct {
	Line         int
	Moment       string
	At           time.Time
	Allowed      bool
	PolicySHA256 string
	Refusing     int
	Findings     []gate.Finding
}

var extractPage = page.Parse[ExtractView]("team/extract.html")

func (s *server) extract(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such extract.")
	}
	ctx := r.Context()
	e, err := s.Service.Read().Extract.Query().Where(extract.ID(id)).
		WithVersion(func(q *ent.AgreementVersionQuery) { q.WithAgreement() }).
		WithDecisions(func(q *ent.DecisionQuery) { q.Order(ent.Desc("at"), ent.Asc("line")) }).Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "There is no such extract.")
	}
	if err != nil {
		return fmt.Errorf("reading the extract: %w", err)
	}
	names, err := s.names(r, e)
	if err != nil {
		return err
	}
	view := ExtractView{ExtractRow: row(e, names), PlanSHA256: e.PlanSha256, Failure: e.Failure,
		Agreement: page.Link{Text: reference(e.Edges.Version), Href: "/agreements/" + e.Edges.Version.Edges.Agreement.Stem}}
	for _, d := range e.Edges.Decisions {
		decision := DecisionView{Line: d.Line, Moment: d.Moment, At: d.At, Allowed: d.Allowed, PolicySHA256: d.PolicySha256}
		if err := json.Unmarshal(d.Findings, &decision.Findings); err != nil {
			return fmt.Errorf("reading findings: %w", err)
		}
		for _, f := range decision.Findings {
			if f.Outcome == gate.Refuse {
				decision.Refusing++
			}
		}
		view.Decisions = append(view.Decisions, decision)
	}
	return extractPage.Render(s.pages, w, r, page.Page{Title: "Extract for " + view.Recipient, Private: true, Trail: []page.Link{{Text: "Team", Href: Home}}}, view)
}
