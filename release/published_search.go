package release

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/register/words"
	"data.release/registrar/release/terms"
)

// RegisterQuery is what a reader asks of the register. Empty members ask
// nothing; of several values of one member any may hold, and all members that
// ask must.
type RegisterQuery struct {
	// Text is words, "phrases" and -words (see words.Parse). Each word must be
	// found: as any part of a reference, a row's id, or the name of an
	// organisation or dataset, or as a word of an agreement's texts, in any of
	// its English forms. Words too common to tell anything ("of") are passed
	// over, but a text of nothing else is fault.Invalid: it asks nothing. A
	// reference is found in any spelling.
	Text string
	// Organisations are ids and Datasets codes: the entries under all names of
	// the same body or dataset are found.
	Organisations, Datasets []string
	Kinds                   []register.Kind
	OrganisationKinds       []string // as published, or index.NotRecorded
	Stems                   []string
	Editions                []string // SHA-256 of the file
	Types                   []terms.TypeOfData
	Sensitivities           []terms.Sensitivity
	Powers                  []terms.Power
	Routes                  []terms.Route
	OptOuts                 []terms.OptOut
	Frequencies             []terms.Frequency
	Channels                []terms.Channel
	// Commercial and SubLicensing are said by agreements, for their releases
	// too.
	Commercial, SubLicensing []terms.Answer
	Flags                    []string       // ids of the rules that flag the entry
	Stands                   []terms.Answer // whether no later entry ended it: yes or no
	Late                     bool           // found later than its time and entered by hand
	From, To                 terms.Date     // entries whose event lies in these days, or partly
	Within                   bool           // in these days altogether

	AsOf int64 // size of the register that is asked; 0: as it is; EmptyRegister: before its first entry

	Order  index.Order
	Oldest bool // index.Oldest, for callers that know no other order
	// After and Before are numbers of entries: the page begins after the one or
	// ends before the other. They take the place of Page.
	After, Before int64
	Page          int // from 1; 0 is 1
	Size          int // entries a page, at most 100; 0 is 20
	// Uncounted leaves the facets out.
	Uncounted bool
}

// RegisterResults is one page of a search.
type RegisterResults struct {
	Entries           []register.Entry // with the texts that lists show
	Total             int
	First             int // place of the first entry among all, from 1; 0: the page is empty
	More              bool
	Page, Pages, Size int
	Register          int64 // size of the register that was asked
	// Facets count, for each member of the query in turn, the entries that there
	// would be under each of its values if the query asked nothing of it.
	Facets []Facet
	// Ended tells of the page's entries that no longer stand by which entry they
	// were ended.
	Ended map[int64]int64
	Terms []words.Term // what was asked for, for marking names
	// Snippets show where words stand in the long texts of the page's entries.
	Snippets map[int64][]TextSnippet
	// Unread is set where texts that were entered lately are not searched yet,
	// Unflagged where flags are still being computed, so that their facet is
	// left out.
	Unread, Unflagged bool
}

// TextSnippet is a piece of a text of an entry.
type TextSnippet struct {
	Field register.Field
	words.Snippet
}

// Facet is the values of one member of a query, the most frequent first.
type Facet struct {
	Name   string // as its parameter
	Values []FacetValue
	Left   int // values that have entries and are left out
}

// FacetValue is one value with the number of its entries.
type FacetValue struct {
	Value, Label string
	Count        int
	Chosen       bool
}

// FlagFacet is the facet of the rules that flag entries.
const FlagFacet index.Facet = "flag"

// The limits of a search.
const (
	MaxPageSize   = 100
	maxQueryWords = 12
	maxQueryText  = 200
	// facetValues bounds the values of one facet; those chosen are always there.
	facetValues = 25
	// maxSnippets is how many pieces of texts are shown of one entry.
	maxSnippets = 3
)

// facets are the facets of a query, in order, with what is chosen of each.
func (q RegisterQuery) facets() []struct {
	name   index.Facet
	chosen []string
} {
	late := []string(nil)
	if q.Late {
		late = []string{"yes"}
	}
	return []struct {
		name   index.Facet
		chosen []string
	}{
		{index.Kind, names(q.Kinds)}, {index.Type, names(q.Types)}, {index.OptOut, names(q.OptOuts)}, {index.Power, names(q.Powers)},
		{index.Route, names(q.Routes)}, {index.Sensitivity, names(q.Sensitivities)}, {index.Frequency, names(q.Frequencies)},
		{index.Channel, names(q.Channels)}, {index.Commercial, names(q.Commercial)}, {index.SubLicensing, names(q.SubLicensing)},
		{index.OrganisationKind, q.OrganisationKinds}, {index.Organisation, q.Organisations}, {index.Dataset, q.Datasets},
		{index.Edition, q.Editions}, {FlagFacet, q.Flags}, {index.Stands, names(q.Stands)}, {index.Late, late},
	}
}

