package flag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

type groupKey struct {
	organisation, dataset string
	from, to              terms.Date
}

// group gathers releases to one organisation, of one dataset and time.
type group struct {
	entries         []int64
	with, without   int
	types           [2]uint8 // of those with opt-outs, and of those without: a bit for each type of data
	onSupport, less bool     // all with rest on section 251 support; all without are not identifiable
}

var typeBits = map[terms.TypeOfData]uint8{terms.Identifiable: 1, terms.Pseudonymised: 2, terms.AggregateSuppressed: 4, terms.AggregateUnsuppressed: 8, terms.Anonymised: 16, terms.AnonymisedK3: 32}

// together adds a release to its group. Where the answer is not recorded, or the
// publisher says that the question does not arise, the release is on neither
// side.
func together(groups map[groupKey]*group, row Row) {
	if !recorded(row.OptOut) || row.OptOut == terms.OptOutOutOfScope || row.Organisation == "" || row.Dataset == "" || row.From.IsZero() {
		return
	}
	key := groupKey{row.Organisation, row.Dataset, month(row.From), month(row.To)}
	g := groups[key]
	if g == nil {
		g = &group{onSupport: true, less: true}
		groups[key] = g
	}
	g.entries = append(g.entries, row.Number)
	bits, known := typeBits[row.Type]
	if row.OptOut.Applied() {
		g.with++
		g.types[0] |= bits
		g.onSupport = g.onSupport && row.Type == terms.Identifiable && row.onSupport()
		return
	}
	g.without++
	g.types[1] |= bits
	g.less = g.less && known && row.Type != terms.Identifiable
}

// month is the first day of a day's month: releases made here have days, those
// of a register months.
func month(d terms.Date) terms.Date {
	if d.IsZero() {
		return d
	}
	return terms.NewDate(d.Year, d.Month, 1)
}

// explained says that type and legal basis tell the two sides apart as they
// ought to: identifiable under section 251 support with opt-outs, and data that
// are not identifiable without.
func (g *group) explained() bool { return g.onSupport && g.less && g.types[0]&g.types[1] == 0 }

func (r *Results) mixed(groups map[groupKey]*group) {
	var found []Group
	for key, g := range groups {
		if g.with == 0 || g.without == 0 {
			continue
		}
		found = append(found, Group{Organisation: key.organisation, Dataset: key.dataset, From: key.from, To: key.to,
			Entries: g.entries, With: g.with, Without: g.without, Explained: g.explained(), References: r.both(g.entries)})
	}
	slices.SortFunc(found, func(a, b Group) int {
		return cmp.Or(b.From.Compare(a.From), b.To.Compare(a.To), cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Dataset, b.Dataset))
	})
	for _, g := range found {
		r.mark(index(MixedOptOuts), g)
	}
	slices.Sort(r.found[index(MixedOptOuts)].Entries)
}

// both are the references that have releases on both sides.
func (r *Results) both(entries []int64) []string {
	sides := map[string]uint8{}
	for _, n := range entries {
		row, _ := r.register.Row(n)
		side := uint8(2)
		if row.OptOut.Applied() {
			side = 1
		}
		sides[row.Reference] |= side
	}
	var out []string
	for reference, side := range sides {
		if side == 3 {
			out = append(out, reference)
		}
	}
	slices.Sort(out)
	return out
}

// overdue looks for agreements that ended with data released and nothing
// recorded of their destruction.
func (r *Results) overdue() {
	at := index(OverdueDestruction)
	names := make([]string, 0, len(r.stems))
	for name := range r.stems {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := r.stems[name]
		if s.releases == 0 || len(s.versions) == 0 {
			continue
		}
		last, state := s.ended(r.Day)
		switch {
		case state == inForce:
		case !s.destroyed.IsZero() && s.destroyed.Compare(s.last) >= 0:
		case state == unknown:
			r.found[at].CannotTell++
		case !slices.ContainsFunc(s.versions, func(a *agreed) bool { return a.Edition == "" }):
			r.found[at].NoColumn++
		default:
			r.mark(at, Group{Stem: name, From: last.end(), To: last.end(), Entries: []int64{last.Number}})
		}
	}
	slices.Sort(r.found[at].Entries)
}

type state int

const (
	ended state = iota
	inForce
	unknown
)

// ended says whether a version of the agreement is in force on a day, and
// which ended last.
func (s *stem) ended(day terms.Date) (last *agreed, is state) {
	for _, a := range s.versions {
		end := a.end()
		switch {
		case end.IsZero():
			is = unknown
		case end.Compare(day) >= 0 && a.Starts.Compare(day) <= 0:
			return a, inForce
		case end.Compare(day) >= 0: // begins later: the data are carried over
			return a, inForce
		case last == nil || end.Compare(last.end()) >= 0:
			last = a
		}
	}
	return last, is
}

