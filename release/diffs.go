package release

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// VersionDiff is how the terms of one version become those of another.
type VersionDiff struct {
	Before, After VersionNamed
	Changes       []diff.Change
}

// DiffVersions compares any two versions that the actor may read; of others
// fault.NotFound. Those need not be of one agreement: a reviewer compares a
// case with its precedent.
func (s *Service) DiffVersions(ctx context.Context, actor access.Actor, a, b uuid.UUID) (*VersionDiff, error) {
	before, err := s.readableVersion(ctx, actor, a)
	if err != nil {
		return nil, err
	}
	after, err := s.readableVersion(ctx, actor, b)
	if err != nil {
		return nil, err
	}
	return &VersionDiff{Before: nameVersion(before), After: nameVersion(after),
		Changes: diff.Compare(diff.Of(versionTerms(before)), diff.Of(versionTerms(after)))}, nil
}

// PublicDiff is how what the register says of one version of an agreement
// becomes what it says of another.
type PublicDiff struct {
	Stem          string
	Before, After PublishedVersion
	Changes       []diff.Change
}

// PublicDiff compares two versions ("1.4") of an agreement by the register's
// entries alone: the last statement of each, and what was released under it.
// fault.NotFound where the register has not both.
func (s *Service) PublicDiff(ctx context.Context, stem, a, b string) (*PublicDiff, error) {
	agreement, err := s.PublishedAgreement(ctx, stem)
	if err != nil {
		return nil, err
	}
	out := &PublicDiff{Stem: stem}
	var sides [2]diff.Terms
	for i, wanted := range []string{a, b} {
		found := false
		for _, v := range agreement.Versions {
			if v.Version != "" && strings.TrimPrefix(v.Version, "v") == strings.TrimPrefix(wanted, "v") {
				if sides[i], err = s.publishedTerms(ctx, v); err != nil {
					return nil, err
				}
				found = true
				if i == 0 {
					out.Before = v
				} else {
					out.After = v
				}
			}
		}
		if !found {
			return nil, fault.New(fault.NotFound, "The register has no version %s of the agreement %s.", wanted, stem)
		}
	}
	out.Changes = diff.Compare(sides[0], sides[1])
	return out, nil
}

// publishedTerms are what the register says of a version, for comparing.
func (s *Service) publishedTerms(ctx context.Context, v PublishedVersion) (diff.Terms, error) {
	purposes := diff.Section{ID: "purposes", Label: "Purposes"}
	if n := len(v.Statements); n > 0 {
		e := v.Statements[n-1]
		for _, f := range []struct {
			field register.Field
			label string
			kind  diff.FieldKind
		}{
			{register.OrganisationName, "Organisation", diff.Value}, {register.OrganisationType, "Type of organisation", diff.Value}, {register.Title, "Title", diff.Value},
			{register.Objective, "Objective for processing", diff.Prose}, {register.Processing, "Processing activities", diff.Prose},
			{register.Outputs, "Expected outputs", diff.Prose}, {register.Benefits, "Expected benefits", diff.Prose},
			{register.YieldedBenefits, "Yielded benefits", diff.Prose},
		} {
			purposes.Fields = append(purposes.Fields, diff.Field{ID: string(f.field), Label: f.label, Kind: f.kind, Value: e.Get(f.field)})
		}
	}
	releases, err := collect(ctx, s.db, scanReleased, `SELECT e.dataset, coalesce(max(t.text), e.dataset), e.type_of_data, e.sensitivity, e.power, e.routes, e.opt_out, e.frequency, count(*)
		FROM entries e LEFT JOIN entry_texts t ON t.entry_texts = e.id AND t.field = 'dataset'
		WHERE e.reference = $1 AND e.kind = 'release' GROUP BY e.dataset, e.type_of_data, e.sensitivity, e.power, e.routes, e.opt_out, e.frequency
		ORDER BY e.dataset, e.type_of_data, e.sensitivity, e.power, e.opt_out, e.frequency, e.routes`, v.Reference)
	if err != nil {
		return nil, fmt.Errorf("reading what was released: %w", err)
	}
	return diff.Terms{purposes, {ID: "releases", Label: "Releases", Rows: releases}}, nil
}

// scanReleased reads releases that agree in what was released and on what
// terms, as a row that is compared.
func scanReleased(rows *sql.Rows) (diff.Row, error) {
	var dataset, name string
	var kind terms.TypeOfData
	var sensitivity terms.Sensitivity
	var power terms.Power
	var optOut terms.OptOut
	var frequency terms.Frequency
	var routes []byte
	var count int
	if err := rows.Scan(&dataset, &name, &kind, &sensitivity, &power, &routes, &optOut, &frequency, &count); err != nil {
		return diff.Row{}, err
	}
	var duties []terms.Route
	if len(routes) > 0 {
		if err := json.Unmarshal(routes, &duties); err != nil {
			return diff.Row{}, fmt.Errorf("reading routes: %w", err)
		}
	}
	labels := make([]string, len(duties))
	for i, r := range duties {
		labels[i] = r.Label()
	}
	return diff.Row{
		Label: fmt.Sprintf("%s, %s", strings.TrimSpace(cmp.Or(name, dataset)), strings.ToLower(kind.Label())),
		Keys:  []string{strings.Join([]string{dataset, string(kind), string(optOut), string(frequency)}, "/"), dataset + "/" + string(kind), dataset},
		Fields: []diff.Field{
			{ID: "dataset", Label: "Dataset", Value: strings.TrimSpace(name)}, {ID: "type", Label: "Type of data", Value: kind.Label()},
			{ID: "sensitivity", Label: "Sensitivity", Value: sensitivity.Label()}, {ID: "power", Label: "Power to disseminate", Value: power.Label()},
			{ID: "routes", Label: "Duty of confidence", Kind: diff.List, Values: labels}, {ID: "opt_out", Label: "Patient opt-outs", Value: optOut.Label()},
			{ID: "frequency", Label: "Frequency", Value: frequency.Label()}, {ID: "releases", Label: "Releases", Value: strconv.Itoa(count)},
		},
	}, nil
}
