package offline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// book is a workbook being verified: its sheets are read side by side, the
// entries, their proofs, and the texts that no cell can hold.
type book struct {
	rows, proofs, overflow *workbook.Rows
	columns                []*register.Column // of the sheet of entries; nil for one that is not the register's
	places                 map[string]int     // of columns, by title
	fields                 map[register.Field]int
	part                   overflowRow // the next row of the overflow sheet
	sequence               *proof.Sequence
	count                  int64
}

func verifyWorkbook(file io.ReaderAt, size int64, key note.Verifier) (report proof.SequenceReport, err error) {
	opened, err := workbook.Open(file, size)
	if err != nil {
		return report, err
	}
	b := &book{}
	for _, sheet := range []struct {
		name   string
		rows   **workbook.Rows
		needed bool
	}{{EntriesSheet, &b.rows, true}, {ProofsSheet, &b.proofs, true}, {workbook.OverflowSheet, &b.overflow, false}} {
		if *sheet.rows, err = opened.Rows(sheet.name); err != nil {
			return report, err
		}
		if *sheet.rows == nil && sheet.needed {
			return report, fault.New(fault.Invalid, "this workbook has no sheet %s: nothing in it can be verified. Take /register.xlsx from the register, without proofs=no", sheet.name)
		}
		if *sheet.rows != nil {
			defer (*sheet.rows).Close() //nolint:errcheck // it was only read
		}
	}
	return b.verify(key)
}

func (b *book) verify(key note.Verifier) (report proof.SequenceReport, err error) {
	titles, err := b.rows.Next()
	if err != nil {
		return report, cut(0, err)
	}
	if b.overflow != nil {
		_, err := b.overflow.Next() // its titles
		if err == nil {
			err = b.advance()
		}
		if err != nil {
			return report, cut(0, err)
		}
	}
	if _, err := b.proofs.Next(); err != nil {
		return report, cut(0, err)
	}
	first, err := b.proof()
	if err != nil {
		return report, cut(0, err)
	}
	if first.part != partCheckpoint {
		return report, fault.New(fault.Invalid, "the sheet %s does not begin with the checkpoint", ProofsSheet)
	}
	b.sequence = proof.NewSequence(key, first.leaf)
	b.name(titles)
	for {
		cells, failure := b.rows.Next()
		if errors.Is(failure, io.EOF) {
			break
		}
		if failure == nil {
			failure = b.entry(cells)
		}
		if failure != nil {
			b.sequence.Lose()
			return b.sequence.Close(nil), cut(b.count, failure)
		}
	}
	last, err := b.proof()
	if err == nil && last.part != partEnd {
		err = fmt.Errorf("the sheet %s has more rows than the sheet %s: rows were taken out, or the end of the proofs is missing", ProofsSheet, EntriesSheet)
	}
	if err != nil {
		b.sequence.Lose()
		b.sequence.Find(fault.Reason{Code: "file-count", Field: "sheet " + ProofsSheet, Message: err.Error()})
		return b.sequence.Close(nil), nil
	}
	if last.number != b.count {
		b.sequence.Find(fault.Reason{Code: "file-count", Field: "sheet " + EntriesSheet,
			Message: fmt.Sprintf("was made of %d entries and has %d", last.number, b.count)})
	}
	return b.sequence.Close(last.hashes), nil
}

// name finds the register's columns by their titles.
func (b *book) name(titles []workbook.Cell) {
	all := register.Columns()
	b.places, b.fields = map[string]int{}, map[register.Field]int{}
	for i, title := range titles {
		at := slices.IndexFunc(all, func(c register.Column) bool { return c.Name == title.Text })
		if at < 0 {
			if title.Text != "" {
				b.sequence.Find(fault.Reason{Code: "column-unknown", Field: "column " + title.Text, Message: "is not one of the register's: nothing proves what it says"})
			}
			b.columns = append(b.columns, nil)
			continue
		}
		if _, known := b.places[title.Text]; known {
			b.sequence.Find(fault.Reason{Code: "column-repeated", Field: "column " + title.Text, Message: "is there twice"})
		}
		b.columns, b.places[title.Text] = append(b.columns, &all[at]), i
		if field, own := all[at].Field(); own {
			b.fields[field] = i
		}
	}
}

