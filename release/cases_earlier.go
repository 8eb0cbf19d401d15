package release

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/cohortversion"
	"data.release/registrar/ent/cohortwithdrawal"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/lakepart"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// earlier adds what was done before: under this version, and under other
// versions and agreements of the same controllers.
func (w *work) earlier(ctx context.Context, v *ent.AgreementVersion, k *gateFacts, c *gate.Case) error {
	if !k.looked {
		if err := w.look(ctx, v, k); err != nil {
			return err
		}
	}
	c.HistoryKnown, c.Overdue = true, k.overdue
	c.Siblings = k.siblings(v)
	for _, e := range k.earlier[v.ID] {
		for _, r := range e.Edges.Releases {
			if r.Line == c.Line.Number && e.State == terms.Released {
				c.Deliveries = append(c.Deliveries, gate.Delivery{Extract: e.ID.String(), On: terms.Today(r.CreatedAt), To: k.names[e.RecipientID]})
			}
		}
	}
	return nil
}

// look reads every extract of the same agreement and controllers that was not
// refused or stopped, and whose data no certificate says are destroyed.
func (w *work) look(ctx context.Context, v *ent.AgreementVersion, k *gateFacts) error {
	var controllers []uuid.UUID
	for _, p := range v.Edges.Parties {
		if p.Role == terms.Controller {
			controllers = append(controllers, p.Edges.Organisation.ID, k.followed[p.Edges.Organisation.ID].ID)
		}
	}
	a := v.Edges.Agreement
	extracts, err := w.Extract.Query().Where(
		extract.StateNotIn(terms.ExtractRefused, terms.Failed, terms.Cancelled),
		extract.HasVersionWith(agreementversion.StateNEQ(terms.Closed), agreementversion.Or(
			agreementversion.HasAgreementWith(agreement.ID(a.ID)),
			agreementversion.HasPartiesWith(party.RoleEQ(terms.Controller), party.HasOrganisationWith(organisation.IDIn(controllers...))))),
	).WithPlans().WithReleases().WithVersion(func(q *ent.AgreementVersionQuery) {
		q.WithAgreement().WithLines().WithParties(func(q *ent.PartyQuery) { q.WithOrganisation() })
	}).Order(extract.ByCreatedAt(), extract.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading earlier extracts: %w", err)
	}
	k.earlier = map[uuid.UUID][]*ent.Extract{}
	var recipients []uuid.UUID
	for _, e := range extracts {
		k.earlier[e.Edges.Version.ID] = append(k.earlier[e.Edges.Version.ID], e)
		recipients = append(recipients, e.RecipientID)
	}
	if k.names, err = w.recipientNames(ctx, k, recipients); err != nil {
		return err
	}
	if k.overdue, err = w.overdue(ctx, v, controllers, extracts); err != nil {
		return err
	}
	k.looked = true
	return nil
}

func (w *work) recipientNames(ctx context.Context, k *gateFacts, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := w.Organisation.Query().Where(organisation.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading recipients: %w", err)
	}
	for _, o := range rows {
		names[o.ID] = k.nameOf(o)
	}
	return names, nil
}

// siblings are the version's lines with every organisation that has asked for
// or received them; and the lines of other versions and agreements that
// somebody has asked for or received.
func (k *gateFacts) siblings(v *ent.AgreementVersion) []gate.Sibling {
	siblings := make([]gate.Sibling, 0, len(v.Edges.Lines))
	receiving := k.receiving(v.ID)
	for _, l := range v.Edges.Lines {
		siblings = append(siblings, gate.Sibling{Number: l.Number, Type: l.TypeOfData, OptOut: l.OptOut, Segment: l.Segment, Recipients: receiving[l.Number]})
	}
	var others []gate.Sibling
	for id, extracts := range k.earlier {
		if id == v.ID {
			continue
		}
		other := extracts[0].Edges.Version
		receiving := k.receiving(id)
		for _, l := range other.Edges.Lines {
			if len(receiving[l.Number]) == 0 {
				continue
			}
			s := gate.Sibling{Number: l.Number, Type: l.TypeOfData, OptOut: l.OptOut, Segment: l.Segment, Recipients: receiving[l.Number],
				Reference: reference(other), Dataset: l.Dataset}
			if other.Edges.Agreement.ID != v.Edges.Agreement.ID {
				s.Stem = other.Edges.Agreement.Stem
			}
			others = append(others, s)
		}
	}
	slices.SortFunc(others, func(a, b gate.Sibling) int {
		if c := strings.Compare(a.Reference, b.Reference); c != 0 {
			return c
		}
		return a.Number - b.Number
	})
	return append(siblings, others...)
}

