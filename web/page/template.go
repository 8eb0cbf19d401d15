package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"data.release/registrar/web/templates"
)

// Template is one page, bound to the struct that it shows.
type Template[View any] struct {
	name     string
	template *template.Template
}

// Document is what the layout is executed with.
type Document[View any] struct {
	Page
	Service, Owner   string
	Address          string // where the public finds the site, without a slash at its end
	Stylesheet, Mark string
	Menu, Footer     []MenuItem
	Viewer           Viewer
	SignIn           string
	View             View
}

// MenuItem is a link of the navigation.
type MenuItem struct {
	Link
	Current bool // the page stands under it
}

// Parse reads a page of package templates, which defines "main", with the
// layout, the shared components and the parts that it names (files of templates
// that some pages share). It panics on a mistake, at start-up.
func Parse[View any](name string, parts ...string) Template[View] {
	parsed := template.Must(template.New("layout.html").Funcs(functions).Option("missingkey=error").
		ParseFS(templates.Files, append([]string{"layout.html", "components.html", "forms.html", name}, parts...)...))
	registered = append(registered, checkable{name, parsed, Document[View]{}})
	return Template[View]{name: name, template: parsed}
}

// checkable is a parsed page and a document of its type, for Registered.
type checkable struct {
	Name     string
	Template *template.Template
	Document any
}

var registered []checkable

// Registered lists every page parsed so far in this program, for a test that
// checks each against its view.
func Registered() []checkable { return registered }

// Render sends the page, whole or not at all.
func (t Template[View]) Render(pages *Renderer, w http.ResponseWriter, r *http.Request, p Page, view View) error {
	document := Document[View]{
		Page: p, View: view,
		Service: pages.config.Service, Owner: pages.config.Owner, Address: strings.TrimSuffix(pages.config.Address, "/"),
		Stylesheet: pages.config.Asset("registrar.css"), Mark: pages.config.Asset("mark.svg"),
		Viewer: pages.config.Viewer(r), SignIn: pages.config.SignIn,
	}
	for _, link := range pages.config.Menu {
		document.Menu = append(document.Menu, MenuItem{Link: link, Current: link.Href == p.Section})
	}
	for _, link := range pages.config.Footer {
		document.Footer = append(document.Footer, MenuItem{Link: link})
	}
	var buffer bytes.Buffer
	if err := t.template.Execute(&buffer, document); err != nil {
		return fmt.Errorf("rendering %s: %w", t.name, err)
	}
	if p.Keep != nil {
		kept := links.ReplaceAllFunc(buffer.Bytes(), func(link []byte) []byte {
			found := links.FindSubmatch(link)
			return []byte(`<a` + string(found[1]) + `href="` + html.EscapeString(p.Keep(html.UnescapeString(string(found[2])))) + `"`)
		})
		buffer = *bytes.NewBuffer(kept)
	}
	status := p.Status
	if status == 0 {
		status = http.StatusOK
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Add("Vary", "Cookie")
	switch {
	case p.Private || document.Viewer.Name != "" || status != http.StatusOK:
		header.Set("Cache-Control", "private, no-store")
		header.Del("ETag")
	case header.Get("ETag") != "": // whoever set it knows what the page is made of, and for how long
	default:
		sum := sha256.Sum256(buffer.Bytes())
		tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", tag)
		if Matches(r.Header.Get("If-None-Match"), tag) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	header.Set("Content-Length", strconv.Itoa(buffer.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// A failed write is a reader that left: nothing is to be done.
		buffer.WriteTo(w)
	}
	return nil
}

// links are the addresses of this site that a page's links lead to. Templates
// write attributes in double quotes and escape what they put into them, so that
// no text of a page looks like a link.
var links = regexp.MustCompile(`<a((?:\s[^<>]*?)?\s)href="(/[^"]*)"`)

// Matches compares an If-None-Match header with a weak tag.
func Matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
