// Package definition says what the feeds and datasets of Registrar are: every
// column with its type, what it can tell about a person, and how an extract
// may derive from it. The definitions are data, the JSON files beside this
// one in the format of Definition, read by Load, which says everything that is
// wrong with one at once. The package is pure: values in, values out.
//
// What values a column may hold is not said here but by the validation rules
// (extract/feed/rule).
package definition

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"data.release/registrar/release/terms"
)

// Kind is what a feed is about.
type Kind string

const (
	// Activity: what happened to people; its parts lie in the lake's activity area.
	Activity Kind = "activity"
	// Demographics: who people are; feeds the person index, identity area only.
	Demographics Kind = "demographics"
	// OptOuts: a list of people who do not want their data used; identity area only.
	OptOuts Kind = "opt_outs"
)

// Type is how a column's text is to be read. The lake keeps every column as
// the text that was submitted; a plan casts by this type.
type Type string

const (
	Text      Type = "text"
	Integer   Type = "integer"   // a whole number, perhaps written 34.0
	Decimal   Type = "decimal"   // point, no exponent
	Date      Type = "date"      // YYYY-MM-DD; HES null dates 1800-01-01, 1801-01-01
	Time      Type = "time"      // HHMM, 24 hours
	Timestamp Type = "timestamp" // YYYY-MM-DD HH:MM:SS
)

// Origin of a field: the feed's own column, or the person index. A person's
// field is in no activity part; an extract joins it from the handover.
const (
	FromFeed   = "feed"
	FromPerson = "person"
)

// Definition of one dataset and its feed.
type Definition struct {
	Code    string `json:"code"`    // slug, the file's name: "hes_apc"
	Version string `json:"version"` // of this definition
	Name    string `json:"name"`    // as readers know the dataset
	Family  string `json:"family"`  // what it is one of: "HES"
	Kind    Kind   `json:"kind"`
	Source  string `json:"source"` // where columns, titles and types are from, and their licence

	PersonKey      string   `json:"person_key,omitempty"`      // column of the feed's own person id; never in an activity part, never extracted
	ProviderField  string   `json:"provider_field,omitempty"`  // column of the organisation that gave the care
	PeriodField    string   `json:"period_field,omitempty"`    // date column that the periods of a line are about
	RecordKeys     []string `json:"record_keys,omitempty"`     // columns that together name one record
	LocalityFields []string `json:"locality_fields,omitempty"` // columns by which a population may be given
	Fields         []Field  `json:"fields"`                    // in the order of the file
}

// Field of a dataset.
type Field struct {
	// Name of the column. In a file of definitions a name may end in a range,
	// "DIAG_4_{01-20}", and then stands for that many columns.
	Name   string           `json:"name"`
	Title  string           `json:"title"`
	Type   Type             `json:"type"`
	Class  terms.FieldClass `json:"class"`
	Origin string           `json:"origin,omitempty"` // FromFeed if left out
	// Derivations that a line may grant. Left out: none but the value itself,
	// for a record id its re-keyed form, for the person key nothing.
	Derivations []terms.Derivation `json:"derivations,omitempty"`
	// MayBeAbsent: a file without this column is still whole.
	MayBeAbsent bool `json:"may_be_absent,omitempty"`
}

//go:embed *.json
var files embed.FS

// All returns the built-in definitions, sorted by code.
var All = sync.OnceValue(func() []Definition {
	var all []Definition
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		data, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		d, err := Load(strings.TrimSuffix(e.Name(), ".json"), data)
		if err != nil {
			panic(e.Name() + ": " + err.Error()) // a test loads them all
		}
		all = append(all, d)
	}
	return all
})

// Get returns the built-in definition with this code.
func Get(code string) (Definition, bool) {
	i := slices.IndexFunc(All(), func(d Definition) bool { return d.Code == code })
	if i < 0 {
		return Definition{}, false
	}
	return All()[i], true
}

// Field returns the field of this exact name.
func (d Definition) Field(name string) (Field, bool) {
	i := slices.IndexFunc(d.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return d.Fields[i], true
}

// FeedFields are the columns of the submitted file, in its order.
func (d Definition) FeedFields() []Field {
	return d.pick(func(f Field) bool { return f.Origin == FromFeed })
}

// ActivityFields are the feed's columns that an activity part keeps: all but
// the direct identifiers and the local person id.
func (d Definition) ActivityFields() []Field {
	return d.pick(func(f Field) bool { return f.Origin == FromFeed && f.Class != terms.DirectIdentifier })
}

// Extractable are the fields that a line may grant: all but the local person
// id, which would link every extract to every other.
func (d Definition) Extractable() []Field {
	return d.pick(func(f Field) bool { return f.Name != d.PersonKey })
}

func (d Definition) pick(keep func(Field) bool) []Field {
	var out []Field
	for _, f := range d.Fields {
		if keep(f) {
			out = append(out, f)
		}
	}
	return out
}

// Allows says whether a line may grant the field in this derivation.
func (f Field) Allows(d terms.Derivation) bool { return slices.Contains(f.Derivations, d) }
