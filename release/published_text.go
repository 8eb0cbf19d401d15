package release

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/words"
)

// longTexts are the texts whose words are searched.
var longTexts = []register.Field{register.Title, register.LaySummary, register.Objective, register.Processing, register.Outputs,
	register.Benefits, register.YieldedBenefits, register.TechnicalSummary, register.Reason}

// findTerms gives, for each term that asks something, the entries that have it,
// or for a term that must not be there the others. unread says whether there
// are texts whose words are not known yet.
func (s *Service) findTerms(ctx context.Context, p *projected, v *index.View, list []words.Term) (found []*index.Bits, unread bool, err error) {
	inTexts, unread, err := s.textWords(ctx, p, v, list)
	if err != nil {
		return nil, false, err
	}
	for i, t := range list {
		if inTexts[i] == nil {
			continue // too common
		}
		bits := p.named(v, t)
		bits.Or(inTexts[i])
		if t.Not {
			others := v.Everything()
			others.Without(bits)
			bits = others
		}
		found = append(found, bits)
	}
	return found, unread, nil
}

// named is the entries in whose names, references and row ids a term is found.
func (p *projected) named(v *index.View, t words.Term) *index.Bits {
	if t.Reference.IsNIC() {
		return referred(v, t)
	}
	folded := register.NameKey(t.Text)
	bits := v.WithReference(func(reference string) bool { return strings.Contains(strings.ToLower(reference), folded) })
	for _, facet := range []index.Facet{index.Organisation, index.Dataset} {
		bits.Or(v.WithName(facet, func(id string) bool {
			return slices.ContainsFunc(p.names[facet][id], func(s spelling) bool { return strings.Contains(s.folded, folded) })
		}))
	}
	// Row ids have digits; what has none is in all of them or in none.
	if strings.ContainsAny(folded, "0123456789") {
		bits.Or(v.WithSourceID(t.Text))
	}
	return bits
}

// referred is the entries of an agreement: of the version that the term has, or
// of all where the register knows no such version.
func referred(v *index.View, t words.Term) *index.Bits {
	stem, version := t.Reference.Stem(), t.Reference.String()
	bits := v.WithReference(func(reference string) bool { return reference == version })
	if !t.Reference.Versioned || bits.Count() == 0 {
		bits = v.WithReference(func(reference string) bool {
			return strings.HasPrefix(strings.TrimPrefix(reference, "DARS-")+"-", stem+"-")
		})
	}
	return bits
}

// termWords is what a term was found in, as of a moment.
type termWords struct {
	common bool    // too common to tell anything
	found  []int64 // entries
	state  wordState
	at     time.Time
}

// wordState is the last text whose words are known, and the size of the
// register: an erased text is told by an entry.
type wordState struct{ last, size int64 }

// Words are read after their texts are committed, and may be in another order;
// what was found is used again for a short while, and until more were read.
const (
	termLife   = 30 * time.Second
	keptTerms  = 200
	keptCounts = 2_000_000 // entries of all of them together
)

// termCache keeps what the terms that were asked last were found in. Its zero
// value is ready.
type termCache struct {
	mu    sync.Mutex
	terms map[string]termWords
	held  int
}

func (c *termCache) get(key string, state wordState, now time.Time) (termWords, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, known := c.terms[key]
	return t, known && t.state == state && now.Sub(t.at) < termLife
}

func (c *termCache) put(key string, t termWords) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held += len(t.found) - len(c.terms[key].found)
	if c.terms == nil || len(c.terms) >= keptTerms || c.held > keptCounts {
		c.terms, c.held = map[string]termWords{}, len(t.found)
	}
	c.terms[key] = t
}

// textWords finds the terms among the words of long texts: nil for a term that
// is too common to tell anything.
func (s *Service) textWords(ctx context.Context, p *projected, v *index.View, list []words.Term) (found []*index.Bits, unread bool, err error) {
	state := wordState{size: p.size}
	err = s.db.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM text_words), 0)`).Scan(&state.last)
	if err == nil && max(s.projection.read.Load(), s.projection.seen.Load()) < p.text {
		unread, err = s.unread(ctx, state.last, p.text)
	}
	if err != nil {
		return nil, false, fmt.Errorf("searching texts: %w", err)
	}
	now := time.Now()
	found = make([]*index.Bits, len(list))
	for i, t := range list {
		key := fmt.Sprint(t.Phrase, t.Text)
		known, ok := s.projection.terms.get(key, state, now)
		if !ok {
			if known, err = s.termWords(ctx, t); err != nil {
				return nil, false, fmt.Errorf("searching texts: %w", err)
			}
			known.state, known.at = state, now
			s.projection.terms.put(key, known)
		}
		if !known.common {
			found[i] = v.Tagged(known.found)
		}
	}
	return found, unread, nil
}

// unread says whether there are texts after the last whose words are known, up
// to another. The order makes the database go by the ids: it takes what follows
// for a third of the table.
func (s *Service) unread(ctx context.Context, last, newest int64) (unread bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM (
		SELECT field FROM entry_texts WHERE id > $1 ORDER BY id LIMIT 100000) AS later WHERE field = ANY($2))`, last, names(longTexts)).Scan(&unread)
	if err == nil && !unread {
		s.projection.seen.Store(newest)
	}
	return unread, err
}