// entry verifies one row and its proof. The error is for what breaks the file
// off; what does not hold is found.
func (b *book) entry(cells []workbook.Cell) error {
	row, err := b.whole(cells)
	if err != nil {
		return err
	}
	line := b.rows.Line()
	p, err := b.proof()
	if err != nil {
		return fmt.Errorf("line %d of the sheet %s: %w", b.proofs.Line(), ProofsSheet, err)
	}
	b.count++
	if p.part != partEntry && p.part != partUnsigned {
		return fmt.Errorf("line %d of the sheet %s has no proof for line %d of the sheet %s", b.proofs.Line(), ProofsSheet, line, EntriesSheet)
	}
	shown := b.cell(row, "number").Text
	if shown != strconv.FormatInt(p.number, 10) {
		b.sequence.Find(fault.Reason{Code: "entry-order", Field: fmt.Sprintf("line %d", line),
			Message: fmt.Sprintf("shows entry %q, and the proof beside it is of entry %d", shown, p.number)})
	}
	if p.part == partUnsigned {
		b.sequence.Place(p.number, nil)
		return nil
	}
	if b.sequence.Place(p.number, &proof.Place{Leaf: p.leaf, Before: p.hashes}) {
		b.sequence.Checked(b.compare(p, row))
	}
	return nil
}

// compare holds every cell of a row against the leaf.
func (b *book) compare(p proofRow, row []workbook.Cell) proof.Entry {
	texts := p.texts(b, row)
	published := make([]proof.Text, len(texts))
	for i, t := range texts {
		published[i] = proof.Text{Field: string(t.Field), Erased: t.Erased, Withheld: t.Withheld}
		if !t.Erased && !t.Withheld {
			published[i].Text, published[i].Salt = t.Text, p.salts[t.Field]
		}
	}
	out := proof.CheckTexts(p.number-1, []byte(p.leaf), published)
	e, err := register.ReadLeaf([]byte(p.leaf))
	if err != nil {
		out.Reasons = append(out.Reasons, fault.Reason{Code: "leaf-form", Field: "leaf", Message: "is no entry of a register"})
		return out
	}
	e.Texts = texts
	for i, c := range b.columns {
		if c == nil {
			continue // which has been said
		}
		if _, own := c.Field(); own {
			continue // its commitment was checked
		}
		if shown := at(row, i); !same(*c, c.Value(e), shown) {
			out.Reasons = append(out.Reasons, fault.Reason{Code: "cell-changed", Field: c.Name,
				Message: fmt.Sprintf("the cell shows %s; the log has %s", quote(shown.Text), quote(c.Text(e)))})
		}
	}
	for i := len(b.columns); i < len(row); i++ {
		if row[i].Text != "" {
			out.Reasons = append(out.Reasons, fault.Reason{Code: "cell-added", Field: "column " + register.ColumnLetters(i+1), Message: "holds something under no title"})
		}
	}
	return out
}

// texts are those of an entry as its row and its proof have them.
func (p proofRow) texts(b *book, row []workbook.Cell) []register.Text {
	texts := make([]register.Text, 0, len(p.salts)+1)
	for field := range p.salts {
		text, other := p.others[field]
		if place, ok := b.fields[field]; ok && !other {
			text = at(row, place).Text
		}
		texts = append(texts, register.Text{Field: field, Text: text})
	}
	for _, gone := range []struct {
		column string
		text   register.Text
	}{{"erased", register.Text{Erased: true}}, {"withheld", register.Text{Withheld: true}}} {
		for _, field := range strings.Split(b.cell(row, gone.column).Text, register.ListMark) {
			if field == "" {
				continue
			}
			gone.text.Field = register.Field(field)
			texts = append(texts, gone.text)
		}
	}
	// A text without a salt that the row shows all the same is nobody's.
	for field, place := range b.fields {
		if text := at(row, place).Text; p.salts[field] == "" && text != "" {
			texts = append(texts, register.Text{Field: field, Text: text})
		}
	}
	slices.SortStableFunc(texts, func(x, y register.Text) int { return strings.Compare(string(x.Field), string(y.Field)) })
	return texts
}

