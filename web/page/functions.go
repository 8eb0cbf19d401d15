package page

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a server without zone files still tells London's time
)

// functions are what templates may call beside the methods of their views.
var functions = template.FuncMap{
	"count":  countAny,
	"plural": plural,
	"moment": moment,
	"prose":  Prose,
	"list":   func(items ...string) []string { return items },
}

// count writes a number with commas between thousands: 5,079.
func count[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// countAny is count for templates, whose numbers are int or int64.
func countAny(n any) string {
	switch n := n.(type) {
	case int:
		return count(n)
	case int64:
		return count(n)
	}
	return fmt.Sprintf("%v", n)
}

// plural writes a count with the word that fits it: 1 file, 5,079 files.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

var london = func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(fmt.Sprintf("page: the embedded zone data lacks Europe/London: %v", err))
	}
	return zone
}()

// moment writes a moment in London's time: 24 November 2026, 9:22pm.
func moment(at time.Time) string {
	at = at.In(london)
	return at.Format("2 January 2006, ") + strings.Replace(at.Format("3:04pm"), ":00", "", 1)
}
