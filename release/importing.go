package release

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/edition"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/sheets"
	"data.release/registrar/release/terms"
)

// EditionFile is a published register to import: a workbook, CSV or JSON as it
// was published.
type EditionFile struct {
	Name      string // as published; its dates count where no title sheet has any
	Content   []byte
	Period    terms.Period // the days that the edition covers, where the file does not say; else zero
	Publisher string       // of a layout that many publish in, where the file does not say
}

// longestFileName is in characters.
const longestFileName = 200

// errPlanned ends a transaction of which nothing may remain.
var errPlanned = errors.New("planned")

// PlanEdition says what an import of the file would do, and does nothing of it:
// the report is that of ImportEdition, and comes from the same work in a
// transaction that is taken back. What ImportEdition refuses, it refuses alike.
// Of an edition that is recorded it says that nothing would be made.
func (s *Service) PlanEdition(ctx context.Context, actor access.Actor, file EditionFile) (register.Report, error) {
	report, err := s.importFile(ctx, actor, file, true)
	if report.Already {
		return report.Nothing(), err
	}
	report.Entries.First, report.Entries.Last = 0, 0 // numbers are given when it is done
	return report, err
}

// ImportEdition enters a published edition in the register: every statement and
// release is an entry, recorded now, with the edition's own days as the days of
// the event; every row of every sheet is kept as it stood; organisations,
// datasets, agreements and versions that are new are recorded (versions in the
// state `recorded`: read-only history until they are taken on).
//
// It is all or nothing, in one transaction with the leaves. The same file
// again, or another file with the same cells, changes nothing: the report then
// has Already. What is wrong with a file is one fault.Invalid with every
// reason; an edition of the same days that differs from the one recorded is
// fault.Conflict, for what was published is never overwritten.
func (s *Service) ImportEdition(ctx context.Context, actor access.Actor, file EditionFile) (register.Report, error) {
	return s.importFile(ctx, actor, file, false)
}

// nameable refuses a file's name that its edition's page could not bear for ever.
func nameable(name string) error {
	refused := fault.New(fault.Invalid, "the file cannot be taken under this name")
	if n := utf8.RuneCountInString(name); n > longestFileName {
		refused.With(fault.Reason{Code: "file-name-long", Field: "file", Message: fmt.Sprintf("its name has %d characters, and may have %d; rename it", n, longestFileName)})
	}
	if len(privacy.Scan(strings.NewReplacer("_", " ", "-", " ").Replace(name))) > 0 {
		refused.With(fault.Reason{Code: "file-name-person", Field: "file", Message: "its name is published, and names a person or holds a number of one; rename it"})
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

func (s *Service) importFile(ctx context.Context, actor access.Actor, file EditionFile, planned bool) (register.Report, error) {
	if err := access.Check(actor, access.ImportRegister); err != nil {
		return register.Report{}, err
	}
	if err := nameable(path.Base(file.Name)); err != nil {
		return register.Report{}, err
	}
	sum := sha256.Sum256(file.Content)
	digest := hex.EncodeToString(sum[:])
	if known, err := recordedEdition(seeAll(ctx), s.Read(), digest); err != nil || known != nil {
		return reportOf(known), err
	}
	source, book, err := readEdition(file, terms.Today(s.clock()))
	if err != nil {
		return register.Report{}, err
	}
	report := book.Report
	report.File, report.SHA256 = path.Base(file.Name), digest
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		if err := w.lockImports(ctx); err != nil {
			return err
		}
		known, err := recordedEdition(ctx, w.Client, digest)
		if err == nil && known == nil {
			known, err = w.sameDays(ctx, source)
		}
		if err != nil {
			return err
		}
		if known != nil {
			report = reportOf(known)
			return nil
		}
		if err := w.compressFast(ctx); err != nil {
			return err
		}
		if err := w.importEdition(ctx, source, book, &report); err != nil {
			return err
		}
		if planned {
			if err := w.saidAlready(ctx, &report); err != nil {
				return err
			}
			return errPlanned
		}
		return nil
	})
	if err != nil && !errors.Is(err, errPlanned) {
		return register.Report{}, err
	}
	return report, nil
}

