package release

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// OrganisationFacts is what is known of an organisation. What is empty is not
// mentioned. Contract, assurance and fee are mentioned by their number, kind or
// status, and then whole: the dates of an old contract do not lend themselves
// to a new number.
type OrganisationFacts struct {
	Slug              string      `json:"slug"`
	Name              string      `json:"name" validate:"required,max=300"`
	Kind              string      `json:"kind" validate:"max=200"`
	ODSCode           string      `json:"odsCode" validate:"max=8"`
	Placeholder       bool        `json:"placeholder"`
	ContractNumber    string      `json:"contractNumber" validate:"max=60"`
	ContractFrom      *terms.Date `json:"contractFrom"`
	ContractTo        *terms.Date `json:"contractTo"`
	AssuranceKind     string      `json:"assuranceKind" validate:"max=60"`
	AssuranceStatus   string      `json:"assuranceStatus" validate:"max=60"`
	AssuranceTo       *terms.Date `json:"assuranceTo"`
	AssuranceReviewed bool        `json:"assuranceReviewed"`
	ICONumber         string      `json:"icoNumber" validate:"max=60"`
	ICOTo             *terms.Date `json:"icoTo"`
	ICOExemption      string      `json:"icoExemption" validate:"max=300"` // why no fee is due: exempt or overseas
	Provenance        string      `json:"provenance" validate:"max=500"`
}

// amendment is the part of the facts that is mentioned.
func (f OrganisationFacts) amendment() OrganisationAmendment {
	a := OrganisationAmendment{Name: &f.Name, Reason: f.Provenance}
	mention := func(into **string, value string) {
		if value != "" {
			*into = &value
		}
	}
	mention(&a.Kind, f.Kind)
	mention(&a.ODSCode, f.ODSCode)
	mention(&a.Provenance, f.Provenance)
	if f.Placeholder {
		a.Placeholder = &f.Placeholder
	}
	if f.ContractNumber != "" {
		a.Contract = &FrameworkContract{f.ContractNumber, f.ContractFrom, f.ContractTo}
	}
	if f.AssuranceKind != "" || f.AssuranceStatus != "" {
		a.Assurance = &SecurityAssurance{f.AssuranceKind, f.AssuranceStatus, f.AssuranceTo, f.AssuranceReviewed}
	}
	if f.ICONumber != "" || f.ICOExemption != "" {
		a.Fee = &ProtectionFee{f.ICONumber, f.ICOTo, f.ICOExemption}
	}
	return a
}

// FrameworkContract is the data sharing framework contract of an organisation,
// or the memorandum of understanding of a Crown body.
type FrameworkContract struct {
	Number string      `json:"number" validate:"max=60"` // CON-…, or MoU
	From   *terms.Date `json:"from"`
	To     *terms.Date `json:"to"`
}

// SecurityAssurance is by what an organisation shows that it keeps data safe
// (DARS standard 2a).
type SecurityAssurance struct {
	Kind     string      `json:"kind" validate:"max=60"` // DSPT, ISO 27001 or SLSP
	Status   string      `json:"status" validate:"max=60"`
	To       *terms.Date `json:"to"`
	Reviewed bool        `json:"reviewed"` // by the discloser
}

// ProtectionFee is the data protection fee paid to the Information
// Commissioner, or why none is due.
type ProtectionFee struct {
	Number    string      `json:"number" validate:"max=60"`
	To        *terms.Date `json:"to"`
	Exemption string      `json:"exemption" validate:"max=300"`
}

// OrganisationAmendment changes what it mentions, and leaves the rest. A part
// that is mentioned is set whole.
type OrganisationAmendment struct {
	Name           *string               `json:"name" validate:"omitempty,min=1,max=300"`
	Kind           *string               `json:"kind" validate:"omitempty,max=200"`
	ODSCode        *string               `json:"odsCode" validate:"omitempty,max=8"`
	Placeholder    *bool                 `json:"placeholder"`
	Opened         *terms.Date           `json:"opened"` // the zero date: not recorded any more
	Closed         *terms.Date           `json:"closed"`
	Contract       *FrameworkContract    `json:"contract"`
	Assurance      *SecurityAssurance    `json:"assurance"`
	Fee            *ProtectionFee        `json:"fee"`
	Accreditations []terms.Accreditation `json:"accreditations"` // nil: as they are; empty: none any more
	Provenance     *string               `json:"provenance" validate:"omitempty,max=500"`
	Reason         string                `json:"reason" validate:"max=2000"`
}

// RecordOrganisation records an organisation, or what is now known of one that
// is recorded (found by slug, or by its name as the register normalises it).
// What is not mentioned stays as it is.
func (s *Service) RecordOrganisation(ctx context.Context, actor access.Actor, facts OrganisationFacts) (slug string, err error) {
	if actor.System == "" {
		err = access.Check(actor, access.RunAgreements)
	} else {
		err = access.Check(actor, access.GrantRoles)
	}
	if err != nil {
		return "", err
	}
	if err := valid(facts); err != nil {
		return "", err
	}
	slug = facts.Slug
	if slug == "" {
		slug = register.Slug(facts.Name)
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			o, err = w.Organisation.Create().SetCreatedAt(w.now).SetSlug(slug).SetName(facts.Name).Save(ctx)
		}
		if err != nil {
			return err
		}
		if err := w.amend(ctx, o, facts.amendment()); err != nil {
			return err
		}
		return w.event(ctx, "organisation recorded", slug, facts.Provenance, nil)
	})
	return slug, err
}

