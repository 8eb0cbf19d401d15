package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/agreement"
	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/ent/textclearance"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/privacy"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// clearance names a text by its words: any change of them needs another.
type clearance struct {
	field  register.Field
	digest string
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// PublicText is a text that a version's entry in the register will have, in
// which the privacy scan finds something.
type PublicText struct {
	Field    register.Field
	SHA256   string // of its words
	Text     string
	Findings []privacy.Finding
	Cleared  *Cleared // nil: approval waits for it
}

// Cleared is a person's word that a text may be published as it is.
type Cleared struct {
	At     time.Time
	By     uuid.UUID // the person
	Name   string    // theirs
	Reason string
}

// PublicTexts lists the texts of a version that will be public and in which the
// privacy scan finds something, with who cleared them.
func (s *Service) PublicTexts(ctx context.Context, actor access.Actor, version uuid.UUID) ([]PublicText, error) {
	if err := access.Check(actor, access.ReadAgreements); err != nil {
		return nil, err
	}
	see := seeAll(ctx)
	full, err := fullVersion(see, s.Read(), version)
	if err != nil {
		return nil, translate(err)
	}
	texts, err := publicTexts(see, s.Read(), full)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		if t.Cleared == nil || t.Cleared.By == uuid.Nil {
			continue
		}
		by, err := s.Read().Person.Get(see, t.Cleared.By)
		if err != nil {
			return nil, fmt.Errorf("reading who cleared a text: %w", err)
		}
		t.Cleared.Name = by.Name
	}
	return texts, nil
}

