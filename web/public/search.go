package public

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/words"
	"data.release/registrar/release/terms"
)

func (s *server) searchRoutes() map[string]handler {
	return map[string]handler{
		"GET /register":           s.cached(s.register),
		"GET /register.atom":      s.cached(s.feed(writeAtom)),
		"GET /register.feed.json": s.cached(s.feed(writeJSONFeed)),
	}
}

// search is what the address of /register asks for. Values of one filter are
// alternatives; filters narrow each other.
type search struct {
	text                     string
	kinds                    []register.Kind
	types                    []terms.TypeOfData
	optOuts                  []terms.OptOut
	frequencies              []terms.Frequency
	channels                 []terms.Channel
	powers                   []terms.Power
	routes                   []terms.Route
	sensitivities            []terms.Sensitivity
	commercial, subLicensing []terms.Answer
	stands                   []terms.Answer
	flags                    []string
	late, within             bool
	organisationKind         string
	organisation, dataset    string
	agreement, edition       string
	from, to                 terms.Date
	order                    index.Order
	after, before            int64
}

// maxText is the most that is searched for, in characters.
const maxText = 200

// parameters are the members of the address of a search.
var parameters = []string{
	"q", "kind", "type", "opt_outs", "frequency", "channel", "power", "route", "sensitivity", "commercial", "sub_licensing", "stands", "flag", "late",
	"organisation_kind", "organisation", "dataset", "agreement", "edition", "from", "to", "within", "sort", "after", "before", "as-of",
}

// parseSearch reads an address's query; empty filters, as a form sends them,
// are none. The error has every reason. What the address may have beside a
// search is named in also; anything else is refused, so that nobody takes the
// whole for a part.
func parseSearch(query url.Values, also ...string) (search, error) {
	s, reasons := readSearch(query, also...)
	if len(reasons) > 0 {
		return search{}, misasked(reasons)
	}
	return s, nil
}

func misasked(reasons []fault.Reason) error {
	return fault.New(fault.Invalid, "The search cannot be made as its address has it.").With(reasons...)
}

// readSearch is parseSearch for who shows what was typed: the search holds what
// could be read.
func readSearch(query url.Values, also ...string) (search, []fault.Reason) {
	r := reader{query: query}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(parameters, name) && !slices.Contains(also, name) {
			r.refuse(name, "is no filter of the register; there are %s", strings.Join(parameters, ", "))
		}
	}
	s := search{
		text: r.one("q"), organisation: r.one("organisation"), dataset: r.one("dataset"), edition: r.one("edition"), organisationKind: r.one("organisation_kind"),
		kinds:         coded[register.Kind](&r, "kind"),
		types:         coded[terms.TypeOfData](&r, "type"),
		optOuts:       coded[terms.OptOut](&r, "opt_outs"),
		frequencies:   coded[terms.Frequency](&r, "frequency"),
		channels:      coded[terms.Channel](&r, "channel"),
		powers:        coded[terms.Power](&r, "power"),
		routes:        coded[terms.Route](&r, "route"),
		sensitivities: coded[terms.Sensitivity](&r, "sensitivity"),
		commercial:    coded[terms.Answer](&r, "commercial"),
		subLicensing:  coded[terms.Answer](&r, "sub_licensing"),
		stands:        oneOf[terms.Answer](&r, "stands", string(terms.Yes), string(terms.No)),
		late:          len(oneOf[string](&r, "late", "yes")) > 0,
		within:        len(oneOf[string](&r, "within", "yes")) > 0,
		from:          r.day("from"), to: r.day("to"), after: r.number("after"), before: r.number("before"),
	}
	var rules []string
	for _, rule := range flag.Rules() {
		rules = append(rules, string(rule.ID))
	}
	s.flags = oneOf[string](&r, "flag", rules...)
	var orders []string
	for _, order := range index.Orders() {
		orders = append(orders, string(order))
	}
	if given := r.one("sort"); slices.Contains(orders, given) {
		s.order = index.Order(given)
	} else {
		r.refuse("sort", "%q is none of %s", given, strings.Join(orders[1:], ", "))
	}
	r.check(&s)
	return s, r.reasons
}

// reader reads the members of a query one by one and gathers what is wrong.
type reader struct {
	query   url.Values
	reasons []fault.Reason
}

