package release

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// RegisterQuery is what a reader asks of the register. Empty members ask
// nothing; of several values of one member any may hold, and all members that
// ask must.
type RegisterQuery struct {
	// Text is words, each of which must be found: as any part of a reference, a
	// row's id, or the name of an organisation or dataset, or as a word of an
	// agreement's title or objective, in any of its English forms. Words too
	// common to tell anything ("of") are passed over.
	Text          string
	Kinds         []register.Kind
	Organisations []string // ids
	Datasets      []string // codes
	Stems         []string
	Editions      []string // SHA-256 of the file
	Types         []terms.TypeOfData
	Sensitivities []terms.Sensitivity
	Powers        []terms.Power
	Routes        []terms.Route
	OptOuts       []terms.OptOut
	Frequencies   []terms.Frequency
	From, To      terms.Date // entries whose event lies in these days, or partly

	Page   int  // from 1; 0 is 1
	Size   int  // entries a page, at most 100; 0 is 20
	Oldest bool // oldest entries first; otherwise the newest
}

// RegisterResults is one page of a search.
type RegisterResults struct {
	Entries           []register.Entry // with the texts that lists show
	Total             int
	Page, Pages, Size int
	// Facets count, for each member of the query in turn, the entries that there
	// would be under each of its values if the query asked nothing of it.
	Facets []Facet
}

// Facet is the values of one member of a query, the most frequent first.
type Facet struct {
	Name   string // as its parameter: kind, organisation, dataset, type, sensitivity, power, route, opt_outs, frequency, edition
	Values []FacetValue
}

// FacetValue is one value with the number of its entries.
type FacetValue struct {
	Value, Label string
	Count        int
	Chosen       bool
}

// The limits of a search.
const (
	MaxPageSize   = 100
	maxQueryWords = 12
	maxQueryText  = 200
	// facetValues bounds the values of one facet; those chosen are always there.
	facetValues = 25
)

// facet is one member of the query that can be counted.
type facet struct {
	name   string
	column string // in the CTE found
	chosen []string
	label  func(string) string
	list   bool // the column is a JSON list
}

func (q RegisterQuery) facets() []facet {
	return []facet{
		{name: "kind", column: "kind", chosen: names(q.Kinds)},
		{name: "type", column: "type_of_data", chosen: names(q.Types), label: func(v string) string { return terms.TypeOfData(v).Label() }},
		{name: "opt_outs", column: "opt_out", chosen: names(q.OptOuts), label: func(v string) string { return terms.OptOut(v).Label() }},
		{name: "power", column: "power", chosen: names(q.Powers), label: func(v string) string { return terms.Power(v).Label() }},
		{name: "route", column: "routes", chosen: names(q.Routes), list: true, label: func(v string) string { return terms.Route(v).Label() }},
		{name: "sensitivity", column: "sensitivity", chosen: names(q.Sensitivities), label: func(v string) string { return terms.Sensitivity(v).Label() }},
		{name: "frequency", column: "frequency", chosen: names(q.Frequencies), label: func(v string) string { return terms.Frequency(v).Label() }},
		{name: "organisation", column: "organisation", chosen: q.Organisations},
		{name: "dataset", column: "dataset", chosen: q.Datasets},
		{name: "edition", column: "edition", chosen: q.Editions},
	}
}

// holds is the SQL condition that a facet's chosen values hold in the CTE
// found.
func (f facet) holds(args *arguments) string {
	if len(f.chosen) == 0 {
		return "true"
	}
	if f.list {
		return "routes ?| " + args.add(f.chosen) + "::text[]"
	}
	return f.column + " = ANY(" + args.add(f.chosen) + "::text[])"
}

// arguments numbers the parameters of a statement.
type arguments []any

func (a *arguments) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// codedKinds are the kinds of entry that have codes of their own; the columns
// of others hold defaults.
const codedKinds = "kind IN ('release', 'correction')"

