package release

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/approval"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/consentmaterial"
	"data.release/registrar/ent/dataflow"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/licence"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/review"
	"data.release/registrar/ent/signature"
	"data.release/registrar/ent/site"
	"data.release/registrar/ent/sublicence"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// move takes a version to the state that a command leads to, or is
// fault.Conflict.
func (w *work) move(v *ent.AgreementVersion, command string) (*ent.AgreementVersionUpdateOne, error) {
	to, ok := v.State.Can(command)
	if !ok {
		return nil, fault.New(fault.Conflict, "The version is %s; one cannot %s it now.", v.State.Label(), commandWords(command))
	}
	return v.Update().SetState(to), nil
}

func commandWords(command string) string {
	words := map[string]string{"take_up": "take up", "advise_against": "advise against"}
	if w, ok := words[command]; ok {
		return w
	}
	return command
}

// SubmitVersion hands an application in for review.
func (s *Service) SubmitVersion(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, access.SubmitVersion, id, "submit", "", func(ctx context.Context, w *work, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
		applicant, err := v.QueryAgreement().QueryApplicant().Only(ctx)
		if err != nil {
			return err
		}
		if !actor.Has(access.AccessOfficer) && !actor.HasFor(access.Applicant, applicant.ID) {
			return fault.New(fault.Forbidden, "You are no applicant of %s.", applicant.Name)
		}
		u.SetSubmittedBy(actor.PersonID)
		return nil
	})
}

// TakeUp begins the review of a submitted version.
func (s *Service) TakeUp(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, access.RunAgreements, id, "take_up", "", nil)
}

// ReviewInput is the outcome of a review.
type ReviewInput struct {
	Route   terms.ReviewRoute `json:"route" validate:"required,oneof=full precedent extension urgent"`
	Outcome string            `json:"outcome" validate:"required,oneof=recommended deferred not_recommended returned"`
	Advice  string            `json:"advice" validate:"required"`
}

// ReviewVersion records a review. The reviewer neither wrote nor submitted the
// version, and is of another directorate than an applying one.
func (s *Service) ReviewVersion(ctx context.Context, actor access.Actor, id uuid.UUID, input ReviewInput) error {
	if err := access.Check(actor, access.ReviewVersion); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	command := map[string]string{"recommended": "recommend", "deferred": "defer", "not_recommended": "advise_against", "returned": "return"}[input.Outcome]
	return s.moveVersion(ctx, actor, access.ReviewVersion, id, command, input.Advice, func(ctx context.Context, w *work, v *ent.AgreementVersion, _ *ent.AgreementVersionUpdateOne) error {
		if err := independent(actor, v, nil, "review"); err != nil {
			return err
		}
		return w.Review.Create().SetCreatedAt(w.now).SetVersion(v).SetRoute(input.Route).
			SetOutcome(review.Outcome(input.Outcome)).SetAdvice(input.Advice).SetReviewerID(actor.PersonID).Exec(ctx)
	})
}

// independent refuses who is not, with every reason.
func independent(actor access.Actor, v *ent.AgreementVersion, reviews []*ent.Review, verb string) error {
	work := access.Work{Directorate: v.Directorate}
	if v.WrittenBy != nil {
		work.Author = *v.WrittenBy
	}
	if v.SubmittedBy != nil {
		work.Submitter = *v.SubmittedBy
	}
	for _, r := range reviews {
		work.Reviewers = append(work.Reviewers, r.ReviewerID)
	}
	if reasons := access.Independent(actor, work); len(reasons) > 0 {
		return fault.New(fault.Refused, "You cannot %s this version", verb).With(reasons...)
	}
	return nil
}

