package team

import (
	"net/http"
	"net/url"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// people lists persons and roles, for who gives roles.
func (s *server) people(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	roles, err := s.Service.Persons(r.Context(), actor, release.PersonFilter{Organisation: query.Get("organisation"), Role: access.Role(query.Get("role")),
		Search: query.Get("q"), Former: query.Get("former") == "yes"})
	if err != nil {
		return err
	}
	view := ListView{
		Intro:   []string{"A role counts from the moment it is given until it ends; whoever leaves stops at once."},
		Actions: []page.Link{{Text: "Give a role", Href: peopleHome + "/new"}, {Text: "Somebody leaves", Href: peopleHome + "/leave"}},
		Filters: []*page.Field{filter(query, "text", "q", "Name or address"), filter(query, "select", "role", "Role", options[access.Role]("Every role", access.Role("").Values())...),
			filter(query, "select", "former", "Former roles", page.Option{Label: "Leave out"}, page.Option{Value: "yes", Label: "Show, too"})},
		Count: page.Plural(len(roles), "role", "roles"), Grid: peopleGrid(roles),
	}
	if slug := query.Get("organisation"); slug != "" {
		view.Filters = append(view.Filters, &page.Field{Kind: "hidden", Name: "organisation", Value: slug})
	}
	return s.list(w, r, "People and roles", view, teamTrail)
}

func peopleGrid(roles []release.PersonRole) page.Grid {
	grid := page.Grid{Caption: "People and roles", Columns: page.Columns("Person", "Role", "Organisation", "Basis", "From", "Until"), Empty: "Nobody."}
	for _, role := range roles {
		person := page.GridCell{Text: role.Name, Note: role.Email}
		if !role.LoggedIn {
			person.Note += "; has not logged in yet"
		}
		what := page.GridCell{Text: role.Role.Label(), Note: role.Directorate}
		basis := page.GridCell{Text: role.Basis.Label(), Note: role.ContractReference}
		if role.ContractTo != nil {
			basis.Note += " to " + role.ContractTo.Words()
		}
		until := page.GridCell{Text: "Leaves", About: role.Name, Note: dayWords(role.To), Href: peopleHome + "/leave?" + url.Values{"email": {role.Email}, "organisation": {role.OrganisationSlug}, "role": {role.ID.String()}}.Encode()}
		switch {
		case role.EndedAt != nil:
			until = page.GridCell{Text: "Ended", Note: page.Moment(*role.EndedAt)}
		case !role.Current:
			until = page.GridCell{Text: dayWords(role.To), Note: "does not count any more"}
		}
		grid.Rows = append(grid.Rows, []page.GridCell{person, what, {Text: role.OrganisationName, Href: organisationsHome + "/" + role.OrganisationSlug},
			basis, {Text: role.From.Words()}, until})
	}
	return grid
}

func (s *server) grantRole(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	names, err := s.organisationOptions(r, "")
	if err != nil {
		return err
	}
	view := FormView{Heading: "Give a role", Buttons: []FormButton{{Text: "Give the role"}}, Cancel: peopleHome, Fields: []*page.Field{
		{Name: "email", Label: "E-mail address", Hint: "The one that the log-in vouches for"},
		{Name: "name", Label: "Name"},
		{Name: "organisation", Label: "Organisation", Kind: "select", Options: names, Value: query.Get("organisation")},
		{Name: "role", Label: "Role", Kind: "select", Options: options[access.Role]("", access.Role("").Values())},
		{Name: "directorate", Label: "Directorate", Hint: "In the body itself: nobody decides on their own directorate's application"},
		{Name: "basis", Label: "Basis", Kind: "radios", Standard: "DARS standard 12", Value: string(terms.Employee), Options: options[terms.EmploymentBasis]("", terms.EmploymentBasis("").Values())},
		{Name: "contractReference", Label: "Reference of the contract", Hint: "Needed for an honorary contract"},
		{Name: "contractTo", Label: "Last day of the contract", Kind: "date", Hint: "Needed for an honorary contract: the role ends with it"},
		{Name: "to", Label: "Last day of the role", Kind: "date", Hint: "If it is known"},
	}}
	return s.form(w, r, view, []page.Link{teamTrail[0], {Text: "People and roles", Href: peopleHome}}, func(value func(string) string) (string, error) {
		problems := wrongForm()
		grant := release.Grant{Email: value("email"), Name: value("name"), Role: access.Role(value("role")), Organisation: value("organisation"), Directorate: value("directorate"),
			Basis: terms.EmploymentBasis(value("basis")), ContractReference: value("contractReference"),
			ContractTo: dayField(value, "contractTo", problems), To: dayField(value, "to", problems)}
		if err := orNil(problems); err != nil {
			return "", err
		}
		_, err := s.Service.GrantRole(r.Context(), actor, grant)
		return peopleHome + "?" + url.Values{"q": {grant.Email}}.Encode(), err
	})
}

// leave ends a role of a person, or every one that they have in an
// organisation.
func (s *server) leave(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	names, err := s.organisationOptions(r, "")
	if err != nil {
		return err
	}
	view := FormView{Heading: "Somebody leaves", Buttons: []FormButton{{Text: "End it", Warning: true}}, Cancel: peopleHome,
		Intro: []string{"What ends stops at once, also for pages that the person has open."},
		Fields: []*page.Field{
			{Name: "email", Label: "E-mail address", Value: query.Get("email")},
			{Name: "organisation", Label: "Organisation", Kind: "select", Options: names, Value: query.Get("organisation")},
		}}
	one, err := s.roleOf(r, actor, query.Get("role"))
	if err != nil {
		return err
	}
	if one != nil {
		view.Fields = append(view.Fields, &page.Field{Name: "which", Label: "What ends?", Kind: "radios", Value: "all",
			Options: choices("all", "Every role of theirs in this organisation", "one", "Only the role of "+one.Role.Label()+" in "+one.OrganisationName)})
	}
	view.Fields = append(view.Fields, &page.Field{Name: "reason", Label: "Reason"})
	return s.form(w, r, view, []page.Link{teamTrail[0], {Text: "People and roles", Href: peopleHome}}, func(value func(string) string) (string, error) {
		next := peopleHome + "?" + url.Values{"q": {value("email")}, "former": {"yes"}}.Encode()
		if one != nil && value("which") == "one" {
			return next, s.Service.EndRole(r.Context(), actor, one.ID, value("reason"))
		}
		if err := needed(value, "email", "organisation", "reason"); err != nil {
			return "", err
		}
		return next, told(s.Service.EndMemberships(r.Context(), actor, value("email"), value("organisation"), value("reason")), "email")
	})
}

// roleOf is the role that counts now of that id, or nil.
func (s *server) roleOf(r *http.Request, actor access.Actor, id string) (*release.PersonRole, error) {
	if id == "" {
		return nil, nil
	}
	roles, err := s.Service.Persons(r.Context(), actor, release.PersonFilter{})
	if err != nil {
		return nil, err
	}
	for _, role := range roles {
		if role.ID.String() == id {
			return &role, nil
		}
	}
	return nil, nil
}
