package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// What is asked for, held against the line that was granted.

var requestRules = []Rule{
	{ID: "line-granted", Title: "The dataset is a line of the version", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement", Remedy: "amend the agreement, so that it has a line for the dataset", check: checkGranted},
	{ID: "flows-have-lines", Title: "Every dataset that flows has a line", Class: Policy, From: dawn, Moments: granting,
		Authority: "DARS standard, Processing Activities: what moves is what is granted", Remedy: "give each dataset in the flows a line, or take it out of the flows",
		check: checkFlows},
	{ID: "fields", Title: "Every column asked for is granted by the line", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement; UK GDPR Article 5(1)(c), data minimisation", Remedy: "ask for fewer columns, or amend the line", check: checkFields},
	{ID: "period", Title: "The data's period lies within the line's", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement; the data may be older than the agreement", Remedy: "ask for a period that the line has, or amend the line", check: checkPeriod},
	{ID: "population", Title: "The rows asked for are among the line's", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement", Remedy: "ask for values that the line has, and for no more people than its cohort's list; or amend the line", check: checkPopulation},
	{ID: "identifiers", Title: "Direct identifiers only on identifiable lines", Class: Law, From: dawn, Moments: granting,
		Authority: "HSCA 2012 s261; ICO anonymisation guidance", Remedy: "ask for the field in another form, such as an age band or a postcode district", check: checkIdentifiers},
	{ID: "restricted-rows", Title: "Identifiers are withheld on rows with legally restricted codes", Class: Law, From: dawn, Moments: granting,
		Authority: "Human Fertilisation and Embryology Act 1990 s33A and the like; CDS security issues: the identifiers of such rows are withheld, the rows stay",
		Remedy:    "record by a special condition with the code restricted_rows where the identifiers of such rows are withheld, such as at the supplier",
		check:     checkRestrictedRows},
	{ID: "output-rule", Title: "Aggregates have their output rule", Class: Policy, From: dawn, Moments: granting,
		Authority: "the named disclosure rules of HES, MHSDS and others", Remedy: "name the rule of disclosure control on the line", check: checkOutputRule},
}

func checkGranted(c Case) finding {
	if !c.Granted {
		return refuse("line", "%s has no line %d", c.Version.Reference, c.Line.Number)
	}
	return pass("line %d, %s", c.Line.Number, c.Line.DatasetName)
}

func checkFields(c Case) finding {
	if c.Request == nil || len(c.Request.Columns) == 0 {
		return refuse("request.columns", "no columns are asked for")
	}
	var outside []string
	for _, column := range c.Request.Columns {
		if column.Derivation == terms.PersonPseudonym {
			continue // stands in every pseudonymised file; the identifiers rule keeps it off others
		}
		if !slices.Contains(c.Line.Fields, column.Field) {
			outside = append(outside, column.Field)
		}
	}
	if len(outside) > 0 {
		return refuse("request.columns", "not granted by line %d: %s", c.Line.Number, strings.Join(outside, ", "))
	}
	return pass("%d columns, all granted", len(c.Request.Columns))
}

func checkPeriod(c Case) finding {
	if c.Request == nil || c.Request.Period.From.IsZero() || c.Request.Period.To.IsZero() {
		return refuse("request.period", "the period asked for has no beginning or no end")
	}
	asked := c.Request.Period
	if asked.To.Compare(asked.From) < 0 {
		return refuse("request.period", "%s ends before it begins", asked)
	}
	if len(c.Line.Periods) == 0 {
		return refuse("request.period", "the line grants no period")
	}
	granted := make([]string, len(c.Line.Periods))
	for i, p := range c.Line.Periods {
		granted[i] = p.String()
	}
	if day, all := firstNotGranted(asked, c.Line.Periods); !all {
		return refuse("request.period", "%s is not within the line's %s: the first day outside is %s", asked, strings.Join(granted, ", "), day.Words())
	}
	return pass("%s lies within %s", asked, strings.Join(granted, ", "))
}

// firstNotGranted walks the days asked for: a line by years grants the years
// side by side. all is true if no day is left over.
func firstNotGranted(asked terms.Period, granted []terms.Period) (day terms.Date, all bool) {
	sorted := slices.Clone(granted)
	slices.SortFunc(sorted, func(a, b terms.Period) int { return a.From.Compare(b.From) })
	day = asked.From
	for _, p := range sorted {
		if !p.Contains(day) {
			continue
		}
		if p.To.IsZero() || asked.To.Compare(p.To) <= 0 {
			return terms.Date{}, true
		}
		day = p.To.AddDays(1)
	}
	return day, false
}

func checkPopulation(c Case) finding {
	if c.Request == nil {
		return refuse("request.population", "nothing is asked for")
	}
	// A cohort is a list of people: a plan that does not read the list would let
	// everybody through, also who never consented.
	if c.Line.Cohort != "" && c.Request.CohortList == 0 {
		return refuse("line.cohort", "the line is limited to the cohort %q, and the plan is limited to no list of it", c.Line.Cohort)
	}
	var outside []string
	for _, asked := range c.Request.Population {
		for _, granted := range c.Line.Population {
			if asked.Field == granted.Field && !asked.SubsetOf(granted) {
				outside = append(outside, fmt.Sprintf("%s in %s (granted: %s)", asked.Field, strings.Join(asked.In, ", "), strings.Join(granted.In, ", ")))
			}
		}
	}
	if len(outside) > 0 {
		return refuse("request.population", "outside the line's population: %s", strings.Join(outside, "; "))
	}
	return pass("within the line's population, whose filters hold as well")
}

func checkIdentifiers(c Case) finding {
	if identifiable(c) {
		if c.Request != nil && slices.ContainsFunc(c.Request.Columns, func(col Column) bool { return col.Derivation == terms.PersonPseudonym }) {
			return refuse("request.columns", "no pseudonym stands on an identifiable file: it would join it to the others")
		}
		return pass("the line is identifiable")
	}
	class := map[string]terms.FieldClass{}
	for _, f := range c.Fields {
		class[f.Name] = f.Class
	}
	var bad []string
	ask := func(name string, derivation terms.Derivation) {
		switch known, ok := class[name]; {
		case !ok:
			bad = append(bad, name+" (of unknown class)")
		case known == terms.DirectIdentifier && (derivation == terms.NoDerivation || derivation == ""):
			bad = append(bad, name)
		}
	}
	if c.Request != nil {
		for _, col := range c.Request.Columns {
			if col.Derivation != terms.PersonPseudonym {
				ask(col.Field, col.Derivation)
			}
		}
	}
	if len(bad) > 0 {
		return refuse("request.columns", "%s on a line that is not identifiable", strings.Join(bad, ", "))
	}
	return pass("no direct identifier is asked for")
}

// checkFlows reads the declared flows: a dataset in one without a line of its
// own is refused, and so is a line that the version does not have.
func checkFlows(c Case) finding {
	running := 0
	var bad []string
	for _, f := range c.Flows {
		if f.State != terms.FlowCurrent && f.State != terms.FlowProposed {
			continue
		}
		running++
		for _, name := range f.Datasets {
			bad = append(bad, fmt.Sprintf("%s in flow %d", name, f.Number))
		}
		for _, number := range f.Lines {
			if !slices.ContainsFunc(c.Siblings, func(s Sibling) bool { return s.Number == number && s.Reference == "" && s.Stem == "" }) {
				bad = append(bad, fmt.Sprintf("line %d in flow %d, which the version does not have", number, f.Number))
			}
		}
	}
	if running == 0 {
		return notApplicable("the version declares no flow that runs")
	}
	if len(bad) > 0 {
		return refuse("version.flows", "without a line: %s", strings.Join(bad, "; "))
	}
	return pass("%d flows, each of lines that the version has", running)
}

// clinical are the beginnings of names of fields that can hold legally
// restricted codes, such as those of fertility treatment.
var clinical = []string{"diag", "opertn", "operation", "procedure", "treat", "proc_code", "primarydiagnosis"}

// checkRestrictedRows asks, of identifiable lines with clinical codes, where
// the identifiers of legally restricted rows are withheld (governance §1.10).
func checkRestrictedRows(c Case) finding {
	if !identifiable(c) {
		return notApplicable("the line is not identifiable")
	}
	if hasCondition(c, "restricted_rows") {
		return pass("a special condition says where the identifiers of such rows are withheld")
	}
	for _, name := range c.Line.Fields {
		folded := strings.ToLower(name)
		if slices.ContainsFunc(clinical, func(part string) bool { return strings.HasPrefix(folded, part) }) {
			return refuse("line.fields", "%s can hold legally restricted codes, and nothing says that the identifiers of such rows are withheld", name)
		}
	}
	if len(c.Line.Fields) == 0 {
		return refuse("line.fields", "the line lists no fields, so it cannot be told whether they hold legally restricted codes")
	}
	return notApplicable("no field of the line holds clinical codes")
}

func checkOutputRule(c Case) finding {
	if c.Line.Type != terms.AggregateSuppressed && c.Line.Type != terms.AggregateUnsuppressed {
		return notApplicable("the line is not aggregated")
	}
	if strings.TrimSpace(c.Line.OutputRule) == "" {
		return refuse("line.outputRule", "no rule of disclosure control is named")
	}
	return pass("by the rule %s", c.Line.OutputRule)
}
