package applicant

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// LinesView is the list of dataset lines.
type LinesView struct {
	Reference, State, Action string
	MayEdit, Saved           bool
	Revision                 int
	Problems                 []page.Problem
	Rows                     []LineRow
	Add                      *page.Field
	Next                     page.Link
	Documents                Documents
}

// LineRow is a dataset line in the list.
type LineRow struct {
	Number                     int
	Href, Dataset, Type, Power string
	Route, OptOut, Fields      string
	Missing                    int // answers
}

var linesPage = page.Parse[LinesView]("applicant/lines.html", "applicant/parts.html")

var linesStep = steps[2]

func (s *server) lines(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	return s.showLines(w, r, actor, d, http.StatusOK, nil, &page.Field{})
}

func (s *server) showLines(w http.ResponseWriter, r *http.Request, actor access.Actor, d *release.Draft, status int, problems []page.Problem, add *page.Field) error {
	view := LinesView{Reference: d.Reference, State: d.State.Label(), Action: address(d, release.StepLines), MayEdit: d.MayEdit, Problems: problems,
		Saved: r.URL.Query().Has("saved"), Revision: d.Revisions[release.StepLines], Next: following(d, release.StepLines), Documents: documentsOf(d, release.StepLines)}
	for i, l := range d.Application.Lines {
		row := LineRow{Number: i + 1, Href: address(d, release.StepLines, strconv.Itoa(i+1)), Dataset: l.DatasetName, Type: l.Type.Label(),
			Power: l.Power.Label(), Route: l.Route.Label(), OptOut: l.OptOut.Label(), Fields: fmt.Sprintf("Fields: %d", len(l.Fields))}
		for _, g := range d.Gaps {
			if strings.HasPrefix(g.Field, fmt.Sprintf("lines[%d].", i)) {
				row.Missing++
			}
		}
		view.Rows = append(view.Rows, row)
	}
	all, err := s.Service.Dictionaries(r.Context(), actor)
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, dictionary := range all {
		names[i] = dictionary.Dataset
	}
	add.Name, add.Label, add.Kind, add.Wide = "datasetName", "Dataset", "text", true
	add.Hint = "Its name as the register has it."
	if len(names) > 0 {
		add.Hint += " This service makes extracts of: " + strings.Join(names, "; ") + "."
	}
	view.Add = add
	title := linesStep.Title
	if len(problems) > 0 {
		title = "Error: " + title
	}
	return linesPage.Render(s.pages, w, r, page.Page{Title: title, Status: status, Private: true, Trail: trail(d)}, view)
}

// addLine adds a line, or removes one.
func (s *server) addLine(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	form, err := posted(r)
	if err != nil {
		return err
	}
	lines := slices.Clone(d.Application.Lines)
	to := address(d, release.StepLines) + "?saved"
	if raw := form.Get("remove"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 || n > len(lines) {
			return fault.New(fault.NotFound, "There is no such line.")
		}
		lines = slices.Delete(lines, n-1, n)
	} else {
		l := release.LineInput{DatasetName: strings.TrimSpace(form.Get("datasetName"))}
		all, err := s.Service.Dictionaries(r.Context(), actor)
		if err != nil {
			return err
		}
		if dictionary, ok := dictionaryOf(l, all); ok {
			l.DatasetName, l.Definition = dictionary.Dataset, dictionary.Definition
		}
		if n := len(lines); n > 0 { // lines of one agreement are mostly of one discloser
			l.Discloser, l.Site = lines[n-1].Discloser, lines[n-1].Site
		}
		lines = append(lines, l)
		to = address(d, release.StepLines, strconv.Itoa(len(lines)))
	}
	revision, _ := strconv.Atoi(form.Get("revision"))
	_, err = s.Service.SaveSection(r.Context(), actor, d.ID, revision, release.LinesSection{Lines: lines})
	if err == nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	conflict := err
	add := &page.Field{Name: "datasetName", Label: "Dataset", Value: form.Get("datasetName")}
	problems, status, err := page.Refused(unprefixed(err, fmt.Sprintf("lines[%d].", len(lines)-1)), []*page.Field{add})
	if err != nil {
		return err
	}
	if errors.Is(conflict, fault.Conflict) && d.MayEdit {
		problems = []page.Problem{{Text: "Somebody else has changed the lines since you opened this page. They stand below as they are now; look at them and try again."}}
	}
	return s.showLines(w, r, actor, d, status, problems, add)
}

