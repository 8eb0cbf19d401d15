package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// What the privacy scan finds something in is entered and committed to like
// every other text, and kept from the public until a person has looked at it
// (governance §4): the entry and its leaf never wait. Here is where texts and
// cells are held; withheld_decisions.go is where they are let go.

// heldText is a text of an entry that is about to be written, and what was
// found in it.
type heldText struct {
	entry    *register.Entry
	index    int // of Entry.Texts
	findings []privacy.Finding
}

// heldCell is a cell of an imported row that is about to be written, and what
// was found in it.
type heldCell struct {
	sheet, line, column int // sheet from 0, the others from 1
	text                string
	findings            []privacy.Finding
}

// hold scans the texts of entries that are about to be written and marks those
// with a finding as withheld. A text that a person has cleared before, word for
// word, is not. It may be asked twice of the same entries.
func (w *work) hold(entries []*register.Entry) (held []heldText) {
	for _, e := range entries {
		known, scanned := w.held[e]
		if !scanned {
			dropHeldType(e)
			for i := range e.Texts {
				findings := scanField(e.Texts[i].Field, e.Texts[i].Text)
				if len(findings) > 0 && !w.cleared[clearance{e.Texts[i].Field, digestOf(e.Texts[i].Text)}] {
					e.Texts[i].Withheld = true
					known = append(known, heldText{e, i, findings})
				}
			}
			if w.held == nil {
				w.held = map[*register.Entry][]heldText{}
			}
			w.held[e] = known
		}
		held = append(held, known...)
	}
	return held
}

// dropHeldType leaves out an organisation's type in which something is found. It
// stands in a column too, by which people search and which nothing is taken out
// of later; the published cell is held with its row.
func dropHeldType(e *register.Entry) {
	if len(privacy.ScanName(e.Get(register.OrganisationType))) > 0 {
		e.Texts = slices.DeleteFunc(e.Texts, func(t register.Text) bool { return t.Field == register.OrganisationType })
	}
}

// scanField looks at a text as its field asks. Names are what the register is
// about: they are held only for what no name has a use for.
func scanField(field register.Field, text string) []privacy.Finding {
	switch field {
	case register.OrganisationID, register.SuccessorID:
		return nil // made by nameID, and a column too
	case register.OrganisationName, register.OrganisationType, register.DatasetName, register.DatasetNames, register.Controllers,
		register.Parties, register.Funders, register.Successor:
		return privacy.ScanName(text)
	case register.AsPublished, register.Flows:
		return privacy.ScanJSON(text)
	}
	return privacy.Scan(text)
}

// scanCell looks at a cell of an imported row. One of a column that names
// persons is always held.
func scanCell(cell register.Cell, text string, persons bool) []privacy.Finding {
	switch {
	case text == "":
		return nil
	case persons:
		return []privacy.Finding{{Kind: privacy.PersonColumn, From: 0, To: len(text), Why: "the column names persons"}}
	}
	if field, is := register.TextOf(cell); is {
		return scanField(field, text)
	}
	return privacy.Scan(text)
}

// countHeld says by kind how many texts and cells are held.
func countHeld(texts []heldText, cells []heldCell) []register.Withheld {
	var out []register.Withheld
	for _, kind := range privacy.Kinds() {
		has := func(findings []privacy.Finding) bool { return slices.Contains(privacy.KindsOf(findings), kind) }
		count := register.Withheld{Kind: kind}
		for _, h := range texts {
			if has(h.findings) {
				count.Texts++
			}
		}
		for _, h := range cells {
			if has(h.findings) {
				count.Cells++
			}
		}
		if count.Texts+count.Cells > 0 {
			out = append(out, count)
		}
	}
	return out
}

// withheldWords stand in a report for what the privacy scan finds something in:
// the report is public, and repeats cells.
const withheldWords = "(withheld)"

// withholdReport takes such words out of an import's report, and cuts the other
// values that it repeats: after the scan, for a part of a number is found no more.
func withholdReport(r *register.Report) {
	withhold := func(text *string) {
		if len(privacy.Scan(*text)) > 0 {
			*text = withheldWords
		}
	}
	hide := func(text *string) {
		withhold(text)
		*text = fault.Quoted(*text)
	}
	for i := range r.Normalised {
		hide(&r.Normalised[i].From)
		hide(&r.Normalised[i].To)
	}
	for i := range r.Doubts {
		for j := range r.Doubts[i].Cases {
			hide(&r.Doubts[i].Cases[j].What)
		}
	}
	for i := range r.Unknown {
		hide(&r.Unknown[i].Header)
	}
	for i := range r.Sheets {
		r.Sheets[i].Words = slices.Clone(r.Sheets[i].Words)
		for j := range r.Sheets[i].Words {
			withhold(&r.Sheets[i].Words[j])
		}
	}
}

