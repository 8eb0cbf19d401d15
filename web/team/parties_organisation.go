package team

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/incident"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/succession"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// OrganisationView is all that is known of an organisation.
type OrganisationView struct {
	Name       string
	Holds      []page.Link // that stand now
	Facts      []FactRow
	Aliases    page.Grid
	Before     page.Grid // whom it follows
	After      page.Grid // who follows it
	Agreements page.Grid
	Incidents  page.Grid
	People     *page.Grid // for who gives roles
	MayEdit    bool
	MayHold    bool
	Edit, Hold string // addresses
	Public     string
}

// FactRow is a fact with where it is changed.
type FactRow struct {
	Name, Value, Note string
	Tag               string
	Change            string // address; empty: not by this reader
}

var organisationPage = page.Parse[OrganisationView]("team/organisation.html")

func (s *server) readOrganisation(r *http.Request) (*ent.Organisation, error) {
	o, err := s.Service.Read().Organisation.Query().Where(organisation.Slug(r.PathValue("slug"))).
		WithAliases(func(q *ent.OrganisationAliasQuery) { q.Order(organisationalias.ByName()) }).
		WithHolds(func(q *ent.HoldQuery) { q.Where(hold.LiftedAtIsNil()).Order(hold.ByCreatedAt()) }).
		WithIncidents(func(q *ent.IncidentQuery) { q.Order(ent.Desc(incident.FieldAwareAt)) }).
		WithSuccessors(func(q *ent.SuccessionQuery) { q.WithTo().WithWithdrawal().Order(succession.ByOn(), succession.ByID()) }).
		WithPredecessors(func(q *ent.SuccessionQuery) {
			q.WithFrom().WithWithdrawal().Order(succession.ByOn(), succession.ByID())
		}).Only(r.Context())
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such organisation.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the organisation: %w", err)
	}
	return o, nil
}

func (s *server) organisation(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	o, err := s.readOrganisation(r)
	if err != nil {
		return err
	}
	ctx, here := r.Context(), organisationsHome+"/"+o.Slug
	view := OrganisationView{Name: o.Name, MayEdit: access.Check(actor, access.RunAgreements) == nil, MayHold: access.Check(actor, access.SetHold) == nil,
		Edit: here, Hold: holdsHome + "/new?organisation=" + o.Slug, Public: "/organisations/" + o.Slug}
	view.Facts = factsOf(o, s.Service.Today(), view.MayEdit, here)
	for _, h := range o.Edges.Holds {
		view.Holds = append(view.Holds, page.Link{Text: h.Reason, Href: holdsHome + "/" + h.ID.String()})
	}
	view.Aliases = page.Grid{Caption: "Other names", Columns: page.Columns("Name", "Why", "From", "To"), Empty: "None."}
	for _, a := range o.Edges.Aliases {
		view.Aliases.Rows = append(view.Aliases.Rows, []page.GridCell{{Text: a.Name}, {Text: a.Reason}, {Text: dayWords(a.From)}, {Text: dayWords(a.To)}})
	}
	if view.Before, view.After, err = s.successions(ctx, o); err != nil {
		return err
	}
	if view.Agreements, err = s.agreementsOf(ctx, o); err != nil {
		return err
	}
	view.Incidents = incidentsGrid(o.Edges.Incidents, "No incident is recorded.")
	if access.Check(actor, access.GrantRoles) == nil {
		roles, err := s.Service.Persons(ctx, actor, release.PersonFilter{Organisation: o.Slug, Former: true})
		if err != nil {
			return err
		}
		grid := peopleGrid(roles)
		view.People = &grid
	}
	return organisationPage.Render(s.pages, w, r, page.Page{Title: o.Name, Private: true, Trail: []page.Link{teamTrail[0], {Text: "Organisations", Href: organisationsHome}}}, view)
}

// factsOf are the facts with their dates.
func factsOf(o *ent.Organisation, today terms.Date, mayEdit bool, here string) []FactRow {
	row := func(name, value, note, part string) FactRow {
		f := FactRow{Name: name, Value: value, Note: note}
		if mayEdit {
			f.Change = here + "/" + part
		}
		return f
	}
	ends := func(name, value string, from, to *terms.Date, part string) FactRow {
		if value == "" {
			return row(name, "", "", part)
		}
		cell := dated(value, to, today)
		f := row(name, value, span(from, to), part)
		f.Tag = cell.Tag
		return f
	}
	code := ""
	if o.OdsCode != nil {
		code = *o.OdsCode
	}
	open := ""
	if o.Opened != nil || o.Closed != nil {
		open = "Opened " + dayWords(o.Opened)
		if o.Closed != nil {
			open = span(o.Opened, o.Closed)
		}
	}
	assurance := ends("Security assurance", strings.TrimSpace(o.AssuranceKind+" "+o.AssuranceStatus), nil, o.AssuranceTo, "assurance")
	if assurance.Value != "" {
		assurance.Note += map[bool]string{true: "; reviewed", false: "; not reviewed"}[o.AssuranceReviewed]
	}
	fee := ends("Data protection fee", o.IcoNumber, nil, o.IcoTo, "fee")
	if o.IcoExemption != "" {
		fee = row("Data protection fee", "None due", o.IcoExemption, "fee")
	}
	facts := []FactRow{
		row("Kind", o.Kind, "", "identity"), row("ODS code", code, open, "identity"),
		ends("Framework contract", o.ContractNumber, o.ContractFrom, o.ContractTo, "contract"), assurance, fee,
	}
	if o.Placeholder {
		facts = append(facts, row("Named", "No: stands for a party that a source does not name", "", "identity"))
	}
	for i, a := range o.Accreditations {
		facts = append(facts, row("Accreditation "+strconv.Itoa(i+1), accreditationLabel(a.Code), a.Authority+"; "+span(&a.Term.From, &a.Term.To), "accreditations"))
	}
	if len(o.Accreditations) == 0 {
		facts = append(facts, row("Accreditations", "", "", "accreditations"))
	}
	return append(facts, row("Where the facts come from", o.Provenance, "", "identity"))
}

