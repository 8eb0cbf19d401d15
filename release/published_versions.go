package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release/diff"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// PublicDiff is how what the register says of one version of an agreement
// becomes what it says of another.
type PublicDiff struct {
	Stem          string
	Before, After PublishedVersion
	Changes       []diff.Change
}

// PublicDiff compares two versions ("1.4") of an agreement by the register's
// entries alone, as they stand now; see PublicDiffAt.
func (s *Service) PublicDiff(ctx context.Context, stem, a, b string) (*PublicDiff, error) {
	return s.PublicDiffAt(ctx, 0, stem, a, b)
}

// PublicDiffAt compares two versions of an agreement at a size of the register
// (0 is now): what their statements say (organisations, dates, parties, dataset
// lines, purposes), and what was released under each. What is typed or spelled
// otherwise, or renamed as a succession has it, is told apart. fault.NotFound
// where the register has not both.
func (s *Service) PublicDiffAt(ctx context.Context, size int64, stem, a, b string) (*PublicDiff, error) {
	d, err := s.derivation(ctx, size)
	if err != nil {
		return nil, err
	}
	entries, err := readEntries(ctx, s.db, []register.Field{register.DatasetName}, `WHERE e.stem = $1 AND e.id <= $2 ORDER BY e.id`, stem, d.view.Size())
	if err != nil {
		return nil, fmt.Errorf("reading an agreement: %w", err)
	}
	if len(entries) == 0 {
		return nil, fault.New(fault.NotFound, "The register has no agreement %s.", stem)
	}
	names, err := s.namesAt(ctx, d.view)
	if err != nil {
		return nil, err
	}
	out := &PublicDiff{Stem: stem}
	var statements [2]*register.Entry
	var released [2][]register.Entry
	for i, wanted := range []string{a, b} {
		version := PublishedVersion{Version: "v" + strings.TrimPrefix(wanted, "v")}
		found := false
		for _, e := range entries {
			if e.Version != version.Version {
				continue
			}
			found, version.Reference = true, e.Reference
			if e.AsRelease() && d.view.Ended(e.Number) == 0 {
				released[i] = append(released[i], e)
			}
		}
		if !found {
			return nil, fault.New(fault.NotFound, "The register has no version %s of the agreement %s.", wanted, stem)
		}
		version.Releases = len(released[i])
		if statements[i], err = s.statement(ctx, d.view, stem, version.Version); err != nil {
			return nil, err
		}
		if statements[i] != nil {
			version.Statements = []register.Entry{*statements[i]}
		}
		if i == 0 {
			out.Before = version
		} else {
			out.After = version
		}
	}
	out.Changes = append(statementChanges(statements[0], statements[1], names), releaseChanges(d.view, released[0], released[1], stem, names)...)
	return out, nil
}

