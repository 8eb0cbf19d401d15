package public

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
	"data.release/registrar/web/public/glossary"
)

// EntryView is one entry of the register.
type EntryView struct {
	AsOf           *AsOfBanner
	Number         int64
	Kind           string
	KindHref       string
	Title, Summary string
	Standing       []Term // whether it stands, and why not
	Notices        []Notice
	Flags          []FlagReason
	Computing      bool // flags are not known yet
	Gaps           []Gap
	Lines          []DatasetLine // of an agreement
	Support        []SupportLine
	Parties        []PartyLine
	Flow           *FlowView
	Compared       []Comparison
	Readings       []ReadingLine
	Published      bool // imported: cells stand beside what was read from them
	Fields         []Field
	Texts          []Text
	Missing        []string
	Files          []register.File
	Source         []Fact
	Row            []Cell // the whole row that it was imported from
	Leaf           int64
	LeafText       string
	ProofHref      string
	ProofFile      string
	Related        []page.Link
}

// Notice says that a later entry is about this one.
type Notice struct {
	Text   string
	Link   page.Link
	Reason string
}

// FlagReason is why an open rule notes something about the entry.
type FlagReason struct{ Title, Href, Words, Explanation string }

// Gap is a text that the entry has and that is not shown.
type Gap struct {
	Title, Words string
	Link         *page.Link
}

// Comparison is how another entry says the same otherwise: a correction, or a
// later reading of the row.
type Comparison struct {
	Title, Lead   string
	Before, After page.Link
	Rows          []ComparedRow
	Cosmetic      int  // differences of typing alone, which are not shown
	whole         bool // they are shown: a correction may be of nothing else
}

// ComparedRow is one field that differs.
type ComparedRow struct {
	Name, Before, After, Note string
	BeforeGone, AfterGone     bool        // withheld or erased
	Words                     []diff.Span // of a long text; nil: Before and After
}

// ReadingLine is one reading of a published row by an edition.
type ReadingLine struct {
	Edition string
	Entry   page.Link
	This    bool
	Stands  bool
}

// Fact is a name and its value; a digest is shown as one.
type Fact struct {
	Name, Value string
	Digest      bool
	Href        string
}

var entryPage = page.Parse[EntryView]("public/entry.html", "public/asof.html", "public/parts.html")

func (s *server) entry(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	raw := r.PathValue("number")
	n, err := number(raw)
	if err != nil {
		return err
	}
	if wanted(w, r, "/register/", raw, strconv.FormatInt(n, 10)) {
		return nil
	}
	found, err := s.release.PublishedEntryAt(r.Context(), at.Size, n)
	if err != nil {
		return err
	}
	view := entryView(found)
	view.AsOf = at.Banner()
	if view.Flags, view.Computing, err = s.flagReasons(w, r, at, n); err != nil {
		return err
	}
	title := fmt.Sprintf("Entry %s: %s", page.Count(n), view.Title)
	return entryPage.Render(s.pages, w, r, at.page(page.Page{
		Title: title, Section: "/register", Trail: trail("The register", "/register"), Canonical: entryHref(n), Description: view.Summary,
		Metadata: thing{Context: schemaOrg, Type: "CreativeWork", ID: absolute(s.address, entryHref(n)), Name: title, Description: view.Summary, URL: absolute(s.address, entryHref(n))},
	}), view)
}

// proof is the proof file of an entry, for `registrar register verify`.
func (s *server) proof(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r.PathValue("number"))
	if err != nil {
		return err
	}
	bundle, err := ledger.Bundle(r.Context(), s.release.DB(), n-1)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(bundle, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the proof of entry %d: %w", n, err)
	}
	Share(w)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"`, proofFile(n)))
	header.Set("Cache-Control", "no-cache") // each checkpoint makes another proof
	_, _ = w.Write(append(content, '\n'))
	return nil
}

func proofFile(number int64) string { return fmt.Sprintf("registrar-entry-%d.proof.json", number) }

