package sheets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
)

// readJSON reads a list of objects, or an object with one member that is such a
// list, as a sheet: its first row has the names of members in the order of their
// first appearance. A string is a cell as it is; any other value is its JSON.
// null and a member that is not there are an empty cell.
func readJSON(text []byte, form *register.Form) ([][]string, error) {
	refuse := func(where, words string, args ...any) error {
		return fault.New(fault.Invalid, "the JSON cannot be read; nothing of it was taken").
			With(fault.Reason{Code: "json", Field: where, Message: fmt.Sprintf(words, args...)})
	}
	list := json.RawMessage(text)
	var object map[string]json.RawMessage
	var err error
	if bytes.TrimLeft(text, " \t\r\n")[0] == '{' {
		err = json.Unmarshal(text, &object)
	} else {
		err = json.Unmarshal(text, &list)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		read := text[:min(int(syntax.Offset), len(text))]
		line := bytes.Count(read, []byte("\n")) + 1
		return nil, refuse(fmt.Sprintf("line %d, character %d", line, utf8.RuneCount(read[bytes.LastIndexByte(read, '\n')+1:])), "the JSON is broken: %s", syntax)
	}
	if err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if object != nil {
		for name, value := range object {
			if value[0] == '[' {
				if form.Member != "" {
					return nil, refuse("file", "has more than one list: %s and %s", fault.Quoted(min(form.Member, name)), fault.Quoted(max(form.Member, name)))
				}
				form.Member, list = name, value
			}
		}
		if form.Member == "" {
			return nil, refuse("file", "has no list of entries")
		}
	}
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	rows := [][]string{nil}
	raw := map[string]bool{}
	for n := 1; d.More(); n++ {
		row, err := readObject(d, &rows[0], raw)
		if err != nil {
			return nil, refuse(fmt.Sprintf("entry %d", n), "%s", err)
		}
		rows = append(rows, row)
	}
	for name := range raw {
		form.Raw = append(form.Raw, name)
	}
	slices.Sort(form.Raw)
	return rows, nil
}

// readObject reads the next object in the order of its members.
func readObject(d *json.Decoder, names *[]string, raw map[string]bool) ([]string, error) {
	if t, err := d.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("is no object")
	}
	row := make([]string, len(*names))
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if seen[name] {
			return nil, fmt.Errorf("has the member %q twice", fault.Quoted(name))
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		at := slices.Index(*names, name)
		if at < 0 {
			if at = len(*names); at == maxColumns {
				return nil, errors.New("has more members than any register has")
			}
			*names = append(*names, name)
		}
		for len(row) <= at {
			row = append(row, "")
		}
		switch {
		case string(value) == "null":
		case value[0] == '"':
			if err := json.Unmarshal(value, &row[at]); err != nil {
				return nil, err
			}
		default:
			row[at] = string(value)
			raw[name] = true
		}
	}
	_, err := d.Token()
	return row, err
}

// writeJSON writes a list of objects without the members that are empty. A
// member that had values which are no strings has them again, where the cell is
// still such a value.
func writeJSON(out *bytes.Buffer, form register.Form, rows [][]string) error {
	if form.Member != "" {
		name, err := encoded(form.Member)
		if err != nil {
			return err
		}
		out.WriteString("{" + name + ":")
	}
	out.WriteString("[")
	var names []string
	if len(rows) > 0 {
		names = rows[0]
	}
	for i, row := range rows[min(1, len(rows)):] {
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString("\n{")
		comma := ""
		for j, name := range names {
			if j >= len(row) || row[j] == "" {
				continue
			}
			key, err := encoded(name)
			if err != nil {
				return err
			}
			value := row[j]
			if !slices.Contains(form.Raw, name) || !json.Valid([]byte(value)) || strings.HasPrefix(value, `"`) {
				if value, err = encoded(value); err != nil {
					return err
				}
			}
			out.WriteString(comma + key + ":" + value)
			comma = ","
		}
		out.WriteString("}")
	}
	out.WriteString("\n]")
	if form.Member != "" {
		out.WriteString("}")
	}
	out.WriteString("\n")
	return nil
}

func encoded(text string) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(text)
	return strings.TrimSuffix(out.String(), "\n"), err
}
