package team

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/login"
	"data.release/registrar/web/page"
)

// gateRoutes are the gate's explanation of a version, its waivers, and an
// extract with the forms of its commands.
func (s *server) gateRoutes() []login.Route {
	version, one := Home+"/versions/{id}", Home+"/extracts/{id}"
	waiver := version + "/waivers/{waiver}/"
	return []login.Route{
		{Pattern: "GET " + version + "/gate", Permission: access.ReadAgreements, Handle: s.gate},
		{Pattern: "GET " + version + "/gate.csv", Permission: access.ReadAgreements, Handle: s.gateCSV},
		{Pattern: "POST " + version + "/waivers", Permission: access.WaiveRule, Handle: s.waive},
		{Pattern: "POST " + waiver + "confirm", Permission: access.ConfirmWaiver, Handle: s.onWaiver("confirm", (*release.Service).ConfirmWaiver)},
		{Pattern: "POST " + waiver + "revoke", Permission: access.WaiveRule, Handle: s.onWaiver("revoke", (*release.Service).RevokeWaiver)},
		{Pattern: "GET " + one, Permission: access.ReadAgreements, Handle: s.extract},
		{Pattern: "POST " + one + "/approve", Permission: access.ApproveExtract, Handle: s.onExtract("approve", runApproveExtract)},
		{Pattern: "POST " + one + "/cancel", Permission: access.RunAgreements, Handle: s.onExtract("cancel", runCancelExtract)},
		{Pattern: "POST " + one + "/release", Permission: access.ReleaseExtract, Handle: s.onExtract("release", runReleaseExtract)},
		{Pattern: "POST " + one + "/withdraw", Permission: access.ReleaseExtract, Handle: s.onExtract("withdraw", runWithdrawExtract)},
		{Pattern: "POST " + one + "/accept", Permission: access.AcceptWarnings, Handle: s.onExtract("accept", runAcceptWarnings)},
	}
}

// GateView is what the gate says of a version at a chosen moment and day.
type GateView struct {
	Agreement    page.Link
	When, Policy string
	PolicySHA256 string
	Filters      []*page.Field
	CSV          string
	Answers      []AnswerView
	Waivers      []WaiverView
	Forms        []*Form
	Problems     []page.Problem
}

// AnswerView is what the gate says of one line.
type AnswerView struct {
	Line               int
	Dataset, Recipient string
	Allowed            bool
	Refusing           int
	Findings           FindingsView
}

// WaiverView is a waiver of a rule for the agreement.
type WaiverView struct {
	Rule, Reason, State string
	Line                int
	Term                terms.Period
	Forms               []*Form
}

var gatePage = page.Parse[GateView]("team/gate.html")

func (s *server) gate(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	return s.showGate(w, r, actor, id, "", nil)
}

// gateQuestion reads the filters; what cannot be read is a reason against.
func gateQuestion(id uuid.UUID, q url.Values) (release.GateQuestion, []fault.Reason) {
	var wrong []fault.Reason
	question := release.GateQuestion{Version: id, Moment: gate.MomentRequest, Recipient: strings.TrimSpace(q.Get("recipient"))}
	if moment := q.Get("moment"); moment != "" {
		if question.Moment = gate.Moment(moment); !slices.Contains(gate.Moments(), question.Moment) {
			wrong = append(wrong, fault.Reason{Code: "moment", Field: "moment", Message: "is no moment of the gate"})
			question.Moment = gate.MomentRequest
		}
	}
	if raw := q.Get("as-of"); raw != "" {
		day, err := terms.ParseDate(raw)
		if err != nil || day.IsZero() {
			wrong = append(wrong, fault.Reason{Code: "date", Field: "as-of", Message: "is no date; write it as 2027-01-31"})
		} else {
			question.At = time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, terms.London)
		}
	}
	return question, wrong
}

func gateFilters(q url.Values, moment gate.Moment) []*page.Field {
	moments := make([]page.Option, 0, len(gate.Moments()))
	for _, m := range gate.Moments() {
		moments = append(moments, page.Option{Value: string(m), Label: string(m)})
	}
	return []*page.Field{
		{Name: "moment", Label: "Moment", Kind: "select", Options: moments, Value: string(moment)},
		{Name: "as-of", Label: "As of", Hint: "A day, at noon; empty for now", Kind: "date", Value: q.Get("as-of")},
		{Name: "recipient", Label: "Recipient", Hint: "Name or id; empty for the version's first recipient", Kind: "text", Value: q.Get("recipient")},
	}
}

