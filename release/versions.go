package release

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/attachment"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// NextInput says what the next version of an agreement is made for.
type NextInput struct {
	Kind       terms.VersionKind `json:"kind" validate:"required,oneof=amendment renewal extension transfer correction"`
	Reason     string            `json:"reason" validate:"required"`
	Instrument string            `json:"instrument" validate:"required_if=Kind transfer,max=300"` // of a transfer: what moves the agreement, with its date
	Ends       *terms.Date       `json:"ends" validate:"required_if=Kind extension"`              // the new end; none: as before, or for a renewal not yet known
}

// NextVersion makes the next version of an agreement as a draft: the latest
// version's terms whole, under the next major number. There is one such draft
// at a time. A version that is approved or issued can only be corrected; every
// other kind follows a signed one.
func (s *Service) NextVersion(ctx context.Context, actor access.Actor, version uuid.UUID, input NextInput) (id uuid.UUID, err error) {
	if err := access.Check(actor, access.WriteApplication); err != nil {
		return uuid.Nil, err
	}
	if err := valid(input); err != nil {
		return uuid.Nil, err
	}
	err = s.write(ctx, actor, func(ctx context.Context, w *work) error {
		v, err := w.version(ctx, version)
		if err != nil {
			return err
		}
		if err := w.ofApplicant(ctx, v); err != nil {
			return err
		}
		root, err := w.Agreement.Query().Where(agreement.HasVersionsWith(agreementversion.ID(v.ID))).ForUpdate().Only(ctx)
		if err != nil {
			return err
		}
		major, err := w.mayFollow(ctx, root, v, input.Kind)
		if err != nil {
			return err
		}
		full, err := w.fullVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		starts, ends, err := nextTerm(v, input, terms.Today(w.now))
		if err != nil {
			return err
		}
		next, err := w.AgreementVersion.Create().SetCreatedAt(w.now).SetAgreement(root).SetNumber(fmt.Sprintf("v%d.0", major)).SetMajor(major).
			SetKind(input.Kind).SetState(terms.Draft).SetControllership(v.Controllership).SetProvenance(v.Provenance).
			SetPredecessorID(v.ID).SetChangeReason(input.Reason).SetInstrument(input.Instrument).SetWrittenBy(actor.PersonID).
			SetNillableOwnerID(v.OwnerID).SetRevisions(map[string]int{}).Save(ctx)
		if err != nil {
			return err
		}
		id = next.ID
		if err := w.stage(ctx, next.ID, terms.Draft, input.Reason); err != nil {
			return err
		}
		if err := w.copyTerms(ctx, s, full, next, starts, ends); err != nil {
			return err
		}
		return w.event(ctx, "version made", next.ID.String(), input.Reason, map[string]any{"kind": input.Kind, "predecessor": v.ID, "number": next.Number})
	})
	return id, err
}

// mayFollow refuses a next version of one that is not the latest, is not in a
// state that has a next, or is followed already; and gives the next major
// number.
func (w *work) mayFollow(ctx context.Context, root *ent.Agreement, v *ent.AgreementVersion, kind terms.VersionKind) (major int, err error) {
	corrects := kind == terms.VersionCorrection && slices.Contains([]terms.VersionState{terms.VersionApproved, terms.Issued}, v.State)
	if v.State != terms.Signed && !corrects {
		return 0, fault.New(fault.Conflict, "The version is %s; a next version follows a signed one, and a correction also one that is approved or issued.", v.State.Label())
	}
	others, err := root.QueryVersions().Where(agreementversion.IDNEQ(v.ID)).
		Order(agreementversion.ByMajor(sql.OrderDesc()), agreementversion.ByMinor(sql.OrderDesc())).All(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the other versions: %w", err)
	}
	major = v.Major
	for _, o := range others {
		major = max(major, o.Major)
		switch {
		case o.State.Open():
			return 0, fault.New(fault.Conflict, "%s is %s already; there is one next version at a time.", number(o), o.State.Label())
		case later(o, v) && o.State != terms.Withdrawn && o.State != terms.Declined:
			return 0, fault.New(fault.Conflict, "%s is not the latest version; %s is.", number(v), number(o))
		}
	}
	return major + 1, nil
}

// later compares two versions by their numbers.
func later(a, b *ent.AgreementVersion) bool {
	return a.Major > b.Major || (a.Major == b.Major && a.Minor > b.Minor)
}

