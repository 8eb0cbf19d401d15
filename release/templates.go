package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/template"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// TemplateInput is what agreements of one class have in common.
type TemplateInput struct {
	Name        string          `json:"name" validate:"required,max=200"`
	Description string          `json:"description" validate:"max=4000"`
	Answers     TemplateAnswers `json:"answers"`
}

// TemplateAnswers are answers of an application. What is empty is not
// mentioned. {organisation} in the title is the applicant's name.
type TemplateAnswers struct {
	Title          string               `json:"title" validate:"max=500"`
	Controllership terms.Controllership `json:"controllership"`
	Article26      string               `json:"article26"`
	Sites          []string             `json:"sites" validate:"max=50,unique"` // names of the discloser's regional centres
	Parties        []PartyInput         `json:"parties" validate:"max=50,dive"` // added where the organisation has not that role yet
	Starts         *terms.Date          `json:"starts"`
	Ends           *terms.Date          `json:"ends"`
	Territory      terms.Territory      `json:"territory"`
	Retention      string               `json:"retention"`
	PrivacyNotice  string               `json:"privacyNotice" validate:"max=1000"`
	Commercial     *bool                `json:"commercial"`
	Sublicensing   *bool                `json:"sublicensing"`
	Approvals      []ApprovalInput      `json:"approvals" validate:"max=20,dive"` // added where the reference is not there yet
	Lines          []LineTemplate       `json:"lines" validate:"max=50,dive"`     // the first that fits a line answers it
}

// LineTemplate are answers for the lines of some datasets and type of data.
type LineTemplate struct {
	Datasets []string         `json:"datasets" validate:"max=100,unique"` // names; none: every dataset
	Types    terms.TypeOfData `json:"type"`                               // empty: every type

	Discloser  string              `json:"discloser"` // slug
	Site       string              `json:"site"`
	Power      terms.Power         `json:"power"`
	Route      terms.Route         `json:"route"`
	OptOut     terms.OptOut        `json:"optOut"`
	Unchecked  terms.UncheckedRows `json:"unchecked"`
	Channel    terms.Channel       `json:"channel"`
	Periods    []terms.Period      `json:"periods"`
	Fields     []string            `json:"fields" validate:"unique"`
	Purposes   []terms.Purpose     `json:"purposes" validate:"unique"`
	Article6   []string            `json:"article6" validate:"unique"`
	Article9   []string            `json:"article9" validate:"unique"`
	Segment    string              `json:"segment" validate:"max=60"`
	OutputRule string              `json:"outputRule" validate:"max=60"`
	Function   string              `json:"function" validate:"max=300"`
	Commercial string              `json:"commercial" validate:"omitempty,oneof=no yes solely"`
}

// RecordTemplate records a template, or the new answers of the one of that
// name; history keeps the old ones.
func (s *Service) RecordTemplate(ctx context.Context, actor access.Actor, input TemplateInput) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return uuid.Nil, err
	}
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	answers, err := json.Marshal(input.Answers)
	if err != nil {
		return uuid.Nil, fmt.Errorf("writing the answers: %w", err)
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		c := w.checking(ctx, s, "The template cannot be recorded as it is")
		input.Answers.check(c)
		if err := c.result(); err != nil {
			return err
		}
		known, err := w.Template.Query().Where(template.Name(input.Name)).ForUpdate().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			known, err = w.Template.Create().SetCreatedAt(w.now).SetName(input.Name).SetDescription(input.Description).SetAnswers(answers).Save(ctx)
		case err == nil:
			known, err = known.Update().SetDescription(input.Description).SetAnswers(answers).Save(ctx)
		}
		if err != nil {
			return err
		}
		id = known.ID
		return w.event(ctx, "template recorded", id.String(), input.Description, map[string]any{"name": input.Name})
	})
	return id, err
}

// check says what is wrong with a template whatever it is applied to.
func (a TemplateAnswers) check(c *checking) {
	c.code("answers.controllership", string(a.Controllership), a.Controllership.Known())
	c.code("answers.territory", string(a.Territory), a.Territory.Known())
	if a.Starts != nil && a.Ends != nil && a.Ends.Compare(*a.Starts) < 0 {
		c.wrong("term", "answers.ends", "the term ends before it starts")
	}
	for i, p := range a.Parties {
		c.organisation(p.Organisation, fmt.Sprintf("answers.parties[%d].organisation", i))
		c.code(fmt.Sprintf("answers.parties[%d].role", i), string(p.Role), p.Role.Known())
	}
	for i, l := range a.Lines {
		at := fmt.Sprintf("answers.lines[%d].", i)
		if l.Discloser != "" {
			c.organisation(l.Discloser, at+"discloser")
		}
		c.code(at+"type", string(l.Types), l.Types.Known())
		c.code(at+"power", string(l.Power), l.Power.Known())
		c.code(at+"route", string(l.Route), l.Route.Known())
		c.code(at+"optOut", string(l.OptOut), l.OptOut.Known())
		c.code(at+"unchecked", string(l.Unchecked), l.Unchecked.Known())
		c.code(at+"channel", string(l.Channel), l.Channel.Known())
		for _, p := range l.Purposes {
			c.code(at+"purposes", string(p), p.Known())
		}
		for _, p := range l.Periods {
			if p.From.IsZero() || (!p.To.IsZero() && p.To.Compare(p.From) < 0) {
				c.wrong("period", at+"periods", "needs a beginning, and cannot end before it")
			}
		}
	}
}

