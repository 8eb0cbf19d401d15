// Package plan turns what an agreement's line grants and what a requester asks
// for into a Plan: a closed, canonical value that says exactly which rows and
// columns leave, in which order and form. A release is approved by a plan's
// digest, so nothing that shapes the output stands outside of it. Pure.
package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// Version names the form of a Plan and what it means; an engine refuses any
// other.
const Version = "registrar/plan/v1"

// PseudonymColumn is the first column of every pseudonymised output, and never
// one of an identifiable output.
const PseudonymColumn = "PERSON_PSEUDONYM"

// fileRows is how many rows of so many columns make an output file: few enough
// to sort in bounded memory and to fetch again after a break, and so many that
// a file's few rows are not those of one small part of the lake, which would
// stand in the same file of two extracts.
func fileRows(columns int) int64 {
	const values, least = 20_000_000, 100_000
	return max(least, values/int64(max(columns, 1)))
}

// Format of the output files.
type Format string

// The formats. CSV is RFC 4180 with a header, LF line ends, UTF-8, an empty
// cell for no value ("" in an output of one column); Parquet is compressed with zstd. All columns are text.
const (
	CSV     Format = "csv"
	Parquet Format = "parquet"
)

// Snapshot says which parts of the lake are read, by digest (lake.Snapshot).
type Snapshot struct {
	Activity string `json:"activity"` // the dataset's parts
	Index    string `json:"index"`    // the person index's parts, by which pseudonyms and opt-outs go
	Parts    int    `json:"parts"`    // number of activity parts
	Rows     int64  `json:"rows"`     // rows in them
}

// OptOutList is a dated list of objections.
type OptOutList struct {
	SHA256 string     `json:"sha256"`
	AsOf   terms.Date `json:"as_of"`
}

// OptOuts says which objections are upheld and what becomes of rows that no
// list can be asked about.
type OptOuts struct {
	List OptOutList `json:"list"`
	// Unchecked: keep is for rows of persons without an NHS number. Rows with
	// a number that is not valid are dropped in either case: an invalid number
	// is not none (governance §1.13).
	Unchecked terms.UncheckedRows `json:"unchecked"`
}

// Column of the output.
type Column struct {
	Name       string           `json:"name"`
	Field      string           `json:"field"`  // of the definition; empty for the person's pseudonym
	Origin     string           `json:"origin"` // definition.FromFeed or definition.FromPerson
	Class      terms.FieldClass `json:"class"`
	Type       definition.Type  `json:"type"` // how the field's text is read
	Derivation terms.Derivation `json:"derivation"`
}

// Plan is one line's extract. The same plan gives the same bytes.
type Plan struct {
	Version     string           `json:"version"`
	Agreement   string           `json:"agreement"` // reference, with version where known
	Line        int              `json:"line"`
	LineSHA256  string           `json:"line_sha256"` // terms.Digest of the line as granted
	Dataset     string           `json:"dataset"`
	Definition  string           `json:"definition_sha256"`
	Site        string           `json:"site"`
	Type        terms.TypeOfData `json:"type"`
	KeyDomain   string           `json:"key_domain"`
	Snapshot    Snapshot         `json:"snapshot"`
	Columns     []Column         `json:"columns"`
	PeriodField string           `json:"period_field"`
	Periods     []terms.Period   `json:"periods"`    // sorted, apart; a row is in one of them
	Population  []terms.Filter   `json:"population"` // sorted by field, one each; a row passes all
	OptOuts     *OptOuts         `json:"opt_outs,omitempty"`
	RecordKeys  []string         `json:"record_keys"` // the order within a person
	Format      Format           `json:"format"`
	FileRows    int64            `json:"file_rows"` // rows of output that make a file; half as many at least, if there are
}

// Canonical is the plan as canonical JSON (RFC 8785).
func (p Plan) Canonical() ([]byte, error) { return terms.Canonical(p) }

// Digest is the SHA-256 of Canonical in lower-case hex; what approval approves.
func (p Plan) Digest() (string, error) { return terms.Digest(p) }

// Parse reads a stored plan and makes sure that it is the approved one. A plan
// with another digest is fault.Conflict; one that breaks a rule that holds for
// every plan (Check) is fault.Invalid.
func Parse(stored []byte, digest string) (Plan, error) {
	var p Plan
	d := json.NewDecoder(bytes.NewReader(stored))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Plan{}, fault.New(fault.Invalid, "The stored plan cannot be read.").Because(err)
	}
	got, err := p.Digest()
	if err != nil {
		return Plan{}, fmt.Errorf("reading a plan: %w", err)
	}
	if got != digest {
		return Plan{}, fault.New(fault.Conflict, "The plan is not the one that was approved. Ask for approval of this one.").With(
			fault.Reason{Code: "plan.digest", Message: fmt.Sprintf("approved is %s, this is %s", digest, got)})
	}
	if reasons := p.Check(); len(reasons) > 0 {
		return Plan{}, fault.New(fault.Invalid, "The plan breaks the rules of plans.").With(reasons...)
	}
	return p, nil
}

// Pseudonymous says whether the output carries the person's pseudonym.
func (p Plan) Pseudonymous() bool { return p.Type == terms.Pseudonymised }

