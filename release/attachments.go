package release

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/attachment"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
)

// MaxAttachment is the most bytes that a document may have.
const MaxAttachment = 20 << 20

// Attachments keeps documents under the SHA-256 of their content.
type Attachments interface {
	// Put keeps a document of at most limit bytes, or is fault.TooLarge and
	// keeps nothing.
	Put(ctx context.Context, content io.Reader, limit int64) (digest string, size int64, err error)
	// Open is fault.NotFound for what was never kept.
	Open(ctx context.Context, digest string) (io.ReadCloser, error)
}

// AttachmentInput is what is said of a document that is uploaded.
type AttachmentInput struct {
	Step     string     `json:"step" validate:"required,oneof=purpose parties lines support flows term"`
	Name     string     `json:"name" validate:"required,max=200"`
	Replaces *uuid.UUID `json:"replaces"` // an earlier one of the same version
}

// Attachment is a document that belongs to a version.
type Attachment struct {
	ID              uuid.UUID
	Step, Name      string
	MediaType       string
	Size            int64
	SHA256          string
	At              time.Time
	Replaces        *uuid.UUID
	Withdrawn, Past bool // withdrawn; replaced by a later one
}

// documents are the kinds that are taken, found by what the content is, with
// the ends that their names may have.
var documents = map[string][]string{
	"application/pdf": {".pdf"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {".docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       {".xlsx"},
	"application/vnd.oasis.opendocument.text":                                 {".odt"},
	"application/vnd.oasis.opendocument.spreadsheet":                          {".ods"},
	"text/csv":   {".csv", ".txt"},
	"text/plain": {".txt", ".csv"},
	"image/png":  {".png"},
	"image/jpeg": {".jpg", ".jpeg"},
}

// headLength is how much of a document is looked at to tell its kind: office
// documents are told by the first files in their archive.
const headLength = 64 << 10

func init() { mimetype.SetLimit(headLength) }

// mediaType tells the kind of a document by its content, which must be one of
// those that are taken and fit the end of its name.
func mediaType(name string, head []byte) (string, error) {
	kind, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	ends, taken := documents[kind]
	if !taken {
		return "", fault.New(fault.Invalid, "The document cannot be taken").With(fault.Reason{Code: "media-type", Field: "file",
			Message: "it is " + kind + "; PDF, DOCX, XLSX, ODT, ODS, CSV, TXT, PNG and JPEG are taken"})
	}
	if end := strings.ToLower(path.Ext(name)); !slices.Contains(ends, end) {
		return "", fault.New(fault.Invalid, "The document cannot be taken").With(fault.Reason{Code: "media-type", Field: "file",
			Message: fmt.Sprintf("its content is %s, but its name ends in %q", kind, end)})
	}
	return kind, nil
}

// AddAttachment keeps a document of a step of an application that may be
// written now. The content is streamed; more than MaxAttachment bytes are
// fault.TooLarge, and another kind of document is fault.Invalid.
func (s *Service) AddAttachment(ctx context.Context, actor access.Actor, version uuid.UUID, input AttachmentInput, content io.Reader) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.WriteApplication); err != nil {
		return uuid.Nil, err
	}
	// Browsers of old send a whole path; only its end is a name.
	input.Name = path.Base(strings.ReplaceAll(input.Name, `\`, "/"))
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	if s.attachments == nil {
		return uuid.Nil, fault.New(fault.Unavailable, "Documents cannot be kept here: no attachment store is set.")
	}
	if draft, err := s.ReadApplication(ctx, actor, version); err != nil {
		return uuid.Nil, err
	} else if !draft.MayEdit {
		return uuid.Nil, fault.New(fault.Conflict, "The version is %s; no document can be added now.", draft.State.Label())
	}
	buffered := bufio.NewReaderSize(content, headLength)
	head, err := buffered.Peek(headLength)
	if err != nil && !errors.Is(err, io.EOF) {
		return uuid.Nil, fmt.Errorf("reading an attachment: %w", err)
	}
	if len(head) == 0 {
		return uuid.Nil, fault.New(fault.Invalid, "The document cannot be taken").With(fault.Reason{Code: "empty", Field: "file", Message: "choose a file that is not empty"})
	}
	kind, err := mediaType(input.Name, head)
	if err != nil {
		return uuid.Nil, err
	}
	digest, size, err := s.attachments.Put(ctx, buffered, MaxAttachment)
	if err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.draft(ctx, version)
		if err != nil {
			return err
		}
		if input.Replaces != nil {
			found, err := w.Attachment.Query().Where(attachment.ID(*input.Replaces), attachment.HasVersionWith(agreementversion.ID(v.ID))).Exist(ctx)
			if err != nil {
				return err
			}
			if !found {
				return fault.New(fault.NotFound, "There is no such document to replace.")
			}
		}
		kept, err := w.Attachment.Create().SetCreatedAt(w.now).SetVersion(v).SetStep(input.Step).SetName(input.Name).SetMediaType(kind).
			SetSize(size).SetSha256(digest).SetUploadedBy(actor.PersonID).SetNillableReplacesID(input.Replaces).Save(ctx)
		if err != nil {
			return err
		}
		id = kept.ID
		return w.event(ctx, "attachment added", v.ID.String(), "", map[string]any{"attachment": id, "sha256": digest, "size": size, "step": input.Step})
	})
	return id, err
}

// AttachmentFile is a document that is open for reading.
type AttachmentFile struct {
	Attachment
	io.ReadCloser
}

// ReadAttachment opens a document for whoever may read its version; for
// anybody else there is none. One that was withdrawn is gone for all but the
// record of it. The caller closes it.
func (s *Service) ReadAttachment(ctx context.Context, actor access.Actor, id uuid.UUID) (*AttachmentFile, error) {
	if err := access.Check(actor, access.ReadApplications); err != nil {
		return nil, err
	}
	found, err := s.Read().Attachment.Query().Where(attachment.ID(id)).WithVersion().Only(seeAll(ctx))
	missing := fault.New(fault.NotFound, "There is no such document.")
	if ent.IsNotFound(err) {
		return nil, missing
	} else if err != nil {
		return nil, fmt.Errorf("reading the attachment: %w", err)
	}
	if _, err := s.ReadApplication(ctx, actor, found.Edges.Version.ID); errors.Is(err, fault.NotFound) {
		return nil, missing
	} else if err != nil {
		return nil, err
	}
	if found.WithdrawnAt != nil {
		return nil, fault.New(fault.NotFound, "The document was withdrawn.")
	}
	if s.attachments == nil {
		return nil, fault.New(fault.Unavailable, "Documents cannot be read here: no attachment store is set.")
	}
	content, err := s.attachments.Open(ctx, found.Sha256)
	if err != nil {
		return nil, err
	}
	return &AttachmentFile{attachmentRow(found), content}, nil
}

// WithdrawAttachment takes a document out of an application that may be
// written now. That it was there stays on record.
func (s *Service) WithdrawAttachment(ctx context.Context, actor access.Actor, id uuid.UUID, reason string) error {
	if err := access.Check(actor, access.WriteApplication); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		missing := fault.New(fault.NotFound, "There is no such document.")
		found, err := w.Attachment.Query().Where(attachment.ID(id)).WithVersion().Only(ctx)
		if ent.IsNotFound(err) {
			return missing
		} else if err != nil {
			return err
		}
		v, err := w.draft(ctx, found.Edges.Version.ID)
		if errors.Is(err, fault.NotFound) {
			return missing
		} else if err != nil {
			return err
		}
		n, err := w.Attachment.Update().Where(attachment.ID(id), attachment.WithdrawnAtIsNil()).SetWithdrawnAt(w.now).Save(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "The document was withdrawn already.")
		}
		return w.event(ctx, "attachment withdrawn", v.ID.String(), reason, map[string]any{"attachment": id})
	})
}

// attachmentsOf are a version's documents in the order in which they came.
func attachmentsOf(ctx context.Context, v *ent.AgreementVersion) ([]Attachment, error) {
	found, err := v.QueryAttachments().Order(ent.Asc(attachment.FieldCreatedAt), ent.Asc(attachment.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading attachments: %w", err)
	}
	rows := make([]Attachment, len(found))
	for i, a := range found {
		rows[i] = attachmentRow(a)
	}
	for _, a := range rows {
		if a.Replaces == nil || a.Withdrawn {
			continue
		}
		for i := range rows {
			rows[i].Past = rows[i].Past || rows[i].ID == *a.Replaces
		}
	}
	return rows, nil
}

func attachmentRow(a *ent.Attachment) Attachment {
	return Attachment{ID: a.ID, Step: a.Step, Name: a.Name, MediaType: a.MediaType, Size: a.Size, SHA256: a.Sha256, At: a.CreatedAt,
		Replaces: a.ReplacesID, Withdrawn: a.WithdrawnAt != nil}
}
