package register

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/terms"
)

// Entry is one public record of the register as values. Texts and names stand
// in Texts, where each can be erased; everything else is codes, dates and ids.
//
// No person is named in an entry. A member that does not apply is empty; one
// that applies and is not known says so by its code (not_recorded).
type Entry struct {
	Number     int64 // from 1, without gaps; the leaf's index in the log plus one
	Kind       Kind
	RecordedAt time.Time
	About      int64 // the entry that a correction, withdrawal or tombstone is about; else 0
	Late       bool  // recorded after the month of the event was published
	EventFrom  terms.Date
	EventTo    terms.Date
	// Edition is the SHA-256 of the published file that an imported entry comes
	// from, in hexadecimal; empty for entries made here.
	Edition  string
	SourceID string // RowID or File Reference within the edition

	Reference string // canonical, with its version where known
	Stem      string
	Version   string

	Dataset     string // code
	TypeOfData  terms.TypeOfData
	Sensitivity terms.Sensitivity
	Power       terms.Power
	Routes      []terms.Route
	OptOut      terms.OptOut
	Frequency   terms.Frequency

	RowsBand string // see RowsBand; empty for imported entries
	Files    []File

	Texts []Text
}

// Field names a text of an entry.
type Field string

// The texts that an entry may have. Names are texts, and so are ids made of
// names: a log is for ever, and some organisations are called after a person.
const (
	OrganisationName Field = "organisation"      // as published
	OrganisationID   Field = "organisation_id"   // its slug
	OrganisationType Field = "organisation_type" // as published
	DatasetName      Field = "dataset"           // as published
	Title            Field = "title"
	Objective        Field = "objective"
	Processing       Field = "processing"
	Outputs          Field = "outputs"
	Benefits         Field = "benefits"
	YieldedBenefits  Field = "yielded_benefits"
	Reason           Field = "reason" // why an entry is corrected, withdrawn, erased or late; how an agreement came to be approved, where not by recommendation
	// AsPublished is, for an imported entry, a JSON object of the cells of its
	// row before they were normalised, by the names of Cell.
	AsPublished Field = "as_published"
)

// Text is one text of an entry. The log holds only a commitment to it (package
// proof); when it is erased by law, text and salt go and Erased remains.
type Text struct {
	Field  Field
	Text   string
	Salt   []byte // proof.SaltSize random bytes
	Erased bool
}

// Get is the text of a field; empty if there is none or it was erased.
func (e Entry) Get(field Field) string {
	for _, t := range e.Texts {
		if t.Field == field {
			return t.Text
		}
	}
	return ""
}

// With adds a text unless it is empty.
func (e *Entry) With(field Field, text string) {
	if text != "" {
		e.Texts = append(e.Texts, Text{Field: field, Text: text})
	}
}

// MaxLeaf is the largest leaf that the log takes, in bytes (C2SP tlog-tiles
// gives a leaf's length in two bytes).
const MaxLeaf = 65535

// record is an entry's JSON, in the log and for readers. The log's has
// commitments, the readers' has the texts; all else is the same in both, which
// is how a reader can tell that nothing was changed (proof.CheckEntry).
type record struct {
	Number      int64             `json:"number"`
	Kind        Kind              `json:"kind"`
	RecordedAt  string            `json:"recorded_at"`
	About       int64             `json:"about,omitempty"`
	Late        bool              `json:"late,omitempty"`
	EventFrom   string            `json:"event_from,omitempty"`
	EventTo     string            `json:"event_to,omitempty"`
	Edition     string            `json:"edition,omitempty"`
	SourceID    string            `json:"source_id,omitempty"`
	Reference   string            `json:"reference,omitempty"`
	Stem        string            `json:"stem,omitempty"`
	Version     string            `json:"version,omitempty"`
	Dataset     string            `json:"dataset,omitempty"`
	TypeOfData  terms.TypeOfData  `json:"type_of_data,omitempty"`
	Sensitivity terms.Sensitivity `json:"sensitivity,omitempty"`
	Power       terms.Power       `json:"power,omitempty"`
	Routes      []terms.Route     `json:"routes,omitempty"`
	OptOut      terms.OptOut      `json:"opt_out,omitempty"`
	Frequency   terms.Frequency   `json:"frequency,omitempty"`
	RowsBand    string            `json:"rows_band,omitempty"`
	Files       []File            `json:"files,omitempty"`
	Commitments map[Field]string  `json:"commitments,omitempty"`
	Texts       []publicText      `json:"texts,omitempty"`
}