func number(v *ent.AgreementVersion) string {
	if v.Number == "" {
		return "The version of unknown number"
	}
	return v.Number
}

// nextTerm is the term that the next version begins with. A renewal leaves no
// gap after the term before (DARS standard 1); an extension keeps the start; a
// change within the term starts today.
func nextTerm(v *ent.AgreementVersion, input NextInput, today terms.Date) (starts, ends *terms.Date, err error) {
	starts, ends = v.Starts, v.Ends
	if input.Ends != nil {
		ends = input.Ends
	}
	wrong := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "The term does not fit").With(fault.Reason{Code: "term", Field: "ends", Message: fmt.Sprintf(format, args...)})
	}
	switch input.Kind {
	case terms.VersionExtension:
		if v.Ends == nil || input.Ends.Compare(*v.Ends) <= 0 {
			return nil, nil, wrong("is not after the end of the term before, %s", dateOf(v.Ends).Words())
		}
	case terms.VersionRenewal:
		if v.Ends != nil {
			follows := v.Ends.AddDays(1)
			starts, ends = &follows, input.Ends
		}
	case terms.VersionAmendment, terms.VersionTransfer:
		if v.Starts != nil && v.Ends != nil && v.Starts.Compare(today) <= 0 && today.Compare(*v.Ends) <= 0 {
			starts = &today
		}
	}
	if starts != nil && ends != nil && ends.Compare(*starts) < 0 {
		return nil, nil, wrong("is before the start, %s", starts.Words())
	}
	return starts, ends, nil
}

// copyTerms writes a version's terms whole into the next, with its documents.
// Of conditions it keeps also how they were met.
func (w *work) copyTerms(ctx context.Context, s *Service, from, to *ent.AgreementVersion, starts, ends *terms.Date) error {
	application, err := applicationOf(ctx, w.Client, from)
	if err != nil {
		return err
	}
	application.Starts, application.Ends = starts, ends
	for i := range application.Lines {
		application.Lines[i].Definition = "" // the dataset has it already
	}
	c := w.checking(ctx, s, "The terms of the version before cannot be taken over as they are")
	for _, section := range application.Sections() {
		section.check(c)
	}
	if err := c.result(); err != nil {
		return err
	}
	if err := w.writeSections(ctx, to, c, application.Sections()...); err != nil {
		return err
	}
	for _, k := range from.Edges.Conditions {
		create := w.Condition.Create().SetCreatedAt(w.now).SetVersion(to).SetText(k.Text).SetNumber(k.Number).SetKind(k.Kind).SetOwners(k.Owners).
			SetDueWords(k.DueWords).SetPage(k.Page).SetCode(k.Code).SetNillableDue(k.Due).SetNillableMetAt(k.MetAt).SetEvidence(k.Evidence).SetNillableMetBy(k.MetBy)
		if err := create.Exec(ctx); err != nil {
			return fmt.Errorf("copying a condition: %w", err)
		}
	}
	documents, err := from.QueryAttachments().Where(attachment.WithdrawnAtIsNil()).Order(attachment.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("reading the documents: %w", err)
	}
	for _, d := range documents {
		err := w.Attachment.Create().SetCreatedAt(w.now).SetVersion(to).SetStep(d.Step).SetName(d.Name).SetMediaType(d.MediaType).
			SetSize(d.Size).SetSha256(d.Sha256).SetUploadedBy(d.UploadedBy).Exec(ctx)
		if err != nil {
			return fmt.Errorf("copying a document: %w", err)
		}
	}
	return nil
}

// nextMinor numbers a version as its next draft: v0.1 becomes v0.2.
func (w *work) nextMinor(ctx context.Context, v *ent.AgreementVersion, u *ent.AgreementVersionUpdateOne) error {
	if v.Number == "" {
		return nil // taken from a source that numbers no versions
	}
	last, err := w.AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.HasVersionsWith(agreementversion.ID(v.ID))),
		agreementversion.Major(v.Major)).Order(agreementversion.ByMinor(sql.OrderDesc())).First(ctx)
	if err != nil {
		return fmt.Errorf("finding the last draft: %w", err)
	}
	minor := last.Minor + 1
	u.SetMinor(minor).SetNumber(fmt.Sprintf("v%d.%d", v.Major, minor))
	return nil
}

