package register

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// Report says what an import found, what it normalised and what it doubts. It
// is stored with the edition and is public.
type Report struct {
	File      string       `json:"file"`
	SHA256    string       `json:"sha256"`
	Layout    string       `json:"layout"`
	Publisher string       `json:"publisher"`
	Period    terms.Period `json:"period"`
	// Already is set when the edition was recorded before and nothing was
	// changed; the rest is then the first import's report, of which a plan
	// counts nothing (see Nothing).
	Already    bool          `json:"already,omitempty"`
	Sheets     []SheetReport `json:"sheets"`
	Entries    Entries       `json:"entries"`
	Found      Found         `json:"found"`
	New        New           `json:"new"`
	Normalised []Change      `json:"normalised"`
	Doubts     []Doubt       `json:"doubts"`
	Readings   *Readings     `json:"readings,omitempty"` // of rows that keep an id; nil: none does
	Matches    int           `json:"matches,omitempty"`  // names that look like others, for a person to decide
	Unknown    []Unknown     `json:"unknown,omitempty"`  // columns and sheets that the layout does not have
	Withheld   []Withheld    `json:"withheld,omitempty"` // by kind of finding, the gravest first
}

// Readings counts the rows that keep an id from edition to edition against the
// latest reading that the register has of each.
type Readings struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"` // say what the latest reading says, word for word
}

// SheetReport is one sheet of the file: all its rows are kept.
type SheetReport struct {
	Name    string   `json:"name"`
	Rows    int      `json:"rows"`    // that hold anything, the header too
	Entries int      `json:"entries"` // made of them
	Words   []string `json:"words,omitempty"`
	// Columns says which column, from 1, holds what, and Header on which line,
	// from 1, their headers stand; 0: no layout knows the sheet.
	Columns map[Cell]int `json:"columns,omitempty"`
	Header  int          `json:"header,omitempty"`
}

// Entries counts the entries made, and says their numbers.
type Entries struct {
	Statements int   `json:"statements"`
	Releases   int   `json:"releases"`
	First      int64 `json:"first"`
	Last       int64 `json:"last"`
}

// Found counts what the edition names.
type Found struct {
	Organisations   int `json:"organisations"`
	Datasets        int `json:"datasets"`
	References      int `json:"references"`       // as published, spelled alike
	Stems           int `json:"stems"`            // agreements with a NIC number
	LocalNames      int `json:"local_names"`      // agreements without one
	Versions        int `json:"versions"`         // of all agreements
	VersionUnknown  int `json:"version_unknown"`  // NIC numbers without a version
	SeveralVersions int `json:"several_versions"` // stems with more than one
}

// New counts what was not recorded before this import.
type New struct {
	Organisations int `json:"organisations"`
	Datasets      int `json:"datasets"`
	Agreements    int `json:"agreements"`
	Versions      int `json:"versions"`
}