// saidAlready doubts the rows of a planned import that say what an entry of
// another edition, or one made here, says already of the same days: the register
// would have them twice. Readings of a row that its publisher repeats are none.
func (w *work) saidAlready(ctx context.Context, report *register.Report) error {
	doubt := register.Doubt{Code: register.DoubtSaid, Title: register.DoubtTitle(register.DoubtSaid)}
	_, err := collect(ctx, w.tx, func(rows *sql.Rows) (struct{}, error) {
		var c register.Case
		var ids []byte
		if err := rows.Scan(&c.What, &ids); err != nil {
			return struct{}{}, err
		}
		err := json.Unmarshal(ids, &c.IDs)
		doubt.Rows, doubt.Cases = doubt.Rows+len(c.IDs), append(doubt.Cases, c)
		return struct{}{}, err
	}, `SELECT coalesce(d.title || ', ' || d.period_from || ' to ' || d.period_to, 'entries made here'), json_agg(DISTINCT n.source_id ORDER BY n.source_id)
		FROM entries n JOIN entries o ON o.stem = n.stem AND o.dataset = n.dataset AND o.organisation = n.organisation
			AND o.event_from = n.event_from AND o.event_to = n.event_to AND o.type_of_data = n.type_of_data AND o.opt_out = n.opt_out
			AND o.id < $1 AND o.kind = 'release' AND (o.row_key = '' OR o.row_key <> n.row_key)
		LEFT JOIN editions d ON d.id = o.edition_entries
		WHERE n.id >= $1 AND n.kind = 'release' AND n.stem <> '' GROUP BY 1 ORDER BY 1`, report.Entries.First)
	if err != nil {
		return fmt.Errorf("looking for what the register says already: %w", err)
	}
	if doubt.Rows > 0 {
		report.Doubts = append(report.Doubts, doubt)
	}
	return nil
}

// readEdition reads a file's words as codes on a day; nothing is written.
func readEdition(file EditionFile, today terms.Date) (register.Source, register.Book, error) {
	read, form, err := sheets.Open(file.Name, file.Content)
	if err != nil {
		return register.Source{}, register.Book{}, err
	}
	source, err := layout.Read(read, layout.Options{FileName: file.Name, Period: file.Period, Publisher: file.Publisher, Today: today, Form: form})
	if err != nil {
		return register.Source{}, register.Book{}, err
	}
	book, err := register.Normalise(source)
	return source, book, err
}