type publicText struct {
	Field  Field  `json:"field"`
	Text   string `json:"text,omitempty"`
	Salt   string `json:"salt,omitempty"`
	Erased bool   `json:"erased,omitempty"`
}

func (e Entry) record() record {
	r := record{
		Number: e.Number, Kind: e.Kind, RecordedAt: e.RecordedAt.UTC().Format(time.RFC3339Nano), About: e.About, Late: e.Late,
		EventFrom: e.EventFrom.String(), EventTo: e.EventTo.String(), Edition: e.Edition, SourceID: e.SourceID,
		Reference: e.Reference, Stem: e.Stem, Version: e.Version,
		Dataset: e.Dataset, RowsBand: e.RowsBand, Files: e.Files,
	}
	// An agreement as a whole has no type of data or power of its own: its lines
	// have. To say "not recorded" of them would be wrong.
	if e.Kind == Release || e.Kind == Correction {
		r.TypeOfData, r.Sensitivity, r.Power, r.Routes = e.TypeOfData, e.Sensitivity, e.Power, e.Routes
		r.OptOut, r.Frequency = e.OptOut, e.Frequency
	}
	return r
}

// Leaf is the entry as the log holds it: RFC 8785 JSON of its codes, dates and
// ids, and a commitment to each text. It is deterministic. An error means that
// the entry is not one that may be logged; entries are checked before.
func (e Entry) Leaf() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Number, err)
	}
	r := e.record()
	if len(e.Texts) > 0 {
		r.Commitments = make(map[Field]string, len(e.Texts))
		for _, t := range e.Texts {
			r.Commitments[t.Field] = proof.Commit(t.Salt, string(t.Field), t.Text)
		}
	}
	leaf, err := terms.Canonical(r)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Number, err)
	}
	if len(leaf) > MaxLeaf {
		return nil, fmt.Errorf("entry %d: its leaf has %d bytes; the log takes %d", e.Number, len(leaf), MaxLeaf)
	}
	return leaf, nil
}

func (e Entry) check() error {
	about := e.Kind == Correction || e.Kind == Withdrawal || e.Kind == Tombstone
	switch {
	case e.Number < 1:
		return fmt.Errorf("the number %d is none", e.Number)
	case !slices.Contains(Kind("").Values(), string(e.Kind)):
		return fmt.Errorf("the kind %q is none", e.Kind)
	case about != (e.About > 0):
		return fmt.Errorf("a %s about entry %d", e.Kind, e.About)
	case about && e.About >= e.Number:
		return fmt.Errorf("is about entry %d, which is no earlier one", e.About)
	case e.RecordedAt.IsZero():
		return fmt.Errorf("has no moment of recording")
	}
	seen := map[Field]bool{}
	for _, t := range e.Texts {
		switch {
		case seen[t.Field]:
			return fmt.Errorf("has the text %s twice", t.Field)
		case t.Erased:
			return fmt.Errorf("the text %s was erased before it was logged", t.Field)
		case len(t.Salt) != proof.SaltSize:
			return fmt.Errorf("the salt of %s has %d bytes, not %d", t.Field, len(t.Salt), proof.SaltSize)
		}
		seen[t.Field] = true
	}
	return nil
}

// Public is the entry as /register.json gives it: the leaf's members, with the
// texts and their salts in the place of the commitments. Texts stand in the
// order of their fields.
func (e Entry) Public() ([]byte, error) {
	r := e.record()
	for _, t := range e.Texts {
		public := publicText{Field: t.Field, Erased: t.Erased}
		if !t.Erased {
			public.Text, public.Salt = t.Text, hex.EncodeToString(t.Salt)
		}
		r.Texts = append(r.Texts, public)
	}
	slices.SortFunc(r.Texts, func(a, b publicText) int { return strings.Compare(string(a.Field), string(b.Field)) })
	out, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Number, err)
	}
	return out, nil
}

// Committed lists the texts that a leaf commits to, sorted: what is among them
// and not at hand was erased.
func Committed(leaf []byte) ([]Field, error) {
	var r struct {
		Commitments map[Field]json.RawMessage `json:"commitments"`
	}
	if err := json.Unmarshal(leaf, &r); err != nil {
		return nil, fmt.Errorf("reading a leaf: %w", err)
	}
	fields := make([]Field, 0, len(r.Commitments))
	for field := range r.Commitments {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	return fields, nil
}
