package register

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// amendable is what a correction may say of a column, by the column's name, and
// how its text is read. A list has its items divided by ListMark; an empty text
// is "not recorded".
var amendable = []struct {
	column string
	of     []Kind // of which entries; a release or an agreement
	set    func(*Entry, string) error
}{
	{"event_from", both, setDay(func(e *Entry) *terms.Date { return &e.EventFrom })},
	{"event_to", both, setDay(func(e *Entry) *terms.Date { return &e.EventTo })},
	{"organisation_id", both, setLine(OrganisationID)}, // the name follows
	{"organisation_type", ofAgreement, setLine(OrganisationType)},
	{"reference", both, setReference},
	{"dataset", ofRelease, func(e *Entry, v string) error { e.Dataset = v; return nil }}, // the name follows
	{"type_of_data", ofRelease, setCode(func(e *Entry) *terms.TypeOfData { return &e.TypeOfData }, terms.TypeNotRecorded)},
	{"sensitivity", ofRelease, setCode(func(e *Entry) *terms.Sensitivity { return &e.Sensitivity }, terms.SensitivityNotRecorded)},
	{"power", ofRelease, setCode(func(e *Entry) *terms.Power { return &e.Power }, terms.PowerNotRecorded)},
	{"routes", ofRelease, setRoutes},
	{"opt_out", ofRelease, setCode(func(e *Entry) *terms.OptOut { return &e.OptOut }, terms.OptOutNotRecorded)},
	{"frequency", ofRelease, setCode(func(e *Entry) *terms.Frequency { return &e.Frequency }, terms.FrequencyNotRecorded)},
	{"channel", ofRelease, setCode(func(e *Entry) *terms.Channel { return &e.Channel }, "")},
	{"starts", ofAgreement, setDay(func(e *Entry) *terms.Date { return &e.Starts })},
	{"ends", ofAgreement, setDay(func(e *Entry) *terms.Date { return &e.Ends })},
	{"controllership", ofAgreement, setCode(func(e *Entry) *terms.Controllership { return &e.Controllership }, terms.ControllershipNotRecorded)},
	{"controllers", ofAgreement, setLine(Controllers)},
	{"sub_licensing", ofAgreement, setCode(func(e *Entry) *terms.Answer { return &e.SubLicensing }, terms.AnswerNotRecorded)},
	{"commercial", ofAgreement, setCode(func(e *Entry) *terms.Answer { return &e.Commercial }, terms.AnswerNotRecorded)},
	{"title", both, setLine(Title)},
	{"objective", ofAgreement, setText(Objective)},
	{"processing", ofAgreement, setText(Processing)},
	{"outputs", ofAgreement, setText(Outputs)},
	{"benefits", ofAgreement, setText(Benefits)},
	{"yielded_benefits", ofAgreement, setText(YieldedBenefits)},
	{"lay_summary", ofAgreement, setText(LaySummary)},
	{"technical_summary", ofAgreement, setText(TechnicalSummary)},
	{"funders", ofAgreement, setLine(Funders)},
}

var both, ofRelease, ofAgreement = []Kind{Release, Agreement}, []Kind{Release}, []Kind{Agreement}

// The most characters of a text that is written here: of prose, and of what
// stands in one line.
const MaxText, MaxLine = 100_000, 500

// lastTerm is how many years ahead an agreement may end, at most.
const lastTerm = 50

// Amendable are the columns that a correction of a release, or of an agreement,
// may change, in order.
func Amendable(kind Kind) []Column {
	var out []Column
	for _, a := range amendable {
		if slices.Contains(a.of, kind) {
			out = append(out, columns[slices.IndexFunc(columns, func(c Column) bool { return c.Name == a.column })])
		}
	}
	return out
}