// ApplyTemplateInput applies a template to many versions.
type ApplyTemplateInput struct {
	Template string      `json:"template" validate:"required,max=200"` // name
	Versions []uuid.UUID `json:"versions" validate:"required,min=1,max=1000,unique"`
	Reason   string      `json:"reason" validate:"required,max=4000"`
	// Overwrite puts the template's answers in the place of others; otherwise
	// they only fill what is empty or not recorded.
	Overwrite bool `json:"overwrite"`
	DryRun    bool `json:"dryRun"` // changes nothing, and says what would change
}

// TemplateChange is one answer of one version that a template changes.
type TemplateChange struct {
	Version   uuid.UUID `json:"version"`
	Reference string    `json:"reference"`
	Field     string    `json:"field"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	step      string
}

// ApplyTemplate gives many drafts the answers of a template, all or nothing,
// with the reason and an event for each that changes. It returns what changed,
// or would.
func (s *Service) ApplyTemplate(ctx context.Context, actor access.Actor, input ApplyTemplateInput) (changes []TemplateChange, err error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return nil, err
	}
	if err := valid(input); err != nil {
		return nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		known, err := w.Template.Query().Where(template.Name(input.Template)).Only(ctx)
		if ent.IsNotFound(err) {
			return wrongAnswer("template-unknown", "template", "there is no template %q", input.Template)
		} else if err != nil {
			return err
		}
		var answers TemplateAnswers
		if err := json.Unmarshal(known.Answers, &answers); err != nil {
			return fmt.Errorf("reading the template %s: %w", known.Name, err)
		}
		refused := fault.New(fault.Invalid, "The template cannot be applied as it is")
		for i, id := range input.Versions {
			made, err := w.applyTemplate(ctx, s, id, answers, input, fmt.Sprintf("versions[%d]", i), refused)
			if err != nil {
				return err
			}
			changes = append(changes, made...)
		}
		if len(refused.Reasons) > 0 {
			return refused
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

func (w *work) applyTemplate(ctx context.Context, s *Service, id uuid.UUID, answers TemplateAnswers, input ApplyTemplateInput, field string, refused *fault.Error) ([]TemplateChange, error) {
	v, err := w.version(ctx, id)
	if err != nil {
		return nil, err
	}
	full, err := w.fullVersion(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.State == terms.Recorded || !slices.Contains(takingOn, v.State) {
		message := "%s is %s; its answers cannot be changed now"
		if v.State == terms.Recorded {
			message = "%s is %s; take it on first"
		}
		refused.With(fault.Reason{Code: "state", Field: field, Message: fmt.Sprintf(message, reference(full), v.State.Label())})
		return nil, nil
	}
	application, err := applicationOf(ctx, w.Client, full)
	if err != nil {
		return nil, err
	}
	applicant := application.Applicant
	if o := full.Edges.Agreement.Edges.Applicant; o != nil {
		applicant = o.Name
	}
	f := filling{overwrite: input.Overwrite, version: id, reference: reference(full)}
	f.fill(&application, answers, applicant)
	c := w.checking(ctx, s, "")
	var sections []Section
	var steps []string
	for _, section := range application.Sections() {
		if f.touched(section.Step()) {
			section.check(c)
			sections, steps = append(sections, section), append(steps, section.Step())
		}
	}
	for _, reason := range c.refused.Reasons {
		reason.Message, reason.Field = reason.Field+": "+reason.Message, field
		refused.With(reason)
	}
	if input.DryRun || len(refused.Reasons) > 0 || len(sections) == 0 {
		return f.changes, nil
	}
	if err := w.writeSections(ctx, v, c, sections...); err != nil {
		return nil, err
	}
	if err := w.revise(ctx, v, steps...); err != nil {
		return nil, err
	}
	return f.changes, w.event(ctx, "template applied", id.String(), input.Reason, map[string]any{"template": input.Template, "changes": len(f.changes), "steps": steps})
}
