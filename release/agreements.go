package release

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/approval"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/consentmaterial"
	"data.release/registrar/ent/dataflow"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/event"
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

// SubmitVersion hands an application in for review. What its kind needs is
// asked for here, every gap at once.
func (s *Service) SubmitVersion(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, moving{permission: access.SubmitVersion, command: "submit",
		also: func(ctx context.Context, w *work, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
			if err := w.ofApplicant(ctx, v); err != nil {
				return err
			}
			full, err := w.fullVersion(ctx, v.ID)
			if err != nil {
				return err
			}
			needs, err := w.kindNeeds(ctx, full)
			if err != nil {
				return err
			}
			if needs, err = w.gaps(ctx, full, needs); err != nil {
				return err
			}
			if len(needs) > 0 {
				return fault.New(fault.Invalid, "The application cannot be submitted yet").With(needs...)
			}
			// Deferred and not recommended, it comes back as the next draft; a
			// returned one was numbered when it was returned.
			if v.State == terms.Deferred || v.State == terms.NotRecommended {
				if err := w.nextMinor(ctx, v, u); err != nil {
					return err
				}
			}
			u.SetSubmittedBy(actor.PersonID)
			return nil
		}}, id)
}

// ofApplicant refuses who is neither an applicant of the version's organisation
// nor an access officer.
func (w *work) ofApplicant(ctx context.Context, v *ent.AgreementVersion) error {
	if w.actor.Has(access.AccessOfficer) {
		return nil
	}
	applicant, err := v.QueryAgreement().QueryApplicant().Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.Forbidden, "No applicant of this agreement is recorded; an access officer must do it.")
	} else if err != nil {
		return err
	}
	if !w.actor.HasFor(access.Applicant, applicant.ID) {
		return fault.New(fault.Forbidden, "You are no applicant of %s.", applicant.Name)
	}
	return nil
}

// TakeUp begins the review of a submitted version. Who takes it up owns the
// case, where nobody did.
func (s *Service) TakeUp(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, moving{permission: access.RunAgreements, command: "take_up",
		also: func(_ context.Context, _ *work, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
			if v.OwnerID == nil {
				u.SetOwnerID(actor.PersonID)
			}
			return nil
		}}, id)
}

// independent refuses whoever is not, with every reason. Besides the author,
// nobody judges a version of which they saved a step.
func (w *work) independent(ctx context.Context, v *ent.AgreementVersion, reviews []*ent.Review, verb string) error {
	reasons := against(w.actor, v, reviews)
	edited, err := w.Event.Query().Where(event.Command(savedEvent), event.Subject(v.ID.String()), event.PersonID(w.actor.PersonID)).Exist(ctx)
	if err != nil {
		return err
	}
	if edited && (v.WrittenBy == nil || *v.WrittenBy != w.actor.PersonID) {
		reasons = append(reasons, fault.Reason{Code: "two-persons", Field: "author", Message: "you wrote part of it; someone else must"})
	}
	if len(reasons) > 0 {
		return fault.New(fault.Refused, "You cannot %s this version", verb).With(reasons...)
	}
	return nil
}

// against is what the two-person rule has against the actor.
func against(actor access.Actor, v *ent.AgreementVersion, reviews []*ent.Review) []fault.Reason {
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
	return access.Independent(actor, work)
}

// ApproveVersion freezes the terms: their canonical JSON and its digest are
// what is signed. The gate is asked for every line, and its decisions are kept
// also when it refuses.
func (s *Service) ApproveVersion(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.approve(ctx, actor, ApproveInput{Version: id, Reason: reason})
}

// ApproveAgainstAdvice is ApproveVersion for a version that its review did not
// recommend. Only the SIRO does it, and the reason is kept with the version and
// published (governance §2, rule 12).
func (s *Service) ApproveAgainstAdvice(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.approve(ctx, actor, ApproveInput{Version: id, Reason: reason, AgainstAdvice: true})
}

// ApproveInput approves exactly the terms that the approver has seen.
type ApproveInput struct {
	Version       uuid.UUID `json:"version" validate:"required"`
	TermsSHA256   string    `json:"termsSha256" validate:"len=64"` // digest of the terms that were seen
	Reason        string    `json:"reason"`
	AgainstAdvice bool      `json:"againstAdvice"` // by the SIRO, with a reason
	// Clearing says why that reason, which is published, may name what the
	// privacy scan finds in it.
	Clearing string `json:"clearing" validate:"max=4000"`
}

