package release

import (
	"context"
	"slices"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/approval"
	"data.release/registrar/ent/consentmaterial"
	"data.release/registrar/ent/dataflow"
	"data.release/registrar/ent/datasetline"
	"data.release/registrar/ent/licence"
	"data.release/registrar/ent/party"
	"data.release/registrar/ent/sublicence"
	"data.release/registrar/release/terms"
)

// writeSections puts the sections, which were checked, in the place of what
// the version had of them.
func (w *work) writeSections(ctx context.Context, v *ent.AgreementVersion, c *checking, sections ...Section) error {
	for _, section := range sections {
		var err error
		switch s := section.(type) {
		case PurposeSection:
			err = v.Update().SetTitle(s.Title).SetDirectorate(s.Directorate).SetObjective(s.Objective).SetProcessing(s.Processing).
				SetOutputs(s.Outputs).SetBenefits(s.Benefits).SetYieldedBenefits(s.YieldedBenefits).
				SetCommercialPurpose(s.CommercialPurpose).SetFunder(s.Funder).Exec(ctx)
			if err == nil {
				err = w.answer(ctx, v, s.Commercial, (*ent.AgreementVersionUpdateOne).SetCommercial, (*ent.AgreementVersionUpdateOne).ClearCommercial)
			}
		case PartiesSection:
			err = w.writeParties(ctx, v, c, s)
		case LinesSection:
			err = w.writeLines(ctx, v, c, s)
		case SupportSection:
			err = w.writeSupport(ctx, v, c, s)
		case FlowsSection:
			err = w.writeFlows(ctx, v, s)
		case TermSection:
			update := v.Update().SetTerritory(or(s.Territory, terms.TerritoryNotRecorded)).SetRetention(s.Retention)
			orClear(s.Starts, update.SetStarts, update.ClearStarts)
			orClear(s.Ends, update.SetEnds, update.ClearEnds)
			err = update.Exec(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answer keeps yes, no, or no answer.
func (w *work) answer(ctx context.Context, v *ent.AgreementVersion, yes *bool, set func(*ent.AgreementVersionUpdateOne, bool) *ent.AgreementVersionUpdateOne,
	clear func(*ent.AgreementVersionUpdateOne) *ent.AgreementVersionUpdateOne) error {
	if yes == nil {
		return clear(v.Update()).Exec(ctx)
	}
	return set(v.Update(), *yes).Exec(ctx)
}

func (w *work) writeParties(ctx context.Context, v *ent.AgreementVersion, c *checking, s PartiesSection) error {
	update := v.Update().SetControllership(or(s.Controllership, terms.ControllershipNotRecorded)).SetArticle26(s.Article26).ClearSites()
	if err := update.Exec(ctx); err != nil {
		return err
	}
	for _, name := range s.Sites {
		place, err := w.site(ctx, name)
		if err != nil {
			return err
		}
		if err := v.Update().AddSites(place).Exec(ctx); err != nil {
			return err
		}
	}
	if _, err := w.Party.Delete().Where(party.HasVersionWith(agreementversion.ID(v.ID))).Exec(ctx); err != nil {
		return err
	}
	for _, p := range s.Parties {
		err := w.Party.Create().SetCreatedAt(w.now).SetVersion(v).SetRole(p.Role).SetPlaces(p.Places).
			SetProcessingContract(p.ProcessingContract).SetHoldsIdentifiers(p.HoldsIdentifiers).
			SetOrganisation(c.organisations[p.Organisation]).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) writeLines(ctx context.Context, v *ent.AgreementVersion, c *checking, s LinesSection) error {
	if _, err := w.DatasetLine.Delete().Where(datasetline.HasVersionWith(agreementversion.ID(v.ID))).Exec(ctx); err != nil {
		return err
	}
	for i, l := range s.Lines {
		code, err := w.datasetCode(ctx, l.DatasetName, l.Definition)
		if err != nil {
			return err
		}
		err = w.DatasetLine.Create().SetCreatedAt(w.now).SetVersion(v).SetNumber(i + 1).SetDataset(code).
			SetDatasetName(l.DatasetName).SetDiscloser(c.slug(l.Discloser)).SetSite(l.Site).
			SetTypeOfData(or(l.Type, terms.TypeNotRecorded)).SetSensitivity(or(l.Sensitivity, terms.SensitivityNotRecorded)).
			SetPower(or(l.Power, terms.PowerNotRecorded)).SetRoute(or(l.Route, terms.RouteNotRecorded)).
			SetOptOut(or(l.OptOut, terms.OptOutNotRecorded)).SetUnchecked(or(l.Unchecked, terms.DropUnchecked)).
			SetFrequency(or(l.Frequency, terms.FrequencyNotRecorded)).SetChannel(or(l.Channel, terms.ChannelFile)).
			SetPeriods(l.Periods).SetFields(l.Fields).SetPopulation(sortedFilters(l.Population)).SetPurposes(l.Purposes).
			SetArticle6(l.Article6).SetArticle9(l.Article9).SetSegment(l.Segment).SetOutputRule(l.OutputRule).
			SetLinkage(l.Linkage).SetLinkedWith(l.LinkedWith).SetDependsOn(l.DependsOn).SetCohort(l.Cohort).SetStudyID(l.StudyID).
			SetFinalData(l.FinalData).SetRecipientFunction(l.Function).SetCommercial(l.Commercial).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func sortedFilters(filters []terms.Filter) []terms.Filter {
	filters = slices.Clone(filters)
	for i, f := range filters {
		filters[i] = terms.NewFilter(f.Field, f.In...)
	}
	return filters
}

func (w *work) writeSupport(ctx context.Context, v *ent.AgreementVersion, c *checking, s SupportSection) error {
	err := v.Update().SetSublicensingTerms(s.SublicensingTerms).SetLegitimateInterest(s.LegitimateInterest).
		SetDpiaReference(s.DPIAReference).SetEthicsReference(s.EthicsReference).SetPrivacyNotice(s.PrivacyNotice).Exec(ctx)
	if err != nil {
		return err
	}
	err = w.answer(ctx, v, s.Sublicensing, (*ent.AgreementVersionUpdateOne).SetSublicensing, (*ent.AgreementVersionUpdateOne).ClearSublicensing)
	if err != nil {
		return err
	}
	of := agreementversion.ID(v.ID)
	if _, err := w.Approval.Delete().Where(approval.HasVersionWith(of)).Exec(ctx); err != nil {
		return err
	}
	if _, err := w.ConsentMaterial.Delete().Where(consentmaterial.HasVersionWith(of)).Exec(ctx); err != nil {
		return err
	}
	if _, err := w.SubLicence.Delete().Where(sublicence.HasVersionWith(of)).Exec(ctx); err != nil {
		return err
	}
	for _, a := range s.Approvals {
		err := w.Approval.Create().SetCreatedAt(w.now).SetVersion(v).SetReference(a.Reference).
			SetDecisionMaker(a.DecisionMaker).SetRegulation(a.Regulation).SetDatasets(a.Datasets).
			SetFlows(a.Flows).SetIdentifiers(a.Identifiers).SetOptOutsApply(a.OptOutsApply).
			SetStarts(a.Starts).SetEnds(a.Ends).SetScope(a.Scope).SetConditions(a.Conditions).
			SetControllers(c.slugs(a.Controllers)).SetProcessors(c.slugs(a.Processors)).SetEthicsReference(a.EthicsReference).
			SetNillableAnnualReview(a.AnnualReview).SetTerritory(or(a.Territory, terms.EnglandWales)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	for _, m := range s.ConsentMaterials {
		err := w.ConsentMaterial.Create().SetCreatedAt(w.now).SetVersion(v).SetTitle(m.Title).SetFormVersion(m.FormVersion).
			SetCohort(m.Cohort).SetNillableUsedFrom(m.UsedFrom).SetNillableUsedTo(m.UsedTo).
			SetOutcome(consentmaterial.Outcome(or(m.Outcome, string(consentmaterial.OutcomeNotReviewed)))).
			SetNillableReviewedOn(m.ReviewedOn).SetFinding(m.Finding).Exec(ctx)
		if err != nil {
			return err
		}
	}
	for _, l := range s.SubLicences {
		err := w.SubLicence.Create().SetCreatedAt(w.now).SetVersion(v).SetSubLicensee(l.SubLicensee).SetPurpose(l.Purpose).
			SetStarts(l.Starts).SetEnds(l.Ends).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checking) slugs(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = c.slug(name)
	}
	return out
}

func (w *work) writeFlows(ctx context.Context, v *ent.AgreementVersion, s FlowsSection) error {
	of := agreementversion.ID(v.ID)
	if _, err := w.DataFlow.Delete().Where(dataflow.HasVersionWith(of)).Exec(ctx); err != nil {
		return err
	}
	if _, err := w.Licence.Delete().Where(licence.HasVersionWith(of)).Exec(ctx); err != nil {
		return err
	}
	for i, f := range s.Flows {
		flow := f.flow(i + 1)
		if err := w.DataFlow.Create().SetCreatedAt(w.now).SetVersion(v).SetNumber(flow.Number).SetState(flow.State).SetFlow(flow).Exec(ctx); err != nil {
			return err
		}
	}
	for _, l := range s.Licences {
		err := w.Licence.Create().SetCreatedAt(w.now).SetVersion(v).SetSystem(l.System).SetHolder(l.Holder).SetKind(l.Kind).
			SetNillableUsed(l.Used).SetNillablePlanned(l.Planned).SetPlannedWords(l.PlannedWords).SetOtherAccess(l.OtherAccess).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
