package release

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/decision"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// RegisterReplay is the imported register held against the gate's rules, each
// row against those of its month.
type RegisterReplay struct {
	Rows          int         `json:"rows"`
	Contradicting int         `json:"contradicting"` // distinct rows whose cells contradict each other
	Totals        []RuleTotal `json:"totals"`        // by rule, in the table's order
	Found         []FoundRow  `json:"found"`         // rows that contradict themselves or warn
}

// RuleTotal counts what a rule found of the rows.
type RuleTotal struct {
	Rule       string `json:"rule"`
	Title      string `json:"title"`
	Contradict int    `json:"contradict"`
	Warn       int    `json:"warn"`
	CannotTell int    `json:"cannotTell"`
	Pass       int    `json:"pass"`
}

// FoundRow is a row of the register with what was found in its cells.
type FoundRow struct {
	Entry        int64          `json:"entry"`
	SourceID     string         `json:"sourceId"`
	Reference    string         `json:"reference"`
	Organisation string         `json:"organisation"`
	Dataset      string         `json:"dataset"`
	Findings     []gate.Finding `json:"findings"` // that contradict or warn
}

// ReplayRegister holds every imported release against the rules of its month.
// What a row does not record cannot be told, which is no violation.
func (s *Service) ReplayRegister(ctx context.Context) (RegisterReplay, error) {
	var out RegisterReplay
	totals := map[string]*RuleTotal{}
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		numbers, err := collect(ctx, tx, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) },
			`SELECT id FROM entries WHERE kind = 'release' AND edition_entries IS NOT NULL ORDER BY id`)
		if err != nil {
			return err
		}
		return eachEntry(ctx, tx, numbers, func(e register.Entry) error {
			out.Rows++
			row := FoundRow{Entry: e.Number, SourceID: e.SourceID, Reference: e.Reference, Organisation: e.Get(register.OrganisationName), Dataset: e.Get(register.DatasetName)}
			contradicts := false
			for _, f := range gate.Evaluate(historicalCase(e)).Findings {
				total := totals[f.Rule]
				if total == nil {
					total = &RuleTotal{Rule: f.Rule, Title: f.Title}
					totals[f.Rule] = total
				}
				switch f.Outcome {
				case gate.Refuse:
					total.Contradict++
					contradicts = true
				case gate.Warn:
					total.Warn++
				case gate.CannotTell:
					total.CannotTell++
				case gate.Pass:
					total.Pass++
				}
				if f.Outcome == gate.Refuse || f.Outcome == gate.Warn {
					row.Findings = append(row.Findings, f)
				}
			}
			if contradicts {
				out.Contradicting++
			}
			if len(row.Findings) > 0 {
				out.Found = append(out.Found, row)
			}
			return nil
		})
	})
	for _, r := range gate.Rules() {
		if total := totals[r.ID]; total != nil {
			out.Totals = append(out.Totals, *total)
		}
	}
	return out, err
}

// historicalCase is what an imported row tells the gate.
func historicalCase(e register.Entry) gate.Case {
	return gate.Case{
		At: time.Date(e.EventFrom.Year, e.EventFrom.Month, e.EventFrom.Day, 12, 0, 0, 0, terms.London), Historical: true,
		Line:    terms.DatasetLine{Dataset: e.Dataset, DatasetName: e.Get(register.DatasetName), Type: e.TypeOfData, Power: e.Power, OptOut: e.OptOut},
		History: &gate.History{BasisRoutes: e.BasisRoutes(), Routes: e.Routes, Organisation: e.Get(register.OrganisationName)},
	}
}

// ChangedDecision is a stored answer about a live agreement that today's
// policy answers otherwise.
type ChangedDecision struct {
	Decision  string   `json:"decision"`
	Reference string   `json:"reference"`
	Line      int      `json:"line"`
	Moment    string   `json:"moment"`
	At        string   `json:"at"`
	Policy    string   `json:"policy"` // version under which it was decided; empty: before versions
	Allowed   bool     `json:"allowed"`
	Today     bool     `json:"today"`
	Rules     []string `json:"rules"` // that refuse now and did not, or no longer do
	New       []string `json:"new"`   // of those, the ones that were not asked then
}

