// Package evidence reads lists that other bodies publish, as CSV: the Data
// Security and Protection Toolkit's (DSPT), the Organisation Data Service's
// (ODS) and the register of the Confidentiality Advisory Group (CAG). Pure: a
// file's content in, rows and everything that is wrong with it out.
package evidence

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Kind is which list a file is of.
type Kind string

// The kinds.
const (
	DSPT Kind = "dspt"
	ODS  Kind = "ods"
	CAG  Kind = "cag"
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{DSPT, ODS, CAG} }

// Label is the kind in words.
func (k Kind) Label() string {
	switch k {
	case DSPT:
		return "Data Security and Protection Toolkit"
	case ODS:
		return "Organisation Data Service"
	case CAG:
		return "Confidentiality Advisory Group"
	}
	return string(k)
}

// MaxRows is how many rows a list may have; the largest published one has a
// quarter of that.
const MaxRows = 200_000

// Row is one row of a list. Which members are filled depends on its kind.
type Row struct {
	Line int // of the file, from 1

	Code string // ODS code
	Name string // of the organisation

	Status    string // DSPT, such as "Standards Met"
	Edition   string // DSPT version or year, such as "2025-26 (v8)"
	Published terms.Date
	Expires   terms.Date // DSPT: last day that it holds; CAG: last day of support, zero if none is given
	Reviewed  *bool      // DSPT, where the list says it

	Opened, Closed terms.Date // ODS; a zero Closed is open

	Reference, Title, Applicant, Regulation string // CAG
	Decided                                 terms.Date
}

// column is a member of a row with the headings under which lists have it.
type column struct {
	name     string
	headings []string
	needed   bool // some column of the file must have it
	filled   bool // each row must have it
	read     func(*Row, string) error
}

func words(into func(*Row) *string) func(*Row, string) error {
	return func(r *Row, cell string) error {
		*into(r) = strings.Join(strings.Fields(cell), " ")
		return nil
	}
}

func day(into func(*Row) *terms.Date) func(*Row, string) error {
	return func(r *Row, cell string) (err error) {
		*into(r), err = parseDay(cell)
		return err
	}
}

var (
	code = column{"code", []string{"ods code", "organisation code", "org code", "code", "ods", "icb24cdh"}, true, true,
		func(r *Row, cell string) error {
			r.Code = strings.ToUpper(strings.TrimSpace(cell))
			if len(r.Code) > 8 || strings.ContainsFunc(r.Code, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') }) {
				return fmt.Errorf("%q is no ODS code", cell)
			}
			return nil
		}}
	name = column{"name", []string{"organisation name", "org name", "name", "organisation", "icb24nm"}, true, true, words(func(r *Row) *string { return &r.Name })}
)

var columns = map[Kind][]column{
	DSPT: {code, name,
		{"status", []string{"status", "latest status", "dspt status", "assessment status", "standards status"}, true, true, status},
		{"version", []string{"version", "year", "dspt year", "dspt version", "edition"}, false, false, words(func(r *Row) *string { return &r.Edition })},
		{"published", []string{"published", "date published", "publication date", "date of publication"}, false, false, day(func(r *Row) *terms.Date { return &r.Published })},
		{"expires", []string{"expires", "expiry", "expiry date", "valid to", "valid until"}, true, false, day(func(r *Row) *terms.Date { return &r.Expires })},
		{"reviewed", []string{"reviewed", "reviewed by nhs england", "reviewed by nhs digital"}, false, false, yesOrNo}},
	ODS: {code, name,
		{"opened", []string{"open", "opened", "open date", "start date", "operational start date"}, false, false, day(func(r *Row) *terms.Date { return &r.Opened })},
		{"closed", []string{"close", "closed", "close date", "end date", "operational end date"}, false, false, day(func(r *Row) *terms.Date { return &r.Closed })}},
	CAG: {
		{"reference", []string{"reference", "cag reference", "cag ref", "application number", "application reference"}, true, true, words(func(r *Row) *string { return &r.Reference })},
		{"title", []string{"title", "application title", "project title"}, true, true, words(func(r *Row) *string { return &r.Title })},
		{"applicant", []string{"applicant", "applicant organisation", "organisation", "sponsor"}, false, false, words(func(r *Row) *string { return &r.Applicant })},
		{"regulation", []string{"regulation", "regulation class", "basis", "type of support"}, true, true, words(func(r *Row) *string { return &r.Regulation })},
		{"decided", []string{"decision date", "decided", "date of decision", "approval date"}, true, true, day(func(r *Row) *terms.Date { return &r.Decided })},
		{"expiry", []string{"expiry", "expires", "expiry date", "end date", "support ends"}, true, false, day(func(r *Row) *terms.Date { return &r.Expires })}},
}