// Reason is why a rule flags an entry or a group, in words.
type Reason struct {
	Rule        Rule
	Words       string
	Explanation string // empty: none is known
}

// Reasons says why an entry is flagged, by every rule that does.
func (r *Results) Reasons(row Row) []Reason {
	var out []Reason
	for _, id := range r.Mask(row.Number).Rules() {
		if reason, ok := r.Reason(id, row); ok {
			out = append(out, reason)
		}
	}
	return out
}

// Reason says why a rule flags an entry; ok is false if it does not.
func (r *Results) Reason(id RuleID, row Row) (Reason, bool) {
	rule, known := Of(id)
	if !known || !r.Mask(row.Number).Has(id) {
		return Reason{}, false
	}
	if rule.Grouped {
		for _, g := range r.found[index(id)].Groups {
			if slices.Contains(g.Entries, row.Number) {
				return r.GroupReason(id, g), true
			}
		}
		return Reason{}, false
	}
	if slices.Contains(ofGate, id) {
		return Reason{Rule: rule, Words: evidence(row, id)}, true
	}
	v := asked[id](r, row, true)
	return Reason{Rule: rule, Words: v.words, Explanation: v.explanation}, v.flagged
}

// GroupReason says why a rule flags a group.
func (r *Results) GroupReason(id RuleID, g Group) Reason {
	rule, _ := Of(id)
	out := Reason{Rule: rule}
	switch id {
	case MixedOptOuts:
		out.Words = fmt.Sprintf("With opt-outs: %s. Without: %s.", r.side(g, true), r.side(g, false))
		if g.Explained {
			out.Explanation = "The releases with opt-outs are identifiable and rest on section 251 support, where opt-outs apply. Those without are not identifiable."
		}
	case OverdueDestruction:
		s := r.stems[g.Stem]
		out.Words = fmt.Sprintf("The last version ended on %s; %s under the agreement recorded, the last of %s.", g.To.Words(), plural(s.releases), s.last.Words())
		if !s.destroyed.IsZero() {
			out.Words += fmt.Sprintf(" Destruction was certified on %s, before the last release.", s.destroyed.Words())
		}
	}
	return out
}

func plural(n int) string {
	if n == 1 {
		return "1 release"
	}
	return fmt.Sprintf("%d releases", n)
}

// side counts one side of a group by type and legal basis, in words.
func (r *Results) side(g Group, applied bool) string {
	counts := map[string]int{}
	for _, n := range g.Entries {
		row, _ := r.register.Row(n)
		if row.OptOut.Applied() != applied {
			continue
		}
		basis := row.Power.Label()
		if len(row.BasisRoutes) > 0 {
			basis = routeWords(row.BasisRoutes)
		}
		counts[terms.Lower(row.Type.Label())+", "+basis]++
	}
	parts := make([]string, 0, len(counts))
	for words, n := range counts {
		parts = append(parts, fmt.Sprintf("%s, %s", plural(n), words))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// About is what flags are counted by.
type About int

// What flags are counted by.
const (
	OfOrganisation About = iota
	OfDataset
	OfAgreement
)

// Count is what a rule flags of one organisation, dataset or agreement.
type Count struct {
	Rule      Rule
	Entries   int // entries that the rule concerns
	Explained int // of these, with an explanation
}

type tally struct{ entries, explained uint32 }

// tally counts by organisation, dataset and agreement.
func (r *Results) tally() {
	for n, mask := range r.flagged {
		if mask == 0 {
			continue
		}
		row, ok := r.register.Row(int64(n))
		if !ok {
			continue
		}
		for about, id := range [...]string{row.Organisation, row.Dataset, row.Stem} {
			if id == "" || row.Kind == register.Agreement && About(about) == OfDataset {
				continue
			}
			counts := r.counted[about][id]
			if counts == nil {
				counts = make([]tally, len(rules))
				r.counted[about][id] = counts
			}
			for i := range rules {
				if mask&(1<<i) == 0 {
					continue
				}
				counts[i].entries++
				if r.explained[n]&(1<<i) != 0 {
					counts[i].explained++
				}
			}
		}
	}
}

// Counts are the flags of one organisation, dataset or agreement by rule, those
// that found something, in the order of the table.
func (r *Results) Counts(about About, id string) []Count {
	var out []Count
	for i, t := range r.counted[about][id] {
		if t.entries > 0 {
			out = append(out, Count{Rule: rules[i], Entries: int(t.entries), Explained: int(t.explained)})
		}
	}
	return out
}
