package sheets

import (
	"bytes"
	"fmt"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// readCSV reads comma-separated text (RFC 4180), and text divided by semicolons
// or tabs. encoding/csv passes over empty lines and turns the line ends inside
// of quotes into LF; here both come back as they stood. A quotation mark inside
// of a cell that does not begin with one is a character like any other.
func readCSV(text string, form *register.Form) ([][]string, error) {
	comma := commaOf(text)
	form.Comma, form.Quoted = string(comma), true
	var rows [][]string
	var row []string
	cells, quoted := 0, 0
	for line, at := 1, 0; ; {
		var cell string
		begun := line
		cells++
		if at < len(text) && text[at] == '"' {
			quoted++
			var part strings.Builder
			closed := false
			for at++; at < len(text); at++ {
				if text[at] == '\n' {
					line++
				}
				if text[at] != '"' {
					part.WriteByte(text[at])
					continue
				}
				if at+1 < len(text) && text[at+1] == '"' {
					part.WriteByte('"')
					at++
					continue
				}
				closed = true
				at++
				break
			}
			if !closed {
				return nil, wrong(begun, len(row)+1, "begins with a quotation mark that is never closed")
			}
			if at < len(text) && text[at] != comma && text[at] != '\n' && !strings.HasPrefix(text[at:], "\r\n") {
				return nil, wrong(line, len(row)+1, "goes on after its closing quotation mark")
			}
			cell = part.String()
		} else {
			end := strings.IndexAny(text[at:], string(comma)+"\n")
			if end < 0 {
				end = len(text) - at
			}
			cell = text[at : at+end]
			at += end
			if at < len(text) && text[at] == '\n' {
				cell = strings.TrimSuffix(cell, "\r")
			}
		}
		if strings.IndexByte(cell, 0) >= 0 {
			return nil, wrong(begun, len(row)+1, "holds the character U+0000, which no text has; save the file as CSV in UTF-8")
		}
		if row = append(row, cell); len(row) > maxColumns {
			return nil, wrong(line, maxColumns, "is followed by more columns than any register has")
		}
		switch {
		case at >= len(text):
			if len(row) > 1 || row[0] != "" {
				rows = append(rows, row)
			}
			form.Quoted = quoted == cells && cells > 1
			return rows, nil
		case text[at] == comma:
			at++
			if at == len(text) { // an empty cell ends the file
				row = append(row, "")
				rows = append(rows, row)
				form.Quoted = quoted == cells && cells > 1
				return rows, nil
			}
			continue
		case text[at] == '\r':
			form.CRLF = true
			at++
		case at > 0 && text[at-1] == '\r':
			form.CRLF = true
		}
		at++
		line++
		rows, row = append(rows, row), nil
		if at == len(text) {
			form.Quoted = quoted == cells
			return rows, nil
		}
	}
}

// commaOf is what divides the cells: whatever of comma, semicolon and tab the
// first line that holds anything has most of, outside of quotes.
func commaOf(text string) byte {
	counts := map[byte]int{}
	inside := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inside = !inside
		case inside:
		case c == '\n' && len(counts) > 0:
			i = len(text)
		case c == ',' || c == ';' || c == '\t':
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

func wrong(line, column int, words string) error {
	return fault.New(fault.Invalid, "the CSV cannot be read; nothing of it was taken").
		With(fault.Reason{Code: "csv", Field: fmt.Sprintf("line %d, column %d", line, column), Message: words})
}

func writeCSV(out *bytes.Buffer, form register.Form, rows [][]string) {
	comma, end := ",", "\n"
	if form.Comma != "" {
		comma = form.Comma
	}
	if form.CRLF {
		end = "\r\n"
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	for _, row := range rows {
		for i := range width {
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			if i > 0 {
				out.WriteString(comma)
			}
			if form.Quoted || strings.ContainsAny(cell, comma+"\"\r\n") || width == 1 && cell == "" && len(row) > 0 {
				out.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
				continue
			}
			out.WriteString(cell)
		}
		out.WriteString(end)
	}
}
