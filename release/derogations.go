package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/derogation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// WaiverInput is the SIRO's waiver of a policy rule for one agreement.
type WaiverInput struct {
	Stem   string     `json:"stem" validate:"required,max=60"`
	Rule   string     `json:"rule" validate:"required,max=60"` // id of a gate rule of the class policy
	Line   int        `json:"line" validate:"min=0"`           // number of a dataset line; 0: every line
	Reason string     `json:"reason" validate:"required,max=4000"`
	Starts terms.Date `json:"starts"`
	Ends   terms.Date `json:"ends"` // at most a year later
}

// WaiveRule records the SIRO's waiver of a policy rule. It is in force only
// once a second person has confirmed it. Law is never waived (governance §2):
// that, a term of more than a year, and an agreement or line that does not
// exist are fault.Invalid with every reason.
func (s *Service) WaiveRule(ctx context.Context, actor access.Actor, input WaiverInput) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.WaiveRule); err != nil {
		return uuid.Nil, err
	}
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		root, err := w.checkWaiver(ctx, input)
		if err != nil {
			return err
		}
		datasets, err := w.lineDatasets(ctx, root, input.Line)
		if err != nil {
			return err
		}
		row, err := w.Derogation.Create().SetCreatedAt(w.now).SetDatasets(datasets).SetAgreement(root).SetRule(input.Rule).SetLine(input.Line).
			SetReason(strings.TrimSpace(input.Reason)).SetStarts(input.Starts).SetEnds(input.Ends).SetGivenBy(actor.PersonID).Save(ctx)
		if err != nil {
			return err
		}
		id = row.ID
		return w.event(ctx, "waiver given", id.String(), input.Reason, map[string]any{"stem": input.Stem, "rule": input.Rule, "line": input.Line,
			"starts": input.Starts.String(), "ends": input.Ends.String()})
	})
	return id, err
}

func (w *work) checkWaiver(ctx context.Context, input WaiverInput) (*ent.Agreement, error) {
	refused := fault.New(fault.Invalid, "The waiver cannot be given as it is")
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(input.Reason) == "" {
		wrong("required", "reason", "is missing")
	}
	rules := gate.Rules()
	switch i := slices.IndexFunc(rules, func(r gate.Rule) bool { return r.ID == input.Rule }); {
	case i < 0:
		wrong("rule-unknown", "rule", "%q is no rule of the gate", input.Rule)
	case rules[i].Class == gate.Law:
		wrong("rule-law", "rule", "%s rests on law (%s), which is never waived", input.Rule, rules[i].Authority)
	case rules[i].Class != gate.Policy:
		wrong("rule-advice", "rule", "%s only warns; a warning is accepted at the release", input.Rule)
	}
	today := terms.Today(w.now)
	switch last := (terms.Date{Year: input.Starts.Year + 1, Month: input.Starts.Month, Day: input.Starts.Day}).AddDays(-1); {
	case input.Starts.IsZero() || input.Ends.IsZero():
		wrong("waiver-term", "ends", "a waiver needs the dates from and to which it holds")
	case input.Ends.Compare(input.Starts) < 0:
		wrong("waiver-term", "ends", "it ends before it starts")
	case input.Starts.Compare(today) < 0:
		wrong("waiver-term", "starts", "it cannot hold for days that have passed; today is %s", today.Words())
	case input.Ends.Compare(last) > 0:
		wrong("waiver-term", "ends", "a waiver holds for a year at most, to %s", last.Words())
	}
	root, err := w.Agreement.Query().Where(agreement.Stem(input.Stem)).Only(ctx)
	if ent.IsNotFound(err) {
		wrong("agreement-unknown", "stem", "there is no agreement %q", input.Stem)
	} else if err != nil {
		return nil, err
	}
	if err == nil && input.Line > 0 {
		exists, err := w.DatasetLine.Query().Where(datasetline.Number(input.Line),
			datasetline.HasVersionWith(agreementversion.HasAgreementWith(agreement.ID(root.ID)))).Exist(ctx)
		if err != nil {
			return nil, err
		}
		if !exists {
			wrong("line", "line", "%s has no line %d", input.Stem, input.Line)
		}
	}
	if len(refused.Reasons) > 0 {
		return nil, refused
	}
	return root, nil
}

