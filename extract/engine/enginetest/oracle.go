package enginetest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/terms"
)

// Expect is what a plan makes of parts, row by row and without SQL: the cells
// of the output in order, blank for no value, and the counts.
func Expect(p plan.Plan, parts [][]Row, persons []engine.Person, key pseudonym.Key) (cells [][]string, counts engine.Counts) {
	byID := map[string]engine.Person{}
	for _, person := range persons {
		byID[person.ID] = person
	}
	counts.Removed = map[string]int64{}
	for _, reason := range p.Reasons() {
		counts.Removed[reason] = 0
	}
	hasher := key.Hasher()
	type line struct {
		order []string
		cells []string
	}
	var lines []line
	for _, rows := range parts {
		for _, r := range rows {
			counts.Read++
			person, known := byID[r[plan.PersonID]]
			if _, has := r[plan.PersonID]; has && !known {
				counts.Unknown++
				continue
			}
			if reason := removed(p, r, person, known); reason != "" {
				counts.Removed[reason]++
				continue
			}
			counts.Written++
			var l line
			if p.Type == terms.Pseudonymised {
				l.order = append(l.order, last(person.Pseudonym))
			}
			for _, k := range p.RecordKeys {
				l.order = append(l.order, last(rekeyed(hasher, k, r[k])))
			}
			for _, c := range p.Columns {
				l.cells = append(l.cells, cell(p, c, r, person, hasher))
			}
			lines = append(lines, l)
		}
	}
	// Stable: what is equal stays in the order of the input.
	slices.SortStableFunc(lines, func(a, b line) int { return slices.CompareFunc(a.order, b.order, cmp.Compare[string]) })
	for _, l := range lines {
		cells = append(cells, l.cells)
	}
	return cells, counts
}

// last puts no value behind all pseudonyms.
func last(text string) string {
	if text == "" {
		return "~"
	}
	return text
}

func removed(p plan.Plan, r Row, person engine.Person, known bool) string {
	if p.OptOuts != nil {
		if person.OptedOut {
			return plan.OptedOut
		}
		checked := person.Checked
		if !known {
			checked = plan.CheckedNone
		}
		if checked != plan.CheckedValid && (checked != plan.CheckedNone || p.OptOuts.Unchecked != terms.KeepUnchecked) {
			return plan.Unchecked
		}
	}
	day, err := terms.ParseDate(r[p.PeriodField])
	if err != nil || !slices.ContainsFunc(p.Periods, func(period terms.Period) bool { return period.Contains(day) }) {
		return plan.OutsidePeriod
	}
	for _, f := range p.Population {
		if v, has := r[f.Field]; !has || !slices.Contains(f.In, v) {
			return plan.OutsidePopulation
		}
	}
	return ""
}

func rekeyed(h *pseudonym.Hasher, field, id string) string {
	if id == "" {
		return ""
	}
	out, err := h.Pseudonym(pseudonym.Record(field), id)
	if err != nil {
		panic(err)
	}
	return out
}

func cell(p plan.Plan, c plan.Column, r Row, person engine.Person, h *pseudonym.Hasher) string {
	switch {
	case c.Derivation == terms.PersonPseudonym:
		return person.Pseudonym
	case c.Derivation == terms.RecordPseudonym:
		return rekeyed(h, c.Field, r[c.Field])
	case c.Derivation == terms.AgeBand && c.Type == definition.Date:
		source := r[c.Field]
		if c.Origin == definition.FromPerson {
			source = personValue(p, person, c.Field)
		}
		return bandBetween(source, r[p.PeriodField])
	case c.Derivation == terms.AgeBand:
		return band(r[c.Field])
	case c.Origin == definition.FromPerson:
		return personValue(p, person, c.Name)
	default:
		return derive(r[c.Field], c.Derivation)
	}
}

func personValue(p plan.Plan, person engine.Person, name string) string {
	for i, c := range p.PersonColumns() {
		if c.Name == name && i < len(person.Values) {
			return person.Values[i]
		}
	}
	return ""
}

func derive(text string, d terms.Derivation) string {
	switch d {
	case terms.Month:
		if day, err := terms.ParseDate(text); err == nil {
			return day.String()[:7]
		}
		return ""
	case terms.PostcodeDistrict:
		return district(text)
	default:
		return text
	}
}

// band of an age as text.
func band(text string) string {
	age, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return ""
	}
	return bandOf(age)
}

func bandOf(age float64) string {
	switch {
	case age >= 7001 && age <= 7007 && age == math.Trunc(age):
		return "0-4"
	case !(age >= 0) || age >= 121:
		return ""
	case age >= 90:
		return "90 and over"
	}
	low := int(age) / 5 * 5
	return strconv.Itoa(low) + "-" + strconv.Itoa(low+4)
}

func bandBetween(birth, day string) string {
	b, err1 := terms.ParseDate(birth)
	d, err2 := terms.ParseDate(day)
	if err1 != nil || err2 != nil {
		return ""
	}
	if d.Compare(b) < 0 {
		return ""
	}
	if b.Month == time.February && b.Day == 29 && d.Year%4 != 0 { // no century but 2000 is near
		b.Day = 28
	}
	age := d.Year - b.Year
	if (terms.Date{Year: d.Year, Month: b.Month, Day: b.Day}).Compare(d) > 0 {
		age--
	}
	return bandOf(float64(age))
}

func district(text string) string {
	t := strings.ReplaceAll(strings.ToUpper(text), " ", "")
	if len(t) < 5 || len(t) > 7 {
		return ""
	}
	out, in := t[:len(t)-3], t[len(t)-3:]
	letter := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	if !digit(in[0]) || !letter(in[1]) || !letter(in[2]) || !letter(out[0]) {
		return ""
	}
	rest := out[1:]
	if letter(rest[0]) {
		rest = rest[1:]
	}
	if len(rest) == 0 || len(rest) > 2 || !digit(rest[0]) || len(rest) == 2 && !digit(rest[1]) && !letter(rest[1]) {
		return ""
	}
	return out
}
