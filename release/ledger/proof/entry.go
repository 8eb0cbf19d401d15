package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gowebpki/jcs"

	"data.release/registrar/release/fault"
)

// Entry is what holding a published entry against its leaf gave.
type Entry struct {
	Number   int64
	Kind     string
	About    int64          // the entry that a correction, withdrawal or tombstone is about; 0 for others
	Fields   []string       // texts that a tombstone says were erased; none: any of its entry
	Checked  int            // texts that fit their commitments
	Erased   []string       // fields whose text was erased
	Withheld []string       // fields whose text awaits a person's decision
	Reasons  []fault.Reason // nothing: the entry is the one that was logged
}

// ParseLeaf reads from a leaf what the checks need to know of it before its
// entry is seen.
func ParseLeaf(index int64, leafBytes []byte) (Entry, error) {
	l, err := parseLeaf(index, leafBytes)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Number: index + 1, Kind: l.Kind, About: l.About, Fields: l.Fields}, nil
}

// CheckTexts holds an entry's texts against its leaf's commitments, for those
// who have compared its other members by themselves.
func CheckTexts(index int64, leafBytes []byte, texts []Text) Entry {
	out := Entry{Number: index + 1}
	l, err := parseLeaf(index, leafBytes)
	if err != nil {
		out.Reasons = Reasons(err)
		return out
	}
	out.Kind, out.About, out.Fields = l.Kind, l.About, l.Fields
	out.take(l.checkTexts(texts))
	return out
}

func (e *Entry) take(c textCheck) {
	e.Checked, e.Erased, e.Withheld = len(c.checked), c.erased, c.withheld
	e.Reasons = append(e.Reasons, c.reasons...)
}

// CheckEntry holds an entry as /register.json gives it against its leaf: each
// member of the one stands in the other with the same value, an absent member
// being the same as an empty one, and each text of the entry's "texts" fits
// its commitment. So neither a changed, an added nor a removed value passes.
// The member "proof", which says where the leaf stands, is passed over.
func CheckEntry(index int64, leafBytes []byte, entry json.RawMessage) Entry {
	l, err := parseLeaf(index, leafBytes)
	if err != nil {
		return Entry{Number: index + 1, Reasons: Reasons(err)}
	}
	out := Entry{Number: index + 1, Kind: l.Kind, About: l.About, Fields: l.Fields}
	var logged, published map[string]json.RawMessage
	if err := json.Unmarshal(leafBytes, &logged); err != nil || logged == nil {
		out.Reasons = append(out.Reasons, fault.Reason{Code: "leaf-form", Message: "the leaf is no JSON object"})
		return out
	}
	if err := json.Unmarshal(entry, &published); err != nil {
		out.Reasons = append(out.Reasons, fault.Reason{Code: "entry-form", Message: "the entry is no JSON object"})
		return out
	}
	var texts []Text
	if raw, ok := published["texts"]; ok {
		if err := json.Unmarshal(raw, &texts); err != nil {
			out.Reasons = append(out.Reasons, fault.Reason{Code: "entry-form", Field: "texts", Message: "are not a list of texts"})
		}
	}
	logged["number"] = fmt.Appendf(nil, "%d", index+1) // the position says it, whether or not the leaf does
	delete(published, "texts")
	delete(published, "proof")
	delete(logged, "commitments")

	names := make([]string, 0, len(logged)+len(published))
	for name := range logged {
		names = append(names, name)
	}
	for name := range published {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if bytes.Equal(logged[name], published[name]) {
			continue // as nearly all are
		}
		was, is := canonical(logged[name]), canonical(published[name])
		if !bytes.Equal(was, is) {
			out.Reasons = append(out.Reasons, fault.Reason{Code: "entry-changed", Field: name,
				Message: fmt.Sprintf("was logged as %s and is published as %s", shorten(was), shorten(is))})
		}
	}
	out.take(l.checkTexts(texts))
	return out
}

// canonical is a value's RFC 8785 form; an absent or empty one is null.
func canonical(raw json.RawMessage) []byte {
	null := []byte("null")
	if len(raw) == 0 {
		return null
	}
	// jcs takes objects and arrays only.
	form, err := jcs.Transform(slices.Concat([]byte("["), raw, []byte("]")))
	if err != nil {
		return raw
	}
	form = form[1 : len(form)-1]
	switch string(form) {
	case `""`, "false", "0", "[]", "{}":
		return null
	}
	return form
}

func shorten(value []byte) string {
	const most = 120
	if string(value) == "null" {
		return "nothing"
	}
	runes := []rune(string(value))
	if len(runes) <= most {
		return string(value)
	}
	return string(runes[:most]) + "…"
}

// Tombstones are what the log says was erased by law.
type Tombstones map[int64][]string // fields by entry; nil: any field

// Add takes an entry, and keeps what it says where it is a tombstone.
func (t Tombstones) Add(e Entry) {
	if e.Kind != "tombstone" {
		return
	}
	fields, known := t[e.About]
	if len(e.Fields) == 0 || known && fields == nil {
		t[e.About] = nil
		return
	}
	t[e.About] = append(fields, e.Fields...)
}

// Cover says whether a tombstone stands for a text of an entry.
func (t Tombstones) Cover(entry int64, field string) bool {
	fields, ok := t[entry]
	return ok && (fields == nil || slices.Contains(fields, field))
}
