package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/datasetalias"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/organisationalias"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// recordBatch bounds one statement's parameters (PostgreSQL takes 65,535).
const recordBatch = 500

// known is an organisation by its ids.
type known struct {
	id   uuid.UUID
	slug string
}

// recordOrganisations finds each name's organisation by its key, and records
// those that are new.
func (w *work) recordOrganisations(ctx context.Context, names []register.Name, source register.Source, report *register.Report) (map[string]known, error) {
	out := make(map[string]known, len(names))
	for part := range slices.Chunk(names, recordBatch) {
		aliases, err := w.OrganisationAlias.Query().Where(organisationalias.KeyIn(keysOf(part)...)).WithOrganisation().All(ctx)
		if err != nil {
			return nil, fmt.Errorf("finding organisations: %w", err)
		}
		for _, a := range aliases {
			out[a.Key] = known{a.Edges.Organisation.ID, a.Edges.Organisation.Slug}
		}
		bySlug, err := w.organisationsBySlug(ctx, part)
		if err != nil {
			return nil, err
		}
		var created []*ent.OrganisationCreate
		var spelled []*ent.OrganisationAliasCreate
		for _, n := range part {
			if _, found := out[n.Key]; found {
				continue
			}
			slug := nameID(n.Name)
			o, taken := bySlug[slug]
			if taken && register.NameKey(o.Name) != n.Key {
				slug, taken = register.SlugBeside(n.Name), false
			}
			if !taken {
				o = &ent.Organisation{ID: uuid.Must(uuid.NewV7()), Slug: slug, Name: n.Name}
				bySlug[slug] = o
				created = append(created, w.Organisation.Create().SetID(o.ID).SetCreatedAt(w.now).SetSlug(slug).SetName(n.Name).
					SetKind(n.Kind).SetProvenance(provenance(source)))
			}
			spelled = append(spelled, w.OrganisationAlias.Create().SetCreatedAt(w.now).SetName(n.Name).SetKey(n.Key).
				SetReason("as published").SetOrganisationID(o.ID))
			out[n.Key] = known{o.ID, o.Slug}
		}
		if err := w.Organisation.CreateBulk(created...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("recording organisations: %w", err)
		}
		if err := w.OrganisationAlias.CreateBulk(spelled...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("recording the names of organisations: %w", err)
		}
		report.New.Organisations += len(created)
	}
	return out, nil
}

func keysOf(names []register.Name) []string {
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = n.Key
	}
	return keys
}

// slugsOf are the ids that names would like, and those beside.
func slugsOf(names []register.Name) []string {
	slugs := make([]string, 0, 2*len(names))
	for _, n := range names {
		slugs = append(slugs, register.Slug(n.Name), register.SlugBeside(n.Name))
	}
	return slugs
}