func publicTexts(ctx context.Context, c *ent.Client, v *ent.AgreementVersion) ([]PublicText, error) {
	var out []PublicText
	for _, t := range agreementEntry(v, terms.Date{}).Texts {
		if findings := scanField(t.Field, t.Text); len(findings) > 0 {
			out = append(out, PublicText{Field: t.Field, SHA256: digestOf(t.Text), Text: t.Text, Findings: findings})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	given, err := clearancesOf(ctx, c, v)
	if err != nil {
		return nil, err
	}
	for i, t := range out {
		if g := given[clearance{t.Field, t.SHA256}]; g != nil {
			out[i].Cleared = &Cleared{At: g.CreatedAt, Reason: g.Reason}
			if g.ClearedBy != nil {
				out[i].Cleared.By = *g.ClearedBy
			}
		}
	}
	return out, nil
}

// clearancesOf are the clearances given for any version of the agreement: the
// same words in the next version need no second look.
func clearancesOf(ctx context.Context, c *ent.Client, v *ent.AgreementVersion) (map[clearance]*ent.TextClearance, error) {
	versions, err := c.AgreementVersion.Query().Where(agreementversion.HasAgreementWith(agreement.HasVersionsWith(agreementversion.ID(v.ID)))).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of an agreement: %w", err)
	}
	rows, err := c.TextClearance.Query().Where(textclearance.VersionIDIn(versions...)).Order(textclearance.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading clearances: %w", err)
	}
	given := map[clearance]*ent.TextClearance{}
	for _, row := range rows {
		given[clearance{register.Field(row.Field), row.TextSha256}] = row
	}
	return given, nil
}

// takeClearances lets the texts that were cleared for a version pass the scan
// when its agreement is entered.
func (w *work) takeClearances(ctx context.Context, v *ent.AgreementVersion) error {
	given, err := clearancesOf(ctx, w.Client, v)
	if err != nil {
		return err
	}
	w.cleared = make(map[clearance]bool, len(given))
	for c := range given {
		w.cleared[c] = true
	}
	return nil
}

// ClearInput clears one text of a version, as it was seen.
type ClearInput struct {
	Version uuid.UUID      `json:"version" validate:"required"`
	Field   register.Field `json:"field" validate:"required,max=60"`
	SHA256  string         `json:"sha256" validate:"len=64"` // of the words that were seen
	Reason  string         `json:"reason" validate:"required,max=4000"`
}

// ClearText records that a text may be published as it is, although the privacy
// scan finds something in it. It holds for these words: where they have changed
// since they were seen it is fault.Conflict, and where there is nothing to clear
// fault.NotFound.
func (s *Service) ClearText(ctx context.Context, actor access.Actor, input ClearInput) error {
	if err := access.Check(actor, access.DecidePrivacy); err != nil {
		return err
	}
	if err := valid(input); err != nil {
		return err
	}
	if err := because(input.Reason, "Say why the text may be published."); err != nil {
		return err
	}
	return s.write(ctx, actor, func(ctx context.Context, w *work) error {
		full, err := w.fullVersion(ctx, input.Version)
		if err != nil {
			return err
		}
		texts, err := publicTexts(ctx, w.Client, full)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(texts, func(t PublicText) bool { return t.Field == input.Field })
		switch {
		case i < 0:
			return fault.New(fault.NotFound, "The scan finds nothing in this text of %s.", reference(full))
		case texts[i].SHA256 != input.SHA256:
			return fault.New(fault.Conflict, "The text has changed since it was shown; read it again.")
		case texts[i].Cleared != nil:
			return fault.New(fault.Conflict, "The text was cleared already, on %s.", terms.Today(texts[i].Cleared.At).Words())
		}
		return w.clear(ctx, full.ID, texts[i], input.Reason)
	})
}

// clear writes a clearance with its event.
func (w *work) clear(ctx context.Context, version uuid.UUID, t PublicText, reason string) error {
	findings, err := findingMaps(t.Findings)
	if err != nil {
		return err
	}
	create := w.TextClearance.Create().SetCreatedAt(w.now).SetVersionID(version).SetField(string(t.Field)).SetTextSha256(t.SHA256).
		SetFindings(findings).SetReason(strings.TrimSpace(reason))
	if w.actor.PersonID != uuid.Nil {
		create.SetClearedBy(w.actor.PersonID)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("writing a clearance: %w", err)
	}
	return w.event(ctx, "text cleared", version.String(), reason, map[string]any{"field": t.Field, "sha256": t.SHA256, "kinds": privacy.KindsOf(t.Findings)})
}

// findingMaps are findings as the record keeps them.
func findingMaps(findings []privacy.Finding) (out []map[string]any, err error) {
	text, err := json.Marshal(findings)
	if err != nil {
		return nil, fmt.Errorf("writing findings: %w", err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("writing findings: %w", err)
	}
	return out, nil
}

// uncleared refuses approval while a text that will be public has a finding that
// nobody has cleared. The reason for an approval against advice is written with
// the approval: whoever gives it clears it in the same command, by saying why.
func (w *work) uncleared(ctx context.Context, full *ent.AgreementVersion, clearing string) error {
	texts, err := publicTexts(ctx, w.Client, full)
	if err != nil {
		return err
	}
	refused := fault.New(fault.Refused, "Texts that will be public may say something about single people")
	for _, t := range texts {
		if t.Cleared != nil {
			continue
		}
		if t.Field == register.Reason && strings.TrimSpace(clearing) != "" {
			if err := w.clear(ctx, full.ID, t, clearing); err != nil {
				return err
			}
			continue
		}
		message := "has " + kindsInWords(t.Findings) + "; an access officer or the Caldicott guardian says why it may be published, or the applicant takes it out"
		field := camel(string(t.Field))
		if t.Field == register.Reason {
			message = "has " + kindsInWords(t.Findings) + " and will be public; take it out, or say beside it why it may be published"
		}
		refused.With(fault.Reason{Code: "privacy", Field: field, Message: message})
	}
	if len(refused.Reasons) > 0 {
		return refused
	}
	return nil
}

// kindsInWords lists what was found: "an e-mail address, a name with a title".
func kindsInWords(findings []privacy.Finding) string {
	var words []string
	for _, k := range privacy.KindsOf(findings) {
		article := "a "
		if strings.ContainsAny(k.Label()[:1], "aeN") {
			article = "an "
		}
		words = append(words, article+k.Label())
	}
	return strings.Join(words, ", ")
}
