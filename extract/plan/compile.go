package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Wanted is one column that is asked for.
type Wanted struct {
	Field string `json:"field"`
	// Derivation: left out, the field as it is where the line's type of data
	// permits that, or else its only permitted form.
	Derivation terms.Derivation `json:"derivation,omitempty"`
}

// Request is what is asked of one line. Periods and Population left out are
// the line's; given, they narrow it.
type Request struct {
	Columns    []Wanted       `json:"columns"`
	Periods    []terms.Period `json:"periods,omitempty"`
	Population []terms.Filter `json:"population,omitempty"`
	Format     Format         `json:"format"`
}

// Input is all that a plan is made of.
type Input struct {
	Agreement  terms.Reference // the version that has the line
	Line       terms.DatasetLine
	Definition definition.Definition // of the line's dataset
	Request    Request
	Snapshot   Snapshot
	OptOuts    *OptOutList // the newest; nil if there is none. Not used where the line applies no opt-outs
}

// Compile makes the plan, or gives every reason why there is none. A plan lets
// through no row and no column that its line does not grant.
func Compile(in Input) (Plan, []fault.Reason) {
	c := compiler{in: in}
	c.frame()
	c.plan.Columns = c.columns()
	c.plan.FileRows = fileRows(len(c.plan.Columns))
	c.plan.Periods = c.periods()
	c.plan.Population = c.population()
	c.plan.OptOuts = c.optOuts()
	if len(c.reasons) == 0 {
		// A backstop: nothing above lets a plan by that this refuses.
		c.reasons = append(c.reasons, c.plan.Check()...)
	}
	if len(c.reasons) > 0 {
		return Plan{}, c.reasons
	}
	return c.plan, nil
}

type compiler struct {
	in      Input
	plan    Plan
	reasons reasons
}

// frame fills what is copied, and checks the line itself.
func (c *compiler) frame() {
	line, def := c.in.Line, c.in.Definition
	c.plan = Plan{
		Version: Version, Agreement: c.in.Agreement.String(), Line: line.Number, Dataset: def.Code, Site: line.Site,
		Type: line.Type, KeyDomain: line.KeyDomain(c.in.Agreement.Stem()), Snapshot: c.in.Snapshot,
		PeriodField: def.PeriodField, RecordKeys: slices.Clone(def.RecordKeys), Format: c.in.Request.Format,
	}
	var err error
	if c.plan.LineSHA256, err = terms.Digest(line); err != nil {
		c.reasons.add("line", "line", "the line has no canonical form")
	}
	if c.plan.Definition, err = terms.Digest(def); err != nil {
		c.reasons.add("definition", "definition", "the dataset's definition has no canonical form")
	}
	stem := c.in.Agreement.Stem()
	if stem == "" || strings.Contains(stem, "/") {
		// Key domains are written stem/segment/type.
		c.reasons.add("agreement.name", "agreement", "%q cannot name a key domain", stem)
	}
	if line.Dataset != def.Code {
		c.reasons.add("line.dataset", "line.dataset", "the line is for %q, the definition is of %q", line.Dataset, def.Code)
	}
	if def.Kind != definition.Activity {
		c.reasons.add("definition.kind", "definition", "%s is not a dataset that is extracted", def.Code)
	}
	switch line.Type {
	case terms.Identifiable, terms.Pseudonymised:
	case terms.AggregateSuppressed, terms.AggregateUnsuppressed:
		c.reasons.add("line.type", "line.type", "the line grants aggregates, and this would be an extract of rows")
	default:
		c.reasons.add("line.type", "line.type", "the line does not say what type of data it grants")
	}
	if line.Channel == terms.ChannelSystemAccess {
		c.reasons.add("line.channel", "line.channel", "the line grants access to a system, not files")
	}
	if line.Cohort != "" {
		// Rows of everybody would leave: no plan reads a cohort's list.
		c.reasons.add("line.cohort", "line.cohort", "the line is limited to the cohort %q, and extracts cannot be limited to a cohort's list", line.Cohort)
	}
	if f := c.in.Request.Format; f != CSV && f != Parquet {
		c.reasons.add("request.format", "format", "%q is not a format: ask for csv or parquet", f)
	}
	if s := c.in.Snapshot; s.Activity == "" || s.Index == "" || s.Parts == 0 {
		c.reasons.add("snapshot", "snapshot", "there is no data of %s at %q yet, or nobody in it has been linked", def.Code, line.Site)
	}
}

