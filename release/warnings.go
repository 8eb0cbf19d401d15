package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/warningacceptance"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// Acceptance is one person's word that a warning about a line of an extract is
// accepted, with the reason.
type Acceptance struct {
	Rule   string `json:"rule" validate:"required,max=60"`
	Line   int    `json:"line" validate:"min=1"`
	Reason string `json:"reason" validate:"required,max=4000"`
}

// ExtractWarning is what warns about a line of an extract at its release.
type ExtractWarning struct {
	Line     int
	Finding  gate.Finding
	Accepted bool // as it stands now
}

// accepted are the warnings of an extract that somebody accepted.
func (w *work) accepted(ctx context.Context, e *ent.Extract) (out []gate.Acceptance, err error) {
	rows, err := w.WarningAcceptance.Query().Where(warningacceptance.HasExtractWith(extract.ID(e.ID))).Order(warningacceptance.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading accepted warnings: %w", err)
	}
	for _, r := range rows {
		out = append(out, gate.Acceptance{Rule: r.Rule, Line: r.Line, Evidence: r.Evidence, Person: r.PersonID.String()})
	}
	return out, nil
}

// AcceptWarnings records a person's word for warnings as they stand now. What
// does not warn at the release of this extract is fault.Invalid. Who asked for
// the extract accepts none of its warnings.
func (s *Service) AcceptWarnings(ctx context.Context, actor access.Actor, id uuid.UUID, acceptances []Acceptance) error {
	if err := access.Check(actor, access.AcceptWarnings); err != nil {
		return err
	}
	input := struct {
		Acceptances []Acceptance `json:"acceptances" validate:"required,min=1,max=200,dive"`
	}{acceptances}
	if err := valid(input); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		if e.RequestedBy == actor.PersonID {
			return fault.New(fault.Refused, "You asked for this extract; someone else must accept its warnings.").
				With(fault.Reason{Code: "two-persons", Field: "extract", Message: "who accepts asked for it"})
		}
		switch e.State {
		case terms.Released, terms.ExtractRefused, terms.Failed, terms.Cancelled, terms.ExtractWithdrawn:
			return fault.New(fault.Conflict, "The extract is %s; there is nothing left to accept.", e.State.Label())
		}
		warnings, err := w.warnings(ctx, s, e)
		if err != nil {
			return err
		}
		return w.accept(ctx, e, warnings, acceptances)
	})
}

func (w *work) accept(ctx context.Context, e *ent.Extract, warnings []ExtractWarning, acceptances []Acceptance) error {
	refused := fault.New(fault.Invalid, "Not every warning can be accepted")
	for i, a := range acceptances {
		at := slices.IndexFunc(warnings, func(x ExtractWarning) bool { return x.Line == a.Line && x.Finding.Rule == a.Rule })
		field := fmt.Sprintf("acceptances[%d]", i)
		if strings.TrimSpace(a.Reason) == "" {
			refused.With(fault.Reason{Code: "required", Field: field + ".reason", Message: "is missing"})
			continue
		}
		if at < 0 {
			refused.With(fault.Reason{Code: "no-warning", Field: field, Message: fmt.Sprintf("%s does not warn about line %d now", a.Rule, a.Line)})
			continue
		}
		if len(refused.Reasons) > 0 || warnings[at].Accepted {
			continue
		}
		if err := w.WarningAcceptance.Create().SetCreatedAt(w.now).SetExtract(e).SetRule(a.Rule).SetLine(a.Line).
			SetEvidence(warnings[at].Finding.Evidence).SetReason(strings.TrimSpace(a.Reason)).SetPersonID(w.actor.PersonID).Exec(ctx); err != nil {
			return err
		}
		if err := w.event(ctx, "warning accepted", e.ID.String(), a.Reason, map[string]any{"rule": a.Rule, "line": a.Line}); err != nil {
			return err
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// warnings are what would warn if the extract were released now.
func (w *work) warnings(ctx context.Context, s *Service, e *ent.Extract) (out []ExtractWarning, err error) {
	cases, err := w.lineCases(ctx, s, e, gate.MomentRelease)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		for _, f := range gate.Evaluate(c).Warnings() {
			out = append(out, ExtractWarning{Line: c.Line.Number, Finding: f, Accepted: slices.ContainsFunc(c.Accepted, func(a gate.Acceptance) bool {
				return a.Rule == f.Rule && a.Line == c.Line.Number && a.Evidence == f.Evidence
			})})
		}
	}
	return out, nil
}

// ExtractWarnings are what would warn about an extract if it were released now.
func (s *Service) ExtractWarnings(ctx context.Context, actor access.Actor, id uuid.UUID) (out []ExtractWarning, err error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	err = s.readAt(ctx, actor, s.clock(), func(ctx context.Context, w *work) error {
		e, err := w.Extract.Get(ctx, id)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no extract %s.", id)
		} else if err != nil {
			return err
		}
		out, err = w.warnings(ctx, s, e)
		return err
	})
	return out, err
}
