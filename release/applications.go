package release

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/condition"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/ent/site"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Application is one version of an agreement's terms as they are written down.
type Application struct {
	// Reference is the NIC number of an agreement that has one already;
	// Registrar issues the next number if it is empty.
	Reference string `json:"reference" validate:"max=60"`
	// FromRecord says that this is history taken from a source, not an
	// application: it is kept as recorded, and what the source does not say
	// stays not recorded.
	FromRecord bool   `json:"fromRecord"`
	Provenance string `json:"provenance" validate:"required_if=FromRecord true,max=2000"`

	Applicant       string               `json:"applicant" validate:"required"` // slug
	Directorate     string               `json:"directorate" validate:"max=200"`
	Title           string               `json:"title" validate:"required,max=500"`
	Objective       string               `json:"objective" validate:"required"`
	Processing      string               `json:"processing" validate:"required"`
	Outputs         string               `json:"outputs" validate:"required"`
	Benefits        string               `json:"benefits" validate:"required"`
	YieldedBenefits string               `json:"yieldedBenefits"`
	Commercial      *bool                `json:"commercial"`
	Sublicensing    *bool                `json:"sublicensing"`
	Controllership  terms.Controllership `json:"controllership"`
	Territory       terms.Territory      `json:"territory"`
	Starts          *terms.Date          `json:"starts"`
	Ends            *terms.Date          `json:"ends"`
	Sites           []string             `json:"sites" validate:"unique"` // names of the discloser's regional centres
	Parties         []PartyInput         `json:"parties" validate:"dive"`
	Lines           []LineInput          `json:"lines" validate:"required,min=1,dive"`
	Approvals       []ApprovalInput      `json:"approvals" validate:"dive"`
	Conditions      []ConditionInput     `json:"conditions" validate:"dive"`
}

// PartyInput is an organisation in a version.
type PartyInput struct {
	Organisation       string          `json:"organisation" validate:"required"` // slug
	Role               terms.PartyRole `json:"role" validate:"required"`
	Places             []terms.Place   `json:"places" validate:"dive"`
	ProcessingContract string          `json:"processingContract" validate:"max=200"` // of a processor: UK GDPR Article 28
	HoldsIdentifiers   string          `json:"holdsIdentifiers" validate:"max=2000"`  // what it holds that makes persons known again
}

// LineInput is one dataset line.
type LineInput struct {
	DatasetName string              `json:"datasetName" validate:"required,max=300"`
	Definition  string              `json:"definition" validate:"max=60"` // code of the definition that extracts are made with
	Discloser   string              `json:"discloser"`                    // slug
	Site        string              `json:"site"`
	Type        terms.TypeOfData    `json:"type" validate:"required"`
	Sensitivity terms.Sensitivity   `json:"sensitivity" validate:"required"`
	Power       terms.Power         `json:"power" validate:"required"`
	Route       terms.Route         `json:"route" validate:"required"`
	OptOut      terms.OptOut        `json:"optOut" validate:"required"`
	Unchecked   terms.UncheckedRows `json:"unchecked"`
	Frequency   terms.Frequency     `json:"frequency" validate:"required"`
	Channel     terms.Channel       `json:"channel"`
	Periods     []terms.Period      `json:"periods"`
	Fields      []string            `json:"fields" validate:"unique"`
	Population  []terms.Filter      `json:"population"`
	Purposes    []terms.Purpose     `json:"purposes" validate:"unique"`
	Article6    []string            `json:"article6"`
	Article9    []string            `json:"article9"`
	Segment     string              `json:"segment" validate:"max=60"`
	OutputRule  string              `json:"outputRule" validate:"max=60"`
	Linkage     string              `json:"linkage"`
	LinkedWith  []string            `json:"linkedWith" validate:"unique"` // codes of datasets
	DependsOn   string              `json:"dependsOn" validate:"max=60"`  // stem
	Cohort      string              `json:"cohort" validate:"max=200"`
	StudyID     bool                `json:"studyId"`
	FinalData   bool                `json:"finalData"`
	Function    string              `json:"function" validate:"max=300"` // the recipient's, under s261(5)(d)
	Commercial  string              `json:"commercial" validate:"omitempty,oneof=no yes solely"`
}

// ApprovalInput is another body's decision, such as section 251 support.
type ApprovalInput struct {
	Reference     string     `json:"reference" validate:"required,max=60"`
	DecisionMaker string     `json:"decisionMaker" validate:"required,max=200"`
	Regulation    string     `json:"regulation" validate:"required,max=200"`
	Datasets      []string   `json:"datasets" validate:"required,min=1"` // codes
	Flows         []string   `json:"flows" validate:"required,min=1,dive,oneof=in out hold"`
	Identifiers   []string   `json:"identifiers"`
	OptOutsApply  bool       `json:"optOutsApply"`
	Starts        terms.Date `json:"starts"`
	Ends          terms.Date `json:"ends"`
}

