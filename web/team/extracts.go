package team

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// extractsAtOnce is how many extracts a page of the list shows.
const extractsAtOnce = 50

// waiting are the states in which an extract waits for somebody or runs.
var waiting = []terms.ExtractState{terms.Requested, terms.Allowed, terms.ExtractApproved, terms.Queued, terms.Running, terms.Produced, terms.Held}

// ExtractsView is the list of extracts.
type ExtractsView struct {
	Filters    []*page.Field
	Extracts   []ExtractRow
	Total      int
	CSV        string
	Pagination page.Pagination
}

// ExtractRow is an extract in the list.
type ExtractRow struct {
	Href, Reference, Recipient, State string
	Asked                             time.Time
	Progress                          int // per cent; shown while it runs
	Running                           bool
}

var extractsPage = page.Parse[ExtractsView]("team/extracts.html")

// extractFilter reads the address of the list: in which states, and under
// which agreement; none: those that wait.
func extractFilter(values url.Values) (states []terms.ExtractState, stem string, err error) {
	stem = strings.TrimSpace(values.Get("agreement"))
	switch state := values.Get("state"); {
	case state == "":
		return waiting, stem, nil
	case state == "all":
		return nil, stem, nil
	case slices.Contains(terms.ExtractState("").Values(), state):
		return []terms.ExtractState{terms.ExtractState(state)}, stem, nil
	default:
		return nil, stem, fault.New(fault.Invalid, "The list cannot be read as its address has it.").
			With(fault.Reason{Code: "query", Field: "state", Message: fmt.Sprintf("%q is no state of an extract", state)})
	}
}

func (s *server) findExtracts(states []terms.ExtractState, stem string) *ent.ExtractQuery {
	find := s.Service.Read().Extract.Query()
	if len(states) > 0 {
		find.Where(extract.StateIn(states...))
	}
	if stem != "" {
		find.Where(extract.HasVersionWith(agreementversion.HasAgreementWith(agreement.StemContainsFold(stem))))
	}
	return find
}

func (s *server) readExtracts(r *http.Request, find *ent.ExtractQuery) (out []ExtractRow, err error) {
	rows, err := find.WithVersion(func(q *ent.AgreementVersionQuery) { q.WithAgreement() }).
		Order(ent.Desc(extract.FieldCreatedAt, extract.FieldID)).All(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading extracts: %w", err)
	}
	names, err := s.names(r, rows...)
	if err != nil {
		return nil, err
	}
	for _, e := range rows {
		out = append(out, row(e, names))
	}
	return out, nil
}

// extracts lists those that wait for somebody, or of any state, the newest
// first.
func (s *server) extracts(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	values := r.URL.Query()
	states, stem, err := extractFilter(values)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(values.Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	total, err := s.findExtracts(states, stem).Count(r.Context())
	if err != nil {
		return fmt.Errorf("counting extracts: %w", err)
	}
	rows, err := s.readExtracts(r, s.findExtracts(states, stem).Offset((number-1)*extractsAtOnce).Limit(extractsAtOnce))
	if err != nil {
		return err
	}
	options := []page.Option{{Label: "Those that wait"}, {Value: "all", Label: "Any state"}}
	for _, value := range terms.ExtractState("").Values() {
		options = append(options, page.Option{Value: value, Label: terms.ExtractState(value).Label()})
	}
	href := func(path string, page int) string {
		out := url.Values{}
		for _, name := range []string{"state", "agreement"} {
			if v := values.Get(name); v != "" {
				out.Set(name, v)
			}
		}
		if page > 1 {
			out.Set("page", strconv.Itoa(page))
		}
		return at(path, out)
	}
	view := ExtractsView{Extracts: rows, Total: total, CSV: href(Home+"/extracts.csv", 0),
		Filters: []*page.Field{{Name: "agreement", Label: "Reference of the agreement", Kind: "text", Value: stem},
			{Name: "state", Label: "State", Kind: "select", Value: values.Get("state"), Options: options}},
		Pagination: page.Paginate(number, (total+extractsAtOnce-1)/extractsAtOnce, func(n int) string { return href(Home+"/extracts", n) })}
	return extractsPage.Render(s.pages, w, r, page.Page{Title: "Extracts", Private: true, Trail: []page.Link{{Text: "Team", Href: Home}}}, view)
}

func (s *server) extractsCSV(w http.ResponseWriter, r *http.Request, _ access.Actor) error {
	states, stem, err := extractFilter(r.URL.Query())
	if err != nil {
		return err
	}
	rows, err := s.readExtracts(r, s.findExtracts(states, stem))
	if err != nil {
		return err
	}
	return table(w, "extracts.csv", func(out io.Writer) error {
		list := csv.NewWriter(out)
		if err := list.Write([]string{"extract", "agreement", "recipient", "state", "asked_for"}); err != nil {
			return err
		}
		for _, e := range rows {
			if err := list.Write([]string{path.Base(e.Href), register.SafeCell(e.Reference), register.SafeCell(e.Recipient), e.State,
				e.Asked.In(terms.London).Format(time.DateTime)}); err != nil {
				return err
			}
		}
		list.Flush()
		return list.Error()
	})
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
