// Package summary counts the register once for all the pages that show counts
// of it: what stands at one size, by what was released, to whom, under which
// agreement and on what terms. Pure. One pass over the register makes it, and
// whoever keeps it keeps it by the register's size, at which it never changes.
package summary

import (
	"iter"
	"slices"
	"strings"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// Codes are the terms on which something was released. They can be compared;
// Routes are joined by " ", in the order of the entry.
type Codes struct {
	TypeOfData  terms.TypeOfData
	Sensitivity terms.Sensitivity
	Power       terms.Power
	Routes      string
	OptOut      terms.OptOut
	Frequency   terms.Frequency
	Channel     terms.Channel
}

// RouteList are the confidentiality routes.
func (c Codes) RouteList() []terms.Route {
	var out []terms.Route
	for route := range strings.FieldsSeq(c.Routes) {
		out = append(out, terms.Route(route))
	}
	return out
}

// Line counts the releases that agree in all but their file and time.
type Line struct {
	Stem, Organisation, Dataset string // Dataset's code; Organisation's id
	Codes
	Releases int
	From, To terms.Date // of the first and the last of them; zero: not recorded
	Newest   int64      // the entry with the highest number
}

// Agreement is an agreement in all its versions.
type Agreement struct {
	Stem          string
	Organisations []string // ids of its entries, sorted
	Statements    []int64  // entries of its versions, oldest first
	Endings       []int64  // terminations and certificates of destruction, oldest first
	Releases      int
	From, To      terms.Date // of its releases
}

// span is a period that releases share.
type span struct{ from, to terms.Date }

// Named is an organisation or dataset by one id.
type Named struct {
	Statements, Releases int
	Newest               int64  // its release with the highest number, or agreement where it has none
	Kind                 string // type of an organisation as published, that of its last entry which has one
}

// Figures are counts of what stands.
type Figures struct {
	Releases, Statements, Agreements, Terminations, Destructions int
	From, To                                                     terms.Date // of the releases
}

// Summary is what stands at a size of the register.
type Summary struct {
	Size          int64
	Figures       Figures
	Organisations map[string]Named // by id
	Datasets      map[string]Named // by code
	Successions   []index.Row      // in the order of their numbers

	lines                             []Line
	byStem, byOrganisation, byDataset map[string][]int32      // places in lines
	months                            map[string]map[span]int // of a dataset's releases
	agreements                        map[string]*Agreement
	ofOrganisation                    map[string][]string // stems of agreements that name it
}

// lineKey is what a line's releases agree in.
type lineKey struct {
	stem, organisation, dataset string
	codes                       Codes
}

// Of counts the rows, which are those that stand at the size, in the order of
// their numbers.
func Of(size int64, rows iter.Seq[index.Row]) *Summary {
	s := &Summary{
		Size: size, Organisations: map[string]Named{}, Datasets: map[string]Named{}, agreements: map[string]*Agreement{},
		byStem: map[string][]int32{}, byOrganisation: map[string][]int32{}, byDataset: map[string][]int32{}, ofOrganisation: map[string][]string{},
	}
	s.months = map[string]map[span]int{}
	places := map[lineKey]int32{}
	for row := range rows {
		s.add(row, places)
	}
	s.Figures.Agreements = len(s.agreements)
	for _, a := range s.agreements {
		slices.Sort(a.Organisations)
	}
	return s
}

func (s *Summary) add(r index.Row, places map[lineKey]int32) {
	switch {
	case r.AsRelease():
		s.release(r, places)
	case r.AsAgreement():
		s.Figures.Statements++
		a := s.agreement(r)
		a.Statements = append(a.Statements, r.Number)
		count(s.Organisations, r.Organisation, r.Number, 1, 0)
		if n, ok := s.Organisations[r.Organisation]; ok && r.OrganisationKind != "" {
			n.Kind = r.OrganisationKind
			s.Organisations[r.Organisation] = n
		}
		seen := map[string]bool{}
		for _, l := range r.Lines {
			if !seen[l.Dataset] {
				seen[l.Dataset] = true
				count(s.Datasets, l.Dataset, r.Number, 1, 0)
			}
		}
	case r.Kind == register.Termination, r.Kind == register.Destruction:
		if r.Kind == register.Termination {
			s.Figures.Terminations++
		} else {
			s.Figures.Destructions++
		}
		a := s.agreement(r)
		a.Endings = append(a.Endings, r.Number)
	case r.Kind == register.Succession:
		s.Successions = append(s.Successions, r)
	}
}

func (s *Summary) release(r index.Row, places map[lineKey]int32) {
	s.Figures.Releases++
	s.Figures.From, s.Figures.To = Widen(s.Figures.From, s.Figures.To, r.EventFrom, r.EventTo)
	count(s.Organisations, r.Organisation, r.Number, 0, 1)
	count(s.Datasets, r.Dataset, r.Number, 0, 1)
	if s.months[r.Dataset] == nil {
		s.months[r.Dataset] = map[span]int{}
	}
	s.months[r.Dataset][span{r.EventFrom, r.EventTo}]++
	a := s.agreement(r)
	a.Releases++
	a.From, a.To = Widen(a.From, a.To, r.EventFrom, r.EventTo)
	routes := make([]string, len(r.Routes))
	for i, route := range r.Routes {
		routes[i] = string(route)
	}
	key := lineKey{r.Stem, r.Organisation, r.Dataset, Codes{r.TypeOfData, r.Sensitivity, r.Power, strings.Join(routes, " "), r.OptOut, r.Frequency, r.Channel}}
	place, known := places[key]
	if !known {
		place = int32(len(s.lines))
		places[key] = place
		s.lines = append(s.lines, Line{Stem: r.Stem, Organisation: r.Organisation, Dataset: r.Dataset, Codes: key.codes})
		s.byStem[r.Stem] = append(s.byStem[r.Stem], place)
		s.byOrganisation[r.Organisation] = append(s.byOrganisation[r.Organisation], place)
		s.byDataset[r.Dataset] = append(s.byDataset[r.Dataset], place)
	}
	l := &s.lines[place]
	l.Releases++
	l.From, l.To = Widen(l.From, l.To, r.EventFrom, r.EventTo)
	l.Newest = r.Number
}

func (s *Summary) agreement(r index.Row) *Agreement {
	a := s.agreements[r.Stem]
	if a == nil {
		a = &Agreement{Stem: r.Stem}
		s.agreements[r.Stem] = a
	}
	if r.Organisation != "" && !slices.Contains(a.Organisations, r.Organisation) {
		a.Organisations = append(a.Organisations, r.Organisation)
		s.ofOrganisation[r.Organisation] = append(s.ofOrganisation[r.Organisation], r.Stem)
	}
	return a
}

func count(in map[string]Named, id string, number int64, statements, releases int) {
	if id == "" {
		return
	}
	n := in[id]
	if releases > 0 || n.Releases == 0 {
		n.Newest = number
	}
	n.Statements, n.Releases = n.Statements+statements, n.Releases+releases
	in[id] = n
}

// Widen is the span that holds another too. What is not recorded widens
// nothing.
func Widen(from, to, otherFrom, otherTo terms.Date) (terms.Date, terms.Date) {
	if !otherFrom.IsZero() && (from.IsZero() || otherFrom.Compare(from) < 0) {
		from = otherFrom
	}
	if !otherTo.IsZero() && (to.IsZero() || otherTo.Compare(to) > 0) {
		to = otherTo
	}
	return from, to
}