// AmendOrganisation changes what is known of an organisation. A name that only
// was misspelled is amended; another name of the same legal entity is a
// succession.
func (s *Service) AmendOrganisation(ctx context.Context, actor access.Actor, slug string, a OrganisationAmendment) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	if err := valid(a); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		o, err := w.organisation(ctx, slug)
		if err != nil {
			return err
		}
		if err := w.amend(ctx, o, a); err != nil {
			return err
		}
		return w.event(ctx, "organisation amended", slug, a.Reason, map[string]any{"parts": a.parts()})
	})
}

// organisation finds an organisation and locks it for the command.
func (w *work) organisation(ctx context.Context, slug string) (*ent.Organisation, error) {
	o, err := w.Organisation.Query().Where(organisation.Slug(slug)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no organisation %q.", slug)
	}
	return o, err
}

// parts names what an amendment mentions.
func (a OrganisationAmendment) parts() []string {
	var parts []string
	for _, p := range []struct {
		name      string
		mentioned bool
	}{{"name", a.Name != nil}, {"kind", a.Kind != nil}, {"ods code", a.ODSCode != nil}, {"placeholder", a.Placeholder != nil},
		{"opened", a.Opened != nil}, {"closed", a.Closed != nil}, {"contract", a.Contract != nil}, {"assurance", a.Assurance != nil},
		{"fee", a.Fee != nil}, {"accreditations", a.Accreditations != nil}, {"provenance", a.Provenance != nil}} {
		if p.mentioned {
			parts = append(parts, p.name)
		}
	}
	return parts
}

// amend checks an amendment with all its reasons, and writes it.
func (w *work) amend(ctx context.Context, o *ent.Organisation, a OrganisationAmendment) error {
	if err := checkAmendment(a); err != nil {
		return err
	}
	update := o.Update()
	set(a.Name, update.SetName)
	set(a.Kind, update.SetKind)
	set(a.Placeholder, update.SetPlaceholder)
	set(a.Provenance, update.SetProvenance)
	if a.ODSCode != nil {
		code := strings.ToUpper(strings.TrimSpace(*a.ODSCode))
		if err := w.freeCode(ctx, o, code); err != nil {
			return err
		}
		if code == "" {
			update.ClearOdsCode()
		} else {
			update.SetOdsCode(code)
		}
	}
	if a.Opened != nil {
		orClear(a.Opened, update.SetOpened, update.ClearOpened)
	}
	if a.Closed != nil {
		orClear(a.Closed, update.SetClosed, update.ClearClosed)
	}
	if c := a.Contract; c != nil {
		update.SetContractNumber(c.Number)
		orClear(c.From, update.SetContractFrom, update.ClearContractFrom)
		orClear(c.To, update.SetContractTo, update.ClearContractTo)
	}
	if c := a.Assurance; c != nil {
		update.SetAssuranceKind(c.Kind).SetAssuranceStatus(c.Status).SetAssuranceReviewed(c.Reviewed)
		orClear(c.To, update.SetAssuranceTo, update.ClearAssuranceTo)
	}
	if f := a.Fee; f != nil {
		update.SetIcoNumber(f.Number).SetIcoExemption(f.Exemption)
		orClear(f.To, update.SetIcoTo, update.ClearIcoTo)
	}
	if a.Accreditations != nil {
		update.SetAccreditations(a.Accreditations)
	}
	return update.Exec(ctx)
}

