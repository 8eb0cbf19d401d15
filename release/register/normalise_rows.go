package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// statement enters a row for a version of an agreement.
func (n *normaliser) statement(row Row) {
	t := n.source.Statements
	if n.note(t, row) {
		return
	}
	organisation := n.organisations.add(n.need(t, row, CellOrganisation), row.Cells[CellOrganisationType])
	ref, ok := n.reference(t, row)
	if !ok {
		return
	}
	id := ref.String()
	version := n.version(ref, organisation, id)
	if version.Statement {
		n.refuse("statement-repeated", t.Place(row.Line, CellReference), "%s has a statement already", ref)
		return
	}
	n.applicants[id] = spelling{organisation, row.Cells[CellOrganisation]}
	e := n.entry(Agreement, ref, row)
	e.SourceID, e.RowKey = id, n.rowKey("agreement", id)
	n.prose(&e, t, row, id)
	n.terms(&e, t, row, id)
	n.stated(version, e, row)
	if n.source.Identity.Register != "" {
		// The day of the agreement itself, not of one of the editions that have it.
		e.EventFrom, e.EventTo = e.Starts, e.Starts
	}
	imported := Imported{Entry: e, Organisation: organisation, Sheet: t.Sheet, Line: row.Line}
	for _, l := range n.lines[id] {
		l.entered = true
		imported.add(l.Line, l.dataset)
		imported.Also = append(imported.Also, At{n.source.Lines.Sheet, l.line})
	}
	n.entries = append(n.entries, imported)
}

// terms reads the dates and answers of an agreement.
func (n *normaliser) terms(e *Entry, t Table, row Row, id string) {
	starts, _ := n.days(t, row, CellStarts, id, terms.ParseDays)
	ends, _ := n.days(t, row, CellEnds, id, terms.ParseDays)
	e.Starts, e.Ends = starts.From, ends.To
	if !e.Starts.IsZero() && !e.Ends.IsZero() && e.Ends.Compare(e.Starts) < 0 {
		n.doubt(DoubtTermReversed, e.Starts.String()+" to "+e.Ends.String(), id)
	}
	e.Controllership = coded(n, t, row, CellControllership, id, terms.ParseControllership, terms.ControllershipNotRecorded)
	e.SubLicensing = coded(n, t, row, CellSubLicensing, id, terms.ParseAnswer, terms.AnswerNotRecorded)
	e.Commercial = coded(n, t, row, CellCommercial, id, terms.ParseAnswer, terms.AnswerNotRecorded)
}

// stated gives a version what its statement says.
func (n *normaliser) stated(version *AgreedVersion, e Entry, row Row) {
	version.Statement, version.Title = true, row.Cells[CellTitle]
	version.Objective, version.Processing = row.Cells[CellObjective], row.Cells[CellProcessing]
	version.Outputs, version.Benefits = row.Cells[CellOutputs], row.Cells[CellBenefits]
	version.YieldedBenefits, version.Controllership = row.Cells[CellYieldedBenefits], cmp.Or(e.Controllership, terms.ControllershipNotRecorded)
	if e.Starts.IsZero() || e.Ends.IsZero() || e.Starts.Compare(e.Ends) <= 0 {
		version.Starts, version.Ends = e.Starts, e.Ends
	}
}

// prose gives an entry the texts of its row.
func (n *normaliser) prose(e *Entry, t Table, row Row, id string) {
	for _, text := range texts {
		value := row.Cells[text.cell]
		if text.cell == CellOrganisation || text.cell == CellDataset || value == "" {
			continue
		}
		e.With(text.field, value)
		if Units(value) == cellLimit {
			n.doubt(DoubtCellCut, t.Headers[text.cell], id)
		}
	}
}

// release enters a row of the register proper: a file, or a dataset accessed.
func (n *normaliser) release(row Row) {
	if t := n.source.Releases; !n.note(t, row) {
		n.released(t, row, n.rowID(t, row))
	}
}

