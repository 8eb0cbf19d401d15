package release

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/person"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/working"
)

// WholeVersion is a version with everything that is known of it, for the team.
type WholeVersion struct {
	*ent.AgreementVersion
	Reference    string
	Clock        working.Clock
	Predecessor  *ent.AgreementVersion // nil: none
	SupersededBy *ent.AgreementVersion // nil: not superseded now
	Lapsed       bool                  // issued more than twelve months ago
	Signatories  []Signatory           // all that are needed, with those who have signed
	TermsSHA256  string                // of the frozen terms, or of the terms as they stand
	Holds        []*ent.Hold           // on its agreement or its parties, not lifted
	People       map[uuid.UUID]string  // names of those who had a part in it
	Names        map[string]string     // of organisations, by slug
}

// Signatory is an organisation that signs, in its capacity, with who signed for
// it.
type Signatory struct {
	Organisation string // name
	Capacity     string
	SignedBy     uuid.UUID // uuid.Nil: not yet
	SignedAt     time.Time
}

// WholeVersion reads a version with everything that is known of it.
func (s *Service) WholeVersion(ctx context.Context, actor access.Actor, id uuid.UUID) (*WholeVersion, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	ctx = seeAll(ctx)
	w := &work{Client: s.Read(), now: s.clock()}
	full, err := w.fullVersion(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such agreement version.")
	} else if err != nil {
		return nil, fmt.Errorf("reading the version: %w", err)
	}
	if full.Edges.Stages, err = full.QueryStages().All(ctx); err != nil {
		return nil, fmt.Errorf("reading the stages: %w", err)
	}
	if full.Edges.Attachments, err = full.QueryAttachments().All(ctx); err != nil {
		return nil, fmt.Errorf("reading the documents: %w", err)
	}
	whole := &WholeVersion{AgreementVersion: full, Reference: reference(full), Clock: s.ClockOf(full), TermsSHA256: full.TermsSha256,
		Lapsed: full.State == terms.Issued && full.IssuedAt != nil && gate.IssueLapsed(*full.IssuedAt, w.now)}
	if whole.TermsSHA256 == "" {
		if _, whole.TermsSHA256, err = freeze(full); err != nil {
			return nil, err
		}
	}
	if whole.SupersededBy, err = w.supersededBy(ctx, full); err != nil {
		return nil, err
	}
	if full.PredecessorID != nil {
		if whole.Predecessor, err = w.AgreementVersion.Get(ctx, *full.PredecessorID); err != nil {
			return nil, fmt.Errorf("reading the version before: %w", err)
		}
	}
	var organisations []uuid.UUID
	for _, p := range full.Edges.Parties {
		organisations = append(organisations, p.Edges.Organisation.ID)
	}
	if whole.Holds, err = w.openHolds(ctx, full.Edges.Agreement.ID, organisations...); err != nil {
		return nil, err
	}
	if err := whole.name(ctx, w.Client); err != nil {
		return nil, err
	}
	whole.Signatories = whole.signatories()
	return whole, nil
}

// freeze is the canonical JSON of a version's terms, and its digest.
func freeze(full *ent.AgreementVersion) (frozen []byte, digest string, err error) {
	if frozen, err = terms.Canonical(versionTerms(full)); err != nil {
		return nil, "", err
	}
	digest, err = terms.Digest(json.RawMessage(frozen))
	return frozen, digest, err
}

