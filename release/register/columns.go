package register

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"data.release/registrar/release/terms"
)

// Column is one column of the register's tables, /register.csv and
// /register.xlsx. The columns are defined here once, for both and for the
// words that document them; JSON says the same of each entry by its own
// members, which Source names.
type Column struct {
	Name   string // of the column, stable
	Type   string // integer, text, date, moment, boolean, code or list
	Source string // where /register.json has it
	About  string
	Width  float64 // of the spreadsheet's column, in characters
	value  func(*reading) any
}

// Value is an entry's value in the column: nil where it has none, else an
// int64, string, bool, terms.Date or time.Time. A list is a string whose items
// are divided by " | ".
func (c Column) Value(e Entry) any { return c.value(&reading{Entry: &e}) }

// Text is the value as CSV has it, before it is made safe: dates as
// 2006-01-02, moments in UTC as RFC 3339, booleans as true and false.
func (c Column) Text(e Entry) string { return c.text(c.Value(e)) }

func (c Column) text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case terms.Date:
		return v.String()
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	panic("register: column " + c.Name + " has a value of an unknown type") // a mistake in the table below
}

// Columns are all columns, in order. New ones are added at the end.
func Columns() []Column { return columns }

var columns = []Column{
	{"number", "integer", "number", "The entry's number, from 1, without gaps. Its place in the public log is this number less one.", 9,
		func(e *reading) any { return e.Number }},
	{"kind", "code", "kind", "agreement, release, correction, withdrawal, tombstone, termination, destruction or succession.", 11, func(e *reading) any { return string(e.Kind) }},
	{"recorded_at", "moment", "recorded_at", "When the entry was made, in UTC. Never back-dated: an imported row is recorded when it was imported.", 19,
		func(e *reading) any { return e.RecordedAt }},
	{"event_from", "date", "event_from", "First day of what is recorded. For imported rows, the first day of the edition.", 11, func(e *reading) any { return date(e.EventFrom) }},
	{"event_to", "date", "event_to", "Last day of what is recorded, included.", 11, func(e *reading) any { return date(e.EventTo) }},
	{"late", "boolean", "late", "Whether it was found and recorded later than its time, which its reason tells of.", 7, func(e *reading) any { return e.Late }},
	{"about", "integer", "about", "The entry that a correction, withdrawal or tombstone is about.", 9, func(e *reading) any {
		if e.About == 0 {
			return nil
		}
		return e.About
	}},
	{"organisation_id", "text", "texts: organisation_id", "Id of the organisation, made from its name; /organisations/ and this is its page.", 24, text(OrganisationID)},
	{"organisation", "text", "texts: organisation", "Its name as published.", 36, text(OrganisationName)},
	{"organisation_type", "text", "texts: organisation_type", "Its type as published; given with agreements only.", 18, text(OrganisationType)},
	{"reference", "text", "reference", "Reference of the agreement in its one canonical spelling, with the version where it is known; a local name where there is no NIC number.", 28,
		func(e *reading) any { return plain(e.Reference) }},
	{"stem", "text", "stem", "What all versions of the agreement share; /agreements/ and this is its page.", 19, func(e *reading) any { return plain(e.Stem) }},
	{"version", "text", "version", "The version, as v1.2; empty where the source gives none.", 8, func(e *reading) any { return plain(e.Version) }},
	{"dataset", "code", "dataset", "Code of the dataset, made from its name; /datasets/ and this is its page. Releases only, as are the columns to frequency.", 30,
		func(e *reading) any { return plain(e.Dataset) }},
	{"dataset_name", "text", "texts: dataset", "Its name as published.", 36, text(DatasetName)},
	{"type_of_data", "code", "type_of_data", "How identifying the data are. pseudonymised is what the registers call \"Anonymised - ICO code compliant\": data about single people, without direct identifiers.", 15,
		releaseCode(func(e *reading) string { return string(e.TypeOfData) })},
	{"sensitivity", "code", "sensitivity", "The register's own column: sensitive or non_sensitive.", 13, releaseCode(func(e *reading) string { return string(e.Sensitivity) })},
	{"power", "code", "power", "The law that lets the data be given out. not_recorded where the source names none, or only how confidence is met.", 14,
		releaseCode(func(e *reading) string { return string(e.Power) })},
	{"routes", "list", "routes", "How the duty of confidence is met: none means that no confidential data flow.", 24,
		func(e *reading) any {
			if !e.AsRelease() {
				return nil
			}
			return list(e.Routes)
		}},
	{"opt_out", "code", "opt_out", "applied, or the reason why patient opt-outs were not.", 20, releaseCode(func(e *reading) string { return string(e.OptOut) })},
	{"frequency", "code", "frequency", "one_off and ongoing: a row for each file. system_access and frequent_ad_hoc: a row for each dataset and agreement, whatever the number of times.", 14,
		releaseCode(func(e *reading) string { return string(e.Frequency) })},
	{"rows_band", "text", "rows_band", "How many rows were released, as a band; releases made here only.", 18, func(e *reading) any { return plain(e.RowsBand) }},
	{"files", "list", "files", "Each file's reference and the SHA-256 of the encrypted file; releases made here only.", 30, func(e *reading) any {
		parts := make([]string, len(e.Files))
		for i, f := range e.Files {
			parts[i] = f.Reference + " " + f.SHA256
		}
		return plain(strings.Join(parts, " | "))
	}},
	{"edition", "text", "edition", "SHA-256 of the published file that the entry was imported from.", 16, func(e *reading) any { return plain(e.Edition) }},
	{"source_id", "text", "source_id", "The row's id in that file (RowID); for agreements their reference.", 16, func(e *reading) any { return plain(e.SourceID) }},
	{"reference_as_published", "text", "texts: as_published", "Reference: the row's cell before it was normalised. This and the next columns are of imported entries only.", 28, published(CellReference)},
	{"type_of_data_as_published", "text", "texts: as_published", "Type of data: the row's cell before it was normalised.", 30, published(CellType)},
	{"sensitivity_as_published", "text", "texts: as_published", "Sensitivity: the row's cell before it was normalised.", 14, published(CellSensitivity)},
	{"legal_basis_as_published", "text", "texts: as_published", "Legal basis: the row's cell before it was normalised.", 40, published(CellBasis)},
	{"common_law_duty_as_published", "text", "texts: as_published", "Common-law duty of confidentiality: the row's cell before it was normalised.", 40, published(CellCommonLaw)},
	{"opt_outs_as_published", "text", "texts: as_published", "Patient opt-outs: the row's cell before it was normalised.", 40, published(CellOptOut)},
	{"frequency_as_published", "text", "texts: as_published", "Frequency: the row's cell before it was normalised.", 14, published(CellFrequency)},
	{"title", "text", "texts: title", "Title of the agreement.", 40, text(Title)},
	{"objective", "text", "texts: objective", "Objective for processing.", 60, text(Objective)},
	{"processing", "text", "texts: processing", "Processing activities.", 60, text(Processing)},
	{"outputs", "text", "texts: outputs", "Expected output.", 60, text(Outputs)},
	{"benefits", "text", "texts: benefits", "Expected measurable benefits.", 60, text(Benefits)},
	{"yielded_benefits", "text", "texts: yielded_benefits", "Benefits yielded so far.", 60, text(YieldedBenefits)},
	{"reason", "text", "texts: reason", "Why an entry was corrected, withdrawn, erased or entered late; of an agreement, how it came to be approved where that was urgent or against advice.", 40, text(Reason)},
	{"erased", "list", "texts: erased", "Texts of this entry that were erased by law; the log keeps commitments to them.", 16,
		named(func(t Text) bool { return t.Erased })},
	{"withheld", "list", "texts: withheld", "Texts of this entry that no person has looked at yet after the privacy scan found something in them.", 16,
		named(func(t Text) bool { return t.Withheld })},
	{"channel", "code", "channel", "How the data were given: file, or system_access to a dataset that stays where it is. Empty where it is not recorded.", 14,
		releaseCode(func(e *reading) string { return string(e.Channel) })},
	{"row_key", "text", "row_key", "What a published row keeps through the editions that repeat it, where its layout has such a thing.", 16, func(e *reading) any { return plain(e.RowKey) }},
	{"corrects", "code", "corrects", "What a correction is about: a release or an agreement.", 11, func(e *reading) any { return plain(string(e.Corrects)) }},
	{"erases", "list", "fields", "Of a tombstone: the texts that were erased.", 16, func(e *reading) any { return list(e.Fields) }},
	{"starts", "date", "starts", "First day of the agreement's term. Agreements only, as are the columns to flows.", 11, agreementDate(func(e *reading) terms.Date { return e.Starts })},
	{"ends", "date", "ends", "Last day of its term, included.", 11, agreementDate(func(e *reading) terms.Date { return e.Ends })},
	{"controllership", "code", "controllership", "sole, joint, in_common, unresolved (as the source has it) or not_recorded.", 13,
		agreementCode(func(e *reading) string { return string(cmp.Or(e.Controllership, terms.ControllershipNotRecorded)) })},
	{"sub_licensing", "code", "sub_licensing", "Whether the data may be passed on under a sub-licence: yes, no or not_recorded.", 13,
		agreementCode(func(e *reading) string { return string(cmp.Or(e.SubLicensing, terms.AnswerNotRecorded)) })},
	{"commercial", "code", "commercial", "Whether there is a commercial purpose: yes, no or not_recorded.", 13,
		agreementCode(func(e *reading) string { return string(cmp.Or(e.Commercial, terms.AnswerNotRecorded)) })},
	{"lines", "text", "lines", "JSON: the datasets that it allows, each with its own codes.", 40, agreementJSON(func(e *reading) (any, int) { return e.Lines, len(e.Lines) })},
	{"support", "text", "support", "JSON: what its confidentiality routes rest on, such as section 251 support, with reference and end.", 40,
		agreementJSON(func(e *reading) (any, int) { return e.Support, len(e.Support) })},
	{"controllers", "text", "texts: controllers", "Its data controllers, as published, or by name and divided by ; .", 40, text(Controllers)},
	{"parties", "text", "texts: parties", "JSON: its organisations with their roles and places.", 40, text(Parties)},
	{"flows", "text", "texts: flows", "JSON: its data flows.", 40, text(Flows)},
	{"dataset_names", "text", "texts: dataset_names", "JSON: the name of each of its datasets, by code.", 40, text(DatasetNames)},
	{"lay_summary", "text", "texts: lay_summary", "Lay summary.", 60, text(LaySummary)},
	{"technical_summary", "text", "texts: technical_summary", "Technical summary.", 60, text(TechnicalSummary)},
	{"funders", "text", "texts: funders", "Who pays.", 40, text(Funders)},
	{"relation", "code", "relation", "Of a succession: how one follows the other. same_as and rename are one body under two names; the others are not.", 16,
		func(e *reading) any { return plain(string(e.Relation)) }},
	{"successor_id", "text", "texts: successor_id", "Of a succession: id of the organisation that follows.", 24, text(SuccessorID)},
	{"successor", "text", "texts: successor", "Its name.", 36, text(Successor)},
	{"successor_dataset", "code", "successor_dataset", "Of a succession: code of the dataset that follows.", 30, func(e *reading) any { return plain(e.SuccessorDataset) }},
}

