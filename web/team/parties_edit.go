package team

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// part is what of an organisation one form changes.
type part struct {
	heading, button string
	fields          func(*ent.Organisation) []*page.Field
	save            func(s *server, r *http.Request, actor access.Actor, o *ent.Organisation, value func(string) string) error
}

// amending is a part that is an amendment.
func amending(heading string, fields func(*ent.Organisation) []*page.Field, read func(value func(string) string, day func(string) *terms.Date) release.OrganisationAmendment) part {
	return part{heading, "Save", func(o *ent.Organisation) []*page.Field {
		return append(fields(o), &page.Field{Name: "reason", Label: "Reason", Hint: "Where you know it from, or why it changes"})
	}, func(s *server, r *http.Request, actor access.Actor, o *ent.Organisation, value func(string) string) error {
		problems := wrongForm()
		amendment := read(value, func(name string) *terms.Date { return dayField(value, name, problems) })
		if err := orNil(problems); err != nil {
			return err
		}
		amendment.Reason = value("reason")
		return s.Service.AmendOrganisation(r.Context(), actor, o.Slug, amendment)
	}}
}

// parts are the forms of an organisation, by their addresses.
var parts = map[string]part{
	"identity": amending("Name, kind and codes", func(o *ent.Organisation) []*page.Field {
		code := ""
		if o.OdsCode != nil {
			code = *o.OdsCode
		}
		return []*page.Field{
			{Name: "name", Label: "Name", Value: o.Name, Wide: true, Hint: "Mend a misspelling here; record another name of the same legal entity as a rename"},
			{Name: "kind", Label: "Kind", Value: o.Kind}, {Name: "odsCode", Label: "ODS code", Value: code},
			{Name: "opened", Label: "Opened", Kind: "date", Value: dayValue(o.Opened)}, {Name: "closed", Label: "Closed", Kind: "date", Value: dayValue(o.Closed)},
			{Name: "placeholder", Label: "Is it named?", Kind: "radios", Value: map[bool]string{true: "yes", false: "no"}[o.Placeholder], Options: []page.Option{{Value: "no", Label: "Yes"},
				{Value: "yes", Label: "No: it stands for a party that a source does not name"}}},
			{Name: "provenance", Label: "Where the facts come from", Value: o.Provenance, Wide: true},
		}
	}, func(value func(string) string, day func(string) *terms.Date) release.OrganisationAmendment {
		name, kind, code, provenance, placeholder := value("name"), value("kind"), value("odsCode"), value("provenance"), value("placeholder") == "yes"
		return release.OrganisationAmendment{Name: &name, Kind: &kind, ODSCode: &code, Provenance: &provenance, Placeholder: &placeholder,
			Opened: orNone(day("opened")), Closed: orNone(day("closed"))}
	}),
	"contract": amending("Framework contract", func(o *ent.Organisation) []*page.Field {
		return []*page.Field{
			{Name: "contract.number", Label: "Number", Value: o.ContractNumber, Hint: "CON-…, or MoU where a Crown body has a memorandum of understanding", Standard: "DARS standard 1"},
			{Name: "contract.from", Label: "From", Kind: "date", Value: dayValue(o.ContractFrom)},
			{Name: "contract.to", Label: "To", Kind: "date", Value: dayValue(o.ContractTo), Hint: "The last day that it holds"}}
	}, func(value func(string) string, day func(string) *terms.Date) release.OrganisationAmendment {
		return release.OrganisationAmendment{Contract: &release.FrameworkContract{Number: value("contract.number"), From: day("contract.from"), To: day("contract.to")}}
	}),
	"assurance": amending("Security assurance", func(o *ent.Organisation) []*page.Field {
		return []*page.Field{
			{Name: "assurance.kind", Label: "Kind", Kind: "select", Value: o.AssuranceKind, Options: choices("", "Not recorded", "DSPT", "Data Security and Protection Toolkit", "ISO 27001", "ISO 27001", "SLSP", "System level security policy"), Standard: "DARS standard 2a"},
			{Name: "assurance.status", Label: "Status", Value: o.AssuranceStatus, Hint: "As published: Standards Met, Approaching Standards"},
			{Name: "assurance.to", Label: "To", Kind: "date", Value: dayValue(o.AssuranceTo), Hint: "The last day that it holds"},
			{Name: "assurance.reviewed", Label: "Has the discloser reviewed it?", Kind: "radios", Value: map[bool]string{true: "yes", false: "no"}[o.AssuranceReviewed], Options: choices("yes", "Yes", "no", "No")}}
	}, func(value func(string) string, day func(string) *terms.Date) release.OrganisationAmendment {
		return release.OrganisationAmendment{Assurance: &release.SecurityAssurance{Kind: value("assurance.kind"), Status: value("assurance.status"), To: day("assurance.to"), Reviewed: value("assurance.reviewed") == "yes"}}
	}),
	"fee": amending("Data protection fee", func(o *ent.Organisation) []*page.Field {
		return []*page.Field{
			{Name: "fee.number", Label: "Registration number", Value: o.IcoNumber, Hint: "At the Information Commissioner's Office, such as Z1234567"},
			{Name: "fee.to", Label: "Paid to", Kind: "date", Value: dayValue(o.IcoTo)},
			{Name: "fee.exemption", Label: "Why no fee is due", Value: o.IcoExemption, Hint: "Exempt, or overseas; leave the number empty then"}}
	}, func(value func(string) string, day func(string) *terms.Date) release.OrganisationAmendment {
		return release.OrganisationAmendment{Fee: &release.ProtectionFee{Number: value("fee.number"), To: day("fee.to"), Exemption: value("fee.exemption")}}
	}),
	"accreditations": amending("Accreditations", accreditationFields, func(value func(string) string, day func(string) *terms.Date) release.OrganisationAmendment {
		list := []terms.Accreditation{}
		for i := range accreditationRows {
			at := fmt.Sprintf("accreditations[%d].", i)
			if value(at+"code") == "" {
				continue
			}
			a := terms.Accreditation{Code: value(at + "code"), Authority: value(at + "authority")}
			a.Term = terms.Period{From: *orNone(day(at + "from")), To: *orNone(day(at + "to"))}
			list = append(list, a)
		}
		return release.OrganisationAmendment{Accreditations: list}
	}),
	"alias": {"Add a name", "Add", func(*ent.Organisation) []*page.Field {
		return []*page.Field{{Name: "name", Label: "Name", Wide: true}, {Name: "reason", Label: "Why it has this name", Hint: "A spelling of the registers, a trading name, a former name"},
			{Name: "from", Label: "From", Kind: "date"}, {Name: "to", Label: "To", Kind: "date"}}
	}, func(s *server, r *http.Request, actor access.Actor, o *ent.Organisation, value func(string) string) error {
		problems := wrongForm()
		input := release.AliasInput{Name: value("name"), Reason: value("reason"), From: dayField(value, "from", problems), To: dayField(value, "to", problems)}
		if err := orNil(problems); err != nil {
			return err
		}
		return s.Service.AddAlias(r.Context(), actor, o.Slug, input)
	}},
	"succession": {"Record who follows it", "Record", func(*ent.Organisation) []*page.Field { return nil }, saveSuccession},
}

