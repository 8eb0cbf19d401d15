package team

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"data.release/registrar/ent"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/predicate"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// soon is how many days before its end something is said to end soon.
const soon = 90

// concerns are the filters of organisations that need somebody's attention.
func concerns(today terms.Date) []concern {
	ends := func(column string) predicate.Organisation {
		return organisation.And(dateAtLeast(column, today), dateAtMost(column, today.AddDays(soon)))
	}
	ended := func(column string) predicate.Organisation { return dateBefore(column, today) }
	partyOf := func(roles ...terms.PartyRole) predicate.Organisation { return isParty(roles...) }
	return []concern{
		{"contract-soon", "Contract ends within 90 days", ends(organisation.FieldContractTo)},
		{"assurance-soon", "Assurance ends within 90 days", ends(organisation.FieldAssuranceTo)},
		{"fee-soon", "Fee ends within 90 days", ends(organisation.FieldIcoTo)},
		{"contract-none", "Controller without a contract in force", organisation.And(partyOf(terms.Controller), organisation.Or(organisation.ContractNumber(""), organisation.ContractToIsNil(), ended(organisation.FieldContractTo)))},
		{"assurance-none", "Party without assurance in force", organisation.And(partyOf(terms.Controller, terms.Processor), organisation.Or(organisation.AssuranceStatus(""), organisation.AssuranceToIsNil(), ended(organisation.FieldAssuranceTo)))},
		{"fee-none", "Controller without a fee or exemption", organisation.And(partyOf(terms.Controller), organisation.IcoExemption(""), organisation.Or(organisation.IcoNumber(""), organisation.IcoToIsNil(), ended(organisation.FieldIcoTo)))},
		{"code-none", "No ODS code", organisation.OdsCodeIsNil()},
		{"held", "On hold", organisation.HasHoldsWith(hold.LiftedAtIsNil())},
		{"placeholder", "Not named yet", organisation.Placeholder(true)},
	}
}

type concern struct {
	value, label string
	where        predicate.Organisation
}

// organisations lists organisations: those that a search and a concern leave.
func (s *server) organisations(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	ctx, query, today := r.Context(), r.URL.Query(), s.Service.Today()
	find := s.Service.Read().Organisation.Query()
	if q := strings.TrimSpace(query.Get("q")); q != "" {
		find.Where(organisation.Or(organisation.NameContainsFold(q), organisation.OdsCode(strings.ToUpper(q)),
			organisation.HasAliasesWith(organisationalias.KeyContains(register.NameKey(q)))))
	}
	choices := []page.Option{{Label: "Every organisation"}}
	for _, c := range concerns(today) {
		choices = append(choices, page.Option{Value: c.value, Label: c.label})
		if c.value == query.Get("show") {
			find.Where(c.where)
		}
	}
	kinds, err := s.kindOptions(ctx)
	if err != nil {
		return err
	}
	if kind := query.Get("kind"); kind != "" {
		find.Where(organisation.Kind(kind))
	}
	found, err := find.Order(organisation.ByName(), organisation.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading organisations: %w", err)
	}
	view := ListView{Count: page.Plural(len(found), "organisation", "organisations"),
		Filters: []*page.Field{filter(query, "text", "q", "Name, former name or ODS code"), filter(query, "select", "show", "Show", choices...), filter(query, "select", "kind", "Kind", kinds...)},
		Grid:    page.Grid{Caption: "Organisations", Columns: page.Columns("Organisation", "ODS code", "Framework contract", "Security assurance", "Data protection fee"), Empty: "There is no such organisation."}}
	if access.Check(actor, access.RunAgreements) == nil {
		view.Actions = []page.Link{{Text: "Record an organisation", Href: organisationsHome + "/new"}, {Text: "Load a list of evidence", Href: evidenceHome}}
	}
	if access.Check(actor, access.GrantRoles) == nil {
		view.Actions = append(view.Actions, page.Link{Text: "People and roles", Href: peopleHome})
	}
	for _, o := range found {
		view.Grid.Rows = append(view.Grid.Rows, organisationRow(o, today))
	}
	return s.list(w, r, "Organisations", view, teamTrail)
}

func organisationRow(o *ent.Organisation, today terms.Date) []page.GridCell {
	code := page.GridCell{Note: "not recorded"}
	if o.OdsCode != nil {
		code = page.GridCell{Text: *o.OdsCode}
	}
	contract := dated(o.ContractNumber, o.ContractTo, today)
	assurance := dated(strings.TrimSpace(o.AssuranceKind+" "+o.AssuranceStatus), o.AssuranceTo, today)
	fee := dated(o.IcoNumber, o.IcoTo, today)
	if o.IcoExemption != "" {
		fee = page.GridCell{Text: "None due", Note: o.IcoExemption}
	}
	return []page.GridCell{{Text: o.Name, Href: organisationsHome + "/" + o.Slug, Note: o.Kind}, code, contract, assurance, fee}
}

