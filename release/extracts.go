package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/extract"
	"data.release/registrar/ent/lakepart"
	"data.release/registrar/ent/optoutlist"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// Planner makes a plan of a line and a request. It is pure: the extract
// worker's side of it is in package extract/worker.
type Planner interface {
	// Definitions are the codes of the definitions that extracts are made with.
	Definitions() []string
	// Dataset is the name of the dataset that a definition is of; none for a
	// definition that is unknown.
	Dataset(definition string) string
	// Fields are the fields of a dataset definition with their classes; none
	// for a definition that is unknown.
	Fields(definition string) []gate.Field
	// Plan compiles; what cannot be planned is fault.Invalid with every reason.
	Plan(PlanRequest) (Planned, error)
}

// PlanRequest is all that a plan is made from.
type PlanRequest struct {
	Reference  string // of the version
	Definition string
	Line       terms.DatasetLine
	Asked      LineRequest
	Parts      []Part
	OptOutList *OptOutListFile // nil unless the line applies opt-outs
}

// Planned is a plan as canonical JSON and its digest.
type Planned struct {
	JSON   json.RawMessage
	SHA256 string
}

// Part is an immutable Parquet part of the lake, as the catalogue has it.
type Part struct {
	Area, Dataset, Site, Supplier, Period, Key, SHA256 string
	Rows                                               int64
}

// OptOutListFile is an opt-out list in the identity area.
type OptOutListFile struct {
	AsOf        terms.Date
	Key, SHA256 string
	Rows        int64
}

// LineRequest is what is asked for of one line.
type LineRequest struct {
	Line       int            `json:"line" validate:"required"`
	Columns    []ColumnInput  `json:"columns" validate:"required,min=1,dive"`
	Period     terms.Period   `json:"period"`
	Population []terms.Filter `json:"population"`
	Format     string         `json:"format" validate:"omitempty,oneof=csv parquet"`
}

// ColumnInput is a column asked for. Name is the heading; empty, it is the
// field's name.
type ColumnInput struct {
	Name       string           `json:"name"`
	Field      string           `json:"field"`
	Derivation terms.Derivation `json:"derivation"`
}

// ExtractRequest asks for an extract of some lines of a version.
type ExtractRequest struct {
	Version   uuid.UUID     `json:"version" validate:"required"`
	Recipient string        `json:"recipient" validate:"required"` // slug
	Lines     []LineRequest `json:"lines" validate:"required,min=1,dive"`
}

// RequestExtract asks the gate, and where it allows makes the plans. A refusal
// is kept with every finding, and comes back as fault.Refused beside the
// extract's id.
func (s *Service) RequestExtract(ctx context.Context, actor access.Actor, request ExtractRequest) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.RequestExtract); err != nil {
		return uuid.Nil, err
	}
	if err := valid(request); err != nil {
		return uuid.Nil, err
	}
	var refused error
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.fullVersion(ctx, request.Version)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no agreement version %s.", request.Version)
		} else if err != nil {
			return err
		}
		applicant := v.Edges.Agreement.Edges.Applicant
		if !actor.Has(access.AccessOfficer) && (applicant == nil || !actor.HasFor(access.Applicant, applicant.ID)) {
			return fault.New(fault.Forbidden, "You are no applicant under %s.", reference(v))
		}
		o, err := w.Organisation.Query().Where(organisation.Slug(request.Recipient)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no organisation %q.", request.Recipient)
		} else if err != nil {
			return err
		}
		e, err := w.Extract.Create().SetCreatedAt(w.now).SetVersion(v).SetState(terms.Requested).
			SetRequestedBy(actor.PersonID).SetRecipientID(o.ID).Save(ctx)
		if err != nil {
			return err
		}
		id = e.ID
		to, err := w.recipient(ctx, v, o)
		if err != nil {
			return err
		}
		refused, err = w.planRequest(ctx, s, e, v, to, request)
		return err
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, refused
}

