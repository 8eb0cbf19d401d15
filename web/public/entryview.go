package public

import (
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
	"data.release/registrar/web/public/glossary"
)

// Row is an entry in a list of entries.
type Row struct {
	Number                int64
	Kind                  string
	Href                  string
	Organisation, Dataset page.Link
	Agreement             page.Link // its stem
	Version               string
	Type, OptOut, When    Term
}

// Why a text is not there.
const (
	notRecorded = "Not recorded"
	erased      = "Erased by law"
	withheld    = "Withheld until a person has looked at it"
)

// absent says why a text is not there.
func absent(e register.Entry, field register.Field) string {
	for _, t := range e.Texts {
		switch {
		case t.Field == field && t.Erased:
			return erased
		case t.Field == field && t.Withheld:
			return withheld
		}
	}
	return notRecorded
}

func row(e register.Entry) Row {
	r := Row{
		Number: e.Number, Kind: kinds[e.Kind].Label, Href: entryHref(e.Number),
		Organisation: organisationLink(e), Dataset: datasetLink(e),
		Agreement: agreementLink(e), Version: e.Version,
		When: Term{Label: span(e.EventFrom, e.EventTo)},
		Type: Term{Label: "Not applicable", Note: "its releases have one"}, OptOut: Term{Label: "Not applicable", Note: "its releases have an answer"},
	}
	if e.Stem != "" {
		r.Agreement.Text = called(e.Stem)
	}
	if e.Late {
		r.When.Note = "entered late"
	}
	switch {
	case e.AsRelease():
		r.Type, r.OptOut = short(e.TypeOfData), optOut(e.OptOut)
	case e.AsAgreement():
		r.Dataset = page.Link{Text: "Purposes of an agreement"}
	case e.Kind == register.Succession:
		of := organisationEnds
		if e.Dataset != "" {
			of = datasetEnds
		}
		from, to := of(e)
		r.Organisation, r.Dataset = from, page.Link{Text: terms.Lower(e.Relation.Label())}
		if to.Text != "" {
			r.Dataset = page.Link{Text: "then " + to.Text + ": " + terms.Lower(e.Relation.Label()), Href: to.Href}
		}
		r.Type, r.OptOut = Term{Label: "Not applicable"}, Term{Label: "Not applicable"}
	case e.Kind == register.Termination, e.Kind == register.Destruction:
		r.Dataset = page.Link{Text: kinds[e.Kind].Label}
		r.Type, r.OptOut = Term{Label: "Not applicable"}, Term{Label: "Not applicable"}
	default:
		r.Dataset = page.Link{Text: "About entry " + page.Count(e.About), Href: entryHref(e.About)}
		r.Type, r.OptOut = Term{Label: "Not applicable"}, Term{Label: "Not applicable"}
	}
	r.Organisation.Text, r.Dataset.Text = called(r.Organisation.Text), called(r.Dataset.Text)
	return r
}

// Field is one fact of an entry: as read, and the cells that it was read from.
type Field struct {
	Name   string
	Values []Term
	Cells  []Cell
}

// Cell is a cell as it was published.
type Cell struct {
	Column string // its header
	Text   string
	Empty  bool
	Gone   string // why it is not shown; empty: it is
	Above  int    // its text stands above already, with so many characters
}

