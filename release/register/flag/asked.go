package flag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// verdict is what a rule says of one release. Words and explanation are there
// only if they were asked for.
type verdict struct {
	flagged, cannotTell, explained bool
	words, explanation             string
}

// asked are the rules of single releases that are not the gate's; tell asks
// for words.
var asked = map[RuleID]func(r *Results, row Row, tell bool) verdict{
	NoFlowUpheld: noFlowUpheld, OutsideDates: outsideDates, LapsedApproval: lapsedApproval, LineDiffers: lineDiffers,
	NoReason: noReason, BlankCell: blankCell, UnlistedWords: unlistedWords,
}

// ofGate are the rules of single releases that the gate asks of their cells.
var ofGate = []RuleID{M1, M2, M3, M4, ConsentNoFlow, M5, M6, M8, M9}

// evidence is what the gate says by a rule of a row, or what its cells have
// where the legal basis names how confidence is met: the gate takes that for the
// route, and readers see another column.
func evidence(row Row, id RuleID) string {
	named := routeWords(row.BasisRoutes)
	switch {
	case id == ConsentNoFlow:
		id = M2
	case id == M5 && named != "" && routesRecorded(row.Routes) && !sameRoutes(row.BasisRoutes, row.Routes):
		return fmt.Sprintf("Opt-outs are applied. The legal basis names %s, which does not ask for it; the column of the common law says: %s.", terms.Lower(named), terms.Lower(routeWords(row.Routes)))
	case id == M9 && named != "":
		return fmt.Sprintf("The legal basis names how the duty of confidence is met, %s, and no power.", terms.Lower(named))
	}
	for _, f := range gate.Evaluate(row.Case()).Findings {
		if RuleID(f.Rule) == id {
			return sentence(f.Evidence)
		}
	}
	return ""
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func noFlowUpheld(_ *Results, row Row, _ bool) verdict {
	if row.Type != terms.Identifiable || !row.OptOut.Applied() || len(row.Routes) != 1 || row.Routes[0] != terms.RouteNone {
		return verdict{}
	}
	return verdict{flagged: true, words: "Identifiable; no confidential flow; patient objections upheld."}
}

func outsideDates(r *Results, row Row, tell bool) verdict {
	a := r.agreements[row.Reference]
	if a == nil || !row.Versioned || row.From.IsZero() || a.Starts.IsZero() && a.end().IsZero() {
		return verdict{cannotTell: true}
	}
	early := !a.Starts.IsZero() && row.To.Compare(a.Starts) < 0
	late := !a.end().IsZero() && row.From.Compare(a.end()) > 0
	if !early && !late {
		return verdict{}
	}
	v := verdict{flagged: true}
	other := r.covers(row, a)
	v.explained = other != nil
	if !tell {
		return v
	}
	switch {
	case early:
		v.words = fmt.Sprintf("Released in %s; the agreement starts on %s (entry %s).", when(row.From, row.To), a.Starts.Words(), terms.Count(a.Number))
	case a.end() == a.terminated:
		v.words = fmt.Sprintf("Released in %s; the version was terminated on %s (its agreement is entry %s).", when(row.From, row.To), a.terminated.Words(), terms.Count(a.Number))
	default:
		v.words = fmt.Sprintf("Released in %s; the agreement ended on %s (entry %s).", when(row.From, row.To), a.Ends.Words(), terms.Count(a.Number))
	}
	if other != nil {
		v.explanation = fmt.Sprintf("Another version of the agreement, %s, has that time in its dates: %s to %s (entry %s).", other.Reference, other.Starts.Words(), other.end().Words(), terms.Count(other.Number))
	}
	return v
}

// covers is another version of the agreement that has some of the release's
// time in its dates.
func (r *Results) covers(row Row, but *agreed) *agreed {
	for _, a := range r.stems[row.Stem].versions {
		if a != but && !a.Starts.IsZero() && !a.end().IsZero() && row.To.Compare(a.Starts) >= 0 && row.From.Compare(a.end()) <= 0 {
			return a
		}
	}
	return nil
}

// when is a day, or the month or months in words.
func when(from, to terms.Date) string {
	switch {
	case from == to:
		return from.Words()
	case from.Year == to.Year && from.Month == to.Month:
		return fmt.Sprintf("%s %d", from.Month, from.Year)
	}
	return fmt.Sprintf("%s to %s", from.Words(), to.Words())
}

func lapsedApproval(r *Results, row Row, tell bool) verdict {
	var needed []terms.Route
	// The common-law column speaks for the whole agreement: where it names that
	// no confidential data flow as well, data that are not identifiable may
	// be those.
	if row.Type == terms.Identifiable || !has(row.Routes, terms.RouteNone) {
		if row.onSupport() {
			needed = append(needed, terms.RouteSection251)
		}
		if has(row.BasisRoutes, terms.RouteCOPI3) || len(row.BasisRoutes) == 0 && has(row.Routes, terms.RouteCOPI3) {
			needed = append(needed, terms.RouteCOPI3)
		}
	}
	if len(needed) == 0 || row.From.IsZero() {
		return verdict{}
	}
	a := r.agreements[row.Reference]
	if a == nil || !row.Versioned {
		return verdict{cannotTell: true}
	}
	for _, route := range needed {
		var last register.Support
		for _, s := range a.Support {
			switch {
			case s.Route != route:
			case s.Ends == "":
				return verdict{cannotTell: true}
			case s.Ends > last.Ends:
				last = s
			}
		}
		if last.Ends == "" {
			return verdict{cannotTell: true}
		}
		if last.Ends >= row.From.String() {
			continue
		}
		v := verdict{flagged: true, explained: recorded(row.Type) && row.Type != terms.Identifiable}
		if tell {
			v.words = fmt.Sprintf("Released in %s; %s (%s) ended on %s (entry %s).", when(row.From, row.To), cmp.Or(last.Reference, "the approval"), terms.Lower(route.Label()), last.Ends, terms.Count(a.Number))
			if v.explained {
				v.explanation = "The data are not identifiable: support covers the flow inwards, and what was linked while it held may still be given out."
			}
		}
		return v
	}
	return verdict{}
}

func lineDiffers(r *Results, row Row, tell bool) verdict {
	a := r.agreements[row.Reference]
	if a == nil || !row.Versioned || len(a.Lines) == 0 {
		return verdict{cannotTell: true}
	}
	var nearest []string
	for _, l := range a.Lines {
		if l.Dataset != row.Dataset {
			continue
		}
		differing := differs(row, l)
		if len(differing) == 0 {
			return verdict{}
		}
		if nearest == nil || len(differing) < len(nearest) {
			nearest = differing
		}
	}
	v := verdict{flagged: true}
	switch {
	case !tell:
	case nearest == nil:
		v.words = fmt.Sprintf("The agreement's lines (entry %s) have none for this dataset.", terms.Count(a.Number))
	default:
		v.words = fmt.Sprintf("Against the agreement's nearest line for the dataset (entry %s): %s.", terms.Count(a.Number), strings.Join(nearest, "; "))
	}
	return v
}

// differs says in what a release and a line differ, each in words.
func differs(row Row, l register.Line) []string {
	var out []string
	say := func(what, release, line string) {
		out = append(out, fmt.Sprintf("%s of the release is %q, of the line %q", what, release, line))
	}
	if recorded(row.Type) && recorded(l.TypeOfData) && row.Type != l.TypeOfData {
		say("type of data", row.Type.Label(), l.TypeOfData.Label())
	}
	if recorded(row.Sensitivity) && recorded(l.Sensitivity) && row.Sensitivity != l.Sensitivity {
		say("sensitivity", row.Sensitivity.Label(), l.Sensitivity.Label())
	}
	if recorded(row.Power) && recorded(l.Power) && row.Power != l.Power {
		say("legal basis", row.Power.Label(), l.Power.Label())
	}
	if routesRecorded(row.Routes) && routesRecorded(l.Routes) && !sameRoutes(row.Routes, l.Routes) {
		say("duty of confidence", routeWords(row.Routes), routeWords(l.Routes))
	}
	if recorded(row.Frequency) && recorded(l.Frequency) && row.Frequency != l.Frequency {
		say("frequency", row.Frequency.Label(), l.Frequency.Label())
	}
	if recorded(row.OptOut) && recorded(l.OptOut) && row.OptOut.Applied() != l.OptOut.Applied() {
		say("opt-outs", row.OptOut.Label(), l.OptOut.Label())
	}
	return out
}

func sameRoutes(a, b []terms.Route) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(r terms.Route) bool { return !has(b, r) })
}

