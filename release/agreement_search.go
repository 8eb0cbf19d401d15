package release

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// AgreementQuery asks for agreements, whatever became of them: also those that
// are only known from a published register.
type AgreementQuery struct {
	// Text is words, each of which must be found: as any part of a reference, a
	// title, or the name of an applicant, party or dataset, or as a word of a
	// published title or objective.
	Text   string
	States []terms.VersionState // with a version in one of them
	Page   int                  // from 1; 0 is 1
	Size   int                  // agreements a page, at most 100; 0 is 50
}

// AgreementRow is an agreement with its latest version.
type AgreementRow struct {
	Stem, Applicant, Title string
	Versions               int
	Number                 string // of the latest version; empty: unknown
	State                  terms.VersionState
	Kind                   terms.VersionKind
	Starts, Ends           terms.Date
	Holds                  int // not lifted
}

// AgreementPage is one page of agreements.
type AgreementPage struct {
	Rows              []AgreementRow
	Total             int
	Page, Pages, Size int
}

// SearchAgreements finds agreements, by reference, always by the same number of
// statements.
func (s *Service) SearchAgreements(ctx context.Context, actor access.Actor, q AgreementQuery) (*AgreementPage, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	if err := q.limit(); err != nil {
		return nil, err
	}
	out := &AgreementPage{Page: q.Page, Size: q.Size}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var args arguments
		where := q.where(&args)
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM agreements a WHERE `+where, args...).Scan(&out.Total); err != nil {
			return err
		}
		out.Pages = (out.Total + q.Size - 1) / q.Size
		var err error
		out.Rows, err = agreementRows(ctx, tx, fmt.Sprintf("%s ORDER BY a.stem LIMIT %s OFFSET %s", where, args.add(q.Size), args.add((q.Page-1)*q.Size)), args)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// WriteAgreements writes every agreement that a query finds as CSV, as
// WriteQueue does.
func (s *Service) WriteAgreements(ctx context.Context, actor access.Actor, q AgreementQuery, out io.Writer) error {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return err
	}
	if err := q.limit(); err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := w.Write([]string{"reference", "applicant", "title", "versions", "latest_version", "kind", "state", "starts", "ends", "holds"}); err != nil {
		return err
	}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		var args arguments
		rows, err := agreementRows(ctx, tx, q.where(&args)+" ORDER BY a.stem", args)
		if err != nil {
			return err
		}
		for _, r := range rows {
			err := w.Write(safeCells(r.Stem, r.Applicant, r.Title, strconv.Itoa(r.Versions), r.Number, string(r.Kind), string(r.State),
				r.Starts.String(), r.Ends.String(), strconv.Itoa(r.Holds)))
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

func (q *AgreementQuery) limit() error {
	refused := fault.New(fault.Invalid, "The agreements cannot be searched as it was asked")
	wrong := func(field, format string, args ...any) {
		refused.With(fault.Reason{Code: "search-limit", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = 50
	}
	if q.Page < 1 || q.Page > 1_000_000 {
		wrong("page", "must be 1 or more")
	}
	if q.Size < 1 || q.Size > MaxPageSize {
		wrong("size", "must be 1 to %d", MaxPageSize)
	}
	for _, state := range q.States {
		if !slices.Contains(state.Values(), string(state)) {
			wrong("state", "%q is no state", state)
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

// where is the condition on agreements a.
func (q AgreementQuery) where(args *arguments) string {
	conditions := []string{"true"}
	for _, word := range strings.Fields(q.Text) {
		like, plain := args.add("%"+likeEscape.Replace(stemOrWord(word))+"%"), args.add(word)
		conditions = append(conditions, fmt.Sprintf(`a.id IN (
			SELECT id FROM agreements WHERE stem ILIKE %[1]s
			UNION ALL SELECT g.id FROM agreements g JOIN organisations o ON o.id = g.agreement_applicant WHERE o.name ILIKE %[1]s
			UNION ALL SELECT agreement_versions FROM agreement_versions WHERE title ILIKE %[1]s
			UNION ALL SELECT v.agreement_versions FROM dataset_lines l JOIN agreement_versions v ON v.id = l.agreement_version_lines WHERE l.dataset_name ILIKE %[1]s
			UNION ALL SELECT v.agreement_versions FROM parties p JOIN organisations o ON o.id = p.party_organisation
				JOIN agreement_versions v ON v.id = p.agreement_version_parties WHERE o.name ILIKE %[1]s
			UNION ALL SELECT g.id FROM text_words w JOIN entry_texts t ON t.id = w.id JOIN entries e ON e.id = w.entry JOIN agreements g ON g.stem = e.stem
				WHERE w.words @@ plainto_tsquery('english', %[2]s) AND t.field IN ('title', 'objective'))`, like, plain))
	}
	if len(q.States) > 0 {
		conditions = append(conditions, "a.id IN (SELECT agreement_versions FROM agreement_versions WHERE state = ANY("+args.add(names(q.States))+"::text[]))")
	}
	return strings.Join(conditions, " AND ")
}

// agreementRows reads agreements with their latest versions. The title of one
// that is only known from a register is the published one.
func agreementRows(ctx context.Context, tx *sql.Tx, where string, args arguments) ([]AgreementRow, error) {
	return collect(ctx, tx, func(rows *sql.Rows) (r AgreementRow, err error) {
		return r, rows.Scan(&r.Stem, &r.Applicant, &r.Title, &r.Versions, &r.Number, &r.State, &r.Kind, &r.Starts, &r.Ends, &r.Holds)
	}, `SELECT a.stem, coalesce(o.name, ''),
			coalesce(nullif(v.title, ''), (SELECT t.text FROM entries e JOIN entry_texts t ON t.entry_texts = e.id
				WHERE e.stem = a.stem AND t.field = 'title' ORDER BY e.id LIMIT 1), ''),
			(SELECT count(*) FROM agreement_versions WHERE agreement_versions = a.id),
			coalesce(v.number, ''), coalesce(v.state, ''), coalesce(v.kind, ''), v.starts, v.ends,
			(SELECT count(*) FROM holds h WHERE h.agreement_holds = a.id AND h.lifted_at IS NULL)
		FROM (SELECT * FROM agreements a WHERE `+where+`) a
		LEFT JOIN organisations o ON o.id = a.agreement_applicant
		LEFT JOIN LATERAL (SELECT * FROM agreement_versions WHERE agreement_versions = a.id ORDER BY major DESC, minor DESC, id DESC LIMIT 1) v ON true
		ORDER BY a.stem`, args...)
}
