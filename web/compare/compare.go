// Package compare shows what differs between two versions, alike to the team,
// applicants and the public: counts first, then each change.
package compare

import (
	"net/url"
	"strings"

	"data.release/registrar/release/diff"
	"data.release/registrar/web/page"
)

// View is the differences, as the template "changes" shows them.
type View struct {
	Before, After string // which is compared with which
	Counts        []Count
	Nothing       bool // no difference at all
	Hidden        int  // changes that are only re-typed, and not shown
	Toggle        *Toggle
	Sections      []Section
}

// Count is how many changes of a kind there are.
type Count struct {
	Number int
	Words  string
}

// Toggle leads to the same differences with re-typing shown, or hidden.
type Toggle struct{ Href, Text string }

// Section is the changes in a part of the terms.
type Section struct {
	ID, Label string
	Changes   []Change
}

// Change is one difference in words.
type Change struct {
	Title         string
	Tag, Colour   string // of the tag: its words and NHS.UK modifier
	Retyped       bool
	Note          string // why it is cosmetic, or what is known of it
	Prose         []diff.Span
	Lists         bool
	Came, Went    []string
	Values        bool
	Before, After string
	Facts         []diff.Field // of a row that came or went
}

// Cosmetic reads the filter ?cosmetic=show; anything else hides re-typing.
func Cosmetic(query url.Values) bool { return query.Get("cosmetic") == "show" }

// New makes the view; path is the address of the page, for the filter.
func New(before, after string, changes []diff.Change, path string, cosmetic bool) View {
	view := View{Before: before, After: after, Nothing: len(changes) == 0}
	tally := diff.Count(changes)
	for _, c := range []Count{{tally.Changed, "changed"}, {tally.Added, "added"}, {tally.Removed, "removed"}, {tally.Retyped, "only re-typed"}} {
		if c.Number > 0 {
			view.Counts = append(view.Counts, c)
		}
	}
	switch {
	case tally.Retyped > 0 && cosmetic:
		view.Toggle = &Toggle{path + "?cosmetic=hide", "Hide what is only re-typed"}
	case tally.Retyped > 0:
		view.Hidden = tally.Retyped
		view.Toggle = &Toggle{path + "?cosmetic=show", "Show what is only re-typed"}
	}
	for _, c := range changes {
		if c.Kind == diff.Retyped && !cosmetic {
			continue
		}
		if n := len(view.Sections); n == 0 || view.Sections[n-1].ID != c.SectionID {
			view.Sections = append(view.Sections, Section{ID: c.SectionID, Label: c.Section})
		}
		last := &view.Sections[len(view.Sections)-1]
		last.Changes = append(last.Changes, change(c))
	}
	return view
}

func change(c diff.Change) Change {
	out := Change{Tag: "Changed", Colour: "blue", Before: c.Before, After: c.After, Came: c.Came, Went: c.Went, Facts: facts(c.Fields), Note: sentence(c.Note)}
	var title []string
	for _, part := range []string{c.Row, c.Label} {
		if part != "" {
			title = append(title, part)
		}
	}
	out.Title = strings.Join(title, ": ")
	switch c.Kind {
	case diff.Added:
		out.Tag, out.Colour = "Added", "green"
	case diff.Removed:
		out.Tag, out.Colour = "Removed", "red"
	case diff.Retyped:
		out.Tag, out.Colour, out.Retyped = "Only re-typed", "grey", true
		if c.Note != "" {
			out.Tag, out.Values = "Cosmetic", c.Spans == nil && c.Before != c.After
		}
	default:
		switch {
		case c.Spans != nil:
			out.Prose = diff.Shorten(c.Spans)
		case len(c.Came)+len(c.Went) > 0:
			out.Lists = true
		default:
			out.Values = true
		}
	}
	return out
}

func sentence(note string) string {
	if note == "" {
		return ""
	}
	return strings.ToUpper(note[:1]) + note[1:] + "."
}

// facts are fields with lists in one line each.
func facts(fields []diff.Field) []diff.Field {
	out := make([]diff.Field, len(fields))
	for i, f := range fields {
		if f.Kind == diff.List {
			f.Value = strings.Join(f.Values, "; ")
		}
		out[i] = f
	}
	return out
}

// Versions are links to compare each version with the one before it.
func Versions(base string, versions []string) []page.Link {
	var links []page.Link
	for i := len(versions) - 1; i > 0; i-- {
		before, after := versions[i-1], versions[i]
		links = append(links, page.Link{Text: "What changed from version " + before + " to " + after, Href: base + "/diff/" + url.PathEscape(before) + "/" + url.PathEscape(after)})
	}
	return links
}