// receiving are the recipients of a version's lines.
func (k *gateFacts) receiving(version uuid.UUID) map[int][]string {
	found := map[int][]string{}
	for _, e := range k.earlier[version] {
		for _, p := range e.Edges.Plans {
			if name := k.names[e.RecipientID]; !slices.Contains(found[p.Line], name) {
				found[p.Line] = append(found[p.Line], name)
			}
		}
	}
	return found
}

// overdue are the versions that have ended with data released under them: not
// closed by a certificate, and no live version of the same agreement has the
// dataset, which would carry the data over.
func (w *work) overdue(ctx context.Context, v *ent.AgreementVersion, controllers []uuid.UUID, extracts []*ent.Extract) ([]gate.Overdue, error) {
	today := terms.Today(w.now)
	found := map[uuid.UUID]gate.Overdue{}
	for _, e := range extracts {
		o := e.Edges.Version
		if e.State != terms.Released || found[o.ID].Reference != "" || !ended(o, today) {
			continue
		}
		carried, err := w.carriedOver(ctx, e, today)
		if err != nil {
			return nil, err
		}
		if carried {
			continue
		}
		due := gate.Overdue{Reference: reference(o), Ended: dateOf(o.Ends), SameStem: o.Edges.Agreement.ID == v.Edges.Agreement.ID}
		if o.EndedAt != nil {
			due.Ended = terms.Today(*o.EndedAt)
		}
		for _, p := range o.Edges.Parties {
			if p.Role == terms.Controller && slices.Contains(controllers, p.Edges.Organisation.ID) {
				due.Holder = p.Edges.Organisation.Name
			}
		}
		if !due.SameStem {
			holds, err := w.openHolds(ctx, o.Edges.Agreement.ID)
			if err != nil {
				return nil, err
			}
			due.OnHold = len(holds) > 0
		}
		found[o.ID] = due
	}
	out := make([]gate.Overdue, 0, len(found))
	for _, due := range found {
		out = append(out, due)
	}
	slices.SortFunc(out, func(a, b gate.Overdue) int { return strings.Compare(a.Reference, b.Reference) })
	return out, nil
}

func ended(v *ent.AgreementVersion, today terms.Date) bool {
	return v.State == terms.Terminated || (v.Ends != nil && today.Compare(*v.Ends) > 0)
}

// carriedOver says that every dataset released by an extract is a line of a
// version of the same agreement that is in force.
func (w *work) carriedOver(ctx context.Context, e *ent.Extract, today terms.Date) (bool, error) {
	live, err := w.AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.ID(e.Edges.Version.Edges.Agreement.ID)),
		agreementversion.StateEQ(terms.Signed), agreementversion.StartsLTE(today), agreementversion.EndsGTE(today)).WithLines().All(ctx)
	if err != nil {
		return false, fmt.Errorf("reading live versions: %w", err)
	}
	for _, r := range e.Edges.Releases {
		dataset := lineOf(e.Edges.Version, r.Line).Dataset
		if !slices.ContainsFunc(live, func(v *ent.AgreementVersion) bool {
			return slices.ContainsFunc(v.Edges.Lines, func(l *ent.DatasetLine) bool { return l.Dataset == dataset })
		}) {
			return false, nil
		}
	}
	return true, nil
}

// dependence looks for a live version of the agreement that a line lives with.
func (w *work) dependence(ctx context.Context, stem string) (*gate.Dependence, error) {
	today := terms.Today(w.now)
	versions, err := w.AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.Stem(stem)), agreementversion.StateEQ(terms.Signed)).
		WithAgreement().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the agreement that a line depends on: %w", err)
	}
	d := &gate.Dependence{Stem: stem}
	for _, v := range versions {
		switch starts, ends := dateOf(v.Starts), dateOf(v.Ends); {
		case starts.IsZero() || ends.IsZero() || today.Compare(starts) < 0:
		case today.Compare(ends) <= 0:
			later, err := w.supersededBy(ctx, v)
			if err != nil {
				return nil, err
			}
			if later == nil {
				d.Live = reference(v)
			}
		case ends.Compare(d.Ended) > 0:
			d.Ended = ends
		}
	}
	return d, nil
}