func trail(links ...string) []page.Link {
	out := []page.Link{{Text: "Start", Href: "/"}}
	for i := 0; i+1 < len(links); i += 2 {
		out = append(out, page.Link{Text: links[i], Href: links[i+1]})
	}
	return out
}

func entryView(p *release.PublishedEntry) EntryView {
	if p.Corrected != nil {
		shown := *p
		shown.Entry.Texts = withErased(p.Entry.Texts, p.Corrected.Texts)
		p = &shown
	}
	e := p.Entry
	view := EntryView{
		Number: e.Number, Kind: kinds[e.Kind].Label, KindHref: glossary.Href(glossary.Kinds, e.Kind), Title: title(e), Summary: entrySummary(p),
		Published: e.Edition != "", Fields: fields(p), Files: e.Files,
		Leaf: e.Number - 1, LeafText: string(p.Logged),
		ProofHref: fmt.Sprintf("/register/%d/proof", e.Number), ProofFile: proofFile(e.Number),
		Source: source(p), Related: related(e),
		Standing: standingOf(p), Gaps: gaps(p), Compared: compared(p), Readings: readings(p),
	}
	if e.AsAgreement() {
		view.Texts, view.Missing = present(purposes(e, "")), missing(purposes(e, ""))
		view.Lines, view.Support, view.Parties, view.Flow = datasetLines(e), support(e), parties(e), flows(e)
	}
	for _, later := range p.Later {
		view.Notices = append(view.Notices, Notice{
			Text:   laterWords[later.Kind],
			Link:   page.Link{Text: fmt.Sprintf("entry %s", page.Count(later.Number)), Href: entryHref(later.Number)},
			Reason: later.Get(register.Reason),
		})
	}
	view.row(p)
	return view
}

// laterWords introduce what a later entry says about this one.
var laterWords = map[register.Kind]string{
	register.Correction: "This entry was corrected later, by", register.Withdrawal: "This entry was withdrawn later, by",
	register.Tombstone: "A text of this entry was erased later, by",
}

// row is the row that the entry was imported from; texts that stand above are
// not written twice.
func (view *EntryView) row(p *release.PublishedEntry) {
	if p.Source == nil {
		return
	}
	for i, text := range p.Source.Cells {
		column := fmt.Sprintf("Column %d", i+1)
		if i < len(p.Source.Headers) && strings.TrimSpace(p.Source.Headers[i]) != "" {
			column = p.Source.Headers[i]
		}
		cell := Cell{Column: column, Text: text, Empty: text == ""}
		if slices.ContainsFunc(view.Texts, func(shown Text) bool { return shown.Text != "" && shown.Text == strings.TrimSpace(text) }) {
			cell.Text, cell.Above = "", utf8.RuneCountInString(text)
		}
		switch p.Source.Gone[i] {
		case release.GoneErased:
			cell.Text, cell.Empty, cell.Gone = "", false, erased
		case release.GoneWithheld:
			cell.Text, cell.Empty, cell.Gone = "", false, withheld
		}
		view.Row = append(view.Row, cell)
	}
}

func title(e register.Entry) string {
	switch organisation := recipient(e); {
	case e.Kind == register.Release:
		return fmt.Sprintf("%s to %s", named(e, register.DatasetName, datasetLink(e), "A dataset"), organisation)
	case e.Kind == register.Agreement:
		return fmt.Sprintf("Purposes of %s, %s", agreementLink(e).Text, organisation)
	case e.Kind == register.Termination:
		return fmt.Sprintf("End of %s before its term", agreementLink(e).Text)
	case e.Kind == register.Destruction:
		return fmt.Sprintf("Destruction of data held under %s", agreementLink(e).Text)
	case e.Kind == register.Succession:
		of := organisationEnds
		if e.Dataset != "" {
			of = datasetEnds
		}
		from, to := of(e)
		if to.Text == "" {
			return fmt.Sprintf("%s: %s", from.Text, terms.Lower(e.Relation.Label()))
		}
		return fmt.Sprintf("%s, then %s: %s", from.Text, to.Text, terms.Lower(e.Relation.Label()))
	}
	return fmt.Sprintf("%s of entry %s", kinds[e.Kind].Label, page.Count(e.About))
}

