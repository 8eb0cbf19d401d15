package index_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// began is when the registers of these tests began.
var began = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func pick[T any](t *rapid.T, name string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, name)
}

// rows draws a register of few names, so that much coincides.
func rows(t *rapid.T) []index.Row {
	editions := []struct {
		id   string
		from terms.Date
	}{{}, {"e1", terms.NewDate(2021, 2, 1)}, {"e2", terms.NewDate(2021, 3, 1)}, {"e0", terms.NewDate(2020, 1, 1)}}
	organisations := []string{"", "alpha", "beta", "gamma", "delta"}
	datasets := []string{"", "hes", "mhsds", "deaths"}
	n := rapid.IntRange(0, 150).Draw(t, "entries")
	out := make([]index.Row, 0, n)
	for i := range n {
		r := index.Row{
			Number: int64(i) + 1, Kind: register.Release, RecordedAt: began.Add(time.Duration(i/3) * time.Hour),
			Organisation: pick(t, "organisation", organisations...), Late: rapid.Bool().Draw(t, "late"),
			Stem: pick(t, "stem", "", "NIC-1", "NIC-2"), Version: pick(t, "version", "", "v1.0", "v2.0"),
			SourceID: pick(t, "id", "", "FILE", "File1", "x"+fmt.Sprint(i)),
		}
		r.Reference = r.Stem + r.Version
		if d := rapid.IntRange(0, 3).Draw(t, "day"); d > 0 {
			r.EventFrom, r.EventTo = terms.NewDate(2021, 1, d), terms.NewDate(2021, 1, d+rapid.IntRange(0, 2).Draw(t, "days"))
		}
		kind := rapid.IntRange(0, 11).Draw(t, "kind")
		if i == 0 {
			kind = 0
		}
		about := func(kinds ...register.Kind) int64 {
			var fit []int64
			for _, e := range out {
				if slices.Contains(kinds, e.Kind) {
					fit = append(fit, e.Number)
				}
			}
			if len(fit) == 0 {
				return 0
			}
			return rapid.SampledFrom(fit).Draw(t, "about")
		}
		switch {
		case kind < 5:
		case kind < 8:
			r.Kind = register.Agreement
		case kind == 8:
			if r.About = about(register.Release, register.Agreement); r.About > 0 {
				r.Kind, r.Corrects = register.Correction, out[r.About-1].Kind
			}
		case kind == 9:
			if r.About = about(register.Release, register.Agreement, register.Succession); r.About > 0 {
				r.Kind = register.Withdrawal
			}
		default:
			r.Kind, r.Relation = register.Succession, pick(t, "relation", terms.SameAs, terms.RenamedTo, terms.TransferredTo)
			if rapid.Bool().Draw(t, "of datasets") {
				r.Organisation, r.Dataset, r.SuccessorDataset = "", pick(t, "dataset", datasets[1:]...), pick(t, "successor", datasets[1:]...)
			} else {
				r.Organisation, r.Successor = pick(t, "organisation", organisations[1:]...), pick(t, "successor", organisations[1:]...)
			}
		}
		switch {
		case r.AsRelease():
			r.Dataset = pick(t, "dataset", datasets...)
			r.TypeOfData, r.OptOut = pick(t, "type", terms.Identifiable, terms.Pseudonymised), pick(t, "opt out", terms.OptOutApplied, terms.OptOutConsent)
			r.Routes = pick(t, "routes", nil, []terms.Route{"consent"}, []terms.Route{"consent", "section_251"})
			r.Power, r.Sensitivity, r.Frequency = "s261_1", terms.SensitivityNotRecorded, terms.OneOff
		case r.AsAgreement():
			r.Commercial, r.SubLicensing = pick(t, "commercial", terms.Yes, terms.No, terms.AnswerNotRecorded), pick(t, "sub-licensing", terms.Yes, terms.AnswerNotRecorded)
			r.OrganisationKind = pick(t, "organisation kind", "", "CCG", "Academic")
			for range rapid.IntRange(0, 2).Draw(t, "lines") {
				r.Lines = append(r.Lines, register.Line{Dataset: pick(t, "line", datasets...), TypeOfData: pick(t, "type", terms.Identifiable, terms.Pseudonymised), OptOut: terms.OptOutApplied})
			}
			r.Starts = terms.NewDate(2020, 1, 1)
		}
		if r.Kind == register.Release || r.Kind == register.Agreement {
			edition := pick(t, "edition", editions...)
			r.Edition, r.EditionFrom = edition.id, edition.from
			if edition.id != "" {
				r.RowKey = pick(t, "row key", "", "k1", "k2", "k3")
			}
		}
		out = append(out, r)
	}
	return out
}

