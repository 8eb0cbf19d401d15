package team

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/extract"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// ExtractView is an extract with what the gate found, and what the viewer may
// do.
type ExtractView struct {
	ExtractRow
	Agreement  page.Link
	PlanSHA256 string
	Failure    string
	Gate       page.Link // what the gate says of the agreement
	Problems   []page.Problem
	Forms      []*Form
	Warnings   []WarningRow
	Decisions  []DecisionView
}

// WarningRow is what would warn if the extract were released now.
type WarningRow struct {
	Line                          int
	Title, Rule, Evidence, Remedy string
	Accepted                      bool
}

// DecisionView is one decision of the gate.
type DecisionView struct {
	Line         int
	Moment       string
	At           time.Time
	Allowed      bool
	PolicySHA256 string
	Refusing     int
	Findings     FindingsView
}

// FindingsView is findings as the template "findings" shows them: what stops
// first, then what is waived, warns, cannot be told and passes. Rules that do
// not apply stand aside.
type FindingsView struct {
	Caption      string
	Shown, Aside []gate.Finding
}

// rank is the order in which outcomes are shown.
var rank = map[gate.Outcome]int{gate.Refuse: 0, gate.Waived: 1, gate.Warn: 2, gate.CannotTell: 3, gate.Pass: 4, gate.NotApplicable: 5}

func findingsView(caption string, findings []gate.Finding) FindingsView {
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b gate.Finding) int { return cmp.Compare(rank[a.Outcome], rank[b.Outcome]) })
	i := slices.IndexFunc(sorted, func(f gate.Finding) bool { return f.Outcome == gate.NotApplicable })
	if i < 0 {
		i = len(sorted)
	}
	return FindingsView{Caption: caption, Shown: sorted[:i], Aside: sorted[i:]}
}

func refusing(findings []gate.Finding) (n int) {
	for _, f := range findings {
		if f.Outcome == gate.Refuse {
			n++
		}
	}
	return n
}

var extractPage = page.Parse[ExtractView]("team/extract.html")

func (s *server) extract(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := extractID(r)
	if err != nil {
		return err
	}
	return s.showExtract(w, r, actor, id, "", nil)
}

func extractID(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return uuid.Nil, fault.New(fault.NotFound, "There is no such extract.")
	}
	return id, nil
}

// showExtract shows an extract; refused is what came of the form that was sent.
func (s *server) showExtract(w http.ResponseWriter, r *http.Request, actor access.Actor, id uuid.UUID, sent string, refused error) error {
	ctx := r.Context()
	e, err := s.Service.Read().Extract.Query().Where(extract.ID(id)).
		WithVersion(func(q *ent.AgreementVersionQuery) { q.WithAgreement() }).
		WithDecisions(func(q *ent.DecisionQuery) { q.Order(ent.Desc("at"), ent.Asc("line")) }).Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "There is no such extract.")
	}
	if err != nil {
		return fmt.Errorf("reading the extract: %w", err)
	}
	names, err := s.names(r, e)
	if err != nil {
		return err
	}
	version := Home + "/versions/" + e.Edges.Version.ID.String()
	view := ExtractView{ExtractRow: row(e, names), PlanSHA256: e.PlanSha256, Failure: e.Failure,
		Agreement: page.Link{Text: reference(e.Edges.Version), Href: version}, Gate: page.Link{Text: "What the gate says of the agreement", Href: version + "/gate"}}
	for _, d := range e.Edges.Decisions {
		var findings []gate.Finding
		if err := json.Unmarshal(d.Findings, &findings); err != nil {
			return fmt.Errorf("reading findings: %w", err)
		}
		view.Decisions = append(view.Decisions, DecisionView{Line: d.Line, Moment: d.Moment, At: d.At, Allowed: d.Allowed, PolicySHA256: d.PolicySha256,
			Refusing: refusing(findings), Findings: findingsView(fmt.Sprintf("Findings on line %d at the %s, %s", d.Line, d.Moment, page.Moment(d.At)), findings)})
	}
	warnings, err := s.extractWarnings(r, actor, e)
	if err != nil {
		return err
	}
	for _, x := range warnings {
		view.Warnings = append(view.Warnings, WarningRow{Line: x.Line, Title: x.Finding.Title, Rule: x.Finding.Rule, Evidence: x.Finding.Evidence, Remedy: x.Finding.Remedy, Accepted: x.Accepted})
	}
	view.Forms = extractForms(e, actor, warnings)
	p := page.Page{Title: "Extract for " + view.Recipient, Private: true, Trail: []page.Link{{Text: "Team", Href: Home}, {Text: "Extracts", Href: Home + "/extracts"}}}
	if refused != nil {
		if view.Problems, p.Status, err = refusedForm(r, view.Forms, sent, refused); err != nil {
			return err
		}
		p.Title = "Error: " + p.Title
	}
	return extractPage.Render(s.pages, w, r, p, view)
}

// refusedForm keeps what was typed in the form that was refused, and says why;
// a form that is no longer offered leaves only the summary.
func refusedForm(r *http.Request, forms []*Form, sent string, refused error) ([]page.Problem, int, error) {
	for _, f := range forms {
		if f.ID == sent {
			f.fill(r)
			return f.refused(refused)
		}
	}
	return page.Refused(refused, nil)
}

// extractWarnings are looked for while there is something to release.
func (s *server) extractWarnings(r *http.Request, actor access.Actor, e *ent.Extract) ([]release.ExtractWarning, error) {
	if !slices.Contains(waiting, e.State) || e.State == terms.Requested {
		return nil, nil
	}
	return s.Service.ExtractWarnings(r.Context(), actor, e.ID)
}

