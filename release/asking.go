package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/gate"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// GateQuestion asks what the gate would say of a version. Nothing is kept.
type GateQuestion struct {
	Version   uuid.UUID
	Line      int         // number of a dataset line; 0: every line
	Moment    gate.Moment // request if empty
	At        time.Time   // now if zero
	Recipient string      // slug or name; the version's first recipient or controller if empty
}

// GateAnswer is what the gate says of one line.
type GateAnswer struct {
	Line      int
	Dataset   string
	Recipient string // name
	Decision  gate.Decision
}

// The persons that a question supposes, where nobody has asked or approved
// yet: two who are not one.
const (
	supposedRequester = "whoever asks"
	supposedApprover  = "whoever approves"
)

// AskGate evaluates a version as its records stand now, as of a moment: a line
// is supposed to be asked for whole, by one person and approved by another, and
// at a download by a recipient who has acknowledged the purpose. It changes
// and keeps nothing. A version without the line is answered, too.
func (s *Service) AskGate(ctx context.Context, actor access.Actor, q GateQuestion) ([]GateAnswer, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	return s.askGate(ctx, actor, q)
}

func (s *Service) askGate(ctx context.Context, actor access.Actor, q GateQuestion) (answers []GateAnswer, err error) {
	if q.Moment == "" {
		q.Moment = gate.MomentRequest
	}
	if !slices.Contains(gate.Moments(), q.Moment) {
		return nil, fault.New(fault.Invalid, "%q is no moment of the gate; it is one of %v.", q.Moment, gate.Moments())
	}
	if q.At.IsZero() {
		q.At = s.clock()
	}
	err = s.readAt(ctx, actor, q.At, func(ctx context.Context, w *work) error {
		v, err := w.fullVersion(ctx, q.Version)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no agreement version %s.", q.Version)
		} else if err != nil {
			return err
		}
		to, err := w.supposedRecipient(ctx, v, q)
		if err != nil {
			return err
		}
		var lines []terms.DatasetLine
		for _, l := range v.Edges.Lines {
			if q.Line == 0 || q.Line == l.Number {
				lines = append(lines, lineTerms(l))
			}
		}
		if q.Line != 0 && len(lines) == 0 {
			lines = append(lines, terms.DatasetLine{Number: q.Line})
		}
		for _, line := range lines {
			c, err := w.facts(ctx, s, v, line, q.Moment)
			if err != nil {
				return err
			}
			suppose(&c, to)
			answers = append(answers, GateAnswer{Line: line.Number, Dataset: line.DatasetName, Recipient: to.Organisation, Decision: gate.Evaluate(c)})
		}
		return nil
	})
	return answers, err
}

// suppose completes a case by what a question supposes.
func suppose(c *gate.Case, to *gate.Recipient) {
	c.Recipient, c.Approver = to, supposedApprover
	if c.Acting != nil {
		c.Acting = &gate.Acting{SIRO: true} // who may approve is told by the other evidence
	}
	if c.Moment == gate.MomentApproval {
		c.Recipient = nil
		return
	}
	c.Request = wholeLine(*c)
}

// wholeLine asks for all that a line grants, each field in the form that the
// line's type of data lets it have.
func wholeLine(c gate.Case) *gate.Request {
	r := &gate.Request{Requester: supposedRequester, Population: c.Line.Population}
	if len(c.Line.Periods) > 0 {
		r.Period = c.Line.Periods[0]
		if r.Period.To.IsZero() {
			r.Period.To = terms.Today(c.At)
		}
	}
	class := map[string]terms.FieldClass{}
	for _, f := range c.Fields {
		class[f.Name] = f.Class
	}
	for _, name := range c.Line.Fields {
		column := gate.Column{Name: name, Field: name, Derivation: terms.NoDerivation}
		switch {
		case class[name] == terms.RecordID:
			column.Derivation = terms.RecordPseudonym
		case class[name] == terms.DirectIdentifier && c.Line.Type != terms.Identifiable:
			column.Derivation = terms.PostcodeDistrict // a coarser form, whichever the field has
		}
		r.Columns = append(r.Columns, column)
	}
	return r
}

func (w *work) supposedRecipient(ctx context.Context, v *ent.AgreementVersion, q GateQuestion) (*gate.Recipient, error) {
	var o *ent.Organisation
	if q.Recipient != "" {
		var err error
		o, err = w.Organisation.Query().Where(organisation.SlugIn(q.Recipient, register.Slug(q.Recipient))).First(ctx)
		if ent.IsNotFound(err) {
			return nil, wrongAnswer("organisation-unknown", "recipient", "there is no organisation %q", q.Recipient)
		} else if err != nil {
			return nil, err
		}
	} else {
		for _, role := range []terms.PartyRole{terms.Recipient, terms.Controller} {
			for _, p := range v.Edges.Parties {
				if o == nil && p.Role == role {
					o = p.Edges.Organisation
				}
			}
		}
	}
	if o == nil {
		return &gate.Recipient{}, nil
	}
	to, err := w.recipient(ctx, v, o)
	if err != nil {
		return nil, err
	}
	to.PersonID, to.Member, to.Acknowledged, to.Basis = supposedRequester, true, true, terms.Employee
	return to, nil
}

// AskGateOfReference is AskGate for whoever holds the database's log-in anyway.
// A reference without a version means the signed one whose term had begun on
// the day, or else the latest: an amendment that is being written does not
// stand before what is in force. A dataset is a code or name, and none means
// every line.
func (s *Service) AskGateOfReference(ctx context.Context, text, dataset string, q GateQuestion) (name string, answers []GateAnswer, err error) {
	named, err := terms.ParseReference(text)
	if err != nil {
		return "", nil, fault.New(fault.Invalid, "%s", err)
	}
	query := s.Read().AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.Stem(named.Stem()))).WithAgreement().WithLines().
		Order(ent.Desc(agreementversion.FieldMajor, agreementversion.FieldMinor))
	if named.Versioned {
		query.Where(agreementversion.Major(named.Major), agreementversion.Minor(named.Minor))
	}
	versions, err := query.All(seeAll(ctx))
	if err != nil {
		return "", nil, fmt.Errorf("reading the agreement: %w", err)
	}
	if len(versions) == 0 {
		return "", nil, fault.New(fault.NotFound, "There is no agreement %s here; one that is only in the register has no version to ask about.", named)
	}
	at := q.At
	if at.IsZero() {
		at = s.clock()
	}
	v := inForceOrLatest(versions, terms.Today(at))
	q.Version, name = v.ID, reference(v)
	if dataset == "" {
		answers, err = s.askGate(ctx, access.Actor{}, q)
		return name, answers, err
	}
	number := 0
	for _, l := range v.Edges.Lines {
		if (q.Line != 0 && l.Number != q.Line) || (l.Dataset != dataset && register.Slug(l.DatasetName) != register.Slug(dataset)) {
			continue
		}
		number = l.Number
		one := q
		one.Line = number
		found, err := s.askGate(ctx, access.Actor{}, one)
		if err != nil {
			return "", nil, err
		}
		answers = append(answers, found...)
	}
	if number == 0 {
		return "", nil, fault.New(fault.NotFound, "%s has no line for the dataset %q.", name, dataset)
	}
	return name, answers, nil
}

// inForceOrLatest picks from versions, the latest first.
func inForceOrLatest(versions []*ent.AgreementVersion, day terms.Date) *ent.AgreementVersion {
	for _, v := range versions {
		if v.State == terms.Signed && v.Starts != nil && v.Starts.Compare(day) <= 0 {
			return v
		}
	}
	return versions[0]
}
