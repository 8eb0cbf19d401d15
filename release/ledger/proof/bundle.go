package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
)

// Format is the first member of every proof file of this version.
const Format = "registrar-proof/1"

// The formats of files with many entries, each with its [Place]: a bundle is
// JSON Lines, a head, the entries and an end; the register is one JSON object.
const (
	BundleFormat   = "registrar-bundle/1"
	RegisterFormat = "registrar-register/1"
)

// MaxBundle is the largest proof file that is read, in bytes. A leaf holds
// 65,535 and an entry's texts a few hundred thousand.
const MaxBundle = 16 << 20

// Bundle is a proof file: all that is needed, beside the log's verifier key,
// to check one entry without any connection.
type Bundle struct {
	Format     string           `json:"format"`
	Index      int64            `json:"index"`      // of the leaf in the log, from 0; the entry's number less one
	Leaf       string           `json:"leaf"`       // the leaf's bytes, which are canonical JSON
	Proof      tlog.RecordProof `json:"proof"`      // inclusion in the checkpoint's tree, base64, from the leaf upwards
	Checkpoint string           `json:"checkpoint"` // the signed note
	Texts      []Text           `json:"texts"`      // sorted by field
}

// Text is one text that a leaf commits to. When it has been erased, text and
// salt are gone and only the commitment in the leaf remains; when it is
// withheld, they are not given until a person has decided that they may be.
type Text struct {
	Field    string `json:"field"`
	Text     string `json:"text,omitempty"`
	Salt     string `json:"salt,omitempty"` // SaltSize bytes in hexadecimal
	Erased   bool   `json:"erased,omitempty"`
	Withheld bool   `json:"withheld,omitempty"`
}

// given tells whether the text itself is there to be checked.
func (t Text) given() bool { return !t.Erased && !t.Withheld }

// NewBundle makes a proof file. A text that the leaf commits to and that is not
// among texts is marked as erased; one that is withheld is among them.
func NewBundle(index int64, leafBytes []byte, inclusion tlog.RecordProof, checkpoint string, texts []Text) (Bundle, error) {
	l, err := parseLeaf(index, leafBytes)
	if err != nil {
		return Bundle{}, err
	}
	if !utf8.Valid(leafBytes) {
		return Bundle{}, fmt.Errorf("leaf %d is not UTF-8", index)
	}
	if inclusion == nil {
		inclusion = tlog.RecordProof{} // a log of one leaf: nothing stands between it and the root
	}
	all := slices.Clone(texts)
	for field := range l.Commitments {
		if !slices.ContainsFunc(texts, func(t Text) bool { return t.Field == field }) {
			all = append(all, Text{Field: field, Erased: true})
		}
	}
	slices.SortFunc(all, func(a, b Text) int { return strings.Compare(a.Field, b.Field) })
	return Bundle{Format: Format, Index: index, Leaf: string(leafBytes), Proof: inclusion, Checkpoint: checkpoint, Texts: all}, nil
}

// ParseBundle reads a proof file strictly: unknown members, a missing member
// or anything after the object are refused with [fault.Invalid]. It does not
// verify it.
func ParseBundle(data []byte) (Bundle, error) {
	if len(data) > MaxBundle {
		return Bundle{}, fault.New(fault.TooLarge, "a proof file has at most %d bytes, this one %d", MaxBundle, len(data))
	}
	var b Bundle
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return Bundle{}, fault.New(fault.Invalid, "this is no proof file: %s", explain(err)).Because(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Bundle{}, fault.New(fault.Invalid, "this is no proof file: something follows its JSON object")
	}
	var reasons []fault.Reason
	missing := func(field string) {
		reasons = append(reasons, fault.Reason{Code: "bundle-form", Field: field, Message: "is missing"})
	}
	if b.Format != Format {
		reasons = append(reasons, fault.Reason{Code: "bundle-form", Field: "format",
			Message: fmt.Sprintf("is %q; this version reads %q", b.Format, Format)})
	}
	if b.Leaf == "" {
		missing("leaf")
	}
	if b.Proof == nil {
		missing("proof")
	}
	if b.Checkpoint == "" {
		missing("checkpoint")
	}
	if b.Index < 0 {
		reasons = append(reasons, fault.Reason{Code: "bundle-form", Field: "index", Message: "is negative"})
	}
	if len(reasons) > 0 {
		return Bundle{}, fault.New(fault.Invalid, "this is no complete proof file").With(reasons...)
	}
	return b, nil
}

// explain says what is wrong with JSON in words that name no Go type.
func explain(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("its JSON breaks off or is broken at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("its member %q has the wrong type (%s)", kind.Field, kind.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "its JSON breaks off"
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return "it has an unknown member " + strings.TrimPrefix(err.Error(), "json: unknown field ")
	}
	return "its JSON cannot be read"
}

// Result is what a proof file proves, once verified.
type Result struct {
	Origin  string   `json:"log"`     // the log, by the name of its key
	Size    int64    `json:"size"`    // leaves in the checkpoint's tree
	Root    string   `json:"root"`    // the tree's hash, base64
	Entry   int64    `json:"entry"`   // the entry's number
	Leaf    string   `json:"leaf"`    // canonical JSON
	Checked []string `json:"checked"` // fields whose text fits its commitment
	Erased  []string `json:"erased"`  // fields whose text was erased, so that its commitment cannot be checked
	// Withheld are the fields whose text awaits a person's decision, so that its
	// commitment cannot be checked either.
	Withheld []string `json:"withheld"`
}