// columns name the cells, whatever their headers were in an edition.
var columns = map[register.Cell]string{
	register.CellSourceID: "Row", register.CellOrganisation: "Organisation", register.CellOrganisationType: "Organisation type",
	register.CellDataset: "Dataset", register.CellType: "Type of data", register.CellSensitivity: "Sensitivity",
	register.CellBasis: "Legal basis", register.CellPurpose: "Purpose", register.CellFrequency: "Frequency",
	register.CellReference: "Reference", register.CellMR: "MR number", register.CellOptOut: "Opt-outs",
	register.CellCommonLaw: "Common-law duty of confidentiality", register.CellObjective: "Objective for processing",
	register.CellProcessing: "Processing activities", register.CellOutputs: "Expected output",
	register.CellBenefits: "Expected measurable benefits", register.CellYieldedBenefits: "Yielded benefits",
	register.CellTitle: "Title", register.CellControllers: "Data controllers", register.CellControllership: "Sole or joint data controllers",
	register.CellStarts: "Start", register.CellEnds: "End", register.CellSubLicensing: "Sub-licensing", register.CellCommercial: "Commercial purpose",
	register.CellReleased: "Released", register.CellReason: "Reason", register.CellLaySummary: "Lay summary", register.CellTechnicalSummary: "Technical summary",
	register.CellFunders: "Funders and sponsors", register.CellApproved: "Latest approval", register.CellAccessType: "Access type",
	register.CellArticle6: "Article 6 condition", register.CellArticle9: "Article 9 condition", register.CellOrganisationCode: "Code of the organisation",
	register.CellAccredited: "Accredited researcher", register.CellCategory: "Category of request", register.CellCommittees: "Other approval committees",
	register.CellLinkage: "Linkage", register.CellLinkedAssets: "Linked datasets", register.CellConfidentialFields: "Confidential data",
	register.CellEnhancements: "Privacy enhancements", register.CellResearchOutputs: "Research outputs",
	register.CellApplicants: "Applicants", register.CellApplicantID: "Id of the applicant",
}

// columnName is a column in words; a cell without any has its own name.
func columnName(cell register.Cell) string {
	if name := columns[cell]; name != "" {
		return name
	}
	return string(cell)
}

// fields are the facts of an entry in the order in which people ask for them.
// Cells that no fact was read from follow, so that none is left out.
func fields(p *release.PublishedEntry) []Field {
	e := p.Entry
	published := e.Published()
	used := map[register.Cell]bool{}
	var out []Field
	add := func(name string, values []Term, from ...register.Cell) {
		f := Field{Name: name, Values: values}
		for _, column := range from {
			used[column] = true
			if cell, ok := publishedCell(p, published, column); ok {
				f.Cells = append(f.Cells, cell)
			}
		}
		out = append(out, f)
	}
	link := func(l page.Link) []Term { return []Term{{Label: l.Text, Href: l.Href}} }

	if e.About > 0 {
		add("About", link(page.Link{Text: "Entry " + page.Count(e.About), Href: entryHref(e.About)}))
		add("Reason", []Term{{Label: orAbsent(e, register.Reason)}})
	}
	if how := strings.TrimSpace(e.Get(register.Reason)); e.About == 0 && how != "" {
		switch e.Kind {
		case register.Agreement:
			add("How it was approved", []Term{{Label: how}}, register.CellReason)
		case register.Termination, register.Destruction, register.Release:
			add("Reason", []Term{{Label: how}}, register.CellReason)
		}
	}
	if e.Kind == register.Succession {
		addSuccession(e, add)
	} else {
		add("Organisation", link(organisationLink(e)), register.CellOrganisation)
	}
	if e.AsAgreement() {
		add("Organisation type", []Term{{Label: orAbsent(e, register.OrganisationType)}}, register.CellOrganisationType)
		addTerms(e, add)
	}
	if e.AsRelease() {
		add("Dataset", link(datasetLink(e)), register.CellDataset)
		add("Type of data", []Term{long(e.TypeOfData)}, register.CellType)
		add("Opt-outs applied", []Term{optOut(e.OptOut)}, register.CellOptOut)
		add("Legal power", []Term{power(e.Power)}, register.CellBasis)
		add("Confidentiality route", routesRead(e), register.CellCommonLaw)
		add("Sensitive", []Term{{Label: e.Sensitivity.Label()}}, register.CellSensitivity)
		add("How often", []Term{frequency(e.Frequency)}, register.CellFrequency)
		add("Channel", []Term{{Label: channelLabel(e.Channel)}}, register.CellAccessType)
	}
	if e.Kind != register.Succession || e.Stem != "" {
		add("Agreement", link(agreementLink(e)), register.CellReference)
	}
	if text := strings.TrimSpace(e.Get(register.Title)); text != "" {
		add("Title of the agreement", []Term{{Label: text}}, register.CellTitle)
	}
	add("When", []Term{whenOf(p, published)}, register.CellReleased, register.CellApproved)
	if e.RowsBand != "" {
		add("Rows", []Term{{Label: e.RowsBand, Note: "in a band, so that two releases cannot be compared to learn about a few people"}})
	}
	if e.SourceID != "" {
		add("Row in the edition", []Term{{Label: e.SourceID}}, register.CellSourceID)
	}
	var rest []register.Cell
	for column := range published {
		if !used[column] {
			rest = append(rest, column)
		}
	}
	slices.Sort(rest)
	for _, column := range rest {
		add(columnName(column), []Term{{Label: "Kept as published, not read"}}, column)
	}
	return out
}

