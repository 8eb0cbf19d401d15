package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
)

// States of a withheld text.
const (
	WithheldWaiting   = "waiting"
	WithheldPublished = "published"
	WithheldErased    = "erased"
)

// WithheldFilter narrows the list of withheld texts; what is empty narrows
// nothing.
type WithheldFilter struct {
	State   string         `json:"state,omitempty"`
	Kind    privacy.Kind   `json:"kind,omitempty"`    // something of the kind was found
	Only    bool           `json:"only,omitempty"`    // and nothing of another
	Field   register.Field `json:"field,omitempty"`   // or CellField
	Edition string         `json:"edition,omitempty"` // its id, or OwnEntries
	Entry   int64          `json:"entry,omitempty"`
}

// CellField is, in a filter, what stands in the place of a text's field for a
// cell of an imported row; OwnEntries is in the place of an edition for
// entries of ours.
const (
	CellField  register.Field = "cell"
	OwnEntries string         = "own"
)

// where is the filter as SQL over withheld_texts w and withheld_decisions d.
func (f WithheldFilter) where() (string, []any) {
	conditions, args := []string{"true"}, []any{}
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		conditions = append(conditions, condition)
	}
	switch f.State {
	case WithheldWaiting:
		add("d.id IS NULL")
	case WithheldPublished:
		add("d.decision = 'publish'")
	case WithheldErased:
		add("d.decision = 'erase'")
	}
	if f.Kind != "" {
		add(`w.findings @> jsonb_build_array(jsonb_build_object('kind', ?::text))`, string(f.Kind))
	}
	if f.Only {
		add(`NOT EXISTS (SELECT FROM jsonb_array_elements(w.findings) AS other WHERE other ->> 'kind' <> ?)`, string(f.Kind))
	}
	switch {
	case f.Field == CellField:
		add(`w.field = ''`)
	case f.Field != "":
		add(`w.field = ?`, string(f.Field))
	}
	switch {
	case f.Edition == OwnEntries:
		add(`w.edition_id IS NULL`)
	case f.Edition != "":
		id, err := uuid.Parse(f.Edition)
		if err != nil {
			add(`false`) // no edition has this id
		} else {
			add(`w.edition_id = ?`, id)
		}
	}
	if f.Entry != 0 {
		add(`w.entry_number = ?`, f.Entry)
	}
	return strings.Join(conditions, " AND "), args
}

// WithheldText is a text that is or was withheld, for staff.
type WithheldText struct {
	ID           uuid.UUID
	Since        time.Time
	Entry        int64          // 0: a cell of a row
	Field        register.Field // empty: a cell of a row
	Reference    string
	EditionID    uuid.NullUUID
	EditionTitle string
	Sheet        string // name, of a cell
	Line, Column int
	Findings     []privacy.Finding
	// Windows show each finding in its sentence: only to those who decide, and
	// only while the text waits.
	Windows []privacy.Window

	State     string
	DecidedAt *time.Time
	DecidedBy string
	Reason    string
	Tombstone int64
}

// windowReach is how much of a sentence a person sees around a finding, in
// bytes.
const windowReach = 160

// WithheldTexts lists withheld texts in the order in which they were entered,
// from one place on and at most limit of them (0: all), with how many there
// are. Those who may decide see the findings in their sentences.
func (s *Service) WithheldTexts(ctx context.Context, actor access.Actor, filter WithheldFilter, from, limit int) (texts []WithheldText, total int, err error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, 0, err
	}
	where, args := filter.where()
	const tables = `withheld_texts w LEFT JOIN withheld_decisions d ON d.withheld_text_decision = w.id`
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM `+tables+` WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("counting withheld texts: %w", err)
	}
	decides := access.Check(actor, access.DecidePrivacy) == nil
	query := `SELECT w.id, w.created_at, w.entry_number, w.field, coalesce(e.reference, ''), w.edition_id, coalesce(t.title, ''),
			coalesce((SELECT r.sheet FROM source_rows r WHERE r.edition_source_rows = w.edition_id AND r.sheet_index = w.sheet LIMIT 1), ''),
			w.line, w."column", w.findings, CASE WHEN $` + fmt.Sprint(len(args)+1) + `::boolean THEN c.text END,
			coalesce(d.decision, ''), d.created_at, coalesce(p.name, ''), coalesce(d.reason, ''), d.tombstone
		FROM ` + tables + ` LEFT JOIN withheld_contents c ON c.withheld_text_content = w.id LEFT JOIN entries e ON e.id = w.entry_number
		LEFT JOIN editions t ON t.id = w.edition_id LEFT JOIN persons p ON p.id = d.decided_by
		WHERE ` + where + ` ORDER BY w.id OFFSET ` + fmt.Sprint(max(0, from))
	if limit > 0 {
		query += ` LIMIT ` + fmt.Sprint(limit)
	}
	texts, err = collect(ctx, s.db, scanWithheld, query, append(args, decides)...)
	if err != nil {
		return nil, 0, fmt.Errorf("reading withheld texts: %w", err)
	}
	return texts, total, nil
}

