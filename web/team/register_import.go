package team

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// importsHome is where editions are tried and imported, and matchesHome where
// names that look alike are decided about.
const (
	importsHome = Home + "/register"
	matchesHome = importsHome + "/matches"
)

var (
	importsTrail = []page.Link{teamTrail[0], {Text: "Imports", Href: importsHome}}
	matchesTrail = append(importsTrail[:2:2], page.Link{Text: "Names that look alike", Href: matchesHome})
)

// importRoutes are the pages by which published registers come in: first a
// report of what an import would do, then the import, all of it or nothing.
func (s *server) importRoutes() []login.Route {
	imports, read, correct := access.ImportRegister, access.ReadAgreements, access.CorrectRegister
	return []login.Route{
		{Pattern: "GET " + importsHome, Permission: access.ReadImports, Handle: s.imports},
		{Pattern: "GET " + importsHome + ".csv", Permission: access.ReadImports, Handle: s.imports},
		{Pattern: "GET " + importsHome + "/try", Permission: imports, Handle: s.tryEdition},
		{Pattern: "POST " + importsHome + "/try", Permission: imports, Handle: s.tryEdition},
		{Pattern: "GET " + importsHome + "/drafts/{id}", Permission: access.ReadImports, Handle: s.draft},
		{Pattern: "GET " + importsHome + "/drafts/{id}/report.json", Permission: access.ReadImports, Handle: s.draftReport},
		{Pattern: "GET " + importsHome + "/drafts/{id}/report.xlsx", Permission: access.ReadImports, Handle: s.draftWorkbook},
		{Pattern: "POST " + importsHome + "/drafts/{id}", Permission: imports, Handle: s.draft},
		{Pattern: "GET " + matchesHome, Permission: read, Handle: s.matches},
		{Pattern: "GET " + matchesHome + ".csv", Permission: read, Handle: s.matches},
		{Pattern: "GET " + matchesHome + "/{id}", Permission: correct, Handle: s.decideMatch},
		{Pattern: "POST " + matchesHome + "/{id}", Permission: correct, Handle: s.decideMatch},
	}
}

func (s *server) imports(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	drafts, err := s.Service.EditionDrafts(r.Context(), actor)
	if err != nil {
		return err
	}
	waiting, err := s.Service.Matches(r.Context(), actor, release.MatchFilter{})
	if err != nil && !errors.Is(err, fault.Forbidden) {
		return err
	}
	view := ListView{
		Intro:   []string{"A published register is tried first: a report says what an import would do, and nothing is done. Then it is imported, all of it or nothing."},
		Actions: []page.Link{{Text: fmt.Sprintf("Names that look alike (%s)", page.Count(len(waiting))), Href: matchesHome}, {Text: "Editions that are imported", Href: "/editions"}},
		Count:   page.Plural(len(drafts), "file waits", "files wait"),
		Grid:    page.Grid{Caption: "Editions that were tried", Columns: page.Columns("File", "Publisher and period", "#Entries", "#Doubts", "Tried"), Empty: "No file waits."},
	}
	if access.Check(actor, access.ImportRegister) == nil {
		view.Actions = append([]page.Link{{Text: "Try an edition", Href: importsHome + "/try"}}, view.Actions...)
	}
	for _, d := range drafts {
		view.Grid.Rows = append(view.Grid.Rows, []page.GridCell{{Text: d.FileName, Href: importsHome + "/drafts/" + d.ID.String()},
			{Text: d.Report.Publisher, Note: d.Report.Period.String()}, {Text: page.Count(d.Report.Entries.Statements + d.Report.Entries.Releases)}, {Text: page.Count(len(d.Report.Doubts))}, {Text: page.Moment(d.CreatedAt)}})
	}
	return s.list(w, r, "Imports", view, teamTrail)
}

func (s *server) tryEdition(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	view := FormView{Heading: "Try an edition", Multipart: true, Cancel: importsHome, Buttons: []FormButton{{Text: "Report what an import would do"}},
		Intro: []string{"The file as it was published: a workbook, CSV or JSON. Its layout is recognised by its headings. Nothing is imported yet."},
		Fields: []*page.Field{
			{Name: "file", Label: "File", Kind: "file"},
			{Name: "from", Label: "First day that it covers", Kind: "text", Hint: "Where neither its title sheet nor its name says so; such as 2021-02-01"},
			{Name: "to", Label: "Last day, included", Kind: "text", Hint: "Such as 2021-02-28"},
			{Name: "publisher", Label: "Whose register it is", Kind: "text", Hint: "Only in a layout that many publish in, such as HDR UK's"},
		}}
	if r.Method == http.MethodPost {
		if err := r.ParseMultipartForm(8 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
			return unreadable(err)
		}
	}
	return s.form(w, r, view, importsTrail, func(value func(string) string) (string, error) {
		file, err := sentEdition(r, value)
		if err != nil {
			return "", err
		}
		id, err := s.Service.DraftEdition(r.Context(), actor, file)
		return importsHome + "/drafts/" + id.String(), err
	})
}

