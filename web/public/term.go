package public

import (
	"strings"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Term is a coded value for readers: the words for it and, where they are not
// enough, what it means here. Href is set where the value has its own page.
type Term struct{ Label, Note, Href string }

// short gives a type of data in the words of a table's cell. What the registers
// call anonymised is pseudonymised, record-level data, and it says so wherever
// it stands (governance §1.16).
func short(t terms.TypeOfData) Term {
	switch t {
	case terms.Pseudonymised:
		return Term{Label: "Anonymised - ICO code compliant", Note: "pseudonymised, record level"}
	case terms.Identifiable:
		return Term{Label: "Identifiable", Note: "record level"}
	case terms.AggregateSuppressed:
		return Term{Label: "Aggregated", Note: "small numbers suppressed"}
	case terms.AggregateUnsuppressed:
		return Term{Label: "Aggregated", Note: "small numbers not suppressed"}
	}
	return Term{Label: t.Label()}
}

// long says what a type of data means.
func long(t terms.TypeOfData) Term {
	term := Term{Label: short(t).Label}
	switch t {
	case terms.Pseudonymised:
		term.Note = "Pseudonymised, record-level data: one row for each event or person, in which a code stands for who it is. Someone with other knowledge about a person may still recognise them, which is why it is given only under an agreement. It is not what most people understand by anonymous."
	case terms.Identifiable:
		term.Note = "Record-level data with something in each row that says who it is, such as an NHS number, or a date of birth with a postcode."
	case terms.AggregateSuppressed:
		term.Label = "Aggregated, small numbers suppressed"
		term.Note = "Tables of counts in which small numbers are hidden."
	case terms.AggregateUnsuppressed:
		term.Label = "Aggregated, small numbers not suppressed"
		term.Note = "Tables of counts in which small numbers are shown, so that a person may be recognised. Treated with the care of record-level data."
	case terms.TypeNotRecorded:
		term.Note = "The register does not say."
	}
	return term
}

// optOut is the answer, yes or no, with its reason.
func optOut(o terms.OptOut) Term {
	answer, reason, found := strings.Cut(o.Label(), ": ")
	if !found {
		return Term{Label: answer}
	}
	return Term{Label: answer, Note: reason}
}

var optOutNotes = map[terms.OptOut]string{
	terms.OptOutApplied:              "The records of people who had opted out were taken out first.",
	terms.OptOutNotIdentifiable:      "The rules do not ask for opt-outs where the data given out do not say who each row is about. People who have opted out are in such data.",
	terms.OptOutStatutory:            "A law allows or requires the flow without consent, for example a notice under the Control of Patient Information Regulations during the pandemic.",
	terms.OptOutDeathsLocalAuthority: "Deaths data for local authorities, for statistical public-health use.",
	terms.OptOutConsent:              "The people concerned agreed to take part in the study.",
	terms.OptOutPHEExemption:         "An exemption given by the Secretary of State.",
	terms.OptOutBirths:               "The source’s words: birth data is not considered as personal confidential information, though it is handled as identifiable.",
	terms.OptOutStaffList:            "The rows are about staff, not patients.",
	terms.OptOutPHEMemorandum:        "The source gives no more than that.",
	terms.OptOutCAGExemption:         "The approval itself, given on the advice of the Confidentiality Advisory Group, says that opt-outs need not be applied.",
	terms.OptOutNotApplicable:        "The source says that the question does not arise for this dataset.",
	terms.OptOutNoReason:             "The source says “no” and no more. Registers before 2018 and since July 2021 give no reasons.",
	terms.OptOutNotRecorded:          "The register does not say.",
}

// frequency is how often, with what a row then stands for.
func frequency(f terms.Frequency) Term {
	term := Term{Label: f.Label()}
	switch f {
	case terms.SystemAccess:
		term.Note = "one row for each dataset and agreement, not for each use"
	case terms.FrequentAdHoc:
		term.Note = "one row for each dataset and agreement, not for each file"
	case terms.OneOff, terms.Ongoing:
		term.Note = "one row for each file"
	}
	return term
}

var kinds = map[register.Kind]Term{
	register.Agreement:  {Label: "Agreement", Note: "The published purposes of one version of an agreement: what the data are for, what is done with them, and what is to come of it."},
	register.Release:    {Label: "Release", Note: "Data given to an organisation, or access to them."},
	register.Correction: {Label: "Correction", Note: "What an earlier entry should have said, and why."},
	register.Withdrawal: {Label: "Withdrawal", Note: "That an earlier entry no longer stands, and why."},
	register.Tombstone:  {Label: "Tombstone", Note: "That a text of an earlier entry had to be erased by law, and under which."},
}

// values lists a vocabulary in its own order.
func values[C ~string](vocabulary interface{ Values() []string }) []C {
	var list []C
	for _, value := range vocabulary.Values() {
		list = append(list, C(value))
	}
	return list
}
