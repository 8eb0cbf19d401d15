package applicant

import (
	"errors"
	"net/http"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/completeness"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// TasksView is an application: its steps, and what is next.
type TasksView struct {
	Reference, Title, Applicant, Kind, State, Next string
	Tasks                                          []Task
	Missing                                        int
	Enquiry, MayEdit, MayWithdraw                  bool
	ToSign                                         bool
	Advice                                         []Advice
	Check, Sign, Apply, Withdraw, Differences      string
	Problems                                       []page.Problem
}

// Advice is what a reviewer said.
type Advice struct {
	At            time.Time
	Outcome, Text string
}

// Task is a step with how far it is.
type Task struct {
	page.Link
	Hint    string
	Missing int
	Begun   bool
}

var tasksPage = page.Parse[TasksView]("applicant/tasks.html")

func (s *server) tasks(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	return s.showTasks(w, r, actor, d, http.StatusOK, nil)
}

func (s *server) showTasks(w http.ResponseWriter, r *http.Request, actor access.Actor, d *release.Draft, status int, problems []page.Problem) error {
	row := release.DraftRow{State: d.State, Kind: d.Kind}
	view := TasksView{Reference: d.Reference, Title: d.Application.Title, Applicant: d.ApplicantName, Kind: d.Kind.Label(), State: d.State.Label(),
		Missing: len(d.Gaps), Enquiry: d.Kind == terms.VersionEnquiry, MayEdit: d.MayEdit, Check: address(d, "check"), Sign: address(d, "sign"),
		Apply: address(d, "apply"), Withdraw: address(d, "withdraw"), Problems: problems}
	for _, n := range d.Signatures {
		row.ToSign = row.ToSign || n.Mine && n.SignedAt == nil && d.State == terms.Issued
	}
	view.ToSign, view.Next = row.ToSign, next(row)
	if _, ok := d.State.Can("withdraw"); ok {
		view.MayWithdraw = access.Check(actor, access.SubmitVersion) == nil
	}
	for _, a := range d.Advice {
		view.Advice = append(view.Advice, Advice{a.At, outcomes[a.Outcome], a.Text})
	}
	for _, st := range steps {
		task := Task{Link: page.Link{Text: st.Title, Href: address(d, st.Name)}, Hint: st.Lead, Begun: d.Revisions[st.Name] > 0}
		for _, g := range d.Gaps {
			if g.Step == st.Name {
				task.Missing++
			}
		}
		view.Tasks = append(view.Tasks, task)
	}
	return tasksPage.Render(s.pages, w, r, page.Page{Title: d.Application.Title, Status: status, Private: true, Trail: []page.Link{{Text: "Applications", Href: Home}}}, view)
}

// outcomes are those of a review in words.
var outcomes = map[string]string{"recommended": "Recommended", "deferred": "Deferred", "not_recommended": "Not recommended", "returned": "Returned"}

// CheckView is what is missing before an application can be submitted.
type CheckView struct {
	Reference, Submit string
	Steps             []CheckStep
	Missing           int
	Enquiry           bool
	MaySubmit         bool
	State             string
	Privacy           []Gap // what may say something about single people; it holds nothing up here
	Problems          []page.Problem
}

// CheckStep is the gaps of one step.
type CheckStep struct {
	page.Link
	Gaps []Gap
}

var checkPage = page.Parse[CheckView]("applicant/check.html")

func (s *server) check(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	return s.showCheck(w, r, actor, d, http.StatusOK, nil)
}

func (s *server) showCheck(w http.ResponseWriter, r *http.Request, actor access.Actor, d *release.Draft, status int, problems []page.Problem) error {
	view := CheckView{Reference: d.Reference, Submit: address(d, "submit"), Missing: len(d.Gaps), Enquiry: d.Kind == terms.VersionEnquiry,
		State: d.State.Label(), MaySubmit: d.MayEdit && access.Check(actor, access.SubmitVersion) == nil, Problems: problems}
	for _, st := range steps {
		part := CheckStep{Link: page.Link{Text: st.Title, Href: address(d, st.Name)}}
		for _, g := range d.Gaps {
			if g.Step == st.Name {
				part.Gaps = append(part.Gaps, Gap{g.Message, g.Standard, whereabouts(d, g)})
			}
		}
		view.Steps = append(view.Steps, part)
	}
	for _, g := range d.Privacy {
		view.Privacy = append(view.Privacy, Gap{inWords(g), g.Standard, whereabouts(d, g)})
	}
	return checkPage.Render(s.pages, w, r, page.Page{Title: "Check and submit", Status: status, Private: true, Trail: trail(d)}, view)
}

// inWords is advice with the answer that it is about.
func inWords(g completeness.Gap) string {
	names := map[string]string{"title": "The title", "objective": "The objective", "processing": "The processing", "outputs": "The outputs",
		"benefits": "The benefits", "yieldedBenefits": "The benefits yielded"}
	name, ok := names[g.Field]
	if !ok {
		name = "A step of the data flows"
	}
	return name + " " + g.Message
}

func (s *server) submit(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	if err := s.Service.SubmitVersion(r.Context(), actor, d.ID); err != nil {
		problems, status, err := page.Refused(err, nil)
		if err != nil {
			return err
		}
		return s.showCheck(w, r, actor, d, status, problems)
	}
	http.Redirect(w, r, address(d), http.StatusSeeOther)
	return nil
}

func (s *server) apply(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	if err := s.Service.ApplyFromEnquiry(r.Context(), actor, d.ID); err != nil {
		return err
	}
	http.Redirect(w, r, address(d), http.StatusSeeOther)
	return nil
}

func (s *server) withdraw(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	form, err := posted(r)
	if err != nil {
		return err
	}
	if err := s.Service.WithdrawVersion(r.Context(), actor, d.ID, form.Get("reason")); err != nil {
		if errors.Is(err, fault.Forbidden) {
			return err
		}
		problems, status, err := page.Refused(err, []*page.Field{{Name: "reason", Label: "Reason"}})
		if err != nil {
			return err
		}
		return s.showTasks(w, r, actor, d, status, problems)
	}
	http.Redirect(w, r, address(d), http.StatusSeeOther)
	return nil
}