func sentEdition(r *http.Request, value func(string) string) (file release.EditionFile, err error) {
	problems := wrongForm()
	for _, day := range []struct {
		name, other string
		into        *terms.Date
	}{{"from", "to", &file.Period.From}, {"to", "from", &file.Period.To}} {
		if read := dayField(value, day.name, problems); read != nil {
			*day.into = *read
		} else if value(day.name) == "" && value(day.other) != "" {
			problems.With(fault.Reason{Code: "required", Field: day.name, Message: "give both days, or neither where the file says them"})
		}
	}
	file.Publisher = value("publisher")
	sent, header, err := r.FormFile("file")
	switch {
	case errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart):
		problems.With(fault.Reason{Code: "required", Field: "file", Message: "choose a file"})
	case err != nil:
		return file, unreadable(err)
	default:
		defer func() { _ = sent.Close() }()
		file.Name = header.Filename
		if file.Content, err = io.ReadAll(sent); err != nil {
			return file, unreadable(err)
		}
	}
	if len(problems.Reasons) > 0 {
		return file, problems
	}
	return file, nil
}

func (s *server) draftOf(r *http.Request, actor access.Actor) (*ent.EditionDraft, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "There is no such file.")
	}
	return s.Service.EditionDraft(r.Context(), actor, id)
}

// draft is the report of an edition that was tried, with what can be done now.
func (s *server) draft(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draftOf(r, actor)
	if err != nil {
		return err
	}
	view := draftView(d)
	if access.Check(actor, access.ImportRegister) != nil {
		view.Buttons = nil
	}
	return s.form(w, r, view, importsTrail, func(value func(string) string) (string, error) {
		switch value("do") {
		case "drop":
			return importsHome, s.Service.DropDraft(r.Context(), actor, d.ID)
		case "import":
			report, err := s.Service.ImportDraft(r.Context(), actor, d.ID)
			return "/editions/" + report.SHA256, err
		}
		return "", fault.New(fault.Invalid, "Say what to do with the file: import it, or drop it. Nothing was done.")
	})
}

func draftView(d *ent.EditionDraft) FormView {
	report := d.Report
	view := FormView{About: report.File, Heading: "What an import would do", Cancel: importsHome,
		Intro: []string{
			fmt.Sprintf("%s, %s, in the layout %s. SHA-256 of the file: %s.", report.Publisher, report.Period, report.Layout, report.SHA256),
		}}
	if report.Already {
		view.Intro = append(view.Intro, "This edition is recorded already: an import would make 0 entries and change nothing.")
	} else {
		view.Intro = append(view.Intro, fmt.Sprintf("It would make %s: %s of purposes and %s. Every row of every sheet is kept as it stood.", page.Plural(report.Entries.Statements+report.Entries.Releases, "entry", "entries"),
			page.Plural(report.Entries.Statements, "statement", "statements"), page.Plural(report.Entries.Releases, "release", "releases")))
		view.Also = []ListSection{{"New here", countsGrid([][2]any{{"Organisations", report.New.Organisations}, {"Datasets", report.New.Datasets}, {"Agreements", report.New.Agreements}, {"Versions of agreements", report.New.Versions}, {"Names that look like others: for the review list", report.Matches}})}}
	}
	if r := report.Readings; r != nil {
		view.Also = append(view.Also, ListSection{"Rows that keep an id", countsGrid([][2]any{{"New here", r.New}, {"Changed since the latest edition that is here", r.Changed}, {"Unchanged", r.Unchanged}})})
	}
	view.Also = append(view.Also, ListSection{"Doubtful", doubtsGrid(report.Doubts)})
	if len(report.Unknown) > 0 {
		grid := page.Grid{Caption: "Not in the layout", Columns: page.Columns("Sheet", "Column", "Heading", "#Rows")}
		for _, u := range report.Unknown {
			grid.Rows = append(grid.Rows, []page.GridCell{{Text: u.Sheet}, {Text: u.Column}, {Text: u.Header}, {Text: page.Count(u.Rows)}})
		}
		view.Also = append(view.Also, ListSection{"Kept, and not read", grid})
	}
	if len(report.Withheld) > 0 {
		grid := page.Grid{Caption: "Withheld", Columns: page.Columns("What was found", "#Texts", "#Cells")}
		for _, h := range report.Withheld {
			grid.Rows = append(grid.Rows, []page.GridCell{{Text: h.Kind.Label()}, {Text: page.Count(h.Texts)}, {Text: page.Count(h.Cells)}})
		}
		view.Also = append(view.Also, ListSection{"Would be withheld until a person has looked at it", grid})
	}
	view.Also = append(view.Also, ListSection{"The report as a file", page.Grid{Caption: "Files", Columns: page.Columns("Form"), Rows: [][]page.GridCell{
		{{Text: "Workbook", Href: importsHome + "/drafts/" + d.ID.String() + "/report.xlsx"}}, {{Text: "JSON", Href: importsHome + "/drafts/" + d.ID.String() + "/report.json"}}}}})
	drop := FormButton{Text: "Drop the file", Value: "drop", Secondary: true}
	switch {
	case d.ImportedAt != nil || d.DroppedAt != nil:
		view.Intro = append(view.Intro, "This file was imported or dropped already.")
	case report.Already:
		view.Buttons = []FormButton{drop}
	default:
		view.Buttons = []FormButton{{Text: "Import it", Value: "import", Warning: true}, drop}
	}
	return view
}

