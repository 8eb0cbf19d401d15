// Package feed lands what suppliers send: it looks a file through, judges it
// by the rules of its dataset, counts what is wrong, keeps the failing values
// for the supplier alone, and stores the rest as parts of the lake, activity
// apart from identity.
package feed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/rule"
	"data.release/registrar/extract/feed/source"
	"data.release/registrar/extract/lake"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/terms"
)

// PersonID makes the lake's internal person id from a kind of identifier
// ("nhs", "local:" and its feed or provider, "record:" and the field) and its
// canonical text: always the same for the same two, and under a key, so that
// nobody can try all NHS numbers. It is called from several goroutines and
// must not keep its arguments.
type PersonID func(kind, canonical string) string

// Landing is one file to land.
type Landing struct {
	Definition definition.Definition
	Rules      rule.Set
	File       string // path of the file as it was sent
	Site       string // slug of the discloser's site
	Supplier   string // code of the organisation that sent it
	Period     terms.Period

	// Identity and Activity are the stores of the lake. Activity may be nil
	// for demographics and opt-out lists.
	Identity, Activity *lake.Store
	PersonID           PersonID
	// Rejects are to whom the failing values are encrypted: the supplier's key
	// if there is one, else the body's own.
	Rejects []age.Recipient

	// Work is a directory for temporary files, as well guarded as the identity
	// store; what a landing makes there it removes. Memory and Threads bound
	// DuckDB ("1GB", 2).
	Work    string
	Memory  string
	Threads int
}

// Outcome of a landing.
type Outcome string

const (
	Accept             Outcome = "accept"               // nothing to say
	AcceptWithWarnings Outcome = "accept_with_warnings" // stored; some records failed a rule
	Refuse             Outcome = "refuse"               // too many records rejected: nothing but the rejects was stored
)

// Report is the quality report of a file. It holds counts and names of
// columns, never a value of the file.
type Report struct {
	Dataset     string `json:"dataset"`
	Site        string `json:"site"`
	Supplier    string `json:"supplier"`
	Period      string `json:"period"`
	Format      string `json:"format"`
	SHA256      string `json:"sha256"` // of the file as it was sent
	Bytes       int64  `json:"bytes"`
	RulesDigest string `json:"rules_digest"`

	Outcome  Outcome       `json:"outcome"`
	Rows     int64         `json:"rows"`     // records in the file
	Accepted int64         `json:"accepted"` // stored; Rows = Accepted + Rejected
	Rejected int64         `json:"rejected"` // failed a rule that rejects
	Warned   int64         `json:"warned"`   // accepted though a rule warned
	Columns  []ColumnCount `json:"columns"`  // in the definition's order
	Failures []RuleCount   `json:"failures"` // every rule and column that something failed

	Parts   []lake.Part  `json:"parts"`             // what was stored
	Rejects *RejectsFile `json:"rejects,omitempty"` // nil if nothing failed
}

// ColumnCount is how many records have something in a column.
type ColumnCount struct {
	Name   string `json:"name"`
	Filled int64  `json:"filled"`
}

// RuleCount is how many records failed a rule on a column.
type RuleCount struct {
	Rule     string        `json:"rule"`
	Column   string        `json:"column"`
	Severity rule.Severity `json:"severity"`
	Message  string        `json:"message"`
	Failed   int64         `json:"failed"`
}

// RejectsFile is where the failing values are: a CSV file encrypted with age,
// in the identity store, one line for each failure with its line in the file.
type RejectsFile struct {
	Key      string `json:"key"`
	SHA256   string `json:"sha256"`
	Bytes    int64  `json:"bytes"`
	Failures int64  `json:"failures"` // in the file
	Left     int64  `json:"left"`     // past RejectsPerRule, counted only
}

// RejectsPerRule is how many failures of one rule on one column the rejects
// file tells one by one.
const RejectsPerRule = 1000

// PeriodKey is how a period stands in the key of a part.
func PeriodKey(p terms.Period) string {
	if p.To.IsZero() || p.To == p.From {
		return p.From.String()
	}
	return p.From.String() + "_" + p.To.String()
}

// Land takes one file. A file that is not whole, or is not of the dataset, is
// fault.Invalid with every reason, and nothing is stored; so it is with any
// other error, save that parts already in a store may stay there: they are in
// no catalogue, and landing the file again makes the same ones. A refused file
// is no error: its report says so.
//
// The parts depend on the file, definition, rules, period and person ids
// alone: the same landing makes the same bytes.
func Land(ctx context.Context, l Landing) (Report, error) {
	report, err := land(ctx, l)
	if err != nil {
		return Report{}, fmt.Errorf("landing a file of %s: %w", l.Definition.Code, err)
	}
	return report, nil
}

