package public

import (
	"net/http"
	"net/url"

	"data.release/registrar/release/register/flag"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// FlagLine is what an open rule notes about entries of one organisation,
// dataset or agreement.
type FlagLine struct {
	Title, Href string // the rule
	Words       string // what it counts
	Found       page.Link
}

// FlagLines are the flags of one thing.
type FlagLines struct {
	Lines     []FlagLine
	Computing bool // they are not known yet
}

// flagLines are the flags of one thing; parameter is how a search asks for it.
func (s *server) flagLines(w http.ResponseWriter, r *http.Request, at asOf, about flag.About, parameter, id string) (FlagLines, error) {
	counts, ready, err := s.release.FlagsAbout(r.Context(), at.Size, about, id)
	if err != nil {
		return FlagLines{}, err
	}
	if !ready {
		incomplete(w)
		return FlagLines{Computing: true}, nil
	}
	var out FlagLines
	for _, c := range counts {
		query := url.Values{"flag": {string(c.Rule.ID)}, parameter: {id}}
		line := FlagLine{Title: c.Rule.Title, Href: flagHref(c.Rule.ID), Found: page.Link{Text: page.Plural(c.Entries, "entry", "entries"), Href: "/register?" + query.Encode()}}
		if c.Explained > 0 {
			line.Words = "for " + page.Count(c.Explained) + " of them something is known that may explain it"
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func flagHref(id flag.RuleID) string { return "/flags/" + url.PathEscape(string(id)) }

// flagReasons are the flags of an entry; computing where they are not known yet.
func (s *server) flagReasons(w http.ResponseWriter, r *http.Request, at asOf, number int64) (out []FlagReason, computing bool, err error) {
	reasons, ready, err := s.release.FlagsOfEntry(r.Context(), at.Size, number)
	if err != nil {
		return nil, false, err
	}
	if !ready {
		incomplete(w)
	}
	for _, reason := range reasons {
		out = append(out, FlagReason{Title: reason.Rule.Title, Href: flagHref(reason.Rule.ID), Words: reason.Words, Explanation: reason.Explanation})
	}
	return out, !ready, nil
}

// page is a page of the register as it is, or of a past day.
func (a asOf) page(p page.Page) page.Page {
	a.On(&p)
	return p
}

// today is the day as of which the register is shown.
func (s *server) today(at asOf) terms.Date {
	if at.Past() {
		return at.Day
	}
	return s.release.Today()
}
