package layout

import "data.release/registrar/release/register"

// HDRUK2 is HDR UK's data use register standard, version 2 of 19 January 2022:
// a row for each project with all its datasets. Headers are those of the
// specification, then the Gateway's member names, then those of older
// templates. Only the organisation, the title and the datasets are needed: the
// standard recommends more and requires nothing.
const HDRUK2 = "hdruk-2"

// perPublisher marks a register of which many publish their own.
const perPublisher = "per publisher"

var hdruk2 = Layout{
	Name: HDRUK2, Title: "HDR UK data use register standard, version 2",
	identity: register.Identity{Register: perPublisher, Numbered: true, Own: true},
	sheets: []sheet{{name: "Data uses", role: projects, required: true, columns: []column{
		need(register.CellOrganisation, "Lead applicant organisation name", "organisation_name", "Organisation Name"),
		may(register.CellOrganisationCode, "Organisation ID", "organisation_id"),
		may(register.CellOrganisationType, "Organisation sector", "organisation_sector"),
		may(register.CellApplicants, "Applicant names", "non_gateway_applicants", "Applicant name(s)", "gateway_applicants"),
		may(register.CellApplicantID, "Applicant ID", "applicant_id"),
		may(register.CellFunders, "Funders/Sponsors", "funders_and_sponsors"),
		may(register.CellAccredited, "DEA accredited researcher?", "accredited_researcher_status", "Accredited Researcher Status"),
		may(register.CellSubLicensing, "Sub-licence arrangements (if any)?", "sublicence_arrangements", "Sub-licence arrangements"),
		may(register.CellReference, "Project ID", "project_id_text"),
		need(register.CellTitle, "Project title", "project_title"),
		may(register.CellLaySummary, "Lay summary", "lay_summary"),
		may(register.CellBenefits, "Public benefit statement", "public_benefit_statement"),
		may(register.CellCategory, "Request category type", "request_category_type"),
		may(register.CellTechnicalSummary, "Technical summary", "technical_summary"),
		may(register.CellCommittees, "Other approval committees", "other_approval_committees"),
		may(register.CellStarts, "Project start date", "project_start_date"),
		may(register.CellEnds, "Project end date", "project_end_date"),
		may(register.CellApproved, "Latest approval date", "latest_approval_date"),
		need(register.CellDataset, "Dataset(s) name", "non_gateway_datasets", "gateway_datasets"),
		may(register.CellType, "Data sensitivity level", "data_sensitivity_level"),
		may(register.CellArticle6, "Legal basis for provision of data under Article 6", "legal_basis_for_data_article6"),
		may(register.CellArticle9, "Lawful conditions for provision of data under Article 9", "legal_basis_for_data_article9"),
		may(register.CellCommonLaw, "Common Law Duty of Confidentiality", "duty_of_confidentiality"),
		may(register.CellOptOut, "National data opt-out applied?", "national_data_optout"),
		may(register.CellFrequency, "Request frequency", "request_frequency"),
		may(register.CellLinkage, "For linked datasets, specify how the linkage will take place", "dataset_linkage_description"),
		may(register.CellLinkedAssets, "For linked datasets, specify how any new assets created will be managed and archived"),
		may(register.CellConfidentialFields, "Description of the confidential data being used", "confidential_data_description"),
		may(register.CellReleased, "Release/Access date", "access_date"),
		may(register.CellAccessType, "Access type", "access_type", "TRE or any other specified location"),
		may(register.CellEnhancements, "How has data been processed to enhance privacy?", "privacy_enhancements"),
		may(register.CellResearchOutputs, "Link to research outputs", "non_gateway_outputs", "gateway_outputs"),
	}}},
}