// ApproveVersion freezes the terms: their canonical JSON and its digest are
// what is signed. The gate is asked for every line, and its decisions are kept
// also when it refuses.
func (s *Service) ApproveVersion(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	if err := access.Check(actor, access.ApproveVersion); err != nil {
		return err
	}
	var refused error
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, id)
		if err != nil {
			return err
		}
		update, err := w.move(v, "approve")
		if err != nil {
			return err
		}
		full, err := w.fullVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		if err := independent(actor, v, full.Edges.Reviews, "approve"); err != nil {
			return err
		}
		var decisions []gate.Decision
		for _, line := range full.Edges.Lines {
			facts, err := w.facts(ctx, s, full, lineTerms(line), gate.MomentApproval)
			if err != nil {
				return err
			}
			facts.Approver = actor.PersonID.String()
			decision, _, err := w.decide(ctx, facts, v.ID.String(), nil)
			if err != nil {
				return err
			}
			decisions = append(decisions, decision)
		}
		if refused = refusal("The gate refuses approval", decisions...); refused != nil {
			return w.event(ctx, "version approval refused", v.ID.String(), reason, nil)
		}
		frozen, err := terms.Canonical(versionTerms(full))
		if err != nil {
			return err
		}
		digest, err := terms.Digest(json.RawMessage(frozen))
		if err != nil {
			return err
		}
		if err := update.SetApprovedBy(actor.PersonID).SetApprovedAt(w.now).SetTerms(frozen).SetTermsSha256(digest).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "version approved", v.ID.String(), reason, map[string]any{"terms_sha256": digest})
	})
	if err != nil {
		return err
	}
	return refused
}

// DeclineVersion says no to a recommended version.
func (s *Service) DeclineVersion(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.moveVersion(ctx, actor, access.ApproveVersion, id, "decline", reason, func(_ context.Context, _ *work, v *ent.AgreementVersion, _ *ent.AgreementVersionUpdateOne) error {
		return independent(actor, v, nil, "decline")
	})
}

// IssueVersion issues an approved version for signature.
func (s *Service) IssueVersion(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, access.RunAgreements, id, "issue", "", func(_ context.Context, w *work, _ *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
		u.SetIssuedAt(w.now)
		return nil
	})
}

func (s *Service) moveVersion(ctx context.Context, actor access.Actor, permission access.Permission, id uuid.UUID, command, reason string,
	also func(context.Context, *work, *ent.AgreementVersion, *ent.AgreementVersionUpdateOne) error) error {
	if err := access.Check(actor, permission); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, id)
		if err != nil {
			return err
		}
		update, err := w.move(v, command)
		if err != nil {
			return err
		}
		if also != nil {
			if err := also(ctx, w, v, update); err != nil {
				return err
			}
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "version "+command, v.ID.String(), reason, nil)
	})
}

// fullVersion reads a version with everything that its terms consist of.
func (w *work) fullVersion(ctx context.Context, id uuid.UUID) (*ent.AgreementVersion, error) {
	return fullVersion(ctx, w.Client, id)
}

func fullVersion(ctx context.Context, c *ent.Client, id uuid.UUID) (*ent.AgreementVersion, error) {
	return c.AgreementVersion.Query().Where(agreementversion.ID(id)).
		WithAgreement(func(q *ent.AgreementQuery) { q.WithApplicant() }).
		WithLines(func(q *ent.DatasetLineQuery) { q.Order(datasetline.ByNumber()) }).
		WithParties(func(q *ent.PartyQuery) { q.WithOrganisation().Order(party.ByRole(), party.ByID()) }).
		WithSites(func(q *ent.SiteQuery) { q.Order(site.ByCode()) }).
		WithApprovals(func(q *ent.ApprovalQuery) { q.Order(approval.ByID()) }).
		WithConditions(func(q *ent.ConditionQuery) { q.Order(condition.ByID()) }).
		WithConsentMaterials(func(q *ent.ConsentMaterialQuery) { q.Order(consentmaterial.ByID()) }).
		WithSubLicences(func(q *ent.SubLicenceQuery) { q.Order(sublicence.ByID()) }).
		WithFlows(func(q *ent.DataFlowQuery) { q.Order(dataflow.ByNumber()) }).
		WithLicences(func(q *ent.LicenceQuery) { q.Order(licence.ByID()) }).
		WithReviews(func(q *ent.ReviewQuery) { q.Order(review.ByID()) }).
		WithSignatures(func(q *ent.SignatureQuery) { q.Order(signature.ByID()) }).Only(ctx)
}
