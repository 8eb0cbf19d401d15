package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/terms"
)

// The names that a Statement reads, which an engine provides:
//
//	activity  the rows of the input parts: their columns as text, person_id
//	          (text), registrar_part and registrar_row (the place in the input,
//	          to tell rows apart that are equal in all else)
//	person    one row per person: person_id, pseudonym (null on identifiable
//	          plans), opted_out (boolean), checked (see the Checked constants)
//	          and the plan's PersonColumns, all text
//	registrar_rekey(kind, id)  the pseudonym of a record id under the plan's
//	          key, null for null
const (
	ActivityTable = "activity"
	PersonTable   = "person"
	RekeyFunction = "registrar_rekey"
	PersonID      = "person_id"
	PartColumn    = "registrar_part"
	RowColumn     = "registrar_row"
)

// What could be asked of the opt-out list about a person.
const (
	CheckedValid   = "valid"   // has one NHS number or more that are valid
	CheckedInvalid = "invalid" // has a number, and none that is valid
	CheckedNone    = "none"    // has no number
)

// The reasons for which rows are removed, in the order in which they are
// asked: a row is counted under the first that applies.
const (
	OptedOut          = "opted_out"          // the person objects
	Unchecked         = "unchecked"          // no valid NHS number to ask the list about
	OutsidePeriod     = "outside_period"     // or without a date
	OutsidePopulation = "outside_population" // fails a filter
)

// Removals lists the reasons in that order.
var Removals = []string{OptedOut, Unchecked, OutsidePeriod, OutsidePopulation}

// Written and Unknown are the other verdicts that Count gives. A row of an
// unknown person means that the person map is not of this data.
const (
	Written = "written"
	Unknown = "unknown_person"
)

// Statement is a plan as SQL (DuckDB's; all but TRY_CAST, STRFTIME,
// regexp_extract and date_sub is standard). It holds no key, and every name and value in it is quoted.
type Statement struct {
	Count  string // rows by input part and verdict: (registrar_part, verdict text, rows bigint)
	Select string // the output's rows and columns, in order
}

// SQL writes the plan as SQL.
func (p Plan) SQL() Statement {
	tests := p.tests()
	verdict := []string{fmt.Sprintf("CASE\n    WHEN %s IS NOT NULL AND registrar_known IS NULL THEN %s", PersonID, literal(Unknown))}
	pass := make([]string, len(tests))
	for i, t := range tests {
		verdict = append(verdict, fmt.Sprintf("    WHEN (%s) IS NOT TRUE THEN %s", t.pass, literal(t.reason)))
		pass[i] = "(" + t.pass + ")"
	}
	verdict = append(verdict, "    ELSE "+literal(Written), "  END AS verdict")

	kept, out, order := []string{"*"}, make([]string, len(p.Columns)), []string{}
	for i, c := range p.Columns {
		if c.Derivation == terms.AgeBand {
			kept = append(kept, p.age(c)+" AS "+ageName(c))
		}
		out[i] = p.expression(c) + " AS " + ident(c.Name)
		if len(p.Columns) == 1 && p.Format == CSV {
			// A line of one empty cell is an empty line, which most readers
			// skip; no value is "" there instead.
			out[i] = "coalesce(" + p.expression(c) + ", '') AS " + ident(c.Name)
		}
	}
	for _, field := range p.rekeyed() {
		kept = append(kept, fmt.Sprintf("%s(%s, nullif(%s, '')) AS %s", RekeyFunction, literal("record:"+field), ident(field), keyName(field)))
	}
	if p.Pseudonymous() {
		// Those whose person is not known come last.
		order = append(order, "registrar_pseudonym NULLS LAST")
	}
	for _, key := range p.RecordKeys {
		order = append(order, keyName(key)+" NULLS LAST")
	}
	order = append(order, PartColumn, RowColumn)

	joined := "WITH joined AS (\n" + p.joined() + "\n)"
	return Statement{
		Count: fmt.Sprintf("%s\nSELECT\n  %s,\n  %s,\n  count(*) AS \"rows\"\nFROM joined\nGROUP BY %[2]s, verdict", joined, PartColumn, strings.Join(verdict, "\n")),
		Select: fmt.Sprintf("%s, kept AS (\nSELECT\n  %s\nFROM joined\nWHERE %s\n)\nSELECT\n  %s\nFROM kept\nORDER BY %s",
			joined, strings.Join(kept, ",\n  "), strings.Join(pass, "\n  AND "), strings.Join(out, ",\n  "), strings.Join(order, ", ")),
	}
}

// joined is every row of the input with its person, and the columns that the
// plan needs.
func (p Plan) joined() string {
	list := []string{"a." + PersonID, "p." + PersonID + " AS registrar_known", "p.pseudonym AS registrar_pseudonym",
		"p.opted_out AS registrar_opted_out", "p.checked AS registrar_checked"}
	feed := map[string]bool{p.PeriodField: true}
	for _, c := range p.Columns {
		if c.Origin == definition.FromFeed {
			feed[c.Field] = true
		}
	}
	for _, f := range p.Population {
		feed[f.Field] = true
	}
	for _, f := range p.RecordKeys {
		feed[f] = true
	}
	for _, f := range slices.Sorted(maps.Keys(feed)) {
		list = append(list, "a."+ident(f))
	}
	for _, c := range p.PersonColumns() {
		list = append(list, "p."+ident(c.Name)+" AS "+personName(c.Name))
	}
	list = append(list, date("a."+ident(p.PeriodField))+" AS registrar_day", "a."+PartColumn, "a."+RowColumn)
	return fmt.Sprintf("SELECT\n  %s\nFROM %s AS a\nLEFT JOIN %s AS p ON p.%s = a.%[4]s", strings.Join(list, ",\n  "), ActivityTable, PersonTable, PersonID)
}