// ConfirmWaiver puts a waiver in force: another person than who gave it.
func (s *Service) ConfirmWaiver(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	return s.onWaiver(ctx, actor, access.ConfirmWaiver, id, "waiver confirmed", reason, func(w *work, d *ent.Derogation) (*ent.DerogationUpdateOne, error) {
		switch {
		case d.GivenBy == actor.PersonID:
			return nil, fault.New(fault.Refused, "You gave this waiver; someone else must confirm it.").
				With(fault.Reason{Code: "two-persons", Field: "waiver", Message: "who confirms gave it"})
		case d.ConfirmedBy != nil:
			return nil, fault.New(fault.Conflict, "The waiver was confirmed already.")
		case terms.Today(w.now).Compare(d.Ends) > 0:
			return nil, fault.New(fault.Conflict, "The waiver ended on %s.", d.Ends.Words())
		}
		return d.Update().SetConfirmedBy(actor.PersonID).SetConfirmedAt(w.now), nil
	})
}

// RevokeWaiver ends a waiver at once. It stays on record.
func (s *Service) RevokeWaiver(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	if err := because(reason, "Say why the waiver is revoked."); err != nil {
		return err
	}
	return s.onWaiver(ctx, actor, access.WaiveRule, id, "waiver revoked", reason, func(w *work, d *ent.Derogation) (*ent.DerogationUpdateOne, error) {
		return d.Update().SetRevokedAt(w.now), nil
	})
}

func (s *Service) onWaiver(ctx context.Context, actor access.Actor, permission access.Permission, id uuid.UUID, event, reason string,
	change func(*work, *ent.Derogation) (*ent.DerogationUpdateOne, error)) error {
	if err := access.Check(actor, permission); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		d, err := w.Derogation.Query().Where(derogation.ID(id)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no waiver %s.", id)
		} else if err != nil {
			return err
		}
		if d.RevokedAt != nil {
			return fault.New(fault.Conflict, "The waiver was revoked already.")
		}
		update, err := change(w, d)
		if err != nil {
			return err
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, event, id.String(), reason, map[string]any{"rule": d.Rule, "line": d.Line})
	})
}

// WaiversOf are the waivers of an agreement, or of all if the stem is empty,
// newest first.
func (s *Service) WaiversOf(ctx context.Context, actor access.Actor, stem string) ([]*ent.Derogation, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	query := s.Read().Derogation.Query().WithAgreement().Order(ent.Desc(derogation.FieldCreatedAt, derogation.FieldID))
	if stem != "" {
		query.Where(derogation.HasAgreementWith(agreement.Stem(stem)))
	}
	rows, err := query.All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading waivers: %w", err)
	}
	return rows, nil
}

// WaiverState says in words where a waiver is now.
func (s *Service) WaiverState(d *ent.Derogation) string {
	switch today := terms.Today(s.clock()); {
	case d.RevokedAt != nil:
		return "Revoked on " + terms.Today(*d.RevokedAt).Words()
	case d.ConfirmedBy == nil:
		return "Waits for a second person"
	case today.Compare(d.Ends) > 0:
		return "Ended"
	case today.Compare(d.Starts) < 0:
		return "Confirmed, not begun"
	}
	return "In force"
}

// WaiverCount is what the public may know of waivers and accepted warnings: how
// many.
type WaiverCount struct {
	Given      int `json:"given"`
	InForce    int `json:"inForce"`
	Revoked    int `json:"revoked"`
	Acceptance int `json:"acceptances"` // of warnings
}

// CountWaivers counts waivers and accepted warnings, for anyone.
func (s *Service) CountWaivers(ctx context.Context) (count WaiverCount, err error) {
	today := terms.Today(s.clock())
	err = s.db.QueryRowContext(ctx, `
		SELECT count(*), count(*) FILTER (WHERE confirmed_at IS NOT NULL AND revoked_at IS NULL AND $1::date BETWEEN starts AND ends),
			count(*) FILTER (WHERE revoked_at IS NOT NULL), (SELECT count(*) FROM warning_acceptances) FROM derogations`, today.String()).
		Scan(&count.Given, &count.InForce, &count.Revoked, &count.Acceptance)
	if err != nil {
		return count, fmt.Errorf("counting waivers: %w", err)
	}
	return count, nil
}
