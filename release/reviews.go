package release

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/review"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// ReviewInput is the outcome of a review by its route (governance §2, rule 12).
type ReviewInput struct {
	Route   terms.ReviewRoute `json:"route" validate:"required,oneof=full precedent extension urgent"`
	Outcome string            `json:"outcome" validate:"required,oneof=recommended deferred not_recommended returned"`
	Advice  string            `json:"advice" validate:"required"`
	Adviser string            `json:"adviser" validate:"max=200"` // the group that advised
	// Precedent is the reference of the agreement that this one follows, and
	// Checklist what was checked against it, and met.
	Precedent string      `json:"precedent" validate:"max=60"`
	Checklist []string    `json:"checklist" validate:"max=50,dive,max=300"`
	ReviewDue *terms.Date `json:"reviewDue"` // of an urgent approval: when it is reviewed in full
	// Conditions are special conditions that the advice asks for; they become
	// part of the terms.
	Conditions []ConditionInput `json:"conditions" validate:"dive"`
}

// PrecedentChecklist is what a review by precedent checks, each to be met (DARS
// precedents: the same purpose, basis and kind of data as what was approved).
var PrecedentChecklist = []string{
	"The purpose is that of the precedent",
	"The legal basis and the type of data of every line are those of the precedent",
	"The controllers are of the precedent's class",
	"Nothing about processors, places or territory goes beyond the precedent",
	"Special conditions of the precedent are taken over",
}

// ReviewVersion records a review and moves the version by its outcome. The
// reviewer neither wrote nor submitted it, and is of another directorate than
// an applying one. An urgent review may be the SIRO's own; whoever gives it, the
// SIRO alone approves then (the gate's rule review-route), and they are two
// persons. A version that is returned becomes the next draft.
func (s *Service) ReviewVersion(ctx context.Context, actor access.Actor, id uuid.UUID, input ReviewInput) error {
	permission := access.ReviewVersion
	if input.Route == terms.UrgentReview {
		permission = access.ReviewUrgently
	}
	if err := access.Check(actor, permission); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	command := map[string]string{"recommended": "recommend", "deferred": "defer", "not_recommended": "advise_against", "returned": "return"}[input.Outcome]
	return s.moveVersion(ctx, actor, moving{permission: permission, command: command, reason: input.Advice,
		also: func(ctx context.Context, w *work, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
			if err := w.independent(ctx, v, nil, "review"); err != nil {
				return err
			}
			if err := w.checkRoute(ctx, v, input); err != nil {
				return err
			}
			if err := w.writeConditions(ctx, v, input.Conditions); err != nil {
				return err
			}
			switch input.Outcome {
			case "recommended", "not_recommended":
				u.SetReviewRoute(input.Route)
			case "returned":
				if err := w.nextMinor(ctx, v, u); err != nil {
					return err
				}
			}
			full, err := w.fullVersion(ctx, v.ID)
			if err != nil {
				return err
			}
			reviewed, err := reviewedTerms(full)
			if err != nil {
				return err
			}
			return w.Review.Create().SetTermsSha256(reviewed).SetCreatedAt(w.now).SetVersion(v).SetRoute(input.Route).SetOutcome(review.Outcome(input.Outcome)).
				SetAdvice(input.Advice).SetAdviser(input.Adviser).SetPrecedent(strings.TrimSpace(input.Precedent)).SetChecklist(input.Checklist).
				SetNillableReviewDue(input.ReviewDue).SetReviewerID(actor.PersonID).Exec(ctx)
		}}, id)
}

// reviewedTerms is the digest of what a review is about: the terms without the
// conditions, which reviewers and approvers add to them.
func reviewedTerms(full *ent.AgreementVersion) (string, error) {
	without := *full
	without.Edges.Conditions = nil
	_, digest, err := freeze(&without)
	return digest, err
}

// asReviewed refuses to approve terms that no reviewer saw: what was written
// after the review is reviewed too.
func asReviewed(full *ent.AgreementVersion) error {
	var last *ent.Review
	for _, r := range full.Edges.Reviews {
		if last == nil || cmp.Or(r.CreatedAt.Compare(last.CreatedAt), cmp.Compare(r.ID.String(), last.ID.String())) > 0 {
			last = r
		}
	}
	if last == nil || last.TermsSha256 == "" {
		return nil // the gate asks for a review; those of before keep no digest
	}
	now, err := reviewedTerms(full)
	if err != nil {
		return err
	}
	if now != last.TermsSha256 {
		return fault.New(fault.Conflict, "The terms have changed since they were reviewed on %s; they are submitted and reviewed again first.", terms.Today(last.CreatedAt).Words())
	}
	return nil
}

// checkRoute asks for the evidence of a route, all of it at once.
func (w *work) checkRoute(ctx context.Context, v *ent.AgreementVersion, input ReviewInput) error {
	refused := fault.New(fault.Invalid, "The review cannot be recorded by the route %q", input.Route.Label())
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	for i, c := range input.Conditions {
		if strings.TrimSpace(c.Text) == "" {
			wrong("required", fmt.Sprintf("conditions[%d].text", i), "is missing")
		}
	}
	switch input.Route {
	case terms.PrecedentReview:
		if err := w.checkPrecedent(ctx, v, input.Precedent, wrong); err != nil {
			return err
		}
		if missing := unmet(input.Checklist); input.Outcome == "recommended" && len(missing) > 0 {
			for _, m := range missing {
				wrong("checklist", "checklist", "not met: %s", m)
			}
		}
	case terms.ExtensionReview:
		if v.Kind != terms.VersionExtension {
			wrong("route", "route", "is only for an extension; this is: %s", v.Kind.Label())
		}
	case terms.UrgentReview:
		switch {
		case input.ReviewDue == nil:
			wrong("required", "reviewDue", "is missing: say by when it is reviewed in full")
		case input.ReviewDue.Compare(terms.Today(w.now)) <= 0:
			wrong("review-due", "reviewDue", "has passed")
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// checkPrecedent wants another agreement that was approved, or published.
func (w *work) checkPrecedent(ctx context.Context, v *ent.AgreementVersion, precedent string, wrong func(code, field, format string, args ...any)) error {
	if strings.TrimSpace(precedent) == "" {
		wrong("required", "precedent", "is missing: name the agreement that this one follows")
		return nil
	}
	named, err := terms.ParseReference(precedent)
	if err != nil {
		wrong("precedent", "precedent", "%s", err)
		return nil
	}
	conditions := w.AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.Stem(named.Stem())), agreementversion.IDNEQ(v.ID),
		agreementversion.StateIn(terms.VersionApproved, terms.Issued, terms.Signed, terms.Terminated, terms.Closed, terms.Recorded))
	if named.Versioned {
		conditions.Where(agreementversion.Major(named.Major), agreementversion.Minor(named.Minor))
	}
	found, err := conditions.Exist(ctx)
	if err != nil {
		return fmt.Errorf("finding the precedent: %w", err)
	}
	if !found {
		wrong("precedent", "precedent", "no approved agreement %s is known", named)
	}
	return nil
}

func unmet(checklist []string) (missing []string) {
	met := map[string]bool{}
	for _, c := range checklist {
		met[c] = true
	}
	for _, c := range PrecedentChecklist {
		if !met[c] {
			missing = append(missing, c)
		}
	}
	return missing
}