// rekeyed are the record ids that the plan needs under its key.
func (p Plan) rekeyed() []string {
	out := slices.Clone(p.RecordKeys)
	for _, c := range p.Columns {
		if c.Derivation == terms.RecordPseudonym {
			out = append(out, c.Field)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The names of what is made on the way begin with registrar_, as no field of a
// dataset does (Check).
func keyName(field string) string   { return ident("registrar_key_" + field) }
func ageName(c Column) string       { return ident("registrar_age_" + c.Field) }
func personName(name string) string { return ident("registrar_person_" + name) }

// Reasons are the reasons for which this plan removes rows, in order.
func (p Plan) Reasons() []string {
	var out []string
	for _, t := range p.tests() {
		out = append(out, t.reason)
	}
	return out
}

// A test that a row must pass, and the reason under which it is removed.
type test struct{ reason, pass string }

func (p Plan) tests() []test {
	var out []test
	if p.OptOuts != nil {
		checked := "registrar_checked = " + literal(CheckedValid)
		if p.OptOuts.Unchecked == terms.KeepUnchecked {
			// A row of no known person has no number either.
			checked = fmt.Sprintf("coalesce(registrar_checked, %s) <> %s", literal(CheckedNone), literal(CheckedInvalid))
		}
		out = append(out, test{OptedOut, "registrar_opted_out IS NOT TRUE"}, test{Unchecked, checked})
	}
	spans := make([]string, len(p.Periods))
	for i, period := range p.Periods {
		spans[i] = "registrar_day >= DATE " + literal(period.From.String())
		if !period.To.IsZero() {
			spans[i] = fmt.Sprintf("registrar_day BETWEEN DATE %s AND DATE %s", literal(period.From.String()), literal(period.To.String()))
		}
	}
	out = append(out, test{OutsidePeriod, strings.Join(spans, " OR ")})
	if len(p.Population) > 0 {
		filters := make([]string, len(p.Population))
		for i, f := range p.Population {
			values := make([]string, len(f.In))
			for j, v := range f.In {
				values[j] = literal(v)
			}
			filters[i] = fmt.Sprintf("%s IN (%s)", ident(f.Field), strings.Join(values, ", "))
		}
		out = append(out, test{OutsidePopulation, strings.Join(filters, " AND ")})
	}
	return out
}

// expression is the value of a column, of what kept has.
func (p Plan) expression(c Column) string {
	switch {
	case c.Derivation == terms.PersonPseudonym:
		return "registrar_pseudonym"
	case c.Derivation == terms.RecordPseudonym:
		return keyName(c.Field)
	case c.Derivation == terms.AgeBand:
		return ageBand(ageName(c))
	case c.Origin == definition.FromPerson:
		// Derived before the handover (PersonColumns).
		return personName(c.Name)
	default:
		return Derive(ident(c.Field), c.Derivation)
	}
}

// age is a number, or null: the field's own, or from the date of birth to the
// row's day.
func (p Plan) age(c Column) string {
	source := ident(c.Field)
	if c.Origin == definition.FromPerson {
		source = personName(c.Field)
	}
	if c.Type == definition.Date {
		return yearsBetween(date(source), "registrar_day")
	}
	return "TRY_CAST(" + source + " AS DOUBLE)"
}

// Derive is the SQL of a derivation that depends on one value alone: month and
// postcode district. Text that is no date or postcode gives null.
func Derive(source string, d terms.Derivation) string {
	switch d {
	case terms.Month:
		return "STRFTIME(" + date(source) + ", '%Y-%m')"
	case terms.PostcodeDistrict:
		// The outward code: all but the last three characters, spaces aside.
		return fmt.Sprintf(`nullif(regexp_extract(replace(upper(%s), ' ', ''), '^([A-Z]{1,2}[0-9][A-Z0-9]?)[0-9][A-Z]{2}$', 1), '')`, source)
	default:
		return source
	}
}

// date reads a day written YYYY-MM-DD. The length keeps out what DuckDB also
// takes for dates, such as "infinity", which would be within an open period.
func date(source string) string {
	return fmt.Sprintf("CASE WHEN length(%s) = 10 THEN TRY_CAST(%[1]s AS DATE) END", source)
}

// yearsBetween is a person's age in whole years, null before birth. Who is
// born on 29 February is a year older on 28 February of a year without that
// day, as NHS Digital's ndr_support counts.
func yearsBetween(birth, day string) string {
	return fmt.Sprintf("CASE WHEN %[2]s >= %[1]s THEN date_sub('year', %[1]s, %[2]s) END", birth, day)
}

// ageBand is five years wide, to "90 and over", of an age in years or a HES
// code of the first year of life (7001 to 7007). No band for an age that is
// negative or over 120.
func ageBand(age string) string {
	low := fmt.Sprintf("CAST(floor(%s / 5) * 5 AS INTEGER)", age)
	return fmt.Sprintf("CASE WHEN %[1]s IN (7001, 7002, 7003, 7004, 7005, 7006, 7007) THEN '0-4'"+
		" WHEN %[1]s >= 90 AND %[1]s < 121 THEN '90 and over'"+
		" WHEN %[1]s >= 0 AND %[1]s < 90 THEN %[2]s || '-' || (%[2]s + 4) END", age, low)
}

func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