// accreditationRows is how many accreditations the form can have; it shows
// those that there are, and room for one more.
const accreditationRows = 20

func accreditationFields(o *ent.Organisation) []*page.Field {
	all := []page.Option{{Label: "None"}}
	for _, code := range release.Accreditations() {
		all = append(all, page.Option{Value: code, Label: accreditationLabel(code)})
	}
	var fields []*page.Field
	for i := range min(len(o.Accreditations)+1, accreditationRows) {
		var have terms.Accreditation
		if i < len(o.Accreditations) {
			have = o.Accreditations[i]
		}
		at, number := fmt.Sprintf("accreditations[%d].", i), strconv.Itoa(i+1)
		fields = append(fields,
			&page.Field{Name: at + "code", Label: "Accreditation " + number, Kind: "select", Value: have.Code, Options: all},
			&page.Field{Name: at + "authority", Label: number + ": who gave it, and by what", Value: have.Authority},
			&page.Field{Name: at + "from", Label: number + ": from", Kind: "date", Value: dayValue(&have.Term.From)},
			&page.Field{Name: at + "to", Label: number + ": to", Kind: "date", Value: dayValue(&have.Term.To)})
	}
	return fields
}

// choices makes options of values and their labels, by turns.
func choices(pairs ...string) []page.Option {
	var all []page.Option
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, page.Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return all
}