// planRequest decides on every line and plans those of an allowed request. Two
// lines of one request are each other's siblings, so they are known as planned
// before either is decided on.
func (w *work) planRequest(ctx context.Context, s *Service, e *ent.Extract, v *ent.AgreementVersion, to *gate.Recipient, request ExtractRequest) (refused, err error) {
	for _, asked := range request.Lines {
		text, err := json.Marshal(asked)
		if err != nil {
			return nil, fmt.Errorf("keeping the request: %w", err)
		}
		if err := w.ExtractPlan.Create().SetCreatedAt(w.now).SetExtract(e).SetLine(asked.Line).SetRequest(text).
			SetPlan(json.RawMessage("null")).SetSha256("").Exec(ctx); err != nil {
			if ent.IsConstraintError(err) {
				return nil, fault.New(fault.Invalid, "Line %d is asked for twice.", asked.Line).Because(err)
			}
			return nil, err
		}
	}
	var decisions []gate.Decision
	for _, asked := range request.Lines {
		c, err := w.facts(ctx, s, v, lineOf(v, asked.Line), gate.MomentRequest)
		if err != nil {
			return nil, err
		}
		c.Request, c.Recipient = gateRequest(asked, e), to
		decision, _, err := w.decide(ctx, c, e.ID.String(), e)
		if err != nil {
			return nil, err
		}
		decisions = append(decisions, decision)
	}
	if refused = refusal("The gate refuses this extract", decisions...); refused != nil {
		update, err := moveExtract(e, "refuse")
		if err != nil {
			return nil, err
		}
		if err := update.Exec(ctx); err != nil {
			return nil, err
		}
		return refused, w.event(ctx, "extract refused", e.ID.String(), "", map[string]any{"reference": reference(v)})
	}
	digests := make([]string, len(request.Lines))
	unplanned := fault.New(fault.Invalid, "The extract cannot be planned as it is asked for")
	for i, asked := range request.Lines {
		planned, err := w.plan(ctx, s, v, asked)
		var wrong *fault.Error
		if errors.As(err, &wrong) && errors.Is(err, fault.Invalid) {
			unplanned.With(onLine(i, wrong)...)
			continue
		}
		if err != nil {
			return nil, err
		}
		digests[i] = planned.SHA256
		row, err := e.QueryPlans().Where(linePlan(asked.Line)).Only(ctx)
		if err != nil {
			return nil, err
		}
		if err := row.Update().SetPlan(planned.JSON).SetSha256(planned.SHA256).Exec(ctx); err != nil {
			return nil, err
		}
	}
	if len(unplanned.Reasons) > 0 {
		return nil, unplanned
	}
	whole, err := terms.Digest(digests)
	if err != nil {
		return nil, err
	}
	update, err := moveExtract(e, "allow")
	if err != nil {
		return nil, err
	}
	if err := update.SetPlanSha256(whole).Exec(ctx); err != nil {
		return nil, err
	}
	return nil, w.event(ctx, "extract allowed", e.ID.String(), "", map[string]any{"reference": reference(v), "plan_sha256": whole})
}

// onLine says of each reason which of the lines asked for it is about.
func onLine(at int, wrong *fault.Error) []fault.Reason {
	field := fmt.Sprintf("lines[%d]", at)
	if len(wrong.Reasons) == 0 {
		return []fault.Reason{{Code: "plan", Field: field, Message: wrong.Message}}
	}
	reasons := slices.Clone(wrong.Reasons)
	for i := range reasons {
		reasons[i].Field = strings.TrimSuffix(field+"."+reasons[i].Field, ".")
	}
	return reasons
}

// lineOf is the line with that number; of a line that the version does not have
// nothing but the number is known, which the gate refuses.
func lineOf(v *ent.AgreementVersion, number int) terms.DatasetLine {
	for _, l := range v.Edges.Lines {
		if l.Number == number {
			return lineTerms(l)
		}
	}
	return terms.DatasetLine{Number: number}
}

func gateRequest(asked LineRequest, e *ent.Extract) *gate.Request {
	columns := make([]gate.Column, len(asked.Columns))
	for i, c := range asked.Columns {
		columns[i] = gate.Column{Name: c.Name, Field: c.Field, Derivation: c.Derivation}
	}
	return &gate.Request{Columns: columns, Period: asked.Period, Population: asked.Population, Requester: e.RequestedBy.String()}
}

func (w *work) definition(ctx context.Context, code string) (string, error) {
	d, err := w.Dataset.Query().Where(dataset.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("reading the dataset: %w", err)
	}
	return d.Definition, nil
}

func (w *work) plan(ctx context.Context, s *Service, v *ent.AgreementVersion, asked LineRequest) (Planned, error) {
	line := lineOf(v, asked.Line)
	definition, err := w.definition(ctx, line.Dataset)
	if err != nil {
		return Planned{}, err
	}
	if definition == "" || s.planner == nil {
		return Planned{}, fault.New(fault.Invalid, "No extracts can be made of %s: it has no dataset definition here.", line.DatasetName)
	}
	request := PlanRequest{Reference: reference(v), Definition: definition, Line: line, Asked: asked}
	if request.Parts, err = w.parts(ctx, definition, line.Site); err != nil {
		return Planned{}, err
	}
	if line.OptOut.Applied() {
		if request.OptOutList, err = w.optOutList(ctx); err != nil {
			return Planned{}, err
		}
	}
	return s.planner.Plan(request)
}

