package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/cohortversion"
	"data.release/registrar/ent/derogation"
	entextract "data.release/registrar/ent/extract"
	"data.release/registrar/ent/predicate"
	entrelease "data.release/registrar/ent/release"
	"data.release/registrar/ent/review"
	"data.release/registrar/ent/stage"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/terms"
)

// owed is a fact with whose duty it is.
type owed struct {
	duty.Fact
	people []uuid.UUID
}

// dutyBook collects what is owed on a day.
type dutyBook struct {
	*roster
	holding       map[uuid.UUID]bool // agreements under which files were released
	facts         []owed
	organisations map[uuid.UUID]*concerned
}

// concerned is an organisation whose own dates matter to agreements.
type concerned struct {
	*ent.Organisation
	controller bool
	staff      []uuid.UUID
}

// batch is how many agreements are read at once.
const batch = 2000

// over says that a version is ended, or only history: it has no duties.
var over = []terms.VersionState{terms.Declined, terms.Withdrawn, terms.Closed, terms.Recorded}

// owed reads every date that asks something of somebody, of the agreements that
// have a version as the scope wants (all, without one). It takes the same
// number of statements for each batch of agreements.
func (r *roster) owed(ctx context.Context, read *ent.Client, scope ...predicate.AgreementVersion) ([]owed, error) {
	in := []predicate.Agreement{agreement.HasVersionsWith(agreementversion.StateNotIn(over...))}
	if len(scope) > 0 {
		in = append(in, agreement.HasVersionsWith(scope...))
	}
	ids, err := read.Agreement.Query().Where(in...).Order(agreement.ByID()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding agreements: %w", err)
	}
	book := &dutyBook{roster: r, organisations: map[uuid.UUID]*concerned{}}
	if book.holding, err = holdingData(ctx, read); err != nil {
		return nil, err
	}
	for some := range slices.Chunk(ids, batch) {
		if err := book.read(ctx, read, some); err != nil {
			return nil, err
		}
	}
	for _, o := range book.organisations {
		book.organisation(o)
	}
	for _, m := range r.honorary {
		book.contract(m)
	}
	return book.facts, nil
}

// read takes the duties of agreements into the book.
func (b *dutyBook) read(ctx context.Context, read *ent.Client, ids []uuid.UUID) error {
	versions, err := read.AgreementVersion.Query().Where(agreementversion.StateNotIn(over...), agreementversion.HasAgreementWith(agreement.IDIn(ids...))).
		WithAgreement(func(q *ent.AgreementQuery) {
			q.WithApplicant().WithCohorts(func(q *ent.CohortVersionQuery) { q.Order(cohortversion.ByNumber()) }).
				WithDerogations(func(q *ent.DerogationQuery) {
					q.Where(derogation.ConfirmedAtNotNil(), derogation.RevokedAtIsNil())
				})
		}).
		WithParties(func(q *ent.PartyQuery) { q.WithOrganisation() }).WithApprovals().WithConditions().
		WithReviews(func(q *ent.ReviewQuery) { q.Order(review.ByCreatedAt()) }).
		WithStages(func(q *ent.StageQuery) { q.Where(stage.StateEQ(terms.Signed)) }).
		Order(agreementversion.ByMajor(), agreementversion.ByMinor()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading versions: %w", err)
	}
	agreements := map[uuid.UUID][]*ent.AgreementVersion{}
	for _, v := range versions {
		id := v.Edges.Agreement.ID
		agreements[id] = append(agreements[id], v)
	}
	for id, versions := range agreements {
		b.agreement(versions, b.holding[id])
	}
	return nil
}

// holdingData are the agreements under which files were released.
func holdingData(ctx context.Context, read *ent.Client) (map[uuid.UUID]bool, error) {
	ids, err := read.Extract.Query().Where(entextract.HasReleasesWith(entrelease.HasFiles())).QueryVersion().QueryAgreement().IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading who holds data: %w", err)
	}
	holding := map[uuid.UUID]bool{}
	for _, id := range ids {
		holding[id] = true
	}
	return holding, nil
}

