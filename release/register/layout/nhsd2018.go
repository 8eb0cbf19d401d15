package layout

import "data.release/registrar/release/register"

// NHSDigital2018 is the layout in which NHS Digital published its data release
// register from 2018 to June 2021: a line per file, or per dataset accessed,
// with the purposes in a sheet beside. Known from the whole edition of
// February 2021, whose headers stand here first, as they were published.
const NHSDigital2018 = "nhs-digital-2018"

var releaseColumns2018 = []column{
	{register.CellSourceID, []string{"RowID", "Row ID"}},
	{register.CellOrganisation, []string{"Organisation Name", "Organisation"}},
	{register.CellDataset, []string{"Type of Data Provided"}},
	{register.CellType, []string{"Data provided to customer:\nIdentifiable, Anonymised - ICO code compliant, Aggregated -anonymised "}},
	{register.CellSensitivity, []string{"Sensitive or Non-Sensitive"}},
	{register.CellBasis, []string{"Legal Basis for Provision of Data (Dissemination)", "Legal Basis for Provision of Data"}},
	{register.CellPurpose, []string{"Purpose"}},
	{register.CellFrequency, []string{"Frequency"}},
	{register.CellReference, []string{"NIC Number"}},
	{register.CellMR, []string{"MR Number (where relevant)"}},
	{register.CellOptOut, []string{"Patient Opt-Outs applied"}},
	{register.CellCommonLaw, []string{"Common law duty of confidentiality"}},
}

var all = []Layout{{
	Name: NHSDigital2018, Title: "NHS Digital data release register, 2018 to June 2021", Publisher: "NHS Digital",
	sheets: []sheet{
		{name: "README", role: words},
		{name: "Title sheet", role: words},
		{name: "DataReleases", role: releases, required: true, columns: releaseColumns2018},
		{name: "PurposeStatements", role: statements, required: true, columns: []column{
			{register.CellReference, []string{"Reference Number"}},
			{register.CellOrganisation, []string{"Organisation"}},
			{register.CellObjective, []string{"Objective for Processing"}},
			{register.CellProcessing, []string{"Processing Activities"}},
			{register.CellOutputs, []string{"Expected Output", "Expected Outputs"}},
			{register.CellBenefits, []string{"Expected Measurable Benefits"}},
			{register.CellYieldedBenefits, []string{"Yielded Benefits"}},
			{register.CellOrganisationType, []string{"Organisation Type"}},
		}},
		{name: "FurtherExplanationOfTerms", role: words},
		{name: "AmendmentsToPreviousRegisters", role: kept, columns: releaseColumns2018},
	},
}}
