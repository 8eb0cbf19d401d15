package terms

import "io"

// DutyKind is what a date asks of the people of an agreement.
type DutyKind string

// The kinds of duty.
const (
	DutyAgreementEnd      DutyKind = "agreement_end"
	DutyApprovalEnd       DutyKind = "approval_end"
	DutyApprovalReview    DutyKind = "approval_review"
	DutyAssuranceEnd      DutyKind = "assurance_end"
	DutyContractEnd       DutyKind = "contract_end"
	DutyFeeEnd            DutyKind = "fee_end"
	DutyCondition         DutyKind = "condition"
	DutyHonoraryContract  DutyKind = "honorary_contract"
	DutyCohortDestruction DutyKind = "cohort_destruction"
	DutyDestruction       DutyKind = "destruction"
	DutyUrgentReview      DutyKind = "urgent_review"
	DutyDerogationEnd     DutyKind = "derogation_end"
	DutyIssueLapse        DutyKind = "issue_lapse"
	DutyYieldedBenefits   DutyKind = "yielded_benefits"
)

var dutyKinds = newVocabulary("kind of duty",
	code(DutyAgreementEnd, "The agreement ends"),
	code(DutyApprovalEnd, "An approval ends"),
	code(DutyApprovalReview, "An approval needs its annual review"),
	code(DutyAssuranceEnd, "Security assurance ends"),
	code(DutyContractEnd, "The framework contract ends"),
	code(DutyFeeEnd, "The data protection fee is due"),
	code(DutyCondition, "A condition is due"),
	code(DutyHonoraryContract, "An honorary contract ends"),
	code(DutyCohortDestruction, "A cohort's list must be destroyed"),
	code(DutyDestruction, "Data must be destroyed"),
	code(DutyUrgentReview, "An urgent approval must be reviewed"),
	code(DutyDerogationEnd, "A waiver ends"),
	code(DutyIssueLapse, "The issue for signature lapses"),
	code(DutyYieldedBenefits, "Yielded benefits are asked for"),
)

// Values lists the codes.
func (DutyKind) Values() []string { return dutyKinds.values }

// Label is the code in words for readers.
func (c DutyKind) Label() string { return dutyKinds.label(c) }

// Known says whether the code is in the list.
func (c DutyKind) Known() bool { return dutyKinds.known(c) }

// MarshalGQL writes the code as a GraphQL enum value.
func (c DutyKind) MarshalGQL(w io.Writer) { marshalGQL(w, string(c)) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (c *DutyKind) UnmarshalGQL(v any) error { return dutyKinds.unmarshalGQL(c, v) }

// Action is what is to be done, in words.
func (c DutyKind) Action() string { return dutyActions[c] }

var dutyActions = map[DutyKind]string{
	DutyAgreementEnd:      "Renew or extend it, or close it once the data is destroyed.",
	DutyApprovalEnd:       "Have it extended, and amend the agreement to say so.",
	DutyApprovalReview:    "Hand in the annual review, and amend the agreement with the next date.",
	DutyAssuranceEnd:      "Publish the next assessment; the access team records it.",
	DutyContractEnd:       "Sign the next framework contract.",
	DutyFeeEnd:            "Pay the fee to the Information Commissioner; the access team records the new date.",
	DutyCondition:         "Meet it, and give the evidence to the access team.",
	DutyHonoraryContract:  "Renew the contract, or end the role.",
	DutyCohortDestruction: "Destroy the list.",
	DutyDestruction:       "Destroy what was received, and certify it.",
	DutyUrgentReview:      "Review the approval in full.",
	DutyDerogationEnd:     "Meet the rule, or have the waiver given anew.",
	DutyIssueLapse:        "Sign it; afterwards it must be issued again.",
	DutyYieldedBenefits:   "Write down what the data has led to; a renewal asks for it.",
}