// Headings are the names under which a kind's columns are recognised; the first
// of each is the one to use.
func Headings(kind Kind) [][]string {
	var all [][]string
	for _, c := range columns[kind] {
		all = append(all, c.headings)
	}
	return all
}

func yesOrNo(r *Row, cell string) error {
	var yes bool
	switch terms.Fold(cell) {
	case "":
		return nil
	case "yes", "y", "true", "reviewed", "1":
		yes = true
	case "no", "n", "false", "not reviewed", "0":
	default:
		return fmt.Errorf("%q is neither yes nor no", cell)
	}
	r.Reviewed = &yes
	return nil
}

// statuses are the spellings that the gate knows; lists put a year before them.
var statuses = []string{"Standards Met", "Standards Exceeded", "Approaching Standards", "Standards Not Met", "Not Published"}

func status(r *Row, cell string) error {
	r.Status = strings.Join(strings.Fields(cell), " ")
	for _, known := range statuses {
		if strings.Contains(terms.Fold(cell), terms.Fold(known)) {
			r.Status = known
		}
	}
	return nil
}

// dayLayouts are the ways in which lists write a day. Two-digit years are not
// read: they could be of another century.
var dayLayouts = []string{"2006-01-02", "02/01/2006", "2/1/2006", "20060102", "2 January 2006", "2 Jan 2006", "02-Jan-2006", "02Jan2006",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "02/01/2006 15:04", "02/01/2006 15:04:05"}

func parseDay(cell string) (terms.Date, error) {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return terms.Date{}, nil
	}
	for _, layout := range dayLayouts {
		if t, err := time.Parse(layout, cell); err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return terms.NewDate(t.Year(), t.Month(), t.Day()), nil
		}
	}
	return terms.Date{}, fmt.Errorf("%q is no day; write it as 2026-11-25 or 25/11/2026", cell)
}

// Read reads a list. The headings may stand in any order among others, in any
// case; ODS files as published have none, and are known by their 27 columns.
// Every row's mistakes come back at once, and then no row.
func Read(kind Kind, content []byte) ([]Row, []fault.Reason) {
	wanted, ok := columns[kind]
	if !ok {
		return nil, []fault.Reason{{Code: "kind", Field: "kind", Message: fmt.Sprintf("%q is no kind of list", kind)}}
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) || bytes.ContainsRune(content, 0) {
		return nil, []fault.Reason{{Code: "encoding", Field: "file", Message: "is no text in UTF-8"}}
	}
	records, lines, err := split(content)
	if err != nil {
		return nil, []fault.Reason{{Code: "csv", Field: "file", Message: "cannot be read as CSV: " + err.Error()}}
	}
	if len(records) == 0 {
		return nil, []fault.Reason{{Code: "empty", Field: "file", Message: "has no rows"}}
	}
	var at map[int]column
	if kind == ODS && published(records[0]) {
		at = map[int]column{0: wanted[0], 1: wanted[1], 10: wanted[2], 11: wanted[3]}
	} else {
		var problems []fault.Reason
		if at, problems = header(wanted, records[0]); len(problems) > 0 {
			return nil, problems
		}
		records, lines = records[1:], lines[1:]
	}
	return read(kind, at, records, lines)
}

