package compare

import (
	"net/url"
	"slices"
	"testing"

	"data.release/registrar/release/diff"
)

func changes() []diff.Change {
	return []diff.Change{
		{Kind: diff.Changed, Section: "Purpose", SectionID: "purpose", Label: "Objective", Spans: []diff.Span{{Op: diff.New, Text: "more"}}},
		{Kind: diff.Retyped, Section: "Purpose", SectionID: "purpose", Label: "Outputs", Before: "a  b", After: "a b"},
		{Kind: diff.Changed, Section: "Lines", SectionID: "lines", Row: "Line 1", Label: "Fields", Came: []string{"SEX"}},
		{Kind: diff.Changed, Section: "Lines", SectionID: "lines", Row: "Line 1", Label: "Type", Before: "x", After: "y"},
		{Kind: diff.Added, Section: "Lines", SectionID: "lines", Row: "Line 2", Fields: []diff.Field{{Label: "Fields", Kind: diff.List, Values: []string{"A", "B"}}}},
		{Kind: diff.Retyped, Section: "Term", SectionID: "term", Label: "Retention"},
	}
}

func TestRetypingIsHiddenUntilAskedFor(t *testing.T) {
	hidden := New("v1", "v2", changes(), "/diff", Cosmetic(url.Values{"cosmetic": {"hide"}}))
	if hidden.Hidden != 2 || hidden.Toggle == nil || hidden.Toggle.Href != "/diff?cosmetic=show" || len(hidden.Sections) != 2 || len(hidden.Sections[0].Changes) != 1 {
		t.Errorf("%+v", hidden)
	}
	if want := []Count{{3, "changed"}, {1, "added"}, {2, "only re-typed"}}; !slices.Equal(hidden.Counts, want) {
		t.Errorf("counts %v, want %v", hidden.Counts, want)
	}
	shown := New("v1", "v2", changes(), "/diff", Cosmetic(url.Values{"cosmetic": {"show"}}))
	if shown.Hidden != 0 || shown.Toggle.Href != "/diff?cosmetic=hide" || len(shown.Sections) != 3 || len(shown.Sections[0].Changes) != 2 || !shown.Sections[2].Changes[0].Retyped {
		t.Errorf("%+v", shown)
	}
	if none := New("v1", "v2", nil, "/diff", false); !none.Nothing || none.Toggle != nil || len(none.Counts)+len(none.Sections) > 0 {
		t.Errorf("%+v", none)
	}
}

func TestEachChangeShowsAsWhatItIs(t *testing.T) {
	view := New("v1", "v2", changes(), "/diff", true)
	purpose, lines := view.Sections[0].Changes, view.Sections[1].Changes
	if purpose[0].Title != "Objective" || len(purpose[0].Prose) != 1 || purpose[0].Values || purpose[0].Lists {
		t.Errorf("a prose: %+v", purpose[0])
	}
	if lines[0].Title != "Line 1: Fields" || !lines[0].Lists || lines[0].Tag != "Changed" {
		t.Errorf("a list: %+v", lines[0])
	}
	if !lines[1].Values || lines[1].Before != "x" {
		t.Errorf("a value: %+v", lines[1])
	}
	if lines[2].Title != "Line 2" || lines[2].Tag != "Added" || lines[2].Facts[0].Value != "A; B" {
		t.Errorf("a row: %+v", lines[2])
	}
}

func TestEachVersionIsComparedWithTheOneBefore(t *testing.T) {
	links := Versions("/agreements/X", []string{"0.4", "1.2", "2.0"})
	if len(links) != 2 || links[0].Href != "/agreements/X/diff/1.2/2.0" || links[1].Href != "/agreements/X/diff/0.4/1.2" || Versions("/x", []string{"1.0"}) != nil {
		t.Errorf("%v", links)
	}
}
