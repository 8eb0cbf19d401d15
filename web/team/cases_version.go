package team

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/working"
	"data.release/registrar/web/page"
)

// VersionView is a version whole, read like a document, with the forms of what
// its reader may do now.
type VersionView struct {
	Reference, Name, State, Step, Who string
	Warnings                          []Value // what must be known before anything is done
	Facts                             []Fact
	Links                             []page.Link
	Clock                             ClockView
	Texts                             []Text
	Public                            []PublicTextView // in which the privacy scan found something
	Lines                             []LineView
	Parties                           []PartyView
	Support                           []Section // approvals, consent materials, sub-licences
	Conditions                        []ConditionView
	Reviews                           []ReviewView
	Signatories                       []SignatoryView
	Documents                         []DocumentView
	TermsSHA256                       string
	Frozen                            bool
	Buttons                           []*Form // that ask nothing
	Forms                             []*Form
	Problems                          []page.Problem
}

// ClockView is the stages with their working days.
type ClockView struct {
	Spells                                  []SpellView
	ToDecision, Applicant, Body, Signatures int
	Decided                                 bool
}

// SpellView is the time in one state.
type SpellView struct {
	State, Turn, By, Note string
	From                  time.Time
	Days                  int
	Counted               bool // somebody's clock ran
}

// Text is a long text with its heading.
type Text struct{ ID, Title, Text string }

// LineView is a dataset line, in a row and in full.
type LineView struct {
	Number                        int
	Dataset                       string
	Type, Power, Route, Frequency string
	OptOut                        string
	Facts                         []Fact
}

// PartyView is an organisation in the version.
type PartyView struct {
	page.Link
	Roles       string
	Placeholder bool
	Facts       []Fact
}

// Section is one of several records of a kind.
type Section struct {
	Title string
	Facts []Fact
}

// ConditionView is a condition with the form to meet it.
type ConditionView struct {
	Number                        int
	Text, Kind, Due, Page, Owners string
	Met, Evidence                 string // when and by whom; empty: not met
	Meet                          *Form  // nil: it is met, or the viewer may not
}

// ReviewView is a review.
type ReviewView struct {
	Title, By, Advice string
	At                time.Time
	Facts             []Fact
}

// SignatoryView is a signature given or missing.
type SignatoryView struct {
	Organisation, Capacity, By string
	At                         time.Time
	Signed                     bool
}

// DocumentView is an attachment.
type DocumentView struct {
	page.Link
	Step, Size, SHA256 string
	Withdrawn          bool
}

// turns are in whose hands a version is.
var turns = map[working.Turn]string{working.Applicant: "with the applicant", working.Body: "with the team", working.Signatures: "with the signatories", working.Over: "over"}

var versionPage = page.Parse[VersionView]("team/version.html")

func (s *server) version(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := versionID(r, "id")
	if err != nil {
		return err
	}
	return s.showVersion(w, r, actor, id, "", nil)
}

// showVersion shows a version; refused is what came of the form of that id.
func (s *server) showVersion(w http.ResponseWriter, r *http.Request, actor access.Actor, id uuid.UUID, form string, refused error) error {
	v, err := s.Service.WholeVersion(r.Context(), actor, id)
	if err != nil {
		return err
	}
	owners, err := s.Service.CaseOwners(r.Context(), actor)
	if err != nil {
		return err
	}
	view := versionView(v)
	var sent *Form
	for _, c := range commands {
		mayDo := access.Check(actor, c.permission) == nil && c.offered(v)
		if !mayDo && c.path != form {
			continue
		}
		f := c.form(v, owners, actor)
		if c.path == form {
			sent = f
		}
		if mayDo && len(f.Fields) == 0 {
			view.Buttons = append(view.Buttons, f)
		} else if mayDo {
			view.Forms = append(view.Forms, f)
		}
	}
	view.Conditions = conditions(v, access.Check(actor, access.RunAgreements) == nil)
	for _, c := range view.Conditions {
		if c.Meet != nil && c.Meet.ID == form {
			sent = c.Meet
		}
	}
	if view.Public, err = s.publicTexts(r, actor, v); err != nil {
		return err
	}
	for _, t := range view.Public {
		if t.Clear != nil && t.Clear.ID == form {
			sent = t.Clear
		}
	}
	p := page.Page{Title: view.Reference, Private: true,
		Trail: append(s.trail(actor), page.Link{Text: v.Edges.Agreement.Stem, Href: agreementHref(v.Edges.Agreement.Stem)})}
	if refused != nil {
		if sent == nil {
			sent = &Form{ID: form}
		}
		sent.fill(r)
		if view.Problems, p.Status, err = sent.refused(refused); err != nil {
			return err
		}
		p.Title = "Error: " + p.Title
	}
	return versionPage.Render(s.pages, w, r, p, view)
}

