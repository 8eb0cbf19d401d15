package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/release/access"
	"data.release/registrar/release/completeness"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Draft is a version as its applicants and signatories see it.
type Draft struct {
	ID            uuid.UUID
	Reference     string
	ApplicantName string
	Kind          terms.VersionKind
	State         terms.VersionState
	Application   Application
	Names         map[string]string // of the organisations in it, by slug
	Revisions     map[string]int    // of each step
	Gaps          []completeness.Gap
	Privacy       []completeness.Gap // advice about texts that will be public
	Attachments   []Attachment
	Advice        []Advice // the newest first
	Signatures    []SignatureNeeded
	TermsSHA256   string     // once its terms are frozen
	Terms         []byte     // the frozen terms, canonical JSON
	IssuedAt      *time.Time // for signature
	MayEdit       bool
}

// Advice is what a review came to.
type Advice struct {
	At      time.Time
	Outcome string
	Text    string
}

// SignatureNeeded is an organisation that signs, in its capacity.
type SignatureNeeded struct {
	Organisation, Name, Capacity string
	SignedAt                     *time.Time
	Mine                         bool // the actor may sign for it
}

// ReadApplication reads a version for the applicants and signatories of the
// organisations that it concerns, and for staff. For anybody else there is no
// such version.
func (s *Service) ReadApplication(ctx context.Context, actor access.Actor, version uuid.UUID) (*Draft, error) {
	if err := access.Check(actor, access.ReadApplications); err != nil {
		return nil, err
	}
	missing := fault.New(fault.NotFound, "There is no agreement version %s.", version)
	read, see := s.Read(), seeAll(ctx)
	full, err := fullVersion(see, read, version)
	if ent.IsNotFound(err) {
		return nil, missing
	} else if err != nil {
		return nil, fmt.Errorf("reading the version: %w", err)
	}
	organisations, err := organisationsOf(see, read, full)
	if err != nil {
		return nil, err
	}
	if !mayRead(actor, full, organisations) {
		return nil, missing
	}
	d := &Draft{ID: full.ID, Reference: reference(full), Kind: full.Kind, State: full.State, Revisions: full.Revisions,
		TermsSHA256: full.TermsSha256, Terms: full.Terms, IssuedAt: full.IssuedAt}
	d.Names = map[string]string{}
	for slug, o := range organisations {
		d.Names[slug] = o.Name
	}
	if applicant := full.Edges.Agreement.Edges.Applicant; applicant != nil {
		d.ApplicantName = applicant.Name
		d.MayEdit = actor.HasFor(access.Applicant, applicant.ID)
	}
	d.MayEdit = (d.MayEdit || actor.Has(access.AccessOfficer)) && slices.Contains(editable, full.State)
	if d.Application, err = applicationOf(see, read, full); err != nil {
		return nil, fmt.Errorf("reading the application: %w", err)
	}
	facts, err := completenessFacts(see, read, full, s.clock())
	if err != nil {
		return nil, err
	}
	d.Gaps, d.Privacy = completeness.Check(facts), completeness.Advise(facts.Terms)
	for _, r := range slices.Backward(full.Edges.Reviews) {
		d.Advice = append(d.Advice, Advice{At: r.CreatedAt, Outcome: string(r.Outcome), Text: r.Advice})
	}
	d.Signatures = signaturesNeeded(actor, full, organisations)
	d.Attachments, err = attachmentsOf(see, full)
	return d, err
}

