package public

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/tally"
	"data.release/registrar/web/chart"
	"data.release/registrar/web/page"
)

// StatisticsView is the register in counts: each picture stands over the table
// that it draws.
type StatisticsView struct {
	AsOf     *AsOfBanner
	Facts    []NamedTerms
	Sections []StatisticsSection
}

// StatisticsSection is one table, with its picture where it has one.
type StatisticsSection struct {
	ID, Title, Words string
	Picture          template.HTML // drawn by package chart, which escapes what it shows
	Table            page.Grid
	Folded           bool   // the table is long
	More             string // the page shows part of it
	CSV              page.Link
}

var statisticsPage = page.Parse[StatisticsView]("public/statistics.html", "public/asof.html")

// mostRows is how much of a table the page shows.
const mostRows = 120

func (s *server) statistics(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	counted, closed, err := s.counted(r, at)
	if err != nil {
		return err
	}
	view := StatisticsView{AsOf: at.Banner(), Facts: statisticsFacts(counted), Sections: sections(counted, closed)}
	for i := range view.Sections {
		if table := &view.Sections[i].Table; len(table.Rows) > mostRows {
			view.Sections[i].More = fmt.Sprintf("Shown are the first %d of %s rows; the CSV has all.", mostRows, page.Count(len(table.Rows)))
			table.Rows = table.Rows[:mostRows]
		}
	}
	return statisticsPage.Render(s.pages, w, r, at.page(page.Page{Title: "Statistics", Section: "/statistics", Trail: trail(), Canonical: "/statistics",
		Description: "The register in counts, each with what it counts: releases by month, type of data, legal basis and opt-outs; requests that were refused or withdrawn; how long decisions took."}), view)
}

// statisticsTable answers /statistics/{table}.csv.
func (s *server) statisticsTable(w http.ResponseWriter, r *http.Request) error {
	at, err := s.asOf(r)
	if err != nil {
		return err
	}
	counted, closed, err := s.counted(r, at)
	if err != nil {
		return err
	}
	id, csv := strings.CutSuffix(r.PathValue("table"), ".csv")
	list := sections(counted, closed)
	i := slices.IndexFunc(list, func(s StatisticsSection) bool { return s.ID == id })
	if !csv || i < 0 {
		return fault.New(fault.NotFound, "There is no such table of statistics. The page of statistics links them all.")
	}
	cache := w.Header().Get("Cache-Control")
	if err := list[i].Table.WriteCSV(&keeping{w, cache}, "register-"+id); err != nil {
		return err
	}
	return nil
}

// keeping lets a public table be cached as its page is.
type keeping struct {
	http.ResponseWriter
	cache string
}

func (k *keeping) Write(b []byte) (int, error) {
	if k.cache != "" {
		k.Header().Set("Cache-Control", k.cache)
		k.cache = ""
	}
	return k.ResponseWriter.Write(b)
}

// counted are the statistics, and the months that were closed, the latest
// first, whose figures say what was asked for and not given.
func (s *server) counted(r *http.Request, at asOf) (*tally.Statistics, []release.Edition, error) {
	counted, err := s.release.Statistics(r.Context(), at.Size)
	if err != nil {
		return nil, nil, err
	}
	editions, err := s.release.PublishedEditionsAt(r.Context(), at.Size)
	if err != nil {
		return nil, nil, err
	}
	return counted, slices.DeleteFunc(editions, func(e release.Edition) bool { return !e.Ours }), nil
}

func statisticsFacts(s *tally.Statistics) []NamedTerms {
	facts := []NamedTerms{
		{Name: "Releases", Values: []Term{{Label: page.Plural(s.Releases, "release stands", "releases stand"), Href: standing(register.Release, nil), Note: "rows of a register, which are not all of one kind:"},
			{Label: page.Plural(s.Files, "row", "rows"), Note: "each a file"},
			{Label: page.Plural(s.Access, "row", "rows"), Note: "each a dataset with system access under one agreement, whatever the number of times"},
			{Label: page.Plural(s.Frequent, "row", "rows"), Note: "each a dataset with a frequent flow under one agreement"}}},
		{Name: "With opt-outs applied", Values: []Term{{Label: page.Plural(s.With, "release", "releases")}}},
		{Name: "Corrected, or entered late", Values: []Term{{Label: page.Plural(s.Corrections, "correction", "corrections"), Note: "all that were ever entered, of which some may be corrected again"}, {Label: page.Plural(s.Late, "entry", "entries"), Note: "found and recorded later than their time"}}},
	}
	return facts
}

