package public

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// contentTypes are those of the formats of the register.
var contentTypes = map[release.ExportFormat]string{
	release.CSV:  "text/csv; charset=utf-8",
	release.JSON: "application/json",
	release.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

const (
	// exportTime is how long an export may take; page.Stream cuts off a reader
	// who does not read.
	exportTime = 10 * time.Minute
	// exportsAtOnce keeps exports from taking every connection of the database.
	exportsAtOnce = 4
)

// export writes all that a search of the register finds, whatever its page.
func (s *server) export(format release.ExportFormat) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		search, err := parseSearch(r.URL.Query())
		if err != nil {
			return err
		}
		select {
		case s.exports <- struct{}{}:
			defer func() { <-s.exports }()
		default:
			return fault.New(fault.Unavailable, "Too many files are being made at the moment. Try again in a minute.")
		}
		ctx, cancel := context.WithTimeout(r.Context(), exportTime)
		defer cancel()
		Share(w)
		header := w.Header()
		header.Set("Content-Type", contentTypes[format])
		header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="register.%s"`, format))
		header.Set("Cache-Control", "no-cache")
		if r.Method == http.MethodHead {
			return nil
		}
		out := bufio.NewWriterSize(page.Stream(w), 64<<10)
		if err := s.release.ExportRegister(ctx, format, search.query(0), out); err != nil {
			return err
		}
		return out.Flush()
	}
}

func (s *server) exportRoutes() map[string]handler {
	return map[string]handler{"GET /register/{number}/proof": s.proof}
}
