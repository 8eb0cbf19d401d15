package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/terms"
)

// Book is what an edition holds once its words are codes: entries in the order
// in which they are numbered (statements, then releases, each in the order of
// its sheet), and what they name.
type Book struct {
	Entries       []Imported
	Organisations []Name
	Datasets      []Name
	Agreements    []Agreed
	Report        Report
}

// Name is an organisation or dataset as an edition spells it.
type Name struct {
	Key       string
	Name      string   // the spelling of most rows; of equals, the first by letters
	Spellings []string // all of them, sorted
	Kind      string   // of an organisation, where a statement gives one
}

// Agreed is an agreement with the versions that an edition has of it, in their
// order.
type Agreed struct {
	Stem      string
	Local     bool
	Applicant string // key; empty: not recorded
	Versions  []AgreedVersion
}

// AgreedVersion is one version, with the texts of its statement as published;
// Statement is false where the edition has releases under it and no statement.
type AgreedVersion struct {
	Reference terms.Reference
	Applicant string // key; empty: not recorded
	Statement bool
	Title     string
	Objective, Processing, Outputs,
	Benefits, YieldedBenefits string
	Starts, Ends   terms.Date // never an end before the start
	Controllership terms.Controllership
}

// sourceIDLimit keeps ids short enough for a leaf and an index.
const sourceIDLimit = 200

// Normalise turns an edition's words into codes, and says in the report what
// it did and what it doubts. It drops nothing: a row that repeats another is an
// entry too, and a word that no code list has stays as it was published, beside
// a code that says it is not recorded.
//
// What cannot be entered at all is refused, every reason at once: a row without
// its id, organisation, dataset or reference, an id used twice, a number that
// looks like a NIC number and is none, an id or reference that says something of
// a single person.
func Normalise(source Source) (Book, error) {
	n := normaliser{
		source: source, organisations: names{}, datasets: names{}, changes: map[[3]string]*Change{},
		agreements: map[string]*Agreed{}, ids: map[string]int{}, doubts: map[string]*Doubt{}, cases: map[[2]string]int{},
		lines: map[string][]*agreedLine{}, applicants: map[string]spelling{},
	}
	n.cells()
	n.hidden()
	for _, row := range source.Lines.Rows {
		n.line(row)
	}
	for _, row := range source.Statements.Rows {
		n.statement(row)
	}
	n.linesLeft()
	for _, row := range source.Releases.Rows {
		n.release(row)
	}
	for _, row := range source.Amendments.Rows {
		n.amendment(row)
	}
	for _, row := range source.Projects.Rows {
		n.project(row)
	}
	if len(n.entries) == 0 && len(n.reasons) == 0 && len(source.Amendments.Rows) == 0 {
		for _, t := range source.Tables() {
			n.refuse("rows-missing", "sheet "+t.Sheet, "has no rows that an entry can be made of")
		}
	}
	if len(n.reasons) > 0 {
		return Book{}, fault.New(fault.Invalid, "%d places of this edition cannot be entered; nothing of it was taken", len(n.reasons)).With(n.reasons...)
	}
	n.repeats()
	n.relations()
	book := Book{Entries: n.entries, Organisations: n.organisations.sorted(), Datasets: n.datasets.sorted()}
	for _, a := range n.agreements {
		slices.SortStableFunc(a.Versions, func(x, y AgreedVersion) int { return x.Reference.Compare(y.Reference) })
		book.Agreements = append(book.Agreements, *a)
	}
	slices.SortFunc(book.Agreements, func(a, b Agreed) int { return cmp.Compare(a.Stem, b.Stem) })
	book.Report = n.report(book)
	return book, nil
}

type normaliser struct {
	source        Source
	entries       []Imported
	organisations names
	datasets      names
	agreements    map[string]*Agreed
	ids           map[string]int // of rows -> line
	changes       map[[3]string]*Change
	doubts        map[string]*Doubt
	cases         map[[2]string]int // code and what is doubted -> place in Doubt.Cases
	reasons       []fault.Reason

	lines      map[string][]*agreedLine // by reference
	allLines   []*agreedLine            // in the order of their sheet
	applicants map[string]spelling      // by reference, where a statement names one
}

// spelling is an organisation or dataset by its key and as one row spells it.
type spelling struct{ key, name string }

// refuse takes values as they stand, and repeats the beginning of each.
func (n *normaliser) refuse(code, where, format string, args ...any) {
	for i, arg := range args {
		if value, ok := arg.(string); ok {
			args[i] = fault.Quoted(value)
		}
	}
	n.reasons = append(n.reasons, fault.Reason{Code: code, Field: where, Message: fmt.Sprintf(format, args...)})
}

// cells looks at every cell of every sheet, also those that become no entry.
func (n *normaliser) cells() {
	for _, s := range n.source.Sheets {
		for i, row := range s.Rows {
			for j, cell := range row {
				if strings.ContainsRune(cell, 0) {
					n.refuse("cell-nul", Place(s.Name, i+1, ColumnLetters(j+1)), "holds the character U+0000, which no text may")
				}
			}
		}
	}
}

// hidden doubts what programs do not show: it is read as all else is, and whoever
// published it may not have meant to.
func (n *normaliser) hidden() {
	for _, s := range n.source.Sheets {
		if s.Hidden {
			n.doubt(DoubtHidden, "sheet "+s.Name+" is hidden in the file", fmt.Sprintf("%d rows", s.Filled()))
		}
		for _, line := range s.HiddenLines {
			if line <= len(s.Rows) && len(s.Rows[line-1]) > 0 {
				n.doubt(DoubtHidden, "rows of sheet "+s.Name, fmt.Sprintf("row %d", line))
			}
		}
	}
}

