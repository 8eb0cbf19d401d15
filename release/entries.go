package release

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// enter writes an entry: number, salts, leaf, row and texts, all in the
// command's transaction. The log's lock is held from here to its end, so it
// stands last in a command.
func (w *work) enter(ctx context.Context, e register.Entry, organisation string) (int64, error) {
	next, err := ledger.Register.Next(ctx, w.tx)
	if err != nil {
		return 0, err
	}
	e.Number, e.RecordedAt = next+1, w.now
	for i := range e.Texts {
		e.Texts[i].Salt = make([]byte, proof.SaltSize)
		if _, err := rand.Read(e.Texts[i].Salt); err != nil {
			return 0, fmt.Errorf("drawing a salt: %w", err)
		}
	}
	leaf, err := e.Leaf()
	if err != nil {
		return 0, err
	}
	if _, err := ledger.Append(ctx, w.tx, [][]byte{leaf}); err != nil {
		return 0, err
	}
	create := w.Entry.Create().SetID(e.Number).SetKind(e.Kind).SetRecordedAt(e.RecordedAt).SetLate(e.Late).
		SetReference(e.Reference).SetStem(e.Stem).SetVersion(e.Version).SetOrganisation(organisation).SetDataset(e.Dataset).
		SetRoutes(e.Routes).SetRowsBand(e.RowsBand).SetFiles(e.Files).SetLeaf(leaf).
		SetOrganisationType(e.Get(register.OrganisationType))
	if e.Kind == register.Release {
		create.SetTypeOfData(e.TypeOfData).SetSensitivity(e.Sensitivity).SetPower(e.Power).SetOptOut(e.OptOut).SetFrequency(e.Frequency)
	}
	if !e.EventFrom.IsZero() {
		create.SetEventFrom(e.EventFrom).SetEventTo(e.EventTo)
	}
	row, err := create.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("writing entry %d: %w", e.Number, err)
	}
	texts := make([]*ent.EntryTextCreate, len(e.Texts))
	for i, t := range e.Texts {
		texts[i] = w.EntryText.Create().SetEntry(row).SetField(string(t.Field)).SetText(t.Text).SetSalt(t.Salt)
	}
	if err := w.EntryText.CreateBulk(texts...).Exec(ctx); err != nil {
		return 0, fmt.Errorf("writing the texts of entry %d: %w", e.Number, err)
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
	e.With(register.OrganisationType, v.Edges.Agreement.Edges.Applicant.Kind)
	e.With(register.Title, v.Title)
	e.With(register.Objective, v.Objective)
	e.With(register.Processing, v.Processing)
	e.With(register.Outputs, v.Outputs)
	e.With(register.Benefits, v.Benefits)
	e.With(register.YieldedBenefits, v.YieldedBenefits)
	number, err := w.enter(ctx, e, slug)
	if err != nil {
		return err
	}
	return w.event(ctx, "agreement entered", v.ID.String(), "", map[string]any{"entry": number})
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
