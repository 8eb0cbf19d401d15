package public

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/family"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// MineView is "could my record be in it?": it asks nothing about a person.
type MineView struct {
	AsOf     *AsOfBanner
	AsOfDay  string // kept by the form
	Families []FamilyChoice
	From, To []YearChoice
	Place    string
	Asked    bool
	Question string // what was asked, in words
	Groups   []HoldingGroup
	Total    int
	// Elsewhere are agreements of bodies of other places, which are left out.
	Elsewhere  int
	CSV        string
	Only       string // the one group that is shown; empty: all
	Pagination page.Pagination
}

// FamilyChoice is a family of datasets that can be chosen.
type FamilyChoice struct {
	ID, Name, When, Examples string
	Chosen                   bool
}

// YearChoice is a year that can be chosen.
type YearChoice struct {
	Year   int
	Chosen bool
}

// HoldingGroup is agreements of whose data the register tells the same.
type HoldingGroup struct {
	Anchor, Title, Words string
	Count                int
	Lines                []HoldingLine
	All                  string // address of the whole group, where it has more
}

// HoldingLine is an agreement of a group.
type HoldingLine struct {
	Agreement, Organisation page.Link
	Local                   bool
	Datasets                []page.Link
	DatasetsMore            int
	Releases                int
	When, Href              string
}

var minePage = page.Parse[MineView]("public/mine.html", "public/asof.html")

// holdingWords say what each holding means, and by which rule.
var holdingWords = map[release.Holding][2]string{
	release.CouldHold:           {"Could include such a record, whether or not you opted out", "The data are about single people, and for at least one release opt-outs were not applied, or the register does not say. Most are pseudonymised: a code stands in the place of your name and NHS number."},
	release.HoldsUnlessOptedOut: {"Exclude people who had opted out", "Opt-outs were applied to every release. If your opt-out was on record when a release was made, your record was taken out of it. If you have no opt-out, it could be there."},
	release.HoldsConsented:      {"Limited to people who agreed to take part", "For every release, the register gives consent as the reason that opt-outs were not applied, or as the only way in which the duty of confidence is met. Your record could be there if you joined the study."},
	release.HoldsCounts:         {"Tables of counts only", "No release is about single people. Your record can be one of many in a count."},
}

// recordQuestion is what the address asks.
type recordQuestion struct {
	families []string
	from, to int
	place    string
	only     release.Holding
	page     int
}

// firstYear is the first that can be chosen: hospital statistics begin in 1989.
const firstYear = 1989

// mostPlace is the longest place, in characters.
const mostPlace = 60

func parseRecordQuestion(query url.Values, thisYear int) (recordQuestion, error) {
	q := recordQuestion{place: strings.TrimSpace(query.Get("place")), page: 1, only: release.Holding(query.Get("only"))}
	var reasons []fault.Reason
	refuse := func(field, format string, args ...any) {
		reasons = append(reasons, fault.Reason{Code: "query", Field: field, Message: fmt.Sprintf(format, args...)})
	}
	for _, id := range query["family"] {
		if id != "" && !family.Known(id) {
			refuse("family", "%q is no family of datasets", id)
		}
	}
	for _, f := range family.Families() {
		if slices.Contains(query["family"], f.ID) {
			q.families = append(q.families, f.ID)
		}
	}
	for name, year := range map[string]*int{"from": &q.from, "to": &q.to} {
		raw := query.Get(name)
		if raw == "" {
			continue
		}
		n, err := strconv.Atoi(raw)
		if err != nil || n < firstYear || n > thisYear {
			refuse(name, "%q is no year from %d to %d", raw, firstYear, thisYear)
		}
		*year = n
	}
	if q.from > 0 && q.to > 0 && q.from > q.to {
		refuse("to", "%d is before %d", q.to, q.from)
	}
	if !utf8.ValidString(q.place) || strings.ContainsRune(q.place, 0) || utf8.RuneCountInString(q.place) > mostPlace {
		refuse("place", "is no text of at most %d characters", mostPlace)
	}
	if q.only != "" && !slices.Contains(release.Holdings(), q.only) {
		refuse("only", "%q is no group of agreements", q.only)
	}
	if raw := query.Get("page"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 {
			refuse("page", "%q is no page; pages are numbered from 1", raw)
		}
		q.page = n
	}
	if len(reasons) > 0 {
		return recordQuestion{}, fault.New(fault.Invalid, "The question cannot be answered as its address has it.").With(reasons...)
	}
	return q, nil
}

// href is the address of the question at a path.
func (q recordQuestion) href(path string) string {
	out := url.Values{}
	for _, id := range q.families {
		out.Add("family", id)
	}
	for name, year := range map[string]int{"from": q.from, "to": q.to} {
		if year > 0 {
			out.Set(name, strconv.Itoa(year))
		}
	}
	if q.place != "" {
		out.Set("place", q.place)
	}
	if q.only != "" {
		out.Set("only", string(q.only))
	}
	if q.page > 1 {
		out.Set("page", strconv.Itoa(q.page))
	}
	return path + "?" + out.Encode()
}

// How many agreements of each group are shown together, and of one alone.
const (
	minePerGroup = 15
	minePerPage  = 100
)

