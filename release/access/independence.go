package access

import (
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/release/fault"
)

// Work is who had a part in a version of an agreement; a zero id is nobody
// known.
type Work struct {
	Author, Submitter uuid.UUID
	Reviewers         []uuid.UUID // for whom advice and decision must be two persons'
	Directorate       string      // the applying one, where the applicant is the discloser
}

// Independent is the two-person rule (design §4): nobody reviews or decides on
// what they wrote or submitted, nor on their own directorate's application,
// and nobody decides on their own advice. It returns every reason against the
// actor.
func Independent(actor Actor, work Work) (against []fault.Reason) {
	if work.Author != uuid.Nil && work.Author == actor.PersonID {
		against = append(against, fault.Reason{Code: "two-persons", Field: "author", Message: "you wrote it; someone else must"})
	}
	if work.Submitter != uuid.Nil && work.Submitter == actor.PersonID {
		against = append(against, fault.Reason{Code: "two-persons", Field: "submitter", Message: "you submitted it; someone else must"})
	}
	if slices.Contains(work.Reviewers, actor.PersonID) {
		against = append(against, fault.Reason{Code: "two-persons", Field: "reviewer", Message: "you reviewed it; advice and approval are two persons'"})
	}
	if work.Directorate != "" && slices.ContainsFunc(actor.Memberships, func(m Membership) bool { return m.Directorate == work.Directorate }) {
		against = append(against, fault.Reason{Code: "independence", Field: "directorate", Message: "you belong to the applying directorate, " + work.Directorate})
	}
	return against
}
