package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Precedents is one page of the agreements of the public register that are
// like what somebody looks for.
type Precedents struct {
	Words   string   // what was searched for in titles and objectives
	Filters []string // the codes that were recognised, in words
	Rows    []Precedent
	Total   int
	Page    int
	Pages   int
}

// Precedent is an agreement of the register, in its latest version that fits.
type Precedent struct {
	Stem, Version, Title, Organisation string
	Snippet                            []SnippetPart // of the objective
	Datasets, Types, Powers, Routes    []string      // of all that was released under it, in words
}

// SnippetPart is a piece of a text; Hit says that a word was found there.
type SnippetPart struct {
	Text string
	Hit  bool
}

const precedentPage = 20

// precedentQuery is a search with the codes that were recognised in it.
type precedentQuery struct {
	words   []string
	powers  []terms.Power
	routes  []terms.Route
	types   []terms.TypeOfData
	optOuts []terms.OptOut
	// sets are the codes of the datasets that each recognised name stands for.
	sets    [][]string
	filters []string
}

// abbreviations are names of dataset families that people also write in small
// letters.
var abbreviations = []string{"hes", "sus", "ecds", "mhsds", "mhmds", "mhldds", "iapt", "dids", "proms", "pcmd", "csds", "gdppr"}

// recognise parts the codes of the field from the words of a search: powers as
// s261(2)(b)(ii), routes, types of data, opt-outs, and datasets by their
// abbreviations (the first letters of their names).
func recognise(text string, datasets []string) precedentQuery {
	var q precedentQuery
	for _, word := range strings.Fields(text) {
		folded := strings.Trim(terms.Fold(word), ",;.")
		switch {
		case q.power(folded), q.code(folded), q.dataset(word, folded, datasets):
		default:
			q.words = append(q.words, word)
		}
	}
	return q
}

func (q *precedentQuery) power(word string) (found bool) {
	if len(word) < 3 || word[0] != 's' || word[1] < '0' || word[1] > '9' || !strings.Contains(word, "(") {
		return false
	}
	for _, value := range terms.Power("").Values() {
		p := terms.Power(value)
		if slices.Contains(strings.FieldsFunc(terms.Fold(p.Label()), func(r rune) bool { return r == ' ' || r == ',' }), word) {
			q.powers, q.filters, found = append(q.powers, p), append(q.filters, p.Label()), true
		}
	}
	return found
}

func (q *precedentQuery) code(word string) bool {
	switch word {
	case "s251", "section251":
		q.routes = append(q.routes, terms.RouteSection251)
		q.filters = append(q.filters, terms.RouteSection251.Label())
	case "consent":
		q.routes = append(q.routes, terms.RouteConsent)
		q.filters = append(q.filters, terms.RouteConsent.Label())
	case "copi":
		q.routes = append(q.routes, terms.RouteCOPI3)
		q.filters = append(q.filters, terms.RouteCOPI3.Label())
	case "identifiable":
		q.types = append(q.types, terms.Identifiable)
		q.filters = append(q.filters, terms.Identifiable.Label())
	case "pseudonymised", "pseudonymized", "anonymised":
		q.types = append(q.types, terms.Pseudonymised)
		q.filters = append(q.filters, terms.Pseudonymised.Label())
	case "aggregated", "aggregate":
		q.types = append(q.types, terms.AggregateSuppressed, terms.AggregateUnsuppressed)
		q.filters = append(q.filters, "Aggregated")
	case "opt-outs", "opt-out", "objections":
		q.optOuts = append(q.optOuts, terms.OptOutApplied)
		q.filters = append(q.filters, terms.OptOutApplied.Label())
	default:
		return false
	}
	return true
}

