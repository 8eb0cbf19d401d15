package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/terms"
)

// Support for confidential flows, and opt-outs.

var supportRules = []Rule{
	{ID: "approval-scope", Title: "Section 251 support or a COPI notice covers the flow and is in date", Class: Law, From: dawn, Moments: always,
		Authority: "COPI Regulations 2002 reg 2, 3(4), 5; NHS Act 2006 s251; DARS standard, Duty of Confidentiality",
		Remedy:    "have the approval extended or renewed, so that it covers the dataset, the flow, the parties and the identifiers today; or narrow the line to what it covers",
		check:     checkApprovalScope},
	{ID: "opt-out-list", Title: "The opt-out list is fresh", Class: Law, From: dawn, Moments: []Moment{MomentStart, MomentRelease, MomentDownload},
		Authority: "National Data Opt-Out policy: the status must be refreshed, 21 days", Remedy: "land a newer list and run the extract again", check: checkOptOutList},
}

// holds says whether the approval is in date; without both its dates nobody
// can tell that it is.
func (a Approval) holds(day terms.Date) bool {
	return inTerm(terms.Period{From: a.Starts, To: a.Ends}, day)
}

// lapsed says that the approval held, and has ended.
func (a Approval) lapsed(day terms.Date) bool { return !a.Ends.IsZero() && a.Ends.Compare(day) < 0 }

// checkApprovalScope wants section 251 support, or the notice under COPI
// regulation 3, that covers this dataset in this direction, with its parties
// and identifiers, today. Support for the way in, under which a cohort was
// linked, may lapse before a download.
func checkApprovalScope(c Case) finding {
	switch {
	case c.Line.Route != terms.RouteSection251 && c.Line.Route != terms.RouteCOPI3:
		return notApplicable("the route is neither section 251 support nor COPI regulation 3")
	case c.Line.Route == terms.RouteCOPI3 && !identifiable(c):
		return notApplicable("what leaves is not identifiable, and COPI regulation 3 needs no support for linkage")
	}
	flow := "out"
	if !identifiable(c) {
		flow = "in"
	}
	today := terms.Today(c.At)
	var why, lapsed []string
	for _, a := range c.Approvals {
		gaps := a.gaps(c, flow)
		if len(gaps) == 0 && a.holds(today) {
			return pass("%s, to %s", a.Reference, a.Ends.Words())
		}
		if len(gaps) == 0 {
			gaps = append(gaps, fmt.Sprintf("held from %s to %s", a.Starts.Words(), a.Ends.Words()))
			if a.lapsed(today) {
				lapsed = append(lapsed, a.Reference)
			}
		}
		why = append(why, a.Reference+" "+strings.Join(gaps, ", "))
	}
	switch {
	case flow == "in" && c.Moment == MomentDownload && len(lapsed) > 0:
		return warn("%s has lapsed: nothing new may be linked, what was linked may be downloaded", strings.Join(lapsed, ", "))
	case len(why) == 0:
		return refuse("version.approvals", "no approval or notice is on record")
	}
	return refuse("version.approvals", "%s", strings.Join(why, "; "))
}

// approvalLimit is a dated reference datum: what a well-known approval never
// covers, whatever is recorded of it.
type approvalLimit struct {
	Reference string     `json:"reference"`         // folded part of its reference
	Dataset   string     `json:"dataset,omitempty"` // folded part of a dataset's name; none: every dataset
	After     terms.Date `json:"after,omitzero"`    // the last day on which it held
	Words     string     `json:"words"`
}

// approvalLimits are those of governance §1.12 and §1.14.
var approvalLimits = []approvalLimit{
	{Reference: "cag 7-04(a)", Dataset: "social care", Words: "covers GP and SUS data only, not social care"},
	{Reference: "covid", After: terms.NewDate(2022, 6, 30), Words: "ended with 30 June 2022, as all COVID-19 notices did"},
	{Reference: "cv19", After: terms.NewDate(2022, 6, 30), Words: "ended with 30 June 2022, as all COVID-19 notices did"},
}

func (l approvalLimit) stops(a Approval, c Case) bool {
	return strings.Contains(terms.Fold(a.Reference), l.Reference) && strings.Contains(terms.Fold(c.Line.DatasetName), l.Dataset) &&
		(l.After.IsZero() || terms.Today(c.At).Compare(l.After) > 0)
}

// gaps is all that the approval leaves uncovered of the line, but its dates.
func (a Approval) gaps(c Case, flow string) (why []string) {
	if !slices.Contains(a.Datasets, c.Line.Dataset) {
		why = append(why, "does not cover "+c.Line.DatasetName)
	}
	if !slices.Contains(a.Flows, flow) {
		why = append(why, "does not cover the flow "+flow)
	}
	if identifiable(c) && a.OptOutsApply && !c.Line.OptOut.Applied() {
		why = append(why, "asks for opt-outs to be applied, and the line does not")
	}
	if uncovered := a.uncovered(c); len(uncovered) > 0 {
		why = append(why, "does not cover "+strings.Join(uncovered, ", "))
	}
	for _, limit := range approvalLimits {
		if limit.stops(a, c) {
			why = append(why, limit.Words)
		}
	}
	switch carried := a.route(); {
	case carried == "":
		why = append(why, "does not say under which regulation it was given")
	case carried != c.Line.Route:
		why = append(why, fmt.Sprintf("was given under %s, which does not carry the route %q", a.Regulation, c.Line.Route.Label()))
	}
	if c.Line.Route != terms.RouteSection251 {
		return why
	}
	if names := a.identifiersBeyond(c); len(names) > 0 {
		why = append(why, "does not name the identifiers "+strings.Join(names, ", "))
	}
	switch due, day := a.reviewDue(), terms.Today(c.At); {
	case a.research(c) && a.Ethics == "" && c.Version.Ethics == "":
		why = append(why, "is for research under regulation 5, and has no reference of a research ethics committee")
	case !due.IsZero() && day.Compare(due) > 0 && !a.lapsed(day):
		why = append(why, fmt.Sprintf("had its annual review due on %s, and none is on record since", due.Words()))
	}
	return why
}

