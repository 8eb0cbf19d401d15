package login

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"data.release/registrar/web/page"
)

// LostView is a form that was sent after its session had ended, with all that
// was typed in it. Nothing of it is stored here.
type LostView struct {
	SignIn    string
	Action    string
	Values    []KeptValue
	Files     []string // names of the fields whose files have to be chosen again
	Multipart bool
}

// KeptValue is one answer of the form.
type KeptValue struct{ Name, Value string }

var lostPage = page.Parse[LostView]("login/lost.html")

// lost answers a form of nobody with a page that holds every value posted and
// can send it again, so that no typing goes with a session. Files are not kept.
func lost(pages *page.Renderer, w http.ResponseWriter, r *http.Request) error {
	view := LostView{SignIn: SignIn, Action: (&url.URL{Path: local(r.URL.Path), RawQuery: r.URL.RawQuery}).String()}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if view.Multipart = kind == "multipart/form-data"; view.Multipart {
		err = view.parts(r)
	} else if err = r.ParseForm(); err == nil {
		for name, values := range r.PostForm {
			for _, value := range values {
				view.Values = append(view.Values, KeptValue{name, value})
			}
		}
	}
	if err != nil {
		return err
	}
	slices.SortStableFunc(view.Values, func(a, b KeptValue) int { return strings.Compare(a.Name, b.Name) })
	return lostPage.Render(pages, w, r, page.Page{Title: "Your session has ended", Status: http.StatusUnauthorized, Private: true}, view)
}

// parts keeps the values of a form with files.
func (v *LostView) parts(r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("reading a form: %w", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a form: %w", err)
		}
		if part.FileName() != "" || part.Header.Get("Content-Type") != "" {
			v.Files = append(v.Files, part.FormName())
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("reading a form: %w", err)
		}
		v.Values = append(v.Values, KeptValue{part.FormName(), string(value)})
	}
}
