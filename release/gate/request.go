package gate

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// What is asked for, held against the line that was granted.

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
		case !ok && c.Moment != MomentApproval:
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
