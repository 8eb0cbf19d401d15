package release

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/decision"
	"data.release/registrar/ent/derogation"
	"data.release/registrar/ent/stage"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register/tally"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/working"
)

// ClosingInput names the month to close by any of its days, such as its first.
type ClosingInput struct {
	Month     terms.Date `json:"month"`
	Publisher string     `json:"publisher" validate:"required,max=300"` // the body, as readers know it
}

// CloseEdition closes a month of the register: the entries that were recorded in
// it, their numbers, the log's signed checkpoint that has them all, the digest
// of their leaves, and unnamed counts of what was asked for and not given. What
// happened in the month and is entered later is late from now on. Months are
// closed in order, once, when they are over.
//
// fault.Conflict where the month is closed already, is not over, is not the next
// one, or its entries are not signed yet.
func (s *Service) CloseEdition(ctx context.Context, actor access.Actor, input ClosingInput) (*Edition, error) {
	if err := access.Check(actor, access.CloseEdition); err != nil {
		return nil, err
	}
	if err := valid(input); err != nil {
		return nil, err
	}
	if input.Month.IsZero() {
		return nil, wrongAnswer("required", "month", "say which month is closed")
	}
	month := monthOf(input.Month)
	var name string
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		// Nothing is entered while a month is closed, so that what is entered after
		// knows that it is.
		if err := w.lockRegister(ctx); err != nil {
			return err
		}
		if err := w.mayClose(ctx, month); err != nil {
			return err
		}
		first, last, err := w.recordedIn(ctx, month)
		if err != nil {
			return err
		}
		signed, err := w.signedOver(ctx, last)
		if err != nil {
			return err
		}
		figures, err := w.figures(ctx, month)
		if err != nil {
			return err
		}
		name = month.From.String()[:len("2026-10")]
		digest := sha256.New()
		if err := writeLeaves(ctx, w.tx, first, last, digest); err != nil {
			return err
		}
		sum := hex.EncodeToString(digest.Sum(nil))
		if first == 0 { // months without an entry are told apart by their name
			empty := sha256.Sum256([]byte(name))
			sum = hex.EncodeToString(empty[:])
		}
		create := w.Edition.Create().SetCreatedAt(w.now).SetTitle(input.Publisher + ", " + month.String()).SetPublisher(input.Publisher).
			SetLayout("registrar/1").SetPeriodFrom(month.From).SetPeriodTo(month.To).SetFileName("edition-" + name + ".jsonl").SetFileSha256(sum).
			SetOurs(true).SetCheckpoint(signed).SetFigures(figures)
		if first > 0 {
			create.SetFirstEntry(first).SetLastEntry(last)
		}
		if err := create.Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "edition closed", name, "", map[string]any{"first": first, "last": last, "sha256": sum})
	})
	if err != nil {
		return nil, err
	}
	closed, err := s.PublishedEdition(ctx, 0, name)
	if err != nil {
		return nil, err
	}
	return &closed.Edition, nil
}

// monthOf is the month that a day lies in.
func monthOf(d terms.Date) terms.Period {
	first := terms.NewDate(d.Year, d.Month, 1)
	next := first.AddDays(31)
	return terms.Period{From: first, To: terms.NewDate(next.Year, next.Month, 1).AddDays(-1)}
}

// mayClose says what speaks against closing a month now.
func (w *work) mayClose(ctx context.Context, month terms.Period) error {
	if terms.Today(w.now).Compare(month.To) <= 0 {
		return fault.New(fault.Conflict, "%s is not over; it can be closed from %s on.", month, month.To.AddDays(1).Words())
	}
	var last sql.Null[terms.Date]
	var begun sql.NullTime
	err := w.tx.QueryRowContext(ctx, `SELECT (SELECT max(period_from) FROM editions WHERE ours), (SELECT min(recorded_at) FROM entries)`).Scan(&last, &begun)
	if err != nil {
		return fmt.Errorf("reading the months that are closed: %w", err)
	}
	next := month
	switch {
	case last.Valid:
		if last.V.Compare(month.From) >= 0 {
			return fault.New(fault.Conflict, "%s is closed already, or comes before one that is.", month)
		}
		next = monthOf(monthOf(last.V).To.AddDays(1))
	case begun.Valid:
		next = monthOf(terms.Today(begun.Time))
	}
	if next != month {
		return fault.New(fault.Conflict, "The next month to close is %s: months are closed in order.", next)
	}
	return nil
}

