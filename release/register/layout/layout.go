// Package layout knows how registers were published: which sheets and columns
// an edition has and what each means. A layout is data; recognising, reading
// and writing are each one function for all of them.
//
// A layout is known by the headers of its columns, whatever its sheets are
// called. Reading changes no cell and drops none: a sheet or column that the
// layout does not have is kept as it stands and reported, one that it needs and
// the file lacks is refused by name, with everything else that is wrong, at
// once.
package layout

import (
	"fmt"
	"slices"
	"strings"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// Layout is one way in which a register was published.
type Layout struct {
	Name      string // stable; stored with the edition
	Title     string
	Publisher string // empty where many publish in it
	identity  register.Identity
	dated     bool // the rows' own days say which days an edition covers
	sheets    []sheet
}

// role says what a sheet's rows are.
type role int

const (
	words      role = iota // prose for readers: kept, no columns
	releases               // one row per file, or per dataset accessed
	statements             // one row per agreement version
	lines                  // one row per dataset of a version
	projects               // one row per project, with all its datasets
	amendments             // one row per release that earlier editions have wrongly or not at all
	kept                   // rows with columns that become no entries
)

type sheet struct {
	name     string // the usual one
	role     role
	required bool
	columns  []column
}

type column struct {
	cell     register.Cell
	headers  []string // as published, the first being the usual; one that ends in … begins so
	optional bool
	// at is where a column stands whose header is damaged or missing at the
	// source: counted from 1, or back from the end. It is believed only where
	// all other columns that are needed have their headers. Where the columns
	// stand in another order, the damaged header itself is looked for.
	at      int
	damaged []string

	keys, starts, broken []string // of headers and damaged, see keyed
}

// need is a column that an edition must have; may is one that it may lack.
func need(cell register.Cell, headers ...string) column { return column{cell: cell, headers: headers} }

func may(cell register.Cell, headers ...string) column {
	return column{cell: cell, headers: headers, optional: true}
}

var all = keyed(nhsDigital2016, nhsDigital2018, dataUses2021, phe2014, phe2017, hdruk2)

// Layouts lists the layouts that can be read.
func Layouts() []Layout { return slices.Clone(all) }

// Options are what a file does not say, or not surely.
type Options struct {
	FileName  string       // as it was published; its dates are believed where no title sheet has any
	Period    terms.Period // the days of the edition, given by whoever imports; zero: as the file says
	Publisher string       // of an edition in a layout that many publish in
	Today     terms.Date   // no edition covers later days; zero: not asked
	Form      register.Form
}

// Read recognises the layout of an edition's sheets and reads them. What is
// wrong is one fault.Invalid with every reason, each naming sheet, row and
// column.
func Read(sheets []register.Sheet, options Options) (register.Source, error) {
	chosen, err := recognise(sheets)
	if err != nil {
		return register.Source{}, err
	}
	source := register.Source{Layout: chosen.Name, Publisher: chosen.Publisher, Title: chosen.Title,
		Today: options.Today, Form: options.Form, Identity: chosen.identity, Sheets: sheets}
	given := strings.TrimSpace(options.Publisher)
	if source.Publisher == "" {
		source.Publisher = given
	}
	if source.Identity.Register == perPublisher {
		source.Identity.Register = chosen.Name + " " + register.NameKey(source.Publisher)
	}
	reasons := chosen.unassigned(&source)
	rows := 0
	var empty []fault.Reason
	for i, known := range chosen.Layout.sheets {
		at, found := chosen.sheets[i]
		if !found || known.role == words {
			continue
		}
		table, unknown, wrong := known.table(sheets[at.sheet], at.header)
		reasons = append(reasons, wrong...)
		source.Unknown = append(source.Unknown, unknown...)
		if rows += len(table.Rows); known.required && len(sheets[at.sheet].Rows) > 0 {
			empty = append(empty, fault.Reason{Code: "rows-missing", Field: register.Place(table.Sheet, 0, ""), Message: "has no rows beneath its headings"})
		}
		switch known.role {
		case releases:
			source.Releases = table
		case statements:
			source.Statements = table
		case lines:
			source.Lines = table
		case projects:
			source.Projects = table
		case amendments:
			source.Amendments = table
		case kept:
			source.Kept = append(source.Kept, table)
		}
	}
	if rows == 0 {
		reasons = append(reasons, empty...)
	}
	period, wrong := periodOf(source, options, chosen.dated)
	source.Period = period
	reasons = append(reasons, wrong...)
	if given != "" && register.NameKey(given) != register.NameKey(source.Publisher) {
		reasons = append(reasons, fault.Reason{Code: "publisher-fixed", Field: "publisher",
			Message: fmt.Sprintf("is given as %q, but the layout %s is that of %s alone; leave it empty", fault.Quoted(given), chosen.Name, chosen.Publisher)})
	}
	if source.Publisher == "" {
		reasons = append(reasons, fault.Reason{Code: "publisher-unknown", Field: "publisher",
			Message: "many publish in the layout " + chosen.Name + ", and the file does not say who; state it"})
	}
	if len(reasons) > 0 {
		return register.Source{}, fault.New(fault.Invalid, "this file differs from the layout %s (%s) in %s; nothing of it was taken",
			chosen.Name, chosen.Title, count(len(reasons), "place")).With(reasons...)
	}
	return source, nil
}

// unassigned says which sheets are missing or there twice, and notes those
// that the layout does not have.
func (r recognised) unassigned(source *register.Source) []fault.Reason {
	var reasons []fault.Reason
	taken := map[int]bool{}
	for i, known := range r.Layout.sheets {
		if at, found := r.sheets[i]; found {
			taken[at.sheet] = true
		} else if known.required {
			reasons = append(reasons, fault.Reason{Code: "sheet-missing", Field: register.Place(known.name, 0, ""),
				Message: fmt.Sprintf("is missing; the layout %s has it, with the columns %s", r.Name, strings.Join(known.headers(), ", "))})
		}
	}
	for i, s := range source.Sheets {
		if taken[i] {
			continue
		}
		if known, twice := r.again(s); twice {
			reasons = append(reasons, fault.Reason{Code: "sheet-repeated", Field: register.Place(s.Name, 0, ""),
				Message: fmt.Sprintf("is the sheet %s of the layout, and so is sheet %s", r.Layout.sheets[known].name, source.Sheets[r.sheets[known].sheet].Name)})
			continue
		}
		source.Unknown = append(source.Unknown, register.Unknown{Sheet: s.Name, Rows: s.Filled()})
	}
	return reasons
}

func (known sheet) headers() []string {
	out := make([]string, 0, len(known.columns))
	for _, c := range known.columns {
		if len(c.headers) > 0 && !c.optional {
			out = append(out, fmt.Sprintf("%q", oneLine(c.headers[0])))
		}
	}
	return out
}

func oneLine(s string) string { return fault.Quoted(strings.Join(strings.Fields(s), " ")) }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