// Amend makes the correction that says what a release or an agreement should
// have said. standing is its reading until now: the entry, or the newest
// correction of it. values are the texts of columns by their names, as
// [Column.Text] writes them; a column that is not named stays as it is. What is
// wrong comes back all at once, with the column as its field: names that no
// correction may change, codes and days that are none, and values that change
// nothing.
//
// Counts of rows and the digests of files stay: they were made, and are what
// they are. So does what is withheld or was erased: it is not at hand, and the
// correction says nothing of it.
//
// today bounds the days: what is entered has happened.
func Amend(standing Entry, values map[string]string, today terms.Date) (Entry, []fault.Reason) {
	kind := standing.Kind
	if kind == Correction {
		kind = standing.Corrects
	}
	out := Again(standing)
	var wrong []fault.Reason
	refuse := func(code, field, format string, args ...any) {
		wrong = append(wrong, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if kind != Release && kind != Agreement {
		refuse("kind", "about", "a %s is not corrected: it is withdrawn, and another is entered", standing.Kind)
		return out, wrong
	}
	for _, t := range standing.Texts {
		// A correction that stands in its place would say nothing of it.
		if t.Withheld && t.Field != AsPublished && t.Field != Reason {
			refuse("withheld", "about", "its %s waits for a decision: decide about it first, where withheld texts are decided about", strings.ReplaceAll(string(t.Field), "_", " "))
		}
	}
	allowed, changed := Amendable(kind), false
	for name := range values {
		if !slices.ContainsFunc(allowed, func(c Column) bool { return c.Name == name }) {
			refuse("column-unknown", name, "is nothing that a correction of a %s may change", kind)
		}
	}
	for _, a := range amendable {
		value, given := values[a.column]
		if !given || !slices.Contains(a.of, kind) {
			continue
		}
		at := slices.IndexFunc(allowed, func(c Column) bool { return c.Name == a.column })
		before := allowed[at].Text(standing)
		if allowed[at].same(value, before) {
			continue
		}
		if err := a.set(&out, strings.TrimSpace(value)); err != nil {
			refuse("value", a.column, "%s", err)
			continue
		}
		changed = changed || !allowed[at].same(allowed[at].Text(out), before)
	}
	bounded := func(column string, day terms.Date, last terms.Date, late string) {
		if _, given := values[column]; !given || day.IsZero() {
			return
		}
		switch {
		case day.Compare(NHSBegan) < 0:
			refuse("before", column, "is before %s, when the National Health Service began", NHSBegan.Words())
		case day.Compare(last) > 0:
			refuse("future", column, "%s", late)
		}
	}
	bounded("event_from", out.EventFrom, today, "is yet to come")
	bounded("event_to", out.EventTo, today, "is yet to come")
	bounded("starts", out.Starts, terms.NewDate(today.Year+lastTerm, 12, 31), fmt.Sprintf("is more than %d years ahead", lastTerm))
	bounded("ends", out.Ends, terms.NewDate(today.Year+lastTerm, 12, 31), fmt.Sprintf("is more than %d years ahead", lastTerm))
	if !out.EventFrom.IsZero() && !out.EventTo.IsZero() && out.EventTo.Compare(out.EventFrom) < 0 {
		refuse("period", "event_to", "is before the first day")
	}
	if !out.Starts.IsZero() && !out.Ends.IsZero() && out.Ends.Compare(out.Starts) < 0 {
		refuse("period", "ends", "is before the first day")
	}
	if len(wrong) == 0 && !changed {
		refuse("unchanged", "", "the entry says all of this already")
	}
	slices.SortStableFunc(wrong, func(a, b fault.Reason) int { return strings.Compare(a.Field, b.Field) })
	return out, wrong
}

// Meant are the values of a form that say something else than the reading it
// was filled with: what nobody touched is no part of a correction, though
// another may have changed it since. A value of which standing, the reading of
// now, says something new of its own is a reason against the correction.
func Meant(shown, standing Entry, values map[string]string) (meant map[string]string, wrong []fault.Reason) {
	meant = map[string]string{}
	for name, value := range values {
		at := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
		if at < 0 {
			meant[name] = value // which Amend refuses
			continue
		}
		before, now := columns[at].Text(shown), columns[at].Text(standing)
		switch {
		case columns[at].same(value, before), columns[at].same(value, now):
		case !columns[at].same(before, now):
			wrong = append(wrong, fault.Reason{Code: "changed-since", Field: name,
				Message: fmt.Sprintf("entry %d has changed it from %q to %q since this was opened", standing.Number, before, now)})
		default:
			meant[name] = value
		}
	}
	slices.SortFunc(wrong, func(a, b fault.Reason) int { return strings.Compare(a.Field, b.Field) })
	return meant, wrong
}

// same says whether two values of a column differ in nothing that counts: forms
// have their own ends of lines and no blanks at the ends, and a list has no
// order.
func (c Column) same(a, b string) bool {
	a, b = plainLines(a), plainLines(b)
	if c.Type != "list" {
		return a == b
	}
	x, y := strings.Split(a, ListMark), strings.Split(b, ListMark)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func plainLines(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

// Again is a correction that says the same as the reading that stands, for
// something to be told of it: all that the public has of it, without a reason.
func Again(standing Entry) Entry {
	out := standing
	out.Kind, out.Corrects, out.About, out.Number, out.Late = Correction, standing.Kind, standing.Number, 0, false
	if standing.Kind == Correction {
		out.Corrects, out.About = standing.Corrects, standing.About
	}
	out.Edition, out.SourceID, out.RowKey, out.EditionFrom, out.Sheet, out.Line = "", "", "", terms.Date{}, 0, 0
	out.Routes, out.Texts = slices.Clone(standing.Routes), nil
	for _, t := range standing.Texts {
		if !t.Erased && !t.Withheld && t.Field != AsPublished && t.Field != Reason {
			out.Texts = append(out.Texts, Text{Field: t.Field, Text: t.Text})
		}
	}
	return out
}

// Withdrawable says whether an entry of this kind can be withdrawn. What tells
// of another entry cannot: a wrong correction is corrected, an erasure stays.
func (k Kind) Withdrawable() bool {
	switch k {
	case Agreement, Release, Termination, Destruction, Succession:
		return true
	}
	return false
}

func setDay(of func(*Entry) *terms.Date) func(*Entry, string) error {
	return func(e *Entry, value string) error {
		if value == "" {
			*of(e) = terms.Date{}
			return nil
		}
		d, err := terms.ParseDate(value)
		if err != nil {
			return fmt.Errorf("%q is no day; write it as 2026-11-01", value)
		}
		*of(e) = d
		return nil
	}
}

type vocabulary interface {
	~string
	Values() []string
}

func setCode[T vocabulary](of func(*Entry) *T, unrecorded T) func(*Entry, string) error {
	return func(e *Entry, value string) error {
		if value == "" {
			*of(e) = unrecorded
			return nil
		}
		var none T
		if !slices.Contains(none.Values(), value) {
			return fmt.Errorf("%q is none of %s", value, strings.Join(none.Values(), ", "))
		}
		*of(e) = T(value)
		return nil
	}
}

func setRoutes(e *Entry, value string) error {
	e.Routes = nil
	for part := range strings.SplitSeq(value, strings.TrimSpace(ListMark)) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if !slices.Contains(terms.Route("").Values(), part) {
			return fmt.Errorf("%q is none of %s", part, strings.Join(terms.Route("").Values(), ", "))
		}
		if !slices.Contains(e.Routes, terms.Route(part)) {
			e.Routes = append(e.Routes, terms.Route(part))
		}
	}
	if len(e.Routes) == 0 {
		e.Routes = []terms.Route{terms.RouteNotRecorded}
	}
	return nil
}

func setReference(e *Entry, value string) error {
	r, err := terms.ParseReference(value)
	if err != nil {
		return fmt.Errorf("%q is no reference of an agreement: one looks like DARS-NIC-69431-K1K8R-v1.2", value)
	}
	e.Reference, e.Stem, e.Version = r.String(), r.Stem(), r.Version()
	return nil
}

func setText(field Field) func(*Entry, string) error { return setField(field, MaxText) }

// setLine is setText of what stands in one line.
func setLine(field Field) func(*Entry, string) error {
	set := setField(field, MaxLine)
	return func(e *Entry, value string) error {
		if strings.ContainsAny(value, "\n\r") {
			return fmt.Errorf("stands in one line, and this has several")
		}
		return set(e, value)
	}
}

func setField(field Field, most int) func(*Entry, string) error {
	return func(e *Entry, value string) error {
		if utf8.RuneCountInString(value) > most {
			return fmt.Errorf("has more than %d characters", most)
		}
		e.Texts = slices.DeleteFunc(e.Texts, func(t Text) bool { return t.Field == field })
		e.With(field, value)
		return nil
	}
}
