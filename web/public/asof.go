package public

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// asOf is the register that a page shows: as it is, or as it stood at the end
// of a day.
type asOf struct {
	Day  terms.Date // zero: as it is
	Size int64      // as RegisterQuery.AsOf takes it
	now  string     // query that shows the same page as it is now
	open bool       // the day is not over
}

// asOf reads ?as-of=2026-11-01, in London. A day before the first entry is the
// register before it; one that is yet to come, and what is no day, is
// fault.Invalid.
func (s *server) asOf(r *http.Request) (asOf, error) {
	query := r.URL.Query()
	given := slices.DeleteFunc(query["as-of"], func(v string) bool { return strings.TrimSpace(v) == "" })
	if len(given) == 0 {
		return asOf{}, nil
	}
	refused := func(message string) (asOf, error) {
		return asOf{}, fault.New(fault.Invalid, "The register cannot be shown as of the day that the address has.").
			With(fault.Reason{Code: "as-of", Field: "as-of", Message: message})
	}
	if len(given) > 1 {
		return refused("is given more than once")
	}
	day, err := terms.ParseDate(strings.TrimSpace(given[0]))
	if err != nil {
		return refused("is no day; write it as 2026-11-01")
	}
	size, err := s.release.SizeAsOf(r.Context(), day)
	if errors.Is(err, fault.Invalid) {
		return refused(day.Words() + " is yet to come")
	}
	if err != nil {
		return asOf{}, err
	}
	if size == 0 {
		size = release.EmptyRegister
	}
	query.Del("as-of")
	return asOf{Day: day, Size: size, now: "?" + query.Encode(), open: day == s.release.Today()}, nil
}

// Past says whether a day was asked for.
func (a asOf) Past() bool { return !a.Day.IsZero() }

// Query is the day as an address has it, or "".
func (a asOf) Query() string {
	if !a.Past() {
		return ""
	}
	return "as-of=" + a.Day.String()
}

// pasts are the first parts of the addresses that can be shown as of a day,
// beside the files and feeds of the register.
var pasts = []string{"", "register", "agreements", "organisations", "datasets", "editions", "flags", "statistics", "my-record"}

// Keep puts the day into an address of this site that has a past. An address
// that says already of which day it is stays as it is.
func (a asOf) Keep(href string) string {
	if !a.Past() {
		return href
	}
	address, err := url.Parse(href)
	if err != nil || address.IsAbs() || address.Host != "" {
		return href
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(address.Path, "/"), "/")
	if !slices.Contains(pasts, first) && !strings.HasPrefix(first, "register.") || strings.HasSuffix(rest, "/proof") {
		return href
	}
	query := address.Query()
	if query.Has("as-of") {
		return href
	}
	query.Set("as-of", a.Day.String())
	address.RawQuery = query.Encode()
	return address.String()
}

// On sets what a page of a past day has: its links keep the day, and search
// engines are told not to keep the page.
func (a asOf) On(p *page.Page) {
	if a.Past() {
		p.Keep, p.NoIndex = a.Keep, true
	}
}

// AsOfBanner says of which day a page is, as the template "asof" shows it.
type AsOfBanner struct {
	Day     string // in words
	Entries int64
	Open    bool   // the day is not over
	Now     string // leads to the same page as it is now; relative, so that no day is put into it
}

// Banner is nil for the register as it is.
func (a asOf) Banner() *AsOfBanner {
	if !a.Past() {
		return nil
	}
	return &AsOfBanner{Day: a.Day.Words(), Entries: max(a.Size, 0), Open: a.open, Now: a.now}
}
