package register

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"data.release/registrar/release/terms"
)

// project enters a row of HDR UK's layout: an agreement with a line for each of
// its datasets and, where the row says when access was granted, a release of
// each of them on that day.
func (n *normaliser) project(row Row) {
	t := n.source.Projects
	raw := n.need(t, row, CellOrganisation)
	title := n.need(t, row, CellTitle)
	organisation := n.organisations.add(raw, row.Cells[CellOrganisationType])
	published := strings.TrimSpace(row.Cells[CellReference])
	if n.personal(t, row, CellReference) {
		return
	}
	id := published
	if id == "" {
		id = fmt.Sprintf("row %d", row.Line)
	}
	if len(id) > sourceIDLimit {
		n.refuse("id-long", t.Place(row.Line, CellReference), "has %d bytes; an id has at most %d", len(id), sourceIDLimit)
		return
	}
	// A project without an id is known again by who asked for what.
	known := published
	if known == "" {
		known = organisation + "\x00" + NameKey(title)
	}
	if first, repeated := n.ids[known]; repeated && published != "" {
		n.refuse("id-repeated", t.Place(row.Line, CellReference), "%q is the id of row %d too", id, first)
		return
	} else if repeated {
		n.doubt(DoubtIDRepeated, oneSpaced(title), id)
		known += fmt.Sprintf("\x00row %d", row.Line)
	}
	n.ids[known] = row.Line
	ref := n.projectReference(published, id)
	e := n.entry(Agreement, ref, row)
	e.SourceID, e.RowKey = id, n.projectKey("agreement", known)
	n.prose(&e, t, row, id)
	n.terms(&e, t, row, id)
	approved, _ := n.days(t, row, CellApproved, id, terms.ParseDays)
	e.EventFrom, e.EventTo = approved.From, approved.To
	if e.EventFrom.IsZero() {
		e.EventFrom, e.EventTo = e.Starts, e.Starts
	}
	if ref.Stem() != "" {
		n.stated(n.version(ref, organisation, id), e, row)
	}
	var line Entry
	n.codes(&line, t, row, id)
	line.Routes = n.routes(t, row, id, nil, nil)
	line.Power = terms.PowerNotRecorded
	article6, article9 := articles(row.Cells[CellArticle6]), articles(row.Cells[CellArticle9])
	line.Channel = coded(n, t, row, CellAccessType, id, terms.ParseChannel, "")
	datasets := n.datasetsOf(t, row, id)
	entries := []Imported{{Entry: e, Organisation: organisation, Sheet: t.Sheet, Line: row.Line}}
	granted, released := n.days(t, row, CellReleased, id, terms.ParseDays)
	for _, d := range datasets {
		entries[0].add(Line{TypeOfData: line.TypeOfData, Sensitivity: line.Sensitivity, Power: line.Power, Routes: line.Routes,
			OptOut: line.OptOut, Frequency: line.Frequency, Channel: line.Channel,
			Article6: article6, Article9: article9}, d)
		if !released {
			continue
		}
		r := n.entry(Release, ref, row)
		r.SourceID, r.RowKey = id, n.projectKey("release", known+"\x00"+d.key)
		r.With(DatasetName, d.name)
		r.TypeOfData, r.Sensitivity, r.OptOut, r.Frequency = line.TypeOfData, line.Sensitivity, line.OptOut, line.Frequency
		r.Power, r.Routes, r.Channel = line.Power, line.Routes, line.Channel
		r.EventFrom, r.EventTo = granted.From, granted.To
		entries = append(entries, Imported{Entry: r, Organisation: organisation, Dataset: d.key, Sheet: t.Sheet, Line: row.Line})
	}
	n.entries = append(n.entries, entries...)
}

var article = regexp.MustCompile(`\b([69]) ?\(([12])\) ?\(([a-z]{1,2})\)`)

// articles are the conditions of the UK GDPR that a cell names, such as
// "6(1)(e)"; its other words stay as published.
func articles(raw string) []string {
	var out []string
	for _, m := range article.FindAllStringSubmatch(raw, -1) {
		if name := m[1] + "(" + m[2] + ")(" + m[3] + ")"; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// projectKey is a rowKey without any of the words that it is made of: the log
// is for ever, and a title or a publisher's id may name a person.
func (n *normaliser) projectKey(kind, known string) string {
	sum := sha256.Sum256([]byte(n.source.Identity.Register + "\x00" + kind + "\x00" + known))
	return n.source.Layout + " " + kind + " " + hex.EncodeToString(sum[:16])
}

// projectReference is the agreement of a project. A NIC number is one wherever
// it stands. Ids of other publishers are only their own: two of them may give
// one number to different projects, so the publisher goes before it. An id that
// can name no agreement is doubted and stays as it was published.
func (n *normaliser) projectReference(published, id string) terms.Reference {
	if published == "" {
		return terms.Reference{}
	}
	ref, err := terms.ParseReference(published)
	if err == nil && ref.IsNIC() {
		return ref
	}
	if err == nil {
		ref, err = terms.ParseReference(Slug(n.source.Publisher) + "_" + published)
	}
	if err != nil {
		n.doubt(DoubtReference, "project id "+published, id)
		return terms.Reference{}
	}
	n.change(CellReference, published, ref.String())
	return ref
}

// datasetsOf are the datasets of a project, each once: a JSON array (of names,
// or of objects with a name), or names divided by line ends, semicolons, bars
// or, where there are none of these, commas outside brackets.
func (n *normaliser) datasetsOf(t Table, row Row, id string) []spelling {
	raw := row.Cells[CellDataset]
	var out []spelling
	seen := map[string]bool{}
	for _, name := range namesIn(raw) {
		key := NameKey(name)
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, spelling{n.datasets.add(name, ""), name})
	}
	if len(out) == 0 {
		n.doubt(DoubtBlank, t.Headers[CellDataset], id)
	}
	return out
}

func namesIn(raw string) []string {
	if trimmed := strings.TrimSpace(raw); strings.HasPrefix(trimmed, "[") {
		var items []json.RawMessage
		if err := json.Unmarshal([]byte(trimmed), &items); err == nil {
			var names []string
			for _, item := range items {
				var name string
				var object struct {
					Name  string `json:"name"`
					Title string `json:"title"`
				}
				if json.Unmarshal(item, &name) != nil && json.Unmarshal(item, &object) == nil {
					if name = object.Name; name == "" {
						name = object.Title
					}
				}
				names = append(names, strings.TrimSpace(name))
			}
			return names
		}
	}
	divided, depth := strings.ContainsAny(raw, "\n;|"), 0
	var names []string
	for _, name := range strings.FieldsFunc(raw, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case '\n', ';', '|':
			return true
		case ',':
			return !divided && depth == 0
		}
		return false
	}) {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}
