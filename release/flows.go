package release

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// VersionNamed says which version is meant.
type VersionNamed struct {
	ID               uuid.UUID
	Reference, Stem  string
	Title, Applicant string // the applicant's name
	Kind             terms.VersionKind
	State            terms.VersionState
}

// VersionFlows is how a version's data travel, and who has licences of which
// system.
type VersionFlows struct {
	VersionNamed
	Flows    []terms.Flow // by number
	Licences []terms.Licence
}

// Flows reads the data flows and licences of a version. Staff may read those of
// every version, applicants and signatories those of their organisation's;
// others are told that there is no such version, fault.NotFound.
func (s *Service) Flows(ctx context.Context, actor access.Actor, version uuid.UUID) (*VersionFlows, error) {
	v, err := s.readableVersion(ctx, actor, version)
	if err != nil {
		return nil, err
	}
	t := versionTerms(v)
	slices.SortStableFunc(t.Flows, func(a, b terms.Flow) int { return a.Number - b.Number })
	return &VersionFlows{VersionNamed: nameVersion(v), Flows: t.Flows, Licences: t.Licences}, nil
}

// readableVersion reads a version whole, if the actor may.
func (s *Service) readableVersion(ctx context.Context, actor access.Actor, id uuid.UUID) (*ent.AgreementVersion, error) {
	if err := access.Check(actor, access.ReadApplications); err != nil {
		return nil, err
	}
	v, err := fullVersion(seeAll(ctx), s.Read(), id)
	if ent.IsNotFound(err) || err == nil && !readsVersion(actor, v) {
		return nil, fault.New(fault.NotFound, "There is no agreement version %s.", id)
	}
	return v, err
}

// readsVersion says whether the actor may read a version: staff, or people who
// apply or sign for its applicant, or who sign for one of its controllers.
func readsVersion(actor access.Actor, v *ent.AgreementVersion) bool {
	if access.Check(actor, access.ReadAgreements) == nil {
		return true
	}
	if a := v.Edges.Agreement.Edges.Applicant; a != nil && (actor.HasFor(access.Applicant, a.ID) || actor.HasFor(access.Signatory, a.ID)) {
		return true
	}
	return slices.ContainsFunc(v.Edges.Parties, func(p *ent.Party) bool {
		return p.Role == terms.Controller && actor.HasFor(access.Signatory, p.Edges.Organisation.ID)
	})
}

func nameVersion(v *ent.AgreementVersion) VersionNamed {
	named := VersionNamed{ID: v.ID, Reference: reference(v), Stem: v.Edges.Agreement.Stem, Title: v.Title, Kind: v.Kind, State: v.State}
	if a := v.Edges.Agreement.Edges.Applicant; a != nil {
		named.Applicant = a.Name
	}
	return named
}

// WriteFlows writes the flows of a version as CSV, a row for each, with codes
// and lists joined by "; ". The actor is checked as for Flows.
func (s *Service) WriteFlows(ctx context.Context, actor access.Actor, version uuid.UUID, out io.Writer) error {
	v, err := s.Flows(ctx, actor, version)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	rows := [][]string{{"number", "state", "from", "from_node", "through", "through_node", "to", "to_node", "description", "type_of_data",
		"identifiers_as", "identifiers", "basis", "route", "opt_outs", "pseudonymised", "stopped_on", "why", "lines", "datasets", "footnotes"}}
	for _, f := range v.Flows {
		identifiers, lines := make([]string, len(f.Identifiers)), make([]string, len(f.Lines))
		for i, c := range f.Identifiers {
			identifiers[i] = string(c)
		}
		for i, n := range f.Lines {
			lines[i] = strconv.Itoa(n)
		}
		rows = append(rows, []string{strconv.Itoa(f.Number), string(f.State), f.From, string(f.FromNode), f.Through, string(f.ThroughNode), f.To, string(f.ToNode),
			f.Description, string(f.Type), f.IdentifiersAs, strings.Join(identifiers, "; "), f.Basis, string(f.Route), strconv.FormatBool(f.OptOuts),
			strconv.FormatBool(f.Pseudonymised), f.StoppedOn.String(), f.Why, strings.Join(lines, "; "), strings.Join(f.Datasets, "; "), strings.Join(f.Footnotes, "; ")})
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = register.SafeCell(cell)
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// FlowsSectionOf is flows and licences as the step of an application that
// would write them.
func FlowsSectionOf(flows []terms.Flow, licences []terms.Licence) FlowsSection {
	section := FlowsSection{Flows: make([]FlowInput, len(flows)), Licences: make([]LicenceInput, len(licences))}
	for i, f := range flows {
		section.Flows[i] = flowInput(f)
	}
	for i, l := range licences {
		section.Licences[i] = LicenceInput(l)
	}
	return section
}