func (b *dutyBook) owe(f duty.Fact, people ...[]uuid.UUID) {
	all := slices.Concat(people...)
	slices.SortFunc(all, func(x, y uuid.UUID) int { return strings.Compare(x.String(), y.String()) })
	b.facts = append(b.facts, owed{f, slices.Compact(all)})
}

// agreement has the duties of one agreement, of whose versions (lowest first)
// each is followed by those that were signed after it.
func (b *dutyBook) agreement(versions []*ent.AgreementVersion, holding bool) {
	for i, v := range versions {
		later := versions[i+1:]
		if slices.ContainsFunc(later, func(w *ent.AgreementVersion) bool { return wasSigned(w) && begun(w, b.day) }) {
			continue // its duties are the later one's
		}
		last := !slices.ContainsFunc(later, wasSigned)
		b.version(v, last)
		if holding && last && wasSigned(v) {
			b.destruction(v)
		}
		if last && (wasSigned(v) || i == len(versions)-1) {
			b.shared(v)
		}
	}
}

// wasSigned says whether a version took effect, whatever became of it.
func wasSigned(v *ent.AgreementVersion) bool {
	return v.State == terms.Signed || v.State == terms.Terminated
}

func begun(v *ent.AgreementVersion, day terms.Date) bool {
	return v.Starts == nil || v.Starts.Compare(day) <= 0
}

func about(v *ent.AgreementVersion, detail string) duty.About {
	a := v.Edges.Agreement
	return duty.About{Version: v.ID, Reference: strings.TrimSpace(a.Stem + " " + v.Number), Stem: a.Stem, Detail: detail}
}

// version has what hangs on the version alone. A signed one's dates count from
// the day of its last signature.
func (b *dutyBook) version(v *ent.AgreementVersion, last bool) {
	var since terms.Date
	for _, s := range v.Edges.Stages {
		since = terms.Today(s.At)
	}
	for _, c := range v.Edges.Conditions {
		if c.Due == nil {
			continue
		}
		f := duty.Fact{Kind: terms.DutyCondition, ID: c.ID.String(), Due: *c.Due, Since: terms.Today(c.CreatedAt), About: about(v, fmt.Sprintf("%s %d", c.Kind, c.Number))}
		if c.Number == 0 {
			f.About.Detail = string(c.Kind)
		}
		if c.MetAt != nil {
			f.Done = terms.Today(*c.MetAt)
		}
		b.owe(f, b.both(v))
	}
	switch v.State {
	case terms.VersionApproved, terms.Issued, terms.Signed:
	default:
		return
	}
	if v.State == terms.Issued && v.IssuedAt != nil {
		b.owe(duty.Fact{Kind: terms.DutyIssueLapse, ID: v.ID.String(), Due: terms.Today(v.IssuedAt.AddDate(0, 12, 0)), Since: terms.Today(*v.IssuedAt), About: about(v, "")}, b.both(v))
	}
	for _, a := range v.Edges.Approvals {
		b.owe(duty.Fact{Kind: terms.DutyApprovalEnd, ID: a.ID.String(), Due: a.Ends, Since: since, About: about(v, a.Reference)}, b.both(v))
		if a.AnnualReview != nil {
			b.owe(duty.Fact{Kind: terms.DutyApprovalReview, ID: a.ID.String(), Due: *a.AnnualReview, Since: since, About: about(v, a.Reference)}, b.both(v))
		}
	}
	for i, r := range v.Edges.Reviews {
		if r.ReviewDue == nil || slices.ContainsFunc(v.Edges.Reviews[i+1:], func(later *ent.Review) bool { return later.Route != terms.UrgentReview }) {
			continue
		}
		b.owe(duty.Fact{Kind: terms.DutyUrgentReview, ID: r.ID.String(), Due: *r.ReviewDue, Since: terms.Today(r.CreatedAt), About: about(v, "")}, b.staff(v))
	}
	b.parties(v)
	if v.State != terms.Signed {
		return
	}
	if v.Ends != nil && last {
		b.owe(duty.Fact{Kind: terms.DutyAgreementEnd, ID: v.ID.String(), Due: *v.Ends, Since: since, About: about(v, "")}, b.both(v))
	}
	if v.Starts != nil {
		f := duty.Fact{Kind: terms.DutyYieldedBenefits, ID: v.ID.String(), Due: duty.Anniversary(*v.Starts, b.day), Since: since, Prompt: true, About: about(v, "")}
		if v.Ends == nil || f.Due.Compare(*v.Ends) <= 0 {
			b.owe(f, b.both(v))
		}
	}
}

