package register

import "strings"

// Sheet is one sheet of a published workbook, every cell as it stood: nothing
// is trimmed, rounded or translated. Row i of Rows is line i+1 of the sheet; a
// row ends at its last cell that holds anything, so an empty line is an empty
// row, and there are no empty rows after the last that holds something.
type Sheet struct {
	Name string
	Rows [][]string
	// Words are the paragraphs of the sheet's drawings, in the order of the
	// file. Registers print their title and period in a text box, where no cell
	// holds them.
	Words []string
	// Hidden says that programs do not show the sheet, HiddenLines which of its
	// lines they do not.
	Hidden      bool
	HiddenLines []int
}

// Cell is the cell at a line and column counted from 1; empty where the row
// ends before it.
func (s Sheet) Cell(line, column int) string {
	if line < 1 || line > len(s.Rows) || column < 1 || column > len(s.Rows[line-1]) {
		return ""
	}
	return s.Rows[line-1][column-1]
}

// Filled is the number of rows that hold anything.
func (s Sheet) Filled() int {
	filled := 0
	for _, row := range s.Rows {
		if len(row) > 0 {
			filled++
		}
	}
	return filled
}

// Trim gives rows the form that Sheet promises, by cutting empty cells at the
// ends of rows and empty rows at the end; it changes rows in place.
func Trim(rows [][]string) [][]string {
	last := 0
	for i, row := range rows {
		n := len(row)
		for n > 0 && row[n-1] == "" {
			n--
		}
		rows[i] = row[:n]
		if n > 0 {
			last = i + 1
		}
	}
	return rows[:last]
}

// ColumnLetters names the column counted from 1 as a spreadsheet does: A, B, …
// Z, AA.
func ColumnLetters(column int) string {
	var out strings.Builder
	var letters []byte
	for ; column > 0; column = (column - 1) / 26 {
		letters = append(letters, byte('A'+(column-1)%26))
	}
	for i := len(letters) - 1; i >= 0; i-- {
		out.WriteByte(letters[i])
	}
	return out.String()
}