// split reads the records with the line at which each begins.
func split(content []byte) (records [][]string, lines []int, err error) {
	in := csv.NewReader(bytes.NewReader(content))
	in.FieldsPerRecord = -1
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return records, lines, nil
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := in.FieldPos(0)
		if blank := !slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) != "" }); blank {
			continue
		}
		if records, lines = append(records, record), append(lines, line); len(records) > MaxRows {
			return nil, nil, fmt.Errorf("more than %d rows", MaxRows)
		}
	}
}

// published says whether a record is a row of an ODS file as published, without
// headings: 27 columns, of which the eleventh is the day of opening.
func published(record []string) bool {
	if len(record) != 27 {
		return false
	}
	opened, err := parseDay(record[10])
	return err == nil && !opened.IsZero()
}

// header finds the columns by their headings.
func header(wanted []column, record []string) (map[int]column, []fault.Reason) {
	at, taken := map[int]column{}, map[string]string{}
	var problems []fault.Reason
	for i, heading := range record {
		folded := strings.ReplaceAll(terms.Fold(heading), "_", " ")
		for _, c := range wanted {
			if !slices.Contains(c.headings, folded) {
				continue
			}
			if other, twice := taken[c.name]; twice {
				problems = append(problems, fault.Reason{Code: "heading-twice", Field: "row 1", Message: fmt.Sprintf("%q and %q are the same column", other, heading)})
				continue
			}
			taken[c.name] = heading
			at[i] = c
			break
		}
	}
	for _, c := range wanted {
		if _, ok := taken[c.name]; c.needed && !ok {
			problems = append(problems, fault.Reason{Code: "heading-missing", Field: "row 1", Message: fmt.Sprintf("has no column %q", c.headings[0])})
		}
	}
	return at, problems
}

func read(kind Kind, at map[int]column, records [][]string, lines []int) ([]Row, []fault.Reason) {
	var problems []fault.Reason
	rows := make([]Row, 0, len(records))
	first := map[string]int{}
	for i, record := range records {
		row := Row{Line: lines[i]}
		wrong := func(code, column, message string) {
			problems = append(problems, fault.Reason{Code: code, Field: fmt.Sprintf("row %d, %s", row.Line, column), Message: message})
		}
		for j, c := range at {
			cell := ""
			if j < len(record) {
				cell = strings.TrimSpace(record[j])
			}
			if cell == "" && c.filled {
				wrong("missing", c.headings[0], "is missing")
			} else if err := c.read(&row, cell); err != nil {
				wrong("cell", c.headings[0], err.Error())
			}
		}
		check(kind, row, wrong)
		key := row.Code + row.Reference
		if earlier, twice := first[key]; twice && key != "" {
			wrong("twice", "code", fmt.Sprintf("%s stands in row %d, too", key, earlier))
		}
		first[key] = row.Line
		rows = append(rows, row)
	}
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b fault.Reason) int { return rowOf(a) - rowOf(b) })
		return nil, problems
	}
	return rows, nil
}

// rowOf is the row that a reason names.
func rowOf(r fault.Reason) (row int) {
	_, _ = fmt.Sscanf(r.Field, "row %d", &row)
	return row
}

// check says what is wrong with a row as a whole.
func check(kind Kind, r Row, wrong func(code, column, message string)) {
	switch kind {
	case DSPT:
		if r.Expires.IsZero() && r.Status != "" && Holds(r.Status) {
			wrong("missing", "expires", "is missing, though the standards are met or approached")
		}
		if !r.Expires.IsZero() && !r.Published.IsZero() && r.Expires.Compare(r.Published) < 0 {
			wrong("order", "expires", "comes before it was published")
		}
	case ODS:
		if !r.Opened.IsZero() && !r.Closed.IsZero() && r.Closed.Compare(r.Opened) < 0 {
			wrong("order", "close", "comes before it opened")
		}
	case CAG:
		if !r.Expires.IsZero() && r.Expires.Compare(r.Decided) < 0 {
			wrong("order", "expiry", "comes before the decision")
		}
	}
}

// Holds says whether a DSPT status is one that gives assurance for a time.
func Holds(status string) bool {
	return slices.Contains(statuses[:3], status)
}