func plain(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func date(d terms.Date) any {
	if d.IsZero() {
		return nil
	}
	return d
}

func text(field Field) func(*reading) any { return func(e *reading) any { return plain(e.Get(field)) } }

func published(cell Cell) func(*reading) any {
	return func(e *reading) any { return plain(e.cells()[cell]) }
}

// releaseCode is a code that only releases and their corrections have.
func releaseCode(code func(*reading) string) func(*reading) any {
	return func(e *reading) any {
		if !e.AsRelease() {
			return nil
		}
		return plain(code(e))
	}
}

// named lists the fields of the texts that are so.
func named(so func(Text) bool) func(*reading) any {
	return func(e *reading) any {
		var fields []Field
		for _, t := range e.Texts {
			if so(t) {
				fields = append(fields, t.Field)
			}
		}
		return list(fields)
	}
}

// agreementCode is a code that only agreements and their corrections have.
func agreementCode(code func(*reading) string) func(*reading) any {
	return func(e *reading) any {
		if !e.AsAgreement() {
			return nil
		}
		return plain(code(e))
	}
}

func agreementDate(day func(*reading) terms.Date) func(*reading) any {
	return func(e *reading) any {
		if !e.AsAgreement() {
			return nil
		}
		return date(day(e))
	}
}

// agreementJSON is a list of several members each, of which the count says
// whether there are any.
func agreementJSON(list func(*reading) (any, int)) func(*reading) any {
	return func(e *reading) any {
		members, count := list(e)
		if !e.AsAgreement() || count == 0 {
			return nil
		}
		object, err := json.Marshal(members)
		if err != nil {
			panic("register: a line or an approval has no JSON: " + err.Error()) // their types have
		}
		return string(object)
	}
}

func list[T ~string](values []T) any {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = string(v)
	}
	return plain(strings.Join(parts, " | "))
}

