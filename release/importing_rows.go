package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/release/register"
)

// keptRow is a row of a published file as it is about to be kept. A cell that
// is a text of the row's entry, or that is held, is null in cells: texts names
// the columns, from 1, that are texts of the entry.
type keptRow struct {
	line         int
	cells, texts string // JSON; texts may be empty
	entry        *register.Entry
}

// keptRows are the rows of each sheet, the cells that are held, and those that
// are a text of the row's entry but written otherwise.
type keptRows struct {
	sheets      [][]keptRow
	held, apart []heldCell
}

// rowsOf makes every row of every sheet ready to be kept. The entries were
// scanned before, so that a cell which one of them has is not looked at again.
func rowsOf(source register.Source, entries []register.Imported) (keptRows, error) {
	type place struct {
		sheet string
		line  int
	}
	became := make(map[place]*register.Entry, len(entries))
	for i := range entries {
		// A row of several entries is that of the first.
		if at := (place{entries[i].Sheet, entries[i].Line}); became[at] == nil {
			became[at] = &entries[i].Entry
		}
	}
	out := keptRows{sheets: make([][]keptRow, len(source.Sheets))}
	var line strings.Builder
	encode := json.NewEncoder(&line)
	encode.SetEscapeHTML(false)
	for index, s := range source.Sheets {
		columns, persons, header := columnsOf(source, s.Name)
		for i, row := range s.Rows {
			if len(row) == 0 {
				continue
			}
			kept := keptRow{line: i + 1, entry: became[place{s.Name, i + 1}]}
			cells, texts := make([]*string, len(row)), map[string]register.Field{}
			for column := range row {
				cell := columns[column+1]
				field, is := register.TextOf(cell)
				is = is && kept.entry != nil && row[column] != "" && kept.entry.Get(field) != ""
				if is {
					texts[strconv.Itoa(column+1)] = field
					if kept.entry.Get(field) == row[column] {
						continue
					}
				}
				if findings := scanCell(cell, row[column], slices.Contains(persons, column+1)); len(findings) > 0 && i+1 != header {
					out.held = append(out.held, heldCell{index, i + 1, column + 1, row[column], findings})
					continue
				}
				if is { // what can be erased by law stands where it can be
					out.apart = append(out.apart, heldCell{sheet: index, line: i + 1, column: column + 1, text: row[column]})
					continue
				}
				cells[column] = &row[column]
			}
			line.Reset()
			if err := encode.Encode(cells); err != nil {
				return out, fmt.Errorf("writing %s: %w", register.Place(s.Name, i+1, ""), err)
			}
			kept.cells = line.String()
			if len(texts) > 0 {
				named, err := json.Marshal(texts)
				if err != nil {
					return out, fmt.Errorf("writing %s: %w", register.Place(s.Name, i+1, ""), err)
				}
				kept.texts = string(named)
			}
			out.sheets[index] = append(out.sheets[index], kept)
		}
	}
	return out, nil
}

// columnsOf says what the columns of a sheet mean, from 1, which of them name
// persons, and on which line their headers stand.
func columnsOf(source register.Source, sheet string) (columns map[int]register.Cell, persons []int, header int) {
	columns, header = map[int]register.Cell{}, 1
	for _, table := range source.Tables() {
		if table.Sheet != sheet {
			continue
		}
		for cell, column := range table.Columns {
			columns[column] = cell
		}
		persons, header = append(persons, table.Persons()...), table.Header
	}
	return columns, persons, header
}

// keepRows stores every row of every sheet, with the number of the entry that
// it became, and aside what of them is held.
func (w *work) keepRows(ctx context.Context, edition uuid.UUID, sheets []register.Sheet, rows keptRows) error {
	err := w.copyRows(ctx, "source_rows", []string{"edition_source_rows", "sheet", "sheet_index", "line", "cells", "texts", "entry_number"}, func(yield func([]any) bool) {
		for index, kept := range rows.sheets {
			for _, r := range kept {
				var texts, entry any
				if r.texts != "" {
					texts = r.texts
				}
				if r.entry != nil {
					entry = r.entry.Number
				}
				if !yield([]any{edition, sheets[index].Name, index, r.line, r.cells, texts, entry}) {
					return
				}
			}
		}
	})
	if err != nil {
		return fmt.Errorf("keeping the rows of an edition: %w", err)
	}
	if err := w.keepApart(ctx, edition, rows.apart); err != nil {
		return err
	}
	return w.keepHeldCells(ctx, edition, rows.held)
}

func (w *work) keepApart(ctx context.Context, edition uuid.UUID, apart []heldCell) error {
	if len(apart) == 0 {
		return nil
	}
	sheets, lines, columns, texts := make([]int, len(apart)), make([]int, len(apart)), make([]int, len(apart)), make([]string, len(apart))
	for i, c := range apart {
		sheets[i], lines[i], columns[i], texts[i] = c.sheet, c.line, c.column, c.text
	}
	_, err := w.tx.ExecContext(ctx, `
		INSERT INTO source_cells (edition_id, sheet, line, "column", text)
		SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[])`, edition, sheets, lines, columns, texts)
	if err != nil {
		return fmt.Errorf("keeping %d cells: %w", len(apart), err)
	}
	return nil
}
