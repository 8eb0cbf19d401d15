package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/dutydigest"
	"data.release/registrar/release/access"
	"data.release/registrar/release/duty"
	"data.release/registrar/release/terms"
)

// Duties are the actor's own on a day (today, if it is no date): what is due
// within the horizon and all that is overdue, soonest first, of the cases that
// they own and of the organisations that they apply or sign for.
func (s *Service) Duties(ctx context.Context, actor access.Actor, day terms.Date) ([]duty.Duty, error) {
	if err := access.Check(actor, access.ReadDuties); err != nil {
		return nil, err
	}
	if day.IsZero() {
		day = terms.Today(s.clock())
	}
	r, err := readRoster(seeAll(ctx), s.Read(), day)
	if err != nil {
		return nil, err
	}
	owed, err := r.owed(seeAll(ctx), s.Read(), r.of(actor))
	if err != nil {
		return nil, err
	}
	var facts []duty.Fact
	for _, o := range owed {
		if slices.Contains(o.people, actor.PersonID) {
			facts = append(facts, o.Fact)
		}
	}
	return duty.On(facts, day, day.AddDays(-1)), nil
}

// DutiesOn is what each person would be told on a day (today, if it is no
// date), of everybody who has any duty then, by address. For a day that has
// come, what is new is new since each was last told.
func (s *Service) DutiesOn(ctx context.Context, actor access.Actor, day terms.Date) ([]duty.Digest, error) {
	if err := access.Check(actor, access.SendDuties); err != nil {
		return nil, err
	}
	today := terms.Today(s.clock())
	if day.IsZero() {
		day = today
	}
	see, read := seeAll(ctx), s.Read()
	r, err := readRoster(see, read, day)
	if err != nil {
		return nil, err
	}
	owed, err := r.owed(see, read)
	if err != nil {
		return nil, err
	}
	told := map[uuid.UUID]terms.Date{}
	if day.Compare(today) <= 0 {
		if told, err = lastTold(see, read, day); err != nil {
			return nil, err
		}
	}
	facts := map[uuid.UUID][]duty.Fact{}
	for _, o := range owed {
		for _, id := range o.people {
			facts[id] = append(facts[id], o.Fact)
		}
	}
	var digests []duty.Digest
	for id, own := range facts {
		since, ok := told[id]
		if !ok {
			since = day.AddDays(-1)
		}
		if duties := duty.On(own, day, since); len(duties) > 0 {
			digests = append(digests, duty.Digest{Person: r.people[id], Day: day, Duties: duties})
		}
	}
	slices.SortFunc(digests, func(a, b duty.Digest) int { return cmp.Compare(a.Person.Email, b.Person.Email) })
	return digests, nil
}

// lastTold is the last day before a day on which each person was sent a digest.
func lastTold(ctx context.Context, read *ent.Client, day terms.Date) (map[uuid.UUID]terms.Date, error) {
	var rows []struct {
		PersonID uuid.UUID  `json:"person_id"`
		On       terms.Date `json:"on"`
	}
	err := read.DutyDigest.Query().Where(dutydigest.OnLT(day)).GroupBy(dutydigest.FieldPersonID).
		Aggregate(ent.As(ent.Max(dutydigest.FieldOn), "on")).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading who was told when: %w", err)
	}
	told := map[uuid.UUID]terms.Date{}
	for _, row := range rows {
		told[row.PersonID] = row.On
	}
	return told, nil
}

// DutiesSent says what became of a day's digests.
type DutiesSent struct {
	Sent    int `json:"sent"`
	Already int `json:"already"` // by another process, or before
	Nothing int `json:"nothing"` // people of whose duties none came to a step
	Failed  int `json:"failed"`
}

// SendDuties sends today's digests by send, one to each person for whom a duty
// came to a step. Each is claimed in the transaction that sends it: two
// processes send one, and a failed send leaves no claim and may be tried again.
// (Where the commit fails after the server took the mail, it goes out a second
// time under the same id.) The errors of all that failed come back together;
// the others have gone out.
func (s *Service) SendDuties(ctx context.Context, actor access.Actor, send func(context.Context, duty.Digest) error) (DutiesSent, error) {
	digests, err := s.DutiesOn(ctx, actor, terms.Date{})
	if err != nil {
		return DutiesSent{}, err
	}
	var done DutiesSent
	var failed []error
	for _, digest := range digests {
		if len(digest.Told()) == 0 {
			done.Nothing++
			continue
		}
		claimed, err := s.sendDigest(ctx, actor, digest, send)
		switch {
		case err != nil:
			done.Failed++
			failed = append(failed, fmt.Errorf("duties of person %s: %w", digest.Person.ID, err))
		case claimed:
			done.Sent++
		default:
			done.Already++
		}
	}
	return done, errors.Join(failed...)
}

func (s *Service) sendDigest(ctx context.Context, actor access.Actor, digest duty.Digest, send func(context.Context, duty.Digest) error) (claimed bool, err error) {
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("making an id: %w", err)
		}
		// Another process that has the claim makes this wait until its transaction
		// ends; if that fails, the claim is this one's.
		result, err := w.tx.ExecContext(ctx, `insert into duty_digests (id, created_at, person_id, "on", duties)
			values ($1, $2, $3, $4, $5) on conflict (person_id, "on") do nothing`, id, w.now, digest.Person.ID, digest.Day, len(digest.Told()))
		if err != nil {
			return fmt.Errorf("claiming a digest: %w", err)
		}
		n, err := result.RowsAffected()
		if claimed = n == 1; err != nil || !claimed {
			return err
		}
		if err := w.event(ctx, "duties sent", digest.Person.ID.String(), "", map[string]any{"on": digest.Day, "duties": len(digest.Told())}); err != nil {
			return err
		}
		return send(ctx, digest)
	})
	return claimed && err == nil, err
}
