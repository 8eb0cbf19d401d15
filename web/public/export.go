package public

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/web/page"
)

// contentTypes are those of the formats of the register.
var contentTypes = map[release.ExportFormat]string{
	release.CSV:  "text/csv; charset=utf-8",
	release.JSON: "application/json",
	release.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	// Both are JSON Lines; a bundle begins with what it is.
	release.JSONLines: "application/jsonl; charset=utf-8",
	release.Bundle:    "application/jsonl; charset=utf-8",
	release.Package:   "application/zip",

	release.DataUsesCSV:  "text/csv; charset=utf-8",
	release.DataUsesJSON: "application/json",
	release.ThreeSheets:  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

const (
	// exportTime is how long an export may take; page.Stream cuts off a reader
	// who does not read.
	exportTime = 10 * time.Minute
	// exportsAtOnce keeps exports from taking every connection of the database.
	exportsAtOnce = 4
)

// provable are the formats that carry proofs unless proofs=no is asked for.
var provable = []release.ExportFormat{release.JSON, release.XLSX}

// export writes all that a search of the register finds, whatever its page. The
// file follows from what is published, from its address and from this program,
// so that who has it already need not fetch it again.
func (s *server) export(format release.ExportFormat) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		query, proofs := r.URL.Query(), true
		var also []string
		if slices.Contains(provable, format) {
			also = []string{"proofs"}
			switch asked := query.Get("proofs"); {
			case len(query["proofs"]) > 1 || !slices.Contains([]string{"", "yes", "no"}, asked):
				return fault.New(fault.Invalid, "The file cannot be made as its address has it.").
					With(fault.Reason{Code: "query", Field: "proofs", Message: fmt.Sprintf("%q is none of yes, no", asked)})
			default:
				proofs = asked != "no"
			}
		}
		at, err := s.asOf(r)
		if err != nil {
			return err
		}
		search, err := parseSearch(query, also...)
		if err != nil {
			return err
		}
		state, err := s.release.PublishedState(r.Context())
		if err != nil {
			return err
		}
		tag := s.tag(r, state)
		Share(w)
		header := w.Header()
		header.Set("ETag", tag)
		header.Set("Cache-Control", "no-cache")
		if page.Matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		name := "register"
		if at.Past() {
			name += "-as-of-" + at.Day.String()
		}
		header.Set("Content-Type", contentTypes[format])
		header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, format))
		if r.Method == http.MethodHead {
			return nil
		}
		select {
		case s.exports <- struct{}{}:
			defer func() { <-s.exports }()
		default:
			header.Del("ETag")
			return fault.New(fault.Unavailable, "Too many files are being made at the moment. Try again in a minute.")
		}
		ctx, cancel := context.WithTimeout(r.Context(), exportTime)
		defer cancel()
		asked := search.query(0)
		asked.AsOf = at.Size
		out := bufio.NewWriterSize(page.Stream(w), 64<<10)
		if err := s.release.ExportRegister(ctx, format, asked, proofs, out); err != nil {
			return err
		}
		return out.Flush()
	}
}

func (s *server) exportRoutes() map[string]handler {
	return map[string]handler{
		"GET /register/{number}/proof": s.proof,
		"GET /datapackage.json":        s.dataPackage,
		"GET /register/totals":         s.cached(s.totals),
		"GET /register/totals.json":    s.cached(s.totalsJSON),
	}
}

// dataPackage describes /register.csv for programs that read data packages.
func (s *server) dataPackage(w http.ResponseWriter, _ *http.Request) error {
	described, err := register.DataPackage(s.address, "register.csv")
	if err != nil {
		return err
	}
	Share(w)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", freshFor)
	_, _ = w.Write(append(described, '\n'))
	return nil
}

// downloads are the files of all that a search finds, by its query.
func downloads(query url.Values) []page.Link {
	var links []page.Link
	for _, format := range []struct{ text, path string }{{"CSV", "/register.csv"}, {"Excel", "/register.xlsx"}, {"JSON", "/register.json"},
		{"JSON Lines", "/register.jsonl"}, {"a data package", "/register.zip"}, {"a bundle with the proof of each", "/register.bundle"}} {
		href := format.path
		if len(query) > 0 {
			href += "?" + query.Encode()
		}
		links = append(links, page.Link{Text: format.text, Href: href})
	}
	return links
}
