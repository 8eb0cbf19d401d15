package register

import (
	"fmt"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Cell names a column of the published registers, whatever its header said in
// one edition or the next.
type Cell string

// The columns of the published registers.
const (
	CellSourceID     Cell = "source_id"
	CellOrganisation Cell = "organisation"
	CellDataset      Cell = "dataset"
	CellType         Cell = "type_of_data"
	CellSensitivity  Cell = "sensitivity"
	CellBasis        Cell = "legal_basis"
	CellPurpose      Cell = "purpose"
	CellFrequency    Cell = "frequency"
	CellReference    Cell = "reference"
	CellMR           Cell = "mr_number"
	CellOptOut       Cell = "opt_outs"
	CellCommonLaw    Cell = "common_law_duty"

	CellObjective        Cell = "objective"
	CellProcessing       Cell = "processing"
	CellOutputs          Cell = "outputs"
	CellBenefits         Cell = "benefits"
	CellYieldedBenefits  Cell = "yielded_benefits"
	CellOrganisationType Cell = "organisation_type"

	CellTitle          Cell = "title"
	CellControllers    Cell = "controllers"
	CellControllership Cell = "controllership"
	CellStarts         Cell = "starts"
	CellEnds           Cell = "ends"
	CellSubLicensing   Cell = "sub_licensing"
	CellCommercial     Cell = "commercial"
	CellReleased       Cell = "released" // a day or a month
	CellReason         Cell = "reason"   // of an amendment

	CellLaySummary       Cell = "lay_summary"
	CellTechnicalSummary Cell = "technical_summary"
	CellFunders          Cell = "funders"
	CellApproved         Cell = "approved"
	CellAccessType       Cell = "access_type"
	CellArticle6         Cell = "article_6"
	CellArticle9         Cell = "article_9"

	// What the register has no field for; it stays as published.
	CellOrganisationCode   Cell = "organisation_code"
	CellAccredited         Cell = "accredited_researcher"
	CellCategory           Cell = "request_category"
	CellCommittees         Cell = "other_approval_committees"
	CellLinkage            Cell = "linkage"
	CellLinkedAssets       Cell = "linked_assets"
	CellConfidentialFields Cell = "confidential_fields"
	CellEnhancements       Cell = "privacy_enhancements"
	CellResearchOutputs    Cell = "research_outputs"

	// What names a person, and is never in an entry.
	CellApplicants  Cell = "applicants"
	CellApplicantID Cell = "applicant_id"
)

// persons are the cells that name a person.
var persons = []Cell{CellApplicants, CellApplicantID}

// texts says which cells are a text of the entry, and which.
var texts = []struct {
	cell  Cell
	field Field
}{
	{CellOrganisation, OrganisationName}, {CellOrganisationType, OrganisationType}, {CellDataset, DatasetName},
	{CellTitle, Title}, {CellControllers, Controllers}, {CellObjective, Objective}, {CellProcessing, Processing},
	{CellOutputs, Outputs}, {CellBenefits, Benefits}, {CellYieldedBenefits, YieldedBenefits},
	{CellReason, Reason}, {CellLaySummary, LaySummary}, {CellTechnicalSummary, TechnicalSummary}, {CellFunders, Funders},
}

// prose are the cells that an entry has as texts and in no other way. Names are
// texts too, and stand among the cells as published beside.
func prose(cell Cell) bool {
	_, is := TextOf(cell)
	return is && cell != CellOrganisation && cell != CellOrganisationType && cell != CellDataset
}

// TextOf is the text that an entry has of a cell; false for cells that become
// codes and days, or stay as published. An entry may have another text under
// the field than the cell (a list of controllers is divided by "; "), so ask
// the entry too before taking the one for the other.
func TextOf(cell Cell) (Field, bool) {
	for _, t := range texts {
		if t.cell == cell {
			return t.field, true
		}
	}
	return "", false
}

// Identity says how a row of a register is known again.
type Identity struct {
	// Register is the register of which each edition repeats the rows of those
	// before; empty where an edition has rows of its own, known by their id in it.
	Register string
	// Repeats says that ids stand more than once in an edition of this layout,
	// which is then doubted, not refused.
	Repeats bool
	// Numbered says that the layout has no ids: a row is known by its line.
	Numbered bool
	// Own says that references are the publisher's own, and none a NIC number.
	Own bool
}

// Source is a published edition as its layout was read: which cell means what,
// and nothing changed in any of them.
type Source struct {
	Layout    string // the layout's name
	Publisher string
	Title     string
	Period    terms.Period
	Today     terms.Date // of the import: nothing has happened after it; zero: not asked
	Form      Form
	Identity  Identity
	Sheets    []Sheet

	Releases   Table
	Statements Table // a row for each version of an agreement
	Lines      Table // a row for each dataset of a version
	Projects   Table // a row for each project with all its datasets
	// Amendments has releases that earlier editions lack or have wrongly. Those
	// that were left out are releases; for the others nothing says which row of
	// which edition they are about, and they are kept.
	Amendments Table
	// Kept are sheets of rows that become no entries, such as counts. Their rows
	// stay as source rows.
	Kept []Table
	// Unknown lists what the layout does not have; it is kept as it stands.
	Unknown []Unknown
}

// NHSBegan is the appointed day of the National Health Service Act 1946; no data
// of it were released before.
var NHSBegan = terms.NewDate(1948, 7, 5)

// Happened says whether something can have been done on a day of a period:
// after the NHS began, and not after the import.
func (s Source) Happened(days terms.Period) bool {
	return days.To.Compare(NHSBegan) >= 0 && (s.Today.IsZero() || days.From.Compare(s.Today) <= 0)
}

// Tables lists the tables that the edition has.
func (s Source) Tables() []Table {
	var tables []Table
	for _, t := range append([]Table{s.Releases, s.Statements, s.Lines, s.Projects, s.Amendments}, s.Kept...) {
		if t.Sheet != "" {
			tables = append(tables, t)
		}
	}
	return tables
}

// Unknown is a sheet or column that the layout does not have.
type Unknown struct {
	Sheet  string `json:"sheet"`
	Column string `json:"column,omitempty"` // letters; empty for a whole sheet
	Header string `json:"header,omitempty"` // as published; empty if there is none
	Rows   int    `json:"rows"`             // that hold something in it
}

// Words say what it is: `sheet Notes`, `sheet Agreements, column Q, "Territory"`.
func (u Unknown) Words() string {
	words := Place(u.Sheet, 0, u.Column)
	if header := oneSpaced(u.Header); header != "" {
		words += fmt.Sprintf(", %q", header)
	} else if u.Column != "" {
		words += ", without a header"
	}
	return words
}

// Table is a sheet whose columns are known.
type Table struct {
	Sheet   string
	Header  int             // the line of the headers, from 1; what is above them is no row
	Columns map[Cell]int    // from 1
	Headers map[Cell]string // as published, on one line
	Rows    []Row
}

// Has says whether the table has a column for the cell: a cell of a column that
// is not there is not blank.
func (t Table) Has(cell Cell) bool { return t.Columns[cell] > 0 }

// Persons lists the columns, from 1, that name persons. What they hold is in no
// entry, and is not for the public.
func (t Table) Persons() []int {
	var columns []int
	for _, cell := range persons {
		if t.Has(cell) {
			columns = append(columns, t.Columns[cell])
		}
	}
	return columns
}

// Row is one row of a table: its line in the sheet, from 1, and its cells.
type Row struct {
	Line  int
	Cells map[Cell]string
}

// Place says where something stands, for people: "sheet DataReleases, row 7,
// column NIC Number".
func (t Table) Place(line int, cell Cell) string {
	header := t.Headers[cell]
	if header == "" {
		header = string(cell)
	}
	return Place(t.Sheet, line, header)
}

// Place says where something stands; line 0 and an empty column are left out.
func Place(sheet string, line int, column string) string {
	parts := []string{"sheet " + fault.Quoted(sheet)}
	if line > 0 {
		parts = append(parts, fmt.Sprintf("row %d", line))
	}
	if column != "" {
		parts = append(parts, "column "+column)
	}
	return strings.Join(parts, ", ")
}
