package team

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// command is one thing that may be done to a version, with its form.
type command struct {
	path                 string // last part of the address, and the form's id
	title, intro, button string
	warning              bool
	permission           access.Permission
	offered              func(*release.WholeVersion) bool
	fields               func(*release.WholeVersion, []release.Owner) []*page.Field // nil: none
	against              func(*release.WholeVersion, access.Actor) []fault.Reason   // nil: nothing
	run                  func(context.Context, *release.Service, access.Actor, uuid.UUID, *answers) (next uuid.UUID, err error)
}

// commands are in the order of a version's life.
var commands = []command{
	{path: "claim", title: "Make this case yours", button: "Claim the case", permission: access.RunAgreements,
		offered: func(v *release.WholeVersion) bool { return v.OwnerID == nil && v.State.Open() },
		run: simple(func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, _ *answers) error {
			return s.ClaimVersion(ctx, actor, id)
		})},
	{path: "take-up", title: "Take it up for review", button: "Take up", permission: access.RunAgreements, offered: may("take_up"),
		run: simple(func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, _ *answers) error {
			return s.TakeUp(ctx, actor, id)
		})},
	{path: "review", title: "Record a review", button: "Record the review", permission: access.ReviewVersion, offered: may("recommend"),
		intro:  "The outcome moves the version. Conditions that the advice asks for become part of the terms.",
		fields: reviewFields, against: reviewing, run: simple(runReview)},
	{path: "review-urgently", title: "Record an urgent review", button: "Record the urgent review", permission: access.ReviewUrgently, offered: may("recommend"),
		intro:  "The SIRO alone approves then. It is published, with the day by which it is reviewed in full.",
		fields: urgentFields, against: reviewing, run: simple(runUrgentReview)},
	{path: "approve", title: "Approve the terms", button: "Approve these terms", permission: access.ApproveVersion, offered: may("approve"), warning: true,
		intro:  "Approval freezes the terms; signatures are over their digest. The gate is asked about every line and may refuse.",
		fields: approveFields("Why, if there is more to say than the advice"), against: deciding,
		run: simple(func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) error {
			return s.ApproveTerms(ctx, actor, release.ApproveInput{Version: id, TermsSHA256: a.text("termsSha256"), Reason: a.text("reason")})
		})},
	{path: "approve-against-advice", title: "Approve against the advice", button: "Approve against the advice", permission: access.ApproveAgainstAdvice,
		offered: may("approve_against_advice"), warning: true,
		intro: "By the SIRO alone. The reason is kept with the version and published.",
		fields: func(v *release.WholeVersion, owners []release.Owner) []*page.Field {
			return append(approveFields("Why it is approved against the advice")(v, owners),
				&page.Field{Name: "clearing", Label: "Why that may be published", Kind: "text", Wide: true,
					Hint: "Only if the reason names somebody, or a number or place by which somebody is known"})
		}, against: deciding,
		run: simple(func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) error {
			return s.ApproveTerms(ctx, actor, release.ApproveInput{Version: id, TermsSHA256: a.text("termsSha256"), Reason: a.text("reason"), AgainstAdvice: true,
				Clearing: a.text("clearing")})
		})},
	{path: "decline", title: "Decline it", button: "Decline", permission: access.ApproveVersion, offered: may("decline"), warning: true,
		intro: "Declining ends it.", fields: reasonField("Why it is declined"), against: deciding, run: withReason((*release.Service).DeclineVersion)},
	{path: "issue", title: "Issue it for signature", button: "Issue for signature", permission: access.RunAgreements, offered: may("issue"),
		intro: "The signatories have twelve months.",
		run: simple(func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, _ *answers) error {
			return s.IssueVersion(ctx, actor, id)
		})},
	{path: "issue-again", title: "Issue it again", button: "Issue again", permission: access.RunAgreements,
		offered: func(v *release.WholeVersion) bool { return v.Lapsed },
		intro:   "Twelve months have passed without all signatures. Those that were given stay.",
		run: simple(func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, _ *answers) error {
			return s.IssueAgain(ctx, actor, id)
		})},
	{path: "add-condition", title: "Add a condition or action", button: "Add", permission: access.RunAgreements,
		offered: func(v *release.WholeVersion) bool { return v.State.Open() && v.AgreementVersion.TermsSha256 == "" },
		fields:  func(*release.WholeVersion, []release.Owner) []*page.Field { return conditionFields("", true) }, run: simple(runAddCondition)},
	{path: "hand-over", title: "Hand the case over", button: "Hand over", permission: access.RunAgreements,
		offered: func(v *release.WholeVersion) bool { return v.State.Open() || v.State == terms.Signed },
		fields:  handOverFields, run: simple(runHandOver)},
	{path: "next", title: "Amend, renew, extend, transfer or correct it", button: "Make the next version", permission: access.RunAgreements,
		offered: func(v *release.WholeVersion) bool {
			return v.SupersededBy == nil && (v.State == terms.Signed || v.State == terms.VersionApproved || v.State == terms.Issued)
		},
		intro: "The next version is a draft with all the terms of this one. There is one at a time.", fields: nextFields, run: runNext},
	{path: "withdraw", title: "Withdraw it for the applicant", button: "Withdraw", permission: access.RunAgreements, offered: may("withdraw"), warning: true,
		intro: "Withdrawing ends it.", fields: reasonField("Why it is withdrawn, and at whose wish"), run: withReason((*release.Service).WithdrawVersion)},
	{path: "terminate", title: "Terminate it", button: "Terminate now", permission: access.RunAgreements, offered: may("terminate"), warning: true,
		intro: "Every release and download under it stops at once.", fields: reasonField("Why it is terminated"), run: withReason((*release.Service).TerminateVersion)},
	{path: "close", title: "Close it", button: "Close", permission: access.RunAgreements, offered: may("close"), warning: true,
		intro: "When the term is over and what was held is destroyed.", fields: reasonField("The certificate of destruction, or why nothing was held"),
		run: withReason((*release.Service).CloseVersion)},
}

