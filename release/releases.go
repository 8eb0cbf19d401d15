package release

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// fileLife is how long a file waits for its download, if the version does not
// end before.
const fileLife = 90 * 24 * time.Hour

// ReleaseExtract hands a produced extract over: for every line its release,
// files, register entry, leaf and event, in one transaction. The gate is asked
// once more; a refusal leaves everything as it is.
func (s *Service) ReleaseExtract(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) (entries []int64, err error) {
	if err := access.Check(actor, access.ReleaseExtract); err != nil {
		return nil, err
	}
	var refused error
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		update, err := moveExtract(e, "release")
		if err != nil {
			return err
		}
		if e.RequestedBy == actor.PersonID {
			return fault.New(fault.Refused, "You asked for this extract; someone else must release it.")
		}
		decisions, ids, err := w.decideLines(ctx, s, e, gate.MomentRelease)
		if err != nil {
			return err
		}
		if refused = refusal("The gate refuses the release", decisions...); refused != nil {
			return w.event(ctx, "release refused", id.String(), reason, nil)
		}
		v, plans, _, err := w.extractParts(ctx, e)
		if err != nil {
			return err
		}
		for _, p := range plans {
			number, err := w.releaseLine(ctx, e, v, p, ids[p.Line])
			if err != nil {
				return err
			}
			entries = append(entries, number)
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "extract released", id.String(), reason, map[string]any{"entries": entries})
	})
	if err != nil {
		return nil, err
	}
	return entries, refused
}

func (w *work) releaseLine(ctx context.Context, e *ent.Extract, v *ent.AgreementVersion, p *ent.ExtractPlan, decision uuid.UUID) (int64, error) {
	var result RunResult
	if err := json.Unmarshal(p.Result, &result); err != nil {
		return 0, fmt.Errorf("reading the result of line %d: %w", p.Line, err)
	}
	recipient, err := w.Organisation.Get(ctx, e.RecipientID)
	if err != nil {
		return 0, err
	}
	line := lineOf(v, p.Line)
	entry := register.Entry{
		Kind: register.Release, Reference: reference(v), Stem: v.Edges.Agreement.Stem, Version: v.Number,
		EventFrom: terms.Today(w.now), EventTo: terms.Today(w.now), Dataset: line.Dataset,
		TypeOfData: line.Type, Sensitivity: line.Sensitivity, Power: line.Power, Routes: []terms.Route{line.Route},
		OptOut: line.OptOut, Frequency: line.Frequency, Channel: line.Channel, RowsBand: register.RowsBand(result.Written),
	}
	for _, out := range result.Outputs {
		entry.Files = append(entry.Files, register.File{Reference: fileReference(e.ID, out), SHA256: out.SHA256})
	}
	entry.With(register.OrganisationName, recipient.Name)
	entry.With(register.OrganisationID, recipient.Slug)
	entry.With(register.OrganisationType, recipient.Kind)
	entry.With(register.DatasetName, line.DatasetName)
	entry.With(register.Title, v.Title)
	number, err := w.enter(ctx, entry)
	if err != nil {
		return 0, err
	}
	release, err := w.Release.Create().SetCreatedAt(w.now).SetExtract(e).SetLine(p.Line).SetEntryNumber(number).
		SetReleasedBy(w.actor.PersonID).SetDecisionID(decision).Save(ctx)
	if err != nil {
		return 0, err
	}
	return number, w.files(ctx, e, v, release, result)
}

func (w *work) files(ctx context.Context, e *ent.Extract, v *ent.AgreementVersion, release *ent.Release, result RunResult) error {
	expires := w.now.Add(fileLife)
	if v.Ends != nil && v.Ends.End().Before(expires) {
		expires = v.Ends.End()
	}
	for _, out := range result.Outputs {
		err := w.File.Create().SetCreatedAt(w.now).SetRelease(release).SetReference(fileReference(e.ID, out)).SetName(out.Name).
			SetKey(out.Key).SetSha256(out.SHA256).SetPlaintextSha256(out.PlaintextSHA256).SetSize(out.Size).SetRows(out.Rows).
			SetRecipientKeys(result.RecipientKeys).SetExpiresAt(expires).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// fileReference is a file's public name: the end of its extract's id and its
// digest, which say nothing of what is in it.
func fileReference(extract uuid.UUID, out Output) string {
	return "FILE-" + extract.String()[24:] + "-" + out.SHA256[:12]
}
