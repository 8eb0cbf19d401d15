package terms

import "slices"

// VersionTerm is the term of one version of an agreement.
type VersionTerm struct {
	Version      string // v1.0
	Kind         VersionKind
	Starts, Ends Date // the end included; zero: not recorded
}

// GapKind says how two terms do not meet.
type GapKind string

// The kinds.
const (
	Gap     GapKind = "gap"     // days that no version covers
	Overlap GapKind = "overlap" // days that both versions cover
	Unknown GapKind = "unknown" // one of the dates is not recorded
)

// TermGap is where the term of a version does not meet that of the one before.
type TermGap struct {
	Kind          GapKind
	Before, After string // versions
	From, To      Date   // the days of the gap or overlap, both included; zero where a date is not recorded
	Days          int
}

// TermGaps compares the terms of consecutive versions, given in the order of
// their numbers (DARS standard 1: no gap from the previous agreement's end). A
// version that changes the terms within the term of the one before, from its
// own start on, takes its place and overlaps nothing if it is of a kind that
// does so: amendment, extension, transfer or correction.
func TermGaps(versions []VersionTerm) (gaps []TermGap) {
	for i := 1; i < len(versions); i++ {
		before, after := versions[i-1], versions[i]
		gap := TermGap{Before: before.Version, After: after.Version}
		switch {
		case before.Ends.IsZero() || after.Starts.IsZero():
			gap.Kind = Unknown
		case after.Starts.Compare(before.Ends.AddDays(1)) > 0:
			gap.Kind, gap.From, gap.To = Gap, before.Ends.AddDays(1), after.Starts.AddDays(-1)
		case after.Starts.Compare(before.Ends) <= 0 && !after.replaces():
			gap.Kind, gap.From, gap.To = Overlap, after.Starts, before.Ends
			if !after.Ends.IsZero() && after.Ends.Compare(before.Ends) < 0 {
				gap.To = after.Ends
			}
			if !before.Starts.IsZero() && after.Starts.Compare(before.Starts) < 0 {
				gap.From = before.Starts
			}
			if gap.To.Compare(gap.From) < 0 {
				continue // the later number has the earlier term: they share no day
			}
		default:
			continue
		}
		if !gap.From.IsZero() {
			gap.Days = int(gap.To.utc().Sub(gap.From.utc()).Hours()/24) + 1
		}
		gaps = append(gaps, gap)
	}
	return gaps
}

// replaces says that the version is made to take the place of the one before
// within its term.
func (v VersionTerm) replaces() bool {
	return slices.Contains([]VersionKind{VersionAmendment, VersionExtension, VersionTransfer, VersionCorrection}, v.Kind)
}
