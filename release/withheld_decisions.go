package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// What is decided about a withheld text.
const (
	PublishWithheld = "publish" // its words join the register as they were entered
	EraseWithheld   = "erase"   // words and salt are gone for good; a tombstone says so
)

// DecideInput decides about withheld texts: those of IDs, or all those of a
// class.
type DecideInput struct {
	IDs []uuid.UUID `json:"ids"`
	// Class is every undecided text that the filter finds, but those in which
	// something of another kind than the filter's was found too: they are looked
	// at one by one. Expect is how many a preview counted.
	Class  *WithheldFilter `json:"class"`
	Expect int             `json:"expect"`

	Decision string `json:"decision" validate:"required,oneof=publish erase"`
	Reason   string `json:"reason" validate:"required,max=4000"`
	Law      string `json:"law" validate:"required_if=Decision erase,max=300"` // on which an erasure rests
}

// Decided is what came of a decision.
type Decided struct {
	Published, Erased int
	Tombstones        []int64 // entries that tell of what was erased
}

// DecideWithheld publishes or erases withheld texts, all of them or none. What
// is published joins the register as it was entered: the log has committed to
// it since then; whoever entered or imported words does not decide that they are
// published. Of an entry's erased text a tombstone tells, with the reason
// and the law. A text that somebody else has decided about meanwhile, and a
// class that is no longer as large as its preview, is fault.Conflict.
func (s *Service) DecideWithheld(ctx context.Context, actor access.Actor, input DecideInput) (Decided, error) {
	if err := access.Check(actor, access.DecidePrivacy); err != nil {
		return Decided{}, err
	}
	if err := valid(input); err != nil {
		return Decided{}, err
	}
	if err := because(input.Reason, "Say why."); err != nil {
		return Decided{}, err
	}
	if input.Decision == EraseWithheld && strings.TrimSpace(input.Law) == "" {
		return Decided{}, fault.New(fault.Invalid, "Name the law.").With(fault.Reason{Code: "required", Field: "law", Message: "is missing"})
	}
	if input.Class != nil && input.Class.Kind == "" {
		return Decided{}, wrongAnswer("required", "kind", "say of which kind the findings are: a class is of one")
	}
	if (len(input.IDs) == 0) == (input.Class == nil) {
		return Decided{}, fault.New(fault.Invalid, "Choose texts, or a class of them.").With(fault.Reason{Code: "required", Field: "ids", Message: "nothing is chosen"})
	}
	var decided Decided
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if _, err := w.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('registrar withheld', 0))`); err != nil {
			return fmt.Errorf("waiting for other decisions: %w", err)
		}
		waiting, err := w.toDecide(ctx, input)
		if err != nil {
			return err
		}
		if input.Decision == PublishWithheld && slices.ContainsFunc(waiting, func(t waitingText) bool { return t.writtenBy.Valid && t.writtenBy.UUID == actor.PersonID }) {
			return fault.New(fault.Refused, "You entered or imported these words yourself. Somebody else decides whether they are published; you may erase them.")
		}
		if input.Decision == PublishWithheld {
			decided, err = w.publishWithheld(ctx, waiting, input)
		} else {
			decided, err = w.eraseWithheld(ctx, waiting, input)
		}
		if err != nil {
			return err
		}
		return w.decidedEvent(ctx, waiting, input, decided)
	})
	return decided, err
}

// waitingText is a withheld text that is being decided about.
type waitingText struct {
	id                  uuid.UUID
	entry               sql.NullInt64
	field               register.Field
	edition             uuid.NullUUID
	sheet, line, column sql.NullInt64
	text                sql.NullString
	salt                []byte
	decidedAt           *time.Time
	writtenBy           uuid.NullUUID
}

// toDecide reads what a decision is about, and refuses what is decided already.
func (w *work) toDecide(ctx context.Context, input DecideInput) ([]waitingText, error) {
	where, args := `w.id = ANY($1)`, []any{input.IDs}
	if input.Class != nil {
		class := *input.Class
		class.State, class.Only = WithheldWaiting, class.Kind != ""
		where, args = class.where()
	}
	waiting, err := collect(ctx, w.tx, func(rows *sql.Rows) (t waitingText, err error) {
		return t, rows.Scan(&t.id, &t.entry, &t.field, &t.edition, &t.sheet, &t.line, &t.column, &t.text, &t.salt, &t.decidedAt, &t.writtenBy)
	}, `SELECT w.id, w.entry_number, w.field, w.edition_id, w.sheet, w.line, w."column", c.text, c.salt, d.created_at, w.written_by
		FROM withheld_texts w LEFT JOIN withheld_contents c ON c.withheld_text_content = w.id
		LEFT JOIN withheld_decisions d ON d.withheld_text_decision = w.id WHERE `+where+` ORDER BY w.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading withheld texts: %w", err)
	}
	if input.Class != nil {
		if len(waiting) != input.Expect {
			return nil, fault.New(fault.Conflict, "There are %d texts of this class now, and there were %d when it was shown; look again.", len(waiting), input.Expect)
		}
		if len(waiting) == 0 {
			return nil, fault.New(fault.NotFound, "No text of this class waits for a decision.")
		}
		return waiting, nil
	}
	for _, t := range waiting {
		if t.decidedAt != nil || !t.text.Valid {
			return nil, fault.New(fault.Conflict, "Somebody has decided about one of these texts already, on %s; look again.", terms.Today(*t.decidedAt).Words())
		}
	}
	chosen := slices.Clone(input.IDs)
	slices.SortFunc(chosen, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	if missing := len(slices.Compact(chosen)) - len(waiting); missing > 0 {
		return nil, fault.New(fault.NotFound, "%d of the texts chosen are not withheld.", missing)
	}
	return waiting, nil
}

