package release

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/extractplan"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/predicate"
	"data.release/registrar/ent/recipientkey"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// linking and extracting are the machine processes that run extracts.
var (
	linking    = access.Actor{System: "linking worker"}
	extracting = access.Actor{System: "extracting worker"}
)

func linePlan(line int) predicate.ExtractPlan { return extractplan.Line(line) }

// Run is an approved extract as a worker sees it.
type Run struct {
	Extract       uuid.UUID
	Reference     string
	State         terms.ExtractState
	RecipientKeys []string // age public keys of the recipient, not revoked
	RequestedBy   uuid.UUID
	ApprovedBy    uuid.UUID
	Lines         []RunLine
}

// RunLine is one line's plan with what it reads.
type RunLine struct {
	Line       int
	PlanJSON   json.RawMessage
	PlanSHA256 string
	Parts      []Part
	OptOutList *OptOutListFile
}

// StartRun begins an approved extract: the gate is asked once more for every
// line, with the opt-out list that the run will use. A refusal ends the
// extract and is returned as fault.Refused; the job need not be tried again.
// Starting twice is harmless.
func (s *Service) StartRun(ctx context.Context, id uuid.UUID) (run Run, err error) {
	var refused error
	err = s.write(ctx, linking, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		start, err := moveExtract(e, "start")
		if err != nil {
			return err
		}
		decisions, _, err := w.decideLines(ctx, s, e, gate.MomentStart)
		if err != nil {
			return err
		}
		if refused = refusal("The gate refuses the start of this extract", decisions...); refused != nil {
			refuse, err := moveExtract(e, "refuse")
			if err != nil {
				return err
			}
			if err := refuse.SetFailure(refused.Error()).Exec(ctx); err != nil {
				return err
			}
			return w.event(ctx, "extract start refused", id.String(), "", nil)
		}
		if e.State != terms.Running {
			if err := start.SetProgress(0).Exec(ctx); err != nil {
				return err
			}
			if err := w.event(ctx, "extract started", id.String(), "", nil); err != nil {
				return err
			}
		}
		run, err = w.run(ctx, e)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return run, refused
}

// decideLines asks the gate about every line of an extract.
func (w *work) decideLines(ctx context.Context, s *Service, e *ent.Extract, moment gate.Moment) ([]gate.Decision, map[int]uuid.UUID, error) {
	cases, err := w.lineCases(ctx, s, e, moment)
	if err != nil {
		return nil, nil, err
	}
	decisions := make([]gate.Decision, len(cases))
	ids := map[int]uuid.UUID{}
	for i, c := range cases {
		if decisions[i], ids[c.Line.Number], err = w.decide(ctx, c, e.ID.String(), e); err != nil {
			return nil, nil, err
		}
	}
	return decisions, ids, nil
}

// lineCases are what the gate is shown of each line of an extract.
func (w *work) lineCases(ctx context.Context, s *Service, e *ent.Extract, moment gate.Moment) ([]gate.Case, error) {
	v, plans, to, err := w.extractParts(ctx, e)
	if err != nil {
		return nil, err
	}
	var accepted []gate.Acceptance
	if moment == gate.MomentRelease {
		if accepted, err = w.accepted(ctx, e); err != nil {
			return nil, err
		}
	}
	cases := make([]gate.Case, len(plans))
	for i, p := range plans {
		var asked LineRequest
		if err := json.Unmarshal(p.Request, &asked); err != nil {
			return nil, fmt.Errorf("reading a request: %w", err)
		}
		c, err := w.facts(ctx, s, v, lineOf(v, p.Line), moment)
		if err != nil {
			return nil, err
		}
		c.Request, c.Recipient, c.Approver, c.Accepted = gateRequest(asked, e), to, idText(e.ApprovedBy), accepted
		if moment == gate.MomentRelease && len(p.Result) > 0 { // what would warn is asked before the run, too
			var result RunResult
			if err := json.Unmarshal(p.Result, &result); err != nil {
				return nil, fmt.Errorf("reading the result of line %d: %w", p.Line, err)
			}
			used := *to
			if used.RevokedKeys, err = w.revokedKeys(ctx, result.RecipientKeys); err != nil {
				return nil, err
			}
			c.Recipient = &used
		}
		if c.Line.Route == terms.RouteConsent {
			if c.Consent, err = w.consent(ctx, v, c.Line.Cohort, e.CreatedAt); err != nil {
				return nil, err
			}
		}
		if c.Line.OptOut.Applied() {
			if c.OptOutList, err = w.usedOptOutList(ctx, p); err != nil {
				return nil, err
			}
		}
		cases[i] = c
	}
	return cases, nil
}

// usedOptOutList is the list that the plan names, which may be older than the
// newest one.
func (w *work) usedOptOutList(ctx context.Context, p *ent.ExtractPlan) (*gate.OptOutList, error) {
	var stored struct {
		OptOuts *struct {
			List gate.OptOutList `json:"list"`
		} `json:"opt_outs"`
	}
	if err := json.Unmarshal(p.Plan, &stored); err != nil {
		return nil, fmt.Errorf("reading a plan: %w", err)
	}
	if stored.OptOuts == nil {
		return nil, nil
	}
	return &stored.OptOuts.List, nil
}

func (w *work) extractParts(ctx context.Context, e *ent.Extract) (*ent.AgreementVersion, []*ent.ExtractPlan, *gate.Recipient, error) {
	versionID, err := e.QueryVersion().OnlyID(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	v, err := w.fullVersion(ctx, versionID)
	if err != nil {
		return nil, nil, nil, err
	}
	plans, err := e.QueryPlans().Order(extractplan.ByLine()).All(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := w.Organisation.Get(ctx, e.RecipientID)
	if err != nil {
		return nil, nil, nil, err
	}
	to, err := w.recipient(ctx, v, o)
	return v, plans, to, err
}

func (w *work) run(ctx context.Context, e *ent.Extract) (Run, error) {
	v, plans, _, err := w.extractParts(ctx, e)
	if err != nil {
		return Run{}, err
	}
	run := Run{Extract: e.ID, Reference: reference(v), State: e.State, RequestedBy: e.RequestedBy}
	if e.ApprovedBy != nil {
		run.ApprovedBy = *e.ApprovedBy
	}
	keys, err := w.RecipientKey.Query().Where(recipientkey.HasOrganisationWith(organisation.ID(e.RecipientID)), recipientkey.RevokedAtIsNil()).
		Order(recipientkey.ByPublicKey()).All(ctx)
	if err != nil {
		return Run{}, err
	}
	for _, k := range keys {
		run.RecipientKeys = append(run.RecipientKeys, k.PublicKey)
	}
	for _, p := range plans {
		line := lineOf(v, p.Line)
		definition, err := w.definition(ctx, line.Dataset)
		if err != nil {
			return Run{}, err
		}
		rl := RunLine{Line: p.Line, PlanJSON: p.Plan, PlanSHA256: p.Sha256}
		if rl.Parts, err = w.parts(ctx, definition, line.Site); err != nil {
			return Run{}, err
		}
		if line.OptOut.Applied() {
			if rl.OptOutList, err = w.planOptOutList(ctx, p); err != nil {
				return Run{}, err
			}
		}
		run.Lines = append(run.Lines, rl)
	}
	return run, nil
}

func (w *work) planOptOutList(ctx context.Context, p *ent.ExtractPlan) (*OptOutListFile, error) {
	used, err := w.usedOptOutList(ctx, p)
	if err != nil {
		return nil, err
	}
	if used == nil {
		return nil, fault.New(fault.Conflict, "The plan of line %d names no opt-out list.", p.Line)
	}
	list, err := w.optOutListBy(ctx, used.SHA256)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// HandedOver says that the person maps are written, and queues the run.
func (s *Service) HandedOver(ctx context.Context, id uuid.UUID, handovers []Handover) error {
	return s.write(ctx, linking, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		if e.State != terms.Running {
			return fault.New(fault.Conflict, "The extract is %s, not running.", e.State.Label())
		}
		return w.queue(ctx, s, RunArgs{Extract: id, Handovers: handovers})
	})
}

// RunOf reads a running extract for the extracting worker; any other state is
// fault.Conflict.
func (s *Service) RunOf(ctx context.Context, id uuid.UUID) (run Run, err error) {
	err = s.write(ctx, extracting, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		if e.State != terms.Running {
			return fault.New(fault.Conflict, "The extract is %s, not running.", e.State.Label())
		}
		run, err = w.run(ctx, e)
		return err
	})
	return run, err
}

// Progress records how much of a run is done, in per cent. A cancelled extract
// is fault.Conflict, on which the worker stops.
func (s *Service) Progress(ctx context.Context, id uuid.UUID, percent int) error {
	return s.write(ctx, extracting, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		if e.State != terms.Running {
			return fault.New(fault.Conflict, "The extract is %s, not running.", e.State.Label())
		}
		return e.Update().SetProgress(percent).Exec(ctx)
	})
}

// RunResult is what a run made of one line.
type RunResult struct {
	Line              int              `json:"line"`
	Outputs           []Output         `json:"outputs"`
	Read              int64            `json:"read"`
	Written           int64            `json:"written"`
	Removed           map[string]int64 `json:"removed"`        // by reason; read = written + removed
	RecipientKeys     []string         `json:"recipient_keys"` // that the files were encrypted to
	Manifest          string           `json:"-"`              // signed note
	RecipientManifest string           `json:"-"`              // signed note, small numbers suppressed
}

// Output is one encrypted file in the delivery store.
type Output struct {
	Name            string `json:"name"`
	Key             string `json:"key"`
	Rows            int64  `json:"rows"`
	Size            int64  `json:"size"`
	SHA256          string `json:"sha256"`
	PlaintextSHA256 string `json:"plaintext_sha256"`
}

// Produced records a finished run. Counts that do not add up are refused.
func (s *Service) Produced(ctx context.Context, id uuid.UUID, results []RunResult) error {
	for _, r := range results {
		total := r.Written
		for _, n := range r.Removed {
			total += n
		}
		if total != r.Read {
			return fault.New(fault.Invalid, "The counts of line %d do not add up: %d read, %d written or removed.", r.Line, r.Read, total)
		}
	}
	return s.write(ctx, extracting, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		update, err := moveExtract(e, "produce")
		if err != nil {
			return err
		}
		for _, r := range results {
			text, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("keeping the result: %w", err)
			}
			row, err := e.QueryPlans().Where(linePlan(r.Line)).Only(ctx)
			if err != nil {
				return err
			}
			if err := row.Update().SetResult(text).SetManifest(r.Manifest).SetRecipientManifest(r.RecipientManifest).Exec(ctx); err != nil {
				return err
			}
		}
		if err := update.SetProgress(100).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "extract produced", id.String(), "", nil)
	})
}

// FailRun records why a run failed, in words without data.
func (s *Service) FailRun(ctx context.Context, id uuid.UUID, reason string) error {
	return s.write(ctx, extracting, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		update, err := moveExtract(e, "fail")
		if err != nil {
			return nil // it ended in another way meanwhile
		}
		if err := update.SetFailure(reason).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "extract failed", id.String(), reason, nil)
	})
}
