package layout

import (
	"fmt"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// table takes each row beneath the headers that holds anything. Columns may
// stand in any order. What the layout has no column for is counted and left as
// it stands in the sheet.
func (known sheet) table(s register.Sheet, header int) (register.Table, []register.Unknown, []fault.Reason) {
	t := register.Table{Sheet: s.Name, Header: header, Columns: map[register.Cell]int{}, Headers: map[register.Cell]string{}}
	if len(s.Rows) == 0 {
		return t, nil, []fault.Reason{{Code: "header-missing", Field: register.Place(s.Name, 1, ""), Message: "is empty; the headers of the columns stand there"}}
	}
	line := headings(s)[header-1]
	headers := line.raw
	meaning, repeated := known.match(line)
	cells := make([]register.Cell, len(headers))
	var unknown []register.Unknown
	var reasons []fault.Reason
	for i, c := range meaning {
		if first, twice := repeated[i]; twice {
			reasons = append(reasons, fault.Reason{Code: "column-repeated", Field: register.Place(s.Name, header, register.ColumnLetters(i+1)),
				Message: fmt.Sprintf("has the header %q, as column %s has", oneLine(headers[i]), register.ColumnLetters(first+1))})
			continue
		}
		if c < 0 {
			if rows := filled(s, header, i); rows > 0 || strings.TrimSpace(headers[i]) != "" {
				unknown = append(unknown, register.Unknown{Sheet: s.Name, Column: register.ColumnLetters(i + 1), Header: headers[i], Rows: rows})
			}
			continue
		}
		cells[i] = known.columns[c].cell
		t.Columns[cells[i]], t.Headers[cells[i]] = i+1, strings.Join(strings.Fields(headers[i]), " ")
	}
	for _, c := range known.columns {
		if !c.optional && t.Columns[c.cell] == 0 {
			reasons = append(reasons, fault.Reason{Code: "column-missing", Field: register.Place(s.Name, header, ""),
				Message: fmt.Sprintf("lacks the column %q", oneLine(c.headers[0]))})
		}
	}
	t.Rows = make([]register.Row, 0, len(s.Rows))
	for i, values := range s.Rows[header:] {
		if len(values) == 0 {
			continue
		}
		row := register.Row{Line: header + i + 1, Cells: make(map[register.Cell]string, len(t.Columns))}
		for j, value := range values {
			if value != "" && cells[j] != "" {
				row.Cells[cells[j]] = value
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, unknown, reasons
}

// filled counts the rows beneath the headers that hold something in a column,
// counted from 0.
func filled(s register.Sheet, header, column int) int {
	rows := 0
	for _, row := range s.Rows[header:] {
		if column < len(row) && row[column] != "" {
			rows++
		}
	}
	return rows
}