func (w *work) organisationsBySlug(ctx context.Context, names []register.Name) (map[string]*ent.Organisation, error) {
	found, err := w.Organisation.Query().Where(organisation.SlugIn(slugsOf(names)...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding organisations: %w", err)
	}
	out := make(map[string]*ent.Organisation, len(found))
	for _, o := range found {
		out[o.Slug] = o
	}
	return out, nil
}

// recordDatasets finds each name's dataset code, and records those that are
// new. The code is a slug: the published registers have none of their own.
func (w *work) recordDatasets(ctx context.Context, names []register.Name, report *register.Report) (map[string]string, error) {
	out := make(map[string]string, len(names))
	for part := range slices.Chunk(names, recordBatch) {
		aliases, err := w.DatasetAlias.Query().Where(datasetalias.KeyIn(keysOf(part)...)).WithDataset().All(ctx)
		if err != nil {
			return nil, fmt.Errorf("finding datasets: %w", err)
		}
		for _, a := range aliases {
			out[a.Key] = a.Edges.Dataset.Code
		}
		found, err := w.Dataset.Query().Where(dataset.CodeIn(slugsOf(part)...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("finding datasets: %w", err)
		}
		byCode := make(map[string]*ent.Dataset, len(found))
		for _, d := range found {
			byCode[d.Code] = d
		}
		var created []*ent.DatasetCreate
		var spelled []*ent.DatasetAliasCreate
		for _, n := range part {
			if _, found := out[n.Key]; found {
				continue
			}
			code := nameID(n.Name)
			d, taken := byCode[code]
			if taken && register.NameKey(d.Name) != n.Key {
				code, taken = register.SlugBeside(n.Name), false
			}
			if !taken {
				d = &ent.Dataset{ID: uuid.Must(uuid.NewV7()), Code: code, Name: n.Name}
				byCode[code] = d
				created = append(created, w.Dataset.Create().SetID(d.ID).SetCreatedAt(w.now).SetCode(code).SetName(n.Name))
			}
			spelled = append(spelled, w.DatasetAlias.Create().SetCreatedAt(w.now).SetName(n.Name).SetKey(n.Key).SetDatasetID(d.ID))
			out[n.Key] = code
		}
		if err := w.Dataset.CreateBulk(created...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("recording datasets: %w", err)
		}
		if err := w.DatasetAlias.CreateBulk(spelled...).Exec(ctx); err != nil {
			return nil, fmt.Errorf("recording the names of datasets: %w", err)
		}
		report.New.Datasets += len(created)
	}
	return out, nil
}

func provenance(source register.Source) string {
	return source.Publisher + " data release register, " + source.Period.String()
}

// recordAgreements records the agreements and versions that are new. One that
// is recorded already stays as it is, whatever this edition says of it: the
// edition's words are in its entries.
func (w *work) recordAgreements(ctx context.Context, agreed []register.Agreed, organisations map[string]known, source register.Source, report *register.Report) error {
	for part := range slices.Chunk(agreed, recordBatch) {
		ids, recorded, err := w.agreementsOf(ctx, part)
		if err != nil {
			return err
		}
		var roots []*ent.AgreementCreate
		var versions []*ent.AgreementVersionCreate
		var stages []*ent.StageCreate
		for _, a := range part {
			id, found := ids[a.Stem]
			if !found {
				id = uuid.Must(uuid.NewV7())
				root := w.Agreement.Create().SetID(id).SetCreatedAt(w.now).SetStem(a.Stem).SetLocal(a.Local)
				if a.Applicant != "" {
					root.SetApplicantID(organisations[a.Applicant].id)
				}
				roots = append(roots, root)
			}
			for _, v := range a.Versions {
				if recorded[a.Stem+"\x00"+v.Reference.Version()] {
					continue
				}
				version := uuid.Must(uuid.NewV7())
				stages = append(stages, w.Stage.Create().SetCreatedAt(w.now).SetVersionID(version).SetState(terms.Recorded).SetAt(w.now))
				versions = append(versions, w.AgreementVersion.Create().SetID(version).SetCreatedAt(w.now).SetAgreementID(id).
					SetNumber(v.Reference.Version()).SetMajor(v.Reference.Major).SetMinor(v.Reference.Minor).
					SetKind(terms.VersionImported).SetState(terms.Recorded).SetControllership(terms.ControllershipNotRecorded).
					SetObjective(v.Objective).SetProcessing(v.Processing).SetOutputs(v.Outputs).SetBenefits(v.Benefits).
					SetYieldedBenefits(v.YieldedBenefits).SetProvenance(provenance(source)))
			}
		}
		if err := w.Agreement.CreateBulk(roots...).Exec(ctx); err != nil {
			return fmt.Errorf("recording agreements: %w", err)
		}
		if err := w.AgreementVersion.CreateBulk(versions...).Exec(ctx); err != nil {
			return fmt.Errorf("recording agreement versions: %w", err)
		}
		if err := w.Stage.CreateBulk(stages...).Exec(ctx); err != nil {
			return fmt.Errorf("recording stages: %w", err)
		}
		report.New.Agreements += len(roots)
		report.New.Versions += len(versions)
	}
	return nil
}

// agreementsOf finds which of the agreements are recorded, and which of their
// versions (by stem, NUL, number).
func (w *work) agreementsOf(ctx context.Context, agreed []register.Agreed) (map[string]uuid.UUID, map[string]bool, error) {
	stems := make([]string, len(agreed))
	for i, a := range agreed {
		stems[i] = a.Stem
	}
	found, err := w.Agreement.Query().Where(agreement.StemIn(stems...)).
		WithVersions(func(q *ent.AgreementVersionQuery) { q.Select(agreementversion.FieldID, agreementversion.FieldNumber) }).All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("finding agreements: %w", err)
	}
	ids, versions := map[string]uuid.UUID{}, map[string]bool{}
	for _, a := range found {
		ids[a.Stem] = a.ID
		for _, v := range a.Edges.Versions {
			versions[a.Stem+"\x00"+v.Number] = true
		}
	}
	return ids, versions, nil
}
