package applicant

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/completeness"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// StepView is one step of the form, or one dataset line.
type StepView struct {
	Reference, Title, Lead string
	Action                 string // where the form is posted
	Step                   string
	Revision               int
	MayEdit                bool
	State                  string
	Problems               []page.Problem
	Gaps                   []Gap
	Saved                  bool
	Form                   Block
	Next                   page.Link
	Documents              Documents
	Line                   int    // of a dataset line; 0 otherwise
	Picture                string // where the flows are drawn; empty on other steps
}

// Gap is what is missing, beside a link to where it is answered.
type Gap struct{ Text, Standard, Href string }

var stepPage = page.Parse[StepView]("applicant/step.html", "applicant/parts.html")

// section reads a step's section of values.
func section(name string, f form, values url.Values) (release.Section, error) {
	switch name {
	case release.StepPurpose:
		return read[release.PurposeSection](f, values)
	case release.StepParties:
		return read[release.PartiesSection](f, values)
	case release.StepSupport:
		return read[release.SupportSection](f, values)
	case release.StepFlows:
		return read[release.FlowsSection](f, values)
	}
	return read[release.TermSection](f, values)
}

func read[S release.Section](f form, values url.Values) (release.Section, error) {
	var s S
	err := f.read(values, &s)
	return s, err
}

// shown is what a step's page shows beside its form.
func shown(d *release.Draft, st step) StepView {
	view := StepView{Reference: d.Reference, Title: st.Title, Lead: st.Lead, Action: address(d, st.Name), Step: st.Name,
		Revision: d.Revisions[st.Name], MayEdit: d.MayEdit, State: d.State.Label(), Documents: documentsOf(d, st.Name)}
	for _, g := range d.Gaps {
		if g.Step == st.Name {
			view.Gaps = append(view.Gaps, Gap{Text: g.Message, Standard: g.Standard, Href: "#" + page.Field{Name: g.Field}.ID()})
		}
	}
	view.Next = following(d, st.Name)
	if st.Name == release.StepFlows && len(d.Application.Flows) > 0 {
		view.Picture = "/team/versions/" + d.ID.String() + "/flows"
	}
	return view
}

// following is the page after a step.
func following(d *release.Draft, name string) page.Link {
	for i, st := range steps {
		if st.Name == name && i+1 < len(steps) {
			return page.Link{Text: steps[i+1].Title, Href: address(d, steps[i+1].Name)}
		}
	}
	return page.Link{Text: "Check and submit", Href: address(d, "check")}
}

func (s *server) step(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	st, ok := stepOf(r.PathValue("step"))
	if !ok {
		return fault.New(fault.NotFound, "An application has no such step.")
	}
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	kept, err := d.Application.Section(st.Name)
	if err != nil {
		return err
	}
	f := formOf(st.Name, d)
	values, err := f.values(kept)
	if err != nil {
		return err
	}
	view := shown(d, st)
	view.Saved = r.URL.Query().Has("saved")
	view.Form = f.block(named(values, d.Names), "", new(fields))
	return stepPage.Render(s.pages, w, r, page.Page{Title: st.Title, Private: true, Trail: trail(d)}, view)
}

func (s *server) saveStep(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	st, ok := stepOf(r.PathValue("step"))
	if !ok || st.Name == release.StepLines {
		return fault.New(fault.NotFound, "An application has no such step.")
	}
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	form, err := posted(r)
	if err != nil {
		return err
	}
	f := formOf(st.Name, d)
	values := slugged(f.compact(form), d.Names)
	revision, _ := strconv.Atoi(form.Get("revision"))
	typed, err := section(st.Name, f, values)
	if err == nil {
		_, err = s.Service.SaveSection(r.Context(), actor, d.ID, revision, typed)
	}
	if err == nil {
		to := following(d, st.Name).Href
		if form.Get("then") == "stay" {
			to = address(d, st.Name) + "?saved"
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	return s.refuse(w, r, actor, refusal{err: err, step: st, form: f, values: values, revision: revision})
}

// refusal is a step, or a line, that was not saved.
type refusal struct {
	err      error
	step     step
	form     form
	values   url.Values
	revision int    // that was posted
	prefix   string // of a line's paths
	line     int
}

// refuse shows the form again with what was typed and every reason. After a
// conflict what another person has saved stands beside it, and saving once
// more is knowing.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, actor access.Actor, no refusal) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	view := shown(d, no.step)
	view.Gaps, view.Revision = nil, no.revision
	var all fields
	view.Form = no.form.block(named(no.values, d.Names), "", &all)
	changed := errors.Is(no.err, fault.Conflict) && d.MayEdit
	var status int
	if changed {
		view.Revision = d.Revisions[no.step.Name]
		saved, err := no.saved(d)
		if err != nil {
			return err
		}
		meanwhile(all, no.values, named(saved, d.Names))
	}
	path := unprefixed(no.err, no.prefix)
	if view.Problems, status, err = page.Refused(path, all); err != nil {
		return err
	}
	if changed {
		for _, f := range all {
			if f.Now != "" {
				f.Error = "somebody else has changed this meanwhile"
			}
		}
		view.Problems = append([]page.Problem{{Text: "Somebody else has saved this step since you opened it. Nothing is lost: theirs stands beside yours. Save again to keep what you see in the form."}}, view.Problems...)
	}
	title := no.step.Title
	if no.line > 0 {
		title = fmt.Sprintf("Dataset line %d", no.line)
		view.Title, view.Line, view.Action = title, no.line, address(d, release.StepLines, strconv.Itoa(no.line))
		view.Lead = ""
	}
	return stepPage.Render(s.pages, w, r, page.Page{Title: "Error: " + title, Status: cmp.Or(status, http.StatusConflict), Private: true, Trail: trail(d)}, view)
}

// saved are the values of what is kept now.
func (no refusal) saved(d *release.Draft) (url.Values, error) {
	if no.line > 0 {
		if no.line > len(d.Application.Lines) {
			return url.Values{}, nil
		}
		return no.form.values(d.Application.Lines[no.line-1])
	}
	kept, err := d.Application.Section(no.step.Name)
	if err != nil {
		return nil, err
	}
	return no.form.values(kept)
}

// whereabouts is the address of the field that a gap is about.
func whereabouts(d *release.Draft, g completeness.Gap) string {
	var line int
	if g.Step == release.StepLines {
		if n, err := fmt.Sscanf(g.Field, "lines[%d]", &line); err == nil && n == 1 {
			field := g.Field[len(fmt.Sprintf("lines[%d].", line)):]
			return address(d, release.StepLines, strconv.Itoa(line+1)) + "#" + page.Field{Name: field}.ID()
		}
	}
	return address(d, g.Step) + "#" + page.Field{Name: g.Field}.ID()
}
