package release

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// enterAll writes entries into the register: it gives them their numbers, the
// command's moment and their salts, and adds entries, texts and leaves to the
// command's transaction, in a handful of statements for any number of them.
// Each entry's organisation, and that organisation's type, are its texts
// OrganisationID and OrganisationType. The edition is that of imported entries,
// and none otherwise.
//
// From here to the end of the transaction nobody else can enter anything, so
// that numbers have no gaps: enter last.
func (w *work) enterAll(ctx context.Context, edition uuid.NullUUID, entries []*register.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := w.number(ctx, entries); err != nil {
		return err
	}
	return w.writeEntries(ctx, edition, entries)
}

// number takes the register's lock and numbers the entries. They are recorded
// now, or at the moment of the entry before them where that command began later
// and was quicker: entries stand in the order of their moments.
func (w *work) number(ctx context.Context, entries []*register.Entry) error {
	index, err := ledger.Register.Next(ctx, w.tx)
	if err != nil {
		return fmt.Errorf("taking the next number of the register: %w", err)
	}
	now := w.now
	var before time.Time
	switch err := w.tx.QueryRowContext(ctx, `SELECT recorded_at FROM entries WHERE id = $1`, index).Scan(&before); {
	case err == nil && before.After(now):
		now = before
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("reading the moment of the entry before: %w", err)
	}
	for i, e := range entries {
		e.Number, e.RecordedAt = index+1+int64(i), now
	}
	return nil
}

// writeEntries stores numbered entries in bulk, with their leaves.
func (w *work) writeEntries(ctx context.Context, edition uuid.NullUUID, entries []*register.Entry) error {
	held := w.hold(entries)
	salt(entries)
	leaves, made := leavesOf(entries)
	for first := 0; first < len(entries); first += entryBatch {
		if err := <-made; err != nil {
			return fmt.Errorf("making a leaf: %w", err)
		}
		last := min(first+entryBatch, len(entries))
		if err := w.insertEntries(ctx, edition, entries[first:last], leaves[first:last]); err != nil {
			return fmt.Errorf("writing %d entries: %w", len(entries), err)
		}
	}
	if err := w.insertTexts(ctx, entries); err != nil {
		return fmt.Errorf("writing the texts of %d entries: %w", len(entries), err)
	}
	if err := w.keepHeldTexts(ctx, edition, held); err != nil {
		return err
	}
	index, err := ledger.Append(ctx, w.tx, leaves)
	if err != nil {
		return fmt.Errorf("writing %d leaves: %w", len(leaves), err)
	}
	if index != entries[0].Number-1 {
		return fmt.Errorf("the log's next index is %d, but the first entry was numbered %d", index, entries[0].Number)
	}
	return nil
}

// entryBatch entries are written while the leaves of the next are made.
const entryBatch = 1000

// leavesOf makes the leaves of numbered and salted entries; made tells of each
// batch in turn that it is done, or why not.
func leavesOf(entries []*register.Entry) (leaves [][]byte, made <-chan error) {
	leaves = make([][]byte, len(entries))
	done := make(chan error, len(entries)/entryBatch+1)
	go func() {
		for first := 0; first < len(entries); first += entryBatch {
			var err error
			for i := first; i < min(first+entryBatch, len(entries)) && err == nil; i++ {
				leaves[i], err = entries[i].Leaf()
			}
			done <- err
		}
	}()
	return leaves, done
}

// salt gives every text a salt of its own.
func salt(entries []*register.Entry) {
	n := 0
	for _, e := range entries {
		n += len(e.Texts)
	}
	random := make([]byte, n*proof.SaltSize)
	rand.Read(random)
	for _, e := range entries {
		for i := range e.Texts {
			e.Texts[i].Salt, random = random[:proof.SaltSize:proof.SaltSize], random[proof.SaltSize:]
		}
	}
}

