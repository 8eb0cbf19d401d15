package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
)

// summaries keeps the counts of the sizes of the register that were asked for
// last: at one size they never change.
type summaries struct {
	mu   sync.Mutex
	kept []*keptSummary // the last asked for first
}

type keptSummary struct {
	size int64
	once sync.Once
	sum  *summary.Summary
}

// keptSummaries is how many sizes are kept: now, and a few days that readers
// look back at.
const keptSummaries = 4

func (k *summaries) of(v *index.View) *summary.Summary {
	k.mu.Lock()
	i := slices.IndexFunc(k.kept, func(s *keptSummary) bool { return s.size == v.Size() })
	if i < 0 {
		k.kept = slices.Insert(k.kept, 0, &keptSummary{size: v.Size()})
		k.kept = k.kept[:min(len(k.kept), keptSummaries)]
	} else {
		known := k.kept[i]
		k.kept = slices.Insert(slices.Delete(k.kept, i, i+1), 0, known)
	}
	one := k.kept[0]
	k.mu.Unlock()
	one.once.Do(func() { one.sum = summary.Of(v.Size(), v.Standing()) })
	return one.sum
}

// at is the register at a size: its codes, and what stands of it counted. 0 is
// the register as it is.
type at struct {
	*index.View
	sum *summary.Summary
}

func (s *Service) registerAt(ctx context.Context, asOf int64) (at, error) {
	view, err := s.registerView(ctx, asOf)
	if err != nil {
		return at{}, err
	}
	return at{view, s.summaries.of(view)}, nil
}

// rows are the codes of the entries that a condition on the table entries "e"
// finds, those that no longer stand among them, in the order of their numbers.
// The condition's arguments are numbered from $2.
func (a at) rows(ctx context.Context, q queryer, condition string, args ...any) ([]index.Row, error) {
	numbers, err := collect(ctx, q, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) },
		`SELECT e.id FROM entries e WHERE e.id <= $1 AND (`+condition+`) ORDER BY e.id`, append([]any{a.Size()}, args...)...)
	if err != nil {
		return nil, err
	}
	out := make([]index.Row, 0, len(numbers))
	for _, number := range numbers {
		if row, ok := a.Row(number); ok {
			out = append(out, row)
		}
	}
	return out, nil
}

// standing are the rows that stand.
func standing(rows []index.Row) []index.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r index.Row) bool { return !r.Stands() })
}

func numbersOf(rows []index.Row) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.Number
	}
	return out
}

// readNumbers reads entries by their numbers, in order. The texts are those of
// only, or all if it is nil.
func readNumbers(ctx context.Context, q queryer, only []register.Field, numbers []int64) ([]register.Entry, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	return readEntries(ctx, q, only, `WHERE e.id = ANY($1) ORDER BY e.id`, numbers)
}

// organisationNames are the names of organisations by their ids, each as its
// newest entry has it. An id whose name is not at hand is its own name.
func (a at) organisationNames(ctx context.Context, q queryer, ids []string) (map[string]string, error) {
	out, numbers := map[string]string{}, map[int64]string{}
	var list []int64
	for _, id := range ids {
		if known, ok := a.sum.Organisations[id]; ok && out[id] == "" {
			numbers[known.Newest] = id
			list = append(list, known.Newest)
		}
		out[id] = id
	}
	err := eachText(ctx, q, list, []register.Field{register.OrganisationName}, func(number int64, _ register.Field, text string) error {
		out[numbers[number]] = text
		return nil
	})
	return out, err
}