func (q *precedentQuery) dataset(word, folded string, datasets []string) bool {
	if n := len(folded); n < 3 || n > 8 || (word != strings.ToUpper(word) && !slices.Contains(abbreviations, folded)) {
		return false
	}
	var set []string
	for _, code := range datasets {
		if code == folded || strings.HasPrefix(code, folded+"-") || strings.HasPrefix(initials(code), folded) {
			set = append(set, code)
		}
	}
	if len(set) == 0 {
		return false
	}
	q.sets, q.filters = append(q.sets, set), append(q.filters, fmt.Sprintf("%s (datasets of the register: %d)", strings.ToUpper(folded), len(set)))
	return true
}

// initials are the first letters of a code's words.
func initials(code string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(code, "-") {
		if part != "" && part != "and" && part != "of" {
			b.WriteByte(part[0])
		}
	}
	return b.String()
}

// SearchPrecedents finds agreements in the public register by words of their
// titles and objectives and by the codes of what was released under them, the
// latest first. It reads published tables alone.
func (s *Service) SearchPrecedents(ctx context.Context, actor access.Actor, text string, page int) (*Precedents, error) {
	if err := access.Check(actor, access.ReadApplications); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(text) > maxQueryText || len(strings.Fields(text)) > maxQueryWords || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return nil, fault.New(fault.Invalid, "The search cannot be made").With(fault.Reason{Code: "search-limit", Field: "q",
			Message: fmt.Sprintf("may have at most %d words and %d characters", maxQueryWords, maxQueryText)})
	}
	out := &Precedents{Page: max(1, min(page, 10_000))}
	if strings.TrimSpace(text) == "" {
		return out, nil
	}
	return out, s.snapshot(ctx, func(tx *sql.Tx) error {
		datasets, err := collect(ctx, tx, scanText, `SELECT DISTINCT dataset FROM entries WHERE dataset <> ''`)
		if err != nil {
			return fmt.Errorf("reading the register's datasets: %w", err)
		}
		return out.search(ctx, tx, recognise(text, datasets))
	})
}

