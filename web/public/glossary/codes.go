package glossary

import (
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

var kinds = coded(Kinds, "Kinds of entry", "What an entry of the register records.", map[register.Kind]string{
	register.Agreement:   "The published terms and purposes of one version of an agreement: who may use which data, what for, what is done with them, and what is to come of it.",
	register.Release:     "Data given to an organisation, or access to them.",
	register.Correction:  "What an earlier entry should have said, and why. The earlier entry stays as it was; the correction stands in its place.",
	register.Withdrawal:  "That an earlier entry no longer stands, and why. The earlier entry stays readable.",
	register.Tombstone:   "That a text of an earlier entry had to be erased by law, and under which.",
	register.Termination: "That a version of an agreement ended before its term, by whom, and why.",
	register.Destruction: "That the data held under an agreement are certified to be destroyed, as far as the certificate says.",
	register.Succession:  "That one organisation or dataset follows another, or that two names mean the same one.",
})

var types = coded(Types, "Type of data", "How much the data say about who each row is about.", map[terms.TypeOfData]string{
	terms.Identifiable:          "Record-level data with something in each row that says who it is about, such as an NHS number, or a date of birth with a postcode.",
	terms.Pseudonymised:         "Pseudonymised, record-level data: one row for each event or person, in which a code stands for who it is. Someone with other knowledge about a person may still recognise them, which is why it is given only under an agreement. The registers call it “Anonymised - ICO code compliant”; it is not what most people understand by anonymous.",
	terms.AggregateSuppressed:   "Tables of counts in which small numbers are hidden.",
	terms.AggregateUnsuppressed: "Tables of counts in which small numbers are shown, so that a person may be recognised. They are treated with the care of record-level data.",
	terms.Anonymised:            "The publisher says that the data do not tell who anybody is. It is the word of Public Health England’s registers and of HDR UK’s standard, and not the “Anonymised - ICO code compliant” of NHS Digital, which is pseudonymised.",
	terms.AnonymisedK3:          "Public Health England’s words, which its register does not explain. Elsewhere “k3” means that at least three people share each combination of values.",
	terms.TypeNotRecorded:       "The register does not say.",
})

var optOuts = coded(OptOuts, "Opt-outs applied", "Whether the records of people who had opted out were taken out before the data were released and, where they were not, the reason that the source gives. Neither answer says whether a release was right.", map[terms.OptOut]string{
	terms.OptOutApplied:              "The records of people who had opted out were taken out first. People whose objection was not on record then are still in the data.",
	terms.OptOutNotIdentifiable:      "The rules do not ask for opt-outs where the data given out do not say who each row is about. Records of people who have opted out are in such data.",
	terms.OptOutStatutory:            "A law allows or requires the flow without consent, for example a notice under the Control of Patient Information Regulations during the pandemic.",
	terms.OptOutDeathsLocalAuthority: "Deaths data for local authorities, for statistical public-health use.",
	terms.OptOutConsent:              "The people concerned agreed to take part in the study.",
	terms.OptOutPHEExemption:         "An exemption that the Secretary of State gave to Public Health England.",
	terms.OptOutBirths:               "The source’s words: birth data is not considered as personal confidential information, though it is handled as identifiable.",
	terms.OptOutStaffList:            "The rows are about staff, not patients.",
	terms.OptOutPHEMemorandum:        "The source gives no more than that.",
	terms.OptOutCAGExemption:         "The approval itself, given on the advice of the Confidentiality Advisory Group, says that opt-outs need not be applied.",
	terms.OptOutNotApplicable:        "The source says that the question does not arise for this dataset.",
	terms.OptOutOutOfScope:           "The source says “not applicable” and no more: that the question of opt-outs does not arise, not why.",
	terms.OptOutNoReason:             "The source says “no” and no more. Registers before 2018 and since July 2021 give no reasons.",
	terms.OptOutNotRecorded:          "The register does not say.",
})

var powers = coded(Powers, "Legal power", "The law that allows the data to be given out. It is another question than how the duty of confidence is met, though many registers write both in one cell.", map[terms.Power]string{
	terms.S261_1_2a:        "The holder of the national data may give out what it must publish anyway: anonymous or aggregated data. Purposes are limited to health care, adult social care and the promotion of health.",
	terms.S261_1_2bii:      "The holder of the national data may, where it thinks that this is in the public interest, give out data from which patients cannot be identified directly. Purposes are limited to health care, adult social care and the promotion of health.",
	terms.S261Other:        "The words of older registers for giving out pseudonymised data under section 261 without saying which part of it.",
	terms.S261_2c:          "The people whom the data identify have agreed to it.",
	terms.S261_4:           "The recipient could lawfully have had the data from those who collected them in the first place.",
	terms.S261_5d:          "The data are needed for a function that a law gives to the recipient. By itself this does not lift the duty of confidence.",
	terms.S261_7:           "The duty of confidence is lifted by regulations under section 251 of the NHS Act 2006.",
	terms.SRSA42_4:         "Information on births and deaths may be given to the NHS and to local authorities for health purposes.",
	terms.SRSA45C:          "Information is given to the statistics authority, which may require it.",
	terms.SRSA39_4:         "Researchers whom the statistics authority has approved may use its personal information.",
	terms.HealthAct36:      "Information about NHS staff for tax purposes.",
	terms.HSCA2012:         "The Act is named and no part of it: usual in registers before 2018.",
	terms.PowerOther:       "Another law, or words that name none of those here. The entry shows them as published.",
	terms.PowerNotRecorded: "No power is named, or the cell names only how the duty of confidence is met.",
})

var routes = coded(Routes, "Confidentiality route", "How the common-law duty of confidence is met. In published registers it describes the whole agreement, so that an entry can show more than one.", map[terms.Route]string{
	terms.RouteNone:           "No confidential data flow, so the duty does not arise.",
	terms.RouteConsent:        "The people concerned agreed, or would reasonably expect the use.",
	terms.RouteSection251:     "Support under section 251 of the NHS Act 2006: confidential patient information may be used without consent where that is approved, on the advice of the Confidentiality Advisory Group. Opt-outs apply to it unless the approval says otherwise.",
	terms.RouteStatutory:      "A law requires or allows the flow without consent.",
	terms.RouteCOPI3:          "Regulation 3 of the Control of Patient Information Regulations 2002: diseases that spread and other risks to public health. The notices of the COVID-19 pandemic ended on 30 June 2022.",
	terms.RouteCourtOrder:     "A court ordered it.",
	terms.RoutePublicInterest: "The public interest in the use outweighs the duty of confidence, case by case.",
	terms.RouteDirectCare:     "Public Health England’s words: the data are for the care of the people whom they are about, who would expect that.",
	terms.RouteNotRecorded:    "The register does not say.",
})

var sensitivities = coded(Sensitivities, "Sensitive", "A label of the published registers. They do not say which fields a release held.", map[terms.Sensitivity]string{
	terms.Sensitive:              "The data hold fields that the publisher treats with more care.",
	terms.NonSensitive:           "The data hold none of the fields that the publisher treats with more care.",
	terms.SensitivityNotRecorded: "The register does not say.",
})

var frequencies = coded(Frequencies, "How often", "How often data are given, which also decides what one row of a register stands for.", map[terms.Frequency]string{
	terms.OneOff:               "Given once. One row of the register is one file.",
	terms.Ongoing:              "Given again and again. One row of the register is one file, so a monthly flow makes twelve rows a year.",
	terms.SystemAccess:         "Looked at through a system and not handed over. One row stands for one dataset under one agreement, and says that it was used at least once in the period: not how often, nor by how many people.",
	terms.FrequentAdHoc:        "Given in small parts at need. One row stands for one dataset under one agreement, and says that data flowed at least once in the period.",
	terms.FrequencyNotRecorded: "The register does not say.",
})

var channels = coded(Channels, "Channel", "How the data reach the recipient.", map[terms.Channel]string{
	terms.ChannelFile:         "A file is handed over, and the recipient holds it.",
	terms.ChannelSystemAccess: "People of the recipient work with the data where they are, for example in a secure data environment.",
})

var controllerships = coded(Controllerships, "Data controllers", "Who decides, together or alone, what the data are used for, and answers for it.", map[terms.Controllership]string{
	terms.SoleController:            "One organisation decides.",
	terms.JointControllers:          "Several organisations decide together.",
	terms.ControllersInCommon:       "Several organisations use the same data, each deciding for itself. The law before 2018 had the term.",
	terms.ControllershipUnresolved:  "The agreement names several and does not say how they stand to each other.",
	terms.ControllershipNotRecorded: "The register does not say.",
})

var answers = coded(Answers, "Yes, no, not recorded", "Whether an agreement is for a commercial purpose, and whether the recipient may pass data on under sub-licences.", map[terms.Answer]string{
	terms.Yes:               "The register says yes.",
	terms.No:                "The register says no.",
	terms.AnswerNotRecorded: "The register does not say: its layout has no such column, or the cell is empty. It is neither yes nor no.",
})

var relations = coded(Relations, "How one name follows another", "The first two join names of one body or dataset into one page. The others never do: they link two pages.", map[terms.Relation]string{
	terms.SameAs:            "Two spellings of one name. A person decided that they mean the same.",
	terms.RenamedTo:         "The same body, or the same dataset, under a new name from a day on.",
	terms.TransferredTo:     "A law moved functions from one body to another, as from clinical commissioning groups to integrated care boards on 1 July 2022. The new body is another one.",
	terms.MergedInto:        "Several bodies became one.",
	terms.NovatedTo:         "An agreement passed to another body by a deed of all concerned.",
	terms.Dissolved:         "The body ended and none follows it.",
	terms.FollowedByDataset: "One collection of data ended and another took its place. What is in them is not the same.",
})
