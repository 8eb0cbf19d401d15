package layout

import "data.release/registrar/release/register"

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
