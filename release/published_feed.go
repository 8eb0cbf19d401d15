package release

import (
	"context"
	"database/sql"
	"slices"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/register/index"
)

// FeedEntry is an entry as a feed tells of it: what was recorded, or what
// changed by it.
type FeedEntry struct {
	register.Entry // with all texts but AsPublished
	// Before is what the entry stands in the place of: the entry that it
	// corrects, or its correction before this one, or the last reading of the
	// same published row. Changed are the fields that the two say differently.
	Before  *register.Entry
	Changed []change.Field
	// Ended are the entries that no longer stand because of it.
	Ended []int64
	// EndedBy is the entry because of which it no longer stands itself; 0 while
	// it stands.
	EndedBy int64
}

// RegisterFeed is the newest entries that a search finds.
type RegisterFeed struct {
	Entries []FeedEntry // the newest first, whatever the query's order
	Total   int
	More    bool
}

// FeedRegister gives what a search finds as news. A page begins after the entry
// q.After.
func (s *Service) FeedRegister(ctx context.Context, q RegisterQuery) (*RegisterFeed, error) {
	q.Order, q.Oldest, q.Before, q.Uncounted, q.Page = index.Newest, false, 0, true, 0
	if err := q.limit(); err != nil {
		return nil, err
	}
	found, err := s.SearchRegister(ctx, q)
	if err != nil {
		return nil, err
	}
	v, err := s.registerView(ctx, q.AsOf)
	if err != nil {
		return nil, err
	}
	out := &RegisterFeed{Total: found.Total, More: found.More}
	var numbers []int64
	before := map[int64]int64{}
	for _, e := range found.Entries {
		numbers = append(numbers, e.Number)
		if e.Kind == register.Withdrawal {
			continue
		}
		for _, ended := range v.Endings(e.Number) {
			if ended != e.Number {
				before[e.Number] = ended
				numbers = append(numbers, ended)
			}
		}
	}
	if len(numbers) == 0 {
		return out, nil
	}
	slices.Sort(numbers)
	var entries, successions []register.Entry
	err = s.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if entries, err = readEntries(ctx, tx, nil, `WHERE e.id = ANY($1)`, slices.Compact(numbers)); err != nil || len(before) == 0 {
			return err
		}
		successions, err = readEntries(ctx, tx, listTexts, `WHERE e.kind = 'succession' ORDER BY e.id`)
		return err
	})
	if err != nil {
		return nil, err
	}
	successions = slices.DeleteFunc(successions, func(e register.Entry) bool { return e.Number > v.Size() || v.Ended(e.Number) > 0 })
	known := change.NewNames(successions)
	byNumber := make(map[int64]register.Entry, len(entries))
	for _, e := range entries {
		byNumber[e.Number] = e
	}
	for _, e := range found.Entries {
		f := FeedEntry{Entry: byNumber[e.Number], EndedBy: v.Ended(e.Number)}
		f.Ended = slices.DeleteFunc(v.Endings(e.Number), func(n int64) bool { return n == e.Number })
		if old, replaced := byNumber[before[e.Number]]; replaced {
			f.Before, f.Changed = &old, change.Readings(old, f.Entry, known)
		}
		out.Entries = append(out.Entries, f)
	}
	return out, nil
}
