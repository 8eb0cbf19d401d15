package tally

import (
	"cmp"
	"slices"
	"strconv"
)

// Figures are the unnamed counts that a closed month says beside its entries:
// what was asked for and not given, how long it took, and what was waived. No
// agreement, organisation or person follows from them, so small counts are
// banded (Band).
type Figures struct {
	// Requests are applications and extracts that ended otherwise than by being
	// granted, by outcome and reason.
	Requests []Outcome `json:"requests"`
	// Turnarounds are the working days from submission to decision.
	Turnarounds []Turnaround `json:"turnarounds"`
	// Waivers are rules that the SIRO waived in the month.
	Waivers []Waiver `json:"waivers"`
}

// Outcome counts requests of one kind with one outcome and reason.
type Outcome struct {
	Request string `json:"request"` // application or extract
	Outcome string `json:"outcome"` // refused, withdrawn, deferred, not_recommended, declined
	Reason  string `json:"reason"`  // in words of a list: the rule's title, or "not recorded"
	Count   string `json:"count"`   // banded
}

// Turnaround is how long decisions took, in working days of England and Wales
// without the days that the applicant had it.
type Turnaround struct {
	Request string `json:"request"` // application or extract
	Count   string `json:"count"`   // decisions, banded
	// Median and Most are those of the decisions; empty where there were fewer
	// than five.
	Median string `json:"median,omitempty"`
	Most   string `json:"most,omitempty"`
}

// Waiver counts waivers of one rule.
type Waiver struct {
	Rule  string `json:"rule"`
	Title string `json:"title"`
	Count string `json:"count"` // banded
}

// few is below what a count is banded.
const few = 5

// Band is a count of requests as the register tells it: none, "1 to 4", or the
// number. A single refusal would tell whose it was.
func Band(n int) string {
	switch {
	case n <= 0:
		return "none"
	case n < few:
		return "1 to 4"
	}
	return strconv.Itoa(n)
}

// Turned is the turnaround of decisions that took so many working days.
func Turned(request string, days []int) Turnaround {
	out := Turnaround{Request: request, Count: Band(len(days))}
	if len(days) >= few {
		sorted := slices.Sorted(slices.Values(days))
		out.Median, out.Most = median(sorted), strconv.Itoa(sorted[len(sorted)-1])
	}
	return out
}

func median(sorted []int) string {
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return strconv.Itoa(sorted[middle])
	}
	sum := sorted[middle-1] + sorted[middle]
	if sum%2 == 0 {
		return strconv.Itoa(sum / 2)
	}
	return strconv.Itoa(sum/2) + ".5"
}

// Outcomes bands counts of requests, in the order of their request, outcome and
// reason.
func Outcomes(counts map[[3]string]int) []Outcome {
	out := make([]Outcome, 0, len(counts))
	for key, n := range counts {
		out = append(out, Outcome{Request: key[0], Outcome: key[1], Reason: key[2], Count: Band(n)})
	}
	slices.SortFunc(out, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Request, b.Request), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
