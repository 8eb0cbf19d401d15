package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/working"
)

// QueueSort is an order of the queue.
type QueueSort string

// The orders. Ties are broken by the version's id, so that pages do not
// overlap.
const (
	ByWaiting   QueueSort = "waiting"   // longest in its state first
	ByNewest    QueueSort = "newest"    // last to come to its state first
	ByReference QueueSort = "reference" // by stem and number
	ByTitle     QueueSort = "title"
)

// queueOrders are the orders in SQL.
var queueOrders = map[QueueSort]string{
	ByWaiting:   "since.at, v.id",
	ByNewest:    "since.at DESC, v.id DESC",
	ByReference: "a.stem, v.major, v.minor, v.id",
	ByTitle:     "lower(v.title), v.id",
}

// Owners of the queue that are no person.
const (
	OwnedByMe     = "me"
	OwnedByNobody = "none"
)

// QueueQuery asks for versions that somebody has to do something about. Values
// of one member are alternatives; members narrow each other.
type QueueQuery struct {
	States  []terms.VersionState // none: every open one
	Kinds   []terms.VersionKind
	Owner   string // OwnedByMe, OwnedByNobody, or the id of a person; empty: anyone's
	Text    string // words of reference, title or applicant, each of which must be found
	Waiting int    // at least so many working days in its state
	Sort    QueueSort
	Page    int // from 1; 0 is 1
	Size    int // versions a page, at most 100; 0 is 50
}

// QueueRow is a version in the queue.
type QueueRow struct {
	Version             uuid.UUID
	Stem, Number, Title string
	Applicant           string // name; empty where none is recorded
	Kind                terms.VersionKind
	State               terms.VersionState
	OwnerID             uuid.UUID // uuid.Nil: nobody
	Owner               string
	Since               time.Time // it came to its state
	Clock               working.Clock
	Step                terms.Step
	Lapsed              bool // issued more than twelve months ago
}

// QueuePage is one page of the queue.
type QueuePage struct {
	Rows              []QueueRow
	Total             int
	Page, Pages, Size int
}