// datasetNames are the names of datasets by their codes likewise. A dataset
// that stands on agreements only is named there.
func (a at) datasetNames(ctx context.Context, q queryer, codes []string) (map[string]string, error) {
	out, numbers := map[string]string{}, map[int64][]string{}
	var list []int64
	for _, code := range codes {
		if known, ok := a.sum.Datasets[code]; ok && out[code] == "" {
			numbers[known.Newest] = append(numbers[known.Newest], code)
			list = append(list, known.Newest)
		}
		out[code] = code
	}
	err := eachText(ctx, q, list, []register.Field{register.DatasetName, register.DatasetNames}, func(number int64, field register.Field, text string) error {
		if field == register.DatasetName {
			for _, code := range numbers[number] {
				out[code] = text
			}
			return nil
		}
		names := map[string]string{}
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return err
		}
		for _, code := range numbers[number] {
			if names[code] != "" {
				out[code] = names[code]
			}
		}
		return nil
	})
	return out, err
}

func eachText(ctx context.Context, q queryer, numbers []int64, fields []register.Field, visit func(number int64, field register.Field, text string) error) error {
	if len(numbers) == 0 {
		return nil
	}
	rows, err := q.QueryContext(ctx, `SELECT entry_texts, field, text FROM entry_texts WHERE entry_texts = ANY($1) AND field = ANY($2)`, numbers, names(fields))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var field register.Field
		var text string
		if err := rows.Scan(&number, &field, &text); err != nil {
			return err
		}
		if err := visit(number, field, text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// PublishedFigures are the register in numbers, at one size of it.
type PublishedFigures struct {
	Size          int64 // entries of every kind; the highest entry's number
	Entries       int   // the same
	Releases      int   // releases that stand
	Statements    int   // statements of an agreement's version that stand
	Agreements    int   // stems, all versions of an agreement together
	Organisations int   // bodies that a release or agreement names, under whatever names
	Datasets      int   // datasets that a release or agreement names, under whatever names
}

// PublishedFigures counts the register; asOf is a size of it, 0 as it is.
func (s *Service) PublishedFigures(ctx context.Context, asOf int64) (PublishedFigures, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return PublishedFigures{}, err
	}
	f := a.sum.Figures
	return PublishedFigures{
		Size: a.Size(), Entries: int(a.Size()), Releases: f.Releases, Statements: f.Statements, Agreements: f.Agreements,
		Organisations: len(bodies(a.sum.Organisations, a.Body)), Datasets: len(bodies(a.sum.Datasets, a.DatasetBody)),
	}, nil
}

// body is a body or dataset in all its ids, the newest first.
type body struct {
	ids []string
	summary.Named
}

// bodies gathers ids into bodies, by the id of each.
func bodies(named map[string]summary.Named, idsOf func(string) []string) map[string]body {
	out := map[string]body{}
	for id, counts := range named {
		ids := idsOf(id)
		if len(ids) == 0 {
			ids = []string{id}
		}
		b := out[ids[0]]
		b.ids = ids
		b.Releases, b.Statements = b.Releases+counts.Releases, b.Statements+counts.Statements
		b.Newest = max(b.Newest, counts.Newest)
		out[ids[0]] = b
	}
	return out
}

// PublishedTerms counts all releases that stand by type of data and opt-outs.
func (s *Service) PublishedTerms(ctx context.Context, asOf int64) ([]summary.Line, error) {
	a, err := s.registerAt(ctx, asOf)
	if err != nil {
		return nil, err
	}
	type key struct {
		kind   terms.TypeOfData
		optOut terms.OptOut
	}
	return summary.Merge(a.sum.Lines(), func(l summary.Line) key { return key{l.TypeOfData, l.OptOut} }), nil
}

// LatestEntries are the entries with the highest numbers, the newest first,
// without long texts.
func (s *Service) LatestEntries(ctx context.Context, asOf int64, most int) ([]register.Entry, error) {
	view, err := s.registerView(ctx, asOf)
	if err != nil {
		return nil, err
	}
	entries, err := readEntries(ctx, s.db, listTexts, `WHERE e.id <= $1 AND e.id > $2 ORDER BY e.id DESC`, view.Size(), view.Size()-int64(most))
	if err != nil {
		return nil, fmt.Errorf("reading the latest entries: %w", err)
	}
	return entries, nil
}
