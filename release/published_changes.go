package release

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

// ChangesQuery asks what changed between two editions. Empty members ask
// nothing.
type ChangesQuery struct {
	// Before and After are editions: the SHA-256 of an imported file, or the
	// month (2026-10) of one that was closed here.
	Before, After string
	AsOf          int64 // size of the register; 0 is now
	Of            register.Kind
	Kinds         []change.Kind
	Page, Size    int
}

// EditionChanges is what changed between two editions.
type EditionChanges struct {
	Before, After Edition
	// Agreements and Releases count the rows that keep an id from one edition to
	// the next.
	Agreements, Releases change.Tally
	// Without are rows that keep none, as those of layouts to June 2021: they are
	// counted by agreement, dataset and what the row says of it.
	Without, WithoutBefore, WithoutAfter int
	Total                                int // rows that the query finds
	Page, Pages                          int
	Rows                                 []ChangedRow
	Counted                              []CountedChange // of rows without an id, all of them
}

// ChangedRow is one row that differs, with both its readings.
type ChangedRow struct {
	change.Row
	Entry register.Entry // the later reading, or else the earlier one
}

// CountedChange is a change in how many rows without an id of their own there
// are of one dataset under one version of an agreement.
type CountedChange struct {
	Reference     string
	Dataset       PublishedName
	Terms         string // type of data and opt-outs, in words
	Before, After int
}

// changedPair is a row that differs, without its texts.
type changedPair struct {
	of            register.Kind
	kind          change.Kind
	key           string
	before, after int64 // entries; 0: none
}

// compared is the outcome for two editions, kept while the register is as it
// is: editions never change, but successions and erased texts do.
type compared struct {
	before, after uuid.UUID
	view          *index.View
	text          int64
	pairs         []changedPair
	agreements    change.Tally
	releases      change.Tally
}

// comparedEditions keeps the outcomes that were asked for last.
type comparedEditions struct {
	mu   sync.Mutex
	list []*compared
}

const keptComparisons = 8

// publishedEdition is an edition with what finding its rows needs.
type publishedEdition struct {
	Edition
	id          uuid.UUID
	first, last int64 // entries of a month that was closed here
	ours        bool
}

// publishedEdition finds an edition by its ID, if it was there at a size of the
// register.
func (s *Service) publishedEdition(ctx context.Context, q queryer, size int64, name string) (*publishedEdition, error) {
	var e publishedEdition
	err := q.QueryRowContext(ctx, `SELECT id, file_sha256, ours, coalesce(first_entry, 0), coalesce(last_entry, 0) FROM editions
		WHERE (file_sha256 = $2 OR ours AND to_char(period_from, 'YYYY-MM') = $2) AND `+wasThere, size, name).Scan(&e.id, &e.SHA256, &e.ours, &e.first, &e.last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "The register has no edition %s, or had none on that day.", name)
	}
	if err != nil {
		return nil, err
	}
	found, err := readEditions(ctx, q, `WHERE id = $1`, e.id)
	if err != nil {
		return nil, err
	}
	e.Edition = found[0]
	return &e, nil
}

// rowsOf is the SQL for the entries of an edition: those that its rows became,
// or repeat; those of a month, where it was closed here.
func (e *publishedEdition) rowsOf(args *arguments) string {
	if e.ours {
		return fmt.Sprintf(`SELECT generate_series(%s::bigint, %s::bigint) AS id`, args.add(e.first), args.add(e.last))
	}
	return fmt.Sprintf(`SELECT DISTINCT entry_number AS id FROM source_rows WHERE edition_source_rows = %s AND entry_number IS NOT NULL`, args.add(e.id))
}