func (c *compiler) columns() []Column {
	var out []Column
	if c.in.Line.Type == terms.Pseudonymised {
		out = append(out, Column{Name: PseudonymColumn, Origin: definition.FromPerson, Class: terms.Indirect,
			Type: definition.Text, Derivation: terms.PersonPseudonym})
	}
	if len(c.in.Request.Columns) == 0 {
		c.reasons.add("request.columns", "columns", "no column is asked for; name each that is needed")
	}
	taken := map[string]bool{PseudonymColumn: true}
	for i, w := range c.in.Request.Columns {
		path := fmt.Sprintf("columns[%d]", i)
		column, ok := c.column(path, w)
		if !ok {
			continue
		}
		if taken[column.Name] {
			c.reasons.add("request.column_twice", path, "%s is asked for twice", column.Name)
		}
		taken[column.Name] = true
		out = append(out, column)
	}
	return out
}

func (c *compiler) column(path string, w Wanted) (Column, bool) {
	line, def := c.in.Line, c.in.Definition
	field, ok := def.Field(w.Field)
	if !ok {
		c.reasons.add("request.unknown_field", path, "%s has no field %q", def.Code, w.Field)
		return Column{}, false
	}
	before := len(c.reasons)
	if field.Name == def.PersonKey {
		c.reasons.add("request.person_key", path, "%s is the same for a person in every extract, so it never leaves", field.Name)
		return Column{}, false
	}
	if !slices.Contains(line.Fields, field.Name) {
		c.reasons.add("line.field", path, "line %d does not grant %s", line.Number, field.Name)
	}
	if field.Class == terms.SensitiveField && line.Sensitivity != terms.Sensitive {
		c.reasons.add("line.sensitivity", path, "%s is sensitive and line %d is not for sensitive fields", field.Name, line.Number)
	}
	permitted := permitted(field, line.Type)
	d := w.Derivation
	switch {
	case len(permitted) == 0:
		c.reasons.add("line.identifier", path, "%s identifies people directly and has no other form, and line %d is %s",
			field.Name, line.Number, strings.ToLower(line.Type.Label()))
	case d == "" && slices.Contains(permitted, terms.NoDerivation):
		d = terms.NoDerivation
	case d == "" && len(permitted) == 1:
		d = permitted[0]
	case d == "":
		c.reasons.add("request.derivation", path, "%s leaves only as one of %s: say which", field.Name, words(permitted))
	case !slices.Contains(permitted, d):
		c.reasons.add("request.derivation", path, "%s does not leave as %q on line %d, only as %s", field.Name, d, line.Number, words(permitted))
	}
	return Column{Name: columnName(field.Name, d), Field: field.Name, Origin: field.Origin, Class: field.Class,
		Type: field.Type, Derivation: d}, len(c.reasons) == before
}

// permitted are the forms in which a field may leave on a line of this type:
// those of its definition, but a direct identifier as it is only on an
// identifiable line, and a record id always re-keyed.
func permitted(f definition.Field, t terms.TypeOfData) []terms.Derivation {
	var out []terms.Derivation
	for _, d := range f.Derivations {
		switch {
		case d == terms.PersonPseudonym:
		case (f.Class == terms.RecordID) != (d == terms.RecordPseudonym):
		case d == terms.NoDerivation && f.Class == terms.DirectIdentifier && t != terms.Identifiable:
		default:
			out = append(out, d)
		}
	}
	return out
}

func words(ds []terms.Derivation) string {
	labels := make([]string, len(ds))
	for i, d := range ds {
		labels[i] = string(d)
	}
	return strings.Join(labels, ", ")
}

// periods are the request's, each within the line's, or else the line's.
func (c *compiler) periods() []terms.Period {
	granted, ok := c.merged("line.periods", c.in.Line.Periods)
	if len(c.in.Line.Periods) == 0 {
		c.reasons.add("line.periods", "line.periods", "line %d states no period of data", c.in.Line.Number)
	}
	if len(c.in.Request.Periods) == 0 {
		return granted
	}
	asked, fine := c.merged("periods", c.in.Request.Periods)
	if !ok || !fine {
		return nil
	}
	for i, p := range c.in.Request.Periods {
		if !slices.ContainsFunc(granted, p.Within) {
			c.reasons.add("line.period", fmt.Sprintf("periods[%d]", i), "%s is not within line %d, which grants %s",
				p, c.in.Line.Number, periodWords(granted))
		}
	}
	return asked
}