// orNone is a day, or the zero one, which is "not recorded".
func orNone(d *terms.Date) *terms.Date {
	if d == nil {
		return &terms.Date{}
	}
	return d
}

// editOrganisation shows or saves one form of an organisation.
func (s *server) editOrganisation(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	p, ok := parts[r.PathValue("part")]
	if !ok {
		return fault.New(fault.NotFound, "There is no such page.")
	}
	o, err := s.readOrganisation(r)
	if err != nil {
		return err
	}
	here := organisationsHome + "/" + o.Slug
	view := FormView{About: o.Name, Heading: p.heading, Fields: p.fields(o), Buttons: []FormButton{{Text: p.button}}, Cancel: here}
	if r.PathValue("part") == "succession" {
		if view.Fields, err = s.successionFields(r); err != nil {
			return err
		}
		view.Intro = []string{"From that day on the gate looks at who follows. Agreements that are signed stay as they were signed. What is recorded here is never changed."}
	}
	trail := []page.Link{teamTrail[0], {Text: "Organisations", Href: organisationsHome}, {Text: o.Name, Href: here}}
	return s.form(w, r, view, trail, func(value func(string) string) (string, error) { return here, p.save(s, r, actor, o, value) })
}

func (s *server) successionFields(r *http.Request) ([]*page.Field, error) {
	names, err := s.organisationOptions(r, "Nobody, or the same one under another name")
	if err != nil {
		return nil, err
	}
	kinds := options[terms.SuccessionKind]("", terms.SuccessionKind("").Values())
	for i, hint := range []string{"The same legal entity: contracts go on", "By an Act or order: contracts carry over, a new one is due", "Contracts do not carry over", "A new contract takes the old one's place", "Nobody follows"} {
		if i < len(kinds) {
			kinds[i].Hint = hint
		}
	}
	return []*page.Field{
		{Name: "kind", Label: "How", Kind: "radios", Options: kinds},
		{Name: "to", Label: "Who follows", Kind: "select", Options: names},
		{Name: "newName", Label: "New name", Hint: "Of a rename, where the new name has no record of its own", Wide: true},
		{Name: "on", Label: "From which day on", Kind: "date"},
		{Name: "instrument", Label: "Instrument", Hint: "The Act, order or deed", Wide: true},
		{Name: "reason", Label: "Reason", Kind: "textarea", Rows: 3},
		{Name: "agreements", Label: "For which agreements", Kind: "textarea", Rows: 4, Hint: "References such as NIC-69431-K1K8R, one a line; empty: all"},
	}, nil
}

func saveSuccession(s *server, r *http.Request, actor access.Actor, o *ent.Organisation, value func(string) string) error {
	problems := wrongForm()
	input := release.SuccessionInput{Kind: terms.SuccessionKind(value("kind")), From: []string{o.Slug}, To: value("to"), NewName: value("newName"),
		On: *orNone(dayField(value, "on", problems)), Instrument: value("instrument"), Reason: value("reason"), Agreements: strings.Fields(value("agreements"))}
	if err := orNil(problems); err != nil {
		return err
	}
	_, err := s.Service.RecordSuccession(r.Context(), actor, input)
	return err
}