// personal refuses a name of a row or agreement that says something of a single
// person: it would stand in the log for ever. The value is not repeated.
func (n *normaliser) personal(t Table, row Row, cell Cell) bool {
	for _, kind := range privacy.KindsOf(privacy.Scan(row.Cells[cell])) {
		switch kind {
		case privacy.NHSNumber, privacy.Email, privacy.Telephone, privacy.TitledName:
			n.refuse("reference-personal", t.Place(row.Line, cell), "names a person or holds a number of one (%s); give the row another reference", kind.Label())
			return true
		}
	}
	return false
}

// need is a cell that must hold something.
func (n *normaliser) need(t Table, row Row, cell Cell) string {
	value := row.Cells[cell]
	if strings.TrimSpace(value) == "" {
		n.refuse("cell-empty", t.Place(row.Line, cell), "is empty")
	}
	return value
}

// note says whether a row holds nothing but words in the place of its id, as
// the programs that write these files put beneath a table ("No filters
// applied"). No id has a space, and no row nothing but its id.
func (n *normaliser) note(t Table, row Row) bool {
	if len(row.Cells) != 1 {
		return false
	}
	for cell, value := range row.Cells {
		if (cell == CellSourceID || cell == CellReference) && strings.ContainsAny(strings.TrimSpace(value), " \n") {
			n.doubt(DoubtKept, "sheet "+t.Sheet, fmt.Sprintf("row %d", row.Line))
			return true
		}
	}
	return false
}

// reference reads the cell of the reference; ok is false where it is none, with
// the reason noted.
func (n *normaliser) reference(t Table, row Row) (ref terms.Reference, ok bool) {
	raw := n.need(t, row, CellReference)
	if strings.TrimSpace(raw) == "" || n.personal(t, row, CellReference) {
		return terms.Reference{}, false
	}
	ref, err := terms.ParseReference(raw)
	if err != nil {
		n.refuse("reference-invalid", t.Place(row.Line, CellReference), "%s", err)
		return terms.Reference{}, false
	}
	if ref.String() != raw {
		n.change(CellReference, raw, ref.String())
	}
	return ref, true
}

// version makes an agreement and its version known.
func (n *normaliser) version(ref terms.Reference, applicant, id string) *AgreedVersion {
	if ref.Local != "" && !n.source.Identity.Own {
		n.doubt(DoubtLocalReference, ref.Local, id)
	} else if ref.Local == "" && !ref.Versioned {
		n.doubt(DoubtVersionUnknown, ref.String(), id)
	}
	agreement := n.agreements[ref.Stem()]
	if agreement == nil {
		agreement = &Agreed{Stem: ref.Stem(), Local: ref.Local != ""}
		n.agreements[ref.Stem()] = agreement
	}
	agreement.Applicant = cmp.Or(agreement.Applicant, applicant)
	for i := range agreement.Versions {
		if v := &agreement.Versions[i]; v.Reference == ref {
			v.Applicant = cmp.Or(v.Applicant, applicant)
			return v
		}
	}
	agreement.Versions = append(agreement.Versions, AgreedVersion{Reference: ref, Applicant: applicant, Controllership: terms.ControllershipNotRecorded})
	return &agreement.Versions[len(agreement.Versions)-1]
}

// rowKey is by what a row is known through the editions of a register that
// repeats its rows; empty for all others.
func (n *normaliser) rowKey(kind, id string) string {
	if n.source.Identity.Register == "" {
		return ""
	}
	return n.source.Identity.Register + " " + kind + " " + id
}

// coded reads a cell by its code list. A column that is not there leaves
// nothing to doubt.
func coded[T ~string](n *normaliser, t Table, row Row, cell Cell, id string, parse func(string) (T, bool), notRecorded T) T {
	raw := row.Cells[cell]
	if !t.Has(cell) {
		return notRecorded
	}
	if strings.TrimSpace(raw) == "" {
		n.doubt(DoubtBlank, t.Headers[cell], id)
		return notRecorded
	}
	code, ok := parse(raw)
	if !ok {
		n.doubt(DoubtUnrecognised, t.Headers[cell]+": "+raw, id)
		return notRecorded
	}
	n.change(cell, raw, string(code))
	return code
}

// days reads a cell that holds a day or a month; none where it is blank or
// cannot be read, which is doubted.
func (n *normaliser) days(t Table, row Row, cell Cell, id string, parse func(string) (terms.Period, bool)) (terms.Period, bool) {
	raw := row.Cells[cell]
	if !t.Has(cell) {
		return terms.Period{}, false
	}
	if strings.TrimSpace(raw) == "" {
		n.doubt(DoubtBlank, t.Headers[cell], id)
		return terms.Period{}, false
	}
	days, ok := parse(raw)
	if !ok {
		n.doubt(DoubtDate, t.Headers[cell]+": "+raw, id)
		return terms.Period{}, false
	}
	if (cell == CellReleased || cell == CellApproved) && !n.source.Happened(days) {
		n.doubt(DoubtDay, t.Headers[cell]+": "+raw, id)
		return terms.Period{}, false
	}
	if to := days.String(); days.From == days.To {
		if to = days.From.String(); to != raw {
			n.change(cell, raw, to)
		}
	} else {
		n.change(cell, raw, to)
	}
	return days, true
}