func versionView(v *release.WholeVersion) VersionView {
	step := v.State.NextStep()
	if v.Lapsed {
		step = terms.Step{Words: "Issue it again: twelve months have passed", Who: "access officer"}
	}
	view := VersionView{Reference: reference(v.AgreementVersion), Name: v.Title, State: v.State.Label(), Step: step.Words, Who: step.Who,
		Warnings: warnings(v), Facts: versionFacts(v), Links: versionLinks(v), Clock: clock(v), Texts: texts(v), Support: support(v),
		TermsSHA256: v.TermsSHA256, Frozen: v.AgreementVersion.TermsSha256 != ""}
	for _, l := range v.Edges.Lines {
		view.Lines = append(view.Lines, line(v, l))
	}
	view.Parties = parties(v)
	for _, review := range v.Edges.Reviews {
		view.Reviews = append(view.Reviews, ReviewView{Title: review.Route.Label() + ": " + strings.ReplaceAll(string(review.Outcome), "_", " "),
			By: v.People[review.ReviewerID], Advice: review.Advice, At: review.CreatedAt,
			Facts: slices.Concat(stated("Adviser", review.Adviser), stated("Precedent", review.Precedent), stated("Checked, and met", review.Checklist...),
				stated("Reviewed in full by", dateWords(review.ReviewDue)))})
	}
	for _, sig := range v.Signatories {
		view.Signatories = append(view.Signatories, SignatoryView{Organisation: sig.Organisation, Capacity: sig.Capacity, By: v.People[sig.SignedBy],
			At: sig.SignedAt, Signed: sig.SignedBy != uuid.Nil})
	}
	for _, d := range v.Edges.Attachments {
		view.Documents = append(view.Documents, DocumentView{Link: page.Link{Text: d.Name, Href: "/applications/" + v.ID.String() + "/documents/" + d.ID.String()},
			Step: d.Step, Size: page.Count(d.Size) + " bytes", SHA256: d.Sha256, Withdrawn: d.WithdrawnAt != nil})
	}
	return view
}

// warnings are what must be known before anything is done.
func warnings(v *release.WholeVersion) (out []Value) {
	for _, h := range v.Holds {
		out = append(out, Value{Label: "A hold is on " + holdWords(h) + ": " + h.Reason, Href: holdsHome + "/" + h.ID.String()})
	}
	if by := v.SupersededBy; by != nil {
		out = append(out, Value{Label: "Superseded by " + versionWords(by.Number), Href: Home + "/versions/" + by.ID.String()})
	}
	if v.Lapsed {
		out = append(out, Value{Label: "Its issue for signature has lapsed."})
	}
	if v.AgainstAdvice != "" {
		out = append(out, Value{Label: "Approved against advice by the SIRO: " + v.AgainstAdvice})
	}
	if v.EndedAt != nil {
		who := "somebody"
		if v.EndedBy != nil && v.People[*v.EndedBy] != "" {
			who = v.People[*v.EndedBy]
		}
		out = append(out, Value{Label: "Ended as " + v.State.Label() + " on " + terms.Today(*v.EndedAt).Words() + " by " + who + ": " + v.EndReason})
	}
	for _, p := range v.Edges.Parties {
		if p.Edges.Organisation.Placeholder {
			out = append(out, Value{Label: p.Edges.Organisation.Name + " stands for a party that is not named; it blocks every release."})
		}
	}
	return out
}

