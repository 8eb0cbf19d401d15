package completeness

// The DARS standards that ask for answers, with the versions that are known.
// Source: digital.nhs.uk, "Guidance to support your DARS application".
const (
	Term             = "DARS standard 1, Term of Data Sharing Agreement, v2.1"
	Controllers      = "DARS standard 1b, Controllers"
	Processors       = "DARS standard, Processors"
	Assurance        = "DARS standard 2a, Security Assurance, v2.0"
	Registration     = "DARS standard, Data Protection Act Registration"
	DataMinimisation = "DARS standard, Data Minimisation"
	Objections       = "DARS standard, Patient Objections"
	Objective        = "DARS standard 5a, Objective for Processing"
	Processing       = "DARS standard, Processing Activities"
	Outcomes         = "DARS standard, Expected Outcomes"
	Benefits         = "DARS standard 5d, Expected Measurable Benefits"
	Commercial       = "DARS standard 5e, Commercial Purpose, v3.0"
	Conditions       = "DARS standard 6, Special Conditions"
	Ethics           = "DARS standard, Ethical Approval"
	Confidentiality  = "DARS standard, Duty of Confidentiality"
	Consent          = "DARS standard, GDPR Consent"
	SubLicensing     = "DARS standard 10, Sub-Licencing and Onward Sharing of Data"
	Transparency     = "DARS standard, Transparency (Fair Processing)"
	Territory        = "DARS standard, Territory of Use"
	Honorary         = "DARS standard, Honorary Contract, v1.0"
)
