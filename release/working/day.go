// Package working counts working days in England and Wales, as the team's
// clocks do. Pure: the moment is an argument.
package working

import (
	"time"

	"data.release/registrar/release/terms"
)

// proclaimed are the bank holidays that stand for one year only, and the days
// that gave way to one, as gov.uk/bank-holidays lists them.
var proclaimed = map[terms.Date]bool{
	terms.NewDate(2011, time.April, 29):     true, // royal wedding
	terms.NewDate(2012, time.May, 28):       false,
	terms.NewDate(2012, time.June, 4):       true, // the spring holiday, moved
	terms.NewDate(2012, time.June, 5):       true, // Diamond Jubilee
	terms.NewDate(2020, time.May, 4):        false,
	terms.NewDate(2020, time.May, 8):        true, // the early May holiday, moved to VE Day
	terms.NewDate(2022, time.May, 30):       false,
	terms.NewDate(2022, time.June, 2):       true, // the spring holiday, moved
	terms.NewDate(2022, time.June, 3):       true, // Platinum Jubilee
	terms.NewDate(2022, time.September, 19): true, // state funeral of Queen Elizabeth II
	terms.NewDate(2023, time.May, 8):        true, // coronation of King Charles III
}

// Holiday says whether a day is a bank holiday in England and Wales: by the
// Banking and Financial Dealings Act 1971 and common law, with the substitute
// days for those that fall on a weekend, and what was proclaimed for one year.
func Holiday(d terms.Date) bool {
	if is, special := proclaimed[d]; special {
		return is
	}
	weekday := weekdayOf(d)
	switch d.Month {
	case time.January:
		return substituted(d, weekday, 1)
	case time.March, time.April:
		easter := easterSunday(d.Year)
		return d == easter.AddDays(-2) || d == easter.AddDays(1)
	case time.May:
		return weekday == time.Monday && (d.Day <= 7 || d.Day > 24)
	case time.August:
		return weekday == time.Monday && d.Day > 24
	case time.December:
		if d.Day == 25 || d.Day == 26 {
			return weekday != time.Saturday && weekday != time.Sunday
		}
		// The substitutes of Christmas and Boxing Day, one after the other.
		return (d.Day == 27 && (weekday == time.Monday || weekday == time.Tuesday)) ||
			(d.Day == 28 && (weekday == time.Monday || weekday == time.Tuesday))
	}
	return false
}

// substituted says whether a day of the month is the holiday of that day, or
// the Monday after one that fell on a weekend.
func substituted(d terms.Date, weekday time.Weekday, day int) bool {
	if d.Day == day {
		return weekday != time.Saturday && weekday != time.Sunday
	}
	return weekday == time.Monday && (d.Day == day+1 || d.Day == day+2)
}

// easterSunday is the date of Easter in the Gregorian calendar, by the
// anonymous algorithm (Nature, 20 April 1876).
func easterSunday(year int) terms.Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	return terms.NewDate(year, time.Month(month), (h+l-7*m+33*month+19)%32)
}

// Day says whether a day is a working day: no weekend and no bank holiday.
func Day(d terms.Date) bool {
	switch weekdayOf(d) {
	case time.Saturday, time.Sunday:
		return false
	}
	return !Holiday(d)
}

func weekdayOf(d terms.Date) time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// Between counts the working days after the day of from, up to and including
// that of to, in London: what comes on Friday and is done on Monday took one.
// It is 0 where to is not after from.
func Between(from, to time.Time) int {
	days, first, last := 0, terms.Today(from), terms.Today(to)
	if last.Compare(first) <= 0 {
		return 0
	}
	for d := first.AddDays(1); d.Compare(last) <= 0; d = d.AddDays(1) {
		if Day(d) {
			days++
		}
	}
	return days
}

// Before is the last day such that what came then has waited for at least so
// many working days at the moment.
func Before(moment time.Time, days int) terms.Date {
	d := terms.Today(moment)
	for days > 0 {
		if Day(d) {
			days--
		}
		d = d.AddDays(-1)
	}
	return d
}