// publishedCell is a cell of the row that the entry was imported from; false
// where its layout has no such column.
func publishedCell(p *release.PublishedEntry, published map[register.Cell]string, column register.Cell) (Cell, bool) {
	cell := Cell{Column: columnName(column)}
	text, ok := published[column]
	if source := p.Source; !ok && source != nil {
		at := source.Columns[column]
		if at == 0 {
			return cell, false
		}
		// Cells that are no text of the entry go with its cells as published.
		_, prose := register.TextOf(column)
		gone := absent(p.Entry, register.AsPublished)
		switch {
		case source.Gone[at-1] == release.GoneErased || !prose && gone == erased:
			cell.Gone = erased
		case source.Gone[at-1] == release.GoneWithheld || !prose && gone == withheld:
			cell.Gone = withheld
		case at <= len(source.Cells):
			text = source.Cells[at-1]
		}
		ok = true
	}
	cell.Text, cell.Empty = text, cell.Gone == "" && strings.TrimSpace(text) == ""
	return cell, ok
}

// whenOf is when it happened, and what that was read from where no cell of the
// row says it.
func whenOf(p *release.PublishedEntry, published map[register.Cell]string) Term {
	e := p.Entry
	when := Term{Label: span(e.EventFrom, e.EventTo)}
	told := strings.TrimSpace(published[register.CellReleased]+published[register.CellApproved]) != ""
	switch {
	case e.Late:
		when.Note = "Entered late, when it was found: its reason tells how."
	case e.Edition == "" || e.EventFrom.IsZero() || told:
	case e.AsAgreement() && e.EventFrom == e.Starts && e.EventTo == e.Starts:
		when.Note = "The first day of its term: the edition gives no other."
	default:
		when.Note = "The edition gives no date for each row; this is the period that it covers."
		if p.Source != nil && p.Source.Columns[register.CellReleased] > 0 {
			when.Note = "The row gives no date; this is the period that its edition covers."
		}
	}
	return when
}

// adder adds a field that was read from cells.
type adder = func(name string, values []Term, from ...register.Cell)

// addTerms adds what an agreement's entry says of the agreement as a whole.
func addTerms(e register.Entry, add adder) {
	add("Data controllers", controllersOf(&e).Values, register.CellControllers, register.CellControllership)
	add("Term", termOf(&e).Values, register.CellStarts, register.CellEnds)
	add("For a commercial purpose", answerOf(e.Commercial), register.CellCommercial)
	add("Sub-licensing allowed", answerOf(e.SubLicensing), register.CellSubLicensing)
	if text := strings.TrimSpace(e.Get(register.Funders)); text != "" {
		add("Funders and sponsors", []Term{{Label: text}}, register.CellFunders)
	}
}

func answerOf(a terms.Answer) []Term {
	if a == "" {
		a = terms.AnswerNotRecorded
	}
	return []Term{{Label: a.Label()}}
}