// supersededBy is the version that has taken the place of v: the latest of its
// agreement that has a higher number, was signed, and has started. It is nil
// where there is none. That is computed at the moment and never stored.
func (w *work) supersededBy(ctx context.Context, v *ent.AgreementVersion) (*ent.AgreementVersion, error) {
	by, err := w.AgreementVersion.Query().Where(
		agreementversion.HasAgreementWith(agreement.HasVersionsWith(agreementversion.ID(v.ID))),
		agreementversion.StateIn(terms.Signed, terms.Terminated, terms.Closed),
		agreementversion.Or(agreementversion.MajorGT(v.Major), agreementversion.And(agreementversion.Major(v.Major), agreementversion.MinorGT(v.Minor))),
		agreementversion.Or(agreementversion.StartsIsNil(), agreementversion.StartsLTE(terms.Today(w.now))),
	).Order(agreementversion.ByMajor(sql.OrderDesc()), agreementversion.ByMinor(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("finding what superseded a version: %w", err)
	}
	return by, nil
}

// SupersededBy is the version that has taken the place of another now; nil
// where there is none.
func (s *Service) SupersededBy(ctx context.Context, actor access.Actor, version uuid.UUID) (*ent.AgreementVersion, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	w := &work{Client: s.Read(), now: s.clock()}
	v, err := w.AgreementVersion.Get(seeAll(ctx), version)
	if err != nil {
		return nil, translate(err)
	}
	return w.supersededBy(seeAll(ctx), v)
}

// kindNeeds are what a version's kind asks for before it is submitted
// (governance §3), as reasons against.
func (w *work) kindNeeds(ctx context.Context, full *ent.AgreementVersion) (needs []fault.Reason, _ error) {
	if full.PredecessorID == nil {
		return nil, nil
	}
	before, err := w.fullVersion(ctx, *full.PredecessorID)
	if err != nil {
		return nil, fmt.Errorf("reading the version before: %w", err)
	}
	need := func(code, field, format string, args ...any) {
		needs = append(needs, fault.Reason{Code: code, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	switch full.Kind {
	case terms.VersionRenewal:
		if yielded := strings.TrimSpace(full.YieldedBenefits); yielded == "" {
			need("yielded-benefits", "yieldedBenefits", "a renewal reports the benefits that were yielded, or explains why there are none (DARS standard 5d)")
		} else if yielded == strings.TrimSpace(before.YieldedBenefits) {
			need("yielded-benefits", "yieldedBenefits", "says the same as %s did; report what the term since has yielded", number(before))
		}
	case terms.VersionExtension:
		changed, err := changedTerms(versionTerms(before), versionTerms(full))
		if err != nil {
			return nil, err
		}
		for _, field := range changed {
			need("extension", field, "differs from %s; an extension changes the end of the term only", number(before))
		}
		if full.Ends == nil || before.Ends == nil || full.Ends.Compare(*before.Ends) <= 0 {
			need("extension", "ends", "is not after the end of the term before, %s", dateOf(before.Ends).Words())
		}
	case terms.VersionTransfer:
		if strings.TrimSpace(full.Instrument) == "" {
			need("instrument", "instrument", "a transfer names its instrument")
		}
	}
	return needs, nil
}

// unlikeInExtension are the terms in which an extension differs from the
// version before: its number, kind and end; the report of what was yielded,
// which is asked for then too; and conditions, which the body adds.
var unlikeInExtension = []string{"reference", "kind", "ends", "yielded_benefits", "conditions"}

// changedTerms are the paths of the terms that differ, in the spelling of the
// form.
func changedTerms(before, after terms.Version) (changed []string, err error) {
	a, err := members(before)
	if err != nil {
		return nil, err
	}
	b, err := members(after)
	if err != nil {
		return nil, err
	}
	for name := range a {
		if _, kept := b[name]; !kept {
			b[name] = nil
		}
	}
	for name := range b {
		if !slices.Contains(unlikeInExtension, name) && !bytes.Equal(a[name], b[name]) {
			changed = append(changed, camel(name))
		}
	}
	slices.Sort(changed)
	return changed, nil
}

func members(v terms.Version) (map[string]json.RawMessage, error) {
	canonical, err := terms.Canonical(v)
	if err != nil {
		return nil, err
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(canonical, &out); err != nil {
		return nil, fmt.Errorf("reading terms: %w", err)
	}
	return out, nil
}

// camel writes yielded_benefits as the form's paths have it: yieldedBenefits.
func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}
