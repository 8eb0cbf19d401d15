package release

import (
	"cmp"
	"context"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// What the body records about agreements and organisations is told in the
// register in the same transaction: that a version ended before its term, that
// data were destroyed, who follows whom.

func (w *work) tellVersion(ctx context.Context, kind register.Kind, v *ent.AgreementVersion, reason string) error {
	whole, err := w.fullVersion(ctx, v.ID)
	if err != nil {
		return err
	}
	e := register.Entry{Kind: kind, Reference: reference(whole), Stem: whole.Edges.Agreement.Stem, Version: whole.Number,
		EventFrom: terms.Today(w.now), EventTo: terms.Today(w.now)}
	name, slug := firstController(whole)
	e.With(register.OrganisationName, name)
	e.With(register.OrganisationID, slug)
	e.With(register.Title, whole.Title)
	e.With(register.Reason, reason)
	_, err = w.enter(ctx, e)
	return err
}

// tellTermination enters that a version ended before its term, and why.
func (w *work) tellTermination(ctx context.Context, v *ent.AgreementVersion, reason string) error {
	return w.tellVersion(ctx, register.Termination, v, reason)
}

// tellDestruction enters that what was held under a version is certified as
// destroyed. The evidence itself is a record of the body, not of the public.
func (w *work) tellDestruction(ctx context.Context, v *ent.AgreementVersion) error {
	return w.tellVersion(ctx, register.Destruction, v, "Closed on evidence that what was held under it is destroyed, or that nothing was.")
}

// tellSuccession enters who follows whom: one entry for all agreements, or one
// for each that it is about. Its relation is its kind: a rename joins names, and
// no other kind does.
func (w *work) tellSuccession(ctx context.Context, in SuccessionInput, agreements []*ent.Agreement, from ent.Organisation, to *ent.Organisation) ([]int64, error) {
	stems := []string{""}
	if len(agreements) > 0 {
		stems = stems[:0]
		for _, a := range agreements {
			stems = append(stems, a.Stem)
		}
	}
	reason := in.Reason
	if in.Instrument != "" {
		reason = in.Instrument + ". " + reason
	}
	entries := make([]*register.Entry, len(stems))
	for i, stem := range stems {
		e := &register.Entry{Kind: register.Succession, Relation: terms.Relation(in.Kind), Stem: stem, EventFrom: in.On, EventTo: in.On}
		if stem != "" {
			e.Reference = stem
			if r, err := terms.ParseReference(stem); err == nil {
				e.Reference = r.String()
			}
		}
		e.With(register.OrganisationName, from.Name)
		e.With(register.OrganisationID, from.Slug)
		if to != nil {
			e.With(register.Successor, cmp.Or(in.NewName, to.Name))
			e.With(register.SuccessorID, to.Slug)
		}
		e.With(register.Reason, reason)
		entries[i] = e
	}
	if err := w.enterAll(ctx, uuid.NullUUID{}, entries); err != nil {
		return nil, err
	}
	return numbersOfEntries(entries), nil
}

func numbersOfEntries(entries []*register.Entry) []int64 {
	numbers := make([]int64, len(entries))
	for i, e := range entries {
		numbers[i] = e.Number
	}
	return numbers
}
