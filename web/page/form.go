package page

import (
	"errors"
	"net/http"
	"strings"

	"data.release/registrar/release/fault"
)

// Field is one answer of a form, as the template "field" shows it. What was
// typed stands in Value (or Values) also when it was refused.
type Field struct {
	Name, Label string // Name is the path of the answer: "title", "lines[0].power"
	Hint        string
	Standard    string // the DARS standard that asks for it, shown beside the answer
	Kind        string // text, textarea, date, number, select, radios, checkboxes, file, or hidden
	Value       string
	Values      []string // of checkboxes
	Options     []Option // of select, radios and checkboxes
	Rows        int      // of a textarea; 0: 5
	Wide        bool     // the whole width of the column
	Error       string
	Now         string // what another person has saved here since, where that differs
}

// Option is one of the values to choose from.
type Option struct{ Value, Label, Hint string }

// ID is the field's id in the page, a link of the error summary.
func (f Field) ID() string {
	return strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(f.Name)
}

// Chosen says whether an option is chosen.
func (f Field) Chosen(value string) bool {
	if f.Kind == "checkboxes" {
		for _, v := range f.Values {
			if v == value {
				return true
			}
		}
		return false
	}
	return f.Value == value
}

// Lines is the height of a textarea.
func (f Field) Lines() int {
	if f.Rows == 0 {
		return 5
	}
	return f.Rows
}

// Described are the ids of what describes the field.
func (f Field) Described() string {
	var ids []string
	if f.Hint != "" || f.Standard != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	if f.Now != "" {
		ids = append(ids, f.ID()+"-now")
	}
	return strings.Join(ids, " ")
}

// Problem is a line of the error summary; Href is "#" and a field's id, or
// empty where no field of the page is meant.
type Problem struct{ Text, Href string }

// Refused puts the reasons of a fault that the reader can mend beside the
// fields that they concern, and returns the summary; other errors it returns
// as they are. Reasons about no field of the page stand in the summary alone.
func Refused(err error, fields []*Field) (problems []Problem, status int, _ error) {
	var told *fault.Error
	if !errors.As(err, &told) {
		return nil, 0, err
	}
	switch {
	case errors.Is(err, fault.Invalid):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, fault.Conflict), errors.Is(err, fault.Refused):
		status = http.StatusConflict
	case errors.Is(err, fault.TooLarge):
		status = http.StatusRequestEntityTooLarge
	default:
		return nil, 0, err
	}
	if len(told.Reasons) == 0 {
		return []Problem{{Text: told.Message}}, status, nil
	}
	for _, reason := range told.Reasons {
		problem := Problem{Text: reason.Message}
		for _, f := range fields {
			if f.Name == reason.Field {
				problem = Problem{Text: f.Label + ": " + reason.Message, Href: "#" + f.ID()}
				if f.Error != "" {
					f.Error += "; "
				}
				f.Error += reason.Message
			}
		}
		if problem.Href == "" && reason.Field != "" {
			problem.Text = reason.Field + ": " + reason.Message
		}
		problems = append(problems, problem)
	}
	return problems, status, nil
}
