package terms

// Step is what a version waits for, and from whom.
type Step struct {
	Command string // of the table; empty: none
	Words   string // "Take it up for review"
	Who     string // "access officer"; more than a role where it needs words
}

// NextStep is what a version in this state waits for first, for queues. Which
// commands there are is in the table alone; the first of several stands here.
func (s VersionState) NextStep() Step {
	switch s {
	case Draft:
		return Step{"submit", "Complete and submit it", "applicant"}
	case Returned, Deferred:
		return Step{"submit", "Answer the advice and submit it again", "applicant"}
	case NotRecommended:
		return Step{"submit", "Submit it again, or withdraw it", "applicant"}
	case Submitted:
		return Step{"take_up", "Take it up for review", "access officer"}
	case InReview:
		return Step{"recommend", "Review it", "reviewer"}
	case Recommended:
		return Step{"approve", "Approve or decline it", "approver"}
	case VersionApproved:
		return Step{"issue", "Issue it for signature", "access officer"}
	case Issued:
		return Step{"sign", "Sign it", "signatories"}
	case Recorded:
		return Step{"take_on", "Take it on", "access officer"}
	}
	return Step{}
}

// Open says whether somebody has still to do something before the version is
// signed or ends.
func (s VersionState) Open() bool {
	switch s {
	case Draft, Submitted, InReview, Returned, Recommended, Deferred, NotRecommended, VersionApproved, Issued:
		return true
	}
	return false
}

// Editable says whether the terms may be written in this state.
func (s VersionState) Editable() bool {
	switch s {
	case Draft, Returned, Deferred, NotRecommended:
		return true
	}
	return false
}
