package flag

import (
	"iter"
	"strings"
	"time"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Row is what flags need to know of an entry that stands. Of Kind, release and
// agreement are those that corrections stand in the place of, too.
type Row struct {
	Number           int64
	Kind             register.Kind // Release, Agreement, Termination or Destruction; others are passed over
	Edition          string        // empty: made here
	Organisation     string        // id of the body: its newest name's
	Dataset          string        // code of the collection: its newest name's
	OrganisationName string        // as published, or its id
	DatasetName      string
	Reference, Stem  string
	Versioned        bool // the reference names a version
	From, To         terms.Date
	Type             terms.TypeOfData
	Sensitivity      terms.Sensitivity
	Power            terms.Power
	BasisRoutes      []terms.Route // that stand in the cell of the legal basis
	Routes           []terms.Route
	OptOut           terms.OptOut
	Frequency        terms.Frequency
	Unlisted         []register.Cell // coded columns with words that no list has
	Said             []register.Cell // coded columns of which a correction says something else
	Unread           bool            // its published cells are withheld or were erased
	Starts, Ends     terms.Date      // of an agreement
	Lines            []register.Line
	Support          []register.Support
	CertifiedOn      terms.Date // of a destruction
	TerminatedOn     terms.Date // of a termination
}

// Register is the rows that stand at a size of it.
type Register interface {
	// Standing gives the rows in the order of their numbers, each time that it
	// is ranged over.
	Standing() iter.Seq[Row]
	Row(number int64) (Row, bool)
}

// Case is what the row tells the gate: its cells, by the rules of its month.
func (r Row) Case() gate.Case {
	return gate.Case{
		At: time.Date(r.From.Year, r.From.Month, r.From.Day, 12, 0, 0, 0, terms.London), Historical: true,
		Line:    terms.DatasetLine{Dataset: r.Dataset, DatasetName: r.DatasetName, Type: r.Type, Power: r.Power, OptOut: r.OptOut},
		History: &gate.History{BasisRoutes: r.BasisRoutes, Routes: r.Routes, Organisation: r.OrganisationName},
	}
}

// NameOf reads a name out of the id that was made of it, well enough for the
// gate's lists of names: nhs-leeds-ccg is NHS Leeds CCG.
func NameOf(id string) string { return strings.ReplaceAll(id, "-", " ") }

// onSupport says that a release rests on section 251 support, as far as its
// cells tell: its power or basis says so, or else its routes.
func (r Row) onSupport() bool {
	switch {
	case len(r.BasisRoutes) > 0:
		return has(r.BasisRoutes, terms.RouteSection251)
	case r.Power == terms.S261_7:
		return true
	}
	return has(r.Routes, terms.RouteSection251)
}

func has(routes []terms.Route, route terms.Route) bool {
	for _, r := range routes {
		if r == route {
			return true
		}
	}
	return false
}

func recorded[T ~string](code T) bool { return code != "" && code != "not_recorded" }

func routesRecorded(routes []terms.Route) bool {
	return len(routes) > 0 && !has(routes, terms.RouteNotRecorded) && !has(routes, "")
}
