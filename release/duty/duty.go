// Package duty makes duties of dates: what is due, when it is said, and to
// whom. Pure: dated facts and a day in, duties out.
package duty

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/release/terms"
)

// Fact is a date that somebody has to do something about.
type Fact struct {
	Kind terms.DutyKind `json:"kind"`
	// ID is the record that the date stands on.
	ID  string     `json:"id"`
	Due terms.Date `json:"due"`
	// Since is the first day on which the fact counts, such as that of the
	// signatures of a version; none: it always has.
	Since terms.Date `json:"since"`
	// Done is the day on which it was met; none: it is open.
	Done terms.Date `json:"done"`
	// Prompt says that it is never overdue: it asks, and comes again next year.
	Prompt bool  `json:"prompt"`
	About  About `json:"about"`
}

// About is what a fact is about, in codes and names alone: free text, which may
// hold anything, goes into no mail.
type About struct {
	Version      uuid.UUID `json:"version"`      // uuid.Nil: no one version
	Reference    string    `json:"reference"`    // of the agreement and its version; empty: an organisation's
	Stem         string    `json:"stem"`         // of the agreement
	Organisation string    `json:"organisation"` // name, where it is an organisation's
	Slug         string    `json:"slug"`
	Detail       string    `json:"detail"` // which of several, such as CAG 7-07(a)/2013 or condition 3
}

// String is the reference or name, with which of several.
func (a About) String() string {
	name := cmp.Or(a.Reference, a.Organisation)
	if a.Reference != "" && a.Organisation != "" {
		name = a.Reference + ", " + a.Organisation
	}
	if a.Detail != "" {
		name += " (" + a.Detail + ")"
	}
	return name
}

// Steps are the days before a date at which its duty is said anew. Once it is
// overdue it is said on the next day and then every week.
var Steps = []int{90, 60, 30, 7}

// Horizon is how long before its date a duty stands on a page.
const Horizon = 90

// never is before every step.
const never = Horizon + 1

// step is the last step that the fact has come to by the day: one of Steps, or
// for what is overdue -1, -8, -15 … ; never if there is none, or nothing is to
// be done.
func (f Fact) step(day terms.Date) int {
	if f.Due.IsZero() || f.met(day) || !f.Since.IsZero() && day.Compare(f.Since) < 0 {
		return never
	}
	left := Days(day, f.Due)
	if left < 0 {
		if f.Prompt {
			return never
		}
		return left + (-left-1)%7
	}
	reached := never
	for _, step := range Steps {
		if left <= step {
			reached = step
		}
	}
	return reached
}

func (f Fact) met(day terms.Date) bool { return !f.Done.IsZero() && f.Done.Compare(day) <= 0 }

// Duty is a fact as it stands on a day.
type Duty struct {
	Fact
	Days int `json:"days"` // until it is due; negative: overdue
	// New says that it came to a step since its people were last told.
	New bool `json:"new"`
}

// Overdue says that its date has passed.
func (d Duty) Overdue() bool { return d.Days < 0 }

// When is how far off the date is, in words.
func (d Duty) When() string {
	switch {
	case d.Days == 0:
		return "today"
	case d.Days == 1:
		return "tomorrow"
	case d.Days == -1:
		return "overdue by 1 day"
	case d.Days < 0:
		return fmt.Sprintf("overdue by %d days", -d.Days)
	}
	return fmt.Sprintf("in %d days", d.Days)
}

// On is every duty that stands on the day: what is due within the horizon and
// everything overdue, soonest first. A duty is new if its step on the day is
// not the one it had on the day told, when its people last heard of any.
func On(facts []Fact, day, told terms.Date) []Duty {
	var duties []Duty
	for _, f := range facts {
		step := f.step(day)
		if step == never {
			continue
		}
		duties = append(duties, Duty{Fact: f, Days: Days(day, f.Due), New: step != f.step(told)})
	}
	slices.SortFunc(duties, func(a, b Duty) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.About.String(), b.About.String()), cmp.Compare(a.ID, b.ID))
	})
	return duties
}

// Days is the number of days from one date to another.
func Days(from, to terms.Date) int {
	return int(to.Midday().Sub(from.Midday()).Hours() / 24)
}

// Anniversary is the first yearly return of a date that is on or after the day
// and not the date itself. One of 29 February is kept on 1 March.
func Anniversary(of, day terms.Date) terms.Date {
	next := terms.NewDate(max(of.Year+1, day.Year), of.Month, of.Day)
	if next.Compare(day) < 0 {
		next = terms.NewDate(day.Year+1, of.Month, of.Day)
	}
	return next
}