// parties notes the organisations of a version, whose own dates matter to it.
func (b *dutyBook) parties(v *ent.AgreementVersion) {
	for _, p := range v.Edges.Parties {
		if p.Role != terms.Controller && p.Role != terms.Processor {
			continue
		}
		o, ok := b.organisations[p.Edges.Organisation.ID]
		if !ok {
			o = &concerned{Organisation: p.Edges.Organisation}
			b.organisations[o.ID] = o
		}
		o.controller = o.controller || p.Role == terms.Controller
		o.staff = append(o.staff, b.staff(v)...)
	}
}

// destruction is due at a version's end, however it ended, while its data is
// held: until it is closed.
func (b *dutyBook) destruction(v *ent.AgreementVersion) {
	f := duty.Fact{Kind: terms.DutyDestruction, ID: v.ID.String(), About: about(v, "")}
	switch {
	case v.State == terms.Terminated && v.EndedAt != nil:
		f.Due = terms.Today(*v.EndedAt)
		f.Since = f.Due
	case v.Ends != nil:
		f.Due = *v.Ends
	}
	b.owe(f, b.both(v), b.receivers(v))
}

// shared has what belongs to the agreement, whichever its version: the waivers
// in force, and the newest list of each cohort.
func (b *dutyBook) shared(v *ent.AgreementVersion) {
	a := v.Edges.Agreement
	for _, d := range a.Edges.Derogations {
		f := duty.Fact{Kind: terms.DutyDerogationEnd, ID: d.ID.String(), Due: d.Ends, Since: terms.Today(*d.ConfirmedAt), About: about(v, "rule "+d.Rule)}
		people := b.both(v)
		if _, here := b.people[d.GivenBy]; here {
			people = append(people, d.GivenBy)
		}
		b.owe(f, people)
	}
	newest := map[string]*ent.CohortVersion{}
	for _, c := range a.Edges.Cohorts {
		newest[c.Name] = c
	}
	for _, c := range newest {
		if c.DestroyBy != nil {
			b.owe(duty.Fact{Kind: terms.DutyCohortDestruction, ID: c.ID.String(), Due: *c.DestroyBy, Since: terms.Today(c.CreatedAt),
				About: about(v, fmt.Sprintf("list %d of a cohort", c.Number))}, b.both(v))
		}
	}
}

func (b *dutyBook) organisation(o *concerned) {
	say := func(kind terms.DutyKind, due *terms.Date, detail string) {
		if due != nil {
			b.owe(duty.Fact{Kind: kind, ID: o.ID.String(), Due: *due, About: duty.About{Organisation: o.Name, Slug: o.Slug, Detail: detail}}, o.staff, b.sides[o.ID])
		}
	}
	say(terms.DutyAssuranceEnd, o.AssuranceTo, o.AssuranceKind)
	if o.controller {
		say(terms.DutyContractEnd, o.ContractTo, o.ContractNumber)
		if o.IcoExemption == "" {
			say(terms.DutyFeeEnd, o.IcoTo, o.IcoNumber)
		}
	}
}

// contract is an honorary contract: the person's own duty, that of who applies
// for the organisation, and of whoever runs its agreements.
func (b *dutyBook) contract(m *ent.Membership) {
	o := m.Edges.Organisation
	people := [][]uuid.UUID{{m.Edges.Person.ID}, b.sides[o.ID]}
	if known, ok := b.organisations[o.ID]; ok {
		people = append(people, known.staff)
	}
	b.owe(duty.Fact{Kind: terms.DutyHonoraryContract, ID: m.ID.String(), Due: *m.ContractTo,
		About: duty.About{Organisation: o.Name, Slug: o.Slug, Detail: m.ContractReference}}, people...)
}
