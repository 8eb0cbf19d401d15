package release

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

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
		update, err := w.move(ctx, v, "sign", "")
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
	signing := gate.Signing{At: w.now, State: v.State, Organisation: o.Name, Capacity: capacity,
		Needed: slices.Contains(signatories(v), signatory{o.Slug, capacity}), Signatory: actor.HasFor(access.Signatory, o.ID),
		TermsSHA256: v.TermsSha256, GivenSHA256: digest, LoggedInAt: actor.LoggedInAt}
	if v.IssuedAt != nil {
		signing.IssuedAt = *v.IssuedAt
	}
	if reasons := signing.Refusals(); len(reasons) > 0 {
		return fault.New(fault.Refused, "The signature cannot be taken").With(reasons...)
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