// nameID is the id made of a name, as register.Slug makes it, or one of chance
// where the name holds what the scan looks for in names: an id stands in
// addresses and columns, which nothing can be taken out of later.
func nameID(name string) string {
	if len(privacy.ScanName(name)) > 0 {
		return "withheld-" + uuid.NewString()[:13]
	}
	return register.Slug(name)
}

// keepHeldTexts stores the words, salts and findings of texts that are held.
// Their entries are numbered and salted.
func (w *work) keepHeldTexts(ctx context.Context, edition uuid.NullUUID, held []heldText) error {
	rows := newHeldRows(len(held))
	for _, h := range held {
		t := h.entry.Texts[h.index]
		number := h.entry.Number
		row := heldRow{number: &number, field: t.Field, text: t.Text, salt: t.Salt, findings: h.findings}
		if edition.Valid {
			row.edition = &edition.UUID
			if h.entry.Line > 0 {
				row.sheet, row.line = &h.entry.Sheet, &h.entry.Line
			}
		}
		if err := rows.add(row); err != nil {
			return err
		}
	}
	return w.insertHeld(ctx, rows)
}

// keepHeldCells stores the words and findings of cells that are held. In
// source_rows null stands in their place.
func (w *work) keepHeldCells(ctx context.Context, edition uuid.UUID, held []heldCell) error {
	rows := newHeldRows(len(held))
	for _, h := range held {
		err := rows.add(heldRow{edition: &edition, sheet: &h.sheet, line: &h.line, column: &h.column, text: h.text, findings: h.findings})
		if err != nil {
			return err
		}
	}
	return w.insertHeld(ctx, rows)
}

// heldRow is one row of withheld_texts with its content.
type heldRow struct {
	number              *int64
	field               register.Field
	edition             *uuid.UUID
	sheet, line, column *int
	text                string
	salt                []byte
	findings            []privacy.Finding
}

// heldRows are rows by their columns, as one statement takes them.
type heldRows struct {
	ids                    []uuid.UUID
	numbers                []*int64
	fields, texts          []string
	editions               []*uuid.UUID
	sheets, lines, columns []*int
	salts                  [][]byte
	findings               []string
}

func newHeldRows(n int) *heldRows { return &heldRows{ids: make([]uuid.UUID, 0, n)} }

func (r *heldRows) add(row heldRow) error {
	findings, err := json.Marshal(row.findings)
	if err != nil {
		return fmt.Errorf("writing findings: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	r.ids, r.numbers, r.fields, r.texts = append(r.ids, id), append(r.numbers, row.number), append(r.fields, string(row.field)), append(r.texts, row.text)
	r.editions, r.sheets, r.lines, r.columns = append(r.editions, row.edition), append(r.sheets, row.sheet), append(r.lines, row.line), append(r.columns, row.column)
	r.salts, r.findings = append(r.salts, row.salt), append(r.findings, string(findings))
	return nil
}

func (w *work) insertHeld(ctx context.Context, r *heldRows) error {
	if len(r.ids) == 0 {
		return nil
	}
	_, err := w.tx.ExecContext(ctx, `
		INSERT INTO withheld_texts (id, created_at, entry_number, field, edition_id, sheet, line, "column", findings, written_by)
		SELECT id, $1, entry_number, field, edition_id, sheet, line, "column", findings::jsonb, nullif($10::uuid, '00000000-0000-0000-0000-000000000000')
		FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[])
			AS new (id, entry_number, field, edition_id, sheet, line, "column", findings)`,
		w.now, r.ids, r.numbers, r.fields, r.editions, r.sheets, r.lines, r.columns, r.findings, w.actor.PersonID)
	if err != nil {
		return fmt.Errorf("writing %d withheld texts: %w", len(r.ids), err)
	}
	_, err = w.tx.ExecContext(ctx, `
		INSERT INTO withheld_contents (withheld_text_content, text, salt)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])`, r.ids, r.texts, r.salts)
	if err != nil {
		return fmt.Errorf("writing the words of %d withheld texts: %w", len(r.ids), err)
	}
	return nil
}

// WithheldSince is the day since which texts of an entry are withheld: that of
// its recording.
func WithheldSince(e register.Entry) terms.Date { return terms.Today(e.RecordedAt) }