// EditionChanges compares two editions; fault.NotFound where the register has
// not both.
func (s *Service) EditionChanges(ctx context.Context, q ChangesQuery) (*EditionChanges, error) {
	if q.Size == 0 {
		q.Size = 20
	}
	q.Page, q.Size = max(q.Page, 1), min(q.Size, MaxPageSize)
	out := &EditionChanges{Page: q.Page}
	err := s.eachChange(ctx, q, out, func(pairs []changedPair, names *change.Names) error {
		out.Total, out.Pages = len(pairs), (len(pairs)+q.Size-1)/q.Size
		first := min((q.Page-1)*q.Size, len(pairs))
		return s.readPairs(ctx, pairs[first:min(first+q.Size, len(pairs))], names, func(r ChangedRow) error {
			out.Rows = append(out.Rows, r)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// EachEditionChange gives every row that the query finds, in the order of their
// keys, and streams them.
func (s *Service) EachEditionChange(ctx context.Context, q ChangesQuery, each func(ChangedRow) error) error {
	return s.eachChange(ctx, q, &EditionChanges{}, func(pairs []changedPair, names *change.Names) error {
		for first := 0; first < len(pairs); first += pairBatch {
			if err := s.readPairs(ctx, pairs[first:min(first+pairBatch, len(pairs))], names, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// pairBatch is how many changed rows are read at a time.
const pairBatch = 500

func (s *Service) eachChange(ctx context.Context, q ChangesQuery, out *EditionChanges, with func([]changedPair, *change.Names) error) error {
	d, err := s.derivation(ctx, q.AsOf)
	if err != nil {
		return err
	}
	before, err := s.publishedEdition(ctx, s.db, d.view.Size(), q.Before)
	if err != nil {
		return fmt.Errorf("reading an edition: %w", err)
	}
	after, err := s.publishedEdition(ctx, s.db, d.view.Size(), q.After)
	if err != nil {
		return fmt.Errorf("reading an edition: %w", err)
	}
	out.Before, out.After = before.Edition, after.Edition
	names, err := s.namesAt(ctx, d.view)
	if err != nil {
		return err
	}
	done, err := s.compare(ctx, before, after, d.view, d.text, names)
	if err != nil {
		return err
	}
	out.Agreements, out.Releases = done.agreements, done.releases
	if err := s.countWithout(ctx, before, after, d, out); err != nil {
		return fmt.Errorf("counting rows without an id: %w", err)
	}
	pairs := slices.DeleteFunc(slices.Clone(done.pairs), func(pair changedPair) bool {
		return q.Of != "" && pair.of != q.Of || len(q.Kinds) > 0 && !slices.Contains(q.Kinds, pair.kind)
	})
	return with(pairs, names)
}

// namesAt are the names that successions join, as they stand in a view.
func (s *Service) namesAt(ctx context.Context, v *index.View) (*change.Names, error) {
	var numbers []int64
	found, err := collect(ctx, s.db, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }, `SELECT id FROM entries WHERE kind = 'succession' AND id <= $1 ORDER BY id`, v.Size())
	if err != nil {
		return nil, fmt.Errorf("reading successions: %w", err)
	}
	for _, n := range found {
		if v.Ended(n) == 0 {
			numbers = append(numbers, n)
		}
	}
	entries, err := readEntries(ctx, s.db, nil, `WHERE e.id = ANY($1) ORDER BY e.id`, numbers)
	if err != nil {
		return nil, fmt.Errorf("reading successions: %w", err)
	}
	return change.NewNames(entries), nil
}

// compare finds the rows that differ. Rows that a later edition repeats have
// the same entry, and cost nothing.
func (s *Service) compare(ctx context.Context, before, after *publishedEdition, v *index.View, text int64, names *change.Names) (*compared, error) {
	kept := &s.derived.compared
	kept.mu.Lock()
	defer kept.mu.Unlock()
	at := slices.IndexFunc(kept.list, func(c *compared) bool {
		return c.before == before.id && c.after == after.id && c.view == v && c.text == text
	})
	if at >= 0 {
		return kept.list[at], nil
	}
	out := &compared{before: before.id, after: after.id, view: v, text: text}
	var args arguments
	query := `WITH a AS (` + before.rowsOf(&args) + `), b AS (` + after.rowsOf(&args) + `)`
	pairs, unchanged, err := s.pairs(ctx, query, args)
	if err != nil {
		return nil, fmt.Errorf("comparing editions: %w", err)
	}
	out.agreements.Unchanged, out.releases.Unchanged = unchanged[register.Agreement], unchanged[register.Release]
	for first := 0; first < len(pairs); first += pairBatch {
		batch := pairs[first:min(first+pairBatch, len(pairs))]
		entries, err := s.entriesOf(ctx, batch)
		if err != nil {
			return nil, fmt.Errorf("comparing editions: %w", err)
		}
		for _, pair := range batch {
			row, differs := change.Compare(pair.key, entries[pair.before], entries[pair.after], names)
			tally := &out.releases
			if pair.of == register.Agreement {
				tally = &out.agreements
			}
			if !differs {
				tally.Unchanged++
				continue
			}
			tally.Count(row.Kind)
			pair.kind = row.Kind
			out.pairs = append(out.pairs, pair)
		}
	}
	kept.list = slices.Insert(kept.list, 0, out)
	kept.list = kept.list[:min(len(kept.list), keptComparisons)]
	return out, nil
}

// pairs joins the rows of two editions by what they keep: the row key, or of an
// agreement its reference. Releases without a row key are in none. unchanged
// counts rows that have the same entry in both.
func (s *Service) pairs(ctx context.Context, with string, args []any) (pairs []changedPair, unchanged map[register.Kind]int, err error) {
	keyed := func(side string) string {
		return `SELECT e.kind, CASE e.kind WHEN 'agreement' THEN e.reference ELSE e.row_key END AS key, e.id,
			row_number() OVER (PARTITION BY e.kind, CASE e.kind WHEN 'agreement' THEN e.reference ELSE e.row_key END ORDER BY e.id) AS nth
			FROM ` + side + ` JOIN entries e USING (id) WHERE e.kind = 'agreement' OR e.kind = 'release' AND e.row_key <> ''`
	}
	unchanged = map[register.Kind]int{}
	rows, err := s.db.QueryContext(ctx, with+`, x AS (`+keyed("a")+`), y AS (`+keyed("b")+`)
		SELECT kind, key, coalesce(x.id, 0), coalesce(y.id, 0) FROM x FULL JOIN y USING (kind, key, nth) ORDER BY kind, key COLLATE "C", nth`, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var pair changedPair
		if err := rows.Scan(&pair.of, &pair.key, &pair.before, &pair.after); err != nil {
			return nil, nil, err
		}
		if pair.before == pair.after {
			unchanged[pair.of]++
			continue
		}
		pairs = append(pairs, pair)
	}
	return pairs, unchanged, rows.Err()
}

// entriesOf reads both readings of rows, with all texts.
func (s *Service) entriesOf(ctx context.Context, pairs []changedPair) (map[int64]*register.Entry, error) {
	var numbers []int64
	for _, p := range pairs {
		for _, n := range []int64{p.before, p.after} {
			if n > 0 {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	out := make(map[int64]*register.Entry, len(numbers))
	err := s.stream(ctx, slices.Compact(numbers), nil, func(e *streamed) error {
		entry := e.Entry
		out[e.Number] = &entry
		return nil
	})
	return out, err
}

func (s *Service) readPairs(ctx context.Context, pairs []changedPair, names *change.Names, each func(ChangedRow) error) error {
	entries, err := s.entriesOf(ctx, pairs)
	if err != nil {
		return fmt.Errorf("reading what changed: %w", err)
	}
	for _, pair := range pairs {
		row, _ := change.Compare(pair.key, entries[pair.before], entries[pair.after], names)
		later := row.After
		if later == nil {
			later = row.Before
		}
		if later == nil {
			continue
		}
		if err := each(ChangedRow{Row: row, Entry: *later}); err != nil {
			return err
		}
	}
	return nil
}

// countWithout counts the releases that have no id from one edition to the
// next, by version, dataset and what the row says of it. A dataset that was
// renamed is one.
func (s *Service) countWithout(ctx context.Context, before, after *publishedEdition, d *derivation, out *EditionChanges) error {
	type key struct{ reference, dataset, terms string }
	counts := map[key]*CountedChange{}
	for side, edition := range []*publishedEdition{before, after} {
		var args arguments
		rows, err := s.db.QueryContext(ctx, `WITH a AS (`+edition.rowsOf(&args)+`) SELECT e.reference, e.dataset, e.type_of_data, e.opt_out, count(*)
			FROM a JOIN entries e USING (id) WHERE e.kind = 'release' AND e.row_key = '' GROUP BY 1, 2, 3, 4`, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var k key
			var kind terms.TypeOfData
			var optOut terms.OptOut
			var n int
			if err := rows.Scan(&k.reference, &k.dataset, &kind, &optOut, &n); err != nil {
				return errors.Join(err, rows.Close())
			}
			k.dataset, k.terms = d.view.DatasetBody(k.dataset)[0], kind.Label()+"; opt-outs: "+optOut.Label()
			c := counts[k]
			if c == nil {
				c = &CountedChange{Reference: k.reference, Dataset: PublishedName{ID: k.dataset, Name: d.name(index.Dataset, k.dataset)}, Terms: k.terms}
				counts[k] = c
			}
			if side == 0 {
				c.Before += n
				out.WithoutBefore += n
			} else {
				c.After += n
				out.WithoutAfter += n
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	for _, c := range counts {
		if c.Before != c.After {
			out.Counted = append(out.Counted, *c)
		}
	}
	out.Without = len(counts)
	slices.SortFunc(out.Counted, func(a, b CountedChange) int {
		return cmp.Or(compareReferences(a.Reference, b.Reference), strings.Compare(a.Dataset.ID, b.Dataset.ID), strings.Compare(a.Terms, b.Terms))
	})
	return nil
}
