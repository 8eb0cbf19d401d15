package public

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// AgreementView is an agreement in all its versions.
type AgreementView struct {
	AsOf         *AsOfBanner
	Stem, Title  string
	Facts        []NamedTerms
	Notices      []Notice
	Flags        FlagLines
	History      []VersionLine
	Lines        []DatasetLine // of the newest version, as its agreement has them
	LinesOf      string        // which version that is
	Parties      []PartyLine
	Support      []SupportLine
	Releases     []ReleaseLine
	ReleaseCount int
	Ended        int // releases that no longer stand
	Months       []MonthLine
	MonthsMore   *page.Link // where there are more than are shown
	Flow         *FlowView
	Versions     []Version
	Notes        []NoteLine
	Download     []page.Link
	AllReleases  string
}

// NamedTerms is a name with its values.
type NamedTerms struct {
	Name   string
	Values []Term
}

// VersionLine is a version in the history of an agreement.
type VersionLine struct {
	Version, Reference string
	Kind               string // how it follows the one before
	Anchor             string // of its texts on the page; empty: none are shown
	Term, Recorded     string
	Releases           int
	ReleasesHref       string
	Changes            *page.Link
	State              []Term
}

// DatasetLine is a dataset of an agreement with the terms that go with it.
type DatasetLine struct {
	Dataset                    page.Link
	Type, OptOut               Term
	Power, Sensitive, HowOften string
	Routes                     []string
	Channel                    string
	Articles                   string
}

// PartyLine is an organisation of an agreement.
type PartyLine struct {
	Organisation page.Link
	Role, Places string
}

// SupportLine is what a confidentiality route rests on.
type SupportLine struct{ Route, Reference, Ends string }

// ReleaseLine counts releases that agree in what was released and on what
// terms.
type ReleaseLine struct {
	DatasetLine
	When  string
	Count int
	Href  string
}

// MonthLine counts the releases of a dataset in a period.
type MonthLine struct {
	When    string
	Dataset page.Link
	Count   int
}

// FlowView is how the data travel, as a picture and in words.
type FlowView struct {
	Version string
	Picture template.HTML // flow.Draw's SVG, which escapes what it shows
	States  bool          // they differ in whether they run
	Told    []string
}

// Version is one published statement of an agreement's purposes, or a version
// of which there is none.
type Version struct {
	Anchor, Title, Origin string
	Entry                 *page.Link
	Purposes              []Text
	Missing               []string
	Folded                bool // its texts are on its entry's page
	entry                 int64
}

// NoteLine is what a later entry says about one of the agreement's.
type NoteLine struct {
	Entry, About page.Link
	What, When   string
	Reason       string
}

var agreementPage = page.Parse[AgreementView]("public/agreement.html", "public/asof.html", "public/parts.html")

func (s *server) agreement(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	raw := r.PathValue("stem")
	stem, err := stemOf(raw)
	if err != nil {
		return fault.New(fault.NotFound, "%q is no reference of an agreement. One looks like NIC-69431-K1K8R.", strings.TrimSpace(raw))
	}
	if wanted(w, r, "/agreements/", raw, stem) {
		return nil
	}
	found, err := s.release.PublishedAgreement(r.Context(), at.Size, stem)
	if err != nil {
		return err
	}
	editions, err := s.editions(r)
	if err != nil {
		return err
	}
	flags, err := s.flagLines(w, r, at, flag.OfAgreement, "agreement", stem)
	if err != nil {
		return err
	}
	view := agreementView(found, editions, s.today(at))
	view.AsOf, view.Flags = at.Banner(), flags
	title := "Agreement " + stem
	described := title
	if view.Title != "" {
		described += ": " + view.Title
	}
	return agreementPage.Render(s.pages, w, r, at.page(page.Page{
		Title: title, Section: "/register", Trail: trail("The register", "/register"), Canonical: agreementHref(stem),
		Description: described + ". " + page.Plural(found.Releases, "release", "releases") + " recorded.",
		Metadata:    partOf(s.address, agreementHref(stem), described, "What the register says of the data sharing agreement "+stem+": purposes, datasets and releases.", "agreement="+url.QueryEscape(stem)),
	}), view)
}

// editions are the imported editions by the digest of their file.
func (s *server) editions(r *http.Request) (map[string]release.Edition, error) {
	list, err := s.release.EditionNames(r.Context())
	if err != nil {
		return nil, err
	}
	out := make(map[string]release.Edition, len(list))
	for _, edition := range list {
		out[edition.SHA256] = edition
	}
	return out, nil
}

