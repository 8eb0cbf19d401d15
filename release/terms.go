package release

import (
	"data.release/registrar/ent"
	"data.release/registrar/release/terms"
)

// versionTerms gathers the terms of a version read whole (fullVersion). What
// is added to a version's records is added here, so that signatures cover it.
func versionTerms(v *ent.AgreementVersion) terms.Version {
	t := terms.Version{
		Reference: reference(v), Kind: v.Kind, Directorate: v.Directorate,
		Title: v.Title, Objective: v.Objective, Processing: v.Processing, Outputs: v.Outputs,
		Benefits: v.Benefits, YieldedBenefits: v.YieldedBenefits, Commercial: v.Commercial, CommercialPurpose: v.CommercialPurpose, Funder: v.Funder,
		Controllership: v.Controllership, Article26: v.Article26,
		Sublicensing: v.Sublicensing, SublicensingTerms: v.SublicensingTerms, LegitimateInterest: v.LegitimateInterest,
		DPIAReference: v.DpiaReference, EthicsReference: v.EthicsReference, PrivacyNotice: v.PrivacyNotice,
		Starts: dateOf(v.Starts), Ends: dateOf(v.Ends), Territory: v.Territory, Retention: v.Retention,
	}
	if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
		t.Applicant = applicant.Slug
	}
	for _, s := range v.Edges.Sites {
		t.Sites = append(t.Sites, s.Code)
	}
	for _, p := range v.Edges.Parties {
		t.Parties = append(t.Parties, terms.VersionParty{Organisation: p.Edges.Organisation.Slug, Name: p.Edges.Organisation.Name, Role: p.Role,
			Places: p.Places, ProcessingContract: p.ProcessingContract, HoldsIdentifiers: p.HoldsIdentifiers})
	}
	for _, l := range v.Edges.Lines {
		t.Lines = append(t.Lines, lineTerms(l))
	}
	for _, a := range v.Edges.Approvals {
		t.Approvals = append(t.Approvals, terms.VersionApproval{Reference: a.Reference, DecisionMaker: a.DecisionMaker, Regulation: a.Regulation,
			Datasets: a.Datasets, Flows: a.Flows, Identifiers: a.Identifiers, OptOutsApply: a.OptOutsApply, Starts: a.Starts, Ends: a.Ends,
			Scope: a.Scope, Conditions: a.Conditions, Controllers: a.Controllers, Processors: a.Processors, EthicsReference: a.EthicsReference,
			AnnualReview: dateOf(a.AnnualReview), Territory: a.Territory})
	}
	for _, m := range v.Edges.ConsentMaterials {
		t.ConsentMaterials = append(t.ConsentMaterials, terms.ConsentMaterial{Title: m.Title, FormVersion: m.FormVersion, Cohort: m.Cohort,
			UsedFrom: dateOf(m.UsedFrom), UsedTo: dateOf(m.UsedTo), Outcome: string(m.Outcome), ReviewedOn: dateOf(m.ReviewedOn), Finding: m.Finding})
	}
	for _, l := range v.Edges.SubLicences {
		t.SubLicences = append(t.SubLicences, terms.SubLicence{SubLicensee: l.SubLicensee, Purpose: l.Purpose, Starts: l.Starts, Ends: l.Ends})
	}
	for _, f := range v.Edges.Flows {
		t.Flows = append(t.Flows, f.Flow)
	}
	for _, l := range v.Edges.Licences {
		t.Licences = append(t.Licences, terms.Licence{System: l.System, Holder: l.Holder, Kind: l.Kind, Used: l.Used, Planned: l.Planned,
			PlannedWords: l.PlannedWords, OtherAccess: l.OtherAccess})
	}
	for _, c := range v.Edges.Conditions {
		t.Conditions = append(t.Conditions, terms.VersionCondition{Kind: string(c.Kind), Code: c.Code, Text: c.Text, Due: dateOf(c.Due),
			DueWords: c.DueWords, Owners: c.Owners})
	}
	return t
}