// cell is the cell of a row under a title.
func (b *book) cell(row []workbook.Cell, title string) workbook.Cell {
	place, ok := b.places[title]
	if !ok {
		return workbook.Cell{}
	}
	return at(row, place)
}

func at(row []workbook.Cell, place int) workbook.Cell {
	if place >= len(row) {
		return workbook.Cell{}
	}
	return row[place]
}

// same tells whether a cell shows a column's value.
func same(c register.Column, value any, shown workbook.Cell) bool {
	switch v := value.(type) {
	case nil:
		return shown.Text == ""
	case string:
		return shown.Text == v
	case int64:
		return shown.Text == strconv.FormatInt(v, 10)
	case bool:
		return shown.Text == map[bool]string{true: "1", false: "0"}[v]
	case terms.Date:
		if v.Compare(terms.NewDate(1900, 3, 1)) < 0 { // which spreadsheets have no number for
			return shown.Text == v.String() && !shown.Number
		}
		at, ok := moment(shown)
		return ok && at.Equal(time.Date(v.Year, v.Month, v.Day, 0, 0, 0, 0, time.UTC))
	case time.Time:
		at, ok := moment(shown)
		// A cell keeps a moment as a number of days, good to some millionths of a
		// second.
		return ok && at.Sub(v).Abs() < time.Millisecond
	}
	panic("offline: column " + c.Name + " has a value of an unknown type") // a mistake in register.Columns
}

// epoch is the day that spreadsheet programs count from, since 1 March 1900.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

func moment(c workbook.Cell) (time.Time, bool) {
	days, err := strconv.ParseFloat(c.Text, 64)
	if err != nil || !c.Number || days < 0 || days > 3e6 {
		return time.Time{}, false
	}
	whole, part := math.Modf(days)
	return epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part * float64(24*time.Hour)))), true
}

func quote(text string) string {
	const most = 120
	if text == "" {
		return "nothing"
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// proof reads the next row of the sheet of proofs.
func (b *book) proof() (proofRow, error) {
	cells, err := b.proofs.Next()
	if errors.Is(err, io.EOF) {
		return proofRow{}, fmt.Errorf("the sheet %s ends too early", ProofsSheet)
	}
	if err == nil {
		cells, err = b.whole(cells)
	}
	if err != nil {
		return proofRow{}, err
	}
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = c.Text
	}
	return readProofRow(texts)
}

// overflowRow is one part of a text that no cell can hold.
type overflowRow struct {
	text          int // from 1; 0 after the last
	form, content string
}

// advance reads the next row of the overflow sheet; an empty one after its end.
func (b *book) advance() error {
	cells, err := b.overflow.Next()
	if errors.Is(err, io.EOF) {
		b.part = overflowRow{}
		return nil
	}
	if err != nil {
		return err
	}
	if len(cells) < 7 {
		return fmt.Errorf("line %d of the sheet %s is not whole", b.overflow.Line(), workbook.OverflowSheet)
	}
	text, err := strconv.Atoi(cells[0].Text)
	b.part = overflowRow{text: text, form: cells[5].Text, content: cells[6].Text}
	return err
}

// whole puts in the texts that stand on the overflow sheet, which has them in
// the order of the rows that name them.
func (b *book) whole(cells []workbook.Cell) ([]workbook.Cell, error) {
	out := slices.Clone(cells)
	for i, c := range out {
		number, ok := strings.CutPrefix(c.Text, workbook.OverflowMark)
		if !ok || c.Number {
			continue
		}
		wanted, err := strconv.Atoi(number)
		if err != nil {
			continue
		}
		var text strings.Builder
		form := ""
		for b.part.text > 0 && b.part.text <= wanted {
			if b.part.text == wanted { // texts before it are nobody's: their cell was changed, which is found
				form = b.part.form
				text.WriteString(b.part.content)
			}
			if err := b.advance(); err != nil {
				return nil, err
			}
		}
		out[i].Text = text.String()
		if form == "json" {
			var plain string
			if json.Unmarshal([]byte(text.String()), &plain) == nil { // else it was changed, which is found
				out[i].Text = plain
			}
		}
	}
	return out, nil
}
