package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/approval"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/evidence"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// EvidenceFile is a list of another body as CSV (package evidence).
type EvidenceFile struct {
	Kind    evidence.Kind `json:"kind" validate:"required,oneof=dspt ods cag"`
	Name    string        `json:"name" validate:"required,max=300"`   // of the file
	Source  string        `json:"source" validate:"required,max=500"` // where it was published
	Content []byte        `json:"content" validate:"required,max=50000000"`
	Apply   bool          `json:"apply"` // otherwise nothing changes
}

// EvidenceReport is what a list changes, or would.
type EvidenceReport struct {
	Kind    evidence.Kind    `json:"kind"`
	File    string           `json:"file"`
	SHA256  string           `json:"sha256"`
	Rows    int              `json:"rows"`
	Matched int              `json:"matched"` // rows about an organisation or approval that is recorded
	Changes []EvidenceChange `json:"changes"`
	Notes   []EvidenceChange `json:"notes"`   // what a reader should look at, and the load leaves; the words in To
	Applied bool             `json:"applied"` // false: nothing was changed
}

// EvidenceChange is one fact that a row changes.
type EvidenceChange struct {
	Row     int    `json:"row"`
	Subject string `json:"subject"` // slug of an organisation, or reference of a version
	Name    string `json:"name"`
	Field   string `json:"field"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// LoadEvidence reads a list and says what it changes: assurance from the DSPT,
// codes and days of opening and closing from ODS, the days of section 251
// support from CAG. With Apply the changes are made, all or nothing, with an
// event for each record that names file and row. Rows about somebody who is not
// recorded are left; a second load of the same file changes nothing.
//
// A file with mistakes is fault.Invalid with every row's.
func (s *Service) LoadEvidence(ctx context.Context, actor access.Actor, file EvidenceFile) (EvidenceReport, error) {
	if err := access.Check(actor, access.RunAgreements); err != nil {
		return EvidenceReport{}, err
	}
	if err := valid(file); err != nil {
		return EvidenceReport{}, err
	}
	sum := sha256.Sum256(file.Content)
	report := EvidenceReport{Kind: file.Kind, File: path.Base(file.Name), SHA256: hex.EncodeToString(sum[:])}
	rows, problems := evidence.Read(file.Kind, file.Content)
	if len(problems) > 0 {
		return report, fault.New(fault.Invalid, "Nothing of %s was read", report.File).With(problems...)
	}
	report.Rows = len(rows)
	err := s.write(ctx, actor, func(ctx context.Context, w *work) error {
		// Two loads wait for each other, so that the second of the same list
		// changes nothing.
		if _, err := w.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('registrar evidence', 0))`); err != nil {
			return fmt.Errorf("waiting for other loads: %w", err)
		}
		l := loading{work: w, file: file, report: &report}
		switch file.Kind {
		case evidence.CAG:
			return l.approvals(ctx, rows)
		default:
			return l.organisations(ctx, rows)
		}
	})
	if err != nil {
		return report, err
	}
	report.Applied = file.Apply
	return report, nil
}

// loading is one load of a list.
type loading struct {
	*work
	file   EvidenceFile
	report *EvidenceReport
}

// provenance says where a fact comes from.
func (l *loading) provenance() string {
	return fmt.Sprintf("%s list %s (%s), loaded %s", l.file.Kind.Label(), l.report.File, l.file.Source, terms.Today(l.now).Words())
}

func (l *loading) note(row int, subject, name, text string, args ...any) {
	l.report.Notes = append(l.report.Notes, EvidenceChange{Row: row, Subject: subject, Name: name, To: fmt.Sprintf(text, args...)})
}