func accreditationLabel(code string) string {
	switch code {
	case terms.AccreditedInvoiceValidation:
		return "Controlled Environment for Finance (invoice validation)"
	case terms.AccreditedRiskStratification:
		return "Risk stratification supplier"
	case terms.AccreditedGP:
		return "General practice"
	}
	return code
}

// successions are whom an organisation follows and who follows it. A rename is
// called one, never a transfer.
func (s *server) successions(ctx context.Context, o *ent.Organisation) (before, after page.Grid, err error) {
	var ids []uuid.UUID
	for _, row := range append(append([]*ent.Succession{}, o.Edges.Successors...), o.Edges.Predecessors...) {
		if row.AgreementID != nil {
			ids = append(ids, *row.AgreementID)
		}
	}
	stems := map[uuid.UUID]string{}
	if len(ids) > 0 {
		found, err := s.Service.Read().Agreement.Query().Where(agreement.IDIn(ids...)).All(ctx)
		if err != nil {
			return before, after, fmt.Errorf("reading agreements of successions: %w", err)
		}
		for _, a := range found {
			stems[a.ID] = a.Stem
		}
	}
	cells := func(row *ent.Succession, other *ent.Organisation) []page.GridCell {
		who := page.GridCell{Text: "Nobody"}
		if other != nil && other.ID == o.ID {
			who = page.GridCell{Text: "The same organisation, under another name"}
		} else if other != nil {
			who = page.GridCell{Text: other.Name, Href: organisationsHome + "/" + other.Slug}
		}
		which := page.GridCell{Text: "All agreements"}
		if row.AgreementID != nil {
			which = page.GridCell{Text: stems[*row.AgreementID], Href: agreementHref(stems[*row.AgreementID])}
		}
		how := page.GridCell{Text: row.Kind.Label(), Note: row.Instrument}
		if back := row.Edges.Withdrawal; back != nil {
			how = page.GridCell{Text: "Taken back: " + terms.Lower(row.Kind.Label()), Note: "the register says so", Href: fmt.Sprintf("/register/%d", back.Entry)}
		} else if row.Entry != nil {
			how.Href = fmt.Sprintf("/register/%d", *row.Entry)
		}
		return []page.GridCell{who, how, {Text: row.On.Words()}, which, {Text: row.Reason}}
	}
	columns := page.Columns("Organisation", "How", "From", "For", "Reason")
	before = page.Grid{Caption: "Whom it follows", Columns: columns, Empty: "Nobody is recorded."}
	after = page.Grid{Caption: "Who follows it", Columns: columns, Empty: "Nobody is recorded."}
	for _, row := range o.Edges.Predecessors {
		if row.Edges.From.ID != o.ID {
			before.Rows = append(before.Rows, cells(row, row.Edges.From))
		}
	}
	for _, row := range o.Edges.Successors {
		after.Rows = append(after.Rows, cells(row, row.Edges.To))
	}
	return before, after, nil
}

// agreementsOf are the agreements of which the organisation is a party or
// applicant.
func (s *server) agreementsOf(ctx context.Context, o *ent.Organisation) (page.Grid, error) {
	grid := page.Grid{Caption: "Agreements", Columns: page.Columns("Agreement", "Version", "State", "As"), Empty: "None."}
	versions, err := s.Service.Read().AgreementVersion.Query().Where(agreementversion.Or(
		agreementversion.HasPartiesWith(party.HasOrganisationWith(organisation.ID(o.ID))),
		agreementversion.HasAgreementWith(agreement.HasApplicantWith(organisation.ID(o.ID))))).
		Select(agreementversion.FieldID, agreementversion.FieldNumber, agreementversion.FieldState, agreementversion.FieldTitle, agreementversion.FieldMajor, agreementversion.FieldMinor).
		WithAgreement(func(q *ent.AgreementQuery) { q.WithApplicant() }).
		WithParties(func(q *ent.PartyQuery) {
			q.Where(party.HasOrganisationWith(organisation.ID(o.ID))).Order(party.ByRole())
		}).
		Order(ent.Desc(agreementversion.FieldCreatedAt, agreementversion.FieldID)).Limit(200).All(ctx)
	if err != nil {
		return grid, fmt.Errorf("reading agreements: %w", err)
	}
	for _, v := range versions {
		var as []string
		if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil && applicant.ID == o.ID {
			as = append(as, "applicant")
		}
		for _, p := range v.Edges.Parties {
			as = append(as, strings.ToLower(p.Role.Label()))
		}
		number := v.Number
		if number == "" {
			number = "version unknown"
		}
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: v.Edges.Agreement.Stem, Note: v.Title, Href: agreementHref(v.Edges.Agreement.Stem)},
			{Text: number}, {Text: v.State.Label()}, {Text: strings.Join(as, ", ")}})
	}
	return grid, nil
}