// freeCode refuses an ODS code that another organisation has.
func (w *work) freeCode(ctx context.Context, o *ent.Organisation, code string) error {
	if code == "" {
		return nil
	}
	other, err := w.Organisation.Query().Where(organisation.OdsCode(code), organisation.IDNEQ(o.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	} else if err != nil {
		return err
	}
	return wrongAnswer("ods-code", "odsCode", "%s has the code %s", other.Name, code)
}

// odsCode is how the Organisation Data Service writes codes; none is fine.
var odsCode = regexp.MustCompile(`^[A-Z0-9]*$`)

func checkAmendment(a OrganisationAmendment) error {
	refused := fault.New(fault.Invalid, "The organisation cannot be recorded as it is")
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	order := func(field string, from, to *terms.Date) {
		if from != nil && to != nil && !from.IsZero() && !to.IsZero() && to.Compare(*from) < 0 {
			wrong("term", field, "ends before it begins")
		}
	}
	if a.ODSCode != nil && !odsCode.MatchString(strings.ToUpper(strings.TrimSpace(*a.ODSCode))) {
		wrong("ods-code", "odsCode", "%q is no ODS code; those are letters and digits, such as RRK or 8J123", *a.ODSCode)
	}
	order("closed", a.Opened, a.Closed)
	if c := a.Contract; c != nil {
		order("contract.to", c.From, c.To)
		if c.Number == "" && (given(c.From) || given(c.To)) {
			wrong("required", "contract.number", "a contract with dates has a number, or is a MoU")
		}
	}
	if c := a.Assurance; c != nil && (c.Kind == "") != (c.Status == "") {
		wrong("required", "assurance.status", "an assurance has a kind and a status")
	}
	if f := a.Fee; f != nil && f.Number != "" && f.Exemption != "" {
		wrong("fee", "fee.exemption", "who pays the fee is not exempt from it")
	}
	if a.Accreditations != nil {
		for i, c := range a.Accreditations {
			field := fmt.Sprintf("accreditations[%d].", i)
			if !slices.Contains(Accreditations(), c.Code) {
				wrong("code-unknown", field+"code", "%q is no accreditation", c.Code)
			}
			if strings.TrimSpace(c.Authority) == "" {
				wrong("required", field+"authority", "say who gave it, and by what")
			}
			if c.Term.From.IsZero() {
				wrong("required", field+"from", "say from which day on")
			}
			order(field+"to", &c.Term.From, &c.Term.To)
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// Accreditations lists the codes of accreditations that rules ask for.
func Accreditations() []string {
	return []string{terms.AccreditedInvoiceValidation, terms.AccreditedRiskStratification, terms.AccreditedGP}
}

func given(d *terms.Date) bool { return d != nil && !d.IsZero() }

func set[T, U any](value *T, setter func(T) U) {
	if value != nil {
		setter(*value)
	}
}

// orClear sets a date, or clears it where there is none.
func orClear[U any](d *terms.Date, set func(terms.Date) U, clear func() U) {
	if d == nil || d.IsZero() {
		clear()
		return
	}
	set(*d)
}

// AliasInput is another spelling or a former name of an organisation.
type AliasInput struct {
	Name   string      `json:"name" validate:"required,max=300"`
	Reason string      `json:"reason" validate:"required,max=300"`
	From   *terms.Date `json:"from"`
	To     *terms.Date `json:"to"`
}

// AddAlias makes a name find the organisation, in imports and evidence too.
// fault.Conflict if another organisation has the name.
func (s *Service) AddAlias(ctx context.Context, actor access.Actor, slug string, input AliasInput) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	if input.From != nil && input.To != nil && input.To.Compare(*input.From) < 0 {
		return wrongAnswer("term", "to", "ends before it begins")
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		o, err := w.organisation(ctx, slug)
		if err != nil {
			return err
		}
		key := register.NameKey(input.Name)
		known, err := w.OrganisationAlias.Query().Where(organisationalias.Key(key)).WithOrganisation().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			err = w.OrganisationAlias.Create().SetCreatedAt(w.now).SetName(strings.TrimSpace(input.Name)).SetKey(key).SetReason(input.Reason).
				SetNillableFrom(input.From).SetNillableTo(input.To).SetOrganisation(o).Exec(ctx)
		case err == nil && known.Edges.Organisation.ID != o.ID:
			return fault.New(fault.Conflict, "1 answer needs attention").With(fault.Reason{Code: "alias-taken", Field: "name",
				Message: fmt.Sprintf("%s has the name %q; if it is the same legal entity, record a rename", known.Edges.Organisation.Name, known.Name)})
		case err == nil:
			err = known.Update().SetReason(input.Reason).SetNillableFrom(input.From).SetNillableTo(input.To).Exec(ctx)
		}
		if err != nil {
			return err
		}
		return w.event(ctx, "alias recorded", slug, input.Reason, map[string]any{"name": input.Name})
	})
}

// EnsureOrganisation is the slug of the organisation of that name, recorded
// now if it was not.
func (s *Service) EnsureOrganisation(ctx context.Context, actor access.Actor, name string) (string, error) {
	slug, err := s.organisationNamed(ctx, name)
	if err != nil || slug != "" {
		return slug, err
	}
	return s.RecordOrganisation(ctx, actor, OrganisationFacts{Name: name})
}

// organisationNamed is the slug of the organisation of that name or alias, or
// empty.
func (s *Service) organisationNamed(ctx context.Context, name string) (string, error) {
	found, err := s.Read().Organisation.Query().Where(organisation.Or(organisation.Slug(register.Slug(name)),
		organisation.HasAliasesWith(organisationalias.Key(register.NameKey(name))))).All(seeAll(ctx))
	if err != nil {
		return "", fmt.Errorf("finding the organisation: %w", err)
	}
	for _, o := range found {
		if register.NameKey(o.Name) == register.NameKey(name) {
			return o.Slug, nil
		}
	}
	if len(found) > 0 {
		return found[0].Slug, nil
	}
	return "", nil
}

// Today is the day of the service's clock, for pages that say what ends soon.
func (s *Service) Today() terms.Date { return terms.Today(s.clock()) }
