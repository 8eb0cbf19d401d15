package gate

import (
	"slices"

	"data.release/registrar/release/terms"
)

var (
	always   = []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease, MomentDownload}
	onward   = []Moment{MomentRequest, MomentStart, MomentRelease, MomentDownload}
	asking   = []Moment{MomentRequest, MomentStart, MomentRelease}
	granting = []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease} // all but a download, which is no new use
	atOnce   = []Moment{MomentDownload}
	approved = []Moment{MomentApproval}
)

// dawn is the first day of rules that have always held; ukGDPR that on which
// the UK GDPR (then the GDPR) and the Data Protection Act 2018 applied.
var (
	dawn   = terms.NewDate(2013, 4, 1)
	ukGDPR = terms.NewDate(2018, 5, 25)
)

// rules is the one table, subject by subject; each subject's rules stand in
// its file. Its order is that in which findings are shown; the rule about
// warnings is asked last.
var rules = slices.Concat(versionRules, reviewRules, requestRules, matrixRules, supportRules, consentRules, lawRules, purposeRules,
	partyRules, placeRules, cohabitRules, recordRules, peopleRules, warningRules)
