package duty

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/release/terms"
)

// Person is who a duty is for.
type Person struct {
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Email string    `json:"email"`
}

// Digest is what one person is told on one day.
type Digest struct {
	Person Person     `json:"person"`
	Day    terms.Date `json:"day"`
	Duties []Duty     `json:"duties"` // all that stand, soonest first
}

// Told are the duties that the mail of the day lists: those that are new.
func (d Digest) Told() []Duty {
	return slices.DeleteFunc(slices.Clone(d.Duties), func(duty Duty) bool { return !duty.New })
}

// Subject counts, and names nobody.
func (d Digest) Subject() string {
	told := d.Told()
	overdue := len(slices.DeleteFunc(slices.Clone(told), func(duty Duty) bool { return !duty.Overdue() }))
	subject := plural(len(told), "duty", "duties")
	if overdue > 0 {
		subject += fmt.Sprintf(", %d overdue", overdue)
	}
	return subject
}

// Body is the mail's text: codes, dates and names of organisations, no free
// text of an agreement. The same digest gives the same text. Page is the
// address of the person's duties.
func (d Digest) Body(page string) string {
	var b strings.Builder
	told := d.Told()
	fmt.Fprintf(&b, "Duties of %s, on %s\n", d.Person.Name, d.Day.Words())
	for _, duty := range told {
		fmt.Fprintf(&b, "\n%s: %s\n  %s\n  %s\n", duty.Due.Words(), duty.When(), duty.Kind.Label()+": "+duty.About.String(), duty.Kind.Action())
	}
	if rest := len(d.Duties) - len(told); rest > 0 {
		fmt.Fprintf(&b, "\n%s since you were last told.\n", plural(rest, "other duty stands, unchanged", "other duties stand, unchanged"))
	}
	fmt.Fprintf(&b, "\nAll of them: %s\n", page)
	b.WriteString("\nYou are told 90, 60, 30 and 7 days before a date, the day after it, and then every week.\n")
	return b.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