// Verify checks the signature, the inclusion of the leaf, and every text
// against its commitment. The error is a [fault.Invalid] with every reason.
func (b Bundle) Verify(key note.Verifier) (Result, error) {
	var reasons []fault.Reason
	result := Result{Origin: key.Name(), Entry: b.Index + 1, Leaf: b.Leaf}

	checkpoint, err := OpenCheckpoint(b.Checkpoint, key)
	if err != nil {
		reasons = append(reasons, Reasons(err)...)
	} else {
		result.Size, result.Root = checkpoint.N, checkpoint.Hash.String()
		if b.Index >= checkpoint.N {
			reasons = append(reasons, fault.Reason{Code: "inclusion", Field: "index",
				Message: fmt.Sprintf("leaf %d is beyond the checkpoint's %d leaves", b.Index, checkpoint.N)})
		} else if err := tlog.CheckRecord(b.Proof, checkpoint.N, checkpoint.Hash, b.Index, tlog.RecordHash([]byte(b.Leaf))); err != nil {
			reasons = append(reasons, fault.Reason{Code: "inclusion", Field: "leaf",
				Message: fmt.Sprintf("the proof does not lead from this leaf at index %d to the signed root: the leaf, the index or the proof was changed", b.Index)})
		}
	}

	leaf, err := parseLeaf(b.Index, []byte(b.Leaf))
	if err != nil {
		reasons = append(reasons, Reasons(err)...)
	} else {
		texts := leaf.checkTexts(b.Texts)
		result.Checked, result.Erased, result.Withheld = texts.checked, texts.erased, texts.withheld
		reasons = append(reasons, texts.reasons...)
	}
	if len(reasons) > 0 {
		return result, fault.New(fault.Invalid, "the proof of entry %d does not hold", b.Index+1).With(reasons...)
	}
	return result, nil
}

// leaf is what the checks need of a leaf; the other members are compared as
// they stand.
type leaf struct {
	Number      int64             `json:"number"`
	Kind        string            `json:"kind"`
	About       int64             `json:"about"`
	Fields      []string          `json:"fields"` // that a tombstone says were erased
	Commitments map[string]string `json:"commitments"`
}

// parseLeaf reads a leaf. One that says its number must say its position's.
func parseLeaf(index int64, data []byte) (leaf, error) {
	refuse := func(code, field, message string, cause error) (leaf, error) {
		return leaf{}, fault.New(fault.Invalid, "the leaf at index %d cannot be read", index).
			With(fault.Reason{Code: code, Field: field, Message: message}).Because(cause)
	}
	var l leaf
	if err := json.Unmarshal(data, &l); err != nil {
		return refuse("leaf-form", "leaf", "is not the JSON object of an entry", err)
	}
	if l.Number != 0 && l.Number != index+1 {
		return refuse("leaf-number", "leaf.number", fmt.Sprintf("is %d; the leaf at index %d is of entry %d", l.Number, index, index+1), nil)
	}
	return l, nil
}

type textCheck struct {
	checked, erased, withheld []string
	reasons                   []fault.Reason
}

// checkTexts holds the texts against the leaf's commitments: each commitment
// has its text or the word that it was erased or is withheld, each text fits,
// and no text is without a commitment.
func (l leaf) checkTexts(texts []Text) textCheck {
	out := textCheck{checked: []string{}, erased: []string{}, withheld: []string{}}
	fail := func(code, field, message string) {
		out.reasons = append(out.reasons, fault.Reason{Code: code, Field: field, Message: message})
	}
	seen := map[string]bool{}
	for _, t := range texts {
		commitment, committed := l.Commitments[t.Field]
		switch {
		case seen[t.Field]:
			fail("text-repeated", t.Field, "the text is given twice")
		case !committed:
			fail("text-uncommitted", t.Field, "the log holds no commitment to this text: it was added later")
		case !t.given() && (t.Text != "" || t.Salt != "" || t.Erased && t.Withheld):
			fail("commitment", t.Field, "the text is said to be erased or withheld and is given all the same, or said to be both")
		case t.Erased:
			out.erased = append(out.erased, t.Field)
		case t.Withheld:
			out.withheld = append(out.withheld, t.Field)
		default:
			salt, err := hex.DecodeString(t.Salt)
			if err != nil || len(salt) != SaltSize {
				fail("commitment", t.Field, fmt.Sprintf("its salt is not %d bytes in hexadecimal", SaltSize))
			} else if Commit(salt, t.Field, t.Text) != commitment {
				fail("commitment", t.Field, "the text does not fit the commitment in the log: it was changed")
			} else {
				out.checked = append(out.checked, t.Field)
			}
		}
		seen[t.Field] = true
	}
	for field := range l.Commitments {
		if !seen[field] {
			fail("text-missing", field, "the log holds a commitment, but neither the text nor the word that it was erased or is withheld is given")
		}
	}
	slices.Sort(out.checked)
	slices.Sort(out.erased)
	slices.Sort(out.withheld)
	slices.SortFunc(out.reasons, func(a, b fault.Reason) int {
		return strings.Compare(a.Field+"\x00"+a.Code, b.Field+"\x00"+b.Code)
	})
	return out
}

// Reasons gives the reasons of a fault, or one made of its message.
func Reasons(err error) []fault.Reason {
	var f *fault.Error
	if errors.As(err, &f) && len(f.Reasons) > 0 {
		return f.Reasons
	}
	return []fault.Reason{{Code: "unreadable", Message: err.Error()}}
}
