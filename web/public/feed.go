package public

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/change"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// A search as an Atom feed (RFC 4287). An entry of the feed is an entry of the
// register: its id is the address of the entry, which is for ever, and it is
// updated when it was recorded, for entries never change. It says in words and
// field by field what was recorded, and of a correction or a further reading of
// a published row what it says otherwise than the entry in whose place it
// stands.

// perFeed is how many entries a page of a feed has.
const perFeed = 25

// maxFeedText is how much of a long text a feed shows, in bytes.
const maxFeedText = 500

type atomFeed struct {
	XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Subtitle  string      `xml:"subtitle,omitempty"`
	Updated   string      `xml:"updated"`
	Author    atomAuthor  `xml:"author"`
	Generator string      `xml:"generator"`
	Links     []atomLink  `xml:"link"`
	Entries   []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary"`
	Content    atomContent    `xml:"content"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr,omitempty"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// feed answers with what is new of a search, a page at a time.
func (s *server) feed(write func(http.ResponseWriter, atomFeed) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		day, err := s.asOf(r)
		if err != nil {
			return err
		}
		search, err := parseSearch(r.URL.Query())
		if err != nil {
			return err
		}
		search.before, search.order = 0, ""
		query := search.query(perFeed)
		query.AsOf = day.Size
		found, err := s.release.FeedRegister(r.Context(), query)
		if err != nil {
			return err
		}
		Share(w)
		return write(w, s.news(r.URL.Path, search, day, found))
	}
}

func (s *server) news(path string, search search, day asOf, found *release.RegisterFeed) atomFeed {
	at := func(href string) string { return strings.TrimSuffix(s.address, "/") + day.Keep(href) }
	whole := search.whole()
	feed := atomFeed{
		ID: at(whole.href(path)), Title: "The register", Generator: "Registrar", Author: atomAuthor{"Registrar"},
		Subtitle: fmt.Sprintf("What is entered into the register under this search, the newest first; %s now.", page.Plural(found.Total, "entry", "entries")),
		// A feed without entries has not been updated since there was a register.
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{
			{"self", "application/atom+xml", at(search.href(path))},
			{"alternate", "text/html", at(whole.href("/register"))},
			{"first", "application/atom+xml", at(whole.href(path))},
		},
	}
	if search.text != "" {
		feed.Title += ": " + search.text
	}
	for i, e := range found.Entries {
		if i == 0 {
			feed.Updated = moment(e.RecordedAt)
		}
		feed.Entries = append(feed.Entries, s.atomEntry(e))
	}
	if found.More {
		last := found.Entries[len(found.Entries)-1].Number
		feed.Links = append(feed.Links, atomLink{"next", "application/atom+xml", at(search.following(last).href(path))})
	}
	return feed
}

func writeAtom(w http.ResponseWriter, feed atomFeed) error {
	out, err := xml.MarshalIndent(feed, "", "  ")
	if err != nil {
		return fmt.Errorf("writing a feed: %w", err)
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	w.Write(append([]byte(xml.Header), out...)) // a failed write is a reader that left
	return nil
}

// writeJSONFeed writes the same as a JSON Feed 1.1.
func writeJSONFeed(w http.ResponseWriter, feed atomFeed) error {
	type item struct {
		ID        string   `json:"id"`
		URL       string   `json:"url"`
		Title     string   `json:"title"`
		Summary   string   `json:"summary"`
		Content   string   `json:"content_html"`
		Published string   `json:"date_published"`
		Tags      []string `json:"tags"`
	}
	out := struct {
		Version     string `json:"version"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Home        string `json:"home_page_url"`
		Feed        string `json:"feed_url"`
		Next        string `json:"next_url,omitempty"`
		Items       []item `json:"items"`
	}{Version: "https://jsonfeed.org/version/1.1", Title: feed.Title, Description: feed.Subtitle, Items: []item{}}
	for _, link := range feed.Links {
		switch link.Rel {
		case "alternate":
			out.Home = link.Href
		case "first":
			out.Feed = link.Href
		case "next":
			out.Next = link.Href
		}
	}
	for _, e := range feed.Entries {
		i := item{ID: e.ID, URL: e.ID, Title: e.Title, Summary: e.Summary, Content: e.Content.Text, Published: e.Published}
		for _, category := range e.Categories {
			i.Tags = append(i.Tags, category.Term)
		}
		out.Items = append(out.Items, i)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("writing a feed: %w", err)
	}
	w.Header().Set("Content-Type", "application/feed+json")
	w.Write(body) // a failed write is a reader that left
	return nil
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func (s *server) atomEntry(e release.FeedEntry) atomEntry {
	address := strings.TrimSuffix(s.address, "/") + entryHref(e.Number)
	out := atomEntry{
		ID: address, Title: feedTitle(e), Published: moment(e.RecordedAt), Updated: moment(e.RecordedAt),
		Links:      []atomLink{{"alternate", "text/html", address}},
		Categories: []atomCategory{{string(e.Kind), kinds[e.Kind].Label}},
		Summary:    feedSummary(e),
	}
	if e.About > 0 {
		out.Links = append(out.Links, atomLink{"related", "text/html", strings.TrimSuffix(s.address, "/") + entryHref(e.About)})
	}
	out.Content = atomContent{"html", feedContent(e)}
	return out
}

