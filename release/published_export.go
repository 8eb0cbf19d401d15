package release

import (
	"archive/zip"
	"bufio"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"data.release/registrar/ent"
	"data.release/registrar/ent/edition"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/offline"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/layout"
	"data.release/registrar/release/sheets"
	"data.release/registrar/release/terms"
	"data.release/registrar/release/workbook"
)

// ExportFormat is a form in which the register can be taken away.
type ExportFormat string

// The formats. JSON and workbook carry the proof of each entry where it is asked
// for, and a bundle always: see package offline, which verifies them.
const (
	CSV       ExportFormat = "csv"
	JSON      ExportFormat = "json"
	XLSX      ExportFormat = "xlsx"
	JSONLines ExportFormat = "jsonl"  // an entry a line, without proofs
	Bundle    ExportFormat = "bundle" // JSON Lines with proofs
	Package   ExportFormat = "zip"    // a Frictionless data package: CSV with its description
	// The agreements that stand in the fields of HDR UK's data use register
	// standard, version 2.
	DataUsesCSV  ExportFormat = "dur.csv"
	DataUsesJSON ExportFormat = "dur.json"
	// What stands as the Data Uses Register has it: a workbook of agreements,
	// their dataset lines and releases.
	ThreeSheets ExportFormat = "nhs.xlsx"
)

// ExportFormats lists them.
func ExportFormats() []ExportFormat {
	return []ExportFormat{CSV, JSON, XLSX, JSONLines, Bundle, Package, DataUsesCSV, DataUsesJSON, ThreeSheets}
}

// ExportRegister writes the entries that a query finds, oldest first, all of
// one state of the register; the query's page is not asked. The same register
// gives the same bytes. Each format is written as the entries are read, in
// memory that does not grow with their number. Nothing is written before the
// query was found to be one.
//
// CSV is UTF-8 without a mark, a header line, lines ended by LF, texts made
// harmless by register.SafeCell. JSON is one object whose "entries" are as
// register.Entry.Public gives them. The workbook has the register, its columns
// explained, proofs, and texts that no cell can hold on a sheet of their own;
// more than offline.MaxRows entries are fault.Invalid.
func (s *Service) ExportRegister(ctx context.Context, format ExportFormat, q RegisterQuery, proofs bool, out io.Writer) error {
	if !slices.Contains(ExportFormats(), format) {
		return fault.New(fault.NotFound, "The register can be had as csv, json, jsonl, xlsx, zip, bundle, dur.csv, dur.json or nhs.xlsx, not as %q.", format)
	}
	if slices.Contains([]ExportFormat{DataUsesCSV, DataUsesJSON, ThreeSheets}, format) && len(q.Kinds)+len(q.Stands) > 0 {
		return fault.New(fault.Invalid, "This file has the agreements and releases that stand, and cannot be had of other entries.").With(
			fault.Reason{Code: "query", Field: "kind", Message: "leave out kind and stands, or take the CSV"})
	}
	switch format {
	case DataUsesCSV, DataUsesJSON:
		q.Kinds, q.Stands = []register.Kind{register.Agreement}, []terms.Answer{terms.Yes}
	case ThreeSheets:
		q.Kinds, q.Stands = []register.Kind{register.Agreement, register.Release}, []terms.Answer{terms.Yes}
	}
	numbers, view, err := s.registerNumbers(ctx, q)
	if err != nil {
		return err
	}
	switch format {
	case DataUsesCSV:
		return s.writeDataUses(ctx, counting(view, numbers), out)
	case DataUsesJSON:
		return s.writeDataUsesJSON(ctx, counting(view, numbers), out)
	case ThreeSheets:
		return s.writeThreeSheets(ctx, view, numbers, out)
	case CSV:
		return s.writeCSV(ctx, numbers, out)
	case Package:
		return s.writePackage(ctx, numbers, out)
	}
	if format == XLSX && len(numbers) > offline.MaxRows {
		return tooMany(len(numbers))
	}
	f := &proven{service: s, numbers: numbers}
	// What signs a register without an entry signs none of a later one.
	if view.Size() > 0 && (proofs && format != JSONLines || format == Bundle) {
		if err := f.cover(ctx); err != nil {
			return err
		}
	}
	entries := func(visit func(register.Entry, *proof.Place) error) (proof.End, error) { return f.each(ctx, visit) }
	switch format {
	case JSON:
		return offline.WriteJSON(out, f.head, proofs, entries)
	case XLSX:
		return offline.WriteWorkbook(out, f.head, proofs, entries)
	case JSONLines:
		return offline.WriteLines(out, entries)
	default:
		return offline.WriteBundle(out, f.head, entries)
	}
}

