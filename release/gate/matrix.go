package gate

import (
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/terms"
)

// The matrix of power, route, type of data and opt-outs (governance §2). Its
// answers over the register of February 2021 are known, and tested.

var matrixRules = []Rule{
	{ID: "M1", Title: "The power supports identifiable data", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261(1), (2)", Remedy: "name a power that carries identifiable data, such as s261(2)(c) or s261(7), or make the line pseudonymised", check: checkM1},
	{ID: "M2", Title: "Identifiable data have a confidentiality route", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "common law duty of confidentiality; dated list of exceptions", Remedy: "name the route that lifts the duty of confidence: consent, section 251 support, a notice, a statute, a court order or the public interest", check: checkM2},
	{ID: "M3", Title: "Power and route agree on section 251 support", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "NHS Act 2006 s251; HSCA 2012 s261(7)", Remedy: "name section 251 support as the route, or another power", check: checkM3},
	{ID: "M4", Title: "Opt-outs are applied under section 251 support", Class: Law, From: terms.NewDate(2016, 4, 29), Moments: always, History: true,
		Authority: "Type 2 directions 2016; National Data Opt-Out policy ch. 5", Remedy: "apply opt-outs, or record the approval that exempts the flow", check: checkM4},
	{ID: "M5", Title: "Opt-outs only where the route asks for them", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", Remedy: "say why opt-outs are applied, or do not apply them", check: checkM5},
	{ID: "M6", Title: "Pseudonymised data need no opt-outs", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", Remedy: "say why opt-outs are applied, or do not apply them", check: checkM6},
	{ID: "M7", Title: "A stronger power carries pseudonymised data too", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261", Remedy: "nothing: it only lets pass", check: checkM7},
	{ID: "M8", Title: "The reason for no opt-outs fits the type of data", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", Remedy: "give the reason that fits: the flow is not identifiable", check: checkM8},
	{ID: "M9", Title: "The power is recorded", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261", Remedy: "name the power with its section", check: checkM9},
	{ID: "M10", Title: "The confidentiality route is recorded", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "common law duty of confidentiality", Remedy: "name the route, or none", check: checkM10},
}

// exception is a dated reference datum: identifiable data of a dataset that
// flow without a confidentiality route to these recipients.
type exception struct {
	Dataset    string       `json:"dataset"`    // folded part of the name
	Recipients []string     `json:"recipients"` // folded parts of names, in history, where kinds are not recorded; none means anyone
	Kinds      []string     `json:"kinds"`      // folded parts of kinds of organisation, of new cases
	Term       terms.Period `json:"term"`
	Authority  string       `json:"authority"`
}

// unconfidential are the datasets of rule M2's dated list (governance §1.11).
var unconfidential = []exception{
	{"primary care mortality", []string{"council", "local authority", "borough", "city of", "nhs", "ccg"},
		[]string{"local authority", "nhs trust", "ccg", "clinical commissioning group", "integrated care board", "icb"}, since(2013, 4, 1),
		"SRSA 2007 s42(4) and COPI reg 3: to local authorities and NHS bodies for statistical public-health use, no onward passing"},
	{"births", nil, nil, since(2013, 4, 1), "births are not patient confidential information; SRSA 2007 s42(4)"},
	{"list of gps", nil, nil, since(2013, 4, 1), "staff, not patients"},
}

// exemption is a dated reference datum: identifiable data under section 251
// that flow without opt-outs.
type exemption struct {
	OptOut    terms.OptOut  `json:"opt_out"`
	Purpose   terms.Purpose `json:"purpose,omitempty"` // of lines for it alone; none: of all others
	Term      terms.Period  `json:"term"`
	Authority string        `json:"authority"`
}

// holds says that the exemption is the one of such a line on a day.
func (e exemption) holds(line terms.DatasetLine, day terms.Date) bool {
	if e.OptOut != line.OptOut || !e.Term.Contains(day) {
		return false
	}
	if e.Purpose != "" {
		return slices.Contains(line.Purposes, e.Purpose)
	}
	return !slices.ContainsFunc(optOutExemptions, func(other exemption) bool {
		return other.OptOut == e.OptOut && other.Purpose != "" && slices.Contains(line.Purposes, other.Purpose)
	})
}

// optOutExemptions are those of governance §1.12 and the register's own texts.
var optOutExemptions = []exemption{
	{terms.OptOutPHEExemption, "", terms.Period{From: terms.NewDate(2018, 5, 25), To: terms.NewDate(2021, 9, 30)},
		"exemption of the Secretary of State for Public Health England"},
	{terms.OptOutCAGExemption, terms.PurposeInvoiceValidation, terms.Period{From: terms.NewDate(2014, 1, 1), To: terms.NewDate(2027, 9, 30)},
		"CAG 7-07(a-c)/2013, invoice validation, waived to 30 September 2027"},
	{terms.OptOutCAGExemption, "", since(2014, 1, 1), "letter of the Confidentiality Advisory Group, such as CAG 8-02(a-c)/2014"},
}

func since(year, month, day int) terms.Period {
	return terms.Period{From: terms.NewDate(year, time.Month(month), day)}
}

// restsOn is the confidentiality route on which the line rests: its own, or in
// history what the cells tell. ok is false where they cannot.
func restsOn(c Case) (terms.Route, bool) {
	if c.History == nil {
		return c.Line.Route, c.Line.Route != terms.RouteNotRecorded && c.Line.Route != ""
	}
	switch {
	case len(c.History.BasisRoutes) == 1:
		return c.History.BasisRoutes[0], true
	case c.Line.Power == terms.S261_7:
		return terms.RouteSection251, true
	case c.Line.Power == terms.S261_2c:
		return terms.RouteConsent, true
	case len(c.History.Routes) == 1 && c.History.Routes[0] != terms.RouteNotRecorded:
		return c.History.Routes[0], true
	}
	return terms.RouteNotRecorded, false
}

// routes are all that the case names.
func routes(c Case) []terms.Route {
	if c.History == nil {
		return []terms.Route{c.Line.Route}
	}
	return c.History.Routes
}

func unrecorded(named []terms.Route) bool {
	return len(named) == 0 || slices.Contains(named, terms.RouteNotRecorded) || slices.Contains(named, "")
}

func identifiable(c Case) bool { return c.Line.Type == terms.Identifiable }

func checkM1(c Case) finding {
	if !identifiable(c) {
		return notApplicable("the line is not identifiable")
	}
	switch c.Line.Power {
	case terms.S261_1_2a, terms.S261_1_2bii, terms.S261Other:
		return refuse("line.power", "%s never supports identifiable rows", c.Line.Power.Label())
	}
	return pass("identifiable under: %s", c.Line.Power.Label())
}

func checkM2(c Case) finding {
	if !identifiable(c) {
		return notApplicable("the line is not identifiable")
	}
	named := routes(c)
	if unrecorded(named) {
		return unknown(c, "line.route", "the confidentiality route is not recorded")
	}
	if len(named) != 1 || named[0] != terms.RouteNone {
		return pass("a confidentiality route is named")
	}
	if rests, ok := restsOn(c); ok && rests == terms.RouteConsent && c.History != nil {
		return warn("the power is consent, yet the route says that no confidential data flow")
	}
	name := terms.Fold(c.Line.DatasetName)
	for _, e := range unconfidential {
		if !strings.Contains(name, e.Dataset) || !e.Term.Contains(terms.Today(c.At)) {
			continue
		}
		if e.covers(c) {
			return pass("%s", e.Authority)
		}
		return refuse("line.route", "%s may flow without a route to some kinds of organisation only, and %s is none of them (%s)",
			c.Line.DatasetName, recipientName(c), e.Authority)
	}
	return refuse("line.route", "identifiable %s with no confidentiality route, and the dataset is on no list of exceptions", c.Line.DatasetName)
}

// covers says whether the exception holds for who receives. A published row
// has only a name; a new case has a kind, and a name proves nothing: the
// Medical Research Council is no local authority.
func (e exception) covers(c Case) bool {
	if len(e.Recipients) == 0 {
		return true
	}
	if c.History != nil {
		return containsAny(terms.Fold(c.History.Organisation), e.Recipients)
	}
	receiving := receivers(c)
	for _, p := range receiving {
		if !containsAny(terms.Fold(p.Kind), e.Kinds) {
			return false
		}
	}
	return len(receiving) > 0
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// receivers are the parties that get the data: the recipient where one is
// named, or else, at approval, every recipient and controller.
func receivers(c Case) []Party {
	var found []Party
	for _, p := range c.Parties {
		if c.Recipient != nil && p.Organisation != c.Recipient.Organisation {
			continue
		}
		if p.Role == terms.Controller || p.Role == terms.Recipient {
			found = append(found, p)
		}
	}
	return found
}

func recipientName(c Case) string {
	if c.History != nil {
		return c.History.Organisation
	}
	if c.Recipient != nil {
		return c.Recipient.Organisation
	}
	var names []string
	for _, p := range receivers(c) {
		names = append(names, p.Organisation)
	}
	return strings.Join(names, ", ")
}

func checkM3(c Case) finding {
	if !identifiable(c) {
		return notApplicable("the line is not identifiable")
	}
	onSupport := c.Line.Power == terms.S261_7 ||
		(c.History != nil && slices.Contains(c.History.BasisRoutes, terms.RouteSection251))
	if !onSupport {
		return notApplicable("the power does not rest on section 251 support")
	}
	if slices.Contains(routes(c), terms.RouteSection251) {
		return pass("section 251 support is the route")
	}
	return refuse("line.route", "the power rests on section 251 support, and the route does not name it")
}

func checkM4(c Case) finding {
	rests, ok := restsOn(c)
	if !identifiable(c) || !ok || rests != terms.RouteSection251 {
		return notApplicable("not identifiable under section 251 support")
	}
	if c.Line.OptOut.Applied() {
		return pass("opt-outs are applied")
	}
	for _, e := range optOutExemptions {
		if e.holds(c.Line, terms.Today(c.At)) {
			if c.Historical || e.OptOut != terms.OptOutCAGExemption || waivedByCAG(c) {
				return pass("opt-outs are not applied: %s", e.Authority)
			}
			return refuse("line.optOut", "no approval on record exempts the flow from opt-outs")
		}
	}
	if c.Line.OptOut == terms.OptOutNoReason || c.Line.OptOut == terms.OptOutNotRecorded || c.Line.OptOut == "" {
		return unknown(c, "line.optOut", "why opt-outs are not applied is not recorded: an exemption may or may not have held")
	}
	return refuse("line.optOut", "identifiable under section 251 support without opt-outs, and no exemption holds")
}

// waivedByCAG says whether an approval in date covers the dataset and does not
// ask for opt-outs.
func waivedByCAG(c Case) bool {
	return slices.ContainsFunc(c.Approvals, func(a Approval) bool {
		return !a.OptOutsApply && slices.Contains(a.Datasets, c.Line.Dataset) && a.holds(terms.Today(c.At))
	})
}

func checkM5(c Case) finding {
	rests, ok := restsOn(c)
	if !identifiable(c) || !ok || !c.Line.OptOut.Applied() {
		return notApplicable("not identifiable with opt-outs applied")
	}
	switch rests {
	case terms.RouteConsent, terms.RouteStatutory, terms.RouteCOPI3, terms.RouteCourtOrder, terms.RoutePublicInterest:
		return warn("opt-outs are applied though the route (%s) does not ask for it", terms.Lower(rests.Label()))
	}
	return pass("the route asks for opt-outs")
}

func checkM6(c Case) finding {
	if c.Line.Type != terms.Pseudonymised {
		return notApplicable("the line is not pseudonymised")
	}
	if c.Line.OptOut.Applied() {
		return warn("opt-outs are applied to pseudonymised data, to which they need not be")
	}
	return pass("opt-outs are not applied to pseudonymised data")
}

func checkM7(c Case) finding {
	if c.Line.Type != terms.Pseudonymised {
		return notApplicable("the line is not pseudonymised")
	}
	if stronger(c) {
		return pass("a power or route that allows identifiable data also allows less")
	}
	return notApplicable("the power is one for pseudonymised data")
}

// stronger says that power or route would carry identifiable data.
func stronger(c Case) bool {
	return c.Line.Power == terms.S261_7 || c.Line.Power == terms.S261_2c ||
		(c.History != nil && len(c.History.BasisRoutes) > 0)
}

func checkM8(c Case) finding {
	if c.Line.Type != terms.Pseudonymised {
		return notApplicable("the line is not pseudonymised")
	}
	if c.Line.OptOut.Applied() || c.Line.OptOut == terms.OptOutNotIdentifiable {
		return pass("the reason fits the type of data")
	}
	if c.Line.OptOut == terms.OptOutNotRecorded || c.Line.OptOut == terms.OptOutNoReason {
		return unknown(c, "line.optOut", "why opt-outs are not applied is not recorded")
	}
	return warn("opt-outs are not applied for another reason (%s) than that the flow is not identifiable", c.Line.OptOut.Label())
}

func checkM9(c Case) finding {
	switch c.Line.Power {
	case terms.PowerNotRecorded, "":
		return unknown(c, "line.power", "the power is not recorded")
	case terms.HSCA2012:
		return unknown(c, "line.power", "the power names the Act and no section: which power it is cannot be told")
	}
	return pass("%s", c.Line.Power.Label())
}

func checkM10(c Case) finding {
	if unrecorded(routes(c)) {
		return unknown(c, "line.route", "the confidentiality route is not recorded")
	}
	return pass("the route is recorded")
}
