package release

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/summary"
)

// PublishedDataset is a dataset under all its names, and who received it.
type PublishedDataset struct {
	Code      string // of the newest name; codes of other names lead here
	Name      string
	Spellings []Spelling
	// Joined are the successions that make its names one, Before and After those
	// by which it took the place of another collection and another took its.
	Joined, Before, After []register.Entry
	Statements, Releases  int
	Lines                 []PublishedLine // by body that received it, type and opt-outs
	Recipients            []PublishedRecipient
	Months                []summary.Month // the latest first
}

// PublishedRecipient is a body that received a dataset.
type PublishedRecipient struct {
	ID, Name   string
	Agreements int
	Releases   int
	Lines      []summary.Line // by type of data and opt-outs
}

// PublishedDataset finds a dataset by any of its codes, at a size of the
// register (0: as it is); fault.NotFound if the register has no entry of it.
func (s *Service) PublishedDataset(ctx context.Context, asOf int64, code string) (*PublishedDataset, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	codes := a.DatasetBody(code)
	out := &PublishedDataset{Code: codes[0], Months: a.sum.Months(codes...)}
	err = s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if out.Spellings, err = readSpellings(ctx, tx, a, "dataset", register.DatasetName, codes); err != nil {
			return err
		}
		if err := out.readSuccessions(ctx, tx, a, codes); err != nil {
			return err
		}
		for _, code := range codes {
			named := a.sum.Datasets[code]
			out.Statements, out.Releases = out.Statements+named.Statements, out.Releases+named.Releases
		}
		if len(out.Spellings) == 0 && out.Statements == 0 && len(out.Joined)+len(out.Before)+len(out.After) == 0 {
			return fault.New(fault.NotFound, "The register has no dataset %s.", code)
		}
		if out.Name = newestName("", out.Spellings); out.Name == "" {
			named, err := a.datasetNames(ctx, tx, codes)
			if err != nil {
				return err
			}
			out.Name = cmp.Or(named[out.Code], out.Code)
		}
		return out.readRecipients(ctx, tx, a, codes)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (out *PublishedDataset) readSuccessions(ctx context.Context, tx queryer, a at, codes []string) error {
	var numbers []int64
	for _, r := range a.sum.Successions {
		if slices.Contains(codes, r.Dataset) || slices.Contains(codes, r.SuccessorDataset) {
			numbers = append(numbers, r.Number)
		}
	}
	entries, err := readNumbers(ctx, tx, nil, numbers)
	for _, e := range entries {
		switch {
		case e.Relation.Joins() && e.Stem == "":
			out.Joined = append(out.Joined, e)
		case slices.Contains(codes, e.Dataset):
			out.After = append(out.After, e)
		default:
			out.Before = append(out.Before, e)
		}
	}
	return err
}

func (out *PublishedDataset) readRecipients(ctx context.Context, tx queryer, a at, codes []string) error {
	lines := a.sum.OfDatasets(codes...)
	var ids []string
	for i, l := range lines {
		lines[i].Organisation = a.Body(l.Organisation)[0]
		ids = append(ids, lines[i].Organisation)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	named, err := a.organisationNames(ctx, tx, ids)
	if err != nil {
		return err
	}
	places, stems := map[string]int{}, map[string]map[string]bool{}
	type key struct {
		organisation, kind, optOut string
	}
	for _, l := range lines {
		if stems[l.Organisation] == nil {
			places[l.Organisation], stems[l.Organisation] = len(out.Recipients), map[string]bool{}
			out.Recipients = append(out.Recipients, PublishedRecipient{ID: l.Organisation, Name: named[l.Organisation]})
		}
		stems[l.Organisation][l.Stem] = true
		r := &out.Recipients[places[l.Organisation]]
		r.Releases, r.Agreements = r.Releases+l.Releases, len(stems[l.Organisation])
	}
	for _, l := range summary.Merge(lines, func(l summary.Line) key { return key{l.Organisation, string(l.TypeOfData), string(l.OptOut)} }) {
		r := &out.Recipients[places[l.Organisation]]
		r.Lines = append(r.Lines, l)
	}
	slices.SortFunc(out.Recipients, func(x, y PublishedRecipient) int {
		return cmp.Or(cmp.Compare(y.Releases, x.Releases), compareNames(x.Name, y.Name), compareText(x.ID, y.ID))
	})
	for _, l := range summary.Merge(lines, func(l summary.Line) key { return key{"", string(l.TypeOfData), string(l.OptOut)} }) {
		out.Lines = append(out.Lines, PublishedLine{Line: l, DatasetName: out.Name})
	}
	return nil
}