// name finds the names of the people and organisations in it.
func (v *WholeVersion) name(ctx context.Context, c *ent.Client) error {
	var ids []uuid.UUID
	for _, id := range []*uuid.UUID{v.OwnerID, v.WrittenBy, v.SubmittedBy, v.ApprovedBy, v.EndedBy} {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	for _, r := range v.Edges.Reviews {
		ids = append(ids, r.ReviewerID)
	}
	for _, sig := range v.Edges.Signatures {
		ids = append(ids, sig.PersonID)
	}
	for _, stage := range v.Edges.Stages {
		if stage.PersonID != nil {
			ids = append(ids, *stage.PersonID)
		}
	}
	for _, k := range v.Edges.Conditions {
		if k.MetBy != nil {
			ids = append(ids, *k.MetBy)
		}
	}
	people, err := c.Person.Query().Where(person.IDIn(ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("reading names: %w", err)
	}
	v.People = map[uuid.UUID]string{}
	for _, p := range people {
		v.People[p.ID] = p.Name
	}
	v.Names = map[string]string{}
	var slugs []string
	for _, p := range v.Edges.Parties {
		v.Names[p.Edges.Organisation.Slug] = p.Edges.Organisation.Name
	}
	for _, l := range v.Edges.Lines {
		slugs = append(slugs, l.Discloser)
	}
	organisations, err := c.Organisation.Query().Where(organisation.SlugIn(slugs...)).All(ctx)
	if err != nil {
		return fmt.Errorf("reading the names of disclosers: %w", err)
	}
	for _, o := range organisations {
		v.Names[o.Slug] = o.Name
	}
	return nil
}

func (v *WholeVersion) signatories() []Signatory {
	var out []Signatory
	for _, need := range signatories(v.AgreementVersion) {
		s := Signatory{Organisation: cmp.Or(v.Names[need.slug], need.slug), Capacity: need.capacity}
		for _, sig := range v.Edges.Signatures {
			if sig.Organisation == need.slug && sig.Capacity == need.capacity && sig.TermsSha256 == v.TermsSha256 {
				s.SignedBy, s.SignedAt = sig.PersonID, sig.CreatedAt
			}
		}
		out = append(out, s)
	}
	return out
}

// AgainstDeciding are the reasons why a person may not review ("review") or
// decide on ("decide") a version themselves: the two-person rule.
func (v *WholeVersion) AgainstDeciding(actor access.Actor, deciding bool) []fault.Reason {
	if deciding {
		return against(actor, v.AgreementVersion, v.Edges.Reviews)
	}
	return against(actor, v.AgreementVersion, nil)
}

// AgreementFile is an agreement with its versions in order.
type AgreementFile struct {
	*ent.Agreement
	Versions []*ent.AgreementVersion // with parties, in the order of their numbers
	Holds    []*ent.Hold             // not lifted
	Gaps     []terms.TermGap         // between the terms of those that were signed or are on their way
	InForce  map[uuid.UUID]bool      // now
}

// AgreementFile reads an agreement by its stem.
func (s *Service) AgreementFile(ctx context.Context, actor access.Actor, stem string) (*AgreementFile, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	ctx = seeAll(ctx)
	a, err := s.Read().Agreement.Query().Where(agreement.Stem(stem)).WithApplicant().
		WithHolds(func(q *ent.HoldQuery) { q.Where(hold.LiftedAtIsNil()) }).
		WithVersions(func(q *ent.AgreementVersionQuery) {
			q.WithParties(func(q *ent.PartyQuery) { q.WithOrganisation().Order(party.ByRole(), party.ByID()) }).WithStages().
				Order(agreementversion.ByMajor(sql.OrderAsc()), agreementversion.ByMinor(), agreementversion.ByID())
		}).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no agreement %s.", stem)
	} else if err != nil {
		return nil, fmt.Errorf("reading the agreement: %w", err)
	}
	file := &AgreementFile{Agreement: a, Versions: a.Edges.Versions, Holds: a.Edges.Holds, InForce: map[uuid.UUID]bool{}}
	today := terms.Today(s.clock())
	var dated []terms.VersionTerm
	for i, v := range file.Versions {
		if slices.Contains([]terms.VersionState{terms.Recorded, terms.Withdrawn, terms.Declined}, v.State) {
			continue
		}
		dated = append(dated, terms.VersionTerm{Version: v.Number, Kind: v.Kind, Starts: dateOf(v.Starts), Ends: dateOf(v.Ends)})
		superseded := slices.ContainsFunc(file.Versions[i+1:], func(later *ent.AgreementVersion) bool {
			return slices.Contains([]terms.VersionState{terms.Signed, terms.Terminated, terms.Closed}, later.State) &&
				(later.Starts == nil || later.Starts.Compare(today) <= 0)
		})
		if v.State == terms.Signed && !superseded && v.Starts != nil && v.Ends != nil {
			file.InForce[v.ID] = terms.Period{From: *v.Starts, To: *v.Ends}.Contains(today)
		}
	}
	file.Gaps = terms.TermGaps(dated)
	return file, nil
}
