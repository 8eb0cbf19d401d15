package gate

import "data.release/registrar/release/terms"

var (
	always = []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease, MomentDownload}
	onward = []Moment{MomentRequest, MomentStart, MomentRelease, MomentDownload}
	asking = []Moment{MomentRequest, MomentStart, MomentRelease}
)

// dawn is the first day of rules that have always held.
var dawn = terms.NewDate(2013, 4, 1)

// rules is the one table. Its order is that in which findings are shown.
var rules = []Rule{
	{ID: "in-force", Title: "The version is in force at this moment", Class: Law, From: dawn, Moments: onward,
		Authority: "HSCA 2012 s261; DARS standard 1", check: checkInForce},
	{ID: "signed", Title: "All signatories have signed the present terms", Class: Law, From: dawn, Moments: onward,
		Authority: "DARS standard 1 (v2.1): not effective until all named parties have signed", check: checkSigned},
	{ID: "line-granted", Title: "The dataset is a line of the version", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement", check: checkGranted},
	{ID: "fields", Title: "Every column asked for is granted by the line", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement; UK GDPR Article 5(1)(c), data minimisation", check: checkFields},
	{ID: "period", Title: "The data's period lies within the line's", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement; the data may be older than the agreement", check: checkPeriod},
	{ID: "population", Title: "The rows asked for are among the line's", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement", check: checkPopulation},
	{ID: "identifiers", Title: "Direct identifiers only on identifiable lines", Class: Law, From: dawn, Moments: []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease},
		Authority: "HSCA 2012 s261; ICO anonymisation code", check: checkIdentifiers},

	{ID: "M1", Title: "The power supports identifiable data", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261(1), (2)", check: checkM1},
	{ID: "M2", Title: "Identifiable data have a confidentiality route", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "common law duty of confidentiality; dated list of exceptions", check: checkM2},
	{ID: "M3", Title: "Power and route agree on section 251 support", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "NHS Act 2006 s251; HSCA 2012 s261(7)", check: checkM3},
	{ID: "M4", Title: "Opt-outs are applied under section 251 support", Class: Law, From: terms.NewDate(2016, 4, 29), Moments: always, History: true,
		Authority: "Type 2 directions 2016; National Data Opt-Out policy ch. 5", check: checkM4},
	{ID: "M5", Title: "Opt-outs only where the route asks for them", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", check: checkM5},
	{ID: "M6", Title: "Pseudonymised data need no opt-outs", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", check: checkM6},
	{ID: "M7", Title: "A stronger power carries pseudonymised data too", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261", check: checkM7},
	{ID: "M8", Title: "The reason for no opt-outs fits the type of data", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", check: checkM8},
	{ID: "M9", Title: "The power is recorded", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261", check: checkM9},
	{ID: "M10", Title: "The confidentiality route is recorded", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "common law duty of confidentiality", check: checkM10},

	{ID: "approval-scope", Title: "Section 251 support or a COPI notice covers the flow and is in date", Class: Law, From: dawn, Moments: always,
		Authority: "COPI Regulations 2002 reg 2, 3(4), 5; DARS standard on duty of confidentiality", check: checkApprovalScope},
	{ID: "opt-out-list", Title: "The opt-out list is fresh", Class: Law, From: dawn, Moments: []Moment{MomentStart, MomentRelease, MomentDownload},
		Authority: "National Data Opt-Out policy: the status must be refreshed, 21 days", check: checkOptOutList},
	{ID: "segregation", Title: "Lines that list the objectors together stay apart", Class: Policy, From: dawn, Moments: []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease},
		Authority: "agreements' own segregation condition (122 of 585 texts of February 2021)", check: checkSegregation},
	{ID: "framework-contract", Title: "Every controller has a framework contract", Class: Law, From: dawn, Moments: always,
		Authority: "DARS standard 1b: a contract for exactly the same entity", check: checkContract},
	{ID: "security-assurance", Title: "Controllers and processors have security assurance", Class: Policy, From: terms.NewDate(2018, 4, 1), Moments: always,
		Authority: "DARS standard 2a", check: checkAssurance},
	{ID: "parties-named", Title: "Every party is named", Class: Policy, From: dawn, Moments: always,
		Authority: "DARS standard 1b", check: checkPartiesNamed},
	{ID: "conditions", Title: "Precedent conditions are met", Class: Policy, From: dawn, Moments: onward,
		Authority: "DARS standard 6, special conditions", check: checkConditions},
	{ID: "hold", Title: "No hold stands", Class: Law, From: dawn, Moments: onward,
		Authority: "the discloser's incident procedure", check: checkHold},
	{ID: "recipient", Title: "The recipient is named in the version", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement", check: checkRecipient},
	{ID: "recipient-person", Title: "The person is a recipient now", Class: Law, From: dawn, Moments: []Moment{MomentDownload},
		Authority: "the agreement", check: checkPerson},
	{ID: "recipient-key", Title: "A public key of the recipient is on file", Class: Policy, From: dawn, Moments: []Moment{MomentStart, MomentRelease},
		Authority: "DARS standard 2a, transfer", check: checkKey},
	{ID: "file-available", Title: "The file has neither expired nor been withdrawn", Class: Law, From: dawn, Moments: []Moment{MomentDownload},
		Authority: "the agreement", check: checkFile},
	{ID: "purpose-acknowledged", Title: "The purpose has been acknowledged", Class: Policy, From: dawn, Moments: []Moment{MomentDownload},
		Authority: "DARS standard 5a", check: checkPurpose},
	{ID: "two-persons", Title: "Who asks and who approves are two persons", Class: Law, From: dawn, Moments: []Moment{MomentApproval, MomentStart, MomentRelease},
		Authority: "the discloser's scheme of delegation", check: checkTwoPersons},
}

var policyDigest = func() string {
	digest, err := terms.Digest(struct {
		Rules          []Rule      `json:"rules"`
		Unconfidential []exception `json:"unconfidential"`
		Exemptions     []exemption `json:"exemptions"`
	}{rules, unconfidential, optOutExemptions})
	if err != nil {
		panic(err)
	}
	return digest
}()