func (s *server) mine(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	thisYear := s.today(at).Year
	q, err := parseRecordQuestion(r.URL.Query(), thisYear)
	if err != nil {
		return err
	}
	view := MineView{AsOf: at.Banner(), Place: q.place, Only: string(q.only), Asked: len(q.families) > 0}
	if at.Past() {
		view.AsOfDay = at.Day.String()
	}
	view.choices(q, thisYear)
	if view.Asked {
		found, elsewhere, err := s.release.HoldingAgreements(r.Context(), release.RecordQuery{AsOf: at.Size, Families: q.families, From: q.from, To: q.to, Place: q.place})
		if err != nil {
			return err
		}
		if err := view.answer(q, found); err != nil {
			return err
		}
		view.Elsewhere, view.Question, view.CSV = elsewhere, q.words(), q.href("/my-record.csv")
	}
	title := "Could my record be in it?"
	if view.Asked {
		title = page.Plural(view.Total, "agreement", "agreements") + " - " + title
	}
	return minePage.Render(s.pages, w, r, at.page(page.Page{
		Title: title, Section: "/my-record", Trail: trail(), Canonical: "/my-record", NoIndex: view.Asked, Private: view.Asked,
		Description: "Find out which releases of data could include a record such as yours, without saying who you are. Nothing is asked about you and nothing is kept.",
	}), view)
}

func (view *MineView) choices(q recordQuestion, thisYear int) {
	for _, f := range family.Families() {
		view.Families = append(view.Families, FamilyChoice{ID: f.ID, Name: f.Name, When: f.When, Examples: strings.Join(f.Examples, "; "), Chosen: slices.Contains(q.families, f.ID)})
	}
	for year := thisYear; year >= firstYear; year-- {
		view.From = append(view.From, YearChoice{year, year == q.from})
		view.To = append(view.To, YearChoice{year, year == q.to})
	}
}

// words say what was asked.
func (q recordQuestion) words() string {
	var named []string
	for _, f := range family.Families() {
		if slices.Contains(q.families, f.ID) {
			named = append(named, terms.Lower(f.Name))
		}
	}
	out := strings.Join(named, "; ")
	switch {
	case q.from > 0 && q.to > 0:
		out += fmt.Sprintf("; recorded from %d to %d", q.from, q.to)
	case q.from > 0:
		out += fmt.Sprintf("; recorded since %d", q.from)
	case q.to > 0:
		out += fmt.Sprintf("; recorded until %d", q.to)
	}
	if q.place != "" {
		out += "; bodies of “" + q.place + "”, and those of the whole country"
	}
	return out
}

func (view *MineView) answer(q recordQuestion, found []release.HoldingAgreement) error {
	view.Total = len(found)
	for _, holding := range release.Holdings() {
		if q.only != "" && q.only != holding {
			continue
		}
		var list []release.HoldingAgreement
		for _, h := range found {
			if h.Holding == holding {
				list = append(list, h)
			}
		}
		group := HoldingGroup{Anchor: "group-" + string(holding), Title: holdingWords[holding][0], Words: holdingWords[holding][1], Count: len(list)}
		if q.only == "" {
			if len(list) > minePerGroup {
				whole := q
				whole.only = holding
				group.All, list = whole.href("/my-record"), list[:minePerGroup]
			}
		} else {
			pages := max((len(list)+minePerPage-1)/minePerPage, 1)
			if q.page > pages {
				return fault.New(fault.NotFound, "These agreements are on %d pages; page %d is none of them.", pages, q.page)
			}
			view.Pagination = page.Paginate(q.page, pages, func(n int) string {
				other := q
				other.page = n
				return other.href("/my-record")
			})
			list = list[(q.page-1)*minePerPage : min(q.page*minePerPage, len(list))]
		}
		for _, h := range list {
			group.Lines = append(group.Lines, holdingLine(h))
		}
		view.Groups = append(view.Groups, group)
	}
	return nil
}

// mostDatasets is how many datasets a line names.
const mostDatasets = 3

func holdingLine(h release.HoldingAgreement) HoldingLine {
	query := url.Values{"agreement": {h.Stem}}
	line := HoldingLine{
		Agreement: page.Link{Text: h.Stem, Href: agreementHref(h.Stem)}, Organisation: linked(strings.TrimSpace(h.Organisation), h.OrganisationID, organisationHref(h.OrganisationID)),
		Local: h.Local, Releases: h.Releases, When: span(h.From, h.To),
	}
	for i, d := range h.Datasets {
		if i == mostDatasets {
			line.DatasetsMore = len(h.Datasets) - i
			break
		}
		line.Datasets = append(line.Datasets, page.Link{Text: called(d.Name), Href: datasetHref(d.ID)})
	}
	for _, d := range h.Datasets {
		query.Add("dataset", d.ID)
	}
	line.Href = standing(register.Release, query)
	return line
}

// mineTable is the answer as CSV: every agreement, with the rule of its group.
func (s *server) mineTable(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	q, err := parseRecordQuestion(r.URL.Query(), s.today(at).Year)
	if err != nil {
		return err
	}
	found, _, err := s.release.HoldingAgreements(r.Context(), release.RecordQuery{AsOf: at.Size, Families: q.families, From: q.from, To: q.to, Place: q.place})
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="agreements.csv"`)
	header.Set("Cache-Control", "private, no-store") // what somebody asked is kept nowhere
	out := csv.NewWriter(w)
	_ = out.Write([]string{"group", "agreement", "organisation_id", "organisation", "local", "datasets", "releases", "from", "to"})
	for _, h := range found {
		if q.only != "" && q.only != h.Holding {
			continue
		}
		names := make([]string, len(h.Datasets))
		for i, d := range h.Datasets {
			names[i] = strings.TrimSpace(d.Name)
		}
		record := []string{string(h.Holding), h.Stem, h.OrganisationID, strings.TrimSpace(h.Organisation), strconv.FormatBool(h.Local), strings.Join(names, " | "), strconv.Itoa(h.Releases), h.From.String(), h.To.String()}
		for i := range record {
			record[i] = register.SafeCell(record[i])
		}
		_ = out.Write(record)
	}
	out.Flush()
	return nil // a write that failed is a reader that left
}
