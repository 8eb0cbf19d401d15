package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/terms"
)

// Support for confidential flows, opt-outs, and lines that must stay apart.

// holds says whether the approval is in date; without both its dates nobody
// can tell that it is.
func (a Approval) holds(day terms.Date) bool {
	return !a.Starts.IsZero() && !a.Ends.IsZero() && terms.Period{From: a.Starts, To: a.Ends}.Contains(day)
}

// checkApprovalScope wants section 251 support, or the notice under COPI
// regulation 3, that covers this dataset in this direction today. Support for
// the way in, under which a cohort was linked, may lapse before a download.
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
		switch {
		case !slices.Contains(a.Datasets, c.Line.Dataset):
			why = append(why, a.Reference+" does not cover "+c.Line.DatasetName)
		case !slices.Contains(a.Flows, flow):
			why = append(why, fmt.Sprintf("%s does not cover the flow %s", a.Reference, flow))
		case !a.holds(today):
			why = append(why, fmt.Sprintf("%s held from %s to %s", a.Reference, a.Starts.Words(), a.Ends.Words()))
			if !a.Ends.IsZero() && a.Ends.Compare(today) < 0 {
				lapsed = append(lapsed, a.Reference)
			}
		case identifiable(c) && a.OptOutsApply && !c.Line.OptOut.Applied():
			why = append(why, a.Reference+" asks for opt-outs to be applied, and the line does not")
		default:
			return pass("%s, to %s", a.Reference, a.Ends.Words())
		}
	}
	switch {
	case flow == "in" && c.Moment == MomentDownload && len(lapsed) > 0:
		return warn("%s has lapsed: nothing new may be linked, what was linked may be downloaded", strings.Join(lapsed, ", "))
	case len(why) == 0:
		return refuse("version.approvals", "no approval or notice is on record")
	}
	return refuse("version.approvals", "%s", strings.Join(why, "; "))
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

func checkSegregation(c Case) finding {
	if !slices.ContainsFunc(c.Siblings, func(s Sibling) bool { return s.Number == c.Line.Number }) {
		return refuse("line.segment", "the lines of the agreement are not known")
	}
	held := slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "separate_holders" })
	var clashes []string
	for _, s := range c.Siblings {
		if s.Number == c.Line.Number {
			continue
		}
		mixedType := (s.Type == terms.Identifiable) != identifiable(c)
		mixedOptOut := s.OptOut.Applied() != c.Line.OptOut.Applied()
		if !mixedType && !mixedOptOut {
			continue
		}
		switch {
		case s.Segment == c.Line.Segment:
			clashes = append(clashes, fmt.Sprintf("line %d has the same segregated purpose %q", s.Number, s.Segment))
		case c.Recipient != nil && slices.Contains(s.Recipients, c.Recipient.Organisation):
			clashes = append(clashes, fmt.Sprintf("%s receives line %d as well", c.Recipient.Organisation, s.Number))
		case !held:
			clashes = append(clashes, fmt.Sprintf("no condition names separate holders for line %d", s.Number))
		}
	}
	if len(clashes) > 0 {
		return refuse("line.segment", "identifiable beside pseudonymised data, or with beside without opt-outs, would list the objectors: %s", strings.Join(clashes, "; "))
	}
	return pass("no other line can be joined to this one by its holder")
}
