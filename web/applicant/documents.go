package applicant

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/web/page"
)

// Documents are those of one step, with the form to add one.
type Documents struct {
	Action, Step string
	Rows         []DocumentRow
	Replaceable  []DocumentRow
	MayEdit      bool
}

// DocumentRow is a document.
type DocumentRow struct {
	ID                                   string
	Href, Name, Kind, SHA256, Withdrawal string
	Size                                 int64
	At                                   time.Time
	Withdrawn, Past                      bool
}

func documentsOf(d *release.Draft, name string) Documents {
	docs := Documents{Action: address(d, "documents"), Step: name, MayEdit: d.MayEdit}
	for _, a := range d.Attachments {
		if a.Step != name {
			continue
		}
		row := DocumentRow{ID: a.ID.String(), Href: address(d, "documents", a.ID.String()), Name: a.Name, Kind: a.MediaType, SHA256: a.SHA256,
			Withdrawal: address(d, "documents", a.ID.String(), "withdraw"), Size: a.Size, At: a.At, Withdrawn: a.Withdrawn, Past: a.Past}
		docs.Rows = append(docs.Rows, row)
		if !a.Withdrawn && !a.Past {
			docs.Replaceable = append(docs.Replaceable, row)
		}
	}
	return docs
}

// DocumentView is the page of a document that was not taken.
type DocumentView struct {
	Problems  []page.Problem
	Back      page.Link
	Documents Documents
}

var documentPage = page.Parse[DocumentView]("applicant/document.html", "applicant/parts.html")

// upload is how long a document may take to come in.
const upload = 5 * time.Minute

// addDocument streams a document: the fields that say what it is come before
// it in the form.
func (s *server) addDocument(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	control := http.NewResponseController(w)
	if err := errors.Join(control.SetReadDeadline(time.Now().Add(upload)), control.SetWriteDeadline(time.Now().Add(upload+time.Minute))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("moving the deadline of an upload: %w", err)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "The form was not sent as one with a file.").Because(err)
	}
	input := release.AttachmentInput{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return s.documentRefused(w, r, d, input.Step, fault.New(fault.Invalid, "The document cannot be taken").With(fault.Reason{Code: "missing", Field: "file", Message: "choose a file"}))
		} else if err != nil {
			return err
		}
		if part.FormName() == "file" {
			return s.keep(w, r, actor, d, input, part)
		}
		said, err := io.ReadAll(io.LimitReader(part, 200))
		if err != nil {
			return err
		}
		switch part.FormName() {
		case "step":
			input.Step = string(said)
		case "replaces":
			if id, err := uuid.Parse(string(said)); err == nil {
				input.Replaces = &id
			}
		}
	}
}

func (s *server) keep(w http.ResponseWriter, r *http.Request, actor access.Actor, d *release.Draft, input release.AttachmentInput, part *multipart.Part) error {
	input.Name = part.FileName()
	if input.Name == "" {
		return s.documentRefused(w, r, d, input.Step, fault.New(fault.Invalid, "The document cannot be taken").With(fault.Reason{Code: "missing", Field: "file", Message: "choose a file"}))
	}
	_, err := s.Service.AddAttachment(r.Context(), actor, d.ID, input, part)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = fault.New(fault.TooLarge, "A document may have at most %d MiB.", release.MaxAttachment>>20)
	}
	if err != nil {
		return s.documentRefused(w, r, d, input.Step, err)
	}
	http.Redirect(w, r, address(d, input.Step)+"#documents", http.StatusSeeOther)
	return nil
}

func (s *server) documentRefused(w http.ResponseWriter, r *http.Request, d *release.Draft, name string, refused error) error {
	st, ok := stepOf(name)
	if !ok {
		return refused
	}
	view := DocumentView{Back: page.Link{Text: st.Title, Href: address(d, st.Name)}, Documents: documentsOf(d, st.Name)}
	// What is wrong with the name of a file is wrong with the file: it is mended by
	// choosing again.
	var told *fault.Error
	if errors.As(refused, &told) {
		for i, reason := range told.Reasons {
			if reason.Field == "name" && reason.Code == "max" {
				told.Reasons[i].Field, told.Reasons[i].Message = "file", "its name "+reason.Message+" characters"
			}
		}
	}
	problems, status, err := page.Refused(refused, []*page.Field{{Name: "file", Label: "Document"}})
	if err != nil {
		return err
	}
	view.Problems = problems
	return documentPage.Render(s.pages, w, r, page.Page{Title: "Error: Documents", Status: status, Private: true, Trail: append(trail(d), view.Back)}, view)
}

// documentID is the document of the address.
func documentID(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("document"))
	if err != nil {
		return uuid.Nil, fault.New(fault.NotFound, "There is no such document.")
	}
	return id, nil
}

// document sends a document, always as a file to keep: whatever is in it, no
// browser opens it as a page of this site.
func (s *server) document(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	id, err := documentID(r)
	if err != nil {
		return err
	}
	file, err := s.Service.ReadAttachment(r.Context(), actor, id)
	if err != nil {
		return err
	}
	defer file.Close()
	header := w.Header()
	header.Set("Content-Type", file.MediaType)
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	header.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "sandbox")
	if _, err := io.Copy(w, file); err != nil {
		return fmt.Errorf("sending a document: %w", err)
	}
	return nil
}

func (s *server) withdrawDocument(w http.ResponseWriter, r *http.Request, actor access.Actor) error {
	d, err := s.draft(r, actor)
	if err != nil {
		return err
	}
	id, err := documentID(r)
	if err != nil {
		return err
	}
	form, err := posted(r)
	if err != nil {
		return err
	}
	if err := s.Service.WithdrawAttachment(r.Context(), actor, id, "by hand"); err != nil {
		return err
	}
	to := url.URL{Path: address(d), Fragment: "documents"}
	if st, ok := stepOf(form.Get("step")); ok {
		to.Path = address(d, st.Name)
	}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
	return nil
}
