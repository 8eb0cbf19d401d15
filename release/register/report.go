package register

import (
	"cmp"
	"fmt"
	"io"
	"maps"
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

// The doubts that an import can have.
const (
	DoubtRepeats          = "repeats-earlier-row"
	DoubtBlank            = "cell-blank"
	DoubtCellCut          = "cell-at-limit"
	DoubtPowerNotRecorded = "power-not-recorded"
	DoubtUnrecognised     = "word-unrecognised"
	DoubtLocalReference   = "reference-local"
	DoubtVersionUnknown   = "version-unknown"
	DoubtSeveralVersions  = "several-versions"
	DoubtNoStatement      = "release-without-statement"
	DoubtNoRelease        = "statement-without-release"
	DoubtOrganisation     = "organisation-differs"
	DoubtKept             = "rows-not-entered"
	DoubtDate             = "date-unreadable"
	DoubtDay              = "day-impossible"
	DoubtHidden           = "hidden"
	DoubtTermReversed     = "term-reversed"
	DoubtIDRepeated       = "id-repeated"
	DoubtNoLine           = "release-without-line"
	DoubtLineDiffers      = "release-differs-from-line"
	DoubtLineAlone        = "line-without-agreement"
	DoubtReference        = "reference-unreadable"
	DoubtSaid             = "said-already"
)

// doubtTitles also gives the order of the report.
var doubtTitles = []struct{ code, title string }{
	{DoubtRepeats, "rows that repeat an earlier row in everything but their id"},
	{DoubtBlank, "rows with a blank cell in a column of codes"},
	{DoubtCellCut, "texts of just 32,767 characters, where a spreadsheet program cuts"},
	{DoubtPowerNotRecorded, "rows whose legal basis names no power, only how confidence is met"},
	{DoubtUnrecognised, "rows with a word that no code list has; the word is kept"},
	{DoubtLocalReference, "rows and statements under a local name that is no NIC number"},
	{DoubtVersionUnknown, "rows and statements under a NIC number without a version"},
	{DoubtSeveralVersions, "agreements in this edition under more than one version"},
	{DoubtNoStatement, "references with releases and no purpose statement"},
	{DoubtNoRelease, "references with a purpose statement and no release"},
	{DoubtOrganisation, "references with rows of more than one organisation"},
	{DoubtDate, "rows with a day or month that cannot be read; it is kept as published"},
	{DoubtDay, "rows dated after the import or before the NHS began; the day is kept as published and not taken"},
	{DoubtTermReversed, "agreements that end before they start"},
	{DoubtIDRepeated, "rows with the id of an earlier row"},
	{DoubtReference, "projects whose id can name no agreement; it is kept as published"},
	{DoubtNoLine, "releases of a dataset that their agreement does not list"},
	{DoubtLineDiffers, "releases that differ from all lines of their agreement for the dataset"},
	{DoubtLineAlone, "datasets of agreements that are not in this edition; the rows are kept and became no entry"},
	{DoubtKept, "rows that are kept and became no entry"},
	{DoubtSaid, "rows that say of the same days what an entry says already; the register would have them twice"},
	{DoubtHidden, "sheets and rows that are hidden in the file; they are read as all others are"},
}

// DoubtTitle says what is doubted, in words.
func DoubtTitle(code string) string {
	for _, d := range doubtTitles {
		if d.code == code {
			return d.title
		}
	}
	return code
}

func (n *normaliser) change(cell Cell, from, to string) {
	key := [3]string{string(cell), from, to}
	c := n.changes[key]
	if c == nil {
		c = &Change{Column: cell, From: from, To: to}
		n.changes[key] = c
	}
	c.Rows++
}

// doubt files an id under what it shares with others.
func (n *normaliser) doubt(code, what, id string) {
	d := n.doubts[code]
	if d == nil {
		d = &Doubt{Code: code}
		n.doubts[code] = d
	}
	d.Rows++
	i, known := n.cases[[2]string{code, what}]
	if !known {
		i = len(d.Cases)
		n.cases[[2]string{code, what}] = i
		d.Cases = append(d.Cases, Case{What: what})
	}
	d.Cases[i].IDs = append(d.Cases[i].IDs, id)
}

// repeats finds rows that are the same as an earlier one but for their id. Each
// of them may be a file of its own (one line per file), or a mistake: the
// register does not say which. A register whose ids hold through its editions
// has a row for each file, and leaves nothing to ask.
func (n *normaliser) repeats() {
	t := n.source.Releases
	if n.source.Identity.Register != "" {
		return
	}
	var sheet Sheet
	for _, s := range n.source.Sheets {
		if s.Name == t.Sheet {
			sheet = s
		}
	}
	first := map[string]*Case{}
	var groups []*Case
	rows := 0
	for _, row := range t.Rows {
		k := n.sameness(t, row, sheet)
		id := strings.TrimSpace(row.Cells[CellSourceID])
		if n.source.Identity.Numbered {
			id = fmt.Sprintf("row %d", row.Line)
		}
		group := first[k]
		if group == nil {
			first[k] = &Case{What: "as " + id}
			continue
		}
		if len(group.IDs) == 0 {
			groups = append(groups, group)
		}
		group.IDs = append(group.IDs, id)
		rows++
	}
	if rows == 0 {
		return
	}
	d := &Doubt{Code: DoubtRepeats, Rows: rows}
	for _, group := range groups {
		d.Cases = append(d.Cases, *group)
	}
	n.doubts[DoubtRepeats] = d
}

// sameness is equal for rows that are equal in everything but their id, columns
// that the layout does not have among it.
func (n *normaliser) sameness(t Table, row Row, sheet Sheet) string {
	var key strings.Builder
	if row.Line <= len(sheet.Rows) {
		for i, value := range sheet.Rows[row.Line-1] {
			if i+1 != t.Columns[CellSourceID] {
				fmt.Fprintf(&key, "%d\x00%s\x00", i, value)
			}
		}
		return key.String()
	}
	for _, cell := range slices.Sorted(maps.Keys(row.Cells)) {
		if cell != CellSourceID {
			fmt.Fprintf(&key, "%s\x00%s\x00", cell, row.Cells[cell])
		}
	}
	return key.String()
}

// relations compares the sheets with each other.
func (n *normaliser) relations() {
	released := map[string]bool{}
	organisations := map[string]map[string]bool{}
	for _, e := range n.entries {
		ref := e.Entry.Reference
		if e.Entry.Kind == Release {
			released[ref] = true
		}
		if organisations[ref] == nil {
			organisations[ref] = map[string]bool{}
		}
		if e.Organisation != "" {
			organisations[ref][e.Organisation] = true
		}
	}
	for _, stem := range slices.Sorted(maps.Keys(n.agreements)) {
		a := n.agreements[stem]
		for _, v := range a.Versions {
			ref := v.Reference.String()
			switch {
			case !v.Statement && n.source.Statements.Sheet != "":
				n.doubt(DoubtNoStatement, "no purpose statement", ref)
			case v.Statement && !released[ref] && n.source.Releases.Sheet != "":
				n.doubt(DoubtNoRelease, "no release", ref)
			}
			if keys := organisations[ref]; len(keys) > 1 {
				n.doubt(DoubtOrganisation, strings.Join(slices.Sorted(maps.Keys(keys)), "; "), ref)
			}
			if len(a.Versions) > 1 {
				n.doubt(DoubtSeveralVersions, stem, ref)
			}
		}
	}
	// Counted in agreements, as the title says.
	if d := n.doubts[DoubtSeveralVersions]; d != nil {
		d.Rows = len(d.Cases)
	}
	for _, t := range n.source.Kept {
		for _, row := range t.Rows {
			n.doubt(DoubtKept, "sheet "+t.Sheet, fmt.Sprintf("row %d", row.Line))
		}
	}
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