func versionFacts(v *release.WholeVersion) []Fact {
	applicant := ""
	if v.Edges.Agreement.Edges.Applicant != nil {
		applicant = v.Edges.Agreement.Edges.Applicant.Name
	}
	kind := fact("Kind", v.Kind.Label())
	if v.Predecessor != nil {
		kind.Values[0].Note = "of " + versionWords(v.Predecessor.Number)
	}
	owner := "Nobody"
	if v.OwnerID != nil {
		owner = v.People[*v.OwnerID]
	}
	facts := []Fact{fact("Applicant", applicant), kind}
	facts = append(facts, stated("Why there is this version", v.ChangeReason)...)
	facts = append(facts, stated("Instrument", v.Instrument)...)
	facts = append(facts, stated("Applying directorate", v.Directorate)...)
	facts = append(facts, fact("Case owner", owner), fact("Term", term(dateOf(v.Starts), dateOf(v.Ends))), fact("Territory", v.Territory.Label()))
	if v.WrittenBy != nil {
		facts = append(facts, fact("Written by", v.People[*v.WrittenBy]))
	}
	if v.SubmittedBy != nil {
		facts = append(facts, fact("Submitted by", v.People[*v.SubmittedBy]))
	}
	if v.ReviewRoute != nil {
		facts = append(facts, fact("Route of review", v.ReviewRoute.Label()))
	}
	if v.ApprovedBy != nil && v.ApprovedAt != nil {
		facts = append(facts, fact("Approved by", v.People[*v.ApprovedBy]+", "+page.Moment(*v.ApprovedAt)))
	}
	return append(facts, stated("Provenance", v.Provenance)...)
}

func versionLinks(v *release.WholeVersion) []page.Link {
	base := Home + "/versions/" + v.ID.String()
	links := []page.Link{{Text: "What the gate says", Href: base + "/gate"}, {Text: "Data flows and licences", Href: base + "/flows"}}
	if v.Predecessor != nil {
		links = append(links, page.Link{Text: "What changed since " + versionWords(v.Predecessor.Number), Href: Home + "/versions/" + v.Predecessor.ID.String() + "/diff/" + v.ID.String()})
	}
	if v.State == terms.Recorded {
		links = append(links, page.Link{Text: "Take it on", Href: at(takeOnHome, url.Values{"q": {v.Edges.Agreement.Stem}})})
	}
	if v.State.Editable() {
		links = append(links, page.Link{Text: "Edit it in the form", Href: "/applications/" + v.ID.String()})
	}
	return links
}

