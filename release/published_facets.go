package release

import (
	"context"
	"slices"
	"sync"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// facets gives the counted facets their words.
func (s *Service) facets(ctx context.Context, p *projected, q RegisterQuery, page index.Page) ([]Facet, error) {
	var out []Facet
	for _, f := range q.facets() {
		if f.name == index.Late {
			continue
		}
		chosen := f.chosen
		switch f.name {
		case index.Organisation, index.Dataset:
			chosen = p.newest(f.name, chosen)
		}
		values, rest := shown(page.Facets[f.name], chosen)
		if f.name == index.Edition {
			if err := s.nameEditions(ctx, values); err != nil {
				return nil, err
			}
		}
		for i := range values {
			if label := p.label(f.name, values[i].Value); label != "" {
				values[i].Label = label
			}
		}
		out = append(out, Facet{Name: string(f.name), Values: values, Left: rest})
	}
	return out, nil
}

// newest puts the name that a body goes by in the place of each of its names.
func (p *projected) newest(facet index.Facet, ids []string) []string {
	var out []string
	for _, id := range ids {
		same := p.View().Body
		if facet == index.Dataset {
			same = p.View().DatasetBody
		}
		if newest := same(id)[0]; !slices.Contains(out, newest) {
			out = append(out, newest)
		}
	}
	return out
}

// shown keeps the most frequent values, and all that are chosen, also those
// that found nothing; rest is how many are left out.
func shown(counts []index.Count, chosen []string) (out []FacetValue, rest int) {
	left := slices.Clone(chosen)
	for i, c := range counts {
		is := slices.Contains(chosen, c.Value)
		left = slices.DeleteFunc(left, func(v string) bool { return v == c.Value })
		if i < facetValues || is {
			out = append(out, FacetValue{Value: c.Value, Label: c.Value, Count: c.Count, Chosen: is})
		} else {
			rest++
		}
	}
	slices.Sort(left)
	for _, v := range slices.Compact(left) {
		out = append(out, FacetValue{Value: v, Label: v, Chosen: true})
	}
	return out, rest
}

// label is a value in words; "" where it speaks for itself.
func (p *projected) label(facet index.Facet, value string) string {
	switch facet {
	case index.Kind:
		return register.Kind(value).Label()
	case index.Type:
		return terms.TypeOfData(value).Label()
	case index.OptOut:
		return terms.OptOut(value).Label()
	case index.Power:
		return terms.Power(value).Label()
	case index.Route:
		return terms.Route(value).Label()
	case index.Sensitivity:
		return terms.Sensitivity(value).Label()
	case index.Frequency:
		return terms.Frequency(value).Label()
	case index.Channel:
		return terms.Channel(value).Label()
	case index.Commercial, index.SubLicensing:
		return terms.Answer(value).Label()
	case index.OrganisationKind:
		if value == index.NotRecorded {
			return terms.AnswerNotRecorded.Label()
		}
	case index.Stands:
		if value == string(terms.Yes) {
			return "Stands"
		}
		return "No longer stands"
	case index.Organisation, index.Dataset:
		return p.name(facet, value)
	case FlagFacet:
		if rule, ok := flag.Of(flag.RuleID(value)); ok {
			return rule.Title
		}
	}
	return ""
}

func (s *Service) nameEditions(ctx context.Context, values []FacetValue) error {
	digests := make([]string, len(values))
	for i, v := range values {
		digests[i] = v.Value
	}
	labels, err := editionNames(ctx, s.db, digests)
	for i, v := range values {
		if labels[v.Value] != "" {
			values[i].Label = labels[v.Value]
		}
	}
	return err
}

// flagSets keeps, for the views that were asked last, the entries that each
// rule flags. They are computed beside the search, which does not wait for
// them unless it asks for one.
type flagSets struct {
	mu   sync.Mutex
	list []*flagSet // the last asked for first
	turn sync.Mutex // one is computed at a time: it takes all of a processor
}

type flagSet struct {
	view  *index.View
	day   terms.Date
	ready chan struct{}
	facet index.Extra
	err   error
}

// keptFlags is how many views are kept.
const keptFlags = 4

// flagFacet is the facet of flags. It is not ready where it is still being
// computed and nothing of it is chosen.
func (s *Service) flagFacet(ctx context.Context, v *index.View, chosen []string) (facet index.Extra, ready bool, err error) {
	set := s.projection.flags.of(v, s.Today(), func(set *flagSet) {
		// Whoever asked first may leave: others wait for the same.
		set.facet, set.err = s.flagged(context.WithoutCancel(ctx), v)
	})
	if len(chosen) > 0 {
		select {
		case <-set.ready:
		case <-ctx.Done():
			return index.Extra{}, false, ctx.Err()
		}
	}
	select {
	case <-set.ready:
	default:
		return index.Extra{}, false, nil
	}
	if set.err != nil {
		s.projection.flags.forget(set) // the next reader tries again
		if len(chosen) > 0 {
			err = set.err
		}
		return index.Extra{}, false, err
	}
	facet = set.facet
	facet.Chosen = chosen
	return facet, true, nil
}

func (f *flagSets) of(v *index.View, day terms.Date, compute func(*flagSet)) *flagSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.list, func(s *flagSet) bool { return s.view == v && s.day == day })
	if at >= 0 {
		set := f.list[at]
		f.list = slices.Insert(slices.Delete(f.list, at, at+1), 0, set)
		return set
	}
	set := &flagSet{view: v, day: day, ready: make(chan struct{})}
	f.list = slices.Insert(f.list, 0, set)
	f.list = f.list[:min(len(f.list), keptFlags)]
	go func() {
		defer close(set.ready)
		f.turn.Lock()
		defer f.turn.Unlock()
		compute(set)
	}()
	return set
}

func (f *flagSets) forget(set *flagSet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.DeleteFunc(f.list, func(s *flagSet) bool { return s == set })
}

// flagged is the entries that each rule flags at the size of a view.
func (s *Service) flagged(ctx context.Context, v *index.View) (index.Extra, error) {
	out := index.Extra{Name: FlagFacet}
	size := v.Size()
	if size == 0 {
		size = EmptyRegister
	}
	results, err := s.Flags(ctx, size)
	if err != nil {
		return out, err
	}
	for _, found := range results.All() {
		out.Values = append(out.Values, index.ExtraValue{Value: string(found.Rule.ID), Entries: v.Tagged(found.Entries)})
	}
	return out, nil
}