// entrySummary says in one sentence what the entry records.
func entrySummary(p *release.PublishedEntry) string {
	e := p.Entry
	where := "It was recorded here when it happened."
	if e.Late {
		where = fmt.Sprintf("It was found later, and recorded here on %s.", terms.Today(e.RecordedAt).Words())
	}
	if p.Edition != nil {
		where = fmt.Sprintf("It was published by %s in its register for %s.", p.Edition.Publisher, span(p.Edition.Period.From, p.Edition.Period.To))
	}
	switch e.Kind {
	case register.Release:
		return fmt.Sprintf("Data that %s received, or had access to, under the agreement %s. %s", recipient(e), agreementLink(e).Text, where)
	case register.Agreement:
		return fmt.Sprintf("What %s may use data for under the agreement %s, in the words of the agreement. %s", recipient(e), agreementLink(e).Text, where)
	case register.Termination:
		return fmt.Sprintf("%s ended before its term. %s", agreementLink(e).Text, where)
	case register.Destruction:
		return fmt.Sprintf("The data held under %s are certified to be destroyed, as far as this entry says. %s", agreementLink(e).Text, where)
	case register.Succession:
		return glossary.Meaning(glossary.Relations, e.Relation)
	case register.Correction:
		return fmt.Sprintf("What entry %s should have said. That entry stays as it is.", page.Count(e.About))
	case register.Withdrawal:
		return fmt.Sprintf("Entry %s no longer stands. It stays in the register.", page.Count(e.About))
	}
	return fmt.Sprintf("What entry %s had under %s was erased by law. What the log holds of it tells nothing of what it said.", page.Count(e.About), strings.Join(fieldTitles(e.Fields), ", "))
}

func source(p *release.PublishedEntry) []Fact {
	out := []Fact{}
	if edition := p.Edition; edition != nil {
		out = append(out,
			Fact{Name: "Edition", Value: edition.Title, Href: editionHref(*edition)},
			Fact{Name: "Published by", Value: edition.Publisher},
			Fact{Name: "Period", Value: span(edition.Period.From, edition.Period.To)},
			Fact{Name: "File", Value: edition.FileName},
			Fact{Name: "SHA-256 of the file", Value: edition.SHA256, Digest: true})
		if p.Source != nil {
			out = append(out, Fact{Name: "Place", Value: fmt.Sprintf("sheet %s, row %d", p.Source.Sheet, p.Source.Line)})
		}
	} else {
		out = append(out, Fact{Name: "Edition", Value: "None: the entry was made here"})
	}
	return append(out, Fact{Name: "Recorded here", Value: page.Moment(p.Entry.RecordedAt)})
}

func related(e register.Entry) []page.Link {
	var out []page.Link
	if e.Stem == "" {
		return out
	}
	out = append(out, page.Link{Text: "The agreement " + e.Stem + ", with its purposes", Href: agreementHref(e.Stem)})
	if e.Dataset != "" {
		out = append(out, page.Link{Text: "All releases of this dataset under this agreement", Href: standing(register.Release, url.Values{"agreement": {e.Stem}, "dataset": {e.Dataset}})})
	}
	return out
}

// withErased are the texts of a correction with those that were erased from what
// it corrects: of these it says nothing, which is not that they were not recorded.
func withErased(texts, corrected []register.Text) []register.Text {
	out := slices.Clone(texts)
	for _, t := range corrected {
		if t.Erased && !slices.ContainsFunc(texts, func(own register.Text) bool { return own.Field == t.Field }) {
			out = append(out, register.Text{Field: t.Field, Erased: true})
		}
	}
	return out
}