func clock(v *release.WholeVersion) ClockView {
	out := ClockView{ToDecision: v.Clock.ToDecision, Applicant: v.Clock.Applicant, Body: v.Clock.Body, Signatures: v.Clock.Signatures, Decided: v.Clock.Decided}
	stages := slices.Clone(v.Edges.Stages)
	slices.SortStableFunc(stages, func(a, b *ent.Stage) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	for i, spell := range v.Clock.Spells {
		row := SpellView{State: spell.State.Label(), Turn: turns[spell.Turn], From: spell.From, Days: spell.Days, Counted: spell.Turn != working.Over, Note: stages[i].Note}
		if spell.State == terms.Recorded {
			row.Turn = "not taken on"
		}
		if stages[i].PersonID != nil {
			row.By = v.People[*stages[i].PersonID]
		}
		out.Spells = append(out.Spells, row)
	}
	return out
}

func texts(v *release.WholeVersion) (out []Text) {
	for _, t := range []Text{
		{"objective", "Objective", v.Objective}, {"processing", "Processing", v.Processing}, {"outputs", "Outputs", v.Outputs},
		{"benefits", "Expected benefits", v.Benefits}, {"yielded", "Yielded benefits", v.YieldedBenefits},
		{"commercial-purpose", "Commercial purpose", v.CommercialPurpose}, {"interest", "Legitimate interest", v.LegitimateInterest},
		{"sublicensing", "Terms of sub-licensing", v.SublicensingTerms}, {"article26", "Arrangement between joint controllers", v.Article26},
		{"retention", "Retention", v.Retention},
	} {
		if strings.TrimSpace(t.Text) != "" {
			out = append(out, t)
		}
	}
	return out
}

func line(v *release.WholeVersion, l *ent.DatasetLine) LineView {
	discloser := v.Names[l.Discloser]
	if discloser == "" {
		discloser = l.Discloser
	}
	out := LineView{Number: l.Number, Dataset: l.DatasetName, Type: l.TypeOfData.Label(), Power: l.Power.Label(), Route: l.Route.Label(),
		Frequency: l.Frequency.Label(), OptOut: l.OptOut.Label()}
	var periods, population, purposes []string
	for _, p := range l.Periods {
		periods = append(periods, p.String())
	}
	for _, f := range l.Population {
		population = append(population, f.Field+": "+strings.Join(f.In, ", "))
	}
	for _, p := range l.Purposes {
		purposes = append(purposes, p.Label())
	}
	yes := func(says bool, words string) string {
		if says {
			return words
		}
		return ""
	}
	out.Facts = slices.Concat(
		[]Fact{fact("Discloser", discloser)}, stated("Site", l.Site), []Fact{fact("Sensitivity", l.Sensitivity.Label()),
			fact("Article 6 and 9", slices.Concat(l.Article6, l.Article9)...), fact("Purposes", purposes...), fact("Periods of the data", periods...),
			fact("Fields", strings.Join(l.Fields, ", "))},
		stated("Population", population...), []Fact{fact("Channel", l.Channel.Label())}, stated("Segregated purpose", l.Segment),
		stated("Output rule", l.OutputRule), stated("Linkage", l.Linkage), stated("Linked with", l.LinkedWith...), stated("Depends on", l.DependsOn),
		stated("Cohort", l.Cohort), stated("Recipient's function", l.RecipientFunction), stated("Commercial", l.Commercial),
		stated("Also", yes(l.StudyID, "the output carries a study id"), yes(l.FinalData, "only complete submissions")))
	return out
}

// parties joins the roles of one organisation, in the order of the roles.
func parties(v *release.WholeVersion) (out []PartyView) {
	at := map[uuid.UUID]int{}
	for _, p := range v.Edges.Parties {
		o := p.Edges.Organisation
		i, known := at[o.ID]
		if !known {
			i = len(out)
			at[o.ID] = i
			out = append(out, PartyView{Link: page.Link{Text: o.Name, Href: organisationsHome + "/" + o.Slug}, Placeholder: o.Placeholder})
			out[i].Facts = slices.Concat(stated("Framework contract", strings.TrimSpace(o.ContractNumber+" "+until(o.ContractTo))),
				stated("Security assurance", strings.TrimSpace(o.AssuranceKind+" "+o.AssuranceStatus+" "+until(o.AssuranceTo))))
			out[i].Roles = p.Role.Label()
		} else {
			out[i].Roles += ", " + strings.ToLower(p.Role.Label())
		}
		for _, place := range p.Places {
			out[i].Facts = append(out[i].Facts, fact(placeUse(place.Use), strings.Join(slices.DeleteFunc([]string{place.Address, place.Provider, place.Territory.Label()},
				func(part string) bool { return part == "" }), "; ")))
		}
		out[i].Facts = append(out[i].Facts, stated("Processing contract", p.ProcessingContract)...)
		out[i].Facts = append(out[i].Facts, stated("Holds identifiers", p.HoldsIdentifiers)...)
	}
	for i := range out {
		// A place that is declared for two roles is one place.
		var kept []Fact
		for _, f := range out[i].Facts {
			if !slices.ContainsFunc(kept, func(k Fact) bool { return k.Name == f.Name && k.Values[0] == f.Values[0] }) {
				kept = append(kept, f)
			}
		}
		out[i].Facts = kept
	}
	return out
}

func placeUse(use string) string {
	switch use {
	case "storage":
		return "Stores at"
	case "processing":
		return "Processes at"
	}
	return "Stores and processes at"
}

func until(d *terms.Date) string {
	if d == nil {
		return ""
	}
	return "to " + d.Words()
}

func dateWords(d *terms.Date) string {
	if d == nil {
		return ""
	}
	return d.Words()
}

func support(v *release.WholeVersion) (out []Section) {
	out = append(out, Section{Title: "Controllership and references", Facts: slices.Concat([]Fact{fact("Controllers stand", v.Controllership.Label()),
		fact("Commercial", answer(v.Commercial)), fact("Sub-licensing", answer(v.Sublicensing))}, stated("Funder", v.Funder), stated("Privacy notice", v.PrivacyNotice),
		stated("Data protection impact assessment", v.DpiaReference), stated("Ethics approval", v.EthicsReference))})
	for _, a := range v.Edges.Approvals {
		applied := "do not apply"
		if a.OptOutsApply {
			applied = "apply"
		}
		out = append(out, Section{Title: "Approval " + a.Reference, Facts: slices.Concat(
			[]Fact{fact("By", a.DecisionMaker), fact("Under", a.Regulation), fact("Term", term(a.Starts, a.Ends)), fact("Datasets", a.Datasets...),
				fact("Flows", strings.Join(a.Flows, ", ")), fact("Opt-outs", applied)},
			stated("Identifiers", strings.Join(a.Identifiers, ", ")), stated("Scope", a.Scope), stated("Conditions", a.Conditions),
			stated("Controllers", a.Controllers...), stated("Processors", a.Processors...), stated("Ethics reference", a.EthicsReference),
			stated("Annual review", dateWords(a.AnnualReview)))})
	}
	for _, m := range v.Edges.ConsentMaterials {
		out = append(out, Section{Title: "Consent material: " + strings.TrimSpace(m.Title+" "+m.FormVersion), Facts: slices.Concat(
			[]Fact{fact("Cohort", m.Cohort), fact("Reviewed as", strings.ReplaceAll(string(m.Outcome), "_", " "))},
			stated("Used", strings.TrimSpace(dateWords(m.UsedFrom)+" "+until(m.UsedTo))), stated("Reviewed on", dateWords(m.ReviewedOn)), stated("Finding", m.Finding))})
	}
	for _, l := range v.Edges.SubLicences {
		out = append(out, Section{Title: "Sub-licence to " + l.SubLicensee, Facts: slices.Concat(stated("For", l.Purpose), []Fact{fact("Term", term(l.Starts, l.Ends))})})
	}
	return out
}

func conditions(v *release.WholeVersion, mayMeet bool) (out []ConditionView) {
	rows := slices.Clone(v.Edges.Conditions)
	slices.SortStableFunc(rows, func(a, b *ent.Condition) int { return a.Number - b.Number })
	for _, c := range rows {
		row := ConditionView{Number: c.Number, Text: c.Text, Kind: conditionKinds[string(c.Kind)], Due: strings.TrimSpace(dateWords(c.Due) + " " + c.DueWords),
			Page: c.Page, Owners: strings.Join(c.Owners, ", "), Evidence: c.Evidence}
		switch {
		case c.MetAt != nil:
			row.Met = "Met on " + terms.Today(*c.MetAt).Words()
			if c.MetBy != nil {
				row.Met += ", recorded by " + v.People[*c.MetBy]
			}
		case mayMeet:
			label := c.Text
			if c.Number > 0 {
				label = strconv.Itoa(c.Number)
			}
			row.Meet = (&Form{ID: "meet-" + c.ID.String(), Title: "It is met", Button: "Record that it is met",
				Href:   fmt.Sprintf("%s/versions/%s/conditions/%s/meet", Home, v.ID, c.ID),
				Fields: []*page.Field{{Name: "evidence", Label: "Evidence that it is met", Hint: "Of: " + label, Kind: "text", Wide: true}}}).named()
		}
		out = append(out, row)
	}
	return out
}

var conditionKinds = map[string]string{"precedent": "Precedent: nothing is released before it is met", "continuing": "Continuing", "action": "Action"}

// lines are the lines of a text that say something.
func lines(text string) (out []string) {
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