// ApproveTerms is ApproveVersion or ApproveAgainstAdvice for the terms of a
// digest; where they have changed since it was shown, it is fault.Conflict.
func (s *Service) ApproveTerms(ctx context.Context, actor access.Actor, input ApproveInput) error {
	if err := valid(input); err != nil {
		return err
	}
	return s.approve(ctx, actor, input)
}

func (s *Service) approve(ctx context.Context, actor access.Actor, input ApproveInput) error {
	permission, command, reason, against := access.ApproveVersion, "approve", input.Reason, input.AgainstAdvice
	if against {
		permission, command = access.ApproveAgainstAdvice, "approve_against_advice"
	}
	if err := access.Check(actor, permission); err != nil {
		return err
	}
	if against {
		if err := because(reason, "Say why it is approved against advice."); err != nil {
			return err
		}
	}
	var refused error
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, input.Version)
		if err != nil {
			return err
		}
		if _, ok := v.State.Can(command); !ok {
			_, err := w.move(ctx, v, command, reason)
			return err
		}
		full, err := w.fullVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		if against {
			full.AgainstAdvice = reason // the gate sees what will be kept
		}
		if err := w.independent(ctx, v, full.Edges.Reviews, "approve"); err != nil {
			return err
		}
		frozen, digest, err := freeze(full)
		if err != nil {
			return err
		}
		if input.TermsSHA256 != "" && input.TermsSHA256 != digest {
			return fault.New(fault.Conflict, "The terms have changed since they were shown; read them again.")
		}
		if err := asReviewed(full); err != nil {
			return err
		}
		if err := w.uncleared(ctx, full, input.Clearing); err != nil {
			return err
		}
		decisions, err := w.approvalDecisions(ctx, s, full)
		if err != nil {
			return err
		}
		if refused = refusal("The gate refuses approval", decisions...); refused != nil {
			return w.event(ctx, "version approval refused", v.ID.String(), reason, nil)
		}
		update, err := w.move(ctx, v, command, reason)
		if err != nil {
			return err
		}
		if err := update.SetAgainstAdvice(full.AgainstAdvice).SetApprovedBy(actor.PersonID).SetApprovedAt(w.now).SetTerms(frozen).SetTermsSha256(digest).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "version approved", v.ID.String(), reason, map[string]any{"terms_sha256": digest, "against_advice": against})
	})
	if err != nil {
		return err
	}
	return refused
}

// approvalDecisions asks the gate about every line of a version.
func (w *work) approvalDecisions(ctx context.Context, s *Service, full *ent.AgreementVersion) ([]gate.Decision, error) {
	var decisions []gate.Decision
	for _, line := range full.Edges.Lines {
		facts, err := w.facts(ctx, s, full, lineTerms(line), gate.MomentApproval)
		if err != nil {
			return nil, err
		}
		facts.Approver = w.actor.PersonID.String()
		decision, _, err := w.decide(ctx, facts, full.ID.String(), nil)
		if err != nil {
			return nil, err
		}
		decisions = append(decisions, decision)
	}
	return decisions, nil
}

// DeclineVersion says no to a version whose review is done, with the reason.
func (s *Service) DeclineVersion(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.moveVersion(ctx, actor, moving{permission: access.ApproveVersion, command: "decline", reason: reason, why: "Say why it is declined.", ends: true,
		also: func(ctx context.Context, w *work, v *ent.AgreementVersion, _ *ent.AgreementVersionUpdateOne) error {
			reviews, err := v.QueryReviews().All(ctx)
			if err != nil {
				return err
			}
			return w.independent(ctx, v, reviews, "decline")
		}}, id)
}

// WithdrawVersion takes an application back, before its approval. Its
// applicants may, and access officers for them.
func (s *Service) WithdrawVersion(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.moveVersion(ctx, actor, moving{permission: access.SubmitVersion, command: "withdraw", reason: reason, why: "Say why it is withdrawn.", ends: true,
		also: func(ctx context.Context, w *work, v *ent.AgreementVersion, _ *ent.AgreementVersionUpdateOne) error {
			return w.ofApplicant(ctx, v)
		}}, id)
}

