package terms

import (
	"strconv"
	"strings"
	"time"
)

// dayForms are the ways in which the published registers write a day, and
// monthForms those in which they write a month. Day before month: the registers
// are British.
var (
	dayForms = []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.000Z",
		"2/1/2006", "2/1/06", "2.1.2006", "2-1-2006", "2 January 2006", "2 Jan 2006", "2-Jan-2006", "2-Jan-06"}
	monthForms = []string{"Jan-06", "Jan-2006", "Jan 06", "Jan 2006", "January 2006", "January-2006", "January-06", "2006-01", "01/2006"}
)

// The days of a spreadsheet's calendar that a register may have: 1982 to 2063.
const firstSerial, lastSerial = 30000, 60000

// ParseDays reads a day or a month as the published registers write it ("Jul-19",
// "15/07/2019", "2019-07-15", the number that a spreadsheet has for a day): the
// first day and the last. A number that is the first of a month is still that
// one day; see [ParseMonth].
func ParseDays(raw string) (Period, bool) {
	// A month may have a full stop or stand in capitals; time knows one case.
	s := titleCase(strings.TrimSpace(raw))
	for _, form := range dayForms {
		if t, err := time.Parse(form, s); err == nil {
			return Period{dateOf(t), dateOf(t)}, true
		}
	}
	for _, form := range monthForms {
		if t, err := time.Parse(form, s); err == nil {
			return monthOf(t), true
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= firstSerial && n <= lastSerial {
		t := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n))
		return Period{dateOf(t), dateOf(t)}, true
	}
	return Period{}, false
}

// ParseMonth is ParseDays for a column of months: a spreadsheet keeps a month as
// the number of its first day.
func ParseMonth(raw string) (Period, bool) {
	p, ok := ParseDays(raw)
	if _, err := strconv.ParseFloat(strings.TrimSpace(raw), 64); ok && err == nil && p.From.Day == 1 {
		return monthOf(p.From.utc()), true
	}
	return p, ok
}

func monthOf(t time.Time) Period {
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return Period{dateOf(first), dateOf(first.AddDate(0, 1, -1))}
}

// titleCase writes words as time does ("sept-19" is "Sep-19").
func titleCase(s string) string {
	var out strings.Builder
	letter := false
	for _, r := range strings.ToLower(s) {
		if !letter && r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		letter = r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		out.WriteRune(r)
	}
	if written := out.String(); !strings.Contains(written, "September") {
		return strings.Replace(written, "Sept", "Sep", 1)
	}
	return out.String()
}