// Queue reads a page of the queue, always by the same number of statements.
func (s *Service) Queue(ctx context.Context, actor access.Actor, q QueueQuery) (*QueuePage, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	if err := q.limit(); err != nil {
		return nil, err
	}
	now := s.clock()
	out := &QueuePage{Page: q.Page, Size: q.Size}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var args arguments
		where, since := q.where(&args, actor, now)
		count := `SELECT count(*) ` + queueFrom + where
		if q.Waiting > 0 {
			count = `SELECT count(*) ` + queueFrom + queueSince + where + since
		}
		if err := tx.QueryRowContext(ctx, count, args...).Scan(&out.Total); err != nil {
			return err
		}
		out.Pages = (out.Total + q.Size - 1) / q.Size
		rest := fmt.Sprintf(" ORDER BY %s LIMIT %s OFFSET %s", queueOrders[q.Sort], args.add(q.Size), args.add((q.Page-1)*q.Size))
		var err error
		out.Rows, err = queueRows(ctx, tx, now, where+since+rest, args)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachInQueue visits every version that the query finds, whatever its page, in
// order.
func (s *Service) eachInQueue(ctx context.Context, actor access.Actor, q QueueQuery, visit func(QueueRow) error) error {
	now := s.clock()
	return s.snapshot(ctx, func(tx *sql.Tx) error {
		var args arguments
		where, since := q.where(&args, actor, now)
		rows, err := queueRows(ctx, tx, now, where+since+" ORDER BY "+queueOrders[q.Sort], args)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := visit(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// limit refuses what is over the limits, all of it at once, and fills in what
// was left out.
func (q *QueueQuery) limit() error {
	refused := fault.New(fault.Invalid, "The queue cannot be read as it was asked")
	wrong := func(field, format string, args ...any) {
		refused.With(fault.Reason{Code: "queue-limit", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = 50
	}
	if q.Sort == "" {
		q.Sort = ByWaiting
	}
	if q.Page < 1 || q.Page > 1_000_000 {
		wrong("page", "must be 1 or more")
	}
	if q.Size < 1 || q.Size > MaxPageSize {
		wrong("size", "must be 1 to %d", MaxPageSize)
	}
	if queueOrders[q.Sort] == "" {
		wrong("sort", "is none of the orders")
	}
	if q.Waiting < 0 || q.Waiting > 2000 {
		wrong("waiting", "must be 0 to 2000 working days")
	}
	for _, state := range q.States {
		if !slices.Contains(state.Values(), string(state)) {
			wrong("state", "%q is no state", state)
		}
	}
	for _, kind := range q.Kinds {
		if !kind.Known() {
			wrong("kind", "%q is no kind of version", kind)
		}
	}
	if q.Owner != "" && q.Owner != OwnedByMe && q.Owner != OwnedByNobody {
		if _, err := uuid.Parse(q.Owner); err != nil {
			wrong("owner", "%q is no person", q.Owner)
		}
	}
	if err := searchable(q.Text); err != "" {
		wrong("text", "%s", err)
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// searchable says what is wrong with words that are searched for; nothing: "".
func searchable(text string) string {
	switch {
	case utf8.RuneCountInString(text) > maxQueryText:
		return fmt.Sprintf("may have at most %d characters", maxQueryText)
	case len(strings.Fields(text)) > maxQueryWords:
		return fmt.Sprintf("may have at most %d words", maxQueryWords)
	case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
		return "holds a character that no text may"
	}
	return ""
}

// The tables of the queue. A version's last stage is when it came to its state;
// it is looked up for each, so counts do without where they can.
const (
	queueFrom = `FROM agreement_versions v
		JOIN agreements a ON a.id = v.agreement_versions
		LEFT JOIN organisations o ON o.id = a.agreement_applicant
		LEFT JOIN persons p ON p.id = v.owner_id `
	queueSince = `LEFT JOIN LATERAL (SELECT coalesce(max(s.at), v.created_at) AS at FROM stages s WHERE s.agreement_version_stages = v.id) since ON true `
)

// where is the query's condition; since is what it asks of the time in the
// state beside.
func (q QueueQuery) where(args *arguments, actor access.Actor, now time.Time) (where, since string) {
	states := q.States
	if len(states) == 0 {
		for _, value := range terms.VersionState("").Values() {
			if state := terms.VersionState(value); state.Open() {
				states = append(states, state)
			}
		}
	}
	conditions := []string{"v.state = ANY(" + args.add(names(states)) + "::text[])"}
	if len(q.Kinds) > 0 {
		conditions = append(conditions, "v.kind = ANY("+args.add(names(q.Kinds))+"::text[])")
	}
	switch q.Owner {
	case "":
	case OwnedByNobody:
		conditions = append(conditions, "v.owner_id IS NULL")
	case OwnedByMe:
		conditions = append(conditions, "v.owner_id = "+args.add(actor.PersonID))
	default:
		conditions = append(conditions, "v.owner_id = "+args.add(q.Owner)+"::uuid")
	}
	for _, word := range strings.Fields(q.Text) {
		like := args.add("%" + likeEscape.Replace(stemOrWord(word)) + "%")
		conditions = append(conditions, fmt.Sprintf("(a.stem ILIKE %[1]s OR v.title ILIKE %[1]s OR o.name ILIKE %[1]s)", like))
	}
	if q.Waiting > 0 {
		since = " AND since.at < " + args.add(working.Before(now, q.Waiting).End())
	}
	return "WHERE " + strings.Join(conditions, " AND "), since
}

// stemOrWord is the stem of a reference that was pasted whole, with DARS- or a
// version; any other word stays.
func stemOrWord(word string) string {
	upper := strings.ToUpper(word)
	if at := strings.LastIndex(upper, "-V"); at > 0 {
		upper = upper[:at] + "-v" + upper[at+2:]
	}
	if r, err := terms.ParseReference(upper); err == nil && r.IsNIC() {
		return r.Stem()
	}
	return word
}

// queueRows reads the versions of a condition with its order, and then all
// their stages at once.
func queueRows(ctx context.Context, tx *sql.Tx, now time.Time, where string, args arguments) ([]QueueRow, error) {
	rows, err := collect(ctx, tx, func(rows *sql.Rows) (r QueueRow, err error) {
		var owner uuid.NullUUID
		var issued sql.NullTime
		err = rows.Scan(&r.Version, &r.Stem, &r.Number, &r.Title, &r.Applicant, &r.Kind, &r.State, &owner, &r.Owner, &r.Since, &issued)
		r.OwnerID, r.Step = owner.UUID, r.State.NextStep()
		if r.State == terms.Issued && issued.Valid && gate.IssueLapsed(issued.Time, now) {
			r.Lapsed, r.Step = true, terms.Step{Command: "issue_again", Words: "Issue it again: twelve months have passed", Who: "access officer"}
		}
		return r, err
	}, `SELECT v.id, a.stem, v.number, v.title, coalesce(o.name, ''), v.kind, v.state, v.owner_id, coalesce(p.name, ''), since.at, v.issued_at `+queueFrom+queueSince+where, args...)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.Version
	}
	type came struct {
		version uuid.UUID
		working.Stage
	}
	stages, err := collect(ctx, tx, func(rows *sql.Rows) (c came, err error) {
		return c, rows.Scan(&c.version, &c.State, &c.At)
	}, `SELECT agreement_version_stages, state, at FROM stages WHERE agreement_version_stages = ANY($1) ORDER BY at, id`, ids)
	if err != nil {
		return nil, err
	}
	of := make(map[uuid.UUID][]working.Stage, len(rows))
	for _, c := range stages {
		of[c.version] = append(of[c.version], c.Stage)
	}
	for i := range rows {
		rows[i].Clock = working.Read(of[rows[i].Version], now)
	}
	return rows, nil
}