// consent reads what a cohort consented to, and the list of it that an extract
// asked for at that moment uses: the newest then. Withdrawals count up to now.
func (w *work) consent(ctx context.Context, v *ent.AgreementVersion, cohort string, asked time.Time) (*gate.Consent, error) {
	found := &gate.Consent{}
	for _, m := range v.Edges.ConsentMaterials {
		if m.Cohort == cohort {
			found.Materials = append(found.Materials, gate.ConsentMaterial{Title: m.Title, Outcome: string(m.Outcome)})
		}
	}
	of := agreement.ID(v.Edges.Agreement.ID)
	list, err := w.CohortVersion.Query().Where(cohortversion.HasAgreementWith(of), cohortversion.Name(cohort), cohortversion.CreatedAtLTE(asked)).
		Order(ent.Desc(cohortversion.FieldNumber)).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("reading the cohort: %w", err)
	}
	if list != nil {
		found.Cohort = &gate.CohortList{Name: list.Name, Number: list.Number, AsOf: list.AsOf, DestroyBy: dateOf(list.DestroyBy)}
	}
	withdrawals, err := w.CohortWithdrawal.Query().Where(cohortwithdrawal.HasAgreementWith(of), cohortwithdrawal.Name(cohort)).
		Order(cohortwithdrawal.ByOn(), cohortwithdrawal.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading withdrawals: %w", err)
	}
	for _, x := range withdrawals {
		found.Withdrawals = append(found.Withdrawals, gate.Withdrawal{On: x.On, People: x.People})
	}
	return found, nil
}

// landed is what stands in the lake of a dataset, by supplier and period.
func (w *work) landed(ctx context.Context, definition, site string) (*gate.Submissions, error) {
	query := w.LakePart.Query().Where(lakepart.SupersededAtIsNil(), lakepart.Dataset(definition), lakepart.AreaEQ(lakepart.AreaActivity))
	if site != "" {
		query.Where(lakepart.Site(site))
	}
	var rows []struct{ Supplier, Period string }
	err := query.Unique(true).Order(ent.Asc(lakepart.FieldSupplier, lakepart.FieldPeriod)).Select(lakepart.FieldSupplier, lakepart.FieldPeriod).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading what was landed: %w", err)
	}
	found := &gate.Submissions{}
	for _, r := range rows {
		if period, ok := landedPeriod(r.Period); ok {
			found.Landed = append(found.Landed, gate.Landed{Supplier: r.Supplier, Period: period})
		}
	}
	return found, nil
}

var periodKey = regexp.MustCompile(`^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:_(\d{4})-(\d{2})(?:-(\d{2}))?)?$`)

// landedPeriod reads the period that a part was landed for: 2001-04_2002-03, a
// month, two days, or the year that begins in April.
func landedPeriod(key string) (terms.Period, bool) {
	m := periodKey.FindStringSubmatch(key)
	if m == nil {
		return terms.Period{}, false
	}
	number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
	first := func(year, month, day int) terms.Date { return terms.NewDate(year, time.Month(month), max(day, 1)) }
	last := func(year, month, day int) terms.Date {
		if day > 0 {
			return terms.NewDate(year, time.Month(month), day)
		}
		if month == 12 {
			return terms.NewDate(year, 12, 31)
		}
		return terms.NewDate(year, time.Month(month+1), 1).AddDays(-1)
	}
	if slices.ContainsFunc([]int{2, 5}, func(i int) bool { return m[i] != "" && (number(i) < 1 || number(i) > 12) }) {
		return terms.Period{}, false
	}
	switch {
	case m[2] == "" && m[4] == "":
		return terms.Period{From: first(number(1), 4, 1), To: last(number(1)+1, 3, 31)}, true
	case m[2] == "":
		return terms.Period{}, false
	case m[4] == "":
		return terms.Period{From: first(number(1), number(2), number(3)), To: last(number(1), number(2), number(3))}, true
	}
	return terms.Period{From: first(number(1), number(2), number(3)), To: last(number(4), number(5), number(6))}, true
}
