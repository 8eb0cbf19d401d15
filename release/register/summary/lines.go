package summary

import (
	"cmp"
	"slices"

	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// Lines are all lines, in no order that means anything.
func (s *Summary) Lines() []Line { return s.lines }

// OfAgreement are the lines of one agreement, by dataset and terms.
func (s *Summary) OfAgreement(stem string) []Line { return s.pick(s.byStem, stem) }

// OfOrganisations are the lines of some organisations' ids.
func (s *Summary) OfOrganisations(ids ...string) []Line { return s.pick(s.byOrganisation, ids...) }

// OfDatasets are the lines of some datasets' codes.
func (s *Summary) OfDatasets(codes ...string) []Line { return s.pick(s.byDataset, codes...) }

func (s *Summary) pick(by map[string][]int32, ids ...string) []Line {
	var out []Line
	for _, id := range ids {
		for _, place := range by[id] {
			out = append(out, s.lines[place])
		}
	}
	slices.SortFunc(out, compare)
	return out
}

// compare orders lines by dataset, agreement, organisation and terms.
func compare(a, b Line) int {
	return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Stem, b.Stem), cmp.Compare(a.Organisation, b.Organisation),
		cmp.Compare(a.TypeOfData, b.TypeOfData), cmp.Compare(a.OptOut, b.OptOut), cmp.Compare(a.Power, b.Power),
		cmp.Compare(a.Routes, b.Routes), cmp.Compare(a.Sensitivity, b.Sensitivity), cmp.Compare(a.Frequency, b.Frequency), cmp.Compare(a.Channel, b.Channel))
}

// Merge adds up lines by a key: those of one key become one, in the order in
// which they first come. The line that is kept has the members of the first.
func Merge[K comparable](lines []Line, key func(Line) K) []Line {
	var out []Line
	places := map[K]int{}
	for _, l := range lines {
		k := key(l)
		place, known := places[k]
		if !known {
			places[k] = len(out)
			out = append(out, l)
			continue
		}
		sum := &out[place]
		sum.Releases += l.Releases
		sum.From, sum.To = Widen(sum.From, sum.To, l.From, l.To)
		sum.Newest = max(sum.Newest, l.Newest)
	}
	return out
}

// Agreement is an agreement by its stem; nil where nothing of it stands.
func (s *Summary) Agreement(stem string) *Agreement { return s.agreements[stem] }

// AgreementsOf are the agreements that name one of some organisations' ids, the
// one with the newest entry first.
func (s *Summary) AgreementsOf(ids ...string) []*Agreement {
	var out []*Agreement
	seen := map[string]bool{}
	for _, id := range ids {
		for _, stem := range s.ofOrganisation[id] {
			if !seen[stem] {
				seen[stem] = true
				out = append(out, s.agreements[stem])
			}
		}
	}
	slices.SortFunc(out, func(a, b *Agreement) int {
		return cmp.Or(b.To.Compare(a.To), cmp.Compare(b.Releases, a.Releases), cmp.Compare(a.Stem, b.Stem))
	})
	return out
}

// Month is how many releases there are of one month, or of a longer period.
type Month struct {
	From, To terms.Date // zero: not recorded
	Releases int
}

// Months counts the releases of some datasets' codes by their period, the
// latest first; what has no date comes last.
func (s *Summary) Months(codes ...string) []Month {
	sums := map[span]int{}
	for _, code := range codes {
		for period, releases := range s.months[code] {
			sums[period] += releases
		}
	}
	return months(sums)
}

// MonthsOf counts releases by their period likewise.
func MonthsOf(releases []index.Row) []Month {
	sums := map[span]int{}
	for _, r := range releases {
		sums[span{r.EventFrom, r.EventTo}]++
	}
	return months(sums)
}

func months(sums map[span]int) []Month {
	var out []Month
	for period, releases := range sums {
		out = append(out, Month{period.from, period.to, releases})
	}
	slices.SortFunc(out, func(a, b Month) int { return cmp.Or(b.From.Compare(a.From), b.To.Compare(a.To)) })
	return out
}