// NextToClose is the month that is closed next, and whether it is over.
func (s *Service) NextToClose(ctx context.Context) (month terms.Period, over bool, err error) {
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		var last sql.Null[terms.Date]
		var begun sql.NullTime
		if err := tx.QueryRowContext(ctx, `SELECT (SELECT max(period_from) FROM editions WHERE ours), (SELECT min(recorded_at) FROM entries)`).Scan(&last, &begun); err != nil {
			return err
		}
		switch {
		case last.Valid:
			month = monthOf(monthOf(last.V).To.AddDays(1))
		case begun.Valid:
			month = monthOf(terms.Today(begun.Time))
		default:
			month = monthOf(s.Today())
		}
		return nil
	})
	return month, s.Today().Compare(month.To) > 0, err
}

// recordedIn gives the numbers of the entries that were recorded in a month in
// London, without gaps; 0 where there were none.
func (w *work) recordedIn(ctx context.Context, month terms.Period) (first, last int64, err error) {
	err = w.tx.QueryRowContext(ctx, `SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM entries WHERE recorded_at >= $1 AND recorded_at < $2`,
		month.From.AddDays(-1).End(), month.To.End()).Scan(&first, &last)
	if err != nil {
		return 0, 0, fmt.Errorf("finding the entries of %s: %w", month, err)
	}
	return first, last, nil
}

// signedOver is the log's checkpoint that has an entry.
func (w *work) signedOver(ctx context.Context, last int64) (string, error) {
	signed, err := ledger.Register.Covering(ctx, w.tx, last)
	switch {
	case errors.Is(err, fault.NotFound) && last == 0:
		return "", nil
	case errors.Is(err, fault.NotFound), err == nil && signed.Size < last:
		return "", fault.New(fault.Conflict, "The log is not signed yet as far as entry %d. It is signed on a short beat; try again in a minute.", last)
	}
	return signed.Note, err
}

// writeLeaves writes the leaves of a range of entries, each on a line: what a
// closed month's digest is of. They stay the same whatever is corrected,
// withdrawn or erased later.
func writeLeaves(ctx context.Context, q queryer, first, last int64, out io.Writer) error {
	if first == 0 {
		return nil
	}
	rows, err := q.QueryContext(ctx, `SELECT leaf FROM entries WHERE id BETWEEN $1 AND $2 ORDER BY id`, first, last)
	if err != nil {
		return fmt.Errorf("reading leaves: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return fmt.Errorf("reading leaves: %w", err)
		}
		if _, err := out.Write(append(leaf, '\n')); err != nil {
			return err
		}
	}
	return rows.Err()
}

// WriteEdition writes the file of a month that was closed here: its leaves, a
// line each, whose SHA-256 is the edition's.
func (s *Service) WriteEdition(ctx context.Context, e Edition, out io.Writer) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error { return writeLeaves(ctx, tx, e.First, e.Last, out) })
}

