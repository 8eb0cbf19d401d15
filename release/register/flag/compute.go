package flag

import (
	"cmp"
	"slices"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Results are the flags of the register at one size of it, as of a day. They
// are computed once and only read afterwards, by any number of readers.
type Results struct {
	Day terms.Date

	register   Register
	found      []Found
	flagged    []Mask // by entry number
	explained  []Mask
	agreements map[string]*agreed // by reference
	stems      map[string]*stem
	editions   map[string]*edition
	answers    map[question]answer
	counted    [3]map[string][]tally // by About, then by id: one for each rule
}

// Found is what a rule found.
type Found struct {
	Rule       Rule
	Entries    []int64 // that the rule concerns, in order
	Groups     []Group // of a rule whose flags concern several entries; else each entry is a flag
	Explained  int     // flags with an explanation
	CannotTell int
	NoColumn   int
}

// Flags is the number of flags.
func (f Found) Flags() int {
	if f.Rule.Grouped {
		return len(f.Groups)
	}
	return len(f.Entries)
}

// Group is a flag that concerns several entries.
type Group struct {
	Organisation, Dataset, Stem string
	From, To                    terms.Date
	Entries                     []int64
	With, Without               int      // releases with opt-outs applied, and without
	References                  []string // that have both, sorted
	Explained                   bool
}

// agreed is a version of an agreement as the register has it.
type agreed struct {
	Row
	terminated terms.Date
}

// end is the last day on which the version was in force; zero: not recorded.
func (a *agreed) end() terms.Date {
	if !a.terminated.IsZero() && (a.Ends.IsZero() || a.terminated.Compare(a.Ends) < 0) {
		return a.terminated
	}
	return a.Ends
}

// stem is an agreement in all its versions.
type stem struct {
	versions     []*agreed
	terminations []Row
	releases     int
	last         terms.Date // of the releases
	destroyed    terms.Date // last certified
}

// edition is which columns hold anything in any row of an edition, and whether
// any row has a reason for No.
type edition struct {
	filled  [len(codedCells)]bool
	reasons bool
}

// Compute asks every rule of what stands, as of a day.
func Compute(of Register, day terms.Date) *Results {
	r := &Results{Day: day, register: of, agreements: map[string]*agreed{}, stems: map[string]*stem{}, editions: map[string]*edition{}, answers: map[question]answer{}}
	for i := range r.counted {
		r.counted[i] = map[string][]tally{}
	}
	for _, rule := range rules {
		r.found = append(r.found, Found{Rule: rule})
	}
	r.gather()
	groups := r.releases()
	r.mixed(groups)
	r.overdue()
	r.tally()
	return r
}

func (r *Results) stem(name string) *stem {
	s := r.stems[name]
	if s == nil {
		s = &stem{}
		r.stems[name] = s
	}
	return s
}

// gather reads what releases are held against: agreements with their ends, and
// what columns an edition has.
func (r *Results) gather() {
	for row := range r.register.Standing() {
		switch row.Kind {
		case register.Agreement:
			if known := r.agreements[row.Reference]; known == nil || newer(row, known.Row) {
				r.agreements[row.Reference] = &agreed{Row: row}
			}
		case register.Termination:
			s := r.stem(row.Stem)
			s.terminations = append(s.terminations, row)
		case register.Destruction:
			if s := r.stem(row.Stem); row.CertifiedOn.Compare(s.destroyed) > 0 {
				s.destroyed = row.CertifiedOn
			}
		case register.Release:
			s := r.stem(row.Stem)
			s.releases++
			if row.To.Compare(s.last) > 0 {
				s.last = row.To
			}
			r.see(row)
		}
	}
	for _, a := range r.agreements {
		s := r.stem(a.Stem)
		s.versions = append(s.versions, a)
	}
	for _, s := range r.stems {
		// By what they say, never by when they were entered: the order of imports
		// tells nothing.
		slices.SortFunc(s.versions, func(a, b *agreed) int {
			return cmp.Or(a.Starts.Compare(b.Starts), a.Ends.Compare(b.Ends), compareReferences(a.Reference, b.Reference))
		})
		for _, t := range s.terminations {
			for _, a := range s.versions {
				if t.Reference == a.Reference || !t.Versioned {
					a.terminated = t.TerminatedOn
				}
			}
		}
	}
}

// compareReferences orders versions as numbers, never as text.
func compareReferences(a, b string) int {
	first, err1 := terms.ParseReference(a)
	second, err2 := terms.ParseReference(b)
	if err1 != nil || err2 != nil {
		return cmp.Compare(a, b)
	}
	return first.Compare(second)
}

// newer says which of two statements of one reference counts: ours before an
// imported one, then that of the later edition.
func newer(a, b Row) bool {
	if (a.Edition == "") != (b.Edition == "") {
		return a.Edition == ""
	}
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Number, b.Number)) > 0
}

func (r *Results) see(row Row) {
	if row.Edition == "" {
		return
	}
	e := r.editions[row.Edition]
	if e == nil {
		e = &edition{}
		r.editions[row.Edition] = e
	}
	for i := range codedCells {
		if !e.filled[i] && !row.blank(i) {
			e.filled[i] = true
		}
	}
	if row.OptOut != terms.OptOutApplied && row.OptOut != terms.OptOutNoReason && recorded(row.OptOut) {
		e.reasons = true
	}
}

