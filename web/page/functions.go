package page

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"data.release/registrar/release/terms"
)

// functions are what templates may call beside the methods of their views.
var functions = template.FuncMap{
	"count":  countAny,
	"plural": pluralAny,
	"noun":   noun,
	"moment": Moment,
	"prose":  Prose,
	"list":   func(items ...string) []string { return items },
}

// Count writes a number with commas between thousands: 5,079.
func Count[N int | int64](n N) string { return terms.Count(n) }

// countAny is Count for templates, whose numbers are int or int64.
func countAny(n any) string {
	switch n := n.(type) {
	case int:
		return Count(n)
	case int64:
		return Count(n)
	}
	return fmt.Sprintf("%v", n)
}

// Plural writes a count with the word that fits it: 1 file, 5,079 files.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Moment writes a moment in London's time: 24 November 2026, 9:22pm.
func Moment(at time.Time) string {
	at = at.In(terms.London)
	return at.Format("2 January 2006, ") + strings.Replace(at.Format("3:04pm"), ":00", "", 1)
}

// noun is the word of Plural without its count, where that stands by itself.
func noun(n any, one, many string) string {
	_, word, _ := strings.Cut(pluralAny(n, one, many), " ")
	return word
}

// pluralAny is Plural for templates, whose numbers are int or int64.
func pluralAny(n any, one, many string) string {
	switch n := n.(type) {
	case int:
		return Plural(n, one, many)
	case int64:
		return Plural(int(n), one, many)
	}
	return countAny(n) + " " + many
}