// amendment enters a release that earlier editions had left out; of what day it
// is, nothing says. Other amendments are kept.
func (n *normaliser) amendment(row Row) {
	t := n.source.Amendments
	if !strings.HasPrefix(terms.Fold(row.Cells[CellReason]), "omitted") {
		n.doubt(DoubtKept, "sheet "+t.Sheet, fmt.Sprintf("row %d", row.Line))
		return
	}
	before := len(n.entries)
	n.released(t, row, fmt.Sprintf("%s row %d", oneSpaced(t.Sheet), row.Line))
	for i := range n.entries[before:] {
		e := &n.entries[before+i].Entry
		e.EventFrom, e.EventTo = terms.Date{}, terms.Date{}
	}
}

func (n *normaliser) released(t Table, row Row, id string) {
	var applicant spelling
	if t.Has(CellOrganisation) {
		raw := n.need(t, row, CellOrganisation)
		applicant = spelling{n.organisations.add(raw, row.Cells[CellOrganisationType]), raw}
	}
	dataset := spelling{n.datasets.add(n.need(t, row, CellDataset), ""), row.Cells[CellDataset]}
	ref, ok := n.reference(t, row)
	if !ok {
		return
	}
	if applicant.key == "" {
		if applicant = n.applicants[ref.String()]; applicant.name != "" {
			n.organisations.add(applicant.name, "")
		}
	}
	n.version(ref, applicant.key, id)
	e := n.entry(Release, ref, row)
	if e.Get(OrganisationName) == "" {
		e.With(OrganisationName, applicant.name)
	}
	e.SourceID, e.RowKey = id, n.rowKey("file", id)
	e.With(DatasetName, dataset.name)
	n.prose(&e, t, row, id)
	n.codes(&e, t, row, id)
	e.Power, e.Routes = n.basis(t, row, id, func(power terms.Power) []terms.Route {
		e.Power = power // by which the release is held against its line
		return n.routesOfLine(e, dataset, id)
	})
	if t.Has(CellReleased) {
		if days, ok := n.days(t, row, CellReleased, id, terms.ParseMonth); ok {
			e.EventFrom, e.EventTo = days.From, days.To
		} else if e.RowKey != "" {
			e.EventFrom, e.EventTo = terms.Date{}, terms.Date{}
		}
	}
	n.entries = append(n.entries, Imported{Entry: e, Organisation: applicant.key, Dataset: dataset.key, Sheet: t.Sheet, Line: row.Line})
}

// rowID is the id of a release's row. Rows without ids are known by their line.
func (n *normaliser) rowID(t Table, row Row) string {
	if n.source.Identity.Numbered {
		return fmt.Sprintf("row %d", row.Line)
	}
	id := strings.TrimSpace(n.need(t, row, CellSourceID))
	if n.personal(t, row, CellSourceID) {
		return id
	}
	if id != row.Cells[CellSourceID] {
		n.change(CellSourceID, row.Cells[CellSourceID], id)
	}
	switch first, repeated := n.ids[id]; {
	case len(id) > sourceIDLimit:
		n.refuse("id-long", t.Place(row.Line, CellSourceID), "has %d bytes; an id has at most %d", len(id), sourceIDLimit)
	case repeated && n.source.Identity.Repeats:
		n.doubt(DoubtIDRepeated, id, fmt.Sprintf("row %d", row.Line))
	case repeated && id != "":
		n.refuse("id-repeated", t.Place(row.Line, CellSourceID), "%q is the id of row %d too", id, first)
	default:
		n.ids[id] = row.Line
	}
	return id
}