// sections are all tables, in order. A table that has no row says so.
func sections(s *tally.Statistics, closed []release.Edition) []StatisticsSection {
	list := []StatisticsSection{
		monthly(s), typed(s),
		codes("legal-basis", "Releases by legal basis", "The power to give the data out, as the row names it. “Not recorded” is where it names none, or only how the duty of confidence was met.", "Power", "power", s.Powers),
		optOuts(s),
		codes("organisations", "Releases by kind of organisation", "The kind is the one that the register publishes with the agreement.", "Kind of organisation", "", s.Kinds),
		codes("frequency", "Releases by frequency", "One-off and ongoing: a row for each file. System access and frequent flows: a row for each dataset and agreement.", "Frequency", "frequency", s.Frequencies),
		codes("channel", "Releases by channel", "How the data were given. Published registers to 2021 say so of system access alone.", "Channel", "", s.Channels),
		access(s), entryCounts(s), requests(closed), turnarounds(closed), waivers(closed),
	}
	for i := range list {
		list[i].CSV = page.Link{Text: "This table as CSV", Href: "/statistics/" + list[i].ID + ".csv"}
		list[i].Table.Caption = list[i].Title
	}
	return list
}

func counting(n int) page.GridCell { return page.GridCell{Text: page.Count(n)} }

// picture makes a picture of a column of numbers; none where there is nothing to
// draw.
func picture(draw func(chart.Chart) string, c chart.Chart) template.HTML {
	if len(c.Labels) < 2 {
		return ""
	}
	return template.HTML(draw(c))
}

// mostDrawn is how many months a picture shows; the table has all.
const mostDrawn = 60

func monthly(s *tally.Statistics) StatisticsSection {
	out := StatisticsSection{ID: "months", Title: "Releases by month", Folded: len(s.Months) > 24,
		Words: "By the month of the release. A period of several months, such as that of an edition that does not tell them apart, is a line of its own and in no month.",
		Table: page.Grid{Columns: page.Columns("Month", "#Releases", "#Opt-outs applied", "#Not applied, for a reason", "#Not applied, no reason", "#Not recorded", "#System access among them", "#Organisations"), Empty: "No release is recorded."}}
	c := chart.Chart{ID: "chart-months", Title: "Releases by month", Series: []chart.Series{{Name: "Opt-outs applied"}, {Name: "Not applied, for a reason"}, {Name: "Not applied, no reason"}, {Name: "Not recorded"}}}
	for _, m := range s.Months[max(0, len(s.Months)-mostDrawn):] {
		c.Labels = append(c.Labels, m.Label())
		for i, n := range []int{m.With, m.Without, m.NoReason, m.NotRecorded} {
			c.Series[i].Values = append(c.Series[i].Values, int64(n))
		}
	}
	if n := len(c.Labels); n > 0 {
		c.Description = fmt.Sprintf("From %s to %s, by whether opt-outs were applied. The table beneath has every month.", c.Labels[0], c.Labels[n-1])
	}
	out.Picture = picture(chart.Columns, c)
	for _, m := range slices.Backward(s.Months) {
		label := page.GridCell{Text: m.Label()}
		if m.Single() { // of several months the search would find those within, too
			label.Href = standing(register.Release, url.Values{"from": {m.From.String()}, "to": {m.To.String()}, "within": {"yes"}})
		}
		out.Table.Rows = append(out.Table.Rows, []page.GridCell{label,
			counting(m.Releases), counting(m.With), counting(m.Without), counting(m.NoReason), counting(m.NotRecorded), counting(m.Access), counting(m.Organisations)})
	}
	return out
}

func typed(s *tally.Statistics) StatisticsSection {
	return codes("types", "Releases by type of data", "Pseudonymised is what registers call “Anonymised - ICO code compliant”: data about single people, without direct identifiers.", "Type of data", "type", s.Types)
}