// SearchRegister finds entries, newest first, with counts by every facet. All
// of it is one state of the register.
func (s *Service) SearchRegister(ctx context.Context, q RegisterQuery) (*RegisterResults, error) {
	if err := q.limit(); err != nil {
		return nil, err
	}
	out := &RegisterResults{Page: q.Page, Size: q.Size}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		numbers, err := q.count(ctx, tx, out)
		if err != nil {
			return err
		}
		out.Pages = (out.Total + q.Size - 1) / q.Size
		order := "DESC"
		if q.Oldest {
			order = "ASC"
		}
		if len(numbers) > 0 {
			if out.Entries, err = readEntries(ctx, tx, listTexts, `WHERE e.id = ANY($1) ORDER BY e.id `+order, numbers); err != nil {
				return err
			}
		}
		return nameFacets(ctx, tx, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// limit refuses what is over the limits, all of it at once, and fills in what
// was left out.
func (q *RegisterQuery) limit() error {
	refused := fault.New(fault.Invalid, "The search cannot be made as it was asked")
	wrong := func(field, format string, args ...any) {
		refused.With(fault.Reason{Code: "search-limit", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = 20
	}
	if q.Page < 1 || q.Page > 1_000_000 {
		wrong("page", "must be 1 or more")
	}
	if q.Size < 1 || q.Size > MaxPageSize {
		wrong("size", "must be 1 to %d", MaxPageSize)
	}
	if utf8.RuneCountInString(q.Text) > maxQueryText {
		wrong("text", "may have at most %d characters", maxQueryText)
	}
	if len(strings.Fields(q.Text)) > maxQueryWords {
		wrong("text", "may have at most %d words", maxQueryWords)
	}
	if strings.ContainsRune(q.Text, 0) || !utf8.ValidString(q.Text) {
		wrong("text", "holds a character that no text may")
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Compare(q.From) < 0 {
		wrong("to", "is before the first day")
	}
	for _, f := range q.facets() {
		if len(f.chosen) > MaxPageSize {
			wrong(f.name, "may have at most %d values", MaxPageSize)
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// base is the query without its facets.
func (q RegisterQuery) base(args *arguments) string {
	conditions := []string{"true"}
	for _, word := range strings.Fields(q.Text) {
		if !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			continue
		}
		like, plain := args.add("%"+likeEscape.Replace(word)+"%"), args.add(word)
		// The last condition is the expression of the index entry_texts_words.
		conditions = append(conditions, fmt.Sprintf(`(numnode(plainto_tsquery('english', %[2]s)) = 0 OR e.id IN (
			SELECT id FROM entries WHERE reference ILIKE %[1]s OR source_id ILIKE %[1]s
			UNION ALL SELECT entry_texts FROM entry_texts WHERE field IN ('organisation', 'dataset') AND text ILIKE %[1]s
			UNION ALL SELECT entry_texts FROM entry_texts
				WHERE field IN ('title', 'objective') AND to_tsvector('english', left(text, 250000)) @@ plainto_tsquery('english', %[2]s)))`, like, plain))
	}
	if len(q.Stems) > 0 {
		conditions = append(conditions, "e.stem = ANY("+args.add(q.Stems)+"::text[])")
	}
	if !q.From.IsZero() {
		conditions = append(conditions, "e.event_to >= "+args.add(q.From.String())+"::date")
	}
	if !q.To.IsZero() {
		conditions = append(conditions, "e.event_from <= "+args.add(q.To.String())+"::date")
	}
	return `SELECT e.id, e.kind, e.organisation, e.dataset, e.type_of_data, e.sensitivity, e.power, e.routes, e.opt_out, e.frequency,
			coalesce((SELECT file_sha256 FROM editions WHERE id = e.edition_entries), '') AS edition
		FROM entries e WHERE ` + strings.Join(conditions, " AND ")
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// count counts the whole and each facet in one pass over what the words found,
// and gives the numbers of the page's entries.
func (q RegisterQuery) count(ctx context.Context, tx queryer, out *RegisterResults) (numbers []int64, err error) {
	var args arguments
	base := q.base(&args)
	facets := q.facets()
	holds := make([]string, len(facets))
	for i, f := range facets {
		holds[i] = f.holds(&args)
	}
	order := "DESC"
	if q.Oldest {
		order = "ASC"
	}
	all := strings.Join(holds, " AND ")
	parts := []string{
		`SELECT 'total' AS part, '' AS value, count(*) AS count FROM found WHERE ` + all,
		fmt.Sprintf(`SELECT 'page', '', id FROM (SELECT id FROM found WHERE %s ORDER BY id %s LIMIT %s OFFSET %s) AS page`,
			all, order, args.add(q.Size), args.add((q.Page-1)*q.Size)),
	}
	for i, f := range facets {
		conditions := []string{"true"}
		for j := range facets {
			if i != j {
				conditions = append(conditions, holds[j])
			}
		}
		value, from := f.column, "found"
		switch {
		case f.list:
			value, from = "route", "found, jsonb_array_elements_text(routes) AS route"
			conditions = append(conditions, codedKinds)
		case f.name != "kind" && f.name != "organisation" && f.name != "dataset" && f.name != "edition":
			conditions = append(conditions, codedKinds)
		default:
			conditions = append(conditions, value+" <> ''")
		}
		parts = append(parts, fmt.Sprintf(`SELECT '%s', %s, count(*) FROM %s WHERE %s GROUP BY 2`, f.name, value, from, strings.Join(conditions, " AND ")))
	}
	rows, err := tx.QueryContext(ctx, `WITH found AS MATERIALIZED (`+base+`) SELECT * FROM (`+strings.Join(parts, "\nUNION ALL ")+`) AS counted ORDER BY 1, 3 DESC, 2`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string][]FacetValue{}
	for rows.Next() {
		var name string
		var v FacetValue
		if err := rows.Scan(&name, &v.Value, &v.Count); err != nil {
			return nil, err
		}
		switch name {
		case "total":
			out.Total = v.Count
		case "page":
			numbers = append(numbers, int64(v.Count))
		default:
			values[name] = append(values[name], v)
		}
	}
	for _, f := range facets {
		out.Facets = append(out.Facets, Facet{Name: f.name, Values: f.shown(values[f.name])})
	}
	return numbers, rows.Err()
}

// shown keeps the most frequent values, and all that are chosen, also those
// that found nothing.
func (f facet) shown(values []FacetValue) []FacetValue {
	chosen := map[string]bool{}
	for _, v := range f.chosen {
		chosen[v] = true
	}
	var out []FacetValue
	for i, v := range values {
		v.Chosen = chosen[v.Value]
		delete(chosen, v.Value)
		if i < facetValues || v.Chosen {
			out = append(out, v)
		}
	}
	for _, v := range f.chosen {
		if chosen[v] {
			out = append(out, FacetValue{Value: v, Chosen: true})
			delete(chosen, v)
		}
	}
	for i := range out {
		out[i].Label = out[i].Value
		if f.label != nil {
			out[i].Label = f.label(out[i].Value)
		}
	}
	return out
}

// nameFacets gives organisations, datasets and editions the names that readers
// know.
func nameFacets(ctx context.Context, tx queryer, out *RegisterResults) error {
	for i := range out.Facets {
		f := &out.Facets[i]
		var labels map[string]string
		var err error
		ids := make([]string, len(f.Values))
		for j, v := range f.Values {
			ids[j] = v.Value
		}
		switch f.Name {
		case "organisation":
			labels, err = publishedNames(ctx, tx, "organisation", ids)
		case "dataset":
			labels, err = publishedNames(ctx, tx, "dataset", ids)
		case "edition":
			labels, err = editionNames(ctx, tx, ids)
		}
		if err != nil {
			return err
		}
		for j, v := range f.Values {
			if label := labels[v.Value]; label != "" {
				f.Values[j].Label = label
			}
		}
	}
	return nil
}