// PersonColumn is a column of the person map that the linking worker makes for
// a plan beside person, pseudonym and opt-out.
type PersonColumn struct {
	Name       string           // as a Column's Name, or the field's where rows derive from it
	Field      string           // NHS_NUMBER, BIRTH_DATE or POSTCODE
	Derivation terms.Derivation // done by the linking worker
}

// PersonColumns are all that the extracting worker needs to know about persons
// for this plan, each once: a derivation that depends on the person alone is
// done before the handover, so that a postcode never leaves the identity area
// for the sake of its district.
func (p Plan) PersonColumns() []PersonColumn {
	var out []PersonColumn
	seen := map[string]bool{}
	for _, c := range p.Columns {
		if c.Origin != definition.FromPerson || c.Field == "" {
			continue
		}
		pc := PersonColumn{Name: c.Name, Field: c.Field, Derivation: c.Derivation}
		if c.Derivation == terms.AgeBand {
			// Age is at the row's date.
			pc.Name, pc.Derivation = c.Field, terms.NoDerivation
		}
		if !seen[pc.Name] {
			seen[pc.Name] = true
			out = append(out, pc)
		}
	}
	return out
}

// columnName is the name under which a field leaves: its own, or with what was
// made of it.
func columnName(field string, d terms.Derivation) string {
	switch d {
	case terms.AgeBand:
		return field + "_AGE_BAND"
	case terms.PostcodeDistrict:
		return field + "_DISTRICT"
	case terms.Month:
		return field + "_MONTH"
	default:
		return field
	}
}

// Check gives every rule of every plan that p breaks, whoever made it: the
// last look before an engine runs it.
func (p Plan) Check() []fault.Reason {
	var out reasons
	if p.Version != Version {
		out.add("plan.version", "version", "%q is not %s", p.Version, Version)
	}
	if p.Type != terms.Identifiable && p.Type != terms.Pseudonymised {
		out.add("plan.type", "type", "an extract is of identifiable or pseudonymised rows, not %q", p.Type)
	}
	if p.KeyDomain == "" {
		out.add("plan.key_domain", "key_domain", "there is no key domain")
	}
	if len(p.Columns) == 0 {
		out.add("plan.columns", "columns", "there are none")
	}
	names := map[string]bool{}
	for i, c := range p.Columns {
		p.checkColumn(&out, fmt.Sprintf("columns[%d]", i), c)
		if names[c.Name] {
			out.add("plan.column_twice", fmt.Sprintf("columns[%d]", i), "%s is there twice", c.Name)
		}
		names[c.Name] = true
	}
	if p.Pseudonymous() && (len(p.Columns) == 0 || p.Columns[0].Name != PseudonymColumn) {
		out.add("plan.no_pseudonym", "columns", "a pseudonymised output begins with %s", PseudonymColumn)
	}
	if p.PeriodField == "" || len(p.Periods) == 0 {
		out.add("plan.period", "periods", "rows are not limited to a period")
	}
	if len(p.RecordKeys) == 0 {
		out.add("plan.record_keys", "record_keys", "without a record key the rows have no order")
	}
	if p.OptOuts != nil && (p.OptOuts.List.SHA256 == "" || !p.OptOuts.Unchecked.Known()) {
		out.add("plan.opt_outs", "opt_outs", "objections are upheld by no list, or unchecked rows have no rule")
	}
	if p.Format != CSV && p.Format != Parquet {
		out.add("plan.format", "format", "%q is not csv or parquet", p.Format)
	}
	if p.FileRows <= 0 {
		out.add("plan.file_rows", "file_rows", "is not positive")
	}
	return out
}

func (p Plan) checkColumn(out *reasons, path string, c Column) {
	if c.Name == "" || c.Origin != definition.FromFeed && c.Origin != definition.FromPerson {
		out.add("plan.column", path, "has no name, or is from neither feed nor person")
	}
	if strings.HasPrefix(strings.ToLower(c.Field), "registrar_") {
		out.add("plan.column", path, "no field of a dataset begins with registrar_")
	}
	isPseudonym := c.Derivation == terms.PersonPseudonym
	if isPseudonym && !p.Pseudonymous() {
		out.add("plan.pseudonym", path, "no pseudonym stands on an identifiable file")
	}
	if isPseudonym != (c.Name == PseudonymColumn) || isPseudonym != (c.Field == "") {
		out.add("plan.pseudonym", path, "%s is the person's pseudonym and nothing else", PseudonymColumn)
	}
	if !c.Derivation.Known() {
		out.add("plan.derivation", path, "%q is not a derivation", c.Derivation)
	}
	if (c.Class == terms.RecordID) != (c.Derivation == terms.RecordPseudonym) {
		out.add("plan.record_id", path, "record ids leave re-keyed, and nothing else does")
	}
	if c.Class == terms.DirectIdentifier && c.Derivation == terms.NoDerivation && p.Type != terms.Identifiable {
		out.add("plan.identifier", path, "%s is a direct identifier", c.Field)
	}
}

type reasons []fault.Reason

func (r *reasons) add(code, field, format string, args ...any) {
	*r = append(*r, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
}
