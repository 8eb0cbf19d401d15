package gate

import (
	"fmt"
	"time"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// FreshLogIn is how recent the log-in is that a signature may rest on.
const FreshLogIn = 15 * time.Minute

// issueMonths is how long a version may wait for signatures (design §4).
const issueMonths = 12

// IssueLapsed says whether a version that was issued for signature then has
// waited too long: it must be issued again before anybody signs.
func IssueLapsed(issuedAt, at time.Time) bool {
	return !issuedAt.IsZero() && at.After(issuedAt.AddDate(0, issueMonths, 0))
}

// Signing is a signature about to be taken, as values.
type Signing struct {
	At           time.Time
	State        terms.VersionState
	IssuedAt     time.Time // zero: never issued
	Organisation string    // name
	Capacity     string    // controller or discloser
	Needed       bool      // the organisation signs in that capacity
	Signatory    bool      // the person signs for the organisation
	TermsSHA256  string    // of the frozen terms
	GivenSHA256  string    // that the person says they sign
	LoggedInAt   time.Time
}

// Refusals are all the reasons why the signature cannot be taken.
func (s Signing) Refusals() (against []fault.Reason) {
	wrong := func(code, field, format string, args ...any) {
		against = append(against, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if s.State != terms.Issued {
		wrong("not-issued", "version", "the version is %s, not issued for signature", s.State.Label())
	}
	if IssueLapsed(s.IssuedAt, s.At) {
		wrong("issue-lapsed", "version", "it was issued more than twelve months ago; issue it again")
	}
	if s.GivenSHA256 != s.TermsSHA256 || s.GivenSHA256 == "" {
		wrong("terms-digest", "termsSha256", "is not the digest of the approved terms, %s", s.TermsSHA256)
	}
	if !s.Signatory {
		wrong("not-signatory", "organisation", "you are no signatory of %s", s.Organisation)
	}
	if !s.Needed {
		wrong("not-needed", "capacity", "%s does not sign as %s", s.Organisation, s.Capacity)
	}
	if s.At.Sub(s.LoggedInAt) > FreshLogIn {
		wrong("log-in-stale", "logIn", "a signature needs a log-in of the last %s; log in again", FreshLogIn)
	}
	return against
}
