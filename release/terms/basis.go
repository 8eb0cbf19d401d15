package terms

import (
	"slices"
	"strings"
)

// Applied says whether patient opt-outs were applied.
func (c OptOut) Applied() bool { return c == OptOutApplied }

// mixtures are the cells of the common-law column that name several routes.
var mixtures = map[string][]Route{
	Fold("Mixture of confidential data flow(s) with support under section 251 NHS Act 2006 and non-confidential data flow(s)"): {RouteSection251, RouteNone},
	Fold("Mixture of confidential data flow(s) with consent and flow(s) with support under section 251 NHS Act 2006"):          {RouteConsent, RouteSection251},
	Fold("Mixture of confidential data flow(s) with consent and non-confidential data flow(s)"):                                {RouteConsent, RouteNone},
}

// ParseRoutes reads a cell of the register's common-law column, which
// describes the whole agreement and so may name several routes, by one of the
// registers' mixtures or divided by semicolons. An empty cell is
// RouteNotRecorded.
func ParseRoutes(raw string) ([]Route, bool) {
	if routes, ok := mixtures[Fold(raw)]; ok {
		return append([]Route(nil), routes...), true
	}
	var routes []Route
	for _, part := range strings.Split(raw, ";") {
		route, ok := ParseRoute(part)
		if !ok {
			return nil, false
		}
		if !slices.Contains(routes, route) {
			routes = append(routes, route)
		}
	}
	return routes, true
}

// SpellRoutes writes routes so that ParseRoutes reads them.
func SpellRoutes(routes []Route) string {
	words := make([]string, len(routes))
	for i, r := range routes {
		words[i] = r.Spelling()
	}
	return strings.Join(words, "; ")
}

// basisRoutes are strings of the register's legal-basis column that name only
// how confidence is met, so that the power is not recorded (563 rows of
// February 2021).
var basisRoutes = map[string]Route{
	Fold("Consent (Reasonable Expectation)"):                                                               RouteConsent,
	Fold("Informed Patient consent to permit the receipt, processing and release of data by the HSCIC"):    RouteConsent,
	Fold("Informed Patient consent to permit the receipt, processing and release of data by NHS Digital"):  RouteConsent,
	Fold("Section 251 approval is in place for the flow of identifiable data"):                             RouteSection251,
	Fold("National Health Service Act 2006 - s251 - 'Control of patient information'."):                    RouteSection251,
	Fold("CV19: Regulation 3 (4) of the Health Service (Control of Patient Information) Regulations 2002"): RouteCOPI3,
	Fold("Other - COPI Notice - Regulation 3(3) and 3(1)"):                                                 RouteCOPI3,
}

// ParseBasis reads a cell of the register's legal-basis column: a power, or a
// route where the cell names only that (the power is then PowerNotRecorded).
// "Other - …" in free text is PowerOther. A cell that joins several with "; "
// gives every route, and the one power that reaches furthest: one that carries
// identifiable data before those that do not, PowerOther where two do.
func ParseBasis(raw string) (Power, []Route, bool) {
	power, routes := PowerNotRecorded, []Route(nil)
	for _, part := range strings.Split(raw, ";") {
		p, r, ok := parseBasisPart(part)
		if !ok {
			return PowerNotRecorded, nil, false
		}
		power = further(power, p)
		if r != "" && !slices.Contains(routes, r) {
			routes = append(routes, r)
		}
	}
	return power, routes, true
}

func parseBasisPart(raw string) (Power, Route, bool) {
	if route, ok := basisRoutes[Fold(raw)]; ok {
		return PowerNotRecorded, route, true
	}
	if power, ok := ParsePower(raw); ok {
		return power, "", true
	}
	if strings.HasPrefix(Fold(raw), "other-") {
		return PowerOther, "", true
	}
	return PowerNotRecorded, "", false
}

// reach ranks the powers that carry no identifiable data; all others reach
// further than these.
var reach = map[Power]int{PowerNotRecorded: 1, HSCA2012: 2, S261_1_2a: 3, S261Other: 4, S261_1_2bii: 5}

func further(a, b Power) Power {
	ra, weakA := reach[a]
	rb, weakB := reach[b]
	switch {
	case a == b || (weakA && weakB && ra >= rb) || (!weakA && weakB):
		return a
	case weakA:
		return b
	}
	return PowerOther
}
