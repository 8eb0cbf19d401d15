package team

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/template"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/evidence"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// evidenceFields ask for a list.
func evidenceFields() []*page.Field {
	kinds := make([]page.Option, 0, 3)
	for _, k := range evidence.Kinds() {
		var columns []string
		for _, headings := range evidence.Headings(k) {
			columns = append(columns, headings[0])
		}
		kinds = append(kinds, page.Option{Value: string(k), Label: k.Label(), Hint: "Columns, in any order: " + strings.Join(columns, ", ")})
	}
	kinds[1].Hint += "; or the published file, which has no headings"
	return []*page.Field{
		{Name: "kind", Label: "Which list is it?", Kind: "radios", Options: kinds},
		{Name: "source", Label: "Where it was published", Wide: true, Hint: "It stands beside every fact that comes from it"},
		{Name: "file", Label: "File", Kind: "file", Hint: "CSV in UTF-8, at most 16 MB"},
	}
}

// evidence shows what a list would change, and then changes it. The list that
// was read travels in the form of the second step, so that what is applied is
// what was shown.
func (s *server) evidence(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	view := FormView{Heading: "Load a list of evidence", Action: evidenceHome, Multipart: true, Fields: evidenceFields(), Cancel: takeOnHome,
		Intro:   []string{"First you see what would change; nothing does until you say so. Rows about somebody who is not recorded are left out."},
		Buttons: []FormButton{{Text: "Show what would change"}}}
	p := page.Page{Title: view.Heading, Private: true, Trail: takeOnTrail}
	if r.Method != http.MethodPost {
		return formPage.Render(s.pages, w, r, p, view)
	}
	file, err := sentEvidence(r)
	if err == nil {
		typed(r, view.Fields)
		var report release.EvidenceReport
		if report, err = s.Service.LoadEvidence(r.Context(), actor, file); err == nil {
			return formPage.Render(s.pages, w, r, p, reported(file, report))
		}
	}
	if view.Problems, p.Status, err = page.Refused(err, view.Fields); err != nil {
		return err
	}
	p.Title = "Error: " + p.Title
	return formPage.Render(s.pages, w, r, p, view)
}

// sentEvidence reads the form of either step.
func sentEvidence(r *http.Request) (release.EvidenceFile, error) {
	var file release.EvidenceFile
	if err := r.ParseMultipartForm(8 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return file, unreadable(err)
	}
	file = release.EvidenceFile{Kind: evidence.Kind(r.PostForm.Get("kind")), Source: strings.TrimSpace(r.PostForm.Get("source")), Name: r.PostForm.Get("name"), Apply: r.PostForm.Get("do") == "apply"}
	if kept := r.PostForm.Get("content"); kept != "" {
		content, err := base64.StdEncoding.DecodeString(kept)
		if err != nil {
			return file, unreadable(err)
		}
		file.Content = content
		return file, nil
	}
	sent, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return file, fault.New(fault.Invalid, "1 answer needs attention").With(fault.Reason{Code: "required", Field: "file", Message: "choose a file"})
	} else if err != nil {
		return file, unreadable(err)
	}
	defer func() { _ = sent.Close() }()
	file.Name = header.Filename
	if file.Content, err = io.ReadAll(sent); err != nil {
		return file, fmt.Errorf("reading the file that was sent: %w", err)
	}
	return file, nil
}

// reported is what a list changes, or did.
func reported(file release.EvidenceFile, report release.EvidenceReport) FormView {
	grid := func(caption string, changes []release.EvidenceChange) page.Grid {
		g := page.Grid{Caption: caption, Columns: page.Columns("Row", "About", "Fact", "Now", "Then"), Empty: "None."}
		for _, c := range changes[:min(len(changes), shown)] {
			g.Rows = append(g.Rows, []page.GridCell{{Text: page.Count(c.Row)}, {Text: c.Name, Note: c.Subject}, {Text: c.Field}, {Text: c.From}, {Text: c.To}})
		}
		return g
	}
	view := FormView{About: report.Kind.Label() + ", " + report.File, Heading: page.Plural(len(report.Changes), "fact", "facts") + " would change", Action: evidenceHome, Cancel: evidenceHome,
		Intro: []string{fmt.Sprintf("%s read; %s about somebody who is recorded. SHA-256 of the file: %s.", page.Plural(report.Rows, "row was", "rows were"), page.Plural(report.Matched, "is", "are"), report.SHA256)},
		Also:  []ListSection{{"What changes", grid("What changes", report.Changes)}}}
	if len(report.Changes) > shown {
		view.Intro = append(view.Intro, fmt.Sprintf("The first %d are below.", shown))
	}
	if len(report.Notes) > 0 {
		view.Also = append(view.Also, ListSection{"To look at", grid("To look at", report.Notes)})
	}
	switch {
	case report.Applied:
		view.Heading = page.Plural(len(report.Changes), "fact was", "facts were") + " changed"
		view.Buttons, view.Fields = nil, nil
	case len(report.Changes) > 0:
		hidden := func(name, value string) *page.Field { return &page.Field{Kind: "hidden", Name: name, Value: value} }
		view.Fields = []*page.Field{hidden("kind", string(file.Kind)), hidden("source", file.Source), hidden("name", file.Name), hidden("content", base64.StdEncoding.EncodeToString(file.Content))}
		view.Buttons = []FormButton{{Text: "Make these changes", Value: "apply"}}
	}
	return view
}