// lineNumber is the line of the address.
func lineNumber(r *http.Request, d *release.Draft) (int, error) {
	n, err := strconv.Atoi(r.PathValue("line"))
	if err != nil || n < 1 || n > len(d.Application.Lines) {
		return 0, fault.New(fault.NotFound, "There is no such dataset line.")
	}
	return n, nil
}

func (s *server) line(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	n, err := lineNumber(r, d)
	if err != nil {
		return err
	}
	all, err := s.Service.Dictionaries(r.Context(), actor)
	if err != nil {
		return err
	}
	l := d.Application.Lines[n-1]
	f := lineForm(l, all)
	values, err := f.values(l)
	if err != nil {
		return err
	}
	view := shown(d, linesStep)
	view.Title, view.Lead, view.Line, view.Action = fmt.Sprintf("Dataset line %d", n), "", n, address(d, release.StepLines, strconv.Itoa(n))
	view.Next = page.Link{Text: "All dataset lines", Href: address(d, release.StepLines)}
	view.Saved, view.Gaps, view.Documents = r.URL.Query().Has("saved"), nil, Documents{}
	for _, g := range d.Gaps {
		if field, ok := strings.CutPrefix(g.Field, fmt.Sprintf("lines[%d].", n-1)); ok {
			view.Gaps = append(view.Gaps, Gap{Text: g.Message, Standard: g.Standard, Href: "#" + page.Field{Name: field}.ID()})
		}
	}
	view.Form = f.block(named(values, d.Names), "", new(fields))
	return stepPage.Render(s.pages, w, r, page.Page{Title: view.Title, Private: true, Trail: append(trail(d), page.Link{Text: linesStep.Title, Href: address(d, release.StepLines)})}, view)
}

func (s *server) saveLine(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	n, err := lineNumber(r, d)
	if err != nil {
		return err
	}
	form, err := posted(r)
	if err != nil {
		return err
	}
	all, err := s.Service.Dictionaries(r.Context(), actor)
	if err != nil {
		return err
	}
	f := lineForm(d.Application.Lines[n-1], all)
	values := slugged(f.compact(form), d.Names)
	revision, _ := strconv.Atoi(form.Get("revision"))
	var l release.LineInput
	err = f.read(values, &l)
	if err == nil {
		lines := slices.Clone(d.Application.Lines)
		lines[n-1] = l
		_, err = s.Service.SaveSection(r.Context(), actor, d.ID, revision, release.LinesSection{Lines: lines})
	}
	if err == nil {
		to := address(d, release.StepLines) + "?saved"
		if form.Get("then") == "stay" {
			to = address(d, release.StepLines, strconv.Itoa(n)) + "?saved"
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	return s.refuse(w, r, actor, refusal{err: err, step: linesStep, form: f, values: values, revision: revision, prefix: fmt.Sprintf("lines[%d].", n-1), line: n})
}

// unprefixed is a fault whose paths begin below a prefix, as the fields of a
// page that shows one line have them.
func unprefixed(err error, prefix string) error {
	var told *fault.Error
	if prefix == "" || !errors.As(err, &told) {
		return err
	}
	out := fault.New(told.Kind, "%s", told.Message)
	for _, reason := range told.Reasons {
		reason.Field = strings.TrimPrefix(reason.Field, prefix)
		out.With(reason)
	}
	return out
}