// releases asks of each release what can be told of it alone, or with its
// agreement, and puts together those of one organisation, dataset and time.
func (r *Results) releases() map[groupKey]*group {
	groups := map[groupKey]*group{}
	ask := make([]func(*Results, Row, bool) verdict, len(rules))
	for i, rule := range rules {
		ask[i] = asked[rule.ID]
	}
	for row := range r.register.Standing() {
		if row.Kind != register.Release {
			continue
		}
		for int64(len(r.flagged)) <= row.Number {
			r.flagged, r.explained = append(r.flagged, 0), append(r.explained, 0)
		}
		of := r.gate(row)
		for i, rule := range ask {
			v := verdict{flagged: of.flagged&(1<<i) != 0, cannotTell: of.cannotTell&(1<<i) != 0}
			if rule != nil {
				v = rule(r, row, false)
			}
			switch {
			case v.flagged:
				r.found[i].Entries = append(r.found[i].Entries, row.Number)
				r.flagged[row.Number] |= 1 << i
				if v.explained {
					r.found[i].Explained++
					r.explained[row.Number] |= 1 << i
				}
			case v.cannotTell:
				r.found[i].CannotTell++
			}
		}
		together(groups, row)
	}
	return groups
}

// mark sets a rule's bit at the entries of a group.
func (r *Results) mark(i int, g Group) {
	for _, n := range g.Entries {
		for int64(len(r.flagged)) <= n {
			r.flagged, r.explained = append(r.flagged, 0), append(r.explained, 0)
		}
		r.flagged[n] |= 1 << i
		if g.Explained {
			r.explained[n] |= 1 << i
		}
	}
	f := &r.found[i]
	f.Groups, f.Entries = append(f.Groups, g), append(f.Entries, g.Entries...)
	if g.Explained {
		f.Explained++
	}
}

func index(id RuleID) int { return slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id }) }

// All is what each rule found, in the order of the table.
func (r *Results) All() []Found { return slices.Clone(r.found) }

// Rule is what one rule found; ok is false if it is none.
func (r *Results) Rule(id RuleID) (Found, bool) {
	if i := index(id); i >= 0 {
		return r.found[i], true
	}
	return Found{}, false
}

// Mask is the rules that flag an entry.
func (r *Results) Mask(number int64) Mask {
	if number < 1 || number >= int64(len(r.flagged)) {
		return 0
	}
	return r.flagged[number]
}

// Explained is the rules of Mask whose flag of the entry has an explanation.
func (r *Results) Explained(number int64) Mask {
	if number < 1 || number >= int64(len(r.explained)) {
		return 0
	}
	return r.explained[number]
}

// Contradicting counts the entries whose cells contradict each other by the
// gate's rules M1 to M4.
func (r *Results) Contradicting() int {
	rules, n := bit(M1)|bit(M2)|bit(M3)|bit(M4), 0
	for _, m := range r.flagged {
		if m&rules != 0 {
			n++
		}
	}
	return n
}

// question is all that the gate's answer rests on: most rows ask what another
// has asked.
type question struct {
	day                                    terms.Date
	kind                                   terms.TypeOfData
	power                                  terms.Power
	optOut                                 terms.OptOut
	basis0, basis1, route0, route1, route2 terms.Route
	dataset, organisation                  string
}

// answer is the rules of the gate that flag, and that cannot tell.
type answer struct{ flagged, cannotTell Mask }

// gate asks the gate's rules of a row.
func (r *Results) gate(row Row) answer {
	if row.From.IsZero() {
		return answer{}
	}
	q := question{day: row.From, kind: row.Type, power: row.Power, optOut: row.OptOut}
	if len(row.BasisRoutes) > 2 || len(row.Routes) > 3 {
		return answerOf(row)
	}
	for i, route := range row.BasisRoutes {
		*[]*terms.Route{&q.basis0, &q.basis1}[i] = route
	}
	for i, route := range row.Routes {
		*[]*terms.Route{&q.route0, &q.route1, &q.route2}[i] = route
	}
	if row.Type == terms.Identifiable && len(row.Routes) == 1 && row.Routes[0] == terms.RouteNone {
		q.dataset, q.organisation = row.DatasetName, row.OrganisationName // on which M2's list turns
	}
	known, asked := r.answers[q]
	if !asked {
		known = answerOf(row)
		r.answers[q] = known
	}
	return known
}

func answerOf(row Row) (a answer) {
	for _, f := range gate.Evaluate(row.Case()).Findings {
		id := RuleID(f.Rule)
		switch {
		case f.Outcome == gate.Warn && id == M2:
			a.flagged |= bit(ConsentNoFlow)
		case f.Outcome == gate.Refuse || f.Outcome == gate.Warn:
			a.flagged |= bit(id)
		case f.Outcome == gate.CannotTell && id == M9:
			a.flagged |= bit(M9)
		case f.Outcome == gate.CannotTell:
			a.cannotTell |= bit(id)
		}
	}
	return a
}

// Register is what the flags were computed of.
func (r *Results) Register() Register { return r.register }
