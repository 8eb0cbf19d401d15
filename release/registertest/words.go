package registertest

import (
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// What the invented register is made of.

var organisationKinds = []struct{ pattern, kind string }{
	{"NHS * CCG", "CCG"}, {"* City Council", "Local Authority"}, {"University of *", "Academic"}, {"* NHS Foundation Trust", "NHS Trust"},
	{"NHS * Integrated Care Board", "ICB - Integrated Care Board"}, {"* County Council", "Local Authority"}, {"* Hospitals NHS Trust", "NHS Trust"},
	{"* Medical School", "Academic"}, {"* Commissioning Support Unit", "Commissioning Support Unit (CSU)"}, {"* Health Analytics Ltd", "Commercial"},
	{"* Cancer Charity", "Charity"}, {"* Research Network", "Network"}, {"* Private Hospital", "Private Healthcare"},
}

var places = []string{
	"Northwick", "Eastmere", "Westbourne", "Southgate", "Ashford Vale", "Birchwood", "Calderdale North", "Derwent", "Elmbridge", "Fenland", "Greenhithe",
	"Holme", "Ivelchester", "Jarrow Bank", "Kingsmere", "Larkhill", "Marshfield", "Nettleham", "Oakworth", "Penwith", "Quarndon", "Ravensden", "Stourbank",
	"Thornley", "Ulverdale", "Vale of Corve", "Wharfeside", "Yarrow", "Zeal Monachorum", "Abbotsmead", "Brackenhurst", "Clunbury", "Dunmore", "Easterly",
	"Farndale", "Garsdale", "Highmoor", "Inglewood", "Kelham", "Longmead", "Mossbank", "Newbold", "Oxcombe", "Priorslee", "Redmire", "Silverdale", "Tidebrook",
	"Upwell", "Westerdale",
}

var families = []string{
	"Hospital Episode Statistics", "Emergency Care Data Set", "Mental Health Services Data Set", "Community Services Data Set", "Maternity Services Data Set",
	"Civil Registration", "National Diabetes Audit", "Improving Access to Psychological Therapies", "Diagnostic Imaging Data Set", "Bridge File",
	"Local Provider Data", "Patient Reported Outcome Measures", "GPES Data for Pandemic Planning and Research", "Demographics", "Cancer Registration",
	"Summary Hospital-level Mortality Indicator", "Secondary Uses Service", "Medicines Dispensed in Primary Care", "Adult Social Care", "National Child Measurement Programme", "Personal Demographics Service",
}

var parts = []string{"", "Admitted Patient Care", "Outpatients", "Critical Care", "Accident and Emergency", "Births", "Deaths", "Linked", "Sensitive", "Annual Extract"}

// lineKinds are combinations of terms as real registers have them, the commonest
// first.
var lineKinds = []register.Line{
	{TypeOfData: terms.Pseudonymised, Sensitivity: terms.Sensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteNone}, OptOut: terms.OptOutNotIdentifiable, Frequency: terms.OneOff, Channel: terms.ChannelFile},
	{TypeOfData: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261Other, Routes: []terms.Route{terms.RouteNone}, OptOut: terms.OptOutNotIdentifiable, Frequency: terms.Ongoing, Channel: terms.ChannelFile},
	{TypeOfData: terms.Pseudonymised, Sensitivity: terms.Sensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteNone, terms.RouteSection251}, OptOut: terms.OptOutNotIdentifiable, Frequency: terms.SystemAccess, Channel: terms.ChannelSystemAccess},
	{TypeOfData: terms.Identifiable, Sensitivity: terms.Sensitive, Power: terms.S261_7, Routes: []terms.Route{terms.RouteSection251}, OptOut: terms.OptOutApplied, Frequency: terms.OneOff, Channel: terms.ChannelFile},
	{TypeOfData: terms.Identifiable, Sensitivity: terms.NonSensitive, Power: terms.S261_2c, Routes: []terms.Route{terms.RouteConsent}, OptOut: terms.OptOutConsent, Frequency: terms.Ongoing, Channel: terms.ChannelFile},
	{TypeOfData: terms.AggregateSuppressed, Sensitivity: terms.NonSensitive, Power: terms.PowerNotRecorded, Routes: []terms.Route{terms.RouteNotRecorded}, OptOut: terms.OptOutNoReason, Frequency: terms.OneOff, Channel: terms.ChannelFile},
}

// common are the words that real purposes are full of.
var common = []string{
	"the", "of", "and", "to", "data", "patients", "health", "NHS", "care", "for", "analysis", "will", "be", "commissioning", "services", "research",
	"outcomes", "hospital", "linked", "study", "risk", "stratification", "diabetes", "cancer", "heart", "failure", "mortality", "population", "evidence",
	"improve", "treatment", "quality", "records", "processing", "publication", "benefits", "researchers", "pseudonymised", "cohort", "studies", "trial",
}

var (
	syllables = []string{"car", "den", "mor", "tal", "vin", "pel", "sor", "bra", "lin", "gos", "hem", "nor", "fal", "quin", "rud", "tam"}
	endings   = []string{"ation", "ing", "ed", "al", "ity", "ment", "ology", "ive"}
)