func scanText(rows *sql.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

// where is the condition that an agreement's entry a fits.
func (q precedentQuery) where(args *arguments) string {
	conditions := []string{`a.kind = 'agreement'`}
	if len(q.words) > 0 {
		conditions = append(conditions, `a.id IN (SELECT w.entry FROM text_words w JOIN entry_texts t ON t.id = w.id
			WHERE w.words @@ plainto_tsquery('english', `+args.add(strings.Join(q.words, " "))+`) AND t.field IN ('title', 'objective'))`)
	}
	var codes []string
	among := func(column string, values []string) {
		if len(values) > 0 {
			codes = append(codes, column+" = ANY("+args.add(values)+"::text[])")
		}
	}
	among("r.power", names(q.powers))
	among("r.type_of_data", names(q.types))
	among("r.opt_out", names(q.optOuts))
	if len(q.routes) > 0 {
		codes = append(codes, "r.routes ?| "+args.add(names(q.routes))+"::text[]")
	}
	for _, set := range q.sets {
		among("r.dataset", set)
	}
	if len(codes) > 0 {
		conditions = append(conditions, `EXISTS (SELECT 1 FROM entries r WHERE r.stem = a.stem AND r.kind IN ('release', 'correction') AND `+strings.Join(codes, " AND ")+`)`)
	}
	return strings.Join(conditions, " AND ")
}

// The marks around a word that was found.
const hitBegins, hitEnds = "\x02", "\x03"

func (p *Precedents) search(ctx context.Context, tx *sql.Tx, q precedentQuery) error {
	p.Words, p.Filters = strings.Join(q.words, " "), q.filters
	var args arguments
	latest := `SELECT DISTINCT ON (a.stem) a.id, a.stem, a.version FROM entries a WHERE ` + q.where(&args) + ` ORDER BY a.stem, a.id DESC`
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM (`+latest+`) AS found`, args...).Scan(&p.Total); err != nil {
		return fmt.Errorf("counting precedents: %w", err)
	}
	p.Pages = (p.Total + precedentPage - 1) / precedentPage
	words := args.add(p.Words)
	rows, err := tx.QueryContext(ctx, `
		WITH found AS (SELECT * FROM (`+latest+`) AS latest ORDER BY id DESC LIMIT `+args.add(precedentPage)+` OFFSET `+args.add((p.Page-1)*precedentPage)+`)
		SELECT f.stem, f.version,
			coalesce((SELECT text FROM entry_texts WHERE entry_texts = f.id AND field = 'title' LIMIT 1), ''),
			coalesce((SELECT text FROM entry_texts WHERE entry_texts = f.id AND field = 'organisation' LIMIT 1), ''),
			coalesce((SELECT CASE WHEN `+words+`::text = '' THEN left(text, 300) ELSE ts_headline('english', left(text, 250000),
				plainto_tsquery('english', `+words+`), 'StartSel=`+hitBegins+`, StopSel=`+hitEnds+`, MaxFragments=2, MaxWords=30, MinWords=12, FragmentDelimiter=" … "') END
				FROM entry_texts WHERE entry_texts = f.id AND field = 'objective' LIMIT 1), '')
		FROM found f ORDER BY f.id DESC`, args...)
	if err != nil {
		return fmt.Errorf("reading precedents: %w", err)
	}
	defer rows.Close()
	var stems []string
	for rows.Next() {
		var row Precedent
		var snippet string
		if err := rows.Scan(&row.Stem, &row.Version, &row.Title, &row.Organisation, &snippet); err != nil {
			return fmt.Errorf("reading precedents: %w", err)
		}
		row.Snippet = snippetParts(snippet)
		p.Rows, stems = append(p.Rows, row), append(stems, row.Stem)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading precedents: %w", err)
	}
	return p.basis(ctx, tx, stems)
}

// snippetParts parts a text at the marks.
func snippetParts(text string) (parts []SnippetPart) {
	for i, piece := range strings.Split(text, hitBegins) {
		hit, rest, marked := strings.Cut(piece, hitEnds)
		if i == 0 || !marked {
			hit, rest = "", strings.ReplaceAll(piece, hitEnds, "")
		}
		if hit != "" {
			parts = append(parts, SnippetPart{hit, true})
		}
		if rest != "" {
			parts = append(parts, SnippetPart{Text: rest})
		}
	}
	return parts
}

// basis adds what was released under the agreements, and on what basis.
func (p *Precedents) basis(ctx context.Context, tx *sql.Tx, stems []string) error {
	rows, err := tx.QueryContext(ctx, `
		SELECT DISTINCT 'dataset', r.stem, coalesce(d.name, r.dataset) FROM entries r LEFT JOIN datasets d ON d.code = r.dataset
			WHERE r.stem = ANY($1::text[]) AND r.kind IN ('release', 'correction') AND r.dataset <> ''
		UNION SELECT 'type', stem, type_of_data FROM entries WHERE stem = ANY($1::text[]) AND kind IN ('release', 'correction')
		UNION SELECT 'power', stem, power FROM entries WHERE stem = ANY($1::text[]) AND kind IN ('release', 'correction')
		UNION SELECT 'route', stem, route FROM entries, jsonb_array_elements_text(routes) AS route WHERE stem = ANY($1::text[]) AND kind IN ('release', 'correction')
		ORDER BY 1, 2, 3`, stems)
	if err != nil {
		return fmt.Errorf("reading the basis of precedents: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var part, stem, value string
		if err := rows.Scan(&part, &stem, &value); err != nil {
			return fmt.Errorf("reading the basis of precedents: %w", err)
		}
		if value == "" || value == "not_recorded" {
			continue
		}
		row := &p.Rows[slices.Index(stems, stem)]
		switch part {
		case "dataset":
			row.Datasets = append(row.Datasets, value)
		case "type":
			row.Types = append(row.Types, terms.TypeOfData(value).Label())
		case "power":
			row.Powers = append(row.Powers, terms.Power(value).Label())
		case "route":
			row.Routes = append(row.Routes, terms.Route(value).Label())
		}
	}
	return rows.Err()
}