// extractForms are those that the state offers and the viewer may send.
func extractForms(e *ent.Extract, actor access.Actor, warnings []release.ExtractWarning) (forms []*Form) {
	base := Home + "/extracts/" + e.ID.String() + "/"
	var asked []string
	if e.RequestedBy == actor.PersonID {
		asked = []string{"you asked for it yourself"}
	}
	offer := func(permission access.Permission, f *Form) {
		if access.Check(actor, permission) == nil {
			f.Href = base + f.ID
			forms = append(forms, f.named())
		}
	}
	why := func(label string) *page.Field {
		return &page.Field{Name: "reason", Label: label, Kind: "text", Wide: true}
	}
	if open := openWarnings(warnings); len(open) > 0 {
		offer(access.AcceptWarnings, &Form{ID: "accept", Title: "Accept warnings", Button: "Accept these warnings", Against: asked, Fields: open,
			Intro: "Nothing is released on a warning that nobody answers for. Your name is kept with each that you give a reason for."})
	}
	if _, ok := e.State.Can("approve"); ok {
		offer(access.ApproveExtract, &Form{ID: "approve", Title: "Approve these plans", Button: "Approve and queue the run", Against: asked, Warning: true,
			Intro:  "You approve the digest " + e.PlanSha256 + ". The gate is asked again when the run starts.",
			Fields: []*page.Field{{Name: "planSha256", Kind: "hidden", Value: e.PlanSha256}, why("Why, if there is something to say")}})
	}
	if _, ok := e.State.Can("release"); ok {
		offer(access.ReleaseExtract, &Form{ID: "release", Title: "Release the files", Button: "Release", Against: asked, Warning: true,
			Intro: "The gate is asked once more. The release is entered in the register, and its recipient may download.", Fields: []*page.Field{why("Why, if there is something to say")}})
	}
	if _, ok := e.State.Can("withdraw"); ok {
		offer(access.ReleaseExtract, &Form{ID: "withdraw", Title: "Withdraw the files", Button: "Withdraw them", Warning: true,
			Intro:  "Nobody can download them from this moment on. What was downloaded does not come back. The register tells of it, with the reason.",
			Fields: []*page.Field{why("Why they are withdrawn")}})
	}
	if _, ok := e.State.Can("cancel"); ok {
		offer(access.RunAgreements, &Form{ID: "cancel", Title: "Cancel it", Button: "Cancel the extract", Warning: true, Fields: []*page.Field{why("Why it is cancelled")}})
	}
	return forms
}

// openWarnings asks for a reason for each warning that nobody has accepted.
func openWarnings(warnings []release.ExtractWarning) (fields []*page.Field) {
	for i, x := range warnings {
		if !x.Accepted {
			fields = append(fields, &page.Field{Name: warningName(i), Label: fmt.Sprintf("Why the warning %s on line %d is accepted", x.Finding.Rule, x.Line),
				Hint: x.Finding.Title + ": " + x.Finding.Evidence, Kind: "textarea", Rows: 2})
		}
	}
	return fields
}

func warningName(i int) string { return "warning" + strconv.Itoa(i) }

// extractCommand is a form of an extract, sent.
type extractCommand func(context.Context, *server, access.Actor, uuid.UUID, *answers) error

func (s *server) onExtract(form string, run extractCommand) func(http.ResponseWriter, *http.Request, access.Actor) error {
	return func(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
		id, err := extractID(r)
		if err != nil {
			return err
		}
		if err := r.ParseForm(); err != nil {
			return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
		}
		if err := run(r.Context(), s, actor, id, &answers{r: r, id: form}); err != nil {
			return s.showExtract(w, r, actor, id, form, err)
		}
		http.Redirect(w, r, Home+"/extracts/"+id.String(), http.StatusSeeOther)
		return nil
	}
}

func runApproveExtract(ctx context.Context, s *server, actor access.Actor, id uuid.UUID, a *answers) error {
	return s.Service.ApproveExtract(ctx, actor, id, a.text("planSha256"), a.text("reason"))
}

func runCancelExtract(ctx context.Context, s *server, actor access.Actor, id uuid.UUID, a *answers) error {
	return s.Service.CancelExtract(ctx, actor, id, a.text("reason"))
}

func runWithdrawExtract(ctx context.Context, s *server, actor access.Actor, id uuid.UUID, a *answers) error {
	_, err := s.Service.WithdrawExtract(ctx, actor, id, a.text("reason"))
	return err
}

func runReleaseExtract(ctx context.Context, s *server, actor access.Actor, id uuid.UUID, a *answers) error {
	_, err := s.Service.ReleaseExtract(ctx, actor, id, a.text("reason"))
	return err
}

// runAcceptWarnings accepts those warnings that were given a reason.
func runAcceptWarnings(ctx context.Context, s *server, actor access.Actor, id uuid.UUID, a *answers) error {
	warnings, err := s.Service.ExtractWarnings(ctx, actor, id)
	if err != nil {
		return err
	}
	var accepted []release.Acceptance
	for i, x := range warnings {
		if reason := a.text(warningName(i)); reason != "" && !x.Accepted {
			accepted = append(accepted, release.Acceptance{Rule: x.Finding.Rule, Line: x.Line, Reason: reason})
		}
	}
	if len(accepted) == 0 {
		return fault.New(fault.Invalid, "Say why you accept a warning.")
	}
	return s.Service.AcceptWarnings(ctx, actor, id, accepted)
}
