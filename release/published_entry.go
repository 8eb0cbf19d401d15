package release

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// PublishedEntry is one entry with what a reader needs beside it, at one size
// of the register.
type PublishedEntry struct {
	register.Entry
	Logged  []byte           // its leaf in the log: canonical JSON
	Edition *Edition         // that it was imported from, without report and count; nil for an entry made here
	Later   []register.Entry // corrections, withdrawals and tombstones about it, oldest first
	About   *register.Entry  // the entry that it is about, without long texts
	// EndedBy is the entry because of which it no longer stands; nil while it
	// does.
	EndedBy *register.Entry
	// Correction is the one that stands in its place, Corrected what a correction
	// is about, Next the reading of the same row by the next edition that reads
	// otherwise: with all texts, to be compared.
	Correction, Corrected, Next *register.Entry
	Readings                    []Reading     // of the same published row, itself among them, by edition
	Names                       *change.Names // which names are known to be one, for comparing
	// Source is the row that it was imported from, every cell under its header
	// as published; nil for an entry made here.
	Source *SourceRow
}

// Reading is one edition's reading of a published row.
type Reading struct {
	Number int64
	Period terms.Period // of the edition
	Stands bool
}

// PublishedEntry finds an entry by its number, in the register as it is;
// fault.NotFound if there is none.
func (s *Service) PublishedEntry(ctx context.Context, number int64) (*PublishedEntry, error) {
	return s.PublishedEntryAt(ctx, 0, number)
}

// PublishedEntryAt is PublishedEntry at a size of the register; 0 is as it is.
func (s *Service) PublishedEntryAt(ctx context.Context, asOf, number int64) (*PublishedEntry, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	row, ok := a.Row(number)
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no entry %d in the register.", number)
	}
	var out *PublishedEntry
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		found, err := readNumbers(ctx, tx, nil, []int64{number})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "There is no entry %d in the register.", number)
		}
		out = &PublishedEntry{Entry: found[0]}
		// The leaf is read, not made: of a text that is withheld or was erased
		// nothing is at hand to make it of.
		if err := tx.QueryRowContext(ctx, `SELECT leaf FROM entries WHERE id = $1`, number).Scan(&out.Logged); err != nil {
			return err
		}
		if err := out.readSource(ctx, tx); err != nil {
			return err
		}
		return out.readOthers(ctx, tx, a, row)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// readSource reads the edition and the row that the entry comes from.
func (out *PublishedEntry) readSource(ctx context.Context, tx queryer) error {
	if out.Entry.Edition == "" {
		return nil
	}
	editions, err := readEditions(ctx, tx, `WHERE file_sha256 = $1`, out.Entry.Edition)
	if err != nil {
		return err
	}
	if len(editions) > 0 {
		out.Edition = &editions[0]
	}
	out.Source, err = sourceRow(ctx, tx, out.Entry)
	return err
}

// readOthers reads the entries that say something about this one, or the same
// otherwise.
func (out *PublishedEntry) readOthers(ctx context.Context, tx queryer, a at, row index.Row) error {
	later, err := a.rows(ctx, tx, `e.about = $2`, out.Number)
	if err != nil {
		return err
	}
	if out.Later, err = readNumbers(ctx, tx, nil, numbersOf(later)); err != nil {
		return err
	}
	for _, r := range later {
		if r.Kind == register.Correction && r.Stands() {
			i := slices.IndexFunc(out.Later, func(e register.Entry) bool { return e.Number == r.Number })
			out.Correction = &out.Later[i]
		}
	}
	if err := out.readReadings(ctx, tx, a); err != nil {
		return err
	}
	one := func(number int64, only []register.Field) (*register.Entry, error) {
		if number == 0 {
			return nil, nil
		}
		found, err := readNumbers(ctx, tx, only, []int64{number})
		if err != nil || len(found) == 0 {
			return nil, err
		}
		return &found[0], nil
	}
	if out.EndedBy, err = one(row.Ended, listTexts); err != nil {
		return err
	}
	if out.About, err = one(out.Entry.About, listTexts); err != nil {
		return err
	}
	if out.Kind == register.Correction {
		if out.Corrected, err = one(out.Entry.About, nil); err != nil {
			return err
		}
	}
	if out.Correction == nil && out.Corrected == nil && out.Next == nil {
		return nil
	}
	out.Names, err = a.names(ctx, tx)
	return err
}

// readReadings reads which editions have the same row, and the next that reads
// it otherwise.
func (out *PublishedEntry) readReadings(ctx context.Context, tx queryer, a at) error {
	if out.RowKey == "" {
		return nil
	}
	list, err := collect(ctx, tx, func(rows *sql.Rows) (r Reading, err error) {
		return r, rows.Scan(&r.Number, &r.Period.From, &r.Period.To)
	}, `SELECT e.id, d.period_from, d.period_to FROM entries e JOIN editions d ON d.id = e.edition_entries WHERE e.row_key = $1 AND e.id <= $2`, out.RowKey, a.Size())
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(x, y Reading) int {
		return cmp.Or(x.Period.From.Compare(y.Period.From), cmp.Compare(x.Number, y.Number))
	})
	next := int64(0)
	for i := range list {
		row, ok := a.Row(list[i].Number)
		list[i].Stands = ok && row.Stands()
		if list[i].Number == out.Number && i+1 < len(list) {
			next = list[i+1].Number
		}
	}
	out.Readings = list
	if next == 0 {
		return nil
	}
	found, err := readNumbers(ctx, tx, nil, []int64{next})
	if err == nil && len(found) > 0 {
		out.Next = &found[0]
	}
	return err
}

// names are the successions that stand, for comparing names.
func (a at) names(ctx context.Context, q queryer) (*change.Names, error) {
	found, err := readNumbers(ctx, q, listTexts, numbersOf(a.sum.Successions))
	if err != nil {
		return nil, err
	}
	return change.NewNames(found), nil
}
