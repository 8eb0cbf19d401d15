package public

import (
	"encoding/json"
	"errors"
	"net/http"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/web/page"
)

// TotalsView shows that what is counted adds up to what the log holds.
type TotalsView struct {
	Kinds, Sums page.Grid
	Agree       bool
	Newer       int // entries that are not signed yet
}

// totals are the numbers that must be one, each counted by itself.
type totals struct {
	Kinds  []kindTotal `json:"kinds"`  // of the entries, by what they record
	Sum    int64       `json:"sum"`    // of the kinds
	Search int64       `json:"search"` // entries that a search without a filter finds
	Last   int64       `json:"last"`   // the number of the last entry
	Leaves int64       `json:"leaves"` // of the log
	Signed int64       `json:"signed"` // leaves that the last checkpoint covers
	Agree  bool        `json:"agree"`  // sum, search, last and leaves are one number, and signed is no more
}

type kindTotal struct {
	Kind    string `json:"kind"`
	Entries int    `json:"entries"`
	Stand   int    `json:"stand"`
}

var totalsPage = page.Parse[TotalsView]("public/totals.html")

func (s *server) countTotals(r *http.Request) (t totals, err error) {
	ctx := r.Context()
	counted, err := s.release.Statistics(ctx, 0)
	if err != nil {
		return t, err
	}
	for _, k := range counted.Entries {
		t.Kinds = append(t.Kinds, kindTotal{string(k.Kind), k.All, k.Stand})
		t.Sum += int64(k.All)
	}
	t.Last = counted.Size
	// All of one size, whatever is entered meanwhile.
	asked := release.RegisterQuery{AsOf: counted.Size, Size: 1, Uncounted: true}
	if counted.Size == 0 {
		asked.AsOf = release.EmptyRegister
	}
	found, err := s.release.SearchRegister(ctx, asked)
	if err != nil {
		return t, err
	}
	t.Search = int64(found.Total)
	if t.Leaves, err = ledger.Register.Size(ctx, s.release.DB()); err != nil {
		return t, err
	}
	if now, err := s.release.Statistics(ctx, 0); err != nil {
		return t, err
	} else if now.Size > t.Last && t.Leaves <= now.Size { // something was entered while these were counted
		t.Leaves = t.Last
	}
	signed, err := ledger.Register.Latest(ctx, s.release.DB())
	if err != nil && !errors.Is(err, fault.NotFound) {
		return t, err
	}
	t.Signed = min(signed.Size, t.Last)
	t.Agree = t.Sum == t.Last && t.Search == t.Last && t.Leaves == t.Last
	return t, nil
}

func (s *server) totals(w http.ResponseWriter, r *http.Request) error {
	t, err := s.countTotals(r)
	if err != nil {
		return err
	}
	view := TotalsView{Agree: t.Agree, Newer: int(t.Last - t.Signed),
		Kinds: page.Grid{Caption: "Entries by kind", Columns: page.Columns("Kind", "#Entries", "#Stand"), Empty: "The register has no entry."},
		Sums:  page.Grid{Caption: "What must be one number", Columns: page.Columns("Counted", "#Number")}}
	for _, k := range t.Kinds {
		view.Kinds.Rows = append(view.Kinds.Rows, []page.GridCell{{Text: upper(k.Kind), Href: "/register?kind=" + k.Kind}, counting(k.Entries), counting(k.Stand)})
	}
	for _, line := range []struct {
		words string
		n     int64
	}{{"Entries of all kinds together", t.Sum}, {"Entries that a search without a filter finds", t.Search}, {"The number of the last entry: entries are numbered from 1 without gaps", t.Last},
		{"Leaves of the log", t.Leaves}, {"Leaves that the last signed checkpoint covers", t.Signed}} {
		view.Sums.Rows = append(view.Sums.Rows, []page.GridCell{{Text: line.words}, counting(int(line.n))})
	}
	return totalsPage.Render(s.pages, w, r, page.Page{Title: "What the totals add up to", Section: "/about", Trail: trail("How to read and check the register", "/about"), Canonical: "/register/totals",
		Description: "Shows that what the search counts, what the register numbers and what the signed log holds is one number."}, view)
}

func (s *server) totalsJSON(w http.ResponseWriter, r *http.Request) error {
	t, err := s.countTotals(r)
	if err != nil {
		return err
	}
	asFile(w, "application/json", "totals.json")
	return json.NewEncoder(w).Encode(t)
}