// figures are the unnamed counts of a month: applications and extracts that
// ended otherwise than by being granted, how long decisions took, and waivers.
func (w *work) figures(ctx context.Context, month terms.Period) (map[string]any, error) {
	from, to := month.From.AddDays(-1).End(), month.To.End()
	counts := map[[3]string]int{}
	days, err := w.decidedApplications(ctx, from, to, counts)
	if err != nil {
		return nil, err
	}
	if err := w.refusedExtracts(ctx, from, to, counts); err != nil {
		return nil, err
	}
	waivers, err := w.waived(ctx, from, to)
	if err != nil {
		return nil, err
	}
	figures := tally.Figures{Requests: tally.Outcomes(counts), Turnarounds: []tally.Turnaround{tally.Turned("application", days)}, Waivers: waivers}
	text, err := json.Marshal(figures)
	if err != nil {
		return nil, fmt.Errorf("writing the figures of %s: %w", month, err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("writing the figures of %s: %w", month, err)
	}
	return out, nil
}

// decidedApplications counts applications that were declined or withdrawn in a
// span, and gives the working days that decisions in it took. Their reasons are
// words of people, which no count says.
func (w *work) decidedApplications(ctx context.Context, from, to time.Time, counts map[[3]string]int) (days []int, err error) {
	versions, err := w.AgreementVersion.Query().
		Where(agreementversion.HasStagesWith(stage.AtGTE(from), stage.AtLT(to), stage.StateIn(terms.VersionApproved, terms.Declined, terms.Withdrawn))).
		WithStages(func(q *ent.StageQuery) { q.Order(ent.Asc(stage.FieldAt, stage.FieldID)) }).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting applications: %w", err)
	}
	for _, v := range versions {
		stages := stagesOf(v.Edges.Stages)
		for _, st := range stages {
			if st.At.Before(from) || !st.At.Before(to) {
				continue
			}
			switch st.State {
			case terms.Declined, terms.Withdrawn:
				counts[[3]string{"application", string(st.State), "reasons are not published"}]++
			}
			if st.State == terms.VersionApproved || st.State == terms.Declined {
				if clock := working.Read(stages, st.At); clock.Decided {
					days = append(days, clock.ToDecision)
				}
			}
		}
	}
	return days, nil
}

// refusedExtracts counts requests for extracts that the gate refused in a span,
// by the first rule that refused them.
func (w *work) refusedExtracts(ctx context.Context, from, to time.Time, counts map[[3]string]int) error {
	decisions, err := w.Decision.Query().Where(decision.Moment(string(gate.MomentRequest)), decision.Allowed(false), decision.AtGTE(from), decision.AtLT(to)).
		Order(ent.Asc(decision.FieldAt, decision.FieldLine)).Select(decision.FieldSubject, decision.FieldFindings).All(ctx)
	if err != nil {
		return fmt.Errorf("counting refused requests: %w", err)
	}
	seen := map[string]bool{}
	for _, d := range decisions {
		if seen[d.Subject] {
			continue
		}
		seen[d.Subject] = true
		var findings []gate.Finding
		if err := json.Unmarshal(d.Findings, &findings); err != nil {
			return fmt.Errorf("reading a decision: %w", err)
		}
		counts[[3]string{"extract", "refused", firstRefusal(findings)}]++
	}
	return nil
}

func firstRefusal(findings []gate.Finding) string {
	titles := map[string]string{}
	for _, r := range gate.Rules() {
		titles[r.ID] = r.Title
	}
	for _, f := range findings {
		if f.Outcome == gate.Refuse {
			return "not so: " + titles[f.Rule]
		}
	}
	return "not recorded"
}

// waived counts the waivers of policy that were given in a span and confirmed.
func (w *work) waived(ctx context.Context, from, to time.Time) ([]tally.Waiver, error) {
	given, err := w.Derogation.Query().Where(derogation.ConfirmedAtGTE(from), derogation.ConfirmedAtLT(to)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting waivers: %w", err)
	}
	counts := map[string]int{}
	for _, d := range given {
		counts[d.Rule]++
	}
	out := []tally.Waiver{}
	for _, r := range gate.Rules() {
		if n := counts[r.ID]; n > 0 {
			out = append(out, tally.Waiver{Rule: r.ID, Title: r.Title, Count: tally.Band(n)})
		}
	}
	slices.SortFunc(out, func(a, b tally.Waiver) int { return strings.Compare(a.Rule, b.Rule) })
	return out, nil
}
