package layout

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

var (
	titlePeriod = regexp.MustCompile(`(?i)\b(\d{1,2} [a-z]+ \d{4}) to (\d{1,2} [a-z]+ \d{4})\b`)
	filePeriod  = regexp.MustCompile(`(?:^|[^0-9])(\d{8})_(\d{8})(?:[^0-9]|$)`)
	// fileMonths are months in a file's name: datausesregister_march2022,
	// ReleaseRegister-sep-nov-2017, April_17_to_September2020.
	fileMonths = regexp.MustCompile(`(?i)(?:^|[^a-z])` + monthName + `[-_ ]?(\d{4}|\d{2})?(?:[-_ ]*(?:to)?[-_ ]*` + monthName + `)?[-_ ]?(\d{4}|\d{2})?(?:[^0-9]|$)`)
)

const monthName = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`

// periodOf finds the days that an edition covers: as given, else as its title
// sheet says (a text box, in the layouts known), else as its file name says.
// Where two of them disagree, nobody is believed. A register whose rows have
// days of their own, and which no edition repeats, covers those that can be. No
// edition covers days before the NHS or after the import.
func periodOf(source register.Source, options Options, dated bool) (terms.Period, []fault.Reason) {
	type claim struct {
		who    string
		period terms.Period
	}
	var claims []claim
	var reasons []fault.Reason
	claimed := func(who, said string, first, last time.Time) {
		if last.Before(first) {
			reasons = append(reasons, fault.Reason{Code: "period-invalid", Field: who, Message: "says \"" + fault.Quoted(said) + "\", which is no period"})
			return
		}
		claims = append(claims, claim{who, terms.Period{
			From: terms.NewDate(first.Year(), first.Month(), first.Day()), To: terms.NewDate(last.Year(), last.Month(), last.Day())}})
	}
	add := func(who, layout, from, to string) {
		first, err1 := time.Parse(layout, from)
		last, err2 := time.Parse(layout, to)
		if err1 != nil || err2 != nil {
			first, last = time.Unix(1, 0), time.Unix(0, 0)
		}
		claimed(who, from+" to "+to, first, last)
	}
	if options.Period != (terms.Period{}) {
		if wrong := impossible(options.Period, options.Today, "from", "to"); len(wrong) > 0 {
			return terms.Period{}, wrong
		}
		claims = append(claims, claim{"the period given", options.Period})
	}
	for _, s := range source.Sheets {
		for _, line := range s.Words {
			if m := titlePeriod.FindStringSubmatch(line); m != nil {
				add(register.Place(s.Name, 0, ""), "2 January 2006", m[1], m[2])
			}
		}
	}
	name := path.Base(options.FileName)
	if m := filePeriod.FindStringSubmatch(name); m != nil {
		add("the file name", "20060102", m[1], m[2])
	} else if m := fileMonths.FindStringSubmatch(name); m != nil {
		if first, last, ok := months(m); ok {
			claimed("the file name", name, first, last)
		}
	}
	if len(reasons) > 0 {
		return terms.Period{}, reasons
	}
	if len(claims) == 0 && dated {
		if p, ok := daysOf(source); ok {
			return p, nil
		}
	}
	if len(claims) == 0 {
		return terms.Period{}, []fault.Reason{
			{Code: "period-unknown", Field: "from", Message: "neither a title sheet nor the file name says which days the edition covers; give the first"},
			{Code: "period-unknown", Field: "to", Message: "neither a title sheet nor the file name says which days the edition covers; give the last"}}
	}
	reasons = impossible(claims[0].period, options.Today, claims[0].who, claims[0].who)
	for _, c := range claims[1:] {
		if c.period != claims[0].period {
			reasons = append(reasons, fault.Reason{Code: "period-disagrees", Field: c.who,
				Message: "says " + c.period.String() + ", but " + claims[0].who + " says " + claims[0].period.String()})
		}
	}
	return claims[0].period, reasons
}

// months reads the match of fileMonths: from the first day of the first month
// to the last of the last. A month without a year has that of the other.
func months(m []string) (first, last time.Time, ok bool) {
	fromYear, toMonth, toYear := m[2], m[3], m[4]
	if toMonth == "" {
		toMonth = m[1]
	}
	if fromYear == "" {
		fromYear = toYear
	}
	if toYear == "" {
		toYear = fromYear
	}
	month := func(name, year string) (time.Time, error) {
		layout := "Jan 2006"
		if len(year) == 2 {
			layout = "Jan 06"
		}
		return time.Parse(layout, strings.ToUpper(name[:1])+strings.ToLower(name[1:3])+" "+year)
	}
	first, err1 := month(m[1], fromYear)
	last, err2 := month(toMonth, toYear)
	return first, last.AddDate(0, 1, -1), err1 == nil && err2 == nil
}

// impossible says why no edition covers a period, of each end under its own
// name.
func impossible(p terms.Period, today terms.Date, from, to string) (reasons []fault.Reason) {
	wrong := func(field, format string, args ...any) {
		reasons = append(reasons, fault.Reason{Code: "period-impossible", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if p.From.IsZero() {
		wrong(from, "is missing; give both days of the edition, or neither where the file says them")
	} else if p.From.Compare(register.NHSBegan) < 0 {
		wrong(from, "the first day, %s, is before the NHS began on %s", p.From, register.NHSBegan)
	}
	if p.To.IsZero() {
		wrong(to, "is missing; give both days of the edition, or neither where the file says them")
	} else {
		if !today.IsZero() && p.To.Compare(today) > 0 {
			wrong(to, "the last day, %s, has not been yet", p.To)
		}
		if p.To.Compare(p.From) < 0 {
			wrong(to, "the last day, %s, is before the first, %s", p.To, p.From)
		}
	}
	return reasons
}

// daysOf is the span of the days of the releases that can have been; the others
// are doubted.
func daysOf(source register.Source) (p terms.Period, found bool) {
	for _, row := range source.Releases.Rows {
		days, ok := terms.ParseDays(row.Cells[register.CellReleased])
		if !ok || !source.Happened(days) {
			continue
		}
		if !source.Today.IsZero() && days.To.Compare(source.Today) > 0 {
			days.To = source.Today // of a month that has begun
		}
		if !found || days.From.Compare(p.From) < 0 {
			p.From = days.From
		}
		if !found || days.To.Compare(p.To) > 0 {
			p.To = days.To
		}
		found = true
	}
	return p, found
}