// insertEntries sends one array for each column: one statement for any number
// of rows, which the driver sends in binary. It is some ten times as fast as a
// statement with a parameter for each value.
func (w *work) insertEntries(ctx context.Context, edition uuid.NullUUID, entries []*register.Entry, leaves [][]byte) error {
	n := len(entries)
	var (
		recorded                               = make([]time.Time, n)
		keys, channels, corrects, successors   = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		successorDatasets, controllerships     = make([]string, n), make([]string, n)
		subLicensings, commercials             = make([]string, n), make([]string, n)
		sheets, lines                          = make([]*int, n), make([]*int, n)
		starts, ends, relations, termLines     = make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n)
		supports, fields                       = make([]*string, n), make([]*string, n)
		ids, abouts                            = make([]int64, n), make([]*int64, n)
		lates                                  = make([]bool, n)
		froms, tos, routes, files              = make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n)
		kinds, sources, references, stems      = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		versions, organisations, datasets      = make([]string, n), make([]string, n), make([]string, n)
		types, sensitivities, powers, optOuts  = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		frequencies, organisationTypes, rowses = make([]string, n), make([]string, n), make([]string, n)
	)
	for i, e := range entries {
		ids[i], kinds[i], lates[i], recorded[i] = e.Number, string(e.Kind), e.Late, e.RecordedAt
		keys[i], channels[i], corrects[i] = e.RowKey, string(e.Channel), string(e.Corrects)
		successors[i], successorDatasets[i] = e.Get(register.SuccessorID), e.SuccessorDataset
		if e.Line > 0 {
			sheets[i], lines[i] = &e.Sheet, &e.Line
		}
		starts[i], ends[i] = dateText(e.Starts), dateText(e.Ends)
		controllerships[i] = string(or(e.Controllership, terms.ControllershipNotRecorded))
		subLicensings[i] = string(or(e.SubLicensing, terms.AnswerNotRecorded))
		commercials[i] = string(or(e.Commercial, terms.AnswerNotRecorded))
		if e.Relation != "" {
			relation := string(e.Relation)
			relations[i] = &relation
		}
		if e.About > 0 {
			abouts[i] = &e.About
		}
		froms[i], tos[i] = dateText(e.EventFrom), dateText(e.EventTo)
		sources[i], references[i], stems[i], versions[i] = e.SourceID, e.Reference, e.Stem, e.Version
		organisations[i], datasets[i] = e.Get(register.OrganisationID), e.Dataset
		organisationTypes[i], rowses[i] = e.Get(register.OrganisationType), e.RowsBand
		types[i] = string(or(e.TypeOfData, terms.TypeNotRecorded))
		sensitivities[i] = string(or(e.Sensitivity, terms.SensitivityNotRecorded))
		powers[i] = string(or(e.Power, terms.PowerNotRecorded))
		optOuts[i] = string(or(e.OptOut, terms.OptOutNotRecorded))
		frequencies[i] = string(or(e.Frequency, terms.FrequencyNotRecorded))
		var err error
		if routes[i], err = jsonText(e.Routes); err != nil {
			return err
		}
		if files[i], err = jsonText(e.Files); err != nil {
			return err
		}
		if termLines[i], err = jsonText(e.Lines); err != nil {
			return err
		}
		if supports[i], err = jsonText(e.Support); err != nil {
			return err
		}
		if fields[i], err = jsonText(e.Fields); err != nil {
			return err
		}
	}
	_, err := w.tx.ExecContext(ctx, `
		INSERT INTO entries (id, recorded_at, kind, about, late, event_from, event_to, source_id, reference, stem, version, organisation,
			dataset, type_of_data, sensitivity, power, routes, opt_out, frequency, organisation_type, rows_band, files,
			leaf, row_key, sheet, line, channel, starts, ends, controllership, sub_licensing, commercial, lines,
			support, corrects, relation, successor, successor_dataset, fields,
			edition_entries)
		SELECT id, recorded_at, kind, about, late, event_from::date, event_to::date, source_id, reference, stem, version,
			organisation, dataset, type_of_data, sensitivity, power, routes::jsonb, opt_out, frequency,
			organisation_type, rows_band, files::jsonb, leaf, row_key, sheet, line, channel, starts::date, ends::date,
			controllership, sub_licensing, commercial, lines::jsonb, support::jsonb, corrects, relation, successor,
			successor_dataset, fields::jsonb,
			$1::uuid
		FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::bigint[], $6::boolean[], $7::text[], $8::text[],
			$9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
			$17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::bytea[],
			$25::text[], $26::bigint[], $27::bigint[], $28::text[], $29::text[], $30::text[], $31::text[], $32::text[],
			$33::text[], $34::text[], $35::text[], $36::text[], $37::text[], $38::text[], $39::text[], $40::text[])
			AS new (id, recorded_at, kind, about, late, event_from, event_to, source_id, reference, stem, version, organisation,
			dataset, type_of_data, sensitivity, power, routes, opt_out, frequency, organisation_type, rows_band, files,
			leaf, row_key, sheet, line, channel, starts, ends, controllership, sub_licensing, commercial, lines,
			support, corrects, relation, successor, successor_dataset, fields)`,
		edition, ids, recorded, kinds, abouts, lates, froms, tos, sources, references, stems, versions, organisations, datasets,
		types, sensitivities, powers, routes, optOuts, frequencies, organisationTypes, rowses, files, leaves, keys,
		sheets, lines, channels, starts, ends, controllerships, subLicensings, commercials, termLines, supports,
		corrects, relations, successors, successorDatasets, fields)
	return err
}

// insertTexts copies the texts of entries but those that are withheld, which
// keepHeldTexts keeps aside.
func (w *work) insertTexts(ctx context.Context, entries []*register.Entry) error {
	return w.copyRows(ctx, "entry_texts", []string{"entry_texts", "field", "text", "salt"}, func(yield func([]any) bool) {
		for _, e := range entries {
			for _, t := range e.Texts {
				if !t.Withheld && !yield([]any{e.Number, string(t.Field), t.Text, t.Salt}) {
					return
				}
			}
		}
	})
}

func dateText(d terms.Date) *string {
	if d.IsZero() {
		return nil
	}
	text := d.String()
	return &text
}

// jsonText is a list as JSON, and NULL for none.
func jsonText[T any](list []T) (*string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	text := string(out)
	return &text, nil
}

func or[T ~string](code, otherwise T) T {
	if code == "" {
		return otherwise
	}
	return code
}
