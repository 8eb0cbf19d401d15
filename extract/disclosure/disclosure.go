// Package disclosure holds the small-number rules, by name and version: the
// same words ("in line with the HES analysis guide") meant different arithmetic
// before and after September 2018, so a number is never shown without the name
// of the rule that made it.
package disclosure

import (
	"fmt"
	"strconv"
)

// Rule is the name of a rule, with its version.
type Rule string

// HES2018 is the HES analysis guide since September 2018, for sub-national
// counts: zero stays, 1 to 7 become "*", every other count goes to the nearest
// five. Totals are summed first and rounded then, so they need not add.
const HES2018 Rule = "hes-2018"

// Hidden is what stands in the place of a suppressed count.
const Hidden = "*"

// The bounds of HES2018.
const (
	hiddenFrom, hiddenTo = 1, 7
	nearest              = 5
)

// Parse finds a rule by its name.
func Parse(name string) (Rule, bool) {
	r := Rule(name)
	return r, r == HES2018
}

// Count writes n as the rule shows it. It is an error for a negative count or
// an unknown rule; nothing is ever shown as it is for want of a rule.
func (r Rule) Count(n int64) (string, error) {
	switch {
	case r != HES2018:
		return "", fmt.Errorf("disclosure: no rule is named %q", string(r))
	case n < 0:
		return "", fmt.Errorf("disclosure: %d is not a count", n)
	case n >= hiddenFrom && n <= hiddenTo:
		return Hidden, nil
	}
	// Five is odd, so no count lies half-way between two multiples.
	return strconv.FormatInt((n+nearest/2)/nearest*nearest, 10), nil
}

// Interval is what a reader of a shown count knows: the true one is from lo to
// hi, both included. It is an error for a text that the rule never shows.
func (r Rule) Interval(shown string) (lo, hi int64, err error) {
	if r != HES2018 {
		return 0, 0, fmt.Errorf("disclosure: no rule is named %q", string(r))
	}
	if shown == Hidden {
		return hiddenFrom, hiddenTo, nil
	}
	n, err := strconv.ParseInt(shown, 10, 64)
	if err != nil || n < 0 || n%nearest != 0 || n == nearest {
		return 0, 0, fmt.Errorf("disclosure: %s never shows %q", r, shown)
	}
	if n == 0 {
		return 0, 0, nil
	}
	return max(n-nearest/2, hiddenTo+1), n + nearest/2, nil
}
