package public

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// search is what the address of /register asks for. Values of one filter are
// alternatives; filters narrow each other.
type search struct {
	text                             string
	kinds                            []register.Kind
	types                            []terms.TypeOfData
	optOuts                          []terms.OptOut
	frequencies                      []terms.Frequency
	powers                           []terms.Power
	routes                           []terms.Route
	sensitivities                    []terms.Sensitivity
	organisation, dataset, agreement string
	page                             int
}

// maxText is the most that is searched for, in characters.
const maxText = 200

// parseSearch reads an address's query; empty filters, as a form sends them,
// are none. The error has every reason.
func parseSearch(query url.Values) (search, error) {
	var reasons []fault.Reason
	refuse := func(field, format string, args ...any) {
		reasons = append(reasons, fault.Reason{Code: "query", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	one := func(name string) string {
		given := slices.DeleteFunc(slices.Clone(query[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
		if len(given) > 1 {
			refuse(name, "is given %d times; once is the most", len(given))
		}
		if len(given) == 0 {
			return ""
		}
		return strings.TrimSpace(given[0])
	}
	s := search{
		text: one("q"), organisation: one("organisation"), dataset: one("dataset"), page: 1,
		kinds:         coded[register.Kind](query, "kind", refuse),
		types:         coded[terms.TypeOfData](query, "type", refuse),
		optOuts:       coded[terms.OptOut](query, "opt_outs", refuse),
		frequencies:   coded[terms.Frequency](query, "frequency", refuse),
		powers:        coded[terms.Power](query, "power", refuse),
		routes:        coded[terms.Route](query, "route", refuse),
		sensitivities: coded[terms.Sensitivity](query, "sensitivity", refuse),
	}
	if n := utf8.RuneCountInString(s.text); n > maxText {
		refuse("q", "has %d characters; %d is the most", n, maxText)
	}
	if !utf8.ValidString(s.text) || strings.ContainsRune(s.text, 0) {
		refuse("q", "is no text")
	}
	if raw := one("agreement"); raw != "" {
		stem, err := stemOf(raw)
		if err != nil {
			refuse("agreement", "%q is no reference of an agreement", raw)
		}
		s.agreement = stem
	}
	if raw := one("page"); raw != "" {
		page, err := strconv.Atoi(raw)
		if err != nil || page < 1 {
			refuse("page", "%q is no page; pages are numbered from 1", raw)
		}
		s.page = page
	}
	if len(reasons) > 0 {
		return search{}, fault.New(fault.Invalid, "The search cannot be made as its address has it.").With(reasons...)
	}
	return s, nil
}

// coded reads the values of a filter whose vocabulary is fixed, in the order
// of the vocabulary and once each.
func coded[C interface {
	~string
	Values() []string
}](query url.Values, name string, refuse func(field, format string, args ...any)) []C {
	known := C("").Values()
	given := query[name]
	for _, value := range given {
		if value != "" && !slices.Contains(known, value) {
			refuse(name, "%q is none of %s", value, strings.Join(known, ", "))
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
// DARS-, in any case, with spaces around it.
func stemOf(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if upper := strings.ToUpper(raw); strings.HasPrefix(upper, "NIC-") || strings.HasPrefix(upper, "DARS-") {
		// The version's mark alone is written small.
		if at := strings.LastIndex(upper, "-V"); at > 0 {
			upper = upper[:at] + "-v" + upper[at+2:]
		}
		raw = upper
	}
	reference, err := terms.ParseReference(raw)
	if err != nil {
		return "", err
	}
	return reference.Stem(), nil
}

// values writes the search as an address has it: no empty filter, page 1
// unsaid, one order for one search.
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
	addAll(out, "power", s.powers)
	addAll(out, "route", s.routes)
	addAll(out, "sensitivity", s.sensitivities)
	set("organisation", s.organisation)
	set("dataset", s.dataset)
	set("agreement", s.agreement)
	if s.page > 1 {
		set("page", strconv.Itoa(s.page))
	}
	return out
}

func addAll[C ~string](out url.Values, name string, values []C) {
	for _, value := range values {
		out.Add(name, string(value))
	}
}

// query is the search as package release asks it.
func (s search) query(size int) release.RegisterQuery {
	q := release.RegisterQuery{
		Text: s.text, Kinds: s.kinds, Types: s.types, OptOuts: s.optOuts, Frequencies: s.frequencies,
		Powers: s.powers, Routes: s.routes, Sensitivities: s.sensitivities, Page: s.page, Size: size,
	}
	if s.organisation != "" {
		q.Organisations = []string{s.organisation}
	}
	if s.dataset != "" {
		q.Datasets = []string{s.dataset}
	}
	if s.agreement != "" {
		q.Stems = []string{s.agreement}
	}
	return q
}

// href is the address of the search at a path such as /register.csv.
func (s search) href(path string) string {
	query := s.values().Encode()
	if query == "" {
		return path
	}
	return path + "?" + query
}

// at is the same search on another page.
func (s search) at(page int) search {
	s.page = page
	return s
}

// without is the same search on its first page less one value of a filter.
func (s search) without(name, value string) search {
	values := s.values()
	values[name] = slices.DeleteFunc(values[name], func(v string) bool { return v == value })
	values.Del("page")
	// It was read once: what is left of it can be read again.
	less, _ := parseSearch(values)
	return less
}