func simple(run func(context.Context, *release.Service, access.Actor, uuid.UUID, *answers) error) func(context.Context, *release.Service, access.Actor, uuid.UUID, *answers) (uuid.UUID, error) {
	return func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) (uuid.UUID, error) {
		return id, run(ctx, s, actor, id, a)
	}
}

func withReason(run func(*release.Service, context.Context, access.Actor, uuid.UUID, string) error) func(context.Context, *release.Service, access.Actor, uuid.UUID, *answers) (uuid.UUID, error) {
	return func(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) (uuid.UUID, error) {
		return id, run(s, ctx, actor, id, a.text("reason"))
	}
}

// may offers a command where the table of the lifecycle knows it.
func may(name string) func(*release.WholeVersion) bool {
	return func(v *release.WholeVersion) bool {
		_, ok := v.State.Can(name)
		return ok
	}
}

func reviewing(v *release.WholeVersion, actor access.Actor) []fault.Reason {
	return v.AgainstDeciding(actor, false)
}

func deciding(v *release.WholeVersion, actor access.Actor) []fault.Reason {
	return v.AgainstDeciding(actor, true)
}

func reasonField(label string) func(*release.WholeVersion, []release.Owner) []*page.Field {
	return func(*release.WholeVersion, []release.Owner) []*page.Field {
		return []*page.Field{{Name: "reason", Label: label, Kind: "textarea", Rows: 3}}
	}
}

func approveFields(label string) func(*release.WholeVersion, []release.Owner) []*page.Field {
	return func(v *release.WholeVersion, _ []release.Owner) []*page.Field {
		return []*page.Field{{Name: "termsSha256", Label: "Digest of the terms", Kind: "hidden", Value: v.TermsSHA256}, {Name: "reason", Label: label, Kind: "textarea", Rows: 3}}
	}
}

var outcomes = []page.Option{
	{Value: "recommended", Label: "Recommend approval"}, {Value: "returned", Label: "Return it to the applicant", Hint: "it becomes the next draft"},
	{Value: "deferred", Label: "Defer it"}, {Value: "not_recommended", Label: "Advise against it"},
}

// slots is how many conditions a review can give at once.
const slots = 3