// addSuccession adds who follows whom.
func addSuccession(e register.Entry, add adder) {
	of := organisationEnds
	if e.Dataset != "" {
		of = datasetEnds
	}
	from, to := of(e)
	add("How", []Term{{Label: e.Relation.Label(), Note: glossary.Meaning(glossary.Relations, e.Relation), Href: glossary.Href(glossary.Relations, e.Relation)}})
	add("From", []Term{{Label: from.Text, Href: from.Href}})
	if to.Text == "" {
		to.Text = "None"
	}
	add("To", []Term{{Label: to.Text, Href: to.Href}})
	if text := strings.TrimSpace(e.Get(register.Reason)); text != "" && e.About == 0 {
		add("Instrument and reason", []Term{{Label: text}})
	}
}

func orAbsent(e register.Entry, field register.Field) string {
	if text := strings.TrimSpace(e.Get(field)); text != "" {
		return text
	}
	return absent(e, field)
}

func power(p terms.Power) Term {
	term := Term{Label: p.Label()}
	if p == terms.PowerNotRecorded {
		term.Note = "No power is named, or the cell names a confidentiality route instead."
	}
	return term
}

func routes(list []terms.Route) []Term {
	if len(list) == 0 {
		return []Term{{Label: "Not recorded"}}
	}
	var out []Term
	for _, route := range list {
		out = append(out, Term{Label: route.Label()})
	}
	if len(out) > 1 {
		out[len(out)-1].Note = "The cell describes the whole agreement, so it can name more than one route."
	}
	return out
}

// routesRead are the entry's routes, and which others its legal basis names.
func routesRead(e register.Entry) []Term {
	out := routes(e.Routes)
	others := slices.DeleteFunc(e.BasisRoutes(), func(r terms.Route) bool { return slices.Contains(e.Routes, r) })
	if len(others) > 0 {
		last := &out[len(out)-1]
		last.Note = strings.TrimSpace(last.Note + " The legal basis names another: " + strings.Join(routeLabels(others), "; ") + ". Searches and counts go by the column of the common law.")
	}
	return out
}

// cellLimit is where spreadsheet programs cut a text, in UTF-16 units.
const cellLimit = 32767

// Text is a long text of an entry, or why there is none.
type Text struct {
	Anchor, Title, Text, Note, Absent string
}

// present are the texts that are there.
func present(texts []Text) []Text {
	return slices.DeleteFunc(texts, func(t Text) bool { return t.Text == "" })
}

// missing says which texts are not there, and why, a line for each reason.
func missing(texts []Text) []string {
	var out []string
	for _, reason := range []string{notRecorded, erased, withheld} {
		var titles []string
		for _, t := range texts {
			if t.Absent == reason {
				titles = append(titles, terms.Lower(t.Title))
			}
		}
		if titles != nil {
			out = append(out, reason+": "+strings.Join(titles, ", ")+".")
		}
	}
	return out
}

// purposes are the texts of an agreement's version, in the order in which they
// are written.
func purposes(e register.Entry, prefix string) []Text {
	var out []Text
	for _, known := range []struct {
		field register.Field
		title string
	}{
		{register.LaySummary, "Lay summary"},
		{register.TechnicalSummary, "Technical summary"},
		{register.Objective, "Objective for processing"},
		{register.Processing, "Processing activities"},
		{register.Outputs, "Expected output"},
		{register.Benefits, "Expected measurable benefits"},
		{register.YieldedBenefits, "Yielded benefits"},
	} {
		t := Text{Anchor: prefix + strings.ReplaceAll(string(known.field), "_", "-"), Title: known.title, Text: strings.TrimSpace(e.Get(known.field))}
		if register.Units(e.Get(known.field)) == cellLimit {
			t.Note = "The published cell has exactly the 32,767 characters that a spreadsheet's cell can hold, so its end is missing or all but certainly so."
		}
		if t.Text == "" {
			t.Absent = absent(e, known.field)
			if summary := known.field == register.LaySummary || known.field == register.TechnicalSummary; summary && t.Absent == notRecorded {
				continue // two layouts alone have them
			}
		}
		out = append(out, t)
	}
	return out
}
