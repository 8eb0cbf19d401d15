// Package rule holds the validation rules of the feeds as data, and says what
// each means in DuckDB's SQL. A rule is about one column; it holds if the
// value is missing or passes any one of its checks, so that the alternatives
// of a specification ("three characters, or 59999") are one rule and not
// several that contradict each other. A check may be valid for some years
// only.
//
// Trailing spaces are padding and never part of a value; a value of nothing
// but spaces is missing. In a whole-number column 34.0 says 34, as writers
// that have no missing integers print it. The package is pure.
package rule

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/terms"
)

// Severity of a failed rule.
type Severity string

const (
	// Warn: the record is kept as submitted, and counted.
	Warn Severity = "warn"
	// Reject: the record is left out, kept among the rejects, and counted.
	Reject Severity = "reject"
)

// The kinds of a check, and the arguments each has.
const (
	Required     = "required"       // the value is not missing
	Unique       = "unique"         // no two records have the value
	InPeriod     = "in_period"      // the date lies in the period the file is said to be for
	Length       = "length"         // min to max characters
	Values       = "values"         // one of values
	CodeRange    = "code_range"     // between from and to, of their form (capitals and digits)
	Regex        = "regex"          // pattern, RE2, matching the whole value
	IsInteger    = "integer"        // -?digits
	IsDecimal    = "decimal"        // with or without a point, no exponent
	IsDate       = "date"           // a day that exists, YYYY-MM-DD, 1900 to 2099
	IsTime       = "time"           // HHMM or HH:MM:SS, 24 hours
	IsNHSNumber  = "nhs_number"     // ten digits, blanks and hyphens aside, passing mod 11
	NotASentinel = "not_a_sentinel" // not one of the NHS numbers that stand for none (Sentinels)
)

// Set is the rules of one dataset.
type Set struct {
	Dataset string `json:"dataset"` // code of its definition, the file's name
	Version string `json:"version"`
	Source  string `json:"source"` // where the rules are from, and the licence
	// RefuseOverPercent: a file with more than this share of its records
	// rejected is refused as a whole.
	RefuseOverPercent int    `json:"refuse_over_percent"`
	Rules             []Rule `json:"rules"`
}

// Rule about one column, or about each of a range of columns ("DIAG_4_{01-20}").
type Rule struct {
	ID       string   `json:"id"` // stable
	Field    string   `json:"field"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"` // what is wrong with a value that fails, after the column's name
	AnyOf    []Check  `json:"any_of"`
	// FromRules are the names of the source's rules that this one stands for;
	// Note says where and why it differs from them.
	FromRules []string `json:"from,omitempty"`
	Note      string   `json:"note,omitempty"`

	columns []definition.Field // that the rule is about, set by Load
}

// Check is one way for a value to be right.
type Check struct {
	Kind    string   `json:"kind"`
	Values  []string `json:"values,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	Min     int      `json:"min,omitempty"`
	Max     int      `json:"max,omitempty"`
	From    string   `json:"from,omitempty"`
	To      string   `json:"to,omitempty"`
	// ValidFrom and ValidTo (YYYY-MM-DD, both included) are the days for whose
	// records the check counts: by the record's period field, or the first day
	// of the file's period where that says nothing.
	ValidFrom string `json:"valid_from,omitempty"`
	ValidTo   string `json:"valid_to,omitempty"`
}

// Columns are the columns that the rule is about.
func (r Rule) Columns() []definition.Field { return r.columns }

// Digest names the set: SHA-256 of its canonical JSON.
func (s Set) Digest() string {
	digest, err := terms.Digest(s)
	if err != nil {
		panic(err) // a struct of texts and numbers always has a canonical form
	}
	return digest
}

//go:embed *.json
var files embed.FS

var builtIn = sync.OnceValue(func() map[string]Set {
	sets := map[string]Set{}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		data, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		code := strings.TrimSuffix(e.Name(), ".json")
		d, _ := definition.Get(code)
		s, err := Load(d, data)
		if err != nil {
			panic(e.Name() + ": " + err.Error()) // a test loads them all
		}
		sets[code] = s
	}
	return sets
})

// Get returns the built-in rules of a dataset.
func Get(dataset string) (Set, bool) {
	s, ok := builtIn()[dataset]
	return s, ok
}

// Sentinels are numbers that pass mod 11 and stand for no one: given out for
// no match (0000000000) or many (9999999999), or printed on forms.
// Source: NHSDigital/data-validation-engine, domain_types.py.
var Sentinels = []string{"0000000000", "0123456789", "1111111111", "9999999999"}

// NHSNumber gives the ten digits of a number without its blanks and hyphens,
// whether they pass mod 11, and whether they can name a person: valid and not
// a sentinel.
func NHSNumber(raw string) (number string, valid, usable bool) {
	number = strings.NewReplacer(" ", "", "-", "").Replace(raw)
	if len(number) != 10 {
		return "", false, false
	}
	sum := 0
	for i := range 10 {
		d := int(number[i]) - '0'
		if d < 0 || d > 9 {
			return "", false, false
		}
		if i < 9 {
			sum += (10 - i) * d
		} else if (11-sum%11)%11 != d { // a check digit of 10 is never issued
			return "", false, false
		}
	}
	return number, true, !slices.Contains(Sentinels, number)
}