func reviewFields(v *release.WholeVersion, _ []release.Owner) []*page.Field {
	routes := []page.Option{{Value: string(terms.FullReview), Label: terms.FullReview.Label()}, {Value: string(terms.PrecedentReview), Label: terms.PrecedentReview.Label()}}
	if v.Kind == terms.VersionExtension {
		routes = append(routes, page.Option{Value: string(terms.ExtensionReview), Label: terms.ExtensionReview.Label()})
	}
	checklist := make([]page.Option, len(release.PrecedentChecklist))
	for i, c := range release.PrecedentChecklist {
		checklist[i] = page.Option{Value: c, Label: c}
	}
	fields := []*page.Field{
		{Name: "route", Label: "Route", Kind: "radios", Options: routes, Value: string(terms.FullReview)},
		{Name: "outcome", Label: "Outcome", Kind: "radios", Options: outcomes},
		{Name: "advice", Label: "Advice", Hint: "What was found, and what the applicant should change", Kind: "textarea", Rows: 6, Wide: true},
		{Name: "adviser", Label: "Group that advised", Hint: "Such as the Advisory Group for Data", Kind: "text"},
		{Name: "precedent", Label: "Precedent", Hint: "For the route by precedent: the reference of the agreement that this one follows", Kind: "text"},
		{Name: "checklist", Label: "Checked against the precedent, and met", Kind: "checkboxes", Options: checklist},
	}
	for i := range slots {
		fields = append(fields, conditionFields(fmt.Sprintf("conditions[%d].", i), false)...)
	}
	return fields
}

func urgentFields(*release.WholeVersion, []release.Owner) []*page.Field {
	return []*page.Field{
		{Name: "outcome", Label: "Outcome", Kind: "radios", Options: outcomes},
		{Name: "advice", Label: "Advice", Kind: "textarea", Rows: 4},
		{Name: "reviewDue", Label: "Reviewed in full by", Kind: "date"},
	}
}

// conditionFields are those of one condition; an action has more to say.
func conditionFields(prefix string, action bool) []*page.Field {
	kinds := []page.Option{{Value: "continuing", Label: "Continuing"}, {Value: "precedent", Label: "Precedent: nothing is released before it is met"}}
	if action {
		kinds = append(kinds, page.Option{Value: "action", Label: "Action"})
	}
	label := "Special condition"
	if action {
		label = "What is asked for"
	}
	fields := []*page.Field{
		{Name: prefix + "text", Label: label, Kind: "textarea", Rows: 2},
		{Name: prefix + "kind", Label: "Kind", Kind: "select", Options: kinds, Value: "continuing"},
		{Name: prefix + "due", Label: "Due", Kind: "date"},
	}
	if action {
		fields = append(fields,
			&page.Field{Name: "dueWords", Label: "Due, in words", Hint: "Where the source gives no date", Kind: "text"},
			&page.Field{Name: "owners", Label: "Who is responsible", Hint: "One a line; roles, not names", Kind: "textarea", Rows: 2},
			&page.Field{Name: "number", Label: "Number in the source", Kind: "number"},
			&page.Field{Name: "page", Label: "Page of the source", Kind: "text"},
			&page.Field{Name: "code", Label: "What the gate reads it as", Hint: "Such as separate_holders; empty for none", Kind: "text"})
	}
	return fields
}

func handOverFields(_ *release.WholeVersion, owners []release.Owner) []*page.Field {
	return []*page.Field{{Name: "to", Label: "To", Kind: "select", Options: ownerOptions(owners, "Choose")}, {Name: "reason", Label: "Why", Kind: "text"}}
}

func nextFields(v *release.WholeVersion, _ []release.Owner) []*page.Field {
	kinds := []page.Option{{Value: string(terms.VersionCorrection), Label: terms.VersionCorrection.Label(), Hint: "of a mistake, with the same term"}}
	if v.State == terms.Signed {
		kinds = append([]page.Option{
			{Value: string(terms.VersionAmendment), Label: terms.VersionAmendment.Label(), Hint: "other terms from now on"},
			{Value: string(terms.VersionRenewal), Label: terms.VersionRenewal.Label(), Hint: "a new term; reports the benefits that were yielded"},
			{Value: string(terms.VersionExtension), Label: terms.VersionExtension.Label(), Hint: "changes the end date only"},
			{Value: string(terms.VersionTransfer), Label: terms.VersionTransfer.Label(), Hint: "to another organisation, by an instrument"},
		}, kinds...)
	}
	return []*page.Field{
		{Name: "kind", Label: "Kind", Kind: "radios", Options: kinds},
		{Name: "reason", Label: "Why", Kind: "textarea", Rows: 3},
		{Name: "ends", Label: "New end of the term", Hint: "Needed for an extension", Kind: "date"},
		{Name: "instrument", Label: "Instrument", Hint: "Needed for a transfer: what moves the agreement, with its date", Kind: "text", Wide: true},
	}
}