// organisations matches rows to organisations by code, else by name or alias.
func (l *loading) organisations(ctx context.Context, rows []evidence.Row) error {
	all, err := l.Organisation.Query().WithAliases().All(ctx)
	if err != nil {
		return fmt.Errorf("reading organisations: %w", err)
	}
	byCode, byName := map[string]*ent.Organisation{}, map[string]*ent.Organisation{}
	for _, o := range all {
		if o.OdsCode != nil {
			byCode[*o.OdsCode] = o
		}
		for _, a := range o.Edges.Aliases {
			byName[a.Key] = o
		}
	}
	for _, o := range all { // a present name counts before another's alias
		byName[register.NameKey(o.Name)] = o
	}
	matched := map[uuid.UUID][]evidence.Row{}
	var order []*ent.Organisation
	for _, row := range rows {
		o := byCode[row.Code]
		if o == nil {
			if o = byName[register.NameKey(row.Name)]; o != nil && o.OdsCode != nil {
				l.note(row.Line, o.Slug, o.Name, "is recorded with the code %s, the list has %s", *o.OdsCode, row.Code)
				continue
			}
		}
		if o == nil {
			continue
		}
		l.report.Matched++
		if len(matched[o.ID]) == 0 {
			order = append(order, o)
		}
		matched[o.ID] = append(matched[o.ID], row)
	}
	slices.SortFunc(order, func(a, b *ent.Organisation) int { return strings.Compare(a.Slug, b.Slug) })
	for _, o := range order {
		row, one := theOne(matched[o.ID])
		if !one {
			l.note(row.Line, o.Slug, o.Name, "%d rows have its name; record its ODS code first", len(matched[o.ID]))
			continue
		}
		if key := register.NameKey(row.Name); byName[key] == nil || byName[key].ID != o.ID {
			l.note(row.Line, o.Slug, o.Name, "is called %q in the list", row.Name)
		}
		if err := l.organisationRow(ctx, o, row); err != nil {
			return err
		}
	}
	return nil
}

// theOne is the row of an organisation: the only one, or the only one that is
// still open.
func theOne(rows []evidence.Row) (evidence.Row, bool) {
	if len(rows) == 1 {
		return rows[0], true
	}
	var open []evidence.Row
	for _, r := range rows {
		if r.Closed.IsZero() {
			open = append(open, r)
		}
	}
	if len(open) == 1 {
		return open[0], true
	}
	return rows[0], false
}

func (l *loading) organisationRow(ctx context.Context, o *ent.Organisation, row evidence.Row) error {
	if l.file.Apply { // as it stands now: somebody may have amended it meanwhile
		var err error
		if o, err = l.Organisation.Query().Where(organisation.ID(o.ID)).ForUpdate().Only(ctx); err != nil {
			return fmt.Errorf("row %d: %w", row.Line, err)
		}
	}
	if l.file.Kind == evidence.DSPT && l.assuredBetter(o, row) {
		return nil
	}
	before := len(l.report.Changes)
	change := func(field, from, to string) bool {
		if from == to {
			return false
		}
		l.report.Changes = append(l.report.Changes, EvidenceChange{Row: row.Line, Subject: o.Slug, Name: o.Name, Field: field, From: from, To: to})
		return true
	}
	update := o.Update()
	have := ""
	if o.OdsCode != nil {
		have = *o.OdsCode
	}
	if change("ODS code", have, row.Code) {
		update.SetOdsCode(row.Code)
	}
	if l.file.Kind == evidence.ODS {
		if !row.Opened.IsZero() && change("Opened", dateOf(o.Opened).String(), row.Opened.String()) {
			update.SetOpened(row.Opened)
		}
		if !row.Closed.IsZero() && change("Closed", dateOf(o.Closed).String(), row.Closed.String()) {
			update.SetClosed(row.Closed)
		}
	} else {
		renewed := change("Security assurance", strings.TrimSpace(o.AssuranceKind+" "+o.AssuranceStatus), "DSPT "+row.Status)
		expires := change("Assurance to", dateOf(o.AssuranceTo).String(), row.Expires.String())
		// A review was of what stood there then: a new status or year is not
		// reviewed until the list or a person says so.
		reviewed := o.AssuranceReviewed && !renewed && !expires
		if row.Reviewed != nil {
			reviewed = *row.Reviewed
		}
		change("Assurance reviewed", strconv.FormatBool(o.AssuranceReviewed), strconv.FormatBool(reviewed))
		update.SetAssuranceKind("DSPT").SetAssuranceStatus(row.Status).SetAssuranceReviewed(reviewed)
		orClear(&row.Expires, update.SetAssuranceTo, update.ClearAssuranceTo)
	}
	if !l.file.Apply || len(l.report.Changes) == before {
		return nil
	}
	if err := update.SetProvenance(l.added(o.Provenance)).Exec(ctx); err != nil {
		return fmt.Errorf("row %d, %s: %w", row.Line, o.Slug, err)
	}
	return l.recorded(ctx, o.Slug, row.Line, l.report.Changes[before:])
}

