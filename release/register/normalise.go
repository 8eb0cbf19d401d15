package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
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

// Imported is an entry to be, with where it stood. Its number, moment, edition
// and salts, and the ids of its organisation and dataset, come with the
// writing: they depend on what is recorded already.
type Imported struct {
	Entry        Entry
	Organisation string // key
	Dataset      string // key; empty for statements
	Sheet        string
	Line         int
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
	Applicant string // key
	Versions  []AgreedVersion
}

// AgreedVersion is one version, with the texts of its statement as published;
// Statement is false where the edition has releases under it and no statement.
type AgreedVersion struct {
	Reference terms.Reference
	Applicant string // key
	Statement bool
	Objective, Processing, Outputs,
	Benefits, YieldedBenefits string
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
// looks like a NIC number and is none.
func Normalise(source Source) (Book, error) {
	n := normaliser{
		source: source, organisations: names{}, datasets: names{}, changes: map[[3]string]*Change{},
		agreements: map[string]*Agreed{}, ids: map[string]int{}, doubts: map[string]*Doubt{},
	}
	n.cells()
	for _, row := range source.Statements.Rows {
		n.statement(row)
	}
	for _, row := range source.Releases.Rows {
		n.release(row)
	}
	if len(n.reasons) > 0 {
		return Book{}, fault.New(fault.Invalid, "%d cells of this edition cannot be entered; nothing of it was taken", len(n.reasons)).With(n.reasons...)
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
	ids           map[string]int // RowID -> line
	changes       map[[3]string]*Change
	doubts        map[string]*Doubt
	reasons       []fault.Reason
}

func (n *normaliser) refuse(code, where, format string, args ...any) {
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

// need is a cell that must hold something.
func (n *normaliser) need(t Table, row Row, cell Cell) string {
	value := row.Cells[cell]
	if strings.TrimSpace(value) == "" {
		n.refuse("cell-empty", t.Place(row.Line, cell), "is empty")
	}
	return value
}

// reference reads the reference and makes its agreement and version known.
func (n *normaliser) reference(t Table, row Row, applicant string) (terms.Reference, *AgreedVersion) {
	raw := n.need(t, row, CellReference)
	if strings.TrimSpace(raw) == "" {
		return terms.Reference{}, nil
	}
	ref, err := terms.ParseReference(raw)
	if err != nil {
		n.refuse("reference-invalid", t.Place(row.Line, CellReference), "%s", err)
		return terms.Reference{}, nil
	}
	if ref.String() != raw {
		n.change(CellReference, raw, ref.String())
	}
	id := row.Cells[CellSourceID]
	if id == "" {
		id = ref.String()
	}
	if ref.Local != "" {
		n.doubt(DoubtLocalReference, ref.Local, id)
	} else if !ref.Versioned {
		n.doubt(DoubtVersionUnknown, ref.String(), id)
	}
	agreement := n.agreements[ref.Stem()]
	if agreement == nil {
		agreement = &Agreed{Stem: ref.Stem(), Local: ref.Local != "", Applicant: applicant}
		n.agreements[ref.Stem()] = agreement
	}
	for i := range agreement.Versions {
		if agreement.Versions[i].Reference == ref {
			return ref, &agreement.Versions[i]
		}
	}
	agreement.Versions = append(agreement.Versions, AgreedVersion{Reference: ref, Applicant: applicant})
	return ref, &agreement.Versions[len(agreement.Versions)-1]
}

func (n *normaliser) statement(row Row) {
	t := n.source.Statements
	organisation := n.organisations.add(n.need(t, row, CellOrganisation), row.Cells[CellOrganisationType])
	ref, version := n.reference(t, row, organisation)
	if version == nil {
		return
	}
	if version.Statement {
		n.refuse("statement-repeated", t.Place(row.Line, CellReference), "%s has a statement already", ref)
		return
	}
	version.Statement = true
	version.Objective, version.Processing = row.Cells[CellObjective], row.Cells[CellProcessing]
	version.Outputs, version.Benefits = row.Cells[CellOutputs], row.Cells[CellBenefits]
	version.YieldedBenefits = row.Cells[CellYieldedBenefits]
	e := n.entry(Agreement, ref, row)
	e.SourceID = ref.String()
	for _, text := range []struct {
		field Field
		cell  Cell
	}{
		{OrganisationType, CellOrganisationType}, {Objective, CellObjective}, {Processing, CellProcessing},
		{Outputs, CellOutputs}, {Benefits, CellBenefits}, {YieldedBenefits, CellYieldedBenefits},
	} {
		value := row.Cells[text.cell]
		e.With(text.field, value)
		if Units(value) == cellLimit {
			n.doubt(DoubtCellCut, t.Headers[text.cell], ref.String())
		}
	}
	n.entries = append(n.entries, Imported{Entry: e, Organisation: organisation, Sheet: t.Sheet, Line: row.Line})
}

func (n *normaliser) release(row Row) {
	t := n.source.Releases
	id := strings.TrimSpace(n.need(t, row, CellSourceID))
	if id != row.Cells[CellSourceID] {
		n.change(CellSourceID, row.Cells[CellSourceID], id)
	}
	switch first, repeated := n.ids[id]; {
	case len(id) > sourceIDLimit:
		n.refuse("id-long", t.Place(row.Line, CellSourceID), "has %d bytes; an id has at most %d", len(id), sourceIDLimit)
	case repeated && id != "":
		n.refuse("id-repeated", t.Place(row.Line, CellSourceID), "%q is the id of row %d too", id, first)
	default:
		n.ids[id] = row.Line
	}
	organisation := n.organisations.add(n.need(t, row, CellOrganisation), "")
	dataset := n.datasets.add(n.need(t, row, CellDataset), "")
	ref, version := n.reference(t, row, organisation)
	if version == nil {
		return
	}
	e := n.entry(Release, ref, row)
	e.SourceID = id
	e.With(DatasetName, row.Cells[CellDataset])
	e.TypeOfData = coded(n, t, row, CellType, terms.ParseTypeOfData, terms.TypeNotRecorded)
	e.Sensitivity = coded(n, t, row, CellSensitivity, terms.ParseSensitivity, terms.SensitivityNotRecorded)
	e.OptOut = coded(n, t, row, CellOptOut, terms.ParseOptOut, terms.OptOutNotRecorded)
	e.Frequency = coded(n, t, row, CellFrequency, terms.ParseFrequency, terms.FrequencyNotRecorded)
	e.Power, e.Routes = n.law(t, row)
	n.entries = append(n.entries, Imported{Entry: e, Organisation: organisation, Dataset: dataset, Sheet: t.Sheet, Line: row.Line})
}

func (n *normaliser) entry(kind Kind, ref terms.Reference, row Row) Entry {
	e := Entry{
		Kind: kind, EventFrom: n.source.Period.From, EventTo: n.source.Period.To,
		Reference: ref.String(), Stem: ref.Stem(), Version: ref.Version(),
	}
	e.With(OrganisationName, row.Cells[CellOrganisation])
	e.With(AsPublished, asPublished(row))
	return e
}

// law reads the two columns of the law. They are kept apart, for where they
// contradict each other the reader must see it: the routes are those of the
// common-law column, which speaks for the whole agreement; a legal basis that
// names only a route leaves the power not recorded, and its words stay (see
// Entry.BasisRoutes).
func (n *normaliser) law(t Table, row Row) (terms.Power, []terms.Route) {
	basis, duty, id := row.Cells[CellBasis], row.Cells[CellCommonLaw], row.Cells[CellSourceID]
	power, basisRoutes, ok := terms.ParseBasis(basis)
	switch {
	case strings.TrimSpace(basis) == "":
		n.doubt(DoubtBlank, t.Headers[CellBasis], id)
	case !ok:
		n.doubt(DoubtUnrecognised, t.Headers[CellBasis]+": "+basis, id)
	default:
		n.change(CellBasis, basis, joined(string(power), basisRoutes))
		if power == terms.PowerNotRecorded {
			n.doubt(DoubtPowerNotRecorded, strings.TrimSpace(basis), id)
		}
	}
	routes, ok := terms.ParseRoutes(duty)
	switch {
	case strings.TrimSpace(duty) == "":
		n.doubt(DoubtBlank, t.Headers[CellCommonLaw], id)
	case !ok:
		n.doubt(DoubtUnrecognised, t.Headers[CellCommonLaw]+": "+duty, id)
	default:
		n.change(CellCommonLaw, duty, joined("", routes))
		return power, routes
	}
	return power, []terms.Route{terms.RouteNotRecorded}
}

func joined(power string, routes []terms.Route) string {
	parts := make([]string, 0, 1+len(routes))
	if power != "" {
		parts = append(parts, power)
	}
	for _, r := range routes {
		parts = append(parts, string(r))
	}
	return strings.Join(parts, " + ")
}

// coded reads a cell by its code list.
func coded[T ~string](n *normaliser, t Table, row Row, cell Cell, parse func(string) (T, bool), notRecorded T) T {
	raw := row.Cells[cell]
	if strings.TrimSpace(raw) == "" {
		n.doubt(DoubtBlank, t.Headers[cell], row.Cells[CellSourceID])
		return notRecorded
	}
	code, ok := parse(raw)
	if !ok {
		n.doubt(DoubtUnrecognised, t.Headers[cell]+": "+raw, row.Cells[CellSourceID])
		return notRecorded
	}
	n.change(cell, raw, string(code))
	return code
}