// codes reads what a release and a dataset line of an agreement alike have.
func (n *normaliser) codes(e *Entry, t Table, row Row, id string) {
	e.TypeOfData = coded(n, t, row, CellType, id, terms.ParseTypeOfData, terms.TypeNotRecorded)
	e.Sensitivity = coded(n, t, row, CellSensitivity, id, terms.ParseSensitivity, terms.SensitivityNotRecorded)
	e.OptOut = coded(n, t, row, CellOptOut, id, terms.ParseOptOut, terms.OptOutNotRecorded)
	e.Frequency = coded(n, t, row, CellFrequency, id, terms.ParseFrequency, terms.FrequencyNotRecorded)
	// System access is a row for each dataset of an agreement, whatever the
	// layout; of the others only the three sheets say that a row is a file.
	if e.Frequency == terms.SystemAccess {
		e.Channel = terms.ChannelSystemAccess
	} else if e.RowKey != "" && e.Kind == Release && t.Has(CellSourceID) {
		e.Channel = terms.ChannelFile
	}
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

// basis reads the columns of the legal basis and of the common law, and says of
// the former what was entered: not its routes, where another place has them.
// lines finds those of the agreement's line, by the power; nil where there is none.
func (n *normaliser) basis(t Table, row Row, id string, lines func(terms.Power) []terms.Route) (terms.Power, []terms.Route) {
	power, ofBasis, read := n.power(t, row, id)
	var ofLine []terms.Route
	if lines != nil {
		ofLine = lines(power)
	}
	if read {
		to := joined(string(power), ofBasis)
		switch {
		case len(ofBasis) == 0:
		case t.Has(CellCommonLaw):
			to = fmt.Sprintf("%s; it names %s, and the route is what the column of the common law says", power, joined("", ofBasis))
		case len(ofLine) > 0:
			to = fmt.Sprintf("%s; it names %s, and the route is that of the agreement's line", power, joined("", ofBasis))
		}
		n.change(CellBasis, row.Cells[CellBasis], to)
	}
	return power, n.routes(t, row, id, ofLine, ofBasis)
}

// power reads the column of the legal basis: the power, and the routes that a
// basis names in its place, so that the power is not recorded (the words stay,
// see Entry.BasisRoutes). read is false where it has no words that are known.
func (n *normaliser) power(t Table, row Row, id string) (power terms.Power, routes []terms.Route, read bool) {
	if !t.Has(CellBasis) {
		return terms.PowerNotRecorded, nil, false
	}
	basis := row.Cells[CellBasis]
	power, routes, ok := terms.ParseBasis(basis)
	switch {
	case strings.TrimSpace(basis) == "":
		n.doubt(DoubtBlank, t.Headers[CellBasis], id)
	case !ok:
		n.doubt(DoubtUnrecognised, t.Headers[CellBasis]+": "+basis, id)
	default:
		read = true
		if power == terms.PowerNotRecorded {
			n.doubt(DoubtPowerNotRecorded, strings.TrimSpace(basis), id)
		}
	}
	return power, routes, read
}

// routes reads the column of the common law, which speaks for the whole
// agreement. It is kept apart from the legal basis, for where the two
// contradict each other the reader must see it. Where a layout has no such
// column, the routes are those of the agreement's own lines for the dataset,
// else those that the legal basis names.
func (n *normaliser) routes(t Table, row Row, id string, ofLine, ofBasis []terms.Route) []terms.Route {
	if !t.Has(CellCommonLaw) {
		for _, routes := range [][]terms.Route{ofLine, ofBasis} {
			if len(routes) > 0 {
				return slices.Clone(routes)
			}
		}
		return []terms.Route{terms.RouteNotRecorded}
	}
	duty := row.Cells[CellCommonLaw]
	routes, ok := terms.ParseRoutes(duty)
	switch {
	case strings.TrimSpace(duty) == "":
		n.doubt(DoubtBlank, t.Headers[CellCommonLaw], id)
	case !ok:
		n.doubt(DoubtUnrecognised, t.Headers[CellCommonLaw]+": "+duty, id)
	default:
		n.change(CellCommonLaw, duty, joined("", routes))
		return routes
	}
	return []terms.Route{terms.RouteNotRecorded}
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