func runReview(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) error {
	input := release.ReviewInput{Route: terms.ReviewRoute(a.text("route")), Outcome: a.text("outcome"), Advice: a.text("advice"), Adviser: a.text("adviser"),
		Precedent: a.text("precedent"), Checklist: a.all("checklist")}
	for i := range slots {
		prefix := fmt.Sprintf("conditions[%d].", i)
		if text := a.text(prefix + "text"); text != "" {
			input.Conditions = append(input.Conditions, release.ConditionInput{Text: text, Kind: a.text(prefix + "kind"), Due: a.date(prefix + "due")})
		}
	}
	if err := a.wrong(); err != nil {
		return err
	}
	return s.ReviewVersion(ctx, actor, id, input)
}

func runUrgentReview(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) error {
	input := release.ReviewInput{Route: terms.UrgentReview, Outcome: a.text("outcome"), Advice: a.text("advice"), ReviewDue: a.date("reviewDue")}
	if err := a.wrong(); err != nil {
		return err
	}
	return s.ReviewVersion(ctx, actor, id, input)
}

func runAddCondition(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) error {
	input := release.ConditionInput{Text: a.text("text"), Kind: a.text("kind"), Due: a.date("due"), DueWords: a.text("dueWords"), Page: a.text("page"), Code: a.text("code"),
		Owners: lines(a.text("owners"))}
	if raw := a.text("number"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil {
			a.unread = append(a.unread, fault.Reason{Code: "number", Field: "number", Message: "is no number"})
		}
		input.Number = n
	}
	if err := a.wrong(); err != nil {
		return err
	}
	_, err := s.AddCondition(ctx, actor, id, input)
	return err
}

func runHandOver(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) error {
	to, err := uuid.Parse(a.text("to"))
	if err != nil {
		return fault.New(fault.Invalid, "Say to whom").With(fault.Reason{Code: "required", Field: "to", Message: "is missing"})
	}
	return s.HandOver(ctx, actor, id, to, a.text("reason"))
}

func runNext(ctx context.Context, s *release.Service, actor access.Actor, id uuid.UUID, a *answers) (uuid.UUID, error) {
	input := release.NextInput{Kind: terms.VersionKind(a.text("kind")), Reason: a.text("reason"), Instrument: a.text("instrument"), Ends: a.date("ends")}
	if err := a.wrong(); err != nil {
		return uuid.Nil, err
	}
	return s.NextVersion(ctx, actor, id, input)
}

// form is the command's form for a version.
func (c command) form(v *release.WholeVersion, owners []release.Owner, actor access.Actor) *Form {
	f := &Form{ID: c.path, Title: c.title, Intro: c.intro, Button: c.button, Warning: c.warning, Href: Home + "/versions/" + v.ID.String() + "/" + c.path}
	if c.against != nil {
		for _, reason := range c.against(v, actor) {
			f.Against = append(f.Against, reason.Message)
		}
	}
	if c.permission == access.ApproveAgainstAdvice || c.path == "approve" {
		f.Digest = v.TermsSHA256
	}
	if c.fields != nil {
		f.Fields = c.fields(v, owners)
	}
	return f.named()
}

// command runs one, and shows the version again where it was refused, with
// every reason and what was typed.
func (s *server) command(w http.ResponseWriter, r *http.Request, actor access.Actor, c command) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "The form cannot be read.").Because(err)
	}
	next, err := c.run(r.Context(), s.Service, actor, id, &answers{r: r, id: c.path})
	if err != nil {
		return s.showVersion(w, r, actor, id, c.path, err)
	}
	http.Redirect(w, r, Home+"/versions/"+next.String(), http.StatusSeeOther)
	return nil
}

func (s *server) meetCondition(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	condition, err := uuid.Parse(r.PathValue("condition"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such condition.")
	}
	form := "meet-" + condition.String()
	if err := s.Service.MeetCondition(r.Context(), actor, condition, (&answers{r: r, id: form}).text("evidence")); err != nil {
		return s.showVersion(w, r, actor, id, form, err)
	}
	http.Redirect(w, r, Home+"/versions/"+id.String()+"#conditions", http.StatusSeeOther)
	return nil
}