// model is a register that knows no shortcuts.
type model struct {
	rows     []index.Row
	standing *register.Standing
}

func newModel(rows []index.Row) *model {
	m := &model{rows: rows, standing: register.NewStanding()}
	for _, r := range rows {
		m.standing.Add(register.Mark{Number: r.Number, Kind: r.Kind, About: r.About, RowKey: r.RowKey, EditionFrom: r.EditionFrom})
	}
	return m
}

func (m *model) stands(n int64) bool { return m.standing.Stands(n, int64(len(m.rows))) }

// newest is the name that a name's body goes by.
func (m *model) body(name string, of func(index.Row) (string, string)) map[string]bool {
	body := map[string]bool{name: true}
	for range m.rows {
		for _, r := range m.rows {
			from, to := of(r)
			if r.Kind == register.Succession && r.Relation.Joins() && r.Stem == "" && from != "" && to != "" && m.stands(r.Number) && (body[from] || body[to]) {
				body[from], body[to] = true, true
			}
		}
	}
	return body
}

func organisations(r index.Row) (string, string) { return r.Organisation, r.Successor }
func datasets(r index.Row) (string, string)      { return r.Dataset, r.SuccessorDataset }

// said is what the agreement of a row says.
func (m *model) said(r index.Row, value func(index.Row) string) []string {
	if r.AsAgreement() {
		return []string{cmp.Or(value(r), index.NotRecorded)}
	}
	if !r.AsRelease() {
		return nil
	}
	var best *index.Row
	for _, a := range m.rows {
		if !a.AsAgreement() || a.Stem == "" || a.Stem != r.Stem || a.Version != r.Version || !m.stands(a.Number) || value(a) == "" {
			continue
		}
		imported, known := a.Edition != "", best != nil && best.Edition != ""
		switch {
		case best == nil, known && !imported, known == imported && cmp.Or(a.EditionFrom.Compare(best.EditionFrom), cmp.Compare(a.Number, best.Number)) > 0:
			best = &a
		}
	}
	if best == nil {
		return []string{index.NotRecorded}
	}
	return []string{value(*best)}
}