// lockImports makes imports wait for each other, so that the second of two of
// the same file finds the first one's work and changes nothing.
func (w *work) lockImports(ctx context.Context) error {
	if _, err := w.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('registrar import', 0))`); err != nil {
		return fmt.Errorf("waiting for other imports: %w", err)
	}
	return nil
}

// compressFast makes the texts of this transaction be stored by LZ4, where the
// server was built with it: an edition is mostly long texts, and the whole
// import takes a seventh longer with the server's default.
func (w *work) compressFast(ctx context.Context) error {
	_, err := w.tx.ExecContext(ctx, `SELECT set_config(name, 'lz4', true) FROM pg_settings
		WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`)
	if err != nil {
		return fmt.Errorf("choosing the compression: %w", err)
	}
	return nil
}

func recordedEdition(ctx context.Context, client *ent.Client, digest string) (*ent.Edition, error) {
	known, err := client.Edition.Query().Where(edition.FileSha256(digest)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return known, err
}

// reportOf is the report stored with an edition.
func reportOf(known *ent.Edition) register.Report {
	var report register.Report
	if known == nil {
		return report
	}
	// It was written from a Report; what of it another version cannot read is
	// left out.
	if stored, err := json.Marshal(known.Report); err == nil {
		_ = json.Unmarshal(stored, &report)
	}
	report.Already = true
	return report
}

// sameDays finds an edition of the same publisher and days. One with the same
// cells is the same edition in another file; one with others is refused, row by
// row.
func (w *work) sameDays(ctx context.Context, source register.Source) (*ent.Edition, error) {
	known, err := w.Edition.Query().Where(edition.Publisher(source.Publisher),
		edition.PeriodFrom(source.Period.From), edition.PeriodTo(source.Period.To)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	recorded, err := sheetsWith(ctx, w.tx, known, keptCells)
	if err != nil {
		return nil, err
	}
	reasons := differences(recorded, source.Sheets)
	if len(reasons) == 0 {
		return known, nil
	}
	return nil, fault.New(fault.Conflict,
		"%s's edition of %s is recorded from %s and differs in %d places. What was published is never overwritten: correct an entry by a correction",
		source.Publisher, source.Period, known.FileName, len(reasons)).With(reasons...)
}

// differences names the rows in which two editions differ.
func differences(recorded, given []register.Sheet) []fault.Reason {
	var reasons []fault.Reason
	differ := func(sheet string, line int, message string) {
		reasons = append(reasons, fault.Reason{Code: "edition-differs", Field: register.Place(sheet, line, ""), Message: message})
	}
	names := func(sheets []register.Sheet, name string) int {
		return slices.IndexFunc(sheets, func(s register.Sheet) bool { return s.Name == name })
	}
	for _, old := range recorded {
		i := names(given, old.Name)
		if i < 0 {
			differ(old.Name, 0, "is recorded and not in this file")
			continue
		}
		for line := 1; line <= max(len(old.Rows), len(given[i].Rows)); line++ {
			if !slices.EqualFunc(rowAt(old, line), rowAt(given[i], line), func(was, is string) bool { return was == is || was == erasedCell }) {
				differ(old.Name, line, "is not as recorded")
			}
		}
	}
	for _, s := range given {
		if names(recorded, s.Name) < 0 {
			differ(s.Name, 0, "is in this file and not recorded")
		}
	}
	return reasons
}

func rowAt(s register.Sheet, line int) []string {
	if line > len(s.Rows) {
		return nil
	}
	return s.Rows[line-1]
}

// importEdition writes what is new. Entries come last, for the register waits
// while they are written.
func (w *work) importEdition(ctx context.Context, source register.Source, book register.Book, report *register.Report) error {
	before, err := w.namesRecorded(ctx)
	if err != nil {
		return err
	}
	organisations, err := w.recordOrganisations(ctx, book.Organisations, source, report)
	if err != nil {
		return err
	}
	datasets, err := w.recordDatasets(ctx, book.Datasets, report)
	if err != nil {
		return err
	}
	if err := w.recordAgreements(ctx, book.Agreements, organisations, source, report); err != nil {
		return err
	}
	entries := make([]*register.Entry, len(book.Entries))
	for i := range book.Entries {
		imported := &book.Entries[i]
		e := &imported.Entry
		e.Edition, e.EditionFrom = report.SHA256, source.Period.From
		e.Sheet, e.Line = slices.IndexFunc(source.Sheets, func(s register.Sheet) bool { return s.Name == imported.Sheet }), imported.Line
		imported.Identify(organisations[imported.Organisation].slug, func(key string) string { return datasets[key] })
		entries[i] = e
	}
	if report.Readings, err = w.readings(ctx, entries); err != nil {
		return err
	}
	if err := w.number(ctx, entries); err != nil {
		return err
	}
	texts := w.hold(entries)
	rows, err := rowsOf(source, book.Entries)
	if err != nil {
		return err
	}
	report.Withheld = countHeld(texts, rows.held)
	withholdReport(report)
	if len(entries) > 0 {
		report.Entries.First, report.Entries.Last = entries[0].Number, entries[len(entries)-1].Number
	}
	editionID, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	if report.Matches, err = w.askMatches(ctx, before, editionID); err != nil {
		return err
	}
	stored, err := asMap(report)
	if err != nil {
		return err
	}
	kept, err := w.Edition.Create().SetID(editionID).SetCreatedAt(w.now).SetTitle(source.Title).SetPublisher(source.Publisher).SetLayout(source.Layout).
		SetPeriodFrom(source.Period.From).SetPeriodTo(source.Period.To).SetFileName(report.File).SetFileSha256(report.SHA256).
		SetReport(stored).SetForm(source.Form).Save(ctx)
	if err != nil {
		return fmt.Errorf("writing the edition: %w", err)
	}
	if len(entries) > 0 {
		if err := w.writeEntries(ctx, uuid.NullUUID{UUID: kept.ID, Valid: true}, entries); err != nil {
			return err
		}
	}
	if err := w.keepRows(ctx, kept.ID, source.Sheets, rows); err != nil {
		return err
	}
	return w.event(ctx, "edition imported", kept.ID.String(), "", map[string]any{
		"file": report.File, "sha256": report.SHA256, "period": source.Period.String(), "entries": len(entries),
		"first": report.Entries.First, "last": report.Entries.Last})
}

func asMap(report *register.Report) (map[string]any, error) {
	text, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return out, nil
}
