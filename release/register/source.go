package register

import (
	"fmt"
	"strings"

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
)

// Source is a published edition as its layout was read: which cell means what,
// and nothing changed in any of them.
type Source struct {
	Layout    string // the layout's name
	Publisher string
	Title     string
	Period    terms.Period
	Sheets    []Sheet

	Releases   Table
	Statements Table
	// Kept are sheets of rows that become no entries, such as amendments of
	// editions that are not here. Their rows stay as source rows.
	Kept []Table
}

// Table is a sheet whose columns are known.
type Table struct {
	Sheet   string
	Columns map[Cell]int    // from 1
	Headers map[Cell]string // as published, on one line
	Rows    []Row
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
	parts := []string{"sheet " + sheet}
	if line > 0 {
		parts = append(parts, fmt.Sprintf("row %d", line))
	}
	if column != "" {
		parts = append(parts, "column "+column)
	}
	return strings.Join(parts, ", ")
}
