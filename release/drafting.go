package release

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// StartInput begins an application.
type StartInput struct {
	Applicant string `json:"applicant" validate:"required,max=300"` // slug, or a name that is recorded
	Title     string `json:"title" validate:"required,max=500"`
	Enquiry   bool   `json:"enquiry"` // a question first: it cannot be submitted until it becomes an application
}

// StartApplication makes an empty draft with the next NIC number, to be filled
// step by step.
func (s *Service) StartApplication(ctx context.Context, actor access.Actor, input StartInput) (version uuid.UUID, err error) {
	if err := access.Check(actor, access.WriteApplication); err != nil {
		return uuid.Nil, err
	}
	if err := titled(input.Title, valid(input)); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		c := w.checking(ctx, s, "The application cannot be begun as it is")
		b := beginning{kind: terms.VersionNew, state: terms.Draft, title: input.Title, applicant: c.organisation(input.Applicant, "applicant")}
		if input.Enquiry {
			b.kind = terms.VersionEnquiry
		}
		if err := c.result(); err != nil {
			return err
		}
		if err := mayApply(actor, b); err != nil {
			return err
		}
		v, err := w.begin(ctx, b)
		if err != nil {
			return err
		}
		version = v.ID
		return w.event(ctx, "application begun", v.ID.String(), "", map[string]any{"stem": v.Edges.Agreement.Stem, "kind": b.kind})
	})
	return version, err
}

// savedEvent is the event of a step that was saved: who saved one is an author
// of the version.
const savedEvent = "application saved"

// editable are the states in which an application is written.
var editable = []terms.VersionState{terms.Draft, terms.Returned, terms.Deferred, terms.NotRecommended}

// SaveSection saves one step of an application, whole, and returns the step's
// new revision. Revision is the one that the editor saw; if somebody else has
// saved the step since, it is fault.Conflict with a reason for every answer
// that differs, and nothing is overwritten. Saving what stands there already
// changes nothing.
func (s *Service) SaveSection(ctx context.Context, actor access.Actor, version uuid.UUID, revision int, section Section) (saved int, err error) {
	if err := access.Check(actor, access.WriteApplication); err != nil {
		return 0, err
	}
	shape := valid(section)
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.draft(ctx, version)
		if err != nil {
			return err
		}
		step := section.Step()
		if saved = v.Revisions[step]; saved != revision {
			return w.changed(ctx, v, section)
		}
		c := w.checking(ctx, s, "The answers cannot be saved as they are")
		section.check(c)
		if err := c.shape(shape); err != nil {
			return err
		}
		if err := w.writeSections(ctx, v, c, section); err != nil {
			return err
		}
		revisions := maps.Clone(v.Revisions)
		if revisions == nil {
			revisions = map[string]int{}
		}
		saved++
		revisions[step] = saved
		if err := v.Update().SetRevisions(revisions).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, savedEvent, v.ID.String(), "", map[string]any{"step": step, "revision": saved})
	})
	return saved, err
}

// draft finds and locks a version that the actor may write now. One of which
// they may not even know is fault.NotFound.
func (w *work) draft(ctx context.Context, id uuid.UUID) (*ent.AgreementVersion, error) {
	v, err := w.version(ctx, id)
	if err != nil {
		return nil, err
	}
	root, err := v.QueryAgreement().WithApplicant().Only(ctx)
	if err != nil {
		return nil, err
	}
	v.Edges.Agreement = root
	if !w.actor.Has(access.AccessOfficer) && (root.Edges.Applicant == nil || !w.actor.HasFor(access.Applicant, root.Edges.Applicant.ID)) {
		return nil, fault.New(fault.NotFound, "There is no agreement version %s.", id)
	}
	if !slices.Contains(editable, v.State) {
		return nil, fault.New(fault.Conflict, "The version is %s; its answers cannot be changed now.", v.State.Label())
	}
	return v, nil
}

// changed is what differs between what somebody wants to save and what another
// person has saved meanwhile; nil where nothing does.
func (w *work) changed(ctx context.Context, v *ent.AgreementVersion, mine Section) error {
	full, err := w.fullVersion(ctx, v.ID)
	if err != nil {
		return err
	}
	now, err := applicationOf(ctx, w.Client, full)
	if err != nil {
		return err
	}
	theirs, err := now.Section(mine.Step())
	if err != nil {
		return err
	}
	reasons, err := sectionDifferences(mine, theirs)
	if err != nil || len(reasons) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "Somebody else has saved this step since you opened it; nothing of theirs was overwritten").With(reasons...)
}

// ApplyFromEnquiry makes an enquiry an application that can be submitted.
func (s *Service) ApplyFromEnquiry(ctx context.Context, actor access.Actor, version uuid.UUID) error {
	if err := access.Check(actor, access.WriteApplication); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.draft(ctx, version)
		if err != nil {
			return err
		}
		if v.Kind != terms.VersionEnquiry {
			return fault.New(fault.Conflict, "It is an application already.")
		}
		if err := v.Update().SetKind(terms.VersionNew).Exec(ctx); err != nil {
			return err
		}
		return w.event(ctx, "enquiry made an application", v.ID.String(), "", nil)
	})
}