func (s *Service) termWords(ctx context.Context, t words.Term) (out termWords, err error) {
	query := "plainto_tsquery"
	if t.Phrase {
		query = "phraseto_tsquery"
	}
	err = s.native(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT numnode(q) = 0, CASE WHEN numnode(q) > 0 THEN ARRAY(SELECT entry FROM text_words WHERE words @@ q) END
			FROM (SELECT `+query+`('english', $1) AS q) AS asked`, t.Text).Scan(&out.common, &out.found)
	})
	return out, err
}

// native is a connection as the driver has it: long arrays come through it
// several times as fast.
func (s *Service) native(ctx context.Context, use func(*pgx.Conn) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a %T is no connection of PostgreSQL", driver)
		}
		return use(pg.Conn())
	})
}

// snippets shows where the terms stand in the long texts of some entries.
func snippets(ctx context.Context, tx *sql.Tx, numbers []int64, list []words.Term) (map[int64][]TextSnippet, error) {
	list = slices.DeleteFunc(slices.Clone(list), func(t words.Term) bool { return t.Not || t.Reference.IsNIC() })
	if len(list) == 0 {
		return nil, nil
	}
	type text struct {
		entry int64
		field register.Field
		text  string
	}
	texts, err := collect(ctx, tx, func(rows *sql.Rows) (t text, err error) { return t, rows.Scan(&t.entry, &t.field, &t.text) },
		`SELECT entry_texts, field, text FROM entry_texts WHERE entry_texts = ANY($1) AND field = ANY($2)`, numbers, names(longTexts))
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	stems, steps := map[string][]words.Place{}, make([]int, len(list))
	var all []string
	for i, t := range list {
		type stem struct {
			text     string
			position int
		}
		found, err := collect(ctx, tx, func(rows *sql.Rows) (s stem, err error) { return s, rows.Scan(&s.text, &s.position) },
			`SELECT lexeme, position FROM unnest(to_tsvector('english', $1)), unnest(positions) AS position ORDER BY position`, t.Text)
		if err != nil {
			return nil, err
		}
		steps[i] = 1
		for step, s := range found {
			at := words.Place{Term: i}
			if t.Phrase {
				steps[i], at.Step = len(found), step
			}
			if at.Step > 0 {
				at.After = s.position - found[step-1].position
			}
			stems[s.text], all = append(stems[s.text], at), append(all, s.text)
		}
	}
	// The database says of each word which of the stems it has: it made them.
	var likely []string
	for _, t := range texts {
		likely = append(likely, words.Words(t.text, all)...)
	}
	slices.Sort(likely)
	type stemmed struct{ word, stem string }
	known, err := collect(ctx, tx, func(rows *sql.Rows) (s stemmed, err error) { return s, rows.Scan(&s.word, &s.stem) },
		`SELECT word, stem FROM unnest($1::text[]) AS word, unnest(ts_lexize('english_stem', word)) AS stem`, slices.Compact(likely))
	if err != nil {
		return nil, err
	}
	which := map[string][]words.Place{}
	for _, s := range known {
		which[s.word] = append(which[s.word], stems[s.stem]...)
	}
	slices.SortFunc(texts, func(a, b text) int { return slices.Index(longTexts, a.field) - slices.Index(longTexts, b.field) })
	out := map[int64][]TextSnippet{}
	for _, t := range texts {
		for _, snippet := range words.Snippets(t.text, maxSnippets-len(out[t.entry]), steps, func(word string) []words.Place { return which[word] }) {
			out[t.entry] = append(out[t.entry], TextSnippet{t.field, snippet})
		}
	}
	return out, nil
}

const (
	// wordsBatch texts are read for their words at a time.
	wordsBatch = 500
	// wordsOverlap is how far apart the ids of texts may be that are committed
	// at the same time: more than the texts of the largest import.
	wordsOverlap = 1_000_000
)

// IndexTexts reads the words of texts that were entered since, so that they can
// be searched, and says of how many texts. An import does not wait for it: to
// find the words of a purpose takes several times as long as to write it. It is
// safe to run twice and beside itself; a text that is erased takes its words
// with it.
func (s *Service) IndexTexts(ctx context.Context) (int, error) {
	var newest, last int64
	err := s.db.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM entry_texts), 0), coalesce((SELECT max(id) FROM text_words), 0)`).Scan(&newest, &last)
	if err != nil {
		return 0, fmt.Errorf("looking for new texts: %w", err)
	}
	if s.projection.read.Load() == newest {
		return 0, nil
	}
	total := 0
	// Texts may be committed in another order than that of their ids: what comes
	// after the last that was read is read first, then what was left out before
	// it is looked for, the first time among all.
	before := int64(0)
	if s.projection.read.Load() > 0 {
		before = max(last-wordsOverlap, 0)
	}
	for _, after := range []int64{last, before} {
		for {
			done, next, err := s.indexTexts(ctx, after)
			if err != nil {
				return total, fmt.Errorf("reading the words of new texts: %w", err)
			}
			if done == 0 {
				break
			}
			total, after = total+done, next
		}
	}
	s.projection.read.Store(newest)
	return total, nil
}

// indexTexts reads the next texts after an id that have no words yet.
func (s *Service) indexTexts(ctx context.Context, after int64) (done int, last int64, err error) {
	err = s.db.QueryRowContext(ctx, `
		WITH new AS (
			SELECT t.id, t.entry_texts, t.text FROM entry_texts t
			WHERE t.id > $1 AND t.field = ANY($2) AND NOT EXISTS (SELECT FROM text_words w WHERE w.id = t.id) ORDER BY t.id LIMIT $3
		), read AS (
			INSERT INTO text_words (id, entry, words)
			SELECT id, entry_texts, to_tsvector('english', left(text, 250000)) FROM new ON CONFLICT DO NOTHING
		)
		SELECT count(*), coalesce(max(id), 0) FROM new`, after, names(longTexts), wordsBatch).Scan(&done, &last)
	return done, last, err
}