func agreementView(a *release.PublishedAgreement, editions map[string]release.Edition, today terms.Date) AgreementView {
	newest := newestStatement(a)
	view := AgreementView{
		Stem: a.Stem, Title: firstTitle(a), ReleaseCount: a.Releases, Ended: a.Ended,
		Facts:       agreementFacts(a, newest, today),
		AllReleases: standing(register.Release, url.Values{"agreement": {a.Stem}}),
	}
	if newest != nil {
		view.LinesOf = versionWords(*newest)
		view.Lines, view.Parties, view.Support, view.Flow = datasetLines(*newest), parties(*newest), support(*newest), flows(*newest)
	}
	for _, line := range a.Lines {
		view.Releases = append(view.Releases, releaseLine(line, url.Values{"agreement": {a.Stem}}))
	}
	view.Months, view.MonthsMore = monthLines(a)
	view.Versions = versionTexts(a, editions)
	view.History = history(a, view.Versions)
	view.Notes = noteLines(a)
	view.Download = downloads(url.Values{"agreement": {a.Stem}})
	return view
}

// newestStatement is the statement of the highest version that has one.
func newestStatement(a *release.PublishedAgreement) *register.Entry {
	for i := len(a.Versions) - 1; i >= 0; i-- {
		if list := a.Versions[i].Statements; len(list) > 0 {
			return &list[len(list)-1]
		}
	}
	return nil
}

// firstTitle is the title of the newest version that has one.
func firstTitle(a *release.PublishedAgreement) string {
	for i := len(a.Versions) - 1; i >= 0; i-- {
		for j := len(a.Versions[i].Statements) - 1; j >= 0; j-- {
			if title := strings.TrimSpace(a.Versions[i].Statements[j].Get(register.Title)); title != "" {
				return title
			}
		}
	}
	return ""
}

func versionWords(e register.Entry) string {
	if e.Version == "" {
		return "the version that is not recorded"
	}
	return "version " + strings.TrimPrefix(e.Version, "v")
}

// history are the versions, the newest first, each with the link to what
// changed since the one before it.
func history(a *release.PublishedAgreement, texts []Version) []VersionLine {
	anchors := map[int64]string{}
	for _, t := range texts {
		if t.Entry != nil {
			anchors[t.entry] = t.Anchor
		}
	}
	var out []VersionLine
	before := "" // the version before, as a number
	for _, v := range a.Versions {
		line := VersionLine{
			Reference: v.Reference, Version: "Not recorded", Releases: v.Releases,
			ReleasesHref: standing(register.Release, url.Values{"q": {v.Reference}, "agreement": {a.Stem}}),
		}
		if v.Version != "" {
			line.Version, line.Kind = versionNumber(v), follows(before, versionNumber(v))
			if before != "" {
				line.Changes = &page.Link{Text: fmt.Sprintf("from %s to %s", before, line.Version), Href: agreementHref(a.Stem) + "/diff/" + url.PathEscape(before) + "/" + url.PathEscape(line.Version)}
			}
			before = line.Version
		}
		line.Term, line.Recorded = "Not recorded", "No statement of purposes is recorded"
		if n := len(v.Statements); n > 0 {
			e := v.Statements[n-1]
			line.Term, line.Anchor = term(e.Starts, e.Ends), anchors[e.Number]
			line.Recorded = "Entry " + page.Count(e.Number) + ", " + page.Moment(e.RecordedAt)
		}
		line.State = versionState(a, v)
		out = append([]VersionLine{line}, out...)
	}
	return out
}

// follows says how a version follows the one before it, by its number: a new
// number before the dot is a renewal, amendment or extension, one after it a
// step of the approvals (domain §1.4).
func follows(before, after string) string {
	major := func(v string) string { m, _, _ := strings.Cut(v, "."); return m }
	switch {
	case before == "":
		return "the first that is recorded"
	case major(before) == major(after):
		return "a later draft or approval of the same version"
	}
	return "renewed, amended or extended"
}

// versionState is what ended a version, and what of it was read otherwise
// before.
func versionState(a *release.PublishedAgreement, v release.PublishedVersion) []Term {
	var out []Term
	for _, e := range a.Endings {
		if e.Reference == v.Reference {
			out = append(out, Term{Label: kinds[e.Kind].Label + ", " + span(e.EventFrom, e.EventTo), Href: entryHref(e.Number)})
		}
	}
	for _, e := range v.Earlier {
		out = append(out, Term{Label: fmt.Sprintf("entry %s, which entry %s took the place of", page.Count(e.Number), page.Count(e.EndedBy)), Href: entryHref(e.Number)})
	}
	return out
}

// noteLines are what later entries say about entries of the agreement.
func noteLines(a *release.PublishedAgreement) []NoteLine {
	var out []NoteLine
	for _, e := range a.Notes {
		about := a.About[e.About]
		out = append(out, NoteLine{
			Entry: page.Link{Text: "Entry " + page.Count(e.Number), Href: entryHref(e.Number)},
			About: page.Link{Text: "entry " + page.Count(e.About) + " (" + terms.Lower(kinds[about.Kind].Label) + ")", Href: entryHref(e.About)},
			What:  terms.Lower(kinds[e.Kind].Label), When: page.Moment(e.RecordedAt), Reason: orAbsent(e, register.Reason),
		})
	}
	return out
}
