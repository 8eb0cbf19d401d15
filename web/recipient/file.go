package recipient

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

const noFile = "There is no such file for you."

// FileView is the page of a file.
type FileView struct {
	release.WaitingFile
	TypeLabel, TypeNote string
	Available           bool // not withdrawn, not expired
	Purposeless         bool // the form was sent without the tick
	Address             string
	EntryHref           string
	AgreementHref       string
	Check, Open         string // commands
}

var filePage = page.Parse[FileView]("recipient/file.html")

func (s *server) file(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	return s.showFile(w, r, actor, http.StatusOK, false)
}

func (s *server) showFile(w http.ResponseWriter, r *http.Request, actor access.Actor, status int, purposeless bool) error {
	id, err := id(r, noFile)
	if err != nil {
		return err
	}
	f, err := s.Service.FileOf(r.Context(), actor, id)
	if err != nil {
		return err
	}
	view := FileView{WaitingFile: f, Available: !f.Withdrawn && s.Clock().Before(f.Expires), Purposeless: purposeless,
		Address: fileAddress(f.ID), EntryHref: fmt.Sprintf("/register/%d", f.Entry), AgreementHref: "/agreements/" + f.Stem}
	view.TypeLabel, view.TypeNote = typeOfData(f.Type)
	view.Check, view.Open = commands(f)
	title := f.Dataset
	if purposeless {
		title = "Error: " + title
	}
	return filePage.Render(s.pages, w, r, page.Page{Title: title, Status: status, Private: true, Trail: []page.Link{{Text: "Your files", Href: Home}}}, view)
}

// typeOfData says what a type of data is. What the registers call anonymised is
// pseudonymised, record-level data, and its recipient must know (governance
// §1.16).
func typeOfData(t terms.TypeOfData) (label, note string) {
	switch t {
	case terms.Pseudonymised:
		return "Pseudonymised", "Record-level data, which registers call “Anonymised - ICO code compliant”. People may still be recognised by somebody with other knowledge: do not try, and keep it where the agreement says."
	case terms.Identifiable:
		return "Identifiable", "Each row says who it is about."
	}
	return t.Label(), ""
}

// commands are what a recipient types to check the file and to open it.
func commands(f release.WaitingFile) (check, open string) {
	encrypted := f.Name
	if !strings.HasSuffix(encrypted, ".age") {
		encrypted += ".age"
	}
	return "sha256sum " + quote(encrypted), "age -d -i KEY -o " + quote(strings.TrimSuffix(encrypted, ".age")) + " " + quote(encrypted)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// quote makes one word of a shell of a file name.
func quote(name string) string {
	if plainWord.MatchString(name) {
		return name
	}
	return "'./" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func (s *server) acknowledge(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := id(r, noFile)
	if err != nil {
		return err
	}
	if r.PostFormValue("acknowledged") != "yes" {
		return s.showFile(w, r, actor, http.StatusBadRequest, true)
	}
	if err := s.Service.AcknowledgePurpose(r.Context(), actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, fileAddress(id)+"#download", http.StatusSeeOther)
	return nil
}

// content sends the file, or the part of it that is asked for. Each request is
// decided at its moment, also one that goes on with a download.
func (s *server) content(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := id(r, noFile)
	if err != nil {
		return err
	}
	asked := r.Header.Get("Range")
	if len(asked) > 200 {
		return fault.New(fault.Invalid, "The Range header is too long: ask for one range at a time.")
	}
	opened, err := s.Service.OpenDownload(r.Context(), actor, id, asked)
	if err != nil {
		return err
	}
	file, err := s.Files.Open(r.Context(), opened.Key)
	if errors.Is(err, fault.NotFound) {
		return fmt.Errorf("the delivery store lacks a file that was released: %v", err)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if file.Size != opened.Size {
		return fmt.Errorf("the delivery store has %d bytes of a file of %d", file.Size, opened.Size)
	}
	digest, err := hex.DecodeString(opened.SHA256)
	if err != nil {
		return fmt.Errorf("reading the file's digest: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	name, _ := strings.CutSuffix(opened.Name, ".age")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".age"}))
	header.Set("Cache-Control", "private, no-store")
	header.Set("ETag", `"`+opened.SHA256+`"`) // by which a part is known to be of the same file
	header.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	http.ServeContent(patient{w}, r, "", opened.At.Truncate(time.Second), file)
	return nil
}

// patient moves the limit on the time to write on as long as somebody reads.
type patient struct{ http.ResponseWriter }

func (p patient) Unwrap() http.ResponseWriter    { return p.ResponseWriter }
func (p patient) Write(part []byte) (int, error) { return page.Stream(p.ResponseWriter).Write(part) }
func (p patient) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(page.Stream(p.ResponseWriter), r)
}