// dated is something with an end, and how that stands to today.
func dated(what string, to *terms.Date, today terms.Date) page.GridCell {
	switch {
	case what == "":
		return page.GridCell{Note: "not recorded"}
	case to == nil:
		return page.GridCell{Text: what, Note: "end not recorded"}
	case to.Compare(today) < 0:
		return page.GridCell{Text: what, Note: "ended " + to.Words(), Tag: "red"}
	case to.Compare(today.AddDays(soon)) <= 0:
		return page.GridCell{Text: what, Note: "ends " + to.Words(), Tag: "yellow"}
	}
	return page.GridCell{Text: what, Note: "to " + to.Words()}
}

// kindOptions are the kinds that organisations have.
func (s *server) kindOptions(ctx context.Context) ([]page.Option, error) {
	kinds, err := s.Service.Read().Organisation.Query().Where(organisation.KindNEQ("")).Order(organisation.ByKind()).GroupBy(organisation.FieldKind).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading kinds of organisations: %w", err)
	}
	choices := []page.Option{{Label: "Every kind"}}
	for _, k := range kinds {
		choices = append(choices, page.Option{Value: k, Label: k})
	}
	return choices, nil
}

// organisationOptions are all organisations to choose from.
func (s *server) organisationOptions(r *http.Request, none string) ([]page.Option, error) {
	found, err := s.Service.Read().Organisation.Query().Select(organisation.FieldSlug, organisation.FieldName).Order(organisation.ByName()).All(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading organisations: %w", err)
	}
	var choices []page.Option
	choices = append(choices, page.Option{Label: none})
	for _, o := range found {
		choices = append(choices, page.Option{Value: o.Slug, Label: o.Name})
	}
	return choices, nil
}

func (s *server) newOrganisation(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	view := FormView{Heading: "Record an organisation", Buttons: []FormButton{{Text: "Record"}}, Cancel: organisationsHome, Fields: []*page.Field{
		{Name: "name", Label: "Name", Hint: "Of the legal entity, in full", Wide: true},
		{Name: "kind", Label: "Kind", Hint: "As the register has it, such as Academic or NHS Trust"},
		{Name: "odsCode", Label: "ODS code"},
		{Name: "placeholder", Label: "Is it named?", Kind: "radios", Value: "no", Options: []page.Option{{Value: "no", Label: "Yes"},
			{Value: "yes", Label: "No: it stands for a party that a source does not name", Hint: "Agreements with it are refused until it is named"}}},
		{Name: "provenance", Label: "Where you know it from", Wide: true},
	}}
	return s.form(w, r, view, []page.Link{teamTrail[0], {Text: "Organisations", Href: organisationsHome}}, func(value func(string) string) (string, error) {
		slug := register.Slug(value("name"))
		known, err := s.Service.Read().Organisation.Query().Where(organisation.Slug(slug)).Only(r.Context())
		if err != nil && !ent.IsNotFound(err) {
			return "", fmt.Errorf("looking for the organisation: %w", err)
		}
		if known != nil && value("name") != "" {
			code := ""
			if known.OdsCode != nil {
				code = *known.OdsCode
			}
			if known.Kind == value("kind") && strings.EqualFold(code, value("odsCode")) && known.Placeholder == (value("placeholder") == "yes") && known.Provenance == value("provenance") {
				return organisationsHome + "/" + slug, nil // the button was pressed twice
			}
			return "", fault.New(fault.Conflict, "%s is recorded already; look for it in the list, and change there what is new.", known.Name)
		}
		slug, err = s.Service.RecordOrganisation(r.Context(), actor, release.OrganisationFacts{Name: value("name"), Kind: value("kind"), ODSCode: value("odsCode"),
			Placeholder: value("placeholder") == "yes", Provenance: value("provenance")})
		return organisationsHome + "/" + slug, err
	})
}

func isParty(roles ...terms.PartyRole) predicate.Organisation {
	return func(sel *entsql.Selector) {
		parties := entsql.Table(party.Table)
		values := make([]any, len(roles))
		for i, role := range roles {
			values[i] = role
		}
		sel.Where(entsql.In(sel.C(organisation.FieldID), entsql.Select(parties.C(party.OrganisationColumn)).From(parties).Where(entsql.In(parties.C(party.FieldRole), values...))))
	}
}

func dateAtLeast(column string, d terms.Date) predicate.Organisation {
	return func(sel *entsql.Selector) { sel.Where(entsql.GTE(sel.C(column), d)) }
}

func dateAtMost(column string, d terms.Date) predicate.Organisation {
	return func(sel *entsql.Selector) { sel.Where(entsql.LTE(sel.C(column), d)) }
}

func dateBefore(column string, d terms.Date) predicate.Organisation {
	return func(sel *entsql.Selector) { sel.Where(entsql.LT(sel.C(column), d)) }
}
