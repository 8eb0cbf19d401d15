// Package flag says openly what stands out in the register: each flag has its
// rule, the authority of the rule, its reasons and the entries that it
// concerns, and an explanation where one is known. A flag says that cells
// contradict each other or that something is not recorded. It is no verdict:
// what was lawful does not follow from the cells of a register. Pure.
package flag

import (
	"slices"

	"data.release/registrar/release/gate"
)

// RuleID names a rule, also in addresses.
type RuleID string

// The rules. Those of the gate have the gate's names.
const (
	MixedOptOuts       RuleID = "mixed-opt-outs"
	M1                 RuleID = "M1"
	M2                 RuleID = "M2"
	M3                 RuleID = "M3"
	M4                 RuleID = "M4"
	NoFlowUpheld       RuleID = "no-flow-upheld"
	ConsentNoFlow      RuleID = "consent-no-flow"
	M5                 RuleID = "M5"
	M6                 RuleID = "M6"
	M8                 RuleID = "M8"
	OutsideDates       RuleID = "outside-dates"
	LapsedApproval     RuleID = "lapsed-approval"
	LineDiffers        RuleID = "line-differs"
	OverdueDestruction RuleID = "overdue-destruction"
	NoReason           RuleID = "no-reason"
	M9                 RuleID = "M9"
	BlankCell          RuleID = "blank-cell"
	UnlistedWords      RuleID = "unlisted-words"
)

// Sort puts rules of one kind together.
type Sort string

// The sorts, in the order in which readers see them.
const (
	OptOuts     Sort = "Opt-outs"
	Contradicts Sort = "Cells that contradict each other"
	Dates       Sort = "Dates and agreements"
	Gaps        Sort = "What is not recorded"
)

// Sorts lists them.
func Sorts() []Sort { return []Sort{OptOuts, Contradicts, Dates, Gaps} }

// Rule is one rule in words.
type Rule struct {
	ID    RuleID
	Sort  Sort
	Title string
	// Words say what is flagged, so that anybody can do the same by hand.
	Words     string
	Authority string // the law, policy or source that the rule rests on
	// Counts is what one flag is: "release", "organisation and dataset in one
	// month", "agreement".
	Counts, CountsMany string
	// Known is what is known that may explain such a flag; whether it explains
	// one flag, that flag says.
	Known string
	// CannotTell says of which entries the rule cannot be told; NoColumn which
	// have no column for it at all.
	CannotTell, NoColumn string
	// Grouped flags concern several entries together.
	Grouped bool
}

// Rules is the table, in order.
func Rules() []Rule { return slices.Clone(rules) }

// Of is a rule by its name; ok is false if it is none.
func Of(id RuleID) (rule Rule, ok bool) {
	at := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if at < 0 {
		return Rule{}, false
	}
	return rules[at], true
}

// authority is that of the gate's rule: the flag is the same rule, asked of a
// published row.
func authority(id string) string {
	for _, r := range gate.Rules() {
		if r.ID == id {
			return r.Authority
		}
	}
	panic("flag: the gate has no rule " + id) // a mistake in the table below
}

const aRelease, releases = "release", "releases"

