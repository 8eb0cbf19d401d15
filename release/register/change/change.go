// Package change says what differs between two readings of the register: of one
// row, of one edition and another. What is only typed otherwise, spelled
// otherwise under the same code, or renamed, is cosmetic and told apart from
// what is substantive. (Of 122 "amendments" of a month's register, 86% were
// typing; of 135 changes of controller, 126 were one rename: domain §2.8.)
//
// A row that a later edition lacks is "not in the later edition", never
// withdrawn: why it is not there is not recorded. Pure.
package change

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"data.release/registrar/release/diff"
	"data.release/registrar/release/flow"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Field is one thing that two readings of a row say differently.
type Field struct {
	ID, Label     string // the ID of a dataset line's is line/DATASET/FIELD
	Before, After string // in words
	// Cosmetic is typing, another spelling of the same code, or a rename; Why
	// says which, and of a substantive one what is known of it.
	Cosmetic bool
	Why      string
	Prose    bool // compared by words: see Words
	// Unknown is a text that is withheld or erased on one side, so that nobody
	// can tell whether it changed.
	Unknown bool
	Gone    [2]bool // which of both is not at hand: before, after
}

// The reasons why a change is cosmetic, beside renames.
const (
	Typed    = "only typed otherwise"
	Spelled  = "another spelling of the same"
	Reorder  = "the same in another order"
	Withheld = "withheld or erased on one side"
)

// Words is how the words of a prose changed.
func (f Field) Words() []diff.Span { return diff.Spans(f.Before, f.After) }

// Substantive counts the fields that are neither cosmetic nor unknown.
func Substantive(fields []Field) int {
	n := 0
	for _, f := range fields {
		if !f.Cosmetic && !f.Unknown {
			n++
		}
	}
	return n
}

// Readings compares two readings of one row: entries of one kind, with their
// texts. What is the entry's own (its number, moment, edition and place) is not
// compared. Fields come in one order; none means that both say the same, byte
// for byte.
func Readings(before, after register.Entry, names *Names) []Field {
	if identical(before, after) {
		return nil
	}
	c := between(before, after, names)
	c.reference(before, after)
	c.compare(before, after)
	return c.fields
}

// Versions compares what two versions of an agreement say: as Readings, but for
// their references, which always differ.
func Versions(before, after register.Entry, names *Names) []Field {
	c := between(before, after, names)
	c.spoken(register.CellReference)
	c.compare(before, after)
	return c.fields
}

func between(before, after register.Entry, names *Names) *comparison {
	c := &comparison{stem: cmp.Or(after.Stem, before.Stem), names: names, before: texts(before), after: texts(after)}
	if a, b := c.before[register.AsPublished], c.after[register.AsPublished]; a.Text != "" && b.Text != "" && a.Text != b.Text {
		c.cells = [2]map[register.Cell]string{before.Published(), after.Published()}
	}
	return c
}

func (c *comparison) compare(before, after register.Entry) {
	c.spoken(register.CellSourceID)
	c.organisation()
	if before.AsAgreement() || after.AsAgreement() {
		c.terms(before, after)
	}
	if before.AsRelease() || after.AsRelease() {
		c.release(before, after)
	}
	for _, t := range proseFields {
		if t.field == register.Reason && before.Kind != after.Kind {
			continue // which says why the one was entered, not what the other says
		}
		c.text(t.field, t.label, t.prose)
	}
	c.told(register.Parties, "Parties", before, after, partyWords)
	c.told(register.Flows, "Data flows", before, after, flowWords)
	c.otherCells()
}

// identical says, at little cost, that two readings cannot differ: most rows of
// an edition are those of the one before.
func identical(a, b register.Entry) bool {
	if a.AsRelease() != b.AsRelease() || a.Reference != b.Reference || len(a.Texts) != len(b.Texts) || a.SourceID != b.SourceID {
		return false
	}
	if a.AsRelease() {
		if a.Dataset != b.Dataset || a.TypeOfData != b.TypeOfData || a.Sensitivity != b.Sensitivity || a.Power != b.Power || !slices.Equal(a.Routes, b.Routes) ||
			a.OptOut != b.OptOut || a.Frequency != b.Frequency || a.Channel != b.Channel || a.RowsBand != b.RowsBand || a.EventFrom != b.EventFrom || a.EventTo != b.EventTo {
			return false
		}
	} else if a.Starts != b.Starts || a.Ends != b.Ends || a.Controllership != b.Controllership || a.SubLicensing != b.SubLicensing || a.Commercial != b.Commercial ||
		!reflect.DeepEqual(a.Lines, b.Lines) || !slices.Equal(a.Support, b.Support) {
		return false
	}
	for _, t := range a.Texts {
		i := slices.IndexFunc(b.Texts, func(other register.Text) bool { return other.Field == t.Field })
		if i < 0 || gone(t) || gone(b.Texts[i]) || b.Texts[i].Text != t.Text {
			return false
		}
	}
	return true
}

