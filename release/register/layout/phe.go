package layout

import "data.release/registrar/release/register"

// PHE2014 and PHE2017 are the layouts of Public Health England's data release
// registers, of 2014 to 2018 and of April 2017 to September 2020. Each row is a
// release with its own day. Their legal basis says how confidence was met with
// identifiable data, not by which power they were released, so it is read as
// the column of the common law. Known by their columns alone: no edition is at
// hand, and of the longest header only the beginning.
const (
	PHE2014 = "phe-2014"
	PHE2017 = "phe-2017"
)

var phe2014 = Layout{
	Name: PHE2014, Title: "Public Health England data release register, 2014 to 2018", Publisher: "Public Health England",
	identity: register.Identity{Repeats: true, Own: true}, dated: true,
	sheets: []sheet{{name: "Register", role: releases, required: true, columns: []column{
		need(register.CellSourceID, "Row ID"),
		need(register.CellReference, "ODR reference"),
		need(register.CellOrganisation, "Data recipient"),
		may(register.CellOrganisationType, "Organisation type"),
		may(register.CellObjective, "Purpose"),
		need(register.CellDataset, "Data source"),
		need(register.CellType, "Data type"),
		need(register.CellCommonLaw, "Legal basis"),
		need(register.CellReleased, "Date"),
	}}},
}

var phe2017 = Layout{
	Name: PHE2017, Title: "Public Health England data release register, April 2017 to September 2020", Publisher: "Public Health England",
	identity: register.Identity{Numbered: true, Own: true}, dated: true,
	sheets: []sheet{{name: "Register", role: releases, required: true, columns: []column{
		need(register.CellReference, "ODR reference"),
		need(register.CellOrganisation, "Applicant's organisation"),
		may(register.CellOrganisationType, "Applicant's organisation type"),
		may(register.CellTechnicalSummary, "Technical summary"),
		may(register.CellLaySummary, "Lay summary overview:", "Lay summary…"),
		may(register.CellObjective, "Why is this project being conducted?"),
		may(register.CellProcessing, "How will the data be used?"),
		may(register.CellBenefits, "Anticipated public health benefit…"),
		may(register.CellFunders, "Funders and collaborators"),
		need(register.CellDataset, "Data source"),
		need(register.CellType, "Type of data"),
		need(register.CellCommonLaw, "Legal basis for the release of personally identifiable data"),
		need(register.CellOptOut, "National data opt-out programme applied"),
		need(register.CellReleased, "Date of release"),
	}}},
}