var rules = []Rule{
	{ID: MixedOptOuts, Sort: OptOuts, Title: "The same data with and without opt-outs",
		Words:     "In one month, or one edition where that is all that is recorded, one organisation has releases of one dataset with patient opt-outs applied and others without.",
		Authority: "National Data Opt-Out policy, chapters 5 and 6; asked of the register by medConfidential since 2014",
		Counts:    "organisation and dataset in one month or edition", CountsMany: "organisations and datasets, each in one month or edition", Grouped: true,
		Known: "Opt-outs apply to confidential data under section 251 support and not to data that are not identifiable. Explained is therefore where all releases with opt-outs are identifiable and rest on section 251 support (such as risk stratification), and all releases without are pseudonymised or aggregated (such as commissioning). Not explained is the same type of data on both sides, or anything else."},
	{ID: M1, Sort: Contradicts, Title: "Identifiable data under a power for other data", Authority: authority("M1"), Counts: aRelease, CountsMany: releases,
		Words: "The type of data is identifiable, and the legal basis names only s261(1) with s261(2)(a) or (2)(b)(ii), or other dissemination under s261. Those carry data that are not identifiable. These cells contradict each other."},
	{ID: M2, Sort: Contradicts, Title: "Identifiable data, and no confidential flow", Authority: authority("M2"), Counts: aRelease, CountsMany: releases,
		Words:      "The type of data is identifiable, and the common-law column says that the agreement does not include the flow of confidential data. Left out are datasets on a dated list: births, lists of staff, and primary care mortality data to local authorities and NHS bodies. These cells contradict each other.",
		CannotTell: "the column of the common-law duty is blank, or the layout has none"},
	{ID: M3, Sort: Contradicts, Title: "Section 251 support in one cell and not in the other", Authority: authority("M3"), Counts: aRelease, CountsMany: releases,
		Words: "The type of data is identifiable and the legal basis is section 251 support or s261(7), and the common-law column does not name section 251 support. These cells contradict each other."},
	{ID: M4, Sort: Contradicts, Title: "Section 251 support without opt-outs", Authority: authority("M4"), Counts: aRelease, CountsMany: releases,
		Words:      "The type of data is identifiable, the release rests on section 251 support, opt-outs were not applied, and the reason given is no exemption on the dated list. Asked of releases since 29 April 2016.",
		CannotTell: "the answer is No without a reason, so that an exemption may or may not have held"},
	{ID: NoFlowUpheld, Sort: Contradicts, Title: "No confidential flow, and opt-outs upheld", Authority: "domain of the register: opt-outs apply to confidential patient information only (National Data Opt-Out policy, chapter 5)", Counts: aRelease, CountsMany: releases,
		Words: "The type of data is identifiable, the common-law column says that the agreement does not include the flow of confidential data, and patient objections were upheld. These cells contradict each other."},
	{ID: ConsentNoFlow, Sort: Contradicts, Title: "Consent in one cell, no confidential flow in the other", Authority: authority("M2"), Counts: aRelease, CountsMany: releases,
		Words: "The type of data is identifiable, the legal basis is consent, and the common-law column says that the agreement does not include the flow of confidential data."},
	{ID: M5, Sort: OptOuts, Title: "Opt-outs applied where the route does not ask for it", Authority: authority("M5"), Counts: aRelease, CountsMany: releases,
		Words: "The type of data is identifiable, patient objections were upheld, and the release rests, by its legal basis or else by the common-law column, on consent, a statutory exemption, COPI regulation 3, a court order or the public interest, to which opt-outs do not apply. Where the legal basis names one and the common-law column another, the legal basis is taken."},
	{ID: M6, Sort: OptOuts, Title: "Opt-outs applied to pseudonymised data", Authority: authority("M6"), Counts: aRelease, CountsMany: releases,
		Words: "The data are pseudonymised (“Anonymised - ICO code compliant”), and patient objections were upheld.",
		Known: "The heading of the register of 2016-17 says: such data may show as Yes because the date of death is among them. Whether that is so for a release is not recorded."},
	{ID: M8, Sort: OptOuts, Title: "A reason that is for identifiable data", Authority: authority("M8"), Counts: aRelease, CountsMany: releases,
		Words:      "The data are pseudonymised, and the reason why opt-outs were not applied is another than that the data flow is not identifiable.",
		CannotTell: "no reason is recorded"},
	{ID: OutsideDates, Sort: Dates, Title: "Released outside the agreement's dates", Authority: "DARS standard 1: data are released while the version is in force", Counts: aRelease, CountsMany: releases,
		Words:      "All days of the release, or of its month, lie before the agreement's start date or after its end date, or after the day on which the version was terminated.",
		Known:      "Where another version of the same agreement has the month in its dates, that may be the version under which it was released.",
		CannotTell: "the dates of that version of the agreement are not recorded, or the release names no version"},
	{ID: LapsedApproval, Sort: Dates, Title: "An approval that had ended", Authority: "NHS Act 2006 s251; COPI Regulations 2002 regulations 2, 3 and 5", Counts: aRelease, CountsMany: releases,
		Words:      "The release rests on a confidentiality route, the agreement names the approvals behind that route, and each of them ended before the release.",
		Known:      "Data that are not identifiable may still be given out once support for the flow inwards has ended, if they were linked before.",
		CannotTell: "the agreement's approvals for that route, or their ends, are not recorded"},
	{ID: LineDiffers, Sort: Dates, Title: "A release that differs from its agreement's line", Authority: "the agreement, whose dataset lines the same edition publishes", Counts: aRelease, CountsMany: releases,
		Words:      "The agreement has dataset lines, and none for the dataset of the release has the same type of data, sensitivity, legal basis, duty of confidence and frequency. What either does not record is not compared.",
		CannotTell: "the lines of that version of the agreement are not recorded, or the release names no version"},
	{ID: OverdueDestruction, Sort: Dates, Title: "Ended, and no destruction recorded", Authority: "the agreement and framework contract: data are destroyed when an agreement ends, and the destruction certified (DARS process)", Counts: "agreement", CountsMany: "agreements", Grouped: true,
		Words:      "Data were released under the agreement, its last version has ended, no version is in force, and the register has no certified destruction since the last release.",
		CannotTell: "a version's dates are not recorded",
		NoColumn:   "the source that the agreement was imported from has no column for destruction"},
	{ID: NoReason, Sort: Gaps, Title: "No reason why opt-outs were not applied", Authority: "National Data Opt-Out policy, chapter 6: opt-outs apply unless a stated exception does", Counts: aRelease, CountsMany: releases,
		Words: "The answer to whether patient opt-outs were applied is No, without a reason.",
		Known: "Explained is where no release of that edition gives a reason: its column takes Yes and No only."},
	{ID: M9, Sort: Gaps, Title: "No power named", Authority: authority("M9"), Counts: aRelease, CountsMany: releases,
		Words: "The legal basis names the Act without its section, or only how the duty of confidence is met, such as consent, section 251 support or a regulation on the control of patient information with its number. The power to give the data out is then not recorded."},
	{ID: BlankCell, Sort: Gaps, Title: "A blank cell", Authority: "the edition's own columns", Counts: aRelease, CountsMany: releases,
		Words: "A coded column (type of data, sensitivity, legal basis, common-law duty, opt-outs, frequency) is blank in this row and filled in others of the same edition."},
	{ID: UnlistedWords, Sort: Gaps, Title: "Words that no code list has", Authority: "the vocabularies of the published registers", Counts: aRelease, CountsMany: releases,
		Words: "A coded column holds words that are in no vocabulary known here. They stay as published, and the code says that it is not recorded."},
}

// Mask is a set of rules.
type Mask uint32

func bit(id RuleID) Mask {
	for i, r := range rules {
		if r.ID == id {
			return 1 << i
		}
	}
	return 0
}

// Has says whether the rule is in the set.
func (m Mask) Has(id RuleID) bool { return m&bit(id) != 0 }

// Rules lists the set in the order of the table.
func (m Mask) Rules() []RuleID {
	var out []RuleID
	for i, r := range rules {
		if m&(1<<i) != 0 {
			out = append(out, r.ID)
		}
	}
	return out
}