// merged sorts periods and joins those that touch, so that equal sets of days
// have one form.
func (c *compiler) merged(path string, periods []terms.Period) ([]terms.Period, bool) {
	before := len(c.reasons)
	for i, p := range periods {
		at := fmt.Sprintf("%s[%d]", path, i)
		if p.From.IsZero() {
			// HES writes "not known" as a day of 1800: no beginning would let it in.
			c.reasons.add("period.from", at, "the period has no beginning")
		}
		if !p.To.IsZero() && p.To.Compare(p.From) < 0 {
			c.reasons.add("period.order", at, "the period %s ends before it begins", p)
		}
	}
	sorted := slices.Clone(periods)
	slices.SortFunc(sorted, func(a, b terms.Period) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var out []terms.Period
	for _, p := range sorted {
		last := len(out) - 1
		switch {
		case last < 0 || !out[last].To.IsZero() && p.From.Compare(out[last].To.AddDays(1)) > 0:
			out = append(out, p)
		case out[last].To.IsZero():
		case p.To.IsZero() || p.To.Compare(out[last].To) > 0:
			out[last].To = p.To
		}
	}
	return out, len(c.reasons) == before
}

func periodWords(periods []terms.Period) string {
	out := make([]string, len(periods))
	for i, p := range periods {
		out[i] = p.String()
	}
	return strings.Join(out, ", ")
}

// population is the line's filters and the request's, all of which must hold.
func (c *compiler) population() []terms.Filter {
	granted := c.filters("line.population", map[string][]string{}, c.in.Line.Population)
	for i, f := range c.in.Request.Population {
		path := fmt.Sprintf("population[%d]", i)
		outer, limited := granted[f.Field]
		if !limited {
			if _, known := c.in.Definition.Field(f.Field); known && !slices.Contains(c.in.Line.Fields, f.Field) {
				// To ask for the rows of one value is to learn the value.
				c.reasons.add("line.filter", path, "line %d neither grants %s nor is limited by it", c.in.Line.Number, f.Field)
			}
			continue
		}
		if outside := without(f.In, outer); len(outside) > 0 {
			c.reasons.add("line.population", path, "%s %s is outside the population of line %d",
				f.Field, strings.Join(outside, ", "), c.in.Line.Number)
		}
	}
	all := c.filters("population", granted, c.in.Request.Population)
	out := make([]terms.Filter, 0, len(all))
	for _, field := range slices.Sorted(maps.Keys(all)) {
		out = append(out, terms.NewFilter(field, all[field]...))
		if len(all[field]) == 0 {
			c.reasons.add("population.empty", "population", "no row can pass the filters on %s together", field)
		}
	}
	return out
}

// filters adds filters to those by field; those on one field must all hold.
func (c *compiler) filters(path string, by map[string][]string, more []terms.Filter) map[string][]string {
	by = maps.Clone(by)
	for i, f := range more {
		if !c.filterable(fmt.Sprintf("%s[%d]", path, i), f) {
			continue
		}
		if before, ok := by[f.Field]; ok {
			by[f.Field] = without(f.In, without(f.In, before))
		} else {
			by[f.Field] = f.In
		}
	}
	return by
}

// without is in less those of out.
func without(in, out []string) []string {
	var left []string
	for _, v := range in {
		if !slices.Contains(out, v) {
			left = append(left, v)
		}
	}
	return left
}

// filterable says whether rows may be chosen by a field, with reasons if not.
func (c *compiler) filterable(path string, f terms.Filter) bool {
	field, ok := c.in.Definition.Field(f.Field)
	switch {
	case !ok:
		c.reasons.add("population.unknown_field", path, "%s has no field %q", c.in.Definition.Code, f.Field)
	case field.Origin != definition.FromFeed || field.Class == terms.DirectIdentifier || field.Class == terms.RecordID:
		c.reasons.add("population.identifier", path, "rows are not chosen by %s, which tells persons or records apart", f.Field)
	case field.Class == terms.SensitiveField && c.in.Line.Sensitivity != terms.Sensitive:
		c.reasons.add("line.sensitivity", path, "%s is sensitive and line %d is not for sensitive fields", f.Field, c.in.Line.Number)
	case len(f.In) == 0:
		c.reasons.add("population.empty", path, "the filter on %s lets nothing through", f.Field)
	default:
		return true
	}
	return false
}

func (c *compiler) optOuts() *OptOuts {
	line := c.in.Line
	if line.OptOut == terms.OptOutNotRecorded || !line.OptOut.Known() {
		c.reasons.add("line.opt_out", "line.opt_out", "line %d does not say whether opt-outs are applied", line.Number)
		return nil
	}
	if !line.OptOut.Applied() {
		return nil
	}
	if !line.Unchecked.Known() {
		c.reasons.add("line.unchecked", "line.unchecked", "line %d does not say what becomes of rows without a valid NHS number", line.Number)
	}
	if c.in.OptOuts == nil || c.in.OptOuts.SHA256 == "" || c.in.OptOuts.AsOf.IsZero() {
		c.reasons.add("opt_outs.list", "opt_outs", "opt-outs are applied on line %d and there is no dated list of them", line.Number)
		return nil
	}
	return &OptOuts{List: *c.in.OptOuts, Unchecked: line.Unchecked}
}