// Change is one spelling that became a code or another spelling.
type Change struct {
	Column Cell   `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
	Rows   int    `json:"rows"`
}

// Doubt is something that looks wrong at the source. Nothing was changed or
// left out because of it.
type Doubt struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Rows  int    `json:"rows"` // or statements, or agreements: as the title says
	// Cases groups the ids concerned: rows by what they share.
	Cases []Case `json:"cases"`
}

// Case is one value or group that is doubted, with the ids of its rows.
type Case struct {
	What string   `json:"what"`
	IDs  []string `json:"ids"`
}

func (n *normaliser) report(book Book) Report {
	r := Report{Layout: n.source.Layout, Publisher: n.source.Publisher, Period: n.source.Period,
		Normalised: []Change{}, Doubts: []Doubt{}, Unknown: n.source.Unknown}
	tables := map[string]Table{}
	for _, t := range n.source.Tables() {
		tables[t.Sheet] = t
	}
	entries := map[string]int{}
	for _, e := range book.Entries {
		entries[e.Sheet]++
		if e.Entry.Kind == Release {
			r.Entries.Releases++
		} else {
			r.Entries.Statements++
		}
	}
	for _, s := range n.source.Sheets {
		r.Sheets = append(r.Sheets, SheetReport{Name: s.Name, Rows: s.Filled(), Entries: entries[s.Name], Words: s.Words, Columns: tables[s.Name].Columns, Header: tables[s.Name].Header})
	}
	r.Found.Organisations, r.Found.Datasets = len(book.Organisations), len(book.Datasets)
	for _, a := range book.Agreements {
		if a.Local {
			r.Found.LocalNames++
		} else {
			r.Found.Stems++
		}
		if len(a.Versions) > 1 {
			r.Found.SeveralVersions++
		}
		r.Found.Versions += len(a.Versions)
		for _, v := range a.Versions {
			r.Found.References++
			if !a.Local && !v.Reference.Versioned {
				r.Found.VersionUnknown++
			}
		}
	}
	for cell, list := range map[Cell]names{CellOrganisation: n.organisations, CellDataset: n.datasets} {
		for _, name := range list.sorted() {
			for _, spelling := range name.Spellings {
				if spelling != name.Name {
					n.changes[[3]string{string(cell), spelling, name.Name}] = &Change{Column: cell, From: spelling, To: name.Name, Rows: list[name.Key].rows[spelling]}
				}
			}
		}
	}
	for _, c := range n.changes {
		r.Normalised = append(r.Normalised, *c)
	}
	slices.SortFunc(r.Normalised, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.From, b.From))
	})
	for _, known := range doubtTitles {
		if d := n.doubts[known.code]; d != nil {
			d.Title = known.title
			r.Doubts = append(r.Doubts, *d)
		}
	}
	return r
}

// Nothing is the report of an edition that is recorded already as a plan has it:
// nothing would be made of the file.
func (r Report) Nothing() Report {
	r.Entries, r.New, r.Readings, r.Matches, r.Withheld = Entries{}, New{}, nil, 0, nil
	r.Sheets = slices.Clone(r.Sheets)
	for i := range r.Sheets {
		r.Sheets[i].Entries = 0
	}
	return r
}

// Doubt is the doubt of a code; zero if there is none.
func (r Report) Doubt(code string) Doubt {
	for _, d := range r.Doubts {
		if d.Code == code {
			return d
		}
	}
	return Doubt{Code: code}
}

// WriteText writes the report for a reader at a terminal. Long lists end with
// how many more there are; the JSON has them all.
func (r Report) WriteText(w io.Writer) error {
	out := &lines{w: w}
	out.print("%s (SHA-256 %s)", r.File, r.SHA256)
	out.print("%s, %s to %s, layout %s", r.Publisher, r.Period.From.Words(), r.Period.To.Words(), r.Layout)
	if r.Already && r.Entries.First > 0 {
		out.print("\nThis edition is recorded already; nothing was changed. The first import reported:")
	}
	switch {
	case r.Entries.First > 0:
		out.print("\nEntries %d to %d: %d purpose statements, %d releases.", r.Entries.First, r.Entries.Last, r.Entries.Statements, r.Entries.Releases)
	case r.Already:
		out.print("\nThis edition is recorded already: 0 entries would be made, and nothing changed.")
	default:
		out.print("\n%d entries would be made: %d purpose statements, %d releases. Nothing was written.", r.Entries.Statements+r.Entries.Releases, r.Entries.Statements, r.Entries.Releases)
	}
	if r.Readings != nil {
		out.print("Of rows that keep an id, %d are new here, %d are changed and %d say what the latest edition says.", r.Readings.New, r.Readings.Changed, r.Readings.Unchanged)
	}
	out.print("Every row of every sheet is kept as it stood:")
	for _, s := range r.Sheets {
		out.print("  %-30s rows: %5d   entries: %5d", s.Name, s.Rows, s.Entries)
	}
	if r.Matches > 0 {
		out.print("%d names look like others; they are on the review list, and none is merged by itself.", r.Matches)
	}
	if len(r.Unknown) > 0 {
		out.print("\nNot in the layout (kept as it stands, and not read):")
		for _, u := range r.Unknown {
			out.print("  %s: %d rows", u.Words(), u.Rows)
		}
	}
	out.print("\nNamed in it (new here in brackets):")
	out.print("  %d organisations (%d), %d datasets (%d)", r.Found.Organisations, r.New.Organisations, r.Found.Datasets, r.New.Datasets)
	out.print("  %d references: %d stems of NIC numbers and %d local names are %d agreements (%d) in %d versions (%d)",
		r.Found.References, r.Found.Stems, r.Found.LocalNames, r.Found.Stems+r.Found.LocalNames, r.New.Agreements, r.Found.Versions, r.New.Versions)
	out.print("\nNormalised (the published words are kept beside):")
	column := Cell("")
	for _, c := range r.Normalised {
		if c.Column != column {
			column = c.Column
			out.print("  %s", column)
		}
		out.print("    %6d × %q → %q", c.Rows, c.From, c.To)
	}
	r.writeWithheld(out)
	out.print("\nDoubtful (nothing was changed or left out):")
	for _, d := range r.Doubts {
		groups := ""
		if len(d.Cases) > 1 {
			groups = fmt.Sprintf(", in %d groups", len(d.Cases))
		}
		out.print("  %d %s%s", d.Rows, d.Title, groups)
		for i, c := range d.Cases {
			if i == 5 {
				out.print("      and %d more", len(d.Cases)-i)
				break
			}
			out.print("      %s: %s", c.What, few(c.IDs))
		}
	}
	if len(r.Doubts) == 0 {
		out.print("  nothing")
	}
	return out.err
}

func few(ids []string) string {
	const most = 6
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:most], ", ") + fmt.Sprintf(" and %d more", len(ids)-most)
}

// lines writes lines until one fails.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) print(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
	}
}