// uncovered are the controllers and processors of the version that the
// approval leaves out, where it names them.
func (a Approval) uncovered(c Case) (names []string) {
	for _, p := range c.Parties {
		switch {
		case p.Role == terms.Controller && len(a.Controllers) > 0 && !slices.Contains(a.Controllers, p.Slug),
			p.Role == terms.Processor && len(a.Processors) > 0 && !slices.Contains(a.Processors, p.Slug):
			names = append(names, p.Organisation)
		}
	}
	return names
}

// research says that the support is for medical research under regulation 5,
// which the Health Research Authority gives on the advice of the CAG.
// route is the confidentiality route that the approval carries, by the
// regulation that it was given under: section 251 support under regulation 2 or
// 5 of the COPI Regulations 2002, a notice under regulation 3. The two never
// carry each other: support of the one is for other purposes, by others, and
// has other conditions. Empty: its regulation is none of these.
func (a Approval) route() terms.Route {
	regulation := strings.ReplaceAll(strings.ReplaceAll(terms.Fold(a.Regulation), "regulation", "reg"), "reg.", "reg")
	three := regulationThree.MatchString(regulation)
	switch other := regulationsTwoAndFive.MatchString(regulation); {
	case three && !other:
		return terms.RouteCOPI3
	case other && !three:
		return terms.RouteSection251
	}
	return ""
}

var (
	regulationThree       = regexp.MustCompile(`\breg ?3\b|\bcopi notice\b`)
	regulationsTwoAndFive = regexp.MustCompile(`\breg ?[25]\b|\bsection 251\b|\bs251\b`)
)

func (a Approval) research(c Case) bool {
	regulation := strings.ReplaceAll(terms.Fold(a.Regulation), "regulation", "reg")
	return !strings.Contains(regulation, "reg 2") && slices.Contains(c.Line.Purposes, terms.PurposeResearch)
}

// reviewDue is the day by which the annual review, a standard condition of
// support, is due: the one on record, or the anniversary of the support where
// none is.
func (a Approval) reviewDue() terms.Date {
	if !a.AnnualReview.IsZero() || a.Starts.IsZero() {
		return a.AnnualReview
	}
	return addYears(a.Starts, 1).AddDays(1)
}

// identifiersBeyond are the identifiers of an identifiable line, or of what is
// asked of it, that the approval does not name.
func (a Approval) identifiersBeyond(c Case) (beyond []string) {
	if !identifiable(c) {
		return nil
	}
	named := map[terms.Identifier]bool{}
	for _, raw := range a.Identifiers {
		if id, ok := terms.ParseIdentifier(strings.ReplaceAll(terms.Fold(raw), "birth date", "date of birth")); ok {
			named[id] = true
		}
	}
	for _, name := range directIdentifiers(c) {
		if id, known := identifierOf(name); !known || !named[id] {
			beyond = append(beyond, name)
		}
	}
	return beyond
}

// directIdentifiers are the fields of that class that leave as they are: those
// asked for, or those of the line where nothing is asked yet.
func directIdentifiers(c Case) (names []string) {
	class := map[string]terms.FieldClass{}
	for _, f := range c.Fields {
		class[f.Name] = f.Class
	}
	direct := func(name string) bool {
		known, ok := class[name]
		_, named := identifierOf(name)
		return known == terms.DirectIdentifier || (!ok && named)
	}
	if c.Request == nil {
		for _, name := range c.Line.Fields {
			if direct(name) {
				names = append(names, name)
			}
		}
		return names
	}
	for _, col := range c.Request.Columns {
		if direct(col.Field) && (col.Derivation == terms.NoDerivation || col.Derivation == "") {
			names = append(names, col.Field)
		}
	}
	return names
}

// identifierNames says which identifier a field of the definitions is.
var identifierNames = map[string]terms.Identifier{
	"NHS_NUMBER": terms.IdentifierNHSNumber, "BIRTH_DATE": terms.IdentifierBirthDate, "POSTCODE": terms.IdentifierPostcode,
	"LOCAL_ID": terms.IdentifierLocalID, "PSEUDO_HESID": terms.IdentifierLocalID,
}

func identifierOf(field string) (terms.Identifier, bool) {
	id, ok := identifierNames[strings.ToUpper(field)]
	return id, ok
}

func checkOptOutList(c Case) finding {
	if !c.Line.OptOut.Applied() {
		return notApplicable("opt-outs are not applied: %s", c.Line.OptOut.Label())
	}
	if c.Moment == MomentDownload && !c.FirstDownload {
		return notApplicable("not the first download")
	}
	if c.OptOutList == nil || c.OptOutList.AsOf.IsZero() {
		return refuse("optOutList", "no opt-out list is known")
	}
	limit := c.OptOutFresh
	if limit <= 0 {
		return refuse("optOutList", "how old a list may be is not set")
	}
	if oldest := terms.Today(c.At.Add(-limit)); c.OptOutList.AsOf.Compare(oldest) < 0 {
		return refuse("optOutList", "the list is of %s, older than %d days: land a newer one and run again", c.OptOutList.AsOf.Words(), int(limit/(24*time.Hour)))
	}
	if c.OptOutList.AsOf.Compare(terms.Today(c.At)) > 0 {
		return refuse("optOutList", "the list is dated %s, in the future", c.OptOutList.AsOf.Words())
	}
	return pass("the list is of %s", c.OptOutList.AsOf.Words())
}