// proseFields are the texts that stand for themselves.
var proseFields = []struct {
	field register.Field
	label string
	prose bool
}{
	{register.Title, "Title", false},
	{register.LaySummary, "Lay summary", true}, {register.TechnicalSummary, "Technical summary", true},
	{register.Objective, "Objective for processing", true}, {register.Processing, "Processing activities", true},
	{register.Outputs, "Expected outputs", true}, {register.Benefits, "Expected benefits", true}, {register.YieldedBenefits, "Yielded benefits", true},
	{register.Funders, "Funders", false}, {register.Reason, "Reason", true},
}

type comparison struct {
	stem          string
	names         *Names
	before, after map[register.Field]register.Text
	cells         [2]map[register.Cell]string // as published, where they differ
	seen          map[register.Cell]bool      // cells that a field has spoken for
	fields        []Field
}

func texts(e register.Entry) map[register.Field]register.Text {
	out := make(map[register.Field]register.Text, len(e.Texts))
	for _, t := range e.Texts {
		out[t.Field] = t
	}
	return out
}

func (c *comparison) add(f Field) { c.fields = append(c.fields, f) }

// gone says that a text is not at hand.
func gone(t register.Text) bool { return t.Erased || t.Withheld && t.Text == "" }

// text compares a text that stands for itself.
func (c *comparison) text(field register.Field, label string, prose bool) {
	a, b := c.before[field], c.after[field]
	f := Field{ID: string(field), Label: label, Before: a.Text, After: b.Text, Prose: prose}
	switch {
	case gone(a) || gone(b):
		// Both gone under one field is no news; a side that was always empty is.
		if gone(a) && gone(b) {
			return
		}
		f.Unknown, f.Why, f.Gone = true, Withheld, [2]bool{gone(a), gone(b)}
	case a.Text == b.Text:
		return
	case diff.Same(a.Text, b.Text):
		f.Cosmetic, f.Why = true, Typed
	}
	c.add(f)
}

// coded compares a code, and the cells that it was read from where there are
// any: another spelling of one code is cosmetic.
func (c *comparison) coded(id, label string, a, b string, words func(string) string, cell register.Cell) {
	x, y := c.cells[0][cell], c.cells[1][cell]
	c.spoken(cell)
	switch {
	case a != b:
		f := Field{ID: id, Label: label, Before: words(a), After: words(b)}
		if f.Before == f.After { // words that no code list has
			f.Before, f.After = x, y
		}
		c.add(f)
	case x == y:
	case diff.Same(x, y):
		c.add(Field{ID: id, Label: label, Before: x, After: y, Cosmetic: true, Why: Typed})
	case (a == "" || strings.HasSuffix(a, "not_recorded")) && strings.TrimSpace(x) != "" && strings.TrimSpace(y) != "",
		strings.TrimSpace(x) == "" || strings.TrimSpace(y) == "":
		// No code list has the words, or one side is blank: they do not say the same.
		c.add(Field{ID: id, Label: label, Before: x, After: y})
	default:
		c.add(Field{ID: id, Label: label, Before: x, After: y, Cosmetic: true, Why: Spelled})
	}
}

// told compares a text that is a list in JSON by its words.
func (c *comparison) told(field register.Field, label string, before, after register.Entry, words func(register.Entry) string) {
	a, b := c.before[field], c.after[field]
	if gone(a) || gone(b) || a.Text == b.Text {
		c.text(field, label, false)
		return
	}
	f := Field{ID: string(field), Label: label, Before: words(before), After: words(after)}
	if f.Before == f.After {
		f.Before, f.After, f.Cosmetic, f.Why = a.Text, b.Text, true, Reorder
	}
	c.add(f)
}

