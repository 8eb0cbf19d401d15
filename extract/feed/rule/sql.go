package rule

import (
	"fmt"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/terms"
)

// Value is the SQL of a column's value as the rules see it: without padding,
// NULL where it is missing, and a whole number without its ".0".
func Value(f definition.Field, column string) string {
	// rtrim is slow and seldom needed.
	v := "CASE WHEN suffix(" + column + ", ' ') THEN nullif(rtrim(" + column + ", ' '), '') WHEN " + column + " = '' THEN NULL ELSE " + column + " END"
	if f.Type == definition.Integer {
		v = "regexp_replace(" + v + `, '\.0+$', '')`
	}
	return v
}

// Day is the SQL of the day by which a check is valid or not, from the value
// of the period field; with no such column ("") it is the first day of the
// period the file is said to be for.
func Day(value string, period terms.Period) string {
	first := "DATE " + duck.Literal(period.From.String())
	if value == "" {
		return first
	}
	return "coalesce(try_cast(" + value + " AS DATE), " + first + ")"
}

// Fails is the SQL, true or false and never NULL, of a value that breaks the
// rule. value is an expression as Value makes it, day one as Day does, and
// repeated the name of a table of the values that stand more than once, for
// Unique.
func (r Rule) Fails(value, day, repeated string, period terms.Period) string {
	if r.AnyOf[0].Kind == Required {
		return "(" + value + " IS NULL)"
	}
	if r.AnyOf[0].Kind == Unique {
		return fmt.Sprintf("coalesce(%s IN (SELECT v FROM %s), false)", value, repeated)
	}
	alternatives := make([]string, len(r.AnyOf))
	for i, k := range r.AnyOf {
		alternatives[i] = k.holds(value, period)
		if k.ValidFrom != "" {
			alternatives[i] += " AND " + day + " >= DATE " + duck.Literal(k.ValidFrom)
		}
		if k.ValidTo != "" {
			alternatives[i] += " AND " + day + " <= DATE " + duck.Literal(k.ValidTo)
		}
		alternatives[i] = "(" + alternatives[i] + ")"
	}
	return "(" + value + " IS NOT NULL AND NOT coalesce(" + strings.Join(alternatives, " OR ") + ", false))"
}

// holds is the SQL of one check of a value that is not NULL.
func (k Check) holds(v string, period terms.Period) string {
	switch k.Kind {
	case InPeriod:
		in := fmt.Sprintf("coalesce(try_cast(%s AS DATE) >= DATE %s, false)", v, duck.Literal(period.From.String()))
		if !period.To.IsZero() {
			in += fmt.Sprintf(" AND coalesce(try_cast(%s AS DATE) <= DATE %s, false)", v, duck.Literal(period.To.String()))
		}
		return in
	case Length:
		return fmt.Sprintf("length(%s) BETWEEN %d AND %d", v, k.Min, k.Max)
	case Values:
		quoted := make([]string, len(k.Values))
		for i, value := range k.Values {
			quoted[i] = duck.Literal(value)
		}
		// Not IN: DuckDB turns a long one into a join, and a set of rules into
		// hundreds of them.
		return "list_contains([" + strings.Join(quoted, ", ") + "], " + v + ")"
	case CodeRange:
		return fmt.Sprintf("regexp_full_match(%s, %s) AND %s BETWEEN %s AND %s", v, duck.Literal(form(k.From)), v, duck.Literal(k.From), duck.Literal(k.To))
	case Regex:
		return "regexp_full_match(" + v + ", " + duck.Literal(strings.TrimSuffix(strings.TrimPrefix(k.Pattern, "^"), "$")) + ")"
	case IsInteger:
		return "regexp_full_match(" + v + `, '-?\d+')`
	case IsDecimal:
		return "regexp_full_match(" + v + `, '-?(\d+\.?\d*|\.\d+)')`
	case IsDate:
		return "regexp_full_match(" + v + `, '(19|20)\d\d-\d\d-\d\d') AND try_cast(` + v + " AS DATE) IS NOT NULL"
	case IsTime:
		return "regexp_full_match(" + v + `, '([01]\d|2[0-3])[0-5]\d|([01]\d|2[0-3]):[0-5]\d:[0-5]\d')`
	case IsNHSNumber:
		return mod11(Digits(v))
	case NotASentinel:
		quoted := make([]string, len(Sentinels))
		for i, s := range Sentinels {
			quoted[i] = duck.Literal(s)
		}
		return Digits(v) + " NOT IN (" + strings.Join(quoted, ", ") + ")"
	default:
		panic("rule: no SQL for " + k.Kind) // Load lets no other kind through
	}
}

// Digits is the SQL of an NHS number without its blanks and hyphens.
func Digits(v string) string { return "replace(replace(" + v + ", ' ', ''), '-', '')" }

// Usable is the SQL of NHSNumber's last result, for digits as Digits makes
// them; NULL for NULL.
func Usable(digits string) string {
	return "(" + mod11(digits) + " AND " + Check{Kind: NotASentinel}.holds(digits, terms.Period{}) + ")"
}

func mod11(digits string) string {
	terms := make([]string, 9)
	for i := range terms {
		terms[i] = fmt.Sprintf("%d * (ascii(substr(%s, %d, 1)) - 48)", 10-i, digits, i+1)
	}
	return fmt.Sprintf(`regexp_full_match(%s, '[0-9]{10}') AND (11 - (%s) %% 11) %% 11 = ascii(substr(%s, 10, 1)) - 48`,
		digits, strings.Join(terms, " + "), digits)
}

// form is the pattern of codes made like this one, digit for digit and letter
// for letter: E0103376X is not between E01000001 and E01033768.
func form(code string) string {
	var b strings.Builder
	for _, r := range code {
		if r >= '0' && r <= '9' {
			b.WriteString("[0-9]")
		} else {
			b.WriteString("[A-Z]")
		}
	}
	return b.String()
}