func land(ctx context.Context, l Landing) (report Report, err error) {
	if err := l.check(); err != nil {
		return Report{}, err
	}
	if err := os.MkdirAll(l.Work, 0o700); err != nil {
		return Report{}, err
	}
	work, err := os.MkdirTemp(l.Work, landingDirs)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	// Links are followed, as DuckDB compares paths after following them.
	if work, err = filepath.EvalSymlinks(work); err != nil {
		return Report{}, err
	}
	if l.File, err = filepath.EvalSymlinks(l.File); err != nil {
		return Report{}, err
	}
	db, err := duck.Open(ctx, duck.Options{Dir: filepath.Join(work, "spill"), AllowedPaths: []string{l.File}, Memory: l.Memory, Threads: l.Threads})
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	file, err := source.Inspect(ctx, db, l.File, l.Definition)
	if err != nil {
		return Report{}, err
	}
	report = Report{
		Dataset: l.Definition.Code, Site: l.Site, Supplier: l.Supplier, Period: PeriodKey(l.Period),
		Format: file.Format, SHA256: file.SHA256, Bytes: file.Bytes, RulesDigest: l.Rules.Digest(),
	}
	v := newValidation(l, file)
	defer v.close()
	if err := v.count(ctx, db, &report); err != nil {
		return Report{}, err
	}
	report.decide(l.Rules.RefuseOverPercent)
	rejects, err := v.rejects(ctx, work, report)
	if err != nil {
		return Report{}, err
	}
	var parts []written
	if report.Outcome != Refuse {
		if parts, err = v.parts(ctx, work, report.Accepted); err != nil {
			return Report{}, err
		}
	}
	if err := file.Unchanged(); err != nil {
		return Report{}, err
	}
	return report, l.store(ctx, &report, parts, rejects)
}

func (l Landing) check() error {
	switch {
	case l.Rules.Dataset != l.Definition.Code:
		return fmt.Errorf("the rules are of %q, not of %q", l.Rules.Dataset, l.Definition.Code)
	case l.Identity == nil || l.Definition.Kind == definition.Activity && (l.Activity == nil || l.PersonID == nil):
		return errors.New("a store or the person ids are not configured")
	case len(l.Rejects) == 0:
		return errors.New("there is no key to encrypt rejects to")
	case !filepath.IsAbs(l.File) || !filepath.IsAbs(l.Work):
		return fmt.Errorf("%q or %q is not an absolute path", l.File, l.Work)
	case l.Period.From.IsZero():
		return errors.New("the landing has no period")
	}
	_, err := l.place().Key("digest", "parquet")
	return err
}

func (l Landing) place() lake.Place {
	return lake.Place{Dataset: l.Definition.Code, Site: l.Site, Period: PeriodKey(l.Period)}
}

// decide sets the outcome from the counts.
func (r *Report) decide(refuseOverPercent int) {
	switch {
	case r.Rejected*100 > r.Rows*int64(refuseOverPercent) || r.Accepted == 0:
		r.Outcome = Refuse
	case len(r.Failures) > 0:
		r.Outcome = AcceptWithWarnings
	default:
		r.Outcome = Accept
	}
}

// store puts the finished files where they belong and says where.
func (l Landing) store(ctx context.Context, report *Report, parts []written, rejects *writtenRejects) error {
	for _, w := range parts {
		store := l.Identity
		if w.area == lake.Activity {
			store = l.Activity
		}
		o, err := store.Put(ctx, l.place(), w.path, "parquet")
		if err != nil {
			return err
		}
		report.Parts = append(report.Parts, lake.Part{
			Area: w.area, Dataset: l.Definition.Code, Site: l.Site, Supplier: l.Supplier, Period: report.Period,
			Key: o.Key, SHA256: o.SHA256, Rows: w.rows, Bytes: o.Bytes,
		})
	}
	lake.Sort(report.Parts)
	if rejects == nil {
		return nil
	}
	o, err := l.Identity.Put(ctx, l.place(), rejects.path, "rejects.csv.age")
	if err != nil {
		return err
	}
	report.Rejects = &RejectsFile{Key: o.Key, SHA256: o.SHA256, Bytes: o.Bytes, Failures: rejects.failures, Left: rejects.left}
	return nil
}

// landingDirs are the directories of landings under Work.
const landingDirs = "landing-"

// Sweep removes what landings and linkages that were killed left in their
// work directory. Call it before the first one.
func Sweep(work string) error {
	entries, err := os.ReadDir(work)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweeping the feeds' directory: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), landingDirs) || strings.HasPrefix(e.Name(), linkingDirs) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(work, e.Name())))
		}
	}
	return err
}

const linkingDirs = "linking-"