// codes is a table of releases by one code, the most frequent first. Each leads
// to the search for it by the filter, if there is one for just these codes.
func codes(id, title, words, heading, filter string, counts []tally.Count) StatisticsSection {
	out := StatisticsSection{ID: id, Title: title, Words: words,
		Table: page.Grid{Columns: page.Columns(heading, "#Releases", "#Opt-outs applied", "#Not applied, for a reason", "#Not applied, no reason", "#Not recorded", "#Organisations"), Empty: "No release is recorded."}}
	c := chart.Chart{ID: "chart-" + id, Title: title, Series: []chart.Series{{Name: "Opt-outs applied"}, {Name: "Not applied, for a reason"}, {Name: "Not applied, no reason"}, {Name: "Not recorded"}}}
	for i, n := range counts {
		label := page.GridCell{Text: n.Label}
		if filter != "" && n.Code != "" {
			label.Href = standing(register.Release, url.Values{filter: {n.Code}})
		}
		out.Table.Rows = append(out.Table.Rows, []page.GridCell{label, counting(n.Releases), counting(n.With), counting(n.Without), counting(n.NoReason), counting(n.NotRecorded), counting(n.Organisations)})
		if i < mostBars {
			c.Labels = append(c.Labels, n.Label)
			for j, v := range []int{n.With, n.Without, n.NoReason, n.NotRecorded} {
				c.Series[j].Values = append(c.Series[j].Values, int64(v))
			}
		}
	}
	if len(counts) > 0 {
		c.Description = fmt.Sprintf("The most are %s: %s.", counts[0].Label, page.Plural(counts[0].Releases, "release", "releases"))
	}
	out.Picture = picture(chart.Stacked, c)
	return out
}

// mostBars is how many codes a picture shows.
const mostBars = 20

func optOuts(s *tally.Statistics) StatisticsSection {
	out := StatisticsSection{ID: "opt-outs", Title: "Releases by opt-outs, and why they were not applied",
		Words: "“Not applied” has a reason in most rows. A reason that is not given is told apart from an answer that is not there.",
		Table: page.Grid{Columns: page.Columns("Opt-outs", "#Releases", "#Organisations"), Empty: "No release is recorded."}}
	c := chart.Chart{ID: "chart-opt-outs", Title: out.Title, Series: []chart.Series{{Name: "Releases"}}}
	for _, n := range s.OptOuts {
		out.Table.Rows = append(out.Table.Rows, []page.GridCell{{Text: n.Label, Href: standing(register.Release, url.Values{"opt_outs": {n.Code}})}, counting(n.Releases), counting(n.Organisations)})
		c.Labels, c.Series[0].Values = append(c.Labels, n.Label), append(c.Series[0].Values, int64(n.Releases))
	}
	if len(s.OptOuts) > 0 {
		c.Description = fmt.Sprintf("The most are: %s, %s.", s.OptOuts[0].Label, page.Plural(s.OptOuts[0].Releases, "release", "releases"))
	}
	out.Picture = picture(chart.Bar, c)
	return out
}

func access(s *tally.Statistics) StatisticsSection {
	out := StatisticsSection{ID: "system-access", Title: "System access", Folded: len(s.Accesses) > 24,
		Words: "Access to a dataset that stays where it is, at the same grain as files: each dataset under each agreement in each month.",
		Table: page.Grid{Columns: page.Columns("Agreement", "Month", "Dataset", "Organisation", "#Rows"), Empty: "No system access is recorded."}}
	for _, a := range s.Accesses {
		m := tally.Month{From: a.From, To: a.To}
		out.Table.Rows = append(out.Table.Rows, []page.GridCell{{Text: a.Stem, Href: agreementHref(a.Stem)}, {Text: m.Label()}, {Text: called(a.DatasetName), Href: datasetHref(a.Dataset)},
			{Text: called(a.OrganisationName), Href: organisationHref(a.Organisation)}, counting(a.Rows)})
	}
	return out
}

