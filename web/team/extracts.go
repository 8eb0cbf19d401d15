package team

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// limit is how many extracts the list shows, newest first.
const limit = 100

// waiting are the states in which an extract waits for somebody or runs.
var waiting = []terms.ExtractState{terms.Requested, terms.Allowed, terms.ExtractApproved, terms.Queued, terms.Running, terms.Produced, terms.Held}

// ExtractsView is the list of extracts.
type ExtractsView struct {
	Extracts []ExtractRow
	All      bool // also those that wait for nobody
	Limit    int
}

// ExtractRow is an extract in the queue.
type ExtractRow struct {
	Href, Reference, Recipient, State string
	Asked                             time.Time
	Progress                          int // per cent; shown while it runs
	Running                           bool
}

var extractsPage = page.Parse[ExtractsView]("team/extracts.html")

// extracts lists those that wait for somebody first, or all, the newest first.
func (s *server) extracts(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	view := ExtractsView{Limit: limit, All: r.URL.Query().Get("all") != ""}
	find := s.Service.Read().Extract.Query().WithVersion(func(q *ent.AgreementVersionQuery) { q.WithAgreement() }).
		Order(ent.Desc(extract.FieldCreatedAt)).Limit(limit)
	if !view.All {
		find.Where(extract.StateIn(waiting...))
	}
	rows, err := find.All(r.Context())
	if err != nil {
		return fmt.Errorf("reading extracts: %w", err)
	}
	names, err := s.names(r, rows...)
	if err != nil {
		return err
	}
	for _, e := range rows {
		view.Extracts = append(view.Extracts, row(e, names))
	}
	return extractsPage.Render(s.pages, w, r, page.Page{Title: "Extracts", Private: true, Trail: []page.Link{{Text: "Team", Href: Home}}}, view)
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
