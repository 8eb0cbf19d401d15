package release

import (
	"data.release/registrar/ent"
	"data.release/registrar/release/terms"
)

// frozenTerms is what approval freezes and signatories sign: the whole of a
// version's terms. Its canonical JSON is kept, so it never loses a member.
type frozenTerms struct {
	Reference       string               `json:"reference"`
	Applicant       string               `json:"applicant"`
	Kind            terms.VersionKind    `json:"kind"`
	Title           string               `json:"title"`
	Objective       string               `json:"objective"`
	Processing      string               `json:"processing"`
	Outputs         string               `json:"outputs"`
	Benefits        string               `json:"benefits"`
	YieldedBenefits string               `json:"yielded_benefits"`
	Commercial      *bool                `json:"commercial"`
	Sublicensing    *bool                `json:"sublicensing"`
	Controllership  terms.Controllership `json:"controllership"`
	Territory       terms.Territory      `json:"territory"`
	Starts          terms.Date           `json:"starts"`
	Ends            terms.Date           `json:"ends"`
	Sites           []string             `json:"sites"`
	Parties         []frozenParty        `json:"parties"`
	Lines           []terms.DatasetLine  `json:"lines"`
	Approvals       []frozenApproval     `json:"approvals"`
	Conditions      []frozenCondition    `json:"conditions"`
}

type frozenParty struct {
	Organisation string          `json:"organisation"`
	Name         string          `json:"name"`
	Role         terms.PartyRole `json:"role"`
	Places       []terms.Place   `json:"places"`

	ProcessingContract string `json:"processing_contract,omitempty"`
	HoldsIdentifiers   string `json:"holds_identifiers,omitempty"`
}

type frozenApproval struct {
	Reference    string     `json:"reference"`
	Regulation   string     `json:"regulation"`
	Datasets     []string   `json:"datasets"`
	Flows        []string   `json:"flows"`
	Identifiers  []string   `json:"identifiers"`
	OptOutsApply bool       `json:"opt_outs_apply"`
	Starts       terms.Date `json:"starts"`
	Ends         terms.Date `json:"ends"`
}

type frozenCondition struct {
	Kind string     `json:"kind"`
	Code string     `json:"code"`
	Text string     `json:"text"`
	Due  terms.Date `json:"due"`
}

// versionTerms gathers the terms of a version read whole (fullVersion).
func versionTerms(v *ent.AgreementVersion) frozenTerms {
	f := frozenTerms{
		Reference: reference(v), Kind: v.Kind, Title: v.Title, Objective: v.Objective, Processing: v.Processing, Outputs: v.Outputs,
		Benefits: v.Benefits, YieldedBenefits: v.YieldedBenefits, Commercial: v.Commercial, Sublicensing: v.Sublicensing,
		Controllership: v.Controllership, Territory: v.Territory, Starts: dateOf(v.Starts), Ends: dateOf(v.Ends),
	}
	if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
		f.Applicant = applicant.Slug
	}
	for _, s := range v.Edges.Sites {
		f.Sites = append(f.Sites, s.Code)
	}
	for _, p := range v.Edges.Parties {
		f.Parties = append(f.Parties, frozenParty{p.Edges.Organisation.Slug, p.Edges.Organisation.Name, p.Role, p.Places, p.ProcessingContract, p.HoldsIdentifiers})
	}
	for _, l := range v.Edges.Lines {
		f.Lines = append(f.Lines, lineTerms(l))
	}
	for _, a := range v.Edges.Approvals {
		f.Approvals = append(f.Approvals, frozenApproval{a.Reference, a.Regulation, a.Datasets, a.Flows, a.Identifiers, a.OptOutsApply, a.Starts, a.Ends})
	}
	for _, c := range v.Edges.Conditions {
		f.Conditions = append(f.Conditions, frozenCondition{string(c.Kind), c.Code, c.Text, dateOf(c.Due)})
	}
	return f
}