// publishWithheld puts words where the public reads them. Nothing can be
// slipped in on the way: an entry's text must fit what the log committed to.
func (w *work) publishWithheld(ctx context.Context, waiting []waitingText, input DecideInput) (Decided, error) {
	leaves, err := w.commitments(ctx, waiting)
	if err != nil {
		return Decided{}, err
	}
	for _, t := range waiting {
		if t.entry.Valid && leaves[t.entry.Int64][t.field] != proof.Commit(t.salt, string(t.field), t.text.String) {
			return Decided{}, fmt.Errorf("the withheld text %s does not fit the log's commitment to the %s of entry %d", t.id, t.field, t.entry.Int64)
		}
	}
	if err := w.decideRows(ctx, waiting, input, nil); err != nil {
		return Decided{}, err
	}
	ids := idsOf(waiting)
	if _, err := w.tx.ExecContext(ctx, `
		INSERT INTO entry_texts (entry_texts, field, text, salt)
		SELECT w.entry_number, w.field, c.text, c.salt FROM withheld_texts w JOIN withheld_contents c ON c.withheld_text_content = w.id
		WHERE w.id = ANY($1) AND w.entry_number IS NOT NULL`, ids); err != nil {
		return Decided{}, fmt.Errorf("publishing texts: %w", err)
	}
	if _, err := w.tx.ExecContext(ctx, `
		INSERT INTO source_cells (edition_id, sheet, line, "column", text)
		SELECT w.edition_id, w.sheet, w.line, w."column", c.text FROM withheld_texts w JOIN withheld_contents c ON c.withheld_text_content = w.id
		WHERE w.id = ANY($1) AND w.entry_number IS NULL`, ids); err != nil {
		return Decided{}, fmt.Errorf("publishing cells: %w", err)
	}
	return Decided{Published: len(waiting)}, w.dropContents(ctx, ids)
}

// eraseWithheld lets words and salts go. The tombstones come first: nothing is
// erased of which the register does not tell.
func (w *work) eraseWithheld(ctx context.Context, waiting []waitingText, input DecideInput) (Decided, error) {
	fields := map[int64][]register.Field{}
	for _, t := range waiting {
		if t.entry.Valid {
			fields[t.entry.Int64] = append(fields[t.entry.Int64], t.field)
		}
	}
	tombstones, err := w.enterTombstones(ctx, fields, input.Reason, input.Law)
	if err != nil {
		return Decided{}, err
	}
	if err := w.decideRows(ctx, waiting, input, tombstones); err != nil {
		return Decided{}, err
	}
	decided := Decided{Erased: len(waiting)}
	for _, number := range tombstones {
		decided.Tombstones = append(decided.Tombstones, number)
	}
	slices.Sort(decided.Tombstones)
	return decided, w.dropContents(ctx, idsOf(waiting))
}