func scanWithheld(rows *sql.Rows) (t WithheldText, err error) {
	var entry, line, column, tombstone sql.NullInt64
	var findings []byte
	var words sql.NullString
	var decision string
	err = rows.Scan(&t.ID, &t.Since, &entry, &t.Field, &t.Reference, &t.EditionID, &t.EditionTitle, &t.Sheet, &line, &column, &findings, &words,
		&decision, &t.DecidedAt, &t.DecidedBy, &t.Reason, &tombstone)
	if err != nil {
		return t, err
	}
	t.Entry, t.Line, t.Column, t.Tombstone = entry.Int64, int(line.Int64), int(column.Int64), tombstone.Int64
	t.State = map[string]string{"": WithheldWaiting, PublishWithheld: WithheldPublished, EraseWithheld: WithheldErased}[decision]
	if err := json.Unmarshal(findings, &t.Findings); err != nil {
		return t, fmt.Errorf("the findings of %s: %w", t.ID, err)
	}
	if words.Valid {
		t.Windows = privacy.Windows(words.String, t.Findings, windowReach)
	}
	return t, nil
}

// WithheldClass counts undecided texts of one edition (or of our own entries)
// by the kind of what was found in them.
type WithheldClass struct {
	Edition string // id, or OwnEntries
	Title   string // of the edition; empty for our own
	Kind    privacy.Kind
	Texts   int // with something of the kind
	Only    int // of them, with nothing of another kind: they can be decided on together
}

// WithheldClasses lists the classes of what waits for a decision.
func (s *Service) WithheldClasses(ctx context.Context, actor access.Actor) ([]WithheldClass, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	found, err := collect(ctx, s.db, func(rows *sql.Rows) (c WithheldClass, err error) {
		return c, rows.Scan(&c.Edition, &c.Title, &c.Kind, &c.Texts, &c.Only)
	}, `SELECT coalesce(k.edition_id::text, '`+OwnEntries+`'), coalesce(t.title, ''), k.kind, count(*), count(*) FILTER (WHERE k.kinds = 1)
		FROM (SELECT w.id, w.edition_id, f.kind, count(*) OVER (PARTITION BY w.id) AS kinds FROM withheld_texts w
			JOIN withheld_contents c ON c.withheld_text_content = w.id
			CROSS JOIN LATERAL (SELECT DISTINCT finding ->> 'kind' AS kind FROM jsonb_array_elements(w.findings) AS finding) AS f) AS k
		LEFT JOIN editions t ON t.id = k.edition_id
		GROUP BY k.edition_id, t.title, t.period_from, k.kind ORDER BY t.period_from NULLS FIRST, t.title, k.kind`)
	if err != nil {
		return nil, fmt.Errorf("counting classes of withheld texts: %w", err)
	}
	return found, nil
}

// WithheldCount is how many texts wait for a decision; their words are kept
// only until then.
func (s *Service) WithheldCount(ctx context.Context) (n int, err error) {
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM withheld_contents`).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting withheld texts: %w", err)
	}
	return n, nil
}

// DecidedCount is how many decisions about withheld texts there have been. With
// the size of the register it names what the public can read: a text that is
// published after a decision is no new entry.
func (s *Service) DecidedCount(ctx context.Context) (n int64, err error) {
	if err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM withheld_decisions`).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting decisions about withheld texts: %w", err)
	}
	return n, nil
}