func entryCounts(s *tally.Statistics) StatisticsSection {
	out := StatisticsSection{ID: "entries", Title: "Entries by kind", Words: "Every entry ever made, and how many of them still stand: one that was corrected or withdrawn does not. Corrections are counted by themselves here; a search for releases or agreements finds those of them too.",
		Table: page.Grid{Columns: page.Columns("Kind", "#Entries", "#Stand"), Empty: "The register has no entry."}}
	for _, e := range s.Entries {
		out.Table.Rows = append(out.Table.Rows, []page.GridCell{{Text: kinds[e.Kind].Label, Href: "/register?kind=" + string(e.Kind)}, counting(e.All), counting(e.Stand)})
	}
	return out
}

// noMonth says why a table of what is published with each closed month is empty.
func noMonth(of string) string {
	return "No month of this register has been closed, so nothing is published here of " + of + ". That does not say that there were none."
}

func requests(closed []release.Edition) StatisticsSection {
	out := StatisticsSection{ID: "requests", Title: "Requests that were refused or withdrawn",
		Words: "What was asked for and not given, by reason. No organisation or agreement is named, and fewer than five are a band, so that nobody can be made out.",
		Table: page.Grid{Columns: page.Columns("Month", "What was asked for", "What became of it", "Reason", "#Requests"), Empty: noMonth("requests")}}
	eachFigures(closed, func(month page.GridCell, f *tally.Figures) {
		if len(f.Requests) == 0 {
			out.Table.Rows = append(out.Table.Rows, []page.GridCell{month, {Text: "Anything"}, {Text: "Not given"}, {Text: "None"}, {Text: "None"}})
		}
		for _, o := range f.Requests {
			out.Table.Rows = append(out.Table.Rows, []page.GridCell{month, {Text: capital(o.Request)}, {Text: capital(strings.ReplaceAll(o.Outcome, "_", " "))}, {Text: capital(o.Reason)}, {Text: o.Count}})
		}
	})
	return out
}

func turnarounds(closed []release.Edition) StatisticsSection {
	out := StatisticsSection{ID: "turnaround", Title: "How long decisions took",
		Words: "Working days of England and Wales from submission to decision, without the days that the applicant had it. Nothing is told of fewer than five decisions.",
		Table: page.Grid{Columns: page.Columns("Month", "Decisions on", "#Decisions", "#Median of working days", "#Most"), Empty: noMonth("decisions")}}
	eachFigures(closed, func(month page.GridCell, f *tally.Figures) {
		if len(f.Turnarounds) == 0 {
			out.Table.Rows = append(out.Table.Rows, []page.GridCell{month, {Text: "Anything"}, {Text: "None"}, {Text: orNotTold("")}, {Text: orNotTold("")}})
		}
		for _, t := range f.Turnarounds {
			out.Table.Rows = append(out.Table.Rows, []page.GridCell{month, {Text: capital(t.Request)}, {Text: t.Count}, {Text: orNotTold(t.Median)}, {Text: orNotTold(t.Most)}})
		}
	})
	return out
}

func waivers(closed []release.Edition) StatisticsSection {
	out := StatisticsSection{ID: "waivers", Title: "Rules of policy that were waived",
		Words: "No rule of law can be waived. A rule of policy is waived by the senior information risk owner, for one agreement, with a reason and an end, confirmed by a second person.",
		Table: page.Grid{Columns: page.Columns("Month", "Rule", "#Waivers"), Empty: noMonth("waivers by month") + " How many there are in all stands where the rules are explained, beneath how to read and check the register."}}
	eachFigures(closed, func(month page.GridCell, f *tally.Figures) {
		if len(f.Waivers) == 0 {
			out.Table.Rows = append(out.Table.Rows, []page.GridCell{month, {Text: "Any"}, {Text: "None"}})
		}
		for _, v := range f.Waivers {
			out.Table.Rows = append(out.Table.Rows, []page.GridCell{month, {Text: v.Title}, {Text: v.Count}})
		}
	})
	return out
}

func eachFigures(closed []release.Edition, each func(page.GridCell, *tally.Figures)) {
	for _, e := range closed {
		if e.Figures != nil {
			each(page.GridCell{Text: tally.Months(e.Period.From, e.Period.To), Href: editionHref(e)}, e.Figures)
		}
	}
}

func orNotTold(s string) string {
	if s == "" {
		return "Not told"
	}
	return s
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
