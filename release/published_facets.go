package release

import (
	"context"
	"slices"

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

// flagFacet is the facet of flags. It is not ready where it is still being
// computed and nothing of it is chosen: other searches do not wait for it.
func (s *Service) flagFacet(ctx context.Context, p *projected, v *index.View, chosen []string) (facet index.Extra, ready bool, err error) {
	computing := s.flagging(ctx, s.derivationOf(p, v))
	if len(chosen) == 0 && !computing.ready() {
		return index.Extra{}, false, nil
	}
	found, err := computing.wait(ctx)
	if err != nil {
		if len(chosen) == 0 { // the next reader tries again
			err = nil
		}
		return index.Extra{}, false, err
	}
	facet = found.facet
	facet.Chosen = chosen
	return facet, true, nil
}
