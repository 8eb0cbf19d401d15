package release

import (
	"context"

	"data.release/registrar/ent"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/release/terms"
)

// applicationOf is a version that was read whole (fullVersion) as the
// application that would write it.
func applicationOf(ctx context.Context, c *ent.Client, v *ent.AgreementVersion) (Application, error) {
	a := Application{
		Reference: reference(v), FromRecord: v.State == terms.Recorded, Provenance: v.Provenance,
		PurposeSection: PurposeSection{Title: v.Title, Directorate: v.Directorate, Objective: v.Objective, Processing: v.Processing,
			Outputs: v.Outputs, Benefits: v.Benefits, YieldedBenefits: v.YieldedBenefits, Commercial: v.Commercial,
			CommercialPurpose: v.CommercialPurpose, Funder: v.Funder},
		PartiesSection: PartiesSection{Controllership: v.Controllership, Article26: v.Article26},
		SupportSection: supportOf(v),
		TermSection:    TermSection{Starts: v.Starts, Ends: v.Ends, Territory: v.Territory, Retention: v.Retention},
	}
	if applicant := v.Edges.Agreement.Edges.Applicant; applicant != nil {
		a.Applicant = applicant.Slug
	}
	for _, s := range v.Edges.Sites {
		a.Sites = append(a.Sites, s.Name)
	}
	for _, p := range v.Edges.Parties {
		a.Parties = append(a.Parties, PartyInput{Organisation: p.Edges.Organisation.Slug, Role: p.Role, Places: p.Places,
			ProcessingContract: p.ProcessingContract, HoldsIdentifiers: p.HoldsIdentifiers})
	}
	for _, f := range v.Edges.Flows {
		a.Flows = append(a.Flows, flowInput(f.Flow))
	}
	for _, l := range v.Edges.Licences {
		a.Licences = append(a.Licences, LicenceInput{System: l.System, Holder: l.Holder, Kind: l.Kind, Used: l.Used, Planned: l.Planned,
			PlannedWords: l.PlannedWords, OtherAccess: l.OtherAccess})
	}
	for _, c := range v.Edges.Conditions {
		a.Conditions = append(a.Conditions, ConditionInput{Text: c.Text, Kind: string(c.Kind), Code: c.Code, Due: c.Due,
			Number: c.Number, Owners: c.Owners, DueWords: c.DueWords, Page: c.Page})
	}
	var err error
	a.Lines, err = linesOf(ctx, c, v)
	return a, err
}

func supportOf(v *ent.AgreementVersion) SupportSection {
	s := SupportSection{Sublicensing: v.Sublicensing, SublicensingTerms: v.SublicensingTerms, LegitimateInterest: v.LegitimateInterest,
		DPIAReference: v.DpiaReference, EthicsReference: v.EthicsReference, PrivacyNotice: v.PrivacyNotice}
	for _, a := range v.Edges.Approvals {
		s.Approvals = append(s.Approvals, ApprovalInput{Reference: a.Reference, DecisionMaker: a.DecisionMaker, Regulation: a.Regulation,
			Datasets: a.Datasets, Flows: a.Flows, Identifiers: a.Identifiers, OptOutsApply: a.OptOutsApply, Starts: a.Starts, Ends: a.Ends,
			Scope: a.Scope, Conditions: a.Conditions, Controllers: a.Controllers, Processors: a.Processors,
			EthicsReference: a.EthicsReference, AnnualReview: a.AnnualReview, Territory: a.Territory})
	}
	for _, m := range v.Edges.ConsentMaterials {
		s.ConsentMaterials = append(s.ConsentMaterials, ConsentMaterialInput{Title: m.Title, FormVersion: m.FormVersion, Cohort: m.Cohort,
			UsedFrom: m.UsedFrom, UsedTo: m.UsedTo, Outcome: string(m.Outcome), ReviewedOn: m.ReviewedOn, Finding: m.Finding})
	}
	for _, l := range v.Edges.SubLicences {
		s.SubLicences = append(s.SubLicences, SubLicenceInput{SubLicensee: l.SubLicensee, Purpose: l.Purpose, Starts: l.Starts, Ends: l.Ends})
	}
	return s
}

func linesOf(ctx context.Context, c *ent.Client, v *ent.AgreementVersion) ([]LineInput, error) {
	if len(v.Edges.Lines) == 0 {
		return nil, nil
	}
	codes := make([]string, len(v.Edges.Lines))
	for i, l := range v.Edges.Lines {
		codes[i] = l.Dataset
	}
	datasets, err := c.Dataset.Query().Where(dataset.CodeIn(codes...)).All(seeAll(ctx))
	if err != nil {
		return nil, err
	}
	definitions := map[string]string{}
	for _, d := range datasets {
		definitions[d.Code] = d.Definition
	}
	lines := make([]LineInput, len(v.Edges.Lines))
	for i, l := range v.Edges.Lines {
		lines[i] = LineInput{DatasetName: l.DatasetName, Definition: definitions[l.Dataset], Discloser: l.Discloser, Site: l.Site,
			Type: l.TypeOfData, Sensitivity: l.Sensitivity, Power: l.Power, Route: l.Route, OptOut: l.OptOut, Unchecked: l.Unchecked,
			Frequency: l.Frequency, Channel: l.Channel, Periods: l.Periods, Fields: l.Fields, Population: l.Population, Purposes: l.Purposes,
			Article6: l.Article6, Article9: l.Article9, Segment: l.Segment, OutputRule: l.OutputRule, Linkage: l.Linkage, LinkedWith: l.LinkedWith,
			DependsOn: l.DependsOn, Cohort: l.Cohort, StudyID: l.StudyID, FinalData: l.FinalData, Function: l.RecipientFunction, Commercial: l.Commercial}
	}
	return lines, nil
}
