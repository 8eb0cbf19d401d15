package release

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// enter writes one entry of our own and returns its number. The log's lock is
// held from here to the end of the command, so it stands last.
func (w *work) enter(ctx context.Context, e register.Entry) (int64, error) {
	if err := w.enterAll(ctx, uuid.NullUUID{}, []*register.Entry{&e}); err != nil {
		return 0, err
	}
	return e.Number, nil
}

// agreementEntry is the entry of an agreement that is signed on a day: all that
// the public will read of a version that was read whole. The privacy scan asks
// for it before approval.
func agreementEntry(v *ent.AgreementVersion, signed terms.Date) register.Entry {
	e := register.Entry{Kind: register.Agreement, Reference: reference(v), Stem: v.Edges.Agreement.Stem, Version: v.Number,
		EventFrom: signed, EventTo: signed}
	name, slug := firstController(v)
	e.With(register.OrganisationName, name)
	e.With(register.OrganisationID, slug)
	if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
		e.With(register.OrganisationType, applicant.Kind)
	}
	e.With(register.Title, v.Title)
	e.With(register.Objective, v.Objective)
	e.With(register.Processing, v.Processing)
	e.With(register.Outputs, v.Outputs)
	e.With(register.Benefits, v.Benefits)
	e.With(register.YieldedBenefits, v.YieldedBenefits)
	e.With(register.Reason, approvedHow(v))
	publishTerms(&e, v)
	return e
}

// enterAgreement enters an agreement at its last signature.
func (w *work) enterAgreement(ctx context.Context, v *ent.AgreementVersion) error {
	if err := w.takeClearances(ctx, v); err != nil {
		return err
	}
	number, err := w.enter(ctx, agreementEntry(v, terms.Today(w.now)))
	if err != nil {
		return err
	}
	return w.event(ctx, "agreement entered", v.ID.String(), "", map[string]any{"entry": number})
}

// approvedHow tells the public how a version came about, and what was out of
// the ordinary in its approval (governance §2, rule 12): that it was against advice and why, or urgent and
// when it is reviewed in full.
func approvedHow(v *ent.AgreementVersion) string {
	var told []string
	if kind := versionKind(v.Kind); kind != "" {
		told = append(told, kind)
	}
	if v.AgainstAdvice != "" {
		told = append(told, "Approved by the SIRO against the advice of its review: "+v.AgainstAdvice)
	}
	for _, r := range v.Edges.Reviews {
		if r.Route == terms.UrgentReview && v.ReviewRoute != nil && *v.ReviewRoute == terms.UrgentReview && r.ReviewDue != nil {
			told = append(told, "Approved urgently by the SIRO; it is reviewed in full by "+r.ReviewDue.Words()+".")
		}
	}
	return strings.Join(told, "\n")
}

// firstController is the controller under whose name the entry stands; all are
// in the text Controllers.
func firstController(v *ent.AgreementVersion) (name, slug string) {
	for _, p := range v.Edges.Parties {
		if p.Role == terms.Controller {
			return p.Edges.Organisation.Name, p.Edges.Organisation.Slug
		}
	}
	return "", ""
}
