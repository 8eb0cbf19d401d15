package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/approval"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/hold"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/review"
	"data.release/registrar/ent/signature"
	"data.release/registrar/ent/site"
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
	Route   string `json:"route" validate:"required,oneof=full precedent extension urgent"`
	Outcome string `json:"outcome" validate:"required,oneof=recommended deferred not_recommended returned"`
	Advice  string `json:"advice" validate:"required"`
}

// ReviewVersion records a review. The reviewer neither wrote nor submitted the
// version, and is of another directorate than an applying one.
func (s *Service) ReviewVersion(ctx context.Context, actor access.Actor, id uuid.UUID, input ReviewInput) error {
	if err := valid(input); err != nil {
		return err
	}
	command := map[string]string{"recommended": "recommend", "deferred": "defer", "not_recommended": "advise_against", "returned": "return"}[input.Outcome]
	return s.moveVersion(ctx, actor, access.ReviewVersion, id, command, input.Advice, func(ctx context.Context, w *work, v *ent.AgreementVersion, _ *ent.AgreementVersionUpdateOne) error {
		if err := independent(actor, v, "review"); err != nil {
			return err
		}
		return w.Review.Create().SetCreatedAt(w.now).SetVersion(v).SetRoute(input.Route).
			SetOutcome(review.Outcome(input.Outcome)).SetAdvice(input.Advice).SetReviewerID(actor.PersonID).Exec(ctx)
	})
}

// independent is the two-person rule: nobody reviews or approves what they
// wrote or submitted, nor their own directorate's application.
func independent(actor access.Actor, v *ent.AgreementVersion, verb string) error {
	refused := fault.New(fault.Refused, "You cannot %s this version", verb)
	if v.WrittenBy != nil && *v.WrittenBy == actor.PersonID {
		refused.With(fault.Reason{Code: "two-persons", Field: "author", Message: "you wrote it; someone else must"})
	}
	if v.SubmittedBy != nil && *v.SubmittedBy == actor.PersonID {
		refused.With(fault.Reason{Code: "two-persons", Field: "submitter", Message: "you submitted it; someone else must"})
	}
	if v.Directorate != "" && slices.ContainsFunc(actor.Memberships, func(m access.Membership) bool { return m.Directorate == v.Directorate }) {
		refused.With(fault.Reason{Code: "independence", Field: "directorate", Message: "you belong to the applying directorate, " + v.Directorate})
	}
	if len(refused.Reasons) > 0 {
		return refused
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
		if err := independent(actor, v, "approve"); err != nil {
			return err
		}
		full, err := w.fullVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(full.Edges.Reviews, func(r *ent.Review) bool { return r.ReviewerID == actor.PersonID }) {
			return fault.New(fault.Refused, "You cannot approve this version").
				With(fault.Reason{Code: "two-persons", Field: "reviewer", Message: "you reviewed it; advice and approval are two persons'"})
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
		return independent(actor, v, "decline")
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

// freshLogIn is how recent a log-in a signature may rest on.
const freshLogIn = 15 * time.Minute

// issueLapses is how long a version may wait for signatures (design §4).
const issueLapses = 12 // months

// SignVersion records a signature over the digest of the frozen terms, by a
// signatory of the organisation in its capacity ("controller" or "discloser"),
// who has logged in within the last quarter of an hour. The last one needed
// makes the version signed and enters the agreement in the register.
func (s *Service) SignVersion(ctx context.Context, actor access.Actor, id uuid.UUID, slug, capacity, termsSHA256 string) error {
	if err := access.Check(actor, access.SignVersion); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, id)
		if err != nil {
			return err
		}
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).Only(ctx)
		if err != nil {
			return err
		}
		full, err := w.fullVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		if err := w.maySign(actor, full, o, capacity, termsSHA256); err != nil {
			return err
		}
		err = w.Signature.Create().SetCreatedAt(w.now).SetVersion(v).SetPersonID(actor.PersonID).SetOrganisation(o.Slug).
			SetCapacity(capacity).SetTermsSha256(termsSHA256).SetLoggedInAt(actor.LoggedInAt).Exec(ctx)
		if err != nil {
			return err
		}
		if err := w.event(ctx, "version signed", v.ID.String(), "", map[string]any{"organisation": slug, "capacity": capacity, "terms_sha256": termsSHA256}); err != nil {
			return err
		}
		full, err = w.fullVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		if len(missingSignatures(full)) > 0 {
			return nil
		}
		update, err := w.move(v, "sign")
		if err != nil {
			return err
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.enterAgreement(ctx, full)
	})
}

