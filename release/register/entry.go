package register

import (
	"cmp"
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
	Late       bool  // found and recorded later than its time, by hand
	EventFrom  terms.Date
	EventTo    terms.Date
	// Edition is the SHA-256 of the published file that an imported entry comes
	// from, in hexadecimal; empty for entries made here.
	Edition  string
	SourceID string // RowID or File Reference within the edition
	// RowKey is what a published row keeps through the editions that repeat it;
	// empty where (edition, row id) is all there is, as to June 2021. Entries of
	// one RowKey are readings of one row (see Standing).
	RowKey string
	// EditionFrom is the first day of the edition that it was imported from, and
	// Sheet (from 0) and Line (from 1) the place of its row there. They are the
	// edition's, so the leaf does not repeat them.
	EditionFrom terms.Date
	Sheet, Line int

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
	Channel     terms.Channel // empty: not recorded

	// Of an agreement, and of a correction of one.
	Starts, Ends   terms.Date
	Controllership terms.Controllership
	SubLicensing   terms.Answer
	Commercial     terms.Answer
	Lines          []Line
	Support        []Support

	Corrects Kind // what a correction is about: a release or an agreement
	// Relation is that of a succession: the organisation (texts), or Dataset, is
	// followed by the successor (texts), or SuccessorDataset. Stem is set where
	// it is so for one agreement alone.
	Relation         terms.Relation
	SuccessorDataset string
	Fields           []Field // the texts that a tombstone says were erased

	RowsBand string // see RowsBand; empty for imported entries
	Files    []File

	Texts []Text
}

// Line is one dataset of an agreement, in the register's codes. Power, route,
// type of data and opt-outs belong to it: real agreements mix them.
type Line struct {
	Dataset     string            `json:"dataset"` // code; its name is in the text DatasetNames
	TypeOfData  terms.TypeOfData  `json:"type_of_data"`
	Sensitivity terms.Sensitivity `json:"sensitivity"`
	Power       terms.Power       `json:"power"`
	Routes      []terms.Route     `json:"routes"`
	OptOut      terms.OptOut      `json:"opt_out"`
	Frequency   terms.Frequency   `json:"frequency"`
	Channel     terms.Channel     `json:"channel,omitempty"`
	Article6    []string          `json:"article_6,omitempty"` // UK GDPR
	Article9    []string          `json:"article_9,omitempty"`
}

// Support is what a confidentiality route of an agreement rests on, such as
// section 251 support with its reference and end.
type Support struct {
	Route     terms.Route `json:"route"`
	Reference string      `json:"reference,omitempty"` // such as CAG 7-07(a)/2013
	Ends      string      `json:"ends,omitempty"`      // the last day, 2006-01-02
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
	Reason           Field = "reason"        // why an entry is corrected, withdrawn, erased or late; how an agreement came to be approved, where not by recommendation
	Controllers      Field = "controllers"   // as published, or their names divided by "; "
	Parties          Field = "parties"       // of an agreement of ours: JSON, organisations with their roles and places
	Flows            Field = "flows"         // of an agreement of ours: JSON, its data flows
	DatasetNames     Field = "dataset_names" // JSON: the name of each line's dataset by its code
	LaySummary       Field = "lay_summary"
	TechnicalSummary Field = "technical_summary"
	Funders          Field = "funders"
	Successor        Field = "successor"    // of a succession: who follows, by name
	SuccessorID      Field = "successor_id" // and by slug
	// AsPublished is, for an imported entry, a JSON object of the cells of its
	// row before they were normalised, by the names of Cell.
	AsPublished Field = "as_published"
)

