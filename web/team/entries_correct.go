package team

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/ent/dataset"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// notMadeHere refuses before anything is typed what would be refused after it: of
// what was signed or released here no words change what its record says.
func (s *server) notMadeHere(r *http.Request, standing register.Entry) error {
	number := standing.Number
	if standing.Kind == register.Correction {
		number = standing.About
	}
	made, err := s.Service.MadeHere(r.Context(), number)
	if err != nil || !made {
		return err
	}
	return fault.New(fault.Refused, "Entry %s is of what was signed or released here, and the record says what it does. Amend or end the agreement, or have the release officer withdraw the extract: the register tells of it.", page.Count(number))
}

// amendFields ask what an entry should have said, column by column, with what
// it says now; of an entry that is yet to be made nothing is chosen.
func (s *server) amendFields(r *http.Request, kind register.Kind, e register.Entry) (fields []*page.Field, err error) {
	none := ""
	if e.Number == 0 {
		none = "Choose"
	}
	for _, c := range register.Amendable(kind) {
		f := &page.Field{Name: c.Name, Label: cmp.Or(amendLabels[c.Name], upperFirst(strings.ReplaceAll(c.Name, "_", " "))), Hint: amendHints[c.Name], Kind: "text", Value: c.Text(e), Wide: true}
		switch {
		case c.Name == "organisation_id":
			f.Kind = "select"
			f.Options, err = s.organisationOptions(r, cmp.Or(none, "Not recorded"))
		case c.Name == "dataset":
			f.Kind = "select"
			f.Options, err = s.datasetOptions(r, cmp.Or(none, "Not recorded"))
		case c.Name == "routes":
			f.Kind, f.Options = "checkboxes", options[terms.Route]("", terms.Route("").Values())
			for _, route := range e.Routes {
				f.Values = append(f.Values, string(route))
			}
		case amendCodes[c.Name] != nil:
			f.Kind, f.Options, f.Wide = "select", amendCodes[c.Name], false
			if none != "" {
				f.Options = append([]page.Option{{Label: none}}, f.Options...)
			}
		case c.Type == "date":
			f.Wide = false
		case c.Width >= 60:
			f.Kind, f.Rows = "textarea", 5
		}
		if err != nil {
			return nil, err
		}
		// A record that was merged since is still what the entry says.
		if f.Kind == "select" && f.Value != "" && !slices.ContainsFunc(f.Options, func(o page.Option) bool { return o.Value == f.Value }) {
			f.Options = append(f.Options, page.Option{Value: f.Value, Label: f.Value})
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// amendLabels are the columns in words, where their names are not.
var amendLabels = map[string]string{
	"event_from": "First day", "event_to": "Last day", "organisation_id": "Organisation", "reference": "Agreement", "power": "Legal power",
	"routes": "Confidentiality routes", "opt_out": "Patient opt-outs", "frequency": "How often", "channel": "How the data reached the recipient",
}

// amendHints help where the label does not say it all.
var amendHints = map[string]string{
	"event_from": "The first day on which it happened, such as 2026-11-01", "event_to": "The last day; the same where it was one",
	"reference": "Of an agreement that is recorded here, such as NIC-434739-UBTPP or DARS-NIC-434739-UBTPP-v1.0",
	"routes":    "How the duty of confidence was met; tick all that the agreement says", "starts": "Such as 2026-11-01", "ends": "Such as 2026-11-30",
	"controllers": "Divided by semicolons",
}

// amendCodes are the codes to choose from, by column.
var amendCodes = map[string][]page.Option{
	"type_of_data":   options[terms.TypeOfData]("", terms.TypeOfData("").Values()),
	"sensitivity":    options[terms.Sensitivity]("", terms.Sensitivity("").Values()),
	"power":          options[terms.Power]("", terms.Power("").Values()),
	"opt_out":        options[terms.OptOut]("", terms.OptOut("").Values()),
	"frequency":      options[terms.Frequency]("", terms.Frequency("").Values()),
	"channel":        options[terms.Channel]("Not recorded", terms.Channel("").Values()),
	"controllership": options[terms.Controllership]("", terms.Controllership("").Values()),
	"sub_licensing":  options[terms.Answer]("", terms.Answer("").Values()),
	"commercial":     options[terms.Answer]("", terms.Answer("").Values()),
}

// datasetOptions are all datasets to choose from.
func (s *server) datasetOptions(r *http.Request, none string) ([]page.Option, error) {
	found, err := s.Service.Read().Dataset.Query().Order(dataset.ByName()).All(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading datasets: %w", err)
	}
	choices := []page.Option{{Label: none}}
	for _, d := range found {
		choices = append(choices, page.Option{Value: d.Code, Label: d.Name})
	}
	return choices, nil
}

func publicReason(label string) *page.Field {
	return &page.Field{Name: "reason", Label: label, Kind: "textarea", Rows: 3, Hint: "The register publishes it. No names of patients"}
}

// valuesOf are the answers that a form sent, by the register's columns.
func valuesOf(fields []*page.Field, r *http.Request) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		switch {
		case !slices.ContainsFunc(register.Columns(), func(c register.Column) bool { return c.Name == f.Name }):
		case f.Kind == "checkboxes":
			values[f.Name] = strings.Join(r.PostForm[f.Name], register.ListMark)
		case r.PostForm.Has(f.Name):
			values[f.Name] = strings.ReplaceAll(strings.TrimSpace(r.PostForm.Get(f.Name)), "\r\n", "\n")
		}
	}
	return values
}

func (s *server) correctEntry(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	standing, err := s.entryOf(r)
	if err != nil {
		return err
	}
	if err := s.notMadeHere(r, standing); err != nil {
		return err
	}
	kind := standing.Kind
	if kind == register.Correction {
		kind = standing.Corrects
	}
	number := r.PathValue("number")
	fields, err := s.amendFields(r, kind, standing)
	if err != nil {
		return err
	}
	basedOn := &page.Field{Name: "based_on", Kind: "hidden", Value: strconv.FormatInt(standing.Number, 10)}
	view := FormView{About: "Entry " + number, Heading: "What should the entry have said?", Cancel: "/register/" + number,
		Intro:   []string{"The entry stays as it is, for ever. A correction stands in its place, says what it should have said, and why."},
		Buttons: []FormButton{{Text: "Enter the correction", Warning: true}},
		Also:    []ListSection{otherWays(number, kind)},
		Fields:  append(fields, basedOn, publicReason("Why it was wrong"))}
	return s.form(w, r, view, entriesTrail, func(value func(string) string) (string, error) {
		n, _ := strconv.ParseInt(number, 10, 64)
		read, err := strconv.ParseInt(value("based_on"), 10, 64)
		if err != nil || read < 1 {
			return "", fault.New(fault.Invalid, "The form does not say which reading of the entry it was filled with. Open it again.")
		}
		made, err := s.Service.CorrectEntry(r.Context(), actor, release.CorrectionInput{About: n, Reason: value("reason"), Values: valuesOf(fields, r), BasedOn: read})
		if err != nil && read != standing.Number {
			err = errors.Join(err, s.rebase(r, fields, read, standing))
		}
		return "/register/" + strconv.FormatInt(made, 10), err
	})
}

// rebase fills a refused form, which was filled with an earlier reading of the
// entry, with the one that stands now: what was typed stays, and where both
// differ what stands is told.
func (s *server) rebase(r *http.Request, fields []*page.Field, read int64, standing register.Entry) error {
	shown, err := s.Service.PublishedEntry(r.Context(), read)
	if err != nil {
		return err
	}
	typed := valuesOf(fields, r)
	meant, wrong := register.Meant(shown.Entry, standing, typed)
	for _, f := range fields {
		at := slices.IndexFunc(register.Columns(), func(c register.Column) bool { return c.Name == f.Name })
		now := register.Columns()[at].Text(standing)
		_, kept := meant[f.Name]
		switch {
		case slices.ContainsFunc(wrong, func(reason fault.Reason) bool { return reason.Field == f.Name }):
			f.Now = now
		case !kept && f.Kind == "checkboxes":
			f.Values = strings.Split(now, register.ListMark)
		case !kept:
			f.Value = now
		}
	}
	return nil
}
