package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/match"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// The subjects of matches, and what a person decides about one.
const (
	MatchOrganisation = "organisation"
	MatchDataset      = "dataset"
	MatchReference    = "reference"

	SameName      = "same"
	DifferentName = "different"
)

// matchSubjects are the subjects with how names of them are compared.
var matchSubjects = []struct {
	kind    string
	subject register.Subject
	names   string // SQL: id and name of everything recorded
}{
	{MatchOrganisation, register.OrganisationNames, `SELECT o.slug, a.name FROM organisation_alias a JOIN organisations o ON o.id = a.organisation_aliases UNION SELECT slug, name FROM organisations`},
	{MatchDataset, register.DatasetNamesOf, `SELECT d.code, a.name FROM dataset_alias a JOIN datasets d ON d.id = a.dataset_aliases UNION SELECT code, name FROM datasets`},
	{MatchReference, register.ReferencesOf, `SELECT stem, stem FROM agreements`},
}

// namesRecorded are all names that the records have of each subject.
func (w *work) namesRecorded(ctx context.Context) (map[string][]register.Named, error) {
	out := map[string][]register.Named{}
	for _, s := range matchSubjects {
		found, err := collect(ctx, w.tx, func(rows *sql.Rows) (n register.Named, err error) { return n, rows.Scan(&n.ID, &n.Name) }, s.names+` ORDER BY 1, 2`)
		if err != nil {
			return nil, fmt.Errorf("reading the recorded names: %w", err)
		}
		out[s.kind] = found
	}
	return out, nil
}

// askMatches puts names that an import has recorded anew, and that look like
// others, on the review list. Nothing is merged by it.
func (w *work) askMatches(ctx context.Context, before map[string][]register.Named, edition uuid.UUID) (asked int, err error) {
	after, err := w.namesRecorded(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range matchSubjects {
		known := map[register.Named]bool{}
		for _, n := range before[s.kind] {
			known[n] = true
		}
		fresh := slices.DeleteFunc(after[s.kind], func(n register.Named) bool { return known[n] })
		seen := map[[2]string]bool{}
		var ids []uuid.UUID
		var names, nameIDs, candidates, candidateNames, whys []string
		var likenesses []float64
		for _, alike := range register.LookAlikes(s.subject, before[s.kind], fresh) {
			pair := [2]string{alike.Name.ID, alike.Candidate.ID}
			if seen[pair] || seen[[2]string{pair[1], pair[0]}] {
				continue
			}
			seen[pair] = true
			ids = append(ids, uuid.Must(uuid.NewV7()))
			names, nameIDs = append(names, alike.Name.Name), append(nameIDs, alike.Name.ID)
			candidates, candidateNames = append(candidates, alike.Candidate.ID), append(candidateNames, alike.Candidate.Name)
			whys, likenesses = append(whys, alike.Why), append(likenesses, alike.Likeness)
		}
		if len(ids) == 0 {
			continue
		}
		result, err := w.tx.ExecContext(ctx, `
			INSERT INTO matches (id, created_at, kind, name, name_id, candidate, candidate_name, why, likeness, edition_id)
			SELECT id, $1, $2, name, name_id, candidate, candidate_name, why, likeness, $3
			FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::float8[])
				AS new (id, name, name_id, candidate, candidate_name, why, likeness)
			ON CONFLICT (kind, name_id, candidate) DO NOTHING`, w.now, s.kind, edition, ids, names, nameIDs, candidates, candidateNames, whys, likenesses)
		if err != nil {
			return 0, fmt.Errorf("writing the review list: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		asked += int(n)
	}
	return asked, nil
}

// MatchFilter narrows the review list.
type MatchFilter struct {
	Kind    string
	Decided bool // those that were decided, instead of those that wait
}

// Matches is the review list: names that look like others, the likeliest first.
func (s *Service) Matches(ctx context.Context, actor access.Actor, filter MatchFilter) ([]*ent.Match, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	q := s.Read().Match.Query().Order(ent.Desc(match.FieldLikeness), ent.Asc(match.FieldName, match.FieldID))
	if filter.Kind != "" {
		q.Where(match.Kind(filter.Kind))
	}
	if filter.Decided {
		q.Where(match.DecidedAtNotNil())
	} else {
		q.Where(match.DecidedAtIsNil())
	}
	found, err := q.All(seeAll(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading the review list: %w", err)
	}
	return found, nil
}

// MatchDecision is a person's word about two names.
type MatchDecision struct {
	ID       uuid.UUID `json:"id"`
	Decision string    `json:"decision" validate:"required,oneof=same different"`
	Reason   string    `json:"reason" validate:"required,max=4000"`
}

// DecideMatch decides whether two names are one. Of the same organisation or
// dataset a succession is entered in the register, which joins the names for
// every reader; it can be withdrawn like any entry. References are never joined:
// an entry under a wrong one is corrected. fault.Conflict where somebody was
// quicker.
func (s *Service) DecideMatch(ctx context.Context, actor access.Actor, input MatchDecision) (entry int64, err error) {
	if err := access.Check(actor, access.CorrectRegister); err != nil {
		return 0, err
	}
	input.Reason = strings.TrimSpace(input.Reason)
	if err := valid(input); err != nil {
		return 0, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		m, err := w.Match.Query().Where(match.ID(input.ID)).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		if m.DecidedAt != nil {
			return fault.New(fault.Conflict, "Somebody decided about these names already: %s.", m.Decision)
		}
		if input.Decision == SameName && m.Candidate == "" {
			return wrongAnswer("decision", "decision", "there is no other name here that it could be")
		}
		update := m.Update().SetDecision(input.Decision).SetReason(input.Reason).SetDecidedBy(actor.PersonID).SetDecidedAt(w.now)
		if err := w.event(ctx, "names decided", m.ID.String(), input.Reason, map[string]any{"kind": m.Kind, "name": m.NameID, "candidate": m.Candidate, "decision": input.Decision}); err != nil {
			return err
		}
		if input.Decision == SameName && m.Kind != MatchReference {
			if entry, err = w.enter(ctx, sameNames(m, input.Reason, terms.Today(w.now))); err != nil {
				return err
			}
			update.SetSuccession(entry)
		}
		return update.Exec(ctx)
	})
	return entry, err
}

// sameNames is the succession that says that a published name is another
// spelling of a recorded one.
func sameNames(m *ent.Match, reason string, on terms.Date) register.Entry {
	e := register.Entry{Kind: register.Succession, Relation: terms.SameAs, EventFrom: on, EventTo: on}
	if m.Kind == MatchDataset {
		e.Dataset, e.SuccessorDataset = m.NameID, m.Candidate
		e.With(register.DatasetName, m.Name)
		e.With(register.Successor, m.CandidateName)
	} else {
		e.With(register.OrganisationID, m.NameID)
		e.With(register.OrganisationName, m.Name)
		e.With(register.SuccessorID, m.Candidate)
		e.With(register.Successor, m.CandidateName)
	}
	e.With(register.Reason, reason)
	return e
}

// Match is one pair of the review list; fault.NotFound if there is none.
func (s *Service) Match(ctx context.Context, actor access.Actor, id uuid.UUID) (*ent.Match, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	m, err := s.Read().Match.Get(seeAll(ctx), id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such pair of names.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading a pair of names: %w", err)
	}
	return m, nil
}
