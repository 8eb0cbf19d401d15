package register

import (
	"io"
	"slices"
	"strconv"

	"data.release/registrar/release/fault"
)

// Kind says what an entry of the register records.
type Kind string

// The kinds of entry. A correction, withdrawal or tombstone names the entry it
// is about; that entry itself is never changed.
const (
	Agreement  Kind = "agreement"  // written at the last signature, or imported as a purpose statement
	Release    Kind = "release"    // written in the transaction of the release, or imported as a register row
	Correction Kind = "correction" // says what an earlier entry should have said, and why
	Withdrawal Kind = "withdrawal" // says that an earlier entry no longer stands, and why
	Tombstone  Kind = "tombstone"  // says that a text was erased by law, and under which
	// Termination says that a version of an agreement ended before its term, by
	// whom and why.
	Termination Kind = "termination"
	// Destruction says that the data held under an agreement are certified to be
	// destroyed.
	Destruction Kind = "destruction"
	// Succession says who follows whom, or that two names are one.
	Succession Kind = "succession"
)

// Values lists every kind, for the database.
func (Kind) Values() []string {
	return []string{string(Agreement), string(Release), string(Correction), string(Withdrawal), string(Tombstone),
		string(Termination), string(Destruction), string(Succession)}
}

// Label is the kind in words.
func (k Kind) Label() string { return string(k) }

// MarshalGQL writes the kind as a GraphQL enum value.
func (k Kind) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(k))) }

// UnmarshalGQL reads a GraphQL enum value; an unknown one is fault.Invalid.
func (k *Kind) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok || !slices.Contains(k.Values(), text) {
		return fault.New(fault.Invalid, "%v is no kind of entry", v)
	}
	*k = Kind(text)
	return nil
}