// showGate shows what the gate says; refused is what came of the form that was
// sent.
func (s *server) showGate(w http.ResponseWriter, r *http.Request, actor access.Actor, id uuid.UUID, sent string, refused error) error {
	v, err := s.versionHead(r, id)
	if err != nil {
		return err
	}
	question, wrong := gateQuestion(id, r.URL.Query())
	view := GateView{Agreement: page.Link{Text: reference(v), Href: Home + "/versions/" + id.String()}, When: "now",
		Policy: gate.PolicyVersion, PolicySHA256: gate.PolicyDigest(), Filters: gateFilters(r.URL.Query(), question.Moment)}
	view.CSV = view.Agreement.Href + "/gate.csv?" + r.URL.RawQuery
	if !question.At.IsZero() {
		view.When = "on " + terms.Today(question.At).Words() + ", at noon"
	}
	p := page.Page{Title: "What the gate says of " + reference(v), Private: true, Trail: []page.Link{{Text: "Team", Href: Home}, view.Agreement}}
	answers, err := s.Service.AskGate(r.Context(), actor, question)
	if err == nil && len(wrong) > 0 {
		err = fault.New(fault.Invalid, "The question cannot be read").With(wrong...)
	}
	if err != nil {
		if view.Problems, p.Status, err = page.Refused(err, view.Filters); err != nil {
			return err
		}
		p.Title = "Error: " + p.Title
	}
	for _, a := range answers {
		view.Answers = append(view.Answers, AnswerView{Line: a.Line, Dataset: a.Dataset, Recipient: a.Recipient, Allowed: a.Decision.Allowed,
			Refusing: refusing(a.Decision.Findings), Findings: findingsView(fmt.Sprintf("What the gate says of line %d at the %s, %s", a.Line, question.Moment, view.When), a.Decision.Findings)})
	}
	if err := s.waivers(r, actor, v, answers, &view); err != nil {
		return err
	}
	if refused != nil {
		forms := slices.Clone(view.Forms)
		for _, x := range view.Waivers {
			forms = append(forms, x.Forms...)
		}
		if view.Problems, p.Status, err = refusedForm(r, forms, sent, refused); err != nil {
			return err
		}
		p.Title = "Error: " + p.Title
	}
	return gatePage.Render(s.pages, w, r, p, view)
}

func (s *server) versionHead(r *http.Request, id uuid.UUID) (*ent.AgreementVersion, error) {
	v, err := s.Service.Read().AgreementVersion.Query().Where(agreementversion.ID(id)).WithAgreement().Only(r.Context())
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such agreement version.")
	} else if err != nil {
		return nil, fmt.Errorf("reading the version: %w", err)
	}
	return v, nil
}

// waivers adds the agreement's waivers with the forms that the viewer may send.
func (s *server) waivers(r *http.Request, actor access.Actor, v *ent.AgreementVersion, answers []release.GateAnswer, view *GateView) error {
	rows, err := s.Service.WaiversOf(r.Context(), actor, v.Edges.Agreement.Stem)
	if err != nil {
		return err
	}
	base := view.Agreement.Href + "/waivers"
	for _, d := range rows {
		x := WaiverView{Rule: d.Rule, Line: d.Line, Reason: d.Reason, Term: terms.Period{From: d.Starts, To: d.Ends}, State: s.Service.WaiverState(d)}
		offer := func(permission access.Permission, f *Form) {
			if access.Check(actor, permission) == nil {
				f.Href, f.ID = base+"/"+d.ID.String()+"/"+f.ID, f.ID+"-"+d.ID.String()
				f.Fields = []*page.Field{{Name: "reason", Label: "Why", Kind: "text", Wide: true}}
				x.Forms = append(x.Forms, f.named())
			}
		}
		if d.RevokedAt == nil && d.ConfirmedBy == nil {
			confirm := &Form{ID: "confirm", Title: "Confirm the waiver of " + d.Rule, Button: "Confirm", Warning: true}
			if d.GivenBy == actor.PersonID {
				confirm.Against = []string{"you gave it yourself"}
			}
			offer(access.ConfirmWaiver, confirm)
		}
		if d.RevokedAt == nil {
			offer(access.WaiveRule, &Form{ID: "revoke", Title: "Revoke the waiver of " + d.Rule, Button: "Revoke", Warning: true})
		}
		view.Waivers = append(view.Waivers, x)
	}
	if access.Check(actor, access.WaiveRule) == nil {
		f := &Form{ID: "waive", Title: "Waive a policy rule", Button: "Waive it", Href: base, Warning: true, Fields: waiverFields(answers),
			Intro: "Policy only; law is never waived. Another person puts the waiver in force. Waivers are counted publicly."}
		view.Forms = append(view.Forms, f.named())
	}
	return nil
}