func (r *reader) refuse(field, format string, args ...any) {
	r.reasons = append(r.reasons, fault.Reason{Code: "query", Field: field, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) one(name string) string {
	given := slices.DeleteFunc(slices.Clone(r.query[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
	if len(given) == 0 {
		return ""
	}
	if len(given) > 1 {
		r.refuse(name, "is given %d times; once is the most", len(given))
	}
	value := strings.TrimSpace(given[0])
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		r.refuse(name, "is no text")
		return ""
	}
	return value
}

func (r *reader) day(name string) terms.Date {
	raw := r.one(name)
	if raw == "" {
		return terms.Date{}
	}
	day, err := terms.ParseDate(raw)
	if err != nil {
		r.refuse(name, "%q is no day; write it as 2021-02-28", raw)
	}
	return day
}

func (r *reader) number(name string) int64 {
	raw := r.one(name)
	if raw == "" {
		return 0
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 1 {
		r.refuse(name, "%q is no number of an entry; entries are numbered from 1", raw)
		return 0
	}
	return n
}

// check is what is wrong with members that were read.
func (r *reader) check(s *search) {
	if n := utf8.RuneCountInString(s.text); n > maxText {
		r.refuse("q", "has %d characters; %d is the most", n, maxText)
	}
	if raw := r.one("agreement"); raw != "" {
		stem, err := stemOf(raw)
		if err != nil {
			r.refuse("agreement", "%q is no reference of an agreement", raw)
		}
		s.agreement = stem
	}
	if !s.from.IsZero() && !s.to.IsZero() && s.to.Compare(s.from) < 0 {
		r.refuse("to", "%s is before %s", s.to.Words(), s.from.Words())
	}
	if s.after > 0 && s.before > 0 {
		r.refuse("before", "a page begins after an entry or ends before one, not both")
	}
}

// coded reads the values of a filter whose vocabulary is fixed, in the order
// of the vocabulary and once each.
func coded[C interface {
	~string
	Values() []string
}](r *reader, name string) []C {
	return oneOf[C](r, name, C("").Values()...)
}

func oneOf[C ~string](r *reader, name string, known ...string) []C {
	given := r.query[name]
	for _, value := range given {
		if value != "" && !slices.Contains(known, value) {
			r.refuse(name, "%q is none of %s", value, strings.Join(known, ", "))
		}
	}
	var out []C
	for _, value := range known {
		if slices.Contains(given, value) {
			out = append(out, C(value))
		}
	}
	return out
}

// stemOf reads a reference as people paste it: with or without its version or
// DARS-, in any case, with spaces or other dashes in it.
func stemOf(raw string) (string, error) {
	if reference, ok := words.Reference(raw); ok {
		return reference.Stem(), nil
	}
	reference, err := terms.ParseReference(raw)
	if err != nil {
		return "", err
	}
	return reference.Stem(), nil
}

// values writes the search as an address has it: no empty filter, one order for
// one search.
func (s search) values() url.Values {
	out := url.Values{}
	set := func(name, value string) {
		if value != "" {
			out.Set(name, value)
		}
	}
	set("q", s.text)
	addAll(out, "kind", s.kinds)
	addAll(out, "type", s.types)
	addAll(out, "opt_outs", s.optOuts)
	addAll(out, "frequency", s.frequencies)
	addAll(out, "channel", s.channels)
	addAll(out, "power", s.powers)
	addAll(out, "route", s.routes)
	addAll(out, "sensitivity", s.sensitivities)
	addAll(out, "commercial", s.commercial)
	addAll(out, "sub_licensing", s.subLicensing)
	addAll(out, "stands", s.stands)
	addAll(out, "flag", s.flags)
	if s.late {
		set("late", "yes")
	}
	if s.within {
		set("within", "yes")
	}
	set("organisation_kind", s.organisationKind)
	set("organisation", s.organisation)
	set("dataset", s.dataset)
	set("agreement", s.agreement)
	set("edition", s.edition)
	set("from", s.from.String())
	set("to", s.to.String())
	set("sort", string(s.order))
	if s.after > 0 {
		set("after", strconv.FormatInt(s.after, 10))
	}
	if s.before > 0 {
		set("before", strconv.FormatInt(s.before, 10))
	}
	return out
}

func addAll[C ~string](out url.Values, name string, values []C) {
	for _, value := range values {
		out.Add(name, string(value))
	}
}

// query is the search as package release asks it, with pages of some entries.
func (s search) query(size int) release.RegisterQuery {
	one := func(value string) []string {
		if value == "" {
			return nil
		}
		return []string{value}
	}
	return release.RegisterQuery{
		Text: s.text, Kinds: s.kinds, Types: s.types, OptOuts: s.optOuts, Frequencies: s.frequencies, Channels: s.channels,
		Powers: s.powers, Routes: s.routes, Sensitivities: s.sensitivities, Commercial: s.commercial, SubLicensing: s.subLicensing,
		Stands: s.stands, Flags: s.flags, Late: s.late, OrganisationKinds: one(s.organisationKind), Organisations: one(s.organisation), Datasets: one(s.dataset),
		Stems: one(s.agreement), Editions: one(s.edition), From: s.from, To: s.to, Within: s.within,
		Order: s.order, After: s.after, Before: s.before, Size: size,
	}
}

// href is the address of the search at a path such as /register.csv.
func (s search) href(path string) string {
	query := s.values().Encode()
	if query == "" {
		return path
	}
	return path + "?" + query
}

// whole is the search from its first page on.
func (s search) whole() search {
	s.after, s.before = 0, 0
	return s
}

// following is the page after an entry, preceding the one before it.
func (s search) following(entry int64) search { s.after, s.before = entry, 0; return s }
func (s search) preceding(entry int64) search { s.after, s.before = 0, entry; return s }

// without is the same search on its first page less one value of a filter.
func (s search) without(name, value string) search {
	values := s.whole().values()
	values[name] = slices.DeleteFunc(values[name], func(v string) bool { return v == value })
	// It was read once: what is left of it can be read again.
	less, _ := readSearch(values)
	return less
}

// filtered says whether the search asks for less than everything.
func (s search) filtered() bool {
	s.order = ""
	return len(s.whole().values()) > 0
}

// standing is the search for what stands of a kind, as it was entered or as a
// correction has it. Pages count what stands: this is what their counts lead to.
func standing(kind register.Kind, query url.Values) string {
	asked := url.Values{"kind": {string(kind)}, "stands": {string(terms.Yes)}}
	for name, values := range query {
		asked[name] = values
	}
	return "/register?" + asked.Encode()
}