// values are those of a row under a facet, names of one body as one.
func (m *model) values(r index.Row, facet index.Facet) []string {
	lines := func(value func(register.Line) string) (out []string) {
		for _, l := range r.Lines {
			out = append(out, value(l))
		}
		return out
	}
	answer := func(a terms.Answer) string {
		if a == terms.AnswerNotRecorded {
			return ""
		}
		return string(a)
	}
	var out []string
	switch facet {
	case index.Kind:
		out = []string{string(r.Kind)}
		if r.Corrects != "" {
			out = append(out, string(r.Corrects))
		}
	case index.Type:
		out = append(lines(func(l register.Line) string { return string(l.TypeOfData) }), string(r.TypeOfData))
	case index.OptOut:
		out = append(lines(func(l register.Line) string { return string(l.OptOut) }), string(r.OptOut))
	case index.Power:
		out = append(lines(func(l register.Line) string { return string(l.Power) }), string(r.Power))
	case index.Sensitivity:
		out = append(lines(func(l register.Line) string { return string(l.Sensitivity) }), string(r.Sensitivity))
	case index.Frequency:
		out = append(lines(func(l register.Line) string { return string(l.Frequency) }), string(r.Frequency))
	case index.Channel:
		out = append(lines(func(l register.Line) string { return string(l.Channel) }), string(r.Channel))
	case index.Route:
		for _, route := range r.Routes {
			out = append(out, string(route))
		}
	case index.Late:
		if r.Late {
			out = []string{"yes"}
		}
	case index.Stands:
		out = []string{"no"}
		if m.stands(r.Number) {
			out = []string{"yes"}
		}
	case index.Commercial:
		out = m.said(r, func(a index.Row) string { return answer(a.Commercial) })
	case index.SubLicensing:
		out = m.said(r, func(a index.Row) string { return answer(a.SubLicensing) })
	case index.OrganisationKind:
		out = m.said(r, func(a index.Row) string { return a.OrganisationKind })
	case index.Organisation:
		out = []string{r.Organisation, r.Successor}
	case index.Dataset:
		out = append(lines(func(l register.Line) string { return l.Dataset }), r.Dataset, r.SuccessorDataset)
	case index.Edition:
		out = []string{r.Edition}
	}
	out = slices.DeleteFunc(out, func(v string) bool { return v == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// has says whether a row has one of the values, by whichever name of a body.
func (m *model) has(r index.Row, facet index.Facet, chosen []string) bool {
	own := m.values(r, facet)
	for _, value := range chosen {
		names := map[string]bool{value: true}
		switch facet {
		case index.Organisation:
			names = m.body(value, organisations)
		case index.Dataset:
			names = m.body(value, datasets)
		}
		if slices.ContainsFunc(own, func(v string) bool { return names[v] }) {
			return true
		}
	}
	return false
}

func (m *model) fits(r index.Row, q index.Query, but index.Facet) bool {
	for facet, chosen := range q.Chosen {
		if facet != but && len(chosen) > 0 && !m.has(r, facet, chosen) {
			return false
		}
	}
	if len(q.Stems) > 0 && !slices.Contains(q.Stems, r.Stem) {
		return false
	}
	if !q.From.IsZero() && r.EventTo.Compare(q.From) < 0 || !q.To.IsZero() && (r.EventFrom.IsZero() || r.EventFrom.Compare(q.To) > 0) {
		return false
	}
	if q.Within && (!q.From.IsZero() && r.EventFrom.Compare(q.From) < 0 || !q.To.IsZero() && r.EventTo.Compare(q.To) > 0) {
		return false
	}
	for _, only := range q.Only {
		if !only.Has(r.Number) {
			return false
		}
	}
	return true
}

// search lists all that a query finds, in its order.
func (m *model) search(q index.Query) []int64 {
	var found []index.Row
	for _, r := range m.rows {
		if m.fits(r, q, "") {
			found = append(found, r)
		}
	}
	last := func(empty bool) int {
		if empty {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(found, func(a, b index.Row) int {
		newest := cmp.Compare(b.Number, a.Number)
		switch q.Order {
		case index.Oldest:
			return -newest
		case index.EventNewest:
			return cmp.Or(cmp.Compare(last(a.EventFrom.IsZero()), last(b.EventFrom.IsZero())), b.EventFrom.Compare(a.EventFrom), newest)
		case index.EventOldest:
			return cmp.Or(cmp.Compare(last(a.EventFrom.IsZero()), last(b.EventFrom.IsZero())), a.EventFrom.Compare(b.EventFrom), newest)
		case index.ByOrganisation:
			return cmp.Or(cmp.Compare(last(a.Organisation == ""), last(b.Organisation == "")), cmp.Compare(a.Organisation, b.Organisation), newest)
		case index.ByDataset:
			return cmp.Or(cmp.Compare(last(a.Dataset == ""), last(b.Dataset == "")), cmp.Compare(a.Dataset, b.Dataset), newest)
		}
		return newest
	})
	out := make([]int64, len(found))
	for i, r := range found {
		out[i] = r.Number
	}
	return out
}

// count counts a facet; names of one body are counted once, under any of them.
func (m *model) count(q index.Query, facet index.Facet) map[string]int {
	out := map[string]int{}
	for _, r := range m.rows {
		if !m.fits(r, q, facet) {
			continue
		}
		seen := map[string]bool{}
		for _, value := range m.values(r, facet) {
			names := map[string]bool{value: true}
			switch facet {
			case index.Organisation:
				names = m.body(value, organisations)
			case index.Dataset:
				names = m.body(value, datasets)
			}
			var list []string
			for name := range names {
				list = append(list, name)
			}
			slices.Sort(list)
			if key := list[0]; !seen[key] {
				seen[key] = true
				out[key]++
			}
		}
	}
	return out
}
