package layout

import (
	"cmp"
	"fmt"
	"strconv"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// DataUses2021 is the layout of the Data Uses Register, by NHS Digital and then
// NHS England, since July 2021: agreements, their datasets and the files
// released are three sheets, joined by the reference. Each edition repeats
// those before it, so a row is known through them by its reference or its file.
const DataUses2021 = "data-uses-2021"

var dataUses2021 = Layout{
	Name: DataUses2021, Title: "Data Uses Register, since July 2021", Publisher: "NHS England",
	identity: register.Identity{Register: "nhs-england"},
	sheets: []sheet{
		{name: "Agreements", role: statements, required: true, columns: []column{
			need(register.CellReference, "Reference Number"),
			need(register.CellTitle, "Application Title"),
			need(register.CellOrganisation, "Applicant Organisation"),
			may(register.CellOrganisationType, "Applicant Organisation Type"),
			need(register.CellControllers, "Data Controller(s)"),
			may(register.CellControllership, "Sole/Joint Data Controller"),
			need(register.CellStarts, "DSA Start Date"),
			need(register.CellEnds, "DSA End Date"),
			need(register.CellSubLicensing, "Does Sublicensing Apply"),
			need(register.CellCommercial, "For Commercial Purposes"),
			need(register.CellObjective, "Objective for Processing"),
			need(register.CellProcessing, "Processing Activities"),
			need(register.CellOutputs, "Expected Output", "Expected Outputs"),
			need(register.CellBenefits, "Expected Measurable Benefits"),
			may(register.CellYieldedBenefits, "Yielded Benefits"),
		}},
		{name: "Datasets", role: lines, required: true, columns: []column{
			need(register.CellReference, "Reference Number"),
			need(register.CellDataset, "Dataset"),
			need(register.CellType, "Type of Data"),
			need(register.CellSensitivity, "Sensitive or Non-Sensitive"),
			need(register.CellFrequency, "Frequency"),
			need(register.CellBasis, "Legal Basis for Provision of Data"),
			need(register.CellCommonLaw, "Common Law Duty of Confidentiality"),
		}},
		{name: "DataReleases", role: releases, required: true, columns: []column{
			need(register.CellSourceID, "File Reference"),
			need(register.CellReference, "Reference Number"),
			need(register.CellDataset, "Dataset"),
			need(register.CellType, "Type of Data"),
			need(register.CellSensitivity, "Sensitive or Non-Sensitive"),
			need(register.CellOptOut, "Patient Opt-Outs Applied"),
			need(register.CellBasis, "Legal Basis for Provision of Data"),
			need(register.CellFrequency, "Frequency"),
			need(register.CellReleased, "Month File Released"),
		}},
	},
}

// Written is a sheet of a layout as this register fills it from its entries.
type Written struct {
	Name  string
	cells []register.Cell
	heads []string
}

// DataUses are the sheets of DataUses2021 as the register writes them: the
// agreements' versions, their dataset lines and the releases.
func DataUses() (agreements, lines, releases Written) {
	written := make([]Written, len(dataUses2021.sheets))
	for i, s := range dataUses2021.sheets {
		written[i].Name = s.name
		for _, c := range s.columns {
			written[i].cells, written[i].heads = append(written[i].cells, c.cell), append(written[i].heads, c.headers[0])
		}
	}
	return written[0], written[1], written[2]
}

// Headers are the titles of the sheet's columns.
func (w Written) Headers() []string { return w.heads }

// Row is what an entry has in each column; line is the one of its dataset
// lines that a row of the second sheet is for, and else without members.
//
// A release is known by its entry's number, for the ids of rows are their
// editions' own. Codes are in the registers' words, or as the row that an entry
// was imported from has them where these say the same. What is not recorded is
// empty; what is withheld or was erased is so too, and the register's own files
// tell the one from the other.
func (w Written) Row(e register.Entry, line register.Line) []string {
	out := make([]string, len(w.cells))
	for i, cell := range w.cells {
		out[i] = dataUsesCells[cell](e, line)
	}
	return out
}

var dataUsesCells = map[register.Cell]func(register.Entry, register.Line) string{
	register.CellReference:        func(e register.Entry, _ register.Line) string { return e.Reference },
	register.CellTitle:            own(register.Title),
	register.CellOrganisation:     own(register.OrganisationName),
	register.CellOrganisationType: own(register.OrganisationType),
	register.CellControllers:      own(register.Controllers),
	register.CellControllership:   func(e register.Entry, _ register.Line) string { return e.Controllership.Spelling() },
	register.CellStarts:           func(e register.Entry, _ register.Line) string { return e.Starts.String() },
	register.CellEnds:             func(e register.Entry, _ register.Line) string { return e.Ends.String() },
	register.CellSubLicensing:     func(e register.Entry, _ register.Line) string { return e.SubLicensing.Spelling() },
	register.CellCommercial:       func(e register.Entry, _ register.Line) string { return e.Commercial.Spelling() },
	register.CellObjective:        own(register.Objective),
	register.CellProcessing:       own(register.Processing),
	register.CellOutputs:          own(register.Outputs),
	register.CellBenefits:         own(register.Benefits),
	register.CellYieldedBenefits:  own(register.YieldedBenefits),
	register.CellSourceID:         func(e register.Entry, _ register.Line) string { return strconv.FormatInt(e.Number, 10) },
	register.CellDataset: func(e register.Entry, l register.Line) string {
		if l.Dataset != "" {
			return e.DatasetNamed(l.Dataset)
		}
		return cmp.Or(e.Get(register.DatasetName), e.Dataset)
	},
	register.CellType: func(e register.Entry, l register.Line) string {
		return spelled(e, register.CellType, cmp.Or(l.TypeOfData, e.TypeOfData), terms.ParseTypeOfData)
	},
	register.CellSensitivity: func(e register.Entry, l register.Line) string {
		return spelled(e, register.CellSensitivity, cmp.Or(l.Sensitivity, e.Sensitivity), terms.ParseSensitivity)
	},
	register.CellFrequency: func(e register.Entry, l register.Line) string {
		return spelled(e, register.CellFrequency, cmp.Or(l.Frequency, e.Frequency), terms.ParseFrequency)
	},
	register.CellOptOut: func(e register.Entry, _ register.Line) string {
		return spelled(e, register.CellOptOut, e.OptOut, terms.ParseOptOut)
	},
	register.CellBasis: func(e register.Entry, l register.Line) string {
		return spelled(e, register.CellBasis, cmp.Or(l.Power, e.Power), func(raw string) (terms.Power, bool) {
			power, _, ok := terms.ParseBasis(raw)
			return power, ok
		})
	},
	register.CellCommonLaw: func(_ register.Entry, l register.Line) string { return terms.SpellRoutes(l.Routes) },
	register.CellReleased: func(e register.Entry, _ register.Line) string {
		from, to := e.EventFrom, e.EventTo
		switch {
		case from.IsZero():
			return ""
		case from.Year == to.Year && from.Month == to.Month:
			return fmt.Sprintf("%.3s-%02d", from.Month, from.Year%100)
		}
		return terms.Period{From: from, To: to}.String()
	},
}

func own(field register.Field) func(register.Entry, register.Line) string {
	return func(e register.Entry, _ register.Line) string { return e.Get(field) }
}

// spelled is a code in the words of the row that the entry was imported from,
// if they have that code, else in the registers' usual ones.
func spelled[T interface {
	~string
	Spelling() string
}](e register.Entry, cell register.Cell, code T, parse func(string) (T, bool)) string {
	if words := e.Published()[cell]; words != "" {
		if said, ok := parse(words); ok && said == code {
			return words
		}
	}
	return code.Spelling()
}