// IssueVersion issues an approved version for signature.
func (s *Service) IssueVersion(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, moving{permission: access.RunAgreements, command: "issue", also: issue}, id)
}

func issue(_ context.Context, w *work, _ *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
	u.SetIssuedAt(w.now)
	return nil
}

// IssueAgain issues a version once more whose issue lapsed: twelve months
// without all signatures. Those that were given stay, for the terms are the
// same.
func (s *Service) IssueAgain(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	return s.moveVersion(ctx, actor, moving{permission: access.RunAgreements, command: "issue_again",
		also: func(ctx context.Context, w *work, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
			if v.IssuedAt != nil && !gate.IssueLapsed(*v.IssuedAt, w.now) {
				return fault.New(fault.Conflict, "The issue of %s has not lapsed; it can be signed.", terms.Today(*v.IssuedAt).Words())
			}
			return issue(ctx, w, v, u)
		}}, id)
}

// TerminateVersion ends a signed version before its time. Who and why are kept;
// the gate refuses every release and download from that moment on.
func (s *Service) TerminateVersion(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.moveVersion(ctx, actor, moving{permission: access.RunAgreements, command: "terminate", reason: reason, why: "Say why it is terminated; the register publishes it.", ends: true,
		tell: func(ctx context.Context, w *work, v *ent.AgreementVersion) error {
			return w.tellTermination(ctx, v, reason)
		}}, id)
}

// CloseVersion ends a version for good, on the evidence that what was held
// under it is destroyed. A term that still runs is terminated first.
func (s *Service) CloseVersion(ctx context.Context, actor access.Actor, id uuid.UUID, evidence string) error {
	return s.moveVersion(ctx, actor, moving{permission: access.RunAgreements, command: "close", reason: evidence,
		why: "Name the certificate of destruction, or say why nothing was held.",
		also: func(ctx context.Context, w *work, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
			if v.State == terms.Signed {
				later, err := w.supersededBy(ctx, v)
				if err != nil {
					return err
				}
				if later == nil && (v.Ends == nil || terms.Today(w.now).Compare(*v.Ends) <= 0) {
					return fault.New(fault.Conflict, "Its term runs until %s; terminate it first, or wait.", dateOf(v.Ends).Words())
				}
				u.SetEndedAt(w.now).SetEndedBy(actor.PersonID).SetEndReason(evidence)
			}
			return nil
		},
		tell: func(ctx context.Context, w *work, v *ent.AgreementVersion) error { return w.tellDestruction(ctx, v) }}, id)
}

// moving is a command that moves a version's state.
type moving struct {
	permission access.Permission
	command    string // of the table
	reason     string
	why        string // asks for the reason where one is needed
	ends       bool   // who ended it, when and why are kept
	also       func(context.Context, *work, *ent.AgreementVersion, *ent.AgreementVersionUpdateOne) error
	tell       func(context.Context, *work, *ent.AgreementVersion) error // enters it in the register, last
}

func (s *Service) moveVersion(ctx context.Context, actor access.Actor, m moving, id uuid.UUID) error {
	if err := access.Check(actor, m.permission); err != nil {
		return err
	}
	if m.why != "" {
		if err := because(m.reason, m.why); err != nil {
			return err
		}
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, id)
		if err != nil {
			return err
		}
		update, err := w.move(ctx, v, m.command, m.reason)
		if err != nil {
			return err
		}
		if m.ends {
			update.SetEndedAt(w.now).SetEndedBy(actor.PersonID).SetEndReason(m.reason)
		}
		if m.also != nil {
			if err := m.also(ctx, w, v, update); err != nil {
				return err
			}
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		if err := w.event(ctx, "version "+m.command, v.ID.String(), m.reason, nil); err != nil || m.tell == nil {
			return err
		}
		return m.tell(ctx, w, v)
	})
}

// because refuses a reason that says nothing.
func because(reason, ask string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "%s", ask).With(fault.Reason{Code: "required", Field: "reason", Message: "is missing"})
	}
	return nil
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
