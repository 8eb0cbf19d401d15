package release

import (
	"context"
	"fmt"
	"slices"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/register/index"
)

// FlagQuery is what a reader asks of one rule's flags. Empty members ask
// nothing.
type FlagQuery struct {
	AsOf                        int64 // size of the register; 0 is now
	Rule                        flag.RuleID
	Organisation, Dataset, Stem string
	Explained                   *bool // only flags with an explanation, or only those without
	Page, Size                  int   // flags a page, at most MaxPageSize; 0 is 20
}

// FlagPage is some of the flags of one rule.
type FlagPage struct {
	Found       flag.Found // of the whole register
	Total       int        // flags that the query finds
	Page, Pages int
	Flags       []Flagged
	Results     *flag.Results
}

// Flagged is one flag with its entries.
type Flagged struct {
	Group   *flag.Group // of a rule whose flags concern several entries
	Reason  flag.Reason
	Entries []register.Entry // with the texts that lists show; the first FlagEntries of a group
	More    int              // entries of the group beyond those
	// Organisation, Dataset and Stem name what a group is of.
	Organisation, Dataset PublishedName
	Stem                  string
}

// FlagEntries is how many entries of a group a page shows.
const FlagEntries = 20

// FlagPage finds flags of one rule, in the order of their entries, or of groups
// the newest first; fault.NotFound if there is no such rule.
func (s *Service) FlagPage(ctx context.Context, q FlagQuery) (*FlagPage, error) {
	if q.Size == 0 {
		q.Size = 20
	}
	q.Page, q.Size = max(q.Page, 1), min(q.Size, MaxPageSize)
	book, err := s.flagBook(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &FlagPage{Found: book.found, Page: q.Page, Results: book.results}
	first := (q.Page - 1) * q.Size
	if book.found.Rule.Grouped {
		groups := book.groups(q)
		out.Total = len(groups)
		for _, g := range groups[min(first, len(groups)):min(first+q.Size, len(groups))] {
			flagged := Flagged{Group: &g, Reason: book.results.GroupReason(q.Rule, g), Stem: g.Stem,
				Organisation: PublishedName{ID: g.Organisation, Name: book.projected.name(index.Organisation, g.Organisation)},
				Dataset:      PublishedName{ID: g.Dataset, Name: book.projected.name(index.Dataset, g.Dataset)}}
			shown := g.Entries[:min(len(g.Entries), FlagEntries)]
			flagged.More = len(g.Entries) - len(shown)
			if flagged.Entries, err = readEntries(ctx, s.db, listTexts, `WHERE e.id = ANY($1) ORDER BY e.opt_out <> 'applied', e.id`, shown); err != nil {
				return nil, fmt.Errorf("reading the entries of a flag: %w", err)
			}
			out.Flags = append(out.Flags, flagged)
		}
	} else {
		numbers := book.numbers(q)
		out.Total = len(numbers)
		entries, err := readEntries(ctx, s.db, listTexts, `WHERE e.id = ANY($1) ORDER BY e.id`, numbers[min(first, len(numbers)):min(first+q.Size, len(numbers))])
		if err != nil {
			return nil, fmt.Errorf("reading flagged entries: %w", err)
		}
		for _, e := range entries {
			row, _ := book.rows.Row(e.Number)
			reason, _ := book.results.Reason(q.Rule, row)
			out.Flags = append(out.Flags, Flagged{Reason: reason, Entries: []register.Entry{e}})
		}
	}
	out.Pages = (out.Total + q.Size - 1) / q.Size
	return out, nil
}

// FlagLine is one entry of a flag, as exports have it.
type FlagLine struct {
	Rule   flag.Rule
	Flag   int // from 1, of the rule; entries of one group share it
	Entry  register.Entry
	Reason flag.Reason
}

// EachFlagLine gives every entry that a rule flags, with its reason, in the
// order of flags, streamed; fault.NotFound if there is no such rule.
func (s *Service) EachFlagLine(ctx context.Context, q FlagQuery, each func(FlagLine) error) error {
	book, err := s.flagBook(ctx, q)
	if err != nil {
		return err
	}
	if !book.found.Rule.Grouped {
		n := 0
		return s.stream(ctx, book.numbers(q), nil, func(e *streamed) error {
			n++
			row, _ := book.rows.Row(e.Number)
			reason, _ := book.results.Reason(q.Rule, row)
			return each(FlagLine{Rule: book.found.Rule, Flag: n, Entry: e.Entry, Reason: reason})
		})
	}
	// The entries of a group stand together, those of groups in their order: a
	// batch of groups is read at a time.
	groups := book.groups(q)
	for first := 0; first < len(groups); first += flagBatch {
		batch := groups[first:min(first+flagBatch, len(groups))]
		var numbers []int64
		for _, g := range batch {
			numbers = append(numbers, g.Entries...)
		}
		slices.Sort(numbers)
		entries := map[int64]register.Entry{}
		if err := s.stream(ctx, slices.Compact(numbers), nil, func(e *streamed) error {
			entries[e.Number] = e.Entry
			return nil
		}); err != nil {
			return err
		}
		for i, g := range batch {
			reason := book.results.GroupReason(q.Rule, g)
			for _, n := range g.Entries {
				if err := each(FlagLine{Rule: book.found.Rule, Flag: first + i + 1, Entry: entries[n], Reason: reason}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// flagBatch is how many groups are read at a time.
const flagBatch = 100

// flagBook is what flags are read with.
type flagBook struct {
	results   *flag.Results
	found     flag.Found
	rows      flag.Register
	projected *projected
	view      *index.View
}

func (s *Service) flagBook(ctx context.Context, q FlagQuery) (*flagBook, error) {
	if _, known := flag.Of(q.Rule); !known {
		return nil, fault.New(fault.NotFound, "%q is no rule of flags.", q.Rule)
	}
	d, err := s.derivation(ctx, q.AsOf)
	if err != nil {
		return nil, err
	}
	found, err := s.flagging(ctx, d).wait(ctx)
	if err != nil {
		return nil, err
	}
	book := &flagBook{results: found.Results, rows: found.Register(), projected: d.projected, view: d.view}
	book.found, _ = found.Rule(q.Rule)
	return book, nil
}

// bodies are the names that a query means: any name of a body stands for all.
func (b *flagBook) bodies(q FlagQuery) FlagQuery {
	if q.Organisation != "" {
		q.Organisation = b.view.Body(q.Organisation)[0]
	}
	if q.Dataset != "" {
		q.Dataset = b.view.DatasetBody(q.Dataset)[0]
	}
	return q
}

func (b *flagBook) groups(q FlagQuery) []flag.Group {
	q = b.bodies(q)
	return slices.DeleteFunc(slices.Clone(b.found.Groups), func(g flag.Group) bool {
		return q.Organisation != "" && g.Organisation != q.Organisation || q.Dataset != "" && g.Dataset != q.Dataset ||
			q.Stem != "" && !b.of(g, q.Stem) || q.Explained != nil && *q.Explained != g.Explained
	})
}

// of says whether a group has an entry of an agreement.
func (b *flagBook) of(g flag.Group, stem string) bool {
	if g.Stem != "" {
		return g.Stem == stem
	}
	return slices.ContainsFunc(g.Entries, func(n int64) bool {
		row, _ := b.view.Row(n)
		return row.Stem == stem
	})
}

func (b *flagBook) numbers(q FlagQuery) []int64 {
	q = b.bodies(q)
	if q.Organisation == "" && q.Dataset == "" && q.Stem == "" && q.Explained == nil {
		return b.found.Entries
	}
	var out []int64
	for _, n := range b.found.Entries {
		row, _ := b.rows.Row(n)
		if (q.Organisation == "" || row.Organisation == q.Organisation) && (q.Dataset == "" || row.Dataset == q.Dataset) && (q.Stem == "" || row.Stem == q.Stem) &&
			(q.Explained == nil || *q.Explained == b.results.Explained(n).Has(q.Rule)) {
			out = append(out, n)
		}
	}
	return out
}

// FlagsAbout counts what each rule flags of one organisation, dataset or
// agreement, for the sections of their pages; none where nothing is flagged.
// Nothing is ready where flags take longer than a page should wait.
func (s *Service) FlagsAbout(ctx context.Context, size int64, about flag.About, id string) (counts []flag.Count, ready bool, err error) {
	d, err := s.derivation(ctx, size)
	if err != nil {
		return nil, false, err
	}
	switch about {
	case flag.OfOrganisation:
		id = d.view.Body(id)[0]
	case flag.OfDataset:
		id = d.view.DatasetBody(id)[0]
	}
	found, ready, err := s.flagging(ctx, d).within(ctx, patience)
	if err != nil || !ready {
		return nil, false, err
	}
	return found.Counts(about, id), true, nil
}

// FlagsOfEntry says why an entry is flagged, by every rule that does; ready as
// for FlagsAbout.
func (s *Service) FlagsOfEntry(ctx context.Context, size, number int64) (reasons []flag.Reason, ready bool, err error) {
	d, err := s.derivation(ctx, size)
	if err != nil {
		return nil, false, err
	}
	found, ready, err := s.flagging(ctx, d).within(ctx, patience)
	if err != nil || !ready {
		return nil, false, err
	}
	if row, ok := found.Register().Row(number); ok {
		reasons = found.Reasons(row)
	}
	return reasons, true, nil
}
