package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"data.release/registrar/release/fault"
)

// ErrorView is the page of an error.
type ErrorView struct {
	Status    int
	Message   string
	Reasons   []fault.Reason
	Reference string // under which it is logged; empty where nothing is
	SignIn    string // where to sign in, if that is what is missing
}

var errorPage = Parse[ErrorView]("error.html")

// Handle makes a handler of a function that returns its error. Whatever the
// error, it is mapped here and nowhere else.
func (pages *Renderer) Handle(handler func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := handler(w, r); err != nil {
			pages.Fail(w, r, err)
		}
	})
}

// Fail answers with an error: as a page, as problem details (RFC 9457) or as
// lines of text, whichever the request accepts. If the answer had begun, the
// connection is cut, so that half a file never passes for a whole one.
func (pages *Renderer) Fail(w http.ResponseWriter, r *http.Request, err error) {
	view, title := describe(r.Context(), err)
	if view.Status >= http.StatusInternalServerError {
		pages.config.Log.ErrorContext(r.Context(), "request failed", "reference", view.Reference, "route", Route(r.Context()), "error", err)
	}
	if started(w) {
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "ETag", "Last-Modified"} {
		header.Del(name)
	}
	if view.Status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "30")
	}
	switch accepts(r) {
	case "html":
		if view.Status == http.StatusUnauthorized {
			view.SignIn = pages.config.SignIn
		}
		rendering := errorPage.Render(pages, w, r, Page{Title: title, Status: view.Status}, view)
		if rendering == nil {
			return
		}
		pages.config.Log.ErrorContext(r.Context(), "the error page failed", "reference", view.Reference, "error", rendering)
		fallthrough
	default:
		text(w, view, title)
	case "json":
		problem(w, view, title)
	}
}

// describe is the one place where kinds of error become statuses and titles.
func describe(ctx context.Context, err error) (ErrorView, string) {
	var told *fault.Error
	var large *http.MaxBytesError
	view := ErrorView{Reference: Reference(ctx)}
	if errors.As(err, &told) {
		view.Message, view.Reasons = told.Message, told.Reasons
	}
	title := ""
	switch {
	case errors.As(err, &large):
		view.Status, title = http.StatusRequestEntityTooLarge, "Too large"
		view.Message, view.Reasons = fmt.Sprintf("What was sent is larger than the limit of %s bytes.", Count(large.Limit)), nil
	case errors.Is(err, fault.Invalid):
		view.Status, title = http.StatusBadRequest, "There is a problem with the request"
	case errors.Is(err, fault.Unauthenticated):
		view.Status, title = http.StatusUnauthorized, "Sign in first"
	case errors.Is(err, fault.Forbidden):
		view.Status, title = http.StatusForbidden, "You may not do this"
	case errors.Is(err, fault.NotFound):
		view.Status, title = http.StatusNotFound, "Page not found"
	case errors.Is(err, fault.Conflict):
		view.Status, title = http.StatusConflict, "The record has changed"
	case errors.Is(err, fault.Refused):
		view.Status, title = http.StatusForbidden, "Refused"
	case errors.Is(err, fault.TooLarge):
		view.Status, title = http.StatusRequestEntityTooLarge, "Too large"
	case errors.Is(err, fault.Unavailable):
		view.Status, title = http.StatusServiceUnavailable, "Not available at the moment"
	case errors.Is(err, errMethod):
		view.Status, title, view.Message = http.StatusMethodNotAllowed, "Not possible here", "This address does not take that kind of request."
	case errors.Is(err, context.DeadlineExceeded):
		view.Status, title, view.Message = http.StatusServiceUnavailable, "This took too long", "Ask for less at once, or try again later."
	default:
		// Nothing of an internal error is shown but its reference.
		view.Status, title, view.Message, view.Reasons = http.StatusInternalServerError, "Something went wrong here", "", nil
	}
	if view.Status < http.StatusInternalServerError {
		view.Reference = ""
	}
	return view, title
}

var errMethod = errors.New("method not allowed")

// Unrouted answers by mux, and itself what no route of mux takes: it leads from
// an address with slashes at its end to the one without, and otherwise says
// that there is no page, or that the address does not take the method.
func (pages *Renderer) Unrouted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if m, ok := r.Context().Value(markKey{}).(*mark); ok {
			m.route = pattern
		}
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		if trimmed := strings.TrimRight(r.URL.EscapedPath(), "/"); trimmed != "" && trimmed != r.URL.EscapedPath() && !strings.HasPrefix(trimmed, "//") {
			if found, err := http.NewRequestWithContext(r.Context(), r.Method, trimmed, nil); err == nil {
				if _, pattern := mux.Handler(found); pattern != "" {
					http.Redirect(w, r, withQuery(trimmed, r.URL.RawQuery), http.StatusMovedPermanently)
					return
				}
			}
		}
		probe := &probe{header: http.Header{}}
		handler.ServeHTTP(probe, r)
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			pages.Fail(w, r, errMethod)
			return
		}
		pages.Fail(w, r, fault.New(fault.NotFound, "There is no page at this address."))
	})
}

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// probe asks the standard library's own answer for its status alone.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// accepts is "html", "json" or "text".
func accepts(r *http.Request) string {
	accept := r.Header.Get("Accept")
	switch {
	case strings.Contains(accept, "text/html"), strings.Contains(accept, "application/xhtml+xml"):
		return "html"
	case strings.Contains(accept, "json"), strings.HasSuffix(r.URL.Path, ".json"):
		return "json"
	}
	return "text"
}

func text(w http.ResponseWriter, view ErrorView, title string) {
	var lines strings.Builder
	fmt.Fprintf(&lines, "%s\n", title)
	if view.Message != "" {
		fmt.Fprintf(&lines, "%s\n", view.Message)
	}
	for _, reason := range view.Reasons {
		if reason.Field != "" {
			fmt.Fprintf(&lines, "- %s: %s\n", reason.Field, reason.Message)
		} else {
			fmt.Fprintf(&lines, "- %s\n", reason.Message)
		}
	}
	if view.Reference != "" {
		fmt.Fprintf(&lines, "Reference: %s\n", view.Reference)
	}
	send(w, view.Status, "text/plain; charset=utf-8", []byte(lines.String()))
}

func problem(w http.ResponseWriter, view ErrorView, title string) {
	body, err := json.Marshal(struct {
		Title     string         `json:"title"`
		Status    int            `json:"status"`
		Detail    string         `json:"detail,omitempty"`
		Reasons   []fault.Reason `json:"reasons,omitempty"`
		Reference string         `json:"reference,omitempty"`
	}{title, view.Status, view.Message, view.Reasons, view.Reference})
	if err != nil {
		text(w, view, title)
		return
	}
	send(w, view.Status, "application/problem+json", append(body, '\n'))
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}