func routeWords(all []terms.Route) string {
	parts := make([]string, len(all))
	for i, r := range all {
		parts[i] = r.Label()
	}
	return strings.Join(parts, " and ")
}

func noReason(r *Results, row Row, tell bool) verdict {
	if row.OptOut != terms.OptOutNoReason {
		return verdict{}
	}
	v := verdict{flagged: true}
	if e := r.editions[row.Edition]; e != nil && !e.reasons {
		v.explained = true
	}
	if tell {
		v.words = "No, without a reason."
		if v.explained {
			v.explanation = "No release of that edition gives a reason: its column takes Yes and No only."
		}
	}
	return v
}

// codedCells are the columns that have a code list.
var codedCells = [...]struct {
	cell  register.Cell
	label string
	empty func(Row) bool // there is no code
}{
	{register.CellType, "type of data", func(r Row) bool { return !recorded(r.Type) }},
	{register.CellSensitivity, "sensitivity", func(r Row) bool { return !recorded(r.Sensitivity) }},
	{register.CellBasis, "legal basis", func(r Row) bool { return !recorded(r.Power) && len(r.BasisRoutes) == 0 }},
	{register.CellCommonLaw, "common-law duty of confidentiality", func(r Row) bool { return !routesRecorded(r.Routes) }},
	{register.CellOptOut, "patient opt-outs", func(r Row) bool { return !recorded(r.OptOut) }},
	{register.CellFrequency, "frequency", func(r Row) bool { return !recorded(r.Frequency) }},
}

// blank says that a coded column holds nothing.
func (r Row) blank(i int) bool {
	return codedCells[i].empty(r) && !slices.Contains(r.Unlisted, codedCells[i].cell)
}

func blankCell(r *Results, row Row, tell bool) verdict {
	e := r.editions[row.Edition]
	if e == nil || row.Unread {
		return verdict{}
	}
	var blank []string
	for i, c := range codedCells {
		if e.filled[i] && row.blank(i) && !slices.Contains(row.Said, c.cell) {
			if !tell {
				return verdict{flagged: true}
			}
			blank = append(blank, c.label)
		}
	}
	if len(blank) == 0 {
		return verdict{}
	}
	return verdict{flagged: true, words: "Blank: " + strings.Join(blank, ", ") + "."}
}

func unlistedWords(_ *Results, row Row, tell bool) verdict {
	if len(row.Unlisted) == 0 {
		return verdict{}
	}
	v := verdict{flagged: true}
	if tell {
		var labels []string
		for _, c := range codedCells {
			if slices.Contains(row.Unlisted, c.cell) {
				labels = append(labels, c.label)
			}
		}
		v.words = "Words that no code list has: " + strings.Join(labels, ", ") + "."
	}
	return v
}