func (w *work) maySign(actor access.Actor, v *ent.AgreementVersion, o *ent.Organisation, capacity, digest string) error {
	refused := fault.New(fault.Refused, "The signature cannot be taken")
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if v.State != terms.Issued {
		wrong("not-issued", "version", "the version is %s, not issued for signature", v.State.Label())
	}
	if v.IssuedAt != nil && w.now.After(v.IssuedAt.AddDate(0, issueLapses, 0)) {
		wrong("issue-lapsed", "version", "it was issued more than twelve months ago; issue it again")
	}
	if digest != v.TermsSha256 || digest == "" {
		wrong("terms-digest", "termsSha256", "is not the digest of the approved terms, %s", v.TermsSha256)
	}
	if !actor.HasFor(access.Signatory, o.ID) {
		wrong("not-signatory", "organisation", "you are no signatory of %s", o.Name)
	}
	if !slices.Contains(signatories(v), signatory{o.Slug, capacity}) {
		wrong("not-needed", "capacity", "%s does not sign as %s", o.Name, capacity)
	}
	if w.now.Sub(actor.LoggedInAt) > freshLogIn {
		wrong("log-in-stale", "logIn", "a signature needs a log-in of the last %s; log in again", freshLogIn)
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// signatory is an organisation in the capacity in which it signs.
type signatory struct{ slug, capacity string }

// signatories are the controllers and the disclosers of the lines (governance
// §1.9: processors have a contract with their controller instead).
func signatories(v *ent.AgreementVersion) []signatory {
	var needed []signatory
	for _, p := range v.Edges.Parties {
		if p.Role == terms.Controller {
			needed = append(needed, signatory{p.Edges.Organisation.Slug, "controller"})
		}
	}
	for _, l := range v.Edges.Lines {
		if s := (signatory{l.Discloser, "discloser"}); l.Discloser != "" && !slices.Contains(needed, s) {
			needed = append(needed, s)
		}
	}
	return needed
}

// signed are the signatures over the present terms.
func signed(v *ent.AgreementVersion) []signatory {
	var have []signatory
	for _, sig := range v.Edges.Signatures {
		if sig.TermsSha256 == v.TermsSha256 {
			have = append(have, signatory{sig.Organisation, sig.Capacity})
		}
	}
	return have
}

func missingSignatures(v *ent.AgreementVersion) []signatory {
	have := signed(v)
	return slices.DeleteFunc(signatories(v), func(need signatory) bool { return slices.Contains(have, need) })
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
		WithReviews(func(q *ent.ReviewQuery) { q.Order(review.ByID()) }).
		WithSignatures(func(q *ent.SignatureQuery) { q.Order(signature.ByID()) }).Only(ctx)
}

// PlaceHold stops every release and download under an agreement at once.
func (s *Service) PlaceHold(ctx context.Context, actor access.Actor, stem, reason string) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return uuid.Nil, err
	}
	if reason == "" {
		return uuid.Nil, fault.New(fault.Invalid, "Say why the agreement is put on hold.")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		a, err := w.Agreement.Query().Where(agreement.Stem(stem)).Only(ctx)
		if err != nil {
			return err
		}
		h, err := w.Hold.Create().SetCreatedAt(w.now).SetAgreement(a).SetReason(reason).SetSetBy(actor.PersonID).Save(ctx)
		if err != nil {
			return err
		}
		id = h.ID
		return w.event(ctx, "hold set", stem, reason, map[string]any{"hold": id})
	})
	return id, err
}

// LiftHold is one person's word that a hold may go; the second person's word
// lifts it.
func (s *Service) LiftHold(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) (lifted bool, err error) {
	if err := access.Check(actor, access.SetHold); err != nil {
		return false, err
	}
	if reason == "" {
		return false, fault.New(fault.Invalid, "Say why the hold may be lifted.")
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		h, err := w.Hold.Query().Where(hold.ID(id)).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if h.LiftedAt != nil {
			return fault.New(fault.Conflict, "The hold was lifted already.")
		}
		if err := w.HoldLift.Create().SetCreatedAt(w.now).SetHold(h).SetPersonID(actor.PersonID).SetReason(reason).Exec(ctx); err != nil {
			return err
		}
		words, err := h.QueryLifts().Count(ctx)
		if err != nil {
			return err
		}
		if lifted = words >= 2; lifted {
			if err := h.Update().SetLiftedAt(w.now).Exec(ctx); err != nil {
				return err
			}
		}
		return w.event(ctx, "hold lift", h.ID.String(), reason, map[string]any{"lifted": lifted})
	})
	return lifted, err
}
