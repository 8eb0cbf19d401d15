package release

import (
	"cmp"
	"context"
	"slices"

	"data.release/registrar/release/register/family"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
)

// RecordQuery asks which agreements had data that could hold a record of
// someone: of some families of datasets, from some years, of one place. It asks
// nothing about the person, and nothing of it is kept.
type RecordQuery struct {
	AsOf     int64    // size of the register; 0 as it is
	Families []string // ids of package family
	From, To int      // years in which something was recorded of the person; 0: any
	Place    string   // words of a place; empty: any
}

// Holding says what the register tells of the records in an agreement's data.
type Holding string

// The holdings, from the widest on. An agreement has the widest of its
// releases.
const (
	// CouldHold: people's records are in the data whether or not they opted out.
	CouldHold Holding = "could"
	// HoldsUnlessOptedOut: opt-outs were applied to every release.
	HoldsUnlessOptedOut Holding = "opt-outs"
	// HoldsConsented: the data are limited to people who agreed to take part.
	HoldsConsented Holding = "consent"
	// HoldsCounts: nothing but tables of counts was released.
	HoldsCounts Holding = "counts"
)

// Holdings are all, the widest first.
func Holdings() []Holding {
	return []Holding{CouldHold, HoldsUnlessOptedOut, HoldsConsented, HoldsCounts}
}

// HoldingAgreement is an agreement with the releases that a RecordQuery finds.
type HoldingAgreement struct {
	Stem           string
	OrganisationID string
	Organisation   string
	Local          bool // of one part of the country, by its type or name
	Holding        Holding
	Datasets       []PublishedName // of those releases; counts of them
	Releases       int
	From, To       terms.Date
}

// HoldingAgreements answers a RecordQuery: agreements of the place and of no
// place, and how many more are of other places. Within a holding the latest
// release comes first.
func (s *Service) HoldingAgreements(ctx context.Context, q RecordQuery) (found []HoldingAgreement, elsewhere int, err error) {
	a, err := s.registerAt(ctx, q.AsOf)
	if err != nil {
		return nil, 0, err
	}
	datasets, err := a.datasetNames(ctx, s.db, keys(a.sum.Datasets))
	if err != nil {
		return nil, 0, err
	}
	asked := map[string]bool{}
	for code, name := range datasets {
		asked[code] = q.asks(name)
	}
	staff := slices.Contains(q.Families, family.Staff)
	type key struct{ stem, organisation string }
	agreements := map[key]*HoldingAgreement{}
	for _, l := range a.sum.Lines() {
		// A list of staff is one whatever its dataset is called, and holds no patient.
		if list := l.OptOut == terms.OptOutStaffList; list && !staff || !list && !asked[l.Dataset] || q.From > 0 && !l.To.IsZero() && l.To.Year < q.From {
			continue
		}
		k := key{l.Stem, a.Body(l.Organisation)[0]}
		h := agreements[k]
		if h == nil {
			h = &HoldingAgreement{Stem: l.Stem, OrganisationID: k.organisation, Holding: HoldsCounts}
			agreements[k] = h
		}
		h.add(l, datasets[l.Dataset])
	}
	called, err := a.organisationNames(ctx, s.db, keys(a.sum.Organisations))
	if err != nil {
		return nil, 0, err
	}
	for _, h := range agreements {
		h.Organisation = cmp.Or(called[h.OrganisationID], h.OrganisationID)
		h.Local = family.Local(a.sum.Organisations[h.OrganisationID].Kind, h.Organisation)
		if h.Local && !family.In(h.Organisation, q.Place) {
			elsewhere++
			continue
		}
		sortNames(h.Datasets)
		found = append(found, *h)
	}
	order := Holdings()
	slices.SortFunc(found, func(x, y HoldingAgreement) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Holding), slices.Index(order, y.Holding)), y.To.Compare(x.To),
			cmp.Compare(y.Releases, x.Releases), compareText(x.Stem, y.Stem), compareText(x.OrganisationID, y.OrganisationID))
	})
	return found, elsewhere, nil
}

// asks says whether a dataset is of a family that is asked for, and could hold
// what was recorded in the years.
func (q RecordQuery) asks(dataset string) bool {
	if !slices.ContainsFunc(family.Of(dataset), func(id string) bool { return slices.Contains(q.Families, id) }) {
		return false
	}
	from, to := family.Collected(dataset)
	return (q.To == 0 || from.IsZero() || from.Year <= q.To) && (q.From == 0 || to.IsZero() || to.Year >= q.From)
}

func (h *HoldingAgreement) add(l summary.Line, dataset string) {
	h.Releases += l.Releases
	h.From, h.To = summary.Widen(h.From, h.To, l.From, l.To)
	if order := Holdings(); slices.Index(order, holdingOf(l)) < slices.Index(order, h.Holding) {
		h.Holding = holdingOf(l)
	}
	i := slices.IndexFunc(h.Datasets, func(n PublishedName) bool { return n.ID == l.Dataset })
	if i < 0 {
		i = len(h.Datasets)
		h.Datasets = append(h.Datasets, PublishedName{ID: l.Dataset, Name: dataset})
	}
	h.Datasets[i].Releases += l.Releases
}

// holdingOf is what the codes of releases tell of whose records are in them.
// Consent counts where it is the reason given for the opt-outs, or the only way
// in which the duty of confidence is met.
func holdingOf(l summary.Line) Holding {
	switch {
	case l.TypeOfData == terms.AggregateSuppressed, l.TypeOfData == terms.AggregateUnsuppressed:
		return HoldsCounts
	case l.OptOut == terms.OptOutConsent, l.Routes == string(terms.RouteConsent):
		return HoldsConsented
	case l.OptOut == terms.OptOutApplied:
		return HoldsUnlessOptedOut
	}
	return CouldHold
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