// SearchRegister finds entries, the newest first unless told otherwise, with
// counts by every facet, exact and of one state of the register.
func (s *Service) SearchRegister(ctx context.Context, q RegisterQuery) (*RegisterResults, error) {
	if err := q.limit(); err != nil {
		return nil, err
	}
	p, err := s.registerNow(ctx)
	if err != nil {
		return nil, err
	}
	out := &RegisterResults{Page: q.Page, Size: q.Size, Terms: words.Parse(q.Text), Ended: map[int64]int64{}}
	v, asked, err := s.ask(ctx, p, q, out)
	if err != nil {
		return nil, err
	}
	page := v.Search(asked)
	out.Register, out.Total, out.First, out.More = v.Size(), page.Total, page.First, page.More
	out.Pages = (out.Total + q.Size - 1) / q.Size
	if len(page.Numbers) > 0 {
		err = s.snapshot(ctx, func(tx *sql.Tx) error {
			found, err := readEntries(ctx, tx, listTexts, `WHERE e.id = ANY($1)`, page.Numbers)
			if err != nil {
				return err
			}
			place := make(map[int64]int, len(page.Numbers))
			for i, n := range page.Numbers {
				place[n] = i
			}
			slices.SortFunc(found, func(a, b register.Entry) int { return place[a.Number] - place[b.Number] })
			out.Entries = found
			out.Snippets, err = snippets(ctx, tx, page.Numbers, out.Terms)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, n := range page.Numbers {
		if by := v.Ended(n); by > 0 {
			out.Ended[n] = by
		}
	}
	if !q.Uncounted {
		out.Facets, err = s.facets(ctx, p, q, page)
	}
	return out, err
}

// registerNumbers are those of all the entries that a query finds, ascending.
func (s *Service) registerNumbers(ctx context.Context, q RegisterQuery) ([]int64, *index.View, error) {
	q.Page, q.Size, q.After, q.Before = 0, 0, 0, 0
	if err := q.limit(); err != nil {
		return nil, nil, err
	}
	p, err := s.registerNow(ctx)
	if err != nil {
		return nil, nil, err
	}
	q.Uncounted = true
	v, asked, err := s.ask(ctx, p, q, &RegisterResults{Terms: words.Parse(q.Text)})
	if err != nil {
		return nil, nil, err
	}
	asked.Size = 0
	return v.Search(asked).Found.Numbers(), v, nil
}

// ask makes the index's query of the reader's, at the size of the register that
// is asked.
func (s *Service) ask(ctx context.Context, p *projected, q RegisterQuery, out *RegisterResults) (*index.View, index.Query, error) {
	v, err := p.at(q.AsOf)
	if err != nil {
		return nil, index.Query{}, err
	}
	asked := index.Query{
		Chosen: map[index.Facet][]string{}, Stems: q.Stems, From: q.From, To: q.To, Within: q.Within,
		Order: q.Order, After: q.After, Before: q.Before, Size: q.Size,
	}
	if q.Oldest {
		asked.Order = index.Oldest
	}
	for _, n := range []int64{q.After, q.Before} {
		if n > v.Size() {
			return nil, asked, fault.New(fault.NotFound, "The register has %d entries; no page begins or ends at entry %d.", v.Size(), n)
		}
	}
	if q.After == 0 && q.Before == 0 {
		asked.Skip = (q.Page - 1) * q.Size
	}
	for _, f := range q.facets() {
		if f.name != FlagFacet {
			asked.Chosen[f.name] = f.chosen
		}
		if f.name != FlagFacet && f.name != index.Late && !q.Uncounted {
			asked.Count = append(asked.Count, f.name)
		}
	}
	if len(q.Flags) > 0 || !q.Uncounted {
		flags, ready, err := s.flagFacet(ctx, p, v, q.Flags)
		if err != nil {
			return nil, asked, err
		}
		if ready {
			asked.Extra = append(asked.Extra, flags)
		}
		out.Unflagged = !ready
	}
	if strings.TrimSpace(q.Text) != "" {
		found, unread, err := s.findTerms(ctx, p, v, out.Terms)
		if err != nil {
			return nil, asked, err
		}
		if len(found) == 0 {
			return nil, asked, fault.New(fault.Invalid, "The search cannot be made as it was asked").With(fault.Reason{Code: "search-words", Field: "q",
				Message: fmt.Sprintf("%q has no word that can be searched: marks are none, and words such as “of” stand everywhere", strings.TrimSpace(q.Text))})
		}
		asked.Only, out.Unread = append(asked.Only, found...), unread
	}
	return v, asked, nil
}

// limit refuses what is over the limits, all of it at once, and fills in what
// was left out.
func (q *RegisterQuery) limit() error {
	refused := fault.New(fault.Invalid, "The search cannot be made as it was asked")
	wrong := func(field, format string, args ...any) {
		refused.With(fault.Reason{Code: "search-limit", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if q.Page == 0 {
		q.Page = 1
	}
	if q.Size == 0 {
		q.Size = 20
	}
	if q.Page < 1 || q.Page > 1_000_000 {
		wrong("page", "must be 1 or more")
	}
	if q.Size < 1 || q.Size > MaxPageSize {
		wrong("size", "must be 1 to %d", MaxPageSize)
	}
	if q.After < 0 || q.Before < 0 {
		wrong("after", "must be the number of an entry, from 1")
	}
	if q.After > 0 && q.Before > 0 {
		wrong("before", "a page begins after an entry or ends before one, not both")
	}
	if !slices.Contains(index.Orders(), q.Order) {
		wrong("sort", "%q is no order of entries", q.Order)
	}
	if utf8.RuneCountInString(q.Text) > maxQueryText {
		wrong("text", "may have at most %d characters", maxQueryText)
	}
	if len(strings.Fields(q.Text)) > maxQueryWords {
		wrong("text", "may have at most %d words", maxQueryWords)
	}
	if strings.ContainsRune(q.Text, 0) || !utf8.ValidString(q.Text) {
		wrong("text", "holds a character that no text may")
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Compare(q.From) < 0 {
		wrong("to", "is before the first day")
	}
	for _, f := range q.facets() {
		if len(f.chosen) > MaxPageSize {
			wrong(string(f.name), "may have at most %d values", MaxPageSize)
		}
		if slices.ContainsFunc(f.chosen, func(v string) bool { return strings.ContainsRune(v, 0) || !utf8.ValidString(v) }) {
			wrong(string(f.name), "holds a character that no value has")
		}
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}
