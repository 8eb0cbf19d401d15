package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// ErasureInput names texts of an entry that go by law.
type ErasureInput struct {
	Entry  int64            `json:"entry" validate:"min=1"`
	Fields []register.Field `json:"fields" validate:"required,min=1,max=50"`
	Reason string           `json:"reason" validate:"required,max=4000"`
	Law    string           `json:"law" validate:"required,max=300"` // such as UK GDPR, Article 17(1)(d)
}

// EraseText erases published texts of an entry: a tombstone tells which, why
// and by which law; then the texts, their salts, the words that the search had
// of them and their cells in the edition are gone, for every reader and in every
// table. The log keeps its commitments, which say nothing without the salts, and
// still verifies. Corrections that repeat a text keep theirs: they are entries of
// their own, and are named in the answer. It gives the tombstone's number.
//
// fault.Invalid where the entry has no such text, fault.Conflict where somebody
// was quicker.
func (s *Service) EraseText(ctx context.Context, actor access.Actor, input ErasureInput) (tombstone int64, repeated []int64, err error) {
	if err := access.Check(actor, access.EraseText); err != nil {
		return 0, nil, err
	}
	input.Reason, input.Law = strings.TrimSpace(input.Reason), strings.TrimSpace(input.Law)
	if err := valid(input); err != nil {
		return 0, nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.lockRegister(ctx); err != nil {
			return err
		}
		found, err := readEntries(ctx, w.tx, nil, `WHERE e.id = $1`, input.Entry)
		if err != nil {
			return fmt.Errorf("reading entry %d: %w", input.Entry, err)
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "The register has no entry %d.", input.Entry)
		}
		if err := erasable(found[0], input.Fields); err != nil {
			return err
		}
		numbers, err := w.enterTombstones(ctx, map[int64][]register.Field{input.Entry: input.Fields}, input.Reason, input.Law)
		if err != nil {
			return err
		}
		tombstone = numbers[input.Entry]
		if err := w.dropTexts(ctx, input.Entry, input.Fields); err != nil {
			return err
		}
		if repeated, err = w.repeating(ctx, found[0], input.Fields); err != nil {
			return err
		}
		return w.event(ctx, "text erased", fmt.Sprint(input.Entry), input.Reason,
			map[string]any{"fields": input.Fields, "law": input.Law, "tombstone": tombstone, "repeated": repeated})
	})
	return tombstone, repeated, err
}

// erasable says, of all fields at once, what cannot be erased and why.
func erasable(e register.Entry, fields []register.Field) error {
	refused := fault.New(fault.Invalid, "Some of these texts cannot be erased")
	for _, field := range fields {
		at := slices.IndexFunc(e.Texts, func(t register.Text) bool { return t.Field == field })
		const place = "fields"
		switch {
		case at < 0:
			refused.With(fault.Reason{Code: "text-unknown", Field: place, Message: fmt.Sprintf("entry %d has no text %q", e.Number, field)})
		case e.Texts[at].Erased:
			return fault.New(fault.Conflict, "The text %s of entry %d was erased already.", field, e.Number)
		case e.Texts[at].Withheld:
			refused.With(fault.Reason{Code: "text-withheld", Field: place, Message: fmt.Sprintf("%s is withheld: decide about it where withheld texts are decided about", field)})
		case field == register.OrganisationID || field == register.OrganisationType || field == register.SuccessorID:
			refused.With(fault.Reason{Code: "text-code", Field: place, Message: fmt.Sprintf("%s is an id, by which pages are found, and holds nothing personal", field)})
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// dropTexts deletes texts of an entry, and its cells in the edition that hold
// them. The tombstone stands before: without it the database refuses.
func (w *work) dropTexts(ctx context.Context, number int64, fields []register.Field) error {
	named := names(fields)
	deleted, err := w.tx.ExecContext(ctx, `DELETE FROM entry_texts WHERE entry_texts = $1 AND field = ANY($2)`, number, named)
	if err != nil {
		return fmt.Errorf("erasing texts of entry %d: %w", number, err)
	}
	if n, err := deleted.RowsAffected(); err != nil || int(n) != len(slices.Compact(slices.Sorted(slices.Values(named)))) {
		return fault.New(fault.Conflict, "Somebody else changed entry %d meanwhile; look again.", number)
	}
	_, err = w.tx.ExecContext(ctx, `
		DELETE FROM source_cells c USING source_rows r, jsonb_each_text(r.texts) AS t (place, field)
		WHERE r.entry_number = $1 AND t.field = ANY($2)
			AND c.edition_id = r.edition_source_rows AND c.sheet = r.sheet_index AND c.line = r.line AND c."column" = t.place::bigint`, number, named)
	if err != nil {
		return fmt.Errorf("erasing cells of entry %d: %w", number, err)
	}
	if !slices.Contains(fields, register.AsPublished) {
		return nil
	}
	_, err = w.tx.ExecContext(ctx, `
		UPDATE source_rows r SET cells = (SELECT jsonb_agg('null'::jsonb) FROM jsonb_array_elements(r.cells))
		FROM entries e WHERE e.id = $1 AND r.edition_source_rows = e.edition_entries AND jsonb_array_length(r.cells) > 0
			AND (r.entry_number = e.id OR (r.sheet_index = e.sheet AND r.line = e.line))`, number)
	if err != nil {
		return fmt.Errorf("erasing the row of entry %d: %w", number, err)
	}
	return nil
}

// repeating finds other entries of the same row or correction that have the
// same words in the same text.
func (w *work) repeating(ctx context.Context, e register.Entry, fields []register.Field) ([]int64, error) {
	var out []int64
	for _, field := range fields {
		numbers, err := collect(ctx, w.tx, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, `
			SELECT t.entry_texts FROM entry_texts t JOIN entries o ON o.id = t.entry_texts
			WHERE t.entry_texts <> $1 AND t.field = $2 AND t.text = $3 AND (o.about = $1 OR o.id = $4 OR ($5 <> '' AND o.row_key = $5))
			ORDER BY 1 LIMIT 100`, e.Number, string(field), e.Get(field), e.About, e.RowKey)
		if err != nil {
			return nil, fmt.Errorf("finding the same words elsewhere: %w", err)
		}
		out = append(out, numbers...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