// partyWords are the parties of an agreement, sorted; the text as it stands
// where it cannot be read.
func partyWords(e register.Entry) string {
	parties, err := e.PartyList()
	if err != nil {
		return e.Get(register.Parties)
	}
	lines := make([]string, len(parties))
	for i, p := range parties {
		lines[i] = p.Name + ", " + terms.Lower(p.Role.Label())
		for _, place := range p.Places {
			lines[i] += ", " + place.Use + " in " + place.Territory.Label()
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func flowWords(e register.Entry) string {
	flows, err := e.FlowList()
	if err != nil {
		return e.Get(register.Flows)
	}
	told := flow.Tell(flows)
	lines := make([]string, len(told))
	for i, t := range told {
		lines[i] = strings.Join(append([]string{t.Text}, t.Notes...), " ")
	}
	return strings.Join(lines, " ")
}

func (c *comparison) spoken(cell register.Cell) {
	if c.seen == nil {
		c.seen = map[register.Cell]bool{}
	}
	c.seen[cell] = true
}

func (c *comparison) reference(before, after register.Entry) {
	same := func(s string) string { return s }
	c.coded("reference", "Reference", before.Reference, after.Reference, same, register.CellReference)
	// A correction is of no row of its own.
	if before.SourceID != after.SourceID && before.Kind == register.Release && after.Kind != register.Correction {
		c.add(Field{ID: "source_id", Label: "Id of the row", Before: before.SourceID, After: after.SourceID})
	}
}

// named compares a name with its id. way is what joins or leads from the one to
// the other.
func (c *comparison) named(id, label, a, b, x, y string, joined, followed func(stem, a, b string) (Succession, bool)) {
	if a == b && x == y {
		return
	}
	f := Field{ID: id, Label: label, Before: x, After: y}
	if a == "" || b == "" { // ids that are not made yet, as of an edition that is read
		a, b = x, y
	}
	if on, same := joined(c.stem, a, b); same {
		f.Cosmetic, f.Why = true, Typed
		if on.Number > 0 {
			f.Why = on.words()
		}
	} else if on, known := followed(c.stem, a, b); known {
		f.Why = on.words()
	}
	c.add(f)
}

// words are such as "renamed (entry 12)".
func (s Succession) words() string {
	return fmt.Sprintf("%s (entry %s)", terms.Lower(s.Relation.Label()), terms.Count(s.Number))
}

func (c *comparison) organisation() {
	c.spoken(register.CellOrganisation)
	a, b := c.before[register.OrganisationName], c.after[register.OrganisationName]
	if gone(a) || gone(b) {
		c.text(register.OrganisationName, "Organisation", false)
	} else {
		c.named("organisation", "Organisation", c.before[register.OrganisationID].Text, c.after[register.OrganisationID].Text, a.Text, b.Text, c.names.Organisation, c.names.Followed)
	}
	c.text(register.OrganisationType, "Type of organisation", false)
	c.spoken(register.CellOrganisationType)
	c.controllers()
}

// otherCells are the cells that no field speaks of, such as a column that the
// layout knows and the register has no code for. Cells that are texts of the
// entry are not in the text of all cells.
func (c *comparison) otherCells() {
	for _, cell := range slices.Sorted(maps.Keys(union(c.cells[0], c.cells[1]))) {
		x, y := c.cells[0][cell], c.cells[1][cell]
		if c.seen[cell] || x == y {
			continue
		}
		f := Field{ID: cellID(cell), Label: cellLabel(cell), Before: x, After: y}
		if diff.Same(x, y) {
			f.Cosmetic, f.Why = true, Typed
		}
		c.add(f)
	}
}

func cellID(cell register.Cell) string { return "cell/" + string(cell) }

func cellLabel(cell register.Cell) string {
	return "Column " + strings.ReplaceAll(string(cell), "_", " ")
}

func union[K comparable, V any](a, b map[K]V) map[K]bool {
	out := make(map[K]bool, len(a)+len(b))
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// datasetNames reads the names of an agreement's datasets by their codes.
func datasetNames(t register.Text) map[string]string {
	var named map[string]string
	if t.Text != "" {
		// A text that does not parse was changed, which its commitment tells;
		// codes stand in its place.
		_ = json.Unmarshal([]byte(t.Text), &named)
	}
	return named
}
