package public

import (
	"fmt"
	"time"

	"data.release/registrar/release/terms"
)

// span writes a period: a day, a month, months, or from and to. A missing end
// is said to be missing.
func span(from, to terms.Date) string {
	switch {
	case from.IsZero() && to.IsZero():
		return "Not recorded"
	case from.IsZero():
		return "until " + to.Words() + ", beginning not recorded"
	case to.IsZero():
		return "from " + from.Words() + ", end not recorded"
	case from == to:
		return from.Words()
	case from.Day != 1 || to.AddDays(1).Day != 1:
		return from.Words() + " to " + to.Words()
	case from.Year == to.Year && from.Month == to.Month:
		return month(from)
	}
	return month(from) + " to " + month(to)
}

func month(d terms.Date) string { return fmt.Sprintf("%s %d", time.Month(d.Month), d.Year) }

// term writes the first and last day of an agreement, which are days even where
// they begin and end a month.
func term(from, to terms.Date) string {
	if from.IsZero() || to.IsZero() || from == to {
		return span(from, to)
	}
	return from.Words() + " to " + to.Words()
}