// proven gives entries with their places in the log, as far as a checkpoint
// covers them.
type proven struct {
	service *Service
	numbers []int64
	head    proof.Head
}

// cover finds the checkpoint: the first that has every entry, which stays the
// same whatever follows, or the last where none has yet.
func (f *proven) cover(ctx context.Context) error {
	var last int64
	if len(f.numbers) > 0 {
		last = f.numbers[len(f.numbers)-1]
	}
	signed, err := ledger.Register.Covering(ctx, f.service.db, last)
	if errors.Is(err, fault.NotFound) {
		return nil // a register that nobody has signed yet has no proofs
	} else if err != nil {
		return err
	}
	origin, _, _ := strings.Cut(signed.Note, "\n")
	f.head = proof.Head{Log: origin, Size: signed.Size, Checkpoint: signed.Note}
	return nil
}

func (f *proven) each(ctx context.Context, visit func(register.Entry, *proof.Place) error) (proof.End, error) {
	end := proof.End{Entries: int64(len(f.numbers))}
	next := int64(0) // the leaf after those that were proven
	var window windowReader
	if f.head.Size > 0 {
		window = func(ctx context.Context, tx pgxQueryer, numbers []int64) (func(*streamed), error) {
			var ids []int64
			counts := make([]int, 0, len(numbers))
			for _, n := range numbers {
				if n > f.head.Size {
					break
				}
				before := proof.Between(next, n-1)
				ids, counts, next = append(ids, before...), append(counts, len(before)), n
			}
			hashes, err := readHashes(ctx, tx, ids)
			if err != nil {
				return nil, err
			}
			return func(e *streamed) {
				if len(counts) == 0 {
					return
				}
				e.place = &proof.Place{Leaf: string(e.leaf), Before: hashes[:counts[0]:counts[0]]}
				hashes, counts = hashes[counts[0]:], counts[1:]
			}, nil
		}
	}
	err := f.service.stream(ctx, f.numbers, window, func(e *streamed) error { return visit(e.Entry, e.place) })
	if err == nil && f.head.Size > 0 {
		end.After, err = ledger.Register.Hashes(ctx, f.service.db, proof.Between(next, f.head.Size))
	}
	return end, err
}

// counting leaves out the statements of an agreement's version that another
// takes the place of: where two publishers state one, the one that counts for
// its releases stays.
func counting(v *index.View, numbers []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(numbers), func(number int64) bool {
		row, ok := v.Row(number)
		if !ok || !row.AsAgreement() || row.Stem == "" {
			return false
		}
		counts, stated := v.Agreement(row.Stem, row.Version)
		return stated && counts.Number != number
	})
}

