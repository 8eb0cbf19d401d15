package release

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/dataset"
	"data.release/registrar/ent/entry"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// TakeOnInput names recorded versions to take on.
type TakeOnInput struct {
	Versions []uuid.UUID `json:"versions" validate:"required,min=1,max=1000,unique"`
	Reason   string      `json:"reason" validate:"required,max=4000"`
}

// TakeOn makes drafts of recorded versions: from the register's releases under
// their reference come the dataset lines, and those who received become
// controllers and recipients. What the register does not say stays not
// recorded; the worklist names it. The kind stays imported. All or nothing,
// with an event each.
func (s *Service) TakeOn(ctx context.Context, actor access.Actor, input TakeOnInput) error {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		refused := fault.New(fault.Conflict, "The versions cannot be taken on as they are")
		var versions []*ent.AgreementVersion
		for i, id := range input.Versions {
			v, err := w.version(ctx, id)
			if err != nil {
				return err
			}
			if v.State != terms.Recorded {
				refused.With(fault.Reason{Code: "state", Field: fmt.Sprintf("versions[%d]", i), Message: "is " + v.State.Label() + ", not recorded history"})
			}
			versions = append(versions, v)
		}
		if len(refused.Reasons) > 0 {
			return refused
		}
		for _, v := range versions {
			if err := w.takeOn(ctx, s, v, input.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *work) takeOn(ctx context.Context, s *Service, v *ent.AgreementVersion, reason string) error {
	root, err := v.QueryAgreement().WithApplicant().Only(ctx)
	if err != nil {
		return err
	}
	update, err := w.move(ctx, v, "take_on", reason)
	if err != nil {
		return err
	}
	if err := update.Exec(ctx); err != nil {
		return err
	}
	releases, err := w.releasesUnder(ctx, root.Stem, v.Number)
	if err != nil {
		return err
	}
	lines, err := w.linesOfReleases(ctx, releases)
	if err != nil {
		return err
	}
	parties := partiesOfReleases(releases, root.Edges.Applicant)
	c := w.checking(ctx, s, root.Stem+" cannot be taken on")
	sections := []Section{parties, lines}
	for _, section := range sections {
		section.check(c)
	}
	if err := c.result(); err != nil {
		return err
	}
	if err := w.writeSections(ctx, v, c, sections...); err != nil {
		return err
	}
	if err := w.revise(ctx, v, StepParties, StepLines); err != nil {
		return err
	}
	return w.event(ctx, "version taken on", v.ID.String(), reason, map[string]any{"stem": root.Stem, "number": v.Number,
		"releases": len(releases), "lines": len(lines.Lines), "parties": len(parties.Parties)})
}

// releasesUnder are the register's releases under a reference that were not
// withdrawn or erased.
func (w *work) releasesUnder(ctx context.Context, stem, number string) ([]*ent.Entry, error) {
	gone, err := w.Entry.Query().Where(entry.Stem(stem), entry.KindIn(register.Withdrawal, register.Tombstone), entry.AboutNotNil()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what was withdrawn of %s: %w", stem, err)
	}
	var about []int64
	for _, e := range gone {
		about = append(about, *e.About)
	}
	found, err := w.Entry.Query().Where(entry.Stem(stem), entry.Version(number), entry.KindEQ(register.Release), entry.IDNotIn(about...)).
		Order(entry.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the releases under %s: %w", stem, err)
	}
	return found, nil
}

// linesOfReleases makes a line for each dataset and basis that was released. A
// cell that names several routes speaks of the whole agreement (governance
// §1.7): the line's own is then not recorded.
func (w *work) linesOfReleases(ctx context.Context, releases []*ent.Entry) (LinesSection, error) {
	type basis struct {
		dataset     string
		typ         terms.TypeOfData
		sensitivity terms.Sensitivity
		power       terms.Power
		route       terms.Route
		optOut      terms.OptOut
		frequency   terms.Frequency
	}
	seen := map[basis]bool{}
	for _, e := range releases {
		route := terms.RouteNotRecorded
		if len(e.Routes) == 1 {
			route = e.Routes[0]
		}
		seen[basis{e.Dataset, e.TypeOfData, e.Sensitivity, e.Power, route, e.OptOut, e.Frequency}] = true
	}
	names, err := w.datasetNames(ctx, releases)
	if err != nil {
		return LinesSection{}, err
	}
	var section LinesSection
	for b := range seen {
		section.Lines = append(section.Lines, LineInput{DatasetName: names[b.dataset], Type: b.typ, Sensitivity: b.sensitivity, Power: b.power,
			Route: b.route, OptOut: b.optOut, Frequency: b.frequency})
	}
	slices.SortFunc(section.Lines, func(a, b LineInput) int {
		return cmp.Or(strings.Compare(a.DatasetName, b.DatasetName), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Sensitivity, b.Sensitivity),
			cmp.Compare(a.Power, b.Power), cmp.Compare(a.Route, b.Route), cmp.Compare(a.OptOut, b.OptOut), cmp.Compare(a.Frequency, b.Frequency))
	})
	return section, nil
}

func (w *work) datasetNames(ctx context.Context, releases []*ent.Entry) (map[string]string, error) {
	codes := map[string]bool{}
	for _, e := range releases {
		codes[e.Dataset] = true
	}
	found, err := w.Dataset.Query().Where(dataset.CodeIn(slices.Sorted(maps.Keys(codes))...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading datasets: %w", err)
	}
	names := map[string]string{}
	for _, d := range found {
		names[d.Code] = d.Name
	}
	return names, nil
}

// partiesOfReleases are the organisations of the releases, else the applicant,
// each as controller and recipient. How several stand to each other the
// register does not say.
func partiesOfReleases(releases []*ent.Entry, applicant *ent.Organisation) PartiesSection {
	var slugs []string
	for _, e := range releases {
		if e.Organisation != "" && !slices.Contains(slugs, e.Organisation) {
			slugs = append(slugs, e.Organisation)
		}
	}
	if len(slugs) == 0 && applicant != nil {
		slugs = []string{applicant.Slug}
	}
	slices.Sort(slugs)
	section := PartiesSection{Controllership: terms.ControllershipNotRecorded}
	for _, slug := range slugs {
		section.Parties = append(section.Parties, PartyInput{Organisation: slug, Role: terms.Controller}, PartyInput{Organisation: slug, Role: terms.Recipient})
	}
	return section
}

// revise counts the steps of a version that a command saved, so that whoever
// has them open sees that they moved.
func (w *work) revise(ctx context.Context, v *ent.AgreementVersion, steps ...string) error {
	revisions := maps.Clone(v.Revisions)
	if revisions == nil {
		revisions = map[string]int{}
	}
	for _, step := range steps {
		revisions[step]++
	}
	v.Revisions = revisions
	return v.Update().SetRevisions(revisions).Exec(ctx)
}
