package working

import (
	"time"

	"data.release/registrar/release/terms"
)

// Stage is a state that a version came to, and when.
type Stage struct {
	State terms.VersionState
	At    time.Time
}

// Turn says who has a version while it is in a state.
type Turn string

// The turns.
const (
	Applicant  Turn = "applicant"  // the clock stands: the applicant has it
	Body       Turn = "body"       // the clock runs
	Signatures Turn = "signatures" // waits for its signatories; counted apart
	Over       Turn = "over"       // nobody has anything to do
)

// TurnOf says who has a version in a state.
func TurnOf(s terms.VersionState) Turn {
	switch s {
	case terms.Draft, terms.Returned, terms.Deferred, terms.NotRecommended:
		return Applicant
	case terms.Submitted, terms.InReview, terms.Recommended, terms.VersionApproved:
		return Body
	case terms.Issued:
		return Signatures
	}
	return Over
}

// Spell is the time that a version was in one state.
type Spell struct {
	State terms.VersionState
	Turn  Turn
	From  time.Time
	To    time.Time // the moment asked about, in the state where it is now
	Days  int       // working days; none once it is over
	Now   bool      // it is there now
}

// Clock is how long a version took, in working days.
type Clock struct {
	Spells []Spell
	// ToDecision is the days with the body from the first submission to the
	// decision (approved or declined), or to now. The days with the applicant
	// are not in it.
	ToDecision int
	Decided    bool
	// Applicant, Body and Signatures are the days of each turn, from the
	// beginning.
	Applicant, Body, Signatures int
}

// Read makes a clock of a version's stages, in their order, at a moment. Stages
// after the moment have not come yet.
func Read(stages []Stage, now time.Time) Clock {
	var c Clock
	submitted := false
	for i, s := range stages {
		if s.At.After(now) {
			break
		}
		spell := Spell{State: s.State, Turn: TurnOf(s.State), From: s.At, To: now, Now: true}
		if i+1 < len(stages) && !stages[i+1].At.After(now) {
			spell.To, spell.Now = stages[i+1].At, false
		}
		if spell.Turn != Over {
			spell.Days = Between(spell.From, spell.To)
		}
		submitted = submitted || s.State == terms.Submitted
		switch s.State {
		case terms.VersionApproved, terms.Declined:
			c.Decided = true
		}
		switch spell.Turn {
		case Applicant:
			c.Applicant += spell.Days
		case Body:
			c.Body += spell.Days
			if submitted && !c.Decided {
				c.ToDecision += spell.Days
			}
		case Signatures:
			c.Signatures += spell.Days
		}
		c.Spells = append(c.Spells, spell)
	}
	return c
}

// Current is the spell that runs now; the zero Spell where there is none.
func (c Clock) Current() Spell {
	if len(c.Spells) == 0 {
		return Spell{}
	}
	return c.Spells[len(c.Spells)-1]
}
