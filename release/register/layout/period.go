package layout

import (
	"path"
	"regexp"
	"time"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

var (
	titlePeriod = regexp.MustCompile(`(?i)\b(\d{1,2} [a-z]+ \d{4}) to (\d{1,2} [a-z]+ \d{4})\b`)
	filePeriod  = regexp.MustCompile(`(?:^|[^0-9])(\d{8})_(\d{8})(?:[^0-9]|$)`)
)

// periodOf finds the days that an edition covers: as given, else as its title
// sheet says (a text box, in the layouts known), else as its file name says.
// Where two of them disagree, nobody is believed.
func periodOf(sheets []register.Sheet, options Options) (terms.Period, []fault.Reason) {
	type claim struct {
		who    string
		period terms.Period
	}
	var claims []claim
	var reasons []fault.Reason
	add := func(who, layout, from, to string) {
		first, err1 := time.Parse(layout, from)
		last, err2 := time.Parse(layout, to)
		if err1 != nil || err2 != nil || last.Before(first) {
			reasons = append(reasons, fault.Reason{Code: "period-invalid", Field: who, Message: "says \"" + from + " to " + to + "\", which is no period"})
			return
		}
		claims = append(claims, claim{who, terms.Period{
			From: terms.NewDate(first.Year(), first.Month(), first.Day()), To: terms.NewDate(last.Year(), last.Month(), last.Day())}})
	}
	if options.Period.From != (terms.Date{}) {
		claims = append(claims, claim{"the period given", options.Period})
	}
	for _, s := range sheets {
		for _, line := range s.Words {
			if m := titlePeriod.FindStringSubmatch(line); m != nil {
				add(register.Place(s.Name, 0, ""), "2 January 2006", m[1], m[2])
			}
		}
	}
	if m := filePeriod.FindStringSubmatch(path.Base(options.FileName)); m != nil {
		add("the file name", "20060102", m[1], m[2])
	}
	if len(reasons) > 0 {
		return terms.Period{}, reasons
	}
	if len(claims) == 0 {
		return terms.Period{}, []fault.Reason{{Code: "period-unknown", Field: "period",
			Message: "neither a title sheet nor the file name says which days the edition covers; state them"}}
	}
	for _, c := range claims[1:] {
		if c.period != claims[0].period {
			reasons = append(reasons, fault.Reason{Code: "period-disagrees", Field: c.who,
				Message: "says " + c.period.String() + ", but " + claims[0].who + " says " + claims[0].period.String()})
		}
	}
	return claims[0].period, reasons
}