// ChangedDecisions replays the last stored decision of each line and moment of
// every live agreement by today's rules, and lists those that come out
// otherwise. A rule that was not asked then may refuse for want of evidence
// that nobody gathered then; such rules are named as new.
func (s *Service) ChangedDecisions(ctx context.Context) ([]ChangedDecision, error) {
	today := terms.Today(s.clock())
	see := seeAll(ctx)
	live, err := s.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed), agreementversion.StartsLTE(today), agreementversion.EndsGTE(today)).
		WithAgreement().Order(agreementversion.ByID()).All(see)
	if err != nil {
		return nil, fmt.Errorf("reading live agreements: %w", err)
	}
	var changed []ChangedDecision
	for _, v := range live {
		ids, err := s.db.QueryContext(ctx, `
			SELECT DISTINCT ON (d.line, d.moment) d.id FROM decisions d LEFT JOIN extracts e ON e.id = d.extract_decisions
			WHERE d.subject = $1 OR e.extract_version = $2 ORDER BY d.line, d.moment, d.at DESC, d.id DESC`, v.ID.String(), v.ID)
		if err != nil {
			return nil, fmt.Errorf("reading decisions: %w", err)
		}
		found, err := s.changedOf(see, v, ids)
		if err != nil {
			return nil, err
		}
		changed = append(changed, found...)
	}
	slices.SortStableFunc(changed, func(a, b ChangedDecision) int {
		return cmp.Or(cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.Line, b.Line))
	})
	return changed, nil
}

func (s *Service) changedOf(ctx context.Context, v *ent.AgreementVersion, rows *sql.Rows) (changed []ChangedDecision, err error) {
	defer rows.Close()
	var ids []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("reading decisions: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading decisions: %w", err)
	}
	for _, id := range ids {
		row, err := s.Read().Decision.Query().Where(decision.ID(id)).Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading a decision: %w", err)
		}
		again, same, err := replay(row)
		if err != nil {
			return nil, err
		}
		if same {
			continue
		}
		var stored []gate.Finding
		if err := json.Unmarshal(row.Findings, &stored); err != nil {
			return nil, fmt.Errorf("reading the stored findings: %w", err)
		}
		differing, fresh := differing(stored, again.Findings)
		if len(differing) == 0 {
			continue
		}
		var c gate.Case
		if err := json.Unmarshal(row.Facts, &c); err != nil {
			return nil, fmt.Errorf("reading a stored case: %w", err)
		}
		changed = append(changed, ChangedDecision{Decision: id.String(), Reference: reference(v), Line: row.Line, Moment: row.Moment, At: row.At.Format(time.RFC3339),
			Policy: c.Policy, Allowed: row.Allowed, Today: again.Allowed, Rules: differing, New: fresh})
	}
	return changed, nil
}

// differing are the rules that refuse now and did not, or no longer do.
func differing(stored, now []gate.Finding) (rules, fresh []string) {
	outcome := func(list []gate.Finding, rule string) (gate.Outcome, bool) {
		for _, f := range list {
			if f.Rule == rule {
				return f.Outcome, true
			}
		}
		return "", false
	}
	for _, f := range now {
		before, asked := outcome(stored, f.Rule)
		if (f.Outcome == gate.Refuse) != (before == gate.Refuse) {
			rules = append(rules, f.Rule)
			if !asked {
				fresh = append(fresh, f.Rule)
			}
		}
	}
	for _, f := range stored {
		if _, asked := outcome(now, f.Rule); !asked && f.Outcome == gate.Refuse {
			rules = append(rules, f.Rule)
		}
	}
	return rules, fresh
}