func countsGrid(lines [][2]any) page.Grid {
	grid := page.Grid{Caption: "Counts", Columns: page.Columns("What", "#How many")}
	for _, l := range lines {
		n, _ := l[1].(int)
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: fmt.Sprint(l[0])}, {Text: page.Count(n)}})
	}
	return grid
}

// mostDoubted is how many values of a doubt the page shows; the JSON has all.
const mostDoubted = 5

func doubtsGrid(doubts []register.Doubt) page.Grid {
	grid := page.Grid{Caption: "Doubtful", Columns: page.Columns("What", "#Rows", "Such as"), Empty: "Nothing."}
	for _, d := range doubts {
		var examples []string
		for i, c := range d.Cases {
			if i < mostDoubted {
				examples = append(examples, c.What)
			}
		}
		if more := len(d.Cases) - len(examples); more > 0 {
			examples = append(examples, fmt.Sprintf("%s more", page.Count(more)))
		}
		grid.Rows = append(grid.Rows, []page.GridCell{{Text: upperFirst(d.Title)}, {Text: page.Count(d.Rows)}, {Text: strings.Join(examples, "; ")}})
	}
	return grid
}

func (s *server) draftReport(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draftOf(r, actor)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(d.Report, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="report.json"`)
	_, err = w.Write(append(content, '\n'))
	return err
}

func (s *server) draftWorkbook(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draftOf(r, actor)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="report.xlsx"`)
	return release.WriteReport(w, d.Report)
}

func (s *server) matches(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	query := r.URL.Query()
	filter := release.MatchFilter{Kind: query.Get("kind"), Decided: query.Get("decided") == "yes"}
	found, err := s.Service.Matches(r.Context(), actor, filter)
	if err != nil {
		return err
	}
	view := ListView{
		Intro: []string{"These names came with an import and look like others that are recorded. None is merged by itself: a person decides. Two names of one organisation or dataset are joined by an entry of the register, which says so to everybody."},
		Filters: []*page.Field{{Name: "kind", Label: "Names of", Kind: "select", Value: filter.Kind, Options: []page.Option{{Label: "Everything"}, {Value: release.MatchOrganisation, Label: "Organisations"}, {Value: release.MatchDataset, Label: "Datasets"}, {Value: release.MatchReference, Label: "Agreements"}}},
			{Name: "decided", Label: "Decision", Kind: "select", Value: query.Get("decided"), Options: []page.Option{{Label: "Waits"}, {Value: "yes", Label: "Decided"}}}},
		Count: page.Plural(len(found), "pair", "pairs"),
		Grid:  page.Grid{Caption: "Names that look alike", Columns: page.Columns("Name", "Looks like", "Why", "Of", "Decision"), Empty: "No name waits for a decision."},
	}
	for _, m := range found {
		decision := page.GridCell{Text: "Waits"}
		switch {
		case m.Decision != "":
			decision = page.GridCell{Text: upperFirst(m.Decision), Note: m.Reason}
		case access.Check(actor, access.CorrectRegister) == nil:
			decision = page.GridCell{Text: "Decide", Href: matchesHome + "/" + m.ID.String(), About: m.Name}
		}
		view.Grid.Rows = append(view.Grid.Rows, []page.GridCell{{Text: m.Name, Note: m.NameID}, {Text: otherName(m.CandidateName), Note: m.Candidate}, {Text: m.Why}, {Text: upperFirst(m.Kind)}, decision})
	}
	return s.list(w, r, "Names that look alike", view, importsTrail)
}

func otherName(s string) string {
	if s == "" {
		return "No other name"
	}
	return s
}

func (s *server) decideMatch(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such pair of names.")
	}
	m, err := s.Service.Match(r.Context(), actor, id)
	if err != nil {
		return err
	}
	view := FormView{About: upperFirst(m.Kind), Heading: "Are these two names one?", Cancel: matchesHome,
		Intro:   []string{"“" + m.Name + "” (" + m.NameID + ")", "“" + otherName(m.CandidateName) + "” (" + m.Candidate + ")", "They look alike because: " + m.Why + "."},
		Buttons: []FormButton{{Text: "Decide"}},
		Fields: []*page.Field{{Name: "decision", Label: "They are", Kind: "radios", Options: []page.Option{
			{Value: release.SameName, Label: "One, in two spellings", Hint: "The register says so in an entry. Who took over from another is no other spelling of it"},
			{Value: release.DifferentName, Label: "Two", Hint: "They stay apart, and are not asked about again"}}},
			publicReason("Why")}}
	return s.form(w, r, view, matchesTrail, func(value func(string) string) (string, error) {
		_, err := s.Service.DecideMatch(r.Context(), actor, release.MatchDecision{ID: id, Decision: value("decision"), Reason: value("reason")})
		return matchesHome, err
	})
}