// formulaStarts are the characters by which a spreadsheet program takes a cell
// of a CSV file for a formula (OWASP, "CSV Injection"), their full-width forms
// among them, and the apostrophe itself.
const formulaStarts = "=+-@\t\r\n'＝＋－＠"

// SafeCell makes a text harmless in a CSV file: one that begins with = + - @, a
// tab, a line end or an apostrophe (or a full-width form) gets an apostrophe
// before it. [PlainCell] takes it away again, so that nothing is lost.
func SafeCell(s string) string {
	if first, size := utf8.DecodeRuneInString(s); size > 0 && strings.ContainsRune(formulaStarts, first) {
		return "'" + s
	}
	return s
}

// PlainCell undoes SafeCell: an apostrophe at the beginning is taken away.
func PlainCell(s string) string { return strings.TrimPrefix(s, "'") }

// Values writes an entry's value of each column into row, which has a place for
// each.
func Values(e *Entry, row []any) {
	r := &reading{Entry: e}
	for i, c := range columns {
		row[i] = c.value(r)
	}
}

// Texts writes an entry's text in each column into row, likewise.
func Texts(e *Entry, row []string) {
	r := &reading{Entry: e}
	for i, c := range columns {
		row[i] = c.text(c.value(r))
	}
}

// reading is an entry as its columns are read: the cells of its row are read
// once for all of them.
type reading struct {
	*Entry
	published map[Cell]string
	read      bool
}

func (r *reading) cells() map[Cell]string {
	if !r.read {
		r.published, r.read = r.Published(), true
	}
	return r.published
}
