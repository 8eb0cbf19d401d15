package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// How the version was reviewed, and by whom it may be approved.

var reviewRules = []Rule{
	{ID: "review-route", Title: "The review has what its route asks for", Class: Policy, From: dawn, Moments: granting,
		Authority: "DARS precedents and the discloser's scheme of delegation (full, precedent, extension only, urgent by the SIRO)",
		Remedy:    "have it reviewed by a route that it meets, with what that route asks for: a named precedent and its checklist, a change of the end date only, or the SIRO and a date for the review that is due",
		check:     checkReviewRoute},
	{ID: "against-advice", Title: "Approval against advice has the SIRO's reason", Class: Law, From: dawn, Moments: granting,
		Authority: "the discloser's scheme of delegation: the SIRO alone approves against advice, with a reason that is published",
		Remedy:    "the SIRO says why, or the version is reviewed again", check: checkAgainstAdvice},
	{ID: "independence", Title: "Reviewer and approver are outside the applying directorate", Class: Law, From: dawn, Moments: approved,
		Authority: "the discloser's own applications: nobody decides on their own directorate's", Remedy: "have somebody of another directorate review or approve it",
		check: checkIndependence},
}

// lastReview is the latest review, and whether there is one.
func lastReview(c Case) (Review, bool) {
	if len(c.Version.Reviews) == 0 {
		return Review{}, false
	}
	return c.Version.Reviews[len(c.Version.Reviews)-1], true
}

func checkReviewRoute(c Case) finding {
	r, ok := lastReview(c)
	if !ok {
		return refuse("version.reviews", "no review is on record")
	}
	if r.Outcome != "recommended" && r.Outcome != "not_recommended" {
		return refuse("version.reviews", "the last review ended %q, with no advice to decide on", r.Outcome)
	}
	switch r.Route {
	case terms.FullReview:
		return pass("reviewed in full")
	case terms.PrecedentReview:
		if r.Precedent == "" || r.Checked == 0 {
			return refuse("version.reviews", "reviewed by precedent, and the precedent or its checklist is not on record")
		}
		return pass("by precedent of %s, %d points met", r.Precedent, r.Checked)
	case terms.ExtensionReview:
		if c.Version.Kind != terms.VersionExtension {
			return refuse("version.reviews", "reviewed as an extension only, and the version is of another kind: %s", strings.ToLower(c.Version.Kind.Label()))
		}
		return pass("an extension: only the end date changes")
	case terms.UrgentReview:
		return urgent(c, r)
	}
	return refuse("version.reviews", "%q is no route of review", r.Route)
}

// urgent wants the SIRO, and a review that is not overdue.
func urgent(c Case, r Review) finding {
	switch today := terms.Today(c.At); {
	case r.ReviewDue.IsZero():
		return refuse("version.reviews", "urgent, and no date is set by which it is reviewed in full")
	case today.Compare(r.ReviewDue) > 0:
		return refuse("version.reviews", "urgent, and the full review that was due on %s has not taken place", r.ReviewDue.Words())
	case c.Moment == MomentApproval && (c.Acting == nil || !c.Acting.SIRO):
		return refuse("approver", "urgent: the SIRO approves it")
	}
	return pass("urgent, by the SIRO; to be reviewed by %s", r.ReviewDue.Words())
}

func checkAgainstAdvice(c Case) finding {
	r, ok := lastReview(c)
	if !ok {
		return refuse("version.reviews", "no review is on record")
	}
	if r.Outcome != "not_recommended" {
		return notApplicable("the advice was not against it")
	}
	if !c.Version.AgainstAdvice {
		return refuse("version.againstAdvice", "the advice was against it, and no reason of the SIRO is on record")
	}
	if c.Moment == MomentApproval && (c.Acting == nil || !c.Acting.SIRO) {
		return refuse("approver", "against advice: the SIRO alone approves it")
	}
	return pass("against advice, for the SIRO's reason")
}

func checkIndependence(c Case) finding {
	v := c.Version
	if v.Applicant == "" {
		return refuse("version.applicant", "who applies is not known")
	}
	if v.Applicant != c.Line.Discloser && v.Directorate == "" {
		return notApplicable("the applicant is not the discloser")
	}
	if v.Directorate == "" {
		return refuse("version.directorate", "the applicant is the discloser, and which directorate applies is not recorded")
	}
	var bad []string
	for _, r := range v.Reviews {
		if slices.Contains(r.Directorates, v.Directorate) {
			bad = append(bad, "a reviewer")
		}
	}
	if c.Acting == nil {
		return refuse("approver", "the directorate of who approves is not known")
	}
	if slices.Contains(c.Acting.Directorates, v.Directorate) {
		bad = append(bad, "the approver")
	}
	if len(bad) > 0 {
		return refuse("approver", "%s", fmt.Sprintf("%s of the applying directorate, %s", strings.Join(slices.Compact(bad), " and "), v.Directorate))
	}
	return pass("nobody of %s has decided", v.Directorate)
}