// statement is the entry that counts for a version, with all its texts; nil
// where the register has none.
func (s *Service) statement(ctx context.Context, v *index.View, stem, version string) (*register.Entry, error) {
	row, ok := v.Agreement(stem, version)
	if !ok {
		return nil, nil
	}
	found, err := readEntries(ctx, s.db, nil, `WHERE e.id = $1`, row.Number)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// The sections in which changes of a statement stand.
var statementSections = []struct {
	id, label string
	has       func(field string) bool
}{
	{"agreement", "Agreement", func(f string) bool {
		return slices.Contains([]string{"organisation", "organisation_type", "controllers", "starts", "ends", "controllership", "sub_licensing", "commercial", "support", "title", "parties", "funders"}, f)
	}},
	{"lines", "Dataset lines", func(f string) bool { return strings.HasPrefix(f, "line/") }},
	{"flows", "Data flows", func(f string) bool { return f == "flows" }},
	{"purposes", "Purposes", func(f string) bool { return !strings.Contains(f, "/") }},
}

// statementChanges are the fields of two statements that differ. Of a version
// without one nothing can be told.
func statementChanges(before, after *register.Entry, names *change.Names) []diff.Change {
	if before == nil || after == nil {
		return nil
	}
	fields := change.Versions(*before, *after, names)
	var out []diff.Change
	taken := map[int]bool{}
	for _, section := range statementSections {
		for i, f := range fields {
			if taken[i] || !section.has(f.ID) {
				continue
			}
			taken[i] = true
			c := fieldChange(f)
			c.Section, c.SectionID = section.label, section.id
			out = append(out, c)
		}
	}
	return out
}

func fieldChange(f change.Field) diff.Change {
	c := diff.Change{Kind: diff.Changed, Label: f.Label, FieldID: f.ID, Before: f.Before, After: f.After, Note: f.Why}
	wholeLine := strings.Count(f.ID, "/") == 1
	switch {
	case f.Cosmetic:
		c.Kind = diff.Retyped
		if f.Why == change.Typed {
			c.Note = ""
		}
	case wholeLine && f.Before == "":
		c.Kind, c.Fields = diff.Added, []diff.Field{{ID: f.ID, Label: "Line", Value: f.After}}
	case wholeLine && f.After == "":
		c.Kind, c.Fields = diff.Removed, []diff.Field{{ID: f.ID, Label: "Line", Value: f.Before}}
	case f.Prose && !f.Unknown:
		c.Spans = f.Words()
	}
	return c
}

// releaseChanges compare what was released under two versions: releases that
// agree in what was released and on what terms are one row with their number.
func releaseChanges(v *index.View, before, after []register.Entry, stem string, names *change.Names) []diff.Change {
	rows := func(entries []register.Entry) []diff.Row {
		counts := map[string]int{}
		first := map[string]register.Entry{}
		for _, e := range entries {
			key := strings.Join([]string{v.DatasetBody(e.Dataset)[0], string(e.TypeOfData), string(e.OptOut), string(e.Frequency), string(e.Power), string(e.Sensitivity), routeNames(e.Routes)}, "/")
			if counts[key]++; counts[key] == 1 {
				first[key] = e
			}
		}
		keys := make([]string, 0, len(counts))
		for key := range counts {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		out := make([]diff.Row, len(keys))
		for i, key := range keys {
			out[i] = releasedRow(first[key], v.DatasetBody(first[key].Dataset)[0], counts[key])
		}
		return out
	}
	changes := diff.Compare(diff.Terms{{ID: "releases", Label: "Releases", Rows: rows(before)}}, diff.Terms{{ID: "releases", Label: "Releases", Rows: rows(after)}})
	for i, c := range changes {
		if c.FieldID != "dataset" || c.Kind != diff.Changed {
			continue
		}
		if on, same := names.Dataset(stem, c.Before, c.After); same {
			changes[i].Kind = diff.Retyped
			if on.Number > 0 {
				changes[i].Note = fmt.Sprintf("%s (entry %s)", terms.Lower(on.Relation.Label()), terms.Count(on.Number))
			}
		}
	}
	return changes
}

func routeNames(routes []terms.Route) string { return strings.Join(names(routes), "+") }

func releasedRow(e register.Entry, dataset string, count int) diff.Row {
	name := strings.TrimSpace(cmp.Or(e.Get(register.DatasetName), e.Dataset))
	routes := make([]string, len(e.Routes))
	for i, r := range e.Routes {
		routes[i] = r.Label()
	}
	return diff.Row{
		Label: fmt.Sprintf("%s, %s", name, terms.Lower(e.TypeOfData.Label())),
		Keys:  []string{strings.Join([]string{dataset, string(e.TypeOfData), string(e.OptOut), string(e.Frequency)}, "/"), dataset + "/" + string(e.TypeOfData), dataset},
		Fields: []diff.Field{
			{ID: "dataset", Label: "Dataset", Value: name}, {ID: "type", Label: "Type of data", Value: e.TypeOfData.Label()},
			{ID: "sensitivity", Label: "Sensitivity", Value: e.Sensitivity.Label()}, {ID: "power", Label: "Power to disseminate", Value: e.Power.Label()},
			{ID: "routes", Label: "Duty of confidence", Kind: diff.List, Values: routes}, {ID: "opt_out", Label: "Patient opt-outs", Value: e.OptOut.Label()},
			{ID: "frequency", Label: "Frequency", Value: e.Frequency.Label()}, {ID: "releases", Label: "Releases", Value: strconv.Itoa(count)},
		},
	}
}