// feedTitle says in a line what was entered.
func feedTitle(e release.FeedEntry) string {
	parts := []string{fmt.Sprintf("Entry %s: %s", page.Count(e.Number), terms.Lower(kinds[e.Kind].Label))}
	if e.About > 0 {
		parts[0] += " of entry " + page.Count(e.About)
	}
	for _, field := range []register.Field{register.OrganisationName, register.DatasetName, register.Title} {
		if text := strings.TrimSpace(e.Get(field)); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// feedSummary says in a sentence or two what changed.
func feedSummary(e release.FeedEntry) string {
	var out []string
	if e.Before != nil {
		substantive := change.Substantive(e.Changed)
		switch {
		case len(e.Changed) == 0:
			out = append(out, fmt.Sprintf("It says the same as entry %s, in whose place it stands.", page.Count(e.Before.Number)))
		case substantive == 0:
			out = append(out, fmt.Sprintf("It stands in the place of entry %s and differs in typing or names only.", page.Count(e.Before.Number)))
		default:
			out = append(out, fmt.Sprintf("It stands in the place of entry %s and differs in %s.", page.Count(e.Before.Number), page.Plural(substantive, "field", "fields")))
		}
	} else {
		out = append(out, kinds[e.Kind].Note)
		for _, ended := range e.Ended {
			out = append(out, fmt.Sprintf("Entry %s no longer stands.", page.Count(ended)))
		}
	}
	switch {
	case e.EndedBy == e.Number:
		out = append(out, "A later reading of the same row had been recorded before it, so it never stood.")
	case e.EndedBy > 0:
		out = append(out, fmt.Sprintf("It no longer stands: see entry %s.", page.Count(e.EndedBy)))
	}
	return strings.Join(out, " ")
}

// feedContent is the entry as HTML: what changed, and what it says.
func feedContent(e release.FeedEntry) string {
	var out strings.Builder
	escape := func(text string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
		return b.String()
	}
	fmt.Fprintf(&out, "<p>%s</p>", escape(feedSummary(e)))
	if len(e.Changed) > 0 {
		fmt.Fprintf(&out, "<table><caption>What entry %s says otherwise than entry %s</caption><thead><tr><th>Field</th><th>Before</th><th>Now</th><th>Kind of change</th></tr></thead><tbody>", page.Count(e.Number), page.Count(e.Before.Number))
		for _, f := range e.Changed {
			why := "substantive"
			switch {
			case f.Unknown:
				why = "cannot be told: a text is withheld or was erased"
			case f.Cosmetic:
				why = "cosmetic"
			}
			if f.Why != "" {
				why += ": " + f.Why
			}
			fmt.Fprintf(&out, "<tr><th>%s</th><td>%s</td><td>%s</td><td>%s</td></tr>", escape(f.Label), escape(cut(f.Before)), escape(cut(f.After)), escape(why))
		}
		out.WriteString("</tbody></table>")
	}
	out.WriteString("<dl>")
	for _, f := range feedFields(e.Entry) {
		fmt.Fprintf(&out, "<dt>%s</dt><dd>%s</dd>", escape(f[0]), escape(cut(f[1])))
	}
	out.WriteString("</dl>")
	return out.String()
}

// feedFields are the fields of an entry in words, those that it has.
func feedFields(e register.Entry) [][2]string {
	var out [][2]string
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	add("Agreement", e.Reference)
	add("Organisation", e.Get(register.OrganisationName))
	add("Followed by", e.Get(register.Successor))
	add("Relation", e.Relation.Label())
	add("Dataset", e.Get(register.DatasetName))
	if e.AsRelease() {
		add("Type of data", long(e.TypeOfData).Label)
		add("Opt-outs applied", e.OptOut.Label())
		add("Legal power", e.Power.Label())
		var labels []string
		for _, r := range e.Routes {
			labels = append(labels, r.Label())
		}
		add("Confidentiality route", strings.Join(labels, "; "))
		add("How often", e.Frequency.Label())
		add("Channel", e.Channel.Label())
	}
	if e.AsAgreement() {
		if !e.Starts.IsZero() || !e.Ends.IsZero() {
			add("Term", span(e.Starts, e.Ends))
		}
		for _, a := range []struct {
			name   string
			answer terms.Answer
		}{{"For commercial purposes", e.Commercial}, {"Sub-licensing allowed", e.SubLicensing}} {
			add(a.name, a.answer.Label())
		}
	}
	if !e.EventFrom.IsZero() || !e.EventTo.IsZero() {
		add("When", span(e.EventFrom, e.EventTo))
	}
	for _, field := range []register.Field{register.Title, register.LaySummary, register.Objective, register.Reason} {
		add(textTitles[field], e.Get(field))
	}
	for _, t := range e.Texts {
		switch {
		case t.Erased:
			add("Erased by law", string(t.Field))
		case t.Withheld:
			add("Withheld until a person has looked at it", string(t.Field))
		}
	}
	return out
}

// cut shortens a long text at a word's end and says so.
func cut(text string) string {
	if len(text) <= maxFeedText {
		return text
	}
	short := strings.ToValidUTF8(text[:maxFeedText], "")
	if space := strings.LastIndexAny(short, " \n"); space > 0 {
		short = short[:space]
	}
	return short + " …"
}
