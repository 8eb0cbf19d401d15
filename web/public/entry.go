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
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

// EntryView is one entry of the register.
type EntryView struct {
	Number         int64
	Kind           string
	Title, Summary string
	Notices        []Notice
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

// Fact is a name and its value; a digest is shown as one.
type Fact struct {
	Name, Value string
	Digest      bool
}

var entryPage = page.Parse[EntryView]("public/entry.html")

func (s *server) entry(w http.ResponseWriter, r *http.Request) error {
	raw := r.PathValue("number")
	n, err := number(raw)
	if err != nil {
		return err
	}
	if wanted(w, r, "/register/", raw, strconv.FormatInt(n, 10)) {
		return nil
	}
	found, err := s.release.PublishedEntry(r.Context(), n)
	if err != nil {
		return err
	}
	view, err := entryView(found)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("Entry %d: %s", n, view.Title)
	return entryPage.Render(s.pages, w, r, page.Page{Title: title, Section: "/register", Trail: trail("The register", "/register")}, view)
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

func entryView(p *release.PublishedEntry) (EntryView, error) {
	leaf, err := p.Entry.Leaf()
	if err != nil {
		return EntryView{}, err
	}
	e := p.Entry
	view := EntryView{
		Number: e.Number, Kind: kinds[e.Kind].Label, Title: title(e), Summary: summary(p),
		Published: e.Edition != "", Fields: fields(e), Files: e.Files,
		Leaf: e.Number - 1, LeafText: string(leaf),
		ProofHref: fmt.Sprintf("/register/%d/proof", e.Number), ProofFile: proofFile(e.Number),
		Source: source(p), Related: related(e),
	}
	if e.Kind == register.Agreement {
		view.Texts, view.Missing = present(purposes(e, "")), missing(purposes(e, ""))
	}
	for _, later := range p.Later {
		view.Notices = append(view.Notices, Notice{
			Text:   map[register.Kind]string{register.Correction: "This entry was corrected later, by", register.Withdrawal: "This entry was withdrawn later, by", register.Tombstone: "A text of this entry was erased later, by"}[later.Kind],
			Link:   page.Link{Text: fmt.Sprintf("entry %d", later.Number), Href: entryHref(later.Number)},
			Reason: later.Get(register.Reason),
		})
	}
	if p.Source != nil {
		for i, text := range p.Source.Cells {
			column := fmt.Sprintf("Column %d", i+1)
			if i < len(p.Source.Headers) && strings.TrimSpace(p.Source.Headers[i]) != "" {
				column = p.Source.Headers[i]
			}
			cell := Cell{Column: column, Text: text, Empty: text == ""}
			if slices.ContainsFunc(view.Texts, func(shown Text) bool { return shown.Text != "" && shown.Text == strings.TrimSpace(text) }) {
				cell.Text, cell.Above = "", utf8.RuneCountInString(text)
			}
			view.Row = append(view.Row, cell)
		}
	}
	return view, nil
}

func title(e register.Entry) string {
	organisation := organisationLink(e).Text
	switch e.Kind {
	case register.Release:
		return fmt.Sprintf("%s to %s", datasetLink(e).Text, organisation)
	case register.Agreement:
		return fmt.Sprintf("Purposes of %s, %s", agreementLink(e).Text, organisation)
	}
	return fmt.Sprintf("%s of entry %d", kinds[e.Kind].Label, e.About)
}

// summary says in one sentence what the entry records.
func summary(p *release.PublishedEntry) string {
	e := p.Entry
	where := "It was recorded here when it happened."
	if p.Edition != nil {
		where = fmt.Sprintf("It was published by %s in its register for %s.", p.Edition.Publisher, span(p.Edition.Period.From, p.Edition.Period.To))
	}
	switch e.Kind {
	case register.Release:
		return fmt.Sprintf("Data that %s received, or had access to, under the agreement %s. %s", organisationLink(e).Text, agreementLink(e).Text, where)
	case register.Agreement:
		return fmt.Sprintf("What %s may use data for under the agreement %s, in the words of the agreement. %s", organisationLink(e).Text, agreementLink(e).Text, where)
	case register.Correction:
		return fmt.Sprintf("What entry %d should have said. That entry stays as it is.", e.About)
	case register.Withdrawal:
		return fmt.Sprintf("Entry %d no longer stands. It stays in the register.", e.About)
	}
	return fmt.Sprintf("A text of entry %d was erased by law. What the log holds of it tells nothing of what it said.", e.About)
}

func source(p *release.PublishedEntry) []Fact {
	out := []Fact{}
	if edition := p.Edition; edition != nil {
		out = append(out,
			Fact{Name: "Edition", Value: edition.Title},
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
		query := url.Values{"agreement": {e.Stem}, "dataset": {e.Dataset}, "kind": {"release"}}
		out = append(out, page.Link{Text: "All releases of this dataset under this agreement", Href: "/register?" + query.Encode()})
	}
	return out
}