// Text is one text of an entry. The log holds only a commitment to it (package
// proof); when it is erased by law, text and salt go and Erased remains.
// Withheld is a text that nobody has looked at yet after the privacy scan
// found something in it: text and salt are kept aside until then.
type Text struct {
	Field    Field
	Text     string
	Salt     []byte // proof.SaltSize random bytes
	Erased   bool
	Withheld bool
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
	RowKey      string            `json:"row_key,omitempty"`
	Channel     terms.Channel     `json:"channel,omitempty"`

	Starts         string               `json:"starts,omitempty"`
	Ends           string               `json:"ends,omitempty"`
	Controllership terms.Controllership `json:"controllership,omitempty"`
	SubLicensing   terms.Answer         `json:"sub_licensing,omitempty"`
	Commercial     terms.Answer         `json:"commercial,omitempty"`
	Lines          []Line               `json:"lines,omitempty"`
	Support        []Support            `json:"support,omitempty"`

	Corrects         Kind           `json:"corrects,omitempty"`
	Relation         terms.Relation `json:"relation,omitempty"`
	SuccessorDataset string         `json:"successor_dataset,omitempty"`
	Fields           []Field        `json:"fields,omitempty"`

	RowsBand    string           `json:"rows_band,omitempty"`
	Files       []File           `json:"files,omitempty"`
	Commitments map[Field]string `json:"commitments,omitempty"`
	Texts       []publicText     `json:"texts,omitempty"`
}

type publicText struct {
	Field    Field  `json:"field"`
	Text     string `json:"text,omitempty"`
	Salt     string `json:"salt,omitempty"`
	Erased   bool   `json:"erased,omitempty"`
	Withheld bool   `json:"withheld,omitempty"`
}

// AsRelease says whether the entry has a type of data, a power and the like of
// its own: a release has, and a correction of one.
func (e Entry) AsRelease() bool {
	return e.Kind == Release || e.Kind == Correction && e.Corrects == Release
}

// AsAgreement says whether the entry has the terms of an agreement.
func (e Entry) AsAgreement() bool {
	return e.Kind == Agreement || e.Kind == Correction && e.Corrects == Agreement
}

func (e Entry) record() record {
	r := record{
		Number: e.Number, Kind: e.Kind, RecordedAt: e.RecordedAt.UTC().Format(time.RFC3339Nano), About: e.About, Late: e.Late,
		EventFrom: e.EventFrom.String(), EventTo: e.EventTo.String(), Edition: e.Edition, SourceID: e.SourceID,
		Reference: e.Reference, Stem: e.Stem, Version: e.Version,
		Dataset: e.Dataset, RowsBand: e.RowsBand, Files: e.Files, RowKey: e.RowKey, Corrects: e.Corrects,
		Relation: e.Relation, SuccessorDataset: e.SuccessorDataset, Fields: e.Fields,
	}
	// An agreement as a whole has no type of data or power of its own: its lines
	// have. To say "not recorded" of them would be wrong.
	if e.AsRelease() {
		r.TypeOfData, r.Sensitivity = cmp.Or(e.TypeOfData, terms.TypeNotRecorded), cmp.Or(e.Sensitivity, terms.SensitivityNotRecorded)
		r.Power, r.Routes = cmp.Or(e.Power, terms.PowerNotRecorded), e.Routes
		r.OptOut, r.Frequency, r.Channel = cmp.Or(e.OptOut, terms.OptOutNotRecorded), cmp.Or(e.Frequency, terms.FrequencyNotRecorded), e.Channel
	}
	if e.AsAgreement() {
		r.Starts, r.Ends, r.Lines, r.Support = e.Starts.String(), e.Ends.String(), e.Lines, e.Support
		r.Controllership = cmp.Or(e.Controllership, terms.ControllershipNotRecorded)
		r.SubLicensing, r.Commercial = cmp.Or(e.SubLicensing, terms.AnswerNotRecorded), cmp.Or(e.Commercial, terms.AnswerNotRecorded)
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
	case (e.Kind == Correction) != (e.Corrects == Release || e.Corrects == Agreement):
		return fmt.Errorf("a %s that corrects a %q", e.Kind, e.Corrects)
	case (e.Kind == Succession) != e.Relation.Known():
		return fmt.Errorf("a %s with the relation %q", e.Kind, e.Relation)
	case (e.Kind == Tombstone) != (len(e.Fields) > 0):
		return fmt.Errorf("a %s of %d erased texts", e.Kind, len(e.Fields))
	case (e.Kind == Termination || e.Kind == Destruction) && e.Stem == "":
		return fmt.Errorf("a %s of no agreement", e.Kind)
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
		case t.Withheld && t.Text == "":
			return fmt.Errorf("the text %s is not at hand", t.Field)
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
		public := publicText{Field: t.Field, Erased: t.Erased, Withheld: t.Withheld}
		if !t.Erased && !t.Withheld {
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