// writeThreeSheets writes what was found in the layout of the Data Uses
// Register, with the statement of each version that something was released
// under. A version that has none has a row all the same, if it is known to whom
// its releases went: its reference and the organisation of the first.
func (s *Service) writeThreeSheets(ctx context.Context, v *index.View, numbers []int64, out io.Writer) (err error) {
	numbers = counting(v, numbers)
	for _, number := range numbers {
		if row, ok := v.Row(number); ok && row.AsRelease() {
			if stated, ok := v.Agreement(row.Stem, row.Version); ok {
				numbers = append(numbers, stated.Number)
			}
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if len(numbers) > offline.MaxRows {
		return tooMany(len(numbers))
	}
	w, err := workbook.NewWriter(out)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	agreements, lines, releases := layout.DataUses()
	open := map[string]*workbook.SheetWriter{}
	for _, sheet := range []layout.Written{agreements, lines, releases} {
		var columns []workbook.Column
		for _, header := range sheet.Headers() {
			columns = append(columns, workbook.Column{Title: header, Width: 24})
		}
		if open[sheet.Name], err = w.Sheet(sheet.Name, columns); err != nil {
			return err
		}
	}
	write := func(sheet layout.Written, e register.Entry, l register.Line) error {
		return open[sheet.Name].Strings(sheet.Row(e, l))
	}
	unstated := map[string]bool{}
	err = s.stream(ctx, numbers, nil, func(e *streamed) error {
		if e.AsAgreement() {
			if err := write(agreements, e.Entry, register.Line{}); err != nil {
				return err
			}
			for _, l := range e.Lines {
				if err := write(lines, e.Entry, l); err != nil {
					return err
				}
			}
			return nil
		}
		if _, stated := v.Agreement(e.Stem, e.Version); !stated && !unstated[e.Reference] && e.Get(register.OrganisationName) != "" {
			unstated[e.Reference] = true
			if err := write(agreements, register.Entry{Reference: e.Reference, Texts: e.Texts}, register.Line{}); err != nil {
				return err
			}
		}
		if e.Kind == register.Correction { // the words of the row stay where their codes do
			row, err := readEntries(ctx, s.db, []register.Field{register.AsPublished}, `WHERE e.id = $1`, e.Entry.About)
			if err != nil {
				return fmt.Errorf("reading what entry %d corrects: %w", e.Number, err)
			}
			if len(row) == 1 {
				e.Texts = append(e.Texts, row[0].Texts...)
			}
		}
		return write(releases, e.Entry, register.Line{})
	})
	if err != nil {
		return err
	}
	return w.Close()
}

func tooMany(entries int) error {
	return fault.New(fault.Invalid, "A workbook holds at most %d entries, and these are %d. Take them as CSV or JSON, or filter them.", offline.MaxRows, entries)
}

// eachAgreement gives the agreements among entries, and corrections of them.
func (s *Service) eachAgreement(ctx context.Context, numbers []int64, visit func(register.Entry) error) error {
	return s.stream(ctx, numbers, nil, func(e *streamed) error {
		if !e.AsAgreement() {
			return nil
		}
		return visit(e.Entry)
	})
}

func (s *Service) writeDataUses(ctx context.Context, numbers []int64, out io.Writer) error {
	w := csv.NewWriter(out)
	fields := register.DataUseFields()
	record := make([]string, len(fields))
	for i, f := range fields {
		record[i] = f.Header
	}
	if err := w.Write(record); err != nil {
		return err
	}
	err := s.eachAgreement(ctx, numbers, func(e register.Entry) error {
		for i, f := range fields {
			record[i] = register.SafeCell(f.Value(e))
		}
		return w.Write(record)
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

// writeDataUsesJSON writes a list of projects by the names of the Health Data
// Research Gateway; what is empty is left out.
func (s *Service) writeDataUsesJSON(ctx context.Context, numbers []int64, out io.Writer) error {
	w := bufio.NewWriter(out)
	fields := register.DataUseFields()
	if _, err := w.WriteString("["); err != nil {
		return err
	}
	comma := "\n"
	err := s.eachAgreement(ctx, numbers, func(e register.Entry) error {
		project := map[string]string{}
		for _, f := range fields {
			if text := f.Value(e); text != "" {
				project[f.Member] = text
			}
		}
		object, err := json.Marshal(project)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s%s", comma, object)
		comma = ",\n"
		return err
	})
	if err != nil {
		return errors.Join(err, w.Flush())
	}
	if _, err := w.WriteString("\n]\n"); err != nil {
		return err
	}
	return w.Flush()
}

// writePackage writes the description of the register's CSV, and the CSV.
func (s *Service) writePackage(ctx context.Context, numbers []int64, out io.Writer) error {
	described, err := register.DataPackage("", "entries.csv")
	if err != nil {
		return fmt.Errorf("describing the register: %w", err)
	}
	w := zip.NewWriter(out)
	file, err := w.Create("datapackage.json")
	if err == nil {
		_, err = file.Write(append(described, '\n'))
	}
	if err != nil {
		return err
	}
	if file, err = w.Create("entries.csv"); err != nil {
		return err
	}
	if err := s.writeCSV(ctx, numbers, file); err != nil {
		return err // without its end nobody takes a part for the whole
	}
	return w.Close()
}

// writeCSV writes the register's columns as encoding/csv would.
func (s *Service) writeCSV(ctx context.Context, numbers []int64, out io.Writer) error {
	w := csv.NewWriter(out)
	columns := register.Columns()
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.Name
	}
	if err := w.Write(record); err != nil {
		return err
	}
	err := s.stream(ctx, numbers, nil, func(e *streamed) error {
		register.Texts(&e.Entry, record)
		for i := range record {
			record[i] = register.SafeCell(record[i])
		}
		return w.Write(record)
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

// exportBatch entries are in memory at a time.
const exportBatch = 500

func eachEntry(ctx context.Context, tx queryer, numbers []int64, visit func(register.Entry) error) error {
	for part := range slices.Chunk(numbers, exportBatch) {
		entries, err := readEntries(ctx, tx, nil, `WHERE e.id = ANY($1) ORDER BY e.id`, part)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := visit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// ExportEdition writes an imported edition in the form in which it was
// published: its sheets in their order with every cell as it stood, as text. What is not a cell, such
// as colours and text boxes, is not in it. fault.NotFound if no edition has the
// digest.
func (s *Service) ExportEdition(ctx context.Context, sha256 string, out io.Writer) error {
	return s.snapshot(ctx, func(tx *sql.Tx) error {
		found, err := client(tx).Edition.Query().Where(edition.FileSha256(sha256)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "No edition with the digest %s was imported.", sha256)
		} else if err != nil {
			return err
		}
		cells, err := sheetsOf(ctx, tx, found)
		if err != nil {
			return err
		}
		return sheets.Write(out, found.Form, cells)
	})
}