// parts is the present snapshot of a dataset with the person index; of one
// site's rows, where a site is named.
func (w *work) parts(ctx context.Context, definition, site string) ([]Part, error) {
	rows := lakepart.Dataset(definition)
	if site != "" {
		rows = lakepart.And(rows, lakepart.Site(site))
	}
	found, err := w.LakePart.Query().Where(lakepart.SupersededAtIsNil(), lakepart.Or(rows, lakepart.Dataset(PersonIndex))).
		Order(ent.Asc(lakepart.FieldArea, lakepart.FieldKey)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the lake's catalogue: %w", err)
	}
	parts := make([]Part, len(found))
	for i, r := range found {
		parts[i] = Part{Area: string(r.Area), Dataset: r.Dataset, Site: r.Site, Supplier: r.Supplier, Period: r.Period, Key: r.Key, SHA256: r.Sha256, Rows: r.Rows}
	}
	return parts, nil
}

// PersonIndex is the dataset code of the person index in the identity area.
const PersonIndex = "person_index"

func (w *work) optOutList(ctx context.Context) (*OptOutListFile, error) {
	list, err := w.OptOutList.Query().Order(ent.Desc(optoutlist.FieldAsOf, optoutlist.FieldID)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.Invalid, "No opt-out list has been landed, and the line applies opt-outs.")
	} else if err != nil {
		return nil, fmt.Errorf("reading the opt-out lists: %w", err)
	}
	return &OptOutListFile{AsOf: list.AsOf, Key: list.Key, SHA256: list.Sha256, Rows: list.Rows}, nil
}

// ApproveExtract approves an extract for exactly these plans: planSHA256 is
// the digest that the approver has read. Who asked for it cannot approve it.
// The run is queued in the same transaction.
func (s *Service) ApproveExtract(ctx context.Context, actor access.Actor, id uuid.UUID, planSHA256, reason string) error {
	if err := access.Check(actor, access.ApproveExtract); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		if e.RequestedBy == actor.PersonID {
			return fault.New(fault.Refused, "You asked for this extract; someone else must approve it.").
				With(fault.Reason{Code: "two-persons", Field: "approver", Message: "who approves asked for it"})
		}
		if !strings.EqualFold(planSHA256, e.PlanSha256) {
			return fault.New(fault.Conflict, "The plan's digest is %s, not the one that you approve; read the plan again.", e.PlanSha256)
		}
		if err := w.notHeld(ctx, e); err != nil {
			return err
		}
		update, err := moveExtract(e, "approve", "queue")
		if err != nil {
			return err
		}
		if err := update.SetApprovedBy(actor.PersonID).SetApprovedAt(w.now).Exec(ctx); err != nil {
			return err
		}
		if err := w.event(ctx, "extract approved", e.ID.String(), reason, map[string]any{"plan_sha256": e.PlanSha256}); err != nil {
			return err
		}
		return w.queue(ctx, s, PopulationArgs{Extract: e.ID})
	})
}

// notHeld refuses while a hold stands on the agreement, a line of the extract
// or a party.
func (w *work) notHeld(ctx context.Context, e *ent.Extract) error {
	v, plans, _, err := w.extractParts(ctx, e)
	if err != nil {
		return err
	}
	known, err := w.know(ctx, v)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if len(known.holdsOn(lineOf(v, p.Line))) > 0 {
			return fault.New(fault.Refused, "The agreement is on hold; approve the extract once the hold is lifted.").
				With(fault.Reason{Code: "hold", Field: "agreement", Message: "a hold stands"})
		}
	}
	return nil
}

// CancelExtract stops an extract that has not been released.
func (s *Service) CancelExtract(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		e, err := w.extract(ctx, id)
		if err != nil {
			return err
		}
		update, err := moveExtract(e, "cancel")
		if err != nil {
			return err
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "extract cancelled", e.ID.String(), reason, nil)
	})
}

// extract finds an extract and locks it for the command.
func (w *work) extract(ctx context.Context, id uuid.UUID) (*ent.Extract, error) {
	e, err := w.Extract.Query().Where(extract.ID(id)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no extract %s.", id)
	} else if err != nil {
		return nil, err
	}
	return e, nil
}

// moveExtract takes an extract to the state that the commands lead to, one
// after the other, or is fault.Conflict.
func moveExtract(e *ent.Extract, commands ...string) (*ent.ExtractUpdateOne, error) {
	to := e.State
	for _, command := range commands {
		next, ok := to.Can(command)
		if !ok {
			return nil, fault.New(fault.Conflict, "The extract is %s; one cannot %s it now.", to.Label(), command)
		}
		to = next
	}
	return e.Update().SetState(to), nil
}
