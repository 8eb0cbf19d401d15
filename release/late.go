package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// LateInput is a release of before that is not in the register.
type LateInput struct {
	Reason string            `json:"reason" validate:"required,max=4000"` // how it was found, and why it was not entered
	Values map[string]string `json:"values" validate:"required,max=100"`  // by the register's columns; see register.Amend
}

// lateNeeds are the columns without which a release says nothing.
var lateNeeds = []string{"event_from", "event_to", "organisation_id", "reference", "dataset", "type_of_data", "opt_out"}

// EnterLate enters a release that was found later: today, with the days on
// which it happened and how it was found. Nothing is back-dated. It is late
// where its month was closed before. It gives the entry's number.
func (s *Service) EnterLate(ctx context.Context, actor access.Actor, input LateInput) (int64, error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.Reason = strings.TrimSpace(input.Reason)
	if err := valid(input); err != nil {
		return 0, err
	}
	var number int64
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.lockRegister(ctx); err != nil {
			return err
		}
		e, wrong := register.Amend(register.Entry{Kind: register.Release}, input.Values)
		for _, name := range lateNeeds {
			if strings.TrimSpace(input.Values[name]) == "" && !slices.ContainsFunc(wrong, func(r fault.Reason) bool { return r.Field == name }) {
				wrong = append(wrong, fault.Reason{Code: "required", Field: name, Message: "is missing"})
			}
		}
		if e.EventTo.Compare(terms.Today(w.now)) > 0 {
			wrong = append(wrong, fault.Reason{Code: "future", Field: "event_to", Message: "is yet to come"})
		}
		if err := w.known(ctx, &e, input.Values, &wrong); err != nil {
			return err
		}
		if len(wrong) > 0 {
			slices.SortStableFunc(wrong, func(a, b fault.Reason) int { return strings.Compare(a.Field, b.Field) })
			return fault.New(fault.Invalid, "%d answers need attention", len(wrong)).With(wrong...)
		}
		e.Kind, e.Corrects, e.About = register.Release, "", 0
		late, err := w.isLate(ctx, e.EventTo)
		if err != nil {
			return err
		}
		e.Late = late
		e.With(register.Reason, input.Reason)
		if number, err = w.enter(ctx, e); err != nil {
			return err
		}
		return w.event(ctx, "release entered late", fmt.Sprint(number), input.Reason, nil)
	})
	return number, err
}
