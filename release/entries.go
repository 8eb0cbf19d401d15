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

// enterAgreement enters an agreement at its last signature.
func (w *work) enterAgreement(ctx context.Context, v *ent.AgreementVersion) error {
	e := register.Entry{Kind: register.Agreement, Reference: reference(v), Stem: v.Edges.Agreement.Stem, Version: v.Number,
		EventFrom: terms.Today(w.now), EventTo: terms.Today(w.now)}
	name, slug := controllers(v)
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
	number, err := w.enter(ctx, e)
	if err != nil {
		return err
	}
	return w.event(ctx, "agreement entered", v.ID.String(), "", map[string]any{"entry": number})
}

// approvedHow tells the public what was out of the ordinary in an approval
// (governance §2, rule 12): that it was against advice and why, or urgent and
// when it is reviewed in full.
func approvedHow(v *ent.AgreementVersion) string {
	var told []string
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

// controllers are the names of the version's controllers, and the slug of the
// first.
func controllers(v *ent.AgreementVersion) (names, slug string) {
	var all []string
	for _, p := range v.Edges.Parties {
		if p.Role != terms.Controller {
			continue
		}
		all = append(all, p.Edges.Organisation.Name)
		if slug == "" {
			slug = p.Edges.Organisation.Slug
		}
	}
	return strings.Join(all, "; "), slug
}
