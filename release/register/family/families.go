package family

// hospital are the families of which a dataset of hospitals as a whole is, such
// as "SUS for Commissioners", and wholes how such a dataset is called.
var (
	hospital = []string{"hospital-stays", "hospital-appointments", "emergency"}
	wholes   = []string{"hes", "hospital episode statistics", "sus", "secondary uses service", "secondary care", "acute"}
)

var families = []Family{
	{
		ID: "hospital-stays", Name: "Stays in hospital", When: "You were admitted to an NHS hospital in England, for a day or longer, or NHS money paid for your stay elsewhere.",
		Examples: []string{"Hospital Episode Statistics Admitted Patient Care", "Hospital Episode Statistics Critical Care", "SUS for Commissioners"},
		phrases:  []string{"admitted patient care", "apc", "critical care", "inpatient", "inpatients", "in patient", "episodes", "spells", "episode and spell level", "readmissions", "hospital level mortality indicator", "shmi", "hospitalization", "hospitalisation", "theatre", "delayed transfers of care"},
	},
	{
		ID: "hospital-appointments", Name: "Hospital appointments", When: "You had, or missed, an outpatient appointment at a hospital.",
		Examples: []string{"Hospital Episode Statistics Outpatients", "SUS for Commissioners"},
		phrases:  []string{"outpatient", "outpatients", "op"},
	},
	{
		ID: "emergency", Name: "Emergency care, ambulances and NHS 111", When: "You went to an accident and emergency department or an urgent care centre, an ambulance came to you, or you used NHS 111.",
		Examples: []string{"Emergency Care Data Set (ECDS)", "Hospital Episode Statistics Accident and Emergency", "Ambulance-Local Provider Flows"},
		phrases:  []string{"accident and emergency", "a and e", "ae", "emergency care", "ecds", "ambulance", "111", "urgent care"},
	},
	{
		ID: "mental-health", Name: "Mental health and learning disability", When: "You were in touch with a specialist service for mental health, learning disability or autism, or had talking therapy.",
		Examples: []string{"Mental Health Services Data Set", "Improving Access to Psychological Therapies Data Set", "Mental Health Minimum Data Set"},
		phrases:  []string{"mental health", "psychological therapies", "talking therapies", "iapt", "psychiatric", "mhmds", "mhldds", "mhsds", "learning disability", "learning disabilities", "assuring transformation", "camhs"},
	},
	{
		ID: "community", Name: "Community and children’s health services", When: "A community nurse, health visitor, school nurse, therapist or community clinic saw you or your child.",
		Examples: []string{"Community Services Data Set", "Children and Young People Health", "Community-Local Provider Flows"},
		phrases:  []string{"community services", "community", "children and young people", "cyphs", "csds", "child health", "health visiting"},
	},
	{
		ID: "maternity", Name: "Pregnancy and birth", When: "You were pregnant, gave birth, or were born.",
		Examples: []string{"Maternity Services Data Set", "Civil Registration - Births", "Birth Notification Data"},
		phrases:  []string{"maternity", "births", "birth", "msds", "neonatal", "newborn"},
	},
	{
		ID: "deaths", Name: "Deaths", When: "Someone died: what is registered of a death, also beside records of earlier care.",
		Examples: []string{"Civil Registration - Deaths", "Primary Care Mortality Data", "HES:Civil Registration (Deaths) bridge"},
		phrases:  []string{"deaths", "death", "mortality", "pcmd", "mris"},
	},
	{
		ID: "cancer", Name: "Cancer", When: "You had cancer, or were referred because you might have it.",
		Examples: []string{"Cancer Registration Data", "National Cancer Waiting Times Monitoring DataSet (CWT)"},
		phrases:  []string{"cancer", "cwt", "tumour", "oncology", "radiotherapy", "rtds", "sact", "chemotherapy", "mris"},
	},
	{
		ID: "gp", Name: "GP and other primary care", When: "You are, or were, registered with a GP practice, or used another service of primary care.",
		Examples: []string{"GPES Data for Pandemic Planning and Research (COVID-19)", "Primary Care Services-Local Provider Flows", "COVID-19 Access to Summary Care Records"},
		phrases:  []string{"gpes", "gdppr", "primary care services", "general practice", "summary care records", "summary care record", "cvd prevent audit", "gp data", "gp extraction", "dental", "ophthalmic"},
	},
	{
		ID: "medicines", Name: "Prescriptions and medicines", When: "A pharmacy gave you a prescribed medicine, or you had a medicine that a hospital was paid for by itself.",
		Examples: []string{"Medicines dispensed in Primary Care (NHSBSA data)"},
		phrases:  []string{"medicines", "medicine", "prescribing", "prescription", "prescriptions", "drugs", "dispensed", "dispensing", "nhsbsa", "epact"},
	},
	{
		ID: "tests", Name: "Scans and tests", When: "You had a scan, an X-ray or a laboratory test.",
		Examples: []string{"Diagnostic Imaging Dataset", "Diagnostic Services-Local Provider Flows"},
		phrases:  []string{"diagnostic imaging", "dids", "imaging", "diagnostic services", "pathology", "testing", "testing results", "laboratory", "second generation surveillance system", "sgss", "antigen"},
	},
	{
		ID: "screening", Name: "Screening and vaccination", When: "You were invited to screening or had a vaccination.",
		Examples: []string{"Public Health and Screening Services-Local Provider Flows"},
		phrases:  []string{"screening", "vaccination", "vaccinations", "immunisation", "immunisations"},
	},
	{
		ID: "covid", Name: "COVID-19", When: "You were tested, treated or asked to shield because of COVID-19, or your GP record was used for planning and research on it.",
		Examples: []string{"Covid-19 UK Non-hospital Antigen Testing Results (pillar 2)", "Shielded Patient List"},
		phrases:  []string{"covid", "covid 19", "coronavirus", "shielded", "sars cov 2", "gdppr", "pandemic"},
	},
	{
		ID: "audits", Name: "National audits, registries and questionnaires", When: "You have a condition, such as diabetes, or had an operation on which hospitals or GP practices report to a national audit or registry, or you filled in a questionnaire about it.",
		Examples: []string{"National Diabetes Audit", "Patient Reported Outcome Measures", "Clinical Registries for Commissioning"},
		phrases:  []string{"audit", "registries", "registry", "patient reported outcome measures", "proms", "outcomes", "diabetes", "ncip"},
	},
	{
		ID: "social-care", Name: "Social care", When: "Your council arranged or paid for care for you.",
		Examples: []string{"Adult Social Care"},
		phrases:  []string{"social care", "adult social care", "asc"},
	},
	{
		ID: "contact", Name: "Names, addresses and NHS registration", When: "You have an NHS number.",
		Examples: []string{"Personal Demographic Service", "Demographics", "Population Data-Local Provider Flows"},
		phrases:  []string{"demographic service", "demographics", "demographic", "pds", "population data", "permission to contact", "list cleaning", "mris", "nhs number", "cohort management", "shielded"},
	},
	{
		ID: "referrals", Name: "Referrals and waiting", When: "A GP or another professional referred you.",
		Examples: []string{"e-Referral Service for Commissioning", "Demand for Service-Local Provider Flows"},
		phrases:  []string{"referral", "referrals", "demand for service", "waiting list", "waiting times"},
	},
	{
		ID: "surveys", Name: "Surveys", When: "You took part in a survey on health.",
		Examples: []string{"Adult Psychiatric Morbidity Survey"},
		phrases:  []string{"survey", "surveys"},
	},
	{
		ID: Staff, Name: "Lists of staff", When: "You work, or worked, as a doctor or in another profession of health. Such lists are not about patients.",
		Examples: []string{"GP Census data at individual level for all 4 Countries (England, Wales, Scotland and NI)"},
		phrases:  []string{"gp census", "workforce", "staff"},
	},
	{
		ID: Other, Name: "Other datasets", When: "Datasets whose names fit none of the above.",
		Examples: []string{"Other Not Elsewhere Classified (NEC)-Local Provider Flows"},
	},
}