// enterTombstones enters for each entry a tombstone that names its texts that
// are erased, why, and by which law; it gives the tombstones' numbers by entry.
// The texts themselves are then deleted by whoever asked: withheld ones from
// withheld_contents, published ones from entry_texts.
func (w *work) enterTombstones(ctx context.Context, fields map[int64][]register.Field, reason, law string) (map[int64]int64, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	var numbers []int64
	for number := range fields {
		numbers = append(numbers, number)
	}
	tombstones, err := collect(ctx, w.tx, func(rows *sql.Rows) (*register.Entry, error) {
		e := &register.Entry{Kind: register.Tombstone, EventFrom: terms.Today(w.now), EventTo: terms.Today(w.now)}
		return e, rows.Scan(&e.About, &e.Reference, &e.Stem, &e.Version)
	}, `SELECT id, reference, stem, version FROM entries WHERE id = ANY($1) ORDER BY id`, numbers)
	if err != nil {
		return nil, fmt.Errorf("reading the entries of erased texts: %w", err)
	}
	if len(tombstones) != len(fields) {
		return nil, fault.New(fault.NotFound, "%d of the entries do not exist.", len(fields)-len(tombstones))
	}
	for _, e := range tombstones {
		e.Fields = slices.Compact(slices.Sorted(slices.Values(fields[e.About])))
		e.With(register.Reason, strings.TrimSpace(reason)+"\nErased under: "+strings.TrimSpace(law))
	}
	if err := w.enterAll(ctx, uuid.NullUUID{}, tombstones); err != nil {
		return nil, err
	}
	out := make(map[int64]int64, len(tombstones))
	for _, e := range tombstones {
		out[e.About] = e.Number
	}
	return out, nil
}

// commitments are those of the entries' leaves, by entry and field.
func (w *work) commitments(ctx context.Context, waiting []waitingText) (map[int64]map[register.Field]string, error) {
	var numbers []int64
	for _, t := range waiting {
		if t.entry.Valid {
			numbers = append(numbers, t.entry.Int64)
		}
	}
	out := map[int64]map[register.Field]string{}
	_, err := collect(ctx, w.tx, func(rows *sql.Rows) (struct{}, error) {
		var number int64
		var leaf []byte
		if err := rows.Scan(&number, &leaf); err != nil {
			return struct{}{}, err
		}
		var read struct {
			Commitments map[register.Field]string `json:"commitments"`
		}
		err := json.Unmarshal(leaf, &read)
		out[number] = read.Commitments
		return struct{}{}, err
	}, `SELECT id, leaf FROM entries WHERE id = ANY($1)`, numbers)
	if err != nil {
		return nil, fmt.Errorf("reading what the log committed to: %w", err)
	}
	return out, nil
}

func idsOf(waiting []waitingText) []uuid.UUID {
	ids := make([]uuid.UUID, len(waiting))
	for i, t := range waiting {
		ids[i] = t.id
	}
	return ids
}

// decideRows records the decision about each text, once.
func (w *work) decideRows(ctx context.Context, waiting []waitingText, input DecideInput, tombstones map[int64]int64) error {
	ids, numbers := make([]uuid.UUID, len(waiting)), make([]*int64, len(waiting))
	for i, t := range waiting {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("making an id: %w", err)
		}
		ids[i] = id
		if number, is := tombstones[t.entry.Int64]; is && t.entry.Valid {
			numbers[i] = &number
		}
	}
	reason := strings.TrimSpace(input.Reason)
	if input.Decision == EraseWithheld {
		reason += "\nErased under: " + strings.TrimSpace(input.Law)
	}
	_, err := w.tx.ExecContext(ctx, `
		INSERT INTO withheld_decisions (id, created_at, decision, reason, decided_by, tombstone, withheld_text_decision)
		SELECT id, $1, $2, $3, $4, tombstone, withheld FROM unnest($5::uuid[], $6::bigint[], $7::uuid[]) AS new (id, tombstone, withheld)`,
		w.now, input.Decision, reason, w.actor.PersonID, ids, numbers, idsOf(waiting))
	if err != nil {
		return fmt.Errorf("recording decisions: %w", err)
	}
	return nil
}

// dropContents deletes words that were decided about.
func (w *work) dropContents(ctx context.Context, ids []uuid.UUID) error {
	if _, err := w.tx.ExecContext(ctx, `DELETE FROM withheld_contents WHERE withheld_text_content = ANY($1)`, ids); err != nil {
		return fmt.Errorf("dropping withheld words: %w", err)
	}
	return nil
}

func (w *work) decidedEvent(ctx context.Context, waiting []waitingText, input DecideInput, decided Decided) error {
	detail := map[string]any{"texts": idsOf(waiting), "decision": input.Decision}
	subject := ""
	if len(waiting) == 1 {
		subject = waiting[0].id.String()
	}
	if input.Class != nil {
		detail["class"] = input.Class
	}
	command := "withheld texts published"
	if input.Decision == EraseWithheld {
		command = "withheld texts erased"
		detail["law"], detail["tombstones"] = strings.TrimSpace(input.Law), decided.Tombstones
	}
	return w.event(ctx, command, subject, input.Reason, detail)
}