// waiverFields offers the policy rules, those that refuse first.
func waiverFields(answers []release.GateAnswer) []*page.Field {
	stops := map[string]bool{}
	for _, a := range answers {
		for _, f := range a.Decision.Refusals() {
			stops[f.Rule] = true
		}
	}
	var refusing, others []page.Option
	for _, rule := range gate.Rules() {
		option := page.Option{Value: rule.ID, Label: rule.Title + " (" + rule.ID + ")"}
		switch {
		case rule.Class != gate.Policy:
		case stops[rule.ID]:
			option.Label = "Refuses: " + option.Label
			refusing = append(refusing, option)
		default:
			others = append(others, option)
		}
	}
	lines := []page.Option{{Value: "0", Label: "Every line"}}
	for _, a := range answers {
		lines = append(lines, page.Option{Value: strconv.Itoa(a.Line), Label: fmt.Sprintf("Line %d, %s", a.Line, a.Dataset)})
	}
	return []*page.Field{
		{Name: "rule", Label: "Rule", Kind: "select", Options: slices.Concat([]page.Option{{Label: "Choose"}}, refusing, others)},
		{Name: "line", Label: "Line", Kind: "select", Options: lines, Value: "0"},
		{Name: "reason", Label: "Why", Kind: "textarea", Rows: 3},
		{Name: "starts", Label: "From", Kind: "date"},
		{Name: "ends", Label: "To", Hint: "A year later at most", Kind: "date"},
	}
}

func (s *server) waive(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	v, err := s.versionHead(r, id)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
	}
	a := &answers{r: r, id: "waive"}
	line, err := strconv.Atoi(a.text("line"))
	if err != nil {
		line = -1 // which the command refuses
	}
	input := release.WaiverInput{Stem: v.Edges.Agreement.Stem, Rule: a.text("rule"), Line: line, Reason: a.text("reason"),
		Starts: dateOf(a.date("starts")), Ends: dateOf(a.date("ends"))}
	if err = a.wrong(); err == nil {
		_, err = s.Service.WaiveRule(r.Context(), actor, input)
	}
	if err != nil {
		return s.showGate(w, r, actor, id, "waive", err)
	}
	http.Redirect(w, r, Home+"/versions/"+id.String()+"/gate#waivers", http.StatusSeeOther)
	return nil
}

func (s *server) onWaiver(form string, run func(*release.Service, context.Context, access.Actor, uuid.UUID, string) error) func(http.ResponseWriter, *http.Request, access.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
		id, err := versionID(r, "id")
		if err != nil {
			return err
		}
		waiver, err := uuid.Parse(r.PathValue("waiver"))
		if err != nil {
			return fault.New(fault.NotFound, "There is no such waiver.")
		}
		if err := r.ParseForm(); err != nil {
			return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
		}
		sent := form + "-" + waiver.String()
		if err := run(s.Service, r.Context(), actor, waiver, (&answers{r: r, id: sent}).text("reason")); err != nil {
			return s.showGate(w, r, actor, id, sent, err)
		}
		http.Redirect(w, r, Home+"/versions/"+id.String()+"/gate#waivers", http.StatusSeeOther)
		return nil
	}
}

// gateCSV is every finding as a row.
func (s *server) gateCSV(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	v, err := s.versionHead(r, id)
	if err != nil {
		return err
	}
	question, wrong := gateQuestion(id, r.URL.Query())
	if len(wrong) > 0 {
		return fault.New(fault.Invalid, "The question cannot be read").With(wrong...)
	}
	answers, err := s.Service.AskGate(r.Context(), actor, question)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="gate.csv"`)
	w.Header().Set("Cache-Control", "private, no-store")
	out := csv.NewWriter(w)
	rows := [][]string{{"reference", "line", "dataset", "moment", "rule", "class", "outcome", "title", "evidence", "remedy", "authority", "policy"}}
	for _, a := range answers {
		for _, f := range findingsView("", a.Decision.Findings).all() {
			rows = append(rows, []string{reference(v), strconv.Itoa(a.Line), a.Dataset, string(question.Moment), f.Rule, string(f.Class), string(f.Outcome),
				f.Title, f.Evidence, f.Remedy, f.Authority, gate.PolicyVersion})
		}
	}
	for _, row := range rows {
		for i := range row {
			row[i] = register.SafeCell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (v FindingsView) all() []gate.Finding { return slices.Concat(v.Shown, v.Aside) }
