package terms

// Applied says whether patient opt-outs were applied.
func (c OptOut) Applied() bool { return c == OptOutApplied }

// mixtures are the cells of the common-law column that name several routes.
var mixtures = map[string][]Route{
	Fold("Mixture of confidential data flow(s) with support under section 251 NHS Act 2006 and non-confidential data flow(s)"): {RouteSection251, RouteNone},
	Fold("Mixture of confidential data flow(s) with consent and flow(s) with support under section 251 NHS Act 2006"):          {RouteConsent, RouteSection251},
	Fold("Mixture of confidential data flow(s) with consent and non-confidential data flow(s)"):                                {RouteConsent, RouteNone},
}

// ParseRoutes reads a cell of the register's common-law column, which
// describes the whole agreement and so may name several routes. An empty cell
// is RouteNotRecorded.
func ParseRoutes(raw string) ([]Route, bool) {
	if routes, ok := mixtures[Fold(raw)]; ok {
		return append([]Route(nil), routes...), true
	}
	if route, ok := ParseRoute(raw); ok {
		return []Route{route}, true
	}
	return nil, false
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
func ParseBasis(raw string) (Power, []Route, bool) {
	if route, ok := basisRoutes[Fold(raw)]; ok {
		return PowerNotRecorded, []Route{route}, true
	}
	power, ok := ParsePower(raw)
	if !ok {
		power = PowerNotRecorded
	}
	return power, nil, ok
}
