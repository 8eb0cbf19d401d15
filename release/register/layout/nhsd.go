package layout

import "data.release/registrar/release/register"

// NHSDigital2016 is the layout of 2016 and 2017, by HSCIC and then NHS Digital:
// mostly a line per file, without a month, a reason for opt-outs or a column of
// the common law. Known from the headers of the edition of September to
// November 2017, whose third is damaged at the source ("us"), whose amendments
// have no ids and give their reasons in a column without a header.
const NHSDigital2016 = "nhs-digital-2016"

// NHSDigital2018 is the layout in which NHS Digital published its data release
// register from 2018 to June 2021: a line per file, or per dataset accessed,
// with the purposes in a sheet beside. Known from the whole edition of
// February 2021, whose headers stand here first, as they were published.
const NHSDigital2018 = "nhs-digital-2018"

const typeHeader = "Data provided to customer:\nIdentifiable, Anonymised - ICO code compliant, Aggregated -anonymised "

// row2016 is a row without its id, which the amendments lack.
var row2016 = []column{
	need(register.CellOrganisation, "Organisation Name", "Organisation"),
	{cell: register.CellDataset, headers: []string{"Type of Data Provided", "Dataset"}, at: 3, damaged: []string{"us"}},
	need(register.CellType, typeHeader),
	need(register.CellSensitivity, "Sensitive or Non-Sensitive"),
	need(register.CellBasis, "Legal Basis for Provision of Data"),
	may(register.CellPurpose, "Purpose"),
	need(register.CellFrequency, "One off release or Ongoing releases"),
	need(register.CellReference, "NIC Number"),
	may(register.CellMR, "MR Number (where relevant)"),
	need(register.CellOptOut, "Patient Opt-Outs applied (Note: Anonymised - ICO code compliant data may show as 'Y' due to inclusion of 'Date of Death')",
		"Patient Opt-Outs applied…"),
}

var nhsDigital2016 = Layout{
	Name: NHSDigital2016, Title: "NHS Digital data release register, 2016 to 2017", Publisher: "NHS Digital",
	sheets: []sheet{
		{name: "README", role: words},
		{name: "Title sheet", role: words},
		{name: "DataReleases", role: releases, required: true, columns: append([]column{need(register.CellSourceID, "RowID")}, row2016...)},
		{name: "PurposeStatements", role: statements, required: true, columns: purposes2016},
		{name: "NBO", role: kept, columns: traces},
		{name: "AmendmentsToPreviousRegisters", role: amendments, columns: append([]column{may(register.CellSourceID, "RowID"), reason}, shifted(row2016)...)},
	},
}

// reason is why a row is in the sheet of amendments: the last column, without a
// header.
var reason = column{cell: register.CellReason, headers: []string{"Reason"}, optional: true, at: -1}

// shifted are the columns of a row without its id, one place to the left.
func shifted(columns []column) []column {
	out := make([]column, len(columns))
	for i, c := range columns {
		if c.at > 0 {
			c.at--
		}
		out[i] = c
	}
	return out
}

// traces are the columns of the National Back Office: how often it was asked to
// trace a person for the police and others. Counts alone, which are no entries.
var traces = []column{
	{cell: "outcome", headers: []string{"Outcome"}, optional: true, at: 1},
	need("police", "Police"), need("nca", "NCA"), need("home_office", "Home Office"), need("court_order", "Court Order"), need("ccrc", "CCRC"),
	need("nhs_protect", "NHS Protect"), need("coroner", "HM Coroner"), may("welsh_blood_service", "Welsh Blood Service"),
	may("skipton_fund", "Skipton Fund"), may("jersey_screening", "Jersey Cytology Screening"), need("total", "Total"),
}

var purposes2016 = []column{
	need(register.CellReference, "Reference Number"),
	need(register.CellOrganisation, "Organisation"),
	need(register.CellObjective, "Objective for Processing"),
	need(register.CellProcessing, "Processing Activities"),
	need(register.CellOutputs, "Expected Output", "Expected Outputs"),
	need(register.CellBenefits, "Expected Measurable Benefits"),
}

var row2018 = []column{
	need(register.CellSourceID, "RowID"),
	need(register.CellOrganisation, "Organisation Name", "Organisation"),
	need(register.CellDataset, "Type of Data Provided"),
	need(register.CellType, typeHeader),
	need(register.CellSensitivity, "Sensitive or Non-Sensitive"),
	need(register.CellBasis, "Legal Basis for Provision of Data (Dissemination)", "Legal Basis for Provision of Data"),
	may(register.CellPurpose, "Purpose"),
	need(register.CellFrequency, "Frequency"),
	need(register.CellReference, "NIC Number"),
	may(register.CellMR, "MR Number (where relevant)"),
	need(register.CellOptOut, "Patient Opt-Outs applied"),
	need(register.CellCommonLaw, "Common law duty of confidentiality"),
}

var nhsDigital2018 = Layout{
	Name: NHSDigital2018, Title: "NHS Digital data release register, 2018 to June 2021", Publisher: "NHS Digital",
	sheets: []sheet{
		{name: "README", role: words},
		{name: "Title sheet", role: words},
		{name: "DataReleases", role: releases, required: true, columns: row2018},
		{name: "PurposeStatements", role: statements, required: true, columns: append(purposes2016[:len(purposes2016):len(purposes2016)],
			may(register.CellYieldedBenefits, "Yielded Benefits"),
			may(register.CellOrganisationType, "Organisation Type"))},
		{name: "FurtherExplanationOfTerms", role: words},
		{name: "AmendmentsToPreviousRegisters", role: amendments, columns: append([]column{may(register.CellSourceID, "RowID"), reason}, row2018[1:]...)},
	},
}