// ConditionInput is a special condition.
type ConditionInput struct {
	Text string      `json:"text" validate:"required"`
	Kind string      `json:"kind" validate:"required,oneof=precedent continuing"`
	Code string      `json:"code" validate:"max=60"`
	Due  *terms.Date `json:"due"`
}

// LogApplication writes an application down, whole or not at all, and returns
// its version. Everything that is wrong comes back at once as fault.Invalid.
func (s *Service) LogApplication(ctx context.Context, actor access.Actor, application Application) (version uuid.UUID, err error) {
	permission := access.WriteApplication
	if application.FromRecord {
		permission = access.RunAgreements
	}
	if err := access.Check(actor, permission); err != nil {
		return uuid.Nil, err
	}
	if err := valid(application); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		checked, err := w.checkApplication(ctx, s, application)
		if err != nil {
			return err
		}
		if !application.FromRecord && !actor.Has(access.AccessOfficer) && !actor.HasFor(access.Applicant, checked.applicant.ID) {
			return fault.New(fault.Forbidden, "You are no applicant of %s.", checked.applicant.Name)
		}
		version, err = w.writeApplication(ctx, application, checked)
		if err != nil {
			return err
		}
		return w.event(ctx, "application logged", version.String(), application.Provenance, map[string]any{"stem": checked.reference.Stem()})
	})
	return version, err
}

// checkedApplication is what the names in an application stand for.
type checkedApplication struct {
	reference     terms.Reference
	applicant     *ent.Organisation
	organisations map[string]*ent.Organisation
}

