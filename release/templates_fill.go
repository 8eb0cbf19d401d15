package release

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// filling puts a template's answers into an application and keeps what it
// changed.
type filling struct {
	overwrite bool
	version   uuid.UUID
	reference string
	changes   []TemplateChange
}

func (f *filling) touched(step string) bool {
	return slices.ContainsFunc(f.changes, func(c TemplateChange) bool { return c.step == step })
}

func (f *filling) changed(step, field, from, to string) {
	f.changes = append(f.changes, TemplateChange{Version: f.version, Reference: f.reference, Field: field, From: from, To: to, step: step})
}

// fillText answers with a text or code, where there is none or another one may
// be replaced.
func fillText[T ~string](f *filling, step, field string, have *T, want T) {
	if want == "" || *have == want || (*have != "" && *have != "not_recorded" && !f.overwrite) {
		return
	}
	f.changed(step, field, string(*have), string(want))
	*have = want
}

func fillList[T any](f *filling, step, field string, have *[]T, want []T, words func(T) string) {
	join := func(list []T) string {
		all := make([]string, len(list))
		for i, one := range list {
			all[i] = words(one)
		}
		return strings.Join(all, ", ")
	}
	if len(want) == 0 || (len(*have) > 0 && !f.overwrite) || join(*have) == join(want) {
		return
	}
	f.changed(step, field, join(*have), join(want))
	*have = slices.Clone(want)
}

func (f *filling) yes(step, field string, have **bool, want *bool) {
	if want == nil || (*have != nil && (**have == *want || !f.overwrite)) {
		return
	}
	from := ""
	if *have != nil {
		from = strconv.FormatBool(**have)
	}
	f.changed(step, field, from, strconv.FormatBool(*want))
	*have = want
}

func (f *filling) day(step, field string, have **terms.Date, want *terms.Date) {
	if want == nil || (*have != nil && (**have == *want || !f.overwrite)) {
		return
	}
	from := ""
	if *have != nil {
		from = (*have).String()
	}
	f.changed(step, field, from, want.String())
	*have = want
}

// fill answers an application; applicant is the name of who applies.
func (f *filling) fill(a *Application, t TemplateAnswers, applicant string) {
	fillText(f, StepPurpose, "title", &a.Title, strings.ReplaceAll(t.Title, "{organisation}", applicant))
	f.yes(StepPurpose, "commercial", &a.Commercial, t.Commercial)
	fillText(f, StepParties, "controllership", &a.Controllership, t.Controllership)
	fillText(f, StepParties, "article26", &a.Article26, t.Article26)
	fillList(f, StepParties, "sites", &a.Sites, t.Sites, func(s string) string { return s })
	for _, p := range t.Parties {
		same := func(have PartyInput) bool { return have.Role == p.Role && have.Organisation == p.Organisation }
		if !slices.ContainsFunc(a.Parties, same) {
			f.changed(StepParties, fmt.Sprintf("parties[%d]", len(a.Parties)), "", p.Role.Label()+" "+p.Organisation)
			a.Parties = append(a.Parties, p)
		}
	}
	f.yes(StepSupport, "sublicensing", &a.Sublicensing, t.Sublicensing)
	fillText(f, StepSupport, "privacyNotice", &a.PrivacyNotice, t.PrivacyNotice)
	for _, approval := range t.Approvals {
		same := func(have ApprovalInput) bool { return terms.Fold(have.Reference) == terms.Fold(approval.Reference) }
		if !slices.ContainsFunc(a.Approvals, same) {
			f.changed(StepSupport, fmt.Sprintf("approvals[%d]", len(a.Approvals)), "", approval.Reference)
			a.Approvals = append(a.Approvals, approval)
		}
	}
	f.day(StepTerm, "starts", &a.Starts, t.Starts)
	f.day(StepTerm, "ends", &a.Ends, t.Ends)
	fillText(f, StepTerm, "territory", &a.Territory, t.Territory)
	fillText(f, StepTerm, "retention", &a.Retention, t.Retention)
	for i := range a.Lines {
		for _, l := range t.Lines {
			if l.fits(a.Lines[i]) {
				f.fillLine(fmt.Sprintf("lines[%d].", i), &a.Lines[i], l)
				break
			}
		}
	}
}

// fits says whether the template answers the line.
func (t LineTemplate) fits(l LineInput) bool {
	named := func(name string) bool { return register.NameKey(name) == register.NameKey(l.DatasetName) }
	return (t.Types == "" || t.Types == l.Type) && (len(t.Datasets) == 0 || slices.ContainsFunc(t.Datasets, named))
}

func (f *filling) fillLine(at string, l *LineInput, t LineTemplate) {
	text := func(s string) string { return s }
	fillText(f, StepLines, at+"discloser", &l.Discloser, t.Discloser)
	fillText(f, StepLines, at+"site", &l.Site, t.Site)
	fillText(f, StepLines, at+"power", &l.Power, t.Power)
	fillText(f, StepLines, at+"route", &l.Route, t.Route)
	fillText(f, StepLines, at+"optOut", &l.OptOut, t.OptOut)
	fillText(f, StepLines, at+"unchecked", &l.Unchecked, t.Unchecked)
	fillText(f, StepLines, at+"channel", &l.Channel, t.Channel)
	fillList(f, StepLines, at+"periods", &l.Periods, t.Periods, terms.Period.String)
	fillList(f, StepLines, at+"fields", &l.Fields, t.Fields, text)
	fillList(f, StepLines, at+"purposes", &l.Purposes, t.Purposes, terms.Purpose.Label)
	fillList(f, StepLines, at+"article6", &l.Article6, t.Article6, text)
	fillList(f, StepLines, at+"article9", &l.Article9, t.Article9, text)
	fillText(f, StepLines, at+"segment", &l.Segment, t.Segment)
	fillText(f, StepLines, at+"outputRule", &l.OutputRule, t.OutputRule)
	fillText(f, StepLines, at+"function", &l.Function, t.Function)
	fillText(f, StepLines, at+"commercial", &l.Commercial, t.Commercial)
}
