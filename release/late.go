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
	// Another is the entry that says the same of another release; 0: none does.
	// The same answers sent twice, confirmed or not, are no second release.
	Another int64 `json:"another" validate:"min=0"`
}

// lateNeeds are the columns without which a release says nothing.
var lateNeeds = []string{"event_from", "event_to", "organisation_id", "reference", "dataset", "type_of_data", "sensitivity", "power", "routes", "opt_out", "frequency"}

// EnterLate enters a release that was found later: today, with the days on
// which it happened and how it was found. Nothing is back-dated, and the entry
// says that it is late. One that says what another entry says already is
// entered only as Another. It gives the entry's number.
func (s *Service) EnterLate(ctx context.Context, actor access.Actor, input LateInput) (int64, error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.Reason = strings.TrimSpace(input.Reason)
	shapeless, err := misshapen(input)
	if err != nil {
		return 0, err
	}
	var number int64
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		wrong := slices.Clone(shapeless)
		if err := w.lockRegister(ctx); err != nil {
			return err
		}
		none := register.Entry{Kind: register.Release}
		e, against := register.Amend(none, input.Values, terms.Today(w.now))
		wrong = append(wrong, slices.DeleteFunc(against, func(r fault.Reason) bool { return r.Code == "unchanged" })...)
		for _, name := range lateNeeds {
			if strings.TrimSpace(input.Values[name]) == "" && !slices.ContainsFunc(wrong, func(r fault.Reason) bool { return r.Field == name }) {
				wrong = append(wrong, fault.Reason{Code: "required", Field: name, Message: "is missing"})
			}
		}
		if err := w.known(ctx, none, &e, input.Values, &wrong); err != nil {
			return err
		}
		e.Kind, e.Corrects, e.About, e.Late = register.Release, "", 0, true
		if len(wrong) == 0 {
			same, err := saysTheSame(ctx, w.tx, e)
			if err != nil {
				return err
			}
			if same > 0 && same != input.Another {
				return fault.New(fault.Conflict, "Entry %d says just this already.", same).With(fault.Reason{Code: "repeated", Field: "another",
					Message: fmt.Sprintf("entry %d says just this already; say so if this is another release", same)})
			}
		}
		if err := needAttention(wrong); err != nil {
			return err
		}
		e.With(register.Reason, input.Reason)
		if number, err = w.enter(ctx, e); err != nil {
			return err
		}
		return w.event(ctx, "release entered late", fmt.Sprint(number), input.Reason, nil)
	})
	return number, err
}

// SaidAlready is the entry that says just what a late release with these values
// would say; 0 if none does.
func (s *Service) SaidAlready(ctx context.Context, values map[string]string) (int64, error) {
	e, _ := register.Amend(register.Entry{Kind: register.Release}, values, terms.Today(s.clock()))
	return saysTheSame(ctx, s.db, e)
}

// saysTheSame is the last release that stands and says what e does in all that
// can be entered late; 0 if none does.
func saysTheSame(ctx context.Context, q queryer, e register.Entry) (int64, error) {
	found, err := readEntries(ctx, q, nil, `WHERE e.stem = $1 AND e.dataset = $2 AND e.event_from = $3::date AND e.event_to = $4::date AND e.kind = 'release'
		AND NOT EXISTS (SELECT FROM entries later WHERE later.about = e.id AND later.kind IN ('withdrawal', 'correction')) ORDER BY e.id DESC`,
		e.Stem, e.Dataset, e.EventFrom.String(), e.EventTo.String())
	if err != nil {
		return 0, fmt.Errorf("looking for an entry that says the same: %w", err)
	}
	for _, other := range found {
		if !slices.ContainsFunc(register.Amendable(register.Release), func(c register.Column) bool { return c.Text(other) != c.Text(e) }) {
			return other.Number, nil
		}
	}
	return 0, nil
}
