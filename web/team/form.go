package team

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// Form is one command as a form of a page that has several: the names of its
// fields begin with its id, so that each is one of the page.
type Form struct {
	ID, Title, Intro, Href, Button string
	Warning                        bool     // it cannot be taken back
	Open                           bool     // it was sent and refused
	Digest                         string   // of the terms that it is about; empty: none is shown
	Against                        []string // why this person may not
	Fields                         []*page.Field
}

// named puts the form's id before the names of its fields.
func (f *Form) named() *Form {
	for _, field := range f.Fields {
		field.Name = f.ID + "." + field.Name
	}
	return f
}

// fill keeps what was typed.
func (f *Form) fill(r *http.Request) {
	if r.Method != http.MethodPost {
		return
	}
	for _, field := range f.Fields {
		if field.Kind == "checkboxes" {
			field.Values = r.PostForm[field.Name]
		} else if _, sent := r.PostForm[field.Name]; sent {
			field.Value = r.PostForm.Get(field.Name)
		}
	}
}

// refused says beside its fields what came of it.
func (f *Form) refused(err error) (problems []page.Problem, status int, _ error) {
	var told *fault.Error
	if errors.As(err, &told) {
		copied := *told
		copied.Reasons = slices.Clone(told.Reasons)
		for i, reason := range copied.Reasons {
			name := f.ID + "." + reason.Field
			if slices.ContainsFunc(f.Fields, func(field *page.Field) bool { return field.Name == name }) {
				copied.Reasons[i].Field = name
			}
		}
		err = &copied
	}
	f.Open = true
	problems, status, err = page.Refused(err, f.Fields)
	if told != nil && len(told.Reasons) > 0 {
		problems = append([]page.Problem{{Text: told.Message}}, problems...)
	}
	return problems, status, err
}

// answers reads what a form sent, by the names without its id. Dates that are
// none are kept as reasons against.
type answers struct {
	r      *http.Request
	id     string
	unread []fault.Reason
}

func (a *answers) text(name string) string {
	return strings.ReplaceAll(strings.TrimSpace(a.r.PostFormValue(a.id+"."+name)), "\r\n", "\n")
}

func (a *answers) all(name string) []string { return a.r.PostForm[a.id+"."+name] }

func (a *answers) date(name string) *terms.Date {
	raw := a.text(name)
	if raw == "" {
		return nil
	}
	d, err := terms.ParseDate(raw)
	if err != nil {
		a.unread = append(a.unread, fault.Reason{Code: "date", Field: name, Message: "is no date; write it as 2027-01-31"})
		return nil
	}
	return &d
}

// wrong is nil where every answer could be read.
func (a *answers) wrong() error {
	if len(a.unread) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "The form cannot be read").With(a.unread...)
}