// organisationsOf are the disclosers of a version's lines and its parties, by
// slug.
func organisationsOf(ctx context.Context, c *ent.Client, v *ent.AgreementVersion) (map[string]*ent.Organisation, error) {
	var slugs []string
	for _, l := range v.Edges.Lines {
		slugs = append(slugs, l.Discloser)
	}
	found, err := c.Organisation.Query().Where(organisation.SlugIn(slugs...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading disclosers: %w", err)
	}
	out := map[string]*ent.Organisation{}
	for _, o := range found {
		out[o.Slug] = o
	}
	for _, p := range v.Edges.Parties {
		out[p.Edges.Organisation.Slug] = p.Edges.Organisation
	}
	return out, nil
}

// mayRead says whether a version is the actor's business: staff's always, an
// applicant's of the applying organisation or a controller, and a signatory's
// of an organisation that signs.
func mayRead(actor access.Actor, v *ent.AgreementVersion, organisations map[string]*ent.Organisation) bool {
	if access.Check(actor, access.ReadAgreements) == nil {
		return true
	}
	if a := v.Edges.Agreement.Edges.Applicant; a != nil && (actor.HasFor(access.Applicant, a.ID) || actor.HasFor(access.Signatory, a.ID)) {
		return true
	}
	return slices.ContainsFunc(signatories(v), func(need signatory) bool {
		o := organisations[need.slug]
		return o != nil && (actor.HasFor(access.Signatory, o.ID) || need.capacity == "controller" && actor.HasFor(access.Applicant, o.ID))
	})
}

func signaturesNeeded(actor access.Actor, v *ent.AgreementVersion, organisations map[string]*ent.Organisation) []SignatureNeeded {
	var out []SignatureNeeded
	for _, need := range signatories(v) {
		n := SignatureNeeded{Organisation: need.slug, Name: need.slug, Capacity: need.capacity}
		if o := organisations[need.slug]; o != nil {
			n.Name, n.Mine = o.Name, actor.HasFor(access.Signatory, o.ID)
		}
		for _, sig := range v.Edges.Signatures {
			if sig.Organisation == need.slug && sig.Capacity == need.capacity && sig.TermsSha256 == v.TermsSha256 {
				n.SignedAt = &sig.CreatedAt
			}
		}
		out = append(out, n)
	}
	return out
}

// DraftRow is a version in somebody's list.
type DraftRow struct {
	ID                          uuid.UUID
	Reference, Title, Applicant string
	Kind                        terms.VersionKind
	State                       terms.VersionState
	Since                       time.Time
	ToSign                      bool // a signature of the actor's is missing
}

// draftRows is the most that a list has, the newest first.
const draftRows = 500

// ApplicationsOf lists the versions that are the actor's business: those of the
// organisations for which they apply or sign, and those that they wrote.
func (s *Service) ApplicationsOf(ctx context.Context, actor access.Actor) ([]DraftRow, error) {
	if err := access.Check(actor, access.ReadApplications); err != nil {
		return nil, err
	}
	var applies, signs []uuid.UUID
	for _, m := range actor.Memberships {
		switch m.Role {
		case access.Applicant:
			applies = append(applies, m.OrganisationID)
		case access.Signatory:
			signs = append(signs, m.OrganisationID)
		}
	}
	read, see := s.Read(), seeAll(ctx)
	slugs, err := read.Organisation.Query().Where(organisation.IDIn(signs...)).Select(organisation.FieldSlug).Strings(see)
	if err != nil {
		return nil, fmt.Errorf("reading organisations: %w", err)
	}
	both := slices.Concat(applies, signs)
	versions, err := read.AgreementVersion.Query().Where(agreementversion.Or(
		agreementversion.HasAgreementWith(agreement.HasApplicantWith(organisation.IDIn(both...))),
		agreementversion.HasPartiesWith(party.RoleEQ(terms.Controller), party.HasOrganisationWith(organisation.IDIn(both...))),
		agreementversion.And(agreementversion.StateNotIn(editable...), agreementversion.HasLinesWith(datasetline.DiscloserIn(slugs...))),
		agreementversion.WrittenBy(actor.PersonID),
	)).WithAgreement(func(q *ent.AgreementQuery) { q.WithApplicant() }).
		WithParties(func(q *ent.PartyQuery) { q.WithOrganisation() }).WithLines().WithSignatures().
		Order(ent.Desc(agreementversion.FieldCreatedAt), ent.Desc(agreementversion.FieldID)).Limit(draftRows).All(see)
	if err != nil {
		return nil, fmt.Errorf("reading applications: %w", err)
	}
	rows := make([]DraftRow, len(versions))
	for i, v := range versions {
		rows[i] = DraftRow{ID: v.ID, Reference: reference(v), Title: v.Title, Kind: v.Kind, State: v.State, Since: v.CreatedAt}
		if a := v.Edges.Agreement.Edges.Applicant; a != nil {
			rows[i].Applicant = a.Name
		}
		if v.State == terms.Issued {
			rows[i].ToSign = slices.ContainsFunc(missingSignatures(v), func(need signatory) bool { return slices.Contains(slugs, need.slug) })
		}
	}
	return rows, nil
}
