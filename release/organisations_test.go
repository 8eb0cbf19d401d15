package release_test

import (
	"testing"

	"data.release/registrar/ent"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

func (b *bench) recorded(slug string) *ent.Organisation {
	b.t.Helper()
	o, err := b.Read().Organisation.Query().Where(organisation.Slug(slug)).WithAliases().Only(privacy.DecisionContext(b.ctx, privacy.Allow))
	b.must(err)
	return o
}

func to[T any](v T) *T { return &v }

// TestAmendmentsAreByPart: each sets its own part whole and leaves the others.
func TestAmendmentsAreByPart(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	amend := func(a release.OrganisationAmendment) error {
		return b.AmendOrganisation(b.ctx, officer, "example-university", a)
	}
	b.must(amend(release.OrganisationAmendment{Fee: &release.ProtectionFee{Number: "Z1234567", To: day(2027, 5, 1)}, Reason: "shown"}))
	b.must(amend(release.OrganisationAmendment{Contract: &release.FrameworkContract{Number: "CON-9", From: day(2026, 2, 1)}}))
	cef := []terms.Accreditation{{Code: terms.AccreditedInvoiceValidation, Authority: "CAG 7-07/2013", Term: terms.Period{From: *day(2025, 1, 1), To: *day(2027, 9, 30)}}}
	b.must(amend(release.OrganisationAmendment{Accreditations: cef, ODSCode: to(" x26 "), Opened: day(1990, 1, 1)}))
	b.must(amend(release.OrganisationAmendment{Opened: &terms.Date{}}))
	o := b.recorded("example-university")
	if o.IcoNumber != "Z1234567" || o.ContractNumber != "CON-9" || o.ContractTo != nil || o.AssuranceStatus != "Standards Met" ||
		len(o.Accreditations) != 1 || o.OdsCode == nil || *o.OdsCode != "X26" || o.Opened != nil {
		t.Errorf("%+v", o)
	}
	for name, c := range map[string]struct {
		a     release.OrganisationAmendment
		codes []string
	}{
		"backwards":         {release.OrganisationAmendment{Contract: &release.FrameworkContract{Number: "C", From: day(2026, 2, 1), To: day(2025, 1, 1)}}, []string{"term"}},
		"dates, no number":  {release.OrganisationAmendment{Contract: &release.FrameworkContract{From: day(2026, 2, 1)}}, []string{"required"}},
		"half an assurance": {release.OrganisationAmendment{Assurance: &release.SecurityAssurance{Kind: "DSPT"}}, []string{"required"}},
		"pays and exempt":   {release.OrganisationAmendment{Fee: &release.ProtectionFee{Number: "Z", Exemption: "overseas"}}, []string{"fee"}},
		"accreditation": {release.OrganisationAmendment{Accreditations: []terms.Accreditation{{Code: "wizard"}}},
			[]string{"code-unknown", "required"}},
		"long name": {release.OrganisationAmendment{Name: to(string(make([]byte, 400)))}, []string{"max"}},
	} {
		t.Run(name, func(t *testing.T) { b.refusedFor(amend(c.a), fault.Invalid, c.codes...) })
	}
	b.refusedFor(b.AmendOrganisation(b.ctx, officer, "other-trust", release.OrganisationAmendment{ODSCode: to("X26")}), fault.Invalid, "ods-code")
	b.refusedFor(b.AmendOrganisation(b.ctx, officer, "other-trust", release.OrganisationAmendment{ODSCode: to("!!")}), fault.Invalid, "ods-code")
	b.refusedFor(b.AmendOrganisation(b.ctx, officer, "nobody", release.OrganisationAmendment{}), fault.NotFound)
	b.refusedFor(b.AmendOrganisation(b.ctx, b.as("Ann Applicant", "example-university", access.Applicant), "example-university", release.OrganisationAmendment{}), fault.Forbidden)
}

func TestAnAliasIsOfOneOrganisation(t *testing.T) {
	b := newBench(t)
	officer := b.as("Olu Officer", "the-body", access.AccessOfficer)
	alias := func(slug string, in release.AliasInput) error { return b.AddAlias(b.ctx, officer, slug, in) }
	b.must(alias("other-trust", release.AliasInput{Name: "The Other Trust", Reason: "as it writes itself"}))
	b.must(alias("other-trust", release.AliasInput{Name: "the other  trust", Reason: "spelling", To: day(2026, 1, 1)}))
	b.refusedFor(alias("example-university", release.AliasInput{Name: "THE OTHER TRUST", Reason: "mine"}), fault.Conflict, "alias-taken")
	b.refusedFor(alias("other-trust", release.AliasInput{Name: "x", Reason: "y", From: day(2026, 1, 1), To: day(2025, 1, 1)}), fault.Invalid, "term")
	b.refusedFor(alias("other-trust", release.AliasInput{}), fault.Invalid, "required")
	if aliases := b.recorded("other-trust").Edges.Aliases; len(aliases) != 1 || aliases[0].Reason != "spelling" || aliases[0].To == nil {
		t.Errorf("%+v", aliases)
	}
	slug, err := b.EnsureOrganisation(b.ctx, system, "The other trust")
	if err != nil || slug != "other-trust" {
		t.Errorf("%q %v", slug, err)
	}
}