// checkApplication finds what the names stand for, and says all that is wrong.
func (w *work) checkApplication(ctx context.Context, s *Service, a Application) (checkedApplication, error) {
	checked := checkedApplication{organisations: map[string]*ent.Organisation{}}
	refused := fault.New(fault.Invalid, "The application cannot be logged as it is")
	wrong := func(code, field, format string, args ...any) {
		refused.With(fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	find := func(slug, field string) *ent.Organisation {
		if o, ok := checked.organisations[slug]; ok {
			return o
		}
		o, err := w.Organisation.Query().Where(organisation.Slug(slug)).Only(ctx)
		if err != nil {
			wrong("organisation-unknown", field, "there is no organisation %q; record it first", slug)
			return nil
		}
		checked.organisations[slug] = o
		return o
	}
	checked.applicant = find(a.Applicant, "applicant")
	for i, p := range a.Parties {
		find(p.Organisation, fmt.Sprintf("parties[%d].organisation", i))
		if !p.Role.Known() {
			wrong("role-unknown", fmt.Sprintf("parties[%d].role", i), "%q is no role of a party", p.Role)
		}
	}
	for i, l := range a.Lines {
		if l.Discloser != "" {
			find(l.Discloser, fmt.Sprintf("lines[%d].discloser", i))
		}
		for _, c := range lineCodes(l) {
			if !c.known {
				wrong("code-unknown", fmt.Sprintf("lines[%d].%s", i, c.field), "%q is not in the list", c.value)
			}
		}
		if l.Definition != "" && (s.planner == nil || register.Slug(s.planner.Dataset(l.Definition)) != register.Slug(l.DatasetName)) {
			wrong("definition", fmt.Sprintf("lines[%d].definition", i), "%q is no definition of %s", l.Definition, l.DatasetName)
		}
		for j, p := range l.Periods {
			if p.From.IsZero() || (!p.To.IsZero() && p.To.Compare(p.From) < 0) {
				wrong("period", fmt.Sprintf("lines[%d].periods[%d]", i, j), "needs a beginning, and cannot end before it")
			}
		}
	}
	for i, approval := range a.Approvals {
		if approval.Starts.IsZero() || approval.Ends.IsZero() || approval.Ends.Compare(approval.Starts) < 0 {
			wrong("approval-term", fmt.Sprintf("approvals[%d]", i), "needs the dates from and to which it holds")
		}
	}
	if a.Starts != nil && a.Ends != nil && a.Ends.Compare(*a.Starts) < 0 {
		wrong("term", "ends", "the term ends before it starts")
	}
	if !a.FromRecord && a.Controllership == "" {
		wrong("controllership", "controllership", "say how the controllers stand to each other")
	}
	if a.Reference != "" {
		reference, err := terms.ParseReference(a.Reference)
		if err != nil {
			wrong("reference", "reference", "%s", err)
		}
		checked.reference = reference
	}
	if len(refused.Reasons) > 0 {
		return checked, refused
	}
	if a.Reference == "" {
		reference, err := w.nextReference(ctx)
		if err != nil {
			return checked, err
		}
		checked.reference = reference
	}
	return checked, nil
}

type codeAnswer struct {
	field, value string
	known        bool
}

func lineCodes(l LineInput) []codeAnswer {
	return []codeAnswer{
		{"type", string(l.Type), l.Type.Known()}, {"sensitivity", string(l.Sensitivity), l.Sensitivity.Known()},
		{"power", string(l.Power), l.Power.Known()}, {"route", string(l.Route), l.Route.Known()},
		{"optOut", string(l.OptOut), l.OptOut.Known()}, {"frequency", string(l.Frequency), l.Frequency.Known()},
		{"unchecked", string(l.Unchecked), l.Unchecked == "" || l.Unchecked.Known()},
		{"channel", string(l.Channel), l.Channel == "" || l.Channel.Known()},
	}
}

// suffixAlphabet is A-Z and 0-9 without I and O (design §4).
const suffixAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"

// nextReference issues the next NIC number: one more than the highest, and
// five characters that cannot be guessed.
func (w *work) nextReference(ctx context.Context) (terms.Reference, error) {
	if _, err := w.tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext('registrar.nic'))`); err != nil {
		return terms.Reference{}, fmt.Errorf("locking the NIC numbers: %w", err)
	}
	var number int64
	err := w.tx.QueryRowContext(ctx,
		`select coalesce(max((regexp_match(stem, '^NIC-(\d+)-'))[1]::bigint), 0) + 1 from agreements where not local`).Scan(&number)
	if err != nil {
		return terms.Reference{}, fmt.Errorf("finding the next NIC number: %w", err)
	}
	suffix := make([]byte, 5)
	for i := range suffix {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(suffixAlphabet))))
		if err != nil {
			return terms.Reference{}, fmt.Errorf("drawing a suffix: %w", err)
		}
		suffix[i] = suffixAlphabet[n.Int64()]
	}
	return terms.Reference{Number: fmt.Sprintf("%05d", number), Suffix: string(suffix), Minor: 1, Versioned: true}, nil
}

func (w *work) writeApplication(ctx context.Context, a Application, checked checkedApplication) (uuid.UUID, error) {
	root, err := w.Agreement.Query().Where(agreement.Stem(checked.reference.Stem())).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		root, err = w.Agreement.Create().SetCreatedAt(w.now).SetStem(checked.reference.Stem()).
			SetLocal(!checked.reference.IsNIC()).SetApplicant(checked.applicant).Save(ctx)
	}
	if err != nil {
		return uuid.Nil, err
	}
	state, kind := terms.Draft, terms.VersionNew
	if a.FromRecord {
		state, kind = terms.Recorded, terms.VersionImported
	}
	create := w.AgreementVersion.Create().SetCreatedAt(w.now).SetAgreement(root).
		SetNumber(checked.reference.Version()).SetMajor(checked.reference.Major).SetMinor(checked.reference.Minor).
		SetKind(kind).SetState(state).SetTitle(a.Title).SetObjective(a.Objective).SetProcessing(a.Processing).
		SetOutputs(a.Outputs).SetBenefits(a.Benefits).SetYieldedBenefits(a.YieldedBenefits).
		SetNillableCommercial(a.Commercial).SetNillableSublicensing(a.Sublicensing).
		SetControllership(orNotRecorded(a.Controllership)).SetTerritory(orTerritory(a.Territory)).
		SetNillableStarts(a.Starts).SetNillableEnds(a.Ends).SetDirectorate(a.Directorate).SetProvenance(a.Provenance)
	if w.actor.PersonID != uuid.Nil {
		create.SetWrittenBy(w.actor.PersonID)
	}
	for _, name := range a.Sites {
		place, err := w.site(ctx, name)
		if err != nil {
			return uuid.Nil, err
		}
		create.AddSites(place)
	}
	version, err := create.Save(ctx)
	if ent.IsConstraintError(err) {
		return uuid.Nil, fault.New(fault.Conflict, "%s is recorded already.", checked.reference).Because(err)
	} else if err != nil {
		return uuid.Nil, err
	}
	for _, p := range a.Parties {
		err := w.Party.Create().SetCreatedAt(w.now).SetVersion(version).SetRole(p.Role).SetPlaces(p.Places).
			SetProcessingContract(p.ProcessingContract).SetHoldsIdentifiers(p.HoldsIdentifiers).
			SetOrganisation(checked.organisations[p.Organisation]).Exec(ctx)
		if err != nil {
			return uuid.Nil, err
		}
	}
	for i, l := range a.Lines {
		if err := w.writeLine(ctx, version, i+1, l); err != nil {
			return uuid.Nil, err
		}
	}
	for _, approval := range a.Approvals {
		err := w.Approval.Create().SetCreatedAt(w.now).SetVersion(version).SetReference(approval.Reference).
			SetDecisionMaker(approval.DecisionMaker).SetRegulation(approval.Regulation).SetDatasets(approval.Datasets).
			SetFlows(approval.Flows).SetIdentifiers(approval.Identifiers).SetOptOutsApply(approval.OptOutsApply).
			SetStarts(approval.Starts).SetEnds(approval.Ends).Exec(ctx)
		if err != nil {
			return uuid.Nil, err
		}
	}
	for _, c := range a.Conditions {
		err := w.Condition.Create().SetCreatedAt(w.now).SetVersion(version).SetText(c.Text).SetCode(c.Code).
			SetKind(condition.Kind(c.Kind)).SetNillableDue(c.Due).Exec(ctx)
		if err != nil {
			return uuid.Nil, err
		}
	}
	return version.ID, nil
}

func (w *work) writeLine(ctx context.Context, version *ent.AgreementVersion, number int, l LineInput) error {
	code, err := w.datasetCode(ctx, l.DatasetName, l.Definition)
	if err != nil {
		return err
	}
	if l.Unchecked == "" {
		l.Unchecked = terms.DropUnchecked
	}
	if l.Channel == "" {
		l.Channel = terms.ChannelFile
	}
	return w.DatasetLine.Create().SetCreatedAt(w.now).SetVersion(version).SetNumber(number).SetDataset(code).
		SetDatasetName(l.DatasetName).SetDiscloser(l.Discloser).SetSite(l.Site).SetTypeOfData(l.Type).SetSensitivity(l.Sensitivity).
		SetPower(l.Power).SetRoute(l.Route).SetOptOut(l.OptOut).SetUnchecked(l.Unchecked).SetFrequency(l.Frequency).
		SetChannel(l.Channel).SetPeriods(l.Periods).SetFields(l.Fields).SetPopulation(l.Population).SetPurposes(l.Purposes).
		SetArticle6(l.Article6).SetArticle9(l.Article9).SetSegment(l.Segment).SetOutputRule(l.OutputRule).
		SetLinkage(l.Linkage).SetLinkedWith(l.LinkedWith).SetDependsOn(l.DependsOn).SetCohort(l.Cohort).SetStudyID(l.StudyID).
		SetFinalData(l.FinalData).SetRecipientFunction(l.Function).SetCommercial(l.Commercial).Exec(ctx)
}

// datasetCode finds the dataset of a name, or records it under its slug.
func (w *work) datasetCode(ctx context.Context, name, definition string) (string, error) {
	code := register.Slug(name)
	d, err := w.Dataset.Query().Where(dataset.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		d, err = w.Dataset.Create().SetCreatedAt(w.now).SetCode(code).SetName(name).Save(ctx)
	}
	if err != nil {
		return "", err
	}
	if definition != "" && d.Definition != definition {
		if d.Definition != "" {
			return "", fault.New(fault.Conflict, "Extracts of %s are made with the definition %s, not %s.", name, d.Definition, definition)
		}
		if err := d.Update().SetDefinition(definition).Exec(ctx); err != nil {
			return "", err
		}
	}
	return code, nil
}

func (w *work) site(ctx context.Context, name string) (*ent.Site, error) {
	code := register.Slug(name)
	found, err := w.Site.Query().Where(site.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		return w.Site.Create().SetCreatedAt(w.now).SetCode(code).SetName(strings.TrimSpace(name)).Save(ctx)
	}
	return found, err
}

func orNotRecorded(c terms.Controllership) terms.Controllership {
	if c == "" {
		return terms.ControllershipNotRecorded
	}
	return c
}

func orTerritory(t terms.Territory) terms.Territory {
	if t == "" {
		return terms.TerritoryNotRecorded
	}
	return t
}

// version finds a version and locks it for the command.
func (w *work) version(ctx context.Context, id uuid.UUID) (*ent.AgreementVersion, error) {
	v, err := w.AgreementVersion.Query().Where(agreementversion.ID(id)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no agreement version %s.", id)
	} else if err != nil {
		return nil, err
	}
	return v, nil
}
