package release

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"time"

	"data.release/registrar/release/access"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

var queueColumns = []string{"reference", "version", "title", "applicant", "kind", "state", "owner", "in_state_since",
	"working_days_in_state", "working_days_to_decision", "next_step", "who"}

// WriteQueue writes every version that a query finds as CSV, in its order: UTF-8,
// a header line, lines ended by LF, texts made harmless by register.SafeCell.
// Nothing is written before the query was found to be one.
func (s *Service) WriteQueue(ctx context.Context, actor access.Actor, q QueueQuery, out io.Writer) error {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return err
	}
	if err := q.limit(); err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.Write(queueColumns); err != nil {
		return err
	}
	err := s.eachInQueue(ctx, actor, q, func(r QueueRow) error {
		return w.Write(safeCells(r.Stem, r.Number, r.Title, r.Applicant, string(r.Kind), string(r.State), r.Owner,
			r.Since.In(terms.London).Format(time.DateTime), strconv.Itoa(r.Clock.Current().Days), strconv.Itoa(r.Clock.ToDecision), r.Step.Words, r.Step.Who))
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

func safeCells(cells ...string) []string {
	for i, cell := range cells {
		cells[i] = register.SafeCell(cell)
	}
	return cells
}
