package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// DatasetSuccessionInput says which dataset another one is, or is followed by,
// from a day on. A renamed collection and one in another spelling are one for
// every reader; one that is followed by another stays apart, as MHMDS from
// MHLDDS, with a link from each to the other.
type DatasetSuccessionInput struct {
	From     string         `json:"from" validate:"required"` // codes
	To       string         `json:"to" validate:"required"`
	Relation terms.Relation `json:"relation" validate:"required,oneof=same_as rename followed_by"`
	On       terms.Date     `json:"on"`
	Reason   string         `json:"reason" validate:"required,max=4000"`
}

// RecordDatasetSuccession enters in the register what follows a dataset, and
// gives the entry's number; it can be withdrawn like any entry. fault.Invalid
// with every reason: codes that stand for nothing, a dataset that follows
// itself, also by way of others; fault.Conflict where the same stands already.
func (s *Service) RecordDatasetSuccession(ctx context.Context, actor access.Actor, input DatasetSuccessionInput) (entry int64, err error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.From, input.To, input.Reason = strings.TrimSpace(input.From), strings.TrimSpace(input.To), strings.TrimSpace(input.Reason)
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.lockSuccessions(ctx); err != nil {
			return err
		}
		from, to, err := w.checkDatasets(ctx, input)
		if err != nil {
			return err
		}
		e := register.Entry{Kind: register.Succession, Relation: input.Relation, EventFrom: input.On, EventTo: input.On, Dataset: from.Code, SuccessorDataset: to.Code}
		e.With(register.DatasetName, from.Name)
		e.With(register.Successor, to.Name)
		e.With(register.Reason, input.Reason)
		if err := w.event(ctx, "dataset succession recorded", from.Code, input.Reason, map[string]any{"relation": input.Relation, "to": to.Code, "on": input.On.String()}); err != nil {
			return err
		}
		entry, err = w.enter(ctx, e)
		return err
	})
	return entry, err
}

func (w *work) checkDatasets(ctx context.Context, in DatasetSuccessionInput) (from, to *ent.Dataset, err error) {
	refused := fault.New(fault.Invalid, "The succession cannot be recorded as it is")
	var shape *fault.Error
	if err := valid(in); errors.As(err, &shape) {
		refused.With(shape.Reasons...)
	} else if err != nil {
		return nil, nil, err
	}
	if in.On.IsZero() {
		refused.With(fault.Reason{Code: "required", Field: "on", Message: "say from which day on"})
	} else if in.On.Compare(register.NHSBegan) < 0 {
		refused.With(fault.Reason{Code: "before", Field: "on", Message: "is before " + register.NHSBegan.Words() + ", when the National Health Service began"})
	} else if in.On.Compare(terms.Today(w.now)) > 0 {
		refused.With(fault.Reason{Code: "future", Field: "on", Message: "is a day to come; it is entered when it has happened"})
	}
	for _, one := range []struct {
		field, code string
		into        **ent.Dataset
	}{{"from", in.From, &from}, {"to", in.To, &to}} {
		if one.code == "" {
			continue
		}
		*one.into, err = w.Dataset.Query().Where(dataset.Code(one.code)).Only(ctx)
		if ent.IsNotFound(err) {
			refused.With(fault.Reason{Code: "dataset-unknown", Field: one.field, Message: fmt.Sprintf("there is no dataset %q", one.code)})
		} else if err != nil {
			return nil, nil, err
		}
	}
	if in.From != "" && in.From == in.To {
		refused.With(fault.Reason{Code: "circle", Field: "to", Message: "no dataset follows itself"})
	} else if from != nil && to != nil {
		if err := w.checkDatasetChain(ctx, in, refused); err != nil {
			return nil, nil, err
		}
	}
	if len(refused.Reasons) > 0 {
		return nil, nil, refused
	}
	return from, to, nil
}

// checkDatasetChain refuses a circle among the successions that stand, and the
// same again.
func (w *work) checkDatasetChain(ctx context.Context, in DatasetSuccessionInput, refused *fault.Error) error {
	rows, err := w.tx.QueryContext(ctx, `
		SELECT dataset, successor_dataset, relation FROM entries s WHERE kind = 'succession' AND dataset <> '' AND successor_dataset <> ''
			AND NOT EXISTS (SELECT FROM entries e WHERE e.about = s.id AND e.kind = 'withdrawal')`)
	if err != nil {
		return fmt.Errorf("reading the successions of datasets: %w", err)
	}
	defer rows.Close()
	follows := register.Follows{}
	for rows.Next() {
		var from, to, relation string
		if err := rows.Scan(&from, &to, &relation); err != nil {
			return err
		}
		if from == in.From && to == in.To && relation == string(in.Relation) {
			return fault.New(fault.Conflict, "The register says so already.")
		}
		if from == in.From && to == in.To {
			refused.With(fault.Reason{Code: "relation", Field: "relation", Message: "the register says another of these two: withdraw that entry if it is wrong"})
		}
		follows[from] = append(follows[from], to)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if follows.Leads(in.To, in.From) {
		refused.With(fault.Reason{Code: "circle", Field: "to", Message: "it is followed by the first one already: withdraw that entry if it is wrong"})
	}
	return nil
}