// assuredBetter notes a row that would put less in the place of what is
// recorded: another kind of assurance, or one that holds longer.
func (l *loading) assuredBetter(o *ent.Organisation, row evidence.Row) bool {
	switch {
	case o.AssuranceKind != "" && o.AssuranceKind != "DSPT":
		l.note(row.Line, o.Slug, o.Name, "has %s; the list says %s, which is left", o.AssuranceKind, row.Status)
	case o.AssuranceTo != nil && !row.Expires.IsZero() && row.Expires.Compare(*o.AssuranceTo) < 0:
		l.note(row.Line, o.Slug, o.Name, "is assured to %s; the list, which ends on %s, is older", o.AssuranceTo.Words(), row.Expires.Words())
	default:
		return false
	}
	return true
}

// added is a provenance with this list's in the place of an older one of its
// kind.
func (l *loading) added(provenance string) string {
	parts := slices.DeleteFunc(strings.Split(provenance, "; "), func(part string) bool {
		return part == "" || strings.HasPrefix(part, l.file.Kind.Label()+" list ")
	})
	return strings.Join(append(parts, l.provenance()), "; ")
}

// recorded writes the event of one record.
func (l *loading) recorded(ctx context.Context, subject string, row int, changes []EvidenceChange) error {
	return l.event(ctx, "evidence loaded", subject, l.provenance(), map[string]any{"list": l.file.Kind, "file": l.report.File,
		"sha256": l.report.SHA256, "row": row, "changes": slices.Clone(changes)})
}

// approvals matches rows to approvals by reference. Those of frozen versions
// stay as they were signed, and are noted.
func (l *loading) approvals(ctx context.Context, rows []evidence.Row) error {
	all, err := l.Approval.Query().WithVersion(func(q *ent.AgreementVersionQuery) { q.WithAgreement() }).Order(approval.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading approvals: %w", err)
	}
	byReference := map[string][]*ent.Approval{}
	for _, a := range all {
		key := referenceKey(a.Reference)
		byReference[key] = append(byReference[key], a)
	}
	for _, row := range rows {
		found := byReference[referenceKey(row.Reference)]
		if len(found) > 0 {
			l.report.Matched++
		}
		for _, a := range found {
			if err := l.approvalRow(ctx, a, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// referenceKey is how references of approvals are compared: "CAG 7-07(a)/2013"
// and "cag 7-07 (a)/2013" are the same.
func referenceKey(reference string) string {
	return strings.TrimPrefix(strings.ReplaceAll(terms.Fold(reference), " ", ""), "cag")
}

func (l *loading) approvalRow(ctx context.Context, a *ent.Approval, row evidence.Row) error {
	v := a.Edges.Version
	subject, before := reference(v), len(l.report.Changes)
	var changes []EvidenceChange
	change := func(field, from, to string) {
		if to != "" && from != to {
			changes = append(changes, EvidenceChange{Row: row.Line, Subject: subject, Name: a.Reference, Field: field, From: from, To: to})
		}
	}
	change("Support from", a.Starts.String(), row.Decided.String())
	change("Support to", a.Ends.String(), row.Expires.String())
	change("Regulation", a.Regulation, row.Regulation)
	if len(changes) == 0 {
		return nil
	}
	if v.TermsSha256 != "" {
		l.note(row.Line, subject, a.Reference, "differs from what was signed; it takes an amendment")
		return nil
	}
	l.report.Changes = append(l.report.Changes, changes...)
	if !l.file.Apply {
		return nil
	}
	update := a.Update().SetStarts(row.Decided).SetRegulation(row.Regulation)
	if !row.Expires.IsZero() {
		update.SetEnds(row.Expires)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("row %d, %s: %w", row.Line, subject, err)
	}
	fresh, err := l.AgreementVersion.Query().Where(agreementversion.ID(v.ID)).ForUpdate().Only(ctx)
	if err != nil {
		return err
	}
	if err := l.revise(ctx, fresh, StepSupport); err != nil {
		return err
	}
	return l.recorded(ctx, v.ID.String(), row.Line, l.report.Changes[before:])
}