// recordTemplate writes a template, or the new answers of one. What the form
// has no field for stays as it is.
func (s *server) recordTemplate(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	name := r.URL.Query().Get("template")
	input := release.TemplateInput{Name: name}
	if name != "" {
		known, err := s.Service.Read().Template.Query().Where(template.Name(name)).Only(r.Context())
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no such template.")
		} else if err != nil {
			return fmt.Errorf("reading the template: %w", err)
		}
		input.Description = known.Description
		if err := json.Unmarshal(known.Answers, &input.Answers); err != nil {
			return fmt.Errorf("reading the template's answers: %w", err)
		}
	}
	if len(input.Answers.Lines) == 0 {
		input.Answers.Lines = []release.LineTemplate{{}}
	}
	names, err := s.organisationOptions(r, "Not mentioned")
	if err != nil {
		return err
	}
	view := FormView{Heading: "Write a template", Fields: templateFields(input, names), Buttons: []FormButton{{Text: "Save the template"}}, Cancel: templatesHome,
		Intro: []string{"What is left empty is not mentioned. It fills what agreements lack; nothing happens until it is applied."}}
	return s.form(w, r, view, append(append([]page.Link{}, takeOnTrail...), page.Link{Text: "Templates", Href: templatesHome}), func(value func(string) string) (string, error) {
		problems := wrongForm()
		readTemplate(&input, r, value, problems)
		if err := orNil(problems); err != nil {
			return "", err
		}
		_, err := s.Service.RecordTemplate(r.Context(), actor, input)
		return templatesHome, err
	})
}

func templateFields(in release.TemplateInput, names []page.Option) []*page.Field {
	a, line := in.Answers, in.Answers.Lines[0]
	var from, to *terms.Date
	if len(line.Periods) > 0 {
		from, to = &line.Periods[0].From, &line.Periods[0].To
	}
	var purposes []string
	for _, p := range line.Purposes {
		purposes = append(purposes, string(p))
	}
	return []*page.Field{
		{Name: "name", Label: "Name", Value: in.Name}, {Name: "description", Label: "What for", Value: in.Description, Wide: true},
		{Name: "answers.title", Label: "Title of the agreement", Value: a.Title, Wide: true, Hint: "{organisation} becomes the name of who applies"},
		{Name: "answers.controllership", Label: "How the controllers stand to each other", Kind: "select", Value: string(a.Controllership), Options: options[terms.Controllership]("Not mentioned", terms.Controllership("").Values())},
		{Name: "answers.territory", Label: "Territory", Kind: "select", Value: string(a.Territory), Options: options[terms.Territory]("Not mentioned", terms.Territory("").Values())},
		{Name: "answers.starts", Label: "Starts", Kind: "date", Value: dayValue(a.Starts)}, {Name: "answers.ends", Label: "Ends", Kind: "date", Value: dayValue(a.Ends)},
		{Name: "answers.lines[0].discloser", Label: "Discloser of the lines", Kind: "select", Value: line.Discloser, Options: names},
		{Name: "answers.lines[0].type", Label: "Only lines with this type of data", Kind: "select", Value: string(line.Types), Options: options[terms.TypeOfData]("Every type", terms.TypeOfData("").Values())},
		{Name: "answers.lines[0].power", Label: "Power to disclose", Kind: "select", Value: string(line.Power), Options: options[terms.Power]("Not mentioned", terms.Power("").Values())},
		{Name: "answers.lines[0].route", Label: "Confidentiality route", Kind: "select", Value: string(line.Route), Options: options[terms.Route]("Not mentioned", terms.Route("").Values())},
		{Name: "answers.lines[0].optOut", Label: "Opt-outs", Kind: "select", Value: string(line.OptOut), Options: options[terms.OptOut]("Not mentioned", terms.OptOut("").Values())},
		{Name: "periodFrom", Label: "Data from", Kind: "date", Value: dayValue(from)}, {Name: "periodTo", Label: "Data to", Kind: "date", Value: dayValue(to)},
		{Name: "answers.lines[0].purposes", Label: "Purposes", Kind: "checkboxes", Values: purposes, Options: options[terms.Purpose]("", terms.Purpose("").Values())},
		{Name: "article6", Label: "Article 6 conditions", Value: strings.Join(line.Article6, ", "), Hint: "With commas between them, such as 6(1)(e)"},
		{Name: "article9", Label: "Article 9 conditions", Value: strings.Join(line.Article9, ", "), Hint: "Such as 9(2)(h)"},
	}
}

func readTemplate(in *release.TemplateInput, r *http.Request, value func(string) string, problems *fault.Error) {
	a, line := &in.Answers, &in.Answers.Lines[0]
	in.Name, in.Description = value("name"), value("description")
	a.Title, a.Controllership, a.Territory = value("answers.title"), terms.Controllership(value("answers.controllership")), terms.Territory(value("answers.territory"))
	a.Starts, a.Ends = dayField(value, "answers.starts", problems), dayField(value, "answers.ends", problems)
	line.Discloser, line.Types = value("answers.lines[0].discloser"), terms.TypeOfData(value("answers.lines[0].type"))
	line.Power, line.Route, line.OptOut = terms.Power(value("answers.lines[0].power")), terms.Route(value("answers.lines[0].route")), terms.OptOut(value("answers.lines[0].optOut"))
	line.Periods, line.Purposes = nil, nil
	if from, to := dayField(value, "periodFrom", problems), dayField(value, "periodTo", problems); from != nil || to != nil {
		line.Periods = []terms.Period{{From: *orNone(from), To: *orNone(to)}}
	}
	for _, p := range r.PostForm["answers.lines[0].purposes"] {
		line.Purposes = append(line.Purposes, terms.Purpose(p))
	}
	line.Article6, line.Article9 = listed(value("article6")), listed(value("article9"))
}

// listed are words with commas between them.
func listed(text string) []string {
	var all []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	return all
}
